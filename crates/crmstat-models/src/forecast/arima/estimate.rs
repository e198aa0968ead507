//! Maximum likelihood for given orders.

use super::{
    Order,
    likelihood::Whitener,
    polynomial::{filtered, from_partial, product, sparse},
};
use crate::{optimise::least_squares, sum::compensated};

/// Partial autocorrelations stay this far within the unit circle, where the likelihood still exists.
const LARGEST_PARTIAL: f64 = 0.9995;

/// Starts stay further within, where the surface is not yet flat.
const LARGEST_START: f64 = 0.95;

/// Steps of the conditional search, which only gives the start of the exact one.
const CONDITIONAL_STEPS: usize = 30;

/// Steps of the exact search; it ends within ten from a good start.
const EXACT_STEPS: usize = 60;

/// Steps while orders are compared; they begin near the end.
const WALK_STEPS: usize = 15;

/// Columns whose squared length shrinks to this share next to the others say nothing new.
const COLLINEAR: f64 = 1e-12;

/// A differenced series with its differenced regressors.
#[derive(Debug)]
pub(super) struct Problem<'a> {
    pub order: Order,
    pub season: usize,
    pub series: &'a [f64],
    pub columns: &'a [Vec<f64>],
}

/// The maximum of the likelihood.
#[derive(Clone, Debug)]
pub(super) struct Estimate {
    /// The partial autocorrelations of the four polynomials, one after another.
    pub partial: Vec<f64>,
    pub coefficients: Vec<f64>,
    pub log_likelihood: f64,
    pub converged: bool,
}

impl Estimate {
    /// The partial autocorrelations of these orders `from` as those of the orders `to`: lags cut off or
    /// zeros put on.
    pub(super) fn resized(&self, from: &Order, to: &Order) -> Vec<f64> {
        let counts = |order: &Order| [order.ar, order.seasonal_ar, order.ma, order.seasonal_ma];
        let mut rest = self.partial.as_slice();
        let mut resized = Vec::with_capacity(to.parameters());
        for (have, want) in counts(from).into_iter().zip(counts(to)) {
            let (part, later) = rest.split_at(have);
            rest = later;
            resized.extend(part.iter().copied().chain(std::iter::repeat(0.0)).take(want));
        }
        resized
    }
}

/// The polynomials in the signs of φ(B) = 1 − φ₁B − … and θ(B) = 1 + θ₁B + ….
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Polynomials {
    pub ar: Vec<f64>,
    pub seasonal_ar: Vec<f64>,
    pub ma: Vec<f64>,
    pub seasonal_ma: Vec<f64>,
    /// φ(B) Φ(Bᵐ).
    pub phi: Vec<f64>,
    /// θ(B) Θ(Bᵐ).
    pub theta: Vec<f64>,
}

impl Polynomials {
    pub(super) fn new(order: &Order, season: usize, partial: &[f64]) -> Self {
        let negative = |values: Vec<f64>| values.into_iter().map(|value| -value).collect();
        let (ar, rest) = partial.split_at(order.ar);
        let (seasonal_ar, rest) = rest.split_at(order.seasonal_ar);
        let (ma, seasonal_ma) = rest.split_at(order.ma);
        let [ar, seasonal_ar, ma, seasonal_ma] =
            [ar, seasonal_ar, ma, seasonal_ma].map(from_partial);
        Self {
            phi: product(&ar, &seasonal_ar, season),
            theta: negative(product(&ma, &seasonal_ma, season)),
            ar,
            seasonal_ar,
            ma: negative(ma),
            seasonal_ma: negative(seasonal_ma),
        }
    }
}

impl Problem<'_> {
    /// The best estimate from the starts that the data suggest; `None` where no parameters give a
    /// likelihood.
    pub(super) fn estimate(&self) -> Option<Estimate> {
        self.search(&self.starts(), EXACT_STEPS)
    }

    /// The estimate that a short search from `start` reaches.
    pub(super) fn estimate_from(&self, start: Vec<f64>) -> Option<Estimate> {
        self.search(&[start], WALK_STEPS)
    }

    fn search(&self, starts: &[Vec<f64>], steps: usize) -> Option<Estimate> {
        let size = self.order.parameters();
        let bounds = vec![(-LARGEST_PARTIAL, LARGEST_PARTIAL); size];
        let search = |start: &Vec<f64>| {
            least_squares::minimise(start, &bounds, steps, |partial, errors| {
                errors.clear();
                match self.whitened(partial) {
                    Some((white, _, log_determinant)) => {
                        // Σ u² |V|^(1/n) is least where the likelihood is greatest.
                        let weight = (log_determinant / (2.0 * white.len() as f64)).exp();
                        errors.extend(white.iter().map(|value| value * weight));
                    }
                    None => errors.resize(self.series.len(), f64::NAN),
                }
            })
        };
        let found = starts.iter().map(search).min_by(|a, b| a.squares.total_cmp(&b.squares))?;
        let (white, coefficients, log_determinant) = self.whitened(&found.point)?;
        let squares = compensated(white.iter().map(|value| value * value));
        let count = white.len() as f64;
        let variance = squares.max(f64::MIN_POSITIVE) / count;
        let log_likelihood =
            -0.5 * (count * ((std::f64::consts::TAU * variance).ln() + 1.0) + log_determinant);
        log_likelihood.is_finite().then_some(Estimate {
            partial: found.point,
            coefficients,
            log_likelihood,
            converged: found.converged,
        })
    }

    /// Minima of the conditional sum of squares, reached from the sample partial autocorrelations and
    /// from zero: mixed models have several valleys.
    fn starts(&self) -> Vec<Vec<f64>> {
        let size = self.order.parameters();
        let zero = vec![0.0; size];
        if size == 0 {
            return vec![zero];
        }
        let mut sample = zero.clone();
        let rest = regress(self.series.to_vec(), self.columns.to_vec()).0;
        let reach = if self.order.seasonal_ar > 0 { self.season } else { 0 };
        let correlations = autocorrelations(&rest, self.order.ar.max(reach));
        sample[..self.order.ar]
            .copy_from_slice(&partial_autocorrelations(&correlations[..=self.order.ar]));
        if self.order.seasonal_ar > 0 {
            sample[self.order.ar] = correlations[self.season];
        }
        for value in &mut sample {
            *value = value.clamp(-LARGEST_START, LARGEST_START);
        }
        let bounds = vec![(-LARGEST_PARTIAL, LARGEST_PARTIAL); size];
        let search = |start: &[f64]| {
            least_squares::minimise(start, &bounds, CONDITIONAL_STEPS, |partial, errors| {
                self.conditional(partial, errors);
            })
            .point
        };
        vec![search(&sample), search(&zero)]
    }

    /// The whitened series less its whitened regressors at their generalised least squares, their
    /// coefficients, and the logarithm of the determinant.
    fn whitened(&self, partial: &[f64]) -> Option<(Vec<f64>, Vec<f64>, f64)> {
        let polynomials = Polynomials::new(&self.order, self.season, partial);
        let whitener = Whitener::new(&polynomials.phi, &polynomials.theta, self.series.len())?;
        let white = whitener.whiten(self.series);
        let columns = self.columns.iter().map(|column| whitener.whiten(column)).collect();
        let (rest, coefficients) = regress(white, columns);
        Some((rest, coefficients, whitener.log_determinant(self.series.len())))
    }

    /// Errors given that those before the first full set of lags are zero: cheap, and close to the exact
    /// ones but for short series and roots near the circle.
    fn conditional(&self, partial: &[f64], errors: &mut Vec<f64>) {
        let Polynomials { phi, theta, .. } = Polynomials::new(&self.order, self.season, partial);
        let lags = sparse(&theta);
        let errors_of = |series: &[f64]| {
            let mut filtered = filtered(series, &phi);
            for t in 0..filtered.len() {
                let known: f64 = lags
                    .iter()
                    .filter(|(lag, _)| *lag <= t)
                    .map(|&(lag, c)| c * filtered[t - lag])
                    .sum();
                filtered[t] -= known;
            }
            filtered
        };
        let columns = self.columns.iter().map(|column| errors_of(column)).collect();
        *errors = regress(errors_of(self.series), columns).0;
    }
}

/// Sample autocorrelations at lags 0 to `most`; zeros for a series that does not vary.
fn autocorrelations(values: &[f64], most: usize) -> Vec<f64> {
    let product = |lag: usize| -> f64 {
        values.get(lag..).unwrap_or_default().iter().zip(values).map(|(a, b)| a * b).sum()
    };
    let whole = product(0);
    (0..=most).map(|lag| if whole > 0.0 { product(lag) / whole } else { 0.0 }).collect()
}

/// Partial autocorrelations from autocorrelations at lags 0 to p, by Levinson's recursion.
fn partial_autocorrelations(correlations: &[f64]) -> Vec<f64> {
    let mut partial: Vec<f64> = Vec::with_capacity(correlations.len());
    let mut variance = correlations[0];
    for lag in 1..correlations.len() {
        let phi = from_partial(&partial);
        let known: f64 =
            phi.iter().zip(correlations[1..lag].iter().rev()).map(|(a, b)| a * b).sum();
        let next = if variance > 0.0 { (correlations[lag] - known) / variance } else { 0.0 };
        variance *= 1.0 - next * next;
        partial.push(next);
    }
    partial
}

/// What least squares on `columns` leaves of `target`, and their coefficients, by Gram and Schmidt's
/// orthogonalisation. A column that the ones before it explain gets a coefficient of zero.
fn regress(mut target: Vec<f64>, mut columns: Vec<Vec<f64>>) -> (Vec<f64>, Vec<f64>) {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let subtract = |from: &mut [f64], share: f64, what: &[f64]| {
        for (value, other) in from.iter_mut().zip(what) {
            *value -= share * other;
        }
    };
    let size = columns.len();
    let mut triangle = vec![vec![0.0; size]; size];
    let mut shares = vec![0.0; size];
    for index in 0..size {
        let (done, rest) = columns.split_at_mut(index);
        let column = &mut rest[0];
        let length = dot(column, column);
        for (before, other) in done.iter().enumerate() {
            let square = dot(other, other);
            if square > 0.0 {
                triangle[before][index] = dot(other, column) / square;
                subtract(column, triangle[before][index], other);
            }
        }
        let left = dot(column, column);
        if left > COLLINEAR * length {
            shares[index] = dot(column, &target) / left;
            subtract(&mut target, shares[index], column);
        } else {
            column.fill(0.0);
        }
    }
    for index in (0..size).rev() {
        let later: f64 = (index + 1..size).map(|k| triangle[index][k] * shares[k]).sum();
        if columns[index].iter().any(|&value| value != 0.0) {
            shares[index] -= later;
        }
    }
    (target, shares)
}
