//! What the caller says about exports instead of leaving it to evidence.

use super::{
    Zone,
    profile::{DateOrder, Decimal, Profile, Rates},
    source::Inputs,
};
use crate::data::{DealStatus, Field, TableKind};

/// How to read exports. The default leaves everything to the content of the files.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// The profile that the files follow.
    pub profile: Option<Profile>,
    /// What the rows are.
    pub kind: Option<TableKind>,
    /// Columns of fields, by header.
    pub map: Vec<(Field, String)>,
    /// What stages mean, by label.
    pub stages: Vec<(String, DealStatus)>,
    /// The order of day, month and year in every date column.
    pub date_order: Option<DateOrder>,
    /// The decimal sign of every number column.
    pub decimal: Option<Decimal>,
    /// The encoding of text files, such as `windows-1251`.
    pub encoding: Option<String>,
    /// The delimiter of text files.
    pub delimiter: Option<u8>,
    /// The sheet of workbooks.
    pub sheet: Option<String>,
    /// The zone to which stamps that carry a zone are moved; `None` keeps the wall time as written.
    pub zone: Option<Zone>,
    /// The amounts are in a table of order lines, so that orders may have none; see
    /// [`Export::take_amounts_of`](super::Export::take_amounts_of).
    pub amounts_in_lines: bool,
    /// Exchange rates for amounts in several currencies.
    pub rates: Option<Rates>,
    /// Keeps every rejected row, so that all can be written out.
    pub keep_rejected: bool,
    /// Treats any rejected row as an error.
    pub strict: bool,
    /// Where files are kept open, and hashed, while one run reads them; see [`Inputs`].
    pub inputs: Inputs,
}
