//! Maximum likelihood, the same way for every model of this module, and what it reports.

use serde::{Deserialize, Serialize};

use super::TimeUnit;
use super::jet::Jet;
use super::summary::Histories;
use crate::optimise::newton::{Evaluation, Minimum, Newton, Spectrum, norm, part};
use crate::{Error, Result};

/// How to fit; the default is plain maximum likelihood.
///
/// The likelihood is evaluated at several starting points spread over the shapes that real customers
/// have; Newton's method with exact derivatives climbs from the two best, in the logarithms of the
/// parameters. It stops when the expected gain of a step in the mean log-likelihood is under 1e-20 or no
/// step improves it. Where a purchase process has many distinct histories, that is done on 8,000 of them
/// spread evenly, and the climb on all starts from there.
///
/// Parameters stay within 1e±8 (in units of the mean observation where they are times). Where no best set of
/// them is found, because customers hardly leave or hardly differ, the models that are nested in this one are
/// fitted too: see [`Estimate::limits`].
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
/// parameters: their condition number is above 1e10, or the logarithm of one has a standard error above 5.
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
    /// `None` together with `condition`. Parameters that are held at a limit have rows and columns of zeros.
    pub covariance: Option<Vec<f64>>,
    /// What is the same for all customers, since the data do not tell them apart in it: the model with free
    /// parameters did not settle, and of the nested models that did this one has the best likelihood for
    /// its number of parameters (Akaike's criterion). Empty for the whole model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<Limit>,
}

/// What a nested model takes to be the same for all customers, at the edge of the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// Nobody leaves: the probability or rate of leaving is zero.
    NobodyLeaves,
    /// Everybody leaves with one probability or at one rate.
    LeavingAlike,
    /// A share of customers leaves at the first chance and the others never.
    LeavingAtOnceOrNever,
    /// Everybody orders at one rate.
    OrderingAlike,
    /// All orders of one customer cost the same.
    SteadySpending,
    /// The orders of all customers cost alike.
    SpendingAlike,
}

/// Where a maximum is looked for.
#[derive(Clone, Debug)]
pub(super) struct Region {
    /// Where to begin.
    pub(super) starts: Vec<Vec<f64>>,
    /// The least and the greatest value of each parameter.
    pub(super) bounds: Vec<(f64, f64)>,
    /// The models with fewer parameters to fall back on.
    pub(super) nests: Vec<Nest>,
}

/// A nested model: some parameters held.
#[derive(Clone, Debug)]
pub(super) struct Nest {
    pub(super) limits: Vec<Limit>,
    pub(super) held: Vec<Held>,
}

/// A parameter held at a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) index: usize,
    pub(super) value: f64,
    /// The parameter that moves as far at the start, so that the quotient of both stays.
    pub(super) follows: Option<usize>,
}

/// How far parameters may go from their scale, either way: there a nested model's likelihood is reached to
/// rounding, and nothing overflows.
const FARTHEST: f64 = 1e8;

impl Region {
    /// The region of positive parameters, in their logarithms, each in units of its `scale`.
    pub(super) fn positive<const N: usize>(starts: &[[f64; N]], scales: [f64; N]) -> Self {
        let logs = |start: &[f64; N]| start.iter().map(|value| value.ln()).collect();
        let far = FARTHEST.ln();
        let bounds = scales.iter().map(|scale| (scale.ln() - far, scale.ln() + far)).collect();
        Self { starts: starts.iter().map(logs).collect(), bounds, nests: Vec::new() }
    }

    /// The region of a purchase process whose first two parameters are shape and scale of ordering, and the
    /// next two those of leaving.
    pub(super) fn process(starts: &[[f64; 4]], scales: [f64; 4]) -> Self {
        let mut region = Self::positive(starts, scales);
        region.widen(0);
        region.widen(2);
        let alike =
            |shape: usize, value: f64| Held { index: shape + 1, value, follows: Some(shape) };
        let orders = (Limit::OrderingAlike, vec![alike(0, region.bounds[1].1)]);
        let (shape, scale) = (region.bounds[2], region.bounds[3]);
        let nobody = vec![
            Held { index: 2, value: shape.0, follows: None },
            Held { index: 3, value: scale.1, follows: None },
        ];
        let leaving = [
            (Limit::LeavingAlike, vec![alike(2, scale.1)]),
            (Limit::LeavingAtOnceOrNever, vec![alike(2, scale.0)]),
            (Limit::NobodyLeaves, nobody),
        ];
        region.add(&[&orders]);
        for one in &leaving {
            region.add(&[one]);
            region.add(&[&orders, one]);
        }
        region
    }

    /// Lets the shape at `index` go farther than its scale, so that any quotient of both is within reach where
    /// the scale is held.
    pub(super) fn widen(&mut self, index: usize) {
        /// Orders in the mean observation, or odds of leaving.
        const MOST: f64 = 1e4;
        self.bounds[index].1 += MOST.ln();
    }

    /// Adds the nested model with all of these limits.
    pub(super) fn add(&mut self, limits: &[&(Limit, Vec<Held>)]) {
        self.nests.push(Nest {
            limits: limits.iter().map(|(limit, _)| *limit).collect(),
            held: limits.iter().flat_map(|(_, held)| held.iter().copied()).collect(),
        });
    }

    /// The region of a nested model alone.
    fn within(&self, nest: &Nest) -> Self {
        let mut region = Self { nests: Vec::new(), ..self.clone() };
        for held in &nest.held {
            region.bounds[held.index] = (held.value, held.value);
            for start in &mut region.starts {
                if let Some(follower) = held.follows {
                    start[follower] += held.value - start[held.index];
                }
                start[held.index] = held.value;
            }
        }
        region
    }
}

impl Estimate {
    /// The standard error of the logarithm of parameter `index`.
    pub fn log_standard_error(&self, index: usize) -> Option<f64> {
        let covariance = self.covariance.as_ref()?;
        let size = covariance.len().isqrt();
        // A parameter that is held has no error.
        (index < size).then(|| covariance[index * size + index].sqrt()).filter(|error| *error > 0.0)
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

/// A parameter whose logarithm has a larger standard error is not told by the data: its interval spans more
/// than eight powers of ten.
const UNTOLD: f64 = 5.0;

/// Maximises a log-likelihood of positive parameters over their logarithms.
pub(super) fn maximise_positive<const N: usize>(
    likelihood: impl Fn(&[f64; N]) -> Jet<N>,
    customers: f64,
    region: &Region,
    params: FitParams,
) -> Result<([f64; N], Estimate)> {
    let natural = |logs: &[f64]| -> [f64; N] { std::array::from_fn(|i| logs[i].exp()) };
    let objective = |logs: &[f64]| {
        let point = natural(logs);
        likelihood(&point).descend_in_logs(&point)
    };
    let (logs, estimate) = maximise(objective, customers, region, params)?;
    Ok((natural(&logs), estimate))
}

/// Maximises the log-likelihood of a purchase process whose orders take so many `stages` each, given by
/// histories and parameters.
pub(super) fn maximise_process<const N: usize>(
    likelihood: impl Fn(&Histories, &[f64; N]) -> Jet<N>,
    histories: &Histories,
    stages: u32,
    region: &Region,
    params: FitParams,
) -> Result<([f64; N], Estimate)> {
    /// Enough to come within a few hundredths of the parameters, few enough to cost little.
    const SEARCHED: usize = 8_000;
    let climb = |histories: &Histories, region: &Region| {
        maximise_positive(|point| likelihood(histories, point), histories.customers, region, params)
    };
    let thinned = histories.thinned(SEARCHED);
    let found = match thinned.map(|thinned| climb(&thinned, region)) {
        Some(Ok((start, estimate))) if estimate.converged && estimate.limits.is_empty() => {
            let start = start.iter().map(|value| value.ln()).collect();
            climb(histories, &Region { starts: vec![start], ..region.clone() })
        }
        _ => climb(histories, region),
    };
    let (parameters, estimate) = found?;
    let most = histories.greatest_log_likelihood(stages);
    if estimate.log_likelihood > most + 1e-6 * most.abs().max(1.0) {
        let found = estimate.log_likelihood;
        return Err(Error::data(format!(
            "the log-likelihood came out as {found:.1}, above {most:.1}, the most that any rates of orders \
             can give: the fit is not to be believed"
        )));
    }
    Ok((parameters, estimate))
}

/// Maximises a log-likelihood given negated, with its derivatives, in a region of its parameters.
pub(super) fn maximise(
    descent: impl Fn(&[f64]) -> Evaluation,
    customers: f64,
    region: &Region,
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
    let climb = |region: &Region, held: usize| {
        let found = best_two(&objective, &region.starts)
            .into_iter()
            .map(|start| newton.minimise_within(objective, start, &region.bounds))
            .filter(|minimum| minimum.evaluation.value.is_finite())
            .min_by(|a, b| a.evaluation.value.total_cmp(&b.evaluation.value));
        found.map(|minimum| report(minimum, customers, params.penalty, held))
    };
    let (point, whole) = climb(region, 0).ok_or_else(|| {
        Error::data("the likelihood is not finite at any starting point")
            .with_hint("check the unit of time and the amounts")
    })?;
    if whole.converged || params.penalty > 0.0 {
        return Ok((point, whole));
    }
    let nested = region.nests.iter().filter_map(|nest| {
        let (point, estimate) =
            climb(&region.within(nest), nest.held.len()).filter(|found| found.1.converged)?;
        let free = (point.len() - nest.held.len()) as f64;
        let limits = nest.limits.clone();
        Some((estimate.log_likelihood - free, (point, Estimate { limits, ..estimate })))
    });
    // Of equals the first, which has the fewest limits.
    let best = nested.reduce(|best, next| if next.0 > best.0 { next } else { best });
    Ok(best.map_or((point, whole), |(_, found)| found))
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

/// What is said of a minimum; it is not settled where more parameters are at a bound than the `held` ones.
fn report(minimum: Minimum, customers: f64, penalty: f64, held: usize) -> (Vec<f64>, Estimate) {
    let Minimum { point, evaluation, iterations, converged, free } = minimum;
    let size = point.len();
    let at: Vec<usize> = (0..size).filter(|index| free[*index]).collect();
    let spectrum = Spectrum::of(&part(&evaluation.hessian, size, &at), at.len());
    let condition = Some(spectrum.condition()).filter(|number| number.is_finite());
    let penalised: f64 = penalty * point.iter().map(|p| p * p).sum::<f64>();
    let covariance = spectrum.inverse().map(|inverse| {
        let mut whole = vec![0.0; size * size];
        for (entry, (i, j)) in
            inverse.iter().zip(at.iter().flat_map(|i| at.iter().map(move |j| (i, j))))
        {
            whole[i * size + j] = entry / customers;
        }
        whole
    });
    let slopes: Vec<f64> = at.iter().map(|index| evaluation.gradient[*index]).collect();
    let mut estimate = Estimate {
        log_likelihood: -(evaluation.value - penalised) * customers,
        customers,
        gradient_norm: norm(&slopes),
        condition,
        iterations,
        converged: false,
        penalty,
        covariance,
        limits: Vec::new(),
    };
    let told = (0..size).filter_map(|index| estimate.log_standard_error(index));
    estimate.converged = converged
        && at.len() + held == size
        && condition.is_some_and(|number| number < RIDGE)
        && told.fold(0.0, f64::max) <= UNTOLD;
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
