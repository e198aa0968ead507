//! What one thread has counted while reading rows.

use crate::{
    Place, Timestamp,
    data::{Currency, Ignored, Ledger, Rejection, Rejections},
    ingest::{orders::outcome::Outcomes, pass::batches::BatchRecords},
};
use std::collections::BTreeMap;

/// Counts of one thread, joined with those of the others at the end.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) ledger: Ledger,
    pub(crate) rejections: Rejections,
    /// The first and the last accepted event.
    pub(crate) earliest: Option<Timestamp>,
    pub(crate) latest: Option<Timestamp>,
    /// Amounts whose decimals beyond the scale of money were rounded.
    pub(crate) rounded: u64,
    /// Labels that close deals without saying how, with the number of deals.
    pub(crate) unknown_stages: BTreeMap<String, u64>,
    /// Every currency of an accepted amount, in the order of the codes.
    pub(crate) currencies: Vec<Currency>,
    pub(crate) outcomes: Outcomes,
    /// The last cell of a currency column, and what it means.
    last_currency: (Vec<u8>, Option<Currency>),
}

impl Tally {
    /// Counts the records of a batch as read, and its empty lines as ignored.
    pub(crate) fn begin(&mut self, records: &BatchRecords<'_>) {
        self.ledger.read += (records.batch.len() - records.first) as u64 + records.batch.blank;
        self.ledger.ignore(Ignored::Blank, records.batch.blank);
    }

    /// Counts events as accepted.
    pub(crate) fn accept(&mut self, at: &[Timestamp]) {
        self.ledger.accepted += at.len() as u64;
        let instants = at.iter().copied();
        self.latest = self.latest.max(instants.clone().max());
        self.earliest = match (self.earliest, instants.min()) {
            (Some(known), Some(found)) => Some(known.min(found)),
            (known, found) => known.or(found),
        };
    }

    /// The currency that `cell` names.
    pub(crate) fn currency_of(&mut self, cell: &[u8]) -> Option<Currency> {
        if self.last_currency.0 != cell {
            let named = std::str::from_utf8(cell).ok().and_then(Currency::from_name);
            self.last_currency = (cell.to_vec(), named);
        }
        self.last_currency.1
    }

    pub(crate) fn see_currency(&mut self, currency: Currency) {
        if let Err(place) = self.currencies.binary_search(&currency) {
            self.currencies.insert(place, currency);
        }
    }

    pub(crate) fn reject(
        &mut self,
        input: usize,
        place: Place,
        value: String,
        reason: &'static str,
        row: Option<String>,
    ) {
        self.ledger.quarantined += 1;
        let keep = row.is_some();
        self.rejections.push(input, Rejection { place, value, reason, row }, keep);
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.ledger.add(&other.ledger);
        self.rejections.add(other.rejections);
        self.earliest = match (self.earliest, other.earliest) {
            (Some(mine), Some(theirs)) => Some(mine.min(theirs)),
            (mine, theirs) => mine.or(theirs),
        };
        self.latest = self.latest.max(other.latest);
        self.rounded += other.rounded;
        for (label, deals) in other.unknown_stages {
            *self.unknown_stages.entry(label).or_default() += deals;
        }
        for currency in other.currencies {
            self.see_currency(currency);
        }
    }
}
