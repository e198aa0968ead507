//! Cohorts: who came when, how many came back, what they brought, and how long they stay.
//!
//! [`acquisition`] groups customers by the calendar period of their first order and follows each group;
//! [`divided`] does so for each label of a column, such as the channel or the product of the first purchase;
//! [`flow`] says who is new, active, reactivated and lost from period to period.
//! [`time_to_next_order`] and [`contracts`] estimate survival by Kaplan and Meier.
//!
//! A refund is revenue of its period but neither an order nor a first one. Where the data begin later than
//! the business, the first cohorts hold customers who had ordered before.

mod divided;
mod flow;
mod orders;
mod period;
mod survival;
mod terms;
#[cfg(test)]
mod tests;

pub use divided::{Divided, divided};
#[cfg(test)]
pub(in crate::analysis) use flow::wanted as flow_wanted;
pub use flow::{Flow, FlowRow, flow, flow_of};
pub use period::Period;
pub use survival::{Contracts, Survival, SurvivalOptions, contracts, time_to_next_order};

pub(in crate::analysis) use terms::{Contract, Terms};

use crate::{
    AsOf, Date, Error, Money, Result, Window,
    data::{
        Orders, OrdersQuery,
        table::{Column, Table},
    },
    ingest::{Export, Imported, pass::verdict::no_purchases},
};
use crmstat_models::clv::Cohort;
use std::borrow::Cow;

/// How to group.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The days whose orders count. A beginning makes who ordered before it new again.
    pub window: Window,
    /// The period of the calendar.
    pub period: Period,
}

/// A figure of a matrix of cohorts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// The share of the cohort that ordered.
    Retention,
    /// How many of the cohort ordered.
    Active,
    /// What the cohort brought.
    Revenue,
    /// What a customer of the cohort brought up to that age.
    CumulativeRevenue,
}

/// Customers by the period of their first order, oldest cohort first.
#[derive(Clone, Debug)]
pub struct Acquisition {
    as_of: AsOf,
    period: Period,
    cohorts: Vec<Cohort>,
}

/// Groups the customers of `export`.
///
/// # Errors
/// What the export cannot bear ([`Export`]), or no purchase in the window.
pub fn acquisition(export: &mut Export, options: &Options) -> Result<Imported<Acquisition>> {
    let (orders, as_of) = read(export, options.window)?;
    let found = Acquisition::of_orders(&orders.result, as_of, options.period);
    if found.cohorts.is_empty() {
        return Err(no_purchases(export, &orders));
    }
    orders.try_map(|_| Ok(found))
}

/// Groups the customers of `orders` that have been read; the orders of [`Options::window`] count.
///
/// # Errors
/// No purchase in the window.
pub fn acquisition_of(orders: &Orders, options: &Options) -> Result<Acquisition> {
    let (orders, as_of) = within(orders, options.window)?;
    let found = Acquisition::of_orders(&orders, as_of, options.period);
    if found.cohorts.is_empty() {
        return Err(none_in_window());
    }
    Ok(found)
}

/// The orders of `window` and the instant of observation.
fn within(orders: &Orders, window: Window) -> Result<(Cow<'_, Orders>, AsOf)> {
    let orders = orders.within(window);
    let last = orders.span().map(|(_, last)| AsOf::day_after(last));
    let as_of = window.until.or(last).ok_or_else(none_in_window)?;
    Ok((orders, as_of))
}

fn none_in_window() -> Error {
    Error::data("no purchase in the window").with_hint("check `--as-of` and `--since`")
}

/// The orders of `window` in `export` and the instant of observation.
fn read(export: &mut Export, window: Window) -> Result<(Imported<Orders>, AsOf)> {
    let orders = Orders::read(export, &OrdersQuery { window, ..OrdersQuery::default() })?;
    let last_event = orders.span.map(|(_, last)| last.date());
    let as_of = window.until.or_else(|| last_event.map(AsOf::day_after));
    let as_of = as_of.ok_or_else(|| no_purchases(export, &orders))?;
    Ok((orders, as_of))
}

impl Acquisition {
    /// The exclusive instant of observation.
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// The period of the calendar.
    pub fn period(&self) -> Period {
        self.period
    }

    /// The cohorts; their revenue is in units of 1/10,000, see [`Money::from_units`].
    pub fn cohorts(&self) -> &[Cohort] {
        &self.cohorts
    }

    /// The first day of the last period, if `as_of` cuts it off.
    pub fn incomplete(&self) -> Option<Date> {
        let number = self.period.number(self.as_of.date());
        let first_day = self.period.first_day(number);
        (first_day < self.as_of.date()).then_some(first_day)
    }

    /// One row per cohort and age, both in order; the period that `as_of` cuts off is not complete.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self) -> Result<Table> {
        let rows = || {
            let cohorts = self.cohorts.iter();
            cohorts.flat_map(|cohort| (0..cohort.active.len()).map(move |age| (cohort, age)))
        };
        let number = |figure: Figure| rows().map(move |(cohort, age)| figure.of(cohort, age));
        let first_day = |number: u32| self.period.first_day(number);
        let cumulative: Vec<f64> = self
            .cohorts
            .iter()
            .flat_map(Cohort::cumulative_revenue_per_customer)
            .map(|units| units / Money::SCALE as f64)
            .collect();
        Table::new(
            "cohorts",
            vec![
                Column::date(
                    "cohort",
                    "Когорта",
                    rows().map(|(cohort, _)| first_day(cohort.period)),
                ),
                Column::int(
                    "customers",
                    "Клиентов",
                    rows().map(|(cohort, _)| cohort.customers as i64),
                ),
                Column::int("age", "Возраст", rows().map(|(_, age)| age as i64)),
                Column::date(
                    "period",
                    "Период",
                    rows().map(|(cohort, age)| first_day(cohort.period + age as u32)),
                ),
                Column::bool(
                    "complete",
                    "Период полный",
                    rows().map(|(cohort, age)| self.is_complete(cohort, age)),
                ),
                Column::int("active", "С заказами", rows().map(|(c, age)| c.active[age] as i64)),
                Column::float("retention", "Удержание", 4, number(Figure::Retention)),
                Column::money(
                    "revenue",
                    "Выручка",
                    rows().map(|(c, age)| Money::from_units(c.revenue[age] as i64)),
                ),
                Column::float(
                    "revenue_per_customer",
                    "Выручка на клиента",
                    2,
                    rows().map(|(cohort, age)| {
                        Figure::Revenue.of(cohort, age) / cohort.customers as f64
                    }),
                ),
                Column::float(
                    "cumulative_revenue_per_customer",
                    "Выручка на клиента с начала",
                    2,
                    cumulative,
                ),
            ],
        )
    }

    /// One row per cohort, one column per age; what has not happened, or not wholly, is missing.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn matrix(&self, figure: Figure) -> Result<Table> {
        let cohorts = || self.cohorts.iter();
        let mut columns = vec![
            Column::date("cohort", "Когорта", cohorts().map(|c| self.period.first_day(c.period))),
            Column::int("customers", "Клиентов", cohorts().map(|c| c.customers as i64)),
        ];
        let ages = cohorts().map(|cohort| cohort.active.len()).max().unwrap_or(0);
        for age in 0..ages {
            let known =
                |cohort: &&Cohort| age < cohort.active.len() && self.is_complete(cohort, age);
            let (name, title) = (format!("age_{age}"), format!("возраст {age}"));
            let known = || cohorts().map(|cohort| Some(cohort).filter(known));
            columns.push(match figure {
                Figure::Active => {
                    Column::int(name, title, known().map(|c| c.map(|c| c.active[age] as i64)))
                }
                Figure::Retention => {
                    Column::float(name, title, 3, known().map(|c| c.map(|c| figure.of(c, age))))
                }
                Figure::Revenue | Figure::CumulativeRevenue => {
                    Column::float(name, title, 2, known().map(|c| c.map(|c| figure.of(c, age))))
                }
            });
        }
        Table::new("cohort_matrix", columns)
    }

    fn is_complete(&self, cohort: &Cohort, age: usize) -> bool {
        self.period.first_day(cohort.period + age as u32 + 1) <= self.as_of.date()
    }
}

impl Figure {
    /// The figure of `cohort` at `age`; money in whole units of the currency.
    fn of(self, cohort: &Cohort, age: usize) -> f64 {
        let scale = Money::SCALE as f64;
        match self {
            Self::Retention => cohort.active[age] as f64 / cohort.customers as f64,
            Self::Active => cohort.active[age] as f64,
            Self::Revenue => cohort.revenue[age] / scale,
            Self::CumulativeRevenue => cohort.cumulative_revenue_per_customer()[age] / scale,
        }
    }
}

impl std::str::FromStr for Figure {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "retention" => Ok(Self::Retention),
            "active" => Ok(Self::Active),
            "revenue" => Ok(Self::Revenue),
            "cumulative" => Ok(Self::CumulativeRevenue),
            _ => Err(Error::usage(format!("there is no matrix `{text}`"))
                .with_hint("one of `retention`, `active`, `revenue`, `cumulative`")),
        }
    }
}
