//! Tables out of memory: rows and columns that a program holds, checked as those of a file are.
//!
//! | module | builds |
//! |---|---|
//! | `value` | one value of a row |
//! | `raw` | columns as they grow |
//! | `rows` | the rows of any table, with the account of those that cannot be used |
//! | `orders`, `deals`, `records`, `customer_table` | the tables of [`data`](crate::data) |
//!
//! A row is named by the builder's name and its number, from 1, in the order given; a column by the name of
//! its field. Texts are trimmed and words for "nothing here" are missing, as in a file.

mod customer_table;
mod deals;
mod orders;
mod raw;
mod records;
mod rows;
#[cfg(test)]
mod tests;
mod value;

pub use customer_table::{CustomerRow, CustomerTableBuilder};
pub use deals::{DealRow, DealsBuilder};
pub use orders::{OrderRow, OrdersBuilder};
pub use records::{RecordRow, RecordsBuilder};
pub use value::FieldValue;
