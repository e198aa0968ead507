//! Small tables with one row per date.

use crate::{
    Date, Error, Result,
    data::CustomerTable,
    ingest::{ExportFile, ReadOptions, TableQuery},
};

/// Headers of the column of dates.
const DATES: [&str; 4] = ["date", "period", "дата", "период"];

/// The table in `file` and the dates of its rows.
pub(super) fn dated(file: &ExportFile) -> Result<(CustomerTable, Vec<Date>)> {
    let read = |header: &str| {
        let query = TableQuery { id: Some(header.to_owned()), ..TableQuery::default() };
        CustomerTable::read(file, &query, ReadOptions::default())
    };
    let first = match read(DATES[0]) {
        Err(error) if error.is_data() => {
            let other = DATES[1..].iter().find_map(|header| read(header).ok());
            other.ok_or_else(|| {
                let headers = DATES.map(|header| format!("`{header}`")).join(" or ");
                error.with_hint(format!("it needs one row per date, under the header {headers}"))
            })
        }
        read => read,
    };
    let table = first?.result;
    let dates = (0..table.len())
        .map(|row| date(file.name(), table.ids().get(row).unwrap_or_default()))
        .collect::<Result<_>>()?;
    Ok((table, dates))
}

/// The date that `text` in `file` is.
pub(super) fn date(file: &str, text: &str) -> Result<Date> {
    text.parse().map_err(|_| {
        Error::data(format!("`{text}` in `{file}` is not a date"))
            .with_hint("write dates as YYYY-MM-DD")
    })
}
