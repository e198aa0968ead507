//! RFM: who the best customers are, who is new, who is slipping away.
//!
//! An export is read once and only one value per customer is kept, so that memory grows with the
//! customers and not with their orders. The scores themselves are the models':
//! [`crmstat_models::rfm`].
//!
//! - *recency*: days from the last purchase to `as_of`;
//! - *frequency*: number of purchases; a refund (an order below zero) and an order that was cancelled are
//!   none, an order of zero is one;
//! - *monetary*: net amount over the window, refunds taken off, total or mean per purchase.
//!
//! Customers with refunds only made no purchase in the window: they are counted, not scored.

mod cuts;
mod migration;
mod model;
mod segments;
mod tables;

pub use cuts::cuts_from_text;
pub use migration::{Migration, migration};
pub use model::{CustomerScore, Model};
pub use segments::Segments;

use crate::{
    AsOf, Date, Error, Money, Result, Timestamp, Window,
    data::{Notice, Orders, Texts, guests, sales::is_purchase},
    ingest::{Export, Imported, orders::per_customer::PerCustomer, pass::verdict::no_purchases},
};
use crmstat_models::{
    parallel::map_chunks,
    rfm::{Cuts, Fitted, Metrics, Params, Scores},
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// How to score. The default: five bins each, the 11 published segments, total money, all the data.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The days whose orders count.
    pub window: Window,
    /// Bins of recency, frequency and monetary; `None` is what the segments are made for.
    pub bins: Option<[u8; 3]>,
    /// Frozen cut points instead of quantiles of the data.
    pub cuts: Option<Cuts>,
    /// What monetary means.
    pub monetary: Monetary,
    /// The segments and their rules.
    pub segments: Segments,
    /// Weights of recency, frequency and monetary in one combined score; `None` for no such score.
    pub weights: Option<[f64; 3]>,
}

/// What monetary means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Monetary {
    /// The net amount of the window.
    #[default]
    Total,
    /// The net amount per purchase, rounded half away from zero to the scale of money.
    Mean,
}

impl std::str::FromStr for Monetary {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "total" => Ok(Self::Total),
            "mean" => Ok(Self::Mean),
            _ => Err(Error::usage(format!("`{text}` is neither `total` nor `mean`"))),
        }
    }
}

/// Scored customers, in the order of their ids' bytes.
#[derive(Clone, Debug)]
pub struct Rfm {
    as_of: AsOf,
    ids: Texts,
    last_order: Vec<Date>,
    frequency: Vec<u32>,
    revenue: Vec<Money>,
    monetary: Vec<Money>,
    scores: Vec<Scores>,
    segment: Vec<Option<u32>>,
    fitted: Fitted,
    segments: Segments,
    monetary_is: Monetary,
    weights: Option<[f64; 3]>,
    refunded_only: u64,
}

/// One scored customer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Customer<'a> {
    /// The customer's id.
    pub id: &'a str,
    /// The day of the last purchase.
    pub last_order: Date,
    /// Days from the last purchase to `as_of`.
    pub recency_days: i32,
    /// Purchases.
    pub frequency: u32,
    /// Money, total or per purchase.
    pub monetary: Money,
    /// The net amount of the window.
    pub revenue: Money,
    /// The three scores.
    pub scores: Scores,
    /// The number of the segment; `None` where no rule holds.
    pub segment: Option<u32>,
}

/// Scores the customers of `export`.
///
/// # Errors
/// What the export cannot bear ([`Export`]), cut points or segments that do not fit together, or no
/// purchase in the window.
pub fn score(export: &mut Export, options: &Options) -> Result<Imported<Rfm>> {
    let gathered = export.gather::<Purchases>(options.window)?.try_map(|customers| {
        // Who has neither purchases nor refunds left had orders that were cancelled.
        let mut refunded_only = 0;
        customers.for_each(|_, own: &Purchases| {
            refunded_only += u64::from(own.orders == 0 && own.net.is_negative());
        });
        let (ids, purchases) = customers.into_sorted(|customer| customer.orders > 0);
        Ok((refunded_only, ids, purchases))
    })?;
    let mut gathered = gathered;
    let (_, ids, purchases) = &gathered.result;
    let of_customer = |customer: usize| {
        let own = &purchases[customer];
        (u64::from(own.orders), own.net)
    };
    gathered.notices.extend(guests::notices(ids, of_customer));
    Notice::sort(&mut gathered.notices);
    if export.options().strict {
        Notice::refuse(&gathered.notices)?;
    }
    let last_event = gathered.span.map(|(_, last)| last.date());
    let as_of = options.window.until.or_else(|| last_event.map(AsOf::day_after));
    let as_of = as_of.filter(|_| !gathered.result.2.is_empty());
    let as_of = as_of.ok_or_else(|| no_purchases(export, &gathered))?;
    gathered.try_map(|(refunded_only, ids, purchases)| {
        Rfm::new(as_of, ids, &purchases, refunded_only, options)
    })
}

/// Scores the customers of `orders` that have been read; the orders of [`Options::window`] count.
///
/// # Errors
/// Cut points or segments that do not fit together, a sum past the range of money, or no purchase in the
/// window.
pub fn score_orders(orders: &Orders, options: &Options) -> Result<Rfm> {
    let Window { since, until } = options.window;
    let last = orders.span().map(|(_, last)| AsOf::day_after(last));
    let none =
        || Error::data("no purchase in the window").with_hint("check `--as-of` and `--since`");
    let as_of = until.or(last).ok_or_else(none)?;
    let from = since.map(Date::midnight);
    let end = as_of.date().midnight();
    let gathered = map_chunks(orders.customers().len(), CHUNK, |range| {
        let of = |customer: usize| {
            let orders_of = orders.of_customer(customer);
            let at = &orders.at()[orders_of.clone()];
            let before = at.partition_point(|at| *at < end);
            let first = from.map_or(0, |from| at.partition_point(|at| *at < from));
            let mut purchases = Purchases::default();
            for order in orders_of.start + first.min(before)..orders_of.start + before {
                purchases.add(orders.at()[order], orders.amount()[order])?;
            }
            Some((purchases, first < before))
        };
        range.map(of).collect::<Option<Vec<_>>>()
    });
    let (mut ids, mut purchases, mut refunded_only) = (Texts::default(), Vec::new(), 0);
    let mut customer = 0;
    for chunk in gathered {
        let chunk =
            chunk.ok_or_else(|| Error::data("a customer's sum is past the range of money"))?;
        for (found, has_orders) in chunk {
            if found.orders > 0 {
                ids.push(orders.customers().get(customer));
                purchases.push(found);
            } else {
                refunded_only += u64::from(has_orders);
            }
            customer += 1;
        }
    }
    if purchases.is_empty() {
        return Err(none());
    }
    Rfm::new(as_of, ids, &purchases, refunded_only, options)
}

/// Customers per task.
const CHUNK: usize = 4096;

impl Rfm {
    fn new(
        as_of: AsOf,
        ids: Texts,
        purchases: &[Purchases],
        refunded_only: u64,
        options: &Options,
    ) -> Result<Self> {
        let monetary: Vec<Money> = purchases
            .par_iter()
            .map(|purchases| match options.monetary {
                Monetary::Total => purchases.net,
                Monetary::Mean => purchases.mean(),
            })
            .collect();
        let days = as_of.date().days();
        let recency: Vec<f64> =
            purchases.par_iter().map(|each| f64::from(days - each.last)).collect();
        let frequency: Vec<f64> = purchases.par_iter().map(|each| f64::from(each.orders)).collect();
        let value: Vec<f64> = monetary.par_iter().map(|money| money.to_f64()).collect();

        let [r, f, m] = options.bins.unwrap_or_else(|| options.segments.bins());
        let mut params = Params::default().bins(r, f, m);
        if let Some(cuts) = &options.cuts {
            params = params.cuts(cuts.clone());
        }
        let metrics = Metrics { recency: &recency, frequency: &frequency, monetary: &value };
        let fitted = params.fit(&metrics).map_err(Error::from_model)?;
        let grid = options.segments.grid(fitted.cuts().bins())?;
        let (scores, segment) = (0..purchases.len())
            .into_par_iter()
            .map(|at| {
                let scores = fitted.score(recency[at], frequency[at], value[at]);
                (scores, options.segments.number(&grid, scores))
            })
            .unzip();
        Ok(Self {
            as_of,
            ids,
            last_order: purchases.par_iter().map(|each| Date::from_days(each.last)).collect(),
            frequency: purchases.par_iter().map(|each| each.orders).collect(),
            revenue: purchases.par_iter().map(|each| each.net).collect(),
            monetary,
            scores,
            segment,
            fitted,
            segments: options.segments.clone(),
            monetary_is: options.monetary,
            weights: options.weights,
            refunded_only,
        })
    }

    /// The exclusive instant of observation.
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// Scored customers.
    pub fn len(&self) -> usize {
        self.last_order.len()
    }

    /// Whether there is no customer.
    pub fn is_empty(&self) -> bool {
        self.last_order.is_empty()
    }

    /// The customers, in the order of their ids' bytes.
    pub fn customers(&self) -> impl Iterator<Item = Customer<'_>> {
        (0..self.len()).map(|at| Customer {
            id: self.ids.get(at).unwrap_or_default(),
            last_order: self.last_order[at],
            recency_days: self.recency_days(at),
            frequency: self.frequency[at],
            monetary: self.monetary[at],
            revenue: self.revenue[at],
            scores: self.scores[at],
            segment: self.segment[at],
        })
    }

    /// The cut points and how many customers have each score.
    pub fn fitted(&self) -> &Fitted {
        &self.fitted
    }

    /// The segments by whose rules the customers were named.
    pub fn segments(&self) -> &Segments {
        &self.segments
    }

    /// Customers of the window who made no purchase in it, only refunds; they are not scored.
    pub fn refunded_only(&self) -> u64 {
        self.refunded_only
    }

    /// What is needed to score other data alike.
    pub fn model(&self) -> Model {
        Model::new(
            self.fitted.cuts().clone(),
            self.monetary_is,
            self.segments.clone(),
            self.weights,
        )
    }

    fn recency_days(&self, at: usize) -> i32 {
        self.as_of.date().days() - self.last_order[at].days()
    }
}

/// What RFM keeps of one customer.
#[derive(Clone, Copy, Debug)]
struct Purchases {
    net: Money,
    /// The day of the last purchase, since 1970-01-01.
    last: i32,
    orders: u32,
}

impl Default for Purchases {
    fn default() -> Self {
        Self { net: Money::ZERO, last: i32::MIN, orders: 0 }
    }
}

impl Purchases {
    /// The net amount per purchase, rounded half away from zero.
    fn mean(&self) -> Money {
        let (net, orders) = (i128::from(self.net.units()), i128::from(self.orders));
        let rounded = (net * 2 + net.signum() * orders) / (orders * 2).max(1);
        // No larger in magnitude than `net`, which fits.
        Money::from_units(rounded as i64)
    }
}

impl PerCustomer for Purchases {
    fn add(&mut self, at: Timestamp, amount: Money) -> Option<()> {
        self.net = self.net.checked_add(amount)?;
        if is_purchase(amount) {
            self.last = self.last.max(at.date().days());
            self.orders += 1;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Customer, Options, Rfm, score, score_orders};
    use crate::{
        data::{Orders, OrdersQuery},
        ingest::{Export, ReadOptions},
    };

    fn customers(rfm: &Rfm) -> Vec<(String, i32, u32, String)> {
        let told = |own: Customer<'_>| {
            (own.id.to_owned(), own.recency_days, own.frequency, own.revenue.to_string())
        };
        rfm.customers().map(told).collect()
    }

    #[test]
    fn what_was_cancelled_is_left_out_whichever_way_the_rows_are_read() {
        let rows = "A,2024-01-01 10:01,77,1\nA,2024-01-01 10:17,-77,2\nA,2024-03-01 09:00,20,3\n\
             B,2024-01-02 09:00,50,4\nB,2024-01-20 09:00,-50,5\nD,2024-02-01 10:00,5,6\n\
             D,2024-02-01 11:00,-5,7\nE,2024-02-02 10:00,-5,8\nF,2024-02-02 10:00,9,9\n";
        let folder = tempfile::tempdir().unwrap();
        // Each row an order; ids, each of one row; ids that repeat, so that rows are lines.
        for (header, more) in [
            ("customer,date,amount,note", ""),
            ("customer,date,amount,order_id", ""),
            (
                "customer,date,amount,order_id",
                "F,2024-02-03 10:00,4,10\nF,2024-02-03 10:00,-4,10\n",
            ),
        ] {
            let path = folder.path().join("orders.csv");
            std::fs::write(&path, format!("{header}\n{rows}{more}")).unwrap();
            let mut export =
                Export::open(&[path.display().to_string()], ReadOptions::default()).unwrap();
            let options = Options::default();
            let streamed = score(&mut export, &options).unwrap();
            let orders = Orders::read(&mut export, &OrdersQuery::default()).unwrap();
            let held = score_orders(&orders.result, &options).unwrap();
            assert_eq!(customers(&streamed.result), customers(&held), "{header}");
            let expected = [("A", 1, "20.00"), ("B", 1, "0.00"), ("F", 1, "9.00")];
            let found: Vec<(String, u32, String)> = customers(&held)
                .into_iter()
                .map(|(id, _, frequency, revenue)| (id, frequency, revenue))
                .collect();
            let expected =
                expected.map(|(id, orders, money)| (id.to_owned(), orders, money.to_owned()));
            assert_eq!(found, expected, "{header}");
            // E only ever brought something back; D bought nothing in the end.
            assert_eq!((streamed.result.refunded_only(), held.refunded_only()), (1, 1));
            let cancelled = |notices: &[crate::data::Notice]| {
                notices
                    .iter()
                    .map(|notice| (notice.rows, notice.finding.clone()))
                    .collect::<Vec<_>>()
            };
            assert_eq!(cancelled(&streamed.notices), cancelled(&orders.notices));
        }
    }
}
