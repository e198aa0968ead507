//! Effects that are kept, and go on with new observations without a new search.

use serde::{Deserialize, Serialize};

use super::{Driven, DrivenFit};
use crate::{Error, Result, forecast::Series};

/// What was found of the drivers and of the season of the year, to be kept beside the members of the ensemble.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SavedEffects {
    /// The season of the year from the period after the last one seen; empty where there was none.
    cycle: Vec<f64>,
    drivers: Vec<SavedDriver>,
    seen: usize,
    /// Whether effects are in proportion to the level; those of files that do not say so are not.
    #[serde(default)]
    proportional: bool,
}

/// The effect of one driver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SavedDriver {
    name: String,
    /// In the unit of the series per unit of the driver.
    slope: f64,
    /// The value of the driver that has no effect.
    centre: f64,
}

impl SavedEffects {
    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.cycle.is_empty() && self.drivers.is_empty()
    }
}

impl DrivenFit {
    /// What is to be kept of the drivers and of the season of the year.
    pub fn effects(&self) -> SavedEffects {
        let found = self.coefficients.iter().zip(&self.centres);
        let driver = |((name, slope), centre): (&(String, f64), &f64)| SavedDriver {
            name: name.clone(),
            slope: *slope,
            centre: *centre,
        };
        SavedEffects {
            cycle: self.cycle.clone(),
            drivers: found.map(driver).collect(),
            seen: self.seen,
            proportional: true,
        }
    }
}

impl Driven<'_> {
    /// Goes on with `effects` over the longer `series`: slopes and the season of the year stay as they were
    /// found, and what they leave goes to the ensemble, whose members are those that were
    /// [saved](crate::forecast::saved) with them.
    ///
    /// # Errors
    /// As [`fit`](Driven::fit); a data error where a driver that has an effect is not given, or for a series
    /// shorter than the one the effects were found in.
    pub fn resume(&self, effects: &SavedEffects, series: &Series<'_>) -> Result<DrivenFit> {
        self.check(series)?;
        let mut fit = DrivenFit::of(self.ensemble.fit(series), series);
        if !self.drivers.is_empty() && effects.drivers.is_empty() {
            fit.remarks.push("its saved model uses no regressors".to_owned());
        }
        if effects.is_empty() {
            return Ok(fit);
        }
        let Some(new) = series.len().checked_sub(effects.seen) else {
            let reason = format!("{} observations, but {} were seen", series.len(), effects.seen);
            return Err(Error::data(reason).with_hint("fit the model again"));
        };
        if !effects.proportional {
            fit.scale = vec![1.0; series.len()];
        }
        fit.cycle.clone_from(&effects.cycle);
        if !fit.cycle.is_empty() {
            let year = fit.cycle.len();
            fit.cycle.rotate_left(new % year);
        }
        for SavedDriver { name, slope, centre } in &effects.drivers {
            let given = self.drivers.iter().find(|driver| driver.name == *name);
            let Some(driver) = given else {
                let reason = format!("the saved model needs the regressor `{name}`");
                return Err(Error::data(reason)
                    .with_hint("give the table or the calendar that it was fitted with"));
            };
            fit.add(driver, *slope, *centre);
        }
        fit.leave(self.ensemble, series)
    }
}
