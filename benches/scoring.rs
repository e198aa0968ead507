//! Scores: of a million customers by the model of RFM alone, and of one customer by every saved model.

use criterion::{BatchSize, Criterion, Throughput};
use crmstat::{
    AsOf, Date, Lang, Result,
    analysis::{churn, clv, rfm, segments},
    data::{OrderRow, Orders, OrdersBuilder},
    features::{Feature, Features, History, Value},
};
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
    one(&mut criterion).expect("orders that models can be fitted to");
    criterion.final_summary();
}

/// 2,000 customers who buy at their own pace; every third has left after a year.
fn orders() -> Result<Orders> {
    let day: Date = "2023-01-01".parse()?;
    let rows = (0..2_000).flat_map(|customer: i32| {
        let end = if customer % 3 == 0 { 365 } else { 912 };
        let days = (customer % 29..end).step_by(20 + customer as usize % 50);
        days.map(move |after| OrderRow::new(customer, day.plus_days(after), 10 + customer % 90))
    });
    rows.collect::<OrdersBuilder>().build()?.complete()
}

/// One customer by each saved model, as a service asks it: values by name, in the order of the model.
fn one(criterion: &mut Criterion) -> Result<()> {
    let orders = orders()?;
    let (history, as_of) = (History::new(&orders), AsOf::start_of("2025-07-01".parse()?));
    let features: Vec<Feature> = ["recency_days", "frequency", "monetary"]
        .map(str::parse)
        .into_iter()
        .collect::<Result<_>>()?;
    let three = Features::at(&history, as_of, &features)?;
    let values = three.named(7);
    let mut group = criterion.benchmark_group("score_one");

    let model = rfm::Model::fit(&orders, &rfm::Options::default())?;
    group.bench_function("rfm", |bencher| bencher.iter(|| model.score_one(black_box(&values))));

    let customers = segments::Customers::at(&history, as_of, &features)?;
    let four = segments::Options { k: Some(4), ..segments::Options::default() };
    let model = segments::Model::fit(&customers, &four)?;
    group
        .bench_function("segments", |bencher| bencher.iter(|| model.score_one(black_box(&values))));

    let options =
        churn::Options { population: churn::Population::All, ..churn::Options::default() };
    let model = churn::fit(&history, &options)?.model;
    let columns: Vec<Feature> = model.columns().map(str::parse).collect::<Result<_>>()?;
    let found = Features::at(&history, as_of, &columns)?;
    let values = found.named(7);
    let probability = || model.score_one(black_box(&values)).map(|one| one.probability());
    group.bench_function("churn, probability", |bencher| bencher.iter(probability));
    let reasons = || model.score_one(black_box(&values))?.reasons(Lang::En);
    group.bench_function("churn, with reasons", |bencher| bencher.iter(reasons));

    let options = clv::Options::default();
    let model = clv::Model::fit_orders(&orders, clv::Beside::default(), &options)?;
    let values: [(&str, Value<'_>); 4] =
        [("x", 8.0), ("t_x", 30.0), ("T", 34.0), ("mean_value", 25.0)]
            .map(|(name, own)| (name, own.into()));
    group.bench_function("clv", |bencher| {
        bencher.iter(|| model.score_one(black_box(&values), &options));
    });
    group.finish();
    Ok(())
}
