//! Files that appear whole or not at all.

use std::{
    fs,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

#[cfg(target_os = "linux")]
use crate::{Error, Place, Result, write::unnamed};

/// Gives `write` a temporary file in the folder of `path`, and puts it in its place once every byte is on
/// the disk. After an error or a panic the temporary file is gone and `path` is as it was; on Linux also
/// after the process was killed, since the file has no name until it is complete.
///
/// The file has the mode that `open` gives to a new file (0644 under the usual umask). A link keeps
/// pointing to where it does, and what is not a file, such as `/dev/null` or a named pipe, is written to.
///
/// # Errors
/// What `write` returns, and [`Error::is_io`] when the file cannot be made, synced or renamed.
pub fn write_atomically<T>(
    path: &Path,
    write: impl FnOnce(&mut (dyn Write + Send)) -> Result<T>,
) -> Result<T> {
    let failed = |cause: io::Error| Error::io("cannot write", path, cause);
    let write_to = |file: &mut fs::File| {
        let mut buffered = BufWriter::with_capacity(1 << 18, file);
        let written = write(&mut buffered).map_err(|error| name_file(error, path))?;
        buffered.flush().map_err(failed)?;
        Ok(written)
    };

    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if target.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        let mut file = fs::OpenOptions::new().write(true).open(&target).map_err(failed)?;
        return write_to(&mut file);
    }

    let folder = folder_of(&target);
    if !folder.is_dir() {
        let missing = format!("there is no folder `{}`", folder.display());
        return Err(failed(io::Error::new(io::ErrorKind::NotFound, missing))
            .with_hint("make the folder first, or name a file in another"));
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".crmstat-").suffix(".tmp");
    #[cfg(target_os = "linux")]
    if let Some(mut file) = unnamed::create(&folder) {
        let written = write_to(&mut file)?;
        file.sync_all().map_err(failed)?;
        let named = builder.make_in(&folder, |name| unnamed::link(&file, name)).map_err(failed)?;
        named.persist(&target).map_err(|error| failed(error.error))?;
        return Ok(written);
    }
    let mut temporary = new_file_mode(&mut builder).tempfile_in(&folder).map_err(failed)?;
    let written = write_to(temporary.as_file_mut())?;
    temporary.as_file().sync_all().map_err(failed)?;
    temporary.persist(&target).map_err(|error| failed(error.error))?;
    Ok(written)
}

/// Asks for the mode of an ordinary new file, which the system narrows by the umask; the default of a
/// temporary file would hide the result from everyone else.
fn new_file_mode<'a, 'b>(
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
}
