//! Sums that do not depend on the order of their terms.
//!
//! A value of known bound becomes an integer count of a fixed quantum, 2⁻⁵⁰ of that bound; integers
//! add exactly. So neither the order of the rows, nor the number of threads, nor taking a term back
//! out again can change a sum. The quantum costs 2⁻⁵¹ of the bound per term, about what rounding to
//! `f64` costs.

use rayon::prelude::*;

/// Significant bits of a quantised value: below 51, so that the rounding constant of
/// [`Scale::quantise`] holds it.
const BITS: i32 = 50;

/// 1.5 · 2⁵²: adding it to a smaller `f64` leaves the nearest integer in the low bits of the mantissa.
const ROUNDING: f64 = 6_755_399_441_055_744.0;

/// Exponents outside this range would make the factor or its inverse overflow.
const EXPONENTS: std::ops::RangeInclusive<i32> = -900..=900;

/// The quantum of values up to a bound, a power of two.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    factor: f64,
    inverse: f64,
}

impl Scale {
    /// The scale of values whose magnitude is at most `bound`.
    pub(super) fn for_bound(bound: f64) -> Self {
        let exponent = power_of_two_above(bound);
        Self {
            factor: libm::ldexp(1.0, BITS - exponent),
            inverse: libm::ldexp(1.0, exponent - BITS),
        }
    }

    /// `value` in quanta, rounded to the nearest.
    pub(super) fn quantise(self, value: f64) -> i64 {
        // Two instructions that vectorise on every machine, where `as i64` is a scalar conversion.
        (value * self.factor + ROUNDING).to_bits().wrapping_sub(ROUNDING.to_bits()) as i64
    }

    /// The number that `quanta` stand for.
    pub(super) fn value(self, quanta: i128) -> f64 {
        quanta as f64 * self.inverse
    }
}

/// The least `e` in a safe range with `magnitude ≤ 2^e`.
pub(super) fn power_of_two_above(magnitude: f64) -> i32 {
    if magnitude == 0.0 {
        return 0;
    }
    libm::frexp(magnitude).1.clamp(*EXPONENTS.start(), *EXPONENTS.end())
}

/// The sum of finite `values`, the same in any order.
pub(super) fn sum(values: &[f64]) -> f64 {
    let bound = values.par_iter().map(|value| value.abs()).reduce(|| 0.0, f64::max);
    let scale = Scale::for_bound(bound);
    scale.value(values.par_iter().map(|&value| i128::from(scale.quantise(value))).sum())
}

#[cfg(test)]
mod tests {
    use super::{Scale, sum};
    use proptest::prelude::*;

    #[test]
    fn quanta_are_exact_for_small_integers() {
        let scale = Scale::for_bound(1000.0);
        for value in [-1000.0, -3.0, 0.0, 1.0, 999.0] {
            assert_eq!(scale.value(i128::from(scale.quantise(value))), value);
        }
        assert_eq!(sum(&[]), 0.0);
    }

    proptest! {
        #[test]
        fn the_sum_ignores_order_and_is_close(
            mut values in prop::collection::vec(-1e6_f64..1e6, 1..200)
        ) {
            let forward = sum(&values);
            let plain = crate::sum::compensated(values.iter().copied());
            prop_assert!((forward - plain).abs() <= 200.0 * 1e6 * 2.0_f64.powi(-50));
            values.reverse();
            prop_assert_eq!(sum(&values).to_bits(), forward.to_bits());
        }
    }
}
