//! Fitted models that are kept, and go on with new observations without a new search.

use super::{
    Choice, Fitter, History, Options, Period, SeriesSet, fit_all, horizon_of, pool::pool, views,
};
use crate::{
    Error, Result,
    model_file::{self, Kind},
};
use crmstat_models::forecast::{
    Model,
    drivers::{Driven, DrivenFit, SavedEffects},
    ensemble::{Ensemble, Note},
    saved::SavedModel,
};
use serde::{Deserialize, Serialize};

/// How far a value may be from the one that was saved, relative to it: the rounding of a sum.
const SAME: f64 = 1e-9;

/// Fitted models of a set of series, with what they have seen.
///
/// ```no_run
/// use crmstat::{analysis::forecast::{Fit, Options, Query, SeriesSet, State}, ingest::{Export, ReadOptions}};
/// use std::path::Path;
///
/// let read = |file: &str| -> crmstat::Result<SeriesSet> {
///     let mut export = Export::open(&[file], ReadOptions::default())?;
///     Ok(SeriesSet::from_orders(&mut export, &Query::default())?.result)
/// };
/// let options = Options::default();
/// let january = read("january.csv")?;
/// Fit::new(&january, &options)?.state()?.save(Path::new("sales.json"))?;
///
/// let state = State::load(Path::new("sales.json"))?;
/// let february = state.extend(read("february.csv")?)?;
/// let plan = Fit::resume(&february, &state, &options)?.forecast(&options)?;
/// # Ok::<(), crmstat::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    period: String,
    model: String,
    series: Vec<SavedSeries>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SavedSeries {
    name: String,
    first: i32,
    values: Vec<f64>,
    /// The members of the ensemble; none for a series that has nothing to search for.
    members: Vec<SavedModel>,
    /// What regressors and the season of the year add.
    #[serde(default, skip_serializing_if = "SavedEffects::is_empty")]
    effects: SavedEffects,
}

model_file::saved!(State, Kind::FORECAST);

impl State {
    /// The name of the model that was fitted.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// `set` with what was seen before it: an export may hold the whole history again, or only what is new.
    ///
    /// # Errors
    /// Other periods, values that differ from what the models have seen, or a gap between both.
    pub fn extend(&self, mut set: SeriesSet) -> Result<SeriesSet> {
        if self.period != set.period.name() {
            let period = set.period.name();
            return Err(Error::usage(format!(
                "the models were fitted by {}, not by {period}",
                self.period
            ))
            .with_hint(format!("give `--period {}`, or fit them again", self.period)));
        }
        for history in &mut set.series {
            if let Some(saved) = self.of(&history.name) {
                saved.extend(history, set.period)?;
            }
        }
        Ok(set)
    }

    fn of(&self, name: &str) -> Option<&SavedSeries> {
        self.series.iter().find(|series| series.name == name)
    }
}

impl SavedSeries {
    /// Puts what was seen before the first value of `history`.
    fn extend(&self, history: &mut History, period: Period) -> Result<()> {
        let refuse = |reason: String| {
            Err(Error::data(format!("series `{}`: {reason}", self.name))
                .with_hint("fit the models again, without `--model FILE.json`"))
        };
        let Some(known) = history.first.checked_sub(self.first).filter(|before| *before >= 0)
        else {
            let first = period.first_day(self.first);
            return refuse(format!("the models begin on {first}, after it does"));
        };
        let known = known as usize;
        if known > self.values.len() {
            let end = period.first_day(self.first + self.values.len() as i32);
            return refuse(format!("nothing is known from {end} up to where it begins"));
        }
        for (at, (old, new)) in self.values[known..].iter().zip(&history.values).enumerate() {
            if (old - new).abs() > SAME * old.abs().max(new.abs()) {
                let day = period.first_day(history.first + at as i32);
                return refuse(format!("{new} on {day} was {old} when the models were fitted"));
            }
        }
        if known + history.values.len() < self.values.len() {
            return refuse("it ends before what the models have seen".to_owned());
        }
        let mut values = self.values[..known].to_vec();
        values.append(&mut history.values);
        *history = History { first: self.first, values, ..history.clone() };
        Ok(())
    }

    /// The models after the values of `series`; `None` where there is nothing to keep.
    fn resume(&self) -> Result<Option<Ensemble>> {
        if self.members.is_empty() {
            return Ok(None);
        }
        let members = self.members.iter().map(|member| Box::new(member.clone()) as Box<dyn Model>);
        // The standard ensemble and one of a single model combine alike.
        Ensemble::of(members.collect()).map(Some).map_err(Error::from_model)
    }
}

/// Models fitted to a set of series.
#[derive(Debug)]
pub struct Fit<'a> {
    pub(super) set: &'a SeriesSet,
    pub(super) fits: Vec<DrivenFit>,
    model: String,
}

impl<'a> Fit<'a> {
    /// Fits every series of `set`; a series that no model fits gets a naive forecast and a note.
    ///
    /// # Errors
    /// A horizon out of range, or regressors that do not cover it.
    pub fn new(set: &'a SeriesSet, options: &Options) -> Result<Self> {
        let horizon = horizon_of(set, options)?;
        let model = options.model.name().to_owned();
        let mut fits = fit_all(set, options, horizon)?;
        if options.model == Choice::default() {
            pool(set, &mut fits);
        }
        Ok(Self { set, fits, model })
    }

    /// Takes the models of `state` on over `set`, which [`State::extend`] has made whole: parameters and
    /// effects stay, states move on. A series that the state does not know is fitted.
    ///
    /// # Errors
    /// Regressors that the models were fitted with and that are not given, or new values that are too large to
    /// calculate with.
    pub fn resume(set: &'a SeriesSet, state: &State, options: &Options) -> Result<Self> {
        let horizon = horizon_of(set, options)?;
        let fresh = Fitter::new(set.period, options, horizon);
        let mut fits: Vec<DrivenFit> = set
            .series
            .iter()
            .zip(views(set)?)
            .map(|(history, view)| {
                let in_series = |error: crmstat_models::Error| {
                    let error = Error::from_model(error);
                    Error::data(format!("series `{}`: {error}", history.name))
                        .with_hint("give `--regressors` and `--holidays` as when it was saved")
                };
                let saved = state.of(&history.name);
                let kept = saved.map(SavedSeries::resume).transpose()?.flatten();
                let (Some(saved), Some(kept)) = (saved, kept) else {
                    return fresh.fit(history, &view);
                };
                let drivers = options.drivers.of(history, set.period, horizon)?;
                Driven::new(&kept, &drivers).resume(&saved.effects, &view).map_err(in_series)
            })
            .collect::<Result<_>>()?;
        if options.model == Choice::default() {
            pool(set, &mut fits);
        }
        Ok(Self { set, fits, model: state.model.clone() })
    }

    /// What is to be kept.
    ///
    /// # Errors
    /// A model that cannot be kept.
    pub fn state(&self) -> Result<State> {
        let series = self.set.series.iter().zip(&self.fits).map(|(history, fit)| {
            let members = if fit.ensemble().notes().iter().any(Note::is_fitted_anew) {
                Vec::new()
            } else {
                let saved = fit.ensemble().members().map(|member| {
                    SavedModel::of(member).ok_or_else(|| {
                        Error::usage(format!("the model `{}` cannot be saved", member.name()))
                    })
                });
                saved.collect::<Result<_>>()?
            };
            Ok(SavedSeries {
                name: history.name.clone(),
                first: history.first,
                values: history.values.clone(),
                members,
                effects: fit.effects(),
            })
        });
        Ok(State {
            period: self.set.period.name().to_owned(),
            model: self.model.clone(),
            series: series.collect::<Result<_>>()?,
        })
    }
}
