//! Dates and times in the ways CRMs write them.
//!
//! Dates that begin with a four-digit year read one way only. In others the order of day and month is a
//! property of the column, decided by [`DateEvidence`]: never guessed per cell.

mod evidence;
mod scan;
#[cfg(test)]
mod tests;

pub(crate) use evidence::DateEvidence;

use super::{Parsed, digit_pairs};
use crate::{Date, Timestamp, data::OUT_OF_RANGE, ingest::Zone};
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
}

/// A date and time as written, with the offset of its zone where the cell names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// The wall time as written.
    pub(crate) local: Timestamp,
    /// Seconds east of UTC, where the cell says so.
    pub(crate) offset: Option<i32>,
}

impl Stamp {
    /// A stamp that names no zone.
    fn local(local: Timestamp) -> Self {
        Self { local, offset: None }
    }
}

/// The day number 0 of a workbook, which counts a 29 February 1900 that never was: right from 1 March.
const EPOCH_1900: Date = Date::from_days(-25_569);

/// A parser of the dates of one column that moves stamps with a zone to the wall time of another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DateReader<'a> {
    /// How the cells are written.
    pub(crate) format: DateFormat,
    /// The zone to move to; `None` keeps the wall time as written.
    pub(crate) zone: Option<&'a Zone>,
    /// Stamps without a zone are in UTC, as the column's type says.
    pub(crate) is_utc: bool,
}

impl DateReader<'_> {
    /// Reads a cell as wall time.
    #[inline]
    pub(crate) fn parse(self, cell: &[u8]) -> Parsed<Timestamp> {
        match self.zone {
            None => self.format.parse(cell),
            Some(zone) => self.moved(cell, zone),
        }
    }

    fn moved(self, cell: &[u8], zone: &Zone) -> Parsed<Timestamp> {
        let stamp = match self.format.parse_stamp(cell) {
            Parsed::Value(stamp) => stamp,
            Parsed::Missing => return Parsed::Missing,
            Parsed::Invalid(reason) => return Parsed::Invalid(reason),
        };
        match stamp.offset.or(self.is_utc.then_some(0)) {
            None => Parsed::Value(stamp.local),
            Some(offset) => zone
                .wall_time(stamp.local, offset)
                .map_or(Parsed::Invalid(OUT_OF_RANGE), Parsed::Value),
        }
    }
}

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
        Self { order }
    }

    /// The order of day, month and year.
    pub(crate) const fn order(self) -> DateOrder {
        self.order
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
        match self.fixed_width(cell).map(Stamp::local).or_else(|| self.numeric(cell)) {
            Some(stamp) => Parsed::Value(stamp),
            None => self.any(cell),
        }
    }

    /// The hot path: dates of digits with a time of day or without; a zone is left aside.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "called for every cell of the hot path")]
    pub(crate) fn plain(self, cell: &[u8]) -> Option<Timestamp> {
        self.fixed_width(cell).or_else(|| self.numeric(cell).map(|stamp| stamp.local))
    }

    /// `YYYY-MM-DD` and `DD.MM.YYYY`, bare or followed by ` HH:MM` or ` HH:MM:SS`.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "called for every cell of the hot path")]
    fn fixed_width(self, cell: &[u8]) -> Option<Timestamp> {
        let (date, time) = cell.split_first_chunk::<10>()?;
        let (start, end) = date.split_first_chunk::<8>()?;
        let (start, end) =
            (u64::from_le_bytes(*start), u64::from(u16::from_le_bytes([end[0], end[1]])));
        let (year, month, day) = if date[4] == b'-' && date[7] == b'-' {
            // YYYY-MM-DD without its dashes.
            let digits = start & 0xFFFF_FFFF | (start >> 40 & 0xFFFF) << 32 | end << 48;
            let [century, year, month, day] = pairs(digits)?;
            (century * 100 + year, month, day)
        } else if date[2] == b'.' && date[5] == b'.' && self.order == DateOrder::Dmy {
            // DD.MM.YYYY without its dots.
            let digits = without_signs(start) | end << 48;
            let [day, month, century, year] = pairs(digits)?;
            (century * 100 + year, month, day)
        } else {
            return None;
        };
        let midnight = day_of(year, month, day).ok()?.midnight();
        let clock = match *time {
            [] => return Some(midnight),
            [b' ' | b'T', h1, h2, b':', m1, m2, b':', s1, s2] => {
                [h1, h2, b':', m1, m2, b':', s1, s2]
            }
            [b' ' | b'T', h1, h2, b':', m1, m2] => [h1, h2, b':', m1, m2, b':', b'0', b'0'],
            _ => return None,
        };
        // HH:MM:SS without its colons; two zeros fill the eight digits.
        let zeros = u64::from(u16::from_le_bytes(*b"00"));
        let digits = without_signs(u64::from_le_bytes(clock)) | zeros << 48;
        let [hour, minute, second, _] = pairs(digits)?;
        let second = second_of_day(hour, minute, second)?;
        Some(Timestamp::from_seconds(midnight.seconds() + i64::from(second)))
    }

    /// Three numbers with one sign between them, of which the first or the last is a year of four digits,
    /// bare or followed by a time of day: `1/5/2024 9:05 PM`, `2024-01-05T10:00:00.000Z`.
    fn numeric(self, cell: &[u8]) -> Option<Stamp> {
        let mut cursor = Cursor { rest: cell };
        let (first, first_digits) = cursor.number(4)?;
        let sign = cursor.take(|byte| matches!(byte, b'-' | b'/' | b'.'))?;
        let (second, _) = cursor.number(2)?;
        cursor.take(|byte| byte == sign)?;
        let (third, third_digits) = cursor.number(4)?;
        let day = match (first_digits, third_digits, self.order) {
            (4, 1 | 2, _) => day_of(first, second, third),
            (1 | 2, 4, DateOrder::Dmy) => day_of(third, second, first),
            (1 | 2, 4, DateOrder::Mdy) => day_of(third, first, second),
            _ => return None,
        };
        let midnight = day.ok()?.midnight();
        if cursor.rest.is_empty() {
            return Some(Stamp::local(midnight));
        }
        cursor.take(|byte| matches!(byte, b' ' | b'T'))?;
        let (second, offset) = cursor.time_of_day()?;
        let local = Timestamp::from_seconds(midnight.seconds() + i64::from(second));
        cursor.rest.is_empty().then_some(Stamp { local, offset })
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
                return Ok((in_range(EPOCH_1900.plus_days(days))?, second));
            }
        };
        Ok((day, scanned.second))
    }
}

/// Reads a cell of digits and signs from left to right; `None` where it holds anything else.
struct Cursor<'a> {
    rest: &'a [u8],
}

impl Cursor<'_> {
    /// The next byte, if `is` it.
    #[inline]
    fn take(&mut self, is: impl Fn(u8) -> bool) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        is(*byte).then(|| {
            self.rest = rest;
            *byte
        })
    }

    /// A number of up to `most` digits, and how many it has.
    #[inline]
    fn number(&mut self, most: usize) -> Option<(u32, usize)> {
        let (mut value, mut digits) = (0, 0);
        while let Some(digit) = self.take(|byte| byte.is_ascii_digit()) {
            digits += 1;
            if digits > most {
                return None;
            }
            value = value * 10 + u32::from(digit - b'0');
        }
        (digits > 0).then_some((value, digits))
    }

    /// `:NN`.
    #[inline]
    fn colon_pair(&mut self) -> Option<u32> {
        self.take(|byte| byte == b':')?;
        self.number(2).and_then(|(value, digits)| (digits == 2).then_some(value))
    }

    /// The second of the day of `HH:MM[:SS[.fraction]][ AM| PM]`, and the offset of `Z` or `+HH:MM` behind it.
    fn time_of_day(&mut self) -> Option<(u32, Option<i32>)> {
        let (mut hour, _) = self.number(2)?;
        let minute = self.colon_pair()?;
        let mut second = 0;
        if self.rest.first() == Some(&b':') {
            second = self.colon_pair()?;
            if self.take(|byte| matches!(byte, b'.' | b',')).is_some() {
                let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
                if digits == 0 {
                    return None;
                }
                self.rest = &self.rest[digits..];
            }
        }
        let mut offset = None;
        match *self.rest {
            [b' ', half, b'M' | b'm'] | [half, b'M' | b'm'] if (1..=12).contains(&hour) => {
                hour = match half {
                    b'A' | b'a' => hour % 12,
                    b'P' | b'p' => hour % 12 + 12,
                    _ => return None,
                };
                self.rest = &[];
            }
            [b'Z'] => {
                offset = Some(0);
                self.rest = &[];
            }
            [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2]
                if [h1, h2, m1, m2].iter().all(u8::is_ascii_digit) =>
            {
                let pair = |one: u8, two: u8| i32::from(one - b'0') * 10 + i32::from(two - b'0');
                let (hours, minutes) = (pair(h1, h2), pair(m1, m2));
                if hours > 14 || minutes > 59 {
                    return None;
                }
                let east = hours * 3600 + minutes * 60;
                offset = Some(if sign == b'+' { east } else { -east });
                self.rest = &[];
            }
            _ => {}
        }
        Some((second_of_day(hour, minute, second)?, offset))
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

/// The first credible year and how many there are: 1900 to 2199.
const FIRST_YEAR: u32 = 1900;
const YEARS: usize = 300;

/// The day before the first day of each year, and of the year after the last.
const YEAR_STARTS: [i32; YEARS + 1] = {
    let mut starts = [0; YEARS + 1];
    let mut place = 0;
    while place <= YEARS {
        starts[place] = match Date::from_ymd(FIRST_YEAR as i32 + place as i32, 1, 1) {
            Some(date) => date.days() - 1,
            None => panic!("every year has a first day"),
        };
        place += 1;
    }
    starts
};

/// The days of a year before each month, from January, and after December; then of a leap year.
const MONTH_STARTS: [[u16; 13]; 2] = [
    [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365],
    [0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366],
];

/// The day `year`-`month`-`day`, if the calendar has it and the year is credible.
///
/// Tables, since this is where a column of ten million dates spends its time.
#[inline]
fn day_of(year: u32, month: u32, day: u32) -> Result<Date, &'static str> {
    let place = year.wrapping_sub(FIRST_YEAR) as usize;
    if place >= YEARS {
        return Err(OUT_OF_RANGE);
    }
    let start = YEAR_STARTS[place];
    let starts = &MONTH_STARTS[usize::from(YEAR_STARTS[place + 1] - start == 366)];
    let month = month.wrapping_sub(1) as usize;
    if month >= 12 || day == 0 || day > u32::from(starts[month + 1] - starts[month]) {
        return Err(NO_SUCH_DAY);
    }
    Ok(Date::from_days(start + i32::from(starts[month]) + day as i32))
}

fn in_range(date: Date) -> Result<Date, &'static str> {
    if (Date::MIN..=Date::MAX).contains(&date) { Ok(date) } else { Err(OUT_OF_RANGE) }
}

/// The second of the day, or `None` where no clock shows it. A leap second counts as the one before.
#[inline]
fn second_of_day(hour: u32, minute: u32, second: u32) -> Option<u32> {
    (hour < 24 && minute < 60 && second <= 60).then(|| hour * 3600 + minute * 60 + second.min(59))
}

/// Eight bytes `12.34.56` as the six digits `123456` in the low bytes.
#[inline]
const fn without_signs(text: u64) -> u64 {
    text & 0xFFFF | (text >> 24 & 0xFFFF) << 16 | text >> 48 << 32
}

/// Eight digits, the first in the lowest byte, as four numbers of two digits each.
#[inline]
fn pairs(text: u64) -> Option<[u32; 4]> {
    let pairs = digit_pairs(text)?;
    Some([pairs, pairs >> 16, pairs >> 32, pairs >> 48].map(|pair| (pair & 0xFF) as u32))
}
