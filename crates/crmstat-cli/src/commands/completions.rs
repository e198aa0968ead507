//! `crmstat completions`: completions for a shell.

use crate::args::Cli;
use clap::CommandFactory;
use clap_complete::Shell;

/// Writes the completions of `shell` to standard output.
pub(crate) fn run(shell: Shell) {
    clap_complete::generate(shell, &mut Cli::command(), "crmstat", &mut std::io::stdout());
}
