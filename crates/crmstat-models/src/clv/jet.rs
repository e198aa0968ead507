//! A number with its exact first and second derivatives.
//!
//! Likelihoods are written once, in these numbers; the gradient and the Hessian follow from the chain
//! rule to rounding, with no difference quotient.

use std::ops::{Add, AddAssign, Mul, Sub};

use crate::optimise::newton::Evaluation;
use crate::special::gamma::{digamma, ln_gamma, ln_rise, trigamma};

/// A function of `N` parameters at a point: value, gradient and Hessian.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Jet<const N: usize> {
    pub(super) value: f64,
    pub(super) gradient: [f64; N],
    pub(super) hessian: [[f64; N]; N],
}

impl<const N: usize> Jet<N> {
    pub(super) const ZERO: Self = Self { value: 0.0, gradient: [0.0; N], hessian: [[0.0; N]; N] };

    /// The parameters themselves.
    pub(super) fn variables(point: &[f64; N]) -> [Self; N] {
        std::array::from_fn(|index| {
            let mut jet = Self { value: point[index], ..Self::ZERO };
            jet.gradient[index] = 1.0;
            jet
        })
    }

    /// `f` of this number, from `f`, `f′` and `f″` at its value.
    fn apply(self, value: f64, first: f64, second: f64) -> Self {
        let mut out = Self { value, ..Self::ZERO };
        for i in 0..N {
            out.gradient[i] = first * self.gradient[i];
            for j in 0..N {
                out.hessian[i][j] =
                    first * self.hessian[i][j] + second * self.gradient[i] * self.gradient[j];
            }
        }
        out
    }

    pub(super) fn ln(self) -> Self {
        let slope = 1.0 / self.value;
        self.apply(self.value.ln(), slope, -slope * slope)
    }

    pub(super) fn ln_gamma(self) -> Self {
        self.apply(ln_gamma(self.value), digamma(self.value), trigamma(self.value))
    }

    /// `ln Γ(x + n) − ln Γ(x)` of this x, without the cancellation of large ones.
    pub(super) fn ln_rise(self, n: f64) -> Self {
        let [value, first, second] = ln_rise(self.value, n);
        self.apply(value, first, second)
    }

    /// `ln((x + from) / (x + to))` of this x for `0 ≤ from ≤ to`, without the cancellation of large x.
    pub(super) fn ln_ratio(self, from: f64, to: f64) -> Self {
        let (start, end) = (self.value + from, self.value + to);
        let (gap, inverse) = (to - from, 1.0 / (start * end));
        let slope = gap * inverse;
        self.apply(-(gap / start).ln_1p(), slope, -slope * (start + end) * inverse)
    }

    /// `ln(eᵃ + eᵇ)` for this and `other`.
    pub(super) fn log_sum(self, other: Self) -> Self {
        self + (other - self).ln_1p_exp()
    }

    /// `ln(1 + eᵃ)`.
    pub(super) fn ln_1p_exp(self) -> Self {
        let gap = self.value;
        let share = 1.0 / (1.0 + (-gap).exp());
        let value = if gap > 0.0 { gap + (-gap).exp().ln_1p() } else { gap.exp().ln_1p() };
        self.apply(value, share, share * (1.0 - share))
    }

    /// What Newton's method minimises, in the logarithms of the parameters: this, negated.
    pub(super) fn descend_in_logs(&self, point: &[f64; N]) -> Evaluation {
        let gradient: Vec<f64> = (0..N).map(|i| -self.gradient[i] * point[i]).collect();
        let mut hessian: Vec<f64> =
            (0..N * N).map(|k| -self.hessian[k / N][k % N] * point[k / N] * point[k % N]).collect();
        for i in 0..N {
            hessian[i * N + i] += gradient[i];
        }
        Evaluation { value: -self.value, gradient, hessian }
    }
}

impl<const N: usize> Add for Jet<N> {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl<const N: usize> AddAssign for Jet<N> {
    fn add_assign(&mut self, other: Self) {
        self.value += other.value;
        for i in 0..N {
            self.gradient[i] += other.gradient[i];
            for j in 0..N {
                self.hessian[i][j] += other.hessian[i][j];
            }
        }
    }
}

impl<const N: usize> Sub for Jet<N> {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + other * -1.0
    }
}

impl<const N: usize> Add<f64> for Jet<N> {
    type Output = Self;

    fn add(mut self, constant: f64) -> Self {
        self.value += constant;
        self
    }
}

impl<const N: usize> Mul<f64> for Jet<N> {
    type Output = Self;

    fn mul(self, factor: f64) -> Self {
        self.apply(self.value * factor, factor, 0.0)
    }
}

impl<const N: usize> Mul for Jet<N> {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let mut out = self * other.value + other * self.value;
        out.value = self.value * other.value;
        for i in 0..N {
            for j in 0..N {
                out.hessian[i][j] +=
                    self.gradient[i] * other.gradient[j] + other.gradient[i] * self.gradient[j];
            }
        }
        out
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::Jet;

    /// Compares the derivatives of `function` with difference quotients at `point`.
    pub(crate) fn derivatives_agree<const N: usize>(
        function: impl Fn(&[f64; N]) -> Jet<N>,
        point: [f64; N],
    ) {
        let jet = function(&point);
        for i in 0..N {
            let step = 1e-5 * point[i].abs();
            let (mut above, mut below) = (point, point);
            above[i] += step;
            below[i] -= step;
            let (above, below) = (function(&above), function(&below));
            let slope = (above.value - below.value) / (2.0 * step);
            assert!(
                (jet.gradient[i] - slope).abs() < 1e-6 * slope.abs().max(1.0),
                "gradient {i}: {} is not {slope}",
                jet.gradient[i]
            );
            for j in 0..N {
                let bend = (above.gradient[j] - below.gradient[j]) / (2.0 * step);
                assert!(
                    (jet.hessian[i][j] - bend).abs() < 1e-6 * bend.abs().max(1.0),
                    "hessian {i}, {j}: {} is not {bend}",
                    jet.hessian[i][j]
                );
            }
        }
    }

    #[test]
    fn the_chain_rule_agrees_with_difference_quotients() {
        let function = |point: &[f64; 3]| {
            let [a, b, c] = Jet::variables(point);
            (a * b + 0.5).ln().log_sum(b.ln_rise(2.5) * c.ln_ratio(0.3, 1.2) - a.ln_gamma() * 2.0)
        };
        derivatives_agree(function, [0.7, 2.3, 1.9]);
    }
}
