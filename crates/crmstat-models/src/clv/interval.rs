//! Intervals: of an expectation, for the uncertainty of the parameters, and of what will be, by
//! simulation.

use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use super::process::for_each;
use super::{
    ClvParams, CustomerValue, GammaGamma, Models, PurchaseProcess, Span, Summaries, Summary,
};
use crate::linalg::cholesky::Cholesky;
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

/// How to draw parameters from their asymptotic distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParameterDraws {
    /// The share of draws that the interval holds, such as 0.95.
    pub level: f64,
    /// Draws of the parameters; each values every customer anew.
    pub draws: usize,
    /// The seed.
    pub seed: u64,
}

impl ClvParams {
    /// What every customer is worth, with intervals of `level` for the uncertainty of the parameters.
    ///
    /// By the delta method: the logarithm of a value has the variance `g′ V g`, with V the covariance of
    /// the log-parameters and g the value's elasticities. Orders and
    /// spend are estimated independently. The interval is that of the *expected* value; what one
    /// customer will in fact bring varies much more, see [`ClvParams::outcomes`].
    ///
    /// # Errors
    /// When a parameter is out of range, the models are not for these customers, or one of them has no
    /// covariance: it was not fitted, or its fit is a ridge.
    pub fn value_intervals<M: Models>(
        self,
        orders: &M,
        spend: &GammaGamma,
        customers: &Summaries,
        level: f64,
    ) -> Result<Vec<CustomerValueInterval>> {
        let z = two_sided(level)?;
        let schedule = self.check()?.schedule();
        let spend_covariance = covariance(spend.estimate())?;
        let found = for_each(orders, customers, |model, _, customer| {
            // A value is a product, so its logarithm's derivatives are those of one factor each.
            let (ahead, by_orders) = model.orders_ahead_with_elasticities(customer, &schedule)?;
            let value = self.worth(&ahead, spend, customer);
            let variance = quadratic(covariance(model.estimate())?, &by_orders)
                + quadratic(spend_covariance, &spend.elasticities(customer));
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
            Ok(CustomerValueInterval { value, clv })
        })?;
        found.into_iter().collect()
    }

    /// The same by simulation: the log-parameters of both models are drawn from their asymptotic normal
    /// distribution, and the interval holds the middle `level` of the values that they give.
    ///
    /// It shows the skew that the delta method smooths over, at the cost of valuing everybody once per
    /// draw. Draw `j` comes from stream `j` of the seed and is the same for every customer, so that results
    /// depend neither on the number of threads nor on other customers. Where the mean of spend is infinite
    /// in too many draws there is no interval.
    ///
    /// # Errors
    /// As [`ClvParams::value_intervals`], without a draw, or when parameters are so uncertain that a draw
    /// leaves the range of floats.
    pub fn value_draws<M: Models>(
        self,
        orders: &M,
        spend: &GammaGamma,
        customers: &Summaries,
        draws: ParameterDraws,
    ) -> Result<Vec<CustomerValueInterval>> {
        two_sided(draws.level)?;
        countable(draws.draws)?;
        let schedule = self.check()?.schedule();
        let sizes = (M::Model::PARAMETERS.len(), GammaGamma::PARAMETERS.len());
        let spread = factor(spend.estimate())?;
        let normals: Vec<Vec<f64>> = (0..draws.draws)
            .map(|draw| {
                let mut generator = stream(draws.seed, draw as u64);
                (0..sizes.0 + sizes.1).map(|_| StandardNormal.sample(&mut generator)).collect()
            })
            .collect();
        let spends: Vec<GammaGamma> = normals
            .iter()
            .map(|normal| {
                let mut parameters = spend.parameters();
                move_logs(&mut parameters, &spread.lower_times(&normal[sizes.0..]));
                GammaGamma::new(parameters).map_err(|_| too_uncertain())
            })
            .collect::<Result<_>>()?;
        let found = for_each(orders, customers, |model, _, customer| {
            let value = self.value(&schedule, model, spend, customer);
            let Some(estimate) = value.clv.filter(|clv| *clv > 0.0) else {
                let point = |estimate| Interval { estimate, lower: estimate, upper: estimate };
                return Ok(CustomerValueInterval { value, clv: value.clv.map(point) });
            };
            let spread = factor(model.estimate())?;
            let mut drawn = Vec::with_capacity(draws.draws);
            for (normal, spend) in normals.iter().zip(&spends) {
                let mut parameters = model.parameters();
                move_logs(&mut parameters, &spread.lower_times(&normal[..sizes.0]));
                let model = model.with_parameters(&parameters).map_err(|_| too_uncertain())?;
                let clv = self.value(&schedule, &model, spend, customer).clv;
                drawn.push(clv.unwrap_or(f64::INFINITY));
            }
            drawn.sort_unstable_by(f64::total_cmp);
            let (lower, upper) = middle(&drawn, draws.level);
            let clv = upper.is_finite().then_some(Interval { estimate, lower, upper });
            Ok(CustomerValueInterval { value, clv })
        })?;
        found.into_iter().collect()
    }
}

fn move_logs(parameters: &mut [f64], by: &[f64]) {
    for (parameter, by) in parameters.iter_mut().zip(by) {
        *parameter *= by.exp();
    }
}

fn too_uncertain() -> Error {
    Error::data("the parameters are too uncertain to draw them")
        .with_hint("fit the model to more customers, or ask for values without intervals")
}

/// The interval of `level` of the *number of orders* that each customer will place within `horizon`, by
/// simulation: the rates are drawn from the customer's own distribution, then the orders.
///
/// `estimate` is the mean of the `draws`. Customer `i` draws from stream `i` of `seed`, so that results
/// depend neither on the number of threads nor on other customers. Parameters are taken as known.
///
/// # Errors
/// When the level is not between 0 and 1, there is no draw, or the models are not for these customers.
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
pub fn orders_interval<M: Models>(
    models: &M,
    customers: &Summaries,
    horizon: Span,
    draws: OrderDraws,
) -> Result<Vec<Interval>> {
    two_sided(draws.level)?;
    countable(draws.draws)?;
    for_each(models, customers, |model, index, customer| {
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
    let (lower, upper) = middle(&counts, draws.level);
    Interval { estimate: total / draws.draws as f64, lower: lower as f64, upper: upper as f64 }
}

/// The ends of the middle `level` of `sorted`: the smallest values that at least the share below each end
/// does not exceed.
pub(super) fn middle<T: Copy>(sorted: &[T], level: f64) -> (T, T) {
    let quantile = |share: f64| {
        let place = (share * sorted.len() as f64).ceil() as usize;
        sorted[place.clamp(1, sorted.len()) - 1]
    };
    let tail = 0.5 * (1.0 - level);
    (quantile(tail), quantile(1.0 - tail))
}

/// The most draws: their quantiles have three digits by a tenth of them.
const MOST_DRAWS: usize = 1_000_000;

/// Refuses no draws, and more than memory holds.
pub(super) fn countable(draws: usize) -> Result<()> {
    if (1..=MOST_DRAWS).contains(&draws) {
        return Ok(());
    }
    Err(Error::parameter("draws", draws, format!("1 to {MOST_DRAWS}")))
}

/// The normal quantile of a two-sided interval.
pub(super) fn two_sided(level: f64) -> Result<f64> {
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

/// What turns independent standard normals into log-parameters around their estimate.
fn factor(estimate: Option<&super::Estimate>) -> Result<Cholesky> {
    let covariance = covariance(estimate)?;
    Cholesky::new(covariance, covariance.len().isqrt(), 0.0).map_err(|_| too_uncertain())
}

/// `g′ V g`.
fn quadratic(covariance: &[f64], gradient: &[f64]) -> f64 {
    let rows = covariance.chunks(gradient.len().max(1)).zip(gradient);
    let terms =
        rows.map(|(row, by)| by * row.iter().zip(gradient).map(|(v, g)| v * g).sum::<f64>());
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
