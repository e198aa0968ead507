//! A report as plain data: what every renderer reads.

use super::{Locale, Unit};
use crate::{
    AsOf, Date, Error, Lang, Result,
    data::table::{Column, Table},
    report::Logo,
};
use std::fmt;

/// A report: sections in the order of reading, and what its head says.
#[derive(Clone, Debug)]
pub struct Report {
    /// The title.
    pub title: String,
    /// The exclusive instant of observation.
    pub as_of: AsOf,
    /// The days of the first and the last order.
    pub span: (Date, Date),
    /// The files it was made from, by name.
    pub files: Vec<String>,
    /// The language, and the currency of amounts.
    pub locale: Locale,
    /// A picture for the head.
    pub logo: Option<Logo>,
    /// The sections, in the order of reading.
    pub sections: Vec<Section>,
}

/// One section.
#[derive(Clone, Debug)]
pub struct Section {
    /// Which one it is.
    pub id: SectionId,
    /// What it says, or why it says nothing.
    pub content: Result<Content, Absent>,
}

/// The sections that a report may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SectionId {
    /// The first screen: what changed, what to expect, key figures, sales and forecast, whom to call.
    Answer,
    /// What became of an earlier report.
    Since,
    /// Sales by calendar month.
    Figures,
    /// Sales history and forecast.
    Sales,
    /// Sales by manager, region, channel, source, category, product.
    Parts,
    /// Why revenue moved, and who moved it.
    Why,
    /// Products by value, steadiness of demand, margin.
    Products,
    /// Stages, outcomes, reasons of loss, open deals to look at.
    Funnel,
    /// The sales team compared.
    Managers,
    /// Every other figure that the data bear.
    Kpi,
    /// One strategy for every customer, and what to do next.
    Strategy,
    /// RFM map, segments and migration.
    Rfm,
    /// Clusters and their profiles.
    Clusters,
    /// Who is about to leave.
    Churn,
    /// What customers are worth.
    Clv,
    /// Retention of acquisition cohorts.
    Cohorts,
    /// What became of every row.
    Quality,
    /// Methods, parameters, diagnostics.
    Methods,
}

/// Why a section is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// What the data lack, one sentence.
    pub reason: String,
    /// What would help, one sentence.
    pub hint: Option<String>,
}

/// What a section says, in the order in which it is told.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// What may make the figures untrue, the gravest first: to be told before everything else.
    pub warnings: Vec<String>,
    /// The answer in sentences, the most important first.
    pub summary: Vec<String>,
    /// Single numbers.
    pub figures: Vec<Figure>,
    /// Charts.
    pub charts: Vec<Chart>,
    /// Tables.
    pub tables: Vec<Exhibit>,
    /// How to read it, and what to beware of.
    pub notes: Vec<String>,
}

/// One number that matters.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What it is.
    pub label: String,
    /// The number.
    pub value: f64,
    /// Its unit.
    pub unit: Unit,
    /// How it has changed, against what.
    pub changes: Vec<Change>,
    /// Its values in past periods, oldest first; empty where it has none.
    pub trend: Vec<f64>,
    /// What the trend shows, such as `by month`.
    pub trend_of: String,
}

/// A relative change.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The new value over the old one, less 1.
    pub relative: f64,
    /// What it is measured against, such as `on a year ago`.
    pub against: String,
}

/// A chart as data.
#[derive(Clone, Debug)]
pub struct Chart {
    /// The name, unique in the report.
    pub name: String,
    /// What it shows, as a heading.
    pub title: String,
    /// What is to be seen in it, one sentence.
    pub description: String,
    /// The unit of its values.
    pub unit: Unit,
    /// What kind of chart, with its data.
    pub kind: ChartKind,
}

/// The kinds of charts.
#[derive(Clone, Debug)]
pub enum ChartKind {
    /// Values along an axis, with bands around them.
    Lines {
        /// What the labels are.
        axis: String,
        /// One label for each position.
        labels: Vec<String>,
        /// Lines over these labels.
        lines: Vec<Line>,
        /// Bands over these labels, the widest first.
        bands: Vec<Band>,
    },
    /// Bars, one group for each label.
    Bars {
        /// What the labels are.
        axis: String,
        /// One label for each group.
        labels: Vec<String>,
        /// The bars of each group.
        series: Vec<BarSeries>,
    },
    /// A grid of cells, darker where the value is larger.
    Heat {
        /// What the rows are.
        row_axis: String,
        /// The labels of the rows, from above.
        rows: Vec<String>,
        /// What the columns are.
        column_axis: String,
        /// The labels of the columns, from the left.
        columns: Vec<String>,
        /// The values, row by row.
        values: Vec<Vec<Option<f64>>>,
    },
}

/// One line of a chart.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// What it is among the others.
    pub role: Role,
    /// One value for each label.
    pub values: Vec<Option<f64>>,
}

/// What a line is among the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// What happened.
    Observed,
    /// What is expected.
    Expected,
    /// What it is compared with.
    Reference,
}

/// A band between two bounds.
#[derive(Clone, Debug)]
pub struct Band {
    /// Its name.
    pub name: String,
    /// The lower bound at each label.
    pub lower: Vec<Option<f64>>,
    /// The upper bound at each label.
    pub upper: Vec<Option<f64>>,
}

/// One bar of every group.
#[derive(Clone, Debug)]
pub struct BarSeries {
    /// Its name.
    pub name: String,
    /// One value for each label.
    pub values: Vec<Option<f64>>,
}

/// A table under a name, with what it shows.
#[derive(Clone, Debug)]
pub struct Exhibit {
    /// What it shows, as a heading.
    pub caption: String,
    /// The whole table; its name is unique in the report and the stem of its file.
    pub table: Table,
    /// How many of its first rows are for a page; 0 is none.
    pub shown: usize,
}

impl Report {
    /// The language.
    pub fn lang(&self) -> Lang {
        self.locale.lang()
    }

    /// Every table, in the order of the sections.
    pub fn tables(&self) -> impl Iterator<Item = &Exhibit> {
        self.sections
            .iter()
            .filter_map(|section| section.content.as_ref().ok())
            .flat_map(|content| &content.tables)
    }
}

impl SectionId {
    /// Every section, in the order of reading.
    pub const ALL: [Self; 18] = [
        Self::Answer,
        Self::Since,
        Self::Figures,
        Self::Sales,
        Self::Why,
        Self::Parts,
        Self::Products,
        Self::Funnel,
        Self::Managers,
        Self::Strategy,
        Self::Rfm,
        Self::Clusters,
        Self::Churn,
        Self::Clv,
        Self::Cohorts,
        Self::Kpi,
        Self::Quality,
        Self::Methods,
    ];

    /// The name that `--sections` takes and links use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Since => "since",
            Self::Figures => "figures",
            Self::Sales => "sales",
            Self::Why => "why",
            Self::Parts => "parts",
            Self::Products => "products",
            Self::Funnel => "funnel",
            Self::Managers => "managers",
            Self::Strategy => "strategy",
            Self::Rfm => "rfm",
            Self::Clusters => "clusters",
            Self::Churn => "churn",
            Self::Clv => "clv",
            Self::Cohorts => "cohorts",
            Self::Kpi => "kpi",
            Self::Quality => "quality",
            Self::Methods => "methods",
        }
    }

    /// The heading in one or two words, for lists of contents.
    pub const fn short(self, lang: Lang) -> &'static str {
        match self {
            Self::Answer => lang.pick("In short", "Коротко"),
            Self::Since => lang.pick("Since then", "С прошлого раза"),
            Self::Figures => lang.pick("Months", "Месяцы"),
            Self::Sales => lang.pick("Sales", "Продажи"),
            Self::Why => lang.pick("Why", "Причины"),
            Self::Parts => lang.pick("Parts", "Разрезы"),
            Self::Products => lang.pick("Products", "Товары"),
            Self::Funnel => lang.pick("Deals", "Сделки"),
            Self::Managers => lang.pick("Managers", "Менеджеры"),
            Self::Strategy => lang.pick("Strategies", "Стратегии"),
            Self::Rfm => lang.pick("RFM", "RFM"),
            Self::Clusters => lang.pick("Clusters", "Типы"),
            Self::Churn => lang.pick("Churn", "Отток"),
            Self::Clv => lang.pick("Value", "Ценность"),
            Self::Cohorts => lang.pick("Cohorts", "Когорты"),
            Self::Kpi => lang.pick("KPIs", "Показатели"),
            Self::Quality => lang.pick("Data", "Данные"),
            Self::Methods => lang.pick("Methods", "Методы"),
        }
    }

    /// The heading.
    pub const fn title(self, lang: Lang) -> &'static str {
        match self {
            Self::Answer => lang.pick("In short", "Коротко"),
            Self::Since => lang.pick("Since the last report", "С прошлого отчёта"),
            Self::Figures => lang.pick("Sales by month", "Продажи по месяцам"),
            Self::Sales => lang.pick("Sales and forecast", "Продажи и прогноз"),
            Self::Why => lang.pick("Why sales changed", "Почему изменились продажи"),
            Self::Parts => lang.pick("Where sales come from", "Из чего складываются продажи"),
            Self::Products => lang.pick("Products", "Товары"),
            Self::Funnel => lang.pick("Deals and their funnel", "Сделки и воронка"),
            Self::Managers => lang.pick("The sales team", "Команда продаж"),
            Self::Strategy => lang.pick("What to do with whom", "Что делать с клиентами"),
            Self::Rfm => lang.pick("RFM segments", "RFM-сегменты"),
            Self::Clusters => lang.pick("Kinds of customers", "Типы клиентов"),
            Self::Churn => lang.pick("Who is about to leave", "Кто может уйти"),
            Self::Clv => lang.pick("What customers will bring", "Сколько принесут клиенты"),
            Self::Cohorts => lang.pick("Who comes back", "Кто возвращается"),
            Self::Kpi => lang.pick("Other key figures", "Другие показатели"),
            Self::Quality => lang.pick("Quality of the data", "Качество данных"),
            Self::Methods => lang.pick("Methods and parameters", "Методы и параметры"),
        }
    }
}

impl fmt::Display for SectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for SectionId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|section| section.name() == text).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Error::usage(format!("there is no section `{text}`"))
                .with_hint(format!("one of {names}"))
        })
    }
}

impl Chart {
    /// The data of the chart: a row for each label or, for a grid, for each of its rows.
    ///
    /// # Errors
    /// Two lines, bars or columns of one name.
    pub fn table(&self, locale: &Locale) -> Result<Table> {
        let decimals = match self.unit {
            Unit::Share => 4,
            Unit::Money => 2,
            Unit::Count => 0,
            Unit::Days => 1,
            Unit::Number(decimals) => decimals,
        };
        let number = |name: &str, values: Vec<Option<f64>>| {
            Column::float(name.to_owned(), name.to_owned(), decimals, values)
        };
        let labels = |axis: &str, labels: &[String]| {
            Column::text(axis.to_owned(), axis.to_owned(), labels.iter().map(String::as_str))
        };
        let columns = match &self.kind {
            ChartKind::Lines { axis, labels: positions, lines, bands } => {
                let mut columns = vec![labels(axis, positions)];
                columns.extend(lines.iter().map(|line| number(&line.name, line.values.clone())));
                let (from, to) = locale.pick(("from", "to"), ("от", "до"));
                for band in bands {
                    columns.push(number(&format!("{}, {from}", band.name), band.lower.clone()));
                    columns.push(number(&format!("{}, {to}", band.name), band.upper.clone()));
                }
                columns
            }
            ChartKind::Bars { axis, labels: groups, series } => {
                let bars = series.iter().map(|bars| number(&bars.name, bars.values.clone()));
                std::iter::once(labels(axis, groups)).chain(bars).collect()
            }
            ChartKind::Heat { row_axis, rows, columns, values, .. } => {
                let of = |at: usize| values.iter().map(move |row| row.get(at).copied().flatten());
                let cells =
                    columns.iter().enumerate().map(|(at, name)| number(name, of(at).collect()));
                std::iter::once(labels(row_axis, rows)).chain(cells).collect()
            }
        };
        Table::new(self.name.clone(), columns)
    }
}

#[cfg(test)]
mod tests {
    use super::{Band, Chart, ChartKind, Line, Role, SectionId};
    use crate::{
        Lang,
        report::{Locale, Unit},
    };

    #[test]
    fn sections_are_known_by_their_names() {
        for section in SectionId::ALL {
            assert_eq!(section.name().parse::<SectionId>().unwrap(), section);
        }
        let error = "sails".parse::<SectionId>().unwrap_err();
        assert!(error.is_usage() && error.hint().unwrap().contains("sales"));
    }

    #[test]
    fn a_chart_is_a_table_too() {
        let chart = Chart {
            name: "sales".to_owned(),
            title: "Sales".to_owned(),
            description: String::new(),
            unit: Unit::Money,
            kind: ChartKind::Lines {
                axis: "month".to_owned(),
                labels: vec!["Jan".to_owned(), "Feb".to_owned()],
                lines: vec![Line {
                    name: "revenue".to_owned(),
                    role: Role::Observed,
                    values: vec![Some(1.0), None],
                }],
                bands: vec![Band {
                    name: "95 %".to_owned(),
                    lower: vec![None, Some(0.5)],
                    upper: vec![None, Some(2.0)],
                }],
            },
        };
        let table = chart.table(&Locale::new(Lang::En, None)).unwrap();
        let names: Vec<&str> =
            table.columns().iter().map(crate::data::table::Column::name).collect();
        assert_eq!(names, ["month", "revenue", "95 %, from", "95 %, to"]);
    }
}
