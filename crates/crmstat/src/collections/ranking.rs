//! Orders of many customers by one number each.

use rayon::slice::ParallelSliceMut;
use std::cmp::Reverse;

/// The indices of `keys`, the largest key first; of equals the earlier one.
pub(crate) fn largest_first<K: Ord + Copy + Send>(keys: impl Iterator<Item = K>) -> Vec<usize> {
    // Keys beside their indices: sorting indices alone would look each key up again and again.
    let mut order: Vec<(Reverse<K>, usize)> = keys.map(Reverse).zip(0..).collect();
    order.par_sort_unstable();
    order.into_iter().map(|(_, index)| index).collect()
}

/// A whole number that is to others as [`f64::total_cmp`] says of `number`.
pub(crate) fn rank(number: f64) -> i64 {
    let bits = number.to_bits() as i64;
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

#[cfg(test)]
mod tests {
    use super::{largest_first, rank};
    use proptest::prelude::*;

    #[test]
    fn equals_stay_in_order() {
        assert_eq!(largest_first([2, 7, 2, 7, 1].into_iter()), [1, 3, 0, 2, 4]);
    }

    proptest! {
        #[test]
        fn ranks_are_ordered_as_numbers(a in any::<f64>(), b in any::<f64>()) {
            prop_assert_eq!(rank(a).cmp(&rank(b)), a.total_cmp(&b));
        }
    }
}
