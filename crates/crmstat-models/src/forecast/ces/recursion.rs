//! The states of complex exponential smoothing and one step of each form.
//!
//! Names follow Svetunkov et al. (2022): a complex smoothing parameter α₀ + iα₁ moves the level l and its
//! information potential p by the one-step error ε:
//!
//! lₜ = lₜ₋₁ − (1 − α₁) pₜ₋₁ + (α₀ − α₁) ε,  pₜ = lₜ₋₁ + (1 − α₀) pₜ₋₁ + (α₀ + α₁) ε.

use serde::{Deserialize, Serialize};

use super::Form;
use crate::forecast::theta::{Composition, decompose};

/// The share by which the potential starts below its level, as in the authors' code.
const POTENTIAL: f64 = 1.0 / 1.1;

/// The first level of the form without a season is the mean of so many observations.
const FIRST_MEAN: usize = 10;

/// A level and its potential, as a complex number.
pub(super) type Complex = [f64; 2];

/// What the model knows at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    /// The level that all periods share; unused by [`Form::Simple`].
    pub level: Complex,
    /// The state of each phase of the season; empty for [`Form::None`].
    pub phases: Vec<Complex>,
}

/// α and β, each as (real, imaginary) part.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Smoothing {
    pub level: Complex,
    pub season: Complex,
}

impl Smoothing {
    /// Whether old errors fade: the eigenvalues of the transition matrix less the error's share lie
    /// within the unit circle, |det| < 1 and |trace| < 1 + det (section 3 of the paper). The season of
    /// the full form is held to the same, that of the partial form to a weight below one.
    pub(super) fn is_stable(&self, form: Form) -> bool {
        let stable = |[real, imaginary]: Complex| {
            let trace = 2.0 - 2.0 * real + imaginary;
            let determinant = real * real - 3.0 * real + 2.0 + imaginary * imaginary - imaginary;
            determinant.abs() < 1.0 && trace.abs() < 1.0 + determinant
        };
        let season = match form {
            Form::None | Form::Simple => true,
            Form::Partial => self.season[0] < 1.0,
            Form::Full => stable(self.season),
        };
        season && stable(self.level)
    }
}

/// The state one period on after the error `error`.
#[inline]
fn advanced([level, potential]: Complex, [real, imaginary]: Complex, error: f64) -> Complex {
    [
        level - (1.0 - imaginary) * potential + (real - imaginary) * error,
        level + (1.0 - real) * potential + (real + imaginary) * error,
    ]
}

impl State {
    /// Where the authors start: the first observations, and the classical decomposition for a season.
    /// `values` hold at least two seasons for the seasonal forms.
    pub(super) fn initial(form: Form, values: &[f64], season: usize) -> Self {
        let mean = |count: usize| values[..count].iter().sum::<f64>() / count as f64;
        let complex = |value: f64| [value, value * POTENTIAL];
        match form {
            Form::None => {
                let level = mean(values.len().min(FIRST_MEAN));
                Self { level: complex(level), phases: Vec::new() }
            }
            Form::Simple => {
                let phases = values[..season].iter().map(|&value| complex(value)).collect();
                Self { level: [0.0, 0.0], phases }
            }
            Form::Partial | Form::Full => {
                let indices = decompose(values, season, Composition::Additive);
                let phases = indices.map_or_else(
                    || vec![[0.0, 0.0]; season],
                    |indices| indices.values().iter().map(|&index| complex(index)).collect(),
                );
                Self { level: complex(mean(season)), phases }
            }
        }
    }

    /// Every number of the state is finite.
    pub(super) fn is_finite(&self) -> bool {
        let numbers = self.level.iter().chain(self.phases.as_flattened());
        numbers.into_iter().all(|number| number.is_finite())
    }

    /// The forecast of the period in `phase`.
    #[inline]
    pub(super) fn forecast(&self, form: Form, phase: usize) -> f64 {
        match form {
            Form::None => self.level[0],
            Form::Simple => self.phases[phase][0],
            Form::Partial | Form::Full => self.level[0] + self.phases[phase][0],
        }
    }

    /// Moves on by one period, in `phase`, whose forecast missed by `error`.
    #[inline]
    pub(super) fn advance(&mut self, form: Form, smoothing: &Smoothing, phase: usize, error: f64) {
        if form != Form::Simple {
            self.level = advanced(self.level, smoothing.level, error);
        }
        match form {
            Form::None => {}
            Form::Simple => {
                self.phases[phase] = advanced(self.phases[phase], smoothing.level, error);
            }
            Form::Partial => self.phases[phase][0] += smoothing.season[0] * error,
            Form::Full => {
                self.phases[phase] = advanced(self.phases[phase], smoothing.season, error);
            }
        }
    }

    /// Turns round at an end of the series: every phase has its next period pass without an error, and
    /// so has the level, which makes them the states from which to run the other way.
    fn turn(&mut self, form: Form, smoothing: &Smoothing) {
        if form != Form::Simple {
            self.level = advanced(self.level, smoothing.level, 0.0);
        }
        let season = match form {
            Form::None | Form::Partial => return,
            Form::Simple => smoothing.level,
            Form::Full => smoothing.season,
        };
        for phase in &mut self.phases {
            *phase = advanced(*phase, season, 0.0);
        }
    }
}

/// Runs forwards, backwards and forwards again, which makes the result nearly free of the first states,
/// and fills `errors` with the one-step errors of the last run. Returns the state after the last
/// observation.
pub(super) fn smooth(
    form: Form,
    values: &[f64],
    initial: &State,
    smoothing: &Smoothing,
    errors: &mut Vec<f64>,
) -> State {
    // One copy of the loops per form: the branches on a constant vanish.
    match form {
        Form::None => smooth_form(Form::None, values, initial, smoothing, errors),
        Form::Simple => smooth_form(Form::Simple, values, initial, smoothing, errors),
        Form::Partial => smooth_form(Form::Partial, values, initial, smoothing, errors),
        Form::Full => smooth_form(Form::Full, values, initial, smoothing, errors),
    }
}

#[expect(clippy::inline_always, reason = "each call makes a copy for its own constant form")]
#[inline(always)]
fn smooth_form(
    form: Form,
    values: &[f64],
    initial: &State,
    smoothing: &Smoothing,
    errors: &mut Vec<f64>,
) -> State {
    let mut state = initial.clone();
    let season = state.phases.len().max(1);
    let last = (values.len() - 1) % season;
    let mut phase = 0;
    for value in values {
        let error = value - state.forecast(form, phase);
        state.advance(form, smoothing, phase, error);
        phase = if phase + 1 == season { 0 } else { phase + 1 };
    }
    state.turn(form, smoothing);
    phase = last;
    for value in values.iter().rev() {
        let error = value - state.forecast(form, phase);
        state.advance(form, smoothing, phase, error);
        phase = if phase == 0 { season - 1 } else { phase - 1 };
    }
    state.turn(form, smoothing);
    errors.clear();
    phase = 0;
    for value in values {
        let error = value - state.forecast(form, phase);
        state.advance(form, smoothing, phase, error);
        errors.push(error);
        phase = if phase + 1 == season { 0 } else { phase + 1 };
    }
    state
}
