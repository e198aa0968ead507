//! A table with one row per customer and columns of its own.

use crate::{
    Error, Result,
    data::{Column, Labels, Texts},
};

/// One row per customer, in the order of their ids' bytes, with columns under the headers of the file:
/// numbers where every cell is one, texts elsewhere.
#[derive(Clone, Debug)]
pub struct CustomerTable {
    ids: Texts,
    columns: Vec<(String, Column)>,
}

impl CustomerTable {
    /// Puts the rows of `columns` in the order of `ids`, a column of texts; `file` is for messages.
    ///
    /// # Errors
    /// A customer in two rows.
    pub(crate) fn assemble(file: &str, ids: &Column, columns: &[(String, Column)]) -> Result<Self> {
        let rows = labels(ids).map_or(0, Labels::len) as u32;
        let mut order: Vec<u32> = (0..rows).collect();
        order.sort_by(|left, right| ids.compare(*left as usize, *right as usize));
        let repeated = order
            .windows(2)
            .find(|pair| ids.compare(pair[0] as usize, pair[1] as usize).is_eq())
            .and_then(|pair| labels(ids)?.get(pair[0] as usize));
        if let Some(id) = repeated {
            return Err(Error::data(format!("the customer `{id}` is in two rows of `{file}`"))
                .with_hint("the table needs one row per customer; `--id` names their column"));
        }
        let reordered =
            |(name, column): &(String, Column)| (name.clone(), column.reordered(&order));
        let sorted = ids.reordered(&order);
        Ok(Self {
            ids: (0..order.len()).map(|row| labels(&sorted)?.get(row)).collect(),
            columns: columns.iter().map(reordered).collect(),
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
