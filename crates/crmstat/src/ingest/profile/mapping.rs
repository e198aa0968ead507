//! Which column is which field.

use super::{CloseDate, Profile};
use crate::{
    Result,
    ingest::{Decision, Field, TableKind},
};
use std::collections::BTreeMap;

/// Which column of a file is which field.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// The profile that the file follows.
    pub profile: Profile,
    /// What the rows are.
    pub kind: TableKind,
    /// The column of each field, from 0.
    pub columns: BTreeMap<Field, usize>,
    /// Where the customer is: the first of these that is filled in a row.
    pub customer: Vec<CustomerColumn>,
    /// Whether rows of equal ids are lines whose amounts add up.
    pub lines: bool,
    /// What the column of [`Field::ClosedAt`] holds.
    pub close_date: CloseDate,
    /// What was decided; the file's name is for the caller to fill in.
    pub decisions: Vec<Decision>,
    /// Columns that are no field, from 0.
    pub unmapped: Vec<usize>,
}

/// A column that may hold the customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerColumn {
    /// The column, from 0.
    pub column: usize,
    /// What is put before its values, so that ids of two kinds of customers stay apart.
    pub prefix: String,
}

impl Mapping {
    /// The column of `field`, from 0.
    pub fn column(&self, field: Field) -> Option<usize> {
        self.columns.get(&field).copied()
    }

    /// Moves fields whose header is repeated from an empty column to the first filled one.
    pub fn prefer_filled(&mut self, _filled: impl Fn(usize) -> bool) {}

    /// Fails unless every one of `fields` has a column.
    ///
    /// # Errors
    /// A data error that lists the headers and names the option `--map`.
    pub fn require(&self, _fields: &[Field]) -> Result<()> {
        Ok(())
    }
}

/// Finds the profile and the table that `headers` belong to, and which column is which field.
///
/// # Errors
/// A data error where no table fits, or where an override names a column that is not there.
pub fn recognise(
    _headers: &[&str],
    _kind: Option<TableKind>,
    _chosen: Option<&Profile>,
    _overrides: &[(Field, String)],
) -> Result<Mapping> {
    Err(crate::Error::data("no table"))
}
