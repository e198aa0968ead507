//! A column of one field, in the rows of its table.

use crate::data::field::FieldType;
use crate::data::{Field, Money, Texts, Timestamp};
use rayon::prelude::*;
use std::collections::HashMap;

/// The code of a missing text.
pub(crate) const MISSING: u32 = u32::MAX;

/// What a column of a table is known by: the field that it is, or the header that it has in its file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ColumnKey {
    /// A field.
    Field(Field),
    /// A header, as it was asked for; its cells are texts, whatever they hold.
    Header(String),
}

impl ColumnKey {
    /// The field that it is.
    pub const fn field(&self) -> Option<Field> {
        match self {
            Self::Field(field) => Some(*field),
            Self::Header(_) => None,
        }
    }

    /// The name of the field, or the header.
    pub fn name(&self) -> &str {
        match self {
            Self::Field(field) => field.name(),
            Self::Header(name) => name,
        }
    }

    pub(crate) const fn field_type(&self) -> FieldType {
        match self {
            Self::Field(field) => field.field_type(),
            Self::Header(_) => FieldType::Text,
        }
    }
}

impl From<Field> for ColumnKey {
    fn from(field: Field) -> Self {
        Self::Field(field)
    }
}

/// The column of `key` among `columns`.
pub(crate) fn column_of<'a>(
    columns: &'a [(ColumnKey, Column)],
    key: &ColumnKey,
) -> Option<&'a Column> {
    columns.iter().find(|(own, _)| own == key).map(|(_, column)| column)
}

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
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// The labels, and the code of each row among them; `u32::MAX` where there is none.
    pub(crate) fn into_parts(self) -> (Texts, Vec<u32>) {
        (self.labels, self.codes)
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

    fn leave_out_unused(&mut self) {
        let mut rank = vec![MISSING; self.labels.len()];
        for code in &self.codes {
            if let Some(rank) = rank.get_mut(*code as usize) {
                *rank = 0;
            }
        }
        let mut used = Texts::default();
        for (code, rank) in rank.iter_mut().enumerate().filter(|(_, rank)| **rank != MISSING) {
            *rank = used.len() as u32;
            used.push(self.labels.get(code));
        }
        for code in &mut self.codes {
            *code = rank.get(*code as usize).copied().unwrap_or(MISSING);
        }
        self.labels = used;
    }

    /// The text of `row`; `None` is missing.
    pub fn get(&self, row: usize) -> Option<&str> {
        self.code(row).and_then(|code| self.labels.get(code as usize))
    }
}

/// Texts row by row; `None` is missing.
///
/// ```
/// use crmstat::data::Labels;
///
/// let regions: Labels = [Some("South"), None, Some("North"), Some("South")].into_iter().collect();
/// assert_eq!(regions.labels().len(), 2);
/// assert_eq!((regions.get(0), regions.get(1)), (Some("South"), None));
/// ```
impl<'a> FromIterator<Option<&'a str>> for Labels {
    fn from_iter<I: IntoIterator<Item = Option<&'a str>>>(texts: I) -> Self {
        let mut known: HashMap<&str, u32> = HashMap::new();
        let mut codes: Vec<u32> = texts
            .into_iter()
            .map(|text| match text {
                None => MISSING,
                Some(text) => {
                    let next = known.len() as u32;
                    *known.entry(text).or_insert(next)
                }
            })
            .collect();
        let mut sorted: Vec<(&str, u32)> = known.into_iter().collect();
        sorted.sort_unstable();
        let mut rank = vec![MISSING; sorted.len()];
        for (place, (_, code)) in (0_u32..).zip(&sorted) {
            rank[*code as usize] = place;
        }
        for code in &mut codes {
            *code = rank.get(*code as usize).copied().unwrap_or(MISSING);
        }
        Self { labels: sorted.into_iter().map(|(text, _)| Some(text)).collect(), codes }
    }
}

impl Column {
    /// Texts row by row; `None` is missing.
    pub fn texts<'a>(texts: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        Self::Text(texts.into_iter().collect())
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(labels) => labels.len(),
            Self::Date(values) => values.len(),
            Self::Money(values) => values.len(),
            Self::Number(values) => values.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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

    /// Leaves out the labels that no row has.
    pub(crate) fn leave_out_unused(&mut self) {
        if let Self::Text(labels) = self {
            labels.leave_out_unused();
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
