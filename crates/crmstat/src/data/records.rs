//! The other tables of a CRM: activities, customers, lines, products, stages, spend.

use crate::data::{
    Column, ColumnKey, Field, Labels, Pseudonyms, TableKind, Texts, column::column_of,
};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// A table of any kind, one column per field, in an order that does not depend on that of the file.
#[derive(Clone, Debug)]
pub struct Records {
    kind: TableKind,
    rows: usize,
    columns: Vec<(ColumnKey, Column)>,
    joined: Option<Joined>,
    /// Whether an answer has looked at a column, in this table or a copy of it.
    used: Arc<AtomicBool>,
}

/// By what a table of attributes is joined.
#[derive(Clone, Debug)]
pub(crate) struct Joined {
    /// What the table is called.
    pub(crate) name: String,
    /// The column of the table that names each of its rows once.
    pub(crate) key: ColumnKey,
    /// The column of the export that holds these names.
    pub(crate) column: ColumnKey,
}

/// Which rows of a table belong to which keys of another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matched {
    /// The number of the key of each row; `None` where the other table has no such key.
    pub rows: Vec<Option<u32>>,
    /// Rows without a key in the other table.
    pub unmatched_rows: u64,
    /// Keys of the other table without a row.
    pub unmatched_keys: u64,
}

impl Records {
    /// Puts the rows of `columns` in order.
    pub(crate) fn assemble(kind: TableKind, columns: &[(ColumnKey, Column)], rows: usize) -> Self {
        let mut order: Vec<u32> = (0..rows as u32).collect();
        order.sort_by(|left, right| {
            let (left, right) = (*left as usize, *right as usize);
            let mut cells = columns.iter().map(|(_, column)| column.compare(left, right));
            cells.find(|found| found.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
        });
        let columns =
            columns.iter().map(|(key, column)| (key.clone(), column.reordered(&order))).collect();
        Self { kind, rows, columns, joined: None, used: Arc::default() }
    }

    /// A table called `name` whose column `key` names each of its rows once, as the `column` of an export does.
    pub(crate) fn joined_by(
        name: &str,
        columns: Vec<(String, Labels)>,
        key: ColumnKey,
        column: ColumnKey,
    ) -> Self {
        let rows = columns.first().map_or(0, |(_, labels)| labels.len());
        let of = |(header, labels)| (ColumnKey::Header(header), Column::Text(labels));
        let columns: Vec<(ColumnKey, Column)> = columns.into_iter().map(of).collect();
        let joined = Some(Joined { name: name.to_owned(), key, column });
        Self { joined, ..Self::assemble(TableKind::Attributes, &columns, rows) }
    }

    /// By what a table of attributes is joined.
    pub(crate) fn joined_as(&self) -> Option<&Joined> {
        self.joined.as_ref()
    }

    /// What the rows are.
    pub fn kind(&self) -> TableKind {
        self.kind
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The fields that the table has, in the order of the documentation.
    pub fn fields(&self) -> impl Iterator<Item = Field> + '_ {
        self.columns.iter().filter_map(|(key, _)| key.field())
    }

    /// Whether the table has a column of `field`.
    pub fn has(&self, field: Field) -> bool {
        column_of(&self.columns, &field.into()).is_some()
    }

    /// Whether anything of the table, or of a copy of it, has been looked at besides by what it is joined: a table
    /// that no answer has looked at changes none.
    pub fn is_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }

    /// The values of `field`; `None` where the table has no such column.
    pub fn field(&self, field: Field) -> Option<&Column> {
        self.column(&field.into())
    }

    /// The column `key`; `None` where the table has none.
    pub fn column(&self, key: &ColumnKey) -> Option<&Column> {
        let found = column_of(&self.columns, key);
        if found.is_some() {
            self.used.store(true, Ordering::Relaxed);
        }
        found
    }

    /// What the columns are known by.
    pub fn keys(&self) -> impl Iterator<Item = &ColumnKey> {
        self.columns.iter().map(|(key, _)| key)
    }

    /// The texts of `field`.
    pub fn labels(&self, field: Field) -> Option<&Labels> {
        match self.field(field)? {
            Column::Text(labels) => Some(labels),
            _ => None,
        }
    }

    /// The texts of `field`, by which the table is joined: that is no use of it.
    pub(crate) fn keys_of(&self, field: Field) -> Option<&Labels> {
        match column_of(&self.columns, &field.into())? {
            Column::Text(labels) => Some(labels),
            _ => None,
        }
    }

    /// The same rows under the pseudonyms of their customers.
    #[must_use]
    pub fn pseudonymised(mut self, pseudonyms: &Pseudonyms) -> Self {
        for (field, column) in &mut self.columns {
            if let (ColumnKey::Field(Field::CustomerId), Column::Text(labels)) =
                (&field, &mut *column)
            {
                *labels = labels.renamed(|id| pseudonyms.of(id));
            }
        }
        self
    }

    /// Joins the rows by `field` to `keys`, such as the customers of [`Orders`](crate::data::Orders).
    pub fn matched(&self, field: Field, keys: &Texts) -> Matched {
        let Some(labels) = self.keys_of(field) else {
            return Matched {
                rows: vec![None; self.rows],
                unmatched_rows: self.rows as u64,
                unmatched_keys: keys.len() as u64,
            };
        };
        let numbers: HashMap<&str, u32> = (0..keys.len())
            .filter_map(|number| keys.get(number).map(|key| (key, number as u32)))
            .collect();
        let of_label: Vec<Option<u32>> = (0..labels.labels().len())
            .map(|label| labels.labels().get(label).and_then(|label| numbers.get(label).copied()))
            .collect();
        let rows: Vec<Option<u32>> = (0..self.rows)
            .map(|row| labels.code(row).and_then(|code| of_label[code as usize]))
            .collect();
        let found = of_label.iter().flatten().count();
        Matched {
            unmatched_rows: rows.iter().filter(|row| row.is_none()).count() as u64,
            unmatched_keys: (keys.len() - found) as u64,
            rows,
        }
    }
}
