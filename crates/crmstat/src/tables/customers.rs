//! A table with one row per customer and columns of its own.

use super::{Column, column::Labels};
use crate::{
    Error, Result,
    ingest::{
        Imported, ReadOptions, TableQuery,
        columns::RawColumn,
        plain::{Plain, collect_plain},
    },
    output::Texts,
};

/// One row per customer, in the order of their ids' bytes, with columns under the headers of the file:
/// numbers where every cell is one, texts elsewhere.
#[derive(Clone, Debug)]
pub struct CustomerTable {
    ids: Texts,
    columns: Vec<(String, Column)>,
}

impl CustomerTable {
    /// Reads the table in `file`, a path or `-` for standard input.
    ///
    /// # Errors
    /// A file that cannot be read, a column that is not there, numbers that can be read in two ways, or a
    /// customer in two rows.
    pub fn read(file: &str, query: &TableQuery, options: ReadOptions) -> Result<Imported<Self>> {
        collect_plain(file, query, options)?.try_map(|plain| Self::from_plain(file, &plain))
    }

    fn from_plain(file: &str, plain: &Plain) -> Result<Self> {
        let rows = plain.ids.len() as u32;
        let identity: Vec<u32> = (0..rows).collect();
        let ids = Column::from_raw(&plain.ids, &identity);
        let mut order = identity;
        order.sort_by(|left, right| ids.compare(*left as usize, *right as usize));
        let repeated = order
            .windows(2)
            .find(|pair| ids.compare(pair[0] as usize, pair[1] as usize).is_eq())
            .and_then(|pair| labels(&ids)?.get(pair[0] as usize));
        if let Some(id) = repeated {
            return Err(Error::data(format!("the customer `{id}` is in two rows of `{file}`"))
                .with_hint("the table needs one row per customer; `--id` names their column"));
        }
        let column =
            |(name, raw): &(String, RawColumn)| (name.clone(), Column::from_raw(raw, &order));
        let sorted = ids.reordered(&order);
        Ok(Self {
            ids: (0..order.len()).map(|row| labels(&sorted)?.get(row)).collect(),
            columns: plain.columns.iter().map(column).collect(),
        })
    }

    /// The ids of the customers.
    pub fn ids(&self) -> &Texts {
        &self.ids
    }

    /// The number of customers.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no customer.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The columns by header, in the order in which they were asked for or stand in the file.
    pub fn columns(&self) -> impl Iterator<Item = (&str, &Column)> {
        self.columns.iter().map(|(name, column)| (name.as_str(), column))
    }

    /// The column under the header `name`.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns().find(|(own, _)| *own == name.trim()).map(|(_, column)| column)
    }
}

fn labels(column: &Column) -> Option<&Labels> {
    match column {
        Column::Text(labels) => Some(labels),
        _ => None,
    }
}
