//! What is each customer worth in the next year, and would the model have been right last year?
//!
//! ```text
//! cargo run --release -p crmstat-examples --example clv [EXPORT…]
//! ```

use crmstat::{
    AsOf, Result, Window,
    analysis::clv::{self, Options, ValidationOptions, discount_from_text, span_from_text},
    ingest::{Export, ReadOptions},
    write::{Format, Writer},
};

fn main() -> Result<()> {
    let mut files: Vec<String> = std::env::args().skip(1).collect();
    if files.is_empty() {
        files.push(concat!(env!("CARGO_MANIFEST_DIR"), "/../datasets/orders.csv").to_owned());
    }
    let mut export = Export::open(&files, ReadOptions::default())?;
    let options = Options {
        horizon: span_from_text("52w")?,
        discount: discount_from_text("10%/year")?,
        margin: 0.3,
        ..Options::default()
    };
    let found = clv::estimate(&mut export, &options)?.result;
    for warning in found.warnings() {
        println!("warning: {warning}");
    }

    // The five most valuable customers, as structs.
    let mut best: Vec<_> = found.customers().filter(|each| each.value.clv.is_some()).collect();
    let value = |each: &clv::Customer<'_>| each.value.clv.unwrap_or_default();
    best.sort_by(|a, b| value(b).total_cmp(&value(a)).then(a.id.cmp(b.id)));
    println!("as of {}:", found.as_of());
    for customer in best.iter().take(5) {
        println!(
            "{}: alive with {:.0} %, {:.1} orders, worth {:.2}",
            customer.id,
            100.0 * customer.value.p_alive,
            customer.value.expected_orders,
            value(customer)
        );
    }

    // The last half year held back: how far was each model off?
    let until = Some(AsOf::start_of(found.as_of().date().plus_days(-182)));
    let options = Options { window: Window { since: None, until }, ..options };
    let validation = clv::validate(&mut export, &options, &ValidationOptions::default())?.result;
    Writer::new(Format::Table).write(&validation.table()?, &mut std::io::stdout())
}
