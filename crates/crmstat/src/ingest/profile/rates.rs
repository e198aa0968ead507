//! Exchange rates.

use super::Currency;
use crate::{Money, Result};

/// Exchange rates into one base currency.
#[derive(Clone, Debug)]
pub struct Rates {
    base: Currency,
}

impl Rates {
    /// Reads rates written as TOML or as CSV.
    ///
    /// # Errors
    /// A data error that says what is wrong and where.
    pub fn from_text(_text: &str) -> Result<Self> {
        Err(crate::Error::data("no rates"))
    }

    /// The currency that amounts are converted into.
    pub fn base(&self) -> Currency {
        self.base
    }

    /// `amount` of `currency` in the base currency.
    ///
    /// # Errors
    /// A data error where the currency has no rate or the amount leaves the range.
    pub fn convert(&self, _amount: Money, _currency: Currency) -> Result<Money> {
        Err(crate::Error::data("no rate"))
    }
}
