//! Time zones for stamps that carry one.

use crate::{Error, Result, Timestamp};
use std::{fmt, str::FromStr};

/// A time zone: a name of the IANA database such as `Europe/Moscow`, `UTC`, or an offset such as `+03:00`.
///
/// The database is part of the program, so that the same input gives the same output on every machine.
///
/// # Examples
/// ```
/// use crmstat::ingest::Zone;
///
/// let zone: Zone = "Europe/Moscow".parse()?;
/// assert_eq!(zone.to_string(), "Europe/Moscow");
/// assert!("Europe/Moscwo".parse::<Zone>().is_err());
/// # Ok::<(), crmstat::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Zone {
    name: String,
    rules: jiff::tz::TimeZone,
}

impl Zone {
    /// The wall time in this zone of what is `local` at `offset` seconds east of UTC; `None` past the
    /// range of dates.
    pub(crate) fn wall_time(&self, local: Timestamp, offset: i32) -> Option<Timestamp> {
        let utc = local.seconds() - i64::from(offset);
        let instant = jiff::Timestamp::from_second(utc).ok()?;
        Some(Timestamp::from_seconds(utc + i64::from(self.rules.to_offset(instant).seconds())))
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl FromStr for Zone {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let rules = match offset(text) {
            Some(offset) => {
                jiff::tz::Offset::from_seconds(offset).ok().map(jiff::tz::Offset::to_time_zone)
            }
            None => jiff::tz::TimeZone::get(text).ok(),
        };
        let rules = rules.ok_or_else(|| {
            Error::usage(format!("`{text}` is not a time zone")).with_hint(
                "write a name such as `Europe/Moscow`, `UTC`, or an offset such as `+03:00`",
            )
        })?;
        Ok(Self { name: text.to_owned(), rules })
    }
}

/// Seconds east of UTC of `+03:00`, `-0530` or `+3`.
fn offset(text: &str) -> Option<i32> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() == 4 && digits.is_ascii() => digits.split_at(2),
        None => (digits, "0"),
    };
    let number = |text: &str, most: i32| {
        let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i32>().ok().filter(|number| is_plain && *number <= most)
    };
    Some(sign * (number(hours, 14)? * 3600 + number(minutes, 59)? * 60))
}

#[cfg(test)]
mod tests {
    use super::Zone;
    use crate::Date;

    #[test]
    fn stamps_move_to_the_wall_time_of_the_zone() {
        let noon = |year, month, day| {
            let midnight = Date::from_ymd(year, month, day).unwrap().midnight();
            crate::Timestamp::from_seconds(midnight.seconds() + 12 * 3600)
        };
        for (zone, day, offset, expected) in [
            ("Europe/Moscow", noon(2024, 7, 1), 0, "2024-07-01T15:00:00"),
            // Moscow was at UTC+4 until 26 October 2014.
            ("Europe/Moscow", noon(2014, 7, 1), 0, "2014-07-01T16:00:00"),
            ("America/New_York", noon(2024, 7, 1), 3 * 3600, "2024-07-01T05:00:00"),
            ("America/New_York", noon(2024, 1, 1), 3 * 3600, "2024-01-01T04:00:00"),
            ("UTC", noon(2024, 1, 1), -12 * 3600, "2024-01-02T00:00:00"),
            ("+05:30", noon(2024, 1, 1), 0, "2024-01-01T17:30:00"),
            ("-0330", noon(2024, 1, 1), 0, "2024-01-01T08:30:00"),
            ("+3", noon(2024, 1, 1), 0, "2024-01-01T15:00:00"),
        ] {
            let zone: Zone = zone.parse().unwrap();
            assert_eq!(zone.wall_time(day, offset).unwrap().to_string(), expected, "{zone}");
        }
    }

    #[test]
    fn what_is_no_zone_is_a_mistake_of_usage() {
        for text in ["", "Mars/Olympus", "+25:00", "+-3", "+3:99", "3"] {
            let error = text.parse::<Zone>().unwrap_err();
            assert!(error.is_usage() && error.hint().is_some(), "{text}");
        }
    }
}
