//! `crmstat report --split-by`: one report for each value of a column, with the rows of that value alone, and a page that
//! lists them.

use super::{record, report};
use crate::{args::ReportArgs, printer::Printer, settings};
use anyhow::Result;
use crmstat::{
    AsOf, Error,
    data::{Column, Deals, Orders, OrdersQuery, TableKind},
    ingest::{Dimension, Export},
    report::{SplitIndex, SplitPart},
    write::write_atomically,
};
use std::{collections::BTreeMap, fs, path::Path};

/// Reports beyond which the column is hardly one to split by.
const MOST_PARTS: usize = 200;
/// Characters of the name of a folder.
const LONGEST_NAME: usize = 60;
/// The page that lists the reports.
const INDEX: &str = "index.html";
/// Names that Windows keeps for devices.
const RESERVED: [&str; 6] = ["con", "prn", "aux", "nul", "com1", "lpt1"];

/// The values of the column, and what there is to say of them.
struct Values {
    /// As they are written, with their rows; of spellings in letters of different case the first.
    rows: BTreeMap<String, (String, u64)>,
    /// Rows without a value.
    without: u64,
    as_of: AsOf,
}

/// Makes the reports of the values of `column`.
pub(super) fn run(args: &ReportArgs, column: &str) -> Result<()> {
    let printer = Printer::new(&args.output())?;
    let folder = &args.output;
    check_folder(folder)?;
    // The record of each report names its files with their hashes, from the first reading on.
    settings::hashed_inputs();
    let values = values(args, column)?;
    fs::create_dir_all(folder).map_err(|cause| Error::io("cannot write", folder, cause))?;
    let (typed, as_of) = (record::arguments(), values.as_of.to_string());
    let mut index = SplitIndex::new(column, values.as_of, printer.lang());
    index.without_value(values.without);
    let mut taken: Vec<String> = Vec::new();
    for (value, rows) in values.rows.values() {
        let name = free_name(value, &mut taken);
        let title = format!("{}: {value}", args.title.as_deref().unwrap_or(column));
        let selection = format!("{column}={value}");
        let (arguments, part) = record::of_part(&typed, &selection, (&as_of, &title))?;
        let given = ReportArgs {
            output: folder.join(&name),
            quiet: args.quiet,
            verbose: args.verbose,
            color: args.color,
            threads: args.threads,
            memory: args.memory.clone(),
            ..part
        };
        let page = match report::write(&given, arguments, None) {
            Ok(_) => Ok(format!("{name}/report.html")),
            // A part may have too little to report on; what the whole cannot bear was told before.
            Err(error) if error.downcast_ref::<Error>().is_some_and(Error::is_data) => {
                printer.note(format!("{value}: {error}"));
                Err(error.to_string())
            }
            Err(error) => return Err(error),
        };
        index.add(SplitPart { value: value.clone(), rows: *rows, page });
    }
    let page = folder.join(INDEX);
    write_atomically(&page, |file| {
        file.write_all(index.html().as_bytes())
            .map_err(|cause| Error::io("cannot write", &page, cause))
    })?;
    printer.text(&index.markdown())?;
    if args.open {
        report::open_page(&page, &printer);
    }
    Ok(())
}

/// Refuses a folder of other things.
fn check_folder(folder: &Path) -> Result<()> {
    let is_empty = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => true,
        Err(cause) => return Err(Error::io("cannot read", folder, cause).into()),
    };
    let index = fs::read_to_string(folder.join(INDEX)).unwrap_or_default();
    if !is_empty && !SplitIndex::is_one(&index) {
        let folder = folder.display();
        return Err(Error::usage(format!(
            "`{folder}` is not empty and holds no reports of crmstat"
        ))
        .with_hint("name a new folder, an empty one, or that of earlier reports with `-o DIR`")
        .into());
    }
    Ok(())
}

/// The values of `column` in the exports.
fn values(args: &ReportArgs, column: &str) -> Result<Values> {
    let mut export = Export::open(&args.read.exports, settings::read_options(&args.read)?)?;
    let dimension = Dimension::find(column, &export, &[])?;
    let key = dimension.key();
    let window = settings::window(args.as_of.as_deref(), None)?;
    let mut query = OrdersQuery { window, anonymous: true, ..OrdersQuery::default() };
    match key.field() {
        Some(field) => query.fields.push(field),
        None => query.headers.push(key.name().to_owned()),
    }
    let read = Orders::read(&mut export, &query)?;
    let Some((_, last)) = read.span else {
        return Err(Error::data("no purchase before the day of observation")
            .with_hint("check the exports and `--as-of`")
            .into());
    };
    let as_of = window.until.unwrap_or_else(|| AsOf::day_after(last.date()));
    let deals = (export.kind() == Some(TableKind::Deals))
        .then(|| Deals::read_columns(&mut export, std::slice::from_ref(&key)))
        .transpose()?;
    let found = match &deals {
        Some(deals) => deals.result.column(&key),
        None => read.result.column(&key),
    };
    let Some(Column::Text(labels)) = found else {
        return Err(Error::usage(format!("`{column}` holds no texts to split by"))
            .with_hint("split by a column such as manager or region")
            .into());
    };
    let mut values = Values { rows: BTreeMap::new(), without: 0, as_of };
    for row in 0..labels.len() {
        match labels.get(row).map(str::trim).filter(|value| !value.is_empty()) {
            None => values.without += 1,
            Some(value) => {
                let own = values.rows.entry(value.to_lowercase());
                own.or_insert_with(|| (value.to_owned(), 0)).1 += 1;
            }
        }
    }
    if values.rows.len() > MOST_PARTS {
        let count = values.rows.len();
        return Err(Error::usage(format!("`{column}` has {count} values, more than {MOST_PARTS}"))
            .with_hint(
                "split by a column of fewer values, or choose some with `--where COLUMN=VALUE`",
            )
            .into());
    }
    Ok(values)
}

/// A name for the folder of `value` that every system takes: letters and digits of any alphabet, all else as `_`; of two
/// that would be one the later has a number.
fn free_name(value: &str, taken: &mut Vec<String>) -> String {
    let plain = |letter: char| if letter.is_alphanumeric() || letter == '-' { letter } else { '_' };
    let mut stem: String = value.chars().map(plain).take(LONGEST_NAME).collect();
    if RESERVED.contains(&stem.to_lowercase().as_str()) {
        stem.push('_');
    }
    let mut name = stem.clone();
    let mut number = 2;
    while taken.contains(&name.to_lowercase()) {
        name = format!("{stem}_{number}");
        number += 1;
    }
    taken.push(name.to_lowercase());
    name
}

#[cfg(test)]
mod tests {
    use super::free_name;

    #[test]
    fn folders_have_names_that_every_system_takes() {
        let mut taken = Vec::new();
        for (value, name) in [
            ("C. Brown", "C__Brown"),
            ("c  brown", "c__brown_2"),
            ("../../etc", "______etc"),
            ("CON", "CON_"),
            ("Иванов: юг/север", "Иванов__юг_север"),
            ("..", "__"),
        ] {
            assert_eq!(free_name(value, &mut taken), name);
        }
    }
}
