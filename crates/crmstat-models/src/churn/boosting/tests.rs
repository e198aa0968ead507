//! Recovery of known functions, constraints, slow Shapley values, and odd data.

use rand::RngExt;

use super::tree::{Node, Tree};
use super::{Boosting, BoostingParams, Monotone};
use crate::churn::evaluation::{auc, log_loss};
use crate::churn::{Rows, Sample};
use crate::random::stream;

/// Three uniform features; the log-odds bend in the first and need the first two together.
fn drawn(rows: u64, seed: u64) -> (Vec<f64>, Vec<bool>, Vec<f64>) {
    let (mut values, mut labels, mut truth) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..rows {
        let mut generator = stream(seed, row);
        let mut uniform = || generator.random::<f64>();
        let x = [uniform(), uniform(), uniform()];
        let log_odds = if (x[0] > 0.5) == (x[1] > 0.5) { 1.5 } else { -1.5 } + x[0];
        labels.push(uniform() < 1.0 / (1.0 + (-log_odds).exp()));
        values.extend(x);
        truth.push(log_odds);
    }
    (values, labels, truth)
}

fn fit(params: BoostingParams, values: &[f64], width: usize, labels: &[bool]) -> Boosting {
    params.fit(Sample::new(Rows::new(values, width).unwrap(), labels).unwrap()).unwrap()
}

#[test]
fn an_interaction_is_learned() {
    let (values, labels, _) = drawn(6000, 1);
    let model = fit(Boosting::params(), &values, 3, &labels);
    let (unseen, outcome, truth) = drawn(6000, 2);
    let scores = model.probabilities(Rows::new(&unseen, 3).unwrap()).unwrap();
    let (ours, best) = (auc(&scores, &outcome).unwrap(), auc(&truth, &outcome).unwrap());
    assert!(ours.value > best.value - 0.01, "{ours:?} against {best:?}");
}

#[test]
fn a_constraint_holds_everywhere() {
    // The first feature raises churn up to one half and lowers it beyond.
    let values: Vec<f64> = drawn(3000, 3).0;
    let labels: Vec<bool> = values
        .chunks(3)
        .zip(0..)
        .map(|(x, row)| {
            let log_odds = 4.0 * (0.5 - (x[0] - 0.5).abs()) + 2.0 * x[1] - 2.0;
            stream(4, row).random::<f64>() < 1.0 / (1.0 + f64::exp(-log_odds))
        })
        .collect();
    let free = fit(Boosting::params(), &values, 3, &labels);
    for (constraint, sign) in [(Monotone::Increasing, 1.0), (Monotone::Decreasing, -1.0)] {
        let monotone = vec![constraint, Monotone::Free, Monotone::Free];
        let model = fit(Boosting::params().monotone(monotone), &values, 3, &labels);
        let mut bent = false;
        for other in [[0.1, 0.9], [0.5, 0.5], [0.9, 0.1]] {
            let along = |model: &Boosting, step: u32| {
                model.log_odds(&[f64::from(step) / 100.0, other[0], other[1]]).unwrap()
            };
            for step in 0..100 {
                let rise = along(&model, step + 1) - along(&model, step);
                assert!(sign * rise >= 0.0, "{constraint:?} at {step}: {rise}");
                bent |= sign * (along(&free, step + 1) - along(&free, step)) < -1e-6;
            }
        }
        assert!(bent, "without the constraint the model does bend");
    }
}

#[test]
fn the_first_leaves_are_newton_steps() {
    // One tree with full belief: each half's value is −G / (H + l2).
    let values = [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0];
    let labels = [true, false, false, false, true, true, true, false];
    let params = Boosting::params().trees(1).learning_rate(1.0).least_weight(1.0).l2(0.5);
    let model = fit(params, &values, 1, &labels);
    assert!((model.log_odds(&[0.0]).unwrap() - (-1.0 / (4.0 * 0.25 + 0.5))).abs() < 1e-12);
    assert!((model.log_odds(&[1.0]).unwrap() - 1.0 / (4.0 * 0.25 + 0.5)).abs() < 1e-12);
}

#[test]
fn missing_values_go_the_way_that_fits() {
    let (mut values, mut labels, _) = drawn(2000, 5);
    for row in (0..2000).step_by(4) {
        values[3 * row + 2] = f64::NAN;
        labels[row] = true;
    }
    let model = fit(Boosting::params(), &values, 3, &labels);
    let missing = model.probability(&[0.2, 0.8, f64::NAN]).unwrap();
    let present = model.probability(&[0.2, 0.8, 0.5]).unwrap();
    assert!(missing > 0.8 && present < 0.5, "{missing} {present}");
    // Where none was missing, a missing value still has a score.
    let whole = fit(Boosting::params(), &drawn(500, 6).0, 3, &drawn(500, 6).1);
    assert!(whole.probability(&[f64::NAN; 3]).unwrap().is_finite());
}

/// The expected value of a tree where only the features of `known` are known.
fn expectation(tree: &Tree, node: usize, row: &[f64], known: usize) -> f64 {
    match &tree.nodes[node] {
        Node::Leaf { value, .. } => *value,
        Node::Split(split) if known >> split.feature & 1 == 1 => {
            expectation(tree, split.child(row), row, known)
        }
        Node::Split(split) => {
            let part = |child: usize| {
                tree.nodes[child].cover() / split.cover * expectation(tree, child, row, known)
            };
            part(split.left) + part(split.right)
        }
    }
}

/// The Shapley values of the model from their definition, over all subsets of the features.
fn slow_shapley(model: &Boosting, row: &[f64]) -> Vec<f64> {
    let factorial = |n: usize| (1..=n).map(|k| k as f64).product::<f64>();
    let features = row.len();
    let value =
        |known: usize| model.trees.iter().map(|tree| expectation(tree, 0, row, known)).sum::<f64>();
    (0..features)
        .map(|feature| {
            let subsets = (0..1_usize << features).filter(|known| known >> feature & 1 == 0);
            subsets
                .map(|known| {
                    let size = known.count_ones() as usize;
                    let weight = factorial(size) * factorial(features - size - 1);
                    weight / factorial(features) * (value(known | 1 << feature) - value(known))
                })
                .sum()
        })
        .collect()
}

#[test]
fn contributions_are_the_shapley_values() {
    let (values, labels, _) = drawn(1500, 7);
    // Five features, so that paths repeat some and skip others.
    let wide: Vec<f64> = values
        .chunks(3)
        .zip(values.chunks(3).rev())
        .flat_map(|(x, y)| [x[0], x[1], x[2], y[0] + 0.2 * x[0], f64::NAN.min(y[1])])
        .collect();
    let model = fit(Boosting::params().trees(40).leaves(12), &wide, 5, &labels);
    for row in wide.chunks(5).take(30) {
        let explanation = model.explain(row).unwrap();
        for (fast, slow) in explanation.contributions.iter().zip(slow_shapley(&model, row)) {
            assert!((fast - slow).abs() < 1e-10, "{fast} against {slow}");
        }
        assert!((explanation.log_odds() - model.log_odds(row).unwrap()).abs() < 1e-10);
    }
}

#[test]
fn many_rows_are_scored_and_explained_as_one_is() {
    let (mut values, labels, _) = drawn(1500, 11);
    values.iter_mut().step_by(17).for_each(|value| *value = f64::NAN);
    // Trees whose patterns are listed, and trees with too many of them.
    for leaves in [2, 8, 11, 12, 40] {
        let params = Boosting::params().trees(20).leaves(leaves).least_weight(5.0);
        let model = fit(params, &values, 3, &labels);
        let explainer = model.explainer();
        let scores = model.probabilities(Rows::new(&values, 3).unwrap()).unwrap();
        for (row, score) in values.chunks(3).zip(scores).take(300) {
            assert_eq!(score, model.probability(row).unwrap());
            let (many, one) = (explainer.explain(row).unwrap(), model.explain(row).unwrap());
            let pairs = many.contributions.iter().zip(&one.contributions);
            for (many, one) in pairs.chain([(&many.base, &one.base)]) {
                assert!((many - one).abs() < 1e-12, "{leaves} leaves, {row:?}: {many} {one}");
            }
        }
        assert!(explainer.explain(&[1.0]).unwrap_err().is_data());
        assert!(explainer.explain_into(&values[..3], &mut [0.0]).unwrap_err().is_data());
    }
}

#[test]
fn whole_weights_are_repeated_rows() {
    // Values on a grid, so that both samples have the same cuts, which weights do not move.
    let (mut values, labels, _) = drawn(600, 8);
    for value in &mut values {
        *value = (*value * 10.0).round();
    }
    let weights: Vec<f64> = (0..600).map(|row| f64::from(row % 3)).collect();
    let mut repeated = (Vec::new(), Vec::new());
    for row in 0..600 {
        for _ in 0..row % 3 {
            repeated.0.extend_from_slice(&values[3 * row..][..3]);
            repeated.1.push(labels[row]);
        }
    }
    let sample = Sample::new(Rows::new(&values, 3).unwrap(), &labels).unwrap();
    let params = Boosting::params().trees(20);
    let weighted = params.clone().fit(sample.weighted(&weights).unwrap()).unwrap();
    let plain = fit(params, &repeated.0, 3, &repeated.1);
    for row in values.chunks(3).take(100) {
        let (a, b) = (weighted.probability(row).unwrap(), plain.probability(row).unwrap());
        assert!((a - b).abs() < 1e-9, "{a} against {b}");
    }
}

#[test]
fn the_result_does_not_depend_on_the_number_of_threads() {
    let (values, labels, _) = drawn(20_000, 9);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| fit(Boosting::params().trees(10).column_share(0.7), &values, 3, &labels))
    };
    assert_eq!(with(1), with(2));
    assert_eq!(with(1), with(5));
}

#[test]
fn odd_data_are_handled() {
    let constant = [3.0; 50];
    let labels: Vec<bool> = (0..50).map(|row| row % 5 == 0).collect();
    let model = fit(Boosting::params(), &constant, 1, &labels);
    assert_eq!(model.trees(), 0);
    assert!((model.probability(&[3.0]).unwrap() - 0.2).abs() < 1e-12);
    let sample = Sample::new(Rows::new(&constant, 1).unwrap(), &[true; 50]).unwrap();
    assert!(Boosting::params().fit(sample).unwrap_err().is_data());
    let infinite = [f64::INFINITY, 1.0];
    let sample = Sample::new(Rows::new(&infinite, 1).unwrap(), &[true, false]).unwrap();
    assert!(Boosting::params().fit(sample).unwrap_err().to_string().contains("row 0"));
    assert!(model.probability(&[1.0, 2.0]).unwrap_err().is_data());
    // Perfect separation: the log-odds stay finite.
    let ordered: Vec<f64> = (0..50).map(f64::from).collect();
    let split: Vec<bool> = (0..50).map(|row| row >= 25).collect();
    let sharp = fit(Boosting::params().trees(2000).learning_rate(1.0), &ordered, 1, &split);
    assert!(sharp.probability(&[49.0]).unwrap() > 0.99);
    assert!(sharp.log_odds(&[49.0]).unwrap().is_finite());
}

#[test]
fn parameters_out_of_range_are_refused() {
    let wrong = [
        Boosting::params().trees(0),
        Boosting::params().learning_rate(0.0),
        Boosting::params().leaves(1),
        Boosting::params().least_weight(f64::NAN),
        Boosting::params().l2(-1.0),
        Boosting::params().bins(256),
        Boosting::params().column_share(1.1),
    ];
    for params in wrong {
        assert!(params.clone().check().unwrap_err().is_parameter(), "{params:?}");
    }
    let sample = Sample::new(Rows::new(&[1.0, 2.0], 1).unwrap(), &[true, false]).unwrap();
    let params = Boosting::params().monotone(vec![Monotone::Free; 2]);
    assert!(params.fit(sample).unwrap_err().is_parameter());
}

#[test]
fn a_saved_model_is_the_same_model_and_a_broken_one_is_refused() {
    let (values, labels, _) = drawn(500, 10);
    let model = fit(Boosting::params().trees(5), &values, 3, &labels);
    let saved = serde_json::to_value(&model).unwrap();
    let loaded: Boosting = serde_json::from_value(saved.clone()).unwrap();
    assert_eq!(loaded.probability(&values[..3]), model.probability(&values[..3]));
    let break_with = |path: &str, value: serde_json::Value| {
        let mut broken = saved.clone();
        *broken.pointer_mut(path).unwrap() = value;
        serde_json::from_value::<Boosting>(broken)
    };
    assert!(break_with("/trees/0/nodes/0/Split/left", 0.into()).is_err());
    assert!(break_with("/trees/0/nodes/0/Split/right", 999.into()).is_err());
    assert!(break_with("/trees/0/nodes/0/Split/feature", 3.into()).is_err());
    assert!(break_with("/trees/0/nodes/0/Split/cover", 0.into()).is_err());
    assert!(break_with("/trees/0/nodes", serde_json::json!([])).is_err());
}

/// Rows of one label in turn over four parts.
fn parts(labels: &[bool]) -> Vec<usize> {
    let mut next = [0; 2];
    let part = |label: &bool| {
        let next = &mut next[usize::from(*label)];
        *next += 1;
        *next % 4
    };
    labels.iter().map(part).collect()
}

fn fit_held_out(values: &[f64], width: usize, labels: &[bool]) -> Boosting {
    let sample = Sample::new(Rows::new(values, width).unwrap(), labels).unwrap();
    Boosting::held_out().fit(sample, &parts(labels)).unwrap()
}

fn loss(model: &Boosting, values: &[f64], labels: &[bool]) -> f64 {
    let probabilities = model.probabilities(Rows::new(values, 3).unwrap()).unwrap();
    log_loss(&probabilities, labels, None).unwrap()
}

#[test]
fn held_out_rows_stop_before_noise_is_learned() {
    let (values, labels, _) = drawn(1500, 21);
    let (unseen, outcome, truth) = drawn(6000, 22);
    let stopped = fit_held_out(&values, 3, &labels);
    let many = fit(Boosting::params().trees(1000).learning_rate(0.15), &values, 3, &labels);
    let best: f64 = truth
        .iter()
        .zip(&outcome)
        .map(|(truth, left)| (1.0 + if *left { -truth } else { *truth }.exp()).ln())
        .sum::<f64>()
        / 6000.0;
    let (ours, theirs) = (loss(&stopped, &unseen, &outcome), loss(&many, &unseen, &outcome));
    assert!(ours < best + 0.04 && theirs > ours + 0.05, "{ours} {theirs} of {best}");
    // Of noise alone next to nothing is learned.
    let noise: Vec<bool> = drawn(1500, 23).1;
    let idle = fit_held_out(&values, 3, &noise);
    assert!(idle.trees() < 60, "{}", idle.trees());
}

#[test]
fn held_out_parts_are_checked() {
    let (values, labels, _) = drawn(100, 24);
    let sample = Sample::new(Rows::new(&values, 3).unwrap(), &labels).unwrap();
    let params = Boosting::held_out();
    assert!(params.fit(sample, &[0; 100]).unwrap_err().is_data());
    assert!(params.fit(sample, &[0, 1]).unwrap_err().is_data());
    assert!(params.clone().trees(0).fit(sample, &parts(&labels)).unwrap_err().is_parameter());
    assert!(params.clone().patience(0).fit(sample, &parts(&labels)).unwrap_err().is_parameter());
    assert!(
        params.clone().categories(vec![3]).fit(sample, &parts(&labels)).unwrap_err().is_parameter()
    );
    let by_label: Vec<usize> = labels.iter().map(|left| usize::from(*left)).collect();
    assert!(params.fit(sample, &by_label).unwrap_err().to_string().contains("one label"));
}

/// A category of sixty levels, of which every third leaves often; and a number.
fn levels(rows: u64, seed: u64) -> (Vec<f64>, Vec<bool>) {
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    for row in 0..rows {
        let mut random = stream(seed, row);
        let level = (random.random::<f64>() * 61.0).floor();
        let often = level < 60.0 && level % 3.0 == 0.0;
        labels.push(random.random::<f64>() < if often { 0.8 } else { 0.2 });
        values.extend([if level < 60.0 { level } else { f64::NAN }, random.random::<f64>()]);
    }
    (values, labels)
}

#[test]
fn categories_are_split_as_they_are() {
    let (values, labels) = levels(8000, 31);
    let sample = Sample::new(Rows::new(&values, 2).unwrap(), &labels).unwrap();
    let params = Boosting::held_out().categories(vec![0]);
    let model = params.fit(sample, &parts(&labels)).unwrap();
    let at = |level: f64| model.probability(&[level, 0.5]).unwrap();
    for level in 0..60 {
        let (often, found) = (level % 3 == 0, at(f64::from(level)));
        assert!(if often { found > 0.6 } else { found < 0.4 }, "{level}: {found}");
    }
    assert!(at(f64::NAN) < 0.4);
    // A level of later has no split of its own.
    assert!(at(200.0).is_finite());
    let text = serde_json::to_string(&model).unwrap();
    let loaded: Boosting = serde_json::from_str(&text).unwrap();
    assert_eq!(loaded, model);
    // Rows together and one by one, and their contributions, agree.
    let explainer = model.explainer();
    let scores = model.probabilities(Rows::new(&values, 2).unwrap()).unwrap();
    for (row, score) in values.chunks(2).zip(scores).take(100) {
        assert_eq!(score, model.probability(row).unwrap());
        let (many, one) = (explainer.explain(row).unwrap(), model.explain(row).unwrap());
        for (many, one) in many.contributions.iter().zip(&one.contributions) {
            assert!((many - one).abs() < 1e-12, "{row:?}: {many} {one}");
        }
        assert!((one.log_odds() - model.log_odds(row).unwrap()).abs() < 1e-9);
    }
    let constrained = Boosting::held_out()
        .categories(vec![0])
        .monotone(vec![Monotone::Increasing, Monotone::Free]);
    assert!(constrained.fit(sample, &parts(&labels)).unwrap_err().is_parameter());
}

#[test]
fn held_out_fits_do_not_depend_on_the_number_of_threads() {
    let (values, labels, _) = drawn(12_000, 25);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| fit_held_out(&values, 3, &labels))
    };
    assert_eq!(with(1), with(3));
}
