//! The shifted beta-geometric model of contracts.

use rand_distr::{Beta, Distribution, Geometric};
use serde::{Deserialize, Serialize};

use super::fit::{Held, Region, Stored, maximise_positive};
use super::jet::Jet;
use super::process::{discounted_steps, positive, whole_steps};
use super::{
    DiscountRate, Estimate, FitParams, Limit, PurchaseProcess, Span, Summaries, Summary, TimeUnit,
};
use crate::random::Generator;
use crate::special::beta::ln_beta;
use crate::{Error, Result};

/// How long will contracts last, beyond what has been seen?
///
/// # Formula
/// At the end of each period a customer does not renew with probability θ ~ Beta(α, β):
/// `P(T = t) = B(α + 1, β + t − 1) / B(α, β)`, `S(t) = B(α, β + t) / B(α, β)`, and the share of renewals
/// `r(t) = (β + t − 1) / (α + β + t − 1)` rises with t although nobody's own θ changes: those likely to
/// leave have left.
///
/// # Assumptions
/// A renewal is decided at the end of each period, at a probability that is the customer's own and
/// constant.
///
/// # Citation
/// Fader and Hardie, "How to project customer retention", *Journal of Interactive Marketing* 21 (2007),
/// equations 5 to 8; the residual lifetime in "Customer-base valuation in a contractual setting",
/// *Marketing Science* 29 (2010).
///
/// # When not to use it
/// Without contracts: see [`super::BgNbd`].
///
/// # Units and shapes
/// A [`Summary`] is a contract counted in periods: x renewals so far, the last of them at `t_x` = x, and
/// T whole periods since the start. With x = T it is running; with x < T it was not renewed at the end of
/// period x + 1. An *order* is a renewal, and a horizon counts as many as fall due within it.
///
/// # Errors
/// See [`BetaGeometric::fit`].
///
/// # Examples
/// ```
/// use crmstat_models::clv::{BetaGeometric, PurchaseProcess, Span, Summary, TimeUnit};
///
/// let model = BetaGeometric::new([0.668, 3.806], TimeUnit::Year)?;
/// assert!((model.survival(7) - 0.491).abs() < 0.01);
/// assert!(model.renewal_rate(10) > model.renewal_rate(1));
/// let running = Summary::new(3, 3.0, 3.0)?;
/// let renewals = model.expected_orders(&running, Span::new(1.0, TimeUnit::Year)?);
/// assert!((renewals - model.renewal_rate(4)).abs() < 1e-15);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored<2>")]
pub struct BetaGeometric {
    parameters: [f64; 2],
    unit: TimeUnit,
    estimate: Option<Estimate>,
}

impl TryFrom<Stored<2>> for BetaGeometric {
    type Error = Error;

    fn try_from(stored: Stored<2>) -> Result<Self> {
        let model = Self::new(stored.parameters, stored.unit)?;
        Ok(Self { estimate: stored.estimate()?, ..model })
    }
}

/// A contract in periods.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Contract {
    renewals: u32,
    running: bool,
}

impl Contract {
    fn of(customer: &Summary) -> Self {
        let renewals = customer.x();
        Self { renewals, running: f64::from(renewals) >= customer.T().floor() }
    }

    fn log_likelihood(self, [alpha, beta]: &[Jet<2>; 2]) -> Jet<2> {
        let renewals = f64::from(self.renewals);
        let left = if self.running { 0.0 } else { 1.0 };
        beta.ln_rise(renewals) + alpha.ln_rise(left) - (*alpha + *beta).ln_rise(renewals + left)
    }
}

impl BetaGeometric {
    /// The model with given `parameters` `[α, β]` of contracts whose period is a `unit`.
    ///
    /// # Errors
    /// When a parameter is not positive and finite.
    pub fn new(parameters: [f64; 2], unit: TimeUnit) -> Result<Self> {
        let parameters = positive(Self::PARAMETERS, &parameters)?;
        Ok(Self { parameters, unit, estimate: None })
    }

    /// Fits the model to contracts of any lengths, equal ones together.
    ///
    /// # Errors
    /// A parameter of `params` out of range; no contract that ended, or none that was ever renewed. A fit
    /// that does not converge is no error: see [`Estimate::converged`].
    pub fn fit(customers: &Summaries, params: FitParams) -> Result<Self> {
        let mut contracts: Vec<Contract> = customers.customers().iter().map(Contract::of).collect();
        if contracts.iter().all(|contract| contract.running) {
            return Err(Error::data("no contract has ended")
                .with_hint("observe longer, or check the column of contract ends"));
        }
        if contracts.iter().all(|contract| contract.renewals == 0) {
            return Err(Error::data("no contract was ever renewed")
                .with_hint("observe longer, or count in a shorter period"));
        }
        contracts.sort_unstable();
        let groups: Vec<(Contract, f64)> =
            contracts.chunk_by(|a, b| a == b).map(|equal| (equal[0], equal.len() as f64)).collect();
        let likelihood = |point: &[f64; 2]| {
            let variables = Jet::variables(point);
            groups.iter().fold(Jet::ZERO, |sum, (contract, count)| {
                sum + contract.log_likelihood(&variables) * *count
            })
        };
        let starts = [[0.7, 2.0], [1.0, 10.0], [3.0, 3.0], [0.2, 0.5]];
        let mut region = Region::positive(&starts, [1.0; 2]);
        region.widen(0);
        let (least, most) = region.bounds[1];
        let held = |value| vec![Held { index: 1, value, follows: Some(0) }];
        region.add(&[&(Limit::LeavingAlike, held(most))]);
        region.add(&[&(Limit::LeavingAtOnceOrNever, held(least))]);
        let (parameters, estimate) =
            maximise_positive(likelihood, contracts.len() as f64, &region, params)?;
        let model = Self::new(parameters, customers.unit())?;
        Ok(Self { estimate: Some(estimate), ..model })
    }

    /// The probability that a contract is renewed at least `periods` times.
    pub fn survival(&self, periods: u32) -> f64 {
        self.stays(0, periods)
    }

    /// The share of contracts in their period `period ≥ 1` that are renewed at its end.
    pub fn renewal_rate(&self, period: u32) -> f64 {
        self.stays(period.max(1) - 1, 1)
    }

    /// The probability that a contract renewed `so_far` times is renewed another `periods` times.
    fn stays(&self, so_far: u32, periods: u32) -> f64 {
        let [alpha, beta] = self.parameters;
        let from = beta + f64::from(so_far);
        if periods == 1 {
            return from / (alpha + from);
        }
        (ln_beta(alpha, from + f64::from(periods)) - ln_beta(alpha, from)).exp()
    }

    /// The probability of exactly `n` renewals among the next `due` of a contract renewed `so_far` times.
    fn exactly(&self, so_far: u32, n: u32, due: u32) -> f64 {
        match n.cmp(&due) {
            std::cmp::Ordering::Greater => 0.0,
            std::cmp::Ordering::Equal => self.stays(so_far, n),
            std::cmp::Ordering::Less => {
                let next = so_far.saturating_add(n).saturating_add(1);
                self.stays(so_far, n) * (1.0 - self.renewal_rate(next))
            }
        }
    }

    /// Renewals expected among the next `due`.
    fn renewals(&self, so_far: u32, due: u32) -> f64 {
        let mut stays = 1.0;
        let renewed = (1..=due).map(|period| {
            stays *= self.renewal_rate(so_far.saturating_add(period));
            stays
        });
        renewed.sum()
    }
}

impl PurchaseProcess for BetaGeometric {
    const PARAMETERS: &'static [&'static str] = &["alpha", "beta"];

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
        Contract::of(customer).log_likelihood(&Jet::variables(&self.parameters)).value
    }

    /// 1 for a running contract, 0 for one that ended.
    fn p_alive(&self, customer: &Summary) -> f64 {
        f64::from(u8::from(Contract::of(customer).running))
    }

    fn orders_if_alive(&self, customer: &Summary, horizon: Span) -> f64 {
        self.renewals(customer.x(), whole_steps(horizon, self.unit))
    }

    fn probability_if_alive(&self, customer: &Summary, n: u32, horizon: Span) -> f64 {
        self.exactly(customer.x(), n, whole_steps(horizon, self.unit))
    }

    fn new_customer_orders(&self, horizon: Span) -> f64 {
        self.renewals(0, whole_steps(horizon, self.unit))
    }

    fn new_customer_probability(&self, n: u32, horizon: Span) -> f64 {
        self.exactly(0, n, whole_steps(horizon, self.unit))
    }

    fn draw_orders_if_alive(
        &self,
        customer: &Summary,
        horizon: Span,
        generator: &mut Generator,
    ) -> u64 {
        let [alpha, beta] = self.parameters;
        let due = u64::from(whole_steps(horizon, self.unit));
        Beta::new(alpha, beta + f64::from(customer.x()))
            .ok()
            .and_then(|beta| Geometric::new(beta.sample(generator).min(1.0)).ok())
            .map_or(due, |renewals| renewals.sample(generator).min(due))
    }

    /// The "discounted expected residual lifetime" of Fader and Hardie (2010), in renewals, each
    /// discounted to the end of its period.
    fn residual_orders(&self, customer: &Summary, discount: DiscountRate) -> Result<f64> {
        let mut stays = self.p_alive(customer);
        discounted_steps(discount, self.unit, |period| {
            stays *= self.renewal_rate(customer.x().saturating_add(period));
            stays
        })
    }
}

#[cfg(test)]
mod tests {
    use super::BetaGeometric;
    use crate::clv::{
        DiscountRate, FitParams, PurchaseProcess, Span, Summaries, Summary, TimeUnit,
    };
    use crate::random::stream;

    fn model() -> BetaGeometric {
        BetaGeometric::new([0.668, 3.806], TimeUnit::Month).unwrap()
    }

    fn months(count: f64) -> Span {
        Span::new(count, TimeUnit::Month).unwrap()
    }

    fn contract(renewals: u32, periods: u32) -> Summary {
        Summary::new(renewals, f64::from(renewals), f64::from(periods)).unwrap()
    }

    #[test]
    fn survival_is_the_product_of_renewals() {
        let mut product = 1.0;
        for period in 1..50 {
            product *= model().renewal_rate(period);
            assert!((model().survival(period) - product).abs() < 1e-14);
        }
        let running = contract(5, 5);
        let expected: f64 = (1..=12).map(|j| model().survival(5 + j) / model().survival(5)).sum();
        assert!((model().expected_orders(&running, months(12.0)) - expected).abs() < 1e-12);
    }

    #[test]
    fn the_probabilities_of_all_outcomes_sum_to_one() {
        for (so_far, due) in [(0, 1), (0, 7), (4, 12)] {
            let running = contract(so_far, so_far);
            let horizon = months(f64::from(due));
            let of = |n| model().probability(&running, n, horizon);
            assert!(((0..=due).map(of).sum::<f64>() - 1.0).abs() < 1e-12);
            let mean: f64 = (0..=due).map(|n| f64::from(n) * of(n)).sum();
            assert!((mean - model().expected_orders(&running, horizon)).abs() < 1e-12);
            assert_eq!(of(due + 1), 0.0);
        }
        // Every ending within seven periods, and none.
        let histories = (0..7).map(|renewals| contract(renewals, 7)).chain([contract(7, 7)]);
        let total: f64 = histories.map(|each| model().log_likelihood(&each).exp()).sum();
        assert!((total - 1.0).abs() < 1e-12);
    }

    #[test]
    fn what_has_ended_brings_nothing() {
        let ended = contract(3, 5);
        assert_eq!(model().p_alive(&ended), 0.0);
        assert_eq!(model().expected_orders(&ended, months(12.0)), 0.0);
        assert_eq!(model().probability(&ended, 0, months(12.0)), 1.0);
    }

    #[test]
    fn the_residual_lifetime_is_the_discounted_sum_of_all_renewals() {
        let rate = DiscountRate::per(0.01, months(1.0)).unwrap();
        let sum: f64 = (1..=20_000)
            .map(|j| model().survival(4 + j) / model().survival(4) / 1.01_f64.powi(j as i32))
            .sum();
        let found = model().residual_orders(&contract(4, 4), rate).unwrap();
        assert!((found / sum - 1.0).abs() < 1e-10, "{found} {sum}");
        assert!(model().residual_orders(&contract(4, 4), DiscountRate::NONE).is_err());
    }

    #[test]
    fn draws_have_the_expected_mean() {
        let running = contract(2, 2);
        let total: u64 = (0..40_000)
            .map(|i| model().draw_orders_if_alive(&running, months(12.0), &mut stream(3, i)))
            .sum();
        let expected = model().orders_if_alive(&running, months(12.0));
        // The standard deviation of one draw is under 5, of the mean 0.025.
        assert!((total as f64 / 40_000.0 - expected).abs() < 0.1, "{expected}");
    }

    #[test]
    fn simulated_parameters_are_recovered_within_three_standard_errors() {
        let new = contract(0, 0);
        let contracts = (0..5000).map(|index| {
            let periods = 6 + (index % 20) as u32;
            let horizon = months(f64::from(periods));
            let renewals = model().draw_orders_if_alive(&new, horizon, &mut stream(5, index));
            contract(renewals as u32, periods)
        });
        let data = Summaries::new(TimeUnit::Month, contracts.collect());
        let fitted = BetaGeometric::fit(&data, FitParams::default()).unwrap();
        let estimate = fitted.estimate().unwrap();
        assert!(estimate.converged && estimate.gradient_norm < 1e-9, "{estimate:?}");
        for (index, (found, truth)) in
            fitted.parameters().iter().zip(model().parameters()).enumerate()
        {
            let error = estimate.log_standard_error(index).unwrap();
            assert!((found / truth).ln().abs() < 3.0 * error, "{found} {truth} {error}");
        }
    }

    #[test]
    fn contracts_that_tell_nothing_are_refused() {
        let fit = |contracts: Vec<Summary>| {
            BetaGeometric::fit(&Summaries::new(TimeUnit::Month, contracts), FitParams::default())
        };
        assert!(fit(vec![contract(5, 5); 10]).unwrap_err().is_data());
        assert!(fit(vec![contract(0, 1); 10]).unwrap_err().is_data());
        assert!(fit(Vec::new()).unwrap_err().is_data());
    }
}
