//! Whom to call: what a seller must know of each customer whose next order a call may decide.

use crate::{
    AsOf, Date, Money,
    analysis::churn::Churn,
    data::{Orders, sales::is_purchase},
};
use std::{cmp::Ordering, collections::HashMap};

/// The longest list that anybody calls.
const LONGEST: usize = 1000;

/// A customer to call.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The id.
    pub id: String,
    /// The customer's row in the scores of churn.
    pub row: usize,
    /// The day of the last purchase.
    pub last_order: Date,
    /// What was bought on that day.
    pub last_amount: Money,
    /// Days since then.
    pub silent_days: i32,
    /// The mean of the days between two days of purchase; `None` for a single one.
    pub usual_gap_days: Option<f64>,
}

impl Call {
    /// Days beyond the usual gap; `None` where there is no usual gap or it has not passed.
    pub fn overdue_days(&self) -> Option<i32> {
        let overdue = f64::from(self.silent_days) - self.usual_gap_days?;
        (overdue >= 1.0).then_some(overdue as i32)
    }
}

/// The customers of `churn` with revenue at risk, those first of whom a call may bring most.
///
/// A call cannot change what is certain. With the value `v` of a customer over the horizon and the
/// probability `p` of churn, customers are ordered by
///
/// `v · p · (1 − p)`
///
/// so that those who are gone and those who will come anyway stand last; equals in the order of their ids.
pub(super) fn calls(orders: &Orders, churn: &Churn, as_of: AsOf) -> Vec<Call> {
    let scores = &churn.scores;
    let gain = |row: usize| {
        let at_risk = scores.revenue_at_risk()[row].filter(|own| own.is_positive())?;
        Some(at_risk.to_f64() * (1.0 - scores.probabilities()[row]))
    };
    let mut ranked: Vec<(f64, usize)> =
        (0..scores.len()).filter_map(|row| Some((gain(row)?, row))).collect();
    let first = |one: &(f64, usize), other: &(f64, usize)| -> Ordering {
        other.0.total_cmp(&one.0).then_with(|| scores.id(one.1).cmp(scores.id(other.1)))
    };
    if ranked.len() > LONGEST {
        ranked.select_nth_unstable_by(LONGEST, first);
        ranked.truncate(LONGEST);
    }
    ranked.sort_by(first);
    let mut known: HashMap<&str, Option<Call>> =
        ranked.iter().map(|(_, row)| (scores.id(*row), None)).collect();
    for customer in 0..orders.customers().len() {
        let Some(id) = orders.customers().get(customer) else { continue };
        if let Some(call) = known.get_mut(id) {
            *call = rhythm(orders, customer, id, as_of);
        }
    }
    ranked
        .into_iter()
        .filter_map(|(_, row)| {
            let call = known.remove(scores.id(row))??;
            Some(Call { row, ..call })
        })
        .collect()
}

/// When and what a customer last bought, and how often.
fn rhythm(orders: &Orders, customer: usize, id: &str, as_of: AsOf) -> Option<Call> {
    let mut days: Vec<(Date, Money)> = Vec::new();
    for order in orders.of_customer(customer) {
        let (day, amount) = (orders.at()[order].date(), orders.amount()[order]);
        if day >= as_of.date() || !is_purchase(amount) {
            continue;
        }
        match days.last_mut() {
            Some((last, sum)) if *last == day => *sum = sum.checked_add(amount).unwrap_or(*sum),
            _ => days.push((day, amount)),
        }
    }
    let (last_order, last_amount) = *days.last()?;
    let first = days.first()?.0.days();
    let gaps = days.len() - 1;
    let usual_gap_days = (gaps > 0).then(|| f64::from(last_order.days() - first) / gaps as f64);
    let silent_days = as_of.date().days() - last_order.days();
    Some(Call { id: id.to_owned(), row: 0, last_order, last_amount, silent_days, usual_gap_days })
}

#[cfg(test)]
mod tests {
    use super::rhythm;
    use crate::{
        AsOf,
        data::{Orders, OrdersQuery},
        ingest::{Export, ReadOptions},
    };

    #[test]
    fn the_rhythm_is_the_mean_of_the_gaps_between_days_of_purchase() {
        let text = "customer_id,order_date,amount\nA,2024-01-01,10\nA,2024-01-11,5\n\
                    A,2024-01-11,7\nA,2024-01-15,-7\nA,2024-02-20,3\nB,2024-01-02,1\n";
        let mut export = Export::from_bytes("orders.csv", text, ReadOptions::default()).unwrap();
        let orders = Orders::read(&mut export, &OrdersQuery::default()).unwrap().result;
        let as_of = AsOf::start_of("2024-03-20".parse().unwrap());
        let call = rhythm(&orders, 0, "A", as_of).unwrap();
        assert_eq!(call.last_order.to_string(), "2024-02-20");
        assert_eq!((call.silent_days, call.usual_gap_days), (29, Some(25.0)));
        assert_eq!(call.overdue_days(), Some(4));
        let once = rhythm(&orders, 1, "B", as_of).unwrap();
        assert_eq!((once.usual_gap_days, once.overdue_days()), (None, None));
        assert!(rhythm(&orders, 0, "A", AsOf::start_of("2024-01-01".parse().unwrap())).is_none());
    }
}
