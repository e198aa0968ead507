//! From orders to what the models read, customer by customer.
//!
//! Orders of one day are one purchase and a refund may undo an earlier day, so the orders of a customer
//! must be seen together: they are read as [`Orders`], about 20 bytes each.

use super::{Warning, calendar::Calendar};
use crate::{
    AsOf, Date, Error, Money, Result,
    analysis::cohorts::Terms,
    ingest::Field,
    output::Texts,
    tables::{Orders, Records},
};
use crmstat_models::clv::{Purchase, Summaries, Summary, SummaryParams, TimeUnit, ZeroAmount};
use rayon::prelude::*;
use std::collections::HashMap;

/// The customers that a model is for, in the order of their ids' bytes.
#[derive(Clone, Debug)]
pub(super) struct Buyers {
    pub(super) ids: Texts,
    pub(super) summaries: Summaries,
    /// The number of each among the customers of the orders; `None` without an order.
    pub(super) numbers: Vec<Option<usize>>,
    /// Customers whose orders were all undone by refunds, or who have refunds only.
    pub(super) undone: u64,
    /// The net amount of all orders before `as_of`.
    pub(super) revenue: Money,
    /// What was left out.
    pub(super) warnings: Vec<Warning>,
}

/// When the world is observed, in which unit, and what an order of zero is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Observation {
    pub(super) as_of: AsOf,
    pub(super) unit: TimeUnit,
    pub(super) zero_amount: ZeroAmount,
}

impl Observation {
    fn params(self) -> SummaryParams {
        let Self { as_of, unit, zero_amount } = self;
        SummaryParams::new(last_day(as_of), unit).zero_amount(zero_amount)
    }

    /// The days with a purchase of the customer number `customer`.
    fn days(self, orders: &Orders, customer: usize) -> Result<Vec<Purchase>> {
        self.params().purchase_days(&purchases(orders, customer)).map_err(Error::from_model)
    }
}

impl Buyers {
    /// Summarises the customers of `orders`, who may buy at any time.
    pub(super) fn of(orders: &Orders, observed: Observation) -> Result<Self> {
        let params = observed.params();
        Self::summarised(orders, observed, |customer| {
            params.summary(&purchases(orders, customer)).map_err(Error::from_model)
        })
    }

    /// Summarises the customers of `orders`, who may buy once in each period of the calendar.
    ///
    /// The period of the first purchase is no occasion, nor is one that `as_of` cuts off. The mean value is
    /// that of the later periods with a purchase.
    pub(super) fn on_occasions(orders: &Orders, observed: Observation) -> Result<Self> {
        let calendar = Calendar(observed.unit);
        let cut_off = calendar.number(observed.as_of.date());
        let mut found = Self::summarised(orders, observed, |customer| {
            let days = observed.days(orders, customer)?;
            let periods = days.iter().map(|day| calendar.number(Date::from_days(day.day)));
            let Some(first) = periods.clone().next() else { return Ok(None) };
            let n = f64::from((cut_off - 1 - first).max(0));
            let (mut x, mut last, mut amount) = (0, first, 0.0);
            for (period, day) in
                periods.zip(&days).filter(|(at, _)| (first + 1..cut_off).contains(at))
            {
                x += u32::from(period != last);
                last = period;
                amount += day.amount;
            }
            let summary = Summary::new(x, f64::from(last - first), n);
            let summary = summary.and_then(|summary| match x {
                0 => Ok(summary),
                _ => summary.with_mean_repeat_value(amount / f64::from(x)),
            });
            summary.map(Some).map_err(Error::from_model)
        })?;
        let begun = calendar.first_day(cut_off);
        if begun < observed.as_of.date() {
            found.warnings.push(Warning::OccasionCutOff(begun));
        }
        Ok(found)
    }

    fn summarised(
        orders: &Orders,
        observed: Observation,
        summary: impl Fn(usize) -> Result<Option<Summary>> + Sync,
    ) -> Result<Self> {
        let customers = orders.customers().len();
        let summaries: Vec<Option<Summary>> =
            (0..customers).into_par_iter().map(&summary).collect::<Result<_>>()?;
        let numbers: Vec<usize> =
            (0..customers).filter(|customer| summaries[*customer].is_some()).collect();
        let is_observed = |customer: &usize| {
            orders.of_customer(*customer).any(|at| is_before(orders, at, observed.as_of))
        };
        let ordered = (0..customers).filter(is_observed).count();
        Ok(Self {
            ids: numbers.iter().map(|customer| orders.customers().get(*customer)).collect(),
            undone: (ordered - numbers.len()) as u64,
            numbers: numbers.into_iter().map(Some).collect(),
            summaries: Summaries::new(observed.unit, summaries.into_iter().flatten().collect()),
            revenue: revenue(orders, observed.as_of)?,
            warnings: Vec::new(),
        })
    }

    /// Summarises the contracts in the table `customers`, whose terms are periods of the calendar from their
    /// own first day on; `orders` say what they brought.
    ///
    /// A contract that ends within a period was not renewed at its end. The mean value is what the
    /// customer's orders brought from the first renewal on, per renewal.
    pub(super) fn under_contract(
        orders: &Orders,
        customers: &Records,
        observed: Observation,
    ) -> Result<Self> {
        let calendar = Calendar(observed.unit);
        let last_day = Date::from_days(last_day(observed.as_of));
        let terms = Terms::of(customers, observed.as_of)?;
        let known: HashMap<&str, usize> = (0..orders.customers().len())
            .filter_map(|number| Some((orders.customers().get(number)?, number)))
            .collect();
        let labels = customers.labels(Field::CustomerId);
        let id = |row: usize| labels.and_then(|labels| labels.get(row)).unwrap_or_default();
        let mut contracts = terms.contracts.clone();
        contracts.sort_by(|a, b| id(a.row).cmp(id(b.row)));
        if let Some(pair) = contracts.windows(2).find(|pair| id(pair[0].row) == id(pair[1].row)) {
            let id = id(pair[0].row);
            return Err(Error::data(format!("the customer `{id}` has two contracts"))
                .with_hint("the table of customers needs one row per customer"));
        }
        let mut found = Self {
            ids: contracts.iter().map(|contract| Some(id(contract.row))).collect(),
            numbers: contracts.iter().map(|each| known.get(id(each.row)).copied()).collect(),
            summaries: Summaries::new(observed.unit, Vec::new()),
            undone: 0,
            revenue: revenue(orders, observed.as_of)?,
            warnings: terms.left_out().map(|(rows, why)| Warning::LeftOut(rows, why)).collect(),
        };
        let with_orders = found.numbers.iter().flatten().count();
        let strangers = orders.customers().len() - with_orders;
        if strangers > 0 {
            found.warnings.push(Warning::LeftOut(strangers as u64, "customers have no contract"));
        }
        let mut summaries = Vec::with_capacity(contracts.len());
        for (contract, number) in contracts.iter().zip(&found.numbers) {
            let observed_periods = calendar.elapsed(contract.start, last_day);
            let (renewals, periods) = match contract.end {
                None => (observed_periods, observed_periods),
                Some(end) => {
                    // Left at the end of the period in which the contract ends.
                    let whole = calendar.elapsed(contract.start, end);
                    let is_within = whole == 0 || calendar.after(contract.start, whole) < end;
                    let lasted = whole + u32::from(is_within);
                    (lasted - 1, observed_periods.max(lasted))
                }
            };
            let count = f64::from(renewals);
            let summary = Summary::new(renewals, count, f64::from(periods));
            let summary = summary.map_err(Error::from_model)?;
            summaries.push(match number.filter(|_| renewals > 0) {
                None => summary,
                Some(number) => {
                    let paid = calendar.after(contract.start, 1).days()
                        ..calendar.after(contract.start, renewals + 1).days();
                    let days = observed.days(orders, number)?;
                    let amount: f64 = days
                        .iter()
                        .filter(|day| paid.contains(&day.day))
                        .map(|day| day.amount)
                        .sum();
                    summary.with_mean_repeat_value(amount / count).map_err(Error::from_model)?
                }
            });
        }
        found.summaries = Summaries::new(observed.unit, summaries);
        Ok(found)
    }
}

/// The last day before `as_of`.
pub(super) fn last_day(as_of: AsOf) -> i32 {
    as_of.date().days() - 1
}

/// The dated amounts of the customer number `customer`.
pub(super) fn purchases(orders: &Orders, customer: usize) -> Vec<Purchase> {
    let range = orders.of_customer(customer);
    range
        .map(|order| Purchase {
            day: orders.at()[order].date().days(),
            amount: orders.amount()[order].to_f64(),
        })
        .collect()
}

fn is_before(orders: &Orders, order: usize, as_of: AsOf) -> bool {
    orders.at()[order].date() < as_of.date()
}

/// The net amount of all orders before `as_of`.
fn revenue(orders: &Orders, as_of: AsOf) -> Result<Money> {
    let before = (0..orders.len()).filter(|order| is_before(orders, *order, as_of));
    let revenue: Option<Money> = before.map(|order| orders.amount()[order]).sum();
    revenue.ok_or_else(|| Error::data("the revenue is past the range of money"))
}
