//! The tables of an RFM run.

use super::{Rfm, segments::code};
use crate::{
    Error, Lang, Money, Result,
    data::table::{Column, Table},
};
use crmstat_models::rfm::{Closed, Metric, Scores, quantile};

impl Rfm {
    /// One row per customer, by customer id.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self, lang: Lang) -> Result<Table> {
        let at = || 0..self.len();
        let codes = Codes::of(&self.scores);
        let known = || {
            vec![
                Column::text("customer_id", "Клиент", at().map(|at| self.ids.get(at))),
                Column::date("last_order", "Последний заказ", self.last_order.iter().copied()),
                Column::int(
                    "recency_days",
                    "Давность, дней",
                    at().map(|at| i64::from(self.recency_days(at))),
                ),
                Column::int(
                    "frequency",
                    "Заказов",
                    self.frequency.iter().map(|orders| i64::from(*orders)),
                ),
                Column::money("monetary", "Сумма", self.monetary.iter().copied()),
            ]
        };
        let scored = || {
            vec![
                Column::int("r", "R", self.scores.iter().map(|scores| i64::from(scores.recency))),
                Column::int("f", "F", self.scores.iter().map(|scores| i64::from(scores.frequency))),
                Column::int("m", "M", self.scores.iter().map(|scores| i64::from(scores.monetary))),
                Column::category(
                    "rfm",
                    "RFM",
                    &codes.labels,
                    self.scores.iter().map(|scores| codes.number(*scores)),
                ),
                Column::category(
                    "segment",
                    "Сегмент",
                    self.segments.names(lang),
                    self.segment.iter().copied(),
                ),
            ]
        };
        let (mut columns, scored) = rayon::join(known, scored);
        columns.extend(scored);
        if let Some(weights) = self.weights {
            let score = self.scores.iter().map(|scores| weighted(*scores, weights));
            columns.push(Column::float("score", "Балл", 2, score));
        }
        Table::new("rfm", columns)
    }

    /// One row per segment that has customers, in the order of the rules.
    ///
    /// # Errors
    /// A sum of revenue past the range of money.
    pub fn summary(&self, lang: Lang) -> Result<Table> {
        let names = self.segments.names(lang);
        let mut rows = vec![Group::default(); names.len()];
        for customer in self.customers() {
            let Some(row) = customer.segment.and_then(|segment| rows.get_mut(segment as usize))
            else {
                continue;
            };
            row.orders += i64::from(customer.frequency);
            row.revenue += i128::from(customer.revenue.units());
            row.recency.push(f64::from(customer.recency_days));
        }
        let mut named: Vec<(&str, Group)> =
            names.into_iter().zip(rows).filter(|(_, row)| !row.recency.is_empty()).collect();
        let all: i128 = named.iter().map(|(_, row)| row.revenue).sum();
        let share = |part: f64, whole: f64| (whole != 0.0).then_some(part / whole);
        let medians: Vec<Option<f64>> =
            named.iter_mut().map(|(_, row)| quantile(&mut row.recency, 0.5)).collect();
        let revenues =
            named.iter().map(|(_, row)| total(row.revenue)).collect::<Result<Vec<Money>>>()?;
        let rows = || named.iter().map(|(_, row)| row);
        let mean = rows().map(|row| row.revenue as f64 / Money::SCALE as f64 / row.orders as f64);
        Table::new(
            "segments",
            vec![
                Column::text("segment", "Сегмент", named.iter().map(|(name, _)| *name)),
                Column::int("customers", "Клиентов", rows().map(|row| row.recency.len() as i64)),
                Column::int("orders", "Заказов", rows().map(|row| row.orders)),
                Column::money("revenue", "Выручка", revenues.iter().copied()),
                Column::float(
                    "share_customers",
                    "Доля клиентов",
                    4,
                    rows().map(|row| share(row.recency.len() as f64, self.len() as f64)),
                ),
                Column::float(
                    "share_revenue",
                    "Доля выручки",
                    4,
                    rows().map(|row| share(row.revenue as f64, all as f64)),
                ),
                Column::float("median_recency_days", "Медиана давности, дней", 1, medians),
                Column::float("mean_order", "Средний заказ", 2, mean),
            ],
        )
    }

    /// One row per metric and score: the values that get it, and how many customers have it.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn thresholds(&self, lang: Lang) -> Result<Table> {
        let thresholds = || self.fitted.thresholds().iter();
        let names =
            lang.pick(["recency", "frequency", "monetary"], ["давность", "частота", "сумма"]);
        let metric = thresholds().map(|threshold| match threshold.metric {
            Metric::Recency => 0_u32,
            Metric::Frequency => 1,
            Metric::Monetary => 2,
        });
        let closed = match self.fitted.cuts().closed() {
            Closed::Right => "right",
            Closed::Left => "left",
        };
        Table::new(
            "thresholds",
            vec![
                Column::category("metric", "Показатель", names, metric),
                Column::int(
                    "score",
                    "Балл",
                    thresholds().map(|threshold| i64::from(threshold.score)),
                ),
                Column::float("lower", "От", 2, thresholds().map(|threshold| threshold.lower)),
                Column::float("upper", "До", 2, thresholds().map(|threshold| threshold.upper)),
                Column::int(
                    "customers",
                    "Клиентов",
                    thresholds().map(|threshold| threshold.customers as i64),
                ),
                Column::text("closed", "Граница входит", thresholds().map(|_| closed)),
            ],
        )
    }
}

/// What is summed over the customers of a segment.
#[derive(Clone, Default)]
struct Group {
    orders: i64,
    revenue: i128,
    recency: Vec<f64>,
}

/// The codes of all combinations of scores, so that a million rows share their texts.
struct Codes {
    labels: Vec<String>,
    widths: [usize; 2],
}

impl Codes {
    fn of(scores: &[Scores]) -> Self {
        let most = |metric: fn(&Scores) -> u8| scores.iter().map(metric).max().unwrap_or(1);
        let highest = [most(|s| s.recency), most(|s| s.frequency), most(|s| s.monetary)];
        let mut labels = Vec::new();
        for recency in 1..=highest[0] {
            for frequency in 1..=highest[1] {
                for monetary in 1..=highest[2] {
                    labels.push(code(Scores { recency, frequency, monetary }));
                }
            }
        }
        Self { labels, widths: [usize::from(highest[1]), usize::from(highest[2])] }
    }

    fn number(&self, scores: Scores) -> u32 {
        let [r, f, m] =
            [scores.recency, scores.frequency, scores.monetary].map(|score| usize::from(score) - 1);
        ((r * self.widths[0] + f) * self.widths[1] + m) as u32
    }
}

/// The mean of the scores by `weights`.
pub(super) fn weighted(scores: Scores, weights: [f64; 3]) -> f64 {
    let scores = [scores.recency, scores.frequency, scores.monetary].map(f64::from);
    let sum: f64 = scores.iter().zip(weights).map(|(score, weight)| score * weight).sum();
    sum / weights.iter().sum::<f64>()
}

/// A sum in units of money.
pub(super) fn total(units: i128) -> Result<Money> {
    i64::try_from(units)
        .map(Money::from_units)
        .map_err(|_| Error::data("the revenue of a segment is past the range of money"))
}
