//! Profiles: how one CRM writes its exports.
//!
//! A profile says under which headers a CRM writes each field, how its dates and numbers look, and which
//! of its stages mean won, lost and open. The built-in ones are the TOML files in `profiles/`; a user's
//! own is read by [`Profile::from_toml`]. [`recognise`] finds the profile of a file from its headers and
//! says which column is which field.

mod mapping;
mod rates;
mod stages;

pub use super::cells::{currency::Currency, date::DateOrder, number::Decimal};
pub use mapping::{CustomerColumn, Mapping, recognise};
pub use rates::Rates;
pub use stages::{DealSigns, DealStatus, Resolution, Stages};

use super::{Field, TableKind};
use crate::Result;
use std::collections::BTreeMap;

/// How one CRM writes its exports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The name that `--profile` takes.
    pub name: String,
    /// The CRM's name for people.
    pub title: String,
    /// How its text files are written, where content alone may mislead.
    pub dialect: Dialect,
    /// The order of dates that evidence leaves open.
    pub date_order: Option<DateOrder>,
    /// The decimal sign that evidence leaves open.
    pub decimal: Option<Decimal>,
    /// Texts that mean "nothing here", besides the usual ones.
    pub null: Vec<String>,
    /// How the first filled cell of a footer row begins.
    pub footers: Vec<String>,
    /// The labels of stages.
    pub stages: Labels,
    /// Labels that mean something else in one pipeline.
    pub pipelines: BTreeMap<String, Labels>,
    /// The words of status columns.
    pub statuses: Labels,
    /// The tables it exports.
    pub tables: Vec<Table>,
}

/// Hints on the text files of a CRM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dialect {
    /// The encoding, such as `windows-1251`.
    pub encoding: Option<String>,
    /// The delimiter.
    pub delimiter: Option<char>,
    /// The character that escapes a quote inside quotes, besides the doubled quote.
    pub escape: Option<char>,
}

/// Labels and what they mean.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// Sold.
    pub won: Vec<String>,
    /// Closed without a sale.
    pub lost: Vec<String>,
    /// Still in progress.
    pub open: Vec<String>,
}

/// One table that a CRM exports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What its rows are.
    pub kind: TableKind,
    /// Headers that tell it from other tables: one of each group must be there.
    pub signature: Vec<Vec<String>>,
    /// What the column of [`Field::ClosedAt`] holds.
    pub close_date: CloseDate,
    /// When equal ids are lines whose amounts add up.
    pub lines: Lines,
    /// Where the customer is, in order of preference.
    pub customer: Vec<CustomerSource>,
    /// The headers of each field, in order of preference.
    pub fields: BTreeMap<Field, Vec<String>>,
}

/// A place where the customer of a row may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerSource {
    /// Headers in order of preference.
    pub columns: Vec<String>,
    /// What is put before the value, so that ids of two kinds of customers stay apart.
    pub prefix: String,
}

/// What the column of [`Field::ClosedAt`] holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CloseDate {
    /// The time of closing, filled for closed deals only.
    #[default]
    Actual,
    /// The time of closing for closed deals and the expected one for open deals.
    Planned,
}

/// When equal ids are lines whose amounts add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lines {
    /// Each row carries the amount of its own line.
    #[default]
    Always,
    /// Only where the product column is shown.
    WithProduct,
    /// Every row repeats the amount of the whole deal.
    Never,
}

impl Profile {
    /// The built-in profiles, the generic one last.
    pub fn builtin() -> &'static [Self] {
        &[]
    }

    /// The built-in profile called `name`.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::builtin().iter().find(|profile| profile.name == name)
    }

    /// Reads a profile written in TOML.
    ///
    /// # Errors
    /// A data error that says what is wrong and where.
    pub fn from_toml(_text: &str) -> Result<Self> {
        Err(crate::Error::data("not a profile"))
    }

    /// The profile in TOML; [`Profile::from_toml`] reads it back.
    pub fn to_toml(&self) -> String {
        String::new()
    }

    /// Whether `cell` is one of the profile's words for "nothing here".
    pub fn is_null(&self, cell: &str) -> bool {
        self.null.iter().any(|word| word == cell)
    }

    /// Whether a row whose first filled cell is `cell` is a footer.
    pub fn is_footer(&self, cell: &str) -> bool {
        self.footers.iter().any(|start| cell.starts_with(start.as_str()))
    }
}
