//! What is known ahead: how do trading days, holidays, prices and promotions move a series, and the year a
//! series of days?
//!
//! # Formula
//! yₜ = Σ βₖ(xₖₜ − x̄ₖ)mₜ + s(t) + zₜ. m is the level around t over the mean of all, where nothing is negative:
//! effects are in proportion to it. β comes from a regression with ARIMA errors, whose orders are found automatically,
//! beside six waves over the year where there is a season of it, so that a holiday of every year is counted once; it is
//! used only where it lowers `AICc` against the same without drivers. The season of the year s is that of MSTL on what
//! the drivers leave, smoothed over [`SMOOTHED`] periods to either side, since every day of it was seen only a few
//! times. What is left, z, is forecast by the ensemble.
//!
//! # Assumptions
//! Effects last. At an origin a driver is what was known of it then: a value that became known
//! later is the last one known.
//!
//! # Citation
//! G. E. P. Box, G. C. Tiao, Journal of the American Statistical Association 70, 1975 (regression with ARIMA
//! errors); K. Bandara, R. Hyndman, C. Bergmeir: MSTL, arXiv:2107.13462; R. Hyndman, G. Athanasopoulos,
//! "Forecasting: Principles and Practice", 3rd edition, 2021, chapter 10.
//!
//! # When not to use
//! Drivers that must be forecast themselves.
//!
//! # Units and shapes
//! A driver has one value per observation, oldest first, and then one per period known ahead; beyond those its
//! last value is held. Effects are in the unit of the series per unit of the driver, at its mean level.
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
    occurrence::Occurrence,
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

    /// The values of the first `count` periods as they were known after `seen` observations.
    pub fn known_after(&self, seen: usize, count: usize) -> Vec<f64> {
        (0..count).map(|at| self.at(at, seen)).collect()
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
        if self.drivers.is_empty() && self.year.is_none() {
            return Ok(DrivenFit::of(self.ensemble.fit(series), series));
        }
        if let Some(occurrence) = Occurrence::of(series).filter(|_| self.ensemble.is_standard()) {
            return self.fit_within(occurrence, series);
        }
        self.fit_active(series)
    }

    /// The open periods of the active stretch by themselves, with what moves them.
    fn fit_within(&self, occurrence: Occurrence, series: &Series<'_>) -> Result<DrivenFit> {
        let active = occurrence.active(series.values());
        let seen = |known: usize| occurrence.open_before(known.min(series.len()));
        let drivers: Vec<Driver> = self
            .drivers
            .iter()
            .map(|driver| Driver {
                name: driver.name.clone(),
                values: occurrence.select(&driver.values),
                known: occurrence
                    .positions(driver.known.len())
                    .map(|at| seen(driver.known[at]))
                    .collect(),
            })
            .collect();
        let (open, cycle) = (occurrence.season(), occurrence.cycle());
        let year = self.year.map(|year| (year * open + cycle / 2) / cycle);
        let inside = Driven { ensemble: self.ensemble, drivers: &drivers, year };
        let inner = inside.fit_active(&Series::of(&active, open))?;
        let (coefficients, remarks) = (inner.coefficients.clone(), inner.remarks.clone());
        let notes = inner.fit.notes().to_vec();
        let fit = self.ensemble.within(occurrence, inner, notes, series);
        Ok(DrivenFit { coefficients, remarks, ..DrivenFit::of(fit, series) })
    }

    fn fit_active(&self, series: &Series<'_>) -> Result<DrivenFit> {
        let plain = self.ensemble.fit_active(series);
        let mut fit = DrivenFit::of(plain, series);
        let nothing_to_move =
            |note: &Note| matches!(note, Note::Constant { .. } | Note::Intermittent { .. });
        if fit.fit.notes().iter().any(nothing_to_move) {
            return Ok(fit);
        }
        // A holiday of every year is part of the season of the year: what is the holiday's comes out first, beside
        // smooth waves over the year, and the season is what is left.
        let year = self.year.filter(|year| shows_years(series, *year));
        self.effects(series, year, &mut fit);
        let past = (0..series.len()).map(|at| fit.effect(at));
        let left: Vec<f64> =
            series.values().iter().zip(past).map(|(value, effect)| value - effect).collect();
        let left = Series::new(&left, series.season())?;
        fit.cycle = year.and_then(|year| season_of_year(&left, year)).unwrap_or_default();
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

    /// Estimates the effects of the drivers beside waves over the `year`, where there is one.
    fn effects(&self, series: &Series<'_>, year: Option<usize>, fit: &mut DrivenFit) {
        let seen = series.len();
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
        let waves = year.map_or_else(Vec::new, |year| waves(seen, year));
        let of_driver = |driver: &&Driver| {
            let column: Vec<f64> = (0..seen).map(|at| driver.at(at, seen)).collect();
            let centre = column.iter().sum::<f64>() / seen as f64;
            (centre, (0..seen).map(|at| (column[at] - centre) * fit.scale_at(at)).collect())
        };
        let (centres, mut columns): (Vec<f64>, Vec<Vec<f64>>) =
            moving.iter().map(of_driver).unzip();
        columns.extend(waves.iter().cloned());
        let fitted = Arima::automatic().fit_with(series, &columns).and_then(|with| {
            let without = Arima::new(*with.errors().order());
            let aicc = if waves.is_empty() {
                without.fit(series)?.aicc()
            } else {
                without.fit_with(series, &waves)?.errors().aicc()
            };
            Ok((with, aicc))
        });
        let (with, without) = match fitted {
            Ok(both) => both,
            Err(error) => {
                fit.remarks.push(format!("forecast without its regressors: {error}"));
                return;
            }
        };
        if with.errors().aicc() > without - LEAST_GAIN {
            fit.remarks.push("its regressors explain nothing and are left out".to_owned());
            return;
        }
        for ((driver, centre), slope) in moving.into_iter().zip(centres).zip(with.coefficients()) {
            fit.add(driver, *slope, centre);
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

/// Whether the series is long enough for a season of the year beside that of the week.
fn shows_years(series: &Series<'_>, year: usize) -> bool {
    series.season() >= 2 && year > 2 * SMOOTHED && series.len() >= 2 * year
}

/// Waves over the year: so many pairs of sine and cosine.
const WAVES: usize = 6;

fn waves(count: usize, year: usize) -> Vec<Vec<f64>> {
    let wave = |k: usize, of: fn(f64) -> f64| -> Vec<f64> {
        let angle = |at: usize| std::f64::consts::TAU * (k * at % year) as f64 / year as f64;
        (0..count).map(|at| of(angle(at))).collect()
    };
    (1..=WAVES).flat_map(|k| [wave(k, libm::sin), wave(k, libm::cos)]).collect()
}

/// What the season of the year adds to each of the next `year` periods, its mean zero; `None` where the series
/// is too short for it or shows none.
fn season_of_year(series: &Series<'_>, year: usize) -> Option<Vec<f64>> {
    let n = series.len();
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
    /// How far effects are those of the mean level, by observation: the level there over the mean.
    scale: Vec<f64>,
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
            scale: level_of(series),
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

    fn scale_at(&self, at: usize) -> f64 {
        self.scale[at.min(self.scale.len() - 1)]
    }

    /// Lets `driver` add `slope` for each of its units above `centre`.
    fn add(&mut self, driver: &Driver, slope: f64, centre: f64) {
        let seen = self.seen;
        let effect = |at: usize| slope * (driver.at(at, seen) - centre) * self.scale_at(at);
        let column = (0..driver.values.len().max(seen + 1)).map(effect).collect();
        self.columns.push(column);
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
    pub fn effect(&self, at: usize) -> f64 {
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

    fn as_of(&self, seen: usize) -> Option<Box<dyn Fitted>> {
        let fit = self.fit.as_of(seen)?;
        let effects: Vec<f64> = (0..self.columns.first().map_or(0, Vec::len).max(2 * self.seen))
            .map(|at| self.effect(at))
            .collect();
        Some(Box::new(Moved { fit, effects, seen, floor: self.floor }))
    }

    fn simulate(&self, horizon: usize, generator: &mut Generator) -> Option<Vec<f64>> {
        let mut path = self.fit.simulate(horizon, generator)?;
        for (step, value) in path.iter_mut().enumerate() {
            *value = self.with_effect(step, *value);
        }
        Some(path)
    }
}

/// Periods to either side whose mean is the level: two cycles, half a year of weeks, at least these.
const AROUND: usize = 6;

/// The level around each observation over the mean of all: promotions and holidays move sales in proportion. One for
/// what has negative values.
fn level_of(series: &Series<'_>) -> Vec<f64> {
    let (values, count) = (series.values(), series.len());
    let mean = values.iter().map(|value| value / count as f64).sum::<f64>();
    if mean <= 0.0 || values.iter().any(|value| *value < 0.0) {
        return vec![1.0; count];
    }
    let reach =
        if series.season() > AROUND * 4 { series.season() / 2 } else { 2 * series.season() };
    let reach = reach.max(AROUND);
    let mut sums = vec![0.0];
    for value in values {
        sums.push(sums[sums.len() - 1] + value / mean);
    }
    (0..count)
        .map(|at| {
            let (from, to) = (at.saturating_sub(reach), (at + reach + 1).min(count));
            (sums[to] - sums[from]) / (to - from) as f64
        })
        .collect()
}

/// A model of the past with the effects that are known now.
#[derive(Debug)]
struct Moved {
    fit: Box<dyn Fitted>,
    /// By period; beyond them there is none.
    effects: Vec<f64>,
    seen: usize,
    floor: Option<f64>,
}

impl Fitted for Moved {
    fn name(&self) -> &str {
        self.fit.name()
    }

    fn forecast(&self, horizon: usize) -> Forecast {
        let mut forecast = self.fit.forecast(horizon);
        for (step, mean) in forecast.mean.iter_mut().enumerate() {
            *mean += self.effects.get(self.seen + step).copied().unwrap_or(0.0);
            *mean = self.floor.map_or(*mean, |floor| mean.max(floor));
        }
        forecast
    }

    fn fitted_values(&self) -> &[f64] {
        self.fit.fitted_values()
    }

    fn residuals(&self) -> &[f64] {
        self.fit.residuals()
    }
}
