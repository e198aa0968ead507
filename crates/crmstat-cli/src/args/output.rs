//! Where results go and how they look: the options of every command.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Options of output.
#[derive(Args, Debug)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// The format [default: by the extension of the file; a table on a terminal, CSV elsewhere]
    #[arg(long, value_name = "table|csv|tsv|json|ndjson|md|parquet|xlsx")]
    pub(crate) format: Option<String>,
    /// Write to this file instead of standard output; it appears whole or not at all
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write texts to CSV and TSV as they are, also those that a spreadsheet would run as formulas
    /// [default: such a text gets a leading `'`]
    #[arg(long)]
    pub(crate) raw: bool,
    /// The language of names, titles and texts
    #[arg(long, value_enum, default_value_t)]
    pub(crate) lang: LangArg,
    /// Colours on a terminal
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: ColorArg,
    /// Threads [default: one per core]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Memory that may be taken, as in `2G` or `512M` [default: nine tenths of the machine's]
    #[arg(long, value_name = "SIZE")]
    pub(crate) memory: Option<String>,
    /// Say nothing but errors
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say every decision taken
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

/// A language.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum LangArg {
    /// English
    #[default]
    En,
    /// Russian
    Ru,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorArg {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
