//! The formats, and the one door through which a table leaves.

use std::{
    io::{self, Write},
    path::Path,
    str::FromStr,
};

use serde_json::Value;

use crate::{
    Error, Result,
    data::table::Table,
    write::{
        Meta, Terminal,
        delimited::{self, Style},
        json, markdown, parquet, terminal, write_atomically, xlsx,
    },
};

/// A format that a table can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Aligned text for a terminal.
    Table,
    /// Comma-separated values.
    Csv,
    /// Tab-separated values.
    Tsv,
    /// One JSON object `{meta, rows}`.
    Json,
    /// One JSON object per line.
    Ndjson,
    /// A Markdown table.
    Markdown,
    /// Apache Parquet.
    Parquet,
    /// An Excel workbook.
    Xlsx,
}

impl Format {
    /// Every format with its name on the command line and in file names.
    const NAMES: [(Self, &'static str); 8] = [
        (Self::Table, "table"),
        (Self::Csv, "csv"),
        (Self::Tsv, "tsv"),
        (Self::Json, "json"),
        (Self::Ndjson, "ndjson"),
        (Self::Markdown, "md"),
        (Self::Parquet, "parquet"),
        (Self::Xlsx, "xlsx"),
    ];

    /// The format's name, which is also the extension of its files.
    pub fn name(self) -> &'static str {
        // The table is complete, so the search always ends with a hit.
        Self::NAMES.iter().find(|(format, _)| *format == self).map_or("", |(_, name)| name)
    }

    /// The format that the extension of `path` asks for, in either case.
    ///
    /// # Errors
    /// [`Error::is_usage`] when the extension is missing or unknown.
    pub fn of_path(path: &Path) -> Result<Self> {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
        let known = match extension.to_ascii_lowercase().as_str() {
            "txt" => Some(Self::Table),
            "jsonl" => Some(Self::Ndjson),
            "markdown" => Some(Self::Markdown),
            extension => Self::named(extension),
        };
        known.ok_or_else(|| {
            Error::usage(format!("`{}` has no extension of a known format", path.display()))
                .with_hint(format!("give --format, or end it in one of {}", Self::list()))
        })
    }

    /// Whether it is bytes that a terminal cannot show.
    pub fn is_binary(self) -> bool {
        matches!(self, Self::Parquet | Self::Xlsx)
    }

    fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(format, _)| *format)
    }

    fn list() -> String {
        Self::NAMES.map(|(_, name)| name).join(", ")
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::named(name).ok_or_else(|| {
            Error::usage(format!("`{name}` is not a format"))
                .with_hint(format!("it is one of {}", Self::list()))
        })
    }
}

/// Writes tables in one format.
///
/// ```
/// use crmstat::{data::table::{Column, Table}, write::{Format, Writer}};
/// let table = Table::new("demo", vec![Column::text("id", "Номер", ["C1", "=1+1"])])?;
/// let mut out = Vec::new();
/// Writer::new(Format::Csv).write(&table, &mut out)?;
/// assert_eq!(out, b"id\nC1\n'=1+1\n");
/// # Ok::<(), crmstat::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Writer {
    format: Format,
    terminal: Terminal,
    meta: Value,
    raw: bool,
}

impl Writer {
    /// A writer of `format`.
    pub fn new(format: Format) -> Self {
        Self { format, terminal: Terminal::default(), meta: Value::Null, raw: false }
    }

    /// How people are shown a table: used by [`Format::Table`], its language by [`Format::Markdown`] too.
    #[must_use]
    pub fn terminal(mut self, terminal: Terminal) -> Self {
        self.terminal = terminal;
        self
    }

    /// The record of the run that [`Format::Json`] carries.
    #[must_use]
    pub fn meta(mut self, meta: Meta) -> Self {
        self.meta = meta.into_json();
        self
    }

    /// Texts as they are in [`Format::Csv`] and [`Format::Tsv`], also where a spreadsheet would run them as
    /// formulas; by default such a text gets a leading `'`.
    #[must_use]
    pub fn raw(mut self, raw: bool) -> Self {
        self.raw = raw;
        self
    }

    /// Writes `table` to `out` and flushes it.
    ///
    /// # Errors
    /// [`Error::is_data`] when the format cannot hold the table, before anything is written;
    /// [`Error::is_io`] when `out` fails, [`Error::is_broken_pipe`] when its reader went away.
    pub fn write(&self, table: &Table, out: &mut (dyn Write + Send)) -> Result<()> {
        match self.format {
            Format::Parquet => parquet::check(table)?,
            Format::Xlsx => xlsx::check(table)?,
            _ => {}
        }
        self.encode(table, out)
            .and_then(|()| out.flush())
            .map_err(|cause| Error::io("cannot write", "the output", cause))
    }

    /// Writes `table` to the file `path`, whole or not at all.
    ///
    /// # Errors
    /// As [`Writer::write`] and [`write_atomically`].
    pub fn save(&self, table: &Table, path: &Path) -> Result<()> {
        write_atomically(path, |out| self.write(table, out))
    }

    fn encode(&self, table: &Table, out: &mut (dyn Write + Send)) -> io::Result<()> {
        let style = |delimiter| Style { delimiter, raw: self.raw };
        match self.format {
            Format::Table => terminal::write(table, self.terminal, out),
            Format::Csv => delimited::write(table, style(b','), out),
            Format::Tsv => delimited::write(table, style(b'\t'), out),
            Format::Json => json::write_document(table, &self.meta, out),
            Format::Ndjson => json::write_lines(table, out),
            Format::Markdown => markdown::write(table, self.terminal.lang, out),
            Format::Parquet => parquet::write(table, out),
            Format::Xlsx => xlsx::write(table, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        path::Path,
    };

    use super::{Format, Writer};
    use crate::write::tests::sample;

    #[test]
    fn formats_are_named_alike_on_the_command_line_and_in_files() {
        for (format, name) in Format::NAMES {
            assert_eq!(name.parse::<Format>().unwrap(), format);
            assert_eq!(format.name(), name);
        }
        for (path, format) in [("a/b.CSV", Format::Csv), ("x.jsonl", Format::Ndjson)] {
            assert_eq!(Format::of_path(Path::new(path)).unwrap(), format);
        }
        assert!(Format::of_path(Path::new("csv")).unwrap_err().is_usage());
        assert!("yaml".parse::<Format>().unwrap_err().hint().unwrap().contains("csv"));
    }

    #[test]
    fn any_number_of_threads_writes_the_same_bytes() {
        let bytes = |format, threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let mut out = Vec::new();
            pool.install(|| Writer::new(format).write(&sample(), &mut out)).unwrap();
            out
        };
        for (format, _) in Format::NAMES {
            assert_eq!(bytes(format, 1), bytes(format, 3), "{format:?}");
        }
    }

    /// A stream that fails after some bytes.
    struct Failing(usize, io::ErrorKind);

    impl Write for Failing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.0);
            self.0 -= taken;
            if taken == 0 { Err(self.1.into()) } else { Ok(taken) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_failing_write_is_reported_in_every_format() {
        for (format, _) in Format::NAMES {
            let mut whole = Vec::new();
            Writer::new(format).write(&sample(), &mut whole).unwrap();
            for written in (0..whole.len()).step_by(7) {
                let write = |kind| {
                    Writer::new(format).write(&sample(), &mut Failing(written, kind)).unwrap_err()
                };
                assert!(write(io::ErrorKind::BrokenPipe).is_broken_pipe(), "{format:?} {written}");
                let full = write(io::ErrorKind::StorageFull);
                assert!(full.is_io() && !full.is_broken_pipe(), "{format:?} {written}");
            }
        }
    }
}
