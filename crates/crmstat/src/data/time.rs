//! Dates and instants without a clock and without a zone.
//!
//! An export's stamps are local to the business that wrote them; crmstat keeps them so. Only stamps that
//! carry a zone are moved, to the zone the caller names.

use serde::Serialize;
use std::fmt;

const SECONDS_PER_DAY: i64 = 86_400;

/// Why a date that the calendar has is no date of a row.
pub(crate) const OUT_OF_RANGE: &str = "a year outside 1900 to 2199";

/// A calendar day of the proleptic Gregorian calendar, as days since 1970-01-01.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Date(#[serde(serialize_with = "super::serialise::date")] i32);

impl Date {
    /// The earliest date that a cell may hold. Earlier ones are placeholders such as year 0 or 1.
    pub const MIN: Self = Self::from_days(-25_567); // 1900-01-01
    /// The latest date that a cell may hold. Later ones are placeholders such as year 9999.
    pub const MAX: Self = Self::from_days(84_005); // 2199-12-31

    /// The day `days` after 1970-01-01.
    pub const fn from_days(days: i32) -> Self {
        Self(days)
    }

    /// Days since 1970-01-01.
    pub const fn days(self) -> i32 {
        self.0
    }

    /// The day `year`-`month`-`day`, or `None` where the calendar has no such day.
    pub const fn from_ymd(year: i32, month: u32, day: u32) -> Option<Self> {
        if month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) {
            return None;
        }
        // Days from civil (Howard Hinnant, "chrono-compatible low-level date algorithms").
        let shifted = if month <= 2 { year - 1 } else { year };
        let era = shifted.div_euclid(400);
        let year_of_era = shifted.rem_euclid(400);
        let month_from_march = (month as i32 + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5 + day as i32 - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Some(Self(era * 146_097 + day_of_era - 719_468))
    }

    /// Year, month and day of the month.
    pub const fn to_ymd(self) -> (i32, u32, u32) {
        // Wide, so that the last days of all, which stand for infinity elsewhere, do not wrap.
        let shifted = self.0 as i64 + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u32;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + (month <= 2) as i64;
        (year as i32, month as u32, day)
    }

    /// The first instant of the day.
    pub const fn midnight(self) -> Timestamp {
        Timestamp(self.0 as i64 * SECONDS_PER_DAY)
    }

    /// The day `days` later, at most the last that can be counted.
    #[must_use]
    pub const fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// The same calendar day a year earlier: 28 February for 29 February.
    #[must_use]
    pub(crate) fn year_before(self) -> Self {
        let (year, month, day) = self.to_ymd();
        Self::from_ymd(year - 1, month, day)
            .or_else(|| Self::from_ymd(year - 1, month, day - 1))
            .unwrap_or(self)
    }
}

/// The number of days of `month` (1 to 12) in `year`.
const fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.to_ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl std::str::FromStr for Date {
    type Err = crate::Error;

    /// Reads `YYYY-MM-DD`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, '-').map(str::parse::<u32>);
        match (parts.next(), parts.next(), parts.next()) {
            (Some(Ok(year)), Some(Ok(month)), Some(Ok(day))) if text.len() == 10 => {
                Self::from_ymd(year as i32, month, day)
            }
            _ => None,
        }
        .ok_or_else(|| {
            crate::Error::usage(format!("`{text}` is not a date"))
                .with_hint("write it as YYYY-MM-DD, such as 2026-01-31")
        })
    }
}

/// A second of local time, as seconds since 1970-01-01 00:00:00.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Timestamp(#[serde(serialize_with = "super::serialise::timestamp")] i64);

impl Timestamp {
    /// The instant `seconds` after 1970-01-01 00:00:00.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970-01-01 00:00:00.
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// The day it lies in; the first or last that can be counted where it lies beyond.
    pub const fn date(self) -> Date {
        let days = self.0.div_euclid(SECONDS_PER_DAY);
        if days > i32::MAX as i64 {
            Date(i32::MAX)
        } else if days < i32::MIN as i64 {
            Date(i32::MIN)
        } else {
            Date(days as i32)
        }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = self.0.rem_euclid(SECONDS_PER_DAY);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{}T{hour:02}:{minute:02}:{second:02}", self.date())
    }
}

/// The exclusive instant at which the world is observed: the first moment of a day.
///
/// An event at or after it does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct AsOf(Date);

impl AsOf {
    /// Observes the world at the first moment of `date`.
    pub const fn start_of(date: Date) -> Self {
        Self(date)
    }

    /// Observes the world after everything that happened on `last`.
    pub const fn day_after(last: Date) -> Self {
        Self(last.plus_days(1))
    }

    /// The day whose first moment it is.
    pub const fn date(self) -> Date {
        self.0
    }
}

impl fmt::Display for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The days whose events count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// The first day; `None` is the beginning of the data.
    pub since: Option<Date>,
    /// The exclusive end; `None` is the day after the last event.
    pub until: Option<AsOf>,
}

#[cfg(test)]
mod tests {
    use super::{Date, Timestamp};

    #[test]
    fn civil_days_round_trip_and_bounds_hold() {
        for days in (-1_000_000..1_000_000).step_by(17) {
            let (year, month, day) = Date::from_days(days).to_ymd();
            assert_eq!(Date::from_ymd(year, month, day), Some(Date::from_days(days)));
        }
        assert_eq!(Date::MIN.to_string(), "1900-01-01");
        assert_eq!(Date::MAX.to_string(), "2199-12-31");
        assert_eq!(Date::from_ymd(2026, 2, 29), None);
        assert_eq!(Date::from_ymd(2024, 2, 29).map(Date::days), Some(19_782));
    }

    #[test]
    fn instants_before_1970_lie_in_their_own_day() {
        let instant = Timestamp::from_seconds(-1);
        assert_eq!(instant.to_string(), "1969-12-31T23:59:59");
        assert_eq!(instant.date().to_string(), "1969-12-31");
    }

    /// Databases export `infinity` as the largest number; it is no day of this era.
    #[test]
    fn infinity_does_not_wrap() {
        assert_eq!(Date::from_days(i32::MAX).to_string(), "5881580-07-11");
        assert_eq!(Date::from_days(i32::MIN).to_string(), "-5877641-06-23");
        for (seconds, date) in
            [(i64::MAX, i32::MAX), (i64::MIN, i32::MIN), (i64::MAX / 1000, i32::MAX)]
        {
            assert_eq!(Timestamp::from_seconds(seconds).date(), Date::from_days(date));
        }
        assert_eq!(Date::from_days(i32::MAX).plus_days(1), Date::from_days(i32::MAX));
    }
}
