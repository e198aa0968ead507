//! What one number may come to: quantiles and the odds of a target from the same distribution.

use super::{Interval, Paths, check_level, student_bound};
use crate::{Error, Result};

/// The distribution of one future number.
///
/// # Examples
/// ```
/// use crmstat_models::forecast::intervals::Outcome;
///
/// let year = Outcome::student(1200.0, 100.0, Some(0.0));
/// let (_, upper) = year.interval(0.8)?;
/// assert!((year.reaches(upper) - 0.1).abs() < 1e-9);
/// assert_eq!(year.reaches(-5.0), 1.0);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome(Shape);

#[derive(Clone, Debug, PartialEq)]
enum Shape {
    /// Student's distribution with six degrees of freedom, as [`calibrated`](super::calibrated) has it, everything
    /// below the floor on the floor.
    Student { mean: f64, deviation: f64, floor: Option<f64> },
    /// Equally likely values, smallest first, straight lines between them.
    Drawn(Vec<f64>),
}

impl Outcome {
    /// Around `mean`, with a scale of `deviation`; nothing is below `floor`.
    pub fn student(mean: f64, deviation: f64, floor: Option<f64>) -> Self {
        Self(Shape::Student { mean, deviation, floor })
    }

    /// As simulated: the sums of `paths`.
    pub fn of_sums(paths: &Paths) -> Self {
        Self::drawn(paths.paths().iter().map(|path| path.iter().sum()).collect())
    }

    /// Equally likely values, at least one.
    pub fn drawn(mut values: Vec<f64>) -> Self {
        debug_assert!(!values.is_empty());
        values.sort_by(f64::total_cmp);
        Self(Shape::Drawn(values))
    }

    /// The central interval.
    ///
    /// # Errors
    /// A parameter error for a level outside (0, 1).
    pub fn interval(&self, level: f64) -> Result<(f64, f64)> {
        check_level(level)?;
        Ok(match &self.0 {
            Shape::Student { mean, deviation, floor } => {
                let half = student_bound(level) * deviation;
                let around = Interval::around(&[*mean], level, std::iter::once(half));
                let bounds = floor.map_or(around.clone(), |floor| around.at_least(floor));
                (bounds.lower[0], bounds.upper[0])
            }
            Shape::Drawn(values) => {
                let tail = 0.5 - 0.5 * level;
                (super::paths::quantile(values, tail), super::paths::quantile(values, 1.0 - tail))
            }
        })
    }

    /// The probability of `target` or more.
    ///
    /// # Errors
    /// None: a target that is no number is never reached.
    pub fn reaches(&self, target: f64) -> f64 {
        match &self.0 {
            Shape::Student { floor: Some(floor), .. } if target <= *floor => 1.0,
            Shape::Student { mean, deviation, .. } => {
                if *deviation == 0.0 {
                    return f64::from(u8::from(*mean >= target));
                }
                let t = (target - mean) / deviation;
                // The square of a huge ratio is infinite, and the ratio's share of it one.
                let s = if t.abs() > 1e100 { t.signum() } else { t / (6.0 + t * t).sqrt() };
                0.5 - 0.5 * super::student_level(s)
            }
            Shape::Drawn(values) => {
                let below = values.partition_point(|value| *value < target);
                let (count, steps) = (values.len(), (values.len() - 1).max(1) as f64);
                if below == 0 {
                    return 1.0;
                }
                if below == count {
                    return 0.0;
                }
                // The inverse of the quantile: straight between the values on either side.
                let (low, high) = (values[below - 1], values[below]);
                let share = if target == high { 1.0 } else { (target - low) / (high - low) };
                1.0 - ((below - 1) as f64 + share) / steps
            }
        }
    }
}

impl Paths {
    /// The paths with the means and standard deviations of `forecast` in each period, so that only how periods move
    /// together is theirs. What lies further than six of the forecast's deviations out counts as six.
    ///
    /// # Errors
    /// A parameter error for a forecast of another horizon or without variances.
    pub fn matched(&self, forecast: &crate::forecast::Forecast) -> Result<Self> {
        let horizon = self.horizon();
        let variances = forecast.variance.as_ref().filter(|all| all.len() == horizon);
        let Some(variances) = variances else {
            return Err(Error::parameter("forecast", forecast.mean.len(), "a variance per period"));
        };
        let mut paths = self.paths().to_vec();
        let count = paths.len() as f64;
        for (h, (mean, variance)) in forecast.mean.iter().zip(variances).enumerate() {
            let deviation = variance.sqrt();
            let bound = FARTHEST * deviation;
            let mut total = 0.0;
            for path in &mut paths {
                path[h] = (path[h] - mean).clamp(-bound, bound);
                total += path[h] / count;
            }
            let squares: f64 = paths.iter().map(|path| (path[h] - total).powi(2) / count).sum();
            let scale = if squares > 0.0 { deviation / squares.sqrt() } else { 0.0 };
            for path in &mut paths {
                path[h] = (mean + scale * (path[h] - total)).clamp(f64::MIN, f64::MAX);
            }
        }
        Self::from_paths(paths)
    }
}

/// Deviations beyond which a path is a member's that ran away.
const FARTHEST: f64 = 6.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::{Forecast, Series, baseline::Baseline};

    #[test]
    fn a_bound_is_passed_as_often_as_its_level_says() {
        let drawn = Outcome::drawn((0..401).map(|at| f64::from(at * at % 977)).collect());
        for outcome in
            [Outcome::student(50.0, 20.0, None), Outcome::student(5.0, 20.0, Some(0.0)), drawn]
        {
            for level in [0.5, 0.8, 0.95, 0.99] {
                let (lower, upper) = outcome.interval(level).unwrap();
                assert!((outcome.reaches(upper) - (0.5 - 0.5 * level)).abs() < 1e-9, "{outcome:?}");
                let below = outcome.reaches(lower);
                assert!(
                    (below - (0.5 + 0.5 * level)).abs() < 1e-9 || lower == 0.0,
                    "{outcome:?} {below}"
                );
            }
        }
        assert!((Outcome::student(50.0, 20.0, None).reaches(50.0) - 0.5).abs() < 1e-15);
    }

    #[test]
    fn certain_and_impossible_targets() {
        let sure = Outcome::student(7.0, 0.0, None);
        assert_eq!((sure.reaches(7.0), sure.reaches(7.1)), (1.0, 0.0));
        let wide = Outcome::student(7.0, 1e-300, Some(0.0));
        assert_eq!((wide.reaches(1e300), wide.reaches(0.0)), (0.0, 1.0));
        // Half of the futures bring nothing.
        let rare = Outcome::drawn(vec![0.0, 0.0, 4.0, 6.0]);
        assert_eq!((rare.reaches(0.0), rare.reaches(6.1), rare.reaches(6.0)), (1.0, 0.0, 0.0));
        assert!((rare.reaches(4.0) - 1.0 / 3.0).abs() < 1e-12);
        assert!(rare.interval(1.0).unwrap_err().is_parameter());
    }

    #[test]
    fn matched_paths_have_the_moments_of_the_forecast() {
        let fit = Baseline::Naive.fit(&Series::new(&[3.0, 5.0, 4.0, 6.0, 5.0], 1).unwrap());
        let mut wild = Paths::simulate(&fit, 3, 500, 1).unwrap().paths().to_vec();
        wild[7] = vec![1e200; 3];
        let wild = Paths::from_paths(wild).unwrap();
        let forecast =
            Forecast { mean: vec![10.0, 20.0, 5.0], variance: Some(vec![1.0, 4.0, 0.0]) };
        let matched = wild.matched(&forecast).unwrap();
        for h in 0..3 {
            let column: Vec<f64> = matched.paths().iter().map(|path| path[h]).collect();
            let mean = column.iter().sum::<f64>() / 500.0;
            let variance = column.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 500.0;
            assert!((mean - forecast.mean[h]).abs() < 1e-9, "{mean}");
            assert!((variance - forecast.variance.as_ref().unwrap()[h]).abs() < 1e-9, "{variance}");
        }
        assert!(wild.matched(&Forecast { mean: vec![1.0], variance: None }).is_err());
    }
}
