//! Baskets: what is bought together, what next, and what to offer to whom?
//!
//! - [`rules`]: pairs and larger sets with support, confidence, lift and a test corrected for their number.
//! - [`sequences`]: what customers buy within a time after what.
//! - [`offers`]: the next products for each customer, judged on a later period beside the most popular products and
//!   those bought before.
//!
//! A purchase is an order that is worth something, as [`data::sales`](crate::data) has it, and of its lines those that
//! are no return. What names no product is in no basket. The models are in [`crate::models::baskets`].

mod offers;
mod purchases;
mod rules;
mod sequences;
#[cfg(test)]
mod tests;

pub use offers::{
    CustomerOffers, JudgedMethod, Judgement, Method, Offer, OfferQuery, Offers, Target, offers,
    offers_of,
};
pub use rules::{ProductRule, RuleGroup, RuleQuery, RuleSort, Rules, SetFound, rules, rules_of};
pub use sequences::{ProductSequence, SequenceQuery, Sequences, sequences, sequences_of};

use crate::{Error, Result};
use std::{fmt, str::FromStr};

/// What a basket is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Basket {
    /// An order.
    #[default]
    Order,
    /// What a customer bought in one day.
    Day,
    /// Everything that a customer bought.
    Customer,
}

/// By what baskets are divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SegmentBy {
    /// The RFM segment of the customer.
    Rfm,
    /// A column of the export or of a table beside it.
    Column(String),
}

impl SegmentBy {
    fn column(&self) -> Option<&str> {
        match self {
            Self::Rfm => None,
            Self::Column(name) => Some(name),
        }
    }
}

/// In how many baskets, or of how many customers, something must be.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Least {
    /// Five, or one of ten thousand where that is more.
    #[default]
    Usual,
    /// So many.
    Count(u32),
    /// Such a share, above 0 and up to 1.
    Share(f64),
}

impl Least {
    /// The fewest of `all`.
    fn of(self, all: usize) -> u32 {
        const USUAL: f64 = 5.0;
        const SHARE: f64 = 1e-4;
        let share = |share: f64| (share * all as f64).ceil().max(1.0);
        match self {
            Self::Usual => share(SHARE).max(USUAL) as u32,
            Self::Count(count) => count,
            Self::Share(own) => share(own) as u32,
        }
    }
}

impl FromStr for Least {
    type Err = Error;

    /// Reads `20` or `0.5%`.
    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            Error::usage(format!("`{text}` is neither a number from 1 on nor a share"))
                .with_hint("write it as in `20` or `0.5%`")
        };
        match text.trim().strip_suffix('%') {
            Some(percent) => {
                let percent: f64 = percent.trim().parse().map_err(|_| wrong())?;
                let fits = percent > 0.0 && percent <= 100.0;
                fits.then_some(Self::Share(percent / 100.0)).ok_or_else(wrong)
            }
            None => {
                let count: u32 = text.trim().parse().map_err(|_| wrong())?;
                (count > 0).then_some(Self::Count(count)).ok_or_else(wrong)
            }
        }
    }
}

impl fmt::Display for Least {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usual => f.write_str("usual"),
            Self::Count(count) => write!(f, "{count}"),
            Self::Share(share) => write!(f, "{}%", 100.0 * share),
        }
    }
}

/// Refuses a false discovery rate that is none.
fn check_rate(rate: f64) -> Result<()> {
    if rate > 0.0 && rate <= 1.0 {
        return Ok(());
    }
    Err(Error::usage(format!("a false discovery rate of {rate} is not above 0 and at most 1")))
}
