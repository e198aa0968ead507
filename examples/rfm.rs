//! Who are the best customers, and who is slipping away?
//!
//! ```text
//! cargo run --release -p crmstat-examples --example rfm [EXPORT…]
//! ```

use crmstat::{
    Lang, Result,
    analysis::rfm::{self, Options},
    ingest::{Export, ReadOptions},
    write::{Format, Writer},
};

fn main() -> Result<()> {
    let mut files: Vec<String> = std::env::args().skip(1).collect();
    if files.is_empty() {
        files.push(concat!(env!("CARGO_MANIFEST_DIR"), "/../datasets/amocrm.csv").to_owned());
    }
    let mut export = Export::open(&files, ReadOptions::default())?;
    let scored = rfm::score(&mut export, &Options::default())?;

    // What was decided, and where every row went.
    for decision in &scored.decisions {
        println!("{} is {}: {}", decision.topic, decision.value, decision.reason);
    }
    let ledger = &scored.ledger;
    println!(
        "\n{} rows read: {} accepted, {} rejected, {} left out\n",
        ledger.read,
        ledger.accepted,
        ledger.quarantined,
        ledger.ignored_total()
    );

    // The segments, as a table for people.
    let summary = scored.result.summary(Lang::En)?;
    Writer::new(Format::Table).write(&summary, &mut std::io::stdout())?;

    // The five best customers, as structs.
    let mut best: Vec<_> = scored.result.customers().collect();
    best.sort_by_key(|customer| (std::cmp::Reverse(customer.revenue), customer.id));
    println!("\nas of {}:", scored.result.as_of());
    for customer in best.iter().take(5) {
        println!(
            "{}: {} orders, {} in all, the last {} days ago",
            customer.id, customer.frequency, customer.revenue, customer.recency_days
        );
    }
    Ok(())
}
