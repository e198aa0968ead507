//! `crmstat response`.

use super::{OutputArgs, ReadArgs, finite};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Arguments of `crmstat response`.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(mut_arg("exports", |exports| exports.value_name("TABLE").help(
    "A table with one row per customer: what is known before the campaign, and what came of it"
)))]
#[command(after_help = "\
Examples:
  crmstat response mailing.csv --label answered --positive yes              who answers
  crmstat response mailing.csv --label bought --positive 1 --treatment mailed --treated 1 --value 40 --cost 2
                                          whom the mailing moves, whom to send it to, and whom never
  crmstat response mailing.csv … --save-model mailing.json   then: crmstat response score --model mailing.json new.csv")]
pub(crate) struct ResponseArgs {
    #[command(subcommand)]
    pub(crate) command: Option<ResponseCommand>,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    /// The column that says who responded
    #[arg(long, value_name = "COLUMN", required = true)]
    pub(crate) label: Option<String>,
    /// What the label says of a customer who responded
    #[arg(long, value_name = "VALUE", required = true)]
    pub(crate) positive: Option<String>,
    /// What the label says of customers who did not [default: the one other value]
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) negative: Vec<String>,
    /// The column that says who was treated and who was left alone: learn the uplift
    #[arg(long, value_name = "COLUMN", requires = "treated")]
    pub(crate) treatment: Option<String>,
    /// What that column says of a treated customer
    #[arg(long, value_name = "VALUE", requires = "treatment")]
    pub(crate) treated: Option<String>,
    /// What it says of an untreated one [default: the one other value]
    #[arg(long, value_name = "A,B", value_delimiter = ',', requires = "treatment")]
    pub(crate) untreated: Vec<String>,
    /// The column of the customers' ids [default: recognised]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) id: Option<String>,
    /// The columns to learn from [default: every column but id, label and treatment]
    #[arg(long, value_name = "A,B,C", value_delimiter = ',')]
    pub(crate) features: Vec<String>,
    /// Columns that are known before the campaign, however much they tell of who responds
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) allow: Vec<String>,
    /// What a response brings
    #[arg(long, value_name = "AMOUNT", requires = "cost", value_parser = finite)]
    pub(crate) value: Option<f64>,
    /// What sending to one customer costs
    #[arg(long, value_name = "AMOUNT", requires = "value", value_parser = finite)]
    pub(crate) cost: Option<f64>,
    /// The seed of folds and samples
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub(crate) seed: u64,
    /// One table alone [default: depths, bands and customers for people, the customers for programs]
    #[arg(long, value_enum, value_name = "TABLE")]
    pub(crate) show: Option<ResponseTable>,
    /// Save the model, to score other customers alike
    #[arg(long, value_name = "FILE.json")]
    pub(crate) save_model: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What else `crmstat response` does.
#[derive(Debug, Subcommand)]
pub(crate) enum ResponseCommand {
    /// Score customers by a saved model
    Score(Box<ResponseScoreArgs>),
}

/// Arguments of `crmstat response score`.
#[derive(Args, Debug)]
#[command(mut_arg("exports", |exports| exports.value_name("TABLE").help(
    "A table with one row per customer and the columns of the model"
)))]
pub(crate) struct ResponseScoreArgs {
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    /// The saved model
    #[arg(long, value_name = "FILE.json")]
    pub(crate) model: PathBuf,
    /// The column of the customers' ids [default: recognised]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) id: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// A table of a response run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ResponseTable {
    /// One row per customer, the highest probability or uplift first
    Customers,
    /// One row per tenth of the customers: what was foreseen and what came
    Bands,
    /// One row per depth: what sending so deep brings
    Depths,
    /// One row per measure on customers that the model had not seen
    Metrics,
    /// One row per column: the treated beside the untreated
    Balance,
}
