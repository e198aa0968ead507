//! File names and glob patterns to the list of inputs.

use std::path::Path;

use crate::{Error, Result};

/// The inputs that `patterns` name, in the order of the patterns and sorted by name within each.
///
/// `-` is standard input. A path that exists is taken literally, whatever signs it holds; anything
/// else with `*`, `?` or `[` is a pattern.
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
        let found = if literal { vec![pattern.clone()] } else { matches(pattern)? };
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

/// Whether `path` is the note that a spreadsheet leaves beside a workbook while it is open.
fn is_lock(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
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
        if path.is_dir() || is_lock(&path) {
            continue;
        }
        let Some(name) = path.to_str() else {
            return Err(Error::data(format!("the name of `{}` is not UTF-8", path.display()))
                .with_hint("rename the file"));
        };
        found.push(name.to_owned());
    }
    if found.is_empty() {
        return Err(Error::usage(format!("`{pattern}` matches no file"))
            .with_hint("quote a name that holds `*`, `?` or `[`, or check the folder"));
    }
    found.sort();
    Ok(found)
}
