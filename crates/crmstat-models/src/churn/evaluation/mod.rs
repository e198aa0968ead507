//! How good are the probabilities? Ranking, accuracy, calibration, and what acting on them is worth.
//!
//! Every measure takes probabilities (or any scores, where only the order matters) and labels of rows
//! that the model has not seen.

mod accuracy;
mod clustered;
mod decision;
mod permutation;
mod ranking;

pub use accuracy::{
    BrierScore, ReliabilityBin, ReliabilityLine, brier, log_loss, log_loss_difference, reliability,
    reliability_line,
};
pub use clustered::{auc_of_groups, mean_of_groups};
pub use decision::{CostThreshold, GainBand, best_threshold, break_even, gains};
pub use permutation::{Importance, permutation_importance};
pub use ranking::{Auc, auc, auc_difference, average_precision};

use crate::{Error, Result};

/// The 0.975 quantile of the standard normal distribution: two-sided 95 %.
const NORMAL_975: f64 = 1.959_963_984_540_054;

/// Refuses what cannot be evaluated: nothing, a score without label, a score that is not a number.
fn require_pairs(scores: &[f64], labels: &[bool]) -> Result<()> {
    if scores.len() != labels.len() {
        return Err(Error::data(format!("{} scores but {} labels", scores.len(), labels.len())));
    }
    if scores.is_empty() {
        return Err(Error::data("there is no score to evaluate"));
    }
    match scores.iter().position(|score| !score.is_finite()) {
        Some(row) => Err(Error::data(format!("the score of row {row} is {}", scores[row]))),
        None => Ok(()),
    }
}

/// Refuses, beyond [`require_pairs`], what is not a probability.
pub(super) fn require_probabilities(probabilities: &[f64], labels: &[bool]) -> Result<()> {
    require_pairs(probabilities, labels)?;
    match probabilities.iter().position(|value| !(0.0..=1.0).contains(value)) {
        Some(row) => {
            let value = probabilities[row];
            Err(Error::data(format!("the probability of row {row} is {value}, not from 0 to 1")))
        }
        None => Ok(()),
    }
}

/// The numbers of rows labelled `false` and `true`, both positive.
pub(super) fn require_both_labels(labels: &[bool]) -> Result<[usize; 2]> {
    let positive = labels.iter().filter(|label| **label).count();
    if positive == 0 || positive == labels.len() {
        return Err(Error::data(
            "a ranking is judged by rows of both labels, but only one is there",
        ));
    }
    Ok([labels.len() - positive, positive])
}

/// The rows in order of falling score; of equal scores the earlier row first.
fn by_falling_score(scores: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    order
}

/// Calls `group` with each run of equal scores in `order`.
fn for_each_tie<'o>(order: &'o [usize], scores: &[f64], mut group: impl FnMut(&'o [usize])) {
    // `==` rather than the order's own comparison, so that 0 and −0 tie.
    for run in order.chunk_by(|a, b| scores[*a] == scores[*b]) {
        group(run);
    }
}
