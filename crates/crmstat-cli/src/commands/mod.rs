//! One file per command: it translates arguments, calls the library, hands the table to the printer.

mod clv;
mod cohorts;
mod completions;
mod generate;
mod rfm;

use crate::args::{Cli, Command, ReadArgs};
use crate::{printer::Printer, settings};
use anyhow::Result;
use crmstat::{
    ingest::{Export, Ledger},
    output::Meta,
};

/// Runs the command that was typed.
pub(crate) fn run(cli: Cli) -> Result<()> {
    match cli.command {
        Command::Rfm(args) => rfm::run(&args),
        Command::Clv(args) => clv::run(&args),
        Command::Cohorts(args) => cohorts::run(&args),
        Command::Completions { shell } => {
            completions::run(shell);
            Ok(())
        }
        Command::Generate(args) => generate::run(&args),
        Command::Inspect(_) => Ok(()),
    }
}

/// Opens the exports that `args` name, with a progress bar on a terminal.
fn open(args: &ReadArgs, printer: &Printer) -> Result<Export> {
    let export = Export::open(&args.exports, settings::read_options(args)?)?;
    let bar = printer.progress(export.len_hint());
    Ok(export.on_progress(move |bytes| bar.inc(bytes)))
}

/// What every result says about its run.
fn meta(export: &Export, ledger: &Ledger) -> Meta {
    let meta = Meta::new().ledger(ledger);
    match export.profile() {
        Some(profile) => meta.profile(profile),
        None => meta,
    }
}
