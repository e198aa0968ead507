//! The average of a short history, to which its forecast is drawn.
//!
//! Before a season has been seen once, a rise into it looks like a trend that goes on, and its end like a level that
//! stays. On series of months cut to 8 and 12 values the models alone are up to 29 % worse than the plain average;
//! `docs/evidence/forecast.md` tells what is drawn to it.

use rand_distr::{Distribution, StandardNormal};

use crate::{forecast::Series, random::Generator, sum::compensated};

/// Cycles from which on the season tells itself.
const SEEN: f64 = 1.5;

/// The weight of the models where neighbours differ from each other as much as any two values do, and what each unit
/// less of that ratio (J. von Neumann, Annals of Mathematical Statistics 12, 1941; two for noise) adds, up to a quarter.
const AT_NOISE: f64 = 0.05;
const NOISE: f64 = 1.6;
const SLOPE: f64 = 0.3;
const MOST_AT_NOISE: f64 = 0.25;
const LEAST: f64 = 0.1;

/// Of n values of noise the ratio is hardly ever this over √n below two; what is lower is a level or a trend, which the
/// models follow.
const BY_CHANCE: f64 = 4.0;
const STEEP: f64 = 2.0;

/// Beyond this the average counts nothing.
const MOST: f64 = 0.99;

/// Fewer values show neither level nor noise.
const FEW: usize = 4;

/// The average and what it counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Anchor {
    /// The weight of the models; the rest is the average's.
    pub(super) weight: f64,
    pub(super) average: f64,
    /// The variance of the values around it, and of itself.
    of_values: f64,
    of_average: f64,
}

impl Anchor {
    /// The anchor of `series`; `None` where it is long enough, or has no season that could mislead.
    pub(super) fn of(series: &Series<'_>) -> Option<Self> {
        let (values, count) = (series.values(), series.len() as f64);
        let cycles = count / series.season() as f64;
        // Periods without a season, such as years, mostly say how a series grows.
        let few = series.len() < if series.season() == 1 { FEW - 1 } else { FEW };
        if (series.season() == 1 || cycles >= SEEN) && !few {
            return None;
        }
        let average = compensated(values.iter().map(|value| value / count));
        let squares = compensated(values.iter().map(|value| (value - average).powi(2)));
        let changes = compensated(values.windows(2).map(|pair| (pair[1] - pair[0]).powi(2)));
        let ratio = if squares > 0.0 { changes / (count - 1.0) / (squares / count) } else { 0.0 };
        let by_noise = if few {
            MOST_AT_NOISE
        } else {
            let noise = (AT_NOISE + SLOPE * (NOISE - ratio).max(0.0)).min(MOST_AT_NOISE);
            let surely = (2.0 - BY_CHANCE / count.sqrt() - ratio).max(0.0);
            (noise + STEEP * surely).clamp(LEAST, 1.0)
        };
        let shown = ((cycles - 1.0) / (SEEN - 1.0)).clamp(0.0, 1.0);
        let of_values = (squares / (count - 1.0).max(1.0)).min(f64::MAX);
        let weight = if few { by_noise } else { by_noise + (1.0 - by_noise) * shown };
        let counts = weight < MOST;
        counts.then(|| Self { weight, average, of_values, of_average: of_values / count })
    }

    pub(super) fn mean(&self, of_models: f64) -> f64 {
        self.weight * of_models + (1.0 - self.weight) * self.average
    }

    /// The variance of the mixture of both.
    pub(super) fn variance(&self, mean_of_models: f64, of_models: f64) -> f64 {
        let apart = self.weight * (1.0 - self.weight) * (mean_of_models - self.average).powi(2);
        let around = self.of_values + self.of_average;
        self.weight * of_models + (1.0 - self.weight) * around + apart
    }

    /// A path around the average, which errs the same way in every period.
    pub(super) fn simulate(&self, horizon: usize, generator: &mut Generator) -> Vec<f64> {
        let mut shock = |variance: f64| {
            let shock: f64 = StandardNormal.sample(generator);
            variance.sqrt() * shock
        };
        let average = self.average + shock(self.of_average);
        (0..horizon).map(|_| average + shock(self.of_values)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64], season: usize) -> Option<Anchor> {
        Anchor::of(&Series::new(values, season).unwrap())
    }

    #[test]
    fn noise_leans_on_the_average_and_a_level_that_lasts_does_not() {
        let noise: Vec<f64> = (0..12).map(|t| f64::from(t * 7 % 12)).collect();
        let rising: Vec<f64> = (0..12).map(f64::from).collect();
        let noise = of(&noise, 12).unwrap();
        assert!(noise.weight < 0.3 && of(&rising, 12).is_none(), "{noise:?}");
        assert_eq!(noise.average, 5.5);
        assert_eq!(noise.mean(5.5), 5.5);
    }

    #[test]
    fn the_more_of_the_season_was_seen_the_less_counts_the_average() {
        let weight = |count: usize| {
            let values: Vec<f64> = (0..count).map(|t| (t * 7 % 11) as f64).collect();
            of(&values, 12).map_or(1.0, |anchor| anchor.weight)
        };
        assert!(weight(12) < weight(15) && weight(15) < weight(17));
        assert_eq!(weight(18), 1.0);
        assert!(of(&[1.0; 9], 1).is_none(), "no season that could mislead");
    }

    #[test]
    fn two_values_have_an_average_and_a_width() {
        let anchor = of(&[100.0, 5000.0], 12).unwrap();
        assert_eq!((anchor.average, anchor.weight), (2550.0, MOST_AT_NOISE));
        assert!(anchor.variance(5000.0, 0.0).sqrt() > 2000.0);
        assert_eq!(of(&[4.0], 12).unwrap().average, 4.0);
    }
}
