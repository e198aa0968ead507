//! From orders to what the models read, customer by customer.
//!
//! Orders of one day are one purchase and a refund may undo an earlier day, so the orders of a customer
//! must be seen together: they are read as [`Orders`], about 20 bytes each.

use crate::{AsOf, Error, Money, Result, output::Texts, tables::Orders};
use crmstat_models::clv::{Purchase, Summaries, Summary, SummaryParams, TimeUnit, ZeroAmount};
use rayon::prelude::*;

/// Customers with a purchase before `as_of`, in the order of their ids' bytes.
#[derive(Clone, Debug)]
pub(super) struct Buyers {
    pub(super) ids: Texts,
    pub(super) summaries: Summaries,
    /// The number of each among the customers of the orders.
    pub(super) numbers: Vec<usize>,
    /// Customers whose orders were all undone by refunds, or who have refunds only.
    pub(super) undone: u64,
    /// The net amount of all orders before `as_of`.
    pub(super) revenue: Money,
}

impl Buyers {
    /// Summarises the customers of `orders`.
    pub(super) fn of(
        orders: &Orders,
        as_of: AsOf,
        unit: TimeUnit,
        zero_amount: ZeroAmount,
    ) -> Result<Self> {
        let params = SummaryParams::new(last_day(as_of), unit).zero_amount(zero_amount);
        let summaries: Vec<Option<Summary>> = (0..orders.customers().len())
            .into_par_iter()
            .map(|customer| params.summary(&purchases(orders, customer)))
            .collect::<Result<_, _>>()
            .map_err(Error::from_model)?;
        let numbers: Vec<usize> =
            (0..summaries.len()).filter(|customer| summaries[*customer].is_some()).collect();
        let observed = (0..orders.customers().len())
            .filter(|customer| orders.of_customer(*customer).any(|at| is_before(orders, at, as_of)))
            .count();
        let before = (0..orders.len()).filter(|order| is_before(orders, *order, as_of));
        let revenue: Option<Money> = before.map(|order| orders.amount()[order]).sum();
        Ok(Self {
            ids: numbers.iter().map(|customer| orders.customers().get(*customer)).collect(),
            undone: (observed - numbers.len()) as u64,
            numbers,
            summaries: Summaries::new(unit, summaries.into_iter().flatten().collect()),
            revenue: revenue
                .ok_or_else(|| Error::data("the revenue is past the range of money"))?,
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
