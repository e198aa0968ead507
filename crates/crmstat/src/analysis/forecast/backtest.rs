//! Rolling origins: how good would each model have been on each series?

use super::{Choice, Options, SeriesSet, checked_levels, horizon_of, views};
use crate::{Error, Result};
use crmstat_models::forecast::{
    Model, Series,
    accuracy::{Accuracy, coverage},
    backtest::{Backtest, Backtested},
    drivers::Driven,
    intervals,
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
/// the seasonal naive forecast. What is known ahead helps the chosen model alone, with what was known of it at
/// each origin.
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
    let year = options.model.year_of(set.period);

    let mut notes = set.notes.clone();
    let mut rows = Vec::new();
    let (mut short, mut reason) = (0_usize, None);
    for (history, series) in set.series.iter().zip(views(set)?) {
        let drivers = options.drivers.of(history, set.period, 0)?;
        // Only the chosen model gets what is known ahead and the season of the year.
        let chosen = Driven::new(&ensembles[0], &drivers).year(year);
        for (place, choice) in models.iter().enumerate() {
            let model: &dyn Model = if place == 0 { &chosen } else { &ensembles[place] };
            match run.run(model, &series) {
                Ok(backtested) => {
                    rows.push(evaluate(&history.name, choice, &backtested, &series, &levels)?);
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

fn evaluate(
    name: &str,
    choice: &Choice,
    backtested: &Backtested,
    series: &Series<'_>,
    levels: &[f64],
) -> Result<Evaluation> {
    let origins = &backtested.origins;
    let coverage = levels
        .iter()
        .map(|level| {
            let mut covered = 0.0;
            for origin in origins {
                let mut interval = intervals::calibrated(&origin.forecast, *level)?;
                if series.head(origin.seen).values().iter().all(|value| *value >= 0.0) {
                    interval = interval.at_least(0.0);
                }
                covered += coverage(&origin.actual, &interval.lower, &interval.upper)?;
            }
            Ok(Some(covered / origins.len() as f64))
        })
        .collect::<Result<_, crmstat_models::Error>>()
        .map_err(Error::from_model)?;
    let errors: Vec<f64> = backtested.errors().concat();
    let squares: f64 = errors.iter().map(|error| error * error).sum();
    Ok(Evaluation {
        series: Some(name.to_owned()),
        model: choice.name().to_owned(),
        folds: origins.len(),
        accuracy: backtested.accuracy(),
        rmse: Some((squares / errors.len() as f64).sqrt()),
        skill: backtested.skill(),
        coverage,
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
