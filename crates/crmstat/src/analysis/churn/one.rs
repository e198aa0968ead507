//! One customer at a time, without the table of all of them.

use super::{
    frame::Frame,
    model::Model,
    predictor::Predictor,
    reasons::{Teller, Themes},
    scores::REASONS,
    silence::Silence,
};
use crate::{
    Error, Lang, Result,
    features::{Value, arranged},
};
use crmstat_models::churn::RawColumn;

/// The probability of churn of one customer, and what it is made of.
#[derive(Clone, Debug)]
pub struct CustomerScore<'a> {
    model: &'a Model,
    /// The values of all columns, those that the model makes itself among them.
    values: Vec<Value<'a>>,
    encoded: Vec<f64>,
    probability: f64,
}

impl Model {
    /// Scores one customer by the values of the [columns](Model::columns), in any order.
    ///
    /// ```
    /// use crmstat::{Date, Lang, analysis::churn::{Model, Options, Population, fit}};
    /// use crmstat::{data::{OrderRow, Orders, OrdersBuilder}, features::{Features, History}};
    ///
    /// let day: Date = "2023-01-01".parse()?;
    /// // Customers with gaps of their own; every third has left after a year.
    /// let rows = (0..300).flat_map(|customer: i32| {
    ///     let end = if customer % 3 == 0 { 365 } else { 900 };
    ///     let days = (customer % 29..end).step_by(20 + customer as usize % 50);
    ///     days.map(move |after| OrderRow::new(customer, day.plus_days(after), 10 + customer % 9))
    /// });
    /// let orders: Orders = rows.collect::<OrdersBuilder>().build()?.complete()?;
    /// let history = History::new(&orders);
    /// let everybody = Options { population: Population::All, ..Options::default() };
    /// let churn = fit(&history, &everybody)?;
    ///
    /// let model = Model::from_bytes(&churn.model.to_bytes()?)?;
    /// let columns = model.columns().map(str::parse).collect::<Result<Vec<_>, _>>()?;
    /// let features = Features::at(&history, model.as_of().unwrap(), &columns)?;
    /// let values = features.named(7);
    /// let one = model.score_one(&values)?;
    /// assert!((one.probability() - churn.scores.probabilities()[7]).abs() < 1e-12);
    /// assert_eq!(one.reasons(Lang::En)?, churn.scores.reasons(7, Lang::En));
    /// # Ok::<(), crmstat::Error>(())
    /// ```
    ///
    /// # Errors
    /// A usage error for a column that is not given or of another kind.
    pub fn score_one<'a, S: AsRef<str>>(
        &'a self,
        values: &[(S, Value<'a>)],
    ) -> Result<CustomerScore<'a>> {
        self.scored(arranged(self.columns(), values)?)
    }

    /// Scores values in the order of the columns.
    pub(super) fn scored<'a>(&'a self, mut values: Vec<Value<'a>>) -> Result<CustomerScore<'a>> {
        if self.with_silence() {
            let names = self.columns().take(values.len());
            let mut read = [f64::NAN; 3];
            for (name, value) in names.zip(&values) {
                let place = Silence::NAMES.iter().position(|own| *own == name);
                if let (Some(place), Value::Number(number)) = (place, value) {
                    read[place] = *number;
                }
            }
            let silence = self.silence().map_or(f64::NAN, |silence| silence.log_odds(read));
            values.push(Value::Number(silence));
        }
        let encoded = self.predictor().encode_one(&values)?;
        let probability = self.predictor().probability_of(&encoded).map_err(Error::from_model)?;
        Ok(CustomerScore { model: self, values, encoded, probability })
    }
}

impl CustomerScore<'_> {
    /// The probability of churn.
    pub fn probability(&self) -> f64 {
        self.probability
    }

    /// Up to three reasons for it, the strongest first.
    ///
    /// # Errors
    /// Never, as the values have been scored.
    pub fn reasons(&self, lang: Lang) -> Result<Vec<String>> {
        let predictor = self.model.predictor();
        let frame = Frame::of_row(predictor.schema(), &self.values);
        let themes = Themes::new(predictor.schema(), self.model.horizon().is_some());
        let contributions = predictor.contributions().of(&self.encoded)?;
        let teller = Teller::new(&themes, &frame, lang);
        let strongest: [Option<u32>; REASONS] =
            themes.top(&contributions, |theme| teller.says(theme, 0));
        let told = |theme: &u32| {
            let mut text = String::new();
            teller.tell(*theme, 0, &mut text);
            text
        };
        Ok(strongest.iter().flatten().map(told).collect())
    }
}

/// One value as a column.
enum One<'a> {
    Number([f64; 1]),
    Category([Option<&'a str>; 1]),
}

impl Predictor {
    /// The row that the learner takes, from one value for each column of the schema.
    pub(in crate::analysis) fn encode_one(&self, values: &[Value<'_>]) -> Result<Vec<f64>> {
        let cells: Vec<One<'_>> = (values.iter().zip(self.schema()))
            .map(|(value, schema)| match *value {
                Value::Number(number) => One::Number([schema.of(number)]),
                Value::Category(text) => One::Category([Some(text)]),
                Value::Missing if schema.number => One::Number([f64::NAN]),
                Value::Missing => One::Category([None]),
            })
            .collect();
        let raw: Vec<RawColumn<'_>> = cells
            .iter()
            .map(|cell| match cell {
                One::Number(value) => RawColumn::Number(value),
                One::Category(value) => RawColumn::Category(value),
            })
            .collect();
        self.encoder().encode(&raw).map_err(Error::from_model)
    }
}
