//! Coordinate descent on successive quadratic models: the proximal Newton method.
//!
//! Each round expands the smooth part to second order and minimises the expansion plus the L1 part one
//! coordinate at a time (Friedman, Hastie and Tibshirani, J. Stat. Softw. 33(1), 2010, section 3; the
//! step is then searched along, Yuan, Ho and Lin, JMLR 13, 2012, algorithm 3). The inner rounds work on
//! the Hessian alone and never touch the rows.

use super::fit::{End, largest};
use super::objective::{Expansion, Objective};

/// The most rounds over the coordinates per quadratic model.
const SWEEPS: usize = 10_000;
/// A sweep that moves no coordinate by more than this share of the model's first move has settled.
const SETTLED: f64 = 1e-10;
/// A step halved this often no longer moves the point.
const HALVINGS: usize = 40;
/// The rounding of the objective's sum, as a share of it.
const ROUNDING: f64 = 1e-13;

/// Minimises the objective from `theta` until no component of the smallest subgradient is larger than
/// `tolerance`.
pub(super) fn minimise(
    objective: &Objective<'_>,
    mut theta: Vec<f64>,
    tolerance: f64,
    iterations: usize,
) -> End {
    let mut current = objective.expand(&theta);
    let mut norm = largest(&subgradient(objective, &current.gradient, &theta));
    let (mut taken, mut evaluations) = (0, 1);
    while norm > tolerance && taken < iterations {
        let step = model_step(objective, &current, &theta);
        let Some(point) = search(objective, &current, &theta, &step, &mut evaluations) else {
            break;
        };
        theta = point;
        current = objective.expand(&theta);
        norm = largest(&subgradient(objective, &current.gradient, &theta));
        evaluations += 1;
        taken += 1;
    }
    End {
        converged: norm <= tolerance,
        gradient_norm: norm,
        value: current.value,
        theta,
        iterations: taken,
        evaluations,
    }
}

/// The subgradient of least size: zero at a coefficient that the L1 part holds at zero.
pub(super) fn subgradient(objective: &Objective<'_>, gradient: &[f64], theta: &[f64]) -> Vec<f64> {
    let mut result = gradient.to_vec();
    for (index, lasso) in objective.lasso.iter().enumerate() {
        let (slope, value) = (gradient[index + 1], theta[index + 1]);
        result[index + 1] =
            if value == 0.0 { soften(slope, *lasso) } else { slope + lasso * value.signum() };
    }
    result
}

/// The step to the minimum of the quadratic model plus the L1 part.
fn model_step(objective: &Objective<'_>, current: &Expansion, theta: &[f64]) -> Vec<f64> {
    let size = theta.len();
    let lasso = |index: usize| if index == 0 { 0.0 } else { objective.lasso[index - 1] };
    let mut step = vec![0.0; size];
    // The model's gradient `g + H d`, kept up to date.
    let mut slopes = current.gradient.clone();
    let mut first_move = 0.0;
    let mut active_only = false;
    for _ in 0..SWEEPS {
        let mut largest_move = 0.0_f64;
        for index in 0..size {
            let value = theta[index] + step[index];
            if active_only && value == 0.0 {
                continue;
            }
            let row = &current.hessian[index * size..][..size];
            let curvature = row[index];
            if curvature <= 0.0 {
                continue;
            }
            let target = soften(value - slopes[index] / curvature, lasso(index) / curvature);
            let change = target - value;
            if change != 0.0 {
                // Setting the step from the target keeps an exact zero exact.
                step[index] = target - theta[index];
                for (slope, element) in slopes.iter_mut().zip(row) {
                    *slope += change * element;
                }
                largest_move = largest_move.max(change.abs() * curvature.sqrt());
            }
        }
        if first_move == 0.0 {
            first_move = largest_move;
        }
        if largest_move <= SETTLED * first_move {
            // Settled among the active coordinates: one sweep over all of them must agree.
            if !active_only {
                break;
            }
            active_only = false;
        } else {
            active_only = true;
        }
    }
    step
}

/// The first of the points `theta + step`, `theta + step / 2`, … that lowers the objective.
fn search(
    objective: &Objective<'_>,
    current: &Expansion,
    theta: &[f64],
    step: &[f64],
    evaluations: &mut usize,
) -> Option<Vec<f64>> {
    let mut promised: f64 = step.iter().zip(&current.gradient).map(|(a, b)| a * b).sum();
    for (index, lasso) in objective.lasso.iter().enumerate() {
        let (before, moved) = (theta[index + 1], step[index + 1]);
        promised += lasso * ((before + moved).abs() - before.abs());
    }
    if promised >= 0.0 || !promised.is_finite() {
        return None;
    }
    let mut gradient = vec![0.0; theta.len()];
    let mut length = 1.0;
    for _ in 0..HALVINGS {
        let point: Vec<f64> = theta.iter().zip(step).map(|(a, b)| a + length * b).collect();
        let value = objective.evaluate(&point, &mut gradient);
        *evaluations += 1;
        if value <= current.value * (1.0 + ROUNDING) + 1e-4 * length * promised {
            return Some(point);
        }
        length *= 0.5;
    }
    None
}

/// Moves `value` towards zero by `threshold` and stops there.
fn soften(value: f64, threshold: f64) -> f64 {
    if value > threshold {
        value - threshold
    } else if value < -threshold {
        value + threshold
    } else {
        0.0
    }
}
