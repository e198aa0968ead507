//! Key figures with their trend, and the months behind them.

use super::{Page, top};
use crate::{
    Date, Money, Result,
    data::table::{Column, Table},
    report::{
        Change, Content, Figure, Unit,
        activity::{Activity, Recent, Totals},
    },
};

use std::collections::BTreeMap;

/// Months of a trend: two years, so that the season shows.
const TREND: usize = 24;
/// Months that the table of a page shows.
const SHOWN: usize = 12;

impl Page<'_> {
    /// The cards of the first screen.
    pub(super) fn cards(&self) -> Vec<Figure> {
        let locale = self.locale;
        let activity = &self.results.activity;
        let by_month = locale.pick("by month", "по месяцам");
        let mut figures = Vec::new();
        let mut add = |label: String, unit: Unit, of: &dyn Fn(&Totals) -> Option<f64>| {
            let now = activity.recent.map_or(activity.all, |recent| recent.now);
            let Some(value) = of(&now) else { return };
            let months = &activity.months;
            let recent_months = &months[months.len().saturating_sub(TREND)..];
            figures.push(Figure {
                label,
                value,
                unit,
                changes: activity.recent.map(|recent| self.changes(recent, of)).unwrap_or_default(),
                trend: recent_months.iter().filter_map(|(_, totals)| of(totals)).collect(),
                trend_of: by_month.to_owned(),
            });
        };
        for (english, russian, unit, of) in KPIS {
            add(locale.pick(english, russian).to_owned(), unit, &of);
        }
        let lost = activity.recent.map(|recent| recent.lost as f64);
        let margin = self.results.margin.map(Money::to_f64);
        figures.extend(
            [
                card(locale.pick("Lost customers", "Перестали покупать"), lost, Unit::Count),
                card(locale.pick("Margin", "Маржа"), margin, Unit::Money),
            ]
            .into_iter()
            .flatten(),
        );
        figures.extend(self.plan_card());
        let funnel = self.results.funnel.as_ref().ok();
        figures.extend(funnel.into_iter().flat_map(|funnel| self.deal_cards(funnel)));
        figures
    }

    /// How much of the plan of the last whole month was sold.
    fn plan_card(&self) -> Option<Figure> {
        let locale = self.locale;
        let plan = |month: &Date| self.results.plan.get(month).copied().filter(|plan| *plan > 0.0);
        let months = &self.results.activity.months;
        let (month, _) = months.iter().rev().find(|(month, _)| plan(month).is_some())?;
        let share = |(month, totals): &(Date, Totals)| Some(totals.revenue() / plan(month)?);
        let trend: Vec<f64> = months.iter().filter_map(share).collect();
        let label = match locale.lang() {
            crate::Lang::En => format!("Of the plan, {}", locale.month(*month)),
            crate::Lang::Ru => format!("План за {}", locale.month(*month)),
        };
        let trend = trend[trend.len().saturating_sub(TREND)..].to_vec();
        let card = card(&label, trend.last().copied(), Unit::Share)?;
        Some(Figure {
            trend, trend_of: locale.pick("by month", "по месяцам").to_owned(), ..card
        })
    }

    pub(super) fn figures(&self) -> Result<Content> {
        let locale = self.locale;
        let activity = &self.results.activity;
        let summary = match (activity.recent, locale.lang()) {
            (Some(recent), crate::Lang::En) => format!(
                "The figures above are of the last {} until {}. Here are the calendar months.",
                locale.days(recent.days as u64),
                locale.date(self.results.as_of.date().plus_days(-1))
            ),
            (Some(recent), crate::Lang::Ru) => format!(
                "Показатели выше\u{A0}— за последние {} по {} включительно. Ниже\u{A0}— по календарным месяцам.",
                locale.days(recent.days as u64),
                locale.date(self.results.as_of.date().plus_days(-1))
            ),
            (None, crate::Lang::En) => {
                "The figures above are of all the data: they cover too few days to be compared."
                    .to_owned()
            }
            (None, crate::Lang::Ru) => {
                "Показатели выше\u{A0}— за весь срок: для сравнения дней слишком мало.".to_owned()
            }
        };
        let caption = locale.pick("Sales by calendar month", "Продажи по календарным месяцам");
        let months = months_table(activity, &self.results.plan)?;
        Ok(Content {
            summary: vec![summary],
            tables: if months.rows() > 0 { vec![top(caption, months, SHOWN)] } else { Vec::new() },
            ..Content::default()
        })
    }

    /// How a figure changed, against the days before and against a year ago.
    pub(super) fn changes(
        &self,
        recent: Recent,
        of: &dyn Fn(&Totals) -> Option<f64>,
    ) -> Vec<Change> {
        let locale = self.locale;
        let against = [
            (
                Some(recent.before),
                match locale.lang() {
                    crate::Lang::En => format!("vs prior {}", locale.days(recent.days as u64)),
                    crate::Lang::Ru => format!("к предыдущим {}\u{A0}дн.", recent.days),
                },
            ),
            (recent.year_ago, locale.pick("vs a year ago", "к прошлому году").to_owned()),
        ];
        let now = of(&recent.now);
        against
            .into_iter()
            .filter_map(|(then, against)| {
                let then = of(&then?).filter(|then| *then > 0.0)?;
                Some(Change { relative: now? / then - 1.0, against })
            })
            .collect()
    }
}

/// A card without a trend.
pub(super) fn card(label: &str, value: Option<f64>, unit: Unit) -> Option<Figure> {
    value.map(|value| Figure {
        label: label.to_owned(),
        value,
        unit,
        changes: Vec::new(),
        trend: Vec::new(),
        trend_of: String::new(),
    })
}

/// Name in English and Russian, unit, and how it is found.
type Kpi = (&'static str, &'static str, Unit, fn(&Totals) -> Option<f64>);

const KPIS: [Kpi; 5] = [
    ("Revenue", "Выручка", Unit::Money, |totals| Some(totals.revenue())),
    ("Orders", "Заказов", Unit::Count, |totals| Some(totals.orders as f64)),
    ("Active customers", "Активных клиентов", Unit::Count, |totals| {
        Some(totals.customers as f64)
    }),
    ("New customers", "Новых клиентов", Unit::Count, |totals| {
        Some(totals.new_customers as f64)
    }),
    ("Mean order", "Средний заказ", Unit::Money, Totals::mean_order),
];

/// One row per complete calendar month, the latest first.
fn months_table(activity: &Activity, plan: &BTreeMap<Date, f64>) -> Result<Table> {
    let months = || activity.months.iter().rev();
    let totals = || months().map(|(_, totals)| totals);
    let revenue = totals().map(|totals| Money::from_f64(totals.revenue()));
    let mut columns = vec![
        Column::date("month", "Месяц", months().map(|(day, _)| *day)),
        Column::money("revenue", "Выручка", revenue),
    ];
    if months().any(|(day, _)| plan.contains_key(day)) {
        let planned = |day: &Date| plan.get(day).copied();
        let attained = |(day, totals): &(Date, Totals)| {
            planned(day).filter(|plan| *plan > 0.0).map(|plan| totals.revenue() / plan)
        };
        columns.extend([
            Column::float("plan", "План", 2, months().map(|(day, _)| planned(day))),
            Column::float("attainment", "Выполнение плана", 4, months().map(attained)),
        ]);
    }
    columns.extend([
        Column::int("orders", "Заказов", totals().map(|totals| totals.orders as i64)),
        Column::int("customers", "Клиентов", totals().map(|totals| totals.customers as i64)),
        Column::int(
            "new_customers",
            "Новых клиентов",
            totals().map(|totals| totals.new_customers as i64),
        ),
        Column::float("mean_order", "Средний заказ", 2, totals().map(Totals::mean_order)),
        Column::int("refunds", "Возвратов", totals().map(|totals| totals.refunds as i64)),
    ]);
    Table::new("months", columns)
}
