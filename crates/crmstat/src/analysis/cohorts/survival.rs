//! How long customers stay: Kaplan–Meier for contracts and for the time to the next order.

use super::{read, terms::Terms, within};
use crate::{
    AsOf, Error, Result, Window,
    data::{
        Orders, Records,
        sales::is_purchase,
        table::{Column, Table},
    },
    ingest::{Export, Imported},
};
use crmstat_models::clv::{KaplanMeier, Lifetime};

/// What to estimate.
#[derive(Clone, Copy, Debug)]
pub struct SurvivalOptions {
    /// The days whose orders count; its end is when contracts are observed too.
    pub window: Window,
    /// The level of the intervals, between 0 and 1.
    pub level: f64,
}

impl Default for SurvivalOptions {
    fn default() -> Self {
        Self { window: Window::default(), level: 0.95 }
    }
}

/// The share that lasts longer than a number of days.
#[derive(Clone, Debug)]
pub struct Survival {
    as_of: AsOf,
    lifetimes: usize,
    ended: usize,
    curve: KaplanMeier,
}

/// Contracts, and what of the table of customers could not be used.
#[derive(Clone, Debug)]
pub struct Contracts {
    /// The curve.
    pub survival: Survival,
    /// Rows without a start.
    pub without_start: u64,
    /// Rows whose contract starts at or after `as_of`: they do not exist yet.
    pub not_started: u64,
    /// Rows whose contract ends before it starts.
    pub reversed: u64,
}

/// How long customers of `export` take to order again. Days are counted from each day with a purchase to
/// the next one; the wait of a customer's last is still open at `as_of`.
///
/// # Errors
/// What the export cannot bear ([`Export`]), a level out of range, or no purchase in the window.
pub fn time_to_next_order(
    export: &mut Export,
    options: &SurvivalOptions,
) -> Result<Imported<Survival>> {
    let (orders, as_of) = read(export, options.window)?;
    orders.try_map(|orders| Survival::fit(as_of, &waits(&orders, as_of), options.level))
}

fn waits(orders: &Orders, as_of: AsOf) -> Vec<Lifetime> {
    let mut waits = Vec::new();
    for customer in 0..orders.customers().len() {
        let range = orders.of_customer(customer);
        let purchases = range.filter(|order| is_purchase(orders.amount()[*order]));
        let mut days: Vec<i32> = purchases.map(|order| orders.at()[order].date().days()).collect();
        days.dedup();
        for (at, day) in days.iter().enumerate() {
            let next = days.get(at + 1);
            let until = next.copied().unwrap_or(as_of.date().days() - 1);
            waits.push(Lifetime { length: f64::from(until - day), ended: next.is_some() });
        }
    }
    waits
}

/// How long the contracts in the table `customers` last. One without an end, or whose end is not before
/// `as_of`, is still running on the last observed day.
///
/// The orders of `export` say when the world is observed; [`Join`](crate::data::Join) says which
/// customers have none.
///
/// # Errors
/// What the export cannot bear ([`Export`]), a table without starts of contracts, no contract that had
/// started, or a level out of range.
pub fn contracts(
    export: &mut Export,
    customers: &Records,
    options: &SurvivalOptions,
) -> Result<Imported<Contracts>> {
    let (orders, as_of) = read(export, options.window)?;
    orders.try_map(|_| Contracts::of(customers, as_of, options.level))
}

impl Contracts {
    /// How long the contracts in the table `customers` last, observed at `as_of`; see [`contracts`]. `level`
    /// is that of the intervals, between 0 and 1.
    ///
    /// # Errors
    /// A table without starts of contracts, no contract that had started, or a level out of range.
    pub fn of(customers: &Records, as_of: AsOf, level: f64) -> Result<Self> {
        let Terms { contracts, without_start, not_started, reversed } =
            Terms::of(customers, as_of)?;
        let last = as_of.date().plus_days(-1);
        let lifetimes: Vec<Lifetime> = contracts
            .iter()
            .map(|contract| {
                let until = contract.end.unwrap_or(last);
                let length = f64::from(until.days() - contract.start.days());
                Lifetime { length, ended: contract.end.is_some() }
            })
            .collect();
        let survival = Survival::fit(as_of, &lifetimes, level)?;
        Ok(Self { survival, without_start, not_started, reversed })
    }
}

impl Survival {
    /// How long the customers of `orders` that have been read take to order again; see
    /// [`time_to_next_order`]. The orders of [`SurvivalOptions::window`] count.
    ///
    /// # Errors
    /// A level out of range, or no purchase in the window.
    pub fn of_orders(orders: &Orders, options: &SurvivalOptions) -> Result<Self> {
        let (orders, as_of) = within(orders, options.window)?;
        Self::fit(as_of, &waits(&orders, as_of), options.level)
    }

    fn fit(as_of: AsOf, lifetimes: &[Lifetime], level: f64) -> Result<Self> {
        Ok(Self {
            as_of,
            lifetimes: lifetimes.len(),
            ended: lifetimes.iter().filter(|lifetime| lifetime.ended).count(),
            curve: KaplanMeier::fit(lifetimes, level).map_err(Error::from_model)?,
        })
    }

    /// The exclusive instant of observation.
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// How many were observed.
    pub fn lifetimes(&self) -> usize {
        self.lifetimes
    }

    /// How many of them ended.
    pub fn ended(&self) -> usize {
        self.ended
    }

    /// The curve, over days.
    pub fn curve(&self) -> &KaplanMeier {
        &self.curve
    }

    /// One row per number of days after which something ended.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self) -> Result<Table> {
        let steps = || self.curve.steps().iter();
        Table::new(
            "survival",
            vec![
                Column::int("days", "Дней", steps().map(|step| step.time as i64)),
                Column::int("at_risk", "Под наблюдением", steps().map(|step| step.at_risk as i64)),
                Column::int("ended", "Закончилось", steps().map(|step| step.ended as i64)),
                Column::float("survival", "Доля дольше", 4, steps().map(|step| step.survival)),
                Column::float(
                    "std_error",
                    "Стандартная ошибка",
                    4,
                    steps().map(|step| step.standard_error),
                ),
                Column::float("lower", "Доля, от", 4, steps().map(|step| step.lower)),
                Column::float("upper", "Доля, до", 4, steps().map(|step| step.upper)),
            ],
        )
    }
}
