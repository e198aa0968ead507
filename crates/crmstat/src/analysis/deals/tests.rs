//! On generated pipelines whose true probabilities are known, and against what must not be known.

use super::{Deals as Found, Model, Options, fit};
use crate::{
    AsOf, Date, Lang,
    analysis::funnel::Beside,
    data::{DealRow, DealStatus, Deals, Field, RecordRow, Records, TableKind},
    features::Value,
};
use crmstat_models::{
    churn::evaluation::{auc, reliability_line},
    random::{Generator, generator},
};
use rand::RngExt;

/// A deal as it truly is.
#[derive(Clone)]
struct Made {
    id: String,
    customer: String,
    owner: usize,
    source: usize,
    amount: f64,
    created: i32,
    /// The day of every stage it entered.
    entered: Vec<i32>,
    closed: Option<(i32, bool)>,
}

const STAGES: [&str; 4] = ["1 New", "2 Demo", "3 Offer", "4 Contract"];
const START: i32 = 19_000;
const END: i32 = START + 800;

/// The chances of one day at a stage: to be won, to be lost, to move on. A deal is won from the last stages alone.
fn chances(stage: usize, owner: usize, source: usize, amount: f64) -> [f64; 3] {
    let skill = [-0.8, -0.3, 0.3, 0.8][owner] + [-0.5, 0.0, 0.5][source];
    let size = -0.3 * (amount / 100.0_f64).ln();
    let win = [0.0, 0.004, 0.03, 0.06][stage] * f64::exp(skill + size);
    let loss = [0.03, 0.02, 0.015, 0.01][stage] * f64::exp(-0.5 * skill);
    [win, loss, if stage < 3 { 0.08 } else { 0.0 }]
}

/// The true probability to be won within `days` from a stage.
fn truth(made: &Made, stage: usize, days: usize) -> f64 {
    let mut at = [0.0; 4];
    at[stage] = 1.0;
    let mut won = 0.0;
    for _ in 0..days {
        let mut next = [0.0; 4];
        for (stage, share) in at.into_iter().enumerate() {
            let [win, loss, on] = chances(stage, made.owner, made.source, made.amount);
            won += share * win;
            next[stage] += share * (1.0 - win - loss - on);
            if stage < 3 {
                next[stage + 1] += share * on;
            }
        }
        at = next;
    }
    won
}

fn pipeline(seed: u64, count: usize) -> Vec<Made> {
    let random = &mut generator(seed);
    let roll = |random: &mut Generator, to: usize| random.random_range(0..to);
    (0..count)
        .map(|number| {
            let created = START + roll(random, 800) as i32;
            let mut made = Made {
                id: format!("D{number:05}"),
                customer: format!("C{:04}", roll(random, count / 3)),
                owner: roll(random, 4),
                source: roll(random, 3),
                amount: (100.0 * (2.0 * random.random::<f64>() - 1.0).exp()).round(),
                created,
                entered: vec![created],
                closed: None,
            };
            for day in created + 1..END {
                let stage = made.entered.len() - 1;
                let [win, loss, on] = chances(stage, made.owner, made.source, made.amount);
                let draw: f64 = random.random();
                if draw < win + loss {
                    made.closed = Some((day, draw < win));
                    break;
                }
                if draw < win + loss + on {
                    made.entered.push(day);
                }
            }
            made
        })
        .collect()
}

/// The tables of deals and of their history.
fn tables(
    made: &[Made],
    more: impl for<'a> Fn(&'a Made, DealRow<'a>) -> DealRow<'a>,
) -> (Deals, Records) {
    let (mut deals, mut history) = (Deals::builder(), Records::builder(TableKind::History));
    for own in made {
        let (status, today) = match own.closed {
            Some((_, true)) => (DealStatus::Won, "Won"),
            Some((_, false)) => (DealStatus::Lost, "Lost"),
            None => (DealStatus::Open, STAGES[own.entered.len() - 1]),
        };
        let row = DealRow::new(status)
            .id(own.id.as_str())
            .customer(own.customer.as_str())
            .created(Date::from_days(own.created))
            .with(Field::Stage, today)
            .with(Field::Owner, ["Ann", "Bob", "Cid", "Dan"][own.owner])
            .with(Field::Source, ["ads", "fair", "referral"][own.source]);
        let row = if own.amount > 0.0 { row.amount(own.amount) } else { row };
        let row = match own.closed {
            Some((day, _)) => row.closed(Date::from_days(day)),
            None => row,
        };
        deals.push(more(own, row));
        for (stage, day) in own.entered.iter().enumerate() {
            let row = RecordRow::new().with(Field::OrderId, own.id.as_str());
            history.push(
                row.with(Field::Stage, STAGES[stage]).with(Field::EnteredAt, Date::from_days(*day)),
            );
        }
    }
    (deals.build().unwrap().result, history.build().unwrap().result)
}

fn fitted(made: &[Made], options: &Options) -> Found {
    let (deals, history) = tables(made, |_, row| row);
    fit(&deals, Beside { history: Some(&history), ..Beside::default() }, options).unwrap()
}

fn options() -> Options {
    Options { as_of: Some(AsOf::start_of(Date::from_days(END))), ..Options::default() }
}

/// The open deals' probabilities, by the number in their id.
fn probabilities(found: &Found, count: usize) -> Vec<Option<f64>> {
    let mut all = vec![None; count];
    for own in found.scores.deals() {
        let id = own.deal.id.as_deref().unwrap();
        all[id[1..].parse::<usize>().unwrap()] = own.probability;
    }
    all
}

/// Over several pipelines: AUC within 0.01 of that of the true probabilities, calibration slope from 0.95 to 1.05.
///
/// Open deals are judged by what would have come of them, drawn from their true probabilities many times.
#[test]
fn probabilities_are_those_of_the_pipeline() {
    let (mut said, mut true_ones, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    let random = &mut generator(99);
    for seed in 0..6 {
        let made = pipeline(seed, 6_000);
        let found = fitted(&made, &options());
        let days = found.model.horizon().in_days() as usize;
        for (own, probability) in made.iter().zip(probabilities(&found, made.len())) {
            let Some(probability) = probability else { continue };
            assert!(own.closed.is_none());
            let truth = truth(own, own.entered.len() - 1, days);
            for _ in 0..20 {
                said.push(probability);
                true_ones.push(truth);
                labels.push(random.random::<f64>() < truth);
            }
        }
    }
    let (own, best) = (auc(&said, &labels).unwrap().value, auc(&true_ones, &labels).unwrap().value);
    let line = reliability_line(&said, &labels).unwrap();
    println!(
        "{} deals: AUC {own:.4}, of the truth {best:.4}, slope {:.3}",
        said.len() / 20,
        line.slope
    );
    assert!(own > best - 0.01, "{own} {best}");
    assert!((0.95..1.05).contains(&line.slope), "{line:?}");
}

/// What is said of quality on later moments beside the ways of others.
#[test]
fn the_model_beats_the_simpler_ways_where_there_is_something_to_learn() {
    let found = fitted(&pipeline(7, 4_000), &options());
    let quality = &found.quality;
    assert!(quality.tells_apart() && quality.was_chosen);
    for name in ["naive_bayes", "stage_weights", "base_rate"] {
        let other = quality.way(name).unwrap();
        assert!(quality.own().brier.value < other.brier.value, "{name} {quality:?}");
        assert!(quality.own().log_loss < other.log_loss, "{name}");
    }
    assert!(quality.way("competing_risks").is_some());
    let on_time = quality.won_by_expected.unwrap();
    assert!((0.4..0.6).contains(&on_time), "{on_time}");
    assert_eq!(found.quality.table(Lang::Ru).unwrap().rows(), quality.ways.len());
}

#[test]
fn nothing_to_learn_is_said() {
    let random = &mut generator(5);
    let mut made = pipeline(8, 3_000);
    for own in &mut made {
        // Decided by a coin, from a single stage.
        own.entered.truncate(1);
        let day = own.created + 1 + random.random_range(0..40);
        own.closed = (day < END).then(|| (day, random.random::<f64>() < 0.5));
    }
    let (deals, _) = tables(&made, |_, row| row);
    let found = fit(&deals, Beside::default(), &options()).unwrap();
    let told = found.sentences(Lang::En).join("\n");
    // Age tells something of what happens within a horizon, as every deal is decided within 40 days.
    let said = told.contains("does not tell deals apart");
    assert_eq!(said, !found.quality.tells_apart());
    assert!(found.quality.own().auc.value < 0.6, "{:?}", found.quality.own());
}

/// Scores of a past day do not change when everything that came later changes.
#[test]
fn what_comes_later_is_not_seen() {
    let made = pipeline(9, 2_500);
    let moment = END - 100;
    let then =
        Options { as_of: Some(AsOf::start_of(Date::from_days(moment))), ..Options::default() };
    let before = fitted(&made, &then);
    // Another future: everything after the moment is decided otherwise, at once.
    let mut other = made.clone();
    for own in &mut other {
        own.entered.retain(|day| *day < moment || *day == own.created);
        if own.created < moment && own.closed.is_none_or(|(day, _)| day >= moment) {
            own.closed = Some((moment + 1, own.closed.is_none_or(|(_, won)| !won)));
        }
    }
    let (deals, history) = tables(&other, |_, row| row);
    let beside = Beside { history: Some(&history), ..Beside::default() };
    let after = fit(&deals, beside, &then).unwrap();
    assert_eq!(probabilities(&before, made.len()), probabilities(&after, made.len()));
    assert!(before.scores.deals().len() > 50);
}

/// A column that says why a deal was lost.
fn leak<'a>(own: &Made, row: DealRow<'a>) -> DealRow<'a> {
    match own.closed {
        Some((_, false)) => row.with(Field::Region, ["price", "rival"][own.source % 2]),
        _ => row,
    }
}

/// A column of the outcome under another name is left out, and said.
#[test]
fn a_column_that_is_written_with_the_outcome_is_left_out() {
    let made = pipeline(10, 2_500);
    let plain = fitted(&made, &options());
    let (deals, history) = tables(&made, leak);
    let beside = Beside { history: Some(&history), ..Beside::default() };
    let found = fit(&deals, beside, &options()).unwrap();
    assert!(found.sentences(Lang::En).iter().any(|told| told.contains("`region`")));
    assert!(!found.model.columns().any(|name| name == "region"));
    assert_eq!(probabilities(&found, made.len()), probabilities(&plain, made.len()));
    // Amounts of won deals alone.
    let mut hidden = made;
    for own in hidden.iter_mut().filter(|own| !matches!(own.closed, Some((_, true)))) {
        own.amount = 0.0;
    }
    let found = fitted(&hidden, &options());
    assert!(!found.model.columns().any(|name| name == "amount"));
}

#[test]
fn without_a_history_todays_stage_is_not_used() {
    let made = pipeline(11, 2_500);
    let (deals, _) = tables(&made, |_, row| row);
    let found = fit(&deals, Beside::default(), &options()).unwrap();
    assert!(!found.model.columns().any(|name| name.starts_with("stage")));
    // It is shown.
    assert!(found.scores.deals().iter().all(|own| own.deal.stage.is_some()));
}

/// Neither the order of rows nor the names of ids change a probability.
#[test]
fn rows_and_ids_do_not_matter() {
    let made = pipeline(12, 2_500);
    let before = probabilities(&fitted(&made, &options()), made.len());
    let count = made.len();
    let mut renamed: Vec<Made> = made
        .into_iter()
        .enumerate()
        .map(|(at, own)| Made {
            id: format!("D{:05}", count - 1 - at),
            customer: format!("X{}", own.customer.replace('1', "z")),
            ..own
        })
        .collect();
    renamed.sort_by_key(|own| (own.amount as i64 * 7_919) % 1_009);
    let mut after = probabilities(&fitted(&renamed, &options()), count);
    after.reverse();
    assert_eq!(before, after);
}

#[test]
fn a_saved_model_scores_alike_and_one_by_one() {
    let made = pipeline(13, 2_500);
    let (deals, history) = tables(&made, |_, row| row);
    let beside = Beside { history: Some(&history), ..Beside::default() };
    let found = fit(&deals, beside, &options()).unwrap();
    let model = Model::from_bytes(&found.model.to_bytes().unwrap()).unwrap();
    let again = model.score(&deals, beside, options().as_of, None).unwrap();
    let pairs = || found.scores.deals().iter().zip(again.deals());
    assert!(pairs().all(|(a, b)| a.probability == b.probability && a.reasons == b.reasons));
    assert!(model.score(&deals, Beside::default(), None, None).is_err());
    // One deal by its columns.
    let values = |stage: &'static str| -> Vec<(String, Value<'static>)> {
        let value = |name: &str| match name {
            "stage" => Value::Category(stage),
            "owner" => Value::Category("Dan"),
            "source" => Value::Category("referral"),
            "age_band" => Value::Category("014"),
            "amount" => Value::Number(100.0),
            "customer_share_won" => Value::Number(0.5),
            _ => Value::Number(0.0),
        };
        model.columns().map(|name| (name.to_owned(), value(name))).collect()
    };
    let (late, reasons) = model.score_one(&values(STAGES[3])).unwrap();
    let (early, _) = model.score_one(&values(STAGES[0])).unwrap();
    assert!(late > early + 0.05 && !reasons.is_empty(), "{late} {early}");
    assert!(model.score_one(&[("stage", Value::Missing)]).is_err());
}

#[test]
fn too_short_a_history_is_refused() {
    let made: Vec<Made> =
        pipeline(14, 400).into_iter().filter(|own| own.created > END - 20).collect();
    let (deals, _) = tables(&made, |_, row| row);
    assert!(fit(&deals, Beside::default(), &options()).is_err());
    assert!(
        fit(&Deals::builder().build().unwrap().result, Beside::default(), &Options::default())
            .is_err()
    );
}
