//! What a caller may choose about boosted trees.

use serde::{Deserialize, Serialize};

use super::{Boosting, fit};
use crate::churn::Sample;
use crate::{Error, Result};

/// Beyond this a tree is no weak learner, and its depth would burden the recursion over its paths.
pub(super) const MOST_LEAVES: usize = 1024;

/// How the probability may depend on a feature, all others kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Monotone {
    /// Any way.
    #[default]
    Free,
    /// More of the feature never lowers the probability of churn: days since the last order.
    Increasing,
    /// More of the feature never raises it: orders in the last quarter.
    Decreasing,
}

/// How large the trees are, and how many of the features each may ask about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Size {
    pub(super) leaves: usize,
    pub(super) column_share: f64,
}

/// The choices for a [`Boosting`] of a given number of trees, made by [`Boosting::params`].
#[derive(Clone, Debug, PartialEq)]
pub struct BoostingParams {
    trees: usize,
    learning_rate: f64,
    leaves: usize,
    least_weight: f64,
    l2: f64,
    bins: usize,
    column_share: f64,
    row_share: f64,
    monotone: Vec<Monotone>,
    categories: Vec<usize>,
    seed: u64,
}

impl Default for BoostingParams {
    fn default() -> Self {
        Self {
            trees: 300,
            learning_rate: 0.03,
            leaves: 8,
            least_weight: 20.0,
            l2: 1.0,
            bins: 255,
            column_share: 1.0,
            row_share: 1.0,
            monotone: Vec::new(),
            categories: Vec::new(),
            seed: 0,
        }
    }
}

impl BoostingParams {
    /// The trees; by default 300.
    #[must_use]
    pub fn trees(self, trees: usize) -> Self {
        Self { trees, ..self }
    }

    /// How much of each tree is believed; by default 0.03.
    #[must_use]
    pub fn learning_rate(self, learning_rate: f64) -> Self {
        Self { learning_rate, ..self }
    }

    /// The most leaves of a tree, to 1024; by default 8.
    #[must_use]
    pub fn leaves(self, leaves: usize) -> Self {
        Self { leaves, ..self }
    }

    /// The least weight of the rows of a leaf; by default 20.
    #[must_use]
    pub fn least_weight(self, least_weight: f64) -> Self {
        Self { least_weight, ..self }
    }

    /// The L2 penalty on the leaves' values; by default 1.
    #[must_use]
    pub fn l2(self, l2: f64) -> Self {
        Self { l2, ..self }
    }

    /// The most groups of values of a feature between which a tree may split; by default 255.
    #[must_use]
    pub fn bins(self, bins: usize) -> Self {
        Self { bins, ..self }
    }

    /// The share of the features that each tree may use, drawn anew; by default 1.
    #[must_use]
    pub fn column_share(self, column_share: f64) -> Self {
        Self { column_share, ..self }
    }

    /// The share of the rows that each tree is grown on, drawn anew; by default 1.
    #[must_use]
    pub fn row_share(self, row_share: f64) -> Self {
        Self { row_share, ..self }
    }

    /// The features that are categories, told by codes from 0 to 254; by default none is.
    #[must_use]
    pub fn categories(self, categories: Vec<usize>) -> Self {
        Self { categories, ..self }
    }

    /// The constraint of each feature, in their order; by default every feature is free.
    #[must_use]
    pub fn monotone(self, monotone: Vec<Monotone>) -> Self {
        Self { monotone, ..self }
    }

    /// The seed of the drawn features and rows; by default 0.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Checks the choices.
    ///
    /// # Errors
    /// When one of them is outside its range.
    pub fn check(self) -> Result<CheckedBoostingParams> {
        if self.trees == 0 {
            return Err(Error::parameter("trees", 0, "at least 1"));
        }
        if !(self.learning_rate > 0.0 && self.learning_rate <= 1.0) {
            return Err(Error::parameter("learning_rate", self.learning_rate, "above 0, to 1"));
        }
        if !(2..=MOST_LEAVES).contains(&self.leaves) {
            let allowed = format!("from 2 to {MOST_LEAVES}");
            return Err(Error::parameter("leaves", self.leaves, allowed));
        }
        for (name, value) in [("least_weight", self.least_weight), ("l2", self.l2)] {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(Error::parameter(name, value, "finite and not negative"));
            }
        }
        if !(2..=255).contains(&self.bins) {
            return Err(Error::parameter("bins", self.bins, "from 2 to 255"));
        }
        for (name, share) in [("column_share", self.column_share), ("row_share", self.row_share)] {
            if !(share > 0.0 && share <= 1.0) {
                return Err(Error::parameter(name, share, "above 0, to 1"));
            }
        }
        Ok(CheckedBoostingParams {
            trees: self.trees,
            learning_rate: self.learning_rate,
            leaves: self.leaves,
            least_weight: self.least_weight,
            l2: self.l2,
            bins: self.bins,
            column_share: self.column_share,
            row_share: self.row_share,
            monotone: self.monotone,
            categories: self.categories,
            seed: self.seed,
        })
    }

    /// Checks the choices and fits the model; see [`CheckedBoostingParams::fit`].
    ///
    /// # Errors
    /// Those of [`Self::check`] and of [`CheckedBoostingParams::fit`].
    pub fn fit(self, sample: Sample<'_>) -> Result<Boosting> {
        self.check()?.fit(sample)
    }
}

/// Choices that are in range.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedBoostingParams {
    pub(super) trees: usize,
    pub(super) learning_rate: f64,
    pub(super) leaves: usize,
    pub(super) least_weight: f64,
    pub(super) l2: f64,
    pub(super) bins: usize,
    pub(super) column_share: f64,
    pub(super) row_share: f64,
    pub(super) monotone: Vec<Monotone>,
    pub(super) categories: Vec<usize>,
    pub(super) seed: u64,
}

impl CheckedBoostingParams {
    /// Fits the model to a sample, in which a missing value is a NaN.
    ///
    /// # Errors
    /// When a value is infinite, a class is absent, or there is not one constraint per feature.
    pub fn fit(&self, sample: Sample<'_>) -> Result<Boosting> {
        fit::fit(self, sample)
    }
}

/// The choices for a [`Boosting`] whose size held-out rows decide, made by [`Boosting::held_out`].
#[derive(Clone, Debug, PartialEq)]
pub struct HeldOutParams {
    pub(super) trees: usize,
    pub(super) patience: usize,
    pub(super) monotone: Vec<Monotone>,
    pub(super) categories: Vec<usize>,
    pub(super) seed: u64,
}

impl Default for HeldOutParams {
    fn default() -> Self {
        Self { trees: 400, patience: 12, monotone: Vec::new(), categories: Vec::new(), seed: 0 }
    }
}

impl HeldOutParams {
    /// The most trees learned without any one part of the rows; by default 400.
    #[must_use]
    pub fn trees(self, trees: usize) -> Self {
        Self { trees, ..self }
    }

    /// After so many trees that do not lower the loss of the part left out, no more are grown; by default
    /// 12.
    #[must_use]
    pub fn patience(self, patience: usize) -> Self {
        Self { patience, ..self }
    }

    /// The constraint of each feature, in their order; by default every feature is free.
    #[must_use]
    pub fn monotone(self, monotone: Vec<Monotone>) -> Self {
        Self { monotone, ..self }
    }

    /// The features that are categories, told by codes from 0 to 254; by default none is.
    #[must_use]
    pub fn categories(self, categories: Vec<usize>) -> Self {
        Self { categories, ..self }
    }

    /// The seed of the drawn features and rows; by default 0.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Fits one sequence of trees without each of the `parts` of the rows, as long as it lowers the loss of
    /// that part, and takes the mean of their log-odds.
    ///
    /// # Errors
    /// When a value is infinite, there are not two parts or not one part per row, a class is absent without
    /// one part, or a choice is out of range.
    pub fn fit(&self, sample: Sample<'_>, parts: &[usize]) -> Result<Boosting> {
        fit::fit_held_out(self, sample, parts)
    }
}
