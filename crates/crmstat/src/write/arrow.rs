//! Results as Arrow record batches, for programs that go on with Arrow.

use crate::{
    Error, Money, Result,
    data::table::{Cell, Column, Table, Values},
};
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float64Array,
    Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray, UInt32Array,
    types::UInt32Type,
};
use arrow_schema::{ArrowError, Field, Schema};
use std::sync::Arc;

/// What holds every amount: 64 bits have at most 19 digits.
const DECIMAL_DIGITS: u8 = 19;
const MICROSECONDS: i64 = 1_000_000;

impl Table {
    /// The table as a record batch of the same columns.
    ///
    /// Texts become `Utf8`, those of a few kinds a dictionary of it, amounts `Decimal128(19, 4)`, days
    /// `Date32`, instants `Timestamp` in microseconds without a zone; a missing cell null.
    ///
    /// # Errors
    /// What Arrow refuses: more than 2 GiB of text in a column.
    pub fn to_record_batch(&self) -> Result<RecordBatch> {
        let arrays = self.columns().iter().map(array).collect::<Result<Vec<_>, _>>();
        let arrays = arrays.map_err(|cause| refused(&cause))?;
        let fields: Vec<Field> = (self.columns().iter().zip(&arrays))
            .map(|(column, array)| Field::new(column.name(), array.data_type().clone(), true))
            .collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(|cause| refused(&cause))
    }
}

fn array(column: &Column) -> Result<ArrayRef, ArrowError> {
    let values = column.values();
    let texts = || {
        (0..values.len()).map(|row| match values.get(row) {
            Some(Cell::Text(text)) => Some(text),
            _ => None,
        })
    };
    Ok(match values {
        Values::Text(_) => {
            let bytes: usize = texts().flatten().map(str::len).sum();
            if i32::try_from(bytes).is_err() {
                return Err(ArrowError::OffsetOverflowError(bytes));
            }
            Arc::new(StringArray::from_iter(texts()))
        }
        Values::Category { labels, codes } => {
            let labels: StringArray = (0..labels.len()).map(|label| labels.get(label)).collect();
            let codes: UInt32Array = (0..codes.len()).map(|row| codes.get(row)).collect();
            Arc::new(DictionaryArray::<UInt32Type>::try_new(codes, Arc::new(labels))?)
        }
        Values::Int(cells) => {
            Arc::new(Int64Array::from_iter((0..cells.len()).map(|row| cells.get(row))))
        }
        Values::Float { cells, .. } => {
            Arc::new(Float64Array::from_iter((0..cells.len()).map(|row| cells.get(row))))
        }
        Values::Money(cells) => {
            let digits = |row| cells.get(row).map(|amount| i128::from(amount.units()));
            let amounts = Decimal128Array::from_iter((0..cells.len()).map(digits));
            Arc::new(amounts.with_precision_and_scale(DECIMAL_DIGITS, Money::DECIMALS as i8)?)
        }
        Values::Date(cells) => {
            let days = (0..cells.len()).map(|row| cells.get(row).map(crate::Date::days));
            Arc::new(Date32Array::from_iter(days))
        }
        Values::Timestamp(cells) => {
            // Every instant that a cell may hold lies within the range of 64-bit microseconds.
            let micros = |row| Some(cells.get(row)?.seconds().saturating_mul(MICROSECONDS));
            Arc::new(TimestampMicrosecondArray::from_iter((0..cells.len()).map(micros)))
        }
        Values::Bool(cells) => {
            Arc::new(BooleanArray::from_iter((0..cells.len()).map(|row| cells.get(row))))
        }
    })
}

fn refused(cause: &ArrowError) -> Error {
    Error::data(format!("Arrow refuses the table: {cause}"))
}

#[cfg(test)]
mod tests {
    use crate::write::tests::sample;
    use arrow_array::{Array, cast::AsArray, types::Decimal128Type};

    #[test]
    fn a_table_of_every_type_becomes_a_batch() {
        let table = sample();
        let batch = table.to_record_batch().unwrap();
        assert_eq!(batch.num_rows(), table.rows());
        for (column, array) in table.columns().iter().zip(batch.columns()) {
            let missing = (0..table.rows()).filter(|row| column.values().get(*row).is_none());
            let nulls = array.logical_nulls().map_or(0, |nulls| nulls.null_count());
            assert_eq!(nulls, missing.count(), "{}", column.name());
        }
        let revenue = batch.column_by_name("revenue").unwrap();
        assert_eq!(revenue.as_primitive::<Decimal128Type>().value_as_string(0), "1234.5000");
        let segments = batch.column_by_name("segment").unwrap();
        assert_eq!(segments.as_any_dictionary().values().as_string::<i32>().value(0), "Champions");
    }
}
