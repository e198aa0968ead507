//! The CNBD-k models: customers who order at regular intervals.

mod ahead;
mod likelihood;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use self::ahead::Ahead;
use super::fit::{Region, maximise_process};
use super::process::positive;
use super::{Dropout, Estimate, FitParams, PurchaseProcess, Span, Summaries, Summary, TimeUnit};
use crate::random::Generator;
use crate::special::gamma::ln_gamma;
use crate::{Error, Result};

/// Who is still a customer, and how many orders are to come, when orders come at regular intervals?
///
/// # Formula
/// As [`super::BgNbd`], but the time between orders is Erlang-k: k stages, each of an exponential length of
/// rate λ, pass before every order. The larger k, the more regular; k = 1 is the BG/NBD or MBG/NBD. With n the
/// chances to leave, see [`Dropout`], and δ = T − `t_x`, the likelihood of (x, `t_x`, T) is
///
/// ```text
/// Γ(r+kx) αʳ / Γ(r) · [ B(a, b+n) / B(a, b) · Σ (r+kx)ⱼ δʲ / j! / (α+T)^(r+kx+j)      j = 0 … k − 1
///                       + B(a+1, b+n−1) / B(a, b) / (α+t_x)^(r+kx) ] · Π gap^(k−1) / Γ(k)ˣ
/// ```
///
/// A customer alive at T has passed j stages since the last order with probability in proportion to the j-th
/// term; orders ahead follow from the stages to come, which are negative binomial.
///
/// # Assumptions
/// Those of [`super::BgNbd`], and one k for all customers.
///
/// # Citation
/// Reutterer, Platzer and Schröder, "Leveraging purchase regularity for predicting customer behavior the
/// easy way", *International Journal of Research in Marketing* 38 (2021). Expected orders are exact here, where
/// their package `BTYDplus` scales those of the MBG/NBD.
///
/// # When not to use it
/// Where [`regularity`] is about 1 or below: orders come at random, or in bursts.
///
/// # Units and shapes
/// r, a, b have no unit; α is in the unit of the summaries; the mean time between the orders of an average
/// customer is k α / r.
///
/// # Errors
/// See [`CnbdK::fit`].
///
/// # Examples
/// ```
/// use crmstat_models::clv::{CnbdK, Dropout, PurchaseProcess, Summary, TimeUnit};
///
/// // Every eight weeks, and now silent for sixteen: the more regular, the surer that the customer has left.
/// let customer = Summary::new(6, 48.0, 64.0)?;
/// let alive = |k, alpha| {
///     let model = CnbdK::new(Dropout::AfterEveryOrder, k, [2.0, alpha, 1.0, 6.0], TimeUnit::Week)?;
///     Ok::<f64, crmstat_models::Error>(model.p_alive(&customer))
/// };
/// assert!(alive(4, 4.0)? < alive(1, 16.0)?);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Raw")]
pub struct CnbdK {
    dropout: Dropout,
    k: u32,
    parameters: [f64; 4],
    unit: TimeUnit,
    estimate: Option<Estimate>,
}

/// The model as it is stored, before its parameters are checked.
#[derive(Deserialize)]
struct Raw {
    dropout: Dropout,
    k: u32,
    parameters: [f64; 4],
    unit: TimeUnit,
    estimate: Option<Estimate>,
}

impl TryFrom<Raw> for CnbdK {
    type Error = Error;

    fn try_from(raw: Raw) -> Result<Self> {
        let estimate = raw.estimate.map(|estimate| estimate.checked(4)).transpose()?;
        let model = Self::new(raw.dropout, raw.k, raw.parameters, raw.unit)?;
        Ok(Self { estimate, ..model })
    }
}

impl CnbdK {
    /// The largest k: intervals that vary by less than a quarter of their mean are a schedule, no process.
    pub const MOST: u32 = 16;

    /// The model with given `k` and `parameters` `[r, α, a, b]`.
    ///
    /// # Errors
    /// When k is not from 1 to [`CnbdK::MOST`], or a parameter is not positive and finite.
    pub fn new(dropout: Dropout, k: u32, parameters: [f64; 4], unit: TimeUnit) -> Result<Self> {
        if !(1..=Self::MOST).contains(&k) {
            return Err(Error::parameter("k", k, format!("1 to {}", Self::MOST)));
        }
        let parameters = positive(Self::PARAMETERS, &parameters)?;
        Ok(Self { dropout, k, parameters, unit, estimate: None })
    }

    /// Fits the model with each k from 1 on to `customers` as long as the likelihood rises.
    ///
    /// # Errors
    /// As [`CnbdK::fit_with`]; repeat customers whose times between orders are not known
    /// ([`Summary::with_gaps`]), without which no k is likelier than another.
    pub fn fit(customers: &Summaries, dropout: Dropout, params: FitParams) -> Result<Self> {
        if customers.customers().iter().any(|own| own.x() > 0 && own.gaps().is_none()) {
            return Err(Error::data("the times between orders are not known")
                .with_hint("summarise dated orders, or fit with a k of your own"));
        }
        let mut best = Self::fit_with(customers, dropout, 1, params)?;
        for k in 2..=Self::MOST {
            let next = Self::fit_with(customers, dropout, k, params)?;
            let reached = |model: &Self| model.estimate.as_ref().map(|own| own.log_likelihood);
            if reached(&next) <= reached(&best) {
                break;
            }
            best = next;
        }
        Ok(best)
    }

    /// Fits the model with this `k` to `customers`.
    ///
    /// # Errors
    /// k or a parameter of `params` out of range; data without a customer, without any repeat order, or with
    /// times so extreme that the likelihood is not finite. A fit that does not converge is no error:
    /// see [`Estimate::converged`].
    pub fn fit_with(
        customers: &Summaries,
        dropout: Dropout,
        k: u32,
        params: FitParams,
    ) -> Result<Self> {
        let histories = customers.histories()?;
        let time = histories.mean_end;
        let stage = time / f64::from(k);
        // As for the BG/NBD, with k stages in the place of an order.
        let starts = [
            [0.25, 0.1 * stage, 0.8, 2.4],
            [1.0, stage, 1.0, 5.0],
            [0.5, 0.3 * stage, 0.3, 3.0],
            [3.0, 0.3 * stage, 1.0, 1.0],
            [1.0, 0.05 * stage, 0.5, 10.0],
            [1.0, 10.0 * stage, 1.0, 3.0],
        ];
        let (parameters, mut estimate) = maximise_process(
            |histories, point| likelihood::log_likelihood(histories, dropout, k, point),
            &histories,
            k,
            &Region::process(&starts, [1.0, time, 1.0, 1.0]),
            params,
        )?;
        let regular = customers.customers().iter().map(|customer| of_gaps(customer, k));
        estimate.log_likelihood += crate::sum::compensated(regular);
        let model = Self::new(dropout, k, parameters, customers.unit())?;
        Ok(Self { estimate: Some(estimate), ..model })
    }

    /// The number of stages between two orders.
    pub fn k(&self) -> u32 {
        self.k
    }

    /// When customers may leave.
    pub fn dropout(&self) -> Dropout {
        self.dropout
    }

    /// A customer of this history, if alive at its end.
    fn alive(&self, customer: &Summary) -> Ahead {
        let [r, alpha, a, b] = self.parameters;
        let x = f64::from(customer.x());
        let b = b + x + self.dropout.flips_at_first_order();
        let silence = (customer.T() - customer.t_x()) / (alpha + customer.T());
        Ahead::after(self.k, r + f64::from(self.k) * x, alpha + customer.T(), silence, [a, b])
    }

    /// A customer who has just placed the first order, before any choice to stay but `stays` of them.
    fn new_customer(&self, stays: f64) -> Ahead {
        let [r, alpha, a, b] = self.parameters;
        Ahead::after(self.k, r, alpha, 0.0, [a, b + stays])
    }

    /// The probability to stay after the first order.
    fn stays_at_first_order(&self) -> f64 {
        let [_, _, a, b] = self.parameters;
        match self.dropout {
            Dropout::AfterEveryOrder => b / (a + b),
            Dropout::AfterRepeatOrder => 1.0,
        }
    }
}

/// What the times between a customer's orders add to the log-likelihood with k stages; nothing where they are
/// not known.
fn of_gaps(customer: &Summary, k: u32) -> f64 {
    let stages = f64::from(k);
    customer.gaps().map_or(0.0, |gaps| {
        (stages - 1.0) * gaps.log_sum - f64::from(customer.x()) * ln_gamma(stages)
    })
}

/// How regular orders come: k of the gamma distribution of the times between them, 1 for orders at random, more
/// for regular ones, less for bursts. By Wheat and Morrison (*Journal of Marketing Research* 27, 1990): of two
/// consecutive times, whatever the customer's rate is, the share of one has the variance `1 / (4 (2k + 1))`.
///
/// `None` with fewer than 20 customers of three orders or more, or without the times between them.
pub fn regularity(customers: &Summaries) -> Option<f64> {
    /// Fewer leave k uncertain by more than a half.
    const FEWEST: usize = 20;
    let shares = customers.customers().iter().filter_map(|own| own.gaps()?.last_share);
    let squares: Vec<f64> = shares.map(|share| (share - 0.5) * (share - 0.5)).collect();
    if squares.len() < FEWEST {
        return None;
    }
    let variance = crate::sum::compensated(squares.iter().copied()) / squares.len() as f64;
    (variance > 0.0).then(|| ((1.0 - 4.0 * variance) / (8.0 * variance)).max(0.0))
}

impl PurchaseProcess for CnbdK {
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
        Self::new(self.dropout, self.k, positive(Self::PARAMETERS, parameters)?, self.unit)
    }

    /// Without the times between the orders the part of the likelihood that they make, which no parameter
    /// but k changes, is left out.
    fn log_likelihood(&self, customer: &Summary) -> f64 {
        let history = Summaries::new(self.unit, vec![*customer]).equal_histories();
        likelihood::log_likelihood(&history, self.dropout, self.k, &self.parameters).value
            + of_gaps(customer, self.k)
    }

    fn p_alive(&self, customer: &Summary) -> f64 {
        let [r, alpha, a, b] = self.parameters;
        let x = f64::from(customer.x());
        let flips = x + self.dropout.flips_at_first_order();
        if flips == 0.0 {
            return 1.0;
        }
        let silence = (customer.T() - customer.t_x()) / (alpha + customer.t_x());
        let power = r + f64::from(self.k) * x;
        let left = power * silence.ln_1p() + (a / (b + flips - 1.0)).ln();
        1.0 / (1.0 + (left - self.alive(customer).log_weight()).exp())
    }

    fn orders_if_alive(&self, customer: &Summary, horizon: Span) -> f64 {
        self.alive(customer).orders(horizon.in_units(self.unit))
    }

    fn probability_if_alive(&self, customer: &Summary, n: u32, horizon: Span) -> f64 {
        self.alive(customer).probability(n, horizon.in_units(self.unit))
    }

    fn new_customer_orders(&self, horizon: Span) -> f64 {
        let stays = self.dropout.flips_at_first_order();
        let orders = self.new_customer(stays).orders(horizon.in_units(self.unit));
        self.stays_at_first_order() * orders
    }

    fn new_customer_probability(&self, n: u32, horizon: Span) -> f64 {
        let stays = self.stays_at_first_order();
        let gone = if n == 0 { 1.0 - stays } else { 0.0 };
        let customer = self.new_customer(self.dropout.flips_at_first_order());
        gone + stays * customer.probability(n, horizon.in_units(self.unit))
    }

    fn draw_orders_if_alive(
        &self,
        customer: &Summary,
        horizon: Span,
        generator: &mut Generator,
    ) -> u64 {
        self.alive(customer).draw(horizon.in_units(self.unit), generator)
    }
}
