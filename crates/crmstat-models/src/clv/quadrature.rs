//! Numerical integration for what has no stable closed form.

/// `∫₀¹ f(x, 1 − x) dx` by the double-exponential rule (Takahasi and Mori, 1974), which bears integrable
/// singularities at both ends; `f` gets the distances from both, each exact.
///
/// The step is halved until two results agree to 1e-13 relative, seven times at most.
pub(super) fn unit_interval(f: impl Fn(f64, f64) -> f64) -> f64 {
    use std::f64::consts::PI;

    /// Beyond it the nearer end is closer than 1e-270 and weights vanish.
    const EDGE: f64 = 6.0;
    let at = |t: f64| {
        let lower = 1.0 / (1.0 + (-PI * t.sinh()).exp());
        let upper = 1.0 / (1.0 + (PI * t.sinh()).exp());
        let weight = PI * t.cosh() * lower * upper;
        if weight == 0.0 { 0.0 } else { weight * f(lower, upper) }
    };
    let mut step = 0.25;
    let mut sum: f64 = (-24..=24).map(|k| at(f64::from(k) * step)).sum();
    let mut result = sum * step;
    for _ in 0..7 {
        let odd = (EDGE / step) as i32;
        sum += (-odd..odd).map(|k| at((f64::from(k) + 0.5) * step)).sum::<f64>();
        step *= 0.5;
        let finer = sum * step;
        let agreed = (finer - result).abs() <= 1e-13 * finer.abs();
        result = finer;
        if agreed {
            break;
        }
    }
    result
}

/// The mean of `f(p)` over p ~ Beta(a, b), however narrow, wide or lopsided the distribution is.
///
/// With p₀ = a / (a + b) and δ the distance of p's logit from that of p₀, the density is proportional to
///
/// ```text
/// exp((a + b) (p₀ δ − ln(1 + p₀ (e^δ − 1))))
/// ```
///
/// which loses no digits to `ln B(a, b)`, and is the same with p₀ and δ of 1 − p, of which the smaller p₀ loses
/// none either: a bell with tails `e^(aδ)` and `e^(−bδ)`. Each side is integrated by
/// the double-exponential rule for half a line, δ = w exp(t − e^(−t)) (Takahasi and Mori, 1974), whose steps
/// grow with δ, so that a tail of any length and whatever f does near p₀ are both met. Steps are halved until
/// two results agree to 1e-13 relative, seven times at most.
pub(super) fn mean_over_beta(a: f64, b: f64, f: impl Fn(f64) -> f64) -> f64 {
    /// Where δ is 1e-17 of the bell's width.
    const START: f64 = -3.75;
    /// A tail that weighs less is left out.
    const NEGLIGIBLE: f64 = 1e-18;
    let (center, far) = (a / (a + b), b / (a + b));
    // The standard deviation of the logit where that is small, and else the scale of p's own curve.
    let width = (1.0 / a + 1.0 / b).sqrt().min(1.0);
    let at = |side: f64, t: f64| {
        let size = (t - (-t).exp()).exp();
        let delta = side * width * size;
        let log_density = if a < b { gap(center, delta) } else { gap(far, -delta) };
        let weight = size * (1.0 + (-t).exp()) * ((a + b) * log_density).exp();
        (weight, 1.0 / (1.0 + b / a * (-delta).exp()))
    };
    // In whole quarters, and at least as far as the bell is wide.
    let end = |side: f64| {
        let falls = |quarter: &i32| at(side, 0.25 * f64::from(*quarter)).0 < NEGLIGIBLE;
        (8..400).find(falls).unwrap_or(400)
    };
    let ends = [-1.0, 1.0].map(|side| (side, end(side)));
    let first = (4.0 * START) as i32;
    let (mut mass, mut total, mut step) = (0.0, 0.0, 0.25);
    let mut add = |side: f64, t: f64| {
        let (weight, p) = at(side, t);
        if weight > 0.0 {
            mass += weight;
            total += weight * f(p);
        }
        total / mass
    };
    let mut result = 0.0;
    for (side, end) in ends {
        for k in first..=end {
            result = add(side, step * f64::from(k));
        }
    }
    for halving in 0..7 {
        let mut finer = result;
        for (side, end) in ends {
            for k in first << halving..end << halving {
                finer = add(side, step * (f64::from(k) + 0.5));
            }
        }
        step *= 0.5;
        let agreed = (finer - result).abs() <= 1e-13 * finer.abs();
        result = finer;
        if agreed {
            break;
        }
    }
    result
}

/// `p δ − ln(1 + p (e^δ − 1))`, best for p of at most ½.
fn gap(p: f64, delta: f64) -> f64 {
    /// Beyond it `e^δ` approaches the end of the range of floats.
    const FAR: f64 = 700.0;
    if delta < FAR { p * delta - (p * delta.exp_m1()).ln_1p() } else { (p - 1.0) * delta - p.ln() }
}

/// Positive nodes and weights of the sixteen-point Gauss–Legendre rule on `[−1, 1]`
/// (Abramowitz and Stegun, table 25.4).
pub(super) const GAUSS: [(f64, f64); 8] = [
    (0.095_012_509_837_637_44, 0.189_450_610_455_068_5),
    (0.281_603_550_779_258_9, 0.182_603_415_044_923_58),
    (0.458_016_777_657_227_4, 0.169_156_519_395_002_54),
    (0.617_876_244_402_643_7, 0.149_595_988_816_576_73),
    (0.755_404_408_355_003, 0.124_628_971_255_533_87),
    (0.865_631_202_387_831_7, 0.095_158_511_682_492_78),
    (0.944_575_023_073_232_6, 0.062_253_523_938_647_89),
    (0.989_400_934_991_649_9, 0.027_152_459_411_754_095),
];

#[cfg(test)]
mod tests {
    use super::{GAUSS, mean_over_beta, unit_interval};
    use crate::special::beta::ln_beta;

    #[test]
    fn endpoint_singularities_are_integrated() {
        for (a, b) in [(0.05, 0.3), (1.0, 1.0), (0.8, 2000.0)] {
            let integral = unit_interval(|p, q| p.powf(a - 1.0) * q.powf(b - 1.0));
            assert!((integral.ln() - ln_beta(a, b)).abs() < 1e-11, "B({a}, {b}) is not {integral}");
        }
    }

    #[test]
    fn means_over_narrow_and_wide_distributions_are_met() {
        for a in [1e-8, 0.0015, 0.02, 0.3, 1.0, 20.0, 1e4, 1e7, 1e11] {
            for b in [1e-8, 0.0015, 0.02, 0.7, 3.0, 1e3, 1e6, 1e11] {
                let mean = a / (a + b);
                let square = mean * (a + 1.0) / (a + b + 1.0);
                let found = mean_over_beta(a, b, |p| p);
                assert!(
                    (found / mean - 1.0).abs() < 1e-10,
                    "E[p] of Beta({a}, {b}) is not {found}"
                );
                let found = mean_over_beta(a, b, |p| p * p);
                assert!(
                    (found / square - 1.0).abs() < 1e-10,
                    "E[p²] of Beta({a}, {b}) is not {found}"
                );
            }
        }
    }

    #[test]
    fn sixteen_points_integrate_the_thirtieth_power() {
        let integral: f64 = GAUSS.iter().map(|(node, weight)| 2.0 * weight * node.powi(30)).sum();
        assert!((integral - 2.0 / 31.0).abs() < 1e-15);
    }
}
