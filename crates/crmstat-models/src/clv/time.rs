//! Time units, spans and discount rates: what keeps weeks from being taken for days.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The unit in which a model counts time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TimeUnit {
    /// One day.
    Day,
    /// Seven days.
    Week,
    /// A twelfth of the mean Gregorian year: 30.436875 days.
    Month,
    /// The mean Gregorian year: 365.2425 days.
    Year,
}

/// The mean length of a year of the Gregorian calendar, 97 leap years in 400.
const DAYS_PER_YEAR: f64 = 365.2425;

impl TimeUnit {
    /// How many days one unit is.
    pub fn days(self) -> f64 {
        match self {
            Self::Day => 1.0,
            Self::Week => 7.0,
            Self::Month => DAYS_PER_YEAR / 12.0,
            Self::Year => DAYS_PER_YEAR,
        }
    }
}

/// A positive length of time that knows its unit.
///
/// # Examples
/// ```
/// use crmstat_models::clv::{Span, TimeUnit};
///
/// let quarter = Span::new(13.0, TimeUnit::Week)?;
/// assert_eq!(quarter.in_units(TimeUnit::Day), 91.0);
/// assert!(Span::new(0.0, TimeUnit::Week).is_err());
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "(f64, TimeUnit)", into = "(f64, TimeUnit)")]
pub struct Span {
    length: f64,
    unit: TimeUnit,
}

impl Span {
    /// A span of `length` units.
    ///
    /// # Errors
    /// When `length` is not positive and finite.
    pub fn new(length: f64, unit: TimeUnit) -> Result<Self> {
        if length.is_finite() && length > 0.0 {
            Ok(Self { length, unit })
        } else {
            Err(Error::parameter("length", length, "positive and finite"))
        }
    }

    /// The span counted in `unit`.
    pub fn in_units(self, unit: TimeUnit) -> f64 {
        if unit == self.unit { self.length } else { self.length * self.unit.days() / unit.days() }
    }
}

impl TryFrom<(f64, TimeUnit)> for Span {
    type Error = Error;

    fn try_from((length, unit): (f64, TimeUnit)) -> Result<Self> {
        Self::new(length, unit)
    }
}

impl From<Span> for (f64, TimeUnit) {
    fn from(span: Span) -> Self {
        (span.length, span.unit)
    }
}

/// A rate at which later money is worth less, compounded.
///
/// # Examples
/// ```
/// use crmstat_models::clv::{DiscountRate, Span, TimeUnit};
///
/// let rate = DiscountRate::per_year(0.10)?;
/// let year = Span::new(1.0, TimeUnit::Year)?;
/// assert!((rate.factor(year) - 1.0 / 1.10).abs() < 1e-15);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DiscountRate {
    /// The logarithm of the growth of money in a day.
    log_per_day: f64,
}

impl DiscountRate {
    /// Money is not discounted.
    pub const NONE: Self = Self { log_per_day: 0.0 };

    /// A rate per year: 0.10 is 10 %.
    ///
    /// # Errors
    /// When `rate` is negative or not finite.
    pub fn per_year(rate: f64) -> Result<Self> {
        Self::per(rate, Span { length: 1.0, unit: TimeUnit::Year })
    }

    /// A rate per `span`.
    ///
    /// # Errors
    /// When `rate` is negative or not finite.
    pub fn per(rate: f64, span: Span) -> Result<Self> {
        if rate.is_finite() && rate >= 0.0 {
            Ok(Self { log_per_day: rate.ln_1p() / span.in_units(TimeUnit::Day) })
        } else {
            Err(Error::parameter("rate", rate, "finite and not negative"))
        }
    }

    /// What one unit of money, due after `span`, is worth now.
    pub fn factor(self, span: Span) -> f64 {
        (-self.log_per_day * span.in_units(TimeUnit::Day)).exp()
    }

    /// The continuous rate per `unit`.
    pub fn continuous(self, unit: TimeUnit) -> f64 {
        self.log_per_day * unit.days()
    }
}
