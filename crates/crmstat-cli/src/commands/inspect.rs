//! `crmstat inspect`: what the files are, how they would be read, what is wrong with them.

use crate::{args::InspectArgs, printer::Printer, settings};
use anyhow::Result;
use crmstat::{
    Error, Lang,
    analysis::inspect::{self, Source},
    data::Rejections,
    write::{Meta, write_atomically},
};

/// Shows how the exports would be read.
pub(crate) fn run(args: &InspectArgs) -> Result<()> {
    let printer = Printer::new(&args.output)?;
    let main = Source {
        files: settings::named(&args.read.exports)?,
        options: settings::read_options(&args.read)?,
    };
    let inspection = inspect::inspect(&main, &settings::beside(&args.read)?)?;

    if let Some(path) = &args.write_profile {
        let profile = inspection.profile().to_toml();
        write_atomically(path, |out| {
            out.write_all(profile.as_bytes())
                .map_err(|cause| Error::io("cannot write", path, cause))
        })?;
        let path = path.display();
        printer.note(match printer.lang() {
            Lang::En => format!("the profile is in `{path}`: `--profile {path}`"),
            Lang::Ru => format!("профиль сохранён в «{path}»: `--profile {path}`"),
        });
    }
    if let Some(path) = &args.read.quarantine {
        inspection.tables.iter().for_each(|table| printer.remember(&table.rejections));
        printer.quarantine(&Rejections::default(), path)?;
    }
    let mut meta = Meta::new().profile(&inspection.profile().name);
    if let Some(ledger) = inspection.tables.first().and_then(|table| table.ledger.as_ref()) {
        meta = meta.ledger(ledger);
    }
    let notices: Vec<_> =
        inspection.tables.iter().flat_map(|table| table.notices.iter().cloned()).collect();
    meta = meta.notices(&notices);
    let lang = printer.lang();
    printer.sections(&inspection.sections(lang)?, &inspection.table(lang)?, meta)?;
    let ledgers = inspection.tables.iter().filter_map(|table| table.ledger.as_ref());
    let rejected: u64 = ledgers.map(|ledger| ledger.quarantined).sum();
    if args.read.strict && rejected > 0 {
        return Err(Error::data(format!("{rejected} rows are rejected"))
            .with_hint("correct the rows, or leave out `--strict` to go on without them")
            .into());
    }
    Ok(())
}
