//! Intermittent demand: what is the rate of an item that sells only now and then?
//!
//! All methods forecast a constant rate per period. With z the smoothed size of a demand, p the smoothed
//! interval between demands and q the smoothed probability that a period has one:
//!
//! | method | rate | paper |
//! |---|---|---|
//! | Croston | z / p, both smoothed at demands | Croston (1972) |
//! | SBA | 0.95 z / p, which removes Croston's bias α/2 at α = 0.1 | Syntetos and Boylan (2005), eq. (3) |
//! | TSB | q z, q smoothed in every period | Teunter, Syntetos and Babai (2011), eq. (3) |
//! | ADIDA | exponential smoothing of sums over the mean interval | Nikolopoulos et al. (2011) |
//! | IMAPA | mean of ADIDA over sums of one period up to the mean interval | Petropoulos and Kourentzes (2015) |
//!
//! **Assumptions.** Demand is not negative; sizes and intervals are independent; no season, no trend but
//! what smoothing follows.
//!
//! **Citation.** J. D. Croston, "Forecasting and stock control for intermittent demands", Operational
//! Research Quarterly 23 (1972), 289–303. A. A. Syntetos, J. E. Boylan, "The accuracy of intermittent
//! demand estimates", International Journal of Forecasting 21 (2005), 303–314. R. H. Teunter, A. A.
//! Syntetos, M. Z. Babai, "Intermittent demand: linking forecasting to inventory obsolescence", European
//! Journal of Operational Research 214 (2011), 606–615. K. Nikolopoulos et al., "An
//! aggregate–disaggregate intermittent demand approach", Journal of the Operational Research Society 62
//! (2011), 544–554. F. Petropoulos, N. Kourentzes, "Forecast combinations for intermittent demand",
//! Journal of the Operational Research Society 66 (2015), 914–924.
//!
//! **When not to use it.** Series that sell in most periods ([`theta`](super::theta), ETS); series that
//! may be negative.

mod params;
mod pattern;
mod smoothing;
#[cfg(test)]
mod tests;

use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::{Fitted, Forecast};
use crate::{Error, Result, random::Generator};

pub use params::{Intermittent, Method};
pub use pattern::{Demand, Pattern};

/// A rate of demand fitted to one series.
///
/// The demand of one future period is taken as a mixture: none, or one of the observed sizes (a
/// bootstrap of the sizes, after Willemain et al., International Journal of Forecasting 20 (2004),
/// 375–387), with the probability that gives the fitted rate. Variance, quantiles and paths follow from it,
/// so none is ever negative or beyond what was seen, scaled.
///
/// # Examples
/// ```
/// use crmstat_models::forecast::{Fitted, Series, intermittent::{Intermittent, Method}};
///
/// let sold = [0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 1.0, 0.0, 2.0, 0.0, 0.0, 3.0];
/// let fitted = Intermittent::new(Method::Sba).fit(&Series::new(&sold, 1)?)?;
/// assert!(fitted.rate() > 0.3 && fitted.rate() < 1.2);
/// assert_eq!(fitted.quantile(0.5), 0.0);
/// assert_eq!(fitted.quantile(0.99), 3.0);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct FittedIntermittent {
    method: Method,
    demand: Option<Demand>,
    rate: f64,
    /// The probability of a demand in a future period.
    probability: f64,
    /// The sizes that a demand may have, ascending, with a mean of rate / probability.
    sizes: Vec<f64>,
    fitted: Vec<f64>,
    residuals: Vec<f64>,
}

impl FittedIntermittent {
    /// The mixture for `rate`, which is not negative, and the sizes that were observed.
    fn new(
        method: Method,
        values: &[f64],
        rate: f64,
        fitted: Vec<f64>,
        demand: Option<Demand>,
    ) -> Self {
        let mut sizes: Vec<f64> = values.iter().copied().filter(|&value| value > 0.0).collect();
        sizes.sort_by(f64::total_cmp);
        let mut probability = 0.0;
        if !sizes.is_empty() {
            let mean = sizes.iter().sum::<f64>() / sizes.len() as f64;
            probability = (rate / mean).min(1.0);
            if rate > mean {
                // Demand in every period does not reach the rate: the sizes have grown.
                for size in &mut sizes {
                    *size *= rate / mean;
                }
            }
        }
        let residuals = values.iter().zip(&fitted).map(|(value, fit)| value - fit).collect();
        Self { method, demand, rate, probability, sizes, fitted, residuals }
    }

    /// The method that was fitted.
    pub fn method(&self) -> Method {
        self.method
    }

    /// How the demand behaves; `None` where there was none.
    pub fn demand(&self) -> Option<&Demand> {
        self.demand.as_ref()
    }

    /// Expected demand per period.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// The demand of one future period that is not exceeded with this probability (0 to 1; values
    /// outside count as the nearer end). Never negative.
    pub fn quantile(&self, probability: f64) -> f64 {
        let without = 1.0 - self.probability;
        if self.sizes.is_empty() || probability.is_nan() || probability <= without {
            return 0.0;
        }
        let share = (probability - without) / self.probability;
        let rank = (share * self.sizes.len() as f64).ceil() as usize;
        self.sizes[rank.clamp(1, self.sizes.len()) - 1]
    }

    /// The variance of the demand of one future period.
    fn variance(&self) -> f64 {
        let squares: f64 = self.sizes.iter().map(|size| size * size).sum();
        let mean_square = squares / self.sizes.len().max(1) as f64;
        (self.probability * mean_square - self.rate * self.rate).max(0.0)
    }
}

impl Fitted for FittedIntermittent {
    fn name(&self) -> &str {
        self.method.name()
    }

    fn forecast(&self, horizon: usize) -> Forecast {
        Forecast { mean: vec![self.rate; horizon], variance: Some(vec![self.variance(); horizon]) }
    }

    fn fitted_values(&self) -> &[f64] {
        &self.fitted
    }

    fn residuals(&self) -> &[f64] {
        &self.residuals
    }

    fn simulate(&self, horizon: usize, generator: &mut Generator) -> Option<Vec<f64>> {
        let path = (0..horizon)
            .map(|_| {
                if generator.random::<f64>() >= self.probability {
                    return 0.0;
                }
                self.sizes[generator.random_range(0..self.sizes.len())]
            })
            .collect();
        Some(path)
    }
}

/// A fitted model as read from a file, before its invariants are checked.
#[derive(Deserialize)]
struct Stored {
    method: Method,
    demand: Option<Demand>,
    rate: f64,
    probability: f64,
    sizes: Vec<f64>,
    fitted: Vec<f64>,
    residuals: Vec<f64>,
}

impl TryFrom<Stored> for FittedIntermittent {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Self> {
        let Stored { method, demand, rate, probability, sizes, fitted, residuals } = stored;
        let sound = (0.0..=1.0).contains(&probability)
            && rate.is_finite()
            && rate >= 0.0
            && (probability == 0.0 || !sizes.is_empty())
            && sizes.is_sorted()
            && sizes.iter().all(|size| size.is_finite() && *size > 0.0)
            && fitted.len() == residuals.len()
            && fitted.iter().chain(&residuals).all(|number| number.is_finite());
        if !sound {
            return Err(Error::data("the stored intermittent model contradicts itself"));
        }
        Ok(Self { method, demand, rate, probability, sizes, fitted, residuals })
    }
}
