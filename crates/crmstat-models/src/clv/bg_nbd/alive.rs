//! What lies ahead of a customer who is alive: rate λ ~ Gamma(r, α), dropout p ~ Beta(a, b), both
//! independent, and the chance p to leave after every further order.

use rand_distr::{Beta, Distribution, Gamma, Geometric, Poisson};

use crate::clv::quadrature::mean_over_beta;
use crate::random::Generator;
use crate::special::beta::{incomplete, ln_beta};
use crate::special::gamma::ln_gamma;
use crate::special::hypergeometric::gauss_remainder;

/// The distribution of the rates of a customer known to be alive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Alive {
    pub(super) r: f64,
    pub(super) alpha: f64,
    pub(super) a: f64,
    pub(super) b: f64,
}

impl Alive {
    /// Orders expected within `time`: `E[(1 − e^(−λpt)) / p]`.
    ///
    /// With z = t / (α + t), B = a − 1 and C = a + b − 1 this is equation 10 of Fader, Hardie and Lee
    /// (2005) after Euler's transformation,
    ///
    /// ```text
    /// C · (1 − (1 − z)ᴮ) / B − (C − r) z (1 − z)ᴮ ₃F₂(C − r + 1, a, 1; C + 1, 2; z)
    /// ```
    ///
    /// whose parameters stay small however large x is, and which has no pole at a = 1.
    pub(super) fn orders(&self, time: f64) -> f64 {
        let &Self { r, alpha, a, b } = self;
        let z = time / (alpha + time);
        let c = a + b - 1.0;
        if self.needs_quadrature(z) {
            return self.orders_by_quadrature(time);
        }
        let log_left = (-z).ln_1p();
        let less = ((a - 1.0) * log_left).exp_m1();
        let log_mean = if a == 1.0 { -log_left } else { -less / (a - 1.0) };
        gauss_remainder(c - r + 1.0, a, c + 1.0, z).map_or_else(
            || self.orders_by_quadrature(time),
            |series| c * log_mean - (c - r) * z * (1.0 + less) * series,
        )
    }

    /// Whether the series is no way to the orders at this z.
    pub(super) fn needs_quadrature(&self, z: f64) -> bool {
        /// Beyond it the series needs over 1,800 terms and quadrature is cheaper.
        const SLOW: f64 = 0.98;
        /// Below it, or with C far above r, the difference would lose more than four digits.
        const SMALL: f64 = 1e-3;
        !(SMALL..=SLOW).contains(&z) || self.a + self.b - 1.0 > 1e3 * self.r
    }

    /// The same as the mean of `(1 − (1 + p t / α)⁻ʳ) / p` over p ~ Beta(a, b), slower and without any
    /// cancellation, even where all customers share nearly one p.
    pub(super) fn orders_by_quadrature(&self, time: f64) -> f64 {
        /// Below it the quotient is its limit to rounding, and further below it leaves the range.
        const VANISHING: f64 = 1e-100;
        let &Self { r, alpha, a, b } = self;
        let tau = time / alpha;
        mean_over_beta(a, b, |p| {
            if p < VANISHING { r * tau } else { -(-r * (p * tau).ln_1p()).exp_m1() / p }
        })
    }

    /// The probability of exactly `n` orders within `time` (Fader, Hardie and Lee 2005, equation 8).
    pub(super) fn probability(&self, n: u32, time: f64) -> f64 {
        let counted = negative_binomial(self.r, self.alpha, n, time);
        if n == 0 {
            // Nobody leaves before an order.
            return counted;
        }
        self.log_stays(n).exp() * counted + self.leaves_after(n) * self.reaches(n, time)
    }

    /// The logarithm of the probability to survive `n` orders.
    pub(super) fn log_stays(&self, n: u32) -> f64 {
        ln_beta(self.a, self.b + f64::from(n)) - ln_beta(self.a, self.b)
    }

    /// The probability to leave with order `n ≥ 1`.
    pub(super) fn leaves_after(&self, n: u32) -> f64 {
        let failures = self.b + f64::from(n) - 1.0;
        self.log_stays(n).exp() * self.a / failures
    }

    /// The probability that the n-th order, without dropout, comes within `time`.
    pub(super) fn reaches(&self, n: u32, time: f64) -> f64 {
        incomplete(f64::from(n), self.r, time / (self.alpha + time))
    }

    /// A draw of the number of orders within `time`.
    pub(super) fn draw(&self, time: f64, generator: &mut Generator) -> u64 {
        let orders = poisson(draw_gamma(self.r, self.alpha, generator) * time, generator);
        // The order with which the customer leaves is geometric; `Geometric` counts those before it.
        let last = Beta::new(self.a, self.b)
            .ok()
            .and_then(|beta| Geometric::new(beta.sample(generator).min(1.0)).ok())
            .map_or(u64::MAX, |geometric| geometric.sample(generator).saturating_add(1));
        orders.min(last)
    }
}

/// The probability of `n` events within `time` at a rate λ ~ Gamma(r, α).
pub(in crate::clv) fn negative_binomial(r: f64, alpha: f64, n: u32, time: f64) -> f64 {
    let count = f64::from(n);
    let none = -r * (time / alpha).ln_1p();
    if n == 0 {
        return none.exp();
    }
    let rate = count * -(alpha / time).ln_1p();
    (none + rate + ln_gamma(r + count) - ln_gamma(r) - ln_gamma(count + 1.0)).exp()
}

/// A draw from the gamma distribution of shape `r` and rate `alpha`.
pub(in crate::clv) fn draw_gamma(r: f64, alpha: f64, generator: &mut Generator) -> f64 {
    Gamma::new(r, 1.0 / alpha).map_or(0.0, |gamma| gamma.sample(generator))
}

/// A draw from the Poisson distribution, 0 for a vanishing mean.
pub(in crate::clv) fn poisson(mean: f64, generator: &mut Generator) -> u64 {
    Poisson::new(mean).map_or(0, |poisson| poisson.sample(generator) as u64)
}
