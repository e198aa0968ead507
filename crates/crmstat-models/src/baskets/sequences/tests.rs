use super::{Histories, Params, mine};
use crate::special::counts::sign_test;
use proptest::prelude::*;

const PRODUCTS: u32 = 4;
type Purchases = Vec<(i32, u32)>;

fn of(rows: &[Purchases]) -> Histories {
    let mut histories = Histories::new(PRODUCTS as usize);
    for row in rows {
        histories.push(&mut row.clone());
    }
    histories
}

/// The days from a purchase of `first` that counts to one of `next` within the time, the fewest.
fn gap(own: &Purchases, first: Option<u32>, next: u32, params: Params) -> Option<i32> {
    let starts = own.iter().filter(|(day, item)| {
        first.is_none_or(|first| *item == first) && day + params.within <= params.last
    });
    let gaps = starts.flat_map(|(start, _)| {
        own.iter().filter(|(_, item)| *item == next).map(move |(day, _)| day - start)
    });
    gaps.filter(|gap| *gap >= 1 && *gap <= params.within).min()
}

proptest! {
    #[test]
    fn sequences_are_those_of_brute_force(
        rows in prop::collection::vec(prop::collection::vec((0..40_i32, 0..PRODUCTS), 0..14), 0..25),
        within in 1..25_i32,
        last in 20..50_i32,
        least in 1_u32..4,
    ) {
        let params = Params { within, last, least };
        let found = mine(&of(&rows), params).unwrap();
        let counts = |own: &&Purchases, item: Option<u32>| {
            own.iter().any(|(day, own)| item.is_none_or(|item| *own == item) && day + within <= last)
        };
        let buyers = |item| rows.iter().filter(|own| counts(own, Some(item))).count() as u32;
        let frequent: Vec<u32> = (0..PRODUCTS).filter(|item| buyers(*item) >= least).collect();
        prop_assert_eq!(found.customers, rows.iter().filter(|own| counts(own, None)).count() as u32);
        prop_assert_eq!(found.frequent as usize, frequent.len());
        let mut wanted = Vec::new();
        for first in &frequent {
            for next in frequent.iter().filter(|next| *next != first) {
                let so = |own: &Purchases| gap(own, Some(*first), *next, params);
                let reverse = |own: &Purchases| gap(own, Some(*next), *first, params);
                let gaps: Vec<i32> = rows.iter().filter_map(so).collect();
                if gaps.len() < least as usize {
                    continue;
                }
                let only = |own: &&Purchases| so(own).is_some() && reverse(own).is_none();
                let only_reverse = |own: &&Purchases| so(own).is_none() && reverse(own).is_some();
                let after_any = rows.iter().filter(|own| gap(own, None, *next, params).is_some());
                wanted.push((
                    (*first, *next, gaps.len() as u32, buyers(*first), after_any.count() as u32),
                    f64::from(gaps.iter().sum::<i32>()) / gaps.len() as f64,
                    rows.iter().filter(only).count() as u32,
                    rows.iter().filter(only_reverse).count() as u32,
                ));
            }
        }
        prop_assert_eq!(found.sequences.len(), wanted.len());
        for (own, (counts, days, only_so, only_reverse)) in found.sequences.iter().zip(wanted) {
            let found = (own.first, own.next, own.customers, own.first_customers, own.next_customers);
            prop_assert_eq!(found, counts);
            prop_assert!((own.mean_days - days).abs() < 1e-12);
            prop_assert_eq!((own.only_so, own.only_reverse), (only_so, only_reverse));
            let p_value = sign_test(u64::from(only_so), u64::from(only_reverse));
            prop_assert_eq!(own.p_value, p_value);
            prop_assert!(own.q_value >= own.p_value && own.q_value <= 1.0);
        }
    }
}

#[test]
fn who_buys_everything_all_the_time_has_no_order() {
    use crate::random::stream;
    use rand::RngExt;
    // As with rules: about ten of 200 may be wrong.
    let wrong = (0..200_u64).filter(|shop| {
        let mut random = stream(12, *shop);
        let mut histories = Histories::new(8);
        for _ in 0..60 {
            let purchases = 1 + random.random_range(0..12_u32);
            let mut own: Purchases = (0..purchases)
                .map(|_| (random.random_range(0..200), random.random_range(0..8_u32)))
                .collect();
            histories.push(&mut own);
        }
        let found = mine(&histories, Params { within: 60, last: 200, least: 2 }).unwrap();
        found.sequences.iter().any(|own| own.q_value <= 0.05)
    });
    assert!(wrong.count() <= 25);
}

#[test]
fn parameters_are_checked() {
    let none = Histories::new(0);
    assert!(mine(&none, Params { within: 0, last: 1, least: 1 }).unwrap_err().is_parameter());
    assert!(mine(&none, Params { within: 1, last: 1, least: 0 }).unwrap_err().is_parameter());
    assert!(mine(&none, Params { within: 1, last: 1, least: 1 }).unwrap().sequences.is_empty());
}
