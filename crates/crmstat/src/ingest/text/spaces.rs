//! Tables whose columns are set apart by runs of spaces, as printed by statistics programs.

use std::io::{self, Read};

/// The delimiter of such a table: [`SpaceRuns`] turns every run into one of it.
pub(crate) const SPACE: u8 = b' ';

/// A text in which each run of spaces and tabs is one space, and none stands at the ends of a line.
///
/// Quoted text stays as it is, and so do line breaks: the lines keep their numbers.
pub(crate) struct SpaceRuns<R> {
    input: R,
    /// Whether a run is open that becomes a space before the next character of the line.
    in_run: bool,
    /// Whether the line has had a character other than a space.
    in_line: bool,
    in_quotes: bool,
    /// Bytes read and not yet given: `buffer[given..]`.
    buffer: Vec<u8>,
    given: usize,
}

/// Bytes read at a time.
const CHUNK: usize = 64 << 10;

impl<R: Read> SpaceRuns<R> {
    /// The text of `input` with its runs closed up.
    pub(crate) fn new(input: R) -> Self {
        Self {
            input,
            in_run: false,
            in_line: false,
            in_quotes: false,
            buffer: Vec::new(),
            given: 0,
        }
    }

    fn push(&mut self, byte: u8) {
        match byte {
            b' ' | b'\t' if !self.in_quotes => self.in_run = self.in_line,
            b'\n' | b'\r' if !self.in_quotes => {
                (self.in_run, self.in_line) = (false, false);
                self.buffer.push(byte);
            }
            _ => {
                let opens_cell = self.in_run || !self.in_line;
                if self.in_run {
                    self.buffer.push(SPACE);
                }
                if byte == b'"' && (opens_cell || self.in_quotes) {
                    self.in_quotes = !self.in_quotes;
                }
                (self.in_run, self.in_line) = (false, true);
                self.buffer.push(byte);
            }
        }
    }
}

impl<R: Read> Read for SpaceRuns<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.given == self.buffer.len() {
            self.buffer.clear();
            self.given = 0;
            let mut chunk = vec![0; CHUNK];
            let read = self.input.read(&mut chunk)?;
            if read == 0 {
                return Ok(0);
            }
            chunk[..read].iter().for_each(|byte| self.push(*byte));
        }
        let rest = &self.buffer[self.given..];
        let taken = rest.len().min(out.len());
        out[..taken].copy_from_slice(&rest[..taken]);
        self.given += taken;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::SpaceRuns;
    use std::io::Read;

    #[test]
    fn runs_close_up_and_lines_and_quotes_stay() {
        for (text, expected) in [
            ("  00001 19970101  1   11.77\r\n", "00001 19970101 1 11.77\r\n"),
            ("a\t\tb  \n\n   \nc", "a b\n\n\nc"),
            ("\"two  words\"  5\" \n", "\"two  words\" 5\"\n"),
            ("", ""),
        ] {
            // A byte at a time, so that runs cross the borders of reads.
            let mut found = String::new();
            let bytes = text.bytes().map(|byte| [byte]).collect::<Vec<_>>();
            let input =
                bytes.iter().fold(Box::new(std::io::empty()) as Box<dyn Read>, |all, byte| {
                    Box::new(all.chain(&byte[..]))
                });
            SpaceRuns::new(input).read_to_string(&mut found).unwrap();
            assert_eq!(found, expected);
        }
    }
}
