//! Which kind of table an input holds, by magic bytes and structure.

use std::fmt;

use memchr::memmem;

use crate::{Error, Result};

/// The share of control bytes from which an input is noise. A text has none but line breaks and tabs,
/// also when a few cells are damaged; bytes of a program or an image are one in nine by chance alone.
const NOISE_SHARE: f64 = 0.05;

/// What the content of an input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Html,
    /// An array of objects, or objects one after another.
    Json,
    /// The ZIP containers: XLSX, XLSB and ODS; its directory tells which.
    Zip,
    /// The compound file of Excel 97.
    Xls,
    Parquet,
    /// An IPC file, or a stream.
    #[cfg(feature = "arrow")]
    Arrow,
}

impl Format {
    /// Whether its reader jumps to and fro, so that it must lie expanded on a disk.
    pub(super) fn needs_seeking(self) -> bool {
        match self {
            Self::Zip | Self::Xls | Self::Parquet => true,
            #[cfg(feature = "arrow")]
            Self::Arrow => true,
            Self::Text | Self::Html | Self::Json => false,
        }
    }

    /// What showed it, or `None` for text, which is the rule, and ZIP, whose content says more.
    pub(super) fn evidence(self) -> Option<&'static str> {
        match self {
            Self::Text | Self::Zip => None,
            Self::Html => Some("the file begins with markup that holds a table"),
            Self::Json => Some("the file begins with an object or an array of JSON"),
            Self::Xls => Some("the file begins with the mark of a compound file"),
            Self::Parquet => Some("the file begins with the bytes `PAR1`"),
            #[cfg(feature = "arrow")]
            Self::Arrow => Some("the file begins as Arrow's files and streams do"),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Html => "HTML table",
            Self::Json => "JSON",
            Self::Zip => "ZIP",
            Self::Xls => "XLS",
            Self::Parquet => "Parquet",
            #[cfg(feature = "arrow")]
            Self::Arrow => "Arrow",
        })
    }
}

/// With what an Arrow stream begins: the mark before its first message.
const ARROW_STREAM: &[u8] = b"\xFF\xFF\xFF\xFF";
const ARROW_HINT: &str =
    "write it as Parquet, or build crmstat with `--features arrow`, which reads it";

/// Magic bytes of kinds that people try and crmstat does not read, with what to do instead.
const FOREIGN: &[(&[u8], &str, &str)] = &[
    (b"PARE", "encrypted Parquet", "write it without encryption"),
    (b"%PDF", "a PDF document", "export the table as CSV or XLSX"),
    (b"SQLite format 3\0", "an SQLite database", "export the table as CSV"),
    (b"7z\xBC\xAF\x27\x1C", "a 7z archive", "unpack it and pass the file inside"),
    (b"Rar!\x1A\x07", "a RAR archive", "unpack it and pass the file inside"),
    (b"\xFD7zXZ\0", "xz compression", "decompress it, or use gzip or zstd"),
    (b"BZh", "bzip2 compression", "decompress it, or use gzip or zstd"),
    (b"ARROW1", "an Arrow file", ARROW_HINT),
    (ARROW_STREAM, "an Arrow stream", ARROW_HINT),
    (b"FEA1", "a Feather file of version 1", "write it as Parquet or Feather of version 2"),
    (b"ORC", "an ORC file", "write it as Parquet"),
    (b"Obj\x01", "an Avro file", "write it as Parquet"),
    (b"\x89PNG", "an image", "export the table as CSV or XLSX"),
    (b"\xFF\xD8\xFF", "an image", "export the table as CSV or XLSX"),
    (b"\x7FELF", "a program", "pass the export of a CRM"),
    (b"\x09\x08\x10\x00", "a workbook older than Excel 97", "save it as XLSX"),
    (b"\x09\x08\x08\x00", "a workbook older than Excel 97", "save it as XLSX"),
];

/// The kind of the input that begins with `head`.
pub(super) fn recognise(head: &[u8]) -> Result<Format> {
    if head.starts_with(b"PAR1") {
        return Ok(Format::Parquet);
    }
    #[cfg(feature = "arrow")]
    if head.starts_with(b"ARROW1\0\0") || head.starts_with(ARROW_STREAM) {
        return Ok(Format::Arrow);
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Ok(Format::Zip);
    }
    if head.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return Ok(Format::Xls);
    }
    if is_tar(head) {
        return Err(unreadable("a tar archive").with_hint("unpack it and pass the files inside"));
    }
    // A text may begin with the letters `ORC` or `BZh`; what is printable throughout is text.
    let noise = is_noise(head);
    for &(magic, what, hint) in FOREIGN {
        let is_printable = magic.iter().all(|byte| matches!(byte, b' '..=b'~'));
        if head.starts_with(magic) && (noise || !is_printable || magic == b"%PDF") {
            return Err(unreadable(what).with_hint(hint));
        }
    }
    if is_utf16(head) || !noise {
        if is_json(head) {
            return Ok(Format::Json);
        }
        return markup(head).unwrap_or(Ok(Format::Text));
    }
    Err(unreadable("binary data")
        .with_hint("pass a CSV, JSON, XLSX, XLS, ODS, HTML table or Parquet file"))
}

fn unreadable(what: &str) -> Error {
    Error::data(format!("is not a table that crmstat reads: {what}"))
}

/// The beginning of an object, or of an array of anything; a header in brackets is none. In any encoding.
fn is_json(head: &[u8]) -> bool {
    let mark = |byte: &&u8| {
        !matches!(byte, 0 | b' ' | b'\t' | b'\r' | b'\n' | 0xEF | 0xBB | 0xBF | 0xFE | 0xFF)
    };
    let mut marks = head.iter().filter(mark);
    match (marks.next(), marks.next()) {
        (Some(b'{'), second) => matches!(second, Some(b'"' | b'}') | None),
        (Some(b'['), second) => {
            matches!(second, Some(b'{' | b'[' | b']' | b'"' | b'-' | b'0'..=b'9') | None)
        }
        _ => false,
    }
}

/// A header of tar, of any of its dialects: a sum of its bytes that comes out (POSIX.1-2024, `pax`). The text
/// that follows it hides the few NUL bytes.
fn is_tar(head: &[u8]) -> bool {
    const HEADER: usize = 512;
    const SUM: std::ops::Range<usize> = 148..156;
    let Some(header) = head.get(..HEADER) else { return false };
    let stated = header[SUM].iter().skip_while(|byte| **byte == b' ');
    let digits: Vec<u8> = stated.copied().take_while(|byte| matches!(byte, b'0'..=b'7')).collect();
    let stated = digits.iter().fold(0_u32, |sum, digit| sum * 8 + u32::from(digit - b'0'));
    let bytes = header.iter().enumerate();
    // The field of the sum counts as blanks.
    let sum: u32 =
        bytes.map(|(at, byte)| u32::from(if SUM.contains(&at) { b' ' } else { *byte })).sum();
    !digits.is_empty() && stated == sum
}

/// More control bytes than a text has.
fn is_noise(head: &[u8]) -> bool {
    let controls = head
        .iter()
        .filter(|byte| matches!(byte, 0x00..=0x08 | 0x0E..=0x19 | 0x1C..=0x1F | 0x7F))
        .count();
    controls as f64 > NOISE_SHARE * head.len() as f64
}

/// A byte order mark of UTF-16, or NUL on one side of byte pairs only.
pub(super) fn is_utf16(head: &[u8]) -> bool {
    utf16_byte_order(head).is_some()
}

/// Which order the byte pairs of an UTF-16 text have, and whether a mark says so.
pub(super) fn utf16_byte_order(head: &[u8]) -> Option<(&'static encoding_rs::Encoding, bool)> {
    match head {
        [0xFF, 0xFE, ..] => return Some((encoding_rs::UTF_16LE, true)),
        [0xFE, 0xFF, ..] => return Some((encoding_rs::UTF_16BE, true)),
        _ => {}
    }
    let pairs = head.len() / 2;
    let nul_in = |side: usize| head.chunks_exact(2).filter(|pair| pair[side] == 0).count();
    // Every delimiter, digit and line break of a text is ASCII, so at least a fifth of the pairs of a
    // table have a NUL as their high byte, even in Cyrillic; a low byte is hardly ever NUL.
    let (first, second) = (nul_in(0), nul_in(1));
    if pairs >= 4 && second * 5 >= pairs && first * 50 <= pairs {
        Some((encoding_rs::UTF_16LE, false))
    } else if pairs >= 4 && first * 5 >= pairs && second * 50 <= pairs {
        Some((encoding_rs::UTF_16BE, false))
    } else {
        None
    }
}

/// Decides about a text that begins with a tag; `None` where it does not.
fn markup(head: &[u8]) -> Option<Result<Format>> {
    // Tags are ASCII: without its NUL bytes and mark, UTF-16 shows them like any other encoding.
    let ascii: Vec<u8> = head
        .iter()
        .filter(|byte| !matches!(byte, 0 | 0xEF | 0xBB | 0xBF | 0xFF | 0xFE))
        .map(u8::to_ascii_lowercase)
        .collect();
    let ascii = ascii.trim_ascii_start();
    if !ascii.starts_with(b"<") {
        return None;
    }
    let has = |needle: &str| memmem::find(ascii, needle.as_bytes()).is_some();
    if has("urn:schemas-microsoft-com:office:spreadsheet") && !has("<table ") && !has("<html") {
        return Some(Err(
            unreadable("an XML spreadsheet of Excel 2003").with_hint("save it as XLSX")
        ));
    }
    let is_html =
        ["<html", "<!doctype html", "<meta", "<table", "<head", "<body"].iter().any(|tag| has(tag));
    if is_html {
        return Some(Ok(Format::Html));
    }
    ascii
        .starts_with(b"<?xml")
        .then(|| Err(unreadable("XML").with_hint("export the table as CSV or XLSX")))
}
