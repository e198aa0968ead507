//! `crmstat clv`.

use super::{OutputArgs, ReadArgs, finite};
use clap::{ArgGroup, Args, ValueEnum};
use std::path::PathBuf;

/// Arguments of `crmstat clv`.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("what").multiple(false))]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[allow(clippy::doc_markdown, reason = "the text of the help has no markup")]
pub(crate) struct ClvArgs {
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    /// Observe the world at the first moment of this day; later orders do not exist
    /// [default: the day after the last order]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) as_of: Option<String>,
    /// The last observed day; the same as `--as-of` one day later
    #[arg(long, value_name = "YYYY-MM-DD", conflicts_with = "as_of")]
    pub(crate) calibration_end: Option<String>,
    /// Leave out orders before this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) since: Option<String>,
    /// The model of orders, or a saved model: mbg-nbd, bg-nbd and pareto-nbd for orders at any time, mbg-cnbd-k
    /// and bg-cnbd-k for orders at regular intervals, bg-bb for orders bound to occasions, sbg for contracts
    /// (their starts and ends in `--customers`); auto chooses by likelihood and by orders held back
    /// [default: mbg-nbd]
    #[arg(long, value_name = "NAME|auto|FILE.json")]
    pub(crate) model: Option<String>,
    /// Columns of `--customers` that act on the rates of ordering and leaving, with `--model pareto-nbd`
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',', requires = "customers")]
    pub(crate) covariates: Vec<String>,
    /// The files are logs of events without amounts: a day with an event is an order, and orders alone are
    /// foreseen
    #[arg(long, conflicts_with_all = ["covariates", "validate", "residual"])]
    pub(crate) events: bool,
    /// The unit of time of the model; for bg-bb and sbg the period of the calendar that makes an occasion
    /// or a term [default: week; month for bg-bb and sbg]
    #[arg(long, value_name = "day|week|month|year")]
    pub(crate) unit: Option<String>,
    /// How far to look ahead; bg-bb and sbg round it to whole units
    #[arg(long, value_name = "SPAN", default_value = "52w")]
    pub(crate) horizon: String,
    /// What later money is worth less; `0` for nothing
    #[arg(long, value_name = "RATE/UNIT", default_value = "10%/year")]
    pub(crate) discount: String,
    /// The share of revenue that is worth something, above 0 and at most 1
    #[arg(long, value_name = "SHARE", default_value_t = 1.0, value_parser = finite)]
    pub(crate) margin: f64,
    /// The level of the intervals in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 95.0, value_parser = finite)]
    pub(crate) level: f64,
    /// How long a customer stays in the simple LTV beside CLV [default: the horizon]
    #[arg(long, value_name = "SPAN")]
    pub(crate) lifetime: Option<String>,
    /// What an order of zero is
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    pub(crate) zero_orders: ZeroArg,
    /// Add what each customer is worth for ever
    #[arg(long)]
    pub(crate) residual: bool,
    /// Add the intervals of what will come, orders and value, from this many simulated outcomes per customer;
    /// clv_lower and clv_upper bound the mean alone
    #[arg(long, value_name = "N")]
    pub(crate) simulate: Option<usize>,
    /// Add the probabilities of 0, 1, … N orders within the horizon, and of more
    #[arg(long, value_name = "N")]
    pub(crate) orders_distribution: Option<u32>,
    /// Take the intervals of CLV from this many draws of the parameters instead of the delta method
    #[arg(long, value_name = "N")]
    pub(crate) interval_draws: Option<usize>,
    /// The seed of simulation and draws
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub(crate) seed: u64,
    /// One row per parameter: estimate, standard error, and how it was found
    #[arg(long, group = "what")]
    pub(crate) parameters: bool,
    /// One row per figure of all customers, the simple LTV among them
    #[arg(long, group = "what")]
    pub(crate) summary: bool,
    /// One row per model of orders that `--model auto` compares: likelihood, and score on orders held back
    #[arg(long, group = "what")]
    pub(crate) models: bool,
    /// Hold back the data after the calibration and compare: the models of orders at any time, or the
    /// one of `--model`
    #[arg(
        long,
        group = "what",
        value_enum,
        value_name = "TABLE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "scores",
        conflicts_with_all = [
            "save_model", "simulate", "residual", "covariates", "orders_distribution", "interval_draws",
        ],
    )]
    pub(crate) validate: Option<ValidateArg>,
    /// How long to hold back [default: to the end of the data]
    #[arg(long, value_name = "SPAN", requires = "validate")]
    pub(crate) holdout: Option<String>,
    /// Save the fitted models, to predict other data alike
    #[arg(long, value_name = "FILE.json")]
    pub(crate) save_model: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What an order of zero is.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum ZeroArg {
    /// A purchase that brings nothing
    #[default]
    Purchase,
    /// No purchase
    Nothing,
}

/// A table of a validation.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ValidateArg {
    /// How far each model was off, and "same as last year" beside them
    Scores,
    /// Mean orders by number of repeat orders in the calibration
    Frequency,
    /// Repeat orders of all customers by week or month
    Tracking,
}
