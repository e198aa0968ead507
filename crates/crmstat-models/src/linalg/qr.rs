//! Least squares by Householder's QR decomposition.

use crate::{Error, Result};

/// The decomposition `A = QR` of a matrix with at least as many rows as columns and full rank.
///
/// Columns are first scaled to length one, so that units do not decide over rank; unlike the normal
/// equations, the decomposition loses no digits to the square of the condition (G. Golub, C. Van Loan,
/// Matrix Computations, 4th ed. 2013, algorithm 5.2.1 and 5.3.2).
///
/// # Examples
/// ```
/// use crmstat_models::linalg::qr::Qr;
///
/// // A line through (0, 1), (1, 3), (2, 5).
/// let qr = Qr::of_columns(&[vec![1.0; 3], vec![0.0, 1.0, 2.0]])?;
/// let line = qr.solve(&[1.0, 3.0, 5.0])?;
/// assert!((line[0] - 1.0).abs() < 1e-12 && (line[1] - 2.0).abs() < 1e-12);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Qr {
    rows: usize,
    /// Column by column: R above the diagonal, the reflections' vectors from the diagonal down.
    columns: Vec<Vec<f64>>,
    diagonal: Vec<f64>,
    lengths: Vec<f64>,
}

/// A column that keeps less than this share of its length beyond the others adds nothing to them.
const RANK: f64 = 1e-10;

impl Qr {
    /// Decomposes the matrix with these columns.
    ///
    /// # Errors
    /// A parameter error for columns of different or insufficient length or with values that are not
    /// finite; a data error, naming the column, where one depends on those before it.
    pub fn of_columns(columns: &[Vec<f64>]) -> Result<Self> {
        let rows = columns.first().map_or(0, Vec::len);
        if columns.is_empty() || rows < columns.len() {
            let shape = format!("{rows} by {}", columns.len());
            return Err(Error::parameter(
                "columns",
                shape,
                "no more of them than rows, at least one",
            ));
        }
        let mut qr = Self {
            rows,
            columns: columns.to_vec(),
            diagonal: Vec::with_capacity(columns.len()),
            lengths: Vec::with_capacity(columns.len()),
        };
        for (at, column) in qr.columns.iter_mut().enumerate() {
            if column.len() != rows {
                return Err(Error::parameter(
                    "columns",
                    column.len(),
                    format!("of {rows} rows each"),
                ));
            }
            if let Some(value) = column.iter().find(|value| !value.is_finite()) {
                return Err(Error::parameter("columns", value, "finite"));
            }
            let length = norm(column);
            if length == 0.0 {
                return Err(Error::data(format!("column {} is all zero", at + 1)));
            }
            for value in &mut *column {
                *value /= length;
            }
            qr.lengths.push(length);
        }
        for at in 0..columns.len() {
            let (done, rest) = qr.columns.split_at_mut(at + 1);
            let reflection = &mut done[at][at..];
            let length = norm(reflection);
            if length < RANK {
                let reason = format!("column {} depends on the columns before it", at + 1);
                return Err(Error::data(reason).with_hint("leave one of them out"));
            }
            let pivot = if reflection[0] > 0.0 { -length } else { length };
            reflection[0] -= pivot;
            let size = norm(reflection);
            for value in &mut *reflection {
                *value /= size;
            }
            qr.diagonal.push(pivot);
            for column in rest {
                reflect(reflection, &mut column[at..]);
            }
        }
        Ok(qr)
    }

    /// The coefficients that minimise the sum of squares of `y − Ax`.
    ///
    /// # Errors
    /// A parameter error where `y` has another length than the columns or is not finite.
    pub fn solve(&self, y: &[f64]) -> Result<Vec<f64>> {
        if y.len() != self.rows {
            return Err(Error::parameter("y", y.len(), format!("of {} rows", self.rows)));
        }
        if let Some(value) = y.iter().find(|value| !value.is_finite()) {
            return Err(Error::parameter("y", value, "finite"));
        }
        let mut rotated = y.to_vec();
        for (at, column) in self.columns.iter().enumerate() {
            reflect(&column[at..], &mut rotated[at..]);
        }
        let mut solution = rotated[..self.columns.len()].to_vec();
        for at in (0..solution.len()).rev() {
            let later: f64 =
                (at + 1..solution.len()).map(|j| self.columns[j][at] * solution[j]).sum();
            solution[at] = (solution[at] - later) / self.diagonal[at];
        }
        Ok(solution.iter().zip(&self.lengths).map(|(x, length)| x / length).collect())
    }

    /// xᵀ(AᵀA)⁻¹x, the variance of a prediction at `x` in units of the error variance.
    ///
    /// # Errors
    /// A parameter error where `x` has not one value per column.
    pub fn leverage(&self, x: &[f64]) -> Result<f64> {
        if x.len() != self.columns.len() {
            let allowed = format!("of {} columns", self.columns.len());
            return Err(Error::parameter("x", x.len(), allowed));
        }
        // With Rᵀz = x the quadratic form is zᵀz.
        let mut z: Vec<f64> = Vec::with_capacity(x.len());
        for (at, value) in x.iter().enumerate() {
            let earlier: f64 = (0..at).map(|j| self.columns[at][j] * z[j]).sum();
            z.push((value / self.lengths[at] - earlier) / self.diagonal[at]);
        }
        Ok(z.iter().map(|value| value * value).sum())
    }
}

/// Applies the reflection I − 2vvᵀ.
fn reflect(v: &[f64], column: &mut [f64]) {
    let twice = 2.0 * v.iter().zip(&*column).map(|(v, x)| v * x).sum::<f64>();
    for (x, v) in column.iter_mut().zip(v) {
        *x -= twice * v;
    }
}

/// The Euclidean length, without overflow.
fn norm(values: &[f64]) -> f64 {
    let largest = values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    if largest == 0.0 {
        return 0.0;
    }
    largest * values.iter().map(|value| (value / largest).powi(2)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longley_certified_coefficients() {
        // NIST StRD, Longley: employment on GNP deflator, GNP, unemployed, armed forces, population, year.
        let rows = [
            [60323.0, 83.0, 234_289.0, 2356.0, 1590.0, 107_608.0, 1947.0],
            [61122.0, 88.5, 259_426.0, 2325.0, 1456.0, 108_632.0, 1948.0],
            [60171.0, 88.2, 258_054.0, 3682.0, 1616.0, 109_773.0, 1949.0],
            [61187.0, 89.5, 284_599.0, 3351.0, 1650.0, 110_929.0, 1950.0],
            [63221.0, 96.2, 328_975.0, 2099.0, 3099.0, 112_075.0, 1951.0],
            [63639.0, 98.1, 346_999.0, 1932.0, 3594.0, 113_270.0, 1952.0],
            [64989.0, 99.0, 365_385.0, 1870.0, 3547.0, 115_094.0, 1953.0],
            [63761.0, 100.0, 363_112.0, 3578.0, 3350.0, 116_219.0, 1954.0],
            [66019.0, 101.2, 397_469.0, 2904.0, 3048.0, 117_388.0, 1955.0],
            [67857.0, 104.6, 419_180.0, 2822.0, 2857.0, 118_734.0, 1956.0],
            [68169.0, 108.4, 442_769.0, 2936.0, 2798.0, 120_445.0, 1957.0],
            [66513.0, 110.8, 444_546.0, 4681.0, 2637.0, 121_950.0, 1958.0],
            [68655.0, 112.6, 482_704.0, 3813.0, 2552.0, 123_366.0, 1959.0],
            [69564.0, 114.2, 502_601.0, 3931.0, 2514.0, 125_368.0, 1960.0],
            [69331.0, 115.7, 518_173.0, 4806.0, 2572.0, 127_852.0, 1961.0],
            [70551.0, 116.9, 554_894.0, 4007.0, 2827.0, 130_081.0, 1962.0],
        ];
        let certified = [
            -3_482_258.634_595_82,
            15.061_872_271_373_3,
            -0.358_191_792_925_910e-1,
            -2.020_229_803_816_83,
            -1.033_226_867_173_59,
            -0.511_041_056_535_807e-1,
            1_829.151_464_613_55,
        ];
        let mut columns = vec![vec![1.0; rows.len()]];
        columns.extend((1..7).map(|at| rows.iter().map(|row| row[at]).collect::<Vec<f64>>()));
        let y: Vec<f64> = rows.iter().map(|row| row[0]).collect();
        let solution = Qr::of_columns(&columns).unwrap().solve(&y).unwrap();
        for (ours, theirs) in solution.iter().zip(certified) {
            assert!((ours / theirs - 1.0).abs() < 1e-9, "{ours} {theirs}");
        }
    }

    #[test]
    fn leverages_add_up_to_the_number_of_columns() {
        let columns =
            [vec![1.0; 6], vec![1.0, 4.0, 2.0, 8.0, 5.0, 7.0], vec![0.0, 1.0, 0.0, 3.0, 1.0, 1e3]];
        let qr = Qr::of_columns(&columns).unwrap();
        let total: f64 = (0..6)
            .map(|row| qr.leverage(&columns.iter().map(|c| c[row]).collect::<Vec<_>>()).unwrap())
            .sum();
        assert!((total - 3.0).abs() < 1e-12);
        assert!(qr.leverage(&[1.0]).is_err());
    }

    #[test]
    fn what_has_no_unique_solution_is_refused() {
        let ones = vec![1.0; 4];
        let line = vec![1.0, 2.0, 3.0, 4.0];
        let sum = vec![2.0, 3.0, 4.0, 5.0];
        let error = Qr::of_columns(&[ones.clone(), line.clone(), sum]).unwrap_err();
        assert_eq!(error.to_string(), "column 3 depends on the columns before it");
        assert!(Qr::of_columns(&[]).unwrap_err().is_parameter());
        assert!(Qr::of_columns(&[vec![0.0; 4]]).unwrap_err().is_data());
        assert!(Qr::of_columns(&[ones.clone(), vec![1.0]]).is_err());
        assert!(Qr::of_columns(&[vec![f64::NAN; 4]]).is_err());
        let qr = Qr::of_columns(&[ones, line]).unwrap();
        assert!(qr.solve(&[1.0]).is_err() && qr.solve(&[f64::INFINITY; 4]).is_err());
    }
}
