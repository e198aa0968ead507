//! Working days: weekends, holidays, and days off that were moved.

use super::table::dated;
use crate::{Date, Error, Result, ingest::ExportFile};
use std::collections::BTreeSet;

/// Which days are worked. Weeks have five working days, from Monday; holidays and moved days off change them.
///
/// ```
/// use crmstat::analysis::forecast::WorkCalendar;
///
/// let russia = WorkCalendar::russian();
/// assert!(russia.is_working("2024-04-27".parse()?)); // a Saturday worked for …
/// assert!(!russia.is_working("2024-04-29".parse()?)); // … the Monday before the first of May
/// # Ok::<(), crmstat::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkCalendar {
    holidays: BTreeSet<Date>,
    worked: BTreeSet<Date>,
}

/// A month and its day.
type DayOfYear = (u32, u32);

/// Holidays of Russia by article 112 of its labour code, as of 2013.
const HOLIDAYS: [DayOfYear; 14] = [
    (1, 1),
    (1, 2),
    (1, 3),
    (1, 4),
    (1, 5),
    (1, 6),
    (1, 7),
    (1, 8),
    (2, 23),
    (3, 8),
    (5, 1),
    (5, 9),
    (6, 12),
    (11, 4),
];

/// What the government's yearly decree moved: days off that it gave, weekends that are worked for them, and
/// holidays on a weekend whose day off it gave elsewhere.
struct Decree {
    year: i32,
    off: &'static [DayOfYear],
    worked: &'static [DayOfYear],
    given: &'static [DayOfYear],
}

const fn decree(
    year: i32,
    off: &'static [DayOfYear],
    worked: &'static [DayOfYear],
    given: &'static [DayOfYear],
) -> Decree {
    Decree { year, off, worked, given }
}

/// The decrees "On the transfer of days off" of these years.
const DECREES: [Decree; 13] = [
    decree(2015, &[(1, 9), (5, 4)], &[], &[]),
    decree(2016, &[(2, 22), (3, 7), (5, 3)], &[(2, 20)], &[]),
    decree(2017, &[(2, 24), (5, 8)], &[], &[]),
    decree(2018, &[(3, 9), (4, 30), (5, 2), (6, 11), (12, 31)], &[(4, 28), (6, 9), (12, 29)], &[]),
    decree(2019, &[(5, 2), (5, 3), (5, 10)], &[], &[(2, 23)]),
    decree(2020, &[(5, 4), (5, 5)], &[], &[]),
    decree(2021, &[(2, 22), (11, 5), (12, 31)], &[(2, 20)], &[]),
    decree(2022, &[(3, 7), (5, 3), (5, 10)], &[(3, 5)], &[]),
    decree(2023, &[(2, 24), (5, 8)], &[], &[]),
    decree(
        2024,
        &[(4, 29), (4, 30), (5, 10), (12, 30), (12, 31)],
        &[(4, 27), (11, 2), (12, 28)],
        &[],
    ),
    decree(2025, &[(5, 2), (5, 8), (6, 13), (11, 3), (12, 31)], &[(11, 1)], &[(2, 23), (3, 8)]),
    decree(2026, &[(1, 9), (12, 31)], &[], &[]),
    decree(2027, &[(2, 22), (11, 5), (12, 31)], &[(2, 20)], &[]),
];

/// The years for which the rules are worked out.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2100;

impl WorkCalendar {
    /// Five working days a week, without holidays.
    pub fn weekdays() -> Self {
        Self::default()
    }

    /// The working days of Russia: the holidays of its labour code, and the days off that the decrees of 2015
    /// to 2027 moved. In other years a holiday on a weekend moves to the next working day, as the code says,
    /// and those of January stay. The non-working days of the epidemic in 2020 and 2021 are no holidays.
    pub fn russian() -> Self {
        let mut calendar = Self::default();
        for year in YEARS {
            let date = |(month, day): &DayOfYear| Date::from_ymd(year, *month, *day);
            let decree = DECREES.iter().find(|decree| decree.year == year);
            let given = decree.map_or(&[][..], |decree| decree.given);
            calendar.holidays.extend(HOLIDAYS.iter().filter_map(date));
            let moves = |day: &&DayOfYear| day.0 > 1 && !given.contains(day);
            for holiday in HOLIDAYS.iter().filter(moves).filter_map(date) {
                if Self::is_weekend(holiday) {
                    let mut next = holiday.plus_days(1);
                    while Self::is_weekend(next) || calendar.holidays.contains(&next) {
                        next = next.plus_days(1);
                    }
                    calendar.holidays.insert(next);
                }
            }
            let Some(decree) = decree else { continue };
            calendar.holidays.extend(decree.off.iter().filter_map(date));
            calendar.worked.extend(decree.worked.iter().filter_map(date));
        }
        calendar
    }

    /// Five working days a week but for `holidays`.
    pub fn with_holidays(holidays: impl IntoIterator<Item = Date>) -> Self {
        Self { holidays: holidays.into_iter().collect(), worked: BTreeSet::new() }
    }

    /// Five working days a week but for the holidays in `file`, which has a column of dates: a path, or an
    /// [`ExportFile`] in memory.
    ///
    /// # Errors
    /// A file that cannot be read, or without a date.
    pub fn from_file(file: impl Into<ExportFile>) -> Result<Self> {
        let file = file.into();
        let holidays: BTreeSet<Date> = dated(&file)?.1.into_iter().collect();
        if holidays.is_empty() {
            return Err(Error::data(format!("`{}` has no date of a holiday", file.name()))
                .with_hint("it needs a column `date`, and may have `name`"));
        }
        Ok(Self { holidays, worked: BTreeSet::new() })
    }

    /// Whether `date` is worked.
    pub fn is_working(&self, date: Date) -> bool {
        self.worked.contains(&date) || !(Self::is_weekend(date) || self.holidays.contains(&date))
    }

    /// Whether `date` is a Saturday or Sunday.
    pub(super) fn is_weekend(date: Date) -> bool {
        // 1970-01-01 was a Thursday.
        (date.days() + 3).rem_euclid(7) >= 5
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn working_days(
        calendar: &WorkCalendar,
        year: i32,
        months: std::ops::RangeInclusive<u32>,
    ) -> usize {
        let first = Date::from_ymd(year, *months.start(), 1).unwrap().days();
        let end = match months.end() {
            12 => Date::from_ymd(year + 1, 1, 1).unwrap(),
            month => Date::from_ymd(year, month + 1, 1).unwrap(),
        };
        (first..end.days()).filter(|day| calendar.is_working(Date::from_days(*day))).count()
    }

    /// Working days by month, with every transfer as decreed: the calendars of the Python package `holidays`
    /// 0.109, which agree day by day; 2027 as on xmlcalendar.ru, too.
    const OFFICIAL: [(i32, [usize; 12]); 13] = [
        (2015, [15, 19, 21, 22, 18, 21, 23, 21, 22, 22, 20, 23]),
        (2016, [15, 20, 21, 21, 19, 21, 21, 23, 22, 21, 21, 22]),
        (2017, [17, 18, 22, 20, 20, 21, 21, 23, 21, 22, 21, 21]),
        (2018, [17, 19, 20, 21, 20, 20, 22, 23, 20, 23, 21, 21]),
        (2019, [17, 20, 20, 22, 18, 19, 23, 22, 21, 23, 20, 22]),
        (2020, [17, 19, 21, 22, 17, 21, 23, 21, 22, 22, 20, 23]),
        (2021, [15, 19, 22, 22, 19, 21, 22, 22, 22, 21, 20, 22]),
        (2022, [16, 19, 22, 21, 18, 21, 21, 23, 22, 21, 21, 22]),
        (2023, [17, 18, 22, 20, 20, 21, 21, 23, 21, 22, 21, 21]),
        (2024, [17, 20, 20, 21, 20, 19, 23, 22, 21, 23, 21, 21]),
        (2025, [17, 20, 21, 22, 18, 19, 23, 21, 22, 23, 19, 22]),
        (2026, [15, 19, 21, 22, 19, 21, 23, 21, 22, 22, 20, 22]),
        (2027, [15, 19, 22, 22, 19, 21, 22, 22, 22, 21, 20, 22]),
    ];

    #[test]
    fn months_and_years_have_the_working_days_of_the_official_calendars() {
        let russia = WorkCalendar::russian();
        for (year, months) in OFFICIAL {
            for (month, days) in (1..).zip(months) {
                assert_eq!(working_days(&russia, year, month..=month), days, "{year}-{month}");
            }
            let days = if [2020, 2024].contains(&year) { 248 } else { 247 };
            assert_eq!(working_days(&russia, year, 1..=12), days, "{year}");
        }
    }

    #[test]
    fn moved_days_are_where_the_decrees_say() {
        let russia = WorkCalendar::russian();
        let is_working = |date: &str| russia.is_working(date.parse().unwrap());
        for worked in ["2016-02-20", "2018-12-29", "2022-03-05", "2025-11-01", "2027-02-20"] {
            assert!(is_working(worked), "{worked}");
        }
        for off in
            ["2019-05-10", "2020-03-09", "2021-12-31", "2025-06-13", "2026-01-09", "2023-11-06"]
        {
            assert!(!is_working(off), "{off}");
        }
        // The eighth of March 2025 was a Saturday whose day off went to June.
        assert!(is_working("2025-03-10") && is_working("2019-02-25"));
        // Without a decree the code's rule holds: 2028-11-04 is a Saturday.
        assert!(!is_working("2028-11-06"));
        assert_eq!(working_days(&WorkCalendar::weekdays(), 2024, 1..=1), 23);
    }
}
