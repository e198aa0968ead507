//! The folder of a report: it appears whole or not at all.

use super::{Report, Results, Run};
use crate::{
    Error, Result,
    write::{
        Format, Writer,
        atomic::{pointed_to, sync_folder},
        litter::{self, Unfinished},
    },
};
use rayon::prelude::*;
use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, BufWriter, Write},
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

/// Gives `write` an empty folder beside `target`, and puts it in its place once every byte of it is on the
/// disk. After an error `target` is as it was and the temporary folder is gone.
///
/// An earlier report is exchanged for the new one in one step where the system knows how; elsewhere it goes
/// aside for a moment, and comes back at the next run if this one was killed then. What a run that was
/// killed has left beside `target` is taken away.
///
/// # Errors
/// What `write` returns; a `target` that is neither new, nor empty, nor a report and nothing else, before
/// `write` is called; a folder that cannot be made, read, synced or renamed.
pub fn replace_folder<T, E: From<Error>>(
    target: &Path,
    write: impl FnOnce(&Path) -> Result<T, E>,
) -> Result<T, E> {
    let failed = |cause| Error::io("cannot write", target, cause);
    let place = Place::of(target);
    place.restore().map_err(failed)?;
    check_target(target)?;
    fs::create_dir_all(&place.parent).map_err(failed)?;
    litter::sweep(&place.parent);
    let temporary = Unfinished::folder(&place.parent).map_err(failed)?;
    let written = write(temporary.path())?;
    sync_all(temporary.path()).map_err(failed)?;
    place.put(temporary)?;
    Ok(written)
}

/// Where a report is to be.
struct Place {
    target: PathBuf,
    parent: PathBuf,
    /// Where an earlier report stands for the moment in which it is replaced, where that is not one step.
    aside: PathBuf,
}

impl Place {
    fn of(target: &Path) -> Self {
        let target = pointed_to(target).unwrap_or_else(|_| target.to_owned());
        let parent = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let mut name = OsString::from(".crmstat-");
        name.push(target.file_name().unwrap_or_default());
        name.push(".old");
        Self { aside: parent.join(name), target, parent }
    }

    /// Puts back what a run that was killed has set aside, or takes it away where it was replaced.
    fn restore(&self) -> io::Result<()> {
        if fs::symlink_metadata(&self.aside).is_err() {
            return Ok(());
        }
        if fs::symlink_metadata(&self.target).is_err() {
            return fs::rename(&self.aside, &self.target);
        }
        // The new one stands, so that the old one was only not taken away in time.
        if check_target(&self.aside).is_ok() {
            let _ = fs::remove_dir_all(&self.aside);
        }
        Ok(())
    }

    /// Puts `new` in its place, and takes an earlier report away.
    fn put(&self, new: Unfinished) -> Result<()> {
        let failed = |cause| Error::io("cannot write", &self.target, cause);
        if let Ok(old) = fs::metadata(&self.target) {
            // Whom the folder was hidden from, it stays hidden from.
            fs::set_permissions(new.path(), old.permissions()).map_err(failed)?;
        }
        // Another run may have made or moved the target since; twice in a row none does.
        for _ in 0..3 {
            match rename_to_free(new.path(), &self.target) {
                Ok(()) => {
                    new.keep();
                    sync_folder(&self.parent);
                    return Ok(());
                }
                Err(cause) if is_taken(&cause) => {}
                Err(cause) => return Err(failed(cause)),
            }
            // Whatever came into it while the new one was written is not ours.
            check_target(&self.target)?;
            match exchange(new.path(), &self.target) {
                Ok(()) => {
                    // It holds the old report now. What was put there in the very last moment goes back.
                    if let Err(error) = check_target(new.path()) {
                        exchange(new.path(), &self.target).map_err(failed)?;
                        return Err(error);
                    }
                    sync_folder(&self.parent);
                    return Ok(());
                }
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
                Err(cause) if is_unsupported(&cause) => return self.put_by_way_aside(new),
                Err(cause) => return Err(failed(cause)),
            }
        }
        Err(failed(io::Error::other("another run writes there")))
    }

    /// The same where two folders cannot be exchanged in one step.
    fn put_by_way_aside(&self, new: Unfinished) -> Result<()> {
        let failed = |cause| Error::io("cannot write", &self.target, cause);
        fs::rename(&self.target, &self.aside).map_err(failed)?;
        if let Err(cause) = fs::rename(new.path(), &self.target) {
            return Err(match fs::rename(&self.aside, &self.target) {
                Ok(()) => failed(cause),
                Err(_) => failed(cause).with_hint(format!(
                    "the earlier report is in `{}`; the next run puts it back",
                    self.aside.display()
                )),
            });
        }
        new.keep();
        sync_folder(&self.parent);
        let _ = fs::remove_dir_all(&self.aside);
        Ok(())
    }
}

/// Renames a folder to a name that nothing or an empty folder has.
fn rename_to_free(from: &Path, to: &Path) -> io::Result<()> {
    if to.symlink_metadata().is_ok_and(|found| !found.is_dir()) {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    fs::rename(from, to)
}

fn is_taken(cause: &io::Error) -> bool {
    matches!(
        cause.kind(),
        io::ErrorKind::AlreadyExists
            | io::ErrorKind::DirectoryNotEmpty
            | io::ErrorKind::NotADirectory
    )
}

/// Exchanges what two names stand for, in one step.
#[cfg(target_os = "linux")]
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[cfg(not(target_os = "linux"))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Whether the system or the file system knows no exchange.
fn is_unsupported(cause: &io::Error) -> bool {
    matches!(cause.kind(), io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput)
}

/// Puts `folder` and all in it on the disk.
fn sync_all(folder: &Path) -> io::Result<()> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    let mut next = 0;
    while let Some(folder) = folders.get(next).cloned() {
        next += 1;
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                files.push(entry.path());
            }
        }
    }
    files.par_iter().try_for_each(|file| File::open(file)?.sync_all())?;
    for folder in &folders {
        sync_folder(folder);
    }
    Ok(())
}

/// Refuses a folder that holds anything but a report: what would go with it must be ours.
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
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(Error::io("cannot read", target, cause)),
        Ok(found) if !found.is_dir() => return Err(refused("is a file, not a folder".to_owned())),
        Ok(_) => {}
    }
    let found = contents(target)?;
    if found.is_empty() {
        return Ok(());
    }
    if let Some(name) = found.iter().find(|name| !ENTRIES.contains(&first_part(name))) {
        return Err(refused(format!("holds `{name}`, which is no part of a report")));
    }
    let page = fs::read(target.join("report.html")).unwrap_or_default();
    let head = String::from_utf8_lossy(&page[..page.len().min(HEAD)]).into_owned();
    if !head.contains(MARK) {
        return Err(refused("is not empty and holds no report of crmstat".to_owned()));
    }
    let written = Run::outputs_in(target);
    let is_known =
        |name: &str| ENTRIES.contains(&name) || written.iter().any(|known| known == name);
    match found.iter().find(|name| !is_known(name)) {
        Some(name) => Err(refused(format!("holds `{name}`, which its `run.json` does not list"))
            .with_hint("move the file elsewhere, or name another folder with `-o DIR`")),
        None => Ok(()),
    }
}

/// The paths of all that is in `folder`, folders included, parts joined by `/`.
fn contents(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![(folder.to_owned(), String::new())];
    while let Some((folder, prefix)) = open.pop() {
        let failed = |cause| Error::io("cannot read", &folder, cause);
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            // A link is a file here: what it leads to is elsewhere.
            if entry.file_type().map_err(failed)?.is_dir() {
                open.push((entry.path(), format!("{name}/")));
            }
            found.push(name);
        }
    }
    found.sort();
    Ok(found)
}

fn first_part(name: &str) -> &str {
    name.split('/').next().unwrap_or(name)
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
            let mut file = BufWriter::with_capacity(1 << 18, File::create(&path).map_err(failed)?);
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
    use super::{MARK, Place, replace_folder};
    use crate::{Error, write::litter::Unfinished};
    use std::{fs, path::Path};

    #[test]
    fn a_folder_is_replaced_whole_and_only_if_it_is_a_report() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("deep").join("report");
        let write = |text: &'static str| {
            move |folder: &Path| {
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

    /// A report with one table, as its record says.
    #[expect(clippy::unnecessary_wraps, reason = "it stands in the place of what may fail")]
    fn report(folder: &Path, text: &str) -> Result<(), Error> {
        fs::write(folder.join("report.html"), format!("{MARK}{text}")).unwrap();
        fs::create_dir(folder.join("tables")).unwrap();
        fs::write(folder.join("tables/rfm.csv"), text).unwrap();
        let record = "{\"outputs\": [{\"file\": \"tables/rfm.csv\"}, {\"file\": \"report.html\"}]}";
        fs::write(folder.join("run.json"), record).unwrap();
        Ok(())
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn files_of_others_within_a_report_are_not_taken_away() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("report");
        replace_folder(&target, |folder| report(folder, "1")).unwrap();
        replace_folder(&target, |folder| report(folder, "2")).unwrap();
        for name in ["tables/mine.csv", "models/notes.txt", "tables/deep/x", "tables/rfm.csv.bak"] {
            let path = target.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "mine").unwrap();
            let error = replace_folder(&target, |folder| report(folder, "3")).unwrap_err();
            assert!(error.is_usage() && error.to_string().contains("run.json"), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
            fs::remove_file(&path).unwrap();
            let _ = fs::remove_dir(target.join("tables/deep"));
        }
        // One that comes while the new report is written.
        let error = replace_folder(&target, |folder| {
            fs::write(target.join("tables/late.csv"), "mine").unwrap();
            report(folder, "3")
        });
        assert!(error.unwrap_err().to_string().contains("tables/late.csv"));
        assert_eq!(fs::read_to_string(target.join("tables/late.csv")).unwrap(), "mine");
        assert_eq!(fs::read_to_string(target.join("tables/rfm.csv")).unwrap(), "2");
        assert_eq!(names(place.path()), ["report"]);
        fs::remove_file(target.join("tables/late.csv")).unwrap();
        replace_folder(&target, |folder| report(folder, "3")).unwrap();
        assert_eq!(names(place.path()), ["report"]);
    }

    #[test]
    fn what_was_set_aside_comes_back() {
        let place = tempfile::tempdir().unwrap();
        let (target, aside) =
            (place.path().join("report"), place.path().join(".crmstat-report.old"));
        replace_folder(&target, |folder| report(folder, "1")).unwrap();
        // Killed between the two renames; the next run fails, too.
        fs::rename(&target, &aside).unwrap();
        let failed = replace_folder(&target, |_| Err::<(), Error>(Error::data("no")));
        assert_eq!(failed.unwrap_err().to_string(), "no");
        assert_eq!(fs::read_to_string(target.join("tables/rfm.csv")).unwrap(), "1");
        assert_eq!(names(place.path()), ["report"]);
        // Killed behind them.
        fs::create_dir(&aside).unwrap();
        report(&aside, "0").unwrap();
        replace_folder(&target, |folder| report(folder, "2")).unwrap();
        assert_eq!(fs::read_to_string(target.join("tables/rfm.csv")).unwrap(), "2");
        assert_eq!(names(place.path()), ["report"]);
    }

    /// The way of systems that cannot exchange two folders.
    #[test]
    fn the_way_aside_loses_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let target = parent.path().join("report");
        replace_folder(&target, |folder| report(folder, "1")).unwrap();
        let place = Place::of(&target);
        let new = Unfinished::folder(parent.path()).unwrap();
        report(new.path(), "2").unwrap();
        place.put_by_way_aside(new).unwrap();
        assert_eq!(fs::read_to_string(target.join("tables/rfm.csv")).unwrap(), "2");
        // The second rename fails, as the new folder is gone: the old report is back.
        let new = Unfinished::folder(parent.path()).unwrap();
        fs::remove_dir(new.path()).unwrap();
        assert!(place.put_by_way_aside(new).unwrap_err().is_io());
        assert_eq!(fs::read_to_string(target.join("tables/rfm.csv")).unwrap(), "2");
        assert_eq!(names(parent.path()), ["report"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_within_a_report_is_not_followed() {
        let place = tempfile::tempdir().unwrap();
        let (target, other) = (place.path().join("report"), place.path().join("other"));
        fs::create_dir(&other).unwrap();
        fs::write(other.join("rfm.csv"), "mine").unwrap();
        replace_folder(&target, |folder| report(folder, "1")).unwrap();
        fs::remove_dir_all(target.join("tables")).unwrap();
        std::os::unix::fs::symlink(&other, target.join("tables")).unwrap();
        replace_folder(&target, |folder| report(folder, "2")).unwrap();
        assert_eq!(fs::read_to_string(other.join("rfm.csv")).unwrap(), "mine");
    }

    #[test]
    fn what_is_no_report_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        let nothing = |_: &Path| Ok::<(), Error>(());
        fs::write(&file, "").unwrap();
        assert!(replace_folder(&file, nothing).unwrap_err().is_usage());
        fs::remove_file(&file).unwrap();
        fs::write(place.path().join("report.html"), "<html>somebody else's").unwrap();
        let error = replace_folder(place.path(), nothing).unwrap_err();
        assert!(error.to_string().contains("holds no report of crmstat"), "{error}");
    }
}
