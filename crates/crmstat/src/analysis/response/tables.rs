//! The tables of a response run.

use super::{Advice, Depth, Model, Quality, Response, Scores, Trial};
use crate::{
    Lang, Money, Result,
    data::table::{Column, Table},
};
use crmstat_models::uplift::{Base, Learner, Method};

/// What a method is called in tables.
fn method(own: Method) -> &'static str {
    match (own.learner, own.base) {
        (Learner::TwoModels, Base::Logistic) => "two_models_logistic",
        (Learner::TwoModels, Base::Trees) => "two_models_trees",
        (Learner::TransformedOutcome, Base::Logistic) => "transformed_outcome_logistic",
        (Learner::TransformedOutcome, Base::Trees) => "transformed_outcome_trees",
    }
}

impl Advice {
    /// What it is called for people.
    pub fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::Send => lang.pick("send", "отправить"),
            Self::Skip => lang.pick("leave out", "не отправлять"),
            Self::Never => lang.pick("never send: it does harm", "никогда не отправлять: вредит"),
        }
    }
}

impl Scores {
    /// One row per customer, the highest prediction first, at most the first `top`: what `model` says of them, and what
    /// to do.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self, model: &Model, top: Option<usize>, lang: Lang) -> Result<Table> {
        let mut ranked = self.ranked();
        ranked.truncate(top.unwrap_or(usize::MAX));
        let predictions = || ranked.iter().map(|row| self.predictions()[*row]);
        let (name, title) = match model.treatment() {
            None => ("probability", "Вероятность отклика"),
            Some(_) => ("uplift", "Прирост отклика"),
        };
        let mut columns = vec![
            Column::text("customer_id", "Клиент", ranked.iter().map(|row| self.id(*row))),
            Column::float(name, title, 4, predictions()),
            Column::int(
                "decile",
                "Дециль",
                ranked.iter().map(|row| i64::from(self.deciles()[*row])),
            ),
        ];
        let advice: Vec<Option<Advice>> = predictions().map(|own| model.advice(own)).collect();
        if advice.iter().any(Option::is_some) {
            let text = advice.iter().map(|own| own.map(|own| own.text(lang)));
            columns.push(Column::text("advice", "Что делать", text));
            let code = advice.iter().map(|own| own.map(Advice::name));
            columns.push(Column::text("advice_code", "Код", code));
        }
        if model.offer().is_some() {
            let gains = predictions().map(|own| model.gain(own).and_then(Money::from_f64));
            columns.push(Column::money("expected_gain", "Ожидаемая выгода", gains));
        }
        Table::new("response", columns)
    }
}

impl Response {
    /// One row per measure, on customers that the model had not seen.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn metrics_table(&self) -> Result<Table> {
        let metrics = match &self.quality {
            Quality::Response(own) => own
                .metrics()
                .into_iter()
                .map(|(name, value)| (name.replace("base_rate", "response_rate"), value))
                .collect(),
            Quality::Uplift(own) => own.metrics(),
        };
        Table::new(
            "response_metrics",
            vec![
                Column::text("metric", "Показатель", metrics.iter().map(|(name, _)| name.as_str())),
                Column::float("value", "Значение", 4, metrics.iter().map(|(_, value)| *value)),
            ],
        )
    }

    /// One row per tenth of the customers by the prediction, the highest first: what was foreseen and what came.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn bands_table(&self) -> Result<Table> {
        match &self.quality {
            Quality::Response(own) => {
                let bands = || own.gains.iter();
                Table::new(
                    "response_bands",
                    vec![
                        Column::int("band", "Дециль", bands().map(|own| own.band as i64)),
                        Column::int("customers", "Клиентов", bands().map(|own| own.rows as i64)),
                        Column::float("rate", "Отклик", 4, bands().map(|own| own.churn_rate)),
                        Column::float("lift", "К среднему", 2, bands().map(|own| own.lift)),
                        Column::float(
                            "cumulative_share",
                            "Доля всех откликов",
                            3,
                            bands().map(|own| own.cumulative_gain),
                        ),
                    ],
                )
            }
            Quality::Uplift(own) => own.bands_table(),
        }
    }

    /// One row per depth: what sending to all customers down to it brings.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn depths_table(&self) -> Result<Table> {
        let depths = || self.depths.iter();
        let best = Depth::best(&self.depths);
        let (rate, title) = match &self.quality {
            Quality::Response(_) => ("rate", "Отклик"),
            Quality::Uplift(_) => ("uplift", "Прирост отклика"),
        };
        let mut columns = vec![
            Column::float("share", "Доля клиентов", 3, depths().map(|own| own.share)),
            Column::int("customers", "Клиентов", depths().map(|own| own.customers as i64)),
            Column::float(rate, title, 4, depths().map(|own| own.rate)),
            Column::float("lower", "От", 4, depths().map(|own| own.lower)),
            Column::float("upper", "До", 4, depths().map(|own| own.upper)),
            Column::float("responses", "Откликов", 1, depths().map(|own| own.responses)),
        ];
        if depths().any(|own| own.gain.is_some()) {
            let gains = depths().map(|own| own.gain.and_then(Money::from_f64));
            columns.push(Column::money("gain", "Выгода", gains));
        }
        columns.push(Column::bool("best", "Лучшая глубина", depths().map(|own| best == Some(own))));
        Table::new("response_depths", columns)
    }

    /// One row per column: the treated beside the untreated, the largest difference first; `None` without a treatment.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn balance_table(&self) -> Result<Option<Table>> {
        let Quality::Uplift(own) = &self.quality else { return Ok(None) };
        let rows = || own.assignment.balance.iter();
        let table = Table::new(
            "response_balance",
            vec![
                Column::text("column", "Признак", rows().map(|own| own.column.as_str())),
                Column::float("treated", "С воздействием", 4, rows().map(|own| own.treated)),
                Column::float("untreated", "Без воздействия", 4, rows().map(|own| own.untreated)),
                Column::float("difference", "Разница, σ", 3, rows().map(|own| own.difference)),
            ],
        );
        table.map(Some)
    }
}

impl Trial {
    /// Every measure by name.
    fn metrics(&self) -> Vec<(String, f64)> {
        let named = |name: &str, value: f64| (name.to_owned(), value);
        let (qini, auuc) = (self.ranking.qini, self.ranking.auuc);
        let mut metrics = vec![
            named("qini", qini.value),
            named("qini_lower", qini.lower),
            named("qini_upper", qini.upper),
            named("auuc", auuc.value),
            named("auuc_lower", auuc.lower),
            named("auuc_upper", auuc.upper),
            named("uplift", self.overall.value),
            named("uplift_lower", self.overall.lower),
            named("uplift_upper", self.overall.upper),
            named("propensity_auc", self.assignment.auc.value),
            named("propensity_auc_lower", self.assignment.auc.lower),
            named("propensity_auc_upper", self.assignment.auc.upper),
            named("customers", self.customers as f64),
        ];
        let tried = self.tried.iter().map(|(own, qini)| (format!("qini_{}", method(*own)), *qini));
        metrics.extend(tried);
        metrics
    }

    fn bands_table(&self) -> Result<Table> {
        let bands = || self.bands.iter();
        let uplift: Vec<_> = bands().map(|own| own.arms.uplift()).collect();
        let of = |which: fn(&crmstat_models::rates::Difference) -> f64| {
            uplift.iter().map(|own| own.as_ref().map(which)).collect::<Vec<Option<f64>>>()
        };
        let count = |value: u64| value as i64;
        Table::new(
            "response_bands",
            vec![
                Column::int("band", "Дециль", (1..=self.bands.len()).map(|band| band as i64)),
                Column::int(
                    "treated",
                    "С воздействием",
                    bands().map(|own| count(own.arms.treated.1)),
                ),
                Column::int(
                    "treated_responses",
                    "Откликов",
                    bands().map(|own| count(own.arms.treated.0)),
                ),
                Column::int(
                    "untreated",
                    "Без воздействия",
                    bands().map(|own| count(own.arms.untreated.1)),
                ),
                Column::int(
                    "untreated_responses",
                    "Откликов без воздействия",
                    bands().map(|own| count(own.arms.untreated.0)),
                ),
                Column::float("predicted", "Прогноз прироста", 4, bands().map(|own| own.predicted)),
                Column::float("uplift", "Прирост отклика", 4, of(|own| own.value)),
                Column::float("lower", "От", 4, of(|own| own.lower)),
                Column::float("upper", "До", 4, of(|own| own.upper)),
            ],
        )
    }
}
