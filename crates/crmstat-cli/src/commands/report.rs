//! `crmstat report`: all of it in one folder, and in short on standard output.

use super::{
    joined_beside,
    record::{self, Clock},
    refuse_severe, report_split,
};
use crate::{
    args::{ReportArgs, TableFormatArg},
    printer::{Printer, Steps},
    settings, signals,
};
use anyhow::Result;
use crmstat::{
    Error, Lang, Pseudonyms,
    analysis::managers::PlanRow,
    ingest::{Export, ExportFile},
    report::{
        Earlier, InputFile, Logo, Options, Report, Results, Run, Stage, TableFormat, replace_folder,
    },
};
use std::{fs, path::Path, sync::Arc};

/// Makes a report of the exports, or once more the one of a record.
pub(crate) fn run(args: &ReportArgs) -> Result<()> {
    if let Some(column) = &args.split_by {
        return report_split::run(args, column);
    }
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
    let report = write(args, arguments, earlier)?;
    printer.text(&report.markdown())?;
    if args.open {
        open_page(&args.output.join("report.html"), &printer);
    }
    Ok(())
}

/// Shows `page` in the browser.
pub(super) fn open_page(page: &Path, printer: &Printer) {
    // The report is made, whatever becomes of the browser.
    if let Err(cause) = open::that_detached(page) {
        let page = page.display();
        printer.note(match printer.lang() {
            Lang::En => format!("no browser shows `{page}`: {cause}"),
            Lang::Ru => format!("браузер не открыл «{page}»: {cause}"),
        });
    }
}

/// Writes the folder of the report, as [`make`] does.
pub(super) fn write(
    args: &ReportArgs,
    arguments: Vec<String>,
    earlier: Option<&Run>,
) -> Result<Report> {
    signals::watch();
    let printer = Printer::new(&args.output())?;
    let files = settings::hashed_inputs();
    let options = options(args, printer.lang())?;
    let printer = printer.without_values(options.pseudonyms.is_some());
    let tables = match args.table_format {
        TableFormatArg::Csv => TableFormat::Csv,
        TableFormatArg::Parquet => TableFormat::Parquet,
    };
    let report = replace_folder(&args.output, |folder| {
        let (steps, clock) = (printer.steps(), Clock::default());
        if let Some(earlier) = earlier {
            // What has changed is found before the work; what a pipe gives, after it.
            earlier.check(&record::inputs(args)?, options.pseudonyms.as_ref())?;
        }
        let results = results(args, &options, &printer, &steps, &clock)?;
        refuse_severe(&args.read, &results.account.notices)?;
        let inputs = InputFile::all(files)?;
        if let Some(earlier) = earlier {
            earlier.check(&inputs, options.pseudonyms.as_ref())?;
        }
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
    let folder = args.output.display();
    printer.note(match (printer.lang(), earlier.is_some()) {
        (Lang::En, false) => format!("the report is in `{folder}`"),
        (Lang::En, true) => {
            format!("the report is in `{folder}`, the same as before to the last byte")
        }
        (Lang::Ru, false) => format!("отчёт сохранён в папке «{folder}»"),
        (Lang::Ru, true) => {
            format!("отчёт сохранён в папке «{folder}» и совпадает с прежним до байта")
        }
    });
    Ok(report)
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
    let beside = joined_beside(&args.read, &args.join, &mut export, printer, &options.by)?;
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
        logo: args.logo.as_deref().map(|path| Logo::read(settings::inputs(), path)).transpose()?,
        sections: (!sections.is_empty()).then_some(sections),
        with_names: args.with_names,
        pseudonyms: pseudonyms(args)?,
        since: args
            .since_report
            .as_deref()
            .map(|path| Earlier::read(settings::inputs(), path))
            .transpose()?,
        by: settings::names(&args.by)?,
        period: args.period.as_deref().map(str::parse).transpose()?,
        target: args.target,
        plan: args.plan.as_deref().map(plan).transpose()?.unwrap_or_default(),
    })
}

/// The plan, hashed as every file of the run.
fn plan(path: &Path) -> Result<Vec<PlanRow>> {
    let bytes = settings::inputs().read("plan", path)?;
    Ok(PlanRow::read(ExportFile::bytes(path.display().to_string(), bytes))?)
}

/// Pseudonyms under the key that was given, in whatever way. The key is no input of the run: its hash is not
/// recorded.
fn pseudonyms(args: &ReportArgs) -> Result<Option<Pseudonyms>> {
    let key = if let Some(key) = &args.pseudonymize {
        key.clone()
    } else if let Some(path) = &args.pseudonymize_file {
        let text =
            fs::read_to_string(path).map_err(|cause| Error::io("cannot read", path, cause))?;
        text.lines().next().unwrap_or_default().to_owned()
    } else if let Some(name) = &args.pseudonymize_env {
        std::env::var(name).map_err(|_| {
            Error::usage(format!("the environment has no variable `{name}`"))
                .with_hint("set it to the key of the pseudonyms")
        })?
    } else {
        return Ok(None);
    };
    Ok(Some(Pseudonyms::new(&key)?))
}
