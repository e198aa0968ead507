//! Structural time series: what would have come without an event, and how sure is that?
//!
//! # Formula
//! yₜ = xₜ′δ + ℓₜ + aₜ. The columns x hold the first level, its trend, the season and control series; ℓ is a level whose
//! steps have the variance σ²λ² and whose slope steps have the variance σ²κ²; aₜ = φaₜ₋₁ + ωₜ, ω ~ N(0, σ²), is what is
//! left, correlated with itself. A Kalman filter run over y and over every column of x gives, for each (φ, λ, κ), the
//! generalised least squares of δ and the likelihood with δ and σ² integrated out under their uninformed priors; the
//! posterior of (φ, λ, κ) is that over a grid of them. Paths draw (φ, λ, κ), σ² (scaled inverse χ²), δ and the state, then
//! the future, so that intervals hold what is not known of any of these.
//!
//! # Assumptions
//! Control series are not touched by the event. Errors are normal; take logarithms of what grows by ratios.
//!
//! # Citation
//! A. Harvey, *Forecasting, Structural Time Series Models and the Kalman Filter*, 1989, sections 3.2 (filter), 3.4 (fixed
//! effects), 4.1; P. de Jong, Annals of Statistics 19, 1991 (augmented filter); K. Brodersen et al., Annals of Applied
//! Statistics 9, 2015 (counterfactuals of events).
//!
//! # When not to use
//! With fewer observations than twice the columns; where the event was itself caused by the series.
//!
//! # Units and shapes
//! Observations in one unit, equally spaced. Columns are as long as the past and the horizon together.
//!
//! # Errors
//! Columns of another length, numbers that are not finite: parameter errors. Too short a past, columns that say the same:
//! data errors.
//!
//! # Examples
//! ```
//! use crmstat_models::forecast::structural::{Structural, season, trend};
//!
//! // A trend and a season of four; the future goes on.
//! let value = |t: usize| 50.0 + t as f64 + [5.0, 0.0, -5.0, 0.0][t % 4] + ((t * 7919) % 13) as f64 / 10.0;
//! let past: Vec<f64> = (0..40).map(value).collect();
//! let mut columns = trend(48);
//! columns.extend(season(4, 48));
//! let paths = Structural::new(&past, &columns)?.paths(1_000, 42);
//! let mean = paths.iter().map(|path| path[7]).sum::<f64>() / 1_000.0;
//! assert!((mean - value(47)).abs() < 1.0, "{mean}");
//! # Ok::<(), crmstat_models::Error>(())
//! ```

mod filter;
#[cfg(test)]
mod tests;

use crate::{Error, Result, parallel::map_chunks, random::stream};
use filter::{Filtered, Shape};
use rand::RngExt;
use rand_distr::{ChiSquared, Distribution, StandardNormal};

/// The correlations of what is left that are tried.
const CORRELATIONS: [f64; 7] = [-0.3, 0.0, 0.2, 0.4, 0.6, 0.8, 0.9];
/// The deviations of a level's step that are tried, relative to those of what is left, and how likely each is beforehand:
/// levels that wander make all far futures open, and a short past hardly speaks against them. Chosen on generated series
/// so that 95 % intervals cover 95 %.
const LEVEL_STEPS: [(f64, f64); 6] =
    [(0.0, 0.58), (0.1, 0.2), (0.2, 0.1), (0.4, 0.07), (0.8, 0.03), (1.6, 0.02)];
/// The same of a slope's step.
const SLOPE_STEPS: [(f64, f64); 3] = [(0.0, 0.97), (0.01, 0.015), (0.03, 0.015)];
/// Shapes that are less likely are never drawn.
const NEVER: f64 = 1e-6;
/// Observations beyond the number of columns that are needed.
const LEAST_FREE: usize = 8;

/// A fitted structural time series.
#[derive(Clone, Debug)]
pub struct Structural {
    /// The posterior, by the shapes that are not all but impossible.
    shapes: Vec<(f64, Shape, Filtered)>,
    /// The columns of the future, by period.
    future: Vec<Vec<f64>>,
    log_likelihood: f64,
    free: f64,
}

/// A level that is one and a trend: the columns that every series has.
pub fn trend(len: usize) -> Vec<Vec<f64>> {
    let middle = (len as f64 - 1.0) / 2.0;
    let slope = (0..len).map(|t| (t as f64 - middle) / len as f64).collect();
    vec![vec![1.0; len], slope]
}

/// The columns of a season of `periods`, one for each but the last, which balances them.
pub fn season(periods: usize, len: usize) -> Vec<Vec<f64>> {
    let column = |own: usize| {
        let value = |t: usize| match t % periods {
            place if place == own => 1.0,
            place if place + 1 == periods => -1.0,
            _ => 0.0,
        };
        (0..len).map(value).collect()
    };
    (0..periods.saturating_sub(1)).map(column).collect()
}

/// The columns of a season of `periods`, which need not be whole, by its first `harmonics`.
pub fn waves(periods: f64, harmonics: usize, len: usize) -> Vec<Vec<f64>> {
    let angle = |t: usize, k: usize| 2.0 * std::f64::consts::PI * (k * t) as f64 / periods;
    (1..=harmonics)
        .flat_map(|k| {
            [
                (0..len).map(|t| libm::sin(angle(t, k))).collect(),
                (0..len).map(|t| libm::cos(angle(t, k))).collect(),
            ]
        })
        .collect()
}

impl Structural {
    /// Learns from `past`; `columns` are those of the past and of the periods to come.
    ///
    /// # Errors
    /// See the module's documentation.
    pub fn new(past: &[f64], columns: &[Vec<f64>]) -> Result<Self> {
        let len = past.len();
        if let Some(at) = past.iter().position(|value| !value.is_finite()) {
            return Err(Error::data(format!("value {} of the series is `{}`", at + 1, past[at])));
        }
        let all = columns.first().map_or(0, Vec::len);
        if columns.is_empty() || all < len || columns.iter().any(|own| own.len() != all) {
            let allowed = format!("at least one, all of one length of at least {len}");
            return Err(Error::parameter("columns", columns.len(), allowed));
        }
        if let Some(value) = columns.iter().flatten().find(|value| !value.is_finite()) {
            return Err(Error::parameter("columns", value, "finite"));
        }
        if len < columns.len() + LEAST_FREE {
            let (count, least) = (columns.len(), columns.len() + LEAST_FREE);
            return Err(Error::data(format!("{len} observations for {count} columns"))
                .with_hint(format!("at least {least} are needed")));
        }
        let shapes: Vec<(f64, Shape)> = CORRELATIONS
            .iter()
            .flat_map(|correlation| {
                LEVEL_STEPS.iter().flat_map(move |(level, of_level)| {
                    SLOPE_STEPS.iter().map(move |(slope, of_slope)| {
                        let shape =
                            Shape { correlation: *correlation, level: *level, slope: *slope };
                        (of_level * of_slope, shape)
                    })
                })
            })
            .collect();
        let filtered: Vec<Result<Filtered>> = map_chunks(shapes.len(), 8, |range| {
            range.map(|at| Filtered::of(shapes[at].1, past, columns)).collect::<Vec<_>>()
        })
        .into_iter()
        .flatten()
        .collect();
        let mut fitted = Vec::with_capacity(shapes.len());
        for ((prior, shape), filtered) in shapes.into_iter().zip(filtered) {
            let filtered = filtered?;
            fitted.push((libm::log(prior) + filtered.log_likelihood, shape, filtered));
        }
        let best = fitted.iter().map(|(log, ..)| *log).fold(f64::NEG_INFINITY, f64::max);
        let mut sum = 0.0;
        for (weight, ..) in &mut fitted {
            *weight = libm::exp(*weight - best);
            sum += *weight;
        }
        fitted.retain_mut(|(weight, ..)| {
            *weight /= sum;
            *weight > NEVER
        });
        let future = (len..all).map(|t| columns.iter().map(|own| own[t]).collect()).collect();
        Ok(Self {
            shapes: fitted,
            future,
            log_likelihood: best + libm::log(sum),
            free: (len - columns.len()) as f64,
        })
    }

    /// The logarithm of the likelihood of the past with everything integrated out, up to what models of as many
    /// observations and columns have in common.
    pub fn log_likelihood(&self) -> f64 {
        self.log_likelihood
    }

    /// The posterior means of φ, λ and κ.
    pub fn shape(&self) -> [f64; 3] {
        let mean = |of: fn(&Shape) -> f64| {
            let sum: f64 = self.shapes.iter().map(|(weight, shape, _)| weight * of(shape)).sum();
            sum / self.shapes.iter().map(|(weight, ..)| weight).sum::<f64>()
        };
        [mean(|own| own.correlation), mean(|own| own.level), mean(|own| own.slope)]
    }

    /// Draws `count` paths of the periods to come; path `i` depends on `seed` and `i` alone.
    pub fn paths(&self, count: usize, seed: u64) -> Vec<Vec<f64>> {
        map_chunks(count, 64, |range| range.map(|at| self.path(seed, at)).collect::<Vec<_>>())
            .concat()
    }

    fn path(&self, seed: u64, at: usize) -> Vec<f64> {
        let random = &mut stream(seed, at as u64);
        let mut left: f64 = random.random();
        let drawn = self.shapes.iter().find(|(weight, ..)| {
            left -= weight;
            left <= 0.0
        });
        // Weights add up to one but for rounding and the shapes that are left out.
        let Some((_, shape, filtered)) = drawn.or(self.shapes.first()) else { return Vec::new() };
        let chi: f64 = ChiSquared::new(self.free).map_or(self.free, |own| own.sample(random));
        let deviation = (filtered.squares / chi).sqrt();
        let mut normal = || -> f64 { StandardNormal.sample(random) };
        let (effects, mut state) = filtered.draw(deviation, &mut normal);
        let mut path = Vec::with_capacity(self.future.len());
        for row in &self.future {
            let fixed: f64 = row.iter().zip(&effects).map(|(x, effect)| x * effect).sum();
            path.push(fixed + state[0] + state[2]);
            state = [
                state[0] + state[1] + deviation * shape.level * normal(),
                state[1] + deviation * shape.slope * normal(),
                shape.correlation * state[2] + deviation * normal(),
            ];
        }
        path
    }
}
