//! Arrow: IPC files and streams, and record batches that a program holds.
//!
//! | module | step |
//! |---|---|
//! | `schema` | which columns there are and of what type |
//! | `values` | arrays to the columns that Parquet is read into as well |
//! | `file` | batches to threads, batches to slices |
//!
//! Everything behind the decoded columns is what reads Parquet.

mod file;
mod schema;
#[cfg(test)]
mod tests;
mod values;

pub(crate) use file::{ArrowFile, stream_of};
