//! `crmstat completions`: completions for a shell.

use crate::{args::Cli, border};
use anyhow::Result;
use clap::CommandFactory;
use clap_complete::Shell;

/// Writes the completions of `shell` to standard output.
pub(crate) fn run(shell: Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "crmstat", &mut script);
    Ok(border::answer(&script)?)
}
