//! Single observations that do not belong, by Hampel's identifier.

use serde::{Deserialize, Serialize};

use super::{robust_deviation, robust_season, running_median};
use crate::{Error, Result, forecast::Series};

/// Observations on each side that say what one should have been.
const REACH: usize = 3;

/// The default number of deviations. Among 120 normal errors one beyond it happens in about one series of
/// twenty; the running median makes errors look a little larger than they are.
const THRESHOLD: f64 = 5.0;

/// An observation far from what its neighbours and its season suggest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Anomaly {
    /// Its place in the series, from 0.
    pub position: usize,
    /// What was observed.
    pub value: f64,
    /// What level and season suggest.
    pub expected: f64,
    /// The difference in standard deviations of the ordinary differences; its sign says the direction.
    pub score: f64,
}

/// A search for anomalies; see the [module](super) for its assumptions and papers.
///
/// The level is the median of seven neighbouring season-free observations; what lies more than
/// `threshold` robust standard deviations from it is an anomaly.
///
/// # Examples
/// ```
/// use crmstat_models::forecast::{Series, anomalies::Anomalies};
///
/// let mut sales: Vec<f64> = (0..24).map(|t| 100.0 + f64::from(t * t % 7)).collect();
/// sales[13] = 200.0;
/// let found = Anomalies::default().find(&Series::new(&sales, 1)?)?;
/// assert_eq!(found.len(), 1);
/// assert_eq!(found[0].position, 13);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Anomalies {
    threshold: f64,
}

impl Default for Anomalies {
    fn default() -> Self {
        Self { threshold: THRESHOLD }
    }
}

impl Anomalies {
    /// How many standard deviations are too many; 5 when not given.
    #[must_use]
    pub fn threshold(mut self, threshold: f64) -> Self {
        self.threshold = threshold;
        self
    }

    /// The anomalies of a series, oldest first.
    ///
    /// # Errors
    /// A parameter error for a threshold that is not positive.
    pub fn find(&self, series: &Series<'_>) -> Result<Vec<Anomaly>> {
        if !(self.threshold > 0.0 && self.threshold.is_finite()) {
            return Err(Error::parameter("threshold", self.threshold, "above 0"));
        }
        let values = series.values();
        let season = robust_season(series);
        let rest: Vec<f64> = values.iter().zip(&season).map(|(value, s)| value - s).collect();
        let level = running_median(&rest, REACH);
        let errors: Vec<f64> =
            rest.iter().zip(&level).map(|(value, level)| value - level).collect();
        let largest = values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        // An observation is its own median at the very ends and often within; those say nothing of the
        // ordinary size of errors.
        let ordinary: Vec<f64> = errors.iter().copied().filter(|error| *error != 0.0).collect();
        let deviation = robust_deviation(&ordinary, largest);
        let found = (0..values.len())
            .map(|t| Anomaly {
                position: t,
                value: values[t],
                expected: level[t] + season[t],
                score: errors[t] / deviation,
            })
            .filter(|anomaly| anomaly.score.abs() > self.threshold)
            .collect();
        Ok(found)
    }
}
