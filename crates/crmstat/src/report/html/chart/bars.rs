//! Horizontal bars in groups: labels of any length, values at their ends.

use super::{CHARACTER, Frame, at, label, legend, scale::Scale, tip};
use crate::report::{BarSeries, Locale, Unit, html::escape::cut};

const BAR: f64 = 15.0;
const GAP: f64 = 12.0;
const TOP: f64 = 4.0;
/// The widest that labels may be, on a wide screen and on a narrow one.
const WIDEST: [f64; 2] = [240.0, 130.0];
const TICKS: usize = 5;

/// The height, the legend and the body of a chart of `series`, one group for each of `labels`.
pub(super) fn draw(
    labels: &[String],
    series: &[BarSeries],
    unit: Unit,
    frame: Frame,
    locale: Locale,
) -> (f64, String, String) {
    let values = || {
        series
            .iter()
            .flat_map(|bars| &bars.values)
            .flatten()
            .copied()
            .filter(|value| value.is_finite())
    };
    let ends: Vec<usize> =
        values().map(|value| locale.compact(value, unit).chars().count()).collect();
    let right = 10.0 + CHARACTER * ends.into_iter().max().unwrap_or(0) as f64;
    let longest = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    let left = (12.0 + CHARACTER * longest as f64).min(frame.of(WIDEST));
    let x = Scale::new(values(), (left, frame.width() - right), TICKS);
    let group = BAR * series.len().max(1) as f64 + GAP;
    let height = TOP + group * labels.len() as f64 + 4.0;

    let mut body = String::new();
    let zero = x.at(0.0);
    for (row, name) in labels.iter().enumerate() {
        let top = TOP + group * row as f64 + GAP / 2.0;
        let middle = top + BAR * series.len() as f64 / 2.0;
        body.push_str(&format!(
            "<text class=\"name\" x=\"{}\" y=\"{}\" dy=\".35em\" text-anchor=\"end\">{}</text>\n",
            at(left - 8.0),
            at(middle),
            label(name, left - 8.0)
        ));
        for (number, bars) in series.iter().enumerate() {
            let value = bars.values.get(row).copied().flatten();
            let Some(value) = value.filter(|value| value.is_finite()) else { continue };
            let (from, to) = (zero.min(x.at(value)), zero.max(x.at(value)));
            let y = top + BAR * number as f64;
            let said =
                [cut(name, 40), format!("{}: {}", cut(&bars.name, 40), locale.number(value, unit))];
            body.push_str(&format!(
                "<rect class=\"s{number}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"1.5\" data-tip=\"{}\"/>\
                 <text class=\"value\" x=\"{}\" y=\"{}\" dy=\".35em\">{}</text>\n",
                at(from),
                at(y + 1.0),
                at((to - from).max(0.5)),
                at(BAR - 2.0),
                tip(&said),
                at(to + 5.0),
                at(y + BAR / 2.0),
                locale.compact(value, unit)
            ));
        }
    }
    body.push_str(&format!(
        "<line class=\"zero\" x1=\"{0}\" x2=\"{0}\" y1=\"{TOP}\" y2=\"{1}\"/>\n",
        at(zero),
        at(height - 4.0)
    ));
    let marks = if series.len() > 1 {
        legend(series.iter().enumerate().map(|(at, bars)| (format!("s{at}"), bars.name.as_str())))
    } else {
        String::new()
    };
    (height, marks, body)
}
