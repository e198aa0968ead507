//! `crmstat strategy`.

use super::{OutputArgs, ReadArgs, finite};
use clap::Args;
use std::path::PathBuf;

/// Arguments of `crmstat strategy`.
#[derive(Args, Debug)]
#[command(mut_arg("exports", |exports| exports.required(false).required_unless_present("print_rules")))]
#[command(after_help = "\
Examples:
  crmstat strategy orders.csv                               a strategy, a reason and a next step per customer
  crmstat strategy orders.csv --summary                     how many customers, how much worth, what budget
  crmstat strategy --print-rules > rules.toml               the rules, to edit; then --rules rules.toml")]
pub(crate) struct StrategyArgs {
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    /// Observe the world at the first moment of this day; later orders do not exist
    /// [default: the day after the last order]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) as_of: Option<String>,
    /// Leave out orders before this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) since: Option<String>,
    /// Rules of one's own instead of the shipped ones; checked for gaps
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) rules: Option<PathBuf>,
    /// Print the shipped rules and do nothing else
    #[arg(long)]
    pub(crate) print_rules: bool,
    /// How far to look ahead: days, weeks, months or years
    #[arg(long, value_name = "SPAN", default_value = "52w")]
    pub(crate) horizon: String,
    /// What later money is worth less
    #[arg(long, value_name = "RATE", default_value = "10%/year")]
    pub(crate) discount: String,
    /// The share of revenue that is worth something, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 1.0, value_parser = finite)]
    pub(crate) margin: f64,
    /// One row per strategy instead of one per customer
    #[arg(long)]
    pub(crate) summary: bool,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
