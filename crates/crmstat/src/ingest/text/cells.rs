//! The cells of a block.

use super::{
    Block, Dialect, QUOTE,
    marks::{Matches, ROOM, Work, put, windows, with_matches},
    quotes::Quotes,
};
use crate::collections::short_text::Cell;
use memchr::{memchr, memchr_iter, memchr2_iter, memchr3};

/// The columns whose cells are needed, and how many columns a record has.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Column indices in rising order.
    columns: Vec<usize>,
    /// Columns of the header.
    width: usize,
    /// The fewest columns a record may have: one less where the header ends in a phantom column.
    least: usize,
}

impl Wanted {
    /// Wants `columns` of records that have `width` columns, the last of them perhaps a `phantom`.
    pub(crate) fn new(mut columns: Vec<usize>, width: usize, phantom: bool) -> Self {
        columns.sort_unstable();
        columns.dedup();
        Self { columns, width, least: width - usize::from(phantom) }
    }

    /// The wanted columns, in rising order.
    pub(crate) fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// Those of the wanted columns that are among the first `columns`.
    pub(crate) fn first(&self, columns: usize) -> Self {
        let wanted = self.columns.iter().copied().filter(|column| *column < columns);
        Self { columns: wanted.collect(), ..*self }
    }

    /// Where the cells of `column` stand in a [`Batch`].
    pub(crate) fn position(&self, column: usize) -> Option<usize> {
        self.columns.binary_search(&column).ok()
    }
}

/// The wanted cells of the records of one block, column by column.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// For each wanted column, a cell per record.
    pub(crate) cells: Vec<Vec<Cell>>,
    /// Where each record begins in the block.
    pub(crate) starts: Vec<u32>,
    /// Records with a wrong number of cells: the record and the number.
    pub(crate) ragged: Vec<(u32, u32)>,
    /// Empty lines; they are no records.
    pub(crate) blank: u64,
    /// Where the delimiters and newlines of a block stand; kept to be used again.
    marks: Vec<u32>,
}

impl Batch {
    /// Records in the batch.
    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// Empties the batch for `columns` columns.
    pub(crate) fn clear(&mut self, columns: usize) {
        self.starts.clear();
        self.ragged.clear();
        self.blank = 0;
        self.cells.resize_with(columns, Vec::new);
        self.cells.iter_mut().for_each(Vec::clear);
    }

    /// Adds a column that holds `value` in every record.
    pub(crate) fn push_constant(&mut self, block: &mut Block, value: &[u8]) {
        let cell = Cell { start: block.bytes.len() as u32, len: value.len() as u32 };
        block.bytes.extend_from_slice(value);
        block.bytes.reserve(16);
        self.cells.push(vec![cell; self.starts.len()]);
    }

    /// Puts the cells of `block` here in place of what was here. A cell with doubled quotes is put,
    /// unescaped, behind the records of the block.
    pub(crate) fn fill(&mut self, block: &mut Block, dialect: Dialect, wanted: &Wanted) {
        self.clear(wanted.columns.len());
        let records = &block.bytes[..block.end];
        if memchr(QUOTE, records).is_some() || has_lone_return(records) {
            if !self.fill_even_quoted(block, dialect, wanted) {
                self.fill_quoted(block, dialect, wanted);
            }
        } else if !self.fill_even(records, dialect.delimiter, wanted) {
            self.fill_plain(records, dialect.delimiter, wanted);
        }
        // Room for the 16-byte loads of the dictionary.
        block.bytes.reserve(16);
    }

    /// Cells of records without a quote that all have the columns of the header, as nearly all blocks do:
    /// then cell `column` of record `row` ends at mark `row * width + column`. `false`, and no cells, where
    /// a record has more or fewer.
    fn fill_even(&mut self, records: &[u8], delimiter: u8, wanted: &Wanted) -> bool {
        let width = wanted.width;
        let (count, rows) = self.find_marks(records, delimiter);
        let marks = &self.marks[..count];
        // In one column, an empty line and an empty cell look alike.
        let is_even = width > 1
            && count == rows * width
            && marks.chunks_exact(width).all(|row| records[row[width - 1] as usize] == b'\n');
        if !is_even {
            return false;
        }
        let start_of = |at: usize| at.checked_sub(1).map_or(0, |before| marks[before] + 1);
        self.starts.extend((0..rows).map(|row| start_of(row * width)));
        for (cells, column) in self.cells.iter_mut().zip(&wanted.columns) {
            let is_last = *column + 1 == width;
            cells.extend((0..rows).map(|row| {
                let at = row * width + column;
                let (start, mut end) = (start_of(at), marks[at]);
                if is_last && end > start && records[end as usize - 1] == b'\r' {
                    end -= 1;
                }
                Cell { start, len: end - start }
            }));
        }
        true
    }

    /// As [`Batch::fill_even`] of records with quotes, each of which opens or closes a cell or is doubled.
    fn fill_even_quoted(&mut self, block: &mut Block, dialect: Dialect, wanted: &Wanted) -> bool {
        let width = wanted.width;
        let records = &block.bytes[..block.end];
        if dialect.backslash || has_lone_return(records) {
            return false;
        }
        let Some((count, rows, has_pairs)) = self.find_quoted_marks(records, dialect.delimiter)
        else {
            return false;
        };
        let marks = &self.marks[..count];
        let is_even = width > 1
            && count == rows * width
            && marks.chunks_exact(width).all(|row| records[row[width - 1] as usize] == b'\n');
        if !is_even {
            return false;
        }
        let start_of = |at: usize| at.checked_sub(1).map_or(0, |before| marks[before] + 1);
        let mut are_closed = true;
        for (cells, column) in self.cells.iter_mut().zip(&wanted.columns) {
            let is_last = *column + 1 == width;
            for row in 0..rows {
                let at = row * width + column;
                let (start, mut end) = (start_of(at), marks[at]);
                if is_last && end > start && block.bytes[end as usize - 1] == b'\r' {
                    end -= 1;
                }
                if start == end || block.bytes[start as usize] != QUOTE {
                    cells.push(Cell { start, len: end - start });
                    continue;
                }
                // Text behind the closing quote is left to the reading quote by quote.
                are_closed &= end > start + 1 && block.bytes[end as usize - 1] == QUOTE;
                if !are_closed {
                    break;
                }
                let inner = Cell { start: start + 1, len: end - start - 2 };
                if has_pairs && memchr(QUOTE, inner.of(&block.bytes)).is_some() {
                    let (start, end, _) = quoted_cell(block, dialect, start as usize);
                    cells.push(Cell { start: start as u32, len: (end - start) as u32 });
                } else {
                    cells.push(inner);
                }
            }
        }
        if are_closed {
            self.starts.extend((0..rows).map(|row| start_of(row * width)));
        } else {
            self.clear(wanted.columns.len());
            block.bytes.truncate(block.end);
        }
        are_closed
    }

    /// As [`Batch::find_marks`] outside quoted cells, and whether any quote is doubled; `None` where a quote
    /// stands in the middle of a cell.
    fn find_quoted_marks(&mut self, records: &[u8], delimiter: u8) -> Option<(usize, usize, bool)> {
        self.make_room(records);
        with_matches(QuotedMarks { records, delimiter, marks: &mut self.marks })
    }

    /// Finds every delimiter and newline; gives the number of both together and of newlines.
    fn find_marks(&mut self, records: &[u8], delimiter: u8) -> (usize, usize) {
        self.make_room(records);
        with_matches(PlainMarks { records, delimiter, marks: &mut self.marks })
    }

    fn make_room(&mut self, records: &[u8]) {
        let most = records.len() + ROOM;
        if self.marks.len() < most {
            self.marks.resize(most, 0);
        }
    }

    /// Cells of records without a quote: every delimiter and newline is one.
    fn fill_plain(&mut self, records: &[u8], delimiter: u8, wanted: &Wanted) {
        let mut row = Row::new(0);
        let mut start = 0;
        let mut visit = |at: usize, newline: bool| {
            let mut end = at;
            if newline && end > start && records[end - 1] == b'\r' {
                end -= 1;
            }
            if newline && row.field == 0 && end == start {
                self.blank += 1;
                row = Row::new(at + 1);
            } else {
                self.push(&mut row, wanted, start, end);
                if newline {
                    self.end_record(&row, wanted, start == end);
                    row = Row::new(at + 1);
                }
            }
            start = at + 1;
        };
        for mark in memchr2_iter(delimiter, b'\n', records) {
            visit(mark, records[mark] == b'\n');
        }
    }

    /// Cells of records with quotes, or with a carriage return alone as the end of a record.
    fn fill_quoted(&mut self, block: &mut Block, dialect: Dialect, wanted: &Wanted) {
        let end = block.end;
        let mut at = 0;
        let mut row = Row::new(0);
        while at < end {
            let start = at;
            let (cell_start, cell_end, mark) = if block.bytes[at] == QUOTE {
                quoted_cell(block, dialect, at)
            } else {
                let mark = next_mark(&block.bytes, dialect.delimiter, at, end);
                (at, mark, mark)
            };
            let newline = mark >= end || block.bytes[mark] != dialect.delimiter;
            if newline && row.field == 0 && mark == start {
                self.blank += 1;
                row = Row::new(0);
            } else {
                self.push(&mut row, wanted, cell_start, cell_end);
                if newline {
                    self.end_record(&row, wanted, cell_start == cell_end);
                }
            }
            at = mark + 1;
            if newline {
                if block.bytes.get(mark) == Some(&b'\r') && block.bytes.get(at) == Some(&b'\n') {
                    at += 1;
                }
                row = Row::new(at);
            }
        }
    }

    fn push(&mut self, row: &mut Row, wanted: &Wanted, start: usize, end: usize) {
        if wanted.columns.get(row.next) == Some(&row.field) {
            self.cells[row.next].push(Cell { start: start as u32, len: (end - start) as u32 });
            row.next += 1;
        }
        row.field += 1;
    }

    /// Ends a record whose last cell is empty where `trailing`.
    fn end_record(&mut self, row: &Row, wanted: &Wanted, trailing: bool) {
        let phantom = trailing && row.field == wanted.width + 1;
        if row.field != wanted.width
            && !phantom
            && !(wanted.least..=wanted.width).contains(&row.field)
        {
            self.ragged.push((self.starts.len() as u32, row.field as u32));
        }
        for cells in &mut self.cells[row.next..] {
            cells.push(Cell::default());
        }
        self.starts.push(row.start as u32);
    }
}

/// Finds every delimiter and newline of records without a quote; gives the number of both together and of newlines.
struct PlainMarks<'a> {
    records: &'a [u8],
    delimiter: u8,
    marks: &'a mut [u32],
}

impl Work for PlainMarks<'_> {
    type Output = (usize, usize);

    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "inlined, it is compiled for the processor that was found"
    )]
    fn run(self, matches: impl Matches) -> (usize, usize) {
        let (mut count, mut rows) = (0, 0);
        windows(self.records, |from, window| {
            let newlines = matches.matches(window, b'\n');
            rows += newlines.count_ones() as usize;
            let found = newlines | matches.matches(window, self.delimiter);
            count = put(found, from, self.marks, count);
            Some(())
        });
        (count, rows)
    }
}

/// As [`PlainMarks`] outside quoted cells, and whether any quote is doubled; `None` where a quote stands in the middle
/// of a cell.
struct QuotedMarks<'a> {
    records: &'a [u8],
    delimiter: u8,
    marks: &'a mut [u32],
}

impl Work for QuotedMarks<'_> {
    type Output = Option<(usize, usize, bool)>;

    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "inlined, it is compiled for the processor that was found"
    )]
    fn run(self, matches: impl Matches) -> Self::Output {
        let mut quotes = Quotes::new(self.delimiter);
        let (mut count, mut rows) = (0, 0);
        windows(self.records, |from, window| {
            let ends = quotes.ends(window, matches)?;
            rows += ends.newlines.count_ones() as usize;
            count = put(ends.newlines | ends.delimiters, from, self.marks, count);
            Some(())
        })?;
        quotes.is_closed().then_some((count, rows, quotes.has_pairs))
    }
}

/// A record while its cells are found.
struct Row {
    start: usize,
    /// The column of the next cell.
    field: usize,
    /// The position among the wanted columns of the next one.
    next: usize,
}

impl Row {
    fn new(start: usize) -> Self {
        Self { start, field: 0, next: 0 }
    }
}

fn has_lone_return(records: &[u8]) -> bool {
    memchr_iter(b'\r', records).any(|at| records.get(at + 1) != Some(&b'\n'))
}

/// The next delimiter or end of a record from `at` on.
fn next_mark(bytes: &[u8], delimiter: u8, at: usize, end: usize) -> usize {
    memchr3(delimiter, b'\n', b'\r', &bytes[at..end]).map_or(end, |offset| at + offset)
}

/// A cell that begins with a quote at `at`: start and end of its text, and the mark behind it.
fn quoted_cell(block: &mut Block, dialect: Dialect, at: usize) -> (usize, usize, usize) {
    let records = &block.bytes[..block.end];
    let text = at + 1;
    let close = dialect.closing_quote(records, text).unwrap_or(block.end - 1);
    let mark = next_mark(records, dialect.delimiter, close + 1, block.end);
    let escaped = memchr(QUOTE, &records[text..close]).is_some()
        || (dialect.backslash && memchr(b'\\', &records[text..close]).is_some());
    if !escaped && mark == close + 1 {
        return (text, close, mark);
    }
    // Text behind the closing quote belongs to the cell, as every lenient reader has it.
    let start = block.bytes.len();
    let mut from = text;
    while from < close {
        let byte = block.bytes[from];
        let next = block.bytes[from + 1];
        let pair = (byte == QUOTE && next == QUOTE)
            || (dialect.backslash && byte == b'\\' && matches!(next, QUOTE | b'\\'));
        let kept = if pair { next } else { byte };
        block.bytes.push(kept);
        from += 1 + usize::from(pair);
    }
    block.bytes.extend_from_within(close + 1..mark);
    (start, block.bytes.len(), mark)
}

#[cfg(test)]
mod tests {
    use super::{Batch, Wanted};
    use crate::{
        Error,
        ingest::text::{Block, Blocks, Dialect},
    };
    use proptest::prelude::*;

    fn blocks<'a>(input: &'a [u8], file: &'a str, dialect: Dialect) -> Blocks<'a, &'a [u8]> {
        Blocks::new(input, file, dialect, move |cause| Error::io("cannot read", file, cause))
    }

    /// Every record of `input`, read in blocks of `block_size`.
    fn records(input: &[u8], block_size: usize) -> Option<Vec<Vec<Vec<u8>>>> {
        let dialect = Dialect { delimiter: b',', backslash: false };
        let wanted = Wanted::new((0..64).collect(), 64, false);
        let mut blocks = blocks(input, "test", dialect).with_block_size(block_size);
        let (mut block, mut batch, mut found) = (Block::default(), Batch::default(), Vec::new());
        while blocks.next_into(&mut block).ok()? {
            batch.fill(&mut block, dialect, &wanted);
            let mut widths = batch.ragged.iter();
            for row in 0..batch.len() {
                let (ragged, width) = *widths.next()?;
                assert_eq!(ragged as usize, row);
                found.push(
                    batch.cells[..width as usize]
                        .iter()
                        .map(|cells| cells[row].of(&block.bytes).to_vec())
                        .collect(),
                );
            }
        }
        Some(found)
    }

    /// The same by the `csv` crate.
    fn oracle(input: &[u8]) -> Vec<Vec<Vec<u8>>> {
        csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(input)
            .into_byte_records()
            .map(|record| {
                record.expect("bytes are never refused").iter().map(<[u8]>::to_vec).collect()
            })
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        #[test]
        fn hostile_text_reads_as_by_the_csv_crate(
            input in "[ab,\"\n\r]{0,80}",
            block_size in 1_usize..40,
        ) {
            // An open quote at the end is an error here; the csv crate swallows the rest in silence.
            if let Some(found) = records(input.as_bytes(), block_size) {
                prop_assert_eq!(found, oracle(input.as_bytes()));
            }
        }

        #[test]
        fn quotes_in_any_well_formed_cell_survive(
            rows in prop::collection::vec(prop::collection::vec("[ab,\"\n é]{1,9}", 2..5), 1..20),
            block_size in 1_usize..300,
        ) {
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let input = writer.into_inner().unwrap();
            prop_assert_eq!(records(&input, block_size), Some(oracle(&input)));
        }
    }

    proptest! {
        #[test]
        fn records_of_one_width_read_as_by_the_csv_crate(
            rows in prop::collection::vec(prop::array::uniform3("[ab,\"\n ]{0,40}"), 1..20),
            style in 0_usize..3,
            block_size in 1_usize..300,
        ) {
            let style = [csv::QuoteStyle::Always, csv::QuoteStyle::Necessary, csv::QuoteStyle::NonNumeric][style];
            let mut writer = csv::WriterBuilder::new().quote_style(style).from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let input = writer.into_inner().unwrap();
            let dialect = Dialect { delimiter: b',', backslash: false };
            let wanted = Wanted::new(vec![0, 1, 2], 3, false);
            let mut blocks = blocks(&input, "test", dialect).with_block_size(block_size);
            let (mut block, mut batch, mut found) = (Block::default(), Batch::default(), Vec::new());
            while blocks.next_into(&mut block).unwrap() {
                batch.fill(&mut block, dialect, &wanted);
                prop_assert!(batch.ragged.is_empty());
                for row in 0..batch.len() {
                    found.push([0, 1, 2].map(|at| batch.cells[at][row].of(&block.bytes).to_vec()));
                }
            }
            let rows: Vec<[Vec<u8>; 3]> =
                rows.into_iter().map(|row| row.map(String::into_bytes)).collect();
            prop_assert_eq!(found, rows);
        }
    }

    #[test]
    fn a_quote_never_closed_is_an_error_that_names_its_line() {
        let dialect = Dialect { delimiter: b',', backslash: false };
        let mut blocks = blocks(&b"a,b\n1,\"2\n3,4\n"[..], "deals.csv", dialect);
        let error = blocks.next_into(&mut Block::default()).unwrap_err();
        assert_eq!(error.to_string(), "deals.csv:2: a quote opens a cell here and is never closed");
    }

    #[test]
    fn backslash_escapes_are_read_where_the_dialect_has_them() {
        let dialect = Dialect { delimiter: b';', backslash: true };
        let input = "\"ООО \\\"А; Б\\\"\";\"c:\\\\\";1\n".as_bytes();
        let (mut block, mut batch) = (Block::default(), Batch::default());
        assert!(blocks(input, "test", dialect).next_into(&mut block).unwrap());
        batch.fill(&mut block, dialect, &Wanted::new(vec![0, 1, 2], 3, false));
        let cells: Vec<_> = batch
            .cells
            .iter()
            .map(|cells| String::from_utf8_lossy(cells[0].of(&block.bytes)).into_owned())
            .collect();
        assert_eq!(cells, ["ООО \"А; Б\"", "c:\\", "1"]);
    }
}
