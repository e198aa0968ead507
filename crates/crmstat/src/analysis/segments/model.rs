//! What is saved of segments, so that other customers are assigned alike.

use super::{Customers, Options, Segments, Values, describe, fit};
use crate::{
    Error, Lang, Result,
    features::{Value, value_of},
    model_file::{self, Kind},
};
use crmstat_models::{
    matrix::Matrix,
    segments::{Assignment, Baseline, Column, KMeans, Preparation},
};
use serde::{Deserialize, Serialize};

/// Preparation, centres, names and the distribution of the customers they were made of, frozen.
///
/// ```
/// use crmstat::{Lang, analysis::segments::{Customers, Model, Options, Values}};
///
/// let ids: Vec<String> = (0..60).map(|i| format!("C{i:02}")).collect();
/// let spend: Vec<f64> = (0..60).map(|i| f64::from(if i < 40 { 10 + i % 7 } else { 900 + i })).collect();
/// let columns = vec![("monetary".to_owned(), Values::number(&spend))];
/// let customers = Customers::new(ids.iter().map(|id| Some(id.as_str())).collect(), columns)?
///     .valued_by("monetary")?;
/// let model = Model::fit(&customers, &Options::default())?;
///
/// let alone = model.score_one(&[("monetary", 940.0.into())])?;
/// assert_eq!(model.name(alone.cluster as usize, Lang::En), "high value");
/// assert_eq!(Model::from_bytes(&model.to_bytes()?)?, model);
/// # Ok::<(), crmstat::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Model {
    characteristics: Vec<Characteristic>,
    preparation: Preparation,
    kmeans: KMeans,
    names: Vec<Name>,
    baseline: Baseline,
}

/// A column by name; a category with its labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Characteristic {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    labels: Option<Vec<String>>,
}

/// The name of a cluster in every language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Name {
    pub(super) en: String,
    pub(super) ru: String,
}

/// A model as read, before its invariants are checked.
#[derive(Deserialize)]
#[serde(rename = "Model", deny_unknown_fields)]
struct Unchecked {
    characteristics: Vec<Characteristic>,
    preparation: Preparation,
    kmeans: KMeans,
    names: Vec<Name>,
    baseline: Baseline,
}

impl TryFrom<Unchecked> for Model {
    type Error = Error;

    fn try_from(read: Unchecked) -> Result<Self> {
        let Unchecked { characteristics, preparation, kmeans, names, baseline } = read;
        let transforms = preparation.transforms();
        let alike = characteristics.len() == transforms.len()
            && (characteristics.iter().zip(&transforms))
                .all(|(own, transform)| own.labels.is_some() != transform.is_some());
        if !alike || kmeans.columns() != preparation.width() || names.len() != kmeans.k() {
            return Err(Error::data("its parts do not fit together"));
        }
        Ok(Self { characteristics, preparation, kmeans, names, baseline })
    }
}

model_file::saved!(Model, Kind::SEGMENTS);

impl Model {
    pub(super) fn new(
        customers: &Customers,
        preparation: Preparation,
        kmeans: KMeans,
        names: Vec<Name>,
        baseline: Baseline,
    ) -> Self {
        let characteristic = |(name, values): &(String, Values)| Characteristic {
            name: name.clone(),
            labels: match values {
                Values::Number(_) => None,
                Values::Category { labels, .. } => Some(labels.clone()),
            },
        };
        let characteristics = customers.characteristics().iter().map(characteristic).collect();
        Self { characteristics, preparation, kmeans, names, baseline }
    }

    /// Groups `customers`; see [`fit`], which also says what the clusters are like.
    ///
    /// # Errors
    /// Those of [`fit`].
    pub fn fit(customers: &Customers, options: &Options) -> Result<Self> {
        Ok(fit(customers, options)?.model)
    }

    /// Assigns `customers`; the same as [`Model::assign`].
    ///
    /// # Errors
    /// Those of [`Model::assign`].
    pub fn score(&self, customers: &Customers) -> Result<Segments> {
        self.assign(customers)
    }

    /// Assigns one customer by the values of the [characteristics](Model::characteristics).
    ///
    /// # Errors
    /// A usage error for a characteristic that is not given or of another kind.
    pub fn score_one<S: AsRef<str>>(&self, values: &[(S, Value<'_>)]) -> Result<Assignment> {
        /// The one value of a characteristic.
        enum One {
            Number([Option<f64>; 1]),
            Category([Option<u32>; 1], usize),
        }
        let one = |(turn, own): (usize, &Characteristic)| {
            let value = value_of(&own.name, turn, values)?;
            Ok(match (&own.labels, value) {
                (None, value) => {
                    let number = value.number(&own.name)?;
                    One::Number([Some(number).filter(|number| !number.is_nan())])
                }
                (Some(labels), Value::Missing) => One::Category([None], labels.len()),
                (Some(labels), Value::Category(text)) => {
                    // What was unknown then has the number behind the last.
                    let code = labels.iter().position(|label| label == text);
                    One::Category([Some(code.unwrap_or(labels.len()) as u32)], labels.len())
                }
                (Some(_), Value::Number(number)) => {
                    let name = &own.name;
                    return Err(Error::usage(format!(
                        "`{name}` is a category, and {number} is given"
                    )));
                }
            })
        };
        let ones: Vec<One> =
            self.characteristics.iter().enumerate().map(one).collect::<Result<_>>()?;
        let columns: Vec<Column<'_>> = ones
            .iter()
            .map(|one| match one {
                One::Number(value) => Column::Numeric(value),
                One::Category(code, levels) => Column::Category { codes: code, levels: *levels },
            })
            .collect();
        let row = self.preparation.apply(&columns).map_err(Error::from_model)?;
        self.kmeans.assign_one(&row).map_err(Error::from_model)
    }

    /// The names of the characteristics that customers need.
    pub fn characteristics(&self) -> impl Iterator<Item = &str> {
        self.characteristics.iter().map(|own| own.name.as_str())
    }

    /// The characteristics by name, the categories with their labels.
    pub(super) fn labelled(&self) -> impl Iterator<Item = (&str, Option<&[String]>)> {
        self.characteristics.iter().map(|own| (own.name.as_str(), own.labels.as_deref()))
    }

    /// The clusters.
    pub fn kmeans(&self) -> &KMeans {
        &self.kmeans
    }

    /// The name of a cluster.
    ///
    /// # Panics
    /// When there is no such cluster, as a slice does.
    pub fn name(&self, cluster: usize, lang: Lang) -> &str {
        let name = &self.names[cluster];
        lang.pick(&name.en, &name.ru)
    }

    /// Assigns `customers` to the clusters as they are, and says how they differ from those fitted to. A
    /// category unknown then counts as the average.
    ///
    /// # Errors
    /// A data error when a characteristic is not there or changed between number and category.
    pub fn assign(&self, customers: &Customers) -> Result<Segments> {
        let columns =
            self.characteristics.iter().map(|own| own.of(customers)).collect::<Result<_>>()?;
        let customers = customers.with_columns(columns);
        let columns = customers.columns();
        let rows = self.preparation.apply(&columns).map_err(Error::from_model)?;
        let matrix = Matrix::new(&rows, self.preparation.width()).map_err(Error::from_model)?;
        let assignments = self.kmeans.assign(matrix).map_err(Error::from_model)?;
        let labels: Vec<u32> = assignments.iter().map(|assignment| assignment.cluster).collect();
        let drift = self.baseline.compare(&columns, &labels).map_err(Error::from_model)?;
        Ok(Segments {
            ids: customers.ids().clone(),
            values: customers.values().map(<[f64]>::to_vec),
            assignments,
            profiles: describe(&self.preparation, &self.kmeans, &customers)?,
            choice: None,
            agreement: None,
            drift: Some(drift),
            model: self.clone(),
        })
    }
}

impl Characteristic {
    /// The column of `customers` that this is.
    fn of(&self, customers: &Customers) -> Result<(String, Values)> {
        let name = &self.name;
        let (_, values) =
            customers.characteristics().iter().find(|(own, _)| own == name).ok_or_else(|| {
                Error::data(format!("the model needs `{name}`, which is not there"))
            })?;
        let values = match (&self.labels, values) {
            (None, Values::Number(_)) => Some(values.clone()),
            (None, Values::Category { .. }) => None,
            (Some(labels), values) => values.recoded(labels),
        };
        let kind = if self.labels.is_some() { "a category" } else { "a number" };
        let values = values.ok_or_else(|| {
            Error::data(format!("`{name}` was {kind} when the model was made, and is none now"))
        })?;
        Ok((name.clone(), values))
    }
}
