//! How do today's customers score by last year's standard? A model saved once scores any later export.
//!
//! ```text
//! cargo run --release -p crmstat-examples --example score_with_saved_model
//! ```

use crmstat::{
    AsOf, Date, Lang, Result, Window,
    analysis::rfm::{self, Model, Options},
    ingest::{Export, ReadOptions},
};
use std::collections::BTreeMap;

fn main() -> Result<()> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../datasets/orders.csv");
    let mut export = Export::open(&[file], ReadOptions::default())?;
    let until = |day: &str| -> Result<Window> {
        Ok(Window { since: None, until: Some(AsOf::start_of(day.parse::<Date>()?)) })
    };

    // Once: cut points and segments of what was known a year ago.
    let model_file = std::env::temp_dir().join("crmstat-example-model.json");
    let options = Options { window: until("2025-01-01")?, ..Options::default() };
    let then = rfm::score(&mut export, &options)?;
    then.result.model().save(&model_file)?;

    // Ever after: the same standard for other orders.
    let model = Model::load(&model_file)?;
    let now = rfm::score(&mut export, &model.options(until("2026-01-01")?))?;

    let names = now.result.segments().names(Lang::En);
    let mut customers = BTreeMap::<&str, [usize; 2]>::new();
    for (at, scored) in [&then.result, &now.result].into_iter().enumerate() {
        for segment in scored.customers().filter_map(|customer| customer.segment) {
            customers.entry(names[segment as usize]).or_default()[at] += 1;
        }
    }
    println!("{:<24} {:>10} {:>10}", "segment", then.result.as_of(), now.result.as_of());
    for (segment, [then, now]) in customers {
        println!("{segment:<24} {then:>10} {now:>10}");
    }
    Ok(())
}
