//! Derivatives of the orders that lie ahead, in closed form.

#![expect(
    clippy::inline_always,
    reason = "a step that stays a call is compiled without the caller's instructions"
)]

use super::alive::Alive;
use crate::special::hypergeometric::{GaussCoefficient, MOST_TERMS};

/// Times that share the coefficients of a series: the months of a year.
const LANES: usize = 12;
/// The share of a series that may be left out.
const NEGLIGIBLE: f64 = 1e-14;
/// Terms after which the rest of a series is looked at.
const TERMS: u32 = 4;

/// Orders until several times, each times its weight.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weighted {
    pub(super) total: f64,
    /// The derivatives of the total by r, α, a and b.
    pub(super) by: [f64; 4],
    /// Orders until the last time, without its weight.
    pub(super) last: f64,
}

impl Alive {
    /// The sum of [`Alive::orders`] until each time, times its weight, which is positive.
    ///
    /// `None` where quadrature is needed for one of the times.
    pub(super) fn weighted_orders(&self, weighted: &[(f64, f64)]) -> Option<Weighted> {
        let mut sum = Weighted::default();
        for some in weighted.chunks(LANES) {
            self.add_orders(some, &mut sum)?;
        }
        Some(sum)
    }

    /// Orders are `C m − (C − r) z (1 − z)ᵃ⁻¹ S(z)`, with m the mean of logarithms and S the series.
    fn add_orders(&self, weighted: &[(f64, f64)], sum: &mut Weighted) -> Option<()> {
        let &Self { r, alpha, a, b } = self;
        let c = a + b - 1.0;
        let mut lanes = Lanes::default();
        for (lane, &(time, weight)) in weighted.iter().enumerate() {
            let z = time / (alpha + time);
            if self.needs_quadrature(z) {
                return None;
            }
            let log_left = (-z).ln_1p();
            let less = ((a - 1.0) * log_left).exp_m1();
            let (mean, mean_by_a) = log_mean(a - 1.0, log_left, less);
            lanes.z[lane] = z;
            lanes.plain[lane] = weight * z * (1.0 + less);
            lanes.logged[lane] = lanes.plain[lane] * log_left;
            sum.total += weight * c * mean;
            sum.last = c * mean;
            sum.by[1] -= c / alpha * lanes.plain[lane];
            sum.by[2] += weight * (mean + c * mean_by_a);
            sum.by[3] += weight * mean;
        }
        let last = weighted.len() - 1;
        let series = lanes.sum(GaussCoefficient::first(c - r + 1.0, a, c + 1.0), last)?;
        let by_c = series.value + (c - r) * (series.by_a + series.by_c);
        sum.total -= (c - r) * series.value;
        sum.last -= (c - r) * series.last / weighted[last].1;
        sum.by[0] += series.value + (c - r) * series.by_a;
        sum.by[1] += (c - r) / alpha * (series.value - a * series.next + series.by_log_z);
        sum.by[2] -= by_c + (c - r) * (series.logged + series.by_b);
        sum.by[3] -= by_c;
        Some(())
    }
}

/// Weights `w z (1 − z)ᵃ⁻¹` of each time, and the same times `ln(1 − z)`.
#[derive(Default)]
struct Lanes {
    z: [f64; LANES],
    plain: [f64; LANES],
    logged: [f64; LANES],
}

/// Sums over the lanes of weight times series.
#[derive(Default)]
struct Series {
    value: f64,
    by_a: f64,
    by_b: f64,
    by_c: f64,
    /// Of the last lane alone.
    last: f64,
    /// With the logged weights.
    logged: f64,
    /// With the weights times z.
    next: f64,
    /// `(1 − z) z S′(z)`.
    by_log_z: f64,
}

impl Lanes {
    /// Sums the series of all lanes power by power: Σᵢ wᵢ Σₖ cₖ zᵢᵏ = Σₖ cₖ Σᵢ wᵢ zᵢᵏ. `last` is the last lane
    /// in use.
    ///
    /// `None` where too many terms would be needed.
    fn sum(self, first: GaussCoefficient, last: usize) -> Option<Series> {
        #[cfg(target_arch = "x86_64")]
        if std::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has just been seen to have the feature.
            return unsafe { self.sum_avx2(first, last) };
        }
        self.sum_any(first, last)
    }

    /// The same with wider instructions, of the same rounding.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn sum_avx2(self, first: GaussCoefficient, last: usize) -> Option<Series> {
        self.sum_any(first, last)
    }

    #[inline(always)]
    fn sum_any(mut self, mut at: GaussCoefficient, last: usize) -> Option<Series> {
        let most = self.z.iter().copied().fold(0.0, f64::max);
        let mut sum = Series::default();
        let mut logged = [0.0; LANES];
        let mut plain = total(&self.plain);
        for _ in 0..MOST_TERMS / TERMS {
            let mut falls = true;
            for _ in 0..TERMS {
                sum.last += at.value * self.plain[last];
                let lanes = self.plain.iter_mut().zip(&mut self.logged).zip(&self.z);
                for (sum, ((plain, logged), z)) in logged.iter_mut().zip(lanes) {
                    *sum += at.value * *logged;
                    *logged *= z;
                    *plain *= z;
                }
                let next = total(&self.plain);
                sum.value += at.value * plain;
                sum.by_a += at.by_a * plain;
                sum.by_b += at.by_b * plain;
                sum.by_c += at.by_c * plain;
                sum.next += at.value * next;
                sum.by_log_z += at.k * at.value * (plain - next);
                let after = at.next();
                falls = (after.value * most).abs() <= at.value.abs();
                (at, plain) = (after, next);
            }
            // Where a or b is a whole number below zero, coefficients end before their derivatives do.
            let size = at.value.abs() + at.by_a.abs() + at.by_b.abs() + at.by_c.abs();
            if falls && size * plain <= NEGLIGIBLE * (1.0 - most) * sum.value.abs() {
                sum.logged = total(&logged);
                return Some(sum);
            }
            if !sum.value.is_finite() {
                return None;
            }
        }
        None
    }
}

/// The sum of all lanes, four at a time, since these do not wait for one another.
fn total(lanes: &[f64; LANES]) -> f64 {
    let mut four = [0.0; 4];
    for some in lanes.chunks_exact(4) {
        for (sum, lane) in four.iter_mut().zip(some) {
            *sum += lane;
        }
    }
    (four[0] + four[1]) + (four[2] + four[3])
}

/// `(1 − eᵖˡ) / p`, which is `−l` at p = 0, and its derivative by p; `less` is `eᵖˡ − 1`.
fn log_mean(p: f64, l: f64, less: f64) -> (f64, f64) {
    /// Under it the difference would lose digits, and so many terms of its series are exact to rounding.
    const SMALL: f64 = 0.1;
    const TERMS: i32 = 10;
    let u = p * l;
    let mean = if p == 0.0 { -l } else { -less / p };
    // The derivative is −l² (u eᵘ − eᵘ + 1) / u², whose quotient is Σ uᵏ / (k! (k + 2)).
    let quotient = if u.abs() < SMALL {
        let (mut power, mut sum) = (1.0, 0.5);
        for k in 1..TERMS {
            power *= u / f64::from(k);
            sum += power / f64::from(k + 2);
        }
        sum
    } else {
        (u + u * less - less) / (u * u)
    };
    (mean, -l * l * quotient)
}
