//! Periods of the calendar: days, ISO weeks, calendar months, quarters and years.

use crate::{Date, Error, Result};

/// The length of a period. Weeks are ISO weeks, from Monday; months, quarters and years are those of the
/// calendar, so that their days differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Period {
    /// A day.
    Day,
    /// An ISO week.
    Week,
    /// A calendar month.
    #[default]
    Month,
    /// A calendar quarter.
    Quarter,
    /// A calendar year.
    Year,
}

impl Period {
    /// All periods, the longest first.
    pub const LONGEST_FIRST: [Self; 5] =
        [Self::Year, Self::Quarter, Self::Month, Self::Week, Self::Day];

    /// The name used by `--period`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// Periods in one cycle: days of a week, weeks, months and quarters of a year; 1 for years.
    pub const fn season(self) -> usize {
        match self {
            Self::Day => 7,
            Self::Week => 52,
            Self::Month => 12,
            Self::Quarter => 4,
            Self::Year => 1,
        }
    }

    /// How far to forecast where nobody says: four weeks, a quarter, a year, a year, three years.
    pub const fn usual_horizon(self) -> usize {
        match self {
            Self::Day => 28,
            Self::Week => 13,
            Self::Month => 12,
            Self::Quarter => 4,
            Self::Year => 3,
        }
    }

    /// The number of the period that `date` lies in; the next period has the next number.
    pub const fn number(self, date: Date) -> i32 {
        let (year, month, _) = date.to_ymd();
        let months = year * 12 + month as i32 - 1;
        match self {
            Self::Day => date.days(),
            // 1970-01-01 was a Thursday, the fourth day of its week.
            Self::Week => (date.days() + 3).div_euclid(7),
            Self::Month => months,
            Self::Quarter => months.div_euclid(3),
            Self::Year => year,
        }
    }

    /// The first day of the period `number`.
    pub fn first_day(self, number: i32) -> Date {
        let of_month = |months: i32| {
            let day = Date::from_ymd(months.div_euclid(12), months.rem_euclid(12) as u32 + 1, 1);
            day.unwrap_or_default()
        };
        match self {
            Self::Day => Date::from_days(number),
            Self::Week => Date::from_days(number * 7 - 3),
            Self::Month => of_month(number),
            Self::Quarter => of_month(number * 3),
            Self::Year => of_month(number * 12),
        }
    }
}

impl std::str::FromStr for Period {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::LONGEST_FIRST.into_iter().find(|period| period.name() == text).ok_or_else(|| {
            Error::usage(format!("`{text}` is no period"))
                .with_hint("one of day, week, month, quarter, year")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn first_days_and_numbers_agree() {
        for days in (-30_000..80_000).step_by(13) {
            let date = Date::from_days(days);
            for period in Period::LONGEST_FIRST {
                let number = period.number(date);
                assert!(period.first_day(number) <= date && date < period.first_day(number + 1));
                assert_eq!(period.number(period.first_day(number)), number);
            }
        }
    }

    #[test]
    fn periods_begin_where_the_calendar_says() {
        let begins = |period: Period, date| period.first_day(period.number(day(date))).to_string();
        assert_eq!(begins(Period::Week, "2027-01-03"), "2026-12-28"); // Sunday of ISO week 2026-W53
        assert_eq!(begins(Period::Month, "2024-02-29"), "2024-02-01");
        assert_eq!(begins(Period::Quarter, "2026-12-31"), "2026-10-01");
        assert_eq!(begins(Period::Year, "1969-12-31"), "1969-01-01");
        assert!("fortnight".parse::<Period>().unwrap_err().is_usage());
    }
}
