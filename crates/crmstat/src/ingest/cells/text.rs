//! Trimming, the exporter's apostrophe, words for "nothing here", booleans.

use super::Parsed;
pub(crate) use crate::data::missing::is_missing;
pub(super) use crate::data::missing::trim;

/// Words of programs and shops, in lower case, that stand in the place of an id and name nobody.
const NO_ID: [&str; 31] = [
    "guest",
    "anonymous",
    "гость",
    "Гость",
    "аноним",
    "Аноним",
    "nan",
    "none",
    "nil",
    "undefined",
    "<na>",
    "nat",
    "#null!",
    "#ref!",
    "#value!",
    "#name?",
    "#num!",
    "#div/0!",
    "(пусто)",
    "(empty)",
    "<null>",
    "(null)",
    "[null]",
    "<none>",
    "(blank)",
    "нет",
    "Нет",
    "не указан",
    "Не указан",
    "без клиента",
    "Без клиента",
];

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
#[inline(always)]
#[expect(clippy::inline_always, reason = "called for every cell of the hot path")]
pub(crate) fn is_usual(cell: &[u8]) -> bool {
    matches!(cell, [b'0'..=b'9' | b'A'..=b'M' | b'O'..=b'Z' | b'a'..=b'm' | b'o'..=b'z', ..])
        && matches!(cell, [.., b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z'])
}

/// What is odd about an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Oddity {
    /// Nothing.
    None,
    /// It was the first of several in one cell.
    Several,
    /// A spreadsheet has rounded it: `4.12346E+15` stands for many ids.
    Rounded,
}

/// The id in `cell`, and what is odd about it: without white space, without what spreadsheets wrap around
/// it (`="00123"`), without the `.0` of a number that was kept as a float; of several ids (`5011;5012`) the
/// first. Empty where the cell names nobody, as do `NaN` and `None`.
pub(crate) fn id(cell: &[u8]) -> (&[u8], Oddity) {
    let cell = clean(cell);
    let cell = text_of_formula(cell).unwrap_or(cell);
    let cell = match cell {
        // The mark of a number kept as text.
        [b'\'', rest @ ..] if rest.first().is_some_and(u8::is_ascii_digit) => rest,
        _ => cell,
    };
    let names_nobody = is_missing(cell)
        || (cell.len() <= LONGEST_NO_VALUE
            && NO_ID.iter().any(|word| cell.eq_ignore_ascii_case(word.as_bytes())));
    if names_nobody {
        return (&[], Oddity::None);
    }
    match memchr::memchr2(b';', b'.', cell) {
        Some(at) if cell[at] == b';' && cell.split(|byte| *byte == b';').all(is_list_item) => {
            (trim(&cell[..at]), Oddity::Several)
        }
        Some(at) if cell[at] == b'.' && is_digits(&cell[..at]) && is_zeros(&cell[at + 1..]) => {
            (&cell[..at], Oddity::None)
        }
        _ if is_rounded(cell) => (cell, Oddity::Rounded),
        _ => (cell, Oddity::None),
    }
}

/// Whether [`id`] gives `cell` itself, as far as that can be seen at a glance.
#[inline(always)]
pub(crate) fn is_usual_id(cell: &[u8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let may_name_nobody = match cell.len() {
        5 => matches!(cell, [b'g' | b'G', ..]),
        9 => matches!(cell, [b'a' | b'A' | b'u' | b'U', ..]),
        _ => false,
    };
    if may_name_nobody || !is_usual(cell) {
        return false;
    }
    // Several ids, numbers kept as floats and rounded ones all end with a digit.
    if !cell.last().is_some_and(u8::is_ascii_digit) {
        return true;
    }
    let has = |word: u64, byte: u8| {
        let found = word ^ (ONES * u64::from(byte));
        found.wrapping_sub(ONES) & !found & HIGH != 0
    };
    let is_odd = |word: u64| has(word, b';') || has(word, b'.') || has(word, b'+');
    // Loads of a fixed size that overlap: a copy of as many bytes as there are would be a call.
    if let (Some(first), Some(last)) = (cell.first_chunk::<8>(), cell.last_chunk::<8>()) {
        let (words, _) = cell[8..].as_chunks::<8>();
        return !is_odd(u64::from_le_bytes(*first))
            && !is_odd(u64::from_le_bytes(*last))
            && !words.iter().any(|word| is_odd(u64::from_le_bytes(*word)));
    }
    if let (Some(first), Some(last)) = (cell.first_chunk::<4>(), cell.last_chunk::<4>()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return !is_odd(u64::from(first) | u64::from(last) << 32);
    }
    !cell.iter().any(|byte| matches!(byte, b';' | b'.' | b'+'))
}

/// The text of `="00123"` or `=("00123")`.
fn text_of_formula(cell: &[u8]) -> Option<&[u8]> {
    let formula = cell.strip_prefix(b"=")?;
    let formula = match formula {
        [b'(', inner @ .., b')'] => inner,
        _ => formula,
    };
    let inner = formula.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    (!inner.contains(&b'"')).then_some(trim(inner))
}

fn is_digits(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

fn is_zeros(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|byte| *byte == b'0')
}

/// Ids in a list are numbers or empty: a name may hold a semicolon.
fn is_list_item(text: &[u8]) -> bool {
    let text = trim(text);
    text.is_empty() || is_digits(text)
}

/// Whether `cell` is a number in powers of ten, such as `4.12346E+15`.
fn is_rounded(cell: &[u8]) -> bool {
    let Some(at) = cell.windows(2).position(|pair| matches!(pair, b"E+" | b"e+")) else {
        return false;
    };
    let (number, power) = (&cell[..at], &cell[at + 2..]);
    let mut parts = number.split(|byte| matches!(byte, b'.' | b','));
    parts.by_ref().take(2).all(is_digits) && parts.next().is_none() && is_digits(power)
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
    fn ids_lose_what_programs_put_around_them() {
        for (cell, text, oddity) in [
            ("=\"00123\"", "00123", Oddity::None),
            ("=(\"8445162064354\")", "8445162064354", Oddity::None),
            ("'00123", "00123", Oddity::None),
            (" 17850.0 ", "17850", Oddity::None),
            ("17850.00", "17850", Oddity::None),
            ("17850.5", "17850.5", Oddity::None),
            ("v1.0", "v1.0", Oddity::None),
            ("5011;5012", "5011", Oddity::Several),
            ("5011; 5012;", "5011", Oddity::Several),
            ("Smith; Jones", "Smith; Jones", Oddity::None),
            ("4.12346E+15", "4.12346E+15", Oddity::Rounded),
            ("4,12346e+15", "4,12346e+15", Oddity::Rounded),
            ("1E+05", "1E+05", Oddity::Rounded),
            ("ACME+1", "ACME+1", Oddity::None),
            ("'+7 900 100-10-20", "+7 900 100-10-20", Oddity::None),
            ("=SUM(A1)", "=SUM(A1)", Oddity::None),
            ("NaN", "", Oddity::None),
            ("nan", "", Oddity::None),
            ("None", "", Oddity::None),
            ("undefined", "", Oddity::None),
            ("NULL", "", Oddity::None),
            ("#N/A", "", Oddity::None),
            ("#REF!", "", Oddity::None),
            ("", "", Oddity::None),
            ("Nancy", "Nancy", Oddity::None),
            ("Nonesuch", "Nonesuch", Oddity::None),
        ] {
            let (found, odd) = id(cell.as_bytes());
            assert_eq!((std::str::from_utf8(found).unwrap(), odd), (text, oddity), "{cell}");
        }
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
        fn a_usual_id_is_itself(cell in "[a-zA-Z0-9.;+=\"' u-]{0,20}|undefined|[0-9]{1,6}[.;][0-9]{1,3}|NaN|None") {
            let bytes = cell.as_bytes();
            if is_usual_id(bytes) {
                prop_assert_eq!(id(bytes), (bytes, Oddity::None));
            }
            let plain = bytes.len() > 1 && bytes.iter().all(u8::is_ascii_digit);
            prop_assert!(!plain || is_usual_id(bytes));
        }

        #[test]
        fn no_bytes_panic(cell in proptest::collection::vec(any::<u8>(), 0..24)) {
            let _ = (clean(&cell), is_missing(&cell), boolean(&cell), unwrapped(&cell), id(&cell));
        }
    }
}
