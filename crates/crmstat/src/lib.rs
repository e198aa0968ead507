//! crmstat: the analytics engine a CRM lacks.
//!
//! The way of the data is one direction: an export file is *ingested* into typed tables, tables give
//! *features* at a cutoff, features go to *models*, models give *results*, and *writers* put results
//! into files. A stage knows the stage before it and nothing after it; [`data`] is the ground floor that
//! every stage stands on.

pub mod analysis;
mod collections;
pub mod data;
mod error;
pub mod features;
pub mod generate;
pub mod ingest;
mod model_file;
pub mod report;
mod text;
pub mod write;

pub use crmstat_models as models;
pub use data::{AsOf, Date, Lang, Money, Pseudonyms, Timestamp, Window};
pub use error::{Error, Place, Result};
