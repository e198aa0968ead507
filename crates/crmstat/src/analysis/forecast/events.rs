//! What happened in the past: periods that do not belong, and changes of course.

use super::{Period, SeriesSet, series::History, views};
use crate::{
    Error, Lang, Result,
    data::table::{Column, Table},
};
use crmstat_models::forecast::{
    Series,
    anomalies::{Anomalies, Changepoints},
};
use rayon::prelude::*;

/// Something that a forecaster should have an explanation for.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The series.
    pub series: String,
    /// The number of the period; see [`Period::number`].
    pub period: i32,
    /// What happened.
    pub kind: EventKind,
    /// What was observed.
    pub value: f64,
    /// An anomaly: what level and season suggest. A change: where the line before would have led to,
    /// without the season.
    pub expected: f64,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// One period that does not belong.
    Anomaly,
    /// From here on the series follows another line.
    Change,
}

/// The events of all series, series by series, oldest first.
#[derive(Clone, Debug)]
pub struct Events {
    period: Period,
    events: Vec<Event>,
}

/// Finds the anomalies and changes of course of every series.
///
/// # Errors
/// A series that is no series, such as an empty one.
pub fn events(set: &SeriesSet) -> Result<Events> {
    let views = views(set)?;
    let found: Vec<Vec<Event>> = set
        .series
        .par_iter()
        .zip(&views)
        .map(|(history, series)| of_series(history, series).map_err(Error::from_model))
        .collect::<Result<_>>()?;
    Ok(Events { period: set.period, events: found.concat() })
}

fn of_series(history: &History, series: &Series<'_>) -> Result<Vec<Event>, crmstat_models::Error> {
    let event = |kind, position: usize, expected| Event {
        series: history.name.clone(),
        period: history.first + position as i32,
        kind,
        value: history.values[position],
        expected,
    };
    let anomalies = Anomalies::default().find(series)?;
    let changes = Changepoints::default().find(series)?;
    let mut events: Vec<Event> = anomalies
        .iter()
        .map(|found| event(EventKind::Anomaly, found.position, found.expected))
        .chain(changes.iter().map(|at| event(EventKind::Change, at.position, at.before)))
        .collect();
    events.sort_by_key(|event| event.period);
    Ok(events)
}

impl Events {
    /// The events.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// One row per event.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self, lang: Lang) -> Result<Table> {
        let rows = || self.events.iter();
        let kinds = lang.pick(["anomaly", "change"], ["выброс", "перелом"]);
        Table::new(
            lang.pick("events", "события"),
            vec![
                Column::text("series", "Ряд", rows().map(|event| event.series.as_str())),
                self.period.column(rows().map(|event| event.period)),
                Column::category("event", "Событие", kinds, rows().map(|event| event.kind as u32)),
                Column::float("value", "Значение", 2, rows().map(|event| event.value)),
                Column::float("expected", "Ожидалось", 2, rows().map(|event| event.expected)),
            ],
        )
    }
}
