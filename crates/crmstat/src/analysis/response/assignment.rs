//! Was it left to chance who was treated?

use crate::{
    Error, Result,
    analysis::churn::frame::{Encoded, Schema},
};
use crmstat_models::churn::{
    Encoder, Meaning,
    evaluation::{Auc, auc},
};

/// The standardised mean difference from which groups differ (Austin, *Statistics in Medicine* 28, 2009).
const DIFFERS: f64 = 0.1;

/// Whether columns tell who was treated.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// How well a logistic regression tells it of customers that it has not seen, with a 95 % interval.
    pub auc: Auc,
    /// Every column beside the treated and the untreated, the largest difference first.
    pub balance: Vec<Balance>,
}

/// A column of the treated beside that of the untreated.
#[derive(Clone, Debug, PartialEq)]
pub struct Balance {
    /// The column; a level of a category is `column=level`.
    pub column: String,
    /// Its mean, or the share of the level, among the treated.
    pub treated: f64,
    /// The same among the untreated.
    pub untreated: f64,
    /// The difference of the means in standard deviations: the root of the mean of both variances. Above 0.1 the
    /// groups differ.
    pub difference: f64,
}

impl Assignment {
    /// Judges `propensities`, which were foreseen of customers held out, and compares the columns.
    pub(super) fn new(
        propensities: &[f64],
        treated: &[bool],
        encoded: &Encoded,
        names: &[String],
    ) -> Result<Self> {
        let auc = auc(propensities, treated).map_err(Error::from_model)?;
        let rows = encoded.rows()?;
        let mut balance: Vec<Balance> = names
            .iter()
            .enumerate()
            .map(|(at, name)| {
                let moments = |wanted: bool| {
                    let own = || {
                        let all = rows.iter().zip(treated).filter(move |(_, own)| **own == wanted);
                        all.map(move |(row, _)| row[at])
                    };
                    let len = own().count().max(1) as f64;
                    let mean = own().sum::<f64>() / len;
                    (mean, own().map(|value| (value - mean).powi(2)).sum::<f64>() / len)
                };
                let ((one, of_one), (other, of_other)) = (moments(true), moments(false));
                let deviation = f64::midpoint(of_one, of_other).sqrt();
                let difference = if deviation > 0.0 { (one - other) / deviation } else { 0.0 };
                Balance { column: name.clone(), treated: one, untreated: other, difference }
            })
            .collect();
        balance.sort_by(|one, other| other.difference.abs().total_cmp(&one.difference.abs()));
        Ok(Self { auc, balance })
    }

    /// Whether it was left to chance, as far as the columns tell: the interval of the AUC reaches down to one half.
    pub fn is_by_chance(&self) -> bool {
        self.auc.lower <= 0.5
    }

    /// The columns that differ, at most `most`.
    pub(super) fn differing(&self, most: usize) -> Vec<String> {
        let found = self.balance.iter().filter(|own| own.difference.abs() > DIFFERS);
        let mut names: Vec<String> = found.take(most).map(|own| own.column.clone()).collect();
        if names.is_empty() {
            names.extend(self.balance.first().map(|own| own.column.clone()));
        }
        names
    }
}

/// The names of encoded columns.
pub(super) fn names(encoder: &Encoder, schema: &[Schema]) -> Vec<String> {
    let name = |source: usize| &schema[source].name;
    encoder
        .features()
        .into_iter()
        .map(|feature| match feature.meaning {
            Meaning::Value | Meaning::Code => name(feature.source).clone(),
            Meaning::Missing => format!("{}=(missing)", name(feature.source)),
            Meaning::Level(level) => format!("{}={level}", name(feature.source)),
            Meaning::Rare => format!("{}=(rare)", name(feature.source)),
        })
        .collect()
}
