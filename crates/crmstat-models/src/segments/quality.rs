//! How good is a clustering? Indices that need only the rows and their labels.

use super::distance;
use super::order::draw_rows;
use crate::matrix::Matrix;
use crate::parallel::map_chunks;
use crate::sum::compensated;
use crate::{Error, Result};

/// Rows per task where each row costs a pass over all others.
const CHUNK: usize = 64;

/// The mean silhouette of a clustering.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Silhouette {
    /// The mean over the rows, from −1 to 1.
    pub mean: f64,
    /// Its standard error: the standard deviation over the rows divided by the root of their number.
    pub standard_error: f64,
    /// The rows it was computed on.
    pub rows: usize,
}

/// The silhouette: are rows nearer to their own cluster than to the next?
///
/// **Formula.** `s = (b − a) / max(a, b)`, where `a` is the mean distance of a row to the others of its
/// cluster and `b` the least mean distance to another cluster; 0 for a row alone in its cluster.
///
/// **Assumptions.** Euclidean distance fits the features.
///
/// **Source.** Rousseeuw (1987), *Silhouettes*, J. Comput. Appl. Math. 20, section 2. Kaufman and
/// Rousseeuw read a mean below 0.25 as no structure, from 0.5 as a reasonable one.
///
/// **When not.** Clusters that are long or nested: the index favours round ones.
///
/// **Units and shapes.** No unit. On more than `sample` rows a sample of so many stands for all, rows and
/// neighbours alike; the cost is quadratic in it.
///
/// # Errors
/// A data error when labels and rows differ in number or fewer than two clusters have rows.
///
/// ```
/// use crmstat_models::matrix::Matrix;
/// use crmstat_models::segments::silhouette;
///
/// let rows = [0.0, 1.0, 10.0, 11.0];
/// let found = silhouette(Matrix::new(&rows, 1)?, &[0, 0, 1, 1], 1000, 0)?;
/// assert!((found.mean - (1.0 - (1.0 / 10.5 + 1.0 / 9.5) / 2.0)).abs() < 1e-12);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
pub fn silhouette(
    matrix: Matrix<'_>,
    labels: &[u32],
    sample: usize,
    seed: u64,
) -> Result<Silhouette> {
    Groups::new(matrix, labels)?;
    // With the label in the place of a weight, equal rows of different labels have an order too.
    let order: Vec<f64> = labels.iter().map(|label| f64::from(*label)).collect();
    let taken = draw_rows(matrix, Some(&order), sample, seed);
    let values: Vec<f64> = taken.iter().flat_map(|&row| matrix.row(row)).copied().collect();
    let labels: Vec<u32> = taken.iter().map(|&row| labels[row]).collect();
    let sampled = Matrix::of_finite(&values, matrix.columns());
    let found = silhouettes(sampled, &[&labels])?;
    found.into_iter().next().ok_or_else(|| Error::data("no rows have a silhouette"))
}

/// The silhouettes of several clusterings of one set of rows, which share the distances.
pub(super) fn silhouettes(matrix: Matrix<'_>, clusterings: &[&[u32]]) -> Result<Vec<Silhouette>> {
    let groups: Vec<Groups> =
        clusterings.iter().map(|labels| Groups::new(matrix, labels)).collect::<Result<_>>()?;
    let rows = matrix.rows();
    let chunks = map_chunks(rows, CHUNK, |range| {
        let mut distances = vec![0.0; rows];
        let mut scores = vec![Vec::with_capacity(CHUNK); clusterings.len()];
        for row in range {
            for (distance, other) in distances.iter_mut().zip(matrix.each_row()) {
                *distance = distance::squared(matrix.row(row), other).sqrt();
            }
            for ((scores, labels), groups) in scores.iter_mut().zip(clusterings).zip(&groups) {
                scores.push(groups.silhouette(labels, row, &distances));
            }
        }
        scores
    });
    Ok((0..clusterings.len())
        .map(|index| {
            let scores = || chunks.iter().flat_map(|chunk| &chunk[index]).copied();
            let mean = compensated(scores()) / rows as f64;
            let squares = compensated(scores().map(|score| (score - mean) * (score - mean)));
            // Two clusters with rows mean at least two rows.
            let variance = squares / (rows - 1) as f64;
            Silhouette { mean, standard_error: (variance / rows as f64).sqrt(), rows }
        })
        .collect())
}

/// The Calinski–Harabasz index: how much more do clusters differ than the rows within them?
///
/// **Formula.** `(B / (k − 1)) / (W / (n − k))` with the sums of squares `B` between the centres and `W`
/// within the clusters; clusters without any spread within give `f64::MAX`.
///
/// **Source.** Calinski and Harabasz (1974), *A dendrite method for cluster analysis*, eq. 3.
///
/// **When not.** To compare clusterings of different rows or features; like an F statistic it grows with
/// the number of rows.
///
/// # Errors
/// A data error when labels and rows differ in number, fewer than two clusters have rows, or every row
/// is its own cluster.
///
/// ```
/// use crmstat_models::matrix::Matrix;
/// use crmstat_models::segments::calinski_harabasz;
///
/// // B = 4 · 5² and W = 4 · 0.5², over 1 and 2 degrees of freedom.
/// let found = calinski_harabasz(Matrix::new(&[0.0, 1.0, 10.0, 11.0], 1)?, &[0, 0, 1, 1])?;
/// assert_eq!(found, 200.0);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
pub fn calinski_harabasz(matrix: Matrix<'_>, labels: &[u32]) -> Result<f64> {
    let groups = Groups::new(matrix, labels)?;
    let (n, k) = (matrix.rows() as f64, groups.used() as f64);
    if n <= k {
        return Err(Error::data("every row is a cluster of its own"));
    }
    let columns = matrix.columns();
    let all = Groups::new_unchecked(matrix, &vec![0; matrix.rows()]);
    let between = compensated(groups.members().map(|(cluster, count)| {
        count * distance::squared(groups.mean(cluster, columns), all.mean(0, columns))
    }));
    let within = compensated(
        matrix
            .each_row()
            .zip(labels)
            .map(|(row, label)| distance::squared(row, groups.mean(*label as usize, columns))),
    );
    Ok((between / (k - 1.0) / (within / (n - k))).min(f64::MAX))
}

/// The Davies–Bouldin index: how alike is the most alike other cluster, on average? Lower is better.
///
/// **Formula.** `1/k Σᵢ maxⱼ≠ᵢ (Sᵢ + Sⱼ) / dᵢⱼ` with `S` the mean distance of a cluster's rows to its
/// mean and `d` the distance of two means.
///
/// **Source.** Davies and Bouldin (1979), *A cluster separation measure*, definitions 4 and 5.
///
/// **When not.** Clusters whose means coincide; they give `f64::MAX`.
///
/// # Errors
/// A data error when labels and rows differ in number or fewer than two clusters have rows.
///
/// ```
/// use crmstat_models::matrix::Matrix;
/// use crmstat_models::segments::davies_bouldin;
///
/// let found = davies_bouldin(Matrix::new(&[0.0, 1.0, 10.0, 11.0], 1)?, &[0, 0, 1, 1])?;
/// assert_eq!(found, 0.1);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
pub fn davies_bouldin(matrix: Matrix<'_>, labels: &[u32]) -> Result<f64> {
    let groups = Groups::new(matrix, labels)?;
    let columns = matrix.columns();
    let mut spread = vec![0.0; groups.counts.len()];
    for (row, &label) in matrix.each_row().zip(labels) {
        let mean = groups.mean(label as usize, columns);
        spread[label as usize] += distance::squared(row, mean).sqrt();
    }
    for (cluster, count) in groups.members() {
        spread[cluster] /= count;
    }
    let worst = groups.members().map(|(i, _)| {
        let others = groups.members().filter(|(j, _)| *j != i).map(|(j, _)| {
            let apart = distance::squared(groups.mean(i, columns), groups.mean(j, columns)).sqrt();
            if apart > 0.0 { (spread[i] + spread[j]) / apart } else { f64::MAX }
        });
        others.fold(0.0, f64::max) / groups.used() as f64
    });
    Ok(compensated(worst).min(f64::MAX))
}

/// The adjusted Rand index: do two clusterings of the same rows agree beyond chance?
///
/// **Formula.** `(Σ C(nᵢⱼ, 2) − E) / (½ (Σ C(aᵢ, 2) + Σ C(bⱼ, 2)) − E)` with
/// `E = Σ C(aᵢ, 2) Σ C(bⱼ, 2) / C(n, 2)`: 1 for equal clusterings whatever their numbering, 0 on average
/// for unrelated ones.
///
/// **Source.** Hubert and Arabie (1985), *Comparing partitions*, eq. 5.
///
/// # Errors
/// A data error when the clusterings differ in length or are empty.
///
/// ```
/// use crmstat_models::segments::adjusted_rand;
///
/// assert_eq!(adjusted_rand(&[0, 0, 1, 1], &[1, 1, 0, 0])?, 1.0);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
pub fn adjusted_rand(a: &[u32], b: &[u32]) -> Result<f64> {
    if a.len() != b.len() || a.is_empty() {
        return Err(Error::data(format!("{} labels against {}", a.len(), b.len())));
    }
    let pairs = |count: u64| count as f64 * (count as f64 - 1.0) / 2.0;
    let sum_of_runs = |keys: &mut Vec<(u32, u32)>| -> f64 {
        keys.sort_unstable();
        keys.chunk_by(|x, y| x == y).map(|run| pairs(run.len() as u64)).sum()
    };
    let both = sum_of_runs(&mut a.iter().copied().zip(b.iter().copied()).collect());
    let rows = sum_of_runs(&mut a.iter().map(|label| (*label, 0)).collect());
    let columns = sum_of_runs(&mut b.iter().map(|label| (*label, 0)).collect());
    let chance = rows * columns / pairs(a.len() as u64).max(1.0);
    let most = f64::midpoint(rows, columns);
    // Both clusterings are one cluster, or both all singletons: they agree.
    Ok(if most == chance { 1.0 } else { (both - chance) / (most - chance) })
}

/// The sizes and means of the clusters of some labels.
struct Groups {
    counts: Vec<f64>,
    means: Vec<f64>,
}

impl Groups {
    fn new(matrix: Matrix<'_>, labels: &[u32]) -> Result<Self> {
        if labels.len() != matrix.rows() {
            return Err(Error::data(format!("{} labels for {} rows", labels.len(), matrix.rows())));
        }
        if let Some(label) = labels.iter().find(|label| **label as usize >= labels.len()) {
            return Err(Error::data(format!("label {label} among only {} rows", labels.len())));
        }
        let groups = Self::new_unchecked(matrix, labels);
        if groups.used() < 2 {
            return Err(Error::data("one cluster alone cannot be compared with another"));
        }
        Ok(groups)
    }

    fn new_unchecked(matrix: Matrix<'_>, labels: &[u32]) -> Self {
        let columns = matrix.columns();
        let clusters = labels.iter().max().map_or(0, |last| *last as usize + 1);
        let mut counts = vec![0.0; clusters];
        let mut means = vec![0.0; clusters * columns];
        for (row, &label) in matrix.each_row().zip(labels) {
            let cluster = label as usize;
            counts[cluster] += 1.0;
            // A running mean: no sum to overflow or to lose small values in.
            for (mean, value) in means[cluster * columns..][..columns].iter_mut().zip(row) {
                *mean += (value - *mean) / counts[cluster];
            }
        }
        Self { counts, means }
    }

    fn members(&self) -> impl Iterator<Item = (usize, f64)> {
        self.counts.iter().copied().enumerate().filter(|(_, count)| *count > 0.0)
    }

    fn used(&self) -> usize {
        self.members().count()
    }

    fn mean(&self, cluster: usize, columns: usize) -> &[f64] {
        &self.means[cluster * columns..][..columns]
    }

    fn silhouette(&self, labels: &[u32], row: usize, distances: &[f64]) -> f64 {
        let own = labels[row] as usize;
        if self.counts[own] < 2.0 {
            return 0.0;
        }
        let mut sums = vec![0.0; self.counts.len()];
        for (label, distance) in labels.iter().zip(distances) {
            sums[*label as usize] += distance;
        }
        let inside = sums[own] / (self.counts[own] - 1.0);
        let outside = self
            .members()
            .filter(|(cluster, _)| *cluster != own)
            .map(|(cluster, count)| sums[cluster] / count)
            .fold(f64::INFINITY, f64::min);
        let greater = inside.max(outside);
        if greater > 0.0 { (outside - inside) / greater } else { 0.0 }
    }
}
