//! The hypergeometric series that the beta-geometric models stand on.

/// The terms after which a series is given up; with small parameters it is reached for `1 − z` under
/// about 0.002.
pub const MOST_TERMS: u32 = 20_000;

/// `₃F₂(a, b, 1; c, 2; z) = Σ (a)ₖ (b)ₖ / (c)ₖ · zᵏ / (k + 1)!` for `c > 0` and `0 ≤ z < 1`.
///
/// It is what remains of Gauss's function when its first term is split off,
/// `₂F₁(a − 1, b − 1; c − 1; z) = 1 + (a − 1)(b − 1) z / (c − 1) · ₃F₂`, and stays finite where that
/// quotient does not: at `a = 1`, `b = 1` or `c = 1`.
///
/// About `36 / −ln z` terms are summed. `None` when 20,000 do not suffice or
/// one is not finite.
pub fn gauss_remainder(a: f64, b: f64, c: f64, z: f64) -> Option<f64> {
    let ratio = |k: f64| (a + k) * (b + k) / ((c + k) * (k + 2.0)) * z;
    let (mut term, mut sum) = (1.0, 1.0);
    // Four terms at a time, since their quotients do not wait for one another.
    for first in (0..MOST_TERMS).step_by(4) {
        let k = f64::from(first);
        let ratios = [ratio(k), ratio(k + 1.0), ratio(k + 2.0), ratio(k + 3.0)];
        let two = ratios[0] * ratios[1];
        let four = two * (ratios[2] * ratios[3]);
        sum += term * ((ratios[0] + two) + (two * ratios[2] + four));
        term *= four;
        // Once the ratio is below one and falling towards z, the tail is under term · z / (1 − z).
        let settled = ratios[3].abs() < 1.0 && a + k >= 0.0 && b + k >= 0.0;
        if term == 0.0 || settled && term.abs() < 0.25 * f64::EPSILON * (1.0 - z) * sum.abs() {
            return Some(sum);
        }
        if !sum.is_finite() {
            return None;
        }
    }
    None
}

/// What stands before `zᵏ` in [`gauss_remainder`], with its derivatives by `a`, `b` and `c`.
#[derive(Clone, Copy, Debug)]
pub struct GaussCoefficient {
    parameters: [f64; 3],
    /// k.
    pub k: f64,
    /// `(a)ₖ (b)ₖ / ((c)ₖ (k + 1)!)`.
    pub value: f64,
    /// Its derivative by `a`.
    pub by_a: f64,
    /// Its derivative by `b`.
    pub by_b: f64,
    /// Its derivative by `c`.
    pub by_c: f64,
}

impl GaussCoefficient {
    /// The coefficient of `z⁰`.
    pub fn first(a: f64, b: f64, c: f64) -> Self {
        Self { parameters: [a, b, c], k: 0.0, value: 1.0, by_a: 0.0, by_b: 0.0, by_c: 0.0 }
    }

    /// The coefficient of the next power.
    #[must_use]
    pub fn next(self) -> Self {
        let ([a, b, c], k) = (self.parameters, self.k);
        let inverse = 1.0 / ((c + k) * (k + 2.0));
        let (slope_a, slope_b) = ((b + k) * inverse, (a + k) * inverse);
        let ratio = (a + k) * slope_a;
        let slope_c = -ratio * (k + 2.0) * inverse;
        Self {
            k: k + 1.0,
            value: self.value * ratio,
            by_a: self.by_a * ratio + self.value * slope_a,
            by_b: self.by_b * ratio + self.value * slope_b,
            by_c: self.by_c * ratio + self.value * slope_c,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{GaussCoefficient, gauss_remainder};

    #[test]
    fn closed_forms_are_met() {
        for z in [1e-9_f64, 0.1, 0.5, 0.9, 0.99] {
            // ₃F₂(1, 1, 1; 1, 2; z) = −ln(1 − z) / z.
            let logarithm = -(-z).ln_1p() / z;
            let value = gauss_remainder(1.0, 1.0, 1.0, z).unwrap();
            assert!((value / logarithm - 1.0).abs() < 1e-13, "z = {z}");
            // ₂F₁(a, b; b; z) = (1 − z)^−a, so ₃F₂(a + 1, b + 1, 1; b + 1, 2; z) = ((1 − z)^−a − 1) / (a z).
            for a in [-0.7, 0.3, 2.5] {
                let power = (-a * (-z).ln_1p()).exp_m1() / (a * z);
                let value = gauss_remainder(a + 1.0, 3.2, 3.2, z).unwrap();
                assert!((value / power - 1.0).abs() < 1e-12, "a = {a}, z = {z}: {value}");
            }
        }
    }

    #[test]
    fn high_precision_values_are_met() {
        // Three thousand terms by mpmath 1.3 at 30 digits; the shapes are those of CDNOW's customers.
        let table = [
            (2.0, 0.8, 2.2, 0.5, 1.260_315_162_201_969_8),
            (2.976, 0.793, 3.219, 0.92, 1.936_593_013_975_572_7),
            (2.976, 0.793, 28.219, 0.6, 1.026_406_093_473_504),
            (-0.5, 0.3, 1.5, 0.9, 0.950_234_664_655_343_9),
            (40.0, 5.0, 60.0, 0.3, 1.807_130_371_299_564_5),
            (2.0, 0.8, 10_002.0, 0.95, 1.000_075_997_795_999),
        ];
        for (a, b, c, z, expected) in table {
            let value = gauss_remainder(a, b, c, z).unwrap();
            assert!((value / expected - 1.0).abs() < 1e-14, "{a}, {b}, {c}, {z}: {value}");
        }
    }

    #[test]
    fn coefficients_sum_to_the_series_and_their_derivatives_to_its_own() {
        let z = 0.4;
        for (a, b, c) in [(2.976, 0.793, 3.219), (-0.5, 0.3, 1.5), (-2.0, 1.0, 4.0)] {
            let mut at = GaussCoefficient::first(a, b, c);
            let (mut power, mut sums) = (1.0, [0.0; 4]);
            for _ in 0..100 {
                for (sum, own) in sums.iter_mut().zip([at.value, at.by_a, at.by_b, at.by_c]) {
                    *sum += own * power;
                }
                (at, power) = (at.next(), power * z);
            }
            let of = |a, b, c| gauss_remainder(a, b, c, z).unwrap();
            let quotient = |of: &dyn Fn(f64) -> f64| (of(1e-5) - of(-1e-5)) / 2e-5;
            let expected = [
                of(a, b, c),
                quotient(&|by| of(a + by, b, c)),
                quotient(&|by| of(a, b + by, c)),
                quotient(&|by| of(a, b, c + by)),
            ];
            for (sum, expected) in sums.iter().zip(expected) {
                let close = (sum - expected).abs() < 1e-9 * expected.abs().max(1.0);
                assert!(close, "{a}, {b}, {c}: {sum} is not {expected}");
            }
        }
    }

    #[test]
    fn a_series_that_cannot_converge_says_so() {
        assert_eq!(gauss_remainder(2.0, 2.0, 1.0, 1.0), None);
    }
}
