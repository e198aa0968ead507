//! The pipeline forecast: which open deals will be won, when, and what will deals bring that do not exist yet?
//!
//! # Formula
//! A deal is at risk of being won and of being lost. Both hazards are constant within a *cell* and products of
//! factors: λ = λ₀ · Π r(factor, level), over the deal's age, the season of the period (and both together),
//! its amount, each trait of it (owner, product, source) and, where the stages it went through are known, the
//! stage it stood in so many periods ago. A level's factor is the posterior mean
//!
//! r = (events + k) / (expected events + k)
//!
//! of a gamma prior with mean one, given all other factors; k maximises the negative binomial likelihood of
//! the factor's levels. So a level that says little stays at one, and a cell of two weak levels does too. Over
//! a period with hazard sums Hʷ and Hˡ an open deal is won with probability Hʷ/(Hʷ + Hˡ) · (1 − e^−(Hʷ + Hˡ)).
//!
//! Paths draw what deals share before each deal: a shock of every period, gamma with the k that the past
//! periods show; then the number of new deals ([`Arrivals`]); then what becomes of every deal, open and new.
//!
//! # Assumptions
//! Deals are alike given their factors and the period's shock; new deals are like the latest ones; traits do
//! not change while a deal is open. Nothing at or after the cutoff is used, whatever the deals hold: a deal
//! closed later is open, a stage entered later unknown.
//!
//! # Citation
//! R. Prentice, L. Gloeckler, Biometrics 34, 1978 and P. Allison, Sociological Methodology 13, 1982 (competing
//! risks by intervals); T. Holford, Biometrics 36, 1980 (constant hazards as a Poisson model);
//! D. Clayton, J. Kaldor, Biometrics 43, 1987 (eq. 3: gamma shrinkage of relative risks, k by likelihood).
//!
//! # When not to use
//! Before some dozens of deals were closed; where deals are entered only when they are won.
//!
//! # Units and shapes
//! Instants in days from any origin. Amounts in one unit. Periods are given by their first days and may have
//! any length; path and mean vectors have one value per period from the one that holds the cutoff.
//!
//! # Errors
//! A calendar that does not rise or does not reach, unequal numbers of traits, numbers that are not finite:
//! parameter errors. Too few closed deals: a data error.
//!
//! # Examples
//! ```
//! use crmstat_models::forecast::pipeline::{Calendar, Deal, Outcome, Pipeline};
//!
//! // A deal a day; every third is lost, the others are won, each after ten days.
//! let deals: Vec<Deal> = (0..300)
//!     .map(|day| Deal {
//!         created: f64::from(day),
//!         closed: Some((f64::from(day + 10), if day % 3 == 0 { Outcome::Lost } else { Outcome::Won })),
//!         amount: Some(100.0),
//!         ..Deal::default()
//!     })
//!     .collect();
//! let starts: Vec<f64> = (0..=12).map(|month| f64::from(month) * 30.0).collect();
//! let calendar = Calendar { starts: &starts, seasons: &[0; 12], season: 1 };
//! let fit = Pipeline::new().fit(&deals, &calendar, 270.0)?;
//! let outlook = fit.simulate(1, 500, 42)?;
//! let mean = outlook.mean()[0];
//! assert!((mean - 30.0 * 100.0 * 2.0 / 3.0).abs() < 300.0, "{mean}");
//! # Ok::<(), crmstat_models::Error>(())
//! ```

mod arrivals;
mod exposure;
mod hazard;
mod simulate;
#[cfg(test)]
mod tests;

pub use arrivals::Arrivals;
pub use simulate::{Outlook, Prospect};

use self::{
    exposure::{Cells, Exposure},
    hazard::Hazard,
};
use crate::{Error, Result};

/// What became of a closed deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Sold.
    Won,
    /// Closed without a sale.
    Lost,
}

/// A deal with all that is known of it today; what it was at a cutoff is worked out here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deal {
    /// When it was created.
    pub created: f64,
    /// When and how it was closed; `None` is open.
    pub closed: Option<(f64, Outcome)>,
    /// What it is or was worth.
    pub amount: Option<f64>,
    /// The level of each trait, the same traits for every deal.
    pub traits: Vec<u32>,
    /// The stages it entered and when, by time; empty where they are not known.
    pub stages: Vec<(f64, u32)>,
}

impl Deal {
    /// Whether it is open at the instant `at`.
    pub fn is_open_at(&self, at: f64) -> bool {
        self.created < at && self.closed_before(at).is_none()
    }

    /// Its close, where that was before `at`.
    pub fn closed_before(&self, at: f64) -> Option<(f64, Outcome)> {
        self.closed.filter(|(closed, _)| *closed < at)
    }

    /// The stage it stood in just before `at`.
    pub fn stage_before(&self, at: f64) -> Option<u32> {
        self.stages.iter().rev().find(|(entered, _)| *entered < at).map(|(_, stage)| *stage)
    }
}

/// The periods of the past and the future.
#[derive(Clone, Copy, Debug)]
pub struct Calendar<'a> {
    /// The first day of every period, and the end of the last one.
    pub starts: &'a [f64],
    /// The season of every period, such as the month of the quarter.
    pub seasons: &'a [u32],
    /// Periods in a cycle of the arrivals, such as 12 months; 1 for none.
    pub season: usize,
}

impl Calendar<'_> {
    /// The number of periods.
    fn len(&self) -> usize {
        self.seasons.len()
    }

    /// The period that holds `at`, which is not before the first.
    fn period_of(&self, at: f64) -> usize {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    fn check(&self, cutoff: f64) -> Result<()> {
        let rises = self.starts.windows(2).all(|pair| pair[0] < pair[1])
            && self.starts.iter().all(|start| start.is_finite());
        if !rises || self.starts.len() != self.len() + 1 {
            let allowed = "one rising first day for each season, and the end";
            return Err(Error::parameter("starts", self.starts.len(), allowed));
        }
        if self.season == 0 {
            return Err(Error::parameter("season", 0, "at least 1 (1 means no season)"));
        }
        let within = self.starts[0] <= cutoff && cutoff < self.starts[self.len()];
        if !within {
            return Err(Error::parameter("cutoff", cutoff, "within the calendar"));
        }
        Ok(())
    }
}

/// How the pipeline is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pipeline {
    hidden_amounts: bool,
    amounts_by: Option<usize>,
    labels: usize,
}

/// Fewer closed deals than this, or none won, tell nothing about the others.
pub const LEAST_CLOSED: usize = 30;

/// Ages are cut where this share of closed deals was closed, so that every cell has about as many.
const AGE_QUANTILES: [f64; 9] = [0.1, 0.2, 0.3, 0.4, 0.55, 0.7, 0.85, 0.95, 1.0];

/// Amounts are cut into as many equal parts.
const AMOUNT_CLASSES: usize = 5;

/// The latest deals teach the most; older ones than so many are not asked.
const MOST_DEALS: usize = 100_000;

/// New deals are like one of so many latest ones.
const TEMPLATES: usize = 500;

impl Pipeline {
    /// Deals whose amounts are known while they are open.
    pub fn new() -> Self {
        Self::default()
    }

    /// Amounts that a CRM writes only when a deal is won: they say nothing while it is open, and an open deal
    /// is worth what a won one was.
    #[must_use]
    pub fn hidden_amounts(mut self, hidden: bool) -> Self {
        self.hidden_amounts = hidden;
        self
    }

    /// The trait, counted from 0, whose won deals tell what an open one without an amount is worth.
    #[must_use]
    pub fn amounts_by(mut self, place: Option<usize>) -> Self {
        self.amounts_by = place;
        self
    }

    /// How many of the last traits only divide the deals and say nothing of their odds, so that the forecast is the
    /// same whatever it is divided by.
    #[must_use]
    pub fn labels(mut self, labels: usize) -> Self {
        self.labels = labels;
        self
    }

    /// Learns from what was known before `cutoff`.
    ///
    /// # Errors
    /// See the module's documentation.
    pub fn fit(&self, deals: &[Deal], calendar: &Calendar<'_>, cutoff: f64) -> Result<PipelineFit> {
        calendar.check(cutoff)?;
        check_deals(deals, calendar)?;
        if let Some(place) = self
            .amounts_by
            .filter(|place| deals.first().is_some_and(|deal| *place >= deal.traits.len()))
        {
            return Err(Error::parameter("amounts_by", place, "the place of a trait"));
        }
        let known: Vec<Deal> = deals
            .iter()
            .filter(|deal| deal.created < cutoff)
            .map(|deal| self.as_of(deal, cutoff))
            .collect();
        let won =
            known.iter().filter(|deal| matches!(deal.closed, Some((_, Outcome::Won)))).count();
        let closed = known.iter().filter(|deal| deal.closed.is_some()).count();
        if closed < LEAST_CLOSED || won == 0 {
            let reason = format!("{closed} deals were closed, {won} of them won");
            let hint = format!("a pipeline needs {LEAST_CLOSED} closed deals to learn from");
            return Err(Error::data(reason).with_hint(hint));
        }
        let cells = Cells::of(&known, calendar, self.hidden_amounts, self.labels);
        let mut latest: Vec<&Deal> = known.iter().collect();
        latest.sort_by(|left, right| right.created.total_cmp(&left.created));
        latest.truncate(MOST_DEALS);
        let exposures: Vec<Exposure> =
            latest.iter().flat_map(|deal| cells.past(deal, cutoff)).collect();
        let hazard = |outcome| Hazard::fit(&exposures, cells.levels(), outcome);
        let (win, loss) = (hazard(Outcome::Won), hazard(Outcome::Lost));
        let first = known.iter().map(|deal| calendar.period_of(deal.created)).min().unwrap_or(0);
        let current = calendar.period_of(cutoff);
        let arrivals = Arrivals::of(&known, calendar, first..current)?;
        let templates = latest.into_iter().take(TEMPLATES).cloned().collect();
        Ok(PipelineFit {
            current,
            cutoff,
            amounts: WonAmounts::of(&known, self.amounts_by),
            hidden_amounts: self.hidden_amounts,
            open: known.into_iter().filter(|deal| deal.closed.is_none()).collect(),
            templates,
            arrivals,
            cells,
            win,
            loss,
        })
    }

    /// The deal as it was at `cutoff`.
    fn as_of(&self, deal: &Deal, cutoff: f64) -> Deal {
        let closed = deal.closed_before(cutoff);
        let shown = !self.hidden_amounts || matches!(closed, Some((_, Outcome::Won)));
        Deal {
            created: deal.created,
            closed,
            amount: deal.amount.filter(|_| shown),
            traits: deal.traits.clone(),
            stages: deal.stages.iter().copied().filter(|(entered, _)| *entered < cutoff).collect(),
        }
    }
}

fn check_deals(deals: &[Deal], calendar: &Calendar<'_>) -> Result<()> {
    let traits = deals.first().map_or(0, |deal| deal.traits.len());
    for deal in deals {
        let instants = deal.stages.iter().map(|(entered, _)| *entered).chain([deal.created]);
        let mut numbers = instants.chain(deal.closed.map(|(at, _)| at)).chain(deal.amount);
        if let Some(number) = numbers.find(|number| !number.is_finite()) {
            return Err(Error::parameter("deals", number, "finite"));
        }
        if deal.traits.len() != traits {
            let allowed = format!("{traits} traits for every deal");
            return Err(Error::parameter("deals", deal.traits.len(), allowed));
        }
        if deal.created < calendar.starts[0] {
            return Err(Error::parameter("deals", deal.created, "created within the calendar"));
        }
    }
    Ok(())
}

/// What the pipeline has taught, and the deals that are open.
#[derive(Debug)]
pub struct PipelineFit {
    /// The period that holds the cutoff.
    current: usize,
    cutoff: f64,
    cells: Cells,
    win: Hazard,
    loss: Hazard,
    amounts: WonAmounts,
    hidden_amounts: bool,
    open: Vec<Deal>,
    templates: Vec<Deal>,
    arrivals: Arrivals,
}

impl PipelineFit {
    /// The deals that were open at the cutoff, as they were then, in the order in which they were given.
    pub fn open(&self) -> &[Deal] {
        &self.open
    }

    /// The history of new deals by period, and how it goes on.
    pub fn arrivals(&self) -> &Arrivals {
        &self.arrivals
    }

    /// The standard deviations of the shocks by which a whole period's wins and losses differ from what the
    /// factors say, relative to one.
    pub fn shocks(&self) -> [f64; 2] {
        [&self.win, &self.loss].map(|hazard| hazard.shock_variance().sqrt())
    }
}

/// What won deals brought, by the level of a trait, smallest first.
#[derive(Clone, Debug)]
struct WonAmounts {
    by: Option<usize>,
    of_level: Vec<Vec<f64>>,
    all: Vec<f64>,
}

/// With fewer won deals than this the amounts of a level are those of all.
const LEAST_AMOUNTS: usize = 20;

impl WonAmounts {
    fn of(deals: &[Deal], by: Option<usize>) -> Self {
        let mut amounts = Self { by, of_level: Vec::new(), all: Vec::new() };
        for deal in deals {
            let (Some((_, Outcome::Won)), Some(amount)) = (deal.closed, deal.amount) else {
                continue;
            };
            amounts.all.push(amount);
            if let Some(level) = by.map(|by| deal.traits[by] as usize) {
                if amounts.of_level.len() <= level {
                    amounts.of_level.resize(level + 1, Vec::new());
                }
                amounts.of_level[level].push(amount);
            }
        }
        // Sorted, so that what is drawn does not depend on the order of the deals.
        amounts.all.sort_by(f64::total_cmp);
        for level in &mut amounts.of_level {
            level.sort_by(f64::total_cmp);
        }
        amounts
    }

    /// What a deal like this one may bring: at least one amount, unless no won deal has any.
    fn like(&self, deal: &Deal) -> &[f64] {
        let level = self.by.and_then(|by| self.of_level.get(deal.traits[by] as usize));
        level.filter(|level| level.len() >= LEAST_AMOUNTS).unwrap_or(&self.all)
    }

    /// What a deal like this one brings on average.
    fn expected(&self, deal: &Deal) -> f64 {
        let like = self.like(deal);
        if like.is_empty() { 0.0 } else { like.iter().sum::<f64>() / like.len() as f64 }
    }
}
