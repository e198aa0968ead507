//! The rules of merging and refunding, one by one, and what holds for any purchases.

use proptest::prelude::*;

use super::{Purchase, Summaries, Summary, SummaryParams, ZeroAmount};
use crate::clv::TimeUnit;

fn purchases(rows: &[(i32, f64)]) -> Vec<Purchase> {
    rows.iter().map(|&(day, amount)| Purchase { day, amount }).collect()
}

fn summary(rows: &[(i32, f64)]) -> Option<Summary> {
    SummaryParams::new(100, TimeUnit::Day).summary(&purchases(rows)).unwrap()
}

fn expect(rows: &[(i32, f64)], x: u32, t_x: f64, end: f64, mean: Option<f64>) {
    let found = summary(rows).unwrap();
    assert_eq!((found.x(), found.t_x(), found.T(), found.mean_repeat_value()), (x, t_x, end, mean));
}

#[test]
fn one_day_is_one_purchase() {
    expect(&[(10, 5.0), (10, 7.0), (40, 1.0), (40, 2.0), (70, 6.0)], 2, 60.0, 90.0, Some(4.5));
}

#[test]
fn the_calibration_end_is_the_last_observed_day() {
    expect(&[(10, 5.0), (100, 7.0), (101, 9.0)], 1, 90.0, 90.0, Some(7.0));
    assert_eq!(summary(&[(101, 5.0)]), None);
    assert_eq!(summary(&[]), None);
}

#[test]
fn a_part_refund_lessens_the_latest_purchase() {
    expect(&[(10, 5.0), (40, 8.0), (50, -3.0)], 1, 30.0, 90.0, Some(5.0));
    expect(&[(10, 5.0), (40, -2.0), (40, 8.0)], 1, 30.0, 90.0, Some(6.0));
}

#[test]
fn a_whole_refund_undoes_the_purchase() {
    expect(&[(10, 5.0), (40, 8.0), (50, -8.0)], 0, 0.0, 90.0, None);
    expect(&[(10, 5.0), (40, 8.0), (50, -11.0)], 0, 0.0, 90.0, None);
    assert_eq!(summary(&[(10, 5.0), (40, -9.0)]), None);
    expect(&[(5, -9.0), (10, 5.0)], 0, 0.0, 90.0, None);
}

#[test]
fn a_refund_after_the_calibration_does_not_exist() {
    expect(&[(10, 5.0), (40, 8.0), (101, -8.0)], 1, 30.0, 90.0, Some(8.0));
}

#[test]
fn a_day_of_zero_follows_its_rule() {
    let rows = [(10, 5.0), (40, 0.0), (70, 6.0)];
    expect(&rows, 2, 60.0, 90.0, Some(3.0));
    let params = SummaryParams::new(100, TimeUnit::Day).zero_amount(ZeroAmount::Nothing);
    let found = params.summary(&purchases(&rows)).unwrap().unwrap();
    assert_eq!((found.x(), found.mean_repeat_value()), (1, Some(6.0)));
}

#[test]
fn a_century_and_the_ends_of_the_calendar_are_in_range() {
    let params = SummaryParams::new(i32::MAX, TimeUnit::Week);
    let rows = purchases(&[(i32::MIN, 1.0), (i32::MAX, 2.0)]);
    let found = params.summary(&rows).unwrap().unwrap();
    assert_eq!(found.T() * 7.0, f64::from(i32::MAX) - f64::from(i32::MIN));
}

#[test]
fn amounts_that_are_no_numbers_are_refused() {
    let params = SummaryParams::new(100, TimeUnit::Day);
    let error = params.summary(&purchases(&[(1, f64::NAN)])).unwrap_err();
    assert!(error.is_data() && error.to_string().contains("day 1"));
}

#[test]
fn impossible_summaries_are_refused_also_when_loaded() {
    for (x, t_x, end) in
        [(0, 1.0, 2.0), (1, 3.0, 2.0), (1, -1.0, 2.0), (1, f64::NAN, 2.0), (1, 1.0, f64::INFINITY)]
    {
        assert!(Summary::new(x, t_x, end).unwrap_err().is_parameter());
    }
    assert!(Summary::new(0, 0.0, 2.0).unwrap().with_mean_repeat_value(3.0).is_err());
    let good = r#"{"x":1,"t_x":1.0,"T":2.0,"mean_repeat_value":null}"#;
    assert_eq!(serde_json::from_str::<Summary>(good).unwrap(), Summary::new(1, 1.0, 2.0).unwrap());
    assert!(serde_json::from_str::<Summary>(&good.replace("2.0", "0.5")).is_err());
}

#[test]
fn equal_customers_are_put_together() {
    let customers = [(1, 2.0), (0, 0.0), (1, 2.0), (1, 3.0)]
        .map(|(x, t_x)| Summary::new(x, t_x, 9.0).unwrap())
        .to_vec();
    let histories = Summaries::new(TimeUnit::Week, customers).histories().unwrap();
    let counts: Vec<f64> = histories.distinct.iter().map(|history| history.customers).collect();
    assert_eq!(counts, [1.0, 2.0, 1.0]);
    assert_eq!(histories.by_x, [(0.0, 1.0), (1.0, 3.0)]);
    assert_eq!((histories.customers, histories.mean_end), (4.0, 9.0));
}

proptest! {
    #[test]
    fn any_purchases_give_a_sound_summary_in_any_order(
        rows in prop::collection::vec((-200..200_i32, -50.0..100.0_f64), 0..30),
    ) {
        let params = SummaryParams::new(100, TimeUnit::Week);
        let found = params.summary(&purchases(&rows)).unwrap();
        let mut reversed = purchases(&rows);
        reversed.reverse();
        prop_assert_eq!(params.summary(&reversed).unwrap(), found);
        let days = params.purchase_days(&reversed).unwrap();
        prop_assert!(days.windows(2).all(|pair| pair[0].day < pair[1].day));
        prop_assert!(days.iter().all(|day| day.amount >= 0.0 && day.day <= 100));
        match found {
            None => prop_assert!(days.is_empty()),
            Some(found) => {
                prop_assert_eq!(found.x() as usize + 1, days.len());
                prop_assert!(found.t_x() <= found.T());
            }
        }
    }
}
