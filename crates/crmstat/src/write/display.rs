//! Cells as people read them: grouped thousands, a few decimals, no control characters.

use crate::{Lang, data::table::Cell};
use std::borrow::Cow;

/// What stands for a missing cell.
pub(super) const MISSING: &str = "–";

/// `cell` as a person reads it in `lang`.
pub(super) fn display(cell: Cell<'_>, lang: Lang) -> String {
    match cell {
        Cell::Text(text) => printable(text).into_owned(),
        Cell::Int(number) => grouped(&number.to_string(), lang),
        Cell::Float(number, decimals) => {
            let text = format!("{number:.decimals$}");
            // Rounding must not leave the sign of a zero behind.
            let is_zero = text.bytes().all(|byte| matches!(byte, b'-' | b'0' | b'.'));
            grouped(if is_zero { text.trim_start_matches('-') } else { &text }, lang)
        }
        Cell::Money(amount) => grouped(&amount.to_string(), lang),
        Cell::Date(date) => date.to_string(),
        Cell::Timestamp(at) => at.to_string().replace('T', " "),
        Cell::Bool(value) => {
            if value { lang.pick("yes", "да") } else { lang.pick("no", "нет") }.to_owned()
        }
    }
}

/// `text` on one line, without what would do something to a terminal instead of being seen on it: control
/// characters of both sets (C0 and C1, NUL and line breaks among them) and the marks that turn the direction
/// of writing (Unicode's annex 9). A blank stands in the place of each.
///
/// ```
/// assert_eq!(crmstat::write::printable("a\u{1b}[31m\nb"), "a [31m b");
/// ```
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(acts_on_terminal) {
        return Cow::Borrowed(text);
    }
    let shown = |character| if acts_on_terminal(character) { ' ' } else { character };
    Cow::Owned(text.chars().map(shown).collect())
}

fn acts_on_terminal(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            // Line and paragraph separators; marks, embeddings, overrides and isolates of direction.
            '\u{2028}' | '\u{2029}' | '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}'
                | '\u{2066}'..='\u{2069}'
        )
}

/// The plain decimal `number` with groups of three digits: `1,234.5` in English, `1 234,5` with
/// no-break spaces in Russian.
fn grouped(number: &str, lang: Lang) -> String {
    let (separator, point) = lang.pick((',', '.'), ('\u{A0}', ','));
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut text = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            text.push(separator);
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push(point);
        text.push_str(fraction);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Cell, Lang, display, printable};
    use crate::Money;

    #[test]
    fn numbers_are_grouped_as_the_language_does() {
        for (cell, english, russian) in [
            (Cell::Int(-1_234_567), "-1,234,567", "-1\u{A0}234\u{A0}567"),
            (Cell::Int(999), "999", "999"),
            (Cell::Float(1234.5678, 2), "1,234.57", "1\u{A0}234,57"),
            (Cell::Float(-0.001, 2), "0.00", "0,00"),
            (Cell::Float(2.5, 0), "2", "2"),
            (Cell::Money(Money::from_units(12_345_000)), "1,234.50", "1\u{A0}234,50"),
            (Cell::Bool(true), "yes", "да"),
            (Cell::Text("a\u{1b}[31m\nb"), "a [31m b", "a [31m b"),
        ] {
            assert_eq!(display(cell, Lang::En), english);
            assert_eq!(display(cell, Lang::Ru), russian);
        }
    }

    #[test]
    fn nothing_acts_on_a_terminal() {
        for point in (0..0x20).chain(0x7F..0xA0).chain([0x61C, 0x200E, 0x202E, 0x2066, 0x2028]) {
            let text = format!("a{}b", char::from_u32(point).unwrap());
            assert_eq!(printable(&text), "a b", "{point:x}");
        }
        for text in ["", "Ромашка", "e\u{301} 👨\u{200D}👩", "עברית", "a\u{A0}b"] {
            assert_eq!(printable(text), text);
        }
    }
}
