//! Dates in full generality, behind the fast path.
//!
//! A cell is read into the parts it writes; which part is the day and which the month is left to the
//! column's format.

use super::{century, second_of_day};
use crate::ingest::cells::{
    Parsed,
    text::{says_nothing, unwrapped},
};

/// A cell's date as far as it can be read without knowing the column's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// The parts are plain: the year comes first, or the month is a word.
    Ymd { year: u32, month: u32, day: u32 },
    /// Three numbers of which the first is no four-digit year.
    Numeric { parts: [u32; 3], year_digits: usize, dots: bool },
    /// A day number of a workbook, with the second of the day.
    Serial { days: i32, second: u32 },
}

/// What a cell writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scanned {
    pub(super) date: Written,
    /// The second of the day; 0 where the cell has no time.
    pub(super) second: u32,
    /// Seconds east of UTC, where the cell names a zone.
    pub(super) offset: Option<i32>,
}

/// The day numbers taken for dates: 1927-05-18 to 2199-12-31. Smaller numbers are years or counts.
const SERIALS: std::ops::RangeInclusive<u32> = 10_000..=109_574;

/// Longer cells hold no date.
const LONGEST: usize = 64;

const NOT_A_DATE: &str = "not a date";

/// Reads any cell.
pub(super) fn scan(cell: &[u8]) -> Parsed<Scanned> {
    let Some(text) = unwrapped(cell) else {
        return Parsed::Invalid("not UTF-8");
    };
    if says_nothing(text) || is_zero_date(text) {
        return Parsed::Missing;
    }
    if text.len() > LONGEST {
        return Parsed::Invalid(NOT_A_DATE);
    }
    match serial(text).map_or_else(|| Scanner::new(text).run(), Ok) {
        Ok(scanned) => Parsed::Value(scanned),
        Err(reason) => Parsed::Invalid(reason),
    }
}

/// `0000-00-00`, `00.00.0000 00:00:00`: what databases write for no date.
fn is_zero_date(text: &str) -> bool {
    let zeros = text.bytes().filter(|&byte| byte == b'0').count();
    zeros >= 8
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0' | b'-' | b'.' | b'/' | b':' | b' ' | b'T' | b'Z'))
}

/// A day number such as `45292` or `45292.375`.
fn serial(text: &str) -> Option<Scanned> {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let digits_only = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !(5..=6).contains(&whole.len()) || !digits_only(whole) || !digits_only(fraction) {
        return None;
    }
    let days = whole.parse::<u32>().ok().filter(|days| SERIALS.contains(days))?;
    // Fifteen digits are what a spreadsheet writes; the product stays below 2^64.
    let fraction = &fraction[..fraction.len().min(14)];
    let scale = 10_u64.pow(fraction.len() as u32);
    let part = if fraction.is_empty() { 0 } else { fraction.parse::<u64>().ok()? };
    let second = (part * 86_400 + scale / 2) / scale;
    // Half a second before midnight rounds into the next day.
    let days = days as i32 + i32::from(second == 86_400);
    let date = Written::Serial { days, second: (second % 86_400) as u32 };
    Some(Scanned { date, second: 0, offset: None })
}

/// The month that a word names, in English or Russian, whole or shortened to three letters or more.
fn month(word: &str) -> Option<u32> {
    const ENGLISH: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    // Genitives, as dates have them; the nominatives differ in the end only.
    const RUSSIAN: [&str; 12] = [
        "января",
        "февраля",
        "марта",
        "апреля",
        "мая",
        "июня",
        "июля",
        "августа",
        "сентября",
        "октября",
        "ноября",
        "декабря",
    ];
    const NOMINATIVE: [&str; 12] = [
        "январь",
        "февраль",
        "март",
        "апрель",
        "май",
        "июнь",
        "июль",
        "август",
        "сентябрь",
        "октябрь",
        "ноябрь",
        "декабрь",
    ];
    if word.chars().count() < 3 {
        return None;
    }
    let find = |names: [&str; 12]| names.iter().position(|name| name.starts_with(word));
    let place = find(ENGLISH).or_else(|| find(RUSSIAN)).or_else(|| find(NOMINATIVE))?;
    Some(place as u32 + 1)
}

/// Words that stand beside a date and say nothing: weekdays, `г.`, `at`, `T`.
fn is_filler(word: &str) -> bool {
    const WORDS: [&str; 15] =
        ["t", "at", "on", "of", "в", "г", "год", "года", "st", "nd", "rd", "th", "пн", "вт", "ср"];
    const MORE: [&str; 4] = ["чт", "пт", "сб", "вс"];
    const WEEKDAYS: [&str; 14] = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "понедельник",
        "вторник",
        "среда",
        "четверг",
        "пятница",
        "суббота",
        "воскресенье",
    ];
    WORDS.contains(&word)
        || MORE.contains(&word)
        || (word.chars().count() >= 3 && WEEKDAYS.iter().any(|day| day.starts_with(word)))
}

/// Reads a text from left to right, part by part.
struct Scanner<'a> {
    rest: &'a str,
    /// The numbers of the date, with how many digits each has.
    numbers: [(u32, usize); 3],
    count: usize,
    month: Option<u32>,
    /// Whether a month and two digits are all, as in `Jan-24` and `янв.24`: spreadsheets write months so.
    is_month_of_year: bool,
    dots: bool,
    time: Option<(u32, u32, u32)>,
    afternoon: Option<bool>,
    offset: Option<i32>,
    /// Whether a `T` has just been read, after which a bare number is a time.
    after_t: bool,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            rest: text,
            numbers: [(0, 0); 3],
            count: 0,
            month: None,
            is_month_of_year: false,
            dots: false,
            time: None,
            afternoon: None,
            offset: None,
            after_t: false,
        }
    }

    fn run(mut self) -> Result<Scanned, &'static str> {
        while let Some(c) = self.rest.chars().next() {
            if c.is_ascii_digit() {
                self.number()?;
            } else if c.is_alphabetic() {
                self.word()?;
            } else if matches!(c, '+' | '-' | '\u{2212}') && self.time.is_some() {
                self.rest = &self.rest[c.len_utf8()..];
                self.zone(c == '+')?;
            } else if matches!(c, '.' | '/' | '-' | ',' | '(' | ')')
                || c.is_whitespace()
                || c == '\'' && self.is_month_of_year
            {
                self.dots |= c == '.' && self.count == 1 && self.month.is_none();
                self.rest = &self.rest[c.len_utf8()..];
            } else {
                return Err(NOT_A_DATE);
            }
        }
        let second = self.second()?;
        Ok(Scanned { date: self.date()?, second, offset: self.offset })
    }

    /// Takes up to nine digits off the rest: the value and how many there were.
    fn digits(&mut self) -> Result<(u32, usize), &'static str> {
        let length = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.rest.split_at(length);
        self.rest = rest;
        match digits.parse() {
            Ok(value) if length <= 9 => Ok((value, length)),
            _ => Err(NOT_A_DATE),
        }
    }

    fn number(&mut self) -> Result<(), &'static str> {
        if self.rest.len() >= 14 && self.count == 0 && compact_stamp(self.rest) {
            // yyyymmddhhmmss: the time is read as what follows a `T`.
            let (date, time) = self.rest.split_at(8);
            self.rest = date;
            self.number()?;
            self.rest = time;
            self.after_t = true;
            return self.number();
        }
        let (value, length) = self.digits()?;
        let after_t = std::mem::take(&mut self.after_t);
        if self.rest.starts_with(':') && self.time.is_none() {
            return self.clock(value, length);
        }
        if after_t && self.time.is_none() && matches!(length, 4 | 6) {
            let value = if length == 4 { value * 100 } else { value };
            self.time = Some((value / 10_000, value / 100 % 100, value % 100));
            self.skip_fraction();
            return Ok(());
        }
        if self.count == self.numbers.len() || self.time.is_some() {
            return Err(NOT_A_DATE);
        }
        self.numbers[self.count] = (value, length);
        self.count += 1;
        Ok(())
    }

    /// Reads `:MM[:SS[.fraction]]` after the hour.
    fn clock(&mut self, hour: u32, length: usize) -> Result<(), &'static str> {
        if length > 2 {
            return Err(NOT_A_DATE);
        }
        let minute = self.colon_pair()?.ok_or(NOT_A_DATE)?;
        let second = self.colon_pair()?;
        if second.is_some() {
            self.skip_fraction();
        }
        self.time = Some((hour, minute, second.unwrap_or(0)));
        Ok(())
    }

    /// Reads `:NN`, if it comes next.
    fn colon_pair(&mut self) -> Result<Option<u32>, &'static str> {
        let Some(rest) = self.rest.strip_prefix(':') else {
            return Ok(None);
        };
        self.rest = rest;
        match self.digits() {
            Ok((value, 2)) => Ok(Some(value)),
            _ => Err("no such time of day"),
        }
    }

    /// Leaves fractions of a second aside: stamps are whole seconds.
    fn skip_fraction(&mut self) {
        if let Some(rest) = self.rest.strip_prefix(['.', ','])
            && rest.starts_with(|c: char| c.is_ascii_digit())
        {
            self.rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        }
    }

    fn word(&mut self) -> Result<(), &'static str> {
        let end = self.rest.find(|c: char| !c.is_alphabetic()).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        let word = word.to_lowercase();
        match word.as_str() {
            "am" | "дп" | "pm" | "пп" => self.half_of_day(matches!(word.as_str(), "pm" | "пп")),
            // `a.m.` and `p.m.`
            "a" | "p" if self.rest.starts_with(".m") || self.rest.starts_with(".M") => {
                self.rest = &self.rest[2..];
                self.half_of_day(word == "p")
            }
            "z" | "utc" | "gmt" if self.time.is_some() => {
                self.offset = Some(0);
                Ok(())
            }
            "msk" | "мск" if self.time.is_some() => {
                self.offset = Some(3 * 3600);
                Ok(())
            }
            "t" => {
                self.after_t = true;
                Ok(())
            }
            _ if is_filler(&word) => Ok(()),
            _ => match month(&word) {
                Some(month) if self.month.is_none() => {
                    self.month = Some(month);
                    self.is_month_of_year = self.count == 0 && is_short_year(self.rest);
                    Ok(())
                }
                _ => Err(NOT_A_DATE),
            },
        }
    }

    fn half_of_day(&mut self, afternoon: bool) -> Result<(), &'static str> {
        if self.time.is_none() || self.afternoon.is_some() {
            return Err(NOT_A_DATE);
        }
        self.afternoon = Some(afternoon);
        Ok(())
    }

    /// Reads `hh`, `hhmm` or `hh:mm` after the sign of an offset.
    fn zone(&mut self, east: bool) -> Result<(), &'static str> {
        const WRONG: &str = "no such offset from UTC";
        let (value, length) = self.digits().map_err(|_| WRONG)?;
        let (hours, minutes) = match length {
            4 => (value / 100, value % 100),
            1 | 2 => (value, self.colon_pair().map_err(|_| WRONG)?.unwrap_or(0)),
            _ => return Err(WRONG),
        };
        if hours > 14 || minutes > 59 {
            return Err(WRONG);
        }
        let seconds = (hours * 3600 + minutes * 60) as i32;
        self.offset = Some(if east { seconds } else { -seconds });
        Ok(())
    }

    fn second(&self) -> Result<u32, &'static str> {
        const WRONG: &str = "no such time of day";
        let Some((hour, minute, second)) = self.time else {
            return Ok(0);
        };
        let hour = match self.afternoon {
            None => hour,
            Some(_) if !(1..=12).contains(&hour) => return Err(WRONG),
            Some(afternoon) => hour % 12 + if afternoon { 12 } else { 0 },
        };
        second_of_day(hour, minute, second).ok_or(WRONG)
    }

    fn date(&self) -> Result<Written, &'static str> {
        let [first, second, third] = self.numbers;
        let of_year = |(year, digits), month, day| {
            Ok(Written::Ymd { year: century(year, digits)?, month, day })
        };
        match (self.month, self.count) {
            (Some(month), 2) if first.1 == 4 => of_year(first, month, second.0),
            (Some(month), 2) => of_year(second, month, first.0),
            // A month stands for its first day.
            (Some(month), 1) if first.1 == 4 => of_year(first, month, 1),
            (Some(month), 1) if self.is_month_of_year => of_year(first, month, 1),
            (None, 2) if first.1 == 4 => of_year(first, second.0, 1),
            (None, 2) if second.1 == 4 => of_year(second, first.0, 1),
            (None, 1) if first.1 == 8 => {
                of_year((first.0 / 10_000, 4), first.0 / 100 % 100, first.0 % 100)
            }
            (None, 1) if first.1 == 4 => Err("a year alone is no date"),
            (Some(_), 1) | (None, 2) => Err("a date without a year"),
            (None, 3) if first.1 == 4 => of_year(first, second.0, third.0),
            (None, 3) if first.1 <= 2 && second.1 <= 2 => Ok(Written::Numeric {
                parts: [first.0, second.0, third.0],
                year_digits: third.1,
                dots: self.dots,
            }),
            _ => Err(NOT_A_DATE),
        }
    }
}

/// Whether the text behind a month is a sign and two digits: a day would stand before the month, or its year behind
/// it.
fn is_short_year(rest: &str) -> bool {
    let digits = rest.strip_prefix(['-', '.', '\'']);
    digits
        .is_some_and(|digits| digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether the text begins with exactly fourteen digits.
fn compact_stamp(text: &str) -> bool {
    text.bytes().take_while(u8::is_ascii_digit).count() == 14
}
