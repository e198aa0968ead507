//! Periods that are compared.

use crate::{Date, Error, Result};
use serde::Serialize;

/// Days from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
}

/// What a period is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Against {
    /// The same days of the calendar a year before.
    #[default]
    YearBefore,
    /// As many days, or whole months, right before.
    Before,
    /// Another period.
    Period(Span),
}

impl Span {
    /// The days from `first` to `last`.
    ///
    /// # Errors
    /// A last day before the first.
    pub fn new(first: Date, last: Date) -> Result<Self> {
        if last < first {
            return Err(Error::usage(format!(
                "the last day, {last}, is before the first, {first}"
            )));
        }
        Ok(Self { first, last })
    }

    /// Whether `day` is one of its days.
    pub fn holds(self, day: Date) -> bool {
        self.first <= day && day <= self.last
    }

    fn of_months(year: i32, month: u32, months: i32) -> Option<Self> {
        let first = Date::from_ymd(year, month, 1)?;
        Some(Self { first, last: shifted(first, months)?.plus_days(-1) })
    }

    /// The number of whole months, where it is made of such.
    fn months(self) -> Option<i32> {
        let (year, month, day) = self.first.to_ymd();
        let (next_year, next_month, next_day) = self.last.plus_days(1).to_ymd();
        let months = (next_year - year) * 12 + next_month as i32 - month as i32;
        (day == 1 && next_day == 1).then_some(months)
    }
}

/// The same day of the month `months` later; `None` where it has none.
fn shifted(day: Date, months: i32) -> Option<Date> {
    let (year, month, of_month) = day.to_ymd();
    let number = year * 12 + month as i32 - 1 + months;
    Date::from_ymd(number.div_euclid(12), number.rem_euclid(12) as u32 + 1, of_month)
}

impl Against {
    /// The period that `later` is compared with.
    ///
    /// # Errors
    /// Periods that overlap.
    pub fn of(self, later: Span) -> Result<Span> {
        let earlier = match (self, later.months()) {
            (Self::Period(span), _) => span,
            (Self::YearBefore, Some(_)) => Span {
                first: later.first.year_before(),
                last: later.last.plus_days(1).year_before().plus_days(-1),
            },
            (Self::YearBefore, None) => {
                Span { first: later.first.year_before(), last: later.last.year_before() }
            }
            (Self::Before, Some(months)) => Span {
                first: shifted(later.first, -months).unwrap_or(later.first),
                last: later.first.plus_days(-1),
            },
            (Self::Before, None) => {
                let days = later.last.days() - later.first.days() + 1;
                Span { first: later.first.plus_days(-days), last: later.first.plus_days(-1) }
            }
        };
        if earlier.last >= later.first && later.last >= earlier.first {
            return Err(Error::usage(format!(
                "the periods {} to {} and {} to {} overlap",
                earlier.first, earlier.last, later.first, later.last
            ))
            .with_hint("choose a shorter period, or another to compare it with"));
        }
        Ok(earlier)
    }
}

impl std::str::FromStr for Span {
    type Err = Error;

    /// Reads `2025`, `2025-H1`, `2025-Q3`, `2025-07`, `2025-07-01` or `2025-07-01..2025-08-15`.
    fn from_str(text: &str) -> Result<Self> {
        let text = text.trim();
        if let Some((first, last)) = text.split_once("..") {
            return Self::new(first.trim().parse()?, last.trim().parse()?);
        }
        let found = || {
            let (year, rest) = text.split_once('-').unwrap_or((text, ""));
            if year.len() != 4 {
                return None;
            }
            let year: i32 = year.parse().ok()?;
            let number = |text: &str| text.parse::<u32>().ok().filter(|number| *number > 0);
            match rest.as_bytes() {
                [] => Self::of_months(year, 1, 12),
                [b'H' | b'h', half] => {
                    let half = number(std::str::from_utf8(&[*half]).ok()?)?;
                    (half <= 2).then(|| Self::of_months(year, 6 * half - 5, 6))?
                }
                [b'Q' | b'q', quarter] => {
                    let quarter = number(std::str::from_utf8(&[*quarter]).ok()?)?;
                    (quarter <= 4).then(|| Self::of_months(year, 3 * quarter - 2, 3))?
                }
                [_, _] => Self::of_months(year, number(rest)?, 1),
                _ => {
                    let day = text.parse().ok()?;
                    Some(Self { first: day, last: day })
                }
            }
        };
        found().ok_or_else(|| {
            Error::usage(format!("`{text}` is not a period"))
                .with_hint("write it as 2025, 2025-H1, 2025-Q3, 2025-07 or 2025-07-01..2025-08-15")
        })
    }
}

impl std::str::FromStr for Against {
    type Err = Error;

    /// Reads `year`, `before` or a period.
    fn from_str(text: &str) -> Result<Self> {
        match text.trim() {
            "year" => Ok(Self::YearBefore),
            "before" | "previous" => Ok(Self::Before),
            other => other.parse().map(Self::Period).map_err(|error: Error| {
                let hint = error.hint().unwrap_or_default().to_owned();
                Error::usage(error.to_string()).with_hint(format!("`year`, `before`, or {hint}"))
            }),
        }
    }
}
