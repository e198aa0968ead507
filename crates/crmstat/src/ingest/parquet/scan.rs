//! Row groups to threads, row groups to slices.

use std::{
    fmt::Display,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use parquet::{
    errors::ParquetError,
    file::{
        metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData},
        serialized_reader::SerializedPageReader,
    },
};
use rayon::prelude::*;

use super::{
    SLICE_ROWS, Slice,
    chunks::Chunks,
    schema::{self, ColumnInfo, ColumnType, Leaf, Reading},
    text::{self, TextReader},
    values::ValueReader,
};
use crate::{
    Error, Place, Result,
    ingest::source::{Source, contained, place},
};

/// A Parquet file whose columns can be scanned.
#[derive(Debug)]
pub(crate) struct ParquetFile {
    name: String,
    pages: Arc<Chunks>,
    metadata: ParquetMetaData,
    columns: Vec<ColumnInfo>,
    leaves: Vec<Option<Leaf>>,
}

impl ParquetFile {
    /// Reads what `source` says about itself.
    ///
    /// # Errors
    /// A file that is not Parquet, is cut short, or contradicts itself.
    pub(crate) fn open(source: &Source) -> Result<Self> {
        let name = source.name().to_owned();
        let chunks = Chunks::metadata(source.file());
        let metadata = contained(|| {
            ParquetMetaDataReader::new().parse_and_finish(&chunks).map_err(|cause| broken(&cause))
        })
        .map_err(|error| error.at(place(&name)))?;
        let (columns, leaves) =
            schema::columns(metadata.file_metadata().schema_descr()).into_iter().unzip();
        let pages = Arc::new(Chunks::pages(source.file()));
        Ok(Self { name, pages, metadata, columns, leaves })
    }

    /// The top-level columns, in the order of the file.
    pub(crate) fn columns(&self) -> &[ColumnInfo] {
        &self.columns
    }

    /// How many rows the file says it has: for progress. A scan counts what is really there.
    pub(crate) fn rows_hint(&self) -> u64 {
        let groups = self.metadata.row_groups().iter();
        groups.map(|group| u64::try_from(group.num_rows()).unwrap_or(0)).sum()
    }

    /// The first slice of `columns`; `None` where the file has no row.
    ///
    /// # Errors
    /// As [`ParquetFile::scan`].
    pub(crate) fn first(&self, columns: &[usize]) -> Result<Option<Slice>> {
        if self.metadata.num_row_groups() == 0 || columns.is_empty() {
            return Ok(None);
        }
        let leaves = columns.iter().map(|&at| self.leaf(at)).collect::<Result<Vec<_>>>()?;
        let first = self.group(0, &leaves).and_then(|mut reader| reader.next(0));
        first.map_err(|error| {
            let found = error.place().cloned().unwrap_or_default();
            error.at(Place { file: self.name.clone(), ..found })
        })
    }

    /// Decodes `columns` (places in [`ParquetFile::columns`]) on the threads of the current pool.
    ///
    /// Every thread has one state, made by `start`, and hands it to `visit` with each slice of the row
    /// groups that it takes. The slices of a row group come in order on one thread; which thread takes
    /// which row group is not determined, so what is made of the states must not depend on it. At most
    /// one slice per thread exists at a time. The states come back in no particular order.
    ///
    /// # Errors
    /// A column of a type that crmstat does not read, broken data, or what `visit` returned; the error
    /// of the earliest row group, whatever the number of threads.
    pub(crate) fn scan<S: Send>(
        &self,
        columns: &[usize],
        start: impl Fn() -> S + Sync,
        visit: impl Fn(&mut S, Slice) -> Result<()> + Sync,
    ) -> Result<Vec<S>> {
        let leaves = columns.iter().map(|&at| self.leaf(at)).collect::<Result<Vec<_>>>()?;
        let first_rows = self.first_rows()?;
        let groups = self.metadata.num_row_groups();
        let (next, has_failed) = (AtomicUsize::new(0), AtomicBool::new(false));
        let work = |_| {
            let mut state = start();
            while !has_failed.load(Ordering::Relaxed) {
                let group = next.fetch_add(1, Ordering::Relaxed);
                if group >= groups {
                    break;
                }
                let scanned = self.group(group, &leaves).and_then(|mut reader| {
                    while let Some(slice) = reader.next(first_rows[group])? {
                        visit(&mut state, slice)?;
                    }
                    Ok(())
                });
                if let Err(error) = scanned {
                    has_failed.store(true, Ordering::Relaxed);
                    return Err((group, error));
                }
            }
            Ok(state)
        };
        let workers = rayon::current_num_threads().min(groups);
        let results: Vec<_> = (0..workers).into_par_iter().with_max_len(1).map(work).collect();
        // Groups are taken in order, so every group before a failed one was taken and ran to its end.
        let mut states = Vec::with_capacity(results.len());
        let mut earliest: Option<(usize, Error)> = None;
        for result in results {
            match result {
                Ok(state) => states.push(state),
                Err(failure) if earliest.as_ref().is_none_or(|(group, _)| failure.0 < *group) => {
                    earliest = Some(failure);
                }
                Err(_) => {}
            }
        }
        match earliest {
            None => Ok(states),
            Some((_, error)) => {
                let found = error.place().cloned().unwrap_or_default();
                Err(error.at(Place { file: self.name.clone(), ..found }))
            }
        }
    }

    /// How to read column `at`, with its name.
    fn leaf(&self, at: usize) -> Result<Leaf> {
        let column = self.columns.get(at);
        let leaf = self.leaves.get(at).copied().flatten();
        leaf.ok_or_else(|| {
            let (name, reason) = match column {
                Some(ColumnInfo { name, column_type: ColumnType::Unsupported(reason) }) => {
                    (Some(name.clone()), reason.clone())
                }
                _ => (None, format!("the file has no column {at}")),
            };
            Error::data(format!("cannot be read: {reason}"))
                .at(Place { file: self.name.clone(), line: None, column: name })
                .with_hint("write it as a plain column of text, numbers, dates or instants")
        })
    }

    /// The number of the first row of every row group.
    fn first_rows(&self) -> Result<Vec<u64>> {
        let mut total = 0_u64;
        let mut first_rows = Vec::with_capacity(self.metadata.num_row_groups());
        for group in self.metadata.row_groups() {
            first_rows.push(total);
            total = u64::try_from(group.num_rows())
                .ok()
                .and_then(|rows| total.checked_add(rows))
                .ok_or_else(|| broken(&"impossible number of rows").at(place(&self.name)))?;
        }
        Ok(first_rows)
    }

    /// A reader of the chosen columns of one row group.
    fn group(&self, group: usize, leaves: &[Leaf]) -> Result<GroupReader> {
        contained(|| {
            let metadata = self.metadata.row_group(group);
            let columns = leaves
                .iter()
                .map(|leaf| self.column(metadata, *leaf))
                .collect::<Result<Vec<_>, ParquetError>>()
                .map_err(|cause| broken(&cause))?;
            let rows = u64::try_from(metadata.num_rows()).unwrap_or(0);
            Ok(GroupReader { columns, rows, done: 0 })
        })
    }

    fn column(&self, group: &RowGroupMetaData, leaf: Leaf) -> Result<ColumnReader, ParquetError> {
        let chunk = group.column(leaf.index);
        let rows = usize::try_from(group.num_rows()).unwrap_or(0);
        let pages = SerializedPageReader::new(Arc::clone(&self.pages), chunk, rows, None)?;
        if leaf.reading == Reading::Text && chunk.encodings().all(text::reads) {
            return Ok(ColumnReader::Text(TextReader::new(Box::new(pages), leaf.is_optional)));
        }
        let descriptor = chunk.column_descr_ptr();
        ValueReader::new(descriptor, Box::new(pages), leaf)
            .map(|reader| ColumnReader::Values(Box::new(reader)))
    }
}

/// One column of a row group, part read.
enum ColumnReader {
    Text(TextReader),
    Values(Box<ValueReader>),
}

/// The chosen columns of a row group, part read.
struct GroupReader {
    columns: Vec<ColumnReader>,
    rows: u64,
    done: u64,
}

impl GroupReader {
    /// The next slice: up to [`SLICE_ROWS`] rows, and no further than the current page of any column
    /// of text, so that a slice holds one page of it.
    fn next(&mut self, first_row: u64) -> Result<Option<Slice>> {
        if self.done == self.rows {
            return Ok(None);
        }
        contained(|| {
            let left = usize::try_from(self.rows - self.done).unwrap_or(usize::MAX);
            let mut rows = left.min(SLICE_ROWS);
            for column in &mut self.columns {
                if let ColumnReader::Text(reader) = column {
                    rows = rows.min(reader.available().map_err(|cause| broken(&cause))?);
                }
            }
            if rows == 0 {
                return Err(broken(&"a column ends before its row group"));
            }
            let columns = self
                .columns
                .iter_mut()
                .map(|column| match column {
                    ColumnReader::Text(reader) => reader.read(rows),
                    ColumnReader::Values(reader) => reader.read(rows),
                })
                .collect::<Result<Vec<_>, ParquetError>>()
                .map_err(|cause| broken(&cause))?;
            let first_row = first_row + self.done;
            self.done += rows as u64;
            Ok(Some(Slice { first_row, rows, columns }))
        })
    }
}

/// What the file's bytes contradict.
fn broken(cause: &impl Display) -> Error {
    Error::data(format!("is broken or unsupported Parquet: {cause}"))
        .with_hint("write the file again, or check that it arrived whole")
}
