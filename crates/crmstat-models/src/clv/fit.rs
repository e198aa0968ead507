//! Maximum likelihood, the same way for every model of this module, and what it reports.

use serde::{Deserialize, Serialize};

use super::TimeUnit;
use super::jet::Jet;
use super::summary::Histories;
use crate::optimise::newton::{Evaluation, Minimum, Newton, Spectrum, norm};
use crate::{Error, Result};

/// How to fit; the default is plain maximum likelihood.
///
/// The likelihood is evaluated at several starting points spread over the shapes that real customers
/// have; Newton's method with exact derivatives climbs from the two best, in the logarithms of the
/// parameters. It stops when the expected gain of a step in the mean log-likelihood is under 1e-20 or no
/// step improves it. Where a purchase process has many distinct histories, that is done on 8,000 of them
/// spread evenly, and the climb on all starts from there.
///
/// # Examples
/// ```
/// use crmstat_models::clv::FitParams;
///
/// assert!(FitParams::default().penalty(-1.0).check().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FitParams {
    penalty: f64,
    iterations: usize,
}

impl Default for FitParams {
    fn default() -> Self {
        Self { penalty: 0.0, iterations: 200 }
    }
}

impl FitParams {
    /// Subtracts `weight` times the sum of the squared log-parameters from the mean log-likelihood.
    ///
    /// It is never applied unless asked for: it pulls every parameter towards 1 in the model's unit of
    /// time, so that its result depends on that unit.
    #[must_use]
    pub fn penalty(mut self, weight: f64) -> Self {
        self.penalty = weight;
        self
    }

    /// The most steps of Newton's method from one start (200).
    #[must_use]
    pub fn iterations(mut self, most: usize) -> Self {
        self.iterations = most;
        self
    }

    /// Checks the ranges.
    ///
    /// # Errors
    /// When the penalty is negative or not finite, or no step is allowed.
    pub fn check(self) -> Result<Self> {
        if !(self.penalty.is_finite() && self.penalty >= 0.0) {
            return Err(Error::parameter("penalty", self.penalty, "finite and not negative"));
        }
        if self.iterations == 0 {
            return Err(Error::parameter("iterations", 0, "at least 1"));
        }
        Ok(self)
    }
}

/// What a fit reports beside the parameters.
///
/// `converged` is false on a ridge too, where the likelihood hardly depends on some combination of the
/// parameters (their condition number is above 1e10): predictions inside the data may still serve, the
/// parameters themselves mean nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The log-likelihood of all customers, without the penalty.
    pub log_likelihood: f64,
    /// Customers the model was fitted to.
    pub customers: f64,
    /// The length of the gradient of the mean objective by the log-parameters.
    pub gradient_norm: f64,
    /// The Hessian's largest eigenvalue over its smallest, by the log-parameters; `None` where the
    /// objective is not curved down in every direction.
    pub condition: Option<f64>,
    /// Steps of Newton's method from the winning start.
    pub iterations: usize,
    /// Whether the stopping rule was met off a ridge.
    pub converged: bool,
    /// The weight of the penalty, 0 for plain maximum likelihood.
    pub penalty: f64,
    /// The covariance matrix of the log-parameters, row by row, from the Hessian of the objective;
    /// `None` together with `condition`.
    pub covariance: Option<Vec<f64>>,
}

impl Estimate {
    /// The standard error of the logarithm of parameter `index`.
    pub fn log_standard_error(&self, index: usize) -> Option<f64> {
        let covariance = self.covariance.as_ref()?;
        let size = covariance.len().isqrt();
        (index < size).then(|| covariance[index * size + index].sqrt())
    }
}

impl Estimate {
    /// A stored estimate of `parameters` log-parameters, if it can be one.
    pub(super) fn checked(self, parameters: usize) -> Result<Self> {
        let Some(covariance) = &self.covariance else {
            return Ok(self);
        };
        let sound = covariance.len() == parameters * parameters
            && covariance.iter().all(|entry| entry.is_finite())
            && (0..parameters).all(|index| covariance[index * parameters + index] >= 0.0);
        if sound {
            Ok(self)
        } else {
            Err(Error::data("the stored covariance matrix is not one of the model's parameters"))
        }
    }
}

/// A model as it is stored: its parameters and how they were found, neither of them checked yet.
#[derive(Deserialize)]
#[serde(bound(deserialize = "[f64; N]: Deserialize<'de>"))]
pub(super) struct Stored<const N: usize> {
    pub(super) parameters: [f64; N],
    pub(super) unit: TimeUnit,
    estimate: Option<Estimate>,
}

impl<const N: usize> Stored<N> {
    /// The estimate, if it can be one of `N` parameters.
    pub(super) fn estimate(self) -> Result<Option<Estimate>> {
        self.estimate.map(|estimate| estimate.checked(N)).transpose()
    }
}

/// Above this condition number the maximum is a ridge: half of a float's digits are lost in the inverse.
const RIDGE: f64 = 1e10;

/// Maximises a log-likelihood of positive parameters over their logarithms.
pub(super) fn maximise_positive<const N: usize>(
    likelihood: impl Fn(&[f64; N]) -> Jet<N>,
    customers: f64,
    starts: &[[f64; N]],
    params: FitParams,
) -> Result<([f64; N], Estimate)> {
    let natural = |logs: &[f64]| -> [f64; N] { std::array::from_fn(|i| logs[i].exp()) };
    let objective = |logs: &[f64]| {
        let point = natural(logs);
        likelihood(&point).descend_in_logs(&point)
    };
    let starts: Vec<Vec<f64>> =
        starts.iter().map(|start| start.iter().map(|value| value.ln()).collect()).collect();
    let (logs, estimate) = maximise(objective, customers, &starts, params)?;
    Ok((natural(&logs), estimate))
}

/// Maximises the log-likelihood of a purchase process, given by histories and parameters.
pub(super) fn maximise_process<const N: usize>(
    likelihood: impl Fn(&Histories, &[f64; N]) -> Jet<N>,
    histories: &Histories,
    starts: &[[f64; N]],
    params: FitParams,
) -> Result<([f64; N], Estimate)> {
    /// Enough to come within a few hundredths of the parameters, few enough to cost little.
    const SEARCHED: usize = 8_000;
    let climb = |histories: &Histories, starts: &[[f64; N]]| {
        maximise_positive(|point| likelihood(histories, point), histories.customers, starts, params)
    };
    let thinned = histories.thinned(SEARCHED);
    match thinned.map(|thinned| climb(&thinned, starts)) {
        Some(Ok((start, estimate))) if estimate.converged => climb(histories, &[start]),
        _ => climb(histories, starts),
    }
}

/// Maximises a log-likelihood given negated, with its derivatives, at free parameters.
pub(super) fn maximise(
    descent: impl Fn(&[f64]) -> Evaluation,
    customers: f64,
    starts: &[Vec<f64>],
    params: FitParams,
) -> Result<(Vec<f64>, Estimate)> {
    let params = params.check()?;
    let objective = |point: &[f64]| {
        let mut mean = descent(point);
        mean.value =
            mean.value / customers + params.penalty * point.iter().map(|p| p * p).sum::<f64>();
        for entry in mean.gradient.iter_mut().chain(&mut mean.hessian) {
            *entry /= customers;
        }
        for (i, p) in point.iter().enumerate() {
            mean.gradient[i] += 2.0 * params.penalty * p;
            mean.hessian[i * point.len() + i] += 2.0 * params.penalty;
        }
        mean
    };
    let newton = Newton { iterations: params.iterations, ..Newton::default() };
    let best = best_two(&objective, starts)
        .into_iter()
        .map(|start| newton.minimise(objective, start))
        .filter(|minimum| minimum.evaluation.value.is_finite())
        .min_by(|a, b| a.evaluation.value.total_cmp(&b.evaluation.value))
        .ok_or_else(|| {
            Error::data("the likelihood is not finite at any starting point")
                .with_hint("check the unit of time and the amounts")
        })?;
    Ok(report(best, customers, params.penalty))
}

/// The two starts with the lowest objective; of equals the earlier.
fn best_two<'a>(
    objective: &impl Fn(&[f64]) -> Evaluation,
    starts: &'a [Vec<f64>],
) -> Vec<&'a Vec<f64>> {
    if starts.len() <= 2 {
        return starts.iter().collect();
    }
    let mut ranked: Vec<(f64, &Vec<f64>)> =
        starts.iter().map(|start| (objective(start).value, start)).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    ranked.into_iter().take(2).map(|(_, start)| start).collect()
}

fn report(minimum: Minimum, customers: f64, penalty: f64) -> (Vec<f64>, Estimate) {
    let Minimum { point, evaluation, iterations, converged } = minimum;
    let spectrum = Spectrum::of(&evaluation.hessian, point.len());
    let condition = Some(spectrum.condition()).filter(|number| number.is_finite());
    let penalised: f64 = penalty * point.iter().map(|p| p * p).sum::<f64>();
    let estimate = Estimate {
        log_likelihood: -(evaluation.value - penalised) * customers,
        customers,
        gradient_norm: norm(&evaluation.gradient),
        condition,
        iterations,
        converged: converged && condition.is_some_and(|number| number < RIDGE),
        penalty,
        covariance: spectrum
            .inverse()
            .map(|inverse| inverse.into_iter().map(|entry| entry / customers).collect()),
    };
    (point, estimate)
}

#[cfg(test)]
mod tests {
    use crate::clv::{BetaGeometric, BgBb, Nbd, ParetoNbd, TimeUnit};

    #[test]
    fn the_stored_form_stays_and_is_checked() {
        let stored = r#"{"parameters":[0.5,10.0],"unit":"Week","estimate":null}"#;
        let model = Nbd::new([0.5, 10.0], TimeUnit::Week).unwrap();
        assert_eq!(serde_json::to_string(&model).unwrap(), stored);
        assert_eq!(serde_json::from_str::<Nbd>(stored).unwrap(), model);
        assert!(serde_json::from_str::<Nbd>(&stored.replace("0.5", "-0.5")).is_err());
        assert!(serde_json::from_str::<BetaGeometric>(stored).is_ok());
        assert!(serde_json::from_str::<BetaGeometric>(&stored.replace("10.0", "0.0")).is_err());

        assert!(serde_json::from_str::<ParetoNbd>(stored).is_err(), "two parameters of four");
        let stored = stored.replace("0.5", "1.0,2.0,0.5");
        assert!(serde_json::from_str::<ParetoNbd>(&stored).is_ok());
        assert!(serde_json::from_str::<BgBb>(&stored).is_ok());
        assert!(serde_json::from_str::<BgBb>(&stored.replace("0.5", "-0.5")).is_err());
    }
}
