//! Models of uplift on the logistic regression and the boosted trees of churn.

use super::{Ranking, Trial, ranking};
use crate::{
    churn::{Boosting, Logistic, Penalty, Rows, Sample, stratified_folds},
    error::{Error, Result},
};
use serde::{Deserialize, Serialize};

/// How two groups become one prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Learner {
    /// One model of the response of the treated, one of that of the untreated; their difference (T-learner).
    TwoModels,
    /// One model of "responded as treated": twice its probability less one (Jaśkowski and Jaroszewicz, 2012). A row
    /// weighs the inverse of twice the probability that it was treated as it was.
    TransformedOutcome,
}

/// The model behind a [`Learner`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Base {
    /// Logistic regression, L2 of strength 1 on standardised columns. No missing values.
    Logistic,
    /// Boosted trees whose number held-out rows decide.
    Trees,
}

/// A way to learn uplift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Method {
    /// How two groups become one prediction.
    pub learner: Learner,
    /// The model behind it.
    pub base: Base,
}

/// The parts of the rows that decide the number of trees, and the choice among methods.
const FOLDS: usize = 5;

impl Method {
    /// Every method, the simplest first.
    pub const ALL: [Self; 4] = [
        Self { learner: Learner::TransformedOutcome, base: Base::Logistic },
        Self { learner: Learner::TwoModels, base: Base::Logistic },
        Self { learner: Learner::TransformedOutcome, base: Base::Trees },
        Self { learner: Learner::TwoModels, base: Base::Trees },
    ];

    /// Learns uplift from `rows`, of which `trial` tells what became.
    ///
    /// `propensities` are the probabilities with which each row was treated; without them all rows had that of the
    /// share of the treated. Two models do not use them: each is right where its group has rows of every kind.
    ///
    /// # Errors
    /// Not one row per customer, fewer than five responses or absences of them in either group, a propensity that is not
    /// between 0 and 1, and what the base refuses.
    pub fn fit(
        self,
        rows: Rows<'_>,
        trial: Trial<'_>,
        propensities: Option<&[f64]>,
        seed: u64,
    ) -> Result<Uplift> {
        check(rows, trial, propensities)?;
        let Trial { responded, treated } = trial;
        if self.learner == Learner::TwoModels {
            let of = |wanted: bool| {
                let (kept, labels) = arm(trial, wanted);
                self.base.fit(Rows::new(&gathered(rows, &kept), rows.width())?, &labels, None, seed)
            };
            return Ok(Uplift { first: of(true)?, untreated: Some(of(false)?) });
        }
        let share = treated.iter().filter(|own| **own).count() as f64 / trial.len() as f64;
        let weights: Vec<f64> = (0..trial.len())
            .map(|row| {
                let propensity = propensities.map_or(share, |own| own[row]);
                0.5 / if treated[row] { propensity } else { 1.0 - propensity }
            })
            .collect();
        let labels: Vec<bool> = responded.iter().zip(treated).map(|(own, t)| own == t).collect();
        Ok(Uplift { first: self.base.fit(rows, &labels, Some(&weights), seed)?, untreated: None })
    }

    /// The uplift of each row by models that were learned without it: of a fifth each, with its share of responses and
    /// of the treated.
    ///
    /// # Errors
    /// As [`Method::fit`], with five times the least numbers.
    pub fn held_out(
        self,
        rows: Rows<'_>,
        trial: Trial<'_>,
        propensities: Option<&[f64]>,
        seed: u64,
    ) -> Result<Vec<f64>> {
        check(rows, trial, propensities)?;
        let mut folds = vec![0; trial.len()];
        for wanted in [true, false] {
            let (kept, labels) = arm(trial, wanted);
            for (row, fold) in kept.iter().zip(stratified_folds(&labels, FOLDS, seed)?) {
                folds[*row] = fold;
            }
        }
        let mut found = vec![0.0; trial.len()];
        for fold in 0..FOLDS {
            let (out, kept): (Vec<usize>, Vec<usize>) =
                (0..trial.len()).partition(|row| folds[*row] == fold);
            let responded: Vec<bool> = kept.iter().map(|row| trial.responded[*row]).collect();
            let treated: Vec<bool> = kept.iter().map(|row| trial.treated[*row]).collect();
            let own: Option<Vec<f64>> =
                propensities.map(|all| kept.iter().map(|row| all[*row]).collect());
            let model = self.fit(
                Rows::new(&gathered(rows, &kept), rows.width())?,
                Trial::new(&responded, &treated)?,
                own.as_deref(),
                seed,
            )?;
            for row in out {
                found[row] = model.predict(rows.row(row))?;
            }
        }
        Ok(found)
    }
}

/// The method of the highest Qini coefficient on rows held out in turn, and what each reached; of equal ones the simpler.
///
/// # Errors
/// As [`Method::held_out`].
pub fn choose(
    rows: Rows<'_>,
    trial: Trial<'_>,
    propensities: Option<&[f64]>,
    seed: u64,
) -> Result<(Method, Vec<(Method, Ranking)>)> {
    let mut tried = Vec::new();
    for method in Method::ALL {
        let predicted = method.held_out(rows, trial, propensities, seed)?;
        tried.push((method, ranking(&predicted, trial, seed)?));
    }
    let mut best = 0;
    for (place, (_, own)) in tried.iter().enumerate() {
        if own.qini.value > tried[best].1.qini.value {
            best = place;
        }
    }
    Ok((tried[best].0, tried))
}

/// A fitted model of uplift.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Uplift {
    /// Of the treated, or of the transformed outcome where there is no other.
    first: Fitted,
    untreated: Option<Fitted>,
}

impl Uplift {
    /// The uplift of a row: the probability of a response with the treatment less that without it, from −1 to 1.
    ///
    /// # Errors
    /// A row of another width, or a value that the base refuses.
    pub fn predict(&self, row: &[f64]) -> Result<f64> {
        let first = self.first.probability(row)?;
        Ok(match &self.untreated {
            Some(untreated) => first - untreated.probability(row)?,
            None => 2.0 * first - 1.0,
        })
    }

    /// The uplift of each row.
    ///
    /// # Errors
    /// As [`Uplift::predict`].
    pub fn predictions(&self, rows: Rows<'_>) -> Result<Vec<f64>> {
        rows.iter().map(|row| self.predict(row)).collect()
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Fitted {
    Logistic(Box<Logistic>),
    Trees(Box<Boosting>),
}

impl Fitted {
    fn probability(&self, row: &[f64]) -> Result<f64> {
        match self {
            Self::Logistic(own) => own.probability(row),
            Self::Trees(own) => own.probability(row),
        }
    }
}

impl Base {
    fn fit(
        self,
        rows: Rows<'_>,
        labels: &[bool],
        weights: Option<&[f64]>,
        seed: u64,
    ) -> Result<Fitted> {
        let mut sample = Sample::new(rows, labels)?;
        if let Some(weights) = weights {
            sample = sample.weighted(weights)?;
        }
        Ok(match self {
            Self::Logistic => {
                let params = Logistic::params().penalty(Penalty::L2 { strength: 1.0 });
                Fitted::Logistic(Box::new(params.standardise(true).fit(sample)?))
            }
            Self::Trees => {
                let parts = stratified_folds(labels, FOLDS, seed)?;
                Fitted::Trees(Box::new(Boosting::held_out().seed(seed).fit(sample, &parts)?))
            }
        })
    }
}

fn check(rows: Rows<'_>, trial: Trial<'_>, propensities: Option<&[f64]>) -> Result<()> {
    if rows.len() != trial.len() {
        return Err(Error::data(format!("{} rows but {} customers", rows.len(), trial.len())));
    }
    let arms = trial.counts(0..trial.len());
    for ((responses, all), name) in [(arms.treated, "treated"), (arms.untreated, "untreated")] {
        let least = responses.min(all - responses);
        if least < FOLDS as u64 {
            return Err(Error::data(format!(
                "of {all} {name} customers {responses} responded: too few to learn from"
            ))
            .with_hint(format!("each group needs {FOLDS} who responded and {FOLDS} who did not")));
        }
    }
    let Some(propensities) = propensities else { return Ok(()) };
    if propensities.len() != trial.len() {
        return Err(Error::data(format!(
            "{} propensities for {} customers",
            propensities.len(),
            trial.len()
        )));
    }
    match propensities.iter().position(|own| !(*own > 0.0 && *own < 1.0)) {
        Some(row) => {
            Err(Error::data(format!("the propensity of row {row} is {}", propensities[row]))
                .with_hint("a propensity lies between 0 and 1"))
        }
        None => Ok(()),
    }
}

/// The rows that were treated, or were not, and whether each of them responded.
fn arm(trial: Trial<'_>, treated: bool) -> (Vec<usize>, Vec<bool>) {
    let rows = (0..trial.len()).filter(|row| trial.treated[*row] == treated);
    rows.map(|row| (row, trial.responded[row])).unzip()
}

fn gathered(rows: Rows<'_>, kept: &[usize]) -> Vec<f64> {
    kept.iter().flat_map(|row| rows.row(*row)).copied().collect()
}
