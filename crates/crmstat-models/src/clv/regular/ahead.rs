//! What lies ahead of a customer who is alive and has passed some stages since the last order.

use rand::RngExt;
use rand_distr::{Beta, Distribution, Geometric};

use crate::clv::bg_nbd::{draw_gamma, poisson};
use crate::clv::quadrature::mean_over_beta;
use crate::random::Generator;
use crate::special::beta::incomplete;
use crate::special::gamma::ln_rise;

/// A customer who is alive: the rate of stages and how many have passed since the last order, and the
/// probability to leave p ~ Beta(a, b).
#[derive(Clone, Debug)]
pub(super) struct Ahead {
    k: u32,
    alpha: f64,
    a: f64,
    b: f64,
    /// The logarithm of the sum of what stages weigh, none passed being 1.
    log_weight: f64,
    stages: Vec<Stage>,
}

/// So many stages have passed; the rate is then Gamma(r, α).
#[derive(Clone, Copy, Debug)]
struct Stage {
    passed: u32,
    /// The probability of it.
    share: f64,
    r: f64,
}

impl Ahead {
    /// The customer whose rate of stages is Gamma(`r`, `alpha`), but for those since the last order, and who
    /// has been silent for `silence` times `alpha`.
    pub(super) fn after(k: u32, r: f64, alpha: f64, silence: f64, [a, b]: [f64; 2]) -> Self {
        let (mut stages, mut weight, mut sum) = (Vec::with_capacity(k as usize), 1.0_f64, 0.0);
        // Weights of any size: they are kept as multiples of e^log.
        let mut log = 0.0;
        for passed in 0..k {
            let before = f64::from(passed);
            stages.push(Stage { passed, share: weight, r: r + before });
            sum += weight;
            weight *= (r + before) * silence / (before + 1.0);
            if weight > 1e200 {
                for stage in &mut stages {
                    stage.share /= weight;
                }
                sum /= weight;
                log += weight.ln();
                weight = 1.0;
            }
            if weight == 0.0 {
                break;
            }
        }
        for stage in &mut stages {
            stage.share /= sum;
        }
        Self { k, alpha, a, b, log_weight: log + sum.ln(), stages }
    }

    /// The logarithm of how much likelier any number of passed stages is than none.
    pub(super) fn log_weight(&self) -> f64 {
        self.log_weight
    }

    /// Orders expected within `time`.
    ///
    /// Stages to come are negative binomial with z = t / (α + t); of n orders the customer stays for G(n) of
    /// [`crate::clv::BgNbd`], so that with j stages passed
    ///
    /// ```text
    /// E = (1 − z)ʳ Σ (r)ₘ / m! · zᵐ G(⌊(j + m) / k⌋)
    /// ```
    ///
    /// in terms that are all positive.
    pub(super) fn orders(&self, time: f64) -> f64 {
        let parts = self.stages.iter().map(|stage| stage.share * self.orders_from(stage, time));
        parts.sum()
    }

    fn orders_from(&self, stage: &Stage, time: f64) -> f64 {
        /// Stages beyond which orders are counted as a continuum: then it is off by less than 1e-9.
        const MOST_TERMS: u32 = 2_000_000;
        /// Sums are scaled down by so much before they leave the range of floats.
        const FAR: f64 = 1e250;
        let z = time / (self.alpha + time);
        let r = stage.r;
        let mut log_scale = -r * (time / self.alpha).ln_1p();
        let (mut counted, mut sum) = (1.0_f64, 0.0_f64);
        // G of the orders so far, the probability to survive these, and the stages until the next.
        let (mut stays, mut survives, mut orders) = (0.0, 1.0, 0.0);
        let mut until_next = self.k - stage.passed;
        for m in 0..MOST_TERMS {
            let term = counted * stays;
            sum += term;
            let done = f64::from(m);
            let ratio = ((r + done) / (done + 1.0) * z).max(z);
            let left = 1.0 - ratio;
            // All later terms together are no more: quotients run towards z, and G(n) is concave.
            let rest = term * ratio / left * (1.0 + 1.0 / ((done + 1.0) * left));
            if m >= 2 * self.k && left > 0.0 && rest <= 0.1 * f64::EPSILON * sum {
                return sum * log_scale.exp();
            }
            counted *= (r + done) / (done + 1.0) * z;
            if counted > FAR {
                counted /= FAR;
                sum /= FAR;
                log_scale += FAR.ln();
            }
            until_next -= 1;
            if until_next == 0 {
                until_next = self.k;
                stays += survives;
                survives *= (self.b + orders) / (self.a + self.b + orders);
                orders += 1.0;
            }
        }
        self.orders_as_continuum(stage, time)
    }

    /// The mean of `(1 − qⁿ) / p` with `(j + m) / k − (k − 1) / (2k)` orders in the place of their whole part,
    /// which is right on average over the stages passed at the end.
    fn orders_as_continuum(&self, stage: &Stage, time: f64) -> f64 {
        /// Below it the quotient is its limit to rounding.
        const VANISHING: f64 = 1e-100;
        /// The logarithm of a probability to stay below which hardly anybody is left after so many orders,
        /// whatever part of an order is begun.
        const LEAVES: f64 = -1.0;
        let (k, tau) = (f64::from(self.k), time / self.alpha);
        let before = (f64::from(stage.passed) - 0.5 * (k - 1.0)) / k;
        mean_over_beta(self.a, self.b, |p| {
            if p < VANISHING {
                return before + stage.r * tau / k;
            }
            let log_stays = (-p).ln_1p();
            let shrinks = -(log_stays / k).exp_m1();
            let begun = before * log_stays.max(LEAVES);
            -(begun - stage.r * (tau * shrinks).ln_1p()).exp_m1() / p
        })
    }

    /// The probability of exactly `n` orders within `time`.
    pub(super) fn probability(&self, n: u32, time: f64) -> f64 {
        let z = time / (self.alpha + time);
        // The probability of at least so many orders, if nobody left.
        let at_least = |stage: &Stage, orders: u32| {
            let needed = f64::from(self.k) * f64::from(orders) - f64::from(stage.passed);
            if needed <= 0.0 { 1.0 } else { incomplete(needed, stage.r, z) }
        };
        let (mut exactly, mut reached) = (0.0, 0.0);
        for stage in &self.stages {
            let reaches = at_least(stage, n);
            exactly += stage.share * (reaches - at_least(stage, n + 1)).max(0.0);
            reached += stage.share * reaches;
        }
        if n == 0 {
            return exactly;
        }
        let count = f64::from(n);
        let survives = (ln_rise(self.b, count)[0] - ln_rise(self.a + self.b, count)[0]).exp();
        survives * (exactly + self.a / (self.b + count - 1.0) * reached)
    }

    /// A draw of the number of orders within `time`.
    pub(super) fn draw(&self, time: f64, generator: &mut Generator) -> u64 {
        let mut left: f64 = generator.random();
        let stage = self.stages.iter().find(|stage| {
            left -= stage.share;
            left < 0.0
        });
        let Some(stage) = stage.or(self.stages.last()) else { return 0 };
        let to_come = poisson(draw_gamma(stage.r, self.alpha, generator) * time, generator);
        let orders = (u64::from(stage.passed) + to_come) / u64::from(self.k);
        // The order with which the customer leaves is geometric; `Geometric` counts those before it.
        let last = Beta::new(self.a, self.b)
            .ok()
            .and_then(|beta| Geometric::new(beta.sample(generator).min(1.0)).ok())
            .map_or(u64::MAX, |geometric| geometric.sample(generator).saturating_add(1));
        orders.min(last)
    }
}
