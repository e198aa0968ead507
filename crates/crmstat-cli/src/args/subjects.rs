//! Who is looked at: the customers of exports or the rows of a table.

use super::ReadArgs;
use clap::Args;

/// The customers of exports, as of a day, or the rows of a table.
#[derive(Args, Debug)]
#[command(mut_arg("exports", |exports| exports.required(false).required_unless_present("table")))]
pub(crate) struct SubjectArgs {
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    /// A table with one row per customer instead of an export
    #[arg(long, value_name = "FILE", conflicts_with_all = ["exports", "as_of", "activities", "customers"])]
    pub(crate) table: Option<String>,
    /// The column of the customers' ids in the table [default: recognised]
    #[arg(long, value_name = "COLUMN", requires = "table", conflicts_with = "exports")]
    pub(crate) id: Option<String>,
    /// The column of the table that says what a customer is worth in the time that churn is about
    #[arg(long, value_name = "COLUMN", requires = "table", conflicts_with = "exports")]
    pub(crate) value: Option<String>,
    /// Observe the world at the first moment of this day; later events do not exist
    /// [default: the day after the last order]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) as_of: Option<String>,
}
