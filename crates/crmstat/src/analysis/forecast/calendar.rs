//! Periods of the calendar: hours, days, ISO weeks, calendar months, quarters and years.

use crate::{Date, Error, Result, Timestamp, data::table::Column};
use serde::Serialize;

/// The length of a period. Weeks are ISO weeks, from Monday; months, quarters and years are those of the
/// calendar, so that their days differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// An hour of local time.
    Hour,
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
    pub const LONGEST_FIRST: [Self; 6] =
        [Self::Year, Self::Quarter, Self::Month, Self::Week, Self::Day, Self::Hour];

    /// The name used by `--period`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// Periods in one cycle: hours of a day, days of a week, weeks, months and quarters of a year; 1 for years.
    pub const fn season(self) -> usize {
        match self {
            Self::Hour => 24,
            Self::Day => 7,
            Self::Week => 52,
            Self::Month => 12,
            Self::Quarter => 4,
            Self::Year => 1,
        }
    }

    /// How far to forecast where nobody says: two days, four weeks, a quarter, a year, a year, three years.
    pub const fn usual_horizon(self) -> usize {
        match self {
            Self::Hour => 48,
            Self::Day => 28,
            Self::Week => 13,
            Self::Month => 12,
            Self::Quarter => 4,
            Self::Year => 3,
        }
    }

    /// The number of the period that `date` lies in, of hours the first of the day; the next period has the next
    /// number.
    pub const fn number(self, date: Date) -> i32 {
        let (year, month, _) = date.to_ymd();
        let months = year * 12 + month as i32 - 1;
        match self {
            Self::Hour => date.days() * HOURS,
            Self::Day => date.days(),
            // 1970-01-01 was a Thursday, the fourth day of its week.
            Self::Week => (date.days() + 3).div_euclid(7),
            Self::Month => months,
            Self::Quarter => months.div_euclid(3),
            Self::Year => year,
        }
    }

    /// The number of the period that an instant lies in.
    pub const fn number_at(self, at: Timestamp) -> i32 {
        match self {
            Self::Hour => at.seconds().div_euclid(SECONDS_AN_HOUR) as i32,
            _ => self.number(at.date()),
        }
    }

    /// The instant at which the period `number` begins.
    pub(super) fn start(self, number: i32) -> Timestamp {
        match self {
            Self::Hour => Timestamp::from_seconds(i64::from(number) * SECONDS_AN_HOUR),
            _ => self.first_day(number).midnight(),
        }
    }

    /// The column of the periods `numbers`: their first days, of hours the day and the hour.
    pub(super) fn column(self, numbers: impl Iterator<Item = i32>) -> Column {
        if self != Self::Hour {
            return Column::date("period", "Период", numbers.map(|number| self.first_day(number)));
        }
        let label =
            |number: i32| format!("{} {:02}:00", self.first_day(number), number.rem_euclid(HOURS));
        let labels: Vec<String> = numbers.map(label).collect();
        Column::text("period", "Период", labels.iter().map(String::as_str))
    }

    /// The first day of the period `number`, of hours the day it lies in.
    pub fn first_day(self, number: i32) -> Date {
        let of_month = |months: i32| {
            let day = Date::from_ymd(months.div_euclid(12), months.rem_euclid(12) as u32 + 1, 1);
            day.unwrap_or_default()
        };
        match self {
            Self::Hour => Date::from_days(number.div_euclid(HOURS)),
            Self::Day => Date::from_days(number),
            Self::Week => Date::from_days(number * 7 - 3),
            Self::Month => of_month(number),
            Self::Quarter => of_month(number * 3),
            Self::Year => of_month(number * 12),
        }
    }
}

const HOURS: i32 = 24;
const SECONDS_AN_HOUR: i64 = 3600;

impl std::str::FromStr for Period {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::LONGEST_FIRST.into_iter().find(|period| period.name() == text).ok_or_else(|| {
            Error::usage(format!("`{text}` is no period"))
                .with_hint("one of hour, day, week, month, quarter, year")
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
                let end = period.first_day(number + if period == Period::Hour { HOURS } else { 1 });
                assert!(period.first_day(number) <= date && date < end);
                assert_eq!(period.number(period.first_day(number)), number);
                assert_eq!(period.number_at(date.midnight()), number);
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
