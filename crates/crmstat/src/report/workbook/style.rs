//! How cells look: number formats by unit and language, headings, colours.

use crate::{
    Lang,
    data::table::{Column, Values},
    report::{Locale, Unit, cells::unit_of},
};
use rust_xlsxwriter::{Color, Format, FormatAlign};

/// What happened: the blue of Okabe and Ito, told from [`EXPECTED`] by the colour-blind.
pub(super) const OBSERVED: Color = Color::RGB(0x00_72B2);
/// What is expected: their vermilion.
pub(super) const EXPECTED: Color = Color::RGB(0xD5_5E00);
/// What it is compared with.
pub(super) const REFERENCE: Color = Color::RGB(0x76_7676);
/// Further series: more colours of the same palette.
pub(super) const SERIES: [Color; 5] = [
    OBSERVED,
    Color::RGB(0xE6_9F00),
    Color::RGB(0x00_9E73),
    Color::RGB(0xCC_79A7),
    Color::RGB(0x56_B4E9),
];
/// Bars within cells.
pub(super) const BAR: Color = Color::RGB(0x9C_C9E3);
/// The darkest cell of a grid; black text on it keeps a contrast of 4.5.
pub(super) const STRONG: Color = Color::RGB(0x56_B4E9);
/// The lightest cell of a grid.
pub(super) const WEAK: Color = Color::RGB(0xF4_F9FC);

/// A sheet's title.
pub(super) fn title() -> Format {
    Format::new().set_bold().set_font_size(14)
}

/// A heading within a sheet.
pub(super) fn heading() -> Format {
    Format::new().set_bold().set_font_size(12)
}

/// What is said beside.
pub(super) fn note() -> Format {
    Format::new().set_font_color(Color::RGB(0x59_5959))
}

/// The header of a table.
pub(super) fn header() -> Format {
    Format::new()
        .set_bold()
        .set_background_color(Color::RGB(0xE3_EBF1))
        .set_border_bottom(rust_xlsxwriter::FormatBorder::Thin)
        .set_align(FormatAlign::VerticalCenter)
}

/// Sentences.
pub(super) fn sentence() -> Format {
    Format::new().set_text_wrap().set_align(FormatAlign::Top)
}

/// Relative changes, with their sign.
pub(super) fn change() -> Format {
    Format::new().set_num_format("+0.0%;−0.0%;0.0%")
}

/// The format of a number in `unit`.
pub(super) fn of_unit(unit: Unit, locale: Locale) -> Format {
    Format::new().set_num_format(pattern(unit, locale))
}

/// The pattern of a number in `unit`; amounts carry the code of their currency, where it is known.
pub(super) fn pattern(unit: Unit, locale: Locale) -> String {
    match unit {
        Unit::Money => match locale.currency() {
            Some(currency) => format!("#,##0.00\" {}\"", currency.code()),
            None => "#,##0.00".to_owned(),
        },
        Unit::Count => "#,##0".to_owned(),
        Unit::Share => "0.0%".to_owned(),
        Unit::Days => "#,##0.0".to_owned(),
        Unit::Number(decimals) => decimal(decimals),
    }
}

/// The format of the cells of `column`.
pub(super) fn of_column(column: &Column, locale: Locale) -> Format {
    let pattern = match column.values() {
        Values::Text(_) | Values::Category { .. } | Values::Bool(_) => return Format::new(),
        Values::Int(_) => "#,##0".to_owned(),
        Values::Float { decimals, .. } => match unit_of(column) {
            Some(unit) => pattern(unit, locale),
            None => decimal(*decimals),
        },
        Values::Money(_) => "#,##0.00".to_owned(),
        Values::Date(_) => day(locale).to_owned(),
        Values::Timestamp(_) => format!("{} hh:mm", day(locale)),
    };
    Format::new().set_num_format(pattern)
}

fn decimal(decimals: usize) -> String {
    if decimals == 0 { "#,##0".to_owned() } else { format!("#,##0.{}", "0".repeat(decimals)) }
}

/// The names of months follow the report, not the computer that shows it.
fn day(locale: Locale) -> &'static str {
    match locale.lang() {
        Lang::En => "[$-409]d mmm yyyy",
        Lang::Ru => "[$-419]dd.mm.yyyy",
    }
}

/// The pattern of an axis: fewer digits than a cell.
pub(super) fn axis(unit: Unit) -> &'static str {
    match unit {
        Unit::Share => "0%",
        Unit::Money | Unit::Count | Unit::Days | Unit::Number(0) => "#,##0",
        Unit::Number(_) => "#,##0.0",
    }
}
