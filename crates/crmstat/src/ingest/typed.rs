//! Typed columns of Parquet and Arrow: as they are where that is all there is to read, and otherwise as records of
//! text, so that one set of rules reads every format.
//!
//! A value is written the way it is parsed back without loss: dates in ISO, numbers with a point.

use super::{
    parquet::{Column, Slice, TextColumn, Values},
    text::{Batch, Block},
    typed_file::TypedFile,
};
use crate::{
    Date, Money, Result, Timestamp,
    collections::{
        interner::{Interner, NOT_UTF8},
        short_text::Cell,
        write_cells::{push_date, push_float, push_signed, push_timestamp},
    },
    ingest::pass::batches::BatchRecords,
};
use std::ops::Range;

/// Rows taken at a time: their values or their text stay within a core's cache.
const ROWS: usize = 8 << 10;

/// Stands behind each cell of a rendered record.
pub(super) const DELIMITER: u8 = b',';

/// Rows of a sample.
const SAMPLE: usize = 1_000;

/// The first rows of `file` as texts; columns of a type that is not read are empty.
///
/// # Errors
/// Broken data.
pub(super) fn sample(file: &TypedFile) -> Result<Vec<Vec<String>>> {
    let columns: Vec<usize> =
        (0..file.columns().len()).filter(|column| file.is_readable(*column)).collect();
    let Some(slice) = file.first(&columns)? else { return Ok(Vec::new()) };
    let (mut block, mut batch) = (Block::default(), Batch::default());
    let rows = slice.rows.min(SAMPLE);
    render(&slice, 0..rows, &mut block, &mut batch);
    let mut sample = vec![vec![String::new(); file.columns().len()]; rows];
    for (column, cells) in columns.iter().zip(&batch.cells) {
        for (row, cell) in sample.iter_mut().zip(cells) {
            row[*column] = String::from_utf8_lossy(cell.of(&block.bytes)).into_owned();
        }
    }
    Ok(sample)
}

/// Which of some typed rows must be read as text.
pub(crate) enum Left {
    Nothing,
    Rows(Vec<u32>),
    All,
}

/// Gives the rows of `file` to `states`: typed to `take`, which says which of them it leaves, and these to
/// `visit` as records. The columns are those wanted of the file, then one for each of `constants`.
pub(super) fn scan<S: Send>(
    file: &TypedFile,
    columns: &[usize],
    constants: &[&str],
    states: Vec<S>,
    progress: &(dyn Fn(u64) + Sync),
    take: impl Fn(&mut S, &TypedRows<'_>) -> Left + Sync,
    visit: impl Fn(&mut S, BatchRecords<'_>) -> Result<()> + Sync,
) -> Result<Vec<S>> {
    let idle = std::sync::Mutex::new(states);
    let next = || idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop();
    let used = file.scan(
        columns,
        || (next(), Block::default(), Batch::default()),
        |(state, block, batch), mut slice| {
            let Some(state) = state else { return Ok(()) };
            slice
                .columns
                .extend(constants.iter().map(|text| Column::constant(text.as_bytes(), slice.rows)));
            progress(slice.rows as u64);
            for first in (0..slice.rows).step_by(ROWS) {
                let rows = first..slice.rows.min(first + ROWS);
                let all = TypedRows { slice: &slice, rows: rows.clone() };
                let left = take(state, &all);
                match left {
                    Left::Nothing => continue,
                    Left::Rows(rows) => all.render(&rows, block, batch),
                    Left::All => render(&slice, rows, block, batch),
                }
                visit(state, BatchRecords::new(block, batch, 0))?;
            }
            Ok(())
        },
    )?;
    let mut states = idle.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    states.extend(used.into_iter().filter_map(|(state, ..)| state));
    Ok(states)
}

/// Rows of the wanted columns, typed. What it gives, it gives of every row, or not at all.
pub(crate) struct TypedRows<'a> {
    slice: &'a Slice,
    rows: Range<usize>,
}

impl TypedRows<'_> {
    /// How many rows.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The number of the first row in the file.
    pub(super) fn first_row(&self) -> u64 {
        self.slice.first_row + self.rows.start as u64
    }

    fn column(&self, position: usize) -> &Column {
        &self.slice.columns[position]
    }

    /// The column at `position` if it is text: the bytes that the cells lie in.
    pub(super) fn texts(&self, position: usize) -> Option<TypedTexts<'_>> {
        match &self.column(position).values {
            Values::Text(texts) => {
                let (first, rows) = (self.rows.start, self.rows.len());
                Some(TypedTexts { texts, valid: self.valid(position), first, rows })
            }
            _ => None,
        }
    }

    /// Which of the rows have a value at `position`; `None` when all have.
    fn valid(&self, position: usize) -> Option<&[bool]> {
        self.column(position).valid.as_ref().map(|valid| &valid[self.rows.clone()])
    }

    /// Whole numbers, where no row lacks one.
    pub(super) fn numbers(&self, position: usize) -> Option<&[i64]> {
        let has_all = self.valid(position).is_none_or(|valid| valid.iter().all(|is| *is));
        match &self.column(position).values {
            Values::Int(numbers) if has_all => Some(&numbers[self.rows.clone()]),
            _ => None,
        }
    }

    /// Puts days or wall times into those of `at`, in seconds since 1970, that are still [`NOTHING`]; `parse` reads
    /// cells of text, [`UNREAD`] where it cannot. `false` where the column holds something else.
    pub(super) fn instants(
        &self,
        position: usize,
        at: &mut [i64],
        parse: impl Fn(&[u8]) -> Option<i64>,
    ) -> bool {
        let rows = self.rows.clone();
        let valid = self.valid(position);
        match &self.column(position).values {
            Values::Date(days) => {
                fill(at, valid, &days[rows], |day| Date::from_days(*day).midnight().seconds());
            }
            Values::Timestamp(seconds) => fill(at, valid, &seconds[rows], |seconds| *seconds),
            Values::Text(texts) => {
                for (at, row) in at.iter_mut().zip(rows) {
                    let cell = texts.get(row);
                    if *at == NOTHING && !cell.is_empty() {
                        *at = parse(cell).unwrap_or(UNREAD);
                    }
                }
            }
            _ => return false,
        }
        true
    }

    /// Puts amounts that money holds exactly into `amounts`, in units of money; [`UNREAD`] where there is none
    /// or it is not exact. `parse` reads cells of text. `false` where the column holds something else.
    pub(super) fn amounts(
        &self,
        position: usize,
        amounts: &mut [i64],
        parse: impl Fn(&[u8]) -> Option<i64>,
    ) -> bool {
        let rows = self.rows.clone();
        amounts.fill(NOTHING);
        let valid = self.valid(position);
        match &self.column(position).values {
            Values::Int(numbers) => fill(amounts, valid, &numbers[rows], |number| {
                number.checked_mul(Money::SCALE).unwrap_or(UNREAD)
            }),
            Values::Float(numbers) => fill(amounts, valid, &numbers[rows], |number| {
                exact_units(*number).unwrap_or(UNREAD)
            }),
            Values::Decimal { unscaled, scale } => {
                let decimals = Money::DECIMALS.checked_sub(*scale);
                let Some(units) = decimals.and_then(|decimals| 10_i64.checked_pow(decimals)) else {
                    return false;
                };
                fill(amounts, valid, &unscaled[rows], |unscaled| {
                    let unscaled = i64::try_from(*unscaled).ok();
                    unscaled.and_then(|unscaled| unscaled.checked_mul(units)).unwrap_or(UNREAD)
                });
            }
            Values::Text(texts) => {
                for (amount, row) in amounts.iter_mut().zip(rows) {
                    *amount = parse(texts.get(row)).unwrap_or(UNREAD);
                }
            }
            _ => return false,
        }
        true
    }

    /// The number among `words` of each cell at `position`, as it would be written; `text` is there to write in.
    pub(super) fn codes(
        &self,
        position: usize,
        words: &mut Interner<()>,
        text: &mut Vec<u8>,
        codes: &mut Vec<u32>,
    ) {
        let column = self.column(position);
        let nothing = words.intern(b"");
        match &column.values {
            Values::Text(TextColumn::Dictionary { dictionary, codes: places }) => {
                // Each text of the dictionary is looked up once.
                let mut known = vec![NOT_UTF8 - 1; dictionary.len()];
                codes.extend(self.rows.clone().map(|row| {
                    let place = places[row] as usize;
                    match known.get_mut(place) {
                        Some(known) if column.is_valid(row) => {
                            if *known == NOT_UTF8 - 1 {
                                *known = words.intern(dictionary.get(place));
                            }
                            *known
                        }
                        _ => nothing,
                    }
                }));
            }
            values => codes.extend(self.rows.clone().map(|row| {
                if !column.is_valid(row) {
                    return nothing;
                }
                text.clear();
                push_value(text, values, row);
                words.intern(text)
            })),
        }
    }

    /// Whether `row` has a value at `position`; `holds` looks at a text.
    pub(super) fn is_filled(
        &self,
        position: usize,
        row: usize,
        holds: impl Fn(&[u8]) -> bool,
    ) -> bool {
        let column = self.column(position);
        let row = self.rows.start + row;
        column.is_valid(row)
            && match &column.values {
                Values::Text(texts) => holds(texts.get(row)),
                _ => true,
            }
    }

    /// Writes some of the rows as records into `block` and `batch`.
    pub(super) fn render(&self, rows: &[u32], block: &mut Block, batch: &mut Batch) {
        let start = self.rows.start;
        render(self.slice, rows.iter().map(|row| start + *row as usize), block, batch);
    }
}

/// There is no value.
pub(super) const NOTHING: i64 = i64::MIN;
/// There is something that must be read as text.
pub(super) const UNREAD: i64 = i64::MAX;

/// A column of text of typed rows.
pub(super) struct TypedTexts<'a> {
    texts: &'a TextColumn,
    valid: Option<&'a [bool]>,
    first: usize,
    rows: usize,
}

impl<'a> TypedTexts<'a> {
    /// The bytes that the cells lie in.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.texts.bytes()
    }

    /// Puts where the texts of all rows lie into `cells`; an empty cell where there is none.
    pub(super) fn cells(&self, cells: &mut Vec<Cell>) {
        self.texts.cells(self.first..self.first + self.rows, cells);
        if let Some(valid) = self.valid {
            for (cell, is_valid) in cells.iter_mut().zip(valid) {
                if !is_valid {
                    *cell = Cell::default();
                }
            }
        }
    }

    /// Where the text of `row` lies; an empty cell where it has none.
    #[inline]
    pub(super) fn cell(&self, row: usize) -> Cell {
        if self.valid.is_none_or(|valid| valid[row]) {
            self.texts.cell(self.first + row)
        } else {
            Cell::default()
        }
    }
}

/// Puts the values that are there into those of `places` that are still [`NOTHING`].
fn fill<T>(places: &mut [i64], valid: Option<&[bool]>, values: &[T], of: impl Fn(&T) -> i64) {
    match valid {
        None => {
            for (place, value) in places.iter_mut().zip(values) {
                if *place == NOTHING {
                    *place = of(value);
                }
            }
        }
        Some(valid) => {
            for ((place, value), is_valid) in places.iter_mut().zip(values).zip(valid) {
                if *is_valid && *place == NOTHING {
                    *place = of(value);
                }
            }
        }
    }
}

/// `number` in units of money, where that is the number itself.
#[inline]
fn exact_units(number: f64) -> Option<i64> {
    // Units up to 2^53 are exact as floats. A unit off by the rounding of the product fails the comparison.
    const LARGEST: f64 = 900_000_000_000.0;
    if number.is_nan() || number.abs() >= LARGEST {
        return None;
    }
    let scale = Money::SCALE as f64;
    let units = (number * scale + 0.5_f64.copysign(number)) as i64;
    (units as f64 / scale == number).then_some(units)
}

/// Writes the rows as records, a line each, and notes where their cells are.
fn render(slice: &Slice, rows: impl Iterator<Item = usize>, block: &mut Block, batch: &mut Batch) {
    block.bytes.clear();
    block.lines.clear();
    batch.clear(slice.columns.len());
    let mut previous = None;
    for row in rows {
        let number = slice.first_row + row as u64;
        block.lines.push(number + 1);
        batch.starts.push(block.bytes.len() as u32);
        for (column, cells) in slice.columns.iter().zip(&mut batch.cells) {
            let start = block.bytes.len();
            if column.is_valid(row) {
                match (&column.values, cells.last()) {
                    // Exports are mostly sorted by date, and copying a date is cheaper than writing it.
                    (Values::Date(days), Some(last))
                        if last.len > 0
                            && previous
                                .is_some_and(|previous: usize| days[row] == days[previous]) =>
                    {
                        block.bytes.extend_from_within(last.range());
                    }
                    (values, _) => push_value(&mut block.bytes, values, row),
                }
            }
            cells.push(Cell { start: start as u32, len: (block.bytes.len() - start) as u32 });
            block.bytes.push(DELIMITER);
        }
        block.bytes.push(b'\n');
        previous = Some(row);
    }
    block.index = block.lines.first().copied().unwrap_or_default();
    block.end = block.bytes.len();
    block.bytes.reserve(16);
}

fn push_value(bytes: &mut Vec<u8>, values: &Values, row: usize) {
    match values {
        Values::Text(texts) => bytes.extend_from_slice(texts.get(row)),
        Values::Int(numbers) => push_signed(bytes, numbers[row]),
        Values::Float(numbers) if is_whole(numbers[row]) => push_signed(bytes, numbers[row] as i64),
        Values::Float(numbers) if numbers[row].is_finite() => push_float(bytes, numbers[row]),
        Values::Float(numbers) => bytes.extend_from_slice(numbers[row].to_string().as_bytes()),
        Values::Decimal { unscaled, scale } => push_decimal(bytes, unscaled[row], *scale),
        Values::Date(days) => push_date(bytes, Date::from_days(days[row])),
        Values::Timestamp(seconds) => push_timestamp(bytes, Timestamp::from_seconds(seconds[row])),
        Values::Bool(truths) => {
            bytes.extend_from_slice(if truths[row] { b"true" } else { b"false" });
        }
    }
}

/// Whether a float is an integer that it holds exactly: pandas keeps the ids of a column with gaps so, and
/// `12346` is the id, not `12346.0`.
fn is_whole(number: f64) -> bool {
    const EXACT: f64 = (1_u64 << f64::MANTISSA_DIGITS) as f64;
    number.fract() == 0.0 && number.abs() <= EXACT
}

fn push_decimal(bytes: &mut Vec<u8>, unscaled: i128, scale: u32) {
    let Ok(narrow) = i64::try_from(unscaled) else {
        let digits = format!("{:0width$}", unscaled.unsigned_abs(), width = scale as usize + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale as usize);
        let sign = if unscaled < 0 { "-" } else { "" };
        bytes.extend_from_slice(format!("{sign}{whole}.{fraction}").as_bytes());
        return;
    };
    let Some(one) = 10_u64.checked_pow(scale) else {
        return bytes.extend_from_slice(format!("{narrow}e-{scale}").as_bytes());
    };
    if narrow < 0 {
        bytes.push(b'-');
    }
    let magnitude = narrow.unsigned_abs();
    crate::collections::write_cells::push_unsigned(bytes, magnitude / one);
    if scale > 0 {
        bytes.push(b'.');
        let mut rest = magnitude % one;
        let mut place = one / 10;
        while place > 0 {
            bytes.push(b'0' + (rest / place) as u8);
            rest %= place;
            place /= 10;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_whole;

    #[test]
    fn only_floats_that_are_exact_integers_are_whole() {
        for number in [12_346.0, -1.0, 0.0, -0.0, 9_007_199_254_740_992.0] {
            assert!(is_whole(number), "{number}");
        }
        for number in [0.5, 9_007_199_254_740_994.0, 1e300, f64::NAN, f64::INFINITY] {
            assert!(!is_whole(number), "{number}");
        }
    }
}
