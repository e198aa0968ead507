//! The models of repeat purchases to choose from, and one of them fitted.

use super::{Warning, WithCovariates};
use crate::{
    Error, Result,
    data::{CustomerTable, Texts},
};
use crmstat_models::clv::{
    BetaGeometric, BgBb, BgNbd, ClvParams, CnbdK, CustomerValue, CustomerValueInterval,
    DiscountRate, Dropout, Estimate, FitParams, GammaGamma, Grouped, OrderDraws, Outcome,
    ParameterDraws, ParetoNbd, PurchaseProcess, Span, Summaries, TimeUnit, TrackingRow, forecasts,
    orders_distribution, track,
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
    /// As [`OrderModel::MbgNbd`], but orders come at regular intervals, of as many stages as fit best.
    MbgCnbdK,
    /// As [`OrderModel::BgNbd`], at regular intervals.
    BgCnbdK,
    /// Customers may buy once on each occasion, a period of the calendar, and leave before any of them.
    BgBb,
    /// Customers are under contract and may leave at the end of each period: the shifted beta-geometric.
    Sbg,
}

impl OrderModel {
    /// Every model, the default first.
    pub const ALL: [Self; 7] = [
        Self::MbgNbd,
        Self::BgNbd,
        Self::ParetoNbd,
        Self::MbgCnbdK,
        Self::BgCnbdK,
        Self::BgBb,
        Self::Sbg,
    ];
    /// The models of orders at any time that are compared, the default first.
    pub const AT_ANY_TIME: [Self; 4] = [Self::MbgNbd, Self::BgNbd, Self::ParetoNbd, Self::MbgCnbdK];

    /// The name that options and output use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MbgNbd => "mbg-nbd",
            Self::BgNbd => "bg-nbd",
            Self::ParetoNbd => "pareto-nbd",
            Self::MbgCnbdK => "mbg-cnbd-k",
            Self::BgCnbdK => "bg-cnbd-k",
            Self::BgBb => "bg-bb",
            Self::Sbg => "sbg",
        }
    }

    /// The unit of time to count in where nothing else is said: a week, and a month for occasions and
    /// contracts.
    pub const fn usual_unit(self) -> TimeUnit {
        if self.is_stepwise() { TimeUnit::Month } else { TimeUnit::Week }
    }

    /// Whether orders come in whole units of time: on occasions, or at renewals.
    pub const fn is_stepwise(self) -> bool {
        matches!(self, Self::BgBb | Self::Sbg)
    }

    /// Fits the model to `customers`.
    ///
    /// # Errors
    /// Customers among whom nobody has a repeat order or renewal, or nobody left a contract.
    pub fn fit(self, customers: &Summaries) -> Result<Process> {
        let params = FitParams::default();
        let bg_nbd = |dropout| BgNbd::fit(customers, dropout, params);
        let cnbd_k = |dropout| CnbdK::fit(customers, dropout, params).map(Process::CnbdK);
        let fitted = match self {
            Self::MbgNbd => bg_nbd(Dropout::AfterEveryOrder).map(Process::BgNbd),
            Self::BgNbd => bg_nbd(Dropout::AfterRepeatOrder).map(Process::BgNbd),
            Self::ParetoNbd => ParetoNbd::fit(customers, params).map(Process::ParetoNbd),
            Self::MbgCnbdK => cnbd_k(Dropout::AfterEveryOrder),
            Self::BgCnbdK => cnbd_k(Dropout::AfterRepeatOrder),
            Self::BgBb => BgBb::fit(customers, params).map(Process::BgBb),
            Self::Sbg => BetaGeometric::fit(customers, params).map(Process::Sbg),
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
    /// The MBG/CNBD-k or the BG/CNBD-k.
    CnbdK(CnbdK),
    /// The Pareto/NBD with rates that depend on customers' attributes.
    Covariates(WithCovariates),
    /// The BG/BB.
    BgBb(BgBb),
    /// The shifted beta-geometric.
    Sbg(BetaGeometric),
}

/// The same expression for whichever model it is; with covariates, for that of an average customer.
macro_rules! with {
    ($process:expr, $model:ident => $answer:expr) => {
        match $process {
            Process::BgNbd($model) => $answer,
            Process::ParetoNbd($model) => $answer,
            Process::CnbdK($model) => $answer,
            Process::Covariates(model) => {
                let $model = model.average();
                $answer
            }
            Process::BgBb($model) => $answer,
            Process::Sbg($model) => $answer,
        }
    };
}

/// One parameter of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// The name in the literature; an effect of a covariate is named by the rate and the attribute.
    pub name: String,
    /// The estimate.
    pub value: f64,
    /// Its standard error, by the delta method from that of the logarithm.
    pub standard_error: Option<f64>,
}

/// The parameters of a model of which all are positive.
pub(super) fn parameters(
    names: &[&str],
    values: &[f64],
    estimate: Option<&Estimate>,
) -> Vec<Parameter> {
    let named = names.iter().zip(values).enumerate().map(|(index, (name, value))| {
        let error = estimate.and_then(|estimate| estimate.log_standard_error(index));
        let standard_error = error.map(|error| value * error);
        Parameter { name: (*name).to_owned(), value: *value, standard_error }
    });
    named.collect()
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
            Self::ParetoNbd(_) | Self::Covariates(_) => OrderModel::ParetoNbd,
            Self::CnbdK(model) => match model.dropout() {
                Dropout::AfterEveryOrder => OrderModel::MbgCnbdK,
                Dropout::AfterRepeatOrder => OrderModel::BgCnbdK,
            },
            Self::BgBb(_) => OrderModel::BgBb,
            Self::Sbg(_) => OrderModel::Sbg,
        }
    }

    /// The unit in which it counts time.
    pub fn unit(&self) -> TimeUnit {
        with!(self, model => model.unit())
    }

    /// The attributes of customers that it needs, by the headers of their columns.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        let covariates = match self {
            Self::Covariates(model) => Some(model),
            _ => None,
        };
        covariates.into_iter().flat_map(WithCovariates::attributes)
    }

    /// The parameters; those of an average customer come before the effects of covariates.
    pub fn parameters(&self) -> Vec<Parameter> {
        let estimate = self.estimate();
        let mut found =
            with!(self, model => parameters(names_of(model), &model.parameters(), estimate));
        found.extend(self.stages().map(|k| Parameter {
            name: "k".to_owned(),
            value: f64::from(k),
            standard_error: None,
        }));
        if let Self::Covariates(model) = self {
            found.extend(
                model.effects().into_iter().map(|(name, value, standard_error)| Parameter {
                    name,
                    value,
                    standard_error,
                }),
            );
        }
        found
    }

    /// The stages between two orders, of a model that has them.
    pub fn stages(&self) -> Option<u32> {
        match self {
            Self::CnbdK(model) => Some(model.k()),
            _ => None,
        }
    }

    /// The logarithms of the probabilities of as many orders as `came` of each customer within `horizon`.
    pub(super) fn log_probabilities(
        &self,
        customers: &Summaries,
        came: &[u32],
        horizon: Span,
    ) -> Result<Vec<f64>> {
        /// What rounding leaves of a probability that is too small to be told from none.
        const LEAST: f64 = 1e-12;
        with!(self, model => model.for_each_customer(customers, |index, customer| {
            model.probability(customer, came[index], horizon).max(LEAST).ln()
        }))
        .map_err(Error::from_model)
    }

    /// How the parameters were found.
    pub fn estimate(&self) -> Option<&Estimate> {
        match self {
            Self::Covariates(model) => Some(model.estimate()),
            other => with!(other, model => model.estimate()),
        }
    }

    /// Repeat orders expected of a customer within `horizon` of the first order.
    pub fn new_customer_orders(&self, horizon: Span) -> f64 {
        with!(self, model => model.new_customer_orders(horizon))
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

    /// The models of `customers`, who find their attributes by their `ids`.
    pub(super) fn for_customers<'a>(
        &'a self,
        customers: &'a Summaries,
        ids: &Texts,
        attributes: Option<&CustomerTable>,
    ) -> Result<(Asked<'a>, Option<Warning>)> {
        let (models, warning) = match self {
            Self::BgNbd(model) => (Each::BgNbd(model), None),
            Self::ParetoNbd(model) => (Each::ParetoNbd(model), None),
            Self::CnbdK(model) => (Each::CnbdK(model), None),
            Self::BgBb(model) => (Each::BgBb(model), None),
            Self::Sbg(model) => (Each::Sbg(model), None),
            Self::Covariates(model) => {
                let table = attributes.ok_or_else(|| {
                    let names: Vec<&str> = model.attributes().collect();
                    Error::usage(format!("the model needs the covariates `{}`", names.join("`, `")))
                        .with_hint("give the table that has them with `--customers FILE`")
                })?;
                let (models, warning) = model.for_customers(customers, ids, table)?;
                (Each::Covariates(models), warning)
            }
        };
        Ok((Asked { models, customers }, warning))
    }
}

/// Customers, and the model that answers for each of them.
pub(super) struct Asked<'a> {
    models: Each<'a>,
    customers: &'a Summaries,
}

enum Each<'a> {
    BgNbd(&'a BgNbd),
    ParetoNbd(&'a ParetoNbd),
    CnbdK(&'a CnbdK),
    Covariates(Grouped<ParetoNbd>),
    BgBb(&'a BgBb),
    Sbg(&'a BetaGeometric),
}

/// The same expression for whichever models they are.
macro_rules! of_each {
    ($asked:expr, $models:ident => $answer:expr) => {
        match &$asked.models {
            Each::BgNbd($models) => $answer,
            Each::ParetoNbd($models) => $answer,
            Each::CnbdK($models) => $answer,
            Each::Covariates(grouped) => {
                let $models = &grouped;
                $answer
            }
            Each::BgBb($models) => $answer,
            Each::Sbg($models) => $answer,
        }
        .map_err(Error::from_model)
    };
}

impl Asked<'_> {
    /// What every customer is expected to do, and to bring where there is a model of spend.
    pub(super) fn values(
        &self,
        params: ClvParams,
        horizon: Span,
        spend: Option<&GammaGamma>,
    ) -> Result<Vec<CustomerValue>> {
        if let Some(spend) = spend {
            return of_each!(self, models => params.values(*models, spend, self.customers));
        }
        let expected = of_each!(self, models => forecasts(*models, self.customers, horizon))?;
        let without_value = expected.into_iter().map(|forecast| CustomerValue {
            p_alive: forecast.p_alive,
            expected_orders: forecast.expected_orders,
            expected_value: None,
            clv: None,
        });
        Ok(without_value.collect())
    }

    /// As [`Asked::values`], with intervals of `level` by the delta method, or by `draws` of the parameters.
    pub(super) fn value_intervals(
        &self,
        params: ClvParams,
        spend: &GammaGamma,
        level: f64,
        draws: Option<ParameterDraws>,
    ) -> Result<Vec<CustomerValueInterval>> {
        let customers = self.customers;
        of_each!(self, models => match draws {
            None => params.value_intervals(*models, spend, customers, level),
            Some(draws) => params.value_draws(*models, spend, customers, draws),
        })
    }

    /// What every customer is worth for ever.
    pub(super) fn residual_values(
        &self,
        params: ClvParams,
        spend: &GammaGamma,
    ) -> Result<Vec<Option<f64>>> {
        of_each!(self, models => params.residual_values(*models, spend, self.customers))
    }

    /// What will come of every customer within the horizon of `params`, by simulation.
    pub(super) fn outcomes(
        &self,
        params: ClvParams,
        spend: Option<&GammaGamma>,
        draws: OrderDraws,
    ) -> Result<Vec<Outcome>> {
        of_each!(self, models => params.outcomes(*models, spend, self.customers, draws))
    }

    /// The probabilities of 0 to `most` orders of every customer within `horizon`.
    pub(super) fn orders_distribution(&self, horizon: Span, most: u32) -> Result<Vec<Vec<f64>>> {
        of_each!(self, models => orders_distribution(*models, self.customers, horizon, most))
    }
}

/// Whether `discount` discounts at all.
pub(super) fn discounts(discount: DiscountRate) -> bool {
    discount != DiscountRate::NONE
}
