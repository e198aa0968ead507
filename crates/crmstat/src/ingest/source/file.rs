//! One open file that many readers share, and the spooling of what cannot be read twice.

use std::{
    fs::{File, Metadata},
    io::{self, Read, Seek, SeekFrom, Write},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use bytes::Bytes;

use super::{
    fingerprint::{Fingerprint, Tap},
    place, read_head,
};
use crate::{Error, Result};

/// What is spooled stays in memory up to this size, in bytes; past it, it goes to the disk. Eight
/// mebibytes hold the exports of a day, and are little beside what reading them takes.
const SPOOL_MEMORY: usize = 8 << 20;

/// What a compressed workbook or Parquet file may take on the disk once expanded, in bytes.
///
/// These kinds are compressed inside already, so an honest one hardly grows; four gibibytes is past
/// any workbook and any Parquet file worth wrapping in gzip.
const SPOOL_LIMIT: u64 = 4 << 30;
/// What a pipe may take on the disk, in bytes: the orders of a large company, and no endless stream.
const PIPE_LIMIT: u64 = 64 << 30;
/// Bytes moved at once.
const BLOCK: usize = 256 << 10;

/// Content that several readers read, each at its own place: an open file, or bytes in memory.
///
/// Every reader positions the one handle before it reads, under a lock: no name is looked up again, so
/// a file that is renamed or deleted meanwhile is still read to its end.
#[derive(Clone, Debug)]
pub(crate) struct SharedFile {
    content: Content,
    len: u64,
    /// What tells that it was written to.
    stamp: Stamp,
    /// Hashes what is read, where that is asked for.
    tap: Option<Arc<Tap>>,
}

/// The size of a file and when it last changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    len: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self { len: metadata.len(), modified: metadata.modified().ok() }
    }
}

#[derive(Clone, Debug)]
enum Content {
    Disk(Arc<Mutex<File>>),
    Memory(Bytes),
}

impl SharedFile {
    /// Shares `file`, which ends where it ends now.
    pub(crate) fn new(file: File) -> io::Result<Self> {
        let stamp = Stamp::of(&file.metadata()?);
        Ok(Self {
            content: Content::Disk(Arc::new(Mutex::new(file))),
            len: stamp.len,
            stamp,
            tap: None,
        })
    }

    /// Shares `bytes`.
    pub(crate) fn in_memory(bytes: Bytes) -> Self {
        let stamp = Stamp { len: bytes.len() as u64, modified: None };
        Self { len: stamp.len, content: Content::Memory(bytes), stamp, tap: None }
    }

    /// Hashes from now on what is read.
    pub(super) fn hashed(self) -> Self {
        Self { tap: Some(Arc::new(Tap::new())), ..self }
    }

    /// The hash of what was read, of all of the file; nothing more can be read into it afterwards.
    pub(super) fn fingerprint(&self) -> io::Result<Fingerprint> {
        let Some(tap) = &self.tap else {
            return Err(io::Error::other("it was not opened to be hashed"));
        };
        let mut block = vec![0; BLOCK];
        let mut rest = self.reader_at(tap.frontier());
        while rest.read(&mut block)? > 0 {}
        self.check_unchanged()?;
        Ok(tap.finish())
    }

    /// Whether the file is still as it was when it was opened.
    ///
    /// # Errors
    /// A file that was written to meanwhile: what was read of it may be half old and half new.
    pub(crate) fn check_unchanged(&self) -> io::Result<()> {
        let Content::Disk(file) = &self.content else { return Ok(()) };
        let metadata = file.lock().unwrap_or_else(PoisonError::into_inner).metadata()?;
        if Stamp::of(&metadata) == self.stamp {
            return Ok(());
        }
        Err(io::Error::other(
            Error::data("it changed while it was read")
                .with_hint("wait until it is written, or copy it and read the copy"),
        ))
    }

    /// Its length in bytes.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// A reader from byte `offset` to the end.
    pub(crate) fn reader_at(&self, offset: u64) -> FileReader {
        FileReader { file: self.clone(), offset }
    }

    /// Whether `other` holds the same bytes.
    pub(super) fn is_same(&self, other: &Self) -> io::Result<bool> {
        if self.len != other.len {
            return Ok(false);
        }
        let (mut mine, mut theirs) = (self.reader_at(0), other.reader_at(0));
        let (mut left, mut right) = (vec![0; COMPARED], vec![0; COMPARED]);
        loop {
            let read = fill(&mut mine, &mut left)?;
            if fill(&mut theirs, &mut right)? != read || left[..read] != right[..read] {
                return Ok(false);
            }
            if read == 0 {
                return Ok(true);
            }
        }
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
        let file = match &self.content {
            Content::Disk(file) => file,
            Content::Memory(bytes) => {
                // Inside, as something remains behind the offset.
                buffer[..wanted].copy_from_slice(&bytes[offset as usize..][..wanted]);
                if let Some(tap) = &self.tap {
                    tap.saw(offset, &buffer[..wanted]);
                }
                return Ok(wanted);
            }
        };
        // A reader that panicked while it held the lock left nothing half-done but the position.
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))?;
        match file.read(&mut buffer[..wanted])? {
            0 => Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("it shrank from {} to {offset} bytes while it was read", self.len),
            )),
            read => {
                if let Some(tap) = &self.tap {
                    tap.saw(offset, &buffer[..read]);
                }
                Ok(read)
            }
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

/// Bytes of two files that are compared at a time.
const COMPARED: usize = 1 << 16;

/// Reads until `buffer` is full or the file ends.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

/// Opens `name`; what is not a regular file, such as standard input or a named pipe, is spooled. Where
/// `hashed`, what is read of it is hashed.
pub(super) fn open(name: &str, hashed: bool) -> Result<SharedFile> {
    let failed = |cause| super::failure(name, cause);
    let file = if name == "-" {
        spool_pipe(io::stdin().lock()).map_err(failed)?
    } else {
        let file = File::open(name).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(Error::data("is a folder, not a file").at(place(name)).with_hint(format!(
                "name its files, such as `{}/*.csv`",
                name.trim_end_matches('/')
            )));
        }
        if metadata.is_file() { SharedFile::new(file) } else { spool_pipe(file) }.map_err(failed)?
    };
    Ok(if hashed { file.hashed() } else { file })
}

/// Keeps what `reader` gives.
pub(super) fn spool(mut reader: impl Read) -> io::Result<SharedFile> {
    let mut spool = Spool::default();
    let mut block = vec![0; BLOCK];
    loop {
        match reader.read(&mut block) {
            Ok(0) => break,
            Ok(read) => spool.write_all(&block[..read]).map_err(spooling)?,
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(cause),
        }
    }
    spool.finish().map_err(spooling)
}

/// Keeps what is written to it, to be read any number of times: in memory while it is small, then in a
/// temporary file without a name, which vanishes with the last handle, however the process ends.
#[derive(Debug, Default)]
pub(crate) struct Spool {
    memory: Vec<u8>,
    disk: Option<File>,
}

impl Spool {
    /// What was written.
    pub(crate) fn finish(self) -> io::Result<SharedFile> {
        match self.disk {
            None => Ok(SharedFile::in_memory(self.memory.into())),
            Some(mut file) => {
                file.flush()?;
                SharedFile::new(file)
            }
        }
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(file) = &mut self.disk {
            return file.write(bytes);
        }
        if self.memory.len() + bytes.len() <= SPOOL_MEMORY {
            self.memory.extend_from_slice(bytes);
            return Ok(bytes.len());
        }
        let mut file = tempfile::tempfile()?;
        file.write_all(&self.memory)?;
        self.memory = Vec::new();
        self.disk.insert(file).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.disk.as_mut().map_or(Ok(()), Write::flush)
    }
}

/// The failure to keep a copy, in the words of an error of ours.
fn spooling(cause: io::Error) -> io::Error {
    io::Error::other(
        Error::io("cannot write a temporary file in", std::env::temp_dir(), cause)
            .with_hint("free some space there, or name another folder in TMPDIR"),
    )
}

/// A pipe, up to [`PIPE_LIMIT`].
fn spool_pipe(reader: impl Read) -> io::Result<SharedFile> {
    spool_up_to(reader, PIPE_LIMIT, |limit| {
        Error::data(format!("a pipe gives more than {limit} GiB"))
            .with_hint("write it to a file first, and read the file")
    })
}

fn spool_up_to(
    reader: impl Read,
    limit: u64,
    refused: impl FnOnce(u64) -> Error,
) -> io::Result<SharedFile> {
    let spooled = spool(reader.take(limit + 1))?;
    if spooled.len() > limit {
        return Err(io::Error::other(refused(limit >> 30)));
    }
    Ok(spooled)
}

/// Expanded content, up to [`SPOOL_LIMIT`].
pub(super) fn spool_bounded(reader: impl Read) -> io::Result<SharedFile> {
    spool_up_to(reader, SPOOL_LIMIT, |limit| {
        Error::data(format!(
            "expands to more than the {limit} GiB allowed for a compressed workbook or Parquet file"
        ))
    })
}
