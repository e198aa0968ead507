//! Sums of floats that lose as little as possible and depend only on the order of the terms.

/// The sum of `values` by Neumaier's compensated algorithm (ZAMM 54, 1974).
pub fn compensated(values: impl IntoIterator<Item = f64>) -> f64 {
    let (mut sum, mut lost) = (0.0_f64, 0.0_f64);
    for value in values {
        let next = sum + value;
        lost += if sum.abs() >= value.abs() { (sum - next) + value } else { (value - next) + sum };
        sum = next;
    }
    sum + lost
}

#[cfg(test)]
mod tests {
    use super::compensated;

    #[test]
    fn small_terms_survive_between_large_ones() {
        assert_eq!(compensated([1.0, 1e100, 1.0, -1e100]), 2.0);
        assert_eq!(compensated([]), 0.0);
    }
}
