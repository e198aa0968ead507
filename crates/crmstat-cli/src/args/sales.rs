//! `crmstat sales`.

use super::{JoinArgs, OutputArgs, ReadArgs};
use clap::Args;

/// Arguments of `crmstat sales`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  crmstat sales orders.csv --by region                      revenue by month and region
  crmstat sales orders.csv --by manager,product --period quarter --measure revenue,orders,mean_order
  crmstat sales orders.csv --by category --lines lines.csv --measure margin --pivot
  crmstat sales orders.csv --by customers.industry --customers customers.csv
  crmstat sales deals.csv --by regional_office --join sales_teams.csv   teams by the agent of each deal
  crmstat sales orders.csv --by region --plan plan_of_sales.csv   plan, fact, attainment, run rate")]
#[allow(clippy::doc_markdown, reason = "the text of the help has no markup")]
pub(crate) struct SalesArgs {
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    #[command(flatten)]
    pub(crate) join: JoinArgs,
    /// Divide sales by these columns, the coarsest first: fields, headers of the file, words such as manager, or
    /// columns of --customers, --products and --lines, as in `customers.industry`; `segment` and `cluster` are found
    /// where no column holds them
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    pub(crate) by: Vec<String>,
    /// The length of a period: day, (ISO) week, month, quarter, year [default: month]
    #[arg(long, value_name = "PERIOD")]
    pub(crate) period: Option<String>,
    /// What to measure: revenue, orders, quantity, customers, mean_order, cost, margin, margin_share, discount,
    /// discount_share, new_customers, new_share [default: revenue, or what the plan is for]
    #[arg(long, value_name = "MEASURE,…", value_delimiter = ',')]
    pub(crate) measure: Vec<String>,
    /// What was planned: a table with columns period, value and, if need be, measure and one per column of --by
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<String>,
    /// One column per period instead of one row
    #[arg(long, conflicts_with = "plan")]
    pub(crate) pivot: bool,
    /// Rows of the whole and of every division besides those of the groups
    #[arg(long)]
    pub(crate) totals: bool,
    /// Only so many groups, those with the most of the first measure; the others become one
    #[arg(long, value_name = "N", requires = "by")]
    pub(crate) top: Option<usize>,
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

/// Arguments of `crmstat kpi`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  crmstat kpi orders.csv                                    every KPI that the data bear, by month
  crmstat kpi orders.csv --period quarter --kpi retention,churn --by region
  crmstat kpi orders.csv --spend spend.csv --customers customers.csv --lines lines.csv
  crmstat kpi pipedrive.csv --period quarter                win rate, cycle, velocity
  crmstat kpi orders.csv --by manager --activities activities.csv --customers customers.csv --tickets tickets.csv
  crmstat kpi --explain                                     the definition of each KPI")]
#[command(mut_arg("exports", |exports| exports.required(false).required_unless_present("explain")))]
pub(crate) struct KpiArgs {
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    #[command(flatten)]
    pub(crate) join: JoinArgs,
    /// Only these KPIs, by name [default: every one that the data bear]
    #[arg(long, value_name = "KPI,…", value_delimiter = ',')]
    pub(crate) kpi: Vec<String>,
    /// Divide them by one column: a field, a header of the file, or a column of a table beside it
    #[arg(long, value_name = "COLUMN")]
    pub(crate) by: Option<String>,
    /// The length of a period: week, month, quarter, year [default: month]
    #[arg(long, value_name = "PERIOD")]
    pub(crate) period: Option<String>,
    /// The level of the intervals in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 95.0, value_parser = super::finite)]
    pub(crate) level: f64,
    /// The share of revenue that is margin, for lifetime value and payback [default: 1, or as the cost says]
    #[arg(long, value_name = "SHARE", value_parser = super::finite)]
    pub(crate) margin: Option<f64>,
    /// The definition, unit and source of each KPI instead of its values
    #[arg(long)]
    pub(crate) explain: bool,
    /// Observe the world at the first moment of this day; later events do not exist
    /// [default: the day after the last order]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) as_of: Option<String>,
    /// Leave out orders before this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) since: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Arguments of `crmstat products`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  crmstat products orders.csv                               ABC and XYZ, new and dying
  crmstat products orders.csv --lines lines.csv --products products.csv
  crmstat products orders.csv --lines lines.csv --stock --lead-time 14d --service 95
  crmstat products orders.csv --segments --by category --lines lines.csv   what each RFM segment prefers
  crmstat products orders.csv --matrix                      products and revenue per cell of ABC × XYZ")]
pub(crate) struct ProductsArgs {
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    #[command(flatten)]
    pub(crate) join: JoinArgs,
    /// What a product is: a field, a header, or a column of a table beside the export
    #[arg(long, value_name = "COLUMN", default_value = "product")]
    pub(crate) by: String,
    /// The period by which demand is steady or not: week, month, quarter [default: month]
    #[arg(long, value_name = "PERIOD")]
    pub(crate) period: Option<String>,
    /// What ABC is made by: revenue, margin, quantity or orders [default: revenue]
    #[arg(long, value_name = "MEASURE")]
    pub(crate) measure: Option<String>,
    /// Shares at which A and B end, in percent
    #[arg(long, value_name = "A,B", default_value = "80,95")]
    pub(crate) abc: String,
    /// Coefficients of variation at which X and Y end
    #[arg(long, value_name = "X,Y", default_value = "0.5,1")]
    pub(crate) xyz: String,
    /// How many products and how much revenue each cell of ABC × XYZ holds
    #[arg(long, conflicts_with = "stock")]
    pub(crate) matrix: bool,
    /// Products by segment of customers with lift: the RFM segment, or what a column says, as in
    /// `--segments=customers.segment`
    #[arg(long, value_name = "COLUMN", num_args = 0..=1, require_equals = true, default_missing_value = "",
        conflicts_with_all = ["matrix", "stock", "period", "measure"])]
    pub(crate) segments: Option<String>,
    /// The level of the intervals of segments in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 95.0, value_parser = super::finite, requires = "segments")]
    pub(crate) level: f64,
    /// What to hold: reorder point and order quantity, from a forecast of the pieces sold
    #[arg(long)]
    pub(crate) stock: bool,
    /// Days from the order to the delivery, as in `14d`
    #[arg(long, value_name = "DAYS", default_value = "14d", requires = "stock")]
    pub(crate) lead_time: String,
    /// Days that one order has to last, as in `30d`
    #[arg(long, value_name = "DAYS", default_value = "30d", requires = "stock")]
    pub(crate) review: String,
    /// How often the stock has to last until the delivery, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 95.0, value_parser = super::finite, requires = "stock")]
    pub(crate) service: f64,
    /// Observe the world at the first moment of this day; later orders do not exist
    /// [default: the day after the last order]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) as_of: Option<String>,
    /// Leave out orders before this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) since: Option<String>,
    /// The seed of the simulated futures
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
