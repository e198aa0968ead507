//! The NBD model: repeat purchases without leaving, the baseline of the family.

use serde::{Deserialize, Serialize};

use super::bg_nbd::{draw_gamma, negative_binomial, poisson};
use super::fit::{Held, Region, Stored, maximise_positive};
use super::jet::Jet;
use super::process::positive;
use super::{Estimate, FitParams, Limit, PurchaseProcess, Span, Summaries, Summary, TimeUnit};
use crate::Result;
use crate::random::Generator;
use crate::special::gamma::ln_rise;

/// How often would customers order if nobody ever left?
///
/// # Formula
/// Orders are a Poisson process of rate λ ~ Gamma(r, α); a customer's log-likelihood is
/// `ln Γ(r + x) − ln Γ(r) − r ln(1 + T / α) − x ln(α + T)`.
///
/// # Assumptions
/// Every customer stays for ever. `t_x` carries no information.
///
/// # Citation
/// Ehrenberg, "The pattern of consumer purchases", *Applied Statistics* 8 (1959).
///
/// # When not to use it
/// To predict: it is there to show how much leaving explains.
///
/// # Units and shapes
/// r has no unit, α is in the unit of the summaries.
///
/// # Errors
/// See [`Nbd::fit`].
///
/// # Examples
/// ```
/// use crmstat_models::clv::{Nbd, PurchaseProcess, Span, TimeUnit};
///
/// let model = Nbd::new([0.5, 10.0], TimeUnit::Week)?;
/// assert!((model.new_customer_orders(Span::new(40.0, TimeUnit::Week)?) - 2.0).abs() < 1e-12);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored<2>")]
pub struct Nbd {
    parameters: [f64; 2],
    unit: TimeUnit,
    estimate: Option<Estimate>,
}

impl TryFrom<Stored<2>> for Nbd {
    type Error = crate::Error;

    fn try_from(stored: Stored<2>) -> Result<Self> {
        let model = Self::new(stored.parameters, stored.unit)?;
        Ok(Self { estimate: stored.estimate()?, ..model })
    }
}

impl Nbd {
    /// The model with given `parameters` `[r, α]`.
    ///
    /// # Errors
    /// When a parameter is not positive and finite.
    pub fn new(parameters: [f64; 2], unit: TimeUnit) -> Result<Self> {
        let parameters = positive(Self::PARAMETERS, &parameters)?;
        Ok(Self { parameters, unit, estimate: None })
    }

    /// Fits the model to `customers`.
    ///
    /// # Errors
    /// A parameter of `params` out of range; data without a customer or without any repeat order.
    pub fn fit(customers: &Summaries, params: FitParams) -> Result<Self> {
        let histories = customers.histories()?;
        let time = histories.mean_end;
        let likelihood = |point: &[f64; 2]| {
            let [r, alpha] = Jet::variables(point);
            let mut total = Jet::ZERO;
            for &(x, customers) in &histories.by_x {
                total += r.ln_rise(x) * customers;
            }
            for history in &histories.distinct {
                let none = r * alpha.ln_ratio(0.0, history.end);
                let term = none - (alpha + history.end).ln() * history.x;
                total += term * history.customers;
            }
            total
        };
        let starts = [[0.3, 0.2 * time], [1.0, time], [3.0, 0.1 * time], [1.0, 10.0 * time]];
        let mut region = Region::positive(&starts, [1.0, time]);
        region.widen(0);
        let alike = Held { index: 1, value: region.bounds[1].1, follows: Some(0) };
        region.add(&[&(Limit::OrderingAlike, vec![alike])]);
        let (parameters, estimate) =
            maximise_positive(likelihood, histories.customers, &region, params)?;
        let model = Self::new(parameters, customers.unit())?;
        Ok(Self { estimate: Some(estimate), ..model })
    }
}

impl PurchaseProcess for Nbd {
    const PARAMETERS: &'static [&'static str] = &["r", "alpha"];

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
        let [r, alpha] = self.parameters;
        let x = f64::from(customer.x());
        let end = customer.T();
        ln_rise(r, x)[0] - r * (end / alpha).ln_1p() - x * (alpha + end).ln()
    }

    fn p_alive(&self, _: &Summary) -> f64 {
        1.0
    }

    fn orders_if_alive(&self, customer: &Summary, horizon: Span) -> f64 {
        let [r, alpha] = self.parameters;
        let rate = (r + f64::from(customer.x())) / (alpha + customer.T());
        rate * horizon.in_units(self.unit)
    }

    fn probability_if_alive(&self, customer: &Summary, n: u32, horizon: Span) -> f64 {
        let [r, alpha] = self.parameters;
        let (r, alpha) = (r + f64::from(customer.x()), alpha + customer.T());
        negative_binomial(r, alpha, n, horizon.in_units(self.unit))
    }

    fn new_customer_orders(&self, horizon: Span) -> f64 {
        let [r, alpha] = self.parameters;
        r / alpha * horizon.in_units(self.unit)
    }

    fn new_customer_probability(&self, n: u32, horizon: Span) -> f64 {
        let [r, alpha] = self.parameters;
        negative_binomial(r, alpha, n, horizon.in_units(self.unit))
    }

    fn draw_orders_if_alive(
        &self,
        customer: &Summary,
        horizon: Span,
        generator: &mut Generator,
    ) -> u64 {
        let [r, alpha] = self.parameters;
        let (r, alpha) = (r + f64::from(customer.x()), alpha + customer.T());
        poisson(draw_gamma(r, alpha, generator) * horizon.in_units(self.unit), generator)
    }
}
