//! Separation: a direction that tells the classes apart without error, so that no finite estimate exists.
//!
//! Albert and Anderson (Biometrika 71, 1984): maximum likelihood has a finite solution unless some
//! combination of the columns puts every churned row on or above zero and every other row on or below.
//! Newton's method runs along that combination for ever, by about one unit of log-odds per step, while
//! everything else has converged; so its last step is the candidate, and the rows are the proof.

use serde::{Deserialize, Serialize};

use super::objective::Objective;
use crate::churn::Sample;
use crate::linalg::cholesky::Cholesky;

/// How far the classes are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Separation {
    /// Every row lies strictly on its side: the columns predict the label without error.
    Complete,
    /// Some rows lie on the border, the rest on their side: often a category or a flag whose rows all
    /// have the same label.
    Quasi,
}

/// A last step that moves no row's log-odds by this much is convergence, not flight.
const MOVES: f64 = 0.1;
/// Shares of the largest move below this are what the other directions still had to converge.
const BORDER: f64 = 1e-4;

/// Looks for a separating direction at the end of a fit without penalty.
pub(super) fn detect(
    objective: &Objective<'_>,
    sample: &Sample<'_>,
    theta: &[f64],
    gradient: &[f64],
    factor: Option<&Cholesky>,
) -> Option<Separation> {
    let step = factor.map(|factor| {
        let mut step: Vec<f64> = gradient.iter().map(|value| -value).collect();
        factor.solve(&mut step);
        step
    });
    let by_step = step.and_then(|step| certify(&objective.margins(&step), sample));
    // Where the curvature has vanished altogether, the fit itself tells the classes apart.
    by_step.or_else(|| {
        let fitted = certify(&objective.margins(theta), sample);
        fitted.filter(|separation| *separation == Separation::Complete)
    })
}

/// Whether a direction with these margins separates the rows of positive weight.
fn certify(margins: &[f64], sample: &Sample<'_>) -> Option<Separation> {
    let signed = || {
        let rows = margins.iter().zip(sample.labels()).enumerate();
        rows.filter(|(row, _)| sample.weight(*row) > 0.0)
            .map(|(_, (margin, label))| if *label { *margin } else { -margin })
    };
    let largest = signed().fold(0.0, |largest: f64, margin| margin.abs().max(largest));
    if largest < MOVES || !largest.is_finite() {
        return None;
    }
    let least = signed().fold(f64::INFINITY, f64::min);
    if least > BORDER * largest {
        Some(Separation::Complete)
    } else if least >= -BORDER * largest {
        Some(Separation::Quasi)
    } else {
        None
    }
}
