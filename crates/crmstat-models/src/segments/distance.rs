//! The distance that decides: plain `f64` arithmetic in one fixed order.
//!
//! Every label, in fitting and in assignment, is the argmin of [`squared`] with ties to the lower
//! index; faster arithmetic may only rule centres out. No fused operation is used, so the bits are the
//! same on every machine.

/// Partial sums kept apart so that the additions overlap and vectorise.
const PARTS: usize = 4;

/// `Σ (aᵢ − bᵢ)²` of two rows of one length.
pub(super) fn squared(a: &[f64], b: &[f64]) -> f64 {
    let mut parts = [0.0; PARTS];
    let (a_parts, b_parts) = (a.chunks_exact(PARTS), b.chunks_exact(PARTS));
    let (a_rest, b_rest) = (a_parts.remainder(), b_parts.remainder());
    for (a, b) in a_parts.zip(b_parts) {
        for part in 0..PARTS {
            let difference = a[part] - b[part];
            parts[part] += difference * difference;
        }
    }
    let mut total = (parts[0] + parts[2]) + (parts[1] + parts[3]);
    for (a, b) in a_rest.iter().zip(b_rest) {
        total += (a - b) * (a - b);
    }
    total
}

/// The nearest of `centres` (rows as long as `row`) and its squared distance; ties to the first.
pub(super) fn nearest(row: &[f64], centres: &[f64]) -> (u32, f64) {
    let mut best = (0, f64::INFINITY);
    for (index, centre) in centres.chunks_exact(row.len()).enumerate() {
        let distance = squared(row, centre);
        if distance < best.1 {
            best = (index as u32, distance);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::{nearest, squared};

    #[test]
    fn distances_are_sums_of_squares_and_ties_go_to_the_first() {
        assert_eq!(squared(&[1.0, 2.0, 3.0, 4.0, 5.0], &[0.0; 5]), 55.0);
        assert_eq!(nearest(&[0.0, 0.0], &[1.0, 0.0, 0.0, 1.0, 3.0, 3.0]), (0, 1.0));
    }
}
