//! The exact Gaussian likelihood of a stationary ARMA process.
//!
//! With Wₜ = xₜ for t ≤ p and Wₜ = φ(B) xₜ beyond, the covariance matrix of W has a band of width q after
//! its first p rows, and its Cholesky factor costs n q² (Ansley, Biometrika 66 (1979), 59–65). It whitens
//! the series: Σ u² and the determinant are all that the likelihood needs.

use super::polynomial::{psi_weights, sparse};

/// Rows that differ by less from the one before have reached the limit that all later ones share.
const SETTLED: f64 = 1e-14;

/// The Cholesky factor of the covariance of W, in units of the innovations' variance.
#[derive(Debug)]
pub(super) struct Whitener<'a> {
    phi: &'a [f64],
    theta: &'a [f64],
    /// Covariances of x up to lag p − 1.
    process: Vec<f64>,
    /// Covariances of the moving average up to lag q.
    average: Vec<f64>,
    /// Covariances of Wᵢ (i > p) and xⱼ (j ≤ p) by i − j, up to lag q.
    cross: Vec<f64>,
    /// The rows of the factor one after another, each from its first column in the band to the diagonal.
    entries: Vec<f64>,
    /// Where each row ends in `entries`. A factor of fewer rows than observations has settled: its last
    /// row stands for all later ones.
    ends: Vec<usize>,
    settled: bool,
}

impl<'a> Whitener<'a> {
    /// The factor for `count` observations; `None` where the matrix is not positive definite in the
    /// arithmetic, as for roots on the unit circle.
    pub(super) fn new(phi: &'a [f64], theta: &'a [f64], count: usize) -> Option<Self> {
        let q = theta.len();
        let moving: Vec<f64> = std::iter::once(1.0).chain(theta.iter().copied()).collect();
        let shifted = |other: &[f64]| -> Vec<f64> {
            (0..=q).map(|lag| moving[lag..].iter().zip(other).map(|(a, b)| a * b).sum()).collect()
        };
        let average = shifted(&moving);
        let cross = shifted(&psi_weights(phi, theta, q + 1));
        let process = if phi.is_empty() { Vec::new() } else { covariances(phi, &average)? };
        let mut whitener = Self {
            phi,
            theta,
            process,
            average,
            cross,
            entries: Vec::with_capacity(count * (q + 1)),
            ends: Vec::with_capacity(count),
            settled: false,
        };
        whitener.extend(count).then_some(whitener)
    }

    /// Row `i`, the last one where the factor has settled.
    fn row(&self, i: usize) -> &[f64] {
        let i = i.min(self.ends.len() - 1);
        let start = if i == 0 { 0 } else { self.ends[i - 1] };
        &self.entries[start..self.ends[i]]
    }

    /// The column of the first entry in row `i`.
    fn start(&self, i: usize) -> usize {
        if i < self.phi.len() { 0 } else { i.saturating_sub(self.theta.len()) }
    }

    fn covariance(&self, i: usize, j: usize) -> f64 {
        let p = self.phi.len();
        match (i < p, j < p) {
            (true, true) => self.process[i - j],
            (false, true) => self.cross[i - j],
            _ => self.average[i - j],
        }
    }

    /// Computes the rows up to `count`; false where a pivot is not positive.
    pub(super) fn extend(&mut self, count: usize) -> bool {
        for i in self.ends.len()..count {
            if self.settled {
                break;
            }
            let first = self.start(i);
            let begin = self.entries.len();
            for j in first..i {
                let other = self.row(j);
                let other_first = j + 1 - other.len();
                let common = first.max(other_first);
                let own = &self.entries[begin + common - first..];
                let (pivot, other) = (other[other.len() - 1], &other[common - other_first..]);
                let known: f64 = own.iter().zip(other).map(|(a, b)| a * b).sum();
                self.entries.push((self.covariance(i, j) - known) / pivot);
            }
            let known: f64 = self.entries[begin..].iter().map(|value| value * value).sum();
            let pivot = self.covariance(i, i) - known;
            if !(pivot > 0.0 && pivot.is_finite()) {
                return false;
            }
            self.entries.push(pivot.sqrt());
            self.ends.push(self.entries.len());
            self.settled = i > self.phi.len() + self.theta.len() && {
                let (before, row) = (self.row(i - 1), self.row(i));
                before.iter().zip(row).all(|(a, b)| (a - b).abs() < SETTLED)
            };
        }
        true
    }

    /// The standard deviations of the first `count` innovations, in units of the last ones'.
    pub(super) fn deviations(&self, count: usize) -> impl Iterator<Item = f64> {
        (0..count).map(|i| {
            let row = self.row(i);
            row[row.len() - 1]
        })
    }

    /// The logarithm of the determinant of the covariance matrix of `count` observations.
    pub(super) fn log_determinant(&self, count: usize) -> f64 {
        let rows = self.ends.len().min(count);
        let own: f64 = self.deviations(rows).map(f64::ln).sum();
        let settled = (count - rows) as f64 * self.deviations(rows).last().map_or(0.0, f64::ln);
        2.0 * (own + settled)
    }

    /// The uncorrelated innovations of `values`, at most as many as the factor was made for, each in
    /// units of its standard deviation.
    pub(super) fn whiten(&self, values: &[f64]) -> Vec<f64> {
        let p = self.phi.len();
        let lags = sparse(self.phi);
        let mut white: Vec<f64> = Vec::with_capacity(values.len());
        for (i, &observed) in values.iter().enumerate() {
            let row = self.row(i);
            let mut value = observed;
            if i >= p {
                value -= lags.iter().map(|&(lag, c)| c * values[i - lag]).sum::<f64>();
            }
            let width = row.len() - 1;
            let known: f64 = white[i - width..].iter().zip(row).map(|(a, b)| a * b).sum();
            white.push((value - known) / row[width]);
        }
        white
    }

    /// What the past innovations `white` say of the moving-average part of the next q periods.
    pub(super) fn carried(&mut self, white: &[f64]) -> Vec<f64> {
        let (count, q) = (white.len(), self.theta.len());
        // Rows that cannot be computed would repeat the last one; there are none for a factor that exists.
        self.extend(count + q);
        (count..count + q)
            .map(|i| {
                let row = self.row(i);
                let first = i + 1 - row.len();
                white[first.min(count)..].iter().zip(row).map(|(a, b)| a * b).sum()
            })
            .collect()
    }
}

/// Covariances of the process at lags 0 to p − 1, in units of the innovations' variance, from those of
/// its moving average.
///
/// The autoregression alone has covariances that follow from its partial autocorrelations (Levinson's
/// recursion, down and up again, in p² steps); the moving average mixes them.
fn covariances(phi: &[f64], average: &[f64]) -> Option<Vec<f64>> {
    let p = phi.len();
    let mut orders = vec![phi.to_vec()];
    let mut variance = 1.0;
    while let Some(&last) = orders[orders.len() - 1].last() {
        if last.is_nan() || last.abs() >= 1.0 {
            return None;
        }
        variance /= 1.0 - last * last;
        let current = &orders[orders.len() - 1];
        let lower = current.len() - 1;
        let reduced = (0..lower)
            .map(|lag| (current[lag] + last * current[lower - 1 - lag]) / (1.0 - last * last))
            .collect();
        orders.push(reduced);
    }
    orders.reverse();
    let mut own = vec![variance];
    for order in &orders[1..] {
        let lower = &orders[order.len() - 1];
        let last = order[order.len() - 1];
        let next = own.iter().rev().zip(lower).map(|(a, b)| a * b).sum::<f64>() + last * variance;
        variance *= 1.0 - last * last;
        own.push(next);
    }
    while own.len() < p + average.len() {
        let next = own.iter().rev().zip(phi).map(|(a, b)| a * b).sum();
        own.push(next);
    }
    let mixed = |lag: usize| {
        let both_ways = (1..average.len())
            .map(|shift| average[shift] * (own[lag.abs_diff(shift)] + own[lag + shift]));
        average[0] * own[lag] + both_ways.sum::<f64>()
    };
    Some((0..p).map(mixed).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::arima::polynomial::{from_partial, product};

    /// The covariance matrix from ψ weights summed far out, and a plain Cholesky factor of it.
    fn slow(phi: &[f64], theta: &[f64], values: &[f64]) -> (Vec<f64>, f64) {
        let n = values.len();
        let psi = psi_weights(phi, theta, 4000);
        let gamma: Vec<f64> =
            (0..n).map(|lag| psi[lag..].iter().zip(&psi).map(|(a, b)| a * b).sum()).collect();
        let mut lower = vec![vec![0.0; n]; n];
        let mut white = vec![0.0; n];
        let mut log = 0.0;
        for i in 0..n {
            for j in 0..=i {
                let known: f64 = (0..j).map(|k| lower[i][k] * lower[j][k]).sum();
                let value: f64 = gamma[i - j] - known;
                lower[i][j] = if i == j { value.sqrt() } else { value / lower[j][j] };
            }
            let known: f64 = (0..i).map(|k| lower[i][k] * white[k]).sum();
            white[i] = (values[i] - known) / lower[i][i];
            log += 2.0 * lower[i][i].ln();
        }
        (white, log)
    }

    #[test]
    fn whitening_equals_the_dense_factor() {
        let values: Vec<f64> =
            (0..40).map(|t| (f64::from(t) * 1.3).sin() + f64::from(t % 5)).collect();
        let negative = |values: Vec<f64>| values.iter().map(|value| -value).collect::<Vec<f64>>();
        for (ar, sar, ma, sma) in [
            (vec![0.6, -0.3], vec![], vec![0.4], vec![]),
            (vec![], vec![], vec![0.5, 0.2], vec![-0.6]),
            (vec![0.7], vec![0.5], vec![], vec![]),
            (vec![-0.4, 0.2, 0.3], vec![0.4], vec![0.3], vec![0.7]),
        ] {
            let phi = product(&from_partial(&ar), &from_partial(&sar), 4);
            let theta = negative(product(&from_partial(&ma), &from_partial(&sma), 4));
            let whitener = Whitener::new(&phi, &theta, values.len()).unwrap();
            let (white, log) = slow(&phi, &theta, &values);
            assert!((whitener.log_determinant(values.len()) - log).abs() < 1e-9);
            for (a, b) in whitener.whiten(&values).iter().zip(&white) {
                assert!((a - b).abs() < 1e-9, "{a} {b}");
            }
        }
    }

    #[test]
    fn roots_on_the_circle_have_no_factor() {
        assert!(Whitener::new(&[1.0], &[], 5).is_none());
        assert!(Whitener::new(&[f64::NAN], &[], 5).is_none());
    }
}
