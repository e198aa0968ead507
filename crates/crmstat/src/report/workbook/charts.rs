//! Native charts, and the sheet of the numbers behind them.

use super::{Book, contents, sheet::fitting, style};
use crate::{
    Result,
    data::table::{Cell, Table},
    report::{Chart, ChartKind, Line, Report, Role},
    write::xlsx::write_cell,
};
use rust_xlsxwriter::{
    Chart as Drawing, ChartAxisLabelPosition, ChartFormat, ChartLegendPosition, ChartLine,
    ChartLineDashType, ChartSolidFill, ColNum, RowNum, Worksheet, XlsxError,
};
use std::{borrow::Cow, ops::Range};

/// The size of a chart in pixels, and the rows of a sheet that it covers.
const SIZE: (u32, u32) = (1000, 380);
const ROWS: RowNum = 20;
/// Where the numbers begin, below a title and a header.
const FIRST: RowNum = 2;
/// Labels of an axis that have room.
const LABELS: usize = 24;

/// The numbers behind charts and trends, side by side on one sheet.
pub(super) struct Tables<'a> {
    report: &'a Report,
    /// Every chart but grids, its numbers, and the column in which they begin.
    charts: Vec<(&'a Chart, Table, ColNum)>,
    /// Where the trends begin, a column for each figure that has one.
    trends: ColNum,
}

/// The numbers of the charts of `report`.
///
/// # Errors
/// A chart with two lines of one name.
pub(super) fn tables(report: &Report) -> Result<Tables<'_>> {
    let mut charts = Vec::new();
    let mut next = 0;
    for (_, chart) in report.charts().filter(|(_, chart)| !chart.is_grid()) {
        let table = chart.table(&report.locale)?;
        let at = next;
        // A column between two charts stays empty.
        next += table.columns().len() as ColNum + 1;
        charts.push((chart, table, at));
    }
    Ok(Tables { report, charts, trends: next })
}

impl Tables<'_> {
    /// The column and the rows of the trend of the `number`-th key figure.
    pub(super) fn trend(&self, number: usize) -> Option<(ColNum, Range<RowNum>)> {
        let figure = contents::figures(self.report).nth(number)?;
        let earlier = contents::figures(self.report).take(number);
        let at = earlier.filter(|figure| !figure.trend.is_empty()).count() as ColNum;
        let rows = FIRST..FIRST + figure.trend.len() as RowNum;
        (!rows.is_empty()).then_some((self.trends + at, rows))
    }
}

/// Writes the sheet of numbers.
pub(super) fn write_data(
    book: &Book<'_>,
    tables: &Tables<'_>,
    page: &mut Worksheet,
) -> Result<(), XlsxError> {
    let header = style::header();
    for (chart, table, left) in &tables.charts {
        page.write_string_with_format(0, *left, &chart.title, &style::heading())?;
        let format = style::of_unit(chart.unit, book.locale);
        for (at, column) in (*left..).zip(table.columns()) {
            page.set_column_width(at, 16)?;
            page.set_column_format(at, &format)?;
            let name = fitting(column.name());
            page.write_string_with_format(1, at, &*name, &header)?;
            for (row, index) in (FIRST..).zip(0..table.rows()) {
                match column.values().get(index) {
                    None => {}
                    Some(Cell::Text(text)) => {
                        write_cell(page, row, at, Cell::Text(&fitting(text)))?;
                    }
                    Some(cell) => write_cell(page, row, at, cell)?,
                }
            }
        }
    }
    for (number, figure) in contents::figures(book.report).enumerate() {
        let Some((at, rows)) = tables.trend(number) else { continue };
        let format = style::of_unit(figure.unit, book.locale);
        page.set_column_width(at, 16)?;
        page.write_string_with_format(0, at, &figure.label, &style::heading())?;
        page.write_string_with_format(1, at, &figure.trend_of, &header)?;
        for (row, value) in rows.zip(&figure.trend).filter(|(_, value)| value.is_finite()) {
            page.write_number_with_format(row, at, *value, &format)?;
        }
    }
    page.set_freeze_panes(FIRST, 0)?;
    Ok(())
}

/// Writes the sheet of charts, whose numbers are on the sheet `data`.
pub(super) fn write(
    tables: &Tables<'_>,
    data: &str,
    page: &mut Worksheet,
) -> Result<(), XlsxError> {
    page.set_screen_gridlines(false);
    page.set_landscape().set_print_fit_to_pages(1, 0);
    for (number, (chart, table, left)) in (0..).zip(&tables.charts) {
        let source = Source { data, left: *left, rows: table.rows() as RowNum };
        let mut drawing = match &chart.kind {
            ChartKind::Lines { lines, labels, .. } => {
                source.lines(lines, table.columns().len(), labels.len())
            }
            ChartKind::Bars { series, .. } => source.bars(series.len()),
            ChartKind::Heat { .. } => continue,
        };
        drawing.title().set_name(no_reference(&chart.title).as_ref());
        drawing.set_alt_text(chart.description.as_str());
        drawing.legend().set_position(ChartLegendPosition::Bottom);
        drawing.y_axis().set_num_format(style::axis(chart.unit));
        drawing.set_width(SIZE.0).set_height(SIZE.1);
        page.insert_chart(number * ROWS, 0, &drawing)?;
    }
    Ok(())
}

/// Where the numbers of a chart are.
struct Source<'a> {
    data: &'a str,
    left: ColNum,
    rows: RowNum,
}

impl Source<'_> {
    /// Adds the `number`-th column behind the labels as a series.
    fn add(&self, drawing: &mut Drawing, number: usize, format: &mut ChartFormat) {
        let last = FIRST + self.rows.max(1) - 1;
        let at = self.left + 1 + number as ColNum;
        drawing
            .add_series()
            .set_name((self.data, FIRST - 1, at))
            .set_categories((self.data, FIRST, self.left, last, self.left))
            .set_values((self.data, FIRST, at, last, at))
            .set_format(format);
    }

    /// Lines, and the bounds of bands as thin dashed ones: areas between bounds would be wrong below zero.
    fn lines(&self, lines: &[Line], columns: usize, labels: usize) -> Drawing {
        let mut drawing = Drawing::new_line();
        for number in 0..columns.saturating_sub(1) {
            let mut line = ChartLine::new();
            match lines.get(number).map(|line| line.role) {
                Some(Role::Observed) => line.set_color(style::OBSERVED).set_width(2.25),
                Some(Role::Expected) => line.set_color(style::EXPECTED).set_width(2.25),
                Some(Role::Reference) => line
                    .set_color(style::REFERENCE)
                    .set_width(1.5)
                    .set_dash_type(ChartLineDashType::Dash),
                None => line
                    .set_color(style::EXPECTED)
                    .set_width(0.75)
                    .set_dash_type(ChartLineDashType::SquareDot),
            };
            self.add(&mut drawing, number, ChartFormat::new().set_line(&line));
        }
        let interval = labels.div_ceil(LABELS).max(1) as u16;
        drawing.x_axis().set_label_interval(interval).set_tick_interval(interval);
        drawing.x_axis().set_label_position(ChartAxisLabelPosition::Low);
        drawing
    }

    /// Bars that lie, so that names have room, the first one on top.
    fn bars(&self, series: usize) -> Drawing {
        let mut drawing = Drawing::new_bar();
        for number in 0..series {
            let mut fill = ChartSolidFill::new();
            fill.set_color(style::SERIES[number % style::SERIES.len()]);
            self.add(&mut drawing, number, ChartFormat::new().set_solid_fill(&fill));
        }
        drawing.x_axis().set_reverse();
        // The axis of a reversed one is on top; its labels belong below.
        drawing.y_axis().set_label_position(ChartAxisLabelPosition::High);
        drawing
    }
}

/// `title` as the name of a chart, where a text that begins with `=` would name cells.
fn no_reference(title: &str) -> Cow<'_, str> {
    if title.starts_with('=') { format!(" {title}").into() } else { title.into() }
}
