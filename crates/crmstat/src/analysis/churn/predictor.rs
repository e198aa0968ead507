//! A fitted model from columns to probabilities: encoding, learner, calibration, season.

use super::{
    frame::{Encoded, Frame, Schema},
    silence,
};
use crate::{Error, Result};
use crmstat_models::churn::{
    Boosting, CalibrationMethod, Calibrator, Encoder, Explainer, Explanation, Logistic, Meaning,
    Monotone, PriorShift, Rows, Sample,
};
use serde::{Deserialize, Serialize};

/// What learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LearnerKind {
    /// Logistic regression, L2 of strength 1 on standardised columns.
    Logistic,
    /// Gradient-boosted trees.
    Trees,
}

impl LearnerKind {
    /// The name in options and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Logistic => "logistic",
            Self::Trees => "trees",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Learner {
    Logistic(Logistic),
    Trees(Boosting),
}

/// Rows with labels and weights.
pub(in crate::analysis) struct Examples {
    pub(in crate::analysis) frame: Frame,
    pub(in crate::analysis) labels: Vec<bool>,
    pub(in crate::analysis) weights: Vec<f64>,
    /// A hash of the customer of each row: the rows of one customer, of several cutoffs, stay together.
    pub(in crate::analysis) customers: Vec<u64>,
}

/// Parts of the rows that trees hold out in turn.
const PARTS: usize = 4;
/// Trees where customers are too few to hold any out.
const TREES_OF_FEW: usize = 50;

impl Examples {
    /// The part of each row: by the hash of its customer, every part with its share of those who left.
    /// `None` where there are too few of one label.
    fn parts(&self) -> Option<Vec<usize>> {
        let mut order: Vec<usize> = (0..self.labels.len()).collect();
        // The last row of a customer is that of the latest cutoff.
        order.sort_by_key(|row| (self.customers[*row], *row));
        let mut customers: Vec<(bool, u64)> = (order
            .chunk_by(|a, b| self.customers[*a] == self.customers[*b]))
        .filter_map(|rows| rows.last())
        .map(|row| (self.labels[*row], self.customers[*row]))
        .collect();
        let left = customers.iter().filter(|(left, _)| *left).count();
        if left.min(customers.len() - left) < 2 * PARTS {
            return None;
        }
        customers.sort_unstable();
        let mut part_of: Vec<(u64, usize)> =
            customers.iter().enumerate().map(|(at, (_, own))| (*own, at % PARTS)).collect();
        part_of.sort_unstable();
        let part = |customer: &u64| {
            let found = part_of.binary_search_by_key(customer, |(own, _)| *own);
            found.map_or(0, |at| part_of[at].1)
        };
        Some(self.customers.iter().map(part).collect())
    }
}

/// Everything that makes a probability of a customer's columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::analysis) struct Predictor {
    schema: Vec<Schema>,
    encoder: Encoder,
    learner: Learner,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    calibrator: Option<Calibrator>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    season: Option<PriorShift>,
}

impl Predictor {
    pub(in crate::analysis) fn fit(kind: LearnerKind, examples: &Examples) -> Result<Self> {
        Self::fit_model(kind, examples).map_err(Error::from_model)
    }

    fn fit_model(kind: LearnerKind, examples: &Examples) -> crmstat_models::Result<Self> {
        // Trees split off missing values by themselves; a sum of features needs them filled and flagged.
        let params = Encoder::params();
        let params = match kind {
            LearnerKind::Logistic => params,
            LearnerKind::Trees => params.keep_missing(true).codes(true),
        };
        let schema = examples.frame.measured_schema();
        let (encoder, values) = examples.frame.raw(&schema, |raw| {
            let encoder = params.fit(raw)?;
            let values = encoder.encode(raw)?;
            Ok::<_, crmstat_models::Error>((encoder, values))
        })?;
        let rows = Rows::new(&values, encoder.features().len())?;
        let sample = Sample::new(rows, &examples.labels)?.weighted(&examples.weights)?;
        let learner = match kind {
            LearnerKind::Logistic => {
                Learner::Logistic(Logistic::params().standardise(true).fit(sample)?)
            }
            LearnerKind::Trees => {
                let features = encoder.features();
                let constraint = |source: usize| monotone(&schema[source].name);
                let monotone: Vec<Monotone> = features
                    .iter()
                    .map(|feature| match feature.meaning {
                        // The numbers of categories have no direction.
                        Meaning::Code => Monotone::Free,
                        _ => constraint(feature.source),
                    })
                    .collect();
                let is_category = |at: &usize| features[*at].meaning == Meaning::Code;
                let categories: Vec<usize> = (0..features.len()).filter(is_category).collect();
                Learner::Trees(match examples.parts() {
                    Some(parts) => Boosting::held_out()
                        .monotone(monotone)
                        .categories(categories)
                        .fit(sample, &parts)?,
                    None => Boosting::params()
                        .trees(TREES_OF_FEW)
                        .monotone(monotone)
                        .categories(categories)
                        .fit(sample)?,
                })
            }
        };
        Ok(Self { schema, encoder, learner, calibrator: None, season: None })
    }

    /// The same with probabilities bent to what came of held-out customers.
    pub(in crate::analysis) fn calibrated(
        mut self,
        method: CalibrationMethod,
        held_out: &[f64],
        labels: &[bool],
    ) -> Result<Self> {
        let fitted = Calibrator::fit(method, held_out, labels).map_err(Error::from_model)?;
        self.calibrator = Some(fitted);
        Ok(self)
    }

    /// The same, moved to the churn of the season: the customers are those of the same day a year before.
    pub(in crate::analysis) fn in_season(mut self, frame: &Frame, labels: &[bool]) -> Result<Self> {
        let shift = PriorShift::observed(&self.probabilities(frame)?, labels);
        self.season = Some(shift.map_err(Error::from_model)?);
        Ok(self)
    }

    pub(in crate::analysis) fn kind(&self) -> LearnerKind {
        match self.learner {
            Learner::Logistic(_) => LearnerKind::Logistic,
            Learner::Trees(_) => LearnerKind::Trees,
        }
    }

    pub(in crate::analysis) fn schema(&self) -> &[Schema] {
        &self.schema
    }

    pub(in crate::analysis) fn season(&self) -> Option<PriorShift> {
        self.season
    }

    pub(in crate::analysis) fn logistic(&self) -> Option<&Logistic> {
        match &self.learner {
            Learner::Logistic(model) => Some(model),
            Learner::Trees(_) => None,
        }
    }

    pub(in crate::analysis) fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// The frame as the learner takes it.
    pub(in crate::analysis) fn encode(&self, frame: &Frame) -> Result<Encoded> {
        frame.encode(&self.encoder, &self.schema)
    }

    /// The share of customers whose value of each category is none that the model knows by name.
    pub(in crate::analysis) fn unknown_shares(&self, frame: &Frame) -> Result<Vec<Option<f64>>> {
        frame.raw(&self.schema, |raw| self.encoder.unknown_shares(raw)).map_err(Error::from_model)
    }

    /// Where each column of the frame went in the encoded table.
    pub(in crate::analysis) fn groups(&self) -> Vec<Vec<usize>> {
        let mut groups = vec![Vec::new(); self.schema.len()];
        for (column, feature) in self.encoder.features().iter().enumerate() {
            groups[feature.source].push(column);
        }
        groups
    }

    pub(in crate::analysis) fn probabilities(&self, frame: &Frame) -> Result<Vec<f64>> {
        self.probabilities_of_encoded(&self.encode(frame)?)
    }

    pub(in crate::analysis) fn probabilities_of_encoded(
        &self,
        encoded: &Encoded,
    ) -> Result<Vec<f64>> {
        self.probabilities_of(encoded.rows()?).map_err(Error::from_model)
    }

    pub(in crate::analysis) fn probabilities_of(
        &self,
        rows: Rows<'_>,
    ) -> crmstat_models::Result<Vec<f64>> {
        let mut probabilities = match &self.learner {
            Learner::Logistic(model) => model.probabilities(rows)?,
            Learner::Trees(model) => model.probabilities(rows)?,
        };
        if let Some(calibrator) = &self.calibrator {
            probabilities = calibrator.apply_all(&probabilities)?;
        }
        match &self.season {
            Some(season) => season.apply_all(&probabilities),
            None => Ok(probabilities),
        }
    }

    /// The probability of one encoded row; no other thread is asked.
    pub(in crate::analysis) fn probability_of(&self, row: &[f64]) -> crmstat_models::Result<f64> {
        let mut probability = match &self.learner {
            Learner::Logistic(model) => model.probability(row)?,
            Learner::Trees(model) => model.probability(row)?,
        };
        if let Some(calibrator) = &self.calibrator {
            probability = calibrator.apply(probability)?;
        }
        match &self.season {
            Some(season) => season.apply(probability),
            None => Ok(probability),
        }
    }

    /// What takes many rows apart.
    pub(in crate::analysis) fn contributions(&self) -> Contributions<'_> {
        Contributions {
            learner: match &self.learner {
                Learner::Logistic(model) => Explained::Logistic(model),
                Learner::Trees(model) => Explained::Trees(model.explainer()),
            },
            sources: self.encoder.features().iter().map(|feature| feature.source).collect(),
            columns: self.schema.len(),
        }
    }
}

/// The contributions of columns to the log-odds.
pub(in crate::analysis) struct Contributions<'a> {
    learner: Explained<'a>,
    /// The column of the frame that each encoded one is made of.
    sources: Vec<usize>,
    columns: usize,
}

enum Explained<'a> {
    Logistic(&'a Logistic),
    Trees(Explainer<'a>),
}

impl Contributions<'_> {
    /// What each column of the frame adds to the log-odds of an encoded row.
    pub(in crate::analysis) fn of(&self, row: &[f64]) -> Result<Vec<f64>> {
        let explanation: Explanation = match &self.learner {
            Explained::Logistic(model) => model.explain(row),
            Explained::Trees(explainer) => explainer.explain(row),
        }
        .map_err(Error::from_model)?;
        let mut contributions = vec![0.0; self.columns];
        for (source, contribution) in self.sources.iter().zip(explanation.contributions) {
            contributions[*source] += contribution;
        }
        Ok(contributions)
    }
}

/// Where sense demands a direction: a longer silence never makes a customer safer.
fn monotone(name: &str) -> Monotone {
    match name {
        "recency_days" | "recency_in_gaps" | silence::COLUMN => Monotone::Increasing,
        "orders_30d" | "orders_60d" | "orders_90d" | "satisfaction" => Monotone::Decreasing,
        _ => Monotone::Free,
    }
}
