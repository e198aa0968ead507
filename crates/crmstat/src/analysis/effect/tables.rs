//! The tables of effects.

use super::{Effect, Effects, Estimate};
use crate::{
    Lang, Result,
    data::table::{Column, Table},
};

/// Decimals of sums and of shares.
const SUM: usize = 2;
const SHARE: usize = 4;

/// A column of the value and of the ends of its interval.
fn interval(
    columns: &mut Vec<Column>,
    name: &str,
    russian: &str,
    decimals: usize,
    cells: &[Option<Estimate>],
) {
    for (end, word, of) in [
        ("", "", (|own: Estimate| own.value) as fn(Estimate) -> f64),
        ("_lower", ", от", |own| own.lower),
        ("_upper", ", до", |own| own.upper),
    ] {
        let values = cells.iter().map(|cell| cell.map(of));
        columns.push(Column::float(
            format!("{name}{end}"),
            format!("{russian}{word}"),
            decimals,
            values.collect::<Vec<Option<f64>>>(),
        ));
    }
}

impl Effects {
    fn group(own: &Effect, lang: Lang) -> &str {
        own.group.as_deref().unwrap_or(lang.pick("(total)", "(всего)"))
    }

    /// One row per event and group.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self, lang: Lang) -> Result<Table> {
        let rows = || self.effects.iter();
        let mut columns = vec![
            Column::date("event", "Событие", rows().map(|own| own.event)),
            Column::text("group", "Группа", rows().map(|own| Self::group(own, lang))),
            Column::text("measure", "Показатель", rows().map(|_| self.measure.name())),
            Column::date("first_period", "С", rows().map(|own| own.periods.first().copied())),
            Column::int("periods", "Периодов", rows().map(|own| own.periods.len() as i64)),
            Column::float("actual", "Факт", SUM, rows().map(|own| own.answer.actual)),
        ];
        let all = |of: &dyn Fn(&Effect) -> Option<Estimate>| -> Vec<Option<Estimate>> {
            rows().map(of).collect()
        };
        interval(
            &mut columns,
            "counterfactual",
            "Без события",
            SUM,
            &all(&|own| Some(own.answer.counterfactual)),
        );
        interval(&mut columns, "effect", "Эффект", SUM, &all(&|own| Some(own.answer.effect)));
        interval(&mut columns, "relative", "Эффект, доля", SHARE, &all(&|own| own.answer.relative));
        columns.push(Column::float(
            "probability_positive",
            "Вероятность роста",
            SHARE,
            rows().map(|own| own.answer.positive),
        ));
        columns.push(Column::bool(
            "beyond_chance",
            "Не случайно",
            rows().map(|own| own.answer.is_beyond_chance()),
        ));
        columns.push(Column::int(
            "placebos",
            "Проверок",
            rows().map(|own| own.placebos.len() as i64),
        ));
        columns.push(Column::int(
            "placebos_beyond_chance",
            "Проверок не случайно",
            rows().map(|own| own.false_alarms() as i64),
        ));
        interval(&mut columns, "roi", "ROI", SHARE, &all(&|own| own.roi));
        Table::new("effect", columns)
    }

    /// One row per event, group and judged period.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn points_table(&self, lang: Lang) -> Result<Table> {
        let rows = || {
            self.effects.iter().flat_map(|own| {
                let points = own.periods.iter().zip(&own.actual).zip(&own.answer.points);
                points.map(move |((period, actual), point)| (own, *period, *actual, *point))
            })
        };
        let mut columns = vec![
            Column::date("event", "Событие", rows().map(|(own, ..)| own.event)),
            Column::text("group", "Группа", rows().map(|(own, ..)| Self::group(own, lang))),
            Column::date("period", "Период", rows().map(|(_, period, ..)| period)),
            Column::float("actual", "Факт", SUM, rows().map(|(_, _, actual, _)| actual)),
        ];
        let expected: Vec<_> = rows().map(|(.., (own, _))| Some(own)).collect();
        interval(&mut columns, "counterfactual", "Без события", SUM, &expected);
        let effect = |(_, _, actual, (own, _)): (&Effect, _, f64, (Estimate, Estimate))| {
            let Estimate { value, lower, upper } = own;
            Some(Estimate { value: actual - value, lower: actual - upper, upper: actual - lower })
        };
        interval(&mut columns, "effect", "Эффект", SUM, &rows().map(effect).collect::<Vec<_>>());
        let so_far: Vec<_> = rows().map(|(.., (_, sum))| Some(sum)).collect();
        interval(&mut columns, "cumulative_effect", "Эффект нарастающим итогом", SUM, &so_far);
        Table::new("effect_points", columns)
    }

    /// One row per event, group and placebo.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn placebos_table(&self, lang: Lang) -> Result<Table> {
        let rows = || {
            self.effects
                .iter()
                .flat_map(|own| own.placebos.iter().map(move |placebo| (own, placebo)))
        };
        let mut columns = vec![
            Column::date("event", "Событие", rows().map(|(own, _)| own.event)),
            Column::text("group", "Группа", rows().map(|(own, _)| Self::group(own, lang))),
            Column::date("placebo", "Проверочная дата", rows().map(|(_, placebo)| placebo.event)),
        ];
        let effects: Vec<_> = rows().map(|(_, placebo)| Some(placebo.answer.effect)).collect();
        interval(&mut columns, "effect", "Эффект", SUM, &effects);
        let shares: Vec<_> = rows().map(|(_, placebo)| placebo.answer.relative).collect();
        interval(&mut columns, "relative", "Эффект, доля", SHARE, &shares);
        columns.push(Column::bool(
            "beyond_chance",
            "Не случайно",
            rows().map(|(_, placebo)| placebo.answer.is_beyond_chance()),
        ));
        Table::new("effect_placebos", columns)
    }
}
