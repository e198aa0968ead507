//! How many clusters, and are there any?

use super::kmeans::{Clustering, KMeans};
use super::order::Sample;
use super::principal::principal_axes;
use super::quality::{Silhouette, calinski_harabasz, davies_bouldin, silhouettes};
use crate::matrix::Matrix;
use crate::parallel::map_chunks;
use crate::sum::compensated;
use crate::{Error, Result, random};
use rand::RngExt;
use std::ops::RangeInclusive;

/// The least mean silhouette of a clustering with structure (Kaufman and Rousseeuw 1990, table 4).
const LEAST_SILHOUETTE: f64 = 0.25;

/// The least mean stability of valid clusters (Hennig 2008, section 5).
const LEAST_STABILITY: f64 = 0.75;

/// A cluster below this stability is dissolved by resampling (Hennig 2008, section 3).
const DISSOLVED: f64 = 0.5;

/// How many standard errors the gap must stand above that of one cluster: three, as the largest of many
/// candidates is looked at (Bonferroni at 1 % over nine candidates gives 3.06).
const GAP_ERRORS: f64 = 3.0;

/// The least share of the total that a sum of squares counts as, so that its logarithm exists.
const LEAST_SHARE: f64 = 1e-12;

/// How to choose `k`: a builder, checked by [`ChooseKParams::check`].
///
/// | setting | default | meaning |
/// |---|---|---|
/// | `candidates` | 2..=10 | the numbers of clusters to compare |
/// | `rows` | 5,000 | more rows than this are represented by a sample of so many |
/// | `references` | 20 | data sets without clusters behind the gap statistic |
/// | `resamples` | 20 | bootstrap samples behind the stability |
/// | `restarts` | 5 | k-means++ starts of each fit to the rows; references and resamples have 2 |
/// | `seed` | 0 | of every random choice |
#[derive(Clone, Debug)]
pub struct ChooseKParams {
    candidates: RangeInclusive<usize>,
    rows: usize,
    references: usize,
    resamples: usize,
    restarts: usize,
    seed: u64,
}

/// The question of how many clusters there are, with checked parameters.
///
/// **Question.** Which number of clusters do the rows themselves suggest, and is it more than one?
///
/// **Rule.** A `k` is admissible when all three hold:
/// 1. tighter than chance: `Gap(k) − Gap(1)` is above three standard errors,
/// 2. apart: the mean silhouette is at least 0.25,
/// 3. stable: the clusters' mean bootstrap stability is at least 0.75 and none is below 0.5.
///
/// The admissible `k` with the greatest silhouette is chosen, the smaller on a tie; if none is
/// admissible, the answer is that there are no clusters.
///
/// **Formula.** `Gap(k) = mean(ln W*ₖ) − ln Wₖ` with the inertia `W` of the rows and `W*` of references
/// drawn uniformly from the box of the rows along their principal axes; its standard error is
/// `sd(ln W*ₖ) √(1 + 1/B)`. Stability of a cluster is the mean, over bootstrap samples, of the greatest
/// Jaccard similarity `|A ∩ B| / |A ∪ B|` with a cluster of the sample, on the rows drawn.
///
/// **Assumptions.** Those of [`KMeans`]; the sample is large enough to hold the smallest cluster of
/// interest.
///
/// **Source.** Tibshirani, Walther and Hastie (2001), *Estimating the number of clusters via the gap
/// statistic*, section 3, reference (b); Hennig (2007), *Cluster-wise assessment of cluster stability*;
/// Rousseeuw (1987).
///
/// **When not.** To prove that segments are useful: groups cut out of a continuum can serve a campaign
/// although no gap separates them; then give `k`.
///
/// **Units and shapes.** Rows as for [`KMeans`]. The order of the rows and the number of threads change
/// nothing. The stability of a `k` of one's own is that of `candidates(k..=k)`.
///
/// ```
/// use crmstat_models::matrix::Matrix;
/// use crmstat_models::segments::ChooseK;
///
/// let three: Vec<f64> = (0..90).map(|i| f64::from(300 * (i % 3) + i)).collect();
/// let choice = ChooseK::params().check()?.choose(Matrix::new(&three, 1)?)?;
/// assert_eq!(choice.k, Some(3));
///
/// let even: Vec<f64> = (0..90).map(f64::from).collect();
/// assert_eq!(ChooseK::params().check()?.choose(Matrix::new(&even, 1)?)?.k, None);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ChooseK(ChooseKParams);

/// The answer of [`ChooseK::choose`].
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The number chosen, or `None`: there are no clusters.
    pub k: Option<usize>,
    /// What it was chosen from, by `k`; candidates beyond the number of distinct rows are left out.
    pub candidates: Vec<Candidate>,
    /// The gap of one cluster and its standard error, to compare with.
    pub one_cluster: (f64, f64),
    /// The rows that were looked at.
    pub rows: usize,
}

/// One number of clusters and what speaks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The number of clusters.
    pub k: usize,
    /// The inertia on the rows looked at.
    pub inertia: f64,
    /// The mean silhouette with its error; more is better.
    pub silhouette: Silhouette,
    /// The Calinski–Harabasz index; more is better.
    pub calinski_harabasz: f64,
    /// The Davies–Bouldin index; less is better.
    pub davies_bouldin: f64,
    /// The gap statistic; more than that of one cluster is better.
    pub gap: f64,
    /// The standard error of the gap.
    pub gap_error: f64,
    /// The bootstrap stability of each cluster, in descending order; from 0.75 valid, from 0.85 high.
    pub stability: Vec<f64>,
    /// Whether all three conditions of the rule hold.
    pub admissible: bool,
}

impl Candidate {
    /// The mean of the clusters' stabilities.
    pub fn mean_stability(&self) -> f64 {
        compensated(self.stability.iter().copied()) / self.stability.len().max(1) as f64
    }
}

impl ChooseKParams {
    /// The numbers of clusters to compare, from 2; default 2..=10.
    #[must_use]
    pub fn candidates(mut self, candidates: RangeInclusive<usize>) -> Self {
        self.candidates = candidates;
        self
    }

    /// The most rows to look at, at least 10; default 5,000. Time grows with the square.
    #[must_use]
    pub fn rows(mut self, rows: usize) -> Self {
        self.rows = rows;
        self
    }

    /// The number of reference data sets, at least 2; default 20.
    #[must_use]
    pub fn references(mut self, references: usize) -> Self {
        self.references = references;
        self
    }

    /// The number of bootstrap samples, at least 1; default 20.
    #[must_use]
    pub fn resamples(mut self, resamples: usize) -> Self {
        self.resamples = resamples;
        self
    }

    /// The k-means++ starts of each fit to the rows, at least 1; default 5.
    #[must_use]
    pub fn restarts(mut self, restarts: usize) -> Self {
        self.restarts = restarts;
        self
    }

    /// The seed of every random choice; default 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// A parameter error for the first setting out of its range.
    pub fn check(self) -> Result<ChooseK> {
        let (first, last) = (*self.candidates.start(), *self.candidates.end());
        if first < 2 || last < first {
            let range = format!("{first}..={last}");
            return Err(Error::parameter("candidates", range, "a range from at least 2"));
        }
        for (name, value, least) in [
            ("rows", self.rows, 10),
            ("references", self.references, 2),
            ("resamples", self.resamples, 1),
            ("restarts", self.restarts, 1),
        ] {
            if value < least {
                return Err(Error::parameter(name, value, format!("at least {least}")));
            }
        }
        Ok(ChooseK(self))
    }
}

impl ChooseK {
    /// Parameters with their defaults.
    pub fn params() -> ChooseKParams {
        ChooseKParams {
            candidates: 2..=10,
            rows: 5_000,
            references: 20,
            resamples: 20,
            restarts: 5,
            seed: 0,
        }
    }

    /// Compares the candidates on the rows of `matrix`.
    ///
    /// # Errors
    /// A data error when there are no rows or a value exceeds what [`KMeans`] takes.
    pub fn choose(&self, matrix: Matrix<'_>) -> Result<Choice> {
        if matrix.rows() == 0 {
            return Err(Error::data("no rows to look for clusters in"));
        }
        let sample = Sample::draw(matrix, None, self.0.rows, self.0.seed);
        let rows = sample.matrix();
        // One cluster fits any rows that can be fitted; the first `k` beyond the distinct rows does not.
        let one = fit(rows, 1, 1, self.0.seed)?.model.inertia();
        let clusterings: Vec<Clustering> = (self.0.candidates.clone())
            .map_while(|k| fit(rows, k, self.0.restarts, self.0.seed).ok())
            .collect();
        let ks: Vec<usize> = clusterings.iter().map(|fitted| fitted.model.k()).collect();

        let labels: Vec<&[u32]> = clusterings.iter().map(|fitted| &fitted.labels[..]).collect();
        let silhouettes = silhouettes(rows, &labels)?;
        let references = self.references(rows, &ks)?;
        let gap = |column: usize, inertia: f64| {
            let logs: Vec<f64> = references.iter().map(|logs| logs[column]).collect();
            let (mean, deviation) = mean_and_deviation(&logs);
            let error = deviation * (1.0 + 1.0 / logs.len() as f64).sqrt();
            (mean - log_share(inertia, one), error)
        };
        let one_cluster = gap(0, one);
        let mut candidates = Vec::with_capacity(ks.len());
        for (index, (fitted, silhouette)) in clusterings.iter().zip(silhouettes).enumerate() {
            let inertia = fitted.model.inertia();
            let (gap, gap_error) = gap(index + 1, inertia);
            let mut candidate = Candidate {
                k: ks[index],
                inertia,
                silhouette,
                calinski_harabasz: calinski_harabasz(rows, &fitted.labels).unwrap_or(f64::MAX),
                davies_bouldin: davies_bouldin(rows, &fitted.labels)?,
                gap,
                gap_error,
                stability: self.stability(rows, ks[index], &fitted.labels),
                admissible: false,
            };
            candidate.admissible = admissible(&candidate, one_cluster);
            candidates.push(candidate);
        }
        let mut best: Option<&Candidate> = None;
        for candidate in candidates.iter().filter(|candidate| candidate.admissible) {
            if best.is_none_or(|best| candidate.silhouette.mean > best.silhouette.mean) {
                best = Some(candidate);
            }
        }
        Ok(Choice { k: best.map(|best| best.k), candidates, one_cluster, rows: rows.rows() })
    }

    /// The logarithms of the inertia of each reference, as a share of its total: for one cluster (0),
    /// then for each of `ks`.
    fn references(&self, rows: Matrix<'_>, ks: &[usize]) -> Result<Vec<Vec<f64>>> {
        let box_sides = principal_ranges(rows);
        map_chunks(self.0.references, 1, |task| {
            let seed = random::stream(self.0.seed, task.start as u64).random();
            let mut random = random::generator(seed);
            // k-means does not see a rotation, so the box need not be turned back.
            let values: Vec<f64> = (0..rows.rows())
                .flat_map(|_| &box_sides)
                .map(|side| (random.random::<f64>() - 0.5) * side)
                .collect();
            let reference = Matrix::of_finite(&values, rows.columns());
            let one = fit(reference, 1, 1, seed)?.model.inertia();
            let mut logs = vec![log_share(one, one)];
            for &k in ks {
                logs.push(log_share(fit(reference, k, 2, seed)?.model.inertia(), one));
            }
            Ok(logs)
        })
        .into_iter()
        .collect()
    }

    /// The bootstrap stability of each cluster of `labels`, in descending order.
    fn stability(&self, rows: Matrix<'_>, k: usize, labels: &[u32]) -> Vec<f64> {
        let similarities = map_chunks(self.0.resamples, 1, |task| {
            let seed = random::stream(!self.0.seed, task.start as u64).random();
            let mut random = random::generator(seed);
            let mut drawn: Vec<usize> =
                (0..rows.rows()).map(|_| random.random_range(0..rows.rows())).collect();
            let values: Vec<f64> = drawn.iter().flat_map(|&row| rows.row(row)).copied().collect();
            // A resample with fewer distinct rows than clusters has dissolved them all.
            let Ok(fitted) = fit(Matrix::of_finite(&values, rows.columns()), k, 2, seed) else {
                return vec![0.0; k];
            };
            let mut pairs: Vec<(usize, u32)> = drawn.drain(..).zip(fitted.labels).collect();
            pairs.sort_unstable();
            pairs.dedup_by_key(|pair| pair.0);
            jaccard(k, pairs.into_iter().map(|(row, found)| (labels[row], found)))
        });
        let mut stability: Vec<f64> = (0..k)
            .map(|cluster| {
                let of_cluster = similarities.iter().map(|similarity| similarity[cluster]);
                compensated(of_cluster) / self.0.resamples as f64
            })
            .collect();
        stability.sort_by(|a, b| b.total_cmp(a));
        stability
    }
}

fn admissible(candidate: &Candidate, (gap_of_one, error_of_one): (f64, f64)) -> bool {
    let needed = GAP_ERRORS * candidate.gap_error.hypot(error_of_one);
    let tight = candidate.gap - gap_of_one > needed;
    let apart = candidate.silhouette.mean >= LEAST_SILHOUETTE;
    let weakest = candidate.stability.last().copied().unwrap_or(0.0);
    tight && apart && candidate.mean_stability() >= LEAST_STABILITY && weakest >= DISSOLVED
}

fn fit(rows: Matrix<'_>, k: usize, restarts: usize, seed: u64) -> Result<Clustering> {
    KMeans::params(k).restarts(restarts).seed(seed).check()?.fit(rows)
}

/// The logarithm of `inertia` as a share of the `total`, kept finite.
fn log_share(inertia: f64, total: f64) -> f64 {
    if total > 0.0 { (inertia / total).max(LEAST_SHARE).ln() } else { 0.0 }
}

/// For each of `k` clusters, the greatest Jaccard similarity with a cluster found.
fn jaccard(k: usize, pairs: impl Iterator<Item = (u32, u32)>) -> Vec<f64> {
    let mut both = vec![0.0; k * k];
    for (original, found) in pairs {
        both[original as usize * k + found as usize] += 1.0;
    }
    let rows: Vec<f64> = both.chunks_exact(k).map(|row| row.iter().sum()).collect();
    let columns: Vec<f64> = (0..k).map(|j| both.iter().skip(j).step_by(k).sum()).collect();
    (0..k)
        .map(|i| {
            let similarity = |j: usize| {
                let shared = both[i * k + j];
                if shared > 0.0 { shared / (rows[i] + columns[j] - shared) } else { 0.0 }
            };
            (0..k).map(similarity).fold(0.0, f64::max)
        })
        .collect()
}

/// The lengths of the sides of the box that holds `rows` along their principal axes.
fn principal_ranges(rows: Matrix<'_>) -> Vec<f64> {
    principal_axes(rows)
        .chunks_exact(rows.columns())
        .map(|axis| {
            let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
            for row in rows.each_row() {
                let along: f64 = row.iter().zip(axis).map(|(value, part)| value * part).sum();
                (low, high) = (low.min(along), high.max(along));
            }
            high - low
        })
        .collect()
}

fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let mean = compensated(values.iter().copied()) / values.len() as f64;
    let squares = compensated(values.iter().map(|value| (value - mean) * (value - mean)));
    (mean, (squares / values.len() as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::generator;

    fn choose(values: &[f64], columns: usize) -> Result<Choice> {
        ChooseK::params().rows(300).check()?.choose(Matrix::new(values, columns)?)
    }

    #[test]
    fn settings_out_of_range_are_parameter_errors() {
        let params = ChooseK::params;
        for params in [
            params().candidates(1..=3),
            params().candidates(RangeInclusive::new(4, 3)),
            params().rows(9),
            params().references(1),
            params().resamples(0),
            params().restarts(0),
        ] {
            assert!(params.check().unwrap_err().is_parameter());
        }
    }

    #[test]
    fn customers_without_variety_have_no_clusters() {
        assert!(choose(&[], 2).unwrap_err().is_data());
        for rows in [1, 50] {
            let choice = choose(&vec![4.0; rows * 2], 2).unwrap();
            assert_eq!((choice.k, choice.candidates.len(), choice.rows), (None, 0, rows));
        }
        // So close together that the square of their distance is 0.
        assert_eq!(choose(&[0.0, 1e-200, 0.0, 1e-200], 1).unwrap().candidates, []);
        assert!(choose(&[0.0, 1e200], 1).unwrap_err().is_data());
    }

    #[test]
    fn few_distinct_customers_are_clusters_as_they_are() {
        let values: Vec<f64> = (0..90).map(|row| f64::from(row % 3 * 100)).collect();
        let choice = choose(&values, 1).unwrap();
        assert_eq!(choice.k, Some(3), "{choice:#?}");
        assert_eq!(choice.candidates.len(), 2);
        assert!(choice.candidates[1].gap.is_finite());
    }

    #[test]
    fn the_order_of_rows_and_the_threads_change_nothing() {
        let mut random = generator(8);
        let values: Vec<f64> =
            (0..1000).map(|cell| f64::from(cell / 2 % 3 * 4) + random.random::<f64>()).collect();
        let backward: Vec<f64> = values.chunks(2).rev().flatten().copied().collect();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let forward = choose(&values, 2).unwrap();
        assert_eq!(forward.k, Some(3));
        assert_eq!(pool.install(|| choose(&backward, 2)).unwrap(), forward);
    }

    #[test]
    fn jaccard_takes_the_best_match() {
        // Cluster 0 has rows a, b, c, of which the sample has a, b together with d of cluster 1.
        let pairs = [(0, 1), (0, 1), (0, 0), (1, 1), (1, 0)];
        assert_eq!(jaccard(2, pairs.into_iter()), [0.5, 1.0 / 3.0]);
    }
}
