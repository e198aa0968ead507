//! What a probability becomes when the base rate changes and nothing else does.

use serde::{Deserialize, Serialize};

use super::evaluation::{require_both_labels, require_probabilities};
use super::probability::{
    inside, log_odds_to_probability, probability_to_log_odds, require_probability,
};
use crate::{Error, Result};

/// How do probabilities learned at one base rate carry over to another?
///
/// # Formula
/// The odds are multiplied by the ratio of the new odds to the old (Elkan, IJCAI 2001, theorem 2): a
/// constant is added to the log-odds.
///
/// # Assumptions
/// Those who leave are still like those who left, and those who stay like those who stayed; only their
/// proportion is another. The same correction undoes class weights: the weighted rate is the old one.
///
/// # Citation
/// Elkan (2001); without labels: Saerens, Latinne and Decaestecker, Neural Computation 14, 2002.
///
/// # When not to use
/// Where the customers themselves have changed: see [`super::drift`].
///
/// # Units and shapes
/// Probabilities in, probabilities out.
///
/// # Errors
/// A value that is not a probability, a base rate of 0 or 1.
///
/// # Examples
/// ```
/// use crmstat_models::churn::PriorShift;
///
/// // Learned with classes weighted to one half each; in truth one in five leaves.
/// let shift = PriorShift::new(0.5, 0.2)?;
/// assert!((shift.apply(0.5)? - 0.2).abs() < 1e-12);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PriorShift {
    log_odds: f64,
}

/// The most rounds of a search for a shift, and the change of it that ends the search.
const ROUNDS: usize = 1000;
const SETTLED: f64 = 1e-10;
/// Log-odds that no shift exceeds: beyond, probabilities are 0 and 1 to rounding.
const FARTHEST: f64 = 80.0;

impl PriorShift {
    /// From the base rate learned with to the one that holds.
    ///
    /// # Errors
    /// When one of them is not between 0 and 1.
    pub fn new(trained: f64, target: f64) -> Result<Self> {
        for (name, value) in [("trained", trained), ("target", target)] {
            if !(value > 0.0 && value < 1.0) {
                return Err(Error::parameter(name, value, "between 0 and 1"));
            }
        }
        let log_odds = probability_to_log_odds(target) - probability_to_log_odds(trained);
        Ok(Self { log_odds })
    }

    /// Finds the shift among unlabelled customers from their uncorrected probabilities and the base
    /// rate learned with.
    ///
    /// Maximum likelihood by expectation and maximisation (Saerens et al., equation 2.9). It trusts the
    /// probabilities: calibrate them first.
    ///
    /// # Errors
    /// When a value is not a probability, there is none, or `trained` is not between 0 and 1.
    pub fn estimate(trained: f64, probabilities: &[f64]) -> Result<Self> {
        let mut shift = Self::new(trained, trained)?;
        if probabilities.is_empty() {
            return Err(Error::data("there is no probability to estimate the base rate from"));
        }
        for _ in 0..ROUNDS {
            let mut sum = 0.0;
            for probability in probabilities {
                sum += shift.apply(*probability)?;
            }
            let next = Self::new(trained, inside(sum / probabilities.len() as f64))?;
            let moved = (next.log_odds - shift.log_odds).abs();
            shift = next;
            if moved < SETTLED {
                break;
            }
        }
        Ok(shift)
    }

    /// The shift under which the probabilities of labelled customers would have summed to the churn
    /// that came.
    ///
    /// Measured on the same season a year before, it carries the season over: a horizon that holds
    /// Christmas is not one that holds February.
    ///
    /// # Errors
    /// When a value is not a probability, or only one label is there.
    pub fn observed(probabilities: &[f64], labels: &[bool]) -> Result<Self> {
        require_probabilities(probabilities, labels)?;
        let [_, left] = require_both_labels(labels)?;
        let log_odds: Vec<f64> =
            probabilities.iter().map(|p| probability_to_log_odds(*p)).collect();
        // The sum rises with the shift: Newton's method, kept within a shrinking bracket.
        let (mut low, mut high, mut shift) = (-FARTHEST, FARTHEST, 0.0);
        for _ in 0..ROUNDS {
            let (mut excess, mut slope) = (-(left as f64), 0.0);
            for own in &log_odds {
                let probability = log_odds_to_probability(own + shift);
                excess += probability;
                slope += probability * (1.0 - probability);
            }
            if excess > 0.0 {
                high = shift;
            } else {
                low = shift;
            }
            let newton = shift - excess / slope;
            let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
            let moved = f64::abs(next - shift);
            shift = next;
            if moved < SETTLED {
                break;
            }
        }
        Ok(Self { log_odds: shift })
    }

    /// What is added to the log-odds.
    pub fn log_odds(&self) -> f64 {
        self.log_odds
    }

    /// What becomes of the base rate learned with.
    ///
    /// # Errors
    /// When the value is not a probability.
    pub fn rate(&self, trained: f64) -> Result<f64> {
        self.apply(trained)
    }

    /// The corrected probability.
    ///
    /// # Errors
    /// When the value is not a probability.
    pub fn apply(&self, probability: f64) -> Result<f64> {
        require_probability("probability", probability)?;
        Ok(log_odds_to_probability(probability_to_log_odds(probability) + self.log_odds))
    }

    /// The corrected probabilities of a table, in its order.
    ///
    /// # Errors
    /// When a value is not a probability.
    pub fn apply_all(&self, probabilities: &[f64]) -> Result<Vec<f64>> {
        probabilities.iter().map(|probability| self.apply(*probability)).collect()
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::PriorShift;
    use crate::random::stream;

    #[test]
    fn the_base_rate_is_found_without_labels() {
        // True posteriors for a rate of one half, on customers of whom one in five leaves.
        let posteriors: Vec<f64> = (0..50_000)
            .map(|row| {
                let mut generator = stream(3, row);
                let left = generator.random::<f64>() < 0.2;
                // Densities 2x for the leaving and 2 (1 − x) for the others: the posterior is x.
                let root = generator.random::<f64>().sqrt();
                if left { root } else { 1.0 - root }
            })
            .collect();
        let shift = PriorShift::estimate(0.5, &posteriors).unwrap();
        assert!((shift.rate(0.5).unwrap() - 0.2).abs() < 0.01, "{shift:?}");
        assert!(PriorShift::estimate(0.5, &[]).unwrap_err().is_data());
    }

    #[test]
    fn the_observed_shift_sums_to_the_churn_that_came() {
        let probabilities: Vec<f64> = (1..200).map(|row| f64::from(row) / 200.0).collect();
        for churned in [1, 20, 198] {
            let labels: Vec<bool> = (1..200).map(|row| row <= churned).collect();
            let shift = PriorShift::observed(&probabilities, &labels).unwrap();
            let sum: f64 = shift.apply_all(&probabilities).unwrap().iter().sum();
            assert!((sum - f64::from(churned)).abs() < 1e-6, "{churned}: {sum}");
        }
        assert!(PriorShift::observed(&[0.5], &[true]).unwrap_err().is_data());
    }

    #[test]
    fn there_and_back_is_where_one_was() {
        let there = PriorShift::new(0.3, 0.6).unwrap();
        let back = PriorShift::new(0.6, 0.3).unwrap();
        let probability = back.apply(there.apply(0.42).unwrap()).unwrap();
        assert!((probability - 0.42).abs() < 1e-12);
        assert!(PriorShift::new(0.0, 0.5).unwrap_err().is_parameter());
        assert!(there.apply(1.5).unwrap_err().is_parameter());
    }
}
