//! Shares of few trials: what does `k` of `n` say, and is one group better than another?
//!
//! [`wilson`] gives the interval of one share, [`difference`] that of the difference of two, and
//! [`BetaBinomial`] shrinks the shares of many groups toward what they have in common.

mod shrinkage;

pub use shrinkage::{BetaBinomial, Posterior};

use crate::special::normal::quantile;

/// Which shares are compatible with `successes` of `trials`?
///
/// # Formula
/// With `p = k/n` and the normal quantile `z` of `level`: `(p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n)`.
/// It stays within 0 and 1 and holds what it promises for few trials, too.
///
/// # Assumptions
/// Trials are independent and have one probability.
///
/// # Citation
/// E. B. Wilson, *Journal of the American Statistical Association* 22 (1927) 209–212.
///
/// # Units and shapes
/// `level` between 0 and 1, such as 0.95. `None` without trials, with more successes than trials, or for a
/// level out of range.
///
/// # Examples
/// ```
/// let (lower, upper) = crmstat_models::rates::wilson(81, 263, 0.95).unwrap();
/// assert!((lower - 0.2553).abs() < 1e-4 && (upper - 0.3662).abs() < 1e-4);
/// ```
pub fn wilson(successes: u64, trials: u64, level: f64) -> Option<(f64, f64)> {
    if trials == 0 || successes > trials || !(level > 0.0 && level < 1.0) {
        return None;
    }
    let z = quantile(0.5 + 0.5 * level);
    let (n, share) = (trials as f64, successes as f64 / trials as f64);
    let centre = share + z * z / (2.0 * n);
    let width = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    // Rounding may carry the end beyond the share itself where that is 0 or 1.
    let lower = if successes == 0 { 0.0 } else { (centre - width) / scale };
    let upper = if successes == trials { 1.0 } else { (centre + width) / scale };
    Some((lower, upper))
}

/// The difference of two shares with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// The first share less the second.
    pub value: f64,
    /// The lower end of the interval.
    pub lower: f64,
    /// The upper end of the interval.
    pub upper: f64,
}

/// How far is the share of the first group above that of the second?
///
/// Each group is its successes and its trials.
///
/// # Formula
/// Newcombe's hybrid score interval, his method 10: with Wilson's bounds `l`, `u` of both shares,
/// `d − √((p₁−l₁)² + (u₂−p₂)²)` to `d + √((u₁−p₁)² + (p₂−l₂)²)`.
///
/// # Assumptions
/// The groups are independent, and so are the trials within them.
///
/// # Citation
/// R. G. Newcombe, *Statistics in Medicine* 17 (1998) 873–890.
///
/// # Units and shapes
/// As [`wilson`]; `None` where that gives none of either group.
///
/// # Examples
/// ```
/// // Newcombe's table II, column (a): 56/70 less 48/80.
/// let found = crmstat_models::rates::difference((56, 70), (48, 80), 0.95).unwrap();
/// assert!((found.lower - 0.0524).abs() < 5e-5 && (found.upper - 0.3339).abs() < 5e-5);
/// ```
pub fn difference(first: (u64, u64), second: (u64, u64), level: f64) -> Option<Difference> {
    let (l1, u1) = wilson(first.0, first.1, level)?;
    let (l2, u2) = wilson(second.0, second.1, level)?;
    let p1 = first.0 as f64 / first.1 as f64;
    let p2 = second.0 as f64 / second.1 as f64;
    let value = p1 - p2;
    Some(Difference {
        value,
        lower: value - (p1 - l1).hypot(u2 - p2),
        upper: value + (u1 - p1).hypot(p2 - l2),
    })
}

#[cfg(test)]
mod tests {
    use super::{difference, wilson};

    #[test]
    fn wilsons_interval_is_where_the_score_test_is_indifferent() {
        let z = crate::special::normal::quantile(0.975);
        for (successes, trials) in [(1, 1), (3, 7), (0, 20), (20, 20), (81, 263), (999, 1000)] {
            let (lower, upper) = wilson(successes, trials, 0.95).unwrap();
            assert!((0.0..=1.0).contains(&lower) && lower <= upper && upper <= 1.0);
            let share = successes as f64 / trials as f64;
            let score = |p: f64| (share - p) / (p * (1.0 - p) / trials as f64).sqrt();
            if lower > 0.0 {
                assert!((score(lower) - z).abs() < 1e-9);
            }
            if upper < 1.0 {
                assert!((score(upper) + z).abs() < 1e-9);
            }
        }
        assert_eq!((wilson(0, 0, 0.95), wilson(2, 1, 0.95), wilson(1, 2, 1.0)), (None, None, None));
    }

    #[test]
    fn differences_are_newcombes_published_ones() {
        // Table II of Newcombe (1998), method 10.
        for ((a, m), (b, n), lower, upper) in [
            ((56, 70), (48, 80), 0.0524, 0.3339),
            ((9, 10), (3, 10), 0.1705, 0.8090),
            ((6, 7), (2, 7), 0.0582, 0.8062),
            ((5, 56), (0, 29), -0.0381, 0.1926),
            ((0, 10), (0, 10), -0.2775, 0.2775),
            ((10, 10), (0, 20), 0.6791, 1.0),
        ] {
            let found = difference((a, m), (b, n), 0.95).unwrap();
            assert!((found.lower - lower).abs() < 6e-5, "{a}/{m}: {found:?}");
            assert!((found.upper - upper).abs() < 6e-5, "{a}/{m}: {found:?}");
        }
    }
}
