//! Sales history and forecast with intervals.

use super::{Page, TOP, top, whole};
use crate::{
    Date, Lang, Result,
    analysis::forecast::Period,
    data::table::{Column, Table},
    report::{Band, Chart, ChartKind, Content, Exhibit, Line, Locale, Pipeline, Role, Sales, Unit},
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
        let horizon = forecast.mean.len();
        let title = match locale.lang() {
            Lang::En => format!("Revenue per {}, and what to expect", period.name()),
            Lang::Ru => format!("Выручка {} и прогноз", per_period(period, locale)),
        };
        let view = View { name: "sales_chart", title, shown: SHOWN, bands: 2, year_before: false };
        let chart = self.sales_chart(sales, view);
        let mut notes: Vec<String> =
            sales.pipeline.iter().map(|pipeline| self.one_forecast(pipeline)).collect();
        notes.push(format!("{}: {}.", locale.pick("Model", "Модель"), forecast.model));
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
        let mut tables = vec![whole(caption, forecast_table(sales, locale.lang())?)];
        let mut summary = vec![self.expected(sales)];
        if let Some((target, reached)) = sales.target.zip(forecast.total.reached) {
            summary.push(self.of_target(target, reached));
            tables.push(super::file_only(
                locale.pick("The odds of the target", "Шансы выполнить план"),
                sales.forecast.totals(locale.lang())?.renamed("forecast_target"),
            ));
        }
        if let Some(pipeline) = &sales.pipeline {
            tables.extend(self.of_deals(pipeline)?);
        }
        tables.push(super::file_only(
            locale.pick("Sales by period", "Продажи по периодам"),
            history_table(sales)?,
        ));
        Ok(Content {
            summary,
            charts: chart.into_iter().collect(),
            tables,
            notes,
            ..Content::default()
        })
    }

    /// How likely it is that `target` is reached over the horizon.
    fn of_target(&self, target: f64, reached: f64) -> String {
        let locale = self.locale;
        let (target, odds) = (locale.compact(target, Unit::Money), locale.percent(reached, 0));
        match locale.lang() {
            Lang::En => format!(
                "The target of {target} over this time is reached with a probability of {odds}."
            ),
            Lang::Ru => {
                format!("Цель на этот срок\u{A0}— {target}; вероятность её достичь\u{A0}— {odds}.")
            }
        }
    }

    /// What the forecast is made of, and the open deals behind it.
    fn of_deals(&self, pipeline: &Pipeline) -> Result<Vec<Exhibit>> {
        let locale = self.locale;
        let table = pipeline.forecast.table(locale.lang())?;
        let kept = ["period", "forecast", "won", "from_open", "from_new", "from_series"];
        let columns = table.columns().iter().filter(|column| kept.contains(&column.name()));
        let parts = Table::new("forecast_parts", columns.cloned().collect())?;
        let mut tables = vec![whole(
            locale.pick("What the forecast is made of", "Из чего складывается прогноз"),
            parts,
        )];
        if pipeline.open_deals.rows() > 0 {
            tables.push(top(
                locale.pick("Open deals that bring most", "Открытые сделки: от кого ждём больше"),
                pipeline.open_deals.clone().renamed("expected_deals"),
                TOP,
            ));
        }
        Ok(tables)
    }

    /// How deals and the series of sales became one forecast, and what each says alone.
    fn one_forecast(&self, pipeline: &Pipeline) -> String {
        let locale = self.locale;
        let weight = pipeline.forecast.weight();
        let (deals, series) = (locale.percent(weight, 0), locale.percent(1.0 - weight, 0));
        let parts = pipeline.forecast.parts().first().map_or(&[][..], Vec::as_slice);
        let alone: f64 = parts.iter().map(|part| part.won + part.from_open + part.from_new).sum();
        let [alone, of_series] =
            [alone, pipeline.series_alone].map(|value| locale.compact(value, Unit::Money));
        match locale.lang() {
            Lang::En => format!(
                "One forecast: deals count for {deals}, past sales for {series}, by how each did before. \
                 Alone, deals say {alone}, past sales {of_series}."
            ),
            Lang::Ru => format!(
                "Прогноз один: вес сделок\u{A0}— {deals}, прошлых продаж\u{A0}— {series}, по точности в прошлом. \
                 По отдельности сделки обещают {alone}, прошлые продажи\u{A0}— {of_series}."
            ),
        }
    }

    /// Sales of the last two years with the forecast, over the year before: the chart of the first screen.
    pub(super) fn overview(&self, sales: &Sales) -> Option<Chart> {
        let locale = self.locale;
        let season = sales.history.period().season();
        let view = View {
            name: "overview_chart",
            title: locale.pick("Sales and forecast", "Продажи и прогноз").to_owned(),
            // Two years of months or quarters, two weeks of days.
            shown: (2 * season).max(12),
            bands: 1,
            year_before: season > 1,
        };
        self.sales_chart(sales, view)
    }

    fn sales_chart(&self, sales: &Sales, view: View) -> Option<Chart> {
        let locale = self.locale;
        let (history, forecast) =
            (sales.history.series().first()?, sales.forecast.series().first()?);
        let period = sales.history.period();
        let length = history.values.len();
        let start = length.saturating_sub(view.shown);
        let past = &history.values[start..];
        let horizon = forecast.mean.len();
        let first = history.next() - past.len() as i32;
        let days = (first..history.next() + horizon as i32).map(|at| period.first_day(at));
        let labels = days.map(|day| label(period, day, locale)).collect();
        // The forecast hangs on the last observation.
        let ahead = |values: &[f64]| -> Vec<Option<f64>> {
            std::iter::repeat_n(None, past.len().saturating_sub(1))
                .chain(past.last().copied().map(Some))
                .chain(values.iter().copied().map(Some))
                .collect()
        };
        let observed = past.iter().copied().map(Some).chain(std::iter::repeat_n(None, horizon));
        let mut lines = vec![
            Line {
                name: locale.pick("sold", "продано").to_owned(),
                role: Role::Observed,
                values: observed.collect(),
            },
            Line {
                name: locale.pick("forecast", "прогноз").to_owned(),
                role: Role::Expected,
                values: ahead(&forecast.mean),
            },
        ];
        let season = period.season();
        if view.year_before && length > season {
            let before = |at: usize| at.checked_sub(season).and_then(|at| history.values.get(at));
            lines.push(Line {
                name: season_before(period, locale).to_owned(),
                role: Role::Reference,
                values: (start..length + horizon).map(|at| before(at).copied()).collect(),
            });
        }
        let band = |number: usize, level: &str| {
            forecast.intervals.get(number).map(|interval| Band {
                name: level.to_owned(),
                lower: ahead(&interval.lower),
                upper: ahead(&interval.upper),
            })
        };
        let bands = [(1, locale.pick("95%", "95\u{A0}%")), (0, locale.pick("80%", "80\u{A0}%"))];
        let bands = bands.into_iter().filter(|(number, _)| *number < view.bands);
        let description = match view.bands {
            1 => locale.pick(
                "Solid: sold. Dashed: forecast; the band holds the outcome with a probability of 80%.",
                "Сплошная линия — продажи, пунктир — прогноз; факт попадёт в полосу с вероятностью 80\u{A0}%.",
            ),
            _ => locale.pick(
                "Solid: sold. Dashed: forecast; the bands hold the outcome with probabilities of 80% and 95%.",
                "Сплошная линия — продажи, пунктир — прогноз; факт попадёт в полосы с вероятностью 80 и 95\u{A0}%.",
            ),
        };
        Some(Chart {
            name: view.name.to_owned(),
            title: view.title,
            description: description.to_owned(),
            unit: Unit::Money,
            kind: ChartKind::Lines {
                axis: locale.pick("period", "период").to_owned(),
                labels,
                lines,
                bands: bands.filter_map(|(number, level)| band(number, level)).collect(),
            },
        })
    }
}

/// What of the sales a chart shows.
struct View {
    name: &'static str,
    title: String,
    /// Periods of the past.
    shown: usize,
    /// Bands around the forecast, the narrowest first.
    bands: usize,
    /// Whether each period stands beside that of the season before.
    year_before: bool,
}

/// The name of the line of one season earlier.
fn season_before(period: Period, locale: Locale) -> &'static str {
    match period {
        Period::Hour => locale.pick("a day before", "днём ранее"),
        Period::Day => locale.pick("a week before", "неделей ранее"),
        _ => locale.pick("a year before", "годом ранее"),
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
