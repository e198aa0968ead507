use proptest::prelude::*;

use super::*;
use crate::{forecast::Series, random};

const METHODS: [Method; 6] = [
    Method::Croston,
    Method::CrostonOptimised,
    Method::Sba,
    Method::Tsb { size: 0.1, probability: 0.1 },
    Method::Adida,
    Method::Imapa,
];

fn fit(method: Method, values: &[f64]) -> FittedIntermittent {
    Intermittent::new(method).fit(&Series::new(values, 1).unwrap()).unwrap()
}

#[test]
fn croston_and_sba_by_hand() {
    // Sizes 2, 4 after intervals 3, 2: z = 2 + 0.1 · 2, p = 3 − 0.1 · 1.
    let values = [0.0, 0.0, 2.0, 0.0, 4.0, 0.0];
    let croston = fit(Method::Croston, &values);
    assert!((croston.rate() - 2.2 / 2.9).abs() < 1e-15);
    assert_eq!(croston.fitted_values()[..3], [0.0, 0.0, 0.0]);
    assert!((croston.fitted_values()[3] - 2.0 / 3.0).abs() < 1e-15);
    assert!((fit(Method::Sba, &values).rate() - 0.95 * 2.2 / 2.9).abs() < 1e-15);
}

#[test]
fn tsb_by_hand_lets_an_item_die_out() {
    let method = Method::Tsb { size: 0.5, probability: 0.5 };
    // q: 1, 1, ½, ¼; z: 2, 3.
    assert!((fit(method, &[2.0, 4.0, 0.0, 0.0]).rate() - 0.75).abs() < 1e-15);
    let dead: Vec<f64> = (0..60).map(|t| if t < 10 { 5.0 } else { 0.0 }).collect();
    assert!(fit(method, &dead).rate() < 1e-10);
    assert!(fit(Method::Croston, &dead).rate() > 4.0, "Croston never notices");
}

#[test]
fn one_aggregation_level_is_exponential_smoothing() {
    let values: Vec<f64> = (0..20).map(|t| 5.0 + f64::from(t % 3)).collect();
    let alpha = smoothing::estimated_alpha(&values);
    let expected = *smoothing::levels(&values, alpha).last().unwrap();
    assert_eq!(fit(Method::Adida, &values).rate(), expected);
    assert_eq!(fit(Method::Imapa, &values).rate(), expected);
}

#[test]
fn the_estimated_alpha_has_no_better_neighbour() {
    let values = [3.0, 5.0, 2.0, 6.0, 4.0, 4.0, 7.0, 6.0, 8.0, 7.0, 6.0, 9.0];
    let squares = |alpha: f64| -> f64 {
        let levels = smoothing::levels(&values, alpha);
        values[1..].iter().zip(&levels).map(|(value, level)| (value - level).powi(2)).sum()
    };
    let best = smoothing::estimated_alpha(&values);
    assert_eq!(smoothing::estimated_alpha(&[1.0, 1.0, 1.0, 2.0]), 0.2, "all are as good");
    for step in 0..=2000 {
        let alpha = 0.1 + 0.2 * f64::from(step) / 2000.0;
        assert!(squares(best) <= squares(alpha) * (1.0 + 1e-9), "{alpha} beats {best}");
    }
}

#[test]
fn patterns_follow_the_cut_off_values() {
    let pattern = |values: &[f64]| Demand::classify(values).unwrap().pattern;
    assert_eq!(pattern(&[3.0, 3.0, 4.0, 3.0]), Pattern::Smooth);
    assert_eq!(pattern(&[1.0, 9.0, 1.0, 1.0]), Pattern::Erratic);
    assert_eq!(pattern(&[0.0, 3.0, 0.0, 3.0]), Pattern::Intermittent);
    assert_eq!(pattern(&[0.0, 1.0, 0.0, 1.0, 0.0, 9.0]), Pattern::Lumpy);
}

#[test]
fn mixture_has_the_rate_and_the_variance_of_its_paths() {
    let values = [0.0, 0.0, 3.0, 0.0, 1.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 3.0];
    for method in METHODS {
        let fitted = fit(method, &values);
        let draws: Vec<f64> = fitted.simulate(40_000, &mut random::generator(9)).unwrap();
        let mean = draws.iter().sum::<f64>() / 40_000.0;
        let variance = draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / 40_000.0;
        let expected = fitted.variance();
        // Five standard errors of the mean; the variance has a heavier tail.
        assert!((mean - fitted.rate()).abs() < 5.0 * (expected / 40_000.0).sqrt());
        assert!((variance / expected - 1.0).abs() < 0.05);
        let above = draws.iter().filter(|&&draw| draw > fitted.quantile(0.9)).count();
        assert!(above <= 4_400, "{above} of 40,000 above the 90 % quantile");
    }
}

#[test]
fn odd_series_have_a_forecast_or_a_reason() {
    let spike: Vec<f64> = (0..51).map(|t| if t == 50 { 1e9 } else { 0.0 }).collect();
    for values in [vec![0.0; 9], vec![0.0], vec![5.0], vec![4.0; 30], vec![1.0, 0.0], spike] {
        for method in METHODS {
            let fitted = fit(method, &values);
            let largest = values.iter().fold(0.0_f64, |largest, value| largest.max(*value));
            assert!((0.0..=largest * (1.0 + 1e-12)).contains(&fitted.rate()), "{method:?}");
            assert!(fitted.variance().is_finite());
            assert_eq!(fitted.fitted_values().len(), values.len());
        }
    }
    assert_eq!(fit(Method::Imapa, &[0.0; 9]).demand(), None);
    let negative = Intermittent::default().fit(&Series::new(&[1.0, -1.0], 1).unwrap());
    assert!(negative.unwrap_err().is_data());
    let wrong = Intermittent::new(Method::Tsb { size: 0.0, probability: 0.1 });
    assert!(wrong.fit(&Series::new(&[1.0], 1).unwrap()).unwrap_err().is_parameter());
}

#[test]
fn a_stored_model_is_checked() {
    let fitted = fit(Method::Imapa, &[0.0, 2.0, 0.0, 1.0]);
    let text = serde_json::to_string(&fitted).unwrap();
    let read: FittedIntermittent = serde_json::from_str(&text).unwrap();
    assert!((read.rate() - fitted.rate()).abs() <= 1e-15);
    let broken = text.replace("\"rate\":", "\"rate\":-");
    assert!(serde_json::from_str::<FittedIntermittent>(&broken).is_err());
}

proptest! {
    #[test]
    fn nothing_is_negative_and_the_unit_does_not_matter(
        values in prop::collection::vec(prop_oneof![3 => Just(0.0), 1 => 0.5..20.0_f64], 1..80),
        exponent in prop::sample::select(vec![-9, 9]),
    ) {
        let factor = 10.0_f64.powi(exponent);
        let scaled: Vec<f64> = values.iter().map(|value| value * factor).collect();
        let largest = values.iter().fold(0.0_f64, |largest, value| largest.max(*value));
        for method in METHODS {
            let plain = fit(method, &values);
            prop_assert!((0.0..=largest * (1.0 + 1e-12)).contains(&plain.rate()));
            prop_assert!(plain.quantile(0.025) >= 0.0);
            prop_assert!(plain.quantile(0.975).is_finite());
            prop_assert!(plain.fitted_values().iter().all(|value| *value >= 0.0));
            let other = fit(method, &scaled).rate() / factor;
            prop_assert!((plain.rate() - other).abs() <= 1e-6 * plain.rate());
        }
    }
}
