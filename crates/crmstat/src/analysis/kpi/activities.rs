//! Figures of activities: calls, meetings, tasks, and how soon a deal is first touched.

use super::{
    Kpi,
    beside::{Buckets, Context, Figures, Groups, dates, outside, texts, undivided},
    compute::MISSING,
    estimate::{Estimate, mean, median},
    words::{self, Kind},
};
use crate::{
    analysis::{
        funnel::{
            touches::touches,
            view::{View, days, end_of},
        },
        managers::speed::has_times,
        sales::Note,
    },
    data::{Field, Records, TableKind},
};
use crmstat_models::clv::Lifetime;

const TOUCHES: [Kpi; 2] = [Kpi::FirstTouchHours, Kpi::FirstTouchHoursMedian];
const COUNTED: [Kpi; 5] =
    [Kpi::Activities, Kpi::Calls, Kpi::Meetings, Kpi::TasksDone, Kpi::TasksOverdue];

pub(super) fn add(context: &Context<'_>, found: &mut Figures) {
    let Some(activities) = context.table(TableKind::Activities) else {
        let note = Note::new("no table of activities is given", "не задана таблица активностей");
        found.leave_out(&TOUCHES, &note);
        return found.leave_out(&COUNTED, &note);
    };
    first_touch(context, activities, found);
    counts(context, activities, found);
}

/// The activities of a group in a period.
#[derive(Default)]
struct Counted {
    all: u64,
    calls: u64,
    meetings: u64,
    done: u64,
    overdue: u64,
}

/// What a task had come to.
#[derive(Clone, Copy, Default)]
struct Task {
    is_done: bool,
    is_overdue: bool,
}

/// What the columns of a table tell of tasks.
struct Tasks<'a> {
    due: Option<&'a [Option<crate::Timestamp>]>,
    done: Option<&'a [Option<crate::Timestamp>]>,
    /// Of each activity what its outcome says: done or not, overdue.
    outcomes: Vec<(Option<bool>, bool)>,
    tells_done: bool,
    tells_overdue: bool,
}

impl<'a> Tasks<'a> {
    fn of(records: &'a Records, is_task: &dyn Fn(usize) -> bool) -> Self {
        let (due, done) = (dates(records, Field::DueAt), dates(records, Field::DoneAt));
        let labels = records.labels(Field::Outcome);
        let outcome = |row: usize| {
            let text = labels.filter(|_| is_task(row)).and_then(|labels| labels.get(row));
            text.map_or((None, false), |text| (words::is_done(text), words::is_overdue(text)))
        };
        let outcomes: Vec<(Option<bool>, bool)> = (0..records.len()).map(outcome).collect();
        let tells_done = done.is_some() || outcomes.iter().any(|(done, _)| done.is_some());
        let names_overdue = outcomes.iter().any(|(_, overdue)| *overdue);
        let tells_overdue = names_overdue || (due.is_some() && tells_done);
        Self { due, done, outcomes, tells_done, tells_overdue }
    }

    /// What the task at `row` had come to before `cutoff`.
    fn task(&self, row: usize, cutoff: f64) -> Task {
        let at =
            |dates: Option<&[Option<crate::Timestamp>]>| dates.and_then(|own| own[row]).map(days);
        let (due, done) = (at(self.due), at(self.done));
        let (said_done, said_overdue) = self.outcomes[row];
        let is_done = match done {
            Some(done) => done < cutoff,
            None => said_done == Some(true),
        };
        let is_overdue = match due {
            // A day is over at its end.
            Some(due) if self.tells_done => {
                let late = done.map_or(!is_done, |done| done >= end_of(due));
                end_of(due) <= cutoff && late
            }
            _ => said_overdue && !is_done,
        };
        Task { is_done, is_overdue }
    }
}

fn counts(context: &Context<'_>, activities: &Records, found: &mut Figures) {
    let Some(at) = dates(activities, Field::At) else {
        let note = Note::new("no activity says when it was", "нет дат активностей");
        return found.leave_out(&COUNTED, &note);
    };
    let groups = context.groups(activities);
    if groups.is_none() {
        found.leave_out(&COUNTED, &undivided(TableKind::Activities, context));
    }
    let groups = groups.unwrap_or(Groups::All);
    found.notes.extend(groups.note(TableKind::Activities, context.by));
    let labels = texts(activities, Field::Kind);
    let of_label: Vec<Kind> = labels.map_or(Vec::new(), |labels| {
        let texts = labels.labels();
        (0..texts.len()).map(|code| words::kind(texts.get(code).unwrap_or_default())).collect()
    });
    let kind = |row: usize| {
        let code = labels.and_then(|labels| labels.code(row));
        code.map_or(Kind::Other, |code| of_label[code as usize])
    };
    let tasks = Tasks::of(activities, &|row| kind(row) == Kind::Task);
    let cutoff = context.cutoff();
    let mut buckets: Buckets<Counted> = Buckets::new(context);
    let mut past = 0;
    for (row, at) in at.iter().enumerate() {
        let kind = kind(row);
        let due = tasks.due.and_then(|due| due[row]).filter(|_| kind == Kind::Task);
        let Some(place) = due.or(*at).and_then(|at| context.place(at)) else {
            past += 1;
            continue;
        };
        let task = match kind {
            Kind::Task => tasks.task(row, cutoff),
            _ => Task::default(),
        };
        buckets.add(groups.of(row), place, |own| {
            own.all += 1;
            own.calls += u64::from(kind == Kind::Call);
            own.meetings += u64::from(kind == Kind::Meeting);
            own.done += u64::from(task.is_done);
            own.overdue += u64::from(task.is_overdue);
        });
    }
    found.notes.extend(outside(TableKind::Activities, past));
    // What nobody logs is unknown and not zero.
    let has = |kind: Kind| of_label.contains(&kind);
    let has_tasks = has(Kind::Task);
    let told = [
        (has(Kind::Call), Kpi::Calls, "no activity is called a call", "нет активностей «звонок»"),
        (
            has(Kind::Meeting),
            Kpi::Meetings,
            "no activity is called a meeting",
            "нет активностей «встреча»",
        ),
        (has_tasks, Kpi::TasksDone, "no activity is called a task", "нет активностей «задача»"),
        (has_tasks, Kpi::TasksOverdue, "no activity is called a task", "нет активностей «задача»"),
        (
            tasks.tells_done || !has_tasks,
            Kpi::TasksDone,
            "no task says whether it is done, by an outcome or a day",
            "ни одна задача не говорит, выполнена ли она: нет итога и даты выполнения",
        ),
        (
            tasks.tells_overdue || !has_tasks,
            Kpi::TasksOverdue,
            "no task says when it was due and whether it is done",
            "ни одна задача не говорит, когда её срок и выполнена ли она",
        ),
    ];
    let mut unknown = Vec::new();
    for (is_told, kpi, english, russian) in told {
        if !is_told {
            unknown.push(kpi);
            found.leave_out(&[kpi], &Note::new(english, russian));
        }
    }
    found.rows.extend(buckets.rows(context, |own| {
        let counts = [own.all, own.calls, own.meetings, own.done, own.overdue];
        let figures = COUNTED.into_iter().zip(counts).filter(|(kpi, _)| !unknown.contains(kpi));
        figures.map(|(kpi, count)| (kpi, Some(Estimate::exact(count as f64)))).collect()
    }));
}

/// Hours from the creation of a deal to the first activity with it.
fn first_touch(context: &Context<'_>, activities: &Records, found: &mut Figures) {
    let Some(deals) = context.deals else {
        let note =
            Note::new("the export holds orders, not deals", "в выгрузке заказы, а не сделки");
        return found.leave_out(&TOUCHES, &note);
    };
    let view = View::new(deals, Some(context.as_of), None);
    if !has_times(&view, Some(activities)) {
        let note = Note::new(
            "most deals or activities are dated by the day alone, which tells no hours",
            "у большинства сделок или активностей нет времени суток: часы неизвестны",
        );
        return found.leave_out(&TOUCHES, &note);
    }
    let labels = match context.by {
        None => None,
        Some((_, field)) => match field.and_then(|field| deals.labels(field)) {
            None => {
                found.leave_out(&TOUCHES, &undivided(TableKind::Deals, context));
                None
            }
            labels => labels,
        },
    };
    let touched = touches(&view, activities);
    let mut buckets: Buckets<Vec<Lifetime>> = Buckets::new(context);
    for deal in view.rows.iter().copied() {
        let (Some(at), Some(created)) = (deals.created()[deal], view.created[deal]) else {
            continue;
        };
        let Some(place) = context.place(at) else { continue };
        let end = view.closed[deal].map_or(view.cutoff, end_of).min(view.cutoff);
        let first = touched[deal].iter().find(|at| **at >= created && **at < end);
        let seconds = (first.copied().unwrap_or(end) - created) * 86_400.0;
        // Stamps are whole seconds, and a day's share of them is not.
        let wait =
            Lifetime { length: (seconds.round() / 3_600.0).max(0.0), ended: first.is_some() };
        let group = labels.map(|labels| labels.get(deal).unwrap_or(MISSING));
        buckets.add(group, place, |own| own.push(wait));
    }
    let level = context.query.level;
    found.rows.extend(buckets.rows(context, |waits| {
        let ended = waits.iter().filter(|wait| wait.ended).map(|wait| wait.length);
        let ended: Vec<f64> = ended.collect();
        vec![
            (Kpi::FirstTouchHours, mean(&ended, level).map(Estimate::not_negative)),
            (Kpi::FirstTouchHoursMedian, median(waits, level)),
        ]
    }));
}
