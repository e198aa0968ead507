//! Whether the amount on the rows of an order is that of the order, repeated on each of its lines.
//!
//! Exports of shops write the order's total beside each of its products; adding the rows up would count it
//! as often as there are products. It is seen by the amounts: all rows of every order have one amount, and
//! price times quantity, where they are there, add up to it.

use crate::{
    Money,
    data::{Field, Finding, Notice, Severity},
    ingest::{
        cells::{Parsed, number::NumberFormat, text},
        options::OrderTotal,
        orders::amount::multiply,
        pass::input::Input,
        profile::is_name_of_total,
    },
};
use std::collections::HashMap;

/// What the first rows of a file show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Evidence {
    /// No order has two rows.
    None,
    /// All rows of every order have one amount.
    Equal,
    /// So they have, and price times quantity add up to it.
    EqualToLines,
    /// Rows have amounts of their own.
    Lines,
    /// One row of every order has an amount, to which price times quantity of all add up.
    OnOne,
}

impl Evidence {
    /// Whether the amounts of the rows add up to that of the order.
    pub(crate) const fn is_of_rows(self) -> bool {
        matches!(self, Self::Lines | Self::OnOne)
    }
}

/// The amounts of the rows of one order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Amounts {
    pub(crate) first: Money,
    pub(crate) rows: u32,
    /// Whether two rows have different ones.
    pub(crate) differ: bool,
}

/// The amounts of all orders that have several rows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Orders {
    /// Orders whose rows all have one amount that is not zero.
    equal: u64,
    differing: u64,
    /// Rows of the former beyond the first of each.
    further: u64,
    /// What these would add.
    surplus: Option<Money>,
    least: Option<Money>,
    greatest: Option<Money>,
}

impl Default for Amounts {
    fn default() -> Self {
        Self { first: Money::ZERO, rows: 0, differ: false }
    }
}

impl Amounts {
    /// Those of one row.
    pub(crate) fn of(amount: Money) -> Self {
        Self { first: amount, rows: 1, differ: false }
    }

    /// Takes the rows of `other` behind its own.
    pub(crate) fn join(&mut self, other: Self) {
        self.differ |= other.differ || other.first != self.first;
        self.rows = self.rows.saturating_add(other.rows);
    }

    /// Takes a row.
    pub(crate) fn add(&mut self, amount: Money) {
        if self.rows == 0 {
            self.first = amount;
        }
        self.differ |= amount != self.first;
        self.rows = self.rows.saturating_add(1);
    }
}

impl Orders {
    /// Takes an order.
    pub(crate) fn add(&mut self, order: Amounts) {
        if order.rows < 2 {
            return;
        }
        if order.differ {
            self.differing += 1;
        } else if order.first != Money::ZERO {
            let further = u64::from(order.rows - 1);
            let known = if self.equal == 0 { Some(Money::ZERO) } else { self.surplus };
            let more = Money::from_units(
                order.first.units().saturating_mul(i64::try_from(further).unwrap_or(i64::MAX)),
            );
            self.surplus = known.and_then(|sum| sum.checked_add(more));
            self.equal += 1;
            self.further += further;
            self.least = Some(self.least.map_or(order.first, |least| least.min(order.first)));
            self.greatest = self.greatest.max(Some(order.first));
        }
    }

    /// Whether an order has several rows.
    pub(crate) fn are_any(&self) -> bool {
        self.equal + self.differing > 0
    }

    /// Adds the orders of another thread.
    pub(crate) fn merge(&mut self, other: Self) {
        self.surplus = match (self.equal, other.equal) {
            (_, 0) => self.surplus,
            (0, _) => other.surplus,
            _ => self.surplus.zip(other.surplus).and_then(|(mine, more)| mine.checked_add(more)),
        };
        self.equal += other.equal;
        self.differing += other.differing;
        self.further += other.further;
        self.least = match (self.least, other.least) {
            (Some(mine), Some(theirs)) => Some(mine.min(theirs)),
            (mine, theirs) => mine.or(theirs),
        };
        self.greatest = self.greatest.max(other.greatest);
    }
}

/// How the amounts of rows make those of orders.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    /// Whether an order is worth the amount of one of its rows, not the sum of all.
    pub(crate) once: bool,
    pub(crate) notice: Option<Notice>,
}

/// Judges the `orders` of inputs whose first rows show `evidence`; `copies` of their rows are equal in every
/// cell, `named` says whether the header names the total of an order.
pub(crate) fn judge(
    orders: &Orders,
    evidence: Evidence,
    copies: u64,
    named: bool,
    asked: Option<OrderTotal>,
) -> Verdict {
    if let Some(asked) = asked {
        return Verdict { once: asked == OrderTotal::Once, notice: None };
    }
    let is_open = orders.equal > 0
        && orders.differing == 0
        && evidence != Evidence::Lines
        // Rows that repeat others in every cell are told as such.
        && copies < orders.further;
    if !is_open {
        return Verdict { once: false, notice: None };
    }
    let several = orders.equal > 1 && orders.least != orders.greatest;
    let once = evidence == Evidence::EqualToLines || named || several;
    let (finding, severity) = match (once, evidence) {
        (true, Evidence::EqualToLines) => (Finding::OrderTotalOnce, Severity::Note),
        (true, _) => (Finding::OrderTotalOnce, Severity::Warning),
        (false, _) => (Finding::OrderTotalSummed, Severity::Grave),
    };
    let notice = Notice::new(severity, finding, orders.equal)
        .worth(orders.surplus)
        .settled_by("order-total", "once|sum");
    Verdict { once, notice: Some(notice) }
}

/// What the first rows of `input` show.
pub(crate) fn of_sample(input: &Input) -> Evidence {
    let mapping = &input.mapping;
    let (Some(id), Some(amount)) = (mapping.column(Field::OrderId), mapping.column(Field::Amount))
    else {
        return Evidence::Lines;
    };
    let parts = mapping.column(Field::Price).zip(mapping.column(Field::Quantity));
    let mut orders: HashMap<&[u8], (Amounts, Option<Money>)> = HashMap::new();
    let mut worth: HashMap<&[u8], (u32, Money)> = HashMap::new();
    let (mut of_line, mut not_of_line) = (0, 0);
    for row in input.sample() {
        let cell = |column: usize| row.get(column).map_or(&[][..], |cell| cell.as_bytes());
        let money = |column: usize| value(input.number_format(column), cell(column));
        let id = text::id(cell(id)).0;
        let Some(amount) = money(amount).filter(|_| !id.is_empty()) else { continue };
        let product = parts
            .and_then(|(price, quantity)| money(price).zip(money(quantity)))
            .and_then(|(price, quantity)| multiply(price, quantity));
        let (amounts, sum) = orders.entry(id).or_insert((Amounts::default(), Some(Money::ZERO)));
        amounts.add(amount);
        let (rows, total) = worth.entry(id).or_default();
        *rows += u32::from(amount != Money::ZERO);
        *total = total.checked_add(amount).unwrap_or_default();
        *sum = sum.zip(product).and_then(|(sum, product)| sum.checked_add(product));
        match product {
            Some(product) if is_near(product, amount) => of_line += 1,
            Some(_) => not_of_line += 1,
            None => {}
        }
    }
    let several = || orders.values().filter(|(amounts, _)| amounts.rows > 1);
    if several().any(|(amounts, _)| amounts.differ) {
        let is_on_one = |(id, (_, sum)): (&&[u8], &(Amounts, Option<Money>))| {
            let (rows, total) = worth[*id];
            rows == 1 && sum.is_some_and(|sum| is_near(sum, total))
        };
        let mut of_lines = orders.iter().filter(|(_, (amounts, _))| amounts.rows > 1);
        return if of_lines.all(is_on_one) { Evidence::OnOne } else { Evidence::Lines };
    }
    if several().next().is_none() {
        return Evidence::None;
    }
    let add_up =
        several().filter(|(amounts, sum)| sum.is_some_and(|sum| is_near(sum, amounts.first)));
    if 2 * add_up.count() > several().count() {
        Evidence::EqualToLines
    } else if of_line > 0 && not_of_line == 0 {
        // Each row is worth its own price times quantity.
        Evidence::Lines
    } else {
        Evidence::Equal
    }
}

/// Whether the header of the amount of every one of `inputs` names the total of an order.
pub(crate) fn is_named_total(inputs: &[Input]) -> bool {
    inputs.iter().all(|input| {
        let amount = input.mapping.column(Field::Amount);
        amount.is_some_and(|amount| is_name_of_total(&input.headers[amount]))
    })
}

fn value(format: NumberFormat, cell: &[u8]) -> Option<Money> {
    match format.money(cell) {
        Parsed::Value(amount) => Some(amount.money),
        _ => None,
    }
}

/// Whether two amounts are equal but for taxes of rounding: a hundredth of a unit for each.
fn is_near(one: Money, other: Money) -> bool {
    let cents = 2 * Money::SCALE / 100;
    one.units().abs_diff(other.units()) <= cents.unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::{Amounts, Evidence, Orders, judge};
    use crate::{
        Money,
        data::{Finding, Severity},
        ingest::options::OrderTotal,
    };

    fn orders(all: &[&[i64]]) -> Orders {
        let mut orders = Orders::default();
        for rows in all {
            let mut amounts = Amounts::default();
            rows.iter().for_each(|row| amounts.add(Money::from_whole(*row).unwrap()));
            orders.add(amounts);
        }
        orders
    }

    #[test]
    fn a_total_on_every_row_is_taken_once() {
        let shop = orders(&[&[115, 115], &[40], &[60, 60, 60]]);
        let verdict = judge(&shop, Evidence::EqualToLines, 0, false, None);
        let notice = verdict.notice.unwrap();
        assert!(verdict.once);
        assert_eq!((notice.severity, notice.rows), (Severity::Note, 2));
        assert_eq!(notice.money, Money::from_whole(115 + 120));
        // Neither price nor quantity, but different totals.
        assert!(judge(&shop, Evidence::Equal, 0, false, None).once);
        // The caller knows better.
        let asked = judge(&shop, Evidence::Equal, 0, false, Some(OrderTotal::Sum));
        assert!(!asked.once && asked.notice.is_none());
    }

    #[test]
    fn rows_with_amounts_of_their_own_are_summed() {
        let lines = orders(&[&[115, 115], &[40, 20]]);
        for (orders, evidence, copies) in [
            (lines, Evidence::Equal, 0),
            (orders(&[&[1, 1], &[2, 2]]), Evidence::Lines, 0),
            // Rows that are there twice.
            (orders(&[&[1, 1], &[2, 2]]), Evidence::Equal, 2),
            (orders(&[&[1], &[2]]), Evidence::None, 0),
            (orders(&[&[0, 0]]), Evidence::Equal, 0),
        ] {
            let verdict = judge(&orders, evidence, copies, false, None);
            assert!(!verdict.once && verdict.notice.is_none());
        }
    }

    #[test]
    fn what_one_price_leaves_open_is_told() {
        // Tickets of one price.
        let tickets = orders(&[&[10, 10], &[10], &[10, 10, 10]]);
        let verdict = judge(&tickets, Evidence::Equal, 0, false, None);
        let notice = verdict.notice.unwrap();
        assert!(!verdict.once);
        assert_eq!((notice.finding, notice.severity), (Finding::OrderTotalSummed, Severity::Grave));
        // `Order total` says it.
        assert!(judge(&tickets, Evidence::Equal, 0, true, None).once);
    }
}
