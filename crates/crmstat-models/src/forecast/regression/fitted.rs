//! A regression with its coefficients, their uncertainty and its forecasts.

use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use super::{
    Regression,
    design::Design,
    estimate::{estimate, residuals},
};
use crate::{
    Error, Result,
    forecast::{Fitted, Forecast, Series},
    linalg::qr::Qr,
    random::Generator,
};

/// A regression fitted to one series.
///
/// Saved, it holds its parameters and the observations, and is estimated anew on loading.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Saved", into = "Saved")]
pub struct RegressionFit {
    pub(super) params: Regression,
    pub(super) season: usize,
    pub(super) observations: Vec<f64>,
    pub(super) names: Vec<String>,
    pub(super) coefficients: Vec<f64>,
    pub(super) qr: Qr,
    pub(super) carry: f64,
    pub(super) converged: bool,
    pub(super) variance: f64,
    pub(super) last_error: f64,
    pub(super) fitted: Vec<f64>,
    pub(super) residuals: Vec<f64>,
}

impl RegressionFit {
    pub(super) fn estimate(params: &Regression, series: &Series<'_>) -> Result<Self> {
        let design = Design::of(params, series.season());
        let (n, columns) = (series.len(), design.len());
        if n < columns + 2 {
            let reason =
                format!("{columns} coefficients need {} observations, not {n}", columns + 2);
            return Err(Error::data(reason).with_hint("leave out regressors or the season"));
        }
        let y = series.values();
        let matrix = design.columns(n);
        let found = estimate(&matrix, y, params.method, params.autoregressive)?;

        let errors = residuals(&matrix, y, &found.coefficients);
        let innovations: Vec<f64> = (0..n)
            .map(|t| if t == 0 { errors[0] } else { errors[t] - found.carry * errors[t - 1] })
            .collect();
        let degrees = n - columns - usize::from(params.autoregressive);
        let squares: f64 = innovations.iter().map(|e| e * e).sum();
        Ok(Self {
            params: params.clone(),
            season: series.season(),
            observations: y.to_vec(),
            names: design.names(),
            coefficients: found.coefficients,
            qr: found.qr,
            carry: found.carry,
            converged: found.converged,
            variance: (squares / degrees as f64).min(f64::MAX),
            last_error: errors[n - 1],
            fitted: y.iter().zip(&innovations).map(|(y, e)| y - e).collect(),
            residuals: innovations,
        })
    }

    /// Names and coefficients: the intercept, the trend per period, the season, the regressors.
    pub fn coefficients(&self) -> impl Iterator<Item = (&str, f64)> {
        self.names.iter().map(String::as_str).zip(self.coefficients.iter().copied())
    }

    /// The coefficient of that name.
    pub fn coefficient(&self, name: &str) -> Option<f64> {
        self.coefficients().find(|(own, _)| *own == name).map(|(_, coefficient)| coefficient)
    }

    /// The share of an error that is left one period later; 0 for independent errors.
    pub fn carried_share(&self) -> f64 {
        self.carry
    }

    /// The variance of the one-step errors.
    pub fn error_variance(&self) -> f64 {
        self.variance
    }

    /// Whether reweighting and the carried share settled.
    pub fn has_converged(&self) -> bool {
        self.converged
    }

    fn rows(&self, horizon: usize) -> Vec<Vec<f64>> {
        let design = Design::of(&self.params, self.season);
        (0..horizon).map(|h| design.row(self.observations.len() + h)).collect()
    }

    fn explained(&self, row: &[f64]) -> f64 {
        row.iter().zip(&self.coefficients).map(|(x, b)| x * b).sum()
    }
}

impl Fitted for RegressionFit {
    fn name(&self) -> &'static str {
        if self.params.autoregressive { "regression with AR(1) errors" } else { "regression" }
    }

    fn forecast(&self, horizon: usize) -> Forecast {
        let (mut error, mut spread, mut power) = (self.last_error, 0.0, 1.0);
        let (mean, variance) = self
            .rows(horizon)
            .iter()
            .map(|row| {
                error *= self.carry;
                spread += power;
                power *= self.carry * self.carry;
                // The rows have the decomposition's columns, so that their leverage always exists.
                let leverage = self.qr.leverage(row).unwrap_or(0.0);
                let mean = self.explained(row) + error;
                let variance = self.variance * (spread + leverage);
                (mean.clamp(f64::MIN, f64::MAX), variance.min(f64::MAX))
            })
            .unzip();
        Forecast { mean, variance: Some(variance) }
    }

    fn fitted_values(&self) -> &[f64] {
        &self.fitted
    }

    fn residuals(&self) -> &[f64] {
        &self.residuals
    }

    /// A path at the estimated coefficients, whose own uncertainty it leaves out.
    fn simulate(&self, horizon: usize, generator: &mut Generator) -> Option<Vec<f64>> {
        let deviation = self.variance.sqrt();
        let mut error = self.last_error;
        let path = self.rows(horizon).into_iter().map(|row| {
            let shock: f64 = StandardNormal.sample(generator);
            error = self.carry * error + deviation * shock;
            (self.explained(&row) + error).clamp(f64::MIN, f64::MAX)
        });
        Some(path.collect())
    }
}

/// What a model file holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Saved {
    params: Regression,
    season: usize,
    observations: Vec<f64>,
}

impl TryFrom<Saved> for RegressionFit {
    type Error = Error;

    fn try_from(saved: Saved) -> Result<Self> {
        saved.params.fit(&Series::new(&saved.observations, saved.season)?)
    }
}

impl From<RegressionFit> for Saved {
    fn from(fit: RegressionFit) -> Self {
        Self { params: fit.params, season: fit.season, observations: fit.observations }
    }
}
