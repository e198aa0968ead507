//! The BG/BB model: purchases bound to occasions.

#[cfg(test)]
mod tests;

use rand_distr::{Beta, Binomial, Distribution, Geometric};
use serde::{Deserialize, Serialize};

use super::fit::{Region, Stored, maximise_positive};
use super::jet::Jet;
use super::process::{discounted_steps, positive, whole_steps};
use super::{
    DiscountRate, Estimate, FitParams, PurchaseProcess, Span, Summaries, Summary, TimeUnit,
};
use crate::parallel::map_chunks;
use crate::random::Generator;
use crate::special::gamma::ln_rise;
use crate::{Error, Result};

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
/// *Marketing Science* 29 (2010): likelihood (5), P(X(n) = x) (7), expectation (9), P(alive) (11),
/// conditional distribution (12) and expectation (13), discounted residual transactions (14).
///
/// # When not to use it
/// When orders may come at any time: see [`super::BgNbd`].
///
/// # Units and shapes
/// A [`Summary`] counts in occasions after the first purchase: x of them with a purchase, the last one on
/// occasion `t_x`, T = n in all; the unit says how far apart they are. An *order* is an occasion with a
/// purchase, and a horizon counts the whole occasions within it. A customer is alive who will be on the
/// occasion to come.
///
/// # Errors
/// See [`BgBb::fit`].
///
/// # Examples
/// ```
/// use crmstat_models::clv::{BgBb, PurchaseProcess, Summary, TimeUnit};
///
/// let model = BgBb::new([1.204, 0.750, 0.657, 2.783], TimeUnit::Year)?;
/// let faithful = Summary::new(6, 6.0, 6.0)?;
/// assert!(model.p_alive(&faithful) > 0.9);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored<4>")]
pub struct BgBb {
    parameters: [f64; 4],
    unit: TimeUnit,
    estimate: Option<Estimate>,
}

impl TryFrom<Stored<4>> for BgBb {
    type Error = Error;

    fn try_from(stored: Stored<4>) -> Result<Self> {
        let model = Self::new(stored.parameters, stored.unit)?;
        Ok(Self { estimate: stored.estimate()?, ..model })
    }
}

/// What a customer did on the occasions after the first purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Occasions {
    x: u32,
    t_x: u32,
    n: u32,
}

impl Occasions {
    /// More occasions than anything has: they bound the sums over them.
    const MOST: u32 = 1_000_000;

    /// The history of `customer`, or the nearest one that occasions allow.
    fn nearest(customer: &Summary) -> Self {
        let n = (customer.T().round() as u32).min(Self::MOST);
        let t_x = (customer.t_x().round() as u32).min(n);
        let x = customer.x().min(t_x);
        Self { x, t_x: if x == 0 { 0 } else { t_x }, n }
    }

    /// The history of `customer`, if it is one of occasions.
    fn exactly(customer: &Summary) -> Result<Self> {
        let found = Self::nearest(customer);
        let same = (found.x, f64::from(found.t_x), f64::from(found.n))
            == (customer.x(), customer.t_x(), customer.T());
        if same {
            return Ok(found);
        }
        let (x, t_x, n) = (customer.x(), customer.t_x(), customer.T());
        Err(Error::data(format!("x = {x}, t_x = {t_x}, T = {n} is no history of occasions"))
            .with_hint(
                "count whole occasions, at most one purchase on each, and no more than a million",
            ))
    }
}

impl BgBb {
    /// The model with given `parameters` `[α, β, γ, δ]`, of occasions one `unit` apart.
    ///
    /// # Errors
    /// When a parameter is not positive and finite.
    pub fn new(parameters: [f64; 4], unit: TimeUnit) -> Result<Self> {
        let parameters = positive(Self::PARAMETERS, &parameters)?;
        Ok(Self { parameters, unit, estimate: None })
    }

    /// Fits the model to `customers`, equal ones together.
    ///
    /// # Errors
    /// A parameter of `params` out of range; a history that is not one of occasions; no customer, or
    /// nobody who bought on any occasion. A fit that does not converge is no error: see
    /// [`Estimate::converged`].
    pub fn fit(customers: &Summaries, params: FitParams) -> Result<Self> {
        /// Distinct histories per task; each sums over the occasions since the last purchase.
        const CHUNK: usize = 64;
        let mut sorted: Vec<Occasions> =
            customers.customers().iter().map(Occasions::exactly).collect::<Result<_>>()?;
        if sorted.iter().all(|customer| customer.x == 0) {
            return Err(Error::data("no customer has bought on any occasion")
                .with_hint("observe longer, or count occasions further apart"));
        }
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
        let region = Region::process(&starts, [1.0; 4]);
        let (parameters, estimate) =
            maximise_positive(likelihood, sorted.len() as f64, &region, params)?;
        let model = Self::new(parameters, customers.unit())?;
        Ok(Self { estimate: Some(estimate), ..model })
    }

    /// How much likelier it is that the customer had left before the last occasion than that it was alive
    /// on it: the terms of the likelihood's sum over its first line, from the last back.
    fn odds_of_leaving(&self, Occasions { x, t_x, n }: Occasions) -> f64 {
        let [alpha, beta, gamma, delta] = self.parameters;
        let x = f64::from(x);
        let (mut term, mut odds) = (gamma / (gamma + delta + f64::from(n)), 0.0);
        for last in (t_x..n).rev().map(f64::from) {
            let missed = (alpha + beta + last) / (beta + last - x);
            let left = (gamma + delta + last + 1.0) / (delta + last);
            term *= missed * left;
            odds += term;
        }
        odds
    }

    /// What lies ahead of a customer who is alive on the occasion to come.
    fn ahead(&self, customer: &Summary) -> Ahead {
        let [alpha, beta, gamma, delta] = self.parameters;
        let Occasions { x, n, .. } = Occasions::nearest(customer);
        let (x, n) = (f64::from(x), f64::from(n));
        Ahead { alpha: alpha + x, beta: beta + n - x, gamma, delta: delta + n + 1.0 }
    }

    /// A customer who has just bought for the first time.
    fn newcomer() -> Occasions {
        Occasions { x: 0, t_x: 0, n: 0 }
    }

    fn p_alive_after(&self, history: Occasions) -> f64 {
        let [_, _, gamma, delta] = self.parameters;
        let stays = delta + f64::from(history.n);
        1.0 / (1.0 + self.odds_of_leaving(history)) * (stays / (gamma + stays))
    }
}

/// The rates of a customer who is alive on the occasion to come: buying p ~ Beta(α, β) and leaving
/// θ ~ Beta(γ, δ) before each later one.
struct Ahead {
    alpha: f64,
    beta: f64,
    gamma: f64,
    delta: f64,
}

impl Ahead {
    /// The share of those alive on occasion `occasion ≥ 1` who are on the next.
    fn stays(&self, occasion: u32) -> f64 {
        let survived = self.delta + f64::from(occasion) - 1.0;
        survived / (self.gamma + survived)
    }

    fn rate(&self) -> f64 {
        self.alpha / (self.alpha + self.beta)
    }

    fn expected(&self, occasions: u32) -> f64 {
        let (mut alive, mut total) = (1.0, 0.0);
        for occasion in 1..=occasions {
            total += alive;
            alive *= self.stays(occasion);
        }
        self.rate() * total
    }

    /// The probability of exactly `n` purchases on the next `occasions`.
    fn probability(&self, n: u32, occasions: u32) -> f64 {
        if n > occasions {
            return 0.0;
        }
        let count = f64::from(n);
        // n of as many occasions as the customer lives, from the fewest that allow it to all.
        let all = ln_rise(self.alpha, count)[0] - ln_rise(self.alpha + self.beta, count)[0];
        let (mut counted, mut alive, mut total) = (all.exp(), 1.0, 0.0);
        for occasion in 1..=occasions {
            let stays = if occasion < occasions { self.stays(occasion) } else { 0.0 };
            if occasion >= n.max(1) {
                if occasion > n {
                    let seen = f64::from(occasion);
                    counted *= seen / (seen - count) * (self.beta + seen - 1.0 - count)
                        / (self.alpha + self.beta + seen - 1.0);
                }
                total += alive * (1.0 - stays) * counted;
            }
            alive *= stays;
        }
        if occasions == 0 { 1.0 } else { total.min(1.0) }
    }

    fn draw(&self, occasions: u32, generator: &mut Generator) -> u64 {
        let mut share = |a: f64, b: f64| {
            Beta::new(a, b).map_or(0.0, |beta| beta.sample(generator).clamp(0.0, 1.0))
        };
        let (buys, leaves) = (share(self.alpha, self.beta), share(self.gamma, self.delta));
        // The occasion to come, and as many more as the customer stays for.
        let lived = Geometric::new(leaves)
            .map_or(u64::MAX, |stays| stays.sample(generator).saturating_add(1))
            .min(u64::from(occasions));
        Binomial::new(lived, buys).map_or(0, |purchases| purchases.sample(generator))
    }
}

impl PurchaseProcess for BgBb {
    const PARAMETERS: &'static [&'static str] = &["alpha", "beta", "gamma", "delta"];

    fn unit(&self) -> TimeUnit {
        self.unit
    }

    fn parameters(&self) -> Vec<f64> {
        self.parameters.to_vec()
    }

    fn estimate(&self) -> Option<&Estimate> {
        self.estimate.as_ref()
    }

    fn with_parameters(&self, parameters: &[f64]) -> Result<Self> {
        Self::new(positive(Self::PARAMETERS, parameters)?, self.unit)
    }

    fn log_likelihood(&self, customer: &Summary) -> f64 {
        log_likelihood(&Occasions::nearest(customer), &self.parameters).value
    }

    fn p_alive(&self, customer: &Summary) -> f64 {
        self.p_alive_after(Occasions::nearest(customer))
    }

    fn orders_if_alive(&self, customer: &Summary, horizon: Span) -> f64 {
        self.ahead(customer).expected(whole_steps(horizon, self.unit))
    }

    fn probability_if_alive(&self, customer: &Summary, n: u32, horizon: Span) -> f64 {
        self.ahead(customer).probability(n, whole_steps(horizon, self.unit))
    }

    fn new_customer_orders(&self, horizon: Span) -> f64 {
        let [alpha, beta, gamma, delta] = self.parameters;
        let ahead = Ahead { alpha, beta, gamma, delta: delta + 1.0 };
        self.p_alive_after(Self::newcomer()) * ahead.expected(whole_steps(horizon, self.unit))
    }

    fn new_customer_probability(&self, n: u32, horizon: Span) -> f64 {
        let [alpha, beta, gamma, delta] = self.parameters;
        let alive = self.p_alive_after(Self::newcomer());
        let gone = if n == 0 { 1.0 - alive } else { 0.0 };
        let ahead = Ahead { alpha, beta, gamma, delta: delta + 1.0 };
        gone + alive * ahead.probability(n, whole_steps(horizon, self.unit))
    }

    fn draw_orders_if_alive(
        &self,
        customer: &Summary,
        horizon: Span,
        generator: &mut Generator,
    ) -> u64 {
        self.ahead(customer).draw(whole_steps(horizon, self.unit), generator)
    }

    /// Each purchase is discounted to its occasion, the first of them one unit ahead.
    fn residual_orders(&self, customer: &Summary, discount: DiscountRate) -> Result<f64> {
        let ahead = self.ahead(customer);
        let mut alive = self.p_alive(customer) * ahead.rate();
        discounted_steps(discount, self.unit, |occasion| {
            let now = alive;
            alive *= ahead.stays(occasion);
            now
        })
    }
}

/// The logarithm of the likelihood, summed in logarithms; each term of the sum follows from the one
/// before it by the recurrences of the beta function, whose quotients are Pochhammer's symbols.
fn log_likelihood(customer: &Occasions, point: &[f64; 4]) -> Jet<4> {
    let [alpha, beta, gamma, delta] = Jet::variables(point);
    let (x, n) = (f64::from(customer.x), f64::from(customer.n));
    let bought = |last: f64| beta.ln_rise(last - x) - (alpha + beta).ln_rise(last);
    let mut sum = bought(n) + delta.ln_rise(n) - (gamma + delta).ln_rise(n);
    let first = f64::from(customer.t_x);
    let mut term =
        bought(first) + gamma.ln() + delta.ln_rise(first) - (gamma + delta).ln_rise(first + 1.0);
    for last in (customer.t_x..customer.n).map(f64::from) {
        sum = sum.log_sum(term);
        term += (beta + (last - x)).ln() - (alpha + beta + last).ln() + (delta + last).ln()
            - (gamma + delta + (last + 1.0)).ln();
    }
    sum + alpha.ln_rise(x)
}
