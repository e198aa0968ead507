//! Deals by stage with their conversion and time, outcomes, reasons of loss, open deals to look at.

use super::{Page, TOP, figures::card, top, whole};
use crate::{
    Lang, Money, Result,
    analysis::funnel::{DealFunnel, Division, Stage},
    data::table::{Column, Table},
    report::{BarSeries, Chart, ChartKind, Content, Figure, Unit},
};

/// Bars of a chart, and rows that a page shows: more are in the table.
const BARS: usize = 12;
const LOOKED_AT: usize = 10;

impl Page<'_> {
    /// The cards of the first screen that deals have.
    pub(super) fn deal_cards(&self, funnel: &DealFunnel) -> Vec<Figure> {
        let locale = self.locale;
        let all = &funnel.whole().overview;
        let open = all.deals.open.worth().map(Money::to_f64);
        let cards = [
            card(locale.pick("Win rate", "Доля выигранных"), all.deals.win_rate(), Unit::Share),
            card(locale.pick("Open pipeline", "Сделки в работе"), open, Unit::Money),
        ];
        cards.into_iter().flatten().collect()
    }

    pub(super) fn funnel(&self, funnel: &DealFunnel) -> Result<Content> {
        let locale = self.locale;
        let lang = locale.lang();
        let whole_funnel = funnel.whole();
        let mut charts = Vec::new();
        let mut tables = Vec::new();
        if !whole_funnel.stages.is_empty() {
            charts.push(self.stages_chart(funnel.has_history, &whole_funnel.stages));
            let caption = locale.pick("Stages", "Этапы");
            tables.push(top(caption, self.stages_table(funnel)?, 2 * TOP));
            if funnel.has_history {
                let full = funnel.stages_table(lang)?.renamed("stages_full");
                let caption = locale.pick("Stages in full", "Этапы подробно");
                tables.push(super::file_only(caption, full));
            }
        }
        if !funnel.attention.is_empty() {
            let caption =
                locale.pick("Open deals to look at", "Открытые сделки, требующие внимания");
            tables.push(top(caption, attention_table(funnel)?, LOOKED_AT));
        }
        if whole_funnel.reasons.iter().any(|reason| reason.reason.is_some()) {
            let caption = locale.pick("Why deals are lost", "Причины проигрыша");
            tables.push(whole(caption, self.reasons_table(whole_funnel)?));
        }
        Ok(Content {
            summary: vec![self.won(funnel)],
            figures: self.deal_figures(whole_funnel),
            charts,
            tables,
            notes: self.deal_notes(funnel),
            ..Content::default()
        })
    }

    fn deal_figures(&self, part: &Division) -> Vec<Figure> {
        let locale = self.locale;
        let all = &part.overview;
        let deals = &all.deals;
        let unknown = deals.open.without_amount() as f64;
        let figures = [
            card(locale.pick("Deals won", "Выиграно"), Some(deals.won.deals as f64), Unit::Count),
            card(
                locale.pick("Win rate by count", "Доля побед по числу"),
                deals.win_rate(),
                Unit::Share,
            ),
            card(
                locale.pick("Win rate by value", "Доля побед по сумме"),
                all.win_rate_by_value,
                Unit::Share,
            ),
            card(
                locale.pick("Open deals, amount", "Открыто на сумму"),
                deals.open.worth().map(Money::to_f64),
                Unit::Money,
            ),
            card(
                locale.pick("Open deals by the odds of their stage", "Открытые с учётом шансов"),
                all.weighted,
                Unit::Money,
            ),
            card(
                locale.pick("Open deals without an amount", "Открытых сделок без суммы"),
                Some(unknown).filter(|deals| *deals > 0.0),
                Unit::Count,
            ),
            card(
                locale.pick("Days from creation to win, median", "Дней до победы, медиана"),
                all.cycle_median_days,
                Unit::Days,
            ),
            card(locale.pick("Velocity, per day", "Скорость в день"), all.velocity, Unit::Money),
        ];
        figures.into_iter().flatten().collect()
    }

    fn deal_notes(&self, funnel: &DealFunnel) -> Vec<String> {
        let locale = self.locale;
        let lang = locale.lang();
        let all = &funnel.whole().overview.deals;
        let mut notes: Vec<String> =
            funnel.notices.iter().map(|notice| super::sentence(&notice.text(lang))).collect();
        if all.without_amount() > 0 {
            let [won, lost, open] = [all.won, all.lost, all.open]
                .map(|deals| locale.decimal(deals.without_amount() as f64, 0));
            notes.push(match lang {
                Lang::En => format!(
                    "Deals without an amount: {won} won, {lost} lost, {open} open. They are in the counts and \
                     not in the money; where they are more than half, no rate by value is given."
                ),
                Lang::Ru => format!(
                    "Сделок без суммы: выигранных {won}, проигранных {lost}, открытых {open}. В числе сделок они \
                     учтены, в суммах нет; где таких больше половины, доля побед по сумме не указана."
                ),
            });
        }
        notes.push(
            locale
                .pick(
                    "The win rate is won / (won + lost): open deals are in neither, so stale ones flatter it.",
                    "Доля побед: выиграно / (выиграно + проиграно). Открытые сделки не считаются, поэтому \
                     зависшие её завышают.",
                )
                .to_owned(),
        );
        if funnel.has_history {
            notes.push(
                locale
                    .pick(
                        "A deal has reached a stage where its history says so, or says so of a later one.",
                        "Сделка дошла до этапа, если это видно из её истории или из истории более позднего этапа.",
                    )
                    .to_owned(),
            );
        }
        notes
    }

    /// How many deals are won, in a sentence.
    pub(super) fn won(&self, funnel: &DealFunnel) -> String {
        let locale = self.locale;
        let part = funnel.whole();
        let all = &part.overview.deals;
        let number = |count: u64| locale.decimal(count as f64, 0);
        let rate = all.win_rate().map_or_else(String::new, |rate| locale.percent(rate, 0));
        let open = all.open.worth().map(|worth| locale.compact(worth.to_f64(), Unit::Money));
        let open = match (locale.lang(), open) {
            (Lang::En, Some(worth)) => format!(" worth {worth}"),
            (Lang::Ru, Some(worth)) => format!(" на {worth}"),
            (_, None) => String::new(),
        };
        let mut text = match locale.lang() {
            Lang::En => format!(
                "{} of {} closed deals are won ({rate}); {}{open} are open.",
                number(all.won.deals),
                number(all.won.deals + all.lost.deals),
                number(all.open.deals)
            ),
            Lang::Ru => format!(
                "Выиграно {} из {} закрытых сделок ({rate}); открыто {}{open}.",
                number(all.won.deals),
                number(all.won.deals + all.lost.deals),
                number(all.open.deals)
            ),
        };
        let unknown = all.open.without_amount();
        if unknown > 0 {
            text.push_str(&match locale.lang() {
                Lang::En => format!(" Open deals without an amount: {}.", number(unknown)),
                Lang::Ru => format!(" Открытых сделок без суммы: {}.", number(unknown)),
            });
        }
        let looked = funnel.attention.len() as u64;
        if looked > 0 {
            text.push_str(&match locale.lang() {
                Lang::En => format!(
                    " {} need a look.",
                    locale.counted(looked, ["open deal", "open deals"], [""; 3])
                ),
                Lang::Ru => format!(" Требуют внимания: {}.", number(looked)),
            });
        }
        let main = part.reasons.iter().find(|reason| reason.reason.is_some());
        if let Some(reason) = main {
            let (label, share) = (
                reason.reason.as_deref().unwrap_or_default(),
                locale.percent(reason.share.value, 0),
            );
            text.push_str(&match locale.lang() {
                Lang::En => format!(" The first reason of loss is “{label}”, {share} of the lost."),
                Lang::Ru => format!(" Главная причина проигрыша: «{label}», {share}."),
            });
        }
        text
    }

    /// The stages of all deals or, where there are several pipelines, of each: what a page has room for.
    fn stages_table(&self, funnel: &DealFunnel) -> Result<Table> {
        let is_divided = funnel.divisions.len() > 1;
        let parts = || funnel.divisions.iter().filter(move |part| !is_divided || !part.is_whole);
        let rows = || parts().flat_map(|part| part.stages.iter().map(move |stage| (part, stage)));
        let stages = || rows().map(|(_, stage)| stage);
        let counted = |count: Option<u64>| count.map(|count| count as i64);
        let mut columns = Vec::new();
        if is_divided {
            let none = self.locale.pick("(none)", "(нет)");
            let label = |(part, _): (&'_ Division, &'_ Stage)| {
                part.labels.first().cloned().flatten().unwrap_or_else(|| none.to_owned())
            };
            let labels: Vec<String> = rows().map(label).collect();
            columns.push(Column::text("pipeline", "Воронка", labels.iter().map(String::as_str)));
        }
        columns.push(Column::text("stage", "Этап", stages().map(|stage| &*stage.name)));
        if funnel.has_history {
            columns.extend([
                Column::int("reached", "Дошли", stages().map(|stage| counted(stage.reached))),
                Column::float(
                    "conversion",
                    "Конверсия дальше",
                    4,
                    stages().map(|stage| stage.conversion.map(|rate| rate.value)),
                ),
                Column::float(
                    "to_won",
                    "Конверсия в победу",
                    4,
                    stages().map(|stage| stage.to_won.map(|rate| rate.value)),
                ),
                Column::float("days_median", "Дней, медиана", 1, stages().map(|s| s.days.median)),
            ]);
        }
        columns.extend([
            Column::int("here", "Стоят сейчас", stages().map(|s| s.here.deals as i64)),
            Column::money("amount_here", "На сумму", stages().map(|stage| stage.here.worth())),
        ]);
        if !funnel.has_history {
            columns.extend([
                Column::int("won_here", "Выиграны с этапа", stages().map(|s| s.won_here as i64)),
                Column::int("lost_here", "Проиграны с этапа", stages().map(|s| s.lost_here as i64)),
            ]);
        }
        Table::new("stages", columns)
    }

    fn reasons_table(&self, part: &Division) -> Result<Table> {
        let none = self.locale.pick("(none)", "(нет)");
        let rows = || part.reasons.iter();
        Table::new(
            "lost_reasons",
            vec![
                Column::text(
                    "reason",
                    "Причина",
                    rows().map(|own| own.reason.as_deref().unwrap_or(none)),
                ),
                Column::int("lost", "Проиграно", rows().map(|own| own.lost.deals as i64)),
                Column::float("share", "Доля", 4, rows().map(|own| own.share.value)),
                Column::money("amount", "Сумма", rows().map(|own| own.lost.worth())),
            ],
        )
    }

    /// How many deals reached each stage or, without a history, how many stand there.
    fn stages_chart(&self, has_history: bool, stages: &[Stage]) -> Chart {
        let locale = self.locale;
        let shown = &stages[..stages.len().min(BARS)];
        let bars = |name: &str, of: fn(&Stage) -> Option<u64>| BarSeries {
            name: name.to_owned(),
            values: shown.iter().map(|stage| of(stage).map(|deals| deals as f64)).collect(),
        };
        let here = bars(locale.pick("open there now", "стоят сейчас"), |stage| {
            Some(stage.here.deals)
        });
        let (title, description, series) = if has_history {
            (
                locale.pick("How far deals came", "Как далеко прошли сделки"),
                locale.pick(
                    "Deals that reached each stage, and those that stand there now.",
                    "Сделки, дошедшие до этапа, и те, что стоят на нём сейчас.",
                ),
                vec![bars(locale.pick("reached", "дошли"), |stage| stage.reached), here],
            )
        } else {
            (
                locale.pick("Where deals stand", "Где стоят сделки"),
                locale.pick("Open deals at each stage.", "Открытые сделки на каждом этапе."),
                vec![here],
            )
        };
        Chart {
            name: "stages_chart".to_owned(),
            title: title.to_owned(),
            description: description.to_owned(),
            unit: Unit::Count,
            kind: ChartKind::Bars {
                axis: locale.pick("stage", "этап").to_owned(),
                labels: shown.iter().map(|stage| stage.name.clone()).collect(),
                series,
            },
        }
    }
}

/// Open deals that are stale, overdue or without activity, the largest first.
fn attention_table(funnel: &DealFunnel) -> Result<Table> {
    let deals = || funnel.attention.iter();
    let mut columns = vec![
        Column::text("deal_id", "Сделка", deals().map(|deal| deal.id.as_deref())),
        Column::text("customer_id", "Клиент", deals().map(|deal| deal.customer.as_deref())),
        Column::text("stage", "Этап", deals().map(|deal| deal.stage.as_deref())),
        Column::text("owner", "Менеджер", deals().map(|deal| deal.owner.as_deref())),
        Column::money("amount", "Сумма", deals().map(|deal| deal.amount)),
        Column::float("age_days", "Возраст, дней", 0, deals().map(|deal| deal.age_days)),
        Column::bool("stale", "Зависла", deals().map(|deal| deal.is_stale)),
    ];
    if deals().any(|deal| deal.expected_close.is_some()) {
        let overdue = deals().map(|deal| deal.overdue_days);
        columns.push(Column::float("overdue_days", "Просрочена, дней", 0, overdue));
    }
    if deals().any(|deal| deal.is_without_activity.is_some()) {
        let last = deals().map(|deal| deal.last_activity);
        columns.push(Column::date("last_activity", "Последнее касание", last));
    }
    Table::new("open_deals", columns)
}
