//! Tables with one row per customer and columns of their own, out of memory.

use super::{
    FieldValue,
    raw::Raw,
    rows::{Account, Fault, Faults},
    value::misfit,
};
use crate::{
    Error, Result,
    data::{Column, CustomerTable, Field, Imported, field::FieldType},
};

/// One customer.
#[derive(Clone, Debug, Default)]
pub struct CustomerRow<'a> {
    id: FieldValue<'a>,
    columns: Vec<(&'a str, FieldValue<'a>)>,
}

impl<'a> CustomerRow<'a> {
    /// The customer `id`; without one the row is rejected, with its number.
    pub fn new(id: impl Into<FieldValue<'a>>) -> Self {
        Self { id: id.into(), columns: Vec::new() }
    }

    /// The value of the column `name`: a text, a number or an amount.
    #[must_use]
    pub fn with(mut self, name: &'a str, value: impl Into<FieldValue<'a>>) -> Self {
        self.columns.push((name, value.into()));
        self
    }
}

/// Puts a table of customers together that a program holds, row by row or as columns.
///
/// A column holds texts or numbers, as its first value says; a value of the other kind rejects its row.
///
/// ```
/// use crmstat::data::{CustomerRow, CustomerTable};
///
/// let table = CustomerTable::builder()
///     .row(CustomerRow::new("B").with("region", "South").with("visits", 3.0))
///     .row(CustomerRow::new("A").with("region", "North"))
///     .build()?
///     .result;
/// assert_eq!(table.ids().get(0), Some("A"));
/// assert_eq!(table.columns().map(|(name, _)| name).collect::<Vec<_>>(), ["region", "visits"]);
/// # Ok::<(), crmstat::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CustomerTableBuilder {
    name: String,
    rows: usize,
    ids: Raw,
    columns: Vec<(String, Option<Raw>)>,
    faults: Faults,
}

impl Default for CustomerTableBuilder {
    fn default() -> Self {
        Self {
            name: "customers".to_owned(),
            rows: 0,
            ids: Raw::new(FieldType::Text),
            columns: Vec::new(),
            faults: Faults::new(),
        }
    }
}

impl CustomerTableBuilder {
    /// The name of the rows in messages; `customers` unless given.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Adds a row. Of a column that is given twice the first value counts.
    pub fn push(&mut self, row: CustomerRow<'_>) {
        let number = self.rows;
        self.ids.push(row.id);
        for (name, value) in row.columns {
            let place = self.place(name);
            let (name, column) = &mut self.columns[place];
            if column.is_none() && !value.is_missing() {
                let kind = match value {
                    FieldValue::Text(_) | FieldValue::Date(_) => FieldType::Text,
                    _ => FieldType::Number,
                };
                *column = Some(Raw::new(kind));
            }
            let Some(column) = column.as_mut().filter(|column| column.len() <= number) else {
                continue;
            };
            column.pad(number);
            if !column.push(value) {
                let reason = misfit(column.kind());
                let fault = Fault { column: name.clone(), value: value.shown(), reason };
                self.faults.entry(number as u32).or_insert(fault);
            }
        }
        self.rows += 1;
    }

    /// Adds a row.
    #[must_use]
    pub fn row(mut self, row: CustomerRow<'_>) -> Self {
        self.push(row);
        self
    }

    /// Adds rows column by column: the ids, and columns of texts, numbers or amounts under their names, each
    /// as long as the ids.
    ///
    /// # Errors
    /// Columns of different lengths, or of another type than rows before had.
    pub fn columns<'a>(
        mut self,
        ids: impl IntoIterator<Item = Option<&'a str>>,
        columns: impl IntoIterator<Item = (String, Column)>,
    ) -> Result<Self> {
        let before = self.rows;
        for id in ids {
            self.ids.push(id.into());
        }
        self.rows = self.ids.len();
        for (name, column) in columns {
            let rows = self.rows - before;
            if column.len() != rows {
                let cells = column.len();
                return Err(Error::usage(format!(
                    "the column `{name}` has {cells} rows for {rows} customers"
                )));
            }
            let column = match column {
                Column::Money(amounts) => Column::Number(
                    amounts
                        .iter()
                        .map(|amount| amount.map_or(f64::NAN, crate::Money::to_f64))
                        .collect(),
                ),
                Column::Date(_) => {
                    return Err(Error::usage(format!("the column `{name}` holds dates"))
                        .with_hint("give days as numbers, or as texts"));
                }
                column => column,
            };
            let kind =
                if matches!(column, Column::Text(_)) { FieldType::Text } else { FieldType::Number };
            let place = self.place(&name);
            let raw = self.columns[place].1.get_or_insert_with(|| Raw::new(kind));
            raw.pad(before);
            if !raw.extend(&column) {
                return Err(Error::usage(format!("the column `{name}` changes its type")));
            }
        }
        Ok(self)
    }

    /// The number of rows so far.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is no row yet.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The table, with the account of the rows that could not be used.
    ///
    /// # Errors
    /// A customer in two rows, or more rows than a table may have.
    pub fn build(self) -> Result<Imported<CustomerTable>> {
        let Self { name, rows, ids, columns, mut faults } = self;
        if rows >= u32::MAX as usize {
            return Err(Error::data(format!("{rows} rows are more than a table may have")));
        }
        for row in (0..rows).filter(|row| ids.is_missing(*row)) {
            let (column, value) = (Field::CustomerId.name().to_owned(), String::new());
            let fault = Fault { column, value, reason: "a required cell is empty" };
            faults.entry(row as u32).or_insert(fault);
        }
        let mut columns: Vec<(String, Raw)> = columns
            .into_iter()
            .map(|(name, raw)| (name, raw.unwrap_or_else(|| Raw::new(FieldType::Text))))
            .collect();
        for (name, raw) in &mut columns {
            raw.pad(rows);
            let Raw::Number(values) = raw else { continue };
            for (row, value) in values.iter().enumerate().filter(|(_, value)| value.is_infinite()) {
                let (column, value) = (name.clone(), value.to_string());
                let reason = "a number past the range of floats";
                faults.entry(row as u32).or_insert(Fault { column, value, reason });
            }
        }
        let kept: Vec<u32> = (0..rows as u32).filter(|row| !faults.contains_key(row)).collect();
        let mut account = Account::new(rows, &name, &faults);
        account.ledger.accepted = kept.len() as u64;
        let columns: Vec<(String, Column)> =
            columns.into_iter().map(|(name, raw)| (name, raw.finish(&kept))).collect();
        Ok(account.of(CustomerTable::assemble(&name, &ids.finish(&kept), &columns)?))
    }

    /// The place of the column `name`, which is there from now on.
    fn place(&mut self, name: &str) -> usize {
        let name = name.trim();
        self.columns.iter().position(|(own, _)| own == name).unwrap_or_else(|| {
            self.columns.push((name.to_owned(), None));
            self.columns.len() - 1
        })
    }
}

impl CustomerTable {
    /// Puts a table of customers together that a program holds.
    pub fn builder() -> CustomerTableBuilder {
        CustomerTableBuilder::default()
    }
}

impl<'a> Extend<CustomerRow<'a>> for CustomerTableBuilder {
    fn extend<I: IntoIterator<Item = CustomerRow<'a>>>(&mut self, rows: I) {
        rows.into_iter().for_each(|row| self.push(row));
    }
}

impl<'a> FromIterator<CustomerRow<'a>> for CustomerTableBuilder {
    fn from_iter<I: IntoIterator<Item = CustomerRow<'a>>>(rows: I) -> Self {
        let mut builder = Self::default();
        builder.extend(rows);
        builder
    }
}
