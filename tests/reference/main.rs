//! Published figures, and figures recomputed by other programs, each test naming its source.
//!
//! Most read the folder that `CRMSTAT_SHARED` names, whose data are not ours to ship, and are ignored unless
//! asked for; the name of each of them ends in `needs_shared_data`.

mod cdnow;
mod deals;
mod funnel;
mod pipeline;
mod retail;
mod rfm_r;
mod sales;

use crmstat::{
    analysis::rfm::{self, Options, Rfm},
    ingest::{Export, Imported, ReadOptions},
};
use crmstat_testkit::shared_text as shared;

/// The customers of `file`, read with no option at all.
fn score(file: &str, options: &Options) -> Imported<Rfm> {
    let mut export = Export::open(&[file], ReadOptions::default()).unwrap();
    let scored = rfm::score(&mut export, options).unwrap();
    assert!(scored.ledger.balances());
    scored
}

/// The orders and the net revenue of all customers, in units of 1/10,000.
fn totals(scored: &Rfm) -> (u64, i64) {
    scored.customers().fold((0, 0), |(orders, revenue), customer| {
        (orders + u64::from(customer.frequency), revenue + customer.revenue.units())
    })
}
