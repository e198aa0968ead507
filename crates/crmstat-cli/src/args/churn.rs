//! `crmstat churn`.

use super::{OutputArgs, SubjectArgs, finite};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Arguments of `crmstat churn`.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct ChurnArgs {
    #[command(subcommand)]
    pub(crate) command: Option<ChurnCommand>,
    #[command(flatten)]
    pub(crate) subjects: SubjectArgs,
    /// How the customers are listed
    #[arg(long, value_enum, default_value_t)]
    pub(crate) sort: SortArg,
    /// What churn is: an order that does not come, or a contract that ends, by `contract_end` of `--customers`
    #[arg(long, value_enum, default_value_t, conflicts_with = "table")]
    pub(crate) event: EventArg,
    /// Whose churn: `active` customers can still be lost, silent for no longer than the horizon or three of their
    /// usual gaps up to a year; `all` have ever ordered
    #[arg(long, value_enum, default_value_t, conflicts_with = "table")]
    pub(crate) population: PopulationArg,
    /// The time in which it comes or does not come: how long a customer must be silent to have churned
    #[arg(long, value_name = "90d|13w", default_value = "90d", conflicts_with = "table")]
    pub(crate) horizon: String,
    /// The cutoff to judge by [default: the latest that the data allow]
    #[arg(long, value_name = "YYYY-MM-DD", conflicts_with = "table")]
    pub(crate) cutoff: Option<String>,
    /// The cutoffs to learn from [default: one, two and three horizons before the cutoff to judge by]
    #[arg(long, value_name = "DATE,DATE", value_delimiter = ',', conflicts_with = "table")]
    pub(crate) train_cutoffs: Vec<String>,
    /// What to learn from: features of an export, or columns of a table [default: what the tables bear;
    /// every column of a table but id, label and value]
    #[arg(long, value_name = "A,B,C", value_delimiter = ',')]
    pub(crate) features: Vec<String>,
    /// The column of the table that says who churned
    #[arg(long, value_name = "COLUMN", requires_all = ["table", "positive"], conflicts_with = "exports")]
    pub(crate) label: Option<String>,
    /// What the label says of a customer who churned
    #[arg(long, value_name = "VALUE", requires = "label")]
    pub(crate) positive: Option<String>,
    /// What the label says of customers who stayed [default: the one other value]
    #[arg(long, value_name = "A,B", value_delimiter = ',', requires = "label")]
    pub(crate) negative: Vec<String>,
    /// Columns that are known in advance, however much they tell of who leaves
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) allow: Vec<String>,
    /// What learns; `auto` takes trees where they are clearly better on held-out customers
    #[arg(long, value_enum, default_value_t)]
    pub(crate) learner: LearnerArg,
    /// How held-out customers bend the probabilities
    #[arg(long, value_enum, default_value_t)]
    pub(crate) calibration: CalibrationArg,
    /// What acting on a customer costs: with `--benefit`, from which probability it pays
    #[arg(long, value_name = "AMOUNT", requires = "benefit", value_parser = finite)]
    pub(crate) cost: Option<f64>,
    /// What acting brings if the customer would have churned
    #[arg(long, value_name = "AMOUNT", requires = "cost", value_parser = finite)]
    pub(crate) benefit: Option<f64>,
    /// The seed of folds and shuffles
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) answer: ChurnAnswerArgs,
    /// Save the model, to score other data alike
    #[arg(long, value_name = "FILE.json")]
    pub(crate) save_model: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What else `crmstat churn` does.
#[derive(Debug, Subcommand)]
pub(crate) enum ChurnCommand {
    /// Score customers by a saved model
    Score(Box<ChurnScoreArgs>),
}

/// Arguments of `crmstat churn score`.
#[derive(Args, Debug)]
pub(crate) struct ChurnScoreArgs {
    #[command(flatten)]
    pub(crate) subjects: SubjectArgs,
    /// How the customers are listed
    #[arg(long, value_enum, default_value_t)]
    pub(crate) sort: SortArg,
    /// The saved model
    #[arg(long, value_name = "FILE.json")]
    pub(crate) model: PathBuf,
    /// How the customers differ from those the model was made for
    #[arg(long)]
    pub(crate) drift: bool,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Which table answers; the customers unless one is named.
#[derive(Args, Debug)]
#[group(multiple = false)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch, and at most one is given")]
pub(crate) struct ChurnAnswerArgs {
    /// One row per measure on held-out customers, beside simpler ways
    #[arg(long)]
    pub(crate) metrics: bool,
    /// One row per group of similar probabilities: what was claimed and what came
    #[arg(long)]
    pub(crate) reliability: bool,
    /// One row per decile: lift and gain
    #[arg(long)]
    pub(crate) gains: bool,
    /// One row per feature: what it is worth on held-out customers
    #[arg(long)]
    pub(crate) importance: bool,
}

/// What churn is.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum EventArg {
    /// No order in the horizon
    #[default]
    NoOrder,
    /// The contract ends in the horizon
    ContractEnd,
}

/// Whose churn is looked at.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum PopulationArg {
    /// Customers who can still be lost
    #[default]
    Active,
    /// Everybody who has ever ordered
    All,
}

/// What learns.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum LearnerArg {
    /// The logistic regression, unless trees are clearly better
    #[default]
    Auto,
    /// Logistic regression
    Logistic,
    /// Gradient-boosted trees
    Trees,
}

/// How probabilities are bent to what came of held-out customers.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum CalibrationArg {
    /// Not at all
    #[default]
    None,
    /// Platt's line: for any size
    Platt,
    /// The beta curve
    Beta,
    /// Any rising function: from about a thousand customers up
    Isotonic,
}

/// How customers are listed.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum SortArg {
    /// The likeliest to churn first
    #[default]
    Probability,
    /// The most revenue at risk first
    Revenue,
}
