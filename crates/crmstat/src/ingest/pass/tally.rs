//! What one thread has counted while reading rows.

use crate::{
    AsOf, Money, Place, Timestamp,
    data::{
        Currency, Ignored, Ledger, Notice, Rejection, Rejections,
        far_dates::{DateCounts, SetAside},
        sales::Rows,
    },
    ingest::{
        cells::{
            number::Amount,
            text::{self, Oddity},
        },
        orders::outcome::{Outcomes, Resolved},
        pass::{
            batches::BatchRecords,
            row_sketch::{Repeated, RowSketch},
        },
        profile::Rates,
    },
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
    /// How many accepted events there are when.
    pub(crate) dates: DateCounts,
    /// Rows of dates that cannot be.
    pub(crate) set_aside: SetAside,
    /// Rows that name no customer, left out where customers are looked at.
    pub(crate) anonymous: Rows,
    /// Rows of which something was given back beside the amount, and how much.
    pub(crate) refunded: Rows,
    /// Orders that were cancelled, once all are read.
    pub(crate) cancelled: Rows,
    /// The end of the window that the caller asks for.
    pub(crate) until: Option<AsOf>,
    /// Amounts whose decimals beyond the scale of money were rounded.
    pub(crate) rounded: u64,
    /// Rows whose customer is the first of several in one cell.
    pub(crate) several_ids: u64,
    /// Rows whose customer's id a spreadsheet has rounded.
    pub(crate) rounded_ids: u64,
    /// Rows, to find those that repeat another one.
    pub(crate) sketch: RowSketch,
    /// The rows that repeat another one, where they have been counted.
    pub(crate) repeated: Option<Repeated>,
    /// Units of money of the rows that are left out since they repeat another one.
    repeated_units: i128,
    /// Units of money of the rows that are left out since a later file has another version of them.
    older_units: i128,
    /// What has been found that changes the answer.
    pub(crate) notices: Vec<Notice>,
    /// Every currency of an accepted amount, in the order of the codes.
    pub(crate) currencies: Vec<Currency>,
    pub(crate) outcomes: Outcomes,
    /// Words in the place of a currency that name none that is known, with the number of amounts.
    pub(crate) unknown_currencies: BTreeMap<String, u64>,
    /// Amounts of which neither their cell nor the column of currencies says what they are in.
    pub(crate) without_currency: u64,
    /// What counts for nothing.
    aside: Option<Box<Self>>,
    /// What other threads have decided.
    resolved: Vec<Resolved>,
    /// The last cell of a currency column, and what it means.
    last_currency: (Vec<u8>, Named),
}

/// What a cell of a currency column says.
#[derive(Clone, Copy, Debug, Default)]
enum Named {
    #[default]
    Nothing,
    Currency(Currency),
    Unknown,
}

/// Distinct words that are kept; a column of more is no column of currencies.
const MOST_WORDS: usize = 100;

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
        let (Some(first), Some(last)) = (instants.clone().min(), instants.max()) else { return };
        self.latest = self.latest.max(Some(last));
        self.earliest = Some(self.earliest.map_or(first, |known| known.min(first)));
        self.dates.count(at, first, last);
    }

    /// `amount` in the currency of the run; `cell` is that of the column of currencies, where there is one.
    ///
    /// # Errors
    /// A currency without an exchange rate, where there are `rates`.
    pub(crate) fn convert(
        &mut self,
        amount: &Amount,
        cell: Option<&[u8]>,
        rates: Option<&Rates>,
    ) -> Result<Money, &'static str> {
        const NO_RATE: &str = "no exchange rate for the currency";
        let currency = match cell.map_or(Named::Nothing, |cell| self.named(cell)) {
            Named::Currency(currency) => Some(currency),
            // A sign beside the amount says more than a word that nobody knows.
            _ if amount.currency.is_some() => amount.currency,
            Named::Unknown if rates.is_some() => return Err(NO_RATE),
            Named::Unknown => {
                let word = text::clean(cell.unwrap_or_default());
                let word = String::from_utf8_lossy(word).into_owned();
                if self.unknown_currencies.len() < MOST_WORDS
                    || self.unknown_currencies.contains_key(&word)
                {
                    *self.unknown_currencies.entry(word).or_default() += 1;
                }
                return Ok(amount.money);
            }
            Named::Nothing => {
                self.without_currency += u64::from(cell.is_some());
                return Ok(amount.money);
            }
        };
        let Some(currency) = currency else { return Ok(amount.money) };
        if let Err(place) = self.currencies.binary_search(&currency) {
            self.currencies.insert(place, currency);
        }
        rates.map_or(Ok(amount.money), |rates| {
            rates.convert(amount.money, currency).map_err(|_| NO_RATE)
        })
    }

    /// Counts a row of `amount` as left out by `rule`.
    pub(crate) fn leave_out(&mut self, rule: Ignored, amount: Money) {
        self.ledger.ignore(rule, 1);
        let units = i128::from(amount.units());
        match rule {
            Ignored::Repeated => self.repeated_units += units,
            Ignored::OlderVersion => self.older_units += units,
            _ => {}
        }
    }

    /// What the rows would add that are left out since they repeat another one, and those that are since a later
    /// file has another version of them; `None` past the range of money.
    pub(crate) fn left_out(&self) -> (Option<Money>, Option<Money>) {
        let money = |units: i128| i64::try_from(units).ok().map(Money::from_units);
        (money(self.repeated_units), money(self.older_units))
    }

    /// What became of the deals of all rows, by what the rows say.
    pub(crate) fn resolved(&self) -> Vec<Resolved> {
        let all = self.outcomes.decided().chain(&self.resolved);
        let mut rows = BTreeMap::<Resolved, Rows>::new();
        for found in all.filter(|found| found.rows.rows > 0) {
            let same = Resolved { rows: Rows::default(), ..found.clone() };
            rows.entry(same).or_default().add(found.rows);
        }
        rows.into_iter().map(|(found, rows)| Resolved { rows, ..found }).collect()
    }

    /// Runs `look` with a tally of its own, which counts for nothing: what is read there is only told.
    pub(crate) fn aside<T>(&mut self, look: impl FnOnce(&mut Self) -> T) -> T {
        let mut aside = self.aside.take().unwrap_or_default();
        let found = look(&mut aside);
        self.aside = Some(aside);
        found
    }

    /// Counts what is odd about the id of a row's customer.
    pub(crate) fn see_id(&mut self, oddity: Oddity) {
        match oddity {
            Oddity::None => {}
            Oddity::Several => self.several_ids += 1,
            Oddity::Rounded => self.rounded_ids += 1,
        }
    }

    /// Notes what `cell` of the column of currencies says of an amount that is not converted and names none.
    pub(crate) fn note_currency(&mut self, cell: &[u8]) {
        // Without rates nothing is converted, and nothing can fail.
        let amount = Amount { money: Money::ZERO, currency: None, rounded: false };
        let _ = self.convert(&amount, Some(cell), None);
    }

    /// What `cell` of a column of currencies says.
    fn named(&mut self, cell: &[u8]) -> Named {
        if self.last_currency.0 != cell {
            let word = text::clean(cell);
            let named = match std::str::from_utf8(word).ok().and_then(Currency::from_name) {
                Some(currency) => Named::Currency(currency),
                None if text::is_missing(word) => Named::Nothing,
                None => Named::Unknown,
            };
            self.last_currency = (cell.to_vec(), named);
        }
        self.last_currency.1
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
        self.resolved.extend(other.resolved());
        self.rejections.add(other.rejections);
        self.earliest = match (self.earliest, other.earliest) {
            (Some(mine), Some(theirs)) => Some(mine.min(theirs)),
            (mine, theirs) => mine.or(theirs),
        };
        self.latest = self.latest.max(other.latest);
        self.dates.add(&other.dates);
        self.set_aside.add(&other.set_aside);
        self.anonymous.add(other.anonymous);
        self.refunded.add(other.refunded);
        self.rounded += other.rounded;
        self.several_ids += other.several_ids;
        self.rounded_ids += other.rounded_ids;
        self.repeated_units += other.repeated_units;
        self.older_units += other.older_units;
        self.sketch.add(other.sketch);
        self.notices.extend(other.notices);
        self.currencies.extend(other.currencies);
        self.currencies.sort_unstable();
        self.currencies.dedup();
        for (word, amounts) in other.unknown_currencies {
            *self.unknown_currencies.entry(word).or_default() += amounts;
        }
        self.without_currency += other.without_currency;
    }
}
