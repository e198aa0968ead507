//! The models of crmstat: numbers in, numbers out.
//!
//! Every model follows one path: `Params` (a consuming builder) is checked and fitted to slices of
//! numbers, which gives an immutable fitted type, which predicts. A model that is not fitted does not
//! exist. Nothing here reads a file, a clock or a global; a seed is an argument.
//!
//! | module | question |
//! |---|---|
//! | [`rfm`] | who are the best customers? |
//! | [`segments`] | what kinds of customers are there? |
//! | [`churn`] | who is about to leave? |
//! | [`clv`] | what is each customer worth? |
//! | [`forecast`] | what will be sold? |
//! | [`baskets`] | what is bought together and next, what to offer? |
//! | [`uplift`] | whom does a campaign move? |
//! | [`rates`] | what do shares of few trials say? |
//!
//! Architecture Invariant: no polars, no file formats, no dates; a caller turns those into numbers.

pub mod baskets;
pub mod churn;
pub mod clv;
mod error;
pub mod forecast;
pub mod linalg;
pub mod matrix;
pub mod optimise;
pub mod parallel;
pub mod random;
pub mod rates;
pub mod rfm;
pub mod segments;
pub mod special;
pub mod sum;
pub mod uplift;

pub use error::{Error, Result};
