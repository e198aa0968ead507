//! Sales forecasting: the models, their automatic choice, intervals and backtests.
//!
//! Every model reads a [`Series`] and becomes an immutable value that implements [`Fitted`], which
//! gives a [`Forecast`] for any horizon. [`Model`] is the door through which an ensemble or a backtest
//! fits models it does not know by name.
//!
//! Architecture Invariant: no calendar here. A season is a number of periods; turning orders into
//! periods, and periods into dates, is the caller's work.

pub mod accuracy;
pub mod adjusted;
pub mod anomalies;
pub mod arima;
pub mod backtest;
pub mod baseline;
pub mod ces;
pub mod drivers;
pub mod ensemble;
pub mod ets;
pub mod hierarchy;
pub mod intermittent;
pub mod intervals;
pub mod mstl;
pub mod occurrence;
pub mod pipeline;
pub mod regression;
pub mod saved;
pub mod structural;
pub mod theta;
mod unit;

use std::{any::Any, fmt::Debug};

use serde::{Deserialize, Serialize};

use crate::{Error, Result, random::Generator};

/// A checked view of equally spaced observations, oldest first.
///
/// # Examples
/// ```
/// use crmstat_models::forecast::Series;
///
/// let series = Series::new(&[3.0, 5.0, 4.0, 6.0], 2)?;
/// assert_eq!((series.len(), series.season()), (4, 2));
/// assert!(Series::new(&[1.0, f64::NAN], 1).is_err());
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Series<'a> {
    values: &'a [f64],
    season: usize,
}

impl<'a> Series<'a> {
    /// Checks `values`; `season` is the number of periods in a cycle (12 for months), 1 for none.
    ///
    /// # Errors
    /// A parameter error for a season of 0; a data error for an empty series or a value that is not
    /// finite, naming its position.
    pub fn new(values: &'a [f64], season: usize) -> Result<Self> {
        if season == 0 {
            return Err(Error::parameter("season", season, "at least 1 (1 means no season)"));
        }
        if values.is_empty() {
            return Err(Error::data("the series is empty"));
        }
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            let reason = format!("value {} of the series is `{}`", at + 1, values[at]);
            return Err(Error::data(reason).with_hint("fill or cut missing periods first"));
        }
        Ok(Self { values, season })
    }

    /// The observations, oldest first.
    pub fn values(&self) -> &'a [f64] {
        self.values
    }

    /// Periods in one cycle; 1 when there is none.
    pub fn season(&self) -> usize {
        self.season
    }

    /// How many observations there are; at least one.
    #[allow(clippy::len_without_is_empty)] // A series is never empty.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Other observations, such as a part of them, with a season of their own; they are finite and at least one.
    pub(crate) fn of(values: &'a [f64], season: usize) -> Self {
        debug_assert!(!values.is_empty() && values.iter().all(|value| value.is_finite()));
        Self { values, season }
    }

    /// The first `len` observations, as a backtest sees them at an origin; at least one is kept.
    #[must_use]
    pub fn head(&self, len: usize) -> Self {
        Self { values: &self.values[..len.clamp(1, self.values.len())], season: self.season }
    }
}

/// What a fitted model says about the next periods; index 0 is the period after the last observation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// The expected value of each period.
    pub mean: Vec<f64>,
    /// The variance of each period's forecast error, where the model has an analytic one.
    pub variance: Option<Vec<f64>>,
}

/// A model fitted to one series.
pub trait Fitted: Any + Debug + Send + Sync {
    /// What was fitted, with the chosen form: `ETS(M,Ad,M)`.
    fn name(&self) -> &str;

    /// The next `horizon` periods; every number is finite.
    fn forecast(&self, horizon: usize) -> Forecast;

    /// The one-step-ahead forecast of each observation, as long as the series.
    fn fitted_values(&self) -> &[f64];

    /// Observation minus fitted value, as long as the series.
    fn residuals(&self) -> &[f64];

    /// The model as it stood after the first `seen` observations, at the parameters found from all of them; `None`
    /// where it cannot go back, or not as far.
    fn as_of(&self, _seen: usize) -> Option<Box<dyn Fitted>> {
        None
    }

    /// One random path of the next `horizon` periods, or `None` where the model cannot simulate.
    fn simulate(&self, _horizon: usize, _generator: &mut Generator) -> Option<Vec<f64>> {
        None
    }
}

/// Something that can be fitted to any series: a model with its parameters.
pub trait Model: Debug + Send + Sync {
    /// What would be fitted: `ETS`.
    fn name(&self) -> &str;

    /// Fits the model.
    ///
    /// # Errors
    /// A data error where the series cannot bear the model, saying why.
    fn fit(&self, series: &Series<'_>) -> Result<Box<dyn Fitted>>;
}
