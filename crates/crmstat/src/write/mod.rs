//! Results on their way out: a typed table and one writer per format.
//!
//! An analysis turns its result structs into a [`Table`](crate::data::table::Table) by listing the columns; a [`Writer`] writes any
//! table in any [`Format`], and [`write_atomically`] puts a file in its place whole or not at all.
//!
//! | module | what it writes |
//! |---|---|
//! | `terminal`, `markdown` | for people: titles and numbers in their language |
//! | `delimited`, `json`, `parquet`, `xlsx` | for programs: names, ISO dates, every digit |
//!
//! Text that a spreadsheet would run as a formula is defused in CSV, TSV and XLSX (`defuse`); numbers
//! are never touched.

#[cfg(feature = "arrow")]
mod arrow;
pub(crate) mod atomic;
mod chunks;
mod defuse;
pub(crate) mod delimited;
mod display;
mod format;
mod json;
pub(crate) mod litter;
mod markdown;
mod meta;
pub(crate) mod parquet;
#[cfg(feature = "polars")]
mod polars;
mod terminal;
#[cfg(target_os = "linux")]
mod unnamed;
pub(crate) mod xlsx;

pub use atomic::write_atomically;
pub use display::printable;
pub use format::{Format, Writer};
pub use litter::remove_unfinished;
pub(crate) use markdown::escaped as markdown_text;
pub use meta::{Meta, MetaValue};
pub use terminal::Terminal;

#[cfg(test)]
mod tests {
    use crate::data::table::{Column, Table};
    use crate::{Date, Money, Timestamp};

    /// A table with every type, a missing cell of each, and texts that need care.
    pub(super) fn sample() -> Table {
        let date = |year, month, day| Date::from_ymd(year, month, day);
        let noon = date(2024, 2, 29).unwrap().midnight().seconds() + 36_309;
        let columns = vec![
            Column::text("customer_id", "Клиент", ["C1", "a \"b\", c", "=HYPERLINK(1)", ""]),
            Column::category(
                "segment",
                "Сегмент",
                ["Champions", "At risk"],
                [Some(0), None, Some(1), Some(0)],
            ),
            Column::date(
                "last_order",
                "Последний заказ",
                [date(2024, 2, 29), None, date(1999, 12, 31), None],
            ),
            Column::timestamp(
                "at",
                "Когда",
                [Some(noon), None, Some(-1), None].map(|at| at.map(Timestamp::from_seconds)),
            ),
            Column::int("orders", "Заказов", [Some(1_234_567), Some(-3), None, Some(0)]),
            Column::money(
                "revenue",
                "Выручка",
                [Some(12_345_000), Some(-1), None, Some(0)]
                    .map(|units| units.map(Money::from_units)),
            ),
            Column::float(
                "p_alive",
                "Активен с вероятностью",
                3,
                [0.937_125_000_000_000_1, 1e-300, f64::NAN, 2.0],
            ),
            Column::bool("active", "Активен", [Some(true), Some(false), None, Some(true)]),
        ];
        Table::new("sample", columns).unwrap()
    }
}
