//! The centre and spread of the columns, in which the solvers count.

#![expect(
    clippy::inline_always,
    reason = "a step that stays a call is compiled without the caller's instructions"
)]

use crate::churn::{Rows, Sample};
use crate::parallel::map_chunks;
use crate::{Error, Result};

/// Values that stay in a core's cache between two rounds over them.
const CACHED: usize = 32_768;

/// The centre and spread of the columns.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Columns {
    pub(super) means: Vec<f64>,
    /// Standard deviations; 1 stands in for 0 where the column is constant.
    pub(super) scales: Vec<f64>,
    /// The columns without variation, in order.
    pub(super) constant: Vec<usize>,
}

/// A variance below this share of the mean square is the rounding of a constant column.
const CONSTANT: f64 = 1e-24;

impl Columns {
    /// Measures the columns over the rows of positive weight.
    ///
    /// # Errors
    /// When a value is not finite.
    pub(super) fn measure(sample: &Sample<'_>) -> Result<Self> {
        let rows = sample.rows();
        let width = rows.width();
        let weight = |row: usize| sample.weight(row);
        let chunks = map_chunks(rows.len(), (CACHED / width).max(1), |range| {
            Moments::of(rows.slice(range.clone()), width, |row| weight(range.start + row))
        });
        let Moments { total, means, squares } =
            chunks.iter().fold(Moments::none(width), Moments::with);
        if let Some(column) = squares.iter().position(|square| !square.is_finite()) {
            return Err(not_finite(rows, column));
        }
        let mut constant = Vec::new();
        let mut scales = Vec::with_capacity(width);
        for (column, (square, mean)) in squares.iter().zip(&means).enumerate() {
            let variance = square / total;
            if variance <= CONSTANT * mean * mean || variance < f64::MIN_POSITIVE {
                constant.push(column);
                scales.push(1.0);
            } else {
                scales.push(variance.sqrt());
            }
        }
        Ok(Self { means, scales, constant })
    }
}

/// The weight, means and sums of squared deviations of some rows.
struct Moments {
    total: f64,
    means: Vec<f64>,
    squares: Vec<f64>,
}

impl Moments {
    fn none(width: usize) -> Self {
        Self { total: 0.0, means: vec![0.0; width], squares: vec![0.0; width] }
    }

    /// The moments of a chunk that fits the cache.
    fn of(values: &[f64], width: usize, weight: impl Fn(usize) -> f64) -> Self {
        #[cfg(target_arch = "x86_64")]
        if std::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2.
            return unsafe { Self::of_avx2(values, width, weight) };
        }
        Self::of_here(values, width, weight)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn of_avx2(values: &[f64], width: usize, weight: impl Fn(usize) -> f64) -> Self {
        Self::of_here(values, width, weight)
    }

    /// The mean in one round over the rows, the squares in another.
    #[inline(always)]
    fn of_here(values: &[f64], width: usize, weight: impl Fn(usize) -> f64) -> Self {
        let mut moments = Self::none(width);
        for (index, row) in values.chunks_exact(width).enumerate() {
            let weight = weight(index);
            moments.total += weight;
            for (mean, value) in moments.means.iter_mut().zip(row) {
                *mean += weight * value;
            }
        }
        if moments.total > 0.0 {
            moments.means.iter_mut().for_each(|mean| *mean /= moments.total);
        }
        for (index, row) in values.chunks_exact(width).enumerate() {
            let weight = weight(index);
            for ((square, value), mean) in moments.squares.iter_mut().zip(row).zip(&moments.means) {
                *square += weight * (value - mean) * (value - mean);
            }
        }
        moments
    }

    /// The moments of both (Chan et al., Am. Stat. 37, 1983, equation 2.1).
    fn with(mut self, other: &Self) -> Self {
        let total = self.total + other.total;
        let share = if total > 0.0 { other.total / total } else { 0.0 };
        for column in 0..self.means.len() {
            let gap = other.means[column] - self.means[column];
            self.squares[column] += other.squares[column] + gap * gap * self.total * share;
            self.means[column] += gap * share;
        }
        self.total = total;
        self
    }
}

fn not_finite(rows: Rows<'_>, column: usize) -> Error {
    let found = rows.iter().position(|row| !row[column].is_finite());
    match found {
        Some(row) => {
            Error::data(format!("column {column} of row {row} is {}", rows.row(row)[column]))
                .with_hint("encode missing values with `Encoder`")
        }
        None => Error::data(format!("the values of column {column} are too large to be squared")),
    }
}
