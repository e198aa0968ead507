//! What the caller says about exports instead of leaving it to evidence.

use super::{
    Zone,
    profile::{DateOrder, Decimal, Profile, Rates},
    source::Inputs,
};
use crate::data::{DealStatus, DiscountUnit, Field, TableKind};

/// Whether rows count that do not unless the caller says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// They do not, and the caller knows.
    Drop,
    /// They do.
    Keep,
}

impl std::str::FromStr for Keep {
    type Err = crate::Error;

    fn from_str(text: &str) -> crate::Result<Self> {
        match text {
            "drop" => Ok(Self::Drop),
            "keep" => Ok(Self::Keep),
            _ => Err(crate::Error::usage(format!("`{text}` is neither `drop` nor `keep`"))),
        }
    }
}

/// What becomes of rows that repeat another one in every cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duplicates {
    /// They count once.
    Drop,
    /// They all count.
    Keep,
    /// They are an error.
    Refuse,
}

/// What the amount is that stands on every row of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderTotal {
    /// That of the whole order: it counts once.
    Once,
    /// That of the row: the amounts add up.
    Sum,
}

/// What a column says of the rows that are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// The header, or the field by its name.
    pub column: String,
    /// What the cells say, without regard to case; empty: nothing.
    pub value: String,
}

/// How to read exports. The default leaves everything to the content of the files.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct ReadOptions {
    /// The profile that the files follow.
    pub profile: Option<Profile>,
    /// What the rows are.
    pub kind: Option<TableKind>,
    /// Columns of fields, by header.
    pub map: Vec<(Field, String)>,
    /// Headers of columns that are left out: what they seem to say is not so.
    pub ignore: Vec<String>,
    /// Labels that are read as another one, such as `GTXPro` as `GTX Pro`, in every column of texts but those of ids;
    /// see [`Export::merged`](super::Export::merged).
    pub merge: Vec<(String, String)>,
    /// What becomes of rows that repeat another one in every cell; `None` counts those once that are in
    /// several files, keeps those that are within one, and tells both.
    pub duplicates: Option<Duplicates>,
    /// What the amount is that stands on every row of an order; `None` leaves it to the amounts.
    pub order_total: Option<OrderTotal>,
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
    /// The table of products has the prices, so that orders and lines may have none; see
    /// [`Export::take_prices_of`](super::Export::take_prices_of).
    pub prices_in_products: bool,
    /// What discounts are.
    pub discounts: Option<DiscountUnit>,
    /// Ids that stand for no customer in particular, such as that of all guests.
    pub guests: Vec<String>,
    /// Whether dates far from all others count; they are set aside otherwise, and this is told unless it is
    /// said.
    pub far_dates: Option<Keep>,
    /// Whether orders that were refunded in full within a day count, with what refunded them.
    pub cancelled: Option<Keep>,
    /// The rows that are asked for, by their columns: one of the values of a column, and all of several columns. Other
    /// rows are counted and left out. Tables beside the export are divided likewise where they have the column, but
    /// for those that are joined to its rows: customers, products, lines and stages.
    pub only: Vec<Selection>,
    /// Exchange rates for amounts in several currencies.
    pub rates: Option<Rates>,
    /// Keeps every rejected row, so that all can be written out.
    pub keep_rejected: bool,
    /// Treats any rejected row as an error.
    pub strict: bool,
    /// Where files are kept open, and hashed, while one run reads them; see [`Inputs`].
    pub inputs: Inputs,
}
