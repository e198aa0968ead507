//! Against the BG/NBD, quadratures of the definition, and drawn customers.

use rand::RngExt;
use rand_distr::{Beta, Distribution, Gamma};

use super::likelihood::log_likelihood;
use super::{CnbdK, regularity};
use crate::clv::jet::tests::derivatives_agree;
use crate::clv::quadrature::unit_interval;
use crate::clv::{
    BgNbd, Dropout, FitParams, Gaps, PurchaseProcess, Span, Summaries, Summary, TimeUnit,
};
use crate::random::stream;
use crate::special::beta::ln_beta;
use crate::special::gamma::ln_gamma;

const DROPOUTS: [Dropout; 2] = [Dropout::AfterEveryOrder, Dropout::AfterRepeatOrder];
const PARAMETERS: [f64; 4] = [1.4, 3.1, 0.8, 4.2];

fn week(length: f64) -> Span {
    Span::new(length, TimeUnit::Week).unwrap()
}

fn histories() -> Vec<Summary> {
    [
        (0, 0.0, 10.0),
        (1, 3.0, 3.0),
        (2, 30.43, 38.86),
        (9, 35.0, 60.0),
        (0, 0.0, 0.0),
        (25, 90.0, 92.0),
    ]
    .map(|(x, t_x, end)| Summary::new(x, t_x, end).unwrap())
    .to_vec()
}

const TRUTH: [f64; 4] = [3.0, 6.0, 0.6, 6.0];

/// Customers of `k` stages between orders, until 60 weeks.
fn drawn(dropout: Dropout, k: u32, customers: u64) -> Summaries {
    let [r, alpha, a, b] = TRUTH;
    let drawn = (0..customers).map(|customer| {
        let generator = &mut stream(9, customer);
        let rate = Gamma::new(r, 1.0 / alpha).unwrap().sample(generator).max(1e-9);
        let p: f64 = Beta::new(a, b).unwrap().sample(generator);
        let gap = Gamma::new(f64::from(k), 1.0 / rate).unwrap();
        let (mut last, mut gaps) = (0.0, Vec::new());
        let mut alive = dropout == Dropout::AfterRepeatOrder || generator.random::<f64>() > p;
        while alive {
            let next = gap.sample(generator);
            if last + next > 60.0 {
                break;
            }
            last += next;
            gaps.push(next);
            alive = generator.random::<f64>() > p;
        }
        let summary = Summary::new(gaps.len() as u32, last, 60.0).unwrap();
        Gaps::of(&gaps).map_or(summary, |gaps| summary.with_gaps(gaps))
    });
    Summaries::new(TimeUnit::Week, drawn.collect())
}

#[test]
fn one_stage_is_the_bg_nbd() {
    for dropout in DROPOUTS {
        let one = CnbdK::new(dropout, 1, PARAMETERS, TimeUnit::Week).unwrap();
        let plain = BgNbd::new(dropout, PARAMETERS, TimeUnit::Week).unwrap();
        let near =
            |a: f64, b: f64| assert!((a - b).abs() < 1e-12 * b.abs().max(1e-3), "{a} is not {b}");
        for customer in histories() {
            near(one.log_likelihood(&customer), plain.log_likelihood(&customer));
            near(one.p_alive(&customer), plain.p_alive(&customer));
            for length in [0.1, 4.0, 52.0] {
                let span = week(length);
                near(one.orders_if_alive(&customer, span), plain.orders_if_alive(&customer, span));
                for n in 0..5 {
                    let (own, other) = (
                        one.probability(&customer, n, span),
                        plain.probability(&customer, n, span),
                    );
                    assert!((own - other).abs() < 1e-11, "{own} is not {other}");
                }
            }
        }
        near(one.new_customer_orders(week(52.0)), plain.new_customer_orders(week(52.0)));
        near(
            one.new_customer_probability(3, week(52.0)),
            plain.new_customer_probability(3, week(52.0)),
        );
    }
}

#[test]
fn the_likelihood_equals_a_quadrature_of_its_definition() {
    let [r, alpha, a, b] = PARAMETERS;
    for dropout in DROPOUTS {
        for k in [2_u32, 3] {
            let model = CnbdK::new(dropout, k, PARAMETERS, TimeUnit::Week).unwrap();
            for customer in histories().into_iter().take(4) {
                let (x, t_x, end) = (f64::from(customer.x()), customer.t_x(), customer.T());
                let flips = x + dropout.flips_at_first_order();
                let beta = |a: f64, b: f64| ln_beta(a, b).exp();
                let stays = beta(a, b + flips) / beta(a, b);
                let leaves =
                    if flips > 0.0 { beta(a + 1.0, b + flips - 1.0) / beta(a, b) } else { 0.0 };
                let likelihood = unit_interval(|u, v| {
                    let rate = 0.2 * u / v;
                    let density =
                        (r * alpha.ln() - ln_gamma(r) + (r - 1.0) * rate.ln() - alpha * rate).exp();
                    // Fewer than k stages since the last order.
                    let silent = rate * (end - t_x);
                    let waits: f64 = (0..k)
                        .map(|j| silent.powi(j as i32) / ln_gamma(f64::from(j) + 1.0).exp())
                        .sum();
                    let stages = rate.powf(f64::from(k) * x);
                    let value = density
                        * stages
                        * (stays * waits * (-rate * end).exp() + leaves * (-rate * t_x).exp())
                        * 0.2
                        / (v * v);
                    if value.is_finite() { value } else { 0.0 }
                });
                let value = model.log_likelihood(&customer);
                assert!(
                    (value - likelihood.ln()).abs() < 1e-8,
                    "{dropout:?} {k} {x}: {value} {}",
                    likelihood.ln()
                );
            }
        }
    }
}

#[test]
fn derivatives_agree_with_difference_quotients() {
    for dropout in DROPOUTS {
        let histories = Summaries::new(TimeUnit::Week, histories()).equal_histories();
        derivatives_agree(|point| log_likelihood(&histories, dropout, 3, point), PARAMETERS);
    }
}

#[test]
fn expected_orders_are_the_mean_of_their_distribution_and_of_draws() {
    for dropout in DROPOUTS {
        for k in [2, 5] {
            let model = CnbdK::new(dropout, k, PARAMETERS, TimeUnit::Week).unwrap();
            for (index, customer) in histories().into_iter().enumerate() {
                for length in [2.0, 30.0] {
                    let span = week(length);
                    let probabilities: Vec<f64> =
                        (0..400).map(|n| model.probability_if_alive(&customer, n, span)).collect();
                    assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-8);
                    let mean: f64 =
                        probabilities.iter().zip(0..).map(|(p, n)| p * f64::from(n)).sum();
                    let orders = model.orders_if_alive(&customer, span);
                    assert!(
                        (orders - mean).abs() < 1e-7 * mean.max(1e-3),
                        "{k} {customer:?}: {orders} {mean}"
                    );
                    let generator = &mut stream(4, index as u64);
                    let draws = 4000;
                    let drawn: u64 = (0..draws)
                        .map(|_| model.draw_orders_if_alive(&customer, span, generator))
                        .sum();
                    let square: f64 =
                        probabilities.iter().zip(0..).map(|(p, n)| p * f64::from(n * n)).sum();
                    let error = ((square - mean * mean).max(1e-6) / f64::from(draws)).sqrt();
                    let off = drawn as f64 / f64::from(draws) - mean;
                    assert!(off.abs() < 5.0 * error, "{k} {customer:?}: {off} {error}");
                }
            }
        }
    }
}

#[test]
fn orders_hold_at_the_ends_of_the_parameters() {
    // Nobody leaves: stages over k, less what is begun; a continuum of very many.
    for (k, r, alpha, length) in [(2, 900.0, 3.0, 40.0), (4, 3e5, 1.0, 52.0)] {
        let model = CnbdK::new(Dropout::AfterRepeatOrder, k, [r, alpha, 1e-8, 1e8], TimeUnit::Week)
            .unwrap();
        let orders = model.new_customer_orders(week(length));
        let stages = r / alpha * length;
        let exact = stages / f64::from(k) - 0.5 * (f64::from(k) - 1.0) / f64::from(k);
        assert!((orders / exact - 1.0).abs() < 1e-6, "{orders} {exact}");
    }
    // Everybody leaves after one order.
    let model =
        CnbdK::new(Dropout::AfterRepeatOrder, 3, [1.0, 1.0, 1e8, 1e-6], TimeUnit::Week).unwrap();
    let orders = model.new_customer_orders(week(1e6));
    assert!((orders - 1.0).abs() < 1e-4, "{orders}");
}

#[test]
fn regular_customers_are_told_from_those_at_random() {
    for (k, dropout) in [(1, Dropout::AfterEveryOrder), (3, Dropout::AfterRepeatOrder)] {
        let data = drawn(dropout, k, 1500);
        let model = CnbdK::fit(&data, dropout, FitParams::default()).unwrap();
        assert_eq!(model.k(), k);
        let estimate = model.estimate().unwrap();
        assert!(estimate.converged, "{estimate:?}");
        for (index, (value, truth)) in model.parameters().into_iter().zip(TRUTH).enumerate() {
            let off = (value / truth).ln() / estimate.log_standard_error(index).unwrap();
            assert!(off.abs() < 4.0, "{k}, parameter {index}: {value}, {off} errors off");
        }
        let sum: f64 = data.customers().iter().map(|own| model.log_likelihood(own)).sum();
        assert!((sum / estimate.log_likelihood - 1.0).abs() < 1e-9);
        let found = regularity(&data).unwrap();
        assert!((found / f64::from(k) - 1.0).abs() < 0.2, "{found} for {k}");
    }
}

#[test]
fn without_the_times_between_orders_no_k_can_be_told() {
    let data = Summaries::new(TimeUnit::Week, histories());
    let error = CnbdK::fit(&data, Dropout::default(), FitParams::default()).unwrap_err();
    assert!(error.is_data() && error.hint().is_some());
    assert!(CnbdK::new(Dropout::default(), 0, PARAMETERS, TimeUnit::Week).is_err());
    let stored = serde_json::to_string(
        &CnbdK::new(Dropout::default(), 2, PARAMETERS, TimeUnit::Week).unwrap(),
    );
    let stored = stored.unwrap();
    assert!(serde_json::from_str::<CnbdK>(&stored).is_ok());
    assert!(serde_json::from_str::<CnbdK>(&stored.replace("\"k\":2", "\"k\":99")).is_err());
    assert!(regularity(&data).is_none());
}
