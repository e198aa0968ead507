//! One file per command: it translates arguments, calls the library, hands the table to the printer.

mod completions;
mod forecast;
mod generate;
mod rfm;

use crate::args::{Cli, Command, ReadArgs};
use crate::{printer::Printer, settings};
use anyhow::Result;
use crmstat::ingest::Export;

/// Runs the command that was typed.
pub(crate) fn run(cli: Cli) -> Result<()> {
    match cli.command {
        Command::Rfm(args) => rfm::run(&args),
        Command::Forecast(args) => forecast::run(&args),
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
    Ok(export.on_progress(move |bytes| {
        bar.inc(bytes);
        if bar.length().is_some_and(|length| bar.position() >= length) {
            bar.finish_and_clear();
        }
    }))
}
