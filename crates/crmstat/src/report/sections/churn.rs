//! Who is about to leave, why, what it would cost, and how far the answer can be trusted.

use super::{Page, TOP, figures::card, file_only, top, whole};
use crate::{
    Lang, Money, Result,
    analysis::churn::{Churn, Horizon, Order},
    data::table::{Column, Table},
    report::{BarSeries, Call, Chart, ChartKind, Content, Unit},
};

/// Fewer held-out customers leave the figures to chance.
const FEW: usize = 500;
/// From this probability on a customer counts as about to leave.
const LIKELY: f64 = 0.5;

impl Page<'_> {
    pub(super) fn churn(&self, churn: &Churn) -> Result<Content> {
        let locale = self.locale;
        let lang = locale.lang();
        let evaluation = &churn.evaluation;
        let likely = churn.scores.probabilities().iter().filter(|own| **own >= LIKELY).count();
        let figures = [
            card(
                locale.pick("Revenue at risk", "Выручка под угрозой"),
                Some(at_risk(churn)),
                Unit::Money,
            ),
            card(
                locale.pick("More likely to leave than to stay", "Скорее уйдут, чем останутся"),
                Some(likely as f64),
                Unit::Count,
            ),
            card(
                locale.pick("Ranked rightly (AUC)", "Верно упорядочены (AUC)"),
                Some(evaluation.auc.value),
                Unit::Number(2),
            ),
        ];
        let mut tables = vec![whole(
            locale.pick(
                "How good it is on customers it has not seen, beside simpler ways",
                "Качество на новых для модели клиентах в сравнении с простыми способами",
            ),
            self.rivals_table(churn)?,
        )];
        for (caption, table) in [
            (
                locale.pick("Lift and gain by decile", "Подъём и охват по децилям"),
                evaluation.gains_table()?,
            ),
            (
                locale.pick("Predicted and observed churn", "Прогноз и факт оттока"),
                evaluation.reliability_table()?,
            ),
            (locale.pick("Every measure", "Все показатели"), evaluation.metrics_table()?),
        ] {
            tables.push(file_only(caption, table));
        }
        let caption = locale.pick("Churn by customer", "Отток по клиентам");
        tables.push(top(
            caption,
            self.with_names(&churn.scores.table(Order::Revenue, lang)?)?,
            TOP,
        ));
        Ok(Content {
            summary: vec![self.risk(churn), self.trust(churn)],
            figures: figures.into_iter().flatten().collect(),
            charts: vec![self.gains_chart(churn), self.reliability_chart(churn)],
            tables,
            notes: self.churn_notes(churn),
            ..Content::default()
        })
    }

    /// The customers whom a call may change most, with what a seller must know of them.
    pub(super) fn call_list(&self, churn: &Churn) -> Result<Table> {
        let scores = &churn.scores;
        let calls = || self.results.calls.iter();
        let why: Vec<String> = calls().map(|call| self.why_call(churn, call)).collect();
        let mut columns = self.id_columns(calls().map(|call| call.id.as_str()));
        columns.extend([
            Column::money(
                "revenue_at_risk",
                "Выручка под угрозой",
                calls().map(|call| scores.revenue_at_risk()[call.row]),
            ),
            Column::float(
                "probability",
                "Вероятность ухода",
                3,
                calls().map(|call| scores.probabilities()[call.row]),
            ),
            Column::date("last_order", "Последний заказ", calls().map(|call| call.last_order)),
            Column::money("last_amount", "На сумму", calls().map(|call| call.last_amount)),
            Column::float(
                "usual_gap_days",
                "Обычно раз в, дней",
                1,
                calls().map(|call| call.usual_gap_days),
            ),
            Column::int(
                "overdue_days",
                "Просрочено, дней",
                calls().map(|call| call.overdue_days().map(i64::from)),
            ),
            Column::text("why", "Почему", why.iter().map(String::as_str)),
        ]);
        if let Ok(strategies) = &self.results.strategies {
            let lang = self.locale.lang();
            let names = calls().map(|call| Some(strategies.of(&call.id)?.strategy.name(lang)));
            columns.push(Column::text("strategy", "Стратегия", names));
        }
        Table::new("call_list", columns)
    }

    /// The reasons of the model or, where it has none, what the customer's rhythm says.
    fn why_call(&self, churn: &Churn, call: &Call) -> String {
        let locale = self.locale;
        let reasons = churn.scores.reasons(call.row, locale.lang());
        if !reasons.is_empty() {
            return reasons.join("; ");
        }
        let silent = locale.days(u64::from(call.silent_days.unsigned_abs()));
        match locale.lang() {
            Lang::En => format!("much to lose; last order {silent} ago"),
            Lang::Ru => format!("есть что терять; последний заказ {silent} назад"),
        }
    }

    fn rivals_table(&self, churn: &Churn) -> Result<Table> {
        let evaluation = &churn.evaluation;
        let own = churn.model.learner().name();
        let names = std::iter::once(own).chain(evaluation.rivals.iter().map(|rival| rival.name));
        let names: Vec<String> = names.map(|name| self.learner(name).to_owned()).collect();
        let rows = |first: f64, of: fn(&crate::analysis::churn::Rival) -> f64| {
            std::iter::once(first).chain(evaluation.rivals.iter().map(of)).collect::<Vec<f64>>()
        };
        let ahead = std::iter::once(None)
            .chain(evaluation.rivals.iter().map(|rival| Some(rival.ahead.0)))
            .collect::<Vec<_>>();
        Table::new(
            "churn_rivals",
            vec![
                Column::text("model", "Модель", names.iter().map(String::as_str)),
                Column::float("auc", "AUC", 3, rows(evaluation.auc.value, |rival| rival.auc)),
                Column::float(
                    "brier",
                    "Brier",
                    3,
                    rows(evaluation.brier.value, |rival| rival.brier),
                ),
                Column::float(
                    "log_loss",
                    "Log-loss",
                    3,
                    rows(evaluation.log_loss, |rival| rival.log_loss),
                ),
                Column::float("auc_behind", "Отставание по AUC", 4, ahead),
            ],
        )
    }

    fn learner(&self, name: &'static str) -> &'static str {
        let russian = match name {
            "logistic" => "логистическая регрессия",
            "trees" => "деревья решений",
            "btyd" => "MBG/NBD без обучения",
            "recency" => "только давность заказа",
            "base_rate" => "средняя доля ушедших",
            other => other,
        };
        let english = match name {
            "logistic" => "logistic regression",
            "trees" => "boosted trees",
            "btyd" => "MBG/NBD, without labels",
            "recency" => "days since the last order alone",
            "base_rate" => "the mean share of churn",
            other => other,
        };
        self.locale.pick(english, russian)
    }

    /// What is at stake, in a sentence.
    pub(super) fn risk(&self, churn: &Churn) -> String {
        let locale = self.locale;
        let days = churn.model.horizon().map_or(0, Horizon::in_days);
        let amount = locale.compact(at_risk(churn), Unit::Money);
        let days = locale.days(u64::from(days.unsigned_abs()));
        match locale.lang() {
            Lang::En => format!(
                "Customers who may leave put {amount} of revenue at risk over the next {days}."
            ),
            Lang::Ru => format!("Из-за возможного ухода клиентов под угрозой {amount} за {days}."),
        }
    }

    /// How far the model can be trusted, in a sentence.
    fn trust(&self, churn: &Churn) -> String {
        let locale = self.locale;
        let evaluation = &churn.evaluation;
        let share = locale.percent(evaluation.auc.value, 0);
        let lift = evaluation.gains.first().map_or(1.0, |top| top.lift);
        let lift = locale.decimal(lift, 1);
        let tested = locale.customers(evaluation.tested as u64);
        match locale.lang() {
            Lang::En => format!(
                "Judged on {tested} it had not seen: of one who left and one who stayed it names the right \
                 one in {share} of cases, and the tenth it thinks likeliest left {lift} times as often as \
                 the average."
            ),
            Lang::Ru => format!(
                "Проверка на новых для модели данных ({tested}): из ушедшего и оставшегося она верно \
                 указывает ушедшего в {share} случаев, а в самой рискованной десятой части уходят в {lift} \
                 раза чаще среднего."
            ),
        }
    }

    fn churn_notes(&self, churn: &Churn) -> Vec<String> {
        let locale = self.locale;
        let evaluation = &churn.evaluation;
        let days = churn.model.horizon().map_or(0, Horizon::in_days);
        let days = locale.days(u64::from(days.unsigned_abs()));
        let mut notes = vec![match locale.lang() {
            Lang::En => format!(
                "A customer has left who orders nothing for {days}. Revenue at risk is the probability \
                 times what the customer brings in that time, by the last year."
            ),
            Lang::Ru => format!(
                "Ушедшим считается клиент без заказов в течение {days}. Выручка под угрозой: вероятность, \
                 умноженная на то, что клиент приносит за этот срок, по последнему году."
            ),
        }];
        if evaluation.tested < FEW {
            let (lower, upper) = (evaluation.auc.lower, evaluation.auc.upper);
            let (lower, upper) = (locale.decimal(lower, 2), locale.decimal(upper, 2));
            notes.push(match locale.lang() {
                Lang::En => format!(
                    "{} are few: the AUC may lie anywhere from {lower} to {upper}.",
                    locale.customers(evaluation.tested as u64)
                ),
                Lang::Ru => format!(
                    "Клиентов мало: {}. AUC может быть от {lower} до {upper}.",
                    evaluation.tested
                ),
            });
        }
        for rival in evaluation.not_beaten() {
            let name = self.learner(rival.name);
            let auc = locale.decimal(rival.auc, 3);
            notes.push(match locale.lang() {
                Lang::En => format!("The model does not beat {name}, whose AUC is {auc}."),
                Lang::Ru => format!("Модель не лучше способа «{name}»: AUC {auc}."),
            });
        }
        notes
    }

    fn gains_chart(&self, churn: &Churn) -> Chart {
        let locale = self.locale;
        let gains = &churn.evaluation.gains;
        Chart {
            name: "churn_gains_chart".to_owned(),
            title: locale.pick("Churn by decile of risk", "Отток по децилям риска").to_owned(),
            description: locale
                .pick(
                    "Held-out customers in ten groups, the likeliest first: the share that left.",
                    "Проверочные клиенты десятью группами от самых рискованных: доля ушедших.",
                )
                .to_owned(),
            unit: Unit::Share,
            kind: ChartKind::Bars {
                axis: locale.pick("decile", "дециль").to_owned(),
                labels: gains.iter().map(|band| band.band.to_string()).collect(),
                series: vec![BarSeries {
                    name: locale.pick("left", "ушло").to_owned(),
                    values: gains.iter().map(|band| Some(band.churn_rate)).collect(),
                }],
            },
        }
    }

    /// What the chart of claimed and observed churn says: that they agree, or where they do not.
    fn reliability_read(&self, churn: &Churn) -> String {
        let locale = self.locale;
        let groups = locale.pick(
            "Groups of customers with similar probabilities: predicted and observed churn.",
            "Группы клиентов с близкой вероятностью: прогноз и факт.",
        );
        let Some(worst) = churn.evaluation.misjudged() else {
            let agree = locale.pick(
                "The differences are within chance.",
                "Расхождения не больше случайных: вероятностям можно верить.",
            );
            return format!("{groups} {agree}");
        };
        let claimed = locale.percent(worst.mean_probability, 0);
        let came = locale.percent(worst.churn_rate, 0);
        match locale.lang() {
            Lang::En => format!(
                "{groups} Trust the order of the customers, not the probabilities: where {claimed} was \
                 predicted, {came} left."
            ),
            Lang::Ru => format!(
                "{groups} Порядку клиентов можно верить, самим вероятностям\u{A0}— нет: при прогнозе {claimed} \
                 ушло {came}."
            ),
        }
    }

    fn reliability_chart(&self, churn: &Churn) -> Chart {
        let locale = self.locale;
        let bins = &churn.evaluation.reliability;
        Chart {
            name: "churn_reliability_chart".to_owned(),
            title: locale.pick("Predicted and observed churn", "Прогноз и факт оттока").to_owned(),
            description: self.reliability_read(churn),
            unit: Unit::Share,
            kind: ChartKind::Bars {
                axis: locale.pick("group", "группа").to_owned(),
                labels: (1..=bins.len()).map(|bin| bin.to_string()).collect(),
                series: vec![
                    BarSeries {
                        name: locale.pick("predicted", "прогноз").to_owned(),
                        values: bins.iter().map(|bin| Some(bin.mean_probability)).collect(),
                    },
                    BarSeries {
                        name: locale.pick("observed", "факт").to_owned(),
                        values: bins.iter().map(|bin| Some(bin.churn_rate)).collect(),
                    },
                ],
            },
        }
    }
}

/// The revenue at risk of all customers.
fn at_risk(churn: &Churn) -> f64 {
    let units: i128 =
        churn.scores.revenue_at_risk().iter().flatten().map(|own| i128::from(own.units())).sum();
    units as f64 / Money::SCALE as f64
}
