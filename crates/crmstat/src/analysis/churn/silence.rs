//! What the rhythm of orders alone says of the horizon: P(no order) by the MBG/NBD, which sees no label.
//!
//! Where orders come by chance at a customer's own rate, nothing knows more than this; the model has it as
//! one column among the others, so that it need not be beaten by it. The process is fitted at each cutoff
//! to what happened before it, and reads a customer's recency, frequency and tenure.

use super::{Horizon, frame::Frame};
use crate::features::Feature;
use crmstat_models::{
    clv::{BgNbd, Dropout, FitParams, PurchaseProcess, Span, Summaries, Summary, TimeUnit},
    parallel::map_chunks,
};
use serde::{Deserialize, Serialize};

/// The column's name.
pub(super) const COLUMN: &str = "btyd_no_order";
/// Customers that the process is fitted to: its four parameters are then known to about a twentieth.
const FITTED: usize = 5_000;
/// Customers per task.
const CHUNK: usize = 4096;
/// The nearest to 0 and 1 that a probability is taken, so that its log-odds are at most 14.
const EDGE: f64 = 1e-6;

/// A fitted process and the horizon it is asked about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Silence {
    process: BgNbd,
    horizon: Horizon,
}

impl Silence {
    /// The features that it reads.
    pub(super) const READS: [Feature; 3] =
        [Feature::RecencyDays, Feature::Frequency, Feature::TenureDays];

    /// Their names.
    pub(super) const NAMES: [&str; 3] = ["recency_days", "frequency", "tenure_days"];

    /// Fits the process to evenly spaced customers of `frame`; `None` where their orders do not bear one.
    pub(super) fn fit(frame: &Frame, horizon: Horizon) -> Option<Self> {
        let read = read(frame)?;
        let taken = frame.rows.min(FITTED);
        let rows = (0..taken).map(|index| index * frame.rows / taken);
        let summaries: Option<Vec<Summary>> =
            rows.map(|row| summary(read.map(|values| values[row]))).collect();
        let summaries = Summaries::new(TimeUnit::Week, summaries?);
        let process =
            BgNbd::fit(&summaries, Dropout::AfterEveryOrder, FitParams::default()).ok()?;
        Some(Self { process, horizon })
    }

    /// The log-odds of no order in the horizon, by recency, frequency and tenure; NaN where these are
    /// missing.
    pub(super) fn log_odds(&self, read: [f64; 3]) -> f64 {
        let horizon = Span::new(f64::from(self.horizon.in_days()), TimeUnit::Day);
        let (Some(customer), Ok(horizon)) = (summary(read), horizon) else { return f64::NAN };
        let silent = self.process.probability(&customer, 0, horizon).clamp(EDGE, 1.0 - EDGE);
        (silent / (1.0 - silent)).ln()
    }

    /// The column of the customers of `frame`, if it has what is read.
    fn column(&self, frame: &Frame) -> Option<Vec<f64>> {
        let read = read(frame)?;
        let chunks = map_chunks(frame.rows, CHUNK, |range| {
            range.map(|row| self.log_odds(read.map(|values| values[row]))).collect::<Vec<f64>>()
        });
        Some(chunks.concat())
    }
}

/// Adds the column behind the others; without a process it is missing for everybody.
pub(super) fn add_column(silence: Option<&Silence>, frame: &mut Frame) {
    let column = silence.and_then(|silence| silence.column(frame));
    let column = column.unwrap_or_else(|| vec![f64::NAN; frame.rows]);
    frame.push(COLUMN, column);
}

/// The columns that are read.
fn read(frame: &Frame) -> Option<[&[f64]; 3]> {
    let [recency, frequency, tenure] =
        Silence::READS.map(|feature| frame.numbers(&feature.to_string()));
    Some([recency?, frequency?, tenure?])
}

/// A customer as the process sees them: time in weeks, to the last day before the cutoff. Several orders
/// of one day, with no time between them, are one.
fn summary([recency, frequency, tenure]: [f64; 3]) -> Option<Summary> {
    const WEEK: f64 = 7.0;
    if !(recency.is_finite() && tenure.is_finite()) {
        return None;
    }
    let between = tenure - recency;
    let repeats = if between > 0.0 { (frequency - 1.0).max(1.0) } else { 0.0 };
    let observed = (tenure - 1.0).max(between);
    if !(repeats.is_finite() && repeats <= f64::from(u32::MAX)) {
        return None;
    }
    Summary::new(repeats as u32, between.max(0.0) / WEEK, observed / WEEK).ok()
}

#[cfg(test)]
mod tests {
    use super::{COLUMN, Silence, add_column};
    use crate::analysis::churn::{Horizon, frame::Frame};

    /// Customers with a last order `recency` days ago, by their orders and the days since their first.
    fn frame(rows: &[[f64; 3]]) -> Frame {
        let mut frame = Frame { rows: rows.len(), columns: Vec::new() };
        for (place, name) in ["recency_days", "frequency", "tenure_days"].into_iter().enumerate() {
            frame.push(name, rows.iter().map(|row| row[place]).collect());
        }
        frame
    }

    #[test]
    fn the_longer_the_silence_the_likelier_it_lasts() {
        let rows: Vec<[f64; 3]> = (0_i32..400)
            .map(|row| {
                let tenure = f64::from(60 + row % 300);
                [f64::from(1 + row * 7 % 60), f64::from(1 + row % 9), tenure]
            })
            .collect();
        let silence = Silence::fit(&frame(&rows), Horizon::default()).unwrap();
        let mut asked = frame(&[[3.0, 9.0, 300.0], [60.0, 9.0, 300.0], [200.0, 9.0, 300.0]]);
        add_column(Some(&silence), &mut asked);
        let found = asked.numbers(COLUMN).unwrap();
        assert!(found[0] < found[1] && found[1] < found[2], "{found:?}");
        assert_eq!(found[1], silence.log_odds([60.0, 9.0, 300.0]));
        assert!(silence.log_odds([f64::NAN, 9.0, 300.0]).is_nan());
        // Two orders of one day, today: neither can be told from one.
        assert_eq!(silence.log_odds([0.0, 2.0, 0.0]), silence.log_odds([0.0, 1.0, 0.0]));
    }

    #[test]
    fn what_is_read_has_its_name() {
        assert_eq!(Silence::READS.map(|feature| feature.to_string()), Silence::NAMES);
    }

    #[test]
    fn customers_who_never_came_back_bear_no_process() {
        assert_eq!(Silence::fit(&frame(&[[5.0, 1.0, 5.0]; 40]), Horizon::default()), None);
        assert_eq!(Silence::fit(&frame(&[]), Horizon::default()), None);
        let mut alone = frame(&[[5.0, 1.0, 5.0]]);
        add_column(None, &mut alone);
        assert!(alone.numbers(COLUMN).unwrap()[0].is_nan());
    }
}
