//! What an input is: its compression, its kind and its encoding, decided by its content.
//!
//! | module | step |
//! |---|---|
//! | `contained` | a wall around foreign decoders |
//! | `expand` | file names and glob patterns to inputs |
//! | `export_file` | an input by its name: a path, or bytes in memory |
//! | `inputs` | the files of one run, each opened once |
//! | `file` | content that many readers share; spooling of pipes |
//! | `fingerprint` | the hash of what was read |
//! | `compression` | gzip and zstd, with a bound on what they may expand to |
//! | `kind` | text, JSON, sheet, HTML table or Parquet, by magic bytes and structure |
//! | `partitions` | keys in the names of folders |
//! | `encoding`, `few_bytes` | which encoding a text is in; the same where few bytes say it |
//! | `transcode` | that encoding to UTF-8, on the fly |
//! | `apostrophes` | texts whose cells are quoted with `'` |
//! | `wrapped` | texts whose lines are each one quoted cell |
//!
//! The extension of a file is never looked at. An input is opened once and read as often as needed:
//! a pipe is first copied, into memory while it is small and then into a temporary file that has no name.

mod apostrophes;
mod compression;
mod contained;
mod encoding;
mod expand;
mod export_file;
mod few_bytes;
mod file;
mod fingerprint;
mod inputs;
mod kind;
pub(crate) mod partitions;
mod transcode;
mod wrapped;

use std::{
    collections::BTreeMap,
    io::{self, Read},
    sync::atomic::{AtomicBool, Ordering},
};

use self::{compression::Compression, encoding::Chosen, transcode::Transcoder};
pub(crate) use self::{
    contained::contained,
    file::{FileReader, SharedFile, Spool},
    kind::Format,
};
pub use self::{
    expand::expand,
    export_file::ExportFile,
    fingerprint::Fingerprint,
    inputs::{Inputs, ReadFile},
};
use crate::{
    Error, Place, Result,
    data::Decision,
    ingest::{
        json,
        sheet::{self, ChosenSheet},
    },
};

/// How much of an input is looked at to recognise it.
const HEAD: usize = 64 << 10;

/// What the caller says about an input, instead of leaving it to its content.
#[derive(Clone, Debug, Default)]
pub(crate) struct SourceOptions {
    /// The name of the encoding, such as `windows-1251`.
    pub(crate) encoding: Option<String>,
    /// The name of the sheet of a workbook.
    pub(crate) sheet: Option<String>,
    /// Where its file is kept open.
    pub(crate) inputs: Inputs,
    /// What it is for.
    pub(crate) role: &'static str,
}

/// What an input turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Delimited text in this encoding; [`Source::reader`] gives it as UTF-8.
    Text {
        /// The WHATWG name of the encoding.
        encoding: &'static str,
    },
    /// A sheet of a workbook or an HTML table; [`Source::reader`] gives it as comma-separated text
    /// with one record per row of the sheet.
    Sheet,
    /// Objects of JSON; [`Source::reader`] gives them as comma-separated text with one record per object.
    Json,
    /// Parquet; open it with [`ParquetFile`](crate::ingest::parquet::ParquetFile).
    Parquet,
    /// Arrow; open it with [`ArrowFile`](crate::ingest::arrow::ArrowFile).
    #[cfg(feature = "arrow")]
    Arrow,
}

impl Kind {
    /// The name of the kind.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Sheet => "sheet",
            Self::Json => "JSON",
            Self::Parquet => "Parquet",
            #[cfg(feature = "arrow")]
            Self::Arrow => "Arrow",
        }
    }

    /// The encoding of a text.
    pub(crate) const fn encoding(self) -> Option<&'static str> {
        match self {
            Self::Text { encoding } => Some(encoding),
            _ => None,
        }
    }
}

/// One input, recognised and ready to be read any number of times.
#[derive(Debug)]
pub(crate) struct Source {
    name: String,
    /// The file as it was opened.
    opened: SharedFile,
    /// What is read: the file itself, or what it was unpacked or converted to.
    file: SharedFile,
    compression: Compression,
    text: Chosen,
    kind: Kind,
    decisions: Vec<Decision>,
    /// The sheet of a workbook that was chosen among several.
    chosen: Option<ChosenSheet>,
    /// Where the records of a text that was made of another began in that one.
    lines: Option<json::Lines>,
    /// Columns whose cells are numbers as programs write them.
    numbers: Vec<usize>,
    /// Columns that cannot be read, each with the line that shows it.
    nested: BTreeMap<usize, u64>,
    /// Whether a scan found the last line without an end.
    has_open_end: AtomicBool,
}

impl Source {
    /// Whether `other` is made of the same bytes. Files of different lengths are not read.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn holds_the_same(&self, other: &Self) -> Result<bool> {
        let same = self.opened.is_same(&other.opened);
        same.map_err(|cause| failure(&self.name, cause))
    }

    /// Opens `file` and decides what it is.
    ///
    /// A sheet is converted here, once.
    ///
    /// # Errors
    /// An input that cannot be opened or read, that is not a table crmstat reads, that expands past
    /// the limits of its kind, or an encoding or sheet that does not exist.
    pub(crate) fn open(file: impl Into<ExportFile>, options: &SourceOptions) -> Result<Self> {
        let forced = options.encoding.as_deref().map(encoding::by_name).transpose()?;
        let given = file.into();
        let name = given.name();
        let opened = options.inputs.open(options.role, &given)?;
        let mut file = opened.clone();
        let mut decisions = Vec::new();
        let mut decide = |topic: &str, value: String, reason: String, option| {
            let (file, topic) = (name.to_owned(), topic.to_owned());
            decisions.push(Decision { file, topic, value, reason, option });
        };

        let compression = Compression::of(&file.head(HEAD).map_err(|cause| failure(name, cause))?);
        if let Some(evidence) = compression.evidence() {
            decide("compression", compression.to_string(), evidence.to_owned(), None);
        }
        let content = compression.decoder(&file).and_then(|reader| read_head(reader, HEAD));
        let head = content.map_err(|cause| failure(name, cause))?;
        let format = kind::recognise(&head).map_err(|error| error.at(place(name)))?;
        let mut compression = compression;
        if format.needs_seeking() && compression != Compression::None {
            let spooled = compression.decoder(&file).and_then(file::spool_bounded);
            file = spooled.map_err(|cause| failure(name, cause))?;
            compression = Compression::None;
        }

        let mut text = Chosen::utf8();
        if matches!(format, Format::Text | Format::Html | Format::Json) {
            let known_length = (compression == Compression::None).then(|| file.len());
            let stream = compression.decoder(&file).map_err(|cause| failure(name, cause))?;
            let declared =
                (format == Format::Html).then(|| sheet::declared_charset(&head)).flatten();
            text = encoding::choose(stream, known_length, forced, declared)
                .map_err(|cause| failure(name, cause))?;
            decide("encoding", text.name().to_owned(), text.evidence.clone(), Some("--encoding"));
        }
        if let Some(evidence) = format.evidence() {
            decide("kind", format.to_string(), evidence.to_owned(), None);
        }
        let kind = match format {
            Format::Text => Kind::Text { encoding: text.name() },
            Format::Parquet => Kind::Parquet,
            #[cfg(feature = "arrow")]
            Format::Arrow => Kind::Arrow,
            Format::Json => Kind::Json,
            _ => Kind::Sheet,
        };
        let name = name.to_owned();
        let has_open_end = AtomicBool::new(false);
        let mut source = Self {
            name,
            opened,
            file,
            compression,
            text,
            kind,
            decisions,
            chosen: None,
            lines: None,
            numbers: Vec::new(),
            nested: BTreeMap::new(),
            has_open_end,
        };
        match kind {
            Kind::Sheet => source.convert_sheet(format, options.sheet.as_deref())?,
            Kind::Json => source.convert_json()?,
            Kind::Text { .. } if wrapped::is_wrapped(&head, head.len() < HEAD) => {
                source.unwrap()?;
            }
            Kind::Text { .. } => {
                if let Some(delimiter) = apostrophes::delimiter(&head, head.len() < HEAD) {
                    source.requote(delimiter)?;
                }
            }
            Kind::Parquet => {}
            #[cfg(feature = "arrow")]
            Kind::Arrow => {}
        }
        Ok(source)
    }

    /// Puts the comma-separated form of the sheet in the place of the workbook.
    fn convert_sheet(&mut self, format: Format, sheet: Option<&str>) -> Result<()> {
        let converted = match format {
            Format::Html => sheet::convert_html(self)?,
            _ => sheet::convert_workbook(&self.name, &self.file, format, sheet)?,
        };
        self.check_unchanged()?;
        self.decisions.extend(converted.decisions);
        self.chosen = converted.chosen;
        self.file = converted.csv;
        self.compression = Compression::None;
        self.text = Chosen::utf8();
        Ok(())
    }

    /// Puts the comma-separated form of the objects in their place.
    fn convert_json(&mut self) -> Result<()> {
        let converted = json::convert(self)?;
        self.check_unchanged()?;
        self.decisions.extend(converted.decisions);
        self.lines = Some(converted.lines);
        (self.numbers, self.nested) = (converted.numbers, converted.nested);
        self.file = converted.csv;
        self.compression = Compression::None;
        self.text = Chosen::utf8();
        Ok(())
    }

    /// Puts what stands in the lines in the place of lines that are each one quoted cell.
    fn unwrap(&mut self) -> Result<()> {
        let text = wrapped::unwrap(self.reader()?);
        let reason = "every line is one cell, as spreadsheets save what they opened as one column";
        self.replace(text, "lines", "unquoted", reason)
    }

    /// Puts cells in quotes in the place of cells in apostrophes.
    fn requote(&mut self, delimiter: u8) -> Result<()> {
        let text = apostrophes::requoted(self.reader()?, delimiter);
        let reason = "lines have the cells of the header only where `'` quotes them";
        self.replace(text, "quotes", "'", reason)
    }

    /// Puts `text` in the place of what was read.
    fn replace(
        &mut self,
        text: io::Result<SharedFile>,
        topic: &str,
        value: &str,
        reason: &str,
    ) -> Result<()> {
        self.file = text.map_err(|cause| self.failure(cause))?;
        self.check_unchanged()?;
        self.decisions.push(Decision {
            file: self.name.clone(),
            topic: topic.to_owned(),
            value: value.to_owned(),
            reason: reason.to_owned(),
            option: None,
        });
        self.compression = Compression::None;
        self.text = Chosen::utf8();
        Ok(())
    }

    /// The line of the input that became line `line` of its text.
    pub(crate) fn line(&self, line: u64) -> u64 {
        self.lines.as_ref().map_or(line, |lines| lines.of(line))
    }

    /// The columns whose cells are numbers with a decimal point, whatever they look like.
    pub(crate) fn numbers(&self) -> &[usize] {
        &self.numbers
    }

    /// The line that shows that `column` cannot be read.
    pub(crate) fn nested(&self, column: usize) -> Option<u64> {
        self.nested.get(&column).copied()
    }

    /// Whether the file is still as it was when it was opened.
    ///
    /// # Errors
    /// A file that was written to meanwhile.
    pub(crate) fn check_unchanged(&self) -> Result<()> {
        self.opened.check_unchanged().map_err(|cause| self.failure(cause))
    }

    /// Notes that the last line has no end.
    pub(crate) fn note_open_end(&self) {
        self.has_open_end.store(true, Ordering::Relaxed);
    }

    /// Whether the last line has no end, once all of it was read.
    pub(crate) fn has_open_end(&self) -> bool {
        self.has_open_end.load(Ordering::Relaxed)
    }

    /// The name under which it was opened.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What it is.
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// The encoding, where it was chosen on little evidence.
    pub(crate) fn guessed_encoding(&self) -> Option<&'static str> {
        self.text.guessed.then(|| self.text.name())
    }

    /// The sheet that was chosen in a workbook where others begin like tables, too.
    pub(crate) fn chosen_sheet(&self) -> Option<&ChosenSheet> {
        self.chosen.as_ref().filter(|chosen| !chosen.others.is_empty())
    }

    /// What was decided about it, and why.
    pub(crate) fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    /// The bytes that [`Source::reader`] will give, where known without reading them: for progress.
    pub(crate) fn len_hint(&self) -> Option<u64> {
        match self.compression {
            Compression::None => Some(self.file.len().saturating_sub(self.text.skip)),
            _ => None,
        }
    }

    /// Whether its bytes begin with `mark`.
    #[cfg(feature = "arrow")]
    pub(crate) fn begins_with(&self, mark: &[u8]) -> Result<bool> {
        let head = self.file.head(mark.len()).map_err(|cause| self.failure(cause))?;
        Ok(head == mark)
    }

    /// The file behind an input of typed columns.
    pub(crate) fn file(&self) -> &SharedFile {
        &self.file
    }

    /// The text from its start: UTF-8 without byte order mark, decompressed and transcoded on the fly.
    ///
    /// A plain UTF-8 file comes as it is: each read goes straight into the caller's buffer, so large
    /// reads cost nothing beyond the copy from the system. Bytes that no longer are UTF-8 further on are
    /// left where they are for the scan to quarantine; what a recognised legacy encoding cannot decode
    /// becomes the byte `0xFF`, which no UTF-8 text holds, to the same end. Under an encoding that the
    /// caller forced such bytes are an error. Read errors become ours through [`Source::failure`].
    ///
    /// # Errors
    /// A decompressor that cannot be set up, or a call on Parquet, which is not text.
    pub(crate) fn reader(&self) -> Result<Box<dyn Read + Send>> {
        if !matches!(self.kind, Kind::Text { .. } | Kind::Sheet | Kind::Json) {
            return Err(Error::data(format!("is {}, which is not text", self.kind.name()))
                .at(place(&self.name)));
        }
        let stream = self.compression.decoder(&self.file).map_err(|cause| self.failure(cause))?;
        Transcoder::over(stream, &self.text).map_err(|cause| self.failure(cause))
    }

    /// The error behind a failed read of [`Source::reader`], with the name of the input.
    pub(crate) fn failure(&self, cause: io::Error) -> Error {
        failure(&self.name, cause)
    }
}

/// Turns a failed read into ours: an [`Error`] that travelled inside keeps its words.
fn failure(name: &str, cause: io::Error) -> Error {
    match cause.downcast::<Error>() {
        Ok(error) => {
            let place = error.place().cloned().unwrap_or_default();
            error.at(Place { file: name.to_owned(), ..place })
        }
        Err(cause) => Error::io("cannot read", name, cause),
    }
}

/// The place of an error that concerns an input as a whole.
pub(crate) fn place(name: &str) -> Place {
    Place { file: name.to_owned(), ..Place::default() }
}

/// Up to `limit` bytes from the start of `reader`.
fn read_head(reader: impl Read, limit: usize) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    reader.take(limit as u64).read_to_end(&mut head)?;
    Ok(head)
}

#[cfg(test)]
mod tests;
