//! Exact amounts of money.

use serde::Serialize;
use std::{fmt, iter::Sum, ops::Neg};

/// An amount in units of 1/10,000 of the currency, exact from the parser to the last sum.
///
/// Four decimals hold every currency's minor unit and the unit prices that invoices carry; 64 bits hold
/// 922 trillion either way. Arithmetic is checked: an overflow is `None`, never a wrong number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Money(#[serde(serialize_with = "super::serialise::money")] i64);

impl Money {
    /// Decimals of the fixed scale.
    pub const DECIMALS: u32 = 4;
    /// Units in one whole: 10 to the power of [`Money::DECIMALS`].
    pub const SCALE: i64 = 10_i64.pow(Self::DECIMALS);
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// `units` of 1/10,000.
    pub const fn from_units(units: i64) -> Self {
        Self(units)
    }

    /// The amount in units of 1/10,000.
    pub const fn units(self) -> i64 {
        self.0
    }

    /// `whole` units of the currency, or `None` past the range.
    pub fn from_whole(whole: i64) -> Option<Self> {
        whole.checked_mul(Self::SCALE).map(Self)
    }

    /// `value` rounded half away from zero to four decimals, or `None` when not finite or past the range.
    pub fn from_f64(value: f64) -> Option<Self> {
        let units = (value * Self::SCALE as f64).round();
        // 2^63 is exact as a float; anything below it in magnitude fits.
        (units.abs() < 9_223_372_036_854_775_808.0).then_some(Self(units as i64))
    }

    /// The amount as a float: where models begin.
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / Self::SCALE as f64
    }

    /// The sum, or `None` past the range.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, or `None` past the range.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// Above zero.
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Below zero.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }
}

impl Neg for Money {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

/// The exact sum, or `None` past the range. Partial sums are wide, so order does not matter.
impl Sum<Money> for Option<Money> {
    fn sum<I: Iterator<Item = Money>>(amounts: I) -> Self {
        let total: i128 = amounts.map(|amount| i128::from(amount.0)).sum();
        i64::try_from(total).ok().map(Money)
    }
}

/// Reads plain digits, such as `1234.5` or `-0.0001`: a point, no grouping, at most four decimals that are
/// not zero.
impl std::str::FromStr for Money {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (whole, decimals) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let significant = decimals.trim_end_matches('0');
        let is_amount = !whole.is_empty() && are_digits(whole) && are_digits(decimals);
        let units = (is_amount && significant.len() <= Self::DECIMALS as usize)
            .then(|| format!("{whole}{significant:0<4}").parse::<i128>().ok())
            .flatten()
            .map(|units| if text.starts_with('-') { -units } else { units });
        units.and_then(|units| i64::try_from(units).ok()).map(Self).ok_or_else(|| {
            crate::Error::usage(format!("`{text}` is not an amount"))
                .with_hint("write it as 1234.5, with at most four decimals")
        })
    }
}

/// Plain digits, a point, no trailing zeros beyond two decimals: `1234.50`, `-0.0001`, `12.00`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let scale = Self::SCALE.unsigned_abs();
        let (whole, fraction) = (magnitude / scale, magnitude % scale);
        let sign = if self.0 < 0 { "-" } else { "" };
        if fraction % 100 == 0 {
            write!(f, "{sign}{whole}.{:02}", fraction / 100)
        } else {
            let digits = format!("{fraction:04}");
            write!(f, "{sign}{whole}.{}", digits.trim_end_matches('0'))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Money;

    #[test]
    fn prints_what_was_meant() {
        for (units, text) in [
            (0, "0.00"),
            (12_345_600, "1234.56"),
            (-1, "-0.0001"),
            (10_500, "1.05"),
            (10_120, "1.012"),
        ] {
            assert_eq!(Money::from_units(units).to_string(), text);
        }
        assert_eq!(Money::from_units(i64::MIN).to_string(), "-922337203685477.5808");
    }

    #[test]
    fn what_is_printed_is_read() {
        for units in [0, 12_345_600, -1, 10_500, 10_120, i64::MAX, i64::MIN] {
            let amount = Money::from_units(units);
            assert_eq!(amount.to_string().parse::<Money>().unwrap(), amount);
        }
        assert_eq!("7".parse::<Money>().unwrap(), Money::from_units(70_000));
        assert_eq!("+0.500000".parse::<Money>().unwrap(), Money::from_units(5_000));
        for text in ["", "-", ".5", "1,5", "1e3", "0.00001", "1 000", "922337203685478"] {
            assert!(text.parse::<Money>().unwrap_err().is_usage(), "{text}");
        }
    }

    #[test]
    fn sums_do_not_depend_on_order_even_past_the_range_in_between() {
        let amounts = [i64::MAX, 1, -1].map(Money::from_units);
        assert_eq!(amounts.iter().copied().sum::<Option<Money>>(), Some(amounts[0]));
        assert_eq!(amounts[..2].iter().copied().sum::<Option<Money>>(), None);
    }

    #[test]
    fn floats_that_do_not_fit_are_refused() {
        assert_eq!(Money::from_f64(0.29), Some(Money::from_units(2900)));
        assert_eq!(Money::from_f64(f64::NAN), None);
        assert_eq!(Money::from_f64(1e15), None);
    }
}
