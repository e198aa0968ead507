//! Are today's customers still those the clusters were made of, and who moved?

use super::preparation::{Column, check_rows};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// The bins of a numeric feature: tenths of the customers.
const BINS: usize = 10;

/// The customers that an empty bin counts as, so that its logarithm exists.
const PSEUDO_COUNT: f64 = 0.5;

/// The population stability index of two distributions over the same bins.
///
/// **Question.** How far has a distribution moved?
///
/// **Formula.** `Σ (aᵢ − eᵢ) ln(aᵢ / eᵢ)` of the shares expected and actual: twice the mean of the two
/// Kullback–Leibler divergences. An empty bin counts as half a customer, and shares are taken of the
/// counts so raised.
///
/// **Source.** Siddiqi (2006), *Credit Risk Scorecards*, chapter 9: below 0.1 nothing moved, from 0.25
/// much did. Yurdakul (2018), *Statistical properties of the population stability index*, for the role of
/// the sample size: by chance alone it is about `(bins − 1) (1/n + 1/m)`.
///
/// **When not.** Samples of fewer than some hundred: chance alone passes 0.1.
///
/// **Units and shapes.** Counts of customers per bin, as many bins in both; no unit.
///
/// # Errors
/// A data error when the bins differ in number or one side has no customers.
///
/// ```
/// use crmstat_models::segments::population_stability;
///
/// assert_eq!(population_stability(&[50, 50], &[500, 500])?, 0.0);
/// let moved = population_stability(&[50, 50], &[80, 20])?;
/// assert!((moved - (0.3 * (1.6_f64).ln() - 0.3 * (0.4_f64).ln())).abs() < 1e-12);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
pub fn population_stability(expected: &[u64], actual: &[u64]) -> Result<f64> {
    if expected.len() != actual.len() {
        return Err(Error::data(format!("{} bins against {}", expected.len(), actual.len())));
    }
    if expected.iter().all(|count| *count == 0) || actual.iter().all(|count| *count == 0) {
        return Err(Error::data("no customers to compare the distribution of"));
    }
    // A bin that neither side uses says nothing.
    let used: Vec<(u64, u64)> = expected
        .iter()
        .copied()
        .zip(actual.iter().copied())
        .filter(|(expected, actual)| expected + actual > 0)
        .collect();
    let raised = |count: u64| (count as f64).max(PSEUDO_COUNT);
    let expected_total: f64 = used.iter().map(|(expected, _)| raised(*expected)).sum();
    let actual_total: f64 = used.iter().map(|(_, actual)| raised(*actual)).sum();
    Ok(used
        .iter()
        .map(|(expected, actual)| {
            let expected = raised(*expected) / expected_total;
            let actual = raised(*actual) / actual_total;
            (actual - expected) * libm::log(actual / expected)
        })
        .sum())
}

/// The distribution of features and clusters at fitting, to compare later customers with.
///
/// A numeric feature is cut at the tenths of the customers fitted to; equal customers share a bin, so a
/// feature with few values has fewer bins. Missing values have a bin of their own, and so have
/// categories unknown at fitting.
///
/// ```
/// use crmstat_models::segments::{Baseline, Column};
///
/// let then: Vec<_> = (0..1000).map(|i| Some(f64::from(i))).collect();
/// let now: Vec<_> = (0..1000).map(|i| Some(f64::from(i) + 300.0)).collect();
/// let clusters = vec![0; 1000];
/// let baseline = Baseline::fit(&[Column::Numeric(&then)], &clusters, 1)?;
/// let same = baseline.compare(&[Column::Numeric(&then)], &clusters)?;
/// let moved = baseline.compare(&[Column::Numeric(&now)], &clusters)?;
/// assert!(same.features == [0.0] && moved.features[0] > 0.25);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Baseline {
    features: Vec<Distribution>,
    clusters: Vec<u64>,
}

/// A baseline as read, before its invariants are checked.
#[derive(Deserialize)]
#[serde(rename = "Baseline", deny_unknown_fields)]
struct Unchecked {
    features: Vec<Distribution>,
    clusters: Vec<u64>,
}

impl TryFrom<Unchecked> for Baseline {
    type Error = Error;

    fn try_from(read: Unchecked) -> Result<Self> {
        let customers = |counts: &[u64]| {
            counts.iter().try_fold(0_u64, |sum, count| sum.checked_add(*count)).unwrap_or(0)
        };
        let total = customers(&read.clusters);
        let fits =
            |feature: &Distribution| feature.is_valid() && customers(&feature.counts) == total;
        if total == 0 || !read.features.iter().all(fits) {
            return Err(Error::data("not a baseline: its counts do not fit together"));
        }
        Ok(Self { features: read.features, clusters: read.clusters })
    }
}

/// How customers distribute over the bins of a feature; the last bin is that of missing values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Distribution {
    bins: Bins,
    counts: Vec<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Bins {
    /// The upper bounds, each inclusive, of all bins but the last; ascending.
    Numeric { upper: Vec<f64> },
    /// A bin per level, one for unknown levels.
    Category { levels: usize },
}

/// How later customers differ from those of a [`Baseline`].
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    /// The [`population_stability`] of each feature.
    pub features: Vec<f64>,
    /// The share of the customers with a category of each feature whose category was not there at fitting; 0 for
    /// numbers.
    pub unknown: Vec<f64>,
    /// That of the clusters.
    pub clusters: f64,
    /// The share of customers in each cluster at fitting.
    pub shares_then: Vec<f64>,
    /// The share of customers in each cluster now.
    pub shares_now: Vec<f64>,
}

impl Baseline {
    /// The distribution of `columns` and of the clusters `labels`, each below `k`.
    ///
    /// # Errors
    /// A data error when there are no customers, columns and labels differ in length, a number is NaN,
    /// a code is not below its levels, or a label is not below `k`.
    pub fn fit(columns: &[Column<'_>], labels: &[u32], k: usize) -> Result<Self> {
        check_lengths(columns, labels)?;
        let features = columns
            .iter()
            .map(|column| {
                let bins = Bins::of(column);
                Ok(Distribution { counts: bins.count(column)?, bins })
            })
            .collect::<Result<_>>()?;
        Ok(Self { features, clusters: count_clusters(labels, k)? })
    }

    /// How the customers of `columns`, now in the clusters `labels`, differ from those fitted to.
    ///
    /// # Errors
    /// A data error as for [`Baseline::fit`], or when the features are of other number or kinds.
    pub fn compare(&self, columns: &[Column<'_>], labels: &[u32]) -> Result<Drift> {
        check_lengths(columns, labels)?;
        if columns.len() != self.features.len() {
            return Err(Error::data(format!(
                "{} features, but the baseline has {}",
                columns.len(),
                self.features.len()
            )));
        }
        let (mut features, mut unknown) = (Vec::new(), Vec::new());
        for (column, then) in columns.iter().zip(&self.features) {
            let now = then.bins.count(column)?;
            features.push(population_stability(&then.counts, &now)?);
            unknown.push(then.bins.unknown(&now));
        }
        let now = count_clusters(labels, self.clusters.len())?;
        Ok(Drift {
            features,
            unknown,
            clusters: population_stability(&self.clusters, &now)?,
            shares_then: shares(&self.clusters),
            shares_now: shares(&now),
        })
    }
}

impl Distribution {
    fn is_valid(&self) -> bool {
        match &self.bins {
            Bins::Numeric { upper } => {
                upper.iter().all(|bound| bound.is_finite())
                    && upper.is_sorted_by(|a, b| a < b)
                    && self.counts.len() == upper.len() + 2
            }
            Bins::Category { levels } => {
                levels.checked_add(2).is_some_and(|bins| self.counts.len() == bins)
            }
        }
    }
}

impl Bins {
    fn of(column: &Column<'_>) -> Self {
        match column {
            Column::Numeric(values) => {
                let mut sorted: Vec<f64> = values.iter().flatten().copied().collect();
                sorted.sort_unstable_by(f64::total_cmp);
                let mut upper: Vec<f64> = (1..BINS)
                    .filter_map(|tenth| {
                        sorted.get((tenth * sorted.len()).div_ceil(BINS).max(1) - 1)
                    })
                    .copied()
                    .collect();
                upper.dedup();
                Self::Numeric { upper }
            }
            Column::Category { levels, .. } => Self::Category { levels: *levels },
        }
    }

    /// The share of the customers of `counts`, less those for whom it is missing, whose category is unknown.
    fn unknown(&self, counts: &[u64]) -> f64 {
        match self {
            Self::Numeric { .. } => 0.0,
            Self::Category { levels } => {
                let filled: u64 = counts.iter().take(levels + 1).sum();
                counts[*levels] as f64 / filled.max(1) as f64
            }
        }
    }

    /// The number of customers in each bin, the missing last.
    fn count(&self, column: &Column<'_>) -> Result<Vec<u64>> {
        match (self, column) {
            (Self::Numeric { upper }, Column::Numeric(values)) => {
                let mut counts = vec![0; upper.len() + 2];
                for value in *values {
                    let bin = match value {
                        None => upper.len() + 1,
                        Some(value) if value.is_nan() => {
                            return Err(Error::data("a number of the customers is NaN")
                                .with_hint("give a missing value as none"));
                        }
                        Some(value) => upper.partition_point(|bound| bound < value),
                    };
                    counts[bin] += 1;
                }
                Ok(counts)
            }
            (Self::Category { levels }, Column::Category { codes, .. }) => {
                let mut counts = vec![0; levels + 2];
                for code in *codes {
                    let bin = code.map_or(levels + 1, |code| (code as usize).min(*levels));
                    counts[bin] += 1;
                }
                Ok(counts)
            }
            _ => Err(Error::data("a feature changed between number and category")),
        }
    }
}

/// How customers moved between the clusters of two dates.
#[derive(Clone, Debug, PartialEq)]
pub struct Movement {
    /// The number of clusters.
    pub k: usize,
    /// The customers that were in cluster `i` and are in `j`, at `i * k + j`.
    pub counts: Vec<u64>,
    /// The share of customers whose cluster changed.
    pub moved: f64,
}

/// Who moved: the clusters of the same customers, in the same order, at two dates.
///
/// # Errors
/// A data error when there are no customers, the lengths differ or a label is not below `k`.
///
/// ```
/// use crmstat_models::segments::movement;
///
/// let found = movement(&[0, 0, 1, 1], &[0, 1, 1, 1], 2)?;
/// assert_eq!((found.counts, found.moved), (vec![1, 1, 0, 2], 0.25));
/// # Ok::<(), crmstat_models::Error>(())
/// ```
pub fn movement(before: &[u32], after: &[u32], k: usize) -> Result<Movement> {
    if before.len() != after.len() || before.is_empty() {
        return Err(Error::data(format!(
            "{} customers before, {} after",
            before.len(),
            after.len()
        )));
    }
    count_clusters(before, k)?;
    count_clusters(after, k)?;
    let mut counts = vec![0; k * k];
    for (before, after) in before.iter().zip(after) {
        counts[*before as usize * k + *after as usize] += 1;
    }
    let moved = before.iter().zip(after).filter(|(before, after)| before != after).count();
    Ok(Movement { k, counts, moved: moved as f64 / before.len() as f64 })
}

fn check_lengths(columns: &[Column<'_>], labels: &[u32]) -> Result<()> {
    let rows = check_rows(columns)?;
    if rows != labels.len() {
        return Err(Error::data(format!("{} labels for {rows} customers", labels.len())));
    }
    if rows == 0 {
        return Err(Error::data("no customers to compare the distribution of"));
    }
    Ok(())
}

fn count_clusters(labels: &[u32], k: usize) -> Result<Vec<u64>> {
    let mut counts = vec![0; k];
    for label in labels {
        let Some(count) = counts.get_mut(*label as usize) else {
            return Err(Error::data(format!("cluster {label} among {k} clusters")));
        };
        *count += 1;
    }
    Ok(counts)
}

fn shares(counts: &[u64]) -> Vec<f64> {
    let total = counts.iter().sum::<u64>() as f64;
    counts.iter().map(|count| *count as f64 / total).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_tenths_and_equal_customers_share_one() {
        let values: Vec<_> = (0..100).map(|i| Some(f64::from(i))).collect();
        let counts = Bins::of(&Column::Numeric(&values)).count(&Column::Numeric(&values)).unwrap();
        assert_eq!(counts, [10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 0]);
        let few: Vec<_> = (0..100).map(|i| (i > 9).then(|| f64::from(i % 3))).collect();
        let counts = Bins::of(&Column::Numeric(&few)).count(&Column::Numeric(&few)).unwrap();
        assert_eq!(counts, [30, 30, 30, 0, 10]);
    }

    #[test]
    fn an_empty_bin_stays_finite() {
        let found = population_stability(&[100, 0], &[0, 100]).unwrap();
        assert!(found.is_finite() && found > 5.0);
        assert_eq!(population_stability(&[5, 0], &[7, 0]).unwrap(), 0.0);
        assert!(population_stability(&[0], &[1]).is_err());
        assert!(population_stability(&[1], &[1, 1]).is_err());
    }

    #[test]
    fn a_baseline_survives_its_file_and_refuses_a_broken_one() {
        let values = [Some(1.0), None, Some(3.0)];
        let codes = [Some(0), Some(1), None];
        let columns = [Column::Numeric(&values), Column::Category { codes: &codes, levels: 2 }];
        let baseline = Baseline::fit(&columns, &[0, 1, 1], 2).unwrap();
        let text = serde_json::to_string(&baseline).unwrap();
        assert_eq!(serde_json::from_str::<Baseline>(&text).unwrap(), baseline);
        let broken = text.replace("\"clusters\":[1,2]", "\"clusters\":[1,3]");
        assert_ne!(broken, text);
        assert!(serde_json::from_str::<Baseline>(&broken).is_err());
        let drift = baseline.compare(&columns, &[1, 1, 1]).unwrap();
        assert_eq!((drift.features, drift.shares_now), (vec![0.0, 0.0], vec![0.0, 1.0]));
        assert!(baseline.compare(&columns[..1], &[0, 1, 1]).is_err());
        assert!(baseline.compare(&[columns[1], columns[0]], &[0, 1, 1]).is_err());
        assert!(baseline.compare(&columns, &[0, 1, 2]).is_err());
    }
}
