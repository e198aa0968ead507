//! Acquisition cohorts: who comes back.

use super::{Page, file_only};
use crate::{
    Lang, Result,
    analysis::cohorts::{Acquisition, Figure, Period},
    report::{Chart, ChartKind, Content, Unit, sections::rfm::numbers},
};

/// Cohorts and ages that the chart shows: the latest cohorts, the first ages.
const SHOWN: usize = 30;

impl Page<'_> {
    pub(super) fn cohorts(&self, cohorts: &Acquisition) -> Result<Content> {
        let locale = self.locale;
        let period = cohorts.period();
        let matrix = cohorts.matrix(Figure::Retention)?;
        let label = |number: u32| {
            let day = period.first_day(number);
            let (year, month, _) = day.to_ymd();
            match period {
                Period::Month => locale.month(day),
                Period::Quarter => {
                    format!("{}{}\u{A0}{year}", locale.pick("Q", "кв.\u{A0}"), (month - 1) / 3 + 1)
                }
                Period::Year => year.to_string(),
            }
        };
        let ages = matrix.columns().len().saturating_sub(2);
        let columns: Vec<Vec<Option<f64>>> =
            (0..ages).map(|age| numbers(&matrix, &format!("age_{age}"))).collect();
        // The age of nothing is everybody, which says nothing.
        let known = (1..ages).filter(|age| columns[*age].iter().any(Option::is_some));
        let known: Vec<usize> = known.take(SHOWN).collect();
        let first = cohorts.cohorts().len().saturating_sub(SHOWN);
        let values = (first..cohorts.cohorts().len())
            .map(|row| known.iter().map(|age| columns[*age][row]).collect())
            .collect();
        let name = match period {
            Period::Month => locale.pick("month", "месяц"),
            Period::Quarter => locale.pick("quarter", "квартал"),
            Period::Year => locale.pick("year", "год"),
        };
        let mut charts = Vec::new();
        if !known.is_empty() {
            charts.push(Chart {
                name: "retention_chart".to_owned(),
                title: match locale.lang() {
                    Lang::En => format!("Share of customers who order again, by {name} of the first order"),
                    Lang::Ru => format!("Доля вернувшихся ({name} первого заказа)"),
                },
                description: match locale.lang() {
                    Lang::En => format!(
                        "Each row is a {name} of first orders, each column the {name} after it; what has \
                         not wholly happened is empty."
                    ),
                    Lang::Ru => format!(
                        "Строка: {name} первого заказа, столбец: сколько периодов прошло; пусто, где \
                         период ещё не закончился."
                    ),
                },
                unit: Unit::Share,
                kind: ChartKind::Heat {
                    row_axis: locale.pick("first order", "первый заказ").to_owned(),
                    rows: cohorts.cohorts()[first..].iter().map(|cohort| label(cohort.period)).collect(),
                    column_axis: match locale.lang() {
                        Lang::En => format!("{name}s since"),
                        Lang::Ru => "прошло периодов".to_owned(),
                    },
                    columns: known.iter().map(ToString::to_string).collect(),
                    values,
                },
            });
        }
        let mut notes = Vec::new();
        if let Some(day) = cohorts.incomplete() {
            notes.push(match locale.lang() {
                Lang::En => {
                    format!("The {name} from {} on is not complete and left out.", locale.date(day))
                }
                Lang::Ru => format!("Неполный период с {} не показан.", locale.date(day)),
            });
        }
        notes.push(
            locale
                .pick(
                    "Where the data begin later than the business, the first cohorts hold customers who \
                     had ordered before.",
                    "Если данные начинаются позже бизнеса, в первых когортах есть и старые клиенты.",
                )
                .to_owned(),
        );
        Ok(Content {
            summary: self.returning(&columns, cohorts, name).into_iter().collect(),
            charts,
            tables: vec![
                file_only(locale.pick("Retention", "Удержание"), matrix.renamed("retention")),
                file_only(
                    locale.pick(
                        "Cohorts by age: customers and revenue",
                        "Когорты: клиенты и выручка",
                    ),
                    cohorts.table()?,
                ),
            ],
            notes,
            ..Content::default()
        })
    }

    /// The share that came back in the next period, over all cohorts; `None` where none is complete.
    fn returning(
        &self,
        columns: &[Vec<Option<f64>>],
        cohorts: &Acquisition,
        name: &str,
    ) -> Option<String> {
        let locale = self.locale;
        let next = columns.get(1)?;
        let (mut back, mut all) = (0.0, 0.0);
        for (cohort, share) in cohorts.cohorts().iter().zip(next) {
            if let Some(share) = share {
                back += share * cohort.customers as f64;
                all += cohort.customers as f64;
            }
        }
        (all > 0.0).then(|| {
            let share = locale.percent(back / all, 0);
            match locale.lang() {
                Lang::En => {
                    format!("{share} of the customers order again in the {name} after their first order.")
                }
                Lang::Ru => format!("В следующем периоде ({name}) снова покупают {share} клиентов."),
            }
        })
    }
}
