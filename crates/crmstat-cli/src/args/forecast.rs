//! `crmstat forecast`.

use super::{JoinArgs, OutputArgs, ReadArgs, finite};
use clap::Args;
use std::path::PathBuf;

/// Arguments of `crmstat forecast`.
#[derive(Args, Debug)]
#[command(mut_arg("exports", |exports| exports.required(false).required_unless_present("series")))]
#[allow(clippy::struct_excessive_bools)] // Each is a flag of the command line.
pub(crate) struct ForecastArgs {
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    #[command(flatten)]
    pub(crate) join: JoinArgs,
    /// Forecast a table of time series instead of an export: one observation a row, in columns such as
    /// series, date, value
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["exports", "measure", "by", "as_of", "since"])]
    pub(crate) series: Vec<String>,
    /// Forecast what the pipeline of an export of deals will bring: open deals by their odds and time to
    /// close, and deals to come; `--history` tells the stages that they went through
    #[arg(long, conflicts_with_all = ["series", "measure", "since", "anomalies"])]
    pub(crate) pipeline: bool,
    /// One row per open deal of the pipeline: how likely it is won within the horizon, and what it brings
    #[arg(long, requires = "pipeline", conflicts_with_all = ["backtest", "total", "target"])]
    pub(crate) open_deals: bool,
    /// The length of a period: hour, day, (ISO) week, month, quarter, year
    /// [default: month; for --series the longest without two values]
    #[arg(long, value_name = "PERIOD")]
    pub(crate) period: Option<String>,
    /// What to forecast: revenue, orders, quantity, customers [default: revenue]
    #[arg(long, value_name = "MEASURE")]
    pub(crate) measure: Option<String>,
    /// Divide the total by these columns, the coarsest first, as in `--by region,product`: fields, headers of the
    /// file, or columns of the tables beside it, as in `customers.industry`; a pipeline by one column
    /// of the file
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    pub(crate) by: Vec<String>,
    /// Periods to forecast [default: 48 hours, 28 days, 13 weeks, 12 months, 4 quarters, 3 years]
    #[arg(long, value_name = "N")]
    pub(crate) horizon: Option<usize>,
    /// The model: auto, naive, seasonal-naive, drift, ets, theta, dotm, ces, arima, mstl, croston, sba, tsb,
    /// imapa, regression, regression-robust, regression-ridge, or a form such as `ETS(A,Ad,M)`; or models that were saved, which go on without a new fit
    #[arg(long, value_name = "NAME|FILE.json", default_value = "auto")]
    pub(crate) model: String,
    /// Save the fitted models, to go on with when more is known
    #[arg(long, value_name = "FILE.json", conflicts_with_all = ["pipeline", "backtest", "anomalies"])]
    pub(crate) save_model: Option<PathBuf>,
    /// Probabilities of the intervals, in percent
    #[arg(long, value_name = "P,…", value_delimiter = ',', default_value = "80,95")]
    pub(crate) level: Vec<u8>,
    /// One row per series: the horizon as a whole
    #[arg(long, conflicts_with = "backtest")]
    pub(crate) total: bool,
    /// How likely each series is to reach this over the horizon as a whole
    #[arg(long, value_name = "AMOUNT", conflicts_with = "backtest", value_parser = finite)]
    pub(crate) target: Option<f64>,
    /// Forecast the past instead: how good would each model have been?
    #[arg(long)]
    pub(crate) backtest: bool,
    /// Tell instead which past periods do not belong, and where a series changed its course
    #[arg(long, conflicts_with_all = ["backtest", "total", "target"])]
    pub(crate) anomalies: bool,
    /// Tell instead what the forecast is made of: one row per period, past and future, with the model's value, level,
    /// season and the effect of what is known ahead
    #[arg(long, conflicts_with_all = ["backtest", "anomalies", "total", "target", "pipeline"])]
    pub(crate) fitted: bool,
    /// Tell instead the coefficients of `--model regression`: estimates with intervals, p-values and what they mean
    #[arg(long, conflicts_with_all = ["backtest", "anomalies", "total", "target", "pipeline", "fitted"])]
    pub(crate) coefficients: bool,
    /// The most origins of a backtest
    #[arg(long, value_name = "N", default_value_t = 5, requires = "backtest")]
    pub(crate) origins: usize,
    /// Periods between the origins of a backtest
    #[arg(long, value_name = "N", default_value_t = 1, requires = "backtest")]
    pub(crate) step: usize,
    /// Periods between what a backtest knows and what it forecasts
    #[arg(long, value_name = "N", default_value_t = 0, requires = "backtest")]
    pub(crate) gap: usize,
    /// Working days move sales: `ru` for Russia with its moved days off, `none` for weeks of five days, or a
    /// file of holidays with a column `date`
    #[arg(long, value_name = "ru|none|FILE", conflicts_with = "pipeline")]
    pub(crate) holidays: Option<String>,
    /// What is known ahead, such as prices and promotions: a table with a column `date` and one column of
    /// numbers each, over the history and the horizon
    #[arg(long, value_name = "FILE", conflicts_with = "pipeline")]
    pub(crate) regressors: Option<String>,
    /// Orders from this day on do not exist; it also says how far the data reach
    /// [default: the day after the last order]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) as_of: Option<String>,
    /// Leave out orders before this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) since: Option<String>,
    /// The seed of simulated paths
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
