//! The clock by which customers live: long days when sales are high, short ones when they are low.

use std::f64::consts::TAU;

use crate::Date;

/// Relative sales of the days of a week from Monday, around 1.
const WEEKDAYS: [f64; 7] = [1.1, 1.15, 1.15, 1.1, 1.2, 0.75, 0.55];
/// How much of the weekly pattern a seasonality of 1 shows.
const WEEKDAY_SHARE: f64 = 1.5;
/// The day of the year on which the season peaks: mid-December.
const PEAK: f64 = 349.0;
const DAYS_PER_YEAR: f64 = 365.25;

/// Business time, in days, at the start of each calendar day since the first.
pub(super) struct Clock {
    starts: Vec<f64>,
    /// For each whole business day, a calendar day at or before it and close to it.
    hints: Vec<u16>,
}

impl Clock {
    /// The clock of `days` days from `first` on, which shows `observed` days after as many.
    pub(super) fn new(
        first: Date,
        observed: u16,
        days: u16,
        seasonality: f64,
        growth: f64,
    ) -> Self {
        let intensity = |day: u16| {
            let date = first.plus_days(day.into());
            // 1970-01-01 was a Thursday.
            let weekday = WEEKDAYS[(date.days() + 3).rem_euclid(7) as usize];
            let (year, ..) = date.to_ymd();
            let new_year = Date::from_ymd(year, 1, 1).unwrap_or(date);
            let phase = TAU * (f64::from(date.days() - new_year.days()) - PEAK) / DAYS_PER_YEAR;
            let share = (WEEKDAY_SHARE * seasonality).min(1.0);
            (1.0 + seasonality * phase.cos())
                * (1.0 + share * (weekday - 1.0))
                * (1.0 + growth).powf(f64::from(day) / DAYS_PER_YEAR)
        };
        let mut starts = vec![0.0];
        let mut total = 0.0;
        for day in 0..days {
            total += intensity(day);
            starts.push(total);
        }
        let scale = f64::from(observed) / starts[usize::from(observed)];
        for start in &mut starts {
            *start *= scale;
        }
        let mut hints = Vec::new();
        for day in 0..days {
            while (hints.len() as f64) < starts[usize::from(day) + 1] {
                hints.push(day);
            }
        }
        Self { starts, hints }
    }

    /// The business time at which `day` begins.
    pub(super) fn start_of(&self, day: u16) -> f64 {
        self.starts[usize::from(day)]
    }

    /// The business time at which the last day ends.
    pub(super) fn end(&self) -> f64 {
        self.starts[self.starts.len() - 1]
    }

    /// The calendar day of the business time `at`, below [`Clock::end`].
    pub(super) fn day_of(&self, at: f64) -> u16 {
        let mut day = self.hints[(at as usize).min(self.hints.len() - 1)];
        while usize::from(day) + 2 < self.starts.len() && self.starts[usize::from(day) + 1] <= at {
            day += 1;
        }
        day
    }
}

#[cfg(test)]
mod tests {
    use super::Clock;
    use crate::Date;

    #[test]
    fn a_flat_clock_is_the_calendar() {
        let clock = Clock::new(Date::from_days(20_000), 100, 130, 0.0, 0.0);
        assert_eq!(clock.start_of(100), 100.0);
        assert_eq!(clock.day_of(0.0), 0);
        assert_eq!(clock.day_of(99.5), 99);
        assert_eq!(clock.end(), 130.0);
    }

    #[test]
    fn every_business_time_lies_in_its_day() {
        let clock = Clock::new(Date::from_days(19_000), 900, 1000, 0.9, 2.0);
        assert!((clock.start_of(900) - 900.0).abs() < 1e-9);
        for step in 0..100_000 {
            let at = clock.end() * f64::from(step) / 100_000.0;
            let day = clock.day_of(at);
            assert!(clock.start_of(day) <= at && at < clock.start_of(day + 1), "{at} in {day}");
        }
    }

    #[test]
    fn december_outsells_june_and_friday_sunday() {
        let first = Date::from_ymd(2024, 1, 1).unwrap(); // a Monday
        let clock = Clock::new(first, 366, 366, 0.7, 0.0);
        let sales = |day: u16| clock.start_of(day + 1) - clock.start_of(day);
        let week = |start: u16| (start..start + 7).map(sales).sum::<f64>();
        assert!(week(343) > 2.0 * week(161));
        assert!(sales(4) > 2.0 * sales(6));
    }
}
