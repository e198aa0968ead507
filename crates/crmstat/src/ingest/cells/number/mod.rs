//! Money and numbers in the ways CRMs write them.
//!
//! An amount is read in integers from the first digit to the last: never through a float. A column uses
//! one decimal sign, decided by [`NumberEvidence`]; the other sign can only group thousands, so that
//! `1.234,56` under a decimal point is invalid rather than 1.234.

mod evidence;
mod scan;
#[cfg(test)]
mod tests;

pub(crate) use evidence::NumberEvidence;

use super::{Parsed, ZEROS, digit_pairs};
use crate::{Money, collections::short_text::Cell, data::Currency};
use serde::{Deserialize, Serialize};

/// The decimal sign of a column; the other one groups thousands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decimal {
    /// `1,234.56`
    Point,
    /// `1.234,56`
    Comma,
}

impl Decimal {
    /// The sign itself.
    const fn sign(self) -> u8 {
        match self {
            Self::Point => b'.',
            Self::Comma => b',',
        }
    }
}

impl std::str::FromStr for Decimal {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "point" => Ok(Self::Point),
            "comma" => Ok(Self::Comma),
            _ => Err(crate::Error::usage(format!("`{text}` is not a decimal sign"))
                .with_hint("one of `point`, `comma`")),
        }
    }
}

/// A parser of the numbers of one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NumberFormat {
    decimal: Decimal,
}

/// An amount of money as a cell writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Amount {
    /// The amount.
    pub(crate) money: Money,
    /// The currency, where the cell names it.
    pub(crate) currency: Option<Currency>,
    /// Whether decimals beyond [`Money::DECIMALS`] were rounded off, half away from zero.
    pub(crate) rounded: bool,
}

/// The longest cell of the fast path: 14 digits and the four decimals of [`Money`] stay below 2^63.
const FAST_LENGTH: usize = 14;

/// What a mantissa of 0 to 4 decimals is multiplied by to count units of money.
const UNITS: [i64; 5] = [10_000, 1_000, 100, 10, 1];

impl std::fmt::Display for NumberFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.decimal {
            Decimal::Point => "decimal point",
            Decimal::Comma => "decimal comma",
        })
    }
}

/// The whole number in `cell` of `buffer`, where it has no other digits than that number is written with: up to eleven
/// of them, no zero before them.
#[inline]
pub(crate) fn small_number(buffer: &[u8], cell: Cell) -> Option<u64> {
    let (start, len) = (cell.start as usize, cell.len as usize);
    if !(1..=11).contains(&len) || (buffer.get(start) == Some(&b'0') && len > 1) {
        return None;
    }
    // A load of eight bytes wherever the buffer goes on that far.
    let low = |from: usize, len: usize| {
        let missing = 8 * (8 - len);
        let bytes = match buffer.get(from..).and_then(|rest| rest.first_chunk::<8>()) {
            Some(bytes) => u64::from_le_bytes(*bytes),
            None => {
                let mut bytes = [0; 8];
                bytes[..len].copy_from_slice(buffer.get(from..from + len)?);
                u64::from_le_bytes(bytes)
            }
        };
        let pairs = digit_pairs(bytes << missing | ZEROS & ((1 << missing) - 1))?;
        let pair = |at: u32| pairs >> (16 * at) & 0xFF;
        Some((pair(0) * 100 + pair(1)) * 10_000 + pair(2) * 100 + pair(3))
    };
    if len <= 8 {
        return low(start, len);
    }
    let power = [10, 100, 1_000][len - 9];
    Some(low(start, 8)? * power + low(start + 8, len - 8)?)
}

impl NumberFormat {
    /// The decimal sign.
    pub(crate) const fn decimal(self) -> Decimal {
        self.decimal
    }

    /// A parser of numbers with this decimal sign.
    pub(crate) const fn new(decimal: Decimal) -> Self {
        Self { decimal }
    }

    /// Reads an exact amount of money.
    ///
    /// Takes plain digits; thousands grouped by the other sign, by spaces of any kind or by apostrophes;
    /// a sign before or after, or parentheses; a currency before or after; an exponent.
    #[inline]
    pub(crate) fn money(self, cell: &[u8]) -> Parsed<Amount> {
        match self.plain_money(cell) {
            Some(money) => Parsed::Value(Amount { money, currency: None, rounded: false }),
            None => self.any_money(cell),
        }
    }

    /// The amount in a cell of the hot path: a plain number with no more decimals than money has.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "called for every cell of the hot path")]
    pub(crate) fn plain_money(self, cell: &[u8]) -> Option<Money> {
        let (mantissa, decimals) = self.short(cell).or_else(|| self.plain(cell))?;
        Some(Money::from_units(mantissa * UNITS.get(decimals)?))
    }

    /// As [`NumberFormat::plain`], for four to eight bytes without a minus, all at once.
    #[inline(always)]
    fn short(self, cell: &[u8]) -> Option<(i64, usize)> {
        const ONES: u64 = 0x0101_0101_0101_0101;
        const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
        if !(4..=8).contains(&cell.len()) {
            return None;
        }
        let (first, last) = (cell.first_chunk::<4>()?, cell.last_chunk::<4>()?);
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        // The last byte in the highest place, zeros before the first.
        let missing = 8 * (8 - cell.len());
        let text = u64::from(first) << missing | u64::from(last) << 32;
        let text = text | ZEROS & ((1 << missing) - 1);
        // The lowest byte that is the decimal sign has its high bit set.
        let differs = text ^ (ONES * u64::from(self.decimal.sign()));
        let signs = differs.wrapping_sub(ONES) & !differs & HIGH_BITS;
        let (digits, decimals) = if signs == 0 {
            (text, 0)
        } else {
            let place = signs.trailing_zeros() as usize / 8;
            // The digits before the sign move up to close the gap.
            let before = text & ((1 << (8 * place)) - 1);
            let after = text & !(u64::MAX >> (56 - 8 * place));
            if place == missing / 8 || after == 0 {
                return None;
            }
            (before << 8 | after | u64::from(b'0'), 7 - place)
        };
        let pairs = digit_pairs(digits)?;
        let pair = |at: u32| (pairs >> (16 * at) & 0xFF) as i64;
        let number = (pair(0) * 100 + pair(1)) * 10_000 + pair(2) * 100 + pair(3);
        Some((number, decimals))
    }

    /// Reads a finite number; `20 %` is 20. A currency beside it is left aside.
    #[inline]
    pub(crate) fn number(self, cell: &[u8]) -> Parsed<f64> {
        match self.plain(cell) {
            // Both operands are exact, so that the quotient is the nearest float.
            Some((mantissa, decimals)) => {
                Parsed::Value(mantissa as f64 / scan::POWERS_OF_TEN[decimals])
            }
            None => self.any_number(cell),
        }
    }

    /// The hot path: an optional minus, digits, at most one decimal sign with digits on both sides.
    /// Gives the mantissa and the number of decimals.
    #[inline]
    fn plain(self, cell: &[u8]) -> Option<(i64, usize)> {
        let (negative, digits) = match cell {
            [b'-', rest @ ..] => (true, rest),
            _ => (false, cell),
        };
        if digits.is_empty() || digits.len() > FAST_LENGTH {
            return None;
        }
        let sign = self.decimal.sign();
        let mut mantissa = 0_i64;
        // The place just after the decimal sign; 0 while there is none.
        let mut decimals_start = 0;
        for (place, &byte) in digits.iter().enumerate() {
            let digit = byte.wrapping_sub(b'0');
            if digit <= 9 {
                mantissa = mantissa * 10 + i64::from(digit);
            } else if byte == sign && decimals_start == 0 && place > 0 {
                decimals_start = place + 1;
            } else {
                return None;
            }
        }
        let decimals = if decimals_start == 0 {
            0
        } else if decimals_start == digits.len() {
            return None;
        } else {
            digits.len() - decimals_start
        };
        Some((if negative { -mantissa } else { mantissa }, decimals))
    }

    /// Reads an amount or per cent, which `true` says: `15%` is 15.
    pub(crate) fn money_or_percent(self, cell: &[u8]) -> Parsed<(Money, bool)> {
        match self.plain_money(cell) {
            Some(money) => Parsed::Value((money, false)),
            None => self.scaled(cell).map(|(amount, is_percent)| (amount.money, is_percent)),
        }
    }

    #[cold]
    fn any_money(self, cell: &[u8]) -> Parsed<Amount> {
        match self.scaled(cell) {
            Parsed::Value((_, true)) => Parsed::Invalid("a percentage is not an amount"),
            found => found.map(|(amount, _)| amount),
        }
    }

    /// A number at the scale of money, and whether it is per cent.
    fn scaled(self, cell: &[u8]) -> Parsed<(Amount, bool)> {
        let scanned = match scan::scan(cell, self.decimal) {
            Parsed::Value(scanned) => scanned,
            Parsed::Missing => return Parsed::Missing,
            Parsed::Invalid(reason) => return Parsed::Invalid(reason),
        };
        match scanned.digits.to_scaled(Money::DECIMALS) {
            Some((units, rounded)) => {
                let money = Money::from_units(units);
                let amount = Amount { money, currency: scanned.currency, rounded };
                Parsed::Value((amount, scanned.percent))
            }
            None => Parsed::Invalid("an amount past the range of money"),
        }
    }

    #[cold]
    fn any_number(self, cell: &[u8]) -> Parsed<f64> {
        match scan::scan(cell, self.decimal) {
            Parsed::Value(scanned) => match scanned.digits.to_f64() {
                Some(number) => Parsed::Value(number),
                None => Parsed::Invalid("a number past the range of floats"),
            },
            Parsed::Missing => Parsed::Missing,
            Parsed::Invalid(reason) => Parsed::Invalid(reason),
        }
    }
}
