//! Against scikit-learn's and statsmodels' kind of answers, slow oracles, properties and odd data.

use proptest::prelude::*;
use rand::RngExt;

use super::{Logistic, LogisticParams, Penalty, Separation, Solver};
use crate::churn::evaluation::{auc, reliability_line};
use crate::churn::{Rows, Sample};
use crate::random::stream;

/// Rows of three features on different scales with labels drawn from a known model.
fn drawn(rows: u64, seed: u64) -> (Vec<f64>, Vec<bool>) {
    let mut values = Vec::new();
    let mut labels = Vec::new();
    for row in 0..rows {
        let mut generator = stream(seed, row);
        let mut uniform = || generator.random::<f64>() * 2.0 - 1.0;
        let x = [uniform(), 100.0 + 10.0 * uniform(), 0.01 * uniform()];
        let log_odds = 0.5 + 1.5 * x[0] - 0.2 * (x[1] - 100.0) + 30.0 * x[2];
        labels.push(0.5 * (uniform() + 1.0) < 1.0 / (1.0 + (-log_odds).exp()));
        values.extend(x);
    }
    (values, labels)
}

fn fit(params: LogisticParams, values: &[f64], width: usize, labels: &[bool]) -> Logistic {
    params.fit(Sample::new(Rows::new(values, width).unwrap(), labels).unwrap()).unwrap()
}

/// The objective from its definition.
fn objective(model: &Logistic, penalty: Penalty, values: &[f64], labels: &[bool]) -> f64 {
    let width = model.coefficients().len();
    let mut sum = 0.0;
    for (row, label) in values.chunks(width).zip(labels) {
        let log_odds = model.log_odds(row).unwrap();
        sum += (1.0 + (if *label { -log_odds } else { log_odds }).exp()).ln();
    }
    let (l1, l2) = penalty.factors();
    for slope in model.coefficients() {
        sum += l1 * slope.abs() + 0.5 * l2 * slope * slope;
    }
    sum
}

#[test]
fn every_solver_reaches_the_same_minimum() {
    let (values, labels) = drawn(30_000, 1);
    let penalty = Penalty::L2 { strength: 2.0 };
    let by = |solver| {
        let params = Logistic::params().penalty(penalty).solver(solver).tolerance(1e-10);
        fit(params, &values, 3, &labels)
    };
    let newton = by(Solver::Newton);
    for solver in [Solver::Lbfgs, Solver::CoordinateDescent] {
        let other = by(solver);
        assert!(other.diagnostics().converged, "{:?}", other.diagnostics());
        for (a, b) in newton.coefficients().iter().zip(other.coefficients()) {
            assert!((a - b).abs() < 1e-7 * (1.0 + a.abs()), "{solver:?}: {a} against {b}");
        }
        let (a, b) = (newton.diagnostics().objective, other.diagnostics().objective);
        assert!((a - b).abs() < 1e-12 * a);
    }
    let slow = objective(&newton, penalty, &values, &labels);
    assert!((slow - newton.diagnostics().objective).abs() < 1e-10 * slow);
}

#[test]
fn few_passes_suffice_on_many_rows() {
    let (values, labels) = drawn(60_000, 2);
    let model = fit(Logistic::params().solver(Solver::Lbfgs), &values, 3, &labels);
    assert!(model.diagnostics().converged);
    assert!(model.diagnostics().evaluations <= 8, "{:?}", model.diagnostics());
}

#[test]
fn the_truth_is_recovered_within_its_standard_errors() {
    let (values, labels) = drawn(40_000, 3);
    let model = fit(Logistic::params().penalty(Penalty::None), &values, 3, &labels);
    let estimates = model.estimates().unwrap();
    for (estimate, truth) in estimates.iter().zip([20.5, 1.5, -0.2, 30.0]) {
        let errors = (estimate.value - truth) / estimate.standard_error;
        assert!(errors.abs() < 3.5, "{truth}: {estimate:?}");
        assert!(estimate.p_value < 1e-10);
    }
}

#[test]
fn a_single_flag_has_the_textbook_estimate() {
    // A 2 × 2 table: the estimate is the log odds ratio, its variance the sum of inverse counts (Woolf).
    let (values, labels): (Vec<f64>, Vec<bool>) =
        [(1.0, true, 30), (1.0, false, 10), (0.0, true, 20), (0.0, false, 40)]
            .iter()
            .flat_map(|(value, label, count)| vec![(*value, *label); *count])
            .unzip();
    let model = fit(Logistic::params().penalty(Penalty::None), &values, 1, &labels);
    let estimates = model.estimates().unwrap();
    assert!((estimates[1].value - 6.0_f64.ln()).abs() < 1e-9);
    let variance = 1.0 / 30.0 + 1.0 / 10.0 + 1.0 / 20.0 + 1.0 / 40.0_f64;
    assert!((estimates[1].standard_error - variance.sqrt()).abs() < 1e-9);
    assert!((estimates[0].value - 0.5_f64.ln()).abs() < 1e-9);
    assert!((estimates[0].standard_error - (1.0 / 20.0 + 1.0 / 40.0_f64).sqrt()).abs() < 1e-9);
}

#[test]
fn the_l1_solution_satisfies_its_optimality_conditions() {
    let (values, labels) = drawn(2_000, 4);
    for penalty in
        [Penalty::L1 { strength: 40.0 }, Penalty::ElasticNet { strength: 60.0, l1_share: 0.4 }]
    {
        let model = fit(Logistic::params().penalty(penalty), &values, 3, &labels);
        assert!(model.diagnostics().converged);
        let (l1, l2) = penalty.factors();
        let mut zeros = 0;
        for column in 0..3 {
            let residuals = values.chunks(3).zip(&labels).map(|(row, label)| {
                row[column] * (model.probability(row).unwrap() - f64::from(u8::from(*label)))
            });
            let slope = model.coefficients()[column];
            let gradient = residuals.sum::<f64>() + l2 * slope;
            if slope == 0.0 {
                zeros += 1;
                assert!(gradient.abs() <= l1 + 1e-3, "{gradient}");
            } else {
                assert!((gradient + l1 * slope.signum()).abs() < 1e-3, "{column}: {gradient}");
            }
        }
        assert!(zeros > 0, "{:?}", model.coefficients());
    }
}

#[test]
fn whole_weights_are_repeated_rows() {
    let (values, labels) = drawn(300, 5);
    let weights: Vec<f64> = (0..300).map(|row| f64::from(row % 3)).collect();
    let mut repeated = (Vec::new(), Vec::new());
    for row in 0..300 {
        for _ in 0..row % 3 {
            repeated.0.extend_from_slice(&values[row * 3..][..3]);
            repeated.1.push(labels[row]);
        }
    }
    for params in [
        Logistic::params().penalty(Penalty::None),
        Logistic::params().solver(Solver::Lbfgs).tolerance(1e-10),
        Logistic::params().penalty(Penalty::L1 { strength: 3.0 }),
    ] {
        let sample = Sample::new(Rows::new(&values, 3).unwrap(), &labels).unwrap();
        let weighted = params.fit(sample.weighted(&weights).unwrap()).unwrap();
        let plain = fit(params, &repeated.0, 3, &repeated.1);
        for (a, b) in weighted.coefficients().iter().zip(plain.coefficients()) {
            assert!((a - b).abs() < 1e-6 * (1.0 + a.abs()), "{a} against {b}");
        }
    }
}

#[test]
fn the_result_does_not_depend_on_the_number_of_threads() {
    let (values, labels) = drawn(50_000, 6);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            [Solver::Lbfgs, Solver::Newton]
                .map(|solver| fit(Logistic::params().solver(solver), &values, 3, &labels))
        })
    };
    assert_eq!(with(1), with(2));
    assert_eq!(with(1), with(7));
}

#[test]
fn separation_is_said() {
    let values: Vec<f64> = (0..40).map(f64::from).collect();
    let labels: Vec<bool> = (0..40).map(|row| row >= 25).collect();
    for solver in [Solver::Newton, Solver::Lbfgs] {
        let params = Logistic::params().penalty(Penalty::None).solver(solver);
        let model = fit(params, &values, 1, &labels);
        assert_eq!(model.diagnostics().separation, Some(Separation::Complete), "{solver:?}");
        assert!(!model.diagnostics().converged);
        assert_eq!(model.estimates(), None);
        assert!(model.probability(&[39.0]).unwrap() > 0.99);
    }
    // A penalty makes the estimate finite.
    let penalised = fit(Logistic::params(), &values, 1, &labels);
    assert!(penalised.diagnostics().converged);
    assert_eq!(penalised.diagnostics().separation, None);
}

#[test]
fn quasi_separation_by_a_flag_is_said() {
    // Every flagged customer left; the other feature overlaps.
    let (noise, mut labels) = drawn(200, 7);
    let mut values = Vec::new();
    for row in 0..200 {
        let flag = row % 10 == 0;
        labels[row] |= flag;
        values.extend([noise[3 * row], f64::from(u8::from(flag))]);
    }
    let model = fit(Logistic::params().penalty(Penalty::None), &values, 2, &labels);
    assert_eq!(model.diagnostics().separation, Some(Separation::Quasi));
    // One flagged customer who stayed, and there is an estimate again.
    labels[0] = false;
    let model = fit(Logistic::params().penalty(Penalty::None), &values, 2, &labels);
    assert_eq!(model.diagnostics().separation, None);
    assert!(model.diagnostics().converged);
}

#[test]
fn constant_columns_are_named_and_collinear_ones_refused() {
    let (values, labels) = drawn(100, 8);
    let with_constant: Vec<f64> = values.chunks(3).flat_map(|row| [row[0], 7.5]).collect();
    let model = fit(Logistic::params().penalty(Penalty::None), &with_constant, 2, &labels);
    assert_eq!(model.diagnostics().constant_columns, [1]);
    assert_eq!(model.coefficients()[1], 0.0);
    assert_eq!(model.estimates().unwrap()[2].p_value, 1.0);

    let twice: Vec<f64> =
        values.chunks(3).flat_map(|row| [row[0], row[1], row[0] - 2.0 * row[1] + 1.0]).collect();
    let sample = Sample::new(Rows::new(&twice, 3).unwrap(), &labels).unwrap();
    let error = Logistic::params().penalty(Penalty::None).fit(sample).unwrap_err();
    assert!(error.is_data() && error.to_string().contains("column 2"), "{error}");
    assert!(Logistic::params().fit(sample).unwrap().diagnostics().converged);
}

#[test]
fn data_that_cannot_be_fitted_are_refused() {
    let labels = [true, false];
    let refused = |values: &[f64], labels: &[bool]| {
        let sample = Sample::new(Rows::new(values, 1).unwrap(), labels).unwrap();
        Logistic::params().fit(sample).unwrap_err()
    };
    assert!(refused(&[1.0, f64::NAN], &labels).to_string().contains("row 1"));
    assert!(refused(&[f64::INFINITY, 1.0], &labels).is_data());
    assert!(refused(&[1e300, -1e300], &labels).is_data());
    assert!(refused(&[1.0, 2.0], &[true, true]).is_data());
    assert!(refused(&[1.0], &[false]).is_data());
}

#[test]
fn parameters_out_of_range_are_refused() {
    let wrong = [
        Logistic::params().penalty(Penalty::L2 { strength: 0.0 }),
        Logistic::params().penalty(Penalty::L1 { strength: f64::NAN }),
        Logistic::params().penalty(Penalty::ElasticNet { strength: 1.0, l1_share: 1.5 }),
        Logistic::params().tolerance(-1.0),
        Logistic::params().iterations(0),
        Logistic::params().penalty(Penalty::L1 { strength: 1.0 }).solver(Solver::Newton),
    ];
    for params in wrong {
        assert!(params.check().unwrap_err().is_parameter(), "{params:?}");
    }
}

#[test]
fn what_did_not_converge_says_so() {
    let (values, labels) = drawn(500, 9);
    let model = fit(Logistic::params().iterations(1), &values, 3, &labels);
    assert!(!model.diagnostics().converged);
    assert!(model.diagnostics().gradient_norm > 1e-8);
}

#[test]
fn contributions_sum_to_the_log_odds() {
    let (values, labels) = drawn(500, 10);
    let model = fit(Logistic::params(), &values, 3, &labels);
    for row in values.chunks(3).take(20) {
        let explanation = model.explain(row).unwrap();
        assert!((explanation.log_odds() - model.log_odds(row).unwrap()).abs() < 1e-12);
    }
    assert!(model.explain(model.means()).unwrap().contributions.iter().all(|term| *term == 0.0));
}

#[test]
fn one_row_and_a_table_score_alike_and_bad_rows_are_named() {
    let (values, labels) = drawn(500, 11);
    let model = fit(Logistic::params(), &values, 3, &labels);
    let scores = model.probabilities(Rows::new(&values, 3).unwrap()).unwrap();
    for (row, score) in values.chunks(3).zip(&scores) {
        assert_eq!(model.probability(row).unwrap(), *score);
    }
    let mut broken = values.clone();
    broken[3 * 17 + 1] = f64::NAN;
    let error = model.probabilities(Rows::new(&broken, 3).unwrap()).unwrap_err();
    assert!(error.to_string().contains("row 17") && error.hint().is_some(), "{error}");
    assert!(model.probability(&[1.0]).unwrap_err().is_data());
    assert!(model.probability(&[]).unwrap_err().is_data());
}

#[test]
fn a_saved_model_is_the_same_model_and_a_broken_one_is_refused() {
    let (values, labels) = drawn(200, 12);
    let model = fit(Logistic::params().penalty(Penalty::None), &values, 3, &labels);
    let saved = serde_json::to_string(&model).unwrap();
    let loaded: Logistic = serde_json::from_str(&saved).unwrap();
    assert_eq!(loaded.probability(&values[..3]), model.probability(&values[..3]));
    let mut broken: serde_json::Value = serde_json::from_str(&saved).unwrap();
    broken["means"] = serde_json::json!([1.0]);
    assert!(serde_json::from_value::<Logistic>(broken).is_err());
}

#[test]
fn the_path_starts_empty_and_chooses_what_predicts() {
    let (mut values, labels) = drawn(600, 13);
    // A fourth column without meaning.
    values = values
        .chunks(3)
        .enumerate()
        .flat_map(|(row, x)| [x[0], x[1], x[2], (row * 37 % 101) as f64])
        .collect();
    let sample = Sample::new(Rows::new(&values, 4).unwrap(), &labels).unwrap();
    let path = Logistic::path().strengths(20).smallest(1e-3).fit(sample).unwrap();
    assert_eq!(path.points().len(), 20);
    assert_eq!(path.points()[0].model.coefficients(), [0.0; 4]);
    assert!(path.points()[1].model.coefficients().iter().any(|slope| *slope != 0.0));
    assert_eq!(path.simplest().model.coefficients()[3], 0.0);
    assert!(path.simplest().model.coefficients()[..3].iter().all(|slope| *slope != 0.0));
    assert!(path.simplest().strength >= path.best().strength);
    assert_eq!(path, Logistic::path().strengths(20).smallest(1e-3).fit(sample).unwrap());
    assert!(Logistic::path().l1_share(2.0).fit(sample).unwrap_err().is_parameter());
    assert!(Logistic::path().smallest(1.0).fit(sample).unwrap_err().is_parameter());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn scale_shift_and_order_of_the_data_do_not_matter(
        seed in 0_u64..1000, scale in 1e-6_f64..1e6, shift in -1e3_f64..1e3,
    ) {
        let (values, labels) = drawn(200, seed);
        let params = Logistic::params().penalty(Penalty::L2 { strength: 1.0 }).standardise(true);
        let model = fit(params, &values, 3, &labels);
        let moved: Vec<f64> =
            values.chunks(3).rev().flat_map(|row| [row[0], (row[1] + shift) * scale, row[2]]).collect();
        let reversed: Vec<bool> = labels.iter().rev().copied().collect();
        let again = fit(params, &moved, 3, &reversed);
        for (row, other) in values.chunks(3).zip(moved.chunks(3).rev()) {
            let (a, b) = (model.probability(row).unwrap(), again.probability(other).unwrap());
            prop_assert!((a - b).abs() < 1e-6, "{a} against {b}");
        }
    }
}

#[test]
fn linfa_finds_the_same_coefficients() {
    use linfa::prelude::{Dataset, Fit};
    let (values, labels) = drawn(1000, 14);
    // Linfa's solver wants columns of one scale.
    let values: Vec<f64> =
        values.chunks(3).flat_map(|x| [x[0], (x[1] - 100.0) / 10.0, x[2] * 100.0]).collect();
    let ours = fit(Logistic::params(), &values, 3, &labels);
    let records = ndarray::Array2::from_shape_vec((1000, 3), values).unwrap();
    let data = Dataset::new(records, ndarray::Array1::from_vec(labels));
    let theirs = linfa_logistic::LogisticRegression::default()
        .alpha(1.0)
        .gradient_tolerance(1e-8)
        .max_iterations(1000)
        .fit(&data)
        .unwrap();
    // Which label linfa calls positive is its own choice.
    let sign = (theirs.params()[0] * ours.coefficients()[0]).signum();
    for (a, b) in ours.coefficients().iter().zip(theirs.params()) {
        assert!((a - sign * b).abs() < 1e-5, "{a} against {b}");
    }
    assert!((ours.intercept() - sign * theirs.intercept()).abs() < 1e-5);
}

#[test]
fn generated_churn_is_ranked_and_calibrated_like_its_truth() {
    let (values, labels) = drawn(20_000, 15);
    let model = fit(Logistic::params(), &values, 3, &labels);
    let (unseen, outcome) = drawn(40_000, 16);
    let scores = model.probabilities(Rows::new(&unseen, 3).unwrap()).unwrap();
    let line = reliability_line(&scores, &outcome).unwrap();
    assert!((0.95..=1.05).contains(&line.slope), "{line:?}");
    let truth: Vec<f64> =
        unseen.chunks(3).map(|x| 1.5 * x[0] - 0.2 * (x[1] - 100.0) + 30.0 * x[2]).collect();
    let (ours, best) = (auc(&scores, &outcome).unwrap(), auc(&truth, &outcome).unwrap());
    assert!((ours.value - best.value).abs() < 0.005, "{ours:?} against {best:?}");
}

proptest! {
    #[test]
    fn odd_values_give_an_error_or_numbers(
        cells in prop::collection::vec(
            prop::sample::select(vec![0.0, 1.0, -1.0, 0.5, 1e8, 1e-300, -1e150, f64::MAX, 3.0]), 4..60,
        ),
        odd in 0_usize..3,
        penalty in prop::sample::select(vec![
            Penalty::None,
            Penalty::L2 { strength: 1e-9 },
            Penalty::L2 { strength: 1.0 },
            Penalty::L1 { strength: 0.1 },
            Penalty::ElasticNet { strength: 1e3, l1_share: 0.5 },
        ]),
        standardise in any::<bool>(),
    ) {
        let width = 1 + odd;
        let rows = cells.len() / width;
        let values = &cells[..rows * width];
        let labels: Vec<bool> = (0..rows).map(|row| row % 3 == odd).collect();
        let sample = Sample::new(Rows::new(values, width).unwrap(), &labels).unwrap();
        let params = Logistic::params().penalty(penalty).standardise(standardise);
        if let Ok(model) = params.fit(sample) {
            prop_assert!(model.intercept().is_finite(), "{model:?}");
            prop_assert!(model.coefficients().iter().all(|slope| slope.is_finite()), "{model:?}");
            for row in values.chunks(width) {
                if let Ok(probability) = model.probability(row) {
                    prop_assert!((0.0..=1.0).contains(&probability), "{probability}");
                }
            }
            let errors = model.estimates().unwrap_or_default();
            prop_assert!(errors.iter().all(|estimate| estimate.p_value.is_finite()), "{errors:?}");
        }
    }
}
