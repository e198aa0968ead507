//! Probabilities, log-odds, and scoring a table in parallel.

#![expect(
    clippy::inline_always,
    reason = "a step that stays a call is compiled without the caller's instructions"
)]

use super::sample::Rows;
use crate::parallel::map_chunks;
use crate::{Error, Result};

/// Rows scored by one thread at a time.
const CHUNK: usize = 8192;
/// The nearest to 0 and 1 that a probability is taken before its logarithm.
const EDGE: f64 = 1e-15;

/// `1 / (1 + exp(−η))`, without overflow.
pub(super) fn log_odds_to_probability(log_odds: f64) -> f64 {
    let decay = exp_of_negative(-log_odds.abs());
    if log_odds >= 0.0 { 1.0 / (1.0 + decay) } else { decay / (1.0 + decay) }
}

/// The terms of the exponential's series on half of `ln 2` either side of zero: the first one left out
/// is `0.35¹⁴ / 14! = 4e-18`.
const SERIES: [f64; 14] = {
    let mut terms = [1.0; 14];
    let mut index = 1;
    while index < terms.len() {
        terms[index] = terms[index - 1] / index as f64;
        index += 1;
    }
    terms
};
/// `ln 2` in two parts, of which the first has so few digits that its multiples are exact.
const LN_2: [f64; 2] = [0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10];
/// Adding this to a small number leaves the nearest whole number in the last bits of the sum.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// Below this the exponential is less than the smallest normal number.
const LEAST_EXPONENT: f64 = -708.0;

/// `exp(x)` for `x ≤ 0`, to two units in the last place, and 3e-308 below −708.
///
/// No branch and no table, so that the compiler computes several at once: the losses of a million rows
/// spend most of their time here. Cody and Waite's reduction to `2ⁿ exp(r)`, then the series.
#[inline(always)]
pub(super) fn exp_of_negative(x: f64) -> f64 {
    let x = x.max(LEAST_EXPONENT);
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let rest = (x - whole * LN_2[0]) - whole * LN_2[1];
    let series = SERIES.iter().rev().fold(0.0, |sum, term| sum * rest + term);
    // The whole number, moved into the bits of the exponent, is the power of two less its bias.
    let power = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1.0_f64.to_bits()));
    series * power
}

/// `Σ aᵢ bᵢ`, in interleaved sums that the processor adds side by side.
#[inline(always)]
pub(super) fn dot(left: &[f64], right: &[f64]) -> f64 {
    const LANES: usize = 8;
    let mut sums = [0.0; LANES];
    let (blocks, rest) = left.as_chunks::<LANES>();
    let (factors, factors_rest) = right.as_chunks::<LANES>();
    for (a, b) in blocks.iter().zip(factors) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let tail: f64 = rest.iter().zip(factors_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + tail
}

/// `ln(p / (1 − p))`, with `p` kept off 0 and 1.
pub(super) fn probability_to_log_odds(probability: f64) -> f64 {
    let probability = inside(probability);
    libm::log(probability) - libm::log1p(-probability)
}

/// The probability, kept off 0 and 1 so that its logarithm exists.
pub(super) fn inside(probability: f64) -> f64 {
    probability.clamp(EDGE, 1.0 - EDGE)
}

/// Refuses a number that is not a probability.
pub(super) fn require_probability(name: &'static str, value: f64) -> Result<()> {
    if (0.0..=1.0).contains(&value) {
        return Ok(());
    }
    Err(Error::parameter(name, value, "from 0 to 1"))
}

/// Scores every row, in order.
pub(super) fn score_rows(
    rows: Rows<'_>,
    score: impl Fn(&[f64]) -> Result<f64> + Sync,
) -> Result<Vec<f64>> {
    let chunks = map_chunks(rows.len(), CHUNK, |range| {
        let values = rows.slice(range.clone());
        let scored = values.chunks_exact(rows.width()).zip(range);
        scored
            .map(|(row, index)| score(row).map_err(|error| in_row(&error, index)))
            .collect::<Result<Vec<f64>>>()
    });
    let mut scores = Vec::with_capacity(rows.len());
    for chunk in chunks {
        scores.extend(chunk?);
    }
    Ok(scores)
}

fn in_row(error: &Error, row: usize) -> Error {
    let located = Error::data(format!("row {row}: {error}"));
    match error.hint() {
        Some(hint) => located.with_hint(hint),
        None => located,
    }
}

#[cfg(test)]
mod tests {
    use super::{dot, exp_of_negative, log_odds_to_probability, probability_to_log_odds};

    #[test]
    fn the_exponential_is_exact_to_two_units() {
        for step in 0..70_000 {
            let x = -0.01 * f64::from(step);
            let (ours, exact) = (exp_of_negative(x), libm::exp(x));
            assert!((ours - exact).abs() <= 2.0 * f64::EPSILON * exact, "{x}: {ours} {exact}");
        }
        assert_eq!(exp_of_negative(0.0), 1.0);
        assert!(exp_of_negative(f64::NEG_INFINITY) < 1e-307);
    }

    #[test]
    fn the_inner_product_takes_every_term_once() {
        for length in 0..30 {
            let values: Vec<f64> = (1..=length).map(f64::from).collect();
            let expected = f64::from(length * (length + 1) * (2 * length + 1) / 6);
            assert_eq!(dot(&values, &values), expected);
        }
    }

    #[test]
    fn log_odds_and_probabilities_are_inverse() {
        for log_odds in [-30.0, -1.0, 0.0, 0.3, 12.0] {
            let back = probability_to_log_odds(log_odds_to_probability(log_odds));
            assert!(
                (back - log_odds).abs() < 1e-3 * (1.0 + f64::abs(log_odds)),
                "{log_odds}: {back}"
            );
        }
        assert_eq!(log_odds_to_probability(1e9), 1.0);
        assert!(log_odds_to_probability(-1e9) < 1e-300);
        assert!(probability_to_log_odds(0.0).is_finite());
    }
}
