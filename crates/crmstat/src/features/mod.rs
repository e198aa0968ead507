//! What is known of each customer at a cutoff: one documented table for segments, churn and CLV.
//!
//! [`History`] joins orders with activities, customers and order lines once; [`Features::at`] looks at it as of any
//! cutoff. Every feature uses only what happened strictly before the cutoff. A customer is in the table
//! when they have a purchase (an order that is not below zero) before it.
//!
//! | feature | unit | meaning | missing when |
//! |---|---|---|---|
//! | `recency_days` | days | from the last purchase to the cutoff | never |
//! | `frequency` | purchases | orders that are neither refunds nor cancelled | never |
//! | `monetary` | money | net amount, refunds taken off | never |
//! | `mean_order`, `median_order` | money | amount of a purchase | never |
//! | `tenure_days` | days | from the first purchase to the cutoff | never |
//! | `mean_gap_days` | days | between purchases, on average | fewer than 2 purchases |
//! | `gap_spread_days` | days | standard deviation of the gaps | fewer than 3 purchases |
//! | `recency_in_gaps` | ratio | recency over the mean gap | the mean gap is missing or 0 |
//! | `spend_trend` | −1 to 1 | spend in the later half of the tenure less that in the earlier, over both | fewer than 2 purchases, nothing spent |
//! | `lines` | lines | order lines of all purchases | never |
//! | `refund_share` | share | refunds over gross purchases | nothing spent |
//! | `orders_90d`, `orders_274d_365d` | purchases | at most 90 days ago; above 274 and at most 365 days ago | never |
//! | `spend_90d`, `spend_274d_365d` | money | net amount of these days: purchases less refunds, not below 0 | never |
//! | `discount_share` | share | discounts over the price before them | nothing priced, no discount cell |
//! | `spend_share:category=Chairs` | share | of spend on one label of a field | nothing spent |
//! | `favourite_region` | category | the label with the most spend, the first in byte order on a tie | no label |
//! | `activities`, `activities_90d` | activities | of any kind, ever or in these days | never |
//! | `activities:kind=call`, `activities_90d:outcome=missed` | activities | with one label | never |
//! | `activity_recency_days`, `activity_recency_days:kind=call` | days | since the last such activity | there is none |
//! | `unanswered_share`, `unanswered_share_90d` | share | of the activities with an outcome, those that nobody answered | there is none |
//! | `satisfaction` | score | as the table of customers has it | it has none |
//! | `contract_age_days` | days | since the contract began | it begins later, or is unknown |
//! | `customer_region` | category | a text of the table of customers: region, channel, source, owner, segment | it has none |
//!
//! Discounts, shares of spend and favourites come from the orders where these have the field, else from the
//! table of order lines. That nobody answered is read from outcomes such as "no answer", "missed",
//! "voicemail", «нет ответа», «недозвон».
//!
//! The table of customers carries no dates of change: satisfaction, starts of contracts and texts are those
//! at the export, not at the cutoff ([`Feature::is_dated`]). Missing is missing: a NaN or no code, never 0; segments count a
//! missing number as the median, churn flags it.

mod activities;
mod at;
mod feature;
mod history;
mod lines;
mod purchases;
#[cfg(test)]
mod tests;
mod value;

pub use at::{FeatureColumn, FeatureValues, Features};
pub use feature::{DaysAgo, Feature, Unit};
pub(crate) use history::Contract;
pub use history::{History, Unmatched};
pub use value::Value;
pub(crate) use value::{arranged, value_of};
