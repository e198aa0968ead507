//! When features end and labels begin: the horizon, and the cutoffs to learn from and to judge by.

use crate::{AsOf, Date, Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How long a customer must be silent to have churned, in days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Horizon(u16);

impl Horizon {
    /// A horizon of `days`.
    ///
    /// # Errors
    /// No day, or more than ten years.
    pub fn days(days: u32) -> Result<Self> {
        match u16::try_from(days) {
            Ok(days @ 1..=3650) => Ok(Self(days)),
            _ => Err(Error::usage(format!("a horizon of {days} days is not from 1 to 3650 days"))),
        }
    }

    /// Its length in days.
    pub fn in_days(self) -> i32 {
        i32::from(self.0)
    }
}

impl Default for Horizon {
    /// A quarter: 90 days.
    fn default() -> Self {
        Self(90)
    }
}

impl fmt::Display for Horizon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}d", self.0)
    }
}

impl std::str::FromStr for Horizon {
    type Err = Error;

    /// Reads `90d` or `13w`.
    fn from_str(text: &str) -> Result<Self> {
        let days = |digits: &str, unit: u32| digits.parse::<u32>().ok()?.checked_mul(unit);
        let days = match text.strip_suffix('w') {
            Some(weeks) => days(weeks, 7),
            None => text.strip_suffix('d').and_then(|digits| days(digits, 1)),
        };
        let days = days.ok_or_else(|| {
            Error::usage(format!("`{text}` is not a horizon"))
                .with_hint("write days or weeks, such as `90d` or `13w`")
        })?;
        Self::days(days)
    }
}

/// A cutoff to learn from, and how much its customers count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Training {
    /// Where features end and the label begins.
    pub cutoff: AsOf,
    /// The weight of each of its customers.
    pub weight: f64,
}

/// The cutoffs of one model: those it learns from, all of whose horizons end by the one it is used at.
#[derive(Clone, Debug, PartialEq)]
pub struct Cutoffs {
    /// Learned from, earliest first.
    pub training: Vec<Training>,
    /// Used at: judged or scored.
    pub target: AsOf,
    /// The same day a year before the target, where the data reach back far enough: what its labels say
    /// of the season.
    pub season: Option<AsOf>,
}

/// The cutoffs that a model learns from by default: more would take in customers of another time.
const TRAINING: i32 = 3;
/// How much a cutoff counts against the next one: customers change.
const FADING: f64 = 0.5;
/// The days of a year, to the weekday and the leap day.
const YEAR: i32 = 365;

/// What is known about the time that the data cover.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) first: Date,
    pub(super) as_of: AsOf,
    pub(super) horizon: Horizon,
}

impl Span {
    /// The latest cutoff whose whole horizon has been seen.
    pub(super) fn latest_cutoff(&self) -> Date {
        self.as_of.date().plus_days(-self.horizon.in_days())
    }

    /// Refuses a labelled cutoff whose horizon runs past the data.
    pub(super) fn require_labelled(&self, cutoff: AsOf) -> Result<()> {
        let latest = self.latest_cutoff();
        if cutoff.date() <= latest {
            return Ok(());
        }
        Err(Error::data(format!(
            "the {} days from the cutoff {cutoff} run past the data, which end before {}: who is silent \
             there is not known",
            self.horizon.in_days(),
            self.as_of
        ))
        .with_hint(format!("the latest possible cutoff is {latest}")))
    }

    /// The cutoffs of a model for `target`: every horizon before it, or those `given`.
    pub(super) fn cutoffs(&self, target: AsOf, given: Option<&[AsOf]>) -> Result<Cutoffs> {
        let horizon = self.horizon.in_days();
        let mut training: Vec<AsOf> = match given {
            Some(given) => given.to_vec(),
            None => (1..=TRAINING)
                .map(|back| AsOf::start_of(target.date().plus_days(-back * horizon)))
                .filter(|cutoff| cutoff.date().days() - self.first.days() >= horizon)
                .collect(),
        };
        if training.is_empty() {
            // A short history is better than none; the caller is warned.
            training.push(AsOf::start_of(target.date().plus_days(-horizon)));
        }
        training.sort_unstable();
        training.dedup();
        for cutoff in &training {
            if cutoff.date() <= self.first {
                return Err(Error::data(format!(
                    "nothing happened before the training cutoff {cutoff}: the data begin on {}",
                    self.first
                ))
                .with_hint(format!(
                    "a horizon of {} needs that long before the first cutoff, and again behind each; \
                     take a shorter `--horizon`",
                    self.horizon
                )));
            }
            let end = cutoff.date().plus_days(horizon);
            if end > target.date() {
                return Err(Error::usage(format!(
                    "the horizon of the training cutoff {cutoff} ends on {end}, behind {target}, where \
                     the model is used: it would have learned from the future"
                ))
                .with_hint(format!(
                    "the latest training cutoff is {}",
                    target.date().plus_days(-horizon)
                )));
            }
        }
        let newest = training.len() as i32 - 1;
        let weighted = training.iter().zip(0..).map(|(cutoff, number)| Training {
            cutoff: *cutoff,
            weight: FADING.powi(newest - number),
        });
        let year_before = target.date().plus_days(-YEAR);
        let reaches_back = year_before.days() - self.first.days() >= 2 * horizon;
        Ok(Cutoffs {
            training: weighted.collect(),
            target,
            season: (reaches_back && horizon <= YEAR).then(|| AsOf::start_of(year_before)),
        })
    }

    /// Whether the data hold a horizon of features and one of labels only just or not at all.
    pub(super) fn is_short(&self) -> bool {
        self.as_of.date().days() - self.first.days() < 2 * self.horizon.in_days()
    }
}

#[cfg(test)]
mod tests {
    use super::{Horizon, Span};
    use crate::{AsOf, Date};

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn span() -> Span {
        Span {
            first: date("2009-12-01"),
            as_of: AsOf::start_of(date("2011-12-10")),
            horizon: Horizon::default(),
        }
    }

    #[test]
    fn horizons_are_read_in_days_and_weeks() {
        assert_eq!("13w".parse::<Horizon>().unwrap().in_days(), 91);
        assert_eq!("90d".parse::<Horizon>().unwrap(), Horizon::default());
        for wrong in ["90", "d", "0d", "-1d", "9999w", "99999999999d", "3m"] {
            assert!(wrong.parse::<Horizon>().unwrap_err().is_usage(), "{wrong}");
        }
    }

    #[test]
    fn a_horizon_past_the_data_names_the_latest_cutoff() {
        let late = AsOf::start_of(date("2011-09-12"));
        let error = span().require_labelled(late).unwrap_err();
        assert!(error.is_data());
        assert_eq!(error.hint(), Some("the latest possible cutoff is 2011-09-11"));
        assert!(span().require_labelled(AsOf::start_of(date("2011-09-11"))).is_ok());
    }

    #[test]
    fn every_training_horizon_ends_before_the_target() {
        let target = AsOf::start_of(date("2011-09-11"));
        let cutoffs = span().cutoffs(target, None).unwrap();
        let days: Vec<String> =
            cutoffs.training.iter().map(|each| each.cutoff.to_string()).collect();
        assert_eq!(days, ["2010-12-15", "2011-03-15", "2011-06-13"]);
        let weights: Vec<f64> = cutoffs.training.iter().map(|each| each.weight).collect();
        assert_eq!(weights, [0.25, 0.5, 1.0]);
        assert_eq!(cutoffs.season, Some(AsOf::start_of(date("2010-09-11"))));

        let peeking = [AsOf::start_of(date("2011-06-14"))];
        let error = span().cutoffs(target, Some(&peeking)).unwrap_err();
        assert!(error.is_usage());
        assert_eq!(error.hint(), Some("the latest training cutoff is 2011-06-13"));
    }

    #[test]
    fn a_history_without_two_horizons_is_refused_and_a_tight_one_is_short() {
        let tight = Span { first: date("2011-06-01"), ..span() };
        let target = AsOf::start_of(tight.latest_cutoff());
        let cutoffs = tight.cutoffs(target, None).unwrap();
        assert_eq!((cutoffs.training.len(), cutoffs.season), (1, None));
        let none = Span { first: date("2011-07-01"), ..span() };
        assert!(none.cutoffs(AsOf::start_of(none.latest_cutoff()), None).unwrap_err().is_data());
        assert!(none.is_short() && !span().is_short());
    }
}
