//! Intervals: of an expectation, for the uncertainty of the parameters, and of what will be, by
//! simulation.

use serde::{Deserialize, Serialize};

use super::{ClvParams, CustomerValue, GammaGamma, PurchaseProcess, Span, Summaries, Summary};
use crate::random::stream;
use crate::special::normal::quantile;
use crate::{Error, Result};

/// A prediction with an interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The prediction.
    pub estimate: f64,
    /// The lower end.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
}

/// A customer's value with an interval for the uncertainty of the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CustomerValueInterval {
    /// The value.
    pub value: CustomerValue,
    /// The interval of its `clv`; `None` where that is.
    pub clv: Option<Interval>,
}

impl ClvParams {
    /// What every customer is worth, with intervals of `level` for the uncertainty of the parameters.
    ///
    /// By the delta method: the logarithm of a value has the variance `g′ V g`, with V the covariance of
    /// the log-parameters and g the value's derivatives by them, taken as central differences. Orders and
    /// spend are estimated independently. The interval is that of the *expected* value; what one
    /// customer will in fact bring varies much more, see [`orders_interval`].
    ///
    /// # Errors
    /// When a parameter is out of range, the customers' unit of time is not the model's, or a model has
    /// no covariance: it was not fitted, or its fit is a ridge.
    pub fn value_intervals<P: PurchaseProcess>(
        self,
        orders: &P,
        spend: &GammaGamma,
        customers: &Summaries,
        level: f64,
    ) -> Result<Vec<CustomerValueInterval>> {
        let z = two_sided(level)?;
        let orders_covariance = covariance(orders.estimate())?;
        let spend_covariance = covariance(spend.estimate())?;
        let values = self.values(orders, spend, customers)?;
        let logs = |value: &CustomerValue| value.clv.map_or(f64::NEG_INFINITY, f64::ln);
        let gradient_of = |above: Vec<CustomerValue>, below: Vec<CustomerValue>| -> Vec<f64> {
            above.iter().zip(&below).map(|(a, b)| (logs(a) - logs(b)) / (2.0 * STEP)).collect()
        };
        let mut by_orders = Vec::new();
        let parameters = orders.parameters();
        for index in 0..parameters.len() {
            let moved = |factor: f64| {
                let mut moved = parameters.clone();
                moved[index] *= factor;
                self.values(&orders.with_parameters(&moved)?, spend, customers)
            };
            by_orders.push(gradient_of(moved(STEP.exp())?, moved((-STEP).exp())?));
        }
        let mut by_spend = Vec::new();
        for index in 0..GammaGamma::PARAMETERS.len() {
            let moved = |factor: f64| {
                let mut moved = spend.parameters();
                moved[index] *= factor;
                self.values(orders, &GammaGamma::new(moved)?, customers)
            };
            by_spend.push(gradient_of(moved(STEP.exp())?, moved((-STEP).exp())?));
        }
        let intervals = values.into_iter().enumerate().map(|(index, value)| {
            let variance = quadratic(orders_covariance, &by_orders, index)
                + quadratic(spend_covariance, &by_spend, index);
            let clv = value.clv.and_then(|estimate| {
                let reach = (z * variance.sqrt()).exp();
                // A value of nothing has no logarithm: its interval is the point itself.
                let reach = if estimate > 0.0 { reach } else { 1.0 };
                reach.is_finite().then_some(Interval {
                    estimate,
                    lower: estimate / reach,
                    upper: estimate * reach,
                })
            });
            CustomerValueInterval { value, clv }
        });
        Ok(intervals.collect())
    }
}

/// How far a log-parameter is moved for a central difference: the root of a relative rounding error of
/// about 1e-12 leaves six digits of the derivative.
const STEP: f64 = 1e-4;

/// The interval of `level` of the *number of orders* that each customer will place within `horizon`, by
/// simulation: the rates are drawn from the customer's own distribution, then the orders.
///
/// `estimate` is the mean of the `draws`. Customer `i` draws from stream `i` of `seed`, so that results
/// depend neither on the number of threads nor on other customers. Parameters are taken as known.
///
/// # Errors
/// When the level is not between 0 and 1, there is no draw, or the customers' unit of time is not the
/// model's.
///
/// # Examples
/// ```
/// use crmstat_models::clv::*;
///
/// let model = BgNbd::new(Dropout::AfterEveryOrder, [0.525, 6.183, 0.891, 1.614], TimeUnit::Week)?;
/// let customers = Summaries::new(TimeUnit::Week, vec![Summary::new(9, 30.0, 31.0)?]);
/// let year = Span::new(52.0, TimeUnit::Week)?;
/// let next = orders_interval(&model, &customers, year, OrderDraws { level: 0.8, draws: 2000, seed: 1 })?[0];
/// assert!(next.lower < next.estimate && next.estimate < next.upper);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
pub fn orders_interval<P: PurchaseProcess>(
    model: &P,
    customers: &Summaries,
    horizon: Span,
    draws: OrderDraws,
) -> Result<Vec<Interval>> {
    two_sided(draws.level)?;
    if draws.draws == 0 {
        return Err(Error::parameter("draws", 0, "at least 1"));
    }
    model.for_each_customer(customers, |index, customer| {
        simulate(model, customer, horizon, draws, index as u64)
    })
}

/// How to simulate next orders.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OrderDraws {
    /// The share of outcomes that the interval holds, such as 0.8.
    pub level: f64,
    /// Simulated outcomes per customer.
    pub draws: usize,
    /// The seed.
    pub seed: u64,
}

fn simulate<P: PurchaseProcess>(
    model: &P,
    customer: &Summary,
    horizon: Span,
    draws: OrderDraws,
    index: u64,
) -> Interval {
    use rand::RngExt;

    let generator = &mut stream(draws.seed, index);
    let alive = model.p_alive(customer);
    let mut counts: Vec<u64> = (0..draws.draws)
        .map(|_| {
            if generator.random::<f64>() < alive {
                model.draw_orders_if_alive(customer, horizon, generator)
            } else {
                0
            }
        })
        .collect();
    counts.sort_unstable();
    let total: f64 = counts.iter().map(|count| *count as f64).sum();
    // The smallest count that at least this share of the draws does not exceed.
    let quantile = |share: f64| {
        let place = (share * draws.draws as f64).ceil() as usize;
        counts[place.clamp(1, draws.draws) - 1] as f64
    };
    let tail = 0.5 * (1.0 - draws.level);
    Interval {
        estimate: total / draws.draws as f64,
        lower: quantile(tail),
        upper: quantile(1.0 - tail),
    }
}

/// The normal quantile of a two-sided interval.
fn two_sided(level: f64) -> Result<f64> {
    if level > 0.0 && level < 1.0 {
        Ok(quantile(0.5 + 0.5 * level))
    } else {
        Err(Error::parameter("level", level, "between 0 and 1"))
    }
}

fn covariance(estimate: Option<&super::Estimate>) -> Result<&[f64]> {
    estimate.and_then(|estimate| estimate.covariance.as_deref()).ok_or_else(|| {
        Error::data("the parameters have no covariance")
            .with_hint("fit the model to more customers, or ask for values without intervals")
    })
}

/// `g′ V g` of customer `index`.
fn quadratic(covariance: &[f64], gradients: &[Vec<f64>], index: usize) -> f64 {
    let size = gradients.len();
    let terms = (0..size * size)
        .map(|k| covariance[k] * gradients[k / size][index] * gradients[k % size][index]);
    terms.sum::<f64>().max(0.0)
}

#[cfg(test)]
mod tests {
    use super::{OrderDraws, orders_interval};
    use crate::clv::bg_nbd::tests::drawn;
    use crate::clv::{
        BgNbd, ClvParams, Dropout, FitParams, GammaGamma, PurchaseProcess, Span, Summaries,
        TimeUnit,
    };

    fn valued(customers: u64) -> Summaries {
        let summaries = drawn(Dropout::AfterEveryOrder, [0.6, 6.0, 0.9, 2.0], customers, 4);
        let valued = summaries.customers().iter().enumerate().map(|(index, customer)| {
            let value = 20.0 + 15.0 * (index as f64).sin();
            if customer.x() == 0 {
                *customer
            } else {
                customer.with_mean_repeat_value(value).unwrap()
            }
        });
        Summaries::new(TimeUnit::Week, valued.collect())
    }

    fn year() -> Span {
        Span::new(52.0, TimeUnit::Week).unwrap()
    }

    #[test]
    fn intervals_shrink_with_the_root_of_the_number_of_customers() {
        let width = |customers: u64| {
            let data = valued(customers);
            let orders = BgNbd::fit(&data, Dropout::default(), FitParams::default()).unwrap();
            let spend = GammaGamma::fit(&data, FitParams::default()).unwrap();
            let found =
                ClvParams::new(year()).value_intervals(&orders, &spend, &data, 0.95).unwrap();
            let interval = found[0].clv.unwrap();
            assert_eq!(interval.estimate, found[0].value.clv.unwrap());
            (interval.upper / interval.lower).ln()
        };
        let ratio = width(500) / width(8000);
        assert!((ratio / 4.0 - 1.0).abs() < 0.35, "{ratio}");
    }

    #[test]
    fn given_parameters_have_no_interval() {
        let data = valued(100);
        let orders = BgNbd::new(Dropout::default(), [0.6, 6.0, 0.9, 2.0], TimeUnit::Week).unwrap();
        let spend = GammaGamma::new([6.25, 3.74, 15.44]).unwrap();
        let error =
            ClvParams::new(year()).value_intervals(&orders, &spend, &data, 0.95).unwrap_err();
        assert!(error.is_data() && error.hint().is_some());
    }

    #[test]
    fn simulated_orders_hold_their_share_of_the_exact_distribution() {
        let model = BgNbd::new(Dropout::default(), [0.6, 6.0, 0.9, 2.0], TimeUnit::Week).unwrap();
        let data = valued(30);
        let draws = OrderDraws { level: 0.8, draws: 20_000, seed: 5 };
        for (customer, interval) in
            data.customers().iter().zip(orders_interval(&model, &data, year(), draws).unwrap())
        {
            let inside: f64 = (interval.lower as u32..=interval.upper as u32)
                .map(|n| model.probability(customer, n, year()))
                .sum();
            // The level is exceeded where counts are few; four standard errors of a share are 0.012.
            assert!(inside > 0.8 - 0.012, "{customer:?}: {inside}");
        }
        assert!(orders_interval(&model, &data, year(), OrderDraws { draws: 0, ..draws }).is_err());
    }
}
