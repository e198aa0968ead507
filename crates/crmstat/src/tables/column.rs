//! A column of one field, in the rows of its table.

use crate::{
    Money, Timestamp,
    ingest::columns::{MISSING, RawColumn},
    output::Texts,
};
use rayon::prelude::*;

/// The values of one field.
#[derive(Clone, Debug)]
pub enum Column {
    /// Texts as codes of sorted labels.
    Text(Labels),
    /// Instants.
    Date(Vec<Option<Timestamp>>),
    /// Amounts.
    Money(Vec<Option<Money>>),
    /// Numbers; NaN is missing.
    Number(Vec<f64>),
}

/// Texts as codes of sorted labels.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    labels: Texts,
    codes: Vec<u32>,
}

impl Labels {
    /// The distinct texts, in the order of their bytes.
    pub fn labels(&self) -> &Texts {
        &self.labels
    }

    /// The code of `row` among the labels; `None` is missing.
    pub fn code(&self, row: usize) -> Option<u32> {
        Some(self.codes[row]).filter(|code| *code != MISSING)
    }

    /// The text of `row`; `None` is missing.
    pub fn get(&self, row: usize) -> Option<&str> {
        self.code(row).and_then(|code| self.labels.get(code as usize))
    }
}

impl Column {
    /// A column of what was read, its rows put into `order`.
    pub(crate) fn from_raw(raw: &RawColumn, order: &[u32]) -> Self {
        match raw {
            RawColumn::Text { texts, codes } => {
                let sorted = texts.sorted();
                let mut ranks = vec![0_u32; sorted.len()];
                let mut labels = Texts::default();
                let mut scratch = [0; 16];
                for (rank, id) in sorted.iter().enumerate() {
                    ranks[*id as usize] = rank as u32;
                    labels.push(Some(texts.text(*id, &mut scratch)));
                }
                let code = |row: &u32| match codes[*row as usize] {
                    MISSING => MISSING,
                    code => ranks[code as usize],
                };
                Self::Text(Labels { labels, codes: order.iter().map(code).collect() })
            }
            RawColumn::Date(values) => Self::Date(gather(values, order)),
            RawColumn::Money(values) => Self::Money(gather(values, order)),
            RawColumn::Number(values) => Self::Number(gather(values, order)),
        }
    }

    /// Compares the cells of two rows: a total order, missing ones somewhere fixed.
    pub(crate) fn compare(&self, left: usize, right: usize) -> std::cmp::Ordering {
        match self {
            Self::Text(labels) => labels.codes[left].cmp(&labels.codes[right]),
            Self::Date(values) => values[left].cmp(&values[right]),
            Self::Money(values) => values[left].cmp(&values[right]),
            Self::Number(values) => values[left].total_cmp(&values[right]),
        }
    }

    /// The same cells in another order.
    pub(crate) fn reordered(&self, order: &[u32]) -> Self {
        match self {
            Self::Text(labels) => Self::Text(Labels {
                labels: labels.labels.clone(),
                codes: gather(&labels.codes, order),
            }),
            Self::Date(values) => Self::Date(gather(values, order)),
            Self::Money(values) => Self::Money(gather(values, order)),
            Self::Number(values) => Self::Number(gather(values, order)),
        }
    }
}

/// `values` in the order of `order`.
pub(super) fn gather<T: Copy + Send + Sync>(values: &[T], order: &[u32]) -> Vec<T> {
    order.par_iter().map(|row| values[*row as usize]).collect()
}
