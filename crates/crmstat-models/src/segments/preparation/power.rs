//! Transforms that make skewed numbers symmetric.

use super::numeric::{mean_and_deviation, quantile};
use crate::sum::compensated;
use serde::{Deserialize, Serialize};

/// The skewness from which [`Transform::Log1pIfSkewed`] acts: that of money and counts, not of
/// satisfaction or shares.
const SKEWED: f64 = 1.0;

/// The skewness of the octiles from which [`Transform::ByData`] acts. A twentieth of the customers far off
/// does not move the octiles: a group of its own is no skewness.
const BENT: f64 = 0.2;

/// The quantile of what is above zero that is the unit of a logarithm: 1 of counts, a small amount of money.
const SMALL: f64 = 0.01;

/// The customers on which λ is estimated, spread evenly over the quantiles.
const ESTIMATED_ON: usize = 10_000;

/// The λ between which the maximum is searched.
const RANGE: (f64, f64) = (-5.0, 5.0);

/// Steps of the golden section: each shortens the range to 0.618, down to the precision to which a
/// maximum of rounded values is defined.
const STEPS: usize = 45;

/// A transform of a numeric feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transform {
    /// The number itself.
    None,
    /// `sign(x) ln(1 + |x|)`: `log1p` for what is not negative, and its mirror image.
    Log1p,
    /// `Log1p` where the skewness is above 1, the number itself elsewhere.
    Log1pIfSkewed,
    /// Yeo and Johnson's power transform with λ of maximum likelihood between −5 and 5.
    YeoJohnson,
    /// What the numbers ask for, whatever their unit: `ln(1 + x/u)`, with a small value `u` of theirs, where they
    /// are not negative, are skewed beyond a group far off, and are less so after it; Yeo and Johnson's
    /// transform of their ratio to a typical size where they are skewed about zero; else the number itself.
    ByData,
}

/// A transform with its parameter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Power {
    None,
    Log1p,
    YeoJohnson {
        lambda: f64,
    },
    /// Yeo and Johnson's transform of the number in units.
    OfRatio {
        unit: f64,
        lambda: f64,
    },
}

impl Power {
    /// The transform for `sorted` values, not empty.
    pub(super) fn fit(transform: Transform, sorted: &[f64]) -> Self {
        match transform {
            Transform::Log1p => Self::Log1p,
            Transform::Log1pIfSkewed if skewness(sorted) > SKEWED => Self::Log1p,
            Transform::None | Transform::Log1pIfSkewed => Self::None,
            Transform::YeoJohnson => Self::YeoJohnson { lambda: likeliest_lambda(sorted) },
            Transform::ByData => Self::by_data(sorted),
        }
    }

    fn by_data(sorted: &[f64]) -> Self {
        let skewness = octile_skewness(sorted);
        let (first, last) = (sorted[0], sorted[sorted.len() - 1]);
        if first == last || skewness.abs() <= BENT || first >= 0.0 && skewness < 0.0 {
            return Self::None;
        }
        let power = if first >= 0.0 {
            let above = sorted.partition_point(|value| *value <= 0.0);
            Self::OfRatio { unit: quantile(&sorted[above..], SMALL), lambda: 0.0 }
        } else {
            let mut sizes: Vec<f64> = sorted.iter().map(|value| value.abs()).collect();
            sizes.sort_unstable_by(f64::total_cmp);
            let above = sizes.partition_point(|size| *size <= 0.0);
            let unit = quantile(&sizes[above..], 0.5);
            let ratios: Vec<f64> = sorted.iter().map(|value| value / unit).collect();
            Self::OfRatio { unit, lambda: likeliest_lambda(&ratios) }
        };
        let transformed: Vec<f64> = sorted.iter().map(|value| power.apply(*value)).collect();
        let is_sound = transformed.iter().all(|value| value.is_finite());
        if is_sound && octile_skewness(&transformed).abs() < skewness.abs() {
            power
        } else {
            Self::None
        }
    }

    pub(super) fn is_valid(self) -> bool {
        match self {
            Self::None | Self::Log1p => true,
            Self::YeoJohnson { lambda } => (RANGE.0..=RANGE.1).contains(&lambda),
            Self::OfRatio { unit, lambda } => {
                (RANGE.0..=RANGE.1).contains(&lambda) && unit > 0.0 && unit.is_finite()
            }
        }
    }

    pub(super) fn transform(self) -> Transform {
        match self {
            Self::None => Transform::None,
            Self::Log1p | Self::OfRatio { lambda: 0.0, .. } => Transform::Log1p,
            Self::YeoJohnson { .. } | Self::OfRatio { .. } => Transform::YeoJohnson,
        }
    }

    pub(super) fn apply(self, value: f64) -> f64 {
        match self {
            Self::None => value,
            Self::Log1p => libm::log1p(value.abs()).copysign(value),
            Self::YeoJohnson { lambda } if value >= 0.0 => raise(value, lambda),
            Self::YeoJohnson { lambda } => -raise(-value, 2.0 - lambda),
            Self::OfRatio { unit, lambda } => Self::YeoJohnson { lambda }.apply(value / unit),
        }
    }

    pub(super) fn invert(self, value: f64) -> f64 {
        match self {
            Self::None => value,
            Self::Log1p => libm::expm1(value.abs()).copysign(value),
            Self::YeoJohnson { lambda } if value >= 0.0 => lower(value, lambda),
            Self::YeoJohnson { lambda } => -lower(-value, 2.0 - lambda),
            Self::OfRatio { unit, lambda } => Self::YeoJohnson { lambda }.invert(value) * unit,
        }
    }
}

/// `((1 + x)^λ − 1) / λ` for `x ≥ 0`, its limit `ln(1 + x)` at λ = 0 (Yeo and Johnson 2000, eq. 2.1).
fn raise(value: f64, lambda: f64) -> f64 {
    let log = libm::log1p(value);
    if lambda == 0.0 { log } else { libm::expm1(lambda * log) / lambda }
}

/// The inverse of [`raise`]; NaN or infinite past the end of its range.
fn lower(value: f64, lambda: f64) -> f64 {
    let log = if lambda == 0.0 { value } else { libm::log1p(lambda * value) / lambda };
    libm::expm1(log)
}

/// The λ of greatest likelihood, by golden section; 1, which changes nothing, for equal values.
fn likeliest_lambda(sorted: &[f64]) -> f64 {
    let taken: Vec<f64> = if sorted.len() <= ESTIMATED_ON {
        sorted.to_vec()
    } else {
        (0..ESTIMATED_ON).map(|i| sorted[(2 * i + 1) * sorted.len() / (2 * ESTIMATED_ON)]).collect()
    };
    if taken.first() == taken.last() {
        return 1.0;
    }
    let ratio = (5.0_f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = RANGE;
    let mut left = high - ratio * (high - low);
    let mut right = low + ratio * (high - low);
    let mut at_left = log_likelihood(&taken, left);
    let mut at_right = log_likelihood(&taken, right);
    for _ in 0..STEPS {
        if at_left >= at_right {
            high = right;
            (right, at_right) = (left, at_left);
            left = high - ratio * (high - low);
            at_left = log_likelihood(&taken, left);
        } else {
            low = left;
            (left, at_left) = (right, at_right);
            right = low + ratio * (high - low);
            at_right = log_likelihood(&taken, right);
        }
    }
    f64::midpoint(low, high)
}

/// The profile log-likelihood of λ (Yeo and Johnson 2000, eq. 3.1) up to a constant; −∞ where the
/// transform overflows.
fn log_likelihood(values: &[f64], lambda: f64) -> f64 {
    let power = Power::YeoJohnson { lambda };
    let transformed: Vec<f64> = values.iter().map(|value| power.apply(*value)).collect();
    let (_, deviation) = mean_and_deviation(&transformed);
    let jacobian = compensated(values.iter().map(|value| Power::Log1p.apply(*value)));
    let likelihood = (lambda - 1.0) * jacobian - values.len() as f64 * libm::log(deviation);
    if likelihood.is_finite() { likelihood } else { f64::NEG_INFINITY }
}

/// How much farther the last octile is from the median than the first, as a share of what is between these two;
/// 0 where nothing is (Hinkley, 1975).
fn octile_skewness(sorted: &[f64]) -> f64 {
    let [low, middle, high] = [0.125, 0.5, 0.875].map(|share| quantile(sorted, share));
    if high > low { ((high - middle) - (middle - low)) / (high - low) } else { 0.0 }
}

/// The third standardised moment; 0 for equal values.
fn skewness(values: &[f64]) -> f64 {
    let (mean, deviation) = mean_and_deviation(values);
    if deviation == 0.0 {
        return 0.0;
    }
    let cubes = values.iter().map(|value| ((value - mean) / deviation).powi(3));
    compensated(cubes) / values.len() as f64
}
