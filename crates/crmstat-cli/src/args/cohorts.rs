//! `crmstat cohorts`.

use super::{JoinArgs, OutputArgs, ReadArgs, finite};
use clap::{Args, ValueEnum};

/// Arguments of `crmstat cohorts`.
#[derive(Args, Debug)]
pub(crate) struct CohortsArgs {
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    #[command(flatten)]
    pub(crate) join: JoinArgs,
    /// Observe the world at the first moment of this day; later orders do not exist
    /// [default: the day after the last order]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) as_of: Option<String>,
    /// Leave out orders before this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) since: Option<String>,
    /// The period that makes a cohort [default: month]
    #[arg(long, value_name = "month|quarter|year", conflicts_with = "survival")]
    pub(crate) period: Option<String>,
    /// One row per cohort and one column per age instead of one row for each of both
    #[arg(long, value_name = "retention|active|revenue|cumulative", conflicts_with = "survival")]
    pub(crate) matrix: Option<String>,
    /// Cohorts of each label of a column at the first purchase, such as channel or product: a field, a header of
    /// the file, or a column of a table beside it
    #[arg(long, value_name = "COLUMN", conflicts_with = "survival")]
    pub(crate) by: Option<String>,
    /// New, active, reactivated and lost customers by period
    #[arg(long, conflicts_with_all = ["survival", "matrix"])]
    pub(crate) flow: bool,
    /// The share that lasts longer than a number of days, by Kaplan and Meier
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) survival: Option<SurvivalArg>,
    /// The level of the intervals of `--survival` in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 95.0, value_parser = finite)]
    pub(crate) level: f64,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SurvivalArg {
    /// The wait for the next order
    NextOrder,
    /// Contracts: `contract_start` and `contract_end` of `--customers`
    Contracts,
}
