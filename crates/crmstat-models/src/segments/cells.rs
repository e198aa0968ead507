//! Numbers that many customers share, such as counts and rounded amounts, spread over the continuum that
//! they stand for.
//!
//! Equal values are infinitely dense. A number of clusters judged on them finds each value to be a cluster,
//! tight without end and far from the next. Spread over its cell, a count looks like the continuum that it was
//! counted from, and what is left of a gap is one.

use crate::matrix::Matrix;
use crate::random;
use rand::RngExt;

/// How many times wider than towards the nearer neighbour the cell of a value is at most: the steps of the
/// logarithms of counts and of their roots are filled, a gap between two groups is not.
const STRETCH: f64 = 3.0;

/// The cells of the distinct values of one column.
pub(super) struct Cells {
    /// Distinct values, in ascending order.
    levels: Vec<f64>,
    /// How far the cell of each reaches below and above it.
    reach: Vec<(f64, f64)>,
}

impl Cells {
    /// Of values in ascending order.
    pub(super) fn of(sorted: &[f64]) -> Self {
        let mut levels = sorted.to_vec();
        levels.dedup();
        let mut steps: Vec<f64> = levels.windows(2).map(|pair| pair[1] - pair[0]).collect();
        // Beyond the ends the step is that of the inner side; a last value far off has none of its own.
        let end = |last: Option<&f64>, before: Option<&f64>| {
            let last = last.copied().unwrap_or(0.0);
            before.map_or(last, |before| last.min(*before))
        };
        let ends = [
            end(steps.first(), steps.get(1)),
            end(steps.last(), steps.len().checked_sub(2).and_then(|at| steps.get(at))),
        ];
        steps.insert(0, ends[0]);
        steps.push(ends[1]);
        let reach = steps.windows(2).map(|around| {
            let (below, above) = (around[0], around[1]);
            (0.5 * below.min(STRETCH * above), 0.5 * above.min(STRETCH * below))
        });
        Self { reach: reach.collect(), levels }
    }

    /// The number of distinct values.
    pub(super) fn levels(&self) -> usize {
        self.levels.len()
    }

    /// Whether there is no gap between the cells.
    pub(super) fn is_covered(&self) -> bool {
        /// Rounding, as a share of a step.
        const ROUNDING: f64 = 1e-6;
        let neighbours = self.levels.windows(2).zip(self.reach.windows(2));
        neighbours.into_iter().all(|(levels, reach)| {
            reach[0].1 + reach[1].0 >= (1.0 - ROUNDING) * (levels[1] - levels[0])
        })
    }

    /// The place of `value` within its cell, at a `share` of its width.
    fn place(&self, value: f64, share: f64) -> f64 {
        let at = self.levels.partition_point(|level| *level < value).min(self.levels.len() - 1);
        let (below, above) = self.reach[at];
        value - below + share * (below + above)
    }
}

/// `rows` with their numbers spread over their cells, one row after another; `widths` are the columns of each
/// characteristic, of which those wider than one are categories and stay.
pub(super) fn spread(rows: Matrix<'_>, widths: &[usize], seed: u64) -> Vec<f64> {
    let mut spread: Vec<f64> = rows.each_row().flatten().copied().collect();
    let mut first = 0;
    for (place, &width) in widths.iter().enumerate() {
        if width == 1 {
            let mut sorted: Vec<f64> = rows.each_row().map(|row| row[first]).collect();
            sorted.sort_unstable_by(f64::total_cmp);
            let cells = Cells::of(&sorted);
            let mut random = random::stream(seed, place as u64);
            for own in spread.iter_mut().skip(first).step_by(rows.columns()) {
                *own = cells.place(*own, random.random());
            }
        }
        first += width;
    }
    spread
}

#[cfg(test)]
mod tests {
    use super::{Cells, spread};
    use crate::matrix::Matrix;

    #[test]
    fn counts_fill_a_line_and_groups_keep_their_gap() {
        let counts: Vec<f64> = (0..30).map(f64::from).collect();
        assert!(Cells::of(&counts).is_covered());
        let logs: Vec<f64> = counts.iter().map(|count| count.ln_1p()).collect();
        assert!(Cells::of(&logs).is_covered());
        let roots: Vec<f64> = counts.iter().map(|count| count.sqrt()).collect();
        assert!(Cells::of(&roots).is_covered());
        assert!(Cells::of(&[0.0, 1.0]).is_covered());
        assert!(Cells::of(&[3.0]).is_covered());
        assert!(!Cells::of(&[10.0, 11.0, 12.0, 900.0, 901.0]).is_covered());
        let last = Cells::of(&[0.0, 1.0, 2.0, 3.0, 1000.0]);
        assert!(!last.is_covered() && last.reach[4] == (1.5, 0.5), "{:?}", last.reach);
    }

    #[test]
    fn values_stay_in_order_and_categories_as_they_are() {
        let values: Vec<f64> =
            (0..600).flat_map(|row| [f64::from(row % 7), f64::from(row % 2), 1.0]).collect();
        let found = spread(Matrix::of_finite(&values, 3), &[1, 2], 1);
        for (was, is) in values.chunks(3).zip(found.chunks(3)) {
            assert!((was[0] - is[0]).abs() <= 0.5, "{was:?} {is:?}");
            assert_eq!(was[1..], is[1..]);
        }
        let mut own: Vec<f64> = found.iter().copied().step_by(3).collect();
        own.sort_unstable_by(f64::total_cmp);
        let widest = own.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
        assert!(widest < 0.1, "{widest}");
        let constant = spread(Matrix::of_finite(&[4.0; 9], 1), &[1], 1);
        assert_eq!(constant, [4.0; 9]);
    }
}
