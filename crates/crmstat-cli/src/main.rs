//! The `crmstat` command: arguments in, the library's tables out.

#![deny(unsafe_code)]
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod args;
mod border;
mod commands;
mod memory;
mod outputs;
mod printer;
mod settings;
mod signals;
mod threads;

use args::Cli;
use clap::{CommandFactory, FromArgMatches};
use std::process::ExitCode;

fn main() -> ExitCode {
    memory::prepare();
    let code = border::guarded(|| {
        let matches = Cli::command().try_get_matches()?;
        let cli = Cli::from_arg_matches(&matches)?;
        outputs::check(&matches)?;
        commands::run(cli)
    });
    signals::yield_to_signal();
    code
}
