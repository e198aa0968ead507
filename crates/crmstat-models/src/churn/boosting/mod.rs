//! Gradient-boosted trees: the challenger of the logistic regression.

mod answers;
mod bins;
mod fit;
mod grow;
mod learn;
mod params;
mod shap;
mod split;
#[cfg(test)]
mod tests;
mod tree;

pub use answers::Explainer;
pub use params::{BoostingParams, CheckedBoostingParams, HeldOutParams, Monotone};

use serde::{Deserialize, Serialize};

use super::explanation::Explanation;
use super::probability::{log_odds_to_probability, score_rows};
use super::sample::Rows;
use crate::{Error, Result};
use answers::Scorer;
use tree::Tree;

/// Who is about to leave, where effects bend and depend on each other?
///
/// # Formula
/// `P(churn) = 1 / (1 + exp(−η))`, `η` = the log-odds of the base rate plus a sum of small trees. Each
/// tree is grown on the first and second derivatives of the log-loss at the trees before it: a leaf has
/// the value `−G / (H + l2)`, a split must raise `G² / (H + l2)`, and the leaf that gains most is split
/// next. A missing value (NaN) goes the way that lowers the loss.
///
/// # Assumptions
/// Rows are independent. Where [`Monotone`] constraints are given, the dependence is of that direction.
///
/// # Citation
/// Chen and Guestrin, KDD 2016, equations 5 to 7; histograms and growth by leaves: Ke et al., NIPS
/// 2017; contributions: Lundberg et al., arXiv 1802.03888, algorithm 2; of many
/// rows: Yang, arXiv 2109.09847.
///
/// # When not to use
/// Below about a thousand rows, or where [`super::Logistic`] is as good: its coefficients can be read.
///
/// # Units and shapes
/// Row-major tables, one row per customer and cutoff; probabilities from 0 to 1; contributions in
/// log-odds. Memory: one byte per value of the table while fitting.
///
/// # Errors
/// An infinite value, one class only, or constraints that do not match the features.
///
/// # Examples
/// ```
/// use crmstat_models::churn::{Boosting, Rows, Sample};
///
/// // Customers leave when they have been silent for between 20 and 60 days.
/// let days: Vec<f64> = (0..100).map(f64::from).collect();
/// let left: Vec<bool> = (0..100).map(|day| (20..60).contains(&day)).collect();
/// let sample = Sample::new(Rows::new(&days, 1)?, &left)?;
/// let model = Boosting::params().least_weight(5.0).fit(sample)?;
///
/// assert!(model.probability(&[40.0])? > 0.9);
/// assert!(model.probability(&[80.0])? < 0.1);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Boosting {
    features: usize,
    base: f64,
    trees: Vec<Tree>,
    facts: Facts,
}

/// What a [`Boosting`] learned from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The rows.
    pub rows: usize,
    /// The weighted share of churned rows.
    pub base_rate: f64,
}

impl Boosting {
    /// The choices, at their defaults.
    pub fn params() -> BoostingParams {
        BoostingParams::default()
    }

    /// The choices where held-out rows decide how many trees there are and how large.
    pub fn held_out() -> HeldOutParams {
        HeldOutParams::default()
    }

    /// The number of trees; fewer than asked for where there was nothing left to learn.
    pub fn trees(&self) -> usize {
        self.trees.len()
    }

    /// What the model learned from.
    pub fn facts(&self) -> Facts {
        self.facts
    }

    /// The log-odds of churn of one row, in which a missing value is a NaN.
    ///
    /// # Errors
    /// When the row has another number of features.
    pub fn log_odds(&self, row: &[f64]) -> Result<f64> {
        Rows::new(row, row.len())?.require_width(self.features)?;
        Ok(self.sum(row))
    }

    /// The probability of churn of one row.
    ///
    /// # Errors
    /// Those of [`Self::log_odds`].
    pub fn probability(&self, row: &[f64]) -> Result<f64> {
        self.log_odds(row).map(log_odds_to_probability)
    }

    /// The probabilities of churn of a table, in its order.
    ///
    /// # Errors
    /// When the table has another number of features.
    pub fn probabilities(&self, rows: Rows<'_>) -> Result<Vec<f64>> {
        rows.require_width(self.features)?;
        let scorer = Scorer::new(self);
        score_rows(rows, |row| Ok(log_odds_to_probability(scorer.log_odds(row))))
    }

    /// The Shapley value of each feature in the log-odds of one row, on the base of the mean log-odds
    /// of the training rows.
    ///
    /// Exact for the model; a feature that is not known is averaged over the training rows of its node
    /// (the path-dependent kind), so features that stand in for each other share what they say.
    ///
    /// # Errors
    /// Those of [`Self::log_odds`].
    pub fn explain(&self, row: &[f64]) -> Result<Explanation> {
        self.log_odds(row)?;
        let mut contributions = vec![0.0; self.features];
        for tree in &self.trees {
            shap::add_contributions(tree, &|_, split| split.child(row), &mut contributions);
        }
        Ok(Explanation { base: self.mean_log_odds(), contributions })
    }

    /// What explains many rows: the contributions of [`Self::explain`], hundreds of times as fast.
    pub fn explainer(&self) -> Explainer<'_> {
        Explainer::new(self)
    }

    fn mean_log_odds(&self) -> f64 {
        self.base + self.trees.iter().map(Tree::mean).sum::<f64>()
    }

    fn sum(&self, row: &[f64]) -> f64 {
        self.base + self.trees.iter().map(|tree| tree.value(row)).sum::<f64>()
    }
}

/// A [`Boosting`] as read, before its invariants are checked.
#[derive(Deserialize)]
struct Unchecked {
    features: usize,
    base: f64,
    trees: Vec<Tree>,
    facts: Facts,
}

impl TryFrom<Unchecked> for Boosting {
    type Error = Error;

    fn try_from(read: Unchecked) -> Result<Self> {
        if read.features == 0 || !read.base.is_finite() {
            return Err(Error::data("the model has no features or no finite base"));
        }
        for tree in &read.trees {
            tree.check(read.features)?;
        }
        Ok(Self { features: read.features, base: read.base, trees: read.trees, facts: read.facts })
    }
}
