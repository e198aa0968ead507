//! Files that appear whole or not at all.

use std::{
    fs::{self, File, Metadata},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use super::litter::{self, Unfinished};
#[cfg(target_os = "linux")]
use crate::{Error, Place, Result, write::unnamed};

/// Links from one name to the next that are followed.
const MAX_LINKS: usize = 40;

/// Gives `write` a temporary file in the folder of `path`, and puts it in its place once every byte is on
/// the disk. After an error or a panic the temporary file is gone and `path` is as it was; on Linux also
/// after the process was killed, since the file has no name until it is complete.
///
/// A new file has the mode that `open` gives to one (0644 under the usual umask), one that takes the place
/// of another has its mode and, where the system allows, its owner. A link keeps pointing to where it does,
/// and what is not a file, such as `/dev/null` or a named pipe, is written to.
///
/// # Errors
/// What `write` returns, and [`Error::is_io`] when the file cannot be made, synced or renamed; a file that
/// may not be written to, or that has other names, which would keep the old content.
pub fn write_atomically<T>(
    path: &Path,
    write: impl FnOnce(&mut (dyn Write + Send)) -> Result<T>,
) -> Result<T> {
    let failed = |cause: io::Error| Error::io("cannot write", path, cause);
    let write_to = |file: &mut File| {
        let mut buffered = BufWriter::with_capacity(1 << 18, file);
        let written = write(&mut buffered).map_err(|error| name_file(error, path))?;
        buffered.flush().map_err(failed)?;
        Ok(written)
    };

    let target = pointed_to(path).map_err(failed)?;
    let old = target.metadata().ok();
    if old.as_ref().is_some_and(|found| !found.is_file() && !found.is_dir()) {
        let mut file = fs::OpenOptions::new().write(true).open(&target).map_err(failed)?;
        return write_to(&mut file);
    }
    let folder = folder_of(&target);
    if !folder.is_dir() {
        let missing = format!("there is no folder `{}`", folder.display());
        return Err(failed(io::Error::new(io::ErrorKind::NotFound, missing))
            .with_hint("make the folder first, or name a file in another"));
    }
    if let Some(old) = &old {
        check_replaceable(&target, old, path)?;
    }
    litter::sweep(&folder);

    #[cfg(target_os = "linux")]
    if let Some(mut file) = unnamed::create(&folder) {
        let written = write_to(&mut file)?;
        finish(&file, old.as_ref()).map_err(failed)?;
        // A name that is free is taken at once; one that is not, by way of another.
        if old.is_none() && unnamed::link(&file, &target).is_ok() {
            sync_folder(&folder);
            return Ok(written);
        }
        // Before it has a name, so that nobody sweeps it.
        let _ = file.try_lock();
        let named = litter::builder().make_in(&folder, |name| unnamed::link(&file, name));
        let temporary = named.map_err(failed)?.into_temp_path().keep();
        let temporary = Unfinished::new(temporary.map_err(|error| failed(error.error))?, file);
        return put_in_place(temporary, &target).map(|()| written).map_err(failed);
    }
    let mut builder = litter::builder();
    let (mut file, temporary) = as_new_file(&mut builder)
        .tempfile_in(&folder)
        .and_then(|named| named.keep().map_err(|error| error.error))
        .map_err(failed)?;
    let temporary = Unfinished::new(temporary, file.try_clone().map_err(failed)?);
    let written = write_to(&mut file)?;
    finish(&file, old.as_ref()).map_err(failed)?;
    put_in_place(temporary, &target).map(|()| written).map_err(failed)
}

/// Gives `file` what the file in whose place it comes had, and puts it on the disk.
fn finish(file: &File, old: Option<&Metadata>) -> io::Result<()> {
    if let Some(old) = old {
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt, fchown};
            // Only the superuser may give a file away.
            let _ = fchown(file, Some(old.uid()), Some(old.gid()));
        }
        file.set_permissions(old.permissions())?;
    }
    file.sync_all()
}

fn put_in_place(temporary: Unfinished, target: &Path) -> io::Result<()> {
    fs::rename(temporary.path(), target)?;
    temporary.keep();
    sync_folder(&folder_of(target));
    Ok(())
}

/// Puts the names in `folder` on the disk, where the system knows how.
pub(crate) fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

/// Refuses to replace a file that its owner protects, or that other names stand for.
fn check_replaceable(target: &Path, old: &Metadata, path: &Path) -> Result<()> {
    if old.is_dir() {
        return Ok(());
    }
    fs::OpenOptions::new()
        .append(true)
        .open(target)
        .map_err(|cause| Error::io("cannot write", path, cause))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if old.nlink() > 1 {
            return Err(Error::data(format!(
                "cannot write `{}`: it has {} names (hard links), and the others would keep the old content",
                path.display(),
                old.nlink()
            ))
            .with_hint("remove this name first, or name another file"));
        }
    }
    Ok(())
}

/// Where `path` leads, also where the last of its links leads to a file that is not there yet.
pub(crate) fn pointed_to(path: &Path) -> io::Result<PathBuf> {
    if let Ok(found) = path.canonicalize() {
        return Ok(found);
    }
    let mut target = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&target) {
            Ok(next) => target = folder_of(&target).join(next),
            Err(_) => return Ok(target),
        }
    }
    Err(io::Error::other("its links lead in a circle"))
}

/// Asks for the mode of an ordinary new file, which the system narrows by the umask; the default of a
/// temporary file would hide the result from everyone else.
fn as_new_file<'a, 'b>(
    builder: &'b mut tempfile::Builder<'a, 'a>,
) -> &'b mut tempfile::Builder<'a, 'a> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Says which file could not be written, where the writer could not know.
fn name_file(error: Error, path: &Path) -> Error {
    if error.is_io() && error.place().is_none() {
        error.at(Place { file: path.display().to_string(), ..Place::default() })
    } else {
        error
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write};

    use super::write_atomically;
    use crate::Error;

    fn write_text(out: &mut (dyn Write + Send)) -> crate::Result<()> {
        out.write_all(b"new").map_err(|cause| Error::io("cannot write", "the output", cause))
    }

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        fs::write(&path, "something old and long").unwrap();
        write_atomically(&path, write_text).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_error_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        fs::write(&path, "old").unwrap();
        let error = write_atomically(&path, |out| {
            write_text(out)?;
            Err::<(), _>(Error::data("no more rows"))
        });
        assert_eq!(error.unwrap_err().to_string(), "no more rows");
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_missing_is_named() {
        let error = write_atomically("no/such/folder/x.csv".as_ref(), write_text).unwrap_err();
        assert!(error.is_io() && error.hint().is_some());
        let message = "cannot write `no/such/folder/x.csv`: there is no folder `no/such/folder`";
        assert_eq!(error.to_string(), message);
    }

    #[cfg(unix)]
    #[test]
    fn the_mode_is_that_of_an_ordinary_new_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (ordinary, atomic) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&ordinary, "").unwrap();
        write_atomically(&atomic, write_text).unwrap();
        let mode = |path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&atomic), mode(&ordinary));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_that_names_the_file() {
        let error = write_atomically("/dev/full".as_ref(), write_text).unwrap_err();
        assert!(error.is_io());
        assert!(error.to_string().contains("/dev/full"), "{error}");
        assert!(!error.is_broken_pipe());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_keeps_pointing_to_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write_atomically(&link, write_text).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[cfg(unix)]
    #[test]
    fn the_mode_of_the_file_before_is_kept() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        for mode in [0o600, 0o640, 0o666, 0o755] {
            fs::write(&path, "old").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            write_atomically(&path, write_text).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), "new");
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_nothing_yet_stays_a_link() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("deep")).unwrap();
        symlink("deep/second", path("first")).unwrap();
        symlink("third", path("deep/second")).unwrap();
        write_atomically(&path("first"), write_text).unwrap();
        assert_eq!(fs::read_to_string(path("deep/third")).unwrap(), "new");
        assert!(fs::symlink_metadata(path("first")).unwrap().is_symlink());
        symlink("round", path("round")).unwrap();
        let error = write_atomically(&path("round"), write_text).unwrap_err();
        assert!(error.to_string().ends_with("lead in a circle"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_with_other_names_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        fs::write(&one, "old").unwrap();
        fs::hard_link(&one, &other).unwrap();
        let error = write_atomically(&one, write_text).unwrap_err();
        assert!(error.is_data() && error.to_string().contains("it has 2 names"), "{error}");
        fs::remove_file(&other).unwrap();
        write_atomically(&one, write_text).unwrap();
        assert_eq!(fs::read_to_string(&one).unwrap(), "new");
    }

    #[test]
    fn what_a_killed_writer_left_is_swept() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".crmstat-abc123.tmp"), "half").unwrap();
        let path = folder.path().join("out.csv");
        write_atomically(&path, write_text).unwrap();
        write_atomically(&path, write_text).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
