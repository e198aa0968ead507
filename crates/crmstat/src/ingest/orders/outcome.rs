//! What became of the deal of a row, decided once for each combination of words.
//!
//! Stages, statuses and their like have few distinct values. A word is a number from its first sight on, and a
//! row's numbers find what was decided when they first stood together.

use crate::{
    collections::interner::{Interner, NOT_UTF8},
    data::{DealStatus, Field, TableKind},
    ingest::{
        ReadOptions,
        cells::{Parsed, number::NumberFormat, text},
        pass::{
            batches::BatchRecords,
            faults::{Fault, Part},
            input::Input,
            tally::Tally,
        },
        profile::{DealSigns, Mapping, Resolution, Stages},
        text::Wanted,
        typed::TypedRows,
    },
};
use std::collections::HashMap;

/// Fields whose words say what became of a deal.
const WORDS: [Field; 7] = [
    Field::Pipeline,
    Field::Stage,
    Field::Status,
    Field::IsClosed,
    Field::IsWon,
    Field::IsLost,
    Field::Probability,
];
/// Their places.
const PIPELINE: usize = 0;
const STAGE: usize = 1;
const STATUS: usize = 2;
const IS_CLOSED: usize = 3;
const IS_WON: usize = 4;
const IS_LOST: usize = 5;
const PROBABILITY: usize = 6;

/// Fields of which it matters whether they are filled.
const DATES: [Field; 3] = [Field::WonAt, Field::LostAt, Field::ClosedAt];

/// Where a row says what became of its deal.
pub(crate) struct DealPart {
    stages: Stages,
    words: [Option<Part>; 7],
    dates: [Option<Part>; 3],
    probability: Option<NumberFormat>,
    /// Whether a row that says nothing about it is an order all the same.
    silent_is_won: bool,
}

/// The numbers of a row's words, and a bit for each filled date.
type Codes = [u32; 8];

/// Combinations that are found without hashing.
const RECENT: usize = 64;

/// What one thread has decided.
#[derive(Debug, Default)]
pub(crate) struct Outcomes {
    words: Vec<Interner<()>>,
    decided: Vec<Resolution>,
    places: HashMap<Codes, u32>,
    recent: Vec<(Codes, u32)>,
    /// The numbers of the words of typed rows, column by column.
    columns: Vec<Vec<u32>>,
    text: Vec<u8>,
}

impl Outcomes {
    fn prepare(&mut self) {
        if self.words.is_empty() {
            self.words.resize_with(WORDS.len(), Interner::new);
            self.columns.resize_with(WORDS.len(), Vec::new);
            // No row has these numbers.
            self.recent.resize(RECENT, ([NOT_UTF8 - 1; 8], 0));
        }
    }
}

impl DealPart {
    /// The columns that it looks at.
    pub(crate) fn columns(mapping: &Mapping) -> Vec<usize> {
        let known =
            |field: &Field| *field != Field::Probability || mapping.kind == TableKind::Deals;
        let fields = WORDS.into_iter().filter(known).chain(DATES);
        fields.filter_map(|field| mapping.column(field)).collect()
    }

    /// Looks at the columns of `input` among the `wanted` ones.
    pub(crate) fn new(
        input: &Input,
        wanted: &Wanted,
        options: &ReadOptions,
        silent_is_won: bool,
    ) -> Self {
        let mapping = &input.mapping;
        let part = |column: usize| Part { column, position: wanted.position(column).unwrap_or(0) };
        let mut words = WORDS.map(|field| mapping.column(field).map(part));
        words[PROBABILITY] = words[PROBABILITY].filter(|_| mapping.kind == TableKind::Deals);
        Self {
            stages: Stages::new(&mapping.profile, &options.stages),
            probability: words[PROBABILITY].map(|part| input.number_format(part.column)),
            words,
            dates: DATES.map(|field| mapping.column(field).map(part)),
            silent_is_won,
        }
    }

    /// What became of the deal in record `row`.
    ///
    /// # Errors
    /// A row that says nothing about it, or a label that nothing explains, which is counted.
    pub(crate) fn status(
        &self,
        tally: &mut Tally,
        records: &BatchRecords<'_>,
        row: usize,
    ) -> Result<DealStatus, Fault> {
        let bytes = &records.block.bytes;
        let cell = |part: Part| records.batch.cells[part.position][row].of(bytes);
        let outcomes = &mut tally.outcomes;
        outcomes.prepare();
        let mut codes = Codes::default();
        for ((code, words), part) in codes.iter_mut().zip(&mut outcomes.words).zip(self.words) {
            if let Some(part) = part {
                *code = words.intern_cell(bytes, records.batch.cells[part.position][row]);
            }
        }
        for (bit, part) in self.dates.into_iter().enumerate() {
            if part.is_some_and(|part| is_filled(cell(part))) {
                codes[WORDS.len()] |= 1 << bit;
            }
        }
        let place = self.place(outcomes, codes);
        let part = self.words[STAGE].or(self.words[STATUS]);
        match &outcomes.decided[place as usize] {
            Resolution::Known(status) => Ok(*status),
            Resolution::Missing if self.silent_is_won => Ok(DealStatus::Won),
            Resolution::Missing => Err(Fault { part, reason: "no stage or status" }),
            Resolution::Unknown(label) => {
                // Refused as a whole, once all such labels are known.
                *tally.unknown_stages.entry(label.clone()).or_default() += 1;
                Err(Fault { part, reason: "unknown closing stage" })
            }
        }
    }

    /// Puts what became of each deal of typed rows into `statuses`; `None` where the row is at fault.
    pub(crate) fn statuses(
        &self,
        outcomes: &mut Outcomes,
        rows: &TypedRows<'_>,
        statuses: &mut Vec<Option<DealStatus>>,
    ) {
        outcomes.prepare();
        for (slot, part) in self.words.iter().enumerate() {
            let codes = &mut outcomes.columns[slot];
            codes.clear();
            if let Some(part) = part {
                rows.codes(part.position, &mut outcomes.words[slot], &mut outcomes.text, codes);
            }
        }
        statuses.clear();
        let mut slots = (0..WORDS.len()).filter(|slot| self.words[*slot].is_some());
        let mut last: Option<(Codes, Option<DealStatus>)> = None;
        if let (Some(slot), None, [None, None, None]) = (slots.next(), slots.next(), self.dates) {
            // One word decides: neighbours mostly say the same.
            let column = std::mem::take(&mut outcomes.columns[slot]);
            statuses.extend(column.iter().map(|code| {
                let mut codes = Codes::default();
                codes[slot] = *code;
                match last {
                    Some((known, status)) if known == codes => status,
                    _ => {
                        let status = self.known(outcomes, codes);
                        last = Some((codes, status));
                        status
                    }
                }
            }));
            outcomes.columns[slot] = column;
            return;
        }
        for row in 0..rows.len() {
            let mut codes = Codes::default();
            for (slot, part) in self.words.iter().enumerate() {
                if part.is_some() {
                    codes[slot] = outcomes.columns[slot][row];
                }
            }
            for (bit, part) in self.dates.into_iter().enumerate() {
                if part.is_some_and(|part| rows.is_filled(part.position, row, is_filled)) {
                    codes[WORDS.len()] |= 1 << bit;
                }
            }
            statuses.push(self.known(outcomes, codes));
        }
    }

    /// What `codes` mean; `None` where the row is at fault.
    fn known(&self, outcomes: &mut Outcomes, codes: Codes) -> Option<DealStatus> {
        let place = self.place(outcomes, codes);
        match outcomes.decided[place as usize] {
            Resolution::Known(status) => Some(status),
            Resolution::Missing if self.silent_is_won => Some(DealStatus::Won),
            _ => None,
        }
    }

    /// Where what `codes` mean stands among what was decided.
    fn place(&self, outcomes: &mut Outcomes, codes: Codes) -> u32 {
        let mixed = codes.iter().fold(0_u32, |mixed, code| mixed.wrapping_mul(31) ^ code);
        let recent = mixed as usize % RECENT;
        if outcomes.recent[recent].0 == codes {
            return outcomes.recent[recent].1;
        }
        let place = match outcomes.places.get(&codes) {
            Some(place) => *place,
            None => {
                let found = self.decide(outcomes, codes);
                outcomes.decided.push(found);
                let place = outcomes.decided.len() as u32 - 1;
                outcomes.places.insert(codes, place);
                place
            }
        };
        outcomes.recent[recent] = (codes, place);
        place
    }

    #[cold]
    fn decide(&self, outcomes: &Outcomes, codes: Codes) -> Resolution {
        let mut scratch = [[0; 16]; WORDS.len()];
        let mut texts = [""; WORDS.len()];
        for (slot, scratch) in scratch.iter_mut().enumerate() {
            if self.words[slot].is_some() && codes[slot] != NOT_UTF8 {
                let cell = outcomes.words[slot].text(codes[slot], scratch);
                // What is cut off is white space and signs, between which no character is broken.
                texts[slot] = std::str::from_utf8(text::clean(cell.as_bytes())).unwrap_or_default();
            }
        }
        let word = |slot: usize| Some(texts[slot]).filter(|word| !word.is_empty());
        let truth = |slot: usize| match text::boolean(texts[slot].as_bytes()) {
            Parsed::Value(truth) => Some(truth),
            _ => None,
        };
        let has_date = |bit: u32| codes[WORDS.len()] >> bit & 1 == 1;
        let says_something = word(STAGE).or(word(STATUS)).is_some();
        self.stages.resolve(&DealSigns {
            pipeline: word(PIPELINE),
            stage: word(STAGE),
            status: word(STATUS),
            is_closed: truth(IS_CLOSED),
            is_won: truth(IS_WON),
            is_lost: truth(IS_LOST),
            probability: self.probability.and_then(|format| {
                match format.number(texts[PROBABILITY].as_bytes()) {
                    Parsed::Value(percent) => Some(percent),
                    _ => None,
                }
            }),
            has_won_at: has_date(0),
            has_lost_at: has_date(1),
            // An order is closed by its nature: a status that nothing explains is refused, not taken for open.
            has_closed_at: has_date(2) || (self.silent_is_won && says_something),
        })
    }
}

/// Whether a cell of dates holds one, or at least something.
fn is_filled(cell: &[u8]) -> bool {
    if cell.first().is_some_and(u8::is_ascii_digit) {
        return true;
    }
    let text = std::str::from_utf8(text::clean(cell)).unwrap_or_default();
    !text.is_empty() && !text::says_nothing(text)
}
