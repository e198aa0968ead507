//! A guard against columns that carry the future.
//!
//! A column that was filled in after the customer left, or computed after the cutoff, tells too much: its
//! values alone rank the customers as no honest column of real customers does, or one of its values, or its
//! being there at all, belongs to those who left and to nobody else.

use std::collections::BTreeMap;

use super::encoding::RawColumn;
use super::evaluation::{auc, require_both_labels};
use crate::{Error, Result};

/// How a column gives the future away.
#[derive(Clone, Debug, PartialEq)]
pub enum LeakSign {
    /// Its values alone tell who leaves.
    Ranks {
        /// The AUC of the column alone, turned to be at least one half; that of its levels by the churn
        /// that other customers of the level had.
        auc: f64,
        /// Whether its levels, or steps of its numbers, tell more than their order.
        by_level: bool,
    },
    /// Customers with one of its values all left, by far more of them than chance would give.
    OnlyLeft {
        /// The value, as text.
        value: String,
        /// Their number.
        rows: usize,
    },
    /// It is filled for customers of one label only.
    FilledFor {
        /// The label.
        churned: bool,
        /// For how many of them.
        rows: usize,
    },
    /// It is missing for customers of one label only.
    MissingFor {
        /// The label.
        churned: bool,
        /// For how many of them.
        rows: usize,
    },
}

/// An AUC that no honest column of real customers reaches alone: on public tables of customers the best of
/// them, such as the number of purchases in the last year or the contract, reach 0.74 to 0.87.
const TOO_GOOD: f64 = 0.92;
/// The same where the column's name says that it was made with the label or after it.
const TOO_GOOD_BY_NAME: f64 = 0.80;
/// A pattern that chance would make in one of a million columns is no chance.
const NO_CHANCE: f64 = 1e-6;
/// The share of the customers of a label that a pure value, or missingness, must cover: a handful of rows
/// that an export failed to fill says nothing of the column.
const LEAST_LEFT: f64 = 0.03;
/// The same of those who stayed: something that nobody leaves with, as the dearest plan, may well be honest.
const LEAST_STAYED: f64 = 0.2;
/// How likely those with the worst honest value leave: enough of them, and one stays.
const WORST: f64 = 0.8;
/// Steps that numbers are cut into.
const STEPS: usize = 20;
/// What the mean counts as, in customers, beside those of a level.
const PRIOR: f64 = 5.0;

/// What of a column, looked at alone, only the future can explain; nothing of an honest one.
///
/// `is_named_late` says that the column's name speaks of the label or of what comes after it; it then takes
/// less to raise suspicion.
///
/// # Errors
/// When only one label is there, the column has another length, or a value is infinite.
///
/// # Examples
/// ```
/// use crmstat_models::churn::{RawColumn, leakage::{LeakSign, signs}};
///
/// let left: Vec<bool> = (0..400).map(|row| row % 3 == 0).collect();
/// let reason: Vec<Option<&str>> = left.iter().map(|left| left.then_some("price")).collect();
/// let found = signs(RawColumn::Category(&reason), &left, false)?;
/// assert!(matches!(found[0], LeakSign::FilledFor { churned: true, rows: 134 }));
///
/// let days: Vec<f64> = (0..400).map(|row| f64::from(row * 37 % 101)).collect();
/// assert!(signs(RawColumn::Number(&days), &left, false)?.is_empty());
/// # Ok::<(), crmstat_models::Error>(())
/// ```
pub fn signs(column: RawColumn<'_>, labels: &[bool], is_named_late: bool) -> Result<Vec<LeakSign>> {
    let totals = require_both_labels(labels)?;
    if column.len() != labels.len() {
        return Err(Error::data(format!("{} values for {} labels", column.len(), labels.len())));
    }
    let mut found = Vec::new();
    let mut filled = [0, 0];
    for (row, label) in labels.iter().enumerate() {
        filled[usize::from(*label)] += usize::from(!column.is_missing(row));
    }
    let missing = [totals[0] - filled[0], totals[1] - filled[1]];
    if let Some((churned, rows)) = one_sided(filled, totals) {
        found.push(LeakSign::FilledFor { churned, rows });
    } else if let Some((churned, rows)) = one_sided(missing, totals) {
        found.push(LeakSign::MissingFor { churned, rows });
    }
    let too_good = if is_named_late { TOO_GOOD_BY_NAME } else { TOO_GOOD };
    found.extend(ranks(column, labels, too_good)?);
    // Who has the value of a column that is filled for the left alone has been told already.
    if found.iter().all(|sign| !matches!(sign, LeakSign::FilledFor { churned: true, .. })) {
        found.extend(only_left(column, labels, totals));
    }
    Ok(found)
}

/// The label that has all of `counts`, where chance does not explain it and it is no handful.
fn one_sided(counts: [usize; 2], totals: [usize; 2]) -> Option<(bool, usize)> {
    let label = match counts {
        [0, rows] if rows > 0 => 1,
        [rows, 0] if rows > 0 => 0,
        _ => return None,
    };
    let least = if label == 1 { LEAST_LEFT } else { LEAST_STAYED };
    let is_handful = (counts[label] as f64) < least * totals[label] as f64;
    let share = totals[label] as f64 / (totals[0] + totals[1]) as f64;
    let chance = counts[label] as f64 * libm::log(share);
    (!is_handful && chance < libm::log(NO_CHANCE)).then_some((label == 1, counts[label]))
}

/// Whether the column ranks the labels too well, along its order or by its levels.
fn ranks(column: RawColumn<'_>, labels: &[bool], too_good: f64) -> Result<Option<LeakSign>> {
    let levels = by_level(column, labels);
    let by_level = auc(&levels, labels)?.value;
    let mut best = (by_level, true);
    if let RawColumn::Number(values) = column {
        let filled = || values.iter().zip(labels).filter(|(value, _)| !value.is_nan());
        let (own, own_labels): (Vec<f64>, Vec<bool>) = filled().map(|(v, l)| (*v, *l)).unzip();
        // Few filled rows say little of the column.
        if own.len() * 5 >= values.len() && require_both_labels(&own_labels).is_ok() {
            let area = auc(&own, &own_labels)?.value;
            let area = area.max(1.0 - area);
            if area >= best.0 && beyond_chance(area, &own_labels)? {
                best = (area, false);
            }
        }
    }
    let (area, by_level) = best;
    let is_suspect = area >= too_good && beyond_chance(area, labels)?;
    Ok(is_suspect.then_some(LeakSign::Ranks { auc: area, by_level }))
}

/// Whether an area is five standard errors above that of a column that says nothing (the variance of the
/// area under independence: Mann and Whitney, 1947).
fn beyond_chance(area: f64, labels: &[bool]) -> Result<bool> {
    let [stayed, left] = require_both_labels(labels)?.map(|count| count as f64);
    let by_chance = ((stayed + left + 1.0) / (12.0 * stayed * left)).sqrt();
    Ok(area - 0.5 > 5.0 * by_chance)
}

/// The churn of each row's level, or of the step that its number lies in, among the rows of the other half: what
/// a column alone says of customers that it was not learned from. There must be one label per row.
pub fn by_level(column: RawColumn<'_>, labels: &[bool]) -> Vec<f64> {
    let codes = codes(column);
    let count = codes.iter().max().map_or(0, |last| last + 1);
    let mean = labels.iter().filter(|label| **label).count() as f64 / labels.len() as f64;
    let mut sums = [vec![(0.0, 0.0); count], vec![(0.0, 0.0); count]];
    // Rows of each label go to both halves in turn.
    let mut next = [0, 0];
    let mut half_of = Vec::with_capacity(labels.len());
    for (code, label) in codes.iter().zip(labels) {
        let next = &mut next[usize::from(*label)];
        let half = *next % 2;
        *next += 1;
        half_of.push(half);
        let (left, rows) = &mut sums[half][*code];
        *left += f64::from(u8::from(*label));
        *rows += 1.0;
    }
    (codes.iter().zip(half_of))
        .map(|(code, half)| {
            let (left, rows) = sums[1 - half][*code];
            (left + PRIOR * mean) / (rows + PRIOR)
        })
        .collect()
}

/// The number of each row's level, or of the step that its number lies in; missing values are the last.
fn codes(column: RawColumn<'_>) -> Vec<usize> {
    match column {
        RawColumn::Category(values) => {
            let mut levels: BTreeMap<&str, usize> = BTreeMap::new();
            for level in values.iter().flatten() {
                let next = levels.len();
                levels.entry(level).or_insert(next);
            }
            let missing = levels.len();
            values.iter().map(|level| level.map_or(missing, |level| levels[level])).collect()
        }
        RawColumn::Number(values) => {
            let mut sorted: Vec<f64> =
                values.iter().copied().filter(|value| !value.is_nan()).collect();
            sorted.sort_unstable_by(f64::total_cmp);
            let mut cuts: Vec<f64> = (1..STEPS)
                .filter_map(|step| sorted.get((step * sorted.len() / STEPS).saturating_sub(1)))
                .copied()
                .collect();
            cuts.dedup();
            let step = |value: &f64| {
                if value.is_nan() {
                    cuts.len() + 1
                } else {
                    cuts.partition_point(|cut| cut < value)
                }
            };
            values.iter().map(step).collect()
        }
    }
}

/// The most frequent value that nobody stayed with, of enough customers that the worst honest one would have
/// kept some.
fn only_left(column: RawColumn<'_>, labels: &[bool], [_, left]: [usize; 2]) -> Option<LeakSign> {
    let mut counts: BTreeMap<Key<'_>, [usize; 2]> = BTreeMap::new();
    for (row, label) in labels.iter().enumerate() {
        if let Some(key) = Key::of(column, row) {
            counts.entry(key).or_default()[usize::from(*label)] += 1;
        }
    }
    let by_chance = |rows: usize| libm::pow(WORST, rows as f64) * counts.len() as f64;
    let pure = counts.iter().filter(|(_, [stayed, rows])| {
        *stayed == 0 && *rows as f64 >= LEAST_LEFT * left as f64 && by_chance(*rows) < 1e-3
    });
    // Of equals the first in their order.
    let (key, [_, rows]) = pure.max_by(|a, b| a.1[1].cmp(&b.1[1]).then(b.0.cmp(a.0)))?;
    Some(LeakSign::OnlyLeft { value: key.to_string(), rows: *rows })
}

/// A value that can be counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    Level(&'a str),
    /// The bits of a number.
    Number(u64),
}

impl<'a> Key<'a> {
    fn of(column: RawColumn<'a>, row: usize) -> Option<Self> {
        match column {
            RawColumn::Category(values) => values[row].map(Self::Level),
            // 0 and −0 are one value.
            RawColumn::Number(values) => Some(values[row] + 0.0)
                .filter(|own| !own.is_nan())
                .map(|own| Self::Number(own.to_bits())),
        }
    }
}

impl std::fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Level(level) => f.write_str(level),
            Self::Number(bits) => f64::from_bits(*bits).fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LeakSign, signs};
    use crate::churn::RawColumn;

    const ROWS: usize = 2000;

    /// Every fourth customer left.
    fn labels() -> Vec<bool> {
        (0..ROWS).map(|row| row % 4 == 0).collect()
    }

    /// Numbers from 0 to 1 that say nothing of the labels.
    fn noise(row: usize, seed: usize) -> f64 {
        let bits = (row * 31 + seed + 1).wrapping_mul(6_364_136_223_846_793_005) >> 33;
        (bits % 10_000) as f64 / 10_000.0
    }

    fn numbers(of: impl Fn(usize, bool) -> f64) -> Vec<LeakSign> {
        let left = labels();
        let values: Vec<f64> = (0..ROWS).map(|row| of(row, left[row])).collect();
        signs(RawColumn::Number(&values), &left, false).unwrap()
    }

    fn levels(of: impl Fn(usize, bool) -> Option<&'static str>) -> Vec<LeakSign> {
        let left = labels();
        let values: Vec<Option<&str>> = (0..ROWS).map(|row| of(row, left[row])).collect();
        signs(RawColumn::Category(&values), &left, false).unwrap()
    }

    #[test]
    fn a_score_made_with_the_label_is_found_in_both_directions() {
        for sign in [1.0, -1.0] {
            let found = numbers(|row, left| {
                sign * (noise(row, 1) + noise(row, 2) + if left { 1.0 } else { 0.0 })
            });
            let [LeakSign::Ranks { auc, by_level: false }] = found[..] else { panic!("{found:?}") };
            assert!((0.92..0.99).contains(&auc), "{auc}");
        }
    }

    #[test]
    fn levels_that_decide_all_but_one_are_found() {
        // 1 and 2 for the left, 4 and 5 for the others, 3 for some of either: as a number and as a level.
        let level = |row: usize, left: bool| match (left, noise(row, 3) < 0.2) {
            (_, true) => 3,
            (true, false) => 1 + row / 8 % 2,
            (false, false) => 4 + row % 2,
        };
        let found = levels(|row, left| Some(["", "1", "2", "3", "4", "5"][level(row, left)]));
        assert!(matches!(found[0], LeakSign::Ranks { by_level: true, .. }), "{found:?}");
        assert!(matches!(&found[1], LeakSign::OnlyLeft { .. }), "{found:?}");
        // Turned so that no order of the numbers tells.
        let found = numbers(|row, left| [0.0, 9.0, 1.0, 3.0, 4.0, 5.0][level(row, left)]);
        assert!(matches!(found[0], LeakSign::Ranks { .. }), "{found:?}");
    }

    #[test]
    fn a_copy_of_the_label_with_noise_is_found() {
        let found =
            levels(|row, left| Some(if left == (noise(row, 4) < 0.05) { "no" } else { "yes" }));
        assert!(matches!(found[..], [LeakSign::Ranks { auc, .. }] if auc > 0.92), "{found:?}");
    }

    #[test]
    fn a_value_that_only_the_left_have_is_found() {
        let state =
            |row: usize, left: bool| if left && noise(row, 5) < 0.1 { "closing" } else { "open" };
        let found = levels(|row, left| Some(state(row, left)));
        assert!(
            matches!(&found[..], [LeakSign::OnlyLeft { value, .. }] if value == "closing"),
            "{found:?}"
        );
        let found =
            numbers(|row, left| if left && row % 8 == 0 { 0.0 } else { noise(row, 6) + 0.1 });
        assert!(
            matches!(&found[..], [LeakSign::OnlyLeft { value, .. }] if value == "0"),
            "{found:?}"
        );
    }

    #[test]
    fn what_is_filled_or_missing_for_one_side_is_found() {
        let found = levels(|row, left| (left && row % 8 == 0).then_some("price"));
        assert!(matches!(found[0], LeakSign::FilledFor { churned: true, rows: 250 }), "{found:?}");
        let found =
            numbers(|row, left| if left && row % 8 == 0 { f64::NAN } else { noise(row, 7) });
        assert_eq!(found, [LeakSign::MissingFor { churned: true, rows: 250 }]);
        let found = numbers(|row, left| if left { f64::NAN } else { noise(row, 7) });
        assert!(found.contains(&LeakSign::FilledFor { churned: false, rows: 1500 }), "{found:?}");
    }

    #[test]
    fn honest_columns_are_not_suspected() {
        // Strong, missing here and there, missing for a handful of one side, a level nobody leaves with, a
        // level per customer.
        let strong = |row: usize, left: bool| noise(row, 8) + if left { 0.4 } else { 0.0 };
        assert_eq!(numbers(strong), []);
        assert_eq!(numbers(|row, _| if row % 7 == 0 { f64::NAN } else { noise(row, 9) }), []);
        let handful = |row: usize, left: bool| {
            if left && row < 56 { f64::NAN } else { noise(row, 10) }
        };
        assert_eq!(numbers(handful), []);
        assert_eq!(
            levels(|row, left| Some(if !left && row % 9 == 1 { "gold" } else { "basic" })),
            []
        );
        let names: Vec<String> = (0..ROWS).map(|row| format!("c{row}")).collect();
        let names: Vec<Option<&str>> = names.iter().map(|name| Some(name.as_str())).collect();
        assert_eq!(signs(RawColumn::Category(&names), &labels(), false).unwrap(), []);
        let few =
            signs(RawColumn::Number(&[1.0, 2.0, 3.0, 4.0]), &[false, false, true, true], false);
        assert_eq!(few.unwrap(), []);
    }

    #[test]
    fn a_name_that_speaks_of_the_label_takes_less() {
        let left = labels();
        let values: Vec<f64> =
            (0..ROWS).map(|row| noise(row, 11) + if left[row] { 0.4 } else { 0.0 }).collect();
        let with = |named| signs(RawColumn::Number(&values), &left, named).unwrap();
        assert!(with(false).is_empty());
        assert!(matches!(with(true)[..], [LeakSign::Ranks { .. }]));
        assert!(signs(RawColumn::Number(&values), &[true; ROWS], false).unwrap_err().is_data());
        assert!(signs(RawColumn::Number(&values[1..]), &left, false).unwrap_err().is_data());
    }
}
