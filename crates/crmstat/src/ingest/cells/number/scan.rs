//! Numbers in full generality, behind the fast path.

use super::Decimal;
use crate::{
    data::Currency,
    ingest::cells::{
        Parsed,
        text::{says_nothing, unwrapped},
    },
};

/// Powers of ten that a float holds exactly.
pub(super) const POWERS_OF_TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Integers up to this are exact as floats: 2^53.
const EXACT_FLOAT: u128 = 1 << 53;

/// Significant digits kept: as many as 128 bits always hold.
const KEPT_DIGITS: u32 = 38;

/// Exponents beyond this are past every range; the bound keeps their sum from overflowing.
const LARGEST_EXPONENT: i32 = 100_000;

/// A decimal number: `mantissa × 10^exponent` with a sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Digits {
    pub(super) negative: bool,
    pub(super) mantissa: u128,
    pub(super) exponent: i32,
    /// Whether digits other than zero past [`KEPT_DIGITS`] were dropped.
    pub(super) cut: bool,
}

impl Digits {
    /// The number times 10^`decimals`, rounded half away from zero, and whether it had to be rounded;
    /// `None` past 64 bits.
    pub(super) fn to_scaled(self, decimals: u32) -> Option<(i64, bool)> {
        let shift = self.exponent + decimals as i32;
        let (magnitude, rounded) = if self.mantissa == 0 {
            (0, self.cut)
        } else if shift >= 0 {
            let factor = 10_u128.checked_pow(shift.unsigned_abs())?;
            (self.mantissa.checked_mul(factor)?, self.cut)
        } else {
            // Past 38 places nothing of the mantissa is left, not even a half.
            match 10_u128.checked_pow(shift.unsigned_abs()) {
                Some(divisor) => {
                    let (whole, rest) = (self.mantissa / divisor, self.mantissa % divisor);
                    (whole + u128::from(rest >= divisor - rest), rest != 0 || self.cut)
                }
                None => (0, true),
            }
        };
        let signed = i128::try_from(magnitude).ok()?;
        let units = i64::try_from(if self.negative { -signed } else { signed }).ok()?;
        Some((units, rounded))
    }

    /// The nearest float, or `None` past the range.
    pub(super) fn to_f64(self) -> Option<f64> {
        let power = POWERS_OF_TEN.get(self.exponent.unsigned_abs() as usize);
        let magnitude: f64 = match power {
            // Both operands are exact, so that one operation rounds once (Clinger's fast path).
            Some(power) if self.mantissa <= EXACT_FLOAT => {
                let mantissa = self.mantissa as f64;
                if self.exponent < 0 { mantissa / power } else { mantissa * power }
            }
            _ => format!("{}e{}", self.mantissa, self.exponent).parse().ok()?,
        };
        // Adding zero turns a negative zero into zero.
        let number = if self.negative { -magnitude } else { magnitude } + 0.0;
        number.is_finite().then_some(number)
    }
}

/// A number and what stands beside it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scanned {
    pub(super) digits: Digits,
    pub(super) currency: Option<Currency>,
    pub(super) percent: bool,
}

/// Reads any cell as a number with this decimal sign.
pub(super) fn scan(cell: &[u8], decimal: Decimal) -> Parsed<Scanned> {
    let Some(text) = unwrapped(cell) else {
        return Parsed::Invalid("not UTF-8");
    };
    if says_nothing(text) {
        return Parsed::Missing;
    }
    if text.starts_with('#') {
        return Parsed::Invalid("an error of a spreadsheet");
    }
    let bare = match bare(text) {
        Ok(bare) => bare,
        Err(reason) => return Parsed::Invalid(reason),
    };
    match digits(bare.body, decimal) {
        Ok(digits) => Parsed::Value(Scanned {
            digits: Digits { negative: bare.negative, ..digits },
            currency: bare.currency,
            percent: bare.percent,
        }),
        Err(reason) => Parsed::Invalid(reason),
    }
}

/// The digits of a cell apart from what surrounds them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bare<'a> {
    /// Digits, separators and perhaps an exponent.
    pub(super) body: &'a str,
    pub(super) negative: bool,
    pub(super) currency: Option<Currency>,
    pub(super) percent: bool,
}

/// Takes signs, parentheses, currencies and the percent sign off.
pub(super) fn bare(text: &str) -> Result<Bare<'_>, &'static str> {
    let mut bare = Bare { body: text, negative: false, currency: None, percent: false };
    let mut signed = false;
    loop {
        let body = bare.body.trim_matches(is_space);
        let (rest, minus) =
            if let Some(inner) = body.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
                (inner, true)
            } else if let Some(rest) = body.strip_prefix(is_minus).or(body.strip_suffix(is_minus)) {
                (rest, true)
            } else if let Some(rest) = body.strip_prefix('+') {
                (rest, false)
            } else if let Some(rest) = body.strip_suffix('%') {
                if bare.percent {
                    return Err("not a number");
                }
                (bare.percent, bare.body) = (true, rest);
                continue;
            } else if let Some((rest, name)) = split_currency(body) {
                let currency = Currency::from_name(name).ok_or("not a number")?;
                if bare.currency.is_some_and(|known| known != currency) {
                    return Err("two currencies in one cell");
                }
                (bare.currency, bare.body) = (Some(currency), rest);
                continue;
            } else {
                bare.body = body;
                return Ok(bare);
            };
        if signed {
            return Err("more than one sign");
        }
        (signed, bare.negative, bare.body) = (true, minus, rest);
    }
}

/// Splits a currency's name off the beginning or the end of `body`.
fn split_currency(body: &str) -> Option<(&str, &str)> {
    let begins = |c: char| c.is_ascii_digit() || is_minus(c) || matches!(c, '+' | '(' | '.' | ',');
    let start = body.find(begins)?;
    if start > 0 {
        // The point of `руб.100` belongs to the word, that of `$.50` to the number.
        let abbreviated =
            body[start..].starts_with('.') && Currency::from_name(&body[..=start]).is_some();
        let (name, rest) = body.split_at(start + usize::from(abbreviated));
        return Some((rest, name));
    }
    let ends = |c: char| c.is_ascii_digit() || is_minus(c) || matches!(c, ')' | '%');
    let (last, c) = body.char_indices().rev().find(|&(_, c)| ends(c))?;
    let (rest, name) = body.split_at(last + c.len_utf8());
    // `5.` and `5,` end with a decimal sign.
    let name = name.trim_matches(is_space);
    (!matches!(name, "" | "." | ",")).then_some((rest, name))
}

/// Reads digits, groups, the decimal sign and an exponent.
pub(super) fn digits(body: &str, decimal: Decimal) -> Result<Digits, &'static str> {
    let lowered = body.trim_start_matches(is_sign).to_lowercase();
    if matches!(lowered.as_str(), "nan" | "inf" | "infinity" | "∞") {
        return Err("not a finite number");
    }
    let sign = char::from(decimal.sign());
    let mut number = Digits::default();
    let mut digits_seen = 0_u32;
    let mut groups = Groups { is_zero_first: body.starts_with('0'), ..Groups::default() };
    let mut in_fraction = false;
    let mut characters = body.char_indices();
    while let Some((place, c)) = characters.next() {
        if let Some(digit) = c.to_digit(10) {
            digits_seen += 1;
            groups.digits += 1;
            number.push(digit, in_fraction);
        } else if c == sign {
            if in_fraction {
                return Err("two decimal signs");
            }
            if !groups.may_end() {
                return Err(NOT_IN_THREES);
            }
            in_fraction = true;
        } else if matches!(c, 'e' | 'E') && digits_seen > 0 {
            if !in_fraction && !groups.may_end() {
                return Err(NOT_IN_THREES);
            }
            number.exponent += exponent(characters.as_str())?;
            return Ok(number);
        } else if let Some(kind) = group_separator(c) {
            let next_is_digit =
                body[place + c.len_utf8()..].starts_with(|next: char| next.is_ascii_digit());
            if in_fraction || !next_is_digit || !groups.separate(kind) {
                return Err(misplaced(decimal, kind));
            }
        } else {
            return Err("not a number");
        }
    }
    if digits_seen == 0 {
        return Err("not a number");
    }
    match groups.separator {
        Some(kind) if !in_fraction && !groups.may_end() => Err(misplaced(decimal, kind)),
        _ => Ok(number),
    }
}

const NOT_IN_THREES: &str = "thousands are not grouped in threes";

/// How the digits before the decimal sign are grouped: in threes, or as in India, where 12,34,567 are twelve
/// lakh: in twos before the last three.
#[derive(Clone, Copy, Debug, Default)]
struct Groups {
    /// Digits since the last separator.
    digits: u32,
    /// The kind of separator that the number uses.
    separator: Option<char>,
    /// Groups between the first separator and the last: whether they have three digits, or two.
    in_threes: Option<bool>,
    /// The first group has one or two digits, as before groups of two.
    is_short_first: bool,
    /// The first digit is zero: `0,234` groups nothing.
    is_zero_first: bool,
}

impl Groups {
    /// Takes a separator; `false` where none can stand.
    fn separate(&mut self, kind: char) -> bool {
        let stands = match self.separator {
            None => {
                self.is_short_first = self.digits < 3;
                (1..=3).contains(&self.digits) && !self.is_zero_first
            }
            Some(known) => {
                let in_threes = self.digits == 3;
                let is_group =
                    in_threes || (self.digits == 2 && kind == ',' && self.is_short_first);
                let is_same = self.in_threes.is_none_or(|known| known == in_threes);
                self.in_threes = Some(in_threes);
                known == kind && is_group && is_same
            }
        };
        (self.separator, self.digits) = (Some(kind), 0);
        stands
    }

    /// Whether the last group is whole: it has three digits in either way.
    fn may_end(&self) -> bool {
        self.separator.is_none() || self.digits == 3
    }
}

impl Digits {
    /// Appends a digit. Digits past the kept ones only move the exponent; dropping them cannot change a
    /// rounding half away from zero, which looks at the first dropped digit of an amount that fits.
    fn push(&mut self, digit: u32, in_fraction: bool) {
        if self.mantissa < 10_u128.pow(KEPT_DIGITS - 1) {
            self.mantissa = self.mantissa * 10 + u128::from(digit);
            self.exponent -= i32::from(in_fraction);
        } else {
            self.cut |= digit != 0;
            self.exponent += i32::from(!in_fraction);
        }
    }
}

/// Why a group separator cannot stand where it stands.
fn misplaced(decimal: Decimal, kind: char) -> &'static str {
    match (decimal, kind) {
        (Decimal::Point, ',') => "a decimal comma where the column has a decimal point",
        (Decimal::Comma, '.') => "a decimal point where the column has a decimal comma",
        _ => NOT_IN_THREES,
    }
}

/// Reads the exponent of scientific notation.
fn exponent(text: &str) -> Result<i32, &'static str> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("not a number");
    }
    // Only digits remain, so that a failure means too many of them.
    let magnitude = digits.parse::<i32>().map_or(LARGEST_EXPONENT, |e| e.min(LARGEST_EXPONENT));
    Ok(if text.starts_with('-') { -magnitude } else { magnitude })
}

/// The kind of group separator that `c` is: one for all spaces, one for all apostrophes.
pub(super) fn group_separator(c: char) -> Option<char> {
    match c {
        '.' | ',' => Some(c),
        '\'' | '’' | 'ʼ' => Some('\''),
        _ if is_space(c) => Some(' '),
        _ => None,
    }
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200B}' | '\u{2060}' | '\u{FEFF}')
}

/// A minus in any of its guises.
fn is_minus(c: char) -> bool {
    matches!(c, '-' | '\u{2212}' | '\u{2013}' | '\u{2010}' | '\u{2011}')
}

fn is_sign(c: char) -> bool {
    is_minus(c) || c == '+'
}
