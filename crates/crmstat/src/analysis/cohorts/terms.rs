//! Contracts out of the table of customers.

use crate::{
    AsOf, Date, Error, Result, Timestamp,
    data::{Column, Field, Records},
};

/// What helps where starts are missing.
const NAME_THE_START: &str =
    "name the column of starts with `--map customers.contract_start=COLUMN`";

/// One contract that had started before `as_of`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::analysis) struct Contract {
    /// The row of the table of customers.
    pub(in crate::analysis) row: usize,
    pub(in crate::analysis) start: Date,
    /// When it ended; `None` while it is running.
    pub(in crate::analysis) end: Option<Date>,
}

/// The contracts of a table of customers, and the rows without one.
#[derive(Clone, Debug, Default)]
pub(in crate::analysis) struct Terms {
    pub(in crate::analysis) contracts: Vec<Contract>,
    pub(in crate::analysis) without_start: u64,
    pub(in crate::analysis) not_started: u64,
    pub(in crate::analysis) reversed: u64,
}

impl Terms {
    /// The contracts of `table` as they stand at `as_of`: one without an end, or whose end is not before
    /// `as_of`, is running.
    ///
    /// # Errors
    /// A table without starts of contracts, or none that had started.
    pub(in crate::analysis) fn of(table: &Records, as_of: AsOf) -> Result<Self> {
        let Some(Column::Date(starts)) = table.field(Field::ContractStart) else {
            return Err(Error::data("the table of customers has no `contract_start`")
                .with_hint(NAME_THE_START));
        };
        let ends = match table.field(Field::ContractEnd) {
            Some(Column::Date(ends)) => Some(ends),
            _ => None,
        };
        let mut found = Self::default();
        for (row, start) in starts.iter().enumerate() {
            let end = ends.and_then(|ends| ends[row]).map(Timestamp::date);
            found.add(row, start.map(Timestamp::date), end, as_of);
        }
        if found.contracts.is_empty() {
            return Err(Error::data(format!("no contract has started before {as_of}"))
                .with_hint(NAME_THE_START));
        }
        Ok(found)
    }

    fn add(&mut self, row: usize, start: Option<Date>, end: Option<Date>, as_of: AsOf) {
        let Some(start) = start else {
            self.without_start += 1;
            return;
        };
        if start >= as_of.date() {
            self.not_started += 1;
        } else if end.is_some_and(|end| end < start) {
            self.reversed += 1;
        } else {
            let end = end.filter(|end| *end < as_of.date());
            self.contracts.push(Contract { row, start, end });
        }
    }

    /// The rows that are left out, with the reason.
    pub(in crate::analysis) fn left_out(&self) -> impl Iterator<Item = (u64, &'static str)> {
        let counts = [
            (self.without_start, "rows of customers have no start of a contract"),
            (self.not_started, "contracts have not started yet"),
            (self.reversed, "contracts end before they start"),
        ];
        counts.into_iter().filter(|(rows, _)| *rows > 0)
    }
}
