//! Rows to RFC 4180 text, within limits.

use std::io::{self, BufWriter, Write};

use crate::{
    Error, Result,
    ingest::source::{SharedFile, Spool},
};

/// Columns of a sheet: what Excel allows.
pub(super) const MAX_COLUMNS: usize = 16_384;
/// Rows of a sheet: what Excel allows.
pub(super) const MAX_ROWS: u32 = 1_048_576;
/// Cells of a sheet, empty ones between others included: a full sheet of a hundred columns.
const MAX_CELLS: u64 = 100_000_000;
/// Bytes of a sheet as text.
const MAX_BYTES: u64 = 2 << 30;
/// Bytes of a row.
const MAX_ROW_BYTES: usize = 32 << 20;
/// Bytes of the first rows, which are held until the widest of them is known.
const MAX_HEAD_BYTES: u64 = 16 << 20;
/// Rows whose widest decides how many cells every record has at least.
pub(super) const HEAD_ROWS: usize = 64;

/// The cells of one row, end to end in one string.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    text: String,
    ends: Vec<usize>,
}

impl Row {
    /// How many cells.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes of its cells and what sets them apart.
    pub(super) fn bytes(&self) -> u64 {
        (self.text.len() + self.ends.len()) as u64
    }

    /// Forgets all cells.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// Appends a cell that `write` writes.
    ///
    /// # Errors
    /// More than [`MAX_COLUMNS`], or more than [`MAX_ROW_BYTES`].
    pub(super) fn push_with(&mut self, write: impl FnOnce(&mut String)) -> Result<()> {
        if self.ends.len() == MAX_COLUMNS {
            return Err(Error::data(format!(
                "has a row of more than {MAX_COLUMNS} columns, the limit for a sheet"
            )));
        }
        write(&mut self.text);
        self.ends.push(self.text.len());
        if self.text.len() > MAX_ROW_BYTES {
            return Err(Error::data(format!(
                "has a row of more than {} MiB of text, the limit for a sheet",
                MAX_ROW_BYTES >> 20
            )));
        }
        Ok(())
    }

    /// Appends empty cells until there are `count`.
    ///
    /// # Errors
    /// More than [`MAX_COLUMNS`].
    pub(super) fn pad_to(&mut self, count: usize) -> Result<()> {
        while self.len() < count {
            self.push_with(|_| {})?;
        }
        Ok(())
    }

    /// The cells in order.
    pub(super) fn cells(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.text[start..*end])
    }

    /// Cells up to the last that is not empty.
    fn used(&self) -> usize {
        // The last end before which nothing more was written.
        self.ends.partition_point(|end| *end < self.text.len()) + usize::from(!self.text.is_empty())
    }
}

/// Writes rows as records.
///
/// Empty cells at the end of a row are left out, then every record is filled up to the width of the
/// widest of the first [`HEAD_ROWS`], the header among them: a row whose last cells are empty is as wide
/// as the others, and a column that is only formatted does not appear.
pub(super) struct CsvWriter {
    out: BufWriter<Spool>,
    head: Vec<Row>,
    width: usize,
    is_past_head: bool,
    cells: u64,
    bytes: u64,
}

impl CsvWriter {
    pub(super) fn new() -> Self {
        Self {
            out: BufWriter::with_capacity(256 << 10, Spool::default()),
            head: Vec::new(),
            width: 1,
            is_past_head: false,
            cells: 0,
            bytes: 0,
        }
    }

    /// Appends a record.
    ///
    /// # Errors
    /// More cells or bytes than a sheet may have, or a full disk.
    pub(super) fn write(&mut self, row: &Row) -> Result<()> {
        if self.is_past_head {
            return self.write_record(row);
        }
        self.width = self.width.max(row.used());
        self.head.push(row.clone());
        let held: u64 = self.head.iter().map(Row::bytes).sum();
        if self.head.len() == HEAD_ROWS || held > MAX_HEAD_BYTES {
            return self.write_head();
        }
        Ok(())
    }

    fn write_head(&mut self) -> Result<()> {
        self.is_past_head = true;
        let head = std::mem::take(&mut self.head);
        head.iter().try_for_each(|row| self.write_record(row))
    }

    fn write_record(&mut self, row: &Row) -> Result<()> {
        let used = row.used();
        let width = used.max(self.width);
        self.cells += width as u64;
        // Delimiters and the line break; quotes are not worth counting.
        self.bytes += (row.text.len() + width) as u64;
        if self.cells > MAX_CELLS || self.bytes > MAX_BYTES {
            return Err(Error::data(format!(
                "has more than {} million cells or {} GiB of text, the limit for a sheet",
                MAX_CELLS / 1_000_000,
                MAX_BYTES >> 30
            ))
            .with_hint("export it as CSV or Parquet, which have no such limit"));
        }
        self.write_cells(row, used, width).map_err(spool_failure)
    }

    fn write_cells(&mut self, row: &Row, used: usize, width: usize) -> io::Result<()> {
        if width == 1 && used == 0 {
            // A record of one empty cell; a bare line break would be no record.
            return self.out.write_all(b"\"\"\n");
        }
        for (index, cell) in row.cells().take(used).enumerate() {
            if index > 0 {
                self.out.write_all(b",")?;
            }
            if cell.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
                write!(self.out, "\"{}\"", cell.replace('"', "\"\""))?;
            } else {
                self.out.write_all(cell.as_bytes())?;
            }
        }
        for _ in used.max(1)..width {
            self.out.write_all(b",")?;
        }
        self.out.write_all(b"\n")
    }

    /// The finished text.
    pub(super) fn finish(mut self) -> Result<SharedFile> {
        if !self.is_past_head {
            self.write_head()?;
        }
        let spool = self.out.into_inner().map_err(|failure| spool_failure(failure.into_error()))?;
        spool.finish().map_err(spool_failure)
    }
}

fn spool_failure(cause: io::Error) -> Error {
    Error::io("cannot write a temporary file in", std::env::temp_dir(), cause)
        .with_hint("free some space there, or name another folder in TMPDIR")
}
