//! Every figure of a funnel equals a slow, obvious count on generated deals.

use super::{Beside, DealFunnel, MoneyStage, Query, Rate, Stage, StageOrder, analyse};
use crate::{
    AsOf, Date, Money,
    analysis::cohorts::Period,
    data::{
        ColumnKey, DealFinding, DealRow, DealStatus, Deals, Field, Finding, RecordRow, Records,
        TableKind,
    },
    ingest::{Export, ReadOptions},
};
use crmstat_models::random::{Generator, generator};
use rand::RngExt;
use std::collections::{BTreeMap, BTreeSet};

/// One generated deal, as somebody would write it down.
#[derive(Clone, Debug)]
struct Made {
    id: String,
    customer: String,
    owner: &'static str,
    status: DealStatus,
    amount: Option<i64>,
    created: i32,
    closed: Option<i32>,
    reason: Option<&'static str>,
    /// Stage and day, in time.
    way: Vec<(usize, i32)>,
}

const STAGES: [&str; 4] = ["New", "Demo", "Offer", "Contract"];
const OWNERS: [&str; 3] = ["Ann", "Bob", "Cid"];
const END: i32 = 20_000;

fn day(day: i32) -> Date {
    Date::from_days(day)
}

/// Deals that skip stages, go back, lack amounts, and of which some are in no history.
fn made(seed: u64, deals: usize) -> Vec<Made> {
    let mut random = generator(seed);
    let roll = |random: &mut Generator, to: i32| random.random_range(0..to);
    (0..deals)
        .map(|number| {
            let created = END - 200 + roll(&mut random, 190);
            let (mut at, mut way, mut stage) = (created, Vec::new(), 0_usize);
            let steps = roll(&mut random, 6);
            for _ in 0..steps {
                way.push((stage, at));
                at += 1 + roll(&mut random, 30);
                stage = match roll(&mut random, 10) {
                    0 => stage.saturating_sub(1),
                    1 => stage + 2,
                    _ => stage + 1,
                };
                if stage >= STAGES.len() || at >= END {
                    break;
                }
            }
            let closed = (roll(&mut random, 4) > 0 && at < END).then_some(at);
            let status = match closed {
                None => DealStatus::Open,
                Some(_) if roll(&mut random, 2) == 0 => DealStatus::Won,
                Some(_) => DealStatus::Lost,
            };
            Made {
                id: format!("D{number:04}"),
                customer: format!("C{}", roll(&mut random, 40)),
                owner: OWNERS[roll(&mut random, 3) as usize],
                status,
                amount: (roll(&mut random, 5) > 0).then(|| 100 + i64::from(roll(&mut random, 900))),
                created,
                closed,
                reason: (status == DealStatus::Lost && roll(&mut random, 3) > 0)
                    .then(|| ["Price", "Rival"][roll(&mut random, 2) as usize]),
                way,
            }
        })
        .collect()
}

fn deals_of(made: &[Made]) -> Deals {
    let mut builder = Deals::builder();
    for deal in made {
        let mut row = DealRow::new(deal.status)
            .id(&*deal.id)
            .customer(&*deal.customer)
            .created(day(deal.created))
            .with(Field::Owner, deal.owner);
        if let Some(closed) = deal.closed {
            row = row.closed(day(closed));
        }
        if let Some(amount) = deal.amount {
            row = row.amount(Money::from_whole(amount).unwrap());
        }
        if let Some(reason) = deal.reason {
            row = row.with(Field::LostReason, reason);
        }
        if let Some((stage, _)) = deal.way.last() {
            row = row.with(Field::Stage, STAGES[*stage]);
        }
        builder.push(row);
    }
    builder.build().unwrap().result
}

fn history_of(made: &[Made]) -> Records {
    let mut builder = Records::builder(TableKind::History);
    for deal in made {
        for (stage, at) in &deal.way {
            let row = RecordRow::new()
                .with(Field::OrderId, &*deal.id)
                .with(Field::Stage, STAGES[*stage])
                .with(Field::EnteredAt, day(*at));
            builder.push(row);
        }
    }
    builder.build().unwrap().result
}

fn query() -> Query {
    Query {
        as_of: Some(AsOf::start_of(day(END))),
        stages: STAGES.map(str::to_owned).to_vec(),
        ..Query::default()
    }
}

fn with_history(made: &[Made], query: &Query) -> DealFunnel {
    let history = history_of(made);
    let beside = Beside { history: Some(&history), ..Beside::default() };
    analyse(&deals_of(made), beside, query).unwrap()
}

/// The deals that a stage's figures come from, one by one.
fn slow_stage(made: &[Made], stage: usize) -> BTreeMap<&'static str, u64> {
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut customers = BTreeSet::new();
    for deal in made.iter().filter(|deal| !deal.way.is_empty()) {
        let visited: Vec<usize> = deal.way.iter().map(|(stage, _)| *stage).collect();
        // Entries of the same stage in a row are one visit.
        let mut visits = visited.clone();
        visits.dedup();
        let furthest = *visits.iter().max().unwrap();
        let was_there = visits.contains(&stage);
        let passed = furthest > stage || deal.status == DealStatus::Won;
        if !was_there && !passed {
            continue;
        }
        let mut count = |name, yes: bool| *counts.entry(name).or_default() += u64::from(yes);
        count("reached", true);
        count("entered", was_there);
        count("skipped", !was_there);
        count("moved_on", passed);
        count("died", !passed && deal.status == DealStatus::Lost);
        count("open", !passed && deal.status == DealStatus::Open);
        count("re_entered", visits.iter().filter(|at| **at == stage).count() > 1);
        count("won", deal.status == DealStatus::Won);
        count("lost", deal.status == DealStatus::Lost);
        customers.insert(&*deal.customer);
        count("unknown", deal.amount.is_none());
        *counts.entry("amount").or_default() += deal.amount.unwrap_or(0) as u64;
    }
    counts.insert("customers", customers.len() as u64);
    counts
}

/// The share of stays that last longer than `length`, as the product over all earlier days.
fn slow_survival(stays: &[(i32, bool)], length: i32) -> f64 {
    let mut share = 1.0;
    for at in 0..=length {
        let at_risk = stays.iter().filter(|(stay, _)| *stay >= at).count() as f64;
        let ended = stays.iter().filter(|(stay, ended)| *stay == at && *ended).count() as f64;
        if at_risk > 0.0 {
            share *= 1.0 - ended / at_risk;
        }
    }
    share
}

fn slow_stays(made: &[Made], stage: usize) -> Vec<(i32, bool)> {
    let mut stays = Vec::new();
    for deal in made {
        let mut way = deal.way.clone();
        way.dedup_by_key(|(stage, _)| *stage);
        for (place, (at_stage, entered)) in way.iter().enumerate() {
            let left = way.get(place + 1).map(|(_, at)| *at).or(deal.closed);
            if *at_stage == stage {
                stays.push((left.unwrap_or(END) - entered, left.is_some()));
            }
        }
    }
    stays
}

#[test]
fn stages_are_those_of_a_slow_count() {
    for seed in 0..30 {
        let made = made(seed, 1 + 37 * seed as usize);
        let found = with_history(&made, &query());
        let stages = &found.whole().stages;
        assert_eq!(stages.len(), STAGES.len());
        for (at, stage) in stages.iter().enumerate() {
            let slow = slow_stage(&made, at);
            let of = |name| slow.get(name).copied().unwrap_or(0);
            let told = |count: Option<u64>| count.unwrap();
            assert_eq!(stage.name, STAGES[at]);
            assert_eq!(told(stage.reached), of("reached"), "seed {seed}");
            assert_eq!(told(stage.entered), of("entered"));
            assert_eq!(told(stage.skipped), of("skipped"));
            assert_eq!(told(stage.moved_on), of("moved_on"));
            assert_eq!(told(stage.died), of("died"));
            assert_eq!(told(stage.open), of("open"));
            assert_eq!(told(stage.re_entered), of("re_entered"));
            assert_eq!(told(stage.customers), of("customers"));
            let worth = stage.worth.unwrap();
            assert_eq!((worth.deals, worth.without_amount()), (of("reached"), of("unknown")));
            assert_eq!(worth.amount, Money::from_whole(of("amount") as i64).unwrap());
            assert_eq!(of("reached"), of("moved_on") + of("died") + of("open"));
            let rate = |part: u64, rest: u64| Rate::new(part, part + rest, 0.95);
            assert_eq!(stage.conversion, rate(of("moved_on"), of("died")));
            assert_eq!(stage.to_won, rate(of("won"), of("lost")));
            let here = |status| {
                let stands = |deal: &&Made| {
                    deal.status == status && deal.way.last().is_some_and(|(last, _)| *last == at)
                };
                made.iter().filter(stands).count() as u64
            };
            assert_eq!(stage.here.deals, here(DealStatus::Open));
            assert_eq!(
                (stage.won_here, stage.lost_here),
                (here(DealStatus::Won), here(DealStatus::Lost))
            );
            check_stays(stage, &slow_stays(&made, at));
        }
    }
}

/// A quartile is the first length by which that share of stays has ended.
fn check_stays(stage: &Stage, stays: &[(i32, bool)]) {
    assert_eq!(stage.stays, Some(stays.len() as u64));
    for (share, found) in
        [(0.25, stage.days.lower), (0.5, stage.days.median), (0.75, stage.days.upper)]
    {
        let first = (0..400).find(|length| slow_survival(stays, *length) <= 1.0 - share + 1e-9);
        let expected = first.filter(|_| !stays.is_empty()).map(f64::from);
        assert_eq!(found, expected, "{stays:?}");
    }
}

#[test]
fn outcomes_are_those_of_a_slow_count_and_parts_add_up() {
    let made = made(5, 400);
    let query =
        Query { by: vec![Field::Owner.name().to_owned()], cohort: Some(Period::Month), ..query() };
    let found = with_history(&made, &query);
    let mut seen = 0;
    for part in &found.divisions[1..] {
        let owner = part.labels[0].clone().unwrap();
        let month = part.cohort.unwrap();
        let own: Vec<&Made> = made
            .iter()
            .filter(|deal| {
                let (year, number, _) = day(deal.created).to_ymd();
                deal.owner == owner && Date::from_ymd(year, number, 1) == Some(month)
            })
            .collect();
        assert!(!own.is_empty());
        seen += own.len();
        let of = |status| own.iter().filter(move |deal| deal.status == status);
        let all = &part.overview;
        let sum = |status| of(status).filter_map(|deal| deal.amount).sum::<i64>();
        let (won, lost) = (of(DealStatus::Won).count(), of(DealStatus::Lost).count());
        assert_eq!(all.deals.deals() as usize, own.len());
        assert_eq!(all.deals.won.deals as usize, won);
        assert_eq!(all.win_rate, Rate::new(won as u64, (won + lost) as u64, 0.95));
        let known = |status| of(status).filter(|deal| deal.amount.is_some()).count() as u64;
        for (deals, status) in [
            (all.deals.won, DealStatus::Won),
            (all.deals.lost, DealStatus::Lost),
            (all.deals.open, DealStatus::Open),
        ] {
            assert_eq!(deals.with_amount, known(status));
            assert_eq!(deals.amount, Money::from_whole(sum(status)).unwrap());
        }
        let mut cycles: Vec<i32> =
            of(DealStatus::Won).map(|deal| deal.closed.unwrap() - deal.created).collect();
        cycles.sort_unstable();
        let mean = (won > 0).then(|| f64::from(cycles.iter().sum::<i32>()) / won as f64);
        assert_eq!(all.cycle_mean_days, mean);
        let median = (won > 0)
            .then(|| f64::midpoint(f64::from(cycles[(won - 1) / 2]), f64::from(cycles[won / 2])));
        assert_eq!(all.cycle_median_days, median);
        let mean_won = sum(DealStatus::Won) as f64 / known(DealStatus::Won) as f64;
        let velocity = mean.filter(|mean| *mean > 0.0 && known(DealStatus::Won) > 0).map(|mean| {
            let rate = won as f64 / (won + lost) as f64;
            of(DealStatus::Open).count() as f64 * rate * mean_won / mean
        });
        let near = |found: Option<f64>, expected: Option<f64>| match (found, expected) {
            (Some(found), Some(expected)) => (found - expected).abs() <= 1e-9 * expected.abs(),
            (found, expected) => found == expected,
        };
        assert!(near(all.velocity, velocity), "{:?} {velocity:?}", all.velocity);
        for reason in &part.reasons {
            let such = of(DealStatus::Lost).filter(|deal| deal.reason == reason.reason.as_deref());
            assert_eq!(reason.lost.deals as usize, such.count());
        }
        let reasons: u64 = part.reasons.iter().map(|reason| reason.lost.deals).sum();
        assert_eq!(reasons as usize, lost);
    }
    assert_eq!(seen, made.len());
    // Every count of the parts adds up to that of all deals.
    let whole = found.whole();
    for (at, stage) in whole.stages.iter().enumerate() {
        let parts = || found.divisions[1..].iter().map(move |part| &part.stages[at]);
        assert_eq!(parts().filter_map(|s| s.reached).sum::<u64>(), stage.reached.unwrap());
        assert_eq!(parts().filter_map(|s| s.died).sum::<u64>(), stage.died.unwrap());
        assert_eq!(parts().map(|s| s.here.deals).sum::<u64>(), stage.here.deals);
    }
    let weighted: f64 = found.divisions[1..].iter().filter_map(|p| p.overview.weighted).sum();
    assert!((weighted - slow_weighted(&made)).abs() < 1e-6);
    assert!((whole.overview.weighted.unwrap() - slow_weighted(&made)).abs() < 1e-6);
}

/// The amounts of open deals by the share won of the closed deals that reached their stage.
fn slow_weighted(made: &[Made]) -> f64 {
    let closed = |status| made.iter().filter(move |deal| deal.status == status).count() as f64;
    let rate = closed(DealStatus::Won) / (closed(DealStatus::Won) + closed(DealStatus::Lost));
    let open = made.iter().filter(|deal| deal.status == DealStatus::Open);
    open.map(|deal| {
        let p = deal.way.last().map_or(rate, |(stage, _)| {
            let slow = slow_stage(made, *stage);
            slow["won"] as f64 / (slow["won"] + slow["lost"]) as f64
        });
        deal.amount.unwrap_or(0) as f64 * p
    })
    .sum()
}

#[test]
fn the_order_of_rows_changes_nothing() {
    let made = made(8, 150);
    let mut turned = made.clone();
    turned.reverse();
    let table = |made: &[Made]| {
        let found =
            with_history(made, &Query { by: vec![Field::Owner.name().to_owned()], ..query() });
        (serde_json::to_string(&found.divisions).unwrap(), found.attention)
    };
    let (left, right) = (table(&made), table(&turned));
    assert_eq!(left.0, right.0);
    assert_eq!(left.1, right.1);
}

#[test]
fn without_a_history_only_where_deals_stand_is_told() {
    let made = made(3, 60);
    let found = analyse(&deals_of(&made), Beside::default(), &query()).unwrap();
    for (at, stage) in found.whole().stages.iter().enumerate() {
        let stands = |deal: &&Made| {
            deal.status == DealStatus::Open && deal.way.last().is_some_and(|(last, _)| *last == at)
        };
        assert_eq!(stage.here.deals as usize, made.iter().filter(stands).count());
        assert_eq!((stage.reached, stage.moved_on, stage.died), (None, None, None));
        assert_eq!((stage.conversion, stage.days.median, stage.customers), (None, None, None));
    }
    let said = |finding: &DealFinding| {
        found.notices.iter().any(|notice| notice.finding == Finding::Deals(finding.clone()))
    };
    assert!(said(&DealFinding::NoHistory));
    assert!(said(&DealFinding::OpenWithoutAmount));
    // The order comes from nowhere if nobody gives it.
    let unordered = Query { stages: Vec::new(), ..query() };
    let found = analyse(&deals_of(&made), Beside::default(), &unordered).unwrap();
    assert_eq!(found.order, StageOrder::Unknown);
    assert!(found.notices.iter().any(|n| n.finding == Finding::Deals(DealFinding::OrderUnknown)));
}

#[test]
fn earlier_instants_do_not_know_what_came_later() {
    let all = made(11, 300);
    let cutoff = END - 60;
    // The same deals as somebody would have written them down then.
    let then: Vec<Made> = all
        .iter()
        .filter(|deal| deal.created < cutoff)
        .map(|deal| {
            let mut deal = deal.clone();
            deal.way.retain(|(_, at)| *at < cutoff);
            if deal.closed.is_some_and(|closed| closed >= cutoff) {
                deal.closed = None;
                deal.status = DealStatus::Open;
                deal.reason = None;
            }
            deal
        })
        .collect();
    let query = Query { as_of: Some(AsOf::start_of(day(cutoff))), ..query() };
    let shown =
        |made: &[Made]| serde_json::to_string(&with_history(made, &query).divisions).unwrap();
    assert_eq!(shown(&all), shown(&then));
}

#[test]
fn open_deals_that_need_a_look_are_named() {
    let text = "deal_id,customer_id,status,stage,created_at,closed_at,expected close date,amount\n\
        1,A,won,Won,2024-01-01,2024-01-11,,100\n\
        2,B,won,Won,2024-01-01,2024-01-21,,100\n\
        3,C,open,Offer,2024-01-01,,2024-03-01,50\n\
        4,D,open,Offer,2024-02-20,,2024-02-25,70\n\
        5,E,open,Offer,2024-02-25,,2024-05-01,\n\
        6,F,lost,Lost,2024-02-25,2024-02-29,,9\n";
    let mut export = Export::from_bytes("deals.csv", text, ReadOptions::default()).unwrap();
    let deals = Deals::read_with(&mut export, &super::FIELDS).unwrap().result;
    let call = |customer, day: &str| {
        let at: Date = day.parse().unwrap();
        RecordRow::new().with(Field::CustomerId, customer).with(Field::At, at)
    };
    let calls = Records::builder(TableKind::Activities)
        .row(call("C", "2024-02-02"))
        .row(call("C", "2024-03-04"))
        .row(call("D", "2024-02-19"))
        .build()
        .unwrap()
        .result;
    let beside = Beside { activities: Some(&calls), ..Beside::default() };
    let as_of = Some(AsOf::start_of("2024-03-01".parse().unwrap()));
    let found = analyse(&deals, beside, &Query { as_of, ..Query::default() }).unwrap();
    let told: Vec<_> = found
        .attention
        .iter()
        .map(|deal| {
            (deal.id.as_deref().unwrap(), deal.is_stale, deal.is_overdue, deal.is_without_activity)
        })
        .collect();
    // Nine of ten won deals took 19 days; a call before the deal was there is none of its calls.
    let expected = [
        ("4", false, true, Some(true)),
        ("3", true, false, Some(false)),
        ("5", false, false, Some(true)),
    ];
    assert_eq!(told, expected);
    let third = &found.attention[1];
    assert_eq!(third.stale_after_days, Some(19.0));
    assert_eq!(third.last_activity.unwrap().to_string(), "2024-02-02");
    assert_eq!(third.next_activity.unwrap().to_string(), "2024-03-04");
    // Labels that close a deal are no stages.
    let names: Vec<&str> = found.whole().stages.iter().map(|stage| &*stage.name).collect();
    assert_eq!(names, ["Offer"]);
}

#[test]
fn a_history_that_contradicts_the_deals_is_told() {
    let mut all = made(21, 40);
    all.retain(|deal| deal.way.len() > 1 && deal.status != DealStatus::Open);
    let history = history_of(&all);
    // One deal stands elsewhere, one was created later, one is in no history.
    all[0].way.last_mut().unwrap().0 = usize::from(all[0].way.last().unwrap().0 == 0);
    all[1].created += 5;
    let mut stranger = all[2].clone();
    stranger.id = "stranger".to_owned();
    all.push(stranger);
    let beside = Beside { history: Some(&history), ..Beside::default() };
    let found = analyse(&deals_of(&all), beside, &query()).unwrap();
    let count = |is: fn(&DealFinding) -> bool| {
        let of = |notice: &&crate::data::Notice| match &notice.finding {
            Finding::Deals(finding) => is(finding),
            _ => false,
        };
        found.notices.iter().find(of).map(|notice| notice.rows)
    };
    assert_eq!(count(|f| matches!(f, DealFinding::OtherStage { .. })), Some(1));
    assert_eq!(count(|f| matches!(f, DealFinding::StageBeforeCreation { .. })), Some(1));
    assert_eq!(count(|f| matches!(f, DealFinding::WithoutHistory { .. })), Some(1));
}

#[test]
fn stages_that_are_entered_at_once_are_told() {
    let deals = Deals::builder().row(DealRow::new(DealStatus::Open).id("1").created(day(1)));
    let deals = deals.build().unwrap().result;
    let entry = |stage: &'static str, at: i32| {
        let row = RecordRow::new().with(Field::OrderId, "1").with(Field::Stage, stage);
        row.with(Field::EnteredAt, day(at))
    };
    let said = |second: i32| {
        let history = Records::builder(TableKind::History);
        let history = history.row(entry("Demo", 2)).row(entry("Offer", second));
        let history = history.build().unwrap().result;
        let beside = Beside { history: Some(&history), ..Beside::default() };
        let found = analyse(&deals, beside, &Query::default()).unwrap();
        let at_once = DealFinding::StagesAtOnce { example: "1".to_owned() };
        found.notices.iter().any(|notice| notice.finding == Finding::Deals(at_once.clone()))
    };
    assert!(said(2) && !said(3));
}

#[test]
fn money_is_that_of_the_deals_that_reached_its_stage() {
    let deal = |id: &'static str, status, amount: Option<f64>| {
        let row = DealRow::new(status).id(id).created(day(1));
        amount.map_or(row.clone(), |amount| row.amount(amount))
    };
    let deals = Deals::builder()
        .row(deal("1", DealStatus::Open, Some(100.0)))
        .row(deal("2", DealStatus::Open, Some(40.0)))
        .row(deal("3", DealStatus::Open, None))
        .row(deal("4", DealStatus::Open, Some(7.0)))
        .build()
        .unwrap()
        .result;
    let mut history = Records::builder(TableKind::History);
    let ways = [("1", 3), ("2", 2), ("3", 2), ("4", 1)];
    let stages = ["Переговоры", "Счёт выставлен", "Счёт оплачен"];
    for (id, reached) in ways {
        for (at, stage) in stages.iter().enumerate().take(reached) {
            let row = RecordRow::new().with(Field::OrderId, id).with(Field::Stage, *stage);
            history.push(row.with(Field::EnteredAt, day(2 + at as i32)));
        }
    }
    let history = history.build().unwrap().result;
    let beside = Beside { history: Some(&history), ..Beside::default() };
    let found = analyse(&deals, beside, &Query::default()).unwrap();
    let told: Vec<_> = found
        .whole()
        .stages
        .iter()
        .map(|stage| {
            (
                stage.money,
                stage.worth.unwrap().amount.to_f64(),
                stage.worth.unwrap().without_amount(),
            )
        })
        .collect();
    let expected = [
        (None, 147.0, 1),
        (Some(MoneyStage::Invoiced), 140.0, 1),
        (Some(MoneyStage::Paid), 100.0, 0),
    ];
    assert_eq!(told, expected);
    let said = found.sentences(crate::Lang::En);
    assert!(
        said.iter().any(|said| said.contains("invoiced: 140.00 of 3 deals, 1 without")),
        "{said:?}"
    );
}

#[test]
fn deals_are_divided_by_any_column_of_theirs_or_of_their_customers() {
    let text = "deal_id,customer_id,status,stage,created_at,closed_at,amount,Colour of box,manager\n\
        1,A,won,Won,2024-01-01,2024-01-11,100,red,Ann\n\
        2,B,lost,Lost,2024-01-01,2024-01-21,100,blue,Ann\n\
        3,A,open,Offer,2024-01-01,,50,,Bob\n";
    let mut export = Export::from_bytes("deals.csv", text, ReadOptions::default()).unwrap();
    let mut columns: Vec<ColumnKey> = super::FIELDS.map(ColumnKey::from).to_vec();
    columns.extend(["Colour of box", "nothing"].map(|name| ColumnKey::Header(name.to_owned())));
    let deals = Deals::read_columns(&mut export, &columns).unwrap().result;
    let options = ReadOptions { kind: Some(TableKind::Customers), ..ReadOptions::default() };
    let customers = "customer_id,industry\nA,toys\nB,books\n";
    let mut export = Export::from_bytes("customers.csv", customers, options).unwrap();
    let customers = Records::read_with(&mut export, &["industry"]).unwrap().result;
    let of = |by: &str| {
        let query = Query { by: vec![by.to_owned()], ..Query::default() };
        let beside = Beside { customers: Some(&customers), ..Beside::default() };
        let found = analyse(&deals, beside, &query)?;
        let label = |part: &super::Division| part.labels[0].clone();
        let parts =
            found.divisions[1..].iter().map(|part| (label(part), part.overview.deals.deals()));
        Ok::<_, crate::Error>((found.by[0].clone(), parts.collect::<Vec<_>>()))
    };
    let some = |label: &str| Some(label.to_owned());
    let colours = vec![(some("blue"), 1), (some("red"), 1), (None, 1)];
    assert_eq!(of("Colour of box").unwrap(), ("Colour of box".to_owned(), colours));
    let managers = vec![(some("Ann"), 2), (some("Bob"), 1)];
    assert_eq!(of("manager").unwrap(), ("owner".to_owned(), managers));
    let industries = vec![(some("books"), 1), (some("toys"), 2)];
    for name in ["customers.industry", "industry"] {
        assert_eq!(of(name).unwrap().1, industries, "{name}");
    }
    let error = of("weather").unwrap_err();
    assert!(error.is_usage() && error.hint().unwrap().contains("Colour of box"), "{error:?}");
}

#[test]
fn what_cannot_be_asked_is_refused_with_what_can() {
    let deals = deals_of(&made(1, 20));
    let ask = |query: Query| analyse(&deals, Beside::default(), &query).unwrap_err();
    let twice = ask(Query { stages: vec!["New".into(), "new ".into()], ..Query::default() });
    assert!(twice.is_usage() && twice.to_string().contains("twice"));
    let none = ask(Query { stages: vec!["Nowhere".into()], ..Query::default() });
    assert!(none.hint().unwrap().contains("`Offer`"), "{none:?}");
    let amount = ask(Query { by: vec![Field::Amount.name().to_owned()], ..Query::default() });
    assert!(amount.hint().unwrap().contains("owner"));
    let source = ask(Query { by: vec![Field::Source.name().to_owned()], ..Query::default() });
    assert!(source.is_data());
    assert!(ask(Query { level: Some(1.0), ..Query::default() }).is_usage());
}

#[test]
fn one_deal_and_no_deal_are_no_reason_to_fail() {
    let none = Deals::builder().build().unwrap().result;
    let found = analyse(&none, Beside::default(), &Query::default()).unwrap();
    assert_eq!((found.whole().stages.len(), found.as_of), (0, None));
    let one = Deals::builder().row(DealRow::new(DealStatus::Open).id("1")).build().unwrap().result;
    let found = analyse(&one, Beside::default(), &Query::default()).unwrap();
    assert_eq!(found.whole().overview.deals.open.deals, 1);
    assert_eq!(found.whole().overview.win_rate, None);
    assert_eq!(found.stages_table(crate::Lang::Ru).unwrap().rows(), 0);
}
