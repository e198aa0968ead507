//! What is saved of a run, so that other deals are scored alike.

use super::{
    columns::{Column, Use},
    past::Past,
    reasons::{Reason, reasons},
};
use crate::{
    AsOf, Error, Result,
    analysis::churn::{Horizon, LearnerKind, Value, frame::Frame, predictor::Predictor},
    data::Texts,
    features::arranged,
    model_file::{self, Kind},
};
use serde::{Deserialize, Serialize};

/// A fitted model: it holds no deal and can be used from any thread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Model {
    horizon: Horizon,
    as_of: String,
    predictor: Predictor,
    timing: Timing,
    facts: Facts,
}

#[derive(Deserialize)]
#[serde(rename = "Model", deny_unknown_fields)]
struct Unchecked {
    horizon: Horizon,
    as_of: String,
    predictor: Predictor,
    timing: Timing,
    facts: Facts,
}

impl TryFrom<Unchecked> for Model {
    type Error = Error;

    fn try_from(read: Unchecked) -> Result<Self> {
        let Unchecked { horizon, as_of, predictor, timing, facts } = read;
        let known = |name: &str| Column::from_name(name).is_some();
        if predictor.schema().is_empty() || !predictor.schema().iter().all(|own| known(&own.name)) {
            return Err(Error::data("its columns are not those of deals"));
        }
        Ok(Self { horizon, as_of, predictor, timing, facts })
    }
}

/// What a model learned from, and how good it was.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The rows: deals, once per moment at which they were open.
    pub rows: usize,
    /// The share of them that were won within the horizon.
    pub base_rate: f64,
    /// The AUC on later moments.
    pub auc: f64,
    /// The Brier score on later moments.
    pub brier: f64,
    /// What a won deal usually brought; what an open one without an amount counts for in the order.
    pub usual_amount: Option<f64>,
}

/// How long open deals that were won took from a moment to the win: medians.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Timing {
    all: f64,
    stages: Vec<(String, f64)>,
}

/// Won rows that a stage needs for a median of its own.
const ENOUGH: usize = 20;

impl Timing {
    /// Of rows that were won: the stage at the moment, and the days from it to the win.
    pub(super) fn of<'a>(won: impl Iterator<Item = (Option<&'a str>, f64)>) -> Self {
        let mut all = Vec::new();
        let mut of_stage = std::collections::BTreeMap::<&str, Vec<f64>>::new();
        for (stage, days) in won {
            all.push(days);
            if let Some(stage) = stage {
                of_stage.entry(stage).or_default().push(days);
            }
        }
        let median = |mut days: Vec<f64>| crmstat_models::rfm::quantile(&mut days, 0.5);
        let stages = of_stage.into_iter().filter(|(_, days)| days.len() >= ENOUGH);
        let stages = stages.filter_map(|(stage, days)| Some((stage.to_owned(), median(days)?)));
        Self { stages: stages.collect(), all: median(all).unwrap_or_default() }
    }

    /// The days in which half of the deals at `stage` that are won are won.
    pub(super) fn days(&self, stage: Option<&str>) -> f64 {
        let own = self.stages.iter().find(|(own, _)| Some(own.as_str()) == stage);
        own.map_or(self.all, |(_, days)| *days)
    }
}

model_file::saved!(Model, Kind::DEALS);

impl Model {
    pub(super) fn new(
        horizon: Horizon,
        as_of: AsOf,
        predictor: Predictor,
        timing: Timing,
        facts: Facts,
    ) -> Self {
        Self { horizon, as_of: as_of.to_string(), predictor, timing, facts }
    }

    /// The days in which a deal is won or not.
    pub fn horizon(&self) -> Horizon {
        self.horizon
    }

    /// The day that it was fitted for.
    pub fn as_of(&self) -> Option<AsOf> {
        self.as_of.parse().ok().map(AsOf::start_of)
    }

    /// What learned.
    pub fn learner(&self) -> LearnerKind {
        self.predictor.kind()
    }

    /// What it learned from.
    pub fn facts(&self) -> Facts {
        self.facts
    }

    /// The names of its columns.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.predictor.schema().iter().map(|schema| schema.name.as_str())
    }

    pub(super) fn predictor(&self) -> &Predictor {
        &self.predictor
    }

    pub(super) fn timing(&self) -> &Timing {
        &self.timing
    }

    /// The deals of `past` that are open at its instant, as the model takes them.
    pub(super) fn frame(&self, past: &Past<'_>, open: &[usize]) -> Result<Frame> {
        let frame = past.frame(past.cutoff(), open, &Use::default());
        let missing = self.columns().find(|name| frame.cells(name).is_none());
        if let Some(name) = missing {
            let table = match Column::from_name(name) {
                Some(Column::Stage | Column::StageDays | Column::StagesEntered) => {
                    "give the history of stages"
                }
                Some(
                    Column::Activities
                    | Column::Activities30d
                    | Column::DaysSinceActivity
                    | Column::FirstActivityDays,
                ) => "give the activities",
                _ => "score deals with the columns that the model was fitted to",
            };
            return Err(Error::data(format!("the model needs `{name}`, which is not there"))
                .with_hint(table));
        }
        let ids: Texts =
            open.iter().map(|deal| past.view.deals.ids().and_then(|ids| ids.get(*deal))).collect();
        frame.in_order_of(self.predictor.schema(), &ids)
    }

    /// Scores one deal by the values of the [columns](Model::columns), in any order: the probability that it is won
    /// within the horizon, and up to three reasons.
    ///
    /// # Errors
    /// A usage error for a column that is not given or of another kind.
    pub fn score_one<S: AsRef<str>>(
        &self,
        values: &[(S, Value<'_>)],
    ) -> Result<(f64, Vec<Reason>)> {
        let values = arranged(self.columns(), values)?;
        let encoded = self.predictor.encode_one(&values)?;
        let probability = self.predictor.probability_of(&encoded).map_err(Error::from_model)?;
        let frame = Frame::of_row(self.predictor.schema(), &values);
        let contributions = self.predictor.contributions().of(&encoded)?;
        Ok((probability, reasons(&frame, 0, &contributions)))
    }
}
