//! crmstat: the analytics engine a CRM lacks.
//!
//! The way of the data is one direction: an export file is *ingested* into typed tables, tables give
//! *features* at a cutoff, features go to *models*, models give *results*, and *writers* put results
//! into files. A stage knows the stage before it and nothing after it.

pub mod analysis;
mod digits;
mod error;
pub mod features;
pub mod generate;
mod groups;
pub mod ingest;
mod intern;
mod key;
mod lang;
mod model_file;
mod money;
pub mod output;
mod pseudonyms;
mod ranking;
pub mod report;
pub mod tables;
mod time;

pub use crmstat_models as models;
pub use error::{Error, Place, Result};
pub use lang::Lang;
pub use money::Money;
pub use pseudonyms::Pseudonyms;
pub use time::{AsOf, Date, Timestamp, Window};
