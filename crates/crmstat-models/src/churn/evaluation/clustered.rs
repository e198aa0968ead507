//! Uncertainty where several rows belong to one subject, such as a deal seen at several moments.

use super::{
    Auc,
    ranking::{interval, mean_of, placements},
    require_both_labels, require_pairs,
};
use crate::{Error, Result};

/// The area under the ROC curve of rows that come in groups, with a 95 % interval.
///
/// Rows of one group are taken to depend on each other in any way, groups not: N. Obuchowski, Biometrics 53, 1997,
/// pages 567 to 578. With one row per group it is [`auc`](super::auc). `groups` holds the group of each row.
///
/// # Errors
/// When a score is not finite, only one label is there, or there is not one group per row.
///
/// # Examples
/// ```
/// use crmstat_models::churn::evaluation::{auc, auc_of_groups};
///
/// let (scores, labels) = ([0.9, 0.8, 0.7, 0.3, 0.2], [true, false, true, false, true]);
/// assert_eq!(auc_of_groups(&scores, &labels, &[0, 1, 2, 3, 4])?.value, auc(&scores, &labels)?.value);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
pub fn auc_of_groups(scores: &[f64], labels: &[bool], groups: &[usize]) -> Result<Auc> {
    require_pairs(scores, labels)?;
    require_groups(groups, labels.len())?;
    let [negative, positive] = require_both_labels(labels)?.map(|count| count as f64);
    let placements = placements(scores, labels);
    let value = mean_of(&placements, labels, true);
    // Of each group: its positive rows' excess over the area, its negative rows' excess, and whether it has any.
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.sort_by_key(|row| (groups[*row], *row));
    let (mut squares, mut counts, mut products, mut all) = ([0.0, 0.0], [0.0, 0.0], 0.0, 0.0);
    for rows in order.chunk_by(|a, b| groups[*a] == groups[*b]) {
        let (mut excess, mut has) = ([0.0, 0.0], [0.0, 0.0]);
        for row in rows {
            let side = usize::from(labels[*row]);
            excess[side] += placements[*row] - value;
            has[side] = 1.0;
        }
        for side in 0..2 {
            squares[side] += excess[side] * excess[side];
            counts[side] += has[side];
        }
        products += excess[0] * excess[1];
        all += 1.0;
    }
    let corrected =
        |sum: f64, count: f64| if count > 1.0 { sum * count / (count - 1.0) } else { 0.0 };
    let variance = corrected(squares[1], counts[1]) / (positive * positive)
        + corrected(squares[0], counts[0]) / (negative * negative)
        + 2.0 * corrected(products, all) / (positive * negative);
    let standard_error = variance.max(0.0).sqrt();
    let (lower, upper) = interval(value, standard_error);
    Ok(Auc { value, standard_error, lower, upper })
}

/// The mean of values that come in groups, and its standard error, the ratio estimator's over groups (W. Cochran,
/// *Sampling Techniques*, 3rd edition, 1977, eq. 2.46).
///
/// # Errors
/// When there is no value, one is not finite, or there is not one group per value.
pub fn mean_of_groups(values: &[f64], groups: &[usize]) -> Result<(f64, f64)> {
    require_groups(groups, values.len())?;
    if let Some(row) = values.iter().position(|value| !value.is_finite()) {
        return Err(Error::data(format!("the value of row {row} is {}", values[row])));
    }
    let rows = values.len() as f64;
    let mean = crate::sum::compensated(values.iter().copied()) / rows;
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.sort_by_key(|row| (groups[*row], *row));
    let (mut squares, mut count) = (0.0, 0.0);
    for rows in order.chunk_by(|a, b| groups[*a] == groups[*b]) {
        let excess: f64 = rows.iter().map(|row| values[*row] - mean).sum();
        squares += excess * excess;
        count += 1.0;
    }
    let variance = if count > 1.0 { squares * count / (count - 1.0) } else { 0.0 };
    Ok((mean, variance.sqrt() / rows))
}

fn require_groups(groups: &[usize], rows: usize) -> Result<()> {
    if rows == 0 {
        return Err(Error::data("there is no row to evaluate"));
    }
    if groups.len() != rows {
        return Err(Error::data(format!("{rows} rows but {} groups", groups.len())));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{auc_of_groups, mean_of_groups};
    use crate::{churn::evaluation::auc, random::generator};
    use rand::RngExt;

    #[test]
    fn groups_of_one_row_are_delongs() {
        let random = &mut generator(3);
        for _ in 0..50 {
            let rows = random.random_range(5..60);
            let mut labels: Vec<bool> = (0..rows).map(|_| random.random::<f64>() < 0.4).collect();
            (labels[0], labels[1]) = (true, false);
            let scores: Vec<f64> =
                (0..rows).map(|_| f64::from(random.random_range(0..20_u32))).collect();
            let groups: Vec<usize> = (0..rows).rev().collect();
            let (one, other) =
                (auc_of_groups(&scores, &labels, &groups).unwrap(), auc(&scores, &labels).unwrap());
            assert!((one.value - other.value).abs() < 1e-12);
            // The covariance of groups with rows of one label each is that of their products, which are zero.
            assert!((one.standard_error - other.standard_error).abs() < 1e-9, "{one:?} {other:?}");
        }
    }

    /// Copies of every row tell nothing new: the interval of groups stays as wide as without them.
    #[test]
    fn copies_within_a_group_add_no_certainty() {
        let random = &mut generator(4);
        let labels: Vec<bool> = (0..80).map(|row| row % 3 == 0).collect();
        let scores: Vec<f64> = labels
            .iter()
            .map(|label| random.random::<f64>() + if *label { 0.3 } else { 0.0 })
            .collect();
        let once = auc(&scores, &labels).unwrap();
        let thrice = |values: &[f64]| values.repeat(3);
        let groups: Vec<usize> = (0..240).map(|row| row % 80).collect();
        let grouped = auc_of_groups(&thrice(&scores), &labels.repeat(3), &groups).unwrap();
        assert!((grouped.value - once.value).abs() < 1e-12);
        assert!((grouped.standard_error - once.standard_error).abs() < 1e-9);
        let (mean, error) = mean_of_groups(&scores, &(0..80).collect::<Vec<_>>()).unwrap();
        let repeated = mean_of_groups(&thrice(&scores), &groups).unwrap();
        assert!((repeated.0 - mean).abs() < 1e-12 && (repeated.1 - error).abs() < 1e-12);
    }

    /// The standard error is the spread of the area over samples of groups.
    #[test]
    fn the_error_is_the_spread_over_samples() {
        let random = &mut generator(5);
        let (mut values, mut errors) = (Vec::new(), Vec::new());
        for _ in 0..600 {
            let (mut scores, mut labels, mut groups) = (Vec::new(), Vec::new(), Vec::new());
            for group in 0..60 {
                let of_group: f64 = random.random();
                let label = random.random::<f64>() < of_group;
                for _ in 0..random.random_range(1..6) {
                    scores.push(of_group + 0.3 * random.random::<f64>());
                    labels.push(label);
                    groups.push(group);
                }
            }
            let found = auc_of_groups(&scores, &labels, &groups).unwrap();
            values.push(found.value);
            errors.push(found.standard_error);
        }
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let centre = mean(&values);
        let squares: Vec<f64> = values.iter().map(|value| (value - centre).powi(2)).collect();
        let ratio = mean(&errors) / mean(&squares).sqrt();
        assert!((0.9..1.1).contains(&ratio), "{ratio}");
    }

    #[test]
    fn unequal_lengths_and_other_labels_are_refused() {
        assert!(auc_of_groups(&[0.1, 0.2], &[true, false], &[0]).is_err());
        assert!(auc_of_groups(&[0.1, 0.2], &[true, true], &[0, 1]).is_err());
        assert!(mean_of_groups(&[], &[]).is_err());
        assert!(mean_of_groups(&[f64::NAN], &[0]).is_err());
    }
}
