//! A guard against features that carry the future.
//!
//! A column that was filled in after the customer left, or computed after the cutoff, predicts the label
//! too well: so well that on real data it can only have seen it.

use super::evaluation::{auc, require_both_labels};
use super::sample::Sample;
use crate::Result;

/// A column that carries the label, and how that shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Leak {
    /// The column.
    pub column: usize,
    /// How it shows.
    pub sign: LeakSign,
}

/// How a column gives the future away.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LeakSign {
    /// Its values alone tell who leaves.
    Ranks {
        /// The AUC of the column, turned to be at least one half.
        auc: f64,
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

/// An AUC that no honest feature of real customers reaches alone: days of silence, the best of them,
/// reach 0.76 on real orders.
const TOO_GOOD: f64 = 0.99;
/// A pattern that chance would make in one of a million columns is no chance.
const NO_CHANCE: f64 = 1e-6;

/// The columns that carry the label, in order; each with the first sign found.
///
/// A missing value is a NaN. A column must rank its filled rows by more than their number could by
/// chance, so a handful of rows accuses nobody.
///
/// # Errors
/// When only one label is there, or a value is infinite.
pub fn find_leaks(sample: Sample<'_>) -> Result<Vec<Leak>> {
    let labels = sample.labels();
    let [stayed, left] = require_both_labels(labels)?;
    let mut leaks = Vec::new();
    for column in 0..sample.rows().width() {
        let values = sample.rows().column(column);
        let rows = values.iter().copied().zip(labels.iter().copied());
        let (filled, filled_labels): (Vec<f64>, Vec<bool>) =
            rows.filter(|(value, _)| !value.is_nan()).unzip();
        let filled_left = filled_labels.iter().filter(|label| **label).count();
        let filled_stayed = filled.len() - filled_left;
        let sign = one_sided([filled_stayed, filled_left], [stayed, left])
            .map(|(churned, rows)| LeakSign::FilledFor { churned, rows })
            .or_else(|| {
                one_sided([stayed - filled_stayed, left - filled_left], [stayed, left])
                    .map(|(churned, rows)| LeakSign::MissingFor { churned, rows })
            });
        let sign = match sign {
            Some(sign) => Some(sign),
            None if filled_left > 0 && filled_stayed > 0 => ranks(&filled, &filled_labels)?,
            None => None,
        };
        leaks.extend(sign.map(|sign| Leak { column, sign }));
    }
    Ok(leaks)
}

/// The label that has all of `counts`, where chance does not explain it.
fn one_sided(counts: [usize; 2], totals: [usize; 2]) -> Option<(bool, usize)> {
    let label = match counts {
        [0, rows] if rows > 0 => 1,
        [rows, 0] if rows > 0 => 0,
        _ => return None,
    };
    let share = totals[label] as f64 / (totals[0] + totals[1]) as f64;
    let chance = counts[label] as f64 * libm::log(share);
    (chance < libm::log(NO_CHANCE)).then_some((label == 1, counts[label]))
}

/// Whether the values rank the labels too well: by five standard errors of a column that says nothing.
fn ranks(values: &[f64], labels: &[bool]) -> Result<Option<LeakSign>> {
    let [stayed, left] = require_both_labels(labels)?.map(|count| count as f64);
    let area = auc(values, labels)?.value;
    let area = area.max(1.0 - area);
    // The variance of the area under independence (Mann and Whitney, 1947).
    let by_chance = ((stayed + left + 1.0) / (12.0 * stayed * left)).sqrt();
    let sign = LeakSign::Ranks { auc: area };
    Ok((area >= TOO_GOOD && area - 0.5 > 5.0 * by_chance).then_some(sign))
}

#[cfg(test)]
mod tests {
    use super::{Leak, LeakSign, find_leaks};
    use crate::churn::{Rows, Sample};

    #[test]
    fn planted_leaks_are_found_and_honest_columns_are_not() {
        let labels: Vec<bool> = (0..400).map(|row| row % 3 == 0).collect();
        let values: Vec<f64> = labels
            .iter()
            .enumerate()
            .flat_map(|(row, left)| {
                let noise = (row * 37 % 101) as f64;
                [
                    // Honest: better than chance, far from perfect.
                    noise + if *left { 30.0 } else { 0.0 },
                    // Recency measured at the end of the data: those who left have long been silent.
                    noise + if *left { 200.0 } else { 0.0 },
                    // A reason for leaving, filled for half of those who left.
                    if *left && row % 2 == 0 { noise } else { f64::NAN },
                    // A renewal date, missing for half of those who left.
                    if *left && row % 2 == 0 { f64::NAN } else { noise },
                    // Missing here and there.
                    if row % 7 == 0 { f64::NAN } else { noise },
                ]
            })
            .collect();
        let sample = Sample::new(Rows::new(&values, 5).unwrap(), &labels).unwrap();
        assert_eq!(
            find_leaks(sample).unwrap(),
            [
                Leak { column: 1, sign: LeakSign::Ranks { auc: 1.0 } },
                Leak { column: 2, sign: LeakSign::FilledFor { churned: true, rows: 67 } },
                Leak { column: 3, sign: LeakSign::MissingFor { churned: true, rows: 67 } },
            ]
        );
    }

    #[test]
    fn a_handful_of_rows_accuses_nobody() {
        let (values, labels) = ([1.0, 2.0, 3.0, 4.0], [false, false, true, true]);
        let sample = Sample::new(Rows::new(&values, 1).unwrap(), &labels).unwrap();
        assert_eq!(find_leaks(sample).unwrap(), []);
        let one = Sample::new(Rows::new(&values, 1).unwrap(), &[true; 4]).unwrap();
        assert!(find_leaks(one).unwrap_err().is_data());
    }
}
