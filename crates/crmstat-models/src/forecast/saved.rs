//! Fitted models that can be kept and go on with new observations: what is next, without a new search?
//!
//! A [`SavedModel`] holds one fitted model. After more observations the states of ETS, theta, CES and ARIMA move
//! on at the parameters that were found, and so does a season that was taken out first; naive forecasts, demand rates and MSTL have no parameters worth
//! keeping and read the longer series anew. A [`SavedModel`] is a [`Model`]: "fitted" to the series it knows and
//! more, it is its update, so that an ensemble of saved models goes on as one.
//!
//! # Examples
//! ```
//! use crmstat_models::forecast::{Fitted, Model, Series, ets::Ets, saved::SavedModel};
//!
//! let sales: Vec<f64> = (0..30).map(|t| f64::from(20 + t % 5)).collect();
//! let fitted = Ets::automatic().fit(&Series::new(&sales[..25], 1)?)?;
//! let saved = SavedModel::of(&fitted).unwrap();
//! let later = saved.fit(&Series::new(&sales, 1)?)?;
//! assert_eq!(later.forecast(3), fitted.update(&sales[25..])?.forecast(3));
//! # Ok::<(), crmstat_models::Error>(())
//! ```

use std::any::Any;

use serde::{Deserialize, Serialize};

use super::{
    Fitted, Model, Series,
    adjusted::{AdjustedFit, SavedAdjusted},
    arima::FittedArima,
    baseline::BaselineFit,
    ces::FittedCes,
    ets::EtsFit,
    intermittent::{FittedIntermittent, Intermittent},
    mstl::{Mstl, MstlFit},
    theta::FittedTheta,
};
use crate::{Error, Result};

/// One fitted model of those that can be saved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SavedModel {
    /// Exponential smoothing.
    Ets(Box<EtsFit>),
    /// A theta model.
    Theta(Box<FittedTheta>),
    /// Complex exponential smoothing.
    Ces(Box<FittedCes>),
    /// ARIMA.
    Arima(Box<FittedArima>),
    /// Several seasons.
    Mstl(Box<MstlFit>),
    /// A naive forecast.
    Baseline(Box<BaselineFit>),
    /// A rate of demand.
    Intermittent(Box<FittedIntermittent>),
    /// A model of a series whose season is taken out first.
    Adjusted(Box<SavedAdjusted>),
}

impl SavedModel {
    /// What `fitted` is; `None` for a model that cannot be saved.
    pub fn of(fitted: &(dyn Fitted + 'static)) -> Option<Self> {
        let any: &dyn Any = fitted;
        let ets = any.downcast_ref::<EtsFit>().map(|fit| Self::Ets(Box::new(fit.clone())));
        let theta =
            || any.downcast_ref().map(|fit: &FittedTheta| Self::Theta(Box::new(fit.clone())));
        let ces = || any.downcast_ref().map(|fit: &FittedCes| Self::Ces(Box::new(fit.clone())));
        let arima =
            || any.downcast_ref().map(|fit: &FittedArima| Self::Arima(Box::new(fit.clone())));
        let mstl = || any.downcast_ref().map(|fit: &MstlFit| Self::Mstl(Box::new(fit.clone())));
        let naive =
            || any.downcast_ref().map(|fit: &BaselineFit| Self::Baseline(Box::new(fit.clone())));
        let rate = || {
            any.downcast_ref()
                .map(|fit: &FittedIntermittent| Self::Intermittent(Box::new(fit.clone())))
        };
        let adjusted = || {
            let fit: &AdjustedFit = any.downcast_ref()?;
            Some(Self::Adjusted(Box::new(fit.saved()?)))
        };
        let smoothing = ets.or_else(theta).or_else(ces);
        smoothing.or_else(arima).or_else(mstl).or_else(naive).or_else(rate).or_else(adjusted)
    }

    /// How many observations it has seen.
    pub fn seen(&self) -> usize {
        match self {
            Self::Ets(fit) => fit.fitted_values().len(),
            Self::Theta(fit) => fit.fitted_values().len(),
            Self::Ces(fit) => fit.fitted_values().len(),
            Self::Arima(fit) => fit.fitted_values().len(),
            Self::Mstl(fit) => fit.fitted_values().len(),
            Self::Baseline(fit) => fit.fitted_values().len(),
            Self::Intermittent(fit) => fit.fitted_values().len(),
            Self::Adjusted(saved) => saved.seen(),
        }
    }
}

impl Model for SavedModel {
    fn name(&self) -> &str {
        match self {
            Self::Ets(fit) => fit.name(),
            Self::Theta(fit) => fit.name(),
            Self::Ces(fit) => fit.name(),
            Self::Arima(fit) => fit.name(),
            Self::Mstl(fit) => fit.name(),
            Self::Baseline(fit) => fit.name(),
            Self::Intermittent(fit) => fit.name(),
            Self::Adjusted(saved) => saved.name(),
        }
    }

    /// The model after the observations of `series` beyond those it has seen.
    ///
    /// # Errors
    /// A data error for a series shorter than it has seen, or new values too large to calculate with.
    fn fit(&self, series: &Series<'_>) -> Result<Box<dyn Fitted>> {
        let Some(new) = series.values().get(self.seen()..) else {
            let reason = format!("{} observations, but {} were seen", series.len(), self.seen());
            return Err(Error::data(reason).with_hint("fit the model again"));
        };
        Ok(match self {
            Self::Ets(fit) => Box::new(fit.update(new)?),
            Self::Theta(fit) => Box::new(fit.updated(new)?),
            Self::Ces(fit) => Box::new(fit.updated(new)?),
            Self::Arima(fit) => Box::new(fit.updated(new)?),
            Self::Mstl(fit) => {
                let seasons = &fit.decomposition().seasons;
                Box::new(Mstl::with_seasons(seasons).fit(series)?)
            }
            Self::Baseline(fit) => Box::new(fit.baseline().fit(series)),
            Self::Intermittent(fit) => Box::new(Intermittent::new(fit.method()).fit(series)?),
            Self::Adjusted(saved) => saved.fit(series)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::{
        adjusted::Adjusted,
        arima::Arima,
        baseline::Baseline,
        ces::Ces,
        ensemble::Ensemble,
        ets::Ets,
        theta::{Theta, Variant},
    };

    fn sales() -> Vec<f64> {
        (0..60)
            .map(|t| 100.0 + f64::from(t) + f64::from(t % 12 * 3) + f64::from(t * 7 % 5))
            .collect()
    }

    fn models() -> Vec<Box<dyn Model>> {
        vec![
            Box::new(Ets::automatic()),
            Box::new(Theta::new(Variant::DynamicOptimised)),
            Box::new(Ces::new()),
            Box::new(Arima::automatic()),
            Box::new(Mstl::automatic()),
            Box::new(Baseline::SeasonalNaive),
            Box::new(Intermittent::default()),
            Box::new(Adjusted::new(Box::new(Theta::new(Variant::Standard))).logarithms()),
        ]
    }

    #[test]
    fn every_model_comes_back_from_a_file_and_goes_on() {
        let values = sales();
        let (before, now) =
            (Series::new(&values[..50], 12).unwrap(), Series::new(&values, 12).unwrap());
        for model in models() {
            let fitted = model.fit(&before).unwrap();
            let saved = SavedModel::of(fitted.as_ref()).unwrap();
            let text = serde_json::to_string(&saved).unwrap();
            let loaded: SavedModel = serde_json::from_str(&text).unwrap();
            assert_eq!(loaded.seen(), 50, "{}", model.name());
            for (ours, theirs) in
                loaded.fit(&before).unwrap().forecast(6).mean.iter().zip(fitted.forecast(6).mean)
            {
                assert!((ours - theirs).abs() < 1e-6 * theirs.abs(), "{}", model.name());
            }
            let later = loaded.fit(&now).unwrap();
            assert_eq!(later.fitted_values().len(), 60);
            assert!(later.forecast(6).mean.iter().all(|mean| (140.0..260.0).contains(mean)));
            assert!(loaded.fit(&before.head(40)).unwrap_err().is_data());
        }
    }

    #[test]
    fn an_ensemble_of_saved_models_is_the_ensemble() {
        let values = sales();
        let series = Series::new(&values, 12).unwrap();
        let fit = Ensemble::standard().fit(&series);
        assert!(SavedModel::of(&fit).is_none(), "an ensemble is saved by its members");
        let members: Vec<SavedModel> = fit.members().filter_map(SavedModel::of).collect();
        assert_eq!(members.len(), fit.members().count());
    }
}
