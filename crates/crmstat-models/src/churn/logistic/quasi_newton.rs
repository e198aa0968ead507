//! L-BFGS from the optimum of a subsample, with the subsample's Hessian as the preconditioner.
//!
//! A few thousand rows already know the shape of the objective: their optimum is a start a few
//! hundredths of a standard error away, their Hessian an inverse that makes the problem round. What is
//! left for the full data are a handful of passes, each at the cost of reading the table once.

use super::fit::{End, largest};
use super::objective::Objective;
use crate::linalg::cholesky::Cholesky;
use crate::optimise::lbfgs::{Lbfgs, Minimum};

/// The smallest subsample, in rows.
const ROWS: usize = 4096;
/// Rows of the subsample per coordinate: the Hessian's relative error is about the square root of the
/// inverse, one seventh. Fewer save less than the passes that they add.
const ROWS_PER_COORDINATE: usize = 50;
/// The ridge per row of the subsample, in standardised columns, where a coefficient's curvature is up
/// to 1/4: keeps a column that hardly varies within the subsample from running away.
const RIDGE: f64 = 1e-3;
/// The subsample's optimum need not be exact.
const SUBSAMPLE: Lbfgs = Lbfgs { memory: 10, iterations: 50, gradient_tolerance: 1e-3 };

/// Minimises a smooth objective from `start` until the gradient is at most `tolerance`.
pub(super) fn minimise(
    objective: &Objective<'_>,
    start: Vec<f64>,
    tolerance: f64,
    iterations: usize,
) -> End {
    let (start, factor) = subsampled(objective, start);
    let settings = Lbfgs { iterations, gradient_tolerance: tolerance, ..Lbfgs::default() };
    let minimum = descend(objective, settings, start, |vector| {
        if let Some(factor) = &factor {
            factor.solve(vector);
        }
    });
    End {
        theta: minimum.point,
        value: minimum.value,
        gradient_norm: largest(&minimum.gradient),
        iterations: minimum.iterations,
        evaluations: minimum.evaluations,
        converged: minimum.converged,
    }
}

/// The optimum of evenly spaced blocks of rows and the factor of their Hessian there.
fn subsampled(objective: &Objective<'_>, start: Vec<f64>) -> (Vec<f64>, Option<Cholesky>) {
    let wanted = ROWS.max(ROWS_PER_COORDINATE * objective.size());
    let step = (objective.rows() / wanted).max(1);
    let mut part = objective.sampled(step);
    let total = part.total_weight();
    if total == 0.0 {
        return (start, None);
    }
    let share = total / objective.total_weight();
    for ridge in &mut part.ridge {
        *ridge = *ridge * share + RIDGE * total;
    }
    let tolerance = SUBSAMPLE.gradient_tolerance * total;
    let settings = Lbfgs { gradient_tolerance: tolerance, ..SUBSAMPLE };
    // No coefficient of a standardised column curves by more than a quarter per row.
    let bound = 0.25 * total;
    let optimum = descend(&part, settings, start, |vector| {
        for value in vector {
            *value /= bound;
        }
    });
    let factor = curvature(&part, &optimum.point, 1.0 / share);
    (optimum.point, factor)
}

/// The factor of the Hessian at `theta`, scaled up to more rows.
fn curvature(objective: &Objective<'_>, theta: &[f64], scale: f64) -> Option<Cholesky> {
    let mut hessian = objective.expand(theta).hessian;
    for element in &mut hessian {
        *element *= scale;
    }
    Cholesky::new(&hessian, theta.len(), 0.0).ok()
}

fn descend(
    objective: &Objective<'_>,
    settings: Lbfgs,
    start: Vec<f64>,
    precondition: impl Fn(&mut [f64]),
) -> Minimum {
    settings.minimise(start, |theta, gradient| objective.evaluate(theta, gradient), precondition)
}
