//! What is known ahead of the series: working days and holidays, prices, promotions.
//!
//! A calendar gives every period longer than a day the number of its working days, and every day whether it is
//! a holiday or a weekend that is worked. A table gives every period the mean of its rows. What of it is used,
//! and how strong it works, is found for each series by itself
//! ([`crmstat_models::forecast::drivers`]).

mod regressors;
mod table;
mod workdays;

pub use regressors::Regressors;
pub use workdays::WorkCalendar;

use super::{History, Period};
use crate::{Date, Result};
use crmstat_models::forecast::drivers::Driver;

/// What is known ahead. The default: nothing.
#[derive(Clone, Debug, Default)]
pub struct Drivers {
    /// Working days and holidays.
    pub calendar: Option<WorkCalendar>,
    /// Prices, promotions and the like.
    pub regressors: Option<Regressors>,
}

impl Drivers {
    /// Whether nothing is known ahead.
    pub fn is_empty(&self) -> bool {
        self.calendar.is_none() && self.regressors.is_none()
    }

    /// The drivers of one series, over its history and `horizon` periods more.
    pub(super) fn of(
        &self,
        history: &History,
        period: Period,
        horizon: usize,
    ) -> Result<Vec<Driver>> {
        let periods = history.first..history.next() + horizon as i32;
        let mut drivers = Vec::new();
        if let Some(calendar) = &self.calendar {
            drivers.extend(of_calendar(calendar, period, periods.clone()));
        }
        if let Some(regressors) = &self.regressors {
            drivers.extend(regressors.of(history, period, periods)?);
        }
        Ok(drivers)
    }
}

fn of_calendar(
    calendar: &WorkCalendar,
    period: Period,
    periods: std::ops::Range<i32>,
) -> Vec<Driver> {
    let days = |number: i32| -> Vec<Date> {
        let (first, end) = (period.first_day(number), period.first_day(number + 1));
        // An hour lies in a day and has none of its own.
        let end = end.days().max(first.days() + 1);
        (first.days()..end).map(Date::from_days).collect()
    };
    let driver = |name: &str, count: &dyn Fn(&Date) -> bool| {
        let of_period = |number| days(number).iter().filter(|day| count(day)).count() as f64;
        Driver::new(name, periods.clone().map(of_period).collect())
    };
    if matches!(period, Period::Hour | Period::Day) {
        return vec![
            driver("holiday", &|day| !calendar.is_working(*day) && !WorkCalendar::is_weekend(*day)),
            driver("working weekend", &|day| {
                calendar.is_working(*day) && WorkCalendar::is_weekend(*day)
            }),
        ];
    }
    vec![driver("working days", &|day| calendar.is_working(*day))]
}
