use super::{Met, Params, highest};
use crate::{baskets::Baskets, linalg::cholesky::Cholesky};
use proptest::prelude::*;
use std::collections::BTreeSet;

const PRODUCTS: usize = 6;

fn of(rows: &[Vec<u32>]) -> Baskets {
    let mut customers = Baskets::new(PRODUCTS);
    for row in rows {
        customers.push(&mut row.clone());
    }
    customers
}

proptest! {
    #[test]
    fn each_column_is_the_ridge_regression_on_the_others(
        rows in prop::collection::vec(prop::collection::btree_set(0..PRODUCTS as u32, 1..5), 1..30),
        ridge in 0.1..20.0_f64,
    ) {
        let rows: Vec<Vec<u32>> = rows.into_iter().map(|row: BTreeSet<u32>| row.into_iter().collect()).collect();
        let params = Params::default().ridge(ridge).least_customers(1);
        let Ok(offers) = params.fit(&of(&rows)) else {
            prop_assert!(rows.iter().all(|row| row.len() < 2));
            return Ok(());
        };
        for (place, product) in offers.products().iter().enumerate() {
            // (Zᵀ D Z + λ I) b = Zᵀ D y of the other products Z, solved directly.
            let others: Vec<u32> = offers.products().iter().copied().filter(|own| own != product).collect();
            let size = others.len();
            let (mut left, mut right) = (vec![0.0; size * size], vec![0.0; size]);
            for row in &rows {
                let weight = 1.0 / row.len() as f64;
                for (i, _) in others.iter().enumerate().filter(|(_, one)| row.contains(one)) {
                    for (j, other) in others.iter().enumerate() {
                        left[i * size + j] += if row.contains(other) { weight } else { 0.0 };
                    }
                    right[i] += if row.contains(product) { weight } else { 0.0 };
                }
            }
            (0..size).for_each(|at| left[at * size + at] += ridge);
            Cholesky::new(&left, size, 0.0).unwrap().solve(&mut right);
            for (own, weight) in others.iter().zip(&right) {
                let found = offers.scores(&[*own])[place];
                prop_assert!((found - weight).abs() < 1e-9, "{}, {}: {}, {}", own, product, found, weight);
            }
            prop_assert_eq!(offers.scores(&[*product])[place], 0.0);
        }
    }

    #[test]
    fn the_highest_are_those_of_a_whole_sort(
        scores in prop::collection::vec(-3..3_i32, 0..30),
        count in 0..12_usize,
    ) {
        let scores: Vec<f64> = scores.into_iter().map(f64::from).collect();
        let mut slow: Vec<usize> = (0..scores.len()).filter(|place| place % 3 != 1).collect();
        slow.sort_by(|one, other| scores[*other].total_cmp(&scores[*one]));
        slow.truncate(count);
        prop_assert_eq!(highest(&scores, count, |place| place % 3 != 1), slow);
    }
}

#[test]
fn a_reason_is_the_product_that_says_most() {
    let mut rows = vec![vec![0, 1]; 9];
    rows.extend(vec![vec![2, 3]; 9]);
    rows.push(vec![0, 3]);
    let offers = Params::default().ridge(1.0).fit(&of(&rows)).unwrap();
    assert_eq!(offers.reason(&[0, 2], 1), Some(0));
    assert_eq!(offers.reason(&[0, 2], 3), Some(2));
    assert_eq!(offers.reason(&[], 3), None);
    assert_eq!(offers.reason(&[0], 5), None);
}

#[test]
fn products_without_customers_or_beyond_the_most_are_not_offered() {
    let mut rows = vec![vec![0, 1, 2]; 6];
    rows.extend(vec![vec![0, 1]; 6]);
    let offers = Params::default().most_products(2).fit(&of(&rows)).unwrap();
    assert_eq!((offers.products(), offers.left_out()), (&[0, 1][..], 1));
    assert_eq!(offers.popularity(), [12, 12]);
    assert_eq!(offers.place_of(2), None);
    let failed = Params::default().fit(&of(&vec![vec![0]; 9])).unwrap_err();
    assert!(failed.is_data());
    assert!(Params::default().ridge(0.0).fit(&of(&rows)).unwrap_err().is_parameter());
}

#[test]
fn offers_are_judged_by_what_was_bought() {
    let met = Met::of(&[7, 3, 9], &[2, 3, 9, 11]);
    assert_eq!((met.hit, met.recall, met.reciprocal_rank), (1.0, 0.5, 0.5));
    assert_eq!(Met::of(&[7], &[1]), Met::default());
}
