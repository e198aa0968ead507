//! What a ZIP workbook may unpack to, checked before its reader unpacks anything.

use std::io::{BufReader, Read};

use html5gum::{IoReader, Token, Tokenizer};
use memchr::memmem;
use zip::ZipArchive;

use super::csv::{MAX_COLUMNS, MAX_ROWS};
use crate::{
    Error, Result,
    ingest::source::{FileReader, SharedFile},
};

/// The workbooks that are ZIP files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    Xlsx,
    Xlsb,
    Ods,
}

impl Container {
    /// Its usual name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Xlsx => "XLSX",
            Self::Xlsb => "XLSB",
            Self::Ods => "ODS",
        }
    }
}

/// Files inside a workbook; an honest one has three per sheet and a few dozen more.
const MAX_PARTS: usize = 10_000;
/// Bytes of all parts together.
const MAX_UNPACKED: u64 = 4 << 30;
/// Bytes of a part that its reader holds in memory whole: the shared texts of XLSX, all of an ODS.
const MAX_IN_MEMORY: u64 = 512 << 20;
/// Bytes below which no ratio is looked at, and how many times its packed size a part may take beyond.
const FREE_PART: u64 = 64 << 20;
const MAX_RATIO: u64 = 200;
/// Cells of an ODS sheet, which its reader lays out in memory in full.
const MAX_DENSE_CELLS: u64 = 20_000_000;
/// The least that one shared text takes: `<si/>`.
const SHORTEST_SHARED_TEXT: u64 = 5;

/// Which workbook the ZIP file is, after measuring what its parts really unpack to.
///
/// The sizes in a directory may lie, so every part that a reader would open is unpacked once into
/// nothing, which takes a fraction of the time of reading it.
pub(super) fn check(file: &SharedFile) -> Result<Container> {
    let mut archive =
        ZipArchive::new(BufReader::new(file.reader_at(0))).map_err(|cause| broken(&cause))?;
    if archive.len() > MAX_PARTS {
        return Err(Error::data(format!(
            "holds {} files, more than the {MAX_PARTS} allowed for a workbook",
            archive.len()
        )));
    }
    let names: Vec<String> = archive
        .file_names()
        .map(|name| name.map(|name| name.replace('\\', "/").to_ascii_lowercase()))
        .collect::<Result<_, _>>()
        .map_err(|cause| broken(&cause))?;
    let has = |suffix: &str| names.iter().any(|name| name.ends_with(suffix));
    let container = if has("workbook.bin") {
        Container::Xlsb
    } else if has("workbook.xml") || names.iter().any(|name| name.starts_with("xl/")) {
        Container::Xlsx
    } else if has("content.xml") && has("mimetype") {
        Container::Ods
    } else {
        return Err(Error::data("is not a table that crmstat reads: a ZIP archive")
            .with_hint("unpack it and pass the files inside"));
    };
    let mut unpacked = 0;
    for (index, name) in names.iter().enumerate() {
        if [".xml", ".bin", ".rels"].iter().any(|suffix| name.ends_with(suffix)) {
            let left = MAX_UNPACKED - unpacked;
            unpacked += measure(&mut archive, index, name, left)?;
        }
        if name.ends_with("sharedstrings.xml") {
            check_shared_texts(&mut archive, index)?;
        } else if container == Container::Ods && name == "content.xml" {
            check_content(&mut archive, index)?;
        }
    }
    Ok(container)
}

type Archive = ZipArchive<BufReader<FileReader>>;

/// How many bytes part `index` unpacks to, of which at most `left` are allowed.
fn measure(archive: &mut Archive, index: usize, name: &str, left: u64) -> Result<u64> {
    let mut part = archive.by_index(index).map_err(|cause| broken(&cause))?;
    let by_ratio = FREE_PART.saturating_add(part.compressed_size().saturating_mul(MAX_RATIO));
    let is_in_memory = name.ends_with("sharedstrings.xml")
        || name.ends_with("sharedstrings.bin")
        || name.ends_with("content.xml");
    let in_memory = if is_in_memory { MAX_IN_MEMORY } else { MAX_UNPACKED };
    let allowed = left.min(by_ratio).min(in_memory);
    let mut sink = std::io::sink();
    let size = std::io::copy(&mut part.by_ref().take(allowed + 1), &mut sink)
        .map_err(|cause| broken(&cause))?;
    if size > allowed {
        let limit = if allowed == by_ratio {
            format!("{MAX_RATIO} times its packed size")
        } else {
            format!("{} MiB", in_memory.min(MAX_UNPACKED) >> 20)
        };
        return Err(Error::data(format!(
            "unpacks `{name}` to more than {limit}, the limit for a workbook"
        ))
        .with_hint("export it as CSV or Parquet, which have no such limit"));
    }
    Ok(size)
}

/// Checks the number of shared texts, for which a reader makes room before it reads them.
fn check_shared_texts(archive: &mut Archive, index: usize) -> Result<()> {
    let part = archive.by_index(index).map_err(|cause| broken(&cause))?;
    let mut tokens = Tokenizer::new(IoReader::new(part));
    let root = tokens.find_map(|token| match token {
        Ok(Token::StartTag(tag)) => Some(Ok(tag)),
        Err(cause) => Some(Err(broken(&cause))),
        _ => None,
    });
    let Some(root) = root.transpose()? else { return Ok(()) };
    // The tokeniser lowers the case of names, as in HTML.
    let count = root.attributes.get(b"uniquecount".as_slice());
    let count = count.and_then(|count| String::from_utf8_lossy(count).parse::<u64>().ok());
    let most = MAX_IN_MEMORY / SHORTEST_SHARED_TEXT;
    match count {
        Some(count) if count > most => Err(Error::data(format!(
            "says that it shares {count} texts; at most {most} are allowed"
        ))),
        _ => Ok(()),
    }
}

/// Checks how many cells the sheets of an ODS have when its repeated rows and cells are laid out.
fn check_content(archive: &mut Archive, index: usize) -> Result<()> {
    let part = archive.by_index(index).map_err(|cause| broken(&cause))?;
    let mut sheet: Option<Extent> = None;
    for token in Tokenizer::new(IoReader::new(part)) {
        match token.map_err(|cause| broken(&cause))? {
            Token::StartTag(tag) => {
                let repeated = |attribute: &str, most: u64| {
                    let value = tag.attributes.get(attribute.as_bytes());
                    let value = value.map(|value| String::from_utf8_lossy(value));
                    value.and_then(|value| value.parse::<u64>().ok()).unwrap_or(1).min(most)
                };
                match (tag.name.as_slice(), &mut sheet) {
                    (b"table:table", sheet) if !tag.self_closing => {
                        *sheet = Some(Extent::default());
                    }
                    (b"table:table-row", Some(sheet)) => {
                        sheet.begin_row(repeated("table:number-rows-repeated", MAX_ROWS.into()));
                    }
                    (b"table:table-cell" | b"table:covered-table-cell", Some(sheet)) => {
                        let most = MAX_COLUMNS as u64;
                        let is_empty =
                            !tag.attributes.contains_key(b"office:value-type".as_slice())
                                && !tag.attributes.contains_key(b"table:formula".as_slice());
                        sheet.add_cells(repeated("table:number-columns-repeated", most), is_empty);
                    }
                    _ => {}
                }
            }
            Token::EndTag(tag) if *tag.name == b"table:table".as_slice() => {
                let Some(extent) = sheet.take() else { continue };
                if extent.cells() > MAX_DENSE_CELLS {
                    return Err(Error::data(format!(
                        "has a sheet of more than {} million cells, the limit for ODS",
                        MAX_DENSE_CELLS / 1_000_000
                    ))
                    .with_hint("save it as CSV or XLSX"));
                }
            }
            _ => {}
        }
    }
    // A reader waits for the end of a sheet for ever.
    if sheet.is_some() { Err(broken(&"a sheet has no end")) } else { Ok(()) }
}

/// The part of an ODS sheet up to its last cell that is not empty.
#[derive(Debug, Default)]
struct Extent {
    /// Rows up to the last that has a cell, and those seen after it.
    rows: u64,
    blank_rows: u64,
    /// The widest row.
    width: u64,
    /// The current row: how often it is repeated, its cells, and whether it has any.
    repeats: u64,
    column: u64,
    has_cells: bool,
}

impl Extent {
    fn begin_row(&mut self, repeats: u64) {
        self.end_row();
        (self.repeats, self.column, self.has_cells) = (repeats, 0, false);
    }

    fn add_cells(&mut self, count: u64, is_empty: bool) {
        self.column = (self.column + count).min(MAX_COLUMNS as u64);
        if !is_empty {
            self.has_cells = true;
            self.width = self.width.max(self.column);
        }
    }

    fn end_row(&mut self) {
        if self.has_cells {
            self.rows += self.blank_rows + self.repeats;
            self.blank_rows = 0;
        } else {
            self.blank_rows += self.repeats;
        }
        self.repeats = 0;
    }

    fn cells(mut self) -> u64 {
        self.end_row();
        self.rows.min(MAX_ROWS.into()) * self.width
    }
}

/// Whether a compound file holds an encrypted workbook of a later Excel.
pub(super) fn is_encrypted(file: &SharedFile) -> std::io::Result<bool> {
    /// The directory of such a file lies within its first megabyte.
    const SEARCHED: u64 = 1 << 20;
    let mut head = Vec::new();
    file.reader_at(0).take(SEARCHED).read_to_end(&mut head)?;
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    Ok(memmem::find(&head, &name).is_some())
}

/// A workbook that contradicts itself.
pub(super) fn broken(cause: &impl std::fmt::Display) -> Error {
    Error::data(format!("is a broken workbook: {cause}"))
        .with_hint("open it in a spreadsheet program and save it again, or as CSV")
}
