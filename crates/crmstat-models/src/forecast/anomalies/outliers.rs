//! Single observations that do not belong, by Hampel's identifier.

use serde::{Deserialize, Serialize};

use super::{robust_deviation, robust_season, running_median};
use crate::{Error, Result, forecast::Series};

/// Observations on each side that say what one should have been.
const REACH: usize = 3;

/// The default number of deviations. Among 120 normal errors one beyond it happens in about one series of
/// twenty; the running median makes errors look a little larger than they are.
const THRESHOLD: f64 = 5.0;

/// Of what is told so much may be false.
const FALSE_DISCOVERIES: f64 = 0.05;

/// Seasons are estimated anew without what was found, until nothing changes or so often.
const PASSES: usize = 4;

/// Of normal errors one in twenty is beyond 1.96 standard deviations. Where it is beyond more, by more than chance
/// explains, tails are heavy.
const TWENTIETH: f64 = 1.959_963_984_540_054;
const BY_CHANCE: f64 = 1.15;

/// How many times as large as of normal errors the twentieth largest of the errors is; 1 where that may be chance.
fn heaviness(errors: &mut [f64], deviation: f64) -> f64 {
    if errors.is_empty() {
        return 1.0;
    }
    errors.sort_unstable_by(|a, b| a.abs().total_cmp(&b.abs()));
    let ratio = errors[errors.len() * 19 / 20].abs() / (TWENTIETH * deviation);
    if ratio > BY_CHANCE { ratio } else { 1.0 }
}

/// The chance that Student's distribution with six degrees of freedom gives to sizes beyond `size` standard deviations
/// of a normal one (Abramowitz and Stegun 1964, 26.7.4).
fn student_tails(size: f64) -> f64 {
    let s = size / (6.0 + size * size).sqrt();
    let square = s * s;
    (1.0 - s * (15.0 - square * (10.0 - 3.0 * square)) / 8.0).max(0.0)
}

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
/// `threshold` robust standard deviations from it, and further than chance explains in a series as long with tails as
/// heavy, is an anomaly.
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
        let mut known = vec![false; values.len()];
        let mut found = Vec::new();
        for _ in 0..PASSES {
            found = self.pass(series, &known);
            let mut next = vec![false; values.len()];
            for anomaly in &found {
                next[anomaly.position] = true;
            }
            if next == known {
                break;
            }
            known = next;
        }
        Ok(found)
    }

    /// What is far off, when what is `known` to be tells nothing of the season.
    fn pass(self, series: &Series<'_>, known: &[bool]) -> Vec<Anomaly> {
        let values = series.values();
        let (season, cycles) = robust_season(series, known);
        let rest: Vec<f64> = values.iter().zip(&season).map(|(value, s)| value - s).collect();
        let level = running_median(&rest, REACH);
        let errors: Vec<f64> =
            rest.iter().zip(&level).map(|(value, level)| value - level).collect();
        let largest = values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        // An observation is its own median at the very ends and often within; those say nothing of the
        // ordinary size of errors.
        let mut ordinary: Vec<f64> = errors.iter().copied().filter(|error| *error != 0.0).collect();
        // The medians of few cycles follow the errors that they are made of.
        let follows = if cycles > 1.0 { (cycles / (cycles - 1.0)).sqrt() } else { 1.0 };
        let deviation = follows * robust_deviation(&ordinary, largest);
        let tail = heaviness(&mut ordinary, deviation);
        let mut found: Vec<Anomaly> = (0..values.len())
            .map(|t| Anomaly {
                position: t,
                value: values[t],
                expected: level[t] + season[t],
                score: errors[t] / deviation,
            })
            .filter(|anomaly| anomaly.score.abs() > self.threshold)
            .collect();
        // Benjamini and Hochberg: the k-th smallest chance is at most k/n of the share of false ones.
        found.sort_by(|a, b| b.score.abs().total_cmp(&a.score.abs()));
        let tested = values.len() as f64;
        let chance = |anomaly: &Anomaly| {
            let size = anomaly.score.abs() / tail;
            if tail > 1.0 {
                student_tails(size)
            } else {
                libm::erfc(size / std::f64::consts::SQRT_2)
            }
        };
        let real = found
            .iter()
            .rposition(|anomaly| {
                let rank = found.partition_point(|other| other.score.abs() >= anomaly.score.abs());
                chance(anomaly) <= FALSE_DISCOVERIES * rank as f64 / tested
            })
            .map_or(0, |last| last + 1);
        found.truncate(real);
        found.sort_by_key(|anomaly| anomaly.position);
        found
    }
}
