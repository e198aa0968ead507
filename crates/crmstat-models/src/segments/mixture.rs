//! A mixture of Gaussians: clusters that overlap and are not round; the feature `gmm`.

use super::kmeans::check_magnitude;
use super::order::Sample;
use crate::matrix::Matrix;
use crate::parallel::map_chunks;
use crate::sum::compensated;
use crate::{Error, Result};
use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_clustering::GaussianMixtureModel;
use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

/// Rows per task.
const CHUNK: usize = 1024;

/// `ln 2π`.
const LN_2_PI: f64 = 1.837_877_066_409_345_3;

/// How to fit a [`Mixture`]: a builder, checked by [`MixtureParams::check`].
///
/// | setting | default | meaning |
/// |---|---|---|
/// | `iterations` | 100 | the most steps of expectation and maximisation |
/// | `tolerance` | 1e-3 | the change of the mean log-likelihood at which they end |
/// | `ridge` | 1e-6 | what is added to each variance |
#[derive(Clone, Debug)]
pub struct MixtureParams {
    k: usize,
    iterations: u64,
    tolerance: f64,
    ridge: f64,
}

/// Checked parameters of a mixture.
#[derive(Clone, Debug)]
pub struct MixtureValidParams(MixtureParams);

impl MixtureParams {
    /// The most steps, at least 1; default 100.
    #[must_use]
    pub fn iterations(mut self, iterations: u64) -> Self {
        self.iterations = iterations;
        self
    }

    /// The change of the mean log-likelihood at which the fit ends, above 0; default 1e-3.
    #[must_use]
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// What is added to each variance, above 0; default 1e-6.
    #[must_use]
    pub fn ridge(mut self, ridge: f64) -> Self {
        self.ridge = ridge;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// A parameter error for the first setting out of its range.
    pub fn check(self) -> Result<MixtureValidParams> {
        if self.k == 0 {
            return Err(Error::parameter("k", self.k, "at least 1"));
        }
        if self.iterations == 0 {
            return Err(Error::parameter("iterations", self.iterations, "at least 1"));
        }
        for (name, value) in [("tolerance", self.tolerance), ("ridge", self.ridge)] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(Error::parameter(name, value, "above 0 and finite"));
            }
        }
        Ok(MixtureValidParams(self))
    }
}

impl MixtureValidParams {
    /// Fits the rows of `matrix`.
    ///
    /// # Errors
    /// A data error when there are no more rows than clusters, a value exceeds 1e100, a component
    /// collapses or the fit does not converge.
    pub fn fit(&self, matrix: Matrix<'_>) -> Result<Mixture> {
        let MixtureParams { k, iterations, tolerance, ridge } = self.0;
        check_magnitude(matrix.values())?;
        if matrix.rows() <= k {
            let rows = matrix.rows();
            return Err(Error::data(format!("{rows} rows are too few for {k} components")));
        }
        // In the order of content the fit is the same for any order of the rows.
        let sample = Sample::draw(matrix, None, usize::MAX, 0);
        let shape = (matrix.rows(), matrix.columns());
        let records = ArrayView2::from_shape(shape, sample.values())
            .map_err(|error| Error::data(error.to_string()))?;
        let fitted = GaussianMixtureModel::params(k)
            .max_n_iterations(iterations)
            .tolerance(tolerance)
            .reg_covariance(ridge)
            .fit(&DatasetBase::from(records))
            .map_err(|error| {
                Error::data(format!("the mixture could not be fitted: {error}"))
                    .with_hint("ask for fewer components or a larger ridge")
            })?;
        Mixture::try_from(Unchecked {
            columns: matrix.columns(),
            weights: fitted.weights().to_vec(),
            means: fitted.means().iter().copied().collect(),
            covariances: fitted.covariances().iter().copied().collect(),
        })
    }
}

/// A mixture of Gaussians with full covariances.
///
/// **Question.** With what probability does a customer belong to each kind, where kinds overlap and
/// have shapes of their own?
///
/// **Formula.** The density `Σⱼ πⱼ N(x; μⱼ, Σⱼ)`; a row belongs to `j` with probability
/// `πⱼ N(x; μⱼ, Σⱼ)` over that sum.
///
/// **Assumptions.** Each kind is normal in the prepared features.
///
/// **Source.** Dempster, Laird and Rubin (1977), *Maximum likelihood from incomplete data via the EM
/// algorithm*, section 4.3; fitted by linfa-clustering from its k-means start.
///
/// **When not.** Few rows per component: a covariance of `d` columns has `d (d + 1) / 2` numbers. Many
/// rows: linfa's fit takes one thread.
///
/// **Units and shapes.** Rows as for [`KMeans`](super::KMeans); probabilities `rows × k`.
///
/// ```
/// use crmstat_models::matrix::Matrix;
/// use crmstat_models::segments::Mixture;
///
/// let rows: Vec<f64> = (0..40).map(|i| f64::from(i % 4) + if i < 20 { 0.0 } else { 50.0 }).collect();
/// let mixture = Mixture::params(2).check()?.fit(Matrix::new(&rows, 1)?)?;
/// let found = mixture.probabilities(Matrix::new(&[1.0, 52.0], 1)?)?;
/// assert!((found[0] - found[2]).abs() > 0.99);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Mixture {
    columns: usize,
    weights: Vec<f64>,
    means: Vec<f64>,
    covariances: Vec<f64>,
    /// The lower Cholesky factors of the covariances.
    #[serde(skip_serializing)]
    factors: Vec<f64>,
}

/// A mixture as read or fitted, before its invariants are checked.
#[derive(Deserialize)]
#[serde(rename = "Mixture", deny_unknown_fields)]
struct Unchecked {
    columns: usize,
    weights: Vec<f64>,
    means: Vec<f64>,
    covariances: Vec<f64>,
}

impl TryFrom<Unchecked> for Mixture {
    type Error = Error;

    fn try_from(read: Unchecked) -> Result<Self> {
        let Unchecked { columns, weights, means, covariances } = read;
        let size = weights.len().checked_mul(columns);
        let shape = size.is_some_and(|size| {
            size > 0 && means.len() == size && size.checked_mul(columns) == Some(covariances.len())
        });
        let finite = means.iter().chain(&covariances).all(|value| value.is_finite());
        let total = compensated(weights.iter().copied());
        let shares = weights.iter().all(|weight| *weight > 0.0) && (total - 1.0).abs() < 1e-6;
        if !(shape && finite && shares) {
            return Err(Error::data("not a mixture: its shapes or numbers do not fit together"));
        }
        let factors = covariances
            .chunks_exact(columns * columns)
            .map(|covariance| cholesky(covariance, columns))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| Error::data("a component's covariance is not positive definite"))?
            .concat();
        Ok(Self { columns, weights, means, covariances, factors })
    }
}

impl Mixture {
    /// Parameters for `k` components.
    pub fn params(k: usize) -> MixtureParams {
        MixtureParams { k, iterations: 100, tolerance: 1e-3, ridge: 1e-6 }
    }

    /// The number of components.
    pub fn k(&self) -> usize {
        self.weights.len()
    }

    /// The share of each component.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The means, `k` rows of the columns one after another.
    pub fn means(&self) -> &[f64] {
        &self.means
    }

    /// The covariances, `k` matrices one after another.
    pub fn covariances(&self) -> &[f64] {
        &self.covariances
    }

    /// The probability of each row for each component, `rows × k`, row after row; each row sums to 1.
    ///
    /// # Errors
    /// A data error when the rows have other columns than the model.
    pub fn probabilities(&self, matrix: Matrix<'_>) -> Result<Vec<f64>> {
        self.each_row(matrix, |logs, out: &mut Vec<f64>| {
            let total = log_sum(&logs);
            out.extend(logs.iter().map(|log| libm::exp(log - total)));
        })
    }

    /// The sum of the rows' log densities.
    ///
    /// # Errors
    /// A data error when the rows have other columns than the model.
    pub fn log_likelihood(&self, matrix: Matrix<'_>) -> Result<f64> {
        let logs = self.each_row(matrix, |logs, out: &mut Vec<f64>| out.push(log_sum(&logs)))?;
        Ok(compensated(logs))
    }

    /// The Bayesian information criterion `p ln n − 2 ln L` (Schwarz 1978): the less, the better.
    ///
    /// # Errors
    /// A data error when the rows have other columns than the model.
    pub fn bic(&self, matrix: Matrix<'_>) -> Result<f64> {
        let (k, d) = (self.k() as f64, self.columns as f64);
        let parameters = k - 1.0 + k * d + k * d * (d + 1.0) / 2.0;
        let rows = matrix.rows().max(1) as f64;
        Ok(parameters * libm::log(rows) - 2.0 * self.log_likelihood(matrix)?)
    }

    /// Gives the log density of every component at each row to `write`.
    fn each_row(
        &self,
        matrix: Matrix<'_>,
        write: impl Fn(Vec<f64>, &mut Vec<f64>) + Sync,
    ) -> Result<Vec<f64>> {
        if matrix.columns() != self.columns {
            return Err(Error::data(format!(
                "a row has {} columns, the model {}",
                matrix.columns(),
                self.columns
            )));
        }
        let chunks = map_chunks(matrix.rows(), CHUNK, |rows| {
            let mut out = Vec::new();
            for row in rows {
                let densities = (0..self.k()).map(|j| self.log_density(j, matrix.row(row)));
                write(densities.collect(), &mut out);
            }
            out
        });
        Ok(chunks.concat())
    }

    /// `ln πⱼ N(x; μⱼ, Σⱼ)` by forward substitution `L z = x − μ`.
    fn log_density(&self, component: usize, row: &[f64]) -> f64 {
        let d = self.columns;
        let mean = &self.means[component * d..][..d];
        let factor = &self.factors[component * d * d..][..d * d];
        let mut z: Vec<f64> = Vec::with_capacity(d);
        let mut log_determinant = 0.0;
        for i in 0..d {
            let line = &factor[i * d..][..d];
            let known: f64 = line.iter().zip(&z).map(|(a, b)| a * b).sum();
            z.push((row[i] - mean[i] - known) / line[i]);
            log_determinant += libm::log(line[i]);
        }
        let squares: f64 = z.iter().map(|z| z * z).sum();
        let log_density = -0.5 * (squares + d as f64 * LN_2_PI) - log_determinant;
        // A row beyond any scale has density 0, whose logarithm must stay a number.
        (libm::log(self.weights[component]) + log_density).max(-f64::MAX)
    }
}

/// `ln Σ exp` of logarithms, at least one.
fn log_sum(logs: &[f64]) -> f64 {
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    most + libm::log(logs.iter().map(|log| libm::exp(log - most)).sum())
}

/// The lower factor `L` of `L Lᵀ`, or `None` where the matrix is not positive definite.
fn cholesky(matrix: &[f64], size: usize) -> Option<Vec<f64>> {
    let mut factor = vec![0.0; size * size];
    for i in 0..size {
        for j in 0..=i {
            let known: f64 = (0..j).map(|m| factor[i * size + m] * factor[j * size + m]).sum();
            let rest = matrix[i * size + j] - known;
            if i != j {
                factor[i * size + j] = rest / factor[j * size + j];
            } else if rest > 0.0 && rest.is_finite() {
                factor[i * size + i] = rest.sqrt();
            } else {
                return None;
            }
        }
    }
    Some(factor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::generator;
    use crate::segments::adjusted_rand;
    use rand_distr::{Distribution, StandardNormal};

    /// Two long clusters side by side, which k-means would cut across.
    fn stripes() -> (Vec<f64>, Vec<u32>) {
        let mut random = generator(4);
        let mut draw = || -> f64 { StandardNormal.sample(&mut random) };
        let mut values = Vec::new();
        for row in 0..600 {
            values.extend([3.0 * draw(), f64::from(row % 2 * 6) + 0.5 * draw()]);
        }
        (values, (0..600).map(|row| row % 2).collect())
    }

    #[test]
    fn long_clusters_are_recovered_and_their_densities_are_normal() {
        let (values, truth) = stripes();
        let matrix = Matrix::new(&values, 2).unwrap();
        let mixture = Mixture::params(2).check().unwrap().fit(matrix).unwrap();
        let found = mixture.probabilities(matrix).unwrap();
        assert!(found.chunks(2).all(|row| (row[0] + row[1] - 1.0).abs() < 1e-12));
        let labels: Vec<u32> = found.chunks(2).map(|row| u32::from(row[1] > row[0])).collect();
        assert!(adjusted_rand(&labels, &truth).unwrap() >= 0.95);

        // One component against the closed form of its density.
        let one = Mixture::params(1).check().unwrap().fit(matrix).unwrap();
        let [a, b, _, c] = one.covariances()[..] else { panic!("two columns") };
        let (x, y) = (1.0 - one.means()[0], 2.0 - one.means()[1]);
        let determinant = a * c - b * b;
        let form = (c * x * x - 2.0 * b * x * y + a * y * y) / determinant;
        let expected = -0.5 * form - 0.5 * determinant.ln() - LN_2_PI;
        let point = one.log_likelihood(Matrix::new(&[1.0, 2.0], 2).unwrap()).unwrap();
        assert!((point - expected).abs() < 1e-9);
        assert!(mixture.bic(matrix).unwrap() < one.bic(matrix).unwrap());
    }

    #[test]
    fn the_order_of_rows_changes_nothing_and_the_file_keeps_all() {
        let (values, _) = stripes();
        let fit = |values: &[f64]| {
            Mixture::params(2).check().unwrap().fit(Matrix::new(values, 2).unwrap()).unwrap()
        };
        let backward: Vec<f64> = values.chunks(2).rev().flatten().copied().collect();
        let mixture = fit(&values);
        assert_eq!(fit(&backward), mixture);
        let text = serde_json::to_string(&mixture).unwrap();
        let read: Mixture = serde_json::from_str(&text).unwrap();
        assert!((read.means()[0] - mixture.means()[0]).abs() < 1e-12);
        let far = read.probabilities(Matrix::new(&[1e200, -1e200], 2).unwrap()).unwrap();
        assert!(far.iter().all(|probability| probability.is_finite()));
        let broken = r#"{"columns":1,"weights":[1.0],"means":[0.0],"covariances":[-1.0]}"#;
        assert!(serde_json::from_str::<Mixture>(broken).is_err());
    }

    #[test]
    fn what_cannot_be_fitted_is_refused() {
        assert!(Mixture::params(0).check().is_err());
        assert!(Mixture::params(1).ridge(0.0).check().is_err());
        let few = Matrix::new(&[1.0, 2.0], 1).unwrap();
        assert!(Mixture::params(2).check().unwrap().fit(few).unwrap_err().is_data());
    }
}
