//! Derivatives of the orders that lie ahead, in closed form.

#![expect(
    clippy::inline_always,
    reason = "a step that stays a call is compiled without the caller's instructions"
)]

use super::alive::{Alive, Coefficient, MOST_TERMS};

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
    /// The sum of [`Alive::orders`] until each time, times its weight, which is not negative.
    ///
    /// `None` where quadrature is needed for one of the times.
    pub(super) fn weighted_orders(&self, weighted: &[(f64, f64)]) -> Option<Weighted> {
        let mut sum = Weighted::default();
        for some in weighted.chunks(LANES) {
            self.add_orders(some, &mut sum)?;
        }
        Some(sum)
    }

    /// Orders are `(1 − z)ʳ Σ cₙ zⁿ`, see [`Alive::orders`].
    fn add_orders(&self, weighted: &[(f64, f64)], sum: &mut Weighted) -> Option<()> {
        let most = weighted.iter().map(|(time, _)| *time).fold(0.0, f64::max);
        let most = most / (self.alpha + most);
        let mut lanes = Lanes { most, ..Lanes::default() };
        for (lane, &(time, weight)) in weighted.iter().enumerate() {
            if self.needs_quadrature(time) {
                return None;
            }
            let log_left = -(time / self.alpha).ln_1p();
            lanes.ratio[lane] = time / (self.alpha + time) / most.max(f64::MIN_POSITIVE);
            lanes.plain[lane] = weight * (self.r * log_left).exp();
            lanes.logged[lane] = lanes.plain[lane] * log_left;
        }
        let last = weighted.len() - 1;
        let weight = weighted[last].1;
        let series = lanes.sum(self, last)?;
        sum.total += series.value;
        sum.last = if weight > 0.0 { series.last / weight } else { self.orders(weighted[last].0) };
        sum.by[0] += series.by_r + series.logged;
        sum.by[1] -= series.by_z / self.alpha;
        sum.by[2] += series.by_a;
        sum.by[3] += series.by_b;
        Some(())
    }
}

/// A coefficient of the series and its derivatives by r, a and b.
#[derive(Clone, Copy)]
struct Slopes {
    at: Coefficient,
    /// The probability to survive n − 1 orders; 0 for n = 0.
    before: f64,
    /// Σ 1 / (r + j), j < n: the derivative of `ln (r)ₙ`.
    rising: f64,
    /// Σ 1 / (a + b + j), j < n: that of the logarithm of `survives` by a, negated.
    falls_by_a: f64,
    /// Σ a / ((b + j) (a + b + j)), j < n: that by b.
    rises_by_b: f64,
    stays_by_a: f64,
    stays_by_b: f64,
}

impl Slopes {
    fn first() -> Self {
        Self {
            at: Coefficient::FIRST,
            before: 0.0,
            rising: 0.0,
            falls_by_a: 0.0,
            rises_by_b: 0.0,
            stays_by_a: 0.0,
            stays_by_b: 0.0,
        }
    }

    #[must_use]
    fn next(self, alive: &Alive, z: f64) -> Self {
        let (n, survives) = (self.at.n, self.at.survives);
        let whole = 1.0 / (alive.a + alive.b + n);
        Self {
            at: self.at.next(alive, z),
            before: survives,
            rising: self.rising + 1.0 / (alive.r + n),
            falls_by_a: self.falls_by_a + whole,
            rises_by_b: self.rises_by_b + alive.a * whole / (alive.b + n),
            stays_by_a: self.stays_by_a - survives * self.falls_by_a,
            stays_by_b: self.stays_by_b + survives * self.rises_by_b,
        }
    }

    /// The coefficient and its elasticities together: none of them is larger.
    fn size(&self, alive: &Alive) -> f64 {
        let Coefficient { counted, stays, .. } = self.at;
        let by_r = stays * (1.0 + alive.r * self.rising);
        counted * (by_r + alive.b * self.stays_by_b - alive.a * self.stays_by_a)
    }
}

/// Weights `w (1 − z)ʳ (z / most)ⁿ` of each time, and the same times `ln(1 − z)`; the coefficients hold mostⁿ,
/// which keeps both in the range of floats.
#[derive(Default)]
struct Lanes {
    /// The largest z.
    most: f64,
    /// z over the largest.
    ratio: [f64; LANES],
    plain: [f64; LANES],
    logged: [f64; LANES],
}

/// Sums over the lanes of weight times series.
#[derive(Default)]
struct Series {
    value: f64,
    by_r: f64,
    /// `z (1 − z)` times the derivative by z of orders.
    by_z: f64,
    by_a: f64,
    by_b: f64,
    /// Of the last lane alone.
    last: f64,
    /// With the logged weights.
    logged: f64,
}

impl Lanes {
    /// Sums the series of all lanes power by power: Σᵢ wᵢ Σₙ cₙ zᵢⁿ = Σₙ cₙ Σᵢ wᵢ zᵢⁿ. `last` is the last lane
    /// in use.
    ///
    /// `None` where too many terms would be needed.
    fn sum(self, alive: &Alive, last: usize) -> Option<Series> {
        #[cfg(target_arch = "x86_64")]
        if std::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has just been seen to have the feature.
            return unsafe { self.sum_avx2(alive, last) };
        }
        self.sum_any(alive, last)
    }

    /// The same with wider instructions, of the same rounding.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn sum_avx2(self, alive: &Alive, last: usize) -> Option<Series> {
        self.sum_any(alive, last)
    }

    #[inline(always)]
    fn sum_any(mut self, alive: &Alive, last: usize) -> Option<Series> {
        let most = self.most;
        let mut sum = Series::default();
        let mut logged = [0.0; LANES];
        let mut slopes = Slopes::first();
        let mut plain = total(&self.plain);
        if plain == 0.0 {
            return Some(sum);
        }
        for _ in 0..MOST_TERMS / TERMS {
            for _ in 0..TERMS {
                let Coefficient { n, counted, stays, .. } = slopes.at;
                let value = counted * stays;
                sum.last += value * self.plain[last];
                let lanes = self.plain.iter_mut().zip(&mut self.logged).zip(&self.ratio);
                for (sum, ((plain, logged), ratio)) in logged.iter_mut().zip(lanes) {
                    *sum += value * *logged;
                    *logged *= ratio;
                    *plain *= ratio;
                }
                let next = total(&self.plain);
                sum.value += value * plain;
                sum.by_r += value * slopes.rising * plain;
                sum.by_z += counted * n * slopes.before * plain;
                sum.by_a += counted * slopes.stays_by_a * plain;
                sum.by_b += counted * slopes.stays_by_b * plain;
                (slopes, plain) = (slopes.next(alive, most), next);
            }
            let rest = slopes.size(alive) * plain * (1.0 + slopes.at.rest(alive.r, most));
            if rest <= NEGLIGIBLE * sum.value {
                sum.logged = total(&logged);
                return Some(sum);
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
