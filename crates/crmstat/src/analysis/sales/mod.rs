//! Past sales by any measure, period and column, beside the period before, the year before and a plan.
//!
//! [`sales`] reads an export once and adds it up; [`of_orders`] does so with orders that a program holds.
//!
//! | measure | unit | what it is | parts add up |
//! |---|---|---|---|
//! | `revenue` | money | net amount: purchases less refunds, each in its own period | yes |
//! | `orders` | orders | purchases; a refund is none | no |
//! | `quantity` | pieces | units of the lines, those of refunds taken off | yes |
//! | `price` | money | mean price of a piece: the net amount of the lines whose quantity is known over it | no |
//! | `customers` | customers | with at least one purchase; orders of nobody have none | no |
//! | `mean_order` | money | revenue per order | no |
//! | `cost` | money | cost of the goods, where it is known | yes |
//! | `margin` | money | revenue less cost, of the lines whose cost is known | yes |
//! | `margin_share` | share | margin over the revenue of these lines | no |
//! | `discount` | money | discounts of purchases, where they are known | yes |
//! | `discount_share` | share | discounts over the price before them | no |
//! | `new_customers` | customers | whose first purchase of all lies in the period | no |
//! | `new_share` | share | of the customers, the new ones | no |
//!
//! An order of two products counts for each of them, and a customer of two regions for each of these, so that
//! such parts are more than the whole, which is counted by itself. A period that the data do not reach the end of
//! is compared with as many first days of the period before. The year before is the same days of the calendar,
//! for whole months, quarters and years the whole ones.
//!
//! What is not known is missing: a quantity or cost that no column has, a comparison with a time before the data.

pub(in crate::analysis) mod calendar;
pub(in crate::analysis) mod cube;
pub(in crate::analysis) mod dimensions;
pub(in crate::analysis) mod facts;
mod measure;
pub(in crate::analysis) mod plan;
mod rows;
pub(in crate::analysis) mod source;
#[cfg(test)]
mod source_tests;
mod tables;
#[cfg(test)]
mod tests;

pub use crate::analysis::forecast::Period;
pub use calendar::{PeriodSpan, Span};
pub use facts::Note;
pub use measure::{Measure, Value};
pub use plan::{Plan, PlanRow};
pub use rows::{Attainment, Row, Sales};

use crate::{
    AsOf, Error, Lang, Result, Window,
    data::{ColumnKey, Field, Labels, Orders, Records},
    ingest::{Dimension, Export, Imported},
};
use dimensions::By;
use facts::{Facts, Need, Needs};
use source::{Source, Wanted};

/// What is asked of past sales.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// The days whose orders count. A beginning makes who ordered before it new again.
    pub window: Window,
    /// The length of a period; an hour is refused.
    pub period: Period,
    /// What is measured; revenue where nothing is named.
    pub measures: Vec<Measure>,
    /// The columns by which sales are divided, the coarsest first: see
    /// [`Dimension`]. Where no column is called `segment`, that is the RFM segment of the
    /// customer at the end of the window; where none is called `cluster`, the cluster.
    pub by: Vec<String>,
    /// Only so many groups, those with the most of the first measure over the whole time; the others become one.
    pub top: Option<usize>,
    /// Rows of the whole, and of every division but the finest, besides those of the groups.
    pub totals: bool,
    /// What was planned.
    pub plan: Option<Plan>,
}

/// Adds up the sales of `export`; `tables` are those beside it, read once by
/// [`Records::read_with`](crate::data::Records::read_with) with the names of [`Query::by`].
///
/// ```
/// use crmstat::{analysis::sales::{self, Query}, ingest::{Export, ReadOptions}};
///
/// let csv = "customer_id,order_date,amount,region\nA,2025-01-05,10,North\nB,2025-01-31,30,South\n";
/// let mut export = Export::from_bytes("orders.csv", csv, ReadOptions::default())?;
/// let query = Query { by: vec!["region".to_owned()], ..Query::default() };
/// let found = sales::sales(&mut export, &query, &[])?.result;
/// let shares: Vec<f64> = found.rows().iter().filter_map(|row| row.share).collect();
/// assert_eq!(shares, [0.75, 0.25]);
/// # Ok::<(), crmstat::Error>(())
/// ```
///
/// # Errors
/// What the export cannot bear, nobody who bought, a column that nobody has, a measure for which there is no
/// column, or a plan that cannot be laid over the periods.
pub fn sales(export: &mut Export, query: &Query, tables: &[Records]) -> Result<Imported<Sales>> {
    check(query)?;
    let source = Source::read(export, &query.by, wanted(query), tables)?;
    source.try_map(|source| Sales::of(&source, query))
}

/// Adds up `orders` that have been read, with the columns by which they are divided.
///
/// # Errors
/// As [`sales`].
pub fn of_orders(orders: &Orders, query: &Query, tables: &[Records]) -> Result<Sales> {
    check(query)?;
    Sales::of(&Source::of_orders(orders, &query.by, wanted(query), tables)?, query)
}

/// What has to be read of the orders of `export` so that they can be divided by each of `by`: [`revenue_in`].
///
/// # Errors
/// A column that nobody has.
pub(crate) fn columns_of(
    export: &Export,
    by: &[String],
    tables: &[Records],
) -> Result<Vec<ColumnKey>> {
    let dimensions = By::all(by, true, |name| Dimension::find(name, export, tables))?;
    let mut keys: Vec<ColumnKey> = dimensions.iter().flat_map(By::wanted).collect();
    let needs = Needs { may_score: true, ..Needs::default() };
    if facts::lines_for(&dimensions, needs, tables).is_some() {
        keys.push(Field::OrderId.into());
    }
    Ok(keys)
}

/// The net revenue of each label of the column `by` in each of `spans`: the first day, and the one behind the last, as
/// days since 1970. The last row is of what has no label.
///
/// # Errors
/// A column that nobody has, or that says nothing of the orders.
pub(crate) fn revenue_in<const SPANS: usize>(
    orders: &Orders,
    by: &str,
    (until, lang): (AsOf, Lang),
    spans: [(i32, i32); SPANS],
    tables: &[Records],
) -> Result<Vec<(Option<String>, [i128; SPANS])>> {
    let window = Window { since: None, until: Some(until) };
    let needs = Needs { may_score: true, ..Needs::default() };
    let facts = Facts::of_orders(orders, window, &[by.to_owned()], needs, tables)?;
    let Some((_, labels)) = facts.dims.first() else { return Ok(Vec::new()) };
    let russian = facts.scored.first().filter(|_| lang == Lang::Ru).map(|scored| &scored.russian);
    let said = |label: &str| {
        let translated = russian.and_then(|names| names.get(label));
        translated.map_or_else(|| label.to_owned(), Clone::clone)
    };
    let sums = revenue_by(&facts.orders, labels, spans);
    Ok(labelled(labels, sums).map(|(label, sums)| (label.map(said), sums)).collect())
}

/// `sums` with the labels that they are of.
pub(crate) fn labelled<T>(
    labels: &Labels,
    sums: Vec<T>,
) -> impl Iterator<Item = (Option<&str>, T)> {
    let texts = labels.labels();
    let of = |at: usize| (at < texts.len()).then(|| texts.get(at)).flatten();
    sums.into_iter().enumerate().map(move |(at, sum)| (of(at), sum))
}

/// The net revenue of each of `labels` in each of `spans`, in units of money: [`revenue_in`].
pub(crate) fn revenue_by<const SPANS: usize>(
    orders: &Orders,
    labels: &Labels,
    spans: [(i32, i32); SPANS],
) -> Vec<[i128; SPANS]> {
    let unlabelled = labels.labels().len();
    let mut sums = vec![[0_i128; SPANS]; unlabelled + 1];
    for (order, at) in orders.at().iter().enumerate() {
        let day = at.date().days();
        for (span, (from, until)) in spans.into_iter().enumerate() {
            if !(from..until).contains(&day) {
                continue;
            }
            for line in orders.lines_of(order) {
                let label = labels.code(line).map_or(unlabelled, |code| code as usize);
                sums[label][span] += i128::from(orders.line_amount()[line].units());
            }
        }
    }
    sums
}

fn check(query: &Query) -> Result<()> {
    if query.period == Period::Hour {
        return Err(Error::usage("sales are not added up by the hour")
            .with_hint("one of day, week, month, quarter, year"));
    }
    for (at, name) in query.by.iter().enumerate() {
        if query.by[..at].contains(name) {
            return Err(Error::usage(format!("sales are divided by `{name}` twice")));
        }
    }
    Ok(())
}

fn wanted(query: &Query) -> Wanted {
    let any = |wanted: fn(Measure) -> bool| query.measures.iter().any(|measure| wanted(*measure));
    let needs = Needs {
        quantity: Need::must(any(Measure::needs_quantity)),
        cost: Need::must(any(Measure::needs_cost)),
        discount: Need::must(any(Measure::needs_discount)),
        may_score: true,
    };
    let customers_by = any(Measure::needs_customers).then_some(query.period);
    Wanted { window: query.window, needs, customers_by }
}
