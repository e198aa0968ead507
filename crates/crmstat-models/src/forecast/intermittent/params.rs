//! The methods and their computation.

use serde::{Deserialize, Serialize};

use super::{
    FittedIntermittent,
    pattern::Demand,
    smoothing::{estimated_alpha, levels},
};
use crate::{
    Error, Result,
    forecast::{Fitted, Model, Series},
};

/// The smoothing parameter of Croston's method, after his paper and statsforecast.
const CROSTON_ALPHA: f64 = 0.1;

/// 1 − α/2 at α = 0.1: what Syntetos and Boylan multiply Croston's rate by.
const SBA_FACTOR: f64 = 1.0 - CROSTON_ALPHA / 2.0;

/// The largest demand whose square stays within `f64`.
const LARGEST: f64 = 1e150;

/// How the rate is found; see the [module](super) for the formulas and papers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Method {
    /// Size over interval, both smoothed with α = 0.1.
    Croston,
    /// Size over interval, each smoothed with its best α between 0.1 and 0.3.
    CrostonOptimised,
    /// Croston's rate less its bias.
    Sba,
    /// Probability times size; follows an item that dies out.
    Tsb {
        /// Smoothing parameter of the size, in (0, 1).
        size: f64,
        /// Smoothing parameter of the probability, in (0, 1).
        probability: f64,
    },
    /// One aggregation level, the mean interval.
    Adida,
    /// The mean over all aggregation levels up to the mean interval. It includes plain exponential
    /// smoothing, and so turns into it where demand is not intermittent: the default.
    #[default]
    Imapa,
}

impl Method {
    /// `Croston`, `Croston(optimised)`, `SBA`, `TSB`, `ADIDA` or `IMAPA`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Croston => "Croston",
            Self::CrostonOptimised => "Croston(optimised)",
            Self::Sba => "SBA",
            Self::Tsb { .. } => "TSB",
            Self::Adida => "ADIDA",
            Self::Imapa => "IMAPA",
        }
    }
}

/// A rate of intermittent demand to be fitted.
///
/// # Examples
/// ```
/// use crmstat_models::forecast::{Fitted, Series, intermittent::Intermittent};
///
/// let sold = [0.0, 2.0, 0.0, 0.0, 1.0, 0.0, 0.0, 2.0];
/// let forecast = Intermittent::default().fit(&Series::new(&sold, 1)?)?.forecast(3);
/// assert_eq!(forecast.mean[0], forecast.mean[2]);
/// assert!(forecast.mean[0] > 0.0);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Intermittent {
    method: Method,
}

impl Intermittent {
    /// A model with this method.
    pub fn new(method: Method) -> Self {
        Self { method }
    }

    /// Fits the rate. A series without any demand has a rate of zero.
    ///
    /// # Errors
    /// A parameter error for a smoothing parameter of TSB outside (0, 1); a data error for a negative
    /// observation or one above 1e150.
    pub fn fit(&self, series: &Series<'_>) -> Result<FittedIntermittent> {
        if let Method::Tsb { size, probability } = self.method {
            for (name, value) in [("size", size), ("probability", probability)] {
                if !(value > 0.0 && value < 1.0) {
                    return Err(Error::parameter(name, value, "above 0 and below 1"));
                }
            }
        }
        let values = series.values();
        if let Some(at) = values.iter().position(|value| !(0.0..=LARGEST).contains(value)) {
            let reason = format!("value {} of the demand is `{}`", at + 1, values[at]);
            return Err(Error::data(reason).with_hint(
                "intermittent demand is zero or positive; forecast returns separately",
            ));
        }
        let Some(demand) = Demand::classify(values) else {
            let nothing = vec![0.0; values.len()];
            return Ok(FittedIntermittent::new(self.method, values, 0.0, nothing, None));
        };
        let (rate, fitted) = match self.method {
            Method::Croston => croston(values, |_| CROSTON_ALPHA, 1.0),
            Method::CrostonOptimised => croston(values, estimated_alpha, 1.0),
            Method::Sba => croston(values, |_| CROSTON_ALPHA, SBA_FACTOR),
            Method::Tsb { size, probability } => tsb(values, size, probability),
            Method::Adida => aggregated(values, level(&demand)),
            Method::Imapa => {
                // A sum that stands alone has nothing to be smoothed with.
                imapa(values, level(&demand).min(values.len() / 2).max(1))
            }
        };
        Ok(FittedIntermittent::new(self.method, values, rate, fitted, Some(demand)))
    }

    /// A demand at a rate that is known from elsewhere, in the sizes of `series`.
    ///
    /// # Errors
    /// A parameter error for a negative rate; data errors as [`Intermittent::fit`].
    pub fn at_rate(series: &Series<'_>, rate: f64) -> Result<FittedIntermittent> {
        if !(0.0..=LARGEST).contains(&rate) {
            return Err(Error::parameter("rate", rate, "at least 0"));
        }
        let known = Self::new(Method::Adida).fit(series)?;
        let fitted = vec![rate; series.len()];
        let demand = known.demand().copied();
        Ok(FittedIntermittent::new(Method::Adida, series.values(), rate, fitted, demand))
    }
}

impl Model for Intermittent {
    fn name(&self) -> &str {
        self.method.name()
    }

    fn fit(&self, series: &Series<'_>) -> Result<Box<dyn Fitted>> {
        Ok(Box::new(self.fit(series)?))
    }
}

/// Croston's rate times `factor`, and the rate known before each period: zero until the first demand.
fn croston(values: &[f64], alpha: impl Fn(&[f64]) -> f64, factor: f64) -> (f64, Vec<f64>) {
    let places: Vec<usize> =
        values.iter().enumerate().filter(|(_, value)| **value > 0.0).map(|(at, _)| at).collect();
    let sizes: Vec<f64> = places.iter().map(|&at| values[at]).collect();
    let intervals: Vec<f64> = places
        .iter()
        .enumerate()
        .map(|(index, &at)| (if index == 0 { at + 1 } else { at - places[index - 1] }) as f64)
        .collect();
    let sizes = levels(&sizes, alpha(&sizes));
    let intervals = levels(&intervals, alpha(&intervals));
    let mut known = sizes.iter().zip(&intervals).map(|(size, interval)| factor * size / interval);
    let mut rate = 0.0;
    let fitted = values
        .iter()
        .map(|&value| {
            let before = rate;
            if value > 0.0 {
                rate = known.next().unwrap_or(rate);
            }
            before
        })
        .collect();
    (rate, fitted)
}

/// Probability times size, and that product before each period: zero until the first demand.
fn tsb(values: &[f64], size_alpha: f64, probability_alpha: f64) -> (f64, Vec<f64>) {
    let mut probability = f64::from(u8::from(values[0] > 0.0));
    let mut size = None;
    let mut fitted = Vec::with_capacity(values.len());
    for &value in values {
        fitted.push(size.map_or(0.0, |size| probability * size));
        let occurred = value > 0.0;
        probability += probability_alpha * (f64::from(u8::from(occurred)) - probability);
        if occurred {
            let before = size.unwrap_or(value);
            size = Some(before + size_alpha * (value - before));
        }
    }
    (size.map_or(0.0, |size| probability * size), fitted)
}

/// The aggregation level: the mean interval, rounded to even at halves as numpy does.
fn level(demand: &Demand) -> usize {
    demand.interval.round_ties_even() as usize
}

/// Exponential smoothing of the sums over `level` periods, the last ending with the series; and for each
/// period its share of the forecast that was known before its sum began.
fn aggregated(values: &[f64], level: usize) -> (f64, Vec<f64>) {
    let rest = values.len() % level;
    let sums: Vec<f64> = values[rest..].chunks(level).map(|chunk| chunk.iter().sum()).collect();
    let smoothed = levels(&sums, estimated_alpha(&sums));
    let per_period = |sum: f64| sum / level as f64;
    let mut fitted = vec![per_period(sums[0]); rest + level];
    for level_before in &smoothed[..smoothed.len() - 1] {
        fitted.extend(std::iter::repeat_n(per_period(*level_before), level));
    }
    (per_period(smoothed[smoothed.len() - 1]), fitted)
}

/// The mean of [`aggregated`] over all levels up to `highest`.
fn imapa(values: &[f64], highest: usize) -> (f64, Vec<f64>) {
    let mut rate = 0.0;
    let mut fitted = vec![0.0; values.len()];
    for level in 1..=highest {
        let (part, parts) = aggregated(values, level);
        rate += part / highest as f64;
        for (sum, part) in fitted.iter_mut().zip(parts) {
            *sum += part / highest as f64;
        }
    }
    (rate, fitted)
}
