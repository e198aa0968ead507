//! From a file to gathered customers and to typed orders: text, compressed text, Parquet, lines of orders.

mod input;

use criterion::{Criterion, Throughput};
use crmstat::{
    analysis::rfm::{self, Options},
    data::{Field, Orders, OrdersQuery},
    ingest::{Export, ReadOptions},
};
use std::{hint::black_box, path::Path};

fn open(file: &Path) -> Export {
    let name = file.to_str().expect("a temporary name is UTF-8");
    Export::open(&[name], ReadOptions::default()).expect("a generated export")
}

fn main() {
    let inputs = input::Inputs::generate();
    let mut criterion = Criterion::default().sample_size(20).configure_from_args();

    // One pass that keeps one value per customer: parsing, interning, counting, scoring.
    let mut group = criterion.benchmark_group("customers");
    for (name, file) in inputs.files() {
        group.throughput(Throughput::Elements(input::ORDERS));
        group.bench_function(name, |bencher| {
            let options = Options::default();
            bencher.iter(|| rfm::score(&mut open(file), &options).expect("orders").result.len());
        });
    }
    group.finish();

    // Every order kept, by customer and time, with a field of text as sorted labels.
    let mut group = criterion.benchmark_group("orders");
    for (name, file) in inputs.files() {
        group.throughput(Throughput::Elements(input::ORDERS));
        group.bench_function(name, |bencher| {
            let query = OrdersQuery { fields: vec![Field::Product], ..OrdersQuery::default() };
            bencher.iter(|| black_box(Orders::read(&mut open(file), &query).expect("orders")));
        });
    }
    group.finish();
    criterion.final_summary();
}
