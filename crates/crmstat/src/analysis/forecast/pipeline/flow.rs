//! Deals of an export as the model sees them.

use super::{PipelineQuery, divide::Division, weight};
use crate::{
    AsOf, Error, Result, Timestamp,
    analysis::forecast::{Period, series::MISSING},
    data::{Column, ColumnKey, DealStatus, Deals, Field, Labels, Records},
};
use crmstat_models::forecast::pipeline::{Calendar, Deal, Outcome, Pipeline, PipelineFit};

/// The deals that can be forecast: those whose creation is known, and whose close is if they are closed.
#[derive(Clone, Debug)]
pub struct DealFlow {
    pub(super) period: Period,
    /// The instant of observation.
    pub(super) cutoff: f64,
    pub(in crate::analysis) deals: Vec<Deal>,
    /// The place of every deal in its table.
    pub(in crate::analysis) rows: Vec<usize>,
    pub(in crate::analysis) model: Pipeline,
    /// The number of the first period with a deal.
    pub(super) first: i32,
    /// The number of the period that holds the cutoff.
    pub(super) current: i32,
    pub(super) notes: Vec<String>,
    /// What the forecast is divided by.
    pub(super) division: Option<Division>,
}

/// What may move the fate of a deal, where the export has it.
pub(in crate::analysis) const TRAITS: [Field; 6] =
    [Field::Pipeline, Field::Owner, Field::Product, Field::Source, Field::Region, Field::Channel];

/// A field with more texts than this is a name rather than a kind.
const MOST_LEVELS: usize = 500;

/// Amounts that fewer of the deals that are not won have are written only when a deal is won.
const LEAST_SHOWN: f64 = 0.5;

const SECONDS_PER_DAY: f64 = 86_400.0;

impl DealFlow {
    /// Takes what the model needs from `deals` and, where it is given, the `history` of their stages.
    ///
    /// Without a history the stage that a deal stood in is unknown, as the export tells only where it stands
    /// today. Amounts that lost and open deals do not have are known for won deals only; others are then
    /// worth what won deals of the same product brought.
    ///
    /// # Errors
    /// No deal whose dates are known, or dates after `as_of` only; a field to divide by that is none of a
    /// deal's, has no column, one value or too many.
    pub fn new(deals: &Deals, history: Option<&Records>, query: &PipelineQuery) -> Result<Self> {
        Self::with_traits(deals, history, query, &TRAITS)
    }

    /// As [`new`](Self::new), with the odds told by `traits` alone.
    pub(in crate::analysis) fn with_traits(
        deals: &Deals,
        history: Option<&Records>,
        query: &PipelineQuery,
        traits: &[Field],
    ) -> Result<Self> {
        let period = query.period;
        let mut notes = Vec::new();
        let usable = |deal: &usize| {
            let is_open = deals.status()[*deal] == DealStatus::Open;
            deals.created()[*deal].is_some() && (is_open || deals.closed()[*deal].is_some())
        };
        let rows: Vec<usize> = (0..deals.len()).filter(usable).collect();
        let without = deals.len() - rows.len();
        if without > 0 {
            notes.push(format!("{without} deals without a date of creation or close are left out"));
        }
        let instants = || rows.iter().flat_map(|row| [deals.created()[*row], deals.closed()[*row]]);
        let Some(last) = instants().flatten().max() else {
            return Err(Error::data("no deal has a date of creation")
                .with_hint("see `crmstat inspect` for how the columns are read"));
        };
        let as_of = query.as_of.unwrap_or(AsOf::day_after(last.date()));
        notes.push(format!("deals as they were before {as_of}"));
        let cutoff = days(as_of.date().midnight());

        let mut kinds: Vec<(ColumnKey, Vec<u32>)> =
            traits.iter().filter_map(|field| kinds(deals, &(*field).into(), &rows)).collect();
        let traits = kinds.len();
        // A column that tells no odds divides the deals only.
        if let Some(key) =
            query.by.as_ref().filter(|key| kinds.iter().all(|(kind, _)| kind != *key))
        {
            kinds.extend(self::kinds(deals, key, &rows));
        }
        let division =
            query.by.as_ref().map(|key| division(deals, key, kinds.iter().map(|(kind, _)| kind)));
        let stages = history.map(|history| stages(deals, history)).transpose()?;
        let mut flow: Vec<Deal> = rows
            .iter()
            .enumerate()
            .map(|(place, row)| {
                let created = deals.created()[*row].map_or(0.0, days);
                let closed = deals.closed()[*row].map(|at| days(at).max(created));
                let outcome = match deals.status()[*row] {
                    DealStatus::Won => Some(Outcome::Won),
                    DealStatus::Lost => Some(Outcome::Lost),
                    DealStatus::Open => None,
                };
                Deal {
                    created,
                    closed: closed.zip(outcome),
                    amount: deals.amount()[*row].map(crate::Money::to_f64),
                    traits: kinds.iter().map(|(_, codes)| codes[place]).collect(),
                    stages: Vec::new(),
                }
            })
            .collect();
        for (deal, row) in flow.iter_mut().zip(&rows) {
            let Some(entries) = stages.as_ref().map(|stages| &stages[*row]) else { continue };
            // What is entered with the close is the outcome, not a stage.
            let end = deal.closed.map_or(f64::INFINITY, |(at, _)| at);
            deal.stages = entries.iter().copied().filter(|(entered, _)| *entered < end).collect();
        }
        let has_stages = flow.iter().any(|deal| !deal.stages.is_empty());
        if !has_stages {
            let note = match history {
                None => "the stages that deals went through are not known: `--history` tells them",
                Some(_) => "the history tells no stage of a deal before its close",
            };
            notes.push(note.to_owned());
        }
        let not_won = || flow.iter().filter(|deal| !matches!(deal.closed, Some((_, Outcome::Won))));
        let shown = not_won().filter(|deal| deal.amount.is_some_and(|amount| amount > 0.0)).count();
        let hidden = (shown as f64) < LEAST_SHOWN * not_won().count() as f64;
        if hidden {
            notes.push(
                "only won deals have amounts: an open one is worth what won ones of its product were"
                    .to_owned(),
            );
        }
        let by_product = kinds.iter().position(|(key, _)| key.field() == Some(Field::Product));
        let first = flow.iter().map(|deal| deal.created).fold(f64::INFINITY, f64::min);
        let number = |at: f64| period.number(crate::Date::from_days(at.floor() as i32));
        if first >= cutoff {
            return Err(Error::data(format!("no deal was created before {as_of}"))
                .with_hint("choose a later `--as-of`"));
        }
        Ok(Self {
            period,
            cutoff,
            rows,
            model: Pipeline::new()
                .hidden_amounts(hidden)
                .amounts_by(by_product)
                .labels(kinds.len() - traits),
            first: number(first),
            current: number(cutoff),
            deals: flow,
            notes,
            division: division.transpose()?,
        })
    }

    /// The instant of observation.
    pub fn as_of(&self) -> AsOf {
        AsOf::start_of(crate::Date::from_days(self.cutoff as i32))
    }

    /// What was decided about the deals, a sentence each.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The first day of the period `number`.
    pub(super) fn start_of(&self, number: i32) -> f64 {
        days(self.period.first_day(number).midnight())
    }

    /// Learns from what was known before `cutoff`, to forecast `horizon` periods from the one that holds it.
    pub(super) fn fit(&self, cutoff: f64, current: i32, horizon: usize) -> Result<PipelineFit> {
        let numbers = || self.first..current + horizon as i32;
        let starts: Vec<f64> = numbers()
            .chain([current + horizon as i32])
            .map(|number| self.start_of(number))
            .collect();
        let seasons: Vec<u32> = numbers().map(|number| season(self.period, number)).collect();
        let calendar =
            Calendar { starts: &starts, seasons: &seasons, season: self.period.season() };
        self.model.fit(&self.deals, &calendar, cutoff).map_err(Error::from_model)
    }

    /// What was won in each of the periods, before `until`.
    pub(super) fn won(&self, periods: std::ops::Range<i32>, until: f64) -> Vec<f64> {
        let starts: Vec<f64> =
            (periods.start..=periods.end).map(|number| self.start_of(number)).collect();
        let mut sums = vec![0.0; periods.len()];
        for deal in &self.deals {
            let Some((at, Outcome::Won)) = deal.closed_before(until) else { continue };
            let period = starts.partition_point(|start| *start <= at);
            if let Some(sum) = period.checked_sub(1).and_then(|period| sums.get_mut(period)) {
                *sum += deal.amount.unwrap_or(0.0);
            }
        }
        sums
    }

    /// The number of the first period in which a deal was won before `until`.
    pub(super) fn first_won(&self, until: f64) -> Option<i32> {
        let won = self.deals.iter().filter_map(|deal| match deal.closed_before(until) {
            Some((at, Outcome::Won)) => Some(at),
            _ => None,
        });
        let first = won.fold(f64::INFINITY, f64::min);
        let number = || self.period.number(crate::Date::from_days(first.floor() as i32));
        first.is_finite().then(number)
    }

    /// What the rule of stage weights says at `cutoff`; see [`weight`].
    pub(super) fn by_stage_weight(
        &self,
        fit: &PipelineFit,
        cutoff: f64,
        current: i32,
        horizon: usize,
    ) -> Result<Vec<f64>> {
        let starts: Vec<f64> =
            (current..=current + horizon as i32).map(|n| self.start_of(n)).collect();
        weight::stage_weight(&self.deals, fit, cutoff, &starts)
    }
}

/// Days since 1970.
fn days(at: Timestamp) -> f64 {
    at.seconds() as f64 / SECONDS_PER_DAY
}

/// The codes of `key` for the deals in `rows`, the missing as one more; `None` where they tell nothing.
fn kinds(deals: &Deals, key: &ColumnKey, rows: &[usize]) -> Option<(ColumnKey, Vec<u32>)> {
    let labels = texts(deals, key)?;
    let count = labels.labels().len();
    if !(2..=MOST_LEVELS).contains(&count) {
        return None;
    }
    let code = |row: &usize| labels.code(*row).unwrap_or(count as u32);
    Some((key.clone(), rows.iter().map(code).collect()))
}

fn texts<'a>(deals: &'a Deals, key: &ColumnKey) -> Option<&'a Labels> {
    match deals.column(key)? {
        Column::Text(labels) => Some(labels),
        _ => None,
    }
}

/// How the column `key`, which is one of the `kinds` that are used, divides the deals.
fn division<'a>(
    deals: &Deals,
    key: &ColumnKey,
    mut kinds: impl Iterator<Item = &'a ColumnKey>,
) -> Result<Division> {
    let name = match key {
        ColumnKey::Field(field) => field.to_string(),
        ColumnKey::Header(name) => format!("`{name}`"),
    };
    let labels = texts(deals, key).map(Labels::labels);
    let Some(labels) = labels.filter(|labels| !labels.is_empty()) else {
        return Err(Error::data(format!("the deals have no column of texts for {name}"))
            .with_hint(format!("name it with `--map {name}=COLUMN`")));
    };
    let Some(place) = kinds.position(|kind| kind == key) else {
        return Err(Error::data(format!("the number of values of {name} is {}", labels.len()))
            .with_hint(format!("divide by a column of 2 to {MOST_LEVELS} values")));
    };
    let mut names: Vec<String> =
        (0..labels.len()).map(|code| labels.get(code).unwrap_or(MISSING).to_owned()).collect();
    names.push(MISSING.to_owned());
    Ok(Division { place, names })
}

/// The stages that every deal entered, by time.
fn stages(deals: &Deals, history: &Records) -> Result<Vec<Vec<(f64, u32)>>> {
    let (Some(ids), Some(Column::Date(entered)), Some(labels)) =
        (deals.ids(), history.field(Field::EnteredAt), history.labels(Field::Stage))
    else {
        return Err(Error::data("the history of stages names neither deals nor stages")
            .with_hint("it needs the columns deal_id, stage, entered_at; name them with `--map history.FIELD=COLUMN`"));
    };
    let mut deal_of = vec![None; ids.labels().len()];
    for deal in 0..deals.len() {
        if let Some(code) = ids.code(deal) {
            deal_of[code as usize] = Some(deal);
        }
    }
    let mut stages = vec![Vec::new(); deals.len()];
    for (row, id) in history.matched(Field::OrderId, ids.labels()).rows.into_iter().enumerate() {
        let deal = id.and_then(|id| deal_of[id as usize]);
        if let (Some(deal), Some(at), Some(stage)) = (deal, entered[row], labels.code(row)) {
            stages[deal].push((days(at), stage));
        }
    }
    for entries in &mut stages {
        entries.sort_by(|left, right| left.0.total_cmp(&right.0).then(left.1.cmp(&right.1)));
    }
    Ok(stages)
}

/// The season of a period by which teams close deals: the month of the quarter, the weekday.
fn season(period: Period, number: i32) -> u32 {
    let season = match period {
        Period::Hour => number.rem_euclid(24),
        Period::Day => (number + 3).rem_euclid(7),
        // A week belongs to the month of its Thursday, as in ISO.
        Period::Week => {
            let thursday = period.first_day(number).plus_days(3);
            Period::Month.number(thursday).rem_euclid(3)
        }
        Period::Month => number.rem_euclid(3),
        Period::Quarter => number.rem_euclid(4),
        Period::Year => 0,
    };
    season as u32
}
