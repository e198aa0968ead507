//! Greedy k-means++: starting centres far apart.
//!
//! Arthur and Vassilvitskii (2007), section 2.2: the next centre is a row drawn with probability
//! proportional to its weighted squared distance from the centres so far. Of `2 + ⌊ln k⌋` such draws
//! the one that leaves the least sum is taken, as their section 5 proposes and scikit-learn does.

use super::distance;
use super::order::Sample;
use crate::parallel::map_chunks;
use crate::random::Generator;
use crate::sum::compensated;
use crate::{Error, Result};
use rand::RngExt;

/// Rows per task.
const CHUNK: usize = 4096;

/// `k` distinct rows of `sample` as starting centres, row after row.
///
/// # Errors
/// A data error when the rows of some weight hold fewer than `k` distinct points.
pub(super) fn plus_plus(sample: &Sample, k: usize, random: &mut Generator) -> Result<Vec<f64>> {
    let trials = 2 + (k as f64).ln() as usize;
    let mut centres: Vec<f64> = Vec::with_capacity(k * sample.columns());
    let mut potentials = Potentials::of(sample, |_, weight| weight);
    for chosen in 0..k {
        if potentials.total <= 0.0 {
            let points = if chosen == 1 { "point" } else { "points" };
            return Err(Error::data(format!(
                "the rows hold only {chosen} distinct {points}, too few for {k} clusters"
            ))
            .with_hint(format!("ask for at most {chosen} clusters")));
        }
        // The first draw is the paper's uniform one: there is nothing to compare it by.
        let trials = if chosen == 0 { 1 } else { trials };
        let mut best: Option<(Potentials, &[f64])> = None;
        for _ in 0..trials {
            let row = potentials.draw(random);
            let centre = &sample.values()[row * sample.columns()..][..sample.columns()];
            let next = Potentials::of(sample, |index, weight| {
                let values = &sample.values()[index * sample.columns()..][..sample.columns()];
                let distance = weight * distance::squared(values, centre);
                if chosen == 0 { distance } else { distance.min(potentials.values[index]) }
            });
            if best.as_ref().is_none_or(|(best, _)| next.total < best.total) {
                best = Some((next, centre));
            }
        }
        if let Some((next, centre)) = best {
            potentials = next;
            centres.extend(centre);
        }
    }
    Ok(centres)
}

/// The weighted squared distance of each row to its nearest centre, with sums to draw by.
struct Potentials {
    values: Vec<f64>,
    /// The sum of each chunk of values.
    sums: Vec<f64>,
    total: f64,
}

impl Potentials {
    /// The potentials `of(row, weight)`.
    fn of(sample: &Sample, of: impl Fn(usize, f64) -> f64 + Sync) -> Self {
        let weight = |row: usize| sample.weights().map_or(1.0, |weights| weights[row]);
        let rows = sample.values().len() / sample.columns();
        let chunks: Vec<Vec<f64>> =
            map_chunks(rows, CHUNK, |range| range.map(|row| of(row, weight(row))).collect());
        let sums: Vec<f64> = chunks.iter().map(|chunk| chunk.iter().sum()).collect();
        let total = compensated(sums.iter().copied());
        Self { values: chunks.concat(), sums, total }
    }

    /// A row, drawn with probability proportional to its potential.
    fn draw(&self, random: &mut Generator) -> usize {
        let mut left = random.random::<f64>() * self.total;
        let mut last_chunk = 0;
        for (chunk, &sum) in self.sums.iter().enumerate() {
            if sum > 0.0 {
                last_chunk = chunk;
                if left < sum {
                    break;
                }
                left -= sum;
            }
        }
        // Rounding may carry `left` past the end of a chunk; then its last row of some potential is
        // meant.
        let from = last_chunk * CHUNK;
        let to = self.values.len().min(from + CHUNK);
        let mut last_row = from;
        for row in from..to {
            if self.values[row] > 0.0 {
                last_row = row;
                if left < self.values[row] {
                    break;
                }
                left -= self.values[row];
            }
        }
        last_row
    }
}
