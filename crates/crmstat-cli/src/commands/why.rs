//! `crmstat why`: why revenue moved between two periods, and who moved it.

use super::{meta, open, open_joined, unused};
use crate::{
    args::{WhyArgs, WhyTable},
    printer::Printer,
    settings,
};
use anyhow::Result;
use crmstat::{
    Error,
    analysis::{
        inspect::Titled,
        why::{self, Query, Span},
    },
};

/// Rows of each dimension that people are shown.
const SHOWN: usize = 10;

/// Explains the change of revenue of the exports.
pub(crate) fn run(args: &WhyArgs) -> Result<()> {
    let printer = Printer::new(&args.output)?;
    let lang = printer.lang();
    let later = match (&args.period, &args.from, &args.to) {
        (Some(period), ..) => period.parse()?,
        (None, Some(from), Some(to)) => Span::new(from.parse()?, to.parse()?)?,
        _ => return Err(Error::usage("no period is named").with_hint("give `--period`").into()),
    };
    let query =
        Query { by: settings::names(&args.by)?, ..Query::new(later, args.against.parse()?) };
    let (mut export, tables) = if query.by.is_empty() && args.join.join.is_empty() {
        (open(&args.read, &printer)?, Vec::new())
    } else {
        open_joined(&args.read, &args.join, &printer, &query.by)?
    };
    let imported = why::explain(&mut export, &query, &tables)?;
    printer.account(&imported);
    if let Some(path) = &args.read.quarantine {
        printer.quarantine(&imported.rejections, path)?;
    }
    let found = &imported.result;
    printer.note(found.sentence(lang));
    for note in &found.notes {
        printer.note(note.text(lang));
    }
    unused::tell(&args.read, &printer, &tables)?;
    let days = |span: Span| format!("{}..{}", span.first, span.last);
    let meta = meta(&export, &imported)
        .with("period", days(found.later))
        .with("against", days(found.earlier));
    let top = args.top;
    match args.show {
        Some(WhyTable::Factors) => printer.table(&found.factors_table(lang)?, meta),
        Some(WhyTable::Customers) => printer.table(&found.movements_table(lang)?, meta),
        Some(WhyTable::Contributions) => {
            printer.table(&found.contributions_table(top, lang)?, meta)
        }
        None => {
            let shown = Some(top.unwrap_or(SHOWN));
            let sections = [
                Titled {
                    title: lang.pick("What moved", "Что изменилось"),
                    table: found.factors_table(lang)?,
                },
                Titled {
                    title: lang.pick("How customers moved", "Как изменились клиенты"),
                    table: found.movements_table(lang)?,
                },
                Titled {
                    title: lang.pick("Who moved it most", "Кто повлиял сильнее всего"),
                    table: found.contributions_table(shown, lang)?,
                },
            ];
            printer.sections(&sections, &found.table(top, lang)?, meta)
        }
    }
}
