//! The logarithm of the gamma function and its first two derivatives.
//!
//! # Citation
//! Abramowitz and Stegun, *Handbook of Mathematical Functions* (1964): 6.1.41 (Stirling's series),
//! 6.3.5 and 6.4.6 (recurrences), 6.3.18 and 6.4.12 (asymptotic series).

/// Where the asymptotic series below, cut at the eighth Bernoulli number, are exact to rounding: the
/// first term left out is under 2e-17 there.
const ASYMPTOTIC: f64 = 12.0;

/// `ln Γ(x)` for `x > 0`, to a few units in the last place.
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// `ψ(x) = d ln Γ(x) / dx` for `x > 0`, with an absolute error near 1e-15 · max(1, |ψ(x)|).
pub fn digamma(x: f64) -> f64 {
    let (mut x, mut shift) = (x, 0.0);
    while x < ASYMPTOTIC {
        shift -= 1.0 / x;
        x += 1.0;
    }
    shift + x.ln() - 0.5 / x - digamma_rest(x)
}

/// `ψ′(x)` for `x > 0`, to about 1e-15 relative.
pub fn trigamma(x: f64) -> f64 {
    let (mut x, mut shift) = (x, 0.0);
    while x < ASYMPTOTIC {
        shift += 1.0 / (x * x);
        x += 1.0;
    }
    shift + (1.0 + 0.5 / x) / x + trigamma_rest(x)
}

/// What Stirling's formula leaves out: `ln Γ(x) − (x − ½) ln x + x − ½ ln 2π`, for `x ≥ 10`.
pub(super) fn stirling_remainder(x: f64) -> f64 {
    /// B(2k) / (2k (2k − 1)) for k = 1, 2, …
    const COEFFICIENTS: [f64; 7] = [
        1.0 / 12.0,
        -1.0 / 360.0,
        1.0 / 1260.0,
        -1.0 / 1680.0,
        1.0 / 1188.0,
        -691.0 / 360_360.0,
        1.0 / 156.0,
    ];
    horner(&COEFFICIENTS, 1.0 / (x * x)) / x
}

/// `ln Γ(x + n) − ln Γ(x)` for `x > 0` and `n ≥ 0`, with its first two derivatives by x: for large x none of
/// the three loses the digits that the difference of two logarithms does.
///
/// It is the logarithm of x (x + 1) … (x + n − 1), of Pochhammer's symbol.
pub fn ln_rise(x: f64, n: f64) -> [f64; 3] {
    let end = x + n;
    if x < ASYMPTOTIC {
        let slope = digamma(end) - digamma(x);
        return [ln_gamma(end) - ln_gamma(x), slope, trigamma(end) - trigamma(x)];
    }
    // By Stirling's series of both ends; 1 / x − 1 / (x + n) is n / (x (x + n)).
    let growth = (n / x).ln_1p();
    let gap = n / (x * end);
    let value = (x - 0.5) * growth + n * (end.ln() - 1.0);
    let first = growth + 0.5 * gap;
    let second = -gap * (1.0 + 0.5 * (1.0 / x + 1.0 / end));
    [
        value + (stirling_remainder(end) - stirling_remainder(x)),
        first + (digamma_rest(x) - digamma_rest(end)),
        second + (trigamma_rest(end) - trigamma_rest(x)),
    ]
}

/// `ln x − 1 / 2x − ψ(x)` by its asymptotic series.
fn digamma_rest(x: f64) -> f64 {
    /// B(2k) / 2k for k = 1, 2, …
    const COEFFICIENTS: [f64; 7] = [
        1.0 / 12.0,
        -1.0 / 120.0,
        1.0 / 252.0,
        -1.0 / 240.0,
        1.0 / 132.0,
        -691.0 / 32_760.0,
        1.0 / 12.0,
    ];
    let square = 1.0 / (x * x);
    square * horner(&COEFFICIENTS, square)
}

/// `ψ′(x) − 1 / x − 1 / 2x²` by its asymptotic series.
fn trigamma_rest(x: f64) -> f64 {
    /// B(2k) for k = 1, 2, …
    const COEFFICIENTS: [f64; 7] =
        [1.0 / 6.0, -1.0 / 30.0, 1.0 / 42.0, -1.0 / 30.0, 5.0 / 66.0, -691.0 / 2730.0, 7.0 / 6.0];
    let square = 1.0 / (x * x);
    square * horner(&COEFFICIENTS, square) / x
}

/// The polynomial with `coefficients` in rising powers, at `at`.
fn horner(coefficients: &[f64], at: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * at + coefficient)
}

#[cfg(test)]
mod tests {
    use super::{digamma, ln_gamma, ln_rise, stirling_remainder, trigamma};

    fn close(value: f64, expected: f64, relative: f64) {
        assert!(
            (value - expected).abs() <= relative * expected.abs().max(1.0),
            "{value} is not {expected}"
        );
    }

    /// `x`, `ln Γ(x)`, `ψ(x)`, `ψ′(x)` by mpmath 1.3 at 40 digits.
    const TABLE: [(f64, f64, f64, f64); 11] = [
        (0.001, 6.907_178_885_383_853, -1_000.575_571_931_810_3, 1_000_001.642_533_195_8),
        (0.2426, 1.319_785_475_090_792_2, -4.358_361_853_222_514, 18.198_210_324_240_313),
        (1.0, 0.0, -0.577_215_664_901_532_9, 1.644_934_066_848_226_4),
        (
            1.461_632_144_968_362_2,
            -0.121_486_290_535_849_61,
            -9.241_265_521_729_427e-17,
            0.967_672_245_447_621_2,
        ),
        (2.0, 0.0, 0.422_784_335_098_467_14, 0.644_934_066_848_226_4),
        (4.413, 2.333_852_929_615_162, 1.366_995_498_540_384_3, 0.254_197_802_635_848_2),
        (11.99, 17.477_885_575_426_186, 2.441_792_283_668_335, 0.086_977_410_486_987_57),
        (12.0, 17.502_307_845_873_886, 2.442_661_679_975_812, 0.086_901_872_871_768_38),
        (153.7, 618.581_886_777_604, 5.031_746_032_591_107, 0.006_527_391_967_736_565),
        (10_000.25, 82_102.020_072_160_29, 9.210_315_372_080_365, 0.000_100_002_499_979_161_98),
        (10_000_000.0, 151_180_949.369_473_9, 16.118_095_600_958_32, 1.000_000_050_000_001_7e-7),
    ];

    #[test]
    fn high_precision_values_are_met() {
        for (x, log, first, second) in TABLE {
            close(ln_gamma(x), log, 5e-16);
            close(digamma(x), first, 1e-15);
            assert!((trigamma(x) / second - 1.0).abs() < 1e-14, "trigamma({x})");
        }
    }

    #[test]
    fn stirlings_remainder_completes_the_logarithm() {
        for x in [10.0, 12.5, 153.7, 1e4] {
            let whole = (x - 0.5) * f64::ln(x) - x
                + 0.5 * std::f64::consts::TAU.ln()
                + stirling_remainder(x);
            close(whole, ln_gamma(x), 5e-16);
        }
    }

    #[test]
    fn rises_meet_sums_of_their_terms() {
        for x in [1e-6, 0.3, 2.4, 11.9, 12.1, 540.0, 1e6, 1e10, 1e16] {
            for n in [0_u32, 1, 2, 7, 40, 300] {
                let terms =
                    |of: fn(f64) -> f64| -> f64 { (0..n).map(|j| of(x + f64::from(j))).sum() };
                let [value, first, second] = ln_rise(x, f64::from(n));
                close(value, terms(f64::ln), 1e-14);
                let slope = terms(|at| 1.0 / at);
                assert!((first - slope).abs() <= 1e-13 * slope, "{x}, {n}: {first} {slope}");
                let bend = terms(|at| -1.0 / (at * at));
                assert!((second - bend).abs() <= -1e-13 * bend, "{x}, {n}: {second} {bend}");
            }
        }
    }
}
