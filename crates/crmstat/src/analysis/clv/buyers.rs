//! From orders to what the models read, customer by customer.
//!
//! Orders of one day are one purchase and a refund may undo an earlier day, so the orders of a customer
//! must be seen together: they are read as [`Orders`], about 20 bytes each.

use super::{Warning, calendar::Calendar};
use crate::{
    AsOf, Date, Error, Money, Result,
    data::{Orders, Texts},
};
use crmstat_models::clv::{Purchase, Summaries, Summary, SummaryParams, TimeUnit, ZeroAmount};
use crmstat_models::parallel::map_chunks;
use rayon::prelude::*;

/// The customers that a model is for, in the order of their ids' bytes.
#[derive(Clone, Debug)]
pub(super) struct Buyers {
    pub(super) ids: Texts,
    pub(super) summaries: Summaries,
    /// The number of each among the customers of the orders; `None` without an order.
    pub(super) numbers: Vec<Option<usize>>,
    /// Customers whose orders were all undone by refunds, or who have refunds only.
    pub(super) undone: u64,
    /// The net amount of their orders before `as_of`.
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
    pub(super) fn days(self, orders: &Orders, customer: usize) -> Result<Vec<Purchase>> {
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
        let ordered = (0..customers).into_par_iter().filter(is_observed).count();
        Ok(Self {
            ids: numbers.iter().map(|customer| orders.customers().get(*customer)).collect(),
            undone: (ordered - numbers.len()) as u64,
            numbers: numbers.into_iter().map(Some).collect(),
            summaries: Summaries::new(observed.unit, summaries.into_iter().flatten().collect()),
            revenue: revenue(orders, observed.as_of)?,
            warnings: Vec::new(),
        })
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

/// The net amount of the customers' orders before `as_of`.
pub(super) fn revenue(orders: &Orders, as_of: AsOf) -> Result<Money> {
    /// Orders per task.
    const CHUNK: usize = 1 << 16;
    let parts = map_chunks(orders.of_nobody().start, CHUNK, |range| {
        let before = range.filter(|order| is_before(orders, *order, as_of));
        before.map(|order| i128::from(orders.amount()[order].units())).sum::<i128>()
    });
    let revenue = i64::try_from(parts.into_iter().sum::<i128>()).ok().map(Money::from_units);
    revenue.ok_or_else(|| Error::data("the revenue is past the range of money"))
}
