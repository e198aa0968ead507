//! Next order: when will each customer order again, and who is overdue by their own rhythm?
//!
//! # Model
//! The days between the purchases of customer `i` are lognormal: `ln g ~ N(mᵢ, σ²)`, `mᵢ ~ N(μ, τ²)`. `σ²` is the
//! variance within customers, `μ` and `τ²` come from all customers by the moments of a one-way analysis of
//! variance. A customer with `n` gaps of mean logarithm `ȳ` has
//! `mᵢ ~ N(v (n ȳ / σ² + μ / τ²), v)`, `v = 1 / (n / σ² + 1 / τ²)`, so that one with a single purchase has the
//! rhythm of all, and one with many has their own.
//!
//! The next gap is known to be longer than the days that have passed since the last purchase: quantiles are
//! those of the gap given that. A customer is *overdue* where more than nine of ten of their gaps would have
//! ended by now. Purchases of one day are one.
//!
//! # Assumptions
//! The customer orders again at all: whether they do is the question of [`clv`](super::clv). Rhythms are steady.
//! Gaps that have not ended are left out of the estimates, which makes rhythms of young data look somewhat faster.
//!
//! # Citation
//! S. R. Searle, G. Casella, C. E. `McCulloch`, *Variance Components* (1992), section 3.6 (moments) and 7.2
//! (prediction).

#[cfg(test)]
mod tests;

use crate::{
    AsOf, Date, Error, Money, Result, Window,
    data::{
        Orders, OrdersQuery,
        sales::is_purchase,
        table::{Column, Table},
    },
    ingest::{Export, Imported, pass::verdict::no_purchases},
};
use crmstat_models::{special::normal, sum::compensated};
use serde::Serialize;

/// When customers order again.
#[derive(Clone, Debug, Serialize)]
pub struct NextOrders {
    /// The exclusive instant of observation.
    pub as_of: AsOf,
    /// What all customers have in common.
    pub rhythm: Rhythm,
    /// In the order of their ids' bytes.
    pub customers: Vec<Customer>,
}

/// The rhythm of all customers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rhythm {
    /// Gaps that it was learned from.
    pub gaps: u64,
    /// The mean of the logarithms of days, over customers.
    pub mean: f64,
    /// The variance within a customer.
    pub within: f64,
    /// The variance between customers.
    pub between: f64,
}

/// One customer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Customer {
    /// The id.
    pub id: String,
    /// The day of the last purchase.
    pub last_order: Date,
    /// Days since then.
    pub recency_days: i32,
    /// Days with a purchase.
    pub orders: u64,
    /// Net revenue.
    pub revenue: Money,
    /// The median of the customer's gaps in days.
    pub usual_gap_days: f64,
    /// The day by which one of ten such customers has ordered again, if they do; `None` beyond the calendar.
    pub lower: Option<Date>,
    /// By which half have.
    pub median: Option<Date>,
    /// By which nine of ten have.
    pub upper: Option<Date>,
    /// The share of the customer's gaps that would have ended by now.
    pub passed: f64,
    /// Whether that is more than nine of ten.
    pub is_overdue: bool,
    /// Days beyond the gap that nine of ten do not exceed.
    pub overdue_days: Option<i32>,
}

/// The share of gaps beyond which a customer is overdue, and the ends of the interval.
const USUAL: f64 = 0.9;
/// Below this share of gaps that last longer nothing can be told of them.
const NEVER: f64 = 1e-9;
/// What the rounding of a gap to whole days may hide.
const HALF_A_DAY: f64 = 0.5;
/// Gaps are whole days: one of a variance in logarithms below that of rounding is no rhythm.
const LEAST_VARIANCE: f64 = 1e-4;

/// Predicts the next orders of the customers of `export`.
///
/// ```
/// use crmstat::{Window, analysis::next_order, ingest::{Export, ReadOptions}};
///
/// let csv = "customer_id,order_date,amount\n\
///     A,2025-01-01,5\nA,2025-01-08,5\nA,2025-01-15,5\nA,2025-01-23,5\nB,2025-01-02,5\nB,2025-01-22,5\n";
/// let mut export = Export::from_bytes("orders.csv", csv, ReadOptions::default())?;
/// let next = next_order::predict(&mut export, Window::default())?.result;
/// assert!(next.customers[0].usual_gap_days < next.customers[1].usual_gap_days);
/// # Ok::<(), crmstat::Error>(())
/// ```
///
/// # Errors
/// What the export cannot bear, no purchase in the window, or fewer than two gaps in all.
pub fn predict(export: &mut Export, window: Window) -> Result<Imported<NextOrders>> {
    let orders = Orders::read(export, &OrdersQuery { window, ..OrdersQuery::default() })?;
    let last = orders.span.map(|(_, last)| AsOf::day_after(last.date()));
    let as_of = window.until.or(last).ok_or_else(|| no_purchases(export, &orders))?;
    orders.try_map(|orders| predict_orders(&orders, as_of))
}

/// Predicts the next orders of the customers of `orders`, all of them before `as_of`.
///
/// # Errors
/// No purchase, or fewer than two gaps in all.
pub fn predict_orders(orders: &Orders, as_of: AsOf) -> Result<NextOrders> {
    let mut found: Vec<(usize, Vec<Date>, i128)> = Vec::new();
    for customer in 0..orders.customers().len() {
        let own = orders.of_customer(customer);
        let mut days: Vec<Date> = own
            .clone()
            .filter(|order| is_purchase(orders.amount()[*order]))
            .map(|order| orders.at()[order].date())
            .filter(|day| *day < as_of.date())
            .collect();
        days.dedup();
        let net = own.map(|order| i128::from(orders.amount()[order].units())).sum();
        if !days.is_empty() {
            found.push((customer, days, net));
        }
    }
    if found.is_empty() {
        return Err(Error::data("nobody has bought anything").with_hint("check `--as-of`"));
    }
    let logs: Vec<Vec<f64>> = found.iter().map(|(_, days, _)| log_gaps(days)).collect();
    let rhythm = Rhythm::of(&logs)?;
    let customers = found.iter().zip(&logs).map(|((customer, days, net), logs)| {
        let units = i64::try_from(*net).map(Money::from_units);
        let revenue =
            units.map_err(|_| Error::data("a customer's revenue is past the range of money"))?;
        let id = orders.customers().get(*customer).unwrap_or_default().to_owned();
        Ok(rhythm.of_customer(id, days, logs, revenue, as_of))
    });
    Ok(NextOrders { as_of, rhythm, customers: customers.collect::<Result<_>>()? })
}

/// The logarithms of the days between purchases.
fn log_gaps(days: &[Date]) -> Vec<f64> {
    days.windows(2).map(|pair| f64::from(pair[1].days() - pair[0].days()).ln()).collect()
}

fn mean(values: &[f64]) -> f64 {
    compensated(values.iter().copied()) / values.len() as f64
}

impl Rhythm {
    /// Estimates what customers have in common from the logarithms of their gaps.
    fn of(logs: &[Vec<f64>]) -> Result<Self> {
        let gaps: usize = logs.iter().map(Vec::len).sum();
        if gaps < 2 {
            return Err(Error::data("too few customers have ordered twice to know a rhythm")
                .with_hint("use a longer history"));
        }
        let bought_again: Vec<&Vec<f64>> = logs.iter().filter(|logs| !logs.is_empty()).collect();
        let (n, groups) = (gaps as f64, bought_again.len() as f64);
        let means: Vec<f64> = bought_again.iter().map(|logs| mean(logs)).collect();
        let squares = bought_again
            .iter()
            .zip(&means)
            .flat_map(|(logs, mean)| logs.iter().map(move |log| (log - mean) * (log - mean)));
        let inside = compensated(squares);
        let all = compensated(bought_again.iter().flat_map(|logs| logs.iter().copied())) / n;
        let spread = bought_again.iter().zip(&means);
        let spread =
            compensated(spread.map(|(logs, mean)| logs.len() as f64 * (mean - all).powi(2)));
        // Where nobody has two gaps, or a single customer has any, one variance stands for both.
        let total = (inside + spread) / (n - 1.0).max(1.0);
        let within = if n > groups { inside / (n - groups) } else { total };
        let within = within.max(LEAST_VARIANCE);
        let sizes = compensated(bought_again.iter().map(|logs| (logs.len() as f64).powi(2)));
        let effective = n - sizes / n;
        let between = if groups > 1.0 && n > groups {
            ((spread - (groups - 1.0) * within) / effective).max(0.0)
        } else {
            0.0
        };
        // The mean over customers, each weighed by how well its own is known.
        let weights: Vec<f64> =
            bought_again.iter().map(|logs| 1.0 / (between + within / logs.len() as f64)).collect();
        let weighed = means.iter().zip(&weights).map(|(mean, weight)| mean * weight);
        let mean = compensated(weighed) / compensated(weights.iter().copied());
        Ok(Self { gaps: gaps as u64, mean, within, between })
    }

    /// The mean and the variance of the logarithm of a customer's next gap.
    fn next(&self, logs: &[f64]) -> (f64, f64) {
        if self.between == 0.0 {
            return (self.mean, self.within);
        }
        let (own, common) = (logs.len() as f64 / self.within, 1.0 / self.between);
        let variance = 1.0 / (own + common);
        let mean = if logs.is_empty() { 0.0 } else { mean(logs) };
        (variance * (own * mean + common * self.mean), self.within + variance)
    }

    fn of_customer(
        &self,
        id: String,
        days: &[Date],
        logs: &[f64],
        revenue: Money,
        as_of: AsOf,
    ) -> Customer {
        let last_order = days[days.len() - 1];
        let recency_days = as_of.date().days() - last_order.days();
        let (centre, variance) = self.next(logs);
        let spread = variance.sqrt();
        // A gap of so many whole days lasted half a day more or less. On the day of observation itself the
        // customer may still order.
        let waited = f64::from(recency_days) - HALF_A_DAY;
        let passed = normal::cdf((waited.ln() - centre) / spread);
        let gap = |share: f64| (centre + spread * normal::quantile(share)).exp();
        let day = |share: f64| {
            let left = 1.0 - passed;
            let reached = 1.0 - left * (1.0 - share);
            let days = (gap(reached) - HALF_A_DAY).ceil().max(f64::from(recency_days));
            let day = (left > NEVER && days < 1e6).then(|| last_order.plus_days(days as i32));
            day.filter(|day| *day <= Date::MAX)
        };
        let usual = gap(USUAL);
        let is_overdue = passed > USUAL;
        Customer {
            id,
            last_order,
            recency_days,
            orders: days.len() as u64,
            revenue,
            usual_gap_days: gap(0.5),
            lower: day(1.0 - USUAL),
            median: day(0.5),
            upper: day(USUAL),
            passed,
            is_overdue,
            overdue_days: is_overdue.then(|| (waited - usual).floor() as i32),
        }
    }
}

impl NextOrders {
    /// One row per customer, in the order of their ids; the `overdue` alone, those with the most revenue first,
    /// where asked for.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self, overdue: bool) -> Result<Table> {
        let mut shown: Vec<&Customer> =
            self.customers.iter().filter(|customer| !overdue || customer.is_overdue).collect();
        if overdue {
            shown.sort_by_key(|customer| std::cmp::Reverse(customer.revenue));
        }
        let rows = || shown.iter().copied();
        Table::new(
            "next_order",
            vec![
                Column::text("customer_id", "Клиент", rows().map(|customer| &*customer.id)),
                Column::date("last_order", "Последний заказ", rows().map(|c| c.last_order)),
                Column::int(
                    "recency_days",
                    "Дней назад",
                    rows().map(|c| i64::from(c.recency_days)),
                ),
                Column::int("orders", "Дней с заказами", rows().map(|c| c.orders as i64)),
                Column::money("revenue", "Выручка", rows().map(|customer| customer.revenue)),
                Column::float(
                    "usual_gap_days",
                    "Обычный перерыв, дней",
                    1,
                    rows().map(|customer| customer.usual_gap_days),
                ),
                Column::date("next_lower", "Следующий заказ, от", rows().map(|c| c.lower)),
                Column::date("next_median", "Следующий заказ, медиана", rows().map(|c| c.median)),
                Column::date("next_upper", "Следующий заказ, до", rows().map(|c| c.upper)),
                Column::float("passed", "Доля перерывов короче", 4, rows().map(|c| c.passed)),
                Column::bool("overdue", "Запаздывает", rows().map(|c| c.is_overdue)),
                Column::int(
                    "overdue_days",
                    "Запаздывает, дней",
                    rows().map(|customer| customer.overdue_days.map(i64::from)),
                ),
            ],
        )
    }
}
