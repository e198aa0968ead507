//! Logistic regression: the probability of churn as a weighted sum of features.

mod columns;
mod coordinate;
mod fit;
mod newton;
mod objective;
mod params;
mod path;
mod quasi_newton;
mod separation;
#[cfg(test)]
mod tests;

pub use params::{CheckedLogisticParams, LogisticParams, Penalty, Solver};
pub use path::{LogisticPath, LogisticPathParams, PathPoint};
pub use separation::Separation;

use serde::{Deserialize, Serialize};

use super::explanation::Explanation;
use super::probability::{dot, log_odds_to_probability, score_rows};
use super::sample::Rows;
use crate::{Error, Result};

/// Who is about to leave, and which features say so?
///
/// # Formula
/// `P(churn) = 1 / (1 + exp(−η))`, `η = intercept + Σ βⱼ xⱼ`, with `β` minimising the weighted sum of the
/// rows' log-loss plus a [`Penalty`] that spares the intercept.
///
/// # Assumptions
/// The log-odds are linear in the features and add up; rows are independent. Features on very different
/// scales are penalised differently unless [`LogisticParams::standardise`] is on.
///
/// # Citation
/// Newton (iteratively reweighted least squares): Hastie, Tibshirani and Friedman, *The Elements of
/// Statistical Learning* (2009), equations 4.26 to 4.28. L1 and elastic net: Friedman, Hastie and
/// Tibshirani, J. Stat. Softw. 33(1), 2010, equations 15 to 19. Separation: Albert and Anderson,
/// Biometrika 71, 1984.
///
/// # When not to use
/// Where effects bend or depend on each other and no feature says so: see [`super::Boosting`].
///
/// # Units and shapes
/// Row-major tables, one row per customer and cutoff; probabilities from 0 to 1; contributions in
/// log-odds.
///
/// # Errors
/// A value that is not finite, one class only, or, without a penalty, a column that is a combination of
/// others. A fit that did not converge, or has no finite solution, says so in [`Diagnostics`].
///
/// # Examples
/// ```
/// use crmstat_models::churn::{Logistic, Penalty, Rows, Sample};
///
/// // Days since the last order, and whether the customer left.
/// let days = [5.0, 12.0, 20.0, 45.0, 60.0, 80.0, 95.0, 120.0];
/// let left = [false, false, false, true, false, true, true, true];
/// let sample = Sample::new(Rows::new(&days, 1)?, &left)?;
/// let model = Logistic::params().penalty(Penalty::L2 { strength: 0.1 }).fit(sample)?;
///
/// assert!(model.diagnostics().converged);
/// assert!(model.probability(&[100.0])? > 0.8);
/// assert!(model.probability(&[10.0])? < 0.2);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Logistic {
    intercept: f64,
    coefficients: Vec<f64>,
    means: Vec<f64>,
    standard_errors: Option<Vec<f64>>,
    diagnostics: Diagnostics,
}

/// What there is to know about a fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diagnostics {
    /// The solver that was used.
    pub solver: Solver,
    /// Its steps.
    pub iterations: usize,
    /// Its passes over the rows.
    pub evaluations: usize,
    /// Whether the gradient met the tolerance and a finite solution exists.
    pub converged: bool,
    /// The largest component of the (sub)gradient of the mean objective, in standardised columns.
    pub gradient_norm: f64,
    /// The minimised sum of losses and penalties.
    pub objective: f64,
    /// The weighted log-likelihood.
    pub log_likelihood: f64,
    /// The log-likelihood of the base rate alone.
    pub null_log_likelihood: f64,
    /// The rows learned from.
    pub rows: usize,
    /// The weighted share of churned rows.
    pub base_rate: f64,
    /// The columns without variation, whose coefficients are zero.
    pub constant_columns: Vec<usize>,
    /// Without a penalty: the classes are told apart without error, so the coefficients grow without
    /// bound and only mark a direction.
    pub separation: Option<Separation>,
}

/// One estimate of a fit without penalty, with its Wald test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Its standard error, from the inverse of the observed information.
    pub standard_error: f64,
    /// Their ratio.
    pub z: f64,
    /// The two-sided probability of so large a ratio if the true value were zero.
    pub p_value: f64,
}

impl Logistic {
    /// The choices, at their defaults.
    pub fn params() -> LogisticParams {
        LogisticParams::default()
    }

    /// A sequence of penalties of falling strength, from which cross-validation chooses.
    pub fn path() -> LogisticPathParams {
        LogisticPathParams::default()
    }

    /// The log-odds of a row of zeros.
    pub fn intercept(&self) -> f64 {
        self.intercept
    }

    /// The change of the log-odds per unit of each column.
    pub fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// The mean of each column in the sample, from which contributions are measured.
    pub fn means(&self) -> &[f64] {
        &self.means
    }

    /// What there is to know about the fit.
    pub fn diagnostics(&self) -> &Diagnostics {
        &self.diagnostics
    }

    /// The intercept and the coefficients with their tests; `None` after a penalised fit, whose
    /// estimates are biased on purpose, and where no finite solution was reached. A constant column has
    /// standard error 0 and p-value 1.
    pub fn estimates(&self) -> Option<Vec<Estimate>> {
        let values = std::iter::once(&self.intercept).chain(&self.coefficients);
        let errors = self.standard_errors.as_ref()?;
        Some(values.zip(errors).map(|(value, error)| Estimate::of(*value, *error)).collect())
    }

    /// The log-odds of churn of one row.
    ///
    /// # Errors
    /// When the row has another number of features, or one of them is not finite.
    pub fn log_odds(&self, row: &[f64]) -> Result<f64> {
        Rows::new(row, row.len())?.require_width(self.coefficients.len())?;
        let log_odds = self.linear(row);
        if log_odds.is_finite() { Ok(log_odds) } else { Err(not_finite(row)) }
    }

    /// The probability of churn of one row.
    ///
    /// # Errors
    /// Those of [`Self::log_odds`].
    pub fn probability(&self, row: &[f64]) -> Result<f64> {
        self.log_odds(row).map(log_odds_to_probability)
    }

    /// The probabilities of churn of a table, in its order.
    ///
    /// # Errors
    /// When the table has another number of features, or a value is not finite.
    pub fn probabilities(&self, rows: Rows<'_>) -> Result<Vec<f64>> {
        rows.require_width(self.coefficients.len())?;
        score_rows(rows, |row| {
            let log_odds = self.linear(row);
            if log_odds.is_finite() {
                Ok(log_odds_to_probability(log_odds))
            } else {
                Err(not_finite(row))
            }
        })
    }

    /// The exact share of each feature in the log-odds of one row: `βⱼ (xⱼ − meanⱼ)`, on the base of
    /// the log-odds of an average row. The Shapley values of a linear model with independent features.
    ///
    /// # Errors
    /// Those of [`Self::log_odds`].
    pub fn explain(&self, row: &[f64]) -> Result<Explanation> {
        self.log_odds(row)?;
        let terms = self.coefficients.iter().zip(row).zip(&self.means);
        Ok(Explanation {
            base: self.linear(&self.means),
            contributions: terms.map(|((slope, x), mean)| slope * (x - mean)).collect(),
        })
    }

    fn linear(&self, row: &[f64]) -> f64 {
        self.intercept + dot(row, &self.coefficients)
    }
}

impl Estimate {
    fn of(value: f64, standard_error: f64) -> Self {
        let z = if standard_error > 0.0 { value / standard_error } else { 0.0 };
        let p_value = libm::erfc(z.abs() / std::f64::consts::SQRT_2);
        Self { value, standard_error, z, p_value }
    }
}

fn not_finite(row: &[f64]) -> Error {
    match row.iter().position(|value| !value.is_finite()) {
        Some(column) => Error::data(format!("feature {column} is {}", row[column]))
            .with_hint("encode missing values with `Encoder`"),
        None => Error::data("the features are too large: their log-odds are not finite"),
    }
}

/// A [`Logistic`] as read, before its invariants are checked.
#[derive(Deserialize)]
struct Unchecked {
    intercept: f64,
    coefficients: Vec<f64>,
    means: Vec<f64>,
    standard_errors: Option<Vec<f64>>,
    diagnostics: Diagnostics,
}

impl TryFrom<Unchecked> for Logistic {
    type Error = Error;

    fn try_from(read: Unchecked) -> Result<Self> {
        let width = read.coefficients.len();
        let errors = read.standard_errors.as_deref().unwrap_or_default();
        if width == 0 || read.means.len() != width {
            return Err(Error::data("the model has not one mean per coefficient"));
        }
        if read.standard_errors.is_some() && errors.len() != width + 1 {
            return Err(Error::data("the model has not one standard error per coefficient"));
        }
        let numbers = read.coefficients.iter().chain(&read.means).chain(errors);
        if !numbers.chain([&read.intercept]).all(|value| value.is_finite()) {
            return Err(Error::data("the model holds a number that is not finite"));
        }
        Ok(Self {
            intercept: read.intercept,
            coefficients: read.coefficients,
            means: read.means,
            standard_errors: read.standard_errors,
            diagnostics: read.diagnostics,
        })
    }
}
