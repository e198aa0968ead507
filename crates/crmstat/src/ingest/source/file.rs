//! One open file that many readers share, and the spooling of what cannot be read twice.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    sync::{Arc, Mutex, PoisonError},
};

use super::{place, read_head};
use crate::{Error, Result};

/// What a compressed workbook or Parquet file may take on the disk once expanded, in bytes.
///
/// These kinds are compressed inside already, so an honest one hardly grows; four gibibytes is past
/// any workbook and any Parquet file worth wrapping in gzip.
const SPOOL_LIMIT: u64 = 4 << 30;

/// An open file that several readers read, each at its own place.
///
/// Every reader positions the one handle before it reads, under a lock: no name is looked up again, so
/// a file that is renamed or deleted meanwhile is still read to its end.
#[derive(Clone, Debug)]
pub(crate) struct SharedFile {
    file: Arc<Mutex<File>>,
    len: u64,
}

impl SharedFile {
    /// Shares `file`, which ends where it ends now.
    pub(crate) fn new(file: File) -> io::Result<Self> {
        let len = file.metadata()?.len();
        Ok(Self { file: Arc::new(Mutex::new(file)), len })
    }

    /// Its length in bytes.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// A reader from byte `offset` to the end.
    pub(crate) fn reader_at(&self, offset: u64) -> FileReader {
        FileReader { file: self.clone(), offset }
    }

    /// Up to `limit` bytes from its start.
    pub(super) fn head(&self, limit: usize) -> io::Result<Vec<u8>> {
        read_head(self.reader_at(0), limit)
    }

    /// Fills as much of `buffer` as one read gives, from byte `offset`.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let remaining = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(remaining);
        if wanted == 0 {
            return Ok(0);
        }
        // A reader that panicked while it held the lock left nothing half-done but the position.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))?;
        match file.read(&mut buffer[..wanted])? {
            0 => Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("it shrank from {} to {offset} bytes while it was read", self.len),
            )),
            read => Ok(read),
        }
    }
}

/// Reads a [`SharedFile`] at its own place.
#[derive(Clone, Debug)]
pub(crate) struct FileReader {
    file: SharedFile,
    offset: u64,
}

impl Read for FileReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(self.offset, buffer)?;
        self.offset += read as u64;
        Ok(read)
    }
}

impl Seek for FileReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(delta) => self.file.len.checked_add_signed(delta),
            SeekFrom::Current(delta) => self.offset.checked_add_signed(delta),
        };
        self.offset = target
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "seek before the start"))?;
        Ok(self.offset)
    }
}

/// Opens `name`; what is not a regular file, such as standard input or a named pipe, is spooled.
pub(super) fn open(name: &str) -> Result<SharedFile> {
    let failed = |cause| Error::io("cannot read", name, cause);
    if name == "-" {
        return spool(io::stdin().lock()).map_err(failed);
    }
    let file = File::open(name).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(Error::data("is a folder, not a file")
            .at(place(name))
            .with_hint(format!("name its files, such as `{}/*.csv`", name.trim_end_matches('/'))));
    }
    if metadata.is_file() { SharedFile::new(file) } else { spool(file) }.map_err(failed)
}

/// Copies `reader` into a temporary file without a name: it vanishes with the last handle, however
/// the process ends.
fn spool(mut reader: impl Read) -> io::Result<SharedFile> {
    let mut file = tempfile::tempfile()?;
    io::copy(&mut reader, &mut file)?;
    file.flush()?;
    SharedFile::new(file)
}

/// The same for expanded content, up to [`SPOOL_LIMIT`].
pub(super) fn spool_bounded(reader: impl Read) -> io::Result<SharedFile> {
    let spooled = spool(reader.take(SPOOL_LIMIT + 1))?;
    if spooled.len() > SPOOL_LIMIT {
        return Err(io::Error::other(Error::data(format!(
            "expands to more than the {} GiB allowed for a compressed workbook or Parquet file",
            SPOOL_LIMIT >> 30
        ))));
    }
    Ok(spooled)
}
