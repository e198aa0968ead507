//! Files that go away or change between opening and reading.

use crmstat::{
    analysis::rfm::{self, Options},
    ingest::{Export, ReadOptions},
};
use std::{fmt::Write, fs, path::Path};

fn large_export(path: &Path) {
    let mut text = String::from("order_id,customer_id,order_date,amount\n");
    for order in 0..50_000 {
        writeln!(text, "{order},c{},2024-01-{:02},5.00", order % 977, order % 28 + 1).unwrap();
    }
    fs::write(path, text).unwrap();
}

#[cfg(unix)]
#[test]
fn a_file_removed_after_it_was_opened_is_still_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.csv");
    large_export(&path);
    let mut export = Export::open(&[path.to_str().unwrap()], ReadOptions::default()).unwrap();
    fs::remove_file(&path).unwrap();
    let scored = rfm::score(&mut export, &Options::default()).unwrap();
    assert_eq!(scored.ledger.accepted, 50_000);
}

#[test]
fn a_file_cut_short_after_it_was_opened_is_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.csv");
    large_export(&path);
    let mut export = Export::open(&[path.to_str().unwrap()], ReadOptions::default()).unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_len(100_000).unwrap();
    match rfm::score(&mut export, &Options::default()) {
        Ok(scored) => assert!(scored.ledger.balances()),
        Err(error) => assert!(!error.is_usage(), "{error}"),
    }
}
