//! What is saved of an RFM run, so that other data are scored alike.

use super::{Monetary, Options, Rfm, Segments, score_orders, tables::weighted};
use crate::{
    Result, Window,
    collections::cached::Cached,
    data::Orders,
    features::{Value, value_of},
    model_file::{self, Kind},
};
use crmstat_models::rfm::{Cuts, Grid, Scores};
use serde::{Deserialize, Serialize};

/// Cut points, segments and the meaning of monetary, frozen.
///
/// ```
/// use crmstat::{Date, Lang, Window, analysis::rfm::{Model, Options}, data::{OrderRow, Orders, OrdersBuilder}};
///
/// let day: Date = "2025-01-01".parse()?;
/// let orders: OrdersBuilder = (0..500)
///     .map(|order| OrderRow::new(order % 90, day.plus_days(order), f64::from(order % 7 + 1)))
///     .collect();
/// let orders: Orders = orders.build()?.complete()?;
/// let model = Model::fit(&orders, &Options::default())?;
///
/// // All customers of some orders, or one of whom the three figures are known.
/// let scored = model.score(&orders, Window::default())?;
/// let first = scored.customers().next().unwrap();
/// let alone = model.score_one(&[
///     ("recency_days", f64::from(first.recency_days).into()),
///     ("frequency", f64::from(first.frequency).into()),
///     ("monetary", first.monetary.to_f64().into()),
/// ])?;
/// assert_eq!(alone.scores, first.scores);
/// assert_eq!(alone.segment, first.segment);
/// let name = alone.segment.map(|segment| model.segments().names(Lang::En)[segment as usize]);
/// assert!(name.is_some());
///
/// // Bytes that any later version reads.
/// assert_eq!(Model::from_bytes(&model.to_bytes()?)?, model);
/// # Ok::<(), crmstat::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    cuts: Cuts,
    monetary: Monetary,
    segments: Segments,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weights: Option<[f64; 3]>,
    #[serde(skip)]
    grid: Cached<Option<Grid>>,
}

/// The scores of one customer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CustomerScore {
    /// The three scores.
    pub scores: Scores,
    /// The number of the segment among [`Segments::names`]; `None` where no rule holds.
    pub segment: Option<u32>,
    /// The scores combined by the weights of the model; `None` where it has none.
    pub combined: Option<f64>,
}

model_file::saved!(Model, Kind::RFM);

impl Model {
    pub(super) fn new(
        cuts: Cuts,
        monetary: Monetary,
        segments: Segments,
        weights: Option<[f64; 3]>,
    ) -> Self {
        Self { cuts, monetary, segments, weights, grid: Cached::default() }
    }

    /// Finds cut points in the customers of `orders` that have been read; the orders of
    /// [`Options::window`] count.
    ///
    /// # Errors
    /// Those of [`score_orders`].
    pub fn fit(orders: &Orders, options: &Options) -> Result<Self> {
        Ok(score_orders(orders, options)?.model())
    }

    /// Scores the customers of `orders` that have been read; the orders of `window` count.
    ///
    /// # Errors
    /// A sum past the range of money, or no purchase in the window.
    pub fn score(&self, orders: &Orders, window: Window) -> Result<Rfm> {
        score_orders(orders, &self.options(window))
    }

    /// Scores one customer by the values of `recency_days`, `frequency` and `monetary`: days since the last
    /// purchase, purchases, and their net amount, in all or per purchase as [`Model::monetary`] says.
    ///
    /// # Errors
    /// A usage error for a value that is not given, or is no number.
    pub fn score_one<S: AsRef<str>>(&self, values: &[(S, Value<'_>)]) -> Result<CustomerScore> {
        let number = |turn: usize, name: &str| value_of(name, turn, values)?.known_number(name);
        let recency = number(0, "recency_days")?;
        let scores = self.cuts.score(recency, number(1, "frequency")?, number(2, "monetary")?);
        let grid = self.grid.get_or(|| self.segments.grid(self.cuts.bins()).ok());
        Ok(CustomerScore {
            scores,
            segment: grid.as_ref().and_then(|grid| self.segments.number(grid, scores)),
            combined: self.weights.map(|weights| weighted(scores, weights)),
        })
    }

    /// The segments by whose rules customers are named.
    pub fn segments(&self) -> &Segments {
        &self.segments
    }

    /// What monetary means.
    pub fn monetary(&self) -> Monetary {
        self.monetary
    }

    /// Options that score the orders of `window` by this model.
    pub fn options(&self, window: Window) -> Options {
        Options {
            window,
            bins: Some(self.cuts.bins()),
            cuts: Some(self.cuts.clone()),
            monetary: self.monetary,
            segments: self.segments.clone(),
            weights: self.weights,
        }
    }
}
