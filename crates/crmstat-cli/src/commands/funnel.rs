//! `crmstat funnel`: stages, outcomes, reasons of loss, and open deals that need a look.

use super::{joined, meta, open_joined, told, unused};
use crate::{
    args::{FunnelArgs, FunnelTable},
    printer::Printer,
    settings,
};
use anyhow::Result;
use crmstat::{
    Error,
    analysis::{
        funnel::{self, Beside, Query},
        inspect::Titled,
        leads::{self, Leads},
        tickets::{self, Tickets},
    },
    data::{Deals, Field, Records, TableKind},
    ingest::field_of,
};

/// Follows the deals of the exports through their stages.
pub(crate) fn run(args: &FunnelArgs) -> Result<()> {
    let printer = Printer::new(&args.output)?;
    let lang = printer.lang();
    let query = Query {
        as_of: settings::window(args.as_of.as_deref(), None)?.until,
        stages: args.stages.iter().map(|stage| stage.trim().to_owned()).collect(),
        by: args.by.iter().map(|name| name.trim().to_owned()).collect(),
        cohort: args.cohort.as_deref().map(str::parse).transpose()?,
        stale_days: args.stale,
        level: Some(settings::level(args.level)?),
    };
    let (mut export, tables) = open_joined(&args.read, &args.join, &printer, &query.by)?;
    let joined = joined(&tables);
    let imported = Deals::read_columns(&mut export, &query.columns(joined))?;
    printer.account(&imported);
    if let Some(path) = &args.read.quarantine {
        printer.quarantine(&imported.rejections, path)?;
    }
    let table = |kind| tables.iter().find(|table| table.kind() == kind);
    let beside = Beside {
        history: table(TableKind::History),
        activities: table(TableKind::Activities),
        customers: table(TableKind::Customers),
        joined,
    };
    let found = funnel::analyse(&imported.result, beside, &query)?;
    told(&args.read, &printer, &found.notices)?;
    for sentence in found.sentences(lang) {
        printer.note(sentence);
    }
    let meta = meta(&export, &imported);
    let meta = match found.as_of {
        Some(as_of) => meta.as_of(as_of),
        None => meta,
    };
    let leads = table(TableKind::Leads);
    let leads = leads.map(|leads| leads_of(args, leads, &imported.result)).transpose()?;
    let tickets = table(TableKind::Tickets);
    let tickets = tickets.map(|tickets| tickets_of(args, tickets)).transpose()?;
    let beside = leads.iter().map(|found| &found.notices);
    for notices in beside.chain(tickets.iter().map(|found| &found.notices)) {
        told(&args.read, &printer, notices)?;
    }
    unused::tell(&args.read, &printer, &tables)?;
    match args.show {
        Some(FunnelTable::Leads) => {
            let leads = leads.ok_or_else(|| missing("leads"))?;
            printer.table(&leads.table(lang)?, meta.as_of(leads.as_of))
        }
        Some(FunnelTable::Tickets) => {
            let tickets = tickets.ok_or_else(|| missing("tickets"))?;
            printer.table(&tickets.table(lang)?, meta.as_of(tickets.as_of))
        }
        Some(FunnelTable::Stages) => printer.table(&found.stages_table(lang)?, meta),
        Some(FunnelTable::Summary) => printer.table(&found.summary_table(lang)?, meta),
        Some(FunnelTable::Reasons) => printer.table(&found.reasons_table(lang)?, meta),
        Some(FunnelTable::Attention) => printer.table(&found.attention_table(lang)?, meta),
        None if found.whole().overview.deals.deals() == 0 => {
            Err(Error::data("there is no deal").with_hint("check `--as-of`").into())
        }
        None => {
            let stages = found.stages_table(lang)?;
            let mut tables = vec![
                (lang.pick("Outcomes", "Итоги"), found.summary_table(lang)?),
                (lang.pick("Stages", "Этапы"), stages.clone()),
                (lang.pick("Why deals are lost", "Причины проигрыша"), found.reasons_table(lang)?),
                (
                    lang.pick("Open deals to look at", "Открытые сделки, требующие внимания"),
                    found.attention_table(lang)?,
                ),
            ];
            if let Some(leads) = &leads {
                tables.push((lang.pick("Leads", "Лиды"), leads.table(lang)?));
            }
            if let Some(tickets) = &tickets {
                tables.push((lang.pick("Tickets", "Обращения"), tickets.table(lang)?));
            }
            let filled = tables.into_iter().filter(|(_, table)| table.rows() > 0);
            let sections: Vec<Titled> =
                filled.map(|(title, table)| Titled { title, table }).collect();
            printer.sections(&sections, &stages, meta)
        }
    }
}

/// Counts leads by source, or what they are to be divided by and have, and by cohort.
fn leads_of(args: &FunnelArgs, leads: &Records, deals: &Deals) -> Result<Leads> {
    Ok(leads::count(
        leads,
        Some(deals),
        &leads::Query {
            as_of: settings::window(args.as_of.as_deref(), None)?.until,
            cohort: args.cohort.as_deref().map(str::parse).transpose()?,
            by: divided(args, leads, Field::Source),
            statuses: settings::stages(&args.read)?,
            level: Some(settings::level(args.level)?),
        },
    )?)
}

/// Measures tickets by kind, or what they are to be divided by and have, and by period.
fn tickets_of(args: &FunnelArgs, tickets: &Records) -> Result<Tickets> {
    Ok(tickets::measure(
        tickets,
        &tickets::Query {
            as_of: settings::window(args.as_of.as_deref(), None)?.until,
            period: args.cohort.as_deref().map(str::parse).transpose()?,
            by: divided(args, tickets, Field::Kind),
            answer_hours: args.answer_within,
            resolve_hours: args.resolve_within,
            level: Some(settings::level(args.level)?),
        },
    )?)
}

/// The fields of `--by` that the table has; `usual` where none is given and it has that.
fn divided(args: &FunnelArgs, table: &Records, usual: Field) -> Vec<Field> {
    let has =
        |field: &Field| table.labels(*field).is_some_and(|labels| !labels.labels().is_empty());
    let named: Vec<Field> = args.by.iter().filter_map(|name| field_of(name)).collect();
    let asked = if args.by.is_empty() { vec![usual] } else { named };
    asked.into_iter().filter(has).collect()
}

fn missing(table: &str) -> Error {
    Error::usage(format!("there is no table of {table}"))
        .with_hint(format!("give it with `--{table} FILE`"))
}
