//! Tickets: how soon requests are answered and resolved, by kind and period.
//!
//! # Definitions
//! - *first response* = first answer − opening, or as many minutes as the CRM tells, *resolution* = resolution − opening,
//!   in hours;
//! - quartiles and the ninth decile are Kaplan and Meier's: a ticket that waits is censored at the instant of
//!   observation, and one that was resolved without an answer is no longer waiting for one from then on. Leaving
//!   out what waits would flatter the times.
//! - *within* is the share answered, or resolved, within a time that is asked for, of the tickets that were opened
//!   at least so long before the instant of observation.

#[cfg(test)]
mod tests;

use crate::{
    AsOf, Date, Error, Lang, Result, Timestamp,
    analysis::{
        cohorts::Period,
        funnel::{Rate, tables::rate_columns, tables::title, view::days},
    },
    data::{
        Column, DealFinding, Field, Finding, Notice, Records, Severity,
        table::{self, Table},
    },
};
use crmstat_models::clv::{KaplanMeier, Lifetime};
use serde::Serialize;
use std::collections::BTreeMap;

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Nothing from this day on exists; `None` is the day after the last stamp.
    pub as_of: Option<AsOf>,
    /// The period of opening that tickets are divided by.
    pub period: Option<Period>,
    /// What tickets are divided by: texts of their table such as kind, owner, channel.
    pub by: Vec<Field>,
    /// The hours within which an answer is promised; `None` is 1.
    pub answer_hours: Option<f64>,
    /// The hours within which a resolution is promised; `None` is 24.
    pub resolve_hours: Option<f64>,
    /// The level of intervals; `None` is 95 %.
    pub level: Option<f64>,
}

/// The tickets of a table.
#[derive(Clone, Debug, Serialize)]
pub struct Tickets {
    /// The exclusive instant of observation.
    pub as_of: AsOf,
    /// What tickets are divided by.
    pub by: Vec<Field>,
    /// Whether they are divided by the period of opening, too.
    pub by_period: bool,
    /// All tickets first, then each part.
    pub parts: Vec<Part>,
    /// What the data say twice, the worst first.
    #[serde(skip)]
    pub notices: Vec<Notice>,
}

/// Tickets of one part.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Part {
    /// Whether these are all tickets.
    pub is_whole: bool,
    /// The first day of the period of opening.
    pub period: Option<Date>,
    /// The labels of what tickets are divided by.
    pub labels: Vec<Option<String>>,
    /// How many.
    pub tickets: u64,
    /// Answered; `None` where no table tells it.
    pub answered: Option<u64>,
    /// Resolved; `None` where no table tells it.
    pub resolved: Option<u64>,
    /// Hours to the first answer.
    pub response: Hours,
    /// Hours to the resolution.
    pub resolution: Hours,
    /// Answered within the promised time.
    pub answered_within: Option<Rate>,
    /// Resolved within the promised time.
    pub resolved_within: Option<Rate>,
}

/// Quantiles of a time in hours; `None` where more wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Hours {
    /// A quarter is done by then.
    pub lower: Option<f64>,
    /// A half.
    pub median: Option<f64>,
    /// Three quarters.
    pub upper: Option<f64>,
    /// Nine of ten.
    pub ninth: Option<f64>,
}

/// Measures the times of `tickets`.
///
/// ```
/// use crmstat::{Timestamp, analysis::tickets, data::{Field, RecordRow, Records, TableKind}};
///
/// let at = |hours: i64| Timestamp::from_seconds(1_700_000_000 + 3600 * hours);
/// let ticket = |answer| RecordRow::new().with(Field::OpenedAt, at(0)).with(Field::FirstAnswerAt, answer);
/// let table = Records::builder(TableKind::Tickets).row(ticket(at(1))).row(ticket(at(5))).build()?;
/// let found = tickets::measure(&table.result, &tickets::Query::default())?;
/// assert_eq!((found.parts[0].response.lower, found.parts[0].response.upper), (Some(1.0), Some(5.0)));
/// # Ok::<(), crmstat::Error>(())
/// ```
///
/// # Errors
/// No ticket before the instant of observation; a field to divide by that tickets do not have; hours or a level
/// out of range.
pub fn measure(tickets: &Records, query: &Query) -> Result<Tickets> {
    let level = query.level.unwrap_or(0.95);
    let promised = [query.answer_hours.unwrap_or(1.0), query.resolve_hours.unwrap_or(24.0)];
    if !(level > 0.0 && level < 1.0) {
        return Err(Error::usage(format!("the level {level} is not between 0 and 1")));
    }
    if promised.iter().any(|hours| !(hours.is_finite() && *hours > 0.0)) {
        return Err(Error::usage("a promised time is not above zero hours"));
    }
    let dates = |field| match tickets.field(field) {
        Some(Column::Date(dates)) => Some(&dates[..]),
        _ => None,
    };
    let opened = dates(Field::OpenedAt).ok_or_else(|| {
        Error::data("the tickets have no time of opening")
            .with_hint("name it with `--map tickets.opened_at=COLUMN`")
    })?;
    for field in &query.by {
        if tickets.labels(*field).is_none_or(|labels| labels.labels().is_empty()) {
            let has = |field: &Field| tickets.labels(*field).is_some();
            let known: Vec<&str> = tickets.fields().filter(has).map(Field::name).collect();
            return Err(Error::data(format!("the tickets have no column of texts for {field}"))
                .with_hint(format!("they have {}", known.join(", "))));
        }
    }
    let answered = first_answers(tickets);
    let ends = [answered.as_deref(), dates(Field::ResolvedAt)];
    let stamps = ends.iter().flatten().flat_map(|dates| dates.iter()).chain(opened);
    let last = stamps.flatten().max().map(|last| AsOf::day_after(last.date()));
    let as_of = query.as_of.or(last).ok_or_else(|| Error::data("there is no ticket"))?;
    let cutoff = days(as_of.date().midnight());

    let mut whole = Tally::default();
    let mut parts: BTreeMap<(Option<u32>, Vec<u32>), Tally> = BTreeMap::new();
    let is_divided = query.period.is_some() || !query.by.is_empty();
    let mut reversed = 0;
    for row in 0..tickets.len() {
        let Some(at) = opened[row].filter(|at| days(*at) < cutoff) else { continue };
        let end = |which: usize| {
            let found = ends[which].and_then(|dates| dates[row]).map(days);
            found.filter(|end| *end < cutoff)
        };
        let ticket = Ticket { opened: days(at), ends: [end(0), end(1)], cutoff };
        if ticket.ends.iter().flatten().any(|end| *end < ticket.opened) {
            reversed += 1;
        }
        whole.add(&ticket, promised);
        if is_divided {
            let period = query.period.map(|period| period.number(at.date()));
            let code = |field: &Field| tickets.labels(*field).and_then(|labels| labels.code(row));
            let codes = query.by.iter().map(|field| code(field).unwrap_or(u32::MAX)).collect();
            parts.entry((period, codes)).or_default().add(&ticket, promised);
        }
    }
    if whole.tickets == 0 {
        return Err(Error::data(format!("no ticket was opened before {as_of}"))
            .with_hint("choose a later `--as-of`"));
    }
    let told = ends.map(|dates| dates.is_some());
    let mut found = vec![whole.finish(told, level)];
    found[0].labels = vec![None; query.by.len()];
    for ((period, codes), tally) in parts {
        let mut part = tally.finish(told, level);
        let label = |(field, code): (&Field, u32)| {
            let texts = tickets.labels(*field)?.labels();
            // No text has the code of the missing ones.
            (code != u32::MAX).then(|| texts.get(code as usize).map(str::to_owned)).flatten()
        };
        part.is_whole = false;
        part.labels = query.by.iter().zip(codes).map(label).collect();
        part.period = query.period.zip(period).map(|(length, number)| length.first_day(number));
        found.push(part);
    }
    let mut notices = Vec::new();
    if reversed > 0 {
        let finding = Finding::Deals(DealFinding::TicketEndsFirst);
        notices.push(Notice::new(Severity::Warning, finding, reversed));
    }
    Ok(Tickets {
        as_of,
        by: query.by.clone(),
        by_period: query.period.is_some(),
        parts: found,
        notices,
    })
}

/// One ticket, in days.
struct Ticket {
    opened: f64,
    /// The first answer and the resolution.
    ends: [Option<f64>; 2],
    cutoff: f64,
}

/// How many hours a ticket waited for its first answer and for its resolution, the two `ends`, or waits for them at
/// `cutoff`; all instants in days.
pub(in crate::analysis) fn waits(
    opened: f64,
    ends: [Option<f64>; 2],
    cutoff: f64,
) -> [Lifetime; 2] {
    // Nobody waits for an answer to what is resolved.
    let observed = [ends[1].unwrap_or(cutoff), cutoff];
    [0, 1].map(|which| {
        let hours = 24.0 * (ends[which].unwrap_or(observed[which]) - opened);
        // Stamps are whole seconds, and a day's share of them is not.
        let length = ((hours * 3600.0).round() / 3600.0).max(0.0);
        Lifetime { length, ended: ends[which].is_some() }
    })
}

/// When each ticket was first answered: as it is written, else as many minutes after its opening as are written. `None`
/// where neither is known of any.
pub(in crate::analysis) fn first_answers(tickets: &Records) -> Option<Vec<Option<Timestamp>>> {
    if let Some(Column::Date(at)) = tickets.field(Field::FirstAnswerAt)
        && at.iter().any(Option::is_some)
    {
        return Some(at.clone());
    }
    let Some(Column::Number(minutes)) = tickets.field(Field::FirstAnswerMinutes) else {
        return None;
    };
    let Some(Column::Date(opened)) = tickets.field(Field::OpenedAt) else { return None };
    let of = |(opened, minutes): (&Option<Timestamp>, &f64)| {
        let seconds = (minutes.is_finite() && *minutes >= 0.0).then(|| (minutes * 60.0) as i64)?;
        Some(Timestamp::from_seconds(opened.as_ref()?.seconds() + seconds))
    };
    let found: Vec<_> = opened.iter().zip(minutes).map(of).collect();
    found.iter().any(Option::is_some).then_some(found)
}

#[derive(Debug, Default)]
struct Tally {
    tickets: u64,
    done: [u64; 2],
    waits: [Vec<Lifetime>; 2],
    /// Within the promised time, and of how many that is known.
    within: [(u64, u64); 2],
}

impl Tally {
    fn add(&mut self, ticket: &Ticket, promised: [f64; 2]) {
        self.tickets += 1;
        let waits = waits(ticket.opened, ticket.ends, ticket.cutoff);
        for (which, (wait, promised)) in waits.into_iter().zip(promised).enumerate() {
            self.done[which] += u64::from(wait.ended);
            self.waits[which].push(wait);
            let is_old = 24.0 * (ticket.cutoff - ticket.opened) >= promised;
            if is_old {
                let is_within = wait.ended && wait.length <= promised;
                self.within[which].0 += u64::from(is_within);
                self.within[which].1 += 1;
            }
        }
    }

    fn finish(self, told: [bool; 2], level: f64) -> Part {
        let hours = |which: usize| {
            let curve = KaplanMeier::fit(&self.waits[which], level).ok().filter(|_| told[which]);
            let by = |share: f64| curve.as_ref().and_then(|curve| curve.quantile(share));
            Hours { lower: by(0.25), median: by(0.5), upper: by(0.75), ninth: by(0.9) }
        };
        let within = |which: usize| {
            let (successes, trials) = self.within[which];
            Rate::new(successes, trials, level).filter(|_| told[which])
        };
        Part {
            is_whole: true,
            period: None,
            labels: Vec::new(),
            tickets: self.tickets,
            answered: told[0].then_some(self.done[0]),
            resolved: told[1].then_some(self.done[1]),
            response: hours(0),
            resolution: hours(1),
            answered_within: within(0),
            resolved_within: within(1),
        }
    }
}

impl Tickets {
    /// One row per part, all tickets first.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self, lang: Lang) -> Result<Table> {
        let parts = || self.parts.iter();
        let mut columns = Vec::new();
        if self.by_period {
            let periods = parts().map(|part| part.period);
            columns.push(table::Column::date("period", "Период", periods));
        }
        for (at, field) in self.by.iter().enumerate() {
            let whole = lang.pick("total", "всего");
            let label = |part: &Part| -> Option<String> {
                if part.is_whole { Some(whole.to_owned()) } else { part.labels[at].clone() }
            };
            let labels: Vec<Option<String>> = parts().map(label).collect();
            columns.push(table::Column::text(
                field.name(),
                title(*field),
                labels.iter().map(Option::as_deref),
            ));
        }
        let count = |of: fn(&Part) -> Option<u64>| {
            parts().map(move |part| of(part).map(|count| count as i64))
        };
        columns.extend([
            table::Column::int("tickets", "Обращений", count(|part| Some(part.tickets))),
            table::Column::int("answered", "С ответом", count(|part| part.answered)),
            table::Column::int("resolved", "Решено", count(|part| part.resolved)),
        ]);
        for (name, russian, of) in [
            ("response_hours", "Часов до ответа", (|part| part.response) as fn(&Part) -> Hours),
            ("resolution_hours", "Часов до решения", |part| part.resolution),
        ] {
            for (end, russian_end, by) in [
                ("lower_quartile", "нижний квартиль", (|h| h.lower) as fn(Hours) -> Option<f64>),
                ("median", "медиана", |hours| hours.median),
                ("upper_quartile", "верхний квартиль", |hours| hours.upper),
                ("ninth_decile", "девятый дециль", |hours| hours.ninth),
            ] {
                columns.push(table::Column::float(
                    format!("{name}_{end}"),
                    format!("{russian}, {russian_end}"),
                    1,
                    parts().map(|part| by(of(part))),
                ));
            }
        }
        let within = parts().map(|part| part.answered_within);
        columns.extend(rate_columns("answered_within", "Ответ в срок", within));
        let within = parts().map(|part| part.resolved_within);
        columns.extend(rate_columns("resolved_within", "Решение в срок", within));
        Table::new(lang.pick("tickets", "обращения"), columns)
    }
}
