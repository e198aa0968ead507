//! Leads: how many become deals and sales, by when they came and from where.
//!
//! # Definitions
//! A lead's outcome is that of its deal where the deals are given: *sold* is a won deal, *lost* a lost one,
//! *converted* any deal. Without a deal its status says it: words such as "converted" are sold only where no
//! deals are given, since a deal is not yet a sale; words such as "junk" are lost; others are open.
//!
//! - *CR* (lead conversion) = sold / leads of one cohort of creation × 100 %, with Wilson's interval;
//! - *conversion to deal* = converted / leads;
//! - *lost-lead share* = lost / leads.
//!
//! Leads that came lately have had less time: the share of open ones stands beside it.

#[cfg(test)]
mod tests;

use crate::{
    AsOf, Date, Error, Lang, Result, Timestamp,
    analysis::{
        cohorts::Period,
        funnel::{
            Rate,
            tables::{rate_columns, title},
            view::{View, days},
        },
    },
    data::{
        Column, DealFinding, DealStatus, Deals, Field, Finding, Notice, Records, Severity,
        table::{self, Table},
    },
    ingest::profile::{Profile, Stages, outcome::likely},
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Leads and closes from this day on do not exist; `None` is the day after the last of both.
    pub as_of: Option<AsOf>,
    /// The period of creation that leads are divided by; `None` is no such division.
    pub cohort: Option<Period>,
    /// What leads are divided by: texts of their table such as source, owner, channel, region.
    pub by: Vec<Field>,
    /// What statuses mean, besides the usual ones.
    pub statuses: Vec<(String, DealStatus)>,
    /// The level of intervals; `None` is 95 %.
    pub level: Option<f64>,
}

/// The leads of a table.
#[derive(Clone, Debug, Serialize)]
pub struct Leads {
    /// The exclusive instant of observation.
    pub as_of: AsOf,
    /// What leads are divided by.
    pub by: Vec<Field>,
    /// Whether they are divided by the period of creation, too.
    pub by_cohort: bool,
    /// All leads first, then each part, by cohort and labels.
    pub parts: Vec<Part>,
    /// What the data do not say, the worst first.
    #[serde(skip)]
    pub notices: Vec<Notice>,
}

/// Leads of one part.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Part {
    /// Whether these are all leads.
    pub is_whole: bool,
    /// The first day of the period of creation.
    pub cohort: Option<Date>,
    /// The labels of what leads are divided by.
    pub labels: Vec<Option<String>>,
    /// How many.
    pub leads: u64,
    /// With a deal, or called converted.
    pub converted: u64,
    /// Became a sale.
    pub sold: u64,
    /// Closed without one.
    pub lost: u64,
    /// Neither.
    pub open: u64,
    /// Converted of all.
    pub to_deal: Rate,
    /// Sold of all: the lead conversion CR.
    pub cr: Rate,
    /// Lost of all.
    pub lost_share: Rate,
}

/// What became of a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::analysis) enum Outcome {
    Sold,
    Lost,
    /// With a deal in progress.
    Converted,
    Open,
}

/// What became of each of `leads` before `as_of`, and what has to be known of it.
pub(in crate::analysis) fn outcomes(
    leads: &Records,
    deals: Option<&Deals>,
    as_of: AsOf,
    statuses: &[(String, DealStatus)],
) -> (Vec<Outcome>, Vec<Notice>) {
    let view = deals.map(|deals| View::new(deals, Some(as_of), None));
    let query = Query { statuses: statuses.to_vec(), ..Query::default() };
    let mut outcomes = Outcomes::new(leads, view.as_ref(), &query);
    let found = (0..leads.len()).map(|lead| outcomes.of(lead).0).collect();
    (found, outcomes.notices())
}

/// Words of CRMs' lead statuses: amoCRM, Bitrix24, HubSpot, Salesforce, Zoho, Dynamics.
const CONVERTED: [&str; 11] = [
    "converted",
    "closed - converted",
    "converted to deal",
    "сконвертирован",
    "конвертирован",
    "сконвертирована",
    "качественный лид",
    "создана сделка",
    "сделка создана",
    "won",
    "sold",
];
const LOST: [&str; 21] = [
    "junk",
    "junk lead",
    "lost lead",
    "unqualified",
    "disqualified",
    "not qualified",
    "bad lead",
    "closed - not converted",
    "not converted",
    "dead",
    "bad timing",
    "unsubscribed",
    "not interested",
    "некачественный лид",
    "некачественный",
    "спам",
    "нецелевой",
    "нецелевой лид",
    "дубль",
    "отказ",
    "брак",
];

/// Counts `leads`; with the `deals` that they became, as the column of deals in the table of leads says.
///
/// ```
/// use crmstat::{Date, analysis::leads, data::{Field, RecordRow, Records, TableKind}};
///
/// let day: Date = "2025-01-05".parse()?;
/// let lead = |status| RecordRow::new().with(Field::CreatedAt, day).with(Field::Status, status);
/// let table = Records::builder(TableKind::Leads).row(lead("Converted")).row(lead("Junk")).build()?;
/// let found = leads::count(&table.result, None, &leads::Query::default())?;
/// assert_eq!((found.parts[0].cr.value, found.parts[0].lost), (0.5, 1));
/// # Ok::<(), crmstat::Error>(())
/// ```
///
/// # Errors
/// No lead before the instant of observation; a field to divide by that leads do not have; a level out of range.
pub fn count(leads: &Records, deals: Option<&Deals>, query: &Query) -> Result<Leads> {
    let level = query.level.unwrap_or(0.95);
    if !(level > 0.0 && level < 1.0) {
        return Err(Error::usage(format!("the level {level} is not between 0 and 1")));
    }
    let Some(Column::Date(created)) = leads.field(Field::CreatedAt) else {
        return Err(Error::data("the leads have no date of creation")
            .with_hint("name it with `--map leads.created_at=COLUMN`"));
    };
    for field in &query.by {
        if leads.labels(*field).is_none_or(|labels| labels.labels().is_empty()) {
            let has = |field: &Field| field.is_text() && leads.labels(*field).is_some();
            let known: Vec<&str> = leads.fields().filter(has).map(Field::name).collect();
            return Err(Error::data(format!("the leads have no column of texts for {field}"))
                .with_hint(format!("they have {}", known.join(", "))));
        }
    }
    let last = created.iter().flatten().max().map(|last| last.date());
    let closes = deals.into_iter().flat_map(|deals| deals.closed().iter().flatten());
    let last = last.max(closes.max().map(|last| last.date()));
    let as_of = query.as_of.or(last.map(AsOf::day_after));
    let as_of = as_of.ok_or_else(|| Error::data("there is no lead"))?;
    let cutoff = days(as_of.date().midnight());
    let view = deals.map(|deals| View::new(deals, Some(as_of), None));
    let mut outcomes = Outcomes::new(leads, view.as_ref(), query);

    let mut whole = Tally::default();
    let mut parts: BTreeMap<(Option<u32>, Vec<u32>), Tally> = BTreeMap::new();
    let is_divided = query.cohort.is_some() || !query.by.is_empty();
    for (row, created) in created.iter().enumerate() {
        let Some(day) = created.filter(|at| days(*at) < cutoff).map(Timestamp::date) else {
            continue;
        };
        let (outcome, is_converted) = outcomes.of(row);
        whole.add(outcome, is_converted);
        if is_divided {
            let cohort = query.cohort.map(|period| period.number(day));
            let code = |field: &Field| leads.labels(*field).and_then(|labels| labels.code(row));
            let codes = query.by.iter().map(|field| code(field).unwrap_or(u32::MAX)).collect();
            parts.entry((cohort, codes)).or_default().add(outcome, is_converted);
        }
    }
    if whole.leads == 0 {
        return Err(Error::data(format!("no lead was created before {as_of}"))
            .with_hint("choose a later `--as-of`"));
    }
    let mut found = vec![whole.finish(true, None, vec![None; query.by.len()], level)?];
    for ((cohort, codes), tally) in parts {
        let label = |(field, code): (&Field, u32)| {
            let texts = leads.labels(*field)?.labels();
            // No text has the code of the missing ones.
            (code != u32::MAX).then(|| texts.get(code as usize).map(str::to_owned)).flatten()
        };
        let labels = query.by.iter().zip(codes).map(label).collect();
        let cohort = query.cohort.zip(cohort).map(|(period, number)| period.first_day(number));
        found.push(tally.finish(false, cohort, labels, level)?);
    }
    Ok(Leads {
        as_of,
        by: query.by.clone(),
        by_cohort: query.cohort.is_some(),
        parts: found,
        notices: outcomes.notices(),
    })
}

/// What became of every lead.
struct Outcomes<'a> {
    leads: &'a Records,
    view: Option<&'a View<'a>>,
    /// The deal of every lead's row.
    deals: Vec<Option<usize>>,
    stages: Stages,
    unknown: BTreeSet<String>,
    unknown_rows: u64,
    without_deal: u64,
}

impl<'a> Outcomes<'a> {
    fn new(leads: &'a Records, view: Option<&'a View<'a>>, query: &Query) -> Self {
        let mut given: Vec<(String, DealStatus)> = Vec::new();
        given.extend(CONVERTED.map(|word| (word.to_owned(), DealStatus::Won)));
        given.extend(LOST.map(|word| (word.to_owned(), DealStatus::Lost)));
        // The caller's come last and replace the usual ones.
        given.extend(query.statuses.iter().cloned());
        let stages = match Profile::named("generic") {
            Some(profile) => Stages::new(profile, &given),
            None => Stages::new(&Profile::builtin()[0], &given),
        };
        let deals = view.map_or_else(
            || vec![None; leads.len()],
            |view| {
                let exists =
                    |deal: &usize| view.created[*deal].is_none_or(|created| created < view.cutoff);
                let named = view.deals.named_by(leads).into_iter();
                named.map(|deal| deal.filter(exists)).collect()
            },
        );
        Self {
            leads,
            view,
            deals,
            stages,
            unknown: BTreeSet::new(),
            unknown_rows: 0,
            without_deal: 0,
        }
    }

    /// The outcome of the lead at `row`, and whether it became a deal.
    fn of(&mut self, row: usize) -> (Outcome, bool) {
        let status = self.leads.labels(Field::Status).and_then(|labels| labels.get(row));
        let ids = self.leads.labels(Field::OrderId);
        let names_deal = ids.is_some_and(|labels| labels.code(row).is_some());
        if let (Some(view), Some(deal)) = (self.view, self.deals[row]) {
            let outcome = match view.status[deal] {
                DealStatus::Won => Outcome::Sold,
                DealStatus::Lost => Outcome::Lost,
                DealStatus::Open => Outcome::Converted,
            };
            return (outcome, true);
        }
        if names_deal && self.view.is_some() {
            self.without_deal += 1;
        }
        let said = status.map(|status| (status, self.stages.known(status)));
        match said {
            Some((_, Some(DealStatus::Lost))) => (Outcome::Lost, names_deal),
            // With the deals at hand a lead is sold by its deal alone.
            Some((_, Some(DealStatus::Won))) if self.view.is_some() => (Outcome::Converted, true),
            Some((_, Some(DealStatus::Won))) => (Outcome::Sold, true),
            Some((status, None)) if !names_deal => {
                self.unknown_rows += 1;
                self.unknown.insert(status.to_owned());
                (Outcome::Open, false)
            }
            _ if names_deal => (Outcome::Converted, true),
            _ => (Outcome::Open, false),
        }
    }

    fn notices(&self) -> Vec<Notice> {
        let mut notices = Vec::new();
        if self.unknown_rows > 0 {
            let labels = self.unknown.iter().cloned().collect::<Vec<_>>().join(", ");
            let finding = Finding::Deals(DealFinding::LeadStatusesOpen { labels });
            let notice = Notice::new(Severity::Note, finding, self.unknown_rows);
            let told = self.unknown.iter().fold(notice, |notice, label| {
                let meaning = likely(label).unwrap_or(DealStatus::Open);
                notice.settled_by("stage", format!("{label}={}", meaning.name()))
            });
            notices.push(told);
        }
        if self.without_deal > 0 {
            let finding = Finding::Deals(DealFinding::LeadsOfUnknownDeals);
            notices.push(Notice::new(Severity::Warning, finding, self.without_deal));
        }
        Notice::sort(&mut notices);
        notices
    }
}

#[derive(Debug, Default)]
struct Tally {
    leads: u64,
    converted: u64,
    sold: u64,
    lost: u64,
}

impl Tally {
    fn add(&mut self, outcome: Outcome, is_converted: bool) {
        self.leads += 1;
        self.converted += u64::from(is_converted);
        self.sold += u64::from(outcome == Outcome::Sold);
        self.lost += u64::from(outcome == Outcome::Lost);
    }

    fn finish(
        self,
        is_whole: bool,
        cohort: Option<Date>,
        labels: Vec<Option<String>>,
        level: f64,
    ) -> Result<Part> {
        let rate = |part: u64| {
            let rate = Rate::new(part, self.leads, level);
            rate.ok_or_else(|| Error::data("a part of the leads is more than all of them"))
        };
        Ok(Part {
            is_whole,
            cohort,
            labels,
            leads: self.leads,
            converted: self.converted,
            sold: self.sold,
            lost: self.lost,
            open: self.leads - self.sold - self.lost,
            to_deal: rate(self.converted)?,
            cr: rate(self.sold)?,
            lost_share: rate(self.lost)?,
        })
    }
}

impl Leads {
    /// One row per part, all leads first.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self, lang: Lang) -> Result<Table> {
        let parts = || self.parts.iter();
        let count = |of: fn(&Part) -> u64| parts().map(move |part| of(part) as i64);
        let mut columns = Vec::new();
        if self.by_cohort {
            let cohorts = parts().map(|part| part.cohort);
            columns.push(table::Column::date("created", "Созданы", cohorts));
        }
        for (at, field) in self.by.iter().enumerate() {
            let whole = lang.pick("total", "всего");
            let label = |part: &'_ Part| -> Option<String> {
                if part.is_whole { Some(whole.to_owned()) } else { part.labels[at].clone() }
            };
            let labels: Vec<Option<String>> = parts().map(label).collect();
            columns.push(table::Column::text(
                field.name(),
                title(*field),
                labels.iter().map(Option::as_deref),
            ));
        }
        columns.extend([
            table::Column::int("leads", "Лидов", count(|part| part.leads)),
            table::Column::int("converted", "Стали сделками", count(|part| part.converted)),
            table::Column::int("sold", "Продажи", count(|part| part.sold)),
            table::Column::int("lost", "Потеряны", count(|part| part.lost)),
            table::Column::int("open", "В работе", count(|part| part.open)),
        ]);
        columns.extend(rate_columns("cr", "Конверсия CR", parts().map(|part| Some(part.cr))));
        let to_deal = parts().map(|part| Some(part.to_deal));
        columns.extend(rate_columns("to_deal", "Конверсия в сделку", to_deal));
        let lost = parts().map(|part| Some(part.lost_share));
        columns.extend(rate_columns("lost_share", "Доля потерянных", lost));
        Table::new(lang.pick("leads", "лиды"), columns)
    }
}
