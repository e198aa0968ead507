//! How exports are read: the options of every command that takes them.

use clap::Args;
use std::path::PathBuf;

/// Options of reading.
#[derive(Args, Debug)]
#[command(next_help_heading = "Reading")]
pub(crate) struct ReadArgs {
    /// Files, glob patterns, or `-` for standard input; several are one data set
    #[arg(required = true, value_name = "EXPORT", help_heading = None)]
    pub(crate) exports: Vec<String>,
    /// The profile of the CRM, by name or as a TOML file [default: recognised by the header]
    #[arg(long, value_name = "NAME|FILE.toml")]
    pub(crate) profile: Option<String>,
    /// The column of a field, as in `--map amount=Total` (repeatable)
    #[arg(long, value_name = "FIELD=COLUMN")]
    pub(crate) map: Vec<String>,
    /// What a stage means, as in `--stage "Contract signed=won"` (repeatable)
    #[arg(long, value_name = "LABEL=won|lost|open")]
    pub(crate) stage: Vec<String>,
    /// The order of dates [default: decided per column from evidence]
    #[arg(long, value_name = "dmy|mdy|ymd")]
    pub(crate) date_order: Option<String>,
    /// The decimal sign [default: decided per column from evidence]
    #[arg(long, value_name = "comma|point")]
    pub(crate) decimal: Option<String>,
    /// The encoding, such as `windows-1251` [default: recognised]
    #[arg(long, value_name = "NAME")]
    pub(crate) encoding: Option<String>,
    /// The delimiter; `tab` for a tab [default: recognised]
    #[arg(long, value_name = "C")]
    pub(crate) delimiter: Option<String>,
    /// The sheet of a workbook [default: the first with a table]
    #[arg(long, value_name = "NAME")]
    pub(crate) sheet: Option<String>,
    /// Exchange rates, needed where amounts are in several currencies
    #[arg(long, value_name = "FILE")]
    pub(crate) rates: Option<PathBuf>,
    /// Write every rejected row with its reason to this CSV file
    #[arg(long, value_name = "FILE")]
    pub(crate) quarantine: Option<PathBuf>,
    /// Treat any rejected row as an error
    #[arg(long)]
    pub(crate) strict: bool,
}
