//! Any encoding to UTF-8 while it is read.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, UTF_8};

use super::encoding::Chosen;
use crate::{Error, Place};

/// Bytes decoded at once.
const BLOCK: usize = 128 << 10;
/// What stands for bytes that a recognised encoding cannot decode: never part of UTF-8, so the scan
/// quarantines the row.
const UNDECODABLE: u8 = 0xFF;

/// A text as UTF-8 without byte order mark.
pub(super) struct Transcoder {
    stream: Box<dyn Read + Send>,
    decoder: Decoder,
    forced: bool,
    name: &'static str,
    /// Bytes read and not yet decoded: `input[start..end]`.
    input: Vec<u8>,
    start: usize,
    end: usize,
    /// Text decoded and not yet handed out: `output[given..]`.
    output: Vec<u8>,
    given: usize,
    /// The place of `start` in the expanded input, for an error.
    offset: u64,
    /// The line of the first byte of `output`, from 1.
    line: u64,
    is_finished: bool,
}

impl Transcoder {
    /// `stream` as UTF-8: itself where nothing is to be done, past its byte order mark.
    pub(super) fn over(
        mut stream: Box<dyn Read + Send>,
        text: &Chosen,
    ) -> io::Result<Box<dyn Read + Send>> {
        io::copy(&mut stream.by_ref().take(text.skip), &mut io::sink())?;
        if text.encoding == UTF_8 && !text.forced {
            return Ok(stream);
        }
        Ok(Box::new(Self {
            stream,
            decoder: text.encoding.new_decoder_without_bom_handling(),
            forced: text.forced,
            name: text.name(),
            input: vec![0; BLOCK],
            start: 0,
            end: 0,
            output: Vec::with_capacity(BLOCK),
            given: 0,
            offset: text.skip,
            line: 1,
            is_finished: false,
        }))
    }

    /// Decodes the next block into `output`.
    fn refill(&mut self) -> io::Result<()> {
        self.line += memchr::memchr_iter(b'\n', &self.output).count() as u64;
        self.output.clear();
        self.given = 0;
        while self.output.is_empty() && !self.is_finished {
            if self.start == self.end {
                self.start = 0;
                self.end = self.stream.read(&mut self.input)?;
            }
            let is_last = self.end == 0;
            self.decode(is_last)?;
            self.is_finished = is_last;
        }
        Ok(())
    }

    /// Decodes all of the input at hand.
    fn decode(&mut self, is_last: bool) -> io::Result<()> {
        loop {
            let input = &self.input[self.start..self.end];
            let needed = self
                .decoder
                .max_utf8_buffer_length_without_replacement(input.len())
                .ok_or_else(|| io::Error::other("a block is too large"))?;
            let filled = self.output.len();
            self.output.resize(filled + needed.max(16), 0);
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(
                input,
                &mut self.output[filled..],
                is_last,
            );
            self.output.truncate(filled + written);
            self.start += read;
            self.offset += read as u64;
            match result {
                DecoderResult::InputEmpty => return Ok(()),
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(length, after) => {
                    let at = self.offset.saturating_sub(u64::from(length) + u64::from(after));
                    if self.forced {
                        return Err(io::Error::other(self.malformed(at)));
                    }
                    self.output.push(UNDECODABLE);
                }
            }
        }
    }

    /// The error for bytes at `offset` that are not in the encoding that the caller forced.
    fn malformed(&self, offset: u64) -> Error {
        let line = self.line + memchr::memchr_iter(b'\n', &self.output).count() as u64;
        Error::data(format!("the bytes at offset {offset} are not {}", self.name))
            .at(Place { line: Some(line), ..Place::default() })
            .with_hint("leave `--encoding` out to have it recognised, or name another")
    }
}

impl Read for Transcoder {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.output.len() {
            self.refill()?;
        }
        let ready = &self.output[self.given..];
        let length = ready.len().min(buffer.len());
        buffer[..length].copy_from_slice(&ready[..length]);
        self.given += length;
        Ok(length)
    }
}
