//! Planted effects in orders are found, and nothing where nothing is planted.

use super::{Query, Question, ask, effects};
use crate::{
    Date, Lang,
    analysis::sales::{Measure, Period},
    ingest::{Export, ReadOptions},
};
use crmstat_models::random::generator;
use rand::RngExt;
use std::fmt::Write;

const FIRST: &str = "2022-01-03";

/// Orders of 130 weeks in three regions; from `event` on those of the North bring `share` more.
fn orders(seed: u64, event: Date, share: f64) -> String {
    let random = &mut generator(seed);
    let first: Date = FIRST.parse().unwrap();
    let mut csv = "customer_id,order_date,amount,region\n".to_owned();
    let mut market = 1.0_f64;
    for week in 0..130 {
        market = (market + 0.05 * (random.random::<f64>() - 0.5)).clamp(0.7, 1.4);
        for region in ["North", "South", "East"] {
            for order in 0..10 {
                let day = first.plus_days(week * 7 + order % 7);
                let raised = if region == "North" && day >= event { 1.0 + share } else { 1.0 };
                let amount = 100.0 * market * raised * (0.8 + 0.4 * random.random::<f64>());
                writeln!(csv, "C{},{day},{amount:.2},{region}", random.random_range(0..200))
                    .unwrap();
            }
        }
    }
    csv
}

fn asked(csv: &str, query: &Query) -> super::Effects {
    let mut export =
        Export::from_bytes("orders.csv", csv.to_owned(), ReadOptions::default()).unwrap();
    effects(&mut export, query, &[]).unwrap().result
}

fn event() -> Date {
    "2024-03-04".parse().unwrap()
}

#[test]
fn a_planted_effect_is_found_in_its_group_alone() {
    let csv = orders(1, event(), 0.2);
    let query = Query {
        events: vec![event()],
        by: Some("region".to_owned()),
        controls: vec![("region".to_owned(), "East".to_owned())],
        cost: Some(1_000.0),
        margin: 0.5,
        ..Query::default()
    };
    let found = asked(&csv, &query);
    let names: Vec<_> = found.effects.iter().map(|own| own.group.as_deref()).collect();
    assert_eq!(names, [Some("North"), Some("South")]);
    let [north, south] = &found.effects[..] else { unreachable!() };
    assert!(north.answer.is_beyond_chance() && !south.answer.is_beyond_chance());
    let relative = north.answer.relative.unwrap();
    assert!(0.0 < relative.lower && relative.lower < 0.2 && 0.2 < relative.upper, "{relative:?}");
    let roi = north.roi.unwrap();
    assert!((roi.value - (north.answer.effect.value * 0.5 / 1_000.0 - 1.0)).abs() < 1e-9);
    // Two years and two months lie before the event: too little for a season of the year before a placebo.
    assert!(north.placebos.is_empty());
    // Sums of the points are the whole.
    let last = north.answer.points.last().unwrap().1;
    assert!((last.value - north.answer.effect.value).abs() < 1e-6 * north.answer.actual);
    let total: f64 = north.actual.iter().sum();
    assert!((total - north.answer.actual).abs() < 1e-6);
    assert_eq!(found.table(Lang::Ru).unwrap().rows(), 2);
    assert_eq!(found.points_table(Lang::En).unwrap().rows(), 2 * north.periods.len());
    assert_eq!(found.placebos_table(Lang::En).unwrap().rows(), 0);
}

/// What is not a control is the whole: the sum of the others, with the controls as columns.
#[test]
fn controls_are_taken_off_the_whole() {
    let csv = orders(2, event(), 0.0);
    let controls = vec![("region".to_owned(), "East".to_owned())];
    let query = Query { events: vec![event()], controls, ..Query::default() };
    let found = asked(&csv, &query);
    assert_eq!(found.effects.len(), 1);
    let alone = |region: &str| {
        let kept = |line: &&str| line.ends_with(region) || line.ends_with("region");
        let csv: Vec<&str> = csv.lines().filter(kept).collect();
        asked(&csv.join("\n"), &Query { controls: Vec::new(), ..query.clone() }).effects[0]
            .answer
            .actual
    };
    let actual = found.effects[0].answer.actual;
    assert!((actual - alone("North") - alone("South")).abs() < 1e-6);
}

/// An event in the middle of a week leaves that week out; an earlier event is a step and not a trend.
#[test]
fn events_within_periods_and_several_events() {
    let csv = orders(3, event(), 0.3);
    let middle = event().plus_days(2);
    let found = asked(&csv, &Query { events: vec![middle], ..Query::default() });
    assert_eq!(found.effects[0].periods[0], event().plus_days(7));
    let later = event().plus_days(70);
    let found = asked(&csv, &Query { events: vec![later, event()], ..Query::default() });
    let [first, second] = &found.effects[..] else { unreachable!() };
    assert_eq!((first.event, second.event), (event(), later));
    assert_eq!(first.periods.len(), 10);
    assert!(first.answer.is_beyond_chance() && !second.answer.is_beyond_chance());
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let csv = orders(4, event(), 0.0);
    let refused = |query: Query| {
        let mut export =
            Export::from_bytes("orders.csv", csv.clone(), ReadOptions::default()).unwrap();
        effects(&mut export, &query, &[]).unwrap_err().to_string()
    };
    let query = Query { events: vec![event()], ..Query::default() };
    assert!(refused(Query::default()).contains("no event"));
    let outside = Query { events: vec!["2030-01-01".parse().unwrap()], ..query.clone() };
    assert!(refused(outside).contains("2030-01-01"));
    let unknown = vec![("region".to_owned(), "West".to_owned())];
    assert!(refused(Query { controls: unknown.clone(), ..query.clone() }).contains("West"));
    let mean = Query { measure: Measure::MeanOrder, controls: unknown, ..query.clone() };
    assert!(refused(mean).contains("mean_order"));
    let short = Query { period: Period::Quarter, ..query.clone() };
    assert!(!refused(short).is_empty());
    assert!(refused(Query { cost: Some(0.0), ..query }).contains("cost"));
}

/// Series that grow by ratios are modelled so, and scaling the unit scales the answer.
#[test]
fn units_do_not_matter() {
    let random = &mut generator(6);
    let values: Vec<f64> = (0..90)
        .map(|t| 100.0 * (0.03 * f64::from(t)).exp() * (0.9 + 0.2 * random.random::<f64>()))
        .collect();
    let of = |values: &[f64]| {
        ask(&Question {
            values,
            controls: &[],
            event: 80,
            judged: 80,
            earlier: &[],
            period: Period::Year,
            level: 0.95,
            seed: 1,
        })
        .unwrap()
    };
    let (one, other) = (of(&values), of(&values.iter().map(|own| own * 1e6).collect::<Vec<_>>()));
    assert!(one.by_ratios && other.by_ratios && !one.is_beyond_chance());
    assert!((other.effect.value / one.effect.value - 1e6).abs() < 1.0);
    assert!((one.positive - other.positive).abs() < 1e-9);
}

/// A placebo is the question that would have been asked on its day: nothing of what came behind it tells.
#[test]
fn placebos_are_the_question_as_of_their_day() {
    let first: Date = FIRST.parse().unwrap();
    let (event, end) = (first.plus_days(80 * 7), first.plus_days(90 * 7));
    let until = |csv: &str, day: Date| {
        let is_before = |line: &&str| {
            let date = line.split(',').nth(1).unwrap_or_default().parse::<Date>();
            date.map_or(true, |own| own < day)
        };
        csv.lines().filter(is_before).collect::<Vec<_>>().join("\n")
    };
    let of = |share: f64| {
        let csv = until(&orders(7, event, share), end);
        let found = asked(&csv, &Query { events: vec![event], ..Query::default() });
        (csv, found.effects.into_iter().next().unwrap())
    };
    let ((csv, quiet), (_, raised)) = (of(0.0), of(2.0));
    assert!(raised.answer.is_beyond_chance() && !quiet.answer.is_beyond_chance());
    assert!(quiet.placebos.len() >= 4 && quiet.placebos.len() == raised.placebos.len());
    let length = 7 * i32::try_from(quiet.periods.len()).unwrap();
    for (own, other) in quiet.placebos.iter().zip(&raised.placebos) {
        assert!(own.event.plus_days(length) <= event);
        assert_eq!((own.event, own.answer.effect.value), (other.event, other.answer.effect.value));
        let past = until(&csv, own.event.plus_days(length));
        let then = asked(&past, &Query { events: vec![own.event], ..Query::default() });
        let (then, now) = (then.effects[0].answer.effect, own.answer.effect);
        for (one, another) in
            [(then.value, now.value), (then.lower, now.lower), (then.upper, now.upper)]
        {
            assert!((one - another).abs() < 1e-6 * own.answer.actual, "{one} {another}");
        }
    }
    let holds_zero =
        |own: &&super::Placebo| own.answer.effect.lower <= 0.0 && own.answer.effect.upper >= 0.0;
    let alarms = quiet.placebos.len() - quiet.placebos.iter().filter(holds_zero).count();
    assert_eq!(quiet.false_alarms(), alarms);
}
