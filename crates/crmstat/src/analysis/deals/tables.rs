//! The tables of scored deals.

use super::{DealScore, Quality, Scores, reasons::REASONS};
use crate::{
    Lang, Money, Result,
    data::table::{Column, Table},
};

impl Scores {
    /// One row per open deal, those to look at first in front.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self, lang: Lang) -> Result<Table> {
        fn text<'a>(
            scores: &'a Scores,
            name: &'static str,
            russian: &'static str,
            of: impl Fn(&'a DealScore) -> Option<&'a str>,
        ) -> Column {
            Column::text(name, russian, scores.deals().iter().map(of))
        }
        let rows = || self.deals().iter();
        let mut columns = vec![
            Column::int("rank", "Очередь", 1..=self.deals().len() as i64),
            text(self, "deal_id", "Сделка", |own| own.deal.id.as_deref()),
            text(self, "title", "Название", |own| own.title.as_deref()),
            text(self, "customer", "Клиент", |own| own.deal.customer.as_deref()),
            text(self, "owner", "Менеджер", |own| own.deal.owner.as_deref()),
            Column::money("amount", "Сумма", rows().map(|own| own.deal.amount)),
            text(self, "stage", "Этап", |own| own.deal.stage.as_deref()),
            Column::int(
                "age_days",
                "Возраст, дней",
                rows().map(|own| own.deal.age_days.map(|days| days.floor() as i64)),
            ),
            Column::float("probability", "Вероятность", 3, rows().map(|own| own.probability)),
            Column::money(
                "expected_value",
                "Ожидаемая сумма",
                rows().map(|own| own.expected_value),
            ),
            Column::date(
                "expected_close",
                "Ожидаемое закрытие",
                rows().map(|own| own.expected_close),
            ),
            Column::date(
                "planned_close",
                "Плановое закрытие",
                rows().map(|own| own.deal.expected_close),
            ),
            Column::bool("stale", "Застряла", rows().map(|own| own.deal.is_stale)),
            Column::bool("overdue", "Просрочена", rows().map(|own| own.deal.is_overdue)),
            Column::bool(
                "no_next_activity",
                "Нет следующего шага",
                rows().map(|own| own.no_next_activity),
            ),
            text(self, "action", "Что сделать", |own| Some(own.action.text(lang))),
            text(self, "action_code", "Код действия", |own| Some(own.action.code())),
        ];
        for place in 0..REASONS {
            let number = place + 1;
            let told: Vec<Option<String>> =
                rows().map(|own| Some(own.reasons.get(place)?.text(lang))).collect();
            columns.push(Column::text(
                format!("reason_{number}"),
                format!("Причина {number}"),
                told.iter().map(Option::as_deref),
            ));
            columns.push(Column::text(
                format!("reason_{number}_code"),
                format!("Код причины {number}"),
                rows().map(|own| own.reasons.get(place).map(|reason| reason.code)),
            ));
            columns.push(Column::float(
                format!("reason_{number}_contribution"),
                format!("Вклад причины {number}"),
                2,
                rows().map(|own| own.reasons.get(place).map(|reason| reason.contribution)),
            ));
        }
        Table::new("deals", columns)
    }

    /// What is expected of all open deals together; `None` where no amount is known, or the sum is past the range of
    /// money.
    pub fn expected_value(&self) -> Option<Money> {
        let mut known = self.deals().iter().filter_map(|own| own.expected_value);
        let first = known.next()?;
        known.try_fold(first, Money::checked_add)
    }
}

impl Quality {
    /// One row per way to a probability, the model first.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self, lang: Lang) -> Result<Table> {
        let rows = || self.ways.iter();
        Table::new(
            "deals_quality",
            vec![
                Column::text("way", "Способ", rows().map(|way| way.said(lang))),
                Column::text("way_code", "Код способа", rows().map(|way| way.name)),
                Column::bool("used", "Применён", (0..self.ways.len()).map(|place| place == 0)),
                Column::float("auc", "AUC", 3, rows().map(|way| way.auc.value)),
                Column::float("auc_lower", "AUC, от", 3, rows().map(|way| way.auc.lower)),
                Column::float("auc_upper", "AUC, до", 3, rows().map(|way| way.auc.upper)),
                Column::float("brier", "Brier", 4, rows().map(|way| way.brier.value)),
                Column::float(
                    "brier_reliability",
                    "Brier: надёжность",
                    4,
                    rows().map(|way| way.brier.reliability),
                ),
                Column::float(
                    "brier_resolution",
                    "Brier: разрешение",
                    4,
                    rows().map(|way| way.brier.resolution),
                ),
                Column::float(
                    "brier_uncertainty",
                    "Brier: неопределённость",
                    4,
                    rows().map(|way| way.brier.uncertainty),
                ),
                Column::float("log_loss", "Log-loss", 4, rows().map(|way| way.log_loss)),
                Column::float(
                    "calibration_slope",
                    "Наклон калибровки",
                    3,
                    rows().map(|way| way.line.map(|line| line.slope)),
                ),
                Column::float(
                    "calibration_intercept",
                    "Сдвиг калибровки",
                    3,
                    rows().map(|way| way.line.map(|line| line.intercept)),
                ),
                Column::float(
                    "lift_top_decile",
                    "Лифт первой десятины",
                    2,
                    rows().map(|way| way.lift),
                ),
                Column::int("deals", "Сделок", rows().map(|_| self.deals as i64)),
                Column::int("rows", "Строк", rows().map(|_| self.tested as i64)),
                Column::float("base_rate", "Доля выигранных", 3, rows().map(|_| self.base_rate)),
            ],
        )
    }
}
