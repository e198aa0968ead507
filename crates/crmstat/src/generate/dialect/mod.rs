//! The exports that a synthetic CRM can be written as: which columns, in which words and notation.
//!
//! The facts are those that real exports of these systems show; see each [`Layout`].

mod english;
mod rows;
mod russian;

use std::str::FromStr;

pub(super) use rows::{Dirt, RowWriter, columns};

use crate::{Error, Lang, Result};

/// A kind of export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// A plain table of orders: `order_id, customer_id, order_date, amount, product, region, manager,
    /// channel`.
    Orders,
    /// amoCRM in Russian, older: CSV with commas, UTF-8.
    AmocrmOld,
    /// amoCRM in Russian, newer: CSV with semicolons, Windows-1251, decimal comma.
    Amocrm,
    /// Kommo, the English amoCRM.
    Kommo,
    /// Bitrix24's CSV: semicolons, everything quoted, a phantom last column.
    Bitrix24,
    /// Bitrix24's `.xls`, which is an HTML table.
    Bitrix24Xls,
    /// HubSpot.
    Hubspot,
    /// Salesforce by Data Loader: API names.
    Salesforce,
    /// A Salesforce report: labels, US notation, a footer.
    SalesforceReport,
    /// Pipedrive.
    Pipedrive,
    /// Zoho CRM.
    Zoho,
    /// Dynamics 365, whose export is a workbook; as CSV too.
    Dynamics,
    /// Odoo.
    Odoo,
    /// EspoCRM.
    Espocrm,
    /// SuiteCRM.
    Suitecrm,
}

impl Dialect {
    /// Every dialect, in the order of the documentation.
    pub const ALL: [Self; 15] = [
        Self::Orders,
        Self::AmocrmOld,
        Self::Amocrm,
        Self::Kommo,
        Self::Bitrix24,
        Self::Bitrix24Xls,
        Self::Hubspot,
        Self::Salesforce,
        Self::SalesforceReport,
        Self::Pipedrive,
        Self::Zoho,
        Self::Dynamics,
        Self::Odoo,
        Self::Espocrm,
        Self::Suitecrm,
    ];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::AmocrmOld => "amocrm-old",
            Self::Amocrm => "amocrm",
            Self::Kommo => "kommo",
            Self::Bitrix24 => "bitrix24",
            Self::Bitrix24Xls => "bitrix24-xls",
            Self::Hubspot => "hubspot",
            Self::Salesforce => "salesforce",
            Self::SalesforceReport => "salesforce-report",
            Self::Pipedrive => "pipedrive",
            Self::Zoho => "zoho",
            Self::Dynamics => "dynamics",
            Self::Odoo => "odoo",
            Self::Espocrm => "espocrm",
            Self::Suitecrm => "suitecrm",
        }
    }

    /// Whether its rows are deals, won, lost and open, rather than orders.
    pub(super) fn holds_deals(self) -> bool {
        self != Self::Orders
    }

    /// How it is written.
    pub(super) const fn layout(self) -> &'static Layout {
        match self {
            Self::Orders => &english::ORDERS,
            Self::AmocrmOld => &russian::AMOCRM_OLD,
            Self::Amocrm => &russian::AMOCRM,
            Self::Kommo => &english::KOMMO,
            Self::Bitrix24 => &russian::BITRIX24,
            Self::Bitrix24Xls => &russian::BITRIX24_XLS,
            Self::Hubspot => &english::HUBSPOT,
            Self::Salesforce => &english::SALESFORCE,
            Self::SalesforceReport => &english::SALESFORCE_REPORT,
            Self::Pipedrive => &english::PIPEDRIVE,
            Self::Zoho => &english::ZOHO,
            Self::Dynamics => &english::DYNAMICS,
            Self::Odoo => &english::ODOO,
            Self::Espocrm => &english::ESPOCRM,
            Self::Suitecrm => &english::SUITECRM,
        }
    }
}

impl FromStr for Dialect {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == name).ok_or_else(|| {
            Error::usage(format!("`{name}` is not a dialect"))
                .with_hint(format!("it is one of {}", Self::ALL.map(Self::name).join(", ")))
        })
    }
}

/// How an export is written.
pub(super) struct Layout {
    /// The headers, in order, and what stands below each.
    pub(super) columns: &'static [(&'static str, Field)],
    pub(super) shape: Shape,
    pub(super) encoding: Encoding,
    pub(super) dates: Dates,
    pub(super) amounts: Amounts,
    pub(super) words: &'static Words,
}

/// How rows become bytes.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// Cells between delimiters.
    Delimited {
        delimiter: u8,
        quote_all: bool,
        line_end: &'static str,
        /// A delimiter after the last cell too: a phantom column.
        trailing: bool,
        /// What follows the last row.
        footer: &'static str,
    },
    /// An HTML table in one line.
    Html,
}

impl Shape {
    /// What most systems write.
    const COMMA: Self = Self::Delimited {
        delimiter: b',',
        quote_all: false,
        line_end: "\n",
        trailing: false,
        footer: "",
    };
}

/// How text becomes bytes.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Encoding {
    Utf8,
    Utf8Bom,
    Windows1251,
}

/// How days and instants are written.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Dates {
    /// `2024-02-29`, `2024-02-29 10:05:09`.
    Iso,
    /// `2024-02-29`, `2024-02-29T10:05:09.000Z`.
    IsoZulu,
    /// `29.02.2024`, `29.02.2024 10:05:09`.
    Dotted,
    /// `2/29/2024` for both.
    Us,
    /// `02/29/2024`, `02/29/2024 10:05am`.
    UsPadded,
}

/// How amounts are written.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Amounts {
    /// `1234.50`
    Point,
    /// `1 234,50`, with no-break spaces.
    SpacedComma,
    /// `1,234.50`
    UsGrouped,
}

/// The words of a system for what it shows.
pub(super) struct Words {
    pub(super) lang: Lang,
    pub(super) pipeline: &'static str,
    /// The open stages, in order.
    pub(super) stages: &'static [&'static str],
    pub(super) won_stage: &'static str,
    pub(super) lost_stage: &'static str,
    /// Status: open, won, lost.
    pub(super) statuses: [&'static str; 3],
    /// Yes and no.
    pub(super) yes_no: [&'static str; 2],
    /// What stands for the close of an open deal.
    pub(super) not_closed: &'static str,
    pub(super) currency: &'static str,
}

/// What stands in a column.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Field {
    Id,
    Title,
    /// The customer's id, such as `C0012345`.
    CustomerId,
    /// The customer's number.
    CustomerNumber,
    /// The customer's company name.
    Company,
    Phone,
    Amount,
    /// The amount, of a won deal alone.
    WonAmount,
    /// The day the order was placed.
    OrderDate,
    CreatedAt,
    CreatedOn,
    /// When it was closed; what the words say, while it is open.
    ClosedAt,
    /// The day it was closed, or is expected to be while it is open.
    CloseOn,
    /// The day on which it is or was expected to close.
    ExpectedOn,
    WonAt,
    LostAt,
    Stage,
    Status,
    IsClosed,
    IsWon,
    IsLost,
    Probability,
    LostReason,
    Owner,
    Product,
    Category,
    Region,
    Channel,
    Quantity,
    Price,
    Pipeline,
    Currency,
    Always(&'static str),
}
