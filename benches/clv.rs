//! Lifetime value: from dated purchases to summaries, one fit, predictions and values.

use criterion::{Criterion, Throughput};
use crmstat_models::clv::{
    BgNbd, ClvParams, DiscountRate, Dropout, FitParams, GammaGamma, ParetoNbd, Purchase,
    PurchaseProcess, Span, Summaries, Summary, SummaryParams, TimeUnit,
};
use std::hint::black_box;

const CUSTOMERS: u64 = 100_000;
/// The last observed day.
const LAST_DAY: i32 = 730;

/// The high bits of Knuth's linear congruential generator as a share of 1.
fn share(at: u64) -> f64 {
    let bits = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(at << 7) >> 33;
    bits as f64 / f64::from(1_u32 << 31)
}

/// Purchases of customers who came at any time, bought at rates of their own and left at a day of theirs.
fn purchases() -> Vec<Vec<Purchase>> {
    (0..CUSTOMERS)
        .map(|customer| {
            let own = customer * 1009;
            let first = (share(own) * 600.0) as i32;
            let left = first + (share(own + 1).powi(2) * 900.0) as i32;
            let gap = 4 + (share(own + 2).powi(3) * 300.0) as usize;
            let days = (first..=left.min(LAST_DAY)).step_by(gap);
            days.map(|day| Purchase { day, amount: 10.0 + 90.0 * share(own + day as u64) })
                .collect()
        })
        .collect()
}

fn summarise(purchases: &[Vec<Purchase>]) -> Summaries {
    let params = SummaryParams::new(LAST_DAY, TimeUnit::Week);
    let customers: Vec<Summary> =
        purchases.iter().filter_map(|own| params.summary(own).expect("finite amounts")).collect();
    Summaries::new(TimeUnit::Week, customers)
}

fn main() {
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    let purchases = purchases();
    let customers = summarise(&purchases);
    let params = FitParams::default();
    let year = Span::new(52.0, TimeUnit::Week).expect("a positive length");

    let mut group = criterion.benchmark_group("clv");
    group.throughput(Throughput::Elements(CUSTOMERS));
    group.bench_function("summaries", |bencher| {
        bencher.iter(|| summarise(black_box(&purchases)));
    });
    group.bench_function("fit/mbg-nbd", |bencher| {
        bencher.iter(|| BgNbd::fit(black_box(&customers), Dropout::AfterEveryOrder, params));
    });
    group.bench_function("fit/pareto-nbd", |bencher| {
        bencher.iter(|| ParetoNbd::fit(black_box(&customers), params));
    });
    group.bench_function("fit/gamma-gamma", |bencher| {
        bencher.iter(|| GammaGamma::fit(black_box(&customers), params));
    });

    let orders = BgNbd::fit(&customers, Dropout::AfterEveryOrder, params).expect("repeat orders");
    let spend = GammaGamma::fit(&customers, params).expect("repeat orders of value");
    group.bench_function("predict/mbg-nbd", |bencher| {
        bencher.iter(|| orders.predict(black_box(&customers), year));
    });
    let pareto = ParetoNbd::fit(&customers, params).expect("repeat orders");
    group.bench_function("predict/pareto-nbd", |bencher| {
        bencher.iter(|| pareto.predict(black_box(&customers), year));
    });
    let worth =
        ClvParams::new(year).discount(DiscountRate::per_year(0.1).expect("a positive rate"));
    group.bench_function("values", |bencher| {
        bencher.iter(|| worth.values(&orders, &spend, black_box(&customers)));
    });
    group.bench_function("values with intervals", |bencher| {
        bencher.iter(|| worth.value_intervals(&orders, &spend, black_box(&customers), 0.95));
    });
    group.finish();
    criterion.final_summary();
}
