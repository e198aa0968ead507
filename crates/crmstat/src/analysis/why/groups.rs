//! Who moved revenue: customers by how they moved, and the groups of each dimension.

use super::{Divided, Span};
use crate::{
    Error, Money, Result,
    data::{Field, Orders, sales::is_purchase},
};
use crmstat_models::special::normal;
use serde::Serialize;
use std::collections::BTreeMap;

/// How customers moved between two periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MovementKind {
    /// Bought in the earlier period and not in the later one.
    Lost,
    /// Bought for the first time in the later period.
    New,
    /// Bought before both periods and in the later one, but not in the earlier.
    Reactivated,
    /// Bought in both, and more in the later one.
    Growing,
    /// Bought in both, and less in the later one.
    Shrinking,
    /// Bought in both, for the same money.
    Unchanged,
    /// Has refunds in these periods and no purchase.
    RefundsAlone,
    /// The orders that name no customer.
    Nobody,
}

/// Customers who moved alike.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Movement {
    /// How.
    pub kind: MovementKind,
    /// How many; `None` for orders of nobody.
    pub customers: Option<u64>,
    /// Net revenue in the earlier period.
    pub earlier: Money,
    /// Net revenue in the later one.
    pub later: Money,
    /// The later less the earlier.
    pub change: Money,
}

/// What one customer or group did to revenue.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contribution {
    /// The name of the column by which revenue is divided; `customer_id` for single customers.
    pub dimension: String,
    /// The field that it is, where it is one.
    pub field: Option<Field>,
    /// The customer or the label; `None` is none.
    pub label: Option<String>,
    /// Net revenue in the earlier period.
    pub earlier: Money,
    /// Net revenue in the later one.
    pub later: Money,
    /// The later less the earlier.
    pub change: Money,
    /// Customers, and orders of nobody, whose revenue of this group changed.
    pub changed: u64,
    /// The two-sided p-value of no change; `None` for single customers.
    pub p_value: Option<f64>,
    /// Whether the change is beyond chance, told among all groups of the dimension.
    pub is_beyond_chance: Option<bool>,
}

/// Net revenue of two periods, in units of money.
type Net = [i128; 2];

fn money(units: i128) -> Result<Money> {
    let units = i64::try_from(units).map(Money::from_units);
    units.map_err(|_| Error::data("the revenue of a group is past the range of money"))
}

/// Customers by how they moved, the orders of nobody last; kinds that nobody is of are left out.
pub(super) fn movements(
    orders: &Orders,
    place: &dyn Fn(usize) -> Option<usize>,
    earlier: Span,
) -> Result<Vec<Movement>> {
    let mut found: BTreeMap<MovementKind, (u64, Net)> = BTreeMap::new();
    for customer in 0..orders.customers().len() {
        let (mut net, mut bought): (Net, [bool; 2]) = ([0; 2], [false; 2]);
        let (mut seen, mut before) = (false, false);
        for order in orders.of_customer(customer) {
            let amount = orders.amount()[order];
            if let Some(at) = place(order) {
                seen = true;
                net[at] += i128::from(amount.units());
                bought[at] |= is_purchase(amount);
            } else if is_purchase(amount) {
                before |= orders.at()[order].date() < earlier.first
                    || is_between(orders, order, place, customer);
            }
        }
        if !seen {
            continue;
        }
        let kind = match bought {
            [true, false] => MovementKind::Lost,
            [false, true] if before => MovementKind::Reactivated,
            [false, true] => MovementKind::New,
            [false, false] => MovementKind::RefundsAlone,
            _ if net[1] > net[0] => MovementKind::Growing,
            _ if net[1] < net[0] => MovementKind::Shrinking,
            _ => MovementKind::Unchanged,
        };
        let (customers, sum) = found.entry(kind).or_default();
        *customers += 1;
        sum[0] += net[0];
        sum[1] += net[1];
    }
    for order in orders.of_nobody() {
        if let Some(at) = place(order) {
            let (_, sum) = found.entry(MovementKind::Nobody).or_default();
            sum[at] += i128::from(orders.amount()[order].units());
        }
    }
    let movement = |(kind, (customers, net)): (MovementKind, (u64, Net))| {
        Ok(Movement {
            kind,
            customers: (kind != MovementKind::Nobody).then_some(customers),
            earlier: money(net[0])?,
            later: money(net[1])?,
            change: money(net[1] - net[0])?,
        })
    };
    found.into_iter().map(movement).collect()
}

/// Whether an order lies between the periods: the customer has an order of a period behind it.
fn is_between(
    orders: &Orders,
    order: usize,
    place: &dyn Fn(usize) -> Option<usize>,
    customer: usize,
) -> bool {
    // The orders of a customer are in the order of time.
    let rest = order + 1..orders.of_customer(customer).end;
    rest.into_iter().any(|later| place(later) == Some(1))
}

/// What moved: customers, then the groups of each dimension that the orders have; the largest change of each
/// first, of equals in the order of their labels.
pub(super) fn contributions(
    orders: &Orders,
    dimensions: &[Divided<'_>],
    place: &dyn Fn(usize) -> Option<usize>,
) -> Result<Vec<Contribution>> {
    let mut found = customers(orders, place)?;
    for dimension in dimensions {
        found.extend(of_dimension(orders, place, dimension)?);
    }
    Ok(found)
}

fn customers(orders: &Orders, place: &dyn Fn(usize) -> Option<usize>) -> Result<Vec<Contribution>> {
    let mut found = Vec::new();
    for customer in 0..orders.groups() {
        let (mut net, mut seen): (Net, bool) = ([0; 2], false);
        for order in orders.of_customer(customer) {
            if let Some(at) = place(order) {
                net[at] += i128::from(orders.amount()[order].units());
                seen = true;
            }
        }
        if seen {
            found.push(Contribution {
                dimension: Field::CustomerId.name().to_owned(),
                field: Some(Field::CustomerId),
                label: orders_customer(orders, customer),
                earlier: money(net[0])?,
                later: money(net[1])?,
                change: money(net[1] - net[0])?,
                changed: u64::from(net[0] != net[1]),
                p_value: None,
                is_beyond_chance: None,
            });
        }
    }
    sort(&mut found);
    Ok(found)
}

fn orders_customer(orders: &Orders, customer: usize) -> Option<String> {
    (customer < orders.customers().len())
        .then(|| orders.customers().get(customer).unwrap_or_default().to_owned())
}

/// A group while it is added up.
#[derive(Clone, Copy, Debug, Default)]
struct Group {
    net: Net,
    changed: u64,
    /// The sum of the squared changes of customers, in whole units of the currency.
    squares: f64,
}

fn of_dimension(
    orders: &Orders,
    place: &dyn Fn(usize) -> Option<usize>,
    dimension: &Divided<'_>,
) -> Result<Vec<Contribution>> {
    let labels = dimension.labels;
    let mut groups: BTreeMap<Option<u32>, Group> = BTreeMap::new();
    // What one customer, or one order of nobody, did to each group.
    let mut own: BTreeMap<Option<u32>, Net> = BTreeMap::new();
    let mut close = |own: &mut BTreeMap<Option<u32>, Net>| {
        for (label, net) in std::mem::take(own) {
            let group = groups.entry(label).or_default();
            group.net[0] += net[0];
            group.net[1] += net[1];
            group.changed += u64::from(net[0] != net[1]);
            let change = (net[1] - net[0]) as f64 / Money::SCALE as f64;
            group.squares += change * change;
        }
    };
    let customers = orders.customers().len();
    for customer in 0..orders.groups() {
        for order in orders.of_customer(customer) {
            let Some(at) = place(order) else { continue };
            for line in orders.lines_of(order) {
                let net = own.entry(labels.code(line)).or_default();
                net[at] += i128::from(orders.line_amount()[line].units());
            }
            if customer == customers {
                close(&mut own);
            }
        }
        close(&mut own);
    }
    let mut found = Vec::new();
    for (code, group) in groups {
        let change = group.net[1] - group.net[0];
        let z = change as f64 / Money::SCALE as f64 / group.squares.sqrt();
        let p_value = if group.squares > 0.0 { 2.0 * normal::cdf(-z.abs()) } else { 1.0 };
        let label = code.and_then(|code| labels.labels().get(code as usize));
        found.push(Contribution {
            dimension: dimension.name.clone(),
            field: dimension.field,
            label: label.map(str::to_owned),
            earlier: money(group.net[0])?,
            later: money(group.net[1])?,
            change: money(change)?,
            changed: group.changed,
            p_value: Some(p_value.min(1.0)),
            is_beyond_chance: Some(false),
        });
    }
    mark(&mut found);
    sort(&mut found);
    Ok(found)
}

/// The share of false alarms among the groups of a dimension that do not change.
const ALPHA: f64 = 0.05;

/// Marks what is beyond chance among all groups: Holm's procedure.
fn mark(groups: &mut [Contribution]) {
    let p_value = |group: &Contribution| group.p_value.unwrap_or(1.0);
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.sort_by(|left, right| p_value(&groups[*left]).total_cmp(&p_value(&groups[*right])));
    let all = order.len();
    for (place, at) in order.into_iter().enumerate() {
        if p_value(&groups[at]) * (all - place) as f64 >= ALPHA {
            break;
        }
        groups[at].is_beyond_chance = Some(true);
    }
}

/// The largest change first; equals in the order of their labels, none last.
fn sort(groups: &mut [Contribution]) {
    groups.sort_by(|left, right| {
        let key = |group: &Contribution| (group.label.is_none(), group.label.clone());
        let size = |group: &Contribution| group.change.units().unsigned_abs();
        size(right).cmp(&size(left)).then_with(|| key(left).cmp(&key(right)))
    });
}
