//! Figures of tickets: how many, how soon they are answered and resolved, complaints, scores.

use super::{
    Kpi,
    beside::{Buckets, Context, Figures, Groups, dates, outside, said, texts, undivided},
    estimate::{Estimate, mean, median, nps, share},
    words,
};
use crate::{
    analysis::{
        funnel::view::days,
        sales::Note,
        tickets::{first_answers, waits},
    },
    data::{Column, Field, Records, TableKind},
};
use crmstat_models::clv::Lifetime;

const OF_TICKETS: [Kpi; 5] = [
    Kpi::Tickets,
    Kpi::FirstResponseHours,
    Kpi::FirstResponseHoursMedian,
    Kpi::ResolutionHours,
    Kpi::ResolutionHoursMedian,
];
const RESPONSE: [Kpi; 2] = [Kpi::FirstResponseHours, Kpi::FirstResponseHoursMedian];
const RESOLUTION: [Kpi; 2] = [Kpi::ResolutionHours, Kpi::ResolutionHoursMedian];

/// The tickets of a group in a period.
#[derive(Default)]
struct Gathered {
    tickets: u64,
    waits: [Vec<Lifetime>; 2],
    scores: Vec<f64>,
}

pub(super) fn add(context: &Context<'_>, found: &mut Figures) {
    let tickets = context.table(TableKind::Tickets);
    if let Some(tickets) = tickets {
        of_tickets(context, tickets, found);
    } else {
        let note = Note::new("no table of tickets is given", "не задана таблица обращений");
        found.leave_out(&OF_TICKETS, &note);
    }
    complaints(context, tickets, found);
}

fn of_tickets(context: &Context<'_>, tickets: &Records, found: &mut Figures) {
    let Some(opened) = dates(tickets, Field::OpenedAt) else {
        let note = Note::new("no ticket says when it was opened", "нет времени открытия обращений");
        return found.leave_out(&OF_TICKETS, &note);
    };
    let groups = context.groups(tickets);
    if groups.is_none() {
        found.leave_out(&OF_TICKETS, &undivided(TableKind::Tickets, context));
    }
    let groups = groups.unwrap_or(Groups::All);
    found.notes.extend(groups.note(TableKind::Tickets, context.by));
    let answered = first_answers(tickets);
    let ends = [answered.as_deref(), dates(tickets, Field::ResolvedAt)];
    let (cutoff, level) = (context.cutoff(), context.query.level);
    let scale = Scale::of(tickets);
    let mut buckets: Buckets<Gathered> = Buckets::new(context);
    let mut past = 0;
    for (row, opened) in opened.iter().enumerate() {
        let Some(opened) = *opened else { continue };
        let Some(place) = context.place(opened) else {
            past += 1;
            continue;
        };
        let end = |which: usize| {
            let at = ends[which].and_then(|dates| dates[row]).map(days);
            at.filter(|end| *end < cutoff)
        };
        let waits = waits(days(opened), [end(0), end(1)], cutoff);
        let score = scale.as_ref().and_then(|scale| scale.score(row));
        buckets.add(groups.of(row), place, |own| {
            own.tickets += 1;
            for (all, wait) in own.waits.iter_mut().zip(waits) {
                all.push(wait);
            }
            own.scores.extend(score);
        });
    }
    found.notes.extend(outside(TableKind::Tickets, past));
    for (told, kpis, english, russian) in [
        (ends[0], RESPONSE, "no ticket says when it was answered", "нет времени первого ответа"),
        (ends[1], RESOLUTION, "no ticket says when it was resolved", "нет времени решения"),
    ] {
        if told.is_none() {
            found.leave_out(&kpis, &Note::new(english, russian));
        }
    }
    let is_told = ends.map(|end| end.is_some());
    found.rows.extend(buckets.rows(context, |own| {
        let mut figures = vec![(Kpi::Tickets, Some(Estimate::exact(own.tickets as f64)))];
        for (which, [of_mean, of_median]) in [RESPONSE, RESOLUTION].into_iter().enumerate() {
            if is_told[which] {
                let waits = &own.waits[which];
                let ended: Vec<f64> =
                    waits.iter().filter(|wait| wait.ended).map(|wait| wait.length).collect();
                figures.push((of_mean, mean(&ended, level).map(Estimate::not_negative)));
                figures.push((of_median, median(waits, level)));
            }
        }
        if let Some(scale) = &scale {
            figures.push(scale.figure(&own.scores, level));
        }
        figures
    }));
}

/// The scores of a table, and whether they are of ten or of five.
struct Scale<'a> {
    scores: &'a [f64],
    is_nps: bool,
}

impl<'a> Scale<'a> {
    /// `None` where there are none, or some that are neither.
    fn of(records: &'a Records) -> Option<Self> {
        let Some(Column::Number(scores)) = records.field(Field::Satisfaction) else { return None };
        let known = || scores.iter().copied().filter(|score| !score.is_nan());
        let is_scale = known().next().is_some() && known().all(|own| (0.0..=10.0).contains(&own));
        is_scale.then(|| Self { scores, is_nps: known().any(|score| score > 5.0) })
    }

    fn score(&self, row: usize) -> Option<f64> {
        Some(self.scores[row]).filter(|score| !score.is_nan())
    }

    fn figure(&self, scores: &[f64], level: f64) -> (Kpi, Option<Estimate>) {
        if self.is_nps {
            return (Kpi::Nps, nps(scores, level));
        }
        let good = scores.iter().filter(|score| **score >= 4.0).count() as u64;
        (Kpi::Csat, share(good, scores.len() as u64, level))
    }
}

/// Complaints among the tickets or, where none is called so, among the activities.
fn complaints(context: &Context<'_>, tickets: Option<&Records>, found: &mut Figures) {
    const COMPLAINTS: [Kpi; 2] = [Kpi::Complaints, Kpi::ComplaintsPerOrder];
    let activities = context.table(TableKind::Activities);
    let sources = [
        (tickets, Field::OpenedAt, &[Field::Kind][..]),
        (activities, Field::At, &[Field::Kind, Field::Outcome][..]),
    ];
    let complaining = sources.into_iter().find_map(|(records, at, fields)| {
        let (records, at) = (records?, dates(records?, at)?);
        let mut is_one = vec![false; records.len()];
        for field in fields {
            let Some(labels) = texts(records, *field) else { continue };
            let said = said(labels, words::is_complaint);
            for (row, is_one) in is_one.iter_mut().enumerate() {
                *is_one |= labels.code(row).is_some_and(|code| said[code as usize]);
            }
        }
        is_one.contains(&true).then_some((records, at, is_one))
    });
    let Some((records, at, is_one)) = complaining else {
        let note = Note::new(
            "no ticket and no activity is called a complaint",
            "нет обращений и активностей с видом «жалоба»",
        );
        return found.leave_out(&COMPLAINTS, &note);
    };
    let groups = context.groups(records);
    if groups.is_none() {
        found.leave_out(&COMPLAINTS, &undivided(records.kind(), context));
    }
    let groups = groups.unwrap_or(Groups::All);
    let mut buckets: Buckets<u64> = Buckets::new(context);
    for (row, at) in at.iter().enumerate() {
        if let Some(place) = at.and_then(|at| context.place(at)) {
            // A log without a complaint in a period has none there.
            buckets.add(groups.of(row), place, |own| *own += u64::from(is_one[row]));
        }
    }
    found.rows.extend(
        buckets.rows(context, |own| vec![(Kpi::Complaints, Some(Estimate::exact(*own as f64)))]),
    );
}
