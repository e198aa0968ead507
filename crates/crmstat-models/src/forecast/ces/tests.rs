use proptest::prelude::*;

use super::*;
use crate::{forecast::Series, random};

const FORMS: [Form; 4] = [Form::None, Form::Simple, Form::Partial, Form::Full];

/// A trend, a season of four and a little irregularity, all from a formula.
fn seasonal(count: usize) -> Vec<f64> {
    let season = [20.0, -12.0, 3.0, -11.0];
    (0..count)
        .map(|t| 100.0 + 0.7 * t as f64 + season[t % 4] + 3.0 * (t as f64 * 2.3).sin())
        .collect()
}

fn fit(model: &Ces, values: &[f64], season: usize) -> FittedCes {
    model.fit(&Series::new(values, season).unwrap()).unwrap()
}

/// The full form with the states of every period kept, as the authors' code runs it: two passes more,
/// over the reversed series, each beginning with the states of one season beyond the end.
fn slow_errors(values: &[f64], season: usize, initial: &State, smoothing: &Smoothing) -> Vec<f64> {
    let step = |[level, potential]: Complex, [real, imaginary]: Complex, error: f64| {
        let above = level - (1.0 - imaginary) * potential + (real - imaginary) * error;
        [above, level + (1.0 - real) * potential + (real + imaginary) * error]
    };
    let mut states: Vec<(Complex, Complex)> =
        initial.phases.iter().map(|&phase| (initial.level, phase)).collect();
    let mut series = values.to_vec();
    let mut errors = Vec::new();
    for _ in 0..3 {
        states.truncate(season);
        errors.clear();
        for i in 0..series.len() + season {
            let (level, phase) = (states[i + season - 1].0, states[i].1);
            let error = series.get(i).map_or(0.0, |value| value - level[0] - phase[0]);
            errors.push(error);
            states
                .push((step(level, smoothing.level, error), step(phase, smoothing.season, error)));
        }
        states.reverse();
        series.reverse();
    }
    errors.truncate(values.len());
    errors
}

type Complex = [f64; 2];

#[test]
fn the_recursion_is_that_of_the_authors() {
    // Nineteen observations: the season does not divide them, so the phases must be kept apart.
    let values = seasonal(19);
    let smoothing = Smoothing { level: [1.2, 0.95], season: [1.1, 0.9] };
    let initial = State::initial(Form::Full, &values, 4);
    let expected = slow_errors(&values, 4, &initial, &smoothing);
    let mut errors = Vec::new();
    smooth(Form::Full, &values, &initial, &smoothing, &mut errors);
    for (found, expected) in errors.iter().zip(&expected) {
        assert!((found - expected).abs() < 1e-9, "{found} {expected}");
    }
}

#[test]
fn no_neighbouring_parameters_fit_better() {
    let values = seasonal(40);
    let squares = |fitted: &FittedCes| fitted.residuals().iter().map(|e| e * e).sum::<f64>();
    let best = fit(&Ces::new().form(Form::Partial), &values, 4);
    assert!(best.converged());
    let ([real, imaginary], [season, _]) = (best.alpha(), best.beta().unwrap());
    for [a, b, c] in [[1e-3, 0.0, 0.0], [0.0, 1e-3, 0.0], [0.0, 0.0, 1e-3]] {
        for sign in [-1.0, 1.0] {
            let season = season + sign * c;
            let near = Ces::with_parameters(
                Form::Partial,
                [real + sign * a, imaginary + sign * b],
                [season, 0.0],
            );
            if season > 0.01 {
                assert!(squares(&fit(&near, &values, 4)) >= squares(&best));
            }
        }
    }
}

#[test]
fn a_seasonal_series_gets_a_season() {
    let fitted = fit(&Ces::new(), &seasonal(48), 4);
    assert_ne!(fitted.form(), Form::None);
    let mean = fitted.forecast(4).mean;
    assert!(mean[0] > mean[1] + 20.0, "{mean:?}");
}

#[test]
fn variances_are_those_of_simulated_paths() {
    let values = seasonal(40);
    for form in FORMS {
        let fitted = fit(&Ces::new().form(form), &values, 4);
        let expected = fitted.forecast(6);
        let paths: Vec<Vec<f64>> = (0..4000)
            .map(|index| fitted.simulate(6, &mut random::stream(5, index)).unwrap())
            .collect();
        for (step, variance) in expected.variance.unwrap().into_iter().enumerate() {
            let squares: f64 =
                paths.iter().map(|path| (path[step] - expected.mean[step]).powi(2)).sum();
            let ratio = squares / 4000.0 / variance;
            // Five standard errors of a variance from 4,000 normal draws.
            assert!((ratio - 1.0).abs() < 5.0 * (2.0_f64 / 4000.0).sqrt(), "{form:?} {ratio}");
        }
    }
}

#[test]
fn updating_continues_the_recursion() {
    let values = seasonal(42);
    for form in FORMS {
        let fitted = fit(&Ces::new().form(form), &values[..36], 4);
        let expected = fitted.forecast(1).mean[0];
        let next = fitted.updated(&values[36..37]).unwrap();
        assert!((next.fitted_values()[36] - expected).abs() < 1e-9);
        assert_eq!(next.updated(&values[37..]).unwrap(), fitted.updated(&values[36..]).unwrap());
        assert!(fitted.updated(&[f64::INFINITY]).unwrap_err().is_data());
    }
}

#[test]
fn odd_series_have_a_forecast_or_a_reason() {
    let spike: Vec<f64> = (0..30).map(|t| if t == 17 { 1e9 } else { 0.0 }).collect();
    let falling: Vec<f64> = (0..30).map(|t| -5.0 - f64::from(t)).collect();
    for values in [vec![0.0; 20], vec![7.5; 20], spike, falling, vec![1.0, 2.0, 1.0, 2.0, 1.0, 2.0]]
    {
        let forecast = fit(&Ces::new(), &values, 4).forecast(12);
        let variance = forecast.variance.unwrap();
        assert!(forecast.mean.iter().chain(&variance).all(|number| number.is_finite()));
    }
    let boundless = fit(&Ces::new(), &[1.0, 2.0, 4.0, 3.0, 5.0, 4.0, 7.0], usize::MAX);
    assert!(boundless.updated(&[f64::MAX, -f64::MAX]).is_err());
    let growing = Ces::with_parameters(Form::None, [1.5, 1.3], [0.0; 2]);
    let far = fit(&growing, &seasonal(20), 4).forecast(5000);
    assert!(far.mean.iter().chain(&far.variance.unwrap()).all(|number| number.is_finite()));
    assert!(far.mean[4999].abs() > 1e40, "it does grow");
    for (values, form) in [(vec![1.0; 5], Form::None), (vec![1.0; 7], Form::Simple)] {
        let short = Ces::new().form(form).fit(&Series::new(&values, 4).unwrap());
        assert!(short.unwrap_err().is_data());
    }
    let wrong = Ces::with_parameters(Form::None, [f64::NAN, 1.0], [0.0, 0.0]);
    assert!(wrong.fit(&Series::new(&[1.0; 20], 1).unwrap()).unwrap_err().is_parameter());
}

#[test]
fn a_stored_model_is_checked() {
    let fitted = fit(&Ces::new(), &seasonal(24), 4);
    let text = serde_json::to_string(&fitted).unwrap();
    let read: FittedCes = serde_json::from_str(&text).unwrap();
    let (a, b) = (read.forecast(8).mean, fitted.forecast(8).mean);
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() <= 1e-12 * b.abs()));
    let broken = text.replace("\"scale\":", "\"scale\":-");
    assert!(serde_json::from_str::<FittedCes>(&broken).is_err());
}

proptest! {
    #[test]
    fn the_unit_does_not_matter(
        values in prop::collection::vec(1.0..100.0_f64, 12..60),
        exponent in prop::sample::select(vec![-9, 9]),
    ) {
        let factor = 10.0_f64.powi(exponent);
        let scaled: Vec<f64> = values.iter().map(|value| value * factor).collect();
        let plain = fit(&Ces::new(), &values, 4).forecast(6).mean;
        let other = fit(&Ces::new(), &scaled, 4).forecast(6).mean;
        for (a, b) in plain.iter().zip(&other) {
            prop_assert!((a - b / factor).abs() < 1e-6 * a.abs().max(1.0), "{a} {b}");
        }
    }
}
