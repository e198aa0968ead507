//! Discounts: what they are, and what is left of a price after them.

use super::Money;
use crate::{Error, Result};

/// What the cells of a column of discounts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DiscountUnit {
    /// Money off the row.
    Amount,
    /// Per cent of price times quantity.
    Percent,
    /// A fraction of price times quantity.
    Fraction,
    /// Left aside.
    None,
}

impl DiscountUnit {
    /// The name used by `--discounts`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Amount => "amount",
            Self::Percent => "percent",
            Self::Fraction => "fraction",
            Self::None => "none",
        }
    }

    /// What a discount of the whole price is, in units of money; `None` where the unit is no share.
    pub(crate) const fn whole(self) -> Option<i64> {
        match self {
            Self::Percent => Some(100 * Money::SCALE),
            Self::Fraction => Some(Money::SCALE),
            Self::Amount | Self::None => None,
        }
    }

    /// The money of `discount` off `full`, with the sign of `full`.
    ///
    /// # Errors
    /// A discount that is larger than what it is taken from.
    pub(crate) fn off(self, full: Money, discount: Money) -> Result<Money, &'static str> {
        let off = match self.whole() {
            _ if self == Self::None => 0,
            Some(whole) => scaled(full.units(), discount.units(), whole).unwrap_or(i64::MAX),
            None if full.is_negative() => -discount.units(),
            None => discount.units(),
        };
        if off.unsigned_abs() > full.units().unsigned_abs() {
            return Err("the discount is larger than the price");
        }
        Ok(Money::from_units(off))
    }

    /// The money of `discount` off a row that is worth `net` after it, without a sign; `None` where nothing is
    /// left to tell it by.
    pub(crate) fn off_before(self, net: Money, discount: Money) -> Option<Money> {
        let units = match self.whole() {
            Some(whole) => scaled(net.units(), discount.units(), whole - discount.units())?,
            None => discount.units(),
        };
        Some(Money::from_units(units.saturating_abs()))
    }
}

impl std::str::FromStr for DiscountUnit {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        [Self::Amount, Self::Percent, Self::Fraction, Self::None]
            .into_iter()
            .find(|unit| unit.name() == text)
            .ok_or_else(|| {
                Error::usage(format!("`{text}` is nothing that discounts are"))
                    .with_hint("one of `amount`, `percent`, `fraction`, `none`")
            })
    }
}

/// `value × times / over`, rounded half away from zero; `None` over nothing or past the range.
fn scaled(value: i64, times: i64, over: i64) -> Option<i64> {
    let (product, over) = (i128::from(value) * i128::from(times), i128::from(over));
    let rounded = (product * 2 + product.signum() * over).checked_div(over * 2)?;
    i64::try_from(rounded).ok()
}

#[cfg(test)]
mod tests {
    use super::DiscountUnit;
    use crate::Money;

    fn money(units: i64) -> Money {
        Money::from_units(units)
    }

    #[test]
    fn shares_are_of_the_price_and_amounts_are_amounts() {
        let off = |unit: DiscountUnit, full: i64, discount: i64| {
            unit.off(money(full), money(discount)).map(Money::units)
        };
        assert_eq!(off(DiscountUnit::Fraction, 2_000_000, 1_500), Ok(300_000));
        assert_eq!(off(DiscountUnit::Percent, 2_000_000, 150_000), Ok(300_000));
        assert_eq!(off(DiscountUnit::Amount, 2_000_000, 150_000), Ok(150_000));
        assert_eq!(off(DiscountUnit::None, 2_000_000, 150_000), Ok(0));
        // Goods that come back take their discount along.
        assert_eq!(off(DiscountUnit::Amount, -2_000_000, 150_000), Ok(-150_000));
        assert_eq!(off(DiscountUnit::Fraction, -2_000_000, 1_500), Ok(-300_000));
        assert!(off(DiscountUnit::Amount, 100, 101).is_err());
    }

    #[test]
    fn a_share_is_found_again_in_what_is_left() {
        let before = |unit: DiscountUnit, net: i64, discount: i64| {
            unit.off_before(money(net), money(discount)).map(Money::units)
        };
        assert_eq!(before(DiscountUnit::Fraction, 1_700_000, 1_500), Some(300_000));
        assert_eq!(before(DiscountUnit::Percent, -1_700_000, 150_000), Some(300_000));
        assert_eq!(before(DiscountUnit::Amount, 85, 15), Some(15));
        assert_eq!(before(DiscountUnit::Percent, 0, 1_000_000), None);
    }
}
