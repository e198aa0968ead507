use proptest::prelude::*;

use super::*;
use crate::{forecast::Series, random};

const VARIANTS: [Variant; 4] =
    [Variant::Standard, Variant::Optimised, Variant::DynamicStandard, Variant::DynamicOptimised];

/// Growth, a season of four and a little irregularity, all from a formula.
fn seasonal(count: usize, slope: f64) -> Vec<f64> {
    let season = [1.2, 0.8, 1.05, 0.95];
    (0..count)
        .map(|t| (100.0 + slope * t as f64 + (t as f64 * 1.7).sin()) * season[t % 4])
        .collect()
}

fn fit(variant: Variant, values: &[f64], season: usize) -> FittedTheta {
    Theta::new(variant).fit(&Series::new(values, season).unwrap()).unwrap()
}

/// The models as Fiorucci et al. write them, step by step, each line computed from its observations.
fn slow_forecast(values: &[f64], dynamic: bool, alpha: f64, theta: f64, level: f64) -> Vec<f64> {
    let least_squares = |values: &[f64]| {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let time = f64::midpoint(n, 1.0);
        let (mut above, mut below) = (0.0, 0.0);
        for (i, value) in values.iter().enumerate() {
            let t = i as f64 + 1.0;
            above += (t - time) * (value - mean);
            below += (t - time).powi(2);
        }
        let slope = if below > 0.0 { above / below } else { 0.0 };
        (mean - slope * time, slope)
    };
    let mut known = values.to_vec();
    let mut level = level;
    for value in values {
        level = alpha * value + (1.0 - alpha) * level;
    }
    for _ in 0..5 {
        let (a, b) = least_squares(if dynamic { &known } else { values });
        let t = known.len() as f64 + 1.0;
        let decay = (1.0 - alpha).powf(t - 1.0);
        let line = a * decay + b * (1.0 - decay * (1.0 - alpha)) / alpha;
        let next = level + (1.0 - 1.0 / theta) * line;
        level = alpha * next + (1.0 - alpha) * level;
        known.push(next);
    }
    known.split_off(values.len())
}

#[test]
fn forecasts_follow_the_paper_at_given_parameters() {
    let values = seasonal(23, 2.0);
    for variant in VARIANTS {
        let found = Theta::new(variant)
            .alpha(0.4)
            .theta(3.0)
            .initial_level(60.0)
            .fit(&Series::new(&values, 1).unwrap())
            .unwrap()
            .forecast(5)
            .mean;
        let expected = slow_forecast(&values, variant.is_dynamic(), 0.4, 3.0, 60.0);
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-9 * expected, "{found} {expected}");
        }
    }
}

#[test]
fn no_neighbouring_parameters_fit_better() {
    let mut generator = random::generator(3);
    let mut level = 50.0;
    let values: Vec<f64> = (0..60)
        .map(|_| {
            let (shock, noise): (f64, f64) =
                (StandardNormal.sample(&mut generator), StandardNormal.sample(&mut generator));
            level += 0.5 + shock;
            level + noise
        })
        .collect();
    let series = Series::new(&values, 1).unwrap();
    let best = fit(Variant::DynamicOptimised, &values, 1);
    assert!(best.alpha() > 0.11 && best.alpha() < 0.98, "an inner optimum is wanted here");
    for (alpha, level) in [(1e-3, 0.0), (-1e-3, 0.0), (0.0, 1.0), (0.0, -1.0)] {
        let model = Theta::new(Variant::DynamicOptimised)
            .alpha(best.alpha() + alpha)
            .theta(best.theta())
            .initial_level(best.initial_level() + level);
        let other = model.fit(&series).unwrap();
        assert!(other.sum_of_squares() > best.sum_of_squares());
    }
}

#[test]
fn a_trend_does_not_remove_the_season() {
    for count in [16, 24, 48, 120] {
        for slope in [0.0, 1.0, 10.0, 1000.0] {
            let values = seasonal(count, slope);
            let fitted = fit(Variant::DynamicOptimised, &values, 4);
            assert!(fitted.season().is_some(), "{count} quarters, slope {slope}");
        }
    }
}

#[test]
fn noise_rarely_has_a_season() {
    let found = (0..400)
        .filter(|&index| {
            let mut generator = random::stream(7, index);
            let values: Vec<f64> = (0..60).map(|_| StandardNormal.sample(&mut generator)).collect();
            is_seasonal(&values, 12)
        })
        .count();
    // The two looks have sizes of 10 % (two-sided at 1.645) and 1 %.
    assert!(found < 60, "{found} of 400");
}

#[test]
fn variances_are_those_of_simulated_paths() {
    let values = seasonal(30, 3.0);
    for variant in VARIANTS {
        let fitted = fit(variant, &values, 4);
        let expected = fitted.forecast(6);
        let paths: Vec<Vec<f64>> = (0..4000)
            .map(|index| fitted.simulate(6, &mut random::stream(11, index)).unwrap())
            .collect();
        for (step, variance) in expected.variance.unwrap().into_iter().enumerate() {
            let squares: f64 =
                paths.iter().map(|path| (path[step] - expected.mean[step]).powi(2)).sum();
            let ratio = squares / 4000.0 / variance;
            // Five standard errors of a variance from 4,000 normal draws.
            assert!((ratio - 1.0).abs() < 5.0 * (2.0_f64 / 4000.0).sqrt(), "{variant:?} {ratio}");
        }
    }
}

#[test]
fn updating_continues_the_recursion() {
    let values = seasonal(40, 1.0);
    let fitted = fit(Variant::DynamicOptimised, &values[..36], 4);
    let stepwise = values[36..].iter().fold(fitted.clone(), |fitted, &value| {
        let expected = fitted.forecast(1).mean[0];
        let next = fitted.updated(&[value]).unwrap();
        assert!((next.fitted_values().last().unwrap() - expected).abs() < 1e-9);
        next
    });
    assert_eq!(stepwise, fitted.updated(&values[36..]).unwrap());
    assert!(fitted.updated(&[f64::NAN]).unwrap_err().is_data());
}

#[test]
fn odd_series_have_a_forecast_or_a_reason() {
    let spike: Vec<f64> = (0..30).map(|t| if t == 17 { 1e9 } else { 0.0 }).collect();
    let falling: Vec<f64> = (0..30).map(|t| -5.0 - f64::from(t)).collect();
    for values in [vec![0.0; 20], vec![7.5; 20], spike, falling, vec![1.0, 2.0, 1.0, 2.0]] {
        for variant in VARIANTS {
            let forecast = fit(variant, &values, 4).forecast(12);
            let variance = forecast.variance.unwrap();
            assert!(forecast.mean.iter().chain(&variance).all(|number| number.is_finite()));
        }
    }
    let constant = fit(Variant::Standard, &[7.5; 20], 4).forecast(2).mean;
    assert!(constant.iter().all(|value| (value - 7.5).abs() < 1e-12));
    let boundless = fit(Variant::Standard, &[1.0, 2.0, 4.0, 3.0], usize::MAX);
    assert!(boundless.season().is_none());
    assert!(boundless.updated(&[f64::MAX, -f64::MAX]).is_err());
    let short = Theta::default().fit(&Series::new(&[1.0, 2.0, 3.0], 1).unwrap());
    assert!(short.unwrap_err().is_data());
    let huge = Theta::default().fit(&Series::new(&[1e300; 9], 1).unwrap());
    assert!(huge.unwrap_err().is_data());
}

#[test]
fn parameters_outside_their_range_are_refused() {
    let series = Series::new(&[1.0, 2.0, 3.0, 2.0], 1).unwrap();
    for model in [
        Theta::default().alpha(0.0),
        Theta::default().alpha(1.0),
        Theta::default().theta(0.5),
        Theta::default().initial_level(f64::INFINITY),
    ] {
        assert!(model.fit(&series).unwrap_err().is_parameter());
    }
}

#[test]
fn a_stored_model_is_checked() {
    let fitted = fit(Variant::DynamicOptimised, &seasonal(24, 1.0), 4);
    let text = serde_json::to_string(&fitted).unwrap();
    let read: FittedTheta = serde_json::from_str(&text).unwrap();
    let (a, b) = (read.forecast(8).mean, fitted.forecast(8).mean);
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() <= 1e-12 * b.abs()));
    let broken = text.replace("\"scale\":", "\"scale\":-");
    assert!(serde_json::from_str::<FittedTheta>(&broken).is_err());
}

proptest! {
    #[test]
    fn the_unit_does_not_matter(
        values in prop::collection::vec(1.0..100.0_f64, 8..60),
        exponent in prop::sample::select(vec![-9, 9]),
    ) {
        let factor = 10.0_f64.powi(exponent);
        let scaled: Vec<f64> = values.iter().map(|value| value * factor).collect();
        for variant in VARIANTS {
            let plain = fit(variant, &values, 4).forecast(6).mean;
            let other = fit(variant, &scaled, 4).forecast(6).mean;
            for (a, b) in plain.iter().zip(&other) {
                prop_assert!((a - b / factor).abs() < 1e-6 * a.abs().max(1.0), "{a} {b}");
            }
        }
    }
}
