//! Anomalies and changepoints: which past periods do not belong, and where did a series change its course?
//!
//! An anomaly is a single observation far from what its neighbours and its season suggest; a changepoint
//! is a period from which on the series follows another line. Both work on robust statistics, so that what
//! they look for does not hide itself; what was found is left out before the season is estimated again. Of the
//! anomalies told of a series one in twenty is expected to be none, whatever its length.
//!
//! **Assumptions.** Equally spaced observations; a season of constant shape. Errors may be correlated from period to
//! period, which makes changes rarer; on a random walk there are none.
//!
//! **Citation.** F. R. Hampel, "The influence curve and its role in robust estimation", Journal of the
//! American Statistical Association 69 (1974), 383–393, for the identifier of outliers. R. Killick, P.
//! Fearnhead, I. A. Eckley, "Optimal detection of changepoints with a linear computational cost", Journal
//! of the American Statistical Association 107 (2012), 1590–1598, theorem 3.1, for the search. Y. Benjamini, Y.
//! Hochberg, Journal of the Royal Statistical Society B 57 (1995), 289–300, for the share of false discoveries. R.
//! Garza, S. Shi and others use the long-run variance in the penalty: M. Lavielle, E. Moulines, Journal of Time Series
//! Analysis 21 (2000), 33–59.
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

/// The season of each observation by the medians of its phase, and how many cycles those rest on; zeros where the
/// series shows none.
///
/// The average over a whole season takes no part of it for level; an anomaly or a change bends it for one
/// season only, which the medians over all seasons outvote. What is known to be an anomaly, by position, does not
/// count: with two cycles it would be half of its phase, and leave the other half for an anomaly a cycle away. A phase
/// of anomalies alone lies between its neighbours.
fn robust_season(series: &Series<'_>, known: &[bool]) -> (Vec<f64>, f64) {
    let (values, season) = (series.values(), series.season());
    let cleaned = between_neighbours(values, known);
    if !is_seasonal(&cleaned, season) {
        return (vec![0.0; values.len()], f64::INFINITY);
    }
    let inner = centred_average(&cleaned, season);
    // Half a cycle at either end has no average around it; the line through all of them goes on, so that no phase
    // rests on one value, which would be taken for its season whatever it is.
    let (first, last) = (inner[0], inner[inner.len() - 1]);
    let slope = (last - first) / (inner.len() - 1).max(1) as f64;
    let level = |at: usize| match at.checked_sub(season / 2) {
        None => first - slope * (season / 2 - at) as f64,
        Some(place) if place < inner.len() => inner[place],
        Some(place) => last + slope * (place + 1 - inner.len()) as f64,
    };
    let mut deviations = vec![Vec::new(); season];
    for at in (0..values.len()).filter(|at| !known[*at]) {
        deviations[at % season].push(values[at] - level(at));
    }
    let seen: Vec<bool> = deviations.iter().map(|phase| phase.is_empty()).collect();
    let cycles = deviations.iter().map(Vec::len).sum::<usize>() as f64 / season as f64;
    let phases: Vec<f64> = deviations.iter_mut().map(|phase| median(phase)).collect();
    let phases = between_neighbours(&phases, &seen);
    let centre = phases.iter().sum::<f64>() / season as f64;
    ((0..values.len()).map(|t| phases[t % season] - centre).collect(), cycles)
}

/// The values, those left out on the line between what is left beside them.
fn between_neighbours(values: &[f64], left_out: &[bool]) -> Vec<f64> {
    let kept: Vec<usize> = (0..values.len()).filter(|at| !left_out[*at]).collect();
    if kept.is_empty() {
        return values.to_vec();
    }
    (0..values.len())
        .map(|at| {
            let next = kept.partition_point(|other| *other < at);
            match (next.checked_sub(1).map(|before| kept[before]), kept.get(next).copied()) {
                (_, Some(after)) if after == at => values[at],
                (Some(before), Some(after)) => {
                    let share = (at - before) as f64 / (after - before) as f64;
                    values[before] + share * (values[after] - values[before])
                }
                (Some(one), None) | (None, Some(one)) => values[one],
                (None, None) => values[at],
            }
        })
        .collect()
}
