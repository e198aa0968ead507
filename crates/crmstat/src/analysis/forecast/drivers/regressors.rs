//! A table of what is known ahead: a date and columns of numbers.

use super::table::{date, dated};
use crate::{
    Date, Error, Result,
    analysis::forecast::{History, Period},
    data::Column,
    ingest::ExportFile,
};
use crmstat_models::forecast::drivers::Driver;
use std::collections::BTreeMap;

/// Numbers by date, known as far ahead as the table reaches.
#[derive(Clone, Debug)]
pub struct Regressors {
    file: String,
    /// Name and rows of every column: date, value, and when it became known.
    columns: Vec<(String, Vec<Row>)>,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    date: Date,
    value: f64,
    known_at: Option<Date>,
}

/// The header of the column that says when a row became known.
const KNOWN_AT: &str = "known_at";

impl Regressors {
    /// Reads `file`, a path or an [`ExportFile`] in memory: a column of dates (`date` or `period`, as YYYY-MM-DD), one column of numbers per
    /// regressor and, if need be, `known_at`, the day on which a row became known: a backtest does not use it
    /// before. Without it every row was known always, as a calendar of promotions is.
    ///
    /// # Errors
    /// A file that cannot be read, without a column of dates or of numbers, or with a cell that is none.
    pub fn from_file(file: impl Into<ExportFile>) -> Result<Self> {
        let file = file.into();
        let (table, dates) = dated(&file)?;
        let file = file.name();
        let known_at: Vec<Option<Date>> = match table.column(KNOWN_AT) {
            Some(Column::Text(texts)) => {
                let known = |row| texts.get(row).map(|text| date(file, text)).transpose();
                (0..dates.len()).map(known).collect::<Result<_>>()?
            }
            _ => vec![None; dates.len()],
        };
        let mut columns = Vec::new();
        for (name, column) in table.columns().filter(|(name, _)| *name != KNOWN_AT) {
            let Column::Number(values) = column else {
                return Err(Error::data(format!(
                    "the column `{name}` of `{file}` holds no numbers"
                ))
                .with_hint("write promotions as 0 and 1, or leave the column out"));
            };
            let rows = dates.iter().zip(values).zip(&known_at);
            let rows = rows
                .filter(|((_, value), _)| value.is_finite())
                .map(|((date, value), known_at)| Row {
                    date: *date,
                    value: *value,
                    known_at: *known_at,
                })
                .collect();
            columns.push((name.to_owned(), rows));
        }
        if columns.is_empty() {
            return Err(Error::data(format!("`{file}` has no column of numbers beside its dates"))
                .with_hint("such as `date,price,promotion`"));
        }
        Ok(Self { file: file.to_owned(), columns })
    }

    /// The regressors of one series over `periods`.
    pub(super) fn of(
        &self,
        history: &History,
        period: Period,
        periods: std::ops::Range<i32>,
    ) -> Result<Vec<Driver>> {
        self.columns.iter().map(|column| self.driver(column, history, period, &periods)).collect()
    }

    fn driver(
        &self,
        (name, rows): &(String, Vec<Row>),
        history: &History,
        period: Period,
        periods: &std::ops::Range<i32>,
    ) -> Result<Driver> {
        // Sum, count and the latest day of becoming known.
        let mut by_period: BTreeMap<i32, (f64, f64, Option<Date>)> = BTreeMap::new();
        for row in rows {
            let of_period = by_period.entry(period.number(row.date)).or_default();
            of_period.0 += row.value;
            of_period.1 += 1.0;
            of_period.2 = of_period.2.max(row.known_at);
        }
        let (mut values, mut known) = (Vec::new(), Vec::new());
        for number in periods.clone() {
            let Some((sum, count, known_at)) = by_period.get(&number) else {
                let last = period.first_day(periods.end).plus_days(-1);
                return Err(Error::data(format!(
                    "the regressor `{name}` of `{}` has no value for the {} of {}",
                    self.file,
                    period.name(),
                    period.first_day(number)
                ))
                .with_hint(format!(
                    "it must be known from {} to {last}; shorten `--horizon`, or add the rows",
                    period.first_day(periods.start)
                )));
            };
            values.push(sum / count);
            // Known at an origin if that comes after the day of becoming known.
            let seen = known_at.map_or(0, |at| period.number(at) + 1 - history.first);
            known.push(seen.max(0) as usize);
        }
        Ok(Driver::new(name.clone(), values).known_from(known))
    }
}
