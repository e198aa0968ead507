//! Today's customers with their probabilities, what is at stake, and why.

use super::{
    frame::{Encoded, Frame},
    model::Model,
    reasons::{Teller, Themes},
};
use crate::{
    Error, Lang, Money, Result,
    collections::ranking::{largest_first, rank},
    data::Texts,
    features::Feature,
};
use crmstat_models::parallel::map_chunks;
use rayon::prelude::*;

/// Customers per task.
const CHUNK: usize = 4096;
/// Reasons given per customer.
pub(super) const REASONS: usize = 3;

/// How scored customers are listed; equals in the order of their ids' bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The likeliest to churn first.
    #[default]
    Probability,
    /// The most revenue at risk first.
    Revenue,
}

/// Scored customers, in the order of their ids' bytes.
#[derive(Clone, Debug)]
pub struct Scores {
    ids: Texts,
    frame: Frame,
    of_orders: bool,
    probability: Vec<f64>,
    decile: Vec<u8>,
    at_risk: Vec<Option<Money>>,
    reasons: Vec<[Option<u32>; REASONS]>,
}

impl Scores {
    /// Scores the customers of `frame`, whom the model sees as `encoded`; `worth` is what each brings in
    /// the horizon, where the columns do not say it.
    pub(super) fn new(
        model: &Model,
        ids: Texts,
        frame: Frame,
        encoded: &Encoded,
        worth: Option<Vec<f64>>,
    ) -> Result<Self> {
        let probability = model.predictor().probabilities_of_encoded(encoded)?;
        let worth = match worth {
            Some(worth) => worth,
            None => expected(model, &frame),
        };
        let at_risk = at_risk(&worth, &probability);
        let of_orders = model.horizon().is_some();
        let reasons = reasons(model, &frame, encoded, of_orders)?;
        let decile = deciles(&probability);
        Ok(Self { ids, frame, of_orders, probability, decile, at_risk, reasons })
    }

    /// The same customers with probabilities of models that had not seen them.
    pub(super) fn with_probabilities(
        mut self,
        known: &[Option<f64>],
        worth: Option<&[f64]>,
    ) -> Self {
        for (own, known) in self.probability.iter_mut().zip(known) {
            *own = known.unwrap_or(*own);
        }
        self.decile = deciles(&self.probability);
        if let Some(worth) = worth {
            self.at_risk = at_risk(worth, &self.probability);
        }
        self
    }

    /// The number of customers.
    pub fn len(&self) -> usize {
        self.probability.len()
    }

    /// Whether there is no customer.
    pub fn is_empty(&self) -> bool {
        self.probability.is_empty()
    }

    /// The id of a customer.
    pub fn id(&self, customer: usize) -> &str {
        self.ids.get(customer).unwrap_or_default()
    }

    /// The probability of churn of each customer.
    pub fn probabilities(&self) -> &[f64] {
        &self.probability
    }

    /// The tenth of the customers that each is in: 1 is the likeliest to churn. Equal probabilities share
    /// a decile.
    pub fn deciles(&self) -> &[u8] {
        &self.decile
    }

    /// The revenue that each customer's churn would cost: the probability times what the customer brings
    /// in the horizon; for orders that is the spend of the last 365 days, or since the first order, scaled
    /// to the horizon. `None` where it is not known.
    pub fn revenue_at_risk(&self) -> &[Option<Money>] {
        &self.at_risk
    }

    /// Up to three reasons for a customer's probability, the strongest first.
    pub fn reasons(&self, customer: usize, lang: Lang) -> Vec<String> {
        let themes = Themes::new(&self.frame.schema(), self.of_orders);
        let teller = Teller::new(&themes, &self.frame, lang);
        let told = |theme: &u32| {
            let mut text = String::new();
            teller.tell(*theme, customer, &mut text);
            text
        };
        self.reasons[customer].iter().flatten().map(told).collect()
    }

    /// The customers in an order.
    pub fn ranked(&self, order: Order) -> Vec<usize> {
        match order {
            Order::Probability => largest_first(self.probability.iter().copied().map(rank)),
            Order::Revenue => largest_first(self.at_risk.iter().copied()),
        }
    }

    pub(super) fn frame(&self) -> &Frame {
        &self.frame
    }

    /// The words of each reason of the customers `ranked`.
    pub(super) fn words(&self, ranked: &[usize], lang: Lang) -> [Texts; REASONS] {
        let themes = Themes::new(&self.frame.schema(), self.of_orders);
        let chunks = map_chunks(ranked.len(), CHUNK, |range| {
            let mut words: [Texts; REASONS] = Default::default();
            // Customers far apart are brought together first, column by column.
            let frame = self.frame.take(&ranked[range.clone()]);
            let teller = Teller::new(&themes, &frame, lang);
            for (row, customer) in ranked[range].iter().enumerate() {
                for (texts, theme) in words.iter_mut().zip(self.reasons[*customer]) {
                    match theme {
                        Some(theme) => texts.push_with(|text| teller.tell(theme, row, text)),
                        None => texts.push(None),
                    }
                }
            }
            words
        });
        let mut words: [Texts; REASONS] = Default::default();
        words.par_iter_mut().enumerate().for_each(|(place, texts)| {
            for chunk in &chunks {
                texts.append(&chunk[place]);
            }
        });
        words
    }
}

/// The expected loss, to the cent: more digits would claim to be known.
fn at_risk(worth: &[f64], probability: &[f64]) -> Vec<Option<Money>> {
    let pairs = worth.iter().zip(probability);
    pairs.map(|(worth, own)| Money::from_f64((worth * own * 100.0).round() / 100.0)).collect()
}

/// What each customer brings in a horizon, by the last year; NaN where the columns do not say.
fn expected(model: &Model, frame: &Frame) -> Vec<f64> {
    const YEAR: u32 = 365;
    let spend = Feature::Spend(crate::features::DaysAgo::last(YEAR)).to_string();
    let tenure = Feature::TenureDays.to_string();
    let horizon = model.horizon().map(|horizon| f64::from(horizon.in_days()));
    let (Some(horizon), Some(spend), Some(tenure)) =
        (horizon, frame.numbers(&spend), frame.numbers(&tenure))
    else {
        return vec![f64::NAN; frame.rows];
    };
    let of = |(spend, tenure): (&f64, &f64)| {
        let observed = tenure.clamp(horizon.min(f64::from(YEAR)), f64::from(YEAR));
        spend * horizon / observed
    };
    spend.iter().zip(tenure).map(of).collect()
}

/// The strongest themes of each customer.
fn reasons(
    model: &Model,
    frame: &Frame,
    encoded: &Encoded,
    of_orders: bool,
) -> Result<Vec<[Option<u32>; REASONS]>> {
    if frame.rows == 0 {
        return Ok(Vec::new());
    }
    let contributions = model.predictor().contributions();
    let themes = Themes::new(&frame.schema(), of_orders);
    let teller = Teller::new(&themes, frame, Lang::En);
    let rows = encoded.rows()?;
    let chunks = map_chunks(rows.len(), CHUNK, |range| {
        let of = |row| {
            let contributions = contributions.of(rows.row(row))?;
            Ok(themes.top(&contributions, |theme| teller.says(theme, row)))
        };
        range.map(of).collect::<Result<Vec<_>, Error>>()
    });
    let mut reasons = Vec::with_capacity(rows.len());
    for chunk in chunks {
        reasons.extend(chunk?);
    }
    Ok(reasons)
}

/// The decile of each probability, 1 the highest; ties share that of their middle rank.
fn deciles(probabilities: &[f64]) -> Vec<u8> {
    let order = largest_first(probabilities.iter().copied().map(rank));
    let mut deciles = vec![0; probabilities.len()];
    let mut before = 0;
    for tie in order.chunk_by(|a, b| probabilities[*a] == probabilities[*b]) {
        // Twice the middle rank, which is whole.
        let middle = 2 * before + tie.len() - 1;
        let decile = (middle * 10 / (2 * probabilities.len())) as u8 + 1;
        for row in tie {
            deciles[*row] = decile;
        }
        before += tie.len();
    }
    deciles
}

#[cfg(test)]
mod tests {
    use super::deciles;

    #[test]
    fn equal_probabilities_share_a_decile() {
        let ten: Vec<f64> = (0..10).map(|rank| f64::from(rank) / 10.0).collect();
        assert_eq!(deciles(&ten), [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
        assert_eq!(deciles(&[0.5; 7]), [5; 7]);
        assert!(deciles(&[]).is_empty());
    }
}
