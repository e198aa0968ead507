//! The periods of sales, and with which days each is compared.

use super::Period;
use crate::{AsOf, Date, Error, Result};
use serde::Serialize;

/// Most periods of a table.
const MOST: i32 = 20_000;

/// Some days in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Span {
    /// The first day.
    pub first: Date,
    /// The day after the last one.
    pub end: Date,
}

impl Span {
    /// How many days there are.
    pub fn days(self) -> i32 {
        self.end.days() - self.first.days()
    }

    fn contains(self, day: i32) -> bool {
        self.first.days() <= day && day < self.end.days()
    }
}

/// A period, and where it stands among the spans that are added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PeriodSpan {
    /// Its number: see [`Period::number`].
    pub number: i32,
    /// The days of it that are observed.
    pub span: Span,
    /// All of its days.
    pub whole: Span,
    #[serde(skip)]
    pub(in crate::analysis) own: usize,
    #[serde(skip)]
    pub(in crate::analysis) previous: Option<usize>,
    #[serde(skip)]
    pub(in crate::analysis) year_ago: Option<usize>,
}

impl PeriodSpan {
    /// Whether all of its days are observed.
    pub fn is_complete(&self) -> bool {
        self.span == self.whole
    }
}

/// All periods with the spans that they are compared with, each of which is added up once.
#[derive(Clone, Debug)]
pub(in crate::analysis) struct Calendar {
    pub(in crate::analysis) periods: Vec<PeriodSpan>,
    pub(in crate::analysis) spans: Vec<Span>,
    /// The span of everything.
    pub(in crate::analysis) all: usize,
    /// The first day, and the spans that each day from it on lies in.
    first: i32,
    of_day: Vec<Vec<u32>>,
}

impl Calendar {
    /// The periods from the day `first` of the data to the one before `as_of`; orders before `since` are not known.
    ///
    /// # Errors
    /// More periods than a table bears.
    pub(in crate::analysis) fn new(
        period: Period,
        since: Option<Date>,
        first: Date,
        as_of: AsOf,
    ) -> Result<Self> {
        let end = as_of.date();
        let last = end.plus_days(-1);
        let (from, to) = (period.number(first), period.number(last));
        if to - from >= MOST {
            return Err(Error::data(format!(
                "the data span {} periods from {first}, more than {MOST}",
                to - from + 1
            ))
            .with_hint("choose a longer period, or leave out wrong dates by a first day"));
        }
        // Days that are known, with or without an order.
        let known = since.unwrap_or_else(|| period.first_day(from)).max(period.first_day(from));
        let mut spans = vec![Span { first: known, end }];
        let mut place = |span: Span| {
            spans.iter().rposition(|own| *own == span).unwrap_or_else(|| {
                spans.push(span);
                spans.len() - 1
            })
        };
        let mut periods: Vec<PeriodSpan> = Vec::new();
        for number in from..=to {
            let whole = Span { first: period.first_day(number), end: period.first_day(number + 1) };
            let span = Span { first: whole.first.max(known), end: whole.end.min(end) };
            let own = place(span);
            periods.push(PeriodSpan { number, span, whole, own, previous: None, year_ago: None });
        }
        for at in 0..periods.len() {
            let PeriodSpan { number, span, whole, .. } = periods[at];
            let is_cut_at_end = span.end < whole.end;
            let previous = (at > 0).then(|| periods[at - 1]).filter(PeriodSpan::is_complete);
            periods[at].previous = previous.map(|previous| {
                if !is_cut_at_end {
                    return previous.own;
                }
                let end = previous.span.first.plus_days(span.days()).min(previous.span.end);
                place(Span { first: previous.span.first, end })
            });
            let ago = match period {
                Period::Month | Period::Quarter | Period::Year if !is_cut_at_end => {
                    let number = number - period.season() as i32;
                    Span { first: period.first_day(number), end: period.first_day(number + 1) }
                }
                _ => Span {
                    first: span.first.year_before(),
                    end: span.end.plus_days(-1).year_before().plus_days(1),
                },
            };
            let is_known = ago.first >= known && span.first == whole.first;
            periods[at].year_ago = is_known.then(|| place(ago));
        }
        let first = known.days();
        let days = (end.days() - first).max(0) as usize;
        let mut of_day = vec![Vec::new(); days];
        for (at, span) in (0_u32..).zip(&spans) {
            for day in span.first.days().max(first)..span.end.days().min(end.days()) {
                of_day[(day - first) as usize].push(at);
            }
        }
        Ok(Self { periods, spans, all: 0, first, of_day })
    }

    /// The spans that `day` lies in.
    pub(in crate::analysis) fn of(&self, day: Date) -> &[u32] {
        let at = usize::try_from(day.days() - self.first).ok();
        at.and_then(|at| self.of_day.get(at)).map_or(&[], Vec::as_slice)
    }

    /// Whether `day` lies in the span number `span`.
    pub(in crate::analysis) fn contains(&self, span: u32, day: i32) -> bool {
        self.spans[span as usize].contains(day)
    }
}

#[cfg(test)]
mod tests {
    use super::{Calendar, Span};
    use crate::{AsOf, Date, analysis::sales::Period};

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn shown(calendar: &Calendar, span: Option<usize>) -> String {
        span.map_or("-".to_owned(), |span| {
            let Span { first, end } = calendar.spans[span];
            format!("{first}..{end}")
        })
    }

    #[test]
    fn an_incomplete_month_is_compared_with_as_many_days() {
        let as_of = AsOf::start_of(day("2025-03-31"));
        let calendar = Calendar::new(Period::Month, None, day("2024-02-10"), as_of).unwrap();
        let last = calendar.periods.last().unwrap();
        assert!(!last.is_complete());
        assert_eq!(shown(&calendar, Some(last.own)), "2025-03-01..2025-03-31");
        // February has no 30 days.
        assert_eq!(shown(&calendar, last.previous), "2025-02-01..2025-03-01");
        assert_eq!(shown(&calendar, last.year_ago), "2024-03-01..2024-03-31");
        let before = calendar.periods[calendar.periods.len() - 2];
        // A whole February is compared with the whole one, a day longer.
        assert_eq!(shown(&calendar, before.year_ago), "2024-02-01..2024-03-01");
        assert_eq!(shown(&calendar, calendar.periods[0].previous), "-");
        assert_eq!(shown(&calendar, calendar.periods[3].year_ago), "-");
    }

    #[test]
    fn weeks_are_compared_with_the_same_days_of_the_calendar() {
        let as_of = AsOf::start_of(day("2025-03-10"));
        let calendar = Calendar::new(Period::Week, None, day("2024-01-01"), as_of).unwrap();
        let last = calendar.periods.last().unwrap();
        assert_eq!(shown(&calendar, Some(last.own)), "2025-03-03..2025-03-10");
        assert_eq!(shown(&calendar, last.year_ago), "2024-03-03..2024-03-10");
        assert_eq!(day("2024-02-29").year_before(), day("2023-02-28"));
    }

    #[test]
    fn a_period_that_begins_before_the_data_is_no_base() {
        let (since, as_of) = (day("2025-01-15"), AsOf::start_of(day("2025-03-01")));
        let calendar = Calendar::new(Period::Month, Some(since), since, as_of).unwrap();
        assert!(!calendar.periods[0].is_complete());
        assert_eq!(calendar.periods[1].previous, None);
    }

    #[test]
    fn every_day_lies_in_the_spans_that_contain_it() {
        let as_of = AsOf::start_of(day("2025-03-18"));
        let calendar = Calendar::new(Period::Quarter, None, day("2023-05-10"), as_of).unwrap();
        for days in day("2023-01-01").days()..day("2025-04-01").days() {
            let date = Date::from_days(days);
            let slow: Vec<u32> = (0..calendar.spans.len() as u32)
                .filter(|span| calendar.contains(*span, days))
                .collect();
            assert_eq!(calendar.of(date), slow, "{date}");
        }
    }
}
