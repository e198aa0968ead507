//! Newton's method with step halving.

use super::fit::{End, largest};
use super::objective::{Expansion, Objective};
use crate::linalg::cholesky::Cholesky;
use crate::{Error, Result};

/// A column of which less than this share of the variation is its own is a combination of the others:
/// well above the rounding of an exact combination (1e-14), well below any that data can separate.
const COLLINEAR: f64 = 1e-11;
/// A step halved this often no longer moves the point.
const HALVINGS: usize = 50;

/// Minimises a smooth objective from `theta` until the gradient is at most `tolerance`.
///
/// # Errors
/// When a column is a combination of the columns before it and no penalty tells them apart.
pub(super) fn minimise(
    objective: &Objective<'_>,
    mut theta: Vec<f64>,
    tolerance: f64,
    iterations: usize,
) -> Result<End> {
    let mut current = objective.expand(&theta);
    let mut taken = 0;
    let mut evaluations = 1;
    while largest(&current.gradient) > tolerance && taken < iterations {
        let factor = match Cholesky::new(&current.hessian, theta.len(), COLLINEAR) {
            Ok(factor) => factor,
            // At the start all rows have one curvature: what depends there depends in the data. Later
            // a vanishing pivot means that the fitted probabilities have run to 0 and 1.
            Err(dependent) if taken == 0 => return Err(collinear(dependent.row)),
            Err(_) => break,
        };
        let mut step = current.gradient.clone();
        factor.solve(&mut step);
        let slope: f64 = step.iter().zip(&current.gradient).map(|(a, b)| a * b).sum();
        let Some((next, point)) =
            search(objective, &current, &theta, &step, slope, &mut evaluations)
        else {
            break;
        };
        (current, theta) = (next, point);
        taken += 1;
    }
    Ok(End {
        converged: largest(&current.gradient) <= tolerance,
        gradient_norm: largest(&current.gradient),
        value: current.value,
        theta,
        iterations: taken,
        evaluations,
    })
}

/// The first of the points `theta − step`, `theta − step / 2`, … that lowers the objective.
fn search(
    objective: &Objective<'_>,
    current: &Expansion,
    theta: &[f64],
    step: &[f64],
    slope: f64,
    evaluations: &mut usize,
) -> Option<(Expansion, Vec<f64>)> {
    let mut length = 1.0;
    for _ in 0..HALVINGS {
        let point: Vec<f64> = theta.iter().zip(step).map(|(a, b)| a - length * b).collect();
        let next = objective.expand(&point);
        *evaluations += 1;
        let promised = 1e-4 * length * slope;
        // Near the minimum the decrease is smaller than the rounding of the sum: then the gradient
        // decides.
        let level = next.value <= current.value * (1.0 + 1e-13)
            && largest(&next.gradient) < largest(&current.gradient);
        if next.value <= current.value - promised || level {
            return Some((next, point));
        }
        length *= 0.5;
    }
    None
}

/// The error for coordinate `row`, of which 0 is the intercept.
fn collinear(row: usize) -> Error {
    let column = row.saturating_sub(1);
    Error::data(format!("column {column} is a linear combination of the columns before it"))
        .with_hint("drop it, or fit with a penalty")
}
