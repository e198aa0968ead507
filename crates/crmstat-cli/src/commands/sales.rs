//! `crmstat sales`: past sales by any measure, period and column.

use super::{meta, open_joined, unused};
use crate::{args::SalesArgs, printer::Printer, settings};
use anyhow::Result;
use crmstat::analysis::sales::{self, Measure, Plan, Query};

/// Adds up the sales of the exports.
pub(crate) fn run(args: &SalesArgs) -> Result<()> {
    let printer = Printer::new(&args.output)?;
    let plan = args.plan.as_deref().map(Plan::from_file).transpose()?;
    let mut measures: Vec<Measure> = Vec::new();
    for name in &args.measure {
        let measure = name.parse()?;
        if !measures.contains(&measure) {
            measures.push(measure);
        }
    }
    if measures.is_empty() {
        measures = plan.as_ref().map(Plan::measures).unwrap_or_default();
    }
    let query = Query {
        window: settings::window(args.as_of.as_deref(), args.since.as_deref())?,
        period: args.period.as_deref().map(str::parse).transpose()?.unwrap_or_default(),
        measures,
        by: settings::names(&args.by)?,
        top: args.top,
        totals: args.totals,
        plan,
    };
    let (mut export, tables) = open_joined(&args.read, &args.join, &printer, &query.by)?;
    let imported = sales::sales(&mut export, &query, &tables)?;
    let found = &imported.result;
    printer.account(&imported);
    if let Some(path) = &args.read.quarantine {
        printer.quarantine(&imported.rejections, path)?;
    }
    let lang = printer.lang();
    let notes: Vec<String> = found.notes().iter().map(|note| note.text(lang).to_owned()).collect();
    for note in &notes {
        printer.note(note);
    }
    unused::tell(&args.read, &printer, &tables)?;
    let table = if args.pivot { found.pivot(lang)? } else { found.table(lang)? };
    let meta = meta(&export, &imported)
        .as_of(found.as_of())
        .with("period", found.period().name())
        .with("notes", notes);
    printer.table(&table, meta)
}
