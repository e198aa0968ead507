//! Where the objects of a JSON text begin and end.

use crate::{Error, Place, Result};
use memchr::{memchr_iter, memchr2, memrchr};
use std::io::{self, ErrorKind, Read};

/// Bytes read at a time.
const BLOCK: usize = 256 << 10;
/// The longest object: as the longest record of a text.
const MAX_OBJECT: usize = crate::ingest::text::MAX_RECORD;

/// The objects of a text, one by one.
pub(super) struct Objects<R> {
    input: R,
    bytes: Vec<u8>,
    /// What comes before is done with.
    start: usize,
    /// The line of `start`, from 1.
    line: u64,
    ended: bool,
    within: Within,
    failure: fn(io::Error) -> Error,
}

/// What stands around the objects.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    /// Nothing has been read yet.
    Unknown,
    /// Whitespace only.
    Nothing,
    /// An array; whether an object must come, since a comma stands before.
    Array { begun: bool, comma: bool },
    /// The array is closed.
    Closed,
}

/// An object, and the line on which it begins.
pub(super) struct Object<'a> {
    pub(super) line: u64,
    pub(super) text: &'a [u8],
}

impl<R: Read> Objects<R> {
    /// `failure` says what a failure to read means.
    pub(super) fn new(input: R, failure: fn(io::Error) -> Error) -> Self {
        let within = Within::Unknown;
        Self { input, bytes: Vec::new(), start: 0, line: 1, ended: false, within, failure }
    }

    /// The next object, not yet checked for anything but its brackets.
    ///
    /// # Errors
    /// What stands between objects and does not belong there, an object that is not closed or is too long.
    pub(super) fn next(&mut self) -> Result<Option<Object<'_>>> {
        loop {
            self.skip_space()?;
            let Some(&byte) = self.bytes.get(self.start) else {
                return match self.within {
                    Within::Array { .. } => {
                        Err(self.wrong("the array is never closed").with_hint(CUT_SHORT))
                    }
                    _ => Ok(None),
                };
            };
            self.within = match (self.within, byte) {
                (Within::Unknown, b'[') => Within::Array { begun: false, comma: false },
                (Within::Array { begun: true, comma: false }, b',') => {
                    Within::Array { begun: true, comma: true }
                }
                (Within::Array { comma: false, .. }, b']') => Within::Closed,
                (Within::Unknown | Within::Nothing, b'{') => {
                    self.within = Within::Nothing;
                    return self.object().map(Some);
                }
                (Within::Array { begun, comma }, b'{') if !begun || comma => {
                    self.within = Within::Array { begun: true, comma: false };
                    return self.object().map(Some);
                }
                (Within::Closed, _) => {
                    return Err(self.wrong("something follows the end of the array"));
                }
                _ => return Err(self.no_object(byte)),
            };
            self.start += 1;
        }
    }

    /// Whole lines that come next, about `most` bytes of them, and the number of the first; `None` where objects do not
    /// stand one after another, or no line ends there.
    pub(super) fn lines(&mut self, most: usize) -> Result<Option<(u64, &[u8])>> {
        if self.within != Within::Nothing {
            return Ok(None);
        }
        self.skip_space()?;
        while self.bytes.len() - self.start < most && self.read_more()? {}
        let bytes = &self.bytes[self.start..];
        Ok(memrchr(b'\n', bytes).map(|end| (self.line, &bytes[..=end])))
    }

    /// Goes on behind `bytes` of the lines that [`Objects::lines`] gave, of which there were so many.
    pub(super) fn skip(&mut self, bytes: usize, lines: u64) {
        self.start += bytes;
        self.line += lines;
    }

    fn wrong(&self, what: &str) -> Error {
        Error::data(what).at(Place { line: Some(self.line), ..Place::default() })
    }

    fn no_object(&self, byte: u8) -> Error {
        let found = match byte {
            b'{' => return self.wrong("a comma is missing between two objects"),
            b'[' => "a list",
            b'"' => "a text",
            b'-' | b'0'..=b'9' => "a number",
            b',' | b']' => "nothing",
            _ => "something else",
        };
        self.wrong(&format!("{found} stands where an object is expected")).with_hint(
            "crmstat reads JSON that is an array of objects, or one object per line, each a row",
        )
    }

    fn skip_space(&mut self) -> Result<()> {
        loop {
            while let Some(byte) = self.bytes.get(self.start) {
                match byte {
                    b'\n' => self.line += 1,
                    b' ' | b'\t' | b'\r' => {}
                    _ => return Ok(()),
                }
                self.start += 1;
            }
            if !self.read_more()? {
                return Ok(());
            }
        }
    }

    /// The object that begins at `start`.
    fn object(&mut self) -> Result<Object<'_>> {
        let line = self.line;
        let (mut length, mut depth, mut is_text) = (0, 0_u32, false);
        'read: loop {
            let bytes = &self.bytes[self.start..];
            while length < bytes.len() {
                if is_text {
                    match memchr2(b'"', b'\\', &bytes[length..]) {
                        None => length = bytes.len(),
                        Some(at) if bytes[length + at] == b'"' => {
                            (is_text, length) = (false, length + at + 1);
                        }
                        // What is escaped may be the first byte of what is read next.
                        Some(at) if length + at + 1 == bytes.len() => {
                            length += at;
                            break;
                        }
                        Some(at) => length += at + 2,
                    }
                    continue;
                }
                match bytes[length] {
                    b'"' => is_text = true,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                length += 1;
                if depth == 0 {
                    break 'read;
                }
            }
            if self.bytes.len() - self.start > MAX_OBJECT {
                return Err(
                    self.wrong(&format!("an object is longer than {} MiB", MAX_OBJECT >> 20))
                );
            }
            if !self.read_more()? {
                let error = self.wrong("an object begins here and is never closed");
                return Err(error.with_hint(CUT_SHORT));
            }
        }
        let text = &self.bytes[self.start..self.start + length];
        self.line += memchr_iter(b'\n', text).count() as u64;
        self.start += length;
        Ok(Object { line, text })
    }

    /// Reads a block more, and forgets what is done with; `false` at the end.
    fn read_more(&mut self) -> Result<bool> {
        self.bytes.drain(..self.start);
        self.start = 0;
        let filled = self.bytes.len();
        self.bytes.resize(filled + BLOCK.max(filled), 0);
        let read = loop {
            if self.ended {
                break 0;
            }
            match self.input.read(&mut self.bytes[filled..]) {
                Ok(read) => break read,
                Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                Err(cause) => return Err((self.failure)(cause)),
            }
        };
        self.bytes.truncate(filled + read);
        self.ended = read == 0;
        Ok(read > 0)
    }
}

const CUT_SHORT: &str = "check that the file arrived whole";
