//! The regularisation path: one sample, many strengths, and a held-out loss for each.

use super::Logistic;
use super::columns::Columns;
use super::fit::{build, fit_from};
use super::params::{CheckedLogisticParams, LogisticParams, Penalty};
use crate::churn::evaluation::log_loss;
use crate::churn::folds::stratified_folds;
use crate::churn::{Rows, Sample};
use crate::{Error, Result};

/// Below this share of L1 the strength at which every coefficient vanishes is infinite for practical
/// purposes; glmnet uses the same floor.
const LEAST_L1_SHARE: f64 = 1e-3;

/// The choices for a [`LogisticPath`], made by [`Logistic::path`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogisticPathParams {
    l1_share: f64,
    strengths: usize,
    smallest: f64,
    folds: usize,
    seed: u64,
    fit: LogisticParams,
}

impl Default for LogisticPathParams {
    fn default() -> Self {
        Self {
            l1_share: 1.0,
            strengths: 40,
            smallest: 1e-4,
            folds: 5,
            seed: 0,
            fit: LogisticParams::default().standardise(true),
        }
    }
}

impl LogisticPathParams {
    /// The share of L1 in the penalty; by default 1.
    #[must_use]
    pub fn l1_share(self, l1_share: f64) -> Self {
        Self { l1_share, ..self }
    }

    /// How many strengths, evenly spaced on a logarithmic scale; by default 40.
    #[must_use]
    pub fn strengths(self, strengths: usize) -> Self {
        Self { strengths, ..self }
    }

    /// The weakest strength as a share of the strongest, at which every coefficient is zero; by default
    /// 1e-4.
    #[must_use]
    pub fn smallest(self, smallest: f64) -> Self {
        Self { smallest, ..self }
    }

    /// The folds of the cross-validation; by default 5.
    #[must_use]
    pub fn folds(self, folds: usize) -> Self {
        Self { folds, ..self }
    }

    /// The seed of the folds; by default 0.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// How each model is fitted: tolerance, iterations, scale of the penalty (by default per standard
    /// deviation). Its penalty is replaced by those of the path.
    #[must_use]
    pub fn fitted_by(self, fit: LogisticParams) -> Self {
        Self { fit, ..self }
    }

    /// Fits the path and measures each strength on held-out folds.
    ///
    /// # Errors
    /// When a choice is outside its range, a class has fewer rows than there are folds, or a value is
    /// not finite.
    pub fn fit(self, sample: Sample<'_>) -> Result<LogisticPath> {
        if !(0.0..=1.0).contains(&self.l1_share) {
            return Err(Error::parameter("l1_share", self.l1_share, "from 0 to 1"));
        }
        if self.strengths == 0 {
            return Err(Error::parameter("strengths", 0, "at least 1"));
        }
        if !(self.smallest > 0.0 && self.smallest < 1.0) {
            return Err(Error::parameter("smallest", self.smallest, "between 0 and 1"));
        }
        let folds = stratified_folds(sample.labels(), self.folds, self.seed)?;
        let columns = Columns::measure(&sample)?;
        let strengths = self.grid(sample, &columns)?;
        let models = self.models(sample, &columns, &strengths, 1.0)?;
        let mut losses = Vec::with_capacity(self.folds);
        for fold in 0..self.folds {
            losses.push(self.held_out(sample, &folds, fold, &strengths)?);
        }
        let points = strengths.into_iter().zip(models).enumerate();
        let points = points.map(|(index, (strength, model))| {
            let of_folds: Vec<f64> = losses.iter().map(|fold| fold[index]).collect();
            let (loss, loss_error) = mean_and_error(&of_folds);
            PathPoint { strength, loss, loss_error, model }
        });
        Ok(LogisticPath { points: points.collect() })
    }

    /// The strengths, from the one that just holds every coefficient at zero downwards.
    fn grid(&self, sample: Sample<'_>, columns: &Columns) -> Result<Vec<f64>> {
        let l1_share = self.l1_share.max(LEAST_L1_SHARE);
        let unit = self.at(1.0, l1_share)?;
        let objective = build(&unit, sample, columns);
        let [stayed, left] = sample.class_weights()?;
        let mut theta = vec![0.0; objective.size()];
        theta[0] = libm::log(left / stayed);
        let mut gradient = vec![0.0; objective.size()];
        objective.evaluate(&theta, &mut gradient);
        let ratios = gradient[1..].iter().zip(&objective.lasso).map(|(slope, l1)| slope.abs() / l1);
        let strongest = ratios.fold(0.0, f64::max);
        if strongest == 0.0 {
            return Err(Error::data("no column varies with the label"));
        }
        let step = libm::log(self.smallest) / (self.strengths.max(2) - 1) as f64;
        Ok((0..self.strengths).map(|index| strongest * libm::exp(step * index as f64)).collect())
    }

    /// The models of the strengths times `share`, each started from the one before.
    fn models(
        &self,
        sample: Sample<'_>,
        columns: &Columns,
        strengths: &[f64],
        share: f64,
    ) -> Result<Vec<Logistic>> {
        let mut models = Vec::with_capacity(strengths.len());
        let mut start = None;
        for strength in strengths {
            let params = self.at(strength * share, self.l1_share)?;
            let (model, theta) = fit_from(&params, sample, columns, start)?;
            models.push(model);
            start = Some(theta);
        }
        Ok(models)
    }

    fn at(&self, strength: f64, l1_share: f64) -> Result<CheckedLogisticParams> {
        self.fit.penalty(Penalty::ElasticNet { strength, l1_share }).check()
    }

    /// The mean log-loss of each strength on one fold after learning from the others.
    fn held_out(
        &self,
        sample: Sample<'_>,
        folds: &[usize],
        fold: usize,
        strengths: &[f64],
    ) -> Result<Vec<f64>> {
        let learned = Part::of(&sample, |row| folds[row] != fold);
        let judged = Part::of(&sample, |row| folds[row] == fold);
        let width = sample.rows().width();
        let part = learned.sample(width)?;
        let [stayed, left] = part.class_weights()?;
        let [all_stayed, all_left] = sample.class_weights()?;
        let share = (stayed + left) / (all_stayed + all_left);
        let columns = Columns::measure(&part)?;
        let models = self.models(part, &columns, strengths, share)?;
        let rows = Rows::new(&judged.values, width)?;
        models
            .iter()
            .map(|model| {
                log_loss(&model.probabilities(rows)?, &judged.labels, Some(&judged.weights))
            })
            .collect()
    }
}

/// Some rows of a sample, copied.
struct Part {
    values: Vec<f64>,
    labels: Vec<bool>,
    weights: Vec<f64>,
}

impl Part {
    fn of(sample: &Sample<'_>, wanted: impl Fn(usize) -> bool) -> Self {
        let mut part = Self { values: Vec::new(), labels: Vec::new(), weights: Vec::new() };
        for row in (0..sample.rows().len()).filter(|row| wanted(*row)) {
            part.values.extend_from_slice(sample.rows().row(row));
            part.labels.push(sample.labels()[row]);
            part.weights.push(sample.weight(row));
        }
        part
    }

    fn sample(&self, width: usize) -> Result<Sample<'_>> {
        Sample::new(Rows::new(&self.values, width)?, &self.labels)?.weighted(&self.weights)
    }
}

/// Which strength of penalty predicts best?
///
/// # Formula
/// Models of falling strength, each started from the one before it; the loss of a strength is the mean
/// over stratified folds of the log-loss on the fold after learning from the others, where the strength
/// is scaled by the share of the sample that was learned from.
///
/// # Citation
/// Friedman, Hastie and Tibshirani, J. Stat. Softw. 33(1), 2010, sections 2.5 and 3; the one-standard-error
/// rule: Hastie, Tibshirani and Friedman (2009), section 7.10.
///
/// # When not to use
/// To judge the chosen model: the loss it was chosen by is too good. Keep a later cutoff for that.
///
/// # Examples
/// ```
/// use crmstat_models::churn::{Logistic, Rows, Sample};
///
/// // The first column decides, the second is noise.
/// let values: Vec<f64> = (0..80).flat_map(|i| [f64::from(i), f64::from(i * 7 % 13)]).collect();
/// let left: Vec<bool> = (0..80).map(|i| i * 3 % 80 > 20 && i > 30).collect();
/// let path = Logistic::path().fit(Sample::new(Rows::new(&values, 2)?, &left)?)?;
///
/// assert_eq!(path.points()[0].model.coefficients(), [0.0, 0.0]);
/// assert!(path.best().loss < path.points()[0].loss);
/// assert!(path.simplest().strength >= path.best().strength);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LogisticPath {
    points: Vec<PathPoint>,
}

/// One strength of a [`LogisticPath`].
#[derive(Clone, Debug, PartialEq)]
pub struct PathPoint {
    /// The strength of the penalty, as in [`Penalty`].
    pub strength: f64,
    /// The mean held-out log-loss.
    pub loss: f64,
    /// The standard error of that mean over the folds.
    pub loss_error: f64,
    /// The model learned from the whole sample.
    pub model: Logistic,
}

impl LogisticPath {
    /// The points, strongest penalty first; never empty.
    pub fn points(&self) -> &[PathPoint] {
        &self.points
    }

    /// The point of the smallest held-out loss; of equals the strongest penalty.
    pub fn best(&self) -> &PathPoint {
        let mut best = &self.points[0];
        for point in &self.points {
            if point.loss < best.loss {
                best = point;
            }
        }
        best
    }

    /// The strongest penalty whose loss is within one standard error of the best.
    pub fn simplest(&self) -> &PathPoint {
        let best = self.best();
        let limit = best.loss + best.loss_error;
        self.points.iter().find(|point| point.loss <= limit).unwrap_or(best)
    }
}

fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (count * (count - 1.0))).sqrt())
}
