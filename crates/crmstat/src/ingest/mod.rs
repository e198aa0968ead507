//! From the file a CRM wrote to typed rows: read, map, parse, check.
//!
//! | module | step |
//! |---|---|
//! | `source` | what the file is: compression, kind, encoding |
//! | `text`, `sheet`, `parquet` | its rows and cells |
//! | [`profile`] | which column is which field, and how its dates, numbers and stages are written |
//! | `cells` | money, dates and numbers out of text |
//!
//! Every decision taken on the way is a [`Decision`]; every row read ends as accepted, quarantined or
//! ignored in the [`Ledger`].

pub(crate) mod account;
pub(crate) mod audit;
mod cells;
pub(crate) mod collect;
pub(crate) mod columns;
pub(crate) mod deals;
mod decision;
mod export;
mod faults;
mod field;
pub(crate) mod gather;
pub(crate) mod input;
mod keys;
mod ledger;
pub(crate) mod line_amounts;
mod options;
mod order_ids;
mod orders;
mod parquet;
pub(crate) mod plain;
pub mod profile;
mod scan;
mod sheet;
mod side;
pub(crate) mod source;
mod tally;
mod text;
mod typed;
mod usual;
mod zone;

pub use decision::Decision;
pub use export::{Export, Imported};
pub use field::{Field, TableKind};
pub use ledger::{Ignored, Ledger, Rejection, RejectionGroup, Rejections};
pub use options::ReadOptions;
pub use plain::TableQuery;
pub use source::expand as files_named;
pub use zone::Zone;
