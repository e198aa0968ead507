//! Baskets: frequent pairs with their rules, and a model of offers with the scores of every customer.

use criterion::{Criterion, Throughput};
use crmstat_models::baskets::{
    Baskets,
    offers::{self, highest},
    rules,
};
use std::hint::black_box;

const BASKETS: u64 = 100_000;
const PRODUCTS: u64 = 2_000;

/// Baskets of one to ten products, some of which are bought far more often than others.
fn baskets() -> Baskets {
    // The high bits of Knuth's generator.
    let draw = |at: u64| at.wrapping_mul(6_364_136_223_846_793_005) >> 33;
    let mut baskets = Baskets::new(PRODUCTS as usize);
    for basket in 0..BASKETS {
        let size = 1 + draw(basket) % 10;
        let product = |at: u64| {
            let share = draw(basket * 16 + at) as f64 / f64::from(1_u32 << 31);
            (share * share * share * PRODUCTS as f64) as u32
        };
        baskets.push(&mut (0..size).map(product).collect());
    }
    baskets
}

fn main() {
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    let baskets = baskets();
    let mut group = criterion.benchmark_group("baskets");
    group.throughput(Throughput::Elements(BASKETS));
    for size in [2, 3] {
        group.bench_function(format!("rules of {size} products"), |bencher| {
            let params = rules::Params::new(50).size(size);
            bencher.iter(|| rules::mine(black_box(&baskets), params).expect("valid parameters"));
        });
    }
    group.bench_function("offers, fit", |bencher| {
        bencher.iter(|| {
            offers::Params::default().fit(black_box(&baskets)).expect("products that go together")
        });
    });
    let model = offers::Params::default().fit(&baskets).expect("products that go together");
    group.bench_function("offers, ten for each", |bencher| {
        bencher.iter(|| {
            let best = |own: &[u32]| highest(&model.scores(own), 10, |_| true)[0];
            baskets.iter().map(best).map(black_box).sum::<usize>()
        });
    });
    group.finish();
    criterion.final_summary();
}
