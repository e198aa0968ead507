//! `crmstat why`.

use super::{JoinArgs, OutputArgs, ReadArgs};
use clap::{Args, ValueEnum};

/// Arguments of `crmstat why`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  crmstat why orders.csv --period 2025-H2                   against the second half of 2024
  crmstat why orders.csv --period 2025-11 --against before  against October
  crmstat why orders.csv --period 2025-H2 --by category,customers.industry --products products.csv --customers customers.csv
  crmstat why orders.csv --from 2025-11-01 --to 2025-11-15 --against 2025-10-01..2025-10-15")]
pub(crate) struct WhyArgs {
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    #[command(flatten)]
    pub(crate) join: JoinArgs,
    /// Tell the change apart by these columns: fields, headers of the file, columns of --customers, --products, --lines
    /// or --join [default: product, category, manager, region, channel and source, as far as the file has them]
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    pub(crate) by: Vec<String>,
    /// The period that is explained: 2025, 2025-H1, 2025-Q3, 2025-07 or 2025-07-01..2025-08-15
    #[arg(long, value_name = "PERIOD", required_unless_present = "from", conflicts_with_all = ["from", "to"])]
    pub(crate) period: Option<String>,
    /// The first day of the period that is explained
    #[arg(long, value_name = "YYYY-MM-DD", requires = "to")]
    pub(crate) from: Option<String>,
    /// Its last day, which belongs to it
    #[arg(long, value_name = "YYYY-MM-DD", requires = "from")]
    pub(crate) to: Option<String>,
    /// What it is compared with: the same days a year before, as many days or months right before, or another
    /// period
    #[arg(long, value_name = "year|before|PERIOD", default_value = "year")]
    pub(crate) against: String,
    /// Customers and groups of each dimension that are told one by one; the others are one row
    /// [default: 10 for people, all for programs]
    #[arg(long, value_name = "N")]
    pub(crate) top: Option<usize>,
    /// One table alone [default: all of them for people, everything in one table for programs]
    #[arg(long, value_enum, value_name = "TABLE")]
    pub(crate) show: Option<WhyTable>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// A table of what moved revenue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WhyTable {
    /// Customers, frequency, mean order (units, mix, prices), refunds
    Factors,
    /// Lost, new, reactivated, growing, shrinking customers
    Customers,
    /// Customers, products, managers, regions, or the groups of --by, with the largest changes
    Contributions,
}
