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

    // c_j: what a unit error leaves in the mean j periods later (table 6.1).
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
        (0..horizon)
            .map(|h| {
                let (first, second) = seasonal_product(smoothing, states, variance, h);
                second - 2.0 * mean[h] * first + mean[h].powi(2)
            })
            .collect()
    } else {
        let theta = second_moments(&mean, &weights, variance);
        (0..horizon).map(|h| (1.0 + variance) * theta[h] - mean[h].powi(2)).collect()
    };
    let finite = |value: f64| if value.is_nan() { f64::MAX } else { value.clamp(0.0, f64::MAX) };
    Forecast { mean, variance: Some(variances.into_iter().map(finite).collect()) }
}

/// `θ_h = μ_h² + σ² Σ c_j² θ_(h−j)` over j < h (eq. 6.2).
fn second_moments(mean: &[f64], weights: &[f64], variance: f64) -> Vec<f64> {
    let mut theta: Vec<f64> = Vec::with_capacity(mean.len());
    for (h, mean) in mean.iter().enumerate() {
        let carried: f64 = (1..=h).map(|j| weights[j - 1] * theta[h - j]).sum();
        theta.push(mean * mean + variance * carried);
    }
    theta
}

/// E[y] and E[y²] of the period `h` periods after the next one, for a multiplicative season.
///
/// The mean is (ℓ + φb)·s. Until then x = (ℓ, b) moves by x' = (F + eG)x, and the index s of that period by
/// (1 + γe) in the same period of every earlier cycle, with the same e: so the products E[xs] and E[xxᵀs²]
/// are followed together, with the moments σ², 0 and 3σ⁴ of normal errors. Hyndman et al. give this as a
/// Kronecker recursion (6.4); their closed form for it neglects the covariance of level and season.
fn seasonal_product(smoothing: Smoothing, states: &States, variance: f64, h: usize) -> (f64, f64) {
    let Smoothing { alpha, beta, gamma, phi } = smoothing;
    let transition = [[1.0, phi], [0.0, phi]];
    let shock = [[alpha, alpha * phi], [beta, beta * phi]];
    let cycle = states.season.len();
    let index = states.season[h % cycle];
    let mut first = [states.level * index, states.trend * index];
    let mut second =
        [[first[0] * first[0], first[0] * first[1]], [first[1] * first[0], first[1] * first[1]]];
    for step in 0..h {
        // The season's index moves only in its own period.
        let gamma = if (h - step).is_multiple_of(cycle) { gamma } else { 0.0 };
        let still = sandwich(&transition, &second, &transition);
        let moved = sandwich(&shock, &second, &shock);
        let crossed = sandwich(&transition, &second, &shock);
        let fourth = variance * (1.0 + 3.0 * gamma * gamma * variance);
        for (i, row) in second.iter_mut().enumerate() {
            for (j, moment) in row.iter_mut().enumerate() {
                *moment = still[i][j] * (1.0 + gamma * gamma * variance)
                    + moved[i][j] * fourth
                    + 2.0 * gamma * variance * (crossed[i][j] + crossed[j][i]);
            }
        }
        let drift = gamma * variance;
        first = [0, 1].map(|i| {
            (0..2).map(|j| (transition[i][j] + drift * shock[i][j]) * first[j]).sum::<f64>()
        });
    }
    let square = second[0][0] + phi * (second[0][1] + second[1][0]) + phi * phi * second[1][1];
    (first[0] + phi * first[1], (1.0 + variance) * square)
}

/// A M Bᵀ.
fn sandwich(a: &[[f64; 2]; 2], m: &[[f64; 2]; 2], b: &[[f64; 2]; 2]) -> [[f64; 2]; 2] {
    let mut product = [[0.0; 2]; 2];
    for (i, row) in product.iter_mut().enumerate() {
        for (j, entry) in row.iter_mut().enumerate() {
            for k in 0..2 {
                for l in 0..2 {
                    *entry += a[i][k] * m[k][l] * b[j][l];
                }
            }
        }
    }
    product
}
