//! k-means over batches: for customers that do not fit in memory.

use super::distance;
use super::kmeans::{KMeans, check_magnitude};
use super::params::KMeansValidParams;
use crate::matrix::Matrix;
use crate::parallel::map_chunks;
use crate::{Error, Result};

/// Rows per task.
const CHUNK: usize = 4096;

/// A fit in progress, one batch of rows at a time.
///
/// **Question.** What are the clusters of more customers than memory holds?
///
/// **Formula.** The first batch is fitted as [`KMeans`] is. Every later one is assigned to the centres
/// as they stand; then each centre becomes the mean of all rows it was ever given,
/// `c ← (n c + Σ x) / (n + m)` for `m` new rows.
///
/// **Assumptions.** Every batch is a fair sample of all customers, the first above all: it sets the
/// start. Shuffle the rows before cutting batches.
///
/// **Source.** Sculley (2010), *Web-scale k-means clustering*, algorithm 1, with the updates of a batch
/// taken at once.
///
/// **When not.** Where the rows fit in memory: [`KMeans`] is exact. Unlike it, the result depends on the
/// order of the batches (not on that of the rows within one beyond rounding, nor on threads).
///
/// **Units and shapes.** As for [`KMeans`]. The inertia of the finished model is that of each row when
/// it came, so it overstates that of the final centres.
///
/// ```
/// use crmstat_models::matrix::Matrix;
/// use crmstat_models::segments::{KMeans, MiniBatch};
///
/// let params = KMeans::params(2).check()?;
/// let mut fit = MiniBatch::start(&params, Matrix::new(&[0.0, 1.0, 10.0, 11.0], 1)?)?;
/// fit.update(Matrix::new(&[2.0, 12.0], 1)?)?;
/// let mut centres = fit.finish().centres().to_vec();
/// centres.sort_by(f64::total_cmp);
/// assert_eq!(centres, [1.0, 11.0]);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MiniBatch {
    columns: usize,
    centres: Vec<f64>,
    counts: Vec<f64>,
    inertia: f64,
    batches: usize,
}

impl MiniBatch {
    /// Fits the first batch.
    ///
    /// # Errors
    /// As [`KMeansValidParams::fit`].
    pub fn start(params: &KMeansValidParams, first: Matrix<'_>) -> Result<Self> {
        let model = params.fit(first)?.model;
        Ok(Self {
            columns: model.columns(),
            centres: model.centres().to_vec(),
            counts: model.weights().to_vec(),
            inertia: model.inertia(),
            batches: 1,
        })
    }

    /// Moves the centres by one more batch, which may be empty.
    ///
    /// # Errors
    /// A data error when the batch has other columns or a value exceeds 1e100; the fit then stands as
    /// it was.
    pub fn update(&mut self, batch: Matrix<'_>) -> Result<()> {
        if batch.columns() != self.columns {
            return Err(Error::data(format!(
                "a batch has {} columns, the first had {}",
                batch.columns(),
                self.columns
            )));
        }
        check_magnitude(batch.values())?;
        let chunks = map_chunks(batch.rows(), CHUNK, |rows| {
            let mut means = Means::zero(self.counts.len(), self.columns);
            for row in rows {
                let (cluster, squared) = distance::nearest(batch.row(row), &self.centres);
                means.add(cluster as usize, batch.row(row));
                means.inertia += squared;
            }
            means
        });
        for chunk in chunks {
            self.inertia += chunk.inertia;
            for (cluster, &count) in chunk.counts.iter().enumerate() {
                if count > 0.0 {
                    self.counts[cluster] += count;
                    let share = count / self.counts[cluster];
                    let cells = cluster * self.columns..(cluster + 1) * self.columns;
                    let moved = self.centres[cells.clone()].iter_mut().zip(&chunk.values[cells]);
                    moved.for_each(|(centre, mean)| *centre += share * (mean - *centre));
                }
            }
        }
        self.batches += 1;
        Ok(())
    }

    /// The model as it stands; its iterations are the batches.
    pub fn finish(self) -> KMeans {
        let Self { columns, centres, counts, inertia, batches } = self;
        KMeans::of_batches(columns, centres, counts, inertia, batches)
    }
}

/// The means of one chunk's rows by cluster.
struct Means {
    values: Vec<f64>,
    counts: Vec<f64>,
    inertia: f64,
}

impl Means {
    fn zero(k: usize, columns: usize) -> Self {
        Self { values: vec![0.0; k * columns], counts: vec![0.0; k], inertia: 0.0 }
    }

    fn add(&mut self, cluster: usize, row: &[f64]) {
        self.counts[cluster] += 1.0;
        let share = self.counts[cluster].recip();
        let mean = &mut self.values[cluster * row.len()..][..row.len()];
        mean.iter_mut().zip(row).for_each(|(mean, value)| *mean += share * (value - *mean));
    }
}

#[cfg(test)]
mod tests {
    use super::MiniBatch;
    use crate::matrix::Matrix;
    use crate::random::generator;
    use crate::segments::KMeans;
    use rand::RngExt;

    #[test]
    fn batches_of_separated_clusters_find_the_means_of_all_rows() {
        let mut random = generator(3);
        let values: Vec<f64> =
            (0..3000).map(|row| f64::from(row % 3 * 10) + random.random::<f64>()).collect();
        let params = KMeans::params(3).check().unwrap();
        let mut fit = MiniBatch::start(&params, Matrix::new(&values[..300], 1).unwrap()).unwrap();
        for batch in values[300..].chunks(270) {
            fit.update(Matrix::new(batch, 1).unwrap()).unwrap();
        }
        let mut found = fit.finish().centres().to_vec();
        found.sort_by(f64::total_cmp);
        let whole = params.fit(Matrix::new(&values, 1).unwrap()).unwrap().model;
        let mut exact = whole.centres().to_vec();
        exact.sort_by(f64::total_cmp);
        for (found, exact) in found.iter().zip(exact) {
            assert!((found - exact).abs() < 1e-10);
        }
    }

    #[test]
    fn a_batch_of_other_columns_changes_nothing() {
        let params = KMeans::params(1).check().unwrap();
        let mut fit = MiniBatch::start(&params, Matrix::new(&[1.0, 3.0], 1).unwrap()).unwrap();
        assert!(fit.update(Matrix::new(&[1.0, 3.0], 2).unwrap()).unwrap_err().is_data());
        fit.update(Matrix::new(&[], 1).unwrap()).unwrap();
        assert_eq!(fit.finish().centres(), [2.0]);
    }
}
