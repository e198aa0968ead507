//! What is saved of a fit, so that other data are predicted alike.

use super::{OrderModel, Process, Warning};
use crate::{Error, Result, model_file};
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
    /// Customers among whom nobody has a repeat order.
    pub fn fit(customers: &Summaries, model: OrderModel) -> Result<(Self, Option<Warning>)> {
        let orders = model.fit(customers)?;
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
