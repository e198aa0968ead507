//! Files of typed columns: Parquet, and Arrow where the feature is there.

#[cfg(feature = "arrow")]
use super::arrow::ArrowFile;
use super::{
    parquet::{ColumnInfo, ColumnType, ParquetFile, Slice},
    source::{Kind, Source},
};
use crate::Result;

/// A file whose columns have types and can be scanned.
#[derive(Debug)]
pub(crate) enum TypedFile {
    Parquet(ParquetFile),
    #[cfg(feature = "arrow")]
    Arrow(ArrowFile),
}

impl TypedFile {
    /// Opens `source` if it is such a file.
    ///
    /// # Errors
    /// A file that is cut short or contradicts itself.
    pub(crate) fn open(source: &Source) -> Result<Option<Self>> {
        Ok(match source.kind() {
            Kind::Parquet => Some(Self::Parquet(ParquetFile::open(source)?)),
            #[cfg(feature = "arrow")]
            Kind::Arrow => Some(Self::Arrow(ArrowFile::open(source)?)),
            _ => None,
        })
    }

    /// The top-level columns, in the order of the file.
    pub(crate) fn columns(&self) -> &[ColumnInfo] {
        match self {
            Self::Parquet(file) => file.columns(),
            #[cfg(feature = "arrow")]
            Self::Arrow(file) => file.columns(),
        }
    }

    /// How many rows the file says it has: for progress.
    pub(crate) fn rows_hint(&self) -> u64 {
        match self {
            Self::Parquet(file) => file.rows_hint(),
            #[cfg(feature = "arrow")]
            Self::Arrow(file) => file.rows_hint(),
        }
    }

    /// The first slice of `columns`; `None` where the file has no row.
    ///
    /// # Errors
    /// As [`TypedFile::scan`].
    pub(crate) fn first(&self, columns: &[usize]) -> Result<Option<Slice>> {
        match self {
            Self::Parquet(file) => file.first(columns),
            #[cfg(feature = "arrow")]
            Self::Arrow(file) => file.first(columns),
        }
    }

    /// Decodes `columns`; see [`ParquetFile::scan`].
    ///
    /// # Errors
    /// A column of a type that crmstat does not read, broken data, or what `visit` returned.
    pub(crate) fn scan<S: Send>(
        &self,
        columns: &[usize],
        start: impl Fn() -> S + Sync,
        visit: impl Fn(&mut S, Slice) -> Result<()> + Sync,
    ) -> Result<Vec<S>> {
        match self {
            Self::Parquet(file) => file.scan(columns, start, visit),
            #[cfg(feature = "arrow")]
            Self::Arrow(file) => file.scan(columns, start, visit),
        }
    }

    /// Whether the values of `column` are text that must be parsed.
    pub(crate) fn is_text(&self, column: usize) -> bool {
        self.has(column, |found| *found == ColumnType::Text)
    }

    /// Whether `column` holds truths.
    pub(crate) fn is_flag(&self, column: usize) -> bool {
        self.has(column, |found| *found == ColumnType::Bool)
    }

    /// Whether `column` holds instants in UTC, not wall times.
    pub(crate) fn is_utc(&self, column: usize) -> bool {
        self.has(column, |found| *found == ColumnType::Timestamp { is_utc: true })
    }

    /// Whether `column` is of a type that is read.
    pub(crate) fn is_readable(&self, column: usize) -> bool {
        self.has(column, |found| !matches!(found, ColumnType::Unsupported(_)))
    }

    fn has(&self, column: usize, is: impl Fn(&ColumnType) -> bool) -> bool {
        self.columns().get(column).is_some_and(|info| is(&info.column_type))
    }
}
