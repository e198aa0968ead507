//! Turning scores that rank well into probabilities that hold.

use serde::{Deserialize, Serialize};

use super::evaluation::{require_both_labels, require_probabilities};
use super::logistic::{Logistic, Penalty};
use super::probability::{
    inside, log_odds_to_probability, probability_to_log_odds, require_probability,
};
use super::sample::{Rows, Sample};
use crate::{Error, Result};

/// How a [`Calibrator`] bends probabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CalibrationMethod {
    /// A line between log-odds (Platt, 1999, with his smoothed targets): two parameters, for any size.
    Platt,
    /// `ln odds = c + a ln p − b ln(1 − p)` with `a, b ≥ 0` (Kull, Silva Filho and Flach, AISTATS 2017,
    /// equation 4): three parameters, bends each end on its own and contains the identity.
    Beta,
    /// Any rising function (pool adjacent violators; Zadrozny and Elkan, KDD 2002): from about a
    /// thousand rows up.
    Isotonic,
}

/// What do the probabilities have to become to be true on held-out customers?
///
/// # Formula
/// That of its [`CalibrationMethod`]; rising, so the order of customers stays (isotonic may tie them).
///
/// # Assumptions
/// The rows to calibrate on were not learned from, and are like those to score.
///
/// # Citation
/// See [`CalibrationMethod`].
///
/// # When not to use
/// On the training rows, where every model looks surer than it is; for a mere change of the base rate,
/// which [`super::PriorShift`] corrects without labels.
///
/// # Units and shapes
/// Probabilities in, probabilities out.
///
/// # Errors
/// A value that is not a probability, one label only.
///
/// # Examples
/// ```
/// use crmstat_models::churn::{CalibrationMethod, Calibrator};
///
/// // Claimed 90 % and 10 %, true 75 % and 25 %.
/// let claimed = [0.9, 0.9, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1].repeat(50);
/// let left = [true, true, true, false, true, false, false, false].repeat(50);
/// let calibrator = Calibrator::fit(CalibrationMethod::Platt, &claimed, &left)?;
/// assert!((calibrator.apply(0.9)? - 0.75).abs() < 0.01);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Curve", into = "Curve")]
pub struct Calibrator {
    curve: Curve,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Curve {
    Platt { slope: f64, intercept: f64 },
    Beta { a: f64, b: f64, c: f64 },
    Isotonic { points: Vec<[f64; 2]> },
}

impl Calibrator {
    /// Learns the curve from held-out probabilities and what came of them.
    ///
    /// # Errors
    /// When a value is not a probability, or only one label is there.
    pub fn fit(method: CalibrationMethod, probabilities: &[f64], labels: &[bool]) -> Result<Self> {
        require_probabilities(probabilities, labels)?;
        require_both_labels(labels)?;
        let curve = match method {
            CalibrationMethod::Platt => platt(probabilities, labels)?,
            CalibrationMethod::Beta => beta(probabilities, labels)?,
            CalibrationMethod::Isotonic => isotonic(probabilities, labels),
        };
        Ok(Self { curve })
    }

    /// The calibrated probability.
    ///
    /// # Errors
    /// When the value is not a probability.
    pub fn apply(&self, probability: f64) -> Result<f64> {
        require_probability("probability", probability)?;
        Ok(match &self.curve {
            Curve::Platt { slope, intercept } => {
                let log_odds = probability_to_log_odds(probability);
                log_odds_to_probability(intercept + slope * log_odds)
            }
            Curve::Beta { a, b, c } => {
                let [left, stayed] = beta_features(probability);
                log_odds_to_probability(c + a * left + b * stayed)
            }
            Curve::Isotonic { points } => interpolate(points, probability),
        })
    }

    /// The calibrated probabilities of a table, in its order.
    ///
    /// # Errors
    /// When a value is not a probability.
    pub fn apply_all(&self, probabilities: &[f64]) -> Result<Vec<f64>> {
        probabilities.iter().map(|probability| self.apply(*probability)).collect()
    }
}

/// The logistic regression on the log-odds with Platt's targets: a class of `n` rows counts as `n + 1`
/// right and one wrong among `n + 2`, so that no class is ever certain.
fn platt(probabilities: &[f64], labels: &[bool]) -> Result<Curve> {
    let [stayed, left] = require_both_labels(labels)?;
    let log_odds: Vec<f64> = probabilities.iter().map(|p| probability_to_log_odds(*p)).collect();
    let sure = |label: bool| {
        let count = if label { left } else { stayed } as f64;
        (count + 1.0) / (count + 2.0)
    };
    // Each row twice: as what it was, and, with the small rest of the weight, as what it was not.
    let values = log_odds.repeat(2);
    let outcomes: Vec<bool> = labels.iter().copied().chain(labels.iter().map(|l| !l)).collect();
    let weights: Vec<f64> = labels
        .iter()
        .map(|label| sure(*label))
        .chain(labels.iter().map(|label| 1.0 - sure(*label)))
        .collect();
    let sample = Sample::new(Rows::new(&values, 1)?, &outcomes)?.weighted(&weights)?;
    let model = Logistic::params().penalty(Penalty::None).fit(sample)?;
    // A falling line would turn the ranking over: scores worse than chance say only the base rate.
    if model.coefficients()[0] < 0.0 {
        let base = left as f64 / labels.len() as f64;
        return Ok(Curve::Platt { slope: 0.0, intercept: probability_to_log_odds(base) });
    }
    Ok(Curve::Platt { slope: model.coefficients()[0], intercept: model.intercept() })
}

/// A ridge so weak that it moves no estimate, but keeps one that separation would let run away.
const WEAK: Penalty = Penalty::L2 { strength: 1e-6 };

/// The logistic regression on `ln p` and `−ln(1 − p)`; a negative factor is set to zero and the rest
/// fitted again, as its authors do.
fn beta(probabilities: &[f64], labels: &[bool]) -> Result<Curve> {
    let features: Vec<[f64; 2]> = probabilities.iter().map(|p| beta_features(*p)).collect();
    let fit = |used: [f64; 2]| {
        let values: Vec<f64> =
            features.iter().flat_map(|[a, b]| [a * used[0], b * used[1]]).collect();
        Logistic::params().penalty(WEAK).fit(Sample::new(Rows::new(&values, 2)?, labels)?)
    };
    let mut used = [1.0, 1.0];
    let mut model = fit(used)?;
    // The more negative factor goes first; a second round may find the other one negative too.
    for _ in 0..2 {
        let slopes = model.coefficients();
        let worst = usize::from(slopes[1] < slopes[0]);
        if slopes[worst] >= 0.0 {
            break;
        }
        used[worst] = 0.0;
        model = fit(used)?;
    }
    let slopes = model.coefficients();
    Ok(Curve::Beta { a: slopes[0] * used[0], b: slopes[1] * used[1], c: model.intercept() })
}

fn beta_features(probability: f64) -> [f64; 2] {
    let probability = inside(probability);
    [libm::log(probability), -libm::log1p(-probability)]
}

/// A run of probabilities that share one value.
struct Block {
    from: f64,
    to: f64,
    rows: f64,
    churned: f64,
}

/// Pool adjacent violators. Between the runs the curve is straight.
fn isotonic(probabilities: &[f64], labels: &[bool]) -> Curve {
    let mut pairs: Vec<(f64, bool)> =
        probabilities.iter().copied().zip(labels.iter().copied()).collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut blocks: Vec<Block> = Vec::new();
    for tie in pairs.chunk_by(|a, b| a.0 == b.0) {
        let churned = tie.iter().filter(|(_, label)| *label).count() as f64;
        let mut block = Block { from: tie[0].0, to: tie[0].0, rows: tie.len() as f64, churned };
        while let Some(last) =
            blocks.pop_if(|last| last.churned * block.rows >= block.churned * last.rows)
        {
            block.from = last.from;
            block.rows += last.rows;
            block.churned += last.churned;
        }
        blocks.push(block);
    }
    let mut points = Vec::with_capacity(2 * blocks.len());
    for block in blocks {
        let rate = block.churned / block.rows;
        points.push([block.from, rate]);
        if block.to > block.from {
            points.push([block.to, rate]);
        }
    }
    Curve::Isotonic { points }
}

/// The value at `x` of the broken line through `points`, level beyond its ends.
fn interpolate(points: &[[f64; 2]], x: f64) -> f64 {
    let above = points.partition_point(|point| point[0] <= x);
    if above == 0 {
        return points[0][1];
    }
    let [from, low] = points[above - 1];
    let Some([to, high]) = points.get(above) else {
        return low;
    };
    low + (high - low) * (x - from) / (to - from)
}

impl From<Calibrator> for Curve {
    fn from(calibrator: Calibrator) -> Self {
        calibrator.curve
    }
}

impl TryFrom<Curve> for Calibrator {
    type Error = Error;

    fn try_from(curve: Curve) -> Result<Self> {
        let sound = match &curve {
            Curve::Platt { slope, intercept } => *slope >= 0.0 && all_finite(&[*slope, *intercept]),
            Curve::Beta { a, b, c } => *a >= 0.0 && *b >= 0.0 && all_finite(&[*a, *b, *c]),
            Curve::Isotonic { points } => {
                !points.is_empty()
                    && points.iter().flatten().all(|value| (0.0..=1.0).contains(value))
                    && points.windows(2).all(|pair| pair[0][0] < pair[1][0])
            }
        };
        if sound { Ok(Self { curve }) } else { Err(Error::data("the calibration curve is broken")) }
    }
}

fn all_finite(values: &[f64]) -> bool {
    values.iter().all(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::{CalibrationMethod, Calibrator};
    use crate::churn::evaluation::{log_loss, reliability_line};
    use crate::random::stream;
    use proptest::prelude::*;
    use rand::RngExt;

    const METHODS: [CalibrationMethod; 3] =
        [CalibrationMethod::Platt, CalibrationMethod::Beta, CalibrationMethod::Isotonic];

    /// Labels drawn from true log-odds, and probabilities that claim twice those log-odds plus one.
    fn overconfident(rows: u64, seed: u64) -> (Vec<f64>, Vec<bool>) {
        (0..rows)
            .map(|row| {
                let mut generator = stream(seed, row);
                let log_odds = 4.0 * generator.random::<f64>() - 2.0;
                let left = generator.random::<f64>() < 1.0 / (1.0 + (-log_odds).exp());
                (1.0 / (1.0 + (-(2.0 * log_odds + 1.0)).exp()), left)
            })
            .unzip()
    }

    #[test]
    fn every_method_repairs_overconfidence_on_unseen_rows() {
        let (claimed, left) = overconfident(20_000, 1);
        let (unseen, outcome) = overconfident(20_000, 2);
        let before = log_loss(&unseen, &outcome, None).unwrap();
        for method in METHODS {
            let calibrator = Calibrator::fit(method, &claimed, &left).unwrap();
            let after = calibrator.apply_all(&unseen).unwrap();
            assert!(log_loss(&after, &outcome, None).unwrap() < before - 0.1, "{method:?}");
            let line = reliability_line(&after, &outcome).unwrap();
            assert!((line.slope - 1.0).abs() < 0.06, "{method:?}: {line:?}");
            assert!(line.intercept.abs() < 0.06, "{method:?}: {line:?}");
        }
    }

    #[test]
    fn isotonic_pools_by_hand() {
        let claimed = [0.1, 0.2, 0.3, 0.4, 0.4];
        let left = [false, true, false, true, true];
        let calibrator = Calibrator::fit(CalibrationMethod::Isotonic, &claimed, &left).unwrap();
        assert_eq!(
            calibrator.apply_all(&[0.0, 0.1, 0.2, 0.25, 0.3, 0.9]).unwrap(),
            [0.0, 0.0, 0.5, 0.5, 0.5, 1.0]
        );
        assert!((calibrator.apply(0.35).unwrap() - 0.75).abs() < 1e-12);
    }

    #[test]
    fn scores_worse_than_chance_say_the_base_rate() {
        let claimed = [0.9, 0.8, 0.3, 0.1].repeat(20);
        let left = [false, false, true, true].repeat(20);
        for method in METHODS {
            let calibrator = Calibrator::fit(method, &claimed, &left).unwrap();
            assert!((calibrator.apply(0.9).unwrap() - 0.5).abs() < 1e-3, "{method:?}");
        }
    }

    #[test]
    fn separated_scores_stay_finite() {
        let claimed = [0.1, 0.2, 0.8, 0.9];
        let left = [false, false, true, true];
        for method in METHODS {
            let calibrator = Calibrator::fit(method, &claimed, &left).unwrap();
            assert!(calibrator.apply(0.0).unwrap() < 0.5 && calibrator.apply(1.0).unwrap() > 0.5);
            let saved = serde_json::to_string(&calibrator).unwrap();
            let loaded: Calibrator = serde_json::from_str(&saved).unwrap();
            let gap = loaded.apply(0.3).unwrap() - calibrator.apply(0.3).unwrap();
            assert!(gap.abs() < 1e-12, "{method:?}: {gap}");
        }
        assert!(Calibrator::fit(CalibrationMethod::Platt, &[0.5], &[true]).is_err());
        assert!(
            Calibrator::fit(CalibrationMethod::Platt, &[0.5, f64::NAN], &[true, false]).is_err()
        );
        assert!(serde_json::from_str::<Calibrator>(r#"{"Isotonic":{"points":[]}}"#).is_err());
    }

    proptest! {
        #[test]
        fn calibration_never_turns_the_ranking_over(
            rows in prop::collection::vec((0.0_f64..=1.0, any::<bool>()), 2..50),
            low in 0.0_f64..=1.0, high in 0.0_f64..=1.0,
        ) {
            let (claimed, left): (Vec<f64>, Vec<bool>) = rows.into_iter().unzip();
            prop_assume!(left.contains(&true) && left.contains(&false));
            for method in METHODS {
                let calibrator = Calibrator::fit(method, &claimed, &left).unwrap();
                let (a, b) = (low.min(high), low.max(high));
                let (a, b) = (calibrator.apply(a).unwrap(), calibrator.apply(b).unwrap());
                prop_assert!(a <= b + 1e-12 && (0.0..=1.0).contains(&a), "{method:?}: {a} {b}");
            }
        }
    }
}
