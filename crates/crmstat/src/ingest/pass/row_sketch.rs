//! How many rows repeat another one in every cell, at next to no cost.
//!
//! Rows are drawn by a mix of values that are parsed already; only of those drawn the whole record is
//! hashed. Equal rows have equal values, so all of them are drawn or none. The draw narrows as rows come, so
//! that the memory stays bounded: up to [`MOST`] rows of a thread all are drawn and the count is exact, beyond
//! it is an estimate without bias.

use crate::{Money, Timestamp, collections::repeat::repeat};

/// Rows that one thread remembers.
const MOST: usize = 1 << 17;

/// The rows drawn by one thread.
#[derive(Debug, Default)]
pub(crate) struct RowSketch {
    /// Bits of the mix that must be zero: the draw is of one row in `mask + 1`.
    mask: u64,
    rows: Vec<Row>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    hash: u64,
    mix: u64,
    amount: Money,
}

/// Rows that repeat another one in every cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Repeated {
    pub(crate) rows: u64,
    /// What they are worth; `None` past the range of money.
    pub(crate) amount: Option<Money>,
    /// Whether every row was looked at.
    pub(crate) is_exact: bool,
}

impl RowSketch {
    /// Takes a row of `amount` at `at`; `hash` is asked for the hash of the whole record if it is drawn.
    #[inline]
    pub(crate) fn observe(&mut self, at: Timestamp, amount: Money, hash: impl FnOnce() -> u64) {
        let mix = (at.seconds() as u64 ^ (amount.units() as u64).rotate_left(32))
            .wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mix = mix ^ (mix >> 29);
        if mix & self.mask == 0 {
            self.rows.push(Row { hash: hash(), mix, amount });
            if self.rows.len() > MOST {
                self.narrow(self.mask << 1 | 1);
            }
        }
    }

    fn narrow(&mut self, mask: u64) {
        self.mask = mask;
        self.rows.retain(|row| row.mix & mask == 0);
    }

    /// Adds the rows of another thread.
    pub(crate) fn add(&mut self, mut other: Self) {
        let mask = self.mask | other.mask;
        if self.mask != mask {
            self.narrow(mask);
        }
        if other.mask != mask {
            other.narrow(mask);
        }
        self.rows.append(&mut other.rows);
    }

    /// The rows that repeat another one.
    pub(crate) fn repeated(&mut self) -> Repeated {
        let hashes: Vec<u64> = self.rows.iter().map(|row| row.hash).collect();
        if !repeat(&hashes) {
            let is_exact = self.mask == 0;
            return Repeated { rows: 0, amount: Some(Money::ZERO), is_exact };
        }
        self.rows.sort_unstable();
        let pairs = self.rows.windows(2).filter(|pair| pair[0].hash == pair[1].hash);
        let share = self.mask + 1;
        let amounts = pairs.clone().map(|pair| pair[1].amount);
        let amount: Option<Money> = amounts.sum();
        let scaled = amount.and_then(|amount| {
            amount.units().checked_mul(i64::try_from(share).ok()?).map(Money::from_units)
        });
        Repeated { rows: pairs.count() as u64 * share, amount: scaled, is_exact: share == 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, RowSketch};
    use crate::{Money, Timestamp};

    fn observe(sketch: &mut RowSketch, row: u64) {
        let at = Timestamp::from_seconds(row as i64 * 60);
        sketch.observe(at, Money::from_units(row as i64 % 977), || row.wrapping_mul(0x9E37_79B9));
    }

    #[test]
    fn every_copy_among_few_rows_is_counted_in_any_thread() {
        let (mut one, mut other) = (RowSketch::default(), RowSketch::default());
        for row in 0..1_000 {
            observe(&mut one, row);
        }
        for row in [3, 5, 5, 2_000] {
            observe(&mut other, row);
        }
        one.add(other);
        let repeated = one.repeated();
        assert_eq!((repeated.rows, repeated.is_exact), (3, true));
        assert_eq!(repeated.amount, Some(Money::from_units(3 + 5 + 5)));
    }

    #[test]
    fn among_many_rows_copies_are_estimated_in_bounded_memory() {
        let mut sketch = RowSketch::default();
        let rows = 4 * MOST as u64;
        for row in 0..rows {
            observe(&mut sketch, row);
            if row % 10 == 0 {
                observe(&mut sketch, row);
            }
            assert!(sketch.rows.len() <= MOST);
        }
        let repeated = sketch.repeated();
        let share = repeated.rows as f64 / (rows as f64 / 10.0);
        assert!(!repeated.is_exact && (share - 1.0).abs() < 0.05, "{share}");
    }
}
