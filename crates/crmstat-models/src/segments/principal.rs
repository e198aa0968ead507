//! The principal axes of a table.

use crate::matrix::Matrix;

/// Sweeps after which Jacobi's method has long converged: it does so quadratically, within ten.
const SWEEPS: usize = 50;

/// The principal axes of the rows (at least one), as orthonormal rows, in no particular order.
///
/// The eigenvectors of the covariance matrix by Jacobi's cyclic rotations (Golub and Van Loan 2013,
/// section 8.5.3).
pub(super) fn principal_axes(rows: Matrix<'_>) -> Vec<f64> {
    let columns = rows.columns();
    let mut matrix = covariance(rows);
    let mut axes = vec![0.0; columns * columns];
    axes.iter_mut().step_by(columns + 1).for_each(|diagonal| *diagonal = 1.0);
    for _ in 0..SWEEPS {
        let mut rotated = false;
        for p in 0..columns {
            for q in p + 1..columns {
                let (app, aqq) = (matrix[p * columns + p], matrix[q * columns + q]);
                let apq = matrix[p * columns + q];
                if apq.abs() <= f64::EPSILON * (app * aqq).abs().sqrt() {
                    continue;
                }
                rotated = true;
                // The rotation that makes the element (p, q) zero; Golub and Van Loan, eq. 8.5.2.
                let tau = (aqq - app) / (2.0 * apq);
                let tangent = tau.signum() / (tau.abs() + tau.hypot(1.0));
                let cosine = 1.0 / tangent.hypot(1.0);
                let sine = tangent * cosine;
                for i in 0..columns {
                    rotate(&mut matrix, i * columns + p, i * columns + q, cosine, sine);
                }
                for i in 0..columns {
                    rotate(&mut matrix, p * columns + i, q * columns + i, cosine, sine);
                    rotate(&mut axes, p * columns + i, q * columns + i, cosine, sine);
                }
            }
        }
        if !rotated {
            break;
        }
    }
    axes
}

fn rotate(values: &mut [f64], p: usize, q: usize, cosine: f64, sine: f64) {
    let (a, b) = (values[p], values[q]);
    values[p] = cosine * a - sine * b;
    values[q] = sine * a + cosine * b;
}

/// The covariance matrix, in a scale of its own: only its axes are asked for.
fn covariance(rows: Matrix<'_>) -> Vec<f64> {
    let columns = rows.columns();
    let mut mean = vec![0.0; columns];
    for (count, row) in rows.each_row().enumerate() {
        for (mean, value) in mean.iter_mut().zip(row) {
            *mean += (value - *mean) / (count + 1) as f64;
        }
    }
    let centred =
        || rows.each_row().map(|row| row.iter().zip(&mean).map(|(value, mean)| value - mean));
    let widest = centred().flatten().fold(0.0_f64, |widest, value| widest.max(value.abs()));
    let scale = if widest > 0.0 { widest.recip() } else { 1.0 };
    let mut covariance = vec![0.0; columns * columns];
    for row in centred() {
        let row: Vec<f64> = row.map(|value| value * scale).collect();
        for (line, a) in covariance.chunks_exact_mut(columns).zip(&row) {
            line.iter_mut().zip(&row).for_each(|(sum, b)| *sum += a * b);
        }
    }
    covariance
}

#[cfg(test)]
mod tests {
    use super::principal_axes;
    use crate::matrix::Matrix;

    #[test]
    fn the_axes_of_a_line_are_along_and_across_it() {
        let values: Vec<f64> = (0..20).flat_map(|i| [f64::from(i), 2.0 * f64::from(i)]).collect();
        let axes = principal_axes(Matrix::new(&values, 2).unwrap());
        let along = |axis: &[f64]| (axis[0] + 2.0 * axis[1]).abs() / 5.0_f64.sqrt();
        let mut found = [along(&axes[..2]), along(&axes[2..])];
        found.sort_by(f64::total_cmp);
        assert!(found[0] < 1e-12 && (found[1] - 1.0).abs() < 1e-12, "{found:?}");
    }
}
