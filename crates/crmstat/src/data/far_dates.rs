//! Dates far from all others: a year mistyped, or what a program writes where it knows no date.
//!
//! Nothing reads the clock, so that only the dates themselves say which of them cannot be. They are counted
//! in buckets of 2^[`SHIFT`] seconds. Rows behind a gap without any row are *set aside* when
//!
//! - all of them stand where programs put a date that they do not know ([`PLACEHOLDERS`]), are fewer than
//!   half of the rows, and the gap is [`PLACEHOLDER_GAP`] years or more; or
//! - they are few (one row in [`FEW`], or one; one in [`FEW_EVER`] behind [`NEVER_GAP`] years), and the gap is [`SILENCES`] times as long as the longest one
//!   between the other rows and at least [`PAST_GAP`] years before them or [`FUTURE_GAP`] years behind them.
//!
//! A business has old orders, closes for a season and opens again. So the past has the longer gap; a gap is
//! measured by the silences that the business itself has; and rows behind it that come as thick as the
//! others are taken for the business opened again unless the gap is [`NEVER_GAP`] years or more. In fewer
//! than [`MANY`] rows there is little to compare with, and the gap is at least [`PLACEHOLDER_GAP`] years.

use super::{Finding, Notice, Severity};
use crate::{Date, Money, Timestamp, Window};
use std::ops::Range;

/// A bucket is 2^21 seconds, about 24 days: a shift is less work than a division.
const SHIFT: u32 = 21;
/// The start of the first bucket.
const ORIGIN: i64 = Date::MIN.midnight().seconds();
/// Buckets between the earliest and the latest date that a cell may hold.
const BUCKETS: usize =
    ((Date::MAX.plus_days(1).midnight().seconds() - ORIGIN) >> SHIFT) as usize + 1;

/// The fewest rows of which any may be set aside.
const FEWEST: u64 = 10;
/// From so many rows on their silences say something.
const MANY: u64 = 50;
/// One row in so many is few.
const FEW: u64 = 50;
/// One row in so many is few behind a gap of [`NEVER_GAP`].
const FEW_EVER: u64 = 10;
/// How many times the longest silence of the business a gap must be.
const SILENCES: usize = 5;
/// How thick the rows behind a gap must come, of the rows of a filled bucket, to be the business again.
const THICK: f64 = 0.1;

const PLACEHOLDER_GAP: usize = years(5);
const PAST_GAP: usize = years(20);
const FUTURE_GAP: usize = years(1);
const NEVER_GAP: usize = years(10);

/// The days that programs write where they know no date, whatever the zone: the first days of Excel, Unix,
/// DOS and of round years, the last ones of centuries and of Unix in 32 bits.
const PLACEHOLDERS: [(i32, u32, u32); 13] = [
    (1900, 1, 1),
    (1969, 12, 31),
    (1970, 1, 1),
    (1980, 1, 1),
    (1990, 1, 1),
    (2000, 1, 1),
    (2001, 1, 1),
    (2038, 1, 19),
    (2049, 12, 31),
    (2050, 1, 1),
    (2099, 12, 31),
    (2100, 1, 1),
    (2199, 12, 31),
];

/// Buckets in so many years.
const fn years(years: usize) -> usize {
    (years * 365 * 86_400) >> SHIFT
}

/// How many rows each bucket has.
#[derive(Clone, Debug, Default)]
pub(crate) struct DateCounts {
    /// By bucket; empty until there is a row.
    rows: Vec<u64>,
}

/// The instants whose rows count, where others are set aside; both ends are far from any row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Body(pub(crate) Range<Timestamp>);

/// Rows that were set aside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SetAside {
    pub(crate) rows: u64,
    /// What they are worth, in units of money.
    pub(crate) units: i128,
    pub(crate) span: Option<(Date, Date)>,
}

impl DateCounts {
    /// Counts rows, whose earliest and latest instant are given.
    pub(crate) fn count(&mut self, at: &[Timestamp], earliest: Timestamp, latest: Timestamp) {
        self.rows.resize(BUCKETS, 0);
        // Exports are mostly sorted by date, so that most blocks lie in one bucket.
        let (first, last) = (bucket(earliest), bucket(latest));
        if first == last {
            self.rows[first] += at.len() as u64;
        } else {
            for at in at {
                self.rows[bucket(*at)] += 1;
            }
        }
    }

    /// Adds the rows of another thread.
    pub(crate) fn add(&mut self, other: &Self) {
        self.rows.resize(self.rows.len().max(other.rows.len()), 0);
        for (mine, theirs) in self.rows.iter_mut().zip(&other.rows) {
            *mine += theirs;
        }
    }

    /// The days whose rows count; `None` where no row is set aside. What `window` says itself stands.
    pub(crate) fn body(&self, window: Window) -> Option<Body> {
        let filled: Vec<(usize, u64)> =
            self.rows.iter().copied().enumerate().filter(|(_, rows)| *rows > 0).collect();
        let all: u64 = filled.iter().map(|(_, rows)| rows).sum();
        if all < FEWEST {
            return None;
        }
        let known = PLACEHOLDERS.map(|(year, month, day)| {
            Date::from_ymd(year, month, day).map_or(0, |day| bucket(day.midnight()))
        });
        let mut kept = 0..filled.len();
        if window.since.is_none() {
            let is_known = |at| known.contains(&at);
            kept.start = placeholders(&filled, all, is_known).unwrap_or(0);
        }
        if window.until.is_none() {
            let is_known = |at| known.contains(&(BUCKETS - 1 - at));
            let mirrored = mirror(&filled[kept.clone()]);
            kept.end -= placeholders(&mirrored, all, is_known).unwrap_or(0);
        }
        for (share, past, future) in [(FEW, PAST_GAP, FUTURE_GAP), (FEW_EVER, PAST_GAP, NEVER_GAP)]
        {
            let most = (all / share).max(1);
            let silence = longest_silence(&filled[kept.clone()], most);
            if window.since.is_none() {
                kept.start += few(&filled[kept.clone()], all, most, past, silence).unwrap_or(0);
            }
            if window.until.is_none() {
                let mirrored = mirror(&filled[kept.clone()]);
                kept.end -= few(&mirrored, all, most, future, silence).unwrap_or(0);
            }
        }
        if kept == (0..filled.len()) {
            return None;
        }
        let (first, last) = (filled.get(kept.start)?.0, filled.get(kept.end.checked_sub(1)?)?.0);
        let from = if kept.start == 0 { i64::MIN } else { start(first) };
        let until = if kept.end == filled.len() { i64::MAX } else { start(last + 1) };
        Some(Body(Timestamp::from_seconds(from)..Timestamp::from_seconds(until)))
    }
}

impl Body {
    /// Whether the row counts.
    pub(crate) fn contains(&self, at: Timestamp) -> bool {
        self.0.contains(&at)
    }
}

impl SetAside {
    /// Counts a row of `at`, worth `amount`.
    pub(crate) fn count(&mut self, at: Timestamp, amount: Money) {
        let day = at.date();
        self.add(&Self { rows: 1, units: i128::from(amount.units()), span: Some((day, day)) });
    }

    /// What is said of them beside the first and the last of the `rest` of the rows.
    pub(crate) fn notice(
        &self,
        others: Option<(Timestamp, Timestamp)>,
        rest: u64,
    ) -> Option<Notice> {
        let (first, last) = self.span?;
        let (from, until) = others.map(|(from, until)| (from.date(), until.date()))?;
        let finding = Finding::FarDates { far: (first, last), others: (from, until), rest };
        let worth = i64::try_from(self.units).ok().map(Money::from_units);
        let notice = Notice::new(Severity::Grave, finding, self.rows).worth(worth);
        Some(notice.settled_by("far-dates", "drop|keep"))
    }

    /// Adds the rows of another thread.
    pub(crate) fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.units += other.units;
        self.span = match (self.span, other.span) {
            (Some(mine), Some(theirs)) => Some((mine.0.min(theirs.0), mine.1.max(theirs.1))),
            (mine, theirs) => mine.or(theirs),
        };
    }
}

fn bucket(at: Timestamp) -> usize {
    // A stamp that was moved to another zone may lie a day outside.
    ((at.seconds() - ORIGIN).max(0) >> SHIFT).min(BUCKETS as i64 - 1) as usize
}

/// The first second of a bucket.
fn start(bucket: usize) -> i64 {
    ORIGIN + ((bucket as i64) << SHIFT)
}

/// The same rows in the opposite direction of time.
fn mirror(filled: &[(usize, u64)]) -> Vec<(usize, u64)> {
    filled.iter().rev().map(|(at, rows)| (BUCKETS - 1 - at, *rows)).collect()
}

/// How many of the first `filled` buckets are placeholders before a long gap.
fn placeholders(
    filled: &[(usize, u64)],
    all: u64,
    is_known: impl Fn(usize) -> bool,
) -> Option<usize> {
    let mut rows = 0;
    let mut found = None;
    for (count, pair) in filled.windows(2).enumerate() {
        rows += pair[0].1;
        if !is_known(pair[0].0) || rows * 2 >= all {
            break;
        }
        if pair[1].0 - pair[0].0 > PLACEHOLDER_GAP {
            found = Some(count + 1);
        }
    }
    found
}

/// How many of the first `filled` buckets are few rows, `most` at most, before a long gap.
fn few(filled: &[(usize, u64)], all: u64, most: u64, gap: usize, silence: usize) -> Option<usize> {
    let needed = gap.max(SILENCES * silence);
    let needed = if all < MANY { needed.max(PLACEHOLDER_GAP) } else { needed };
    let (mut rows, mut found) = (0, None);
    for (count, pair) in filled.windows(2).enumerate() {
        rows += pair[0].1;
        if rows > most {
            break;
        }
        let length = pair[1].0 - pair[0].0;
        let usual = (all - rows) as f64 / (filled.len() - count - 1) as f64;
        let thick = rows as f64 / (count + 1) as f64 > THICK * usual && rows > 1;
        if length > needed && !(thick && length < NEVER_GAP) {
            found = Some(count + 1);
        }
    }
    found
}

/// The longest gap between the rows that are no few, `most` at most, at either end.
fn longest_silence(filled: &[(usize, u64)], most: u64) -> usize {
    let ends = |filled: &mut dyn Iterator<Item = u64>| {
        let mut rows = 0;
        filled
            .take_while(|own| {
                rows += own;
                rows <= most
            })
            .count()
    };
    let start = ends(&mut filled.iter().map(|(_, rows)| *rows));
    let end = ends(&mut filled.iter().rev().map(|(_, rows)| *rows));
    let core = filled.get(start..filled.len().saturating_sub(end)).unwrap_or_default();
    core.windows(2).map(|pair| pair[1].0 - pair[0].0).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Body, DateCounts};
    use crate::{Date, Window};

    /// The rows of `days`, counted as a file that holds them would be.
    fn counts(days: &[Date]) -> DateCounts {
        let mut counts = DateCounts::default();
        for day in days {
            counts.count(&[day.midnight()], day.midnight(), day.midnight());
        }
        counts
    }

    fn body(days: &[Date]) -> Option<Body> {
        counts(days).body(Window::default())
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    /// `rows` rows, one every `step` days from `start` on.
    fn every(start: &str, step: i32, rows: i32) -> Vec<Date> {
        (0..rows).map(|row| day(start).plus_days(row * step)).collect()
    }

    /// The days of `days` that do not count.
    fn set_aside(days: &[Date]) -> Vec<String> {
        let Some(body) = body(days) else { return Vec::new() };
        let odd = days.iter().filter(|day| !body.contains(day.midnight()));
        odd.map(ToString::to_string).collect()
    }

    #[test]
    fn mistyped_years_and_placeholders_are_set_aside() {
        let year = every("2024-01-03", 2, 180);
        for odd in [
            &["2042-05-06"][..],
            &["1900-01-01", "1970-01-01"],
            &["1924-03-01", "2104-03-01"],
            &["1994-03-01", "2042-01-01", "2042-01-01"],
            &["2027-11-30"],
            &["2026-03-01"],
            &["2052-01-03", "2052-02-03", "2053-03-03", "2053-03-04", "2053-03-05"],
        ] {
            let mut days: Vec<Date> = odd.iter().map(|text| day(text)).collect();
            days.extend(&year);
            assert_eq!(set_aside(&days), *odd);
        }
        assert_eq!(body(&year), None);
    }

    #[test]
    fn many_placeholders_are_still_no_dates_but_half_of_the_rows_are() {
        let mut days = vec![day("1970-01-01"); 60];
        days.extend(every("2024-01-03", 2, 100));
        assert_eq!(set_aside(&days).len(), 60);
        days.extend(vec![day("1970-01-01"); 60]);
        assert_eq!(body(&days), None);
    }

    #[test]
    fn seasons_old_orders_and_a_business_opened_again_stand() {
        // Christmas trees: three weeks a year.
        let seasons: Vec<Date> =
            (2012..2024).flat_map(|year| every(&format!("{year}-12-03"), 1, 20)).collect();
        assert_eq!(body(&seasons), None);
        // An order of 2009 among those of 2019 on.
        let mut old = vec![day("2009-05-05")];
        old.extend(every("2019-01-03", 3, 400));
        assert_eq!(body(&old), None);
        // Four silent years, then 30 orders in a month.
        let mut again = every("2015-01-02", 1, 1500);
        again.extend(every("2023-03-01", 1, 30));
        assert_eq!(body(&again), None);
        // An order every second year.
        assert_eq!(body(&every("1990-06-01", 730, 15)), None);
        // Too few rows to tell.
        let mut few = every("2024-01-03", 5, 8);
        few.push(day("2042-01-01"));
        assert_eq!(body(&few), None);
    }

    #[test]
    fn what_the_caller_says_of_a_side_stands() {
        let mut days = vec![day("1970-01-01"), day("2042-01-01")];
        days.extend(every("2024-01-03", 2, 180));
        let counts = counts(&days);
        let body = |since: Option<&str>, until: Option<&str>| {
            let window = Window {
                since: since.map(day),
                until: until.map(|until| crate::AsOf::start_of(day(until))),
            };
            let body = counts.body(window)?;
            let takes = |text: &str| body.contains(day(text).midnight());
            Some((takes("1970-01-01"), takes("2042-01-01")))
        };
        assert_eq!(body(None, None), Some((false, false)));
        assert_eq!(body(Some("1960-01-01"), None), Some((true, false)));
        assert_eq!(body(None, Some("2100-01-01")), Some((false, true)));
        assert_eq!(body(Some("1960-01-01"), Some("2100-01-01")), None);
    }

    #[test]
    fn a_block_in_one_bucket_is_counted_as_row_by_row() {
        let days = every("2024-01-03", 1, 60);
        let at: Vec<_> = days.iter().map(|day| day.midnight()).collect();
        let mut whole = DateCounts::default();
        whole.count(&at, at[0], at[59]);
        assert_eq!(whole.rows, counts(&days).rows);
        let mut block = DateCounts::default();
        block.count(&at[..2], at[0], at[1]);
        assert_eq!(block.rows.iter().sum::<u64>(), 2);
    }
}
