//! The models of repeat purchases to choose from, and one of them fitted.

use crate::{Error, Result};
use crmstat_models::clv::{
    BgNbd, ClvParams, CustomerValue, CustomerValueInterval, DiscountRate, Dropout, Estimate,
    FitParams, GammaGamma, Interval, OrderDraws, ParetoNbd, PurchaseProcess, Span, Summaries,
    TimeUnit, TrackingRow, orders_interval, track,
};
use serde::{Deserialize, Serialize};

/// A model of repeat purchases; [`crmstat_models::clv`] says when to choose which.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OrderModel {
    /// Customers may leave after any order, the first among them.
    #[default]
    MbgNbd,
    /// Customers may leave after a repeat order: who never came back is alive for certain.
    BgNbd,
    /// Customers may leave at any moment.
    ParetoNbd,
}

impl OrderModel {
    /// Every model, the default first.
    pub const ALL: [Self; 3] = [Self::MbgNbd, Self::BgNbd, Self::ParetoNbd];

    /// The name that options and output use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MbgNbd => "mbg-nbd",
            Self::BgNbd => "bg-nbd",
            Self::ParetoNbd => "pareto-nbd",
        }
    }

    /// Fits the model to `customers`.
    ///
    /// # Errors
    /// Customers among whom nobody has a repeat order.
    pub fn fit(self, customers: &Summaries) -> Result<Process> {
        let bg_nbd = |dropout| BgNbd::fit(customers, dropout, FitParams::default());
        let fitted = match self {
            Self::MbgNbd => bg_nbd(Dropout::AfterEveryOrder).map(Process::BgNbd),
            Self::BgNbd => bg_nbd(Dropout::AfterRepeatOrder).map(Process::BgNbd),
            Self::ParetoNbd => {
                ParetoNbd::fit(customers, FitParams::default()).map(Process::ParetoNbd)
            }
        };
        fitted.map_err(Error::from_model)
    }
}

impl std::str::FromStr for OrderModel {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|model| model.name() == text).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join("`, `");
            Error::usage(format!("there is no model `{text}`"))
                .with_hint(format!("one of `{names}`, or a saved model `FILE.json`"))
        })
    }
}

/// A model of repeat purchases with its parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Process {
    /// The MBG/NBD or the BG/NBD.
    BgNbd(BgNbd),
    /// The Pareto/NBD.
    ParetoNbd(ParetoNbd),
}

/// The same expression for whichever model it is.
macro_rules! with {
    ($process:expr, $model:ident => $answer:expr) => {
        match $process {
            Process::BgNbd($model) => $answer,
            Process::ParetoNbd($model) => $answer,
        }
    };
}

/// The names of the parameters of a model of this type.
fn names_of<P: PurchaseProcess>(_: &P) -> &'static [&'static str] {
    P::PARAMETERS
}

impl Process {
    /// Which model it is.
    pub fn model(&self) -> OrderModel {
        match self {
            Self::BgNbd(model) if model.dropout() == Dropout::AfterEveryOrder => OrderModel::MbgNbd,
            Self::BgNbd(_) => OrderModel::BgNbd,
            Self::ParetoNbd(_) => OrderModel::ParetoNbd,
        }
    }

    /// The unit in which it counts time.
    pub fn unit(&self) -> TimeUnit {
        with!(self, model => model.unit())
    }

    /// The parameters with their names in the literature.
    pub fn parameters(&self) -> Vec<(&'static str, f64)> {
        let named = |names: &'static [&'static str], values: Vec<f64>| {
            names.iter().copied().zip(values).collect()
        };
        with!(self, model => named(names_of(model), model.parameters()))
    }

    /// How the parameters were found.
    pub fn estimate(&self) -> Option<&Estimate> {
        with!(self, model => model.estimate())
    }

    /// Repeat orders expected of a customer within `horizon` of the first order.
    pub fn new_customer_orders(&self, horizon: Span) -> f64 {
        with!(self, model => model.new_customer_orders(horizon))
    }

    /// What every customer is expected to do, and to bring where there is a model of spend.
    pub(super) fn values(
        &self,
        params: ClvParams,
        horizon: Span,
        spend: Option<&GammaGamma>,
        customers: &Summaries,
    ) -> Result<Vec<CustomerValue>> {
        let values = match spend {
            Some(spend) => with!(self, model => params.values(model, spend, customers)),
            None => with!(self, model => model.predict(customers, horizon)).map(|forecasts| {
                let without_value = forecasts.into_iter().map(|forecast| CustomerValue {
                    p_alive: forecast.p_alive,
                    expected_orders: forecast.expected_orders,
                    expected_value: None,
                    clv: None,
                });
                without_value.collect()
            }),
        };
        values.map_err(Error::from_model)
    }

    /// As [`Process::values`], with intervals of `level`.
    pub(super) fn value_intervals(
        &self,
        params: ClvParams,
        spend: &GammaGamma,
        customers: &Summaries,
        level: f64,
    ) -> Result<Vec<CustomerValueInterval>> {
        with!(self, model => params.value_intervals(model, spend, customers, level))
            .map_err(Error::from_model)
    }

    /// What every customer is worth for ever.
    pub(super) fn residual_values(
        &self,
        params: ClvParams,
        spend: &GammaGamma,
        customers: &Summaries,
    ) -> Result<Vec<Option<f64>>> {
        with!(self, model => params.residual_values(model, spend, customers))
            .map_err(Error::from_model)
    }

    /// The interval of every customer's number of orders within `horizon`, by simulation.
    pub(super) fn orders_intervals(
        &self,
        customers: &Summaries,
        horizon: Span,
        draws: OrderDraws,
    ) -> Result<Vec<Interval>> {
        with!(self, model => orders_interval(model, customers, horizon, draws))
            .map_err(Error::from_model)
    }

    /// Repeat orders by period against their expectation; see [`track`].
    pub(super) fn track(
        &self,
        first_orders: &[f64],
        repeat_orders: &[f64],
        period: Span,
        periods: usize,
    ) -> Result<Vec<TrackingRow>> {
        with!(self, model => track(model, first_orders, repeat_orders, period, periods))
            .map_err(Error::from_model)
    }
}

/// Whether `discount` discounts at all.
pub(super) fn discounts(discount: DiscountRate) -> bool {
    discount != DiscountRate::NONE
}
