//! Deals by stage and owner, and reasons of loss.

use super::{Page, TOP, top, whole};
use crate::{
    Lang, Money, Result,
    analysis::funnel::{Funnel, Group},
    report::{BarSeries, Chart, ChartKind, Content, Figure, Unit},
};

/// Bars of a chart: more are in the table.
const BARS: usize = 12;

impl Page<'_> {
    /// The cards of the first screen that deals have.
    pub(super) fn deal_cards(&self, funnel: &Funnel) -> Vec<Figure> {
        let locale = self.locale;
        let cards = [
            (locale.pick("Win rate", "Доля выигранных"), funnel.all.win_rate(), Unit::Share),
            (
                locale.pick("Open pipeline", "Сделки в работе"),
                funnel.all.open.worth().map(Money::to_f64),
                Unit::Money,
            ),
        ];
        let card = |(label, value, unit): (&str, Option<f64>, Unit)| {
            value.map(|value| Figure {
                label: label.to_owned(),
                value,
                unit,
                changes: Vec::new(),
                trend: Vec::new(),
                trend_of: String::new(),
            })
        };
        cards.into_iter().filter_map(card).collect()
    }

    pub(super) fn funnel(&self, funnel: &Funnel) -> Result<Content> {
        let locale = self.locale;
        let all = &funnel.all;
        let figure = |label: &str, value: Option<f64>, unit: Unit| {
            value.map(|value| Figure {
                label: label.to_owned(),
                value,
                unit,
                changes: Vec::new(),
                trend: Vec::new(),
                trend_of: String::new(),
            })
        };
        let figures = [
            figure(locale.pick("Deals won", "Выиграно"), Some(all.won.deals as f64), Unit::Count),
            figure(
                locale.pick("Win rate by count", "Доля побед по числу"),
                all.win_rate(),
                Unit::Share,
            ),
            figure(
                locale.pick("Win rate by value", "Доля побед по сумме"),
                all.win_rate_by_value(),
                Unit::Share,
            ),
            figure(
                locale.pick("Open deals, amount", "Открыто на сумму"),
                all.open.worth().map(Money::to_f64),
                Unit::Money,
            ),
            figure(
                locale.pick("Open deals without an amount", "Открытых сделок без суммы"),
                Some(all.open.without_amount() as f64).filter(|deals| *deals > 0.0),
                Unit::Count,
            ),
            figure(
                locale.pick("Days from creation to win, median", "Дней до победы, медиана"),
                funnel.cycle_days,
                Unit::Days,
            ),
        ];
        let mut charts = Vec::new();
        let mut tables = Vec::new();
        if !funnel.stages.is_empty() {
            charts.push(self.stages_chart(&funnel.stages));
            let caption = locale.pick("Deals by stage", "Сделки по стадиям");
            tables.push(top(caption, funnel.stages_table()?, 2 * TOP));
        }
        if !funnel.owners.is_empty() {
            charts.push(self.owners_chart(&funnel.owners));
            let caption = locale.pick("Deals by owner", "Сделки по ответственным");
            tables.push(top(caption, funnel.owners_table()?, TOP));
        }
        if funnel.reasons.iter().any(|group| group.label.is_some()) {
            let caption = locale.pick("Why deals are lost", "Причины проигрыша");
            tables.push(whole(caption, funnel.reasons_table()?));
        }
        let mut notes = Vec::new();
        if all.without_amount() > 0 {
            let [won, lost, open] = [all.won, all.lost, all.open]
                .map(|deals| locale.decimal(deals.without_amount() as f64, 0));
            notes.push(match locale.lang() {
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
        notes.extend([
            locale.pick(
                "The win rate is won / (won + lost): open deals are in neither, so stale ones flatter it.",
                "Доля побед: выиграно / (выиграно + проиграно). Открытые сделки не считаются, поэтому \
                 зависшие её завышают.",
            ),
            locale.pick(
                "A deal stands at the stage that the export says; which stages it has passed is not known.",
                "Сделка стоит на стадии из выгрузки; какие стадии она прошла, неизвестно.",
            ),
        ].map(str::to_owned));
        Ok(Content {
            summary: vec![self.won(funnel)],
            figures: figures.into_iter().flatten().collect(),
            charts,
            tables,
            notes,
            ..Content::default()
        })
    }

    /// How many deals are won, in a sentence.
    pub(super) fn won(&self, funnel: &Funnel) -> String {
        let locale = self.locale;
        let all = &funnel.all;
        let number = |count: u64| locale.decimal(count as f64, 0);
        let rate = all.win_rate().map_or_else(String::new, |rate| locale.percent(rate, 0));
        let open = all.open.worth().map(|worth| locale.compact(worth.to_f64(), Unit::Money));
        let open = match (locale.lang(), open) {
            (Lang::En, Some(worth)) => format!(" worth {worth}"),
            (Lang::Ru, Some(worth)) => format!(" на {worth}"),
            (_, None) => String::new(),
        };
        let main = funnel.reasons.iter().find(|group| group.label.is_some());
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
        if let Some(Group { label: Some(label), lost, .. }) = main {
            let share = locale.percent(lost.deals as f64 / all.lost.deals.max(1) as f64, 0);
            text.push_str(&match locale.lang() {
                Lang::En => format!(" The first reason of loss is “{label}”, {share} of the lost."),
                Lang::Ru => format!(" Главная причина проигрыша: «{label}», {share}."),
            });
        }
        text
    }

    fn stages_chart(&self, stages: &[Group]) -> Chart {
        let locale = self.locale;
        let shown = &stages[..stages.len().min(BARS)];
        let bars = |name: &str, of: fn(&Group) -> u64| BarSeries {
            name: name.to_owned(),
            values: shown.iter().map(|group| Some(of(group) as f64)).collect(),
        };
        Chart {
            name: "stages_chart",
            title: locale
                .pick("Deals by stage and outcome", "Сделки по стадиям и исходу")
                .to_owned(),
            description: locale
                .pick(
                    "Where deals stand, won, lost and open.",
                    "Где стоят сделки: выигранные, проигранные, открытые.",
                )
                .to_owned(),
            unit: Unit::Count,
            kind: ChartKind::Bars {
                axis: locale.pick("stage", "стадия").to_owned(),
                labels: shown.iter().map(|group| self.label(group)).collect(),
                series: vec![
                    bars(locale.pick("won", "выиграно"), |group| group.won.deals),
                    bars(locale.pick("lost", "проиграно"), |group| group.lost.deals),
                    bars(locale.pick("open", "открыто"), |group| group.open.deals),
                ],
            },
        }
    }

    fn owners_chart(&self, owners: &[Group]) -> Chart {
        let locale = self.locale;
        let shown = &owners[..owners.len().min(BARS)];
        Chart {
            name: "owners_chart",
            title: locale.pick("Won by owner", "Выиграно по ответственным").to_owned(),
            description: locale
                .pick("The amount of won deals.", "Сумма выигранных сделок.")
                .to_owned(),
            unit: Unit::Money,
            kind: ChartKind::Bars {
                axis: locale.pick("owner", "ответственный").to_owned(),
                labels: shown.iter().map(|group| self.label(group)).collect(),
                series: vec![BarSeries {
                    name: locale.pick("won", "выиграно").to_owned(),
                    values: shown
                        .iter()
                        .map(|group| group.won.worth().map(Money::to_f64))
                        .collect(),
                }],
            },
        }
    }

    fn label(&self, group: &Group) -> String {
        group.label.clone().unwrap_or_else(|| self.locale.pick("(none)", "(нет)").to_owned())
    }
}
