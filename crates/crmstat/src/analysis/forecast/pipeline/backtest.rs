//! The pipeline's past forecasts beside the series' and the rule of stage weights.

use super::{Combined, DealFlow, Options, Origin, SKILL_ORIGINS, Skill, origin};
use crate::{
    Error, Result,
    analysis::forecast::{Evaluation, Evaluations, Plan, checked_levels, horizon_of_period},
};
use crmstat_models::forecast::{
    Fitted, Series,
    accuracy::{Accuracy, coverage},
    baseline::Baseline,
    intervals::{Interval, Paths},
};

/// Paths of one origin: quantiles of 2.5 % rest on 25.
const PATHS: usize = 1_000;

/// What one model said at one origin.
struct Said {
    mean: Vec<f64>,
    /// The intervals of the levels; none where the model has none.
    intervals: Vec<Interval>,
}

/// The models, the combination first.
const MODELS: [&str; 5] = ["combined", "pipeline", "series", "stage-weight", "seasonal-naive"];

/// Forecasts the past of `flow` from period starts, with what was known at each of them: by the pipeline, the
/// series of won amounts, the two combined by the errors known then, the rule of stage weights and the
/// seasonal naive forecast.
///
/// # Errors
/// A plan, horizon or level out of range, or no origin at which the pipeline can be forecast.
pub fn backtest_pipeline(flow: &DealFlow, options: &Options, plan: Plan) -> Result<Evaluations> {
    let horizon = horizon_of_period(flow.period, options)?;
    let levels = checked_levels(&options.levels)?;
    if plan.origins == 0 || plan.step == 0 {
        return Err(Error::usage(
            "a backtest needs at least one origin and a step of at least one",
        ));
    }
    let ahead = horizon.saturating_add(plan.gap);
    let last = flow.current - i32::try_from(ahead).unwrap_or(i32::MAX).min(i32::MAX / 2);
    let mut notes = flow.notes.clone();
    let mut reason = None;
    let mut origins: Vec<Origin> = Vec::new();
    for number in (flow.first + 1..=last).rev().step_by(plan.step).take(plan.origins) {
        match Origin::at(flow, flow.start_of(number), ahead, options, PATHS) {
            Ok(origin) => origins.push(origin),
            Err(error) => reason = Some(error),
        }
    }
    origins.reverse();
    let Some(first) = origins.first() else {
        let reason = reason.map_or("the deals span too few periods".to_owned(), |e| e.to_string());
        return Err(Error::data(format!("no origin can be backtested: {reason}"))
            .with_hint("shorten `--horizon`"));
    };
    // Skill that was known at the first origin already.
    let earlier = origin::before(flow, first.current, SKILL_ORIGINS, ahead, options);
    let mut said: Vec<[Said; 5]> = Vec::new();
    let mut weights = Vec::new();
    for (place, now) in origins.iter().enumerate() {
        let known = earlier.iter().chain(&origins[..place]);
        let skill = origin::skill(known, flow, ahead, now.cutoff);
        weights.push(skill.weight);
        said.push(speak(flow, now, &skill, &levels)?);
    }
    notes.push(format!(
        "{} origins from {} to {}; the pipeline counted for {:.0} % on average",
        origins.len(),
        flow.period.first_day(first.current),
        flow.period.first_day(origins[origins.len() - 1].current),
        100.0 * weights.iter().sum::<f64>() / weights.len() as f64
    ));
    let naive = errors(flow, &origins, &said, 4, plan.gap).iter().map(|e| e.abs()).sum::<f64>();
    let rows = (0..MODELS.len())
        .map(|model| evaluate(flow, &origins, &said, model, plan.gap, naive))
        .collect::<Result<_>>()?;
    Ok(Evaluations { levels: options.levels.clone(), rows, notes })
}

/// What every model says at an origin.
fn speak(flow: &DealFlow, now: &Origin, skill: &Skill, levels: &[f64]) -> Result<[Said; 5]> {
    let of_paths = |mean: Vec<f64>, paths: &Paths| {
        let intervals: Result<Vec<Interval>, _> =
            levels.iter().map(|level| paths.interval(*level)).collect();
        Ok::<_, Error>(Said { mean, intervals: intervals.map_err(Error::from_model)? })
    };
    let combined = Combined::of(now, flow, skill)?;
    let horizon = now.horizon();
    let rule = flow.by_stage_weight(&now.pipeline, now.cutoff, now.current, horizon)?;
    let series = Series::new(&now.history, flow.period.season()).map_err(Error::from_model)?;
    let naive = Baseline::SeasonalNaive.fit(&series).forecast(horizon).mean;
    let series_mean = now.parts(flow).iter().map(|part| part.series).collect();
    Ok([
        of_paths(combined.mean, &combined.paths)?,
        of_paths(now.outlook.mean(), now.outlook.paths())?,
        of_paths(series_mean, now.series())?,
        Said { mean: rule, intervals: Vec::new() },
        Said { mean: naive, intervals: Vec::new() },
    ])
}

/// The periods behind the gap, and what was won in them.
fn actual(flow: &DealFlow, origin: &Origin, gap: usize) -> Vec<f64> {
    let end = origin.current + origin.horizon() as i32;
    flow.won(origin.current + gap as i32..end, flow.cutoff)
}

/// Observation minus forecast of `model` at all origins.
fn errors(
    flow: &DealFlow,
    origins: &[Origin],
    said: &[[Said; 5]],
    model: usize,
    gap: usize,
) -> Vec<f64> {
    let of_origin = |(origin, said): (&Origin, &[Said; 5])| -> Vec<f64> {
        let actual = actual(flow, origin, gap);
        actual.iter().zip(&said[model].mean[gap..]).map(|(y, f)| y - f).collect()
    };
    origins.iter().zip(said).flat_map(of_origin).collect()
}

fn evaluate(
    flow: &DealFlow,
    origins: &[Origin],
    said: &[[Said; 5]],
    model: usize,
    gap: usize,
    naive: f64,
) -> Result<Evaluation> {
    let errors = errors(flow, origins, said, model, gap);
    let levels = said[0][model].intervals.len();
    let mut covered = vec![0.0; levels];
    let mut measures = Vec::new();
    for (origin, said) in origins.iter().zip(said) {
        let Said { mean, intervals } = &said[model];
        let actual = actual(flow, origin, gap);
        let series =
            Series::new(&origin.history, flow.period.season()).map_err(Error::from_model)?;
        let measured = Accuracy::of(&series, &actual, &mean[gap..]).map_err(Error::from_model)?;
        measures.push(measured);
        for (covered, interval) in covered.iter_mut().zip(intervals) {
            *covered += coverage(&actual, &interval.lower[gap..], &interval.upper[gap..])
                .map_err(Error::from_model)?
                / origins.len() as f64;
        }
    }
    let mean = |of: &dyn Fn(&Accuracy) -> Option<f64>| {
        let all: Vec<f64> = measures.iter().filter_map(of).collect();
        (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64)
    };
    let squares: f64 = errors.iter().map(|error| error * error).sum();
    let absolute: f64 = errors.iter().map(|error| error.abs()).sum();
    let coverage = covered.into_iter().map(Some);
    Ok(Evaluation {
        series: Some(crate::analysis::forecast::series::TOTAL.to_owned()),
        model: MODELS[model].to_owned(),
        folds: origins.len(),
        accuracy: Accuracy {
            mase: mean(&|one| one.mase),
            rmsse: mean(&|one| one.rmsse),
            smape: mean(&|one| Some(one.smape)).unwrap_or(0.0),
            bias: mean(&|one| one.bias),
        },
        rmse: Some((squares / errors.len() as f64).sqrt()),
        skill: (naive > 0.0).then(|| 1.0 - absolute / naive),
        coverage: coverage
            .chain(std::iter::repeat(None))
            .take(said[0][0].intervals.len())
            .collect(),
    })
}
