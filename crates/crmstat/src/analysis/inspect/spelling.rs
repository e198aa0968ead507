//! Labels that look like two spellings of one.
//!
//! Two labels of a field are suspected to be one when
//!
//! 1. they are equal without regard to letter case, spaces and punctuation, with `ё` as `е`
//!    (`GTXPro` and `GTX Pro`), or
//! 2. their keys of at least [`SHORTEST`] letters differ by one edit, from [`LONG`] letters on by two
//!    (`technolgy` and `technology`); their digits agree, so that `Model 1` and `Model 2` stay apart; and
//!    the rarer is at most a [`RARER`]th as frequent as the other: a slip is rare, a name is not. Codes
//!    such as `85123A` have too few letters to be compared.
//!
//! An edit inserts, removes or replaces a character or swaps two neighbours (optimal string alignment,
//! after Damerau 1964). Nothing is changed in the data.

use crate::data::{Field, Setting};
use std::collections::BTreeMap;

/// Keys of fewer letters differ by an edit too easily: `West` and `East`, `85123A` and `85123B`.
const SHORTEST: usize = 5;
/// Keys of this many letters and more may differ by two edits.
const LONG: usize = 9;
/// How many times as frequent the right spelling must be.
const RARER: u64 = 5;
/// Beyond this many labels only the first rule is used: the second compares every pair.
const MOST_COMPARED: usize = 20_000;

/// A label and the more frequent one that it may be meant to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spelling {
    /// The suspected label.
    pub label: String,
    /// How many cells have it.
    pub cells: u64,
    /// The label it resembles.
    pub meant: String,
    /// How many cells have that.
    pub meant_cells: u64,
}

impl Spelling {
    /// What the label resembles and, but for ids, the setting that reads it as that.
    pub(super) fn note(&self, field: Field) -> String {
        let Self { label, meant, meant_cells, .. } = self;
        let alike = format!("{meant} × {meant_cells}");
        if matches!(field, Field::CustomerId | Field::OrderId) {
            return alike;
        }
        format!("{alike} [{}]", Setting::new("merge", format!("{label}={meant}")))
    }
}

/// A label as it is compared.
struct Known<'a> {
    label: &'a str,
    cells: u64,
    characters: Vec<char>,
    digits: String,
    /// A bit for each character, so that most pairs are told apart at once.
    mask: u64,
}

/// The suspected spellings among `labels`, the most frequent meant labels first.
pub(super) fn spellings(labels: &BTreeMap<String, u64>) -> Vec<Spelling> {
    let mut keys: BTreeMap<String, Vec<(&str, u64)>> = BTreeMap::new();
    for (label, cells) in labels {
        keys.entry(key(label)).or_default().push((label, *cells));
    }
    keys.remove("");
    let mut found = Vec::new();
    let mut known: Vec<Known<'_>> = Vec::with_capacity(keys.len());
    for (key, mut variants) in keys {
        // The most frequent spelling is meant; of equals the first by bytes.
        variants.sort_by(|left, right| right.1.cmp(&left.1).then(left.0.cmp(right.0)));
        let (meant, most) = variants[0];
        found.extend(variants[1..].iter().map(|(label, cells)| Spelling {
            label: (*label).to_owned(),
            cells: *cells,
            meant: meant.to_owned(),
            meant_cells: most,
        }));
        let characters: Vec<char> = key.chars().collect();
        known.push(Known {
            label: meant,
            cells: variants.iter().map(|(_, cells)| cells).sum(),
            digits: characters.iter().filter(|c| c.is_numeric()).collect(),
            mask: characters.iter().fold(0, |mask, c| mask | 1 << (u32::from(*c) % 64)),
            characters,
        });
    }
    if known.len() <= MOST_COMPARED {
        found.extend(known.iter().filter_map(|rare| slip(rare, &known)));
    }
    found.sort_by(|left, right| {
        let by_cells = right.meant_cells.cmp(&left.meant_cells);
        by_cells.then_with(|| (&left.meant, &left.label).cmp(&(&right.meant, &right.label)))
    });
    found
}

/// The nearest much more frequent label, if `rare` may be a slip of it.
fn slip(rare: &Known<'_>, known: &[Known<'_>]) -> Option<Spelling> {
    let length = rare.characters.len();
    let letters = length - rare.digits.chars().count();
    if letters < SHORTEST {
        return None;
    }
    let edits = 1 + usize::from(letters >= LONG);
    let candidates = known.iter().filter(|other| {
        other.cells >= rare.cells.saturating_mul(RARER)
            && other.characters.len().abs_diff(length) <= edits
            && (other.mask ^ rare.mask).count_ones() as usize <= 2 * edits
            && other.digits == rare.digits
            && other.label != rare.label
    });
    let (_, meant) = candidates
        .map(|other| (distance(&rare.characters, &other.characters), other))
        .filter(|(distance, _)| *distance <= edits)
        .min_by_key(|(distance, other)| (*distance, std::cmp::Reverse(other.cells), other.label))?;
    Some(Spelling {
        label: rare.label.to_owned(),
        cells: rare.cells,
        meant: meant.label.to_owned(),
        meant_cells: meant.cells,
    })
}

/// The letters and digits in lower case, `ё` as `е`.
fn key(label: &str) -> String {
    let lower = label.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase);
    lower.map(|c| if c == 'ё' { 'е' } else { c }).collect()
}

/// The number of edits between two texts, a swap of neighbours being one.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    for row in 0..a.len() {
        let mut current = vec![row + 1];
        for column in 0..b.len() {
            let replaced = previous[column] + usize::from(a[row] != b[column]);
            let mut least = replaced.min(previous[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && a[row] == b[column - 1] && a[row - 1] == b[column] {
                least = least.min(before[column - 1] + 1);
            }
            current.push(least);
        }
        before = std::mem::replace(&mut previous, current);
    }
    previous[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(labels: &[(&str, u64)]) -> Vec<(String, String)> {
        let labels = labels.iter().map(|(label, cells)| ((*label).to_owned(), *cells)).collect();
        spellings(&labels).into_iter().map(|found| (found.label, found.meant)).collect()
    }

    #[test]
    fn spaces_case_and_slips_are_seen_through() {
        for (labels, rare, meant) in [
            ([("GTXPro", 1480), ("GTX Pro", 1)], "GTX Pro", "GTXPro"),
            ([("technolgy", 2), ("technology", 12)], "technolgy", "technology"),
            ([("Moskva", 50), ("MOSKVA", 3)], "MOSKVA", "Moskva"),
            ([("Пётр Орлов", 9), ("Петр Орлов", 4)], "Петр Орлов", "Пётр Орлов"),
            ([("Philipines", 1), ("Philippines", 5)], "Philipines", "Philippines"),
            ([("retial", 1), ("retail", 30)], "retial", "retail"),
        ] {
            assert_eq!(found(&labels), [(rare.to_owned(), meant.to_owned())]);
        }
    }

    #[test]
    fn different_things_stay_apart() {
        for labels in [
            [("Model 1", 1), ("Model 2", 100)],
            [("East", 1), ("West", 100)],
            [("C0000001", 1), ("C0000007", 90)],
            [("85123A", 1), ("85123B", 90)],
            [("Ivanov", 40), ("Ivanova", 30)],
            [("North", 1), ("South", 100)],
            [("", 5), ("–", 50)],
        ] {
            assert_eq!(found(&labels), [], "{labels:?}");
        }
    }

    /// Optimal string alignment by its recursive definition.
    fn slow(a: &[char], b: &[char]) -> usize {
        let (Some((x, rest_a)), Some((y, rest_b))) = (a.split_last(), b.split_last()) else {
            return a.len() + b.len();
        };
        let mut least = (slow(rest_a, rest_b) + usize::from(x != y))
            .min(slow(rest_a, b) + 1)
            .min(slow(a, rest_b) + 1);
        if a.len() > 1 && b.len() > 1 && *x == b[b.len() - 2] && *y == a[a.len() - 2] {
            least = least.min(slow(&a[..a.len() - 2], &b[..b.len() - 2]) + 1);
        }
        least
    }

    proptest! {
        #[test]
        fn edits_are_those_of_the_definition(a in "[abc]{0,6}", b in "[abc]{0,6}") {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            prop_assert_eq!(distance(&a, &b), slow(&a, &b));
        }
    }
}
