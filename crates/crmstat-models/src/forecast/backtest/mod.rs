//! Rolling origins: how good would this model have been on this series?
//!
//! # Formula
//! At each origin the model sees the observations before it and nothing else, skips `gap` periods and
//! forecasts `horizon` of them; the last origin is the last one whose horizon lies within the series, the
//! earlier ones are `step` periods apart. Skill = 1 − MAE(model)/MAE(seasonal naive), both at the same
//! origins.
//!
//! # Assumptions
//! The future relates to the present as the present did to the past.
//!
//! # Citation
//! L. Tashman, International Journal of Forecasting 16, 2000; Hyndman and Athanasopoulos 2021, 5.10.
//!
//! # When not to use
//! To choose between dozens of models on one short series: the best of many is lucky.
//!
//! # Units and shapes
//! Origins are numbers of observations seen; forecasts and observations are `horizon` long.
//!
//! # Errors
//! A horizon, step or number of origins of 0 is a parameter error; a series without room for one origin a
//! data error. An origin at which the model cannot be fitted is reported, not lost.
//!
//! # Examples
//! ```
//! use crmstat_models::forecast::{Series, backtest::Backtest, baseline::Baseline};
//!
//! let sales: Vec<f64> = (0..24).map(|t| f64::from(t % 4 * 10 + t)).collect();
//! let result =
//!     Backtest::new(4).origins(3).run(&Baseline::SeasonalNaive, &Series::new(&sales, 4)?)?;
//! assert_eq!(result.origins.len(), 3);
//! assert_eq!(result.skill(), Some(0.0)); // It is the yardstick itself.
//! # Ok::<(), crmstat_models::Error>(())
//! ```

use serde::{Deserialize, Serialize};

use super::{Forecast, Model, Series, accuracy::Accuracy, baseline::Baseline};
use crate::{Error, Result, parallel, sum};

/// The plan of a backtest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backtest {
    horizon: usize,
    origins: usize,
    step: usize,
    gap: usize,
    least: usize,
}

impl Backtest {
    /// Five origins one period apart, without a gap, each with at least two observations.
    pub fn new(horizon: usize) -> Self {
        Self { horizon, origins: 5, step: 1, gap: 0, least: 2 }
    }

    /// At most this many origins, fewer where the series is too short for all.
    #[must_use]
    pub fn origins(mut self, origins: usize) -> Self {
        self.origins = origins;
        self
    }

    /// Periods between origins.
    #[must_use]
    pub fn step(mut self, step: usize) -> Self {
        self.step = step;
        self
    }

    /// Periods between the last observation seen and the first one forecast.
    #[must_use]
    pub fn gap(mut self, gap: usize) -> Self {
        self.gap = gap;
        self
    }

    /// The fewest observations that an origin may see.
    #[must_use]
    pub fn least_observations(mut self, least: usize) -> Self {
        self.least = least.max(1);
        self
    }

    /// Fits the model at every origin and keeps its forecasts beside what came.
    ///
    /// # Errors
    /// A parameter error for a horizon, step or number of origins of 0; a data error where the series has
    /// no room for an origin, or where the model fails at every one of them.
    pub fn run(&self, model: &dyn Model, series: &Series<'_>) -> Result<Backtested> {
        let ends = self.ends(series)?;
        let values = series.values();
        let runs = parallel::map_chunks(ends.len(), 1, |chunk| {
            let seen = ends[chunk.start];
            let train = series.head(seen);
            model.fit(&train).and_then(|fitted| {
                let mut forecast = fitted.forecast(self.gap + self.horizon);
                forecast.mean.drain(..self.gap);
                if let Some(variance) = &mut forecast.variance {
                    variance.drain(..self.gap);
                }
                let first = seen + self.gap;
                let actual = values[first..first + self.horizon].to_vec();
                let naive = Baseline::SeasonalNaive.fit(&train);
                let naive = super::Fitted::forecast(&naive, self.gap + self.horizon).mean;
                let accuracy = Accuracy::of(&train, &actual, &forecast.mean)?;
                let name = fitted.name().to_string();
                Ok(Origin {
                    seen,
                    name,
                    actual,
                    naive: naive[self.gap..].to_vec(),
                    forecast,
                    accuracy,
                })
            })
        });
        let (mut origins, mut refused) = (Vec::new(), Vec::new());
        for (seen, run) in ends.into_iter().zip(runs) {
            match run {
                Ok(origin) => origins.push(origin),
                Err(error) => refused.push((seen, error)),
            }
        }
        match refused.first() {
            Some((_, error)) if origins.is_empty() => Err(error.clone()),
            _ => Ok(Backtested { model: model.name().to_string(), origins, refused }),
        }
    }

    /// How many observations each origin sees, the earliest first.
    fn ends(&self, series: &Series<'_>) -> Result<Vec<usize>> {
        for (name, value) in
            [("horizon", self.horizon), ("step", self.step), ("origins", self.origins)]
        {
            if value == 0 {
                return Err(Error::parameter(name, value, "at least 1"));
            }
        }
        let ahead = self.horizon.saturating_add(self.gap);
        let Some(last) = series.len().checked_sub(ahead).filter(|last| *last >= self.least) else {
            let reason = format!(
                "{} observations leave no origin that sees {} and is {ahead} before the end",
                series.len(),
                self.least
            );
            return Err(Error::data(reason).with_hint("shorten the horizon"));
        };
        let count = self.origins.min((last - self.least) / self.step + 1);
        Ok((0..count).rev().map(|back| last - back * self.step).collect())
    }
}

/// One origin: what was forecast and what came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// Observations before the origin.
    pub seen: usize,
    /// What was fitted there.
    pub name: String,
    /// The forecast of the horizon.
    pub forecast: Forecast,
    /// The observations of the horizon.
    pub actual: Vec<f64>,
    /// The seasonal naive forecast of the horizon.
    pub naive: Vec<f64>,
    /// The measures of this origin's forecast.
    pub accuracy: Accuracy,
}

/// All origins of a backtest.
#[derive(Clone, Debug, PartialEq)]
pub struct Backtested {
    /// The model's name.
    pub model: String,
    /// Earliest first; at least one.
    pub origins: Vec<Origin>,
    /// Origins at which the model could not be fitted, and why.
    pub refused: Vec<(usize, Error)>,
}

impl Backtested {
    /// Each measure averaged over the origins where it is defined.
    pub fn accuracy(&self) -> Accuracy {
        let mean = |of: &dyn Fn(&Accuracy) -> Option<f64>| {
            let all: Vec<f64> = self.origins.iter().filter_map(|o| of(&o.accuracy)).collect();
            let count = all.len() as f64;
            (count > 0.0).then(|| sum::compensated(all) / count)
        };
        Accuracy {
            mase: mean(&|accuracy| accuracy.mase),
            rmsse: mean(&|accuracy| accuracy.rmsse),
            smape: mean(&|accuracy| Some(accuracy.smape)).unwrap_or(0.0),
            bias: mean(&|accuracy| accuracy.bias),
        }
    }

    /// 1 − MAE/MAE of the seasonal naive forecast; above zero is better than naive. `None` where the naive
    /// forecast never errs.
    pub fn skill(&self) -> Option<f64> {
        let errors = |of: fn(&Origin) -> &[f64]| {
            sum::compensated(self.origins.iter().flat_map(|origin| {
                origin.actual.iter().zip(of(origin)).map(|(actual, f)| (actual - f).abs())
            }))
        };
        let naive = errors(|origin| &origin.naive);
        (naive > 0.0).then(|| 1.0 - errors(|origin| &origin.forecast.mean) / naive)
    }

    /// Observation minus forecast, one row per origin.
    pub fn errors(&self) -> Vec<Vec<f64>> {
        self.origins
            .iter()
            .map(|origin| {
                origin.actual.iter().zip(&origin.forecast.mean).map(|(y, f)| y - f).collect()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::ets::Ets;

    fn line(n: usize) -> Vec<f64> {
        (0..n).map(|t| t as f64).collect()
    }

    #[test]
    fn origins_end_with_the_series_and_see_nothing_later() {
        let values = line(20);
        let series = Series::new(&values, 1).unwrap();
        let result =
            Backtest::new(3).origins(4).step(2).gap(1).run(&Baseline::Naive, &series).unwrap();
        let seen: Vec<usize> = result.origins.iter().map(|origin| origin.seen).collect();
        assert_eq!(seen, [10, 12, 14, 16]);
        for origin in &result.origins {
            let last = (origin.seen - 1) as f64;
            assert_eq!(origin.forecast.mean, [last; 3]);
            assert_eq!(origin.actual, [last + 2.0, last + 3.0, last + 4.0]);
        }
        assert_eq!(result.errors()[0], [2.0, 3.0, 4.0]);
        assert_eq!(result.accuracy().mase, Some(3.0));
        assert_eq!(result.accuracy().bias, Some(-3.0));
    }

    #[test]
    fn a_short_series_has_fewer_origins_or_none() {
        let values = line(8);
        let series = Series::new(&values, 1).unwrap();
        let result = Backtest::new(4).origins(10).run(&Baseline::Drift, &series).unwrap();
        assert_eq!(result.origins.len(), 3);
        assert_eq!(result.skill(), Some(1.0));
        assert!(Backtest::new(7).run(&Baseline::Naive, &series).unwrap_err().is_data());
        assert!(Backtest::new(0).run(&Baseline::Naive, &series).unwrap_err().is_parameter());
        assert!(Backtest::new(usize::MAX).gap(2).run(&Baseline::Naive, &series).is_err());
    }

    #[test]
    fn an_origin_that_fails_is_reported() {
        let values = line(9);
        let series = Series::new(&values, 1).unwrap();
        // ETS needs five observations; the earlier origins see four and three.
        let result = Backtest::new(2).origins(5).run(&Ets::automatic(), &series).unwrap();
        assert_eq!((result.origins.len(), result.refused.len()), (3, 2));
        assert_eq!(result.refused[0].0, 3);
        assert!(Backtest::new(5).run(&Ets::automatic(), &series).unwrap_err().is_data());
    }
}
