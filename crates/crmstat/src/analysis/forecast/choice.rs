//! Models by name.

use super::{Period, regression};
use crate::{Error, Result};
use crmstat_models::forecast::{
    Model,
    arima::Arima,
    baseline::Baseline,
    ces::Ces,
    ensemble::Ensemble,
    ets::{Ets, Form},
    intermittent::{Intermittent, Method},
    mstl::Mstl,
    theta::{Theta, Variant},
};

/// The model to forecast with; the default is the standard ensemble, `auto`.
///
/// ```
/// use crmstat::analysis::forecast::Choice;
///
/// let theta: Choice = "theta".parse()?;
/// assert_eq!(theta.name(), "theta");
/// assert!("ETS(M,A,M)".parse::<Choice>().is_ok());
/// assert!("astrology".parse::<Choice>().unwrap_err().is_usage());
/// # Ok::<(), crmstat::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice(String);

/// Names of single models, and what they are.
const NAMES: [&str; 13] = [
    "naive",
    "seasonal-naive",
    "drift",
    "ets",
    "theta",
    "dotm",
    "ces",
    "arima",
    "mstl",
    "croston",
    "sba",
    "tsb",
    "imapa",
];

/// Smoothing parameters of TSB, of size and probability: the middle of what Teunter, Syntetos and Babai
/// (2011) study.
const TSB: Method = Method::Tsb { size: 0.2, probability: 0.2 };

impl Choice {
    /// The name by which the model was chosen.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// The longer cycle whose season the standard ensemble gets taken out: the year of days, the week of hours.
    pub(super) fn year_of(&self, period: Period) -> Option<usize> {
        let longer = match period {
            Period::Hour => Some(7 * 24),
            Period::Day => Some(365),
            _ => None,
        };
        longer.filter(|_| *self == Self::default())
    }

    /// The model, with a naive forecast where it does not fit.
    pub(super) fn ensemble(&self) -> Ensemble {
        let single = model(&self.0).and_then(|model| Ensemble::of(vec![model]).ok());
        single.unwrap_or_else(Ensemble::standard)
    }
}

impl Default for Choice {
    fn default() -> Self {
        Self("auto".to_owned())
    }
}

impl std::str::FromStr for Choice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text == "auto" || model(text).is_some() || regression::method(text).is_some() {
            return Ok(Self(text.to_owned()));
        }
        Err(Error::usage(format!("there is no model `{text}`")).with_hint(format!(
            "one of auto, {}, {}, or a form such as `ETS(A,Ad,M)`",
            NAMES.join(", "),
            regression::NAMES.map(|(name, _)| name).join(", ")
        )))
    }
}

fn model(name: &str) -> Option<Box<dyn Model>> {
    Some(match name {
        "naive" => Box::new(Baseline::Naive),
        "seasonal-naive" => Box::new(Baseline::SeasonalNaive),
        "drift" => Box::new(Baseline::Drift),
        "ets" => Box::new(Ets::automatic()),
        "theta" => Box::new(Theta::new(Variant::Standard)),
        "dotm" => Box::new(Theta::new(Variant::DynamicOptimised)),
        "ces" => Box::new(Ces::new()),
        "arima" => Box::new(Arima::automatic()),
        "mstl" => Box::new(Mstl::automatic()),
        "croston" => Box::new(Intermittent::new(Method::Croston)),
        "sba" => Box::new(Intermittent::new(Method::Sba)),
        "tsb" => Box::new(Intermittent::new(TSB)),
        "imapa" => Box::new(Intermittent::new(Method::Imapa)),
        form => Box::new(Ets::form(form.parse::<Form>().ok()?)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_name_is_a_model() {
        for name in NAMES {
            assert!(model(name).is_some(), "{name}");
        }
    }
}
