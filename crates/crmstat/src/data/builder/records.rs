//! Activities, customers, order lines and the other tables beside orders and deals, out of memory.

use super::{FieldValue, rows::Rows};
use crate::{
    Error, Result,
    data::{Column, ColumnKey, Field, Imported, Records, TableKind},
};

/// One row of a table beside orders and deals.
#[derive(Clone, Debug, Default)]
pub struct RecordRow<'a> {
    fields: Vec<(Field, FieldValue<'a>)>,
}

impl<'a> RecordRow<'a> {
    /// A row without values.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a field.
    #[must_use]
    pub fn with(mut self, field: Field, value: impl Into<FieldValue<'a>>) -> Self {
        self.fields.push((field, value.into()));
        self
    }
}

/// Puts a table together that a program holds, row by row or as columns.
///
/// ```
/// use crmstat::{Date, data::{Field, RecordRow, Records, TableKind}};
///
/// let day: Date = "2025-01-05".parse()?;
/// let calls = Records::builder(TableKind::Activities)
///     .row(RecordRow::new().with(Field::CustomerId, "A").with(Field::At, day).with(Field::Kind, "call"))
///     .row(RecordRow::new().with(Field::CustomerId, "B").with(Field::Kind, "call"))
///     .build()?;
/// assert_eq!((calls.result.len(), calls.ledger.quarantined), (1, 1));
/// # Ok::<(), crmstat::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RecordsBuilder {
    kind: TableKind,
    rows: Rows,
}

impl RecordsBuilder {
    /// The name of the rows in messages; that of their kind unless given.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.rows.rename(name.into());
        self
    }

    /// Adds a row.
    pub fn push(&mut self, row: RecordRow<'_>) {
        self.rows.push(row.fields.into_iter());
    }

    /// Adds a row.
    #[must_use]
    pub fn row(mut self, row: RecordRow<'_>) -> Self {
        self.push(row);
        self
    }

    /// Adds rows column by column, each column as long as the others.
    ///
    /// # Errors
    /// Columns of different lengths or of another type than their field's.
    pub fn columns(mut self, columns: impl IntoIterator<Item = (Field, Column)>) -> Result<Self> {
        self.rows.extend(columns, None)?;
        Ok(self)
    }

    /// The number of rows so far.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The table, with the account of the rows that could not be used.
    ///
    /// # Errors
    /// Orders or deals, which have builders of their own; a field that no row has and without which rows
    /// of the kind say nothing; or more rows than a table may have.
    pub fn build(self) -> Result<Imported<Records>> {
        let Self { kind, rows } = self;
        if matches!(kind, TableKind::Orders | TableKind::Deals) {
            return Err(Error::usage(format!("{kind} are built by a builder of their own")));
        }
        let mut checked = rows.checked()?;
        let has_customer = checked.columns.contains_key(&Field::CustomerId);
        for field in kind.required(has_customer) {
            if checked.rows > 0 && !checked.columns.contains_key(field) {
                return Err(Error::usage(format!("rows of {kind} need `{field}`")));
            }
            checked.require(*field, "a required cell is empty");
        }
        let (kept, account) = checked.account(None, |_| None);
        let columns: Vec<(ColumnKey, Column)> = (checked.columns.into_iter())
            .map(|(field, column)| (field.into(), column.finish(&kept)))
            .collect();
        Ok(account.of(Records::assemble(kind, &columns, kept.len())))
    }
}

impl Records {
    /// Puts a table of `kind` together that a program holds.
    pub fn builder(kind: TableKind) -> RecordsBuilder {
        RecordsBuilder { kind, rows: Rows::new(kind.name()) }
    }
}

impl<'a> Extend<RecordRow<'a>> for RecordsBuilder {
    fn extend<I: IntoIterator<Item = RecordRow<'a>>>(&mut self, rows: I) {
        rows.into_iter().for_each(|row| self.push(row));
    }
}
