//! Features cut into at most 255 groups of about equal size, so that a split is a scan over groups.

use crate::churn::Rows;
use crate::parallel::map_chunks;
use crate::{Error, Result};

/// The group of missing values.
pub(super) const MISSING: u8 = 0;
/// Rows from which the cuts of a feature are taken; enough to place 255 of them to a tenth of a group.
const SAMPLE: usize = 200_000;

/// A table with each value replaced by its group, column by column.
pub(super) struct Binned {
    pub(super) features: Vec<Feature>,
    pub(super) rows: usize,
}

/// One column: a row's group is 0 where its value is missing, else one more than the cuts below it.
pub(super) struct Feature {
    pub(super) groups: Vec<u8>,
    /// The upper ends of all groups but the last: a value that equals a cut lies below it.
    pub(super) cuts: Vec<f64>,
}

impl Binned {
    /// # Errors
    /// When a value is infinite.
    pub(super) fn new(rows: Rows<'_>, bins: usize) -> Result<Self> {
        let features =
            map_chunks(rows.width(), 1, |columns| Feature::of(rows, columns.start, bins));
        let features = features.into_iter().collect::<Result<Vec<_>>>()?;
        Ok(Self { features, rows: rows.len() })
    }
}

impl Feature {
    fn of(rows: Rows<'_>, column: usize, bins: usize) -> Result<Self> {
        let values = rows.column(column);
        if let Some(row) = values.iter().position(|value| value.is_infinite()) {
            return Err(Error::data(format!("column {column} of row {row} is {}", values[row]))
                .with_hint("a missing value is a NaN"));
        }
        let taken = values.len().min(SAMPLE);
        let spaced = (0..taken).map(|index| values[index * values.len() / taken]);
        let mut sorted: Vec<f64> = spaced.filter(|value| !value.is_nan()).collect();
        sorted.sort_by(f64::total_cmp);
        let cuts = cuts(&sorted, bins);
        let groups = values.iter().map(|value| group(&cuts, *value)).collect();
        Ok(Self { groups, cuts })
    }
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
    use super::{MISSING, cuts, group};

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
}
