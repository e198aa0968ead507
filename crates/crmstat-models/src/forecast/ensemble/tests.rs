//! What the ensemble does with its members, and with hostile series.

use super::*;
use crate::forecast::{ets::Ets, mstl::Mstl};

fn sales(n: usize) -> Vec<f64> {
    (0..n).map(|t| 20.0 + t as f64 + [4.0, -3.0, 1.0, -2.0][t % 4]).collect()
}

fn ensemble() -> Ensemble {
    Ensemble::of(vec![
        Box::new(Ets::automatic()),
        Box::new(Mstl::automatic()),
        Box::new(Baseline::SeasonalNaive),
    ])
    .unwrap()
}

/// A model that promises the moon.
#[derive(Debug)]
struct Rocket;

impl Model for Rocket {
    fn name(&self) -> &'static str {
        "rocket"
    }

    fn fit(&self, series: &Series<'_>) -> Result<Box<dyn Fitted>> {
        let last = series.values()[series.len() - 1];
        let steep = [last, last * 100.0];
        Model::fit(&Baseline::Drift, &Series::new(&steep, 1)?)
    }
}

#[test]
fn combinations_by_hand() {
    let of = |combination: Combination, values: &[f64]| combination.of(values.to_vec());
    assert_eq!(of(Combination::RobustMean, &[1.0, 2.0, 6.0]), 3.0);
    assert_eq!(of(Combination::RobustMean, &[100.0, 2.0, 4.0, 1.0]), 3.0);
    assert_eq!(of(Combination::Mean, &[100.0, 2.0, 4.0, 2.0]), 27.0);
    assert_eq!(of(Combination::Median, &[9.0, 1.0, 2.0]), 2.0);
    assert_eq!(of(Combination::Median, &[9.0, 1.0, 2.0, 4.0]), 3.0);
    assert!(of(Combination::RobustMean, &[f64::MAX; 3]).is_finite());
}

#[test]
fn members_agree_and_their_spread_widens_the_interval() {
    let values = sales(40);
    let series = Series::new(&values, 4).unwrap();
    let fit = ensemble().fit(&series);
    assert!(fit.notes().is_empty() && fit.name().starts_with("mean(ETS("));
    let all: Vec<Forecast> = fit.members().map(|member| member.forecast(3)).collect();
    let forecast = fit.forecast(3);
    let mean = all.iter().map(|member| member.mean[2]).sum::<f64>() / 3.0;
    assert!((forecast.mean[2] - mean).abs() < 1e-9);
    let within = limits::in_line(all.iter().map(|m| m.variance.as_ref().unwrap()[2]).collect());
    let between = all.iter().map(|m| (m.mean[2] - mean).powi(2)).sum::<f64>() / 3.0;
    let expected = within + between;
    assert!((forecast.variance.unwrap()[2] / expected - 1.0).abs() < 1e-9);
    assert_eq!(fit.residuals()[7], values[7] - fit.fitted_values()[7]);
}

#[test]
fn every_fallback_is_said() {
    let values = sales(3);
    let series = Series::new(&values, 4).unwrap();
    let only_ets = Ensemble::of(vec![Box::new(Ets::automatic())]).unwrap().fit(&series);
    assert_eq!(only_ets.notes().len(), 2);
    assert_eq!(only_ets.notes()[1].to_string(), "no model fits: seasonal naive stands in");
    let values = sales(40);
    let series = Series::new(&values, 4).unwrap();
    let rocket = Ensemble::of(vec![Box::new(Rocket), Box::new(Baseline::Naive)]).unwrap();
    let fit = rocket.fit(&series);
    assert!(matches!(fit.notes(), [Note::RanAway { .. }]));
    assert_eq!(fit.forecast(1).mean, [values[39]]);
    assert!(Ensemble::of(Vec::new()).unwrap_err().is_parameter());
}

#[test]
fn sales_are_not_negative_unless_they_were() {
    let falling: Vec<f64> = (0..20).map(|t| f64::from(20 - t)).collect();
    let drift = Ensemble::of(vec![Box::new(Baseline::Drift)]).unwrap();
    let fit = drift.fit(&Series::new(&falling, 1).unwrap());
    assert_eq!(fit.forecast(30).mean[29], 0.0);
    let mut generator = crate::random::generator(3);
    assert!(fit.simulate(30, &mut generator).unwrap().iter().all(|value| *value >= 0.0));
    let below: Vec<f64> = falling.iter().map(|value| value - 10.0).collect();
    let fit = drift.fit(&Series::new(&below, 1).unwrap());
    assert!(fit.floor().is_none() && fit.forecast(3).mean[2] < -10.0);
}

#[test]
fn the_standard_ensemble_does_not_know_the_unit() {
    // Growth by 1 % around a season of four, and irregularities from a formula.
    let values: Vec<f64> = (0..36)
        .map(|t| {
            let season = [1.3, 0.9, 0.7, 1.1][t % 4] + 0.05 * (t as f64 * 2.3).sin();
            100.0 * 1.01_f64.powi(t as i32) * season
        })
        .collect();
    let standard = Ensemble::standard();
    for season in [1, 4] {
        let forecast =
            |values: &[f64]| standard.fit(&Series::new(values, season).unwrap()).forecast(8).mean;
        let plain = forecast(&values);
        for factor in [1e-9, 1e9] {
            let scaled: Vec<f64> = values.iter().map(|value| value * factor).collect();
            for (a, b) in plain.iter().zip(forecast(&scaled)) {
                assert!((a - b / factor).abs() < 1e-6 * a.abs(), "{season} {factor}: {a} {b}");
            }
        }
    }
}

#[test]
fn the_standard_members_suit_the_season() {
    let values = sales(40);
    let standard = Ensemble::standard();
    let names = |season| {
        let fit = standard.fit(&Series::new(&values, season).unwrap());
        assert!(fit.notes().is_empty(), "{:?}", fit.notes());
        fit.members().map(|member| member.name().to_string()).collect::<Vec<_>>()
    };
    let seasonal = names(4);
    assert!(seasonal[1].starts_with("CES(") && seasonal[2] == "adjusted Theta(DOTM)");
    assert_eq!(seasonal[3], "adjusted log Theta(STM)");
    let short = names(39);
    assert!(short[0].starts_with("ETS(") && short[1].starts_with("CES("));
    assert_eq!(short[2..4], ["Theta(DOTM)", "Theta(STM)"]);
    assert!(short[4].starts_with("ARIMA(") && short.len() == 5);
    assert_eq!(names(24)[3], "adjusted Theta(STM)");
    let yearly = names(1);
    assert_eq!(yearly[..5], short);
    assert_eq!(yearly[5..], ["drift", "cautious drift", "log drift", "log cautious drift"]);
}

#[test]
fn hostile_series_all_get_a_finite_forecast() {
    let mut spike = vec![0.0; 30];
    spike[9] = 1e9;
    let hostile: Vec<Vec<f64>> = vec![
        vec![0.0],
        vec![1.0, 2.0],
        vec![0.0; 12],
        vec![5.0; 30],
        spike,
        vec![-3.0, -8.0, -1.0, -4.0, -3.0, -8.0, -1.0, -5.0],
        vec![1e200, 1e-200, 1e200, 3.0, 1e200, 1e100],
    ];
    let series: Vec<Series<'_>> =
        hostile.iter().map(|values| Series::new(values, 4).unwrap()).collect();
    let standard = Ensemble::standard();
    for fit in ensemble().fit_all(&series).into_iter().chain(standard.fit_all(&series)) {
        let forecast = fit.forecast(24);
        assert!(forecast.mean.iter().all(|mean| mean.is_finite()), "{fit:?}");
        assert!(forecast.variance.unwrap().iter().all(|v| v.is_finite()), "{fit:?}");
    }
}
