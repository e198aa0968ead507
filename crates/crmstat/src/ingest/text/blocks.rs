//! A stream cut into blocks of complete records.

use super::{Dialect, QUOTE};
use crate::{Error, Place, Result};
use memchr::{memchr, memchr_iter, memrchr};
use std::io::{self, ErrorKind, Read};

/// Bytes read at a time: a block and its cells fit a core's second-level cache.
pub(crate) const BLOCK: usize = 256 << 10;
/// The longest record. A longer one is a quote that was never closed, or not a table.
pub(crate) const MAX_RECORD: usize = 64 << 20;

/// Complete records, in a buffer that is used again for the next block.
#[derive(Debug, Default)]
pub(crate) struct Block {
    /// The block's place among the blocks of its input, from 0.
    pub(crate) index: u64,
    /// The line of the first record, from 1.
    pub(crate) first_line: u64,
    /// The line of each record, where they are not those of a text.
    pub(crate) lines: Vec<u64>,
    /// The records, each ended by a newline, up to `end`; unescaped cells are put behind them.
    pub(crate) bytes: Vec<u8>,
    /// Where the records end.
    pub(crate) end: usize,
}

/// Reads an input block by block.
pub(crate) struct Blocks<'a, R> {
    input: R,
    file: &'a str,
    /// What a failure to read means.
    failure: Box<dyn Fn(io::Error) -> Error + Send + 'a>,
    dialect: Dialect,
    block_size: usize,
    next_index: u64,
    next_line: u64,
    /// What was read behind the last complete record.
    carry: Vec<u8>,
    ended: bool,
    has_open_end: bool,
}

impl<'a, R: Read> Blocks<'a, R> {
    /// The blocks of `input`, which `file` names in errors; `failure` says what a failure to read means.
    pub(crate) fn new(
        input: R,
        file: &'a str,
        dialect: Dialect,
        failure: impl Fn(io::Error) -> Error + Send + 'a,
    ) -> Self {
        Self {
            input,
            file,
            failure: Box::new(failure),
            dialect,
            block_size: BLOCK,
            next_index: 0,
            next_line: 1,
            carry: Vec::new(),
            ended: false,
            has_open_end: false,
        }
    }

    /// The same in blocks of about `block_size` bytes.
    pub(crate) fn with_block_size(self, block_size: usize) -> Self {
        Self { block_size, ..self }
    }

    /// Puts the next records into `block`; `false` at the end of the input.
    pub(crate) fn next_into(&mut self, block: &mut Block) -> Result<bool> {
        let bytes = &mut block.bytes;
        // What stands there is written over: zeros in its place would cost a pass.
        let carried = self.carry.len();
        bytes.resize(carried.max(bytes.len()), 0);
        bytes[..carried].copy_from_slice(&self.carry);
        self.carry.clear();
        let mut filled = carried;
        let mut wanted = self.block_size.max(carried);
        let end = loop {
            self.read_up_to(bytes, filled, wanted)?;
            filled = bytes.len();
            let scan = self.dialect.last_record_end(bytes, self.ended);
            if self.ended {
                if let Some(quote) = scan.open_quote {
                    return Err(self.unclosed_quote(bytes, quote));
                }
                if bytes.last().is_some_and(|last| *last != b'\n') {
                    self.has_open_end = is_cut(bytes);
                    bytes.push(b'\n');
                }
                break bytes.len();
            }
            if scan.end > 0 {
                break scan.end;
            }
            if bytes.len() >= MAX_RECORD {
                return Err(match scan.open_quote {
                    Some(quote) => self.unclosed_quote(bytes, quote),
                    None => self.too_long(),
                });
            }
            wanted = (bytes.len() * 2).max(self.block_size);
        };
        self.carry.extend_from_slice(&bytes[end..]);
        bytes.truncate(end);
        block.end = end;
        block.index = self.next_index;
        block.first_line = self.next_line;
        self.next_index += 1;
        self.next_line += memchr_iter(b'\n', bytes).count() as u64;
        Ok(end > 0)
    }

    /// Whether the last record had no end.
    pub(crate) fn has_open_end(&self) -> bool {
        self.has_open_end
    }

    /// Reads behind the first `filled` of `bytes` until there are as many as `wanted`, or no more.
    fn read_up_to(&mut self, bytes: &mut Vec<u8>, mut filled: usize, wanted: usize) -> Result<()> {
        // Room for the 16-byte loads of the dictionary behind the last cell.
        bytes.resize(bytes.len().max(wanted + 16), 0);
        while filled < wanted && !self.ended {
            match self.input.read(&mut bytes[filled..wanted]) {
                Ok(0) => self.ended = true,
                Ok(read) => filled += read,
                Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                Err(cause) => return Err((self.failure)(cause)),
            }
        }
        bytes.truncate(filled);
        Ok(())
    }

    fn unclosed_quote(&self, bytes: &[u8], quote: usize) -> Error {
        let line = self.next_line + memchr_iter(b'\n', &bytes[..quote]).count() as u64;
        Error::data("a quote opens a cell here and is never closed")
            .at(Place { file: self.file.to_owned(), line: Some(line), column: None })
            .with_hint("close the quote, or double it where it belongs to the text")
    }

    fn too_long(&self) -> Error {
        Error::data(format!("a record is longer than {} MiB", MAX_RECORD >> 20))
            .at(Place { file: self.file.to_owned(), line: Some(self.next_line), column: None })
            .with_hint("this does not look like a table; see `crmstat inspect`")
    }
}

/// How far complete records go in a buffer that begins with one.
struct Scan {
    /// Behind the last complete record.
    end: usize,
    /// A quote that opens a cell and is not closed in the buffer.
    open_quote: Option<usize>,
}

impl Dialect {
    /// `is_whole` says that nothing follows `bytes`, and so asks for a quote that is not closed.
    fn last_record_end(self, bytes: &[u8], is_whole: bool) -> Scan {
        let mut scan = Scan { end: 0, open_quote: None };
        let mut at = 0;
        loop {
            let open = self.opening_quote(bytes, at);
            if at == 0
                && !is_whole
                && open.is_some()
                && let Some(end) = self.last_strict_end(bytes)
            {
                return Scan { end, open_quote: None };
            }
            let outside = &bytes[at..open.unwrap_or(bytes.len())];
            if let Some(newline) = memrchr(b'\n', outside) {
                scan.end = at + newline + 1;
            }
            let Some(open) = open else { return scan };
            match self.closing_quote(bytes, open + 1) {
                Some(close) => at = close + 1,
                None => {
                    scan.open_quote = Some(open);
                    return scan;
                }
            }
        }
    }

    /// The first quote from `from` on that stands at the start of a cell; others are text.
    fn opening_quote(self, bytes: &[u8], from: usize) -> Option<usize> {
        memchr_iter(QUOTE, &bytes[from..]).map(|offset| from + offset).find(|at| {
            // Behind a closing quote, `from` itself is not the start of a cell.
            match at.checked_sub(1) {
                None => true,
                Some(before) => {
                    let before = bytes[before];
                    before == self.delimiter || before == b'\n' || before == b'\r'
                }
            }
        })
    }

    /// The quote that closes a cell whose text begins at `from`.
    pub(super) fn closing_quote(self, bytes: &[u8], from: usize) -> Option<usize> {
        let mut at = from;
        loop {
            let quote = at + memchr(QUOTE, &bytes[at..])?;
            if self.backslash && is_escaped(&bytes[from..quote]) {
                at = quote + 1;
            } else if bytes.get(quote + 1) == Some(&QUOTE) {
                at = quote + 2;
            } else {
                return Some(quote);
            }
        }
    }
}

/// Whether `bytes`, which do not end in a newline, end within a record: not in blanks, in a carriage return or
/// in the mark of an end that DOS wrote.
fn is_cut(bytes: &[u8]) -> bool {
    const END_OF_FILE: u8 = 0x1A;
    let line = memrchr(b'\n', bytes).map_or(bytes, |newline| &bytes[newline + 1..]);
    let holds = |byte: &u8| !byte.is_ascii_whitespace() && *byte != END_OF_FILE;
    !line.ends_with(b"\r") && line.iter().any(holds)
}

/// Whether what follows `text` is escaped: an odd number of backslashes ends it.
fn is_escaped(text: &[u8]) -> bool {
    text.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}
