//! Products: which bring the money, which sell steadily, which are new or dying, and what of them to hold.
//!
//! - **ABC** by value: products in the order of the measure, the most first; A are those before whom less than
//!   80 % of the whole is, B those before whom less than 95 % is, C the others. Equal products share a class, and
//!   what is not above zero is C.
//! - **XYZ** by steadiness: the coefficient of variation (standard deviation with the divisor n − 1 over the mean)
//!   of the demand of whole periods, in pieces where these are known, else in money, from the period of the first
//!   sale on; a period without a sale counts as zero. X up to 0.5, Y up to 1, Z above. Of fewer than three
//!   periods nothing is said.
//! - **status**: *new*, first sold in the last three whole periods (of data that are longer); *dormant*, not sold
//!   in the last three whole periods; *dying*, with less than half of the revenue of the three before; else
//!   *steady*.
//! - **by segment**: what each segment of customers buys more of than all do; see [`by_segment()`].
//! - **stock**: the reorder point is the quantile of the demand over the lead time at the service level, the order
//!   quantity what is expected to be sold until the next order; see [`Stock`].

mod by_segment;
pub(in crate::analysis) mod segments;
mod stock;
mod tables;
#[cfg(test)]
mod tests;

pub use by_segment::{
    FEWEST, Preference, SegmentProduct, SegmentProducts, SegmentQuery, by_segment, by_segment_of,
};
pub use stock::{Stock, StockOptions};

use crate::{
    AsOf, Date, Error, Result, Window,
    analysis::sales::{
        Measure, Note, Period, Value,
        calendar::Calendar,
        cube::{Cell, Cube, NONE},
        facts::{Facts, Need, Needs},
    },
    data::{Orders, Records, sales::is_purchase},
    ingest::{Export, Imported},
};
use serde::Serialize;
use std::collections::BTreeMap;

/// What is asked of products.
#[derive(Clone, Debug)]
pub struct Query {
    /// The days whose orders count.
    pub window: Window,
    /// What a product is: a column of the export or of a table beside it.
    pub by: String,
    /// The period by which demand is steady or not: week, month or quarter.
    pub period: Period,
    /// What ABC is made by: revenue, margin, quantity or orders.
    pub measure: Measure,
    /// The shares at which A and B end.
    pub abc: (f64, f64),
    /// The coefficients of variation at which X and Y end.
    pub xyz: (f64, f64),
    /// What to hold, where it is asked for.
    pub stock: Option<StockOptions>,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            window: Window::default(),
            by: "product".to_owned(),
            period: Period::Month,
            measure: Measure::Revenue,
            abc: (0.8, 0.95),
            xyz: (0.5, 1.0),
            stock: None,
        }
    }
}

/// Whether a product is on its way in or out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// First sold in the last three whole periods.
    New,
    /// Sold as before.
    Steady,
    /// Less than half of the revenue of the three periods before.
    Dying,
    /// Not sold in the last three whole periods.
    Dormant,
}

/// One product.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Product {
    /// Its label; `None` where sales name none.
    pub label: Option<String>,
    /// The net amount.
    pub revenue: Value,
    /// Pieces, where they are known.
    pub quantity: Option<f64>,
    /// Purchases with it.
    pub orders: u64,
    /// Customers who bought it.
    pub customers: u64,
    /// Revenue less cost, where the cost is known.
    pub margin: Option<Value>,
    /// The margin over the revenue of the same lines.
    pub margin_share: Option<f64>,
    /// The share of the measure in the whole.
    pub share: Option<f64>,
    /// The share of this product and of all before it.
    pub cumulative: Option<f64>,
    /// A, B or C.
    pub abc: char,
    /// Demand of a whole period: the mean, and its coefficient of variation.
    pub demand: Option<(f64, f64)>,
    /// X, Y or Z.
    pub xyz: Option<char>,
    /// The days of the first and the last purchase.
    pub sold: Option<(Date, Date)>,
    /// Whether it is on its way in or out.
    pub status: Status,
    /// What to hold of it, where that was asked for.
    pub stock: Option<Stock>,
}

/// Products, those with the most of the measure first.
#[derive(Clone, Debug, Serialize)]
pub struct Products {
    pub(super) as_of: AsOf,
    pub(super) by: String,
    #[serde(rename = "products")]
    pub(super) all: Vec<Product>,
    pub(super) notes: Vec<Note>,
    #[serde(skip)]
    pub(super) has_stock: bool,
}

/// Looks at the products of `export`; `tables` are those beside it.
///
/// ```
/// use crmstat::{analysis::products::{self, Query}, ingest::{Export, ReadOptions}};
///
/// let csv = "customer_id,order_date,amount,product\nA,2025-01-05,90,Desk\nB,2025-01-31,10,Lamp\n";
/// let mut export = Export::from_bytes("orders.csv", csv, ReadOptions::default())?;
/// let found = products::products(&mut export, &Query::default(), &[])?.result;
/// let classes: Vec<char> = found.products().iter().map(|product| product.abc).collect();
/// assert_eq!(classes, ['A', 'B']);
/// # Ok::<(), crmstat::Error>(())
/// ```
///
/// # Errors
/// What the export cannot bear, nobody who bought, an unknown column, a measure that nobody knows, or bounds out of
/// range.
pub fn products(
    export: &mut Export,
    query: &Query,
    tables: &[Records],
) -> Result<Imported<Products>> {
    check(query)?;
    let by = std::slice::from_ref(&query.by);
    let facts = Facts::read(export, query.window, by, needs(query), tables)?;
    facts.try_map(|facts| Products::of(&facts, query))
}

/// Looks at the products of `orders` that have been read.
///
/// # Errors
/// As [`products`].
pub fn of_orders(orders: &Orders, query: &Query, tables: &[Records]) -> Result<Products> {
    check(query)?;
    let by = std::slice::from_ref(&query.by);
    let facts = Facts::of_orders(orders, query.window, by, needs(query), tables)?;
    Products::of(&facts, query)
}

fn check(query: &Query) -> Result<()> {
    if !matches!(query.period, Period::Week | Period::Month | Period::Quarter) {
        return Err(Error::usage(format!(
            "demand is not looked at by the {}",
            query.period.name()
        ))
        .with_hint("one of week, month, quarter"));
    }
    let is_known = matches!(
        query.measure,
        Measure::Revenue | Measure::Margin | Measure::Quantity | Measure::Orders
    );
    if !is_known {
        return Err(Error::usage(format!("products are not ranked by {}", query.measure.name()))
            .with_hint("one of revenue, margin, quantity, orders"));
    }
    let (a, b) = query.abc;
    if !(0.0 < a && a < b && b < 1.0) {
        return Err(Error::usage(format!("the shares {a} and {b} do not rise between 0 and 1")));
    }
    let (x, y) = query.xyz;
    if !(0.0 < x && x < y && y.is_finite()) {
        return Err(Error::usage(format!("the coefficients {x} and {y} do not rise from 0 on")));
    }
    query.stock.as_ref().map_or(Ok(()), StockOptions::check)
}

fn needs(query: &Query) -> Needs {
    let need = |is_must: bool| if is_must { Need::Must } else { Need::Optional };
    Needs {
        quantity: need(query.stock.is_some() || query.measure == Measure::Quantity),
        cost: need(query.measure == Measure::Margin),
        discount: Need::No,
        may_score: true,
    }
}

/// Whole periods at the end that are looked at.
const LAST: usize = 3;
/// Whole periods without which nothing is said of steadiness.
const LEAST: usize = 3;

impl Products {
    fn of(facts: &Facts<'_>, query: &Query) -> Result<Self> {
        let (first, last) = facts.orders.span().ok_or_else(|| Error::data("there is no order"))?;
        let as_of = query.window.until.unwrap_or(AsOf::day_after(last));
        let calendar = Calendar::new(query.period, query.window.since, first, as_of)?;
        let cube = Cube::new(facts, &calendar, &|_| {})?;
        let whole: Vec<usize> = calendar
            .periods
            .iter()
            .filter(|period| period.is_complete())
            .map(|period| period.own)
            .collect();
        let sold = sold(facts);
        let total = cube.get(&[]).map(|cells| cells[calendar.all]).unwrap_or_default();
        let total = query.measure.of(&total).map_or(0.0, Value::to_f64);
        let has_quantity = facts.quantity.is_some();
        let mut found: Vec<(f64, u32, Product)> = Vec::new();
        for (path, cells) in cube.nodes().filter(|(path, _)| path.len() == 1) {
            let (code, all) = (path[0], &cells[calendar.all]);
            let labels = facts.dims[0].1.labels();
            let value = query.measure.of(all).map(Value::to_f64);
            let demand = demand(cells, &whole, has_quantity);
            found.push((
                value.unwrap_or(f64::NEG_INFINITY),
                code,
                Product {
                    label: (code != NONE)
                        .then(|| labels.get(code as usize).map(str::to_owned))
                        .flatten(),
                    revenue: Measure::Revenue.of(all).unwrap_or(Value::Number(0.0)),
                    quantity: (all.quantified > 0)
                        .then(|| Measure::Quantity.of(all).map(Value::to_f64))
                        .flatten(),
                    orders: all.orders,
                    customers: all.customers,
                    margin: (all.costed_lines > 0).then(|| Measure::Margin.of(all)).flatten(),
                    margin_share: Measure::MarginShare.of(all).map(Value::to_f64),
                    share: value.filter(|_| total > 0.0).map(|value| value / total),
                    cumulative: None,
                    abc: 'C',
                    demand,
                    xyz: demand.map(|(_, variation)| class(variation, query.xyz, ['X', 'Y', 'Z'])),
                    sold: sold.get(&code).copied(),
                    status: status(cells, &whole),
                    stock: None,
                },
            ));
        }
        found.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
        classify(&mut found, total, query.abc);
        let mut notes = facts.notes.clone();
        if let Some(options) = &query.stock {
            let codes: Vec<u32> = found.iter().map(|(_, code, _)| *code).collect();
            let stocks = stock::stocks(facts, query.window, as_of, &codes, options)?;
            for ((_, _, product), stock) in found.iter_mut().zip(stocks) {
                product.stock = stock;
            }
            notes.push(options.note());
        }
        if !has_quantity {
            notes.push(Note::new(
                "no column says the quantity: steadiness is that of the revenue",
                "нет столбца количества: устойчивость спроса оценена по выручке",
            ));
        }
        if whole.len() < LEAST {
            notes.push(Note::new(
                "there are fewer than three whole periods: nothing is said of steadiness",
                "целых периодов меньше трёх: об устойчивости спроса судить нельзя",
            ));
        }
        Ok(Self {
            as_of,
            by: query.by.clone(),
            all: found.into_iter().map(|(_, _, product)| product).collect(),
            notes,
            has_stock: query.stock.is_some(),
        })
    }

    /// The instant of observation.
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// The products, those with the most of the measure first.
    pub fn products(&self) -> &[Product] {
        &self.all
    }

    /// What has to be known of the figures.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
}

/// Gives each product, the largest first, its cumulative share and class.
fn classify(products: &mut [(f64, u32, Product)], total: f64, bounds: (f64, f64)) {
    let mut before = 0.0;
    let mut last: Option<(f64, char)> = None;
    for (value, _, product) in products {
        let value = value.max(0.0);
        let class = match last {
            Some((same, class)) if same == value => class,
            _ if value <= 0.0 || total <= 0.0 => 'C',
            _ if before < bounds.0 * total => 'A',
            _ if before < bounds.1 * total => 'B',
            _ => 'C',
        };
        product.abc = if value > 0.0 { class } else { 'C' };
        last = Some((value, class));
        before += value;
        product.cumulative = (total > 0.0).then(|| before / total);
    }
}

fn class(value: f64, bounds: (f64, f64), classes: [char; 3]) -> char {
    match value {
        value if value <= bounds.0 => classes[0],
        value if value <= bounds.1 => classes[1],
        _ => classes[2],
    }
}

/// The days of the first and the last purchase of each label.
fn sold(facts: &Facts<'_>) -> BTreeMap<u32, (Date, Date)> {
    let mut sold: BTreeMap<u32, (Date, Date)> = BTreeMap::new();
    let orders = &facts.orders;
    for order in (0..orders.len()).filter(|order| is_purchase(orders.amount()[*order])) {
        let day = orders.at()[order].date();
        for line in orders.lines_of(order) {
            let code = facts.dims[0].1.code(line).unwrap_or(NONE);
            let (first, last) = sold.entry(code).or_insert((day, day));
            (*first, *last) = ((*first).min(day), (*last).max(day));
        }
    }
    sold
}

/// The mean demand of the whole periods from that of the first sale on, and its coefficient of variation.
fn demand(cells: &[Cell], whole: &[usize], in_pieces: bool) -> Option<(f64, f64)> {
    let begun = whole.iter().position(|span| cells[*span].orders > 0)?;
    let values: Vec<f64> = whole[begun..]
        .iter()
        .map(|span| {
            let sum = if in_pieces { cells[*span].quantity } else { cells[*span].units };
            sum as f64
        })
        .collect();
    let (n, scale) = (values.len() as f64, if in_pieces { 1e6 } else { 1e4 });
    let mean = values.iter().sum::<f64>() / n;
    if values.len() < LEAST || mean <= 0.0 {
        return None;
    }
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((mean / scale, (squares / (n - 1.0)).sqrt() / mean))
}

fn status(cells: &[Cell], whole: &[usize]) -> Status {
    let Some(start) = whole.len().checked_sub(LAST) else { return Status::Steady };
    let (earlier, recent) = whole.split_at(start);
    let orders = |spans: &[usize]| spans.iter().map(|span| cells[*span].orders).sum::<u64>();
    let units =
        |spans: &[usize]| spans.iter().map(|span| i128::from(cells[*span].units)).sum::<i128>();
    if orders(earlier) == 0 {
        // What is sold from the beginning of the data on may be as old as they are.
        return if earlier.is_empty() { Status::Steady } else { Status::New };
    }
    if orders(recent) == 0 {
        return Status::Dormant;
    }
    let before = &earlier[earlier.len().saturating_sub(LAST)..];
    if before.len() == LAST && 2 * units(recent) < units(before) {
        Status::Dying
    } else {
        Status::Steady
    }
}
