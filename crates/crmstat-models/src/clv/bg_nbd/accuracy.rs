//! Expected orders over whole grids of parameters, against high-precision values and an independent
//! quadrature.

use proptest::prelude::*;

use super::alive::Alive;
use super::{BgNbd, Dropout};
use crate::clv::process::{elasticities_by_differences, orders_step_by_step};
use crate::clv::{PurchaseProcess, Span, Summary, TimeUnit};

/// Values by the trapezoidal rule in the logit of p at 45 digits; `expected_orders.py` beside the table
/// makes it.
const TABLE: &str = include_str!("../../../tests/reference/expected_orders.csv");

fn week(length: f64) -> Span {
    Span::new(length, TimeUnit::Week).unwrap()
}

#[test]
fn high_precision_values_are_met_over_the_whole_grid() {
    let rows: Vec<Vec<f64>> = TABLE
        .lines()
        .skip(1)
        .map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect())
        .collect();
    assert!(rows.len() >= 300);
    let mut by_series = 0;
    for row in &rows {
        let &[r, a, b, tau, expected] = &row[..] else { panic!("{row:?}") };
        let alive = Alive { r, alpha: 1.0, a, b };
        by_series += usize::from(!alive.needs_quadrature(tau));
        for found in [alive.orders(tau), alive.orders_by_quadrature(tau)] {
            assert!((found / expected - 1.0).abs() < 1e-10, "{alive:?}, {tau}: {found} {expected}");
        }
    }
    assert!(by_series >= 100 && by_series <= rows.len() - 50, "{by_series}");
}

/// A positive number of any size, evenly in its logarithm.
fn sized(least: f64, most: f64) -> impl Strategy<Value = f64> {
    (least.ln()..most.ln()).prop_map(f64::exp)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn orders_rise_without_jumps_and_equal_their_quadrature(
        r in sized(1e-3, 1e5),
        alpha in sized(1e-3, 1e5),
        a in sized(1e-9, 1e9),
        b in sized(1e-9, 1e9),
        first in sized(1e-4, 10.0),
    ) {
        let alive = Alive { r, alpha, a, b };
        let (mut before, mut time) = (0.0, first);
        for _ in 0..12 {
            let orders = alive.orders(time);
            let exact = alive.orders_by_quadrature(time);
            prop_assert!((orders / exact - 1.0).abs() < 1e-9, "{time}: {orders} {exact}");
            prop_assert!(orders >= before * (1.0 - 1e-12), "{time}: {orders} after {before}");
            // Nobody orders more than without dropout, nor more than until leaving.
            prop_assert!(orders <= r * time / alpha * (1.0 + 1e-9), "{time}: {orders}");
            if a > 1.0 {
                prop_assert!(orders <= (a + b - 1.0) / (a - 1.0) * (1.0 + 1e-9), "{time}: {orders}");
            }
            // Orders are concave in time: a tenth of a percent more time brings no more than that.
            let next = alive.orders(time * 1.001);
            prop_assert!(next <= orders * 1.001 * (1.0 + 1e-9), "{time}: {orders}, then {next}");
            (before, time) = (orders, time * 2.7);
        }
    }

    #[test]
    fn orders_ahead_and_elasticities_hold_for_any_parameters(
        r in sized(0.05, 100.0),
        alpha in sized(0.1, 100.0),
        a in sized(0.02, 1e5),
        b in sized(0.02, 1e5),
        x in 0..60_u32,
        discount in prop_oneof![Just(0.0), Just(0.003)],
    ) {
        let schedule: Vec<(Span, f64)> =
            (1..=14).map(|m| 4.35 * f64::from(m)).map(|t| (week(t), (-discount * t).exp())).collect();
        let model = BgNbd::new(Dropout::default(), [r, alpha, a, b], TimeUnit::Week).unwrap();
        let customer = Summary::new(x, if x == 0 { 0.0 } else { 40.0 }, 52.0).unwrap();
        let (ahead, exact) = model.orders_ahead_with_elasticities(&customer, &schedule).unwrap();
        let steps = orders_step_by_step(&model, &customer, &schedule);
        prop_assert!((ahead.orders / steps.orders - 1.0).abs() < 1e-10, "{ahead:?} {steps:?}");
        prop_assert!((ahead.worth / steps.worth - 1.0).abs() < 1e-10, "{ahead:?} {steps:?}");
        // Differences of a logarithm near zero have nothing to compare.
        prop_assume!(ahead.p_alive > 1e-200);
        let quotients = elasticities_by_differences(&model, &customer, &schedule).unwrap();
        for (exact, quotient) in exact.iter().zip(&quotients) {
            let close = (exact - quotient).abs() < 1e-5 * quotient.abs().max(1.0);
            prop_assert!(close, "{exact} is not {quotient}");
        }
    }
}

/// Customers of whom each leaves after an order with a probability of about a tenth, a nearly the same for
/// all: the digits of `1 + expm1(…)` once cancelled, and a year brought 4.7 times the orders.
#[test]
fn customers_who_leave_alike_are_expected_to_order_as_the_quadrature_says() {
    let parameters = [1.0, 4.0, 60.0, 540.0];
    for dropout in [Dropout::AfterEveryOrder, Dropout::AfterRepeatOrder] {
        let model = BgNbd::new(dropout, parameters, TimeUnit::Week).unwrap();
        for (x, t_x, end) in [(0, 0.0, 52.0), (3, 30.0, 52.0), (12, 51.0, 52.0), (0, 0.0, 0.0)] {
            let customer = Summary::new(x, t_x, end).unwrap();
            let flips = f64::from(x) + dropout.flips_at_first_order();
            let [r, alpha, a, b] = parameters;
            let alive = Alive { r: r + f64::from(x), alpha: alpha + end, a, b: b + flips };
            for length in [4.0, 13.0, 26.0, 39.0, 52.0, 104.0, 520.0] {
                let orders = model.orders_if_alive(&customer, week(length));
                let exact = alive.orders_by_quadrature(length);
                assert!((orders / exact - 1.0).abs() < 1e-11, "{x}, {length}: {orders} {exact}");
            }
        }
    }
}
