//! Linear regression on time, season and known drivers: what do trend, holidays, price and promotion do?
//!
//! # Formula
//! y(t) = β₀ + β₁t + season(t) + Σ βₖxₖ(t) + u(t), with the season as dummies or Fourier terms
//! sin, cos(2πkt/m). Errors u are independent, or u(t) = ρu(t−1) + e(t), in which case the equation is
//! transformed by Prais and Winsten and ρ estimated until it settles. Coefficients minimise Σe² (least
//! squares), Σe² + λn Σ(βₖsₖ)² with sₖ the column's standard deviation (ridge, intercept and units aside), or
//! Huber's loss with the bend at 1.345 robust standard deviations.
//!
//! # Assumptions
//! Effects add up and last; drivers are known as far ahead as is forecast.
//!
//! # Citation
//! Hyndman and Athanasopoulos 2021, chapters 7 and 10; S. Prais, C. Winsten, Cowles Commission paper 383,
//! 1954; A. Hoerl, R. Kennard, Technometrics 12, 1970 (eq. 2.1); P. Huber, Annals of Mathematical
//! Statistics 35, 1964.
//!
//! # When not to use
//! A level or trend that wanders (see `ets`); far beyond the data, where a line goes on for ever.
//!
//! # Units and shapes
//! A regressor has one value per observation, oldest first, and then one per period known ahead; beyond
//! those its last value is held. Coefficients are in units of y per unit of the regressor.
//!
//! # Errors
//! A regressor shorter than the series or not finite, a penalty below 0, too many Fourier terms: parameter
//! errors. Fewer than two observations more than columns, or columns that depend on each other: data
//! errors.
//!
//! # Examples
//! ```
//! use crmstat_models::forecast::{Fitted, Series, regression::Regression};
//!
//! let promotion = [0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0];
//! let sales: Vec<f64> =
//!     (0..8).map(|t| 10.0 + f64::from(t) + 5.0 * promotion[t as usize]).collect();
//! let fitted = Regression::new()
//!     .regressor("promotion", &promotion)
//!     .fit(&Series::new(&sales, 1)?)?;
//! assert!((fitted.coefficient("promotion").unwrap() - 5.0).abs() < 1e-9);
//! assert!((fitted.forecast(2).mean[1] - 24.0).abs() < 1e-9);
//! # Ok::<(), crmstat_models::Error>(())
//! ```

mod design;
mod estimate;
mod fitted;
mod inference;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use self::{
    fitted::RegressionFit,
    inference::{Coefficient, ResidualChecks},
};
use super::{Fitted, Model, Series};
use crate::{Error, Result};

/// How the season is described.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Seasonality {
    /// Not at all.
    None,
    /// One effect per period of the cycle, against its first.
    Dummies,
    /// So many pairs of sine and cosine, at most half the season: few numbers for a long, smooth season.
    Fourier(usize),
}

/// What the coefficients minimise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Method {
    /// The sum of squares.
    LeastSquares,
    /// The sum of squares plus this penalty times the squared, standardised coefficients.
    Ridge(f64),
    /// Huber's loss, which counts outliers by their size and not by its square.
    Huber,
}

/// The parameters of the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Regression {
    trend: bool,
    seasonality: Seasonality,
    regressors: Vec<Regressor>,
    method: Method,
    autoregressive: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Regressor {
    name: String,
    values: Vec<f64>,
}

impl Regression {
    /// A line in time by least squares.
    pub fn new() -> Self {
        Self {
            trend: true,
            seasonality: Seasonality::None,
            regressors: Vec::new(),
            method: Method::LeastSquares,
            autoregressive: false,
        }
    }

    /// Whether time itself is a regressor.
    #[must_use]
    pub fn trend(mut self, trend: bool) -> Self {
        self.trend = trend;
        self
    }

    /// How the season is described; ignored where the series has none.
    #[must_use]
    pub fn seasonality(mut self, seasonality: Seasonality) -> Self {
        self.seasonality = seasonality;
        self
    }

    /// Adds a driver with its values from the first observation to as far ahead as they are known.
    #[must_use]
    pub fn regressor(mut self, name: impl Into<String>, values: &[f64]) -> Self {
        self.regressors.push(Regressor { name: name.into(), values: values.to_vec() });
        self
    }

    /// What the coefficients minimise.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// Whether an error carries over to the next period.
    #[must_use]
    pub fn autoregressive(mut self, autoregressive: bool) -> Self {
        self.autoregressive = autoregressive;
        self
    }

    /// Estimates the coefficients.
    ///
    /// # Errors
    /// See the module's documentation.
    pub fn fit(&self, series: &Series<'_>) -> Result<RegressionFit> {
        self.check(series)?;
        RegressionFit::estimate(self, series)
    }

    fn check(&self, series: &Series<'_>) -> Result<()> {
        if let Method::Ridge(penalty) = self.method
            && !(penalty >= 0.0 && penalty.is_finite())
        {
            return Err(Error::parameter("penalty", penalty, "finite and at least 0"));
        }
        if let Seasonality::Fourier(pairs) = self.seasonality
            && series.season() > 1
            && !(1..=series.season() / 2).contains(&pairs)
        {
            let allowed = format!("from 1 to half the season of {}", series.season());
            return Err(Error::parameter("fourier", pairs, allowed));
        }
        for Regressor { name, values } in &self.regressors {
            if values.len() < series.len() {
                let allowed = format!("of at least {} values for `{name}`", series.len());
                return Err(Error::parameter("regressor", values.len(), allowed));
            }
            if let Some(value) = values.iter().find(|value| !value.is_finite()) {
                return Err(Error::parameter("regressor", value, format!("finite in `{name}`")));
            }
        }
        Ok(())
    }
}

impl Default for Regression {
    fn default() -> Self {
        Self::new()
    }
}

impl Model for Regression {
    fn name(&self) -> &'static str {
        "regression"
    }

    fn fit(&self, series: &Series<'_>) -> Result<Box<dyn Fitted>> {
        Ok(Box::new(Self::fit(self, series)?))
    }
}
