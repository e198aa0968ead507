//! The characteristics to group customers by.

use crate::{
    AsOf, Error, Result,
    data::{Column as TableColumn, CustomerTable, Texts},
    features::{Feature, FeatureValues, Features, History},
};
use crmstat_models::segments::Column;

/// Customers with the characteristics to group them by.
#[derive(Clone, Debug)]
pub struct Customers {
    ids: Texts,
    columns: Vec<(String, Values)>,
    values: Option<Vec<f64>>,
}

/// One characteristic of all customers.
#[derive(Clone, Debug)]
pub enum Values {
    /// Numbers, `None` where missing.
    Number(Vec<Option<f64>>),
    /// Categories: labels, and the number of each customer's, `None` where missing.
    Category {
        /// The labels.
        labels: Vec<String>,
        /// The number of each customer's label.
        codes: Vec<Option<u32>>,
    },
}

impl Values {
    /// Numbers; a NaN is missing.
    pub fn number(values: &[f64]) -> Self {
        Self::Number(
            values.iter().map(|value| Some(*value).filter(|value| !value.is_nan())).collect(),
        )
    }

    /// Texts as categories, the labels in the order of their bytes.
    pub fn category<'a>(texts: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let texts: Vec<Option<&str>> = texts.into_iter().collect();
        let mut labels: Vec<&str> = texts.iter().flatten().copied().collect();
        labels.sort_unstable();
        labels.dedup();
        let code = |text: &str| labels.binary_search(&text).ok().map(|code| code as u32);
        let codes = texts.iter().map(|text| text.and_then(code)).collect();
        Self::Category { labels: labels.into_iter().map(str::to_owned).collect(), codes }
    }

    fn len(&self) -> usize {
        match self {
            Self::Number(values) => values.len(),
            Self::Category { codes, .. } => codes.len(),
        }
    }

    fn is_missing_for_all(&self) -> bool {
        match self {
            Self::Number(values) => values.iter().all(Option::is_none),
            Self::Category { codes, .. } => codes.iter().all(Option::is_none),
        }
    }

    /// The same categories, numbered by `labels`; what is not among them gets the number behind the last.
    pub(super) fn recoded(&self, known: &[String]) -> Option<Self> {
        let Self::Category { labels, codes } = self else { return None };
        let number = |label: &String| {
            known.iter().position(|known| known == label).unwrap_or(known.len()) as u32
        };
        let numbers: Vec<u32> = labels.iter().map(number).collect();
        let codes = codes.iter().map(|code| code.map(|code| numbers[code as usize])).collect();
        Some(Self::Category { labels: known.to_vec(), codes })
    }
}

impl Customers {
    /// The features of an export that customers are grouped by unless others are asked for.
    pub const DEFAULT: [Feature; 3] = [Feature::RecencyDays, Feature::Frequency, Feature::Monetary];

    /// Customers with named characteristics, worth an unknown amount.
    ///
    /// # Errors
    /// A data error when there are no customers or characteristics, their lengths differ, a number is
    /// infinite, or one is missing for everybody.
    pub fn new(ids: Texts, columns: Vec<(String, Values)>) -> Result<Self> {
        if ids.is_empty() {
            return Err(Error::data("there are no customers to group"));
        }
        if columns.is_empty() {
            return Err(Error::data("there is nothing to group customers by")
                .with_hint("name columns with `--features a,b,c`"));
        }
        for (name, values) in &columns {
            if values.len() != ids.len() {
                let (cells, rows) = (values.len(), ids.len());
                return Err(Error::data(format!(
                    "`{name}` has {cells} values for {rows} customers"
                )));
            }
            if values.is_missing_for_all() {
                return Err(Error::data(format!("`{name}` is missing for every customer"))
                    .with_hint("leave it out with `--features`"));
            }
            if let Values::Number(numbers) = values
                && let Some(row) =
                    numbers.iter().position(|value| value.is_some_and(f64::is_infinite))
            {
                let id = ids.get(row).unwrap_or_default();
                return Err(Error::data(format!("`{name}` of customer `{id}` is infinite")));
            }
        }
        Ok(Self { ids, columns, values: None })
    }

    /// Says that the column `name`, a number, is what a customer is worth; a missing one counts as 0.
    ///
    /// # Errors
    /// A usage error when there is no such column, or it is a category.
    pub fn valued_by(self, name: &str) -> Result<Self> {
        let Some((_, Values::Number(values))) = self.columns.iter().find(|(own, _)| own == name)
        else {
            let names: Vec<&str> = self.names().collect();
            return Err(Error::usage(format!("`{name}` is not among the numbers to group by"))
                .with_hint(format!("the columns are {}", names.join(", "))));
        };
        let values = values.iter().map(|value| value.unwrap_or(0.0)).collect();
        Ok(Self { values: Some(values), ..self })
    }

    /// The `features` of everybody who bought strictly before `as_of`; a customer is worth the net
    /// amount of their orders.
    ///
    /// # Errors
    /// A data error as for [`Customers::new`], or when a feature needs what `history` has not.
    pub fn at(history: &History<'_>, as_of: AsOf, features: &[Feature]) -> Result<Self> {
        let mut asked = features.to_vec();
        asked.push(Feature::Monetary);
        let found = Features::at(history, as_of, &asked)?;
        if found.is_empty() {
            return Err(Error::data(format!("no purchase before {as_of}"))
                .with_hint("see `crmstat inspect` for how the rows are read; check `--as-of`"));
        }
        let ids = found.ids(history.orders()).map(Some).collect();
        let values = match found.values(&Feature::Monetary) {
            Some(FeatureValues::Number(values)) => Some(values.clone()),
            _ => None,
        };
        let columns = found.columns()[..features.len()]
            .iter()
            .map(|column| {
                let values = match &column.values {
                    FeatureValues::Number(values) => Values::number(values),
                    FeatureValues::Category { labels, codes } => Values::Category {
                        labels: (0..labels.len())
                            .map(|code| labels.get(code).unwrap_or_default().to_owned())
                            .collect(),
                        codes: codes.clone(),
                    },
                };
                (column.feature.to_string(), values)
            })
            .collect();
        Ok(Self { values, ..Self::new(ids, columns)? })
    }

    /// The columns of `table`, numbers and texts; what a customer is worth is unknown.
    ///
    /// # Errors
    /// A data error as for [`Customers::new`].
    pub fn of_table(table: &CustomerTable) -> Result<Self> {
        let ids = (0..table.len()).map(|row| table.ids().get(row)).collect();
        let columns = table
            .columns()
            .filter_map(|(name, column)| {
                let values = match column {
                    TableColumn::Number(values) => Values::number(values),
                    TableColumn::Text(labels) => {
                        Values::category((0..table.len()).map(|row| labels.get(row)))
                    }
                    // A table of columns of its own has no other kind.
                    TableColumn::Date(_) | TableColumn::Money(_) => return None,
                };
                Some((name.to_owned(), values))
            })
            .collect();
        Self::new(ids, columns)
    }

    /// The number of customers, at least 1.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Never: there is at least one customer.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The ids, in the order given.
    pub fn ids(&self) -> &Texts {
        &self.ids
    }

    /// The names of the characteristics.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_str())
    }

    /// The characteristics by name.
    pub fn characteristics(&self) -> &[(String, Values)] {
        &self.columns
    }

    /// What each customer is worth, where that is known.
    pub fn values(&self) -> Option<&[f64]> {
        self.values.as_deref()
    }

    /// The columns as the models take them.
    pub(super) fn columns(&self) -> Vec<Column<'_>> {
        self.columns
            .iter()
            .map(|(_, values)| match values {
                Values::Number(values) => Column::Numeric(values),
                Values::Category { labels, codes } => {
                    Column::Category { codes, levels: labels.len() }
                }
            })
            .collect()
    }

    /// The same customers with other columns.
    pub(super) fn with_columns(&self, columns: Vec<(String, Values)>) -> Self {
        Self { ids: self.ids.clone(), columns, values: self.values.clone() }
    }
}
