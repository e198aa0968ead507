//! k-means on Fisher's iris and on generated customers.
//!
//! The figures were recomputed with scikit-learn 1.9 (`n_init=100`, `tol=0`); they are the best known
//! inertias of iris.

use crmstat_models::matrix::Matrix;
use crmstat_models::random::{Generator, generator};
use crmstat_models::segments::{
    ChooseK, Column, FeatureProfile, KMeans, Preparation, adjusted_rand, calinski_harabasz,
    davies_bouldin, profiles, silhouette,
};
use linfa::DatasetBase;
use linfa::traits::{Fit, Predict};
use proptest::prelude::*;
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use std::collections::BTreeMap;

/// The measurements, row after row, and the species.
///
/// `linfa-datasets` carries the UCI file, in which two flowers differ from Fisher (1936, table I); UCI's
/// own note names them. The figures are those of Fisher's, as scikit-learn and R carry them.
fn iris() -> (Vec<f64>, Vec<u32>) {
    let iris = linfa_datasets::iris();
    let mut values: Vec<f64> = iris.records().iter().copied().collect();
    values[34 * 4..35 * 4].copy_from_slice(&[4.9, 3.1, 1.5, 0.2]);
    values[37 * 4..38 * 4].copy_from_slice(&[4.9, 3.6, 1.4, 0.1]);
    (values, iris.targets().iter().map(|species| *species as u32).collect())
}

fn close(found: f64, published: f64, tolerance: f64) {
    assert!((found / published - 1.0).abs() <= tolerance, "{found} is not {published}");
}

#[test]
fn iris_reaches_the_known_inertias() {
    let (values, _) = iris();
    for (k, inertia) in [(2, 152.347_952), (3, 78.851_441), (4, 57.228_473), (5, 46.446_182)] {
        let params = KMeans::params(k).restarts(100).tolerance(0.0).check().unwrap();
        let fitted = params.fit(Matrix::new(&values, 4).unwrap()).unwrap();
        assert!(fitted.model.converged());
        close(fitted.model.inertia(), inertia, 1e-6);
    }
}

#[test]
fn standardised_iris_reaches_the_known_inertia() {
    let (mut values, _) = iris();
    for column in 0..4 {
        let cells = || (0..150).map(|row| row * 4 + column);
        let mean = cells().map(|cell| values[cell]).sum::<f64>() / 150.0;
        let variance = cells().map(|cell| (values[cell] - mean).powi(2)).sum::<f64>() / 150.0;
        for cell in cells() {
            values[cell] = (values[cell] - mean) / variance.sqrt();
        }
    }
    let params = KMeans::params(3).restarts(100).tolerance(0.0).check().unwrap();
    let fitted = params.fit(Matrix::new(&values, 4).unwrap()).unwrap();
    close(fitted.model.inertia(), 139.820_496, 1e-6);
}

#[test]
fn iris_has_the_known_indices() {
    let (values, species) = iris();
    let matrix = Matrix::new(&values, 4).unwrap();
    let params = KMeans::params(3).restarts(100).tolerance(0.0).check().unwrap();
    let fitted = params.fit(matrix).unwrap();
    let mut sizes = fitted.model.weights().to_vec();
    sizes.sort_by(f64::total_cmp);
    assert_eq!(sizes, [38.0, 50.0, 62.0]);
    close(calinski_harabasz(matrix, &fitted.labels).unwrap(), 561.6278, 1e-7);
    close(davies_bouldin(matrix, &fitted.labels).unwrap(), 0.661_972, 1e-6);
    close(adjusted_rand(&fitted.labels, &species).unwrap(), 0.730_238, 1e-6);
    // scikit-learn's `silhouette_score` for the same labels.
    close(silhouette(matrix, &fitted.labels, 1000, 0).unwrap().mean, 0.552_819, 1e-6);
}

/// `per_cluster` rows around each of `centres`, with standard deviation 1, and their clusters.
fn mixture(
    centres: &[Vec<f64>],
    per_cluster: usize,
    random: &mut Generator,
) -> (Vec<f64>, Vec<u32>) {
    let mut values = Vec::new();
    let mut labels = Vec::new();
    for (label, centre) in (0_u32..).zip(centres) {
        for _ in 0..per_cluster {
            for coordinate in centre {
                let noise: f64 = StandardNormal.sample(random);
                values.push(coordinate + noise);
            }
            labels.push(label);
        }
    }
    (values, labels)
}

/// `k` centres in `columns` dimensions, no two nearer than `apart`.
fn centres_apart(k: usize, columns: usize, apart: f64, random: &mut Generator) -> Vec<Vec<f64>> {
    let mut centres: Vec<Vec<f64>> = Vec::new();
    while centres.len() < k {
        let centre: Vec<f64> = (0..columns).map(|_| 40.0 * random.random::<f64>()).collect();
        let far = |other: &Vec<f64>| {
            let squares = other.iter().zip(&centre).map(|(a, b)| (a - b).powi(2));
            squares.sum::<f64>().sqrt() >= apart
        };
        if centres.iter().all(far) {
            centres.push(centre);
        }
    }
    centres
}

#[test]
fn separated_mixtures_are_recovered_with_their_number() {
    for (seed, k, columns) in [(1, 2, 2), (2, 3, 2), (3, 5, 3), (4, 7, 4), (5, 4, 10)] {
        let mut random = generator(seed);
        let centres = centres_apart(k, columns, 8.0, &mut random);
        let (values, truth) = mixture(&centres, 300, &mut random);
        let matrix = Matrix::new(&values, columns).unwrap();
        let choice = ChooseK::params().check().unwrap().choose(matrix).unwrap();
        assert_eq!(choice.k, Some(k), "seed {seed}: {choice:#?}");
        let fitted = KMeans::params(k).check().unwrap().fit(matrix).unwrap();
        assert!(adjusted_rand(&fitted.labels, &truth).unwrap() >= 0.95, "seed {seed}");
    }
}

#[test]
fn uniform_noise_has_no_clusters() {
    for (seed, columns) in [(1, 1), (2, 2), (3, 3), (4, 5), (5, 2), (6, 2)] {
        let mut random = generator(seed);
        let values: Vec<f64> = (0..1500 * columns).map(|_| random.random()).collect();
        let matrix = Matrix::new(&values, columns).unwrap();
        let choice = ChooseK::params().seed(seed).check().unwrap().choose(matrix).unwrap();
        assert_eq!(choice.k, None, "seed {seed}: {choice:#?}");
    }
}

#[test]
fn one_gaussian_has_no_clusters() {
    let mut random = generator(9);
    let (values, _) = mixture(&[vec![0.0; 3]], 1500, &mut random);
    let matrix = Matrix::new(&values, 3).unwrap();
    let choice = ChooseK::params().check().unwrap().choose(matrix).unwrap();
    assert_eq!(choice.k, None, "{choice:#?}");
}

/// Lloyd's algorithm without any device: the oracle for the path.
fn plain_lloyd(values: &[f64], columns: usize, mut centres: Vec<f64>) -> (Vec<usize>, usize) {
    let rows: Vec<&[f64]> = values.chunks(columns).collect();
    let mut labels = vec![usize::MAX; rows.len()];
    for step in 1.. {
        let squared = |row: &[f64], centre: &[f64]| -> f64 {
            row.iter().zip(centre).map(|(a, b)| (a - b).powi(2)).sum()
        };
        let found: Vec<usize> = rows
            .iter()
            .map(|row| {
                let distances: Vec<f64> =
                    centres.chunks(columns).map(|centre| squared(row, centre)).collect();
                (0..distances.len()).min_by(|a, b| distances[*a].total_cmp(&distances[*b])).unwrap()
            })
            .collect();
        for (cluster, centre) in centres.chunks_mut(columns).enumerate() {
            let members: Vec<&&[f64]> = rows
                .iter()
                .zip(&found)
                .filter(|(_, l)| **l == cluster)
                .map(|(row, _)| row)
                .collect();
            for (column, mean) in centre.iter_mut().enumerate() {
                *mean = members.iter().map(|row| row[column]).sum::<f64>() / members.len() as f64;
            }
        }
        if found == labels {
            return (labels, step);
        }
        labels = found;
    }
    unreachable!("the loop has no end but its return")
}

#[test]
fn the_path_is_plain_lloyd_in_all_regimes() {
    // Below and above the size from which margins are kept; more than one chunk of rows.
    for (rows, columns, k) in [(6000, 3, 7), (9000, 12, 13), (5000, 33, 20)] {
        let mut random = generator(rows as u64);
        let values: Vec<f64> =
            (0..rows * columns).map(|_| StandardNormal.sample(&mut random)).collect();
        let start = values[..k * columns].to_vec();
        let params = KMeans::params(k).start(start.clone()).tolerance(0.0).iterations(10_000);
        let fitted = params.check().unwrap().fit(Matrix::new(&values, columns).unwrap()).unwrap();
        let (labels, steps) = plain_lloyd(&values, columns, start);
        assert_eq!(fitted.model.iterations(), steps);
        let same = labels.iter().zip(&fitted.labels).all(|(a, b)| *a == *b as usize);
        assert!(same, "{rows} × {columns}, k {k}");
    }
}

#[test]
fn it_agrees_with_linfa_from_equal_starts() {
    let (values, _) = iris();
    let start = [0, 50, 100].map(|row| &values[row * 4..row * 4 + 4]).concat();
    let params = KMeans::params(3).start(start.clone()).tolerance(0.0).check().unwrap();
    let ours = params.fit(Matrix::new(&values, 4).unwrap()).unwrap();
    let records = ndarray::Array2::from_shape_vec((150, 4), values).unwrap();
    let centres = ndarray::Array2::from_shape_vec((3, 4), start).unwrap();
    let linfa = linfa_clustering::KMeans::params(3)
        .init_method(linfa_clustering::KMeansInit::Precomputed(centres))
        .n_runs(1)
        .tolerance(1e-12)
        .fit(&DatasetBase::from(records.clone()))
        .unwrap();
    let theirs: Vec<u32> = linfa.predict(&records).iter().map(|label| *label as u32).collect();
    assert_eq!(adjusted_rand(&ours.labels, &theirs).unwrap(), 1.0);
}

#[test]
fn preferences_alone_make_clusters() {
    // Three tastes in three categories, of which a customer in seven tells one wrong or not at all, and a
    // spend that tells nothing. The majority of the categories is right for all but one in a hundred.
    let mut random = generator(6);
    let truth: Vec<u32> = (0..600).map(|row| row % 3).collect();
    let spend: Vec<_> = truth.iter().map(|_| Some(1.0 + random.random::<f64>())).collect();
    let mut taste = |levels: u32| -> Vec<Option<u32>> {
        let mut choose = |likes: u32| match random.random_range(0..40) {
            0 => None,
            1 => Some(random.random_range(0..levels)),
            _ => Some(likes),
        };
        truth.iter().map(|likes| choose(*likes)).collect()
    };
    let (category, channel, region) = (taste(5), taste(3), taste(4));
    let columns = [
        Column::Numeric(&spend),
        Column::Category { codes: &category, levels: 5 },
        Column::Category { codes: &channel, levels: 3 },
        Column::Category { codes: &region, levels: 4 },
    ];
    let preparation = Preparation::params().check().unwrap().fit(&columns).unwrap();
    let rows = preparation.apply(&columns).unwrap();
    let matrix = Matrix::new(&rows, preparation.width()).unwrap();
    let fitted = KMeans::params(3).check().unwrap().fit(matrix).unwrap();
    let agreement = adjusted_rand(&fitted.labels, &truth).unwrap();
    assert!(agreement >= 0.95, "{agreement}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_rows_changes_nothing(
        seed in any::<u64>(), rows in 20_usize..400, columns in 1_usize..6, k in 1_usize..6
    ) {
        let mut random = generator(seed);
        // Few distinct values, so that ties and equal rows are common.
        let values: Vec<f64> =
            (0..rows * columns).map(|_| f64::from(random.random_range(0_u8..20)) / 10.0).collect();
        let params = KMeans::params(k).restarts(3).restart_rows(200).check().unwrap();
        let forward = params.fit(Matrix::new(&values, columns).unwrap());
        let backward: Vec<f64> = values.chunks(columns).rev().flatten().copied().collect();
        let backward = params.fit(Matrix::new(&backward, columns).unwrap());
        match (forward, backward) {
            (Ok(forward), Ok(mut backward)) => {
                backward.labels.reverse();
                prop_assert_eq!(forward, backward);
            }
            (forward, backward) => prop_assert_eq!(forward.unwrap_err(), backward.unwrap_err()),
        }
    }

    #[test]
    fn the_number_of_threads_changes_nothing(seed in any::<u64>()) {
        let mut random = generator(seed);
        let values: Vec<f64> = (0..9000 * 3).map(|_| StandardNormal.sample(&mut random)).collect();
        let fit = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let params = KMeans::params(5).restarts(2).iterations(5).check().unwrap();
            pool.install(|| params.fit(Matrix::new(&values, 3).unwrap()).unwrap())
        };
        prop_assert_eq!(fit(1), fit(3));
    }
}

/// Recency in days before 1998-07-01 (months of 30 days), number of orders and total of each customer.
fn cdnow() -> [Vec<Option<f64>>; 3] {
    let text = std::fs::read_to_string(crate::shared("data/customers/cdnow/CDNOW_master.txt"));
    let mut customers: BTreeMap<u32, (f64, f64, f64)> = BTreeMap::new();
    for line in text.unwrap().lines().skip(1) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let date: u32 = fields[1].parse().unwrap();
        let day = date / 10_000 * 360 + date / 100 % 100 * 30 + date % 100;
        let customer = customers.entry(fields[0].parse().unwrap()).or_default();
        customer.0 = customer.0.max(f64::from(day));
        customer.1 += 1.0;
        customer.2 += fields[3].parse::<f64>().unwrap();
    }
    let end = f64::from(1998 * 360 + 7 * 30 + 1);
    let column = |of: fn(&(f64, f64, f64), f64) -> f64| {
        customers.values().map(|customer| Some(of(customer, end))).collect::<Vec<_>>()
    };
    [column(|c, end| end - c.0), column(|c, _| c.1), column(|c, _| c.2)]
}

#[test]
#[ignore = "needs CRMSTAT_SHARED"]
fn cdnow_buyers_fall_into_stable_segments_needs_shared_data() {
    let features = cdnow();
    let columns: Vec<Column<'_>> = features.iter().map(|f| Column::Numeric(f)).collect();
    let preparation = Preparation::params().check().unwrap().fit(&columns).unwrap();
    let rows = preparation.apply(&columns).unwrap();
    let matrix = Matrix::new(&rows, preparation.width()).unwrap();
    assert_eq!(matrix.rows(), 23_570);
    let choice = ChooseK::params().check().unwrap().choose(matrix).unwrap();
    // Those who came once, and those who came back.
    assert_eq!(choice.k, Some(2), "{choice:#?}");
    let fitted = KMeans::params(2).check().unwrap().fit(matrix).unwrap();
    let spend: Vec<f64> = fitted.model.centres().chunks(3).map(|centre| centre[2]).collect();
    let (model, _) = fitted.model.sorted_by(&spend).unwrap();
    let values: Vec<f64> = features[2].iter().flatten().copied().collect();
    let found = profiles(&preparation, &model, &columns, &values, 5).unwrap();
    let total: f64 = found.iter().map(|profile| profile.value).sum();
    assert!((total - 2_500_315.63).abs() < 0.01);
    let median_orders = |cluster: usize| match found[cluster].features[1] {
        FeatureProfile::Number { median, .. } => median.unwrap(),
        FeatureProfile::Category { .. } => unreachable!("orders are a number"),
    };
    assert!(median_orders(0) >= 2.0 && median_orders(1) == 1.0, "{found:#?}");
    assert!(found[0].share_value > found[1].share_value);
    assert!(found[0].customers < found[1].customers);
}
