//! `crmstat generate`.

use super::OutputArgs;
use super::finite;
use clap::Args;

/// Arguments of `crmstat generate`.
#[derive(Args, Debug)]
pub(crate) struct GenerateArgs {
    /// The table to write: main (orders or deals), activities, customers, lines, products, history,
    /// spend, campaign or truth; all parts of one seed belong together
    #[arg(long, default_value = "main", value_name = "NAME")]
    pub(crate) part: String,
    /// The export to imitate: orders, amocrm, amocrm-old, kommo, bitrix24, bitrix24-xls, hubspot,
    /// salesforce, salesforce-report, pipedrive, zoho, dynamics, odoo, espocrm or suitecrm
    #[arg(long, default_value = "orders", value_name = "NAME")]
    pub(crate) dialect: String,
    /// Customers, each with at least one order [default: 1000]
    #[arg(long, value_name = "N")]
    pub(crate) customers: Option<u32>,
    /// Expected number of orders [default: what the purchase process gives]
    #[arg(long, value_name = "N")]
    pub(crate) orders: Option<u64>,
    /// Another seed is another CRM of the same kind [default: 42]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// The first day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) from: Option<String>,
    /// The day after the last one
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) to: Option<String>,
    /// How customers buy and stop, as in `bg-nbd:0.9,7,0.8,5` (r, alpha, a, b) or
    /// `pareto-nbd:0.9,7,0.8,50` (r, alpha, s, beta), in weeks
    #[arg(long, value_name = "NAME[:PARAMETERS]")]
    pub(crate) process: Option<String>,
    /// The Gamma-Gamma parameters of what orders are worth
    #[arg(long, value_name = "p,q,gamma")]
    pub(crate) spend: Option<String>,
    /// How strongly sales follow season and weekday, 0 to 0.9
    #[arg(long, value_name = "SHARE", value_parser = finite)]
    pub(crate) seasonality: Option<f64>,
    /// Growth of sales per year: 0.1 is a tenth more
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, value_parser = finite)]
    pub(crate) growth: Option<f64>,
    /// The share of deals that are won
    #[arg(long, value_name = "SHARE", value_parser = finite)]
    pub(crate) win_rate: Option<f64>,
    /// Days after the end for which the truth says how many orders follow
    #[arg(long, value_name = "DAYS")]
    pub(crate) horizon: Option<u16>,
    /// Faulty rows: bad dates, bad amounts, missing customers and repeated rows in equal parts
    #[arg(long, value_name = "ROWS")]
    pub(crate) dirt: Option<u64>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
