//! Dates and times in the ways CRMs write them.
//!
//! Dates that begin with a four-digit year read one way only. In others the order of day and month is a
//! property of the column, decided by [`DateEvidence`]: never guessed per cell.

mod evidence;
mod scan;
#[cfg(test)]
mod tests;

pub(crate) use evidence::DateEvidence;

use super::Parsed;
use crate::{Date, Timestamp};
use scan::{Scanned, Written};
use serde::{Deserialize, Serialize};

/// The order of day, month and year in dates that do not begin with a four-digit year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DateOrder {
    /// Year, month, day.
    Ymd,
    /// Day, month, year.
    Dmy,
    /// Month, day, year.
    Mdy,
}

impl std::str::FromStr for DateOrder {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "ymd" => Ok(Self::Ymd),
            "dmy" => Ok(Self::Dmy),
            "mdy" => Ok(Self::Mdy),
            _ => Err(crate::Error::usage(format!("`{text}` is not a date order"))
                .with_hint("one of `ymd`, `dmy`, `mdy`")),
        }
    }
}

/// A parser of the dates of one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DateFormat {
    order: DateOrder,
    epoch_1904: bool,
}

/// A date and time as written, with the offset of its zone where the cell names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// The wall time as written.
    pub(crate) local: Timestamp,
    /// Seconds east of UTC, where the cell says so.
    pub(crate) offset: Option<i32>,
}

/// The day number 0 of a workbook, which counts a 29 February 1900 that never was: right from 1 March.
const EPOCH_1900: Date = Date::from_days(-25_569);
/// The day number 0 of a workbook from an old Mac: 1904-01-01.
const EPOCH_1904: Date = Date::from_days(-24_107);

const OUT_OF_RANGE: &str = "a year outside 1900 to 2199";
const NO_SUCH_DAY: &str = "no such day in the calendar";

impl std::fmt::Display for DateFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.order {
            DateOrder::Ymd => "year, month, day",
            DateOrder::Dmy => "day, month, year",
            DateOrder::Mdy => "month, day, year",
        })
    }
}

impl DateFormat {
    /// A parser that reads dates which do not begin with the year in `order`.
    pub(crate) const fn new(order: DateOrder) -> Self {
        Self { order, epoch_1904: false }
    }

    /// Counts serial day numbers from 1904, as workbooks from old Macs do.
    pub(crate) const fn with_epoch_1904(mut self, epoch_1904: bool) -> Self {
        self.epoch_1904 = epoch_1904;
        self
    }

    /// Reads a cell as the wall time it names; a zone is left aside.
    #[inline]
    pub(crate) fn parse(self, cell: &[u8]) -> Parsed<Timestamp> {
        match self.plain(cell) {
            Some(local) => Parsed::Value(local),
            None => self.any(cell).map(|stamp| stamp.local),
        }
    }

    /// Reads a cell as the wall time it names and the zone's offset, if any.
    #[inline]
    pub(crate) fn parse_stamp(self, cell: &[u8]) -> Parsed<Stamp> {
        match self.plain(cell) {
            Some(local) => Parsed::Value(Stamp { local, offset: None }),
            None => self.any(cell),
        }
    }

    /// The hot path: `YYYY-MM-DD` and `DD.MM.YYYY`, bare or followed by ` HH:MM` or ` HH:MM:SS`.
    #[inline]
    fn plain(self, cell: &[u8]) -> Option<Timestamp> {
        let (date, time) = cell.split_first_chunk::<10>()?;
        let (year, month, day) = match *date {
            [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] => {
                (four(y1, y2, y3, y4)?, two(m1, m2)?, two(d1, d2)?)
            }
            [d1, d2, b'.', m1, m2, b'.', y1, y2, y3, y4] if self.order == DateOrder::Dmy => {
                (four(y1, y2, y3, y4)?, two(m1, m2)?, two(d1, d2)?)
            }
            _ => return None,
        };
        let midnight = day_of(year, month, day).ok()?.midnight();
        let second = match *time {
            [] => return Some(midnight),
            [b' ' | b'T', h1, h2, b':', m1, m2, b':', s1, s2] => {
                second_of_day(two(h1, h2)?, two(m1, m2)?, two(s1, s2)?)?
            }
            [b' ' | b'T', h1, h2, b':', m1, m2] => second_of_day(two(h1, h2)?, two(m1, m2)?, 0)?,
            _ => return None,
        };
        Some(Timestamp::from_seconds(midnight.seconds() + i64::from(second)))
    }

    #[cold]
    fn any(self, cell: &[u8]) -> Parsed<Stamp> {
        let scanned = match scan::scan(cell) {
            Parsed::Value(scanned) => scanned,
            Parsed::Missing => return Parsed::Missing,
            Parsed::Invalid(reason) => return Parsed::Invalid(reason),
        };
        match self.day_and_second(&scanned) {
            Ok((day, second)) => Parsed::Value(Stamp {
                local: Timestamp::from_seconds(day.midnight().seconds() + i64::from(second)),
                offset: scanned.offset,
            }),
            Err(reason) => Parsed::Invalid(reason),
        }
    }

    fn day_and_second(self, scanned: &Scanned) -> Result<(Date, u32), &'static str> {
        let day = match scanned.date {
            Written::Ymd { year, month, day } => day_of(year, month, day)?,
            Written::Numeric { parts: [first, second, last], year_digits, dots } => {
                let order = match self.order {
                    // The year may come first with two digits; with four it is last, and then dots
                    // mean what they mean everywhere.
                    DateOrder::Ymd if year_digits <= 2 => {
                        return Ok((day_of(century(first, 2)?, second, last)?, scanned.second));
                    }
                    DateOrder::Ymd if dots || first > 12 => DateOrder::Dmy,
                    DateOrder::Ymd if second > 12 => DateOrder::Mdy,
                    DateOrder::Ymd => {
                        return Err("a date whose day and month cannot be told apart");
                    }
                    order => order,
                };
                let (day, month) =
                    if order == DateOrder::Mdy { (second, first) } else { (first, second) };
                day_of(century(last, year_digits)?, month, day)?
            }
            Written::Serial { days, second } => {
                let epoch = if self.epoch_1904 { EPOCH_1904 } else { EPOCH_1900 };
                return Ok((in_range(epoch.plus_days(days))?, second));
            }
        };
        Ok((day, scanned.second))
    }
}

/// The year that `digits` digits write: of two, 69 to 99 lie in the last century, as POSIX has it.
fn century(year: u32, digits: usize) -> Result<u32, &'static str> {
    match digits {
        4 => Ok(year),
        2 if year >= 69 => Ok(1900 + year),
        2 => Ok(2000 + year),
        _ => Err("not a date"),
    }
}

/// The day `year`-`month`-`day`, if the calendar has it and the year is credible.
#[inline]
fn day_of(year: u32, month: u32, day: u32) -> Result<Date, &'static str> {
    if !(1900..=2199).contains(&year) {
        return Err(OUT_OF_RANGE);
    }
    Date::from_ymd(year as i32, month, day).ok_or(NO_SUCH_DAY)
}

fn in_range(date: Date) -> Result<Date, &'static str> {
    if (Date::MIN..=Date::MAX).contains(&date) { Ok(date) } else { Err(OUT_OF_RANGE) }
}

/// The second of the day, or `None` where no clock shows it. A leap second counts as the one before.
#[inline]
fn second_of_day(hour: u32, minute: u32, second: u32) -> Option<u32> {
    (hour < 24 && minute < 60 && second <= 60).then(|| hour * 3600 + minute * 60 + second.min(59))
}

#[inline]
fn two(tens: u8, ones: u8) -> Option<u32> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| u32::from(tens) * 10 + u32::from(ones))
}

#[inline]
fn four(a: u8, b: u8, c: u8, d: u8) -> Option<u32> {
    Some(two(a, b)? * 100 + two(c, d)?)
}
