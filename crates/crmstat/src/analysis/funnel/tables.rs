//! The tables of a funnel.

use super::{DealFunnel, Deals, Division, MoneyStage, Rate};
use crate::{
    Lang, Money, Result,
    data::{
        Field,
        table::{Column, Table},
    },
};

/// What a person reads above a column of a deal's field, in Russian.
pub(crate) fn title(field: Field) -> &'static str {
    match field {
        Field::Owner => "Ответственный",
        Field::Pipeline => "Воронка",
        Field::Source => "Источник",
        Field::Channel => "Канал",
        Field::Product => "Товар",
        Field::Category => "Категория",
        Field::Region => "Регион",
        Field::CustomerId => "Клиент",
        Field::Stage => "Этап",
        Field::LostReason => "Причина проигрыша",
        other => other.name(),
    }
}

/// A share with its interval, as three columns.
pub(in crate::analysis) fn rate_columns(
    name: &str,
    russian: &str,
    rates: impl Iterator<Item = Option<Rate>>,
) -> [Column; 3] {
    let rates: Vec<Option<Rate>> = rates.collect();
    let of = |part: fn(Rate) -> f64| rates.iter().map(move |rate| rate.map(part));
    [
        Column::float(name.to_owned(), russian.to_owned(), 4, of(|rate| rate.value)),
        Column::float(format!("{name}_lower"), format!("{russian}, от"), 4, of(|rate| rate.lower)),
        Column::float(format!("{name}_upper"), format!("{russian}, до"), 4, of(|rate| rate.upper)),
    ]
}

/// Names of columns that a header divided by must not take.
const OURS: [&str; 32] = [
    "part",
    "created",
    "position",
    "reached",
    "entered",
    "skipped",
    "moved_on",
    "died",
    "open",
    "conversion",
    "to_won",
    "re_entered",
    "stays",
    "customers",
    "money",
    "here",
    "deals",
    "won",
    "lost",
    "win_rate",
    "mean_won",
    "velocity",
    "weighted",
    "overdue",
    "reason",
    "share_lost",
    "amount",
    "without_amount",
    "amount_won",
    "amount_lost",
    "amount_open",
    "amount_reached",
];

impl DealFunnel {
    /// The columns that tell whose the rows are, for the `division` of every row.
    fn keys<'a>(
        &'a self,
        lang: Lang,
        rows: impl Iterator<Item = &'a Division> + Clone,
    ) -> Vec<Column> {
        let whole = lang.pick("total", "всего");
        let mut columns = Vec::new();
        for (at, name) in self.by.iter().enumerate() {
            let label = move |division: &'a Division| match division.labels.get(at) {
                // All deals are told by the first column.
                None => (at == 0).then_some(whole),
                Some(label) => label.as_deref(),
            };
            let field = Field::from_name(name);
            let russian = field.map_or_else(|| name.clone(), |field| title(field).to_owned());
            // A header may be what a column of ours is called.
            let is_ours = field.is_none() && OURS.contains(&name.as_str());
            let name = if is_ours { format!("by_{name}") } else { name.clone() };
            columns.push(Column::text(name, russian, rows.clone().map(label)));
        }
        if self.by_cohort {
            if self.by.is_empty() {
                let of = |division: &Division| {
                    Some(if division.is_whole {
                        whole
                    } else {
                        lang.pick("cohort", "когорта")
                    })
                };
                columns.push(Column::text("part", "Часть", rows.clone().map(of)));
            }
            let cohorts = rows.map(|division| division.cohort);
            columns.push(Column::date("created", "Созданы", cohorts));
        }
        columns
    }

    /// One row per part and stage, from the first stage to the last; all deals come first.
    ///
    /// What only a history of stages tells is missing without one.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn stages_table(&self, lang: Lang) -> Result<Table> {
        let rows = || {
            let parts = self.divisions.iter();
            parts.flat_map(|part| part.stages.iter().map(move |stage| (part, stage)))
        };
        let stages = || rows().map(|(_, stage)| stage);
        let counted = |count: Option<u64>| count.map(|count| count as i64);
        let mut columns = self.keys(lang, rows().map(|(part, _)| part));
        columns.extend([
            Column::int("position", "№", stages().map(|stage| stage.position as i64)),
            Column::text("stage", "Этап", stages().map(|stage| &*stage.name)),
            Column::int("reached", "Дошли", stages().map(|stage| counted(stage.reached))),
            Column::int("entered", "Были на этапе", stages().map(|stage| counted(stage.entered))),
            Column::int("skipped", "Миновали", stages().map(|stage| counted(stage.skipped))),
            Column::int("moved_on", "Прошли дальше", stages().map(|s| counted(s.moved_on))),
            Column::int("died", "Проиграны здесь", stages().map(|stage| counted(stage.died))),
            Column::int("open", "Ещё открыты", stages().map(|stage| counted(stage.open))),
        ]);
        let conversions = stages().map(|stage| stage.conversion);
        columns.extend(rate_columns("conversion", "Конверсия дальше", conversions));
        let to_won = stages().map(|stage| stage.to_won);
        columns.extend(rate_columns("to_won", "Конверсия в победу", to_won));
        columns.extend([
            Column::int("re_entered", "Вернулись", stages().map(|s| counted(s.re_entered))),
            Column::int("stays", "Пребываний", stages().map(|stage| counted(stage.stays))),
            Column::float(
                "days_lower_quartile",
                "Дней на этапе, нижний квартиль",
                1,
                stages().map(|stage| stage.days.lower),
            ),
            Column::float("days_median", "Дней, медиана", 1, stages().map(|s| s.days.median)),
            Column::float(
                "days_upper_quartile",
                "Дней, верхний квартиль",
                1,
                stages().map(|stage| stage.days.upper),
            ),
            Column::int("customers", "Клиентов", stages().map(|s| counted(s.customers))),
            Column::int("here", "Стоят сейчас", stages().map(|s| s.here.deals as i64)),
            Column::money("amount_here", "Сумма стоящих", stages().map(|s| s.here.worth())),
            Column::int(
                "here_without_amount",
                "Стоят без суммы",
                stages().map(|stage| stage.here.without_amount() as i64),
            ),
            Column::int(
                "customers_here",
                "Клиентов сейчас",
                stages().map(|stage| stage.customers_here as i64),
            ),
            Column::int("won_here", "Выиграны с этапа", stages().map(|s| s.won_here as i64)),
            Column::int("lost_here", "Проиграны с этапа", stages().map(|s| s.lost_here as i64)),
            Column::money("amount_reached", "Сумма дошедших", stages().map(|s| s.worth?.worth())),
            Column::int(
                "reached_without_amount",
                "Дошли без суммы",
                stages().map(|s| s.worth.map(|worth| worth.without_amount() as i64)),
            ),
            Column::text("money", "Деньги", stages().map(|s| Some(s.money?.title(lang)))),
        ]);
        Table::new(lang.pick("funnel", "воронка"), columns)
    }

    /// One row per part: outcomes, win rates, cycle, velocity; all deals come first.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn summary_table(&self, lang: Lang) -> Result<Table> {
        let parts = || self.divisions.iter();
        let all = || parts().map(|part| &part.overview);
        let mut columns = self.keys(lang, parts());
        columns.extend([
            Column::int("deals", "Сделок", all().map(|all| all.deals.deals() as i64)),
            Column::int("won", "Выиграно", all().map(|all| all.deals.won.deals as i64)),
            Column::int("lost", "Проиграно", all().map(|all| all.deals.lost.deals as i64)),
            Column::int("open", "Открыто", all().map(|all| all.deals.open.deals as i64)),
            Column::int("customers", "Клиентов", all().map(|all| all.customers as i64)),
            Column::money("amount_won", "Сумма выигранных", all().map(|all| all.deals.won.worth())),
            Column::money(
                "amount_lost",
                "Сумма проигранных",
                all().map(|all| all.deals.lost.worth()),
            ),
            Column::money("amount_open", "Сумма открытых", all().map(|all| all.deals.open.worth())),
            Column::int(
                "won_without_amount",
                "Выиграно без суммы",
                all().map(|all| all.deals.won.without_amount() as i64),
            ),
            Column::int(
                "lost_without_amount",
                "Проиграно без суммы",
                all().map(|all| all.deals.lost.without_amount() as i64),
            ),
            Column::int(
                "open_without_amount",
                "Открыто без суммы",
                all().map(|all| all.deals.open.without_amount() as i64),
            ),
        ]);
        columns.extend(rate_columns("win_rate", "Доля побед", all().map(|all| all.win_rate)));
        columns.extend([
            Column::float(
                "win_rate_by_value",
                "Доля побед по сумме",
                4,
                all().map(|all| all.win_rate_by_value),
            ),
            Column::float("mean_won", "Средняя сделка", 2, all().map(|all| all.mean_won)),
            Column::float(
                "cycle_mean_days",
                "Цикл, дней в среднем",
                1,
                all().map(|all| all.cycle_mean_days),
            ),
            Column::float(
                "cycle_median_days",
                "Цикл, дней, медиана",
                1,
                all().map(|all| all.cycle_median_days),
            ),
            Column::float("velocity", "Скорость воронки в день", 2, all().map(|all| all.velocity)),
            Column::float("weighted", "Взвешенная воронка", 2, all().map(|all| all.weighted)),
            Column::float(
                "open_age_days",
                "Возраст открытых, медиана",
                1,
                all().map(|all| all.open_age_days),
            ),
            Column::int(
                "overdue",
                "Просрочено",
                all().map(|all| all.overdue.map(|overdue| overdue as i64)),
            ),
        ]);
        Table::new(lang.pick("funnel summary", "итоги воронки"), columns)
    }

    /// One row per part and reason of loss, most lost deals first.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn reasons_table(&self, lang: Lang) -> Result<Table> {
        let rows = || {
            let parts = self.divisions.iter();
            parts.flat_map(|part| part.reasons.iter().map(move |reason| (part, reason)))
        };
        let reasons = || rows().map(|(_, reason)| reason);
        let mut columns = self.keys(lang, rows().map(|(part, _)| part));
        columns.extend([
            Column::text("reason", "Причина", reasons().map(|r| r.reason.as_deref())),
            Column::int("lost", "Проиграно", reasons().map(|reason| reason.lost.deals as i64)),
        ]);
        let shares = reasons().map(|reason| Some(reason.share));
        columns.extend(rate_columns("share_lost", "Доля проигранных", shares));
        columns.extend([
            Column::money("amount", "Сумма", reasons().map(|reason| reason.lost.worth())),
            Column::int(
                "without_amount",
                "Без суммы",
                reasons().map(|reason| reason.lost.without_amount() as i64),
            ),
        ]);
        Table::new(lang.pick("lost reasons", "причины проигрыша"), columns)
    }

    /// One row per open deal that is stale, overdue or without activity, the largest first.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn attention_table(&self, lang: Lang) -> Result<Table> {
        let deals = || self.attention.iter();
        Table::new(
            lang.pick("open deals to look at", "открытые сделки, требующие внимания"),
            vec![
                Column::text("deal_id", "Сделка", deals().map(|deal| deal.id.as_deref())),
                Column::text("customer_id", "Клиент", deals().map(|d| d.customer.as_deref())),
                Column::text("stage", "Этап", deals().map(|deal| deal.stage.as_deref())),
                Column::text("owner", "Ответственный", deals().map(|d| d.owner.as_deref())),
                Column::money("amount", "Сумма", deals().map(|deal| deal.amount)),
                Column::bool("stale", "Зависла", deals().map(|deal| deal.is_stale)),
                Column::bool("overdue", "Просрочена", deals().map(|deal| deal.is_overdue)),
                Column::bool(
                    "without_activity",
                    "Без касаний",
                    deals().map(|deal| deal.is_without_activity),
                ),
                Column::date("created", "Создана", deals().map(|deal| deal.created)),
                Column::float("age_days", "Возраст, дней", 0, deals().map(|deal| deal.age_days)),
                Column::float("stage_days", "Дней на этапе", 0, deals().map(|d| d.stage_days)),
                Column::float(
                    "stale_after_days",
                    "Зависает после, дней",
                    0,
                    deals().map(|deal| deal.stale_after_days),
                ),
                Column::date(
                    "expected_close",
                    "Ожидаемое закрытие",
                    deals().map(|deal| deal.expected_close),
                ),
                Column::float(
                    "overdue_days",
                    "Просрочена, дней",
                    0,
                    deals().map(|deal| deal.overdue_days),
                ),
                Column::date(
                    "last_activity",
                    "Последнее касание",
                    deals().map(|deal| deal.last_activity),
                ),
                Column::date(
                    "next_activity",
                    "Следующее касание",
                    deals().map(|deal| deal.next_activity),
                ),
            ],
        )
    }
}

impl DealFunnel {
    /// The funnel in a few sentences, for the head of a report.
    pub fn sentences(&self, lang: Lang) -> Vec<String> {
        let all = &self.whole().overview;
        let (won, lost, open) = (all.deals.won.deals, all.deals.lost.deals, all.deals.open.deals);
        let closed = won + lost;
        let mut said = Vec::new();
        if let Some(rate) = all.win_rate {
            let [value, lower, upper] = [rate.value, rate.lower, rate.upper].map(|p| 100.0 * p);
            let level = 100.0 * self.level;
            said.push(match lang {
                Lang::En => format!(
                    "{won} of {closed} closed deals are won: {value:.1} % ({level:.0} % interval {lower:.1} to {upper:.1} %)"
                ),
                Lang::Ru => format!(
                    "выиграно {won} из {closed} закрытых сделок: {value:.1} % ({level:.0} %-й интервал от {lower:.1} до {upper:.1} %)"
                ),
            });
        }
        let worth = all.deals.open.worth().map_or(String::new(), |worth: Money| match lang {
            Lang::En => format!(" worth {worth}"),
            Lang::Ru => format!(" на {worth}"),
        });
        said.extend(self.money_said(lang));
        let looked = self.attention.len();
        said.push(match lang {
            Lang::En => format!("{open} deals{worth} are open; {looked} of them need a look"),
            Lang::Ru => format!("открыто сделок: {open}{worth}; требуют внимания: {looked}"),
        });
        said
    }

    /// What was invoiced, paid and shipped, by the last stage that says so, where the history tells who reached it.
    fn money_said(&self, lang: Lang) -> Option<String> {
        let stages = &self.whole().stages;
        let mut of: Vec<(MoneyStage, Deals)> = Vec::new();
        for stage in stages {
            if let Some((money, worth)) = stage.money.zip(stage.worth) {
                of.retain(|(own, _)| *own != money);
                of.push((money, worth));
            }
        }
        of.sort_by_key(|(money, _)| *money);
        let one = |(money, worth): &(MoneyStage, Deals)| {
            let title = money.title(lang);
            let amount = worth.worth().map_or_else(|| "?".to_owned(), |worth| worth.to_string());
            let (deals, unknown) = (worth.deals, worth.without_amount());
            match lang {
                Lang::En => {
                    format!("{title}: {amount} of {deals} deals, {unknown} without an amount")
                }
                Lang::Ru => format!("{title}: {amount} по {deals} сделкам, без суммы: {unknown}"),
            }
        };
        (!of.is_empty()).then(|| of.iter().map(one).collect::<Vec<_>>().join("; "))
    }
}
