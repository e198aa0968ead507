//! Where the search begins: states from a classical decomposition, as in Hyndman et al. 2008, 2.6.1.

use super::{
    form::{Form, SeasonTerm},
    recursion::States,
};

/// Estimates the states before the first value, in the values' own unit.
pub(super) fn initial_states(values: &[f64], season: usize, form: Form) -> States {
    let indices = seasonal_indices(values, season, form.season());
    let adjusted: Vec<f64> = values
        .iter()
        .enumerate()
        .take((2 * season).max(FEWEST))
        .map(|(t, &value)| match form.season() {
            SeasonTerm::None => value,
            SeasonTerm::Additive => value - indices[t % season],
            SeasonTerm::Multiplicative => value / indices[t % season],
        })
        .collect();
    let (level, trend) = if form.has_trend() {
        line(&adjusted)
    } else {
        (adjusted.iter().sum::<f64>() / adjusted.len() as f64, 0.0)
    };
    States { level, trend, season: indices }
}

/// The mean of all values, without trend or season: a start that no shape of the series makes inadmissible.
pub(super) fn flat_states(values: &[f64], season: usize, form: Form) -> States {
    let season = match form.season() {
        SeasonTerm::None => Vec::new(),
        SeasonTerm::Additive => vec![0.0; season],
        SeasonTerm::Multiplicative => vec![1.0; season],
    };
    let level = values.iter().sum::<f64>() / values.len() as f64;
    States { level, trend: 0.0, season }
}

/// The line through the first values uses at least this many.
const FEWEST: usize = 10;

/// A seasonal index below this share of the level would let one period blow up the level.
const LEAST_INDEX: f64 = 0.01;

/// The mean deviation of each period of the cycle from a centred moving average; the first index belongs
/// to the first value. Indices add up to zero, or average one.
fn seasonal_indices(values: &[f64], season: usize, term: SeasonTerm) -> Vec<f64> {
    if term == SeasonTerm::None {
        return Vec::new();
    }
    let multiplicative = term == SeasonTerm::Multiplicative;
    let (mut sums, mut counts) = (vec![0.0; season], vec![0.0; season]);
    // An even cycle has its two ends in the window, each with half the weight.
    let half = season / 2;
    let end_weight = if season.is_multiple_of(2) { 0.5 } else { 1.0 };
    for centre in half..values.len().saturating_sub(half) {
        let (first, last) = (centre - half, centre + half);
        let inner: f64 = values[first + 1..last].iter().sum();
        let average = (inner + end_weight * (values[first] + values[last])) / season as f64;
        let deviation =
            if multiplicative { values[centre] / average } else { values[centre] - average };
        sums[centre % season] += deviation;
        counts[centre % season] += 1.0;
    }
    let neutral = if multiplicative { 1.0 } else { 0.0 };
    let mut indices: Vec<f64> = sums
        .iter()
        .zip(&counts)
        .map(|(sum, count)| if *count > 0.0 { sum / count } else { neutral })
        .collect();
    let mean = indices.iter().sum::<f64>() / season as f64;
    for index in &mut indices {
        *index = if multiplicative { (*index / mean).max(LEAST_INDEX) } else { *index - mean };
    }
    indices
}

/// Intercept at time 0 (the first value is at time 1) and slope of the least-squares line.
fn line(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let (mean_time, mean) = (f64::midpoint(n, 1.0), values.iter().sum::<f64>() / n);
    let (mut covariance, mut variance) = (0.0, 0.0);
    for (t, value) in values.iter().enumerate() {
        let time = (t + 1) as f64 - mean_time;
        covariance += time * (value - mean);
        variance += time * time;
    }
    let slope = if variance > 0.0 { covariance / variance } else { 0.0 };
    (mean - slope * mean_time, slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_with_a_season_gives_its_own_states() {
        let pattern = [3.0, -1.0, 2.0, -4.0];
        let values: Vec<f64> =
            (0..20).map(|t| 100.0 + 2.0 * f64::from(t + 1) + pattern[t as usize % 4]).collect();
        let states = initial_states(&values, 4, "AAA".parse().unwrap());
        // A moving average of a line is the line, so that only rounding is lost.
        assert!((states.level - 100.0).abs() < 1e-9 && (states.trend - 2.0).abs() < 1e-9);
        for (index, expected) in states.season.iter().zip(pattern) {
            assert!((index - expected).abs() < 1e-9);
        }
    }

    #[test]
    fn multiplicative_indices_average_one() {
        let pattern = [1.2, 0.8, 1.0];
        let values: Vec<f64> = (0..15).map(|t| 50.0 * pattern[t % 3]).collect();
        let states = initial_states(&values, 3, "MNM".parse().unwrap());
        assert!((states.level - 50.0).abs() < 1e-9);
        for (index, expected) in states.season.iter().zip(pattern) {
            assert!((index - expected).abs() < 1e-9);
        }
    }
}
