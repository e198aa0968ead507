//! What became of the deal of a row, decided once for each combination of words.
//!
//! Stages, statuses and their like have few distinct values. A word is a number from its first sight on, and a
//! row's numbers find what was decided when they first stood together.

use crate::{
    Money,
    collections::interner::{Interner, NOT_UTF8},
    data::{DealStatus, Field, TableKind, sales::Rows},
    ingest::{
        ReadOptions,
        cells::{Parsed, number::NumberFormat, text},
        pass::{
            batches::BatchRecords,
            faults::{Fault, Part},
            input::Input,
            tally::Tally,
        },
        profile::{
            CloseDate, DealSigns, MOST_SIGNS, Mapping, Resolution, Stages,
            outcome::{Says, Telling, Topic, is_return, is_set},
        },
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

/// The places behind them: columns that are no field and say that a row is no sale.
const FIRST_SIGN: usize = WORDS.len();
const SLOTS: usize = FIRST_SIGN + MOST_SIGNS;

/// Fields of which it matters whether they are filled.
const FILLED: [Field; 4] = [Field::WonAt, Field::LostAt, Field::ClosedAt, Field::LostReason];
const CLOSED: usize = 2;
const REASON: usize = 3;
/// The places behind them: columns of instants that say that a row is no sale.
const FIRST_END: usize = FILLED.len();
const BITS: usize = FIRST_END + MOST_SIGNS;

/// Where a row says what became of its deal.
pub(crate) struct DealPart {
    stages: Stages,
    words: [Option<Part>; SLOTS],
    filled: [Option<Part>; BITS],
    /// What the columns of the signs say, in the order of their places among the words.
    signs: Vec<Sign>,
    /// Whether the columns of instants are of goods or money given back.
    ends: Vec<Sign>,
    probability: Option<NumberFormat>,
    /// The number of the input.
    input: usize,
    /// Whether a row that says nothing about it is an order all the same.
    silent_is_won: bool,
    /// Whether a close date tells a closed deal from an open one.
    has_actual_close: bool,
    /// Whether an open deal that cannot be won is lost.
    is_lost_at_zero: bool,
}

/// A column that is no field and says that a row is no sale.
#[derive(Clone, Copy, Debug)]
struct Sign {
    column: usize,
    says: Says,
    /// It is about goods or money given back.
    of_returns: bool,
}

/// What rows of equal words say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Resolved {
    /// The number of their input.
    pub(crate) input: usize,
    pub(crate) resolution: Resolution,
    /// The text of the stage or, where there is none, of the status.
    pub(crate) label: Option<String>,
    /// What another column made of it.
    pub(crate) overruled: Option<Overruled>,
    /// Whether it was lost since goods or money were given back: a negative amount of it is a refund.
    pub(crate) is_return: bool,
    /// How many rows, and what they are worth as far as that is known.
    pub(crate) rows: Rows,
}

/// What made something else of a row than its stage or status says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Overruled {
    /// The column, such as `is_cancelled`: no sale.
    By(usize),
    /// An open deal with a reason of its loss, in this column: lost.
    ByReason(usize),
    /// An open deal that the CRM gives no chance, in this column: lost.
    ByProbability(usize),
    /// An open deal with a close date, in this column: still open.
    NotByDate(usize),
}

/// What became of the deal of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) status: DealStatus,
    /// Whether it is lost since goods or money were given back.
    pub(crate) is_return: bool,
    /// Where what was decided stands.
    place: u32,
}

/// The numbers of a row's words; then a bit for each filled column, and the number of the input.
type Codes = [u32; SLOTS + 1];

/// Combinations that are found without hashing.
const RECENT: usize = 64;

/// What one thread has decided.
#[derive(Debug, Default)]
pub(crate) struct Outcomes {
    words: Vec<Interner<()>>,
    decided: Vec<Resolved>,
    places: HashMap<Codes, u32>,
    recent: Vec<(Codes, u32)>,
    /// The numbers of the words of typed rows, column by column.
    columns: Vec<Vec<u32>>,
    /// Where what became of each of the typed rows stands among what was decided.
    of_rows: Vec<u32>,
    text: Vec<u8>,
}

impl Outcomes {
    fn prepare(&mut self) {
        if self.words.is_empty() {
            self.words.resize_with(SLOTS, Interner::new);
            self.columns.resize_with(SLOTS, Vec::new);
            // No row has these numbers.
            self.recent.resize(RECENT, ([NOT_UTF8 - 1; SLOTS + 1], 0));
        }
    }

    /// What was decided, with the number of rows.
    pub(crate) fn decided(&self) -> impl Iterator<Item = &Resolved> {
        self.decided.iter()
    }

    /// Counts the typed row `row`, which is worth `units` and not read again as text.
    pub(crate) fn count(&mut self, row: usize, units: Option<i64>) {
        if let Some(place) = self.of_rows.get(row) {
            let rows = &mut self.decided[*place as usize].rows;
            rows.rows += 1;
            rows.units += i128::from(units.unwrap_or_default());
        }
    }

    /// Adds what a row is worth of which this `outcome` was told.
    pub(crate) fn add_worth(&mut self, outcome: Outcome, amount: Money) {
        if let Some(found) = self.decided.get_mut(outcome.place as usize) {
            found.rows.units += i128::from(amount.units());
        }
    }
}

impl DealPart {
    /// Whether a column says what became of the orders.
    pub(crate) fn has_any(mapping: &Mapping) -> bool {
        let told = [Field::Stage, Field::Status, Field::IsWon, Field::IsLost, Field::IsClosed];
        !mapping.signs.is_empty()
            || told.iter().chain(&[Field::LostAt]).any(|field| mapping.column(*field).is_some())
    }

    /// The columns that it looks at.
    pub(crate) fn columns(mapping: &Mapping) -> Vec<usize> {
        let fields = WORDS.into_iter().chain(FILLED).filter(|field| is_read(mapping, *field));
        let columns = fields.filter_map(|field| mapping.column(field));
        columns.chain(mapping.signs.iter().map(|told| told.column)).collect()
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
        let field =
            |field: &Field| mapping.column(*field).filter(|_| is_read(mapping, *field)).map(part);
        let mut words = [None; SLOTS];
        let mut filled = [None; BITS];
        words.iter_mut().zip(&WORDS).for_each(|(slot, word)| *slot = field(word));
        filled.iter_mut().zip(&FILLED).for_each(|(slot, date)| *slot = field(date));
        let (mut signs, mut ends) = (Vec::new(), Vec::new());
        for told in &mapping.signs {
            let Telling { column, says, of_returns, .. } = *told;
            let (kept, slots) = match says {
                Says::LostAt => (&mut ends, &mut filled[FIRST_END..]),
                _ => (&mut signs, &mut words[FIRST_SIGN..]),
            };
            if let Some(slot) = slots.get_mut(kept.len()) {
                *slot = Some(part(column));
                kept.push(Sign { column, says, of_returns });
            }
        }
        Self {
            stages: Stages::new(&mapping.profile, &options.stages),
            probability: words[PROBABILITY].map(|part| input.number_format(part.column)),
            words,
            filled,
            signs,
            ends,
            input: input.number,
            silent_is_won,
            has_actual_close: mapping.close_date == CloseDate::Actual
                && mapping.kind == TableKind::Deals,
            is_lost_at_zero: mapping.lost_at_zero,
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
    ) -> Result<Outcome, Fault> {
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
        for (bit, part) in self.filled.into_iter().enumerate() {
            if part.is_some_and(|part| is_filled(cell(part))) {
                codes[SLOTS] |= 1 << bit;
            }
        }
        let place = self.place(outcomes, codes);
        let part = self.words[STAGE].or(self.words[STATUS]);
        let resolved = &mut outcomes.decided[place as usize];
        resolved.rows.rows += 1;
        match &resolved.resolution {
            Resolution::Known(status) => {
                Ok(Outcome { status: *status, is_return: resolved.is_return, place })
            }
            Resolution::Missing if self.silent_is_won => {
                Ok(Outcome { status: DealStatus::Won, is_return: false, place })
            }
            Resolution::Missing => Err(Fault { part, reason: "no stage or status" }),
            // Refused as a whole, once all such labels are known.
            Resolution::Unknown(_) => Err(Fault { part, reason: "unknown closing stage" }),
        }
    }

    /// Puts what became of each deal of typed rows into `statuses`; `None` where the row is to be read as
    /// text. The rows that are not are to be counted by [`Outcomes::count`].
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
        let mut of_rows = std::mem::take(&mut outcomes.of_rows);
        of_rows.clear();
        let mut slots = (0..SLOTS).filter(|slot| self.words[*slot].is_some());
        let is_filled_by_none = self.filled.iter().all(Option::is_none);
        if let (Some(slot), None, true) = (slots.next(), slots.next(), is_filled_by_none) {
            // One word decides: neighbours mostly say the same.
            let mut last: Option<(u32, u32)> = None;
            let column = std::mem::take(&mut outcomes.columns[slot]);
            for code in &column {
                let place = match last {
                    Some((known, place)) if known == *code => place,
                    _ => {
                        let mut codes = Codes::default();
                        codes[slot] = *code;
                        self.place(outcomes, codes)
                    }
                };
                last = Some((*code, place));
                of_rows.push(place);
                statuses.push(self.settled(&outcomes.decided[place as usize]));
            }
            outcomes.columns[slot] = column;
            outcomes.of_rows = of_rows;
            return;
        }
        for row in 0..rows.len() {
            let mut codes = Codes::default();
            for (slot, part) in self.words.iter().enumerate() {
                if part.is_some() {
                    codes[slot] = outcomes.columns[slot][row];
                }
            }
            for (bit, part) in self.filled.into_iter().enumerate() {
                if part.is_some_and(|part| rows.is_filled(part.position, row, is_filled)) {
                    codes[SLOTS] |= 1 << bit;
                }
            }
            let place = self.place(outcomes, codes);
            of_rows.push(place);
            statuses.push(self.settled(&outcomes.decided[place as usize]));
        }
        outcomes.of_rows = of_rows;
    }

    /// The status of a row for certain; `None` where it is to be read as text.
    fn settled(&self, resolved: &Resolved) -> Option<DealStatus> {
        match resolved.resolution {
            // Whether it gives back is seen by its amount.
            Resolution::Known(_) if resolved.is_return => None,
            Resolution::Known(status) => Some(status),
            Resolution::Missing if self.silent_is_won => Some(DealStatus::Won),
            _ => None,
        }
    }

    /// Where what `codes` mean stands among what was decided.
    fn place(&self, outcomes: &mut Outcomes, mut codes: Codes) -> u32 {
        // Another file may mean something else by the same words.
        codes[SLOTS] |= (self.input as u32) << BITS;
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
    fn decide(&self, outcomes: &Outcomes, codes: Codes) -> Resolved {
        let mut scratch = [[0; 16]; SLOTS];
        let mut texts = [""; SLOTS];
        for (slot, scratch) in scratch.iter_mut().enumerate() {
            if self.words[slot].is_some() && codes[slot] != NOT_UTF8 {
                let cell = outcomes.words[slot].text(codes[slot], scratch);
                // What is cut off is white space and signs, between which no character is broken.
                let text = std::str::from_utf8(text::clean(cell.as_bytes())).unwrap_or_default();
                texts[slot] = if text::is_missing(text.as_bytes()) { "" } else { text };
            }
        }
        let word = |slot: usize| Some(texts[slot]).filter(|word| !word.is_empty());
        let truth = |slot: usize| match text::boolean(texts[slot].as_bytes()) {
            Parsed::Value(truth) => Some(truth),
            _ => None,
        };
        let has = |bit: usize| codes[SLOTS] >> bit & 1 == 1;
        let label = word(STAGE).or(word(STATUS));
        let signs = DealSigns {
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
            has_won_at: has(0),
            has_lost_at: has(1),
            // An order is closed by its nature: a status that nothing explains is refused, not taken for open.
            has_closed_at: has(CLOSED) || (self.silent_is_won && label.is_some()),
            is_void: false,
            is_pending: self.silent_is_won && truth(IS_WON) == Some(false),
        };
        let (resolution, overruled) = self.overruled(&signs, &texts, has);
        let by = overruled.and_then(|found| match found {
            Overruled::By(column) => {
                let mut all = self.signs.iter().chain(&self.ends);
                all.find(|sign| sign.column == column)
            }
            _ => None,
        });
        let is_return = match by {
            None => label.is_some_and(is_return),
            Some(Sign { column, says: Says::Words(_), .. }) => {
                let slot = self.signs.iter().position(|sign| sign.column == *column);
                slot.is_some_and(|slot| is_return(texts[FIRST_SIGN + slot]))
            }
            Some(sign) => sign.of_returns,
        };
        Resolved {
            input: self.input,
            is_return: is_return && resolution == Resolution::Known(DealStatus::Lost),
            resolution,
            label: label.map(str::to_owned),
            overruled,
            rows: Rows::default(),
        }
    }

    /// What the row says, and which other column made that of it. `texts` are those of the words, `has` says
    /// which columns are filled.
    fn overruled(
        &self,
        signs: &DealSigns<'_>,
        texts: &[&str; SLOTS],
        has: impl Fn(usize) -> bool,
    ) -> (Resolution, Option<Overruled>) {
        let own = self.stages.resolve(signs);
        let is_open = own == Resolution::Known(DealStatus::Open);
        let is_sale = match own {
            Resolution::Known(status) => status == DealStatus::Won,
            Resolution::Missing => self.silent_is_won,
            Resolution::Unknown(_) => true,
        };
        if !is_sale && !is_open {
            return (own, None);
        }
        let ends = self.ends.iter().enumerate().filter(|(at, _)| has(FIRST_END + at));
        let ends = ends.map(|(_, end)| (end, (true, false)));
        let words = self.signs.iter().zip(&texts[FIRST_SIGN..]);
        let words = words.map(|(sign, text)| (sign, self.said(sign.says, text)));
        for (sign, (is_void, is_pending)) in ends.chain(words) {
            // What is won keeps its sale when it is put away.
            if is_sale && sign.says == Says::LostUnless {
                continue;
            }
            if is_void || (is_pending && is_sale) {
                let said = DealSigns { is_void, is_pending, ..*signs };
                return (self.stages.resolve(&said), Some(Overruled::By(sign.column)));
            }
        }
        let lost = Resolution::Known(DealStatus::Lost);
        let column = |part: Option<Part>| part.map_or(0, |part| part.column);
        // A day alone makes no sale of what has a reason of its loss.
        let is_bare = signs.stage.is_none() && signs.status.is_none() && signs.is_won.is_none();
        if is_sale && is_bare && has(REASON) {
            return (lost, Some(Overruled::ByReason(column(self.filled[REASON]))));
        }
        if is_sale {
            return (own, None);
        }
        if has(REASON) {
            (lost, Some(Overruled::ByReason(column(self.filled[REASON]))))
        } else if self.is_lost_at_zero && signs.probability == Some(0.0) {
            (lost, Some(Overruled::ByProbability(column(self.words[PROBABILITY]))))
        } else if has(CLOSED) && self.has_actual_close {
            (own, Some(Overruled::NotByDate(column(self.filled[CLOSED]))))
        } else {
            (own, None)
        }
    }

    /// Whether a cell of a sign says that the row came to nothing, and that it is no sale yet.
    fn said(&self, says: Says, text: &str) -> (bool, bool) {
        match says {
            Says::LostIf => (is_set(text.as_bytes()) == Some(true), false),
            Says::LostAt => (!text.is_empty(), false),
            Says::LostUnless => (is_set(text.as_bytes()) == Some(false), false),
            Says::WonIf => (false, is_set(text.as_bytes()) == Some(false)),
            Says::Unclear => (false, false),
            Says::Words(topic) => match self.stages.known(text) {
                Some(DealStatus::Lost) => (true, false),
                Some(DealStatus::Open) => (false, topic == Topic::Payment),
                _ => (false, false),
            },
        }
    }
}

/// Whether `field` is looked at in tables of this kind.
fn is_read(mapping: &Mapping, field: Field) -> bool {
    !matches!(field, Field::Probability | Field::LostReason) || mapping.kind == TableKind::Deals
}

/// Whether a cell of dates holds one, or at least something.
fn is_filled(cell: &[u8]) -> bool {
    if cell.first().is_some_and(u8::is_ascii_digit) {
        return true;
    }
    let text = std::str::from_utf8(text::clean(cell)).unwrap_or_default();
    !text.is_empty() && !text::says_nothing(text)
}
