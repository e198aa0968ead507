//! One grid or table on its sheet: what it is, where the whole is, the header, the rows.

use super::{Book, MOST_ROWS, Page, Sheet, style};
use crate::{
    Lang,
    data::table::{Cell, Column, Table, Values},
    report::{Chart, ChartKind, Exhibit, Locale, Unit, cells::unit_of},
    write::xlsx::{LONGEST_TEXT, width, write_cell},
};
use rust_xlsxwriter::{
    ColNum, ConditionalFormat2ColorScale, ConditionalFormatDataBar, ConditionalFormatType, RowNum,
    Url, Worksheet, XlsxError,
};
use std::borrow::Cow;

/// Where the header stands: below the title and the line that says what the sheet holds.
pub(super) const HEADER: RowNum = 2;
/// Characters of a text too long for a cell: half of [`LONGEST_TEXT`], as some take two units.
const KEPT: usize = LONGEST_TEXT / 2 - 2;
/// Rows from which on bars within cells tell nothing any more.
const BARRED: usize = 1000;

/// Writes `sheet` on `page`.
pub(super) fn write(
    book: &Book<'_>,
    sheet: &Sheet<'_>,
    page: &mut Worksheet,
) -> Result<(), XlsxError> {
    let note = match &sheet.page {
        Page::Grid(chart) => chart.description.clone(),
        Page::Table(exhibit) => note(exhibit, book.locale),
    };
    page.write_string_with_format(0, 0, sheet.page.title(), &style::title())?;
    let back = Url::new(format!("internal:'{}'!A1", book.contents));
    page.write_url_with_text(1, 0, back, format!("← {}", book.contents))?;
    page.write_string_with_format(1, 1, &note, &style::note())?;
    page.set_freeze_panes(HEADER + 1, 1)?;
    page.set_landscape().set_print_fit_to_pages(1, 0);
    match &sheet.page {
        Page::Grid(chart) => write_grid(chart, book.locale, page),
        Page::Table(exhibit) => write_table(&exhibit.table, book.locale, page),
    }
}

/// How many rows there are, and where the whole table is.
fn note(exhibit: &Exhibit, locale: Locale) -> String {
    let rows = exhibit.table.rows();
    let name = exhibit.table.name();
    let [held, all] =
        [rows.min(MOST_ROWS), rows].map(|rows| locale.number(rows as f64, Unit::Count));
    match (locale.lang(), rows > MOST_ROWS) {
        (Lang::En, false) => format!("All {all} rows; the same as tables/{name}"),
        (Lang::Ru, false) => format!("Все строки: {all}; то же, что tables/{name}"),
        (Lang::En, true) => format!("The first {held} of {all} rows; all are in tables/{name}"),
        (Lang::Ru, true) => format!("Первые {held} из {all} строк; все в tables/{name}"),
    }
}

fn write_table(table: &Table, locale: Locale, page: &mut Worksheet) -> Result<(), XlsxError> {
    let rows = table.rows().min(MOST_ROWS);
    let last = HEADER + rows as RowNum;
    let columns = table.columns();
    let header = style::header();
    for (at, column) in (0..).zip(columns) {
        let heading = locale.heading(column.title(locale.lang()));
        page.set_column_width(at, width(&heading, column))?;
        page.set_column_format(at, &style::of_column(column, locale))?;
        page.write_string_with_format(HEADER, at, &heading, &header)?;
    }
    page.autofilter(HEADER, 0, last, (columns.len() - 1) as ColNum)?;
    for row in 0..rows {
        let at_row = HEADER + 1 + row as RowNum;
        for (at, column) in (0..).zip(columns) {
            match column.values().get(row) {
                None => {}
                Some(Cell::Text(text)) => {
                    write_cell(page, at_row, at, Cell::Text(&fitting(text)))?;
                }
                Some(cell) => write_cell(page, at_row, at, cell)?,
            }
        }
    }
    if (2..=BARRED).contains(&rows) {
        colour(columns, last, page)?;
    }
    Ok(())
}

/// Columns of ages are a grid; bars stand behind other shares and amounts.
fn colour(columns: &[Column], last: RowNum, page: &mut Worksheet) -> Result<(), XlsxError> {
    let first = HEADER + 1;
    let is_age = |column: &Column| column.name().starts_with("age_");
    let ages: Vec<ColNum> =
        (0..).zip(columns).filter(|(_, column)| is_age(column)).map(|(at, _)| at).collect();
    if let (Some(from), Some(to)) = (ages.first(), ages.last()) {
        page.add_conditional_format(first, *from, last, *to, &scale())?;
    }
    for (at, column) in (0..).zip(columns).filter(|(_, column)| !is_age(column)) {
        let bar = ConditionalFormatDataBar::new()
            .set_fill_color(style::BAR)
            .set_solid_fill(true)
            .set_border_off(true);
        let is_share = unit_of(column) == Some(Unit::Share);
        if is_share {
            let bar = bar
                .set_minimum(ConditionalFormatType::Number, 0)
                .set_maximum(ConditionalFormatType::Number, 1);
            page.add_conditional_format(first, at, last, at, &bar)?;
        } else if matches!(column.values(), Values::Money(_)) {
            page.add_conditional_format(first, at, last, at, &bar)?;
        }
    }
    Ok(())
}

fn scale() -> ConditionalFormat2ColorScale {
    ConditionalFormat2ColorScale::new()
        .set_minimum_color(style::WEAK)
        .set_maximum_color(style::STRONG)
}

fn write_grid(chart: &Chart, locale: Locale, page: &mut Worksheet) -> Result<(), XlsxError> {
    let ChartKind::Heat { row_axis, rows, column_axis, columns, values } = &chart.kind else {
        return Ok(());
    };
    let header = style::header();
    let format = style::of_unit(chart.unit, locale);
    let corner = format!("{row_axis} ↓   {column_axis} →");
    let widest = rows.iter().map(|row| row.chars().count()).max().unwrap_or(0);
    page.set_column_width(0, (widest.max(corner.chars().count()) + 2).min(60) as f64)?;
    page.write_string_with_format(HEADER, 0, &corner, &header)?;
    for (at, name) in (1..).zip(columns) {
        page.set_column_width(at, (name.chars().count() + 2).clamp(9, 30) as f64)?;
        page.write_string_with_format(HEADER, at, fitting(name), &header)?;
    }
    for (row, (label, values)) in (HEADER + 1..).zip(rows.iter().zip(values)) {
        page.write_string(row, 0, fitting(label))?;
        for (at, value) in (1..).zip(values) {
            if let Some(value) = value.filter(|value| value.is_finite()) {
                page.write_number_with_format(row, at, value, &format)?;
            }
        }
    }
    if !rows.is_empty() && !columns.is_empty() {
        let (last, right) = (HEADER + rows.len() as RowNum, columns.len() as ColNum);
        page.add_conditional_format(HEADER + 1, 1, last, right, &scale())?;
    }
    Ok(())
}

/// `text` cut to what a cell holds.
pub(super) fn fitting(text: &str) -> Cow<'_, str> {
    if text.len() < LONGEST_TEXT - 1 {
        return text.into();
    }
    let mut kept: String = text.chars().take(KEPT).collect();
    kept.push('…');
    kept.into()
}
