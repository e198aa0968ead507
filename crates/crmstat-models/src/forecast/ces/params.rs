//! What to fit, and the estimation of the smoothing parameters.

use super::{
    FittedCes, Form,
    recursion::{Smoothing, State, smooth},
};
use crate::{
    Error, Result,
    forecast::{Fitted, Model, Series, unit::normalised},
    optimise::least_squares,
    sum::compensated,
};

/// Bounds of α₀, α₁, β₀ and β₁: a box round the region where [`Smoothing::is_stable`] holds.
const BOUNDS: [(f64, f64); 4] = [(0.01, 2.8), (0.01, 1.8), (0.01, 2.8), (0.01, 1.8)];

/// The search ends long before.
const ITERATIONS: usize = 200;

/// Complex exponential smoothing to be fitted; see the [module](super) for the formula and the paper.
///
/// # Examples
/// ```
/// use crmstat_models::forecast::{Series, ces::{Ces, Form}};
///
/// let sales = [9.0, 12.0, 15.0, 11.0, 10.0, 13.0, 16.0, 12.0];
/// let fitted = Ces::new().form(Form::None).fit(&Series::new(&sales, 4)?)?;
/// assert_eq!(fitted.form(), Form::None);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ces {
    form: Option<Form>,
    given: Option<Smoothing>,
}

impl Ces {
    /// A model whose form is chosen by `AICc`.
    pub fn new() -> Self {
        Self::default()
    }

    /// A given form with given smoothing parameters: (α₀, α₁), and (β₀, β₁) for the full form, (β, 0) for
    /// the partial one; unused by the others.
    pub fn with_parameters(form: Form, alpha: [f64; 2], beta: [f64; 2]) -> Self {
        Self { form: Some(form), given: Some(Smoothing { level: alpha, season: beta }) }
    }

    /// A given form.
    #[must_use]
    pub fn form(mut self, form: Form) -> Self {
        self.form = Some(form);
        self
    }

    /// Fits the form given, or every form that the series can bear, and keeps the best.
    ///
    /// # Errors
    /// A parameter error for given parameters that are not finite; a data error for a series too short
    /// for the form (six observations for none, two seasons for the others) or with numbers too large to
    /// square.
    pub fn fit(&self, series: &Series<'_>) -> Result<FittedCes> {
        if let Some(Smoothing { level, season }) = self.given
            && let Some(wrong) = level.iter().chain(&season).find(|number| !number.is_finite())
        {
            return Err(Error::parameter("alpha and beta", wrong, "finite"));
        }
        let (scale, values) = normalised(series.values())?;
        let observed: Vec<f64> = series.values().iter().map(|value| value / scale).collect();
        let forms = match self.form {
            Some(form) => vec![form],
            None => vec![Form::None, Form::Simple, Form::Partial, Form::Full],
        };
        let mut best: Option<FittedCes> = None;
        for form in forms {
            if !bears(form, values.len(), series.season()) {
                continue;
            }
            let estimated = match self.given {
                Some(given) => Some((given, true)),
                None => estimate(form, &values, series.season()),
            };
            let Some((smoothing, converged)) = estimated else { continue };
            // The parameters rest on rounded values, the states on those observed.
            let initial = State::initial(form, &observed, series.season());
            let candidate = assemble(form, &observed, &initial, smoothing, converged, scale);

            // Given parameters may be unstable; nothing that is not finite leaves here.
            if candidate.aicc.is_finite()
                && best.as_ref().is_none_or(|best| candidate.aicc < best.aicc)
            {
                best = Some(candidate);
            }
        }
        best.ok_or_else(|| {
            let reason = format!(
                "{} observations with a season of {} do not bear complex exponential smoothing",
                series.len(),
                series.season()
            );
            Error::data(reason).with_hint("use a naive forecast")
        })
    }
}

impl Model for Ces {
    fn name(&self) -> &str {
        self.form.map_or("CES", Form::name)
    }

    fn fit(&self, series: &Series<'_>) -> Result<Box<dyn Fitted>> {
        Ok(Box::new(self.fit(series)?))
    }
}

/// The parameters of `form` that AIC counts: those of the smoothing, and the variance.
fn counted(form: Form) -> usize {
    form.parameters() + 1
}

/// Whether so many observations are enough for the form: more than `AICc` and the variance divide by.
fn bears(form: Form, count: usize, season: usize) -> bool {
    count > counted(form) + 2 && (form == Form::None || season >= 2 && season <= count / 2)
}

/// The smoothing parameters with the least sum of squared one-step errors, and whether the search came to
/// rest; `None` where no parameters keep the errors finite.
fn estimate(form: Form, values: &[f64], season: usize) -> Option<(Smoothing, bool)> {
    let initial = State::initial(form, values, season);
    // The authors' starting values: near a level with a trend, and a season that moves slowly.
    let start = match form {
        Form::None | Form::Simple => vec![1.3, 1.0],
        Form::Partial => vec![1.3, 1.0, 0.1],
        Form::Full => vec![1.3, 1.0, 1.3, 1.0],
    };
    let smoothing = |point: &[f64]| Smoothing {
        level: [point[0], point[1]],
        season: [point.get(2).copied().unwrap_or(0.0), point.get(3).copied().unwrap_or(0.0)],
    };
    let bounds = &BOUNDS[..start.len()];
    let found = least_squares::minimise(&start, bounds, ITERATIONS, |point, errors| {
        let smoothing = smoothing(point);
        if smoothing.is_stable(form) {
            smooth(form, values, &initial, &smoothing, errors);
        } else {
            errors.fill(f64::NAN);
        }
    });
    found.squares.is_finite().then(|| (smoothing(&found.point), found.converged))
}

/// The model at its parameters.
fn assemble(
    form: Form,
    values: &[f64],
    initial: &State,
    smoothing: Smoothing,
    converged: bool,
    scale: f64,
) -> FittedCes {
    let mut errors = Vec::with_capacity(values.len());
    let state = smooth(form, values, initial, &smoothing, &mut errors);
    let squares = compensated(errors.iter().map(|error| error * error));
    let (count, parameters) = (values.len() as f64, counted(form) as f64);
    let freedom = count - parameters - 1.0;
    // Errors of the size of rounding are none; the logarithm needs a floor.
    let information = count * squares.max(count * f64::EPSILON.powi(2)).ln() + 2.0 * parameters;
    let fitted = values.iter().zip(&errors).map(|(value, error)| (value - error) * scale).collect();
    FittedCes {
        form,
        scale,
        smoothing,
        state,
        sigma: (squares / freedom).sqrt(),
        aicc: information + 2.0 * parameters * (parameters + 1.0) / freedom,
        converged,
        fitted,
        residuals: errors.iter().map(|error| error * scale).collect(),
    }
}
