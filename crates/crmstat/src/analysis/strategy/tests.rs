//! Every customer has exactly one strategy, by rules that have no gap.

use super::{Levels, Options, Rules, Strategy, choose_of};
use crate::{
    Date, Lang, Money,
    data::{OrderRow, Orders},
};
use crmstat_models::random::generator;
use rand::{RngExt, seq::SliceRandom};
use std::collections::BTreeSet;

/// Customers with rhythms, amounts and ends of their own: id, day, amount.
fn made(seed: u64, customers: usize) -> Vec<(String, i32, i64)> {
    let mut random = generator(seed);
    let mut rows = Vec::new();
    for customer in 0..customers {
        let gap = random.random_range(10..80);
        let mean = random.random_range(20..400);
        let end = random.random_range(200..1000);
        let mut at = random.random_range(0..950);
        while at < end.max(at + 1).min(1000) {
            let refund = random.random_range(0..15) == 0;
            let amount = mean + random.random_range(0..20);
            rows.push((format!("C{customer:04}"), at, if refund { -amount } else { amount }));
            at += gap + random.random_range(0..10);
        }
    }
    rows
}

fn orders_of(rows: &[(String, i32, i64)]) -> Orders {
    let mut builder = Orders::builder();
    for (customer, day, amount) in rows {
        let amount = Money::from_whole(*amount).unwrap();
        builder.push(OrderRow::new(&**customer, Date::from_days(*day), amount));
    }
    builder.build().unwrap().result
}

#[test]
fn the_shipped_rules_have_no_gap_and_use_all_seven() {
    let rules = Rules::from_toml(Rules::shipped()).unwrap();
    let given: BTreeSet<Strategy> = Levels::all().map(|levels| rules.strategy(levels)).collect();
    assert_eq!(given.len(), Strategy::ALL.len());
    assert_eq!(Levels::all().count(), 108);
    for strategy in Strategy::ALL {
        for lang in [Lang::En, Lang::Ru] {
            assert!(!rules.next_step(*strategy, lang).is_empty());
        }
        assert_ne!(rules.next_step(*strategy, Lang::En), rules.next_step(*strategy, Lang::Ru));
    }
}

#[test]
fn rules_with_gaps_or_without_effect_are_refused() {
    let refused = |from: &str, to: &str| {
        let text = Rules::shipped().replacen(from, to, 1);
        assert_ne!(text, Rules::shipped(), "{from}");
        Rules::from_toml(&text).unwrap_err().to_string()
    };
    let gap = refused(
        "strategy = \"harvest\"\nvalue = [\"middle\"]",
        "strategy = \"harvest\"\nvalue = [\"low\"]",
    );
    assert!(gap.contains("no rule holds for value = middle"), "{gap}");
    let never = refused(
        "[[rule]]\nstrategy = \"end\"\ncost",
        "[[rule]]\nstrategy = \"harvest\"\n\n[[rule]]\nstrategy = \"end\"\ncost",
    );
    assert!(never.contains("never decides"), "{never}");
    assert!(refused("gone = 0.3", "gone = 0.8").contains("overlap"));
    assert!(refused("high_share = 0.2", "high_share = 1.2").contains("between 0 and 1"));
    assert!(
        refused("[strategies.start]\nuplift = 0.10", "[strategies.start]\nuplift = 7")
            .contains("uplift")
    );
    assert!(refused("value = [\"high\"]", "value = [\"huge\"]").contains("cannot be read"));
}

#[test]
fn every_customer_has_one_strategy_whatever_the_order_of_rows_and_the_names() {
    let rows = made(3, 300);
    let found = choose_of(&orders_of(&rows), &Options::default()).unwrap();
    let bought: BTreeSet<&String> =
        rows.iter().filter(|(_, _, amount)| *amount >= 0).map(|(id, ..)| id).collect();
    let with: Vec<&String> = found.customers.iter().map(|customer| &customer.id).collect();
    assert_eq!(with.len() + found.without_purchase as usize, {
        rows.iter().map(|(id, ..)| id).collect::<BTreeSet<_>>().len()
    });
    assert!(with.iter().all(|id| bought.contains(*id)));
    assert!(with.windows(2).all(|pair| pair[0] < pair[1]));
    let used: BTreeSet<Strategy> = found.customers.iter().map(|own| own.strategy).collect();
    assert!(used.len() >= 5, "{used:?}");
    for customer in &found.customers {
        assert_eq!(customer.strategy, found.rules().strategy(customer.levels));
        let ceiling = found.rules().uplift(customer.strategy) * customer.worth.max(0.0);
        assert_eq!(
            customer.budget,
            Some(ceiling).filter(|ceiling| *ceiling > 0.0 || customer.strategy != Strategy::End)
        );
    }
    // Rows in another order, and names that sort the other way round.
    let mut turned: Vec<(String, i32, i64)> = rows
        .iter()
        .map(|(id, day, amount)| {
            let number: u32 = id[1..].parse().unwrap();
            (format!("X{:04}", 9999 - number), *day, *amount)
        })
        .collect();
    turned.shuffle(&mut generator(1));
    let other = choose_of(&orders_of(&turned), &Options::default()).unwrap();
    for customer in &found.customers {
        let number: u32 = customer.id[1..].parse().unwrap();
        let name = format!("X{:04}", 9999 - number);
        let same = other.customers.iter().find(|own| own.id == name).unwrap();
        assert_eq!(same.strategy, customer.strategy, "{customer:?} {same:?}");
    }
}

#[test]
fn tables_add_up_and_speak_both_languages() {
    let found = choose_of(&orders_of(&made(8, 200)), &Options::default()).unwrap();
    for lang in [Lang::En, Lang::Ru] {
        let table = found.table(lang).unwrap();
        assert_eq!(table.rows(), found.customers.len());
        let summary = found.summary(lang).unwrap();
        assert_eq!(summary.rows(), 7);
        let customers = &summary.columns()[2];
        let sum: i64 = (0..7)
            .filter_map(|row| match customers.values().get(row) {
                Some(crate::data::table::Cell::Int(count)) => Some(count),
                _ => None,
            })
            .sum();
        assert_eq!(sum as usize, found.customers.len());
    }
    let reasons: BTreeSet<String> =
        found.customers.iter().map(|customer| customer.reason(Lang::Ru)).collect();
    assert!(reasons.iter().any(|reason| reason.contains("высокая ценность")), "{reasons:?}");
}
