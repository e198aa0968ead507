//! A fitted model, and what it says of customers.

use super::{Offer, Options, Treatment};
use crate::{
    Error, Result,
    analysis::churn::{
        LearnerKind,
        frame::{Frame, Schema},
        predictor::Predictor,
    },
    data::{CustomerTable, Texts},
    features::{Value, arranged},
    model_file::{self, Kind},
};
use crmstat_models::{churn::Encoder, uplift::Uplift};
use serde::{Deserialize, Serialize};

/// What to do with a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Send: it pays.
    Send,
    /// Leave out: it does not pay.
    Skip,
    /// Never send: it does harm, beyond chance.
    Never,
}

impl Advice {
    /// The code in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Skip => "skip",
            Self::Never => "never",
        }
    }
}

/// Predictions between which advice changes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    /// From which prediction on sending pays; `None`: for nobody, or nothing says what it costs.
    pub(super) send_from: Option<f64>,
    /// Up to which prediction it does harm.
    pub(super) never_below: Option<f64>,
    /// What is foreseen of every customer, where the data do not tell them apart.
    pub(super) alike: Option<f64>,
}

/// What was learned.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Learned {
    /// The probability of a response.
    Response(Box<Predictor>),
    /// The uplift.
    Uplift { schema: Vec<Schema>, encoder: Box<Encoder>, uplift: Box<Uplift> },
}

/// Who responds, or whom a treatment moves.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    label: String,
    positive: String,
    treatment: Option<Treatment>,
    offer: Option<Offer>,
    learned: Learned,
    rows: usize,
    limits: Limits,
}

model_file::saved!(Model, Kind::RESPONSE);

impl Model {
    pub(super) fn new(options: &Options, learned: Learned, rows: usize, limits: Limits) -> Self {
        Self {
            label: options.label.clone(),
            positive: options.positive.clone(),
            treatment: options.treatment.clone(),
            offer: options.offer,
            learned,
            rows,
            limits,
        }
    }

    /// The header of the label and what it says of those who responded.
    pub fn label(&self) -> (&str, &str) {
        (&self.label, &self.positive)
    }

    /// Who was treated; `None` for a model of the response.
    pub fn treatment(&self) -> Option<&Treatment> {
        self.treatment.as_ref()
    }

    /// What sending costs and a response brings.
    pub fn offer(&self) -> Option<Offer> {
        self.offer
    }

    /// The customers that it learned from.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// What learned the response; `None` for a model of uplift.
    pub fn learner(&self) -> Option<LearnerKind> {
        match &self.learned {
            Learned::Response(own) => Some(own.kind()),
            Learned::Uplift { .. } => None,
        }
    }

    /// The names of its columns.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.schema().iter().map(|schema| schema.name.as_str())
    }

    /// The probability of a response, from 0 to 1, or the uplift, from −1 to 1, of one customer by the values of the
    /// [columns](Model::columns), in any order.
    ///
    /// # Errors
    /// A usage error for a column that is not given or of another kind.
    pub fn score_one<S: AsRef<str>>(&self, values: &[(S, Value<'_>)]) -> Result<f64> {
        let values = arranged(self.columns(), values)?;
        match &self.learned {
            Learned::Response(own) => {
                let encoded = own.encode_one(&values)?;
                own.probability_of(&encoded).map_err(Error::from_model)
            }
            Learned::Uplift { schema, encoder, uplift } => {
                let encoded = Frame::of_row(schema, &values).encode(encoder, schema)?;
                uplift.predict(encoded.rows()?.row(0)).map_err(Error::from_model)
            }
        }
    }

    /// What to do with a customer of this prediction; `None` where nothing says what sending costs.
    pub fn advice(&self, prediction: f64) -> Option<Advice> {
        if self.limits.never_below.is_some_and(|limit| prediction <= limit) {
            return Some(Advice::Never);
        }
        if self.treatment.is_none() && self.offer.is_none() {
            return None;
        }
        let pays = self.limits.send_from.is_some_and(|limit| prediction >= limit);
        Some(if pays { Advice::Send } else { Advice::Skip })
    }

    /// What sending to a customer of this prediction brings, less what it costs: the same for all where the data do
    /// not tell customers apart. `None` without an offer.
    pub fn gain(&self, prediction: f64) -> Option<f64> {
        let rate = self.limits.alike.unwrap_or(prediction);
        self.offer.map(|offer| rate * offer.value - offer.cost)
    }

    /// Scores the customers of `table`.
    ///
    /// # Errors
    /// Columns that the table has not.
    pub fn score(&self, table: &CustomerTable) -> Result<Scores> {
        Scores::of(self, table, &Frame::of_table(table, &[]), &vec![None; table.len()])
    }

    fn schema(&self) -> &[Schema] {
        match &self.learned {
            Learned::Response(own) => own.schema(),
            Learned::Uplift { schema, .. } => schema,
        }
    }

    fn predictions(&self, frame: &Frame) -> Result<Vec<f64>> {
        match &self.learned {
            Learned::Response(own) => own.probabilities(frame),
            Learned::Uplift { schema, encoder, uplift } => {
                let encoded = frame.encode(encoder, schema)?;
                uplift.predictions(encoded.rows()?).map_err(Error::from_model)
            }
        }
    }
}

/// Customers and what a model says of them.
#[derive(Clone, Debug)]
pub struct Scores {
    ids: Texts,
    predictions: Vec<f64>,
    deciles: Vec<u8>,
}

impl Scores {
    /// The customers of `table`, of which `frame` has the columns; what is `known` of them stays.
    pub(super) fn of(
        model: &Model,
        table: &CustomerTable,
        frame: &Frame,
        known: &[Option<f64>],
    ) -> Result<Self> {
        let ids: Texts = (0..table.len()).map(|row| table.ids().get(row)).collect();
        let frame = frame.in_order_of(model.schema(), &ids)?;
        let mut predictions = model.predictions(&frame)?;
        for (own, known) in predictions.iter_mut().zip(known) {
            *own = known.unwrap_or(*own);
        }
        let mut order: Vec<usize> = (0..predictions.len()).collect();
        order.sort_by(|one, other| {
            let by_prediction = predictions[*other].total_cmp(&predictions[*one]);
            by_prediction.then_with(|| ids.get(*one).cmp(&ids.get(*other)))
        });
        let mut deciles = vec![0; order.len()];
        for (place, row) in order.iter().enumerate() {
            deciles[*row] = (place * 10 / order.len()) as u8 + 1;
        }
        Ok(Self { ids, predictions, deciles })
    }

    /// The number of customers.
    pub fn len(&self) -> usize {
        self.predictions.len()
    }

    /// Whether there is no customer.
    pub fn is_empty(&self) -> bool {
        self.predictions.is_empty()
    }

    /// The id of the customer in `row`.
    pub fn id(&self, row: usize) -> Option<&str> {
        self.ids.get(row)
    }

    /// The probability of a response, or the uplift, of each customer.
    pub fn predictions(&self) -> &[f64] {
        &self.predictions
    }

    /// The tenth of each customer by the prediction, 1 for the highest.
    pub fn deciles(&self) -> &[u8] {
        &self.deciles
    }

    /// The rows, the highest prediction first.
    pub(super) fn ranked(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_by(|one, other| {
            let by_prediction = self.predictions[*other].total_cmp(&self.predictions[*one]);
            by_prediction.then_with(|| self.ids.get(*one).cmp(&self.ids.get(*other)))
        });
        order
    }
}
