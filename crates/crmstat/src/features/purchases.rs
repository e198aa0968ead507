//! The purchases of one customer before a cutoff.

use super::{DaysAgo, lines::Lines};
use crate::{
    AsOf, Money, Timestamp,
    data::{Labels, Orders, sales::is_purchase},
};
use std::ops::Range;

/// One purchase before the cutoff.
pub(super) struct Purchase {
    pub(super) order: usize,
    day: i32,
    amount: Money,
}

impl Purchase {
    pub(super) fn units(&self) -> i128 {
        i128::from(self.amount.units())
    }
}

/// The purchases of one customer, as of the cutoff; sums are exact, so that their order changes nothing.
pub(super) struct Customer<'a> {
    pub(super) orders: &'a Orders,
    pub(super) end: Timestamp,
    as_of: i32,
    pub(super) number: usize,
    /// By time; never empty once [`Customer::turn_to`] has said so.
    pub(super) purchases: Vec<Purchase>,
    /// The days of the refunds, and what they gave back.
    refunds: Vec<(i32, i128)>,
    pub(super) gross: i128,
    pub(super) refunded: i128,
}

impl<'a> Customer<'a> {
    pub(super) fn new(orders: &'a Orders, as_of: AsOf) -> Self {
        Self {
            orders,
            end: as_of.date().midnight(),
            as_of: as_of.date().days(),
            number: 0,
            purchases: Vec::new(),
            refunds: Vec::new(),
            gross: 0,
            refunded: 0,
        }
    }

    /// Looks at another customer; `false` where they bought nothing before the cutoff.
    pub(super) fn turn_to(&mut self, number: usize) -> bool {
        self.number = number;
        self.purchases.clear();
        self.refunds.clear();
        (self.gross, self.refunded) = (0, 0);
        for order in before(self.orders, number, self.end) {
            let (at, amount) = (self.orders.at()[order], self.orders.amount()[order]);
            if is_purchase(amount) {
                self.gross += i128::from(amount.units());
                self.purchases.push(Purchase { order, day: at.date().days(), amount });
            } else {
                self.refunded -= i128::from(amount.units());
                self.refunds.push((at.date().days(), -i128::from(amount.units())));
            }
        }
        !self.purchases.is_empty()
    }

    fn first_day(&self) -> i32 {
        self.purchases.first().map_or(self.as_of, |purchase| purchase.day)
    }

    fn last_day(&self) -> i32 {
        self.purchases.last().map_or(self.as_of, |purchase| purchase.day)
    }

    pub(super) fn recency(&self) -> i32 {
        self.as_of - self.last_day()
    }

    pub(super) fn tenure(&self) -> i32 {
        self.as_of - self.first_day()
    }

    pub(super) fn days_since(&self, at: Timestamp) -> i32 {
        self.as_of - at.date().days()
    }

    /// Whether `at` lies in the window, if there is one.
    pub(super) fn is_within(&self, days: Option<DaysAgo>, at: Timestamp) -> bool {
        days.is_none_or(|days| days.contains(self.days_since(at)))
    }

    pub(super) fn within(&self, days: DaysAgo) -> impl Iterator<Item = &Purchase> {
        self.purchases.iter().filter(move |purchase| days.contains(self.as_of - purchase.day))
    }

    /// The net amount in the window, in units of money; nothing where more was given back.
    pub(super) fn net_within(&self, days: DaysAgo) -> i128 {
        let bought: i128 = self.within(days).map(Purchase::units).sum();
        let refunds = self.refunds.iter().filter(|(day, _)| days.contains(self.as_of - day));
        (bought - refunds.map(|(_, units)| units).sum::<i128>()).max(0)
    }

    /// Those of `lines` that belong to the purchases.
    pub(super) fn lines(&self, lines: Lines<'a>) -> impl Iterator<Item = usize> {
        self.purchases.iter().flat_map(move |purchase| lines.of_order(purchase.order))
    }

    pub(super) fn median_order(&self) -> f64 {
        let mut amounts: Vec<i128> = self.purchases.iter().map(Purchase::units).collect();
        amounts.sort_unstable();
        let half = amounts.len() / 2;
        if amounts.len() % 2 == 1 {
            money(amounts[half])
        } else {
            money(amounts[half - 1] + amounts[half]) / 2.0
        }
    }

    pub(super) fn mean_gap(&self) -> f64 {
        let gaps = self.purchases.len() as f64 - 1.0;
        ratio(f64::from(self.last_day() - self.first_day()), gaps)
    }

    /// The standard deviation of the gaps, with the divisor `n − 1`.
    pub(super) fn gap_spread(&self) -> f64 {
        let gaps = self.purchases.len() as f64 - 1.0;
        if gaps < 2.0 {
            return f64::NAN;
        }
        let mean = self.mean_gap();
        let gap = |pair: &[Purchase]| f64::from(pair[1].day - pair[0].day) - mean;
        let squares: f64 = self.purchases.windows(2).map(|pair| gap(pair) * gap(pair)).sum();
        (squares / (gaps - 1.0)).sqrt()
    }

    pub(super) fn spend_trend(&self) -> f64 {
        if self.purchases.len() < 2 {
            return f64::NAN;
        }
        let is_late = |purchase: &&Purchase| 2 * purchase.day >= self.first_day() + self.as_of;
        let late: i128 = self.purchases.iter().filter(is_late).map(Purchase::units).sum();
        ratio((2 * late - self.gross) as f64, self.gross as f64)
    }

    /// The label with the most spend, the first on a tie.
    pub(super) fn favourite(&self, lines: Lines<'a>, labels: &Labels) -> Option<u32> {
        let mut spent: Vec<(u32, i128)> = Vec::new();
        for line in self.lines(lines) {
            let Some(code) = labels.code(line) else { continue };
            match spent.iter_mut().find(|(known, _)| *known == code) {
                Some((_, sum)) => *sum += lines.amount(line),
                None => spent.push((code, lines.amount(line))),
            }
        }
        spent
            .into_iter()
            .max_by_key(|(code, sum)| (*sum, std::cmp::Reverse(*code)))
            .map(|(code, _)| code)
    }
}

/// The orders of `customer` before `end`.
fn before(orders: &Orders, customer: usize, end: Timestamp) -> Range<usize> {
    let all = orders.of_customer(customer);
    let until = orders.at()[all.clone()].partition_point(|at| *at < end);
    all.start..all.start + until
}

pub(super) fn money(units: i128) -> f64 {
    units as f64 / Money::SCALE as f64
}

/// `part / whole`, missing where there is no whole.
pub(super) fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { f64::NAN }
}
