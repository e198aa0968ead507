//! What every target does with its bytes: read them as an export, and hold the ledger to its word.

use std::io::Write;

use crmstat::{
    analysis::rfm,
    ingest::{Export, ReadOptions},
};

/// Reads `parts`, end to end, as one file.
///
/// # Panics
/// When rows went missing from the ledger, or the temporary file cannot be written.
pub fn read(parts: &[&[u8]]) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    for part in parts {
        file.write_all(part).expect("room for a temporary file");
    }
    let name = file.path().to_str().expect("a temporary name is UTF-8");
    let Ok(mut export) = Export::open(&[name], ReadOptions::default()) else { return };
    if let Ok(scored) = rfm::score(&mut export, &rfm::Options::default()) {
        assert!(scored.ledger.balances(), "read = accepted + quarantined + ignored");
    }
}
