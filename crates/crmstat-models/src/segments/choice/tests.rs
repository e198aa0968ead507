use super::*;
use crate::random::generator;

fn choose(values: &[f64], columns: usize) -> Result<Choice> {
    ChooseK::params().rows(300).check()?.choose(Matrix::new(values, columns)?)
}

#[test]
fn settings_out_of_range_are_parameter_errors() {
    let params = ChooseK::params;
    for params in [
        params().candidates(1..=3),
        params().candidates(RangeInclusive::new(4, 3)),
        params().rows(9),
        params().references(1),
        params().resamples(0),
        params().restarts(0),
    ] {
        assert!(params.check().unwrap_err().is_parameter());
    }
}

#[test]
fn customers_without_variety_have_no_clusters() {
    assert!(choose(&[], 2).unwrap_err().is_data());
    for rows in [1, 50] {
        let choice = choose(&vec![4.0; rows * 2], 2).unwrap();
        assert_eq!((choice.k, choice.candidates.len(), choice.rows), (None, 0, rows));
    }
    // So close together that the square of their distance is 0.
    assert_eq!(choose(&[0.0, 1e-200, 0.0, 1e-200], 1).unwrap().candidates, []);
    assert!(choose(&[0.0, 1e200], 1).unwrap_err().is_data());
}

#[test]
fn few_distinct_values_are_levels_and_no_clusters() {
    let values: Vec<f64> = (0..90).map(|row| f64::from(row % 3 * 100)).collect();
    let choice = choose(&values, 1).unwrap();
    assert_eq!((choice.k, choice.candidates.len()), (None, 2));
    assert!(choice.candidates[1].gap.is_finite());
    // Three coins, tossed by themselves, have eight outcomes.
    let mut random = generator(3);
    let coins: Vec<f64> = (0..900).map(|_| f64::from(random.random_range(0..2))).collect();
    assert_eq!(choose(&coins, 3).unwrap().k, None);
}

/// Rows of one draw after another, by `of` the row's number.
fn drawn(
    rows: usize,
    seed: u64,
    mut of: impl FnMut(usize, &mut random::Generator) -> Vec<f64>,
) -> Vec<f64> {
    let mut random = generator(seed);
    (0..rows).flat_map(|row| of(row, &mut random)).collect()
}

fn normal(random: &mut random::Generator) -> f64 {
    rand_distr::Distribution::sample(&rand_distr::StandardNormal, random)
}

#[test]
fn continua_have_no_clusters() {
    for seed in 0..3 {
        let uniform = drawn(600, seed, |_, random| vec![random.random(), random.random()]);
        let skewed = drawn(600, seed, |_, random| {
            vec![-random.random::<f64>().ln() - 1.0, -random.random::<f64>().ln() - 1.0]
        });
        let along = drawn(600, seed, |_, random| {
            let size = normal(random);
            (0..3).map(|_| 1.5 * size + normal(random)).collect()
        });
        let mixed = drawn(600, seed, |_, random| {
            vec![f64::from(random.random_range(0..2)) * 2.0, 3.5 * random.random::<f64>()]
        });
        for (name, values, columns) in [
            ("uniform", uniform, 2),
            ("skewed", skewed, 2),
            ("along", along, 3),
            ("mixed", mixed, 2),
        ] {
            let choice = choose(&values, columns).unwrap();
            assert_eq!(choice.k, None, "{name} {seed}: {choice:#?}");
            assert!(WORKING.contains(&choice.working_cut().unwrap()));
        }
    }
}

#[test]
fn a_small_group_far_off_is_found() {
    // 950 and 50, seven deviations apart.
    let off = |row: usize| if row.is_multiple_of(20) { 7.0 } else { 0.0 };
    let one = drawn(1000, 4, |row, random| vec![normal(random) + off(row)]);
    assert_eq!(choose(&one, 1).unwrap().k, Some(2));
    let two =
        drawn(1000, 5, |row, random| vec![normal(random) + off(row), normal(random) + off(row)]);
    let choice = choose(&two, 2).unwrap();
    assert_eq!(choice.k, Some(2), "{choice:#?}");
    assert!(!choice.is_at_limit());
}

#[test]
fn few_levels_beside_a_far_group_are_two_clusters() {
    // Seven levels, or a few of money, and a group far off: of levels, of a continuum, of one value.
    type Far = fn(usize) -> f64;
    let far: [(&str, Far); 4] = [
        ("levels", |row| 900.0 + row as f64 % 40.0),
        ("few levels", |row| 900.0 + (row % 4) as f64),
        ("continuum", |row| 900.0 + (row as f64 * 0.618).fract() * 60.0),
        ("value", |_| 940.0),
    ];
    for (name, of) in far {
        for logarithms in [false, true] {
            let values: Vec<f64> = (0..60)
                .map(|row| if row < 40 { 10.0 + (row % 7) as f64 } else { of(row) })
                .map(|value: f64| if logarithms { value.ln() } else { value })
                .collect();
            let choice = choose(&values, 1).unwrap();
            assert_eq!(choice.k, Some(2), "{name}, {logarithms}: {choice:#?}");
        }
    }
}

#[test]
fn counts_and_scores_have_no_clusters() {
    for seed in 0..3 {
        let orders = drawn(600, seed, |_, random| {
            vec![(-6.0 * random.random::<f64>().ln()).floor().ln_1p()]
        });
        let scores = drawn(600, seed, |_, random| {
            (0..3).map(|_| (1.0 + 5.0 * random.random::<f64>()).floor()).collect()
        });
        let with_zeros = drawn(600, seed, |row, random| {
            vec![if row % 3 == 0 { 0.0 } else { -random.random::<f64>().ln() }]
        });
        for (name, values, columns) in
            [("orders", orders, 1), ("scores", scores, 3), ("with zeros", with_zeros, 1)]
        {
            let choice = choose(&values, columns).unwrap();
            assert_eq!(choice.k, None, "{name} {seed}: {choice:#?}");
        }
    }
}

#[test]
fn the_limit_is_told_and_halves_tell_how_firm_a_cut_is() {
    let far = drawn(600, 6, |row, random| vec![(row % 12) as f64 * 9.0 + normal(random)]);
    let choice = choose(&far, 1).unwrap();
    assert!(choice.is_at_limit(), "{:?}", choice.k);
    let choose = ChooseK::params().rows(600).check().unwrap();
    let firm = choose.agreement_of_halves(Matrix::new(&far, 1).unwrap(), 12).unwrap();
    assert!(firm > 0.9, "{firm}");
    let ball = drawn(600, 7, |_, random| (0..4).map(|_| normal(random)).collect());
    let loose = choose.agreement_of_halves(Matrix::new(&ball, 4).unwrap(), 5).unwrap();
    assert!(loose < 0.8, "{loose}");
    assert!(choose.agreement_of_halves(Matrix::new(&[1.0; 10], 1).unwrap(), 2).is_err());
}

#[test]
fn the_order_of_rows_and_the_threads_change_nothing() {
    let mut random = generator(8);
    let values: Vec<f64> =
        (0..1000).map(|cell| f64::from(cell / 2 % 3 * 4) + random.random::<f64>()).collect();
    let backward: Vec<f64> = values.chunks(2).rev().flatten().copied().collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let forward = choose(&values, 2).unwrap();
    assert_eq!(forward.k, Some(3));
    assert_eq!(pool.install(|| choose(&backward, 2)).unwrap(), forward);
}

#[test]
fn jaccard_takes_the_best_match() {
    // Cluster 0 has rows a, b, c, of which the sample has a, b together with d of cluster 1.
    let pairs = [(0, 1), (0, 1), (0, 0), (1, 1), (1, 0)];
    assert_eq!(jaccard(2, pairs.into_iter()), [0.5, 1.0 / 3.0]);
}
