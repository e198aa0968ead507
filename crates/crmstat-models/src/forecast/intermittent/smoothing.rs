//! Simple exponential smoothing of demand sizes, intervals and sums, as the intermittent methods use it.

/// The bounds of an estimated smoothing parameter, as Petropoulos and Kourentzes (2015) have them for
/// slow demand.
const BOUNDS: (f64, f64) = (0.1, 0.3);

/// The golden section narrows the bounds to 1e-10.
const GOLDEN_STEPS: usize = 45;

/// The level after each value, beginning with the first value itself: `levels[i]` forecasts value i + 1.
pub(super) fn levels(values: &[f64], alpha: f64) -> Vec<f64> {
    let mut level = values.first().copied().unwrap_or(0.0);
    values
        .iter()
        .map(|value| {
            level += alpha * (value - level);
            level
        })
        .collect()
}

/// The smoothing parameter with the least sum of squared one-step errors, by a golden-section search.
pub(super) fn estimated_alpha(values: &[f64]) -> f64 {
    let squares = |alpha: f64| {
        let mut level = values.first().copied().unwrap_or(0.0);
        let mut sum = 0.0;
        for value in values {
            let error = value - level;
            sum += error * error;
            level += alpha * error;
        }
        sum
    };
    let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
    let inner = |low: f64, high: f64| {
        let (left, right) = (high - golden * (high - low), low + golden * (high - low));
        (left, right, squares(left), squares(right))
    };
    let (mut low, mut high) = BOUNDS;
    let (mut left, mut right, mut at_left, mut at_right) = inner(low, high);
    for _ in 0..GOLDEN_STEPS {
        if at_left < at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - golden * (high - low);
            at_left = squares(left);
        } else if at_left > at_right {
            (low, left, at_left) = (left, right, at_right);
            right = low + golden * (high - low);
            at_right = squares(right);
        } else {
            // The lowest point lies between; where any parameter is as good, this ends in the middle.
            (low, high) = (left, right);
            (left, right, at_left, at_right) = inner(low, high);
        }
    }
    f64::midpoint(low, high)
}
