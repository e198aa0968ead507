//! The BG/BB model: purchases bound to occasions.

use serde::{Deserialize, Serialize};

use super::fit::maximise_positive;
use super::jet::Jet;
use super::process::positive;
use super::{Estimate, FitParams};
use crate::parallel::map_chunks;
use crate::special::beta::ln_beta;
use crate::{Error, Result};

/// What a customer did on the occasions after the first purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Occasions {
    x: u32,
    t_x: u32,
    n: u32,
}

impl Occasions {
    /// Purchases on `x` of `n` occasions, the last of them on occasion `t_x` (0 without any).
    ///
    /// # Errors
    /// Unless `x ≤ t_x ≤ n`, and `t_x` is 0 exactly when `x` is.
    pub fn new(x: u32, t_x: u32, n: u32) -> Result<Self> {
        if t_x > n {
            return Err(Error::parameter("t_x", t_x, format!("at most n = {n}")));
        }
        if x > t_x || (x == 0) != (t_x == 0) {
            let allowed = format!("between 1 and t_x = {t_x}, or 0 together with it");
            return Err(Error::parameter("x", x, allowed));
        }
        Ok(Self { x, t_x, n })
    }
}

/// Who will still give, when giving is possible only on occasions (a yearly appeal, a weekly box)?
///
/// # Formula
/// On an occasion a living customer buys with probability p ~ Beta(α, β), and before it has left for good
/// with probability θ ~ Beta(γ, δ):
///
/// ```text
/// B(α+x, β+n−x) B(γ, δ+n) / (B(α, β) B(γ, δ))
///   + Σ B(α+x, β+t_x−x+i) B(γ+1, δ+t_x+i) / (B(α, β) B(γ, δ))        i = 0 … n−t_x−1
/// ```
///
/// # Assumptions
/// The same occasions for everybody; p and θ constant and independent.
///
/// # Citation
/// Fader, Hardie and Shang, "Customer-base analysis in a discrete-time noncontractual setting",
/// *Marketing Science* 29 (2010): likelihood (5), expectation (9), P(alive) (11), conditional
/// expectation (13).
///
/// # When not to use it
/// When orders may come at any time: see [`super::BgNbd`].
///
/// # Units and shapes
/// Time is counted in occasions.
///
/// # Errors
/// See [`BgBb::fit`].
///
/// # Examples
/// ```
/// use crmstat_models::clv::{BgBb, Occasions};
///
/// let model = BgBb::new([1.204, 0.750, 0.657, 2.783])?;
/// let faithful = Occasions::new(6, 6, 6)?;
/// assert!(model.p_alive(&faithful) > 0.9);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Raw", into = "Raw")]
pub struct BgBb {
    parameters: [f64; 4],
    estimate: Option<Estimate>,
}

/// The model as it is stored, before its parameters are checked.
#[derive(Serialize, Deserialize)]
#[serde(rename = "BgBb")]
struct Raw {
    parameters: [f64; 4],
    estimate: Option<Estimate>,
}

impl TryFrom<Raw> for BgBb {
    type Error = Error;

    fn try_from(raw: Raw) -> Result<Self> {
        let estimate = raw.estimate.map(|estimate| estimate.checked(4)).transpose()?;
        Ok(Self { estimate, ..Self::new(raw.parameters)? })
    }
}

impl From<BgBb> for Raw {
    fn from(BgBb { parameters, estimate }: BgBb) -> Self {
        Self { parameters, estimate }
    }
}

impl BgBb {
    /// The names of the parameters in the literature.
    pub const PARAMETERS: &'static [&'static str] = &["alpha", "beta", "gamma", "delta"];

    /// The model with given `parameters` `[α, β, γ, δ]`.
    ///
    /// # Errors
    /// When a parameter is not positive and finite.
    pub fn new(parameters: [f64; 4]) -> Result<Self> {
        Ok(Self { parameters: positive(Self::PARAMETERS, &parameters)?, estimate: None })
    }

    /// Fits the model to `customers`, equal ones together.
    ///
    /// # Errors
    /// A parameter of `params` out of range; no customer, or nobody who bought on any occasion. A fit
    /// that does not converge is no error: see [`Estimate::converged`].
    pub fn fit(customers: &[Occasions], params: FitParams) -> Result<Self> {
        /// Distinct histories per task; each sums over the occasions since the last purchase.
        const CHUNK: usize = 64;
        if customers.iter().all(|customer| customer.x == 0) {
            return Err(Error::data("no customer has bought on any occasion"));
        }
        let mut sorted = customers.to_vec();
        sorted.sort_unstable();
        let distinct: Vec<(Occasions, f64)> =
            sorted.chunk_by(|a, b| a == b).map(|equal| (equal[0], equal.len() as f64)).collect();
        let likelihood = |point: &[f64; 4]| {
            let parts = map_chunks(distinct.len(), CHUNK, |range| {
                distinct[range].iter().fold(Jet::ZERO, |sum, (customer, count)| {
                    sum + log_likelihood(customer, point) * *count
                })
            });
            parts.into_iter().fold(Jet::ZERO, |sum, part| sum + part)
        };
        let starts = [
            [1.0, 1.0, 0.7, 3.0],
            [1.0, 3.0, 1.0, 10.0],
            [0.3, 0.3, 0.5, 1.0],
            [3.0, 3.0, 1.0, 20.0],
        ];
        let (parameters, estimate) =
            maximise_positive(likelihood, customers.len() as f64, &starts, params)?;
        Ok(Self { estimate: Some(estimate), ..Self::new(parameters)? })
    }

    /// α, β, γ and δ.
    pub fn parameters(&self) -> [f64; 4] {
        self.parameters
    }

    /// How the parameters were found; `None` for given ones.
    pub fn estimate(&self) -> Option<&Estimate> {
        self.estimate.as_ref()
    }

    /// The log-likelihood of one customer.
    pub fn log_likelihood(&self, customer: &Occasions) -> f64 {
        log_likelihood(customer, &self.parameters).value
    }

    /// The probability that the customer is alive on the occasion to come.
    pub fn p_alive(&self, customer: &Occasions) -> f64 {
        let [alpha, beta, ..] = self.parameters;
        let (x, n) = (f64::from(customer.x), f64::from(customer.n));
        let bought = ln_beta(alpha + x, beta + n - x) - ln_beta(alpha, beta);
        let log = bought + self.log_stays(n + 1.0) - self.log_likelihood(customer);
        log.exp().min(1.0)
    }

    /// Purchases expected on the next `occasions`.
    pub fn expected_purchases(&self, customer: &Occasions, occasions: u32) -> f64 {
        let [alpha, beta, gamma, delta] = self.parameters;
        let (x, n) = (f64::from(customer.x), f64::from(customer.n));
        let rate = (alpha + x) / (alpha + beta + n);
        let mut alive = self.p_alive(customer);
        let mut total = 0.0;
        for occasion in 1..=occasions {
            total += rate * alive;
            let survived = delta + n + f64::from(occasion);
            alive *= survived / (gamma + survived);
        }
        total
    }

    /// Purchases expected of a new customer on the first `occasions` after the first purchase.
    pub fn new_customer_purchases(&self, occasions: u32) -> f64 {
        let [alpha, beta, ..] = self.parameters;
        let alive = (1..=occasions).map(|occasion| self.log_stays(f64::from(occasion)).exp());
        alpha / (alpha + beta) * alive.sum::<f64>()
    }

    /// The logarithm of the probability to live through `occasions`.
    fn log_stays(&self, occasions: f64) -> f64 {
        let [_, _, gamma, delta] = self.parameters;
        ln_beta(gamma, delta + occasions) - ln_beta(gamma, delta)
    }
}

/// The logarithm of the likelihood, summed in logarithms.
fn log_likelihood(customer: &Occasions, point: &[f64; 4]) -> Jet<4> {
    let [alpha, beta, gamma, delta] = Jet::variables(point);
    let (x, n) = (f64::from(customer.x), f64::from(customer.n));
    let alive = Jet::ln_beta(alpha + x, beta + (n - x)) + Jet::ln_beta(gamma, delta + n);
    let sum = (customer.t_x..customer.n).map(f64::from).fold(alive, |sum, last| {
        let bought = Jet::ln_beta(alpha + x, beta + (last - x));
        sum.log_sum(bought + Jet::ln_beta(gamma + 1.0, delta + last))
    });
    sum - Jet::ln_beta(alpha, beta) - Jet::ln_beta(gamma, delta)
}

#[cfg(test)]
mod tests {
    use super::{BgBb, Occasions, log_likelihood};
    use crate::clv::FitParams;
    use crate::clv::jet::tests::derivatives_agree;

    const DONORS: [f64; 4] = [1.204, 0.750, 0.657, 2.783];

    /// The histories of all sequences of `n` occasions.
    fn histories(n: u32) -> impl Iterator<Item = Occasions> {
        (0..1_u32 << n).map(move |bits| {
            let last = 32 - bits.leading_zeros();
            Occasions::new(bits.count_ones(), last, n).unwrap()
        })
    }

    #[test]
    fn the_probabilities_of_all_sequences_sum_to_one() {
        let model = BgBb::new(DONORS).unwrap();
        let total: f64 = histories(8).map(|history| model.log_likelihood(&history).exp()).sum();
        assert!((total - 1.0).abs() < 1e-12);
    }

    #[test]
    fn expectations_average_to_those_of_new_customers() {
        let model = BgBb::new(DONORS).unwrap();
        let (mut seen, mut ahead) = (0.0, 0.0);
        for history in histories(6) {
            let probability = model.log_likelihood(&history).exp();
            seen += probability * f64::from(history.x);
            ahead += probability * model.expected_purchases(&history, 4);
        }
        assert!((seen - model.new_customer_purchases(6)).abs() < 1e-12);
        let later = model.new_customer_purchases(10) - model.new_customer_purchases(6);
        assert!((ahead - later).abs() < 1e-12);
    }

    #[test]
    fn derivatives_agree_with_difference_quotients() {
        let history = Occasions::new(2, 3, 7).unwrap();
        derivatives_agree(|point| log_likelihood(&history, point), DONORS);
    }

    #[test]
    fn impossible_histories_and_empty_data_are_refused() {
        for (x, t_x, n) in [(3, 2, 6), (0, 2, 6), (1, 7, 6), (1, 0, 6)] {
            assert!(Occasions::new(x, t_x, n).unwrap_err().is_parameter());
        }
        assert!(BgBb::fit(&[], FitParams::default()).unwrap_err().is_data());
    }
}
