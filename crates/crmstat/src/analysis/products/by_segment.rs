//! Products by segment: what each segment of customers buys more of than all do.
//!
//! # Definitions
//! - *share of the segment* = revenue of the product in the segment / revenue of the segment, *share of all* = revenue of
//!   the product / all revenue, *lift* = the former over the latter: 2 is twice as much of the money as with all. Where
//!   a revenue is not above zero there is no share of it.
//! - *penetration* = customers of the segment with a purchase of the product / customers of the segment with a purchase,
//!   with Wilson's interval; *of all* = the same of all customers. Who orders more often buys more of everything, so that
//!   it tells who buys and not what is preferred.
//! - *order share* = purchases of the segment with the product / purchases of the segment, with Wilson's interval. A
//!   product is *more* or *less* than usual in a segment where that interval lies wholly above or below the order share
//!   of all, *not apart* where it does not, and *too few* where fewer than [`FEWEST`] purchases were to be expected or the
//!   segment has fewer customers: of such a cell a lift says nothing. The orders of one customer are alike, which makes
//!   the interval somewhat too narrow.

use super::{needs, segments::Segments};
use crate::{
    AsOf, Error, Lang, Money, Result, Window,
    analysis::{
        funnel::{Rate, tables::rate_columns},
        sales::{Note, cube::NONE, facts::Facts},
    },
    data::{
        Orders, Records,
        sales::is_purchase,
        table::{Column, Table},
    },
    ingest::{Export, Imported},
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Purchases to be expected, and customers of a segment, without which nothing is said: below that an interval of a
/// share is wider than the share.
pub const FEWEST: f64 = 5.0;

/// What is asked of products by segment.
#[derive(Clone, Debug)]
pub struct SegmentQuery {
    /// The days whose orders count.
    pub window: Window,
    /// What a product is: a column of the export or of a table beside it.
    pub by: String,
    /// What a segment is: a column of the export or of a table beside it; `None` is the RFM segment of the customer.
    pub segment: Option<String>,
    /// The level of the intervals, between 0 and 1.
    pub level: f64,
}

impl Default for SegmentQuery {
    fn default() -> Self {
        Self { window: Window::default(), by: "product".to_owned(), segment: None, level: 0.95 }
    }
}

/// Whether a segment buys a product more than all customers do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Preference {
    /// More of its purchases have it.
    More,
    /// Fewer of them do.
    Less,
    /// The difference may be chance.
    NotApart,
    /// Too few purchases or customers to tell.
    TooFew,
}

impl Preference {
    /// The code that output uses.
    pub const fn code(self) -> &'static str {
        match self {
            Self::More => "more",
            Self::Less => "less",
            Self::NotApart => "not_apart",
            Self::TooFew => "too_few",
        }
    }

    /// What people call it.
    pub const fn text(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::More, Lang::En) => "more than usual",
            (Self::More, Lang::Ru) => "чаще обычного",
            (Self::Less, Lang::En) => "less than usual",
            (Self::Less, Lang::Ru) => "реже обычного",
            (Self::NotApart, Lang::En) => "not apart",
            (Self::NotApart, Lang::Ru) => "в пределах случайности",
            (Self::TooFew, Lang::En) => "too few to tell",
            (Self::TooFew, Lang::Ru) => "слишком мало данных",
        }
    }
}

/// One product in one segment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SegmentProduct {
    /// The segment, in English and in Russian; `None` where there is none.
    pub segment: Option<(String, String)>,
    /// The product; `None` where sales name none.
    pub product: Option<String>,
    /// The net amount.
    pub revenue: Money,
    /// Its share of the revenue of the segment.
    pub share_of_segment: Option<f64>,
    /// The share of the product in all revenue.
    pub share_of_all: Option<f64>,
    /// The former over the latter.
    pub lift: Option<f64>,
    /// Customers of the segment who bought it, of how many.
    pub penetration: Option<Rate>,
    /// The share of all customers who bought it.
    pub penetration_of_all: Option<f64>,
    /// Purchases of the segment with it, of how many.
    pub orders: Option<Rate>,
    /// The share of all purchases that have it.
    pub orders_of_all: Option<f64>,
    /// Whether the segment buys it more than all do; `None` of what has no purchase.
    pub preference: Option<Preference>,
}

/// Products by segment: segments in the order of their rules or labels, in each those with the most revenue first.
#[derive(Clone, Debug, Serialize)]
pub struct SegmentProducts {
    as_of: AsOf,
    by: String,
    rows: Vec<SegmentProduct>,
    notes: Vec<Note>,
}

/// Lays the products of `export` over the segments of its customers.
///
/// ```
/// use crmstat::{analysis::products::{self, SegmentQuery}, ingest::{Export, ReadOptions}};
///
/// let csv = "customer_id,order_date,amount,product,kind\nA,2025-01-05,90,Desk,shop\nB,2025-01-31,10,Lamp,home\n\
///     B,2025-02-02,100,Desk,home\n";
/// let mut export = Export::from_bytes("orders.csv", csv, ReadOptions::default())?;
/// let query = SegmentQuery { segment: Some("kind".to_owned()), ..SegmentQuery::default() };
/// let found = products::by_segment(&mut export, &query, &[])?.result;
/// let lift: Vec<f64> = found.rows().iter().filter_map(|row| row.lift).collect();
/// assert!((lift[0] - (100.0 / 110.0) / (190.0 / 200.0)).abs() < 1e-12);
/// # Ok::<(), crmstat::Error>(())
/// ```
///
/// # Errors
/// What the export cannot bear, nobody who bought, an unknown column, or a level out of range.
pub fn by_segment(
    export: &mut Export,
    query: &SegmentQuery,
    tables: &[Records],
) -> Result<Imported<SegmentProducts>> {
    check(query)?;
    let facts = Facts::read(
        export,
        query.window,
        &columns(query),
        needs(&super::Query::default()),
        tables,
    )?;
    facts.try_map(|facts| SegmentProducts::of(&facts, query))
}

/// Lays the products of `orders` that have been read over the segments of their customers.
///
/// # Errors
/// As [`by_segment`].
pub fn by_segment_of(
    orders: &Orders,
    query: &SegmentQuery,
    tables: &[Records],
) -> Result<SegmentProducts> {
    check(query)?;
    let facts = Facts::of_orders(
        orders,
        query.window,
        &columns(query),
        needs(&super::Query::default()),
        tables,
    )?;
    SegmentProducts::of(&facts, query)
}

fn check(query: &SegmentQuery) -> Result<()> {
    if query.level > 0.0 && query.level < 1.0 {
        return Ok(());
    }
    Err(Error::usage(format!("a level of {} is not between 0 and 1", query.level)))
}

fn columns(query: &SegmentQuery) -> Vec<String> {
    std::iter::once(&query.by).chain(&query.segment).cloned().collect()
}

/// What is added up of a segment, a product, or a product in a segment.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    units: i128,
    customers: u64,
    orders: u64,
}

impl SegmentProducts {
    fn of(facts: &Facts, query: &SegmentQuery) -> Result<Self> {
        let orders = &facts.orders;
        let (_, last) = orders.span().ok_or_else(|| Error::data("there is no order"))?;
        let segments = Segments::of(facts, query.segment.is_some(), query.window)?;
        let mut of_segment: BTreeMap<u32, Sum> = BTreeMap::new();
        let mut of_product: BTreeMap<u32, Sum> = BTreeMap::new();
        let mut cells: BTreeMap<(u32, u32), Sum> = BTreeMap::new();
        let mut all = Sum::default();
        for customer in 0..orders.groups() {
            let is_somebody = customer < orders.customers().len();
            let mut bought: BTreeSet<(u32, u32)> = BTreeSet::new();
            for order in orders.of_customer(customer) {
                let is_bought = is_purchase(orders.amount()[order]);
                let mut ordered: BTreeSet<(u32, u32)> = BTreeSet::new();
                for line in orders.lines_of(order) {
                    let product = facts.dims[0].1.code(line).unwrap_or(NONE);
                    let segment = segments.code(facts, line, customer).unwrap_or(NONE);
                    let units = i128::from(orders.line_amount()[line].units());
                    all.units += units;
                    of_segment.entry(segment).or_default().units += units;
                    of_product.entry(product).or_default().units += units;
                    cells.entry((segment, product)).or_default().units += units;
                    if is_bought {
                        ordered.insert((segment, product));
                    }
                }
                all.orders += u64::from(!ordered.is_empty());
                count(&ordered, &mut of_segment, &mut of_product, &mut cells, |own| {
                    &mut own.orders
                });
                if is_somebody {
                    bought.append(&mut ordered);
                }
            }
            all.customers += u64::from(!bought.is_empty());
            count(&bought, &mut of_segment, &mut of_product, &mut cells, |own| &mut own.customers);
        }
        let labels = facts.dims[0].1.labels();
        let share = |part: Sum, whole: Sum| {
            (whole.units > 0).then(|| part.units as f64 / whole.units as f64)
        };
        let mut found: Vec<(u32, i128, u32, SegmentProduct)> = Vec::new();
        for ((segment, product), cell) in cells {
            let (own, whole) = (of_segment[&segment], of_product[&product]);
            let penetration = Rate::new(cell.customers, own.customers, query.level);
            let of_all = (all.customers > 0).then(|| whole.customers as f64 / all.customers as f64);
            let orders = Rate::new(cell.orders, own.orders, query.level);
            let orders_of_all = (all.orders > 0).then(|| whole.orders as f64 / all.orders as f64);
            let share_of_segment = share(cell, own);
            let share_of_all = share(whole, all);
            let revenue = i64::try_from(cell.units)
                .map_err(|_| Error::data("the revenue of a product is past the range of money"))?;
            found.push((
                segment,
                cell.units,
                product,
                SegmentProduct {
                    segment: segments.names.get(segment as usize).cloned(),
                    product: (product != NONE)
                        .then(|| labels.get(product as usize).map(str::to_owned))
                        .flatten(),
                    revenue: Money::from_units(revenue),
                    share_of_segment,
                    share_of_all,
                    lift: share_of_segment
                        .zip(share_of_all.filter(|share| *share > 0.0))
                        .map(|(own, all)| own / all),
                    penetration,
                    penetration_of_all: of_all,
                    orders,
                    orders_of_all,
                    preference: orders
                        .zip(orders_of_all)
                        .map(|(orders, all)| preference(orders, all, own.customers)),
                },
            ));
        }
        found.sort_by_key(|(segment, units, product, _)| {
            (*segment, std::cmp::Reverse(*units), *product)
        });
        Ok(Self {
            as_of: query.window.until.unwrap_or(AsOf::day_after(last)),
            by: query.by.clone(),
            rows: found.into_iter().map(|(.., row)| row).collect(),
            notes: facts.notes.clone(),
        })
    }

    /// The instant of observation.
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// One per segment and product.
    pub fn rows(&self) -> &[SegmentProduct] {
        &self.rows
    }

    /// What has to be known of the figures.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// One row per segment and product that it bought.
    ///
    /// | column | what it is |
    /// |---|---|
    /// | `segment`, `segment_code` | the segment, and its English name or label |
    /// | the column that makes a product | its label |
    /// | `revenue` | net amount |
    /// | `share_of_segment`, `share_of_all`, `lift` | of the revenue of the segment and of all; the former over the latter |
    /// | `buyers`, `segment_customers` | customers of the segment who bought it, of how many |
    /// | `penetration` with bounds, `penetration_of_all` | the share of them, and that of all customers |
    /// | `orders`, `order_share` with bounds, `order_share_of_all` | purchases with it; their share in those of the segment, of all |
    /// | `preference`, `preference_code` | more, less, not apart, too few |
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self, lang: Lang) -> Result<Table> {
        const OURS: [&str; 7] =
            ["segment", "revenue", "lift", "buyers", "penetration", "orders", "preference"];
        let rows = || self.rows.iter();
        let missing = lang.pick(super::tables::MISSING.0, super::tables::MISSING.1);
        let name =
            if OURS.contains(&&*self.by) { format!("by_{}", self.by) } else { self.by.clone() };
        let russian = if name == "product" { "Товар".to_owned() } else { name.clone() };
        let count = |of: fn(Rate) -> u64| {
            rows().map(move |row| row.penetration.map(of).map(|count| count as i64))
        };
        let mut columns = vec![
            Column::text(
                "segment",
                "Сегмент",
                rows().map(|row| segment(row, lang).unwrap_or(missing)),
            ),
            Column::text("segment_code", "Код сегмента", rows().map(|row| segment(row, Lang::En))),
            Column::text(
                name,
                russian,
                rows().map(|row| row.product.as_deref().unwrap_or(missing)),
            ),
            Column::money("revenue", "Выручка", rows().map(|row| Some(row.revenue))),
            Column::float(
                "share_of_segment",
                "Доля в сегменте",
                4,
                rows().map(|row| row.share_of_segment),
            ),
            Column::float("share_of_all", "Доля во всём", 4, rows().map(|row| row.share_of_all)),
            Column::float("lift", "Лифт", 2, rows().map(|row| row.lift)),
            Column::int("buyers", "Покупателей", count(|rate| rate.successes)),
            Column::int("segment_customers", "Клиентов сегмента", count(|rate| rate.trials)),
        ];
        columns.extend(rate_columns(
            "penetration",
            "Доля покупателей",
            rows().map(|row| row.penetration),
        ));
        columns.extend([
            Column::float(
                "penetration_of_all",
                "Доля покупателей, все",
                4,
                rows().map(|row| row.penetration_of_all),
            ),
            Column::int(
                "orders",
                "Заказов",
                rows().map(|row| row.orders.map(|rate| rate.successes as i64)),
            ),
        ]);
        columns.extend(rate_columns("order_share", "Доля заказов", rows().map(|row| row.orders)));
        columns.extend([
            Column::float(
                "order_share_of_all",
                "Доля заказов, все",
                4,
                rows().map(|row| row.orders_of_all),
            ),
            Column::text(
                "preference",
                "Предпочтение",
                rows().map(|row| row.preference.map(|own| own.text(lang))),
            ),
            Column::text(
                "preference_code",
                "Код предпочтения",
                rows().map(|row| row.preference.map(Preference::code)),
            ),
        ]);
        Table::new("products_by_segment", columns)
    }
}

/// Adds one to what `of` of every segment and product of `met`, of its segments and of its products.
fn count(
    met: &BTreeSet<(u32, u32)>,
    segments: &mut BTreeMap<u32, Sum>,
    products: &mut BTreeMap<u32, Sum>,
    cells: &mut BTreeMap<(u32, u32), Sum>,
    of: impl Fn(&mut Sum) -> &mut u64,
) {
    let segments_met: BTreeSet<u32> = met.iter().map(|(segment, _)| *segment).collect();
    let products_met: BTreeSet<u32> = met.iter().map(|(_, product)| *product).collect();
    for segment in segments_met {
        *of(segments.entry(segment).or_default()) += 1;
    }
    for product in products_met {
        *of(products.entry(product).or_default()) += 1;
    }
    for cell in met {
        *of(cells.entry(*cell).or_default()) += 1;
    }
}

fn preference(own: Rate, all: f64, customers: u64) -> Preference {
    match own {
        own if own.trials as f64 * all < FEWEST || (customers as f64) < FEWEST => {
            Preference::TooFew
        }
        own if own.lower > all => Preference::More,
        own if own.upper < all => Preference::Less,
        _ => Preference::NotApart,
    }
}

/// The segment of a row, in either language.
fn segment(row: &SegmentProduct, lang: Lang) -> Option<&str> {
    let (english, russian) = row.segment.as_ref()?;
    Some(lang.pick(english.as_str(), russian.as_str()))
}
