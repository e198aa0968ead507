//! A covariance that can be inverted although there are more series than periods.

/// The covariance of the rows about zero, its correlations shrunk by Schäfer and Strimmer's λ.
///
/// Rows are of one length of at least two. A row of zeros counts as one with a trace of noise, so that the
/// result is positive definite.
pub(super) fn shrunk_covariance(rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let periods = rows[0].len() as f64;
    let mut variances: Vec<f64> =
        rows.iter().map(|row| row.iter().map(|e| e * e).sum::<f64>() / periods).collect();
    let largest = variances.iter().copied().fold(0.0, f64::max);
    let least = if largest > 0.0 { largest * TRACE } else { 1.0 };
    for variance in &mut variances {
        *variance = variance.max(least);
    }
    let standardised: Vec<Vec<f64>> = rows
        .iter()
        .zip(&variances)
        .map(|(row, variance)| row.iter().map(|e| e / variance.sqrt()).collect())
        .collect();

    let n = rows.len();
    let mut correlations = vec![vec![1.0; n]; n];
    let (mut noise, mut signal) = (0.0, 0.0);
    for i in 0..n {
        for j in 0..i {
            let (mut sum, mut squares) = (0.0, 0.0);
            for (a, b) in standardised[i].iter().zip(&standardised[j]) {
                let product = a * b;
                sum += product;
                squares += product * product;
            }
            let correlation = sum / periods;
            // The sampling variance of a mean of products.
            noise += (squares - sum * correlation) / (periods * (periods - 1.0));
            signal += correlation * correlation;
            correlations[i][j] = correlation;
            correlations[j][i] = correlation;
        }
    }
    let shrinkage = if signal > 0.0 { (noise / signal).clamp(LEAST_SHRINKAGE, 1.0) } else { 1.0 };
    for (i, row) in correlations.iter_mut().enumerate() {
        for (j, entry) in row.iter_mut().enumerate() {
            let kept = if i == j { 1.0 } else { *entry * (1.0 - shrinkage) };
            *entry = kept * (variances[i] * variances[j]).sqrt();
        }
    }
    correlations
}

/// Share of the largest variance that stands in for none.
const TRACE: f64 = 1e-8;

/// Some shrinkage keeps perfectly correlated rows apart.
const LEAST_SHRINKAGE: f64 = 1e-3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variances_stay_and_correlations_shrink() {
        let rows = vec![vec![2.0, -2.0, 2.0, -2.0, 1.0], vec![1.0, -1.0, 1.0, -1.0, -3.0]];
        let covariance = shrunk_covariance(&rows);
        assert!((covariance[0][0] - 17.0 / 5.0).abs() < 1e-12);
        assert!((covariance[1][1] - 13.0 / 5.0).abs() < 1e-12);
        // Products 2, 2, 2, 2, -3: mean 1, variance of the mean 20/(5·4) = 1, so that λ = 1.
        assert!(covariance[0][1].abs() < 1e-12);
    }

    #[test]
    fn equal_rows_stay_invertible() {
        let row: Vec<f64> = (0..40).map(|t| f64::from(t % 5 - 2)).collect();
        let covariance = shrunk_covariance(&[row.clone(), row]);
        assert!(covariance[0][1] > 0.9 * covariance[0][0] && covariance[0][1] < covariance[0][0]);
    }
}
