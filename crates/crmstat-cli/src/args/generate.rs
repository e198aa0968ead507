//! `crmstat generate`.

use super::OutputArgs;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Arguments of `crmstat generate`.
#[derive(Args, Debug)]
pub(crate) struct GenerateArgs {
    /// The export to imitate
    #[arg(long, default_value = "orders", value_name = "NAME")]
    pub(crate) dialect: String,
    /// Customers, each with at least one order
    #[arg(long, value_name = "N")]
    pub(crate) customers: Option<u32>,
    /// Expected number of orders [default: what the purchase process gives]
    #[arg(long, value_name = "N")]
    pub(crate) orders: Option<u64>,
    /// Another seed is another CRM of the same kind
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// The first day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) from: Option<String>,
    /// The day after the last one
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) to: Option<String>,
    /// How customers buy and stop
    #[arg(long, value_enum, default_value_t)]
    pub(crate) process: ProcessArg,
    /// How strongly sales follow season and weekday, 0 to 0.9
    #[arg(long, value_name = "SHARE")]
    pub(crate) seasonality: Option<f64>,
    /// Growth of sales per year: 0.1 is a tenth more
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    pub(crate) growth: Option<f64>,
    /// The share of deals that are won
    #[arg(long, value_name = "SHARE")]
    pub(crate) win_rate: Option<f64>,
    /// Days after the end for which the truth says how many orders follow
    #[arg(long, value_name = "DAYS")]
    pub(crate) horizon_days: Option<u16>,
    /// Faulty rows: bad dates, bad amounts, missing customers and repeated rows in equal parts
    #[arg(long, value_name = "ROWS")]
    pub(crate) dirt: Option<u64>,
    /// Also write another table of the same CRM, as in `--part truth=truth.csv` (repeatable), or write it
    /// instead of the orders, as in `--part truth`: activities, customers, lines, products, history, spend,
    /// truth
    #[arg(long, value_name = "PART[=FILE]")]
    pub(crate) part: Vec<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// A purchase process.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum ProcessArg {
    /// Customers may drop out after each order
    #[default]
    BgNbd,
    /// Customers may drop out at any time
    ParetoNbd,
}

impl GenerateArgs {
    /// The parts without a file: each is to be written instead of the orders.
    pub(crate) fn instead(&self) -> impl Iterator<Item = &str> {
        self.part.iter().map(String::as_str).filter(|given| !given.contains('='))
    }

    /// The parts that are also written, and the files that they go to.
    pub(crate) fn beside(&self) -> impl Iterator<Item = (&str, PathBuf)> {
        let pairs = self.part.iter().filter_map(|given| given.split_once('='));
        pairs.map(|(part, file)| (part, PathBuf::from(file)))
    }
}
