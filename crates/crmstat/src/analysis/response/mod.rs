//! Response: who answers a campaign, and whom does it move?
//!
//! A table has one row per customer and a column that says who responded; [`fit`] learns it under its own words. Where
//! another column says who was treated and who was not, it learns the *uplift* instead: the probability of a response
//! with the treatment less that without it ([`crmstat_models::uplift`]).
//!
//! | question | without a treatment | with one |
//! |---|---|---|
//! | a number for each customer | the probability of a response | the uplift |
//! | judged on customers that the model has not seen | fifths: AUC, Brier score, calibration, lift | halves: Qini coefficient, uplift by band |
//! | whom to send to | down to the depth of the highest gain | the same; nobody where the uplift is below zero beyond chance |
//! | checks | columns that know the response | and whether the treatment was left to chance |
//!
//! # Formula
//! Of a depth with `n` customers, of an offer that costs `c` and brings `v` for a response:
//!
//! ```text
//! gain = n (r v − c)
//! ```
//!
//! `r` is the rate of responses among them or, with a treatment, the uplift: the rate of the treated less that of the
//! untreated.
//!
//! # Assumptions
//! Who was treated was left to chance. Where columns tell who was, rows are weighted by the inverse of their propensity,
//! which is told.

mod assignment;
mod depth;
mod fit;
mod model;
mod tables;
#[cfg(test)]
mod tests;
mod warning;

pub use assignment::{Assignment, Balance};
pub use depth::Depth;
pub use fit::fit;
pub use model::{Advice, Model, Scores};
pub use warning::Warning;

use crate::analysis::churn::Evaluation;
use crmstat_models::{
    rates::Difference,
    uplift::{Band, Method, Ranking},
};
use serde::{Deserialize, Serialize};

/// Which columns say what became of the customers, and how to learn from the others.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The header of the label.
    pub label: String,
    /// What the label says of a customer who responded.
    pub positive: String,
    /// What it says of those who did not; empty: the one other value that there is.
    pub negative: Vec<String>,
    /// Who was treated, where some were and others not.
    pub treatment: Option<Treatment>,
    /// Columns that are known in advance, however much they tell.
    pub allowed: Vec<String>,
    /// What sending costs and a response brings.
    pub offer: Option<Offer>,
    /// The seed of folds and samples.
    pub seed: u64,
}

/// The column that says who was treated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Treatment {
    /// Its header.
    pub column: String,
    /// What it says of a treated customer.
    pub treated: String,
    /// What it says of an untreated one; empty: the one other value that there is.
    #[serde(default)]
    pub untreated: Vec<String>,
}

/// What it costs to send to a customer, and what a response brings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// The value of a response.
    pub value: f64,
    /// The cost of sending to one customer.
    pub cost: f64,
}

/// A model, its proof, and the customers it was made of.
#[derive(Clone, Debug)]
pub struct Response {
    /// The model, to be saved and used again.
    pub model: Model,
    /// How good it was on customers that it had not seen.
    pub quality: Quality,
    /// Every tenth of the customers, the highest first: what sending so deep brings.
    pub depths: Vec<Depth>,
    /// The customers of the table.
    pub scores: Scores,
    /// What the reader must know.
    pub warnings: Vec<Warning>,
}

/// How good a model was on customers that it had not seen.
#[derive(Clone, Debug)]
pub enum Quality {
    /// Of probabilities of a response.
    Response(Box<Evaluation>),
    /// Of uplift.
    Uplift(Box<Trial>),
}

/// How well the uplift was foreseen.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The customers whose response and treatment are known.
    pub customers: usize,
    /// The uplift of all of them.
    pub overall: Difference,
    /// How well the predictions rank customers.
    pub ranking: Ranking,
    /// What learned.
    pub method: Method,
    /// Every method and its Qini coefficient, the mean of both halves.
    pub tried: Vec<(Method, f64)>,
    /// Tenths by predicted uplift, the highest first.
    pub bands: Vec<Band>,
    /// Whether the treatment was left to chance.
    pub assignment: Assignment,
}

impl Trial {
    /// Whether customers differ in uplift, as far as the predictions tell: the interval of the Qini coefficient lies
    /// above 0.
    pub fn tells_apart(&self) -> bool {
        self.ranking.qini.lower > 0.0
    }
}
