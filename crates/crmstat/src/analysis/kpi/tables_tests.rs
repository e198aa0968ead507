//! KPIs of activities, tickets and leads beside slow and obvious ones.

use super::{Kpi, KpiRow, Kpis, Query, of_orders, tests::same};
use crate::{
    AsOf, Date, Money, Timestamp, Window,
    analysis::sales::Period,
    data::{DealRow, DealStatus, Deals, Field, OrderRow, Orders, RecordRow, Records, TableKind},
};
use proptest::prelude::*;
use std::collections::BTreeSet;

const START: i32 = 19_723; // 2024-01-01
const DAYS: i32 = 120;
const HOUR: i64 = 3_600;
const MANAGERS: [Option<&str>; 3] = [Some("Ann"), Some("Bob"), None];
const KINDS: [&str; 5] = ["Call", "Meeting", "Task", "email", "Complaint"];
const OUTCOMES: [&str; 3] = ["Completed", "Not completed", "in progress"];

fn at(hours: i64) -> Timestamp {
    Timestamp::from_seconds(i64::from(START) * 24 * HOUR + hours * HOUR)
}

fn end() -> i64 {
    i64::from(DAYS) * 24
}

/// One row of activities: manager, kind, hour, outcome, hours from then to the day when it is due.
type Activity = (usize, usize, i64, usize, Option<i64>);
/// One ticket: manager, hour, hours to the answer and to the resolution, whether it is a complaint, score.
type Ticket = (usize, i64, Option<i64>, Option<i64>, bool, Option<u8>);

fn orders() -> Orders {
    let mut builder = Orders::builder();
    for day in 0..DAYS / 2 {
        let owner = if day % 3 == 0 { "Ann" } else { "Bob" };
        let row = OrderRow::new("C", Date::from_days(START + 2 * day), Money::from_units(10_000));
        builder.push(row.id(&format!("{day:03}")[..]).with(Field::Owner, owner));
    }
    builder.build().unwrap().complete().unwrap()
}

fn records<'a>(kind: TableKind, rows: impl IntoIterator<Item = RecordRow<'a>>) -> Records {
    let mut builder = Records::builder(kind);
    for row in rows {
        builder.push(row);
    }
    builder.build().unwrap().complete().unwrap()
}

fn activities(rows: &[Activity]) -> Records {
    let row = |(owner, kind, hour, outcome, due): &Activity| {
        let row = RecordRow::new()
            .with(Field::CustomerId, "C")
            .with(Field::At, at(*hour))
            .with(Field::Kind, KINDS[*kind])
            .with(Field::Outcome, OUTCOMES[*outcome]);
        let row = match MANAGERS[*owner] {
            Some(owner) => row.with(Field::Owner, owner),
            None => row,
        };
        match due {
            Some(due) => row.with(Field::DueAt, at(hour + due)),
            None => row,
        }
    };
    records(TableKind::Activities, rows.iter().map(row))
}

fn tickets(rows: &[Ticket]) -> Records {
    let row = |(owner, hour, answer, resolved, complains, score): &Ticket| {
        let kind = if *complains { "Жалоба" } else { "Вопрос" };
        let row = RecordRow::new().with(Field::OpenedAt, at(*hour)).with(Field::Kind, kind);
        let optional = [
            (Field::FirstAnswerAt, answer.map(|wait| at(hour + wait))),
            (Field::ResolvedAt, resolved.map(|wait| at(hour + wait))),
        ];
        let row = optional.into_iter().fold(row, |row, (field, at)| match at {
            Some(at) => row.with(field, at),
            None => row,
        });
        let row = match MANAGERS[*owner] {
            Some(owner) => row.with(Field::Owner, owner),
            None => row,
        };
        match score {
            Some(score) => row.with(Field::Satisfaction, f64::from(*score)),
            None => row,
        }
    };
    records(TableKind::Tickets, rows.iter().map(row))
}

fn query() -> Query {
    let until = Some(AsOf::start_of(Date::from_days(START + DAYS)));
    Query {
        window: Window { since: None, until },
        by: Some("manager".to_owned()),
        ..Query::default()
    }
}

fn month(hour: i64) -> i32 {
    Period::Month.number(at(hour).date())
}

fn row<'a>(
    kpis: &'a Kpis,
    kpi: Kpi,
    period: Option<i32>,
    group: Option<&str>,
) -> Option<&'a KpiRow> {
    kpis.rows().iter().find(|row| {
        row.kpi == kpi
            && row.period.map(|period| period.number) == period
            && row.group.as_deref() == group
    })
}

fn value(kpis: &Kpis, kpi: Kpi, period: Option<i32>, group: Option<&str>) -> Option<f64> {
    row(kpis, kpi, period, group).map(|row| row.estimate.value)
}

/// Periods and groups of which something may be asked.
fn cells() -> Vec<(Option<i32>, Option<&'static str>)> {
    let months = (month(0)..=month(end() - 1)).map(Some).chain([None]);
    let groups = [None, Some("Ann"), Some("Bob"), Some("(none)")];
    months.flat_map(|month| groups.map(|group| (month, group))).collect()
}

fn is_in(cell: (Option<i32>, Option<&str>), hour: i64, owner: usize) -> bool {
    let own = MANAGERS[owner].unwrap_or("(none)");
    cell.0.is_none_or(|number| number == month(hour)) && cell.1.is_none_or(|group| group == own)
}

/// The time by which half of the waits have ended, by a walk through all times; waits are length and whether they
/// ended.
fn slow_median(waits: &[(i64, bool)]) -> Option<f64> {
    let times: BTreeSet<i64> = waits.iter().filter(|wait| wait.1).map(|wait| wait.0).collect();
    let mut share = 1.0;
    for time in times {
        let at_risk = waits.iter().filter(|wait| wait.0 >= time).count() as f64;
        let ended = waits.iter().filter(|wait| wait.1 && wait.0 == time).count() as f64;
        share *= 1.0 - ended / at_risk;
        if share <= 0.5 + 1e-12 {
            return Some(time as f64);
        }
    }
    None
}

fn slow_mean(waits: &[(i64, bool)]) -> Option<f64> {
    let ended: Vec<f64> = waits.iter().filter(|wait| wait.1).map(|wait| wait.0 as f64).collect();
    (!ended.is_empty()).then(|| ended.iter().sum::<f64>() / ended.len() as f64)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn activities_are_those_of_a_slow_count(
        mut rows in prop::collection::vec(
            (0_usize..3, 0_usize..5, 0_i64..3_000, 0_usize..3, prop::option::of(0_i64..200)), 1..60,
        ),
    ) {
        // A table that names nobody cannot be divided.
        rows[0].0 = 0;
        let kpis = of_orders(&orders(), None, &query(), &[activities(&rows)]).unwrap();
        let has = |kind: usize| rows.iter().any(|row| row.1 == kind);
        // The instant by which an activity counts, and whether the table reaches it.
        let dated = |row: &Activity| match row {
            (_, 2, hour, _, Some(due)) => hour + due,
            (_, _, hour, _, _) => *hour,
        };
        let counted: Vec<&Activity> = rows.iter().filter(|row| dated(row) < end()).collect();
        let first = counted.iter().map(|row| month(dated(row))).min();
        let has_due = rows.iter().any(|row| row.4.is_some());
        let tells_done = rows.iter().any(|row| row.1 == 2 && row.3 < 2);
        for cell in cells() {
            let own: Vec<&&Activity> =
                counted.iter().filter(|row| is_in(cell, dated(row), row.0)).collect();
            let is_known = first.is_some_and(|first| cell.0.is_none_or(|number| number >= first))
                && (cell.1.is_none()
                    || counted.iter().any(|row| MANAGERS[row.0].unwrap_or("(none)") == cell.1.unwrap()));
            let expect = |kpi: Kpi, is_told: bool, is: &dyn Fn(&Activity) -> bool| {
                let count = own.iter().filter(|row| is(row)).count() as f64;
                let found = value(&kpis, kpi, cell.0, cell.1);
                prop_assert_eq!(found, (is_known && is_told).then_some(count), "{:?} {:?}", kpi, cell);
                Ok(())
            };
            expect(Kpi::Activities, true, &|_| true)?;
            expect(Kpi::Calls, has(0), &|row| row.1 == 0)?;
            expect(Kpi::Meetings, has(1), &|row| row.1 == 1)?;
            expect(Kpi::TasksDone, has(2) && tells_done, &|row| row.1 == 2 && row.3 == 0)?;
            expect(Kpi::TasksOverdue, has(2) && tells_done && has_due, &|row| {
                let Some(due) = row.4 else { return false };
                let due = row.2 + due;
                // A stamp at midnight is a day.
                let over = if due % 24 == 0 { due + 24 } else { due };
                row.1 == 2 && row.3 != 0 && over <= end()
            })?;
        }
    }

    #[test]
    fn tickets_are_those_of_a_slow_count(
        mut rows in prop::collection::vec(
            (
                0_usize..3, 0_i64..2_880, prop::option::of(0_i64..300), prop::option::of(0_i64..900),
                prop::bool::weighted(0.3), prop::option::of(0_u8..=10),
            ),
            1..50,
        ),
    ) {
        rows[0].0 = 0;
        let kpis = of_orders(&orders(), None, &query(), &[tickets(&rows)]).unwrap();
        let first = rows.iter().map(|row| month(row.1)).min().unwrap();
        let told = |of: fn(&Ticket) -> Option<i64>| rows.iter().any(|row| of(row).is_some());
        let has_complaint = rows.iter().any(|row| row.4);
        let is_nps = rows.iter().any(|row| row.5.is_some_and(|score| score > 5));
        for cell in cells() {
            let own: Vec<&Ticket> = rows.iter().filter(|row| is_in(cell, row.1, row.0)).collect();
            let has_group = |row: &Ticket| {
                cell.1.is_none_or(|group| group == MANAGERS[row.0].unwrap_or("(none)"))
            };
            let is_known = cell.0.is_none_or(|number| number >= first) && rows.iter().any(has_group);
            let count = is_known.then_some(own.len() as f64);
            prop_assert_eq!(value(&kpis, Kpi::Tickets, cell.0, cell.1), count);
            let before = |hour: i64, wait: Option<i64>| wait.filter(|wait| hour + wait < end());
            let answers: Vec<(i64, bool)> = own.iter().map(|row| {
                let waiting = before(row.1, row.3).unwrap_or(end() - row.1);
                before(row.1, row.2).map_or((waiting, false), |wait| (wait, true))
            }).collect();
            let resolutions: Vec<(i64, bool)> = own.iter().map(|row| {
                before(row.1, row.3).map_or((end() - row.1, false), |wait| (wait, true))
            }).collect();
            for (waits, is_told, mean, median) in [
                (answers, told(|row| row.2), Kpi::FirstResponseHours, Kpi::FirstResponseHoursMedian),
                (resolutions, told(|row| row.3), Kpi::ResolutionHours, Kpi::ResolutionHoursMedian),
            ] {
                let expected = slow_mean(&waits).filter(|_| is_told);
                prop_assert!(same(value(&kpis, mean, cell.0, cell.1), expected), "{mean:?} {cell:?}");
                let expected = slow_median(&waits).filter(|_| is_told);
                prop_assert!(same(value(&kpis, median, cell.0, cell.1), expected), "{median:?} {cell:?}");
                for kpi in [mean, median] {
                    if let Some(row) = row(&kpis, kpi, cell.0, cell.1)
                        && let Some((lower, upper)) = row.estimate.interval
                    {
                        prop_assert!(lower <= row.estimate.value && row.estimate.value <= upper);
                    }
                }
            }
            let complaints = own.iter().filter(|row| row.4).count() as f64;
            prop_assert_eq!(
                value(&kpis, Kpi::Complaints, cell.0, cell.1),
                (is_known && has_complaint).then_some(complaints)
            );
            let placed = (0..DAYS / 2).filter(|day| {
                let owner = usize::from(day % 3 != 0);
                is_in(cell, i64::from(2 * day) * 24, owner)
            }).count() as f64;
            let expected = (is_known && has_complaint && placed > 0.0).then_some(complaints / placed);
            prop_assert!(same(value(&kpis, Kpi::ComplaintsPerOrder, cell.0, cell.1), expected));
            let scores: Vec<u8> = own.iter().filter_map(|row| row.5).collect();
            let share = |is: fn(u8) -> bool| {
                scores.iter().filter(|score| is(**score)).count() as f64 / scores.len() as f64
            };
            let nps = (is_nps && !scores.is_empty())
                .then(|| 100.0 * (share(|score| score >= 9) - share(|score| score <= 6)));
            prop_assert!(same(value(&kpis, Kpi::Nps, cell.0, cell.1), nps));
            let csat = (!is_nps && !scores.is_empty()).then(|| share(|score| score >= 4));
            prop_assert!(same(value(&kpis, Kpi::Csat, cell.0, cell.1), csat));
        }
    }
}

fn deals() -> Deals {
    let deal =
        |id: &'static str, status, created: i64, closed: Option<i64>, owner: &'static str| {
            DealRow::new(status)
                .id(id)
                .amount(Money::from_whole(100))
                .created(at(created))
                .closed(closed.map(at))
                .with(Field::Owner, owner)
        };
    let mut builder = Deals::builder();
    builder.push(deal("1", DealStatus::Won, 10, Some(200), "Ann"));
    builder.push(deal("2", DealStatus::Lost, 11, Some(300), "Ann"));
    builder.push(deal("3", DealStatus::Open, 35, None, "Bob"));
    builder.build().unwrap().complete().unwrap()
}

#[test]
fn leads_take_the_outcome_of_their_deals_and_the_manager_too() {
    let lead = |hour: i64, deal: Option<&'static str>, status: &'static str| {
        let row = RecordRow::new().with(Field::CreatedAt, at(hour)).with(Field::Status, status);
        match deal {
            Some(deal) => row.with(Field::OrderId, deal),
            None => row,
        }
    };
    let leads = records(
        TableKind::Leads,
        [
            lead(1, Some("1"), "Converted"),
            lead(2, Some("2"), "Converted"),
            lead(3, Some("3"), "Converted"),
            lead(4, None, "Junk"),
            lead(900, None, "New"),
        ],
    );
    let kpis = of_orders(&orders(), Some(&deals()), &query(), &[leads]).unwrap();
    let january = Some(month(0));
    for (kpi, group, expected) in [
        (Kpi::Leads, None, Some(4.0)),
        (Kpi::LeadConversion, None, Some(0.25)),
        (Kpi::LostLeadShare, None, Some(0.5)),
        (Kpi::Leads, Some("Ann"), Some(2.0)),
        (Kpi::LeadConversion, Some("Ann"), Some(0.5)),
        (Kpi::LostLeadShare, Some("(none)"), Some(1.0)),
        // Deals keep what only they tell.
        (Kpi::WinRate, Some("Ann"), Some(0.5)),
    ] {
        assert_eq!(value(&kpis, kpi, january, group), expected, "{kpi:?} {group:?}");
    }
    assert_eq!(value(&kpis, Kpi::Leads, Some(month(900)), None), Some(1.0));
    assert!(kpis.notes().iter().any(|note| note.text(crate::Lang::En).contains("of their deals")));
}

#[test]
fn the_first_touch_is_waited_for_until_the_close() {
    let touch = |deal: &'static str, hour: i64| {
        RecordRow::new().with(Field::OrderId, deal).with(Field::At, at(hour))
    };
    // The first is touched after 5 hours, the second after its close, the third never.
    let calls = records(TableKind::Activities, [touch("1", 15), touch("1", 40), touch("2", 301)]);
    let kpis = of_orders(&orders(), Some(&deals()), &query(), &[calls]).unwrap();
    let found = |kpi, group| row(&kpis, kpi, None, group).map(|row| row.estimate);
    let mean = found(Kpi::FirstTouchHours, None).unwrap();
    assert_eq!((mean.value, mean.interval, mean.base), (5.0, None, Some(1)));
    // One of three has ended: more than half wait on.
    assert_eq!(found(Kpi::FirstTouchHoursMedian, None), None);
    assert_eq!(found(Kpi::FirstTouchHoursMedian, Some("Ann")).unwrap().value, 5.0);
    assert_eq!(found(Kpi::FirstTouchHours, Some("Bob")), None);
}

#[test]
fn what_no_table_tells_is_left_out_with_the_reason() {
    let left = |kpis: &Kpis, kpi: Kpi| {
        let note = kpis.left_out().iter().find(|(own, _)| *own == kpi);
        note.map(|(_, note)| note.text(crate::Lang::En).to_owned())
    };
    let none = of_orders(&orders(), None, &Query::default(), &[]).unwrap();
    assert_eq!(left(&none, Kpi::Calls).unwrap(), "no table of activities is given");
    assert_eq!(left(&none, Kpi::Tickets).unwrap(), "no table of tickets is given");
    let calls = activities(&[(0, 0, 5, 2, None), (0, 2, 6, 2, None)]);
    let kpis = of_orders(&orders(), None, &Query::default(), &[calls]).unwrap();
    assert_eq!(value(&kpis, Kpi::Calls, None, None), Some(1.0));
    assert!(left(&kpis, Kpi::Meetings).unwrap().contains("called a meeting"));
    assert!(left(&kpis, Kpi::TasksDone).unwrap().contains("whether it is done"));
    assert!(left(&kpis, Kpi::FirstTouchHours).unwrap().contains("not deals"));
    assert_eq!(value(&kpis, Kpi::TasksDone, None, None), None);
    // By a column that activities do not have and nobody beside them.
    let query = Query { by: Some("product".to_owned()), ..Query::default() };
    let mut builder = Orders::builder();
    let day = Date::from_days(START);
    builder.push(OrderRow::new("C", day, Money::from_units(1)).with(Field::Product, "tea"));
    let orders = builder.build().unwrap().complete().unwrap();
    let kpis = of_orders(&orders, None, &query, &[activities(&[(0, 0, 5, 2, None)])]).unwrap();
    assert_eq!(value(&kpis, Kpi::Calls, None, None), Some(1.0));
    assert!(left(&kpis, Kpi::Calls).unwrap().contains("not divided by `product`"));
}
