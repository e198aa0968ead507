//! What is known ahead: how do trading days, holidays, prices and promotions move a series, and the year a
//! series of days?
//!
//! # Formula
//! yₜ = Σ βₖ(xₖₜ − x̄ₖ) + s(t) + zₜ. The season of the year s is that of MSTL, smoothed over [`SMOOTHED`]
//! periods to either side, since every day of it was seen only a few times. β comes from a regression with
//! ARIMA errors on y − s, whose orders are found automatically; it is used only where it lowers `AICc` against
//! the same orders without regressors. What is left, z, is forecast by the ensemble.
//!
//! # Assumptions
//! Effects add up and last. At an origin a driver is what was known of it then: a value that became known
//! later is the last one known.
//!
//! # Citation
//! G. E. P. Box, G. C. Tiao, Journal of the American Statistical Association 70, 1975 (regression with ARIMA
//! errors); K. Bandara, R. Hyndman, C. Bergmeir: MSTL, arXiv:2107.13462; R. Hyndman, G. Athanasopoulos,
//! "Forecasting: Principles and Practice", 3rd edition, 2021, chapter 10.
//!
//! # When not to use
//! Drivers that must be forecast themselves; effects that grow with the level (take logarithms first).
//!
//! # Units and shapes
//! A driver has one value per observation, oldest first, and then one per period known ahead; beyond those its
//! last value is held. Effects are in the unit of the series per unit of the driver.
//!
//! # Errors
//! A driver that is shorter than the series or not finite is a parameter error. A series that does not bear
//! the regression is forecast without it, and a note says so.
//!
//! # Examples
//! ```
//! use crmstat_models::forecast::{Fitted, Series, drivers::{Driven, Driver}, ensemble::Ensemble};
//!
//! // A promotion every fifth week, and one planned for the second week to come.
//! let promotion: Vec<f64> = (0..62).map(|week| f64::from(week % 5 == 1)).collect();
//! let sales: Vec<f64> =
//!     (0..60).map(|week| 100.0 + f64::from(week * 7 % 11) + 40.0 * promotion[week as usize]).collect();
//! let drivers = [Driver::new("promotion", promotion)];
//! let ensemble = Ensemble::standard();
//! let fit = Driven::new(&ensemble, &drivers).fit(&Series::new(&sales, 1)?)?;
//! let next = fit.forecast(2).mean;
//! assert!((next[1] - next[0] - 40.0).abs() < 5.0, "{next:?}");
//! # Ok::<(), crmstat_models::Error>(())
//! ```

mod saved;
#[cfg(test)]
mod tests;

pub use self::saved::SavedEffects;
use super::{
    Fitted, Forecast, Model, Series,
    arima::Arima,
    ensemble::{Ensemble, EnsembleFit, Note},
    mstl::Mstl,
};
use crate::{Error, Result, random::Generator};

/// Something that is known ahead of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct Driver {
    name: String,
    values: Vec<f64>,
    /// How many observations there were when each value became known; none where all were known always.
    known: Vec<usize>,
}

impl Driver {
    /// A driver whose every value is known from the beginning, such as a calendar.
    pub fn new(name: impl Into<String>, values: Vec<f64>) -> Self {
        Self { name: name.into(), values, known: Vec::new() }
    }

    /// How many observations of the series there were when each value became known; missing ones were known
    /// from the beginning.
    #[must_use]
    pub fn known_from(mut self, observations: Vec<usize>) -> Self {
        self.known = observations;
        self
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value of period `at` as it was known after `seen` observations.
    fn at(&self, at: usize, seen: usize) -> f64 {
        let is_known = |at: &usize| self.known.get(*at).is_none_or(|known| *known <= seen);
        let last = at.min(self.values.len() - 1);
        let known = (0..=last).rev().find(|at| *at < seen || is_known(at));
        self.values[known.unwrap_or(0)]
    }
}

/// An ensemble of what drivers and the season of the year leave.
#[derive(Clone, Copy, Debug)]
pub struct Driven<'a> {
    ensemble: &'a Ensemble,
    drivers: &'a [Driver],
    year: Option<usize>,
}

/// Periods to either side over which the season of the year is smoothed.
pub const SMOOTHED: usize = 10;

/// A season of the year that explains less of what the week leaves is noise: that much remains of noise which
/// was seen twice and smoothed, and as much again.
const LEAST_STRENGTH: f64 = 0.1;

/// Observations for each driver; fewer do not tell its effect from chance.
const LEAST_PER_DRIVER: usize = 8;

/// A fall of `AICc` that is more than chance and rounding.
const LEAST_GAIN: f64 = 2.0;

impl<'a> Driven<'a> {
    /// What `drivers` leave goes to `ensemble`.
    pub fn new(ensemble: &'a Ensemble, drivers: &'a [Driver]) -> Self {
        Self { ensemble, drivers, year: None }
    }

    /// Periods in a year, for series of days that have a season of the week, too: it is taken out where there
    /// are two whole years and it is more than noise.
    #[must_use]
    pub fn year(mut self, year: Option<usize>) -> Self {
        self.year = year;
        self
    }

    /// Fits the season of the year, the drivers and the ensemble.
    ///
    /// # Errors
    /// See the module's documentation.
    pub fn fit(&self, series: &Series<'_>) -> Result<DrivenFit> {
        self.check(series)?;
        let plain = self.ensemble.fit(series);
        let mut fit = DrivenFit::of(plain, series);
        if self.drivers.is_empty() && self.year.is_none() {
            return Ok(fit);
        }
        let nothing_to_move =
            |note: &Note| matches!(note, Note::Constant { .. } | Note::Intermittent { .. });
        if fit.fit.notes().iter().any(nothing_to_move) {
            return Ok(fit);
        }
        let mut left = series.values().to_vec();
        if let Some(cycle) = self.year.and_then(|year| season_of_year(series, year)) {
            let start = series.len() % cycle.len();
            for (at, value) in left.iter_mut().enumerate() {
                *value -= cycle[(at + cycle.len() - start) % cycle.len()];
            }
            fit.cycle = cycle;
        }
        self.effects(&Series::new(&left, series.season())?, &mut fit);
        if fit.cycle.is_empty() && fit.coefficients.is_empty() {
            return Ok(fit);
        }
        fit.leave(self.ensemble, series)
    }

    fn check(&self, series: &Series<'_>) -> Result<()> {
        for Driver { name, values, .. } in self.drivers {
            if values.len() < series.len() || values.iter().any(|value| !value.is_finite()) {
                let allowed = format!("`{name}`: {} finite values or more", series.len());
                return Err(Error::parameter("drivers", values.len(), allowed));
            }
        }
        Ok(())
    }

    /// Estimates the effects of the drivers on `left`, which no season of the year is in any more.
    fn effects(&self, left: &Series<'_>, fit: &mut DrivenFit) {
        let seen = left.len();
        let varies = |driver: &&Driver| {
            let first = driver.at(0, seen);
            (1..seen).any(|at| driver.at(at, seen) != first)
        };
        let moving: Vec<&Driver> = self.drivers.iter().filter(varies).collect();
        if moving.is_empty() {
            return;
        }
        if seen < LEAST_PER_DRIVER * (moving.len() + 1) {
            let needed = LEAST_PER_DRIVER * (moving.len() + 1);
            fit.remarks
                .push(format!("{seen} values are too few for its regressors, which need {needed}"));
            return;
        }
        let columns: Vec<Vec<f64>> =
            moving.iter().map(|driver| (0..seen).map(|at| driver.at(at, seen)).collect()).collect();
        let fitted = Arima::automatic().fit_with(left, &columns).and_then(|with| {
            let without = Arima::new(*with.errors().order()).fit(left)?;
            Ok((with, without))
        });
        let (with, without) = match fitted {
            Ok(both) => both,
            Err(error) => {
                fit.remarks.push(format!("forecast without its regressors: {error}"));
                return;
            }
        };
        if with.errors().aicc() > without.aicc() - LEAST_GAIN {
            fit.remarks.push("its regressors explain nothing and are left out".to_owned());
            return;
        }
        for ((driver, column), slope) in moving.into_iter().zip(&columns).zip(with.coefficients()) {
            let mean = column.iter().sum::<f64>() / seen as f64;
            fit.add(driver, *slope, mean);
        }
    }
}

impl Model for Driven<'_> {
    fn name(&self) -> &str {
        self.ensemble.name()
    }

    fn fit(&self, series: &Series<'_>) -> Result<Box<dyn Fitted>> {
        Ok(Box::new(Self::fit(self, series)?))
    }
}

/// What the season of the year adds to each of the next `year` periods, its mean zero; `None` where the series
/// is too short for it or shows none.
fn season_of_year(series: &Series<'_>, year: usize) -> Option<Vec<f64>> {
    let n = series.len();
    if series.season() < 2 || year <= 2 * SMOOTHED || n < 2 * year {
        return None;
    }
    let parts = Mstl::with_seasons(&[series.season(), year]).decompose(series).ok()?;
    let raw = &parts.seasonal[1][n - year..];
    let width = 2 * SMOOTHED + 1;
    let smooth = |at: usize| -> f64 {
        (0..width).map(|step| raw[(at + year + step - SMOOTHED) % year]).sum::<f64>() / width as f64
    };
    let cycle: Vec<f64> = (0..year).map(smooth).collect();
    let mean = cycle.iter().sum::<f64>() / year as f64;
    let cycle: Vec<f64> = cycle.into_iter().map(|value| value - mean).collect();
    let square =
        |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>();
    let season = square(&mut cycle.iter().copied());
    let noise = square(
        &mut (0..year).map(|at| parts.remainder[n - year + at] + raw[at] - mean - cycle[at]),
    );
    // The last year begins with the period whose season the next one repeats.
    (season > LEAST_STRENGTH * (season + noise)).then_some(cycle)
}

/// An ensemble fitted to what drivers and the season of the year leave of a series.
#[derive(Debug)]
pub struct DrivenFit {
    fit: EnsembleFit,
    /// The season of the year from the period after the last one on; empty where there is none.
    cycle: Vec<f64>,
    /// The effect of every driver by period.
    columns: Vec<Vec<f64>>,
    coefficients: Vec<(String, f64)>,
    /// The mean of every driver, at which it has no effect.
    centres: Vec<f64>,
    remarks: Vec<String>,
    seen: usize,
    floor: Option<f64>,
    name: String,
    fitted: Vec<f64>,
}

impl DrivenFit {
    /// An ensemble fitted to `series` as it is.
    pub fn of(fit: EnsembleFit, series: &Series<'_>) -> Self {
        Self {
            cycle: Vec::new(),
            columns: Vec::new(),
            coefficients: Vec::new(),
            centres: Vec::new(),
            remarks: Vec::new(),
            seen: series.len(),
            floor: fit.floor(),
            name: fit.name().to_owned(),
            fitted: fit.fitted_values().to_vec(),
            fit,
        }
    }

    /// The ensemble of what is left.
    pub fn ensemble(&self) -> &EnsembleFit {
        &self.fit
    }

    /// The drivers that are used and their effects, in the unit of the series per unit of the driver.
    pub fn coefficients(&self) -> &[(String, f64)] {
        &self.coefficients
    }

    /// Whether a season of the year was found.
    pub fn has_year(&self) -> bool {
        !self.cycle.is_empty()
    }

    /// The least value that is forecast: 0 where nothing negative was seen.
    pub fn floor(&self) -> Option<f64> {
        self.floor
    }

    /// What was decided: fallbacks of the ensemble, drivers that are not used, a sentence each.
    pub fn notes(&self) -> Vec<String> {
        let notes = self.fit.notes().iter().map(ToString::to_string);
        notes.chain(self.remarks.iter().cloned()).collect()
    }

    /// Lets `driver` add `slope` for each of its units above `centre`.
    fn add(&mut self, driver: &Driver, slope: f64, centre: f64) {
        let seen = self.seen;
        let effect = |at: usize| slope * (driver.at(at, seen) - centre);
        self.columns.push((0..driver.values.len().max(seen + 1)).map(effect).collect());
        self.coefficients.push((driver.name.clone(), slope));
        self.centres.push(centre);
    }

    /// Fits `ensemble` to what the effects leave of `series`.
    fn leave(mut self, ensemble: &Ensemble, series: &Series<'_>) -> Result<Self> {
        let past: Vec<f64> = (0..series.len()).map(|at| self.effect(at)).collect();
        let left: Vec<f64> =
            series.values().iter().zip(&past).map(|(value, effect)| value - effect).collect();
        self.fit = ensemble.fit(&Series::new(&left, series.season())?);
        self.fitted = self.fit.fitted_values().iter().zip(&past).map(|(f, e)| f + e).collect();
        self.name = self.described();
        Ok(self)
    }

    /// What the season of the year and the drivers add to period `at`, counted from the first observation.
    fn effect(&self, at: usize) -> f64 {
        let year = self.cycle.len();
        let season =
            if year == 0 { 0.0 } else { self.cycle[(at + year - self.seen % year) % year] };
        let of_column = |column: &Vec<f64>| column[at.min(column.len() - 1)];
        season + self.columns.iter().map(of_column).sum::<f64>()
    }

    fn with_effect(&self, step: usize, value: f64) -> f64 {
        let value = value + self.effect(self.seen + step);
        self.floor.map_or(value, |floor| value.max(floor)).clamp(f64::MIN, f64::MAX)
    }

    fn described(&self) -> String {
        let mut parts: Vec<&str> =
            self.coefficients.iter().map(|(name, _)| name.as_str()).collect();
        parts.extend(self.has_year().then_some("season of the year"));
        format!("{} + {}", parts.join(" + "), self.fit.name())
    }
}

impl Fitted for DrivenFit {
    fn name(&self) -> &str {
        &self.name
    }

    fn forecast(&self, horizon: usize) -> Forecast {
        let mut forecast = self.fit.forecast(horizon);
        for (step, mean) in forecast.mean.iter_mut().enumerate() {
            *mean = self.with_effect(step, *mean);
        }
        forecast
    }

    fn fitted_values(&self) -> &[f64] {
        &self.fitted
    }

    fn residuals(&self) -> &[f64] {
        self.fit.residuals()
    }

    fn simulate(&self, horizon: usize, generator: &mut Generator) -> Option<Vec<f64>> {
        let mut path = self.fit.simulate(horizon, generator)?;
        for (step, value) in path.iter_mut().enumerate() {
            *value = self.with_effect(step, *value);
        }
        Some(path)
    }
}
