//! Rolling origins: how good would each model have been on each series?

use super::{Choice, Fit, Options, SeriesSet, checked_levels, horizon_of, views};
use crate::{Error, Result};
use crmstat_models::forecast::{
    Fitted, Series,
    accuracy::{Accuracy, coverage},
    backtest::{Backtest, Backtested, Origin},
    baseline::Baseline,
    intervals::{self, Interval},
};

/// Which origins to forecast from. The default: five, one period apart, without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The most origins of a series.
    pub origins: usize,
    /// Periods between origins.
    pub step: usize,
    /// Periods between what is known and what is forecast.
    pub gap: usize,
}

impl Default for Plan {
    fn default() -> Self {
        Self { origins: 5, step: 1, gap: 0 }
    }
}

/// One model on one series, or on all.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// The series; `None` is the mean over all.
    pub series: Option<String>,
    /// The model.
    pub model: String,
    /// Origins that were forecast from.
    pub folds: usize,
    /// MASE, RMSSE, sMAPE and bias.
    pub accuracy: Accuracy,
    /// Root mean squared error, in the unit of the series; `None` for all series together.
    pub rmse: Option<f64>,
    /// 1 − error / error of the seasonal naive forecast; above zero is better.
    pub skill: Option<f64>,
    /// The share of observations within the interval of each level; `None` for a model without intervals.
    pub coverage: Vec<Option<f64>>,
}

/// A backtest of several models on all series: the means over all series first, then series by series.
#[derive(Clone, Debug)]
pub struct Evaluations {
    pub(super) levels: Vec<u8>,
    pub(super) rows: Vec<Evaluation>,
    pub(super) notes: Vec<String>,
}

impl Evaluations {
    /// The rows: models within series.
    pub fn rows(&self) -> &[Evaluation] {
        &self.rows
    }

    /// What was decided about all of them, a sentence each.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

/// What the chosen model is compared with, besides itself.
const RIVALS: [&str; 5] = ["seasonal-naive", "ets", "theta", "dotm", "ces"];

/// Forecasts the past of every series by the chosen model, by the members of the standard ensemble and by
/// the seasonal naive forecast. The chosen model's forecasts are those that would have been delivered at each
/// origin: reconciled, with what was known ahead then. The others see each series by itself.
///
/// # Errors
/// A plan, horizon or level out of range, or no series with room for one origin.
pub fn backtest(set: &SeriesSet, options: &Options, plan: Plan) -> Result<Evaluations> {
    let horizon = horizon_of(set, options)?;
    let levels = checked_levels(&options.levels)?;
    let run = Backtest::new(horizon).origins(plan.origins).step(plan.step).gap(plan.gap);
    let chosen = options.model.name();
    let rivals = RIVALS.into_iter().filter(|rival| *rival != chosen);
    let models: Vec<Choice> =
        std::iter::once(chosen).chain(rivals).map(str::parse).collect::<Result<_>>()?;
    let ensembles: Vec<_> = models.iter().map(Choice::ensemble).collect();
    let delivered = delivered(set, options, plan, horizon)?;

    let mut notes = set.notes.clone();
    let mut rows = Vec::new();
    let (mut short, mut reason) = (0_usize, None);
    for ((history, series), past) in set.series.iter().zip(views(set)?).zip(&delivered) {
        if !past.is_empty() {
            rows.push(scored(&history.name, &models[0], past, &levels)?);
        }
        for (choice, ensemble) in models.iter().zip(&ensembles).skip(1) {
            match run.run(ensemble, &series) {
                Ok(backtested) => {
                    let past = of_model(&backtested, &series, &levels)?;
                    rows.push(scored(&history.name, choice, &past, &levels)?);
                }
                Err(error) if error.is_parameter() => return Err(Error::from_model(error)),
                Err(error) => {
                    short += 1;
                    reason = Some(error);
                    break;
                }
            }
        }
    }
    if let Some(error) = reason {
        if rows.is_empty() {
            return Err(Error::data(format!("no series can be backtested: {error}"))
                .with_hint("shorten `--horizon`"));
        }
        notes.push(format!("{short} series are too short for a backtest and left out"));
    }
    let mut all: Vec<Evaluation> = if set.series.len() > 1 {
        models.iter().filter_map(|choice| overall(choice, &rows)).collect()
    } else {
        Vec::new()
    };
    all.append(&mut rows);
    Ok(Evaluations { levels: options.levels.clone(), rows: all, notes })
}

/// One origin of one series: what was forecast and what came.
struct Past {
    actual: Vec<f64>,
    mean: Vec<f64>,
    naive: Vec<f64>,
    /// The bounds, one for each level.
    intervals: Vec<Interval>,
    accuracy: Accuracy,
}

/// What would have been delivered for every series at every origin, the earliest first: with its parts made to add
/// up, what was known ahead, and all other series of the time.
fn delivered(
    set: &SeriesSet,
    options: &Options,
    plan: Plan,
    horizon: usize,
) -> Result<Vec<Vec<Past>>> {
    let mut past: Vec<Vec<Past>> = set.series.iter().map(|_| Vec::new()).collect();
    for back in (0..plan.origins).rev() {
        let (known, places) = set.before(horizon + plan.gap + back * plan.step);
        if places.is_empty() {
            continue;
        }
        let options =
            Options { horizon: Some(horizon + plan.gap), target: None, ..options.clone() };
        let forecasts = Fit::new(&known, &options)?.forecast(&options)?;
        for ((place, forecast), train) in
            places.into_iter().zip(forecasts.series).zip(views(&known)?)
        {
            if train.len() < LEAST_SEEN {
                continue;
            }
            let first = train.len() + plan.gap;
            let actual = &set.series[place].values[first..first + horizon];
            let ahead = |all: &[f64]| all[plan.gap..].to_vec();
            let mean = ahead(&forecast.mean);
            let intervals = forecast.intervals.iter().map(|interval| Interval {
                level: interval.level,
                lower: ahead(&interval.lower),
                upper: ahead(&interval.upper),
            });
            let naive = Baseline::SeasonalNaive.fit(&train).forecast(horizon + plan.gap).mean;
            past[place].push(Past {
                accuracy: Accuracy::of(&train, actual, &mean).map_err(Error::from_model)?,
                actual: actual.to_vec(),
                mean,
                naive: ahead(&naive),
                intervals: intervals.collect(),
            });
        }
    }
    Ok(past)
}

/// The fewest observations that an origin sees.
const LEAST_SEEN: usize = 2;

/// The origins of a model that is fitted to each series by itself.
fn of_model(backtested: &Backtested, series: &Series<'_>, levels: &[f64]) -> Result<Vec<Past>> {
    let interval = |origin: &Origin, level: &f64| {
        let interval = intervals::calibrated(&origin.forecast, *level)?;
        let positive = series.head(origin.seen).values().iter().all(|value| *value >= 0.0);
        Ok(if positive { interval.at_least(0.0) } else { interval })
    };
    let past = |origin: &Origin| {
        let intervals = levels.iter().map(|level| interval(origin, level));
        Ok(Past {
            actual: origin.actual.clone(),
            mean: origin.forecast.mean.clone(),
            naive: origin.naive.clone(),
            intervals: intervals.collect::<Result<_, crmstat_models::Error>>()?,
            accuracy: origin.accuracy,
        })
    };
    let past: Result<Vec<Past>, crmstat_models::Error> =
        backtested.origins.iter().map(past).collect();
    past.map_err(Error::from_model)
}

fn scored(name: &str, choice: &Choice, past: &[Past], levels: &[f64]) -> Result<Evaluation> {
    let folds = past.len() as f64;
    let mean = |of: &dyn Fn(&Accuracy) -> Option<f64>| {
        let all: Vec<f64> = past.iter().filter_map(|origin| of(&origin.accuracy)).collect();
        (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64)
    };
    let of_level = |level: usize| -> Result<Option<f64>, crmstat_models::Error> {
        let mut covered = 0.0;
        for origin in past {
            let interval = &origin.intervals[level];
            covered += coverage(&origin.actual, &interval.lower, &interval.upper)?;
        }
        Ok(Some(covered / folds))
    };
    let errors = |of: fn(&Past) -> &[f64]| {
        past.iter()
            .flat_map(|origin| origin.actual.iter().zip(of(origin)).map(|(y, f)| (y - f).abs()))
            .collect::<Vec<f64>>()
    };
    let (own, naive) = (errors(|origin| &origin.mean), errors(|origin| &origin.naive));
    let squares: f64 = own.iter().map(|error| error * error).sum();
    let of_naive: f64 = naive.iter().sum();
    Ok(Evaluation {
        series: Some(name.to_owned()),
        model: choice.name().to_owned(),
        folds: past.len(),
        accuracy: Accuracy {
            mase: mean(&|accuracy| accuracy.mase),
            rmsse: mean(&|accuracy| accuracy.rmsse),
            smape: mean(&|accuracy| Some(accuracy.smape)).unwrap_or(0.0),
            bias: mean(&|accuracy| accuracy.bias),
        },
        rmse: Some((squares / own.len() as f64).sqrt()),
        skill: (of_naive > 0.0).then(|| 1.0 - own.iter().sum::<f64>() / of_naive),
        coverage: (0..levels.len())
            .map(of_level)
            .collect::<Result<_, _>>()
            .map_err(Error::from_model)?,
    })
}

/// The means of a model over the series where each measure is defined.
fn overall(choice: &Choice, rows: &[Evaluation]) -> Option<Evaluation> {
    let of_model: Vec<&Evaluation> = rows.iter().filter(|row| row.model == choice.name()).collect();
    let mean = |of: &dyn Fn(&Evaluation) -> Option<f64>| {
        let all: Vec<f64> = of_model.iter().filter_map(|row| of(row)).collect();
        (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64)
    };
    let levels = of_model.first()?.coverage.len();
    Some(Evaluation {
        series: None,
        model: choice.name().to_owned(),
        folds: of_model.iter().map(|row| row.folds).sum(),
        accuracy: Accuracy {
            mase: mean(&|row| row.accuracy.mase),
            rmsse: mean(&|row| row.accuracy.rmsse),
            smape: mean(&|row| Some(row.accuracy.smape)).unwrap_or(0.0),
            bias: mean(&|row| row.accuracy.bias),
        },
        rmse: None,
        skill: mean(&|row| row.skill),
        coverage: (0..levels).map(|level| mean(&|row| row.coverage[level])).collect(),
    })
}
