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
mod fitted;
mod pipeline;
mod pool;
mod reconcile;
mod regression;
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
pub(in crate::analysis) use pipeline::TRAITS;
pub use pipeline::{
    DealFlow, OpenDeal, Part, PipelineForecast, PipelineQuery, backtest_pipeline, forecast_pipeline,
};
pub use series::{History, Measure, Query, SeriesSet};
pub use state::{Fit, State};

use crate::{Error, Result};
use crmstat_models::forecast::{
    Fitted, Forecast, Series,
    drivers::{Driven, DrivenFit},
    ensemble::{Ensemble, Note},
    intervals::{Interval, Outcome, Past, Paths},
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
        notes.extend(farther_than_known(set, horizon));
        notes.extend(reconcile::reconcile(set, fits, &mut plan)?);
        let views = views(set)?;
        let series = (0..fits.len())
            .into_par_iter()
            .map(|at| {
                // A stream of its own for each series.
                let seed = options.seed ^ ((at as u64) << 32);
                of_series(&set.series[at], &views[at], &fits[at], &plan[at], &asked, seed)
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

/// Fits every series.
fn fit_all(set: &SeriesSet, options: &Options, horizon: usize) -> Result<Vec<DrivenFit>> {
    let views = views(set)?;
    let fit = Fitter::new(set.period, options, horizon);
    views.par_iter().zip(&set.series).map(|(view, history)| fit.fit(history, view)).collect()
}

/// How one series is fitted: what its drivers and, for days, the season of the year leave goes to the ensemble; or
/// everything to a regression.
struct Fitter<'a> {
    options: &'a Options,
    period: Period,
    horizon: usize,
    ensemble: Ensemble,
}

impl<'a> Fitter<'a> {
    fn new(period: Period, options: &'a Options, horizon: usize) -> Self {
        Self { options, period, horizon, ensemble: options.model.ensemble() }
    }

    fn fit(&self, history: &History, view: &Series<'_>) -> Result<DrivenFit> {
        let drivers = self.options.drivers.of(history, self.period, self.horizon)?;
        if let Some(method) = regression::method(self.options.model.name()) {
            return Ok(regression::fit(view, &drivers, method, self.horizon));
        }
        let year = self.options.model.year_of(self.period);
        Driven::new(&self.ensemble, &drivers).year(year).fit(view).map_err(Error::from_model)
    }
}

/// What is asked of every series.
struct Asked {
    /// Probabilities of the intervals.
    levels: Vec<f64>,
    target: Option<f64>,
}

fn of_series(
    history: &History,
    view: &Series<'_>,
    fit: &DrivenFit,
    forecast: &Forecast,
    asked: &Asked,
    seed: u64,
) -> Result<SeriesForecast> {
    let horizon = forecast.mean.len();
    let paths = Paths::simulate(fit, horizon, PATHS, seed).map_err(Error::from_model)?;
    let mixture = is_mixture(fit);
    let past = Past::of(fit, view, horizon);
    let intervals = asked
        .levels
        .iter()
        .map(|level| {
            // The mixture of a demand and none is far from normal.
            let interval = if mixture {
                moved(&paths, forecast, fit).and_then(|paths| paths.interval(*level))
            } else {
                past.interval(forecast, *level)
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
        total: total(forecast, fit, &paths, &past, asked)?,
        mean: forecast.mean.clone(),
        intervals,
        model: fit.name().to_owned(),
        notes,
    })
}

/// The sum over the horizon. How its periods move together is simulated; each has the mean and the spread of its
/// forecast. The bounds and the odds of the target are those of one distribution.
fn total(
    forecast: &Forecast,
    fit: &DrivenFit,
    paths: &Paths,
    past: &Past,
    asked: &Asked,
) -> Result<Total> {
    let mean = forecast.mean.iter().sum();
    let outcome = if is_mixture(fit) {
        Outcome::of_sums(&moved(paths, forecast, fit).map_err(Error::from_model)?)
    } else {
        let matched = paths.matched(forecast).map_err(Error::from_model)?;
        let sums = matched.paths().iter().map(|path| path.iter().sum::<f64>() - mean);
        let variance = sums.map(|error: f64| error * error).sum::<f64>() / PATHS as f64;
        past.sum(mean, variance.min(f64::MAX).sqrt(), fit.floor())
    };
    let bounds = asked.levels.iter().map(|level| outcome.interval(*level));
    Ok(Total {
        mean,
        bounds: bounds.collect::<Result<_, _>>().map_err(Error::from_model)?,
        reached: asked.target.map(|target| outcome.reaches(target)),
    })
}

/// Paths of a mixture as they are; where the forecast was reconciled, moved in proportion to it.
fn moved(
    paths: &Paths,
    forecast: &Forecast,
    fit: &DrivenFit,
) -> Result<Paths, crmstat_models::Error> {
    let base = fit.forecast(forecast.mean.len()).mean;
    if base == forecast.mean {
        return Ok(paths.clone());
    }
    let ratio = |(mean, base): (&f64, &f64)| if *base > 0.0 { mean / base } else { 1.0 };
    let ratios: Vec<f64> = forecast.mean.iter().zip(&base).map(ratio).collect();
    let scaled = |path: &Vec<f64>| -> Vec<f64> {
        path.iter().zip(&ratios).map(|(value, ratio)| value * ratio).collect()
    };
    Paths::from_paths(paths.paths().iter().map(scaled).collect())
}

fn is_mixture(fit: &DrivenFit) -> bool {
    fit.ensemble().notes().iter().any(Note::is_mixture)
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

/// What is said of a horizon that is longer than what is known of the past.
fn farther_than_known(set: &SeriesSet, horizon: usize) -> Option<String> {
    let longest = set.series.iter().map(|series| series.values.len()).max()?;
    (horizon > longest).then(|| {
        let period = set.period.name();
        format!(
            "{horizon} periods ahead are more than the {longest} of the longest history: beyond {longest} {period}s nothing in the data speaks for these figures"
        )
    })
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
