//! Both forecasts from one instant, and how good they were.

use super::{DealFlow, Options, Part};
use crate::{Error, Result};
use crmstat_models::forecast::{
    Fitted, Series,
    ensemble::EnsembleFit,
    intervals::Paths,
    pipeline::{Outlook, PipelineFit},
};

/// What is forecast at one instant, by the pipeline and by the series of won amounts.
pub(super) struct Origin {
    /// The number of the period that holds it.
    pub(super) current: i32,
    pub(super) cutoff: f64,
    pub(super) pipeline: PipelineFit,
    pub(super) outlook: Outlook,
    /// What was won in the complete periods before it.
    pub(super) history: Vec<f64>,
    series: EnsembleFit,
    series_mean: Vec<f64>,
    series_paths: Paths,
}

/// Paths where only means are wanted.
const PATHS_OF_MEANS: usize = 400;

impl Origin {
    /// Forecasts `horizon` periods by what was known before `cutoff`.
    pub(super) fn at(
        flow: &DealFlow,
        cutoff: f64,
        horizon: usize,
        options: &Options,
        paths: usize,
    ) -> Result<Self> {
        let current = flow.period.number(crate::Date::from_days(cutoff.floor() as i32));
        let pipeline = flow.fit(cutoff, current, horizon)?;
        let first = flow.first_won(cutoff).filter(|first| *first < current);
        let Some(first) = first else {
            let name = flow.period.name();
            return Err(Error::data(format!(
                "no complete {name} has a won deal before the cutoff"
            ))
            .with_hint("choose a shorter `--period`"));
        };
        let history = flow.won(first..current, cutoff);
        let series = Series::new(&history, flow.period.season()).map_err(Error::from_model)?;
        let series = options.model.ensemble().fit(&series);
        Ok(Self {
            current,
            cutoff,
            outlook: pipeline.simulate(horizon, paths, options.seed).map_err(Error::from_model)?,
            series_mean: series.forecast(horizon).mean,
            series_paths: Paths::simulate(&series, horizon, paths, options.seed)
                .map_err(Error::from_model)?,
            pipeline,
            history,
            series,
        })
    }

    pub(super) fn horizon(&self) -> usize {
        self.series_mean.len()
    }

    /// What fits the series of won amounts.
    pub(super) fn series_name(&self) -> &str {
        self.series.name()
    }

    /// Whether the first period has begun before the cutoff.
    pub(super) fn has_begun(&self, flow: &DealFlow) -> bool {
        flow.start_of(self.current) < self.cutoff
    }

    fn won_so_far(&self, flow: &DealFlow) -> f64 {
        flow.won(self.current..self.current + 1, self.cutoff)[0]
    }

    /// What every period's forecast is made of.
    pub(super) fn parts(&self, flow: &DealFlow) -> Vec<Part> {
        let won = self.won_so_far(flow);
        (0..self.horizon())
            .map(|at| Part {
                won: if at == 0 { won } else { 0.0 },
                from_open: self.outlook.from_open()[at],
                from_new: self.outlook.from_new()[at],
                series: self.series_mean[at],
            })
            .collect()
    }

    /// Paths of whole periods, what was won so far included.
    pub(super) fn pipeline_paths(&self, flow: &DealFlow) -> Vec<Vec<f64>> {
        let won = self.won_so_far(flow);
        let mut paths = self.outlook.paths().paths().to_vec();
        for path in &mut paths {
            path[0] += won;
        }
        paths
    }

    /// Paths of the series of won amounts.
    pub(super) fn series(&self) -> &Paths {
        &self.series_paths
    }
}

/// The last `count` period starts before `end` at which a forecast was possible, the earliest first.
pub(super) fn before(
    flow: &DealFlow,
    end: i32,
    count: usize,
    horizon: usize,
    options: &Options,
) -> Vec<Origin> {
    let starts = (flow.first + 1..end).rev().take(count);
    let mut origins: Vec<Origin> = starts
        .filter_map(|number| {
            let ahead = horizon.min((end - number) as usize);
            Origin::at(flow, flow.start_of(number), ahead, options, PATHS_OF_MEANS).ok()
        })
        .collect();
    origins.reverse();
    origins
}

/// What past errors say about both forecasts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Skill {
    /// The weight of the pipeline; the rest is the series'.
    pub(super) weight: f64,
    /// How much wider than the paths the errors of the combination were, in each period ahead.
    pub(super) stretch: Vec<f64>,
    /// The same of the sum over the horizon.
    pub(super) of_sum: f64,
    /// The number of origins whose errors were known.
    pub(super) origins: usize,
}

/// Errors as wide as the paths said (for one period ahead: as all were) that are taken for granted, so that a few
/// lucky or unlucky ones do not decide.
const PRIOR_ERRORS: f64 = 2.0;

/// Fewer periods before an origin do not show how well a series of them is forecast.
const LEAST_HISTORY: usize = 4;

/// Student's distribution has a variance above two degrees of freedom only.
const LEAST_FREEDOM: f64 = 3.0;

/// The skill over `horizon` periods by the errors that were known at `until`; where there are none, equal weights
/// and the spread that the prior leaves open.
pub(super) fn skill<'a>(
    origins: impl IntoIterator<Item = &'a Origin>,
    flow: &DealFlow,
    horizon: usize,
    until: f64,
) -> Skill {
    // Of every period ahead, and of all of them that are known together.
    let (mut past, mut sums): (Vec<(usize, Both)>, Vec<Both>) = (Vec::new(), Vec::new());
    let mut known_origins = 0;
    for origin in origins.into_iter().filter(|origin| origin.history.len() >= LEAST_HISTORY) {
        let periods = origin.current..origin.current + origin.horizon() as i32;
        let known = periods.clone().take_while(|number| flow.start_of(number + 1) <= until).count();
        if known == 0 {
            continue;
        }
        known_origins += 1;
        let actual = flow.won(periods, until);
        let parts = origin.parts(flow);
        let of = |range: std::ops::Range<usize>| {
            let spread = |paths: &Paths| {
                deviation(paths.paths().iter().map(|path| path[range.clone()].iter().sum::<f64>()))
            };
            let error = |said: &dyn Fn(&Part) -> f64| {
                range.clone().map(|at| said(&parts[at]) - actual[at]).sum::<f64>()
            };
            Both {
                pipeline: error(&|part| part.from_open + part.from_new),
                of_pipeline: spread(origin.outlook.paths()),
                series: error(&|part| part.series),
                of_series: spread(&origin.series_paths),
            }
        };
        past.extend((0..known).map(|at| (at, of(at..at + 1))));
        sums.push(of(0..known));
    }
    let weight = weight(past.iter().map(|(_, both)| both), known_origins);
    let ratios: Vec<(usize, f64)> =
        past.iter().filter_map(|(at, both)| Some((*at, both.ratio(weight)?))).collect();
    let towards = |prior: f64, ratios: &[f64]| {
        (PRIOR_ERRORS * prior + ratios.iter().sum::<f64>()) / (PRIOR_ERRORS + ratios.len() as f64)
    };
    let overall = towards(1.0, &ratios.iter().map(|(_, ratio)| *ratio).collect::<Vec<_>>());
    // The spread of few errors is uncertain itself: Student's variance, the errors of one origin being one.
    let freedom = f64::max(known_origins as f64, LEAST_FREEDOM);
    let student = freedom / (freedom - 2.0);
    let of_period = |ahead: usize| {
        let those = ratios.iter().filter(|(at, _)| *at == ahead).map(|(_, ratio)| *ratio);
        (student * towards(overall, &those.collect::<Vec<_>>())).sqrt()
    };
    let of_sums: Vec<f64> = sums.iter().filter_map(|both| both.ratio(weight)).collect();
    Skill {
        weight,
        stretch: (0..horizon).map(of_period).collect(),
        of_sum: (student * towards(overall, &of_sums)).sqrt(),
        origins: known_origins,
    }
}

/// The errors of both forecasts of one number, forecast minus observation, and the standard deviations that they gave.
struct Both {
    pipeline: f64,
    of_pipeline: f64,
    series: f64,
    of_series: f64,
}

impl Both {
    /// The squared error of the combination over the variance of the mixture of both; `None` where that is zero.
    fn ratio(&self, weight: f64) -> Option<f64> {
        let error = weight * self.pipeline + (1.0 - weight) * self.series;
        let within = weight * self.of_pipeline.powi(2) + (1.0 - weight) * self.of_series.powi(2);
        let apart = weight * (1.0 - weight) * (self.pipeline - self.series).powi(2);
        let variance = within + apart;
        (variance > 0.0).then(|| error * error / variance)
    }
}

/// The weight of the pipeline with the least expected squared error (Bates and Granger 1969, eq. 2.1); errors of both
/// on the same side, which leave less to gain from the worse one, count as far as there are origins.
#[expect(clippy::needless_pass_by_value, reason = "an iterator is handed over")]
fn weight<'a>(past: impl Iterator<Item = &'a Both> + Clone, origins: usize) -> f64 {
    let sum = |of: fn(&Both) -> f64| past.clone().map(of).sum::<f64>();
    let pipeline = sum(|both| both.pipeline * both.pipeline);
    let series = sum(|both| both.series * both.series);
    let known = origins as f64;
    let shared = sum(|both| both.pipeline * both.series) * known / (known + PRIOR_ORIGINS);
    let both = pipeline + series - 2.0 * shared;
    if both > 0.0 { ((series - shared) / both).clamp(0.0, 1.0) } else { 0.5 }
}

/// Origins at which errors are taken to be independent.
const PRIOR_ORIGINS: f64 = 6.0;

/// The standard deviation of at least one value.
fn deviation(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let count = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / count;
    (values.map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt()
}
