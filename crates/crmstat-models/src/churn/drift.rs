//! Are the customers of today still like those the model learned from?

use serde::{Deserialize, Serialize};

use super::sample::Rows;
use crate::parallel::map_chunks;
use crate::{Error, Result};

/// Rows that the quantiles are taken from, evenly spaced: enough to place them to a thousandth.
const SAMPLE: usize = 200_000;
/// Rows per task.
const CHUNK: usize = 8192;

/// How the features were distributed among the training rows.
///
/// # Formula
/// Each feature is cut at the training rows' quantiles; the population stability index is
/// `Σ (now − then) ln(now / then)` over the shares of the groups, with missing values a group of their
/// own (Siddiqi, *Credit Risk Scorecards*, 2006, chapter 9). Half a row is added to every group, so that
/// an empty one does not make the index infinite.
///
/// # Assumptions
/// Features are looked at one by one: a change in how they go together is not seen.
///
/// # When not to use
/// On fewer than some hundred rows, where the index is mostly chance: about `(groups − 1) / rows`.
///
/// # Examples
/// ```
/// use crmstat_models::churn::{Rows, drift::Profile};
///
/// let then: Vec<f64> = (0..1000).map(f64::from).collect();
/// let now: Vec<f64> = then.iter().map(|days| days + 300.0).collect();
/// let profile = Profile::fit(Rows::new(&then, 1)?, 10)?;
/// assert!(profile.compare(Rows::new(&then, 1)?)?[0].index < 0.01);
/// assert!(profile.compare(Rows::new(&now, 1)?)?[0].index > 0.25);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    features: Vec<Histogram>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Histogram {
    /// Rising upper ends of all groups but the last; a value that equals one lies below it.
    cuts: Vec<f64>,
    /// The rows of each group, the missing ones last.
    counts: Vec<u64>,
}

/// How far one feature has moved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drift {
    /// The population stability index: below 0.1 little, above 0.25 much.
    pub index: f64,
    /// The share of missing values among the training rows.
    pub missing_then: f64,
    /// The share of missing values now.
    pub missing_now: f64,
}

impl Profile {
    /// Takes the profile of the training rows, with at most `groups` groups a feature.
    ///
    /// # Errors
    /// When there is no row, or fewer than two groups.
    pub fn fit(rows: Rows<'_>, groups: usize) -> Result<Self> {
        if groups < 2 {
            return Err(Error::parameter("groups", groups, "at least 2"));
        }
        require_rows(rows)?;
        let taken = rows.len().min(SAMPLE);
        let cuts = map_chunks(rows.width(), 1, |columns| {
            let spaced = (0..taken).map(|index| rows.row(index * rows.len() / taken));
            quantiles(spaced.map(|row| row[columns.start]).collect(), groups)
        });
        let counts = count(&cuts.iter().map(Vec::as_slice).collect::<Vec<_>>(), rows);
        let features = cuts.into_iter().zip(counts);
        Ok(Self { features: features.map(|(cuts, counts)| Histogram { cuts, counts }).collect() })
    }

    /// The median of a feature among the training rows, to the width of a group; `None` where it had no two
    /// values, or there is no such feature.
    pub fn median(&self, feature: usize) -> Option<f64> {
        let Histogram { cuts, counts } = self.features.get(feature)?;
        let filled: u64 = counts.iter().take(cuts.len() + 1).sum();
        let mut below = 0;
        let middle = counts.iter().take(cuts.len()).position(|count| {
            below += count;
            2 * below >= filled
        });
        // In the group above all cuts nothing but its lower end is known.
        cuts.get(middle.unwrap_or(cuts.len().checked_sub(1)?)).copied()
    }

    /// How far each feature of these rows is from the training rows.
    ///
    /// # Errors
    /// When there is no row, or another number of features.
    pub fn compare(&self, rows: Rows<'_>) -> Result<Vec<Drift>> {
        rows.require_width(self.features.len())?;
        require_rows(rows)?;
        let cuts: Vec<&[f64]> = self.features.iter().map(|then| then.cuts.as_slice()).collect();
        let counts = count(&cuts, rows);
        self.features.iter().zip(&counts).map(|(then, now)| then.drift(now)).collect()
    }
}

impl Histogram {
    fn drift(&self, now: &[u64]) -> Result<Drift> {
        if self.counts.len() != self.cuts.len() + 2 {
            return Err(Error::data("the profile does not have one count per group"));
        }
        let (then, now) = (Shares::of(&self.counts), Shares::of(now));
        let groups = then.smoothed.iter().zip(&now.smoothed);
        let index = groups.map(|(then, now)| (now - then) * libm::log(now / then)).sum();
        Ok(Drift { index, missing_then: then.missing, missing_now: now.missing })
    }
}

struct Shares {
    smoothed: Vec<f64>,
    missing: f64,
}

impl Shares {
    fn of(counts: &[u64]) -> Self {
        let total = counts.iter().map(|count| *count as f64).sum::<f64>();
        let smoothed_total = total + 0.5 * counts.len() as f64;
        let share = |count: &u64| (*count as f64 + 0.5) / smoothed_total;
        let missing = counts.last().map_or(0.0, |count| *count as f64 / total.max(1.0));
        Self { smoothed: counts.iter().map(share).collect(), missing }
    }
}

fn require_rows(rows: Rows<'_>) -> Result<()> {
    if rows.is_empty() { Err(Error::data("there is no row to compare")) } else { Ok(()) }
}

/// The distinct values at the inner quantiles; the largest value cuts nothing off.
fn quantiles(mut sorted: Vec<f64>, groups: usize) -> Vec<f64> {
    sorted.retain(|value| !value.is_nan());
    // Equal numbers cannot be told apart, so the quicker sort gives the same.
    sorted.sort_unstable_by(f64::total_cmp);
    let Some(largest) = sorted.last().copied() else {
        return Vec::new();
    };
    let mut cuts: Vec<f64> = (1..groups)
        .map(|group| sorted[(group * sorted.len() / groups).saturating_sub(1)])
        .collect();
    cuts.retain(|cut| *cut < largest);
    cuts.dedup();
    cuts
}

/// The rows of each group of each feature, the missing ones last, by the `cuts` of the features.
fn count(cuts: &[&[f64]], rows: Rows<'_>) -> Vec<Vec<u64>> {
    let none = || cuts.iter().map(|cuts| vec![0; cuts.len() + 2]).collect::<Vec<Vec<u64>>>();
    let parts = map_chunks(rows.len(), CHUNK, |range| {
        let mut counts = none();
        for row in range {
            for ((counts, cuts), value) in counts.iter_mut().zip(cuts).zip(rows.row(row)) {
                let group = if value.is_nan() {
                    cuts.len() + 1
                } else {
                    cuts.partition_point(|cut| cut < value)
                };
                counts[group] += 1;
            }
        }
        counts
    });
    let mut all = none();
    for part in parts {
        for (all, part) in all.iter_mut().flatten().zip(part.iter().flatten()) {
            *all += part;
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::Profile;
    use crate::churn::Rows;

    #[test]
    fn the_index_by_hand() {
        // Two groups of 50 become groups of 75 and 25; half a row is added to each and to the missing.
        let then: Vec<f64> = (0..100).map(f64::from).collect();
        let now: Vec<f64> = (0..100).map(|row| if row < 75 { 0.0 } else { 99.0 }).collect();
        let profile = Profile::fit(Rows::new(&then, 1).unwrap(), 2).unwrap();
        let drift = profile.compare(Rows::new(&now, 1).unwrap()).unwrap()[0];
        let (low, high) = (75.5 / 50.5_f64, 25.5 / 50.5_f64);
        let expected = 25.0 / 101.5 * low.ln() - 25.0 / 101.5 * high.ln();
        assert!((drift.index - expected).abs() < 1e-12, "{drift:?}");
        assert_eq!(profile.median(0), Some(49.0));
        assert_eq!(profile.median(1), None);
        let constant = Profile::fit(Rows::new(&[1.0, 1.0], 1).unwrap(), 2).unwrap();
        assert_eq!(constant.median(0), None);
    }

    #[test]
    fn missing_values_are_a_group_and_constants_do_not_drift() {
        let then = [1.0, 5.0, 1.0, 5.0, 1.0, f64::NAN, 1.0, 5.0];
        let now = [1.0, f64::NAN, 1.0, f64::NAN];
        let profile = Profile::fit(Rows::new(&then, 2).unwrap(), 10).unwrap();
        let drift = profile.compare(Rows::new(&now, 2).unwrap()).unwrap();
        assert!(drift[0].index < 0.05 && drift[1].index > 0.5, "{drift:?}");
        assert_eq!((drift[1].missing_then, drift[1].missing_now), (0.25, 1.0));
        assert!(profile.compare(Rows::new(&now, 1).unwrap()).unwrap_err().is_data());
        assert!(profile.compare(Rows::new(&[], 2).unwrap()).unwrap_err().is_data());
        assert!(Profile::fit(Rows::new(&then, 2).unwrap(), 1).unwrap_err().is_parameter());
    }
}
