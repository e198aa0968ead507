//! The unit in which a series is computed, so that the one it is kept in does not matter.

use crate::{Error, Result, sum::compensated};

/// Mean sizes of observations whose squares, and those of their forecasts, stay within `f64`.
const SIZES: std::ops::RangeInclusive<f64> = 1e-100..=1e100;

/// Normalised values are rounded to this, 2⁻³⁶: far below what data resolve, and above the rounding of a
/// change of unit, which a search for parameters would otherwise carry into its last steps.
const RESOLUTION: f64 = 1.0 / (1_u64 << 36) as f64;

/// The mean absolute value (one for zeros), and the values divided by it.
///
/// # Errors
/// A data error for values too large or too small to be squared.
pub(super) fn normalised(values: &[f64]) -> Result<(f64, Vec<f64>)> {
    let size = compensated(values.iter().map(|value| value.abs())) / values.len() as f64;
    let scale = if size > 0.0 { size } else { 1.0 };
    if !SIZES.contains(&scale) {
        return Err(Error::data(format!("the observations have a mean size of {size:e}"))
            .with_hint("choose a unit in which they are of ordinary size"));
    }
    let round = |value: f64| (value / scale / RESOLUTION).round() * RESOLUTION;
    Ok((scale, values.iter().map(|&value| round(value)).collect()))
}

#[cfg(test)]
mod tests {
    use super::normalised;

    #[test]
    fn the_unit_leaves_no_trace() {
        let values: Vec<f64> =
            (1..50).map(|t| (f64::from(t) * 0.7).sin() + 0.1 * f64::from(t)).collect();
        let (scale, plain) = normalised(&values).unwrap();
        assert!(plain.iter().zip(&values).all(|(a, b)| (a * scale - b).abs() < 1e-10 * scale));
        for factor in [1e-9, 1e9, 1e60] {
            let scaled: Vec<f64> = values.iter().map(|value| value * factor).collect();
            assert_eq!(normalised(&scaled).unwrap().1, plain);
        }
        assert!(normalised(&[1e200]).unwrap_err().is_data());
        assert_eq!(normalised(&[0.0, 0.0]).unwrap(), (1.0, vec![0.0, 0.0]));
    }
}
