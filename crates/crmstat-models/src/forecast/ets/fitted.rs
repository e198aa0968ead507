//! A fitted form: its parameters, states and everything that follows from them.

use std::ops::RangeInclusive;

use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use super::{
    form::{Form, SeasonTerm},
    moments,
    params::{Criterion, mean_size},
    recursion::{Recursion, Smoothing, States, Step},
};
use crate::{
    Error, Result,
    forecast::{Fitted, Forecast, Series},
    random::Generator,
};

/// Mean sizes of a series whose squares neither overflow nor vanish.
pub(super) const MAGNITUDE: RangeInclusive<f64> = 1e-100..=1e100;

/// Errors smaller than this share of the mean size are rounding; it bounds the likelihood of a series
/// that the model follows exactly.
const ROUNDING: f64 = 1.0 / (1_u64 << 40) as f64;

/// Smoothing parameters and the states before the first observation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parameters {
    /// How fast the level follows, in `[0, 1]`.
    pub alpha: f64,
    /// How fast the trend follows, in `[0, α]`; unused without a trend.
    pub beta: f64,
    /// How fast the season follows, in `[0, 1 − α]`; unused without a season.
    pub gamma: f64,
    /// Share of the trend that is left one period later; 1 for a trend that is not damped.
    pub phi: f64,
    /// The level ℓ₀, in the unit of the series.
    pub level: f64,
    /// The trend b₀ per period, in the unit of the series; unused without a trend.
    pub trend: f64,
    /// One index per period of the cycle, the first observation's first; in the unit of the series and
    /// adding up to 0, or factors that average 1; empty without a season.
    pub season: Vec<f64>,
}

/// How the search ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diagnostics {
    /// The norm of −2 log-likelihood's gradient over the parameters that no bound holds, in the search's
    /// own units.
    pub gradient_norm: f64,
    /// How often the likelihood was evaluated from the best start.
    pub evaluations: usize,
    /// Whether the search stopped because nothing was left to gain.
    pub converged: bool,
}

/// An exponential smoothing model at given or fitted parameters.
///
/// Saved, it holds the form, the parameters and the observations; loading runs them again, so that a
/// damaged file is refused and never forecasts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Saved", into = "Saved")]
pub struct EtsFit {
    name: String,
    form: Form,
    parameters: Parameters,
    diagnostics: Option<Diagnostics>,
    season: usize,
    observations: Vec<f64>,
    fitted: Vec<f64>,
    residuals: Vec<f64>,
    states: States,
    log_likelihood: f64,
    variance: f64,
}

impl EtsFit {
    /// Runs `form` over the series at parameters that are known already.
    ///
    /// # Errors
    /// A parameter error for a smoothing parameter outside its range or the wrong number of indices; a
    /// data error where the values are out of range or a mean of a multiplicative form is zero.
    pub fn from_parameters(
        series: &Series<'_>,
        form: Form,
        parameters: Parameters,
    ) -> Result<Self> {
        Self::with_diagnostics(series, form, parameters, None)
    }

    pub(super) fn with_diagnostics(
        series: &Series<'_>,
        form: Form,
        parameters: Parameters,
        diagnostics: Option<Diagnostics>,
    ) -> Result<Self> {
        check(form, &parameters, series.season())?;
        let values = series.values();
        let size = mean_size(values);
        if !MAGNITUDE.contains(&size) {
            let reason = format!("values around {size:e} are beyond 1e-100 to 1e100 in size");
            return Err(Error::data(reason).with_hint("choose another unit"));
        }
        let smoothing = smoothing(form, &parameters);
        let mut states = States {
            level: parameters.level,
            trend: if form.has_trend() { parameters.trend } else { 0.0 },
            season: if form.is_seasonal() { parameters.season.clone() } else { Vec::new() },
        };
        let mut steps = vec![Step::default(); values.len()];
        let sums = (Recursion::of(form).forward)(values, smoothing, &mut states, &mut steps);

        let n = values.len() as f64;
        let rounding = if form.is_multiplicative() { ROUNDING } else { ROUNDING * size };
        let squares = sums.squares + n * rounding * rounding;
        let log_likelihood = -0.5 * n * libm::log(squares) - sums.logs;
        let fitted: Vec<f64> = steps.iter().map(|step| step.mean).collect();
        if !log_likelihood.is_finite() || !states.are_finite() {
            return Err(Error::data(format!("`{form}` leaves the finite numbers on this series")));
        }
        let estimated = form.parameter_count(series.season()) - 1;
        Ok(Self {
            name: form.to_string(),
            form,
            parameters,
            diagnostics,
            season: series.season(),
            observations: values.to_vec(),
            residuals: values.iter().zip(&fitted).map(|(value, fitted)| value - fitted).collect(),
            fitted,
            states,
            log_likelihood,
            variance: sums.squares / values.len().saturating_sub(estimated).max(1) as f64,
        })
    }

    /// The model after more observations, at the same parameters: no search is run.
    ///
    /// # Errors
    /// As [`EtsFit::from_parameters`].
    pub fn update(&self, observations: &[f64]) -> Result<Self> {
        let all = [self.observations.as_slice(), observations].concat();
        let series = Series::new(&all, self.season)?;
        Self::with_diagnostics(&series, self.form, self.parameters.clone(), self.diagnostics)
    }

    /// The form.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Smoothing parameters and the states before the first observation.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// How the search ended; `None` where the parameters were given.
    pub fn diagnostics(&self) -> Option<Diagnostics> {
        self.diagnostics
    }

    /// The level after the last observation.
    pub fn level(&self) -> f64 {
        self.states.level
    }

    /// The trend after the last observation, 0 without one.
    pub fn trend(&self) -> f64 {
        self.states.trend
    }

    /// The seasonal indices after the last observation, the next period's first; empty without a season.
    pub fn seasonal_indices(&self) -> &[f64] {
        &self.states.season
    }

    /// −½ n ln Σe² − Σ ln|μ|: comparable between forms, and with R's and statsforecast's figures.
    pub fn log_likelihood(&self) -> f64 {
        self.log_likelihood
    }

    /// The variance of the (relative) one-step errors, degrees of freedom taken off.
    pub fn error_variance(&self) -> f64 {
        self.variance
    }

    /// Akaike's criterion.
    pub fn aic(&self) -> f64 {
        self.criterion(Criterion::Aic)
    }

    /// Akaike's criterion corrected for few observations; infinite where they are too few.
    pub fn aicc(&self) -> f64 {
        self.criterion(Criterion::Aicc)
    }

    /// The Bayesian criterion.
    pub fn bic(&self) -> f64 {
        self.criterion(Criterion::Bic)
    }

    fn criterion(&self, criterion: Criterion) -> f64 {
        let count = self.form.parameter_count(self.season);
        criterion.of(self.log_likelihood, count, self.observations.len())
    }
}

impl Fitted for EtsFit {
    fn name(&self) -> &str {
        &self.name
    }

    fn forecast(&self, horizon: usize) -> Forecast {
        let smoothing = smoothing(self.form, &self.parameters);
        moments::forecast(self.form, smoothing, &self.states, self.variance, horizon)
    }

    fn fitted_values(&self) -> &[f64] {
        &self.fitted
    }

    fn residuals(&self) -> &[f64] {
        &self.residuals
    }

    fn as_of(&self, seen: usize) -> Option<Box<dyn Fitted>> {
        let head = self.observations.get(..seen).filter(|head| !head.is_empty())?;
        let series = Series::new(head, self.season).ok()?;
        let parameters = self.parameters.clone();
        let then = Self::with_diagnostics(&series, self.form, parameters, self.diagnostics).ok()?;
        Some(Box::new(Self { variance: self.variance, ..then }))
    }

    fn simulate(&self, horizon: usize, generator: &mut Generator) -> Option<Vec<f64>> {
        let smoothing = smoothing(self.form, &self.parameters);
        let deviation = self.variance.sqrt();
        let mut states = self.states.clone();
        let path = (0..horizon)
            .map(|_| {
                let shock: f64 = StandardNormal.sample(generator);
                states.advance(self.form, smoothing, deviation * shock)
            })
            .collect();
        Some(path)
    }
}

impl States {
    /// Moves the states on by one period with this error and returns the period's value.
    ///
    /// The same recursion as the likelihood's, written out for one step of any form.
    pub(super) fn advance(&mut self, form: Form, smoothing: Smoothing, error: f64) -> f64 {
        let Smoothing { alpha, beta, gamma, phi } = smoothing;
        let base = self.level + phi * self.trend;
        let season = self.season.first().copied().unwrap_or(0.0);
        let multiplied = form.season() == SeasonTerm::Multiplicative;
        let mean = if multiplied { base * season } else { base + season };
        // A relative error of −1 would leave nothing, which a positive series cannot show.
        let error = if form.is_multiplicative() { error.max(-LARGEST_LOSS) } else { error };
        let difference = if form.is_multiplicative() { mean * error } else { error };
        let shock = if multiplied { base * error } else { difference };
        self.level = base + alpha * shock;
        self.trend = phi * self.trend + beta * shock;
        if let Some(first) = self.season.first_mut() {
            *first += gamma * if multiplied { season * error } else { difference };
            self.season.rotate_left(1);
        }
        let value = mean + difference;
        value.clamp(f64::MIN, f64::MAX)
    }

    fn are_finite(&self) -> bool {
        self.level.is_finite()
            && self.trend.is_finite()
            && self.season.iter().all(|index| index.is_finite())
    }

    /// Shifts what the indices have in common into the level.
    pub(super) fn normalise(&mut self, form: Form) {
        if self.season.is_empty() {
            return;
        }
        let mean = self.season.iter().sum::<f64>() / self.season.len() as f64;
        if form.season() == SeasonTerm::Multiplicative {
            self.season.iter_mut().for_each(|index| *index /= mean);
            self.level *= mean;
            self.trend *= mean;
        } else {
            self.season.iter_mut().for_each(|index| *index -= mean);
            self.level += mean;
        }
    }
}

/// The largest simulated relative loss of one period.
const LARGEST_LOSS: f64 = 0.999;

pub(super) fn smoothing(form: Form, parameters: &Parameters) -> Smoothing {
    Smoothing {
        alpha: parameters.alpha,
        beta: if form.has_trend() { parameters.beta } else { 0.0 },
        gamma: if form.is_seasonal() { parameters.gamma } else { 0.0 },
        phi: if form.is_damped() { parameters.phi } else { 1.0 },
    }
}

fn check(form: Form, parameters: &Parameters, season: usize) -> Result<()> {
    let Parameters { alpha, beta, gamma, phi, .. } = *parameters;
    for (name, value, used) in [
        ("alpha", alpha, true),
        ("beta", beta, form.has_trend()),
        ("gamma", gamma, form.is_seasonal()),
        ("phi", phi, form.is_damped()),
    ] {
        if used && !(0.0..=1.0).contains(&value) {
            return Err(Error::parameter(name, value, "between 0 and 1"));
        }
    }
    for (name, value) in [("level", parameters.level), ("trend", parameters.trend)] {
        if !value.is_finite() {
            return Err(Error::parameter(name, value, "finite"));
        }
    }
    let expected = if form.is_seasonal() { season } else { 0 };
    if form.is_seasonal() && parameters.season.len() != expected {
        let count = parameters.season.len();
        return Err(Error::parameter("season", count, format!("{expected} indices")));
    }
    if let Some(index) = parameters.season.iter().find(|index| !index.is_finite()) {
        return Err(Error::parameter("season", index, "finite"));
    }
    Ok(())
}

/// What a model file holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Saved {
    form: Form,
    season: usize,
    parameters: Parameters,
    diagnostics: Option<Diagnostics>,
    observations: Vec<f64>,
}

impl TryFrom<Saved> for EtsFit {
    type Error = Error;

    fn try_from(saved: Saved) -> Result<Self> {
        let series = Series::new(&saved.observations, saved.season)?;
        Self::with_diagnostics(&series, saved.form, saved.parameters, saved.diagnostics)
    }
}

impl From<EtsFit> for Saved {
    fn from(fit: EtsFit) -> Self {
        Self {
            form: fit.form,
            season: fit.season,
            parameters: fit.parameters,
            diagnostics: fit.diagnostics,
            observations: fit.observations,
        }
    }
}
