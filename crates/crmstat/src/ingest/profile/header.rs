//! Headers compared as people compare them.

use crate::data::Currency;

/// The key of a header: its letters and digits in lower case, `ё` as `е`.
///
/// Spaces, no-break spaces, the byte order mark, quotes and punctuation do not count, so that
/// `Customer ID`, `customer_id` and `CustomerID` are equal. The number sign stays: `Order #` is not
/// `Order`.
pub(super) fn key(header: &str) -> String {
    header
        .chars()
        .filter_map(|c| match c {
            '#' | '№' => Some('№'),
            _ if c.is_alphanumeric() => Some(c),
            _ => None,
        })
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'ё' { 'е' } else { c })
        .collect()
}

/// The key of a header without the currency at its end: `Бюджет, руб`, `Бюджет ₽`, `Сумма в рублях` and
/// `Amount (USD)` are `бюджет`, `сумма` and `amount`. `None` where the header does not end with a currency.
pub(super) fn key_without_currency(header: &str) -> Option<String> {
    let between =
        |c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | '[' | ']' | '"' | '_');
    let trimmed = header.trim_end_matches(between);
    let last = trimmed.chars().next_back()?;
    let start = if last.is_alphanumeric() || last == '.' {
        // A word: what follows the last space or bracket.
        trimmed.char_indices().rev().find(|&(_, c)| between(c)).map(|(at, c)| at + c.len_utf8())?
    } else {
        // A sign: it may follow the name at once.
        trimmed.len() - last.len_utf8()
    };
    let (name, currency) = trimmed.split_at(start);
    if Currency::from_name(currency).is_none() && !is_currency_in_a_phrase(currency) {
        return None;
    }
    let name = name.trim_end_matches(between);
    let before_preposition = name.strip_suffix("в").or(name.strip_suffix("in"));
    let name = before_preposition.filter(|rest| rest.ends_with(between)).unwrap_or(name);
    Some(key(name)).filter(|name| !name.is_empty())
}

/// Currencies in the case that a header such as `Сумма в рублях` puts them into.
fn is_currency_in_a_phrase(word: &str) -> bool {
    matches!(word.to_lowercase().as_str(), "рублях" | "долларах")
}

/// The number of single-character edits between two keys (Levenshtein 1966).
pub(super) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    for (row, from) in a.chars().enumerate() {
        let mut current = vec![row + 1];
        for (place, &to) in b.iter().enumerate() {
            let replaced = previous[place] + usize::from(from != to);
            current.push(replaced.min(previous[place + 1] + 1).min(current[place] + 1));
        }
        previous = current;
    }
    previous[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings_of_one_header_share_a_key() {
        for (header, expected) in [
            ("\u{FEFF}\"Customer ID\"", "customerid"),
            ("customer_id", "customerid"),
            ("CustomerID", "customerid"),
            ("Бюджет ", "бюджет"),
            ("Счёт", "счет"),
            ("Probability (%)", "probability"),
            ("Deal - Won time", "dealwontime"),
            ("Order #", "order№"),
            ("№\u{A0}заказа", "№заказа"),
        ] {
            assert_eq!(key(header), expected);
        }
    }

    #[test]
    fn a_currency_at_the_end_is_left_aside() {
        for (header, expected) in [
            ("Бюджет, руб", Some("бюджет")),
            ("Бюджет, руб.", Some("бюджет")),
            ("Бюджет ₽", Some("бюджет")),
            ("Бюджет, ₽", Some("бюджет")),
            ("Бюджет₽", Some("бюджет")),
            ("Amount (USD)", Some("amount")),
            ("amount_eur", Some("amount")),
            ("Сумма в рублях", Some("сумма")),
            ("Сумма (в руб.)", Some("сумма")),
            ("Amount in USD", Some("amount")),
            ("Вин, EUR", Some("вин")),
            ("Amount Currency", None),
            ("Сумма", None),
            ("USD", None),
            ("(USD)", None),
            ("", None),
        ] {
            assert_eq!(key_without_currency(header).as_deref(), expected, "{header}");
        }
    }

    #[test]
    fn edits_are_counted() {
        for (a, b, edits) in [("", "abc", 3), ("сумма", "суma", 3), ("amount", "amont", 1)] {
            assert_eq!(distance(a, b), edits);
            assert_eq!(distance(b, a), edits);
        }
    }

    proptest! {
        #[test]
        fn any_header_has_a_key_without_a_panic(header in "\\PC{0,20}") {
            let _ = (key(&header), key_without_currency(&header));
        }
    }
}
