//! How the rows of a table find their customers, orders or products.

use crate::data::{Field, Matched, Notice, Records, TableKind, Texts};

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
    /// Lays `table` over `keys` by `by`.
    pub(crate) fn of(table: &Records, by: Field, keys: &Texts) -> Self {
        let Matched { rows, unmatched_rows, unmatched_keys } = table.matched(by, keys);
        let labels = table.keys_of(by);
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

    /// A warning where no row has a partner: the table is mostly of other data.
    pub fn notice(&self) -> Option<Notice> {
        let is_apart = self.rows > 0 && self.unmatched_rows == self.rows;
        is_apart.then(|| Notice::of_no_partner(self.table, self.by, self.rows))
    }
}
