//! Recency, frequency, monetary: scores, cut points and segments by rule.
//!
//! **Question.** Who are the best customers, who are new, who is slipping away?
//!
//! **Method.** Each metric is cut into bins at quantiles of its own distribution and the bin's number is
//! the score, 1 to the number of bins, higher is better; recency counts backwards, since fewer days are
//! better. With the default five bins the scores form a code from 111 to 555, and a [`Grid`] maps every
//! code to a segment.
//!
//! **Cut points** are type 7 quantiles (Hyndman and Fan, "Sample quantiles in statistical packages",
//! The American Statistician 50, 1996, definition 7) at i/bins, linear between order statistics. A value
//! equal to a cut point belongs to the bin below it ([`Closed::Right`]), so that the many customers with
//! a single order share the lowest frequency score. Equal values always get equal scores: bins are
//! unequal where ties demand it, and [`Fitted::thresholds`] shows how unequal.
//!
//! **Source.** Hughes, "Strategic Database Marketing", 1994; Blattberg, Kim and Neslin, "Database
//! Marketing", 2008, chapter 12.
//!
//! **When not to use.** Scores are ranks within one set of customers: to compare two dates or two sets,
//! freeze the cut points with [`Params::cuts`]. For a probability or a value in money use
//! [`churn`](crate::churn) or [`clv`](crate::clv).
//!
//! ```
//! use crmstat_models::rfm::{Metrics, Params};
//!
//! let metrics = Metrics {
//!     recency: &[3.0, 40.0, 200.0, 365.0, 12.0], // days since the last order
//!     frequency: &[9.0, 4.0, 1.0, 1.0, 2.0],     // orders
//!     monetary: &[900.0, 250.0, 30.0, 20.0, 90.0],
//! };
//! let fitted = Params::default().fit(&metrics)?;
//! let best = fitted.score(3.0, 9.0, 900.0);
//! assert_eq!((best.recency, best.frequency, best.monetary), (5, 5, 5));
//! # Ok::<(), crmstat_models::Error>(())
//! ```

mod cuts;
mod grid;

pub use cuts::{Closed, Cuts, quantile};
pub use grid::{Grid, Issue, Rule, ScoreRange};

use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// The most bins of a metric.
pub const MAX_BINS: u8 = 100;

/// The three metrics of customers, one value per customer in the same order.
#[derive(Clone, Copy, Debug)]
pub struct Metrics<'a> {
    /// Days since the last order: fewer are better.
    pub recency: &'a [f64],
    /// Number of orders.
    pub frequency: &'a [f64],
    /// Money, total or per order.
    pub monetary: &'a [f64],
}

/// The number of bins of each metric, or its frozen cut points.
#[derive(Clone, Debug, PartialEq)]
pub struct Params {
    bins: [u8; 3],
    cuts: Option<Cuts>,
}

impl Default for Params {
    /// Five bins each.
    fn default() -> Self {
        Self { bins: [5; 3], cuts: None }
    }
}

impl Params {
    /// Bins of recency, frequency and monetary: 2 to [`MAX_BINS`] each.
    #[must_use]
    pub fn bins(mut self, recency: u8, frequency: u8, monetary: u8) -> Self {
        self.bins = [recency, frequency, monetary];
        self
    }

    /// Uses these cut points instead of quantiles of the data; the numbers of bins follow from them.
    #[must_use]
    pub fn cuts(mut self, cuts: Cuts) -> Self {
        self.cuts = Some(cuts);
        self
    }

    /// Finds the cut points.
    ///
    /// # Errors
    /// A parameter error where a number of bins is out of range; a data error where there are no
    /// customers, the metrics differ in length, or a value is not finite.
    pub fn fit(&self, metrics: &Metrics<'_>) -> Result<Fitted> {
        let names = ["recency", "frequency", "monetary"];
        let columns = [metrics.recency, metrics.frequency, metrics.monetary];
        let customers = metrics.recency.len();
        for (name, column) in names.iter().zip(columns) {
            if column.len() != customers {
                return Err(Error::data(format!(
                    "{customers} customers have a recency, but {} a {name}",
                    column.len()
                )));
            }
            if let Some(at) = column.iter().position(|value| !value.is_finite()) {
                return Err(Error::data(format!("the {name} of customer {at} is {}", column[at])));
            }
        }
        if customers == 0 {
            return Err(Error::data("there are no customers to score"));
        }
        let cuts = if let Some(cuts) = &self.cuts {
            cuts.clone()
        } else {
            for bins in self.bins {
                if !(2..=MAX_BINS).contains(&bins) {
                    return Err(Error::parameter("bins", bins, format!("2 to {MAX_BINS}")));
                }
            }
            let of = |metric: usize| cuts::quantiles(columns[metric], self.bins[metric]);
            let (recency, (frequency, monetary)) =
                rayon::join(|| of(0), || rayon::join(|| of(1), || of(2)));
            Cuts::new(recency, frequency, monetary, Closed::Right)?
        };
        let mut fitted = Fitted { cuts, thresholds: Vec::new() };
        fitted.thresholds = fitted.count(columns);
        Ok(fitted)
    }
}

/// Cut points found in data, ready to score.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    cuts: Cuts,
    thresholds: Vec<Threshold>,
}

/// The scores of one customer: 1 is the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Scores {
    /// Of recency: the highest for the most recent.
    pub recency: u8,
    /// Of frequency.
    pub frequency: u8,
    /// Of monetary.
    pub monetary: u8,
}

/// A metric of RFM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Days since the last order.
    Recency,
    /// Number of orders.
    Frequency,
    /// Money.
    Monetary,
}

impl Metric {
    /// The metric's name in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recency => "recency",
            Self::Frequency => "frequency",
            Self::Monetary => "monetary",
        }
    }
}

/// The values that get a score, and how many customers have them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// The metric.
    pub metric: Metric,
    /// The score.
    pub score: u8,
    /// The lower bound; `None` is unbounded. Whether it belongs to the bin, [`Cuts::closed`] says.
    pub lower: Option<f64>,
    /// The upper bound; `None` is unbounded.
    pub upper: Option<f64>,
    /// Customers with the score.
    pub customers: usize,
}

impl Fitted {
    /// The cut points, to be frozen for other data.
    pub fn cuts(&self) -> &Cuts {
        &self.cuts
    }

    /// The bounds of every score and how many customers of the fit have it, by metric and score.
    pub fn thresholds(&self) -> &[Threshold] {
        &self.thresholds
    }

    /// The scores of a customer whose last order was `recency` days ago, who made `frequency` orders
    /// worth `monetary`.
    pub fn score(&self, recency: f64, frequency: f64, monetary: f64) -> Scores {
        self.cuts.score(recency, frequency, monetary)
    }

    fn count(&self, columns: [&[f64]; 3]) -> Vec<Threshold> {
        let mut thresholds = Vec::new();
        let metrics = [Metric::Recency, Metric::Frequency, Metric::Monetary];
        for ((metric, cuts), column) in metrics.into_iter().zip(self.cuts.all()).zip(columns) {
            let bins = cuts.len() + 1;
            let parts = crate::parallel::map_chunks(column.len(), 1 << 16, |range| {
                let mut counts = vec![0_usize; bins];
                for value in &column[range] {
                    counts[self.cuts.bin(cuts, *value)] += 1;
                }
                counts
            });
            let mut scores: Vec<Threshold> = (0..bins)
                .map(|bin| Threshold {
                    metric,
                    score: match metric {
                        Metric::Recency => (bins - bin) as u8,
                        _ => bin as u8 + 1,
                    },
                    lower: bin.checked_sub(1).map(|below| cuts[below]),
                    upper: cuts.get(bin).copied(),
                    customers: parts.iter().map(|counts| counts[bin]).sum(),
                })
                .collect();
            scores.sort_by_key(|threshold| threshold.score);
            thresholds.extend(scores);
        }
        thresholds
    }
}

#[cfg(test)]
mod tests {
    use super::{Closed, Cuts, Metrics, Params};
    use proptest::prelude::*;

    #[test]
    fn equal_customers_share_a_score_however_many_they_are() {
        let frequency: Vec<f64> = [vec![1.0; 70], (2..32).map(f64::from).collect()].concat();
        let metrics = Metrics { recency: &frequency, frequency: &frequency, monetary: &frequency };
        let fitted = Params::default().fit(&metrics).unwrap();
        let one_timers = fitted.score(1.0, 1.0, 1.0);
        assert_eq!((one_timers.recency, one_timers.frequency), (5, 1));
        let counts: Vec<usize> = fitted.thresholds()[5..10].iter().map(|t| t.customers).collect();
        assert_eq!(counts, [70, 0, 0, 10, 20]);
    }

    #[test]
    fn frozen_cuts_score_other_data_alike() {
        let cuts = Cuts::new(vec![30.0], vec![1.0, 5.0], vec![100.0], Closed::Left).unwrap();
        let values = [1.0];
        let metrics = Metrics { recency: &values, frequency: &values, monetary: &values };
        let fitted = Params::default().cuts(cuts).fit(&metrics).unwrap();
        let scores = fitted.score(30.0, 5.0, 99.0);
        assert_eq!((scores.recency, scores.frequency, scores.monetary), (1, 3, 1));
    }

    #[test]
    fn bad_input_is_refused_with_the_value() {
        let good = [1.0, 2.0];
        let nan = [1.0, f64::NAN];
        let fit = |monetary| {
            Params::default().fit(&Metrics { recency: &good, frequency: &good, monetary })
        };
        assert_eq!(fit(&nan).unwrap_err().to_string(), "the monetary of customer 1 is NaN");
        assert!(fit(&good[..1]).unwrap_err().is_data());
        let none = Metrics { recency: &[], frequency: &[], monetary: &[] };
        assert!(Params::default().fit(&none).unwrap_err().is_data());
        let metrics = Metrics { recency: &good, frequency: &good, monetary: &good };
        assert!(Params::default().bins(1, 5, 5).fit(&metrics).unwrap_err().is_parameter());
    }

    proptest! {
        #[test]
        fn scores_rise_with_the_value_and_do_not_depend_on_the_order_of_customers(
            mut values in prop::collection::vec(0_u32..50, 1..200),
            bins in 2_u8..9,
        ) {
            let fit = |values: &[u32]| {
                let column: Vec<f64> = values.iter().copied().map(f64::from).collect();
                let metrics = Metrics { recency: &column, frequency: &column, monetary: &column };
                Params::default().bins(bins, bins, bins).fit(&metrics).unwrap()
            };
            let fitted = fit(&values);
            values.reverse();
            prop_assert_eq!(&fit(&values), &fitted);
            values.sort_unstable();
            for pair in values.windows(2) {
                let [low, high] = [pair[0], pair[1]].map(f64::from);
                let (low, high) = (fitted.score(low, low, low), fitted.score(high, high, high));
                prop_assert!(low.frequency <= high.frequency && low.recency >= high.recency);
                prop_assert!(pair[0] != pair[1] || low == high);
            }
        }
    }
}
