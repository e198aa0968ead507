//! Bounded access to the bytes of a Parquet file.

use std::io::{BufReader, Read};

use bytes::Bytes;
use parquet::{
    errors::{ParquetError, Result},
    file::reader::{ChunkReader, Length},
};

use crate::ingest::source::{FileReader, SharedFile};

/// What one page may take, compressed or not, in bytes. Writers aim at one mebibyte and never split a
/// value; 256 leaves room for a page of very long texts or one that holds a whole row group.
const MAX_PAGE: u64 = 256 << 20;
/// The longest start of a page header that is looked at: three fields of one tag byte and a number of
/// up to five bytes.
const HEADER_START: usize = 18;

/// The bytes of a file, for the `parquet` crate.
///
/// The crate allocates what a page header asks for before it looks at the page, so the header's sizes
/// are checked here first.
#[derive(Clone, Debug)]
pub(super) struct Chunks {
    file: SharedFile,
    is_pages: bool,
}

impl Chunks {
    /// For the metadata at the end of the file.
    pub(super) fn metadata(file: &SharedFile) -> Self {
        Self { file: file.clone(), is_pages: false }
    }

    /// For pages: every read starts at a page header.
    pub(super) fn pages(file: &SharedFile) -> Self {
        Self { file: file.clone(), is_pages: true }
    }
}

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.file.len()
    }
}

impl ChunkReader for Chunks {
    type T = BufReader<FileReader>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        if self.is_pages {
            let mut header = Vec::with_capacity(HEADER_START);
            self.file.reader_at(start).take(HEADER_START as u64).read_to_end(&mut header)?;
            check_page_header(&header)?;
        }
        Ok(BufReader::new(self.file.reader_at(start)))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let is_inside = start.checked_add(length as u64).is_some_and(|end| end <= self.file.len());
        if !is_inside {
            return Err(ParquetError::EOF(format!(
                "{length} bytes at offset {start} lie outside the file"
            )));
        }
        let mut buffer = vec![0; length];
        self.file.reader_at(start).read_exact(&mut buffer)?;
        Ok(buffer.into())
    }
}

/// Checks the first three fields of a page header: type, uncompressed and compressed size.
///
/// They are 32-bit numbers in Thrift's compact protocol, each a tag byte (field number one up, type 5)
/// and a zigzag number in groups of seven bits; every writer puts them in this order.
fn check_page_header(header: &[u8]) -> Result<()> {
    const NEXT_FIELD_I32: u8 = 0x15;
    let mut rest = header;
    let mut fields = [0_u64; 3];
    for field in &mut fields {
        let Some((&NEXT_FIELD_I32, number)) = rest.split_first() else {
            return Err(ParquetError::General("a page header is malformed".to_owned()));
        };
        let (value, tail) = varint(number)
            .ok_or_else(|| ParquetError::General("a page header is cut short".to_owned()))?;
        // Zigzag: odd numbers are negative.
        if value % 2 == 1 {
            return Err(ParquetError::General("a page has a negative size".to_owned()));
        }
        *field = value / 2;
        rest = tail;
    }
    if fields[1].max(fields[2]) > MAX_PAGE {
        return Err(ParquetError::General(format!(
            "a page says that it takes {} bytes; at most {MAX_PAGE} are allowed",
            fields[1].max(fields[2])
        )));
    }
    Ok(())
}

/// A number in groups of seven bits, least first, of up to five bytes, and what follows it.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let length = bytes.iter().take(5).position(|byte| byte & 0x80 == 0)? + 1;
    let (number, rest) = bytes.split_at(length);
    let value = number.iter().rev().fold(0, |value, byte| value << 7 | u64::from(byte & 0x7F));
    Some((value, rest))
}
