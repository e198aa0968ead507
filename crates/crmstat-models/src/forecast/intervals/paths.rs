//! Random paths of the future: quantiles of periods, of sums, and the odds of a target.

use std::ops::Range;

use super::{Interval, check_level};
use crate::{Error, Result, forecast::Fitted, parallel, random, sum};

/// Simulated futures of one model.
#[derive(Clone, Debug, PartialEq)]
pub struct Paths {
    horizon: usize,
    paths: Vec<Vec<f64>>,
}

/// Paths that one task draws; fixed, so that the number of threads does not matter.
const CHUNK: usize = 64;

impl Paths {
    /// Draws `count` paths; path `i` depends on `seed` and `i` alone.
    ///
    /// # Errors
    /// A parameter error for a count or horizon of 0; a data error for a model that cannot simulate.
    pub fn simulate(fitted: &dyn Fitted, horizon: usize, count: usize, seed: u64) -> Result<Self> {
        for (name, value) in [("horizon", horizon), ("count", count)] {
            if value == 0 {
                return Err(Error::parameter(name, value, "at least 1"));
            }
        }
        let chunks = parallel::map_chunks(count, CHUNK, |range| {
            range
                .map(|path| fitted.simulate(horizon, &mut random::stream(seed, path as u64)))
                .collect::<Option<Vec<_>>>()
        });
        let paths: Option<Vec<Vec<Vec<f64>>>> = chunks.into_iter().collect();
        let Some(paths) = paths else {
            let reason = format!("`{}` cannot simulate", fitted.name());
            return Err(Error::data(reason).with_hint("use analytic or conformal intervals"));
        };
        Ok(Self { horizon, paths: paths.into_iter().flatten().collect() })
    }

    /// Paths that were drawn elsewhere.
    ///
    /// # Errors
    /// A parameter error for no path, paths of no or unequal length, or a value that is not finite.
    pub fn from_paths(paths: Vec<Vec<f64>>) -> Result<Self> {
        let horizon = paths.first().map_or(0, Vec::len);
        let equal = horizon > 0 && paths.iter().all(|path| path.len() == horizon);
        if !equal || paths.iter().flatten().any(|value| !value.is_finite()) {
            let allowed = "paths of one length of at least 1, all finite";
            return Err(Error::parameter("paths", paths.len(), allowed));
        }
        Ok(Self { horizon, paths })
    }

    /// How many periods each path has.
    pub fn horizon(&self) -> usize {
        self.horizon
    }

    /// The paths, each as long as the horizon.
    pub fn paths(&self) -> &[Vec<f64>] {
        &self.paths
    }

    /// The central interval of each period.
    ///
    /// # Errors
    /// A parameter error for a level outside (0, 1).
    pub fn interval(&self, level: f64) -> Result<Interval> {
        check_level(level)?;
        let tail = 0.5 - 0.5 * level;
        let (lower, upper) = (0..self.horizon)
            .map(|h| {
                let sorted = sorted(self.paths.iter().map(|path| path[h]));
                (quantile(&sorted, tail), quantile(&sorted, 1.0 - tail))
            })
            .unzip();
        Ok(Interval { level, lower, upper })
    }

    /// The quantile at `level` of the sum over `periods`, counted from 0: the next quarter as a whole.
    ///
    /// # Errors
    /// A parameter error for a level outside (0, 1) or periods that are none or beyond the horizon.
    pub fn sum_quantile(&self, periods: Range<usize>, level: f64) -> Result<f64> {
        check_level(level)?;
        Ok(quantile(&sorted(self.sums(periods)?.into_iter()), level))
    }

    /// The share of paths whose sum over `periods` reaches `target`.
    ///
    /// # Errors
    /// A parameter error for periods that are none or beyond the horizon, or a target that is NaN.
    pub fn probability_of_sum(&self, periods: Range<usize>, target: f64) -> Result<f64> {
        if target.is_nan() {
            return Err(Error::parameter("target", target, "a number"));
        }
        let sums = self.sums(periods)?;
        let reached = sums.iter().filter(|sum| **sum >= target).count();
        Ok(reached as f64 / sums.len() as f64)
    }

    fn sums(&self, periods: Range<usize>) -> Result<Vec<f64>> {
        if periods.is_empty() || periods.end > self.horizon {
            let given = format!("{}..{}", periods.start, periods.end);
            let allowed = format!("some of the {} periods of the horizon", self.horizon);
            return Err(Error::parameter("periods", given, allowed));
        }
        let sum = |path: &Vec<f64>| sum::compensated(path[periods.clone()].iter().copied());
        Ok(self.paths.iter().map(sum).collect())
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The quantile between order statistics (Hyndman and Fan 1996, type 7) of at least one value.
pub(super) fn quantile(sorted: &[f64], level: f64) -> f64 {
    let position = level * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    let share = position - below as f64;
    sorted[below] * (1.0 - share) + sorted[above] * share
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::{Series, baseline::Baseline, intervals::analytic};

    #[test]
    fn simulated_intervals_of_a_random_walk_are_the_analytic_ones() {
        let series = [3.0, 5.0, 4.0, 7.0, 6.0, 9.0];
        let fit = Baseline::Naive.fit(&Series::new(&series, 1).unwrap());
        let paths = Paths::simulate(&fit, 4, 40_000, 1).unwrap();
        let simulated = paths.interval(0.8).unwrap();
        let exact = analytic(&fit.forecast(4), 0.8).unwrap();
        let deviation = fit.error_variance().sqrt();
        for h in 0..4 {
            // Four standard errors of an outer decile of 40,000 draws.
            let bound = 4.0 * deviation * ((h + 1) as f64).sqrt() * 1.71 / 200.0;
            assert!((simulated.upper[h] - exact.upper[h]).abs() < bound, "{h}");
            assert!((simulated.lower[h] - exact.lower[h]).abs() < bound, "{h}");
        }
        // The sum of two steps of a walk has variance 1 + 4 of one step's.
        let upper = paths.sum_quantile(0..2, 0.9).unwrap();
        let expected = 18.0 + 1.281_551_565_544_6 * deviation * 5.0_f64.sqrt();
        assert!((upper - expected).abs() < 4.0 * deviation * 5.0_f64.sqrt() * 1.71 / 200.0);
        assert!((paths.probability_of_sum(0..2, expected).unwrap() - 0.1).abs() < 0.006);
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let series = [3.0, 5.0, 4.0, 7.0];
        let fit = Baseline::Drift.fit(&Series::new(&series, 1).unwrap());
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Paths::simulate(&fit, 3, 500, 9).unwrap())
        };
        assert_eq!(on(1), on(3));
        assert_ne!(on(1), Paths::simulate(&fit, 3, 500, 10).unwrap());
    }

    #[test]
    fn periods_must_lie_in_the_horizon() {
        let fit = Baseline::Naive.fit(&Series::new(&[1.0, 2.0], 1).unwrap());
        let paths = Paths::simulate(&fit, 3, 10, 1).unwrap();
        assert!(paths.sum_quantile(1..4, 0.5).unwrap_err().is_parameter());
        assert!(paths.probability_of_sum(2..2, 0.0).is_err());
        assert!(paths.interval(0.0).is_err());
        assert!(Paths::simulate(&fit, 0, 10, 1).is_err());
    }
}
