//! `crmstat baskets`.

use super::{JoinArgs, OutputArgs, ReadArgs, finite};
use clap::{Args, ValueEnum};

/// Arguments of `crmstat baskets`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  crmstat baskets orders.csv --lines lines.csv              what is bought together, beyond chance
  crmstat baskets orders.csv --basket customer --by category --lines lines.csv
  crmstat baskets orders.csv --show sequences --within 60d  what customers buy after what
  crmstat baskets orders.csv --show next -o offers.xlsx     the next products for each customer, with the reason
  crmstat baskets orders.csv --show judged                  how such offers would have met the last months")]
pub(crate) struct BasketsArgs {
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    #[command(flatten)]
    pub(crate) join: JoinArgs,
    /// What a product is: a field, a header, or a column of --products and --lines
    #[arg(long, value_name = "COLUMN", default_value = "product")]
    pub(crate) by: String,
    /// What to find
    #[arg(long, value_enum, default_value_t, value_name = "TABLE")]
    pub(crate) show: BasketsTable,
    /// What a basket is, for rules and sets
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) basket: Option<BasketArg>,
    /// Rules and sets by segment: of RFM, or of this column
    #[arg(long, value_name = "COLUMN", num_args = 0..=1, default_missing_value = "", require_equals = true)]
    pub(crate) segments: Option<String>,
    /// The most products of a set, 2 to 4 [default: 2]
    #[arg(long, value_name = "N")]
    pub(crate) size: Option<usize>,
    /// The fewest baskets of a set, or customers of a sequence, as in `20` or `0.5%`
    /// [default: 5, or 0.01% where that is more]
    #[arg(long, value_name = "N|SHARE")]
    pub(crate) least: Option<String>,
    /// The least confidence of a rule, from 0 to 1
    #[arg(long, value_name = "SHARE", value_parser = finite)]
    pub(crate) confidence: Option<f64>,
    /// The false discovery rate in percent: so many of the rules or sequences may be chance; 100 shows all
    /// [default: 5]
    #[arg(long, value_name = "PERCENT", value_parser = finite)]
    pub(crate) false_discovery: Option<f64>,
    /// Which rules come first [default: extra]
    #[arg(long, value_enum, value_name = "ORDER")]
    pub(crate) sort: Option<RuleSortArg>,
    /// Within which time the second purchase of a sequence follows the first [default: 90d]
    #[arg(long, value_name = "SPAN")]
    pub(crate) within: Option<String>,
    /// Offers to each customer [default: 5]
    #[arg(long, value_name = "N")]
    pub(crate) top: Option<usize>,
    /// Offer also what the customer has bought before
    #[arg(long)]
    pub(crate) repeat: bool,
    /// How much of the end offers are judged by [default: 90d, or a quarter of the history where that is less]
    #[arg(long, value_name = "SPAN")]
    pub(crate) holdout: Option<String>,
    /// Do not offer what nobody has bought for so long [default: 90d]
    #[arg(long, value_name = "SPAN")]
    pub(crate) sold_within: Option<String>,
    /// Observe the world at the first moment of this day; later orders do not exist
    /// [default: the day after the last order]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) as_of: Option<String>,
    /// Leave out orders before this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) since: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// A table of baskets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum BasketsTable {
    /// Who buys this buys that: support, confidence, lift, test
    #[default]
    Rules,
    /// What is frequent together, whatever the test says
    Sets,
    /// What customers buy within a time after what
    Sequences,
    /// The next products for each customer
    Next,
    /// How offers made before the last part of the history would have met it
    Judged,
}

/// What a basket is.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum BasketArg {
    /// An order
    #[default]
    Order,
    /// What a customer bought in one day
    Day,
    /// Everything that a customer bought
    Customer,
}

/// Which rules come first.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum RuleSortArg {
    /// Those with the most baskets beyond what chance would bring
    #[default]
    Extra,
    /// Those with the highest lift
    Lift,
    /// Those with the highest confidence
    Confidence,
    /// Those with the most baskets
    Support,
}
