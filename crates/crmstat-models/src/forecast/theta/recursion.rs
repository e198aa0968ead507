//! The state recursion of the theta models and the exact optimum of their parameters.
//!
//! Names follow Fiorucci et al. (2016): ℓ the level, Aₙ and Bₙ the regression line on time, μ the
//! one-step forecast. With ω = 1 − 1/θ, equations (8)–(12) of the paper read
//!
//! μₜ = ℓₜ₋₁ + ω Dₜ,  Dₜ = Aₜ₋₁ (1−α)ᵗ⁻¹ + Bₜ₋₁ (1 − (1−α)ᵗ)/α,  ℓₜ = α yₜ + (1−α) ℓₜ₋₁.
//!
//! Neither ℓ (but for its start ℓ₀, whose weight is (1−α)ᵗ⁻¹) nor D depends on θ, so for a given α the
//! residuals are linear in ℓ₀ and ω: the best pair is a least-squares solution, and only α is searched.

use serde::{Deserialize, Serialize};

/// Residuals before this one do not count: the dynamic line rests on fewer than three observations.
pub(super) const WARM_UP: usize = 3;

/// The bounds of α in the authors' implementation (forecTheta).
pub(super) const ALPHA: std::ops::RangeInclusive<f64> = 0.1..=0.99;

/// The largest ω = 1 − 1/θ: θ up to 10¹⁰, as in the authors' implementation.
const LARGEST_OMEGA: f64 = 1.0 - 1e-10;

/// The authors' search starts here. Short series often have a second valley at the other end, whose
/// slow level rests on ℓ₀ and the line alone; it fits the past better and the future worse.
const START: f64 = 0.5;

/// Points of the walk over α; the valleys are wide.
const GRID: usize = 31;

/// The golden section leaves the interval of two grid steps (0.06) below 1e-10.
const GOLDEN_STEPS: usize = 44;

/// The parameters of a theta model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Parameters {
    pub alpha: f64,
    /// ω = 1 − 1/θ, the share of the long-run line.
    pub omega: f64,
    /// ℓ₀, the level before the first observation.
    pub initial_level: f64,
}

/// What is given; the rest is estimated.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fixed {
    pub alpha: Option<f64>,
    pub omega: Option<f64>,
    pub initial_level: Option<f64>,
}

/// The regression line and the level after an observation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    pub dynamic: bool,
    /// Observations so far.
    pub count: usize,
    pub level: f64,
    mean: f64,
    intercept: f64,
    slope: f64,
    /// (1−α)ᵗ for `count` = t.
    decay: f64,
}

impl State {
    /// The state after the first observation of `values`, which are not empty.
    pub(super) fn first(values: &[f64], dynamic: bool, alpha: f64, initial_level: f64) -> Self {
        let (intercept, slope) = if dynamic { (values[0], 0.0) } else { line(values) };
        Self {
            dynamic,
            count: 1,
            level: alpha * values[0] + (1.0 - alpha) * initial_level,
            mean: values[0],
            intercept,
            slope,
            decay: 1.0 - alpha,
        }
    }

    /// Dₜ for the next observation.
    fn direction(&self, alpha: f64) -> f64 {
        self.intercept * self.decay + self.slope * (1.0 - self.decay * (1.0 - alpha)) / alpha
    }

    /// μ, the forecast of the next observation.
    pub(super) fn forecast(&self, parameters: &Parameters) -> f64 {
        self.level + parameters.omega * self.direction(parameters.alpha)
    }

    /// The state after the next observation.
    pub(super) fn observe(&mut self, value: f64, alpha: f64) {
        self.level = alpha * value + (1.0 - alpha) * self.level;
        self.decay *= 1.0 - alpha;
        if self.decay < f64::MIN_POSITIVE {
            // Subnormal numbers are slow and no longer count.
            self.decay = 0.0;
        }
        self.count += 1;
        if self.dynamic {
            // The regression line on time 1..t, updated without a second pass.
            let t = self.count as f64;
            self.slope = ((t - 2.0) * self.slope + 6.0 * (value - self.mean) / t) / (t + 1.0);
            self.mean += (value - self.mean) / t;
            self.intercept = self.mean - self.slope * (t + 1.0) / 2.0;
        }
    }

    /// Every number of the state is finite.
    pub(super) fn is_valid(&self) -> bool {
        self.count > 0
            && [self.level, self.mean, self.intercept, self.slope, self.decay]
                .iter()
                .all(|number| number.is_finite())
    }
}

/// Intercept and slope of the least-squares line of `values` on 1..n.
fn line(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    if values.len() < 2 {
        return (mean, 0.0);
    }
    let middle = f64::midpoint(n, 1.0);
    let product: f64 =
        values.iter().enumerate().map(|(i, value)| (i as f64 + 1.0 - middle) * value).sum();
    let slope = 12.0 * product / (n * (n * n - 1.0));
    (mean - slope * middle, slope)
}

/// The parameters that minimise the sum of squared one-step errors, those of the first three
/// observations left out, and that sum.
pub(super) fn estimate(values: &[f64], dynamic: bool, fixed: Fixed) -> (Parameters, f64) {
    let at = |alpha: f64| conditional_optimum(values, dynamic, alpha, fixed);
    if let Some(alpha) = fixed.alpha {
        return at(alpha);
    }
    let (low, high) = (*ALPHA.start(), *ALPHA.end());
    let step = (high - low) / (GRID - 1) as f64;
    let point = |index: usize| at((low + step * index as f64).min(high));
    let start = ((START - low) / step).round() as usize;
    let (mut place, mut best) = (start, point(start));
    let upwards = point(start + 1).1 < point(start - 1).1;
    while let Some(next) = if upwards { Some(place + 1) } else { place.checked_sub(1) } {
        let candidate = point(next);
        if next == GRID || candidate.1 >= best.1 {
            break;
        }
        (place, best) = (next, candidate);
    }
    let centre = low + step * place as f64;
    let mut bracket = ((centre - step).max(low), (centre + step).min(high));
    let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
    let mut left = at(bracket.1 - golden * (bracket.1 - bracket.0));
    let mut right = at(bracket.0 + golden * (bracket.1 - bracket.0));
    for _ in 0..GOLDEN_STEPS {
        if left.1 <= right.1 {
            bracket.1 = right.0.alpha;
            right = left;
            left = at(bracket.1 - golden * (bracket.1 - bracket.0));
        } else {
            bracket.0 = left.0.alpha;
            left = right;
            right = at(bracket.0 + golden * (bracket.1 - bracket.0));
        }
    }
    for candidate in [left, right] {
        if candidate.1 < best.1 {
            best = candidate;
        }
    }
    best
}

/// The best ℓ₀ and ω for one α, by least squares on (1−α)ᵗ⁻¹ and Dₜ.
fn conditional_optimum(
    values: &[f64],
    dynamic: bool,
    alpha: f64,
    fixed: Fixed,
) -> (Parameters, f64) {
    let mut state = State::first(values, dynamic, alpha, 0.0);
    let mut weight = 1.0;
    let mut moments = Moments::default();
    for (position, &value) in values.iter().enumerate().skip(1) {
        if position >= WARM_UP {
            moments.add(value - state.level, weight, state.direction(alpha));
            weight *= 1.0 - alpha;
            if weight < f64::MIN_POSITIVE {
                weight = 0.0;
            }
        }
        state.observe(value, alpha);
    }
    // The weight of ℓ₀ was taken as one at the first residual that counts.
    let unit = (1.0 - alpha).powi(WARM_UP as i32);
    let (level, omega, squares) =
        moments.solve(fixed.initial_level.map(|level| level * unit), fixed.omega);
    (Parameters { alpha, omega, initial_level: level / unit }, squares)
}

/// Sums of products of the target a, the weight u of the initial level and the direction D.
#[derive(Default)]
struct Moments {
    aa: f64,
    au: f64,
    ad: f64,
    uu: f64,
    ud: f64,
    dd: f64,
}

impl Moments {
    fn add(&mut self, a: f64, u: f64, d: f64) {
        self.aa += a * a;
        self.au += a * u;
        self.ad += a * d;
        self.uu += u * u;
        self.ud += u * d;
        self.dd += d * d;
    }

    /// The coefficients of u and D with D's in its range, and the remaining sum of squares.
    fn solve(&self, level: Option<f64>, omega: Option<f64>) -> (f64, f64, f64) {
        let level_given = |omega: f64| {
            level.unwrap_or(if self.uu > 0.0 { (self.au - omega * self.ud) / self.uu } else { 0.0 })
        };
        let omega = omega.unwrap_or_else(|| {
            let free = match level {
                Some(level) => (self.ad - level * self.ud) / self.dd,
                None => {
                    (self.ad - self.ud * self.au / self.uu)
                        / (self.dd - self.ud * self.ud / self.uu)
                }
            };
            // A direction that is zero or parallel to u says nothing of ω; one half is θ = 2.
            if free.is_finite() { free.clamp(0.0, LARGEST_OMEGA) } else { 0.5 }
        });
        let level = level_given(omega);
        let squares = self.aa + level * level * self.uu + omega * omega * self.dd
            - 2.0 * (level * self.au + omega * self.ad - level * omega * self.ud);
        (level, omega, squares.max(0.0))
    }
}
