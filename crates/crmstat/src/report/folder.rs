//! The folder of a report: it appears whole or not at all.

use super::{Report, Results};
use crate::{
    Error, Result,
    write::{Format, Writer},
};
use std::{
    fs,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    str::FromStr,
};

/// What a report's folder holds; a folder with anything else is not ours to replace.
const ENTRIES: [&str; 5] = ["report.html", "report.xlsx", "run.json", "tables", "models"];
/// What a page of ours says of itself.
const MARK: &str = "<meta name=\"generator\" content=\"crmstat ";
/// Bytes of a page within which it says so.
const HEAD: usize = 4096;

/// The format of the tables of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TableFormat {
    /// Comma-separated values.
    #[default]
    Csv,
    /// Apache Parquet.
    Parquet,
}

impl TableFormat {
    /// The format as writers know it.
    pub fn format(self) -> Format {
        match self {
            Self::Csv => Format::Csv,
            Self::Parquet => Format::Parquet,
        }
    }
}

impl FromStr for TableFormat {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "csv" => Ok(Self::Csv),
            "parquet" => Ok(Self::Parquet),
            _ => Err(Error::usage(format!("`{text}` is not a format of the tables of a report"))
                .with_hint("one of `csv`, `parquet`")),
        }
    }
}

/// Gives `write` an empty folder beside `target`, and puts it in its place once everything is written.
/// After an error `target` is as it was and the temporary folder is gone.
///
/// # Errors
/// What `write` returns; a `target` that is neither new, nor empty, nor a report, before `write` is called;
/// a folder that cannot be made, read or renamed.
pub fn replace_folder<T, E: From<Error>>(
    target: &Path,
    write: impl FnOnce(&Path) -> Result<T, E>,
) -> Result<T, E> {
    check_target(target)?;
    let failed = |cause| Error::io("cannot write", target, cause);
    let target = target.canonicalize().unwrap_or_else(|_| target.to_owned());
    let parent = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    fs::create_dir_all(&parent).map_err(failed)?;
    let folder = |suffix: &str| {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".crmstat-").suffix(suffix);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o777));
        }
        builder.tempdir_in(&parent).map_err(failed)
    };
    let temporary = folder(".tmp")?;
    let written = write(temporary.path())?;
    if target.exists() {
        // Whatever came into it while the new one was written is not ours either.
        check_target(&target)?;
        // The old report goes aside and, once the new one is in its place, away.
        let aside = folder(".old")?;
        let old = aside.path().join("report");
        fs::rename(&target, &old).map_err(failed)?;
        if let Err(cause) = fs::rename(temporary.path(), &target) {
            fs::rename(&old, &target).map_err(failed)?;
            return Err(failed(cause).into());
        }
    } else {
        fs::rename(temporary.path(), &target).map_err(failed)?;
    }
    // It has another name now, so there is nothing to remove.
    let _ = temporary.keep();
    Ok(written)
}

/// Refuses a folder that holds anything but a report.
///
/// # Errors
/// A file, a folder of other things, or one that cannot be read.
pub(super) fn check_target(target: &Path) -> Result<()> {
    let refused = |what: String| {
        Error::usage(format!("`{}` {what}", target.display())).with_hint(
            "name a new folder, an empty one, or that of an earlier report with `-o DIR`",
        )
    };
    match fs::metadata(target) {
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(Error::io("cannot read", target, cause)),
        Ok(found) if !found.is_dir() => return Err(refused("is a file, not a folder".to_owned())),
        Ok(_) => {}
    }
    let failed = |cause| Error::io("cannot read", target, cause);
    let mut is_empty = true;
    for entry in fs::read_dir(target).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        is_empty = false;
        if !ENTRIES.iter().any(|known| name == *known) {
            let name = name.to_string_lossy().into_owned();
            return Err(refused(format!("holds `{name}`, which is no part of a report")));
        }
    }
    let page = fs::read(target.join("report.html")).unwrap_or_default();
    let head = String::from_utf8_lossy(&page[..page.len().min(HEAD)]).into_owned();
    if is_empty || head.contains(MARK) {
        return Ok(());
    }
    Err(refused("is not empty and holds no report of crmstat".to_owned()))
}

impl Report {
    /// Writes the page, the workbook and, in folders of their own, the tables and the models of `results` into `folder`;
    /// see [`replace_folder`].
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&self, results: &Results, tables: TableFormat, folder: &Path) -> Result<()> {
        write_file(&folder.join("report.html"), self.html()?.as_bytes())?;
        // A workbook is made by one thread, so the tables are written beside it.
        let (workbook, tables) = rayon::join(
            || write_file(&folder.join("report.xlsx"), &self.workbook()?),
            || self.save_tables(tables, &make_folder(folder, "tables")?),
        );
        workbook?;
        tables?;
        let models = make_folder(folder, "models")?;
        if let Some(state) = results.sales.as_ref().ok().and_then(|sales| sales.state.as_ref()) {
            state.save(&models.join("forecast.json"))?;
        }
        if let Ok(scored) = &results.rfm {
            scored.now.model().save(&models.join("rfm.json"))?;
        }
        if let Ok(clusters) = &results.clusters {
            clusters.model().save(&models.join("segments.json"))?;
        }
        if let Ok(churn) = &results.churn {
            churn.model.save(&models.join("churn.json"))?;
        }
        if let Ok(clv) = &results.clv {
            clv.model().save(&models.join("clv.json"))?;
        }
        Ok(())
    }

    fn save_tables(&self, format: TableFormat, folder: &Path) -> Result<()> {
        let format = format.format();
        let writer = Writer::new(format);
        for exhibit in self.tables() {
            let name = format!("{}.{}", exhibit.table.name(), format.name());
            let path = folder.join(name);
            let failed = |cause| Error::io("cannot write", &path, cause);
            let mut file =
                BufWriter::with_capacity(1 << 18, fs::File::create(&path).map_err(failed)?);
            writer.write(&exhibit.table, &mut file)?;
            file.flush().map_err(failed)?;
        }
        Ok(())
    }
}

fn make_folder(parent: &Path, name: &str) -> Result<PathBuf> {
    let folder = parent.join(name);
    fs::create_dir(&folder).map_err(|cause| Error::io("cannot write", &folder, cause))?;
    Ok(folder)
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).map_err(|cause| Error::io("cannot write", path, cause))
}

#[cfg(test)]
mod tests {
    use super::{MARK, replace_folder};
    use crate::Error;
    use std::fs;

    #[test]
    fn a_folder_is_replaced_whole_and_only_if_it_is_a_report() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("deep").join("report");
        let write = |text: &'static str| {
            move |folder: &std::path::Path| {
                fs::write(folder.join("report.html"), format!("{MARK}{text}")).unwrap();
                Ok::<(), Error>(())
            }
        };
        replace_folder(&target, write("1")).unwrap();
        replace_folder(&target, write("2")).unwrap();
        assert_eq!(fs::read_to_string(target.join("report.html")).unwrap(), format!("{MARK}2"));

        let failed = replace_folder(&target, |_| Err::<(), Error>(Error::data("no")));
        assert_eq!(failed.unwrap_err().to_string(), "no");
        assert_eq!(fs::read_to_string(target.join("report.html")).unwrap(), format!("{MARK}2"));

        fs::write(target.join("thesis.doc"), "").unwrap();
        let error = replace_folder(&target, write("3")).unwrap_err();
        assert!(error.is_usage() && error.to_string().contains("thesis.doc"), "{error}");
        // Nothing is left beside it.
        assert_eq!(fs::read_dir(place.path().join("deep")).unwrap().count(), 1);
    }

    #[test]
    fn what_is_no_report_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        let nothing = |_: &std::path::Path| Ok::<(), Error>(());
        fs::write(&file, "").unwrap();
        assert!(replace_folder(&file, nothing).unwrap_err().is_usage());
        fs::remove_file(&file).unwrap();
        fs::write(place.path().join("report.html"), "<html>somebody else's").unwrap();
        let error = replace_folder(place.path(), nothing).unwrap_err();
        assert!(error.to_string().contains("holds no report of crmstat"), "{error}");
    }
}
