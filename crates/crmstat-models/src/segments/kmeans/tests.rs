use super::KMeans;
use crate::matrix::Matrix;
use crate::random::generator;
use proptest::prelude::*;
use rand::RngExt;

fn fit(k: usize, values: &[f64], columns: usize) -> crate::Result<super::Clustering> {
    KMeans::params(k).check()?.fit(Matrix::new(values, columns)?)
}

fn message(result: crate::Result<super::Clustering>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn settings_out_of_range_are_parameter_errors() {
    for params in [
        KMeans::params(0),
        KMeans::params(usize::MAX),
        KMeans::params(2).restarts(0),
        KMeans::params(2).restart_rows(1),
        KMeans::params(2).iterations(0),
        KMeans::params(2).tolerance(-1.0),
        KMeans::params(2).tolerance(f64::NAN),
    ] {
        assert!(params.check().unwrap_err().is_parameter());
    }
}

#[test]
fn no_or_too_few_customers_are_a_clear_error() {
    assert_eq!(message(fit(1, &[], 2)), "0 rows are too few for k = 1");
    assert_eq!(message(fit(2, &[1.0, 2.0], 2)), "1 rows are too few for k = 2");
    assert_eq!(
        message(fit(3, &[1.0, 2.0, 1.0, 2.0, 2.0], 1)),
        "the rows hold only 2 distinct points, too few for 3 clusters"
    );
    assert_eq!(
        message(fit(2, &[7.0; 50], 1)),
        "the rows hold only 1 distinct point, too few for 2 clusters"
    );
    assert!(fit(1, &[f64::NAN], 1).unwrap_err().is_data());
    assert!(fit(1, &[1e101, 0.0], 1).unwrap_err().is_data());
}

#[test]
fn a_start_with_too_many_clusters_is_a_clear_error() {
    let params = KMeans::params(3).start(vec![0.0, 1.0, 2.0]).check().unwrap();
    let rows = [1.0, 2.0, 1.0, 2.0];
    let error = params.fit(Matrix::new(&rows, 1).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "fewer than 3 distinct rows for 3 clusters");
    let wide = params.fit(Matrix::new(&rows, 2).unwrap()).unwrap_err();
    assert!(wide.is_data());
}

#[test]
fn one_customer_and_equal_customers_are_one_cluster() {
    let one = fit(1, &[3.0, 4.0], 2).unwrap();
    assert_eq!((one.model.centres(), one.model.inertia()), (&[3.0, 4.0][..], 0.0));
    let equal = fit(1, &[0.1; 300], 3).unwrap();
    assert_eq!((equal.model.inertia(), equal.model.weights()), (0.0, &[100.0][..]));
}

#[test]
fn a_constant_column_changes_nothing() {
    let mut random = generator(1);
    let values: Vec<f64> = (0..200).map(|_| random.random()).collect();
    let with: Vec<f64> = values.iter().flat_map(|value| [*value, 5.0]).collect();
    let plain = fit(3, &values, 1).unwrap();
    let both = fit(3, &with, 2).unwrap();
    let mut plain_centres = plain.model.centres().to_vec();
    let mut centres: Vec<f64> = both.model.centres().iter().copied().step_by(2).collect();
    plain_centres.sort_by(f64::total_cmp);
    centres.sort_by(f64::total_cmp);
    assert_eq!(centres, plain_centres);
    assert!(both.model.centres()[1..].iter().step_by(2).all(|centre| *centre == 5.0));
}

#[test]
fn an_empty_cluster_takes_the_farthest_row() {
    // Nothing is nearest to 1000; the row farthest from its centre is 9.
    let rows = [0.0, 1.0, 2.0, 9.0];
    let params = KMeans::params(2).start(vec![1.0, 1000.0]).check().unwrap();
    let fitted = params.fit(Matrix::new(&rows, 1).unwrap()).unwrap();
    assert_eq!(fitted.model.centres(), [1.0, 9.0]);
    assert_eq!(fitted.labels, [0, 0, 0, 1]);
}

#[test]
fn a_far_start_does_not_mislead() {
    let rows: Vec<f64> = (0..100).map(f64::from).collect();
    let params = KMeans::params(2).start(vec![-1e90, 1e90]).check().unwrap();
    let fitted = params.fit(Matrix::new(&rows, 1).unwrap()).unwrap();
    // Halves of 50 rows have the inertia 2 (50³ − 50) / 12 = 20825, one row more or less 20850.
    assert!(fitted.model.inertia() <= 20_850.0, "{}", fitted.model.inertia());
}

#[test]
fn a_point_that_the_sample_missed_is_found() {
    let mut rows = vec![1.0; 5000];
    rows[77] = 2.0;
    rows[99] = 3.0;
    let params = KMeans::params(3).restart_rows(10).check().unwrap();
    let fitted = params.fit(Matrix::new(&rows, 1).unwrap()).unwrap();
    let mut weights = fitted.model.weights().to_vec();
    weights.sort_by(f64::total_cmp);
    assert_eq!(weights, [1.0, 1.0, 4998.0]);
}

#[test]
fn weights_count_rows() {
    let rows = [0.0, 1.0, 5.0, 6.0, 100.0];
    let weights = [2.0, 1.0, 1.0, 3.0, 0.0];
    let repeated = [0.0, 0.0, 1.0, 5.0, 6.0, 6.0, 6.0];
    let params = KMeans::params(2).start(vec![0.0, 6.0]).check().unwrap();
    let weighted = params.fit_weighted(Matrix::new(&rows, 1).unwrap(), &weights).unwrap();
    let plain = params.fit(Matrix::new(&repeated, 1).unwrap()).unwrap();
    for (a, b) in weighted.model.centres().iter().zip(plain.model.centres()) {
        assert!((a - b).abs() < 1e-12);
    }
    assert!((weighted.model.inertia() - plain.model.inertia()).abs() < 1e-12);
    assert_eq!(weighted.model.weights(), [3.0, 4.0]);
    assert_eq!(weighted.labels[4], 1);

    let ones = params.fit_weighted(Matrix::new(&repeated, 1).unwrap(), &[1.0; 7]).unwrap();
    assert_eq!(ones, plain);
    let matrix = Matrix::new(&rows, 1).unwrap();
    assert!(params.fit_weighted(matrix, &[1.0]).unwrap_err().is_data());
    assert!(params.fit_weighted(matrix, &[1.0, 1.0, 1.0, 1.0, -1.0]).unwrap_err().is_data());
    assert!(params.fit_weighted(matrix, &[1.0, 0.0, 0.0, 0.0, 0.0]).unwrap_err().is_data());
}

#[test]
fn sorting_renumbers_and_keeps_assignments() {
    let fitted = fit(3, &[0.0, 1.0, 50.0, 51.0, 900.0], 1).unwrap();
    let (sorted, new_index) = fitted.model.sorted_by(fitted.model.centres()).unwrap();
    assert_eq!(sorted.centres(), [900.0, 50.5, 0.5]);
    assert_eq!(sorted.weights(), [1.0, 2.0, 2.0]);
    let renumbered: Vec<u32> =
        fitted.labels.iter().map(|label| new_index[*label as usize]).collect();
    assert_eq!(renumbered, [2, 2, 1, 1, 0]);
    assert!(fitted.model.sorted_by(&[1.0]).is_err());
    assert!(fitted.model.sorted_by(&[1.0, f64::NAN, 0.0]).is_err());
}

#[test]
fn a_model_survives_its_file_and_refuses_a_broken_one() {
    let model = fit(2, &[0.0, 1.0, 8.0, 9.0], 1).unwrap().model;
    let text = serde_json::to_string(&model).unwrap();
    assert_eq!(serde_json::from_str::<KMeans>(&text).unwrap(), model);
    for (from, to) in [
        ("\"columns\":1", "\"columns\":2"),
        ("\"columns\":1", "\"columns\":0"),
        ("\"inertia\":1.0", "\"inertia\":-1.0"),
        ("\"weights\":[2.0,2.0]", "\"weights\":[2.0]"),
        ("\"weights\":[2.0,2.0]", "\"weights\":[]"),
        ("\"columns\":1", "\"columns\":1,\"unknown\":1"),
    ] {
        let broken = text.replace(from, to);
        assert_ne!(broken, text);
        assert!(serde_json::from_str::<KMeans>(&broken).is_err(), "{broken}");
    }
}

#[test]
fn other_columns_are_refused_in_assignment() {
    let model = fit(1, &[0.0, 1.0], 1).unwrap().model;
    assert!(model.assign(Matrix::new(&[1.0, 2.0], 2).unwrap()).unwrap_err().is_data());
    assert!(model.distances(Matrix::new(&[1.0, 2.0], 2).unwrap()).unwrap_err().is_data());
    assert!(model.assign_one(&[1.0, 2.0]).unwrap_err().is_data());
    assert!(model.assign_one(&[f64::NAN]).unwrap_err().is_data());
}

proptest! {
    #[test]
    fn labels_weights_and_inertia_are_those_of_the_assignment(
        seed in any::<u64>(), rows in 30_usize..300, columns in 1_usize..5, k in 1_usize..6,
        sampled in any::<bool>(),
    ) {
        let mut random = generator(seed);
        let values: Vec<f64> = (0..rows * columns).map(|_| random.random::<f64>() * 1e3).collect();
        let matrix = Matrix::new(&values, columns).unwrap();
        let params = KMeans::params(k).restart_rows(if sampled { 20 } else { 1000 });
        let fitted = params.check().unwrap().fit(matrix).unwrap();
        let assigned = fitted.model.assign(matrix).unwrap();
        let distances = fitted.model.distances(matrix).unwrap();
        let mut weights = vec![0.0; k];
        let mut inertia = 0.0;
        for (row, found) in assigned.iter().enumerate() {
            prop_assert_eq!(found.cluster, fitted.labels[row]);
            let least = distances[row * k..][..k].iter().copied().fold(f64::INFINITY, f64::min);
            prop_assert_eq!(found.distance, least);
            weights[found.cluster as usize] += 1.0;
            inertia += found.distance * found.distance;
        }
        prop_assert_eq!(&weights[..], fitted.model.weights());
        prop_assert!((inertia - fitted.model.inertia()).abs() <= 1e-9 * inertia);
    }
}
