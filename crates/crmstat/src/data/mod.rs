//! The ground floor: the nouns that every room speaks. It imports nothing above it.
//!
//! | module | nouns |
//! |---|---|
//! | `money`, `currency` | exact amounts, and what they are in |
//! | `sales`, `discount`, `line_numbers` | what a purchase, a refund, gross and net are; what discounts, quantities and costs are |
//! | `time` | days, instants, the instant of observation |
//! | `field`, `deal_status` | what a column means, what became of a deal |
//! | `texts`, `column` | texts in one arena; the typed column of a field |
//! | `orders`, `deals`, `records`, `customer_table` | the tables that analyses work on |
//! | `imported` | a result with the account of the rows behind it |
//! | `builder` | the same tables out of memory |
//! | `missing` | what says that there is nothing |
//! | `join` | which rows of one table belong to which keys of another |
//! | `ledger`, `decision` | where every row went, and what was decided on the way |
//! | `notice` | what changes an answer without having been asked for, told with every answer |
//! | [`table`] | a result on its way out |
//!
//! [`Orders`] are in the order of customers' ids and time, so that every analysis walks a customer's
//! purchases in a row and nothing depends on the order of the file. [`Deals`] are all deals, open and lost
//! ones among them. [`Records`] hold any other table of the CRM: activities, customers, products, stages,
//! spend. Texts are codes of sorted labels.

mod builder;
pub(crate) mod column;
mod currency;
mod customer_table;
mod deal_finding;
mod deal_status;
mod deals;
mod decision;
mod discount;
pub(crate) mod far_dates;
pub(crate) mod field;
pub(crate) mod guests;
mod imported;
mod join;
mod lang;
mod ledger;
pub(crate) mod line_numbers;
pub(crate) mod missing;
mod money;
mod notice;
mod orders;
mod pseudonyms;
mod records;
pub(crate) mod sales;
mod serialise;
pub mod table;
mod texts;
mod time;

pub use builder::{
    CustomerRow, CustomerTableBuilder, DealRow, DealsBuilder, FieldValue, OrderRow, OrdersBuilder,
    RecordRow, RecordsBuilder,
};
pub use column::{Column, ColumnKey, Labels};
pub use currency::Currency;
pub use customer_table::CustomerTable;
pub use deal_finding::DealFinding;
pub use deal_status::DealStatus;
pub(crate) use deals::DealStages;
pub use deals::Deals;
pub use decision::Decision;
pub use discount::DiscountUnit;
pub use field::{Field, TableKind};
pub use imported::Imported;
pub use join::Join;
pub use lang::Lang;
pub use ledger::{Ignored, Ledger, Rejection, RejectionGroup, Rejections};
pub use money::Money;
pub(crate) use notice::quoted;
pub use notice::{Finding, MoneyUnit, Notice, Setting, Severity};
pub(crate) use orders::{Divided, LinesByOrder, OrderColumns, Totals};
pub use orders::{Orders, OrdersQuery};
pub use pseudonyms::Pseudonyms;
pub use records::{Matched, Records};
pub(crate) use texts::words_of;
pub use texts::{Cells, Texts};
pub(crate) use time::OUT_OF_RANGE;
pub use time::{AsOf, Date, Timestamp, Window};
