//! The command line as meant: typed options of the library.

use crate::args::ReadArgs;
use anyhow::Result;
use crmstat::{
    AsOf, Date, Error, Window,
    analysis::inspect::Source,
    data::{DealStatus, Field, TableKind},
    ingest::{
        Duplicates, ExportFile, Inputs, OrderTotal, ReadOptions, Selection, files_named, merges_of,
        profile::{Profile, Rates},
    },
};
use std::{path::Path, sync::OnceLock};

/// The files of this run: each is opened once, since it may be a pipe.
static INPUTS: OnceLock<Inputs> = OnceLock::new();

/// The files of this run.
pub(crate) fn inputs() -> &'static Inputs {
    INPUTS.get_or_init(Inputs::kept)
}

/// The files of this run, each hashed while it is read; to be asked for before any of them is opened.
pub(crate) fn hashed_inputs() -> &'static Inputs {
    INPUTS.get_or_init(Inputs::hashed)
}

/// How the exports are to be read.
pub(crate) fn read_options(args: &ReadArgs) -> Result<ReadOptions> {
    options_of(args, None)
}

/// The tables beside the orders or deals, and how they are to be read.
pub(crate) fn beside(args: &ReadArgs) -> Result<Vec<Source>> {
    for given in &args.map {
        let (field, _) = mapped(given)?;
        if let Some((table, _)) = field.split_once('.')
            && !tables(args).iter().any(|(kind, _)| kind.name() == table)
        {
            let names = tables(args).map(|(kind, _)| kind.name()).join(", ");
            return Err(Error::usage(format!("`--map` knows no table `{table}`"))
                .with_hint(format!("one of {names}"))
                .into());
        }
    }
    tables(args)
        .into_iter()
        .filter(|(_, files)| !files.is_empty())
        .map(|(kind, files)| {
            Ok(Source { files: named(files)?, options: options_of(args, Some(kind))? })
        })
        .collect()
}

/// The files that paths and patterns name.
pub(crate) fn named(patterns: &[String]) -> Result<Vec<ExportFile>> {
    Ok(files_named(patterns)?.into_iter().map(ExportFile::path).collect())
}

/// The files of each table beside the orders or deals; products first, as they may give the prices of the
/// lines, then lines, as these may give the amounts.
pub(crate) fn tables(args: &ReadArgs) -> [(TableKind, &Vec<String>); 8] {
    [
        (TableKind::Products, &args.products),
        (TableKind::Lines, &args.lines),
        (TableKind::Customers, &args.customers),
        (TableKind::Activities, &args.activities),
        (TableKind::History, &args.history),
        (TableKind::Spend, &args.spend),
        (TableKind::Leads, &args.leads),
        (TableKind::Tickets, &args.tickets),
    ]
}

/// How a further table of any columns is to be read.
pub(crate) fn joined_options(args: &ReadArgs) -> Result<ReadOptions> {
    options_of(args, Some(TableKind::Attributes))
}

/// How the table `kind` beside the orders or deals is to be read; `None` is these themselves.
fn options_of(args: &ReadArgs, kind: Option<TableKind>) -> Result<ReadOptions> {
    let map = args
        .map
        .iter()
        .filter_map(|given| {
            let (field, column) = match mapped(given) {
                Ok(found) => found,
                Err(error) => return Some(Err(error)),
            };
            let (table, field) = match field.split_once('.') {
                Some((table, field)) => (Some(table), field),
                None => (None, field),
            };
            (table == kind.map(TableKind::name))
                .then(|| Ok((known_field(field)?, column.to_owned())))
        })
        .collect::<Result<_>>()?;
    let stages = stages(args)?;
    Ok(ReadOptions {
        // A profile without such a table says nothing about it.
        profile: args.profile.as_deref().map(profile).transpose()?.filter(|profile| {
            kind.is_none_or(|kind| profile.tables.iter().any(|table| table.kind == kind))
        }),
        kind,
        map,
        ignore: if kind.is_none() { args.ignore.clone() } else { Vec::new() },
        merge: merges(args)?,
        only: selections(args)?,
        duplicates: args.duplicates.as_deref().map(duplicates).transpose()?,
        order_total: args.order_total.as_deref().map(order_total).transpose()?,
        stages,
        date_order: args.date_order.as_deref().map(str::parse).transpose()?,
        decimal: args.decimal.as_deref().map(str::parse).transpose()?,
        encoding: args.encoding.clone(),
        delimiter: args.delimiter.as_deref().map(delimiter).transpose()?,
        sheet: args.sheet.clone(),
        zone: args.tz.as_deref().map(str::parse).transpose()?,
        amounts_in_lines: kind.is_none() && !args.lines.is_empty(),
        prices_in_products: !args.products.is_empty(),
        discounts: args.discounts.as_deref().map(str::parse).transpose()?,
        guests: args.guest.clone(),
        far_dates: args.far_dates.as_deref().map(str::parse).transpose()?,
        cancelled: args.cancelled.as_deref().map(str::parse).transpose()?,
        rates: args.rates.as_deref().map(rates).transpose()?,
        keep_rejected: args.quarantine.is_some(),
        strict: args.strict,
        inputs: inputs().clone(),
    })
}

/// The rows that are asked for.
pub(crate) fn selections(args: &ReadArgs) -> Result<Vec<Selection>> {
    let selection = |given: &String| {
        let (column, value) = given.split_once('=').ok_or_else(|| {
            Error::usage(format!("`--where {given}` names no value"))
                .with_hint("write the column and the value, such as `--where region=North`")
        })?;
        Ok(Selection { column: column.trim().to_owned(), value: value.trim().to_owned() })
    };
    args.only.iter().map(selection).collect()
}

/// The labels that are read as others, given one by one or as a table of them.
pub(crate) fn merges(args: &ReadArgs) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for given in &args.merge {
        if let Some((label, meant)) = given.split_once('=') {
            found.push((label.trim().to_owned(), meant.trim().to_owned()));
        } else if Path::new(given).is_file() {
            found.extend(merges_of(given.as_str())?);
        } else {
            return Err(Error::usage(format!(
                "`--merge {given}` does not say what is meant, and is no file"
            ))
            .with_hint("write `--merge \"LABEL=MEANT\"`; `crmstat inspect` proposes some")
            .into());
        }
    }
    Ok(found)
}

/// The days whose orders count.
pub(crate) fn window(as_of: Option<&str>, since: Option<&str>) -> Result<Window> {
    let window = Window {
        since: since.map(str::parse).transpose()?,
        until: as_of.map(|day| day.parse::<Date>().map(AsOf::start_of)).transpose()?,
    };
    if let (Some(since), Some(until)) = (window.since, window.until)
        && since >= until.date()
    {
        return Err(
            Error::usage(format!("`--since {since}` is not before `--as-of {until}`")).into()
        );
    }
    Ok(window)
}

/// The level of intervals, given in percent.
pub(crate) fn level(percent: f64) -> Result<f64> {
    if percent > 0.0 && percent < 100.0 {
        return Ok(percent / 100.0);
    }
    Err(Error::usage(format!("`--level {percent}` is not between 0 and 100")).into())
}

/// Three numbers given as `N` or `R,F,M`.
pub(crate) fn triple<T: Copy + std::str::FromStr>(given: &str, option: &str) -> Result<[T; 3]> {
    let numbers: Vec<T> = given
        .split(',')
        .map(|number| number.trim().parse())
        .collect::<Result<_, _>>()
        .map_err(|_| Error::usage(format!("`{option} {given}` is not a list of numbers")))?;
    match numbers[..] {
        [all] => Ok([all; 3]),
        [r, f, m] => Ok([r, f, m]),
        _ => {
            Err(Error::usage(format!("`{option} {given}` is neither one number nor three")).into())
        }
    }
}

/// The text of a file that an option names; `role` says what it is for.
pub(crate) fn text_of(role: &str, path: &Path) -> Result<String> {
    Ok(inputs().read_text(role, path)?)
}

/// What `--stage` says of labels.
pub(crate) fn stages(args: &ReadArgs) -> Result<Vec<(String, DealStatus)>> {
    args.stage
        .iter()
        .map(|given| {
            let (label, status) = pair(given, "--stage", "Contract signed=won")?;
            Ok((label.to_owned(), status.parse()?))
        })
        .collect()
}

fn profile(given: &str) -> Result<Profile> {
    if let Some(profile) = Profile::named(given) {
        return Ok(profile.clone());
    }
    if Path::new(given).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
    {
        return Ok(Profile::from_toml(&text_of("profile", Path::new(given))?)?);
    }
    let names: Vec<&str> = Profile::builtin().iter().map(|profile| profile.name.as_str()).collect();
    Err(Error::usage(format!("there is no profile `{given}`"))
        .with_hint(format!("one of {}, or a file that ends in `.toml`", names.join(", ")))
        .into())
}

fn rates(path: &Path) -> Result<Rates> {
    Ok(Rates::from_text(&text_of("rates", path)?)?)
}

fn mapped(given: &str) -> Result<(&str, &str)> {
    // The first `=` ends the field, which has none; a header may have.
    given
        .split_once('=')
        .filter(|(field, column)| !field.is_empty() && !column.is_empty())
        .ok_or_else(|| {
            Error::usage(format!("`--map {given}` has no two sides"))
                .with_hint("write it as in `--map \"amount=Total\"`")
                .into()
        })
}

fn known_field(name: &str) -> Result<Field> {
    Field::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = Field::ALL.iter().map(|field| field.name()).collect();
        Error::usage(format!("`--map` knows no field `{name}`"))
            .with_hint(format!("one of {}", names.join(", ")))
            .into()
    })
}

fn duplicates(given: &str) -> Result<Duplicates> {
    match given {
        "drop" => Ok(Duplicates::Drop),
        "keep" => Ok(Duplicates::Keep),
        "refuse" => Ok(Duplicates::Refuse),
        _ => Err(Error::usage(format!("`--duplicates {given}` is not known"))
            .with_hint("one of `drop`, `keep`, `refuse`")
            .into()),
    }
}

fn order_total(given: &str) -> Result<OrderTotal> {
    match given {
        "once" => Ok(OrderTotal::Once),
        "sum" => Ok(OrderTotal::Sum),
        _ => Err(Error::usage(format!("`--order-total {given}` is not known"))
            .with_hint("one of `once`, `sum`")
            .into()),
    }
}

fn delimiter(given: &str) -> Result<u8> {
    match given.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        b"space" => Ok(b' '),
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n') => Ok(*byte),
        _ => Err(Error::usage(format!("`--delimiter {given}` is not one ASCII character"))
            .with_hint("write `tab` for a tab")
            .into()),
    }
}

fn pair<'a>(given: &'a str, option: &str, example: &str) -> Result<(&'a str, &'a str)> {
    given.rsplit_once('=').filter(|(left, right)| !left.is_empty() && !right.is_empty()).ok_or_else(
        || {
            Error::usage(format!("`{option} {given}` has no two sides"))
                .with_hint(format!("write it as in `{option} \"{example}\"`"))
                .into()
        },
    )
}

/// Names given by commas, without the spaces around them.
///
/// # Errors
/// An empty name.
pub(crate) fn names(given: &[String]) -> Result<Vec<String>> {
    let names: Vec<String> = given.iter().map(|name| name.trim().to_owned()).collect();
    if names.iter().any(String::is_empty) {
        return Err(Error::usage("a name between two commas is empty")
            .with_hint("write them as in `--by region,product`")
            .into());
    }
    Ok(names)
}

/// A number of days, as in `14d`, `2w` or `14`.
///
/// # Errors
/// What is none.
pub(crate) fn days(given: &str, option: &str) -> Result<u32> {
    let text = given.trim();
    let (number, unit) = match text.find(|letter: char| !letter.is_ascii_digit()) {
        Some(at) => text.split_at(at),
        None => (text, "d"),
    };
    let length = match unit.trim() {
        "d" => Some(1),
        "w" => Some(7),
        _ => None,
    };
    let days = number.parse::<u32>().ok().zip(length);
    days.and_then(|(number, length)| number.checked_mul(length))
        .filter(|days| *days > 0)
        .ok_or_else(|| {
            Error::usage(format!("`{option} {given}` is no number of days"))
                .with_hint("write it as in `14d` or `2w`")
                .into()
        })
}
