//! What the commands that look at customers over time have in common: one reading of the exports and of
//! the tables beside them.

use super::{meta, open_with_tables};
use crate::{args::ReadArgs, printer::Printer, settings};
use anyhow::Result;
use crmstat::{
    AsOf, Error,
    features::History,
    ingest::{Field, Imported},
    output::Meta,
    tables::OrdersQuery,
};

/// The history of customers, and the moment at which it is looked at.
pub(super) struct Observed {
    pub(super) history: History<'static>,
    pub(super) as_of: AsOf,
    pub(super) meta: Meta,
}

/// Reads the exports, with `fields` of their orders, and the tables beside them, and says where every row
/// went.
pub(super) fn observe(
    args: &ReadArgs,
    as_of: Option<&str>,
    fields: Vec<Field>,
    printer: &Printer,
) -> Result<Observed> {
    let window = settings::window(as_of, None)?;
    let (mut export, tables) = open_with_tables(args, printer)?;
    let read = History::read(&mut export, &OrdersQuery { window, fields }, tables)?;
    account(args, printer, &read)?;
    let last = read.span.map(|(_, last)| AsOf::day_after(last.date()));
    let as_of = window.until.or(last).ok_or_else(|| Error::data("there is no order to observe"))?;
    let meta = meta(&export, &read.ledger).as_of(as_of);
    Ok(Observed { history: read.result, as_of, meta })
}

/// Says where every row went, and keeps the rejected ones where asked for.
pub(super) fn account<T>(args: &ReadArgs, printer: &Printer, imported: &Imported<T>) -> Result<()> {
    printer.account(imported);
    match &args.quarantine {
        Some(path) => printer.quarantine(&imported.rejections, path),
        None => Ok(()),
    }
}
