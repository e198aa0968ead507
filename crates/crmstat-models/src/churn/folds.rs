//! Folds of a cross-validation.

use rand::seq::SliceRandom;

use crate::random::generator;
use crate::{Error, Result};

/// The fold of each row: every fold has its share of both labels, to one row.
///
/// # Errors
/// When there are fewer than two folds, or fewer rows of a label than folds.
pub(crate) fn stratified_folds(labels: &[bool], folds: usize, seed: u64) -> Result<Vec<usize>> {
    if folds < 2 {
        return Err(Error::parameter("folds", folds, "at least 2"));
    }
    let mut result = vec![0; labels.len()];
    let mut generator = generator(seed);
    let mut next = 0;
    for label in [false, true] {
        let mut rows: Vec<usize> = (0..labels.len()).filter(|row| labels[*row] == label).collect();
        if rows.len() < folds {
            let state = if label { "churned" } else { "not churned" };
            return Err(Error::data(format!(
                "{} rows are labelled as {state}, too few for {folds} folds",
                rows.len()
            )));
        }
        rows.shuffle(&mut generator);
        for row in rows {
            result[row] = next % folds;
            next += 1;
        }
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::stratified_folds;

    #[test]
    fn every_fold_has_its_share_of_both_labels() {
        let labels: Vec<bool> = (0..103).map(|row| row % 4 == 0).collect();
        let folds = stratified_folds(&labels, 5, 1).unwrap();
        for fold in 0..5 {
            let rows: Vec<usize> = (0..103).filter(|row| folds[*row] == fold).collect();
            let positive = rows.iter().filter(|row| labels[**row]).count();
            assert!((20..=21).contains(&rows.len()), "{} rows", rows.len());
            assert!((5..=6).contains(&positive), "{positive} positive");
        }
        assert_eq!(folds, stratified_folds(&labels, 5, 1).unwrap());
        assert_ne!(folds, stratified_folds(&labels, 5, 2).unwrap());
    }

    #[test]
    fn too_few_rows_are_refused() {
        assert!(stratified_folds(&[true, false, false], 2, 0).unwrap_err().is_data());
        assert!(stratified_folds(&[true, false], 1, 0).unwrap_err().is_parameter());
    }
}
