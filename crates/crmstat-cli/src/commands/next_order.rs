//! `crmstat next-order`: when each customer orders again, and who is overdue.

use super::{meta, open};
use crate::{args::NextOrderArgs, printer::Printer, settings};
use anyhow::Result;
use crmstat::{Lang, analysis::next_order};

/// Predicts the next orders of the customers of the exports.
pub(crate) fn run(args: &NextOrderArgs) -> Result<()> {
    let printer = Printer::new(&args.output)?;
    let window = settings::window(args.as_of.as_deref(), args.since.as_deref())?;
    let mut export = open(&args.read, &printer)?;
    let imported = next_order::predict(&mut export, window)?;
    printer.account(&imported);
    if let Some(path) = &args.read.quarantine {
        printer.quarantine(&imported.rejections, path)?;
    }
    let found = &imported.result;
    let (count, as_of, gaps) = (found.customers.len(), found.as_of, found.rhythm.gaps);
    let overdue = found.customers.iter().filter(|customer| customer.is_overdue).count();
    printer.note(match printer.lang() {
        Lang::En => format!(
            "{overdue} of {count} customers are overdue by their own rhythm as of {as_of}; learned from {gaps} gaps. \
             Dates hold if the customer orders again; `crmstat clv` says how likely that is"
        ),
        Lang::Ru => format!(
            "запаздывают по собственному ритму {overdue} из {count} клиентов на {as_of}; ритм оценён по {gaps} \
             перерывам. Даты верны, если клиент закажет снова; насколько это вероятно, скажет `crmstat clv`"
        ),
    });
    let meta = meta(&export, &imported).as_of(as_of);
    printer.table(&found.table(args.overdue)?, meta)
}
