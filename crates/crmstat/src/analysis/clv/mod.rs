//! CLV: who is still a customer, how many orders are to come, and what each customer is worth.
//!
//! The orders of an export are summarised per customer as the literature does (see
//! [`SummaryParams`](crmstat_models::clv::SummaryParams)):
//!
//! - *x*: repeat orders, that is days with a purchase after the first; orders of one day are one;
//! - *`t_x`*: time from the first order to the last; *T*: time from the first order to `as_of`'s eve, the
//!   last observed day;
//! - a refund is taken from the purchases before it, and a day that refunds bring to nothing is no
//!   purchase;
//! - an order of zero is a purchase, unless [`Options::zero_amount`] says otherwise.
//!
//! Then a model of orders ([`OrderModel`]) and the Gamma-Gamma model of spend are fitted, and every
//! customer gets P(alive), the orders and the mean value expected within a horizon, and the discounted
//! value with an interval. [`validate`] holds back the end of the data and compares.
//!
//! ```no_run
//! use crmstat::{analysis::clv, ingest::{Export, ReadOptions}};
//!
//! let mut export = Export::open(&["orders.csv"], ReadOptions::default())?;
//! let imported = clv::estimate(&mut export, &clv::Options::default())?;
//! for customer in imported.result.customers().filter(|customer| customer.value.p_alive > 0.9) {
//!     println!("{}: {:?}", customer.id, customer.value.clv);
//! }
//! # Ok::<(), crmstat::Error>(())
//! ```

mod buyers;
mod model;
mod overview;
mod process;
mod tables;
#[cfg(test)]
mod tests;
mod text;
mod validate;
mod warning;

pub use model::Model;
pub use overview::Overview;
pub use process::{OrderModel, Process};
pub use text::{discount_from_text, span_from_text, unit_from_text, unit_name};
pub use validate::{Predictor, Score, Tracking, Validation, ValidationOptions, validate};
pub use warning::Warning;

use self::buyers::Buyers;
use super::rfm::no_purchases;
use crate::{
    AsOf, Error, Result, Window,
    ingest::{Export, Imported},
    output::Texts,
    tables::{Orders, OrdersQuery},
};
use crmstat_models::clv::{
    ClvParams, CustomerValue, DiscountRate, Interval, OrderDraws, Span, Summaries, Summary,
    TimeUnit, ZeroAmount, frequency_value_correlation,
};

/// What to estimate. The default: MBG/NBD in weeks, a horizon of 52 weeks, 10 % a year of discount, the
/// whole of revenue, intervals of 95 %.
#[derive(Clone, Debug)]
pub struct Options {
    /// The days whose orders count. A beginning cuts off first orders: who ordered before is new again.
    pub window: Window,
    /// The model of orders.
    pub model: OrderModel,
    /// A saved model instead of a fit; it brings its own unit.
    pub fitted: Option<Model>,
    /// The unit in which time is counted.
    pub unit: TimeUnit,
    /// What an order of zero is.
    pub zero_amount: ZeroAmount,
    /// How far to look ahead.
    pub horizon: Span,
    /// What later money is worth less.
    pub discount: DiscountRate,
    /// The share of revenue that is worth something.
    pub margin: f64,
    /// The level of the intervals, between 0 and 1.
    pub level: f64,
    /// How long a customer stays in the simple formula; `None` for the horizon.
    pub lifetime: Option<Span>,
    /// Whether to add what customers are worth for ever.
    pub residual: bool,
    /// Whether to add intervals of the number of orders, by simulation.
    pub simulation: Option<Simulation>,
}

/// How to simulate next orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Simulation {
    /// Simulated outcomes per customer.
    pub draws: usize,
    /// The seed.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        // Both are within the range of their types, so neither `expect` can fail.
        Self {
            window: Window::default(),
            model: OrderModel::default(),
            fitted: None,
            unit: TimeUnit::Week,
            zero_amount: ZeroAmount::default(),
            horizon: Span::new(52.0, TimeUnit::Week).expect("a positive length"),
            discount: DiscountRate::per_year(0.1).expect("a positive rate"),
            margin: 1.0,
            level: 0.95,
            lifetime: None,
            residual: false,
            simulation: None,
        }
    }
}

impl Options {
    fn params(&self) -> ClvParams {
        ClvParams::new(self.horizon).discount(self.discount).margin(self.margin)
    }

    fn check(&self) -> Result<()> {
        self.params().check().map_err(Error::from_model)?;
        if !(self.level > 0.0 && self.level < 1.0) {
            return Err(Error::usage(format!("the level {} is not between 0 and 1", self.level)));
        }
        if self.residual && !process::discounts(self.discount) {
            return Err(Error::usage("what customers are worth for ever needs a discount")
                .with_hint("give one with `--discount`, such as `10%/year`"));
        }
        Ok(())
    }
}

/// What customers are worth, in the order of their ids' bytes.
#[derive(Clone, Debug)]
pub struct Clv {
    as_of: AsOf,
    ids: Texts,
    summaries: Summaries,
    values: Vec<CustomerValue>,
    intervals: Vec<Option<Interval>>,
    residual: Option<Vec<Option<f64>>>,
    orders_intervals: Option<Vec<Interval>>,
    model: Model,
    overview: Overview,
    undone: u64,
    warnings: Vec<Warning>,
}

/// One customer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Customer<'a> {
    /// The customer's id.
    pub id: &'a str,
    /// x, `t_x`, T and the mean repeat value.
    pub summary: Summary,
    /// What is expected of the customer within the horizon.
    pub value: CustomerValue,
    /// The interval of the value, for the uncertainty of the parameters.
    pub interval: Option<Interval>,
    /// What the customer is worth for ever, where asked for.
    pub residual: Option<f64>,
    /// The interval of the number of orders within the horizon, where asked for.
    pub orders: Option<Interval>,
}

/// Estimates what the customers of `export` are worth.
///
/// # Errors
/// What the export cannot bear ([`Export`]), options out of range, no purchase in the window, or nobody
/// with a repeat order.
pub fn estimate(export: &mut Export, options: &Options) -> Result<Imported<Clv>> {
    options.check()?;
    let query = OrdersQuery { window: options.window, fields: Vec::new() };
    let orders = Orders::read(export, &query)?;
    let last_event = orders.span.map(|(_, last)| last.date());
    let as_of = options.window.until.or_else(|| last_event.map(AsOf::day_after));
    let as_of = as_of.ok_or_else(|| no_purchases(export, &orders))?;
    let unit = options.fitted.as_ref().map_or(options.unit, |model| model.orders().unit());
    let buyers = Buyers::of(&orders.result, as_of, unit, options.zero_amount)?;
    if buyers.numbers.is_empty() {
        return Err(no_purchases(export, &orders));
    }
    orders.try_map(|_| Clv::new(as_of, buyers, options))
}

impl Clv {
    /// Estimates what the customers of `orders` that have been read are worth as of `as_of`;
    /// [`Options::window`] does not count.
    ///
    /// # Errors
    /// Options out of range, no purchase before `as_of`, or nobody with a repeat order.
    pub fn of_orders(orders: &Orders, as_of: AsOf, options: &Options) -> Result<Self> {
        options.check()?;
        let unit = options.fitted.as_ref().map_or(options.unit, |model| model.orders().unit());
        let buyers = Buyers::of(orders, as_of, unit, options.zero_amount)?;
        if buyers.numbers.is_empty() {
            return Err(Error::data(format!("no purchase before {as_of}")));
        }
        Self::new(as_of, buyers, options)
    }

    fn new(as_of: AsOf, buyers: Buyers, options: &Options) -> Result<Self> {
        let Buyers { ids, summaries, revenue, undone, .. } = buyers;
        let (model, no_spend) = match &options.fitted {
            Some(model) => (model.clone(), None),
            None => Model::fit(&summaries, options.model)?,
        };
        let mut warnings = doubts(&summaries, &model, options);
        warnings.extend(no_spend);
        let (values, intervals) = valued(&model, &summaries, options, &mut warnings)?;
        let residual = match model.spend().filter(|_| options.residual) {
            Some(spend) => {
                Some(model.orders().residual_values(options.params(), spend, &summaries)?)
            }
            None => None,
        };
        let draws = options.simulation.map(|Simulation { draws, seed }| OrderDraws {
            level: options.level,
            draws,
            seed,
        });
        let orders_intervals = draws
            .map(|draws| model.orders().orders_intervals(&summaries, options.horizon, draws))
            .transpose()?;
        let overview = Overview::of(&summaries, &values, revenue, &model, options);
        Ok(Self {
            as_of,
            ids,
            summaries,
            values,
            intervals,
            residual,
            orders_intervals,
            model,
            overview,
            undone,
            warnings,
        })
    }

    /// The exclusive instant of observation; the calibration ends on the day before.
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// Valued customers.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no customer.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The customers, in the order of their ids' bytes.
    pub fn customers(&self) -> impl Iterator<Item = Customer<'_>> {
        let nth = |of: &Option<Vec<Interval>>, at: usize| of.as_ref().map(|all| all[at]);
        (0..self.len()).map(move |at| Customer {
            id: self.ids.get(at).unwrap_or_default(),
            summary: self.summaries.customers()[at],
            value: self.values[at],
            interval: self.intervals[at],
            residual: self.residual.as_ref().and_then(|all| all[at]),
            orders: nth(&self.orders_intervals, at),
        })
    }

    /// The summaries that the models read.
    pub fn summaries(&self) -> &Summaries {
        &self.summaries
    }

    /// The models of orders and spend.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The totals, and the simple lifetime value beside them.
    pub fn overview(&self) -> &Overview {
        &self.overview
    }

    /// Customers whose orders were all undone by refunds; they are not valued.
    pub fn undone(&self) -> u64 {
        self.undone
    }

    /// What to know before using the numbers.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

/// Values and, where the models have a covariance, their intervals.
fn valued(
    model: &Model,
    customers: &Summaries,
    options: &Options,
    warnings: &mut Vec<Warning>,
) -> Result<(Vec<CustomerValue>, Vec<Option<Interval>>)> {
    let params = options.params();
    if let Some(spend) = model.spend() {
        match model.orders().value_intervals(params, spend, customers, options.level) {
            Ok(found) => return Ok(found.into_iter().map(|each| (each.value, each.clv)).unzip()),
            Err(error) if error.is_data() => {
                warnings.push(Warning::NoIntervals(error.to_string()));
            }
            Err(error) => return Err(error),
        }
    }
    let values = model.orders().values(params, options.horizon, model.spend(), customers)?;
    let none = vec![None; values.len()];
    Ok((values, none))
}

/// What speaks against the model, as far as the data show it.
fn doubts(customers: &Summaries, model: &Model, options: &Options) -> Vec<Warning> {
    let all = customers.customers();
    let repeat = all.iter().filter(|customer| customer.x() > 0).count();
    let longest = all.iter().map(Summary::T).fold(0.0, f64::max);
    let orders = model.orders();
    let mut found = Vec::new();
    if repeat < Warning::FEW_REPEAT_CUSTOMERS {
        found.push(Warning::FewRepeatCustomers(repeat));
    }
    if orders.estimate().is_some_and(|estimate| !estimate.converged) {
        found.push(Warning::NotConverged(orders.model().name()));
    }
    let one_time = (all.len() - repeat) as f64 / all.len() as f64;
    if orders.model() == OrderModel::BgNbd && one_time >= Warning::ONE_TIME_BUYERS {
        found.push(Warning::AliveByAssumption(one_time));
    }
    let times = options.horizon.in_units(customers.unit()) / longest;
    if longest > 0.0 && times > Warning::HORIZON {
        found.push(Warning::LongHorizon(times));
    }
    if let Some(spend) = model.spend() {
        if spend.estimate().is_some_and(|estimate| !estimate.converged) {
            found.push(Warning::NotConverged(GAMMA_GAMMA));
        }
        if spend.population_mean().is_none() {
            found.push(Warning::InfiniteMean(spend.parameters()[1]));
        }
        let correlation = frequency_value_correlation(customers);
        if let Some(correlation) = correlation.filter(|r| r.abs() > Warning::CORRELATION) {
            found.push(Warning::Correlated(correlation));
        }
    }
    found
}

/// The name of the model of spend.
const GAMMA_GAMMA: &str = "gamma-gamma";
