//! Deals: which open deal will be won, when, why, and what should be done first?
//!
//! # Model
//! The label is a win within the [horizon](Options::horizon). [`fit`] looks at past moments: every deal that was open
//! then is one row, with what was known of it then, and whether it was won within the horizon from then. A moment is
//! learned from only where its horizon ended before the model is used; the probabilities are judged on later moments
//! than all that was learned from, and the last model learns from every moment whose horizon is over.
//!
//! - *Learners*: the logistic regression and the boosted trees of [`crmstat_models::churn`]; the trees are taken where
//!   their log-loss on moments of choice, before the judged ones, is smaller by more than its standard error over deals.
//! - *Beside them*: the competing risks of the pipeline forecast, Odoo's naive Bayes (predictive lead scoring), stage
//!   weights, and the base rate, all from what was known at each moment ([`Quality`]).
//! - *Columns*: age; stage, days at it and stages entered, from a history alone; amount; pipeline, owner, product,
//!   source, region, channel; deals of the customer that were closed by then; activities by then.
//! - *Never*: today's stage, the close date, the reason of loss, activities after the moment. A column that is filled
//!   in for won and lost deals unequally often is written with the outcome, and left out.
//!
//! The expected close is the day by which half of the deals won from the same stage had been won. Intervals are taken
//! over deals, as one deal is seen at several moments.
//!
//! # Assumptions
//! Owner, source and the like do not change while a deal is open, nor does its amount. New deals are like past ones.
//!
//! # When not to use
//! Where [`Quality::tells_apart`] is false. Where deals are entered only when they are won.
//!
//! # Citation
//! H. van Houwelingen, *Dynamic prediction by landmarking in event history analysis*, Scandinavian Journal of Statistics
//! 34, 2007 (moments); N. Obuchowski, Biometrics 53, 1997 (AUC over groups).

mod columns;
mod fit;
mod model;
mod moments;
mod past;
mod quality;
mod reasons;
mod rivals;
mod scores;
mod tables;
#[cfg(test)]
mod tests;

pub use fit::fit;
pub use model::{Facts, Model};
pub use quality::{Quality, Way};
pub use reasons::Reason;
pub use scores::{Action, DealScore, Scores};

use crate::{
    AsOf,
    analysis::churn::{Horizon, LearnerKind},
    data::{Field, Notice},
};

/// The fields that scores use where they are read: give them to
/// [`Deals::read_with`](crate::data::Deals::read_with).
pub const FIELDS: [Field; 2] = [Field::ExpectedCloseAt, Field::Title];

/// How to learn and score.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Deals, closes, stages and activities from this day on do not exist; `None` is the day after the last event.
    pub as_of: Option<AsOf>,
    /// The time in which a deal is won or not; `None` is what holds 95 % of the cycles of closed deals, in whole weeks,
    /// and at most a quarter of the history.
    pub horizon: Option<Horizon>,
    /// What learns; `None` is the better one on earlier moments.
    pub learner: Option<LearnerKind>,
    /// Days at its stage after which a deal is stale; `None` as in [`funnel`](super::funnel).
    pub stale_days: Option<u32>,
}

/// A model, its proof, and the open deals.
#[derive(Clone, Debug)]
pub struct Deals {
    /// The model, to be saved and used again.
    pub model: Model,
    /// How good it was on later moments.
    pub quality: Quality,
    /// The open deals.
    pub scores: Scores,
    /// What the data do not say or say twice.
    pub notices: Vec<Notice>,
    /// Columns that were not used, and why.
    left_out: columns::Use,
}

impl Deals {
    /// What a reader must know, one sentence each.
    pub fn sentences(&self, lang: crate::Lang) -> Vec<String> {
        let mut told = self.quality.sentences(lang);
        told.extend(self.left_out.told(lang));
        told
    }
}
