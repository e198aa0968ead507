//! Other ways to the same probabilities, each from what was known at the moment.

use super::{
    columns::{Column, NAMES, Use},
    past::Past,
};
use crate::{
    Result,
    analysis::forecast::{DealFlow, PipelineQuery, TRAITS},
    data::{DealStatus, Field, Records},
};
use crmstat_models::forecast::pipeline::{Calendar, Prospect};
use std::collections::BTreeMap;

/// What Odoo adds to every count, so that none is zero.
const ODOO_COUNT: f64 = 0.1;
/// Odoo's probabilities have two decimals of a percent; certainty would cost everything when wrong.
const LEAST: f64 = 0.0001;
/// What Odoo's rule looks at besides the stage, as far as exports have it.
const ODOO_FIELDS: [Field; 4] = [Field::Source, Field::Region, Field::Product, Field::Channel];

/// Odoo's predictive lead scoring: naive Bayes over the stage and the texts of a deal (`addons/crm/models/crm_lead.py`
/// of odoo/odoo, `_pls_get_naive_bayes_probabilities`).
///
/// A won deal counts at every stage, a lost one at those it reached; 0.1 is added to each count; the stage is
/// measured by all deals, a text by those that have one; a text that was never seen says nothing.
pub(super) fn naive_bayes(past: &Past<'_>, at: f64, deals: &[usize]) -> Vec<f64> {
    let closed = closed_before(past, at);
    let count = |won: bool| closed.iter().filter(|(_, own)| *own == won).count() as f64;
    let total = [count(false), count(true)];
    let prior = total.map(|own| own / (total[0] + total[1]).max(1.0));
    let mut stages = vec![[ODOO_COUNT; 2]; past.ways.names.len()];
    let mut texts: BTreeMap<(usize, u32), [f64; 2]> = BTreeMap::new();
    let code = |field: usize, deal: usize| {
        past.view.deals.labels(ODOO_FIELDS[field]).and_then(|labels| labels.code(deal))
    };
    for (deal, won) in &closed {
        let side = usize::from(*won);
        let furthest = past.ways.visits[*deal].iter().map(|visit| visit.stage).max();
        for (stage, counts) in (0_u32..).zip(&mut stages) {
            counts[side] += f64::from(u8::from(*won || furthest.is_some_and(|own| stage <= own)));
        }
        for field in 0..ODOO_FIELDS.len() {
            if let Some(code) = code(field, *deal) {
                texts.entry((field, code)).or_insert([ODOO_COUNT; 2])[side] += 1.0;
            }
        }
    }
    let mut totals = [[0.0; 2]; ODOO_FIELDS.len()];
    for ((field, _), counts) in &texts {
        (0..2).for_each(|side| totals[*field][side] += counts[side]);
    }
    let first = stages.first().copied().unwrap_or(total);
    let score = |deal: &usize| {
        let mut scores = prior;
        if let Some((stage, _)) = past.stage_at(*deal, at).filter(|_| past.has_history) {
            (0..2).for_each(|side| scores[side] *= stages[stage as usize][side] / first[side]);
        }
        for (field, totals) in totals.iter().enumerate() {
            let found = code(field, *deal).and_then(|code| texts.get(&(field, code)));
            if let Some(counts) = found.filter(|_| totals[0] > 0.0 && totals[1] > 0.0) {
                (0..2).for_each(|side| scores[side] *= counts[side] / totals[side]);
            }
        }
        let probability = scores[1] / (scores[0] + scores[1]);
        let rounded = (probability * 1e4).round() / 1e4;
        if rounded.is_finite() { rounded.clamp(LEAST, 1.0 - LEAST) } else { 0.5 }
    };
    deals.iter().map(score).collect()
}

/// The rule of stage weights: the share won of the closed deals that had reached the stage; without a history, of all.
pub(super) fn stage_weights(past: &Past<'_>, at: f64, deals: &[usize]) -> Vec<f64> {
    let closed = closed_before(past, at);
    // A half of a deal on either side, so that no share is certain.
    let share = |reached: &dyn Fn(usize, bool) -> bool| {
        let own = closed.iter().filter(|(deal, won)| reached(*deal, *won));
        let (won, all) = own.fold((0.5, 1.0), |(won, all), (_, is_won)| {
            (won + f64::from(u8::from(*is_won)), all + 1.0)
        });
        won / all
    };
    let furthest = |deal: usize| past.ways.visits[deal].iter().map(|visit| visit.stage).max();
    let of_stage: Vec<f64> = (0..past.ways.names.len() as u32)
        .map(|stage| share(&|deal, won| won || furthest(deal).is_some_and(|own| own >= stage)))
        .collect();
    let of_all = share(&|_, _| true);
    let weight = |deal: &usize| match past.stage_at(*deal, at) {
        Some((stage, _)) if past.has_history => of_stage[stage as usize],
        _ => of_all,
    };
    deals.iter().map(weight).collect()
}

/// The deals that were closed before `at`, and whether they were won.
fn closed_before(past: &Past<'_>, at: f64) -> Vec<(usize, bool)> {
    let of = |deal: &usize| {
        past.view.closed[*deal].filter(|closed| *closed < at)?;
        Some((*deal, past.view.status[*deal] == DealStatus::Won))
    };
    past.usable.iter().filter_map(of).collect()
}

/// The competing risks of the pipeline forecast ([`crmstat_models::forecast::pipeline`]).
pub(super) struct Risks {
    flow: DealFlow,
    first: f64,
    horizon: f64,
}

/// Periods in which the hazards of a horizon are constant.
const PERIODS: usize = 8;

impl Risks {
    /// Of all deals, by the columns that are `used`.
    pub(super) fn new(
        past: &Past<'_>,
        history: Option<&Records>,
        used: &Use,
        horizon: f64,
    ) -> Result<Self> {
        let query = PipelineQuery { as_of: past.view.as_of, ..PipelineQuery::default() };
        let takes = |field: &Field| {
            NAMES.into_iter().all(|own| own.field() != Some(*field) || used.takes(own))
        };
        let traits: Vec<Field> = TRAITS.into_iter().filter(takes).collect();
        let mut flow = DealFlow::with_traits(past.view.deals, history, &query, &traits)?;
        if !used.takes(Column::Amount) {
            flow.deals.iter_mut().for_each(|deal| deal.amount = None);
        }
        let first = flow.deals.iter().map(|deal| deal.created).fold(f64::INFINITY, f64::min);
        Ok(Self { flow, first, horizon })
    }

    /// The probability of each of `deals` to be won within the horizon from `at`; `None` where too little was known,
    /// or the model does not know one of them.
    pub(super) fn at(&self, at: f64, deals: &[usize]) -> Option<Vec<f64>> {
        let length = self.horizon / PERIODS as f64;
        let past = ((at - self.first) / length).ceil().max(1.0) as usize;
        let starts: Vec<f64> =
            (0..=past + PERIODS).map(|n| at + (n as f64 - past as f64) * length).collect();
        let seasons = vec![0; past + PERIODS];
        let calendar = Calendar { starts: &starts, seasons: &seasons, season: 1 };
        let fit = self.flow.model.fit(&self.flow.deals, &calendar, at).ok()?;
        let prospects = fit.prospects(PERIODS).ok()?;
        let open = self.flow.deals.iter().zip(&self.flow.rows);
        let open = open.filter(|(deal, _)| deal.is_open_at(at)).map(|(_, row)| *row);
        let of = |(row, own): (usize, Prospect)| (row, own.won.iter().sum::<f64>().clamp(0.0, 1.0));
        let found: BTreeMap<usize, f64> = open.zip(prospects).map(of).collect();
        deals.iter().map(|deal| found.get(deal).copied()).collect()
    }
}
