//! `crmstat kpi`: one row per KPI and period.

use super::{meta, open_joined, unused};
use crate::{args::KpiArgs, printer::Printer, settings};
use anyhow::Result;
use crmstat::{
    analysis::kpi::{self, Kpi, Query},
    write::Meta,
};

/// Computes the KPIs of the exports, or says what they are.
pub(crate) fn run(args: &KpiArgs) -> Result<()> {
    let printer = Printer::new(&args.output)?;
    let lang = printer.lang();
    let mut asked: Vec<Kpi> = Vec::new();
    for name in &args.kpi {
        let kpi = name.parse()?;
        if !asked.contains(&kpi) {
            asked.push(kpi);
        }
    }
    if args.explain {
        return printer.table(&kpi::definitions(&asked, lang)?, Meta::new());
    }
    let query = Query {
        window: settings::window(args.as_of.as_deref(), args.since.as_deref())?,
        period: args.period.as_deref().map(str::parse).transpose()?.unwrap_or_default(),
        by: args.by.as_deref().map(|name| name.trim().to_owned()),
        kpis: asked,
        level: settings::level(args.level)?,
        margin: args.margin,
        lead_statuses: settings::stages(&args.read)?,
    };
    let by: Vec<String> = query.by.iter().cloned().collect();
    let (mut export, tables) = open_joined(&args.read, &args.join, &printer, &by)?;
    let imported = kpi::kpis(&mut export, &query, &tables)?;
    let found = &imported.result;
    printer.account(&imported);
    if let Some(path) = &args.read.quarantine {
        printer.quarantine(&imported.rejections, path)?;
    }
    let mut notes: Vec<String> =
        found.notes().iter().map(|note| note.text(lang).to_owned()).collect();
    // One line for each reason.
    for same in found.left_out().chunk_by(|one, next| one.1 == next.1) {
        let names: Vec<&str> = same.iter().map(|(kpi, _)| kpi.name()).collect();
        let left = lang.pick("left out", "не рассчитано");
        notes.push(format!("{left}: {}: {}", names.join(", "), same[0].1.text(lang)));
    }
    for note in &notes {
        printer.note(note);
    }
    unused::tell(&args.read, &printer, &tables)?;
    let meta = meta(&export, &imported)
        .as_of(found.as_of())
        .with("period", found.period().name())
        .with("notes", notes);
    printer.table(&found.table(lang)?, meta)
}
