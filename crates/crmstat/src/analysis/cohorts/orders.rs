//! Cohorts of orders that have been read: one pass, customers in parallel, sums exact.

use super::{Acquisition, Period};
use crate::{
    AsOf, Date,
    data::{Orders, sales::is_purchase},
};
use crmstat_models::{clv::Cohort, parallel::map_chunks};
use std::collections::BTreeMap;

/// Customers per task.
const CHUNK: usize = 4096;

/// What customers did, by the number of the period of their first order and the periods since.
type Cells = BTreeMap<(u32, u32), Cell>;

/// What a cohort did at an age.
#[derive(Clone, Copy, Default)]
struct Cell {
    active: u64,
    /// In units of 1/10,000.
    units: i128,
}

impl Acquisition {
    /// Groups the customers of `orders` that have been read; without a purchase before `as_of` there is no
    /// cohort.
    pub fn of_orders(orders: &Orders, as_of: AsOf, period: Period) -> Self {
        let mut groups = Self::of_groups(orders, as_of, period, |_| 0);
        groups.remove(&0).unwrap_or(Self { as_of, period, cohorts: Vec::new() })
    }

    /// The same of each group of customers, who are in that which `group` says.
    pub(super) fn of_groups(
        orders: &Orders,
        as_of: AsOf,
        period: Period,
        group: impl Fn(usize) -> u32 + Sync,
    ) -> BTreeMap<u32, Self> {
        let days = Days::of(orders, period);
        let parts = map_chunks(orders.customers().len(), CHUNK, |range| {
            let mut groups: BTreeMap<u32, Cells> = BTreeMap::new();
            for customer in range {
                let cells = groups.entry(group(customer)).or_default();
                add(cells, orders, customer, as_of, &days);
            }
            groups
        });
        let mut groups: BTreeMap<u32, Cells> = BTreeMap::new();
        for (group, part) in parts.into_iter().flatten() {
            let cells = groups.entry(group).or_default();
            for (place, theirs) in part {
                let mine = cells.entry(place).or_default();
                mine.active += theirs.active;
                mine.units += theirs.units;
            }
        }
        groups.retain(|_, cells| !cells.is_empty());
        let of = |cells| Self::of_cells(cells, as_of, period);
        groups.into_iter().map(|(group, cells)| (group, of(cells))).collect()
    }

    fn of_cells(cells: Cells, as_of: AsOf, period: Period) -> Self {
        let last = period.number(as_of.date().plus_days(-1));
        let mut cohorts: Vec<Cohort> = Vec::new();
        for ((number, age), cell) in cells {
            if cohorts.last().is_none_or(|cohort| cohort.period != number) {
                // The first cell of a cohort is that of age 0: everybody ordered there.
                let ages = (last - number) as usize + 1;
                cohorts.push(Cohort {
                    period: number,
                    customers: cell.active,
                    active: vec![0; ages],
                    revenue: vec![0.0; ages],
                });
            }
            if let Some(cohort) = cohorts.last_mut() {
                cohort.active[age as usize] = cell.active;
                // Exact up to 2^53 units, nine hundred billion a cell.
                cohort.revenue[age as usize] = cell.units as f64;
            }
        }
        Self { as_of, period, cohorts }
    }
}

/// The period of each day with orders, looked up rather than computed for each of them.
struct Days {
    first: i32,
    periods: Vec<u32>,
}

impl Days {
    fn of(orders: &Orders, period: Period) -> Self {
        let (first, last) = orders.span().unwrap_or_default();
        let days = first.days()..=last.days();
        let periods = days.map(|day| period.number(Date::from_days(day))).collect();
        Self { first: first.days(), periods }
    }

    fn period(&self, date: Date) -> u32 {
        self.periods[(date.days() - self.first) as usize]
    }
}

/// Adds the orders of a customer before `as_of`, period by period.
fn add(cells: &mut Cells, orders: &Orders, customer: usize, as_of: AsOf, days: &Days) {
    let end = as_of.date().midnight();
    let range = orders.of_customer(customer);
    let before = orders.at()[range.clone()].partition_point(|at| *at < end);
    let own = range.start..range.start + before;
    let number = |order: usize| days.period(orders.at()[order].date());
    let is_purchase = |order: usize| is_purchase(orders.amount()[order]);
    // A customer known by refunds alone was never acquired.
    let Some(acquired) = own.clone().find(|order| is_purchase(*order)).map(number) else { return };
    let mut orders_of = own.peekable();
    while let Some(first) = orders_of.next() {
        // A refund of an order from before the data falls on the first age.
        let age = |order: usize| number(order).saturating_sub(acquired);
        let now = age(first);
        let mut cell = Cell {
            active: u64::from(is_purchase(first)),
            units: i128::from(orders.amount()[first].units()),
        };
        while let Some(order) = orders_of.next_if(|order| age(*order) == now) {
            cell.active |= u64::from(is_purchase(order));
            cell.units += i128::from(orders.amount()[order].units());
        }
        let known = cells.entry((acquired, now)).or_default();
        known.active += cell.active;
        known.units += cell.units;
    }
}

#[cfg(test)]
mod tests {
    use super::{Acquisition, Period};
    use crate::{
        AsOf,
        data::{Orders, OrdersQuery},
        ingest::{Export, ReadOptions},
    };
    use crmstat_models::clv::{CohortOrder, acquisition_cohorts};

    #[test]
    fn cohorts_are_those_of_the_model() {
        let mut rows = String::from("customer_id,order_date,amount\n");
        for order in 0..600 {
            let (year, month, day) = (2022 + order % 3, order * 7 % 12 + 1, order * 11 % 28 + 1);
            let amount = order * 13 % 97 - 9;
            rows.push_str(&format!("C{},{year}-{month:02}-{day:02},{amount}.5\n", order * 17 % 80));
        }
        let mut export = Export::from_bytes("orders.csv", rows, ReadOptions::default()).unwrap();
        let orders = Orders::read(&mut export, &OrdersQuery::default()).unwrap().result;
        for (period, until) in [(Period::Month, "2024-10-15"), (Period::Quarter, "2025-01-01")] {
            let as_of = AsOf::start_of(until.parse().unwrap());
            let found = Acquisition::of_orders(&orders, as_of, period);
            let before = |order: &usize| orders.at()[*order].date() < as_of.date();
            let rows: Vec<CohortOrder> = (0..orders.customers().len())
                .flat_map(|customer| {
                    orders.of_customer(customer).filter(before).map(move |order| (customer, order))
                })
                .map(|(customer, order)| CohortOrder {
                    customer: customer as u64,
                    period: period.number(orders.at()[order].date()),
                    amount: orders.amount()[order].units() as f64,
                })
                .collect();
            let last = period.number(as_of.date().plus_days(-1));
            assert_eq!(found.cohorts(), acquisition_cohorts(&rows, last).unwrap());
            assert!(found.cohorts().len() > 2);
        }
    }
}
