//! Funnel: which stages deals reach, where they die, how long they stay, what they bring, and which open
//! deals need a look.
//!
//! # Definitions
//! A deal's *way* is the stages of its pipeline in which the history says that it was; labels that close a
//! deal, such as "Closed Won", are none. The *furthest* stage is the last one in the order of the pipeline.
//! For a stage, of the deals whose history is known:
//!
//! - *entered*: it is on the way; *skipped*: it is not, but a later stage is, or the deal is won;
//! - *reached* = entered + skipped, as a skipped stage counts as passed;
//! - *moved on*: reached, and a later stage is on the way or the deal is won; *died*: lost with this as the
//!   furthest stage; *open*: still open with it. Reached = moved on + died + open;
//! - *conversion* = moved on / (moved on + died), open apart; *to won* = won / (won + lost) of those that
//!   reached it. Both with Wilson's interval;
//! - *re-entered*: was there, went elsewhere and came back;
//! - *amount reached*: the sum of the amounts that are known of the deals that reached it. Where a stage says that
//!   deals are invoiced, paid or shipped ([`MoneyStage`]), that is the money invoiced, paid or shipped;
//! - *days*: quartiles of the stays by Kaplan and Meier; a stay that has not ended is censored.
//!
//! Where deals stand is known without a history, too: open deals *here*, and those that were won or lost
//! while they stood there. Without a history nothing else of a stage is known, and nothing else is given.
//!
//! - *win rate* by count: won / (won + lost); by value: the amount won over the amount won and lost. Open
//!   deals are in neither, so stale ones flatter it: their number stands beside it.
//! - *cycle*: days by the calendar from creation to close, of won deals: mean and median.
//! - *velocity* = open deals × win rate × mean amount of won deals / mean cycle, in money per day.
//! - *weighted pipeline* = Σ amount × p over open deals with an amount; p is the share won of the closed
//!   deals that reached the deal's stage, and without a history, or before any, the win rate.
//!
//! An amount that is missing is in no sum and counted apart: unknown is not zero.
//!
//! [`analyse`] answers all of it.

mod attention;
mod counts;
pub(in crate::analysis) mod divider;
mod division;
mod money;
mod order;
mod rate;
mod said;
pub(crate) mod tables;
#[cfg(test)]
mod tests;
pub(in crate::analysis) mod touches;
pub(in crate::analysis) mod view;
pub(in crate::analysis) mod ways;

pub use attention::OpenDeal;
pub use counts::{Deals, Group};
pub use division::{Division, Overview, Quartiles, Reason, Stage};
pub use money::MoneyStage;
pub use order::StageOrder;
pub use rate::Rate;

use crate::{
    AsOf, Date, Error, Result,
    analysis::cohorts::Period,
    data::{self, ColumnKey, Field, Notice, Records},
};
use divider::Divider;
use division::Tally;
use serde::Serialize;
use std::collections::BTreeMap;
use view::View;
use ways::Ways;

/// The fields that [`analyse`] uses where they are read: give them to
/// [`Deals::read_with`](data::Deals::read_with).
pub const FIELDS: [Field; 2] = [Field::ExpectedCloseAt, Field::Probability];

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Deals, closes and stages from this day on do not exist; `None` is the day after the last event.
    pub as_of: Option<AsOf>,
    /// The stages in progress from the first to the last; empty: from the history, the profile or the CRM's
    /// probabilities.
    pub stages: Vec<String>,
    /// What deals are divided by: fields such as owner, pipeline, source, words for them such as manager, headers
    /// that [`Deals::read_columns`](data::Deals::read_columns) was asked for, and columns of the customers, as in
    /// `customers.industry`, and of joined tables. Where none is given and there are several pipelines, they are divided by pipeline, as
    /// stages belong to pipelines.
    pub by: Vec<String>,
    /// Divides deals by the period of their creation, too.
    pub cohort: Option<Period>,
    /// An open deal is stale after so many days at its stage, or since its creation where that is not
    /// known; `None`: after as many as nine of ten stays at the stage, or nine of ten won deals, took.
    pub stale_days: Option<u32>,
    /// The level of intervals; `None` is 95 %.
    pub level: Option<f64>,
}

/// The tables beside the deals.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside<'a> {
    /// The stages that deals went through.
    pub history: Option<&'a Records>,
    /// Calls, meetings, e-mails, tasks of deals or customers.
    pub activities: Option<&'a Records>,
    /// Customers, by whose columns deals may be divided.
    pub customers: Option<&'a Records>,
    /// Tables of [`Records::joined`], by whose columns deals may be divided.
    pub joined: &'a [Records],
}

impl<'a> Beside<'a> {
    fn tables(self) -> divider::Tables<'a> {
        divider::Tables { customers: self.customers, joined: self.joined }
    }
}

impl Query {
    /// What [`Deals::read_columns`](data::Deals::read_columns) has to read for it: [`FIELDS`], what deals are divided
    /// by, and the columns that the tables `joined` are joined by.
    pub fn columns(&self, joined: &[Records]) -> Vec<ColumnKey> {
        let mut keys: Vec<ColumnKey> = FIELDS.map(ColumnKey::from).to_vec();
        keys.extend(divider::columns(&self.by, joined));
        keys
    }
}

/// The funnel of the deals of an export.
#[derive(Clone, Debug, Serialize)]
pub struct DealFunnel {
    /// The exclusive instant of observation; `None` where no deal has a date.
    pub as_of: Option<AsOf>,
    /// The level of the intervals.
    pub level: f64,
    /// Whether a history of stages was given, so that ways are known.
    pub has_history: bool,
    /// What the order of the stages was taken from.
    pub order: StageOrder,
    /// What deals are divided by: the names of fields, and headers.
    pub by: Vec<String>,
    /// Whether deals are divided by the period of their creation, too.
    pub by_cohort: bool,
    /// All deals first, then each part, in the order of its labels; without a division all deals alone.
    pub divisions: Vec<Division>,
    /// Open deals that need a look, the largest first.
    pub attention: Vec<OpenDeal>,
    /// What the data do not say or say twice, the worst first.
    #[serde(skip)]
    pub notices: Vec<Notice>,
}

/// Level of the intervals unless another is given.
const LEVEL: f64 = 0.95;

/// Follows `deals` through their stages.
///
/// ```
/// use crmstat::{Date, analysis::funnel, data::{DealRow, DealStatus, Deals, Field, RecordRow, Records, TableKind}};
///
/// let day: Date = "2025-01-05".parse()?;
/// let deals = Deals::builder()
///     .row(DealRow::new(DealStatus::Won).id("1").amount(100.0).created(day).closed(day.plus_days(9)))
///     .row(DealRow::new(DealStatus::Lost).id("2").created(day).closed(day.plus_days(5)))
///     .row(DealRow::new(DealStatus::Open).id("3").created(day).with(Field::Stage, "Call"))
///     .build()?;
/// let mut history = Records::builder(TableKind::History);
/// for (deal, stage, after) in [("1", "Call", 0), ("1", "Offer", 3), ("2", "Call", 0), ("3", "Call", 0)] {
///     let at = day.plus_days(after);
///     let row = RecordRow::new().with(Field::OrderId, deal).with(Field::Stage, stage);
///     history.push(row.with(Field::EnteredAt, at));
/// }
/// let history = history.build()?.result;
/// let beside = funnel::Beside { history: Some(&history), ..Default::default() };
/// let found = funnel::analyse(&deals.result, beside, &funnel::Query::default())?;
/// let call = &found.divisions[0].stages[0];
/// assert_eq!((call.name.as_str(), call.reached, call.moved_on, call.died), ("Call", Some(3), Some(1), Some(1)));
/// # Ok::<(), crmstat::Error>(())
/// ```
///
/// # Errors
/// A field to divide by that the deals do not have or that holds no texts; stages that are named twice or
/// of which no deal has any; a history without its columns; a level out of range; sums past the range of money.
pub fn analyse(deals: &data::Deals, beside: Beside<'_>, query: &Query) -> Result<DealFunnel> {
    let level = query.level.unwrap_or(LEVEL);
    if !(level > 0.0 && level < 1.0) {
        return Err(Error::usage(format!("the level {level} is not between 0 and 1")));
    }
    checked_stages(&query.stages)?;
    let view = View::new(deals, query.as_of, beside.history);
    let by = divider::dividers(deals, beside.tables(), &query.by)?;
    let ways = Ways::new(&view, beside.history, &query.stages)?;
    if !query.stages.is_empty() && ways.unknown.len() == query.stages.len() {
        let seen = ways.names.iter().filter(|name| !ways.unknown.contains(name));
        let known = seen.map(|name| format!("`{name}`")).collect::<Vec<_>>();
        return Err(Error::usage("no deal has any of the stages that were named")
            .with_hint(format!("the deals have {}", known.join(", "))));
    }

    let key = |deal: usize| -> (Vec<u32>, i64) {
        let code = |by: &Divider<'_>| by.code(deal).unwrap_or(u32::MAX);
        let cohort = query.cohort.map(|period| {
            view.created_on(deal).map_or(i64::MAX, |day| i64::from(period.number(day)))
        });
        (by.iter().map(code).collect(), cohort.unwrap_or_default())
    };
    let is_divided = !by.is_empty() || query.cohort.is_some();
    let mut whole = Tally::new(&ways);
    let mut parts: BTreeMap<(Vec<u32>, i64), Tally> = BTreeMap::new();
    for deal in view.rows.iter().copied() {
        whole.add(&view, &ways, deal)?;
        if is_divided {
            let part = parts.entry(key(deal)).or_insert_with(|| Tally::new(&ways));
            part.add(&view, &ways, deal)?;
        }
    }
    let odds = whole.odds(level);
    whole.weigh(&odds);
    for part in parts.values_mut() {
        part.weigh(&odds);
    }

    let attention = attention::find(&view, &ways, beside.activities, query, &whole);
    let has_history = beside.history.is_some();
    let mut divisions = vec![whole.finish(&view, &ways, level, has_history)?];
    for ((codes, cohort), part) in parts {
        let mut division = part.finish(&view, &ways, level, has_history)?;
        division.is_whole = false;
        // No text has the code of the missing ones.
        division.labels =
            by.iter().zip(codes).map(|(by, code)| by.label(code).map(str::to_owned)).collect();
        division.cohort = query
            .cohort
            .filter(|_| cohort != i64::MAX)
            .and_then(|period| u32::try_from(cohort).ok().map(|number| period.first_day(number)));
        divisions.push(division);
    }
    let notices = said::notices(&view, &ways, &beside, query, &divisions[0]);
    Ok(DealFunnel {
        as_of: view.as_of,
        level,
        has_history,
        order: ways.source,
        by: by.into_iter().map(Divider::into_name).collect(),
        by_cohort: query.cohort.is_some(),
        divisions,
        attention,
        notices,
    })
}

/// All open deals of `view`, the largest first, with what is said of each where it needs a look.
///
/// # Errors
/// Sums past the range of money.
pub(in crate::analysis) fn open_deals(
    view: &View<'_>,
    ways: &Ways,
    activities: Option<&Records>,
    query: &Query,
) -> Result<Vec<OpenDeal>> {
    let mut whole = Tally::new(ways);
    for deal in view.rows.iter().copied() {
        whole.add(view, ways, deal)?;
    }
    Ok(attention::open(view, ways, activities, query, &whole))
}

/// Refuses a list of stages in which one is named twice.
fn checked_stages(stages: &[String]) -> Result<()> {
    for (at, stage) in stages.iter().enumerate() {
        if stage.trim().is_empty() {
            return Err(Error::usage("a stage has no name"));
        }
        if stages[..at].iter().any(|other| order::folded(other) == order::folded(stage)) {
            return Err(Error::usage(format!("the stage `{stage}` is named twice"))
                .with_hint("name every stage once, from the first to the last"));
        }
    }
    Ok(())
}

impl DealFunnel {
    /// All deals.
    pub fn whole(&self) -> &Division {
        &self.divisions[0]
    }
}
