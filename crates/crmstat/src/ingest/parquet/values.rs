//! Columns of numbers, dates and flags, through the `parquet` crate's typed readers.

use parquet::{
    column::{
        page::PageReader,
        reader::{ColumnReader as Untyped, ColumnReaderImpl, get_column_reader},
    },
    data_type::{
        AsBytes, BoolType, ByteArrayType, DataType, DoubleType, FixedLenByteArrayType, FloatType,
        Int32Type, Int64Type, Int96, Int96Type,
    },
    errors::{ParquetError, Result},
    schema::types::ColumnDescPtr,
};

use super::{
    Column, TextColumn, Values,
    schema::{Leaf, Reading},
    shortest,
    text::{Texts, spread},
};

const SECONDS_PER_DAY: i64 = 86_400;
const NANOSECONDS_PER_SECOND: i64 = 1_000_000_000;
/// The Julian day number of 1970-01-01.
const JULIAN_DAY_OF_1970: i64 = 2_440_588;

/// Reads one column of one row group.
pub(super) struct ValueReader {
    reader: Untyped,
    reading: Reading,
    is_optional: bool,
}

impl ValueReader {
    pub(super) fn new(
        descriptor: ColumnDescPtr,
        pages: Box<dyn PageReader>,
        leaf: Leaf,
    ) -> Result<Self> {
        // A type that a file contradicts later must not reach a reader made for another.
        if descriptor.max_rep_level() > 0 || descriptor.max_def_level() > 1 {
            return Err(general("a column is nested"));
        }
        let reader = get_column_reader(descriptor, pages);
        Ok(Self { reader, reading: leaf.reading, is_optional: leaf.is_optional })
    }

    /// The next `rows` rows.
    pub(super) fn read(&mut self, rows: usize) -> Result<Column> {
        let optional = self.is_optional;
        match &mut self.reader {
            Untyped::BoolColumnReader(reader) => {
                let (values, valid) = take::<BoolType>(reader, rows, optional)?;
                Ok(column(values, valid, Values::Bool))
            }
            Untyped::FloatColumnReader(reader) => {
                let (values, valid) = take::<FloatType>(reader, rows, optional)?;
                Ok(column(values.into_iter().map(shortest).collect(), valid, Values::Float))
            }
            Untyped::DoubleColumnReader(reader) => {
                let (values, valid) = take::<DoubleType>(reader, rows, optional)?;
                Ok(column(values, valid, Values::Float))
            }
            Untyped::Int96ColumnReader(reader) => {
                let (values, valid) = take::<Int96Type>(reader, rows, optional)?;
                Ok(column(values.iter().map(seconds).collect(), valid, Values::Timestamp))
            }
            Untyped::Int32ColumnReader(reader) => {
                let (values, valid) = take::<Int32Type>(reader, rows, optional)?;
                Ok(match self.reading {
                    Reading::Date => column(values, valid, Values::Date),
                    Reading::Decimal { scale } => {
                        decimals(values.into_iter().map(i128::from).collect(), valid, scale)
                    }
                    Reading::Int32 { is_signed: false } => {
                        let values = values.into_iter().map(|v| i64::from(v.cast_unsigned()));
                        column(values.collect(), valid, Values::Int)
                    }
                    _ => column(values.into_iter().map(i64::from).collect(), valid, Values::Int),
                })
            }
            Untyped::Int64ColumnReader(reader) => {
                let (mut values, valid) = take::<Int64Type>(reader, rows, optional)?;
                Ok(match self.reading {
                    Reading::Timestamp { ticks_per_second } => {
                        for value in &mut values {
                            *value = value.div_euclid(ticks_per_second);
                        }
                        column(values, valid, Values::Timestamp)
                    }
                    Reading::Decimal { scale } => {
                        decimals(values.into_iter().map(i128::from).collect(), valid, scale)
                    }
                    // Ids made by hashing use all 64 bits.
                    Reading::Int64 { is_signed: false } if values.iter().any(|v| *v < 0) => {
                        let wide = values.into_iter().map(|v| i128::from(v.cast_unsigned()));
                        decimals(wide.collect(), valid, 0)
                    }
                    _ => column(values, valid, Values::Int),
                })
            }
            Untyped::ByteArrayColumnReader(reader) => {
                let (values, valid) = take::<ByteArrayType>(reader, rows, optional)?;
                if let Reading::Decimal { scale } = self.reading {
                    let digits = values.iter().map(|value| unscaled(value.as_bytes()));
                    return Ok(decimals(digits.collect::<Result<_>>()?, valid, scale));
                }
                texts(values.iter().map(AsBytes::as_bytes), valid)
            }
            Untyped::FixedLenByteArrayColumnReader(reader) => {
                let (values, valid) = take::<FixedLenByteArrayType>(reader, rows, optional)?;
                if let Reading::Decimal { scale } = self.reading {
                    let digits = values.iter().map(|value| unscaled(value.as_bytes()));
                    return Ok(decimals(digits.collect::<Result<_>>()?, valid, scale));
                }
                let names: Vec<String> =
                    values.iter().map(|value| uuid(value.as_bytes())).collect();
                texts(names.iter().map(String::as_bytes), valid)
            }
        }
    }
}

/// The values that are there among some rows, and which rows those are; `None` when all.
type Present<T> = (Vec<T>, Option<Vec<bool>>);

/// The values that are there among the next `rows` rows.
fn take<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    rows: usize,
    is_optional: bool,
) -> Result<Present<T::T>> {
    let mut values = Vec::with_capacity(rows);
    let mut levels = Vec::with_capacity(if is_optional { rows } else { 0 });
    let (records, present, _) = reader.read_records(rows, Some(&mut levels), None, &mut values)?;
    if records != rows || present != values.len() {
        return Err(general("a column ends before its row group"));
    }
    let has_all = present == rows;
    let valid = (!has_all).then(|| levels.iter().map(|level| *level == 1).collect());
    Ok((values, valid))
}

/// Puts every value into its row.
fn column<T: Default + Clone>(
    mut values: Vec<T>,
    valid: Option<Vec<bool>>,
    kind: impl FnOnce(Vec<T>) -> Values,
) -> Column {
    if let Some(valid) = &valid {
        spread(&mut values, valid);
    }
    Column { valid, values: kind(values) }
}

fn decimals(values: Vec<i128>, valid: Option<Vec<bool>>, scale: u32) -> Column {
    column(values, valid, |unscaled| Values::Decimal { unscaled, scale })
}

fn texts<'a>(
    values: impl ExactSizeIterator<Item = &'a [u8]>,
    valid: Option<Vec<bool>>,
) -> Result<Column> {
    let texts = match &valid {
        None => Texts::from_values(values.map(Some))?,
        Some(valid) => {
            let mut values = values;
            Texts::from_values(valid.iter().map(|is| is.then(|| values.next()).flatten()))?
        }
    };
    Ok(Column { valid, values: Values::Text(TextColumn::Plain(texts)) })
}

/// Digits as a whole number, most significant byte first, in two's complement of any length.
fn unscaled(bytes: &[u8]) -> Result<i128> {
    let is_negative = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
    let filler = if is_negative { 0xFF } else { 0 };
    let (padding, digits) = bytes.split_at(bytes.len().saturating_sub(size_of::<i128>()));
    let mut number = [filler; size_of::<i128>()];
    let start = number.len() - digits.len();
    number[start..].copy_from_slice(digits);
    let number = i128::from_be_bytes(number);
    if bytes.is_empty() || padding.iter().any(|byte| *byte != filler) || (number < 0) != is_negative
    {
        return Err(general("a decimal is empty or longer than 128 bits"));
    }
    Ok(number)
}

/// `bytes` as an UUID is written: hexadecimal digits in groups of 8, 4, 4, 4 and 12.
fn uuid(bytes: &[u8]) -> String {
    use std::fmt::Write;

    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Seconds since 1970 of an instant stored as nanoseconds of a day and a Julian day number.
fn seconds(instant: &Int96) -> i64 {
    let [low, high, day] = [0, 1, 2].map(|at| instant.data()[at]);
    let nanoseconds = (i64::from(high) << 32) | i64::from(low);
    let days = i64::from(day.cast_signed()) - JULIAN_DAY_OF_1970;
    days * SECONDS_PER_DAY + nanoseconds.div_euclid(NANOSECONDS_PER_SECOND)
}

fn general(message: &str) -> ParquetError {
    ParquetError::General(message.to_owned())
}
