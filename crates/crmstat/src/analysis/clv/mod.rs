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
//! Two models count in whole periods of the calendar (day, ISO week, month, year: the unit):
//!
//! - [`OrderModel::BgBb`], for purchases that are bound to occasions: every period after that of the first
//!   purchase is one, up to the last that is over before `as_of`. x counts those with a purchase, `t_x` is the
//!   last of these and T their number; the mean value is that of a period with a purchase.
//! - [`OrderModel::Sbg`], for contracts ([`Beside::contracts`]): periods are counted from each contract's first
//!   day. x counts renewals, T the periods so far; a contract that ends within a period was not renewed at
//!   its end. Expected orders are renewals, the mean value is what the customer's orders brought from the
//!   first renewal on, per renewal.
//!
//! A horizon is rounded to whole periods for them, and what a period brings is paid at its end.
//!
//! With [`Beside::attributes`] the Pareto/NBD takes customers' attributes into account: see
//! [`WithCovariates`].
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
mod calendar;
mod choice;
mod contracts;
mod covariates;
mod model;
mod overview;
mod process;
mod tables;
#[cfg(test)]
mod tests;
mod text;
mod validate;
mod warning;

pub use choice::{Comparison, Rival};
pub use covariates::WithCovariates;
pub use model::Model;
pub use overview::Overview;
pub use process::{OrderModel, Parameter, Process};
pub use text::{discount_from_text, span_from_text, unit_from_text, unit_name};
pub use validate::{
    Predictor, Score, Tracking, Validation, ValidationOptions, validate, validate_orders,
};
pub use warning::Warning;
pub(crate) use warning::limit_words;

use self::{
    buyers::{Buyers, Observation},
    process::Asked,
};
use crate::{
    AsOf, Error, Money, Result, Window,
    data::{Column, CustomerTable, Field, Orders, OrdersQuery, Records, Texts},
    ingest::{Export, Imported, pass::verdict::no_purchases},
};
use crmstat_models::clv::{
    ClvParams, CustomerValue, DiscountRate, GammaGamma, Interval, OrderDraws, Outcome,
    ParameterDraws, Span, Summaries, Summary, TimeUnit, ZeroAmount, frequency_value_correlation,
};

/// What to estimate. The default: MBG/NBD in weeks, a horizon of 52 weeks, 10 % a year of discount, the
/// whole of revenue, intervals of 95 %.
#[derive(Clone, Debug)]
pub struct Options {
    /// The days whose orders count. A beginning cuts off first orders: who ordered before is new again.
    pub window: Window,
    /// The model of orders.
    pub model: OrderModel,
    /// Whether to choose the model of orders at any time by likelihood and by orders held back, see
    /// [`Comparison`]; [`Options::model`] does not count then.
    pub choose: bool,
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
    /// Whether to add the intervals of what will come, orders and value, by simulation.
    pub simulation: Option<Simulation>,
    /// Draws of the parameters to take the intervals of values from; `None` is the delta method.
    pub interval_draws: Option<Simulation>,
    /// Whether to add the probabilities of 0, 1, … so many orders within the horizon, at most
    /// [`Options::MOST_COUNTED`].
    pub distribution: Option<u32>,
}

/// What is known of customers beside their orders.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside<'a> {
    /// The table of customers with the starts and ends of contracts, which [`OrderModel::Sbg`] needs.
    pub contracts: Option<&'a Records>,
    /// Attributes of customers: every column is a covariate of the Pareto/NBD.
    pub attributes: Option<&'a CustomerTable>,
}

/// How to simulate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Simulation {
    /// Draws, for each customer.
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
            choose: false,
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
            interval_draws: None,
            distribution: None,
        }
    }
}

impl Options {
    /// The most orders whose probabilities are told one by one.
    pub const MOST_COUNTED: u32 = 1000;

    /// The model that is asked for, or the saved one's.
    fn order_model(&self) -> OrderModel {
        self.fitted.as_ref().map_or(self.model, |model| model.orders().model())
    }

    /// The unit of the model.
    fn model_unit(&self) -> TimeUnit {
        self.fitted.as_ref().map_or(self.unit, |model| model.orders().unit())
    }

    /// How far the model looks ahead: whole units where it counts in these.
    fn ahead(&self) -> Result<Span> {
        if !self.order_model().is_stepwise() {
            return Ok(self.horizon);
        }
        let unit = self.model_unit();
        Span::new(self.horizon.in_units(unit).round(), unit).map_err(|_| {
            let (model, unit) = (self.order_model().name(), unit_name(unit));
            Error::usage(format!(
                "the horizon is under half a {unit}, and {model} counts whole ones"
            ))
            .with_hint("look further ahead, or count in a shorter unit")
        })
    }

    fn params(&self) -> Result<ClvParams> {
        let ahead = self.ahead()?;
        let params = ClvParams::new(ahead).discount(self.discount).margin(self.margin);
        if !self.order_model().is_stepwise() {
            return Ok(params);
        }
        let step = Span::new(1.0, self.model_unit()).map_err(Error::from_model)?;
        Ok(params.step(step))
    }

    fn check(&self, beside: Beside<'_>) -> Result<()> {
        self.params()?.check().map_err(Error::from_model)?;
        let model = self.order_model();
        if self.choose && (self.fitted.is_some() || beside.attributes.is_some()) {
            return Err(Error::usage("there is no model to choose")
                .with_hint("leave out the saved model and the covariates, or name the model"));
        }
        if model == OrderModel::Sbg && beside.contracts.is_none() {
            return Err(Error::usage("`sbg` needs the starts and ends of contracts")
                .with_hint("give the table that has them with `--customers FILE`"));
        }
        if model != OrderModel::ParetoNbd && beside.attributes.is_some() {
            return Err(Error::usage(format!("`{}` takes no covariates", model.name()))
                .with_hint(format!("`{}` does", OrderModel::ParetoNbd.name())));
        }
        if let Some(most) = self.distribution.filter(|most| *most > Self::MOST_COUNTED) {
            let allowed = Self::MOST_COUNTED;
            return Err(Error::usage(format!("a distribution of up to {most} orders"))
                .with_hint(format!("ask for at most {allowed}; the rest is summed up")));
        }
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
    outcomes: Option<Vec<Outcome>>,
    comparison: Option<Comparison>,
    distribution: Option<Vec<Vec<f64>>>,
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
    /// The interval of the *mean* value, for the uncertainty of the parameters; what will come varies more, see
    /// [`Customer::outcome`].
    pub interval: Option<Interval>,
    /// What the customer is worth for ever, where asked for.
    pub residual: Option<f64>,
    /// The intervals of what will come within the horizon, where asked for.
    pub outcome: Option<Outcome>,
    /// The probabilities of 0, 1, … orders within the horizon, where asked for.
    pub distribution: Option<&'a [f64]>,
}

/// Estimates what the customers of `export` are worth.
///
/// # Errors
/// What the export cannot bear ([`Export`]), options out of range, no purchase in the window, or nobody
/// with a repeat order.
pub fn estimate(export: &mut Export, options: &Options) -> Result<Imported<Clv>> {
    estimate_with(export, Beside::default(), options)
}

/// The same with what is known of customers beside their orders.
///
/// # Errors
/// As [`estimate`]; a table without starts of contracts, or with two contracts of one customer; a covariate
/// that is the same for all or has too many kinds.
pub fn estimate_with(
    export: &mut Export,
    beside: Beside<'_>,
    options: &Options,
) -> Result<Imported<Clv>> {
    options.check(beside)?;
    let query = OrdersQuery { window: options.window, ..OrdersQuery::default() };
    let orders = Orders::read(export, &query)?;
    let last = orders.span.map(|(_, last)| last.date());
    match of_window(&orders.result, last, beside, options)? {
        Some(found) => orders.try_map(|_| Ok(found)),
        None => Err(no_purchases(export, &orders)),
    }
}

/// Estimates how often the customers of a log of events without amounts come back: a day with an event of a
/// customer is an order that brings nothing, so that orders are expected but no values. `export` must have been
/// opened for [`TableKind::Activities`](crate::data::TableKind::Activities).
///
/// # Errors
/// What the export cannot bear, a log that names no customers, options out of range, no event in the window, or
/// nobody with two days of events.
pub fn estimate_events(export: &mut Export, options: &Options) -> Result<Imported<Clv>> {
    options.check(Beside::default())?;
    let events = Records::read(export)?;
    let columns = [(Field::CustomerId, Field::CustomerId), (Field::At, Field::OrderedAt)];
    let mut of_orders = Vec::with_capacity(columns.len() + 1);
    for (field, of_order) in columns {
        let column = events.result.field(field).ok_or_else(|| {
            Error::data(format!("the events have no {field}")).with_hint("name its column")
        })?;
        of_orders.push((of_order, column.clone()));
    }
    let nothing = vec![Some(Money::ZERO); events.result.len()];
    of_orders.push((Field::Amount, Column::Money(nothing)));
    let orders = Orders::builder().columns(of_orders)?.build()?.result;
    let options = Options { zero_amount: ZeroAmount::Purchase, ..options.clone() };
    let found = estimate_orders(&orders, Beside::default(), &options)?;
    events.try_map(|_| Ok(found))
}

/// Estimates what the customers of `orders` that have been read are worth; the orders of
/// [`Options::window`] count.
///
/// # Errors
/// As [`estimate_with`], what an export cannot bear aside.
pub fn estimate_orders(orders: &Orders, beside: Beside<'_>, options: &Options) -> Result<Clv> {
    options.check(beside)?;
    let orders = orders.within(options.window);
    let last = orders.span().map(|(_, last)| last);
    of_window(&orders, last, beside, options)?.ok_or_else(|| {
        Error::data("no purchase in the window").with_hint("check `--as-of` and `--since`")
    })
}

/// The values of the customers of `orders`, all of them within the window; `None` without a purchase.
fn of_window(
    orders: &Orders,
    last: Option<crate::Date>,
    beside: Beside<'_>,
    options: &Options,
) -> Result<Option<Clv>> {
    let last = last.map(AsOf::day_after);
    let Some(as_of) = options.window.until.or(last) else { return Ok(None) };
    Clv::of_chosen(orders, as_of, beside, options)
}

/// The customers that the model asked for is made for.
fn buyers(orders: &Orders, as_of: AsOf, beside: Beside<'_>, options: &Options) -> Result<Buyers> {
    let (unit, zero_amount) = (options.model_unit(), options.zero_amount);
    let observed = Observation { as_of, unit, zero_amount };
    match (options.order_model(), beside.contracts) {
        (OrderModel::BgBb, _) => Buyers::on_occasions(orders, observed),
        (OrderModel::Sbg, Some(contracts)) => Buyers::under_contract(orders, contracts, observed),
        _ => Buyers::of(orders, observed),
    }
}

impl Clv {
    /// Estimates what the customers of `orders` that have been read are worth as of `as_of`;
    /// [`Options::window`] does not count.
    ///
    /// # Errors
    /// Options out of range, no purchase before `as_of`, or nobody with a repeat order.
    pub fn of_orders(orders: &Orders, as_of: AsOf, options: &Options) -> Result<Self> {
        let beside = Beside::default();
        options.check(beside)?;
        Self::of_chosen(orders, as_of, beside, options)?
            .ok_or_else(|| Error::data(format!("no purchase before {as_of}")))
    }

    /// With the model that is asked for, or chosen; `None` without a purchase.
    fn of_chosen(
        orders: &Orders,
        as_of: AsOf,
        beside: Beside<'_>,
        options: &Options,
    ) -> Result<Option<Self>> {
        let comparison =
            options.choose.then(|| Comparison::of(orders, as_of, options)).transpose()?;
        let model = comparison.as_ref().map_or(options.model, Comparison::chosen);
        let options = Options { model, choose: false, ..options.clone() };
        let buyers = buyers(orders, as_of, beside, &options)?;
        if buyers.numbers.is_empty() {
            return Ok(None);
        }
        let found = Self::new(as_of, buyers, beside, &options)?;
        Ok(Some(Self { comparison, ..found }))
    }

    fn new(as_of: AsOf, buyers: Buyers, beside: Beside<'_>, options: &Options) -> Result<Self> {
        let Buyers { ids, summaries, revenue, undone, mut warnings, .. } = buyers;
        let (model, no_spend) = match (&options.fitted, beside.attributes) {
            (Some(model), _) => (model.clone(), None),
            (None, None) => Model::fit(&summaries, options.model)?,
            (None, Some(table)) => Model::fit_with_covariates(&summaries, &ids, table)?,
        };
        warnings.extend(doubts(&summaries, &model, options));
        warnings.extend(no_spend);
        let (asked, unknown) = model.orders().for_customers(&summaries, &ids, beside.attributes)?;
        warnings.extend(unknown);
        let (values, intervals) = valued(&asked, model.spend(), options, &mut warnings)?;
        let residual = match model.spend().filter(|_| options.residual) {
            Some(spend) => Some(asked.residual_values(options.params()?, spend)?),
            None => None,
        };
        if options.fitted.is_none() && beside.attributes.is_none() {
            let better = choice::better_than(options.model, &summaries)?;
            let own = options.model.name();
            warnings.extend(better.map(|(other, by)| Warning::AnotherFits(own, other.name(), by)));
        }
        let ahead = options.ahead()?;
        let draws = options.simulation.map(|Simulation { draws, seed }| OrderDraws {
            level: options.level,
            draws,
            seed,
        });
        let params = options.params()?;
        let outcomes =
            draws.map(|draws| asked.outcomes(params, model.spend(), draws)).transpose()?;
        let distribution =
            options.distribution.map(|most| asked.orders_distribution(ahead, most)).transpose()?;
        let overview = Overview::of(&summaries, &values, revenue, &model, options)?;
        Ok(Self {
            as_of,
            ids,
            summaries,
            values,
            intervals,
            residual,
            outcomes,
            comparison: None,
            distribution,
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
        (0..self.len()).map(|at| self.customer(at))
    }

    /// The customer number `at`.
    ///
    /// # Panics
    /// When there is no such customer, as a slice does.
    pub fn customer(&self, at: usize) -> Customer<'_> {
        Customer {
            id: self.ids.get(at).unwrap_or_default(),
            summary: self.summaries.customers()[at],
            value: self.values[at],
            interval: self.intervals[at],
            residual: self.residual.as_ref().and_then(|all| all[at]),
            outcome: self.outcomes.as_ref().map(|all| all[at]),
            distribution: self.distribution.as_ref().map(|all| &all[at][..]),
        }
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

    /// What the model of orders was chosen from, where it was.
    pub fn comparison(&self) -> Option<&Comparison> {
        self.comparison.as_ref()
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
    asked: &Asked<'_>,
    spend: Option<&GammaGamma>,
    options: &Options,
    warnings: &mut Vec<Warning>,
) -> Result<(Vec<CustomerValue>, Vec<Option<Interval>>)> {
    let (params, level) = (options.params()?, options.level);
    let draws = options.interval_draws;
    let draws = draws.map(|Simulation { draws, seed }| ParameterDraws { level, draws, seed });
    if let Some(spend) = spend {
        match asked.value_intervals(params, spend, level, draws) {
            Ok(found) => return Ok(found.into_iter().map(|each| (each.value, each.clv)).unzip()),
            Err(error) if error.is_data() => {
                warnings.push(Warning::NoIntervals(error.to_string()));
            }
            Err(error) => return Err(error),
        }
    }
    let values = asked.values(params, options.ahead()?, spend)?;
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
    found.extend(Warning::of_fit(orders.model().name(), orders.estimate()));
    let one_time = (all.len() - repeat) as f64 / all.len() as f64;
    if orders.model() == OrderModel::BgNbd && one_time >= Warning::ONE_TIME_BUYERS {
        found.push(Warning::AliveByAssumption(one_time));
    }
    let times = options.horizon.in_units(customers.unit()) / longest;
    if longest > 0.0 && times > Warning::HORIZON {
        found.push(Warning::LongHorizon(times));
    }
    if let Some(spend) = model.spend() {
        found.extend(Warning::of_fit(GAMMA_GAMMA, spend.estimate()));
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
