//! `crmstat cohorts`: retention and revenue by acquisition cohort, and survival.

use super::{meta, open, open_joined, open_with_tables, unused};
use crate::{
    args::{CohortsArgs, SurvivalArg},
    printer::Printer,
    settings,
};
use anyhow::Result;
use crmstat::{
    Error, Lang,
    analysis::cohorts::{self, Figure, Options, Period, Survival, SurvivalOptions},
    data::TableKind,
};

/// Groups the customers of the exports, or says how long they stay.
pub(crate) fn run(args: &CohortsArgs) -> Result<()> {
    let printer = Printer::new(&args.output)?;
    match args.survival {
        None => acquisition(args, &printer),
        Some(SurvivalArg::NextOrder) => next_order(args, &printer),
        Some(SurvivalArg::Contracts) => contracts(args, &printer),
    }
}

fn acquisition(args: &CohortsArgs, printer: &Printer) -> Result<()> {
    let period = args.period.as_deref().map(str::parse::<Period>).transpose()?;
    let options = Options {
        window: settings::window(args.as_of.as_deref(), args.since.as_deref())?,
        period: period.unwrap_or_default(),
    };
    if args.flow || args.by.is_some() {
        return divided(args, &options, printer);
    }
    let figure = args.matrix.as_deref().map(str::parse::<Figure>).transpose()?;
    let mut export = open(&args.read, printer)?;
    let imported = cohorts::acquisition(&mut export, &options)?;
    let found = &imported.result;
    let note = match found.incomplete() {
        Some(day) => format!("; the {} from {day} on is incomplete", options.period.name()),
        None => String::new(),
    };
    let table = match figure {
        Some(figure) => found.matrix(figure)?,
        None => found.table()?,
    };
    let count = found.cohorts().len();
    let said = format!("{count} cohorts as of {}{note}", found.as_of());
    printer.account(&imported);
    if let Some(path) = &args.read.quarantine {
        printer.quarantine(&imported.rejections, path)?;
    }
    printer.note(said);
    printer.table(&table, meta(&export, &imported).as_of(found.as_of()))
}

/// Cohorts of each group, or the flow of customers from period to period.
fn divided(args: &CohortsArgs, options: &Options, printer: &Printer) -> Result<()> {
    let by = args.by.as_deref().map(str::trim);
    let figure = args.matrix.as_deref().map(str::parse::<Figure>).transpose()?;
    let names: Vec<String> = by.iter().map(|name| (*name).to_owned()).collect();
    let (mut export, tables) = open_joined(&args.read, &args.join, printer, &names)?;
    let lang = printer.lang();
    let (read, table, as_of) = match by {
        Some(by) if !args.flow => {
            let imported = cohorts::divided(&mut export, options, by, &tables)?;
            let found = &imported.result;
            let table = match figure {
                Some(figure) => found.matrix(figure, lang)?,
                None => found.table(lang)?,
            };
            let as_of = found.as_of();
            (imported.try_map(|_| Ok(()))?, table, as_of)
        }
        _ => {
            let imported = cohorts::flow(&mut export, options, by, &tables)?;
            let (table, as_of) = (imported.result.table(lang)?, imported.result.as_of());
            (imported.try_map(|_| Ok(()))?, table, as_of)
        }
    };
    printer.account(&read);
    if let Some(path) = &args.read.quarantine {
        printer.quarantine(&read.rejections, path)?;
    }
    unused::tell(&args.read, printer, &tables)?;
    printer.table(&table, meta(&export, &read).as_of(as_of))
}

fn next_order(args: &CohortsArgs, printer: &Printer) -> Result<()> {
    let mut export = open(&args.read, printer)?;
    let imported = cohorts::time_to_next_order(&mut export, &survival_options(args)?)?;
    let found = &imported.result;
    let said = survived("waits for the next order", found);
    let table = found.table()?;
    printer.account(&imported);
    if let Some(path) = &args.read.quarantine {
        printer.quarantine(&imported.rejections, path)?;
    }
    printer.note(said);
    printer.table(&table, meta(&export, &imported).as_of(found.as_of()))
}

fn contracts(args: &CohortsArgs, printer: &Printer) -> Result<()> {
    let (mut export, tables) = open_with_tables(&args.read, printer)?;
    let customers = tables.iter().find(|table| table.kind() == TableKind::Customers);
    let customers = customers.ok_or_else(|| {
        Error::usage("`--survival contracts` needs a table of customers")
            .with_hint("give it with `--customers FILE`")
    })?;
    let imported = cohorts::contracts(&mut export, customers, &survival_options(args)?)?;
    let found = &imported.result;
    printer.account(&imported);
    if let Some(path) = &args.read.quarantine {
        printer.quarantine(&imported.rejections, path)?;
    }
    for (rows, what) in [
        (
            found.without_start,
            ["rows of customers have no start of a contract", "строк без начала договора"],
        ),
        (
            found.not_started,
            ["contracts have not started yet", "договоров, которые ещё не начались"],
        ),
        (
            found.reversed,
            [
                "contracts end before they start and are left out",
                "договоров, которые кончаются раньше, чем начинаются (не учтены)",
            ],
        ),
    ] {
        if rows > 0 {
            printer.note(match printer.lang() {
                Lang::En => format!("{rows} {}", what[0]),
                Lang::Ru => format!("{}: {rows}", what[1]),
            });
        }
    }
    printer.note(survived("contracts", &found.survival));
    unused::tell(&args.read, printer, &tables)?;
    let meta = meta(&export, &imported).as_of(found.survival.as_of());
    printer.table(&found.survival.table()?, meta)
}

fn survival_options(args: &CohortsArgs) -> Result<SurvivalOptions> {
    Ok(SurvivalOptions {
        window: settings::window(args.as_of.as_deref(), args.since.as_deref())?,
        level: settings::level(args.level)?,
    })
}

/// The curve in one line.
fn survived(what: &str, found: &Survival) -> String {
    let median = match found.curve().median() {
        Some(days) => format!("half last longer than {days} days"),
        None => "more than half outlast the observation".to_owned(),
    };
    let (all, ended) = (found.lifetimes(), found.ended());
    format!("{all} {what} as of {}, {ended} ended; {median}", found.as_of())
}
