//! Which columns Arrow data have, and what their values are.

use crate::ingest::parquet::{ColumnInfo, ColumnType};
use arrow_schema::{DataType, Schema};

/// The columns of `schema`, in its order.
pub(super) fn columns(schema: &Schema) -> Vec<ColumnInfo> {
    let info = |field: &arrow_schema::FieldRef| ColumnInfo {
        name: field.name().clone(),
        column_type: column_type(field.data_type()),
    };
    schema.fields().iter().map(info).collect()
}

fn column_type(data_type: &DataType) -> ColumnType {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => {
            ColumnType::Text
        }
        // Columns without a value have no type; writers leave the mark of text out.
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => ColumnType::Text,
        DataType::Boolean => ColumnType::Bool,
        DataType::Float16 | DataType::Float32 | DataType::Float64 => ColumnType::Float,
        DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..) => ColumnType::Decimal,
        DataType::Date32 | DataType::Date64 => ColumnType::Date,
        DataType::Timestamp(_, zone) => ColumnType::Timestamp { is_utc: zone.is_some() },
        DataType::Dictionary(_, values) => column_type(values),
        _ if data_type.is_integer() => ColumnType::Int,
        _ if data_type.is_nested() => ColumnType::Unsupported("it is nested".to_owned()),
        _ => ColumnType::Unsupported(format!("it holds values of type {data_type}")),
    }
}
