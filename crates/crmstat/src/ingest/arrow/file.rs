//! Batches to threads, batches to slices.

use super::{schema, values};
use crate::{
    Error, Place, Result,
    ingest::{
        parquet::{ColumnInfo, ColumnType, SLICE_ROWS, Slice},
        source::{FileReader, SharedFile, Source, Spool, contained, place},
    },
};
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_ipc::{
    reader::{FileReader as IpcFile, StreamReader as IpcStream},
    writer::StreamWriter,
};
use arrow_schema::{ArrowError, SchemaRef};
use rayon::prelude::*;
use std::{
    fmt::Display,
    io::{BufReader, BufWriter},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

/// The bytes with which an IPC file begins; a stream has none.
const FILE_MARK: &[u8] = b"ARROW1";

/// An Arrow IPC file or stream whose columns can be scanned.
#[derive(Debug)]
pub(crate) struct ArrowFile {
    name: String,
    file: SharedFile,
    is_file: bool,
    columns: Vec<ColumnInfo>,
    /// Rows that a scan has found; 0 before the first.
    rows: AtomicU64,
}

/// Batches in the order of the file, of the columns that are wanted.
enum Batches {
    File(Box<IpcFile<BufReader<FileReader>>>),
    Stream(Box<IpcStream<BufReader<FileReader>>>),
}

impl Batches {
    fn schema(&self) -> SchemaRef {
        match self {
            Self::File(file) => file.schema(),
            Self::Stream(stream) => stream.schema(),
        }
    }

    fn next(&mut self) -> Option<Result<RecordBatch, ArrowError>> {
        match self {
            Self::File(file) => file.next(),
            Self::Stream(stream) => stream.next(),
        }
    }
}

/// Where the batches are taken from, one after another.
struct Taking {
    batches: Batches,
    number: u64,
    first_row: u64,
}

impl ArrowFile {
    /// Reads what `source` says about itself.
    ///
    /// # Errors
    /// A file that is not Arrow, is cut short, or contradicts itself.
    pub(crate) fn open(source: &Source) -> Result<Self> {
        let name = source.name().to_owned();
        let file = source.file().clone();
        let is_file = source.begins_with(FILE_MARK)?;
        let mut opened = Self { name, file, is_file, columns: Vec::new(), rows: AtomicU64::new(0) };
        opened.columns = schema::columns(&opened.batches(None)?.schema());
        Ok(opened)
    }

    /// The columns, in the order of the file.
    pub(crate) fn columns(&self) -> &[ColumnInfo] {
        &self.columns
    }

    /// How many rows there are, once they have been read: for progress.
    pub(crate) fn rows_hint(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    /// The first slice of `columns`; `None` where there is no row.
    ///
    /// # Errors
    /// As [`ArrowFile::scan`].
    pub(crate) fn first(&self, columns: &[usize]) -> Result<Option<Slice>> {
        let mut batches = self.batches(Some(columns))?;
        while let Some(batch) = self.take(&mut batches)? {
            if batch.num_rows() > 0 {
                return slice(&batch, columns, 0, 0).map(Some).map_err(|error| self.here(error));
            }
        }
        Ok(None)
    }

    /// Decodes `columns` on the threads of the current pool, as
    /// [`ParquetFile::scan`](crate::ingest::parquet::ParquetFile::scan) does; batches stand for row groups.
    ///
    /// # Errors
    /// A column of a type that crmstat does not read, broken data, or what `visit` returned; the error
    /// of the earliest batch, whatever the number of threads.
    pub(crate) fn scan<S: Send>(
        &self,
        columns: &[usize],
        start: impl Fn() -> S + Sync,
        visit: impl Fn(&mut S, Slice) -> Result<()> + Sync,
    ) -> Result<Vec<S>> {
        let batches = self.batches(Some(columns))?;
        let taking = Mutex::new(Taking { batches, number: 0, first_row: 0 });
        let has_failed = AtomicBool::new(false);
        let work = |_| {
            let mut state = start();
            while !has_failed.load(Ordering::Relaxed) {
                let (number, first_row, batch) = {
                    let mut taking = taking.lock().unwrap_or_else(PoisonError::into_inner);
                    let (number, first_row) = (taking.number, taking.first_row);
                    match self.take(&mut taking.batches) {
                        Ok(None) => break,
                        Ok(Some(batch)) => {
                            taking.number += 1;
                            taking.first_row += batch.num_rows() as u64;
                            (number, first_row, batch)
                        }
                        Err(error) => {
                            has_failed.store(true, Ordering::Relaxed);
                            return Err((number, error));
                        }
                    }
                };
                let visited = (0..batch.num_rows())
                    .step_by(SLICE_ROWS)
                    .try_for_each(|row| visit(&mut state, slice(&batch, columns, row, first_row)?));
                if let Err(error) = visited {
                    has_failed.store(true, Ordering::Relaxed);
                    return Err((number, self.here(error)));
                }
            }
            Ok(state)
        };
        let workers = rayon::current_num_threads();
        let results: Vec<_> = (0..workers).into_par_iter().with_max_len(1).map(work).collect();
        let mut states = Vec::with_capacity(results.len());
        let mut earliest: Option<(u64, Error)> = None;
        for result in results {
            match result {
                Ok(state) => states.push(state),
                Err(failure) if earliest.as_ref().is_none_or(|(number, _)| failure.0 < *number) => {
                    earliest = Some(failure);
                }
                Err(_) => {}
            }
        }
        if let Some((_, error)) = earliest {
            return Err(error);
        }
        let rows = taking.into_inner().unwrap_or_else(PoisonError::into_inner).first_row;
        self.rows.store(rows, Ordering::Relaxed);
        Ok(states)
    }

    /// The batches from the start, with `columns` in the order of the file.
    fn batches(&self, columns: Option<&[usize]>) -> Result<Batches> {
        for at in columns.unwrap_or_default() {
            if let ColumnType::Unsupported(reason) = &self.columns[*at].column_type {
                let column = Some(self.columns[*at].name.clone());
                return Err(Error::data(format!("cannot be read: {reason}"))
                    .at(Place { column, ..place(&self.name) })
                    .with_hint("write it as a plain column of text, numbers, dates or instants"));
            }
        }
        let mut projection = columns.map(<[usize]>::to_vec);
        if let Some(columns) = &mut projection {
            columns.sort_unstable();
            columns.dedup();
        }
        let reader = BufReader::with_capacity(1 << 20, self.file.reader_at(0));
        contained(|| {
            Ok(if self.is_file {
                let file = IpcFile::try_new(reader, projection).map_err(|cause| broken(&cause))?;
                Batches::File(Box::new(file))
            } else {
                let stream =
                    IpcStream::try_new(reader, projection).map_err(|cause| broken(&cause))?;
                Batches::Stream(Box::new(stream))
            })
        })
        .map_err(|error| self.here(error))
    }

    fn take(&self, batches: &mut Batches) -> Result<Option<RecordBatch>> {
        contained(|| batches.next().transpose().map_err(|cause| broken(&cause)))
            .map_err(|error| self.here(error))
    }

    fn here(&self, error: Error) -> Error {
        let found = error.place().cloned().unwrap_or_default();
        error.at(Place { file: self.name.clone(), ..found })
    }
}

/// The rows of `batch` from `row` on, as many as a slice takes, in the order of `columns`.
fn slice(batch: &RecordBatch, columns: &[usize], row: usize, first_row: u64) -> Result<Slice> {
    contained(|| {
        let rows = SLICE_ROWS.min(batch.num_rows() - row);
        // The batch has the columns in the order of the file.
        let mut sorted = columns.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let read = columns.iter().map(|column| {
            let place = sorted.partition_point(|other| other < column);
            values::column(&batch.column(place).slice(row, rows))
        });
        let columns = read.collect::<Result<_>>()?;
        Ok(Slice { first_row: first_row + row as u64, rows, columns })
    })
}

/// What `reader` gives, as an IPC stream that can be read any number of times.
///
/// # Errors
/// A reader that fails, or a full disk.
pub(crate) fn stream_of(name: &str, reader: impl RecordBatchReader) -> Result<SharedFile> {
    let failed = |cause: ArrowError| match cause {
        ArrowError::IoError(_, cause) => Error::io("cannot keep the batches of", name, cause),
        cause => Error::data(format!("the batches cannot be read: {cause}")).at(place(name)),
    };
    let out = BufWriter::with_capacity(1 << 20, Spool::default());
    let mut writer = StreamWriter::try_new(out, &reader.schema()).map_err(failed)?;
    for batch in reader {
        writer.write(&batch.map_err(failed)?).map_err(failed)?;
    }
    writer.finish().map_err(failed)?;
    let out = writer.into_inner().map_err(failed)?;
    let kept = out.into_inner().map_err(std::io::IntoInnerError::into_error);
    kept.and_then(Spool::finish)
        .map_err(|cause| Error::io("cannot keep the batches of", name, cause))
}

/// What the file's bytes contradict.
fn broken(cause: &impl Display) -> Error {
    Error::data(format!("is broken or unsupported Arrow: {cause}"))
        .with_hint("write the file again, or check that it arrived whole")
}
