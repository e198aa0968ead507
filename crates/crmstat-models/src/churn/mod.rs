//! Probabilities of churn: logistic regression, boosted trees, calibration and evaluation.

pub mod evaluation;
mod explanation;
mod folds;
mod logistic;
mod probability;
mod sample;

pub use explanation::Explanation;
pub use logistic::{
    CheckedLogisticParams, Diagnostics, Estimate, Logistic, LogisticParams, LogisticPath,
    LogisticPathParams, PathPoint, Penalty, Separation, Solver,
};
pub use sample::{Rows, Sample};
