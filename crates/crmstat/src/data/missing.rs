//! What a text says that holds nothing: white space, and the words that exporters write for "nothing here".

/// Texts that mean "nothing here" in any column.
const MISSING: [&str; 10] =
    ["-", "--", "—", "–", "null", "(null)", "n/a", "#n/a", "\\n", "(blank)"];

/// The cell without surrounding white space.
///
/// White space includes no-break and other Unicode spaces, controls and the byte order mark.
pub(crate) fn trim(mut cell: &[u8]) -> &[u8] {
    while let Some(&first) = cell.first() {
        match first {
            0x00..=0x20 | 0x7F => cell = &cell[1..],
            // Lead bytes of the spaces outside ASCII.
            0xC2 | 0xE1..=0xEF => match leading_space(cell) {
                0 => break,
                length => cell = &cell[length..],
            },
            _ => break,
        }
    }
    while let Some(&last) = cell.last() {
        match last {
            0x00..=0x20 | 0x7F => cell = &cell[..cell.len() - 1],
            // A continuation byte may end a space outside ASCII.
            0x80..=0xBF => match trailing_space(cell) {
                0 => break,
                length => cell = &cell[..cell.len() - length],
            },
            _ => break,
        }
    }
    cell
}

/// The length of the Unicode space that `bytes` begin with, or 0.
fn leading_space(bytes: &[u8]) -> usize {
    match bytes {
        // U+00A0 no-break space, U+0085 next line.
        [0xC2, 0xA0 | 0x85, ..] => 2,
        // U+2000..U+200D spaces and zero-width marks, U+2028, U+2029, U+202F narrow no-break space.
        [0xE2, 0x80, 0x80..=0x8D | 0xA8 | 0xA9 | 0xAF, ..]
        // U+205F mathematical space, U+2060 word joiner.
        | [0xE2, 0x81, 0x9F | 0xA0, ..]
        // U+1680 ogham space, U+3000 ideographic space, U+FEFF byte order mark.
        | [0xE1, 0x9A, 0x80, ..]
        | [0xE3, 0x80, 0x80, ..]
        | [0xEF, 0xBB, 0xBF, ..] => 3,
        _ => 0,
    }
}

/// The length of the Unicode space that `bytes` end with, or 0.
fn trailing_space(bytes: &[u8]) -> usize {
    [2, 3]
        .into_iter()
        .find(|&length| {
            bytes.len() >= length && leading_space(&bytes[bytes.len() - length..]) == length
        })
        .unwrap_or(0)
}

/// Whether the cell holds nothing: empty, or a text that says so in any column, such as `N/A` or `—`.
pub(crate) fn is_missing(cell: &[u8]) -> bool {
    let cell = trim(cell);
    match cell.first() {
        None => true,
        Some(b'-' | b'n' | b'N' | b'#' | b'(' | b'\\' | 0xE2) => {
            MISSING.iter().any(|word| cell.eq_ignore_ascii_case(word.as_bytes()))
        }
        Some(_) => false,
    }
}

/// The text without white space around it; `None` where it holds nothing.
pub(crate) fn filled(text: &str) -> Option<&str> {
    let trimmed = trim(text.as_bytes());
    if is_missing(trimmed) {
        return None;
    }
    // Trimming takes whole characters, so what is left is text.
    std::str::from_utf8(trimmed).ok()
}

#[cfg(test)]
mod tests {
    use super::{filled, trim};
    use proptest::prelude::*;

    #[test]
    fn what_is_filled_is_trimmed() {
        assert_eq!(filled("\u{FEFF} Konex\u{A0}\r\n"), Some("Konex"));
        for nothing in ["", " \u{3000}", "NULL", "n/a", "—"] {
            assert_eq!(filled(nothing), None, "{nothing:?}");
        }
        assert_eq!(filled("NA"), Some("NA"));
    }

    proptest! {
        #[test]
        fn any_bytes_trim_to_what_a_char_by_char_trim_gives(text in "[ \u{A0}\u{2009}\u{FEFF}a€я'-]{0,12}") {
            let space = |c: char| c.is_whitespace() || c == '\u{FEFF}';
            prop_assert_eq!(trim(text.as_bytes()), text.trim_matches(space).as_bytes());
        }
    }
}
