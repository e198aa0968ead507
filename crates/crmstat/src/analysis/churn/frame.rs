//! What a model sees of customers: named columns of numbers and categories, and how they are encoded.

use crate::{
    Error, Result,
    data::{Column, CustomerTable, Texts},
    features::{Feature, FeatureColumn, FeatureValues, Features, Unit, Value},
};
use crmstat_models::{
    churn::{Encoder, RawColumn, Rows},
    parallel::map_chunks,
};
use serde::{Deserialize, Serialize};

/// Rows per task.
const CHUNK: usize = 65_536;

/// What is known of a column besides its values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::analysis) struct Schema {
    /// The name of the feature, or the header in a table.
    pub(in crate::analysis) name: String,
    /// Whether it holds numbers, else categories.
    pub(in crate::analysis) number: bool,
    /// Whether the model sees its logarithm: days, counts and money act by ratios.
    pub(in crate::analysis) logarithm: bool,
    /// The unit of that logarithm where the number has none of its own, as money: what counts as little
    /// beside a typical amount is the same in roubles and in kopecks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::analysis) unit: Option<f64>,
}

impl Schema {
    /// A number as the model sees it.
    pub(in crate::analysis) fn of(&self, value: f64) -> f64 {
        match (self.logarithm, self.unit) {
            (false, _) => value,
            (true, None) => damped(value),
            (true, Some(unit)) => damped(value / unit),
        }
    }

    /// The number that the model sees as `value`.
    pub(in crate::analysis) fn undo(&self, value: f64) -> f64 {
        if !self.logarithm {
            return value;
        }
        value.signum() * value.abs().exp_m1() * self.unit.unwrap_or(1.0)
    }

    /// The same with the unit that `values` suggest, where the column is money.
    fn measured(mut self, values: &[f64]) -> Self {
        /// A typical amount in units: the logarithm is then all but proportional to ratios from a hundredth
        /// of it up.
        const TYPICAL: f64 = 100.0;
        let is_money = || self.name.parse().is_ok_and(|own: Feature| own.unit() == Unit::Money);
        if self.logarithm && is_money() {
            let mut amounts: Vec<f64> =
                values.iter().map(|own| own.abs()).filter(|own| *own > 0.0).collect();
            amounts.sort_unstable_by(f64::total_cmp);
            self.unit = amounts.get(amounts.len() / 2).map(|typical| typical / TYPICAL);
        }
        self
    }
}

/// The values of a column.
#[derive(Clone, Debug)]
pub(in crate::analysis) enum Cells {
    /// NaN is missing.
    Number(Vec<f64>),
    Category {
        labels: Texts,
        codes: Vec<Option<u32>>,
    },
}

/// Columns of equal length.
#[derive(Clone, Debug)]
pub(in crate::analysis) struct Frame {
    pub(in crate::analysis) rows: usize,
    pub(in crate::analysis) columns: Vec<(Schema, Cells)>,
}

impl Frame {
    /// One row: a value for each column of `schema`, in its order.
    pub(in crate::analysis) fn of_row(schema: &[Schema], values: &[Value<'_>]) -> Self {
        let cell = |value: &Value<'_>, is_number: bool| match value {
            Value::Number(number) => Cells::Number(vec![*number]),
            Value::Missing if is_number => Cells::Number(vec![f64::NAN]),
            Value::Missing => Cells::Category { labels: Texts::default(), codes: vec![None] },
            Value::Category(text) => Cells::Category {
                labels: std::iter::once(Some(*text)).collect(),
                codes: vec![Some(0)],
            },
        };
        let columns = schema.iter().zip(values);
        let columns = columns.map(|(own, value)| (own.clone(), cell(value, own.number))).collect();
        Self { rows: 1, columns }
    }

    pub(in crate::analysis) fn of_features(features: Features) -> Self {
        let rows = features.len();
        let column = |FeatureColumn { feature, values }| {
            let ratio = matches!(feature, Feature::RecencyInGaps);
            let logarithm =
                ratio || matches!(feature.unit(), Unit::Days | Unit::Count | Unit::Money);
            let cells = match values {
                FeatureValues::Number(values) => Cells::Number(values),
                FeatureValues::Category { labels, codes } => Cells::Category { labels, codes },
            };
            let number = matches!(cells, Cells::Number(_));
            (Schema { name: feature.to_string(), number, logarithm, unit: None }, cells)
        };
        Self { rows, columns: features.into_columns().into_iter().map(column).collect() }
    }

    /// Adds a column of numbers, taken as they are; NaN is missing.
    pub(in crate::analysis) fn push(&mut self, name: &str, values: Vec<f64>) {
        let schema = Schema { name: name.to_owned(), number: true, logarithm: false, unit: None };
        self.columns.push((schema, Cells::Number(values)));
    }

    /// The columns of `table` but those of `left_out`.
    pub(in crate::analysis) fn of_table(table: &CustomerTable, left_out: &[&str]) -> Self {
        let columns = table
            .columns()
            .filter(|(name, _)| !left_out.contains(name))
            .filter_map(|(name, column)| {
                let cells = match column {
                    Column::Number(values) => Cells::Number(values.clone()),
                    Column::Text(labels) => Cells::Category {
                        labels: labels.labels().clone(),
                        codes: (0..table.len()).map(|row| labels.code(row)).collect(),
                    },
                    Column::Date(_) | Column::Money(_) => return None,
                };
                let number = matches!(cells, Cells::Number(_));
                let name = name.to_owned();
                Some((Schema { name, number, logarithm: false, unit: None }, cells))
            })
            .collect();
        Self { rows: table.len(), columns }
    }

    /// The columns that a model learned from, in its order; `ids` are the customers of the rows. Numbers
    /// where the model knows categories are read as their labels.
    ///
    /// # Errors
    /// A column that is not there, or holds texts where the model knows numbers.
    pub(in crate::analysis) fn in_order_of(&self, schema: &[Schema], ids: &Texts) -> Result<Self> {
        let column = |wanted: &Schema| {
            let found = self.columns.iter().find(|(own, _)| own.name == wanted.name);
            let Some((_, cells)) = found else {
                return Err(Error::data(format!(
                    "the model needs `{}`, which is not there",
                    wanted.name
                ))
                .with_hint("score data with the columns that the model was fitted to"));
            };
            let cells = match cells {
                Cells::Number(values) if !wanted.number => as_labels(values),
                Cells::Category { labels, codes } if wanted.number => as_numbers(labels, codes)
                    .map_err(|row| {
                        let text = codes[row].and_then(|code| labels.get(code as usize));
                        Error::data(format!(
                            "`{}` holds `{}` for the customer `{}`, where the model knows numbers",
                            wanted.name,
                            text.unwrap_or_default(),
                            ids.get(row).unwrap_or_default()
                        ))
                        .with_hint(
                            "score data whose columns mean what those that it was fitted to did",
                        )
                    })?,
                cells => cells.clone(),
            };
            Ok((wanted.clone(), cells))
        };
        let columns = schema.iter().map(column).collect::<Result<_>>()?;
        Ok(Self { rows: self.rows, columns })
    }

    /// The rows whose numbers are `kept`.
    pub(in crate::analysis) fn take(&self, kept: &[usize]) -> Self {
        let column = |(schema, cells): &(Schema, Cells)| {
            let cells = match cells {
                Cells::Number(values) => {
                    Cells::Number(kept.iter().map(|row| values[*row]).collect())
                }
                Cells::Category { labels, codes } => Cells::Category {
                    labels: labels.clone(),
                    codes: kept.iter().map(|row| codes[*row]).collect(),
                },
            };
            (schema.clone(), cells)
        };
        Self { rows: kept.len(), columns: self.columns.iter().map(column).collect() }
    }

    /// Puts the rows of `other`, a frame of the same tables at another cutoff, below.
    pub(in crate::analysis) fn append(&mut self, other: &Self) {
        self.rows += other.rows;
        for ((_, mine), (_, theirs)) in self.columns.iter_mut().zip(&other.columns) {
            match (mine, theirs) {
                (Cells::Number(mine), Cells::Number(theirs)) => mine.extend(theirs),
                (Cells::Category { codes, .. }, Cells::Category { codes: theirs, .. }) => {
                    codes.extend(theirs);
                }
                // Both were made from the same features.
                _ => {}
            }
        }
    }

    /// The column `name` alone.
    pub(in crate::analysis) fn only(&self, name: &str) -> Option<Self> {
        let column = self.columns.iter().find(|(schema, _)| schema.name == name)?;
        Some(Self { rows: self.rows, columns: vec![column.clone()] })
    }

    /// The schema of the columns.
    pub(in crate::analysis) fn schema(&self) -> Vec<Schema> {
        self.columns.iter().map(|(schema, _)| schema.clone()).collect()
    }

    /// The schema for a model that learns from these rows.
    pub(in crate::analysis) fn measured_schema(&self) -> Vec<Schema> {
        let measured = |(schema, cells): &(Schema, Cells)| match cells {
            Cells::Number(values) => schema.clone().measured(values),
            Cells::Category { .. } => schema.clone(),
        };
        self.columns.iter().map(measured).collect()
    }

    /// The cells of the column `name`.
    pub(in crate::analysis) fn cells(&self, name: &str) -> Option<&Cells> {
        self.columns.iter().find(|(schema, _)| schema.name == name).map(|(_, cells)| cells)
    }

    /// The numbers of the column `name`; `None` where there is no such column of numbers.
    pub(in crate::analysis) fn numbers(&self, name: &str) -> Option<&[f64]> {
        match self.cells(name)? {
            Cells::Number(values) => Some(values),
            Cells::Category { .. } => None,
        }
    }

    /// Calls `with` with the columns as a model of this `schema` takes them.
    pub(in crate::analysis) fn raw<T>(
        &self,
        schema: &[Schema],
        with: impl FnOnce(&[RawColumn<'_>]) -> T,
    ) -> T {
        enum Prepared<'a> {
            Number(std::borrow::Cow<'a, [f64]>),
            Category(Vec<Option<&'a str>>),
        }
        let prepared: Vec<Prepared<'_>> = self
            .columns
            .iter()
            .zip(schema)
            .map(|((_, cells), schema)| match cells {
                Cells::Number(values) if schema.logarithm => {
                    let chunks = map_chunks(values.len(), CHUNK, |range| {
                        values[range].iter().map(|value| schema.of(*value)).collect::<Vec<f64>>()
                    });
                    Prepared::Number(chunks.concat().into())
                }
                Cells::Number(values) => Prepared::Number(values.as_slice().into()),
                Cells::Category { labels, codes } => Prepared::Category(
                    codes.iter().map(|code| labels.get((*code)? as usize)).collect(),
                ),
            })
            .collect();
        let raw: Vec<RawColumn<'_>> = prepared
            .iter()
            .map(|column| match column {
                Prepared::Number(values) => RawColumn::Number(values),
                Prepared::Category(values) => RawColumn::Category(values),
            })
            .collect();
        with(&raw)
    }

    /// The table that `encoder` makes of it, for a model of this `schema`.
    pub(in crate::analysis) fn encode(
        &self,
        encoder: &Encoder,
        schema: &[Schema],
    ) -> Result<Encoded> {
        let values = self.raw(schema, |raw| encoder.encode(raw)).map_err(Error::from_model)?;
        Ok(Encoded { values, width: encoder.width() })
    }
}

/// A table of numbers, row by row.
#[derive(Clone, Debug)]
pub(in crate::analysis) struct Encoded {
    values: Vec<f64>,
    width: usize,
}

impl Encoded {
    pub(in crate::analysis) fn rows(&self) -> Result<Rows<'_>> {
        Rows::new(&self.values, self.width).map_err(Error::from_model)
    }
}

/// Numbers as the labels of categories.
fn as_labels(values: &[f64]) -> Cells {
    let texts: Vec<Option<String>> =
        values.iter().map(|own| (!own.is_nan()).then(|| own.to_string())).collect();
    let mut distinct: Vec<&str> = texts.iter().flatten().map(String::as_str).collect();
    distinct.sort_unstable();
    distinct.dedup();
    let code = |text: &String| distinct.binary_search(&text.as_str()).ok().map(|code| code as u32);
    let codes = texts.iter().map(|text| text.as_ref().and_then(code)).collect();
    Cells::Category { labels: distinct.iter().map(|text| Some(*text)).collect(), codes }
}

/// Categories as numbers.
///
/// # Errors
/// The first row whose label is none.
fn as_numbers(labels: &Texts, codes: &[Option<u32>]) -> std::result::Result<Cells, usize> {
    let numbers: Vec<Option<f64>> = (0..labels.len())
        .map(|code| labels.get(code)?.parse().ok().filter(|own: &f64| own.is_finite()))
        .collect();
    let number = |(row, code): (usize, &Option<u32>)| match code {
        None => Ok(f64::NAN),
        Some(code) => numbers[*code as usize].ok_or(row),
    };
    codes.iter().enumerate().map(number).collect::<std::result::Result<_, _>>().map(Cells::Number)
}

/// `ln(1 + x)`, odd around zero, as net spend may be below it.
fn damped(value: f64) -> f64 {
    value.signum() * value.abs().ln_1p()
}
