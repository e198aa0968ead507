//! Seasonal adjustment: what does a model without a season forecast, when the season is taken out first?
//!
//! # Formula
//! y = trend × index × rest (or sums, where a value is not positive). The trend is the centred moving
//! average over a cycle. The index of a phase in cycle j is the mean of the phase's y/trend over all cycles
//! i with weights 0.8^|i − j|, so that the next cycle resembles the last ones; large deviations weigh less
//! (Huber). Indices are shrunk towards one by the share of their variance that is noise, W = (σ²/n)/s². The
//! average lacks the last half cycle: after a first pass, forecasts of the adjusted series (dynamic
//! optimised Theta) stand in for what is to come, and a second pass has a trend up to the end. The model
//! then forecasts y/index, or its logarithm, and the indices of the next cycle are put back.
//!
//! Of a series of fewer than three cycles the growth over a cycle is the mean difference of the k pairs a cycle
//! apart, and the index of a phase the mean of what is left in it. How alike the pairs are, r, their covariance
//! over their mean variance, tells how much of it is kept: with a = r k/(k + 1), of a phase that was seen c times
//! ca/(1 + (c − 1)a), and nothing where the series has more ups and downs without it, as after a jump. For
//! indices so uncertain, 2a times the share that is not kept times the variance of what is left comes to the
//! variance of the forecasts.
//!
//! # Assumptions
//! One season, which changes slowly or not at all.
//!
//! # Citation
//! D. M. Miller, D. Williams, International Journal of Forecasting 19, 2003 and 20, 2004 (shrunken
//! indices); J. Shiskin, A. Young, J. Musgrave, The X-11 Variant of the Census Method II, 1967 (averages
//! over the nearest cycles); E. B. Dagum, Journal of the American Statistical Association 70, 1975
//! (X-11-ARIMA: forecasts beyond the end); C. Spearman, W. Brown, British Journal of Psychology 3, 1910
//! (how much two measurements keep where one keeps a).
//!
//! # When not to use
//! Several seasons (see [`mstl`](super::mstl)); a season that is to be shown with its history.
//!
//! # Evidence
//! On the ends of the training parts (last `h` and the `h` before by half a horizon) the errors of dynamic
//! optimised Theta change by the following percentages, sMAPE/MASE, against its own classical indices behind
//! a test:
//!
//! | | M3 quarterly | M3 monthly | Tourism monthly | Tourism quarterly |
//! |---|---|---|---|---|
//! | shrunken, discounted | −0.7/−2.0 | −0.5/−0.8 | −5.8/−8.4 | −4.0/−6.0 |
//! | … against outliers, with a second pass | −2.3/−3.3 | −2.0/−2.3 | −7.3/−10.1 | −4.6/−6.7 |
//!
//! With fewer than three cycles, five models without a season together (damped ETS, complex smoothing, both
//! Thetas, ARIMA) on series cut to so many values, on the ends of training parts, twelve months and six quarters
//! ahead; sMAPE of the series as it is, and adjusted (beside the standard ensemble of seasonal models, which can
//! be fitted from two cycles on):
//!
//! | | M3 months | Tourism months | | M3 quarters | Tourism quarters |
//! |---|---|---|---|---|---|
//! | 14 | 14.5, 14.0 | 36.2, 29.6 | 6 | 9.3, 8.5 | 29.7, 22.4 |
//! | 18 | 14.6, 13.6 | 36.1, 23.5 | 7 | 9.5, 8.4 | 29.5, 20.3 |
//! | 24 | 14.3, 12.8 (13.1) | 35.9, 20.7 (21.5) | 8 | 9.5, 8.0 (8.0) | 28.7, 19.3 (20.1) |
//! | 35 | 14.2, 12.4 (12.5) | 36.1, 19.5 (19.6) | 11 | 9.8, 8.2 (8.3) | 28.9, 18.1 (18.2) |
//!
//! # Units and shapes
//! As the series; forecasts do not depend on the unit. With logarithms the forecast is the median.
//!
//! # Errors
//! Those of the model without season, and a data error for values too large or too small to be squared. A
//! series of hardly more than one cycle is forecast as it is.
//!
//! # Examples
//! ```
//! use crmstat_models::forecast::{Fitted, Model, Series, adjusted::Adjusted, baseline::Baseline};
//!
//! let sales: Vec<f64> = (0..24).map(|t| [120.0, 90.0, 80.0, 110.0][t % 4]).collect();
//! let fitted = Adjusted::new(Box::new(Baseline::Naive)).fit(&Series::new(&sales, 4)?)?;
//! assert!((fitted.forecast(3).mean[1] - 90.0).abs() < 1e-6);
//! assert_eq!(fitted.name(), "adjusted naive");
//! # Ok::<(), crmstat_models::Error>(())
//! ```

mod emerging;
mod season;

use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use super::{
    Fitted, Forecast, Model, Series,
    saved::SavedModel,
    theta::{Seasonality, Theta, Variant},
    unit::normalised,
};
use crate::{Error, Result, random::Generator};

use season::Season;

/// Forecasts that stand in for the future are at least this share of the smallest positive observation, so
/// that they can be divided by.
const LEAST_SHARE: f64 = 0.1;

/// Cycles from which on a season may change; before that it is [emerging](Season::emerging).
pub(super) const CYCLES: usize = 3;

/// Logarithms are counted from the geometric mean, which becomes one: rounding errors of a series that
/// never changes then stay small beside its values.
const LOG_OF_MEAN: f64 = 1.0;

/// A model without a season, and the way to it; see the [module](self).
#[derive(Debug)]
pub struct Adjusted {
    model: Box<dyn Model>,
    name: String,
    logarithms: bool,
}

impl Adjusted {
    /// `model` for what is left when the season is taken out; it sees a series without season.
    pub fn new(model: Box<dyn Model>) -> Self {
        Self { name: format!("adjusted {}", model.name()), model, logarithms: false }
    }

    /// Forecasts the logarithm where what is left is positive: lines become exponential.
    #[must_use]
    pub fn logarithms(self) -> Self {
        Self { name: format!("adjusted log {}", self.model.name()), logarithms: true, ..self }
    }
}

impl Model for Adjusted {
    fn name(&self) -> &str {
        &self.name
    }

    fn fit(&self, series: &Series<'_>) -> Result<Box<dyn Fitted>> {
        let (scale, values) = normalised(series.values())?;
        let season = season_of(&values, series.season());
        let mut rest: Vec<f64> =
            values.iter().enumerate().map(|(t, value)| season.remove(t, *value)).collect();
        let positive = rest.iter().all(|value| *value > 0.0);
        let logarithm = (self.logarithms && positive).then(|| {
            let mean = rest.iter().map(|value| libm::log(*value)).sum::<f64>() / rest.len() as f64;
            let origin = mean - LOG_OF_MEAN;
            for value in &mut rest {
                *value = libm::log(*value) - origin;
            }
            origin
        });
        let inner = self.model.fit(&Series::new(&rest, 1)?)?;
        let back = Back { season, logarithm, scale };
        Ok(Box::new(AdjustedFit::new(inner, back, series)))
    }
}

/// The season of normalised values: two passes, or what has emerged of it so far.
fn season_of(values: &[f64], length: usize) -> Season {
    if values.len() / CYCLES < length || length < 2 {
        return Season::emerging(values, length);
    }
    let first = Season::of(values, &[], length);
    let rest: Vec<f64> =
        values.iter().enumerate().map(|(t, value)| first.remove(t, *value)).collect();
    let theta = Theta::new(Variant::DynamicOptimised).seasonality(Seasonality::Ignored);
    let Ok(ahead) = Series::new(&rest, 1).and_then(|rest| theta.fit(&rest)) else {
        return first;
    };
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let least = if least > 0.0 { LEAST_SHARE * least } else { f64::NEG_INFINITY };
    let beyond: Vec<f64> = ahead
        .forecast(length / 2)
        .mean
        .iter()
        .zip(values.len()..)
        .map(|(value, position)| first.restore(position, *value).max(least))
        .collect();
    Season::of(values, &beyond, length)
}

/// The way back from what the model sees to observations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Back {
    season: Season,
    /// The logarithm that zero stands for, where the model sees logarithms.
    logarithm: Option<f64>,
    scale: f64,
}

impl Back {
    /// The season-free value.
    fn rest(&self, value: f64) -> f64 {
        self.logarithm.map_or(value, |origin| libm::exp(value + origin))
    }

    /// The observation of the period `position` for which the model says `value`.
    fn observation(&self, position: usize, value: f64) -> f64 {
        let value = self.season.restore(position, self.rest(value)) * self.scale;
        value.clamp(f64::MIN, f64::MAX)
    }

    /// What not knowing the index adds to it, at random; nothing where it is known.
    fn error(&self, position: usize, value: f64, generator: &mut Generator) -> f64 {
        let doubt = self.season.doubt(self.rest(value));
        if doubt == 0.0 {
            return 0.0;
        }
        let shock: f64 = StandardNormal.sample(generator);
        shock * doubt.sqrt() * self.season.spread(position) * self.scale
    }

    /// The variance around it; that of an exponential to the first order.
    fn variance(&self, position: usize, value: f64, variance: f64) -> f64 {
        let slope = self.logarithm.map_or(1.0, |_| self.rest(value));
        let doubt = self.season.doubt(self.rest(value));
        let factor = self.season.spread(position) * self.scale;
        ((variance * slope * slope + doubt) * factor * factor).min(f64::MAX)
    }
}

/// A model without a season on an adjusted series.
#[derive(Debug)]
pub(super) struct AdjustedFit {
    name: String,
    inner: Box<dyn Fitted>,
    back: Back,
    fitted: Vec<f64>,
    residuals: Vec<f64>,
}

impl AdjustedFit {
    fn new(inner: Box<dyn Fitted>, back: Back, series: &Series<'_>) -> Self {
        let fitted: Vec<f64> = inner
            .fitted_values()
            .iter()
            .enumerate()
            .map(|(t, value)| back.observation(t, *value))
            .collect();
        let residuals = series.values().iter().zip(&fitted).map(|(y, f)| y - f).collect();
        let log = if back.logarithm.is_some() { "log " } else { "" };
        let adjusted = if back.season.exists() { "adjusted " } else { "" };
        let name = format!("{adjusted}{log}{}", inner.name());
        Self { name, inner, back, fitted, residuals }
    }

    /// What is kept of it; `None` where the model on the adjusted series cannot be.
    pub(super) fn saved(&self) -> Option<SavedAdjusted> {
        let inner = SavedModel::of(self.inner.as_ref())?;
        Some(SavedAdjusted { name: self.name.clone(), inner, back: self.back.clone() })
    }
}

/// An adjusted model as it is kept: its last season goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedAdjusted {
    name: String,
    inner: SavedModel,
    back: Back,
}

impl SavedAdjusted {
    /// How many observations it has seen.
    pub fn seen(&self) -> usize {
        self.inner.seen()
    }
}

impl Model for SavedAdjusted {
    fn name(&self) -> &str {
        &self.name
    }

    /// The model after the observations of `series` beyond those it has seen.
    ///
    /// # Errors
    /// As [`SavedModel`], and a data error for a file that contradicts itself or a value without a
    /// logarithm where the model needs it.
    fn fit(&self, series: &Series<'_>) -> Result<Box<dyn Fitted>> {
        let Back { season, logarithm, scale } = &self.back;
        if !season.is_sound() || scale.is_nan() || *scale <= 0.0 {
            return Err(Error::data("the stored adjusted model contradicts itself"));
        }
        let rest: Vec<f64> = series
            .values()
            .iter()
            .enumerate()
            .map(|(t, value)| season.remove(t, value / scale))
            .map(|rest| logarithm.map_or(rest, |origin| libm::log(rest) - origin))
            .collect();
        // A value that is not positive has no logarithm, and the series of such is refused.
        let inner = self.inner.fit(&Series::new(&rest, 1)?)?;
        Ok(Box::new(AdjustedFit::new(inner, self.back.clone(), series)))
    }
}

impl Fitted for AdjustedFit {
    fn name(&self) -> &str {
        &self.name
    }

    fn forecast(&self, horizon: usize) -> Forecast {
        let inner = self.inner.forecast(horizon);
        let next = self.fitted.len();
        let variance = inner.variance.as_ref().map(|variances| {
            (next..)
                .zip(inner.mean.iter().zip(variances))
                .map(|(position, (mean, variance))| self.back.variance(position, *mean, *variance))
                .collect()
        });
        let mean = (next..)
            .zip(&inner.mean)
            .map(|(position, mean)| self.back.observation(position, *mean))
            .collect();
        Forecast { mean, variance }
    }

    fn fitted_values(&self) -> &[f64] {
        &self.fitted
    }

    fn residuals(&self) -> &[f64] {
        &self.residuals
    }

    fn as_of(&self, seen: usize) -> Option<Box<dyn Fitted>> {
        let inner = self.inner.as_of(seen)?;
        Some(Box::new(Self {
            name: self.name.clone(),
            inner,
            back: self.back.clone(),
            fitted: self.fitted[..seen].to_vec(),
            residuals: self.residuals[..seen].to_vec(),
        }))
    }

    fn simulate(&self, horizon: usize, generator: &mut Generator) -> Option<Vec<f64>> {
        let path = self.inner.simulate(horizon, generator)?;
        let next = self.fitted.len();
        let of =
            |(at, value)| self.back.observation(at, value) + self.back.error(at, value, generator);
        Some((next..).zip(path).map(of).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::baseline::Baseline;

    /// Sales that grow by 2 % a quarter around a season, times 1 ± 1 %.
    fn growing(count: usize) -> Vec<f64> {
        (0..count)
            .map(|t| {
                let irregular = 1.0 + 0.01 * (t as f64 * 2.3).sin();
                100.0 * 1.02_f64.powi(t as i32) * [1.3, 0.9, 0.7, 1.1][t % 4] * irregular
            })
            .collect()
    }

    fn fit(model: &Adjusted, values: &[f64]) -> Box<dyn Fitted> {
        model.fit(&Series::new(values, 4).unwrap()).unwrap()
    }

    #[test]
    fn growth_and_season_go_on() {
        let all = growing(48);
        let line = || Adjusted::new(Box::new(Baseline::Drift));
        for (model, bound) in [(line(), 0.06), (line().logarithms(), 0.03)] {
            let forecast = fit(&model, &all[..40]).forecast(8);
            for (mean, actual) in forecast.mean.iter().zip(&all[40..]) {
                assert!((mean / actual - 1.0).abs() < bound, "{model:?}: {mean} for {actual}");
            }
        }
        assert_eq!(fit(&line().logarithms(), &all).name(), "adjusted log drift");
    }

    #[test]
    fn logarithms_and_seasons_are_used_where_they_can_be() {
        let below: Vec<f64> = growing(24).iter().map(|value| value - 150.0).collect();
        let model = Adjusted::new(Box::new(Baseline::Naive)).logarithms();
        assert_eq!(fit(&model, &below).name(), "adjusted naive");
        assert_eq!(fit(&model, &growing(5)).name(), "log naive");
        let forecast = fit(&model, &growing(5)).forecast(2).mean;
        assert!((forecast[1] - growing(5)[4]).abs() < 1e-6, "no season, the last value");
        let emerging = fit(&model, &growing(7));
        assert_eq!(emerging.name(), "adjusted log naive");
        assert!(emerging.forecast(2).mean[1] > 1.2 * growing(7)[6], "spring after autumn");
    }

    #[test]
    fn the_unit_changes_nothing_and_the_spread_follows_the_season() {
        let values = growing(40);
        let theta = || Box::new(Theta::new(Variant::DynamicOptimised));
        for model in [Adjusted::new(theta()), Adjusted::new(theta()).logarithms()] {
            let plain = fit(&model, &values).forecast(8);
            for factor in [1e-9, 1e9] {
                let scaled: Vec<f64> = values.iter().map(|value| value * factor).collect();
                let other = fit(&model, &scaled).forecast(8);
                for (a, b) in plain.mean.iter().zip(&other.mean) {
                    assert!((a - b / factor).abs() < 1e-9 * a);
                }
            }
            let variance = plain.variance.unwrap();
            // The first quarter's index is 1.3, the third's 0.7; a random walk's variance grows by 7/5.
            assert!(variance[4] > 1.5 * variance[6] && variance[4] > variance[0], "{variance:?}");
        }
    }

    #[test]
    fn paths_have_the_moments_of_the_forecast() {
        let model = Adjusted::new(Box::new(Baseline::Naive));
        for count in [40, 7] {
            let fitted = fit(&model, &growing(count));
            let forecast = fitted.forecast(3);
            let mut generator = crate::random::generator(5);
            let draws: Vec<f64> =
                (0..20_000).map(|_| fitted.simulate(3, &mut generator).unwrap()[2]).collect();
            let mean = draws.iter().sum::<f64>() / 20_000.0;
            let variance = draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / 20_000.0;
            let expected = forecast.variance.unwrap()[2];
            assert!((mean - forecast.mean[2]).abs() < 5.0 * (expected / 20_000.0).sqrt());
            assert!((variance / expected - 1.0).abs() < 0.05, "{count}: {variance} {expected}");
        }
    }

    #[test]
    fn odd_series_have_a_forecast_or_a_reason() {
        let model = Adjusted::new(Box::new(Baseline::Drift)).logarithms();
        let mut spike = vec![0.0; 30];
        spike[9] = 1e9;
        for values in [vec![0.0; 12], vec![5.0; 9], spike, vec![3.0], vec![1e-9, 1e9, 1.0, 2.0]] {
            let forecast = fit(&model, &values).forecast(6);
            assert!(forecast.mean.iter().all(|mean| mean.is_finite()), "{values:?}");
            assert!(forecast.variance.unwrap().iter().all(|v| v.is_finite()));
        }
        let huge = model.fit(&Series::new(&[1e200, 1e-200, 1e200], 1).unwrap());
        assert!(huge.unwrap_err().is_data());
    }
}
