//! ARIMA: how does a series go on, given its own past changes and errors?
//!
//! With B the lag operator, m the season, η the series less its constant (and regressors):
//!
//! φ(B) Φ(Bᵐ) (1 − B)ᵈ (1 − Bᵐ)ᴰ ηₜ = θ(B) Θ(Bᵐ) εₜ,  φ(B) = 1 − φ₁B − …,  θ(B) = 1 + θ₁B + ….
//!
//! Parameters maximise the exact Gaussian likelihood of the differenced series; constant and regressors are
//! generalised least squares inside it. [`Arima::automatic`] finds the orders stepwise by `AICc`.
//!
//! **Assumptions.** Equally spaced observations; after differencing a stationary, linear process with
//! normal errors; parameters that do not change.
//!
//! **Citation.** G. E. P. Box, G. M. Jenkins, "Time Series Analysis" (1970), chapters 4 and 9. C. F. Ansley,
//! "An algorithm for the exact likelihood of a mixed autoregressive-moving average process", Biometrika 66
//! (1979), 59–65. R. J. Hyndman, Y. Khandakar, "Automatic time series forecasting: the forecast package for
//! R", Journal of Statistical Software 27/3 (2008), section 3, for the search.
//!
//! **When not to use it.** Fewer than about three seasons of a seasonal series; intermittent demand
//! ([`intermittent`](super::intermittent)); levels that jump; errors that grow with the level (take
//! logarithms first).

mod automatic;
mod estimate;
mod likelihood;
mod params;
mod polynomial;
mod regression;
#[cfg(test)]
mod tests;

use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{Fitted, Forecast};
use crate::{Error, Result, random::Generator, sum::compensated};

use estimate::{Estimate, Polynomials};
use likelihood::Whitener;
pub use params::{Arima, Order};
use polynomial::{differencing, filtered, predicted, psi_weights};
pub use regression::RegressionArima;

/// An ARIMA model fitted to one series.
///
/// # Examples
/// ```
/// use crmstat_models::forecast::{Fitted, Series, arima::{Arima, Order}};
///
/// let sales = [20.0, 22.0, 21.0, 24.0, 26.0, 25.0, 28.0, 29.0, 31.0, 30.0];
/// let fitted = Arima::new(Order::new(0, 1, 1).with_constant()).fit(&Series::new(&sales, 1)?)?;
/// assert_eq!(fitted.name(), "ARIMA(0,1,1) with drift");
/// assert!(fitted.constant().unwrap() > 0.5);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct FittedArima {
    name: String,
    order: Order,
    season: usize,
    /// The unit of the computation: the mean absolute observation.
    scale: f64,
    /// Partial autocorrelations of the four polynomials.
    partial: Vec<f64>,
    /// Mean or drift, in units of `scale`.
    constant: f64,
    /// Parameters that were estimated, the variance not counted.
    parameters: usize,
    /// The variance of the innovations, in units of `scale`².
    variance: f64,
    log_likelihood: f64,
    converged: bool,
    past: Past,
    fitted: Vec<f64>,
    residuals: Vec<f64>,
}

/// What forecasts need of the past, in units of `scale`, oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Past {
    /// The last values less the constant's part, as many as differencing reaches back.
    levels: Vec<f64>,
    /// The last differenced values, as many as the autoregression reaches back.
    differences: Vec<f64>,
    /// The moving-average part of the next periods, known from past innovations.
    carried: Vec<f64>,
}

/// What was estimated, to be put together with the series.
#[derive(Clone, Debug)]
struct Parts {
    order: Order,
    season: usize,
    scale: f64,
    constant: f64,
    parameters: usize,
    estimate: Estimate,
}

impl FittedArima {
    /// Runs the model over `values` (in units of the scale); `None` where its likelihood does not exist.
    fn assemble(parts: Parts, values: &[f64]) -> Option<Self> {
        let Parts { order, season, scale, constant, parameters, estimate } = parts;
        let polynomials = Polynomials::new(&order, season, &estimate.partial);
        let lags = differencing(order.difference, order.seasonal_difference, season);
        let levels: Vec<f64> =
            (1..).zip(values).map(|(t, value)| value - constant * order.constant_at(t)).collect();
        let differences = filtered(&levels, &lags);
        let mut whitener = Whitener::new(&polynomials.phi, &polynomials.theta, differences.len())?;
        let white = whitener.whiten(&differences);
        // Differencing uses up the first observations, which therefore have no error.
        let errors: Vec<f64> = std::iter::repeat_n(0.0, lags.len())
            .chain(
                white
                    .iter()
                    .zip(whitener.deviations(white.len()))
                    .map(|(value, size)| value * size),
            )
            .collect();
        let freedom = white.len().checked_sub(parameters).filter(|freedom| *freedom > 0)?;
        let count = white.len() as f64;
        let tail = |values: &[f64], length: usize| values[values.len() - length..].to_vec();
        // Before the p-th difference an autoregression has less to reach back to.
        let reach = polynomials.phi.len().min(differences.len());
        let past = Past {
            levels: tail(&levels, lags.len()),
            differences: tail(&differences, reach),
            carried: whitener.carried(&white),
        };
        Some(Self {
            name: order.name(season),
            variance: compensated(white.iter().map(|value| value * value)) / freedom as f64,
            log_likelihood: estimate.log_likelihood - count * scale.ln(),
            converged: estimate.converged,
            partial: estimate.partial,
            fitted: values.iter().zip(&errors).map(|(value, e)| (value - e) * scale).collect(),
            residuals: errors.iter().map(|error| error * scale).collect(),
            order,
            season,
            scale,
            constant,
            parameters,
            past,
        })
    }

    /// The orders, given or found.
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// φ₁, φ₂, ….
    pub fn ar(&self) -> Vec<f64> {
        self.polynomials().ar
    }

    /// θ₁, θ₂, ….
    pub fn ma(&self) -> Vec<f64> {
        self.polynomials().ma
    }

    /// Φ₁, Φ₂, ….
    pub fn seasonal_ar(&self) -> Vec<f64> {
        self.polynomials().seasonal_ar
    }

    /// Θ₁, Θ₂, ….
    pub fn seasonal_ma(&self) -> Vec<f64> {
        self.polynomials().seasonal_ma
    }

    /// The mean of a series that is not differenced, the drift per period of one that is differenced
    /// once; `None` without a constant.
    pub fn constant(&self) -> Option<f64> {
        self.order.constant.then_some(self.constant * self.scale)
    }

    /// The variance of the innovations: squared errors over observations less parameters.
    pub fn variance(&self) -> f64 {
        self.variance * self.scale.powi(2)
    }

    /// The logarithm of the likelihood of the differenced series.
    pub fn log_likelihood(&self) -> f64 {
        self.log_likelihood
    }

    /// Akaike's criterion, the variance counted as a parameter.
    pub fn aic(&self) -> f64 {
        2.0 * (self.parameters as f64 + 1.0 - self.log_likelihood)
    }

    /// Akaike's criterion corrected for short series; comparable only at equal differencing.
    pub fn aicc(&self) -> f64 {
        self.aic() + correction(self.parameters + 1, self.differenced())
    }

    /// Whether the search for the parameters came to rest.
    pub fn converged(&self) -> bool {
        self.converged
    }

    /// The model after more observations: the same parameters, run over the longer series.
    ///
    /// # Errors
    /// A data error for a value that is not finite, or too large to calculate with.
    pub fn updated(&self, values: &[f64]) -> Result<Self> {
        if let Some(value) = values.iter().find(|value| !value.is_finite()) {
            return Err(Error::data(format!("a new value of the series is `{value}`")));
        }
        let history = self.fitted.iter().zip(&self.residuals).map(|(fit, error)| fit + error);
        let longer: Vec<f64> =
            history.chain(values.iter().copied()).map(|value| value / self.scale).collect();
        let next = Self::assemble(self.parts(), &longer)
            .filter(|next| {
                let next_value = next.path(1, || 0.0);
                next.residuals.iter().chain(&next_value).all(|number| number.is_finite())
            })
            .ok_or_else(|| Error::data("the new values are too large to calculate with"))?;
        // What was estimated stays as it was.
        Ok(Self { variance: self.variance, log_likelihood: self.log_likelihood, ..next })
    }

    /// What was estimated.
    fn parts(&self) -> Parts {
        Parts {
            order: self.order,
            season: self.season,
            scale: self.scale,
            constant: self.constant,
            parameters: self.parameters,
            estimate: Estimate {
                partial: self.partial.clone(),
                coefficients: Vec::new(),
                log_likelihood: 0.0,
                converged: self.converged,
            },
        }
    }

    fn polynomials(&self) -> Polynomials {
        Polynomials::new(&self.order, self.season, &self.partial)
    }

    fn differencing(&self) -> Vec<f64> {
        differencing(self.order.difference, self.order.seasonal_difference, self.season)
    }

    /// Observations left after differencing.
    fn differenced(&self) -> usize {
        self.fitted.len() - self.order.lost(self.season)
    }

    /// The next `horizon` observations when each meets the shock that `shock` gives in units of `scale`.
    fn path(&self, horizon: usize, mut shock: impl FnMut() -> f64) -> Vec<f64> {
        let Polynomials { phi, theta, .. } = self.polynomials();
        let lags = self.differencing();
        let mut levels = self.past.levels.clone();
        let mut differences = self.past.differences.clone();
        let mut shocks: Vec<f64> = Vec::with_capacity(horizon);
        (0..horizon)
            .map(|step| {
                let shock = shock();
                let carried = self.past.carried.get(step).copied().unwrap_or(0.0);
                let difference =
                    predicted(&differences, &phi) + carried + predicted(&shocks, &theta) + shock;
                let level = predicted(&levels, &lags) + difference;
                shocks.push(shock);
                differences.push(difference);
                levels.push(level);
                let constant = self.constant * self.order.constant_at(self.fitted.len() + step + 1);
                (level + constant) * self.scale
            })
            .collect()
    }
}

impl Fitted for FittedArima {
    fn name(&self) -> &str {
        &self.name
    }

    fn forecast(&self, horizon: usize) -> Forecast {
        let Polynomials { phi, theta, .. } = self.polynomials();
        let full = polynomial::product(&phi, &self.differencing(), 1);
        let mut sum = 0.0;
        let variance = psi_weights(&full, &theta, horizon)
            .iter()
            .map(|weight| {
                sum += weight * weight;
                sum * self.variance()
            })
            .collect();
        Forecast { mean: self.path(horizon, || 0.0), variance: Some(variance) }
    }

    fn fitted_values(&self) -> &[f64] {
        &self.fitted
    }

    fn residuals(&self) -> &[f64] {
        &self.residuals
    }

    fn as_of(&self, seen: usize) -> Option<Box<dyn Fitted>> {
        // Differences use up the first observations, and the variance more.
        if seen > self.fitted.len() || seen < self.order.lost(self.season) + self.parameters + 1 {
            return None;
        }
        let history = self.fitted[..seen].iter().zip(&self.residuals);
        let head: Vec<f64> = history.map(|(fit, error)| (fit + error) / self.scale).collect();
        let then = Self::assemble(self.parts(), &head)?;
        Some(Box::new(Self { variance: self.variance, ..then }))
    }

    fn simulate(&self, horizon: usize, generator: &mut Generator) -> Option<Vec<f64>> {
        let deviation = self.variance.sqrt();
        Some(self.path(horizon, || {
            let shock: f64 = StandardNormal.sample(generator);
            shock * deviation
        }))
    }
}

/// What `AICc` adds to AIC for `parameters` on `count` observations; infinite where they are too many.
fn correction(parameters: usize, count: usize) -> f64 {
    let (k, n) = (parameters as f64, count as f64);
    if n - k - 1.0 > 0.0 { 2.0 * k * (k + 1.0) / (n - k - 1.0) } else { f64::INFINITY }
}

impl FittedArima {
    /// Refuses a model, read from a file, whose parts do not fit together.
    fn check(&self) -> Result<()> {
        let count = self.fitted.len();
        let numbers = [self.scale, self.constant, self.variance, self.log_likelihood];
        let sound = self.order.check(self.season).is_ok()
            && self.scale > 0.0
            && self.variance >= 0.0
            && self.partial.len() == self.order.parameters()
            && self.partial.iter().all(|partial| partial.abs() < 1.0)
            && self.past.levels.len() == self.order.lost(self.season)
            && count > self.past.levels.len()
            && count == self.residuals.len()
            && numbers
                .iter()
                .chain(&self.past.levels)
                .chain(&self.past.differences)
                .chain(&self.past.carried)
                .chain(self.fitted.iter().chain(&self.residuals))
                .all(|number| number.is_finite());
        if sound { Ok(()) } else { Err(Error::data("the stored ARIMA model contradicts itself")) }
    }
}

// What `remote = "Self"` derives are methods of the type, for these to call.
impl Serialize for FittedArima {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for FittedArima {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let model = Self::deserialize(deserializer)?;
        model.check().map_err(D::Error::custom)?;
        Ok(model)
    }
}
