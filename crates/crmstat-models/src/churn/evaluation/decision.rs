//! What is acting on the probabilities worth?

use super::{by_falling_score, for_each_tie, require_both_labels, require_pairs};
use crate::{Error, Result};

/// One band of a gain table: the customers from one depth of the list to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GainBand {
    /// The band, 1 for the highest scores.
    pub band: usize,
    /// Its customers.
    pub rows: usize,
    /// The share of them that churned; of customers tied across a border, the expected share.
    pub churn_rate: f64,
    /// The churn rate as a multiple of the base rate.
    pub lift: f64,
    /// The share of all churn reached from the top of the list to the end of this band.
    pub cumulative_gain: f64,
}

/// Lift and gain by band of falling score; ten bands are deciles.
///
/// Bands differ by at most one customer. Where equal scores lie across a border, each side counts its
/// share of the tie's churn, so the table does not depend on the order of the rows.
///
/// # Errors
/// When a score is not finite, only one label is there, or there are more bands than rows.
pub fn gains(scores: &[f64], labels: &[bool], bands: usize) -> Result<Vec<GainBand>> {
    require_pairs(scores, labels)?;
    let [_, churned] = require_both_labels(labels)?;
    let rows = labels.len();
    if bands == 0 || bands > rows {
        return Err(Error::parameter("bands", bands, format!("from 1 to the {rows} rows")));
    }
    let order = by_falling_score(scores);
    let mut expected = vec![0.0; rows];
    let mut position = 0;
    for_each_tie(&order, scores, |tie| {
        let share = tie.iter().filter(|row| labels[**row]).count() as f64 / tie.len() as f64;
        expected[position..position + tie.len()].fill(share);
        position += tie.len();
    });
    let base_rate = churned as f64 / rows as f64;
    let mut reached = 0.0;
    Ok((0..bands)
        .map(|band| {
            let range = band * rows / bands..(band + 1) * rows / bands;
            let found: f64 = expected[range.clone()].iter().sum();
            reached += found;
            let churn_rate = found / range.len() as f64;
            GainBand {
                band: band + 1,
                rows: range.len(),
                churn_rate,
                lift: churn_rate / base_rate,
                cumulative_gain: reached / churned as f64,
            }
        })
        .collect())
}

/// The probability from which acting pays: `cost / benefit`.
///
/// Acting on a customer costs `cost`; it brings `benefit` if the customer would have churned (the value
/// kept times the chance that acting keeps it). For calibrated probabilities this threshold is optimal
/// (Elkan, IJCAI 2001, equation 2).
///
/// # Errors
/// When one of them is not positive and finite. A cost above the benefit gives a threshold above 1: do
/// nothing.
pub fn break_even(cost: f64, benefit: f64) -> Result<f64> {
    for (name, value) in [("cost", cost), ("benefit", benefit)] {
        if !(value > 0.0 && value.is_finite()) {
            return Err(Error::parameter(name, value, "positive and finite"));
        }
    }
    Ok(cost / benefit)
}

/// The threshold that would have brought most on evaluated customers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CostThreshold {
    /// Act on scores of at least this; infinite where acting on nobody is best.
    pub threshold: f64,
    /// The customers at or above it.
    pub acted: usize,
    /// How many of them churned.
    pub reached: usize,
    /// `benefit · reached − cost · acted`.
    pub profit: f64,
}

/// The threshold of the largest profit on these customers; of equals the highest.
///
/// # Errors
/// When a score is not finite, or cost or benefit is not positive and finite.
pub fn best_threshold(
    scores: &[f64],
    labels: &[bool],
    cost: f64,
    benefit: f64,
) -> Result<CostThreshold> {
    require_pairs(scores, labels)?;
    break_even(cost, benefit)?;
    let order = by_falling_score(scores);
    let mut best = CostThreshold { threshold: f64::INFINITY, acted: 0, reached: 0, profit: 0.0 };
    let (mut acted, mut reached) = (0, 0);
    for_each_tie(&order, scores, |tie| {
        acted += tie.len();
        reached += tie.iter().filter(|row| labels[**row]).count();
        let profit = benefit * reached as f64 - cost * acted as f64;
        if profit > best.profit {
            best = CostThreshold { threshold: scores[tie[0]], acted, reached, profit };
        }
    });
    Ok(best)
}

#[cfg(test)]
mod tests {
    use super::{best_threshold, break_even, gains};

    #[test]
    fn lift_and_gain_by_hand() {
        let scores = [0.9, 0.8, 0.7, 0.6];
        let table = gains(&scores, &[true, false, true, false], 2).unwrap();
        assert_eq!((table[0].rows, table[0].churn_rate, table[0].lift), (2, 0.5, 1.0));
        assert_eq!((table[0].cumulative_gain, table[1].cumulative_gain), (0.5, 1.0));
        let sharp = gains(&scores, &[true, true, false, false], 4).unwrap();
        assert_eq!((sharp[0].lift, sharp[3].lift), (2.0, 0.0));
        assert!(gains(&scores, &[true; 4], 2).is_err());
        assert!(gains(&scores, &[true, false, true, false], 5).unwrap_err().is_parameter());
    }

    #[test]
    fn a_tie_across_a_border_is_shared_whatever_the_order() {
        let first = gains(&[0.5; 4], &[true, true, false, false], 2).unwrap();
        let second = gains(&[0.5; 4], &[false, false, true, true], 2).unwrap();
        assert_eq!(first, second);
        assert_eq!(first[0].lift, 1.0);
    }

    #[test]
    fn the_threshold_follows_the_costs() {
        let (scores, labels) = ([0.9, 0.7, 0.5, 0.2], [true, true, false, false]);
        let best = best_threshold(&scores, &labels, 1.0, 4.0).unwrap();
        assert_eq!((best.threshold, best.acted, best.reached, best.profit), (0.7, 2, 2, 6.0));
        let nobody = best_threshold(&scores, &labels, 5.0, 4.0).unwrap();
        assert_eq!((nobody.threshold, nobody.acted), (f64::INFINITY, 0));
        assert_eq!(break_even(1.0, 4.0).unwrap(), 0.25);
        assert!(break_even(0.0, 4.0).unwrap_err().is_parameter());
        assert!(break_even(1.0, f64::NAN).unwrap_err().is_parameter());
    }
}
