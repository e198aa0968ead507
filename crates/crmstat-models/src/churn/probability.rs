//! Probabilities, log-odds, and scoring a table in parallel.

use super::sample::Rows;
use crate::Result;
use crate::parallel::map_chunks;

/// Rows scored by one thread at a time.
const CHUNK: usize = 8192;
/// The nearest to 0 and 1 that a probability is taken before its logarithm.
const EDGE: f64 = 1e-15;

/// `1 / (1 + exp(−η))`, without overflow.
pub(super) fn log_odds_to_probability(log_odds: f64) -> f64 {
    let decay = libm::exp(-log_odds.abs());
    if log_odds >= 0.0 { 1.0 / (1.0 + decay) } else { decay / (1.0 + decay) }
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

fn in_row(error: &crate::Error, row: usize) -> crate::Error {
    let located = crate::Error::data(format!("row {row}: {error}"));
    match error.hint() {
        Some(hint) => located.with_hint(hint),
        None => located,
    }
}

#[cfg(test)]
mod tests {
    use super::{log_odds_to_probability, probability_to_log_odds};

    #[test]
    fn log_odds_and_probabilities_are_inverse() {
        for log_odds in [-30.0, -1.0, 0.0, 0.3, 12.0] {
            let back = probability_to_log_odds(log_odds_to_probability(log_odds));
            assert!((back - log_odds).abs() < 1e-3 * (1.0 + f64::abs(log_odds)), "{log_odds}: {back}");
        }
        assert_eq!(log_odds_to_probability(1e9), 1.0);
        assert_eq!(log_odds_to_probability(-1e9), 0.0);
        assert!(probability_to_log_odds(0.0).is_finite());
    }
}
