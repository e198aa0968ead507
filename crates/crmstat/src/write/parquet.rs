//! Parquet: typed columns, every one of them nullable, in row groups of 122,880 rows.
//!
//! Texts are UTF-8, dates DATE, instants local TIMESTAMP in microseconds, amounts DECIMAL(18, 4).

use std::{
    io::{self, Write},
    ops::Range,
    sync::Arc,
};

use parquet::{
    basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical},
    data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type},
    errors::ParquetError,
    file::{
        properties::WriterProperties,
        writer::{SerializedColumnWriter, SerializedFileWriter},
    },
    schema::types::{Type, TypePtr},
};

use crate::{
    Error, Money, Result,
    data::table::{Column, Table, Values},
};

/// Rows of a row group: what DuckDB writes and reads best.
pub(crate) const ROW_GROUP: usize = 122_880;
/// The most decimal digits that a DECIMAL of 64 bits may have.
const DECIMAL_DIGITS: u32 = 18;
const MICROSECONDS: i64 = 1_000_000;

/// Refuses what Parquet cannot carry: an amount of more digits than its decimals of 64 bits have.
pub(super) fn check(table: &Table) -> Result<()> {
    for column in table.columns() {
        let Values::Money(cells) = column.values() else { continue };
        let too_large =
            |amount: &Money| amount.units().unsigned_abs() >= 10_u64.pow(DECIMAL_DIGITS);
        if let Some(amount) = (0..cells.len()).filter_map(|row| cells.get(row)).find(too_large) {
            return Err(Error::data(format!(
                "the amount {amount} in column `{}` has more digits than Parquet's decimals of 64 bits",
                column.name()
            ))
            .with_hint("write it as csv or json"));
        }
    }
    Ok(())
}

/// Writes `table`.
pub(super) fn write(table: &Table, out: &mut (dyn Write + Send)) -> io::Result<()> {
    let mut writer = TableWriter::new(table, out)?;
    for start in (0..table.rows()).step_by(ROW_GROUP) {
        writer.row_group(table, start..table.rows().min(start + ROW_GROUP))?;
    }
    writer.finish()
}

/// Writes tables of the same columns as the row groups of one file.
pub(crate) struct TableWriter<W: Write + Send>(SerializedFileWriter<W>);

impl<W: Write + Send> TableWriter<W> {
    /// Begins a file with the columns of `table`, but not yet its rows.
    pub(crate) fn new(table: &Table, out: W) -> io::Result<Self> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(ROW_GROUP))
            .set_created_by(format!("crmstat version {}", env!("CARGO_PKG_VERSION")))
            .build();
        let schema = schema(table).map_err(into_io)?;
        SerializedFileWriter::new(out, schema, Arc::new(properties)).map(Self).map_err(into_io)
    }

    /// Writes `rows` of `table` as one row group.
    pub(crate) fn row_group(&mut self, table: &Table, rows: Range<usize>) -> io::Result<()> {
        let mut write = || {
            let mut group = self.0.next_row_group()?;
            for column in table.columns() {
                if let Some(mut writer) = group.next_column()? {
                    write_column(&mut writer, column, rows.clone())?;
                    writer.close()?;
                }
            }
            group.close()
        };
        write().map(drop).map_err(into_io)
    }

    /// Ends the file.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.0.finish().map(drop).map_err(into_io)
    }
}

fn schema(table: &Table) -> Result<TypePtr, ParquetError> {
    let fields = table.columns().iter().map(field).collect::<Result<_, _>>()?;
    Type::group_type_builder("schema").with_fields(fields).build().map(Arc::new)
}

fn field(column: &Column) -> Result<TypePtr, ParquetError> {
    let (physical, logical) = match column.values() {
        Values::Text(_) | Values::Category { .. } => {
            (Physical::BYTE_ARRAY, Some(LogicalType::String))
        }
        Values::Int(_) => (Physical::INT64, None),
        Values::Float { .. } => (Physical::DOUBLE, None),
        Values::Money(_) => (
            Physical::INT64,
            Some(LogicalType::decimal(Money::DECIMALS as i32, DECIMAL_DIGITS as i32)),
        ),
        Values::Date(_) => (Physical::INT32, Some(LogicalType::Date)),
        Values::Timestamp(_) => {
            (Physical::INT64, Some(LogicalType::timestamp(false, TimeUnit::MICROS)))
        }
        Values::Bool(_) => (Physical::BOOLEAN, None),
    };
    let mut builder = Type::primitive_type_builder(column.name(), physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical);
    if matches!(column.values(), Values::Money(_)) {
        builder = builder.with_precision(DECIMAL_DIGITS as i32).with_scale(Money::DECIMALS as i32);
    }
    builder.build().map(Arc::new)
}

fn write_column(
    writer: &mut SerializedColumnWriter<'_>,
    column: &Column,
    rows: Range<usize>,
) -> Result<(), ParquetError> {
    match column.values() {
        Values::Text(cells) => {
            let cells = rows.map(|row| cells.get(row).map(ByteArray::from));
            write_cells::<ByteArrayType>(writer, cells)
        }
        Values::Category { labels, codes } => {
            // A label's bytes are shared by all its rows.
            let labels: Vec<Option<ByteArray>> =
                (0..labels.len()).map(|label| labels.get(label).map(ByteArray::from)).collect();
            let cells =
                rows.map(|row| codes.get(row).and_then(|code| labels[code as usize].clone()));
            write_cells::<ByteArrayType>(writer, cells)
        }
        Values::Int(cells) => write_cells::<Int64Type>(writer, rows.map(|row| cells.get(row))),
        Values::Float { cells, .. } => {
            write_cells::<DoubleType>(writer, rows.map(|row| cells.get(row)))
        }
        Values::Money(cells) => {
            write_cells::<Int64Type>(writer, rows.map(|row| cells.get(row).map(Money::units)))
        }
        Values::Date(cells) => {
            let cells = rows.map(|row| cells.get(row).map(crate::Date::days));
            write_cells::<Int32Type>(writer, cells)
        }
        Values::Timestamp(cells) => {
            // Every instant that a cell may hold lies within the range of 64-bit microseconds.
            let cells =
                rows.map(|row| cells.get(row).map(|at| at.seconds().saturating_mul(MICROSECONDS)));
            write_cells::<Int64Type>(writer, cells)
        }
        Values::Bool(cells) => write_cells::<BoolType>(writer, rows.map(|row| cells.get(row))),
    }
}

/// Writes the values that are there, and a definition level of 0 for each that is missing.
fn write_cells<T: DataType>(
    writer: &mut SerializedColumnWriter<'_>,
    cells: impl Iterator<Item = Option<T::T>>,
) -> Result<(), ParquetError> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    for cell in cells {
        levels.push(i16::from(cell.is_some()));
        values.extend(cell);
    }
    writer.typed::<T>().write_batch(&values, Some(&levels), None).map(drop)
}

/// The error as one of input and output, with the system's own error where that is the cause.
fn into_io(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(cause) => match cause.downcast::<io::Error>() {
            Ok(cause) => *cause,
            Err(cause) => io::Error::other(cause),
        },
        error => io::Error::other(error),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs::File, io::Seek};

    use parquet::{
        file::reader::{FileReader, SerializedFileReader},
        record::Row,
    };

    use super::{ROW_GROUP, check, write};
    use crate::{
        Money,
        data::table::{Column, Table},
        write::tests::sample,
    };

    fn read(table: &Table) -> SerializedFileReader<File> {
        let mut file = tempfile::tempfile().unwrap();
        write(table, &mut file).unwrap();
        file.rewind().unwrap();
        SerializedFileReader::new(file).unwrap()
    }

    #[test]
    fn cells_come_back_with_their_types() {
        let reader = read(&sample());
        let rows: Vec<Row> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        let first = "{customer_id: \"C1\", segment: \"Champions\", last_order: 2024-02-29, \
                     at: 2024-02-29 10:05:09.000000 +00:00, orders: 1234567, revenue: 1234.5000, \
                     p_alive: 0.9371250000000001, active: true}";
        assert_eq!(rows[0].to_string(), first);
        assert_eq!(
            rows[1].to_string(),
            "{customer_id: \"a \"b\", c\", segment: null, last_order: null, at: null, \
             orders: -3, revenue: -0.0001, p_alive: 1E-300, active: false}"
        );
        // Parquet is read by programs alone, so a formula is only text.
        assert!(rows[2].to_string().starts_with("{customer_id: \"=HYPERLINK(1)\""));
        assert_eq!(rows.len(), 4);
    }

    #[test]
    fn long_tables_are_cut_into_row_groups() {
        let table = Table::new("t", vec![Column::int("a", "а", 0..=ROW_GROUP as i64)]).unwrap();
        let reader = read(&table);
        let groups: Vec<i64> =
            (0..2).map(|group| reader.metadata().row_group(group).num_rows()).collect();
        assert_eq!(groups, [122_880, 1]);
        let empty = Table::new("t", vec![Column::int("a", "а", [0; 0])]).unwrap();
        assert_eq!(read(&empty).metadata().num_row_groups(), 0);
    }

    #[test]
    fn an_amount_with_too_many_digits_is_refused() {
        let table =
            |units| Table::new("t", vec![Column::money("a", "а", [Money::from_units(units)])]);
        assert!(check(&table(999_999_999_999_999_999).unwrap()).is_ok());
        let error = check(&table(-1_000_000_000_000_000_000).unwrap()).unwrap_err();
        assert!(error.is_data());
    }
}
