//! Means and variances of the next periods (Hyndman et al. 2008, chapter 6).

use std::iter;

use super::{
    form::{Form, SeasonTerm},
    recursion::{Smoothing, States},
};
use crate::forecast::Forecast;

/// The forecast from `states`, given the variance σ² of the (relative) errors.
pub(super) fn forecast(
    form: Form,
    smoothing: Smoothing,
    states: &States,
    variance: f64,
    horizon: usize,
) -> Forecast {
    let cycle = states.season.len().max(1);
    let season = |h: usize| states.season.get(h % cycle).copied();
    // damping[h] = φ + φ² + … + φ^(h+1): how much of the trend arrives h + 1 periods ahead.
    let mut power = 1.0;
    let damping: Vec<f64> = (0..horizon)
        .scan(0.0, |sum, _| {
            power *= smoothing.phi;
            *sum += power;
            Some(*sum)
        })
        .collect();
    let base: Vec<f64> =
        damping.iter().map(|damping| states.level + damping * states.trend).collect();
    let multiplied = form.season() == SeasonTerm::Multiplicative;
    let mean: Vec<f64> = base
        .iter()
        .enumerate()
        .map(|(h, base)| match season(h) {
            None => *base,
            Some(index) if multiplied => base * index,
            Some(index) => base + index,
        })
        .collect();

    // c_j: what a unit error leaves in the mean j periods later (table 6.1; eq. 6.4 without the season).
    let weight = |j: usize| {
        let seasonal = !multiplied && form.is_seasonal() && j.is_multiple_of(cycle);
        smoothing.alpha
            + smoothing.beta * damping[j - 1]
            + if seasonal { smoothing.gamma } else { 0.0 }
    };
    let weights: Vec<f64> = (1..horizon).map(|j| weight(j).powi(2)).collect();
    let variances: Vec<f64> = if !form.is_multiplicative() {
        iter::once(1.0)
            .chain(weights)
            .take(horizon)
            .scan(0.0, |sum, square| {
                *sum += variance * square;
                Some(*sum)
            })
            .collect()
    } else if multiplied {
        let theta = second_moments(&base, &weights, variance);
        (0..horizon)
            .map(|h| {
                let cycles = (h / cycle) as i32;
                let growth = (1.0 + smoothing.gamma.powi(2) * variance).powi(cycles);
                let index = season(h).unwrap_or(1.0);
                index.powi(2) * (theta[h] * (1.0 + variance) * growth - base[h].powi(2))
            })
            .collect()
    } else {
        let theta = second_moments(&mean, &weights, variance);
        (0..horizon).map(|h| (1.0 + variance) * theta[h] - mean[h].powi(2)).collect()
    };
    let finite = |value: f64| if value.is_nan() { f64::MAX } else { value.clamp(0.0, f64::MAX) };
    Forecast { mean, variance: Some(variances.into_iter().map(finite).collect()) }
}

/// θ_h = μ_h² + σ² Σ_{j<h} c_j² θ_{h−j} (eq. 6.2 and 6.5).
fn second_moments(mean: &[f64], weights: &[f64], variance: f64) -> Vec<f64> {
    let mut theta: Vec<f64> = Vec::with_capacity(mean.len());
    for (h, mean) in mean.iter().enumerate() {
        let carried: f64 = (1..=h).map(|j| weights[j - 1] * theta[h - j]).sum();
        theta.push(mean * mean + variance * carried);
    }
    theta
}
