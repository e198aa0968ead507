//! One file per command: it translates arguments, calls the library, hands the table to the printer.

mod baskets;
mod churn;
mod clv;
mod cohorts;
mod completions;
mod deals;
mod effect;
mod forecast;
mod funnel;
mod generate;
mod history;
mod inspect;
mod kpi;
mod managers;
mod next_order;
mod products;
mod record;
mod report;
mod report_split;
mod response;
mod rfm;
mod sales;
mod segment;
mod strategy;
mod unused;
mod why;

use crate::args::{Cli, Command, JoinArgs, ReadArgs};
use crate::{memory, printer::Printer, settings};
use anyhow::Result;
use crmstat::{
    Error, Lang,
    data::{Join, Notice, Records, Severity, TableKind},
    ingest::{Export, Imported, Merged},
    write::Meta,
};

/// Runs the command that was typed.
pub(crate) fn run(cli: Cli) -> Result<()> {
    match &cli.command {
        Command::Report(_) => memory::hint("or ask for fewer `--sections`"),
        Command::Clv(_) => memory::hint("or ask for fewer `--interval-draws`"),
        _ => {}
    }
    unused::refuse(&cli.command)?;
    match cli.command {
        Command::Rfm(args) => rfm::run(&args),
        Command::Segment(args) => segment::run(&args),
        Command::Churn(args) => churn::run(&args),
        Command::Clv(args) => clv::run(&args),
        Command::Cohorts(args) => cohorts::run(&args),
        Command::Sales(args) => sales::run(&args),
        Command::Kpi(args) => kpi::run(&args),
        Command::Products(args) => products::run(&args),
        Command::Baskets(args) => baskets::run(&args),
        Command::Forecast(args) => forecast::run(&args),
        Command::Funnel(args) => funnel::run(&args),
        Command::Deals(args) => deals::run(&args),
        Command::Managers(args) => managers::run(&args),
        Command::Effect(args) => effect::run(&args),
        Command::Why(args) => why::run(&args),
        Command::Response(args) => response::run(&args),
        Command::Strategy(args) => strategy::run(&args),
        Command::NextOrder(args) => next_order::run(&args),
        Command::Completions { shell } => completions::run(shell),
        Command::Generate(args) => generate::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Report(args) => report::run(&args),
    }
}

/// Opens the exports that `args` name, with a progress bar on a terminal; an output that cannot be is refused
/// first. Lines and products give amounts, and are refused where the orders have their own.
fn open(args: &ReadArgs, printer: &Printer) -> Result<Export> {
    let (export, tables) = open_with_tables(args, printer)?;
    unused::refuse_unread(&tables)?;
    Ok(export)
}

/// As [`open`], with the tables beside the exports.
fn open_with_tables(args: &ReadArgs, printer: &Printer) -> Result<(Export, Vec<Records>)> {
    open_divided(args, printer, &[])
}

/// As [`open_with_tables`], with the columns of the tables that `by` names, by their header or behind the name of
/// the table.
fn open_divided(
    args: &ReadArgs,
    printer: &Printer,
    by: &[String],
) -> Result<(Export, Vec<Records>)> {
    printer.format()?;
    let mut export = Export::open(&args.exports, settings::read_options(args)?)?;
    let tables = tables_beside(args, &mut export, printer, by)?;
    let bar = printer.progress(export.len_hint());
    let export = export.on_progress(move |bytes| {
        bar.inc(bytes);
        if bar.length().is_some_and(|length| bar.position() >= length) {
            bar.finish_and_clear();
        }
    });
    Ok((export, tables))
}

/// As [`open_divided`], with the tables that `join` names, joined by what their values say, which is told.
fn open_joined(
    args: &ReadArgs,
    join: &JoinArgs,
    printer: &Printer,
    by: &[String],
) -> Result<(Export, Vec<Records>)> {
    check_join(join, by)?;
    let (export, mut tables) = open_divided(args, printer, by)?;
    tables.extend(tables_joined(args, join, &export, printer)?);
    Ok((export, tables))
}

/// The tables beside `export` as [`tables_beside`] reads them, then those that `join` names.
fn joined_beside(
    args: &ReadArgs,
    join: &JoinArgs,
    export: &mut Export,
    printer: &Printer,
    by: &[String],
) -> Result<Vec<Records>> {
    check_join(join, by)?;
    let mut tables = tables_beside(args, export, printer, by)?;
    tables.extend(tables_joined(args, join, export, printer)?);
    Ok(tables)
}

/// Refuses what joins nothing.
fn check_join(join: &JoinArgs, by: &[String]) -> Result<()> {
    if !join.join.is_empty() && by.is_empty() {
        return Err(Error::usage("`--join` is not used: nothing is divided by it")
            .with_hint("name one of its columns with `--by COLUMN`, or leave it out")
            .into());
    }
    if !join.join_by.is_empty() && join.join_by.len() != join.join.len() {
        return Err(Error::usage(format!(
            "{} tables are joined by {} columns",
            join.join.len(),
            join.join_by.len()
        ))
        .with_hint("give one `--join-by` for each `--join`, in the same order")
        .into());
    }
    Ok(())
}

/// The tables that `join` names.
fn tables_joined(
    args: &ReadArgs,
    join: &JoinArgs,
    export: &Export,
    printer: &Printer,
) -> Result<Vec<Records>> {
    let mut tables = Vec::new();
    for (at, file) in join.join.iter().enumerate() {
        let column = join.join_by.get(at).map(String::as_str);
        let options = settings::joined_options(args)?;
        let read = Records::joined(export, file.as_str(), column, options)?;
        printer.note(format!("{}:", read.result.1.table));
        printer.account(&read);
        printer.remember(&read.rejections);
        printer.joined_by(&read.result.1);
        tables.push(read.result.0);
    }
    Ok(tables)
}

/// Those of `tables` that [`open_joined`] joined by what their values say: they come last.
fn joined(tables: &[Records]) -> &[Records] {
    let first = tables.iter().position(|table| table.kind() == TableKind::Attributes);
    &tables[first.unwrap_or(tables.len())..]
}

/// The tables beside the orders or deals of `export`, which takes its amounts from the order lines where
/// it has none. Their accounts and how they find their partners are said.
fn tables_beside(
    args: &ReadArgs,
    export: &mut Export,
    printer: &Printer,
    by: &[String],
) -> Result<Vec<Records>> {
    let mut tables: Vec<Records> = Vec::new();
    let mut merged: Vec<Merged> = export.merged().cloned().collect();
    for source in settings::beside(args)? {
        let mut beside = Export::of(&source.files, source.options)?;
        let products = || tables.iter().find(|table| table.kind() == TableKind::Products);
        if beside.kind() == Some(TableKind::Lines)
            && let Some(products) = products()
        {
            beside.take_prices_of(products)?;
        }
        let columns: Vec<&str> = by.iter().map(|name| column_of_table(name)).collect();
        merged.extend(beside.merged().cloned());
        let read = Records::read_with(&mut beside, &columns)?;
        printer.note(format!("{}:", read.result.kind().text(printer.lang())));
        printer.account(&read);
        printer.remember(&read.rejections);
        tables.push(read.result);
    }
    tell_merged(args, &merged, printer)?;
    let lines = tables.iter().find(|table| table.kind() == TableKind::Lines);
    if let Some(lines) = lines {
        export.take_amounts_of(lines)?;
    }
    if let Some(products) = tables.iter().find(|table| table.kind() == TableKind::Products) {
        export.take_prices_of(products)?;
    }
    let mut apart = Vec::new();
    for table in &tables {
        if let Some(join) = Join::new(export, table, lines)? {
            printer.joined(&join);
            apart.extend(join.notice());
        }
    }
    told(args, printer, &apart)?;
    Ok(tables)
}

/// Says which labels are read as others; one that no column has is refused.
fn tell_merged(args: &ReadArgs, merged: &[Merged], printer: &Printer) -> Result<()> {
    for (label, _) in settings::merges(args)? {
        if !merged.iter().any(|own| own.label == label) {
            return Err(Error::usage(format!("no column of texts has the label `{label}`"))
                .with_hint("ids are not merged; see `crmstat inspect` for labels that may be one")
                .into());
        }
    }
    for Merged { file, column, label, meant, cells } in merged {
        printer.note(match printer.lang() {
            Lang::En => format!("{file}: {cells} × `{label}` in `{column}` are read as `{meant}`"),
            Lang::Ru => {
                format!("{file}: {cells} × «{label}» в столбце «{column}» прочитано как «{meant}»")
            }
        });
    }
    Ok(())
}

/// The column that a name such as `customers.industry` or `industry` means.
fn column_of_table(name: &str) -> &str {
    let known = [TableKind::Customers, TableKind::Products, TableKind::Lines];
    let of_table =
        |(table, column)| known.iter().any(|kind| kind.name() == table).then_some(column);
    name.trim().split_once('.').and_then(of_table).unwrap_or(name.trim())
}

/// Says what changes the answer, which `--strict` refuses.
fn told(args: &ReadArgs, printer: &Printer, notices: &[Notice]) -> Result<()> {
    refuse_severe(args, notices)?;
    printer.notices(notices);
    Ok(())
}

/// Refuses what makes an answer doubtful, where `--strict`.
///
/// # Errors
/// The first of `notices` that is more than a note.
fn refuse_severe(args: &ReadArgs, notices: &[Notice]) -> Result<()> {
    if args.strict {
        let severe = |notice: &&Notice| notice.severity > Severity::Note;
        let severe: Vec<Notice> = notices.iter().filter(severe).cloned().collect();
        Notice::refuse(&severe)?;
    }
    Ok(())
}

/// What every result says about its run.
fn meta<T>(export: &Export, read: &Imported<T>) -> Meta {
    let meta = Meta::new().ledger(&read.ledger).notices(&read.notices);
    match export.profile() {
        Some(profile) => meta.profile(profile),
        None => meta,
    }
}
