//! The command line as typed: clap types only.

mod baskets;
mod churn;
mod clv;
mod cohorts;
mod deals;
mod effect;
mod forecast;
mod funnel;
mod generate;
mod managers;
mod next_order;
mod output;
mod read;
mod report;
mod response;
mod rfm;
mod sales;
mod segment;
mod strategy;
mod subjects;
mod why;

pub(crate) use baskets::{BasketArg, BasketsArgs, BasketsTable, RuleSortArg};
pub(crate) use churn::{
    CalibrationArg, ChurnArgs, ChurnCommand, ChurnScoreArgs, EventArg, LearnerArg, PopulationArg,
    SortArg,
};
pub(crate) use clv::{ClvArgs, ValidateArg, ZeroArg};
pub(crate) use cohorts::{CohortsArgs, SurvivalArg};
pub(crate) use deals::{DealsArgs, DealsCommand, DealsScoreArgs, DealsTable};
pub(crate) use effect::{EffectArgs, EffectTable};
pub(crate) use forecast::ForecastArgs;
pub(crate) use funnel::{FunnelArgs, FunnelTable};
pub(crate) use generate::GenerateArgs;
pub(crate) use managers::ManagersArgs;
pub(crate) use next_order::NextOrderArgs;
pub(crate) use output::{ColorArg, LangArg, OutputArgs};
pub(crate) use read::{JoinArgs, ReadArgs};
pub(crate) use report::{ReportArgs, TableFormatArg};
pub(crate) use response::{ResponseArgs, ResponseCommand, ResponseScoreArgs, ResponseTable};
pub(crate) use rfm::RfmArgs;
pub(crate) use sales::{KpiArgs, ProductsArgs, SalesArgs};
pub(crate) use segment::{ScaleArg, SegmentArgs, TransformArg};
pub(crate) use strategy::StrategyArgs;
pub(crate) use subjects::SubjectArgs;
pub(crate) use why::{WhyArgs, WhyTable};

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

/// The analytics engine a CRM lacks: exports in; RFM scores, segments, forecasts out.
///
/// Give it the file your CRM wrote: CSV, JSON, XLSX, XLS, ODS, HTML or Parquet, compressed or not, in any
/// usual encoding. Results go to standard output, everything else to standard error.
#[derive(Debug, Parser)]
#[command(name = "crmstat", version, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// What is this file, how would it be read, what is wrong with it; nothing is computed
    Inspect(Box<InspectArgs>),
    /// Recency, frequency, monetary: scores and segment per customer
    Rfm(Box<RfmArgs>),
    /// Clusters of customers, their profiles, their names
    Segment(Box<SegmentArgs>),
    /// Who is about to leave: probability, reasons, revenue at risk
    Churn(Box<ChurnArgs>),
    /// Customer lifetime value: P(alive), expected orders and value per customer
    Clv(Box<ClvArgs>),
    /// Retention and revenue by acquisition cohort, and survival
    Cohorts(Box<CohortsArgs>),
    /// One row per KPI and period, with its definition and interval
    Kpi(Box<KpiArgs>),
    /// Past sales by any measure, period and column, beside last year and plan
    Sales(Box<SalesArgs>),
    /// Products: ABC and XYZ, margin, new and dying, what to hold
    Products(Box<ProductsArgs>),
    /// What is bought together, what next, and what to offer to whom
    Baskets(Box<BasketsArgs>),
    /// Sales by period, per product, region, manager, with intervals
    Forecast(Box<ForecastArgs>),
    /// Deals by stage: reached, moved on, died, days; win rates, cycle, velocity, reasons of loss
    Funnel(Box<FunnelArgs>),
    /// Open deals scored: probability, expected close, reasons, what to do first
    Deals(Box<DealsArgs>),
    /// The sales team compared fairly: win rates, cycle, activities, speed to lead
    Managers(Box<ManagersArgs>),
    /// What a change did to sales, with intervals and the return on it
    Effect(Box<EffectArgs>),
    /// Why revenue moved between two periods, and who moved it
    Why(Box<WhyArgs>),
    /// Who answers a campaign, whom it moves, and whom to send it to
    Response(Box<ResponseArgs>),
    /// One of seven strategies per customer, with a reason and a next step
    Strategy(Box<StrategyArgs>),
    /// When each customer orders again, and who is overdue by their own rhythm
    NextOrder(Box<NextOrderArgs>),
    /// All of it: one page, the tables and the models, in a folder
    Report(Box<ReportArgs>),
    /// Synthetic CRM data with known truth
    Generate(Box<GenerateArgs>),
    /// Completions for a shell, on standard output
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// `crmstat inspect`
#[derive(Args, Debug)]
pub(crate) struct InspectArgs {
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    /// Write the profile by which the file is read as TOML, to be edited and used with `--profile`
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) write_profile: Option<std::path::PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// A number that can be counted with: the language reads `nan` and `inf` as numbers, too.
pub(crate) fn finite(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    number.ok_or_else(|| "not a number".to_owned())
}
