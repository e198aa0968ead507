//! The inverse of a large symmetric positive definite matrix, on all threads.

use super::cholesky::Dependent;
use rayon::prelude::*;

/// Rows that are factored together: their part of the matrix stays in the first-level cache.
const BLOCK: usize = 64;
/// Columns of the inverse that one thread makes at a time.
const WIDTH: usize = 16;

/// The inverse of the `size` × `size` matrix, by rows, of which only the lower triangle is read.
///
/// # Formula
/// `A = L Lᵀ` by blocks of columns; then, for some columns of the identity at a time, `L Y = E` and `Lᵀ X = Y`.
/// About `size`³ / 2 multiplications. The result does not depend on the number of threads.
///
/// # Examples
/// ```
/// let inverse = crmstat_models::linalg::inverse::inverse(vec![4.0, 0.0, 2.0, 3.0], 2).unwrap();
/// assert!((inverse[0] - 0.375).abs() < 1e-15 && (inverse[1] + 0.25).abs() < 1e-15);
/// ```
///
/// # Errors
/// [`Dependent`] names the first row that is a combination of the rows before it.
///
/// # Panics
/// When `matrix` does not hold `size * size` values.
pub fn inverse(mut matrix: Vec<f64>, size: usize) -> Result<Vec<f64>, Dependent> {
    assert_eq!(matrix.len(), size * size, "the matrix is square");
    for start in (0..size).step_by(BLOCK) {
        let end = size.min(start + BLOCK);
        factor_block(&mut matrix, size, start, end)?;
        update_rest(&mut matrix, size, start, end);
    }
    let factor = &matrix;
    let strips: Vec<Vec<[f64; WIDTH]>> = (0..size.div_ceil(WIDTH))
        .into_par_iter()
        .map(|strip| columns_of_inverse(factor, size, strip * WIDTH))
        .collect();
    let mut inverse = vec![0.0; size * size];
    for (strip, columns) in strips.iter().enumerate() {
        let first = strip * WIDTH;
        for (below, values) in columns.iter().enumerate() {
            let row = first + below;
            let last = size.min(first + WIDTH).min(row + 1);
            for column in first..last {
                inverse[row * size + column] = values[column - first];
                inverse[column * size + row] = values[column - first];
            }
        }
    }
    Ok(inverse)
}

/// Factors the columns `start..end`, which hold what the columns before them leave.
fn factor_block(
    matrix: &mut [f64],
    size: usize,
    start: usize,
    end: usize,
) -> Result<(), Dependent> {
    for row in start..end {
        for column in start..=row {
            let inner: f64 = (start..column)
                .map(|at| matrix[row * size + at] * matrix[column * size + at])
                .sum();
            let left = matrix[row * size + column] - inner;
            matrix[row * size + column] = if column < row {
                left / matrix[column * size + column]
            } else if left > 0.0 && left.is_finite() {
                left.sqrt()
            } else {
                return Err(Dependent { row });
            };
        }
    }
    let (above, below) = matrix.split_at_mut(end * size);
    below.par_chunks_mut(size).for_each(|row| {
        for column in start..end {
            let other = &above[column * size..][..=column];
            let inner: f64 = (start..column).map(|at| row[at] * other[at]).sum();
            row[column] = (row[column] - inner) / other[column];
        }
    });
    Ok(())
}

/// Takes what the columns `start..end` explain off the columns behind them.
fn update_rest(matrix: &mut [f64], size: usize, start: usize, end: usize) {
    let rest = size - end;
    let mut turned = vec![0.0; (end - start) * rest];
    for row in end..size {
        for column in start..end {
            turned[(column - start) * rest + row - end] = matrix[row * size + column];
        }
    }
    matrix[end * size..].par_chunks_mut(size).enumerate().for_each(|(at, row)| {
        let (known, behind) = row.split_at_mut(end);
        let factors = &known[start..];
        for first in (0..=at).step_by(WIDTH) {
            let last = rest.min(first + WIDTH);
            let mut sums = [0.0; WIDTH];
            for (factor, turned) in factors.iter().zip(turned.chunks_exact(rest)) {
                add_times(&mut sums[..last - first], *factor, &turned[first..last]);
            }
            for (value, sum) in behind[first..last].iter_mut().zip(&sums) {
                *value -= sum;
            }
        }
    });
}

/// The columns of the inverse from `first` on, each from row `first` down.
fn columns_of_inverse(factor: &[f64], size: usize, first: usize) -> Vec<[f64; WIDTH]> {
    let mut found: Vec<[f64; WIDTH]> = Vec::with_capacity(size - first);
    for row in first..size {
        let mut sums = [0.0; WIDTH];
        for (weight, solved) in factor[row * size + first..].iter().zip(&found) {
            add_times(&mut sums, *weight, solved);
        }
        let pivot = factor[row * size + row];
        let mut values = sums.map(|sum| -sum / pivot);
        if row < first + WIDTH {
            values[row - first] += 1.0 / pivot;
        }
        found.push(values);
    }
    for row in (first..size).rev() {
        let pivot = factor[row * size + row];
        let solved = found[row - first].map(|value| value / pivot);
        found[row - first] = solved;
        let weights = &factor[row * size + first..row * size + row];
        for (values, weight) in found.iter_mut().zip(weights) {
            add_times(values, -weight, &solved);
        }
    }
    found
}

fn add_times(sums: &mut [f64], factor: f64, values: &[f64]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += factor * value;
    }
}

#[cfg(test)]
mod tests {
    use super::inverse;
    use crate::linalg::cholesky::{Cholesky, Dependent};

    #[test]
    fn it_is_that_of_the_factor_for_sizes_around_the_blocks() {
        for size in [0, 1, 2, 15, 16, 17, 63, 64, 65, 130, 200] {
            let entry = |row: usize, column: usize| ((row * 7 + column * 3) % 11) as f64 / 5.0;
            let mut matrix = vec![0.0; size * size];
            for row in 0..size {
                for column in 0..size {
                    let inner: f64 = (0..20).map(|k| entry(row, k) * entry(column, k)).sum();
                    matrix[row * size + column] = inner + f64::from(u8::from(row == column));
                }
            }
            let slow = Cholesky::new(&matrix, size, 0.0).unwrap().inverse();
            let fast = inverse(matrix, size).unwrap();
            for (place, (fast, slow)) in fast.iter().zip(&slow).enumerate() {
                assert!((fast - slow).abs() < 1e-10, "size {size}, place {place}: {fast}, {slow}");
            }
        }
    }

    #[test]
    fn a_dependent_row_is_named() {
        let matrix = vec![1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 2.0];
        assert_eq!(inverse(matrix, 3).unwrap_err(), Dependent { row: 2 });
        assert_eq!(inverse(vec![f64::NAN], 1).unwrap_err(), Dependent { row: 0 });
    }
}
