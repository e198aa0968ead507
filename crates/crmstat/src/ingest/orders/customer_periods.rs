//! Orders added up by customer, labels and period: memory grows with these, not with the orders.

use rayon::prelude::*;

/// The periods that orders are added up by.
#[derive(Clone, Copy)]
pub(crate) struct Periods<'a> {
    /// The number of the period that a day, counted as dates are, lies in, and the first day of that period.
    pub(crate) of: &'a (dyn Fn(i32) -> (i32, i32) + Sync),
    /// Whether some have more days than [`DaySet`] tells apart.
    pub(crate) are_long: bool,
}

/// The days of a period on which something was bought: each of them, or the first and the last in long periods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DaySet(u32);

/// Days that are told apart.
pub(crate) const MOST_DAYS: i32 = 32;

impl DaySet {
    fn of(day: i32, are_long: bool) -> Self {
        Self(if are_long { (day as u32 & 0xFFFF) * 0x1_0001 } else { 1 << day })
    }

    fn and(self, other: Self, are_long: bool) -> Self {
        if !are_long {
            return Self(self.0 | other.0);
        }
        let (first, last) = (self.0 & 0xFFFF, self.0 >> 16);
        Self(first.min(other.0 & 0xFFFF) | last.max(other.0 >> 16) << 16)
    }

    /// The first and the last of them, from 0 at the beginning of the period; of some only.
    pub(crate) fn ends(self, are_long: bool) -> (i32, i32) {
        if are_long {
            ((self.0 & 0xFFFF) as i32, (self.0 >> 16) as i32)
        } else {
            (self.0.trailing_zeros() as i32, 31 - self.0.leading_zeros() as i32)
        }
    }

    /// Those that are told apart, from the first on; in a long period its first and last.
    pub(crate) fn days(self, are_long: bool) -> impl Iterator<Item = i32> {
        let (first, last) = self.ends(are_long);
        let is_one_of = move |day: &i32| are_long || self.0 >> day & 1 == 1;
        let step = if are_long { (last - first).max(1) } else { 1 };
        (first..=last).step_by(step as usize).filter(is_one_of)
    }
}

/// What one customer did under one combination of labels in one period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CustomerPeriod {
    /// The number of the customer, from 1 on.
    pub(crate) customer: u32,
    /// The number of the combination of labels.
    pub(crate) node: u32,
    /// The number of the period.
    pub(crate) period: i32,
    pub(crate) purchases: u32,
    pub(crate) refunds: u32,
    /// The days of the purchases; of no purchase there are none.
    days: DaySet,
    /// The net amount, in units of money.
    pub(crate) units: i64,
}

impl CustomerPeriod {
    /// The days of the purchases; `None` where nothing was bought.
    pub(crate) fn days(&self) -> Option<DaySet> {
        (self.purchases > 0).then_some(self.days)
    }

    /// One order of `customer` under the labels `node`, on `day` of the period.
    pub(crate) fn order(
        (customer, node): (u32, u32),
        (period, day): (i32, i32),
        (units, is_purchase): (i64, bool),
        are_long: bool,
    ) -> Self {
        Self {
            customer,
            node,
            period,
            purchases: u32::from(is_purchase),
            refunds: u32::from(!is_purchase),
            days: if is_purchase { DaySet::of(day, are_long) } else { DaySet::default() },
            units,
        }
    }

    fn key(&self) -> u128 {
        let period = self.period as u32 ^ 1 << 31;
        u128::from(self.customer) << 64 | u128::from(self.node) << 32 | u128::from(period)
    }

    /// Takes in `other`, of the same customer and period; sums past the range stay at its end.
    pub(crate) fn add(&mut self, other: &Self, are_long: bool) {
        self.days = match (self.purchases, other.purchases) {
            (_, 0) => self.days,
            (0, _) => other.days,
            _ => self.days.and(other.days, are_long),
        };
        self.purchases += other.purchases;
        self.refunds += other.refunds;
        self.units = self.units.saturating_add(other.units);
    }
}

/// Parts that are sorted by themselves: few customers each, so that a part fits a cache.
const PARTS: usize = 64;
/// Rows of a part before equal ones are first joined.
const FIRST_LIMIT: usize = 1 << 13;

/// What one thread has added up.
pub(crate) struct CustomerPeriods {
    are_long: bool,
    parts: Vec<Vec<CustomerPeriod>>,
    /// How many rows each part may have until equal ones are joined.
    limits: Vec<usize>,
}

impl CustomerPeriods {
    pub(crate) fn new(are_long: bool) -> Self {
        Self { are_long, parts: vec![Vec::new(); PARTS], limits: vec![FIRST_LIMIT; PARTS] }
    }

    pub(crate) fn push(&mut self, row: CustomerPeriod) {
        let at = row.customer as usize % PARTS;
        let part = &mut self.parts[at];
        if part.capacity() == 0 {
            // Room that is not used takes no memory, and growing step by step does.
            part.reserve_exact(FIRST_LIMIT);
        }
        part.push(row);
        if part.len() >= self.limits[at] {
            join_equal(part, self.are_long);
            // Where little was joined, little will be.
            self.limits[at] = FIRST_LIMIT + 3 * part.len();
        }
    }

    /// The rows of all threads, each beside the numbers that its nodes have among all: parts of the customers, each
    /// by customer, node and period. Customers that are `left_out` have none.
    pub(crate) fn join(
        threads: Vec<(Self, Vec<u32>)>,
        are_long: bool,
        left_out: impl Fn(u32) -> bool + Sync,
    ) -> Vec<Vec<CustomerPeriod>> {
        let mut parts: Vec<Vec<(Vec<CustomerPeriod>, usize)>> =
            std::iter::repeat_with(Vec::new).take(PARTS).collect();
        let mut nodes = Vec::new();
        for (thread, (own, map)) in threads.into_iter().enumerate() {
            nodes.push(map);
            for (all, part) in parts.iter_mut().zip(own.parts) {
                all.push((part, thread));
            }
        }
        let joined = |part: Vec<(Vec<CustomerPeriod>, usize)>| {
            let mut all: Vec<CustomerPeriod> = Vec::new();
            for (mut rows, thread) in part {
                for row in &mut rows {
                    row.node = nodes[thread][row.node as usize];
                }
                rows.retain(|row| !left_out(row.customer));
                // The rows of the first thread stay where they are.
                if all.is_empty() { all = rows } else { all.append(&mut rows) }
            }
            join_equal(&mut all, are_long);
            all
        };
        parts.into_par_iter().map(joined).collect()
    }
}

/// Sorts `rows` and makes one of those of the same customer, node and period.
fn join_equal(rows: &mut Vec<CustomerPeriod>, are_long: bool) {
    rows.sort_unstable_by_key(CustomerPeriod::key);
    rows.dedup_by(|later, kept| {
        let is_same = later.key() == kept.key();
        if is_same {
            kept.add(later, are_long);
        }
        is_same
    });
}

#[cfg(test)]
mod tests {
    use super::{CustomerPeriod, CustomerPeriods};
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    type Slow = (u32, u32, i64, BTreeSet<i32>);

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn orders_of_several_threads_are_added_up(
            orders in prop::collection::vec((1_u32..200, 0_u32..3, -3_i32..4, 0_i32..28, -9_i64..90), 0..300),
            copies in 1_usize..200,
            are_long: bool,
        ) {
            let mut threads = [CustomerPeriods::new(are_long), CustomerPeriods::new(are_long)];
            for own in &mut threads {
                own.limits.fill(20);
            }
            let mut slow: BTreeMap<(u32, u32, i32), Slow> = BTreeMap::new();
            for _ in 0..copies {
                for (at, (customer, node, period, day, units)) in orders.iter().enumerate() {
                    // The second thread numbers its nodes the other way round.
                    let own = if at % 2 == 1 { 2 - node } else { *node };
                    let is_purchase = *units >= 0;
                    let row = CustomerPeriod::order(
                        (*customer, own), (*period, *day), (*units, is_purchase), are_long);
                    threads[at % 2].push(row);
                    let known = slow.entry((*customer, *node, *period)).or_default();
                    known.0 += u32::from(is_purchase);
                    known.1 += u32::from(!is_purchase);
                    known.2 += units;
                    if is_purchase {
                        known.3.insert(*day);
                    }
                }
            }
            let maps = [vec![0, 1, 2], vec![2, 1, 0]];
            let threads = threads.into_iter().zip(maps).collect();
            let parts = CustomerPeriods::join(threads, are_long, |customer| customer == 7);
            let mut found = BTreeMap::new();
            for part in &parts {
                prop_assert!(part.is_sorted_by_key(CustomerPeriod::key));
                for row in part {
                    let days = row.days().map_or_else(BTreeSet::new, |days| {
                        days.days(are_long).collect()
                    });
                    let key = (row.customer, row.node, row.period);
                    found.insert(key, (row.purchases, row.refunds, row.units, days));
                }
            }
            slow.retain(|(customer, ..), _| *customer != 7);
            if are_long {
                for (.., days) in slow.values_mut() {
                    let ends: BTreeSet<i32> =
                        days.first().into_iter().chain(days.last()).copied().collect();
                    *days = ends;
                }
            }
            prop_assert_eq!(found, slow);
        }
    }
}
