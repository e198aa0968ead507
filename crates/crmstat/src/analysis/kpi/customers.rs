//! Customers from period to period, by group.

use crate::{
    analysis::sales::{calendar::Calendar, facts::Facts},
    data::{Labels, sales::is_purchase},
};
use std::collections::BTreeMap;

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
    /// What each active customer brought, in units of money.
    pub(in crate::analysis) net: Vec<i64>,
    /// The active customers, by number.
    pub(in crate::analysis) who: Vec<u32>,
    /// Sums over the customers known by the end: their number, days from the first to the last purchase, and the
    /// squares of these.
    pub(in crate::analysis) known: (u64, f64, f64),
}

/// The activity of one group: by period, then that of the whole time.
pub(in crate::analysis) type Activities = Vec<Activity>;

/// One purchase or refund of a customer in a group.
#[derive(Clone, Copy)]
struct Event {
    period: usize,
    day: i32,
    units: i64,
    bought: bool,
}

/// Follows the customers of `facts` through the periods of `calendar`: all of them, and those of each label of
/// `labels`, where a customer is looked at by the orders of that label alone. Nobody's orders are no customer's.
pub(in crate::analysis) fn follow(
    facts: &Facts,
    calendar: &Calendar,
    labels: Option<&Labels>,
) -> BTreeMap<Option<u32>, Activities> {
    let count = calendar.periods.len();
    let mut groups: BTreeMap<Option<u32>, Activities> = BTreeMap::new();
    let orders = &facts.orders;
    let mut own: BTreeMap<Option<u32>, Vec<Event>> = BTreeMap::new();
    for customer in 0..orders.customers().len() {
        own.clear();
        for order in orders.of_customer(customer) {
            let day = orders.at()[order].date().days();
            let after = calendar.periods.partition_point(|period| period.span.first.days() <= day);
            let Some(period) = after.checked_sub(1) else { continue };
            let bought = is_purchase(orders.amount()[order]);
            let units = orders.amount()[order].units();
            own.entry(None).or_default().push(Event { period, day, units, bought });
            let Some(labels) = labels else { continue };
            let mut parts: BTreeMap<u32, i64> = BTreeMap::new();
            for line in orders.lines_of(order) {
                let code = labels.code(line).unwrap_or(u32::MAX);
                let part = parts.entry(code).or_default();
                *part = part.saturating_add(orders.line_amount()[line].units());
            }
            for (code, units) in parts {
                own.entry(Some(code)).or_default().push(Event { period, day, units, bought });
            }
        }
        for (group, events) in &own {
            let activities =
                groups.entry(*group).or_insert_with(|| vec![Activity::default(); count + 1]);
            add(activities, customer as u32, events, calendar);
        }
    }
    groups
}

/// Adds one customer, whose `events` are in the order of time.
fn add(activities: &mut Activities, customer: u32, events: &[Event], calendar: &Calendar) {
    let count = calendar.periods.len();
    for event in events {
        activities[event.period].units += i128::from(event.units);
        activities[count].units += i128::from(event.units);
    }
    let Some(first) = events.iter().find(|event| event.bought) else { return };
    let (first_period, first_day) = (first.period, first.day);
    let mut was_active = false;
    let mut rest = events;
    let mut last_day = first_day;
    let (mut purchases, mut net) = (0, 0_i64);
    for (period, activity) in activities[..count].iter_mut().enumerate() {
        let end = rest.partition_point(|event| event.period <= period);
        let (own, later) = rest.split_at(end);
        rest = later;
        let bought = own.iter().filter(|event| event.bought).count();
        let units = own.iter().fold(0_i64, |sum, event| sum.saturating_add(event.units));
        purchases += bought;
        net = net.saturating_add(units);
        if let Some(last) = own.iter().rev().find(|event| event.bought) {
            last_day = last.day;
        }
        if period >= first_period {
            let days = f64::from(last_day - first_day);
            let (number, sum, squares) = &mut activity.known;
            *number += 1;
            *sum += days;
            *squares += days * days;
        }
        let is_active = bought > 0;
        if is_active {
            activity.active += 1;
            activity.purchases += bought as u64;
            activity.repeating += u64::from(bought > 1);
            activity.net.push(units);
            activity.who.push(customer);
            if period == first_period {
                activity.new += 1;
            } else if was_active {
                activity.returning += 1;
            } else {
                activity.reactivated += 1;
            }
        } else if was_active {
            activity.lost += 1;
        }
        was_active = is_active;
    }
    let known = activities[count - 1].known;
    let all = &mut activities[count];
    all.active += 1;
    all.new += 1;
    all.purchases += purchases as u64;
    all.repeating += u64::from(purchases > 1);
    all.net.push(net);
    all.who.push(customer);
    all.known = known;
}
