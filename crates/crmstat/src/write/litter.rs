//! What an unfinished write leaves behind, and who takes it away.
//!
//! A file or folder that is not complete yet has a name of ours beside the one it is for. It is taken away
//! when its writer gives up, when the process is told to end ([`remove_unfinished`]), and, where the process
//! was killed, by the next one that writes there ([`sweep`]). A lock tells the two apart: the system drops
//! it with the process that holds it.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How the names begin and end; between them stand letters and digits at random.
pub(super) const PREFIX: &str = ".crmstat-";
pub(super) const SUFFIX: &str = ".tmp";
/// Attempts to empty a folder that another thread still writes to.
const ATTEMPTS: usize = 20;

/// What this process has not finished.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Something of ours that is not complete: it goes with this guard unless it is kept.
#[derive(Debug)]
pub(crate) struct Unfinished {
    path: PathBuf,
    /// Holds the lock.
    _held: File,
}

impl Unfinished {
    /// A new folder in `parent`, with the mode of an ordinary new one.
    pub(crate) fn folder(parent: &Path) -> io::Result<Self> {
        let mut builder = builder();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o777));
        }
        loop {
            let path = builder.tempdir_in(parent)?.keep();
            let held = File::open(&path);
            let unfinished = match held {
                Ok(held) => Self::new(path, held),
                // Somebody swept it before it was locked.
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => continue,
                Err(cause) => {
                    let _ = fs::remove_dir(&path);
                    return Err(cause);
                }
            };
            if unfinished.path.exists() {
                return Ok(unfinished);
            }
        }
    }

    /// The file or folder `path`, which `held` has open.
    pub(super) fn new(path: PathBuf, held: File) -> Self {
        // Where a system knows no locks, nothing is swept either.
        let _ = held.try_lock();
        lock().push(path.clone());
        Self { path, _held: held }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves it where it is, or under the name that it was given since.
    pub(crate) fn keep(self) {
        lock().retain(|path| *path != self.path);
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let mut unfinished = lock();
        if let Some(at) = unfinished.iter().position(|path| *path == self.path) {
            unfinished.swap_remove(at);
            drop(unfinished);
            remove(&self.path);
        }
    }
}

/// Names of ours at random.
pub(super) fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    builder
}

/// Takes away everything that this process has not finished. For a process that is about to end: what is
/// being written fails from here on.
pub fn remove_unfinished() {
    // Whoever holds the list may be waiting for this very thread.
    let paths = match UNFINISHED.try_lock() {
        Ok(paths) => paths.clone(),
        Err(std::sync::TryLockError::Poisoned(paths)) => paths.into_inner().clone(),
        Err(std::sync::TryLockError::WouldBlock) => return,
    };
    for path in &paths {
        remove(path);
    }
}

/// Takes away what processes that were killed have left in `folder`.
pub(crate) fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_ours = name.to_str().is_some_and(|name| {
            name.strip_prefix(PREFIX).and_then(|name| name.strip_suffix(SUFFIX)).is_some_and(
                |random| {
                    !random.is_empty() && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
                },
            )
        });
        let is_link = || entry.file_type().is_ok_and(|kind| kind.is_symlink());
        if !is_ours || is_link() {
            continue;
        }
        let path = entry.path();
        let Ok(held) = File::open(&path) else { continue };
        match held.try_lock() {
            // Its writer is gone.
            Ok(()) => remove(&path),
            // It is at work, or nobody can tell.
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => {}
        }
    }
}

/// Takes away a file, or a folder and all in it, as far as that is possible.
fn remove(path: &Path) {
    for _ in 0..ATTEMPTS {
        let removed = match fs::symlink_metadata(path) {
            Ok(found) if found.is_dir() => fs::remove_dir_all(path),
            Ok(_) => fs::remove_file(path),
            Err(_) => return,
        };
        match removed {
            Err(cause) if cause.kind() == io::ErrorKind::DirectoryNotEmpty => {}
            _ => return,
        }
    }
}

fn lock() -> MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{Unfinished, sweep};
    use std::fs;

    #[test]
    fn what_is_not_kept_goes() {
        let parent = tempfile::tempdir().unwrap();
        let folder = Unfinished::folder(parent.path()).unwrap();
        fs::write(folder.path().join("half"), "x").unwrap();
        // Its writer is at work.
        sweep(parent.path());
        assert!(folder.path().join("half").exists());
        drop(folder);
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
        Unfinished::folder(parent.path()).unwrap().keep();
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
        // Nobody holds it any more.
        sweep(parent.path());
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn only_what_is_ours_is_swept() {
        let parent = tempfile::tempdir().unwrap();
        let path = |name: &str| parent.path().join(name);
        let others = [
            ".crmstat-.tmp",
            ".crmstat-a b.tmp",
            "crmstat-abc.tmp",
            ".crmstat-abc.tmp.csv",
            ".x.tmp",
        ];
        for name in others {
            fs::write(path(name), "x").unwrap();
        }
        fs::write(path(".crmstat-abc123.tmp"), "x").unwrap();
        fs::create_dir(path(".crmstat-Xyz.tmp")).unwrap();
        fs::write(path(".crmstat-Xyz.tmp").join("run.json"), "x").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(path(".x.tmp"), path(".crmstat-link.tmp")).unwrap();
        sweep(parent.path());
        assert!(others.iter().all(|name| path(name).exists()));
        assert!(!path(".crmstat-abc123.tmp").exists() && !path(".crmstat-Xyz.tmp").exists());
        #[cfg(unix)]
        assert!(path(".crmstat-link.tmp").symlink_metadata().is_ok());
    }
}
