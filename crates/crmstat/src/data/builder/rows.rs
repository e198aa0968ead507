//! The rows of any table, and the account of those that cannot be used.

use super::{FieldValue, raw::Raw, value::misfit};
use crate::{
    Date, Error, Money, Place, Result, Timestamp,
    data::{
        Column, Currency, Decision, Field, Finding, Ignored, Imported, Ledger, Notice,
        OUT_OF_RANGE, Rejection, Rejections, Severity,
    },
};
use std::collections::{BTreeMap, btree_map::Entry};

/// Rows by field.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    name: String,
    count: usize,
    columns: BTreeMap<Field, Raw>,
    faults: Faults,
    /// Amounts whose decimals beyond the scale of money were rounded.
    rounded: u64,
}

/// What is wrong with rows: of each the first fault that was found.
pub(super) type Faults = BTreeMap<u32, Fault>;

/// What is wrong with a row.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) column: String,
    pub(super) value: String,
    pub(super) reason: &'static str,
}

impl Rows {
    /// No rows yet; `name` stands for the file in messages.
    pub(super) fn new(name: &str) -> Self {
        let (columns, faults) = (BTreeMap::new(), BTreeMap::new());
        Self { name: name.to_owned(), count: 0, columns, faults, rounded: 0 }
    }

    pub(super) fn rename(&mut self, name: String) {
        self.name = name;
    }

    /// How many rows.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Adds a row. Of a field that is given twice the first value counts.
    pub(super) fn push<'a>(&mut self, values: impl Iterator<Item = (Field, FieldValue<'a>)>) {
        for (field, value) in values {
            let kind = field.field_type();
            let column = self.columns.entry(field).or_insert_with(|| Raw::new(kind));
            if column.len() > self.count {
                continue;
            }
            column.pad(self.count);
            self.rounded += u64::from(field == Field::Amount && value.is_rounded());
            if !column.push(value) {
                let column = field.name().to_owned();
                let fault = Fault { column, value: value.shown(), reason: misfit(kind) };
                self.faults.entry(self.count as u32).or_insert(fault);
            }
        }
        self.count += 1;
    }

    /// Adds rows column by column; a field that is not given is missing in all of them.
    ///
    /// # Errors
    /// Columns of different lengths, of a type that their field has not, or a field given twice.
    pub(super) fn extend(
        &mut self,
        columns: impl IntoIterator<Item = (Field, Column)>,
        rows: Option<usize>,
    ) -> Result<()> {
        let mut rows = rows;
        let mut given = BTreeMap::new();
        for (field, column) in columns {
            let length = *rows.get_or_insert(column.len());
            if column.len() != length {
                return Err(Error::usage(format!(
                    "the column `{field}` has {} rows, others have {length}",
                    column.len()
                )));
            }
            match given.entry(field) {
                Entry::Vacant(place) => place.insert(column),
                Entry::Occupied(_) => {
                    return Err(Error::usage(format!("the column `{field}` is given twice")));
                }
            };
        }
        for (field, column) in &given {
            let kind = field.field_type();
            let raw = self.columns.entry(*field).or_insert_with(|| Raw::new(kind));
            raw.pad(self.count);
            if !raw.extend(column) {
                let wanted = misfit(kind).trim_start_matches("not ");
                return Err(Error::usage(format!(
                    "the values of `{field}` are of another type: each is to be {wanted}"
                )));
            }
        }
        self.count += rows.unwrap_or(0);
        Ok(())
    }

    /// The columns, all of them as long as there are rows, and what is wrong with rows by now.
    ///
    /// # Errors
    /// More rows than a table may have.
    pub(super) fn checked(self) -> Result<Checked> {
        let Self { name, count: rows, mut columns, mut faults, rounded } = self;
        // One number is kept for "missing".
        if rows >= u32::MAX as usize {
            return Err(Error::data(format!("{rows} rows are more than a table may have")));
        }
        for column in columns.values_mut() {
            column.pad(rows);
        }
        for (field, column) in &columns {
            let mut fault = |row: usize, value: FieldValue<'_>, reason| {
                let column = field.name().to_owned();
                let fault = Fault { column, value: value.shown(), reason };
                faults.entry(row as u32).or_insert(fault);
            };
            match column {
                Raw::Date(values) => {
                    let (first, end) = (Date::MIN.midnight(), Date::MAX.plus_days(1).midnight());
                    for (row, at) in values.iter().enumerate() {
                        if let Some(at) = at.filter(|at| !(first..end).contains(at)) {
                            fault(row, FieldValue::Date(at), OUT_OF_RANGE);
                        }
                    }
                }
                Raw::Number(values) => {
                    for (row, value) in values.iter().enumerate() {
                        if value.is_infinite() {
                            let reason = "a number past the range of floats";
                            fault(row, FieldValue::Number(*value), reason);
                        }
                    }
                }
                Raw::Text(_) | Raw::Money(_) => {}
            }
        }
        let mut notices = Vec::new();
        if rounded > 0 {
            let finding = Finding::RoundedAmounts { decimals: Money::DECIMALS };
            notices.push(Notice::new(Severity::Note, finding, rounded));
        }
        Ok(Checked { name, rows, columns, faults, notices })
    }
}

/// Rows whose values are what their fields may hold, or that have a fault.
pub(super) struct Checked {
    pub(super) name: String,
    pub(super) rows: usize,
    pub(super) columns: BTreeMap<Field, Raw>,
    pub(super) faults: Faults,
    notices: Vec<Notice>,
}

impl Checked {
    /// Rejects the rows without a value of `field`, for `reason`.
    pub(super) fn require(&mut self, field: Field, reason: &'static str) {
        for row in 0..self.rows {
            if self.columns.get(&field).is_none_or(|column| column.is_missing(row)) {
                let column = field.name().to_owned();
                let fault = Fault { column, value: String::new(), reason };
                self.faults.entry(row as u32).or_insert(fault);
            }
        }
    }

    /// The rows without a fault that `ignored` does not leave out, with the account of all.
    pub(super) fn account(
        &self,
        events: Option<&[Option<Timestamp>]>,
        ignored: impl Fn(usize) -> Option<Ignored>,
    ) -> (Vec<u32>, Account) {
        let mut account = Account::new(self.rows, &self.name, &self.faults);
        account.notices.clone_from(&self.notices);
        let mut kept = Vec::with_capacity(self.rows - self.faults.len());
        let mut faulty = self.faults.keys().peekable();
        for row in 0..self.rows as u32 {
            if faulty.next_if(|faulty| **faulty == row).is_some() {
                continue;
            }
            if let Some(rule) = ignored(row as usize) {
                account.ledger.ignore(rule, 1);
                continue;
            }
            kept.push(row);
            if let Some(at) = events.and_then(|events| events[row as usize]) {
                let (first, last) = account.span.unwrap_or((at, at));
                account.span = Some((first.min(at), last.max(at)));
            }
        }
        account.ledger.accepted = kept.len() as u64;
        (kept, account)
    }
}

/// What became of all rows.
pub(super) struct Account {
    pub(super) ledger: Ledger,
    rejections: Rejections,
    pub(super) decisions: Vec<Decision>,
    pub(super) notices: Vec<Notice>,
    pub(super) span: Option<(Timestamp, Timestamp)>,
    pub(super) currency: Option<Currency>,
}

impl Account {
    /// Of `rows` rows those with a fault are rejected.
    pub(super) fn new(rows: usize, name: &str, faults: &Faults) -> Self {
        let mut rejections = Rejections::default();
        for (row, fault) in faults {
            let place = Place {
                file: name.to_owned(),
                line: Some(u64::from(*row) + 1),
                column: Some(fault.column.clone()),
            };
            let Fault { value, reason, .. } = fault.clone();
            rejections.push(0, Rejection { place, value, reason, row: None }, true);
        }
        let mut ledger = Ledger::default();
        (ledger.read, ledger.quarantined) = (rows as u64, faults.len() as u64);
        let (decisions, notices) = (Vec::new(), Vec::new());
        Self { ledger, rejections, decisions, notices, span: None, currency: None }
    }

    /// `result` with this account.
    pub(super) fn of<T>(self, result: T) -> Imported<T> {
        let Self { ledger, rejections, decisions, mut notices, span, currency } = self;
        Notice::sort(&mut notices);
        debug_assert!(ledger.balances(), "every row is accounted for");
        Imported { result, ledger, rejections, decisions, notices, span, currency }
    }
}
