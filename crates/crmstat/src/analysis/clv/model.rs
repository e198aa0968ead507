//! What is saved of a fit, so that other data are predicted alike.

use super::{OrderModel, Process, Warning, WithCovariates};
use crate::{
    Error, Result,
    data::{CustomerTable, Texts},
    model_file,
};
use crmstat_models::clv::{FitParams, GammaGamma, Summaries};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A model of orders and, where the data bear one, a model of spend.
///
/// Neither holds anything about a single customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    orders: Process,
    spend: Option<GammaGamma>,
}

/// What the file says it is.
const KIND: &str = "clv";

impl Model {
    /// Fits both models to `customers`. Where too few have repeat orders of positive value there is no
    /// model of spend, and a warning says so.
    ///
    /// # Errors
    /// Customers among whom nobody has a repeat order or renewal.
    pub fn fit(customers: &Summaries, model: OrderModel) -> Result<(Self, Option<Warning>)> {
        Self::with_spend(model.fit(customers)?, customers)
    }

    /// The same with rates that depend on the attributes in the columns of `table`, which customers find by
    /// their `ids`.
    ///
    /// # Errors
    /// Customers among whom nobody has a repeat order; an attribute that is the same for all of them, or has
    /// too many kinds.
    pub fn fit_with_covariates(
        customers: &Summaries,
        ids: &Texts,
        table: &CustomerTable,
    ) -> Result<(Self, Option<Warning>)> {
        let orders = Process::Covariates(WithCovariates::fit(customers, ids, table)?);
        Self::with_spend(orders, customers)
    }

    fn with_spend(orders: Process, customers: &Summaries) -> Result<(Self, Option<Warning>)> {
        match GammaGamma::fit(customers, FitParams::default()) {
            Ok(spend) => Ok((Self { orders, spend: Some(spend) }, None)),
            Err(error) if error.is_data() => {
                Ok((Self { orders, spend: None }, Some(Warning::NoSpend(error.to_string()))))
            }
            Err(error) => Err(Error::from_model(error)),
        }
    }

    /// The model of orders.
    pub fn orders(&self) -> &Process {
        &self.orders
    }

    /// The model of spend, where there is one.
    pub fn spend(&self) -> Option<&GammaGamma> {
        self.spend.as_ref()
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
}
