//! The rows of a workbook.

use super::Converted;
use crate::{
    Error, Result,
    ingest::source::{Format, SharedFile},
};

/// The chosen sheet of the workbook in `file`.
pub(crate) fn convert(
    _name: &str,
    _file: &SharedFile,
    _format: Format,
    _sheet: Option<&str>,
) -> Result<Converted> {
    Err(Error::data("workbooks are not read yet"))
}
