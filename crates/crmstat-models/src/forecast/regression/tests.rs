use linfa::traits::Fit as _;
use rand_distr::{Distribution, StandardNormal};

use super::*;
use crate::random;

fn noise(n: usize, seed: u64) -> Vec<f64> {
    let mut generator = random::generator(seed);
    (0..n).map(|_| StandardNormal.sample(&mut generator)).collect()
}

#[test]
fn coefficients_equal_those_of_linfa() {
    let (price, shocks) = (noise(60, 1), noise(60, 2));
    let y: Vec<f64> = (0..60).map(|t| 5.0 + 0.3 * t as f64 - 2.0 * price[t] + shocks[t]).collect();
    let fit =
        Regression::new().regressor("price", &price).fit(&Series::new(&y, 1).unwrap()).unwrap();
    let records = ndarray::Array2::from_shape_fn((60, 2), |(t, column)| {
        if column == 0 { (t + 1) as f64 } else { price[t] }
    });
    let dataset = linfa::Dataset::new(records, ndarray::Array1::from(y));
    let oracle = linfa_linear::LinearRegression::new().fit(&dataset).unwrap();
    assert!((fit.coefficient("intercept").unwrap() - oracle.intercept()).abs() < 1e-9);
    assert!((fit.coefficient("trend").unwrap() - oracle.params()[0]).abs() < 1e-9);
    assert!((fit.coefficient("price").unwrap() - oracle.params()[1]).abs() < 1e-9);
}

#[test]
fn dummies_and_all_fourier_terms_say_the_same() {
    let y: Vec<f64> = noise(50, 3).iter().enumerate().map(|(t, e)| e + (t % 6) as f64).collect();
    let series = Series::new(&y, 6).unwrap();
    let dummies = Regression::new().seasonality(Seasonality::Dummies).fit(&series).unwrap();
    let fourier = Regression::new().seasonality(Seasonality::Fourier(3)).fit(&series).unwrap();
    let (a, b) = (dummies.forecast(9), fourier.forecast(9));
    for h in 0..9 {
        assert!((a.mean[h] - b.mean[h]).abs() < 1e-9, "{h}");
        let (a, b) = (a.variance.as_ref().unwrap()[h], b.variance.as_ref().unwrap()[h]);
        assert!((a / b - 1.0).abs() < 1e-9, "{h}");
    }
    let few = Regression::new().seasonality(Seasonality::Fourier(4));
    assert!(few.fit(&series).unwrap_err().is_parameter());
}

/// 600 periods of a line with errors of which 0.7 carries over.
fn carried(seed: u64) -> RegressionFit {
    let mut error = 0.0;
    let y: Vec<f64> = noise(600, seed)
        .iter()
        .enumerate()
        .map(|(t, shock)| {
            error = 0.7 * error + shock;
            10.0 + 0.05 * t as f64 + error
        })
        .collect();
    Regression::new().autoregressive(true).fit(&Series::new(&y, 1).unwrap()).unwrap()
}

#[test]
fn carried_errors_are_found() {
    let shares: Vec<f64> = (0..40).map(|seed| carried(seed).carried_share()).collect();
    let mean = shares.iter().sum::<f64>() / 40.0;
    // Four standard errors √((1 − ρ²)/600/40), and the known bias of about −(2 + 4ρ)/n.
    assert!((mean - 0.7 + 0.008).abs() < 4.0 * 0.0046, "{mean}");
}

#[test]
fn carried_errors_fade_in_the_forecast() {
    let fit = carried(4);
    assert!(fit.has_converged());
    let line =
        |t: f64| fit.coefficient("intercept").unwrap() + fit.coefficient("trend").unwrap() * t;
    let forecast = fit.forecast(40);
    let rest = |h: usize| forecast.mean[h] - line(601.0 + h as f64);
    assert!((rest(1) / rest(0) - fit.carried_share()).abs() < 1e-6);
    let variance = forecast.variance.unwrap();
    let stationary = fit.error_variance() / (1.0 - fit.carried_share().powi(2));
    // Beyond the errors' own variance there is the line's: 4/(n(1 − ρ)²) at its end, a little more later.
    let line_share = 4.0 / 600.0 / (1.0 - fit.carried_share()).powi(2);
    let excess = (variance[39] - stationary) / fit.error_variance();
    assert!(excess > line_share && excess < 1.5 * line_share, "{excess} {line_share}");
    assert!(variance[0] < 0.7 * variance[39]);
}

#[test]
fn ridge_shrinks_and_tells_twins_apart() {
    let x = noise(40, 5);
    let y: Vec<f64> = x.iter().map(|x| 3.0 + 4.0 * x).collect();
    let series = Series::new(&y, 1).unwrap();
    let twins = Regression::new().trend(false).regressor("one", &x).regressor("two", &x);
    assert!(twins.fit(&series).unwrap_err().to_string().contains("depends on"));
    let ridge = twins.method(Method::Ridge(0.01)).fit(&series).unwrap();
    let (one, two) = (ridge.coefficient("one").unwrap(), ridge.coefficient("two").unwrap());
    // Both share 4·(2/(2 + λ)) evenly.
    assert!((one - two).abs() < 1e-9 && (one + two - 4.0 * 2.0 / 2.01).abs() < 1e-9, "{one} {two}");
    assert!(Regression::new().method(Method::Ridge(-1.0)).fit(&series).is_err());
}

#[test]
fn huber_bears_outliers() {
    let mut y: Vec<f64> =
        noise(60, 6).iter().enumerate().map(|(t, e)| 2.0 * t as f64 + 0.1 * e).collect();
    y[50] += 1000.0;
    y[20] -= 700.0;
    let series = Series::new(&y, 1).unwrap();
    let robust = Regression::new().method(Method::Huber).fit(&series).unwrap();
    assert!(robust.has_converged());
    assert!((robust.coefficient("trend").unwrap() - 2.0).abs() < 0.01);
    let plain = Regression::new().fit(&series).unwrap();
    assert!((plain.coefficient("trend").unwrap() - 2.0).abs() > 0.1);
}

#[test]
fn known_drivers_lead_and_then_hold() {
    let promotion = [0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0];
    let y = [1.0, 4.0, 1.0, 4.0, 1.0, 1.0];
    let params = Regression::new().trend(false).regressor("promotion", &promotion);
    let fit = params.fit(&Series::new(&y, 1).unwrap()).unwrap();
    assert!(fit.forecast(4).mean.iter().all(|mean| (mean - 4.0).abs() < 1e-9));
    let late = Regression::new().regressor("promotion", &promotion[..5]);
    assert!(late.fit(&Series::new(&y, 1).unwrap()).unwrap_err().is_parameter());
    assert!(Regression::new().fit(&Series::new(&y[..3], 1).unwrap()).unwrap_err().is_data());
}

#[test]
fn a_saved_regression_forecasts_the_same() {
    let y = noise(30, 7);
    let params = Regression::new().seasonality(Seasonality::Fourier(1)).autoregressive(true);
    let fit = params.fit(&Series::new(&y, 4).unwrap()).unwrap();
    let saved = serde_json::to_string(&fit).unwrap();
    let loaded: RegressionFit = serde_json::from_str(&saved).unwrap();
    for (a, b) in loaded.forecast(5).mean.iter().zip(fit.forecast(5).mean) {
        assert!((a - b).abs() < 1e-9);
    }
    assert!(
        serde_json::from_str::<RegressionFit>(&saved.replace("\"season\":4", "\"season\":0"))
            .is_err()
    );
}
