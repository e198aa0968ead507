//! One input by its name: a path to open, or content that the caller holds.

use std::io::Read;

use super::file::{self, SharedFile};
use crate::{Error, Result};

/// An input of an export: a path, or bytes in memory under a name of their own.
///
/// ```
/// use crmstat::ingest::{Export, ExportFile, ReadOptions};
///
/// let january = ExportFile::bytes("january.csv", "customer_id,order_date,amount\nA,2025-01-05,10\n");
/// let february = ExportFile::bytes("february.csv", "customer_id,order_date,amount\nA,2025-02-03,15\n");
/// let export = Export::of([january, february], ReadOptions::default())?;
/// assert_eq!(export.files().collect::<Vec<_>>(), ["january.csv", "february.csv"]);
/// # Ok::<(), crmstat::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ExportFile {
    name: String,
    /// The content, where it is at hand already.
    content: Option<SharedFile>,
}

impl ExportFile {
    /// The file at `path`, or standard input for `-`; it is opened when it is read.
    pub fn path(path: impl Into<String>) -> Self {
        Self { name: path.into(), content: None }
    }

    /// `bytes` as the content of a file called `name`, which stands in messages and decisions.
    ///
    /// A `Vec<u8>` or `String` is taken as it is, a slice is copied.
    pub fn bytes(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes: Vec<u8> = bytes.into();
        Self { name: name.into(), content: Some(SharedFile::in_memory(bytes.into())) }
    }

    /// What `reader` gives up to its end, as the content of a file called `name`. It is read now, into
    /// memory up to eight mebibytes and into a temporary file without a name past them.
    ///
    /// # Errors
    /// A reader that fails, or a full disk.
    pub fn reader(name: impl Into<String>, reader: impl Read) -> Result<Self> {
        let name = name.into();
        let content =
            file::spool(reader).map_err(|cause| Error::io("cannot read", &name, cause))?;
        Ok(Self { name, content: Some(content) })
    }

    /// The batches that `reader` gives, read now, under a name that stands in messages: what another program or
    /// library hands over as Arrow.
    ///
    /// Texts may be plain, large, views or dictionaries; numbers of any width; decimals of 32 to 256 bits; dates,
    /// and instants of any unit. An instant with a zone is one in UTC, without one a wall time.
    ///
    /// # Errors
    /// A reader that fails, or a full disk.
    #[cfg(feature = "arrow")]
    pub fn arrow(
        name: impl Into<String>,
        reader: impl arrow_array::RecordBatchReader,
    ) -> Result<Self> {
        let name = name.into();
        let content = Some(crate::ingest::arrow::stream_of(&name, reader)?);
        Ok(Self { name, content })
    }

    /// The name under which it is told.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its content; where `hashed`, what is read of it is hashed.
    pub(super) fn open(&self, hashed: bool) -> Result<SharedFile> {
        match &self.content {
            Some(content) if hashed => Ok(content.clone().hashed()),
            Some(content) => Ok(content.clone()),
            None => file::open(&self.name, hashed),
        }
    }
}

/// A path.
impl From<&str> for ExportFile {
    fn from(path: &str) -> Self {
        Self::path(path)
    }
}

/// A path.
impl From<&String> for ExportFile {
    fn from(path: &String) -> Self {
        Self::path(path)
    }
}

/// A path.
impl From<String> for ExportFile {
    fn from(path: String) -> Self {
        Self::path(path)
    }
}

impl From<&Self> for ExportFile {
    fn from(file: &Self) -> Self {
        file.clone()
    }
}
