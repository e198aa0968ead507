//! `crmstat baskets`: what is bought together, what next, what to offer.

use super::{meta, open_joined, unused};
use crate::{
    args::{BasketArg, BasketsArgs, BasketsTable, RuleSortArg},
    printer::Printer,
    settings,
};
use anyhow::Result;
use crmstat::{
    Error, Lang,
    analysis::{
        baskets::{self, Basket, Least, OfferQuery, RuleQuery, RuleSort, SegmentBy, SequenceQuery},
        sales::Note,
    },
    data::Records,
    ingest::{Export, Imported},
};

/// Looks into the baskets of the exports.
pub(crate) fn run(args: &BasketsArgs) -> Result<()> {
    let printer = Printer::new(&args.output)?;
    refuse_unused(args)?;
    match args.show {
        BasketsTable::Rules | BasketsTable::Sets => rules(args, &printer),
        BasketsTable::Sequences => sequences(args, &printer),
        BasketsTable::Next | BasketsTable::Judged => offers(args, &printer),
    }
}

fn rules(args: &BasketsArgs, printer: &Printer) -> Result<()> {
    let segments = args.segments.as_deref().map(str::trim);
    let segments = segments.map(|column| match column {
        "" => SegmentBy::Rfm,
        column => SegmentBy::Column(column.to_owned()),
    });
    let usual = RuleQuery::default();
    let query = RuleQuery {
        window: settings::window(args.as_of.as_deref(), args.since.as_deref())?,
        by: args.by.trim().to_owned(),
        basket: match args.basket.unwrap_or_default() {
            BasketArg::Order => Basket::Order,
            BasketArg::Day => Basket::Day,
            BasketArg::Customer => Basket::Customer,
        },
        segments,
        size: args.size.unwrap_or(usual.size),
        least: least(args)?,
        confidence: args.confidence.unwrap_or(usual.confidence),
        false_discovery: rate(args, usual.false_discovery),
        sort: match args.sort.unwrap_or_default() {
            RuleSortArg::Extra => RuleSort::Extra,
            RuleSortArg::Lift => RuleSort::Lift,
            RuleSortArg::Confidence => RuleSort::Confidence,
            RuleSortArg::Support => RuleSort::Support,
        },
    };
    let column = match &query.segments {
        Some(SegmentBy::Column(column)) => Some(column.clone()),
        _ => None,
    };
    let by: Vec<String> = std::iter::once(query.by.clone()).chain(column).collect();
    let (export, imported) =
        read(args, printer, &by, |export, tables| baskets::rules(export, &query, tables))?;
    let (found, lang) = (&imported.result, printer.lang());
    let notes = say(printer, &found.notes());
    let meta = meta(&export, &imported).as_of(found.as_of()).with("notes", notes);
    let table = match args.show {
        BasketsTable::Sets => found.sets_table(lang)?,
        _ => found.table(lang)?,
    };
    printer.table(&table, meta)
}

fn sequences(args: &BasketsArgs, printer: &Printer) -> Result<()> {
    let usual = SequenceQuery::default();
    let query = SequenceQuery {
        window: settings::window(args.as_of.as_deref(), args.since.as_deref())?,
        by: args.by.trim().to_owned(),
        within: span(args.within.as_deref(), "--within")?.unwrap_or(usual.within),
        least: least(args)?,
        false_discovery: rate(args, usual.false_discovery),
    };
    let by = [query.by.clone()];
    let (export, imported) =
        read(args, printer, &by, |export, tables| baskets::sequences(export, &query, tables))?;
    let found = &imported.result;
    let notes = say(printer, &found.notes());
    let meta = meta(&export, &imported).as_of(found.as_of()).with("notes", notes);
    printer.table(&found.table()?, meta)
}

fn offers(args: &BasketsArgs, printer: &Printer) -> Result<()> {
    let usual = OfferQuery::default();
    let query = OfferQuery {
        window: settings::window(args.as_of.as_deref(), args.since.as_deref())?,
        by: args.by.trim().to_owned(),
        top: args.top.unwrap_or(usual.top),
        repeat: args.repeat,
        holdout: span(args.holdout.as_deref(), "--holdout")?,
        sold_within: span(args.sold_within.as_deref(), "--sold-within")?.or(usual.sold_within),
        model: usual.model,
    };
    let by = [query.by.clone()];
    let (export, imported) =
        read(args, printer, &by, |export, tables| baskets::offers(export, &query, tables))?;
    let (found, lang) = (&imported.result, printer.lang());
    let notes = say(printer, found.notes());
    let meta = meta(&export, &imported).as_of(found.as_of()).with("notes", notes);
    if args.show == BasketsTable::Next {
        return printer.table(&found.table()?, meta);
    }
    let judgement = found.judgement().ok_or_else(|| {
        let reason = found.notes().last().map_or("", |note| note.text(Lang::En));
        Error::data(reason).with_hint("choose another part with `--holdout`")
    })?;
    printer.table(&judgement.table(lang)?, meta)
}

/// Reads the exports and has them looked at by `analyse`.
fn read<T>(
    args: &BasketsArgs,
    printer: &Printer,
    by: &[String],
    analyse: impl FnOnce(&mut Export, &[Records]) -> crmstat::Result<Imported<T>>,
) -> Result<(Export, Imported<T>)> {
    let (mut export, tables) = open_joined(&args.read, &args.join, printer, by)?;
    let imported = analyse(&mut export, &tables)?;
    printer.account(&imported);
    if let Some(path) = &args.read.quarantine {
        printer.quarantine(&imported.rejections, path)?;
    }
    unused::tell(&args.read, printer, &tables)?;
    Ok((export, imported))
}

fn say(printer: &Printer, notes: &[Note]) -> Vec<String> {
    let notes: Vec<String> =
        notes.iter().map(|note| note.text(printer.lang()).to_owned()).collect();
    for note in &notes {
        printer.note(note);
    }
    notes
}

fn least(args: &BasketsArgs) -> Result<Least> {
    Ok(args.least.as_deref().map(str::parse).transpose()?.unwrap_or_default())
}

fn rate(args: &BasketsArgs, usual: f64) -> f64 {
    args.false_discovery.map_or(usual, |percent| percent / 100.0)
}

fn span(given: Option<&str>, option: &str) -> Result<Option<u32>> {
    given.map(|span| settings::days(span, option)).transpose()
}

/// Refuses an option that has no say in the table that is asked for.
fn refuse_unused(args: &BasketsArgs) -> Result<()> {
    use BasketsTable::{Judged, Next, Rules, Sequences, Sets};
    let of_rules: &[BasketsTable] = &[Rules];
    let options = [
        ("--basket", args.basket.is_some(), &[Rules, Sets][..]),
        ("--segments", args.segments.is_some(), &[Rules, Sets]),
        ("--size", args.size.is_some(), &[Rules, Sets]),
        ("--least", args.least.is_some(), &[Rules, Sets, Sequences]),
        ("--confidence", args.confidence.is_some(), of_rules),
        ("--false-discovery", args.false_discovery.is_some(), &[Rules, Sequences]),
        ("--sort", args.sort.is_some(), of_rules),
        ("--within", args.within.is_some(), &[Sequences]),
        ("--top", args.top.is_some(), &[Next, Judged]),
        ("--repeat", args.repeat, &[Next]),
        ("--holdout", args.holdout.is_some(), &[Next, Judged]),
        ("--sold-within", args.sold_within.is_some(), &[Next, Judged]),
    ];
    let unused = options.iter().find(|(_, given, tables)| *given && !tables.contains(&args.show));
    let Some((option, _, tables)) = unused else { return Ok(()) };
    let name = |table: &BasketsTable| match table {
        Rules => "rules",
        Sets => "sets",
        Sequences => "sequences",
        Next => "next",
        Judged => "judged",
    };
    let names: Vec<&str> = tables.iter().map(name).collect();
    Err(Error::usage(format!("`{option}` has no say in `--show {}`", name(&args.show)))
        .with_hint(format!("leave it out, or show {}", names.join(" or ")))
        .into())
}
