//! How fast is every family of forecasting models? A thousand series each, so that the time of one is a thousandth.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use crmstat_models::forecast::{
    Fitted, Model, Series,
    anomalies::{Anomalies, Changepoints},
    arima::Arima,
    baseline::Baseline,
    ces::Ces,
    ensemble::Ensemble,
    ets::Ets,
    intermittent::Intermittent,
    intervals::{Past, Paths},
    mstl::Mstl,
    regression::{Regression, Seasonality},
    theta::{Theta, Variant},
};
use std::hint::black_box;

const SERIES: usize = 1_000;

/// Six years of months.
const MONTHS: usize = 72;

const HORIZON: usize = 12;

/// Sales with growth, a season and irregularities from a formula, different for each `kind`.
fn sales(kind: usize) -> Vec<f64> {
    (0..MONTHS)
        .map(|t| {
            let (at, kind) = (t as f64, kind as f64);
            let season = 1.0 + 0.3 * (at * std::f64::consts::TAU / 12.0 + kind).sin();
            let irregular = 1.0 + 0.1 * (at * (1.3 + 0.37 * kind)).sin();
            100.0 * (1.0 + 0.002 * (kind % 9.0) * at) * season * irregular
        })
        .collect()
}

/// A demand of one month in three or four.
fn demand(kind: usize) -> Vec<f64> {
    (0..MONTHS)
        .map(|t| {
            if (t * 7 + kind).is_multiple_of(3 + kind % 2) {
                1.0 + ((t + kind) % 4) as f64
            } else {
                0.0
            }
        })
        .collect()
}

fn families(criterion: &mut Criterion) {
    let models: Vec<(&str, Box<dyn Model>)> = vec![
        ("seasonal naive", Box::new(Baseline::SeasonalNaive)),
        ("ets", Box::new(Ets::automatic())),
        ("theta", Box::new(Theta::new(Variant::Standard))),
        ("dotm", Box::new(Theta::new(Variant::DynamicOptimised))),
        ("ces", Box::new(Ces::new())),
        ("arima", Box::new(Arima::automatic())),
        ("mstl", Box::new(Mstl::automatic())),
        (
            "regression",
            Box::new(Regression::new().seasonality(Seasonality::Dummies).autoregressive(true)),
        ),
        ("ensemble", Box::new(Ensemble::standard())),
    ];
    let all: Vec<Vec<f64>> = (0..SERIES).map(sales).collect();
    let sparse: Vec<Vec<f64>> = (0..SERIES).map(demand).collect();
    let mut group = criterion.benchmark_group("forecast");
    group.throughput(Throughput::Elements(SERIES as u64)).sample_size(10);
    let mut of = |name: &str, model: &dyn Model, all: &[Vec<f64>]| {
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| {
                for values in all {
                    let series = Series::new(values, 12).expect("finite values");
                    let fitted = model.fit(&series).expect("a series of six years");
                    black_box(fitted.forecast(HORIZON));
                }
            });
        });
    };
    for (name, model) in &models {
        of(name, model.as_ref(), &all);
    }
    of("imapa", &Intermittent::default(), &sparse);
    of("ensemble of sparse demand", &Ensemble::standard(), &sparse);
    group.finish();
}

fn after_the_fit(criterion: &mut Criterion) {
    let values = sales(3);
    let series = Series::new(&values, 12).expect("finite values");
    let fit = Ensemble::standard().fit(&series);
    let mut group = criterion.benchmark_group("after the fit");
    group.bench_function("past errors", |b| b.iter(|| Past::of(black_box(&fit), &series, HORIZON)));
    group.bench_function("2,000 paths", |b| {
        b.iter(|| Paths::simulate(black_box(&fit), HORIZON, 2_000, 1));
    });
    group.bench_function("anomalies", |b| b.iter(|| Anomalies::default().find(black_box(&series))));
    group
        .bench_function("changes", |b| b.iter(|| Changepoints::default().find(black_box(&series))));
    group.finish();
}

criterion_group!(benches, families, after_the_fit);
criterion_main!(benches);
