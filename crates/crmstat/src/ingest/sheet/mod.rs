//! Workbooks and HTML tables to comma-separated text.
//!
//! | module | step |
//! |---|---|
//! | `limits` | what a workbook may unpack to, checked before anything is |
//! | `xls` | the same for XLS, whose reader lays sheets out in full |
//! | `workbook` | XLSX, XLSB, XLS and ODS: which sheet, its rows |
//! | `ods` | the sheets of ODS, read as a stream |
//! | `markup` | tags and texts of HTML and XML, with a bound on each |
//! | `cell` | one cell to text |
//! | `html` | the table of an HTML page |
//! | `csv` | rows to RFC 4180 |
//!
//! The text has one record per row of the sheet, blank rows included, so that the number of a record is
//! the number of the row. Every cell of text stays as it is, leading zeros included.

mod cell;
mod csv;
mod html;
mod limits;
mod markup;
mod ods;
mod workbook;
mod xls;

pub(crate) use self::{
    html::{convert as convert_html, declared_charset},
    workbook::convert as convert_workbook,
};
use crate::{data::Decision, ingest::source::SharedFile};

/// A sheet as comma-separated text.
pub(crate) struct Converted {
    /// The text, UTF-8, in a temporary file without a name.
    pub(crate) csv: SharedFile,
    /// Which sheet it is, and what was peculiar about its cells.
    pub(crate) decisions: Vec<Decision>,
    /// The sheet, where nobody has asked for it, and the other visible ones that begin like tables.
    pub(crate) chosen: Option<ChosenSheet>,
}

/// A sheet that was chosen among several.
#[derive(Clone, Debug)]
pub(crate) struct ChosenSheet {
    pub(crate) name: String,
    pub(crate) others: Vec<String>,
}

#[cfg(test)]
mod tests;
