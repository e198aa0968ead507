//! Effects that are known, and none.

use super::*;

/// Working days of months, 20 to 23, without a season.
fn working_days(count: usize) -> Vec<f64> {
    (0..count).map(|month| 20.0 + 0.5 * (month * 5 % 7) as f64).collect()
}

fn noise(at: usize) -> f64 {
    ((at * 37 + at * at * 11) % 17) as f64 - 8.0
}

#[test]
fn an_effect_is_found_and_carried_on() {
    let days = working_days(72);
    let sales: Vec<f64> = (0..60).map(|t| 100.0 + 50.0 * days[t] + noise(t)).collect();
    let drivers = [Driver::new("working days", days.clone())];
    let ensemble = Ensemble::standard();
    let fit = Driven::new(&ensemble, &drivers).fit(&Series::new(&sales, 12).unwrap()).unwrap();
    let [(name, slope)] = fit.coefficients() else { panic!("{fit:?}") };
    assert!(name == "working days" && (slope - 50.0).abs() < 3.0, "{slope}");
    for (step, mean) in fit.forecast(12).mean.iter().enumerate() {
        let truth = 100.0 + 50.0 * days[60 + step];
        assert!((mean - truth).abs() < 20.0, "{step}: {mean} for {truth}");
    }
    assert!(fit.name().starts_with("working days + "));
    assert!((sales[30] - fit.fitted_values()[30] - fit.residuals()[30]).abs() < 1e-9);
}

#[test]
fn drivers_that_explain_nothing_change_nothing() {
    let sales: Vec<f64> = (0..60).map(|t| 100.0 + noise(t)).collect();
    let series = Series::new(&sales, 12).unwrap();
    let ensemble = Ensemble::standard();
    let unrelated = [Driver::new("moon", (0..72).map(|t| f64::from(t * 29 % 5)).collect())];
    let fit = Driven::new(&ensemble, &unrelated).fit(&series).unwrap();
    assert_eq!(fit.forecast(6), ensemble.fit(&series).forecast(6));
    assert_eq!(fit.notes(), ["its regressors explain nothing and are left out"]);
    let still = [Driver::new("constant", vec![3.0; 72])];
    let fit = Driven::new(&ensemble, &still).fit(&series).unwrap();
    assert!(fit.notes().is_empty() && fit.coefficients().is_empty());
    let short = Series::new(&sales[..9], 12).unwrap();
    let fit = Driven::new(&ensemble, &unrelated).fit(&short).unwrap();
    assert!(fit.notes().last().unwrap().contains("too few"), "{:?}", fit.notes());
}

#[test]
fn what_became_known_later_is_not_used() {
    let mut plan: Vec<f64> = (0..50).map(|t| f64::from(t % 6 == 0)).collect();
    let driver = Driver::new("promotion", plan.clone()).known_from(vec![0; 44]);
    let later = Driver::new("promotion", plan.clone())
        .known_from((0..50).map(|t| if t < 44 { 0 } else { 45 }).collect());
    assert_eq!(driver.at(48, 40), 1.0);
    // The last value known at the origin is that of period 43.
    assert_eq!(later.at(48, 40), plan[43]);
    assert_eq!(later.at(48, 45), 1.0);
    // What was observed is known, whenever it was planned.
    assert_eq!(later.at(44, 45), plan[44]);
    let sales: Vec<f64> = (0..40).map(|t| 100.0 + 30.0 * plan[t] + noise(t)).collect();
    let series = Series::new(&sales, 1).unwrap();
    let ensemble = Ensemble::standard();
    let forecast = |drivers: &[Driver]| {
        Driven::new(&ensemble, drivers).fit(&series).unwrap().forecast(10).mean
    };
    let before = forecast(std::slice::from_ref(&later));
    plan[48] = 0.0;
    let changed = Driver { values: plan, ..later };
    assert_eq!(forecast(&[changed]), before);
}

#[test]
fn days_have_a_week_and_a_year() {
    let truth = |t: usize| {
        let year = 60.0 * (std::f64::consts::TAU * t as f64 / 365.0).sin();
        300.0 + year + [0.0, 10.0, 20.0, 10.0, 30.0, -40.0, -30.0][t % 7]
    };
    let sales: Vec<f64> = (0..900).map(|t| truth(t) + noise(t)).collect();
    let ensemble = Ensemble::standard();
    let series = Series::new(&sales, 7).unwrap();
    let error = |fit: &DrivenFit| -> f64 {
        let forecast = fit.forecast(90).mean;
        forecast.iter().enumerate().map(|(h, mean)| (mean - truth(900 + h)).abs() / 90.0).sum()
    };
    let with = Driven::new(&ensemble, &[]).year(Some(365)).fit(&series).unwrap();
    let without = Driven::new(&ensemble, &[]).fit(&series).unwrap();
    assert!(with.has_year() && !without.has_year());
    assert!(error(&with) < 0.3 * error(&without), "{} {}", error(&with), error(&without));
    // Noise is no season of the year, and one year is not enough to see one.
    let flat: Vec<f64> = (0..900).map(|t| 300.0 + noise(t)).collect();
    let of = |values: &[f64]| {
        let series = Series::new(values, 7).unwrap();
        Driven::new(&ensemble, &[]).year(Some(365)).fit(&series).unwrap().has_year()
    };
    assert!(!of(&flat) && !of(&sales[..700]));
}

#[test]
fn sales_stay_above_zero_and_odd_series_are_left_alone() {
    let ensemble = Ensemble::standard();
    let drivers = [Driver::new("x", (0..60).map(|t| f64::from(t % 5)).collect())];
    let driven = Driven::new(&ensemble, &drivers).year(Some(365));
    for values in
        [vec![0.0; 40], vec![7.0; 40], vec![1.0], vec![0.0, 3.0, 0.0, 0.0, 2.0, 0.0, 0.0, 3.0]]
    {
        let fit = driven.fit(&Series::new(&values, 7).unwrap()).unwrap();
        assert!(fit.forecast(8).mean.iter().all(|mean| mean.is_finite() && *mean >= 0.0));
    }
    let falling: Vec<f64> =
        (0..50).map(|t| (100.0 - 2.0 * f64::from(t) + 3.0 * f64::from(t % 5)).max(0.0)).collect();
    let fit = driven.fit(&Series::new(&falling, 1).unwrap()).unwrap();
    assert!(fit.forecast(10).mean.iter().all(|mean| *mean >= 0.0));
    let short = [Driver::new("x", vec![1.0; 3])];
    let error = Driven::new(&ensemble, &short).fit(&Series::new(&falling, 1).unwrap()).unwrap_err();
    assert!(error.is_parameter());
}

/// The ensemble of the members of `fit` as a file keeps them.
fn kept(fit: &DrivenFit) -> Ensemble {
    let members = fit.ensemble().members().map(|member| {
        let saved = crate::forecast::saved::SavedModel::of(member).unwrap();
        let text = serde_json::to_string(&saved).unwrap();
        Box::new(serde_json::from_str::<crate::forecast::saved::SavedModel>(&text).unwrap())
            as Box<dyn Model>
    });
    Ensemble::of(members.collect()).unwrap()
}

#[test]
fn effects_go_on_with_new_observations() {
    let days = working_days(72);
    let sales: Vec<f64> = (0..60).map(|t| 100.0 + 50.0 * days[t] + noise(t)).collect();
    let drivers = [Driver::new("working days", days.clone())];
    let ensemble = Ensemble::standard();
    let before = Series::new(&sales[..52], 12).unwrap();
    let fit = Driven::new(&ensemble, &drivers).fit(&before).unwrap();
    let effects: SavedEffects =
        serde_json::from_str(&serde_json::to_string(&fit.effects()).unwrap()).unwrap();
    let members = kept(&fit);
    let driven = Driven::new(&members, &drivers);
    // Over what it has seen it is what it was.
    for (ours, theirs) in
        driven.resume(&effects, &before).unwrap().forecast(8).mean.iter().zip(fit.forecast(8).mean)
    {
        assert!((ours / theirs - 1.0).abs() < 1e-6, "{ours} {theirs}");
    }
    let later = driven.resume(&effects, &Series::new(&sales, 12).unwrap()).unwrap();
    let slope = |fit: &DrivenFit| fit.coefficients()[0].1;
    assert!((slope(&later) / slope(&fit) - 1.0).abs() < 1e-12);
    for (step, mean) in later.forecast(12).mean.iter().enumerate() {
        let truth = 100.0 + 50.0 * days[60 + step];
        assert!((mean - truth).abs() < 25.0, "{step}: {mean} for {truth}");
    }
    let without = Driven::new(&members, &[]).resume(&effects, &before).unwrap_err();
    assert!(without.is_data() && without.to_string().contains("`working days`"), "{without}");
    let short = driven.resume(&effects, &before.head(40)).unwrap_err();
    assert!(short.is_data() && short.to_string().contains("52 were seen"), "{short}");
    let nothing = driven.resume(&SavedEffects::default(), &before).unwrap();
    assert_eq!(nothing.notes(), ["its saved model uses no regressors"]);
}

#[test]
fn the_season_of_the_year_goes_on_from_where_it_was() {
    let day = |t: usize| {
        let year = (std::f64::consts::TAU * t as f64 / 365.0).sin();
        200.0 + 80.0 * year + 10.0 * (t % 7) as f64 + noise(t)
    };
    let sales: Vec<f64> = (0..900).map(day).collect();
    let ensemble = Ensemble::standard();
    let before = Series::new(&sales[..800], 7).unwrap();
    let fit = Driven::new(&ensemble, &[]).year(Some(365)).fit(&before).unwrap();
    assert!(fit.has_year());
    let members = kept(&fit);
    let later = Driven::new(&members, &[])
        .resume(&fit.effects(), &Series::new(&sales, 7).unwrap())
        .unwrap();
    for (step, mean) in later.forecast(60).mean.iter().enumerate() {
        let truth = day(900 + step);
        assert!((mean - truth).abs() < 45.0, "{step}: {mean} for {truth}");
    }
}
