//! k-means: fitting, the fitted model, assignment.

use super::distance;
use super::lloyd::{Data, Run};
use super::order::Sample;
use super::params::{KMeansParams, KMeansValidParams, Settings};
use super::seeding::plus_plus;
use crate::matrix::Matrix;
use crate::parallel::map_chunks;
use crate::{Error, Result, random};
use serde::{Deserialize, Serialize};

/// Rows per task in assignment.
const CHUNK: usize = 4096;

/// The greatest magnitude of a value: its square, times any number of columns and rows, stays finite.
pub(super) const MAGNITUDE: f64 = 1e100;

/// Clusters by k-means.
///
/// **Question.** Which `k` kinds of customers are there, if a kind is a centre and everybody belongs to
/// the nearest one?
///
/// **Formula.** Centres `c₁ … c_k` that make the inertia `Σᵢ wᵢ minⱼ ‖xᵢ − cⱼ‖²` small: Lloyd's steps
/// (assign every row to its nearest centre, move every centre to the mean of its rows) from greedy
/// k-means++ starts.
///
/// **Assumptions.** Clusters are round, of like spread, and the features share a scale; see
/// [`Preparation`](super::Preparation).
///
/// **Source.** Lloyd (1982), *Least squares quantization in PCM*; Arthur and Vassilvitskii (2007),
/// *k-means++*. Steps, tolerance and the treatment of empty clusters are those of scikit-learn's
/// `algorithm="lloyd"`: an empty cluster takes the row farthest from its centre.
///
/// **When not.** Long, nested or very unequal clusters; features on different scales; few distinct
/// rows. A minimum found is local: more restarts find better ones.
///
/// **Units and shapes.** Centres and distances are in the unit of the rows given, `k × columns` values
/// row after row; distances are not squared.
///
/// **Determinism.** Labels are decided by one fixed `f64` arithmetic and centres are exact integer sums
/// (in quanta of 2⁻⁵⁰ of a column's range), so the order of the rows and the number of threads change
/// nothing. Only the numbering of equal-scored starts and labels follows the stated rules: the lower
/// index wins a tie.
///
/// ```
/// use crmstat_models::matrix::Matrix;
/// use crmstat_models::segments::KMeans;
///
/// let customers = [0.0, 0.1, 0.2, 9.8, 9.9, 10.0];
/// let fitted = KMeans::params(2).check()?.fit(Matrix::new(&customers, 1)?)?;
/// let small = fitted.labels[0];
/// assert_eq!(fitted.labels[..3], [small; 3]);
/// assert!((fitted.model.inertia() - 0.04).abs() < 1e-12);
/// assert_eq!(fitted.model.assign_one(&[1.0])?.cluster, small);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct KMeans {
    columns: usize,
    centres: Vec<f64>,
    weights: Vec<f64>,
    inertia: f64,
    iterations: usize,
    converged: bool,
}

/// A model as read, before its invariants are checked.
#[derive(Deserialize)]
#[serde(rename = "KMeans", deny_unknown_fields)]
struct Unchecked {
    columns: usize,
    centres: Vec<f64>,
    weights: Vec<f64>,
    inertia: f64,
    iterations: usize,
    converged: bool,
}

impl TryFrom<Unchecked> for KMeans {
    type Error = Error;

    fn try_from(read: Unchecked) -> Result<Self> {
        let k = read.weights.len();
        let shape =
            k > 0 && read.columns > 0 && k.checked_mul(read.columns) == Some(read.centres.len());
        let finite = |values: &[f64]| values.iter().all(|value| value.abs() <= MAGNITUDE);
        let positive = read.weights.iter().all(|weight| *weight >= 0.0 && weight.is_finite());
        if !(shape
            && finite(&read.centres)
            && positive
            && read.inertia >= 0.0
            && read.inertia.is_finite())
        {
            return Err(Error::data(
                "not a k-means model: its shapes or numbers do not fit together",
            ));
        }
        Ok(Self {
            columns: read.columns,
            centres: read.centres,
            weights: read.weights,
            inertia: read.inertia,
            iterations: read.iterations,
            converged: read.converged,
        })
    }
}

/// A fitted model and where the rows it was fitted to belong.
#[derive(Clone, Debug, PartialEq)]
pub struct Clustering {
    /// The model.
    pub model: KMeans,
    /// The cluster of each row, as [`KMeans::assign`] gives it.
    pub labels: Vec<u32>,
}

/// Where a row belongs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Assignment {
    /// The index of the nearest centre.
    pub cluster: u32,
    /// The Euclidean distance to it, in the unit of the rows.
    pub distance: f64,
}

impl KMeansValidParams {
    /// Fits the rows of `matrix`, each counting once.
    ///
    /// # Errors
    /// As [`KMeansValidParams::fit_weighted`].
    pub fn fit(&self, matrix: Matrix<'_>) -> Result<Clustering> {
        self.fit_rows(matrix, None)
    }

    /// Fits the rows of `matrix`, row `i` counting `weights[i]` times; a row of weight 0 is labelled
    /// but moves no centre.
    ///
    /// # Errors
    /// A data error when there are fewer distinct rows of some weight than clusters, a value exceeds
    /// 1e100, a weight is negative or not finite, or the start's shape is not `k ×` columns.
    pub fn fit_weighted(&self, matrix: Matrix<'_>, weights: &[f64]) -> Result<Clustering> {
        if weights.len() != matrix.rows() {
            return Err(Error::data(format!(
                "{} weights for {} rows",
                weights.len(),
                matrix.rows()
            )));
        }
        let odd = |weight: &f64| !(0.0..=MAGNITUDE).contains(weight);
        if let Some(row) = weights.iter().position(odd) {
            return Err(Error::data(format!(
                "the weight of row {row} is {}, not a number from 0 to {MAGNITUDE:e}",
                weights[row]
            )));
        }
        self.fit_rows(matrix, Some(weights))
    }

    fn fit_rows(&self, matrix: Matrix<'_>, weights: Option<&[f64]>) -> Result<Clustering> {
        let Settings { k, iterations, .. } = self.0;
        check_magnitude(matrix.values())?;
        let counted = weights.map_or(matrix.rows(), |weights| {
            weights.iter().filter(|weight| **weight > 0.0).count()
        });
        if counted < k {
            return Err(Error::data(format!("{counted} rows are too few for k = {k}")));
        }
        let start = match &self.0.start {
            Some(centres) => {
                if centres.len() != k * matrix.columns() {
                    return Err(Error::data(format!(
                        "the start holds {} values, not {k} centres of {} columns",
                        centres.len(),
                        matrix.columns()
                    )));
                }
                check_magnitude(Matrix::new(centres, matrix.columns())?.values())?;
                centres.clone()
            }
            None => self.best_start(matrix, weights)?,
        };
        let data = Data::new(matrix, weights);
        let run = data.run(&start, iterations, self.0.tolerance * data.mean_variance())?;
        let Run { centres, labels, weights, inertia, iterations, converged } = run;
        let columns = matrix.columns();
        let model = KMeans { columns, centres, weights, inertia, iterations, converged };
        Ok(Clustering { model, labels })
    }

    /// The centres that the best of the restarts ends with, on a sample where there are many rows.
    fn best_start(&self, matrix: Matrix<'_>, weights: Option<&[f64]>) -> Result<Vec<f64>> {
        let Settings { restart_rows, seed, .. } = self.0;
        let sampled = self.best_start_on(&Sample::draw(matrix, weights, restart_rows, seed));
        if sampled.is_err() && matrix.rows() > restart_rows {
            // The sample may have missed points that are rare.
            return self.best_start_on(&Sample::draw(matrix, weights, usize::MAX, seed));
        }
        sampled
    }

    fn best_start_on(&self, sample: &Sample) -> Result<Vec<f64>> {
        let Settings { k, restarts, iterations, tolerance, seed, .. } = self.0;
        let data = Data::new(sample.matrix(), sample.weights());
        let tolerance = tolerance * data.mean_variance();
        let mut best: Option<Run> = None;
        for restart in 0..restarts {
            let start = plus_plus(sample, k, &mut random::stream(seed, restart as u64))?;
            let run = data.run(&start, iterations, tolerance)?;
            if best.as_ref().is_none_or(|best| run.inertia < best.inertia) {
                best = Some(run);
            }
        }
        best.map(|run| run.centres).ok_or_else(|| Error::parameter("restarts", 0, "at least 1"))
    }
}

impl KMeans {
    /// Parameters for `k` clusters.
    pub fn params(k: usize) -> KMeansParams {
        KMeansParams::new(k)
    }

    /// The model that batches of rows have led to; its parts are known to fit together.
    pub(super) fn of_batches(
        columns: usize,
        centres: Vec<f64>,
        weights: Vec<f64>,
        inertia: f64,
        iterations: usize,
    ) -> Self {
        Self { columns, centres, weights, inertia, iterations, converged: true }
    }

    /// The number of clusters.
    pub fn k(&self) -> usize {
        self.weights.len()
    }

    /// The number of columns of the rows it was fitted to.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The centres, row after row, in the unit of the rows.
    pub fn centres(&self) -> &[f64] {
        &self.centres
    }

    /// The weight of the rows of each cluster: their number, where all weights are 1.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The weighted sum of squared distances of the rows to their centres.
    pub fn inertia(&self) -> f64 {
        self.inertia
    }

    /// The Lloyd steps of the last run.
    pub fn iterations(&self) -> usize {
        self.iterations
    }

    /// Whether the last run ended by itself, not by the limit of iterations.
    pub fn converged(&self) -> bool {
        self.converged
    }

    /// The nearest cluster of each row, ties to the lower index.
    ///
    /// # Errors
    /// A data error when the rows have other columns than the model.
    pub fn assign(&self, matrix: Matrix<'_>) -> Result<Vec<Assignment>> {
        self.check_columns(matrix.columns())?;
        let chunks: Vec<Vec<Assignment>> = map_chunks(matrix.rows(), CHUNK, |rows| {
            rows.map(|row| self.nearest(matrix.row(row))).collect()
        });
        Ok(chunks.concat())
    }

    /// The nearest cluster of one row.
    ///
    /// # Errors
    /// A data error when the row has other columns than the model or a value is not finite.
    pub fn assign_one(&self, row: &[f64]) -> Result<Assignment> {
        self.check_columns(row.len())?;
        Matrix::new(row, self.columns)?;
        Ok(self.nearest(row))
    }

    /// The Euclidean distance of each row to each centre, `rows × k`, row after row.
    ///
    /// # Errors
    /// A data error when the rows have other columns than the model.
    pub fn distances(&self, matrix: Matrix<'_>) -> Result<Vec<f64>> {
        self.check_columns(matrix.columns())?;
        let chunks: Vec<Vec<f64>> = map_chunks(matrix.rows(), CHUNK, |rows| {
            let to_all = |row: usize| {
                let centres = self.centres.chunks_exact(self.columns);
                centres.map(move |centre| distance::squared(matrix.row(row), centre).sqrt())
            };
            rows.flat_map(to_all).collect()
        });
        Ok(chunks.concat())
    }

    /// The same model with its clusters in descending order of `values`, one value per cluster, and the
    /// new index of each old cluster. Ties keep their order.
    ///
    /// So labels are stable when a cluster means "the customers worth most" and not "the start drawn
    /// first".
    ///
    /// # Errors
    /// A data error when there is not one finite value per cluster.
    pub fn sorted_by(&self, values: &[f64]) -> Result<(Self, Vec<u32>)> {
        if values.len() != self.k() || values.iter().any(|value| !value.is_finite()) {
            return Err(Error::data(format!(
                "an order of {} clusters needs a finite value for each",
                self.k()
            )));
        }
        let mut order: Vec<usize> = (0..self.k()).collect();
        order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
        let mut new_index = vec![0; self.k()];
        for (new, &old) in order.iter().enumerate() {
            new_index[old] = new as u32;
        }
        let centre = |&old: &usize| &self.centres[old * self.columns..][..self.columns];
        let sorted = Self {
            centres: order.iter().flat_map(centre).copied().collect(),
            weights: order.iter().map(|&old| self.weights[old]).collect(),
            ..self.clone()
        };
        Ok((sorted, new_index))
    }

    fn nearest(&self, row: &[f64]) -> Assignment {
        let (cluster, squared) = distance::nearest(row, &self.centres);
        Assignment { cluster, distance: squared.sqrt() }
    }

    fn check_columns(&self, columns: usize) -> Result<()> {
        if columns == self.columns {
            return Ok(());
        }
        Err(Error::data(format!("a row has {columns} columns, the model {}", self.columns)))
    }
}

/// Refuses values whose squares could not be summed.
pub(super) fn check_magnitude(values: &[f64]) -> Result<()> {
    match values.iter().find(|value| value.abs() > MAGNITUDE) {
        None => Ok(()),
        Some(value) => Err(Error::data(format!("the value {value:e} is above {MAGNITUDE:e}"))
            .with_hint("scale the features first, for example with `Preparation`")),
    }
}

#[cfg(test)]
mod tests;
