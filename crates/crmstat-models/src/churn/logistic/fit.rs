//! From a sample to a fitted model: the solver's choice, the solution, what there is to say about it.

use super::columns::Columns;
use super::objective::Objective;
use super::params::{CheckedLogisticParams, Solver};
use super::separation::{self, Separation};
use super::{Diagnostics, Logistic, coordinate, newton, quasi_newton};
use crate::churn::Sample;
use crate::linalg::cholesky::Cholesky;
use crate::{Error, Result};

/// Multiplications that the full Hessian may cost per pass before L-BFGS is the faster way (measured
/// where 1 million rows of 20 columns and 100,000 rows of 200 columns lie on its far side).
const NEWTON_COST: usize = 50_000_000;

/// The largest component of the mean gradient by default: the objective is then exact to rounding.
const TOLERANCE: f64 = 1e-8;
/// The same for L-BFGS: even with all of 200 components that large, the objective is within 1e-8 of its
/// minimum, as a share of it (`200 · tolerance² / 2`, over a curvature and a loss of about 0.2 and 0.6).
const LBFGS_TOLERANCE: f64 = 3e-6;

/// Where a solver stopped, in standardised coordinates.
pub(super) struct End {
    pub(super) theta: Vec<f64>,
    pub(super) value: f64,
    pub(super) gradient_norm: f64,
    pub(super) iterations: usize,
    pub(super) evaluations: usize,
    pub(super) converged: bool,
}

pub(super) fn fit(params: &CheckedLogisticParams, sample: Sample<'_>) -> Result<Logistic> {
    let columns = Columns::measure(&sample)?;
    fit_from(params, sample, &columns, None).map(|(model, _)| model)
}

/// Fits from the solution `start` of a neighbouring problem, or from the base rate.
pub(super) fn fit_from(
    params: &CheckedLogisticParams,
    sample: Sample<'_>,
    columns: &Columns,
    start: Option<Vec<f64>>,
) -> Result<(Logistic, Vec<f64>)> {
    let classes = sample.class_weights()?;
    let total = classes[0] + classes[1];
    let objective = build(params, sample, columns);
    let start = start.unwrap_or_else(|| base_rate(classes, objective.size()));
    let solver = choose(params, sample.rows().len(), objective.size());
    let default = if solver == Solver::Lbfgs { LBFGS_TOLERANCE } else { TOLERANCE };
    let tolerance = params.tolerance.unwrap_or(default) * total;
    let iterations = params.iterations;
    let end = match solver {
        Solver::CoordinateDescent => coordinate::minimise(&objective, start, tolerance, iterations),
        Solver::Lbfgs => quasi_newton::minimise(&objective, start, tolerance, iterations),
        Solver::Newton | Solver::Auto => {
            newton::minimise(&objective, start, tolerance, iterations)?
        }
    };
    let (standard_errors, separation) = if is_likelihood(params) {
        inference(&objective, &sample, columns, &end)
    } else {
        (None, None)
    };
    let coefficients: Vec<f64> =
        end.theta[1..].iter().zip(&columns.scales).map(|(value, scale)| value / scale).collect();
    let shift: f64 = coefficients.iter().zip(&columns.means).map(|(a, b)| a * b).sum();
    let intercept = end.theta[0] - shift;
    if !intercept.is_finite() || coefficients.iter().any(|value| !value.is_finite()) {
        return Err(Error::data(
            "a coefficient is not finite: the columns differ too far in scale",
        )
        .with_hint("bring the columns to similar scales"));
    }
    let penalty = penalty(&objective, &end.theta);
    let diagnostics = Diagnostics {
        solver,
        iterations: end.iterations,
        evaluations: end.evaluations,
        converged: end.converged && separation.is_none(),
        gradient_norm: end.gradient_norm / total,
        objective: end.value,
        log_likelihood: penalty - end.value,
        null_log_likelihood: null_log_likelihood(classes),
        rows: sample.rows().len(),
        base_rate: classes[1] / total,
        constant_columns: columns.constant.clone(),
        separation,
    };
    let model = Logistic {
        intercept,
        coefficients,
        means: columns.means.clone(),
        standard_errors,
        diagnostics,
    };
    Ok((model, end.theta))
}

/// The objective of the parameters in standardised coordinates.
pub(super) fn build<'a>(
    params: &CheckedLogisticParams,
    sample: Sample<'a>,
    columns: &'a Columns,
) -> Objective<'a> {
    let (l1, l2) = params.penalty.factors();
    let scale = |column: usize| if params.standardise { 1.0 } else { columns.scales[column] };
    let width = columns.scales.len();
    let lasso = (0..width).map(|column| l1 / scale(column)).collect();
    let mut ridge: Vec<f64> = (0..width).map(|column| l2 / scale(column).powi(2)).collect();
    // A constant column has no gradient, so its coefficient stays zero; any curvature will do, and
    // without one the Hessian would be singular.
    for column in &columns.constant {
        ridge[*column] = 1.0;
    }
    Objective::new(sample, columns, ridge, lasso)
}

fn choose(params: &CheckedLogisticParams, rows: usize, size: usize) -> Solver {
    let (l1, _) = params.penalty.factors();
    match params.solver {
        Solver::Auto if l1 > 0.0 => Solver::CoordinateDescent,
        Solver::Auto if is_likelihood(params) || rows * size * size <= NEWTON_COST => {
            Solver::Newton
        }
        Solver::Auto => Solver::Lbfgs,
        chosen => chosen,
    }
}

fn is_likelihood(params: &CheckedLogisticParams) -> bool {
    params.penalty.factors() == (0.0, 0.0)
}

/// The maximum without any column: the log-odds of the base rate.
fn base_rate(classes: [f64; 2], size: usize) -> Vec<f64> {
    let mut theta = vec![0.0; size];
    theta[0] = libm::log(classes[1] / classes[0]);
    theta
}

fn null_log_likelihood(classes: [f64; 2]) -> f64 {
    let total = classes[0] + classes[1];
    classes.iter().map(|class| class * libm::log(class / total)).sum()
}

fn penalty(objective: &Objective<'_>, theta: &[f64]) -> f64 {
    let terms = theta[1..].iter().zip(&objective.ridge).zip(&objective.lasso);
    terms.map(|((value, ridge), lasso)| 0.5 * ridge * value * value + lasso * value.abs()).sum()
}

/// What maximum likelihood says about its own estimate: standard errors, or that there is none.
fn inference(
    objective: &Objective<'_>,
    sample: &Sample<'_>,
    columns: &Columns,
    end: &End,
) -> (Option<Vec<f64>>, Option<Separation>) {
    let expansion = objective.expand(&end.theta);
    let factor = Cholesky::new(&expansion.hessian, end.theta.len(), 0.0).ok();
    let separation =
        separation::detect(objective, sample, &end.theta, &expansion.gradient, factor.as_ref());
    if separation.is_some() || !end.converged {
        return (None, separation);
    }
    (factor.map(|factor| standard_errors(&factor.inverse(), columns)), None)
}

/// The standard errors of the intercept and the coefficients of the columns as given, from the
/// covariance of the standardised ones; a constant column, which has no estimate, has error zero.
fn standard_errors(covariance: &[f64], columns: &Columns) -> Vec<f64> {
    let size = columns.means.len() + 1;
    let mut weights = vec![1.0; size];
    let scaled = columns.means.iter().zip(&columns.scales);
    for (weight, (mean, scale)) in weights[1..].iter_mut().zip(scaled) {
        *weight = -mean / scale;
    }
    for column in &columns.constant {
        weights[column + 1] = 0.0;
    }
    let rows = covariance.chunks_exact(size).zip(&weights);
    let intercept: f64 = rows
        .map(|(row, weight)| weight * row.iter().zip(&weights).map(|(a, b)| a * b).sum::<f64>())
        .sum();
    let slopes = (1..size).map(|column| {
        if columns.constant.contains(&(column - 1)) {
            return 0.0;
        }
        covariance[column * (size + 1)].sqrt() / columns.scales[column - 1]
    });
    std::iter::once(intercept.sqrt()).chain(slopes).collect()
}

pub(super) fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest, value| value.abs().max(largest))
}
