//! What is bought, what is given back, what never was: one notion of money for every analysis.
//!
//! | word | meaning |
//! |---|---|
//! | purchase | an order that is not below zero and was not cancelled; an order of zero is one |
//! | refund | an order below zero that cancels none |
//! | gross | the sum of the purchases |
//! | refunds | the sum of the refunds, without the sign |
//! | net | gross − refunds: revenue, spend and monetary value, unless a figure says otherwise |
//!
//! An order is worth what is left of it after its discount and after what the export says was given back
//! beside it. It is *cancelled*, and so neither a purchase nor a refund nor money, when
//!
//! - its customer gets the same amount back within [`CANCELLED_WITHIN`] seconds: the order and its negative
//!   twin both go. Of several orders that a twin could cancel it is the latest;
//! - its own lines take each other off to nothing;
//! - all of it was given back beside it, which the account of the rows calls refunded.
//!
//! A refund that comes later is a refund: the customer did buy. It lowers the net amount of its own period.

use super::{Finding, Money, Notice, Severity, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Within how many seconds of an order a refund of the same amount cancels it: a day, so that dates without
/// a time of day reach to the next one.
pub(crate) const CANCELLED_WITHIN: i64 = 86_400;

/// Whether an order worth `amount` is a purchase; it is a refund otherwise.
pub(crate) const fn is_purchase(amount: Money) -> bool {
    !amount.is_negative()
}

/// Rows or orders, and what they are worth together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rows {
    /// How many.
    pub(crate) rows: u64,
    /// What they are worth, in units of money.
    pub(crate) units: i128,
}

impl Rows {
    /// Counts one worth `amount`.
    pub(crate) fn count(&mut self, amount: Money) {
        self.rows += 1;
        self.units += i128::from(amount.units());
    }

    /// Adds those of another part of the data.
    pub(crate) fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.units += other.units;
    }

    /// What is said of them where they are orders that were cancelled, counted without their twins.
    pub(crate) fn notice(self) -> Option<Notice> {
        let notice = Notice::new(Severity::Note, Finding::Cancelled, self.rows).worth(self.worth());
        (self.rows > 0).then(|| notice.settled_by("cancelled", "drop|keep"))
    }

    /// What they are worth; `None` past the range of money.
    pub(crate) fn worth(self) -> Option<Money> {
        i64::try_from(self.units).ok().map(Money::from_units)
    }
}

/// Which orders of one customer, oldest first, take each other off: pairs of an order and its twin.
pub(crate) fn pairs(orders: &[(Timestamp, Money)]) -> Vec<(usize, usize)> {
    let refunds = orders.iter().filter(|(_, amount)| !is_purchase(*amount));
    let wanted: BTreeSet<i64> = refunds.filter_map(|(_, own)| own.units().checked_neg()).collect();
    let mut pairs = Vec::new();
    if wanted.is_empty() {
        return pairs;
    }
    let mut open: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    let mut end = 0;
    for same in orders.chunk_by(|left, right| left.0 == right.0) {
        let start = end;
        end += same.len();
        // Of one instant the purchases come first, whatever their order.
        for (place, (_, amount)) in (start..).zip(same) {
            if is_purchase(*amount) && wanted.contains(&amount.units()) {
                open.entry(amount.units()).or_default().push(place);
            }
        }
        for (place, (at, amount)) in (start..).zip(same) {
            let Some(worth) = amount.units().checked_neg().filter(|_| !is_purchase(*amount)) else {
                continue;
            };
            let Some(candidates) = open.get_mut(&worth) else { continue };
            let within =
                |order: &usize| at.seconds() - orders[*order].0.seconds() <= CANCELLED_WITHIN;
            if candidates.last().is_some_and(within)
                && let Some(order) = candidates.pop()
            {
                pairs.push((order, place));
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::pairs as cancelled;
    use crate::{Money, Timestamp};

    fn pairs(orders: &[(i64, i64)]) -> Vec<(usize, usize)> {
        let orders: Vec<(Timestamp, Money)> = orders
            .iter()
            .map(|(minute, units)| {
                (Timestamp::from_seconds(minute * 60), Money::from_units(*units))
            })
            .collect();
        cancelled(&orders)
    }

    #[test]
    fn an_order_and_its_twin_within_a_day_take_each_other_off() {
        assert_eq!(pairs(&[(0, 500), (16, -500)]), [(0, 1)]);
        assert_eq!(pairs(&[(0, 500), (24 * 60, -500)]), [(0, 1)]);
        // A day and a minute later it is a return of goods that were bought.
        assert_eq!(pairs(&[(0, 500), (24 * 60 + 1, -500)]), []);
        // Another amount, or an order that comes only after the refund.
        assert_eq!(pairs(&[(0, 500), (16, -400)]), []);
        assert_eq!(pairs(&[(0, -500), (16, 500)]), []);
    }

    #[test]
    fn dates_without_a_time_of_day_have_no_order_in_a_day() {
        assert_eq!(pairs(&[(0, -500), (0, 500)]), [(1, 0)]);
    }

    #[test]
    fn the_latest_order_is_cancelled_and_none_twice() {
        let orders = [(0, 500), (10, 500), (20, -500), (30, -500), (40, -500), (50, 500)];
        assert_eq!(pairs(&orders), [(1, 2), (0, 3)]);
    }

    #[test]
    fn an_order_of_zero_needs_no_twin() {
        assert_eq!(pairs(&[(0, 0), (0, 0), (1, i64::MIN)]), []);
    }
}
