//! Deals out of memory.

use super::{
    FieldValue,
    raw::Raw,
    rows::{Fault, Rows},
};
use crate::{
    Error, Money, Result,
    data::{Column, ColumnKey, Currency, DealStatus, Deals, Field, Imported},
};
use std::collections::BTreeSet;

/// One deal.
#[derive(Clone, Debug, Default)]
pub struct DealRow<'a> {
    status: Option<DealStatus>,
    fields: Vec<(Field, FieldValue<'a>)>,
}

impl<'a> DealRow<'a> {
    /// A deal of which `status` is known; without one the row is rejected, with its number.
    pub fn new(status: impl Into<Option<DealStatus>>) -> Self {
        Self { status: status.into(), fields: Vec::new() }
    }

    /// The deal's id.
    #[must_use]
    pub fn id(self, id: impl Into<FieldValue<'a>>) -> Self {
        self.with(Field::OrderId, id)
    }

    /// Whose deal it is.
    #[must_use]
    pub fn customer(self, id: impl Into<FieldValue<'a>>) -> Self {
        self.with(Field::CustomerId, id)
    }

    /// What it is worth.
    #[must_use]
    pub fn amount(self, amount: impl Into<FieldValue<'a>>) -> Self {
        self.with(Field::Amount, amount)
    }

    /// When it was created.
    #[must_use]
    pub fn created(self, at: impl Into<FieldValue<'a>>) -> Self {
        self.with(Field::CreatedAt, at)
    }

    /// When it was won or lost.
    #[must_use]
    pub fn closed(self, at: impl Into<FieldValue<'a>>) -> Self {
        self.with(Field::ClosedAt, at)
    }

    /// The value of another field, such as [`Field::Owner`] or [`Field::Stage`].
    #[must_use]
    pub fn with(mut self, field: Field, value: impl Into<FieldValue<'a>>) -> Self {
        self.fields.push((field, value.into()));
        self
    }
}

/// Puts deals together that a program holds, row by row or as columns.
///
/// ```
/// use crmstat::{Date, analysis::funnel, data::{DealRow, DealStatus, Deals, Field}};
///
/// let day: Date = "2025-01-05".parse()?;
/// let built = Deals::builder()
///     .row(DealRow::new(DealStatus::Won).id("1").amount(100.0).created(day).closed(day.plus_days(9)))
///     .row(DealRow::new(DealStatus::Lost).id("2").amount(300.0).with(Field::LostReason, "Price"))
///     .row(DealRow::new(DealStatus::Open).id("3").amount(50.0).with(Field::Owner, "Ann"))
///     .build()?;
/// let found = funnel::analyse(&built.result, funnel::Beside::default(), &funnel::Query::default())?;
/// assert_eq!(found.whole().overview.deals.win_rate(), Some(0.5));
/// # Ok::<(), crmstat::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct DealsBuilder {
    rows: Rows,
    status: Vec<Option<DealStatus>>,
    are_copies: bool,
    currency: Option<Currency>,
}

impl Default for DealsBuilder {
    fn default() -> Self {
        Self { rows: Rows::new("deals"), status: Vec::new(), are_copies: false, currency: None }
    }
}

impl DealsBuilder {
    /// The name of the rows in messages; `deals` unless given.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.rows.rename(name.into());
        self
    }

    /// Takes rows of one deal for copies, of which the largest amount counts; they are its lines, whose
    /// amounts add up, unless this is said.
    #[must_use]
    pub fn copies(mut self) -> Self {
        self.are_copies = true;
        self
    }

    /// The currency of all amounts.
    #[must_use]
    pub fn currency(mut self, currency: Currency) -> Self {
        self.currency = Some(currency);
        self
    }

    /// Adds a row.
    pub fn push(&mut self, row: DealRow<'_>) {
        self.status.push(row.status);
        self.rows.push(row.fields.into_iter());
    }

    /// Adds a row.
    #[must_use]
    pub fn row(mut self, row: DealRow<'_>) -> Self {
        self.push(row);
        self
    }

    /// Adds rows column by column: what became of each deal, and the other fields.
    ///
    /// # Errors
    /// Columns of different lengths or of another type than their field's.
    pub fn columns(
        mut self,
        status: impl IntoIterator<Item = Option<DealStatus>>,
        columns: impl IntoIterator<Item = (Field, Column)>,
    ) -> Result<Self> {
        let before = self.status.len();
        self.status.extend(status);
        self.rows.extend(columns, Some(self.status.len() - before))?;
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

    /// The deals, with the account of the rows that could not be used.
    ///
    /// # Errors
    /// A deal that is worth more than money can hold, or more rows than a table may have.
    pub fn build(self) -> Result<Imported<Deals>> {
        let Self { rows, status, are_copies, currency } = self;
        let mut checked = rows.checked()?;
        for (row, _) in status.iter().enumerate().filter(|(_, status)| status.is_none()) {
            let (column, value) = (Field::Status.name().to_owned(), String::new());
            let fault = Fault { column, value, reason: "no stage or status" };
            checked.faults.entry(row as u32).or_insert(fault);
        }
        let (kept, mut account) = checked.account(None, |_| None);
        account.currency = currency;
        let mut columns = checked.columns;
        let amounts = match columns.remove(&Field::Amount) {
            Some(Raw::Money(amounts)) => amounts,
            _ => vec![None; checked.rows],
        };
        // Those of every export first, in their order, whether given or not.
        let order: Vec<Field> = Deals::FIELDS
            .into_iter()
            .chain(columns.keys().copied().collect::<BTreeSet<_>>())
            .collect();
        let mut fields: Vec<(ColumnKey, Column)> = Vec::new();
        for field in order {
            if fields.iter().all(|(known, _)| known.field() != Some(field)) {
                let mut raw =
                    columns.remove(&field).unwrap_or_else(|| Raw::new(field.field_type()));
                raw.pad(checked.rows);
                fields.push((field.into(), raw.finish(&kept)));
            }
        }
        // What is kept has a status.
        let status: Vec<DealStatus> = kept.iter().filter_map(|row| status[*row as usize]).collect();
        let amounts: Vec<Option<Money>> = kept.iter().map(|row| amounts[*row as usize]).collect();
        if status.len() != kept.len() {
            return Err(Error::data("a deal is neither won, lost nor open"));
        }
        Ok(account.of(Deals::assemble(&status, &amounts, &fields, !are_copies)?))
    }
}

impl Deals {
    /// Puts deals together that a program holds.
    pub fn builder() -> DealsBuilder {
        DealsBuilder::default()
    }
}

impl<'a> Extend<DealRow<'a>> for DealsBuilder {
    fn extend<I: IntoIterator<Item = DealRow<'a>>>(&mut self, rows: I) {
        rows.into_iter().for_each(|row| self.push(row));
    }
}

impl<'a> FromIterator<DealRow<'a>> for DealsBuilder {
    fn from_iter<I: IntoIterator<Item = DealRow<'a>>>(rows: I) -> Self {
        let mut builder = Self::default();
        builder.extend(rows);
        builder
    }
}
