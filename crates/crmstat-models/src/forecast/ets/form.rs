//! The fifteen forms of exponential smoothing: which terms, and how they combine.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// How the noise enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ErrorTerm {
    /// `A`: of the same size at every level.
    Additive,
    /// `M`: in proportion to the level.
    Multiplicative,
}

/// How the level moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TrendTerm {
    /// `N`: no trend.
    None,
    /// `A`: a line.
    Additive,
    /// `Ad`: a line that flattens out.
    Damped,
}

/// How the season enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SeasonTerm {
    /// `N`: no season.
    None,
    /// `A`: of the same size at every level.
    Additive,
    /// `M`: in proportion to the level.
    Multiplicative,
}

/// One form of the family, `ETS(error, trend, season)`.
///
/// # Examples
/// ```
/// use crmstat_models::forecast::ets::Form;
///
/// let form: Form = "MAdM".parse()?;
/// assert_eq!(form.to_string(), "ETS(M,Ad,M)");
/// assert!("ANM".parse::<Form>().is_err()); // Its states can divide by zero.
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Form {
    error: ErrorTerm,
    trend: TrendTerm,
    season: SeasonTerm,
}

impl Form {
    /// The form with these terms.
    ///
    /// # Errors
    /// A parameter error for additive noise with a multiplicative season, which is numerically unstable
    /// (Hyndman et al. 2008, chapter 15).
    pub fn new(error: ErrorTerm, trend: TrendTerm, season: SeasonTerm) -> Result<Self> {
        let form = Self { error, trend, season };
        if error == ErrorTerm::Additive && season == SeasonTerm::Multiplicative {
            return Err(Error::parameter(
                "form",
                form,
                "stable: a multiplicative season needs multiplicative noise",
            ));
        }
        Ok(form)
    }

    /// All fifteen, additive noise first, simple before complex.
    pub fn all() -> impl Iterator<Item = Self> {
        use {ErrorTerm as E, SeasonTerm as S, TrendTerm as T};
        [E::Additive, E::Multiplicative].into_iter().flat_map(|error| {
            [T::None, T::Additive, T::Damped].into_iter().flat_map(move |trend| {
                [S::None, S::Additive, S::Multiplicative]
                    .into_iter()
                    .filter_map(move |season| Self::new(error, trend, season).ok())
            })
        })
    }

    /// How the noise enters.
    pub fn error(self) -> ErrorTerm {
        self.error
    }

    /// How the level moves.
    pub fn trend(self) -> TrendTerm {
        self.trend
    }

    /// How the season enters.
    pub fn season(self) -> SeasonTerm {
        self.season
    }

    pub(super) fn has_trend(self) -> bool {
        self.trend != TrendTerm::None
    }

    pub(super) fn is_damped(self) -> bool {
        self.trend == TrendTerm::Damped
    }

    pub(super) fn is_seasonal(self) -> bool {
        self.season != SeasonTerm::None
    }

    /// Whether the form divides by its mean, so that it needs observations above zero.
    pub(super) fn is_multiplicative(self) -> bool {
        self.error == ErrorTerm::Multiplicative
    }

    /// Estimated numbers, the noise variance among them, with a cycle of `season` periods.
    pub fn parameter_count(self, season: usize) -> usize {
        let trend = 2 * usize::from(self.has_trend()) + usize::from(self.is_damped());
        // One smoothing parameter and season − 1 states: they add up to a constant.
        3 + trend + if self.is_seasonal() { season } else { 0 }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = if self.is_multiplicative() { "M" } else { "A" };
        let trend = match self.trend {
            TrendTerm::None => "N",
            TrendTerm::Additive => "A",
            TrendTerm::Damped => "Ad",
        };
        let season = match self.season {
            SeasonTerm::None => "N",
            SeasonTerm::Additive => "A",
            SeasonTerm::Multiplicative => "M",
        };
        write!(f, "ETS({error},{trend},{season})")
    }
}

impl FromStr for Form {
    type Err = Error;

    /// Reads `MAdM` or `ETS(M,Ad,M)`.
    fn from_str(text: &str) -> Result<Self> {
        let unknown = || Error::parameter("form", text, "three terms such as `ANN` or `MAdM`");
        let terms = text.strip_prefix("ETS(").and_then(|rest| rest.strip_suffix(')'));
        let letters = terms.unwrap_or(text).replace(',', "");
        let (error, rest) = match letters.split_at_checked(1) {
            Some(("A", rest)) => (ErrorTerm::Additive, rest),
            Some(("M", rest)) => (ErrorTerm::Multiplicative, rest),
            _ => return Err(unknown()),
        };
        let (trend, season) = if let Some(season) = rest.strip_prefix("Ad") {
            (TrendTerm::Damped, season)
        } else if let Some(season) = rest.strip_prefix('A') {
            (TrendTerm::Additive, season)
        } else if let Some(season) = rest.strip_prefix('N') {
            (TrendTerm::None, season)
        } else {
            return Err(unknown());
        };
        let season = match season {
            "N" => SeasonTerm::None,
            "A" => SeasonTerm::Additive,
            "M" => SeasonTerm::Multiplicative,
            _ => return Err(unknown()),
        };
        Self::new(error, trend, season)
    }
}

impl TryFrom<String> for Form {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Form> for String {
    fn from(form: Form) -> Self {
        form.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifteen_forms_each_read_back_from_their_name() {
        let all: Vec<Form> = Form::all().collect();
        assert_eq!(all.len(), 15);
        for form in all {
            assert_eq!(form.to_string().parse::<Form>().unwrap(), form);
        }
        for text in ["", "A", "AN", "ANMX", "ZZZ", "ETS(A,N,N", "éNN"] {
            assert!(text.parse::<Form>().is_err(), "{text}");
        }
    }

    #[test]
    fn parameters_are_counted_as_the_published_criteria_do() {
        let count = |form: &str, season| form.parse::<Form>().unwrap().parameter_count(season);
        assert_eq!((count("ANN", 12), count("AAN", 1), count("MAdM", 12)), (3, 5, 18));
    }
}
