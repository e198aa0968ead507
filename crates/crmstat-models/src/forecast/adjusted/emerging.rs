//! The season of a series of a few cycles at most.

use super::season::Season;
use crate::{forecast::theta::Composition, sum::compensated};

/// The least number of periods with one a cycle before them.
const LEAST_PAIRS: usize = 2;

/// Pairs without any likeness that are taken for granted beside those seen, so that two or three do not decide.
const PRIOR_PAIRS: f64 = 1.0;

impl Season {
    /// The season of `values`, as factors where all are positive: deviations from a growth that is the same in
    /// every cycle, shrunk by how alike periods a cycle apart are. None for fewer than a cycle and two
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
        let levels: Vec<f64> = match composition {
            Composition::Additive => values.to_vec(),
            Composition::Multiplicative => values.iter().map(|value| libm::log(*value)).collect(),
        };
        let growth = mean(levels[length..].iter().zip(&levels).map(|(late, early)| late - early));
        let rest: Vec<f64> = levels
            .iter()
            .enumerate()
            .map(|(t, level)| level - growth * t as f64 / length as f64)
            .collect();
        let pairs = pairs as f64;
        let alike = likeness(&rest, length).max(0.0) * pairs / (pairs + PRIOR_PAIRS);
        if alike == 0.0 {
            return none();
        }
        let centre = mean(rest.iter().copied());
        let (mut indices, mut lost) = (Vec::with_capacity(length), 0.0);
        for phase in 0..length {
            let of_phase = rest[phase..].iter().step_by(length).copied();
            let count = of_phase.len() as f64;
            let kept = count * alike / (1.0 + (count - 1.0) * alike);
            lost += (1.0 - kept) / length as f64;
            indices.push((mean(of_phase) - centre) * kept);
        }
        // A jump is no season: taken out as one, it leaves more ups and downs than there were.
        let adjusted =
            levels.iter().zip(indices.iter().cycle()).map(|(level, index)| level - index);
        if changes(adjusted) >= changes(levels.iter().copied()) {
            return none();
        }
        if composition == Composition::Multiplicative {
            for index in &mut indices {
                *index = libm::exp(*index);
            }
        }
        // The index errs, and the noise is taken for smaller as it goes into the index: as much again.
        let variance = mean(rest.iter().map(|value| (value - centre).powi(2)));
        let doubt = 2.0 * alike * lost * variance;
        Self::repeated(composition, &indices, values.len(), doubt)
    }
}

/// How much periods a cycle apart share: their covariance over their mean variance, between −1 and 1.
fn likeness(values: &[f64], length: usize) -> f64 {
    let (early, late) = (&values[..values.len() - length], &values[length..]);
    let (of_early, of_late) = (mean(early.iter().copied()), mean(late.iter().copied()));
    let pairs = || early.iter().zip(late).map(|(a, b)| (a - of_early, b - of_late));
    let variance = compensated(pairs().map(|(a, b)| f64::midpoint(a * a, b * b)));
    if variance > 0.0 { compensated(pairs().map(|(a, b)| a * b)) / variance } else { 0.0 }
}

/// The sum of the sizes of all changes from one value to the next.
fn changes(values: impl Iterator<Item = f64> + Clone) -> f64 {
    compensated(values.clone().skip(1).zip(values).map(|(later, earlier)| (later - earlier).abs()))
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
    fn what_was_seen_more_often_is_kept_more() {
        let season = Season::emerging(&growing(7), 4);
        // Alike as can be, of three pairs and one: 3/4 of what was seen once, 6/7 of what was seen twice.
        let logs: Vec<f64> = SEASON.iter().map(|index: &f64| index.ln()).collect();
        let seen: Vec<f64> = (0..7).map(|t| logs[t % 4]).collect();
        let centre = seen.iter().sum::<f64>() / 7.0;
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
        let variance = seen.iter().map(|log| (log - centre).powi(2)).sum::<f64>() / 7.0;
        let lost = (3.0 / 7.0 + 0.25) / 4.0;
        let doubt = 2.0 * 0.75 * lost * variance;
        assert!((season.doubt(2.0) - 4.0 * doubt).abs() < 1e-9);
        let later = Season::emerging(&growing(11), 4);
        assert!((later.spread(0).ln() / season.spread(0).ln() - 1.0).abs() < 0.3);
        assert!(later.doubt(2.0) < 0.5 * season.doubt(2.0));
    }

    #[test]
    fn a_cycle_that_the_next_contradicts_is_no_season() {
        let values = [10.0, 20.0, 30.0, 15.0, 30.0, 20.0, 10.0];
        assert!(!Season::emerging(&values, 4).exists());
        let jump = [[1.0; 9].as_slice(), &[1e9; 8]].concat();
        assert!(!Season::emerging(&jump, 12).exists(), "a jump");
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
