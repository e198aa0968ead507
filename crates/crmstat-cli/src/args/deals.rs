//! `crmstat deals`.

use super::{LearnerArg, OutputArgs, ReadArgs};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Arguments of `crmstat deals`.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = "\
Examples:
  crmstat deals deals.csv --history history.csv --activities calls.csv   what to do first, and why
  crmstat deals deals.csv --show quality                    how good the probabilities were on past deals
  crmstat deals deals.csv --save-model deals.json           then: crmstat deals score --model deals.json new.csv")]
pub(crate) struct DealsArgs {
    #[command(subcommand)]
    pub(crate) command: Option<DealsCommand>,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    /// Deals, closes, stages and activities from this day on do not exist [default: the day after the last event]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) as_of: Option<String>,
    /// The time in which a deal is won or not [default: what holds 95 % of the cycles of closed deals, at most a
    /// quarter of the history]
    #[arg(long, value_name = "90d|13w")]
    pub(crate) horizon: Option<String>,
    /// Days at its stage after which an open deal is stale [default: as many as nine of ten stays took]
    #[arg(long, value_name = "DAYS")]
    pub(crate) stale: Option<u32>,
    /// What learns; `auto` takes trees where they are clearly better on earlier deals
    #[arg(long, value_enum, default_value_t)]
    pub(crate) learner: LearnerArg,
    /// One table alone [default: both for people, the deals for programs]
    #[arg(long, value_enum, value_name = "TABLE")]
    pub(crate) show: Option<DealsTable>,
    /// Save the model, to score other deals alike
    #[arg(long, value_name = "FILE.json")]
    pub(crate) save_model: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What else `crmstat deals` does.
#[derive(Debug, Subcommand)]
pub(crate) enum DealsCommand {
    /// Score open deals by a saved model
    Score(Box<DealsScoreArgs>),
}

/// Arguments of `crmstat deals score`.
#[derive(Args, Debug)]
pub(crate) struct DealsScoreArgs {
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    /// The saved model
    #[arg(long, value_name = "FILE.json")]
    pub(crate) model: PathBuf,
    /// Deals, closes, stages and activities from this day on do not exist [default: the day after the last event]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) as_of: Option<String>,
    /// Days at its stage after which an open deal is stale [default: as many as nine of ten stays took]
    #[arg(long, value_name = "DAYS")]
    pub(crate) stale: Option<u32>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// A table of scored deals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DealsTable {
    /// One row per open deal, those to look at first in front
    Deals,
    /// One row per way to a probability: how good it was on later deals
    Quality,
}
