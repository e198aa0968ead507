//! What is saved of segments, so that other customers are assigned alike.

use super::{Customers, Segments, Values, describe};
use crate::{Error, Lang, Result, model_file};
use crmstat_models::{
    matrix::Matrix,
    segments::{Baseline, KMeans, Preparation},
};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What the file says it is.
const KIND: &str = "segments";

/// Preparation, centres, names and the distribution of the customers they were made of, frozen.
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

    /// Writes the model to `path`.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        model_file::save(path, KIND, self)
    }

    /// Reads the model at `path`.
    ///
    /// # Errors
    /// A file that cannot be read, is damaged, or holds another model.
    pub fn load(path: &Path) -> Result<Self> {
        model_file::load(path, KIND)
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
