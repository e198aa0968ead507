//! Sales of the last days by manager, region, channel, source, category, product.

use super::{Page, file_only, top};
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
    /// The name of its table, the stem of those of its chart and its file.
    table: String,
    /// The column of its labels, in English and in Russian.
    column: [String; 2],
    /// Its heading in either language.
    heading: [String; 2],
}

fn words(division: &Division) -> Words {
    let known = division.field.and_then(|field| {
        Some(match field {
            Field::Owner => ("Менеджер", "Sales by manager", "Продажи по менеджерам"),
            Field::Region => ("Регион", "Sales by region", "Продажи по регионам"),
            Field::Channel => ("Канал", "Sales by channel", "Продажи по каналам"),
            Field::Source => ("Источник", "Sales by source", "Продажи по источникам"),
            Field::Category => ("Категория", "Sales by category", "Продажи по категориям"),
            Field::Product => ("Товар", "Sales by product", "Продажи по товарам"),
            _ => return None,
        })
    });
    let name = &division.name;
    match (known, division.field) {
        (Some((column, english, russian)), Some(field)) => Words {
            table: format!("sales_by_{field}"),
            column: [field.name().to_owned(), column.to_owned()],
            heading: [english.to_owned(), russian.to_owned()],
        },
        _ => Words {
            table: format!("sales_by_{}", stem(name)),
            column: [name.clone(), name.clone()],
            heading: [format!("Sales by {name}"), format!("Продажи: {name}")],
        },
    }
}

/// The names of `divisions`; of two columns with one stem the later has a number.
fn names(divisions: &[Division]) -> Vec<Words> {
    let mut all: Vec<Words> = Vec::new();
    for division in divisions {
        let mut words = words(division);
        let stem = words.table.clone();
        let mut number = 2;
        while all.iter().any(|before| before.table == words.table) {
            words.table = format!("{stem}_{number}");
            number += 1;
        }
        all.push(words);
    }
    all
}

/// Characters of a name in that of a file or a sheet.
const LONGEST_STEM: usize = 40;

/// `name` as part of the name of a file: letters and digits of any alphabet, all else as `_`.
fn stem(name: &str) -> String {
    let plain = |letter: char| if letter.is_alphanumeric() { letter } else { '_' };
    name.trim().to_lowercase().chars().map(plain).take(LONGEST_STEM).collect()
}

impl Page<'_> {
    pub(super) fn parts(&self) -> Result<Content> {
        let locale = self.locale;
        let divisions = &self.results.divisions;
        let words = names(divisions);
        let mut tables = Vec::new();
        for (division, words) in divisions.iter().zip(&words) {
            let caption = self.of_language(&words.heading);
            tables.push(top(caption, self.parts_table(division, words)?, ROWS));
        }
        for (division, words) in divisions.iter().zip(&words) {
            if let Some(periods) = &division.periods {
                let caption = match locale.lang() {
                    Lang::En => format!("{} and period", words.heading[0]),
                    Lang::Ru => format!("{}, по периодам", words.heading[1]),
                };
                let table = periods.table(locale.lang())?.renamed(format!("{}_full", words.table));
                tables.push(file_only(&caption, table));
            }
        }
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
            summary: divisions
                .iter()
                .zip(&words)
                .filter_map(|(division, words)| self.part_summary(division, words))
                .collect(),
            charts: divisions
                .iter()
                .zip(&words)
                .map(|(division, words)| self.parts_chart(division, words))
                .collect(),
            tables,
            notes: vec![note],
            ..Content::default()
        })
    }

    /// Of a text in both languages that of the report.
    fn of_language<'a>(&self, [english, russian]: &'a [String; 2]) -> &'a str {
        self.locale.pick(english, russian)
    }

    fn part_label<'a>(&self, part: &'a Part) -> &'a str {
        part.label.as_deref().unwrap_or(self.locale.pick("not stated", "не указано"))
    }

    /// The largest part, and which grew and shrank most.
    fn part_summary(&self, division: &Division, words: &Words) -> Option<String> {
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
        let [english, russian] = &words.heading;
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

    fn parts_chart(&self, division: &Division, words: &Words) -> Chart {
        let locale = self.locale;
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
            name: format!("{}_chart", words.table),
            title: self.of_language(&words.heading).to_owned(),
            description: locale
                .pick(
                    "Net revenue of the last days, the largest parts first.",
                    "Выручка за последние дни, сначала самые крупные.",
                )
                .to_owned(),
            unit: Unit::Money,
            kind: ChartKind::Bars {
                axis: self.of_language(&words.column).to_owned(),
                labels: parts.iter().map(|part| self.part_label(part).to_owned()).collect(),
                series,
            },
        }
    }

    fn parts_table(&self, division: &Division, words: &Words) -> Result<Table> {
        let [name, title] = &words.column;
        let parts = || division.parts.iter();
        let all: f64 = parts().map(|part| part.now.to_f64()).sum();
        let share = |part: &Part| (all > 0.0).then(|| part.now.to_f64() / all);
        let relative = |now: Money, then: Money| {
            then.is_positive().then(|| now.to_f64() / then.to_f64() - 1.0)
        };
        let mut columns = vec![
            Column::text(
                name.clone(),
                title.clone(),
                parts().map(|part| Some(self.part_label(part))),
            ),
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
        Table::new(words.table.clone(), columns)
    }
}
