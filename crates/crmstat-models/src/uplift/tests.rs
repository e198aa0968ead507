use super::{Base, Learner, Method, Trial, bands, choose, ranking};
use crate::{
    churn::Rows,
    random::{generator, stream},
};
use proptest::prelude::*;
use rand::RngExt;

/// Customers of a linear congruential generator, as the script behind [`scikit_uplift_says_the_same`] made them.
fn customers(len: usize, values: u64, treated: u64) -> (Vec<f64>, Vec<bool>, Vec<bool>) {
    let mut state = 12_345_u64;
    let mut next = |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let (mut uplift, mut responded, mut was_treated) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..len {
        let is_treated = next(1000) < treated;
        let luck = next(1000);
        let own = next(values);
        let gain = if is_treated { own * 200 / values } else { 0 };
        uplift.push(own as f64);
        responded.push(luck < 300 + gain);
        was_treated.push(is_treated);
    }
    (uplift, responded, was_treated)
}

#[test]
fn scikit_uplift_says_the_same() {
    // sklift.metrics.qini_auc_score and uplift_auc_score, scikit-uplift 0.5.1.
    for (len, values, treated, qini, auuc) in [
        (500, 1000, 500, 0.093_032_593_321_969_09, 0.082_782_296_849_980_1),
        (500, 7, 300, 0.077_767_222_332_858_88, 0.063_276_208_592_892_07),
        (2000, 100_000, 800, 0.054_540_793_214_013_415, 0.054_219_152_506_642_8),
    ] {
        let (uplift, responded, was_treated) = customers(len, values, treated);
        let found = ranking(&uplift, Trial::new(&responded, &was_treated).unwrap(), 1).unwrap();
        assert!((found.qini.value - qini).abs() < 1e-12, "{found:?}");
        assert!((found.auuc.value - auuc).abs() < 1e-12, "{found:?}");
        assert!(found.qini.lower < qini && qini < found.qini.upper);
    }
}

/// Predictions, responses and treatments of `rows`.
fn columns(rows: &[(i32, bool, bool)]) -> (Vec<f64>, Vec<bool>, Vec<bool>) {
    let predicted = rows.iter().map(|own| f64::from(own.0)).collect();
    let (responded, treated) = rows.iter().map(|own| (own.1, own.2)).unzip();
    (predicted, responded, treated)
}

proptest! {
    #[test]
    fn bands_hold_everybody_once(
        rows in prop::collection::vec((0..6_i32, any::<bool>(), any::<bool>()), 2..60),
        count in 1..12_usize,
    ) {
        let (predicted, responded, treated) = columns(&rows);
        let Ok(trial) = Trial::new(&responded, &treated) else { return Ok(()) };
        let found = bands(&predicted, trial, count).unwrap();
        prop_assert!(found.len() <= count);
        let customers: u64 = found.iter().map(|own| own.arms.treated.1 + own.arms.untreated.1).sum();
        prop_assert_eq!(customers as usize, rows.len());
        prop_assert!(found.windows(2).all(|pair| pair[0].bounds.0 > pair[1].bounds.1));
        for band in &found {
            let within = rows.iter().filter(|own| {
                f64::from(own.0) >= band.bounds.0 && f64::from(own.0) <= band.bounds.1
            });
            let (responses, all) = within.clone().filter(|own| own.2).fold((0, 0), |sum, own| {
                (sum.0 + u64::from(own.1), sum.1 + 1)
            });
            prop_assert_eq!(band.arms.treated, (responses, all));
            let mean = within.clone().map(|own| f64::from(own.0)).sum::<f64>() / within.count() as f64;
            prop_assert!((band.predicted - mean).abs() < 1e-9);
        }
    }
}

#[test]
fn intervals_hold_what_an_order_of_chance_is_worth() {
    // An order by chance has a coefficient of 0: of 200 trials a 95 % interval misses it in ten, and in more than 22 by
    // a chance of 1 in 5,000.
    let missed = (0..200_u64).filter(|own| {
        let mut random = stream(5, *own);
        let treated: Vec<bool> = (0..400).map(|_| random.random_bool(0.5)).collect();
        let responded: Vec<bool> = (0..400).map(|_| random.random_bool(0.3)).collect();
        let predicted: Vec<f64> = (0..400).map(|_| random.random_range(-1.0..1.0)).collect();
        let found = ranking(&predicted, Trial::new(&responded, &treated).unwrap(), *own).unwrap();
        found.qini.lower > 0.0 || found.qini.upper < 0.0
    });
    assert!(missed.count() <= 22);
}

#[test]
fn trials_without_two_kinds_are_refused() {
    assert!(Trial::new(&[true, false], &[true]).unwrap_err().is_data());
    assert!(Trial::new(&[true, false], &[true, true]).unwrap_err().is_data());
    assert!(Trial::new(&[false, false], &[true, false]).unwrap_err().is_data());
    assert!(Trial::new(&[], &[]).unwrap_err().is_data());
    let trial = Trial::new(&[true, false], &[true, false]).unwrap();
    assert!(ranking(&[f64::NAN, 1.0], trial, 1).is_err() && bands(&[1.0], trial, 10).is_err());
}

/// The area between a Qini curve and its straight line, by counting anew for every threshold.
fn slow_qini(score: &[f64], responded: &[bool], treated: &[bool]) -> f64 {
    let mut thresholds = score.to_vec();
    thresholds.sort_by(|a, b| b.total_cmp(a));
    thresholds.dedup();
    let mut curve = vec![(0.0, 0.0)];
    for threshold in thresholds {
        let count = |arm: bool, only_responses: bool| {
            let own = (0..score.len()).filter(|row| score[*row] >= threshold);
            own.filter(|row| treated[*row] == arm && (!only_responses || responded[*row])).count()
                as f64
        };
        let (t, treated, c, controls) =
            (count(true, true), count(true, false), count(false, true), count(false, false));
        let scaled = if controls > 0.0 { c * treated / controls } else { 0.0 };
        curve.push((treated + controls, t - scaled));
    }
    let area: f64 =
        curve.windows(2).map(|pair| (pair[1].0 - pair[0].0) * (pair[0].1 + pair[1].1) / 2.0).sum();
    let end = curve[curve.len() - 1];
    area - end.0 * end.1 / 2.0
}

proptest! {
    #[test]
    fn qini_is_the_slow_one(
        rows in prop::collection::vec((0..6_i32, any::<bool>(), any::<bool>()), 4..60),
    ) {
        let (predicted, responded, treated) = columns(&rows);
        let Ok(trial) = Trial::new(&responded, &treated) else { return Ok(()) };
        let best: Vec<f64> = rows
            .iter()
            .map(|own| f64::from(i8::from(own.1) * if own.2 { 1 } else { -1 }))
            .collect();
        let whole = slow_qini(&best, &responded, &treated);
        prop_assume!(whole.abs() > 1e-9);
        let expected = slow_qini(&predicted, &responded, &treated) / whole;
        let found = ranking(&predicted, trial, 1).unwrap().qini.value;
        prop_assert!((found - expected).abs() < 1e-9, "{} {}", found, expected);
    }
}

/// Customers of a made campaign: three features, the uplift of each, the probability of treatment, and what came.
struct Campaign {
    rows: Vec<f64>,
    uplift: Vec<f64>,
    propensities: Vec<f64>,
    treated: Vec<bool>,
    responded: Vec<bool>,
}

impl Campaign {
    fn rows(&self) -> Rows<'_> {
        Rows::new(&self.rows, 3).unwrap()
    }

    fn trial(&self) -> Trial<'_> {
        Trial::new(&self.responded, &self.treated).unwrap()
    }
}

/// The treatment moves those with a high first feature and puts off those with a low one; `bias` ties it to the second,
/// which raises the response by itself.
fn campaign(len: usize, effect: f64, bias: f64, seed: u64) -> Campaign {
    let random = &mut generator(seed);
    let mut made = Campaign {
        rows: Vec::new(),
        uplift: Vec::new(),
        propensities: Vec::new(),
        treated: Vec::new(),
        responded: Vec::new(),
    };
    for _ in 0..len {
        let own: [f64; 3] = std::array::from_fn(|_| random.random());
        let uplift = effect * (own[0] - 0.25);
        let propensity = 0.5 + bias * (own[1] - 0.5);
        let treated = random.random_bool(propensity);
        let response = 0.2 + 0.3 * own[1] + if treated { uplift } else { 0.0 };
        made.rows.extend(own);
        made.uplift.push(uplift);
        made.propensities.push(propensity);
        made.treated.push(treated);
        made.responded.push(random.random_bool(response));
    }
    made
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn planted_uplift_is_recovered_by_every_method() {
    let made = campaign(20_000, 0.5, 0.0, 3);
    let (rows, trial) = (made.rows(), made.trial());
    for method in Method::ALL {
        let found = method.fit(rows, trial, None, 1).unwrap().predictions(rows).unwrap();
        let errors: Vec<f64> =
            found.iter().zip(&made.uplift).map(|(own, truth)| (own - truth).abs()).collect();
        // The mean uplift for everybody is wrong by 0.125 on average.
        assert!(mean(&errors) < 0.05, "{method:?}: {}", mean(&errors));
        assert!((mean(&found) - mean(&made.uplift)).abs() < 0.02, "{method:?}");
    }
    let (_, tried) = choose(rows, trial, None, 1).unwrap();
    let best = ranking(&made.uplift, trial, 1).unwrap().qini.value;
    let chosen = tried.iter().map(|own| own.1.qini.value).fold(f64::MIN, f64::max);
    assert!(tried.len() == 4 && best > 0.05 && chosen > 0.9 * best, "{chosen} of {best}");
}

#[test]
fn propensities_undo_a_biased_assignment() {
    let made = campaign(20_000, 0.3, 0.8, 4);
    let (rows, trial) = (made.rows(), made.trial());
    let method = Method { learner: Learner::TransformedOutcome, base: Base::Logistic };
    let of = |propensities| {
        mean(&method.fit(rows, trial, propensities, 1).unwrap().predictions(rows).unwrap())
    };
    let truth = mean(&made.uplift);
    let (with, without) = (of(Some(&made.propensities)), of(None));
    assert!(
        (with - truth).abs() < 0.02 && (without - truth).abs() > 0.03,
        "{with} {without} {truth}"
    );
}

#[test]
fn nothing_planted_ranks_nobody() {
    let made = campaign(4_000, 0.0, 0.0, 5);
    let (rows, trial) = (made.rows(), made.trial());
    for (method, found) in choose(rows, trial, None, 1).unwrap().1 {
        assert!(found.qini.lower < 0.0, "{method:?}: {found:?}");
    }
}

#[test]
fn a_saved_model_predicts_the_same_and_bad_input_is_refused() {
    let made = campaign(400, 0.3, 0.0, 6);
    let (rows, trial) = (made.rows(), made.trial());
    for method in Method::ALL {
        let model = method.fit(rows, trial, None, 1).unwrap();
        let text = serde_json::to_string(&model).unwrap();
        let read: super::Uplift = serde_json::from_str(&text).unwrap();
        assert_eq!(read.predictions(rows).unwrap(), model.predictions(rows).unwrap());
        assert!(model.predict(&[1.0]).is_err());
        for wrong in [vec![0.5; 3], vec![1.0; 400]] {
            assert!(method.fit(rows, trial, Some(&wrong), 1).unwrap_err().is_data());
        }
        let few = Rows::new(&made.rows[..12], 3).unwrap();
        let arms = Trial::new(&[true, false, true, false], &[true, true, false, false]).unwrap();
        assert!(method.fit(few, arms, None, 1).unwrap_err().is_data());
    }
}
