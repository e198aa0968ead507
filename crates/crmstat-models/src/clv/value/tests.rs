//! Values against what they are made of, and residual values against sums of small steps.

use super::{ClvParams, frequency_value_correlation, simple_lifetime_value};
use crate::clv::{
    BgNbd, DiscountRate, Dropout, GammaGamma, Nbd, ParetoNbd, PurchaseProcess, Span, Summaries,
    Summary, TimeUnit,
};

fn week(length: f64) -> Span {
    Span::new(length, TimeUnit::Week).unwrap()
}

fn orders() -> BgNbd {
    BgNbd::new(Dropout::AfterEveryOrder, [0.525, 6.183, 0.891, 1.614], TimeUnit::Week).unwrap()
}

fn spend() -> GammaGamma {
    GammaGamma::new([6.25, 3.74, 15.44]).unwrap()
}

fn customer(x: u32, t_x: f64, value: f64) -> Summary {
    Summary::new(x, t_x, 38.86).unwrap().with_mean_repeat_value(value).unwrap()
}

fn customers() -> Summaries {
    let once = Summary::new(0, 0.0, 38.86).unwrap();
    Summaries::new(TimeUnit::Week, vec![customer(2, 30.43, 22.35), customer(7, 29.43, 73.74), once])
}

#[test]
fn without_discount_value_is_orders_times_spend_times_margin() {
    for step in [week(1.0), week(4.0), week(5.0), week(52.0), week(400.0)] {
        let params = ClvParams::new(week(52.0)).margin(0.4).step(step);
        for value in params.values(&orders(), &spend(), &customers()).unwrap() {
            let product = 0.4 * value.expected_orders * value.expected_value.unwrap();
            assert!((value.clv.unwrap() / product - 1.0).abs() < 1e-12);
        }
    }
}

#[test]
fn the_last_step_ends_with_the_horizon() {
    let rate = DiscountRate::per_year(0.2).unwrap();
    let params = ClvParams::new(week(10.0)).discount(rate).step(week(4.0));
    let value = params.values(&orders(), &spend(), &customers()).unwrap()[0];
    let until = |time| orders().expected_orders(&customers().customers()[0], week(time));
    let discounted = until(4.0) * rate.factor(week(4.0))
        + (until(8.0) - until(4.0)) * rate.factor(week(8.0))
        + (until(10.0) - until(8.0)) * rate.factor(week(10.0));
    assert!((value.clv.unwrap() / value.expected_value.unwrap() - discounted).abs() < 1e-12);
}

/// Discounts each week's orders to its middle, to a horizon of 600 years at over 1e-36.
fn stepped<P: PurchaseProcess>(model: &P, someone: &Summary, rate: DiscountRate) -> f64 {
    let steps = (1..=30_000).map(f64::from);
    let mut before = 0.0;
    let total: f64 = steps
        .map(|end| {
            let until = model.orders_if_alive(someone, week(end));
            let gained = until - before;
            before = until;
            gained * rate.factor(week(end - 0.5))
        })
        .sum();
    total * model.p_alive(someone)
}

#[test]
fn residual_orders_are_the_limit_of_discounted_small_steps() {
    let rate = DiscountRate::per_year(0.15).unwrap();
    let someone = customers().customers()[0];
    let residual = orders().residual_orders(&someone, rate).unwrap();
    let sum = stepped(&orders(), &someone, rate);
    assert!((residual / sum - 1.0).abs() < 1e-4, "{residual} is not {sum}");
    let pareto = ParetoNbd::new([0.553, 10.578, 0.606, 11.669], TimeUnit::Week).unwrap();
    let residual = pareto.residual_orders(&someone, rate).unwrap();
    let sum = stepped(&pareto, &someone, rate);
    assert!((residual / sum - 1.0).abs() < 1e-4, "{residual} is not {sum}");
    assert!(pareto.residual_orders(&someone, DiscountRate::NONE).unwrap_err().is_parameter());
}

#[test]
fn residual_orders_of_customers_who_never_leave_are_a_perpetuity() {
    let model = Nbd::new([0.5, 10.0], TimeUnit::Week).unwrap();
    let someone = customers().customers()[0];
    let rate = DiscountRate::per_year(0.15).unwrap();
    let perpetuity = (0.5 + 2.0) / (10.0 + 38.86) / rate.continuous(TimeUnit::Week);
    let residual = model.residual_orders(&someone, rate).unwrap();
    assert!((residual / perpetuity - 1.0).abs() < 1e-12);
    let values = ClvParams::new(week(1.0)).discount(rate).margin(0.5);
    let value = values.residual_values(&model, &spend(), &customers()).unwrap()[0].unwrap();
    let expected = 0.5 * perpetuity * spend().expected_value(&someone).unwrap();
    assert!((value / expected - 1.0).abs() < 1e-12);
}

#[test]
fn another_unit_and_parameters_out_of_range_are_refused() {
    let days = Summaries::new(TimeUnit::Day, customers().customers().to_vec());
    let params = ClvParams::new(week(52.0));
    assert!(params.values(&orders(), &spend(), &days).unwrap_err().is_parameter());
    for margin in [0.0, -1.0, 1.5, f64::NAN] {
        assert!(params.margin(margin).check().unwrap_err().is_parameter());
    }
    assert!(params.step(week(1e-6)).check().unwrap_err().is_parameter());
    assert!(DiscountRate::per_year(-0.1).unwrap_err().is_parameter());
}

#[test]
fn an_infinite_mean_value_is_no_number() {
    let heavy = GammaGamma::new([1.0, 0.9, 10.0]).unwrap();
    let value = ClvParams::new(week(52.0)).values(&orders(), &heavy, &customers()).unwrap()[2];
    assert_eq!((value.expected_value, value.clv), (None, None));
    assert!(value.expected_orders > 0.0);
}

#[test]
fn the_simple_value_is_revenue_per_customer_and_time_times_lifetime() {
    let year = Span::new(1.0, TimeUnit::Year).unwrap();
    let three = Span::new(3.0, TimeUnit::Year).unwrap();
    let value = simple_lifetime_value(10_000.0, 100, year, three, 0.5).unwrap();
    assert!((value - 150.0).abs() < 1e-10);
    assert!(simple_lifetime_value(1.0, 0, year, three, 0.5).unwrap_err().is_data());
}

#[test]
fn correlation_needs_two_customers_who_differ() {
    let of = |rows: &[(u32, f64)]| {
        let customers = rows.iter().map(|&(x, value)| customer(x, 20.0, value)).collect();
        frequency_value_correlation(&Summaries::new(TimeUnit::Week, customers))
    };
    assert_eq!(of(&[]), None);
    assert_eq!(of(&[(1, 5.0)]), None);
    assert_eq!(of(&[(1, 5.0), (2, 5.0)]), None);
    assert!((of(&[(1, 5.0), (2, 7.0), (3, 9.0)]).unwrap() - 1.0).abs() < 1e-15);
    assert!((of(&[(1, 9.0), (2, 7.0), (3, 5.0)]).unwrap() + 1.0).abs() < 1e-15);
}
