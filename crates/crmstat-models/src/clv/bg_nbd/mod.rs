//! The BG/NBD and MBG/NBD models of repeat purchases.

#[cfg(test)]
mod accuracy;
mod alive;
mod likelihood;
mod slopes;
#[cfg(test)]
pub(super) mod tests;

use serde::{Deserialize, Serialize};

use self::alive::Alive;
use self::slopes::Weighted;
use super::fit::{Region, maximise_process};
use super::process::{elasticities_by_differences, orders_step_by_step, positive};
use super::value::OrdersAhead;
use super::{Estimate, FitParams, PurchaseProcess, Span, Summaries, Summary, TimeUnit};
use crate::Result;
use crate::random::Generator;

pub(super) use self::alive::{draw_gamma, negative_binomial, poisson};

/// When a customer may leave for good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Dropout {
    /// After every order, the first among them: the MBG/NBD, and the default. A customer who never came
    /// back may have left at once; under the BG/NBD such a customer is alive for ever, for certain.
    #[default]
    AfterEveryOrder,
    /// After every repeat order: the BG/NBD.
    AfterRepeatOrder,
}

impl Dropout {
    /// How often a customer has chosen to stay before the first repeat order.
    pub(super) fn flips_at_first_order(self) -> f64 {
        match self {
            Self::AfterEveryOrder => 1.0,
            Self::AfterRepeatOrder => 0.0,
        }
    }
}

/// Who is still a customer, and how many orders are to come?
///
/// # Formula
/// While alive a customer orders as a Poisson process of rate λ, and after an order leaves for good with
/// probability p; λ ~ Gamma(r, α) and p ~ Beta(a, b) over customers. With n the number of chances to
/// leave, see [`Dropout`], the likelihood of (x, `t_x`, T) is
///
/// ```text
/// Γ(r+x) αʳ / Γ(r) · [ B(a, b+n) / B(a, b) / (α+T)^(r+x) + B(a+1, b+n−1) / B(a, b) / (α+t_x)^(r+x) ]
/// ```
///
/// # Assumptions
/// Orders at a constant mean rate while alive, no season, no contract; λ and p independent.
///
/// # Citation
/// Fader, Hardie and Lee, "Counting your customers the easy way", *Marketing Science* 24 (2005):
/// likelihood (6), P(X(t) = n) (8), E\[X(t)\] (9), conditional expectation (10). Batislam, Denizel and
/// Filiztekin, *International Journal of Research in Marketing* 24 (2007), for the first order's chance
/// to leave.
///
/// # When not to use it
/// With contracts (use [`super::BetaGeometric`] or survival), or when orders are bound to fixed occasions
/// (use [`super::BgBb`]).
///
/// # Units and shapes
/// r, a, b have no unit, α is in the unit of the summaries. One [`Summary`] per customer.
/// 95 % intervals of the log-parameters held the truth in 96.8 % (BG/NBD) and 96.3 % (MBG/NBD) of 200
/// simulated sets of 2,000 customers.
///
/// # Errors
/// See [`BgNbd::fit`].
///
/// # Examples
/// ```
/// use crmstat_models::clv::{BgNbd, Dropout, PurchaseProcess, Span, Summary, TimeUnit};
///
/// // The parameters that Fader, Hardie and Lee print for CDNOW, and their customer.
/// let model = BgNbd::new(Dropout::AfterRepeatOrder, [0.243, 4.414, 0.793, 2.426], TimeUnit::Week)?;
/// let customer = Summary::new(2, 30.43, 38.86)?;
/// let orders = model.expected_orders(&customer, Span::new(39.0, TimeUnit::Week)?);
/// assert!((orders - 1.226).abs() < 5e-4);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Raw")]
pub struct BgNbd {
    dropout: Dropout,
    parameters: [f64; 4],
    unit: TimeUnit,
    estimate: Option<Estimate>,
}

/// The model as it is stored, before its parameters are checked.
#[derive(Deserialize)]
struct Raw {
    dropout: Dropout,
    parameters: [f64; 4],
    unit: TimeUnit,
    estimate: Option<Estimate>,
}

impl TryFrom<Raw> for BgNbd {
    type Error = crate::Error;

    fn try_from(raw: Raw) -> Result<Self> {
        let estimate = raw.estimate.map(|estimate| estimate.checked(4)).transpose()?;
        let model = Self::new(raw.dropout, raw.parameters, raw.unit)?;
        Ok(Self { estimate, ..model })
    }
}

impl BgNbd {
    /// The model with given `parameters` `[r, α, a, b]`.
    ///
    /// # Errors
    /// When a parameter is not positive and finite.
    pub fn new(dropout: Dropout, parameters: [f64; 4], unit: TimeUnit) -> Result<Self> {
        let parameters = positive(Self::PARAMETERS, &parameters)?;
        Ok(Self { dropout, parameters, unit, estimate: None })
    }

    /// Fits the model to `customers`.
    ///
    /// # Errors
    /// A parameter of `params` out of range; data without a customer, without any repeat order, or with
    /// times so extreme that the likelihood is not finite. A fit that does not converge is no error:
    /// see [`Estimate::converged`].
    pub fn fit(customers: &Summaries, dropout: Dropout, params: FitParams) -> Result<Self> {
        let histories = customers.histories()?;
        let time = histories.mean_end;
        // From rare to frequent orders, of alike and of unlike customers, who leave early or late.
        let starts = [
            [0.25, 0.1 * time, 0.8, 2.4],
            [1.0, time, 1.0, 5.0],
            [0.5, 0.3 * time, 0.3, 3.0],
            [3.0, 0.3 * time, 1.0, 1.0],
            [1.0, 0.05 * time, 0.5, 10.0],
            [1.0, 10.0 * time, 1.0, 3.0],
        ];
        let (parameters, estimate) = maximise_process(
            |histories, point| likelihood::log_likelihood(histories, dropout, point),
            &histories,
            1,
            &Region::process(&starts, [1.0, time, 1.0, 1.0]),
            params,
        )?;
        let model = Self::new(dropout, parameters, customers.unit())?;
        Ok(Self { estimate: Some(estimate), ..model })
    }

    /// When customers may leave.
    pub fn dropout(&self) -> Dropout {
        self.dropout
    }

    /// The rates of `customer` if alive at the end of the calibration.
    fn alive(&self, customer: &Summary) -> Alive {
        let [r, alpha, a, b] = self.parameters;
        let x = f64::from(customer.x());
        let flips = x + self.dropout.flips_at_first_order();
        Alive { r: r + x, alpha: alpha + customer.T(), a, b: b + flips }
    }

    /// A customer who has just placed the first order, before any choice to stay.
    fn new_customer(&self) -> Alive {
        let [r, alpha, a, b] = self.parameters;
        Alive { r, alpha, a, b }
    }

    /// The logarithm of how much likelier it is that the customer left at `t_x` than is alive at T.
    fn log_odds_of_leaving(&self, customer: &Summary) -> f64 {
        let [r, alpha, a, b] = self.parameters;
        let x = f64::from(customer.x());
        let flips = x + self.dropout.flips_at_first_order();
        if flips == 0.0 {
            return f64::NEG_INFINITY;
        }
        let silence = (customer.T() - customer.t_x()) / (alpha + customer.t_x());
        (r + x) * silence.ln_1p() + (a / (b + flips - 1.0)).ln()
    }

    /// The ends of `schedule` with the weights that orders until then have in its discounted sum:
    /// Σ (E(tᵢ) − E(tᵢ₋₁)) fᵢ = Σ E(tᵢ) (fᵢ − fᵢ₊₁).
    fn weighted(&self, schedule: &[(Span, f64)]) -> Vec<(f64, f64)> {
        let later = schedule.iter().skip(1).map(|(_, factor)| *factor).chain([0.0]);
        let weighted = schedule.iter().zip(later);
        weighted.map(|((end, factor), later)| (end.in_units(self.unit), factor - later)).collect()
    }

    /// What a customer who may have left makes of what lies `ahead` of one who is alive.
    fn seen(&self, customer: &Summary, ahead: &Weighted) -> OrdersAhead {
        OrdersAhead { p_alive: self.p_alive(customer), orders: ahead.last, worth: ahead.total }
    }

    /// The derivatives of [`BgNbd::log_odds_of_leaving`] by the parameters; zero where nobody can have left.
    fn slopes_of_leaving(&self, customer: &Summary) -> [f64; 4] {
        let [r, alpha, a, b] = self.parameters;
        let x = f64::from(customer.x());
        let flips = x + self.dropout.flips_at_first_order();
        if flips == 0.0 {
            return [0.0; 4];
        }
        let (last, end) = (alpha + customer.t_x(), alpha + customer.T());
        let silence = (end - last) / last;
        let by_alpha = -(r + x) * silence / end;
        [silence.ln_1p(), by_alpha, 1.0 / a, -1.0 / (b + flips - 1.0)]
    }
}

impl PurchaseProcess for BgNbd {
    const PARAMETERS: &'static [&'static str] = &["r", "alpha", "a", "b"];

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
        Self::new(self.dropout, positive(Self::PARAMETERS, parameters)?, self.unit)
    }

    fn log_likelihood(&self, customer: &Summary) -> f64 {
        let history = Summaries::new(self.unit, vec![*customer]).equal_histories();
        likelihood::log_likelihood(&history, self.dropout, &self.parameters).value
    }

    fn p_alive(&self, customer: &Summary) -> f64 {
        1.0 / (1.0 + self.log_odds_of_leaving(customer).exp())
    }

    fn orders_if_alive(&self, customer: &Summary, horizon: Span) -> f64 {
        self.alive(customer).orders(horizon.in_units(self.unit))
    }

    fn probability_if_alive(&self, customer: &Summary, n: u32, horizon: Span) -> f64 {
        self.alive(customer).probability(n, horizon.in_units(self.unit))
    }

    fn new_customer_orders(&self, horizon: Span) -> f64 {
        let time = horizon.in_units(self.unit);
        let customer = self.new_customer();
        match self.dropout {
            Dropout::AfterRepeatOrder => customer.orders(time),
            // Stays after the first order with probability b / (a + b), and is then alive with b + 1.
            Dropout::AfterEveryOrder => {
                let stays = customer.log_stays(1).exp();
                stays * Alive { b: customer.b + 1.0, ..customer }.orders(time)
            }
        }
    }

    fn new_customer_probability(&self, n: u32, horizon: Span) -> f64 {
        let time = horizon.in_units(self.unit);
        let customer = self.new_customer();
        match self.dropout {
            Dropout::AfterRepeatOrder => customer.probability(n, time),
            Dropout::AfterEveryOrder => {
                let stays = customer.log_stays(1).exp();
                let gone = if n == 0 { 1.0 - stays } else { 0.0 };
                gone + stays * Alive { b: customer.b + 1.0, ..customer }.probability(n, time)
            }
        }
    }

    fn draw_orders_if_alive(
        &self,
        customer: &Summary,
        horizon: Span,
        generator: &mut Generator,
    ) -> u64 {
        self.alive(customer).draw(horizon.in_units(self.unit), generator)
    }

    fn orders_ahead(&self, customer: &Summary, schedule: &[(Span, f64)]) -> OrdersAhead {
        match self.alive(customer).weighted_orders(&self.weighted(schedule)) {
            Some(ahead) => self.seen(customer, &ahead),
            None => orders_step_by_step(self, customer, schedule),
        }
    }

    fn orders_ahead_with_elasticities(
        &self,
        customer: &Summary,
        schedule: &[(Span, f64)],
    ) -> Result<(OrdersAhead, Vec<f64>)> {
        let Some(ahead) = self.alive(customer).weighted_orders(&self.weighted(schedule)) else {
            let elasticities = elasticities_by_differences(self, customer, schedule)?;
            return Ok((orders_step_by_step(self, customer, schedule), elasticities));
        };
        let seen = self.seen(customer, &ahead);
        let leaving = self.slopes_of_leaving(customer);
        let slope = |index| ahead.by[index] / ahead.total - (1.0 - seen.p_alive) * leaving[index];
        Ok((seen, (0..4).map(|index| self.parameters[index] * slope(index)).collect()))
    }
}
