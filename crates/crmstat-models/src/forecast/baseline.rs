//! Naive forecasts: what would the laziest sensible forecaster say? Every model has to beat them.
//!
//! # Formula
//! Naive: ŷ(n+h) = y(n), error variance hσ². Seasonal naive: ŷ(n+h) = y of the same period in the last
//! cycle, variance (k+1)σ² after k whole cycles. Drift: ŷ(n+h) = y(n) + h(y(n) − y(1))/(n − 1), variance
//! hσ²(1 + h/(n − 1)). Cautious drift: ŷ(n+h) = y(n) + h b³/(b² + s²/(n − 1)), b being the mean change
//! without the least and the greatest of four or more, s² the variance of all; variance as the drift's. A
//! slope that the changes bear out stays as it is, one within their noise shrinks towards zero.
//!
//! # Assumptions
//! Changes from period to period (from cycle to cycle) are independent, of mean zero (naive, seasonal
//! naive) or of a constant mean (drift), which now and then a jump overlays (cautious drift).
//!
//! # Citation
//! R. Hyndman, G. Athanasopoulos: Forecasting: Principles and Practice, 3rd ed. 2021, 5.2 and table 5.2.
//! Cautious drift: J. Doornik, J. Castle, D. Hendry, International Journal of Forecasting 36, 2020 (growth
//! without its largest change); J. Thompson, Journal of the American Statistical Association 63, 1968
//! (a mean shrunk by its own square).
//!
//! # When not to use
//! As the last word; they are a yardstick and a fallback.
//!
//! # Units and shapes
//! Any unit. The fitted value of a period without a predecessor is the observation itself.
//!
//! # Errors
//! None: any series has a baseline. A seasonal naive forecast of less than one cycle repeats what there is.
//!
//! # Examples
//! ```
//! use crmstat_models::forecast::{Fitted, Series, baseline::Baseline};
//!
//! let series = Series::new(&[3.0, 5.0, 4.0, 6.0], 2)?;
//! assert_eq!(Baseline::SeasonalNaive.fit(&series).forecast(3).mean, [4.0, 6.0, 4.0]);
//! assert_eq!(Baseline::Drift.fit(&series).forecast(2).mean, [7.0, 8.0]);
//! # Ok::<(), crmstat_models::Error>(())
//! ```

use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use super::{Fitted, Forecast, Model, Series};
use crate::{Error, Result, random::Generator};

/// Which naive forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Baseline {
    /// The last observation.
    Naive,
    /// The last observation of the same period of the cycle.
    SeasonalNaive,
    /// The last observation and the mean change per period.
    Drift,
    /// The last observation and the mean change per period without its extremes, less what may be noise.
    CautiousDrift,
}

impl Baseline {
    /// Reads off the forecast; nothing is estimated but the size of the errors.
    pub fn fit(self, series: &Series<'_>) -> BaselineFit {
        let values = series.values();
        let lag = match self {
            Self::Naive | Self::Drift | Self::CautiousDrift => 1,
            Self::SeasonalNaive => series.season().min(values.len()),
        };
        let changes = values.len() - lag.min(values.len() - 1);
        let slope = match self {
            // Halves keep the difference of two huge values finite.
            Self::Drift if values.len() > 1 => {
                let (first, last) = (values[0], values[values.len() - 1]);
                2.0 * ((0.5 * last - 0.5 * first) / (values.len() - 1) as f64)
            }
            Self::CautiousDrift => cautious_slope(values),
            _ => 0.0,
        };
        let fitted: Vec<f64> = (0..values.len())
            .map(|t| if t < lag { values[t] } else { values[t - lag] + slope })
            .collect();
        let residuals: Vec<f64> =
            values.iter().zip(&fitted).map(|(value, fitted)| value - fitted).collect();
        let estimated = usize::from(self.has_slope());
        let degrees = changes.saturating_sub(1 + estimated).max(1);
        let squares: f64 = residuals.iter().map(|residual| residual * residual).sum();
        BaselineFit {
            baseline: self,
            season: series.season(),
            observations: values.to_vec(),
            last_cycle: values[values.len() - lag..].to_vec(),
            slope,
            variance: squares / degrees as f64,
            fitted,
            residuals,
        }
    }

    fn has_slope(self) -> bool {
        matches!(self, Self::Drift | Self::CautiousDrift)
    }
}

/// The mean change without the least and the greatest of four or more, times the share of its square that
/// the variance of the mean does not explain.
fn cautious_slope(values: &[f64]) -> f64 {
    // In units of the largest value nothing overflows.
    let unit = values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    if unit == 0.0 {
        return 0.0;
    }
    let mut changes: Vec<f64> =
        values.windows(2).map(|pair| pair[1] / unit - pair[0] / unit).collect();
    if changes.len() < 2 {
        return changes.first().map_or(0.0, |change| change * unit);
    }
    let count = changes.len() as f64;
    let mean = changes.iter().sum::<f64>() / count;
    let squares: f64 = changes.iter().map(|change| (change - mean).powi(2)).sum();
    let noise = squares / (count - 1.0) / count;
    changes.sort_by(f64::total_cmp);
    let kept = if changes.len() < 4 { &changes[..] } else { &changes[1..changes.len() - 1] };
    let slope = kept.iter().sum::<f64>() / kept.len() as f64;
    if slope == 0.0 { 0.0 } else { slope * (slope * slope / (slope * slope + noise)) * unit }
}

impl Model for Baseline {
    fn name(&self) -> &str {
        match self {
            Self::Naive => "naive",
            Self::SeasonalNaive => "seasonal naive",
            Self::Drift => "drift",
            Self::CautiousDrift => "cautious drift",
        }
    }

    fn fit(&self, series: &Series<'_>) -> Result<Box<dyn Fitted>> {
        Ok(Box::new(Self::fit(*self, series)))
    }
}

/// A naive forecast of one series; saved, it holds the observations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Saved", into = "Saved")]
pub struct BaselineFit {
    baseline: Baseline,
    season: usize,
    observations: Vec<f64>,
    last_cycle: Vec<f64>,
    slope: f64,
    variance: f64,
    fitted: Vec<f64>,
    residuals: Vec<f64>,
}

impl BaselineFit {
    /// Which naive forecast it is.
    pub fn baseline(&self) -> Baseline {
        self.baseline
    }

    /// The variance of the one-step errors.
    pub fn error_variance(&self) -> f64 {
        self.variance
    }
}

impl Fitted for BaselineFit {
    fn name(&self) -> &str {
        self.baseline.name()
    }

    fn forecast(&self, horizon: usize) -> Forecast {
        let lag = self.last_cycle.len();
        let mean = (0..horizon)
            .map(|h| self.last_cycle[h % lag] + (h + 1) as f64 * self.slope)
            .map(|mean| mean.clamp(f64::MIN, f64::MAX))
            .collect();
        let variance = (0..horizon)
            .map(|h| {
                let steps = (h / lag + 1) as f64;
                let of_slope = if self.baseline.has_slope() {
                    steps / (self.fitted.len() - 1).max(1) as f64
                } else {
                    0.0
                };
                (self.variance * steps * (1.0 + of_slope)).min(f64::MAX)
            })
            .collect();
        Forecast { mean, variance: Some(variance) }
    }

    fn fitted_values(&self) -> &[f64] {
        &self.fitted
    }

    fn residuals(&self) -> &[f64] {
        &self.residuals
    }

    fn as_of(&self, seen: usize) -> Option<Box<dyn Fitted>> {
        let head = self.observations.get(..seen).filter(|head| !head.is_empty())?;
        let then = self.baseline.fit(&Series::new(head, self.season).ok()?);
        Some(Box::new(Self { variance: self.variance, ..then }))
    }

    fn simulate(&self, horizon: usize, generator: &mut Generator) -> Option<Vec<f64>> {
        let lag = self.last_cycle.len();
        let deviation = self.variance.sqrt();
        let mut cycle = self.last_cycle.clone();
        let path = (0..horizon)
            .map(|h| {
                let shock: f64 = StandardNormal.sample(generator);
                let value = cycle[h % lag] + self.slope + deviation * shock;
                cycle[h % lag] = value.clamp(f64::MIN, f64::MAX);
                cycle[h % lag]
            })
            .collect();
        Some(path)
    }
}

/// What a model file holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Saved {
    baseline: Baseline,
    season: usize,
    observations: Vec<f64>,
}

impl TryFrom<Saved> for BaselineFit {
    type Error = Error;

    fn try_from(saved: Saved) -> Result<Self> {
        Ok(saved.baseline.fit(&Series::new(&saved.observations, saved.season)?))
    }
}

impl From<BaselineFit> for Saved {
    fn from(fit: BaselineFit) -> Self {
        Self { baseline: fit.baseline, season: fit.season, observations: fit.observations }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(baseline: Baseline, values: &[f64], season: usize) -> BaselineFit {
        baseline.fit(&Series::new(values, season).unwrap())
    }

    #[test]
    fn variances_grow_with_the_periods_between() {
        let values = [1.0, 3.0, 2.0, 5.0, 4.0];
        let naive = fit(Baseline::Naive, &values, 1);
        // Changes 2, -1, 3, -1: their squares add up to 15, over three degrees of freedom.
        assert_eq!(naive.error_variance(), 5.0);
        assert_eq!(naive.forecast(3).variance.unwrap(), [5.0, 10.0, 15.0]);
        let seasonal = fit(Baseline::SeasonalNaive, &values, 2);
        let variance = seasonal.forecast(4).variance.unwrap();
        assert_eq!(variance[0], variance[1]);
        assert_eq!(variance[2], 2.0 * variance[0]);
        assert_eq!(seasonal.forecast(4).mean, [5.0, 4.0, 5.0, 4.0]);
    }

    #[test]
    fn shortest_series_repeat_what_there_is() {
        let all =
            [Baseline::Naive, Baseline::SeasonalNaive, Baseline::Drift, Baseline::CautiousDrift];
        for baseline in all {
            let one = fit(baseline, &[4.0], 12).forecast(3);
            assert_eq!((one.mean, one.variance), (vec![4.0; 3], Some(vec![0.0; 3])));
        }
        assert_eq!(fit(Baseline::SeasonalNaive, &[1.0, 2.0], 12).forecast(3).mean, [1.0, 2.0, 1.0]);
    }

    #[test]
    fn a_cautious_drift_leaves_out_extremes_and_shrinks_what_may_be_noise() {
        let next = |values: &[f64]| {
            let fit = fit(Baseline::CautiousDrift, values, 1);
            fit.forecast(1).mean[0] - values[values.len() - 1]
        };
        // A line is borne out; a jump changes the noise and not the mean; a wave has no slope.
        assert_eq!(next(&[1.0, 3.0, 5.0, 7.0, 9.0, 11.0]), 2.0);
        assert_eq!(next(&[1.0, 2.0, 1.0, 2.0, 1.0]), 0.0);
        // Changes 1, 1, 6, 1, 1: the mean kept is 1, their variance 5, that of the mean 1.
        assert!((next(&[0.0, 1.0, 2.0, 8.0, 9.0, 10.0]) - 0.5).abs() < 1e-12);
        // Changes 3, 1: the mean is 2, its variance 1, and 2 · 4/5 is left.
        assert!((next(&[1.0, 4.0, 5.0]) - 1.6).abs() < 1e-12);
        assert_eq!(next(&[1.0, 4.0]), 3.0);
        let drift = fit(Baseline::CautiousDrift, &[1.0, 4.0, 5.0], 1);
        assert_eq!(drift.forecast(2).variance.unwrap().len(), 2);
        assert_eq!(next(&[0.0, 0.0, 0.0]), 0.0);
    }

    #[test]
    fn a_saved_baseline_forecasts_the_same_and_a_damaged_one_is_refused() {
        let seasonal = fit(Baseline::SeasonalNaive, &[1.0, 2.5, 4.0], 2);
        let saved = serde_json::to_string(&seasonal).unwrap();
        assert_eq!(serde_json::from_str::<BaselineFit>(&saved).unwrap(), seasonal);
        let damaged = saved.replace("[1.0,2.5,4.0]", "[]");
        assert!(serde_json::from_str::<BaselineFit>(&damaged).is_err());
    }

    #[test]
    fn huge_values_stay_finite() {
        for baseline in [Baseline::Drift, Baseline::CautiousDrift] {
            let forecast = fit(baseline, &[-1e308, 1e308, 1e308, -1e308, 2.0], 1).forecast(5);
            let numbers = forecast.mean.iter().chain(forecast.variance.iter().flatten());
            assert!(numbers.into_iter().all(|number| number.is_finite()));
        }
    }
}
