//! How the rows of a table find their customers, orders or products in an export.

use crate::{
    Result,
    data::{Field, Join, Records, TableKind},
    ingest::Export,
};

impl Join {
    /// Lays `table` over the orders or deals of `export`: by customer, by order or deal or, for products,
    /// by product, which may be in the order `lines`. `None` where they share no such field, as spend.
    ///
    /// # Errors
    /// Unreadable files.
    pub fn new(export: &Export, table: &Records, lines: Option<&Records>) -> Result<Option<Self>> {
        let has = |field| table.keys_of(field).is_some();
        let by = match table.kind() {
            TableKind::Activities | TableKind::Customers | TableKind::Tickets
                if has(Field::CustomerId) =>
            {
                Field::CustomerId
            }
            TableKind::Products => Field::Product,
            // Attributes are joined by the column that they name.
            TableKind::Spend | TableKind::Attributes => return Ok(None),
            _ => Field::OrderId,
        };
        let mut keys = export.keys(by)?;
        if keys.is_empty()
            && let Some(labels) = lines.and_then(|lines| lines.keys_of(by))
        {
            keys = labels.labels().clone();
        }
        if keys.is_empty() || !has(by) {
            return Ok(None);
        }
        Ok(Some(Self::of(table, by, &keys)))
    }
}
