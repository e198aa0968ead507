//! Tables that are made and written piece by piece.

use std::{
    io::{self, Write},
    ops::Range,
};

use crmstat_models::parallel::map_chunks;

use crate::{
    Error, Result,
    data::table::Table,
    generate::Report,
    write::{
        Format, Writer,
        delimited::{self, Style},
        parquet::{ROW_GROUP, TableWriter},
    },
};

/// Rows that one task makes for a text format.
const TEXT_CHUNK: usize = 8192;
/// Pieces held in memory before they are written.
const BATCH: usize = 32;

/// Where the pieces of one table go.
pub(super) struct Sink<'a> {
    rows: u64,
    target: Target<'a>,
}

enum Target<'a> {
    Csv { out: &'a mut (dyn Write + Send) },
    Parquet { writer: TableWriter<&'a mut (dyn Write + Send)> },
    Xlsx { out: &'a mut (dyn Write + Send), is_written: bool },
}

impl<'a> Sink<'a> {
    /// Begins a table with the columns of `empty`.
    pub(super) fn new(
        format: Format,
        empty: &Table,
        out: &'a mut (dyn Write + Send),
    ) -> Result<Self> {
        let target = match format {
            Format::Csv => {
                let mut header = Vec::new();
                delimited::push_header(&mut header, empty, Style::of(b','));
                out.write_all(&header).map_err(failed)?;
                Target::Csv { out }
            }
            Format::Parquet => {
                Target::Parquet { writer: TableWriter::new(empty, out).map_err(failed)? }
            }
            Format::Xlsx => Target::Xlsx { out, is_written: false },
            _ => {
                return Err(Error::usage(format!("nothing is generated as {}", format.name()))
                    .with_hint("ask for csv, parquet or xlsx"));
            }
        };
        Ok(Self { rows: 0, target })
    }

    /// Writes `rows` rows, which `table` makes a range at a time.
    pub(super) fn push(
        &mut self,
        rows: usize,
        table: impl Fn(Range<usize>) -> Result<Table> + Sync,
    ) -> Result<()> {
        self.rows += rows as u64;
        match &mut self.target {
            Target::Csv { out } => in_batches(
                rows,
                TEXT_CHUNK,
                |range| {
                    let table = table(range)?;
                    let mut bytes = Vec::with_capacity(table.rows() * 64);
                    delimited::push_rows(&mut bytes, &table, 0..table.rows(), Style::of(b','));
                    Ok(bytes)
                },
                |bytes| out.write_all(&bytes).map_err(failed),
            ),
            Target::Parquet { writer } => in_batches(rows, ROW_GROUP, table, |table| {
                writer.row_group(&table, 0..table.rows()).map_err(failed)
            }),
            Target::Xlsx { is_written: true, .. } => {
                Err(Error::data("the table has more rows than an XLSX sheet holds")
                    .with_hint("write it as csv or parquet"))
            }
            Target::Xlsx { out, is_written } => {
                *is_written = true;
                Writer::new(Format::Xlsx).write(&table(0..rows)?, *out)
            }
        }
    }

    /// Ends the table.
    pub(super) fn finish(self) -> Result<Report> {
        if let Target::Parquet { writer } = self.target {
            writer.finish().map_err(failed)?;
        }
        Ok(Report { rows: self.rows, ..Report::default() })
    }
}

/// Makes the pieces of `0..rows` in parallel and hands them to `write` in order, a bounded number at a
/// time.
pub(super) fn in_batches<T: Send>(
    rows: usize,
    chunk: usize,
    make: impl Fn(Range<usize>) -> Result<T> + Sync,
    mut write: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    for start in (0..rows).step_by(chunk * BATCH) {
        let batch = (chunk * BATCH).min(rows - start);
        let pieces = map_chunks(batch, chunk, |range| make(start + range.start..start + range.end));
        for piece in pieces {
            write(piece?)?;
        }
    }
    Ok(())
}

/// A stream that failed.
pub(super) fn failed(cause: io::Error) -> Error {
    Error::io("cannot write", "the output", cause)
}
