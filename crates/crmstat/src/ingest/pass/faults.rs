//! Records that are not accepted: what is wrong with them, or why they are no rows at all.

use crate::{
    Place,
    data::Ignored,
    ingest::pass::{batches::BatchRecords, input::Input, tally::Tally},
};

/// A column, and where its cells stand in a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) column: usize,
    pub(crate) position: usize,
}

/// Why a record is not accepted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    /// The cell at fault; `None` is the record as a whole.
    pub(crate) part: Option<Part>,
    /// What is wrong with it.
    pub(crate) reason: &'static str,
}

/// Accounts for the records of one input that are not accepted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Faults<'a> {
    pub(crate) input: &'a Input,
    /// Keep every rejected row.
    pub(crate) keep: bool,
}

impl Faults<'_> {
    /// The fault of a record of `width` cells where the header has another number.
    pub(crate) fn ragged(self, width: u32) -> Fault {
        let reason = if (width as usize) < self.input.headers.len() {
            "the row has fewer cells than the header"
        } else {
            "the row has more cells than the header"
        };
        Fault { part: None, reason }
    }

    /// Whether a record is blank or a footer, and so no row at all.
    pub(crate) fn is_no_row(self, records: &BatchRecords<'_>, row: usize) -> bool {
        let record = records.record(row);
        if is_blank(record, self.input.delimiter()) {
            return true;
        }
        let profile = &self.input.mapping.profile;
        !profile.footers.is_empty()
            && profile.is_footer(&first_filled(record, self.input.delimiter()))
    }

    /// Whether a record that is a row in every other way is the sum of others: its `customer` is a word for that.
    pub(crate) fn is_total(self, records: &BatchRecords<'_>, row: usize, customer: &[u8]) -> bool {
        match TotalWord::of(customer) {
            None => false,
            Some(TotalWord::Sure) => true,
            // There are companies of this name; their rows have what other rows have.
            Some(TotalWord::Name) => self.blanks(records, row).any(|is_blank| is_blank),
        }
    }

    /// Whether a record is the sum of others: its first filled cell is a word for that, and at least half of its cells
    /// are blank.
    pub(crate) fn is_total_row(self, records: &BatchRecords<'_>, row: usize) -> bool {
        let record = records.record(row);
        let is_before =
            |byte: &u8| *byte == self.input.delimiter() || *byte == b'"' || *byte == b' ';
        let start = record.iter().take_while(|byte| is_before(byte)).count();
        let rest = &record[start..];
        let ends = |byte: &u8| *byte == self.input.delimiter() || *byte == b'"';
        let first = &rest[..rest.iter().position(ends).unwrap_or(rest.len())];
        if TotalWord::of(first).is_none() {
            return false;
        }
        let (blank, cells) = self
            .blanks(records, row)
            .fold((0, 0), |(blank, cells), is_blank| (blank + usize::from(is_blank), cells + 1));
        blank * 2 >= cells
    }

    /// Whether each cell of a record is blank, roughly.
    fn blanks(self, records: &BatchRecords<'_>, row: usize) -> impl Iterator<Item = bool> {
        let delimiter = self.input.delimiter();
        let cells = records.record(row).split(move |byte| *byte == delimiter);
        cells.map(|cell| cell.iter().all(|byte| byte.is_ascii_whitespace() || *byte == b'"'))
    }

    /// Whether the cell of `part` repeats the header of its column.
    pub(crate) fn is_header(self, records: &BatchRecords<'_>, part: Part, row: usize) -> bool {
        let cell = records.batch.cells[part.position][row].of(&records.block.bytes);
        self.input.headers[part.column] == readable(cell)
    }

    /// Accounts for a record that was not accepted: a footer, a repeated header, or a fault.
    pub(crate) fn reject(
        self,
        tally: &mut Tally,
        records: &mut BatchRecords<'_>,
        row: usize,
        fault: Fault,
    ) {
        let line = records.line(row);
        let record = records.record(row);
        if is_blank(record, self.input.delimiter()) {
            return tally.ledger.ignore(Ignored::Blank, 1);
        }
        let first = first_filled(record, self.input.delimiter());
        if self.input.mapping.profile.is_footer(&first) {
            return tally.ledger.ignore(Ignored::Footer, 1);
        }
        let value = fault.part.map_or(first, |part| {
            readable(records.batch.cells[part.position][row].of(&records.block.bytes))
        });
        let column = fault.part.map(|part| part.column);
        if column.is_some_and(|column| self.input.headers[column] == value) {
            return tally.ledger.ignore(Ignored::RepeatedHeader, 1);
        }
        let place = Place { line: Some(line), ..self.input.place(column) };
        let row = self.keep.then(|| String::from_utf8_lossy(record).into_owned());
        tally.reject(self.input.number, place, value, fault.reason, row);
    }
}

/// Whether `customer` begins like a word for the sum of other rows; few names do, and few of these are as short.
pub(crate) fn may_be_total(customer: &[u8]) -> bool {
    customer.len() <= 24
        && matches!(
            customer,
            [b't' | b'T', b'o' | b'O', ..]
                | [b'g' | b'G', b'r' | b'R', ..]
                | [b's' | b'S', b'u' | b'U', ..]
                // «И», «и», «В», «в», «О», «о».
                | [0xD0, 0x98 | 0xB8 | 0x92 | 0xB2 | 0x9E | 0xBE, ..]
        )
}

/// A word for the sum of other rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TotalWord {
    /// It means nothing else.
    Sure,
    /// It may be a name as well.
    Name,
}

impl TotalWord {
    /// The one that `cell` is.
    fn of(cell: &[u8]) -> Option<Self> {
        if !may_be_total(cell) {
            return None;
        }
        let word = String::from_utf8_lossy(cell).to_lowercase();
        match word.trim_end_matches([':', ' ', '.']) {
            "grand total"
            | "grand totals"
            | "subtotal"
            | "subtotals"
            | "sub total"
            | "sub-total"
            | "итого"
            | "всего"
            | "общий итог" => Some(Self::Sure),
            "total" | "totals" | "итог" => Some(Self::Name),
            _ => None,
        }
    }
}

fn is_blank(record: &[u8], delimiter: u8) -> bool {
    record.iter().all(|byte| *byte == delimiter || *byte == b'"' || byte.is_ascii_whitespace())
}

/// The first filled cell of a record, roughly: enough to recognise a footer.
fn first_filled(record: &[u8], delimiter: u8) -> String {
    let cells = record.split(|byte| *byte == delimiter);
    let mut texts = cells.map(|cell| readable(cell).trim_matches(['"', ' ']).to_owned());
    texts.find(|text| !text.is_empty()).unwrap_or_default()
}

/// A cell as text that fits a message.
fn readable(cell: &[u8]) -> String {
    const LONGEST: usize = 80;
    let text = String::from_utf8_lossy(&cell[..cell.len().min(4 * LONGEST)]);
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.trim().to_owned(),
    }
}
