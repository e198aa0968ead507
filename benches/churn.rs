//! Churn: what it costs to learn, to score a table, and to score one customer.

use criterion::{Criterion, Throughput};
use crmstat::{
    analysis::churn::{self, Value},
    data::{Orders, OrdersQuery},
    features::History,
    generate::{Part, Spec},
    ingest::{Export, ReadOptions},
    write::{Format, write_atomically},
};
use crmstat_models::churn::{Boosting, Logistic, Rows, Sample};
use std::hint::black_box;

const ROWS: usize = 100_000;
const FEATURES: usize = 20;
/// Rows that trees are grown on: about those of one cutoff.
const GROWN: usize = 20_000;

/// Numbers from 0 to 1 by the high bits of Knuth's generator.
fn spread(at: usize) -> f64 {
    let bits = (at as u64 + 1).wrapping_mul(6_364_136_223_846_793_005) >> 33;
    bits as f64 / f64::from(1_u32 << 31)
}

/// Customers of whom the first three features say who leaves.
fn customers() -> (Vec<f64>, Vec<bool>) {
    let values: Vec<f64> = (0..ROWS * FEATURES).map(spread).collect();
    let left = values.chunks(FEATURES).zip(0..).map(|(row, at)| {
        let log_odds = 3.0 * row[0] - 2.0 * row[1] * row[2] - 1.0;
        spread(ROWS * FEATURES + at * 7) < 1.0 / (1.0 + f64::exp(-log_odds))
    });
    let left = left.collect();
    (values, left)
}

/// A model of generated orders, and the values of one customer.
fn fitted() -> (churn::Model, Vec<Value<'static>>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("orders.csv");
    let world = Spec::new().customers(3_000).orders(30_000).check().expect("a possible world");
    write_atomically(&path, |out| world.write(Part::Main, Format::Csv, out))
        .expect("room for a temporary file");
    let mut export =
        Export::open(&[path.display().to_string()], ReadOptions::default()).expect("an export");
    let orders = Orders::read(&mut export, &OrdersQuery::default()).expect("orders").result;
    let options = churn::Options {
        learning: churn::Learning {
            learner: Some(churn::LearnerKind::Logistic),
            ..churn::Learning::default()
        },
        ..churn::Options::default()
    };
    let model = churn::fit(&History::new(&orders), &options).expect("customers who left").model;
    let values = model.columns().zip(1..).map(|(_, place)| Value::Number(f64::from(place)));
    let values = values.collect();
    (model, values)
}

fn main() {
    let mut criterion = Criterion::default().sample_size(20).configure_from_args();
    let (values, left) = customers();
    let rows = Rows::new(&values, FEATURES).expect("whole rows");
    let sample = Sample::new(rows, &left).expect("a label for each row");

    let mut group = criterion.benchmark_group("logistic");
    group.throughput(Throughput::Elements(ROWS as u64));
    group.bench_function("fit", |bencher| {
        bencher.iter(|| Logistic::params().fit(black_box(sample)).expect("both labels"));
    });
    let logistic = Logistic::params().fit(sample).expect("both labels");
    group.bench_function("score", |bencher| {
        bencher.iter(|| logistic.probabilities(black_box(rows)).expect("rows of the fit's width"));
    });
    group.finish();

    let part = Rows::new(&values[..GROWN * FEATURES], FEATURES).expect("whole rows");
    let part = Sample::new(part, &left[..GROWN]).expect("a label for each row");
    let mut group = criterion.benchmark_group("trees");
    group.throughput(Throughput::Elements(GROWN as u64));
    group.bench_function("fit", |bencher| {
        bencher.iter(|| Boosting::params().fit(black_box(part)).expect("both labels"));
    });
    let trees = Boosting::params().fit(part).expect("both labels");
    group.bench_function("score", |bencher| {
        bencher.iter(|| trees.probabilities(black_box(part.rows())).expect("the fit's width"));
    });
    let explainer = trees.explainer();
    let mut contributions = vec![0.0; FEATURES];
    group.bench_function("explain", |bencher| {
        bencher.iter(|| {
            for row in part.rows().iter() {
                explainer
                    .explain_into(black_box(row), &mut contributions)
                    .expect("the fit's width");
            }
        });
    });
    group.finish();

    let mut group = criterion.benchmark_group("one customer");
    let row = rows.row(0);
    group.bench_function("logistic", |bencher| {
        bencher.iter(|| logistic.probability(black_box(row)).expect("the fit's width"));
    });
    group.bench_function("trees", |bencher| {
        bencher.iter(|| trees.probability(black_box(row)).expect("the fit's width"));
    });
    let (model, customer) = fitted();
    group.bench_function("whole model", |bencher| {
        bencher.iter(|| model.probability(black_box(&customer)).expect("a value for each column"));
    });
    group.finish();
    criterion.final_summary();
}
