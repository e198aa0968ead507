//! Typed columns of Parquet: as they are where that is all there is to read, and otherwise as records of
//! text, so that one set of rules reads every format.
//!
//! A value is written the way it is parsed back without loss: dates in ISO, numbers with a point.

use super::{
    parquet::{ColumnType, ParquetFile, Slice, Values},
    text::{Batch, Block, Wanted},
};
use crate::{
    Date, Money, Result, Timestamp,
    collections::{
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

/// Whether the values of `column` are text that must be parsed.
pub(super) fn is_text(file: &ParquetFile, column: usize) -> bool {
    file.columns().get(column).is_some_and(|info| info.column_type == ColumnType::Text)
}

/// Whether `column` holds instants in UTC, not wall times.
pub(super) fn is_utc(file: &ParquetFile, column: usize) -> bool {
    let utc = ColumnType::Timestamp { is_utc: true };
    file.columns().get(column).is_some_and(|info| info.column_type == utc)
}

/// Gives the rows of `file` to `states`: typed to `take`, which says whether it could use all of them, and
/// otherwise to `visit` as records of the wanted cells.
pub(super) fn scan<S: Send>(
    file: &ParquetFile,
    wanted: &Wanted,
    states: Vec<S>,
    progress: &(dyn Fn(u64) + Sync),
    take: impl Fn(&mut S, &TypedRows<'_>) -> bool + Sync,
    visit: impl Fn(&mut S, BatchRecords<'_>) -> Result<()> + Sync,
) -> Result<Vec<S>> {
    let idle = std::sync::Mutex::new(states);
    let next = || idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop();
    let used = file.scan(
        wanted.columns(),
        || (next(), Block::default(), Batch::default()),
        |(state, block, batch), slice| {
            let Some(state) = state else { return Ok(()) };
            progress(slice.rows as u64);
            for first in (0..slice.rows).step_by(ROWS) {
                let rows = first..slice.rows.min(first + ROWS);
                if !take(state, &TypedRows { slice: &slice, rows: rows.clone() }) {
                    render(&slice, rows, block, batch);
                    visit(state, BatchRecords::new(block, batch, 0))?;
                }
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

    /// The values of the wanted column at `position`, where none is missing.
    fn values(&self, position: usize) -> Option<&Values> {
        let column = &self.slice.columns[position];
        let has_all = column
            .valid
            .as_ref()
            .is_none_or(|valid| valid[self.rows.clone()].iter().all(|is_valid| *is_valid));
        has_all.then_some(&column.values)
    }

    /// Texts: the bytes that they lie in, and where, put into `cells`.
    pub(super) fn texts(&self, position: usize, cells: &mut Vec<Cell>) -> Option<&[u8]> {
        match self.values(position)? {
            Values::Text(texts) => Some(texts.cells(self.rows.clone(), cells)),
            _ => None,
        }
    }

    /// Days or wall times.
    pub(super) fn instants(&self, position: usize, at: &mut Vec<Timestamp>) -> Option<()> {
        match self.values(position)? {
            Values::Date(days) => {
                let midnights = days[self.rows.clone()].iter();
                at.extend(midnights.map(|day| Date::from_days(*day).midnight()));
            }
            Values::Timestamp(seconds) => {
                let seconds = seconds[self.rows.clone()].iter();
                at.extend(seconds.map(|seconds| Timestamp::from_seconds(*seconds)));
            }
            _ => return None,
        }
        Some(())
    }

    /// Amounts that money holds exactly.
    pub(super) fn amounts(&self, position: usize, amounts: &mut Vec<Money>) -> Option<()> {
        let rows = self.rows.clone();
        match self.values(position)? {
            Values::Int(numbers) => {
                for number in &numbers[rows] {
                    amounts.push(Money::from_whole(*number)?);
                }
            }
            Values::Float(numbers) => {
                for number in &numbers[rows] {
                    amounts
                        .push(Money::from_f64(*number).filter(|money| money.to_f64() == *number)?);
                }
            }
            Values::Decimal { unscaled, scale } => {
                let units = 10_i64.checked_pow(Money::DECIMALS.checked_sub(*scale)?)?;
                for unscaled in &unscaled[rows] {
                    let unscaled = i64::try_from(*unscaled).ok()?;
                    amounts.push(Money::from_units(unscaled.checked_mul(units)?));
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// Whole numbers.
    pub(super) fn numbers(&self, position: usize) -> Option<&[i64]> {
        match self.values(position)? {
            Values::Int(numbers) => Some(&numbers[self.rows.clone()]),
            _ => None,
        }
    }
}

/// Writes the rows as records, a line each, and notes where their cells are.
fn render(slice: &Slice, rows: Range<usize>, block: &mut Block, batch: &mut Batch) {
    block.bytes.clear();
    block.first_line = slice.first_row + rows.start as u64 + 1;
    block.rows_are_lines = true;
    batch.clear(slice.columns.len());
    for row in rows {
        batch.starts.push(block.bytes.len() as u32);
        for (column, cells) in slice.columns.iter().zip(&mut batch.cells) {
            let start = block.bytes.len();
            if column.is_valid(row) {
                match (&column.values, cells.last()) {
                    // Exports are mostly sorted by date, and copying a date is cheaper than writing it.
                    (Values::Date(days), Some(last))
                        if last.len > 0 && days[row] == days[row - 1] =>
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
    }
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
