//! Effect: what did a change (of CRM, price, manager, a campaign) do to sales, and what did that bring?
//!
//! # Model
//! The counterfactual is a structural time series ([`crmstat_models::forecast::structural`]): level, trend, the season that
//! the past bears, and, where they are named, [control groups](Query::controls) that the event did not touch, learned from
//! the periods before the event. The logarithm is modelled where the past is likelier so. The effect of an event is what
//! came less what would have come, from the first whole period after it to the next event or the end; earlier events are
//! steps of the level. The effect is *beyond chance* where the interval of their sum does not hold zero.
//!
//! *Placebos*: the same question about days of the past at which nothing is known to have happened. Where they are beyond
//! chance more often than the level says, the intervals are too narrow for this series.
//!
//! # Assumptions
//! Nothing else happened at the time of the event; the controls were not touched by it.
//!
//! # When not to use
//! Where the event was an answer to the sales themselves. With less than some dozen periods before it.

mod counterfactual;
mod tables;
#[cfg(test)]
mod tests;

pub use counterfactual::{Answer, Estimate, Question, ask};

use crate::{
    Date, Error, Lang, Result, Window,
    analysis::sales::{self, Measure, Period},
    data::Records,
    ingest::{Export, Imported},
};

/// What is asked.
#[derive(Clone, Debug)]
pub struct Query {
    /// The days of the events.
    pub events: Vec<Date>,
    /// What they may have changed.
    pub measure: Measure,
    /// The length of a period.
    pub period: Period,
    /// The days whose orders count.
    pub window: Window,
    /// The column by which sales are divided: every group is asked for itself, and the whole.
    pub by: Option<String>,
    /// Groups that the events did not touch, as column and label; all of one column. The others, added up, are asked.
    pub controls: Vec<(String, String)>,
    /// What an event cost, in the unit of the measure.
    pub cost: Option<f64>,
    /// The share of an effect that is gain.
    pub margin: f64,
    /// The level of intervals.
    pub level: f64,
    /// The seed of the paths.
    pub seed: u64,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            events: Vec::new(),
            measure: Measure::default(),
            period: Period::Week,
            window: Window::default(),
            by: None,
            controls: Vec::new(),
            cost: None,
            margin: 1.0,
            level: 0.95,
            seed: 42,
        }
    }
}

/// What events did.
#[derive(Clone, Debug)]
pub struct Effects {
    /// What was measured.
    pub measure: Measure,
    /// The length of a period.
    pub period: Period,
    /// The level of intervals.
    pub level: f64,
    /// By event, then by group, the whole first.
    pub effects: Vec<Effect>,
    /// Groups and events that could not be asked, and why.
    pub notes: Vec<[String; 2]>,
}

/// What one event did to one group.
#[derive(Clone, Debug)]
pub struct Effect {
    /// The day of the event.
    pub event: Date,
    /// The group; `None` is the whole.
    pub group: Option<String>,
    /// The first days of the judged periods.
    pub periods: Vec<Date>,
    /// What came in each of them.
    pub actual: Vec<f64>,
    /// What the event did.
    pub answer: Answer,
    /// The gain over the cost, less one, where the cost is known.
    pub roi: Option<Estimate>,
    /// The same question about days of the past.
    pub placebos: Vec<Placebo>,
}

/// An event that did not happen.
#[derive(Clone, Debug)]
pub struct Placebo {
    /// Its day.
    pub event: Date,
    /// What it seems to have done.
    pub answer: Answer,
}

/// Placebos that are asked for.
const PLACEBOS: usize = 12;

impl Effect {
    /// Placebos that are beyond chance.
    pub fn false_alarms(&self) -> usize {
        self.placebos.iter().filter(|own| own.answer.is_beyond_chance()).count()
    }
}

/// Asks what the events did to the sales of `export`; `tables` are those beside it.
///
/// # Errors
/// No event, an event outside the data, a column or control group that is not there, what the export cannot bear, and a
/// past that is too short for the whole.
pub fn effects(
    export: &mut Export,
    query: &Query,
    tables: &[Records],
) -> Result<Imported<Effects>> {
    let column = check(query)?;
    let asked = sales::Query {
        window: query.window,
        period: query.period,
        measures: vec![query.measure],
        by: column.iter().cloned().collect(),
        totals: column.is_some(),
        ..sales::Query::default()
    };
    sales::sales(export, &asked, tables)?.try_map(|sales| of_sales(&sales, query))
}

/// The column that divides sales.
fn check(query: &Query) -> Result<Option<String>> {
    if query.events.is_empty() {
        return Err(Error::usage("no event is named"));
    }
    if !(query.level > 0.0 && query.level < 1.0) {
        return Err(Error::usage(format!("the level {} is not between 0 and 1", query.level)));
    }
    if query.cost.is_some_and(|cost| !(cost > 0.0 && cost.is_finite())) {
        return Err(Error::usage("a cost is a number above zero"));
    }
    let columns = query.by.iter().chain(query.controls.iter().map(|(column, _)| column));
    let mut columns: Vec<&String> = columns.collect();
    columns.dedup();
    if columns.len() > 1 {
        return Err(Error::usage("groups and control groups are of different columns")
            .with_hint("name groups of one column"));
    }
    if !query.controls.is_empty() && query.by.is_none() && !query.measure.adds_up() {
        return Err(Error::usage(format!(
            "groups of {} do not add up to what the control is taken off",
            query.measure.name()
        ))
        .with_hint("divide by the column of the control, so that each group is asked for itself"));
    }
    Ok(columns.first().map(|own| (*own).clone()))
}

/// The series of one group.
struct Group {
    name: Option<String>,
    /// `None` is not known, such as a mean of nothing.
    values: Vec<Option<f64>>,
}

/// Asks what the events did to `sales` that have been added up.
fn of_sales(sales: &sales::Sales, query: &Query) -> Result<Effects> {
    // Periods that the data do not cover whole say too little.
    let spans = sales.periods();
    let first = usize::from(query.window.since.is_none());
    let kept: Vec<usize> = (first..spans.len()).filter(|at| spans[*at].is_complete()).collect();
    let starts: Vec<Date> = kept.iter().map(|at| spans[*at].whole.first).collect();
    let counts = query.measure.accrues() || query.measure == Measure::Customers;
    let mut groups: Vec<Group> = sales
        .groups()
        .iter()
        .map(|labels| Group {
            name: labels.first().cloned().flatten(),
            values: vec![counts.then_some(0.0); kept.len()],
        })
        .collect();
    for row in sales.rows() {
        if let (Ok(at), Some(value)) = (kept.binary_search(&row.period), row.value) {
            groups[row.group].values[at] = Some(value.to_f64());
        }
    }
    groups.sort_by(|a, b| a.name.cmp(&b.name));
    let controls = take_controls(&mut groups, query)?;
    let mut events = query.events.clone();
    events.sort_unstable();
    events.dedup();
    let mut found = Effects {
        measure: query.measure,
        period: query.period,
        level: query.level,
        effects: Vec::new(),
        notes: Vec::new(),
    };
    for (turn, event) in events.iter().enumerate() {
        let place = |day: Date| starts.partition_point(|start| *start < day);
        let judged = place(*event);
        // The period within which the event lies is half of each.
        let within = starts.get(judged) != Some(event);
        let end = events.get(turn + 1).map_or(starts.len(), |next| {
            let next_judged = place(*next);
            next_judged - usize::from(starts.get(next_judged) != Some(next))
        });
        if judged == 0 || judged >= end {
            return Err(Error::usage(format!(
                "no whole {} of the data lies before and after the event {event}",
                query.period.name()
            ))
            .with_hint(match (starts.first(), starts.last()) {
                (Some(first), Some(last)) => format!("whole periods begin from {first} to {last}"),
                _ => "take a shorter period".to_owned(),
            }));
        }
        let earlier: Vec<usize> = events[..turn].iter().map(|day| place(*day)).collect();
        for group in &groups {
            let asked = Asked {
                group,
                controls: &controls,
                starts: &starts,
                event: *event,
                place: judged - usize::from(within),
                judged,
                end,
                earlier: &earlier,
                query,
            };
            match asked.effect() {
                Ok(effect) => found.effects.push(effect),
                Err(error) if group.name.is_none() && groups.len() == 1 => return Err(error),
                Err(error) => {
                    let name = group.name.as_deref().unwrap_or("total");
                    found.notes.push([
                        format!("{name}, {event}: {error}"),
                        format!("{name}, {event}: нельзя оценить: {error}"),
                    ]);
                }
            }
        }
    }
    Ok(found)
}

/// Takes the control groups out of `groups`; where these are not asked one by one, the others become one.
fn take_controls(groups: &mut Vec<Group>, query: &Query) -> Result<Vec<Vec<f64>>> {
    let mut controls = Vec::new();
    for (column, label) in &query.controls {
        let Some(at) = groups.iter().position(|group| group.name.as_ref() == Some(label)) else {
            let known: Vec<&str> =
                groups.iter().filter_map(|group| group.name.as_deref()).take(12).collect();
            return Err(Error::usage(format!("`{column}` has no group `{label}`"))
                .with_hint(format!("it has {}", known.join(", "))));
        };
        let control = groups.remove(at);
        let values: Option<Vec<f64>> = control.values.iter().copied().collect();
        controls.push(values.ok_or_else(|| {
            Error::data(format!("the control group `{label}` has periods without a value"))
                .with_hint("take a longer period, or another group")
        })?);
    }
    if controls.is_empty() {
        return Ok(controls);
    }
    // The whole holds the controls: what is asked are the others.
    if query.by.is_some() {
        groups.retain(|group| group.name.is_some());
    } else if let Some(whole) = groups.iter().position(|group| group.name.is_none()) {
        let mut whole = groups.swap_remove(whole);
        for (at, value) in whole.values.iter_mut().enumerate() {
            *value = value.map(|own| own - controls.iter().map(|control| control[at]).sum::<f64>());
        }
        groups.clear();
        groups.push(whole);
    }
    if groups.is_empty() {
        return Err(Error::usage("every group is a control: there is none to ask"));
    }
    Ok(controls)
}

/// One event in one group.
struct Asked<'a> {
    group: &'a Group,
    controls: &'a [Vec<f64>],
    starts: &'a [Date],
    event: Date,
    /// The first period that is not before the event, and the first that is whole after it.
    place: usize,
    judged: usize,
    end: usize,
    earlier: &'a [usize],
    query: &'a Query,
}

impl Asked<'_> {
    fn effect(&self) -> Result<Effect> {
        let values: Option<Vec<f64>> = self.group.values[..self.end].iter().copied().collect();
        let values = values.ok_or_else(|| {
            Error::data(format!("{} is not known in every period", self.query.measure.name()))
                .with_hint("take a longer period")
        })?;
        let answer = self.ask(&values, self.place, self.judged, self.earlier)?;
        let roi = self.query.cost.map(|cost| {
            let of = |effect: f64| effect * self.query.margin / cost - 1.0;
            let Estimate { value, lower, upper } = answer.effect;
            Estimate { value: of(value), lower: of(lower), upper: of(upper) }
        });
        Ok(Effect {
            event: self.event,
            group: self.group.name.clone(),
            periods: self.starts[self.judged..self.end].to_vec(),
            actual: values[self.judged..].to_vec(),
            placebos: self.placebos(&values, answer.with_year),
            answer,
            roi,
        })
    }

    fn ask(
        &self,
        values: &[f64],
        place: usize,
        judged: usize,
        earlier: &[usize],
    ) -> Result<Answer> {
        let controls: Vec<Vec<f64>> =
            self.controls.iter().map(|own| own[..values.len()].to_vec()).collect();
        ask(&Question {
            values,
            controls: &controls,
            event: place,
            judged,
            earlier,
            period: self.query.period,
            level: self.query.level,
            seed: self.query.seed,
        })
    }

    /// The same question about earlier periods, as far as the same seasons can be learned before them; not across events.
    fn placebos(&self, values: &[f64], with_year: bool) -> Vec<Placebo> {
        let length = self.end - self.judged;
        let start = self.earlier.last().copied().unwrap_or(0);
        let step = (length / 2).max(1);
        let mut found = Vec::new();
        let mut at = self.place;
        while found.len() < PLACEBOS && at >= start + length + step {
            at -= if found.is_empty() && at == self.place { length } else { step };
            let Ok(answer) = self.ask(&values[..at + length], at, at, self.earlier) else { break };
            if answer.with_year != with_year {
                break;
            }
            found.push(Placebo { event: self.starts[at], answer });
        }
        found.reverse();
        found
    }
}

impl Effects {
    /// What a reader must know, one sentence each.
    pub fn sentences(&self, lang: Lang) -> Vec<String> {
        let percent = |own: f64| format!("{:+.1} %", 100.0 * own);
        let mut told: Vec<String> = Vec::new();
        for own in &self.effects {
            let name = own.group.as_deref().unwrap_or(lang.pick("total", "всего"));
            let size = match own.answer.relative {
                Some(Estimate { value, lower, upper }) => match lang {
                    Lang::En => {
                        format!("{} ({} to {})", percent(value), percent(lower), percent(upper))
                    }
                    Lang::Ru => {
                        format!("{} (от {} до {})", percent(value), percent(lower), percent(upper))
                    }
                },
                None => format!("{:+.0}", own.answer.effect.value),
            };
            let verdict = if own.answer.is_beyond_chance() {
                lang.pick("beyond chance", "не объясняется случайностью")
            } else {
                lang.pick("no effect can be told from chance", "эффект неотличим от случайности")
            };
            let (alarms, placebos) = (own.false_alarms(), own.placebos.len());
            told.push(match lang {
                Lang::En => format!(
                    "{}, {name}: {size}: {verdict}; {alarms} of {placebos} placebos in the past are beyond chance",
                    own.event
                ),
                Lang::Ru => format!(
                    "{}, {name}: {size}: {verdict}; проверок на прошлых датах: {placebos}, из них вне случайности: {alarms}",
                    own.event
                ),
            });
        }
        if self.effects.iter().any(|own| !own.answer.with_year) && self.period != Period::Year {
            told.push(
                lang.pick(
                    "less than two years lie before an event: the season of the year is not known and may pass for an \
                     effect",
                    "до события меньше двух лет данных: годовая сезонность неизвестна и может выглядеть как эффект",
                )
                .to_owned(),
            );
        }
        told.extend(
            self.notes.iter().map(|[english, russian]| lang.pick(english, russian).clone()),
        );
        told
    }
}
