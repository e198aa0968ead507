//! Typed columns of Parquet as records of text, so that one set of rules reads every format.
//!
//! A value is written the way it is parsed back without loss: dates in ISO, numbers with a point. That
//! costs a few nanoseconds per cell and spares a second copy of every check.

use super::{
    parquet::{ColumnType, ParquetFile, Slice, Values},
    scan::Records,
    text::{Batch, Block, Wanted},
};
use crate::{
    Date, Result, Timestamp,
    digits::{push_date, push_float, push_signed, push_timestamp},
    intern::Cell,
};

/// Records rendered at a time: their text stays within a core's cache.
const ROWS: usize = 8 << 10;

/// Stands behind each cell of a rendered record.
pub(super) const DELIMITER: u8 = b',';

/// Whether the values of `column` are text that must be parsed.
pub(super) fn is_text(file: &ParquetFile, column: usize) -> bool {
    file.columns().get(column).is_some_and(|info| info.column_type == ColumnType::Text)
}

/// Gives the rows of `file` to `states` as records of the wanted cells.
pub(super) fn scan<S: Send>(
    file: &ParquetFile,
    wanted: &Wanted,
    states: Vec<S>,
    progress: &(dyn Fn(u64) + Sync),
    visit: impl Fn(&mut S, Records<'_>) -> Result<()> + Sync,
) -> Result<Vec<S>> {
    let idle = std::sync::Mutex::new(states);
    let take = || idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop();
    let used = file.scan(
        wanted.columns(),
        || (take(), Block::default(), Batch::default()),
        |(state, block, batch), slice| {
            let Some(state) = state else { return Ok(()) };
            progress(slice.rows as u64);
            for first in (0..slice.rows).step_by(ROWS) {
                render(&slice, first..slice.rows.min(first + ROWS), block, batch);
                visit(state, Records::new(block, batch, 0))?;
            }
            Ok(())
        },
    )?;
    let mut states = idle.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    states.extend(used.into_iter().filter_map(|(state, ..)| state));
    Ok(states)
}

/// Writes the rows as records, a line each, and notes where their cells are.
fn render(slice: &Slice, rows: std::ops::Range<usize>, block: &mut Block, batch: &mut Batch) {
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
    crate::digits::push_unsigned(bytes, magnitude / one);
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
