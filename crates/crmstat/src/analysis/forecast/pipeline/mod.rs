//! The pipeline forecast: what will open deals bring, and deals that do not exist yet?
//!
//! Deals are taken as they were at the cutoff, never as they are today ([`DealFlow`]); the model is
//! [`crmstat_models::forecast::pipeline`]. Beside it stands the forecast of the series of won amounts. The two
//! are combined by how each did at the last period starts: with the weights of the least squared error (J. Bates, C.
//! Granger, Operational Research Quarterly 20, 1969, eq. 2.1). Their distributions are mixed with the same weights, so
//! that an interval holds both where they disagree; then the values are moved away from the mean as far as those errors
//! went, one, two … periods ahead and in sum, beyond what the mixture had promised, with Student's variance for what so
//! few errors leave open. In a first period that has begun already the pipeline stands alone: it knows
//! what was won so far.
//!
//! - *the stage* at the cutoff comes from the history of stages; without one it is unknown;
//! - *owner, product, source, region, channel, pipeline* are taken not to change while a deal is open;
//! - *amounts* are those of the export; where only won deals have one, an open deal is worth what won deals
//!   of its product were.
//!
//! On 100 generated teams, three months ahead from four starts of a quarter each, 77.2 % of the 1,200 months are
//! within the 80 % interval, with a standard error of 1.6 points over teams.
//!
//! Divided by a column of deals ([`PipelineQuery::by`]) every path is the sum of its groups', and what the
//! series adds is divided among them as the pipeline is, so that groups add up to the total in every period.
//!
//! On the 8,300 dated deals of Maven's "CRM Sales Opportunities" a backtest from the starts of May to October
//! 2017, three months ahead each, has a root mean squared error of 330,000 for the combination, 301,000 for the
//! pipeline alone, 482,000 for the series and 993,000 for the rule of stage weights, of months of about a million
//! (`crmstat forecast sales_pipeline.csv --pipeline --horizon 3 --backtest --origins 6`).

mod backtest;
mod divide;
mod flow;
mod origin;
mod tables;
#[cfg(test)]
mod tests;
mod weight;

pub use backtest::backtest_pipeline;
pub use flow::DealFlow;
pub(in crate::analysis) use flow::TRAITS;

use super::{Forecasts, Options, Period, SeriesForecast, Total, checked_levels, horizon_of_period};
use crate::{AsOf, Date, Error, Result, data::ColumnKey};
use crmstat_models::forecast::intervals::{Outcome, Paths};
use origin::{Origin, Skill};

/// Which deals exist, and how time is cut.
#[derive(Clone, Debug, Default)]
pub struct PipelineQuery {
    /// The length of a period.
    pub period: Period,
    /// Deals, closes and stages from this day on do not exist; `None` is the day after the last event.
    pub as_of: Option<AsOf>,
    /// The column by which the forecast is divided, as it was read by
    /// [`Deals::read_columns`](crate::data::Deals::read_columns). The pipeline, owner, product, source, region and
    /// channel of a deal also tell its odds; any other column divides the forecast and changes nothing of it.
    pub by: Option<ColumnKey>,
}

/// The forecast of a pipeline.
#[derive(Clone, Debug)]
pub struct PipelineForecast {
    /// The combination, and the groups it is divided into.
    forecasts: Forecasts,
    /// Of every series, by period.
    parts: Vec<Vec<Part>>,
    weight: f64,
    open: Vec<OpenDeal>,
}

/// What one period's forecast is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// What is won already, in a period that has begun.
    pub won: f64,
    /// What open deals bring.
    pub from_open: f64,
    /// What deals bring that are created later.
    pub from_new: f64,
    /// What the series of won amounts says.
    pub series: f64,
}

/// An open deal and what is expected of it over the horizon.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenDeal {
    /// Its place in the table of deals.
    pub row: usize,
    /// The day it was created.
    pub created: Date,
    /// Its age in days.
    pub age_days: f64,
    /// What it brings if it is won.
    pub amount: f64,
    /// The probability to be won within the horizon.
    pub won: f64,
    /// The probability to be lost within the horizon.
    pub lost: f64,
    /// The period in which it is most likely won; `None` where that cannot be.
    pub period: Option<Date>,
}

/// Paths of a forecast: quantiles of 2.5 % rest on 50.
const PATHS: usize = 2_000;

/// Period starts at which past skill is measured.
const SKILL_ORIGINS: usize = 12;

/// Forecasts what `flow` brings in each period, from the one that holds the instant of observation.
///
/// # Errors
/// A horizon or level out of range; too few closed deals, or no complete period in which any was won.
pub fn forecast_pipeline(flow: &DealFlow, options: &Options) -> Result<PipelineForecast> {
    let horizon = horizon_of_period(flow.period, options)?;
    let levels = checked_levels(&options.levels)?;
    let now = Origin::at(flow, flow.cutoff, horizon, options, PATHS)?;
    let past = origin::before(flow, flow.current, SKILL_ORIGINS, horizon, options);
    let skill = origin::skill(&past, flow, horizon, flow.cutoff);
    let combined = Combined::of(&now, flow, &skill)?;

    let mut notes = flow.notes.clone();
    notes.push(match skill.origins {
        0 => "the pipeline and the series of won amounts count alike: their past errors are not yet known".to_owned(),
        origins => format!(
            "the pipeline counts for {:.0} %, the series of won amounts for {:.0} %, by their errors at {origins} past \
             period starts",
            100.0 * skill.weight,
            100.0 * (1.0 - skill.weight),
        ),
    });
    let said = Said {
        first: flow.current,
        levels: &levels,
        target: options.target,
        model: format!("pipeline + {}", now.series_name()),
    };
    let mut series = vec![said.series(super::series::TOTAL, &combined)?];
    let mut parts = vec![now.parts(flow)];
    if let Some(division) = &flow.division {
        for group in divide::divide(flow, division, &now, &combined, options)? {
            series.push(said.series(&group.name, &group.forecast)?);
            parts.push(group.parts);
        }
    }
    Ok(PipelineForecast {
        forecasts: Forecasts {
            period: flow.period,
            levels: options.levels.clone(),
            target: options.target,
            series,
            notes,
        },
        parts,
        weight: skill.weight,
        open: open_deals(flow, &now, horizon)?,
    })
}

/// The open deals, those that bring most first.
fn open_deals(flow: &DealFlow, now: &Origin, horizon: usize) -> Result<Vec<OpenDeal>> {
    let prospects = now.pipeline.prospects(horizon).map_err(Error::from_model)?;
    let is_open = |place: &usize| flow.deals[*place].is_open_at(flow.cutoff);
    let places = (0..flow.deals.len()).filter(is_open);
    let mut open: Vec<OpenDeal> = places
        .zip(prospects)
        .map(|(place, prospect)| {
            let deal = &flow.deals[place];
            let likeliest = (0..horizon)
                .rev()
                .max_by(|left, right| prospect.won[*left].total_cmp(&prospect.won[*right]));
            let won: f64 = prospect.won.iter().sum();
            OpenDeal {
                row: flow.rows[place],
                created: Date::from_days(deal.created.floor() as i32),
                age_days: flow.cutoff - deal.created,
                amount: prospect.amount,
                won,
                lost: prospect.lost.iter().sum(),
                period: likeliest
                    .filter(|_| won > 0.0)
                    .map(|at| flow.period.first_day(flow.current + at as i32)),
            }
        })
        .collect();
    // Equal ones stay in the order of their ids.
    open.sort_by(|left, right| (right.won * right.amount).total_cmp(&(left.won * left.amount)));
    Ok(open)
}

/// The pipeline and the series as one forecast, or a group's part of it.
struct Combined {
    mean: Vec<f64>,
    /// Of the whole sorted in each period, so that a quantile is the mean of both quantiles.
    paths: Paths,
    /// The sums over the horizon, of the whole sorted.
    sums: Vec<f64>,
}

impl Combined {
    fn of(origin: &Origin, flow: &DealFlow, skill: &Skill) -> Result<Self> {
        let begun = origin.has_begun(flow);
        let weight_of = |at: usize| if at == 0 && begun { 1.0 } else { skill.weight };
        let parts = origin.parts(flow);
        let mean: Vec<f64> = parts
            .iter()
            .enumerate()
            .map(|(at, part)| {
                let (weight, pipeline) = (weight_of(at), part.won + part.from_open + part.from_new);
                weight * pipeline + (1.0 - weight) * part.series
            })
            .collect();
        let (pipeline, series) = (origin.pipeline_paths(flow), origin.series().paths());
        let columns: Vec<Vec<f64>> = (0..mean.len())
            .map(|at| {
                let column = |paths: &[Vec<f64>]| paths.iter().map(|path| path[at]).collect();
                let values = mixed(column(&pipeline), column(series), weight_of(at));
                stretched(values, mean[at], skill.stretch[at], parts[at].won)
            })
            .collect();
        // A first period that has begun is the pipeline's in the series' sums, too.
        let known = usize::from(begun);
        let sum = |path: &[f64]| path.iter().sum::<f64>();
        let sums = mixed(
            pipeline.iter().map(|path| sum(path)).collect(),
            pipeline.iter().zip(series).map(|(p, s)| sum(&p[..known]) + sum(&s[known..])).collect(),
            skill.weight,
        );
        let rows = (0..columns[0].len())
            .map(|row| columns.iter().map(|column| column[row]).collect())
            .collect();
        Ok(Self {
            paths: Paths::from_paths(rows).map_err(Error::from_model)?,
            sums: stretched(sums, sum(&mean), skill.of_sum, parts[0].won),
            mean,
        })
    }
}

/// What all series of one forecast share.
struct Said<'a> {
    first: i32,
    levels: &'a [f64],
    target: Option<f64>,
    model: String,
}

impl Said<'_> {
    fn series(&self, name: &str, forecast: &Combined) -> Result<SeriesForecast> {
        let intervals = self.levels.iter().map(|level| forecast.paths.interval(*level));
        Ok(SeriesForecast {
            name: name.to_owned(),
            first: self.first,
            mean: forecast.mean.clone(),
            intervals: intervals.collect::<Result<_, _>>().map_err(Error::from_model)?,
            total: forecast.total(self.levels, self.target)?,
            model: self.model.clone(),
            notes: Vec::new(),
        })
    }
}

impl Combined {
    fn total(&self, levels: &[f64], target: Option<f64>) -> Result<Total> {
        let sums = Outcome::drawn(self.sums.clone());
        let bounds = levels.iter().map(|level| sums.interval(*level));
        Ok(Total {
            mean: self.mean.iter().sum(),
            bounds: bounds.collect::<Result<_, _>>().map_err(Error::from_model)?,
            reached: target.map(|target| sums.reaches(target)),
        })
    }
}

/// The mixture of two samples of one size, as many values of each as its weight says, smallest first.
///
/// Where both agree it is as wide as they are; where they do not it holds both, and not the middle alone.
fn mixed(pipeline: Vec<f64>, series: Vec<f64>, weight: f64) -> Vec<f64> {
    let count = pipeline.len();
    let of_pipeline = (weight * count as f64).round() as usize;
    let mut values = thinned(pipeline, of_pipeline.min(count));
    values.extend(thinned(series, count - of_pipeline.min(count)));
    values.sort_by(f64::total_cmp);
    values
}

/// So many quantiles of a sample, at equal distances.
fn thinned(mut values: Vec<f64>, count: usize) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    (0..count).map(|at| values[(2 * at + 1) * values.len() / (2 * count)]).collect()
}

/// The values moved away from their `centre`, but not below what is won already.
fn stretched(values: Vec<f64>, centre: f64, stretch: f64, least: f64) -> Vec<f64> {
    values.into_iter().map(|value| (centre + stretch * (value - centre)).max(least)).collect()
}

impl PipelineForecast {
    /// The combined forecast: the total, then the groups it is divided into.
    pub fn forecasts(&self) -> &Forecasts {
        &self.forecasts
    }

    /// What each period's forecast is made of, for every series of [`forecasts`](PipelineForecast::forecasts).
    pub fn parts(&self) -> &[Vec<Part>] {
        &self.parts
    }

    /// The weight of the pipeline in the combination; the rest is the series'.
    pub fn weight(&self) -> f64 {
        self.weight
    }

    /// The open deals, those that bring most over the horizon first.
    pub fn open(&self) -> &[OpenDeal] {
        &self.open
    }
}

#[cfg(test)]
mod mixture {
    use super::mixed;

    #[test]
    fn forecasts_that_disagree_are_both_held() {
        let near: Vec<f64> = (0..1000).map(f64::from).collect();
        let far: Vec<f64> = (0..1000).map(|at| 10_000.0 + f64::from(at)).collect();
        let both = mixed(near.clone(), far, 0.6);
        assert_eq!(both.len(), 1000);
        assert_eq!(both.iter().filter(|value| **value < 5_000.0).count(), 600);
        assert!(both[100] < 1_000.0 && both[900] > 10_000.0);
        let same = mixed(near.clone(), near, 0.3);
        assert!((same[500] - 500.0).abs() < 3.0 && same[999] > 990.0);
    }
}
