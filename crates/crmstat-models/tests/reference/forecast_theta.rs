//! Theta, complex exponential smoothing, ARIMA and the intermittent models against published figures
//! and statsforecast 2.1.1 (the files in `../shared/reference` say how they were obtained).

use std::{collections::HashMap, fs, path::Path, time::Instant};

use crmstat_models::forecast::{
    Fitted, Series,
    theta::{Theta, Variant},
};
use serde_json::Value;

use crate::shared;

/// The classic series by name, without their missing values.
fn classics(path: &Path) -> HashMap<String, Vec<f64>> {
    let mut series: HashMap<String, Vec<f64>> = HashMap::new();
    for line in fs::read_to_string(path).unwrap().lines().skip(1) {
        let mut cells = line.split(',');
        let (name, _, value) = (cells.next().unwrap(), cells.next(), cells.next().unwrap());
        if let Ok(value) = value.parse() {
            series.entry(name.to_owned()).or_default().push(value);
        }
    }
    series
}

/// A wide file: one series a row, ragged, the id first.
fn wide(path: &Path) -> Vec<(String, Vec<f64>)> {
    let text = fs::read_to_string(path).unwrap();
    let row = |line: &str| {
        let (id, cells) = line.split_once(',').unwrap();
        let values = cells.split(',').map_while(|cell| cell.trim().parse().ok()).collect();
        (id.to_owned(), values)
    };
    text.lines().filter(|line| !line.starts_with("id,")).map(row).collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The largest difference, relative to the largest expected value.
fn distance(found: &[f64], expected: &[f64]) -> f64 {
    let largest = expected.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) / largest
}

/// Mean sMAPE (0–200) and MASE over a set, as `statsforecast_accuracy.json` defines them.
fn accuracy(set: &str, season: usize, forecast: impl Fn(&Series<'_>, usize) -> Vec<f64>) -> Option<(f64, f64)> {
    let train = wide(&shared(&format!("data/forecast/{set}-train.csv"))?);
    let test = wide(&shared(&format!("data/forecast/{set}-test.csv"))?);
    let started = Instant::now();
    let (mut smape, mut mase, mut counted) = (0.0, 0.0, 0.0);
    for ((id, history), (test_id, future)) in train.iter().zip(&test) {
        assert_eq!(id, test_id);
        let mean = forecast(&Series::new(history, season).unwrap(), future.len());
        let scale = history.iter().zip(&history[season..]).map(|(a, b)| (a - b).abs()).sum::<f64>()
            / (history.len() - season) as f64;
        let terms = future.iter().zip(&mean);
        let count = future.len() as f64;
        smape += terms.clone().map(|(y, f)| 200.0 * (y - f).abs() / (y.abs() + f.abs())).sum::<f64>() / count;
        mase += terms.map(|(y, f)| (y - f).abs()).sum::<f64>() / count / scale;
        counted += 1.0;
    }
    let rate = counted / started.elapsed().as_secs_f64();
    eprintln!("{set}: sMAPE {:.3} MASE {:.4}, {rate:.0} series/s", smape / counted, mase / counted);
    Some((smape / counted, mase / counted))
}

#[test]
fn dynamic_optimised_theta_equals_statsforecast_needs_shared_data() {
    let (Some(figures), Some(data)) = (
        shared("reference/statsforecast_classic.json"),
        shared("data/forecast/classic/classic_values.csv"),
    ) else {
        return;
    };
    let classics = classics(&data);
    for (name, case) in json(&figures)["series"].as_object().unwrap() {
        let season = case["m"].as_u64().unwrap() as usize;
        let series = Series::new(&classics[name], season).unwrap();
        for (variant, model) in [
            (Variant::Standard, "Theta"),
            (Variant::Optimised, "OptimizedTheta"),
            (Variant::DynamicStandard, "DynamicTheta"),
            (Variant::DynamicOptimised, "DynamicOptimizedTheta"),
        ] {
            let expected = numbers(&case["models"][model]["mean"]);
            let fitted = Theta::new(variant).fit(&series).unwrap();
            let found = fitted.forecast(expected.len()).mean;
            eprintln!(
                "{name} {model}: {:.2e} alpha {} theta {} l0 {} sse {}",
                distance(&found, &expected),
                fitted.alpha(), fitted.theta(), fitted.initial_level(), fitted.sum_of_squares()
            );
        }
    }
}

#[test]
fn theta_accuracy_needs_shared_data() {
    for (set, season) in [
        ("m3/M3-yearly", 1),
        ("m3/M3-quarterly", 4),
        ("m3/M3-monthly", 12),
        ("tourism_comp/tourism-quarterly", 4),
        ("tourism_comp/tourism-monthly", 12),
    ] {
        for variant in [Variant::Standard, Variant::Optimised, Variant::DynamicStandard, Variant::DynamicOptimised] {
            eprintln!("{variant:?}");
            accuracy(set, season, |series, horizon| {
                Theta::new(variant).fit(series).unwrap().forecast(horizon).mean
            });
        }
    }
}
