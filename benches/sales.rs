//! From a file to sales by month and column, and to KPIs.

mod input;

use criterion::{Criterion, Throughput};
use crmstat::{
    analysis::{
        kpi,
        sales::{self, Measure, Query},
    },
    ingest::{Export, ReadOptions},
};
use std::path::Path;

fn open(file: &Path) -> Export {
    let name = file.to_str().expect("a temporary name is UTF-8");
    Export::open(&[name], ReadOptions::default()).expect("a generated export")
}

fn main() {
    let inputs = input::Inputs::generate();
    let mut criterion = Criterion::default().sample_size(20).configure_from_args();

    // Revenue is added up while it is read; customers take the orders.
    for measure in [Measure::Revenue, Measure::Customers] {
        let mut group = criterion.benchmark_group(format!("sales/{}", measure.name()));
        for (name, file) in inputs.files() {
            group.throughput(Throughput::Elements(input::ORDERS));
            group.bench_function(name, |bencher| {
                let by = vec!["product".to_owned()];
                let query = Query { measures: vec![measure], by, ..Query::default() };
                bencher.iter(|| {
                    let found = sales::sales(&mut open(file), &query, &[]).expect("orders");
                    found.result.rows().len()
                });
            });
        }
        group.finish();
    }

    let mut group = criterion.benchmark_group("kpi");
    for (name, file) in inputs.files() {
        group.throughput(Throughput::Elements(input::ORDERS));
        group.bench_function(name, |bencher| {
            let query = kpi::Query::default();
            bencher.iter(|| {
                let found = kpi::kpis(&mut open(file), &query, &[]).expect("orders");
                found.result.rows().len()
            });
        });
    }
    group.finish();
    criterion.final_summary();
}
