//! Products beside slow and obvious figures.

use super::{
    Preference, Product, Query, SegmentProduct, SegmentQuery, Status, StockOptions, by_segment_of,
    of_orders,
};
use crate::{
    AsOf, Date, Money, Window,
    analysis::funnel::Rate,
    analysis::sales::{Period, Value},
    data::{Field, OrderRow, Orders},
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// Day, product, pieces, amount.
type Sale = (Date, &'static str, f64, i64);

fn orders(sales: &[Sale]) -> Orders {
    let mut builder = Orders::builder();
    for (at, (day, product, pieces, amount)) in sales.iter().enumerate() {
        builder.push(
            OrderRow::new(["A", "B", "C", "D", "E"][at % 5], *day, Money::from_whole(*amount))
                .with(Field::Product, *product)
                .with(Field::Quantity, *pieces),
        );
    }
    builder.build().unwrap().complete().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn products_by_segment_are_those_of_a_slow_count(
        sales in prop::collection::vec((0_usize..9, 0_usize..4, 0_usize..4, -300_i64..500), 1..80),
    ) {
        // Customer, product, segment of the order, amount; the last of products and segments is none.
        prop_assume!(sales.iter().any(|sale| sale.3 >= 0));
        prop_assume!(sales.iter().any(|sale| sale.1 < 3) && sales.iter().any(|sale| sale.2 < 3));
        let mut builder = Orders::builder();
        for (at, (customer, product, segment, amount)) in sales.iter().enumerate() {
            let day = Date::from_days(day("2024-01-01").days() + at as i32);
            let id = format!("C{customer}");
            let mut row = OrderRow::new(&id[..], day, Money::from_whole(*amount));
            if *product < 3 {
                row = row.with(Field::Product, NAMES[*product]);
            }
            if *segment < 3 {
                row = row.with(Field::Segment, NAMES[*segment]);
            }
            builder.push(row);
        }
        let orders = builder.keep_cancelled().build().unwrap().complete().unwrap();
        let query = SegmentQuery { segment: Some("segment".to_owned()), ..SegmentQuery::default() };
        let found = by_segment_of(&orders, &query, &[]).unwrap();
        let name = |at: usize| (at < 3).then(|| NAMES[at].to_owned());
        let sum = |is: &dyn Fn(usize, usize) -> bool| {
            sales.iter().filter(|sale| is(sale.1, sale.2)).map(|sale| sale.3).sum::<i64>() as f64
        };
        let who = |is: &dyn Fn(usize, usize) -> bool| {
            let own = sales.iter().filter(|sale| sale.3 >= 0 && is(sale.1, sale.2));
            own.map(|sale| sale.0).collect::<BTreeSet<_>>().len() as u64
        };
        let mut total = 0.0;
        for product in 0..4 {
            for segment in 0..4 {
                let row = found.rows().iter().find(|row| {
                    row.product == name(product)
                        && row.segment.as_ref().map(|own| own.0.clone()) == name(segment)
                });
                let is_sold = sales.iter().any(|sale| (sale.1, sale.2) == (product, segment));
                prop_assert_eq!(row.is_some(), is_sold);
                let Some(row) = row else { continue };
                let own = sum(&|p, s| p == product && s == segment);
                total += own;
                prop_assert_eq!(row.revenue.to_f64(), own);
                let share = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
                let of_segment = share(own, sum(&|_, s| s == segment));
                let of_all = share(sum(&|p, _| p == product), sum(&|_, _| true));
                prop_assert_eq!((row.share_of_segment, row.share_of_all), (of_segment, of_all));
                let lift = of_segment.zip(of_all.filter(|all| *all > 0.0)).map(|(own, all)| own / all);
                prop_assert_eq!(row.lift, lift);
                let buyers = who(&|p, s| p == product && s == segment);
                let customers = who(&|_, s| s == segment);
                prop_assert_eq!(row.penetration, Rate::new(buyers, customers, 0.95));
                let all = who(&|p, _| p == product) as f64 / who(&|_, _| true) as f64;
                prop_assert_eq!(row.penetration_of_all, Some(all));
                let count = |is: &dyn Fn(usize, usize) -> bool| {
                    sales.iter().filter(|sale| sale.3 >= 0 && is(sale.1, sale.2)).count() as u64
                };
                let placed = count(&|_, s| s == segment);
                let own = count(&|p, s| p == product && s == segment);
                prop_assert_eq!(row.orders, Rate::new(own, placed, 0.95));
                let all = count(&|p, _| p == product) as f64 / count(&|_, _| true) as f64;
                prop_assert_eq!(row.orders_of_all, Some(all));
                let few = placed as f64 * all < 5.0 || customers < 5;
                let is_few = row.preference == Some(Preference::TooFew);
                prop_assert!(customers == 0 || few == is_few);
            }
        }
        prop_assert!((total - sum(&|_, _| true)).abs() < 1e-6);
    }
}

#[test]
fn what_a_segment_prefers_is_told_where_there_are_enough() {
    let mut builder = Orders::builder();
    for customer in 0..200 {
        let id = format!("C{customer:03}");
        let (segment, product) = match customer {
            // Two thirds of the first segment buy tea, a third of the second does.
            _ if customer < 100 => ("shops", if customer % 3 < 2 { "tea" } else { "milk" }),
            _ if customer < 198 => ("homes", if customer % 3 < 1 { "tea" } else { "milk" }),
            _ => ("few", "tea"),
        };
        let day = Date::from_days(day("2024-01-01").days() + customer);
        let row = OrderRow::new(&id[..], day, Money::from_whole(10));
        builder.push(row.with(Field::Segment, segment).with(Field::Product, product));
    }
    let orders = builder.build().unwrap().complete().unwrap();
    let query = SegmentQuery { segment: Some("segment".to_owned()), ..SegmentQuery::default() };
    let found = by_segment_of(&orders, &query, &[]).unwrap();
    let of = |segment: &str| {
        let is = |row: &&SegmentProduct| {
            row.segment.as_ref().is_some_and(|own| own.0 == segment)
                && row.product.as_deref() == Some("tea")
        };
        found.rows().iter().find(is).unwrap().preference
    };
    assert_eq!(of("shops"), Some(Preference::More));
    assert_eq!(of("homes"), Some(Preference::Less));
    assert_eq!(of("few"), Some(Preference::TooFew));
    // By RFM every customer with a purchase has a segment, and the parts add up to the whole.
    let found = by_segment_of(&orders, &SegmentQuery::default(), &[]).unwrap();
    let all: f64 = found.rows().iter().map(|row| row.revenue.to_f64()).sum();
    assert!((all - 2_000.0).abs() < 1e-9 && found.rows().iter().all(|row| row.segment.is_some()));
    assert_eq!(found.table(crate::Lang::Ru).unwrap().rows(), found.rows().len());
    let query = SegmentQuery { level: 1.0, ..SegmentQuery::default() };
    assert!(by_segment_of(&orders, &query, &[]).unwrap_err().is_usage());
}

const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn classes_are_those_of_the_definition(
        sales in prop::collection::vec((0_usize..6, 0_i32..360, 1_u32..9, 0_i64..500), 1..60),
    ) {
        let start = day("2024-01-01").days();
        let sales: Vec<Sale> = sales
            .into_iter()
            .map(|(name, at, pieces, amount)| {
                (Date::from_days(start + at), NAMES[name], f64::from(pieces), amount)
            })
            .collect();
        let until = Some(AsOf::start_of(day("2025-01-01")));
        let query = Query { window: Window { since: None, until }, ..Query::default() };
        let found = of_orders(&orders(&sales), &query, &[]).unwrap();
        let mut revenue: BTreeMap<&str, i64> = BTreeMap::new();
        for (_, name, _, amount) in &sales {
            *revenue.entry(name).or_default() += amount;
        }
        let total: i64 = revenue.values().sum();
        for product in found.products() {
            let name = product.label.as_deref().unwrap();
            let own = revenue[name];
            prop_assert_eq!(product.revenue, Value::Money(Money::from_whole(own).unwrap()));
            // What is before the first of equals.
            let before: i64 = revenue.values().filter(|other| **other > own).sum();
            let class = match before as f64 / total as f64 {
                _ if own == 0 => 'C',
                share if share < 0.8 => 'A',
                share if share < 0.95 => 'B',
                _ => 'C',
            };
            prop_assert_eq!(product.abc, class, "{}", name);
            let mine: Vec<&Sale> = sales.iter().filter(|sale| sale.1 == name).collect();
            let month = |day: Date| Period::Month.number(day);
            let first = mine.iter().map(|sale| month(sale.0)).min().unwrap();
            let last = month(day("2024-12-01"));
            let pieces: Vec<f64> = (first..=last)
                .map(|number| mine.iter().filter(|sale| month(sale.0) == number).map(|sale| sale.2).sum())
                .collect();
            let (n, mean) = (pieces.len() as f64, pieces.iter().sum::<f64>() / pieces.len() as f64);
            let spread = pieces.iter().map(|own| (own - mean).powi(2)).sum::<f64>() / (n - 1.0);
            match product.demand {
                None => prop_assert!(pieces.len() < 3),
                Some((of_month, variation)) => {
                    prop_assert!((of_month - mean).abs() < 1e-9);
                    prop_assert!((variation - spread.sqrt() / mean).abs() < 1e-9);
                }
            }
        }
        let all: f64 = found.products().iter().map(|own| own.revenue.to_f64()).sum();
        prop_assert!((all - total as f64).abs() < 1e-6);
    }
}

#[test]
fn products_come_and_go() {
    let mut sales: Vec<Sale> = Vec::new();
    for month in 1..=12 {
        let date = |day| Date::from_ymd(2024, month, day).unwrap();
        sales.push((date(3), "steady", 5.0, 100));
        if month <= 8 {
            sales.push((date(4), "dormant", 5.0, 100));
        }
        sales.push((date(5), "dying", 5.0, if month <= 9 { 100 } else { 40 }));
        if month > 10 {
            sales.push((date(6), "new", 5.0, 100));
        }
    }
    let until = Some(AsOf::start_of(day("2025-01-01")));
    let query = Query { window: Window { since: None, until }, ..Query::default() };
    let found = of_orders(&orders(&sales), &query, &[]).unwrap();
    for product in found.products() {
        let expected = match product.label.as_deref().unwrap() {
            "steady" => Status::Steady,
            "dormant" => Status::Dormant,
            "dying" => Status::Dying,
            _ => Status::New,
        };
        assert_eq!(product.status, expected, "{:?}", product.label);
    }
    assert_eq!(found.matrix().unwrap().columns()[2].name(), "products");
}

/// Demand of 20 pieces a week without any spread, and one that comes now and then.
#[test]
fn stock_lasts_for_the_lead_time() {
    let mut sales: Vec<Sale> = Vec::new();
    let start = day("2024-01-01");
    for week in 0..52 {
        sales.push((start.plus_days(7 * week), "constant", 20.0, 100));
        let busy = if week % 2 == 0 { 30.0 } else { 10.0 };
        sales.push((start.plus_days(7 * week), "busy", busy, 100));
        if week % 5 == 0 {
            sales.push((start.plus_days(7 * week), "now and then", 4.0, 10));
        }
    }
    let until = Some(AsOf::start_of(start.plus_days(7 * 52)));
    let stock = |service: f64, lead_days: u32| {
        let stock = StockOptions { service, lead_days, review_days: 28, ..StockOptions::default() };
        let query =
            Query { window: Window { since: None, until }, stock: Some(stock), ..Query::default() };
        let found = of_orders(&orders(&sales), &query, &[]).unwrap();
        let of = |name: &str| {
            let is = |own: &&Product| own.label.as_deref() == Some(name);
            found.products().iter().find(is).unwrap().stock.clone().unwrap()
        };
        ["constant", "busy", "now and then"].map(of)
    };
    let [constant, busy, rare] = stock(95.0, 14);
    assert!((constant.lead_demand - 40.0).abs() < 1e-6, "{constant:?}");
    assert_eq!((constant.reorder_point, constant.order_quantity), (40.0, 80.0));
    assert!(busy.reorder_point >= busy.lead_demand && busy.reorder_point < 100.0, "{busy:?}");
    // 0.8 pieces a week in fours.
    assert!(rare.lead_demand > 0.5 && rare.lead_demand < 3.5, "{rare:?}");
    assert!(rare.reorder_point >= 4.0, "{rare:?}");
    let [_, surer, _] = stock(99.0, 14);
    assert!(surer.reorder_point >= busy.reorder_point);
    let [shorter, _, _] = stock(95.0, 7);
    assert_eq!(shorter.reorder_point, 20.0);
    assert!(StockOptions { service: 100.0, ..StockOptions::default() }.check().is_err());
    assert!(StockOptions { service: 95.3, ..StockOptions::default() }.check().is_err());
    assert!(StockOptions { service: 97.5, ..StockOptions::default() }.check().is_ok());
}

/// Products that are sold now and then, in several pieces at once: of the futures that come, as many are covered as
/// the service level says.
#[test]
fn stock_of_intermittent_demand_is_held_at_the_service_level() {
    const PRODUCTS: usize = 150;
    const WEEKS: i32 = 104;
    let mut state = 20_251_130_u64;
    let mut uniform = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let start = day("2023-01-02");
    let names: Vec<&'static str> =
        (0..PRODUCTS).map(|product| &*format!("P{product:03}").leak()).collect();
    let mut sales: Vec<Sale> = Vec::new();
    // A week with a sale every three to ten weeks, of one to six pieces.
    let mut week = |product: usize| {
        let often = 0.1 + 0.23 * product as f64 / PRODUCTS as f64;
        if uniform() < often { 1.0 + (uniform() * 6.0).floor() } else { 0.0 }
    };
    for at in 0..WEEKS {
        for (product, name) in names.iter().enumerate() {
            let pieces = week(product);
            if pieces > 0.0 {
                sales.push((start.plus_days(7 * at), name, pieces, 100));
            }
        }
        // The shop is open every week.
        sales.push((start.plus_days(7 * at), "always", 5.0, 100));
    }
    let stock = StockOptions { service: 90.0, lead_days: 28, ..StockOptions::default() };
    let until = Some(AsOf::start_of(start.plus_days(7 * WEEKS)));
    let query =
        Query { window: Window { since: None, until }, stock: Some(stock), ..Query::default() };
    let found = of_orders(&orders(&sales), &query, &[]).unwrap();
    let points: Vec<Option<f64>> = names
        .iter()
        .map(|name| {
            let is = |own: &&Product| own.label.as_deref() == Some(*name);
            found.products().iter().find(is)?.stock.as_ref().map(|stock| stock.reorder_point)
        })
        .collect();
    let (mut covered, mut futures, mut held) = (0_u32, 0_u32, 0);
    for (product, point) in points.iter().enumerate() {
        let Some(point) = point else { continue };
        held += 1;
        for _ in 0..200 {
            let demand: f64 = (0..4).map(|_| week(product)).sum();
            covered += u32::from(demand <= *point);
            futures += 1;
        }
    }
    assert!(held > PRODUCTS * 9 / 10, "{held}");
    // Whole pieces are rounded up, so a little more than the level is covered.
    let share = f64::from(covered) / f64::from(futures);
    assert!((0.86..0.96).contains(&share), "{share}");
}

#[test]
fn what_cannot_be_is_refused() {
    let orders = orders(&[(day("2024-01-01"), "a", 1.0, 5)]);
    let refused = |query: Query| of_orders(&orders, &query, &[]).unwrap_err();
    assert!(refused(Query { period: Period::Year, ..Query::default() }).is_usage());
    assert!(refused(Query { abc: (0.9, 0.5), ..Query::default() }).is_usage());
    assert!(refused(Query { xyz: (1.0, 0.5), ..Query::default() }).is_usage());
    assert!(refused(Query { by: "colour".to_owned(), ..Query::default() }).is_usage());
}
