//! Sales of the last days by product, region, channel, manager: the parts of the revenue, and which of them
//! changed.

use super::activity::{Activity, windows};
use crate::{
    AsOf, Error, Money, Result,
    data::{Field, Orders},
};
use std::cmp::Reverse;

/// The fields by which sales are divided where the export has them, in the order of the report.
pub(super) const FIELDS: [Field; 6] =
    [Field::Owner, Field::Region, Field::Channel, Field::Source, Field::Category, Field::Product];

/// The revenue of the last days, divided by one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Division {
    /// The field.
    pub field: Field,
    /// The parts, the largest first; equals in the order of their labels.
    pub parts: Vec<Part>,
}

/// A part of the revenue: net, refunds taken off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The label; `None` where the field is empty.
    pub label: Option<String>,
    /// Of the last days.
    pub now: Money,
    /// Of the days before.
    pub before: Money,
    /// Of the same calendar days a year before; `None` where the data begin later.
    pub year_ago: Option<Money>,
}

/// The divisions of `orders` by the fields that tell at least two parts of them apart.
///
/// # Errors
/// A sum past the range of money.
pub(super) fn divisions(
    orders: &Orders,
    activity: &Activity,
    as_of: AsOf,
) -> Result<Vec<Division>> {
    let Some(recent) = activity.recent else { return Ok(Vec::new()) };
    let windows = windows(as_of.date().days(), recent.days);
    let mut divisions = Vec::new();
    for field in FIELDS {
        let Some(labels) = orders.labels(field) else { continue };
        // The last place is that of lines without a label.
        let unlabelled = labels.labels().len();
        let mut sums = vec![[0_i128; 3]; unlabelled + 1];
        for (order, at) in orders.at().iter().enumerate() {
            let day = at.date().days();
            for (window, (from, until)) in windows.into_iter().enumerate() {
                if !(from..until).contains(&day) {
                    continue;
                }
                for line in orders.lines_of(order) {
                    let label = labels.code(line).map_or(unlabelled, |code| code as usize);
                    sums[label][window] += i128::from(orders.line_amount()[line].units());
                }
            }
        }
        let mut parts = Vec::new();
        for (label, [now, before, year_ago]) in sums.into_iter().enumerate() {
            if now == 0 && before == 0 && year_ago == 0 {
                continue;
            }
            parts.push(Part {
                label: (label < unlabelled)
                    .then(|| labels.labels().get(label).unwrap_or_default().to_owned()),
                now: money(now)?,
                before: money(before)?,
                year_ago: recent.year_ago.map(|_| money(year_ago)).transpose()?,
            });
        }
        parts.sort_by(|one, other| {
            let key = |part: &Part| (Reverse(part.now), part.label.is_none());
            key(one).cmp(&key(other)).then_with(|| one.label.cmp(&other.label))
        });
        if parts.len() > 1 {
            divisions.push(Division { field, parts });
        }
    }
    Ok(divisions)
}

fn money(units: i128) -> Result<Money> {
    i64::try_from(units)
        .map(Money::from_units)
        .map_err(|_| Error::data("the revenue of a part is past the range of money"))
}

#[cfg(test)]
mod tests {
    use super::{Activity, Part, divisions};
    use crate::{
        AsOf, Date,
        data::{Field, Orders, OrdersQuery},
        ingest::{Export, ReadOptions},
    };

    #[test]
    fn parts_add_up_to_the_revenue_of_each_window() {
        let mut text = String::from("customer_id,order_date,amount,region\n");
        for day in 0..800 {
            let date = Date::from_ymd(2023, 1, 1).unwrap().plus_days(day);
            let region = ["North", "South", ""][day as usize % 3];
            text.push_str(&format!("C{},{date},{},{region}\n", day % 7, 10 + day % 5));
        }
        let mut export = Export::from_bytes("orders.csv", text, ReadOptions::default()).unwrap();
        let query = OrdersQuery { fields: vec![Field::Region], ..OrdersQuery::default() };
        let orders = Orders::read(&mut export, &query).unwrap().result;
        let as_of = AsOf::day_after(orders.span().unwrap().1);
        let activity = Activity::of(&orders, as_of).unwrap();
        let recent = activity.recent.unwrap();
        let found = divisions(&orders, &activity, as_of).unwrap();
        assert_eq!(found.len(), 1);
        let parts = &found[0].parts;
        let labels: Vec<_> = parts.iter().map(|part| part.label.as_deref()).collect();
        assert!(labels.contains(&Some("North")) && labels.contains(&None), "{labels:?}");
        let sum = |of: &dyn Fn(&Part) -> f64| parts.iter().map(of).sum::<f64>();
        assert_eq!(sum(&|part| part.now.to_f64()), recent.now.revenue());
        assert_eq!(sum(&|part| part.before.to_f64()), recent.before.revenue());
        let year_ago = sum(&|part| part.year_ago.unwrap().to_f64());
        assert_eq!(year_ago, recent.year_ago.unwrap().revenue());
    }
}
