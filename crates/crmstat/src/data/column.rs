//! A column of one field, in the rows of its table.

use crate::data::{Money, Texts, Timestamp};
use rayon::prelude::*;

/// The code of a missing text.
pub(crate) const MISSING: u32 = u32::MAX;

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
    /// Rows by their code among `labels`, which are sorted; [`MISSING`] where there is none.
    pub(crate) fn new(labels: Texts, codes: Vec<u32>) -> Self {
        Self { labels, codes }
    }

    /// The distinct texts, in the order of their bytes.
    pub fn labels(&self) -> &Texts {
        &self.labels
    }

    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        self.codes.len()
    }

    /// The code of `row` among the labels; `None` is missing.
    pub fn code(&self, row: usize) -> Option<u32> {
        Some(self.codes[row]).filter(|code| *code != MISSING)
    }

    /// The same rows with other texts in the place of the labels, each of them another one.
    pub(crate) fn renamed(&self, rename: impl Fn(&str) -> String) -> Self {
        let names: Vec<String> = (0..self.labels.len())
            .map(|code| rename(self.labels.get(code).unwrap_or_default()))
            .collect();
        let mut sorted: Vec<u32> = (0..names.len() as u32).collect();
        sorted.sort_unstable_by(|left, right| names[*left as usize].cmp(&names[*right as usize]));
        let mut rank = vec![MISSING; names.len()];
        for (place, code) in sorted.iter().enumerate() {
            rank[*code as usize] = place as u32;
        }
        let ranked = |code: &u32| rank.get(*code as usize).copied().unwrap_or(MISSING);
        Self {
            labels: sorted.iter().map(|code| Some(names[*code as usize].as_str())).collect(),
            codes: self.codes.iter().map(ranked).collect(),
        }
    }

    /// The text of `row`; `None` is missing.
    pub fn get(&self, row: usize) -> Option<&str> {
        self.code(row).and_then(|code| self.labels.get(code as usize))
    }
}

impl Column {
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
pub(crate) fn gather<T: Copy + Send + Sync>(values: &[T], order: &[u32]) -> Vec<T> {
    order.par_iter().map(|row| values[*row as usize]).collect()
}
