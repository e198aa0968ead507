//! Against quadrature of the definition, recovery, and edges.

use rand_distr::{Distribution, Gamma};

use super::{GammaGamma, Spenders};
use crate::clv::jet::tests::derivatives_agree;
use crate::clv::quadrature::unit_interval;
use crate::clv::{FitParams, Limit, Summaries, Summary, TimeUnit};
use crate::random::stream;
use crate::special::gamma::ln_gamma;

const CDNOW: [f64; 3] = [6.25, 3.74, 15.44];

fn customer(x: u32, mean: f64) -> Summary {
    Summary::new(x, 1.0, 2.0).unwrap().with_mean_repeat_value(mean).unwrap()
}

fn drawn([p, q, v]: [f64; 3], customers: u64) -> Summaries {
    let customers = (0..customers)
        .map(|index| {
            let generator = &mut stream(17, index);
            let x = 1 + (index % 6) as u32;
            let rate = Gamma::new(q, 1.0 / v).unwrap().sample(generator);
            // The mean of x draws of Gamma(p, ν) is Gamma(p x, ν x).
            let mean = Gamma::new(p * f64::from(x), 1.0 / (rate * f64::from(x))).unwrap();
            customer(x, mean.sample(generator))
        })
        .collect();
    Summaries::new(TimeUnit::Week, customers)
}

#[test]
fn the_likelihood_equals_a_quadrature_of_its_definition() {
    let [p, q, v] = CDNOW;
    for (x, mean) in [(1_u32, 3.0), (2, 22.35), (30, 80.0)] {
        let shape = p * f64::from(x);
        let likelihood = unit_interval(|u, w| {
            let rate = u / w;
            let scaled = rate * f64::from(x);
            let prior = q * v.ln() - ln_gamma(q) + (q - 1.0) * rate.ln() - v * rate;
            let value = shape * scaled.ln() - ln_gamma(shape) + (shape - 1.0) * f64::ln(mean)
                - scaled * mean;
            let value = (prior + value).exp() / (w * w);
            if value.is_finite() { value } else { 0.0 }
        });
        let value = Spenders::of(&[(x, mean)]).log_likelihood(&CDNOW).value;
        assert!((value - likelihood.ln()).abs() < 1e-9, "{x}: {value} {}", likelihood.ln());
    }
}

#[test]
fn derivatives_agree_with_difference_quotients() {
    let data = [(1, 3.0), (2, 22.35), (30, 80.0)];
    derivatives_agree(|point| Spenders::of(&data).log_likelihood(point), CDNOW);
}

#[test]
fn simulated_parameters_are_recovered_within_three_standard_errors() {
    let fitted = GammaGamma::fit(&drawn(CDNOW, 20_000), FitParams::default()).unwrap();
    let estimate = fitted.estimate().unwrap();
    assert!(estimate.converged, "{estimate:?}");
    for (index, (found, truth)) in fitted.parameters().iter().zip(CDNOW).enumerate() {
        let error = estimate.log_standard_error(index).unwrap();
        assert!((found / truth).ln().abs() < 3.0 * error, "{found} {truth} {error}");
    }
}

#[test]
fn an_infinite_mean_is_none() {
    let heavy = GammaGamma::new([1.0, 0.9, 10.0]).unwrap();
    assert_eq!(heavy.population_mean(), None);
    assert!(heavy.expected_value(&customer(3, 5.0)).is_some());
    assert_eq!(heavy.expected_value(&Summary::new(0, 0.0, 1.0).unwrap()), None);
}

#[test]
fn customers_without_positive_value_are_counted_out() {
    let mut customers = drawn(CDNOW, 100).customers().to_vec();
    customers.push(customer(2, 0.0));
    let data = Summaries::new(TimeUnit::Week, customers);
    assert_eq!(GammaGamma::fit(&data, FitParams::default()).unwrap().excluded(), 1);
    let none = Summaries::new(TimeUnit::Week, vec![customer(2, 0.0)]);
    assert!(GammaGamma::fit(&none, FitParams::default()).unwrap_err().is_data());
}

/// A subscription: every payment is the same, or every customer's own is.
#[test]
fn equal_amounts_are_expected_again_with_a_covariance() {
    let fit = |mean: &dyn Fn(u32) -> f64| {
        let customers = (0..500).map(|i| customer(1 + i % 7, mean(i))).collect();
        GammaGamma::fit(&Summaries::new(TimeUnit::Week, customers), FitParams::default()).unwrap()
    };
    let one = fit(&|_| 9.99);
    assert_eq!(one.estimate().unwrap().limits, [Limit::SteadySpending, Limit::SpendingAlike]);
    for value in [one.population_mean(), one.expected_value(&customer(3, 9.99))] {
        assert!((value.unwrap() / 9.99 - 1.0).abs() < 1e-6, "{value:?}");
    }
    // Three plans; a customer who has paid for one goes on to pay for it.
    let plans = [9.99, 14.99, 29.99];
    let steady = fit(&|i| plans[i as usize % 3]);
    let estimate = steady.estimate().unwrap();
    assert!(estimate.converged && estimate.covariance.is_some(), "{estimate:?}");
    assert_eq!(estimate.limits, [Limit::SteadySpending]);
    for plan in plans {
        let value = steady.expected_value(&customer(2, plan)).unwrap();
        assert!((value / plan - 1.0).abs() < 1e-6, "{value} {plan}");
    }
    let mean = steady.population_mean().unwrap();
    assert!((10.0..30.0).contains(&mean), "{mean}");
}

/// Everybody draws from one gamma distribution: q has no best value.
#[test]
fn customers_who_spend_alike_are_expected_to_spend_the_mean() {
    let customers = (0..800)
        .map(|index| {
            let x = 1 + (index % 6) as u32;
            let mean = Gamma::new(4.0 * f64::from(x), 5.0 / f64::from(x)).unwrap();
            customer(x, mean.sample(&mut stream(23, index)))
        })
        .collect();
    let fitted =
        GammaGamma::fit(&Summaries::new(TimeUnit::Week, customers), FitParams::default()).unwrap();
    assert!(fitted.estimate().unwrap().converged, "{:?}", fitted.estimate());
    let mean = fitted.population_mean().unwrap();
    assert!((mean / 20.0 - 1.0).abs() < 0.05, "{mean}");
    let value = fitted.expected_value(&customer(4, 40.0)).unwrap();
    assert!((value / mean - 1.0).abs() < 0.2, "{value} {mean}");
}
