//! `crmstat report`.

use super::{ColorArg, JoinArgs, LangArg, ReadArgs, finite};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Arguments of `crmstat report`.
#[derive(Args, Debug)]
#[command(mut_arg("exports", |exports| exports.required(false).required_unless_present("from")))]
#[allow(clippy::struct_excessive_bools)] // Each is a flag of the command line.
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    #[command(flatten)]
    pub(crate) join: JoinArgs,
    /// Make the report of this record again, from the same files to the same bytes; files that have
    /// changed since are refused
    #[arg(long, value_name = "run.json")]
    pub(crate) from: Option<PathBuf>,
    /// The folder of the report: new, empty, or that of an earlier report, which is replaced; it appears
    /// whole or not at all
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: PathBuf,
    /// Show the page in the browser when it is made
    #[arg(long)]
    pub(crate) open: bool,
    /// Observe the world at the first moment of this day; later orders do not exist
    /// [default: the day after the last order]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) as_of: Option<String>,
    /// The seed of every random choice
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub(crate) seed: u64,
    /// The title [default: the names of the files]
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// What was planned to be sold by month: a table with columns period, value and, if need be, manager
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,
    /// Divide sales by these columns too: fields, headers of the file, words such as manager, or columns of the tables
    /// beside it and of --join, as in `customers.industry`
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    pub(crate) by: Vec<String>,
    /// The length of a period of sales and forecast: day, (ISO) week, month, quarter, year
    /// [default: the longest up to a month of which the data hold enough]
    #[arg(long, value_name = "PERIOD")]
    pub(crate) period: Option<String>,
    /// How likely sales are to reach this over the horizon of the forecast
    #[arg(long, value_name = "AMOUNT", value_parser = finite)]
    pub(crate) target: Option<f64>,
    /// Say what became of an earlier report: what was sold since, how its forecast did, who of its call list
    /// bought, who moved; its `run.json`, or its folder
    #[arg(long, value_name = "run.json")]
    pub(crate) since_report: Option<PathBuf>,
    /// One report for each value of this column of the export, such as manager, in a folder of its own with the rows of
    /// that value alone, and a page that lists them
    #[arg(long, value_name = "COLUMN",
        conflicts_with_all = ["from", "plan", "target", "since_report", "quarantine", "pseudonyms", "merge"])]
    pub(crate) split_by: Option<String>,
    /// A picture for the head of the page: PNG, JPEG or SVG, at most 512 KiB
    #[arg(long, value_name = "FILE")]
    pub(crate) logo: Option<PathBuf>,
    /// The sections: answer, since, figures, sales, why, parts, products, funnel, managers, strategy, rfm, clusters,
    /// churn, clv, cohorts, kpi, quality, methods
    /// [default: all that the data bear]
    #[arg(long, value_name = "A,B,C", value_delimiter = ',')]
    pub(crate) sections: Vec<String>,
    /// Show the names of customers beside their ids, as the table of `--customers` has them
    #[arg(long, conflicts_with = "pseudonyms")]
    pub(crate) with_names: bool,
    /// Put pseudonyms in the place of the customers' ids, in everything that is written: a hash under this
    /// key; the same key gives the same pseudonyms. Who lists the processes sees it: better in a file
    #[arg(long, value_name = "KEY", group = "pseudonyms", conflicts_with = "quarantine")]
    pub(crate) pseudonymize: Option<String>,
    /// As `--pseudonymize`, with the key from the first line of this file
    #[arg(long, value_name = "FILE", group = "pseudonyms", conflicts_with = "quarantine")]
    pub(crate) pseudonymize_file: Option<PathBuf>,
    /// As `--pseudonymize`, with the key from this environment variable
    #[arg(long, value_name = "NAME", group = "pseudonyms", conflicts_with = "quarantine")]
    pub(crate) pseudonymize_env: Option<String>,
    /// The format of the tables
    #[arg(long, value_enum, default_value_t)]
    pub(crate) table_format: TableFormatArg,
    /// The language of every word, number and date
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    pub(crate) lang: LangArg,
    /// Colours on a terminal
    #[arg(long, value_enum, default_value_t, value_name = "WHEN", help_heading = "Output")]
    pub(crate) color: ColorArg,
    /// Threads [default: one per core]
    #[arg(long, value_name = "N", help_heading = "Output")]
    pub(crate) threads: Option<usize>,
    /// Memory that may be taken, as in `2G` or `512M` [default: nine tenths of the machine's]
    #[arg(long, value_name = "SIZE", help_heading = "Output")]
    pub(crate) memory: Option<String>,
    /// Say nothing but errors, and print no summary
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Output")]
    pub(crate) quiet: bool,
    /// Say every decision taken
    #[arg(short, long, help_heading = "Output")]
    pub(crate) verbose: bool,
}

/// The format of the tables of a report.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum TableFormatArg {
    /// Comma-separated values
    #[default]
    Csv,
    /// Apache Parquet
    Parquet,
}

impl ReportArgs {
    /// The options of output that every command has, without a file of its own.
    pub(crate) fn output(&self) -> super::OutputArgs {
        super::OutputArgs {
            raw: false,
            format: Some("md".to_owned()),
            output: None,
            lang: self.lang,
            color: self.color,
            threads: self.threads,
            memory: self.memory.clone(),
            quiet: self.quiet,
            verbose: self.verbose,
        }
    }
}
