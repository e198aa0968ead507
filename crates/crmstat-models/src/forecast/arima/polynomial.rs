//! Polynomials in the lag operator B, written as 1 − c₁B − c₂B² − …; a slice holds c₁, c₂, ….

/// The coefficients whose partial autocorrelations are `partial`, by the Durbin–Levinson recursion
/// (Monahan, Biometrika 71 (1984), 403–404). Every coefficient vector with all roots outside the unit
/// circle comes from exactly one set of numbers below one in size.
pub(super) fn from_partial(partial: &[f64]) -> Vec<f64> {
    let mut coefficients: Vec<f64> = Vec::with_capacity(partial.len());
    for (order, &last) in partial.iter().enumerate() {
        let before = coefficients.clone();
        for lag in 0..order {
            coefficients[lag] -= last * before[order - 1 - lag];
        }
        coefficients.push(last);
    }
    coefficients
}

/// Whether all roots of the polynomial are larger than `modulus`, by stepping the recursion down
/// (Schur and Cohn); no root is computed.
pub(super) fn roots_exceed(coefficients: &[f64], modulus: f64) -> bool {
    let mut rest: Vec<f64> =
        coefficients.iter().zip(1..).map(|(c, lag)| c * modulus.powi(lag)).collect();
    while let Some(last) = rest.pop() {
        if last.is_nan() || last.abs() >= 1.0 {
            return false;
        }
        let before = rest.clone();
        for (lag, value) in rest.iter_mut().enumerate() {
            *value = (*value + last * before[before.len() - 1 - lag]) / (1.0 - last * last);
        }
    }
    true
}

/// The product of a polynomial in B and one in Bᵐ, `season` being m.
pub(super) fn product(regular: &[f64], seasonal: &[f64], season: usize) -> Vec<f64> {
    let mut full = vec![0.0; regular.len() + seasonal.len() * season];
    full[..regular.len()].copy_from_slice(regular);
    for (index, outer) in seasonal.iter().enumerate() {
        let lag = (index + 1) * season;
        full[lag - 1] += outer;
        for (inner, c) in regular.iter().enumerate() {
            full[lag + inner] -= outer * c;
        }
    }
    full
}

/// (1 − B)ᵈ (1 − Bᵐ)ᴰ.
pub(super) fn differencing(regular: usize, seasonal: usize, season: usize) -> Vec<f64> {
    let mut full = Vec::new();
    for _ in 0..regular {
        full = product(&full, &[1.0], 1);
    }
    for _ in 0..seasonal {
        full = product(&full, &[1.0], season);
    }
    full
}

/// The lags whose coefficients are not zero, with these.
pub(super) fn sparse(coefficients: &[f64]) -> Vec<(usize, f64)> {
    (1..).zip(coefficients.iter().copied()).filter(|lag| lag.1 != 0.0).collect()
}

/// `values` under the polynomial, for the observations that have all lags.
pub(super) fn filtered(values: &[f64], coefficients: &[f64]) -> Vec<f64> {
    let lags = sparse(coefficients);
    (coefficients.len()..values.len())
        .map(|t| values[t] - lags.iter().map(|&(lag, c)| c * values[t - lag]).sum::<f64>())
        .collect()
}

/// Σ cₖ x₋ₖ over the last values of `known`, as many as there are.
pub(super) fn predicted(known: &[f64], coefficients: &[f64]) -> f64 {
    known.iter().rev().zip(coefficients).map(|(value, c)| value * c).sum()
}

/// The first `count` weights ψ of θ(B)/φ(B), ψ₀ = 1, with θ(B) = 1 + θ₁B + ….
pub(super) fn psi_weights(phi: &[f64], theta: &[f64], count: usize) -> Vec<f64> {
    let mut psi: Vec<f64> = Vec::with_capacity(count);
    for lag in 0..count {
        let own = if lag == 0 { 1.0 } else { theta.get(lag - 1).copied().unwrap_or(0.0) };
        psi.push(own + predicted(&psi, phi));
    }
    psi
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_and_differences_by_hand() {
        // (1 − 0.5B)(1 − 0.2B²) = 1 − 0.5B − 0.2B² + 0.1B³.
        assert_eq!(product(&[0.5], &[0.2], 2), [0.5, 0.2, -0.1]);
        assert_eq!(differencing(2, 0, 1), [2.0, -1.0]);
        assert_eq!(differencing(1, 1, 3), [1.0, 0.0, 1.0, -1.0]);
        assert_eq!(filtered(&[1.0, 4.0, 9.0, 16.0], &[2.0, -1.0]), [2.0, 2.0]);
    }

    #[test]
    fn partial_autocorrelations_keep_the_roots_outside() {
        assert_eq!(from_partial(&[0.5]), [0.5]);
        // φ₁ = r₁(1 − r₂), φ₂ = r₂.
        let two = from_partial(&[0.5, -0.3]);
        assert!((two[0] - 0.65).abs() < 1e-15 && (two[1] + 0.3).abs() < 1e-15);
        assert!(roots_exceed(&two, 1.0));
        // 1 − 0.9B has its root at 1/0.9.
        assert!(roots_exceed(&[0.9], 1.11) && !roots_exceed(&[0.9], 1.12));
        assert!(!roots_exceed(&[1.2, -0.1], 1.0) && !roots_exceed(&[f64::NAN], 1.0));
    }
}
