//! The way of most objects: flat, nothing escaped. What it reads it reads as `cells` does, in a third of the time.

use super::cells::Cell;
use memchr::memchr2;
use std::{borrow::Cow, ops::Range};

/// A member of an object: where its key and its value stand.
#[derive(Clone, Debug)]
pub(super) struct Member {
    key: Range<usize>,
    kind: Kind,
    value: Range<usize>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Missing,
    Number,
    Text,
    Truth,
}

impl Member {
    /// Where the value is written, with its quotes.
    pub(super) fn written(&self) -> Range<usize> {
        let quote = usize::from(matches!(self.kind, Kind::Text));
        self.value.start - quote..self.value.end + quote
    }

    /// The key and the value, in the `text` of the object.
    pub(super) fn of<'a>(&self, text: &'a str) -> (&'a str, Cell<'a>) {
        let value = &text[self.value.clone()];
        let cell = match self.kind {
            Kind::Missing => Cell::Missing,
            Kind::Number => Cell::Number(value),
            Kind::Text => Cell::Text(Cow::Borrowed(value)),
            Kind::Truth => Cell::Truth(value == "true"),
        };
        (&text[self.key.clone()], cell)
    }
}

/// Puts the members of the object in `text` into `members`; `None` where it must be read in full.
pub(super) fn members(text: &[u8], members: &mut Vec<Member>) -> Option<()> {
    members.clear();
    let mut at = 1;
    loop {
        at = after_space(text, at);
        let key = string(text, at)?;
        at = after_space(text, key.end + 1);
        if *text.get(at)? != b':' {
            return None;
        }
        at = after_space(text, at + 1);
        let (kind, value) = match text.get(at)? {
            b'"' => (Kind::Text, string(text, at)?),
            b'n' => (Kind::Missing, word(text, at, b"null")?),
            b't' => (Kind::Truth, word(text, at, b"true")?),
            b'f' => (Kind::Truth, word(text, at, b"false")?),
            _ => (Kind::Number, number(text, at)?),
        };
        at = after_space(text, value.end + usize::from(matches!(kind, Kind::Text)));
        members.push(Member { key, kind, value });
        match text.get(at)? {
            b',' => at += 1,
            b'}' => return (at + 1 == text.len()).then_some(()),
            _ => return None,
        }
    }
}

fn after_space(text: &[u8], at: usize) -> usize {
    let space = |byte: &&u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
    at + text[at.min(text.len())..].iter().take_while(space).count()
}

/// What stands between the quote at `at` and the next one.
pub(super) fn string(text: &[u8], at: usize) -> Option<Range<usize>> {
    let inner = text.get(at..)?.strip_prefix(b"\"")?;
    let end = memchr2(b'"', b'\\', inner)?;
    let is_plain = inner[end] == b'"' && inner[..end].iter().all(|byte| *byte >= b' ');
    is_plain.then_some(at + 1..at + 1 + end)
}

pub(super) fn word(text: &[u8], at: usize, word: &[u8]) -> Option<Range<usize>> {
    text[at..].starts_with(word).then_some(at..at + word.len())
}

/// A number as RFC 8259 has it.
pub(super) fn number(text: &[u8], start: usize) -> Option<Range<usize>> {
    let digits = |at: usize| text[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = start + usize::from(text.get(start) == Some(&b'-'));
    let whole = digits(at);
    if whole == 0 || whole > 1 && text[at] == b'0' {
        return None;
    }
    at += whole;
    if text.get(at) == Some(&b'.') {
        let decimals = digits(at + 1);
        at += 1 + decimals;
        if decimals == 0 {
            return None;
        }
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        at += 1 + usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at.min(text.len()));
        at += exponent;
        if exponent == 0 {
            return None;
        }
    }
    Some(start..at)
}

#[cfg(test)]
mod tests {
    use super::{super::cells, members};
    use proptest::prelude::*;

    type Found = Vec<(String, String)>;

    fn in_full(text: &str) -> Option<Found> {
        let mut found = Vec::new();
        let read = cells::in_full(text.as_bytes(), |key, cell| {
            found.push((key.to_owned(), format!("{cell:?}")));
        });
        read.ok().map(|()| found)
    }

    fn plainly(text: &str) -> Option<Found> {
        let mut found = Vec::new();
        members(text.as_bytes(), &mut found)?;
        let cell = |member: &super::Member| {
            let (key, cell) = member.of(text);
            (key.to_owned(), format!("{cell:?}"))
        };
        Some(found.iter().map(cell).collect())
    }

    #[test]
    fn most_objects_go_this_way() {
        for text in [
            "{\"a\":1}",
            "{ \"a\" : -0.50e+2 , \"б\":\"x, y\",\"c\":null ,\"d\":true,\"e\":false }",
        ] {
            assert_eq!(plainly(text), in_full(text));
        }
    }

    proptest! {
        #[test]
        fn what_is_read_here_is_read_so_in_full(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "{", "}", "\"", ":", ",", "\"a\":", "\"b\"", "1", "-", "0", ".", "e", "+", "null", "true", "fals",
                    "false", " ", "\n", "[", "]", "\\", "\\n", "я",
                ]),
                0..14,
            ),
        ) {
            let text = format!("{{{}}}", pieces.concat());
            if let Some(found) = plainly(&text) {
                prop_assert_eq!(Some(found), in_full(&text));
            }
        }
    }
}
