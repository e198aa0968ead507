//! Contributions add up exactly and equal a brute-force Shapley value.

use super::{Against, Factor, MovementKind, Query, Span, Why, explain, rounded, shapley};
use crate::{
    Date, Money,
    ingest::{Export, ReadOptions},
};
use crmstat_models::random::{Generator, generator};
use rand::{RngExt, seq::SliceRandom};
use std::collections::BTreeMap;

fn query() -> Query {
    Query::new("2025-H1".parse().unwrap(), Against::YearBefore)
}

struct Made {
    customer: Option<String>,
    day: Date,
    units: i64,
    product: &'static str,
    quantity: Option<f64>,
}

/// Orders of three years: refunds, orders of nobody, amounts in hundredths.
fn made(random: &mut Generator, orders: usize, has_quantity: bool) -> Vec<Made> {
    let first = Date::from_ymd(2023, 1, 1).unwrap();
    (0..orders)
        .map(|_| {
            let pieces = random.random_range(1..6);
            let refund = random.random_range(0..10) == 0;
            let units = random.random_range(1..50_000) * 100;
            Made {
                customer: (random.random_range(0..12) > 0)
                    .then(|| format!("C{:02}", random.random_range(0..30))),
                day: first.plus_days(random.random_range(0..912)),
                units: if refund { -units } else { units },
                product: ["tea", "cup", "pot"][random.random_range(0..3)],
                quantity: has_quantity.then(|| f64::from(pieces)),
            }
        })
        .collect()
}

fn why_of(made: &[Made]) -> Why {
    let mut text = "customer_id,order_date,amount,product,quantity\n".to_owned();
    for order in made {
        let customer = order.customer.as_deref().unwrap_or_default();
        let quantity = order.quantity.map_or(String::new(), |quantity| quantity.to_string());
        let (day, amount) = (order.day, Money::from_units(order.units));
        text.push_str(&format!("{customer},{day},{amount},{},{quantity}\n", order.product));
    }
    let mut export = Export::from_bytes("orders.csv", text, ReadOptions::default()).unwrap();
    explain(&mut export, &query(), &[]).unwrap().result
}

/// The mean over every order in which the players may come.
fn by_permutations(players: usize, value: &dyn Fn(u32) -> f64) -> Vec<f64> {
    fn permute(rest: &mut Vec<usize>, from: usize, each: &mut dyn FnMut(&[usize])) {
        if from == rest.len() {
            return each(rest);
        }
        for at in from..rest.len() {
            rest.swap(from, at);
            permute(rest, from + 1, each);
            rest.swap(from, at);
        }
    }
    let (mut sums, mut count) = (vec![0.0; players], 0.0);
    permute(&mut (0..players).collect(), 0, &mut |order| {
        let mut set = 0;
        for player in order {
            sums[*player] += value(set | 1 << player) - value(set);
            set |= 1 << player;
        }
        count += 1.0;
    });
    sums.iter().map(|sum| sum / count).collect()
}

#[test]
fn shapleys_value_is_the_mean_over_all_permutations() {
    let mut random = generator(4);
    for players in 1..6 {
        let values: Vec<f64> = (0..1 << players).map(|_| random.random_range(-9.0..9.0)).collect();
        let value = |set: u32| values[set as usize];
        let (fast, slow) = (shapley(players, value), by_permutations(players, &value));
        for (fast, slow) in fast.iter().zip(slow) {
            assert!((fast - slow).abs() < 1e-12);
        }
    }
}

#[test]
fn rounding_keeps_the_sum() {
    let mut random = generator(9);
    for _ in 0..500 {
        let shares: Vec<f64> = (0..5).map(|_| random.random_range(-1e6..1e6)).collect();
        let whole = shares.iter().sum::<f64>().round() as i128;
        let found = rounded(&shares, whole).unwrap();
        assert_eq!(found.iter().map(|own| i128::from(own.units())).sum::<i128>(), whole);
        for (own, share) in found.iter().zip(&shares) {
            // A unit, or a cent where the whole is one of cents.
            let grain = if whole % 100 == 0 { 100.0 } else { 1.0 };
            assert!((own.units() as f64 - share).abs() <= grain, "{own:?} {share}");
        }
    }
}

fn sum(of: impl Iterator<Item = Money>) -> Money {
    of.sum::<Option<Money>>().unwrap()
}

fn slow_net(made: &[Made], span: Span) -> i64 {
    made.iter().filter(|order| span.holds(order.day)).map(|order| order.units).sum()
}

fn check_sums(made: &[Made], why: &Why) {
    let (was, is) = (slow_net(made, why.earlier), slow_net(made, why.later));
    assert_eq!(why.revenue, [Money::from_units(was), Money::from_units(is)]);
    let change = Money::from_units(is - was);
    assert_eq!(why.change(), change);
    assert_eq!(sum(why.effects.iter().map(|effect| effect.change)), change);
    assert_eq!(sum(why.movements.iter().map(|movement| movement.change)), change);
    for own in why.contributions.chunk_by(|l, r| l.dimension == r.dimension) {
        assert_eq!(sum(own.iter().map(|group| group.change)), change);
        assert!(
            own.windows(2)
                .all(|pair| { pair[0].change.units().abs() >= pair[1].change.units().abs() })
        );
    }
}

#[test]
fn contributions_add_up_exactly_and_factors_are_a_brute_force_shapley() {
    let mut random = generator(31);
    for round in 0..40 {
        let has_quantity = round % 2 == 0;
        let made = made(&mut random, 400, has_quantity);
        let why = why_of(&made);
        check_sums(&made, &why);
        // Purchases of customers by period.
        let bought: Vec<Vec<&Made>> = [why.earlier, why.later]
            .iter()
            .map(|span| {
                let own = |order: &&Made| {
                    span.holds(order.day) && order.units >= 0 && order.customer.is_some()
                };
                made.iter().filter(own).collect()
            })
            .collect();
        let customers = |at: usize| {
            let mut names: Vec<&String> =
                bought[at].iter().filter_map(|order| order.customer.as_ref()).collect();
            names.sort();
            names.dedup();
            names.len() as f64
        };
        let count = |at: usize| bought[at].len() as f64;
        let gross = |at: usize| bought[at].iter().map(|order| order.units as f64).sum::<f64>();
        let pieces = |at: usize| bought[at].iter().filter_map(|order| order.quantity).sum::<f64>();
        let slow = |set: u32| {
            let at = |player: u32| usize::from(set & 1 << player != 0);
            let base = customers(at(0)) * (count(at(1)) / customers(at(1)));
            if !has_quantity {
                return base * (gross(at(2)) / count(at(2)));
            }
            let of = |period: usize, product: &str| {
                let own = || bought[period].iter().filter(|order| order.product == product);
                let amount: f64 = own().map(|order| order.units as f64).sum();
                (own().filter_map(|order| order.quantity).sum::<f64>(), amount)
            };
            let price = |product| {
                let (sold, amount) = of(at(4), product);
                amount / sold
            };
            let shares = ["tea", "cup", "pot"]
                .map(|product| of(at(3), product).0 / pieces(at(3)) * price(product));
            base * (pieces(at(2)) / count(at(2))) * shares.iter().sum::<f64>()
        };
        let players = if has_quantity { 5 } else { 3 };
        let expected = by_permutations(players, &slow);
        for (effect, expected) in why.effects.iter().zip(expected) {
            // Amounts are in cents, and so are their parts.
            assert_eq!(effect.change.units() % 100, 0);
            assert!(
                (effect.change.units() as f64 - expected).abs() < 101.0,
                "{effect:?} {expected}"
            );
        }
    }
}

#[test]
fn customers_move_as_a_slow_look_says() {
    let mut random = generator(77);
    let made = made(&mut random, 60, false);
    let why = why_of(&made);
    let mut expected: BTreeMap<MovementKind, (u64, i64)> = BTreeMap::new();
    for number in 0..30 {
        let name = format!("C{number:02}");
        let own = || made.iter().filter(|order| order.customer.as_deref() == Some(&name));
        let within = |span: Span| own().filter(move |order| span.holds(order.day));
        let bought = |span: Span| within(span).any(|order| order.units >= 0);
        let net = |span: Span| within(span).map(|order| order.units).sum::<i64>();
        if within(why.earlier).next().is_none() && within(why.later).next().is_none() {
            continue;
        }
        let first = own().filter(|order| order.units >= 0).map(|order| order.day).min();
        let change = net(why.later) - net(why.earlier);
        let kind = match (bought(why.earlier), bought(why.later)) {
            (true, false) => MovementKind::Lost,
            (false, true) if first >= Some(why.later.first) => MovementKind::New,
            (false, true) => MovementKind::Reactivated,
            (false, false) => MovementKind::RefundsAlone,
            _ if change > 0 => MovementKind::Growing,
            _ if change < 0 => MovementKind::Shrinking,
            _ => MovementKind::Unchanged,
        };
        let entry = expected.entry(kind).or_default();
        entry.0 += 1;
        entry.1 += change;
    }
    let found: BTreeMap<MovementKind, (u64, i64)> = why
        .movements
        .iter()
        .filter_map(|own| Some((own.kind, (own.customers?, own.change.units()))))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_steady_rise_is_beyond_chance_and_noise_is_not() {
    let mut made: Vec<Made> = Vec::new();
    let mut random = generator(2);
    for customer in 0..200 {
        for (year, rise) in [(2024, 0), (2025, 1)] {
            for (product, more) in [("tea", 30), ("cup", 0)] {
                let noise = random.random_range(0..100);
                made.push(Made {
                    customer: Some(format!("C{customer}")),
                    day: Date::from_ymd(year, 3, 1).unwrap(),
                    units: 10_000 * i64::from(100 + noise + rise * more),
                    product,
                    quantity: None,
                });
            }
        }
    }
    let why = why_of(&made);
    let of = |label: &str| {
        let own = why.contributions.iter().find(|own| own.label.as_deref() == Some(label));
        own.unwrap().is_beyond_chance
    };
    assert_eq!((of("tea"), of("cup"), of("C1")), (Some(true), Some(false), None));
}

#[test]
fn the_order_of_rows_changes_nothing_and_products_of_one_period_have_no_price_effect() {
    let mut random = generator(12);
    let mut all = made(&mut random, 200, true);
    let fixed = |made: &[Made]| serde_json::to_string(&why_of(made)).unwrap();
    let before = fixed(&all);
    all.shuffle(&mut random);
    assert_eq!(fixed(&all), before);
    let order = |day: &str, units, product, quantity| Made {
        customer: Some("A".to_owned()),
        day: day.parse().unwrap(),
        units,
        product,
        quantity: Some(quantity),
    };
    let all = [order("2024-02-01", 100, "tea", 1.0), order("2025-02-01", 700, "pot", 1.0)];
    let why = why_of(&all);
    let of = |factor| why.effects.iter().find(|own| own.factor == factor).unwrap().change.units();
    assert_eq!((of(Factor::Mix), of(Factor::Price), of(Factor::Units)), (600, 0, 0));
}

#[test]
fn periods_are_read_and_compared_as_calendars_have_them() {
    let span =
        |text: &str| text.parse::<Span>().map(|span| format!("{}..{}", span.first, span.last));
    for (text, days) in [
        ("2024", "2024-01-01..2024-12-31"),
        ("2025-H2", "2025-07-01..2025-12-31"),
        ("2025-q1", "2025-01-01..2025-03-31"),
        ("2024-02", "2024-02-01..2024-02-29"),
        ("2025-07-01", "2025-07-01..2025-07-01"),
        ("2025-07-01..2025-08-15", "2025-07-01..2025-08-15"),
    ] {
        assert_eq!(span(text).unwrap(), days);
    }
    for text in ["", "25", "2025-H3", "2025-Q0", "2025-13", "2025-08-02..2025-08-01", "soon"] {
        assert!(span(text).unwrap_err().is_usage(), "{text}");
    }
    let against = |later: &str, against: &str| {
        let found = against.parse::<Against>().unwrap().of(later.parse().unwrap());
        found.map(|span| format!("{}..{}", span.first, span.last))
    };
    assert_eq!(against("2025-02", "year").unwrap(), "2024-02-01..2024-02-29");
    assert_eq!(against("2024-02-29", "year").unwrap(), "2023-02-28..2023-02-28");
    assert_eq!(against("2025-03", "before").unwrap(), "2025-02-01..2025-02-28");
    assert_eq!(against("2025-03-05..2025-03-06", "before").unwrap(), "2025-03-03..2025-03-04");
    assert_eq!(against("2025-Q1", "2024-Q4").unwrap(), "2024-10-01..2024-12-31");
    assert!(against("2025-Q1", "2025-03").unwrap_err().is_usage());
    assert!("soon".parse::<Against>().unwrap_err().is_usage());
}
