//! Churn: who is about to leave, why, and what it would cost.
//!
//! *Non-contractual*: a customer has churned who orders nothing in `[cutoff, cutoff + horizon)`.
//! *Contractual*: whose contract, by the table of customers, ends in it ([`Event`]). [`fit`] learns from
//! several cutoffs, each of whose horizons ends before the next use of the model, is judged on a later
//! cutoff than all of them, and then learns again up to today and scores today's customers. Where a column
//! of a table says who left, but not when, [`fit_table`] judges by cross-validation.
//!
//! | step | where |
//! |---|---|
//! | cutoffs; a horizon past the data is refused | `cutoffs` |
//! | features strictly before a cutoff, labels behind it | `cohort`, [`crate::features`] |
//! | what the rhythm of orders says by itself, as a column | `silence` |
//! | who can still be lost | `activity`, [`Population`] |
//! | columns that carry the future are refused by name, all at once | `leaks` |
//! | logistic regression, boosted trees, calibration, season | `predictor` |
//! | judged beside base rate, recency and label-free models | [`Evaluation`] |
//! | reasons in words, from exact contributions | `reasons` |
//!
//! The logistic regression is the default; the trees take over where they are clearly better on held-out
//! customers: by more than 0.005 of AUC at the lower end of the 95 % interval of that difference, and with a
//! smaller log-loss; or by a log-loss that is smaller by more than chance, at no loss of AUC. A cutoff counts half as much as the next one. Where the data reach back a year and two horizons, the log-odds
//! are shifted by what the same day a year before needed: a horizon that holds Christmas is not one that
//! holds February.
//!
//! What the model of the recency alone, and the MBG/NBD, which sees no label, would have reached is in
//! every evaluation: a model that does not beat them says so.

mod activity;
mod cohort;
mod cutoffs;
mod evaluation;
mod fit;
pub(in crate::analysis) mod frame;
pub(in crate::analysis) mod leaks;
mod model;
mod one;
pub(in crate::analysis) mod outcome;
pub(in crate::analysis) mod predictor;
pub(in crate::analysis) mod reasons;
mod scores;
mod silence;
pub(in crate::analysis) mod table;
mod tables;
#[cfg(test)]
mod tests;

pub use crate::features::Value;
pub use cutoffs::{Cutoffs, Horizon, Training};
pub use evaluation::{Campaign, Evaluation, Rival};
pub use fit::fit;
pub use model::{Drifted, Facts, Model};
pub use one::CustomerScore;
pub use predictor::LearnerKind;
pub use scores::{Order, Scores};
pub use table::{TableOptions, fit_table};

use crate::{AsOf, features::Feature};
use crmstat_models::churn::CalibrationMethod;
use serde::{Deserialize, Serialize};

/// What churn is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// No order in the horizon, of customers who have ordered before.
    #[default]
    NoOrder,
    /// A contract that ends in the horizon, of customers who are under one: begun before the cutoff (where
    /// its start is known) and not ended by then. The table of customers has the dates; an end at or after
    /// `as_of` has not come.
    ContractEnd,
}

/// Who is looked at, where churn is the order that does not come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Population {
    /// Customers who can still be lost: silent for no longer than the horizon, or than three of their usual
    /// gaps between orders, up to a year, where these are longer. Who has ordered on one day alone has the
    /// median gap of the others.
    #[default]
    Active,
    /// Everybody who has ever ordered.
    All,
}

/// How to learn. The default: 90 days, cutoffs one horizon apart, the simpler learner unless the other is
/// clearly better.
#[derive(Clone, Debug)]
pub struct Options {
    /// The end of the data; `None` is the day after the last order.
    pub as_of: Option<AsOf>,
    /// What churn is.
    pub event: Event,
    /// Who is learned from, judged by and scored.
    pub population: Population,
    /// The time in which it comes or does not come.
    pub horizon: Horizon,
    /// The cutoff to judge by; `None` is the latest possible one.
    pub cutoff: Option<AsOf>,
    /// The cutoffs to learn from before it; `None` is the three horizons before it.
    pub training: Option<Vec<AsOf>>,
    /// The features; `None` is what the tables bear.
    pub features: Option<Vec<Feature>>,
    /// What learns and how it is judged.
    pub learning: Learning,
    /// About how many customers of a cutoff to learn from and to judge by: more teach nothing new.
    pub most_customers: usize,
    /// Undated columns that are known to be honest, however much they tell.
    pub allowed: Vec<String>,
}

/// What learns and how it is judged: the same for exports and tables.
#[derive(Clone, Copy, Debug, Default)]
pub struct Learning {
    /// What learns; `None` is the better one.
    pub learner: Option<LearnerKind>,
    /// How held-out customers bend the probabilities; `None` leaves them as learned.
    pub calibration: Option<CalibrationMethod>,
    /// What acting costs and brings.
    pub campaign: Option<Campaign>,
    /// Whether to measure what each feature is worth.
    pub importance: bool,
    /// The seed of folds and shuffles.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            as_of: None,
            event: Event::default(),
            population: Population::default(),
            horizon: Horizon::default(),
            cutoff: None,
            training: None,
            features: None,
            learning: Learning::default(),
            most_customers: 20_000,
            allowed: Vec::new(),
        }
    }
}

/// A model, its proof, and the customers it was made for.
#[derive(Clone, Debug)]
pub struct Churn {
    /// The model, to be saved and used again.
    pub model: Model,
    /// How good it was on customers it had not seen.
    pub evaluation: Evaluation,
    /// The cutoffs of that evaluation; `None` for a table.
    pub cutoffs: Option<Cutoffs>,
    /// Today's customers.
    pub scores: Scores,
    /// What the reader must know, one sentence each.
    pub warnings: Vec<String>,
}

/// Fewer customers than this leave the figures to chance.
const FEW: usize = 500;

/// The AUC from which an undated column has probably been known too late.
const TOO_GOOD: f64 = 0.97;

/// What everybody must know about an evaluation.
fn warnings_of(evaluation: &Evaluation) -> Vec<String> {
    let mut warnings = Vec::new();
    if evaluation.tested < FEW {
        warnings.push(format!(
            "{} customers are few: the AUC may lie anywhere from {:.2} to {:.2}, and small differences \
             between customers mean nothing",
            evaluation.tested, evaluation.auc.lower, evaluation.auc.upper
        ));
    }
    for rival in evaluation.not_beaten() {
        let meaning = match rival.name {
            "btyd" => "the MBG/NBD, which has seen no label",
            "recency" => "the days since the last order alone",
            _ => continue,
        };
        warnings.push(format!(
            "the model does not beat {meaning}: AUC {:.4} against {:.4}",
            evaluation.auc.value, rival.auc
        ));
    }
    warnings
}
