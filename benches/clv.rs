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

/// Shares of 1 without a pattern: the high bits of Knuth's linear congruential generator.
struct Shares(u64);

impl Shares {
    fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as f64 + 0.5) / f64::from(1_u32 << 31)
    }

    /// A draw from the exponential distribution of this mean.
    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * self.next().ln()
    }
}

/// Purchases of a BG/NBD process: rates from a gamma distribution of shape 1 about one order in `MEAN_GAP` days, and
/// after every repeat order a chance to leave from a beta distribution of 1 and 5. A fit finds these again.
fn purchases() -> Vec<Vec<Purchase>> {
    const MEAN_GAP: f64 = 45.0;
    let mut shares = Shares(42);
    (0..CUSTOMERS)
        .map(|_| {
            let mut day = shares.next() * 600.0;
            let gap = MEAN_GAP / shares.exponential(1.0);
            let leaves = 1.0 - shares.next().powf(0.2);
            let mean = 20.0 + shares.exponential(40.0);
            let mut own = Vec::new();
            while day <= f64::from(LAST_DAY) {
                own.push(Purchase { day: day as i32, amount: mean * (0.5 + shares.next()) });
                if own.len() > 1 && shares.next() < leaves {
                    break;
                }
                day += shares.exponential(gap).max(1.0);
            }
            own
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
        bencher.iter(|| {
            BgNbd::fit(black_box(&customers), Dropout::AfterEveryOrder, params)
                .expect("repeat orders")
        });
    });
    group.bench_function("fit/pareto-nbd", |bencher| {
        bencher.iter(|| ParetoNbd::fit(black_box(&customers), params).expect("repeat orders"));
    });
    group.bench_function("fit/gamma-gamma", |bencher| {
        bencher.iter(|| GammaGamma::fit(black_box(&customers), params).expect("orders of value"));
    });

    let orders = BgNbd::fit(&customers, Dropout::AfterEveryOrder, params).expect("repeat orders");
    let spend = GammaGamma::fit(&customers, params).expect("repeat orders of value");
    group.bench_function("predict/mbg-nbd", |bencher| {
        bencher.iter(|| orders.predict(black_box(&customers), year).expect("a unit of time"));
    });
    let pareto = ParetoNbd::fit(&customers, params).expect("repeat orders");
    group.bench_function("predict/pareto-nbd", |bencher| {
        bencher.iter(|| pareto.predict(black_box(&customers), year).expect("a unit of time"));
    });
    let worth =
        ClvParams::new(year).discount(DiscountRate::per_year(0.1).expect("a positive rate"));
    group.bench_function("values", |bencher| {
        bencher
            .iter(|| worth.values(&orders, &spend, black_box(&customers)).expect("fitted models"));
    });
    group.bench_function("values with intervals", |bencher| {
        bencher.iter(|| {
            worth
                .value_intervals(&orders, &spend, black_box(&customers), 0.95)
                .expect("fitted models")
        });
    });
    group.finish();
    criterion.final_summary();
}
