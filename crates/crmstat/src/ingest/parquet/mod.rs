//! Parquet: chosen columns, decoded in slices, row groups in parallel.
//!
//! | module | step |
//! |---|---|
//! | `schema` | which columns there are and of what type |
//! | `chunks` | bounded access to the file's bytes |
//! | `scan` | row groups to threads, row groups to slices |
//! | `text` | pages of text, dictionaries kept |
//! | `values` | all other types |
//!
//! Nothing is answered from statistics: writers get them wrong, so every value is read.

use std::sync::Arc;

mod chunks;
mod scan;
mod schema;
mod text;
mod values;

pub(crate) use self::{
    scan::ParquetFile,
    schema::{ColumnInfo, ColumnType},
    text::{TextColumn, Texts},
};

/// The number that a writer meant who kept it in 32 bits: `12.34`, not `12.340000152587890625`.
pub(crate) fn shortest(number: f32) -> f64 {
    if number.fract() == 0.0 {
        return f64::from(number);
    }
    number.to_string().parse().unwrap_or(f64::from(number))
}

/// Rows decoded together at most: what one slice holds of one column stays within a core's cache.
pub(crate) const SLICE_ROWS: usize = 16 << 10;

/// Consecutive rows of one row group: the chosen columns in the order of the choice.
#[derive(Debug)]
pub(crate) struct Slice {
    /// The number of the first row in the file, from 0.
    pub(crate) first_row: u64,
    /// How many rows.
    pub(crate) rows: usize,
    /// One entry per chosen column, each of `rows` values.
    pub(crate) columns: Vec<Column>,
}

/// The values of one column in a slice.
#[derive(Debug)]
pub(crate) struct Column {
    /// Which values are there; `None` when all are. What stands in place of a missing one is a default.
    pub(crate) valid: Option<Vec<bool>>,
    /// The values.
    pub(crate) values: Values,
}

impl Column {
    /// `rows` times `text`; missing where that is empty.
    pub(crate) fn constant(text: &[u8], rows: usize) -> Self {
        let dictionary = Arc::new(Texts::one(text));
        let codes = vec![0; rows];
        let valid = text.is_empty().then(|| vec![false; rows]);
        Self { valid, values: Values::Text(TextColumn::Dictionary { dictionary, codes }) }
    }

    /// Whether row `row` of the slice has a value.
    pub(crate) fn is_valid(&self, row: usize) -> bool {
        self.valid.as_ref().is_none_or(|valid| valid[row])
    }
}

/// Values by type.
#[derive(Debug)]
pub(crate) enum Values {
    /// Bytes that the writer says are UTF-8.
    Text(TextColumn),
    /// Whole numbers.
    Int(Vec<i64>),
    /// Floating point numbers, as they are: also NaN and infinities.
    Float(Vec<f64>),
    /// `unscaled` / 10^`scale`.
    Decimal {
        /// The digits as whole numbers.
        unscaled: Vec<i128>,
        /// Decimals.
        scale: u32,
    },
    /// Days since 1970-01-01.
    Date(Vec<i32>),
    /// Seconds since 1970-01-01 00:00:00, fractions cut towards the past.
    Timestamp(Vec<i64>),
    /// True or false.
    Bool(Vec<bool>),
}

#[cfg(test)]
mod tests;
