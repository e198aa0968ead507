//! Figures of managers equal a slow, obvious count on generated deals.

use super::{Beside, Manager, Query, Verdict, compare};
use crate::{
    AsOf, Date, Money, Timestamp,
    analysis::{cohorts::Period, funnel::Rate},
    data::{DealRow, DealStatus, Deals, Field, RecordRow, Records, TableKind},
};
use crmstat_models::random::generator;
use rand::RngExt;

struct Made {
    owner: Option<&'static str>,
    status: DealStatus,
    amount: Option<i64>,
    /// Seconds.
    created: i64,
    closed: Option<i64>,
    /// Seconds after the creation.
    touches: Vec<i64>,
    /// Price before the discount and discount, in whole units.
    line: Option<(i64, i64)>,
}

const DAY: i64 = 86_400;
const END: i64 = 20_000;

fn made(seed: u64, deals: usize) -> Vec<Made> {
    let mut random = generator(seed);
    (0..deals)
        .map(|_| {
            let created = (END - 150) * DAY + random.random_range(1..140 * DAY);
            let closed = created + random.random_range(DAY..40 * DAY);
            let owner = ["Ann", "Bob", "Cid", ""][random.random_range(0..4)];
            let chance = if owner == "Ann" { 8 } else { 4 };
            let status = match random.random_range(0..10) {
                _ if closed >= END * DAY => DealStatus::Open,
                roll if roll < chance => DealStatus::Won,
                _ => DealStatus::Lost,
            };
            let touches: i64 = random.random_range(0..5);
            let price = random.random_range(50..500);
            Made {
                owner: Some(owner).filter(|owner| !owner.is_empty()),
                status,
                amount: (random.random_range(0..6) > 0).then(|| random.random_range(10..1000)),
                created,
                closed: (status != DealStatus::Open).then_some(closed),
                touches: (0..touches).map(|_| random.random_range(60..6 * DAY)).collect(),
                line: (random.random_range(0..3) > 0).then_some((price, price / 10)),
            }
        })
        .collect()
}

fn tables(made: &[Made]) -> (Deals, Records, Records) {
    let at = Timestamp::from_seconds;
    let mut deals = Deals::builder();
    let mut calls = Records::builder(TableKind::Activities);
    let mut lines = Records::builder(TableKind::Lines);
    for (number, deal) in made.iter().enumerate() {
        let id = number.to_string();
        let mut row = DealRow::new(deal.status).id(&*id).created(at(deal.created));
        if let Some(owner) = deal.owner {
            row = row.with(Field::Owner, owner);
        }
        if let Some(closed) = deal.closed {
            row = row.closed(at(closed));
        }
        if let Some(amount) = deal.amount {
            row = row.amount(Money::from_whole(amount).unwrap());
        }
        deals.push(row);
        for touch in &deal.touches {
            let call = RecordRow::new().with(Field::OrderId, &*id);
            calls.push(call.with(Field::At, at(deal.created + touch)));
        }
        if let Some((price, off)) = deal.line {
            let line = RecordRow::new().with(Field::OrderId, &*id);
            let line = line.with(Field::Price, Money::from_whole(price).unwrap());
            lines.push(line.with(Field::Discount, Money::from_whole(off).unwrap()));
        }
    }
    let built = (deals.build().unwrap(), calls.build().unwrap(), lines.build().unwrap());
    (built.0.result, built.1.result, built.2.result)
}

fn query() -> Query {
    Query { as_of: Some(AsOf::start_of(Date::from_days(END as i32))), ..Query::default() }
}

fn month(seconds: i64) -> Option<Date> {
    let (year, month, _) = Timestamp::from_seconds(seconds).date().to_ymd();
    Date::from_ymd(year, month, 1)
}

fn check(made: &[Made], row: &Manager) {
    let own = |deal: &&Made| row.is_team || deal.owner == row.name.as_deref();
    let within = |seconds: i64| row.period.is_none() || row.period == month(seconds);
    let deals = || made.iter().filter(own);
    let closed = |status| {
        deals().filter(move |deal| deal.status == status && within(deal.closed.unwrap_or(0)))
    };
    assert_eq!(row.created as usize, deals().filter(|deal| within(deal.created)).count());
    let (won, lost) = (closed(DealStatus::Won).count(), closed(DealStatus::Lost).count());
    assert_eq!((row.won.deals as usize, row.lost.deals as usize), (won, lost));
    let sum: i64 = closed(DealStatus::Won).filter_map(|deal| deal.amount).sum();
    assert_eq!(row.won.amount, Money::from_whole(sum).unwrap());
    assert_eq!(row.win_rate, Rate::new(won as u64, (won + lost) as u64, 0.95));
    let mut cycles: Vec<i64> = closed(DealStatus::Won)
        .map(|deal| deal.closed.unwrap() / DAY - deal.created / DAY)
        .collect();
    cycles.sort_unstable();
    let median = (won > 0).then(|| (cycles[(won - 1) / 2] + cycles[won / 2]) as f64 / 2.0);
    assert_eq!(row.cycle_days, median);
    let touched = |deal: &Made| {
        let at = deal.touches.iter().map(|touch| deal.created + touch);
        at.filter(|at| *at < END * DAY && within(*at)).count()
    };
    let touches: usize = deals().map(touched).sum();
    assert_eq!(row.activities, Some(touches as u64));
    let waits = deals().filter(|deal| within(deal.created)).filter_map(|deal| {
        let first = deal.touches.iter().min()?;
        (deal.created + first < END * DAY).then_some(*first)
    });
    let mut waits: Vec<i64> = waits.collect();
    waits.sort_unstable();
    let soon = waits.iter().filter(|wait| **wait <= 3600).count() as u64;
    assert_eq!(row.within_hour, Rate::new(soon, row.created, 0.95));
    if let Some(hours) = row.response_hours {
        let n = waits.len();
        let median = (waits[(n - 1) / 2] + waits[n / 2]) as f64 / 7200.0;
        assert!((hours - median).abs() < 1e-6, "{hours} {median}");
    }
    let lines = || closed(DealStatus::Won).filter_map(|deal| deal.line);
    let share = lines().map(|(_, off)| off).sum::<i64>() as f64
        / lines().map(|(price, _)| price).sum::<i64>() as f64;
    assert_eq!(row.discount_share, Some(share).filter(|share| !share.is_nan()));
    match row.period {
        None => {
            let open = deals().filter(|deal| deal.status == DealStatus::Open).count();
            assert_eq!(row.open.unwrap().deals as usize, open);
        }
        Some(_) => assert_eq!(row.open, None),
    }
}

#[test]
fn figures_are_those_of_a_slow_count() {
    for seed in 0..10 {
        let made = made(seed, 20 + 60 * seed as usize);
        let (deals, calls, lines) = tables(&made);
        let beside = Beside { activities: Some(&calls), lines: Some(&lines), ..Beside::default() };
        let query = Query { period: Some(Period::Month), ..query() };
        let team = compare(&deals, beside, &query).unwrap();
        assert!(team.rows[0].is_team && team.rows[0].period.is_none());
        for row in &team.rows {
            check(&made, row);
        }
        let sum = |of: fn(&Manager) -> u64| {
            let managers = team.rows.iter().filter(|row| !row.is_team && row.period.is_none());
            managers.map(of).sum::<u64>()
        };
        assert_eq!(sum(|row| row.won.deals), team.rows[0].won.deals);
        assert_eq!(sum(|row| row.created), made.len() as u64);
    }
}

#[test]
fn buckets_of_speed_are_those_of_a_slow_count() {
    let made = made(3, 500);
    let (deals, calls, _) = tables(&made);
    let beside = Beside { activities: Some(&calls), ..Beside::default() };
    let speed = compare(&deals, beside, &query()).unwrap().speed.unwrap();
    let hours = |deal: &Made| {
        let lasted = deal.closed.unwrap() - deal.created;
        let first = deal.touches.iter().filter(|touch| **touch <= lasted).min()?;
        Some(*first as f64 / 3600.0)
    };
    let closed = || made.iter().filter(|deal| deal.closed.is_some());
    for bucket in &speed.buckets {
        let own = |deal: &&Made| match hours(deal) {
            None => bucket.is_never,
            Some(hours) => {
                !bucket.is_never
                    && bucket.from_hours.is_none_or(|from| hours > from)
                    && bucket.to_hours.is_none_or(|to| hours <= to)
            }
        };
        let all = closed().filter(own).count() as u64;
        let won = closed().filter(own).filter(|deal| deal.status == DealStatus::Won).count() as u64;
        assert_eq!(bucket.win_rate, Rate::new(won, all, 0.95));
    }
    assert!(speed.difference.is_some());
}

#[test]
fn the_better_manager_is_told_apart_and_the_newcomer_is_not() {
    let mut all = made(6, 900);
    all.retain(|deal| deal.owner.is_some());
    let mut row = made(6, 1).remove(0);
    (row.owner, row.status, row.closed) = (Some("New"), DealStatus::Won, Some(row.created + DAY));
    all.push(row);
    let (deals, _, _) = tables(&all);
    let team = compare(&deals, Beside::default(), &query()).unwrap();
    let of = |name: &str| team.rows.iter().find(|row| row.name.as_deref() == Some(name)).unwrap();
    assert_eq!(of("Ann").verdict, Some(Verdict::Above));
    assert_eq!(of("New").verdict, Some(Verdict::TooFew));
    assert!(of("New").shrunk.unwrap().value < 0.95 && of("New").win_rate.unwrap().value == 1.0);
    assert_eq!(team.speed, None);
}

#[test]
fn managers_alike_are_not_told_apart_more_often_than_the_level_allows() {
    let mut apart = 0;
    for seed in 0..40 {
        let mut all = made(100 + seed, 400);
        // Owners that do not depend on the outcome.
        for (number, deal) in all.iter_mut().enumerate() {
            deal.owner = Some(["A", "B", "C", "D", "E"][number % 5]);
        }
        let (deals, _, _) = tables(&all);
        let team = compare(&deals, Beside::default(), &query()).unwrap();
        let told = |row: &&Manager| matches!(row.verdict, Some(Verdict::Above | Verdict::Below));
        apart += team.rows.iter().filter(told).count();
    }
    // 200 managers at 5 %.
    assert!(apart <= 10, "{apart}");
}

#[test]
fn days_without_times_tell_no_hours_and_deals_need_owners() {
    let day = Date::from_days(100);
    let deals = Deals::builder()
        .row(DealRow::new(DealStatus::Won).id("1").created(day).with(Field::Owner, "Ann"))
        .build()
        .unwrap()
        .result;
    let call = RecordRow::new().with(Field::OrderId, "1").with(Field::At, day);
    let calls = Records::builder(TableKind::Activities).row(call).build().unwrap().result;
    let beside = Beside { activities: Some(&calls), ..Beside::default() };
    let team = compare(&deals, beside, &Query::default()).unwrap();
    assert_eq!((team.rows[0].response_hours, team.speed), (None, None));
    assert_eq!(team.rows[0].activities, Some(1));
    let nobody = Deals::builder().row(DealRow::new(DealStatus::Won).id("1")).build().unwrap();
    assert!(compare(&nobody.result, beside, &Query::default()).unwrap_err().is_data());
}

#[test]
fn plans_are_laid_over_periods_and_add_up_for_the_team() {
    let made = made(4, 300);
    let (deals, _, _) = tables(&made);
    let months: Vec<Date> = {
        let mut months: Vec<Date> = made.iter().filter_map(|deal| month(deal.created)).collect();
        months.sort();
        months.dedup();
        months
    };
    let row = |manager: Option<&str>, day: Date, value: f64| super::PlanRow {
        manager: manager.map(str::to_owned),
        day,
        value,
    };
    let mut plan: Vec<super::PlanRow> = Vec::new();
    for (number, day) in months.iter().enumerate() {
        plan.push(row(Some("Ann"), *day, 1000.0 + number as f64));
        plan.push(row(Some("Bob"), *day, 500.0));
    }
    plan.push(row(Some("Nobody here"), months[0], 9.0));
    plan.push(row(Some("Ann"), Date::from_days(END as i32 + 40), 9.0));
    let asked = Query { plan: plan.clone(), period: Some(Period::Month), ..query() };
    let team = compare(&deals, Beside::default(), &asked).unwrap();
    for own in &team.rows {
        let is_in = |day: Date| own.period.is_none() || own.period == Some(day);
        let expected: f64 = plan
            .iter()
            .filter(|row| matches!(row.manager.as_deref(), Some("Ann" | "Bob")))
            .filter(|row| row.day.days() < END as i32 && is_in(row.day))
            .filter(|row| own.is_team || row.manager.as_deref() == own.name.as_deref())
            .map(|row| row.value)
            .sum();
        assert_eq!(own.plan.unwrap_or(0.0), expected, "{own:?}");
        let won = own.won.amount.to_f64();
        assert_eq!(own.attainment, own.plan.map(|plan| won / plan));
    }
    assert_eq!(team.notices.iter().filter(|notice| notice.rows == 1).count(), 2);
    // Quarters say nothing of months.
    let quarter = |month| row(None, Date::from_ymd(2024, month, 1).unwrap(), 1.0);
    let asked =
        Query { plan: vec![quarter(1), quarter(4)], period: Some(Period::Month), ..query() };
    assert!(compare(&deals, Beside::default(), &asked).unwrap_err().is_usage());
}

#[test]
fn plans_are_read_as_people_write_them() {
    let file = |text: &str| crate::ingest::ExportFile::bytes("plan.csv", text.as_bytes().to_vec());
    let rows = super::PlanRow::read(file("Менеджер,Период,План\nAnn,2025-Q3,100\n,2025-02,7.5\n"))
        .unwrap();
    let told: Vec<(Option<&str>, String, f64)> =
        rows.iter().map(|row| (row.manager.as_deref(), row.day.to_string(), row.value)).collect();
    let expected =
        [(None, "2025-02-01".to_owned(), 7.5), (Some("Ann"), "2025-07-01".to_owned(), 100.0)];
    assert_eq!(told, expected);
    let refused = |text: &str| super::PlanRow::read(file(text)).unwrap_err().to_string();
    assert!(refused("period,who\n2025,1\n").contains("a column of values"));
    let period = refused("manager,period,value\nAnn,soon,1\n");
    assert!(period.contains("`soon` is not a period") && period.contains("plan.csv"), "{period}");
}
