//! Attributes of customers as numbers for a model of rates.
//!
//! A number counts in its standard deviations from the mean, a category as one effect for each kind but the
//! first, from its share of customers. So the model without covariates is that of an average customer, and
//! so is the model of one whose attributes are missing.

use super::Warning;
use crate::{
    Error, Result,
    data::{Column, CustomerTable, Texts},
};
use crmstat_models::clv::{
    CovariateCustomer, Estimate, FitParams, Grouped, ParetoNbd, ParetoNbdCovariates, Summaries,
};
use serde::{Deserialize, Serialize};

/// The most kinds of a category: every one costs two parameters.
const MOST_KINDS: usize = 20;

/// The Pareto/NBD whose rates depend on customers' attributes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Raw", into = "Raw")]
pub struct WithCovariates {
    model: ParetoNbdCovariates,
    attributes: Vec<Attribute>,
}

/// The model as it is stored, before it is checked.
#[derive(Serialize, Deserialize)]
#[serde(rename = "WithCovariates", deny_unknown_fields)]
struct Raw {
    model: ParetoNbdCovariates,
    attributes: Vec<Attribute>,
}

impl TryFrom<Raw> for WithCovariates {
    type Error = Error;

    fn try_from(Raw { model, attributes }: Raw) -> Result<Self> {
        let width: usize = attributes.iter().map(|attribute| attribute.effects().count()).sum();
        if (model.purchase_effects().len(), model.dropout_effects().len()) == (width, width) {
            return Ok(Self { model, attributes });
        }
        Err(Error::data(format!("the stored model has not {width} effects on each rate")))
    }
}

impl From<WithCovariates> for Raw {
    fn from(WithCovariates { model, attributes }: WithCovariates) -> Self {
        Self { model, attributes }
    }
}

/// One attribute as the fit saw it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Attribute {
    name: String,
    values: Values,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Values {
    Number {
        mean: f64,
        deviation: f64,
    },
    /// Kinds with their shares of customers, in the order of their bytes.
    Category(Vec<(String, f64)>),
}

/// Where each customer stands in the table of attributes.
struct Rows<'a> {
    table: &'a CustomerTable,
    rows: Vec<Option<usize>>,
}

impl<'a> Rows<'a> {
    /// Both the table and the customers are in the order of their ids' bytes.
    fn of(table: &'a CustomerTable, customers: &Texts) -> Self {
        let mut at = 0;
        let rows = (0..customers.len())
            .map(|customer| {
                let id = customers.get(customer);
                while at < table.len() && table.ids().get(at) < id {
                    at += 1;
                }
                Some(at).filter(|at| *at < table.len() && table.ids().get(*at) == id)
            })
            .collect();
        Self { table, rows }
    }

    fn column(&self, name: &str) -> Result<&'a Column> {
        self.table.column(name).ok_or_else(|| {
            Error::usage(format!("the model needs the covariate `{name}`"))
                .with_hint("give the table that has it with `--customers FILE`")
        })
    }
}

impl Attribute {
    fn of(name: &str, column: &Column, rows: &Rows<'_>) -> Result<Self> {
        let known = || rows.rows.iter().flatten().copied();
        let same_for_all = || {
            Error::data(format!("the covariate `{name}` is the same for all customers who have it"))
                .with_hint("leave it out")
        };
        let values = match column {
            Column::Number(cells) => {
                let cells: Vec<f64> =
                    known().map(|row| cells[row]).filter(|v| !v.is_nan()).collect();
                let count = cells.len() as f64;
                let mean = cells.iter().sum::<f64>() / count;
                let square = cells.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
                let deviation = square.sqrt();
                if !(deviation > 0.0 && deviation.is_finite()) {
                    return Err(same_for_all());
                }
                Values::Number { mean, deviation }
            }
            Column::Text(labels) => {
                let mut counts = vec![0_u64; labels.labels().len()];
                known().filter_map(|row| labels.code(row)).for_each(|c| counts[c as usize] += 1);
                let total: u64 = counts.iter().sum();
                let kinds: Vec<(String, f64)> = (0..counts.len())
                    .filter(|code| counts[*code] > 0)
                    .filter_map(|code| {
                        let share = counts[code] as f64 / total as f64;
                        Some((labels.labels().get(code)?.to_owned(), share))
                    })
                    .collect();
                if kinds.len() < 2 {
                    return Err(same_for_all());
                }
                if kinds.len() > MOST_KINDS {
                    let count = kinds.len();
                    return Err(Error::data(format!(
                        "the covariate `{name}` has {count} kinds, more than {MOST_KINDS}"
                    ))
                    .with_hint("leave it out, or group its kinds"));
                }
                Values::Category(kinds)
            }
            _ => {
                return Err(Error::data(format!(
                    "the covariate `{name}` is neither a number nor a category"
                ))
                .with_hint("leave it out"));
            }
        };
        Ok(Self { name: name.to_owned(), values })
    }

    /// The names of its effects, each with what one unit of it stands for: an effect on a number is per
    /// deviation.
    fn effects(&self) -> impl Iterator<Item = (String, f64)> {
        let (number, kinds) = match &self.values {
            Values::Number { deviation, .. } => (Some((self.name.clone(), *deviation)), &[][..]),
            Values::Category(kinds) => (None, kinds.get(1..).unwrap_or_default()),
        };
        let kinds = kinds.iter().map(|(kind, _)| (format!("{}={kind}", self.name), 1.0));
        number.into_iter().chain(kinds)
    }

    /// Adds the numbers of the customer in `row` of `column`; says whether the attribute is known.
    fn add(&self, column: &Column, row: Option<usize>, to: &mut Vec<f64>) -> bool {
        match (&self.values, column) {
            (Values::Number { mean, deviation }, Column::Number(cells)) => {
                let value = row.map(|row| cells[row]).filter(|value| !value.is_nan());
                to.push(value.map_or(0.0, |value| (value - mean) / deviation));
                value.is_some()
            }
            (Values::Category(kinds), column) => {
                let text = row.and_then(|row| match column {
                    Column::Text(labels) => labels.get(row).map(str::to_owned),
                    Column::Number(cells) => {
                        Some(cells[row]).filter(|value| !value.is_nan()).map(|v| v.to_string())
                    }
                    _ => None,
                });
                let own = kinds.iter().position(|(kind, _)| Some(kind) == text.as_ref());
                to.extend((1..kinds.len()).map(|kind| match own {
                    None => 0.0,
                    Some(own) => f64::from(u8::from(own == kind)) - kinds[kind].1,
                }));
                own.is_some()
            }
            (Values::Number { .. }, _) => {
                to.push(0.0);
                false
            }
        }
    }
}

impl WithCovariates {
    /// Fits the model to `customers`, whose `ids` find their attributes in the columns of `table`.
    ///
    /// # Errors
    /// An attribute that is the same for everybody or has too many kinds; customers among whom nobody has a
    /// repeat order.
    pub fn fit(customers: &Summaries, ids: &Texts, table: &CustomerTable) -> Result<Self> {
        let rows = Rows::of(table, ids);
        let attributes: Vec<Attribute> = table
            .columns()
            .map(|(name, column)| Attribute::of(name, column, &rows))
            .collect::<Result<_>>()?;
        let (rated, _) = rated(&attributes, customers, &rows)?;
        let model = ParetoNbdCovariates::fit(&rated, customers.unit(), FitParams::default())
            .map_err(Error::from_model)?;
        Ok(Self { model, attributes })
    }

    /// The attributes that the model needs, by the headers of their columns.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        self.attributes.iter().map(|attribute| attribute.name.as_str())
    }

    /// The model of an average customer.
    pub fn average(&self) -> &ParetoNbd {
        self.model.base()
    }

    /// How the parameters were found.
    pub fn estimate(&self) -> &Estimate {
        self.model.estimate()
    }

    /// The effects on the logarithms of both rates with their standard errors, a number's per unit of its own.
    pub fn effects(&self) -> Vec<(String, f64, Option<f64>)> {
        let named = |rate: &str| {
            let effects = self.attributes.iter().flat_map(Attribute::effects);
            effects.map(|(name, unit)| (format!("{rate}: {name}"), unit)).collect::<Vec<_>>()
        };
        let names = named("orders").into_iter().chain(named("leaving"));
        let values = self.model.purchase_effects().iter().chain(self.model.dropout_effects());
        names
            .zip(values)
            .enumerate()
            .map(|(index, ((name, unit), value))| {
                let error = self.model.estimate().log_standard_error(4 + index);
                (name, value / unit, error.map(|error| error / unit))
            })
            .collect()
    }

    /// The models of `customers`, and a warning where some have no attributes that the fit knew.
    pub(super) fn for_customers(
        &self,
        customers: &Summaries,
        ids: &Texts,
        table: &CustomerTable,
    ) -> Result<(Grouped<ParetoNbd>, Option<Warning>)> {
        let rows = Rows::of(table, ids);
        let (rated, unknown) = rated(&self.attributes, customers, &rows)?;
        let models = self.model.for_customers(&rated).map_err(Error::from_model)?;
        Ok((models, (unknown > 0).then_some(Warning::UnknownCovariates(unknown))))
    }
}

/// Customers with their covariates, the same for both rates, and how many of them lack one.
fn rated(
    attributes: &[Attribute],
    customers: &Summaries,
    rows: &Rows<'_>,
) -> Result<(Vec<CovariateCustomer>, usize)> {
    let columns: Vec<(&Attribute, &Column)> = attributes
        .iter()
        .map(|attribute| Ok((attribute, rows.column(&attribute.name)?)))
        .collect::<Result<_>>()?;
    let mut unknown = 0;
    let found = customers.customers().iter().zip(&rows.rows).map(|(summary, row)| {
        let (mut values, mut lacks) = (Vec::new(), false);
        for (attribute, column) in &columns {
            lacks |= !attribute.add(column, *row, &mut values);
        }
        unknown += usize::from(lacks);
        CovariateCustomer { summary: *summary, purchase: values.clone(), dropout: values }
    });
    let found = found.collect();
    Ok((found, unknown))
}
