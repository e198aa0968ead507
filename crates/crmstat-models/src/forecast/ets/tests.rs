use proptest::prelude::*;

use super::*;
use crate::{
    forecast::{Fitted, Series},
    random,
};

fn sales(n: usize) -> Vec<f64> {
    (0..n)
        .map(|t| {
            let x = t as f64;
            let season = [1.2, 0.9, 0.7, 1.2][t % 4];
            (120.0 + 1.5 * x) * season * (1.0 + 0.04 * (x * 12.9898).sin())
        })
        .collect()
}

#[test]
fn a_change_of_unit_changes_nothing_but_the_unit() {
    let values = sales(60);
    let reference = Ets::automatic().fit(&Series::new(&values, 4).unwrap()).unwrap();
    for unit in [1e9, 1e-9, 3.7] {
        let scaled: Vec<f64> = values.iter().map(|value| value * unit).collect();
        let fit = Ets::automatic().fit(&Series::new(&scaled, 4).unwrap()).unwrap();
        assert_eq!(fit.form(), reference.form());
        let (ours, theirs) = (fit.forecast(12), reference.forecast(12));
        for (a, b) in ours.mean.iter().zip(&theirs.mean) {
            assert!((a / unit / b - 1.0).abs() < 1e-6, "{unit}: {a} {b}");
        }
        for (a, b) in ours.variance.unwrap().iter().zip(&theirs.variance.unwrap()) {
            assert!((a / unit / unit / b - 1.0).abs() < 1e-5, "{unit}: {a} {b}");
        }
    }
}

#[test]
fn a_trend_does_not_hide_the_season() {
    let fit = Ets::automatic().fit(&Series::new(&sales(60), 4).unwrap()).unwrap();
    assert!(fit.form().is_seasonal() && fit.form().has_trend(), "{}", fit.form());
}

#[test]
fn every_form_runs_alike_in_the_likelihood_and_step_by_step() {
    let values = sales(23);
    let series = Series::new(&values, 4).unwrap();
    for form in Form::all() {
        let multiplied = form.season() == SeasonTerm::Multiplicative;
        let unit = if multiplied { 1.0 } else { 100.0 };
        let parameters = Parameters {
            alpha: 0.3,
            beta: 0.1,
            gamma: 0.2,
            phi: 0.9,
            level: 110.0,
            trend: 2.0,
            season: [0.2, -0.1, -0.3, 0.2]
                .iter()
                .map(|index| (index + f64::from(u8::from(multiplied))) * unit)
                .collect(),
        };
        let fit = EtsFit::from_parameters(&series, form, parameters.clone()).unwrap();
        let mut states = recursion::States {
            level: parameters.level,
            trend: if form.has_trend() { parameters.trend } else { 0.0 },
            season: if form.is_seasonal() { parameters.season.clone() } else { Vec::new() },
        };
        for (t, value) in values.iter().enumerate() {
            let mean = fit.fitted_values()[t];
            let relative = form.error() == ErrorTerm::Multiplicative;
            let error = if relative { value / mean - 1.0 } else { value - mean };
            let again = states.advance(form, fitted::smoothing(form, &parameters), error);
            assert!((again / value - 1.0).abs() < 1e-12, "{form} {t}: {again} {value}");
        }
        assert!((states.level / fit.level() - 1.0).abs() < 1e-12, "{form}");
        for (a, b) in states.season.iter().zip(fit.seasonal_indices()) {
            assert!((a - b).abs() < 1e-9 * unit, "{form}");
        }
    }
}

#[test]
fn analytic_variances_agree_with_simulation() {
    let values = sales(60);
    let series = Series::new(&values, 4).unwrap();
    for form in ["AAA", "AAdN", "MAA", "MAN", "MAdM", "MNM"] {
        let fit = Ets::form(form.parse().unwrap()).fit(&series).unwrap();
        let forecast = fit.forecast(9);
        let (paths, mut sums) = (40_000, vec![(0.0, 0.0); 9]);
        let mut generator = random::generator(7);
        for _ in 0..paths {
            for (h, value) in fit.simulate(9, &mut generator).unwrap().into_iter().enumerate() {
                let deviation = value - forecast.mean[h];
                sums[h].0 += deviation;
                sums[h].1 += deviation * deviation;
            }
        }
        for (h, (sum, squares)) in sums.into_iter().enumerate() {
            let variance = forecast.variance.as_ref().unwrap()[h];
            let (mean, second) = (sum / f64::from(paths), squares / f64::from(paths));
            assert!(mean.abs() < 4.0 * (variance / f64::from(paths)).sqrt(), "{form} {h}: {mean}");
            // Four standard errors of a normal variance.
            assert!((second / variance - 1.0).abs() < 0.03, "{form} {h}: {second} {variance}");
        }
    }
}

#[test]
fn updating_equals_running_over_everything() {
    let values = sales(52);
    let first = Series::new(&values[..48], 4).unwrap();
    let fit = Ets::automatic().fit(&first).unwrap();
    let updated = fit.update(&values[48..]).unwrap();
    let all = Series::new(&values, 4).unwrap();
    let again = EtsFit::from_parameters(&all, fit.form(), fit.parameters().clone()).unwrap();
    assert_eq!(updated.forecast(6), again.forecast(6));
    assert_eq!(updated.fitted_values(), again.fitted_values());
    assert!(fit.update(&[f64::NAN]).unwrap_err().is_data());
}

#[test]
fn a_saved_model_forecasts_the_same_and_a_damaged_one_is_refused() {
    let fit = Ets::automatic().fit(&Series::new(&sales(40), 4).unwrap()).unwrap();
    let saved = serde_json::to_string(&fit).unwrap();
    let loaded: EtsFit = serde_json::from_str(&saved).unwrap();
    for (a, b) in loaded.forecast(5).mean.iter().zip(fit.forecast(5).mean) {
        assert!((a / b - 1.0).abs() < 1e-12);
    }
    let alpha = saved.find("\"alpha\":").unwrap() + "\"alpha\":".len();
    let damaged = format!("{}7{}", &saved[..alpha], &saved[alpha..]);
    assert!(serde_json::from_str::<EtsFit>(&damaged).is_err());
    let wrong = saved.replacen("\"season\":4", "\"season\":5", 1);
    assert!(serde_json::from_str::<EtsFit>(&wrong).is_err());
}

#[test]
fn what_cannot_be_fitted_is_refused_with_a_reason() {
    let fit = |values: &[f64], season, ets: Ets| ets.fit(&Series::new(values, season)?);
    for n in 1..5 {
        assert!(fit(&sales(n), 1, Ets::automatic()).unwrap_err().is_data(), "{n}");
    }
    let seasonal = Ets::form("ANA".parse().unwrap());
    assert!(fit(&sales(40), 1, seasonal.clone()).unwrap_err().hint().is_some());
    assert!(fit(&sales(7), 4, seasonal).unwrap_err().to_string().contains("observations"));
    let mut with_zero = sales(40);
    with_zero[3] = 0.0;
    let multiplicative = Ets::form("MNN".parse().unwrap());
    assert!(fit(&with_zero, 4, multiplicative).unwrap_err().to_string().contains("above zero"));
    assert!(fit(&[1e200; 20], 1, Ets::automatic()).unwrap_err().is_data());
    assert!(Ets::automatic().beta_limit(f64::NAN).unwrap_err().is_parameter());
}

#[test]
fn odd_series_give_finite_forecasts() {
    let mut spike = vec![0.0; 40];
    spike[20] = 1.0;
    let mut jump = vec![5.0; 40];
    jump[30..].fill(5e9);
    let negative: Vec<f64> = sales(40).iter().map(|value| -value).collect();
    let line: Vec<f64> = (0..40).map(f64::from).collect();
    for values in [vec![0.0; 40], vec![7.0; 40], spike, jump, negative, line, vec![1e-99; 9]] {
        for season in [1, 4, 12, 19, 30] {
            let fit = Ets::automatic().fit(&Series::new(&values, season).unwrap()).unwrap();
            let forecast = fit.forecast(30);
            assert!(forecast.mean.iter().all(|mean| mean.is_finite()), "{}", fit.name());
            let variance = forecast.variance.unwrap();
            assert!(variance.iter().all(|v| v.is_finite() && *v >= 0.0), "{}", fit.name());
            assert!(fit.log_likelihood().is_finite() && fit.fitted_values().len() == values.len());
        }
    }
    let constant = Ets::automatic().fit(&Series::new(&[7.0; 40], 4).unwrap()).unwrap();
    assert!(constant.forecast(5).mean.iter().all(|mean| (mean - 7.0).abs() < 1e-6));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_series_gives_finite_numbers(
        values in prop::collection::vec(-1e6_f64..1e6, 5..40),
        season in 1_usize..8,
        shift in prop::sample::select(vec![0.0, 2e6]),
    ) {
        let values: Vec<f64> = values.iter().map(|value| value + shift).collect();
        let fit = Ets::automatic().fit(&Series::new(&values, season).unwrap()).unwrap();
        let forecast = fit.forecast(15);
        prop_assert!(forecast.mean.iter().chain(forecast.variance.iter().flatten()).all(|x| x.is_finite()));
        prop_assert!(fit.diagnostics().is_some_and(|search| search.gradient_norm.is_finite()));
        for ((value, fitted), residual) in values.iter().zip(fit.fitted_values()).zip(fit.residuals()) {
            prop_assert!((value - fitted - residual).abs() <= 1e-9 * value.abs().max(1.0));
        }
    }
}
