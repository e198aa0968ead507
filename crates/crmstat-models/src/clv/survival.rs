//! Kaplan–Meier survival with intervals.

use serde::{Deserialize, Serialize};

use crate::special::normal::quantile;
use crate::{Error, Result};

/// One observed length of time: of a contract, or from an order to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lifetime {
    /// How long it has lasted so far.
    pub length: f64,
    /// Whether it ended then; otherwise observation did, and it is censored.
    pub ended: bool,
}

/// The curve right after one time at which something ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SurvivalStep {
    /// The time.
    pub time: f64,
    /// Lifetimes that lasted at least until then.
    pub at_risk: u64,
    /// Lifetimes that ended then.
    pub ended: u64,
    /// The share that lasts longer.
    pub survival: f64,
    /// Its standard error by Greenwood's formula; `None` once nobody is left.
    pub standard_error: Option<f64>,
    /// The lower end of its interval; `None` once nobody is left.
    pub lower: Option<f64>,
    /// The upper end of its interval; `None` once nobody is left.
    pub upper: Option<f64>,
}

/// What share of contracts (or of customers without a next order) lasts longer than a given time?
///
/// # Formula
/// `S(t) = Π (1 − dᵢ / nᵢ)` over the times tᵢ ≤ t at which dᵢ of the nᵢ at risk ended. Greenwood's
/// variance is `S² Σ dᵢ / (nᵢ (nᵢ − dᵢ))`; the interval is taken on `ln(−ln S)`, so that it stays in
/// `[0, 1]`.
///
/// # Assumptions
/// Whether a lifetime is still observed tells nothing about how long it will last. One censored at the
/// time of an ending was at risk of it.
///
/// # Citation
/// Kaplan and Meier, *Journal of the American Statistical Association* 53 (1958); Kalbfleisch and
/// Prentice, *The Statistical Analysis of Failure Time Data* (2002), section 1.4.
///
/// # When not to use it
/// To look beyond the longest observation: see [`super::BetaGeometric`].
///
/// # Units and shapes
/// Lengths in any one unit.
///
/// # Errors
/// See [`KaplanMeier::fit`].
///
/// # Examples
/// ```
/// use crmstat_models::clv::{KaplanMeier, Lifetime};
///
/// let lives = [(1.0, true), (2.0, false), (3.0, true), (4.0, false)];
/// let lives = lives.map(|(length, ended)| Lifetime { length, ended });
/// let curve = KaplanMeier::fit(&lives, 0.95)?;
/// assert_eq!(curve.survival(3.5), 0.375);
/// assert_eq!(curve.median(), Some(3.0));
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KaplanMeier {
    steps: Vec<SurvivalStep>,
}

impl KaplanMeier {
    /// Estimates the curve with pointwise intervals of the given `level`, such as 0.95.
    ///
    /// # Errors
    /// When there is no lifetime, one is negative or not finite, or the level is not between 0 and 1.
    pub fn fit(lifetimes: &[Lifetime], level: f64) -> Result<Self> {
        if !(level > 0.0 && level < 1.0) {
            return Err(Error::parameter("level", level, "between 0 and 1"));
        }
        if lifetimes.is_empty() {
            return Err(Error::data("there is no lifetime"));
        }
        if let Some(odd) = lifetimes.iter().find(|l| !(l.length.is_finite() && l.length >= 0.0)) {
            return Err(Error::data(format!("a lifetime is {}", odd.length)));
        }
        let mut sorted = lifetimes.to_vec();
        sorted.sort_by(|a, b| a.length.total_cmp(&b.length));
        let z = quantile(0.5 + 0.5 * level);
        let mut at_risk = sorted.len() as u64;
        let (mut survival, mut greenwood) = (1.0, 0.0);
        let mut steps = Vec::new();
        for equal in sorted.chunk_by(|a, b| a.length == b.length) {
            let ended = equal.iter().filter(|lifetime| lifetime.ended).count() as u64;
            if ended > 0 {
                let (n, d) = (at_risk as f64, ended as f64);
                survival *= (n - d) / n;
                greenwood += d / (n * (n - d));
                let step = SurvivalStep {
                    time: equal[0].length,
                    at_risk,
                    ended,
                    survival,
                    standard_error: None,
                    lower: None,
                    upper: None,
                };
                steps.push(with_interval(step, greenwood, z));
            }
            at_risk -= equal.len() as u64;
        }
        Ok(Self { steps })
    }

    /// The curve, one step per time at which something ended.
    pub fn steps(&self) -> &[SurvivalStep] {
        &self.steps
    }

    /// The share that lasts longer than `time`; beyond the longest observation, the last known share.
    pub fn survival(&self, time: f64) -> f64 {
        let passed = self.steps.partition_point(|step| step.time <= time);
        passed.checked_sub(1).map_or(1.0, |last| self.steps[last].survival)
    }

    /// The first time at which at most half are left; `None` when more than half outlast observation.
    pub fn median(&self) -> Option<f64> {
        self.quantile(0.5)
    }

    /// The first time by which at least the share `ended` has ended; `None` when more outlast observation.
    ///
    /// A product of shares that is 1/4 on paper may be a hair above it, which is no reason to wait for the
    /// next ending.
    pub fn quantile(&self, ended: f64) -> Option<f64> {
        const HAIR: f64 = 1e-12;
        self.steps.iter().find(|step| step.survival <= 1.0 - ended + HAIR).map(|step| step.time)
    }
}

/// Adds the interval to a step, from Greenwood's sum.
fn with_interval(mut step: SurvivalStep, greenwood: f64, z: f64) -> SurvivalStep {
    if step.survival > 0.0 {
        let log = step.survival.ln();
        let reach = z * greenwood.sqrt() / log.abs();
        step.standard_error = Some(step.survival * greenwood.sqrt());
        step.lower = Some((log * reach.exp()).exp());
        step.upper = Some((log * (-reach).exp()).exp());
    }
    step
}

#[cfg(test)]
mod tests {
    use super::{KaplanMeier, Lifetime};

    /// Remission under 6-MP (Freireich and others, 1963), the textbook example of Kalbfleisch and
    /// Prentice; S, Greenwood's error and log-log limits as R's `survfit(conf.type = "log-log")` prints.
    #[test]
    fn the_textbook_example_is_met() {
        let ended = [6, 6, 6, 7, 10, 13, 16, 22, 23];
        let censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35];
        let mut lives: Vec<Lifetime> = Vec::new();
        lives.extend(ended.map(|months| Lifetime { length: f64::from(months), ended: true }));
        lives.extend(censored.map(|months| Lifetime { length: f64::from(months), ended: false }));
        let curve = KaplanMeier::fit(&lives, 0.95).unwrap();
        let at_ten = curve.steps()[2];
        assert_eq!((at_ten.time, at_ten.at_risk, at_ten.ended), (10.0, 15, 1));
        let printed = [(0.857, 0.0764), (0.807, 0.0869), (0.753, 0.0963), (0.690, 0.1068)];
        for (step, (survival, error)) in curve.steps().iter().zip(printed) {
            assert!((step.survival - survival).abs() < 5e-4, "{step:?}");
            assert!((step.standard_error.unwrap() - error).abs() < 5e-5, "{step:?}");
        }
        let first = curve.steps()[0];
        assert!((first.lower.unwrap() - 0.620).abs() < 5e-4, "{first:?}");
        assert!((first.upper.unwrap() - 0.952).abs() < 5e-4, "{first:?}");
        assert_eq!(curve.median(), Some(23.0));
    }

    #[test]
    fn the_last_ending_leaves_no_interval_and_no_nan() {
        let lives = [1.0, 2.0].map(|length| Lifetime { length, ended: true });
        let last = KaplanMeier::fit(&lives, 0.9).unwrap().steps()[1];
        assert_eq!((last.survival, last.lower, last.standard_error), (0.0, None, None));
        assert!(KaplanMeier::fit(&[], 0.9).unwrap_err().is_data());
        assert!(KaplanMeier::fit(&lives, 1.0).unwrap_err().is_parameter());
        let odd = [Lifetime { length: f64::NAN, ended: true }];
        assert!(KaplanMeier::fit(&odd, 0.9).unwrap_err().is_data());
    }

    #[test]
    fn quantiles_without_censoring_are_the_ordered_times() {
        // For n lifetimes the share p has ended with the ceil(p n)-th of them.
        for n in 1..60_u32 {
            let lives: Vec<Lifetime> =
                (1..=n).map(|at| Lifetime { length: f64::from(at), ended: true }).collect();
            let curve = KaplanMeier::fit(&lives, 0.95).unwrap();
            for quarter in 1..4_u32 {
                let expected = (quarter * n).div_ceil(4);
                assert_eq!(curve.quantile(f64::from(quarter) / 4.0), Some(f64::from(expected)));
            }
        }
    }
}
