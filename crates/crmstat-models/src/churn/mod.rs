//! Probabilities of churn: logistic regression, boosted trees, calibration and evaluation.
//!
//! | step | type |
//! |---|---|
//! | columns to numbers | [`Encoder`] |
//! | refuse features that carry the future | [`leakage::signs`] |
//! | learn | [`Logistic`], or its challenger [`Boosting`], from a [`Sample`] |
//! | make the probabilities true | [`Calibrator`], [`PriorShift`] |
//! | judge them on a later cutoff | [`evaluation`] |
//! | say why | [`Explanation`] |
//! | watch the customers change | [`drift::Profile`] |
//!
//! Tables are row-major [`Rows`]; a label is `true` for a customer who churned. What a row, a cutoff and
//! a horizon are is the caller's to keep honest: features end before the cutoff, the label begins there.

mod boosting;
mod calibration;
pub mod drift;
mod encoding;
pub mod evaluation;
mod explanation;
mod folds;
pub mod leakage;
mod logistic;
mod prior;
mod probability;
mod sample;

pub use boosting::{
    Boosting, BoostingParams, CheckedBoostingParams, Explainer, Facts, HeldOutParams, Monotone,
};
pub use calibration::{CalibrationMethod, Calibrator};
pub use encoding::{Encoder, EncoderParams, Feature, Meaning, RawColumn};
pub use explanation::Explanation;
pub(crate) use folds::stratified_folds;
pub use logistic::{
    CheckedLogisticParams, Diagnostics, Estimate, Logistic, LogisticParams, LogisticPath,
    LogisticPathParams, PathPoint, Penalty, Separation, Solver,
};
pub use prior::PriorShift;
pub use sample::{Rows, Sample};
