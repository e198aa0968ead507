//! `crmstat report`: all of it in one folder, and in short on standard output.

use super::tables_beside;
use crate::{
    args::{ReportArgs, TableFormatArg},
    printer::{Printer, Steps},
    settings,
};
use anyhow::Result;
use crmstat::{
    Lang, Pseudonyms,
    ingest::Export,
    report::{Logo, Options, Report, Results, Stage, TableFormat, replace_folder},
};
use std::sync::Arc;

/// Makes a report of the exports.
pub(crate) fn run(args: &ReportArgs) -> Result<()> {
    let printer = Printer::new(&args.output())?;
    let options = options(args, printer.lang())?;
    let tables = match args.table_format {
        TableFormatArg::Csv => TableFormat::Csv,
        TableFormatArg::Parquet => TableFormat::Parquet,
    };
    let report = replace_folder(&args.output, |folder| {
        let steps = printer.steps();
        let results = results(args, &options, &printer, &steps)?;
        steps.begin(Stage::Writing);
        let report = Report::new(&results, &options)?;
        report.save(&results, tables, folder)?;
        steps.finish();
        printer.account(&results.account);
        if let Some(path) = &args.read.quarantine {
            printer.quarantine(&results.account.rejections, path)?;
        }
        Ok::<_, anyhow::Error>(report)
    })?;
    printer.note(format!("the report is in `{}`", args.output.display()));
    printer.text(&report.markdown())
}

/// Reads the exports and the tables beside them, and makes every analysis.
fn results(
    args: &ReportArgs,
    options: &Options,
    printer: &Printer,
    steps: &Arc<Steps>,
) -> Result<Results> {
    let mut export = Export::open(&args.read.exports, settings::read_options(&args.read)?)?;
    let beside = tables_beside(&args.read, &mut export, printer)?;
    let length = export.len_hint();
    let reading = Arc::clone(steps);
    let mut export = export.on_progress(move |bytes| reading.read(bytes, length));
    Ok(Results::of(&mut export, &beside, options, &|stage| steps.begin(stage))?)
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
