//! The recursion of the states, the likelihood along it, and the likelihood's gradient.
//!
//! In every form the states move in the same way whatever the noise (Hyndman et al. 2008, table 2.2 and
//! 2.3 give the same recursions once the error is written out); only the size of the error differs. Each
//! combination is compiled on its own, so that the inner loop has no branch on the form.

use super::form::{ErrorTerm, Form, SeasonTerm};

/// The smoothing parameters α, β, γ and the damping φ, as Hyndman et al. write them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Smoothing {
    pub(super) alpha: f64,
    pub(super) beta: f64,
    pub(super) gamma: f64,
    pub(super) phi: f64,
}

/// Level, trend and the season's indices, the next one first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct States {
    pub(super) level: f64,
    pub(super) trend: f64,
    pub(super) season: Vec<f64>,
}

/// What one observation left behind.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Step {
    /// Level plus damped trend: the mean without the season.
    base: f64,
    trend: f64,
    season: f64,
    /// The one-step-ahead mean μ.
    pub(super) mean: f64,
    /// y − μ, or (y − μ)/μ where noise is multiplicative.
    pub(super) error: f64,
}

/// Sums along the recursion.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    /// Σ e².
    pub(super) squares: f64,
    /// Σ ln|μ|, zero for additive noise.
    pub(super) logs: f64,
    /// The least μ, infinite for additive noise.
    pub(super) least_mean: f64,
}

/// The gradient of the objective with respect to everything that was put in.
#[derive(Clone, Debug, Default)]
pub(super) struct Gradient {
    pub(super) alpha: f64,
    pub(super) beta: f64,
    pub(super) gamma: f64,
    pub(super) phi: f64,
    pub(super) states: States,
}

/// Runs over `values`, moving `states` on and recording every step.
type Forward = fn(&[f64], Smoothing, &mut States, &mut [Step]) -> Sums;

/// Runs back over the steps of `Forward`, given `weight` = n/Σe².
type Backward = fn(Smoothing, &[Step], f64, &mut Gradient);

/// The two passes of one form.
#[derive(Clone, Copy)]
pub(super) struct Recursion {
    pub(super) forward: Forward,
    pub(super) backward: Backward,
}

const PLAIN: u8 = 0;
const ADDED: u8 = 1;
const MULTIPLIED: u8 = 2;

impl Recursion {
    pub(super) fn of(form: Form) -> Self {
        macro_rules! passes {
            ($relative:literal, $trend:literal, $season:ident) => {
                Self {
                    forward: forward::<$relative, $trend, $season>,
                    backward: backward::<$relative, $trend, $season>,
                }
            };
        }
        use {ErrorTerm as E, SeasonTerm as S};
        match (form.error(), form.has_trend(), form.season()) {
            (E::Additive, false, S::None) => passes!(false, false, PLAIN),
            (E::Additive, false, _) => passes!(false, false, ADDED),
            (E::Additive, true, S::None) => passes!(false, true, PLAIN),
            (E::Additive, true, _) => passes!(false, true, ADDED),
            (E::Multiplicative, false, S::None) => passes!(true, false, PLAIN),
            (E::Multiplicative, false, S::Additive) => passes!(true, false, ADDED),
            (E::Multiplicative, false, S::Multiplicative) => passes!(true, false, MULTIPLIED),
            (E::Multiplicative, true, S::None) => passes!(true, true, PLAIN),
            (E::Multiplicative, true, S::Additive) => passes!(true, true, ADDED),
            (E::Multiplicative, true, S::Multiplicative) => passes!(true, true, MULTIPLIED),
        }
    }
}

/// Means whose product is taken before one logarithm: few enough that the product of numbers between
/// 1e-38 and 1e38 stays finite.
const PRODUCT: usize = 8;

fn forward<const RELATIVE: bool, const TREND: bool, const SEASON: u8>(
    values: &[f64],
    smoothing: Smoothing,
    states: &mut States,
    steps: &mut [Step],
) -> Sums {
    let Smoothing { alpha, beta, gamma, phi } = smoothing;
    let (mut level, mut trend) = (states.level, states.trend);
    let cycle = if SEASON == PLAIN { 1 } else { states.season.len() };
    let mut at = 0;
    let mut sums = Sums { least_mean: f64::INFINITY, ..Sums::default() };
    for (values, steps) in values.chunks(PRODUCT).zip(steps.chunks_mut(PRODUCT)) {
        let mut product = 1.0;
        for (&value, step) in values.iter().zip(steps) {
            let base = if TREND { level + phi * trend } else { level };
            let season = if SEASON == PLAIN { 0.0 } else { states.season[at] };
            let mean = match SEASON {
                PLAIN => base,
                ADDED => base + season,
                _ => base * season,
            };
            let difference = value - mean;
            let error = if RELATIVE { difference / mean } else { difference };
            *step = Step { base, trend, season, mean, error };

            // With a multiplicative season the level absorbs its share of the relative error.
            let shock = if SEASON == MULTIPLIED { base * error } else { difference };
            level = base + alpha * shock;
            if TREND {
                trend = phi * trend + beta * shock;
            }
            if SEASON != PLAIN {
                let moved = if SEASON == MULTIPLIED { season * error } else { difference };
                states.season[at] = season + gamma * moved;
                at += 1;
                if at == cycle {
                    at = 0;
                }
            }
            sums.squares += error * error;
            if RELATIVE {
                product *= mean;
                sums.least_mean = sums.least_mean.min(mean);
            }
        }
        if RELATIVE {
            sums.logs += libm::log(product.abs());
        }
    }
    states.level = level;
    states.trend = trend;
    states.season.rotate_left(at);
    sums
}

/// The adjoint of [`forward`] for the objective n ln Σe² + 2 Σ ln μ.
///
/// `gradient.states` carries the derivatives with respect to the states after the step, and in the end
/// those before the first one.
fn backward<const RELATIVE: bool, const TREND: bool, const SEASON: u8>(
    smoothing: Smoothing,
    steps: &[Step],
    weight: f64,
    gradient: &mut Gradient,
) {
    let Smoothing { alpha, beta, gamma, phi } = smoothing;
    let cycle = if SEASON == PLAIN { 1 } else { gradient.states.season.len() };
    let mut at = steps.len() % cycle;
    let (mut level, mut trend) = (0.0, 0.0);
    let (mut by_alpha, mut by_beta, mut by_gamma, mut by_phi) = (0.0, 0.0, 0.0, 0.0);
    gradient.states.season.fill(0.0);
    for step in steps.iter().rev() {
        let Step { base, trend: slope, season, mean, error } = *step;
        if SEASON != PLAIN {
            at = if at == 0 { cycle - 1 } else { at - 1 };
        }
        let later = if SEASON == PLAIN { 0.0 } else { gradient.states.season[at] };
        let (by_base, by_season) = if SEASON == MULTIPLIED {
            let by_error = base * (alpha * level + beta * trend)
                + gamma * season * later
                + 2.0 * weight * error;
            by_alpha += level * base * error;
            by_beta += trend * base * error;
            by_gamma += later * season * error;
            let by_mean = (2.0 - by_error * (1.0 + error)) / mean;
            (
                level + (alpha * level + beta * trend) * error + by_mean * season,
                later * (1.0 + gamma * error) + by_mean * base,
            )
        } else {
            let (difference, by_own, by_scale) = if RELATIVE {
                (
                    error * mean,
                    2.0 * weight * error / mean,
                    2.0 * (1.0 - weight * error * error) / mean,
                )
            } else {
                (error, 2.0 * weight * error, 0.0)
            };
            let by_difference = alpha * level + beta * trend + gamma * later + by_own;
            by_alpha += level * difference;
            by_beta += trend * difference;
            by_gamma += later * difference;
            let by_mean = by_scale - by_difference;
            (level + by_mean, later + by_mean)
        };
        if SEASON != PLAIN {
            gradient.states.season[at] = by_season;
        }
        if TREND {
            by_phi += slope * (trend + by_base);
            trend = phi * (trend + by_base);
        }
        level = by_base;
    }
    gradient.alpha = by_alpha;
    gradient.beta = by_beta;
    gradient.gamma = by_gamma;
    gradient.phi = by_phi;
    gradient.states.level = level;
    gradient.states.trend = trend;
}
