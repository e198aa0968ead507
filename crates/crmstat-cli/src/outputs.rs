//! Outputs that would destroy what is read, or one another.

use anyhow::Result;
use clap::ArgMatches;
use crmstat::{Error, ingest::files_named};
use std::path::{Path, PathBuf};

/// The options that name a file to write, of any command.
pub(crate) const OUTPUTS: [(&str, &str); 4] = [
    ("output", "-o"),
    ("quarantine", "--quarantine"),
    ("save_model", "--save-model"),
    ("write_profile", "--write-profile"),
];

/// Refuses to write to a file that another option or argument names, whether it is to be read or written.
pub(crate) fn check(matches: &ArgMatches) -> Result<()> {
    let mut level = Some(matches);
    let (mut written, mut others) = (Vec::new(), Vec::new());
    while let Some(matches) = level {
        for id in matches.ids() {
            let values = matches.try_get_raw(id.as_str()).ok().flatten().into_iter().flatten();
            let values = values.filter_map(|value| value.to_str().map(str::to_owned));
            match OUTPUTS.iter().find(|(output, _)| *output == id.as_str()) {
                Some((_, option)) => written.extend(values.map(|file| (*option, file))),
                None => others.extend(values),
            }
        }
        level = matches.subcommand().map(|(_, matches)| matches);
    }
    if written.is_empty() {
        return Ok(());
    }
    // What is no file, such as a number, is equal to none.
    let read: Vec<PathBuf> = others
        .into_iter()
        .flat_map(|value| files_named(&[value]).unwrap_or_default())
        .filter_map(|file| whole(Path::new(&file)))
        .collect();
    let mut before: Vec<(PathBuf, &str)> = Vec::new();
    for (option, file) in written {
        let Some(path) = whole(Path::new(&file)) else { continue };
        if read.contains(&path) {
            return Err(Error::usage(format!("`{option} {file}` is one of the files to read"))
                .with_hint("it would be lost: name another file to write")
                .into());
        }
        if let Some((_, other)) = before.iter().find(|(own, _)| *own == path) {
            return Err(Error::usage(format!("`{other}` and `{option}` both write `{file}`"))
                .with_hint("name a file for each")
                .into());
        }
        before.push((path, option));
    }
    Ok(())
}

/// The one path of a file that is there or may be made; `None` for what is no ordinary file.
fn whole(path: &Path) -> Option<PathBuf> {
    match path.canonicalize() {
        Ok(found) => found.is_file().then_some(found),
        Err(_) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new(".")).canonicalize().ok()?;
            Some(folder.join(path.file_name()?))
        }
    }
}
