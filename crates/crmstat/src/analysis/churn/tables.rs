//! The tables of a churn run.

use super::{
    Churn, Drifted, Evaluation, Model,
    reasons::describe,
    scores::{Order, Scores},
};
use crate::{
    Lang, Result,
    data::table::{Column, Table},
};

impl Scores {
    /// One row per customer, in `order`.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self, order: Order, lang: Lang) -> Result<Table> {
        let ranked = self.ranked(order);
        let rows = || ranked.iter().copied();
        let [first, second, third] = self.words(&ranked, lang);
        Table::new(
            "churn",
            vec![
                Column::text("customer_id", "Клиент", rows().map(|row| self.id(row))),
                Column::float(
                    "probability",
                    "Вероятность ухода",
                    3,
                    rows().map(|row| self.probabilities()[row]),
                ),
                Column::int("decile", "Дециль", rows().map(|row| i64::from(self.deciles()[row]))),
                Column::money(
                    "revenue_at_risk",
                    "Выручка под угрозой",
                    rows().map(|row| self.revenue_at_risk()[row]),
                ),
                Column::texts("reason_1", "Причина 1", first),
                Column::texts("reason_2", "Причина 2", second),
                Column::texts("reason_3", "Причина 3", third),
            ],
        )
    }
}

impl Evaluation {
    /// One row per measure.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn metrics_table(&self) -> Result<Table> {
        let metrics = self.metrics();
        let names = metrics.iter().map(|(name, _)| name.as_str());
        let values = metrics.iter().map(|(_, value)| *value);
        Table::new(
            "churn_metrics",
            vec![
                Column::text("metric", "Показатель", names),
                Column::float("value", "Значение", 4, values),
            ],
        )
    }

    /// One row per group of similar probabilities: what was claimed and what came.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn reliability_table(&self) -> Result<Table> {
        let bins = || self.reliability.iter();
        let share = |name: &'static str, title: &'static str, values: Vec<f64>| {
            Column::float(name, title, 3, values)
        };
        Table::new(
            "churn_reliability",
            vec![
                Column::int("customers", "Клиентов", bins().map(|bin| bin.rows as i64)),
                share(
                    "mean_probability",
                    "Обещано",
                    bins().map(|bin| bin.mean_probability).collect(),
                ),
                share("churn_rate", "Ушло", bins().map(|bin| bin.churn_rate).collect()),
                share("lower", "Ушло, от", bins().map(|bin| bin.lower).collect()),
                share("upper", "Ушло, до", bins().map(|bin| bin.upper).collect()),
            ],
        )
    }

    /// One row per decile of probability: lift and gain.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn gains_table(&self) -> Result<Table> {
        let bands = || self.gains.iter();
        Table::new(
            "churn_gains",
            vec![
                Column::int("decile", "Дециль", bands().map(|band| band.band as i64)),
                Column::int("customers", "Клиентов", bands().map(|band| band.rows as i64)),
                Column::float("churn_rate", "Ушло", 3, bands().map(|band| band.churn_rate)),
                Column::float("lift", "Подъём", 2, bands().map(|band| band.lift)),
                Column::float(
                    "cumulative_gain",
                    "Охват ушедших",
                    3,
                    bands().map(|band| band.cumulative_gain),
                ),
            ],
        )
    }
}

impl Churn {
    /// One row per feature: the AUC that is lost without it on held-out customers, most first. Empty
    /// unless it was asked for.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn importance_table(&self, lang: Lang) -> Result<Table> {
        let importance = &self.evaluation.importance;
        let of_orders = self.model.horizon().is_some();
        let described: Vec<String> =
            importance.iter().map(|(name, _)| describe(name, of_orders, lang)).collect();
        Table::new(
            "churn_importance",
            vec![
                Column::text(
                    "feature",
                    "Признак",
                    importance.iter().map(|(name, _)| name.as_str()),
                ),
                Column::text("description", "Описание", described.iter().map(String::as_str)),
                Column::float(
                    "auc_loss",
                    "Потеря AUC",
                    4,
                    importance.iter().map(|(_, each)| each.auc_loss),
                ),
                Column::float(
                    "std_deviation",
                    "Стандартное отклонение",
                    4,
                    importance.iter().map(|(_, each)| each.deviation),
                ),
            ],
        )
    }
}

impl Model {
    /// One row per column: how far the customers of `scores` have moved since the fit, most first.
    ///
    /// # Errors
    /// When there is no customer.
    pub fn drift_table(&self, scores: &Scores) -> Result<Table> {
        let drift = self.drift(scores)?;
        let columns = || drift.iter().map(|each: &Drifted| each.column.as_str());
        Table::new(
            "churn_drift",
            vec![
                Column::text("feature", "Признак", columns()),
                Column::float("psi", "PSI", 4, drift.iter().map(|each| each.index)),
            ],
        )
    }
}
