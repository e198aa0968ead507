//! Customers from period to period, by group.

use crate::{
    analysis::sales::{
        calendar::Calendar,
        cube::NONE,
        facts::Facts,
        source::{Source, Sums},
    },
    data::sales::is_purchase,
    ingest::orders::customer_periods::CustomerPeriod,
};
use rayon::prelude::*;
use std::collections::{BTreeMap, btree_map::Entry};

/// What the customers of a group did in a period, or in the whole time.
#[derive(Clone, Debug, Default)]
pub(in crate::analysis) struct Activity {
    /// With a purchase.
    pub(in crate::analysis) active: u64,
    /// Whose first purchase it was.
    pub(in crate::analysis) new: u64,
    /// Active in the period before, too.
    pub(in crate::analysis) returning: u64,
    /// Not new, and not active in the period before.
    pub(in crate::analysis) reactivated: u64,
    /// Active in the period before and not in this one.
    pub(in crate::analysis) lost: u64,
    /// Their purchases.
    pub(in crate::analysis) purchases: u64,
    /// With two purchases or more.
    pub(in crate::analysis) repeating: u64,
    /// What all customers brought, those with refunds alone among them, in units of money.
    pub(in crate::analysis) units: i128,
    /// What each active customer brought, in units of money, the least first.
    pub(in crate::analysis) net: Vec<i64>,
    /// The active customers, by number, where it was asked for.
    pub(in crate::analysis) who: Vec<u32>,
    /// Sums over the customers known by the end: their number, days from the first to the last purchase, and the
    /// squares of these.
    pub(in crate::analysis) known: (u64, f64, f64),
}

/// The activity of one group: by period, then that of the whole time.
pub(in crate::analysis) type Activities = Vec<Activity>;

/// What a customer did in a group in one period.
#[derive(Clone, Copy)]
struct Event {
    period: usize,
    purchases: u32,
    units: i64,
    /// The days of the first and the last purchase; of no purchase they mean nothing.
    first: i32,
    last: i32,
}

impl Event {
    /// Takes in what the same customer did in the same period.
    fn add(&mut self, other: &Self) {
        (self.first, self.last) = match (self.purchases, other.purchases) {
            (_, 0) => (self.first, self.last),
            (0, _) => (other.first, other.last),
            _ => (self.first.min(other.first), self.last.max(other.last)),
        };
        self.purchases += other.purchases;
        self.units = self.units.saturating_add(other.units);
    }
}

/// Follows the customers of `source` through the periods of `calendar`: all of them, and those of each label of
/// the first column by which they are divided, where a customer is looked at by the orders of that label alone.
/// Nobody's orders are no customer's. Who they are is told where `names` is set.
pub(in crate::analysis) fn follow(
    source: &Source<'_>,
    calendar: &Calendar,
    names: bool,
) -> BTreeMap<Option<u32>, Activities> {
    let groups = match source {
        Source::Orders(facts) => of_orders(facts, calendar, names),
        Source::Sums(sums) => {
            let parts = sums.days.customers.as_ref().map_or(&[][..], |own| &own.parts);
            let add = |mut groups: Groups, part: &Vec<CustomerPeriod>| {
                of_sums(sums, part, calendar, names, &mut groups);
                groups
            };
            // Whatever the parts, the sums are those of whole numbers.
            parts.par_iter().fold(Groups::new, add).reduce(Groups::new, joined)
        }
    };
    groups.into_iter().map(|(group, following)| (group, following.finish())).collect()
}

fn joined(mut all: Groups, other: Groups) -> Groups {
    for (group, following) in other {
        match all.entry(group) {
            Entry::Vacant(place) => {
                place.insert(following);
            }
            Entry::Occupied(place) => place.into_mut().join(following),
        }
    }
    all
}

type Groups = BTreeMap<Option<u32>, Following>;

fn of_orders(facts: &Facts<'_>, calendar: &Calendar, names: bool) -> Groups {
    let labels = facts.dims.first().map(|(_, labels)| labels);
    let mut groups = Groups::new();
    let orders = &facts.orders;
    let mut own: BTreeMap<Option<u32>, Vec<Event>> = BTreeMap::new();
    for customer in 0..orders.customers().len() {
        own.clear();
        for order in orders.of_customer(customer) {
            let day = orders.at()[order].date().days();
            let after = calendar.periods.partition_point(|period| period.span.first.days() <= day);
            let Some(period) = after.checked_sub(1) else { continue };
            let purchases = u32::from(is_purchase(orders.amount()[order]));
            let units = orders.amount()[order].units();
            let mut push = |group: Option<u32>, units: i64| {
                let events = own.entry(group).or_default();
                let event = Event { period, purchases, units, first: day, last: day };
                match events.last_mut().filter(|last| last.period == period) {
                    Some(last) => last.add(&event),
                    None => events.push(event),
                }
            };
            push(None, units);
            let Some(labels) = labels else { continue };
            let mut parts: BTreeMap<u32, i64> = BTreeMap::new();
            for line in orders.lines_of(order) {
                let code = labels.code(line).unwrap_or(NONE);
                let part = parts.entry(code).or_default();
                *part = part.saturating_add(orders.line_amount()[line].units());
            }
            for (code, units) in parts {
                push(Some(code), units);
            }
        }
        for (group, events) in &own {
            let following = groups.entry(*group).or_insert_with(|| Following::new(calendar));
            following.add(names.then_some(customer as u32), events);
        }
    }
    groups
}

fn of_sums(
    sums: &Sums,
    part: &[CustomerPeriod],
    calendar: &Calendar,
    names: bool,
    groups: &mut Groups,
) {
    let Some(first) = calendar.periods.first() else { return };
    let are_long = sums.days.customers.as_ref().is_some_and(|own| own.are_long);
    let begins: Vec<i32> = calendar.periods.iter().map(|own| own.whole.first.days()).collect();
    let event = |row: &CustomerPeriod| {
        let period = usize::try_from(row.period - first.number).ok()?;
        let begin = *begins.get(period)?;
        let (first, last) = row.days().map_or((0, 0), |days| days.ends(are_long));
        let (first, last) = (begin + first, begin + last);
        Some(Event { period, purchases: row.purchases, units: row.units, first, last })
    };
    let is_divided = !sums.dims.is_empty();
    let (mut events, mut all): (Vec<Event>, Vec<Event>) = (Vec::new(), Vec::new());
    for own in part.chunk_by(|one, other| one.customer == other.customer) {
        let who = names.then_some(own[0].customer);
        all.clear();
        for rows in own.chunk_by(|one, other| one.node == other.node) {
            events.clear();
            events.extend(rows.iter().filter_map(event));
            all.extend_from_slice(&events);
            if is_divided {
                let code = sums.days.nodes[rows[0].node as usize].path[0];
                let following =
                    groups.entry(Some(code)).or_insert_with(|| Following::new(calendar));
                following.add(who, &events);
            }
        }
        all.sort_by_key(|event| event.period);
        all.dedup_by(|later, kept| {
            let is_same = later.period == kept.period;
            if is_same {
                kept.add(later);
            }
            is_same
        });
        groups.entry(None).or_insert_with(|| Following::new(calendar)).add(who, &all);
    }
}

/// The customers of one group while they are followed.
struct Following {
    activities: Activities,
    /// By period what the customers known by its end add to those known before: their number, days from the first to
    /// the last purchase, and the squares of these.
    known: Vec<(i64, i64, i64)>,
}

impl Following {
    fn new(calendar: &Calendar) -> Self {
        let count = calendar.periods.len();
        Self { activities: vec![Activity::default(); count + 1], known: vec![(0, 0, 0); count] }
    }

    /// Adds one customer, whose `events` are one for each period in the order of these.
    fn add(&mut self, customer: Option<u32>, events: &[Event]) {
        let Self { activities, known } = self;
        let count = known.len();
        for event in events {
            activities[event.period].units += i128::from(event.units);
            activities[count].units += i128::from(event.units);
        }
        let bought = || events.iter().filter(|event| event.purchases > 0);
        let Some(first) = bought().next() else { return };
        let mut last_active: Option<usize> = None;
        let mut days = 0;
        let mut purchases = 0;
        known[first.period].0 += 1;
        for event in bought() {
            let activity = &mut activities[event.period];
            activity.active += 1;
            activity.purchases += u64::from(event.purchases);
            activity.repeating += u64::from(event.purchases > 1);
            activity.net.push(event.units);
            activity.who.extend(customer);
            match last_active {
                None => activity.new += 1,
                Some(last) if last + 1 == event.period => activity.returning += 1,
                Some(_) => activity.reactivated += 1,
            }
            if let Some(last) = last_active
                && last + 1 < event.period
            {
                activities[last + 1].lost += 1;
            }
            last_active = Some(event.period);
            purchases += u64::from(event.purchases);
            let now = i64::from(event.last - first.first);
            known[event.period].1 += now - days;
            known[event.period].2 += now * now - days * days;
            days = now;
        }
        if let Some(next) = last_active.map(|last| last + 1).filter(|next| *next < count) {
            activities[next].lost += 1;
        }
        let all = &mut activities[count];
        all.active += 1;
        all.new += 1;
        all.purchases += purchases;
        all.repeating += u64::from(purchases > 1);
        all.net.push(events.iter().fold(0_i64, |sum, event| sum.saturating_add(event.units)));
        all.who.extend(customer);
    }

    /// Takes in other customers.
    fn join(&mut self, other: Self) {
        for (own, other) in self.activities.iter_mut().zip(other.activities) {
            own.active += other.active;
            own.new += other.new;
            own.returning += other.returning;
            own.reactivated += other.reactivated;
            own.lost += other.lost;
            own.purchases += other.purchases;
            own.repeating += other.repeating;
            own.units += other.units;
            own.net.extend(other.net);
            own.who.extend(other.who);
        }
        for (own, other) in self.known.iter_mut().zip(other.known) {
            *own = (own.0 + other.0, own.1 + other.1, own.2 + other.2);
        }
    }

    fn finish(self) -> Activities {
        let Self { mut activities, known } = self;
        let (mut number, mut days, mut squares) = (0, 0, 0);
        for (activity, more) in activities.iter_mut().zip(&known) {
            number += more.0;
            days += more.1;
            squares += more.2;
            activity.known = (number as u64, days as f64, squares as f64);
        }
        if let [.., last, all] = &mut activities[..] {
            all.known = last.known;
        }
        activities.par_iter_mut().for_each(|own| {
            own.net.sort_unstable();
            own.who.sort_unstable();
        });
        activities
    }
}
