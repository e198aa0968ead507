//! A number: pulled in, transformed, scaled.

use super::power::{Power, Transform};
use super::{FARTHEST, PreparationParams, Scaling};
use crate::segments::kmeans::MAGNITUDE;
use crate::sum::compensated;
use crate::{Error, Result};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// The interquartile range of the standard normal distribution.
const NORMAL_IQR: f64 = 1.348_979_500_392_163_5;

/// A spread below this share of the values' magnitude is rounding, not variation.
const LEAST_SPREAD: f64 = 1e-14;

/// What a numeric feature went through.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Numeric {
    /// The range that values are pulled in to: the quantiles when winsorised.
    low: f64,
    high: f64,
    winsorised: bool,
    power: Power,
    centre: f64,
    spread: f64,
    /// The median, which stands for a missing value.
    median: f64,
}

impl Numeric {
    pub(super) fn fit(
        index: usize,
        values: &[Option<f64>],
        params: &PreparationParams,
    ) -> Result<Self> {
        check(index, values)?;
        let mut sorted: Vec<f64> = values.iter().flatten().copied().collect();
        if sorted.is_empty() {
            return Err(Error::data(format!("feature {index} is missing for every customer"))
                .with_hint("leave it out"));
        }
        // In ascending order every sum below is the same for any order of the customers.
        sorted.par_sort_unstable_by(f64::total_cmp);
        let winsorised = params.winsorise > 0.0;
        let low = quantile(&sorted, params.winsorise);
        let high = quantile(&sorted, 1.0 - params.winsorise);
        for value in &mut sorted {
            *value = value.clamp(low, high);
        }
        let median = quantile(&sorted, 0.5);
        let power = Power::fit(params.transform, &sorted);
        let transformed: Vec<f64> = sorted.par_iter().map(|value| power.apply(*value)).collect();
        let (centre, spread) = match params.scaling {
            Scaling::Standard => mean_and_deviation(&transformed),
            Scaling::Robust => {
                let range = quantile(&transformed, 0.75) - quantile(&transformed, 0.25);
                let middle = quantile(&transformed, 0.5);
                // Half of the customers may share one value; the deviation then still tells the rest.
                let spread = if range > 0.0 {
                    range / NORMAL_IQR
                } else {
                    mean_and_deviation(&transformed).1
                };
                (middle, spread)
            }
            Scaling::None => (0.0, 1.0),
        };
        let magnitude = transformed.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        let constant = spread <= LEAST_SPREAD * magnitude;
        let spread = if constant { 1.0 } else { spread };
        Ok(Self { low, high, winsorised, power, centre, spread, median })
    }

    pub(super) fn is_valid(&self) -> bool {
        let numbers = [self.low, self.high, self.centre, self.spread, self.median];
        numbers.iter().all(|number| number.is_finite())
            && self.low <= self.median
            && self.median <= self.high
            && self.spread > 0.0
            && self.power.is_valid()
    }

    pub(super) fn transform(&self) -> Transform {
        self.power.transform()
    }

    pub(super) fn apply(&self, value: Option<f64>) -> f64 {
        let value = value.unwrap_or(self.median);
        let value = if self.winsorised { value.clamp(self.low, self.high) } else { value };
        let prepared = (self.power.apply(value) - self.centre) / self.spread;
        prepared.clamp(-FARTHEST, FARTHEST)
    }

    pub(super) fn invert(&self, prepared: f64) -> f64 {
        let value = self.power.invert(prepared * self.spread + self.centre);
        // An inverse that overflows, or has no value, lies beyond the range on that side.
        if value.is_nan() { self.high } else { value.clamp(self.low, self.high) }
    }
}

/// Refuses numbers that are not finite or too great for their squares to be.
pub(super) fn check(index: usize, values: &[Option<f64>]) -> Result<()> {
    let odd =
        |value: &Option<f64>| value.is_some_and(|value| !(-MAGNITUDE..=MAGNITUDE).contains(&value));
    match values.iter().position(odd) {
        None => Ok(()),
        Some(row) => {
            let value = values[row].unwrap_or_default();
            Err(Error::data(format!(
                "feature {index} of customer {row} is {value}, not a number up to {MAGNITUDE:e}"
            ))
            .with_hint("give a missing value as none"))
        }
    }
}

/// The quantile of `sorted` (not empty) between its order statistics, type 7 of Hyndman and Fan (1996).
pub(in crate::segments) fn quantile(sorted: &[f64], probability: f64) -> f64 {
    let position = probability * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    let share = position - below as f64;
    sorted[below] + share * (sorted[above] - sorted[below])
}

/// The mean and the standard deviation (divisor `n`) of `values`, not empty.
pub(super) fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = compensated(values.iter().copied()) / count;
    let squares = compensated(values.iter().map(|value| (value - mean) * (value - mean)));
    (mean, (squares / count).sqrt())
}
