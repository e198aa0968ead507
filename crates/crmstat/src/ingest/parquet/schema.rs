//! Which columns a Parquet file has, and how their values become ours.

use parquet::{
    basic::{ConvertedType, LogicalType, TimeUnit, Type as Physical},
    schema::types::{ColumnDescriptor, SchemaDescriptor},
};

/// A top-level column of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ColumnInfo {
    /// Its name.
    pub(crate) name: String,
    /// Its type.
    pub(crate) column_type: ColumnType,
}

/// What the values of a column are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ColumnType {
    /// Text.
    Text,
    /// Whole numbers.
    Int,
    /// Floating point numbers.
    Float,
    /// Exact decimal numbers.
    Decimal,
    /// Calendar days.
    Date,
    /// Instants.
    Timestamp {
        /// They are in UTC; otherwise local to the business.
        is_utc: bool,
    },
    /// True or false.
    Bool,
    /// Something that crmstat does not read; why.
    Unsupported(String),
}

/// How the stored values of a column are turned into ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    Text,
    Uuid,
    Bool,
    Int32 {
        is_signed: bool,
    },
    Int64 {
        is_signed: bool,
    },
    Float,
    Double,
    /// Digits with this many decimals.
    Decimal {
        scale: u32,
    },
    Date,
    /// Ticks of which one second has this many.
    Timestamp {
        ticks_per_second: i64,
    },
    /// Nanoseconds of a day and a Julian day number.
    Int96,
}

/// A column that can be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaf {
    /// Its place among the columns of a row group.
    pub(super) index: usize,
    pub(super) reading: Reading,
    /// Values may be missing.
    pub(super) is_optional: bool,
}

/// The top-level columns of `schema`, with how to read those that can be.
pub(super) fn columns(schema: &SchemaDescriptor) -> Vec<(ColumnInfo, Option<Leaf>)> {
    let fields = schema.root_schema().get_fields();
    let mut columns: Vec<_> = fields
        .iter()
        .map(|field| {
            let name = field.name().to_owned();
            let column_type = ColumnType::Unsupported("it is nested".to_owned());
            (ColumnInfo { name, column_type }, None)
        })
        .collect();
    for (index, leaf) in schema.columns().iter().enumerate() {
        let root = schema.get_column_root_idx(index);
        // A leaf that is its own root holds plain values; anything deeper or repeated is nested.
        if !fields[root].is_primitive() || leaf.max_rep_level() > 0 {
            continue;
        }
        let (info, slot) = &mut columns[root];
        match read_as(leaf) {
            Ok((column_type, reading)) => {
                info.column_type = column_type;
                *slot = Some(Leaf { index, reading, is_optional: leaf.max_def_level() > 0 });
            }
            Err(what) => info.column_type = ColumnType::Unsupported(what),
        }
    }
    columns
}

/// How the values of `leaf` become ours, or why they do not.
fn read_as(leaf: &ColumnDescriptor) -> Result<(ColumnType, Reading), String> {
    let unsupported = || Err(format!("it holds {}", describe(leaf)));
    let logical = leaf.logical_type_ref();
    let converted = leaf.converted_type();
    if matches!(logical, Some(LogicalType::Decimal(_))) || converted == ConvertedType::DECIMAL {
        return match u32::try_from(leaf.type_scale()) {
            Ok(scale @ 0..=38) => Ok((ColumnType::Decimal, Reading::Decimal { scale })),
            _ => Err(format!("its decimals are {}, not 0 to 38", leaf.type_scale())),
        };
    }
    match leaf.physical_type() {
        Physical::BOOLEAN => Ok((ColumnType::Bool, Reading::Bool)),
        Physical::FLOAT => Ok((ColumnType::Float, Reading::Float)),
        Physical::DOUBLE => Ok((ColumnType::Float, Reading::Double)),
        Physical::INT96 => Ok((ColumnType::Timestamp { is_utc: false }, Reading::Int96)),
        Physical::BYTE_ARRAY => match (logical, converted) {
            (Some(LogicalType::String | LogicalType::Enum | LogicalType::Json), _)
            | (
                None,
                ConvertedType::UTF8
                | ConvertedType::ENUM
                | ConvertedType::JSON
                // Older writers leave the mark of text out; what is not text fails as text later.
                | ConvertedType::NONE,
            ) => Ok((ColumnType::Text, Reading::Text)),
            _ => unsupported(),
        },
        Physical::FIXED_LEN_BYTE_ARRAY => match logical {
            Some(LogicalType::Uuid) if leaf.type_length() == 16 => {
                Ok((ColumnType::Text, Reading::Uuid))
            }
            _ => unsupported(),
        },
        Physical::INT32 => match (logical, converted) {
            (Some(LogicalType::Date), _) | (None, ConvertedType::DATE) => {
                Ok((ColumnType::Date, Reading::Date))
            }
            (Some(LogicalType::Time(_)), _) | (None, ConvertedType::TIME_MILLIS) => unsupported(),
            _ => Ok((ColumnType::Int, Reading::Int32 { is_signed: is_signed(leaf) })),
        },
        Physical::INT64 => match (logical, converted) {
            (Some(LogicalType::Timestamp(stamp)), _) => {
                let ticks_per_second = match stamp.unit {
                    TimeUnit::MILLIS => 1_000,
                    TimeUnit::MICROS => 1_000_000,
                    TimeUnit::NANOS => 1_000_000_000,
                };
                let is_utc = stamp.is_adjusted_to_u_t_c;
                Ok((ColumnType::Timestamp { is_utc }, Reading::Timestamp { ticks_per_second }))
            }
            // The older marks mean UTC by the format's rules.
            (None, ConvertedType::TIMESTAMP_MILLIS) => Ok((
                ColumnType::Timestamp { is_utc: true },
                Reading::Timestamp { ticks_per_second: 1_000 },
            )),
            (None, ConvertedType::TIMESTAMP_MICROS) => Ok((
                ColumnType::Timestamp { is_utc: true },
                Reading::Timestamp { ticks_per_second: 1_000_000 },
            )),
            (Some(LogicalType::Time(_)), _) | (None, ConvertedType::TIME_MICROS) => unsupported(),
            _ => Ok((ColumnType::Int, Reading::Int64 { is_signed: is_signed(leaf) })),
        },
    }
}

/// Whether a whole number is signed, which it is unless marked.
fn is_signed(leaf: &ColumnDescriptor) -> bool {
    match leaf.logical_type_ref() {
        Some(LogicalType::Integer(integer)) => integer.is_signed,
        _ => !matches!(
            leaf.converted_type(),
            ConvertedType::UINT_8
                | ConvertedType::UINT_16
                | ConvertedType::UINT_32
                | ConvertedType::UINT_64
        ),
    }
}

/// The type in the format's own words, for an error.
fn describe(leaf: &ColumnDescriptor) -> String {
    match leaf.logical_type_ref() {
        Some(LogicalType::Time(_)) => "times of day".to_owned(),
        Some(LogicalType::Bson) => "BSON documents".to_owned(),
        Some(LogicalType::Float16) => "16-bit floating point numbers".to_owned(),
        Some(LogicalType::Unknown) => "nulls of no type".to_owned(),
        Some(LogicalType::Geometry(_) | LogicalType::Geography(_)) => "shapes on a map".to_owned(),
        Some(_) => format!("{} values of a kind that is not read", leaf.physical_type()),
        None if leaf.converted_type() != ConvertedType::NONE => {
            format!("{} values", leaf.converted_type())
        }
        None => format!("unmarked {} values", leaf.physical_type()),
    }
}
