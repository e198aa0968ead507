//! File names and glob patterns to the list of inputs.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::{Error, Result};

/// The inputs that `patterns` name, in the order of the patterns and sorted by name within each.
///
/// `-` is standard input. A path that exists is taken literally, whatever signs it holds; anything
/// else with `*`, `?` or `[` is a pattern. A folder stands for the tables in it and in the folders below it, such
/// as `year=2025/month=01/`, whose keys become columns.
///
/// # Errors
/// A pattern that is malformed or matches no file, and an input named twice by literal names, since
/// its rows would count twice.
pub fn expand(patterns: &[String]) -> Result<Vec<String>> {
    let mut inputs: Vec<String> = Vec::new();
    for pattern in patterns {
        let literal = pattern == "-"
            || Path::new(pattern).symlink_metadata().is_ok()
            || !pattern.contains(['*', '?', '[']);
        let found = if literal { tables_of(pattern)? } else { matches(pattern)? };
        for input in found {
            if !inputs.contains(&input) {
                inputs.push(input);
            } else if literal {
                return Err(Error::usage(format!("`{input}` is named twice"))
                    .with_hint("name every file once: its rows would count twice"));
            }
        }
    }
    Ok(inputs)
}

/// The file at `path`, or the tables below it where it is a folder that holds any, sorted by name.
fn tables_of(path: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    if Path::new(path).is_dir() {
        walk(Path::new(path), &mut found)?;
        found.sort();
    }
    Ok(if found.is_empty() { vec![path.to_owned()] } else { found })
}

/// The endings of files that may be tables, compressed or not.
const ENDINGS: [&str; 15] = [
    "csv", "tsv", "txt", "parquet", "pq", "json", "ndjson", "jsonl", "xlsx", "xlsb", "xls", "ods",
    "html", "arrow", "feather",
];

/// The files below `folder` that may be tables. What begins with a point or an underscore is a note of the writer.
fn walk(folder: &Path, found: &mut Vec<String>) -> Result<()> {
    let failed = |cause: io::Error| Error::io("cannot read", folder, cause);
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    let paths: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()
        .map_err(failed)?;
    for path in paths {
        let name = file_name(&path);
        if name.starts_with(['.', '_', '~']) {
            continue;
        }
        // A link to a folder may lead in a circle.
        if path.is_dir() && !path.is_symlink() {
            walk(&path, found)?;
        } else if path.is_file() {
            let name = name.to_lowercase();
            let bare = name.strip_suffix(".gz").or(name.strip_suffix(".zst")).unwrap_or(&name);
            if bare.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending)) {
                found.push(named(&path)?);
            }
        }
    }
    Ok(())
}

fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

fn named(path: &Path) -> Result<String> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Error::data(format!("the name of `{}` is not UTF-8", path.display()))
            .with_hint("rename the file")
    })
}

/// Whether `path` is the note that a spreadsheet leaves beside a workbook while it is open.
fn is_lock(path: &Path) -> bool {
    let name = file_name(path);
    name.starts_with("~$") || name.starts_with(".~lock.")
}

/// The files that `pattern` matches, sorted by name; not the notes of spreadsheets that have one open.
fn matches(pattern: &str) -> Result<Vec<String>> {
    let paths = glob::glob(pattern).map_err(|cause| {
        Error::usage(format!("`{pattern}` is not a pattern: {}", cause.msg)).with_source(cause)
    })?;
    let mut found = Vec::new();
    for path in paths {
        let path = path.map_err(|failure| {
            let path = failure.path().to_owned();
            Error::io("cannot read", path, failure.into())
        })?;
        if path.is_dir() {
            // Of other folders only the files are meant.
            if file_name(&path).contains('=') {
                walk(&path, &mut found)?;
            }
        } else if !is_lock(&path) {
            found.push(named(&path)?);
        }
    }
    if found.is_empty() {
        return Err(Error::usage(format!("`{pattern}` matches no file"))
            .with_hint("quote a name that holds `*`, `?` or `[`, or check the folder"));
    }
    found.sort();
    Ok(found)
}
