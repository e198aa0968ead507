//! Forecast: what will be sold, per product, region or manager, and how sure is that?
//!
//! Orders become one value per period ([`SeriesSet`]), every series is fitted by a [`Choice`] of model
//! ([`crmstat_models::forecast`]), and what is divided into parts is made to add up again.
//!
//! - *calendar*: ISO weeks, calendar months, quarters and years, in the local time of the export;
//! - *incomplete periods* at the end of the data are left out, and that is said;
//! - *zeros*: once a series has begun, a period without orders is a zero; in a table of series it is a gap,
//!   which is filled and counted;
//! - *fallbacks*: a series too short, constant or intermittent for a model gets a simpler one, and its note
//!   says so;
//! - *days* get the season of their year besides that of their week where two whole years show one;
//! - *working days, holidays, prices, promotions* ([`Drivers`]) are used where they explain the series;
//! - *not negative*, bounds included, unless the history was.
//!
//! ```no_run
//! use crmstat::{analysis::forecast::{Options, Query, SeriesSet, forecast}, ingest::{Export, ReadOptions}};
//!
//! let mut export = Export::open(&["deals.csv"], ReadOptions::default())?;
//! let sales = SeriesSet::from_orders(&mut export, &Query::default())?.result;
//! let plan = forecast(&sales, &Options::default())?;
//! println!("{:?}", plan.series()[0].mean);
//! # Ok::<(), crmstat::Error>(())
//! ```

mod backtest;
mod calendar;
mod choice;
mod drivers;
mod events;
mod pipeline;
mod reconcile;
mod series;
mod state;
mod tables;
#[cfg(test)]
mod tests;

pub use backtest::{Evaluation, Evaluations, Plan, backtest};
pub use calendar::Period;
pub use choice::Choice;
pub use drivers::{Drivers, Regressors, WorkCalendar};
pub use events::{Event, EventKind, Events, events};
pub use pipeline::{
    DealFlow, OpenDeal, Part, PipelineForecast, PipelineQuery, backtest_pipeline, forecast_pipeline,
};
pub use series::{History, Measure, Query, SeriesSet};
pub use state::{Fit, State};

use crate::{Error, Result};
use crmstat_models::forecast::{
    Fitted, Forecast, Series,
    drivers::{Driven, DrivenFit},
    ensemble::Note,
    intervals::{self, Interval, Paths},
};
use rayon::prelude::*;

/// How to forecast. The default: the standard ensemble, the usual horizon of the period, intervals of 80
/// and 95 %.
#[derive(Clone, Debug)]
pub struct Options {
    /// Periods to forecast; `None` is [`Period::usual_horizon`].
    pub horizon: Option<usize>,
    /// The model.
    pub model: Choice,
    /// Probabilities of the intervals, in percent.
    pub levels: Vec<u8>,
    /// What each series is meant to reach over the horizon as a whole.
    pub target: Option<f64>,
    /// What is known ahead.
    pub drivers: Drivers,
    /// The seed of simulated paths.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            horizon: None,
            model: Choice::default(),
            levels: vec![80, 95],
            target: None,
            drivers: Drivers::default(),
            seed: DEFAULT_SEED,
        }
    }
}

/// The seed where nobody gives one.
pub const DEFAULT_SEED: u64 = 42;

/// Most periods that are forecast; further ones say nothing.
const FARTHEST: usize = 10_000;

/// Paths per series, for sums over the horizon and intermittent demand: quantiles of 2.5 % rest on 50.
const PATHS: usize = 2_000;

/// Forecasts of all series, in the order of the set.
#[derive(Clone, Debug)]
pub struct Forecasts {
    period: Period,
    levels: Vec<u8>,
    target: Option<f64>,
    series: Vec<SeriesForecast>,
    notes: Vec<String>,
}

/// The forecast of one series.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesForecast {
    /// The series' name.
    pub name: String,
    /// The number of the first period that is forecast; see [`Period::number`].
    pub first: i32,
    /// What is expected of each period.
    pub mean: Vec<f64>,
    /// The bounds, one for each level.
    pub intervals: Vec<Interval>,
    /// The horizon as a whole.
    pub total: Total,
    /// What was fitted, with its form.
    pub model: String,
    /// What was decided about this series: fallbacks, filled gaps; empty when nothing was.
    pub notes: Vec<String>,
}

/// The sum over the horizon.
#[derive(Clone, Debug, PartialEq)]
pub struct Total {
    /// What is expected.
    pub mean: f64,
    /// The lower and the upper bound, one pair for each level.
    pub bounds: Vec<(f64, f64)>,
    /// The probability that the target is reached; `None` without a target.
    pub reached: Option<f64>,
}

/// Forecasts every series of `set`.
///
/// What is divided into parts is reconciled where the measure adds up, so that the parts' forecasts are the
/// whole's. The result does not depend on the number of threads.
///
/// # Errors
/// A horizon or level out of range. A series that no model fits gets a naive forecast and a note.
pub fn forecast(set: &SeriesSet, options: &Options) -> Result<Forecasts> {
    checked_levels(&options.levels)?;
    Fit::new(set, options)?.forecast(options)
}

impl Fit<'_> {
    /// Forecasts every series; see [`forecast`].
    ///
    /// # Errors
    /// A horizon or level out of range.
    pub fn forecast(&self, options: &Options) -> Result<Forecasts> {
        let Self { set, fits, .. } = self;
        let horizon = horizon_of(set, options)?;
        let asked = Asked { levels: checked_levels(&options.levels)?, target: options.target };
        let mut plan: Vec<Forecast> = fits.iter().map(|fit| fit.forecast(horizon)).collect();
        let mut notes = set.notes.clone();
        notes.extend(reconcile::reconcile(set, fits, &mut plan)?);
        let series = (0..fits.len())
            .into_par_iter()
            .map(|at| {
                // A stream of its own for each series.
                let seed = options.seed ^ ((at as u64) << 32);
                of_series(&set.series[at], &fits[at], &plan[at], &asked, seed)
            })
            .collect::<Result<_>>()?;
        Ok(Forecasts {
            period: set.period,
            levels: options.levels.clone(),
            target: options.target,
            series,
            notes,
        })
    }
}

/// Fits every series: what its drivers and, for days, the season of the year leave goes to the ensemble.
fn fit_all(set: &SeriesSet, options: &Options, horizon: usize) -> Result<Vec<DrivenFit>> {
    let views = views(set)?;
    let ensemble = options.model.ensemble();
    let year = options.model.year_of(set.period);
    if options.drivers.is_empty() && year.is_none() {
        let fits = ensemble.fit_all(&views);
        return Ok(fits
            .into_iter()
            .zip(&views)
            .map(|(fit, view)| DrivenFit::of(fit, view))
            .collect());
    }
    views
        .par_iter()
        .zip(&set.series)
        .map(|(view, history)| {
            let drivers = options.drivers.of(history, set.period, horizon)?;
            Driven::new(&ensemble, &drivers).year(year).fit(view).map_err(Error::from_model)
        })
        .collect()
}

/// What is asked of every series.
struct Asked {
    /// Probabilities of the intervals.
    levels: Vec<f64>,
    target: Option<f64>,
}

fn of_series(
    history: &History,
    fit: &DrivenFit,
    forecast: &Forecast,
    asked: &Asked,
    seed: u64,
) -> Result<SeriesForecast> {
    let horizon = forecast.mean.len();
    let paths = Paths::simulate(fit, horizon, PATHS, seed).map_err(Error::from_model)?;
    let intervals = asked
        .levels
        .iter()
        .map(|level| {
            // The mixture of a demand and none is far from normal.
            let interval = if is_intermittent(fit) {
                paths.interval(*level)
            } else {
                intervals::calibrated(forecast, *level)
            };
            Ok(floored(interval.map_err(Error::from_model)?, fit))
        })
        .collect::<Result<Vec<Interval>>>()?;
    let mut notes = fit.notes();
    if history.filled > 0 {
        notes.push(format!(
            "{} of {} periods have no value: filled on the line between their neighbours",
            history.filled,
            history.values.len()
        ));
    }
    Ok(SeriesForecast {
        name: history.name.clone(),
        first: history.next(),
        total: total(forecast, &fit.forecast(horizon), &paths, asked, fit.floor())?,
        mean: forecast.mean.clone(),
        intervals,
        model: fit.name().to_owned(),
        notes,
    })
}

/// The sum over the horizon: simulated sums, moved to the forecast and spread like calibrated intervals; where
/// the forecast was reconciled, as much narrower or wider as its periods became.
fn total(
    forecast: &Forecast,
    base: &Forecast,
    paths: &Paths,
    asked: &Asked,
    floor: Option<f64>,
) -> Result<Total> {
    let expected: f64 = forecast.mean.iter().sum();
    let sums: Vec<f64> = paths.paths().iter().map(|path| path.iter().sum()).collect();
    let centre = sums.iter().map(|sum| sum / sums.len() as f64).sum::<f64>();
    let width = match (&forecast.variance, &base.variance) {
        (Some(after), Some(before)) if before[0] > 0.0 => (after[0] / before[0]).sqrt(),
        _ => 1.0,
    };
    let sums: Vec<f64> = sums.into_iter().map(|sum| expected + width * (sum - centre)).collect();
    let spread = sums.iter().map(|sum| (sum - expected).powi(2) / sums.len() as f64).sum::<f64>();
    let whole = Forecast { mean: vec![expected], variance: Some(vec![spread.min(f64::MAX)]) };
    let bounds = asked
        .levels
        .iter()
        .map(|level| {
            let bounds = intervals::calibrated(&whole, *level).map_err(Error::from_model)?;
            let bounds = match floor {
                Some(floor) => bounds.at_least(floor),
                None => bounds,
            };
            Ok((bounds.lower[0], bounds.upper[0]))
        })
        .collect::<Result<_>>()?;
    let reached = asked.target.map(|target| {
        let reached = sums.iter().filter(|sum| **sum >= target).count();
        reached as f64 / sums.len() as f64
    });
    Ok(Total { mean: expected, bounds, reached })
}

fn is_intermittent(fit: &DrivenFit) -> bool {
    fit.ensemble().notes().iter().any(|note| matches!(note, Note::Intermittent { .. }))
}

fn floored(interval: Interval, fit: &DrivenFit) -> Interval {
    match fit.floor() {
        Some(floor) => interval.at_least(floor),
        None => interval,
    }
}

/// The series as the models see them.
fn views(set: &SeriesSet) -> Result<Vec<Series<'_>>> {
    set.series
        .iter()
        .map(|history| {
            Series::new(&history.values, set.period.season())
                .map_err(|error| Error::data(format!("series `{}`: {error}", history.name)))
        })
        .collect()
}

fn horizon_of(set: &SeriesSet, options: &Options) -> Result<usize> {
    horizon_of_period(set.period, options)
}

fn horizon_of_period(period: Period, options: &Options) -> Result<usize> {
    let horizon = options.horizon.unwrap_or_else(|| period.usual_horizon());
    if (1..=FARTHEST).contains(&horizon) {
        return Ok(horizon);
    }
    Err(Error::usage(format!("a horizon of {horizon} periods is not within 1 to {FARTHEST}")))
}

fn checked_levels(levels: &[u8]) -> Result<Vec<f64>> {
    if let Some(level) = levels.iter().find(|level| !(1..=99).contains(*level)) {
        return Err(Error::usage(format!("a level of {level} % is not within 1 to 99")));
    }
    if let Some(at) = (1..levels.len()).find(|at| levels[..*at].contains(&levels[*at])) {
        return Err(Error::usage(format!("the level {} is given twice", levels[at])));
    }
    Ok(levels.iter().map(|level| f64::from(*level) / 100.0).collect())
}

impl Forecasts {
    /// The length of a period.
    pub fn period(&self) -> Period {
        self.period
    }

    /// The forecasts, in the order of the set.
    pub fn series(&self) -> &[SeriesForecast] {
        &self.series
    }

    /// What was decided about all of them, a sentence each.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}
