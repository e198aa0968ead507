//! Coefficients by least squares, ridge or Huber's loss, with independent or autoregressive errors.

use super::Method;
use crate::{Result, linalg::qr::Qr};

/// What was estimated.
pub(super) struct Estimate {
    pub(super) coefficients: Vec<f64>,
    /// The decomposition behind the coefficients, for their uncertainty.
    pub(super) qr: Qr,
    /// How much of an error is left one period later.
    pub(super) carry: f64,
    /// Whether the repeated steps settled.
    pub(super) converged: bool,
}

/// Huber's bend in robust standard deviations: 95 % efficient where errors are normal.
const BEND: f64 = 1.345;

/// The median absolute deviation of a standard normal variable.
const NORMAL_MAD: f64 = 0.674_489_750_196_081_7;

/// Bound of the carried share; at 1 the errors would be a random walk.
const LARGEST_CARRY: f64 = 0.99;

/// Repeated steps settle within a few dozen or not at all.
const STEPS: usize = 100;
const SETTLED: f64 = 1e-10;

pub(super) fn estimate(
    columns: &[Vec<f64>],
    y: &[f64],
    method: Method,
    autoregressive: bool,
) -> Result<Estimate> {
    let mut current = by_method(columns, y, method)?;
    if !autoregressive {
        return Ok(current);
    }
    for _ in 0..STEPS {
        let errors = residuals(columns, y, &current.coefficients);
        let carry = first_autocorrelation(&errors).clamp(-LARGEST_CARRY, LARGEST_CARRY);
        let settled = (carry - current.carry).abs() < SETTLED;
        let transformed: Vec<Vec<f64>> = columns.iter().map(|c| transform(c, carry)).collect();
        let next = by_method(&transformed, &transform(y, carry), method)?;
        current = Estimate { carry, converged: settled && next.converged, ..next };
        if settled {
            break;
        }
    }
    Ok(current)
}

/// Observation minus what the columns explain.
pub(super) fn residuals(columns: &[Vec<f64>], y: &[f64], coefficients: &[f64]) -> Vec<f64> {
    (0..y.len())
        .map(|t| {
            let explained: f64 = columns.iter().zip(coefficients).map(|(c, b)| c[t] * b).sum();
            y[t] - explained
        })
        .collect()
}

/// Prais and Winsten: differences at the carried share, the first value scaled to their variance.
fn transform(values: &[f64], carry: f64) -> Vec<f64> {
    let first = values.iter().take(1).map(|value| value * (1.0 - carry * carry).sqrt());
    first.chain(values.windows(2).map(|pair| pair[1] - carry * pair[0])).collect()
}

fn first_autocorrelation(errors: &[f64]) -> f64 {
    let squares: f64 = errors.iter().map(|e| e * e).sum();
    let products: f64 = errors.windows(2).map(|pair| pair[0] * pair[1]).sum();
    if squares > 0.0 { products / squares } else { 0.0 }
}

fn by_method(columns: &[Vec<f64>], y: &[f64], method: Method) -> Result<Estimate> {
    match method {
        Method::LeastSquares => least_squares(columns, y, true),
        Method::Ridge(penalty) => {
            let (columns, y) = penalised(columns, y, penalty);
            least_squares(&columns, &y, true)
        }
        Method::Huber => huber(columns, y),
    }
}

fn least_squares(columns: &[Vec<f64>], y: &[f64], converged: bool) -> Result<Estimate> {
    let qr = Qr::of_columns(columns)?;
    Ok(Estimate { coefficients: qr.solve(y)?, qr, carry: 0.0, converged })
}

/// Ridge as least squares: one more row per column but the intercept, the first, pulls it to zero.
fn penalised(columns: &[Vec<f64>], y: &[f64], penalty: f64) -> (Vec<Vec<f64>>, Vec<f64>) {
    let extra = columns.len() - 1;
    let n = y.len() as f64;
    let extended = columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let mean = column.iter().sum::<f64>() / n;
            let squares: f64 = column.iter().map(|x| (x - mean).powi(2)).sum();
            let mut column = column.clone();
            column.extend(
                (1..=extra).map(|row| if row == at { (penalty * squares).sqrt() } else { 0.0 }),
            );
            column
        })
        .collect();
    let mut y = y.to_vec();
    y.resize(y.len() + extra, 0.0);
    (extended, y)
}

/// Iteratively reweighted least squares; rows are weighted by the bend over the size of their error.
fn huber(columns: &[Vec<f64>], y: &[f64]) -> Result<Estimate> {
    let mut current = least_squares(columns, y, false)?;
    for _ in 0..STEPS {
        let errors = residuals(columns, y, &current.coefficients);
        let mut sizes: Vec<f64> = errors.iter().map(|e| e.abs()).collect();
        sizes.sort_by(f64::total_cmp);
        let scale = sizes[sizes.len() / 2] / NORMAL_MAD;
        let largest = sizes[sizes.len() - 1];
        // More than half of the rows fit exactly: nothing is left to weigh.
        if scale <= largest * f64::EPSILON {
            current.converged = true;
            return Ok(current);
        }
        let weights: Vec<f64> =
            errors.iter().map(|e| (BEND * scale / e.abs()).min(1.0).sqrt()).collect();
        let weigh = |column: &Vec<f64>| column.iter().zip(&weights).map(|(x, w)| x * w).collect();
        let weighted: Vec<Vec<f64>> = columns.iter().map(weigh).collect();
        let next = least_squares(&weighted, &weigh(&y.to_vec()), false)?;
        let moved = residuals(columns, y, &next.coefficients)
            .iter()
            .zip(&errors)
            .map(|(after, before)| (after - before).abs())
            .fold(0.0, f64::max);
        current = next;
        if moved <= SETTLED * scale {
            current.converged = true;
            break;
        }
    }
    Ok(current)
}
