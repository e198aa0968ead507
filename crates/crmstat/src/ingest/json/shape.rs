//! Lines that are objects of one shape: the same keys in the same order, written alike, as nearly all lines of an
//! export are. They are read side by side, a part of the text by each thread.

use super::plain::{self, Member};
use memchr::{memchr, memrchr};
use rayon::prelude::*;

/// Bytes that one thread reads at a time.
const PART: usize = 256 << 10;

/// What stands before, between and behind the values of an object on a line of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    before: Vec<Vec<u8>>,
    behind: Vec<u8>,
}

/// The records of lines of one shape.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Comma-separated, each ended by a newline.
    pub(super) csv: Vec<u8>,
    pub(super) count: u64,
    /// The columns that hold numbers.
    pub(super) numbers: Vec<bool>,
    /// The bytes of the lines.
    pub(super) read: usize,
}

impl Shape {
    /// The shape of the object in `text`, whose `members` are these; `None` where it has only one: a line of an empty
    /// cell would be an empty line.
    pub(super) fn of(text: &[u8], members: &[Member]) -> Option<Self> {
        let mut before = Vec::with_capacity(members.len());
        let mut at = 0;
        for member in members {
            let value = member.written();
            before.push(text.get(at..value.start)?.to_vec());
            at = value.end;
        }
        let behind = text.get(at..)?.to_vec();
        let is_line = memchr(b'\n', text).is_none();
        (is_line && members.len() > 1).then_some(Self { before, behind })
    }

    /// The records of the lines of `text`, which is whole lines, up to the first line of another shape.
    pub(super) fn read(&self, text: &[u8]) -> Vec<Rows> {
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let within = &rest[..PART.min(rest.len())];
            let end = memrchr(b'\n', within).or_else(|| memchr(b'\n', rest));
            let end = end.map_or(rest.len(), |at| at + 1);
            let (part, others) = rest.split_at(end);
            parts.push(part);
            rest = others;
        }
        let mut found: Vec<Rows> = parts.par_iter().map(|part| self.read_part(part)).collect();
        let whole = found.iter().zip(&parts).take_while(|(rows, part)| rows.read == part.len());
        let whole = whole.count();
        found.truncate(whole + 1);
        found
    }

    fn read_part(&self, text: &[u8]) -> Rows {
        let mut rows = Rows { numbers: vec![false; self.before.len()], ..Rows::default() };
        // Bytes that are no text are told of by the reading in full.
        if std::str::from_utf8(text).is_err() {
            return rows;
        }
        rows.csv.reserve(text.len());
        while rows.read < text.len() {
            let kept = rows.csv.len();
            match self.line(&text[rows.read..], &mut rows) {
                Some(read) => {
                    rows.csv.push(b'\n');
                    rows.count += 1;
                    rows.read += read;
                }
                None => {
                    rows.csv.truncate(kept);
                    break;
                }
            }
        }
        rows
    }

    /// Reads the line that `text` begins with; gives its length with the newline.
    #[inline]
    fn line(&self, text: &[u8], rows: &mut Rows) -> Option<usize> {
        let mut at = 0;
        for (column, before) in self.before.iter().enumerate() {
            if column > 0 {
                rows.csv.push(b',');
            }
            at = text[at..].strip_prefix(&before[..]).map(|rest| text.len() - rest.len())?;
            at = match text.get(at)? {
                b'"' => {
                    let value = plain::string(text, at)?;
                    let cell = &text[value.clone()];
                    // Of what must be quoted nothing else stands in a plain text.
                    let written = if memchr(b',', cell).is_some() {
                        at..value.end + 1
                    } else {
                        value.clone()
                    };
                    rows.csv.extend_from_slice(&text[written]);
                    value.end + 1
                }
                b'n' => plain::word(text, at, b"null")?.end,
                b't' | b'f' => {
                    let truth = plain::word(text, at, b"true");
                    let truth = truth.or_else(|| plain::word(text, at, b"false"))?;
                    rows.csv.extend_from_slice(&text[truth.clone()]);
                    truth.end
                }
                _ => {
                    let number = plain::number(text, at)?;
                    rows.csv.extend_from_slice(&text[number.clone()]);
                    rows.numbers[column] = true;
                    number.end
                }
            };
        }
        let rest = text[at..].strip_prefix(&self.behind[..])?;
        let rest = rest.strip_prefix(b"\r").unwrap_or(rest).strip_prefix(b"\n")?;
        Some(text.len() - rest.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{Rows, Shape};
    use crate::ingest::json::plain;

    fn shape(text: &str) -> Option<Shape> {
        let mut members = Vec::new();
        plain::members(text.as_bytes(), &mut members).unwrap();
        Shape::of(text.as_bytes(), &members)
    }

    #[test]
    fn lines_of_one_shape_are_records() {
        let shape = shape(r#"{"id": "A", "n": 1, "paid": true}"#).unwrap();
        let text = "{\"id\": \"x, y\", \"n\": -2.50e3, \"paid\": false}\r\n{\"id\": null, \"n\": \"\", \"paid\": null}\n\
                    {\"id\": \"B\", \"n\": 3,\"paid\": true}\n";
        let found = shape.read(text.as_bytes());
        let [Rows { csv, count, numbers, read }] = &found[..] else { panic!("{found:?}") };
        assert_eq!(std::str::from_utf8(csv).unwrap(), "\"x, y\",-2.50e3,false\n,,\n");
        // The third is written in another way.
        assert_eq!((*count, &numbers[..], *read), (2, &[false, true, false][..], text.len() - 33));
    }

    #[test]
    fn what_must_be_read_in_full_is_left() {
        let shape = shape(r#"{"a":"x","b":1}"#).unwrap();
        for line in [
            r#"{"a":"x\n","b":1}"#,
            r#"{"a":"x","b":01}"#,
            r#"{"a":"x","b":[]}"#,
            r#"{"a":"x","c":1}"#,
            r#"{"a":"x","b":1} "#,
            r#"{"a":"x","b":1}{"#,
            r#"{"a":"x","b":nul}"#,
        ] {
            let found = shape.read(format!("{line}\n").as_bytes());
            assert_eq!((found.len(), found[0].count, found[0].read), (1, 0, 0), "{line}");
        }
        assert_eq!(Shape::of(b"{\"a\":1}", &[]), None);
    }
}
