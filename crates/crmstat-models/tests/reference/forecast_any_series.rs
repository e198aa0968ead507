//! What every forecasting model does with any series: a finite forecast, or a reason; in any unit the same.

use crmstat_models::forecast::{
    Fitted, Model, Series,
    adjusted::Adjusted,
    arima::Arima,
    baseline::Baseline,
    ces::Ces,
    ensemble::Ensemble,
    ets::Ets,
    intermittent::Intermittent,
    mstl::Mstl,
    theta::{Theta, Variant},
};

const BASELINES: [Baseline; 4] =
    [Baseline::Naive, Baseline::SeasonalNaive, Baseline::Drift, Baseline::CautiousDrift];

fn models() -> Vec<Box<dyn Model>> {
    let mut models: Vec<Box<dyn Model>> = vec![
        Box::new(Ensemble::standard()),
        Box::new(Ets::automatic()),
        Box::new(Ets::non_seasonal().damped()),
        Box::new(Theta::new(Variant::Standard)),
        Box::new(Theta::new(Variant::Optimised)),
        Box::new(Theta::new(Variant::DynamicStandard)),
        Box::new(Theta::new(Variant::DynamicOptimised)),
        Box::new(Adjusted::new(Box::new(Theta::default())).logarithms()),
        Box::new(Ces::new()),
        Box::new(Arima::automatic()),
        Box::new(Mstl::automatic()),
        Box::new(Intermittent::default()),
    ];
    models.extend(BASELINES.map(|baseline| Box::new(baseline) as Box<dyn Model>));
    models
}

/// Series that no textbook has, for a season of four.
fn odd() -> Vec<(&'static str, Vec<f64>)> {
    let wave = |t: usize| (t as f64 * 1.7).sin();
    let mut spike = vec![0.0; 30];
    spike[17] = 1e9;
    let mut ends_in_a_spike = vec![1.0; 30];
    ends_in_a_spike[29] = 1e9;
    vec![
        ("one", vec![7.0]),
        ("two", vec![7.0, 5.0]),
        ("a season", vec![7.0, 5.0, 6.0, 9.0]),
        ("a season and one", vec![7.0, 5.0, 6.0, 9.0, 8.0]),
        ("two seasons", vec![7.0, 5.0, 6.0, 9.0, 8.0, 6.0, 7.0, 9.5]),
        ("zeros", vec![0.0; 30]),
        ("a constant", vec![5.0; 30]),
        ("a negative constant", vec![-5.0; 30]),
        ("one spike", spike),
        ("a spike at the end", ends_in_a_spike),
        ("jumps", (0..30).map(|t| if t / 7 % 2 == 0 { 1.0 } else { 1e9 }).collect()),
        ("negative", (0..30).map(|t| -20.0 - t as f64 + 3.0 * wave(t)).collect()),
        ("around zero", (0..30).map(wave).collect()),
        ("a line", (0..30).map(|t| 3.0 + 2.0 * f64::from(t)).collect()),
        ("a falling line", (0..30).map(|t| 61.0 - 2.0 * f64::from(t)).collect()),
        ("doubling", (0..40).map(|t| 2.0_f64.powi(t)).collect()),
        ("a pure season", (0..30).map(|t| [1.0, 4.0, 2.0, 8.0][t % 4]).collect()),
        ("intermittent", (0..40).map(|t| if t % 7 == 3 { 5.0 } else { 0.0 }).collect()),
        ("tiny beside huge", vec![1e-9, 1e9, 1.0, 2.0, 1e-9, 1e9, 3.0, 1e-9, 1.0]),
    ]
}

#[test]
fn odd_series_have_a_finite_forecast_or_a_reason() {
    for model in models() {
        for (kind, values) in odd() {
            for season in [1, 4] {
                let what = format!("{} of {kind}, season {season}", model.name());
                match model.fit(&Series::new(&values, season).unwrap()) {
                    Ok(fitted) => {
                        let forecast = fitted.forecast(24);
                        assert_eq!(forecast.mean.len(), 24, "{what}");
                        assert!(forecast.mean.iter().all(|mean| mean.is_finite()), "{what}");
                        let sound = |variance: &f64| variance.is_finite() && *variance >= 0.0;
                        assert!(forecast.variance.iter().flatten().all(sound), "{what}");
                        assert_eq!(fitted.fitted_values().len(), values.len(), "{what}");
                        assert!(fitted.residuals().iter().all(|e| e.is_finite()), "{what}");
                    }
                    Err(error) => {
                        // A model of seasons is the wrong model where there are none.
                        let reason = error.is_data() || error.is_parameter();
                        assert!(reason && !error.to_string().is_empty(), "{what}: {error}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_default_forecasts_every_odd_series_near_what_was_seen() {
    for (kind, values) in odd() {
        for season in [1, 4] {
            let fit = Ensemble::standard().fit(&Series::new(&values, season).unwrap());
            let mean = fit.forecast(8).mean;
            let (low, high) = values
                .iter()
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), y| (l.min(*y), h.max(*y)));
            let range = (high - low).max(low.abs());
            for value in mean {
                let believable = low - 5.0 * range..=high + 5.0 * range;
                assert!(believable.contains(&value), "{kind}, season {season}: {value}");
            }
        }
    }
}

#[test]
fn a_series_without_values_or_with_gaps_is_refused_with_a_reason() {
    let empty = Series::new(&[], 4).unwrap_err();
    assert!(empty.is_data() && empty.to_string().contains("empty"));
    for gap in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let error = Series::new(&[1.0, gap, 2.0], 4).unwrap_err();
        assert!(error.is_data() && error.to_string().contains("value 2"), "{error}");
    }
}

/// Sales with growth, a season of four and irregularities, different for each `kind`.
fn sales(kind: usize) -> Vec<f64> {
    (0..20 + 3 * kind)
        .map(|t| {
            let (at, kind) = (t as f64, kind as f64);
            let season = [1.2, 0.9, 0.8, 1.1][t % 4];
            let irregular = 1.0 + 0.1 * (at * (1.3 + 0.37 * kind)).sin();
            100.0 * (1.0 + 0.01 * kind * at) * season * irregular
        })
        .collect()
}

#[test]
fn no_model_knows_the_unit() {
    for model in models() {
        for (kind, season) in (0..8).flat_map(|kind| [(kind, 1), (kind, 4)]) {
            let values = sales(kind);
            let forecast = |values: &[f64]| {
                let fitted = model.fit(&Series::new(values, season).unwrap());
                fitted.map_or(Vec::new(), |fitted| fitted.forecast(8).mean)
            };
            let plain = forecast(&values);
            for factor in [1e-9, 1e9] {
                let scaled: Vec<f64> = values.iter().map(|value| value * factor).collect();
                let scaled = forecast(&scaled);
                assert_eq!(plain.len(), scaled.len(), "{}: refused in one unit", model.name());
                for (a, b) in plain.iter().zip(scaled) {
                    let what = format!("{} of {kind}, season {season}", model.name());
                    assert!((a - b / factor).abs() <= 1e-6 * a.abs(), "{what}: {a} {b}");
                }
            }
        }
    }
}

#[test]
fn baselines_move_with_the_level_and_turn_with_the_sign() {
    for baseline in BASELINES {
        for kind in 0..8 {
            let values = sales(kind);
            let forecast = |values: Vec<f64>| {
                let series = Series::new(&values, 4).unwrap();
                Model::fit(&baseline, &series).unwrap().forecast(8).mean
            };
            let moved = forecast(values.iter().map(|value| value + 1000.0).collect());
            let turned = forecast(values.iter().map(|value| -value).collect());
            for (at, plain) in forecast(values).into_iter().enumerate() {
                assert!((moved[at] - 1000.0 - plain).abs() < 1e-9, "{baseline:?}");
                assert!((turned[at] + plain).abs() < 1e-9, "{baseline:?}");
            }
        }
    }
}
