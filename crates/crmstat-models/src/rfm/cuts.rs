//! Cut points between scores.

use super::{MAX_BINS, Scores};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// To which side of a cut point an equal value belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Closed {
    /// lower < value ≤ upper: as the quantiles found here are used.
    #[default]
    Right,
    /// lower ≤ value < upper: as the R package `rfm` uses its cut points.
    Left,
}

/// The cut points of the three metrics, rising: one fewer than there are bins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Plain")]
pub struct Cuts {
    closed: Closed,
    recency: Vec<f64>,
    frequency: Vec<f64>,
    monetary: Vec<f64>,
}

/// Cut points as a file has them, unchecked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain {
    #[serde(default)]
    closed: Closed,
    recency: Vec<f64>,
    frequency: Vec<f64>,
    monetary: Vec<f64>,
}

impl TryFrom<Plain> for Cuts {
    type Error = Error;

    fn try_from(plain: Plain) -> Result<Self> {
        Self::new(plain.recency, plain.frequency, plain.monetary, plain.closed)
    }
}

impl Cuts {
    /// Cut points of recency in days, frequency in orders and monetary in money, each rising.
    ///
    /// # Errors
    /// A parameter error where a list is empty or too long, falls, or holds a number that is not finite.
    pub fn new(
        recency: Vec<f64>,
        frequency: Vec<f64>,
        monetary: Vec<f64>,
        closed: Closed,
    ) -> Result<Self> {
        for (name, cuts) in
            [("recency", &recency), ("frequency", &frequency), ("monetary", &monetary)]
        {
            let rising = cuts.windows(2).all(|pair| pair[0] <= pair[1]);
            let counted = (1..usize::from(MAX_BINS)).contains(&cuts.len());
            if !counted || !rising || cuts.iter().any(|cut| !cut.is_finite()) {
                let allowed = format!("1 to {} finite numbers, rising", MAX_BINS - 1);
                return Err(Error::parameter(name, format!("{cuts:?}"), allowed));
            }
        }
        Ok(Self { closed, recency, frequency, monetary })
    }

    /// To which side of a cut point an equal value belongs.
    pub fn closed(&self) -> Closed {
        self.closed
    }

    /// The cut points of recency, frequency and monetary.
    pub fn all(&self) -> [&[f64]; 3] {
        [&self.recency, &self.frequency, &self.monetary]
    }

    /// The number of bins of recency, frequency and monetary.
    pub fn bins(&self) -> [u8; 3] {
        self.all().map(|cuts| cuts.len() as u8 + 1)
    }

    /// The scores of one customer.
    pub fn score(&self, recency: f64, frequency: f64, monetary: f64) -> Scores {
        Scores {
            recency: (self.recency.len() + 1 - self.bin(&self.recency, recency)) as u8,
            frequency: self.bin(&self.frequency, frequency) as u8 + 1,
            monetary: self.bin(&self.monetary, monetary) as u8 + 1,
        }
    }

    /// The bin of `value` between `cuts`, from 0.
    pub(super) fn bin(&self, cuts: &[f64], value: f64) -> usize {
        match self.closed {
            Closed::Right => cuts.partition_point(|cut| *cut < value),
            Closed::Left => cuts.partition_point(|cut| *cut <= value),
        }
    }
}

/// The type 7 quantile of `values` at `p` in 0 to 1; `None` where there are no values.
///
/// `values` are put into another order: those below the quantile first.
pub fn quantile(values: &mut [f64], p: f64) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    let position = p.clamp(0.0, 1.0) * last as f64;
    let below = position.floor() as usize;
    let (_, low, above) = values.select_nth_unstable_by(below, f64::total_cmp);
    let low = *low;
    let high = above.iter().copied().min_by(f64::total_cmp).unwrap_or(low);
    Some(low + (position - below as f64) * (high - low))
}

/// The quantiles of `values` that cut them into `bins`.
pub(super) fn quantiles(values: &[f64], bins: u8) -> Vec<f64> {
    let last = values.len() - 1;
    let positions = (1..bins).map(|bin| f64::from(bin) / f64::from(bins) * last as f64);
    let between = |position: f64, low: f64, high: f64| low + position.fract() * (high - low);
    if let Some(counts) = counts(values) {
        let value_at = |rank: usize| {
            let mut before = 0;
            let value = counts.iter().position(|count| {
                before += count;
                before > rank
            });
            value.unwrap_or_default() as f64
        };
        return positions
            .map(|position| {
                let below = position.floor() as usize;
                between(position, value_at(below), value_at((below + 1).min(last)))
            })
            .collect();
    }
    let mut values = values.to_vec();
    let mut from = 0;
    positions
        .map(|position| {
            // What is below the last cut stays below the next one, so only the rest is searched.
            let below = position.floor() as usize;
            let (_, low, above) =
                values[from..].select_nth_unstable_by(below - from, f64::total_cmp);
            from = below;
            let low = *low;
            let high = above.iter().copied().min_by(f64::total_cmp).unwrap_or(low);
            between(position, low, high)
        })
        .collect()
}

/// How often each number from 0 on occurs, where all values are small whole numbers, as days and orders
/// are: then ranks are counted and nothing need be sorted.
fn counts(values: &[f64]) -> Option<Vec<usize>> {
    const COUNTED: usize = 1 << 16;
    let mut counts = vec![0; COUNTED];
    for value in values {
        let number = *value as usize;
        *counts.get_mut(number).filter(|_| number as f64 == *value)? += 1;
    }
    Some(counts)
}

#[cfg(test)]
mod tests {
    use super::{Closed, Cuts, quantile, quantiles};

    #[test]
    fn quantiles_are_those_of_r_type_7() {
        // quantile(c(15, 20, 35, 40, 50), c(0.2, 0.4, 0.6, 0.8), type = 7) in R 4.3
        let values = [35.0, 20.0, 50.0, 15.0, 40.0];
        let expected = [19.0, 29.0, 37.0, 42.0];
        for (cut, expected) in quantiles(&values, 5).into_iter().zip(expected) {
            assert!((cut - expected).abs() < 1e-12, "{cut} is not {expected}");
        }
        let fractions = values.map(|value| value + 0.25);
        for (cut, expected) in quantiles(&fractions, 5).into_iter().zip(expected) {
            assert!((cut - expected - 0.25).abs() < 1e-12, "{cut} is not {expected} and a quarter");
        }
        let mut values = values;
        assert_eq!(quantile(&mut values, 0.5), Some(35.0));
        assert_eq!(quantile(&mut values, 1.0), Some(50.0));
        assert_eq!(quantile(&mut [], 0.5), None);
    }

    #[test]
    fn cut_points_must_rise() {
        let bad = Cuts::new(vec![3.0, 2.0], vec![1.0], vec![1.0], Closed::Right).unwrap_err();
        assert!(bad.is_parameter());
        let read =
            serde_json::from_str::<Cuts>(r#"{"recency": [1], "frequency": [], "monetary": [1]}"#);
        assert!(read.unwrap_err().to_string().contains("`frequency`"));
    }
}
