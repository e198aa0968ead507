//! A grid of cells, stronger where the value is larger, with the value in each.

use super::{CHARACTER, Frame, at, label, tip};
use crate::report::{
    Locale, Unit,
    html::escape::{cut, escape},
};

/// The lowest and highest strength of a cell: text on it keeps a contrast of 4.5.
const STRENGTH: (f64, f64) = (0.05, 0.65);
const ROW: f64 = 28.0;
/// The widest cell: a grid of few columns does not fill the page.
const WIDEST_CELL: f64 = 84.0;
/// Room for one character of a slanted label, upwards.
const SLANT: f64 = 4.6;
/// Room for one character of a slanted label, to the right.
const REACH: f64 = 5.4;
/// Characters of a slanted label.
const LONGEST_SLANTED: f64 = 22.0;
/// The widest that labels of rows may be, on a wide screen and on a narrow one.
const WIDEST_LABELS: [f64; 2] = [170.0, 80.0];

/// What the grid shows.
pub(super) struct Grid<'a> {
    pub(super) rows: &'a [String],
    pub(super) columns: &'a [String],
    pub(super) values: &'a [Vec<Option<f64>>],
    pub(super) row_axis: &'a str,
    pub(super) column_axis: &'a str,
}

/// The height, an empty legend and the body of a chart of `grid`.
pub(super) fn draw(
    grid: &Grid<'_>,
    unit: Unit,
    frame: Frame,
    locale: Locale,
) -> (f64, String, String) {
    let width = frame.width();
    let length = |labels: &[String]| {
        labels.iter().map(|label| label.chars().count()).max().unwrap_or(1) as f64
    };
    // The name of the rows stands beside them, from below upwards.
    let axis = 18.0;
    let left = axis + (10.0 + CHARACTER * length(grid.rows)).min(frame.of(WIDEST_LABELS));
    let columns = grid.columns.len().max(1) as f64;
    let widest = length(grid.columns).min(LONGEST_SLANTED);
    let slanted = widest * CHARACTER > ((width - left) / columns).min(WIDEST_CELL);
    // The last slanted label reaches beyond its column.
    let right = if slanted { widest * REACH } else { 4.0 };
    let cell = ((width - left - right) / columns).min(WIDEST_CELL);
    let head = if slanted { 24.0 + widest * SLANT } else { 40.0 };
    let height = head + ROW * grid.rows.len() as f64 + 4.0;
    let largest = grid
        .values
        .iter()
        .flatten()
        .flatten()
        .copied()
        .filter(|value| value.is_finite())
        .fold(0.0, f64::max);

    let mut body = format!(
        "<text class=\"axis\" x=\"{}\" y=\"12\">{}</text>\
         <text class=\"axis\" transform=\"translate(11 {}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
        at(left),
        escape(&format!("{} →", grid.column_axis)),
        at(head + ROW * grid.rows.len() as f64 / 2.0),
        escape(grid.row_axis)
    );
    for (column, name) in grid.columns.iter().enumerate() {
        let x = left + cell * (column as f64 + 0.5);
        body.push_str(&if slanted {
            format!(
                "<text class=\"tick\" transform=\"translate({} {}) rotate(-40)\">{}</text>\n",
                at(x),
                at(head - 6.0),
                label(name, LONGEST_SLANTED * CHARACTER)
            )
        } else {
            format!(
                "<text class=\"tick\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                at(x),
                at(head - 8.0),
                label(name, cell)
            )
        });
    }
    for (row, name) in grid.rows.iter().enumerate() {
        let y = head + ROW * row as f64;
        body.push_str(&format!(
            "<text class=\"name\" x=\"{}\" y=\"{}\" dy=\".35em\" text-anchor=\"end\">{}</text>\n",
            at(left - 7.0),
            at(y + ROW / 2.0),
            label(name, left - axis - 7.0)
        ));
        for (column, name_of_column) in grid.columns.iter().enumerate() {
            let value =
                grid.values.get(row).and_then(|values| values.get(column).copied().flatten());
            let Some(value) = value.filter(|value| value.is_finite()) else { continue };
            let share = if largest > 0.0 { (value / largest).clamp(0.0, 1.0) } else { 0.0 };
            let strength = STRENGTH.0 + share * (STRENGTH.1 - STRENGTH.0);
            let x = left + cell * column as f64;
            let said = [
                format!("{}: {}", cut(grid.row_axis, 40), cut(name, 40)),
                format!("{}: {}", cut(grid.column_axis, 40), cut(name_of_column, 40)),
                locale.number(value, unit),
            ];
            let text = match unit {
                Unit::Share => locale.decimal(value * 100.0, 0),
                _ => locale.compact(value, unit),
            };
            body.push_str(&format!(
                "<rect class=\"cell\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"2\" \
                 fill-opacity=\"{strength:.2}\" data-tip=\"{}\"/>",
                at(x + 1.0),
                at(y + 1.0),
                at(cell - 2.0),
                at(ROW - 2.0),
                tip(&said)
            ));
            if text.chars().count() as f64 * CHARACTER <= cell + 2.0 {
                body.push_str(&format!(
                    "<text class=\"in\" x=\"{}\" y=\"{}\" dy=\".35em\" text-anchor=\"middle\">{text}</text>",
                    at(x + cell / 2.0),
                    at(y + ROW / 2.0)
                ));
            }
            body.push('\n');
        }
    }
    (height, String::new(), body)
}
