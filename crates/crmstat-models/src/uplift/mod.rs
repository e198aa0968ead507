//! Uplift: whom does a campaign move, and how well was that foreseen?
//!
//! The *uplift* of a customer is the probability of a response with the treatment less that without it. Nobody is
//! seen both ways, so that predictions are judged by groups: the treated against the untreated of a group.
//!
//! # Formula
//! Customers in the order of predicted uplift, the highest first; among the first `k` of them `Tₖ` are treated, of
//! whom `tₖ` responded, and `Cₖ` are not, of whom `cₖ` did. The *Qini curve* is `tₖ − cₖ Tₖ / Cₖ`, the *uplift curve*
//! `(tₖ / Tₖ − cₖ / Cₖ) k`; equal predictions are one step. A coefficient is the area between a curve and the straight
//! line to its end, over that of the best order there is: responding treated first and responding untreated last (Qini);
//! by `y = t` and then by who is the rarer (uplift). 0 is an order of chance, 1 the best.
//!
//! # Assumptions
//! Who was treated was left to chance, as in an experiment.
//!
//! # Citation
//! N. J. Radcliffe, *Direct Marketing Analytics Journal* 1 (2007) 14–21 (Qini); F. Devriendt, T. Guns, W. Verbeke,
//! *Learning to rank for uplift modeling* (2020), equations 5 to 11. The coefficients are those of scikit-uplift's
//! `qini_auc_score` and `uplift_auc_score`.

mod learners;
#[cfg(test)]
mod tests;

pub use learners::{Base, Learner, Method, Uplift, choose};

use crate::{
    error::{Error, Result},
    parallel::map_chunks,
    random::stream,
    rates::{Difference, difference},
};
use rand::RngExt;

/// What became of customers of whom some were treated.
#[derive(Clone, Copy, Debug)]
pub struct Trial<'a> {
    responded: &'a [bool],
    treated: &'a [bool],
}

/// What ends an interval of 95 %.
const LEVEL: f64 = 0.95;

impl<'a> Trial<'a> {
    /// Puts responses and treatments of the same customers together.
    ///
    /// # Errors
    /// Of different lengths, or without a response or its absence, or without treated or untreated customers.
    pub fn new(responded: &'a [bool], treated: &'a [bool]) -> Result<Self> {
        if responded.len() != treated.len() {
            return Err(Error::data(format!(
                "{} responses but {} treatments",
                responded.len(),
                treated.len()
            )));
        }
        for (labels, name) in [(treated, "were treated"), (responded, "responded")] {
            if labels.iter().all(|own| Some(own) == labels.first()) {
                return Err(Error::data(format!("all customers or none {name}")));
            }
        }
        Ok(Self { responded, treated })
    }

    /// The number of customers.
    pub fn len(&self) -> usize {
        self.responded.len()
    }

    /// Whether there is no customer.
    pub fn is_empty(&self) -> bool {
        self.responded.is_empty()
    }

    /// Responses and customers of the treated and of the untreated among `rows`.
    pub fn counts(&self, rows: impl Iterator<Item = usize>) -> Arms {
        let mut arms = Arms::default();
        for row in rows {
            let responded = u64::from(self.responded[row]);
            let arm = if self.treated[row] { &mut arms.treated } else { &mut arms.untreated };
            *arm = (arm.0 + responded, arm.1 + 1);
        }
        arms
    }
}

/// Responses and customers of the treated and of the untreated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arms {
    /// Responses and customers of the treated.
    pub treated: (u64, u64),
    /// Responses and customers of the untreated.
    pub untreated: (u64, u64),
}

impl Arms {
    /// The uplift with its 95 % interval by Newcombe's method; `None` where either arm is empty.
    pub fn uplift(&self) -> Option<Difference> {
        difference(self.treated, self.untreated, LEVEL)
    }
}

/// A figure with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// The lower end.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
}

/// How well predicted uplift ranks customers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranking {
    /// The Qini coefficient.
    pub qini: Estimate,
    /// The normalised area under the uplift curve.
    pub auuc: Estimate,
}

/// Samples behind an interval, and those that a thread draws at a time.
const DRAWS: usize = 400;
const CHUNK: usize = 16;

/// How well does `predicted` rank the customers of `trial`?
///
/// Intervals are those of the bootstrap: the 2.5 and 97.5 % quantiles of 400 samples of customers by `seed`.
///
/// # Errors
/// A prediction for each customer, which is a number, is needed.
pub fn ranking(predicted: &[f64], trial: Trial<'_>, seed: u64) -> Result<Ranking> {
    let order = ordered(predicted, trial)?;
    let len = trial.len();
    let best = (best_qini(trial), best_uplift(trial));
    let all = vec![1_u32; len];
    let value = coefficients(&order, &best, trial, &all);
    let draws: Vec<(f64, f64)> = map_chunks(DRAWS, CHUNK, |range| {
        let mut found = Vec::new();
        for draw in range {
            let mut random = stream(seed, draw as u64);
            let mut weights = vec![0_u32; len];
            (0..len).for_each(|_| weights[random.random_range(0..len)] += 1);
            found.push(coefficients(&order, &best, trial, &weights));
        }
        found
    })
    .concat();
    let estimate = |value: f64, of: fn(&(f64, f64)) -> f64| {
        let mut own: Vec<f64> = draws.iter().map(of).filter(|own| own.is_finite()).collect();
        own.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| {
            own.get(((own.len() as f64 - 1.0) * share).round() as usize).copied().unwrap_or(value)
        };
        Estimate { value, lower: at(0.5 - LEVEL / 2.0), upper: at(0.5 + LEVEL / 2.0) }
    };
    Ok(Ranking { qini: estimate(value.0, |own| own.0), auuc: estimate(value.1, |own| own.1) })
}

/// The rows in the order of `predicted`, the highest first, in steps of equal ones.
fn ordered(predicted: &[f64], trial: Trial<'_>) -> Result<Vec<Vec<u32>>> {
    if predicted.len() != trial.len() {
        return Err(Error::data(format!(
            "{} predictions for {} customers",
            predicted.len(),
            trial.len()
        )));
    }
    if let Some(row) = predicted.iter().position(|own| !own.is_finite()) {
        return Err(Error::data(format!("the uplift of row {row} is {}", predicted[row])));
    }
    Ok(steps(trial.len(), |row| predicted[row]))
}

fn steps(len: usize, key: impl Fn(usize) -> f64) -> Vec<Vec<u32>> {
    let mut rows: Vec<u32> = (0..len as u32).collect();
    rows.sort_by(|one, other| key(*other as usize).total_cmp(&key(*one as usize)));
    rows.chunk_by(|one, other| key(*one as usize) == key(*other as usize))
        .map(<[u32]>::to_vec)
        .collect()
}

/// Responding treated first, responding untreated last.
fn best_qini(trial: Trial<'_>) -> Vec<Vec<u32>> {
    steps(trial.len(), |row| match (trial.responded[row], trial.treated[row]) {
        (true, true) => 1.0,
        (true, false) => -1.0,
        _ => 0.0,
    })
}

/// Those who did as they were treated first; within these and the others, the kind that is told by who is the rarer.
fn best_uplift(trial: Trial<'_>) -> Vec<Vec<u32>> {
    let count = |of: fn(bool, bool) -> bool| {
        let pairs = trial.responded.iter().zip(trial.treated);
        pairs.filter(|(responded, treated)| of(**responded, **treated)).count()
    };
    let by_response = count(|own, treated| own && !treated) > count(|own, treated| !own && treated);
    steps(trial.len(), |row| {
        let (responded, treated) = (trial.responded[row], trial.treated[row]);
        let second = if by_response { responded } else { treated };
        2.0 * f64::from(u8::from(responded == treated)) + f64::from(u8::from(second))
    })
}

/// Both coefficients of an order, each customer as often as `weights` says.
fn coefficients(
    order: &[Vec<u32>],
    best: &(Vec<Vec<u32>>, Vec<Vec<u32>>),
    trial: Trial<'_>,
    weights: &[u32],
) -> (f64, f64) {
    let own = areas(order, trial, weights);
    let (qini, uplift) = (areas(&best.0, trial, weights), areas(&best.1, trial, weights));
    (own.0 / qini.0, own.1 / uplift.1)
}

/// The areas between the Qini and the uplift curve and the straight lines to their ends.
fn areas(order: &[Vec<u32>], trial: Trial<'_>, weights: &[u32]) -> (f64, f64) {
    let mut counts = [[0_u64; 2]; 2];
    let (mut area, mut last, mut at) = ([0.0; 2], [0.0; 2], 0.0);
    for step in order {
        for row in step {
            let row = *row as usize;
            let arm = &mut counts[usize::from(trial.treated[row])];
            arm[0] += u64::from(weights[row]) * u64::from(trial.responded[row]);
            arm[1] += u64::from(weights[row]);
        }
        let [[c, controls], [t, treated]] = counts.map(|arm| arm.map(|count| count as f64));
        let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        let all = controls + treated;
        let now =
            [t - c * share(treated, controls), (share(t, treated) - share(c, controls)) * all];
        for curve in 0..2 {
            area[curve] += (all - at) * (now[curve] + last[curve]) / 2.0;
        }
        (last, at) = (now, all);
    }
    (area[0] - at * last[0] / 2.0, area[1] - at * last[1] / 2.0)
}

/// The customers of a tenth by predicted uplift.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// The lowest and the highest prediction.
    pub bounds: (f64, f64),
    /// The mean prediction.
    pub predicted: f64,
    /// What became of them.
    pub arms: Arms,
}

/// Divides the customers of `trial` into so many `bands` by `predicted`, the highest first; equal predictions are in one.
///
/// # Errors
/// As [`ranking`].
pub fn bands(predicted: &[f64], trial: Trial<'_>, bands: usize) -> Result<Vec<Band>> {
    let order = ordered(predicted, trial)?;
    let (len, bands) = (trial.len(), bands.max(1));
    let mut found: Vec<Band> = Vec::new();
    let mut open: Vec<u32> = Vec::new();
    let mut done = 0;
    for step in order {
        open.extend(&step);
        // A band ends where its share of the customers has been reached.
        if (done + open.len()) * bands >= (done * bands / len + 1) * len {
            done += open.len();
            let value = |row: &u32| predicted[*row as usize];
            let sum: f64 = open.iter().map(value).sum();
            found.push(Band {
                bounds: (value(&open[open.len() - 1]), value(&open[0])),
                predicted: sum / open.len() as f64,
                arms: trial.counts(open.iter().map(|row| *row as usize)),
            });
            open.clear();
        }
    }
    Ok(found)
}
