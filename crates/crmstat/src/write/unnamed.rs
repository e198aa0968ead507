//! Files that have no name until they are complete, so that nothing is left of a process that was killed.

use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, open};
use std::{fs::File, io, os::fd::AsRawFd, path::Path};

/// A file without a name in `folder`, of the mode of an ordinary new file; `None` where the file system
/// knows no such files or they could not be given a name later.
pub(super) fn create(folder: &Path) -> Option<File> {
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let file = File::from(open(folder, flags, Mode::from_raw_mode(0o666)).ok()?);
    Path::new(&link_of(&file)).exists().then_some(file)
}

/// Gives `file` the name `path`, which must be free.
pub(super) fn link(file: &File, path: &Path) -> io::Result<()> {
    Ok(linkat(CWD, link_of(file), CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

/// How the kernel calls the open file.
fn link_of(file: &File) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}
