//! The classical seasonal decomposition by moving averages, and the test whether there is a season.

use serde::{Deserialize, Serialize};

use crate::sum::compensated;

/// The 95 % point of the standard normal distribution, as Fiorucci et al. (2016) take it.
const CRITICAL: f64 = 1.644_853_626_951_472_2;

/// Its 99 % point, for the second look of [`is_seasonal`]: where the first has said no, the evidence
/// must be stronger.
const CRITICAL_DETRENDED: f64 = 2.326_347_874_040_840_8;

/// Multiplicative indices below this would blow a season-free series up; it is taken out additively.
const SMALLEST_FACTOR: f64 = 0.01;

/// How a season joins the rest of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Composition {
    /// Observation = rest + season; the indices sum to zero.
    Additive,
    /// Observation = rest × season; the indices have a mean of one.
    Multiplicative,
}

/// A season that repeats without change, as the classical decomposition finds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeasonalIndices {
    composition: Composition,
    /// One value per phase; the first belongs to the first observation.
    indices: Vec<f64>,
}

impl SeasonalIndices {
    /// How the season joins the rest.
    pub fn composition(&self) -> Composition {
        self.composition
    }

    /// One index per phase of the season, that of the first observation first.
    pub fn values(&self) -> &[f64] {
        &self.indices
    }

    /// The index of the period `position`, counted from the first observation.
    pub(in crate::forecast) fn at(&self, position: usize) -> f64 {
        self.indices[position % self.indices.len()]
    }

    /// An observation without its season.
    pub(in crate::forecast) fn remove(&self, position: usize, value: f64) -> f64 {
        match self.composition {
            Composition::Additive => value - self.at(position),
            Composition::Multiplicative => value / self.at(position),
        }
    }

    /// A season-free value with the season put back.
    pub(in crate::forecast) fn restore(&self, position: usize, value: f64) -> f64 {
        match self.composition {
            Composition::Additive => value + self.at(position),
            Composition::Multiplicative => value * self.at(position),
        }
    }

    /// What the season multiplies a deviation by.
    pub(in crate::forecast) fn spread(&self, position: usize) -> f64 {
        match self.composition {
            Composition::Additive => 1.0,
            Composition::Multiplicative => self.at(position),
        }
    }

    /// Whether the indices can be used: one per phase, finite, factors positive.
    pub(in crate::forecast) fn is_valid(&self) -> bool {
        !self.indices.is_empty()
            && self.indices.iter().all(|index| index.is_finite())
            && (self.composition == Composition::Additive
                || self.indices.iter().all(|&index| index >= SMALLEST_FACTOR))
    }
}

/// The indices of a season of `season` periods; multiplicative where the data and the indices are
/// positive, additive otherwise or on request. `None` with fewer than two whole seasons.
pub(in crate::forecast) fn decompose(
    values: &[f64],
    season: usize,
    wanted: Composition,
) -> Option<SeasonalIndices> {
    if season < 2 || season > values.len() / 2 {
        return None;
    }
    if wanted == Composition::Multiplicative && values.iter().all(|&value| value > 0.0) {
        let found = indices(values, season, Composition::Multiplicative);
        if found.is_valid() {
            return Some(found);
        }
    }
    Some(indices(values, season, Composition::Additive))
}

fn indices(values: &[f64], season: usize, composition: Composition) -> SeasonalIndices {
    let trend = centred_average(values, season);
    let mut sums = vec![0.0; season];
    let mut counts = vec![0.0_f64; season];
    for (position, (value, level)) in values[season / 2..].iter().zip(&trend).enumerate() {
        let phase = (position + season / 2) % season;
        sums[phase] += match composition {
            Composition::Additive => value - level,
            Composition::Multiplicative => value / level,
        };
        counts[phase] += 1.0;
    }
    let mut indices: Vec<f64> = sums.iter().zip(&counts).map(|(sum, count)| sum / count).collect();
    let mean = compensated(indices.iter().copied()) / season as f64;
    for index in &mut indices {
        match composition {
            Composition::Additive => *index -= mean,
            Composition::Multiplicative => *index /= mean,
        }
    }
    SeasonalIndices { composition, indices }
}

/// The centred moving average over one season, for the observations `season / 2 ..` that have one. An
/// even season takes half of both ends (the 2 × m average), so that every phase weighs the same.
pub(in crate::forecast) fn centred_average(values: &[f64], season: usize) -> Vec<f64> {
    let width = season / 2 * 2 + 1;
    values
        .windows(width)
        .map(|window| {
            let sum: f64 = window.iter().sum();
            let ends = if season.is_multiple_of(2) { window[0] + window[width - 1] } else { 0.0 };
            (sum - 0.5 * ends) / season as f64
        })
        .collect()
}

/// Whether a season of `season` periods shows in the autocorrelation at its lag, either in the series,
/// at 5 % against Bartlett's bound, or in its deviations from the centred moving average, at 1 %.
///
/// The second look is what the test of Fiorucci et al. lacks: a strong trend makes every
/// autocorrelation large, which widens the bound until no season passes it.
pub(in crate::forecast) fn is_seasonal(values: &[f64], season: usize) -> bool {
    if season < 2 || season > values.len() / 2 {
        return false;
    }
    if let Some(series) = Correlogram::new(values) {
        let squares: f64 = (1..season).map(|lag| series.at(lag).powi(2)).sum();
        let bound = CRITICAL * ((1.0 + 2.0 * squares) / values.len() as f64).sqrt();
        if series.at(season).abs() > bound {
            return true;
        }
    }
    let detrended: Vec<f64> = values[season / 2..]
        .iter()
        .zip(centred_average(values, season))
        .map(|(value, level)| value - level)
        .collect();
    // Without a season the deviations from the average are nearly uncorrelated at this lag. Few pairs
    // are that far apart in a short series, so the correlation is the mean over those that are.
    let pairs = detrended.len().saturating_sub(season) as f64;
    Correlogram::new(&detrended).is_some_and(|deviations| {
        deviations.at(season) * detrended.len() as f64 > CRITICAL_DETRENDED * pairs.sqrt()
    })
}

/// Autocorrelations of a series that varies.
struct Correlogram {
    deviations: Vec<f64>,
    squares: f64,
}

impl Correlogram {
    fn new(values: &[f64]) -> Option<Self> {
        let mean = compensated(values.iter().copied()) / values.len() as f64;
        let deviations: Vec<f64> = values.iter().map(|value| value - mean).collect();
        let squares: f64 = deviations.iter().map(|deviation| deviation.powi(2)).sum();
        let largest = values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        // Deviations of the size of the rounding of the mean are noise of the arithmetic.
        let noise = values.len() as f64 * (largest * 1e-12).powi(2);
        (squares > noise).then_some(Self { deviations, squares })
    }

    fn at(&self, lag: usize) -> f64 {
        let late = self.deviations.get(lag..).unwrap_or_default();
        let products = late.iter().zip(&self.deviations).map(|(late, early)| late * early);
        products.sum::<f64>() / self.squares
    }
}
