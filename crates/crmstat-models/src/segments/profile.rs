//! What sets each cluster apart, in numbers a name can be made of.

use super::exact;
use super::kmeans::{Assignment, KMeans, MAGNITUDE};
use super::preparation::{Column, Preparation, check_rows};
use crate::matrix::Matrix;
use crate::{Error, Result};
use rayon::prelude::*;

/// A cluster described for people.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// The index of the cluster.
    pub cluster: u32,
    /// Its customers.
    pub customers: usize,
    /// Their share of all customers, from 0 to 1.
    pub share_customers: f64,
    /// The sum of their values, in the unit of the values given.
    pub value: f64,
    /// Their share of all value; `None` where the values do not sum to more than 0.
    pub share_value: Option<f64>,
    /// What is typical of each feature, in the order of the columns.
    pub features: Vec<FeatureProfile>,
    /// The rows nearest to the centre, nearest first: typical customers.
    pub typical: Vec<usize>,
    /// The rows whose next cluster is nearly as near as their own, closest call first: customers that
    /// could move. Empty where there is one cluster.
    pub borderline: Vec<usize>,
}

/// One feature within one cluster.
#[derive(Clone, Debug, PartialEq)]
pub enum FeatureProfile {
    /// A number.
    Number {
        /// The median in the feature's own unit; `None` where it is missing for the whole cluster.
        median: Option<f64>,
        /// The mean of the cluster less the mean of all others, in standard deviations pooled within
        /// the two, of the prepared feature; 0 where there are no others.
        difference: f64,
        /// The customers of the cluster for whom it is missing.
        missing: usize,
    },
    /// A category.
    Category {
        /// The share of each level among the customers that have one.
        shares: Vec<f64>,
        /// For each level, the share in the cluster less that among all others, in standard deviations
        /// pooled within the two; 0 where there are no others.
        differences: Vec<f64>,
        /// The customers of the cluster for whom it is missing.
        missing: usize,
    },
}

/// Describes the clusters of fitted customers.
///
/// **Question.** Who are they: how many, worth how much, and in what are they unlike the others?
///
/// **Formula.** The difference of a feature is Cohen's `d = (m₁ − m₂) / s` with the cluster's mean `m₁`,
/// the others' mean `m₂` and `s² = (n₁ s₁² + n₂ s₂²) / (n₁ + n₂)`; it is taken on the prepared feature,
/// where a few large numbers do not decide. Where `s` is 0 and the means differ, it is ±`f64::MAX`.
///
/// **Assumptions.** `columns` are those that `preparation` made the model's rows of, one row per
/// customer, and `values` is what each is worth.
///
/// **Source.** Cohen (1988), *Statistical Power Analysis*, section 2.2: 0.2 is small, 0.5 medium, 0.8
/// large.
///
/// **When not.** As a test: the clusters were made to differ in these features.
///
/// **Units and shapes.** Medians in the columns' units; up to `examples` typical and borderline rows
/// each, ties to the earlier row. Sums and differences do not depend on the order of the customers.
///
/// # Errors
/// A data error when columns, values and model do not fit together or a value is not finite.
///
/// ```
/// use crmstat_models::matrix::Matrix;
/// use crmstat_models::segments::{Column, FeatureProfile, KMeans, Preparation, profiles};
///
/// let spend = [10.0, 12.0, 11.0, 900.0, 1000.0].map(Some);
/// let columns = [Column::Numeric(&spend)];
/// let preparation = Preparation::params().check()?.fit(&columns)?;
/// let rows = preparation.apply(&columns)?;
/// let fitted = KMeans::params(2).check()?.fit(Matrix::new(&rows, preparation.width())?)?;
/// let (model, _) = fitted.model.sorted_by(fitted.model.centres())?;
/// let values = [10.0, 12.0, 11.0, 900.0, 1000.0];
/// let found = profiles(&preparation, &model, &columns, &values, 1)?;
/// assert_eq!((found[0].customers, found[0].value), (2, 1900.0));
/// assert_eq!(found[1].typical, [2]);
/// let FeatureProfile::Number { median, difference, .. } = found[1].features[0] else { panic!() };
/// assert!(median == Some(11.0) && difference < -0.8);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
pub fn profiles(
    preparation: &Preparation,
    model: &KMeans,
    columns: &[Column<'_>],
    values: &[f64],
    examples: usize,
) -> Result<Vec<Profile>> {
    let rows = check_rows(columns)?;
    if values.len() != rows {
        return Err(Error::data(format!("{} values for {rows} customers", values.len())));
    }
    if let Some(row) = values.iter().position(|value| !(-MAGNITUDE..=MAGNITUDE).contains(value)) {
        let value = values[row];
        return Err(Error::data(format!("the value of customer {row} is {value}")));
    }
    let prepared = preparation.apply(columns)?;
    let matrix = Matrix::new(&prepared, preparation.width())?;
    let assignments = model.assign(matrix)?;
    let members = members(&assignments, model.k());
    let total = exact::sum(values);
    let contrasts: Vec<Vec<f64>> = (0..matrix.columns())
        .into_par_iter()
        .map(|column| {
            let cells: Vec<f64> = matrix.each_row().map(|row| row[column]).collect();
            contrasts(&cells, &members)
        })
        .collect();
    let closeness = closeness(model, matrix)?;
    members
        .par_iter()
        .enumerate()
        .map(|(cluster, members)| {
            let own: Vec<f64> = members.iter().map(|&row| values[row]).collect();
            let value = exact::sum(&own);
            let mut first = 0;
            let features = columns
                .iter()
                .zip(preparation.widths())
                .map(|(column, width)| {
                    let differences =
                        contrasts[first..first + width].iter().map(|of| of[cluster]).collect();
                    first += width;
                    feature(column, members, differences)
                })
                .collect();
            let nearest = |row: usize| assignments[row].distance;
            let borderline = if model.k() > 1 {
                first_by(members, examples, |row| closeness[row])
            } else {
                Vec::new()
            };
            Ok(Profile {
                cluster: cluster as u32,
                customers: members.len(),
                share_customers: members.len() as f64 / rows.max(1) as f64,
                value,
                share_value: (total > 0.0).then(|| value / total),
                features,
                typical: first_by(members, examples, nearest),
                borderline,
            })
        })
        .collect()
}

/// The rows of each cluster, in order.
fn members(assignments: &[Assignment], k: usize) -> Vec<Vec<usize>> {
    let mut members = vec![Vec::new(); k];
    for (row, assignment) in assignments.iter().enumerate() {
        members[assignment.cluster as usize].push(row);
    }
    members
}

/// The standardised difference of each cluster from the rest in one prepared column.
fn contrasts(cells: &[f64], members: &[Vec<usize>]) -> Vec<f64> {
    let total = exact::sum(cells);
    let mean = if cells.is_empty() { 0.0 } else { total / cells.len() as f64 };
    // Around the common mean, so that a difference of squares loses nothing.
    let centred: Vec<f64> = cells.iter().map(|cell| cell - mean).collect();
    let squares = exact::sum(&centred.iter().map(|cell| cell * cell).collect::<Vec<_>>());
    let sum = exact::sum(&centred);
    members
        .iter()
        .map(|members| {
            let own: Vec<f64> = members.iter().map(|&row| centred[row]).collect();
            let (count, others) = (own.len() as f64, (cells.len() - own.len()) as f64);
            if count == 0.0 || others == 0.0 {
                return 0.0;
            }
            let own_sum = exact::sum(&own);
            let (own_mean, other_mean) = (own_sum / count, (sum - own_sum) / others);
            let between = count * own_mean * own_mean + others * other_mean * other_mean;
            let within = ((squares - between) / (count + others)).max(0.0).sqrt();
            let apart = own_mean - other_mean;
            // Below this the spread is the rounding of the prepared values.
            if within > 1e-12 * apart.abs() {
                apart / within
            } else if apart == 0.0 {
                0.0
            } else {
                f64::MAX.copysign(apart)
            }
        })
        .collect()
}

/// The distance of each row to its centre as a share of that to the next: near 1 on the border.
/// Negated, so that the closest call comes first.
fn closeness(model: &KMeans, matrix: Matrix<'_>) -> Result<Vec<f64>> {
    let distances = model.distances(matrix)?;
    Ok(distances
        .par_chunks(model.k())
        .map(|row| {
            let (mut first, mut second) = (f64::INFINITY, f64::INFINITY);
            for &distance in row {
                second = second.min(first.max(distance));
                first = first.min(distance);
            }
            if second > 0.0 { -first / second } else { -1.0 }
        })
        .collect())
}

/// The `count` members of least `key`, ties to the earlier row.
fn first_by(members: &[usize], count: usize, key: impl Fn(usize) -> f64) -> Vec<usize> {
    let mut keyed: Vec<(f64, usize)> = members.iter().map(|&row| (key(row), row)).collect();
    keyed.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    keyed.into_iter().take(count).map(|(_, row)| row).collect()
}

fn feature(column: &Column<'_>, members: &[usize], differences: Vec<f64>) -> FeatureProfile {
    match column {
        Column::Numeric(values) => {
            let mut known: Vec<f64> = members.iter().filter_map(|&row| values[row]).collect();
            known.sort_unstable_by(f64::total_cmp);
            let middle = known.len() / 2;
            let median = match known.len() {
                0 => None,
                even if even % 2 == 0 => Some(f64::midpoint(known[middle - 1], known[middle])),
                _ => Some(known[middle]),
            };
            FeatureProfile::Number {
                median,
                difference: differences.first().copied().unwrap_or(0.0),
                missing: members.len() - known.len(),
            }
        }
        Column::Category { codes, .. } => {
            let mut counts = vec![0_usize; differences.len()];
            for code in members.iter().filter_map(|&row| codes[row]) {
                if let Some(count) = counts.get_mut(code as usize) {
                    *count += 1;
                }
            }
            let known: usize = counts.iter().sum();
            FeatureProfile::Category {
                shares: counts.iter().map(|&count| count as f64 / known.max(1) as f64).collect(),
                differences,
                missing: members.len() - known,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customers() -> (Vec<Option<f64>>, Vec<Option<u32>>) {
        let spend = (0..60).map(|i| (i != 5).then(|| f64::from(if i < 20 { i } else { 500 + i })));
        let region = (0..60).map(|i| Some(u32::from(i >= 20)));
        (spend.collect(), region.collect())
    }

    fn described(spend: &[Option<f64>], region: &[Option<u32>]) -> Vec<Profile> {
        let columns = [Column::Numeric(spend), Column::Category { codes: region, levels: 2 }];
        let preparation = Preparation::params().check().unwrap().fit(&columns).unwrap();
        let rows = preparation.apply(&columns).unwrap();
        let matrix = Matrix::new(&rows, preparation.width()).unwrap();
        let model = KMeans::params(2).check().unwrap().fit(matrix).unwrap().model;
        let (model, _) = model.sorted_by(&[model.centres()[0], model.centres()[3]]).unwrap();
        let values: Vec<f64> = spend.iter().map(|value| value.unwrap_or(0.0)).collect();
        profiles(&preparation, &model, &columns, &values, 3).unwrap()
    }

    #[test]
    fn a_profile_counts_values_and_contrasts() {
        let (spend, region) = customers();
        let found = described(&spend, &region);
        assert_eq!(found.iter().map(|p| p.customers).collect::<Vec<_>>(), [40, 20]);
        let shares: f64 = found.iter().filter_map(|profile| profile.share_value).sum();
        assert!((shares - 1.0).abs() < 1e-12);
        let FeatureProfile::Number { median, difference, missing } = found[1].features[0] else {
            panic!("spend is a number")
        };
        assert_eq!((median, missing), (Some(10.0), 1));
        assert!(difference < -3.0);
        let FeatureProfile::Category { shares, differences, .. } = &found[1].features[1] else {
            panic!("region is a category")
        };
        assert_eq!(shares, &[1.0, 0.0]);
        assert_eq!(differences, &[f64::MAX, -f64::MAX]);
        assert_eq!((found[0].typical.len(), found[0].borderline.len()), (3, 3));
    }

    #[test]
    fn the_contrast_is_cohens_d() {
        let cells = [1.0, 2.0, 3.0, 5.0, 9.0];
        let found = contrasts(&cells, &[vec![0, 1, 2], vec![3, 4]]);
        // Variances 2/3 and 4 with divisor n; pooled (3 · 2/3 + 2 · 4) / 5 = 2.
        assert!((found[0] - (2.0 - 7.0) / 2.0_f64.sqrt()).abs() < 1e-12);
        assert!((found[0] + found[1]).abs() < 1e-12);
        assert_eq!(contrasts(&cells, &[vec![0, 1, 2, 3, 4], vec![]]), [0.0, 0.0]);
    }

    #[test]
    fn the_order_of_customers_changes_only_row_numbers() {
        let (mut spend, mut region) = customers();
        let forward = described(&spend, &region);
        spend.reverse();
        region.reverse();
        for (forward, backward) in forward.iter().zip(described(&spend, &region)) {
            assert_eq!((forward.value, &forward.features), (backward.value, &backward.features));
        }
    }
}
