//! The deals of one part: stages, outcomes, reasons.

use super::{
    Date, Deals, Group, MoneyStage, Rate,
    view::{View, mean, quantile},
    ways::Ways,
};
use crate::{
    Error, Money, Result,
    data::{DealStatus, Field},
};
use crmstat_models::clv::{KaplanMeier, Lifetime};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The funnel of some deals.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Division {
    /// Whether it is that of all deals.
    pub is_whole: bool,
    /// The labels of what deals are divided by; `None` is none.
    pub labels: Vec<Option<String>>,
    /// The first day of the period in which the deals were created; `None` for all, or where unknown.
    pub cohort: Option<Date>,
    /// Outcomes, cycle, velocity.
    pub overview: Overview,
    /// From the first stage to the last.
    pub stages: Vec<Stage>,
    /// Lost deals by reason, most first.
    pub reasons: Vec<Reason>,
}

/// Outcomes of deals.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overview {
    /// Deals by outcome.
    #[serde(flatten)]
    pub deals: Group,
    /// Different customers.
    pub customers: u64,
    /// Won among closed deals.
    pub win_rate: Option<Rate>,
    /// The amount won among the amounts won and lost.
    pub win_rate_by_value: Option<f64>,
    /// The mean amount of the won deals that have one.
    pub mean_won: Option<f64>,
    /// The mean of the days from creation to winning.
    pub cycle_mean_days: Option<f64>,
    /// Their median.
    pub cycle_median_days: Option<f64>,
    /// Open deals × win rate × mean amount won / mean cycle: money per day.
    pub velocity: Option<f64>,
    /// What open deals with an amount are worth by the odds of their stages.
    pub weighted: Option<f64>,
    /// The median age of open deals in days.
    pub open_age_days: Option<f64>,
    /// Open deals whose expected close is past; `None` where no deal tells it.
    pub overdue: Option<u64>,
}

/// One stage. What only a history of stages tells is `None` without one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// Its place in the order, from 1 on.
    pub position: u64,
    /// Deals that were there.
    pub entered: Option<u64>,
    /// Deals that passed it without being there.
    pub skipped: Option<u64>,
    /// Entered or skipped.
    pub reached: Option<u64>,
    /// Reached, and came further or were won.
    pub moved_on: Option<u64>,
    /// Lost with this as the furthest stage.
    pub died: Option<u64>,
    /// Open with this as the furthest stage.
    pub open: Option<u64>,
    /// Left it and came back.
    pub re_entered: Option<u64>,
    /// Moved on among those that moved on or died.
    pub conversion: Option<Rate>,
    /// Won among the closed deals that reached it.
    pub to_won: Option<Rate>,
    /// Stays at the stage, those that go on among them.
    pub stays: Option<u64>,
    /// Quartiles of their length.
    pub days: Quartiles,
    /// Different customers with a deal that reached it.
    pub customers: Option<u64>,
    /// The deals that reached it with their amounts.
    pub worth: Option<Deals>,
    /// What it says of the money: invoiced, paid or shipped.
    pub money: Option<MoneyStage>,
    /// Open deals that stand there.
    pub here: Deals,
    /// Different customers with an open deal there.
    pub customers_here: u64,
    /// Deals that were won while they stood there.
    pub won_here: u64,
    /// Deals that were lost while they stood there.
    pub lost_here: u64,
}

/// The times by which a quarter, a half and three quarters of stays have ended; `None` where more go on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Quartiles {
    /// A quarter.
    pub lower: Option<f64>,
    /// A half.
    pub median: Option<f64>,
    /// Three quarters.
    pub upper: Option<f64>,
}

/// Deals lost for one reason.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reason {
    /// The reason; `None` is none given.
    pub reason: Option<String>,
    /// The deals.
    pub lost: Deals,
    /// Their share of all lost deals.
    pub share: Rate,
}

/// Deals of one part while they are counted.
#[derive(Debug, Default)]
pub(super) struct Tally {
    deals: Group,
    customers: BTreeSet<u32>,
    cycles: Vec<f64>,
    ages: Vec<f64>,
    overdue: u64,
    stages: Vec<StageTally>,
    reasons: BTreeMap<Option<u32>, Deals>,
    /// Amounts of open deals with an amount by their stage; the last is of those without a stage.
    amounts: Vec<i128>,
    weighted: f64,
}

#[derive(Clone, Debug, Default)]
struct StageTally {
    entered: u64,
    skipped: u64,
    moved_on: u64,
    died: u64,
    open: u64,
    re_entered: u64,
    won: u64,
    lost: u64,
    stays: Vec<Lifetime>,
    customers: BTreeSet<u32>,
    worth: Deals,
    here: Deals,
    customers_here: BTreeSet<u32>,
    won_here: u64,
    lost_here: u64,
}

/// The share of closed deals that were won, by stage reached; the last is that of all closed deals.
pub(super) struct Odds(Vec<Option<f64>>);

impl Tally {
    pub(super) fn new(ways: &Ways) -> Self {
        Self {
            stages: vec![StageTally::default(); ways.names.len()],
            amounts: vec![0; ways.names.len() + 1],
            ..Self::default()
        }
    }

    pub(super) fn add(&mut self, view: &View<'_>, ways: &Ways, deal: usize) -> Result<()> {
        let (status, amount) = (view.status[deal], view.deals.amount()[deal]);
        self.deals.add(status, amount)?;
        let customer = view.deals.labels(Field::CustomerId).and_then(|labels| labels.code(deal));
        self.customers.extend(customer);
        match status {
            DealStatus::Won => self.cycles.extend(view.cycle(deal)),
            DealStatus::Open => {
                self.ages.extend(view.age(deal));
                self.overdue += u64::from(view.overdue_since(deal).is_some());
                let stage = ways.last[deal].map_or(ways.names.len(), |stage| stage as usize);
                self.amounts[stage] += amount.map_or(0, |amount| i128::from(amount.units()));
            }
            DealStatus::Lost => {
                let reasons = view.deals.labels(Field::LostReason);
                let reason = reasons.and_then(|labels| labels.code(deal));
                self.reasons.entry(reason).or_default().add(amount)?;
            }
        }
        if let Some(stage) = ways.last[deal] {
            let here = &mut self.stages[stage as usize];
            match status {
                DealStatus::Open => {
                    here.here.add(amount)?;
                    here.customers_here.extend(customer);
                }
                DealStatus::Won => here.won_here += 1,
                DealStatus::Lost => here.lost_here += 1,
            }
        }
        if ways.has_history[deal] {
            self.add_way(view, ways, deal, customer)?;
        }
        Ok(())
    }

    fn add_way(
        &mut self,
        view: &View<'_>,
        ways: &Ways,
        deal: usize,
        customer: Option<u32>,
    ) -> Result<()> {
        let (status, visits) = (view.status[deal], &ways.visits[deal]);
        let furthest = visits.iter().map(|visit| visit.stage).max();
        let of_pipeline = &ways.of_pipeline[ways.pipeline(view, deal)];
        for visit in visits {
            if let Some(entered) = visit.entered {
                let end = visit.left.unwrap_or(view.cutoff);
                let length = (end - entered).max(0.0);
                let ended = visit.left.is_some();
                self.stages[visit.stage as usize].stays.push(Lifetime { length, ended });
            }
        }
        for (stage, tally) in self.stages.iter_mut().enumerate() {
            let times = visits.iter().filter(|visit| visit.stage as usize == stage).count();
            let is_further = furthest.is_some_and(|furthest| furthest as usize > stage)
                || status == DealStatus::Won;
            if times == 0 && !(is_further && of_pipeline[stage]) {
                continue;
            }
            tally.entered += u64::from(times > 0);
            tally.skipped += u64::from(times == 0);
            tally.re_entered += u64::from(times > 1);
            tally.customers.extend(customer);
            tally.worth.add(view.deals.amount()[deal])?;
            match status {
                _ if is_further => tally.moved_on += 1,
                DealStatus::Lost => tally.died += 1,
                _ => tally.open += 1,
            }
            tally.won += u64::from(status == DealStatus::Won);
            tally.lost += u64::from(status == DealStatus::Lost);
        }
        Ok(())
    }

    /// The share won of the closed deals that reached each stage.
    pub(super) fn odds(&self, level: f64) -> Odds {
        let value = |won: u64, lost: u64| Rate::new(won, won + lost, level).map(|rate| rate.value);
        let all = value(self.deals.won.deals, self.deals.lost.deals);
        let of_stage = |stage: &StageTally| value(stage.won, stage.lost).or(all);
        Odds(self.stages.iter().map(of_stage).chain([all]).collect())
    }

    /// Weighs open deals by the odds of their stages.
    pub(super) fn weigh(&mut self, odds: &Odds) {
        let weighed = self.amounts.iter().zip(&odds.0);
        self.weighted = crmstat_models::sum::compensated(
            weighed.map(|(units, p)| *units as f64 / Money::SCALE as f64 * p.unwrap_or(0.0)),
        );
    }

    /// The curve of the stays at each stage; `None` without any.
    pub(super) fn stays(&self, stage: usize) -> Option<KaplanMeier> {
        KaplanMeier::fit(&self.stages[stage].stays, super::LEVEL).ok()
    }

    /// The days from creation to winning.
    pub(super) fn cycles(&self) -> &[f64] {
        &self.cycles
    }

    pub(super) fn finish(
        self,
        view: &View<'_>,
        ways: &Ways,
        level: f64,
        has_history: bool,
    ) -> Result<Division> {
        let stages = (0..self.stages.len())
            .filter(|stage| self.is_here(ways, view, *stage))
            .map(|stage| self.stage(ways, stage, level, has_history))
            .collect();
        let deals = self.deals;
        let closed = deals.won.deals + deals.lost.deals;
        let win_rate = Rate::new(deals.won.deals, closed, level);
        let known = deals.won.with_amount;
        let mean_won = deals.won.worth().map(|worth| worth.to_f64() / known as f64);
        let cycle_mean_days = mean(&self.cycles);
        let velocity = match (win_rate, mean_won, cycle_mean_days) {
            (Some(rate), Some(amount), Some(cycle)) if cycle > 0.0 => {
                Some(deals.open.deals as f64 * rate.value * amount / cycle)
            }
            _ => None,
        };
        let has_expected = view.rows.iter().any(|deal| {
            view.status[*deal] == DealStatus::Open && view.deals.expected_close(*deal).is_some()
        });
        let is_weighed = deals.open.with_amount > 0 && closed > 0;
        let mut reasons = Vec::new();
        if view.deals.has(Field::LostReason) {
            for (code, lost) in &self.reasons {
                let labels = view.deals.labels(Field::LostReason);
                let text = code.and_then(|code| labels?.labels().get(code as usize));
                let share = Rate::new(lost.deals, deals.lost.deals, level)
                    .ok_or_else(|| Error::data("a reason has more lost deals than there are"))?;
                reasons.push(Reason { reason: text.map(str::to_owned), lost: *lost, share });
            }
            // Of equal numbers the first by name, those without a reason last.
            reasons.sort_by(|left, right| {
                let name = |reason: &Reason| (reason.reason.is_none(), reason.reason.clone());
                right.lost.deals.cmp(&left.lost.deals).then_with(|| name(left).cmp(&name(right)))
            });
        }
        Ok(Division {
            is_whole: true,
            labels: Vec::new(),
            cohort: None,
            overview: Overview {
                customers: self.customers.len() as u64,
                win_rate,
                win_rate_by_value: deals.win_rate_by_value(),
                mean_won,
                cycle_mean_days,
                cycle_median_days: quantile(&self.cycles, 0.5),
                velocity,
                weighted: is_weighed.then_some(self.weighted),
                open_age_days: quantile(&self.ages, 0.5),
                overdue: has_expected.then_some(self.overdue),
                deals,
            },
            stages,
            reasons,
        })
    }

    /// Whether the stage belongs to the deals of this part: one of them was or stands there, passed it, or there
    /// is one pipeline, whose stages are everybody's.
    fn is_here(&self, ways: &Ways, view: &View<'_>, stage: usize) -> bool {
        let tally = &self.stages[stage];
        let pipelines =
            view.deals.labels(Field::Pipeline).map_or(0, |labels| labels.labels().len());
        let standing = tally.here.deals + tally.won_here + tally.lost_here;
        pipelines < 2 || tally.entered + tally.skipped + standing > 0 || ways.names.len() == 1
    }

    fn stage(&self, ways: &Ways, stage: usize, level: f64, has_history: bool) -> Stage {
        let tally = &self.stages[stage];
        let known = |count: u64| has_history.then_some(count);
        let curve = self.stays(stage);
        let by = |ended: f64| curve.as_ref().and_then(|curve| curve.quantile(ended));
        Stage {
            name: ways.names[stage].clone(),
            position: stage as u64 + 1,
            entered: known(tally.entered),
            skipped: known(tally.skipped),
            reached: known(tally.entered + tally.skipped),
            moved_on: known(tally.moved_on),
            died: known(tally.died),
            open: known(tally.open),
            re_entered: known(tally.re_entered),
            conversion: Rate::new(tally.moved_on, tally.moved_on + tally.died, level),
            to_won: Rate::new(tally.won, tally.won + tally.lost, level),
            stays: known(tally.stays.len() as u64),
            days: Quartiles { lower: by(0.25), median: by(0.5), upper: by(0.75) },
            customers: known(tally.customers.len() as u64),
            worth: has_history.then_some(tally.worth),
            money: MoneyStage::of(&ways.names[stage]),
            here: tally.here,
            customers_here: tally.customers_here.len() as u64,
            won_here: tally.won_here,
            lost_here: tally.lost_here,
        }
    }
}
