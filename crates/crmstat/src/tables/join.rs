//! How the rows of a table find their customers, orders or products.

use super::records::{Matched, Records};
use crate::{
    Result,
    ingest::{Export, Field, TableKind},
    output::Texts,
};

/// Keys without a partner that are shown.
const EXAMPLES: usize = 3;

/// A table beside the orders or deals, laid over them by an id that both have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    /// The table that is joined.
    pub table: TableKind,
    /// The field by which it is joined.
    pub by: Field,
    /// The rows of the table.
    pub rows: u64,
    /// Rows whose id the other side does not know, or that have none.
    pub unmatched_rows: u64,
    /// Some of these ids, in the order of their bytes.
    pub unmatched_examples: Vec<String>,
    /// Different ids on the other side.
    pub keys: u64,
    /// Ids of the other side without a row in the table.
    pub unmatched_keys: u64,
}

impl Join {
    /// Lays `table` over the orders or deals of `export`: by customer, by order or deal or, for products,
    /// by product, which may be in the order `lines`. `None` where they share no such field, as spend.
    ///
    /// # Errors
    /// Unreadable files.
    pub fn new(export: &Export, table: &Records, lines: Option<&Records>) -> Result<Option<Self>> {
        let has = |field| table.labels(field).is_some();
        let by = match table.kind() {
            TableKind::Activities | TableKind::Customers if has(Field::CustomerId) => {
                Field::CustomerId
            }
            TableKind::Products => Field::Product,
            TableKind::Spend => return Ok(None),
            _ => Field::OrderId,
        };
        let mut keys = export.keys(by)?;
        if keys.is_empty()
            && let Some(labels) = lines.and_then(|lines| lines.labels(by))
        {
            keys = labels.labels().clone();
        }
        if keys.is_empty() || !has(by) {
            return Ok(None);
        }
        Ok(Some(Self::of(table, by, &keys)))
    }

    fn of(table: &Records, by: Field, keys: &Texts) -> Self {
        let Matched { rows, unmatched_rows, unmatched_keys } = table.matched(by, keys);
        let labels = table.labels(by);
        let unmatched = (0..rows.len()).filter(|row| rows[*row].is_none());
        let mut examples: Vec<&str> =
            unmatched.filter_map(|row| labels.and_then(|labels| labels.get(row))).collect();
        examples.sort_unstable();
        examples.dedup();
        Self {
            table: table.kind(),
            by,
            rows: table.len() as u64,
            unmatched_rows,
            unmatched_examples: examples.into_iter().take(EXAMPLES).map(str::to_owned).collect(),
            keys: keys.len() as u64,
            unmatched_keys,
        }
    }
}
