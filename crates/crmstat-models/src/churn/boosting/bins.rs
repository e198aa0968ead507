//! Features cut into at most 255 groups of about equal size, so that a split is a scan over groups.

use crate::churn::Rows;
use crate::parallel::map_chunks;
use crate::{Error, Result};

/// The group of missing values.
pub(super) const MISSING: u8 = 0;
/// Categories of a feature at most: one less than the numbers of a byte, as one group is the missing.
pub(super) const MOST_CATEGORIES: usize = 255;
/// Rows from which the cuts of a feature are taken; enough to place 255 of them to a tenth of a group.
const SAMPLE: usize = 200_000;

/// A table with each value replaced by its group, column by column.
pub(super) struct Binned {
    pub(super) features: Vec<Feature>,
    pub(super) rows: usize,
}

/// One column: a row's group is 0 where its value is missing.
pub(super) struct Feature {
    pub(super) groups: Vec<u8>,
    pub(super) kind: Kind,
    /// The groups, with that of the missing values.
    pub(super) count: usize,
}

/// What the groups of a column mean.
pub(super) enum Kind {
    /// One more than the cuts below the value. A cut is the upper end of its group: a value that equals it
    /// lies below.
    Ordered { cuts: Vec<f64> },
    /// One more than the code of the category.
    Category,
}

impl Binned {
    /// # Errors
    /// When a value is infinite, or a category is no code.
    pub(super) fn new(
        rows: Rows<'_>,
        bins: usize,
        is_category: impl Fn(usize) -> bool + Sync,
    ) -> Result<Self> {
        let features = map_chunks(rows.width(), 1, |columns| {
            let column = columns.start;
            let values = rows.column(column);
            if is_category(column) {
                Feature::of_codes(column, &values)
            } else {
                Feature::of_numbers(column, &values, bins)
            }
        });
        let features = features.into_iter().collect::<Result<Vec<_>>>()?;
        Ok(Self { features, rows: rows.len() })
    }
}

impl Feature {
    fn of_numbers(column: usize, values: &[f64], bins: usize) -> Result<Self> {
        if let Some(row) = values.iter().position(|value| value.is_infinite()) {
            return Err(Error::data(format!("column {column} of row {row} is {}", values[row]))
                .with_hint("a missing value is a NaN"));
        }
        let taken = values.len().min(SAMPLE);
        let spaced = (0..taken).map(|index| values[index * values.len() / taken]);
        let mut sorted: Vec<f64> = spaced.filter(|value| !value.is_nan()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let cuts = cuts(&sorted, bins);
        let groups = values.iter().map(|value| group(&cuts, *value)).collect();
        let count = cuts.len() + 2;
        Ok(Self { groups, kind: Kind::Ordered { cuts }, count })
    }

    fn of_codes(column: usize, values: &[f64]) -> Result<Self> {
        let mut count = 1;
        let mut groups = Vec::with_capacity(values.len());
        for (row, value) in values.iter().enumerate() {
            let group = if value.is_nan() {
                MISSING
            } else {
                let code = code(*value).ok_or_else(|| {
                    Error::data(format!("column {column} of row {row} is {value}, no category"))
                        .with_hint(format!("codes are whole, from 0 to below {MOST_CATEGORIES}"))
                })?;
                code + 1
            };
            count = count.max(usize::from(group) + 1);
            groups.push(group);
        }
        Ok(Self { groups, kind: Kind::Category, count })
    }
}

/// The code that a value stands for, if it is one.
pub(super) fn code(value: f64) -> Option<u8> {
    let is_code = value >= 0.0 && value < MOST_CATEGORIES as f64 && value.fract() == 0.0;
    is_code.then_some(value as u8)
}

/// The group of a value.
fn group(cuts: &[f64], value: f64) -> u8 {
    if value.is_nan() {
        return MISSING;
    }
    // At most 254 cuts: the sum fits.
    1 + cuts.partition_point(|cut| *cut < value) as u8
}
/// At most `bins − 1` cuts, halfway between neighbouring values, that part the values as evenly as
/// their ties allow.
fn cuts(sorted: &[f64], bins: usize) -> Vec<f64> {
    let mut cuts: Vec<f64> = Vec::new();
    let distinct = 1 + sorted.windows(2).filter(|pair| pair[0] < pair[1]).count();
    let share = if distinct <= bins { 0.0 } else { sorted.len() as f64 / bins as f64 };
    let mut last = 0;
    for (index, pair) in sorted.windows(2).enumerate() {
        let below = index + 1;
        if pair[0] < pair[1] && (below - last) as f64 >= share && cuts.len() + 1 < bins {
            let halfway = pair[0] + 0.5 * (pair[1] - pair[0]);
            // Between neighbouring floats there is no halfway, and far apart ones overflow.
            cuts.push(if halfway < pair[1] { halfway } else { pair[0] });
            last = below;
        }
    }
    cuts
}

#[cfg(test)]
mod tests {
    use super::{Binned, MISSING, code, cuts, group};
    use crate::churn::Rows;

    #[test]
    fn few_values_are_each_a_group() {
        let cuts = cuts(&[1.0, 1.0, 2.0, 4.0], 255);
        assert_eq!(cuts, [1.5, 3.0]);
        assert_eq!([1.0, 1.5, 2.0, 9.0].map(|value| group(&cuts, value)), [1, 1, 2, 3]);
        assert_eq!(group(&cuts, f64::NAN), MISSING);
    }

    #[test]
    fn many_values_share_groups_of_about_equal_size() {
        let values: Vec<f64> = (0..1000).map(f64::from).collect();
        let cuts = cuts(&values, 10);
        assert_eq!(cuts.len(), 9);
        assert_eq!((cuts[0], cuts[8]), (99.5, 899.5));
    }

    #[test]
    fn extreme_values_are_cut_too() {
        assert_eq!(cuts(&[-f64::MAX, f64::MAX], 10).len(), 1);
        assert_eq!(cuts(&[1.0, 1.0_f64.next_up()], 10), [1.0]);
        assert!(cuts(&[], 10).is_empty());
        assert!(cuts(&[3.0, 3.0], 10).is_empty());
    }

    #[test]
    fn codes_are_groups_and_other_numbers_no_codes() {
        let values = [0.0, 2.0, f64::NAN, 254.0];
        let binned = Binned::new(Rows::new(&values, 1).unwrap(), 255, |_| true).unwrap();
        assert_eq!(binned.features[0].groups, [1, 3, MISSING, 255]);
        assert_eq!(binned.features[0].count, 256);
        for wrong in [0.5, -1.0, 255.0, f64::INFINITY] {
            assert_eq!(code(wrong), None);
            let wrong = [wrong];
            let refused = Binned::new(Rows::new(&wrong, 1).unwrap(), 255, |_| true);
            assert!(refused.err().unwrap().to_string().contains("no category"));
        }
    }
}
