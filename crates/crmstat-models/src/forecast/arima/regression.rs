//! Regression with ARIMA errors.

use serde::{Deserialize, Serialize};

use super::FittedArima;
use crate::{
    Error, Result,
    forecast::{Fitted, Forecast},
};

/// A regression whose errors follow an ARIMA process: how much does a holiday or a price move sales, and
/// what comes next when both are known ahead?
///
/// yₜ = β′xₜ + ηₜ with η the process of [`FittedArima`]; β and the process are estimated together.
///
/// # Examples
/// ```
/// use crmstat_models::forecast::{Series, arima::{Arima, Order}};
///
/// let promotion: Vec<f64> = (0..30).map(|t| f64::from(t % 7 == 0)).collect();
/// let sales: Vec<f64> = promotion.iter().enumerate().map(|(t, p)| 20.0 * p + (t * t % 5) as f64).collect();
/// let model = Arima::new(Order::new(0, 0, 0).with_constant());
/// let fitted = model.fit_with(&Series::new(&sales, 1)?, &[promotion])?;
/// assert!((fitted.coefficients()[0] - 20.0).abs() < 2.0);
/// let next = fitted.forecast(&[vec![0.0, 1.0]])?;
/// assert!(next.mean[1] > next.mean[0] + 15.0);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegressionArima {
    errors: FittedArima,
    coefficients: Vec<f64>,
}

impl RegressionArima {
    pub(super) fn new(errors: FittedArima, coefficients: Vec<f64>) -> Self {
        Self { errors, coefficients }
    }

    /// β, one per regressor, in units of the series per unit of the regressor.
    pub fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// The process of the errors η; its likelihood and `AICc` are those of the whole model.
    pub fn errors(&self) -> &FittedArima {
        &self.errors
    }

    /// The next periods, as many as the regressors are known ahead; every one equally far.
    ///
    /// # Errors
    /// A data error for another number of regressors than fitted, unequal lengths, or values that are not
    /// finite.
    pub fn forecast(&self, regressors: &[Vec<f64>]) -> Result<Forecast> {
        let horizon = regressors.first().map_or(0, Vec::len);
        let sound = regressors.len() == self.coefficients.len()
            && regressors.iter().all(|regressor| {
                regressor.len() == horizon && regressor.iter().all(|value| value.is_finite())
            });
        if !sound {
            let wanted = self.coefficients.len();
            return Err(Error::data(format!(
                "the model needs {wanted} regressors, equally far ahead and finite"
            )));
        }
        let mut forecast = self.errors.forecast(horizon);
        for (slope, regressor) in self.coefficients.iter().zip(regressors) {
            for (mean, value) in forecast.mean.iter_mut().zip(regressor) {
                *mean += slope * value;
            }
        }
        Ok(forecast)
    }
}
