//! The encoding of a text that is not UTF-8 and has but a few bytes beyond ASCII, or the same few again and again.
//!
//! The shares of letters, by which longer texts are told apart, say nothing here. What does:
//!
//! - bytes that are signs under Windows-1252 and no letters (`€`, `£`, a no-break space) are these signs, not
//!   the Russian letters that DOS has in their places;
//! - a byte beside the digits of an amount is a currency or a space, whatever else it might be;
//! - letters side by side that no Latin letter touches (`ООО`, `ИП`), or a capital of its own (`К-001`), are
//!   Russian; a small letter of its own (`à`) is Western, and so are letters within Latin words (`Müller`);
//! - Russian is Windows-1251 unless its words are written as words are under DOS or KOI8-R alone: capitals
//!   under the one are small letters under the other, and hardly anybody has written KOI8-R for twenty years.

use super::encoding::is_cyrillic;
use crate::data::Currency;
use encoding_rs::{Encoding, IBM866, KOI8_R, WINDOWS_1251, WINDOWS_1252};
use std::collections::{BTreeSet, HashSet};

/// Bytes beyond ASCII up to which a text has few.
const FEW: usize = 48;
/// Different runs of such bytes up to which a text has few, such as the `€` of each of its amounts.
const FEW_RUNS: usize = 24;

/// Runs of which the words are taken.
const MOST_WORDS: usize = 1_000;

/// The encoding of `sample`, and the evidence; `None` where it has more than a few bytes beyond ASCII, or
/// these say nothing.
pub(super) fn guess(sample: &[u8]) -> Option<(&'static Encoding, String)> {
    let beyond = sample.iter().filter(|byte| !byte.is_ascii()).count();
    let (mut different, mut kinds) = (HashSet::new(), HashSet::new());
    let mut few: Vec<Run<'_>> = Vec::new();
    for run in runs(sample) {
        different.insert(run.bytes);
        if beyond > FEW && different.len() > FEW_RUNS {
            return None;
        }
        if kinds.insert((run.bytes, run.touches_latin, run.is_beside_amount())) {
            few.push(run);
        }
    }
    if few.is_empty() {
        return None;
    }
    let chosen = |encoding, why: &str| Some((encoding, format!("not UTF-8; {why}")));
    let runs = few;
    let are_signs = |encoding: &'static Encoding| {
        let is_sign =
            |c: char| !c.is_alphabetic() && !c.is_control() && c != char::REPLACEMENT_CHARACTER;
        runs.iter().all(|run| decoded(encoding, run.bytes).chars().all(is_sign))
    };
    // `№` of the one is a small raised 1 in the other.
    let numero = sample.contains(&0xB9);
    let order = if numero { [WINDOWS_1251, WINDOWS_1252] } else { [WINDOWS_1252, WINDOWS_1251] };
    let signs = order.into_iter().find(|encoding| are_signs(encoding));
    if let Some(encoding) = signs {
        return chosen(encoding, "its few bytes beyond ASCII are signs in this encoding");
    }
    // Where a byte beside an amount is no currency and no space, the amount would be lost.
    let keeps_amounts = |encoding: &&'static Encoding| {
        let of_amounts = runs.iter().filter(|run| run.is_beside_amount());
        of_amounts.into_iter().all(|run| is_currency_or_space(&decoded(encoding, run.bytes)))
    };
    let words: Vec<&Run<'_>> = runs.iter().filter(|run| !run.is_beside_amount()).collect();
    let is_russian = |encoding: &&'static Encoding| {
        let letter = |c: char| {
            matches!(c, 'а'..='я' | 'А'..='Я' | 'ё' | 'Ё')
                || !(c.is_alphabetic() || c.is_control() || matches!(c, '\u{2500}'..='\u{25FF}'))
        };
        words.iter().all(|run| {
            let text = decoded(encoding, run.bytes);
            let is_within_latin = run.touches_latin && text.chars().any(is_cyrillic);
            text.chars().all(letter) && is_written_as_words_are(&text) && !is_within_latin
        })
    };
    let says_russian = words.iter().any(|run| {
        let text = decoded(WINDOWS_1251, run.bytes);
        run.bytes.len() > 1 || text.chars().any(char::is_uppercase)
    });
    if !words.is_empty() && says_russian {
        let mut russian = [WINDOWS_1251, IBM866, KOI8_R].into_iter().filter(is_russian);
        if let Some(encoding) = russian.find(keeps_amounts) {
            return chosen(encoding, "its few letters beyond ASCII are Russian in this encoding");
        }
    }
    if keeps_amounts(&WINDOWS_1252) {
        return chosen(WINDOWS_1252, "its few letters beyond ASCII are Western");
    }
    None
}

/// The different runs of three bytes and more beyond ASCII of `sample`, each on a line: words in letters of their
/// own. Empty where there are fewer than two.
pub(super) fn words(sample: &[u8]) -> Vec<u8> {
    let words: BTreeSet<&[u8]> = runs(sample)
        .map(|run| run.bytes)
        .filter(|bytes| bytes.len() >= 3)
        .take(MOST_WORDS)
        .collect();
    if words.len() < 2 {
        return Vec::new();
    }
    words.into_iter().collect::<Vec<_>>().join(&b'\n')
}

/// Bytes beyond ASCII side by side, and what surrounds them.
struct Run<'a> {
    bytes: &'a [u8],
    /// A Latin letter stands right before or behind.
    touches_latin: bool,
    /// The cell's bytes before and behind, as far as they are ASCII.
    before: &'a [u8],
    behind: &'a [u8],
}

impl Run<'_> {
    /// Whether the run stands beside a digit, or a space apart from one, and nothing of its cell but a number
    /// is ASCII.
    fn is_beside_amount(&self) -> bool {
        let is_number = |bytes: &[u8]| {
            let is_part =
                |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b',' | b' ' | b'-' | b'+');
            bytes.iter().all(is_part)
        };
        let beside = self.before.trim_ascii_end().last();
        let beside = [beside, self.behind.trim_ascii_start().first()];
        self.bytes.len() <= 2
            && is_number(self.before)
            && is_number(self.behind)
            && beside.iter().flatten().any(|byte| byte.is_ascii_digit())
    }
}

/// The runs of bytes beyond ASCII of a text.
fn runs(sample: &[u8]) -> impl Iterator<Item = Run<'_>> {
    let is_border = |byte: &u8| matches!(byte, b';' | b'\t' | b'"' | b'|' | b'\n' | b'\r');
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + sample.get(at..)?.iter().position(|byte| !byte.is_ascii())?;
        let length = sample[start..].iter().position(u8::is_ascii);
        let end = length.map_or(sample.len(), |length| start + length);
        at = end;
        let (head, tail) = (&sample[..start], &sample[end..]);
        let outside = |byte: &u8| is_border(byte) || !byte.is_ascii();
        let first = head.iter().rposition(outside).map_or(0, |border| border + 1);
        let last = tail.iter().position(outside).unwrap_or(tail.len());
        Some(Run {
            bytes: &sample[start..end],
            touches_latin: head.last().is_some_and(u8::is_ascii_alphabetic)
                || tail.first().is_some_and(u8::is_ascii_alphabetic),
            before: &head[first..],
            behind: &tail[..last],
        })
    })
}

fn decoded(encoding: &'static Encoding, bytes: &[u8]) -> String {
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

/// Whether every word is in small letters, in capitals, or in small letters behind a capital.
fn is_written_as_words_are(text: &str) -> bool {
    text.split(|c: char| !c.is_alphabetic()).all(|word| {
        let capitals = word.chars().filter(|c| c.is_uppercase()).count();
        let begins = word.chars().next().is_some_and(char::is_uppercase);
        capitals == 0 || capitals == word.chars().count() || (capitals == 1 && begins)
    })
}

fn is_currency_or_space(text: &str) -> bool {
    let name = text.trim();
    name.is_empty() || Currency::from_name(name).is_some()
}

#[cfg(test)]
mod tests {
    use super::guess;

    fn encoding(bytes: &[u8]) -> Option<&'static str> {
        guess(bytes).map(|(encoding, _)| encoding.name())
    }

    #[test]
    fn currencies_and_spaces_are_no_letters() {
        for text in [
            &b"id;amount\n1;\"1.234,56 \x80\"\n"[..],
            b"id,amount\n1,\x801.50\n2,\xA31.50\n",
            b"id;amount\n1;1\xA0234,56\n",
            b"id,amount,currency\n1,5,\x80\n",
        ] {
            assert_eq!(encoding(text), Some("windows-1252"), "{}", text.escape_ascii());
        }
        // The euro sign of Windows-1251, and a number sign.
        assert_eq!(encoding(b"id;amount\n1;5,00 \x88\n"), Some("windows-1251"));
        assert_eq!(encoding(b"\xB9;amount\n1;5,00\n"), Some("windows-1251"));
    }

    #[test]
    fn a_few_russian_words_among_latin_ones() {
        for text in [
            // ООО, ИП, К-001, Ира.
            &b"id;customer;amount\n1;\xCE\xCE\xCE;10\n2;\xC8\xCF;20\n"[..],
            b"id,customer,amount\n1,\xCE\xCE\xCE,10\n2,\xC8\xCF,20\n",
            b"id;customer;amount\n1;\xCA-001;10\n2;\xCA-002;20\n",
            b"id;customer;amount\n1;\xC8\xF0\xE0;10\n",
        ] {
            assert_eq!(encoding(text), Some("windows-1251"), "{}", text.escape_ascii());
        }
        // Дата, whose small and capital letters change places in Windows-1251.
        assert_eq!(encoding(b"id;\xE4\xC1\xD4\xC1\n"), Some("KOI8-R"));
        // ООО as DOS has it.
        assert_eq!(encoding(b"id;customer\n1;\x8E\x8E\x8E\n"), Some("IBM866"));
    }

    #[test]
    fn western_letters_stand_in_latin_words_or_alone() {
        for text in [
            &b"id;name\n1;M\xFCller\n2;Caf\xE9 \xE0 Paris\n"[..],
            b"1;\xD6l\n",
            b"1;quai \xE0 voir\n",
        ] {
            assert_eq!(encoding(text), Some("windows-1252"), "{}", text.escape_ascii());
        }
    }

    #[test]
    fn what_every_row_repeats_is_few() {
        for (header, row, name) in [
            (&b"id,customer,amount\n"[..], &b"1,c,\x80100.50\n"[..], "windows-1252"),
            (b"id,customer,amount\n", b"1,c,\xA3100.50\n", "windows-1252"),
            (b"id;customer;amount\n", b"1;c;1\xA0100,50\n", "windows-1252"),
            (b"id;customer;amount\n", b"1;\xCA-001;10\n", "windows-1251"),
            // руб., and the same under a Russian header.
            (b"id;customer;amount\n", b"1;c;100,50 \xF0\xF3\xE1.\n", "windows-1251"),
            (
                b"\xCD\xEE\xEC\xE5\xF0;\xD1\xF3\xEC\xEC\xE0\n",
                b"1;5 \xF0\xF3\xE1.\n",
                "windows-1251",
            ),
        ] {
            let text = [header, &row.repeat(500)].concat();
            assert_eq!(encoding(&text), Some(name), "{}", row.escape_ascii());
        }
    }

    #[test]
    fn an_amount_stays_an_amount() {
        // Russian capitals and the euro sign of Windows-1252: under one encoding only are both readable.
        let text = b"id;customer;amount\n1;M\xFCller;5,00 \x80\n";
        assert_eq!(encoding(text), Some("windows-1252"));
        assert_eq!(
            encoding(b"id;customer;amount\n1;\xCE\xCE\xCE;5,00 \x88\n"),
            Some("windows-1251")
        );
    }

    #[test]
    fn nothing_is_guessed_from_nothing_or_from_much() {
        assert_eq!(encoding(b"id;name\n1;plain\n"), None);
        let words = |letters: std::ops::RangeInclusive<u8>| -> Vec<u8> {
            letters.flat_map(|letter| [b';', letter, letter, letter]).collect()
        };
        assert_eq!(encoding(&words(0xC0..=0xFF)), None);
    }
}
