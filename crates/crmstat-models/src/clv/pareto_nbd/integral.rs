//! The integral over the moment of leaving, `∫ (α + y)^−(r+x) (β + y)^−(s+1) dy` from `t_x` to T, over its
//! integrand at `t_x`, so that nothing grows with the parameters and cancels.
//!
//! The literature writes it as a difference of two hypergeometric functions, which overflows for large x
//! and cancels for `t_x` near T. Its integrand is positive and smooth, so Gauss–Legendre panels in
//! `v = ln((m + y) / (m + t_x))` with `m = min(α, β)` reach rounding for every customer: there its
//! singularities lie at least π off the path, and panels are cut where the integrand falls fast.

use crate::clv::jet::Jet;
use crate::clv::quadrature::GAUSS;

/// A panel is at most this wide, so that the singularities stay outside its ellipse of convergence: the
/// error of sixteen points is then under (2π/2 + √(1 + π²))^−32 < 1e-25.
const WIDEST: f64 = 2.0;

/// The integrand falls by at most this power of e in a panel: the error of sixteen points on such an
/// exponential is under 1e-24 of its largest value.
const STEEPEST: f64 = 8.0;

/// The integral's parameters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaving {
    pub(super) alpha: f64,
    pub(super) beta: f64,
    /// r + x
    pub(super) order_power: f64,
    /// s + 1
    pub(super) leave_power: f64,
    pub(super) t_x: f64,
    pub(super) end: f64,
}

impl Leaving {
    /// The logarithm of the integral over the integrand at `t_x`; −∞ when `t_x` is T.
    pub(super) fn log(&self) -> f64 {
        let mut total = 0.0;
        self.panels(|_, weight| {
            total += weight;
            total
        });
        total.ln()
    }

    /// The same with its derivatives by `[r, α, s, β]`, for `t_x` before T.
    pub(super) fn log_with_derivatives(&self) -> Jet<4> {
        // With ℓ the integrand's logarithm less that at t_x: ∇ ln I = E[∇ℓ], ∇² ln I = E[∇²ℓ + ∇ℓ ∇ℓᵀ] −
        // E[∇ℓ] E[∇ℓ]ᵀ, where E weighs by the integrand. Both limits are fixed.
        let (from_alpha, from_beta) = (self.alpha + self.t_x, self.beta + self.t_x);
        let mut total = 0.0;
        let mut mean = [0.0; 4];
        let mut square = [[0.0; 4]; 4];
        // E[∂²ℓ] by (r, α), (α, α), (s, β), (β, β).
        let mut bend = [0.0; 4];
        self.panels(|offset, weight| {
            let (a, b) = (1.0 / (from_alpha + offset), 1.0 / (from_beta + offset));
            let (fade_a, fade_b) = (offset * a / from_alpha, offset * b / from_beta);
            let d = [
                -(offset / from_alpha).ln_1p(),
                self.order_power * fade_a,
                -(offset / from_beta).ln_1p(),
                self.leave_power * fade_b,
            ];
            total += weight;
            for i in 0..4 {
                mean[i] += weight * d[i];
                for j in 0..4 {
                    square[i][j] += weight * d[i] * d[j];
                }
            }
            bend[0] += weight * fade_a;
            bend[1] -= weight * self.order_power * fade_a * (a + 1.0 / from_alpha);
            bend[2] += weight * fade_b;
            bend[3] -= weight * self.leave_power * fade_b * (b + 1.0 / from_beta);
            total
        });
        mean = mean.map(|sum| sum / total);
        let mut jet = Jet { value: total.ln(), gradient: mean, ..Jet::ZERO };
        for i in 0..4 {
            for j in 0..4 {
                jet.hessian[i][j] = square[i][j] / total - mean[i] * mean[j];
            }
        }
        for (entry, (i, j)) in bend.iter().zip([(0, 1), (1, 1), (2, 3), (3, 3)]) {
            jet.hessian[i][j] += entry / total;
            if i != j {
                jet.hessian[j][i] += entry / total;
            }
        }
        jet
    }

    /// Visits the nodes with `y − t_x` and the weight of the integrand there, relative to the integrand
    /// at `t_x`; `add` returns the sum of all weights so far.
    fn panels(&self, mut add: impl FnMut(f64, f64) -> f64) {
        let from_alpha = self.alpha + self.t_x;
        let from_beta = self.beta + self.t_x;
        let scale = from_alpha.min(from_beta);
        let whole = ((self.end - self.t_x) / scale).ln_1p();
        // The integrand without dy/dv, relative to t_x: it falls all the way.
        let log = |offset: f64| {
            -self.order_power * (offset / from_alpha).ln_1p()
                - self.leave_power * (offset / from_beta).ln_1p()
        };
        let (mut total, mut start) = (0.0, 0.0);
        while start < whole {
            let mut width = WIDEST.min(whole - start);
            let at_start = log(scale * f64::exp_m1(start));
            while at_start - log(scale * (start + width).exp_m1()) > STEEPEST {
                width *= 0.5;
            }
            let half = 0.5 * width;
            let middle = start + half;
            let before = total;
            for (node, weight) in GAUSS {
                for v in [middle - half * node, middle + half * node] {
                    // y − t_x = scale (eᵛ − 1), dy = scale eᵛ dv.
                    let offset = scale * v.exp_m1();
                    total = add(offset, half * weight * (scale + offset) * log(offset).exp());
                }
            }
            // The integrand has one peak: past it, panels that add nothing are followed by such.
            if total - before <= 1e-18 * total || start + width == start {
                break;
            }
            start += width;
        }
    }
}
