//! The Gamma-Gamma model of spend.

mod limits;
#[cfg(test)]
mod tests;

use std::ops::Range;

use rayon::slice::ParallelSliceMut;
use serde::{Deserialize, Serialize};

use super::bg_nbd::draw_gamma;
use super::fit::{Region, maximise_positive};
use super::jet::Jet;
use super::process::positive;
use super::{Estimate, FitParams, Summaries, Summary};
use crate::parallel::map_chunks;
use crate::random::Generator;
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
/// Where amounts differ too little to tell the parameters, as those of subscriptions do, a nested model is
/// used: see [`Estimate::limits`].
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
#[serde(try_from = "Raw")]
pub struct GammaGamma {
    parameters: [f64; 3],
    excluded: usize,
    estimate: Option<Estimate>,
}

/// The model as it is stored, before its parameters are checked.
#[derive(Deserialize)]
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
        used.par_sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let count = used.len() as f64;
        let mean = crate::sum::compensated(used.iter().map(|(_, m)| m / count));
        let starts = [
            [6.0, 4.0, 0.5 * mean],
            [1.0, 2.0, mean],
            [2.0, 10.0, 5.0 * mean],
            [30.0, 3.0, 0.1 * mean],
            [0.3, 2.0, 5.0 * mean],
        ];
        let region = Region::positive(&starts, [1.0, 1.0, mean]);
        let spenders = Spenders::of(&used);
        let likelihood = |point: &[f64; 3]| spenders.log_likelihood(point);
        let whole = maximise_positive(likelihood, count, &region, params);
        let settled = whole.as_ref().is_ok_and(|(_, estimate)| estimate.converged);
        let nested = if settled { None } else { limits::nested(&used, params) };
        let (parameters, estimate) = nested.map_or(whole, Ok)?;
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

    /// The derivatives of the logarithm of [`GammaGamma::expected_value`] by the logarithms of p, q and v;
    /// zero where it is infinite.
    pub fn elasticities(&self, customer: &Summary) -> [f64; 3] {
        let [p, q, v] = self.parameters;
        let (x, total) = match customer.mean_repeat_value() {
            Some(mean) if mean > 0.0 => (f64::from(customer.x()), f64::from(customer.x()) * mean),
            _ => (0.0, 0.0),
        };
        let below = p * x + q - 1.0;
        if below > 0.0 { [(q - 1.0) / below, -q / below, v / (v + total)] } else { [0.0; 3] }
    }

    /// A draw of what `orders` further orders of `customer` bring together.
    pub(super) fn draw_total(
        &self,
        customer: &Summary,
        orders: f64,
        generator: &mut Generator,
    ) -> f64 {
        let [p, q, v] = self.parameters;
        let (x, mean) = match customer.mean_repeat_value() {
            Some(mean) if mean > 0.0 => (f64::from(customer.x()), mean),
            _ => (0.0, 0.0),
        };
        // Orders are Gamma(p, ν) each, and ν ~ Gamma(q + p x, v + x m).
        let inverse = draw_gamma(q + p * x, v + x * mean, generator).max(f64::MIN_POSITIVE);
        draw_gamma(p * orders, inverse, generator)
    }

    fn expected_of(&self, x: f64, mean: f64) -> Option<f64> {
        let [p, q, v] = self.parameters;
        let below = p * x + q - 1.0;
        let value = p * (v + x * mean) / below;
        (below > 0.0 && value.is_finite()).then_some(value)
    }
}

/// Customers by x, and of each what they spent in all.
struct Spenders {
    totals: Vec<f64>,
    /// Every x with the part of `totals` that is its customers'.
    by_x: Vec<(f64, Range<usize>)>,
    /// The part of the likelihood that no parameter changes: `−Σ ln m`.
    fixed: f64,
    /// For every x `Σ ln (x m)`.
    log_totals: Vec<f64>,
}

impl Spenders {
    /// Customers of `(x, m)` in rising order.
    fn of(customers: &[(u32, f64)]) -> Self {
        let totals: Vec<f64> = customers.iter().map(|(x, mean)| f64::from(*x) * mean).collect();
        let mut by_x = Vec::new();
        let mut first = 0;
        for alike in customers.chunk_by(|a, b| a.0 == b.0) {
            by_x.push((f64::from(alike[0].0), first..first + alike.len()));
            first += alike.len();
        }
        let log_totals = |(_, alike): &(f64, Range<usize>)| {
            totals[alike.clone()].iter().map(|total| total.ln()).sum()
        };
        let log_totals = by_x.iter().map(log_totals).collect();
        let fixed = -customers.iter().map(|(_, mean)| mean.ln()).sum::<f64>();
        Self { totals, by_x, fixed, log_totals }
    }

    /// The log-likelihood at `[p, q, v]`.
    ///
    /// Only `ln(x m + v)` is one customer's own; the rest is computed once for all of one x.
    fn log_likelihood(&self, point: &[f64; 3]) -> Jet<3> {
        let [p, q, v] = Jet::variables(point);
        let mut sum = (q * v.ln() - q.ln_gamma()) * self.totals.len() as f64 + self.fixed;
        for ((x, alike), log_totals) in self.by_x.iter().zip(&self.log_totals) {
            let (px, customers) = (p * *x, alike.len() as f64);
            sum += ((px + q).ln_gamma() - px.ln_gamma()) * customers + px * *log_totals
                - (px + q) * log_sum(&self.totals[alike.clone()], point[2]);
        }
        sum
    }
}

/// `Σ ln(t + v)` over `totals`, whose only parameter is v.
fn log_sum(totals: &[f64], v: f64) -> Jet<3> {
    /// Customers per task.
    const CHUNK: usize = 4096;
    let parts = map_chunks(totals.len(), CHUNK, |range| {
        totals[range].iter().fold([0.0; 3], |[value, slope, bend], total| {
            let inverse = 1.0 / (total + v);
            [value + (total + v).ln(), slope + inverse, bend - inverse * inverse]
        })
    });
    let mut sum = Jet::ZERO;
    for [value, slope, bend] in parts {
        sum.value += value;
        sum.gradient[2] += slope;
        sum.hessian[2][2] += bend;
    }
    sum
}
