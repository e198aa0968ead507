//! A wall around decoders that crmstat did not write.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{Error, Result};

/// Runs `decode`; a panic inside becomes an error about the data.
///
/// The decoders of workbooks and Parquet are other people's and meet broken files in ways their authors
/// did not foresee. What they worked on is dropped with the error, so nothing half-made is seen later.
pub(crate) fn contained<T>(decode: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|_| {
        Err(Error::data("is broken in a way that its decoder does not survive")
            .with_hint("open it in a spreadsheet program and save it again, or as CSV"))
    })
}
