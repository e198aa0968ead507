//! The fields that crmstat knows, and the tables they belong to.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A kind of table that a CRM exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableKind {
    /// Purchases: customer, date, amount.
    Orders,
    /// Opportunities with a stage or status; the won ones are purchases.
    Deals,
    /// Calls, meetings, e-mails, tasks, inquiries.
    Activities,
    /// One row per customer with its attributes.
    Customers,
    /// Lines of orders: product, quantity, price.
    Lines,
    /// One row per product.
    Products,
    /// Stages a deal went through.
    History,
    /// Marketing and sales spend per period and channel.
    Spend,
    /// Time series, one observation a row: series, date, value.
    Series,
    /// Requests of people who are no customers yet: created, source, status, manager, deal.
    Leads,
    /// Requests of customers: opened, first answer, resolved, kind.
    Tickets,
    /// One row per value of a column of an export, with what is known of it: teams of agents, areas of stores.
    Attributes,
}

impl TableKind {
    /// The name used in profiles and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Deals => "deals",
            Self::Activities => "activities",
            Self::Customers => "customers",
            Self::Lines => "lines",
            Self::Products => "products",
            Self::History => "history",
            Self::Spend => "spend",
            Self::Series => "series",
            Self::Leads => "leads",
            Self::Tickets => "tickets",
            Self::Attributes => "attributes",
        }
    }
}

impl TableKind {
    /// The fields without which a row of a table says nothing.
    pub(crate) const fn required(self, has_customer: bool) -> &'static [Field] {
        match self {
            // Activities of deals may name the deal alone.
            Self::Activities if !has_customer => &[Field::OrderId, Field::At],
            Self::Activities => &[Field::CustomerId, Field::At],
            Self::Customers => &[Field::CustomerId],
            Self::Lines => &[Field::OrderId],
            Self::Products => &[Field::Product],
            Self::History => &[Field::OrderId, Field::Stage, Field::EnteredAt],
            Self::Spend => &[Field::Period, Field::Amount],
            // A value that is missing is a gap in its series.
            Self::Series => &[Field::Date],
            Self::Leads => &[Field::CreatedAt],
            Self::Tickets => &[Field::OpenedAt],
            Self::Attributes => &[],
            Self::Orders => &[Field::CustomerId, Field::OrderedAt, Field::Amount],
            Self::Deals => &[Field::CustomerId, Field::Amount],
        }
    }
}

impl fmt::Display for TableKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

macro_rules! fields {
    ($($variant:ident $name:literal $doc:literal,)*) => {
        /// What a column of an export means.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(rename_all = "snake_case")]
        pub enum Field {
            $(#[doc = $doc] $variant,)*
        }

        impl Field {
            /// Every field, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name used by `--map` and in profiles.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

fields! {
    OrderId "order_id" "The order's or deal's id; equal ids are lines of one order.",
    CustomerId "customer_id" "The customer's id, or the name where an export has no id.",
    OrderedAt "ordered_at" "When the order was placed or paid.",
    Amount "amount" "The amount of the row in money.",
    Status "status" "Won, lost or open, as the CRM says it.",
    Stage "stage" "The stage of the deal in its pipeline.",
    Pipeline "pipeline" "The pipeline that the stage belongs to.",
    CreatedAt "created_at" "When the deal was created.",
    WonAt "won_at" "When the deal was won.",
    LostAt "lost_at" "When the deal was lost.",
    ClosedAt "closed_at" "When the deal was closed, won or lost.",
    ExpectedCloseAt "expected_close_at" "When the deal is expected to close.",
    IsClosed "is_closed" "Whether the deal is closed.",
    IsWon "is_won" "Whether the deal is won.",
    IsLost "is_lost" "Whether the deal is lost.",
    Probability "probability" "The CRM's own probability that the deal is won.",
    Owner "owner" "The manager who owns it.",
    Source "source" "Where the customer or deal came from.",
    LostReason "lost_reason" "Why the deal was lost.",
    Title "title" "The deal's title.",
    Product "product" "The product sold.",
    Category "category" "The product's category.",
    Region "region" "The customer's or order's region.",
    Channel "channel" "The channel of the sale.",
    Quantity "quantity" "How many units were sold.",
    Price "price" "The price of one unit; with a quantity and no amount it gives the amount.",
    Discount "discount" "The discount granted: money of the row, per cent or a fraction of the price.",
    Refunded "refunded" "What was given back of the row's amount.",
    Cost "cost" "What the goods cost the seller.",
    Currency "currency" "The currency of the amount.",
    At "at" "When the activity happened.",
    Kind "kind" "The kind of activity: call, meeting, e-mail, task, inquiry.",
    Outcome "outcome" "How the activity ended, such as answered or missed.",
    Segment "segment" "The customer's segment in the CRM.",
    Satisfaction "satisfaction" "The customer's score: NPS 0 to 10, or CSAT.",
    ContractStart "contract_start" "When the customer's contract began.",
    ContractEnd "contract_end" "When the customer's contract ended or ends.",
    Name "name" "The name of a customer or product.",
    EnteredAt "entered_at" "When the deal entered the stage.",
    Period "period" "The first day of the period of a spend.",
    Series "series" "The name of the time series that an observation belongs to.",
    Date "date" "The day of an observation, or the first day of its period.",
    Value "value" "The value of an observation.",
    OpenedAt "opened_at" "When the ticket was opened.",
    FirstAnswerAt "first_answer_at" "When the ticket was first answered.",
    FirstAnswerMinutes "first_answer_minutes" "Minutes from the opening of the ticket to its first answer.",
    ResolvedAt "resolved_at" "When the ticket was resolved.",
    DueAt "due_at" "When a task is or was due.",
    DoneAt "done_at" "When a task was done.",
}

impl Field {
    /// The field named `name`, as `--map` and profiles write it.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.name() == name)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the cells of a field are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldType {
    Text,
    Date,
    Money,
    Number,
}

impl Field {
    /// Whether its cells are texts, such as names and kinds; not dates, amounts or numbers.
    pub const fn is_text(self) -> bool {
        matches!(self.field_type(), FieldType::Text)
    }

    pub(crate) const fn field_type(self) -> FieldType {
        match self {
            Self::OrderedAt
            | Self::CreatedAt
            | Self::WonAt
            | Self::LostAt
            | Self::ClosedAt
            | Self::ExpectedCloseAt
            | Self::At
            | Self::ContractStart
            | Self::ContractEnd
            | Self::EnteredAt
            | Self::Period
            | Self::Date
            | Self::OpenedAt
            | Self::FirstAnswerAt
            | Self::ResolvedAt
            | Self::DueAt
            | Self::DoneAt => FieldType::Date,
            Self::Amount | Self::Price | Self::Discount | Self::Refunded | Self::Cost => {
                FieldType::Money
            }
            Self::Quantity
            | Self::Probability
            | Self::Satisfaction
            | Self::Value
            | Self::FirstAnswerMinutes => FieldType::Number,
            _ => FieldType::Text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Field;

    #[test]
    fn profiles_and_options_use_the_same_names() {
        for &field in Field::ALL {
            let written = serde_json::to_string(&field).unwrap();
            assert_eq!(written, format!("\"{field}\""));
            assert_eq!(Field::from_name(field.name()), Some(field));
        }
    }
}
