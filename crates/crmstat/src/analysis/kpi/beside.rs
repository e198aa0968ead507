//! Figures of the tables beside the sales: activities, tickets, leads.

use super::{
    Kpi, KpiRow, Query, activities, compute::MISSING, estimate::Estimate, lead_table, support,
};
use crate::{
    AsOf, Timestamp,
    analysis::{
        funnel::view::days,
        sales::{Note, PeriodSpan, calendar::Calendar},
    },
    data::{Column, Deals, Field, Labels, Records, TableKind},
};
use std::collections::BTreeMap;

/// What the tables are laid over.
pub(super) struct Context<'a> {
    pub(super) query: &'a Query,
    pub(super) calendar: &'a Calendar,
    pub(super) as_of: AsOf,
    /// The column divided by, by its name, and the field that it is.
    pub(super) by: Option<(&'a str, Option<Field>)>,
    pub(super) deals: Option<&'a Deals>,
    pub(super) tables: &'a [Records],
}

/// What the tables give.
#[derive(Default)]
pub(super) struct Figures {
    pub(super) rows: Vec<KpiRow>,
    pub(super) left_out: Vec<(Kpi, Note)>,
    pub(super) notes: Vec<Note>,
}

impl Figures {
    pub(super) fn leave_out(&mut self, kpis: &[Kpi], note: &Note) {
        self.left_out.extend(kpis.iter().map(|kpi| (*kpi, note.clone())));
    }
}

/// Adds the figures of the tables to `rows` and takes off what they replace; `left_out` and `notes` likewise.
pub(super) fn add(
    context: &Context<'_>,
    rows: &mut Vec<KpiRow>,
    left_out: &mut Vec<(Kpi, Note)>,
    notes: &mut Vec<Note>,
) {
    let mut found = Figures::default();
    lead_table::add(context, &mut found);
    activities::add(context, &mut found);
    support::add(context, &mut found);
    found.per_order(context, rows);
    let has = |rows: &[KpiRow], kpi: Kpi| rows.iter().any(|row| row.kpi == kpi);
    // Scores of customers come before those of tickets, and leads before deals.
    for kpi in [Kpi::Nps, Kpi::Csat] {
        if has(rows, kpi) {
            found.rows.retain(|row| row.kpi != kpi);
        }
    }
    for kpi in [Kpi::Leads, Kpi::LeadConversion, Kpi::LostLeadShare] {
        if has(&found.rows, Kpi::Leads) {
            rows.retain(|row| row.kpi != kpi);
        }
    }
    let of_groups = |kpi: Kpi| found.rows.iter().any(|row| row.kpi == kpi && row.group.is_some());
    let is_given = |kpi: Kpi| match context.by {
        Some(_) => of_groups(kpi),
        None => has(&found.rows, kpi),
    };
    left_out.retain(|(kpi, _)| !is_given(*kpi));
    let asked = |kpi: Kpi| context.query.kpis.is_empty() || context.query.kpis.contains(&kpi);
    left_out.extend(found.left_out.into_iter().filter(|(kpi, _)| asked(*kpi)));
    notes.extend(found.notes);
    rows.append(&mut found.rows);
    // All first, then the groups by their labels and what has none; the sort keeps the order of equals.
    rows.sort_by(|one, other| {
        let key = |row: &KpiRow| {
            let is_missing = row.group.as_deref() == Some(MISSING);
            (row.group.is_some(), is_missing, row.period.map(|period| period.number), row.kpi)
        };
        let (one_key, other_key) = (key(one), key(other));
        (one_key.0, one_key.1, &one.group, one_key.2, one_key.3).cmp(&(
            other_key.0,
            other_key.1,
            &other.group,
            other_key.2,
            other_key.3,
        ))
    });
}

impl Figures {
    /// Complaints over the orders of the same group and period.
    fn per_order(&mut self, context: &Context<'_>, rows: &[KpiRow]) {
        let place = |row: &KpiRow| (row.group.clone(), row.period.map(|period| period.number));
        let is_orders = |row: &&KpiRow| row.kpi == Kpi::Orders;
        let orders: BTreeMap<_, f64> =
            rows.iter().filter(is_orders).map(|row| (place(row), row.estimate.value)).collect();
        let of = |row: &KpiRow| {
            let orders = *orders.get(&place(row))?;
            let complaints = row.estimate.value as u64;
            let found = super::estimate::rate(complaints, orders as u64, context.query.level)?;
            Some(KpiRow { kpi: Kpi::ComplaintsPerOrder, estimate: found, ..row.clone() })
        };
        let complaints = self.rows.iter().filter(|row| row.kpi == Kpi::Complaints);
        let found: Vec<KpiRow> = complaints.filter_map(of).collect();
        self.rows.extend(found);
    }
}

impl<'a> Context<'a> {
    /// The table of `kind`, where a KPI that is asked for is counted in it.
    pub(super) fn table(&self, kind: TableKind) -> Option<&'a Records> {
        self.tables.iter().find(|table| table.kind() == kind && counts(self.query, kind))
    }

    /// The instant of observation in days.
    pub(super) fn cutoff(&self) -> f64 {
        days(self.as_of.date().midnight())
    }

    /// The place of the period in which `at` lies; `None` is outside of all.
    pub(super) fn place(&self, at: Timestamp) -> Option<usize> {
        let day = at.date();
        let periods = &self.calendar.periods;
        let after = periods.partition_point(|period| period.span.first <= day);
        let place = after.checked_sub(1)?;
        (day < periods[place].span.end).then_some(place)
    }

    /// The group of every row of `records`: by its own column, else by that of its deal, else by that of its customer.
    /// `None` where nothing tells it; no text is a row that has none.
    pub(super) fn groups(&self, records: &'a Records) -> Option<Groups<'a>> {
        let Some((_, field)) = self.by else { return Some(Groups::All) };
        let field = field?;
        let is_filled = |labels: &&Labels| !labels.labels().is_empty();
        if let Some(labels) = records.labels(field).filter(is_filled) {
            return Some(Groups::Own((0..records.len()).map(|row| labels.get(row)).collect()));
        }
        let is_named = |named: &Vec<Option<usize>>| named.iter().any(Option::is_some);
        if let Some((deals, labels)) =
            self.deals.and_then(|deals| Some((deals, deals.labels(field).filter(is_filled)?)))
            && let Some(named) = Some(deals.named_by(records)).filter(is_named)
        {
            let of = |deal: Option<usize>| labels.get(deal?);
            return Some(Groups::OfDeals(named.into_iter().map(of).collect()));
        }
        let customers = self.tables.iter().find(|table| table.kind() == TableKind::Customers)?;
        let (ids, labels) = (customers.labels(Field::CustomerId)?, customers.labels(field)?);
        let matched = records.matched(Field::CustomerId, ids.labels()).rows;
        let mut of_id: Vec<Option<&str>> = vec![None; ids.labels().len()];
        for row in 0..customers.len() {
            if let Some(code) = ids.code(row) {
                of_id[code as usize] = of_id[code as usize].or(labels.get(row));
            }
        }
        matched.iter().any(Option::is_some).then(|| {
            Groups::OfCustomers(matched.into_iter().map(|id| of_id[id? as usize]).collect())
        })
    }
}

/// Whether a KPI that is asked for is counted in a table of `kind`.
pub(super) fn counts(query: &Query, kind: TableKind) -> bool {
    let is_one = |kpi: &Kpi| match kind {
        TableKind::Spend => {
            matches!(kpi, Kpi::Spend | Kpi::Cac | Kpi::LtvCac | Kpi::Payback | Kpi::Romi | Kpi::Roi)
        }
        TableKind::Customers => matches!(kpi, Kpi::Nps | Kpi::Csat),
        TableKind::Leads => matches!(kpi, Kpi::Leads | Kpi::LeadConversion | Kpi::LostLeadShare),
        TableKind::Activities => matches!(
            kpi,
            Kpi::FirstTouchHours
                | Kpi::FirstTouchHoursMedian
                | Kpi::Activities
                | Kpi::Calls
                | Kpi::Meetings
                | Kpi::TasksDone
                | Kpi::TasksOverdue
                | Kpi::Complaints
                | Kpi::ComplaintsPerOrder
        ),
        TableKind::Tickets => matches!(
            kpi,
            Kpi::Tickets
                | Kpi::FirstResponseHours
                | Kpi::FirstResponseHoursMedian
                | Kpi::ResolutionHours
                | Kpi::ResolutionHoursMedian
                | Kpi::Complaints
                | Kpi::ComplaintsPerOrder
                | Kpi::Nps
                | Kpi::Csat
        ),
        _ => true,
    };
    query.kpis.is_empty() || query.kpis.iter().any(is_one)
}

/// The groups of the rows of a table.
pub(super) enum Groups<'a> {
    /// There is no division.
    All,
    /// By a column of the table.
    Own(Vec<Option<&'a str>>),
    /// By the deals that the rows name.
    OfDeals(Vec<Option<&'a str>>),
    /// By the customers that the rows name.
    OfCustomers(Vec<Option<&'a str>>),
}

impl<'a> Groups<'a> {
    /// The group of `row`; `None` without a division.
    pub(super) fn of(&self, row: usize) -> Option<&'a str> {
        match self {
            Self::All => None,
            Self::Own(of) | Self::OfDeals(of) | Self::OfCustomers(of) => {
                Some(of[row].unwrap_or(MISSING))
            }
        }
    }

    /// What has to be said of a division that is not the table's own.
    pub(super) fn note(&self, table: TableKind, by: Option<(&str, Option<Field>)>) -> Option<Note> {
        let (name, _) = by?;
        let (english, russian) = match self {
            Self::All | Self::Own(_) => return None,
            Self::OfDeals(_) => ("deals", "сделок"),
            Self::OfCustomers(_) => ("customers", "клиентов"),
        };
        Some(Note::new(
            format!("the {table} name no `{name}`: they count for that of their {english}"),
            format!("в таблице {table} нет «{name}»: берётся значение их {russian}"),
        ))
    }
}

/// What is gathered by group and place: the periods, then the whole time.
pub(super) struct Buckets<T> {
    of: BTreeMap<Option<String>, Vec<T>>,
    periods: usize,
    /// The first place of any event: before it nothing is known.
    first: usize,
}

impl<T: Default> Buckets<T> {
    pub(super) fn new(context: &Context<'_>) -> Self {
        let periods = context.calendar.periods.len();
        Self { of: BTreeMap::new(), periods, first: periods }
    }

    /// Adds an event of `group` in the period at `place` to all that it counts in.
    pub(super) fn add(&mut self, group: Option<&str>, place: usize, add: impl Fn(&mut T)) {
        self.first = self.first.min(place);
        let periods = self.periods;
        let mut to = |group: Option<String>| {
            let fresh = || std::iter::repeat_with(T::default).take(periods + 1).collect();
            let own: &mut Vec<T> = self.of.entry(group).or_insert_with(fresh);
            add(&mut own[place]);
            add(&mut own[periods]);
        };
        to(None);
        if let Some(group) = group {
            to(Some(group.to_owned()));
        }
    }

    /// The rows of every group, from the period of the first event on.
    pub(super) fn rows(
        &self,
        context: &Context<'_>,
        figures: impl Fn(&T) -> Vec<(Kpi, Option<Estimate>)>,
    ) -> Vec<KpiRow> {
        let mut rows = Vec::new();
        for (group, places) in &self.of {
            for (place, gathered) in places.iter().enumerate().skip(self.first) {
                let period: Option<PeriodSpan> = context.calendar.periods.get(place).copied();
                for (kpi, estimate) in figures(gathered) {
                    let row = |estimate| KpiRow { period, group: group.clone(), kpi, estimate };
                    rows.extend(estimate.map(row));
                }
            }
        }
        rows
    }
}

/// Mean and median of times.
pub(super) fn dates(records: &Records, field: Field) -> Option<&[Option<Timestamp>]> {
    match records.field(field)? {
        Column::Date(dates) if dates.iter().any(Option::is_some) => Some(dates),
        _ => None,
    }
}

/// The texts of `field`, where any row has one.
pub(super) fn texts(records: &Records, field: Field) -> Option<&Labels> {
    records.labels(field).filter(|labels| !labels.labels().is_empty())
}

/// Of each text of `labels` whether it `is` something.
pub(super) fn said(labels: &Labels, is: impl Fn(&str) -> bool) -> Vec<bool> {
    let texts = labels.labels();
    (0..texts.len()).map(|code| texts.get(code).is_some_and(&is)).collect()
}

/// What is said of events outside the periods of the sales.
pub(super) fn outside(table: TableKind, rows: u64) -> Option<Note> {
    (rows > 0).then(|| {
        Note::new(
            format!("{rows} rows of {table} lie outside the periods of the sales and do not count"),
            format!("{rows} строк таблицы {table} вне периодов продаж и не учтены"),
        )
    })
}

/// What is said of a table that is not divided as the sales are.
pub(super) fn undivided(table: TableKind, context: &Context<'_>) -> Note {
    let name = context.by.map_or("", |(name, _)| name);
    Note::new(
        format!("{table} are not divided by `{name}`: their figures are those of all"),
        format!("таблица {table} не делится по «{name}»: её показатели даны только в целом"),
    )
}
