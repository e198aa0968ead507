//! `crmstat segment`.

use super::{OutputArgs, SubjectArgs, finite};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Arguments of `crmstat segment`.
#[derive(Args, Debug)]
#[command(
    mut_arg("table", |table| table.help(
        "Group the rows of a table with one row per customer instead of an export",
    )),
    mut_arg("value", |value| value.help(
        "The column of the table that says what a customer is worth",
    )),
)]
pub(crate) struct SegmentArgs {
    #[command(flatten)]
    pub(crate) subjects: SubjectArgs,
    /// What to group by: features of an export, `all` of them, or columns of a table [default:
    /// `recency_days,frequency,monetary`; every column of a table but the id]
    #[arg(long, value_name = "A,B,C", value_delimiter = ',', conflicts_with = "model")]
    pub(crate) features: Vec<String>,
    /// The number of clusters; `auto` chooses from 2 to 10, or says that there are none and makes a working cut
    #[arg(long, value_name = "N|auto", default_value = "auto", conflicts_with = "model")]
    pub(crate) k: String,
    /// The transform of numbers [default: a logarithm where they are skewed, by the data and whatever their unit]
    #[arg(long, value_enum, conflicts_with = "model")]
    pub(crate) transform: Option<TransformArg>,
    /// The unit of numbers
    #[arg(long, value_enum, default_value_t, conflicts_with = "model")]
    pub(crate) scale: ScaleArg,
    /// The share of customers at each end whose numbers are pulled in to the quantile
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, conflicts_with = "model", value_parser = finite)]
    pub(crate) winsorise: f64,
    /// The weight of a category against a number
    #[arg(long, value_name = "WEIGHT", default_value_t = 1.0, conflicts_with = "model", value_parser = finite)]
    pub(crate) category_weight: f64,
    /// Starts, of which the best is kept
    #[arg(long, value_name = "N", default_value_t = 10, conflicts_with = "model", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=1000))]
    pub(crate) n_init: usize,
    /// The seed of every random choice
    #[arg(long, value_name = "N", default_value_t = 42, conflicts_with = "model")]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) answer: AnswerArgs,
    /// Save the clusters, to assign other customers alike
    #[arg(long, value_name = "FILE.json")]
    pub(crate) save_model: Option<PathBuf>,
    /// Assign by saved clusters
    #[arg(long, value_name = "FILE.json")]
    pub(crate) model: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Which table answers; the customers unless one is named.
#[derive(Args, Debug)]
#[group(multiple = false)]
pub(crate) struct AnswerArgs {
    /// One row per cluster: size, share of revenue, medians, what sets it apart, typical customers
    #[arg(long)]
    pub(crate) profile_table: bool,
    /// One row per number of clusters that `--k auto` compared
    #[arg(long, conflicts_with = "model")]
    pub(crate) choice_table: bool,
    /// How the customers differ from those the saved clusters were made of
    #[arg(long, requires = "model")]
    pub(crate) drift: bool,
    /// How many moved between which clusters since this day
    #[arg(long, value_name = "YYYY-MM-DD", conflicts_with = "table")]
    pub(crate) migrate: Option<String>,
    /// Who moved since this day, one row per customer
    #[arg(long, value_name = "YYYY-MM-DD", conflicts_with = "table")]
    pub(crate) movers: Option<String>,
}

/// A transform of numbers.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum TransformArg {
    /// The logarithm of the number and 1
    Log1p,
    /// Yeo and Johnson's power transform
    YeoJohnson,
    /// The number itself
    None,
}

/// The unit of numbers.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum ScaleArg {
    /// Standard deviations
    #[default]
    Standard,
    /// Interquartile ranges
    Robust,
    /// Their own
    None,
}
