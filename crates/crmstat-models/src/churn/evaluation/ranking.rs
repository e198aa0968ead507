//! Does a higher score mean a likelier churn?

use super::{NORMAL_975, by_falling_score, for_each_tie, require_both_labels, require_pairs};
use crate::Result;

/// The area under the ROC curve with its uncertainty.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Auc {
    /// The probability that a churned customer has a higher score than one who stayed; ties count half.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// The lower end of the 95 % interval.
    pub lower: f64,
    /// Its upper end.
    pub upper: f64,
}

/// The area under the ROC curve, with a 95 % interval.
///
/// The `DeLong` interval (Biometrics 44, 1988, pages 837 to 845), computed from mid-ranks (Sun and Xu, IEEE
/// Signal Process. Lett. 21, 2014). The interval is taken on the log-odds scale, so it stays within 0
/// and 1; an area of exactly 0 or 1 has an interval of no width, which says that the sample cannot tell.
///
/// # Errors
/// When a score is not finite, or only one label is there.
///
/// # Examples
/// ```
/// use crmstat_models::churn::evaluation::auc;
///
/// let area = auc(&[0.9, 0.8, 0.3, 0.2], &[true, false, true, false])?;
/// assert_eq!(area.value, 0.75);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
pub fn auc(scores: &[f64], labels: &[bool]) -> Result<Auc> {
    require_pairs(scores, labels)?;
    let [stayed, left] = require_both_labels(labels)?;
    let placements = placements(scores, labels);
    let value = mean_of(&placements, labels, true);
    let variance = variance_of(&placements, labels, true) / left as f64
        + variance_of(&placements, labels, false) / stayed as f64;
    let standard_error = variance.max(0.0).sqrt();
    let (lower, upper) = interval(value, standard_error);
    Ok(Auc { value, standard_error, lower, upper })
}

/// The difference of two scores' areas on the same rows, first minus second, and its standard error.
///
/// `DeLong` (1988): the covariance of the two areas counts, so a small difference between scores
/// that rank alike can still be clear.
///
/// # Errors
/// Those of [`auc`], of either score.
pub fn auc_difference(first: &[f64], second: &[f64], labels: &[bool]) -> Result<(f64, f64)> {
    require_pairs(first, labels)?;
    require_pairs(second, labels)?;
    let [stayed, left] = require_both_labels(labels)?;
    let (first, second) = (placements(first, labels), placements(second, labels));
    let differences: Vec<f64> = first.iter().zip(&second).map(|(a, b)| a - b).collect();
    let variance = variance_of(&differences, labels, true) / left as f64
        + variance_of(&differences, labels, false) / stayed as f64;
    Ok((mean_of(&differences, labels, true), variance.max(0.0).sqrt()))
}

/// The average precision: `Σ (Rₖ − Rₖ₋₁) Pₖ` over the thresholds, without interpolation.
///
/// Precision at the customers one would call, averaged over how many of the leaving are reached; the base
/// rate is what chance gives. Ties are one threshold.
///
/// # Errors
/// Those of [`auc`].
pub fn average_precision(scores: &[f64], labels: &[bool]) -> Result<f64> {
    require_pairs(scores, labels)?;
    let [_, left] = require_both_labels(labels)?;
    let order = by_falling_score(scores);
    let (mut called, mut reached, mut sum) = (0, 0, 0.0);
    for_each_tie(&order, scores, |tie| {
        let found = tie.iter().filter(|row| labels[**row]).count();
        called += tie.len();
        reached += found;
        sum += found as f64 * reached as f64 / called as f64;
    });
    Ok(sum / left as f64)
}

/// For each row the share of the rows of the other label that it ranks rightly against.
pub(super) fn placements(scores: &[f64], labels: &[bool]) -> Vec<f64> {
    let positive = labels.iter().filter(|label| **label).count();
    let negative = labels.len() - positive;
    let order = by_falling_score(scores);
    let mut result = vec![0.0; scores.len()];
    // Of either label, how many rows have a higher score than the current tie.
    let (mut positive_above, mut negative_above) = (0, 0);
    for_each_tie(&order, scores, |tie| {
        let positive_tied = tie.iter().filter(|row| labels[**row]).count();
        let negative_tied = tie.len() - positive_tied;
        for row in tie {
            result[*row] = if labels[*row] {
                let below = negative - negative_above - negative_tied;
                (below as f64 + 0.5 * negative_tied as f64) / negative as f64
            } else {
                (positive_above as f64 + 0.5 * positive_tied as f64) / positive as f64
            };
        }
        positive_above += positive_tied;
        negative_above += negative_tied;
    });
    result
}

pub(super) fn mean_of(values: &[f64], labels: &[bool], label: bool) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for (value, _) in values.iter().zip(labels).filter(|(_, own)| **own == label) {
        sum += value;
        count += 1.0;
    }
    sum / count
}

/// The sample variance among the rows of one label; zero where a single row has none.
fn variance_of(values: &[f64], labels: &[bool], label: bool) -> f64 {
    let mean = mean_of(values, labels, label);
    let (mut sum, mut count) = (0.0, 0_usize);
    for (value, _) in values.iter().zip(labels).filter(|(_, own)| **own == label) {
        sum += (value - mean).powi(2);
        count += 1;
    }
    if count > 1 { sum / (count - 1) as f64 } else { 0.0 }
}

pub(super) fn interval(value: f64, standard_error: f64) -> (f64, f64) {
    if value <= 0.0 || value >= 1.0 {
        return (value, value);
    }
    let centre = libm::log(value / (1.0 - value));
    let width = NORMAL_975 * standard_error / (value * (1.0 - value));
    let back = |log_odds: f64| 1.0 / (1.0 + libm::exp(-log_odds));
    (back(centre - width), back(centre + width))
}

#[cfg(test)]
mod tests {
    use super::{auc, auc_difference, average_precision};
    use proptest::prelude::*;

    /// The definition, over all pairs.
    fn slow_auc(scores: &[f64], labels: &[bool]) -> f64 {
        let (mut won, mut pairs) = (0.0, 0.0);
        for (a, _) in scores.iter().zip(labels).filter(|(_, label)| **label) {
            for (b, _) in scores.iter().zip(labels).filter(|(_, label)| !**label) {
                won += if a > b {
                    1.0
                } else if a == b {
                    0.5
                } else {
                    0.0
                };
                pairs += 1.0;
            }
        }
        won / pairs
    }

    #[test]
    fn the_interval_is_delongs() {
        let scores = [0.1, 0.4, 0.35, 0.8, 0.7];
        let labels = [false, false, true, true, true];
        // Placements: churned 0.5, 1, 1; stayed 1, 2/3.
        let expected = (1.0 / 12.0) / 3.0 + (1.0 / 18.0) / 2.0;
        let area = auc(&scores, &labels).unwrap();
        assert!((area.value - 5.0 / 6.0).abs() < 1e-15);
        assert!((area.standard_error.powi(2) - expected).abs() < 1e-15);
        assert!(area.lower < area.value && area.value < area.upper && area.upper < 1.0);
    }

    #[test]
    fn a_score_does_not_differ_from_itself() {
        let scores = [0.1, 0.4, 0.35, 0.8, 0.7];
        let labels = [false, false, true, true, true];
        assert_eq!(auc_difference(&scores, &scores, &labels).unwrap(), (0.0, 0.0));
    }

    #[test]
    fn average_precision_by_hand() {
        let labels = [true, false, true, false];
        let precision = average_precision(&[0.9, 0.8, 0.7, 0.1], &labels).unwrap();
        assert!((precision - 5.0 / 6.0).abs() < 1e-15);
        // One tie of all rows is one threshold, at the base rate.
        assert_eq!(average_precision(&[0.5; 4], &labels).unwrap(), 0.5);
    }

    #[test]
    fn one_label_or_an_undefined_score_is_refused() {
        assert!(auc(&[0.1, 0.2], &[true, true]).unwrap_err().is_data());
        assert!(auc(&[0.1, f64::NAN], &[true, false]).unwrap_err().is_data());
        assert!(auc(&[0.1], &[true, false]).unwrap_err().is_data());
        assert!(average_precision(&[], &[]).unwrap_err().is_data());
    }

    proptest! {
        #[test]
        fn the_area_equals_the_count_of_pairs(
            rows in prop::collection::vec((0_u8..6, any::<bool>()), 2..60),
        ) {
            let scores: Vec<f64> = rows.iter().map(|(score, _)| f64::from(*score)).collect();
            let labels: Vec<bool> = rows.iter().map(|(_, label)| *label).collect();
            prop_assume!(labels.contains(&true) && labels.contains(&false));
            let area = auc(&scores, &labels).unwrap();
            prop_assert!((area.value - slow_auc(&scores, &labels)).abs() < 1e-12);
            // Order of rows and any increasing transformation leave the area as it is.
            let turned: Vec<f64> = scores.iter().rev().map(|score| score.exp()).collect();
            let labels: Vec<bool> = labels.into_iter().rev().collect();
            let again = auc(&turned, &labels).unwrap();
            prop_assert!((area.value - again.value).abs() < 1e-12);
            prop_assert!((area.standard_error - again.standard_error).abs() < 1e-12);
        }
    }
}
