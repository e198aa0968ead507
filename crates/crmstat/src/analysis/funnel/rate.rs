//! A share of few or many, with its interval.

use crmstat_models::rates::wilson;
use serde::Serialize;

/// How many of how many, and between which shares that may lie.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rate {
    /// How many did.
    pub successes: u64,
    /// Of how many.
    pub trials: u64,
    /// The share, from 0 to 1.
    pub value: f64,
    /// The lower end of Wilson's interval.
    pub lower: f64,
    /// The upper end of Wilson's interval.
    pub upper: f64,
}

impl Rate {
    /// `successes` of `trials` with Wilson's interval at `level`, such as 0.95; `None` without trials.
    pub fn new(successes: u64, trials: u64, level: f64) -> Option<Self> {
        let (lower, upper) = wilson(successes, trials, level)?;
        Some(Self { successes, trials, value: successes as f64 / trials as f64, lower, upper })
    }
}
