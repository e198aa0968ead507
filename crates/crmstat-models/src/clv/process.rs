//! What every model of repeat purchases answers, and the same for many customers at once.

use serde::{Deserialize, Serialize};

use super::quadrature::unit_interval;
use super::value::OrdersAhead;
use super::{DiscountRate, Estimate, Span, Summaries, Summary, TimeUnit};
use crate::parallel::map_chunks;
use crate::random::Generator;
use crate::{Error, Result};

/// A model of when customers order and when they leave for good, fitted or given.
///
/// Customers are [`Summary`]s in the model's own [`TimeUnit`]; horizons are [`Span`]s of any unit.
pub trait PurchaseProcess: Sync + Sized {
    /// The names of the parameters in the literature, in the order of [`PurchaseProcess::parameters`].
    const PARAMETERS: &'static [&'static str];

    /// The unit in which the model counts time.
    fn unit(&self) -> TimeUnit;

    /// The parameters.
    fn parameters(&self) -> Vec<f64>;

    /// How the parameters were found; `None` for given ones.
    fn estimate(&self) -> Option<&Estimate>;

    /// The same model with other parameters and no estimate.
    ///
    /// # Errors
    /// When a parameter is not positive and finite, or their number is wrong.
    fn with_parameters(&self, parameters: &[f64]) -> Result<Self>;

    /// The log-likelihood of one customer.
    fn log_likelihood(&self, customer: &Summary) -> f64;

    /// The probability that the customer will order again if watched for ever.
    fn p_alive(&self, customer: &Summary) -> f64;

    /// Orders expected within `horizon` of a customer known to be alive.
    fn orders_if_alive(&self, customer: &Summary, horizon: Span) -> f64;

    /// The probability of exactly `n` orders within `horizon` of a customer known to be alive.
    fn probability_if_alive(&self, customer: &Summary, n: u32, horizon: Span) -> f64;

    /// Repeat orders expected of a customer within `horizon` of the first order.
    fn new_customer_orders(&self, horizon: Span) -> f64;

    /// The probability of exactly `n` repeat orders within `horizon` of the first order.
    fn new_customer_probability(&self, n: u32, horizon: Span) -> f64;

    /// Draws the number of orders within `horizon` of a customer known to be alive.
    fn draw_orders_if_alive(
        &self,
        customer: &Summary,
        horizon: Span,
        generator: &mut Generator,
    ) -> u64;

    /// Orders expected within `horizon`.
    fn expected_orders(&self, customer: &Summary, horizon: Span) -> f64 {
        self.p_alive(customer) * self.orders_if_alive(customer, horizon)
    }

    /// The probability of exactly `n` orders within `horizon`.
    fn probability(&self, customer: &Summary, n: u32, horizon: Span) -> f64 {
        let alive = self.p_alive(customer);
        let gone = if n == 0 { 1.0 - alive } else { 0.0 };
        gone + alive * self.probability_if_alive(customer, n, horizon)
    }

    /// Orders expected for ever, each discounted to the end of the calibration: `∫ e^(−δt) dE(t)`, the
    /// "discounted expected residual transactions" of Fader, Hardie and Lee (2005).
    ///
    /// # Errors
    /// Without a discount, when the sum need not be finite.
    fn residual_orders(&self, customer: &Summary, discount: DiscountRate) -> Result<f64> {
        let rate = needed(discount, self.unit())?;
        // By parts ∫ e^(−δt) dE = ∫ δ e^(−δt) E dt = ∫₀¹ E(t(v)) dv with v = 1 − e^(−δt).
        let if_alive = unit_interval(|worn, kept| {
            let time = if worn < 0.5 { -(-worn).ln_1p() } else { -kept.ln() } / rate;
            Span::new(time, self.unit()).map_or(0.0, |span| self.orders_if_alive(customer, span))
        });
        Ok(self.p_alive(customer) * if_alive)
    }

    /// The orders ahead of a customer, each paid at the end of its step of `schedule`, which gives these ends
    /// and the factors of their discount.
    fn orders_ahead(&self, customer: &Summary, schedule: &[(Span, f64)]) -> OrdersAhead {
        orders_step_by_step(self, customer, schedule)
    }

    /// The orders ahead of a customer, and the elasticities of their discounted sum: the derivatives of its
    /// logarithm by the logarithms of the parameters, in the order of these.
    ///
    /// Central differences serve every model; one with derivatives of its own is faster.
    ///
    /// # Errors
    /// When a parameter is at the end of the range of floats.
    fn orders_ahead_with_elasticities(
        &self,
        customer: &Summary,
        schedule: &[(Span, f64)],
    ) -> Result<(OrdersAhead, Vec<f64>)> {
        let elasticities = elasticities_by_differences(self, customer, schedule)?;
        Ok((self.orders_ahead(customer, schedule), elasticities))
    }

    /// P(alive) and expected orders of every customer, in their order; see [`forecasts`].
    ///
    /// # Errors
    /// When the customers' unit of time is not the model's.
    fn predict(&self, customers: &Summaries, horizon: Span) -> Result<Vec<OrderForecast>> {
        forecasts(self, customers, horizon)
    }

    /// Applies `answer` to every customer and their index in parallel; the results are in the customers'
    /// order.
    ///
    /// # Errors
    /// When the customers' unit of time is not the model's.
    fn for_each_customer<T: Send>(
        &self,
        customers: &Summaries,
        answer: impl Fn(usize, &Summary) -> T + Sync,
    ) -> Result<Vec<T>> {
        for_each(self, customers, |_, index, customer| answer(index, customer))
    }
}

/// The models of many customers: one for all of them, which every [`PurchaseProcess`] is, or one for each
/// group, which is [`Grouped`].
pub trait Models: Sync + Sized {
    /// The model of a customer.
    type Model: PurchaseProcess;

    /// Checks that the models are for these `customers`.
    ///
    /// # Errors
    /// When the customers' unit of time is not the models', or each has a model and their number differs.
    fn check(&self, customers: &Summaries) -> Result<()>;

    /// The model of the customer at `index`.
    fn of(&self, index: usize) -> &Self::Model;
}

impl<P: PurchaseProcess> Models for P {
    type Model = P;

    fn check(&self, customers: &Summaries) -> Result<()> {
        same_unit(self.unit(), customers.unit())
    }

    fn of(&self, _index: usize) -> &P {
        self
    }
}

/// One model for each group of customers, such as those with the same covariates.
#[derive(Clone, Debug, PartialEq)]
pub struct Grouped<P> {
    unit: TimeUnit,
    models: Vec<P>,
    groups: Vec<u32>,
}

impl<P: PurchaseProcess> Grouped<P> {
    /// The models, all in one `unit` of time, and the number of each customer's.
    ///
    /// # Errors
    /// When a number is that of no model, or a model counts in another unit.
    pub fn new(unit: TimeUnit, models: Vec<P>, groups: Vec<u32>) -> Result<Self> {
        models.iter().try_for_each(|model| same_unit(model.unit(), unit))?;
        if let Some(odd) = groups.iter().find(|group| **group as usize >= models.len()) {
            return Err(Error::parameter("groups", odd, format!("below {}", models.len())));
        }
        Ok(Self { unit, models, groups })
    }
}

impl<P: PurchaseProcess> Models for Grouped<P> {
    type Model = P;

    fn check(&self, customers: &Summaries) -> Result<()> {
        same_unit(self.unit, customers.unit())?;
        let (have, need) = (self.groups.len(), customers.customers().len());
        if have == need {
            return Ok(());
        }
        Err(Error::parameter("groups", have, format!("one for each of {need} customers")))
    }

    fn of(&self, index: usize) -> &P {
        &self.models[self.groups[index] as usize]
    }
}

/// [`PurchaseProcess::orders_ahead`] of any model.
pub(super) fn orders_step_by_step<P: PurchaseProcess>(
    process: &P,
    customer: &Summary,
    schedule: &[(Span, f64)],
) -> OrdersAhead {
    let (mut orders, mut worth) = (0.0, 0.0);
    for &(end, factor) in schedule {
        let until = process.orders_if_alive(customer, end);
        worth += (until - orders) * factor;
        orders = until;
    }
    OrdersAhead { p_alive: process.p_alive(customer), orders, worth }
}

/// The elasticities of the discounted orders of any model.
pub(super) fn elasticities_by_differences<P: PurchaseProcess>(
    process: &P,
    customer: &Summary,
    schedule: &[(Span, f64)],
) -> Result<Vec<f64>> {
    /// The root of a relative rounding error of about 1e-12 leaves six digits of the derivative.
    const STEP: f64 = 1e-4;
    let parameters = process.parameters();
    let log_worth = |parameter: usize, by: f64| -> Result<f64> {
        let mut moved = parameters.clone();
        moved[parameter] *= by.exp();
        let moved = process.with_parameters(&moved)?;
        Ok(moved.orders_ahead(customer, schedule).discounted().ln())
    };
    let slope =
        |parameter| Ok((log_worth(parameter, STEP)? - log_worth(parameter, -STEP)?) / (2.0 * STEP));
    (0..parameters.len()).map(slope).collect()
}

/// Applies `answer` to every customer, with their model and their index, in parallel; the results are in
/// the customers' order.
pub(super) fn for_each<M: Models, T: Send>(
    models: &M,
    customers: &Summaries,
    answer: impl Fn(&M::Model, usize, &Summary) -> T + Sync,
) -> Result<Vec<T>> {
    /// Customers per task: enough to hide its cost, few enough to share the work.
    const CHUNK: usize = 4096;
    models.check(customers)?;
    let customers = customers.customers();
    let parts = map_chunks(customers.len(), CHUNK, |range| {
        range.map(|index| answer(models.of(index), index, &customers[index])).collect::<Vec<T>>()
    });
    Ok(parts.into_iter().flatten().collect())
}

/// P(alive) and expected orders of every customer, in their order.
///
/// # Errors
/// When the models are not for these customers.
pub fn forecasts<M: Models>(
    models: &M,
    customers: &Summaries,
    horizon: Span,
) -> Result<Vec<OrderForecast>> {
    for_each(models, customers, |model, _, customer| {
        let p_alive = model.p_alive(customer);
        let expected_orders = p_alive * model.orders_if_alive(customer, horizon);
        OrderForecast { p_alive, expected_orders }
    })
}

/// The probabilities of 0, 1, … `most` orders within `horizon` for every customer, in their order; what is
/// missing from 1 is the probability of more.
///
/// # Errors
/// When the models are not for these customers.
///
/// # Examples
/// ```
/// use crmstat_models::clv::*;
///
/// let model = BgNbd::new(Dropout::AfterEveryOrder, [0.525, 6.183, 0.891, 1.614], TimeUnit::Week)?;
/// let customers = Summaries::new(TimeUnit::Week, vec![Summary::new(9, 30.0, 31.0)?]);
/// let year = Span::new(52.0, TimeUnit::Week)?;
/// let [distribution] = &orders_distribution(&model, &customers, year, 60)?[..] else { unreachable!() };
/// assert!((distribution.iter().sum::<f64>() - 1.0).abs() < 0.01);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
pub fn orders_distribution<M: Models>(
    models: &M,
    customers: &Summaries,
    horizon: Span,
    most: u32,
) -> Result<Vec<Vec<f64>>> {
    for_each(models, customers, |model, _, customer| {
        (0..=most).map(|n| model.probability(customer, n, horizon)).collect()
    })
}

/// What is expected of one customer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderForecast {
    /// The probability that the customer is still alive.
    pub p_alive: f64,
    /// Orders expected within the horizon.
    pub expected_orders: f64,
}

/// The whole steps of one `unit` within `horizon`; one that ends with it to rounding is within.
pub(super) fn whole_steps(horizon: Span, unit: TimeUnit) -> u32 {
    /// A horizon that was counted in days and back is off by a few units in the last place.
    const ROUNDING: f64 = 1e-9;
    let steps = horizon.in_units(unit);
    (steps * (1.0 + ROUNDING)).floor() as u32
}

/// `Σ share(k) · (discount over k units)` over the steps k = 1, 2, …, for shares that do not rise.
///
/// # Errors
/// Without a discount, when the sum need not be finite, or with one too small to be summed by steps.
pub(super) fn discounted_steps(
    discount: DiscountRate,
    unit: TimeUnit,
    mut share: impl FnMut(u32) -> f64,
) -> Result<f64> {
    /// It takes 36 million steps to reach rounding.
    const LEAST: f64 = 1e-6;
    let rate = needed(discount, unit)?;
    if rate < LEAST {
        return Err(Error::parameter("discount", rate, format!("at least {LEAST} per {unit:?}"))
            .with_hint("count in longer steps, or discount more"));
    }
    let kept = (-rate).exp();
    let (mut factor, mut total) = (1.0, 0.0);
    for step in 1..=u32::MAX {
        factor *= kept;
        let term = share(step) * factor;
        total += term;
        // Later terms are at most this one's, each times another `kept`.
        if term <= 0.25 * f64::EPSILON * -(-rate).exp_m1() * total {
            break;
        }
    }
    Ok(total)
}

/// The continuous rate of `discount`, which an infinite horizon needs.
fn needed(discount: DiscountRate, unit: TimeUnit) -> Result<f64> {
    let rate = discount.continuous(unit);
    if rate > 0.0 {
        return Ok(rate);
    }
    Err(Error::parameter("discount", 0.0, "positive for an infinite horizon"))
}

/// Refuses customers whose unit is not the model's.
fn same_unit(model: TimeUnit, customers: TimeUnit) -> Result<()> {
    if model == customers {
        return Ok(());
    }
    Err(Error::parameter("customers", format!("{customers:?}"), format!("in the unit {model:?}"))
        .with_hint("summarise the orders in the unit that the model was fitted in"))
}

/// Checks that there are `N` parameters of a size that data can have, and names the one that is not.
pub(super) fn positive<const N: usize>(
    names: &[&'static str],
    parameters: &[f64],
) -> Result<[f64; N]> {
    /// Far beyond what a fit reaches in any unit of time, and where nothing overflows or takes long.
    const LEAST: f64 = 1e-15;
    const MOST: f64 = 1e15;
    let parameters: [f64; N] = parameters
        .try_into()
        .map_err(|_| Error::parameter("parameters", parameters.len(), format!("{N} numbers")))?;
    for (name, value) in names.iter().zip(parameters) {
        if !(LEAST..=MOST).contains(&value) {
            return Err(Error::parameter(name, value, format!("between {LEAST:e} and {MOST:e}")));
        }
    }
    Ok(parameters)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Grouped, PurchaseProcess, forecasts, whole_steps};
    use crate::clv::{
        BetaGeometric, BgBb, BgNbd, Dropout, Nbd, ParetoNbd, Span, Summaries, Summary, TimeUnit,
    };

    /// Positive numbers of any size that a fit might visit.
    fn parameter() -> impl Strategy<Value = f64> {
        (-4.0..5.0_f64).prop_map(f64::exp)
    }

    /// Customers from a day to a century, in weeks.
    fn customer() -> impl Strategy<Value = Summary> {
        (0..2000_u32, 0.0..1.0_f64, -2.0..8.5_f64).prop_map(|(x, share, log_end)| {
            let end = log_end.exp();
            Summary::new(x, if x == 0 { 0.0 } else { share * end }, end).unwrap()
        })
    }

    fn check<P: PurchaseProcess>(model: &P, customer: &Summary) -> Result<(), TestCaseError> {
        prop_assert!(model.log_likelihood(customer).is_finite());
        let alive = model.p_alive(customer);
        prop_assert!((0.0..=1.0).contains(&alive), "{}", alive);
        let mut before = 0.0;
        for length in [0.1, 1.0, 10.0, 52.0, 520.0, 1e5] {
            let horizon = Span::new(length, TimeUnit::Week).unwrap();
            let orders = model.orders_if_alive(customer, horizon);
            prop_assert!(orders.is_finite(), "{} in {}", orders, length);
            prop_assert!(orders >= before * (1.0 - 1e-9), "{} after {}", orders, before);
            before = orders;
            for n in [0, 1, 7] {
                let p = model.probability(customer, n, horizon);
                prop_assert!((0.0..=1.0 + 1e-9).contains(&p), "{} for {} in {}", p, n, length);
            }
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn any_customer_of_any_model_gets_sound_answers(
            parameters in [parameter(), parameter(), parameter(), parameter()],
            customer in customer(),
        ) {
            for dropout in [Dropout::AfterEveryOrder, Dropout::AfterRepeatOrder] {
                check(&BgNbd::new(dropout, parameters, TimeUnit::Week).unwrap(), &customer)?;
            }
            check(&ParetoNbd::new(parameters, TimeUnit::Week).unwrap(), &customer)?;
            let [r, alpha, ..] = parameters;
            check(&Nbd::new([r, alpha], TimeUnit::Week).unwrap(), &customer)?;
            check(&BgBb::new(parameters, TimeUnit::Week).unwrap(), &customer)?;
            check(&BetaGeometric::new([r, alpha], TimeUnit::Week).unwrap(), &customer)?;
        }
    }

    #[test]
    fn a_horizon_counted_in_days_and_back_keeps_its_steps() {
        for unit in [TimeUnit::Day, TimeUnit::Week, TimeUnit::Month, TimeUnit::Year] {
            for steps in 1..2000 {
                let days = f64::from(steps) * unit.days();
                let span = Span::new(days, TimeUnit::Day).unwrap();
                assert_eq!(whole_steps(span, unit), steps);
                let short = Span::new(days - 0.01, TimeUnit::Day).unwrap();
                assert_eq!(whole_steps(short, unit), steps - 1);
            }
        }
    }

    #[test]
    fn groups_answer_as_the_models_of_their_customers() {
        let model = |alpha| ParetoNbd::new([0.5, alpha, 0.6, 12.0], TimeUnit::Week).unwrap();
        let customers = vec![Summary::new(2, 30.0, 39.0).unwrap(); 3];
        let customers = Summaries::new(TimeUnit::Week, customers);
        let models = vec![model(10.0), model(20.0)];
        let grouped = Grouped::new(TimeUnit::Week, models.clone(), vec![1, 0, 1]).unwrap();
        let year = Span::new(52.0, TimeUnit::Week).unwrap();
        let found = forecasts(&grouped, &customers, year).unwrap();
        let alone =
            [&models[0], &models[1]].map(|model| model.predict(&customers, year).unwrap()[0]);
        assert_eq!(found, [alone[1], alone[0], alone[1]]);

        assert!(
            Grouped::new(TimeUnit::Week, vec![model(1.0)], vec![1]).unwrap_err().is_parameter()
        );
        assert!(Grouped::new(TimeUnit::Day, vec![model(1.0)], vec![0]).unwrap_err().is_parameter());
        let few = Grouped::new(TimeUnit::Week, vec![model(1.0)], vec![0]).unwrap();
        assert!(forecasts(&few, &customers, year).unwrap_err().is_parameter());
    }
}
