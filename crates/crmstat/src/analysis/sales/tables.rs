//! Sales as tables: one row per period, group and measure, or one column per period.

use super::{Measure, Row, Sales, Value, rows};
use crate::{
    Lang, Result,
    data::table::{Column, Table},
};
use std::collections::BTreeMap;

/// Names of columns that are ours; a dimension of such a name is told apart by a prefix.
const OURS: [&str; 20] = [
    "period",
    "measure",
    "value",
    "previous",
    "change",
    "growth",
    "year_ago",
    "change_year",
    "growth_year",
    "share",
    "rank",
    "contribution",
    "days",
    "complete",
    "plan",
    "attainment",
    "run_rate",
    "run_rate_attainment",
    "total",
    "measure_code",
];

impl Sales {
    /// One row per period, group and measure, in that order, the groups by their rank.
    ///
    /// | column | what it is |
    /// |---|---|
    /// | `period` | the first day of the period |
    /// | each dimension | the label of the group; missing for totals |
    /// | `measure`, `value` | what is measured, and what it came to |
    /// | `previous`, `change`, `growth` | the period before, the difference, and that over the period before |
    /// | `year_ago`, `change_year`, `growth_year` | the same days of the year before |
    /// | `share`, `rank` | of the whole, among the groups |
    /// | `contribution` | the change over the whole of the period before: parts of its growth |
    /// | `days`, `complete` | days that are observed, and whether these are all |
    /// | `measure_code` | the name of the measure in every language |
    /// | `plan`, `attainment`, `run_rate`, `run_rate_attainment` | with a plan: it, the fact over it, the projection to the end of the period, that over the plan |
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self, lang: Lang) -> Result<Table> {
        let rows = || self.rows.iter();
        let is_money = self.measures.iter().all(|measure| measure.is_money());
        let values =
            |name: &'static str, russian: &'static str, of: &dyn Fn(&Row) -> Option<Value>| {
                amounts(name, russian, is_money, rows().map(of))
            };
        let float =
            |name: &'static str, russian: &'static str, of: &dyn Fn(&Row) -> Option<f64>| {
                Column::float(name, russian, 4, rows().map(of))
            };
        let mut columns = vec![Column::date(
            "period",
            "Период",
            rows().map(|row| self.periods[row.period].whole.first),
        )];
        columns.extend(self.dimension_columns(&rows().map(|row| row.group), lang));
        columns.push(Self::measure_column(rows().map(|row| row.measure), lang));
        columns.extend([
            values("value", "Значение", &|row| row.value),
            values("previous", "Предыдущий период", &|row| row.previous),
            values("change", "Изменение", &Row::change),
            float("growth", "Рост", &Row::growth),
            values("year_ago", "Год назад", &|row| row.year_ago),
            values("change_year", "Изменение за год", &Row::change_of_year),
            float("growth_year", "Рост за год", &Row::growth_of_year),
            float("share", "Доля", &|row| row.share),
            Column::int("rank", "Место", rows().map(|row| row.rank.map(i64::from))),
            float("contribution", "Вклад в рост", &|row| row.contribution),
            Column::int(
                "days",
                "Дней",
                rows().map(|row| i64::from(self.periods[row.period].span.days())),
            ),
            Column::bool(
                "complete",
                "Период полный",
                rows().map(|row| self.periods[row.period].is_complete()),
            ),
        ]);
        if self.has_plan {
            let plan = |of: fn(&super::Attainment) -> Option<f64>| {
                move |row: &Row| row.plan.as_ref().and_then(of)
            };
            let over = |plan: &super::Attainment| {
                plan.run_rate.filter(|_| plan.plan > 0.0).map(|rate| rate / plan.plan)
            };
            columns.extend([
                Column::float("plan", "План", 2, rows().map(plan(|own| Some(own.plan)))),
                Column::float(
                    "attainment",
                    "Выполнение",
                    4,
                    rows().map(plan(|own| own.attainment)),
                ),
                Column::float(
                    "run_rate",
                    "Прогноз по темпу",
                    2,
                    rows().map(plan(|own| own.run_rate)),
                ),
                Column::float(
                    "run_rate_attainment",
                    "Выполнение по темпу",
                    4,
                    rows().map(plan(over)),
                ),
            ]);
        }
        columns.push(Column::text(
            "measure_code",
            "Код показателя",
            rows().map(|row| row.measure.name()),
        ));
        Table::new("sales", columns)
    }

    /// One row per group and measure, one column per period, then `total`: the whole time. Groups with the most
    /// of the first measure come first; totals come before them.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn pivot(&self, lang: Lang) -> Result<Table> {
        let mut cells: BTreeMap<(usize, usize, usize), Option<Value>> = BTreeMap::new();
        let place = |measure: Measure| {
            self.measures.iter().position(|own| *own == measure).unwrap_or_default()
        };
        for row in &self.rows {
            cells.insert((row.group, place(row.measure), row.period), row.value);
        }
        let total = |group: usize| {
            self.overall[group].first().copied().flatten().map_or(f64::NEG_INFINITY, Value::to_f64)
        };
        let depth = |group: usize| self.groups[group].iter().flatten().count();
        let mut groups: Vec<usize> = (0..self.groups.len()).collect();
        groups.sort_by(|left, right| {
            let is_finest = |group: usize| depth(group) == self.by.len();
            let is_others = |group: usize| {
                self.groups[group].iter().flatten().any(|label| label == rows::OTHERS_LABEL)
            };
            is_finest(*left)
                .cmp(&is_finest(*right))
                .then_with(|| is_others(*left).cmp(&is_others(*right)))
                .then_with(|| total(*right).total_cmp(&total(*left)))
                .then_with(|| left.cmp(right))
        });
        let rows: Vec<(usize, usize)> = groups
            .iter()
            .flat_map(|group| (0..self.measures.len()).map(move |measure| (*group, measure)))
            .collect();
        let is_money = self.measures.iter().all(|measure| measure.is_money());
        let mut columns: Vec<Column> =
            self.dimension_columns(&rows.iter().map(|(group, _)| *group), lang);
        columns.push(Self::measure_column(
            rows.iter().map(|(_, measure)| self.measures[*measure]),
            lang,
        ));
        for (at, period) in self.periods.iter().enumerate() {
            let name = period.whole.first.to_string();
            let value = |(group, measure): &(usize, usize)| {
                let found = cells.get(&(*group, *measure, at)).copied();
                // A group without a row sold nothing.
                found.unwrap_or_else(|| self.measures[*measure].of(&super::cube::Cell::default()))
            };
            columns.push(amounts(name.clone(), name, is_money, rows.iter().map(value)));
        }
        let overall = |(group, measure): &(usize, usize)| self.overall[*group][*measure];
        columns.push(amounts("total", "Всего", is_money, rows.iter().map(overall)));
        Table::new("sales_pivot", columns)
    }

    fn dimension_columns(
        &self,
        groups: &(impl Iterator<Item = usize> + Clone),
        lang: Lang,
    ) -> Vec<Column> {
        let translated = |at: usize, label: &str| {
            let of_column = self.scored.iter().find(|own| own.at == at);
            of_column.filter(|_| lang == Lang::Ru)?.russian.get(label).cloned()
        };
        let shown = |at: usize, label: &str| match label {
            rows::MISSING => lang.pick(rows::MISSING, "(нет)").to_owned(),
            rows::OTHERS_LABEL => lang.pick(rows::OTHERS_LABEL, "(прочие)").to_owned(),
            label => translated(at, label).unwrap_or_else(|| label.to_owned()),
        };
        let column = |(at, name): (usize, &String)| {
            let own: Vec<Option<String>> = self
                .groups
                .iter()
                .map(|labels| labels[at].as_deref().map(|label| shown(at, label)))
                .collect();
            let name =
                if OURS.contains(&name.as_str()) { format!("by_{name}") } else { name.clone() };
            Column::text(name.clone(), name, groups.clone().map(|group| own[group].as_deref()))
        };
        self.by.iter().enumerate().map(column).collect()
    }

    fn measure_column(measures: impl Iterator<Item = Measure>, lang: Lang) -> Column {
        let labels = Measure::ALL.map(|measure| lang.pick(measure.name(), measure.russian()));
        let code = |measure: Measure| {
            Measure::ALL.iter().position(|own| *own == measure).map(|at| at as u32)
        };
        Column::category("measure", "Показатель", labels, measures.map(code))
    }
}

/// Values as money where all are, as numbers elsewhere.
fn amounts(
    name: impl Into<std::borrow::Cow<'static, str>>,
    russian: impl Into<std::borrow::Cow<'static, str>>,
    is_money: bool,
    values: impl Iterator<Item = Option<Value>>,
) -> Column {
    if !is_money {
        return Column::float(name, russian, 2, values.map(|value| value.map(Value::to_f64)));
    }
    let money = |value: Option<Value>| match value? {
        Value::Money(money) => Some(money),
        Value::Number(_) => None,
    };
    Column::money(name, russian, values.map(money))
}
