use super::{MOST, Params, Rule, Set, mine};
use crate::baskets::Baskets;
use proptest::prelude::*;
use std::collections::BTreeSet;

const PRODUCTS: u32 = 7;

fn of(rows: &[Vec<u32>]) -> Baskets {
    let mut baskets = Baskets::new(PRODUCTS as usize);
    for row in rows {
        baskets.push(&mut row.clone());
    }
    baskets
}

/// Baskets that hold all of `set`, one by one.
fn holding(rows: &[Vec<u32>], set: &[u32]) -> u64 {
    rows.iter().filter(|row| set.iter().all(|product| row.contains(product))).count() as u64
}

/// Every subset of the products of `size`.
fn subsets(size: usize) -> Vec<Vec<u32>> {
    (0_u32..1 << PRODUCTS)
        .filter(|bits| bits.count_ones() as usize == size)
        .map(|bits| (0..PRODUCTS).filter(|product| bits >> product & 1 == 1).collect())
        .collect()
}

fn choose(n: u64, k: u64) -> f64 {
    if k > n { 0.0 } else { (0..k).fold(1.0, |all, i| all * (n - i) as f64 / (i + 1) as f64) }
}

/// Fisher's exact test by the sum of all its terms.
fn fisher(all: u64, marked: u64, drawn: u64, least: u64) -> f64 {
    let term = |x: u64| choose(marked, x) * choose(all - marked, drawn - x);
    (least..=drawn.min(marked)).map(term).sum::<f64>() / choose(all, drawn)
}

/// The p-value of a rule by its definition.
fn p_value(rows: &[Vec<u32>], antecedent: &[u32], consequent: u32) -> f64 {
    let with = |set: &[u32], more: &[u32]| holding(rows, &[set, more].concat());
    let of = |idle: &u32| {
        let rest: Vec<u32> = antecedent.iter().copied().filter(|own| own != idle).collect();
        fisher(
            holding(rows, &rest),
            with(&rest, &[consequent]),
            holding(rows, antecedent),
            with(antecedent, &[consequent]),
        )
    };
    antecedent.iter().map(of).fold(0.0, f64::max)
}

proptest! {
    #[test]
    fn rules_are_those_of_brute_force(
        rows in prop::collection::vec(prop::collection::btree_set(0..PRODUCTS, 0..6), 0..40),
        least in 1_u32..5,
        size in 2..=MOST,
    ) {
        let rows: Vec<Vec<u32>> = rows.into_iter().map(|row: BTreeSet<u32>| row.into_iter().collect()).collect();
        let found = mine(&of(&rows), Params::new(least).size(size)).unwrap();
        let mut sets = Vec::new();
        for size in 2..=size {
            for set in subsets(size) {
                let count = holding(&rows, &set);
                if count >= u64::from(least) {
                    sets.push((set, count as u32));
                }
            }
        }
        sets.sort_by_key(|(set, _)| (set.len(), set.clone()));
        let own: Vec<(Vec<u32>, u32)> =
            found.sets.iter().map(|(set, count)| (set.products().to_vec(), *count)).collect();
        prop_assert_eq!(&own, &sets);
        let frequent =
            (0..PRODUCTS).filter(|product| holding(&rows, &[*product]) >= u64::from(least)).count();
        prop_assert_eq!(found.frequent as usize, frequent);
        prop_assert_eq!(found.rules.len(), sets.iter().map(|(set, _)| set.len()).sum::<usize>());
        for size in 2..=size {
            let rules: Vec<&Rule> =
                found.rules.iter().filter(|rule| rule.antecedent.products().len() + 1 == size).collect();
            let mut hypotheses = choose(frequent as u64, size as u64);
            if size > 2 {
                hypotheses *= size as f64;
            }
            for rule in &rules {
                let antecedent = rule.antecedent.products();
                let all = [antecedent, &[rule.consequent]].concat();
                prop_assert_eq!(u64::from(rule.baskets), holding(&rows, &all));
                prop_assert_eq!(u64::from(rule.antecedent_baskets), holding(&rows, antecedent));
                prop_assert_eq!(u64::from(rule.consequent_baskets), holding(&rows, &[rule.consequent]));
                let slow = p_value(&rows, antecedent, rule.consequent);
                prop_assert!((rule.p_value - slow).abs() < 1e-9, "{:?}: {}", rule, slow);
                // By the definition: the least of p m / rank over the p-values that are no smaller.
                let weight = if size == 2 { 0.5 } else { 1.0 };
                let rate = rules.iter().filter(|other| other.p_value >= rule.p_value).map(|other| {
                    let rank = rules.iter().filter(|own| own.p_value <= other.p_value).count();
                    other.p_value * hypotheses / (rank as f64 * weight)
                });
                let rate = rate.fold(1.0, f64::min);
                prop_assert!((rule.q_value - rate).abs() < 1e-9, "{:?}: {}", rule, rate);
            }
        }
    }
}

#[test]
fn independent_products_are_hardly_ever_called_rules() {
    use crate::random::stream;
    use rand::RngExt;
    // Of 200 shops without a rule, a rate of 5 % lets about ten have any; the chance of more than 25 is 1e-5.
    let wrong = (0..200_u64).filter(|shop| {
        let mut random = stream(11, *shop);
        let mut baskets = Baskets::new(20);
        for _ in 0..300 {
            let mut basket: Vec<u32> = (0..20)
                .filter(|product| random.random_bool(0.02 + 0.02 * f64::from(*product)))
                .collect();
            baskets.push(&mut basket);
        }
        let found = mine(&baskets, Params::new(2)).unwrap();
        found.rules.iter().any(|rule| rule.q_value <= 0.05)
    });
    assert!(wrong.count() <= 25);
}

#[test]
fn an_idle_product_makes_no_rule() {
    // 0 and 1 go together; 2 is in every second basket, whatever else is.
    let mut rows = Vec::new();
    for at in 0..40 {
        let mut row = if at % 4 < 2 { vec![0, 1] } else { vec![3] };
        if at % 2 == 0 {
            row.push(2);
        }
        rows.push(row);
    }
    let found = mine(&of(&rows), Params::new(3).size(3)).unwrap();
    let of = |antecedent: &[u32], consequent: u32| {
        let set = Set::of(antecedent);
        found
            .rules
            .iter()
            .find(|rule| rule.antecedent == set && rule.consequent == consequent)
            .unwrap()
    };
    assert!(of(&[0], 1).q_value < 1e-6);
    assert!(of(&[0, 2], 1).q_value > 0.5);
}

#[test]
fn parameters_are_checked_and_nothing_is_found_in_nothing() {
    let none = Baskets::new(0);
    assert!(mine(&none, Params::new(0)).unwrap_err().is_parameter());
    assert!(mine(&none, Params::new(1).size(5)).unwrap_err().is_parameter());
    assert!(mine(&none, Params::new(1)).unwrap().rules.is_empty());
}
