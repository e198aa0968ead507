//! Complex exponential smoothing: how does a series go on, when level and trend cannot be told apart?
//!
//! Each observation is taken as the real part of a complex number whose imaginary part, the "information
//! potential", carries what a trend would. One complex parameter α₀ + iα₁ smooths both:
//!
//! yₜ = lₜ₋₁ + εₜ,  lₜ = lₜ₋₁ − (1−α₁) pₜ₋₁ + (α₀−α₁) εₜ,  pₜ = lₜ₋₁ + (1−α₀) pₜ₋₁ + (α₀+α₁) εₜ.
//!
//! The simple seasonal form takes lₜ₋ₘ for lₜ₋₁; the partial form adds a season with one real parameter,
//! the full form a season that is complex too. [`Ces::new`] chooses among them by `AICc`.
//!
//! **Assumptions.** Equally spaced observations; additive errors of constant variance; an additive season.
//!
//! **Citation.** I. Svetunkov, N. Kourentzes, J. K. Ord, "Complex exponential smoothing", Naval Research
//! Logistics 69 (2022), 1108–1123, equations (9)–(12) and section 4. The first states are found by
//! running the model backwards, as in the authors' R package `smooth`.
//!
//! **When not to use it.** Short yearly series, where it extrapolates boldly; growing seasons (ETS, or
//! [`theta`](super::theta)); intermittent demand ([`intermittent`](super::intermittent)).

mod params;
mod recursion;
#[cfg(test)]
mod tests;

use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use super::{Fitted, Forecast};
use crate::{Error, Result, random::Generator};

pub use params::Ces;
use recursion::{Smoothing, State, smooth};

/// A path that has grown beyond this, in units of the scale, stays where it is: α₁ above one means growth
/// without end, and squares must stay finite.
const LARGEST: f64 = 1e50;

/// What is smoothed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// No season.
    None,
    /// Every phase of the season has its own level; there is no common one.
    Simple,
    /// A common level, and an additive season smoothed by a real parameter.
    Partial,
    /// A common level, and an additive season smoothed by a complex parameter.
    Full,
}

impl Form {
    /// `CES(none)`, `CES(simple)`, `CES(partial)` or `CES(full)`.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "CES(none)",
            Self::Simple => "CES(simple)",
            Self::Partial => "CES(partial)",
            Self::Full => "CES(full)",
        }
    }

    /// The smoothing parameters that are estimated.
    fn parameters(self) -> usize {
        match self {
            Self::None | Self::Simple => 2,
            Self::Partial => 3,
            Self::Full => 4,
        }
    }
}

/// Complex exponential smoothing fitted to one series.
///
/// # Examples
/// ```
/// use crmstat_models::forecast::{Fitted, Series, ces::Ces};
///
/// let sales = [9.0, 12.0, 15.0, 11.0, 10.0, 13.0, 16.0, 12.0, 11.0, 14.0, 17.0, 13.0];
/// let fitted = Ces::new().fit(&Series::new(&sales, 4)?)?;
/// assert!(fitted.forecast(8).mean.iter().all(|value| value.is_finite()));
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct FittedCes {
    form: Form,
    /// The unit in which the states are kept: the mean absolute observation.
    scale: f64,
    smoothing: Smoothing,
    state: State,
    /// Standard deviation of the one-step error, in units of `scale`.
    sigma: f64,
    aicc: f64,
    converged: bool,
    fitted: Vec<f64>,
    residuals: Vec<f64>,
}

impl FittedCes {
    /// The form, chosen or given.
    pub fn form(&self) -> Form {
        self.form
    }

    /// The real and the imaginary part of the level's smoothing parameter, α₀ and α₁.
    pub fn alpha(&self) -> [f64; 2] {
        self.smoothing.level
    }

    /// The smoothing parameter of the season: β of the partial form, β₀ and β₁ of the full one.
    pub fn beta(&self) -> Option<[f64; 2]> {
        matches!(self.form, Form::Partial | Form::Full).then_some(self.smoothing.season)
    }

    /// Akaike's criterion, corrected for short series, of the errors in units of the mean absolute
    /// observation; only differences between forms have a meaning.
    pub fn aicc(&self) -> f64 {
        self.aicc
    }

    /// Whether the search for the parameters came to rest.
    pub fn converged(&self) -> bool {
        self.converged
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
            let phase = next.phase(0);
            let fit = next.state.forecast(next.form, phase) * next.scale;
            let error = (value - fit) / next.scale;
            next.state.advance(next.form, &next.smoothing, phase, error);
            next.fitted.push(fit);
            next.residuals.push(value - fit);
            if !next.state.is_finite() || !(value - fit).is_finite() {
                return Err(Error::data(format!("the new value `{value}` is too large")));
            }
        }
        Ok(next)
    }

    /// The phase of the period `step` after the last observation.
    fn phase(&self, step: usize) -> usize {
        (self.fitted.len() + step) % self.state.phases.len().max(1)
    }

    /// The path from `state` when each period meets the shock that `shock` gives, in units of `scale`.
    fn path(
        &self,
        mut state: State,
        horizon: usize,
        mut shock: impl FnMut(usize) -> f64,
    ) -> Vec<f64> {
        (0..horizon)
            .map(|step| {
                let phase = self.phase(step);
                let shock = shock(step);
                let value = state.forecast(self.form, phase) + shock;
                if value.abs() < LARGEST {
                    state.advance(self.form, &self.smoothing, phase, shock);
                }
                value
            })
            .collect()
    }
}

impl Fitted for FittedCes {
    fn name(&self) -> &str {
        self.form.name()
    }

    fn forecast(&self, horizon: usize) -> Forecast {
        let mean = self.path(self.state.clone(), horizon, |_| 0.0);
        // The model is linear: a unit shock to states at rest gives the weights of the moving average.
        let rest = State { level: [0.0; 2], phases: vec![[0.0; 2]; self.state.phases.len()] };
        let weights = self.path(rest, horizon, |step| f64::from(u8::from(step == 0)));
        let mut sum = 0.0;
        let variance = weights
            .iter()
            .map(|weight| {
                sum += weight * weight;
                sum * (self.sigma * self.scale).powi(2)
            })
            .collect();
        Forecast {
            mean: mean.iter().map(|value| value * self.scale).collect(),
            variance: Some(variance),
        }
    }

    fn fitted_values(&self) -> &[f64] {
        &self.fitted
    }

    fn residuals(&self) -> &[f64] {
        &self.residuals
    }

    fn as_of(&self, seen: usize) -> Option<Box<dyn Fitted>> {
        if seen == 0 || seen > self.fitted.len() {
            return None;
        }
        let values: Vec<f64> =
            self.fitted.iter().zip(&self.residuals).map(|(f, e)| (f + e) / self.scale).collect();
        let initial = State::initial(self.form, &values, self.state.phases.len().max(1));
        let mut errors = Vec::with_capacity(seen);
        let state = smooth(self.form, &values[..seen], &initial, &self.smoothing, &mut errors);
        state.is_finite().then(|| {
            Box::new(Self {
                state,
                fitted: self.fitted[..seen].to_vec(),
                residuals: self.residuals[..seen].to_vec(),
                ..self.clone()
            }) as Box<dyn Fitted>
        })
    }

    fn simulate(&self, horizon: usize, generator: &mut Generator) -> Option<Vec<f64>> {
        let path = self.path(self.state.clone(), horizon, |_| {
            let shock: f64 = StandardNormal.sample(generator);
            shock * self.sigma
        });
        Some(path.iter().map(|value| value * self.scale).collect())
    }
}

/// A fitted model as read from a file, before its invariants are checked.
#[derive(Deserialize)]
struct Stored {
    form: Form,
    scale: f64,
    smoothing: Smoothing,
    state: State,
    sigma: f64,
    aicc: f64,
    converged: bool,
    fitted: Vec<f64>,
    residuals: Vec<f64>,
}

impl TryFrom<Stored> for FittedCes {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Self> {
        let Stored { form, scale, smoothing, state, sigma, aicc, converged, fitted, residuals } =
            stored;
        let complex = [smoothing.level, smoothing.season];
        let sound = scale > 0.0
            && sigma >= 0.0
            && state.phases.is_empty() == (form == Form::None)
            && fitted.len() == residuals.len()
            && state.is_finite()
            && [scale, sigma, aicc]
                .iter()
                .chain(complex.as_flattened())
                .chain(fitted.iter().chain(&residuals))
                .all(|number| number.is_finite());
        if !sound {
            return Err(Error::data("the stored CES model contradicts itself"));
        }
        Ok(Self { form, scale, smoothing, state, sigma, aicc, converged, fitted, residuals })
    }
}
