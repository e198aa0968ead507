//! Arrays to columns.

use crate::{
    Error, Result,
    collections::short_text::Cell,
    ingest::parquet::{Column, TextColumn, Texts, Values, shortest},
};
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, BinaryViewArray, BooleanArray, GenericByteArray,
    PrimitiveArray, StringViewArray,
    cast::AsArray,
    types::{
        ByteArrayType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type,
        Decimal256Type, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
        Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
        TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
    },
};
use arrow_schema::{DataType, TimeUnit};
use bytes::Bytes;
use std::sync::Arc;

const MILLISECONDS_PER_DAY: i64 = 86_400_000;

/// The column of `array`, whose type is one of those that are read.
///
/// # Errors
/// A number past the range of the columns, or more text than a batch may hold.
pub(super) fn column(array: &ArrayRef) -> Result<Column> {
    let valid = array.logical_nulls().filter(|nulls| nulls.null_count() > 0);
    let valid: Option<Vec<bool>> = valid.map(|nulls| nulls.iter().collect());
    let values = match array.data_type() {
        DataType::Null => Values::Text(TextColumn::Plain(Texts::of(
            Bytes::new(),
            vec![Cell::default(); array.len()],
        ))),
        DataType::Boolean => Values::Bool(truths(array.as_boolean())),
        DataType::Utf8 => Values::Text(TextColumn::Plain(texts(array.as_string::<i32>())?)),
        DataType::LargeUtf8 => Values::Text(TextColumn::Plain(texts(array.as_string::<i64>())?)),
        DataType::Binary => Values::Text(TextColumn::Plain(texts(array.as_binary::<i32>())?)),
        DataType::LargeBinary => Values::Text(TextColumn::Plain(texts(array.as_binary::<i64>())?)),
        DataType::Utf8View => Values::Text(TextColumn::Plain(viewed(array.as_string_view())?)),
        DataType::BinaryView => {
            Values::Text(TextColumn::Plain(viewed_bytes(array.as_binary_view())?))
        }
        DataType::Int8 => integers::<Int8Type>(array),
        DataType::Int16 => integers::<Int16Type>(array),
        DataType::Int32 => integers::<Int32Type>(array),
        DataType::Int64 => Values::Int(array.as_primitive::<Int64Type>().values().to_vec()),
        DataType::UInt8 => integers::<UInt8Type>(array),
        DataType::UInt16 => integers::<UInt16Type>(array),
        DataType::UInt32 => integers::<UInt32Type>(array),
        DataType::UInt64 => unsigned(array.as_primitive::<UInt64Type>()),
        DataType::Float16 => {
            Values::Float(of(array.as_primitive::<Float16Type>(), |value| shortest(value.to_f32())))
        }
        DataType::Float32 => Values::Float(of(array.as_primitive::<Float32Type>(), shortest)),
        DataType::Float64 => Values::Float(array.as_primitive::<Float64Type>().values().to_vec()),
        DataType::Decimal32(_, scale) => {
            decimals(of(array.as_primitive::<Decimal32Type>(), i128::from), *scale)?
        }
        DataType::Decimal64(_, scale) => {
            decimals(of(array.as_primitive::<Decimal64Type>(), i128::from), *scale)?
        }
        DataType::Decimal128(_, scale) => {
            decimals(array.as_primitive::<Decimal128Type>().values().to_vec(), *scale)?
        }
        DataType::Decimal256(_, scale) => {
            let array = array.as_primitive::<Decimal256Type>();
            let digits = (0..array.len()).map(|row| match array.is_null(row) {
                true => Ok(0),
                false => array.value(row).to_i128().ok_or_else(too_large),
            });
            decimals(digits.collect::<Result<_>>()?, *scale)?
        }
        DataType::Date32 => Values::Date(array.as_primitive::<Date32Type>().values().to_vec()),
        DataType::Date64 => {
            // What lies past the days of 32 bits is no date, and is refused as one.
            let day =
                |at: i64| i32::try_from(at.div_euclid(MILLISECONDS_PER_DAY)).unwrap_or(i32::MAX);
            Values::Date(of(array.as_primitive::<Date64Type>(), day))
        }
        DataType::Timestamp(unit, _) => Values::Timestamp(match unit {
            TimeUnit::Second => array.as_primitive::<TimestampSecondType>().values().to_vec(),
            TimeUnit::Millisecond => {
                of(array.as_primitive::<TimestampMillisecondType>(), |at| at.div_euclid(1_000))
            }
            TimeUnit::Microsecond => {
                of(array.as_primitive::<TimestampMicrosecondType>(), |at| at.div_euclid(1_000_000))
            }
            TimeUnit::Nanosecond => of(array.as_primitive::<TimestampNanosecondType>(), |at| {
                at.div_euclid(1_000_000_000)
            }),
        }),
        DataType::Dictionary(..) => encoded(array)?,
        other => return Err(Error::data(format!("holds values of type {other}"))),
    };
    Ok(Column { valid, values })
}

fn too_large() -> Error {
    Error::data("a decimal has more than 128 bits")
}

fn too_long() -> Error {
    Error::data("a batch of rows holds more than 4 GiB of text")
        .with_hint("write it in smaller batches")
}

fn of<T: ArrowPrimitiveType, V>(
    array: &PrimitiveArray<T>,
    value: impl Fn(T::Native) -> V,
) -> Vec<V> {
    array.values().iter().map(|native| value(*native)).collect()
}

fn integers<T: ArrowPrimitiveType>(array: &ArrayRef) -> Values
where
    T::Native: Into<i64>,
{
    Values::Int(of(array.as_primitive::<T>(), Into::into))
}

/// Ids made by hashing use all 64 bits.
fn unsigned(array: &PrimitiveArray<UInt64Type>) -> Values {
    let narrow: Option<Vec<i64>> =
        array.values().iter().map(|value| i64::try_from(*value).ok()).collect();
    narrow
        .map_or_else(|| Values::Decimal { unscaled: of(array, i128::from), scale: 0 }, Values::Int)
}

/// Digits with `scale` decimals; a scale below zero is zeros behind them.
fn decimals(mut unscaled: Vec<i128>, scale: i8) -> Result<Values> {
    if scale < 0 {
        let factor = 10_i128.checked_pow(u32::from(scale.unsigned_abs())).ok_or_else(too_large)?;
        for digits in &mut unscaled {
            *digits = digits.checked_mul(factor).ok_or_else(too_large)?;
        }
    }
    Ok(Values::Decimal { unscaled, scale: u32::try_from(scale).unwrap_or(0) })
}

fn truths(array: &BooleanArray) -> Vec<bool> {
    array.values().iter().collect()
}

/// Texts where they lie.
fn texts<T: ByteArrayType>(array: &GenericByteArray<T>) -> Result<Texts>
where
    T::Offset: Into<i64>,
{
    let place = |offset: T::Offset| -> usize { offset.into() as usize };
    let first = array.value_offsets().first().map_or(0, |first| place(*first));
    let end = array.value_offsets().last().map_or(0, |last| place(*last));
    let bytes = array.values().slice_with_length(first, end - first);
    let narrow = |at: usize| u32::try_from(at).map_err(|_| too_long());
    let spans = array.value_offsets().windows(2).map(|pair| {
        let (start, stop) = (place(pair[0]) - first, place(pair[1]) - first);
        Ok(Cell { start: narrow(start)?, len: narrow(stop)? - narrow(start)? })
    });
    let spans = spans.collect::<Result<_>>()?;
    Ok(Texts::of(Bytes::from_owner(bytes), spans))
}

fn viewed(array: &StringViewArray) -> Result<Texts> {
    Texts::from_values(array.iter().map(|text| text.map(str::as_bytes))).map_err(|_| too_long())
}

fn viewed_bytes(array: &BinaryViewArray) -> Result<Texts> {
    Texts::from_values(array.iter()).map_err(|_| too_long())
}

/// The values behind the codes of a dictionary: texts stay in it, others are put into their rows.
fn encoded(array: &ArrayRef) -> Result<Values> {
    let array = array.as_any_dictionary();
    if array.values().is_empty() {
        let missing = vec![Cell::default(); array.len()];
        return Ok(Values::Text(TextColumn::Plain(Texts::of(Bytes::new(), missing))));
    }
    let places = array.normalized_keys();
    let Column { values, .. } = column(array.values())?;
    fn gather<T: Copy>(values: &[T], places: &[usize]) -> Vec<T> {
        places.iter().map(|place| values[*place]).collect()
    }
    Ok(match values {
        Values::Text(TextColumn::Plain(texts)) => Values::Text(TextColumn::Dictionary {
            dictionary: Arc::new(texts),
            codes: places.iter().map(|place| *place as u32).collect(),
        }),
        Values::Text(TextColumn::Dictionary { dictionary, codes }) => {
            Values::Text(TextColumn::Dictionary { dictionary, codes: gather(&codes, &places) })
        }
        Values::Int(values) => Values::Int(gather(&values, &places)),
        Values::Float(values) => Values::Float(gather(&values, &places)),
        Values::Decimal { unscaled, scale } => {
            Values::Decimal { unscaled: gather(&unscaled, &places), scale }
        }
        Values::Date(values) => Values::Date(gather(&values, &places)),
        Values::Timestamp(values) => Values::Timestamp(gather(&values, &places)),
        Values::Bool(values) => Values::Bool(gather(&values, &places)),
    })
}
