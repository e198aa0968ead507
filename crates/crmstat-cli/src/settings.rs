//! The command line as meant: typed options of the library.

use crate::args::ReadArgs;
use anyhow::Result;
use crmstat::{
    AsOf, Date, Error, Window,
    ingest::{
        Field, ReadOptions,
        profile::{Profile, Rates},
    },
};
use std::{fs, path::Path};

/// How the exports are to be read.
pub(crate) fn read_options(args: &ReadArgs) -> Result<ReadOptions> {
    let map = args
        .map
        .iter()
        .map(|given| {
            let (field, column) = pair(given, "--map", "amount=Total")?;
            Ok((known_field(field)?, column.to_owned()))
        })
        .collect::<Result<_>>()?;
    let stages = args
        .stage
        .iter()
        .map(|given| {
            let (label, status) = pair(given, "--stage", "Contract signed=won")?;
            Ok((label.to_owned(), status.parse()?))
        })
        .collect::<Result<_>>()?;
    Ok(ReadOptions {
        profile: args.profile.as_deref().map(profile).transpose()?,
        kind: None,
        map,
        stages,
        date_order: args.date_order.as_deref().map(str::parse).transpose()?,
        decimal: args.decimal.as_deref().map(str::parse).transpose()?,
        encoding: args.encoding.clone(),
        delimiter: args.delimiter.as_deref().map(delimiter).transpose()?,
        sheet: args.sheet.clone(),
        rates: args.rates.as_deref().map(rates).transpose()?,
        keep_rejected: args.quarantine.is_some(),
        strict: args.strict,
    })
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

/// The text of a file that an option names.
pub(crate) fn text_of(path: &Path) -> Result<String> {
    Ok(fs::read_to_string(path).map_err(|cause| Error::io("cannot read", path, cause))?)
}

fn profile(given: &str) -> Result<Profile> {
    if let Some(profile) = Profile::named(given) {
        return Ok(profile.clone());
    }
    if Path::new(given).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
    {
        return Ok(Profile::from_toml(&text_of(Path::new(given))?)?);
    }
    let names: Vec<&str> = Profile::builtin().iter().map(|profile| profile.name.as_str()).collect();
    Err(Error::usage(format!("there is no profile `{given}`"))
        .with_hint(format!("one of {}, or a file that ends in `.toml`", names.join(", ")))
        .into())
}

fn rates(path: &Path) -> Result<Rates> {
    Ok(Rates::from_text(&text_of(path)?)?)
}

fn known_field(name: &str) -> Result<Field> {
    Field::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = Field::ALL.iter().map(|field| field.name()).collect();
        Error::usage(format!("`--map` knows no field `{name}`"))
            .with_hint(format!("one of {}", names.join(", ")))
            .into()
    })
}

fn delimiter(given: &str) -> Result<u8> {
    match given.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
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
