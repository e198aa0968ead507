//! Deals as they were at an instant.

use crate::{
    AsOf, Date, Timestamp,
    data::{Column, DealStatus, Deals, Field, Records},
};

const SECONDS_PER_DAY: f64 = 86_400.0;

/// Days since 1970.
pub(in crate::analysis) fn days(at: Timestamp) -> f64 {
    at.seconds() as f64 / SECONDS_PER_DAY
}

/// The deals of an export as they were before an instant: what is closed later is open.
///
/// Times are days since 1970.
#[derive(Clone, Debug)]
pub(in crate::analysis) struct View<'a> {
    pub(in crate::analysis) deals: &'a Deals,
    /// The instant; `None` where no deal has a date, so that all are taken as they are.
    pub(in crate::analysis) as_of: Option<AsOf>,
    /// The same in days; infinite where there is none.
    pub(in crate::analysis) cutoff: f64,
    /// The deals that were there. One without any date cannot be shown not to be.
    pub(in crate::analysis) rows: Vec<usize>,
    /// What had become of every deal of the export.
    pub(in crate::analysis) status: Vec<DealStatus>,
    pub(in crate::analysis) created: Vec<Option<f64>>,
    /// When every deal had been closed.
    pub(in crate::analysis) closed: Vec<Option<f64>>,
}

impl<'a> View<'a> {
    /// Takes the deals at `as_of`: by default after the last creation, close or stage of `history`.
    pub(in crate::analysis) fn new(
        deals: &'a Deals,
        as_of: Option<AsOf>,
        history: Option<&Records>,
    ) -> Self {
        let entered = match history.and_then(|history| history.field(Field::EnteredAt)) {
            Some(Column::Date(entered)) => &entered[..],
            _ => &[],
        };
        let instants = deals.created().iter().chain(deals.closed()).chain(entered);
        let last = instants.flatten().max().map(|last| AsOf::day_after(last.date()));
        let as_of = as_of.or(last);
        let cutoff = as_of.map_or(f64::INFINITY, |as_of| days(as_of.date().midnight()));
        let created: Vec<Option<f64>> = deals.created().iter().map(|at| at.map(days)).collect();
        let before = |at: &Option<Timestamp>| at.map(days).filter(|at| *at < cutoff);
        let closed: Vec<Option<f64>> = deals.closed().iter().map(before).collect();
        let status = (0..deals.len())
            .map(|deal| match deals.status()[deal] {
                // Closed, but not yet.
                _ if deals.closed()[deal].is_some() && closed[deal].is_none() => DealStatus::Open,
                status => status,
            })
            .collect();
        let exists = |deal: &usize| created[*deal].is_none_or(|at| at < cutoff);
        let rows = (0..deals.len()).filter(exists).collect();
        Self { deals, as_of, cutoff, rows, status, created, closed }
    }

    /// Whole days from the creation of a deal to its close, by the calendar; `None` where either is unknown
    /// or the close comes first.
    pub(in crate::analysis) fn cycle(&self, deal: usize) -> Option<f64> {
        let (created, closed) = (self.created[deal]?, self.closed[deal]?);
        (created <= closed).then(|| closed.floor() - created.floor())
    }

    /// How long an open deal has been there, in days.
    pub(in crate::analysis) fn age(&self, deal: usize) -> Option<f64> {
        let created = self.created[deal]?;
        self.cutoff.is_finite().then_some(self.cutoff - created)
    }

    /// The day on which a deal was created.
    pub(in crate::analysis) fn created_on(&self, deal: usize) -> Option<Date> {
        self.deals.created()[deal].map(Timestamp::date)
    }

    /// When open deals were expected to close, where that was before the instant.
    pub(in crate::analysis) fn overdue_since(&self, deal: usize) -> Option<f64> {
        let expected = self.deals.expected_close(deal).map(days)?;
        // A day is over at its end.
        let is_over = end_of(expected) <= self.cutoff && self.cutoff.is_finite();
        (is_over && self.status[deal] == DealStatus::Open).then_some(expected)
    }
}

/// Where an instant that is written as a day alone ends; others end at once.
pub(in crate::analysis) fn end_of(at: f64) -> f64 {
    if at == at.floor() { at + 1.0 } else { at }
}

/// The median and its like, of type 7; `None` without values.
pub(in crate::analysis) fn quantile(values: &[f64], p: f64) -> Option<f64> {
    crmstat_models::rfm::quantile(&mut values.to_vec(), p)
}

/// The mean of `values`; `None` without any.
pub(in crate::analysis) fn mean(values: &[f64]) -> Option<f64> {
    let sum = crmstat_models::sum::compensated(values.iter().copied());
    (!values.is_empty()).then(|| sum / values.len() as f64)
}
