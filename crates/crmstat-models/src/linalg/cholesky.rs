//! The Cholesky factor of a symmetric positive definite matrix.

/// The lower factor `L` of `A = L Lᵀ`, stored by rows.
///
/// # Examples
/// ```
/// use crmstat_models::linalg::cholesky::Cholesky;
///
/// let factor = Cholesky::new(&[4.0, 2.0, 2.0, 3.0], 2, 0.0).unwrap();
/// let mut solution = [8.0, 8.0];
/// factor.solve(&mut solution);
/// assert!((solution[0] - 1.0).abs() < 1e-15 && (solution[1] - 2.0).abs() < 1e-15);
/// ```
#[derive(Clone, Debug)]
pub struct Cholesky {
    size: usize,
    lower: Vec<f64>,
}

/// The matrix is not positive definite: row `row` depends on the rows before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dependent {
    /// The first row whose pivot vanished.
    pub row: usize,
}

impl Cholesky {
    /// Factors the `size` × `size` matrix, of which only the lower triangle is read.
    ///
    /// A pivot that is at most `tolerance` times its own diagonal element counts as zero: this share of
    /// the row's variation is all that the rows before it leave unexplained.
    ///
    /// # Errors
    /// [`Dependent`] names the first row that is, to `tolerance`, a combination of the rows before it.
    ///
    /// # Panics
    /// When `matrix` does not hold `size * size` values.
    pub fn new(matrix: &[f64], size: usize, tolerance: f64) -> Result<Self, Dependent> {
        assert_eq!(matrix.len(), size * size, "the matrix is square");
        let mut lower = vec![0.0; size * size];
        for row in 0..size {
            let (above, rest) = lower.split_at_mut(row * size);
            let current = &mut rest[..size];
            for column in 0..row {
                let other = &above[column * size..][..=column];
                let inner = dot(&current[..column], &other[..column]);
                current[column] = (matrix[row * size + column] - inner) / other[column];
            }
            let diagonal = matrix[row * size + row];
            let pivot = diagonal - dot(&current[..row], &current[..row]);
            // The negated comparison also catches a NaN.
            if !(pivot > tolerance * diagonal && pivot > 0.0 && pivot.is_finite()) {
                return Err(Dependent { row });
            }
            current[row] = pivot.sqrt();
        }
        Ok(Self { size, lower })
    }

    /// Replaces `right` by the solution of `A x = right`.
    ///
    /// # Panics
    /// When `right` does not hold as many values as the matrix has rows.
    pub fn solve(&self, right: &mut [f64]) {
        assert_eq!(right.len(), self.size, "one value per row");
        self.solve_lower(right);
        self.solve_upper(right);
    }

    /// Replaces `right` by the solution of `Lᵀ x = right`: independent standard normals become normals whose covariance
    /// is the inverse of this matrix.
    ///
    /// # Panics
    /// When `right` does not hold as many values as the matrix has rows.
    pub fn solve_upper(&self, right: &mut [f64]) {
        assert_eq!(right.len(), self.size, "one value per row");
        for row in (0..self.size).rev() {
            right[row] /= self.lower[row * self.size + row];
            let solved = right[row];
            let factors = &self.lower[row * self.size..][..row];
            for (value, factor) in right[..row].iter_mut().zip(factors) {
                *value -= factor * solved;
            }
        }
    }

    /// `L x`: independent standard normals `x` become normals with this covariance matrix.
    ///
    /// # Panics
    /// When `x` does not hold as many values as the matrix has rows.
    pub fn lower_times(&self, x: &[f64]) -> Vec<f64> {
        assert_eq!(x.len(), self.size, "one value per row");
        let row = |row: usize| &self.lower[row * self.size..][..=row];
        (0..self.size).map(|at| dot(row(at), x)).collect()
    }

    /// The inverse of the matrix, by rows.
    pub fn inverse(&self) -> Vec<f64> {
        let mut inverse = vec![0.0; self.size * self.size];
        for (index, row) in inverse.chunks_exact_mut(self.size.max(1)).enumerate() {
            row[index] = 1.0;
            self.solve(row);
        }
        inverse
    }

    /// The natural logarithm of the determinant.
    pub fn log_determinant(&self) -> f64 {
        2.0 * (0..self.size).map(|row| libm::log(self.lower[row * self.size + row])).sum::<f64>()
    }

    fn solve_lower(&self, right: &mut [f64]) {
        for row in 0..self.size {
            let factors = &self.lower[row * self.size..][..=row];
            right[row] = (right[row] - dot(&factors[..row], &right[..row])) / factors[row];
        }
    }
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::{Cholesky, Dependent};

    /// `B Bᵀ + I` of a fixed matrix `B` without structure.
    fn positive_definite(size: usize) -> Vec<f64> {
        let entry = |row: usize, column: usize| ((row * 7 + column * 3) % 11) as f64 / 5.0 - 1.0;
        let mut matrix = vec![0.0; size * size];
        for row in 0..size {
            for column in 0..size {
                let inner: f64 = (0..size).map(|k| entry(row, k) * entry(column, k)).sum();
                matrix[row * size + column] = inner + f64::from(u8::from(row == column));
            }
        }
        matrix
    }

    #[test]
    fn the_solution_satisfies_the_equations() {
        let size = 9;
        let matrix = positive_definite(size);
        let right: Vec<f64> = (0..size).map(|row| row as f64 - 3.5).collect();
        let mut solution = right.clone();
        Cholesky::new(&matrix, size, 0.0).unwrap().solve(&mut solution);
        for row in 0..size {
            let left: f64 = (0..size).map(|k| matrix[row * size + k] * solution[k]).sum();
            assert!((left - right[row]).abs() < 1e-12, "row {row}: {left} against {}", right[row]);
        }
    }

    #[test]
    fn the_inverse_times_the_matrix_is_the_identity() {
        let size = 6;
        let matrix = positive_definite(size);
        let inverse = Cholesky::new(&matrix, size, 0.0).unwrap().inverse();
        for row in 0..size {
            for column in 0..size {
                let product: f64 =
                    (0..size).map(|k| inverse[row * size + k] * matrix[k * size + column]).sum();
                assert!((product - f64::from(u8::from(row == column))).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn the_factor_times_its_transpose_is_the_matrix() {
        let size = 5;
        let matrix = positive_definite(size);
        let factor = Cholesky::new(&matrix, size, 0.0).unwrap();
        let column = |at: usize| {
            let unit: Vec<f64> = (0..size).map(|row| f64::from(u8::from(row == at))).collect();
            factor.lower_times(&unit)
        };
        let columns: Vec<Vec<f64>> = (0..size).map(column).collect();
        for (place, entry) in matrix.iter().enumerate() {
            let product: f64 = columns.iter().map(|c| c[place / size] * c[place % size]).sum();
            assert!((product - entry).abs() < 1e-12, "{place}");
        }
    }

    #[test]
    fn the_determinant_of_a_diagonal_matrix_is_its_product() {
        let factor = Cholesky::new(&[2.0, 0.0, 0.0, 8.0], 2, 0.0).unwrap();
        assert!((factor.log_determinant() - 16.0_f64.ln()).abs() < 1e-15);
    }

    #[test]
    fn a_dependent_row_is_named() {
        let matrix = [1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 2.0];
        assert_eq!(Cholesky::new(&matrix, 3, 1e-12).unwrap_err(), Dependent { row: 2 });
        assert_eq!(Cholesky::new(&[f64::NAN], 1, 0.0).unwrap_err(), Dependent { row: 0 });
        assert_eq!(Cholesky::new(&[-1.0], 1, 0.0).unwrap_err(), Dependent { row: 0 });
    }

    #[test]
    fn an_empty_matrix_is_solved() {
        let factor = Cholesky::new(&[], 0, 0.0).unwrap();
        factor.solve(&mut []);
        assert!(factor.inverse().is_empty());
    }
}
