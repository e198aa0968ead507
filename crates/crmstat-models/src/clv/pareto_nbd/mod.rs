//! The Pareto/NBD model of repeat purchases.

mod covariates;
mod integral;
#[cfg(test)]
mod tests;

use rand::RngExt;
use serde::{Deserialize, Serialize};

pub use self::covariates::{CovariateCustomer, ParetoNbdCovariates};
use self::integral::Leaving;
use super::bg_nbd::{draw_gamma, negative_binomial, poisson};
use super::fit::{Region, Stored, maximise_process};
use super::jet::Jet;
use super::process::positive;
use super::quadrature::unit_interval;
use super::summary::{Histories, History};
use super::{Estimate, FitParams, PurchaseProcess, Span, Summaries, Summary, TimeUnit};
use crate::Result;
use crate::parallel::map_chunks;
use crate::random::Generator;
use crate::special::gamma::{ln_gamma, ln_rise};

/// Who is still a customer, and how many orders are to come, when leaving takes no order?
///
/// # Formula
/// While alive a customer orders as a Poisson process of rate λ, and leaves at rate μ at any moment;
/// λ ~ Gamma(r, α) and μ ~ Gamma(s, β) over customers. The likelihood of (x, `t_x`, T) is
///
/// ```text
/// Γ(r+x) αʳ βˢ / Γ(r) · [ (α+T)^−(r+x) (β+T)^−s + s ∫ (α+y)^−(r+x) (β+y)^−(s+1) dy ]    t_x < y < T
/// ```
///
/// The integral is taken numerically to rounding, which holds for x of thousands.
///
/// # Assumptions
/// Orders at a constant mean rate while alive, no season, no contract; λ and μ independent.
///
/// # Citation
/// Schmittlein, Morrison and Colombo, "Counting your customers", *Management Science* 33 (1987); Fader
/// and Hardie, "A note on deriving the Pareto/NBD model" (2005): likelihood (18), E\[X(t)\] (27),
/// P(alive) (31), conditional expectation (41).
///
/// # When not to use it
/// With contracts; when few customers are observed for longer than they take to leave, s and β lie on a
/// ridge, which [`Estimate::condition`] shows.
///
/// # Units and shapes
/// r and s have no unit, α and β are in the unit of the summaries.
/// 95 % intervals of the log-parameters held the truth in 95.6 % of 200 simulated sets of 2,000 customers.
///
/// # Errors
/// See [`ParetoNbd::fit`].
///
/// # Examples
/// ```
/// use crmstat_models::clv::{ParetoNbd, PurchaseProcess, Summary, TimeUnit};
///
/// let model = ParetoNbd::new([0.5143, 2.8845, 0.2856, 14.1087], TimeUnit::Week)?;
/// let busy = Summary::new(221, 103.42857, 103.57143)?;
/// assert!(model.p_alive(&busy) > 0.99);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored<4>")]
pub struct ParetoNbd {
    parameters: [f64; 4],
    unit: TimeUnit,
    estimate: Option<Estimate>,
}

impl TryFrom<Stored<4>> for ParetoNbd {
    type Error = crate::Error;

    fn try_from(stored: Stored<4>) -> Result<Self> {
        let model = Self::new(stored.parameters, stored.unit)?;
        Ok(Self { estimate: stored.estimate()?, ..model })
    }
}

impl ParetoNbd {
    /// The model with given `parameters` `[r, α, s, β]`.
    ///
    /// # Errors
    /// When a parameter is not positive and finite.
    pub fn new(parameters: [f64; 4], unit: TimeUnit) -> Result<Self> {
        let parameters = positive(Self::PARAMETERS, &parameters)?;
        Ok(Self { parameters, unit, estimate: None })
    }

    /// Fits the model to `customers`.
    ///
    /// # Errors
    /// A parameter of `params` out of range; data without a customer, without any repeat order, or with
    /// times so extreme that the likelihood is not finite. A fit that does not converge is no error:
    /// see [`Estimate::converged`].
    pub fn fit(customers: &Summaries, params: FitParams) -> Result<Self> {
        let histories = customers.histories()?;
        let (parameters, estimate) =
            maximise_process(log_likelihood, &histories, 1, &region(histories.mean_end), params)?;
        let model = Self::new(parameters, customers.unit())?;
        Ok(Self { estimate: Some(estimate), ..model })
    }

    /// The integral over the moment of leaving for this customer.
    fn leaving(&self, customer: &Summary) -> Leaving {
        let [r, alpha, s, beta] = self.parameters;
        Leaving {
            alpha,
            beta,
            order_power: r + f64::from(customer.x()),
            leave_power: s + 1.0,
            t_x: customer.t_x(),
            end: customer.T(),
        }
    }

    /// The rates of `customer` if alive at the end of the calibration, as a new customer's.
    fn alive(&self, customer: &Summary) -> Self {
        let [r, alpha, s, beta] = self.parameters;
        let (x, end) = (f64::from(customer.x()), customer.T());
        Self { parameters: [r + x, alpha + end, s, beta + end], unit: self.unit, estimate: None }
    }
}

/// From rare to frequent orders, of customers who leave early or late.
fn region(time: f64) -> Region {
    let starts = [
        [0.5, 0.3 * time, 0.5, 0.3 * time],
        [1.0, time, 1.0, 3.0 * time],
        [0.3, 0.1 * time, 1.0, time],
        [2.0, 0.3 * time, 0.3, time],
        [1.0, 10.0 * time, 1.0, 10.0 * time],
    ];
    Region::process(&starts, [1.0, time, 1.0, time])
}

/// The log-likelihood of all customers at `[r, α, s, β]`.
///
/// A customer has
///
/// ```text
/// ln (r)ₓ + ln(eᵁ + eⱽ)
/// U = −r ln(1 + T / α) − x ln(α + T) − s ln(1 + T / β)                        still alive at T
/// V = U + (r + x) ln((α + T) / (α + t_x)) + s ln((β + T) / (β + t_x)) + ln(s I / (β + t_x))
/// ```
///
/// with (r)ₓ = `Γ(r + x) / Γ(r)` and I of [`Leaving`]. No term grows with the parameters, so that none cancels
/// where customers hardly leave or hardly differ.
fn log_likelihood(histories: &Histories, point: &[f64; 4]) -> Jet<4> {
    /// Histories per task; each takes a few microseconds.
    const CHUNK: usize = 256;
    let [r, ..] = Jet::variables(point);
    let mut total = Jet::ZERO;
    for &(x, customers) in &histories.by_x {
        total += r.ln_rise(x) * customers;
    }
    let parts = map_chunks(histories.distinct.len(), CHUNK, |range| {
        let mut sum = Jet::ZERO;
        for history in &histories.distinct[range] {
            sum += mixture(history, point) * history.customers;
        }
        sum
    });
    for part in parts {
        total += part;
    }
    total
}

/// `ln(eᵁ + eⱽ)`.
fn mixture(history: &History, point: &[f64; 4]) -> Jet<4> {
    let [r, alpha, s, beta] = Jet::variables(point);
    let &History { x, t_x, end, .. } = history;
    let mut alive = r * alpha.ln_ratio(0.0, end) + s * beta.ln_ratio(0.0, end);
    if x > 0.0 {
        alive += (alpha + end).ln() * -x;
    }
    if t_x >= end {
        return alive;
    }
    let leaving = Leaving {
        alpha: point[1],
        beta: point[3],
        order_power: point[0] + x,
        leave_power: point[2] + 1.0,
        t_x,
        end,
    };
    let odds = leaving.log_with_derivatives() + s.ln()
        - (beta + t_x).ln()
        - (r + x) * alpha.ln_ratio(t_x, end)
        - s * beta.ln_ratio(t_x, end);
    alive + odds.ln_1p_exp()
}

impl PurchaseProcess for ParetoNbd {
    const PARAMETERS: &'static [&'static str] = &["r", "alpha", "s", "beta"];

    fn unit(&self) -> TimeUnit {
        self.unit
    }

    fn parameters(&self) -> Vec<f64> {
        self.parameters.to_vec()
    }

    fn estimate(&self) -> Option<&Estimate> {
        self.estimate.as_ref()
    }

    fn with_parameters(&self, parameters: &[f64]) -> Result<Self> {
        Self::new(positive(Self::PARAMETERS, parameters)?, self.unit)
    }

    fn log_likelihood(&self, customer: &Summary) -> f64 {
        let history = Summaries::new(self.unit, vec![*customer]).equal_histories();
        log_likelihood(&history, &self.parameters).value
    }

    fn p_alive(&self, customer: &Summary) -> f64 {
        let [r, alpha, s, beta] = self.parameters;
        if customer.t_x() >= customer.T() {
            return 1.0;
        }
        let (from_alpha, from_beta) = (alpha + customer.t_x(), beta + customer.t_x());
        let silence = customer.T() - customer.t_x();
        let log_odds = self.leaving(customer).log()
            + (s / from_beta).ln()
            + (r + f64::from(customer.x())) * (silence / from_alpha).ln_1p()
            + s * (silence / from_beta).ln_1p();
        1.0 / (1.0 + log_odds.exp())
    }

    fn orders_if_alive(&self, customer: &Summary, horizon: Span) -> f64 {
        self.alive(customer).new_customer_orders(horizon)
    }

    fn probability_if_alive(&self, customer: &Summary, n: u32, horizon: Span) -> f64 {
        self.alive(customer).new_customer_probability(n, horizon)
    }

    /// `r β / (α (s − 1)) · (1 − (β / (β + t))^(s−1))`, with its limit at s = 1.
    fn new_customer_orders(&self, horizon: Span) -> f64 {
        let [r, alpha, s, beta] = self.parameters;
        let growth = (horizon.in_units(self.unit) / beta).ln_1p();
        let lifetime = if s == 1.0 { growth } else { -((1.0 - s) * growth).exp_m1() / (s - 1.0) };
        r / alpha * beta * lifetime
    }

    fn new_customer_probability(&self, n: u32, horizon: Span) -> f64 {
        let [r, alpha, s, beta] = self.parameters;
        let time = horizon.in_units(self.unit);
        let stays = (-s * (time / beta).ln_1p()).exp();
        let counted = stays * negative_binomial(r, alpha, n, time);
        // Leaves at y with n orders before: ∫ P(n; y) s βˢ (β + y)^−(s+1) dy, in v = ln(1 + y / m).
        let scale = alpha.min(beta);
        let whole = (time / scale).ln_1p();
        let count = f64::from(n);
        let ways = if n == 0 { 0.0 } else { ln_rise(r, count)[0] - ln_gamma(count + 1.0) };
        let leaves = unit_interval(|share, _| {
            let y = scale * (share * whole).exp_m1();
            let log = s.ln() - beta.ln() - (s + 1.0) * (y / beta).ln_1p() + ways
                - r * (y / alpha).ln_1p();
            let timed = if n == 0 { 0.0 } else { -count * (alpha / y).ln_1p() };
            (log + timed).exp() * whole * (scale + y)
        });
        (counted + leaves).min(1.0)
    }

    fn draw_orders_if_alive(
        &self,
        customer: &Summary,
        horizon: Span,
        generator: &mut Generator,
    ) -> u64 {
        let [r, alpha, s, beta] = self.alive(customer).parameters;
        let rate = draw_gamma(r, alpha, generator);
        let leaving = draw_gamma(s, beta, generator);
        // A uniform draw in (0, 1] gives an exponential lifetime; a vanishing rate gives an endless one.
        let lifetime = -(1.0 - generator.random::<f64>()).ln() / leaving.max(f64::MIN_POSITIVE);
        poisson(rate * lifetime.min(horizon.in_units(self.unit)), generator)
    }
}
