//! Published figures, and figures recomputed by other programs, each test naming its source.
//!
//! All of them read `../shared` beside the checkout, whose data are not ours to ship; where it is absent
//! they say so on standard error.

mod cdnow;
mod deals;
mod pipeline;
mod retail;
mod rfm_r;

use crmstat::{
    analysis::rfm::{self, Options, Rfm},
    ingest::{Export, Imported, ReadOptions},
};
use std::path::PathBuf;

/// The file `path` of the shared data, or `None`, said on standard error, where there is none.
fn shared(path: &str) -> Option<String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let found = root.join(path).canonicalize().ok();
    if found.is_none() {
        eprintln!("skipped: needs shared data `{path}`");
    }
    found.map(|path| path.into_os_string().into_string().unwrap())
}

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
