//! Purchases bound to the periods of a calendar.

use super::{csv, dataset, day_after, of_rows, open};
use crate::analysis::clv::{Options, OrderModel, Warning, estimate, span_from_text};
use crmstat_models::clv::TimeUnit;

fn monthly(until: &str) -> Options {
    Options {
        window: day_after(until),
        model: OrderModel::BgBb,
        unit: TimeUnit::Month,
        ..Options::default()
    }
}

/// Two purchases of a month are one occasion, that of the first purchase is none, nor is one cut off.
const ROWS: &str = "\
a,2024-01-05,10\na,2024-01-20,10\na,2024-02-10,20\na,2024-02-11,6\na,2024-04-30,30\na,2024-05-02,99\n\
b,2024-01-31,10\nb,2024-02-01,5\nb,2024-02-02,-5\n\
c,2024-05-01,10\nd,2024-03-03,7\nd,2024-04-03,7\n";

#[test]
fn the_periods_of_the_calendar_are_the_occasions() {
    let found = of_rows(ROWS, &monthly("2024-05-02")).unwrap();
    let summaries: Vec<(&str, u32, f64, f64, Option<f64>)> = found
        .customers()
        .map(|customer| {
            let own = customer.summary;
            (customer.id, own.x(), own.t_x(), own.T(), own.mean_repeat_value())
        })
        .collect();
    assert_eq!(
        summaries,
        [
            ("a", 2, 3.0, 3.0, Some(28.0)),
            ("b", 0, 0.0, 3.0, None),
            ("c", 0, 0.0, 0.0, None),
            ("d", 1, 1.0, 1.0, Some(7.0)),
        ]
    );
    let cut_off = Warning::OccasionCutOff("2024-05-01".parse().unwrap());
    assert!(found.warnings().contains(&cut_off), "{:?}", found.warnings());
    let whole = of_rows(ROWS, &monthly("2024-04-30")).unwrap();
    assert!(!whole.warnings().iter().any(|each| matches!(each, Warning::OccasionCutOff(_))));
    assert_eq!(whole.len(), 3, "`c` has not come yet");
}

#[test]
fn orders_of_a_horizon_are_at_most_its_occasions() {
    let options = Options { residual: true, distribution: Some(12), ..monthly("2025-12-31") };
    let found = estimate(&mut open(&dataset("orders.csv")), &options).unwrap().result;
    assert!(found.model().orders().estimate().unwrap().converged);
    for customer in found.customers() {
        let value = customer.value;
        assert!((0.0..=12.0).contains(&value.expected_orders), "{customer:?}");
        let probabilities = customer.distribution.unwrap();
        assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{customer:?}");
        let mean: f64 = (0..).zip(probabilities).map(|(n, p)| f64::from(n) * p).sum();
        assert!((mean - value.expected_orders).abs() < 1e-9, "{customer:?}");
        assert!(customer.residual.unwrap() >= value.clv.unwrap() * (1.0 - 1e-9), "{customer:?}");
    }
    assert!(
        csv(&found.parameters().unwrap()).starts_with("parameter,estimate,std_error,model\nalpha,")
    );
}

#[test]
fn a_horizon_of_no_occasion_is_refused() {
    let horizon = span_from_text("1w").unwrap();
    let error = of_rows(ROWS, &Options { horizon, ..monthly("2024-04-30") }).unwrap_err();
    assert!(error.is_usage() && error.hint().is_some(), "{error}");
    let yearly = Options { unit: TimeUnit::Year, ..monthly("2024-04-30") };
    assert!(of_rows(ROWS, &yearly).unwrap_err().is_data(), "no whole year has passed");
}
