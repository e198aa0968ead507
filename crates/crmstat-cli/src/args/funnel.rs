//! `crmstat funnel`.

use super::{JoinArgs, OutputArgs, ReadArgs, finite};
use clap::{Args, ValueEnum};

/// Arguments of `crmstat funnel`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  crmstat funnel deals.csv --history history.csv            how far deals come, and where they die
  crmstat funnel deals.csv --by manager --cohort quarter --show summary
  crmstat funnel deals.csv --by regional_office --join sales_teams.csv --show summary
  crmstat funnel deals.csv --activities calls.csv --show attention   stale, overdue, forgotten deals")]
pub(crate) struct FunnelArgs {
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    #[command(flatten)]
    pub(crate) join: JoinArgs,
    /// Deals, closes and stages from this day on do not exist [default: the day after the last event]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) as_of: Option<String>,
    /// The stages in progress, from the first to the last [default: as the history, the profile or the CRM's
    /// probabilities have them]
    #[arg(long, value_name = "STAGE,…", value_delimiter = ',')]
    pub(crate) stages: Vec<String>,
    /// Divide the deals by these columns: fields such as owner (or manager), pipeline, source, headers of the file,
    /// columns of --customers or --join [default: pipeline where there are several]
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    pub(crate) by: Vec<String>,
    /// Divide the deals by the period of their creation, too
    #[arg(long, value_name = "month|quarter|year")]
    pub(crate) cohort: Option<String>,
    /// Days at its stage after which an open deal is stale [default: as many as nine of ten stays took]
    #[arg(long, value_name = "DAYS")]
    pub(crate) stale: Option<u32>,
    /// Hours within which a ticket is to be answered first [default: 1]
    #[arg(long, value_name = "HOURS", requires = "tickets", value_parser = finite)]
    pub(crate) answer_within: Option<f64>,
    /// Hours within which a ticket is to be resolved [default: 24]
    #[arg(long, value_name = "HOURS", requires = "tickets", value_parser = finite)]
    pub(crate) resolve_within: Option<f64>,
    /// The level of intervals in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 95.0, value_parser = finite)]
    pub(crate) level: f64,
    /// One table alone [default: all of them for people, the stages for programs]
    #[arg(long, value_enum, value_name = "TABLE")]
    pub(crate) show: Option<FunnelTable>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// A table of the funnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FunnelTable {
    /// One row per stage: reached, moved on, died, days
    Stages,
    /// Outcomes, win rates, cycle, velocity
    Summary,
    /// Why deals were lost
    Reasons,
    /// Open deals that are stale, overdue or without activity
    Attention,
    /// Leads of `--leads` by cohort and source: how many became deals and sales
    Leads,
    /// Tickets of `--tickets` by kind: time to the first answer and to the resolution
    Tickets,
}
