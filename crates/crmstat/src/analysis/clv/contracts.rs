//! Customers under contract, from the table of customers.

use super::{
    Warning,
    buyers::{Buyers, Observation, last_day, revenue},
    calendar::Calendar,
};
use crate::{
    Date, Error, Result,
    analysis::cohorts::{Contract, Terms},
    data::{Field, Orders, Records},
};
use crmstat_models::clv::{Summaries, Summary};
use std::collections::HashMap;

impl Buyers {
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
        let terms = Terms::of(customers, observed.as_of)?;
        let labels = customers.labels(Field::CustomerId);
        let id = |contract: &Contract| {
            labels.and_then(|labels| labels.get(contract.row)).unwrap_or_default()
        };
        let mut contracts = terms.contracts.clone();
        contracts.sort_by(|a, b| id(a).cmp(id(b)));
        let mut pairs = contracts.iter().zip(contracts.iter().skip(1));
        if let Some((twice, _)) = pairs.find(|(one, next)| id(one) == id(next)) {
            return Err(Error::data(format!("the customer `{}` has two contracts", id(twice)))
                .with_hint("the table of customers needs one row per customer"));
        }

        let known: HashMap<&str, usize> = (0..orders.customers().len())
            .filter_map(|number| Some((orders.customers().get(number)?, number)))
            .collect();
        let numbers: Vec<Option<usize>> =
            contracts.iter().map(|contract| known.get(id(contract)).copied()).collect();
        let mut warnings: Vec<Warning> =
            terms.left_out().map(|(rows, why)| Warning::LeftOut(rows, why)).collect();
        let strangers = orders.customers().len() - numbers.iter().flatten().count();
        if strangers > 0 {
            warnings.push(Warning::LeftOut(strangers as u64, "customers have no contract"));
        }
        let summaries: Vec<Summary> = contracts
            .iter()
            .zip(&numbers)
            .map(|(contract, number)| summary(contract, *number, orders, observed))
            .collect::<Result<_>>()?;
        Ok(Self {
            ids: contracts.iter().map(|contract| Some(id(contract))).collect(),
            numbers,
            summaries: Summaries::new(observed.unit, summaries),
            undone: 0,
            revenue: revenue(orders, observed.as_of)?,
            warnings,
        })
    }
}

/// One contract in periods, with what the orders of the customer number `customer` brought per renewal.
fn summary(
    contract: &Contract,
    customer: Option<usize>,
    orders: &Orders,
    observed: Observation,
) -> Result<Summary> {
    let calendar = Calendar(observed.unit);
    let Contract { start, end, .. } = *contract;
    let so_far = calendar.elapsed(start, Date::from_days(last_day(observed.as_of)));
    let (renewals, periods) = match end {
        None => (so_far, so_far),
        Some(end) => {
            // What is begun counts: the customer leaves at the end of the period in which the contract ends.
            let whole = calendar.elapsed(start, end);
            let lasted = whole + u32::from(whole == 0 || calendar.after(start, whole) < end);
            (lasted - 1, so_far.max(lasted))
        }
    };
    let count = f64::from(renewals);
    let summary = Summary::new(renewals, count, f64::from(periods)).map_err(Error::from_model)?;
    let Some(customer) = customer.filter(|_| renewals > 0) else {
        return Ok(summary);
    };
    let renewed = calendar.after(start, 1).days()..calendar.after(start, renewals + 1).days();
    let days = observed.days(orders, customer)?;
    let brought = days.iter().filter(|day| renewed.contains(&day.day));
    let amount: f64 = brought.map(|day| day.amount).sum();
    summary.with_mean_repeat_value(amount / count).map_err(Error::from_model)
}
