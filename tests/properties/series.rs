//! Series of sales against sums by hand, whatever the orders and their order.

use crmstat::{
    AsOf, Date, Window,
    analysis::forecast::{Period, Query, SeriesSet},
    ingest::{Export, ReadOptions},
};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// The first day on which anything is sold, and the day after the last: 2024-01-01 to 2024-12-31.
const DAYS: std::ops::Range<i32> = 19_723..20_089;

/// A day, a product and an amount in cents; refunds are negative.
type Sale = (i32, u8, i64);

fn sales() -> impl Strategy<Value = (Vec<Sale>, Vec<Sale>)> {
    let sale = (DAYS, 0..5_u8, -20_000..90_000_i64);
    prop::collection::vec(sale, 1..120)
        .prop_flat_map(|sales| (Just(sales.clone()), Just(sales).prop_shuffle()))
}

fn read(sales: &[Sale], period: Period) -> SeriesSet {
    let mut text = "order_id,customer_id,order_date,amount,product\n".to_owned();
    for (at, (day, product, cents)) in sales.iter().enumerate() {
        let date = Date::from_days(*day);
        let amount = *cents as f64 / 100.0;
        text += &format!("{at},c{},{date},{amount:.2},p{product}\n", at % 7);
    }
    // An order on the first day and one on the last: what lies between is complete.
    for (id, day) in [("first", DAYS.start), ("last", DAYS.end - 1)] {
        text += &format!("{id},c0,{},1.00,p0\n", Date::from_days(day));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.csv");
    std::fs::write(&path, text).unwrap();
    let mut export = Export::open(&[path.to_str().unwrap()], ReadOptions::default()).unwrap();
    let until = Some(AsOf::start_of(Date::from_days(DAYS.end)));
    let query = Query {
        window: Window { until, ..Window::default() },
        period,
        by: vec!["product".to_owned()],
        ..Query::default()
    };
    SeriesSet::from_orders(&mut export, &query).unwrap().result
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn periods_hold_the_sums_of_their_days(
        (sales, shuffled) in sales(),
        period in prop::sample::select(vec![Period::Day, Period::Month, Period::Quarter]),
    ) {
        let set = read(&sales, period);
        // Ids differ between both files, values do not.
        let again = read(&shuffled, period);
        prop_assert_eq!(set.series(), again.series());

        let mut cents: BTreeMap<(String, i32), i64> = BTreeMap::new();
        let ends = [(DAYS.start, 0, 100), (DAYS.end - 1, 0, 100)];
        for (day, product, amount) in sales.iter().chain(&ends) {
            let number = period.number(Date::from_days(*day));
            for name in ["total".to_owned(), format!("p{product}")] {
                *cents.entry((name, number)).or_default() += amount;
            }
        }
        for history in set.series() {
            prop_assert_eq!(history.next(), period.number(Date::from_days(DAYS.end)));
            for (number, value) in (history.first..).zip(&history.values) {
                let by_hand = cents.remove(&(history.name.clone(), number)).unwrap_or(0);
                prop_assert_eq!(*value, by_hand as f64 / 100.0, "{} {}", history.name, number);
            }
        }
        prop_assert!(cents.is_empty(), "{cents:?}");
    }
}
