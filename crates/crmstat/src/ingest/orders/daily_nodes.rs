//! Sums by combination of labels and day.

use crate::{
    Money,
    data::{
        column::MISSING,
        line_numbers::{cost_of_pieces, cost_of_row, quantity_of},
        sales::is_purchase,
    },
};
use std::collections::HashMap;

/// What is added up of one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DaySum {
    /// The amount, in units of money.
    pub(crate) units: i64,
    /// Orders, and those and refunds.
    pub(crate) orders: u32,
    pub(crate) rows: u32,
}

/// A sum that other sums are added to.
trait Sum: Copy + Default {
    /// Adds `other`; `None` past the range.
    fn add(&mut self, other: &Self) -> Option<()>;
}

impl DaySum {
    /// An order or refund.
    pub(super) fn of(amount: Money) -> Self {
        Self { units: amount.units(), orders: u32::from(is_purchase(amount)), rows: 1 }
    }
}

impl Sum for DaySum {
    fn add(&mut self, other: &Self) -> Option<()> {
        self.orders += other.orders;
        self.rows += other.rows;
        self.units = self.units.checked_add(other.units)?;
        Some(())
    }
}

/// The numbers of one line; the quantity as it is read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LineNumbers {
    pub(super) quantity: Option<f64>,
    pub(super) cost: Option<Money>,
    pub(super) discount: Option<Money>,
}

impl LineNumbers {
    /// The quantity in millionths, of a line worth `amount`.
    pub(super) fn quantity_of(&self, amount: Money) -> Option<i64> {
        quantity_of(self.quantity?, amount)
    }
}

/// Amounts of lines whose cost is known, beside the cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Costed {
    pub(crate) units: i64,
    pub(crate) cost: i64,
    pub(crate) lines: u32,
}

impl Costed {
    fn of(amount: Money, cost: Option<Money>) -> Self {
        cost.map_or_else(Self::default, |cost| Self {
            units: amount.units(),
            cost: cost.units(),
            lines: 1,
        })
    }

    fn add(&mut self, other: &Self) -> Option<()> {
        self.lines += other.lines;
        self.units = self.units.checked_add(other.units)?;
        self.cost = self.cost.checked_add(other.cost)?;
        Some(())
    }
}

/// What is added up of the numbers of one day's lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct NumberSum {
    /// In millionths, of how many lines, and what these are worth.
    pub(crate) quantity: i64,
    pub(crate) quantified: u32,
    pub(crate) quantified_units: i64,
    /// Where costs are those of lines, and where they are those of pieces.
    pub(crate) of_rows: Costed,
    pub(crate) of_pieces: Costed,
    /// Discounts of purchases, the price before them, and of how many lines.
    pub(crate) discount: i64,
    pub(crate) priced: i64,
    pub(crate) discounted: u32,
    /// Lines with any cost and with any discount, whatever they are worth.
    pub(crate) any_cost: u32,
    pub(crate) any_discount: u32,
}

impl NumberSum {
    /// The numbers of one line.
    pub(super) fn of(numbers: &LineNumbers, amount: Money) -> Self {
        let mut sum = Self {
            any_cost: u32::from(numbers.cost.is_some()),
            any_discount: u32::from(numbers.discount.is_some()),
            ..Self::default()
        };
        let quantity = numbers.quantity_of(amount);
        if let Some(quantity) = quantity {
            (sum.quantity, sum.quantified) = (quantity, 1);
            sum.quantified_units = amount.units();
        }
        let cost = numbers.cost;
        sum.of_rows = Costed::of(amount, cost.and_then(|cost| cost_of_row(cost, amount)));
        let of_pieces =
            cost.zip(quantity).and_then(|(cost, pieces)| cost_of_pieces(cost, pieces, amount));
        sum.of_pieces = Costed::of(amount, of_pieces);
        if let Some(discount) = numbers.discount.filter(|_| is_purchase(amount)) {
            sum.discount = discount.units().saturating_abs();
            sum.priced = amount.units().saturating_add(sum.discount);
            sum.discounted = 1;
        }
        sum
    }
}

impl Sum for NumberSum {
    fn add(&mut self, other: &Self) -> Option<()> {
        self.quantified += other.quantified;
        self.discounted += other.discounted;
        self.any_cost += other.any_cost;
        self.any_discount += other.any_discount;
        self.of_rows.add(&other.of_rows)?;
        self.of_pieces.add(&other.of_pieces)?;
        self.quantity = self.quantity.checked_add(other.quantity)?;
        self.quantified_units = self.quantified_units.checked_add(other.quantified_units)?;
        self.discount = self.discount.checked_add(other.discount)?;
        self.priced = self.priced.checked_add(other.priced)?;
        Some(())
    }
}

/// The sums of one combination of labels.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    /// The codes of the labels; [`MISSING`] is none.
    pub(crate) path: Vec<u32>,
    /// The first day, and the sums from it on.
    first: i32,
    days: Vec<DaySum>,
    numbers: Option<(i32, Vec<NumberSum>)>,
}

impl Node {
    /// The first and the last day with an order.
    pub(crate) fn span(&self) -> Option<(i32, i32)> {
        (!self.days.is_empty()).then(|| (self.first, self.first + self.days.len() as i32 - 1))
    }

    /// The sums of each day with an order, in the order of the days.
    pub(crate) fn days(&self) -> impl Iterator<Item = (i32, &DaySum)> {
        (self.first..).zip(&self.days).filter(|(_, sum)| sum.rows > 0)
    }

    /// The sums of the numbers of the lines of each day, in the order of the days; none where none were asked for.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = (i32, &NumberSum)> {
        let first = self.numbers.as_ref().map_or(0, |(first, _)| *first);
        (first..).zip(self.numbers.iter().flat_map(|(_, sums)| sums))
    }
}

/// The sums of each combination of codes, while they are added up.
pub(super) struct Nodes {
    /// Where there is one column: the place of each code, one more than that of no node.
    of_code: Vec<u32>,
    places: HashMap<Vec<u32>, u32>,
    /// The last path and its place: neighbours are often alike.
    last: (Vec<u32>, usize),
    days: Vec<Days<DaySum>>,
    numbers: Option<Vec<Days<NumberSum>>>,
    pub(super) is_too_large: bool,
}

impl Nodes {
    pub(super) fn new(with_numbers: bool) -> Self {
        Self {
            of_code: Vec::new(),
            places: HashMap::new(),
            last: (Vec::new(), 0),
            days: Vec::new(),
            numbers: with_numbers.then(Vec::new),
            is_too_large: false,
        }
    }

    pub(super) fn place(&mut self, path: &[u32]) -> usize {
        if let [code] = path {
            // The code of a missing label comes first.
            let at = code.wrapping_add(1) as usize;
            if at >= self.of_code.len() {
                self.of_code.resize(at + 1, 0);
            }
            if self.of_code[at] > 0 {
                return self.of_code[at] as usize - 1;
            }
            self.of_code[at] = self.days.len() as u32 + 1;
        } else if path.is_empty() && !self.days.is_empty() {
            // Comparing nothing with nothing, at no address, takes a processor longest of all.
            return 0;
        } else if !self.days.is_empty() && self.last.0 == path {
            return self.last.1;
        } else if let Some(place) = self.places.get(path) {
            self.last.0.clear();
            self.last.0.extend_from_slice(path);
            self.last.1 = *place as usize;
            return self.last.1;
        }
        self.places.insert(path.to_vec(), self.days.len() as u32);
        self.last = (path.to_vec(), self.days.len());
        self.days.push(Days::default());
        self.numbers.iter_mut().for_each(|numbers| numbers.push(Days::default()));
        self.days.len() - 1
    }

    pub(super) fn add(&mut self, place: usize, day: i32, sum: &DaySum) {
        self.is_too_large |= self.days[place].at(day).add(sum).is_none();
    }

    pub(super) fn add_numbers(&mut self, place: usize, day: i32, sum: &NumberSum) {
        if let Some(numbers) = &mut self.numbers {
            self.is_too_large |= numbers[place].at(day).add(sum).is_none();
        }
    }

    /// Takes off an order or refund that was added.
    pub(super) fn take_off(&mut self, place: usize, day: i32, amount: Money) {
        let DaySum { units, orders, rows } = DaySum::of(amount);
        let sum = self.days[place].at(day);
        // A sum past the range has been noted.
        sum.units = sum.units.wrapping_sub(units);
        sum.orders -= orders;
        sum.rows -= rows;
    }

    /// Takes in the sums of another thread, whose `codes` are these here: the place here of each of its places.
    pub(super) fn adopt(&mut self, other: &Self, codes: &[Vec<u32>]) -> Vec<u32> {
        let mut places = vec![0; other.days.len()];
        for (path, place) in &other.places {
            let own = self.place(&known(path, codes));
            places[*place as usize] = own as u32;
        }
        self.is_too_large |= other.is_too_large;
        for (days, own) in other.days.iter().zip(&places) {
            for (day, sum) in days.filled().filter(|(_, sum)| sum.rows > 0) {
                self.add(*own as usize, day, sum);
            }
        }
        for (days, own) in other.numbers.iter().flatten().zip(&places) {
            for (day, sum) in days.filled() {
                self.add_numbers(*own as usize, day, sum);
            }
        }
        places
    }

    /// The nodes by the `ranks` of their codes, in the order of these, and where each place stands among them.
    pub(super) fn finish(self, ranks: &[Vec<u32>]) -> (Vec<Node>, Vec<u32>) {
        let mut sorted: Vec<(Vec<u32>, u32)> =
            self.places.into_iter().map(|(path, place)| (known(&path, ranks), place)).collect();
        sorted.sort_unstable();
        let mut days = self.days;
        let mut numbers = self.numbers;
        let mut places = vec![0; days.len()];
        let mut nodes = Vec::with_capacity(days.len());
        for (at, (path, place)) in (0_u32..).zip(sorted) {
            places[place as usize] = at;
            let (first, days) = std::mem::take(&mut days[place as usize]).trimmed();
            let numbers = numbers.as_mut().map(|numbers| {
                let own = std::mem::take(&mut numbers[place as usize]);
                (own.first, own.sums)
            });
            nodes.push(Node { path, first, days, numbers });
        }
        (nodes, places)
    }
}

/// The codes of `path` as the numbers that `codes` give them.
fn known(path: &[u32], codes: &[Vec<u32>]) -> Vec<u32> {
    let of = |(code, codes): (&u32, &Vec<u32>)| match *code {
        MISSING => MISSING,
        code => codes[code as usize],
    };
    path.iter().zip(codes).map(of).collect()
}

/// Sums of days in a row.
#[derive(Default)]
struct Days<T> {
    first: i32,
    sums: Vec<T>,
}

/// Days that are added before the first one at a time, so that falling days cost no more than rising ones.
const ROOM: i32 = 400;

impl<T: Sum> Days<T> {
    fn at(&mut self, day: i32) -> &mut T {
        if self.sums.is_empty() {
            self.first = day;
        }
        if day < self.first {
            let more = (self.first - day + ROOM) as usize;
            self.sums.splice(0..0, std::iter::repeat_n(T::default(), more));
            self.first -= more as i32;
        }
        let at = (day - self.first) as usize;
        if at >= self.sums.len() {
            self.sums.resize(at + 1, T::default());
        }
        &mut self.sums[at]
    }

    fn filled(&self) -> impl Iterator<Item = (i32, &T)> {
        (self.first..).zip(&self.sums)
    }
}

impl Days<DaySum> {
    /// Without days of nothing at either end.
    fn trimmed(self) -> (i32, Vec<DaySum>) {
        let is_some = |sum: &DaySum| sum.rows > 0;
        let start = self.sums.iter().position(is_some).unwrap_or(0);
        let end = self.sums.iter().rposition(is_some).map_or(start, |at| at + 1);
        (self.first + start as i32, self.sums[start..end].to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::{DaySum, Days};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn days_come_in_any_order(days in prop::collection::vec((-900_i32..900, 1_i64..9), 1..60)) {
            let (mut sums, mut slow) = (Days::<DaySum>::default(), BTreeMap::<i32, i64>::new());
            for (day, units) in &days {
                let sum = sums.at(*day);
                (sum.units, sum.rows) = (sum.units + units, sum.rows + 1);
                *slow.entry(*day).or_default() += units;
            }
            let (first, found) = sums.trimmed();
            let found: BTreeMap<i32, i64> = (first..)
                .zip(&found)
                .filter(|(_, sum)| sum.rows > 0)
                .map(|(day, sum)| (day, sum.units))
                .collect();
            prop_assert_eq!(found, slow);
        }
    }
}
