//! Money, numbers, dates, booleans and text out of the cells of an export.
//!
//! | module | cells |
//! |---|---|
//! | [`date`] | dates and times in the ways CRMs write them, and what order a column uses |
//! | [`number`] | money and numbers, and what decimal sign a column uses |
//! | [`text`] | trimming, the apostrophe that exporters add, words that mean "nothing here", booleans |
//!
//! A parser is decided once per column from [`date::DateEvidence`] or [`number::NumberEvidence`] and is a
//! small `Copy` value from then on. Bytes in any encoding but UTF-8 are decoded before they come here;
//! bytes that are not UTF-8 are `Invalid`, never a panic.

pub(crate) mod date;
pub(crate) mod number;
mod tally;
pub(crate) mod text;

/// What a cell turned out to hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Parsed<T> {
    /// A value.
    Value(T),
    /// Nothing: an empty cell, or a text that means so, such as `не закрыта` or `N/A`.
    Missing,
    /// Something that is not a value of this kind, and why.
    Invalid(&'static str),
}

impl<T> Parsed<T> {
    /// The same outcome with the value changed by `change`.
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Parsed<U> {
        match self {
            Self::Value(value) => Parsed::Value(change(value)),
            Self::Missing => Parsed::Missing,
            Self::Invalid(reason) => Parsed::Invalid(reason),
        }
    }
}

/// What the evidence of a column says about the way its cells are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict<F> {
    /// The format, and the evidence in words.
    Decided {
        /// The parser of the column's cells.
        format: F,
        /// The evidence, in lower case.
        reason: String,
    },
    /// The cells can be read in two ways.
    Ambiguous {
        /// Cells that show it, as written.
        examples: Vec<String>,
        /// Why it cannot be decided, in lower case.
        reason: String,
    },
    /// No cell holds a value.
    Empty,
}

/// `0` in every byte.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// Eight digits, the first in the lowest byte, as numbers of two digits in every second byte; what stands
/// in the bytes between is of no use. `None` where a byte is no digit.
#[inline]
fn digit_pairs(text: u64) -> Option<u64> {
    const HIGH: u64 = 0xF0F0_F0F0_F0F0_F0F0;
    // Digits are 0x30 to 0x39: the high half is 3, and stays so when 6 is added.
    let above_nine = text.wrapping_add(0x0606_0606_0606_0606);
    if (text & HIGH) != ZEROS || (above_nine & HIGH) != ZEROS {
        return None;
    }
    let digits = text - ZEROS;
    Some(digits * 10 + (digits >> 8))
}
