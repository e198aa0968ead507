//! The Gamma-Gamma model of spend.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::fit::maximise_positive;
use super::jet::Jet;
use super::process::positive;
use super::{Estimate, FitParams, Summaries, Summary};
use crate::parallel::map_chunks;
use crate::{Error, Result};

/// What does a customer spend per order, given a few orders of theirs and all those of others?
///
/// # Formula
/// A customer's orders have values ~ Gamma(p, ν), and ν ~ Gamma(q, v) over customers. With x repeat
/// orders of mean m the log-likelihood is
///
/// ```text
/// ln Γ(px + q) − ln Γ(px) − ln Γ(q) + q ln v + (px − 1) ln m + px ln x − (px + q) ln(x m + v)
/// ```
///
/// and the expected mean value `p (v + x m) / (px + q − 1)`: the population mean `p v / (q − 1)` drawn
/// towards m as x grows.
///
/// # Assumptions
/// The value of orders does not depend on their frequency: see
/// [`frequency_value_correlation`](super::frequency_value_correlation). It does not change in time.
///
/// # Citation
/// Fader and Hardie, "The Gamma-Gamma model of monetary value" (2013), equations 1a and 5.
///
/// # When not to use it
/// With q at most 1 the population mean is infinite and one-time buyers have no expected value.
///
/// # Units and shapes
/// p and q have no unit, v is in the unit of money. Customers without a repeat order, or whose mean is
/// not positive, have no part in the fit; [`GammaGamma::excluded`] counts the latter.
///
/// # Errors
/// See [`GammaGamma::fit`].
///
/// # Examples
/// ```
/// use crmstat_models::clv::{GammaGamma, Summary};
///
/// let spend = GammaGamma::new([6.25, 3.74, 15.44])?;
/// let customer = Summary::new(2, 30.43, 38.86)?.with_mean_repeat_value(22.35)?;
/// assert!((spend.expected_value(&customer).unwrap() - 24.66).abs() < 0.01);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Raw", into = "Raw")]
pub struct GammaGamma {
    parameters: [f64; 3],
    excluded: usize,
    estimate: Option<Estimate>,
}

/// The model as it is stored, before its parameters are checked.
#[derive(Serialize, Deserialize)]
#[serde(rename = "GammaGamma")]
struct Raw {
    parameters: [f64; 3],
    excluded: usize,
    estimate: Option<Estimate>,
}

impl TryFrom<Raw> for GammaGamma {
    type Error = Error;

    fn try_from(raw: Raw) -> Result<Self> {
        let estimate = raw.estimate.map(|estimate| estimate.checked(3)).transpose()?;
        let model = Self::new(raw.parameters)?;
        Ok(Self { excluded: raw.excluded, estimate, ..model })
    }
}

impl From<GammaGamma> for Raw {
    fn from(GammaGamma { parameters, excluded, estimate }: GammaGamma) -> Self {
        Self { parameters, excluded, estimate }
    }
}

impl GammaGamma {
    /// The names of the parameters in the literature.
    pub const PARAMETERS: &'static [&'static str] = &["p", "q", "v"];

    /// The model with given `parameters` `[p, q, v]`.
    ///
    /// # Errors
    /// When a parameter is not positive and finite.
    pub fn new(parameters: [f64; 3]) -> Result<Self> {
        let parameters = positive(Self::PARAMETERS, &parameters)?;
        Ok(Self { parameters, excluded: 0, estimate: None })
    }

    /// Fits the model to the customers with a repeat order of positive mean value.
    ///
    /// # Errors
    /// A parameter of `params` out of range; fewer than two customers to fit to. A fit that does not
    /// converge is no error: see [`Estimate::converged`].
    pub fn fit(customers: &Summaries, params: FitParams) -> Result<Self> {
        let valued: Vec<(u32, f64)> = customers
            .customers()
            .iter()
            .filter_map(|customer| Some((customer.x(), customer.mean_repeat_value()?)))
            .collect();
        let mut used: Vec<(u32, f64)> = valued.iter().copied().filter(|(_, m)| *m > 0.0).collect();
        if used.len() < 2 {
            return Err(Error::data(format!(
                "{} customers have repeat orders of positive mean value, at least 2 are needed",
                used.len()
            )));
        }
        // One order of customers, so that sums do not depend on theirs.
        used.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let count = used.len() as f64;
        let mean = crate::sum::compensated(used.iter().map(|(_, m)| m / count));
        let starts = [
            [6.0, 4.0, 0.5 * mean],
            [1.0, 2.0, mean],
            [2.0, 10.0, 5.0 * mean],
            [30.0, 3.0, 0.1 * mean],
            [0.3, 2.0, 5.0 * mean],
        ];
        let (parameters, estimate) =
            maximise_positive(|point| log_likelihood(&used, point), count, &starts, params)?;
        let excluded = valued.len() - used.len();
        Ok(Self { excluded, estimate: Some(estimate), ..Self::new(parameters)? })
    }

    /// p, q and v.
    pub fn parameters(&self) -> [f64; 3] {
        self.parameters
    }

    /// How the parameters were found; `None` for given ones.
    pub fn estimate(&self) -> Option<&Estimate> {
        self.estimate.as_ref()
    }

    /// Customers with repeat orders that the fit left out because their mean value is not positive.
    pub fn excluded(&self) -> usize {
        self.excluded
    }

    /// The expected mean value of an order of a customer about whom nothing is known; `None` where it is
    /// infinite, for q at most 1.
    pub fn population_mean(&self) -> Option<f64> {
        self.expected_of(0.0, 0.0)
    }

    /// The expected mean value of this customer's orders: the population mean for one-time buyers and
    /// for those whose own mean is not positive.
    pub fn expected_value(&self, customer: &Summary) -> Option<f64> {
        match customer.mean_repeat_value() {
            Some(mean) if mean > 0.0 => self.expected_of(f64::from(customer.x()), mean),
            _ => self.population_mean(),
        }
    }

    fn expected_of(&self, x: f64, mean: f64) -> Option<f64> {
        let [p, q, v] = self.parameters;
        let below = p * x + q - 1.0;
        let value = p * (v + x * mean) / below;
        (below > 0.0 && value.is_finite()).then_some(value)
    }
}

/// The log-likelihood of customers with `(x, m)` at `[p, q, v]`.
fn log_likelihood(customers: &[(u32, f64)], point: &[f64; 3]) -> Jet<3> {
    /// Customers per task.
    const CHUNK: usize = 1024;
    let [p, q, v] = Jet::variables(point);
    let parts = map_chunks(customers.len(), CHUNK, |range| {
        let mut sum = Jet::ZERO;
        for &(x, mean) in &customers[range] {
            let x = f64::from(x);
            let (px, total) = (p * x, x * mean);
            sum += (px + q).ln_gamma() - px.ln_gamma() + px * total.ln() + -mean.ln()
                - (px + q) * (v + total).ln();
        }
        sum
    });
    let fixed = q * v.ln() - q.ln_gamma();
    parts.into_iter().fold(fixed * customers.len() as f64, |sum, part| sum + part)
}
