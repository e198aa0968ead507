//! `crmstat managers`.

use super::{JoinArgs, OutputArgs, ReadArgs, finite};
use clap::Args;

/// Arguments of `crmstat managers`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  crmstat managers deals.csv                                who wins more than chance explains
  crmstat managers deals.csv --period month                 a row per manager and month
  crmstat managers deals.csv --period month --plan plan_of_sales.csv   plan, fact, attainment
  crmstat managers deals.csv --by regional_office --join sales_teams.csv   offices instead of managers
  crmstat managers deals.csv --activities calls.csv --speed what an answer within the hour does")]
pub(crate) struct ManagersArgs {
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    #[command(flatten)]
    pub(crate) join: JoinArgs,
    /// Compare the labels of this column instead of managers: a field, a header of the file, a column of --customers or
    /// --join
    #[arg(long, value_name = "COLUMN")]
    pub(crate) by: Option<String>,
    /// Deals and closes from this day on do not exist [default: the day after the last event]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) as_of: Option<String>,
    /// Leave out closes, creations and activities before this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) since: Option<String>,
    /// One row per manager and period, too
    #[arg(long, value_name = "month|quarter|year")]
    pub(crate) period: Option<String>,
    /// What was planned to be won: a table with columns period, value and, if need be, manager or what is compared
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<String>,
    /// The fewest closed deals that tell a manager apart [default: 20]
    #[arg(long, value_name = "N")]
    pub(crate) fewest: Option<u64>,
    /// The level of intervals in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 95.0, value_parser = finite)]
    pub(crate) level: f64,
    /// Tell instead how the time to the first activity goes with winning; needs --activities
    #[arg(long, requires = "activities")]
    pub(crate) speed: bool,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
