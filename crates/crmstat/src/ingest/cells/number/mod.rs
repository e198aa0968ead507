//! Money and numbers in the ways CRMs write them.

use super::{Parsed, Verdict, currency::Currency};
use crate::Money;

/// The decimal sign of a column; the other one groups thousands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decimal {
    /// `1,234.56`
    Point,
    /// `1.234,56`
    Comma,
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
    /// Whether decimals beyond [`Money::DECIMALS`] were rounded off.
    pub(crate) rounded: bool,
}

impl NumberFormat {
    /// A parser of numbers with this decimal sign.
    pub(crate) const fn new(decimal: Decimal) -> Self {
        Self { decimal }
    }

    /// Reads an exact amount of money.
    pub(crate) fn money(self, _cell: &[u8]) -> Parsed<Amount> {
        Parsed::Missing
    }

    /// Reads a number; `20 %` is 20.
    pub(crate) fn number(self, _cell: &[u8]) -> Parsed<f64> {
        Parsed::Missing
    }
}

/// What the cells of a column say about its decimal sign.
#[derive(Clone, Debug, Default)]
pub(crate) struct NumberEvidence {}

impl NumberEvidence {
    /// Takes one cell into account.
    pub(crate) fn observe(&mut self, _cell: &[u8]) {}

    /// Adds the evidence of another part of the column.
    pub(crate) fn merge(&mut self, _other: &Self) {}

    /// What the evidence says; `forced` is the caller's `--decimal`, `usual` what the profile expects.
    pub(crate) fn decide(
        &self,
        _forced: Option<Decimal>,
        _usual: Option<Decimal>,
    ) -> Verdict<NumberFormat> {
        Verdict::Empty
    }
}
