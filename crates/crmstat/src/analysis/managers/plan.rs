//! Plan and fact of managers.

use super::{Query, Who};
use crate::{
    Date, Error, Place, Result,
    analysis::{
        cohorts::Period,
        funnel::view::{View, days},
        sales::{Measure, Plan, plan::GROUPS},
    },
    data::Labels,
    ingest::{ExportFile, profile::header_key},
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

/// Headers of the column of managers in a plan.
const MANAGERS: [&str; 5] = ["manager", "owner", "sales agent", "менеджер", "ответственный"];

impl PlanRow {
    /// Reads a plan from `file`, a path or an [`ExportFile`] in memory, as [`Plan::from_file`] does: columns `period`,
    /// `value` and, if need be, `manager`; without one the plan is the team's.
    ///
    /// # Errors
    /// As [`Plan::from_file`]; a plan by other columns than managers, or of nothing that is money won.
    pub fn read(file: impl Into<ExportFile>) -> Result<Vec<Self>> {
        Self::of(&Plan::from_file(file)?, None)
    }

    /// The rows of `plan` whose measure is revenue; who is compared stands in its column `by`, or in that of managers.
    ///
    /// # Errors
    /// A plan by other columns, or without a row of revenue.
    pub fn of(plan: &Plan, by: Option<&str>) -> Result<Vec<Self>> {
        let is_manager = |header: &str| {
            let known = by.into_iter().chain(MANAGERS).chain(GROUPS);
            known.into_iter().any(|name| header_key(name) == header_key(header))
        };
        let place = |line: u64| Place {
            file: plan.file().to_owned(),
            line: Some(line).filter(|line| *line > 0),
            ..Place::default()
        };
        let mut rows = Vec::new();
        for row in plan.rows().iter().filter(|row| row.measure == Measure::Revenue) {
            let named = || row.group.iter().filter_map(|(name, own)| Some((name, own.as_ref()?)));
            if let Some((header, label)) = named().find(|(name, _)| !is_manager(name)) {
                return Err(Error::data(format!(
                    "the plan is for `{header}` `{label}`, and managers are compared"
                ))
                .at(place(row.line))
                .with_hint("leave the column out, or call that of managers `manager`"));
            }
            let manager = named().next().map(|(_, label)| label.clone());
            rows.push(Self { manager, day: row.period.0, value: row.value });
        }
        if rows.is_empty() {
            return Err(Error::data("the plan has no row whose measure is revenue")
                .at(place(0))
                .with_hint("managers are compared by what they won: its measure is `revenue`"));
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
    pub(super) fn lay(query: &Query, view: &View<'_>, owners: &Labels) -> Result<Self> {
        let mut planned = Self::default();
        if let Some(period) = query.period {
            check_length(&query.plan, period)?;
        }
        let code_of = |name: &str| {
            let texts = owners.labels();
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
