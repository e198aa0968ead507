//! Columns as they grow, row by row or column by column.

use super::FieldValue;
use crate::{
    Money, Timestamp,
    data::{
        Column, Labels, Texts,
        column::{MISSING, gather},
        field::FieldType,
        missing::filled,
    },
};
use std::collections::HashMap;

/// The values of one field or column.
#[derive(Clone, Debug)]
pub(super) enum Raw {
    Text(RawTexts),
    Date(Vec<Option<Timestamp>>),
    Money(Vec<Option<Money>>),
    /// NaN is missing.
    Number(Vec<f64>),
}

/// Texts, numbered as they come.
#[derive(Clone, Debug, Default)]
pub(super) struct RawTexts {
    known: HashMap<Box<str>, u32>,
    codes: Vec<u32>,
}

impl RawTexts {
    fn code(&mut self, text: &str) -> u32 {
        if let Some(code) = self.known.get(text) {
            return *code;
        }
        let code = self.known.len() as u32;
        self.known.insert(text.into(), code);
        code
    }

    /// The code of a row; [`MISSING`] where there is none.
    pub(super) fn codes(&self) -> &[u32] {
        &self.codes
    }
}

impl Raw {
    pub(super) fn new(kind: FieldType) -> Self {
        match kind {
            FieldType::Text => Self::Text(RawTexts::default()),
            FieldType::Date => Self::Date(Vec::new()),
            FieldType::Money => Self::Money(Vec::new()),
            FieldType::Number => Self::Number(Vec::new()),
        }
    }

    pub(super) fn kind(&self) -> FieldType {
        match self {
            Self::Text(_) => FieldType::Text,
            Self::Date(_) => FieldType::Date,
            Self::Money(_) => FieldType::Money,
            Self::Number(_) => FieldType::Number,
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Text(texts) => texts.codes.len(),
            Self::Date(values) => values.len(),
            Self::Money(values) => values.len(),
            Self::Number(values) => values.len(),
        }
    }

    pub(super) fn is_missing(&self, row: usize) -> bool {
        match self {
            Self::Text(texts) => texts.codes[row] == MISSING,
            Self::Date(values) => values[row].is_none(),
            Self::Money(values) => values[row].is_none(),
            Self::Number(values) => values[row].is_nan(),
        }
    }

    /// Makes it `rows` long: what it lacks is missing.
    pub(super) fn pad(&mut self, rows: usize) {
        match self {
            Self::Text(texts) => texts.codes.resize(rows, MISSING),
            Self::Date(values) => values.resize(rows, None),
            Self::Money(values) => values.resize(rows, None),
            Self::Number(values) => values.resize(rows, f64::NAN),
        }
    }

    /// Adds `value`; `false` where it does not fit, and a missing one is added.
    pub(super) fn push(&mut self, value: FieldValue<'_>) -> bool {
        let is_known = match self {
            Self::Text(texts) => {
                let code = value.text().map(|text| texts.code(&text));
                texts.codes.push(code.unwrap_or(MISSING));
                code.is_some()
            }
            Self::Date(values) => {
                values.push(value.date());
                value.date().is_some()
            }
            Self::Money(values) => {
                values.push(value.money());
                value.money().is_some()
            }
            Self::Number(values) => {
                values.push(value.number().unwrap_or(f64::NAN));
                value.number().is_some()
            }
        };
        is_known || value.is_missing()
    }

    /// Adds the cells of `column`; `false`, and nothing added, where it is of another type.
    pub(super) fn extend(&mut self, column: &Column) -> bool {
        match (self, column) {
            (Self::Text(texts), Column::Text(labels)) => {
                let code = |label: usize| labels.labels().get(label).and_then(filled);
                let codes: Vec<u32> = (0..labels.labels().len())
                    .map(|label| code(label).map_or(MISSING, |text| texts.code(text)))
                    .collect();
                let rows = 0..labels.len();
                texts.codes.extend(
                    rows.map(|row| labels.code(row).map_or(MISSING, |code| codes[code as usize])),
                );
            }
            (Self::Date(values), Column::Date(more)) => values.extend(more),
            (Self::Money(values), Column::Money(more)) => values.extend(more),
            (Self::Number(values), Column::Number(more)) => values.extend(more),
            _ => return false,
        }
        true
    }

    /// The cells of the rows `kept`, with sorted labels.
    pub(super) fn finish(self, kept: &[u32]) -> Column {
        match self {
            Self::Text(texts) => Column::Text(texts.finish(kept)),
            Self::Date(values) => Column::Date(gather(&values, kept)),
            Self::Money(values) => Column::Money(gather(&values, kept)),
            Self::Number(values) => Column::Number(gather(&values, kept)),
        }
    }
}

impl RawTexts {
    pub(super) fn finish(self, kept: &[u32]) -> Labels {
        let Self { known, codes } = self;
        let mut is_used = vec![false; known.len()];
        for row in kept {
            if let Some(used) = is_used.get_mut(codes[*row as usize] as usize) {
                *used = true;
            }
        }
        let mut used: Vec<(Box<str>, u32)> =
            known.into_iter().filter(|(_, code)| is_used[*code as usize]).collect();
        used.sort_unstable();
        // What is missing is past the end.
        let mut rank = vec![MISSING; is_used.len()];
        let mut labels = Texts::default();
        for (place, (text, code)) in (0_u32..).zip(&used) {
            rank[*code as usize] = place;
            labels.push(Some(text));
        }
        let ranked = |row: &u32| rank.get(codes[*row as usize] as usize).copied();
        Labels::new(labels, kept.iter().map(|row| ranked(row).unwrap_or(MISSING)).collect())
    }
}
