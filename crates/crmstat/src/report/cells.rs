//! Cells of tables as a page shows them.

use super::{Locale, Unit, locale::MISSING};
use crate::data::table::{Cell, Column, Values};

/// The cell of `row` of `column` as people read it; `unit` where it is known from elsewhere.
pub(super) fn text(column: &Column, row: usize, unit: Option<Unit>, locale: Locale) -> String {
    match column.values().get(row) {
        None => MISSING.to_owned(),
        Some(Cell::Text(text)) => text.to_owned(),
        Some(Cell::Int(value)) => locale.decimal(value as f64, 0),
        Some(Cell::Float(value, decimals)) => match unit.or(unit_of(column)) {
            Some(unit) => locale.number(value, unit),
            None => locale.decimal(value, decimals),
        },
        // Two decimals everywhere, so that the digits of a column align.
        Some(Cell::Money(value)) => locale.decimal(value.to_f64(), 2),
        Some(Cell::Date(date)) if is_of_months(column) => locale.month(date),
        Some(Cell::Date(date)) => locale.date(date),
        Some(Cell::Timestamp(at)) => locale.date(at.date()),
        Some(Cell::Bool(value)) => {
            locale.pick(["no", "yes"], ["нет", "да"])[usize::from(value)].to_owned()
        }
    }
}

/// Whether the dates of `column` stand for the months that they begin.
fn is_of_months(column: &Column) -> bool {
    let is_first = |row: usize| match column.values().get(row) {
        Some(Cell::Date(date)) => date.to_ymd().2 == 1,
        _ => false,
    };
    column.name() == "month"
        || column.name() == "period" && (0..column.len().min(SURELY_MONTHS)).all(is_first)
}

/// Weeks or days that begin on the first of a month are never so many in a row.
const SURELY_MONTHS: usize = 3;

/// Shares are shown as percent: that a column holds them is told by its name.
pub(super) fn unit_of(column: &Column) -> Option<Unit> {
    const SHARES: [&str; 12] = [
        "p_won",
        "p_lost",
        "probability",
        "p_alive",
        "win_rate_by_value",
        "retention",
        "change_before",
        "change_year_ago",
        "share",
        "conversion",
        "to_won",
        "attainment",
    ];
    let name = column.name();
    // `age_3` of a cohort is what is left of it then, `age_days` is no share.
    let of_age = name.strip_prefix("age_").is_some_and(|age| age.parse::<u32>().is_ok());
    let is_named = ["_share", "_rate"].into_iter().any(|end| name.ends_with(end));
    let is_share = of_age || is_named || name.starts_with("share_") || SHARES.contains(&name);
    (is_share && matches!(column.values(), Values::Float { .. })).then_some(Unit::Share)
}
