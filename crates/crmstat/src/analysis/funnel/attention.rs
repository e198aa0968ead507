//! Open deals, and those that need a look: stale, overdue or without any activity.

use super::{
    Date, Query,
    division::Tally,
    touches::touches,
    view::{View, quantile},
    ways::Ways,
};
use crate::{
    Money,
    data::{DealStatus, Field, Records},
};
use serde::Serialize;
use std::cmp::Reverse;

/// An open deal, and whether it is stale, overdue or without activity.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OpenDeal {
    /// Its place in the table of deals.
    pub row: usize,
    /// Its id.
    pub id: Option<String>,
    /// Whose it is.
    pub customer: Option<String>,
    /// Where it stands.
    pub stage: Option<String>,
    /// Whose task it is.
    pub owner: Option<String>,
    /// What it is worth.
    pub amount: Option<Money>,
    /// The day it was created.
    pub created: Option<Date>,
    /// Days since then.
    pub age_days: Option<f64>,
    /// Days at its stage; `None` where that is not known.
    pub stage_days: Option<f64>,
    /// The days after which a deal like it is stale.
    pub stale_after_days: Option<f64>,
    /// When it was expected to close.
    pub expected_close: Option<Date>,
    /// Days since then, where that is past.
    pub overdue_days: Option<f64>,
    /// The day of its last activity before the instant of observation.
    pub last_activity: Option<Date>,
    /// The day of the first one planned after it.
    pub next_activity: Option<Date>,
    /// It stands for longer than others did.
    pub is_stale: bool,
    /// Its expected close is past.
    pub is_overdue: bool,
    /// Nobody has done anything for it; `None` where activities are not given.
    pub is_without_activity: Option<bool>,
}

/// The share of stays, or of cycles of won deals, that are shorter than a stale deal's.
const USUAL: f64 = 0.9;

/// The open deals of `view` that need a look, the largest first, those without an amount last; equals in the
/// order of their ids.
pub(super) fn find(
    view: &View<'_>,
    ways: &Ways,
    activities: Option<&Records>,
    query: &Query,
    whole: &Tally,
) -> Vec<OpenDeal> {
    let mut found = open(view, ways, activities, query, whole);
    found.retain(|deal| deal.is_stale || deal.is_overdue || deal.is_without_activity == Some(true));
    found
}

/// All open deals of `view`, in the same order.
pub(super) fn open(
    view: &View<'_>,
    ways: &Ways,
    activities: Option<&Records>,
    query: &Query,
    whole: &Tally,
) -> Vec<OpenDeal> {
    let given = query.stale_days.map(f64::from);
    let of_stage: Vec<Option<f64>> = (0..ways.names.len())
        .map(|stage| given.or_else(|| whole.stays(stage)?.quantile(USUAL)))
        .collect();
    let of_cycle = given.or_else(|| quantile(whole.cycles(), USUAL));
    let touched = activities.map(|activities| touches(view, activities));
    let text = |field, deal| {
        let labels = view.deals.labels(field)?;
        labels.get(deal).map(str::to_owned)
    };
    let day = |at: f64| Date::from_days(at.floor() as i32);
    let mut found = Vec::new();
    for deal in view.rows.iter().copied().filter(|deal| view.status[*deal] == DealStatus::Open) {
        let (age, visit) = (view.age(deal), ways.visits[deal].last());
        let entered = visit.and_then(|visit| visit.entered);
        let stage_days = entered.filter(|_| view.cutoff.is_finite()).map(|at| view.cutoff - at);
        let (stands, limit) = match (visit, stage_days) {
            (Some(visit), Some(days)) => (Some(days), of_stage[visit.stage as usize]),
            _ => (age, of_cycle),
        };
        let overdue = view.overdue_since(deal);
        let times = touched.as_ref().map(|touched| &touched[deal]);
        let split = times.map_or(0, |times| times.partition_point(|at| *at < view.cutoff));
        let is_without_activity = times.map(|_| split == 0);
        let is_stale = stands.zip(limit).is_some_and(|(stands, limit)| stands > limit);
        let at = |place: usize| times.and_then(|times| times.get(place)).map(|at| day(*at));
        found.push(OpenDeal {
            row: deal,
            id: text(Field::OrderId, deal),
            customer: text(Field::CustomerId, deal),
            stage: ways.last[deal].map(|stage| ways.names[stage as usize].clone()),
            owner: text(Field::Owner, deal),
            amount: view.deals.amount()[deal],
            created: view.created_on(deal),
            age_days: age,
            stage_days,
            stale_after_days: limit,
            expected_close: view.deals.expected_close(deal).map(crate::Timestamp::date),
            overdue_days: overdue.map(|since| view.cutoff - since.floor()),
            last_activity: split.checked_sub(1).and_then(at),
            next_activity: at(split),
            is_stale,
            is_overdue: overdue.is_some(),
            is_without_activity,
        });
    }
    found.sort_by_key(|deal| (Reverse(deal.amount), deal.row));
    found
}
