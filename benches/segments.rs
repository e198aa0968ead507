//! Clusters of customers: one fit by Lloyd's steps, and the assignment of new rows.

use criterion::{Criterion, Throughput};
use crmstat_models::{matrix::Matrix, segments::KMeans};
use std::hint::black_box;

const CUSTOMERS: usize = 100_000;
const FEATURES: usize = 5;
const CLUSTERS: usize = 8;

/// Customers around eight centres, spread by the high bits of Knuth's generator.
fn customers() -> Vec<f64> {
    let spread = |at: u64| {
        let bits = at.wrapping_mul(6_364_136_223_846_793_005) >> 33;
        bits as f64 / f64::from(1_u32 << 31)
    };
    (0..CUSTOMERS * FEATURES)
        .map(|at| {
            let centre = at / FEATURES % CLUSTERS * (at % FEATURES + 1) % CLUSTERS;
            centre as f64 + spread(at as u64)
        })
        .collect()
}

fn main() {
    let mut criterion = Criterion::default().sample_size(20).configure_from_args();
    let values = customers();
    let rows = Matrix::new(&values, FEATURES).expect("finite rows");
    let params = KMeans::params(CLUSTERS).restarts(1).seed(42).check().expect("valid parameters");

    let mut group = criterion.benchmark_group("k-means");
    group.throughput(Throughput::Elements(CUSTOMERS as u64));
    group.bench_function("fit", |bencher| {
        bencher.iter(|| params.fit(black_box(rows)).expect("enough distinct rows"));
    });
    let model = params.fit(rows).expect("enough distinct rows").model;
    group.bench_function("assign", |bencher| {
        bencher.iter(|| model.assign(black_box(rows)).expect("rows of the fit's width"));
    });
    group.finish();
    criterion.final_summary();
}
