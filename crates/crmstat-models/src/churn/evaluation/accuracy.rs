//! Are the probabilities what they claim to be?

use super::{by_falling_score, require_both_labels, require_probabilities};
use crate::churn::probability::{inside, probability_to_log_odds};
use crate::churn::{Logistic, Penalty, Rows, Sample};
use crate::rates::wilson;
use crate::sum::compensated;
use crate::{Error, Result};

/// The mean log-loss `−ln P(what happened)`, in nats; weights are optional.
///
/// A probability of exactly 0 or 1 is taken 1e-15 off, so that one wrong certainty costs much but not
/// everything.
///
/// # Errors
/// When a value is not a probability, or there is not one label, or weight, per probability.
pub fn log_loss(probabilities: &[f64], labels: &[bool], weights: Option<&[f64]>) -> Result<f64> {
    require_probabilities(probabilities, labels)?;
    let losses = probabilities.iter().zip(labels).map(|(probability, label)| {
        let probability = inside(*probability);
        if *label { -libm::log(probability) } else { -libm::log1p(-probability) }
    });
    let Some(weights) = weights else {
        return Ok(compensated(losses) / labels.len() as f64);
    };
    if weights.len() != labels.len() {
        return Err(Error::data(format!("{} labels but {} weights", labels.len(), weights.len())));
    }
    let total = compensated(weights.iter().copied());
    if !(total > 0.0 && total.is_finite()) {
        return Err(Error::data(format!("the weights sum to {total}")));
    }
    Ok(compensated(losses.zip(weights).map(|(loss, weight)| loss * weight)) / total)
}

/// How much smaller the mean log-loss of the second probabilities is on the same rows, and its standard error.
///
/// The rows' differences are one sample: what is hard to tell for both counts for neither.
///
/// # Errors
/// Those of [`log_loss`], of either.
pub fn log_loss_difference(first: &[f64], second: &[f64], labels: &[bool]) -> Result<(f64, f64)> {
    require_probabilities(first, labels)?;
    require_probabilities(second, labels)?;
    let loss = |probability: f64, label: bool| {
        let probability = inside(probability);
        if label { -libm::log(probability) } else { -libm::log1p(-probability) }
    };
    let rows = labels.len() as f64;
    let differences: Vec<f64> = (first.iter().zip(second).zip(labels))
        .map(|((first, second), label)| loss(*first, *label) - loss(*second, *label))
        .collect();
    let mean = compensated(differences.iter().copied()) / rows;
    let squares = compensated(differences.iter().map(|own| (own - mean) * (own - mean)));
    Ok((mean, (squares / (rows - 1.0).max(1.0) / rows).sqrt()))
}

/// The Brier score and what it is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BrierScore {
    /// The mean of `(probability − outcome)²`.
    pub value: f64,
    /// How far the groups' probabilities are from their churn rates; 0 is perfect calibration.
    pub reliability: f64,
    /// How far the groups' churn rates are from the base rate; more is better.
    pub resolution: f64,
    /// The Brier score of the base rate, `o (1 − o)`.
    pub uncertainty: f64,
    /// What the grouping leaves out: `value − reliability + resolution − uncertainty`, the variance and
    /// covariance within the groups (Stephenson, Coelho and Jolliffe, Weather Forecast. 23, 2008); zero
    /// where all probabilities of a group are equal.
    pub within_groups: f64,
}

/// The Brier score, decomposed over `bins` groups of equal size by falling probability.
///
/// Murphy, J. Appl. Meteorol. 12, 1973: `reliability − resolution + uncertainty`. Equal probabilities
/// share a group.
///
/// # Errors
/// When a value is not a probability, or `bins` is zero.
pub fn brier(probabilities: &[f64], labels: &[bool], bins: usize) -> Result<BrierScore> {
    let table = reliability(probabilities, labels, bins)?;
    let rows = labels.len() as f64;
    let squares = probabilities.iter().zip(labels);
    let value = compensated(
        squares.map(|(probability, label)| (probability - f64::from(u8::from(*label))).powi(2)),
    ) / rows;
    let base_rate = labels.iter().filter(|label| **label).count() as f64 / rows;
    let over_bins = |term: &dyn Fn(&ReliabilityBin) -> f64| {
        compensated(table.iter().map(|bin| bin.rows as f64 * term(bin))) / rows
    };
    let reliability = over_bins(&|bin| (bin.mean_probability - bin.churn_rate).powi(2));
    let resolution = over_bins(&|bin| (bin.churn_rate - base_rate).powi(2));
    let uncertainty = base_rate * (1.0 - base_rate);
    let within_groups = value - (reliability - resolution + uncertainty);
    Ok(BrierScore { value, reliability, resolution, uncertainty, within_groups })
}

/// One group of similar probabilities and what came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReliabilityBin {
    /// The rows of the group.
    pub rows: usize,
    /// The mean of their probabilities.
    pub mean_probability: f64,
    /// The share of them that churned.
    pub churn_rate: f64,
    /// The lower end of the 95 % interval of that share (Wilson, JASA 22, 1927).
    pub lower: f64,
    /// Its upper end.
    pub upper: f64,
}

/// The reliability table: at most `bins` groups of about equal size, lowest probability first.
///
/// A row's group is that of its middle rank among equal probabilities, so equal customers never
/// straddle groups.
///
/// # Errors
/// When a value is not a probability, or `bins` is zero.
pub fn reliability(
    probabilities: &[f64],
    labels: &[bool],
    bins: usize,
) -> Result<Vec<ReliabilityBin>> {
    require_probabilities(probabilities, labels)?;
    if bins == 0 {
        return Err(Error::parameter("bins", bins, "at least 1"));
    }
    let mut order = by_falling_score(probabilities);
    order.reverse();
    let mut groups = vec![(0_usize, 0.0, 0_usize); bins];
    let mut before = 0;
    super::for_each_tie(&order, probabilities, |tie| {
        // Twice the middle rank, which is whole.
        let middle = 2 * before + tie.len() - 1;
        let group = &mut groups[middle * bins / (2 * order.len())];
        group.0 += tie.len();
        group.1 += tie.len() as f64 * probabilities[tie[0]];
        group.2 += tie.iter().filter(|row| labels[**row]).count();
        before += tie.len();
    });
    let filled = groups.into_iter().filter(|(rows, _, _)| *rows > 0);
    Ok(filled
        .map(|(rows, sum, churned)| {
            let interval = wilson(churned as u64, rows as u64, 0.95);
            let (lower, upper) = interval.unwrap_or((0.0, 1.0));
            let mean_probability = sum / rows as f64;
            let churn_rate = churned as f64 / rows as f64;
            ReliabilityBin { rows, mean_probability, churn_rate, lower, upper }
        })
        .collect())
}

/// The line between claimed and true log-odds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReliabilityLine {
    /// 1 for calibrated probabilities, below 1 for over-confident ones.
    pub slope: f64,
    /// 0 for calibrated probabilities, above 0 where too little churn is claimed.
    pub intercept: f64,
}

/// The calibration line of Cox (Biometrika 45, 1958): the logistic regression of the labels on the
/// log-odds of the probabilities.
///
/// # Errors
/// When a value is not a probability, only one label is there, or all probabilities are equal.
pub fn reliability_line(probabilities: &[f64], labels: &[bool]) -> Result<ReliabilityLine> {
    require_probabilities(probabilities, labels)?;
    require_both_labels(labels)?;
    let log_odds: Vec<f64> = probabilities.iter().map(|p| probability_to_log_odds(*p)).collect();
    let sample = Sample::new(Rows::new(&log_odds, 1)?, labels)?;
    let model = Logistic::params().penalty(Penalty::None).fit(sample)?;
    if !model.diagnostics().constant_columns.is_empty() {
        return Err(Error::data("all probabilities are equal: there is no line through them"));
    }
    Ok(ReliabilityLine { slope: model.coefficients()[0], intercept: model.intercept() })
}

#[cfg(test)]
mod tests {
    use super::{brier, log_loss, log_loss_difference, reliability, reliability_line};
    use crate::random::stream;
    use rand::RngExt;

    /// Labels drawn from their own probabilities.
    fn calibrated(rows: u64) -> (Vec<f64>, Vec<bool>) {
        let draw = |row| {
            let mut generator = stream(5, row);
            let probability = generator.random::<f64>();
            (probability, generator.random::<f64>() < probability)
        };
        (0..rows).map(draw).unzip()
    }

    #[test]
    fn the_losses_by_hand() {
        let loss = log_loss(&[0.8, 0.4], &[true, false], None).unwrap();
        assert!((loss + 0.5 * (0.8_f64 * 0.6).ln()).abs() < 1e-15);
        let weighted = log_loss(&[0.8, 0.4], &[true, false], Some(&[3.0, 1.0])).unwrap();
        assert!((weighted + (3.0 * 0.8_f64.ln() + 0.6_f64.ln()) / 4.0).abs() < 1e-15);
        assert!(log_loss(&[0.0], &[true], None).unwrap().is_finite());
        assert!(log_loss(&[1.5], &[true], None).is_err());
        assert!(log_loss(&[0.5], &[true], Some(&[0.0])).is_err());
    }

    #[test]
    fn the_difference_of_losses_by_hand() {
        let (first, second, labels) = ([0.5, 0.5], [0.8, 0.4], [true, false]);
        let (mean, error) = log_loss_difference(&first, &second, &labels).unwrap();
        let own = [(0.8_f64 / 0.5).ln(), (0.6_f64 / 0.5).ln()];
        assert!((mean - 0.5 * (own[0] + own[1])).abs() < 1e-15);
        assert!((error - 0.5 * (own[0] - own[1])).abs() < 1e-15);
        assert_eq!(log_loss_difference(&first, &first, &labels).unwrap(), (0.0, 0.0));
        assert!(log_loss_difference(&first, &second, &[true]).is_err());
    }

    #[test]
    fn the_parts_of_the_brier_score_sum_to_it() {
        let (probabilities, labels) = calibrated(5000);
        let score = brier(&probabilities, &labels, 10).unwrap();
        // E[p (1 − p)] of a uniform p is 1/6.
        assert!((score.value - 1.0 / 6.0).abs() < 0.005);
        assert!(score.reliability < 0.002);
        assert!((score.uncertainty - 0.25).abs() < 0.001);
        assert!(score.within_groups.abs() < 0.003);
        let grouped = brier(&[0.25, 0.25, 0.75, 0.75], &[false, true, true, true], 2).unwrap();
        assert!(grouped.within_groups.abs() < 1e-15);
        assert!((grouped.value - (0.25 * 0.25 * 3.0 + 0.75 * 0.75) / 4.0).abs() < 1e-15);
    }

    #[test]
    fn equal_probabilities_share_a_bin() {
        let table = reliability(&[0.2, 0.2, 0.2, 0.9], &[true, false, false, true], 4).unwrap();
        assert_eq!(table.iter().map(|bin| bin.rows).collect::<Vec<_>>(), [3, 1]);
        assert!((table[0].churn_rate - 1.0 / 3.0).abs() < 1e-15);
        assert!(table[0].lower < table[0].churn_rate && table[0].churn_rate < table[0].upper);
        assert!(reliability(&[0.2], &[true], 0).unwrap_err().is_parameter());
    }

    #[test]
    fn the_line_of_calibrated_probabilities_is_the_diagonal() {
        let (probabilities, labels) = calibrated(40_000);
        let line = reliability_line(&probabilities, &labels).unwrap();
        assert!((line.slope - 1.0).abs() < 0.05, "{line:?}");
        assert!(line.intercept.abs() < 0.05, "{line:?}");
        assert!(reliability_line(&[0.5, 0.5], &[true, false]).is_err());
    }
}
