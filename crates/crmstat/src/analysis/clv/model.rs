//! What is saved of a fit, so that other data are predicted alike.

use super::{Beside, Clv, Options, OrderModel, Process, Warning, WithCovariates, estimate_orders};
use crate::{
    Error, Result,
    data::{CustomerRow, CustomerTable, FieldValue, Orders, Texts},
    features::{Value, arranged, value_of},
    model_file::{self, Kind},
};
use crmstat_models::clv::{CustomerValue, FitParams, GammaGamma, Summaries, Summary};
use serde::{Deserialize, Serialize};

/// A model of orders and, where the data bear one, a model of spend.
///
/// Neither holds anything about a single customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    orders: Process,
    spend: Option<GammaGamma>,
}

model_file::saved!(Model, Kind::CLV);

impl Model {
    /// Fits both models to the customers of `orders` that have been read, with what is known `beside` their
    /// orders; the orders of [`Options::window`] count.
    ///
    /// ```
    /// use crmstat::{Date, analysis::clv::{Beside, Model, Options}, data::{OrderRow, Orders, OrdersBuilder}};
    ///
    /// let day: Date = "2023-01-01".parse()?;
    /// let rows = (0..200).flat_map(|customer: i32| {
    ///     let days = (customer % 90..300 + customer * 2).step_by(14 + customer as usize % 60);
    ///     days.map(move |after| OrderRow::new(customer, day.plus_days(after), 20 + customer % 30))
    /// });
    /// let orders: Orders = rows.collect::<OrdersBuilder>().build()?.complete()?;
    /// let options = Options::default();
    /// let model = Model::fit_orders(&orders, Beside::default(), &options)?;
    ///
    /// // Eight orders after the first, the last 30 weeks after it, 34 weeks ago, of 25 each.
    /// let one = model.score_one(
    ///     &[("x", 8.0.into()), ("t_x", 30.0.into()), ("T", 34.0.into()), ("mean_value", 25.0.into())],
    ///     &options,
    /// )?;
    /// assert!(one.p_alive > 0.5 && one.clv > Some(0.0));
    /// # Ok::<(), crmstat::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`estimate_orders`].
    pub fn fit_orders(orders: &Orders, beside: Beside<'_>, options: &Options) -> Result<Self> {
        let options = Options { fitted: None, ..options.clone() };
        Ok(estimate_orders(orders, beside, &options)?.model)
    }

    /// What the customers of `orders` that have been read are worth by this model.
    ///
    /// # Errors
    /// Those of [`estimate_orders`].
    pub fn score(&self, orders: &Orders, beside: Beside<'_>, options: &Options) -> Result<Clv> {
        let options = Options { fitted: Some(self.clone()), ..options.clone() };
        estimate_orders(orders, beside, &options)
    }

    /// What one customer is expected to do and to bring within [`Options::horizon`], by the values of `x`,
    /// `t_x`, `T` and `mean_value` in the unit of the model ([`Process::unit`]), as
    /// [`clv`](crate::analysis::clv) defines them, and of the [attributes](Process::attributes) of a model with
    /// covariates. `mean_value`, the mean value of a repeat order, is missing where `x` is 0.
    ///
    /// # Errors
    /// A usage error for a value that is not given or of another kind, or options out of range; a data error
    /// for values that no customer has, such as `t_x` above `T`.
    pub fn score_one<S: AsRef<str>>(
        &self,
        values: &[(S, Value<'_>)],
        options: &Options,
    ) -> Result<CustomerValue> {
        let number = |turn: usize, name: &str| value_of(name, turn, values)?.known_number(name);
        let x = number(0, "x")?;
        if x < 0.0 || x.fract() != 0.0 || x > f64::from(u32::MAX) {
            return Err(Error::usage(format!("`x` is {x}, which is no number of orders")));
        }
        let mean = value_of("mean_value", 3, values)?.number("mean_value")?;
        let mut summary = Summary::new(x as u32, number(1, "t_x")?, number(2, "T")?)
            .map_err(Error::from_model)?;
        if !mean.is_nan() && x > 0.0 {
            summary = summary.with_mean_repeat_value(mean).map_err(Error::from_model)?;
        }
        let customers = Summaries::new(self.orders.unit(), vec![summary]);
        let ids: Texts = std::iter::once(Some("customer")).collect();
        let attributes = self.attributes_of_one(values)?;
        let options = Options { fitted: Some(self.clone()), ..options.clone() };
        let (asked, _) = self.orders.for_customers(&customers, &ids, attributes.as_ref())?;
        let found = asked.values(options.params()?, options.ahead()?, self.spend())?;
        found.into_iter().next().ok_or_else(|| Error::data("there is no customer"))
    }

    /// The attributes that the model needs, as a table of one customer.
    fn attributes_of_one<S: AsRef<str>>(
        &self,
        values: &[(S, Value<'_>)],
    ) -> Result<Option<CustomerTable>> {
        let mut row = CustomerRow::new("customer");
        let names: Vec<&str> = self.orders.attributes().collect();
        if names.is_empty() {
            return Ok(None);
        }
        let values = arranged(names.iter().copied(), values)?;
        for (name, value) in names.into_iter().zip(values) {
            row = match value {
                Value::Number(number) => row.with(name, number),
                Value::Category(text) => row.with(name, text),
                // A column that holds nothing is one of texts.
                Value::Missing => row.with(name, FieldValue::Missing),
            };
        }
        Ok(Some(CustomerTable::builder().row(row).build()?.complete()?))
    }

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
}
