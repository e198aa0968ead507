//! Theta models: how does a series go on, between its long-run line and its latest level?
//!
//! The season, where the data show one, is taken out by the classical decomposition. The rest is seen as
//! the average of a straight line and a curvier "theta line", whose level is smoothed exponentially:
//!
//! μₜ = ℓₜ₋₁ + (1 − 1/θ) [Aₜ₋₁ (1−α)ᵗ⁻¹ + Bₜ₋₁ (1 − (1−α)ᵗ)/α],  ℓₜ = α yₜ + (1−α) ℓₜ₋₁
//!
//! with A + B t the least-squares line of the observations: all of them (standard), or those so far
//! (dynamic, where the line also follows the forecasts beyond the first step).
//!
//! **Assumptions.** Equally spaced observations; a season of constant shape; errors of constant variance
//! around the season-free series.
//!
//! **Citation.** V. Assimakopoulos, K. Nikolopoulos, "The theta model: a decomposition approach to
//! forecasting", International Journal of Forecasting 16 (2000), 521–530. J. A. Fiorucci, T. R. Pellegrini,
//! F. Louzada, F. Petropoulos, A. B. Koehler, "Models for optimising the theta method and their
//! relationship to state space models", International Journal of Forecasting 32 (2016), 1151–1161,
//! equations (8)–(12) and section 3.
//!
//! **When not to use it.** Fewer than four observations; intermittent demand
//! ([`intermittent`](super::intermittent)); seasons whose shape changes (ETS).

mod decomposition;
mod params;
mod recursion;
#[cfg(test)]
mod tests;

use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use super::{Fitted, Forecast};
use crate::{Error, Result, random::Generator};

pub use decomposition::{Composition, SeasonalIndices};
pub(in crate::forecast) use decomposition::{centred_average, decompose, is_seasonal};
pub use params::{Seasonality, Theta, Variant};
use recursion::{Parameters, State, WARM_UP};

/// A theta model fitted to one series.
///
/// # Examples
/// ```
/// use crmstat_models::forecast::{Fitted, Series, theta::{Theta, Variant}};
///
/// let sales = [12.0, 15.0, 14.0, 18.0, 17.0, 21.0, 20.0, 24.0];
/// let fitted = Theta::new(Variant::DynamicOptimised).fit(&Series::new(&sales, 1)?)?;
/// let forecast = fitted.forecast(3);
/// assert_eq!(forecast.mean.len(), 3);
/// assert!(forecast.mean[2] > 20.0);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct FittedTheta {
    variant: Variant,
    season: Option<SeasonalIndices>,
    /// The unit in which the recursion runs: the mean absolute season-free observation.
    scale: f64,
    parameters: Parameters,
    state: State,
    /// Standard deviation of the season-free one-step error, in units of `scale`.
    sigma: f64,
    fitted: Vec<f64>,
    residuals: Vec<f64>,
}

impl FittedTheta {
    /// Runs the recursion over the season-free series `rest` (in units of `scale`).
    fn run(
        variant: Variant,
        season: Option<SeasonalIndices>,
        scale: f64,
        parameters: Parameters,
        rest: &[f64],
        values: &[f64],
    ) -> Self {
        let Parameters { alpha, initial_level, .. } = parameters;
        let mut state = State::first(rest, variant.is_dynamic(), alpha, initial_level);
        let mut steps = vec![rest[0]];
        for (previous, &value) in rest.iter().zip(&rest[1..]) {
            // ℓ₀ is what suits the first error that counts; before that it may lie anywhere, and the
            // random walk speaks for the model.
            let warm = state.count >= WARM_UP;
            steps.push(if warm { state.forecast(&parameters) } else { *previous });
            state.observe(value, alpha);
        }
        let errors: Vec<f64> = rest.iter().zip(&steps).map(|(value, step)| value - step).collect();
        let fitted: Vec<f64> = steps
            .iter()
            .enumerate()
            .map(|(position, &step)| reseasonalise(season.as_ref(), position, step * scale))
            .collect();
        let residuals = values.iter().zip(&fitted).map(|(value, fit)| value - fit).collect();
        let counted = errors.len().saturating_sub(WARM_UP).max(2);
        let sigma = deviation(&errors[errors.len() - counted..]);
        Self { variant, season, scale, parameters, state, sigma, fitted, residuals }
    }

    /// The variant that was fitted.
    pub fn variant(&self) -> Variant {
        self.variant
    }

    /// The smoothing parameter α of the level.
    pub fn alpha(&self) -> f64 {
        self.parameters.alpha
    }

    /// The coefficient θ of the theta line.
    pub fn theta(&self) -> f64 {
        1.0 / (1.0 - self.parameters.omega)
    }

    /// The level ℓ₀ before the first observation, season-free. It stands for the level three periods on,
    /// of which it is (1−α)³; with an α near one it may be of any size.
    pub fn initial_level(&self) -> f64 {
        self.parameters.initial_level * self.scale
    }

    /// The season that was taken out, if the data showed one.
    pub fn season(&self) -> Option<&SeasonalIndices> {
        self.season.as_ref()
    }

    /// Sum of squared season-free one-step errors, those of the first three observations left out.
    pub fn sum_of_squares(&self) -> f64 {
        (WARM_UP..self.residuals.len())
            .map(|at| {
                let spread = self.season.as_ref().map_or(1.0, |season| season.spread(at));
                (self.residuals[at] / spread).powi(2)
            })
            .sum()
    }

    /// The model after more observations: the states move on, the parameters stay.
    ///
    /// # Errors
    /// A data error for a value that is not finite, or too large to calculate with.
    pub fn updated(&self, values: &[f64]) -> Result<Self> {
        let mut next = self.clone();
        for &value in values {
            if !value.is_finite() {
                return Err(Error::data(format!("a new value of the series is `{value}`")));
            }
            let position = next.state.count;
            let season = next.season.as_ref();
            let rest = season.map_or(value, |season| season.remove(position, value)) / next.scale;
            let step = next.state.forecast(&next.parameters) * next.scale;
            let fit = reseasonalise(season, position, step);
            next.state.observe(rest, next.parameters.alpha);
            next.fitted.push(fit);
            next.residuals.push(value - fit);
            if !next.state.is_valid() || !(value - fit).is_finite() {
                return Err(Error::data(format!("the new value `{value}` is too large")));
            }
        }
        Ok(next)
    }

    /// The season-free path of the next `horizon` periods when each meets the shock that `shock` gives.
    fn path(&self, horizon: usize, mut shock: impl FnMut(usize) -> f64) -> Vec<f64> {
        let mut state = self.state;
        (0..horizon)
            .map(|step| {
                let value = state.forecast(&self.parameters) + shock(step);
                state.observe(value, self.parameters.alpha);
                value
            })
            .collect()
    }

    /// The variance of each step's error in units of `scale`². The recursion is linear, so a unit shock
    /// at each step, less the path without one, gives the exact weights.
    fn variances(&self, horizon: usize, calm: &[f64]) -> Vec<f64> {
        let mut variances = vec![0.0; horizon];
        if self.parameters.omega == 0.0 || !self.variant.is_dynamic() {
            // With a fixed line only the level passes a shock on: 1, α, α, … (ETS(A,N,N)).
            for (step, variance) in variances.iter_mut().enumerate() {
                *variance = 1.0 + step as f64 * self.parameters.alpha.powi(2);
            }
        } else {
            for origin in 0..horizon {
                let shaken = self.path(horizon, |step| f64::from(u8::from(step == origin)));
                for step in origin..horizon {
                    variances[step] += (shaken[step] - calm[step]).powi(2);
                }
            }
        }
        variances.iter().map(|variance| variance * self.sigma.powi(2)).collect()
    }

    /// A season-free path in units of `scale` as observations.
    fn observations(&self, path: &[f64]) -> Vec<f64> {
        let start = self.state.count;
        path.iter()
            .enumerate()
            .map(|(step, value)| {
                reseasonalise(self.season.as_ref(), start + step, value * self.scale)
            })
            .collect()
    }
}

impl Fitted for FittedTheta {
    fn name(&self) -> &str {
        self.variant.name()
    }

    fn forecast(&self, horizon: usize) -> Forecast {
        let calm = self.path(horizon, |_| 0.0);
        let variance = self
            .variances(horizon, &calm)
            .iter()
            .enumerate()
            .map(|(step, variance)| {
                let at = self.state.count + step;
                let spread = self.season.as_ref().map_or(1.0, |season| season.spread(at));
                variance * (spread * self.scale).powi(2)
            })
            .collect();
        Forecast { mean: self.observations(&calm), variance: Some(variance) }
    }

    fn fitted_values(&self) -> &[f64] {
        &self.fitted
    }

    fn residuals(&self) -> &[f64] {
        &self.residuals
    }

    fn as_of(&self, seen: usize) -> Option<Box<dyn Fitted>> {
        // The spread of the errors needs two.
        if seen < 2 || seen > self.fitted.len() {
            return None;
        }
        let values: Vec<f64> =
            self.fitted[..seen].iter().zip(&self.residuals).map(|(f, e)| f + e).collect();
        let season = self.season.as_ref();
        let rest = |(at, value): (usize, &f64)| {
            season.map_or(*value, |season| season.remove(at, *value)) / self.scale
        };
        let rest: Vec<f64> = values.iter().enumerate().map(rest).collect();
        let then = Self::run(
            self.variant,
            self.season.clone(),
            self.scale,
            self.parameters,
            &rest,
            &values,
        );
        then.state
            .is_valid()
            .then(|| Box::new(Self { sigma: self.sigma, ..then }) as Box<dyn Fitted>)
    }

    fn simulate(&self, horizon: usize, generator: &mut Generator) -> Option<Vec<f64>> {
        let path = self.path(horizon, |_| {
            let shock: f64 = StandardNormal.sample(generator);
            shock * self.sigma
        });
        Some(self.observations(&path))
    }
}

fn reseasonalise(season: Option<&SeasonalIndices>, position: usize, value: f64) -> f64 {
    season.map_or(value, |season| season.restore(position, value))
}

/// The standard deviation of at least two numbers.
fn deviation(errors: &[f64]) -> f64 {
    let count = errors.len() as f64;
    let mean = errors.iter().sum::<f64>() / count;
    let squares: f64 = errors.iter().map(|error| (error - mean).powi(2)).sum();
    (squares / (count - 1.0)).sqrt()
}

/// A fitted model as read from a file, before its invariants are checked.
#[derive(Deserialize)]
struct Stored {
    variant: Variant,
    season: Option<SeasonalIndices>,
    scale: f64,
    parameters: Parameters,
    state: State,
    sigma: f64,
    fitted: Vec<f64>,
    residuals: Vec<f64>,
}

impl TryFrom<Stored> for FittedTheta {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Self> {
        let Stored { variant, season, scale, parameters, state, sigma, fitted, residuals } = stored;
        let sound = scale > 0.0
            && scale.is_finite()
            && sigma >= 0.0
            && sigma.is_finite()
            && parameters.alpha > 0.0
            && parameters.alpha < 1.0
            && (0.0..1.0).contains(&parameters.omega)
            && parameters.initial_level.is_finite()
            && state.is_valid()
            && state.dynamic == variant.is_dynamic()
            && state.count == fitted.len()
            && fitted.len() == residuals.len()
            && fitted.iter().chain(&residuals).all(|number| number.is_finite())
            && season.as_ref().is_none_or(SeasonalIndices::is_valid);
        if !sound {
            return Err(Error::data("the stored theta model contradicts itself"));
        }
        Ok(Self { variant, season, scale, parameters, state, sigma, fitted, residuals })
    }
}
