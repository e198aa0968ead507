//! Calendar periods by number.

use crate::{Date, Error, Result};

/// A period of the calendar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Period {
    /// A month.
    #[default]
    Month,
    /// Three months, from January on.
    Quarter,
    /// A year.
    Year,
}

impl Period {
    /// Every period, the shortest first.
    pub const ALL: [Self; 3] = [Self::Month, Self::Quarter, Self::Year];

    /// The name that options and output use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    const fn months(self) -> i32 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Year => 12,
        }
    }

    /// The number of the period in which `date` lies, consecutive from year 0 on.
    pub const fn number(self, date: Date) -> u32 {
        let (year, month, _) = date.to_ymd();
        // A date of a cell lies after 1900, so the number is not negative.
        ((year * 12 + month as i32 - 1) / self.months()) as u32
    }

    /// The first day of the period number `number`.
    pub fn first_day(self, number: u32) -> Date {
        let months = number as i32 * self.months();
        Date::from_ymd(months / 12, (months % 12) as u32 + 1, 1).unwrap_or_default()
    }
}

impl std::str::FromStr for Period {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|period| period.name() == text).ok_or_else(|| {
            Error::usage(format!("`{text}` is not a period of cohorts"))
                .with_hint("one of `month`, `quarter`, `year`")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Period;
    use crate::Date;

    #[test]
    fn numbers_are_consecutive_and_days_come_back() {
        for period in Period::ALL {
            let mut before = period.number(Date::from_days(-1));
            for days in 0..4000 {
                let date = Date::from_days(days);
                let number = period.number(date);
                assert!(number == before || number == before + 1);
                assert_eq!(number != before, period.first_day(number) == date);
                assert!(period.first_day(number) <= date);
                before = number;
            }
        }
    }
}
