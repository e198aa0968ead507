//! Intervals of the next order hold what they promise, and rhythms are found.

use super::{Rhythm, predict_orders};
use crate::{
    AsOf, Date,
    data::{OrderRow, Orders},
};
use crmstat_models::random::generator;
use rand_distr::{Distribution, Normal};

/// Customers with rhythms of their own: the days of their purchases, without end.
fn rhythms(seed: u64, customers: usize) -> Vec<Vec<i32>> {
    let mut random = generator(seed);
    let (between, within) = (Normal::new(3.2, 0.6).unwrap(), Normal::new(0.0, 0.4).unwrap());
    (0..customers)
        .map(|customer| {
            let mean = between.sample(&mut random);
            let mut at: f64 = (customer % 300) as f64;
            let mut days = Vec::new();
            while at < 2_000.0 {
                days.push(at.round() as i32);
                let gap: f64 = mean + within.sample(&mut random);
                at += gap.exp().max(1.0);
            }
            days
        })
        .collect()
}

const END: i32 = 900;

fn orders_of(all: &[Vec<i32>]) -> Orders {
    let mut builder = Orders::builder();
    for (customer, days) in all.iter().enumerate() {
        for day in days.iter().filter(|day| **day < END) {
            let id = format!("C{customer:05}");
            builder.push(OrderRow::new(&*id, Date::from_days(*day), 10));
        }
    }
    builder.build().unwrap().result
}

#[test]
fn intervals_hold_the_next_order_as_often_as_they_say() {
    let all = rhythms(5, 3000);
    let found = predict_orders(&orders_of(&all), AsOf::start_of(Date::from_days(END))).unwrap();
    let (mut below, mut lower, mut half, mut rows) = (0, 0, 0, 0);
    for (customer, days) in found.customers.iter().zip(&all) {
        let Some(next) = days.iter().find(|day| **day >= END) else { continue };
        let next = Date::from_days(*next);
        rows += 1;
        lower += usize::from(next <= customer.lower.unwrap());
        half += usize::from(next <= customer.median.unwrap());
        below += usize::from(next <= customer.upper.unwrap());
    }
    let share = |count: usize| count as f64 / f64::from(rows);
    // Whole days round up, by which a few more are held.
    assert!((share(below) - 0.9).abs() < 0.03, "{}", share(below));
    assert!((share(half) - 0.5).abs() < 0.05, "{}", share(half));
    assert!((share(lower) - 0.1).abs() < 0.05, "{}", share(lower));
    // Of customers who all go on, as many are overdue as the share of gaps says, or somewhat more of the slow.
    let overdue = found.customers.iter().filter(|customer| customer.is_overdue).count();
    assert!(share(overdue) < 0.2, "{}", share(overdue));
}

#[test]
fn components_of_variance_come_back() {
    let logs: Vec<Vec<f64>> = rhythms(9, 4000)
        .iter()
        .map(|days| {
            let days: Vec<Date> = days.iter().take(12).map(|day| Date::from_days(*day)).collect();
            super::log_gaps(&days)
        })
        .collect();
    let found = Rhythm::of(&logs).unwrap();
    assert!((found.mean - 3.2).abs() < 0.05, "{found:?}");
    assert!((found.within - 0.16).abs() < 0.01, "{found:?}");
    assert!((found.between - 0.36).abs() < 0.04, "{found:?}");
}

#[test]
fn a_customer_who_breaks_the_own_rhythm_is_overdue_and_a_slow_one_is_not() {
    let weekly = (0..20).map(|week| 7 * week).collect();
    let quarterly = vec![0, 90, 182, 270];
    let steady = (0..60).map(|week| 7 * week).collect();
    let slow = vec![0, 95, 185, 280, 370];
    let all: Vec<Vec<i32>> = vec![weekly, quarterly, steady, slow];
    let mut builder = Orders::builder();
    for (customer, days) in all.iter().enumerate() {
        for day in days {
            let id = customer.to_string();
            builder.push(OrderRow::new(&*id, Date::from_days(*day), 10));
        }
    }
    let orders = builder.build().unwrap().result;
    let found = predict_orders(&orders, AsOf::start_of(Date::from_days(420))).unwrap();
    let overdue: Vec<bool> = found.customers.iter().map(|own| own.is_overdue).collect();
    assert_eq!(overdue, [true, true, false, false]);
    assert!((found.customers[2].usual_gap_days - 7.0).abs() < 1.0);
    assert!(found.customers[0].overdue_days.unwrap() > 200);
    assert_eq!(found.table(true).unwrap().rows(), 2);
    let once = Orders::builder().row(OrderRow::new("A", Date::from_days(1), 1)).build().unwrap();
    let refused = predict_orders(&once.result, AsOf::start_of(Date::from_days(9))).unwrap_err();
    assert!(refused.is_data());
}
