//! The season of a series that is longer than one cycle and shorter than two.

use super::season::Season;
use crate::{forecast::theta::Composition, sum::compensated};

/// The least number of phases that have to be seen twice.
const LEAST_PAIRS: usize = 2;

/// Pairs without any likeness that are taken for granted beside those seen, so that two or three do not decide.
const PRIOR_PAIRS: f64 = 1.0;

impl Season {
    /// The season of `values`, as factors where all are positive: deviations from the growth between the
    /// phases that were seen twice, shrunk by how alike these are. None for fewer than a cycle and two
    /// periods, or where they are not alike.
    pub(super) fn emerging(values: &[f64], length: usize) -> Self {
        let none = || Self::none(values.len());
        let pairs = values.len().saturating_sub(length);
        if length < 2 || pairs < LEAST_PAIRS {
            return none();
        }
        let composition = if values.iter().all(|value| *value > 0.0) {
            Composition::Multiplicative
        } else {
            Composition::Additive
        };
        let level = |value: f64| match composition {
            Composition::Additive => value,
            Composition::Multiplicative => libm::log(value),
        };
        let mut rest: Vec<f64> = values.iter().map(|value| level(*value)).collect();
        let growth = mean(rest[length..].iter().zip(&rest).map(|(late, early)| late - early));
        for (t, value) in rest.iter_mut().enumerate() {
            *value -= growth * t as f64 / length as f64;
        }
        let alike = likeness(&rest[..pairs], &rest[length..]).max(0.0);
        let once = alike * pairs as f64 / (pairs as f64 + PRIOR_PAIRS);
        if once == 0.0 {
            return none();
        }
        let twice = 2.0 * once / (1.0 + once);
        let mut indices: Vec<f64> =
            (0..length).map(|phase| mean(rest[phase..].iter().step_by(length).copied())).collect();
        let centre = mean(indices.iter().copied());
        for (phase, index) in indices.iter_mut().enumerate() {
            *index = (*index - centre) * if phase < pairs { twice } else { once };
        }
        if composition == Composition::Multiplicative {
            for index in &mut indices {
                *index = libm::exp(*index);
            }
        }
        // The index errs by the part of it that was not kept and by the noise in what was, and the noise is taken
        // for smaller as it goes into the index: a(1 − a) of the variance each, less where two were seen.
        let of_pairs = pairs as f64 / length as f64;
        let share = of_pairs / (1.0 + once) + (1.0 - of_pairs);
        let doubt = 2.0 * once * (1.0 - once) * share * variance(&rest);
        Self::repeated(composition, &indices, values.len(), doubt)
    }
}

/// How much of what two cycles show at the same phases they share: their covariance over their mean variance,
/// between −1 and 1.
fn likeness(first: &[f64], second: &[f64]) -> f64 {
    let (of_first, of_second) = (mean(first.iter().copied()), mean(second.iter().copied()));
    let pairs = || first.iter().zip(second).map(|(a, b)| (a - of_first, b - of_second));
    let variance = compensated(pairs().map(|(a, b)| f64::midpoint(a * a, b * b)));
    if variance > 0.0 { compensated(pairs().map(|(a, b)| a * b)) / variance } else { 0.0 }
}

/// The mean squared deviation from the mean.
fn variance(values: &[f64]) -> f64 {
    let centre = mean(values.iter().copied());
    mean(values.iter().map(|value| (value - centre).powi(2)))
}

/// The mean of at least one value.
fn mean(values: impl Iterator<Item = f64> + Clone) -> f64 {
    compensated(values.clone()) / values.count() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEASON: [f64; 4] = [1.3, 0.9, 0.7, 1.1];

    fn growing(count: usize) -> Vec<f64> {
        (0..count).map(|t| 50.0 * 1.02_f64.powi(t as i32) * SEASON[t % 4]).collect()
    }

    #[test]
    fn what_was_seen_twice_is_kept_most() {
        let season = Season::emerging(&growing(7), 4);
        // Alike as can be, of three pairs and one: 3/4 of what was seen once, 6/7 of what was seen twice.
        let logs: Vec<f64> = SEASON.iter().map(|index: &f64| index.ln()).collect();
        let centre = logs.iter().sum::<f64>() / 4.0;
        for (phase, log) in logs.iter().enumerate() {
            let kept = if phase < 3 { 6.0 / 7.0 } else { 0.75 };
            let expected = ((log - centre) * kept).exp();
            for position in [phase, phase + 8] {
                assert!((season.spread(position) - expected).abs() < 1e-9, "{position}");
            }
        }
        let values = growing(7);
        let back = season.restore(5, season.remove(5, values[5]));
        assert!((back - values[5]).abs() < 1e-9);
        // 2a(1 − a) of the variance of the logarithms, here of seven, and 1/(1 + a) of it for three phases of four.
        let seven: Vec<f64> = (0..7).map(|t| logs[t % 4]).collect();
        let share = 2.0 * 0.75 * 0.25 * (0.75 / 1.75 + 0.25);
        assert!((season.doubt(2.0) - 4.0 * share * variance(&seven)).abs() < 1e-9);
    }

    #[test]
    fn a_cycle_that_the_next_contradicts_is_no_season() {
        let values = [10.0, 20.0, 30.0, 15.0, 30.0, 20.0, 10.0];
        assert!(!Season::emerging(&values, 4).exists());
        assert!(!Season::emerging(&growing(5), 4).exists(), "one pair");
        assert!(!Season::emerging(&[3.0; 7], 4).exists(), "no variance");
        assert!(!Season::emerging(&growing(3), 4).exists(), "less than a cycle");
    }

    #[test]
    fn values_that_are_not_positive_have_differences() {
        let values: Vec<f64> =
            (0..7).map(|t| f64::from(t) + [4.0, -3.0, 1.0, -2.0][t as usize % 4]).collect();
        let season = Season::emerging(&values, 4);
        assert_eq!(season.spread(0), 1.0);
        assert!(season.exists() && season.restore(8, 0.0) > 3.0 && season.restore(9, 0.0) < -2.0);
    }
}
