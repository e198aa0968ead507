//! The classification of demand by Syntetos, Boylan and Croston.

use serde::{Deserialize, Serialize};

/// Mean intervals above this are intermittent (Syntetos et al., 2005).
const INTERMITTENT: f64 = 1.32;

/// Squared coefficients of variation above this are erratic (Syntetos et al., 2005).
const ERRATIC: f64 = 0.49;

/// What kind of demand a series shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pattern {
    /// Demand in most periods, of similar size.
    Smooth,
    /// Demand in few periods, of similar size.
    Intermittent,
    /// Demand in most periods, of varying size.
    Erratic,
    /// Demand in few periods, of varying size.
    Lumpy,
}

/// How often and how evenly a series has demand.
///
/// **Citation.** A. A. Syntetos, J. E. Boylan, J. D. Croston, "On the categorization of demand patterns",
/// Journal of the Operational Research Society 56 (2005), 495–503, with its cut-off values 1.32 and 0.49.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Demand {
    /// Mean number of periods from one demand to the next, the first counted from the start; at least 1.
    pub interval: f64,
    /// Squared coefficient of variation of the sizes.
    pub variation: f64,
    /// The class that both give.
    pub pattern: Pattern,
}

impl Demand {
    /// Classifies `values`; periods without demand are zero. `None` where no value is positive.
    ///
    /// # Examples
    /// ```
    /// use crmstat_models::forecast::intermittent::{Demand, Pattern};
    ///
    /// let demand = Demand::classify(&[0.0, 2.0, 0.0, 0.0, 2.0, 0.0, 2.0]).unwrap();
    /// assert_eq!(demand.pattern, Pattern::Intermittent);
    /// assert!(Demand::classify(&[0.0, 0.0]).is_none());
    /// ```
    pub fn classify(values: &[f64]) -> Option<Self> {
        let last = values.iter().rposition(|&value| value > 0.0)?;
        let sizes: Vec<f64> = values.iter().copied().filter(|&value| value > 0.0).collect();
        let count = sizes.len() as f64;
        let interval = (last + 1) as f64 / count;
        let mean = sizes.iter().map(|size| size / count).sum::<f64>();
        let variation = sizes.iter().map(|size| (size / mean - 1.0).powi(2)).sum::<f64>() / count;
        let pattern = match (interval > INTERMITTENT, variation > ERRATIC) {
            (false, false) => Pattern::Smooth,
            (true, false) => Pattern::Intermittent,
            (false, true) => Pattern::Erratic,
            (true, true) => Pattern::Lumpy,
        };
        Some(Self { interval, variation, pattern })
    }
}
