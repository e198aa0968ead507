//! Where and how long deals were at risk: the Lexis diagram of ages and periods.

use super::{AGE_QUANTILES, AMOUNT_CLASSES, Calendar, Deal, Outcome};

/// A stretch of a deal's life within one cell.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Exposure {
    /// The level of every factor.
    pub(super) levels: Vec<u32>,
    /// The period of the calendar.
    pub(super) period: u32,
    /// Days at risk, weighted.
    pub(super) days: f64,
    /// What happened at its end, and with which weight.
    pub(super) event: Option<(Outcome, f64)>,
}

/// The cells that life is cut into.
#[derive(Clone, Debug)]
pub(super) struct Cells {
    starts: Vec<f64>,
    seasons: Vec<u32>,
    most_seasons: u32,
    /// Ages at which a new cell begins.
    ages: Vec<f64>,
    /// Amounts at which a new class begins; empty where amounts say nothing.
    amounts: Vec<f64>,
    /// Stages, or `None` where they are not known.
    stages: Option<u32>,
    /// The number of levels of every factor.
    levels: Vec<u32>,
    /// The first traits, which say something.
    traits: usize,
}

/// What was seen of a deal.
#[derive(Clone, Copy, Debug)]
struct Sighting {
    stage: Option<u32>,
    /// Whether it was just created.
    is_new: bool,
}

impl Sighting {
    fn at_creation(deal: &Deal) -> Self {
        Self { stage: deal.stages.first().map(|(_, stage)| *stage), is_new: true }
    }
}

/// A stage is remembered for so many periods; what it says later is what it says then.
const MEMORY: usize = 4;

impl Cells {
    pub(super) fn of(
        deals: &[Deal],
        calendar: &Calendar<'_>,
        hidden_amounts: bool,
        labels: usize,
    ) -> Self {
        let closes = deals.iter().filter_map(|deal| deal.closed.map(|(at, _)| at - deal.created));
        let ages = cuts(closes.map(|age| age.max(0.0)).collect(), &AGE_QUANTILES);
        let classes: Vec<f64> =
            (1..AMOUNT_CLASSES).map(|class| class as f64 / AMOUNT_CLASSES as f64).collect();
        let amounts = if hidden_amounts {
            Vec::new()
        } else {
            cuts(deals.iter().filter_map(|deal| deal.amount).collect(), &classes)
        };
        let last_stage = deals.iter().flat_map(|deal| &deal.stages).map(|(_, stage)| *stage).max();
        let traits = deals.first().map_or(0, |deal| deal.traits.len().saturating_sub(labels));
        let most_seasons = calendar.seasons.iter().max().map_or(1, |last| last + 1);
        let age_levels = ages.len() as u32 + 1;
        let mut levels = vec![age_levels, most_seasons, age_levels * most_seasons];
        // One level more for a stage or an amount that is not known, and all stages twice: a deal that is
        // created in a stage is on its way, one that still stands in it later may be stuck.
        levels.extend(last_stage.map(|last| 2 * (last + 2) * MEMORY as u32));
        levels.extend((!hidden_amounts).then_some(amounts.len() as u32 + 2));
        levels.extend(
            (0..traits)
                .map(|place| deals.iter().map(|deal| deal.traits[place] + 1).max().unwrap_or(1)),
        );
        Self {
            starts: calendar.starts.to_vec(),
            seasons: calendar.seasons.to_vec(),
            most_seasons,
            ages,
            amounts,
            stages: last_stage.map(|last| last + 1),
            levels,
            traits,
        }
    }

    /// The first day of every period, and the end of the last one.
    pub(super) fn starts(&self) -> &[f64] {
        &self.starts
    }

    /// The number of levels of every factor.
    pub(super) fn levels(&self) -> &[u32] {
        &self.levels
    }

    /// The life of `deal` up to its close or the `cutoff`.
    ///
    /// Where stages are known, every stretch counts once for each period start, of the last few, at which the
    /// deal was seen, each with its share: what a stage says about this period, the next, and so on.
    pub(super) fn past(&self, deal: &Deal, cutoff: f64) -> Vec<Exposure> {
        let (end, outcome) = match deal.closed {
            Some((at, outcome)) => (at.max(deal.created), Some(outcome)),
            None => (cutoff, None),
        };
        let mut exposures = Vec::new();
        let first = self.period_of(deal.created);
        self.stretches(deal.created, deal.created, end, |period, age, from, to| {
            // A deal is seen when it is created and at the start of every later period.
            let memory = if self.stages.is_some() { MEMORY.min(period - first + 1) } else { 1 };
            let event = outcome.filter(|_| to >= end);
            for lag in 0..memory {
                let share = 1.0 / memory as f64;
                exposures.push(Exposure {
                    levels: self.level(
                        deal,
                        period,
                        age,
                        self.seen(deal, first, period - lag),
                        lag,
                    ),
                    period: period as u32,
                    days: (to - from) * share,
                    event: event.map(|outcome| (outcome, share)),
                });
            }
        });
        exposures
    }

    /// Calls `visit` with period, days and levels of every stretch of the life that `deal` has from `from` to
    /// the start of the period `end` if nothing happens; its stage was last seen at the later of `from` and
    /// its creation.
    pub(super) fn future(
        &self,
        deal: &Deal,
        from: f64,
        end: usize,
        mut visit: impl FnMut(usize, f64, &[u32]),
    ) {
        let from = from.max(deal.created);
        let seen = self.period_of(from);
        let sighting = if deal.created < from {
            Sighting { stage: deal.stage_before(from), is_new: false }
        } else {
            Sighting::at_creation(deal)
        };
        self.stretches(deal.created, from, self.starts[end], |period, age, from, to| {
            let lag = (period - seen).min(MEMORY - 1);
            visit(period, to - from, &self.level(deal, period, age, sighting, lag));
        });
    }

    /// How `deal` was seen at the start of `period`; in its first period at its creation.
    fn seen(&self, deal: &Deal, first: usize, period: usize) -> Sighting {
        if period == first {
            Sighting::at_creation(deal)
        } else {
            Sighting { stage: deal.stage_before(self.starts[period]), is_new: false }
        }
    }

    fn level(
        &self,
        deal: &Deal,
        period: usize,
        age: usize,
        seen: Sighting,
        lag: usize,
    ) -> Vec<u32> {
        let (season, age) = (self.seasons[period], age as u32);
        let mut levels = vec![age, season, age * self.most_seasons + season];
        // A stage that nobody stood in before is like an unknown one.
        levels.extend(self.stages.map(|unknown| {
            let stage = seen.stage.unwrap_or(unknown).min(unknown);
            (2 * stage + u32::from(seen.is_new)) * MEMORY as u32 + lag as u32
        }));
        if self.levels.len() > levels.len() + self.traits {
            levels.push(match deal.amount {
                Some(amount) => self.amounts.partition_point(|cut| *cut <= amount) as u32,
                None => self.amounts.len() as u32 + 1,
            });
        }
        levels.extend(&deal.traits[..self.traits]);
        levels
    }

    fn period_of(&self, at: f64) -> usize {
        let last = self.seasons.len() - 1;
        self.starts.partition_point(|start| *start <= at).saturating_sub(1).min(last)
    }

    /// Cuts the days `from..to` of a deal created at `created` where a period or an age class begins; at
    /// least one stretch, which may be empty.
    fn stretches(
        &self,
        created: f64,
        from: f64,
        to: f64,
        mut visit: impl FnMut(usize, usize, f64, f64),
    ) {
        let mut at = from;
        let mut period = self.period_of(from);
        let mut age = self.ages.partition_point(|cut| created + cut <= from);
        loop {
            let of_period = self.starts.get(period + 1).copied().unwrap_or(f64::INFINITY);
            let of_age = self.ages.get(age).map_or(f64::INFINITY, |cut| created + cut);
            let next = of_period.min(of_age).min(to);
            visit(period, age, at, next);
            if next >= to {
                return;
            }
            period += usize::from(next >= of_period);
            age += usize::from(next >= of_age);
            at = next;
        }
    }
}

/// Different values at these shares of the sorted `values`.
fn cuts(mut values: Vec<f64>, shares: &[f64]) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    let Some(last) = values.len().checked_sub(1) else { return Vec::new() };
    let mut cuts: Vec<f64> =
        shares.iter().map(|share| values[(share * last as f64).round() as usize]).collect();
    cuts.dedup();
    cuts
}
