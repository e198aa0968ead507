//! The `crmstat` command: arguments in, the library's tables out.

mod args;
mod commands;
mod printer;
mod settings;

use args::Cli;
use clap::Parser;
use std::process::ExitCode;

/// The data cannot be used as asked.
const DATA: u8 = 1;
/// The command line is wrong.
const USAGE: u8 = 2;
/// Stopped by Ctrl-C, as shells count it.
const INTERRUPTED: i32 = 130;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // A run that is stopped leaves neither half a file nor a temporary one. Where no handler can be set,
    // the run is stopped as any other.
    let _ = ctrlc::set_handler(|| {
        crmstat::output::discard_unfinished();
        std::process::exit(INTERRUPTED);
    });
    match commands::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error),
    }
}

/// Prints what went wrong, why, and what to do about it.
fn report(error: &anyhow::Error) -> ExitCode {
    let ours = error.downcast_ref::<crmstat::Error>();
    if ours.is_some_and(crmstat::Error::is_broken_pipe) {
        return ExitCode::SUCCESS;
    }
    eprintln!("error: {error}");
    if let Some(hint) = ours.and_then(crmstat::Error::hint) {
        eprintln!("hint: {hint}");
    }
    ExitCode::from(if ours.is_some_and(crmstat::Error::is_usage) { USAGE } else { DATA })
}
