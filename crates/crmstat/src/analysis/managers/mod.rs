//! Managers: who wins how much, and whom the numbers really tell apart from the team.
//!
//! # Definitions
//! - *won*, *lost*: deals closed in the period, by the manager who owns them; *created*: deals created in it.
//!   *Open* deals and *overdue* ones are those at the instant of observation, so that a period has none.
//! - *win rate* = won / (won + lost), with Wilson's interval. Beside it stands the *shrunk* rate: managers are
//!   taken to be drawn from one team ([`BetaBinomial`]), so that two of two won deals do not make a champion;
//!   the interval is that of the posterior. A manager is *above* or *below* the team where that interval lies
//!   wholly above or below the team's win rate, *not apart* where it does not, and *too few* where fewer deals are
//!   closed than [`Query::fewest`].
//! - *plan*: what was planned to be won in the periods that lie in the time looked at; the team's own plan, or
//!   that of its managers together. *Attainment* = the amount won over it.
//! - *cycle*: days by the calendar from creation to winning, the median.
//! - *activities per won deal*: activities with the manager's deals in the period over the deals won in it.
//! - *first response*: from the creation of a deal to its first activity. Only stamps with a time of day can tell
//!   hours; where most have none nothing is told.
//! - *discount share*: discounts over the price before them, of won deals: by their order lines, or by the discounts
//!   and amounts of the deals themselves. Only deals and lines with both count. *Discounted*: of the won deals whose
//!   discount is known, those that have one above zero; *usual discount*: the median discount of these, as a share of
//!   the price before it.
//!
//! Win rates differ for other reasons than managers, too: who gets which deals is not drawn by lot. The same
//! holds for [`Speed`]: a difference is an association and no proof.

mod discounts;
pub(crate) mod plan;
pub(in crate::analysis) mod speed;
mod tables;
#[cfg(test)]
mod tests;

pub use plan::PlanRow;
pub use speed::{Bucket, Speed};

use crate::{
    AsOf, Date, Error, Money, Result,
    analysis::{
        cohorts::Period,
        funnel::{
            self, Rate, divider,
            touches::touches,
            view::{View, days, quantile},
        },
    },
    data::{
        Column, ColumnKey, DealFinding, DealStatus, Deals, Field, Finding, Labels, Notice, Records,
        Severity,
    },
};
use crmstat_models::rates::BetaBinomial;
use discounts::Discount;
use serde::Serialize;
use std::collections::BTreeMap;

/// The fields that [`compare`] uses where they are read: give them to
/// [`Deals::read_with`](crate::data::Deals::read_with).
pub const FIELDS: [Field; 2] = [Field::ExpectedCloseAt, Field::Discount];

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Deals and closes from this day on do not exist; `None` is the day after the last event.
    pub as_of: Option<AsOf>,
    /// Closes, creations and activities before this day do not count; `None` is the beginning of the data.
    pub since: Option<Date>,
    /// Who is compared: the labels of a column of the deals, of the customers or of a joined table; `None` is the owners.
    pub by: Option<String>,
    /// One row per manager and period besides those of the whole time.
    pub period: Option<Period>,
    /// What was planned to be won.
    pub plan: Vec<PlanRow>,
    /// The level of intervals; `None` is 95 %.
    pub level: Option<f64>,
    /// The fewest closed deals that tell anything; `None` is 20, with which an interval is about ±20 points.
    pub fewest: Option<u64>,
}

/// The tables beside the deals.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside<'a> {
    /// The stages that deals went through; they only tell how far the data reach.
    pub history: Option<&'a Records>,
    /// Calls, meetings, e-mails, tasks of deals or customers.
    pub activities: Option<&'a Records>,
    /// Order lines with the ids of the deals and their discounts.
    pub lines: Option<&'a Records>,
    /// Customers, by whose columns deals may be divided.
    pub customers: Option<&'a Records>,
    /// Tables of [`Records::joined`], by whose columns deals may be divided.
    pub joined: &'a [Records],
}

impl Query {
    /// What [`Deals::read_columns`] has to read for it: [`FIELDS`], who is compared, and the columns that the tables
    /// `joined` are joined by.
    pub fn columns(&self, joined: &[Records]) -> Vec<ColumnKey> {
        let by: Vec<String> = self.by.iter().cloned().collect();
        let mut keys: Vec<ColumnKey> = FIELDS.map(ColumnKey::from).to_vec();
        keys.extend(divider::columns(&by, joined));
        keys
    }
}

/// A sales team.
#[derive(Clone, Debug, Serialize)]
pub struct Team {
    /// The exclusive instant of observation; `None` where no deal has a date.
    pub as_of: Option<AsOf>,
    /// The level of the intervals.
    pub level: f64,
    /// The fewest closed deals that tell anything.
    pub fewest: u64,
    /// The name of the column whose labels are compared, where it is not that of the owners.
    pub by: Option<String>,
    /// What managers have in common: the mean of their win rates and how many closed deals that counts as; `None`
    /// where no deal is closed.
    pub common: Option<(f64, f64)>,
    /// The team, then its managers, those who won most first; of each the whole time, then its periods.
    pub rows: Vec<Manager>,
    /// What the speed of the first response does to winning; `None` where it is not known.
    pub speed: Option<Speed>,
    /// What the data do not say, the worst first.
    #[serde(skip)]
    pub notices: Vec<Notice>,
}

/// One manager, or the team, in one period or all of the time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Manager {
    /// Whether it is the whole team.
    pub is_team: bool,
    /// The name; `None` is nobody, or the team.
    pub name: Option<String>,
    /// The first day of the period; `None` is the whole time.
    pub period: Option<Date>,
    /// What was planned to be won; `None` where nothing was.
    pub plan: Option<f64>,
    /// The amount won over the plan; `None` without a plan above 0.
    pub attainment: Option<f64>,
    /// Deals created.
    pub created: u64,
    /// Deals won.
    pub won: funnel::Deals,
    /// Deals lost.
    pub lost: funnel::Deals,
    /// Won among closed deals.
    pub win_rate: Option<Rate>,
    /// The same, shrunk toward the team; `None` for the team itself.
    pub shrunk: Option<Shrunk>,
    /// Whether the manager is told apart from the team.
    pub verdict: Option<Verdict>,
    /// The mean amount of the won deals that have one.
    pub mean_won: Option<f64>,
    /// The median of the days from creation to winning.
    pub cycle_days: Option<f64>,
    /// Open deals now; `None` in a period.
    pub open: Option<funnel::Deals>,
    /// Open deals whose expected close is past; `None` in a period, or where no deal tells it.
    pub overdue: Option<u64>,
    /// Activities with the manager's deals; `None` where activities are not given.
    pub activities: Option<u64>,
    /// Activities per won deal.
    pub activities_per_won: Option<f64>,
    /// The median of the hours from creation to the first activity, of the deals that had one.
    pub response_hours: Option<f64>,
    /// Deals created with a first activity within the hour.
    pub within_hour: Option<Rate>,
    /// Discounts over the price before them, of won deals or their lines.
    pub discount_share: Option<f64>,
    /// Won deals with a discount among those whose discount is known.
    pub discounted: Option<Rate>,
    /// The median of the discounts of these deals, as shares of the price before them.
    pub usual_discount: Option<f64>,
}

/// A win rate that knows of the team.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Shrunk {
    /// The expected rate.
    pub value: f64,
    /// The lower end of its interval.
    pub lower: f64,
    /// The upper end of its interval.
    pub upper: f64,
}

/// Whether a manager is told apart from the team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Wins more.
    Above,
    /// Wins less.
    Below,
    /// The difference may be chance.
    NotApart,
    /// Too few closed deals to tell.
    TooFew,
}

const LEVEL: f64 = 0.95;
const FEWEST: u64 = 20;

/// Compares the managers of `deals`.
///
/// ```
/// use crmstat::{analysis::managers::{self, Verdict}, data::{DealRow, DealStatus, Deals, Field}};
///
/// let mut deals = Deals::builder();
/// for number in 0..200 {
///     let (owner, one_in) = if number % 2 == 0 { ("Ann", 2) } else { ("Bob", 3) };
///     let status = if number / 2 % one_in == 0 { DealStatus::Won } else { DealStatus::Lost };
///     let id = number.to_string();
///     deals.push(DealRow::new(status).id(id.as_str()).with(Field::Owner, owner));
/// }
/// deals.push(DealRow::new(DealStatus::Won).id("newcomer").with(Field::Owner, "Cid"));
/// let team = managers::compare(&deals.build()?.result, managers::Beside::default(), &managers::Query::default())?;
/// let cid = team.rows.iter().find(|row| row.name.as_deref() == Some("Cid")).unwrap();
/// assert_eq!(cid.verdict, Some(Verdict::TooFew));
/// assert!(cid.win_rate.unwrap().value == 1.0 && cid.shrunk.unwrap().value < 0.6);
/// # Ok::<(), crmstat::Error>(())
/// ```
///
/// # Errors
/// Deals without a column of owners; a level out of range; sums past the range of money; lines without prices.
pub fn compare(deals: &Deals, beside: Beside<'_>, query: &Query) -> Result<Team> {
    let level = query.level.unwrap_or(LEVEL);
    if !(level > 0.0 && level < 1.0) {
        return Err(Error::usage(format!("the level {level} is not between 0 and 1")));
    }
    if query.by.is_none() && !deals.has(Field::Owner) {
        return Err(Error::data("the deals name no manager")
            .with_hint("name the column with `--map owner=COLUMN`"));
    }
    let tables = divider::Tables { customers: beside.customers, joined: beside.joined };
    let by = query.by.as_deref().map(str::trim);
    let divider = divider::divider(deals, tables, by.unwrap_or(Field::Owner.name()))?;
    let owners = divider.labels();
    let fewest = query.fewest.unwrap_or(FEWEST);
    let view = View::new(deals, query.as_of, beside.history);
    let touched = beside.activities.map(|activities| touches(&view, activities));
    let has_times = speed::has_times(&view, beside.activities);
    let discounts = match beside.lines {
        Some(lines) => Some(discounts::of_lines(deals, lines)?),
        None => discounts::of_deals(deals),
    };
    let facts = Facts { view: &view, touched, has_times, discounts, query };

    let mut tallies: BTreeMap<(Who, Option<u32>), Tally> = BTreeMap::new();
    for deal in view.rows.iter().copied() {
        for who in [Who::Team, Who::Manager(divider.code(deal).unwrap_or(u32::MAX))] {
            facts.add(&mut tallies, who, deal)?;
        }
    }
    let planned = plan::Planned::lay(query, &view, owners)?;
    for key in planned.keys() {
        tallies.entry(*key).or_default();
    }
    let of_managers = || tallies.iter().filter(|((who, at), _)| *who != Who::Team && at.is_none());
    let counts: Vec<(u64, u64)> = of_managers()
        .map(|(_, tally)| (tally.won.deals, tally.won.deals + tally.lost.deals))
        .collect();
    let common = BetaBinomial::fit(&counts).ok();

    let name = |who: Who| match who {
        // No text has the code of nobody.
        Who::Team | Who::Manager(u32::MAX) => None,
        Who::Manager(code) => divider.label(code).map(str::to_owned),
    };
    let won_of: BTreeMap<Who, Money> = tallies
        .iter()
        .filter(|((_, period), _)| period.is_none())
        .map(|((who, _), tally)| (*who, tally.won.amount))
        .collect();
    let mut keys: Vec<(Who, Option<u32>)> = tallies.keys().copied().collect();
    // The team first, then who won most; equals in the order of their names, nobody last.
    keys.sort_by_key(|(who, period)| {
        let won = won_of.get(who).copied().unwrap_or_default();
        (*who != Who::Team, std::cmp::Reverse(won), *who, *period)
    });
    let team_rate = |period: Option<u32>| {
        let tally = tallies.get(&(Who::Team, period))?;
        Rate::new(tally.won.deals, tally.won.deals + tally.lost.deals, level)
    };
    let has_expected = view.rows.iter().any(|deal| {
        view.status[*deal] == DealStatus::Open && deals.expected_close(*deal).is_some()
    });
    let mut rows = Vec::new();
    for (who, period) in keys {
        let tally = &tallies[&(who, period)];
        let closed = tally.won.deals + tally.lost.deals;
        let is_team = who == Who::Team;
        let posterior = common.filter(|_| !is_team).map(|common| {
            common.posterior(tally.won.deals, closed, level).map_err(Error::from_model)
        });
        let shrunk = posterior.transpose()?.map(|found| Shrunk {
            value: found.mean,
            lower: found.lower,
            upper: found.upper,
        });
        let verdict = match (shrunk, team_rate(period)) {
            (None, _) | (_, None) => None,
            _ if closed < fewest => Some(Verdict::TooFew),
            (Some(own), Some(team)) if own.lower > team.value => Some(Verdict::Above),
            (Some(own), Some(team)) if own.upper < team.value => Some(Verdict::Below),
            _ => Some(Verdict::NotApart),
        };
        let known = tally.won.with_amount;
        let plan = planned.of(who, period);
        let won = tally.won.amount.to_f64();
        rows.push(Manager {
            plan,
            attainment: plan.filter(|plan| *plan > 0.0).map(|plan| won / plan),
            is_team,
            name: name(who),
            period: query.period.zip(period).map(|(length, number)| length.first_day(number)),
            created: tally.created,
            won: tally.won,
            lost: tally.lost,
            win_rate: Rate::new(tally.won.deals, closed, level),
            shrunk,
            verdict,
            mean_won: tally.won.worth().map(|worth| worth.to_f64() / known as f64),
            cycle_days: quantile(&tally.cycles, 0.5),
            open: period.is_none().then_some(tally.open),
            overdue: (period.is_none() && has_expected).then_some(tally.overdue),
            activities: facts.touched.as_ref().map(|_| tally.activities),
            activities_per_won: facts
                .touched
                .as_ref()
                .filter(|_| tally.won.deals > 0)
                .map(|_| tally.activities as f64 / tally.won.deals as f64),
            response_hours: quantile(&tally.responses, 0.5),
            within_hour: if has_times {
                Rate::new(tally.within_hour, tally.created, level)
            } else {
                None
            },
            discount_share: (tally.priced > 0).then(|| tally.off as f64 / tally.priced as f64),
            discounted: Rate::new(tally.discounted.len() as u64, tally.with_price, level),
            usual_discount: quantile(&tally.discounted, 0.5),
        });
    }
    let speed = facts.touched.as_ref().filter(|_| has_times);
    let speed = speed.map(|touched| Speed::of(&view, touched, query.since, level));
    Ok(Team {
        as_of: view.as_of,
        level,
        fewest,
        by: query.by.as_ref().map(|_| divider.name().to_owned()),
        common: common.map(|common| (common.mean(), common.strength())),
        rows,
        speed,
        notices: notices(&view, beside, has_times, &planned, owners),
    })
}

/// Whose deals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Team,
    /// A manager by code; the last one is nobody.
    Manager(u32),
}

#[derive(Debug, Default)]
struct Tally {
    created: u64,
    won: funnel::Deals,
    lost: funnel::Deals,
    open: funnel::Deals,
    overdue: u64,
    cycles: Vec<f64>,
    activities: u64,
    responses: Vec<f64>,
    within_hour: u64,
    /// Discounts, and prices before them.
    off: i128,
    priced: i128,
    /// Won deals whose discount and price are known, and the shares of the discounts above zero.
    with_price: u64,
    discounted: Vec<f64>,
}

/// What is known of every deal.
struct Facts<'a> {
    view: &'a View<'a>,
    touched: Option<Vec<Vec<f64>>>,
    has_times: bool,
    discounts: Option<Vec<Discount>>,
    query: &'a Query,
}

/// What is an hour of a day.
const HOUR: f64 = 1.0 / 24.0;

impl Facts<'_> {
    /// The places in which something of the day `at` counts: the whole time and its period.
    fn places(&self, at: f64) -> Vec<Option<u32>> {
        let day = Date::from_days(at.floor() as i32);
        if self.query.since.is_some_and(|since| day < since) || at >= self.view.cutoff {
            return Vec::new();
        }
        let period = self.query.period.map(|period| Some(period.number(day)));
        std::iter::once(None).chain(period).collect()
    }

    fn add(
        &self,
        tallies: &mut BTreeMap<(Who, Option<u32>), Tally>,
        who: Who,
        deal: usize,
    ) -> Result<()> {
        let view = self.view;
        let (status, amount) = (view.status[deal], view.deals.amount()[deal]);
        if status == DealStatus::Open {
            let whole = tallies.entry((who, None)).or_default();
            whole.open.add(amount)?;
            whole.overdue += u64::from(view.overdue_since(deal).is_some());
        } else {
            // A close without a date is one of the whole time, unless that begins somewhere.
            let places = match view.closed[deal] {
                Some(closed) => self.places(closed),
                None if self.query.since.is_none() => vec![None],
                None => Vec::new(),
            };
            for place in places {
                let tally = tallies.entry((who, place)).or_default();
                if status == DealStatus::Won {
                    tally.won.add(amount)?;
                    tally.cycles.extend(view.cycle(deal));
                    if let Some(discounts) = &self.discounts {
                        let Discount { off, priced } = discounts[deal];
                        tally.off += off;
                        tally.priced += priced;
                        tally.with_price += u64::from(priced > 0);
                        tally.discounted.extend(discounts[deal].share().filter(|own| *own > 0.0));
                    }
                } else {
                    tally.lost.add(amount)?;
                }
            }
        }
        let times = self.touched.as_ref().map(|touched| &touched[deal][..]);
        if let Some(created) = view.created[deal] {
            let first = times
                .and_then(|times| times.iter().find(|at| **at >= created && **at < view.cutoff));
            let waited = first.filter(|_| self.has_times).map(|first| first - created);
            for place in self.places(created) {
                let tally = tallies.entry((who, place)).or_default();
                tally.created += 1;
                tally.responses.extend(waited.map(|waited| waited * 24.0));
                tally.within_hour += u64::from(waited.is_some_and(|waited| waited <= HOUR));
            }
        }
        for at in times.into_iter().flatten() {
            for place in self.places(*at) {
                tallies.entry((who, place)).or_default().activities += 1;
            }
        }
        Ok(())
    }
}

fn notices(
    view: &View<'_>,
    beside: Beside<'_>,
    has_times: bool,
    planned: &plan::Planned,
    owners: &Labels,
) -> Vec<Notice> {
    let mut notices = Vec::new();
    let mut say = |severity, finding, rows: usize| {
        if rows > 0 {
            notices.push(Notice::new(severity, Finding::Deals(finding), rows as u64));
        }
    };
    let of = |status| view.rows.iter().filter(move |deal| view.status[**deal] == status);
    let without = |status| of(status).filter(|d| view.deals.amount()[**d].is_none()).count();
    say(Severity::Note, DealFinding::OpenWithoutAmount, without(DealStatus::Open));
    say(Severity::Note, DealFinding::WonWithoutAmount, without(DealStatus::Won));
    let nobody = |deal: &&usize| owners.code(**deal).is_none();
    say(Severity::Note, DealFinding::WithoutOwner, view.rows.iter().filter(nobody).count());
    let undated =
        |deal: &&usize| view.status[**deal] != DealStatus::Open && view.closed[**deal].is_none();
    say(Severity::Warning, DealFinding::WithoutClose, view.rows.iter().filter(undated).count());
    if let Some(activities) = beside.activities.filter(|_| !has_times) {
        say(Severity::Note, DealFinding::NoTimeOfDay, activities.len());
    }
    let labels = planned.unknown.iter().cloned().collect::<Vec<_>>().join(", ");
    say(Severity::Warning, DealFinding::PlanOfUnknown { labels }, planned.unknown.len());
    say(Severity::Note, DealFinding::PlanOutside, planned.outside);
    Notice::sort(&mut notices);
    notices
}

/// When the activities of `records` happened, in days.
fn stamps(records: &Records) -> impl Iterator<Item = f64> + '_ {
    let at = match records.field(Field::At) {
        Some(Column::Date(at)) => &at[..],
        _ => &[],
    };
    at.iter().flatten().map(|at| days(*at))
}
