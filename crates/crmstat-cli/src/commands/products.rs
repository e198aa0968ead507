//! `crmstat products`: ABC and XYZ, new and dying products, stock.

use super::{meta, open_joined, unused};
use crate::{args::ProductsArgs, printer::Printer, settings};
use anyhow::Result;
use crmstat::{
    Error,
    analysis::products::{self, Query, SegmentQuery, StockOptions},
};

/// Looks at the products of the exports.
pub(crate) fn run(args: &ProductsArgs) -> Result<()> {
    let printer = Printer::new(&args.output)?;
    if let Some(column) = &args.segments {
        return by_segment(args, column, &printer);
    }
    let usual = StockOptions::default();
    let stock = StockOptions {
        lead_days: settings::days(&args.lead_time, "--lead-time")?,
        review_days: settings::days(&args.review, "--review")?,
        service: args.service,
        seed: args.seed.unwrap_or(usual.seed),
    };
    let (a, b) = pair(&args.abc, "--abc")?;
    let query = Query {
        window: settings::window(args.as_of.as_deref(), args.since.as_deref())?,
        by: args.by.trim().to_owned(),
        period: args.period.as_deref().map(str::parse).transpose()?.unwrap_or_default(),
        measure: args.measure.as_deref().map(str::parse).transpose()?.unwrap_or_default(),
        abc: (a / 100.0, b / 100.0),
        xyz: pair(&args.xyz, "--xyz")?,
        stock: args.stock.then_some(stock),
    };
    let by = vec![query.by.clone()];
    let (mut export, tables) = open_joined(&args.read, &args.join, &printer, &by)?;
    let imported = products::products(&mut export, &query, &tables)?;
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
    let table = if args.matrix { found.matrix()? } else { found.table(lang)? };
    let meta = meta(&export, &imported).as_of(found.as_of()).with("notes", notes);
    let meta = if args.stock { meta.seed(args.seed.unwrap_or(usual.seed)) } else { meta };
    printer.table(&table, meta)
}

/// Lays products over the segments that `column` says, or over those of RFM.
fn by_segment(args: &ProductsArgs, column: &str, printer: &Printer) -> Result<()> {
    let segment = Some(column.trim().to_owned()).filter(|column| !column.is_empty());
    let query = SegmentQuery {
        window: settings::window(args.as_of.as_deref(), args.since.as_deref())?,
        by: args.by.trim().to_owned(),
        segment,
        level: settings::level(args.level)?,
    };
    let by: Vec<String> = std::iter::once(&query.by).chain(&query.segment).cloned().collect();
    let (mut export, tables) = open_joined(&args.read, &args.join, printer, &by)?;
    let imported = products::by_segment(&mut export, &query, &tables)?;
    let (found, lang) = (&imported.result, printer.lang());
    printer.account(&imported);
    if let Some(path) = &args.read.quarantine {
        printer.quarantine(&imported.rejections, path)?;
    }
    let notes: Vec<String> = found.notes().iter().map(|note| note.text(lang).to_owned()).collect();
    for note in &notes {
        printer.note(note);
    }
    unused::tell(&args.read, printer, &tables)?;
    let meta = meta(&export, &imported).as_of(found.as_of()).with("notes", notes);
    printer.table(&found.table(lang)?, meta)
}

/// Two numbers given as `A,B`.
fn pair(given: &str, option: &str) -> Result<(f64, f64)> {
    let numbers: Vec<Option<f64>> =
        given.split(',').map(|number| number.trim().parse().ok()).collect();
    match numbers[..] {
        [Some(first), Some(second)] => Ok((first, second)),
        _ => Err(Error::usage(format!("`{option} {given}` is not two numbers"))
            .with_hint("write them as in `80,95`")
            .into()),
    }
}
