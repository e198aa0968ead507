//! `crmstat effect`.

use super::{OutputArgs, ReadArgs, finite};
use clap::{Args, ValueEnum};

/// Arguments of `crmstat effect`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  crmstat effect orders.csv --event 2025-03-01              what the change of that day did to revenue
  crmstat effect orders.csv --event 2025-03-01 --by region --control region=East   against a region without it
  crmstat effect orders.csv --event 2025-03-01 --period month --cost 250000 --margin 0.3   what it brought")]
pub(crate) struct EffectArgs {
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    /// The day of the event; several by commas
    #[arg(long, value_name = "DATE,…", value_delimiter = ',', required = true)]
    pub(crate) event: Vec<String>,
    /// What it may have changed: a measure of `sales`, such as revenue, orders or customers
    /// [default: revenue]
    #[arg(long, value_name = "MEASURE")]
    pub(crate) measure: Option<String>,
    /// The length of a period: day, week, month, quarter [default: week]
    #[arg(long, value_name = "PERIOD")]
    pub(crate) period: Option<String>,
    /// Ask for every group of this column, too
    #[arg(long, value_name = "COLUMN")]
    pub(crate) by: Option<String>,
    /// A group that the event did not touch, such as `region=East`; repeat it for more of the same column
    #[arg(long, value_name = "COLUMN=LABEL")]
    pub(crate) control: Vec<String>,
    /// What the event cost, for the return on it
    #[arg(long, value_name = "AMOUNT", value_parser = finite)]
    pub(crate) cost: Option<f64>,
    /// The share of the effect that is gain, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 1.0, value_parser = finite, requires = "cost")]
    pub(crate) margin: f64,
    /// Observe the world at the first moment of this day; later orders do not exist
    /// [default: the day after the last order]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) as_of: Option<String>,
    /// Leave out orders before this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) since: Option<String>,
    /// The level of intervals in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 95.0, value_parser = finite)]
    pub(crate) level: f64,
    /// The seed of the paths
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub(crate) seed: u64,
    /// One table alone [default: all of them for people, the effects for programs]
    #[arg(long, value_enum, value_name = "TABLE")]
    pub(crate) show: Option<EffectTable>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// A table of effects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EffectTable {
    /// One row per event and group
    Effect,
    /// One row per event, group and period: what came and what would have come
    Points,
    /// The same question about days of the past at which nothing happened
    Placebos,
}
