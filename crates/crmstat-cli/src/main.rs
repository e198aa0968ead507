//! The `crmstat` command: arguments in, the library's tables out.

mod args;
mod commands;
mod outputs;
mod printer;
mod settings;

use args::Cli;
use clap::{CommandFactory, FromArgMatches};
use std::process::ExitCode;

/// The data cannot be used as asked.
const DATA: u8 = 1;
/// The command line is wrong.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let matches = Cli::command().get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match outputs::check(&matches).and_then(|()| commands::run(cli)) {
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
