//! Online Retail II, 90 days: the recipe that reaches both targets of the protocol.
//!
//! 1. An order is a day with a basket of positive net amount; a customer is everyone with an order
//!    before the cutoff; churn is no order in the 90 days from it.
//! 2. Features, all strictly before the cutoff and all as `ln(1 + x)`: days since the last and since the
//!    first order, orders, revenue, lines, orders in the last 30, 60, 90, 180 and 365 days, revenue in
//!    the last 90 and 365, orders in the same season a year before (275 to 365 days ago), the mean gap
//!    between orders (with a flag where there is none), orders per day, recency in gaps.
//! 3. One logistic regression on the three training cutoffs, L2 of strength 1 on standardised columns.
//!    A cutoff counts half as much as the next one, a quarter later: customers change. (Judged on the
//!    cutoff 2011-06-11 after learning from the two before it: AUC 0.8254 and Brier 0.1492 against
//!    0.8243 and 0.1499 with equal weights.)
//! 4. The season: the horizon from September to December churns less than any of the training cutoffs'.
//!    The shift of the log-odds that the same cutoff a year before (2010-09-10, all of whose horizon
//!    lies before the test cutoff) would have needed is added.
//!
//! No step is fitted to the test labels. On the test cutoff, without step 4 the Brier score is 0.192;
//! with equal weights AUC and Brier are 0.8055 and 0.1875, and miss both targets.

use std::collections::BTreeMap;

use crmstat_models::churn::evaluation::{auc, brier};
use crmstat_models::churn::leakage::{LeakSign, signs};
use crmstat_models::churn::{Boosting, Encoder, Logistic, PriorShift, RawColumn, Rows, Sample};

use crate::shared;

const HORIZON: i64 = 90;
/// The columns before encoding: the mean gap, which may be missing, is the last.
const COLUMNS: usize = 16;

/// A customer's orders of one day.
struct Order {
    day: i64,
    revenue: f64,
    lines: f64,
}

/// The orders of each customer, oldest first.
type Orders = BTreeMap<String, Vec<Order>>;

/// Days since 1970-01-01 (Hinnant, `days_from_civil`).
fn day(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn read() -> Orders {
    let path = shared("data/customers/retail/online_retail_ii_baskets.csv");
    let text = std::fs::read_to_string(path).unwrap();
    let mut days: BTreeMap<(String, i64), Order> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let net: f64 = cells[5].parse().unwrap();
        if net <= 0.0 {
            continue;
        }
        let date: Vec<i64> = cells[1][..10].split('-').map(|part| part.parse().unwrap()).collect();
        let day = day(date[0], date[1], date[2]);
        let order = days.entry((cells[0].to_owned(), day)).or_insert(Order {
            day,
            revenue: 0.0,
            lines: 0.0,
        });
        order.revenue += net;
        order.lines += cells[2].parse::<f64>().unwrap();
    }
    let mut orders = Orders::new();
    for ((customer, _), order) in days {
        orders.entry(customer).or_default().push(order);
    }
    orders
}

/// The customers known at a cutoff: their features and whether they left.
struct Known {
    columns: Vec<Vec<f64>>,
    labels: Vec<bool>,
}

fn known(orders: &Orders, cutoff: i64) -> Known {
    let mut known = Known { columns: vec![Vec::new(); COLUMNS], labels: Vec::new() };
    for orders in orders.values() {
        let (before, after) = orders.split_at(orders.partition_point(|order| order.day < cutoff));
        let (Some(first), Some(last)) = (before.first(), before.last()) else { continue };
        let recency = (cutoff - last.day) as f64;
        let tenure = (cutoff - first.day) as f64;
        let count = before.len() as f64;
        let within = |from: i64, to: i64| {
            before.iter().filter(move |order| (from..=to).contains(&(cutoff - order.day)))
        };
        let orders_within = |days: i64| within(1, days).count() as f64;
        let revenue_within = |days: i64| within(1, days).map(|order| order.revenue).sum::<f64>();
        let gap = if count > 1.0 { (tenure - recency) / (count - 1.0) } else { f64::NAN };
        let features: [f64; COLUMNS] = [
            recency,
            tenure,
            count,
            before.iter().map(|order| order.revenue).sum(),
            before.iter().map(|order| order.lines).sum(),
            orders_within(30),
            orders_within(60),
            orders_within(90),
            orders_within(180),
            orders_within(365),
            revenue_within(90),
            revenue_within(365),
            within(276, 365).count() as f64,
            count / (tenure + 30.0),
            recency / (tenure / count + 1.0),
            gap,
        ];
        for (column, feature) in known.columns.iter_mut().zip(features) {
            column.push(feature.ln_1p());
        }
        known.labels.push(!after.iter().any(|order| order.day < cutoff + HORIZON));
    }
    known
}

impl Known {
    fn raw(&self) -> Vec<RawColumn<'_>> {
        self.columns.iter().map(|column| RawColumn::Number(column)).collect()
    }
}

/// The training rows of the protocol with a weight that doubles from cutoff to cutoff.
fn training(orders: &Orders) -> (Known, Vec<f64>) {
    let mut all = Known { columns: vec![Vec::new(); COLUMNS], labels: Vec::new() };
    let mut weights = Vec::new();
    for (cutoff, weight) in
        [(day(2010, 12, 10), 0.25), (day(2011, 3, 10), 0.5), (day(2011, 6, 11), 1.0)]
    {
        let part = known(orders, cutoff);
        weights.resize(weights.len() + part.labels.len(), weight);
        all.labels.extend(part.labels);
        for (column, values) in all.columns.iter_mut().zip(part.columns) {
            column.extend(values);
        }
    }
    (all, weights)
}

#[test]
#[ignore = "needs CRMSTAT_SHARED"]
fn both_targets_are_reached_at_once_needs_shared_data() {
    let orders = read();
    let test = known(&orders, day(2011, 9, 10));
    let share = |known: &Known| {
        known.labels.iter().filter(|label| **label).count() as f64 / known.labels.len() as f64
    };
    assert_eq!(test.labels.len(), 5281);
    assert!((share(&test) - 0.566).abs() < 5e-4);

    let (train, weights) = training(&orders);
    let encoder = Encoder::params().fit(&train.raw()).unwrap();
    let width = encoder.features().len();
    let learned = encoder.encode(&train.raw()).unwrap();
    let sample = Sample::new(Rows::new(&learned, width).unwrap(), &train.labels).unwrap();
    let sample = sample.weighted(&weights).unwrap();
    for column in 0..sample.rows().width() {
        let values = sample.rows().column(column);
        assert_eq!(signs(RawColumn::Number(&values), sample.labels(), false).unwrap(), []);
    }
    let model = Logistic::params().standardise(true).fit(sample).unwrap();
    let score = |known: &Known| {
        let values = encoder.encode(&known.raw()).unwrap();
        model.probabilities(Rows::new(&values, width).unwrap()).unwrap()
    };
    let raw = score(&test);

    let year_before = known(&orders, day(2010, 9, 10));
    let season = PriorShift::observed(&score(&year_before), &year_before.labels).unwrap();
    let shifted = season.apply_all(&raw).unwrap();
    let area = auc(&shifted, &test.labels).unwrap();
    let before = brier(&raw, &test.labels, 10).unwrap();
    let after = brier(&shifted, &test.labels, 10).unwrap();
    eprintln!("{area:?}\nraw {before:?}\nseason {season:?} {after:?}");
    assert!(area.value >= 0.8066, "{area:?}");
    assert!(after.value <= 0.186, "{after:?}");

    let trees = Boosting::params().fit(sample).unwrap();
    let values = encoder.encode(&test.raw()).unwrap();
    let challenger = trees.probabilities(Rows::new(&values, width).unwrap()).unwrap();
    let challenger = auc(&challenger, &test.labels).unwrap();
    eprintln!("challenger {challenger:?}");
    assert!(challenger.value > 0.80, "{challenger:?}");
    let recency = auc(&test.columns[0], &test.labels).unwrap();
    assert!((recency.value - 0.7636).abs() < 5e-4, "{recency:?}");
}

#[test]
#[ignore = "needs CRMSTAT_SHARED"]
fn recency_at_the_end_of_the_data_is_refused_needs_shared_data() {
    let orders = read();
    let cutoff = day(2011, 9, 10);
    let known = known(&orders, cutoff);
    // Every customer known at the cutoff, with the days of silence as seen from the end of the data.
    let leaky: Vec<f64> = orders
        .values()
        .filter(|orders| orders[0].day < cutoff)
        .map(|orders| (day(2011, 12, 10) - orders[orders.len() - 1].day) as f64)
        .collect();
    let found = signs(RawColumn::Number(&leaky), &known.labels, false).unwrap();
    assert!(matches!(found[0], LeakSign::Ranks { auc, .. } if auc > 0.999), "{found:?}");
}
