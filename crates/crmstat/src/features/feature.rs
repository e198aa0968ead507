//! The features by name, with their units and descriptions.

use crate::{
    Error, Lang, Result,
    data::{Field, TableKind},
};
use std::{fmt, str::FromStr};

/// One feature of a customer; its name, as `Display` writes and [`FromStr`] reads it, is its identity.
///
/// The meaning of each is in the table of the [module](crate::features).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Feature {
    /// `recency_days`
    RecencyDays,
    /// `frequency`
    Frequency,
    /// `monetary`
    Monetary,
    /// `mean_order`
    MeanOrder,
    /// `median_order`
    MedianOrder,
    /// `tenure_days`
    TenureDays,
    /// `mean_gap_days`
    MeanGapDays,
    /// `gap_spread_days`
    GapSpreadDays,
    /// `recency_in_gaps`
    RecencyInGaps,
    /// `spend_trend`
    SpendTrend,
    /// `lines`
    Lines,
    /// `refund_share`
    RefundShare,
    /// `discount_share`
    DiscountShare,
    /// `orders_90d`
    Orders(DaysAgo),
    /// `spend_90d`
    Spend(DaysAgo),
    /// `spend_share:category=Chairs`
    SpendShare(Field, String),
    /// `favourite_category`
    Favourite(Field),
    /// `activities`, in a window or of one kind or outcome: `activities_90d:kind=call`
    Activities(Option<DaysAgo>, Option<(Field, String)>),
    /// `activity_recency_days`, or of one kind or outcome
    ActivityRecencyDays(Option<(Field, String)>),
    /// `unanswered_share`, or in a window: `unanswered_share_90d`
    UnansweredShare(Option<DaysAgo>),
    /// `satisfaction`
    Satisfaction,
    /// `contract_age_days`
    ContractAgeDays,
    /// `customer_region`
    Customer(Field),
}

/// Days before the cutoff: more than `from` and at most `to` of them ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DaysAgo {
    /// Orders must be more days ago than this; 0 is up to the cutoff.
    pub from: u32,
    /// Orders must be at most this many days ago.
    pub to: u32,
}

impl DaysAgo {
    /// The last `days` before the cutoff.
    pub const fn last(days: u32) -> Self {
        Self { from: 0, to: days }
    }

    pub(super) fn contains(self, days_ago: i32) -> bool {
        i64::from(days_ago) > i64::from(self.from) && i64::from(days_ago) <= i64::from(self.to)
    }
}

/// `90d`, or `274d_365d`.
impl fmt::Display for DaysAgo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.from {
            0 => write!(f, "{}d", self.to),
            from => write!(f, "{from}d_{}d", self.to),
        }
    }
}

/// What a feature is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Days.
    Days,
    /// A number of purchases, lines or activities.
    Count,
    /// Money of the export.
    Money,
    /// A part of a whole, from 0 to 1 (a trend: from −1 to 1).
    Share,
    /// A ratio or score of its own scale.
    Number,
    /// One of some labels.
    Category,
}

impl Feature {
    /// The features that every export of orders has, windows of days aside.
    pub const OF_ORDERS: &[Self] = &[
        Self::RecencyDays,
        Self::Frequency,
        Self::Monetary,
        Self::MeanOrder,
        Self::MedianOrder,
        Self::TenureDays,
        Self::MeanGapDays,
        Self::GapSpreadDays,
        Self::RecencyInGaps,
        Self::SpendTrend,
        Self::Lines,
        Self::RefundShare,
    ];

    /// What it is measured in.
    pub fn unit(&self) -> Unit {
        match self {
            Self::RecencyDays
            | Self::TenureDays
            | Self::MeanGapDays
            | Self::GapSpreadDays
            | Self::ActivityRecencyDays(_)
            | Self::ContractAgeDays => Unit::Days,
            Self::Frequency | Self::Lines | Self::Orders(_) | Self::Activities(..) => Unit::Count,
            Self::Monetary | Self::MeanOrder | Self::MedianOrder | Self::Spend(_) => Unit::Money,
            Self::SpendTrend
            | Self::RefundShare
            | Self::DiscountShare
            | Self::SpendShare(..)
            | Self::UnansweredShare(_) => Unit::Share,
            Self::RecencyInGaps | Self::Satisfaction => Unit::Number,
            Self::Favourite(_) | Self::Customer(_) => Unit::Category,
        }
    }

    /// The field of orders that it is made of besides customer, time and amount.
    pub fn order_field(&self) -> Option<Field> {
        match self {
            Self::DiscountShare => Some(Field::Discount),
            Self::SpendShare(field, _) | Self::Favourite(field) => Some(*field),
            _ => None,
        }
    }

    /// The table beside the orders that may say it; `None` where the orders alone do.
    pub fn table(&self) -> Option<TableKind> {
        match self {
            Self::DiscountShare | Self::SpendShare(..) | Self::Favourite(_) => {
                Some(TableKind::Lines)
            }
            Self::Activities(..) | Self::ActivityRecencyDays(_) | Self::UnansweredShare(_) => {
                Some(TableKind::Activities)
            }
            Self::Satisfaction | Self::ContractAgeDays | Self::Customer(_) => {
                Some(TableKind::Customers)
            }
            _ => None,
        }
    }

    /// The fields of orders that `features` are made of: what [`OrdersQuery`](crate::data::OrdersQuery)
    /// asks for.
    pub fn order_fields(features: &[Self]) -> Vec<Field> {
        let mut fields: Vec<Field> = features.iter().filter_map(Self::order_field).collect();
        fields.sort_unstable();
        fields.dedup();
        fields
    }

    /// Whether its value at a cutoff is what was known then. What the table of customers says is not
    /// dated: it is what was known at the export.
    pub fn is_dated(&self) -> bool {
        !matches!(self, Self::Satisfaction | Self::ContractAgeDays | Self::Customer(_))
    }

    /// What it is, in words.
    pub fn description(&self, lang: Lang) -> String {
        let plain = |english: &str, russian: &str| lang.pick(english, russian).to_owned();
        match self {
            Self::RecencyDays => plain("days since the last purchase", "дней с последней покупки"),
            Self::Frequency => plain("purchases", "покупок"),
            Self::Monetary => plain("net spend", "сумма покупок за вычетом возвратов"),
            Self::MeanOrder => plain("mean purchase", "средний чек"),
            Self::MedianOrder => plain("median purchase", "медианный чек"),
            Self::TenureDays => plain("days since the first purchase", "дней с первой покупки"),
            Self::MeanGapDays => {
                plain("mean days between purchases", "дней между покупками в среднем")
            }
            Self::GapSpreadDays => {
                plain("spread of days between purchases", "разброс дней между покупками")
            }
            Self::RecencyInGaps => plain("recency in usual gaps", "давность в обычных интервалах"),
            Self::SpendTrend => plain("trend of spend", "тренд трат"),
            Self::Lines => plain("order lines", "строк заказов"),
            Self::RefundShare => plain("share of refunds", "доля возвратов"),
            Self::DiscountShare => plain("share of discounts", "доля скидок"),
            Self::Orders(days) => {
                format!("{} {}", lang.pick("purchases", "покупок"), ago(*days, lang))
            }
            Self::Spend(days) => format!("{} {}", lang.pick("spend", "траты"), ago(*days, lang)),
            Self::SpendShare(_, label) => match lang {
                Lang::En => format!("share of spend on {label}"),
                Lang::Ru => format!("доля трат: {label}"),
            },
            Self::Favourite(field) => match lang {
                Lang::En => format!("favourite {field}"),
                Lang::Ru => format!("любимое: {}", field_in_russian(*field)),
            },
            Self::Activities(days, of) => {
                let words = lang.pick("activities", "активностей").to_owned();
                let words = match of {
                    None => words,
                    Some((_, label)) => format!("{words}: {label}"),
                };
                within(words, *days, lang)
            }
            Self::UnansweredShare(days) => {
                within(plain("share unanswered", "доля без ответа"), *days, lang)
            }
            Self::ActivityRecencyDays(None) => {
                plain("days since the last activity", "дней с последней активности")
            }
            Self::ActivityRecencyDays(Some((_, label))) => match lang {
                Lang::En => format!("days since the last activity: {label}"),
                Lang::Ru => format!("дней с последней активности: {label}"),
            },
            Self::Satisfaction => plain("satisfaction", "удовлетворённость"),
            Self::ContractAgeDays => plain("days under contract", "дней с начала договора"),
            Self::Customer(field) => match lang {
                Lang::En => format!("customer's {field}"),
                Lang::Ru => format!("клиент: {}", field_in_russian(*field)),
            },
        }
    }
}

/// `words`, in the window of `days` if there is one.
fn within(words: String, days: Option<DaysAgo>, lang: Lang) -> String {
    match days {
        None => words,
        Some(days) => format!("{words} {}", ago(days, lang)),
    }
}

fn ago(days: DaysAgo, lang: Lang) -> String {
    let DaysAgo { from, to } = days;
    match (lang, from) {
        (Lang::En, 0) => format!("in the last {to} days"),
        (Lang::Ru, 0) => format!("за последние {to} дн."),
        (Lang::En, from) => format!("{from} to {to} days ago"),
        (Lang::Ru, from) => format!("от {from} до {to} дн. назад"),
    }
}

fn field_in_russian(field: Field) -> &'static str {
    match field {
        Field::Category => "категория",
        Field::Region => "регион",
        Field::Channel => "канал",
        Field::Source => "источник",
        Field::Owner => "менеджер",
        Field::Segment => "сегмент",
        Field::Product => "товар",
        other => other.name(),
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (stem, label) = match self {
            Self::RecencyDays => ("recency_days", &None),
            Self::Frequency => ("frequency", &None),
            Self::Monetary => ("monetary", &None),
            Self::MeanOrder => ("mean_order", &None),
            Self::MedianOrder => ("median_order", &None),
            Self::TenureDays => ("tenure_days", &None),
            Self::MeanGapDays => ("mean_gap_days", &None),
            Self::GapSpreadDays => ("gap_spread_days", &None),
            Self::RecencyInGaps => ("recency_in_gaps", &None),
            Self::SpendTrend => ("spend_trend", &None),
            Self::Lines => ("lines", &None),
            Self::RefundShare => ("refund_share", &None),
            Self::DiscountShare => ("discount_share", &None),
            Self::Satisfaction => ("satisfaction", &None),
            Self::ContractAgeDays => ("contract_age_days", &None),
            Self::ActivityRecencyDays(label) => ("activity_recency_days", label),
            Self::Activities(None, label) => ("activities", label),
            Self::Activities(Some(days), label) => {
                write!(f, "activities_{days}")?;
                ("", label)
            }
            Self::UnansweredShare(None) => ("unanswered_share", &None),
            Self::UnansweredShare(Some(days)) => return write!(f, "unanswered_share_{days}"),
            Self::Orders(days) => return write!(f, "orders_{days}"),
            Self::Spend(days) => return write!(f, "spend_{days}"),
            Self::SpendShare(field, label) => return write!(f, "spend_share:{field}={label}"),
            Self::Favourite(field) => return write!(f, "favourite_{field}"),
            Self::Customer(field) => return write!(f, "customer_{field}"),
        };
        f.write_str(stem)?;
        match label {
            Some((field, label)) => write!(f, ":{field}={label}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Feature {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        parse(name).ok_or_else(|| {
            let names: Vec<String> = Self::OF_ORDERS.iter().map(Self::to_string).collect();
            Error::usage(format!("there is no feature `{name}`")).with_hint(format!(
                "such as {}, `orders_90d`, `favourite_category`, `spend_share:channel=web`, \
                 `activities_90d:kind=call`, `unanswered_share`, `satisfaction`",
                names.join(", ")
            ))
        })
    }
}

fn parse(name: &str) -> Option<Feature> {
    if let Some((stem, label)) = name.split_once(':') {
        let (field, label) = label.split_once('=')?;
        let of_label = (Field::from_name(field)?, label.to_owned());
        return match stem {
            "spend_share" => Some(Feature::SpendShare(of_label.0, of_label.1)),
            "activities" => Some(Feature::Activities(None, Some(of_label))),
            "activity_recency_days" => Some(Feature::ActivityRecencyDays(Some(of_label))),
            _ => {
                let days = stem.strip_prefix("activities_").and_then(days_ago)?;
                Some(Feature::Activities(Some(days), Some(of_label)))
            }
        };
    }
    match name {
        "discount_share" => return Some(Feature::DiscountShare),
        "satisfaction" => return Some(Feature::Satisfaction),
        "contract_age_days" => return Some(Feature::ContractAgeDays),
        "activities" => return Some(Feature::Activities(None, None)),
        "unanswered_share" => return Some(Feature::UnansweredShare(None)),
        "activity_recency_days" => return Some(Feature::ActivityRecencyDays(None)),
        _ => {}
    }
    if let Some(found) = Feature::OF_ORDERS.iter().find(|feature| feature.to_string() == name) {
        return Some(found.clone());
    }
    if let Some(days) = name.strip_prefix("unanswered_share_") {
        return Some(Feature::UnansweredShare(Some(days_ago(days)?)));
    }
    let (stem, rest) = name.split_once('_')?;
    match stem {
        "activities" => days_ago(rest).map(|days| Feature::Activities(Some(days), None)),
        "orders" => days_ago(rest).map(Feature::Orders),
        "spend" => days_ago(rest).map(Feature::Spend),
        "favourite" => Field::from_name(rest).map(Feature::Favourite),
        "customer" => Field::from_name(rest).map(Feature::Customer),
        _ => None,
    }
}

fn days_ago(text: &str) -> Option<DaysAgo> {
    let days = |text: &str| text.strip_suffix('d')?.parse::<u32>().ok();
    let (from, to) = match text.split_once('_') {
        None => (0, days(text)?),
        Some((from, to)) => (days(from)?, days(to)?),
    };
    (from < to).then_some(DaysAgo { from, to })
}
