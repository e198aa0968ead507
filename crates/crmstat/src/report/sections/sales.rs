//! Sales history and forecast with intervals.

use super::{Page, whole};
use crate::{
    Date, Lang, Result,
    analysis::forecast::Period,
    data::table::{Column, Table},
    report::{Band, Chart, ChartKind, Content, Line, Locale, Role, Sales, Unit},
};

/// Periods of history that the chart shows: more would press them together.
const SHOWN: usize = 72;

impl Page<'_> {
    pub(super) fn sales(&self, sales: &Sales) -> Result<Content> {
        let locale = self.locale;
        let (Some(history), Some(forecast)) =
            (sales.history.series().first(), sales.forecast.series().first())
        else {
            return Ok(Content::default());
        };
        let period = sales.history.period();
        let past = &history.values[history.values.len().saturating_sub(SHOWN)..];
        let horizon = forecast.mean.len();
        let start = history.next() - past.len() as i32;
        let days = (start..history.next() + horizon as i32).map(|at| period.first_day(at));
        let labels = days.map(|day| label(period, day, locale)).collect();
        let gap = |values: &[f64]| -> Vec<Option<f64>> {
            // The forecast hangs on the last observation.
            let before = past.len().saturating_sub(1);
            let anchor = past.last().copied();
            std::iter::repeat_n(None, before)
                .chain(anchor.map(Some))
                .chain(values.iter().copied().map(Some))
                .collect()
        };
        let observed = past.iter().copied().map(Some).chain(std::iter::repeat_n(None, horizon));
        let band = |number: usize, level: &str| {
            forecast.intervals.get(number).map(|interval| Band {
                name: level.to_owned(),
                lower: gap(&interval.lower),
                upper: gap(&interval.upper),
            })
        };
        let per = per_period(period, locale);
        let chart = Chart {
            name: "sales_chart",
            title: match locale.lang() {
                Lang::En => format!("Revenue per {}, and what to expect", period.name()),
                Lang::Ru => format!("Выручка {per} и ожидания"),
            },
            description: locale
                .pick(
                    "The line is what was sold, the dashed line the forecast; the bands hold what comes \
                     in 80 and 95 cases of 100.",
                    "Сплошная линия: что продано, пунктир: прогноз; в полосы попадает 80 и 95 случаев \
                     из 100.",
                )
                .to_owned(),
            unit: Unit::Money,
            kind: ChartKind::Lines {
                axis: locale.pick("period", "период").to_owned(),
                labels,
                lines: vec![
                    Line {
                        name: locale.pick("sold", "продано").to_owned(),
                        role: Role::Observed,
                        values: observed.collect(),
                    },
                    Line {
                        name: locale.pick("forecast", "прогноз").to_owned(),
                        role: Role::Expected,
                        values: gap(&forecast.mean),
                    },
                ],
                bands: [band(1, locale.pick("95%", "95\u{A0}%")), band(0, locale.pick("80%", "80\u{A0}%"))]
                    .into_iter()
                    .flatten()
                    .collect(),
            },
        };
        let mut notes = vec![match locale.lang() {
            Lang::En => format!("Model: {}.", forecast.model),
            Lang::Ru => format!("Модель: `{}`.", forecast.model),
        }];
        let last_complete = period.first_day(history.next());
        if last_complete < self.results.as_of.date() {
            notes.push(match locale.lang() {
                Lang::En => format!(
                    "What was sold from {} on is not a whole {} and is left out of chart and forecast.",
                    locale.date(last_complete),
                    period.name()
                ),
                Lang::Ru => format!(
                    "Продажи с {} составляют неполный период и не входят в график и прогноз.",
                    locale.date(last_complete)
                ),
            });
        }
        if horizon * 2 >= history.values.len() || history.values.len() < 2 * period.season() {
            notes.push(
                locale
                    .pick(
                        "The history holds fewer than two years, so the season is a guess.",
                        "История короче двух лет, поэтому сезонность оценена приблизительно.",
                    )
                    .to_owned(),
            );
        }
        let caption = locale.pick("Forecast by period", "Прогноз по периодам");
        Ok(Content {
            summary: vec![self.expected(sales)],
            charts: vec![chart],
            tables: vec![
                whole(caption, forecast_table(sales, locale.lang())?),
                super::file_only(
                    locale.pick("Sales by period", "Продажи по периодам"),
                    history_table(sales)?,
                ),
            ],
            notes,
            ..Content::default()
        })
    }

    /// What is expected over the horizon, in a sentence.
    pub(super) fn expected(&self, sales: &Sales) -> String {
        let locale = self.locale;
        let Some(forecast) = sales.forecast.series().first() else { return String::new() };
        let period = sales.forecast.period();
        let count = forecast.mean.len() as u64;
        let money = |value: f64| locale.compact(value, Unit::Money);
        let (lower, upper) = forecast.total.bounds.first().copied().unwrap_or_default();
        let (total, lower, upper) = (money(forecast.total.mean), money(lower), money(upper));
        match locale.lang() {
            Lang::En => {
                let next = if count == 1 {
                    format!("the next {}", period.name())
                } else {
                    format!("the next {count} {}s", period.name())
                };
                format!(
                    "Expect {total} over {next}; in four cases of five between {lower} and {upper}."
                )
            }
            Lang::Ru => format!(
                "За {} ожидается {total}; в четырёх случаях из пяти от {lower} до {upper}.",
                next_periods(locale, period, count)
            ),
        }
    }
}

/// «ближайший месяц», «ближайшие 12 месяцев».
fn next_periods(locale: Locale, period: Period, count: u64) -> String {
    let (forms, nearest) = match period {
        Period::Hour => (["час", "часа", "часов"], "ближайший час"),
        Period::Day => (["день", "дня", "дней"], "ближайший день"),
        Period::Week => (["неделю", "недели", "недель"], "ближайшую неделю"),
        Period::Month => (["месяц", "месяца", "месяцев"], "ближайший месяц"),
        Period::Quarter => (["квартал", "квартала", "кварталов"], "ближайший квартал"),
        Period::Year => (["год", "года", "лет"], "ближайший год"),
    };
    match count {
        1 => nearest.to_owned(),
        _ => format!("ближайшие {}", locale.counted(count, ["", ""], forms)),
    }
}

fn per_period(period: Period, locale: Locale) -> &'static str {
    let russian = match period {
        Period::Hour => "по часам",
        Period::Day => "по дням",
        Period::Week => "по неделям",
        Period::Month => "по месяцам",
        Period::Quarter => "по кварталам",
        Period::Year => "по годам",
    };
    locale.pick(period.name(), russian)
}

/// The label of the period that begins on `day`.
fn label(period: Period, day: Date, locale: Locale) -> String {
    match period {
        Period::Hour | Period::Day | Period::Week => locale.date(day),
        Period::Month => locale.month(day),
        Period::Quarter => {
            let (year, month, _) = day.to_ymd();
            format!("{}{}\u{A0}{year}", locale.pick("Q", "кв.\u{A0}"), (month - 1) / 3 + 1)
        }
        Period::Year => day.to_ymd().0.to_string(),
    }
}

/// The forecast without what is the same in every row: there is one series and one model.
fn forecast_table(sales: &Sales, lang: Lang) -> Result<Table> {
    let table = sales.forecast.table(lang)?;
    let varies = |column: &&Column| !["series", "model", "note"].contains(&column.name());
    Table::new("forecast", table.columns().iter().filter(varies).cloned().collect())
}

fn history_table(sales: &Sales) -> Result<Table> {
    let period = sales.history.period();
    let rows = || {
        let series = sales.history.series().iter().take(1);
        series.flat_map(|series| (series.first..).zip(series.values.iter().copied()))
    };
    let first_day = rows().map(|(number, _)| period.first_day(number));
    Table::new(
        "sales",
        vec![
            Column::date("period", "Период", first_day),
            Column::float("revenue", "Выручка", 2, rows().map(|(_, value)| value)),
        ],
    )
}
