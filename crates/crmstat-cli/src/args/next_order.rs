//! `crmstat next-order`.

use super::{OutputArgs, ReadArgs};
use clap::Args;

/// Arguments of `crmstat next-order`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  crmstat next-order orders.csv                             when each customer orders again, with an interval
  crmstat next-order orders.csv --overdue                   who is late by their own rhythm, by revenue
  crmstat next-order orders.csv --as-of 2025-10-01 -o next.xlsx")]
pub(crate) struct NextOrderArgs {
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    /// Observe the world at the first moment of this day; later orders do not exist
    /// [default: the day after the last order]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) as_of: Option<String>,
    /// Leave out orders before this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) since: Option<String>,
    /// Only customers who are overdue by their own rhythm, those with the most revenue first
    #[arg(long)]
    pub(crate) overdue: bool,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
