//! What a ZIP workbook may unpack to, checked before its reader unpacks anything.

use std::io::{BufReader, Read};

use memchr::memmem;
use zip::ZipArchive;

use super::markup::{Piece, pieces};
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
/// Bytes of a part that its reader holds in memory whole: the shared texts of XLSX and XLSB.
const MAX_IN_MEMORY: u64 = 512 << 20;
/// Bytes below which no ratio is looked at, and how many times its packed size a part may take beyond.
const FREE_PART: u64 = 64 << 20;
const MAX_RATIO: u64 = 200;
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
        }
    }
    Ok(container)
}

type Archive = ZipArchive<BufReader<FileReader>>;

/// How many bytes part `index` unpacks to, of which at most `left` are allowed.
fn measure(archive: &mut Archive, index: usize, name: &str, left: u64) -> Result<u64> {
    let mut part = archive.by_index(index).map_err(|cause| broken(&cause))?;
    let by_ratio = FREE_PART.saturating_add(part.compressed_size().saturating_mul(MAX_RATIO));
    let is_in_memory = name.ends_with("sharedstrings.xml") || name.ends_with("sharedstrings.bin");
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
    let root = pieces(part).find_map(|piece| match piece {
        Ok(Piece::Open(tag)) => Some(Ok(tag)),
        Err(cause) => Some(Err(broken(&cause))),
        _ => None,
    });
    let Some(root) = root.transpose()? else { return Ok(()) };
    // The tokeniser lowers the case of names, as in HTML.
    let count = root.attribute("uniquecount").and_then(|count| count.parse::<u64>().ok());
    let most = MAX_IN_MEMORY / SHORTEST_SHARED_TEXT;
    match count {
        Some(count) if count > most => Err(Error::data(format!(
            "says that it shares {count} texts; at most {most} are allowed"
        ))),
        _ => Ok(()),
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
