//! Several seasons at once (MSTL): what are trend, week and year of a daily series, and how do they go on?
//!
//! # Formula
//! y = trend + Σ seasons + remainder, by loess: each season in turn, shortest first, is estimated by STL
//! from the series less the other seasons; the last trend stays. The forecast is a model without season
//! (ETS) of the series less its seasons, plus the last cycle of each season repeated.
//!
//! # Assumptions
//! Seasons add to the level and change slowly. Take logarithms first where they grow with it.
//!
//! # Citation
//! R. B. Cleveland, W. S. Cleveland, J. E. `McRae`, I. Terpenning: STL, Journal of Official Statistics 6, 1990
//! (section 2, inner loop); K. Bandara, R. Hyndman, C. Bergmeir: MSTL, arXiv:2107.13462 (algorithm 1,
//! with its windows 11, 15, …).
//!
//! # When not to use
//! Fewer than two whole cycles of a season; outliers, which this version without robustness weights smears
//! into the season.
//!
//! # Units and shapes
//! Components are as long as the series and in its unit; they add up to it.
//!
//! # Errors
//! A season below 2 or given twice is a parameter error; fewer than two cycles are a data error.
//!
//! # Examples
//! ```
//! use crmstat_models::forecast::{Fitted, Series, mstl::Mstl};
//!
//! let visits: Vec<f64> = (0..120)
//!     .map(|day| 50.0 + 0.1 * f64::from(day) + [0.0, 2.0, 3.0, 2.0, 5.0, -6.0, -6.0][day as usize % 7])
//!     .collect();
//! let fitted = Mstl::with_seasons(&[7]).fit(&Series::new(&visits, 7)?)?;
//! let next = fitted.forecast(7).mean;
//! assert!((next[0] - (62.0 + 0.0 + 2.0 - 2.0)).abs() < 3.0);
//! # Ok::<(), crmstat_models::Error>(())
//! ```

mod loess;
mod stl;

use serde::{Deserialize, Serialize};

use self::stl::Stl;
use super::{
    Fitted, Forecast, Model, Series,
    ets::{Ets, EtsFit},
};
use crate::{Error, Result, random::Generator};

/// The parameters of the model: which seasons are taken out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mstl {
    seasons: Option<Vec<usize>>,
}

/// Rounds over all seasons where there are several, as its authors set it.
const ROUNDS: usize = 2;

impl Mstl {
    /// The season that the series brings along.
    pub fn automatic() -> Self {
        Self::default()
    }

    /// These seasons, in periods: `[7, 365]` for days.
    pub fn with_seasons(seasons: &[usize]) -> Self {
        Self { seasons: Some(seasons.to_vec()) }
    }

    /// Splits the series into trend, seasons and remainder.
    ///
    /// # Errors
    /// A parameter error for a season below 2 or given twice; a data error for fewer than two cycles.
    pub fn decompose(&self, series: &Series<'_>) -> Result<Decomposition> {
        let seasons = self.checked_seasons(series)?;
        let values = series.values();
        let rounds = if seasons.len() > 1 { ROUNDS } else { 1 };
        let mut components = vec![vec![0.0; values.len()]; seasons.len()];
        let mut trend = Vec::new();
        let mut adjusted = values.to_vec();
        for _ in 0..rounds {
            for (at, (season, component)) in seasons.iter().zip(&mut components).enumerate() {
                for (adjusted, seasonal) in adjusted.iter_mut().zip(&*component) {
                    *adjusted += seasonal;
                }
                let split = Stl::new(*season, 11 + 4 * at).split(&adjusted);
                *component = split.seasonal;
                trend = split.trend;
                for (adjusted, seasonal) in adjusted.iter_mut().zip(&*component) {
                    *adjusted -= seasonal;
                }
            }
        }
        let remainder = adjusted.iter().zip(&trend).map(|(value, trend)| value - trend).collect();
        Ok(Decomposition { trend, seasons, seasonal: components, remainder })
    }

    /// Decomposes the series and fits ETS without a season to what is left of it.
    ///
    /// # Errors
    /// As [`Mstl::decompose`] and [`Ets::fit`].
    pub fn fit(&self, series: &Series<'_>) -> Result<MstlFit> {
        let decomposition = self.decompose(series)?;
        let adjusted: Vec<f64> = decomposition
            .trend
            .iter()
            .zip(&decomposition.remainder)
            .map(|(trend, remainder)| trend + remainder)
            .collect();
        let ets = Ets::non_seasonal().fit(&Series::new(&adjusted, series.season())?)?;
        let fitted: Vec<f64> = (0..series.len())
            .map(|t| {
                let seasons: f64 = decomposition.seasonal.iter().map(|season| season[t]).sum();
                ets.fitted_values()[t] + seasons
            })
            .collect();
        let name = format!("MSTL+{}", ets.name());
        Ok(MstlFit {
            name,
            season: series.season(),
            observations: series.values().to_vec(),
            decomposition,
            residuals: ets.residuals().to_vec(),
            ets,
            fitted,
        })
    }

    fn checked_seasons(&self, series: &Series<'_>) -> Result<Vec<usize>> {
        let mut seasons = self.seasons.clone().unwrap_or_else(|| vec![series.season()]);
        seasons.sort_unstable();
        let n = series.len();
        for (at, &season) in seasons.iter().enumerate() {
            if season < 2 || seasons[..at].contains(&season) {
                return Err(Error::parameter("seasons", season, "at least 2 and named once"));
            }
            if n < 2 * season {
                let reason = format!("a season of {season} needs {} values, not {n}", 2 * season);
                return Err(Error::data(reason).with_hint("leave this season out"));
            }
        }
        if seasons.is_empty() {
            return Err(Error::parameter("seasons", "[]", "at least one"));
        }
        Ok(seasons)
    }
}

impl Model for Mstl {
    fn name(&self) -> &'static str {
        "MSTL"
    }

    fn fit(&self, series: &Series<'_>) -> Result<Box<dyn Fitted>> {
        Ok(Box::new(Self::fit(self, series)?))
    }
}

/// A series as the sum of its components, each as long as the series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decomposition {
    /// The slow movement.
    pub trend: Vec<f64>,
    /// Lengths of the cycles, shortest first.
    pub seasons: Vec<usize>,
    /// One component per cycle, in the order of `seasons`.
    pub seasonal: Vec<Vec<f64>>,
    /// What is left.
    pub remainder: Vec<f64>,
}

impl Decomposition {
    /// How strong season `at` is: 1 − var(remainder)/var(season + remainder), between 0 and 1
    /// (Hyndman and Athanasopoulos 2021, 4.3); `None` for a season that does not exist or never varies.
    pub fn strength(&self, at: usize) -> Option<f64> {
        let season = self.seasonal.get(at)?;
        let both: Vec<f64> = season.iter().zip(&self.remainder).map(|(s, r)| s + r).collect();
        let whole = variance(&both);
        (whole > 0.0).then(|| (1.0 - variance(&self.remainder) / whole).clamp(0.0, 1.0))
    }
}

fn variance(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64
}

/// A decomposed series whose season goes on as it was and whose rest follows ETS.
///
/// Saved, it holds the observations and the seasons, and is decomposed anew on loading.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Saved", into = "Saved")]
pub struct MstlFit {
    name: String,
    season: usize,
    observations: Vec<f64>,
    decomposition: Decomposition,
    ets: EtsFit,
    fitted: Vec<f64>,
    residuals: Vec<f64>,
}

impl MstlFit {
    /// Trend, seasons and remainder.
    pub fn decomposition(&self) -> &Decomposition {
        &self.decomposition
    }

    /// The model of the series less its seasons.
    pub fn ets(&self) -> &EtsFit {
        &self.ets
    }

    /// What the seasons add to the `h`-th period after the last one, counted from 0.
    fn seasonal_at(&self, h: usize) -> f64 {
        let Decomposition { seasons, seasonal, .. } = &self.decomposition;
        seasons.iter().zip(seasonal).map(|(m, values)| values[values.len() - m + h % m]).sum()
    }
}

impl Fitted for MstlFit {
    fn name(&self) -> &str {
        &self.name
    }

    fn forecast(&self, horizon: usize) -> Forecast {
        let mut forecast = self.ets.forecast(horizon);
        for (h, mean) in forecast.mean.iter_mut().enumerate() {
            *mean += self.seasonal_at(h);
        }
        forecast
    }

    fn fitted_values(&self) -> &[f64] {
        &self.fitted
    }

    fn residuals(&self) -> &[f64] {
        &self.residuals
    }

    fn simulate(&self, horizon: usize, generator: &mut Generator) -> Option<Vec<f64>> {
        let mut path = self.ets.simulate(horizon, generator)?;
        for (h, value) in path.iter_mut().enumerate() {
            *value += self.seasonal_at(h);
        }
        Some(path)
    }
}

/// What a model file holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Saved {
    seasons: Vec<usize>,
    season: usize,
    observations: Vec<f64>,
}

impl TryFrom<Saved> for MstlFit {
    type Error = Error;

    fn try_from(saved: Saved) -> Result<Self> {
        let series = Series::new(&saved.observations, saved.season)?;
        Mstl::with_seasons(&saved.seasons).fit(&series)
    }
}

impl From<MstlFit> for Saved {
    fn from(fit: MstlFit) -> Self {
        Self {
            seasons: fit.decomposition.seasons,
            season: fit.season,
            observations: fit.observations,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn daily() -> Vec<f64> {
        (0..400)
            .map(|t| {
                let t = f64::from(t);
                let week = [3.0, 1.0, 0.0, 1.0, 2.0, -3.0, -4.0][t as usize % 7];
                let month = 5.0 * (std::f64::consts::TAU * t / 30.0).sin();
                40.0 + 0.05 * t + week + month + 0.3 * (t * 7.7).sin()
            })
            .collect()
    }

    #[test]
    fn components_add_up_and_each_season_is_found() {
        let values = daily();
        let series = Series::new(&values, 7).unwrap();
        let parts = Mstl::with_seasons(&[30, 7]).decompose(&series).unwrap();
        assert_eq!(parts.seasons, [7, 30]);
        for t in 0..values.len() {
            let seasons: f64 = parts.seasonal.iter().map(|season| season[t]).sum();
            let sum = parts.trend[t] + seasons + parts.remainder[t];
            assert!((sum - values[t]).abs() < 1e-9, "{t}");
        }
        for t in 60..340 {
            let week = [3.0, 1.0, 0.0, 1.0, 2.0, -3.0, -4.0][t % 7];
            assert!((parts.seasonal[0][t] - week).abs() < 0.6, "{t}: {}", parts.seasonal[0][t]);
        }
        assert!((0..2).all(|at| parts.strength(at).unwrap() > 0.9));
        assert_eq!(parts.strength(2), None);
    }

    #[test]
    fn the_forecast_carries_trend_and_seasons_on() {
        let values = daily();
        let series = Series::new(&values[..370], 7).unwrap();
        let fit = Mstl::with_seasons(&[7, 30]).fit(&series).unwrap();
        for (forecast, actual) in fit.forecast(30).mean.iter().zip(&values[370..]) {
            assert!((forecast - actual).abs() < 2.5, "{forecast} {actual}");
        }
        let residual = fit.residuals()[200];
        assert!((values[200] - fit.fitted_values()[200] - residual).abs() < 1e-9);
    }

    #[test]
    fn a_saved_model_forecasts_the_same_and_a_damaged_one_is_refused() {
        let values = daily();
        let fit = Mstl::with_seasons(&[7]).fit(&Series::new(&values, 7).unwrap()).unwrap();
        let saved = serde_json::to_string(&fit).unwrap();
        let loaded: MstlFit = serde_json::from_str(&saved).unwrap();
        for (a, b) in loaded.forecast(9).mean.iter().zip(fit.forecast(9).mean) {
            assert!((a / b - 1.0).abs() < 1e-6);
        }
        let damaged = saved.replace("\"seasons\":[7]", "\"seasons\":[7000]");
        assert!(serde_json::from_str::<MstlFit>(&damaged).is_err());
    }

    #[test]
    fn seasons_that_cannot_be_are_refused() {
        let values = daily();
        let series = Series::new(&values[..50], 1).unwrap();
        assert!(Mstl::automatic().fit(&series).unwrap_err().is_parameter());
        assert!(Mstl::with_seasons(&[]).fit(&series).unwrap_err().is_parameter());
        assert!(Mstl::with_seasons(&[7, 7]).fit(&series).unwrap_err().is_parameter());
        assert!(Mstl::with_seasons(&[26]).fit(&series).unwrap_err().is_data());
    }
}
