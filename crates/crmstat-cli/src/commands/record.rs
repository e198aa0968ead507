//! What the record of a report's run is made of: the arguments, the files that were read, the time taken.

use crate::{
    args::{Cli, ReadArgs, ReportArgs},
    settings,
};
use anyhow::Result;
use clap::{ArgMatches, CommandFactory, FromArgMatches, parser::ValueSource};
use crmstat::{
    Error,
    data::TableKind,
    ingest::profile::Profile,
    report::{Earlier, InputFile, Run, Stage, Timing},
};
use std::{borrow::Cow, cell::RefCell, time::Instant};

/// Arguments that change nothing in a report, and the key of pseudonyms, which nobody else may read.
const UNRECORDED: [&str; 10] = [
    "from",
    "output",
    "open",
    "pseudonymize",
    "quarantine",
    "threads",
    "memory",
    "color",
    "quiet",
    "verbose",
];

/// The arguments of `crmstat report` as typed, each written in one way, but for those that are not recorded.
pub(super) fn arguments() -> Vec<String> {
    let cli = Cli::command();
    let matches = cli.clone().get_matches();
    match (matches.subcommand(), cli.find_subcommand("report")) {
        (Some((_, typed)), Some(command)) => recorded(typed, command),
        _ => Vec::new(),
    }
}

fn recorded(typed: &ArgMatches, command: &clap::Command) -> Vec<String> {
    let (mut options, mut exports) = (Vec::new(), Vec::new());
    for argument in command.get_arguments() {
        let id = argument.get_id().as_str();
        if UNRECORDED.contains(&id) || typed.value_source(id) != Some(ValueSource::CommandLine) {
            continue;
        }
        let values = typed.get_raw(id).into_iter().flatten().map(|value| value.to_string_lossy());
        match argument.get_long() {
            None => exports.extend(values.map(Cow::into_owned)),
            Some(option) if argument.get_action().takes_values() => {
                options.extend(values.map(|value| format!("--{option}={value}")));
            }
            Some(option) => options.push(format!("--{option}")),
        }
    }
    if !exports.is_empty() {
        // Whatever a file is called, it is no option.
        options.push("--".to_owned());
    }
    options.extend(exports);
    options
}

/// `typed`, the arguments of a report, with those of one part of it: the rows of `selection`, as of `as_of`, under
/// `title`; and what they mean.
///
/// # Errors
/// Never of arguments that were accepted before.
pub(super) fn of_part(
    typed: &[String],
    selection: &str,
    (as_of, title): (&str, &str),
) -> Result<(Vec<String>, ReportArgs)> {
    let is_kept =
        |given: &&String| !["--split-by=", "--title="].iter().any(|own| given.starts_with(own));
    let mut part = vec![format!("--where={selection}"), format!("--title={title}")];
    if !typed.iter().any(|given| given.starts_with("--as-of=")) {
        part.push(format!("--as-of={as_of}"));
    }
    part.extend(typed.iter().filter(is_kept).cloned());
    let cli = Cli::command();
    let begin = ["crmstat", "report", "-o", "."].into_iter().map(str::to_owned);
    let parsed = cli.clone().try_get_matches_from(begin.chain(part))?;
    match (parsed.subcommand(), cli.find_subcommand("report")) {
        (Some((_, found)), Some(command)) => {
            Ok((recorded(found, command), ReportArgs::from_arg_matches(found)?))
        }
        _ => Err(foreign("are not those of a report")),
    }
}

/// The arguments that `earlier` has recorded, with the output of `args`.
///
/// # Errors
/// An argument beside the record, or a record whose arguments make no sense.
pub(super) fn again(args: &ReportArgs, earlier: &Run) -> Result<ReportArgs> {
    if let Some(typed) = arguments().into_iter().find(|typed| typed != "--") {
        return Err(Error::usage(format!("`{typed}` beside `--from`, which says it already"))
            .with_hint("give only `-o DIR` and, where the run had one, the key of pseudonyms")
            .into());
    }
    let typed = ["crmstat", "report", "-o", "."].into_iter().map(str::to_owned);
    let cli = Cli::command();
    let parsed = cli.clone().try_get_matches_from(typed.chain(earlier.arguments.iter().cloned()));
    let found = parsed.as_ref().ok().and_then(ArgMatches::subcommand);
    let (Some(("report", found)), Some(command)) = (found, cli.find_subcommand("report")) else {
        return Err(foreign("are not those of a report"));
    };
    // A record may come from anyone. What crmstat does not record, above all where to write, is not obeyed.
    if recorded(found, command) != earlier.arguments {
        return Err(foreign("are not written as crmstat writes them"));
    }
    let recorded =
        ReportArgs::from_arg_matches(found).map_err(|_| foreign("are not those of a report"))?;
    Ok(ReportArgs {
        read: ReadArgs { quarantine: args.read.quarantine.clone(), ..recorded.read },
        from: None,
        output: args.output.clone(),
        open: args.open,
        pseudonymize: args.pseudonymize.clone(),
        pseudonymize_file: args.pseudonymize_file.clone(),
        pseudonymize_env: args.pseudonymize_env.clone(),
        threads: args.threads,
        memory: args.memory.clone(),
        color: args.color,
        quiet: args.quiet,
        verbose: args.verbose,
        ..recorded
    })
}

/// A record that crmstat did not write.
fn foreign(what: &str) -> anyhow::Error {
    Error::data(format!("the arguments in the record {what}"))
        .with_hint("give the `run.json` of an earlier report, as it was written")
        .into()
}

/// Every file that a report is to be made from; the hash of a pipe is not known.
///
/// # Errors
/// A file that is not there or cannot be read.
pub(super) fn inputs(args: &ReportArgs) -> Result<Vec<InputFile>> {
    let read = &args.read;
    let mut inputs = InputFile::of("export", &read.exports)?;
    for (kind, files) in settings::tables(read) {
        if !files.is_empty() {
            inputs.extend(InputFile::of(kind.name(), files)?);
        }
    }
    // A joined table is read as one of customers is.
    inputs.extend(InputFile::of(TableKind::Customers.name(), &args.join.join)?);
    let path = |path: &std::path::PathBuf| path.display().to_string();
    let profile = read.profile.clone().filter(|given| Profile::named(given).is_none());
    let single = [
        ("profile", profile),
        ("rates", read.rates.as_ref().map(path)),
        ("logo", args.logo.as_ref().map(path)),
        ("plan", args.plan.as_ref().map(path)),
    ];
    for (role, file) in single {
        if let Some(file) = file {
            inputs.extend(InputFile::of(role, &[file])?);
        }
    }
    for file in args.since_report.iter().flat_map(|path| Earlier::files(path)) {
        inputs.extend(InputFile::of("since-report", &[path(&file)])?);
    }
    Ok(inputs)
}

/// Measures the steps of a run.
#[derive(Default)]
pub(super) struct Clock(RefCell<Vec<(Stage, Instant)>>);

impl Clock {
    /// Ends the step before and begins `stage`.
    pub(super) fn begin(&self, stage: Stage) {
        self.0.borrow_mut().push((stage, Instant::now()));
    }

    /// How long each step took, the last one until now, to the millisecond.
    pub(super) fn timings(&self) -> Vec<Timing> {
        let begun = self.0.borrow();
        let ends = begun.iter().skip(1).map(|(_, end)| *end).chain([Instant::now()]);
        begun
            .iter()
            .zip(ends)
            .map(|((stage, start), end)| Timing {
                step: stage.name().to_owned(),
                seconds: (end - *start).as_millis() as f64 / 1000.0,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::UNRECORDED;
    use crate::{args::Cli, outputs::OUTPUTS};
    use clap::CommandFactory;

    /// A record that named a file to write would be obeyed by whoever repeats it.
    #[test]
    fn no_output_is_recorded() {
        let cli = Cli::command();
        let report = cli.find_subcommand("report").unwrap();
        for argument in report.get_arguments() {
            let id = argument.get_id().as_str();
            let is_output = OUTPUTS.iter().any(|(output, _)| *output == id);
            assert!(!is_output || UNRECORDED.contains(&id), "{id}");
        }
    }
}
