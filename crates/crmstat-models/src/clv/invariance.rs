//! What must change nothing: the order of customers, the number of threads, the unit of time.

use super::bg_nbd::tests::drawn;
use super::{
    BetaGeometric, BgBb, BgNbd, ClvParams, CovariateCustomer, DiscountRate, Dropout, FitParams,
    GammaGamma, Nbd, OrderDraws, ParameterDraws, ParetoNbd, ParetoNbdCovariates, PurchaseProcess,
    Span, Summaries, Summary, TimeUnit, orders_interval,
};
use crate::Result;

const CUSTOMERS: u64 = 3000;

fn at_any_time() -> Summaries {
    let drawn = drawn(Dropout::AfterEveryOrder, [0.6, 6.0, 0.9, 2.0], CUSTOMERS, 21);
    let valued = drawn.customers().iter().enumerate().map(|(index, customer)| match customer.x() {
        0 => *customer,
        _ => customer.with_mean_repeat_value(20.0 + 15.0 * (index as f64).sin()).unwrap(),
    });
    Summaries::new(TimeUnit::Week, valued.collect())
}

/// The same customers on whole weeks.
fn on_occasions() -> Summaries {
    let whole = |customer: &Summary| {
        let (last, end) = (customer.t_x().ceil(), customer.T().ceil());
        Summary::new(customer.x().min(last as u32), last, end).unwrap()
    };
    let customers = at_any_time();
    Summaries::new(TimeUnit::Week, customers.customers().iter().map(whole).collect())
}

/// As many renewals as orders, as far as there was time.
fn under_contract() -> Summaries {
    let whole = |customer: &Summary| {
        let end = customer.T().floor();
        let renewals = (customer.x() * 9).min(end as u32);
        Summary::new(renewals, f64::from(renewals), end).unwrap()
    };
    let customers = at_any_time();
    Summaries::new(TimeUnit::Week, customers.customers().iter().map(whole).collect())
}

fn reversed(customers: &Summaries) -> Summaries {
    let mut reversed = customers.customers().to_vec();
    reversed.reverse();
    Summaries::new(customers.unit(), reversed)
}

fn with_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

/// Fits to the customers as they are and reversed, and foresees and values them on one thread and on five.
fn check<P: PurchaseProcess + PartialEq + std::fmt::Debug + Send>(
    customers: &Summaries,
    fit: impl Fn(&Summaries) -> Result<P> + Sync,
) {
    let whole = with_threads(1, || fit(customers).unwrap());
    assert_eq!(with_threads(5, || fit(customers).unwrap()), whole, "threads");
    assert_eq!(fit(&reversed(customers)).unwrap(), whole, "order");

    let spend = GammaGamma::fit(&at_any_time(), FitParams::default()).unwrap();
    let year = Span::new(52.0, TimeUnit::Week).unwrap();
    let params = ClvParams::new(year).discount(DiscountRate::per_year(0.1).unwrap());
    let some = Summaries::new(customers.unit(), customers.customers()[..300].to_vec());
    let answers = |some: &Summaries| {
        let draws = ParameterDraws { level: 0.9, draws: 10, seed: 2 };
        (
            whole.predict(some, year).unwrap(),
            params.value_intervals(&whole, &spend, some, 0.9).unwrap(),
            params.value_draws(&whole, &spend, some, draws).unwrap(),
        )
    };
    let found = with_threads(1, || answers(&some));
    assert_eq!(with_threads(5, || answers(&some)), found);
    let mut backwards = answers(&reversed(&some));
    backwards.0.reverse();
    backwards.1.reverse();
    backwards.2.reverse();
    assert_eq!(backwards, found);
    let draws = OrderDraws { level: 0.8, draws: 20, seed: 3 };
    let simulated =
        |threads| with_threads(threads, || orders_interval(&whole, &some, year, draws).unwrap());
    assert_eq!(simulated(1), simulated(5));
}

#[test]
fn order_and_threads_change_no_model() {
    let params = FitParams::default();
    check(&at_any_time(), |data| BgNbd::fit(data, Dropout::AfterEveryOrder, params));
    check(&at_any_time(), |data| BgNbd::fit(data, Dropout::AfterRepeatOrder, params));
    check(&at_any_time(), |data| ParetoNbd::fit(data, params));
    check(&at_any_time(), |data| Nbd::fit(data, params));
    check(&on_occasions(), |data| BgBb::fit(data, params));
    check(&under_contract(), |data| BetaGeometric::fit(data, params));
}

#[test]
fn order_and_threads_change_no_spend() {
    let customers = at_any_time();
    let fit = |data: &Summaries| GammaGamma::fit(data, FitParams::default()).unwrap();
    let whole = with_threads(1, || fit(&customers));
    assert_eq!(with_threads(5, || fit(&customers)), whole);
    assert_eq!(fit(&reversed(&customers)), whole);
}

#[test]
fn order_and_threads_change_no_covariates() {
    let customers: Vec<CovariateCustomer> = at_any_time()
        .customers()
        .iter()
        .enumerate()
        .map(|(index, summary)| CovariateCustomer {
            summary: *summary,
            purchase: vec![f64::from(index % 2 == 0)],
            dropout: vec![(index as f64).cos()],
        })
        .collect();
    let fit = |customers: &[CovariateCustomer]| {
        ParetoNbdCovariates::fit(customers, TimeUnit::Week, FitParams::default()).unwrap()
    };
    let whole = with_threads(1, || fit(&customers));
    assert_eq!(with_threads(5, || fit(&customers)), whole);
    let backwards: Vec<CovariateCustomer> = customers.iter().rev().cloned().collect();
    assert_eq!(fit(&backwards), whole);
}

/// Days against weeks: the parameters that are times change by seven, nothing else does.
fn check_units<P: PurchaseProcess>(times: &[usize], fit: impl Fn(&Summaries) -> Result<P>) {
    let weeks = at_any_time();
    let in_days = |customer: &Summary| {
        Summary::new(customer.x(), customer.t_x() * 7.0, customer.T() * 7.0).unwrap()
    };
    let days: Vec<Summary> = weeks.customers().iter().map(in_days).collect();
    let days = Summaries::new(TimeUnit::Day, days);
    let (weekly, daily) = (fit(&weeks).unwrap(), fit(&days).unwrap());
    for (index, (week, day)) in weekly.parameters().iter().zip(daily.parameters()).enumerate() {
        let factor = if times.contains(&index) { 7.0 } else { 1.0 };
        assert!((day / (week * factor) - 1.0).abs() < 1e-8, "{index}: {week} {day}");
    }
    let year = Span::new(1.0, TimeUnit::Year).unwrap();
    let (weekly, daily) =
        (weekly.predict(&weeks, year).unwrap(), daily.predict(&days, year).unwrap());
    for (week, day) in weekly.iter().zip(&daily) {
        assert!((week.p_alive - day.p_alive).abs() < 1e-8, "{week:?} {day:?}");
        assert!(
            (week.expected_orders / day.expected_orders - 1.0).abs() < 1e-8,
            "{week:?} {day:?}"
        );
    }
}

#[test]
fn the_unit_of_time_changes_no_expectation() {
    let params = FitParams::default();
    check_units(&[1], |data| BgNbd::fit(data, Dropout::AfterEveryOrder, params));
    check_units(&[1], |data| BgNbd::fit(data, Dropout::AfterRepeatOrder, params));
    check_units(&[1, 3], |data| ParetoNbd::fit(data, params));
    check_units(&[1], |data| Nbd::fit(data, params));
}
