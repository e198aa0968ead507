//! What was spent, by period and channel.

use crate::{
    Money,
    analysis::sales::{Note, Period, calendar::Calendar},
    data::{Column, Field, Records},
};
use std::collections::BTreeMap;

/// Spend by group and place of the period, in units of money.
pub(super) struct Spend {
    of: BTreeMap<(Option<String>, usize), i128>,
}

impl Spend {
    /// Lays `records` over the periods; where sales are divided by a column that is `named` as channels are, the
    /// groups have the spend of their label.
    ///
    /// # Errors
    /// Why it says nothing of these periods.
    pub(super) fn of(
        records: &Records,
        period: Period,
        calendar: &Calendar,
        is_by_channel: bool,
    ) -> Result<Self, Note> {
        let (Some(Column::Date(dates)), Some(Column::Money(amounts))) =
            (records.field(Field::Period), records.field(Field::Amount))
        else {
            return Err(Note::new(
                "the table of spend has no periods or amounts",
                "в таблице затрат нет периодов или сумм",
            ));
        };
        let longer = [Period::Year, Period::Quarter, Period::Month];
        let begins = |longer: &Period| {
            let mut days: Vec<_> = dates.iter().flatten().map(|at| at.date()).collect();
            days.sort_unstable();
            days.dedup();
            days.len() > 1 && days.iter().all(|day| longer.first_day(longer.number(*day)) == *day)
        };
        let rank = |period: Period| Period::LONGEST_FIRST.iter().position(|own| *own == period);
        if let Some(own) = longer.into_iter().find(begins)
            && rank(own) < rank(period)
        {
            return Err(Note::new(
                format!("the spend is by {}, longer than a {}", own.name(), period.name()),
                "период затрат длиннее периода показателей",
            ));
        }
        let channels = records.labels(Field::Channel).or_else(|| records.labels(Field::Source));
        if is_by_channel && channels.is_none() {
            return Err(Note::new(
                "the table of spend has no column of channels",
                "в таблице затрат нет столбца каналов",
            ));
        }
        let mut of = BTreeMap::new();
        for row in 0..records.len() {
            let (Some(at), Some(amount)) = (dates[row], amounts[row]) else { continue };
            let number = period.number(at.date());
            let Some(place) = calendar.periods.iter().position(|own| own.number == number) else {
                continue;
            };
            let mut add = |group: Option<String>| {
                *of.entry((group, place)).or_insert(0) += i128::from(amount.units());
            };
            add(None);
            if let Some(channel) = channels.filter(|_| is_by_channel).and_then(|own| own.get(row)) {
                add(Some(channel.to_owned()));
            }
        }
        if of.is_empty() {
            return Err(Note::new(
                "no spend lies in the periods of the sales",
                "затрат за периоды продаж нет",
            ));
        }
        Ok(Self { of })
    }

    /// The spend of a group in a period, in whole units of the currency; `None` is not known.
    pub(super) fn get(&self, group: Option<&str>, place: usize) -> Option<f64> {
        let units = self.of.get(&(group.map(str::to_owned), place))?;
        Some(*units as f64 / Money::SCALE as f64)
    }
}
