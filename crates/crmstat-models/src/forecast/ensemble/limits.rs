//! How wide a forecast error can be, by what was seen.
//!
//! Variances of multiplicative forms, and of trends that change, grow without bound with the horizon; after an
//! outlier in a short history they grow beyond anything that could be sold.

use crate::sum::compensated;

/// A member's variance this many times the median of all is cut to it.
const OUT_OF_LINE: f64 = 4.0;

/// Errors grow no faster than those of a random walk with steps half as large again as those seen.
const STEPS: f64 = 1.5;

/// With fewer observations their spread is hardly known: the standard deviation is at least half the mean size
/// over their number.
const FEW: usize = 6;
const LEAST_OF_FEW: f64 = 0.5;

/// What the history says about errors.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The root mean square of the changes from period to period.
    step: f64,
    range: f64,
    largest: f64,
    least: f64,
    count: usize,
}

impl Limits {
    /// The limits that at least one value sets.
    pub(super) fn of(values: &[f64]) -> Self {
        let (low, high) = values
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(*y), high.max(*y)));
        let largest = low.abs().max(high.abs());
        let unit = if largest > 0.0 { largest } else { 1.0 };
        let changes = values.windows(2).map(|pair| (pair[1] / unit - pair[0] / unit).powi(2));
        let step = (compensated(changes) / (values.len() - 1).max(1) as f64).sqrt() * unit;
        let count = values.len();
        let least = if count < FEW {
            let size = compensated(values.iter().map(|y| y.abs() / unit)) / count as f64 * unit;
            LEAST_OF_FEW * size / count as f64
        } else {
            0.0
        };
        let range = (high / unit - low / unit) * unit;
        Self { step, range, largest, least, count }
    }

    /// The variance of the forecast `mean` of the period `h` after the next one, within the limits.
    pub(super) fn bounded(&self, variance: f64, h: usize, mean: f64) -> f64 {
        // A forecast beyond all that was seen errs in proportion to it.
        let growth = if self.largest > 0.0 { (mean.abs() / self.largest).max(1.0) } else { 1.0 };
        let most = (STEPS * self.step * ((h + 1) as f64).sqrt()).min(self.range) * growth;
        // One value, or one that never changes, sets no limit.
        let bounded =
            if self.count > 1 && most > 0.0 { variance.min(most * most) } else { variance };
        bounded.max(self.least * self.least).min(f64::MAX)
    }
}

/// The mean of the variances, those far above the others cut; of at least one.
pub(super) fn in_line(mut variances: Vec<f64>) -> f64 {
    variances.sort_by(f64::total_cmp);
    let count = variances.len();
    let median = f64::midpoint(variances[(count - 1) / 2], variances[count / 2]);
    // Where most are certain the others are not cut to nothing.
    let most = if median > 0.0 { OUT_OF_LINE * median } else { f64::MAX };
    // Dividing first keeps the sum of huge values finite.
    variances.iter().map(|variance| variance.min(most) / count as f64).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wild_member_does_not_decide() {
        assert_eq!(in_line(vec![1.0, 2.0, 3.0]), 2.0);
        assert_eq!(in_line(vec![1.0, 2.0, 1e30]), 11.0 / 3.0);
        assert_eq!(in_line(vec![0.0, 0.0, 6.0]), 2.0);
    }

    #[test]
    fn errors_stay_within_what_was_seen() {
        let limits = Limits::of(&[0.0, 3.0, 0.0, 3.0, 0.0, 3.0, 0.0]);
        assert_eq!(limits.bounded(1e30, 0, 1.0), 9.0, "the range");
        assert_eq!(limits.bounded(2.0, 0, 1.0), 2.0);
        assert_eq!(limits.bounded(1e30, 0, 30.0), 900.0, "a trend explains ten times as much");
        let walk = Limits::of(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
        assert_eq!(
            walk.bounded(1e30, 3, 8.0),
            9.0,
            "one and a half steps of a walk, four periods ahead"
        );
        assert_eq!(Limits::of(&[5.0]).bounded(0.0, 0, 5.0), 6.25, "half of the only value");
        assert_eq!(Limits::of(&[5.0; 30]).bounded(0.0, 0, 5.0), 0.0);
    }
}
