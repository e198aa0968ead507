//! The moments at which past deals are looked at.

use super::past::Past;
use crate::{Error, Result, analysis::churn::Horizon};

/// Moments in days since 1970, earliest first.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plan {
    /// The days in which a deal is won or not.
    pub(super) horizon: Horizon,
    /// All moments whose horizon is over: what the model that is used learns from.
    pub(super) known: Vec<f64>,
    /// The moments that are judged at.
    pub(super) judged: Vec<f64>,
    /// What was known at the first of them.
    pub(super) before_judged: Vec<f64>,
    /// The moments by which the learner is chosen, known before the judged ones; none where the history is too short.
    pub(super) chosen: Vec<f64>,
    /// What was known at the first of those.
    pub(super) before_chosen: Vec<f64>,
}

/// The horizon holds so many of the cycles of closed deals: nearly all is decided in it.
const CYCLES: f64 = 0.95;
/// At most so much of the history is one horizon, so that some of it can be learned from and some judged.
const SHARE_OF_HISTORY: f64 = 0.25;
/// The share of the known moments that are judged, and that choose.
const SHARE_JUDGED: f64 = 0.2;
/// A deal is looked at so often in a horizon, but …
const LOOKS: f64 = 6.0;
/// … at least this often, in days.
const LONGEST_STEP: f64 = 28.0;
const MOST_MOMENTS: f64 = 120.0;
const MOST_JUDGED: usize = 12;

impl Plan {
    pub(super) fn new(past: &Past<'_>, given: Option<Horizon>) -> Result<Self> {
        let created = past.usable.iter().filter_map(|deal| past.view.created[*deal]);
        let first = created.fold(f64::INFINITY, f64::min).floor();
        let end = past.cutoff();
        if !first.is_finite() || !end.is_finite() {
            return Err(Error::data(
                "no deal has a date of creation, and a close where it is closed",
            )
            .with_hint("see `crmstat inspect` for how the columns are read"));
        }
        let horizon = match given {
            Some(horizon) => horizon,
            None => usual(past, end - first)?,
        };
        let days = f64::from(horizon.in_days());
        let last = end - days;
        let step = (days / LOOKS).floor().clamp(1.0, LONGEST_STEP);
        let step = step.max(((last - first) / MOST_MOMENTS).ceil());
        let count = ((last - first) / step).floor();
        if count < 4.0 {
            return Err(Error::data(format!(
                "the deals span {} days: too few to learn what is won within {horizon}",
                (end - first).max(0.0)
            ))
            .with_hint("take a shorter horizon, or a longer history"));
        }
        let known: Vec<f64> = (0..count as i32).rev().map(|n| last - f64::from(n) * step).collect();
        let width = ((last - first) * SHARE_JUDGED).max(step);
        let within = |end: f64| -> Vec<f64> {
            let found = known.iter().copied().filter(|at| *at <= end && *at > end - width);
            let found: Vec<f64> = found.collect();
            let stride = found.len().div_ceil(MOST_JUDGED).max(1);
            // The latest stays.
            let mut kept: Vec<f64> = found.into_iter().rev().step_by(stride).collect();
            kept.reverse();
            kept
        };
        let before = |moments: &[f64]| -> Vec<f64> {
            let Some(start) = moments.first() else { return Vec::new() };
            known.iter().copied().filter(|at| *at + days <= *start).collect()
        };
        let judged = within(last);
        let before_judged = before(&judged);
        let chosen = before_judged.last().map(|end| within(*end)).unwrap_or_default();
        let before_chosen = before(&chosen);
        Ok(Self { horizon, known, judged, before_judged, chosen, before_chosen })
    }
}

/// The horizon that holds nearly all cycles, in whole weeks.
fn usual(past: &Past<'_>, span: f64) -> Result<Horizon> {
    let cycle = |deal: &usize| Some(past.view.closed[*deal]? - past.view.created[*deal]?);
    let mut cycles: Vec<f64> = past.usable.iter().filter_map(cycle).collect();
    let Some(cycle) = crmstat_models::rfm::quantile(&mut cycles, CYCLES) else {
        return Err(Error::data("no deal is closed").with_hint(
            "see `crmstat inspect` for how stages are read; `--stage LABEL=won` says it",
        ));
    };
    let weeks = (cycle / 7.0).ceil().min((span * SHARE_OF_HISTORY / 7.0).floor()).max(1.0);
    Horizon::days((weeks as u32 * 7).min(3_645))
}

#[cfg(test)]
mod tests {
    use super::Plan;
    use crate::{
        Date,
        analysis::{churn::Horizon, deals::past::Past, funnel::Beside},
        data::{DealRow, DealStatus, Deals},
    };

    #[test]
    fn every_moment_is_known_before_the_next_use() {
        let day = Date::from_days(18_000);
        let row = |n: i32| {
            DealRow::new(if n % 2 == 0 { DealStatus::Won } else { DealStatus::Lost })
                .id(n)
                .created(day.plus_days(n))
                .closed(day.plus_days(n + 5 + n % 20))
        };
        let mut deals = Deals::builder();
        (0..900).for_each(|n| deals.push(row(n)));
        let deals = deals.build().unwrap().result;
        let past = Past::new(&deals, Beside::default(), None).unwrap();
        let plan = Plan::new(&past, None).unwrap();
        let days = f64::from(plan.horizon.in_days());
        // 95 % of 5 to 24 days, in whole weeks.
        assert_eq!(plan.horizon.in_days(), 28);
        assert!(plan.known.iter().all(|at| at + days <= past.cutoff()));
        assert!(plan.before_judged.iter().all(|at| at + days <= plan.judged[0]));
        assert!(plan.chosen.iter().all(|at| at + days <= plan.judged[0]));
        assert!(plan.before_chosen.iter().all(|at| at + days <= plan.chosen[0]));
        assert!(!plan.before_chosen.is_empty() && plan.judged.len() <= 12);
        assert_eq!(plan.judged.last(), plan.known.last());
        let long = Horizon::days(1_000).unwrap();
        assert!(Plan::new(&past, Some(long)).is_err());
    }
}
