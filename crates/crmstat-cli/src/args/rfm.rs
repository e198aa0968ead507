//! `crmstat rfm`.

use super::{OutputArgs, ReadArgs};
use clap::Args;
use std::path::PathBuf;

/// Arguments of `crmstat rfm`.
#[derive(Args, Debug)]
pub(crate) struct RfmArgs {
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    /// Observe the world at the first moment of this day; later orders do not exist
    /// [default: the day after the last order]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) as_of: Option<String>,
    /// Leave out orders before this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) since: Option<String>,
    /// Bins of every metric, or of recency, frequency and monetary [default: 5]
    #[arg(long, value_name = "N|R,F,M", conflicts_with_all = ["cuts", "model"])]
    pub(crate) bins: Option<String>,
    /// Frozen cut points: TOML, or a table written by `--thresholds`
    #[arg(long, value_name = "FILE", conflicts_with = "model")]
    pub(crate) cuts: Option<PathBuf>,
    /// What monetary means [default: total]
    #[arg(long, value_name = "total|mean", conflicts_with = "model")]
    pub(crate) monetary: Option<String>,
    /// The segments: the published grid of 11, or rules of your own [default: grid11]
    #[arg(long, value_name = "grid11|FILE.toml", conflicts_with = "model")]
    pub(crate) segments: Option<String>,
    /// Weights of recency, frequency and monetary in a combined score
    #[arg(long, value_name = "R,F,M", conflicts_with = "model")]
    pub(crate) weights: Option<String>,
    /// One row per segment
    #[arg(long, conflicts_with_all = ["thresholds", "compare"])]
    pub(crate) summary: bool,
    /// One row per metric and score: its bounds and its customers
    #[arg(long, conflicts_with = "compare")]
    pub(crate) thresholds: bool,
    /// Who moved between segments since this day, under the same cut points
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) compare: Option<String>,
    /// Save cut points and segments, to score other data alike
    #[arg(long, value_name = "FILE.json")]
    pub(crate) save_model: Option<PathBuf>,
    /// Score by a saved model
    #[arg(long, value_name = "FILE.json")]
    pub(crate) model: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
