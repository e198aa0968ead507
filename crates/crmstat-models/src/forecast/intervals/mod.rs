//! Prediction intervals: between which bounds will sales be, and with what probability reach a target?
//!
//! # Formula
//! Analytic: ŷ ± z·√v with the normal quantile z and the model's error variance v. Simulated: quantiles of
//! random paths, for single periods and for sums over several. Conformal: ŷ ± q·w, where w is the model's
//! own width (√v, or √h where it has none) and q the ⌈(k + 1)·level⌉-th smallest of the k scores |error|/w
//! at past origins.
//!
//! # Assumptions
//! Analytic and simulated: the model is true and its errors normal. Conformal: past errors are
//! exchangeable with the next ones, whatever the model.
//!
//! # Citation
//! Hyndman et al. 2008, chapter 6 (analytic, simulated); J. Lei et al., Journal of the American Statistical
//! Association 113, 2018 (conformal, eq. 10 for the scaled scores).
//!
//! # When not to use
//! Analytic intervals of a model chosen among many are too narrow: prefer [`calibrated`] ones, or conformal
//! ones with a few dozen past errors.
//!
//! # Units and shapes
//! Bounds in the unit of the series, one per period of the horizon; levels in (0, 1).
//!
//! # Errors
//! A level outside (0, 1), a period beyond the horizon: parameter errors. A model without variance or
//! simulation, too few past errors for a level: data errors.
//!
//! # Examples
//! ```
//! use crmstat_models::forecast::{Fitted, Series, baseline::Baseline, intervals};
//!
//! let series = Series::new(&[10.0, 12.0, 11.0, 13.0, 12.0, 14.0], 1)?;
//! let fitted = Baseline::Naive.fit(&series);
//! let interval = intervals::analytic(&fitted.forecast(3), 0.8)?;
//! assert!(interval.lower[2] < interval.lower[0]);
//! let paths = intervals::Paths::simulate(&fitted, 3, 1000, 42)?;
//! assert!(paths.probability_of_sum(0..3, 1.0)? > 0.9);
//! # Ok::<(), crmstat_models::Error>(())
//! ```

mod conformal;
mod outcome;
mod past;
mod paths;

pub use conformal::Conformal;
pub use outcome::Outcome;
pub use past::Past;
pub use paths::Paths;
use serde::{Deserialize, Serialize};

use super::Forecast;
use crate::{Error, Result, special::normal};

/// Bounds that hold each period's value with probability `level`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The probability, between 0 and 1.
    pub level: f64,
    /// The lower bounds.
    pub lower: Vec<f64>,
    /// The upper bounds.
    pub upper: Vec<f64>,
}

impl Interval {
    /// The interval without values below `least`, for what cannot be negative.
    #[must_use]
    pub fn at_least(mut self, least: f64) -> Self {
        for bound in self.lower.iter_mut().chain(&mut self.upper) {
            *bound = bound.max(least);
        }
        self
    }

    fn around(mean: &[f64], level: f64, half_widths: impl Iterator<Item = f64>) -> Self {
        let (lower, upper) = mean
            .iter()
            .zip(half_widths)
            .map(|(mean, half)| {
                ((mean - half).clamp(f64::MIN, f64::MAX), (mean + half).clamp(f64::MIN, f64::MAX))
            })
            .unzip();
        Self { level, lower, upper }
    }
}

/// The normal interval of a forecast with analytic variances.
///
/// # Errors
/// A parameter error for a level outside (0, 1); a data error for a forecast without variances.
pub fn analytic(forecast: &Forecast, level: f64) -> Result<Interval> {
    check_level(level)?;
    // The quantile of a level next to one is infinite.
    within(forecast, level, normal::quantile(0.5 + 0.5 * level).min(f64::MAX))
}

/// The interval for a model that was chosen from the data: Student's distribution with six degrees of
/// freedom in the place of the normal one.
///
/// The standard deviation of such a model is itself uncertain, so large errors come more often than it
/// says. On the last periods of the training parts of M3's quarters and months these intervals of the
/// standard ensemble hold 77 to 79 % of the values at 80 % and 94 % at 95 %; at origins that see half a
/// horizon less they hold 3 to 5 points less, so they will hold somewhat more where all is seen.
/// Before a season has shown three times they hold 77 and 93 % of M3's months after 18 values and 81 and 95 % after
/// 24, 87 and 96 % of the tourism competition's after 18, and 72 and 89 % of M3's quarters after 7.
///
/// # Errors
/// As [`analytic`].
pub fn calibrated(forecast: &Forecast, level: f64) -> Result<Interval> {
    check_level(level)?;
    within(forecast, level, student_bound(level))
}

/// The interval of so many standard deviations on both sides.
fn within(forecast: &Forecast, level: f64, deviations: f64) -> Result<Interval> {
    let Some(variance) = &forecast.variance else {
        return Err(Error::data("the model has no analytic variance")
            .with_hint("use simulated or conformal intervals"));
    };
    Ok(Interval::around(&forecast.mean, level, variance.iter().map(|v| deviations * v.sqrt())))
}

/// The bound that Student's distribution with six degrees of freedom exceeds in size with probability
/// 1 − `level`.
///
/// With s = t/√(6 + t²) the level is s (15 − 10 s² + 3 s⁴)/8 (Abramowitz and Stegun 1964, 26.7.4), which
/// rises from 0 to 1 with s.
fn student_bound(level: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..HALVINGS {
        let s: f64 = f64::midpoint(low, high);
        if student_level(s) < level {
            low = s;
        } else {
            high = s;
        }
    }
    // The lower end is below one, where the bound is infinite.
    (6.0 * low * low / (1.0 - low * low)).sqrt()
}

/// The probability that Student's distribution with six degrees of freedom gives to sizes below the bound that
/// belongs to `s`; with the sign of `s`.
fn student_level(s: f64) -> f64 {
    let square = s * s;
    s * (15.0 - square * (10.0 - 3.0 * square)) / 8.0
}

/// Halvings of the interval from 0 to 1 until nothing lies between its ends.
const HALVINGS: usize = 60;

fn check_level(level: f64) -> Result<()> {
    if level > 0.0 && level < 1.0 {
        return Ok(());
    }
    Err(Error::parameter("level", level, "between 0 and 1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calibrated_bounds_are_quantiles_of_student() {
        // Two-sided points of Student's distribution with 6 degrees of freedom, from any table.
        for (level, point) in [(0.8, 1.439_756), (0.95, 2.446_912), (0.99, 3.707_428)] {
            let forecast = Forecast { mean: vec![10.0], variance: Some(vec![4.0]) };
            let interval = calibrated(&forecast, level).unwrap();
            assert!((interval.upper[0] - 10.0 - 2.0 * point).abs() < 2e-6, "{level}");
            assert!((interval.lower[0] - 10.0 + 2.0 * point).abs() < 2e-6, "{level}");
        }
        let forecast = Forecast { mean: vec![10.0], variance: Some(vec![0.0]) };
        assert_eq!(calibrated(&forecast, 1.0 - f64::EPSILON / 2.0).unwrap().upper, [10.0]);
    }

    #[test]
    fn analytic_bounds_are_normal_quantiles() {
        let forecast = Forecast { mean: vec![10.0, 1.0], variance: Some(vec![4.0, 9.0]) };
        let interval = analytic(&forecast, 0.95).unwrap();
        assert!((interval.upper[0] - 10.0 - 2.0 * 1.959_963_984_540_054).abs() < 1e-12);
        assert!((interval.lower[1] - 1.0 + 3.0 * 1.959_963_984_540_054).abs() < 1e-12);
        assert_eq!(interval.at_least(0.0).lower[1], 0.0);
        assert!(analytic(&forecast, 1.0).unwrap_err().is_parameter());
        let without = Forecast { mean: vec![1.0], variance: None };
        assert!(analytic(&without, 0.8).unwrap_err().is_data());
    }
}
