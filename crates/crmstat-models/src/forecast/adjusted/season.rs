//! A season that changes slowly: indices of every cycle, and of the one to come.

use serde::{Deserialize, Serialize};

use crate::forecast::theta::{Composition, centred_average};

/// What a cycle counts for its neighbour's indices; one `k` cycles away counts 0.8ᵏ. On the ends of the
/// training parts of M3 and the tourism competition 0.75 to 0.85 are as good and 1, a season that never
/// changes, makes the errors of dynamic Theta 4 % larger; so does choosing it per series.
const DISCOUNT: f64 = 0.8;

/// Cycles further away count less than a hundredth, and are left out.
const REACH: usize = 20;

/// Deviations from the index beyond this many standard deviations count less (P. Huber, Annals of
/// Mathematical Statistics 35, 1964).
const HUBER: f64 = 1.5;

/// What the median absolute deviation of normal values is multiplied by to give their standard deviation.
const NORMAL_DEVIATION: f64 = 1.4826;

/// Factors below this would blow the adjusted series up; the season is taken out additively.
const SMALLEST_FACTOR: f64 = 0.01;

/// The indices of all cycles that were seen and of the next one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Season {
    composition: Composition,
    /// One index per period from the first observation on, at least a cycle beyond the last one.
    indices: Vec<f64>,
    /// Observations.
    count: usize,
    /// Periods in a cycle; 1 for no season.
    length: usize,
    /// The variance that not knowing the indices adds to an observation, relative to the squared level for factors.
    doubt: f64,
}

impl Season {
    /// The season of `values`, as factors where all are positive; `beyond` are forecasts of the next
    /// periods, so that the last observations have a trend around them (empty: they have none). The
    /// series has at least two cycles of `length`.
    pub(super) fn of(values: &[f64], beyond: &[f64], length: usize) -> Self {
        if values.iter().all(|value| *value > 0.0) {
            let factors = Self::composed(values, beyond, length, Composition::Multiplicative);
            if factors.indices.iter().all(|index| *index >= SMALLEST_FACTOR) {
                return factors;
            }
        }
        Self::composed(values, beyond, length, Composition::Additive)
    }

    /// No season: nothing is taken out.
    pub(super) fn none(count: usize) -> Self {
        Self {
            composition: Composition::Additive,
            indices: vec![0.0; count + 1],
            count,
            length: 1,
            doubt: 0.0,
        }
    }

    /// One cycle of `indices` that repeats, for `count` observations.
    pub(super) fn repeated(
        composition: Composition,
        indices: &[f64],
        count: usize,
        doubt: f64,
    ) -> Self {
        let length = indices.len();
        let indices = indices.iter().copied().cycle().take(count + length).collect();
        Self { composition, indices, count, length, doubt }
    }

    /// Whether it holds together, as one that was read from a file may not.
    pub(super) fn is_sound(&self) -> bool {
        let usable = |index: &f64| match self.composition {
            Composition::Additive => index.is_finite(),
            Composition::Multiplicative => index.is_finite() && *index > 0.0,
        };
        let reaches =
            self.count.checked_add(self.length).is_some_and(|end| end <= self.indices.len());
        let doubt = self.doubt >= 0.0 && self.doubt.is_finite();
        self.length > 0 && reaches && doubt && self.indices.iter().all(usable)
    }

    /// Whether anything is taken out.
    pub(super) fn exists(&self) -> bool {
        self.length > 1
    }

    /// The index of the period `position`, counted from the first observation; the next cycle repeats.
    fn at(&self, position: usize) -> f64 {
        if position < self.count {
            self.indices[position]
        } else {
            self.indices[self.count + (position - self.count) % self.length]
        }
    }

    /// An observation without its season.
    pub(super) fn remove(&self, position: usize, value: f64) -> f64 {
        match self.composition {
            Composition::Additive => value - self.at(position),
            Composition::Multiplicative => value / self.at(position),
        }
    }

    /// A season-free value with the season put back.
    pub(super) fn restore(&self, position: usize, value: f64) -> f64 {
        match self.composition {
            Composition::Additive => value + self.at(position),
            Composition::Multiplicative => value * self.at(position),
        }
    }

    /// What the season multiplies a deviation by.
    pub(super) fn spread(&self, position: usize) -> f64 {
        match self.composition {
            Composition::Additive => 1.0,
            Composition::Multiplicative => self.at(position),
        }
    }

    /// The variance that not knowing the indices adds to a season-free `value`.
    pub(super) fn doubt(&self, value: f64) -> f64 {
        match self.composition {
            Composition::Additive => self.doubt,
            Composition::Multiplicative => self.doubt * value * value,
        }
    }

    fn composed(values: &[f64], beyond: &[f64], length: usize, composition: Composition) -> Self {
        let cycles = Cycles::of(values, beyond, length, composition);
        let neutral = composition.neutral();
        let found: Vec<Smoothed> =
            (0..=values.len().div_ceil(length)).map(|cycle| cycles.smoothed(cycle)).collect();
        let noise = cycles.noise(&found);
        let indices = found
            .iter()
            .flat_map(|smoothed| {
                let kept = 1.0 - smoothed.share_of(noise, neutral);
                smoothed.indices.iter().map(move |index| neutral + kept * (index - neutral))
            })
            .collect();
        Self { composition, indices, count: values.len(), length, doubt: 0.0 }
    }
}

impl Composition {
    /// The index of a period without season.
    fn neutral(self) -> f64 {
        match self {
            Self::Additive => 0.0,
            Self::Multiplicative => 1.0,
        }
    }
}

/// The observations relative to their trend, one row per cycle; `None` where there is no trend.
struct Cycles {
    rows: Vec<Vec<Option<f64>>>,
    composition: Composition,
}

/// The indices of one cycle.
struct Smoothed {
    /// One per phase; their mean is neutral.
    indices: Vec<f64>,
    /// How many equally weighted cycles they rest on.
    cycles: f64,
}

impl Cycles {
    fn of(values: &[f64], beyond: &[f64], length: usize, composition: Composition) -> Self {
        let extended = [values, beyond].concat();
        let mut rows = vec![vec![None; length]; values.len().div_ceil(length)];
        let trend = centred_average(&extended, length);
        for (position, level) in (length / 2..values.len()).zip(trend) {
            let value = values[position];
            rows[position / length][position % length] = Some(match composition {
                Composition::Additive => value - level,
                Composition::Multiplicative => value / level,
            });
        }
        Self { rows, composition }
    }

    /// The deviations of a phase within reach of `cycle`, with what they count.
    fn near(&self, cycle: usize, phase: usize) -> impl Iterator<Item = (f64, f64)> {
        let first = cycle.saturating_sub(REACH);
        self.rows.iter().enumerate().take(cycle + REACH + 1).skip(first).filter_map(
            move |(at, row)| {
                row[phase].map(|value| (DISCOUNT.powi(at.abs_diff(cycle) as i32), value))
            },
        )
    }

    /// The indices of `cycle`: weighted means, once reweighted against outliers.
    fn smoothed(&self, cycle: usize) -> Smoothed {
        let phases = self.rows[0].len();
        let mean = |phase: usize, count: &dyn Fn(f64) -> f64| {
            let (mut sum, mut weights) = (0.0, 0.0);
            for (weight, value) in self.near(cycle, phase) {
                sum += weight * count(value) * value;
                weights += weight * count(value);
            }
            sum / weights
        };
        let plain: Vec<f64> = (0..phases).map(|phase| mean(phase, &|_| 1.0)).collect();
        let mut sizes: Vec<f64> = (0..phases)
            .flat_map(|phase| {
                let index = plain[phase];
                self.near(cycle, phase).map(move |(_, value)| (value - index).abs())
            })
            .collect();
        let bound = HUBER * NORMAL_DEVIATION * median(&mut sizes);
        let mut indices: Vec<f64> = (0..phases)
            .map(|phase| {
                // Where most deviations are zero there is no scale to call others outliers by.
                let count = |value: f64| {
                    let size = (value - plain[phase]).abs();
                    if size <= bound || bound == 0.0 { 1.0 } else { bound / size }
                };
                mean(phase, &count)
            })
            .collect();
        let centre = indices.iter().sum::<f64>() / phases as f64;
        for index in &mut indices {
            match self.composition {
                Composition::Additive => *index -= centre,
                Composition::Multiplicative => *index /= centre,
            }
        }
        let cycles = (0..phases)
            .map(|phase| {
                let (sum, squares) = self
                    .near(cycle, phase)
                    .fold((0.0, 0.0), |(sum, squares), (w, _)| (sum + w, squares + w * w));
                sum * sum / squares / phases as f64
            })
            .sum();
        Smoothed { indices, cycles }
    }

    /// The variance of an observation around the index of its period.
    fn noise(&self, found: &[Smoothed]) -> f64 {
        let (mut squares, mut count) = (0.0, 0.0);
        for (row, smoothed) in self.rows.iter().zip(found) {
            for (value, index) in row.iter().zip(&smoothed.indices) {
                if let Some(value) = value {
                    squares += (value - index).powi(2);
                    count += 1.0;
                }
            }
        }
        let mut cycles: Vec<f64> = found[..self.rows.len()].iter().map(|s| s.cycles).collect();
        // An index takes up one of the cycles that it rests on.
        let free: f64 = count * (1.0 - 1.0 / median(&mut cycles));
        squares / free.max(1.0)
    }
}

impl Smoothed {
    /// How much of the differences between the indices is noise of this variance, between 0 and 1.
    fn share_of(&self, noise: f64, neutral: f64) -> f64 {
        let squares: f64 = self.indices.iter().map(|index| (index - neutral).powi(2)).sum();
        let variance = squares / (self.indices.len() - 1) as f64;
        let of_mean = noise / self.cycles;
        if variance > of_mean { of_mean / variance } else { 1.0 }
    }
}

/// The middle value, or the mean of the two; of at least one.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    f64::midpoint(values[(n - 1) / 2], values[n / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Five years of quarters whose first quarter grows from 1.1 to 1.3 at the expense of the last.
    fn changing() -> Vec<f64> {
        (0..20)
            .map(|t| {
                let more = 0.05 * (t / 4) as f64;
                100.0 * [1.1 + more, 1.0, 0.9, 1.0 - more][t % 4]
            })
            .collect()
    }

    #[test]
    fn a_season_that_never_changes_is_found_exactly() {
        let values: Vec<f64> = (0..24).map(|t| 50.0 * [1.2, 0.9, 0.8, 1.1][t % 4]).collect();
        let season = Season::of(&values, &[], 4);
        assert_eq!(season.composition, Composition::Multiplicative);
        for (t, value) in values.iter().enumerate() {
            assert!((season.remove(t, *value) - 50.0).abs() < 1e-9);
            assert!((season.restore(t + 24, 50.0) - value).abs() < 1e-9);
        }
        let shifted: Vec<f64> = values.iter().map(|value| value - 50.0).collect();
        let season = Season::of(&shifted, &[], 4);
        assert_eq!(season.composition, Composition::Additive);
        assert!((season.restore(25, 0.0) - shifted[1]).abs() < 1e-9);
    }

    #[test]
    fn the_next_cycle_resembles_the_last_ones() {
        let season = Season::of(&changing(), &[], 4);
        let (first, next) = (season.at(0), season.at(20));
        assert!(first < 1.2 && next > 1.2, "{first} {next}");
        assert_eq!(season.at(20), season.at(24));
    }

    #[test]
    fn an_outlier_moves_an_index_less_than_the_mean() {
        let mut values: Vec<f64> =
            (0..32).map(|t| 50.0 * [1.2, 0.9, 0.8, 1.1][t % 4] + (t * t % 5) as f64).collect();
        let before = Season::of(&values, &[], 4).at(33);
        values[21] *= 2.0;
        let after = Season::of(&values, &[], 4).at(33);
        // Its cycle counts 0.8³ of about 4 in all, and would move the mean by about 0.1.
        assert!((after - before).abs() < 0.05, "{before} {after}");
    }

    #[test]
    fn noise_is_no_season() {
        // A fixed sequence without a cycle of four.
        let values: Vec<f64> = (0..40_u32).map(|t| 100.0 + f64::from(t * t * 7 % 11)).collect();
        let season = Season::of(&values, &[], 4);
        let largest = (40..44).map(|t| (season.at(t) - 1.0).abs()).fold(0.0, f64::max);
        assert!(largest < 0.01, "{largest}");
    }
}
