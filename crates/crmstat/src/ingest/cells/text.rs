//! Trimming, the exporter's apostrophe, words for "nothing here", booleans.

use super::Parsed;
pub(crate) use crate::data::missing::is_missing;
pub(super) use crate::data::missing::trim;

/// Texts, in lower case, that mean "nothing here" where a date or a number is expected.
const NO_VALUE: [&str; 30] = [
    "не закрыта",
    "не закрыт",
    "не закрыто",
    "не указана",
    "не указан",
    "не указано",
    "не задана",
    "не задан",
    "не задано",
    "не определено",
    "не определена",
    "нет",
    "нет данных",
    "нет даты",
    "н/д",
    "отсутствует",
    "пусто",
    "(пусто)",
    "без даты",
    "никогда",
    "never",
    "not closed",
    "not set",
    "no date",
    "none",
    "nil",
    "na",
    "nat",
    "empty",
    "(empty)",
];

/// The longest of [`NO_VALUE`] in bytes, so that longer cells are not folded for nothing.
const LONGEST_NO_VALUE: usize = 32;

/// The cell without surrounding white space and without the apostrophe of exporters.
///
/// White space includes no-break and other Unicode spaces, controls and the byte order mark. The
/// apostrophe is the one that Odoo and EspoCRM put before `=`, `+`, `-` and `@` against formula injection.
pub(crate) fn clean(cell: &[u8]) -> &[u8] {
    let trimmed = trim(cell);
    match trimmed {
        [b'\'', rest @ ..] if matches!(rest.first(), Some(b'=' | b'+' | b'-' | b'@')) => rest,
        _ => trimmed,
    }
}

/// Whether `cell` is surely text without anything around it: it begins and ends with a letter or a digit
/// and cannot be a word for "nothing here".
#[inline]
pub(crate) fn is_usual(cell: &[u8]) -> bool {
    matches!(cell, [b'0'..=b'9' | b'A'..=b'M' | b'O'..=b'Z' | b'a'..=b'm' | b'o'..=b'z', ..])
        && matches!(cell, [.., b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z'])
}

/// Whether `text`, found where a date or a number is expected, says that there is none.
pub(crate) fn says_nothing(text: &str) -> bool {
    if is_missing(text.as_bytes()) {
        return true;
    }
    if text.len() > LONGEST_NO_VALUE || text.as_bytes()[0].is_ascii_digit() {
        return false;
    }
    let folded = text.to_lowercase();
    NO_VALUE.contains(&folded.as_str())
}

/// The text of a cell without what exporters and spreadsheets wrap around a value: a leading
/// apostrophe, quotes, `="…"`. `None` where the bytes are not UTF-8.
pub(super) fn unwrapped(cell: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(trim(cell)).ok()?;
    let text = text.strip_prefix('\'').unwrap_or(text);
    let formula = text.strip_prefix('=').unwrap_or(text);
    let quoted = formula.strip_prefix('"').and_then(|inner| inner.strip_suffix('"'));
    let inner = quoted.unwrap_or(text);
    std::str::from_utf8(trim(inner.as_bytes())).ok()
}

/// Reads `Да`/`Нет`, `Yes`/`No`, `true`/`false`, `1`/`0`, `1.0`/`0.0`, `Y`/`N` in any letter case.
pub(crate) fn boolean(cell: &[u8]) -> Parsed<bool> {
    if is_missing(cell) {
        return Parsed::Missing;
    }
    let Some(text) = unwrapped(cell) else {
        return Parsed::Invalid("not UTF-8");
    };
    match text.to_lowercase().as_str() {
        "да" | "yes" | "true" | "1" | "1.0" | "1,0" | "y" | "t" | "д" | "истина" => {
            Parsed::Value(true)
        }
        "нет" | "no" | "false" | "0" | "0.0" | "0,0" | "n" | "f" | "н" | "ложь" => {
            Parsed::Value(false)
        }
        "" => Parsed::Missing,
        _ => Parsed::Invalid("neither yes nor no"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn trims_every_space_and_undoes_the_exporters_apostrophe() {
        for (cell, cleaned) in [
            ("", ""),
            ("\u{FEFF}  Konex\u{A0}\u{202F}\r\n", "Konex"),
            ("'+7 900 100-10-20", "+7 900 100-10-20"),
            ("'=SUM(A1)", "=SUM(A1)"),
            ("'Pepper' Ltd", "'Pepper' Ltd"),
            (" \u{3000}\u{A0} ", ""),
            ("Ромашка\u{2009}", "Ромашка"),
        ] {
            assert_eq!(clean(cell.as_bytes()), cleaned.as_bytes(), "{cell:?}");
        }
    }

    #[test]
    fn words_for_nothing_are_missing_but_names_are_not() {
        for word in ["", " ", "\u{A0}", "-", "—", "NULL", "n/a", "#N/A", "\\N"] {
            assert!(is_missing(word.as_bytes()), "{word:?}");
        }
        for name in ["NA", "Нет", "None", "North", "-5", "0"] {
            assert!(!is_missing(name.as_bytes()), "{name:?}");
        }
        for word in NO_VALUE {
            assert!(says_nothing(word), "{word}");
            assert!(word.len() <= LONGEST_NO_VALUE, "{word}");
        }
        assert!(says_nothing("Не закрыта"));
        assert!(!says_nothing("сделка"));
    }

    #[test]
    fn booleans_in_both_languages() {
        for (cell, value) in [
            ("Да", Parsed::Value(true)),
            ("НЕТ", Parsed::Value(false)),
            ("1.0", Parsed::Value(true)),
            ("\"false\"", Parsed::Value(false)),
            (" ", Parsed::Missing),
            ("maybe", Parsed::Invalid("neither yes nor no")),
        ] {
            assert_eq!(boolean(cell.as_bytes()), value, "{cell}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(cell in proptest::collection::vec(any::<u8>(), 0..24)) {
            let _ = (clean(&cell), is_missing(&cell), boolean(&cell), unwrapped(&cell));
        }
    }
}
