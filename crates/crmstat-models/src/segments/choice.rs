//! How many clusters, and are there any?

#[cfg(test)]
mod tests;

use super::cells::spread;
use super::distance;
use super::kmeans::{Clustering, KMeans};
use super::nulls::Nulls;
use super::order::Sample;
use super::preparation::Preparation;
use super::quality::{Silhouette, adjusted_rand, calinski_harabasz, davies_bouldin, silhouettes};
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

/// How many standard errors clusters must be farther apart than those of customers without any: three, as the
/// best of many candidates is looked at (Bonferroni at 1 % over nine candidates gives 3.06).
const ERRORS: f64 = 3.0;

/// By how much of a silhouette they must be farther apart than those: with enough customers any bend of a
/// continuum is significant, and of no use. Continua of many shapes reach 0.03; groups that overlap by a
/// third of their customers, 0.08; iris, 0.2.
const RELEVANT: f64 = 0.05;

/// The numbers of clusters that a working cut is chosen from: few enough to be known by heart.
const WORKING: RangeInclusive<usize> = 3..=6;

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
/// 1. more than chance: the rows are tighter around their centres than references without clusters are
///    around as many of theirs, and the gain in simplified silhouette over these is above three standard
///    errors and, to be relevant, above 0.05,
/// 2. apart: the mean silhouette is at least 0.25,
/// 3. stable: the clusters' mean bootstrap stability is at least 0.75 and none is below 0.5.
///
/// The admissible `k` with the greatest silhouette is chosen, the smaller on a tie; if none is
/// admissible, the answer is that there are no clusters.
///
/// **References** keep the marginals of the columns, less their valleys (smoothed by the least bandwidth that
/// leaves one hill), and their rank correlations (a Gaussian copula): a skewed or a bent continuum, coins
/// and counts have no clusters by themselves. The columns of one category are drawn together. Numbers that
/// many rows share are spread over the halves of the steps to their neighbours, in the rows as in the
/// references: a count is looked at as the continuum that it was counted from.
///
/// **Formula.** `Gap(k) = mean(ln W*ₖ/W*₁) − ln Wₖ/W₁` with the inertia `W` of the rows and `W*` of the
/// references; its standard error is `sd √(1 + 1/B)`. The simplified silhouette of a row is
/// `(b − a)/max(a, b)` of its distances to its own centre and the next. Stability of a cluster is the mean, over bootstrap samples, of the greatest
/// Jaccard similarity `|A ∩ B| / |A ∪ B|` with a cluster of the sample, on the rows drawn.
///
/// **Assumptions.** Those of [`KMeans`]; the sample is large enough to hold the smallest cluster of
/// interest.
///
/// **Source.** Tibshirani, Walther and Hastie (2001), *Estimating the number of clusters via the gap
/// statistic*, with references after Silverman (1981) in the place of uniform ones; Hruschka, de Castro and
/// Campello (2004) for the simplified silhouette; Hennig (2007), *Cluster-wise assessment of cluster stability*;
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
    /// The greatest number that was asked for.
    pub most: usize,
    /// The rows that were looked at.
    pub rows: usize,
}

impl Choice {
    /// Whether the greatest number asked for was chosen: more might be better still.
    pub fn is_at_limit(&self) -> bool {
        self.k == Some(self.most)
    }

    /// A number of clusters to work with where none is real: of 3 to 6 the one whose clusters are found again
    /// best, of equals the smaller; `None` where there are too few distinct rows.
    pub fn working_cut(&self) -> Option<usize> {
        let mut best: Option<&Candidate> = None;
        for candidate in self.candidates.iter().filter(|own| WORKING.contains(&own.k)) {
            if best.is_none_or(|best| candidate.mean_stability() > best.mean_stability()) {
                best = Some(candidate);
            }
        }
        best.map(|best| best.k)
    }
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
    /// The gap statistic: by how much of its logarithm the inertia is below that of customers without
    /// clusters; more than 0 is better.
    pub gap: f64,
    /// The standard error of the gap.
    pub gap_error: f64,
    /// By how much the simplified silhouette is above that of customers without clusters.
    pub gain: f64,
    /// Its standard error.
    pub gain_error: f64,
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

    /// Compares the candidates on the rows of `matrix`, each of whose columns is a number.
    ///
    /// # Errors
    /// A data error when there are no rows or a value exceeds what [`KMeans`] takes.
    pub fn choose(&self, matrix: Matrix<'_>) -> Result<Choice> {
        self.choose_grouped(matrix, &vec![1; matrix.columns()])
    }

    /// Compares the candidates on rows that `preparation` made: the columns of a category belong together.
    ///
    /// # Errors
    /// A data error when there are no rows, they have another width, or a value exceeds what [`KMeans`]
    /// takes.
    pub fn choose_prepared(&self, matrix: Matrix<'_>, preparation: &Preparation) -> Result<Choice> {
        if matrix.columns() != preparation.width() {
            let (columns, width) = (matrix.columns(), preparation.width());
            return Err(Error::data(format!("rows of {columns} columns, prepared with {width}")));
        }
        self.choose_grouped(matrix, &preparation.widths().collect::<Vec<_>>())
    }

    fn choose_grouped(&self, matrix: Matrix<'_>, widths: &[usize]) -> Result<Choice> {
        if matrix.rows() == 0 {
            return Err(Error::data("no rows to look for clusters in"));
        }
        let sample = Sample::draw(matrix, None, self.0.rows, self.0.seed);
        let most = distinct_rows(sample.matrix(), *self.0.candidates.end());
        let spread = spread(sample.matrix(), widths, self.0.seed);
        let rows = Matrix::new(&spread, matrix.columns())?;
        // One cluster fits any rows that can be fitted; more than there are distinct rows do not.
        let one = fit(rows, 1, 1, self.0.seed)?.model.inertia();
        let clusterings: Vec<Clustering> = (self.0.candidates.clone())
            .take_while(|k| *k <= most)
            .map_while(|k| fit(rows, k, self.0.restarts, self.0.seed).ok())
            .collect();
        let ks: Vec<usize> = clusterings.iter().map(|fitted| fitted.model.k()).collect();

        let labels: Vec<&[u32]> = clusterings.iter().map(|fitted| &fitted.labels[..]).collect();
        let silhouettes = silhouettes(rows, &labels)?;
        let references = self.references(rows, sample.matrix(), widths, &ks)?;
        let beside = |of: &dyn Fn(&Vec<Tightness>) -> f64| {
            let values: Vec<f64> = references.iter().map(of).collect();
            let (mean, deviation) = mean_and_deviation(&values);
            (mean, deviation * (1.0 + 1.0 / values.len() as f64).sqrt())
        };
        let mut candidates = Vec::with_capacity(ks.len());
        for (index, (fitted, silhouette)) in clusterings.iter().zip(silhouettes).enumerate() {
            let inertia = fitted.model.inertia();
            let own = Tightness::of(rows, &fitted.model, one);
            let (log_share, gap_error) = beside(&|all| all[index].log_share);
            let (apart, gain_error) = beside(&|all| all[index].apart);
            let mut candidate = Candidate {
                k: ks[index],
                inertia,
                silhouette,
                calinski_harabasz: calinski_harabasz(rows, &fitted.labels).unwrap_or(f64::MAX),
                davies_bouldin: davies_bouldin(rows, &fitted.labels)?,
                gap: log_share - own.log_share,
                gap_error,
                gain: own.apart - apart,
                gain_error,
                stability: self.stability(rows, ks[index], &fitted.labels),
                admissible: false,
            };
            candidate.admissible = admissible(&candidate);
            candidates.push(candidate);
        }
        let mut best: Option<&Candidate> = None;
        for candidate in candidates.iter().filter(|candidate| candidate.admissible) {
            if best.is_none_or(|best| candidate.silhouette.mean > best.silhouette.mean) {
                best = Some(candidate);
            }
        }
        let most = *self.0.candidates.end();
        Ok(Choice { k: best.map(|best| best.k), candidates, most, rows: rows.rows() })
    }

    /// How far two halves of the rows agree on `k` clusters: the adjusted Rand index of the clusterings that
    /// each makes of all rows looked at. Below about 0.8 other customers, or another seed, would be cut
    /// otherwise.
    ///
    /// # Errors
    /// A data error when a half has fewer distinct rows than `k`, or a value exceeds what [`KMeans`] takes.
    pub fn agreement_of_halves(&self, matrix: Matrix<'_>, k: usize) -> Result<f64> {
        let sample = Sample::draw(matrix, None, self.0.rows, self.0.seed);
        let rows = sample.matrix();
        let halves = map_chunks(2, 1, |task| {
            let half: Vec<f64> =
                (rows.each_row().skip(task.start).step_by(2)).flatten().copied().collect();
            let half = Matrix::of_finite(&half, rows.columns());
            let model = fit(half, k, self.0.restarts, self.0.seed)?.model;
            Ok(model.assign(rows)?.iter().map(|own| own.cluster).collect::<Vec<u32>>())
        });
        let halves = halves.into_iter().collect::<Result<Vec<Vec<u32>>>>()?;
        adjusted_rand(&halves[0], &halves[1])
    }

    /// How tight each reference is around the centres of each of `ks`.
    fn references(
        &self,
        rows: Matrix<'_>,
        original: Matrix<'_>,
        widths: &[usize],
        ks: &[usize],
    ) -> Result<Vec<Vec<Tightness>>> {
        if ks.is_empty() {
            return Ok(vec![Vec::new(); self.0.references]);
        }
        let nulls = Nulls::of(rows, original, widths);
        map_chunks(self.0.references, 1, |task| {
            let seed = random::stream(self.0.seed, task.start as u64).random();
            let values = nulls.draw(&mut random::generator(seed));
            let reference = Matrix::of_finite(&values, rows.columns());
            let one = fit(reference, 1, 1, seed)?.model.inertia();
            let tightness = |k: &usize| match fit(reference, *k, 2, seed) {
                Ok(fitted) => Tightness::of(reference, &fitted.model, one),
                // Of fewer distinct rows than clusters every one is a centre.
                Err(_) => Tightness { log_share: LEAST_SHARE.ln(), apart: 1.0 },
            };
            Ok(ks.iter().map(tightness).collect())
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

/// The number of distinct rows, counted up to `most`.
fn distinct_rows(rows: Matrix<'_>, most: usize) -> usize {
    let mut distinct: Vec<&[f64]> = Vec::new();
    for row in rows.each_row() {
        if distinct.len() >= most {
            break;
        }
        if !distinct.contains(&row) {
            distinct.push(row);
        }
    }
    distinct.len()
}

/// How tight rows are around their centres.
#[derive(Clone, Copy, Debug)]
struct Tightness {
    /// The logarithm of the inertia as a share of that of one cluster.
    log_share: f64,
    /// The mean simplified silhouette.
    apart: f64,
}

impl Tightness {
    fn of(rows: Matrix<'_>, model: &KMeans, one: f64) -> Self {
        let centres = || model.centres().chunks_exact(model.columns());
        let apart = rows.each_row().map(|row| {
            let (mut own, mut next) = (f64::INFINITY, f64::INFINITY);
            for centre in centres() {
                let distance = distance::squared(row, centre);
                next = next.min(distance.max(own));
                own = own.min(distance);
            }
            let (own, next) = (own.sqrt(), next.sqrt());
            if next > 0.0 { (next - own) / next } else { 0.0 }
        });
        Self {
            log_share: log_share(model.inertia(), one),
            apart: compensated(apart) / rows.rows() as f64,
        }
    }
}

fn admissible(candidate: &Candidate) -> bool {
    let is_tight = candidate.gap > 0.0
        && candidate.gain >= RELEVANT
        && candidate.gain > ERRORS * candidate.gain_error;
    let is_apart = candidate.silhouette.mean >= LEAST_SILHOUETTE;
    let weakest = candidate.stability.last().copied().unwrap_or(0.0);
    is_tight && is_apart && candidate.mean_stability() >= LEAST_STABILITY && weakest >= DISSOLVED
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

fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let mean = compensated(values.iter().copied()) / values.len() as f64;
    let squares = compensated(values.iter().map(|value| (value - mean) * (value - mean)));
    (mean, (squares / values.len() as f64).sqrt())
}
