//! What holds for any input, through the public API.

mod arbitrary;
mod columns;
mod formats;
mod order;
mod series;
mod vanishing;

use crmstat::{
    Lang, Result,
    analysis::rfm::{self, Options, Rfm},
    ingest::{Export, Imported, ReadOptions},
    write::{Format, Writer},
};
use std::path::Path;

/// Reads and scores `files`; the ledger must balance whatever they hold.
fn score(files: &[&Path], options: ReadOptions) -> Result<Imported<Rfm>> {
    let names: Vec<&str> = files.iter().map(|file| file.to_str().unwrap()).collect();
    let mut export = Export::open(&names, options)?;
    let scored = rfm::score(&mut export, &Options::default())?;
    assert!(scored.ledger.balances(), "read = accepted + quarantined + ignored");
    Ok(scored)
}

/// The scored table as CSV.
fn table(scored: &Rfm) -> Vec<u8> {
    let mut out = Vec::new();
    Writer::new(Format::Csv).write(&scored.table(Lang::En).unwrap(), &mut out).unwrap();
    out
}
