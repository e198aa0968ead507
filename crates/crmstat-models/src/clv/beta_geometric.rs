//! The shifted beta-geometric model of contracts.

use serde::{Deserialize, Serialize};

use super::fit::maximise_positive;
use super::jet::Jet;
use super::process::positive;
use super::{Estimate, FitParams};
use crate::special::beta::ln_beta;
use crate::{Error, Result};

/// How a contract stood when last seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was not renewed at the end of its last period.
    Churned,
    /// It was renewed at the end of every period so far.
    Running,
}

/// Contracts of one length and one ending.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contracts {
    periods: u32,
    ending: Ending,
    customers: u64,
}

impl Contracts {
    /// `customers` whose contracts lasted `periods`, counted to the decision that ended them or to the
    /// latest renewal.
    ///
    /// # Errors
    /// A churned contract lasted at least one period.
    pub fn new(periods: u32, ending: Ending, customers: u64) -> Result<Self> {
        if periods == 0 && ending == Ending::Churned {
            return Err(Error::parameter("periods", 0, "at least 1 for a churned contract"));
        }
        Ok(Self { periods, ending, customers })
    }
}

/// How long will contracts last, beyond what has been seen?
///
/// # Formula
/// At the end of each period a customer does not renew with probability θ ~ Beta(α, β):
/// `P(T = t) = B(α + 1, β + t − 1) / B(α, β)`, `S(t) = B(α, β + t) / B(α, β)`, and the share of renewals
/// `r(t) = (β + t − 1) / (α + β + t − 1)` rises with t although nobody's own θ changes: those likely to
/// leave have left.
///
/// # Assumptions
/// A renewal is decided at the end of each period, at a probability that is the customer's own and
/// constant.
///
/// # Citation
/// Fader and Hardie, "How to project customer retention", *Journal of Interactive Marketing* 21 (2007),
/// equations 5 to 8.
///
/// # When not to use it
/// Without contracts: see [`super::BgNbd`].
///
/// # Units and shapes
/// Time is counted in periods of the contract.
///
/// # Errors
/// See [`BetaGeometric::fit`].
///
/// # Examples
/// ```
/// use crmstat_models::clv::BetaGeometric;
///
/// let model = BetaGeometric::new([0.668, 3.806])?;
/// assert!((model.survival(7) - 0.491).abs() < 0.01);
/// assert!(model.renewal_rate(10) > model.renewal_rate(1));
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Raw", into = "Raw")]
pub struct BetaGeometric {
    parameters: [f64; 2],
    estimate: Option<Estimate>,
}

/// The model as it is stored, before its parameters are checked.
#[derive(Serialize, Deserialize)]
#[serde(rename = "BetaGeometric")]
struct Raw {
    parameters: [f64; 2],
    estimate: Option<Estimate>,
}

impl TryFrom<Raw> for BetaGeometric {
    type Error = Error;

    fn try_from(raw: Raw) -> Result<Self> {
        let estimate = raw.estimate.map(|estimate| estimate.checked(2)).transpose()?;
        Ok(Self { estimate, ..Self::new(raw.parameters)? })
    }
}

impl From<BetaGeometric> for Raw {
    fn from(BetaGeometric { parameters, estimate }: BetaGeometric) -> Self {
        Self { parameters, estimate }
    }
}

impl BetaGeometric {
    /// The names of the parameters in the literature.
    pub const PARAMETERS: &'static [&'static str] = &["alpha", "beta"];

    /// The model with given `parameters` `[α, β]`.
    ///
    /// # Errors
    /// When a parameter is not positive and finite.
    pub fn new(parameters: [f64; 2]) -> Result<Self> {
        Ok(Self { parameters: positive(Self::PARAMETERS, &parameters)?, estimate: None })
    }

    /// Fits the model to contracts of any lengths.
    ///
    /// # Errors
    /// A parameter of `params` out of range; no churned contract, or none that was ever renewed. A fit
    /// that does not converge is no error: see [`Estimate::converged`].
    pub fn fit(contracts: &[Contracts], params: FitParams) -> Result<Self> {
        let count = |of: fn(&Contracts) -> bool| -> u64 {
            contracts.iter().filter(|c| of(c)).map(|c| c.customers).sum()
        };
        if count(|c| c.ending == Ending::Churned) == 0 {
            return Err(Error::data("no contract has ended"));
        }
        if count(|c| c.ending == Ending::Running && c.periods > 0 || c.periods > 1) == 0 {
            return Err(Error::data("no contract was ever renewed"));
        }
        let likelihood = |point: &[f64; 2]| {
            let [alpha, beta] = Jet::variables(point);
            let scale = Jet::ln_beta(alpha, beta);
            let mut total = Jet::ZERO;
            for group in contracts {
                let periods = f64::from(group.periods);
                let term = match group.ending {
                    Ending::Churned => Jet::ln_beta(alpha + 1.0, beta + (periods - 1.0)),
                    Ending::Running => Jet::ln_beta(alpha, beta + periods),
                };
                total += (term - scale) * group.customers as f64;
            }
            total
        };
        let customers = count(|_| true) as f64;
        let starts = [[0.7, 2.0], [1.0, 10.0], [3.0, 3.0], [0.2, 0.5]];
        let (parameters, estimate) = maximise_positive(likelihood, customers, &starts, params)?;
        Ok(Self { estimate: Some(estimate), ..Self::new(parameters)? })
    }

    /// α and β.
    pub fn parameters(&self) -> [f64; 2] {
        self.parameters
    }

    /// How the parameters were found; `None` for given ones.
    pub fn estimate(&self) -> Option<&Estimate> {
        self.estimate.as_ref()
    }

    /// The probability that a contract is renewed at least `periods` times.
    pub fn survival(&self, periods: u32) -> f64 {
        let [alpha, beta] = self.parameters;
        (ln_beta(alpha, beta + f64::from(periods)) - ln_beta(alpha, beta)).exp()
    }

    /// The share of contracts in their period `period ≥ 1` that are renewed at its end.
    pub fn renewal_rate(&self, period: u32) -> f64 {
        let [alpha, beta] = self.parameters;
        let failures = beta + f64::from(period.max(1)) - 1.0;
        failures / (alpha + failures)
    }

    /// Renewals expected in the next `periods` of a contract renewed `so_far` times, each discounted by
    /// `discount_per_period` (0.1 is 10 %) for every period until it falls due at that period's end.
    ///
    /// # Errors
    /// When the discount is negative or not finite.
    pub fn expected_renewals(
        &self,
        so_far: u32,
        periods: u32,
        discount_per_period: f64,
    ) -> Result<f64> {
        if !(discount_per_period.is_finite() && discount_per_period >= 0.0) {
            let allowed = "finite and not negative";
            return Err(Error::parameter("discount_per_period", discount_per_period, allowed));
        }
        let kept = 1.0 / (1.0 + discount_per_period);
        let (mut alive, mut total) = (1.0, 0.0);
        for period in 1..=periods {
            alive *= self.renewal_rate(so_far.saturating_add(period)) * kept;
            total += alive;
        }
        Ok(total)
    }
}

#[cfg(test)]
mod tests {
    use super::{BetaGeometric, Contracts, Ending};
    use crate::clv::FitParams;

    #[test]
    fn survival_is_the_product_of_renewals() {
        let model = BetaGeometric::new([0.668, 3.806]).unwrap();
        let mut product = 1.0;
        for period in 1..50 {
            product *= model.renewal_rate(period);
            assert!((model.survival(period) - product).abs() < 1e-14);
        }
        let expected: f64 = (1..=12).map(|j| model.survival(5 + j) / model.survival(5)).sum();
        assert!((model.expected_renewals(5, 12, 0.0).unwrap() - expected).abs() < 1e-12);
        assert!(model.expected_renewals(5, 12, -0.1).is_err());
    }

    #[test]
    fn contracts_that_tell_nothing_are_refused() {
        let running = [Contracts::new(5, Ending::Running, 10).unwrap()];
        assert!(BetaGeometric::fit(&running, FitParams::default()).unwrap_err().is_data());
        let gone = [Contracts::new(1, Ending::Churned, 10).unwrap()];
        assert!(BetaGeometric::fit(&gone, FitParams::default()).unwrap_err().is_data());
        assert!(Contracts::new(0, Ending::Churned, 1).is_err());
    }
}
