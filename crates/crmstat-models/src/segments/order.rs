//! An order of the rows that depends on what they hold, not on where they stand.
//!
//! Whatever draws rows at random draws them from this order, so that the same customers in another
//! order of rows give the same draw. Rows are ordered by a hash of their values and weight, which makes
//! the order as good as random; equal hashes are ordered by the values themselves, and rows equal in
//! everything are interchangeable.

use crate::matrix::Matrix;
use crate::random;
use rand::RngExt;
use rayon::prelude::*;

/// Rows copied out in the order of their content, with their weights.
pub(super) struct Sample {
    columns: usize,
    values: Vec<f64>,
    weights: Option<Vec<f64>>,
}

impl Sample {
    /// The rows of [`draw_rows`].
    pub(super) fn draw(
        matrix: Matrix<'_>,
        weights: Option<&[f64]>,
        size: usize,
        seed: u64,
    ) -> Self {
        let taken = draw_rows(matrix, weights, size, seed);
        Self {
            columns: matrix.columns(),
            values: taken.iter().flat_map(|&row| matrix.row(row)).copied().collect(),
            weights: weights.map(|weights| taken.iter().map(|&row| weights[row]).collect()),
        }
    }

    /// The rows as a table.
    pub(super) fn matrix(&self) -> Matrix<'_> {
        Matrix::of_finite(&self.values, self.columns)
    }

    /// The rows.
    pub(super) fn values(&self) -> &[f64] {
        &self.values
    }

    /// The number of columns.
    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// The rows' weights, if they have any.
    pub(super) fn weights(&self) -> Option<&[f64]> {
        self.weights.as_deref()
    }
}

/// The indices of at most `size` rows of `matrix`, spread evenly over the order of content; all of them,
/// in that order, if there are no more.
pub(super) fn draw_rows(
    matrix: Matrix<'_>,
    weights: Option<&[f64]>,
    size: usize,
    seed: u64,
) -> Vec<usize> {
    let order = by_content(matrix, weights);
    let rows = order.len();
    if rows <= size {
        return order;
    }
    // One row from each of `size` equal strata.
    let mut random = random::generator(seed);
    (0..size)
        .map(|stratum| {
            let (from, to) = (stratum * rows / size, (stratum + 1) * rows / size);
            order[random.random_range(from..to)]
        })
        .collect()
}

/// The row indices in the order of content.
fn by_content(matrix: Matrix<'_>, weights: Option<&[f64]>) -> Vec<usize> {
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let mut keyed: Vec<(u64, usize)> = (0..matrix.rows())
        .into_par_iter()
        .map(|row| (hash(matrix.row(row), weight(row)), row))
        .collect();
    keyed.par_sort_unstable_by(|(a_hash, a), (b_hash, b)| {
        a_hash.cmp(b_hash).then_with(|| {
            let content = |row: usize| matrix.row(row).iter().copied().chain([weight(row)]);
            content(*a).partial_cmp(content(*b)).unwrap_or(std::cmp::Ordering::Equal)
        })
    });
    keyed.into_iter().map(|(_, row)| row).collect()
}

/// A hash of a row and its weight, in which 0 and −0 are one number.
fn hash(row: &[f64], weight: f64) -> u64 {
    row.iter().chain([&weight]).fold(0, |hash, value| {
        // MurmurHash3's finaliser mixes each value into all bits.
        let mut mixed = hash ^ (value + 0.0).to_bits();
        mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
        mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xC4CE_B9FE_1A85_EC53);
        (mixed ^ (mixed >> 33)).wrapping_add(0x9E37_79B9_7F4A_7C15)
    })
}

#[cfg(test)]
mod tests {
    use super::Sample;
    use crate::matrix::Matrix;

    #[test]
    fn a_sample_does_not_see_the_order_of_rows() {
        let forward: Vec<f64> = (0..200).map(|i| f64::from(i % 70)).collect();
        let backward: Vec<f64> = forward.chunks(2).rev().flatten().copied().collect();
        for size in [10, 100] {
            let draw = |values: &[f64]| {
                let matrix = Matrix::new(values, 2).unwrap();
                Sample::draw(matrix, None, size, 7).values
            };
            assert_eq!(draw(&forward), draw(&backward));
            assert_eq!(draw(&forward).len(), 2 * size);
        }
    }
}
