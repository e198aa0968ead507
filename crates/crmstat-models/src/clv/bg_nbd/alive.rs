//! What lies ahead of a customer who is alive: rate λ ~ Gamma(r, α), dropout p ~ Beta(a, b), both
//! independent, and the chance p to leave after every further order.

use rand_distr::{Beta, Distribution, Gamma, Geometric, Poisson};

use crate::clv::quadrature::mean_over_beta;
use crate::random::Generator;
use crate::special::beta::incomplete;
use crate::special::gamma::{ln_gamma, ln_rise};

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
    /// Without dropout the number of orders is negative binomial with z = t / (α + t), and of n orders the
    /// customer stays for
    ///
    /// ```text
    /// G(n) = Σ B(a, b + k) / B(a, b),  k = 0 … n − 1;    E = (1 − z)ʳ Σ (r)ₙ / n! · zⁿ G(n)
    /// ```
    ///
    /// on average. This is equation 10 of Fader, Hardie and Lee (2005) in terms that are all positive: no
    /// digit cancels, whatever the parameters are, and a = 1 is no pole.
    pub(super) fn orders(&self, time: f64) -> f64 {
        self.orders_by_series(time).unwrap_or_else(|| self.orders_by_quadrature(time))
    }

    /// The sum of the series; `None` where it is no way to the orders.
    fn orders_by_series(&self, time: f64) -> Option<f64> {
        let z = time / (self.alpha + time);
        if self.needs_quadrature(time) {
            return None;
        }
        let (mut at, mut sum) = (Coefficient::FIRST, 0.0);
        for _ in 0..MOST_TERMS {
            let term = at.counted * at.stays;
            sum += term;
            if at.rest(self.r, z) * term <= f64::EPSILON * sum {
                return Some((-self.r * (time / self.alpha).ln_1p()).exp() * sum);
            }
            at = at.next(self, z);
        }
        None
    }

    /// Whether the series is no way to the orders within `time`.
    pub(super) fn needs_quadrature(&self, time: f64) -> bool {
        /// Orders without dropout beyond which the series is long enough for quadrature to be cheaper.
        const MANY: f64 = 1e3;
        /// The z beyond which it is, even for few orders: it falls as zⁿ.
        const SLOW: f64 = 0.98;
        /// Beyond it `(1 − z)ʳ` and the sum approach the ends of the range of floats.
        const FAR: f64 = 600.0;
        let tau = time / self.alpha;
        self.r * tau > MANY || tau / (1.0 + tau) > SLOW || self.r * tau.ln_1p() > FAR
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
        let n = f64::from(n);
        ln_rise(self.b, n)[0] - ln_rise(self.a + self.b, n)[0]
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

/// The most terms of a series that are summed; with z at its limit about 3,600 are needed.
pub(super) const MOST_TERMS: u32 = 10_000;

/// What the n-th term of the series of [`Alive::orders`] is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coefficient {
    pub(super) n: f64,
    /// `(r)ₙ / n! · zⁿ`.
    pub(super) counted: f64,
    /// G(n), the orders that the customer stays for, of n.
    pub(super) stays: f64,
    /// The probability to survive n orders, by which G grows next.
    pub(super) survives: f64,
}

impl Coefficient {
    pub(super) const FIRST: Self = Self { n: 0.0, counted: 1.0, stays: 0.0, survives: 1.0 };

    #[must_use]
    pub(super) fn next(self, alive: &Alive, z: f64) -> Self {
        let Self { n, counted, stays, survives } = self;
        Self {
            n: n + 1.0,
            counted: counted * ((alive.r + n) / (n + 1.0) * z),
            stays: stays + survives,
            survives: survives * (alive.b + n) / (alive.a + alive.b + n),
        }
    }

    /// What all later terms together are at most, as a multiple of this one; infinite where terms still
    /// rise.
    ///
    /// The quotients of `(r)ₙ zⁿ / n!` run towards z from either side, and `G(n + k) ≤ G(n) (n + k) / n`.
    pub(super) fn rest(&self, r: f64, z: f64) -> f64 {
        let ratio = ((r + self.n) / (self.n + 1.0) * z).max(z);
        if ratio >= 1.0 || self.n == 0.0 {
            return if z == 0.0 { 0.0 } else { f64::INFINITY };
        }
        let left = 1.0 - ratio;
        ratio / left * (1.0 + 1.0 / (self.n * left))
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
    (none + rate + ln_rise(r, count)[0] - ln_gamma(count + 1.0)).exp()
}

/// A draw from the gamma distribution of shape `r` and rate `alpha`.
pub(in crate::clv) fn draw_gamma(r: f64, alpha: f64, generator: &mut Generator) -> f64 {
    Gamma::new(r, 1.0 / alpha).map_or(0.0, |gamma| gamma.sample(generator))
}

/// A draw from the Poisson distribution, 0 for a vanishing mean.
pub(in crate::clv) fn poisson(mean: f64, generator: &mut Generator) -> u64 {
    Poisson::new(mean).map_or(0, |poisson| poisson.sample(generator) as u64)
}
