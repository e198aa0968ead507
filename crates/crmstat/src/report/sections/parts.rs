//! Sales of the last days by manager, region, channel, source, category, product.

use super::{Page, top};
use crate::{
    Lang, Money, Result,
    data::{
        Field,
        table::{Column, Table},
    },
    report::{BarSeries, Chart, ChartKind, Content, Division, Part, Unit},
};

/// Bars of a chart, and rows of a table, that a page shows.
const BARS: usize = 8;
const ROWS: usize = 10;

/// The names of a division.
struct Words {
    table: &'static str,
    chart: &'static str,
    /// The column of its labels, in English and in Russian.
    column: [&'static str; 2],
    /// Its heading in either language.
    heading: [&'static str; 2],
}

fn words(field: Field) -> Words {
    let (table, chart, column, heading) = match field {
        Field::Owner => (
            "sales_by_owner",
            "sales_by_owner_chart",
            ["owner", "Менеджер"],
            ["Sales by manager", "Продажи по менеджерам"],
        ),
        Field::Region => (
            "sales_by_region",
            "sales_by_region_chart",
            ["region", "Регион"],
            ["Sales by region", "Продажи по регионам"],
        ),
        Field::Channel => (
            "sales_by_channel",
            "sales_by_channel_chart",
            ["channel", "Канал"],
            ["Sales by channel", "Продажи по каналам"],
        ),
        Field::Source => (
            "sales_by_source",
            "sales_by_source_chart",
            ["source", "Источник"],
            ["Sales by source", "Продажи по источникам"],
        ),
        Field::Category => (
            "sales_by_category",
            "sales_by_category_chart",
            ["category", "Категория"],
            ["Sales by category", "Продажи по категориям"],
        ),
        _ => (
            "sales_by_product",
            "sales_by_product_chart",
            ["product", "Товар"],
            ["Sales by product", "Продажи по товарам"],
        ),
    };
    Words { table, chart, column, heading }
}

impl Page<'_> {
    pub(super) fn parts(&self) -> Result<Content> {
        let locale = self.locale;
        let divisions = &self.results.divisions;
        let tables = divisions.iter().map(|division| {
            let [english, russian] = words(division.field).heading;
            Ok(top(locale.pick(english, russian), self.parts_table(division)?, ROWS))
        });
        let days = self.results.activity.recent.map_or(0, |recent| recent.days);
        let days = locale.days(u64::from(days.unsigned_abs()));
        let note = match locale.lang() {
            Lang::En => format!(
                "Net revenue of the last {days}. A year ago means the same calendar days. The rows of each table add \
                 up to the revenue."
            ),
            Lang::Ru => format!(
                "Выручка за вычетом возвратов за последние {days}. Прошлый год\u{A0}— те же календарные дни. \
                 Строки каждой таблицы в сумме дают всю выручку."
            ),
        };
        Ok(Content {
            summary: divisions.iter().filter_map(|division| self.part_summary(division)).collect(),
            charts: divisions.iter().map(|division| self.parts_chart(division)).collect(),
            tables: tables.collect::<Result<_>>()?,
            notes: vec![note],
            ..Content::default()
        })
    }

    fn part_label<'a>(&self, part: &'a Part) -> &'a str {
        part.label.as_deref().unwrap_or(self.locale.pick("not stated", "не указано"))
    }

    /// The largest part, and which grew and shrank most.
    fn part_summary(&self, division: &Division) -> Option<String> {
        let locale = self.locale;
        let parts = &division.parts;
        let first = parts.first().filter(|part| part.now.is_positive())?;
        let all: f64 = parts.iter().map(|part| part.now.to_f64()).sum();
        let share = locale.percent(first.now.to_f64() / all, 0);
        let since_year = parts.iter().any(|part| part.year_ago.is_some());
        let change = |part: &Part| {
            let then = if since_year { part.year_ago.unwrap_or_default() } else { part.before };
            part.now.to_f64() - then.to_f64()
        };
        let by_change = |one: &&Part, other: &&Part| change(one).total_cmp(&change(other));
        let told = |part: &Part| {
            let sign = if change(part) < 0.0 { "−" } else { "+" };
            let size = locale.compact(change(part).abs(), Unit::Money);
            format!("{} ({sign}{size})", self.part_label(part))
        };
        let up = parts.iter().max_by(by_change).filter(|part| change(part) > 0.0).map(told);
        let down = parts.iter().min_by(by_change).filter(|part| change(part) < 0.0).map(told);
        let or_nothing = |text: Option<String>| text.unwrap_or_default();
        let [english, russian] = words(division.field).heading;
        let name = self.part_label(first);
        Some(match locale.lang() {
            Lang::En => {
                let since = if since_year { "on a year ago" } else { "on the days before" };
                let up = or_nothing(up.map(|part| format!("; largest growth {since}: {part}")));
                let down = or_nothing(down.map(|part| format!("; largest fall: {part}")));
                format!("{english}: {name} leads with {share}{up}{down}.")
            }
            Lang::Ru => {
                let since = if since_year {
                    "к прошлому году"
                } else {
                    "к предыдущим дням"
                };
                let up = or_nothing(up.map(|part| format!("; наибольший рост {since}: {part}")));
                let down = or_nothing(down.map(|part| format!("; наибольшее падение: {part}")));
                format!("{russian}: больше всего\u{A0}— {name}, {share}{up}{down}.")
            }
        })
    }

    fn parts_chart(&self, division: &Division) -> Chart {
        let locale = self.locale;
        let Words { chart, column: [axis, axis_russian], heading: [english, russian], .. } =
            words(division.field);
        let parts = &division.parts[..division.parts.len().min(BARS)];
        let mut series = vec![BarSeries {
            name: locale.pick("now", "сейчас").to_owned(),
            values: parts.iter().map(|part| Some(part.now.to_f64())).collect(),
        }];
        if parts.iter().any(|part| part.year_ago.is_some()) {
            series.push(BarSeries {
                name: locale.pick("a year ago", "год назад").to_owned(),
                values: parts.iter().map(|part| part.year_ago.map(Money::to_f64)).collect(),
            });
        }
        Chart {
            name: chart,
            title: locale.pick(english, russian).to_owned(),
            description: locale
                .pick(
                    "Net revenue of the last days, the largest parts first.",
                    "Выручка за последние дни, сначала самые крупные.",
                )
                .to_owned(),
            unit: Unit::Money,
            kind: ChartKind::Bars {
                axis: locale.pick(axis, axis_russian).to_owned(),
                labels: parts.iter().map(|part| self.part_label(part).to_owned()).collect(),
                series,
            },
        }
    }

    fn parts_table(&self, division: &Division) -> Result<Table> {
        let Words { table, column: [name, title], .. } = words(division.field);
        let parts = || division.parts.iter();
        let all: f64 = parts().map(|part| part.now.to_f64()).sum();
        let share = |part: &Part| (all > 0.0).then(|| part.now.to_f64() / all);
        let relative = |now: Money, then: Money| {
            then.is_positive().then(|| now.to_f64() / then.to_f64() - 1.0)
        };
        let mut columns = vec![
            Column::text(name, title, parts().map(|part| Some(self.part_label(part)))),
            Column::money("revenue", "Выручка", parts().map(|part| part.now)),
            Column::float("share_revenue", "Доля выручки", 4, parts().map(share)),
            Column::float(
                "change_before",
                "К предыдущим дням",
                4,
                parts().map(|part| relative(part.now, part.before)),
            ),
        ];
        if parts().any(|part| part.year_ago.is_some()) {
            columns.push(Column::float(
                "change_year_ago",
                "К прошлому году",
                4,
                parts().map(|part| relative(part.now, part.year_ago?)),
            ));
            columns.push(Column::money(
                "contribution",
                "Вклад в изменение за год",
                parts().map(|part| part.now.checked_sub(part.year_ago?)),
            ));
        }
        Table::new(table, columns)
    }
}
