//! Intervals that are as wide as past errors say, not as the model believes.

use serde::{Deserialize, Serialize};

use super::{Interval, check_level};
use crate::{
    Error, Result,
    forecast::{
        Forecast, Model, Series,
        backtest::{Backtest, Backtested},
    },
};

/// Past errors of a model in units of its own width, smallest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<f64>", into = "Vec<f64>")]
pub struct Conformal {
    scores: Vec<f64>,
}

impl Conformal {
    /// Scores every error of a backtest, of all horizons alike: the width already grows with the horizon.
    ///
    /// # Errors
    /// A data error where the backtest holds no error at all.
    pub fn from_backtest(backtested: &Backtested) -> Result<Self> {
        let scores = backtested
            .origins
            .iter()
            .flat_map(|origin| {
                let widths = widths(&origin.forecast);
                let errors = origin.actual.iter().zip(&origin.forecast.mean);
                errors.zip(widths).map(|((y, f), width)| score((y - f).abs(), width))
            })
            .collect();
        Self::from_scores(scores)
    }

    /// Backtests the model on the series, which the plan must leave room for, and scores its errors.
    ///
    /// # Errors
    /// As [`Backtest::run`].
    pub fn calibrate(plan: Backtest, model: &dyn Model, series: &Series<'_>) -> Result<Self> {
        Self::from_backtest(&plan.run(model, series)?)
    }

    /// Pools the past errors of several series: one series alone has few.
    ///
    /// # Errors
    /// A data error where there are none.
    pub fn pooled<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Result<Self> {
        Self::from_scores(parts.into_iter().flat_map(|part| part.scores.iter().copied()).collect())
    }

    /// How many past errors there are.
    pub fn count(&self) -> usize {
        self.scores.len()
    }

    /// The interval of a new forecast by the same model.
    ///
    /// # Errors
    /// A parameter error for a level outside (0, 1); a data error where the errors are too few for it:
    /// `level` needs at least `level / (1 − level)` of them.
    pub fn interval(&self, forecast: &Forecast, level: f64) -> Result<Interval> {
        check_level(level)?;
        let count = self.scores.len();
        // The margin keeps a product that is whole in decimals from rounding up to the next rank.
        let rank = ((count + 1) as f64 * level - 1e-9).ceil() as usize;
        if rank > count {
            let reason = format!("{count} past errors are too few for an interval of {level}");
            return Err(Error::data(reason).with_hint("backtest more origins or pool more series"));
        }
        let factor = self.scores[rank.max(1) - 1];
        let halves = widths(forecast).into_iter().map(|width| (factor * width).min(f64::MAX));
        Ok(Interval::around(&forecast.mean, level, halves))
    }

    fn from_scores(mut scores: Vec<f64>) -> Result<Self> {
        if scores.is_empty() {
            return Err(Error::data("there are no past errors to calibrate with"));
        }
        if let Some(score) = scores.iter().find(|score| !(score.is_finite() && **score >= 0.0)) {
            return Err(Error::data(format!("`{score}` is not the size of an error")));
        }
        scores.sort_by(f64::total_cmp);
        Ok(Self { scores })
    }
}

/// An error in units of the width; where a width of zero was wrong, the largest number stands for infinity.
fn score(error: f64, width: f64) -> f64 {
    if error == 0.0 { 0.0 } else { (error / width).min(f64::MAX) }
}

/// The model's own standard deviations, or those of a random walk with unit steps where it has none.
fn widths(forecast: &Forecast) -> Vec<f64> {
    match &forecast.variance {
        Some(variance) => variance.iter().map(|v| v.sqrt()).collect(),
        None => (1..=forecast.mean.len()).map(|h| (h as f64).sqrt()).collect(),
    }
}

impl TryFrom<Vec<f64>> for Conformal {
    type Error = Error;

    fn try_from(scores: Vec<f64>) -> Result<Self> {
        Self::from_scores(scores)
    }
}

impl From<Conformal> for Vec<f64> {
    fn from(conformal: Conformal) -> Self {
        conformal.scores
    }
}

#[cfg(test)]
mod tests {
    use rand_distr::{Distribution, StandardNormal};

    use super::*;
    use crate::{forecast::baseline::Baseline, random};

    #[test]
    fn the_rank_guarantees_the_level() {
        let conformal = Conformal::from_scores((1..=19).rev().map(f64::from).collect()).unwrap();
        let forecast = Forecast { mean: vec![100.0], variance: Some(vec![4.0]) };
        // (19 + 1) · 0.95 = 19: the largest of all; 0.8 is the 16th.
        assert_eq!(conformal.interval(&forecast, 0.95).unwrap().upper, [138.0]);
        assert_eq!(conformal.interval(&forecast, 0.8).unwrap().lower, [68.0]);
        assert!(conformal.interval(&forecast, 0.96).unwrap_err().is_data());
        assert!(conformal.interval(&forecast, 0.0).unwrap_err().is_parameter());
        assert!(Conformal::from_scores(vec![f64::NAN]).is_err());
        assert!(Conformal::pooled([]).is_err());
    }

    #[test]
    fn random_walks_are_covered_at_the_level() {
        let (mut covered, mut count) = (0.0, 0.0);
        for walk in 0..200 {
            let mut generator = random::stream(5, walk);
            let mut at = 0.0;
            let values: Vec<f64> = (0..80)
                .map(|_| {
                    let shock: f64 = StandardNormal.sample(&mut generator);
                    at += shock;
                    at
                })
                .collect();
            let train = Series::new(&values[..76], 1).unwrap();
            let plan = Backtest::new(4).origins(30);
            let conformal = Conformal::calibrate(plan, &Baseline::Naive, &train).unwrap();
            assert_eq!(conformal.count(), 120);
            let forecast = Model::fit(&Baseline::Naive, &train).unwrap().forecast(4);
            let interval = conformal.interval(&forecast, 0.8).unwrap();
            covered += crate::forecast::accuracy::coverage(
                &values[76..],
                &interval.lower,
                &interval.upper,
            )
            .unwrap();
            count += 1.0;
        }
        let coverage: f64 = covered / count;
        assert!((coverage - 0.8).abs() < 0.05, "{coverage}");
    }
}
