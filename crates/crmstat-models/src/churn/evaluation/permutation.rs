//! Which features does the model live on?

use rand::seq::SliceRandom;

use super::auc;
use crate::churn::Sample;
use crate::random::stream;
use crate::{Error, Result};

/// What one feature is worth to a model on unseen rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Importance {
    /// The loss of AUC when the feature is shuffled: the mean over the repeats.
    pub auc_loss: f64,
    /// The standard deviation over the repeats; `None` for a single one.
    pub deviation: Option<f64>,
}

/// The permutation importance of groups of columns: the AUC lost when their values are shuffled among
/// the rows (Breiman, Machine Learning 45, 2001, section 10; Fisher, Rudin and Dominici, JMLR 20, 2019).
///
/// A group is shuffled as a whole, so that the columns of one category, or a value and its missing
/// flag, stay together. Near zero or negative: the model does as well without. Features that stand in
/// for each other share their importance between them.
///
/// # Errors
/// When there are no repeats, a column does not exist, only one label is there, or `score` fails.
pub fn permutation_importance(
    sample: Sample<'_>,
    groups: &[Vec<usize>],
    repeats: usize,
    seed: u64,
    score: impl Fn(crate::churn::Rows<'_>) -> Result<Vec<f64>>,
) -> Result<Vec<Importance>> {
    if repeats == 0 {
        return Err(Error::parameter("repeats", repeats, "at least 1"));
    }
    let rows = sample.rows();
    let width = rows.width();
    if let Some(column) = groups.iter().flatten().find(|column| **column >= width) {
        return Err(Error::parameter("groups", column, format!("below the {width} columns")));
    }
    let whole = auc(&score(rows)?, sample.labels())?.value;
    let mut values: Vec<f64> = rows.iter().flatten().copied().collect();
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut result = Vec::with_capacity(groups.len());
    for (group, columns) in groups.iter().enumerate() {
        let mut losses = Vec::with_capacity(repeats);
        for repeat in 0..repeats {
            // Each shuffle starts from the rows' own order: it depends on its own stream alone.
            order.iter_mut().enumerate().for_each(|(row, place)| *place = row);
            order.shuffle(&mut stream(seed, (group * repeats + repeat) as u64));
            for (row, from) in order.iter().enumerate() {
                for column in columns {
                    values[row * width + column] = rows.row(*from)[*column];
                }
            }
            let shuffled = crate::churn::Rows::new(&values, width)?;
            losses.push(whole - auc(&score(shuffled)?, sample.labels())?.value);
        }
        for (row, original) in rows.iter().enumerate() {
            for column in columns {
                values[row * width + column] = original[*column];
            }
        }
        result.push(summarise(&losses));
    }
    Ok(result)
}

fn summarise(losses: &[f64]) -> Importance {
    let count = losses.len() as f64;
    let auc_loss = losses.iter().sum::<f64>() / count;
    let squares: f64 = losses.iter().map(|loss| (loss - auc_loss).powi(2)).sum();
    let deviation = (losses.len() > 1).then(|| (squares / (count - 1.0)).sqrt());
    Importance { auc_loss, deviation }
}

#[cfg(test)]
mod tests {
    use super::permutation_importance;
    use crate::churn::{Rows, Sample};

    #[test]
    fn only_the_feature_that_decides_is_important() {
        let values: Vec<f64> =
            (0..200).flat_map(|i| [f64::from(i), f64::from(i * 37 % 101)]).collect();
        let labels: Vec<bool> = (0..200).map(|i| i >= 100).collect();
        let sample = Sample::new(Rows::new(&values, 2).unwrap(), &labels).unwrap();
        let groups = [vec![0], vec![1], vec![0, 1]];
        let first = |rows: Rows<'_>| Ok(rows.column(0));
        let importance = permutation_importance(sample, &groups, 3, 7, first).unwrap();
        assert!((importance[0].auc_loss - 0.5).abs() < 0.1);
        assert_eq!(importance[1].auc_loss, 0.0);
        assert!(importance[2].auc_loss > 0.3);
        assert_eq!(importance, permutation_importance(sample, &groups, 3, 7, first).unwrap());
        let once = permutation_importance(sample, &groups, 1, 7, first).unwrap();
        assert_eq!(once[0].deviation, None);
        assert!(permutation_importance(sample, &[vec![2]], 1, 7, first).is_err());
        assert!(permutation_importance(sample, &groups, 0, 7, first).is_err());
    }
}
