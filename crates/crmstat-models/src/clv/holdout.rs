//! Expected against actual orders after the calibration.

use serde::{Deserialize, Serialize};

use super::{PurchaseProcess, Span, Summaries};
use crate::parallel::map_chunks;
use crate::sum::compensated;
use crate::{Error, Result};

/// How well orders of the holdout were foreseen.
///
/// Make one for the model and one for the baseline "as many orders as in the span before", and compare.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Holdout {
    /// Orders that came.
    pub actual: f64,
    /// Orders that were expected.
    pub expected: f64,
    /// Mean absolute error per customer.
    pub mae: f64,
    /// Root of the mean squared error per customer.
    pub rmse: f64,
    /// Means by x, the last row for all customers with as many repeat orders or more.
    pub by_frequency: Vec<FrequencyRow>,
}

/// Customers with the same number of repeat orders in the calibration.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrequencyRow {
    /// Repeat orders in the calibration; in the last row this many or more.
    pub x: u32,
    /// The customers.
    pub customers: usize,
    /// Orders that came, per customer.
    pub actual: f64,
    /// Orders that were expected, per customer.
    pub expected: f64,
}

impl Holdout {
    /// Compares `expected` with `actual` orders of the `customers`, all in one order; the table's last
    /// row holds those with `most` repeat orders or more.
    ///
    /// # Errors
    /// When there is no customer, lengths differ, or a number is not finite.
    pub fn of(customers: &Summaries, expected: &[f64], actual: &[f64], most: u32) -> Result<Self> {
        let count = customers.customers().len();
        if count == 0 {
            return Err(Error::data("there is no customer"));
        }
        if (expected.len(), actual.len()) != (count, count) {
            return Err(Error::data(format!(
                "{count} customers have {} expectations and {} outcomes",
                expected.len(),
                actual.len()
            )));
        }
        if expected.iter().chain(actual).any(|value| !value.is_finite()) {
            return Err(Error::data("an expectation or an outcome is not finite"));
        }
        // Sorted, so that no sum depends on the order of customers.
        let mut rows: Vec<(u32, f64, f64)> = customers
            .customers()
            .iter()
            .zip(expected.iter().zip(actual))
            .map(|(customer, (expected, actual))| (customer.x().min(most), *expected, *actual))
            .collect();
        rows.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.total_cmp(&b.2)));
        let sum = |rows: &[(u32, f64, f64)], of: fn(f64, f64) -> f64| {
            compensated(rows.iter().map(|&(_, expected, actual)| of(expected, actual)))
        };
        let by_frequency = rows
            .chunk_by(|a, b| a.0 == b.0)
            .map(|group| FrequencyRow {
                x: group[0].0,
                customers: group.len(),
                actual: sum(group, |_, actual| actual) / group.len() as f64,
                expected: sum(group, |expected, _| expected) / group.len() as f64,
            })
            .collect();
        Ok(Self {
            actual: sum(&rows, |_, actual| actual),
            expected: sum(&rows, |expected, _| expected),
            mae: sum(&rows, |expected, actual| (expected - actual).abs()) / count as f64,
            rmse: (sum(&rows, |expected, actual| (expected - actual).powi(2)) / count as f64)
                .sqrt(),
            by_frequency,
        })
    }
}

/// Repeat orders of one period of the tracking table.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrackingRow {
    /// The period, from 1.
    pub period: usize,
    /// Repeat orders that came in the period.
    pub actual: f64,
    /// Repeat orders that were expected in the period.
    pub expected: f64,
    /// Repeat orders that came until its end.
    pub actual_to_date: f64,
    /// Repeat orders that were expected until its end.
    pub expected_to_date: f64,
}

/// Tracks the repeat orders of a whole cohort against its expectation, period by period.
///
/// `first_orders` and `repeat_orders` are moments counted in `period`s from the start of the observation:
/// each customer's first order, and every repeat order of anyone. The expectation of a customer begins
/// with the first order. A moment belongs to the period in which it falls; one on a border to the
/// earlier.
///
/// # Errors
/// When there is no customer or a moment is negative or not finite.
pub fn track<P: PurchaseProcess>(
    model: &P,
    first_orders: &[f64],
    repeat_orders: &[f64],
    period: Span,
    periods: usize,
) -> Result<Vec<TrackingRow>> {
    if first_orders.is_empty() {
        return Err(Error::data("there is no customer"));
    }
    let odd = |moment: &&f64| !(moment.is_finite() && **moment >= 0.0);
    if let Some(moment) = first_orders.iter().chain(repeat_orders).find(odd) {
        return Err(Error::data(format!("an order is {moment} periods from the start")));
    }
    let mut starts = first_orders.to_vec();
    starts.sort_by(f64::total_cmp);
    // Customers who began together are expected to order alike.
    let starts: Vec<(f64, f64)> =
        starts.chunk_by(|a, b| a == b).map(|equal| (equal[0], equal.len() as f64)).collect();
    let expected_until = |end: f64| {
        compensated(starts.iter().map(|&(start, customers)| {
            let elapsed = (end - start) * period.in_units(model.unit());
            Span::new(elapsed, model.unit())
                .map_or(0.0, |span| customers * model.new_customer_orders(span))
        }))
    };
    let expected: Vec<f64> =
        map_chunks(periods, 1, |range| expected_until(range.end as f64)).into_iter().collect();
    let mut counts = vec![0.0; periods];
    for moment in repeat_orders {
        let place = (moment.ceil() as usize).saturating_sub(1);
        if let Some(count) = counts.get_mut(place) {
            *count += 1.0;
        }
    }
    let (mut actual_to_date, mut expected_before) = (0.0, 0.0);
    let rows = counts.into_iter().zip(expected).enumerate().map(|(index, (actual, until))| {
        actual_to_date += actual;
        let expected = until - expected_before;
        expected_before = until;
        let period = index + 1;
        TrackingRow { period, actual, expected, actual_to_date, expected_to_date: until }
    });
    Ok(rows.collect())
}

/// What share of the value of the truly best `share` of customers the best by `score` bring.
///
/// 1 when the score picks the best customers, about `share` when it picks at random. Customers of equal
/// score at the border count in part, so that no order of customers matters. `None` when the best bring
/// nothing.
///
/// # Errors
/// When lengths differ, a number is not finite, or `share` is not in `(0, 1]`.
pub fn share_of_best_caught(score: &[f64], value: &[f64], share: f64) -> Result<Option<f64>> {
    if score.len() != value.len() {
        return Err(Error::data(format!("{} scores for {} values", score.len(), value.len())));
    }
    if score.iter().chain(value).any(|number| !number.is_finite()) {
        return Err(Error::data("a score or a value is not finite"));
    }
    if !(share > 0.0 && share <= 1.0) {
        return Err(Error::parameter("share", share, "above 0 and at most 1"));
    }
    let places = (share * score.len() as f64).ceil() as usize;
    let best = value_of_first(value, value, places);
    Ok((best > 0.0).then(|| value_of_first(score, value, places) / best))
}

/// The value of the `places` customers of highest score, ties at the border in part.
fn value_of_first(score: &[f64], value: &[f64], places: usize) -> f64 {
    let mut ranked: Vec<(f64, f64)> = score.iter().copied().zip(value.iter().copied()).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1)));
    let mut left = places;
    compensated(ranked.chunk_by(|a, b| a.0 == b.0).map(|equal| {
        let taken = left.min(equal.len());
        left -= taken;
        compensated(equal.iter().map(|pair| pair.1)) * taken as f64 / equal.len() as f64
    }))
}

#[cfg(test)]
mod tests {
    use super::{Holdout, share_of_best_caught, track};
    use crate::clv::{BgNbd, Dropout, PurchaseProcess, Span, Summaries, Summary, TimeUnit};

    #[test]
    fn the_table_gathers_the_frequent() {
        let customers =
            [0, 1, 1, 5, 9].map(|x| Summary::new(x, f64::from(x), 20.0).unwrap()).to_vec();
        let customers = Summaries::new(TimeUnit::Week, customers);
        let report =
            Holdout::of(&customers, &[0.5, 1.0, 2.0, 4.0, 8.0], &[0.0, 1.0, 1.0, 5.0, 9.0], 3);
        let report = report.unwrap();
        assert_eq!((report.actual, report.expected, report.mae), (16.0, 15.5, 0.7));
        let last = report.by_frequency[2];
        assert_eq!((last.x, last.customers, last.actual, last.expected), (3, 2, 7.0, 6.0));
        assert!(Holdout::of(&customers, &[0.5], &[0.0], 3).unwrap_err().is_data());
    }

    #[test]
    fn tracking_adds_up_to_the_expectation_of_the_whole_span() {
        let week = |length| Span::new(length, TimeUnit::Week).unwrap();
        let parameters = [0.243, 4.414, 0.793, 2.426];
        let model = BgNbd::new(Dropout::AfterRepeatOrder, parameters, TimeUnit::Week).unwrap();
        let rows = track(&model, &[0.0, 0.0, 2.5], &[1.0, 1.5, 3.9, 77.0], week(1.0), 10).unwrap();
        let last = rows[9];
        let expected =
            2.0 * model.new_customer_orders(week(10.0)) + model.new_customer_orders(week(7.5));
        assert!((last.expected_to_date - expected).abs() < 1e-12);
        assert!((rows.iter().map(|row| row.expected).sum::<f64>() - expected).abs() < 1e-12);
        assert_eq!(
            rows.iter().map(|row| row.actual as u8).take(4).collect::<Vec<_>>(),
            [1, 1, 0, 1]
        );
        assert_eq!(last.actual_to_date, 3.0, "an order after the last period is not counted");
    }

    #[test]
    fn ties_at_the_border_count_in_part() {
        let value = [10.0, 6.0, 4.0, 0.0];
        let caught = |score: [f64; 4]| share_of_best_caught(&score, &value, 0.5).unwrap().unwrap();
        assert_eq!(caught([4.0, 3.0, 2.0, 1.0]), 1.0);
        assert_eq!(caught([1.0, 1.0, 1.0, 1.0]), 10.0 / 16.0);
        assert_eq!(caught([0.0, 0.0, 1.0, 2.0]), 0.25);
        assert_eq!(share_of_best_caught(&[1.0], &[0.0], 1.0).unwrap(), None);
        assert!(share_of_best_caught(&[1.0], &[0.0], 0.0).unwrap_err().is_parameter());
    }
}
