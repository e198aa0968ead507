//! The totals of a run, and the simple lifetime value beside them.

use super::{Model, Options};
use crate::{Money, Result};
use crmstat_models::clv::{
    CustomerValue, GammaGamma, Span, Summaries, Summary, frequency_value_correlation, regularity,
    simple_lifetime_value,
};

/// What all customers make together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Overview {
    /// Valued customers.
    pub customers: usize,
    /// Those with a repeat order.
    pub repeat_customers: usize,
    /// Net revenue until `as_of`.
    pub revenue: Money,
    /// Customers expected to be alive.
    pub expected_alive: f64,
    /// Orders expected within the horizon.
    pub expected_orders: f64,
    /// Values of all customers; `None` where one has none.
    pub total_clv: Option<f64>,
    /// The mean value of a customer.
    pub mean_clv: Option<f64>,
    /// The simple formula: revenue per customer and time observed, times lifetime, times margin. It knows
    /// neither who is alive nor who spends more, and does not discount. `None` where nobody was observed
    /// for longer than a day.
    pub simple_ltv: Option<f64>,
    /// Repeat orders expected of a new customer within the horizon of the first order.
    pub new_customer_orders: f64,
    /// The mean value of an order of a customer about whom nothing is known.
    pub mean_order_value: Option<f64>,
    /// The correlation of x with the mean repeat value.
    pub frequency_value_correlation: Option<f64>,
    /// How regular orders come: 1 at random, more at regular intervals, less in bursts; see [`regularity`].
    pub regularity: Option<f64>,
}

impl Overview {
    pub(super) fn of(
        customers: &Summaries,
        values: &[CustomerValue],
        revenue: Money,
        model: &Model,
        options: &Options,
    ) -> Result<Self> {
        let all = customers.customers();
        let count = all.len() as f64;
        let total_clv: Option<f64> = values.iter().map(|value| value.clv).sum();
        let observed: f64 = all.iter().map(Summary::T).sum::<f64>() / count;
        let simple_ltv = Span::new(observed, customers.unit()).ok().and_then(|observed| {
            let lifetime = options.lifetime.unwrap_or(options.horizon);
            let revenue = revenue.to_f64();
            simple_lifetime_value(revenue, all.len(), observed, lifetime, options.margin).ok()
        });
        Ok(Self {
            customers: all.len(),
            repeat_customers: all.iter().filter(|customer| customer.x() > 0).count(),
            revenue,
            expected_alive: values.iter().map(|value| value.p_alive).sum(),
            expected_orders: values.iter().map(|value| value.expected_orders).sum(),
            total_clv,
            mean_clv: total_clv.map(|total| total / count),
            simple_ltv,
            new_customer_orders: model.orders().new_customer_orders(options.ahead()?),
            mean_order_value: model.spend().and_then(GammaGamma::population_mean),
            frequency_value_correlation: frequency_value_correlation(customers),
            regularity: regularity(customers),
        })
    }
}
