//! The account of every row read.

use crate::Place;

/// Why a row was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The file, line and column at fault.
    pub place: Place,
    /// The cell's text, cut to a readable length.
    pub value: String,
    /// What is wrong with it, in lower case.
    pub reason: String,
}

/// Where every row went: `read = accepted + quarantined + ignored`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Rows that carry data or should: everything after the header.
    pub read: u64,
    /// Rows that were used.
    pub accepted: u64,
    /// Rows that could not be used; each has a reason.
    pub quarantined: u64,
    /// Rows left out by a named rule, with the count of each, in the order of the names.
    pub ignored: Vec<(String, u64)>,
}

impl Ledger {
    /// Rows left out by all rules.
    pub fn ignored_total(&self) -> u64 {
        self.ignored.iter().map(|(_, rows)| rows).sum()
    }

    /// `read = accepted + quarantined + ignored`.
    pub fn balances(&self) -> bool {
        self.read == self.accepted + self.quarantined + self.ignored_total()
    }
}
