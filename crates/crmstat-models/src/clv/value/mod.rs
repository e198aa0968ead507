//! From expected orders and expected spend to what a customer is worth.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::process::for_each;
use super::{
    DiscountRate, GammaGamma, Models, PurchaseProcess, Span, Summaries, Summary, TimeUnit,
};
use crate::{Error, Result};

/// What is a customer worth from the end of the calibration on?
///
/// # Formula
/// `margin · E[M] · Σ (E[Y(tᵢ)] − E[Y(tᵢ₋₁)]) · discount(tᵢ)`: the orders expected in each step, paid at
/// the step's end, at the expected mean value.
///
/// # Assumptions
/// Spend is independent of the frequency of orders. Discounting at the end of a step undervalues by at
/// most one step's discount.
///
/// # Citation
/// Fader, Hardie and Lee, "RFM and CLV", *Journal of Marketing Research* 42 (2005).
///
/// # When not to use it
/// For customers under contract: see [`super::BetaGeometric`].
///
/// # Units and shapes
/// Spans and rates carry their units, so that weeks cannot pass for days: the quick start of a widely
/// used package does that and overstates CDNOW's value 3.7 times.
///
/// # Errors
/// See [`ClvParams::check`] and [`ClvParams::values`].
///
/// # Examples
/// ```
/// use crmstat_models::clv::*;
///
/// let orders = BgNbd::new(Dropout::AfterRepeatOrder, [0.243, 4.414, 0.793, 2.426], TimeUnit::Week)?;
/// let spend = GammaGamma::new([6.25, 3.74, 15.44])?;
/// let customer = Summary::new(2, 30.43, 38.86)?.with_mean_repeat_value(22.35)?;
/// let params = ClvParams::new(Span::new(52.0, TimeUnit::Week)?)
///     .discount(DiscountRate::per_year(0.10)?)
///     .margin(0.3);
/// let customers = Summaries::new(TimeUnit::Week, vec![customer]);
/// let worth = params.values(&orders, &spend, &customers)?[0];
/// assert!(worth.clv.unwrap() < 0.3 * worth.expected_orders * worth.expected_value.unwrap());
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClvParams {
    pub(super) horizon: Span,
    step: Option<Span>,
    discount: DiscountRate,
    pub(super) margin: f64,
}

/// What one customer is expected to do and to bring within the horizon.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CustomerValue {
    /// The probability that the customer is still alive.
    pub p_alive: f64,
    /// Orders expected within the horizon.
    pub expected_orders: f64,
    /// The expected mean value of an order; `None` where it is infinite.
    pub expected_value: Option<f64>,
    /// The discounted margin of the expected orders; `None` together with `expected_value`.
    pub clv: Option<f64>,
}

impl ClvParams {
    /// The value within `horizon`, without discount, at the whole of revenue.
    pub fn new(horizon: Span) -> Self {
        Self { horizon, step: None, discount: DiscountRate::NONE, margin: 1.0 }
    }

    /// Discounts later orders.
    #[must_use]
    pub fn discount(mut self, rate: DiscountRate) -> Self {
        self.discount = rate;
        self
    }

    /// The share of revenue that is worth something (1).
    #[must_use]
    pub fn margin(mut self, share: f64) -> Self {
        self.margin = share;
        self
    }

    /// Orders count as paid at the end of steps of this length (a month).
    #[must_use]
    pub fn step(mut self, step: Span) -> Self {
        self.step = Some(step);
        self
    }

    /// Checks the ranges.
    ///
    /// # Errors
    /// When the margin is not in `(0, 1]`, or the horizon has more than 10,000 steps.
    pub fn check(self) -> Result<Self> {
        if !(self.margin > 0.0 && self.margin <= 1.0) {
            return Err(Error::parameter("margin", self.margin, "above 0 and at most 1"));
        }
        let steps = self.whole_steps();
        if steps > 10_000.0 {
            return Err(Error::parameter(
                "step",
                format!("1/{steps} of the horizon"),
                "at least 1/10000 of it",
            ));
        }
        Ok(self)
    }

    /// What every customer is worth, in their order.
    ///
    /// # Errors
    /// When a parameter is out of range or the models are not for these customers.
    pub fn values<M: Models>(
        self,
        orders: &M,
        spend: &GammaGamma,
        customers: &Summaries,
    ) -> Result<Vec<CustomerValue>> {
        let schedule = self.check()?.schedule();
        for_each(orders, customers, |model, _, customer| {
            self.value(&schedule, model, spend, customer)
        })
    }

    /// What every customer is worth for ever, each order discounted to its own moment.
    ///
    /// # Errors
    /// When a parameter is out of range, there is no discount, or the models are not for these customers.
    pub fn residual_values<M: Models>(
        self,
        orders: &M,
        spend: &GammaGamma,
        customers: &Summaries,
    ) -> Result<Vec<Option<f64>>> {
        self.check()?;
        let values = for_each(orders, customers, |model, _, customer| {
            let residual = model.residual_orders(customer, self.discount)?;
            Ok(spend.expected_value(customer).map(|value| self.margin * value * residual))
        })?;
        values.into_iter().collect()
    }

    pub(super) fn value<P: PurchaseProcess>(
        self,
        schedule: &[(Span, f64)],
        orders: &P,
        spend: &GammaGamma,
        customer: &Summary,
    ) -> CustomerValue {
        self.worth(&orders.orders_ahead(customer, schedule), spend, customer)
    }

    /// What `ahead` is worth, at the expected mean value of the customer's orders.
    pub(super) fn worth(
        self,
        ahead: &OrdersAhead,
        spend: &GammaGamma,
        customer: &Summary,
    ) -> CustomerValue {
        let expected_value = spend.expected_value(customer);
        CustomerValue {
            p_alive: ahead.p_alive,
            expected_orders: ahead.p_alive * ahead.orders,
            expected_value,
            clv: expected_value.map(|value| self.margin * value * ahead.discounted()),
        }
    }

    /// The ends of the steps with their discount factors; the last step ends with the horizon.
    pub(super) fn schedule(self) -> Vec<(Span, f64)> {
        let step = self.step_in_days();
        (1..=self.whole_steps() as usize)
            .filter_map(|index| Span::new(index as f64 * step, TimeUnit::Day).ok())
            .chain([self.horizon])
            .map(|end| (end, self.discount.factor(end)))
            .collect()
    }

    /// Whole steps that end before the horizon does; one that ends with it to rounding is the last.
    fn whole_steps(self) -> f64 {
        let steps = self.horizon.in_units(TimeUnit::Day) / self.step_in_days();
        ((steps - 1e-9).ceil() - 1.0).max(0.0)
    }

    fn step_in_days(self) -> f64 {
        self.step.map_or(TimeUnit::Month.days(), |step| step.in_units(TimeUnit::Day))
    }
}

/// The orders that one customer is expected to place within the horizon.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OrdersAhead {
    /// The probability that the customer is still alive.
    pub p_alive: f64,
    /// Orders of a customer who is alive.
    pub orders: f64,
    /// The same, each paid at the end of its step and discounted.
    pub worth: f64,
}

impl OrdersAhead {
    /// What the orders count for after discounting.
    pub fn discounted(&self) -> f64 {
        self.p_alive * self.worth
    }
}

/// The simple lifetime value that spreadsheets use: average revenue per customer and unit of time,
/// times the mean lifetime, times margin. It ignores who is alive, who spends more, and discounting.
///
/// `revenue` was brought by `customers` within `observed`; `lifetime` is how long a customer stays.
///
/// # Errors
/// When there is no customer, or revenue or margin are not finite.
pub fn simple_lifetime_value(
    revenue: f64,
    customers: usize,
    observed: Span,
    lifetime: Span,
    margin: f64,
) -> Result<f64> {
    if customers == 0 {
        return Err(Error::data("there is no customer"));
    }
    if !revenue.is_finite() {
        return Err(Error::parameter("revenue", revenue, "finite"));
    }
    if !margin.is_finite() {
        return Err(Error::parameter("margin", margin, "finite"));
    }
    let per_day = revenue / customers as f64 / observed.in_units(TimeUnit::Day);
    Ok(per_day * lifetime.in_units(TimeUnit::Day) * margin)
}

/// The correlation of x with the mean repeat value among repeat customers.
///
/// [`GammaGamma`] takes the two to be independent: beyond ±0.3 or so, values of frequent customers are
/// systematically wrong, and a warning is due. `None` for fewer than two such customers or when one of
/// the two does not vary.
pub fn frequency_value_correlation(customers: &Summaries) -> Option<f64> {
    let pairs: Vec<(f64, f64)> = customers
        .customers()
        .iter()
        .filter_map(|customer| Some((f64::from(customer.x()), customer.mean_repeat_value()?)))
        .collect();
    let count = pairs.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| crate::sum::compensated(pairs.iter().map(of)) / count;
    let (mean_x, mean_value) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let moment = |of: &dyn Fn(f64, f64) -> f64| {
        crate::sum::compensated(pairs.iter().map(|(x, v)| of(x - mean_x, v - mean_value)))
    };
    let spread = (moment(&|x, _| x * x) * moment(&|_, v| v * v)).sqrt();
    (spread > 0.0).then(|| (moment(&|x, v| x * v) / spread).clamp(-1.0, 1.0))
}
