//! What was planned: a table of periods, groups, measures and values.

use super::{
    Measure, Period,
    calendar::Calendar,
    cube::{NONE, Path},
    facts::Note,
    rows::MISSING,
};
use crate::{
    Date, Error, Place, Result,
    data::{Column, CustomerTable, Labels},
    ingest::{ExportFile, ReadOptions, TableQuery, profile::header_key},
};
use std::collections::BTreeMap;

/// One row of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanRow {
    /// A day in the period that it is for, and the length of that period where the text said it.
    pub period: (Date, Option<Period>),
    /// The label of each column that says for which group it is, by header; empty is for all.
    pub group: Vec<(String, Option<String>)>,
    /// The measure.
    pub measure: Measure,
    /// What is planned for the period; money in whole units of the currency.
    pub value: f64,
    /// The line of the file, for messages.
    pub line: u64,
}

/// A table of what was planned.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    file: String,
    rows: Vec<PlanRow>,
}

const PERIODS: [&str; 6] = ["period", "month", "date", "период", "месяц", "дата"];
const MEASURES: [&str; 2] = ["measure", "показатель"];
const VALUES: [&str; 8] =
    ["value", "plan", "amount", "revenue", "значение", "план", "сумма", "выручка"];
/// Headers of a column of groups that do not say by what these are made: by whatever the sales are divided by.
pub(in crate::analysis) const GROUPS: [&str; 4] = ["dimension", "group", "группа", "разрез"];

impl Plan {
    /// Reads `file`, a path or an [`ExportFile`] in memory: columns `period` (`2025-01-01`, `2025-01`, `2025-Q1`
    /// or `2025`), `value` and, if need be, `measure` (revenue where there is none) and one column per
    /// dimension under its name, or `dimension` where there is one.
    ///
    /// # Errors
    /// A file that cannot be read, without a column of periods or of values, or with a cell that is none.
    pub fn from_file(file: impl Into<ExportFile>) -> Result<Self> {
        let file = file.into();
        let table = CustomerTable::read(&file, &TableQuery::default(), ReadOptions::default())?;
        let table = table.result;
        let place = |line: u64, column: &str| Place {
            file: file.name().to_owned(),
            line: Some(line).filter(|line| *line > 0),
            column: Some(column.to_owned()),
        };
        let headers: Vec<&str> = table.columns().map(|(name, _)| name).collect();
        let named = |names: &[&str]| {
            let is = |own: &&&str| names.iter().any(|name| header_key(name) == header_key(own));
            headers.iter().find(is).copied()
        };
        let lacks = |what: &str, names: &[&str]| {
            Error::data(format!("a plan needs a column of {what}"))
                .at(Place { file: file.name().to_owned(), ..Place::default() })
                .with_hint(format!("call it `{}`", names[0]))
        };
        let period = named(&PERIODS).ok_or_else(|| lacks("periods", &PERIODS))?;
        let value = named(&VALUES).ok_or_else(|| lacks("values", &VALUES))?;
        let measure = named(&MEASURES);
        let text = |column: &str, row: usize| match table.column(column) {
            Some(Column::Text(labels)) => labels.get(row).map(str::to_owned),
            Some(Column::Number(values)) if !values[row].is_nan() => Some(values[row].to_string()),
            _ => None,
        };
        let taken = [Some(period), Some(value), measure];
        let groups: Vec<&str> =
            headers.iter().copied().filter(|own| !taken.contains(&Some(own))).collect();
        let lines = lines_of(&table);
        let mut rows = Vec::new();
        for row in 0..table.len() {
            let line = lines.as_ref().map_or(0, |lines| lines[row]);
            let written = text(period, row).unwrap_or_default();
            let of_period = period_of(&written).ok_or_else(|| {
                Error::data(format!("`{written}` is not a period"))
                    .at(place(line, period))
                    .with_hint("write it as 2025-01-01, 2025-01, 2025-Q1 or 2025")
            })?;
            let planned = match table.column(value) {
                Some(Column::Number(values)) => Some(values[row]).filter(|value| !value.is_nan()),
                _ => None,
            };
            let planned = planned.ok_or_else(|| {
                let written = text(value, row).unwrap_or_default();
                Error::data(format!("`{written}` is not a number"))
                    .at(place(line, value))
                    .with_hint("write it as 1234.5")
            })?;
            let measure = match measure.and_then(|column| text(column, row)) {
                Some(name) => name.parse().map_err(|error: Error| {
                    let hint = error.hint().unwrap_or_default().to_owned();
                    Error::data(error.to_string())
                        .at(place(line, measure.unwrap_or_default()))
                        .with_hint(hint)
                })?,
                None => Measure::default(),
            };
            let mut group: Vec<(String, Option<String>)> =
                groups.iter().map(|name| ((*name).to_owned(), text(name, row))).collect();
            if lines.is_none() {
                // A column of ids, which the table does not count among its columns: the group's.
                let id = table.ids().get(row).map(str::to_owned);
                group.push((GROUPS[0].to_owned(), id));
            }
            rows.push(PlanRow { period: of_period, group, measure, value: planned, line });
        }
        if rows.is_empty() {
            return Err(Error::data("the plan has no row")
                .at(Place { file: file.name().to_owned(), ..Place::default() }));
        }
        Ok(Self { file: file.name().to_owned(), rows })
    }

    /// A plan that a program holds.
    pub fn new(rows: Vec<PlanRow>) -> Self {
        Self { file: "plan".to_owned(), rows }
    }

    /// The rows, in the order of the file.
    pub fn rows(&self) -> &[PlanRow] {
        &self.rows
    }

    /// What the plan is called in messages: its file.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The measures that are planned.
    pub fn measures(&self) -> Vec<Measure> {
        let planned = |measure: &Measure| self.rows.iter().any(|row| row.measure == *measure);
        Measure::ALL.into_iter().filter(planned).collect()
    }

    /// Lays the plan over the periods and groups of sales.
    pub(super) fn lay(
        &self,
        divided: &[(String, Labels)],
        period: Period,
        calendar: &Calendar,
        measures: &[Measure],
        notes: &mut Vec<Note>,
    ) -> Result<Planned> {
        self.check_length(period)?;
        let dims: Vec<&str> = divided.iter().map(|(name, _)| name.as_str()).collect();
        let mut planned = Planned { new: vec![Vec::new(); dims.len()], ..Planned::default() };
        let of_header = |header: &str| {
            let named = dims.iter().position(|name| header_key(name) == header_key(header));
            let is_general = GROUPS.iter().any(|name| header_key(name) == header_key(header));
            named.or_else(|| (is_general && dims.len() == 1).then_some(0))
        };
        let (mut outside, mut unknown, mut unasked) = (0, Vec::new(), 0);
        for row in &self.rows {
            let mut path: Vec<Option<u32>> = vec![None; dims.len()];
            for (header, label) in &row.group {
                let Some(label) = label else { continue };
                let at = of_header(header).ok_or_else(|| {
                    Error::usage(format!(
                        "the plan is for `{header}` `{label}`, by which the sales are not divided"
                    ))
                    .with_hint(format!("divide them with `--by {header}`"))
                })?;
                let known = divided[at].1.labels();
                let code = (0..known.len()).find(|code| known.get(*code) == Some(label));
                path[at] = Some(match code {
                    Some(code) => code as u32,
                    None if label == MISSING => NONE,
                    None => {
                        if !unknown.contains(label) {
                            unknown.push(label.clone());
                        }
                        (known.len() + planned.new_label(at, label)) as u32
                    }
                });
            }
            let path = whole_path(&path).ok_or_else(|| {
                Error::data("the plan of a group names a finer division and not the coarser one")
                    .at(Place { file: self.file.clone(), line: Some(row.line), ..Place::default() })
                    .with_hint(format!("fill in {}", dims.join(", ")))
            })?;
            let number = period.number(row.period.0);
            let at = calendar.periods.iter().position(|own| own.number == number);
            match at {
                None => outside += 1,
                Some(_) if !measures.contains(&row.measure) => unasked += 1,
                Some(at) => {
                    *planned.values.entry((path, at, row.measure.name())).or_default() += row.value;
                }
            }
        }
        if planned.values.is_empty() {
            return Err(Error::data("the plan has no row for the periods of the sales")
                .at(Place { file: self.file.clone(), ..Place::default() })
                .with_hint("check its column `period`, and the measures that are asked for"));
        }
        if outside > 0 {
            notes.push(Note::new(
                format!(
                    "{outside} rows of the plan are for periods without data and are not compared"
                ),
                format!(
                    "строк плана за периоды, о которых нет данных: {outside}; они не сравниваются"
                ),
            ));
        }
        if unasked > 0 {
            notes.push(Note::new(
                format!("{unasked} rows of the plan are for measures that are not asked for"),
                format!("строк плана по показателям, которые не запрошены: {unasked}"),
            ));
        }
        if !unknown.is_empty() {
            let names = unknown.join("`, `");
            notes.push(Note::new(
                format!("nothing was sold in groups that the plan names: `{names}`"),
                format!("в плане есть группы без единой продажи: `{names}`"),
            ));
        }
        Ok(planned)
    }

    /// A plan by quarter says nothing of months.
    fn check_length(&self, period: Period) -> Result<()> {
        let length = |period: Period| match period {
            Period::Hour => 0,
            Period::Day => 1,
            Period::Week => 7,
            Period::Month => 30,
            Period::Quarter => 91,
            Period::Year => 365,
        };
        let said = self.rows.iter().filter_map(|row| row.period.1).max_by_key(|own| length(*own));
        let begins = |longer: Period| {
            let mut days: Vec<Date> = self.rows.iter().map(|row| row.period.0).collect();
            days.sort_unstable();
            days.dedup();
            let is_first = |day: &Date| longer.first_day(longer.number(*day)) == *day;
            days.len() > 1 && days.iter().all(is_first)
        };
        let longer = [Period::Year, Period::Quarter, Period::Month, Period::Week];
        let seen = longer.into_iter().find(|longer| begins(*longer));
        let own = said.or(seen).filter(|own| length(*own) > length(period));
        match own {
            None => Ok(()),
            Some(own) => Err(Error::usage(format!(
                "the plan is by {}, the sales are by {}",
                own.name(),
                period.name()
            ))
            .with_hint(format!("add them up with `--period {}`", own.name()))),
        }
    }
}

/// The lines of the rows, where these are what they are known by: a table without a column of ids.
fn lines_of(table: &CustomerTable) -> Option<Vec<u64>> {
    let of = |row: usize| table.ids().get(row)?.parse::<u64>().ok();
    let lines: Vec<u64> = (0..table.len()).map(of).collect::<Option<_>>()?;
    let mut sorted = lines.clone();
    sorted.sort_unstable();
    let (first, last) = (*sorted.first()?, *sorted.last()?);
    // The first row stands behind the header; blank lines may stand between them.
    let is_close = (2..100).contains(&first) && last < first + 2 * lines.len() as u64;
    (is_close && sorted.windows(2).all(|pair| pair[0] < pair[1])).then_some(lines)
}

/// The codes of a path from the coarsest dimension on; `None` where a finer one is given without it.
fn whole_path(path: &[Option<u32>]) -> Option<Path> {
    let depth = path.iter().take_while(|code| code.is_some()).count();
    path[depth..].iter().all(Option::is_none).then(|| path.iter().flatten().copied().collect())
}

/// The day, and the length of the period where the text tells it.
fn period_of(text: &str) -> Option<(Date, Option<Period>)> {
    let text = text.trim();
    if let Ok(day) = text.parse::<Date>() {
        return Some((day, None));
    }
    // A table writes instants with their time.
    if let Some((day, _)) = text.split_once(['T', ' '])
        && let Ok(day) = day.parse::<Date>()
    {
        return Some((day, None));
    }
    let upper = text.to_uppercase();
    let (year, rest) = upper.split_once(['-', '.', ' ', 'Q']).unwrap_or((&upper, ""));
    let year: i32 = year.parse().ok().filter(|year| (1900..2200).contains(year))?;
    let rest = rest.trim();
    if rest.is_empty() && !upper.contains('Q') {
        return Some((Date::from_ymd(year, 1, 1)?, Some(Period::Year)));
    }
    if upper.contains('Q') {
        let quarter: u32 = rest.trim_start_matches('Q').parse().ok()?;
        let month = quarter.checked_sub(1)?.checked_mul(3)?.checked_add(1)?;
        return Some((Date::from_ymd(year, month, 1)?, Some(Period::Quarter)));
    }
    Some((Date::from_ymd(year, rest.parse().ok()?, 1)?, Some(Period::Month)))
}

/// A plan by path, period and measure.
#[derive(Clone, Debug, Default)]
pub(super) struct Planned {
    values: BTreeMap<(Path, usize, &'static str), f64>,
    /// Labels that no sale has, by dimension.
    new: Vec<Vec<String>>,
}

impl Planned {
    fn new_label(&mut self, at: usize, label: &str) -> usize {
        let known = &mut self.new[at];
        known.iter().position(|own| own == label).unwrap_or_else(|| {
            known.push(label.to_owned());
            known.len() - 1
        })
    }

    /// The label number `new` of those that no sale has.
    pub(super) fn label(&self, at: usize, new: usize) -> Option<&str> {
        self.new.get(at)?.get(new).map(String::as_str)
    }

    pub(super) fn get(&self, path: &Path, period: usize, measure: Measure) -> Option<f64> {
        self.values.get(&(path.clone(), period, measure.name())).copied()
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.values.keys().map(|(path, _, _)| path)
    }

    pub(super) fn has(&self, path: &Path) -> bool {
        self.paths().any(|own| own == path)
    }
}

#[cfg(test)]
mod tests {
    use super::{Period, period_of};

    #[test]
    fn periods_are_read_as_people_write_them() {
        for (text, day, length) in [
            ("2025-03-01", "2025-03-01", None),
            ("2025-03", "2025-03-01", Some(Period::Month)),
            ("2025-Q2", "2025-04-01", Some(Period::Quarter)),
            ("2025Q4", "2025-10-01", Some(Period::Quarter)),
            ("2025 q1", "2025-01-01", Some(Period::Quarter)),
            ("2025", "2025-01-01", Some(Period::Year)),
        ] {
            let found = period_of(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((found.0.to_string(), found.1), (day.to_owned(), length), "{text}");
        }
        for text in ["", "soon", "2025-13", "2025-Q5", "25"] {
            assert_eq!(period_of(text), None, "{text}");
        }
    }
}
