//! From the file a CRM wrote to typed rows: read, map, parse, check.
//!
//! | module | step |
//! |---|---|
//! | `source` | what the file is: compression, kind, encoding |
//! | `text`, `sheet`, `json`, `parquet`, `arrow` | its rows and cells |
//! | [`profile`] | which column is which field, and how its dates, numbers and stages are written |
//! | `cells` | money, dates and numbers out of text |
//! | `pass` | all inputs, block by block, with the account of every row |
//! | `merge` | spellings that are read as one |
//! | `attributes` | a table joined by whatever column its key equals |
//! | `orders`, `deals`, `records`, `customer_table` | rows to the tables of [`data`](crate::data) |
//!
//! Every decision taken on the way is a [`Decision`](crate::data::Decision); every row read ends as accepted, quarantined or
//! ignored in the [`Ledger`](crate::data::Ledger).

#[cfg(feature = "arrow")]
mod arrow;
mod attributes;
pub(crate) mod audit;
mod cells;
pub(crate) mod columns;
mod customer_table;
mod deals;
pub(crate) mod dimension;
mod distinct_ids;
mod export;
mod hierarchy;
mod join;
mod json;
pub(crate) mod merge;
mod options;
pub(crate) mod orders;
mod parquet;
pub(crate) mod pass;
pub mod profile;
mod records;
mod sheet;
pub(crate) mod source;
#[cfg(test)]
mod table_tests;
mod text;
mod typed;
mod typed_file;
mod zone;

pub use crate::data::Imported;
pub use attributes::JoinedBy;
pub use customer_table::TableQuery;
pub(crate) use dimension::first_rows;
pub use dimension::{Dimension, field_of};
pub use export::Export;
pub use merge::{Merged, merges_of};
pub use options::{Duplicates, Keep, OrderTotal, ReadOptions, Selection};
pub use source::{ExportFile, Fingerprint, Inputs, ReadFile, expand as files_named};
pub use zone::Zone;
