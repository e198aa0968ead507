//! How long customers stay: Kaplan–Meier for contracts and for the time to the next order.

use super::read;
use crate::{
    AsOf, Date, Error, Result, Timestamp, Window,
    ingest::{Export, Field, Imported},
    output::{Column, Table},
    tables::{self, Orders, Records},
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
        let purchases = range.filter(|order| !orders.amount()[*order].is_negative());
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
/// The orders of `export` say when the world is observed; [`Join`](crate::tables::Join) says which
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
    orders.try_map(|_| {
        let Terms { lifetimes, without_start, not_started, reversed } =
            Terms::of(customers, as_of)?;
        if lifetimes.is_empty() {
            return Err(Error::data(format!("no contract has started before {as_of}"))
                .with_hint(NAME_THE_START));
        }
        let survival = Survival::fit(as_of, &lifetimes, options.level)?;
        Ok(Contracts { survival, without_start, not_started, reversed })
    })
}

/// What helps where starts are missing.
const NAME_THE_START: &str =
    "name the column of starts with `--map customers.contract_start=COLUMN`";

/// Lengths of contracts, and the rows without one.
#[derive(Default)]
struct Terms {
    lifetimes: Vec<Lifetime>,
    without_start: u64,
    not_started: u64,
    reversed: u64,
}

impl Terms {
    fn of(table: &Records, as_of: AsOf) -> Result<Self> {
        let Some(tables::Column::Date(starts)) = table.field(Field::ContractStart) else {
            return Err(Error::data("the table of customers has no `contract_start`")
                .with_hint(NAME_THE_START));
        };
        let ends = match table.field(Field::ContractEnd) {
            Some(tables::Column::Date(ends)) => Some(ends),
            _ => None,
        };
        let mut found = Self::default();
        for (row, start) in starts.iter().enumerate() {
            let end = ends.and_then(|ends| ends[row]).map(Timestamp::date);
            found.add(start.map(Timestamp::date), end, as_of);
        }
        Ok(found)
    }

    fn add(&mut self, start: Option<Date>, end: Option<Date>, as_of: AsOf) {
        let Some(start) = start else {
            self.without_start += 1;
            return;
        };
        if start >= as_of.date() {
            self.not_started += 1;
        } else if end.is_some_and(|end| end < start) {
            self.reversed += 1;
        } else {
            let ended = end.filter(|end| *end < as_of.date());
            let until = ended.map_or(as_of.date().days() - 1, Date::days);
            let length = f64::from(until - start.days());
            self.lifetimes.push(Lifetime { length, ended: ended.is_some() });
        }
    }
}

impl Survival {
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
