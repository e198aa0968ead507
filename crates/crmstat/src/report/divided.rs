//! Sales of the last days by product, region, channel, manager: the parts of the revenue, and which of them
//! changed.

use super::{
    Options,
    activity::{Activity, windows},
};
use crate::{
    AsOf, Error, Money, Result, Window,
    analysis::sales::{self, Measure},
    data::{Field, Orders, Records},
    ingest::{Dimension, Export, pass::input::Input},
};
use std::cmp::Reverse;

/// The fields by which sales are divided where the export has them, in the order of the report.
pub(super) const FIELDS: [Field; 6] =
    [Field::Owner, Field::Region, Field::Channel, Field::Source, Field::Category, Field::Product];

/// The revenue of the last days, divided by one column.
#[derive(Clone, Debug)]
pub struct Division {
    /// The field; `None` where the column is no field.
    pub field: Option<Field>,
    /// The column as it was asked for: [`Options::by`](super::Options::by). Otherwise the name of the field.
    pub name: String,
    /// The parts, the largest first; equals in the order of their labels.
    pub parts: Vec<Part>,
    /// Revenue, orders and customers of every period; `None` where the column was not asked for.
    pub periods: Option<sales::Sales>,
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

/// Which of the fields of a report each column of [`Options::by`] is.
pub(super) fn fields_of(
    export: &Export,
    options: &Options,
    beside: &[Records],
) -> Vec<Option<Field>> {
    let of = |name: &String| {
        let own = Dimension::find(name, export, beside).ok().filter(|own| own.table().is_none())?;
        let is = |field: &Field| {
            let columns =
                |input: &Input| [own.key(), (*field).into()].map(|key| input.column_of(&key));
            let same = |[asked, known]: [Option<usize>; 2]| asked.is_some() && asked == known;
            export.inputs().iter().map(columns).all(same)
        };
        FIELDS.into_iter().find(is)
    };
    options.by.iter().map(of).collect()
}

/// The divisions of `orders` by the columns that `options` ask for, whose `fields` are known, then by the fields that tell at least two parts of
/// them apart.
///
/// # Errors
/// A sum past the range of money, a column that nobody has.
pub(super) fn divisions(
    orders: &Orders,
    activity: &Activity,
    as_of: AsOf,
    (options, fields): (&Options, &[Option<Field>]),
    beside: &[Records],
) -> Result<Vec<Division>> {
    let Some(recent) = activity.recent else { return Ok(Vec::new()) };
    let windows = windows(as_of.date().days(), recent.days);
    let has_year_ago = recent.year_ago.is_some();
    let mut divisions = Vec::new();
    for (name, field) in options.by.iter().zip(fields) {
        let sums = sales::revenue_in(orders, name, (as_of, options.lang), windows, beside)?;
        let query = sales::Query {
            window: Window { since: None, until: Some(as_of) },
            period: options.period.unwrap_or_default(),
            measures: vec![Measure::Revenue, Measure::Orders, Measure::Customers],
            by: vec![name.clone()],
            ..sales::Query::default()
        };
        let periods = Some(sales::of_orders(orders, &query, beside)?);
        let parts = parts(sums, has_year_ago)?;
        divisions.push(Division { field: *field, name: name.trim().to_owned(), parts, periods });
    }
    let asked: Vec<Field> = divisions.iter().filter_map(|division| division.field).collect();
    for field in FIELDS.into_iter().filter(|field| !asked.contains(field)) {
        let Some(labels) = orders.labels(field) else { continue };
        let sums = sales::revenue_by(orders, labels, windows);
        let sums = sales::labelled(labels, sums);
        let sums = sums.map(|(label, sums)| (label.map(str::to_owned), sums)).collect();
        let parts = parts(sums, has_year_ago)?;
        if parts.len() > 1 {
            let name = field.name().to_owned();
            divisions.push(Division { field: Some(field), name, parts, periods: None });
        }
    }
    Ok(divisions)
}

/// The parts that `sums` are of, the largest first; a label that sold nothing in these days is none.
fn parts(sums: Vec<(Option<String>, [i128; 3])>, has_year_ago: bool) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    for (label, [now, before, year_ago]) in sums {
        if now == 0 && before == 0 && year_ago == 0 {
            continue;
        }
        parts.push(Part {
            label,
            now: money(now)?,
            before: money(before)?,
            year_ago: has_year_ago.then(|| money(year_ago)).transpose()?,
        });
    }
    parts.sort_by(|one, other| {
        let key = |part: &Part| (Reverse(part.now), part.label.is_none());
        key(one).cmp(&key(other)).then_with(|| one.label.cmp(&other.label))
    });
    Ok(parts)
}

fn money(units: i128) -> Result<Money> {
    i64::try_from(units)
        .map(Money::from_units)
        .map_err(|_| Error::data("the revenue of a part is past the range of money"))
}

#[cfg(test)]
mod tests {
    use super::{Activity, Part, divisions};
    use crate::report::Options;
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
        let found = divisions(&orders, &activity, as_of, (&Options::default(), &[]), &[]).unwrap();
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
