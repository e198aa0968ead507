//! Derivatives of the orders that lie ahead, in closed form.

use super::alive::Alive;
use crate::special::hypergeometric::GaussRemainders;

/// Times that share one pass over the terms of a series.
const LANES: usize = 4;

/// A number that depends on r, α, a and b.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slopes {
    pub(super) value: f64,
    /// Its derivatives.
    pub(super) by: [f64; 4],
}

impl Alive {
    /// The sum of [`Alive::orders`] until each time, times its weight.
    ///
    /// `None` where quadrature is needed for one of the times.
    pub(super) fn weighted_orders(&self, weighted: &[(f64, f64)]) -> Option<Slopes> {
        let mut sum = Slopes::default();
        for some in weighted.chunks(LANES) {
            // Lanes that remain at the end repeat the first and weigh nothing.
            let lanes: [_; LANES] =
                std::array::from_fn(|lane| some.get(lane).copied().unwrap_or((some[0].0, 0.0)));
            self.add_orders(lanes, &mut sum)?;
        }
        Some(sum)
    }

    fn add_orders(&self, weighted: [(f64, f64); LANES], sum: &mut Slopes) -> Option<()> {
        let &Self { r, alpha, a, b } = self;
        let c = a + b - 1.0;
        let z = weighted.map(|(time, _)| time / (alpha + time));
        if z.iter().any(|z| self.needs_quadrature(*z)) {
            return None;
        }
        let series = GaussRemainders::at(c - r + 1.0, a, c + 1.0, z)?;
        for (lane, (_, weight)) in weighted.into_iter().enumerate() {
            let (z, left, log_left) = (z[lane], 1.0 - z[lane], (-z[lane]).ln_1p());
            let power = ((a - 1.0) * log_left).exp();
            let (mean, mean_by_a) = log_mean(a - 1.0, log_left);
            // The orders are c · mean − (c − r) z (1 − z)ᵃ⁻¹ · value.
            let value = series.value[lane];
            let (one, all) = (z * power, (c - r) * z * power);
            let by_c = mean - one * value - all * (series.by_a[lane] + series.by_c[lane]);
            let by_z = c * power / left
                - (c - r) * power * ((1.0 - (a - 1.0) * z / left) * value + series.by_log_z[lane]);
            sum.value += weight * (c * mean - all * value);
            sum.by[0] += weight * (one * value + all * series.by_a[lane]);
            sum.by[1] -= weight * by_z * z * left / alpha;
            sum.by[2] +=
                weight * (c * mean_by_a - all * (log_left * value + series.by_b[lane]) + by_c);
            sum.by[3] += weight * by_c;
        }
        Some(())
    }
}

/// `(1 − eᵖˡ) / p`, which is `−l` at p = 0, and its derivative by p.
fn log_mean(p: f64, l: f64) -> (f64, f64) {
    /// Under it the difference would lose digits, and so many terms of its series are exact to rounding.
    const SMALL: f64 = 0.1;
    const TERMS: i32 = 10;
    let u = p * l;
    let mean = if p == 0.0 { -l } else { -u.exp_m1() / p };
    // The derivative is −l² (u eᵘ − eᵘ + 1) / u², whose quotient is Σ uᵏ / (k! (k + 2)).
    let quotient = if u.abs() < SMALL {
        let (mut power, mut sum) = (1.0, 0.5);
        for k in 1..TERMS {
            power *= u / f64::from(k);
            sum += power / f64::from(k + 2);
        }
        sum
    } else {
        (u * u.exp() - u.exp_m1()) / (u * u)
    };
    (mean, -l * l * quotient)
}
