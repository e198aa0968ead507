//! Text that a spreadsheet would run as a formula.
//!
//! The rule is OWASP's ("CSV Injection"): no text cell may begin, after white space and controls, with
//! `=`, `+`, `-` or `@`, nor with a tab or a line break. Numbers are not text and are never touched, nor are
//! phone numbers and other ids of a sign and digits: they run nothing, and must leave as they came to be joined.

/// Whether a spreadsheet could take `text` for a formula, so that it must be written with a leading `'`.
///
/// Text that already has the quote before a formula gets another one; taking one `'` away then always
/// restores what was meant.
pub(crate) fn is_formula(text: &str) -> bool {
    // Almost every cell begins with a plain letter or digit.
    match text.as_bytes().first() {
        None => false,
        Some(first) if first.is_ascii_alphanumeric() => false,
        Some(b'+' | b'-') if is_signed_number(&text[1..]) => false,
        Some(_) => begins_like_formula(text.trim_start_matches('\'')),
    }
}

/// Whether what follows a sign is a phone number or another number as people write them.
fn is_signed_number(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'(' | b')' | b'-'))
}

fn begins_like_formula(text: &str) -> bool {
    text.starts_with(['\t', '\r', '\n'])
        || text
            .trim_start_matches(is_invisible)
            // The full-width forms are taken for their narrow ones by some spreadsheets.
            .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

fn is_invisible(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(character, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::is_formula;

    #[test]
    fn formulas_are_found_behind_what_cannot_be_seen() {
        for text in [
            "=1+1",
            "+7 900+1",
            "-1*2",
            "+",
            "@SUM(A1)",
            "\tx",
            "\rx",
            "\nx",
            " =1",
            "\u{A0}=1",
            "\u{FEFF}=1",
            "\u{0}@x",
            "＝1",
            "'=1",
            "''=1",
        ] {
            assert!(is_formula(text), "{text:?}");
        }
        for text in [
            "",
            "a=1",
            "1-2",
            "'quoted'",
            "'",
            " plain",
            "«ООО»",
            "#1",
            "(=)",
            "+79001234567",
            "+7 (900) 123-45-67",
            "-1",
        ] {
            assert!(!is_formula(text), "{text:?}");
        }
    }
}
