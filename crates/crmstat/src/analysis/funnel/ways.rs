//! The stages that deals went through.

use super::{
    order::{Evidence, StageOrder, folded, order},
    view::{View, days, end_of},
};
use crate::{
    Error, Result,
    data::{Column, DealStatus, Field, Records},
};
use std::collections::{BTreeMap, BTreeSet};

/// One stay at a stage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::analysis) struct Visit {
    /// The number of the stage.
    pub(in crate::analysis) stage: u32,
    /// When it began; `None` is unknown.
    pub(in crate::analysis) entered: Option<f64>,
    /// When it ended; `None` where it had not.
    pub(in crate::analysis) left: Option<f64>,
}

/// The stages of a pipeline and the ways of all deals.
#[derive(Debug)]
pub(in crate::analysis) struct Ways {
    /// The stages in progress, from the first to the last of every pipeline.
    pub(in crate::analysis) names: Vec<String>,
    pub(in crate::analysis) source: StageOrder,
    /// For each pipeline, by its code, which stages it has; the last is that of deals without one.
    pub(in crate::analysis) of_pipeline: Vec<Vec<bool>>,
    /// By deal of the export, in time.
    pub(in crate::analysis) visits: Vec<Vec<Visit>>,
    /// Whether the history says anything about the deal.
    pub(in crate::analysis) has_history: Vec<bool>,
    /// The stage at which every deal stands, as its last visit or, without one, the export says.
    pub(in crate::analysis) last: Vec<Option<u32>>,
    /// What the history and the deals do not agree about.
    pub(in crate::analysis) odd: Contradictions,
    /// Stages of the data that are not in the caller's list.
    pub(in crate::analysis) unlisted: Vec<String>,
    /// Stages of the caller's list that no deal has.
    pub(in crate::analysis) unknown: Vec<String>,
}

/// Deals by what their history and they themselves do not agree about.
#[derive(Debug, Default)]
pub(in crate::analysis) struct Contradictions {
    /// Stand elsewhere than their last stage.
    pub(in crate::analysis) stage: Vec<usize>,
    /// Have entered a stage before they were created.
    pub(in crate::analysis) before_creation: Vec<usize>,
    /// Have entered a stage after they were closed.
    pub(in crate::analysis) after_close: Vec<usize>,
    /// Have entered several stages at one instant.
    pub(in crate::analysis) at_once: Vec<usize>,
    /// Have no history at all.
    pub(in crate::analysis) without: Vec<usize>,
}

/// Labels as numbers of names.
struct Names<'a> {
    known: BTreeMap<&'a str, u32>,
}

impl<'a> Names<'a> {
    fn of(labels: impl Iterator<Item = &'a str>) -> Self {
        let sorted: BTreeSet<&str> = labels.collect();
        Self { known: sorted.into_iter().zip(0..).collect() }
    }

    fn number(&self, label: Option<&str>) -> Option<u32> {
        self.known.get(label?).copied()
    }
}

impl Ways {
    pub(in crate::analysis) fn new(
        view: &View<'_>,
        history: Option<&Records>,
        given: &[String],
    ) -> Result<Self> {
        let deals = view.deals;
        let closing: BTreeSet<String> =
            deals.closing_stages().iter().map(|label| folded(label)).collect();
        let is_way = |label: &&str| !closing.contains(&folded(label));
        let labels = deals.labels(Field::Stage);
        let entries = history.map(|history| Entries::of(view, history)).transpose()?;
        let own = labels.into_iter().flat_map(|labels| texts(labels.labels()));
        let told = entries.iter().flat_map(Entries::labels);
        let seen: BTreeSet<&str> = own.chain(told).filter(is_way).collect();
        let folds: BTreeSet<String> = seen.iter().map(|label| folded(label)).collect();
        // A listed stage that no deal has is a row of zeros.
        let listed = given.iter().map(|label| label.trim());
        let missing = listed.filter(|label| !folds.contains(&folded(label)));
        let names = Names::of(seen.iter().copied().chain(missing));

        let mut odd = Contradictions::default();
        let mut visits = vec![Vec::new(); deals.len()];
        let mut has_history = vec![false; deals.len()];
        let mut last: Vec<Option<u32>> = vec![None; deals.len()];
        for deal in view.rows.iter().copied() {
            let said = labels.and_then(|labels| names.number(labels.get(deal)));
            let is_now = deals.status()[deal] == view.status[deal];
            if let Some(entries) = &entries {
                let found = entries.way(view, deal, &names, &mut odd);
                has_history[deal] = found.is_known;
                visits[deal] = found.visits;
                if !found.is_known {
                    odd.without.push(deal);
                }
                let stage = visits[deal].last().map(|visit| visit.stage);
                // Some CRMs log the stage of the close with the close itself.
                let agrees = said == stage || said == found.closing;
                let differs = said.is_some() && stage.is_some() && !agrees;
                if differs && is_now && !found.goes_on {
                    odd.stage.push(deal);
                }
                last[deal] = stage;
            }
            // An earlier stage than today's is known from a history alone.
            if last[deal].is_none() && is_now && !has_history[deal] {
                last[deal] = said;
            }
        }
        // Without one the way is the stage at which a deal stands; it counts nowhere but there.
        let mut used = vec![false; names.known.len()];
        let visited = visits.iter().flatten().map(|visit| visit.stage);
        for stage in visited.chain(last.iter().copied().flatten()) {
            used[stage as usize] = true;
        }
        let names: Vec<String> = names.known.into_keys().map(str::to_owned).collect();
        let mut ways = Self {
            names,
            source: StageOrder::Unknown,
            of_pipeline: Vec::new(),
            visits,
            has_history,
            last,
            odd,
            unlisted: Vec::new(),
            unknown: Vec::new(),
        };
        ways.sort(view, given, &used);
        ways.pipelines(view);
        Ok(ways)
    }

    /// Numbers the stages in their order, and leaves out those that no deal has unless they are `given`.
    fn sort(&mut self, view: &View<'_>, given: &[String], used: &[bool]) {
        let evidence = Evidence {
            given,
            before: before(&self.visits),
            profile: view.deals.profile_stages(),
            probability: probabilities(view, &self.last, self.names.len()),
        };
        let listed: BTreeSet<String> = given.iter().map(|label| folded(label)).collect();
        // Of a stage that no deal has, nothing is known but that the caller names it.
        let kept = |stage: &u32| {
            used[*stage as usize] || listed.contains(&folded(&self.names[*stage as usize]))
        };
        let (sorted, source) = order(&self.names, &evidence);
        let sorted: Vec<u32> = sorted.into_iter().filter(kept).collect();
        let mut rank = vec![0; self.names.len()];
        for (place, stage) in (0_u32..).zip(&sorted) {
            rank[*stage as usize] = place;
        }
        for visit in self.visits.iter_mut().flatten() {
            visit.stage = rank[visit.stage as usize];
        }
        for stage in self.last.iter_mut().flatten() {
            *stage = rank[*stage as usize];
        }
        let mut names: Vec<String> =
            sorted.iter().map(|stage| self.names[*stage as usize].clone()).collect();
        let seen = self.names.iter().zip(used).filter(|(_, used)| **used);
        let known: BTreeSet<String> = seen.map(|(name, _)| folded(name)).collect();
        self.unknown =
            given.iter().filter(|label| !known.contains(&folded(label))).cloned().collect();
        if !given.is_empty() {
            self.unlisted =
                names.iter().filter(|name| !listed.contains(&folded(name))).cloned().collect();
        }
        std::mem::swap(&mut self.names, &mut names);
        self.source = source;
    }

    /// Finds which stages each pipeline has.
    fn pipelines(&mut self, view: &View<'_>) {
        let labels = view.deals.labels(Field::Pipeline);
        let count = labels.map_or(0, |labels| labels.labels().len());
        self.of_pipeline = vec![vec![false; self.names.len()]; count + 1];
        for deal in view.rows.iter().copied() {
            let pipeline = self.pipeline(view, deal);
            let visited = self.visits[deal].iter().map(|visit| visit.stage);
            for stage in visited.chain(self.last[deal]) {
                self.of_pipeline[pipeline][stage as usize] = true;
            }
        }
        if count < 2 {
            // One pipeline has every stage, a listed one that no deal has, too.
            self.of_pipeline.iter_mut().flatten().for_each(|has| *has = true);
        }
    }

    /// The number of the pipeline of a deal.
    pub(in crate::analysis) fn pipeline(&self, view: &View<'_>, deal: usize) -> usize {
        let labels = view.deals.labels(Field::Pipeline);
        let code = labels.and_then(|labels| labels.code(deal));
        code.map_or(self.of_pipeline.len() - 1, |code| code as usize)
    }
}

fn texts(texts: &crate::data::Texts) -> impl Iterator<Item = &str> {
    (0..texts.len()).filter_map(|code| texts.get(code))
}

/// How many deals came to one stage before another, by their first visits.
fn before(visits: &[Vec<Visit>]) -> BTreeMap<(u32, u32), u64> {
    let mut before = BTreeMap::new();
    for visits in visits {
        let mut seen: Vec<u32> = Vec::new();
        for visit in visits {
            if !seen.contains(&visit.stage) {
                for earlier in &seen {
                    *before.entry((*earlier, visit.stage)).or_default() += 1;
                }
                seen.push(visit.stage);
            }
        }
    }
    before
}

/// The mean of the CRM's probabilities of the open deals at each stage.
fn probabilities(view: &View<'_>, last: &[Option<u32>], stages: usize) -> Vec<Option<f64>> {
    let Some(Column::Number(given)) = view.deals.field(Field::Probability) else {
        return Vec::new();
    };
    let mut found = vec![Vec::new(); stages];
    for deal in view.rows.iter().copied().filter(|deal| view.status[*deal] == DealStatus::Open) {
        if let Some(stage) = last[deal].filter(|_| !given[deal].is_nan()) {
            found[stage as usize].push(given[deal]);
        }
    }
    found.iter().map(|given| super::view::mean(given)).collect()
}

/// The rows of a history by deal.
struct Entries<'a> {
    labels: &'a crate::data::Labels,
    /// By deal: when, and at which row.
    of_deal: Vec<Vec<(f64, usize)>>,
}

/// What the history says of one deal.
struct Way {
    visits: Vec<Visit>,
    /// Whether it says anything before the instant.
    is_known: bool,
    /// The stage that was entered with the close, which is the outcome and no visit.
    closing: Option<u32>,
    /// Whether it goes on after the instant.
    goes_on: bool,
}

impl<'a> Entries<'a> {
    fn of(view: &View<'_>, history: &'a Records) -> Result<Self> {
        let (Some(_), Some(Column::Date(entered)), Some(labels)) =
            (view.deals.ids(), history.field(Field::EnteredAt), history.labels(Field::Stage))
        else {
            return Err(Error::data("the history of stages names neither deals nor stages")
                .with_hint(
                    "it needs the columns deal_id, stage, entered_at, and the deals need their ids",
                ));
        };
        let mut of_deal = vec![Vec::new(); view.deals.len()];
        for (row, deal) in view.deals.named_by(history).into_iter().enumerate() {
            if let (Some(deal), Some(at)) = (deal, entered[row]) {
                of_deal[deal].push((days(at), row));
            }
        }
        for entries in &mut of_deal {
            // Equal instants are in the order of the stages' names, in which the rows of records are.
            entries.sort_by(|left, right| left.0.total_cmp(&right.0).then(left.1.cmp(&right.1)));
        }
        Ok(Self { labels, of_deal })
    }

    fn labels(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        texts(self.labels.labels())
    }

    /// The way of `deal` before the instant of observation and its own end.
    fn way(
        &self,
        view: &View<'_>,
        deal: usize,
        names: &Names<'_>,
        odd: &mut Contradictions,
    ) -> Way {
        let entries = &self.of_deal[deal];
        let closed = view.closed[deal];
        // What is entered with the close is the outcome, not a stage; a day is over at its end.
        let end = closed.map_or(f64::INFINITY, end_of);
        let mut visits: Vec<Visit> = Vec::new();
        let mut closing = None;
        let (mut is_known, mut goes_on, mut at_once) = (false, false, false);
        let (mut too_early, mut too_late) = (false, false);
        for (at, row) in entries.iter().copied() {
            if at >= view.cutoff {
                goes_on = true;
                break;
            }
            is_known = true;
            let Some(stage) = names.number(self.labels.get(row)) else { continue };
            if at >= end {
                too_late |= at > end;
                closing = closing.or((at == end).then_some(stage));
                continue;
            }
            too_early |=
                view.created[deal].is_some_and(|created| at < created && end_of(at) <= created);
            if let Some(before) = visits.last_mut() {
                if before.stage == stage {
                    continue;
                }
                at_once |= before.entered == Some(at);
                before.left = Some(at);
            }
            visits.push(Visit { stage, entered: Some(at), left: None });
        }
        if let Some(last) = visits.last_mut() {
            last.left = closed.map(|closed| closed.max(last.entered.unwrap_or(closed)));
        }
        if too_early {
            odd.before_creation.push(deal);
        }
        if too_late {
            odd.after_close.push(deal);
        }
        if at_once {
            odd.at_once.push(deal);
        }
        Way { visits, is_known, closing, goes_on }
    }
}
