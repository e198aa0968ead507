//! Which products are bought after others?
//!
//! # Formula
//! Customers are units. A day with a purchase *counts* where `within` days after it have been observed. Of the
//! customers who bought `A` on a day that counts, *confidence* is the share who bought `B` on a later day, at most
//! `within` days after one of these; *lift* is that over the share of all customers with a day that counts who bought
//! `B` likewise after any of theirs.
//!
//! Who buys much buys everything after everything, so that a lift says little. The test asks for the order: of the
//! customers of whom only one holds, `B` after `A` or `A` after `B`, both within the time, the first is no more likely
//! than the second: the sign test, one-sided, corrected by Benjamini and Hochberg for all ordered pairs of products
//! that at least `least` customers bought on a day that counts.
//!
//! # Assumptions
//! Both products were on sale all the time: a new product comes after an old one with everybody.
//!
//! # Citation
//! R. Agrawal and R. Srikant, *Mining Sequential Patterns*, ICDE 1995, 3–14 (sequences, customers as units);
//! Q. `McNemar`, *Psychometrika* 12 (1947) 153–157 (the test of customers of whom one holds).

#[cfg(test)]
mod tests;

use crate::{
    error::{Error, Result},
    special::counts::{false_discovery_rates, sign_test},
};
use rayon::prelude::*;

/// The purchases of customers, by day.
///
/// Each customer's are pairs of a day and a product.
#[derive(Clone, Debug)]
pub struct Histories {
    products: usize,
    starts: Vec<u32>,
    days: Vec<i32>,
    items: Vec<u32>,
}

impl Histories {
    /// No customers yet, of so many products.
    pub fn new(products: usize) -> Self {
        Self { products, starts: vec![0], days: Vec::new(), items: Vec::new() }
    }

    /// Adds a customer; what a day names twice counts once. `purchases` is sorted.
    ///
    /// # Panics
    /// A product that is not below the number of products, or four billion purchases in all.
    pub fn push(&mut self, purchases: &mut Vec<(i32, u32)>) {
        purchases.sort_unstable();
        purchases.dedup();
        for (day, item) in purchases.iter() {
            assert!((*item as usize) < self.products, "no such product");
            self.days.push(*day);
            self.items.push(*item);
        }
        self.starts
            .push(u32::try_from(self.items.len()).expect("fewer than four billion purchases"));
    }

    /// The number of customers.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there is no customer.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn of(&self, customer: usize) -> std::ops::Range<usize> {
        self.starts[customer] as usize..self.starts[customer + 1] as usize
    }

    /// The purchases among `own`, those of a customer, on the days from `first` to `last`.
    fn between(
        &self,
        own: &std::ops::Range<usize>,
        first: i32,
        last: i32,
    ) -> std::ops::Range<usize> {
        let days = &self.days[own.clone()];
        let start = days.partition_point(|day| *day < first);
        let end = days.partition_point(|day| *day <= last);
        own.start + start..own.start + end.max(start)
    }
}

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    /// Days within which the second purchase follows the first, at least 1.
    pub within: i32,
    /// The last day that was observed.
    pub last: i32,
    /// Customers of whom it is true, at least 1.
    pub least: u32,
}

/// Who buys the first product buys the second later.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sequence {
    /// What is bought first.
    pub first: u32,
    /// What is bought next.
    pub next: u32,
    /// Customers who did.
    pub customers: u32,
    /// Customers who bought the first on a day that counts.
    pub first_customers: u32,
    /// Customers who bought the second within the time after any day that counts.
    pub next_customers: u32,
    /// The mean number of days between the two, by the closest pair of each customer.
    pub mean_days: f64,
    /// Customers who did, and never the other way round.
    pub only_so: u32,
    /// Customers who did the other way round alone.
    pub only_reverse: u32,
    /// How likely so many of these are if neither order is the likelier.
    pub p_value: f64,
    /// The false discovery rate at which this order would just be called one.
    pub q_value: f64,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequences {
    /// Customers with a day that counts.
    pub customers: u32,
    /// Products that at least `least` customers bought on such a day.
    pub frequent: u32,
    /// By their products.
    pub sequences: Vec<Sequence>,
}

/// Finds what customers buy within a time after what.
///
/// ```
/// use crmstat_models::baskets::sequences::{Histories, Params, mine};
///
/// let mut histories = Histories::new(2);
/// for start in 0..8 {
///     histories.push(&mut vec![(start, 0), (start + 9, 1)]);
/// }
/// let found = mine(&histories, Params { within: 30, last: 60, least: 5 })?;
/// let printer_then_ink = &found.sequences[0];
/// assert_eq!((found.sequences.len(), printer_then_ink.customers, printer_then_ink.mean_days), (1, 8, 9.0));
/// assert!((printer_then_ink.p_value - 1.0 / 256.0).abs() < 1e-12);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
///
/// # Errors
/// A time or a least number below 1.
pub fn mine(histories: &Histories, params: Params) -> Result<Sequences> {
    if params.within < 1 {
        return Err(Error::parameter("within", params.within, "at least 1 day"));
    }
    if params.least < 1 {
        return Err(Error::parameter("least", params.least, "at least 1"));
    }
    let base = Base::of(histories, params);
    let frequent: Vec<u32> = (0..histories.products as u32)
        .filter(|product| base.buyers[*product as usize] >= params.least)
        .collect();
    let parts: Vec<Vec<Sequence>> = frequent
        .par_iter()
        .map_init(
            || Scratch::new(histories.products),
            |scratch, first| scratch.sequences_of(histories, params, &base, *first),
        )
        .collect();
    let mut sequences = parts.concat();
    let hypotheses = frequent.len() as f64 * (frequent.len() as f64 - 1.0);
    let p_values: Vec<f64> = sequences.iter().map(|own| own.p_value).collect();
    for (own, rate) in sequences.iter_mut().zip(false_discovery_rates(&p_values, hypotheses)) {
        own.q_value = rate;
    }
    Ok(Sequences { customers: base.customers, frequent: frequent.len() as u32, sequences })
}

/// What is counted of each product alone.
struct Base {
    customers: u32,
    /// Customers who bought it on a day that counts.
    buyers: Vec<u32>,
    /// Customers who bought it within the time after any day that counts.
    followers: Vec<u32>,
    /// The customers of each product, one after the other.
    starts: Vec<u32>,
    customers_of: Vec<u32>,
}

impl Base {
    fn of(histories: &Histories, params: Params) -> Self {
        let (mut buyers, mut followers) =
            (vec![0_u32; histories.products], vec![0_u32; histories.products]);
        let mut owners: Vec<(u32, u32)> = Vec::new();
        let mut customers = 0;
        let (mut bought, mut followed): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
        for customer in 0..histories.len() {
            let own = histories.of(customer);
            let (mut counted, mut reached) = (false, i32::MIN);
            bought.clear();
            followed.clear();
            for at in own.clone() {
                let (day, item) = (histories.days[at], histories.items[at]);
                owners.push((item, customer as u32));
                // Purchases are by day: the last day before this one that counts is the one that matters.
                let before = at > own.start && histories.days[own.start] < day;
                if before {
                    let earlier = histories.days[own.clone()].partition_point(|own| *own < day);
                    let last_before = histories.days[own.start + earlier - 1];
                    if params.counts(last_before) {
                        reached = last_before;
                    }
                    if reached != i32::MIN && day - reached <= params.within {
                        followed.push(item);
                    }
                }
                if params.counts(day) {
                    counted = true;
                    bought.push(item);
                }
            }
            customers += u32::from(counted);
            for (items, counts) in [(&mut bought, &mut buyers), (&mut followed, &mut followers)] {
                items.sort_unstable();
                items.dedup();
                for item in items.iter() {
                    counts[*item as usize] += 1;
                }
            }
        }
        owners.sort_unstable();
        owners.dedup();
        let mut starts = vec![0_u32; histories.products + 1];
        for (item, _) in &owners {
            starts[*item as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let customers_of = owners.into_iter().map(|(_, customer)| customer).collect();
        Self { customers, buyers, followers, starts, customers_of }
    }
}

impl Params {
    /// Whether all days within the time after `day` have been observed.
    const fn counts(self, day: i32) -> bool {
        day <= self.last.saturating_sub(self.within)
    }
}

/// What is counted of one first product, by the second.
#[derive(Clone, Copy, Default)]
struct Cell {
    customers: u32,
    days: u64,
    only_so: u32,
    only_reverse: u32,
}

/// What a thread keeps.
struct Scratch {
    cells: Vec<Cell>,
    /// The fewest days after the first product, 0 is never; and whether the other way round holds.
    after: Vec<i32>,
    before: Vec<bool>,
}

impl Scratch {
    fn new(products: usize) -> Self {
        Self {
            cells: vec![Cell::default(); products],
            after: vec![0; products],
            before: vec![false; products],
        }
    }

    fn sequences_of(
        &mut self,
        histories: &Histories,
        params: Params,
        base: &Base,
        first: u32,
    ) -> Vec<Sequence> {
        let mut met: Vec<u32> = Vec::new();
        let (start, end) = (base.starts[first as usize], base.starts[first as usize + 1]);
        for customer in &base.customers_of[start as usize..end as usize] {
            let own = histories.of(*customer as usize);
            let mut seen: Vec<u32> = Vec::new();
            for at in own.clone().filter(|at| histories.items[*at] == first) {
                let day = histories.days[at];
                if params.counts(day) {
                    for later in histories.between(&own, day + 1, day.saturating_add(params.within))
                    {
                        let item = histories.items[later];
                        let gap = histories.days[later] - day;
                        let after = &mut self.after[item as usize];
                        if *after == 0 {
                            seen.push(item);
                            *after = gap;
                        }
                        *after = gap.min(*after);
                    }
                }
                for earlier in histories.between(&own, day.saturating_sub(params.within), day - 1) {
                    if params.counts(histories.days[earlier]) {
                        let item = histories.items[earlier];
                        seen.push(item);
                        self.before[item as usize] = true;
                    }
                }
            }
            seen.sort_unstable();
            seen.dedup();
            for item in seen {
                let after = std::mem::take(&mut self.after[item as usize]);
                let before = std::mem::take(&mut self.before[item as usize]);
                let cell = &mut self.cells[item as usize];
                if cell.customers + cell.only_reverse == 0 {
                    met.push(item);
                }
                cell.customers += u32::from(after > 0);
                cell.days += after as u64;
                cell.only_so += u32::from(after > 0 && !before);
                cell.only_reverse += u32::from(after == 0);
            }
        }
        met.sort_unstable();
        let mut found = Vec::new();
        for next in met {
            let cell = std::mem::take(&mut self.cells[next as usize]);
            let is_frequent = base.buyers[next as usize] >= params.least;
            if next == first || cell.customers < params.least || !is_frequent {
                continue;
            }
            found.push(Sequence {
                first,
                next,
                customers: cell.customers,
                first_customers: base.buyers[first as usize],
                next_customers: base.followers[next as usize],
                mean_days: cell.days as f64 / f64::from(cell.customers),
                only_so: cell.only_so,
                only_reverse: cell.only_reverse,
                p_value: sign_test(u64::from(cell.only_so), u64::from(cell.only_reverse)),
                q_value: 1.0,
            });
        }
        found
    }
}
