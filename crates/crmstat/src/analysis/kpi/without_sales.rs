//! KPIs of leads and tickets that stand alone, without orders or deals.

use super::{Kpi, KpiRow, Kpis, Query, beside};
use crate::{
    AsOf, Date, Error, Result,
    analysis::sales::{Note, calendar::Calendar},
    data::{Field, Records, TableKind},
    ingest::field_of,
};
use std::collections::BTreeMap;

/// The figures of leads and tickets alone, from their first day to their last.
///
/// # Errors
/// Tables without dates, or none of the KPIs.
pub(super) fn of_tables(tables: &[Records], query: &Query) -> Result<Kpis> {
    let fields = [Field::CreatedAt, Field::OpenedAt, Field::ClosedAt, Field::ResolvedAt];
    let of = |table: &Records| -> Vec<Date> {
        let found = fields.iter().filter_map(|field| beside::dates(table, *field));
        found.flatten().flatten().map(|at| at.date()).collect()
    };
    let days: Vec<Date> = tables.iter().flat_map(of).collect();
    let (first, last) = days.iter().min().zip(days.iter().max()).ok_or_else(|| {
        Error::data("no lead and no ticket has a date")
            .with_hint("name the column with `--map created_at=COLUMN` or `--map opened_at=COLUMN`")
    })?;
    let as_of = query.window.until.unwrap_or(AsOf::day_after(*last));
    let first = query.window.since.map_or(*first, |since| since.max(*first));
    let calendar = Calendar::new(query.period, query.window.since, first, as_of)?;
    let field = match &query.by {
        None => None,
        Some(name) => Some(
            field_of(name)
                .filter(|field| tables.iter().any(|table| table.labels(*field).is_some()))
                .ok_or_else(|| {
                    let known = tables.iter().flat_map(Records::fields).filter(|own| own.is_text());
                    let known: Vec<&str> = known.map(Field::name).collect();
                    Error::usage(format!("there is no column `{name}` to divide by"))
                        .with_hint(format!("the columns are {}", known.join(", ")))
                })?,
        ),
    };
    let context = beside::Context {
        query,
        calendar: &calendar,
        as_of,
        by: query.by.as_deref().map(|name| (name, field)),
        deals: None,
        tables,
    };
    let (mut rows, mut left_out, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    beside::add(&context, &mut rows, &mut left_out, &mut notes);
    let is_asked = |kpi: Kpi| query.kpis.is_empty() || query.kpis.contains(&kpi);
    rows.retain(|row| is_asked(row.kpi));
    let given = |kind: TableKind| tables.iter().any(|table| table.kind() == kind);
    // Of tables that are not there nothing was asked.
    if query.kpis.is_empty() {
        left_out.retain(|(kpi, _)| match kpi {
            Kpi::Leads | Kpi::LeadConversion | Kpi::LostLeadShare => given(TableKind::Leads),
            _ => given(TableKind::Tickets),
        });
    }
    let reason = Note::new("there are no sales", "продаж в данных нет");
    let told = |kpi: &Kpi| rows.iter().any(|row: &KpiRow| row.kpi == *kpi);
    let is_left = |kpi: &Kpi| left_out.iter().any(|(own, _)| own == kpi);
    let lacking: Vec<Kpi> =
        query.kpis.iter().copied().filter(|kpi| !told(kpi) && !is_left(kpi)).collect();
    left_out.extend(lacking.into_iter().map(|kpi| (kpi, reason.clone())));
    if rows.is_empty() {
        return Err(Error::data("the data bear none of the KPIs").with_hint(
            "leads and tickets alone have KPIs of their own; others need orders or deals",
        ));
    }
    left_out.sort_by_key(|(kpi, _)| *kpi);
    left_out.dedup();
    Ok(Kpis {
        as_of,
        period: query.period,
        by: query.by.clone(),
        rows,
        left_out,
        notes,
        russian: BTreeMap::new(),
    })
}
