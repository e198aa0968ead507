//! The periods of a calendar: occasions to buy, and terms of contracts.

use crate::Date;
use crmstat_models::clv::TimeUnit;

/// Days, ISO weeks, months or years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Calendar(pub(super) TimeUnit);

impl Calendar {
    /// The number of the period in which `day` lies; consecutive ones differ by 1.
    pub(super) fn number(self, day: Date) -> i32 {
        match self.0 {
            TimeUnit::Day => day.days(),
            // 1970-01-01 was a Thursday, three days after a Monday.
            TimeUnit::Week => (day.days() + 3).div_euclid(7),
            TimeUnit::Month => month_number(day),
            TimeUnit::Year => day.to_ymd().0,
        }
    }

    /// The first day of the period number `number`.
    pub(super) fn first_day(self, number: i32) -> Date {
        match self.0 {
            TimeUnit::Day => Date::from_days(number),
            TimeUnit::Week => Date::from_days(number * 7 - 3),
            TimeUnit::Month => day_of_month(number, 1),
            TimeUnit::Year => day_of_month(number * 12, 1),
        }
    }

    /// The day `periods` after `start`; in a month that is too short, its last day.
    pub(super) fn after(self, start: Date, periods: u32) -> Date {
        let periods = periods as i32;
        let months = |months: i32| day_of_month(month_number(start) + months, start.to_ymd().2);
        match self.0 {
            TimeUnit::Day => start.plus_days(periods),
            TimeUnit::Week => start.plus_days(7 * periods),
            TimeUnit::Month => months(periods),
            TimeUnit::Year => months(12 * periods),
        }
    }

    /// The most periods after `start` that are over on `end`, which is not before it.
    pub(super) fn elapsed(self, start: Date, end: Date) -> u32 {
        let days = end.days() - start.days();
        let guess = match self.0 {
            TimeUnit::Day => days,
            TimeUnit::Week => days / 7,
            TimeUnit::Month => month_number(end) - month_number(start),
            TimeUnit::Year => end.to_ymd().0 - start.to_ymd().0,
        };
        let guess = guess as u32;
        // The last of them may end later in its month or year.
        guess - u32::from(self.after(start, guess) > end)
    }
}

fn month_number(day: Date) -> i32 {
    let (year, month, _) = day.to_ymd();
    year * 12 + month as i32 - 1
}

/// The day `day` of the month number `number`, or the last there is.
fn day_of_month(number: i32, day: u32) -> Date {
    let (year, month) = (number.div_euclid(12), number.rem_euclid(12) as u32 + 1);
    (1..=day).rev().find_map(|day| Date::from_ymd(year, month, day)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Calendar;
    use crate::Date;
    use crmstat_models::clv::TimeUnit;

    const ALL: [Calendar; 4] = [
        Calendar(TimeUnit::Day),
        Calendar(TimeUnit::Week),
        Calendar(TimeUnit::Month),
        Calendar(TimeUnit::Year),
    ];

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_are_consecutive_and_days_come_back() {
        for calendar in ALL {
            let mut before = calendar.number(Date::from_days(-1001));
            for days in -1000..1000 {
                let number = calendar.number(Date::from_days(days));
                assert!(number == before || number == before + 1);
                assert_eq!(number != before, calendar.first_day(number).days() == days);
                before = number;
            }
        }
        assert_eq!(ALL[1].first_day(ALL[1].number(day("2024-03-03"))), day("2024-02-26"));
    }

    #[test]
    fn periods_after_a_day_are_over_when_their_last_day_comes() {
        let start = day("2024-01-31");
        assert_eq!(ALL[2].after(start, 1), day("2024-02-29"));
        assert_eq!(ALL[2].elapsed(start, day("2024-02-28")), 0);
        assert_eq!(ALL[2].elapsed(start, day("2024-02-29")), 1);
        assert_eq!(ALL[2].elapsed(start, day("2024-03-30")), 1);
        assert_eq!(ALL[3].elapsed(day("2024-02-29"), day("2025-02-28")), 1);
        for calendar in ALL {
            for days in 0..900 {
                let end = start.plus_days(days);
                let elapsed = calendar.elapsed(start, end);
                assert!(calendar.after(start, elapsed) <= end);
                assert!(calendar.after(start, elapsed + 1) > end);
            }
        }
    }
}
