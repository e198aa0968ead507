//! `crmstat report`: all of it in one folder, and in short on standard output.

use super::{
    record::{self, Clock},
    tables_beside,
};
use crate::{
    args::{ReportArgs, TableFormatArg},
    printer::{Printer, Steps},
    settings,
};
use anyhow::Result;
use crmstat::{
    Lang, Pseudonyms,
    ingest::Export,
    report::{Logo, Options, Report, Results, Run, Stage, TableFormat, replace_folder},
};
use std::sync::Arc;

/// Makes a report of the exports, or once more the one of a record.
pub(crate) fn run(args: &ReportArgs) -> Result<()> {
    match &args.from {
        None => make(args, record::arguments(), None),
        Some(path) => {
            let earlier = Run::load(path)?;
            make(&record::again(args, &earlier)?, earlier.arguments.clone(), Some(&earlier))
        }
    }
}

/// Makes the report; `arguments` are those that would make it again, `earlier` is what it must repeat.
fn make(args: &ReportArgs, arguments: Vec<String>, earlier: Option<&Run>) -> Result<()> {
    let printer = Printer::new(&args.output())?;
    let options = options(args, printer.lang())?;
    let tables = match args.table_format {
        TableFormatArg::Csv => TableFormat::Csv,
        TableFormatArg::Parquet => TableFormat::Parquet,
    };
    let report = replace_folder(&args.output, |folder| {
        let (steps, clock) = (printer.steps(), Clock::default());
        let results = || results(args, &options, &printer, &steps, &clock);
        let (inputs, results) = match earlier {
            Some(earlier) => {
                let inputs = record::inputs(args)?;
                earlier.check(&inputs, options.pseudonyms.as_ref())?;
                (inputs, results()?)
            }
            None => beside(|| record::inputs(args), results)?,
        };
        steps.begin(Stage::Writing);
        clock.begin(Stage::Writing);
        let report = Report::new(&results, &options)?;
        report.save(&results, tables, folder)?;
        let mut run = Run::new(arguments, inputs, (&results, &options, &report), tables);
        run.timings = clock.timings();
        run.save(folder)?;
        if let Some(earlier) = earlier {
            earlier.same_outputs(&run)?;
        }
        steps.finish();
        printer.account(&results.account);
        if let Some(path) = &args.read.quarantine {
            printer.quarantine(&results.account.rejections, path)?;
        }
        Ok::<_, anyhow::Error>(report)
    })?;
    let again = if earlier.is_some() { ", the same as before to the last byte" } else { "" };
    printer.note(format!("the report is in `{}`{again}", args.output.display()));
    printer.text(&report.markdown())
}

/// Runs both at a time, `aside` on a thread of its own; of two errors that of `aside` is told.
fn beside<A: Send, B>(
    aside: impl FnOnce() -> Result<A> + Send,
    here: impl FnOnce() -> Result<B>,
) -> Result<(A, B)> {
    std::thread::scope(|scope| {
        let aside = scope.spawn(aside);
        let here = here();
        let aside = aside.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok((aside?, here?))
    })
}

/// Reads the exports and the tables beside them, and makes every analysis.
fn results(
    args: &ReportArgs,
    options: &Options,
    printer: &Printer,
    steps: &Arc<Steps>,
    clock: &Clock,
) -> Result<Results> {
    let mut export = Export::open(&args.read.exports, settings::read_options(&args.read)?)?;
    let beside = tables_beside(&args.read, &mut export, printer)?;
    let length = export.len_hint();
    let reading = Arc::clone(steps);
    let mut export = export.on_progress(move |bytes| reading.read(bytes, length));
    let begin = |stage| {
        steps.begin(stage);
        clock.begin(stage);
    };
    Ok(Results::of(&mut export, &beside, options, &begin)?)
}

fn options(args: &ReportArgs, lang: Lang) -> Result<Options> {
    let sections: Vec<_> =
        args.sections.iter().map(|name| name.trim().parse()).collect::<Result<_, _>>()?;
    Ok(Options {
        as_of: settings::window(args.as_of.as_deref(), None)?.until,
        seed: args.seed,
        lang,
        title: args.title.clone(),
        logo: args.logo.as_deref().map(Logo::load).transpose()?,
        sections: (!sections.is_empty()).then_some(sections),
        with_names: args.with_names,
        pseudonyms: args.pseudonymize.as_deref().map(Pseudonyms::new).transpose()?,
    })
}
