//! The model alone: quantiles, cut points and scores of a million customers.

use criterion::{BatchSize, Criterion, Throughput};
use crmstat_models::rfm::{Metrics, Params, quantile};
use std::hint::black_box;

const CUSTOMERS: u64 = 1_000_000;

/// Numbers without a pattern that a sort could use, many of them equal.
fn values(distinct: u64) -> Vec<f64> {
    // The multiplier of Knuth's linear congruential generator, its high bits.
    let step = |at: u64| at.wrapping_mul(6_364_136_223_846_793_005) >> 33;
    (0..CUSTOMERS).map(|at| (step(at) % distinct) as f64).collect()
}

fn main() {
    let mut criterion = Criterion::default().sample_size(20).configure_from_args();
    let (recency, frequency, monetary) = (values(900), values(40), values(10_000_000));
    let metrics = Metrics { recency: &recency, frequency: &frequency, monetary: &monetary };

    let mut group = criterion.benchmark_group("rfm");
    group.throughput(Throughput::Elements(CUSTOMERS));
    group.bench_function("fit", |bencher| {
        bencher.iter(|| Params::default().fit(black_box(&metrics)).expect("finite metrics"));
    });
    let fitted = Params::default().fit(&metrics).expect("finite metrics");
    group.bench_function("score", |bencher| {
        bencher.iter(|| {
            let score = |at: usize| fitted.score(recency[at], frequency[at], monetary[at]);
            (0..recency.len()).map(|at| u64::from(black_box(score(at)).monetary)).sum::<u64>()
        });
    });
    group.bench_function("quantile", |bencher| {
        bencher.iter_batched(
            || monetary.clone(),
            |mut values| quantile(&mut values, 0.5),
            BatchSize::LargeInput,
        );
    });
    group.finish();
    criterion.final_summary();
}
