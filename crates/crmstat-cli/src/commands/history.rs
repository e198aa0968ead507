//! What the commands that look at customers have in common: one reading of the exports and of the tables
//! beside them, or of the table with one row per customer.

use super::{meta, open_with_tables, unused};
use crate::{
    args::{ReadArgs, SubjectArgs},
    printer::Printer,
    settings,
};
use anyhow::Result;
use crmstat::{
    AsOf, Error,
    data::{CustomerTable, Field, Notice, OrdersQuery},
    features::{Feature, History},
    ingest::{Imported, TableQuery},
    write::Meta,
};

/// The history of customers, and the moment at which it is looked at.
pub(super) struct Observed {
    pub(super) history: History<'static>,
    pub(super) as_of: AsOf,
    pub(super) meta: Meta,
    /// Tables that say something only where a feature is made of them.
    pub(super) unused: Vec<Notice>,
}

/// Reads the exports, with `fields` of their orders, and the tables beside them, and says where every row
/// went. Where `features` are named, a table of which none is made is refused.
pub(super) fn observe(
    subjects: &SubjectArgs,
    fields: Vec<Field>,
    features: Option<&[Feature]>,
    printer: &Printer,
) -> Result<Observed> {
    let window = settings::window(subjects.as_of.as_deref(), None)?;
    let (mut export, tables) = open_with_tables(&subjects.read, printer)?;
    if let Some(features) = features {
        unused::refuse_unasked(&tables, features)?;
    }
    let unused = Notice::of_unused(&tables);
    let read = History::read(
        &mut export,
        &OrdersQuery { window, fields, ..OrdersQuery::default() },
        tables,
    )?;
    account(&subjects.read, printer, &read)?;
    let last = read.span.map(|(_, last)| AsOf::day_after(last.date()));
    let as_of = window.until.or(last).ok_or_else(|| Error::data("there is no order to observe"))?;
    let meta = meta(&export, &read).as_of(as_of);
    Ok(Observed { history: read.result, as_of, meta, unused })
}

/// Reads the `columns` (all, unless named) and `texts` of the table `file`, and says where every row went.
pub(super) fn read_table(
    subjects: &SubjectArgs,
    file: &str,
    columns: Option<Vec<String>>,
    texts: Vec<String>,
    printer: &Printer,
) -> Result<Imported<CustomerTable>> {
    read_customers(&subjects.read, subjects.id.as_deref(), file, columns, texts, printer)
}

/// As [`read_table`], without the customers of exports.
pub(super) fn read_customers(
    args: &ReadArgs,
    id: Option<&str>,
    file: &str,
    columns: Option<Vec<String>>,
    texts: Vec<String>,
    printer: &Printer,
) -> Result<Imported<CustomerTable>> {
    let query = TableQuery { id: id.map(str::to_owned), columns, texts };
    let imported = CustomerTable::read(file, &query, settings::read_options(args)?)?;
    account(args, printer, &imported)?;
    Ok(imported)
}

/// Says where every row went, and keeps the rejected ones where asked for.
fn account<T>(args: &ReadArgs, printer: &Printer, imported: &Imported<T>) -> Result<()> {
    printer.account(imported);
    match &args.quarantine {
        Some(path) => printer.quarantine(&imported.rejections, path),
        None => Ok(()),
    }
}
