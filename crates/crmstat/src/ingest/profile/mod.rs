//! Profiles: how one CRM writes its exports.
//!
//! A profile says under which headers a CRM writes each field, how its dates and numbers look, and which
//! of its stages mean won, lost and open. The built-in ones are the TOML files in `profiles/`; a user's
//! own is read by [`Profile::from_toml`]. [`recognise`] finds the profile of a file from its headers and
//! says which column is which field; [`Stages`] says what became of a deal; [`Rates`] converts currencies.
//!
//! # The file
//! ```toml
//! name = "ours"                      # what --profile takes
//! title = "Our CRM"                  # for people
//! date_order = "dmy"                 # optional: where the cells can be read either way
//! decimal = "comma"                  # optional: the same for numbers
//! null = ["не выбрано"]              # texts that mean "nothing here", besides the usual ones
//! footers = ["Итого"]                # how the first filled cell of a footer row begins
//!
//! [dialect]                          # all optional: content decides unless it may mislead
//! encoding = "windows-1251"
//! delimiter = ";"
//! escape = "\\"
//!
//! [stages]                           # labels of stages
//! won = ["Оплачено"]
//! lost = ["Отказ"]
//! open = ["Переговоры"]
//!
//! [pipelines."Опт"]                  # labels that mean something else in one pipeline
//! won = ["Отгружено"]
//!
//! [statuses]                         # words of a status column
//! won = ["paid"]
//!
//! [[tables]]
//! kind = "deals"
//! signature = [["Этап"], ["Бюджет", "Сумма"]]   # one header of each group must be there
//! close_date = "actual"              # or "planned": filled for open deals too
//! lines = "always"                   # equal ids add up; or "with_product", "never"
//! returns = "void"                   # rows of returns: no sales; or "subtract", a refund of a sale
//! lost_at_zero = false               # an open deal with a probability of zero is lost
//! lost_unless = ["Active"]           # an open deal without one of these flags is lost
//!
//! [[tables.customer]]                # the first of these that is filled in a row
//! columns = ["Компания"]             # headers in order of preference
//!
//! [[tables.customer]]
//! columns = ["Контакт"]
//! prefix = "contact:"                # keeps ids of two kinds of customers apart
//!
//! [tables.fields]                    # headers of each field in order of preference
//! order_id = ["ID"]
//! stage = ["Этап"]
//! amount = ["Бюджет", "Сумма"]
//! closed_at = ["Дата закрытия"]
//! ```

pub(crate) mod guess;
mod header;
mod mapping;
pub(crate) mod outcome;
mod rates;
mod stages;
#[cfg(test)]
mod tests;
pub(crate) mod words;

pub use super::cells::{date::DateOrder, number::Decimal};
pub use crate::data::Currency;
pub use mapping::{CustomerColumn, Mapping, recognise};
pub(crate) use mapping::{Expected, MOST_SIGNS};
pub use rates::Rates;
pub use stages::{DealSigns, Resolution, Stages};

use crate::{
    Error, Result,
    data::{Field, TableKind},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::OnceLock};

/// How one CRM writes its exports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The name that `--profile` takes.
    pub name: String,
    /// The CRM's name for people.
    pub title: String,
    /// The order of day and month where the cells of a column can be read either way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_order: Option<DateOrder>,
    /// The decimal sign where the cells of a column can be read either way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimal: Option<Decimal>,
    /// Texts that mean "nothing here", besides the usual ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub null: Vec<String>,
    /// How the first filled cell of a footer row begins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub footers: Vec<String>,
    /// How its text files are written, where content alone may mislead.
    #[serde(default, skip_serializing_if = "is_default")]
    pub dialect: Dialect,
    /// The labels of stages.
    #[serde(default, skip_serializing_if = "is_default")]
    pub stages: Labels,
    /// Labels that mean something else in one pipeline, by the pipeline's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pipelines: BTreeMap<String, Labels>,
    /// The words of status columns.
    #[serde(default, skip_serializing_if = "is_default")]
    pub statuses: Labels,
    /// The tables it exports.
    pub tables: Vec<Table>,
}

/// Hints on the text files of a CRM.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dialect {
    /// The encoding, such as `windows-1251`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// The delimiter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// The character that escapes a quote inside quotes, besides the doubled quote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escape: Option<char>,
}

/// Labels and what they mean. Letter case, spaces and punctuation do not count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Labels {
    /// Sold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub won: Vec<String>,
    /// Closed without a sale.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<String>,
    /// Still in progress.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<String>,
}

/// One table that a CRM exports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// What its rows are.
    pub kind: TableKind,
    /// Headers that tell it from other tables: one of each group must be there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signature: Vec<Vec<String>>,
    /// What the column of [`Field::ClosedAt`] holds.
    #[serde(default, skip_serializing_if = "is_default")]
    pub close_date: CloseDate,
    /// Whether an open deal with a probability of zero is lost.
    #[serde(default, skip_serializing_if = "is_default")]
    pub lost_at_zero: bool,
    /// Headers of flags that only lost deals and closed ones do not have: an open deal without it is lost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost_unless: Vec<String>,
    /// When equal ids are lines whose amounts add up.
    #[serde(default, skip_serializing_if = "is_default")]
    pub lines: Lines,
    /// What rows are whose status says that goods were given back.
    #[serde(default, skip_serializing_if = "is_default")]
    pub returns: Returns,
    /// Where the customer is: the first source that is filled in a row.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub customer: Vec<CustomerSource>,
    /// The headers of each field, in order of preference.
    #[serde(default)]
    pub fields: BTreeMap<Field, Vec<String>>,
}

/// A place where the customer of a row may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomerSource {
    /// Headers in order of preference.
    pub columns: Vec<String>,
    /// What is put before the value, so that ids of two kinds of customers stay apart.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
}

/// What the column of [`Field::ClosedAt`] holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseDate {
    /// The time of closing, filled for closed deals only.
    #[default]
    Actual,
    /// The time of closing for closed deals and the expected one for open deals.
    Planned,
}

/// What rows are whose status says that goods were given back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Returns {
    /// Sales that came to nothing, unless their amount is negative.
    #[default]
    Void,
    /// Documents of their own, whatever the sign of their amount: it is taken off.
    Subtract,
}

/// When equal ids are lines whose amounts add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lines {
    /// Each row carries the amount of its own line.
    #[default]
    Always,
    /// Only where the product column is shown.
    WithProduct,
    /// Every row repeats the amount of the whole deal.
    Never,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The built-in profiles in the order in which ties between them are broken; the generic one last.
const BUILTIN: [&str; 28] = [
    include_str!("../../../profiles/amocrm.toml"),
    include_str!("../../../profiles/kommo.toml"),
    include_str!("../../../profiles/bitrix24.toml"),
    include_str!("../../../profiles/hubspot.toml"),
    include_str!("../../../profiles/salesforce.toml"),
    include_str!("../../../profiles/salesforce-report.toml"),
    include_str!("../../../profiles/pipedrive.toml"),
    include_str!("../../../profiles/zoho.toml"),
    include_str!("../../../profiles/dynamics365.toml"),
    include_str!("../../../profiles/odoo.toml"),
    include_str!("../../../profiles/espocrm.toml"),
    include_str!("../../../profiles/suitecrm.toml"),
    include_str!("../../../profiles/shopify.toml"),
    include_str!("../../../profiles/woocommerce.toml"),
    include_str!("../../../profiles/stripe.toml"),
    include_str!("../../../profiles/onec.toml"),
    include_str!("../../../profiles/onec-crm.toml"),
    include_str!("../../../profiles/bitcrm.toml"),
    include_str!("../../../profiles/retailcrm.toml"),
    include_str!("../../../profiles/moysklad.toml"),
    include_str!("../../../profiles/creatio.toml"),
    include_str!("../../../profiles/planfix.toml"),
    include_str!("../../../profiles/tilda.toml"),
    include_str!("../../../profiles/ozon.toml"),
    include_str!("../../../profiles/wildberries.toml"),
    include_str!("../../../profiles/zendesk.toml"),
    include_str!("../../../profiles/freshdesk.toml"),
    include_str!("../../../profiles/generic.toml"),
];

/// The name of the profile that fits any table with plain headers.
const GENERIC: &str = "generic";

impl Profile {
    /// The built-in profiles, the generic one last.
    ///
    /// # Examples
    /// ```
    /// use crmstat::ingest::profile::Profile;
    ///
    /// let names: Vec<&str> = Profile::builtin().iter().map(|profile| &*profile.name).collect();
    /// assert_eq!(names.first(), Some(&"amocrm"));
    /// assert_eq!(names.last(), Some(&"generic"));
    /// ```
    pub fn builtin() -> &'static [Self] {
        static PROFILES: OnceLock<Vec<Profile>> = OnceLock::new();
        PROFILES.get_or_init(|| {
            // The files are part of the program; a test reads every one of them.
            BUILTIN.iter().filter_map(|text| Self::from_toml(text).ok()).collect()
        })
    }

    /// The built-in profile called `name`.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::builtin().iter().find(|profile| profile.name == name)
    }

    /// Reads a profile written in TOML.
    ///
    /// # Errors
    /// A data error that says what is wrong and where.
    ///
    /// # Examples
    /// ```
    /// use crmstat::ingest::profile::Profile;
    ///
    /// let profile = Profile::from_toml(
    ///     r#"
    ///     name = "till"
    ///     title = "The till of our shop"
    ///
    ///     [[tables]]
    ///     kind = "orders"
    ///     fields = { customer_id = ["Card"], ordered_at = ["Day"], amount = ["Paid"] }
    ///     "#,
    /// )?;
    /// assert_eq!(Profile::from_toml(&profile.to_toml())?, profile);
    /// # Ok::<(), crmstat::Error>(())
    /// ```
    pub fn from_toml(text: &str) -> Result<Self> {
        let profile: Self = toml::from_str(text).map_err(|cause| {
            let line = cause.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            Error::data(format!("line {line} of the profile: {}", cause.message()))
                .with_hint("see `crmstat inspect --write-profile` for a profile to start from")
        })?;
        if profile.name.is_empty() || profile.tables.is_empty() {
            return Err(Error::data("a profile needs a `name` and at least one of `[[tables]]`"));
        }
        Ok(profile)
    }

    /// The profile in TOML; [`Profile::from_toml`] reads it back.
    pub fn to_toml(&self) -> String {
        // Every key is a string and every value has a form in TOML, so that nothing can fail.
        toml::to_string(self).unwrap_or_default()
    }

    /// Whether `cell` is one of the profile's own words for "nothing here".
    pub fn is_null(&self, cell: &str) -> bool {
        is_among(&self.null, cell)
    }

    /// Whether a row whose first filled cell is `cell` is a footer, such as `Grand Totals (300 records)`.
    pub fn is_footer(&self, cell: &str) -> bool {
        let cell = cell.trim();
        self.footers.iter().any(|start| cell.starts_with(start.as_str()))
    }
}

/// What a header is compared by; see [`recognise`].
pub(crate) fn header_key(header: &str) -> String {
    header::key(header)
}

/// Whether `header` is that of the instant of a row's last change.
pub(crate) fn is_modification(header: &str) -> bool {
    let words = words::of(header);
    let begins =
        |stems: &[&str]| words.iter().any(|word| stems.iter().any(|stem| word.starts_with(stem)));
    begins(&["modif", "updat", "chang", "измен", "обновл", "редактир"])
        && !begins(&["by", "user", "кем", "count"])
}

/// Whether `header` names the amount of a whole order.
pub(crate) fn is_name_of_total(header: &str) -> bool {
    const NAMES: [&str; 16] = [
        "ordertotal",
        "totalorder",
        "orderamount",
        "ordervalue",
        "ordersum",
        "ordertotalamount",
        "totalorderamount",
        "totalordervalue",
        "invoicetotal",
        "totalinvoiceamount",
        "grandtotal",
        "суммазаказа",
        "итогозаказа",
        "итогопозаказу",
        "стоимостьзаказа",
        "суммачека",
    ];
    let key = header::key(header);
    let bare = header::key_without_currency(header);
    NAMES.iter().any(|name| key == *name || bare.as_deref() == Some(*name))
}

fn is_among(words: &[String], cell: &str) -> bool {
    let cell = cell.trim();
    words.iter().any(|word| word == cell || word.to_lowercase() == cell.to_lowercase())
}
