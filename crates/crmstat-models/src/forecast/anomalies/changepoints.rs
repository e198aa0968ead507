//! Periods from which on a series follows another line, by the pruned exact search PELT.

use serde::{Deserialize, Serialize};

use super::{Anomalies, median, robust_deviation, robust_season};
use crate::{Error, Result, forecast::Series};

/// The default penalty per change in units of ln n: a change adds a level, a slope and a place, for which
/// Schwarz's criterion takes three; the rest guards against errors that are a little correlated.
const PENALTY: f64 = 5.0;

/// Errors below this share of the largest observation drown in the rounding of the running sums.
const SMALLEST_NOISE: f64 = 1e-6;

/// The fewest observations between changes; fewer cannot be told from anomalies.
const SHORTEST: usize = 4;

/// The first observation of a new course.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Changepoint {
    /// Its place in the series, from 0.
    pub position: usize,
    /// What the old line says of that period, without the season.
    pub before: f64,
    /// What the new line says of it.
    pub after: f64,
}

/// A search for changes of level or slope; see the [module](super) for its assumptions and papers.
///
/// Minimises Σ (errors around one line per segment)²/σ² + penalty · ln n · changes, exactly, over all
/// segmentations of the season-free series with its anomalies smoothed out.
///
/// # Examples
/// ```
/// use crmstat_models::forecast::{Series, anomalies::Changepoints};
///
/// let sales: Vec<f64> =
///     (0..40).map(|t| f64::from(t * 37 % 11) + if t < 25 { 100.0 } else { 160.0 }).collect();
/// let found = Changepoints::default().find(&Series::new(&sales, 1)?)?;
/// assert_eq!(found.len(), 1);
/// assert_eq!(found[0].position, 25);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Changepoints {
    penalty: f64,
}

impl Default for Changepoints {
    fn default() -> Self {
        Self { penalty: PENALTY }
    }
}

impl Changepoints {
    /// The penalty per change in units of ln n; 5 when not given, more finds fewer.
    #[must_use]
    pub fn penalty(mut self, penalty: f64) -> Self {
        self.penalty = penalty;
        self
    }

    /// The changes of a series, oldest first.
    ///
    /// # Errors
    /// A parameter error for a penalty that is not positive.
    pub fn find(&self, series: &Series<'_>) -> Result<Vec<Changepoint>> {
        if !(self.penalty > 0.0 && self.penalty.is_finite()) {
            return Err(Error::parameter("penalty", self.penalty, "above 0"));
        }
        let mut values = series.values().to_vec();
        for anomaly in Anomalies::default().find(series)? {
            values[anomaly.position] = anomaly.expected;
        }
        let largest = values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        if values.len() < 2 * SHORTEST || largest == 0.0 {
            return Ok(Vec::new());
        }
        let unit = largest.max(f64::MIN_POSITIVE);
        for (value, season) in values.iter_mut().zip(robust_season(series)) {
            *value = (*value - season) / unit;
        }
        let lines = Lines::new(&values);
        let penalty = self.penalty * (values.len() as f64).ln() * noise(&values).powi(2);
        let starts = segment_starts(&lines, values.len(), penalty);
        let found = starts
            .windows(3)
            .map(|window| {
                let (old, new, end) = (window[0], window[1], window[2]);
                Changepoint {
                    position: new,
                    before: lines.at(old, new, new) * unit,
                    after: lines.at(new, end, new) * unit,
                }
            })
            .collect();
        Ok(found)
    }
}

/// The standard deviation of the errors from the second differences, which neither level nor slope and
/// only few changes reach; those of independent errors have six times their variance.
fn noise(values: &[f64]) -> f64 {
    let mut second: Vec<f64> =
        values.windows(3).map(|three| three[2] - 2.0 * three[1] + three[0]).collect();
    let centre = median(&mut second);
    for difference in &mut second {
        *difference -= centre;
    }
    (robust_deviation(&second, 1.0) / 6.0_f64.sqrt()).max(SMALLEST_NOISE)
}

/// The starts of the best segments, from 0, and `count` at the end.
pub(super) fn segment_starts(lines: &Lines, count: usize, penalty: f64) -> Vec<usize> {
    let mut best = vec![f64::INFINITY; count + 1];
    let mut from = vec![0; count + 1];
    best[0] = -penalty;
    let mut candidates: Vec<usize> = vec![0];
    for end in SHORTEST..=count {
        for &start in &candidates {
            let cost = best[start] + lines.squares(start, end) + penalty;
            if cost < best[end] {
                (best[end], from[end]) = (cost, start);
            }
        }
        // A start that loses even without the penalty of one more change never wins later (theorem 3.1).
        candidates.retain(|&start| best[start] + lines.squares(start, end) <= best[end]);
        let next = end + 1 - SHORTEST;
        if next >= SHORTEST {
            candidates.push(next);
        }
    }
    let mut starts = vec![count];
    let mut end = count;
    while end > 0 {
        end = from[end];
        starts.push(end);
    }
    starts.reverse();
    starts
}

/// Least-squares lines of any stretch in constant time, from running sums.
pub(super) struct Lines {
    /// Sums of 1, t, t², y, t y and y² over the observations before each.
    sums: Vec<[f64; 6]>,
}

impl Lines {
    pub(super) fn new(values: &[f64]) -> Self {
        let mut sums = vec![[0.0; 6]];
        let mut sum = [0.0; 6];
        // Time counted from the middle keeps the sums small.
        let middle = values.len() as f64 / 2.0;
        for (t, &y) in values.iter().enumerate() {
            let t = t as f64 - middle;
            for (total, term) in sum.iter_mut().zip([1.0, t, t * t, y, t * y, y * y]) {
                *total += term;
            }
            sums.push(sum);
        }
        Self { sums }
    }

    /// Mean time, mean value, slope and squares left of the line over `start..end`, which is not empty.
    fn line(&self, start: usize, end: usize) -> (f64, f64, f64, f64) {
        let [n, t, tt, y, ty, yy] =
            std::array::from_fn(|index| self.sums[end][index] - self.sums[start][index]);
        let (mean_t, mean_y) = (t / n, y / n);
        let (around, with) = (tt - t * mean_t, ty - t * mean_y);
        let slope = if around > 0.0 { with / around } else { 0.0 };
        (mean_t, mean_y, slope, (yy - y * mean_y - slope * with).max(0.0))
    }

    fn squares(&self, start: usize, end: usize) -> f64 {
        self.line(start, end).3
    }

    /// What the line over `start..end` says of period `at`.
    fn at(&self, start: usize, end: usize, at: usize) -> f64 {
        let (mean_t, mean_y, slope, _) = self.line(start, end);
        let middle = (self.sums.len() - 1) as f64 / 2.0;
        mean_y + slope * (at as f64 - middle - mean_t)
    }
}
