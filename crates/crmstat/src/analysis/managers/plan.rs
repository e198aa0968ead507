//! Plan and fact of managers.

use super::{Query, Who};
use crate::{
    Date, Error, Place, Result,
    analysis::{
        cohorts::Period,
        funnel::view::{View, days},
        why::Span,
    },
    data::{Column, CustomerTable, Field},
    ingest::{ExportFile, ReadOptions, TableQuery, profile::header_key},
};
use std::collections::{BTreeMap, BTreeSet};

/// What a manager, or the team, was to win in a period.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanRow {
    /// The manager; `None` is the team.
    pub manager: Option<String>,
    /// A day of the period.
    pub day: Date,
    /// The amount in whole units of the currency.
    pub value: f64,
}

/// Headers of the columns of a plan.
const PERIODS: [&str; 6] = ["period", "month", "date", "период", "месяц", "дата"];
const MANAGERS: [&str; 5] = ["manager", "owner", "sales agent", "менеджер", "ответственный"];
const VALUES: [&str; 7] = ["value", "plan", "amount", "revenue", "план", "сумма", "выручка"];

impl PlanRow {
    /// Reads a plan from `file`, a path or an [`ExportFile`] in memory: columns `period` (`2025-07-01`, `2025-07`,
    /// `2025-Q3` or `2025`), `value` and, if need be, `manager`; without one the plan is the team's.
    ///
    /// # Errors
    /// A file that cannot be read, without a column of periods or of values, or with a cell that is none.
    pub fn read(file: impl Into<ExportFile>) -> Result<Vec<Self>> {
        let file = file.into();
        let table = CustomerTable::read(&file, &TableQuery::default(), ReadOptions::default())?;
        let table = table.result;
        let named = |names: &[&str]| {
            let is = |own: &&str| names.iter().any(|name| header_key(name) == header_key(own));
            table.columns().map(|(name, _)| name).find(is)
        };
        let lacks = |what: &str, names: &[&str]| {
            Error::data(format!("a plan needs a column of {what}"))
                .at(Place { file: file.name().to_owned(), ..Place::default() })
                .with_hint(format!("call it `{}`", names[0]))
        };
        let period = named(&PERIODS).ok_or_else(|| lacks("periods", &PERIODS))?;
        let value = named(&VALUES).ok_or_else(|| lacks("values", &VALUES))?;
        let manager = named(&MANAGERS);
        let text = |column: &str, row: usize| match table.column(column) {
            Some(Column::Text(labels)) => labels.get(row).map(str::to_owned),
            Some(Column::Number(values)) => Some(values[row].to_string()),
            _ => None,
        };
        let mut rows = Vec::new();
        for row in 0..table.len() {
            // The id of a row without a column of ids is its line.
            let line = table.ids().get(row).and_then(|line| line.parse().ok());
            let place = |column: &str| Place {
                file: file.name().to_owned(),
                line,
                column: Some(column.to_owned()),
            };
            let written = text(period, row).unwrap_or_default();
            // A table writes instants with their time.
            let day = written.split(['T', ' ']).next().unwrap_or_default();
            let span: Span = day.parse().map_err(|_| {
                Error::data(format!("`{written}` is not a period"))
                    .at(place(period))
                    .with_hint("write it as 2025-07-01, 2025-07, 2025-Q3 or 2025")
            })?;
            let planned = match table.column(value) {
                Some(Column::Number(values)) => Some(values[row]).filter(|own| own.is_finite()),
                _ => None,
            };
            let planned = planned.ok_or_else(|| {
                let written = text(value, row).unwrap_or_default();
                Error::data(format!("`{written}` is not a number")).at(place(value))
            })?;
            let manager = manager.and_then(|column| text(column, row));
            rows.push(Self { manager, day: span.first, value: planned });
        }
        rows.sort_by(|left, right| (left.day, &left.manager).cmp(&(right.day, &right.manager)));
        Ok(rows)
    }
}

/// What the team was to win in each calendar month, by its first day.
///
/// # Errors
/// A plan by longer periods than months.
pub(crate) fn by_month(plan: &[PlanRow]) -> Result<BTreeMap<Date, f64>> {
    check_length(plan, Period::Month)?;
    let has_team = plan.iter().any(|row| row.manager.is_none());
    let mut months = BTreeMap::new();
    for row in plan.iter().filter(|row| row.manager.is_none() || !has_team) {
        let first = Period::Month.first_day(Period::Month.number(row.day));
        *months.entry(first).or_default() += row.value;
    }
    Ok(months)
}

type Key = (Who, Option<u32>);

/// The plan by manager and period; the whole time has none of the latter.
#[derive(Debug, Default)]
pub(super) struct Planned {
    values: BTreeMap<Key, f64>,
    /// Managers of the plan who have no deal.
    pub(super) unknown: BTreeSet<String>,
    /// Rows of the plan for other times.
    pub(super) outside: usize,
}

impl Planned {
    /// Lays the plan over the managers and periods of `view`.
    ///
    /// # Errors
    /// A plan by longer periods than those that are asked for.
    pub(super) fn lay(query: &Query, view: &View<'_>) -> Result<Self> {
        let mut planned = Self::default();
        if let Some(period) = query.period {
            check_length(&query.plan, period)?;
        }
        let owners = view.deals.labels(Field::Owner);
        let code_of = |name: &str| {
            let texts = owners?.labels();
            (0..texts.len()).find(|code| texts.get(*code) == Some(name)).map(|code| code as u32)
        };
        let has_team = query.plan.iter().any(|row| row.manager.is_none());
        for row in &query.plan {
            let is_early = query.since.is_some_and(|since| row.day < since);
            if is_early || days(row.day.midnight()) >= view.cutoff {
                planned.outside += 1;
                continue;
            }
            let who = match &row.manager {
                None => Who::Team,
                Some(name) => match code_of(name) {
                    Some(code) => Who::Manager(code),
                    None => {
                        planned.unknown.insert(name.clone());
                        continue;
                    }
                },
            };
            let period = query.period.map(|period| Some(period.number(row.day)));
            for place in std::iter::once(None).chain(period) {
                *planned.values.entry((who, place)).or_default() += row.value;
                if who != Who::Team && !has_team {
                    *planned.values.entry((Who::Team, place)).or_default() += row.value;
                }
            }
        }
        Ok(planned)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.values.keys()
    }

    pub(super) fn of(&self, who: Who, period: Option<u32>) -> Option<f64> {
        self.values.get(&(who, period)).copied()
    }
}

/// A plan by quarter says nothing of months: several days that all begin a longer period are one of those.
fn check_length(plan: &[PlanRow], period: Period) -> Result<()> {
    let days: BTreeSet<Date> = plan.iter().map(|row| row.day).collect();
    for longer in [Period::Year, Period::Quarter] {
        let begins = |day: &Date| longer.first_day(longer.number(*day)) == *day;
        if days.len() > 1 && days.iter().all(begins) {
            let is_shorter = match period {
                Period::Month => true,
                Period::Quarter => longer == Period::Year,
                Period::Year => false,
            };
            if is_shorter {
                return Err(Error::usage(format!(
                    "the plan is by {}, the periods are by {}",
                    longer.name(),
                    period.name()
                ))
                .with_hint(format!("ask for periods by {}", longer.name())));
            }
            return Ok(());
        }
    }
    Ok(())
}
