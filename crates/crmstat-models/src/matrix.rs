//! A table of finite numbers, borrowed: one row per customer, one column per feature.

use crate::{Error, Result};
use rayon::prelude::*;

/// Rows of `columns` finite numbers each, stored one row after another.
///
/// A `Matrix` cannot hold NaN or an infinity, so what takes one need not look again.
///
/// # Errors
/// [`Matrix::new`] refuses a shape that does not fit and names the first value that is not finite.
///
/// ```
/// use crmstat_models::matrix::Matrix;
///
/// let table = Matrix::new(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2)?;
/// assert_eq!((table.rows(), table.columns()), (3, 2));
/// assert_eq!(table.row(1), [3.0, 4.0]);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Matrix<'a> {
    values: &'a [f64],
    columns: usize,
}

impl<'a> Matrix<'a> {
    /// The rows of `columns` numbers in `values`.
    ///
    /// # Errors
    /// A parameter error when `columns` is 0; a data error when `values` do not fill whole rows or one
    /// of them is not finite.
    pub fn new(values: &'a [f64], columns: usize) -> Result<Self> {
        if columns == 0 {
            return Err(Error::parameter("columns", columns, "at least 1"));
        }
        if !values.len().is_multiple_of(columns) {
            return Err(Error::data(format!(
                "{} values do not fill rows of {columns} columns",
                values.len()
            )));
        }
        if let Some(index) = first_not_finite(values) {
            return Err(Error::data(format!(
                "row {}, column {} is {}, not a finite number",
                index / columns,
                index % columns,
                values[index]
            ))
            .with_hint("fill in missing values first, for example with `Preparation`"));
        }
        Ok(Self { values, columns })
    }

    /// Rows of `columns` numbers that are known to be whole and finite, as copies of a matrix's are.
    pub(crate) fn of_finite(values: &'a [f64], columns: usize) -> Self {
        debug_assert!(columns > 0 && values.len().is_multiple_of(columns));
        Self { values, columns }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.values.len() / self.columns
    }

    /// The number of columns, at least 1.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The row at `index`.
    ///
    /// # Panics
    /// When `index` is not below [`Matrix::rows`], as a slice does.
    pub fn row(&self, index: usize) -> &'a [f64] {
        &self.values[index * self.columns..(index + 1) * self.columns]
    }

    /// All rows in order.
    pub fn each_row(&self) -> std::slice::ChunksExact<'a, f64> {
        self.values.chunks_exact(self.columns)
    }

    /// All values, row after row.
    pub fn values(&self) -> &'a [f64] {
        self.values
    }
}

/// The position of the first value that is NaN or infinite.
fn first_not_finite(values: &[f64]) -> Option<usize> {
    // Blocks without an early exit inside vectorise; only a failure pays for the search.
    let all_finite = values
        .par_chunks(1 << 16)
        .all(|block| block.iter().fold(true, |all, value| all & value.is_finite()));
    if all_finite { None } else { values.iter().position(|value| !value.is_finite()) }
}

#[cfg(test)]
mod tests {
    use super::Matrix;

    #[test]
    fn a_matrix_has_whole_rows_of_finite_numbers() {
        assert!(Matrix::new(&[1.0], 0).unwrap_err().is_parameter());
        assert!(Matrix::new(&[1.0, 2.0, 3.0], 2).unwrap_err().is_data());
        let odd = Matrix::new(&[1.0, 2.0, 3.0, f64::NAN], 2).unwrap_err();
        assert_eq!(odd.to_string(), "row 1, column 1 is NaN, not a finite number");
        assert!(Matrix::new(&[f64::INFINITY], 1).unwrap_err().is_data());
        assert_eq!(Matrix::new(&[], 3).unwrap().rows(), 0);
    }
}
