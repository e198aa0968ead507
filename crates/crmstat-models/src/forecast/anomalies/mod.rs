//! Anomalies and changepoints: which past periods do not belong, and where did a series change its course?
//!
//! An anomaly is a single observation far from what its neighbours and its season suggest; a changepoint
//! is a period from which on the series follows another line. Both work on robust statistics, so that what
//! they look for does not hide itself.
//!
//! **Assumptions.** Equally spaced observations; a season of constant shape; errors around level and season
//! that are little correlated. On a random walk every larger step looks like a change.
//!
//! **Citation.** F. R. Hampel, "The influence curve and its role in robust estimation", Journal of the
//! American Statistical Association 69 (1974), 383–393, for the identifier of outliers. R. Killick, P.
//! Fearnhead, I. A. Eckley, "Optimal detection of changepoints with a linear computational cost", Journal
//! of the American Statistical Association 107 (2012), 1590–1598, theorem 3.1, for the search.
//!
//! **When not to use it.** Intermittent demand, where every sale is an exception; fewer than about ten
//! observations.

mod changepoints;
mod outliers;
#[cfg(test)]
mod tests;

use super::{
    Series,
    theta::{centred_average, is_seasonal},
};

pub use changepoints::{Changepoint, Changepoints};
pub use outliers::{Anomalies, Anomaly};

/// What makes the median absolute deviation estimate the standard deviation of normal errors: 1/Φ⁻¹(¾).
const NORMAL_CONSISTENT: f64 = 1.482_602_218_505_602;

/// Deviations below this share of the largest observation are rounding.
const ROUNDING: f64 = 1e-9;

/// The median of `values`, the mean of the middle two for an even count; zero for none.
fn median(values: &mut [f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        f64::midpoint(values[middle - 1], values[middle])
    }
}

/// The standard deviation that the median absolute value of `errors` suggests, at least the rounding of
/// numbers as large as `largest`, and never zero.
fn robust_deviation(errors: &[f64], largest: f64) -> f64 {
    let mut sizes: Vec<f64> = errors.iter().map(|error| error.abs()).collect();
    (NORMAL_CONSISTENT * median(&mut sizes)).max(ROUNDING * largest).max(f64::MIN_POSITIVE)
}

/// The running median over `reach` observations on each side, as many as there are at the ends.
fn running_median(values: &[f64], reach: usize) -> Vec<f64> {
    (0..values.len())
        .map(|t| {
            // The window shrinks on both sides alike, or a trend would bend it at the ends.
            let reach = reach.min(t).min(values.len() - 1 - t);
            median(&mut values[t - reach..=t + reach].to_vec())
        })
        .collect()
}

/// The season of each observation by the medians of its phase, zeros where the series shows none.
///
/// The average over a whole season takes no part of it for level; an anomaly or a change bends it for one
/// season only, which the medians over all seasons outvote.
fn robust_season(series: &Series<'_>) -> Vec<f64> {
    let (values, season) = (series.values(), series.season());
    if !is_seasonal(values, season) {
        return vec![0.0; values.len()];
    }
    let level = centred_average(values, season);
    let mut deviations = vec![Vec::new(); season];
    for (t, (value, level)) in (season / 2..).zip(values[season / 2..].iter().zip(level)) {
        deviations[t % season].push(value - level);
    }
    let phases: Vec<f64> = deviations.iter_mut().map(|phase| median(phase)).collect();
    let centre = phases.iter().sum::<f64>() / season as f64;
    (0..values.len()).map(|t| phases[t % season] - centre).collect()
}
