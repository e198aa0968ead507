use proptest::prelude::*;

use super::*;
use crate::{forecast::Series, random};

/// A path of the process with these coefficients, from its own shocks.
fn simulated(count: usize, ar: &[f64], ma: &[f64], seed: u64) -> Vec<f64> {
    let mut generator = random::generator(seed);
    let (mut values, mut shocks) = (Vec::new(), Vec::new());
    for _ in 0..count + 100 {
        let shock: f64 = StandardNormal.sample(&mut generator);
        values.push(predicted(&values, ar) + predicted(&shocks, ma) + shock);
        shocks.push(shock);
    }
    values.split_off(100)
}

/// A trend, a season of four and noise.
fn seasonal(count: usize) -> Vec<f64> {
    let season = [20.0, -12.0, 3.0, -11.0];
    let noise = simulated(count, &[0.5], &[], 4);
    (0..count).map(|t| 100.0 + 0.7 * t as f64 + season[t % 4] + 2.0 * noise[t]).collect()
}

fn fit(model: &Arima, values: &[f64], season: usize) -> FittedArima {
    model.fit(&Series::new(values, season).unwrap()).unwrap()
}

#[test]
fn simulated_parameters_are_recovered() {
    let values: Vec<f64> =
        simulated(3000, &[0.6, -0.3], &[0.4], 1).iter().map(|value| value + 10.0).collect();
    let fitted = fit(&Arima::new(Order::new(2, 0, 1).with_constant()), &values, 1);
    assert!(fitted.converged());
    for (found, expected) in [
        (fitted.ar()[0], 0.6),
        (fitted.ar()[1], -0.3),
        (fitted.ma()[0], 0.4),
        (fitted.constant().unwrap(), 10.0),
        (fitted.variance(), 1.0),
    ] {
        // About four standard errors at 3,000 observations.
        assert!((found - expected).abs() < 0.15, "{found} {expected}");
    }
}

#[test]
fn automatic_orders_find_the_process() {
    let walk: Vec<f64> = simulated(200, &[], &[], 2)
        .iter()
        .scan(100.0, |level, shock| {
            *level += shock;
            Some(*level)
        })
        .collect();
    assert_eq!(fit(&Arima::automatic(), &walk, 1).order().difference, 1);
    let stationary = simulated(200, &[0.7], &[], 3);
    let found = fit(&Arima::automatic(), &stationary, 1);
    assert_eq!(found.order().difference, 0);
    assert!(found.order().ar > 0);
    let found = fit(&Arima::automatic(), &seasonal(60), 4);
    assert_eq!(found.order().seasonal_difference, 1, "{}", found.name());
}

#[test]
fn automatic_is_no_worse_than_simple_orders() {
    let values = seasonal(60);
    let automatic = fit(&Arima::automatic(), &values, 4);
    let Order { difference, seasonal_difference, .. } = *automatic.order();
    for (ar, ma, seasonal_ar, seasonal_ma) in
        [(0, 0, 0, 0), (1, 0, 1, 0), (0, 1, 0, 1), (2, 2, 1, 1)]
    {
        let order = Order::new(ar, difference, ma).with_season(
            seasonal_ar,
            seasonal_difference,
            seasonal_ma,
        );
        let other = fit(&Arima::new(order), &values, 4);
        assert!(automatic.aicc() <= other.aicc() + 1e-6, "{}", other.name());
    }
}

#[test]
fn a_random_walk_repeats_the_last_value() {
    let fitted = fit(&Arima::new(Order::new(0, 1, 0)), &[3.0, 5.0, 4.0, 6.0], 1);
    let forecast = fitted.forecast(3);
    assert!(forecast.mean.iter().all(|value| (value - 6.0).abs() < 1e-12));
    // Steps 2, −1, 2: a variance of 3, which adds up.
    for (variance, expected) in forecast.variance.unwrap().iter().zip([3.0, 6.0, 9.0]) {
        assert!((variance - expected).abs() < 1e-12);
    }
    let drift = fit(&Arima::new(Order::new(0, 1, 0).with_constant()), &[3.0, 5.0, 4.0, 6.0], 1);
    // Estimates rest on values rounded to some eleven digits.
    assert!((drift.constant().unwrap() - 1.0).abs() < 1e-9);
    assert!((drift.forecast(2).mean[1] - 8.0).abs() < 1e-9);
}

#[test]
fn variances_are_those_of_simulated_paths() {
    let order = Order::new(1, 1, 1).with_season(0, 1, 1);
    let fitted = fit(&Arima::new(order), &seasonal(60), 4);
    let expected = fitted.forecast(8);
    let paths: Vec<Vec<f64>> =
        (0..4000).map(|index| fitted.simulate(8, &mut random::stream(5, index)).unwrap()).collect();
    for (step, variance) in expected.variance.unwrap().into_iter().enumerate() {
        let squares: f64 =
            paths.iter().map(|path| (path[step] - expected.mean[step]).powi(2)).sum();
        // Five standard errors of a variance from 4,000 normal draws.
        assert!((squares / 4000.0 / variance - 1.0).abs() < 5.0 * (2.0_f64 / 4000.0).sqrt());
    }
}

#[test]
fn regressors_and_process_are_estimated_together() {
    let noise = simulated(200, &[0.6], &[], 8);
    let promotion: Vec<f64> = (0..200).map(|t| f64::from(t % 9 == 0)).collect();
    let price: Vec<f64> = (0..200).map(|t| (f64::from(t) * 0.37).sin()).collect();
    let values: Vec<f64> =
        (0..200).map(|t| 50.0 + 8.0 * promotion[t] - 3.0 * price[t] + noise[t]).collect();
    let series = Series::new(&values, 1).unwrap();
    let regressors = [promotion, price];
    for model in [Arima::new(Order::new(1, 0, 0).with_constant()), Arima::automatic()] {
        let fitted = model.fit_with(&series, &regressors).unwrap();
        let [promotion, price] = fitted.coefficients() else { panic!("two regressors") };
        assert!((promotion - 8.0).abs() < 0.8 && (price + 3.0).abs() < 0.8);
        let next = fitted.forecast(&[vec![0.0, 1.0], vec![0.0, 0.0]]).unwrap().mean;
        assert!(next[1] - next[0] > 5.0);
        assert!(fitted.forecast(&[vec![0.0]]).unwrap_err().is_data());
    }
    assert!(Arima::automatic().fit_with(&series, &[vec![1.0]]).unwrap_err().is_data());
}

#[test]
fn updating_is_fitting_with_the_same_parameters() {
    let values = seasonal(60);
    let order = Order::new(1, 0, 1).with_season(0, 1, 1).with_constant();
    let fitted = fit(&Arima::new(order), &values[..52], 4);
    let expected = fitted.forecast(1).mean[0];
    let next = fitted.updated(&values[52..]).unwrap();
    assert!((next.fitted_values()[52] - expected).abs() < 1e-8);
    assert_eq!(next.ar(), fitted.ar());
    assert!(fitted.updated(&[f64::NAN]).unwrap_err().is_data());
}

#[test]
fn odd_series_have_a_forecast_or_a_reason() {
    let spike: Vec<f64> = (0..30).map(|t| if t == 17 { 1e9 } else { 0.0 }).collect();
    let falling: Vec<f64> = (0..30).map(|t| -5.0 - f64::from(t)).collect();
    let jump: Vec<f64> = (0..30).map(|t| if t < 15 { 1.0 } else { 1e9 }).collect();
    for values in [vec![0.0; 20], vec![7.5; 20], spike, falling, jump, vec![1.0, 2.0], vec![4.0; 5]]
    {
        let Ok(fitted) = Arima::automatic().fit(&Series::new(&values, 4).unwrap()) else {
            assert!(values.len() < 4, "{values:?}");
            continue;
        };
        let forecast = fitted.forecast(12);
        let variance = forecast.variance.unwrap();
        assert!(forecast.mean.iter().chain(&variance).all(|number| number.is_finite()));
    }
    let line = fit(&Arima::automatic(), &(0..30).map(f64::from).collect::<Vec<f64>>(), 1);
    assert!((line.forecast(2).mean[1] - 31.0).abs() < 1e-6, "{}", line.name());
    let boundless = Arima::new(Order::new(0, 0, 0).with_season(0, 1, 0));
    let boundless = boundless.fit(&Series::new(&[1.0, 2.0, 4.0, 3.0], usize::MAX).unwrap());
    assert!(boundless.unwrap_err().is_data());
    let walk = fit(&Arima::new(Order::new(1, 2, 0)), &[1.0, 2.0, 4.0, 3.0, 5.0, 4.0], usize::MAX);
    assert!(walk.updated(&[f64::MAX, -f64::MAX]).is_err());
    let single = Arima::automatic().fit(&Series::new(&[1.0], 12).unwrap());
    assert!(single.unwrap_err().is_data());
}

#[test]
fn orders_outside_their_range_are_refused() {
    let values = seasonal(40);
    let refused = |order: Order, season: usize| {
        Arima::new(order).fit(&Series::new(&values, season).unwrap()).unwrap_err().is_parameter()
    };
    assert!(refused(Order::new(0, 0, 0).with_season(1, 0, 0), 1));
    assert!(refused(Order::new(0, 4, 0), 1));
    assert!(refused(Order::new(0, 2, 0).with_constant(), 1));
    assert!(refused(Order::new(usize::MAX, 0, 0), 1));
    assert!(refused(Order::new(0, 0, 0).with_season(0, 0, usize::MAX), 4));
    let short = Arima::new(Order::new(3, 1, 3)).fit(&Series::new(&values[..7], 1).unwrap());
    assert!(short.unwrap_err().is_data());
}

#[test]
fn a_stored_model_is_checked() {
    let fitted = fit(&Arima::new(Order::new(1, 1, 1)), &seasonal(30), 1);
    let text = serde_json::to_string(&fitted).unwrap();
    let read: FittedArima = serde_json::from_str(&text).unwrap();
    let (a, b) = (read.forecast(8).mean, fitted.forecast(8).mean);
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() <= 1e-12 * b.abs()));
    let broken = text.replace("\"scale\":", "\"scale\":-");
    assert!(serde_json::from_str::<FittedArima>(&broken).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn the_unit_does_not_matter(
        values in prop::collection::vec(1.0..100.0_f64, 12..48),
        exponent in prop::sample::select(vec![-9, 9]),
    ) {
        let factor = 10.0_f64.powi(exponent);
        let scaled: Vec<f64> = values.iter().map(|value| value * factor).collect();
        let plain = fit(&Arima::automatic(), &values, 4).forecast(6).mean;
        let other = fit(&Arima::automatic(), &scaled, 4).forecast(6).mean;
        for (a, b) in plain.iter().zip(&other) {
            prop_assert!((a - b / factor).abs() < 1e-6 * a.abs().max(1.0), "{a} {b}");
        }
    }
}
