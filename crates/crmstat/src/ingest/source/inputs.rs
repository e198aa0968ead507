//! The files of one run, each opened once.

use super::{ExportFile, file::SharedFile, fingerprint::Fingerprint};
use crate::{Error, Result};
use std::{
    fmt,
    io::Read,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The largest file of an option, such as exchange rates.
const LARGEST: u64 = 64 << 20;

/// The files that one run reads: each is opened once, however often it is asked for, so that a pipe gives
/// all who read it the same bytes and a file cannot be replaced between two of them. Where
/// [`Inputs::hashed`], each file is hashed while it is read.
///
/// The default keeps nothing: every opening is one of its own. A clone is the same collection.
#[derive(Clone, Default)]
pub struct Inputs(Option<Arc<Mutex<Opened>>>);

#[derive(Default)]
struct Opened {
    is_hashed: bool,
    files: Vec<Entry>,
}

struct Entry {
    role: String,
    name: String,
    file: SharedFile,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadFile {
    /// What it is for.
    pub role: String,
    /// Its name as given.
    pub name: String,
    /// Its size and hash.
    pub fingerprint: Fingerprint,
}

impl Inputs {
    /// Keeps every file that is opened.
    pub fn kept() -> Self {
        Self(Some(Arc::default()))
    }

    /// Keeps every file that is opened, and hashes it.
    pub fn hashed() -> Self {
        Self(Some(Arc::new(Mutex::new(Opened { is_hashed: true, files: Vec::new() }))))
    }

    /// The content of `given` for `role`, opened now or before.
    pub(super) fn open(&self, role: &str, given: &ExportFile) -> Result<SharedFile> {
        let name = given.name();
        let Some(mut opened) = self.lock() else { return given.open(false) };
        if let Some(entry) = opened.files.iter().find(|entry| entry.name == name) {
            let file = entry.file.clone();
            if !opened.files.iter().any(|entry| entry.name == name && entry.role == role) {
                let (role, name) = (role.to_owned(), name.to_owned());
                opened.files.push(Entry { role, name, file: file.clone() });
            }
            return Ok(file);
        }
        let file = given.open(opened.is_hashed)?;
        let (role, name) = (role.to_owned(), name.to_owned());
        opened.files.push(Entry { role, name, file: file.clone() });
        Ok(file)
    }

    /// All bytes of `path`, the file of an option whose `role` this is.
    ///
    /// # Errors
    /// A file that cannot be read or is larger than 64 MiB.
    pub fn read(&self, role: &str, path: &Path) -> Result<Vec<u8>> {
        let name = path.to_str().ok_or_else(|| {
            Error::data(format!("the name of `{}` is not UTF-8", path.display()))
                .with_hint("rename the file")
        })?;
        let file = self.open(role, &ExportFile::path(name))?;
        let mut bytes = Vec::new();
        file.reader_at(0)
            .take(LARGEST + 1)
            .read_to_end(&mut bytes)
            .map_err(|cause| super::failure(name, cause))?;
        if bytes.len() as u64 > LARGEST {
            return Err(
                Error::data(format!("is larger than {} MiB", LARGEST >> 20)).at(super::place(name))
            );
        }
        Ok(bytes)
    }

    /// The same as text.
    ///
    /// # Errors
    /// As [`Inputs::read`], and bytes that are not UTF-8.
    pub fn read_text(&self, role: &str, path: &Path) -> Result<String> {
        String::from_utf8(self.read(role, path)?).map_err(|cause| {
            let at = cause.utf8_error().valid_up_to();
            Error::data(format!("the bytes at offset {at} are not UTF-8"))
                .at(super::place(&path.display().to_string()))
                .with_hint("save it as UTF-8")
        })
    }

    /// Every file that was opened for a role, in the order of opening, with the hash of what was read of it;
    /// nothing where files are not hashed.
    ///
    /// # Errors
    /// A file that has changed since it was opened.
    pub fn read_files(&self) -> Result<Vec<ReadFile>> {
        let Some(opened) = self.lock().filter(|opened| opened.is_hashed) else {
            return Ok(Vec::new());
        };
        let mut found: Vec<ReadFile> = Vec::new();
        for Entry { role, name, file } in &opened.files {
            let before = found.iter().find(|read| read.name == *name);
            let fingerprint = match before {
                Some(read) => read.fingerprint.clone(),
                None => file.fingerprint().map_err(|cause| super::failure(name, cause))?,
            };
            found.push(ReadFile { role: role.clone(), name: name.clone(), fingerprint });
        }
        Ok(found)
    }

    fn lock(&self) -> Option<MutexGuard<'_, Opened>> {
        self.0.as_ref().map(|opened| opened.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self
            .lock()
            .map(|opened| opened.files.iter().map(|entry| entry.name.clone()).collect())
            .unwrap_or_default();
        f.debug_tuple("Inputs").field(&names).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Inputs;
    use std::fs;

    #[test]
    fn a_file_is_opened_once_and_hashed_as_it_was_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rates.csv");
        fs::write(&path, "abc").unwrap();
        let inputs = Inputs::hashed();
        assert_eq!(inputs.read_text("rates", &path).unwrap(), "abc");
        // Another file of that name is not the one that was opened.
        fs::remove_file(&path).unwrap();
        fs::write(&path, "another").unwrap();
        assert_eq!(inputs.clone().read("more", &path).unwrap(), b"abc");
        let read = inputs.read_files().unwrap();
        let roles: Vec<&str> = read.iter().map(|read| read.role.as_str()).collect();
        assert_eq!(roles, ["rates", "more"]);
        // FIPS 180-2, appendix B.1.
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert!(read.iter().all(|read| read.fingerprint.sha256 == hash));
        // The default keeps nothing.
        assert_eq!(Inputs::default().read("rates", &path).unwrap(), b"another");
        assert_eq!(Inputs::kept().read_files().unwrap(), []);
    }

    #[test]
    fn a_file_that_changes_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("orders.csv");
        fs::write(&path, "abc").unwrap();
        let inputs = Inputs::hashed();
        inputs.read("export", &path).unwrap();
        fs::write(&path, "xyz, and more").unwrap();
        let error = inputs.read_files().unwrap_err();
        assert!(
            error.is_data() && error.to_string().contains("changed while it was read"),
            "{error}"
        );
    }
}
