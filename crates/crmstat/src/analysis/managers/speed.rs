//! Speed to lead: what the time to the first response does to winning.

use super::{HOUR, stamps};
use crate::{
    Date,
    analysis::funnel::{
        Rate,
        view::{View, end_of},
    },
    data::{DealStatus, Records},
};
use crmstat_models::rates;
use serde::Serialize;

/// Closed deals by how soon somebody did something for them, and how many were won.
///
/// Deals that nobody ever touched stand apart: some were lost before anybody could.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Speed {
    /// From the fastest to those without any response.
    pub buckets: Vec<Bucket>,
    /// The win rate of deals with a response within the hour less that of deals with a later one, by Newcombe's
    /// interval; `None` where either has no deal.
    pub difference: Option<(f64, f64, f64)>,
}

/// Closed deals whose first response came within the same time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bucket {
    /// More than so many hours after the creation.
    pub from_hours: Option<f64>,
    /// Not more than so many hours; `None` is any number, or never.
    pub to_hours: Option<f64>,
    /// Whether there never was a response before the close.
    pub is_never: bool,
    /// Won among them; `None` without any.
    pub win_rate: Option<Rate>,
}

/// The ends of the buckets, in hours: an hour, a day, three days.
const ENDS: [f64; 3] = [1.0, 24.0, 72.0];

/// Whether most deals and most activities carry a time of day.
pub(in crate::analysis) fn has_times(view: &View<'_>, activities: Option<&Records>) -> bool {
    let most = |stamps: &mut dyn Iterator<Item = f64>| {
        let (mut all, mut timed) = (0_u64, 0_u64);
        for at in stamps {
            all += 1;
            timed += u64::from(at != at.floor());
        }
        2 * timed > all
    };
    let created = || view.rows.iter().filter_map(|deal| view.created[*deal]);
    activities.is_some_and(|activities| most(&mut stamps(activities)) && most(&mut created()))
}

impl Speed {
    pub(super) fn of(
        view: &View<'_>,
        touched: &[Vec<f64>],
        since: Option<Date>,
        level: f64,
    ) -> Self {
        // By bucket: won and closed; the last is never.
        let mut counts = [(0_u64, 0_u64); ENDS.len() + 2];
        for deal in view.rows.iter().copied() {
            let (status, Some(created)) = (view.status[deal], view.created[deal]) else { continue };
            let is_early =
                since.is_some_and(|since| Date::from_days(created.floor() as i32) < since);
            if status == DealStatus::Open || is_early {
                continue;
            }
            let end = view.closed[deal].map_or(view.cutoff, end_of);
            let first = touched[deal].iter().find(|at| **at >= created && **at <= end);
            let bucket = first.map_or(counts.len() - 1, |first| {
                let waited = (first - created) / HOUR;
                ENDS.iter().position(|end| waited <= *end).unwrap_or(ENDS.len())
            });
            counts[bucket].0 += u64::from(status == DealStatus::Won);
            counts[bucket].1 += 1;
        }
        let bucket = |(at, (won, closed)): (usize, &(u64, u64))| Bucket {
            from_hours: at.checked_sub(1).and_then(|before| ENDS.get(before)).copied(),
            to_hours: ENDS.get(at).copied(),
            is_never: at == ENDS.len() + 1,
            win_rate: Rate::new(*won, *closed, level),
        };
        let later = counts[1..=ENDS.len()]
            .iter()
            .fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
        let difference = rates::difference(counts[0], later, level);
        Self {
            buckets: counts.iter().enumerate().map(bucket).collect(),
            difference: difference.map(|found| (found.value, found.lower, found.upper)),
        }
    }
}
