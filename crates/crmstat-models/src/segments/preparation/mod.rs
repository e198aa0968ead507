//! From customers' features to rows that k-means can compare, and back.

mod category;
mod numeric;
mod power;
#[cfg(test)]
mod tests;

use crate::parallel::map_chunks;
use crate::{Error, Result};
use category::Category;
use numeric::Numeric;
pub(super) use numeric::quantile;
pub use power::Transform;
use serde::{Deserialize, Serialize};

/// Rows per task.
const CHUNK: usize = 4096;

/// The greatest magnitude of a prepared value: a new customer cannot be farther off than this many
/// spreads, so that no transform overflows.
const FARTHEST: f64 = 1e6;

/// One feature of all customers.
#[derive(Clone, Copy, Debug)]
pub enum Column<'a> {
    /// Numbers, `None` where missing.
    Numeric(&'a [Option<f64>]),
    /// Categories as indices below `levels`, `None` where missing.
    Category {
        /// The category of each customer.
        codes: &'a [Option<u32>],
        /// The number of categories.
        levels: usize,
    },
}

impl Column<'_> {
    /// The number of customers.
    pub fn rows(&self) -> usize {
        match self {
            Self::Numeric(values) => values.len(),
            Self::Category { codes, .. } => codes.len(),
        }
    }
}

/// What a numeric feature is measured in after its transform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scaling {
    /// Standard deviations from the mean.
    Standard,
    /// Interquartile ranges from the median, times 1.349 so that a normal feature has the spread 1.
    Robust,
    /// The transform's own unit.
    None,
}

/// How to prepare features: a builder, checked by [`PreparationParams::check`].
///
/// | setting | default | meaning |
/// |---|---|---|
/// | `transform` | `ByData` | the transform of numeric features |
/// | `scaling` | `Standard` | their unit |
/// | `winsorise` | 0 | the share of customers at each end whose values are pulled in to the quantile |
/// | `category_weight` | 1 | the weight of a category against a standardised number |
#[derive(Clone, Debug)]
pub struct PreparationParams {
    transform: Transform,
    scaling: Scaling,
    winsorise: f64,
    category_weight: f64,
}

/// Checked parameters of a preparation.
#[derive(Clone, Debug)]
pub struct PreparationValidParams(PreparationParams);

impl PreparationParams {
    /// The transform of numeric features; default [`Transform::ByData`].
    #[must_use]
    pub fn transform(mut self, transform: Transform) -> Self {
        self.transform = transform;
        self
    }

    /// The unit of numeric features; default [`Scaling::Standard`].
    #[must_use]
    pub fn scaling(mut self, scaling: Scaling) -> Self {
        self.scaling = scaling;
        self
    }

    /// The share of customers at each end whose values count as the quantile there, from 0 to below
    /// 0.5; default 0.
    #[must_use]
    pub fn winsorise(mut self, share: f64) -> Self {
        self.winsorise = share;
        self
    }

    /// How much a category counts against a standardised number, above 0; default 1: as much.
    #[must_use]
    pub fn category_weight(mut self, weight: f64) -> Self {
        self.category_weight = weight;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// A parameter error for the first setting out of its range.
    pub fn check(self) -> Result<PreparationValidParams> {
        if !(0.0..0.5).contains(&self.winsorise) {
            return Err(Error::parameter("winsorise", self.winsorise, "from 0 to below 0.5"));
        }
        if !(self.category_weight > 0.0 && self.category_weight <= FARTHEST) {
            let allowed = format!("above 0 and at most {FARTHEST}");
            return Err(Error::parameter("category_weight", self.category_weight, allowed));
        }
        Ok(PreparationValidParams(self))
    }
}

impl PreparationValidParams {
    /// Learns transforms, scales and category shares from the customers of `columns`.
    ///
    /// # Errors
    /// A data error when there are no columns or customers, columns differ in length, a number is not
    /// finite, a code is not below its levels, or a feature is missing for everybody.
    pub fn fit(&self, columns: &[Column<'_>]) -> Result<Preparation> {
        if check_rows(columns)? == 0 {
            return Err(Error::data("no customers to prepare"));
        }
        let features = columns
            .iter()
            .enumerate()
            .map(|(index, column)| match *column {
                Column::Numeric(values) => {
                    Numeric::fit(index, values, &self.0).map(Feature::Numeric)
                }
                Column::Category { codes, levels } => {
                    Category::fit(index, codes, levels, self.0.category_weight)
                        .map(Feature::Category)
                }
            })
            .collect::<Result<_>>()?;
        Ok(Preparation { features })
    }
}

/// How features become rows of like scale, and how rows become features again.
///
/// **Question.** How do features of different units and kinds count equally in a distance?
///
/// **Formula.** A number is pulled in to the quantiles asked for, transformed (see [`Transform`]) and
/// scaled: `(ψ(x) − centre) / spread`. A category of shares `p` becomes one column per level, `w` where
/// it applies and 0 elsewhere, with `w² = 1 / max(1 − Σ p², 0.1)`: two customers drawn at random then
/// differ by the same expected square, 2, in a category as in a standardised number. The bound of 0.1
/// keeps a category that is nearly always the same from being mostly noise.
///
/// **Missing and unknown.** A missing number counts as the median, a missing or unknown category as the
/// customers' average; neither draws a customer towards any cluster. The profiles count them as missing.
///
/// **Assumptions.** The customers fitted to stand for those to come.
///
/// **Source.** Yeo and Johnson (2000), *A new family of power transformations*, eq. 2.1 and 3.1;
/// Huang (1998), *Extensions to the k-means algorithm for clustering large data sets with categorical
/// values*, for the weight of categories that `category_weight` sets.
///
/// **When not.** Features that already share a meaningful unit: `Transform::None`, `Scaling::None`.
///
/// **Units and shapes.** Columns in their own units in; rows of [`Preparation::width`] numbers without
/// a unit out. A constant column becomes 0.
///
/// ```
/// use crmstat_models::segments::{Column, Original, Preparation};
///
/// let spend = [Some(0.0), Some(10.0), Some(100.0), None, Some(10_000.0)];
/// let region = [Some(0), Some(0), Some(1), Some(1), None];
/// let columns = [Column::Numeric(&spend), Column::Category { codes: &region, levels: 2 }];
/// let preparation = Preparation::params().check()?.fit(&columns)?;
/// let rows = preparation.apply(&columns)?;
/// assert_eq!(rows.len(), 5 * 3);
/// let Original::Number(back) = preparation.invert(&rows[6..9])?[0] else { panic!() };
/// assert!((back - 100.0).abs() < 1e-9);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Preparation {
    features: Vec<Feature>,
}

/// A preparation as read, before its invariants are checked.
#[derive(Deserialize)]
#[serde(rename = "Preparation", deny_unknown_fields)]
struct Unchecked {
    features: Vec<Feature>,
}

impl TryFrom<Unchecked> for Preparation {
    type Error = Error;

    fn try_from(read: Unchecked) -> Result<Self> {
        let valid = |feature: &Feature| match feature {
            Feature::Numeric(numeric) => numeric.is_valid(),
            Feature::Category(category) => category.is_valid(),
        };
        if read.features.is_empty() || !read.features.iter().all(valid) {
            return Err(Error::data("not a preparation: its numbers do not fit together"));
        }
        Ok(Self { features: read.features })
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Feature {
    Numeric(Numeric),
    Category(Category),
}

/// A feature of a row in its own unit again.
#[derive(Clone, Debug, PartialEq)]
pub enum Original {
    /// A number, within the range of the customers fitted to.
    Number(f64),
    /// The share of each category.
    Shares(Vec<f64>),
}

impl Preparation {
    /// Parameters with their defaults.
    pub fn params() -> PreparationParams {
        PreparationParams {
            transform: Transform::ByData,
            scaling: Scaling::Standard,
            winsorise: 0.0,
            category_weight: 1.0,
        }
    }

    /// The number of values of a prepared row: one per number, one per level of a category.
    pub fn width(&self) -> usize {
        self.widths().sum()
    }

    /// The number of prepared columns of each feature, in their order.
    pub(super) fn widths(&self) -> impl Iterator<Item = usize> {
        self.features.iter().map(Feature::width)
    }

    /// The transform of each feature, `None` for a category.
    pub fn transforms(&self) -> Vec<Option<Transform>> {
        self.features
            .iter()
            .map(|feature| match feature {
                Feature::Numeric(numeric) => Some(numeric.transform()),
                Feature::Category(_) => None,
            })
            .collect()
    }

    /// The prepared rows of `columns`, of [`Preparation::width`] values each, one row after another.
    ///
    /// # Errors
    /// A data error when the columns are not of the number and kinds fitted to, differ in length, or
    /// hold a number that is not finite.
    pub fn apply(&self, columns: &[Column<'_>]) -> Result<Vec<f64>> {
        let rows = check_rows(columns)?;
        if columns.len() != self.features.len() {
            return Err(Error::data(format!(
                "{} features, but the preparation has {}",
                columns.len(),
                self.features.len()
            )));
        }
        for (index, pair) in columns.iter().zip(&self.features).enumerate() {
            match pair {
                (Column::Numeric(values), Feature::Numeric(_)) => numeric::check(index, values)?,
                (Column::Category { .. }, Feature::Category(_)) => {}
                _ => {
                    return Err(Error::data(format!("feature {index} changed its kind")));
                }
            }
        }
        let width = self.width();
        let chunks = map_chunks(rows, CHUNK, |range| {
            let mut prepared = Vec::with_capacity(range.len() * width);
            for row in range {
                for pair in columns.iter().zip(&self.features) {
                    match pair {
                        (Column::Numeric(values), Feature::Numeric(numeric)) => {
                            prepared.push(numeric.apply(values[row]));
                        }
                        (Column::Category { codes, .. }, Feature::Category(category)) => {
                            category.apply(codes[row], &mut prepared);
                        }
                        // The kinds were compared above.
                        _ => {}
                    }
                }
            }
            prepared
        });
        Ok(chunks.concat())
    }

    /// The features of one prepared row, such as a centre, in their own units: a number by the inverse
    /// transform, which makes a centre's value the transformed mean and not the mean of the values.
    ///
    /// # Errors
    /// A data error when the row has not [`Preparation::width`] finite values.
    pub fn invert(&self, row: &[f64]) -> Result<Vec<Original>> {
        if row.len() != self.width() || row.iter().any(|value| !value.is_finite()) {
            return Err(Error::data(format!("not a row of {} finite values", self.width())));
        }
        let mut rest = row;
        let mut originals = Vec::with_capacity(self.features.len());
        for feature in &self.features {
            let (own, others) = rest.split_at(feature.width());
            rest = others;
            originals.push(match feature {
                Feature::Numeric(numeric) => Original::Number(numeric.invert(own[0])),
                Feature::Category(category) => Original::Shares(category.invert(own)),
            });
        }
        Ok(originals)
    }
}

impl Feature {
    fn width(&self) -> usize {
        match self {
            Self::Numeric(_) => 1,
            Self::Category(category) => category.levels(),
        }
    }
}

/// The common number of customers of some columns.
pub(super) fn check_rows(columns: &[Column<'_>]) -> Result<usize> {
    let Some(first) = columns.first() else {
        return Err(Error::data("no features to prepare"));
    };
    match columns.iter().position(|column| column.rows() != first.rows()) {
        None => Ok(first.rows()),
        Some(index) => Err(Error::data(format!(
            "feature {index} has {} customers, feature 0 has {}",
            columns[index].rows(),
            first.rows()
        ))),
    }
}
