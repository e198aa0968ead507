//! One value of a row.

use crate::{
    Date, Money, Timestamp,
    data::{field::FieldType, missing::filled},
};
use std::borrow::Cow;

/// A value of a row in memory; each of its types is made by `into()`, `None` is missing.
///
/// A field takes the type that it has in a table; whole numbers are also ids, amounts and numbers, and
/// floats are amounts, rounded half away from zero to the four decimals of [`Money`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum FieldValue<'a> {
    /// It is not known.
    #[default]
    Missing,
    /// A text.
    Text(&'a str),
    /// An instant.
    Date(Timestamp),
    /// An amount.
    Money(Money),
    /// A whole number.
    Int(i64),
    /// A number; NaN is missing.
    Number(f64),
}

impl<'a> From<&'a str> for FieldValue<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for FieldValue<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<Timestamp> for FieldValue<'_> {
    fn from(at: Timestamp) -> Self {
        Self::Date(at)
    }
}

/// The first instant of the day.
impl From<Date> for FieldValue<'_> {
    fn from(day: Date) -> Self {
        Self::Date(day.midnight())
    }
}

impl From<Money> for FieldValue<'_> {
    fn from(amount: Money) -> Self {
        Self::Money(amount)
    }
}

impl From<i64> for FieldValue<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<i32> for FieldValue<'_> {
    fn from(number: i32) -> Self {
        Self::Int(i64::from(number))
    }
}

impl From<u32> for FieldValue<'_> {
    fn from(number: u32) -> Self {
        Self::Int(i64::from(number))
    }
}

impl From<f64> for FieldValue<'_> {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl<'a, T: Into<FieldValue<'a>>> From<Option<T>> for FieldValue<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Missing, Into::into)
    }
}

/// Why a value does not fit its field.
pub(super) const fn misfit(wanted: FieldType) -> &'static str {
    match wanted {
        FieldType::Text => "not a text",
        FieldType::Date => "not a date",
        FieldType::Money => "not an amount",
        FieldType::Number => "not a number",
    }
}

impl<'a> FieldValue<'a> {
    /// Whether it says nothing.
    pub(super) fn is_missing(self) -> bool {
        match self {
            Self::Missing => true,
            Self::Text(text) => filled(text).is_none(),
            Self::Number(number) => number.is_nan(),
            Self::Date(_) | Self::Money(_) | Self::Int(_) => false,
        }
    }

    /// The text, if it is one.
    pub(super) fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text(text) => filled(text).map(Cow::Borrowed),
            Self::Int(number) => Some(Cow::Owned(number.to_string())),
            _ => None,
        }
    }

    /// The instant, if it is one that a row may have.
    pub(super) fn date(self) -> Option<Timestamp> {
        match self {
            Self::Date(at) => Some(at),
            _ => None,
        }
    }

    /// The amount, if it is one.
    pub(super) fn money(self) -> Option<Money> {
        match self {
            Self::Money(amount) => Some(amount),
            Self::Int(number) => Money::from_whole(number),
            Self::Number(number) => Money::from_f64(number),
            _ => None,
        }
    }

    /// Whether it is an amount with more decimals than money has.
    pub(super) fn is_rounded(self) -> bool {
        match self {
            Self::Number(number) => {
                Money::from_f64(number).is_some_and(|amount| amount.to_f64() != number)
            }
            _ => false,
        }
    }

    /// The number, if it is one.
    pub(super) fn number(self) -> Option<f64> {
        match self {
            Self::Number(number) if number.is_finite() => Some(number),
            Self::Int(number) => Some(number as f64),
            Self::Money(amount) => Some(amount.to_f64()),
            _ => None,
        }
    }

    /// As a message shows it.
    pub(super) fn shown(self) -> String {
        match self {
            Self::Missing => String::new(),
            Self::Text(text) => text.chars().take(80).collect(),
            Self::Date(at) => at.to_string(),
            Self::Money(amount) => amount.to_string(),
            Self::Int(number) => number.to_string(),
            Self::Number(number) => number.to_string(),
        }
    }
}
