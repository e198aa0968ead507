//! The rule that sales teams use, to be compared with: amount × weight of the stage.

use crate::{Error, Result};
use crmstat_models::forecast::pipeline::{Deal, Outcome, PipelineFit};

/// Every open deal brings its amount times the share of deals won that were once in its stage (of all deals,
/// where stages are not known), in the period in which a won deal of its age is usually closed: at the
/// median age of won deals, or, where it is older, in the first one. New deals bring nothing.
///
/// `starts` are the first days of the periods, and the end of the last one.
pub(super) fn stage_weight(
    deals: &[Deal],
    fit: &PipelineFit,
    cutoff: f64,
    starts: &[f64],
) -> Result<Vec<f64>> {
    let closed: Vec<(&Deal, f64, Outcome)> = deals
        .iter()
        .filter_map(|deal| deal.closed_before(cutoff).map(|(at, outcome)| (deal, at, outcome)))
        .collect();
    let mut ages: Vec<f64> = closed
        .iter()
        .filter(|(.., outcome)| *outcome == Outcome::Won)
        .map(|(deal, at, _)| at - deal.created)
        .collect();
    ages.sort_by(f64::total_cmp);
    let median = ages.get(ages.len() / 2).copied().unwrap_or(0.0);
    let share = |passed: &dyn Fn(&Deal) -> bool| {
        let those = || closed.iter().filter(|(deal, ..)| passed(deal));
        let won = those().filter(|(.., outcome)| *outcome == Outcome::Won).count();
        (those().count() > 0).then(|| won as f64 / those().count() as f64)
    };
    let overall = share(&|_| true).unwrap_or(0.0);
    let last = deals.iter().flat_map(|deal| &deal.stages).map(|(_, stage)| *stage + 1).max();
    let of_stage: Vec<f64> = (0..last.unwrap_or(0))
        .map(|stage| {
            let passed = |deal: &Deal| deal.stages.iter().any(|(_, entered)| *entered == stage);
            share(&passed).unwrap_or(overall)
        })
        .collect();
    let horizon = starts.len() - 1;
    let mut sums = vec![0.0; horizon];
    let prospects = fit.prospects(horizon).map_err(Error::from_model)?;
    for (deal, prospect) in fit.open().iter().zip(prospects) {
        let stage = deal.stage_before(cutoff).and_then(|stage| of_stage.get(stage as usize));
        let due = (deal.created + median).max(cutoff);
        let period = starts.partition_point(|start| *start <= due).saturating_sub(1);
        if let Some(sum) = sums.get_mut(period) {
            *sum += prospect.amount * stage.unwrap_or(&overall);
        }
    }
    Ok(sums)
}
