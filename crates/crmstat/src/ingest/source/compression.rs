//! Compressed inputs, with a bound on what they may expand to.

use std::{
    fmt,
    io::{self, BufRead, BufReader, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use flate2::bufread::GzDecoder;

use super::file::{FileReader, SharedFile};
use crate::Error;

/// Output below which no ratio is looked at: even a table of one repeated row is harmless there.
const FREE_OUTPUT: u64 = 64 << 20;
/// Output bytes per input byte allowed beyond [`FREE_OUTPUT`]; exports of CRMs reach 5 to 30.
const MAX_RATIO: u64 = 200;
/// Output allowed at all, in bytes: 40 times an export of 100 million orders.
const MAX_OUTPUT: u64 = 256 << 30;
/// Compressed bytes fetched at once.
const INPUT_BLOCK: usize = 256 << 10;

/// How an input is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Compression {
    /// By the magic bytes at the start of a file.
    pub(super) fn of(head: &[u8]) -> Self {
        match head {
            // The third byte is the method, of which gzip has one: deflate.
            [0x1F, 0x8B, 0x08, ..] => Self::Gzip,
            // A frame, or one to be skipped before it, as parallel compressors write.
            [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Self::Zstd,
            _ => Self::None,
        }
    }

    /// What showed it, or `None` where there is nothing to tell.
    pub(super) fn evidence(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Gzip => Some("the file begins with the bytes 1F 8B 08"),
            Self::Zstd => Some("the file begins with a frame of zstd"),
        }
    }

    /// The expanded bytes of `file`, all members or frames of it, within the limits.
    pub(super) fn decoder(self, file: &SharedFile) -> io::Result<Box<dyn Read + Send>> {
        if self == Self::None {
            return Ok(Box::new(file.reader_at(0)));
        }
        let consumed = Arc::new(AtomicU64::new(0));
        let counted = Counted { file: file.reader_at(0), consumed: Arc::clone(&consumed) };
        let input = BufReader::with_capacity(INPUT_BLOCK, counted);
        let decoder: Box<dyn Read + Send> = match self {
            Self::Zstd => Box::new(zstd::Decoder::with_buffer(input)?),
            _ => Box::new(GzipMembers { member: Member::Before(input) }),
        };
        Ok(Box::new(Bounded { decoder, consumed, produced: 0, name: self.to_string() }))
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        })
    }
}

/// All members of a gzip file as one stream. Zero bytes behind the last, with which tapes and blocks are
/// filled up, are no member.
struct GzipMembers<R> {
    member: Member<R>,
}

#[expect(clippy::large_enum_variant, reason = "there is one of them in a stream")]
enum Member<R> {
    /// Where a member may begin.
    Before(R),
    Inside(GzDecoder<R>),
    /// Behind the last.
    Ended,
}

impl<R: BufRead> Read for GzipMembers<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            self.member = match std::mem::replace(&mut self.member, Member::Ended) {
                Member::Ended => return Ok(0),
                Member::Before(mut input) => {
                    if skip_zeros(&mut input)? {
                        return Ok(0);
                    }
                    Member::Inside(GzDecoder::new(input))
                }
                Member::Inside(mut decoder) => match decoder.read(buffer)? {
                    0 => Member::Before(decoder.into_inner()),
                    read => {
                        self.member = Member::Inside(decoder);
                        return Ok(read);
                    }
                },
            };
        }
    }
}

/// Passes over zero bytes; whether nothing follows them.
fn skip_zeros(input: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let ready = input.fill_buf()?;
        if ready.is_empty() {
            return Ok(true);
        }
        let zeros = ready.iter().take_while(|byte| **byte == 0).count();
        let all = zeros == ready.len();
        input.consume(zeros);
        if !all {
            return Ok(false);
        }
    }
}

/// Counts what the decompressor took from the file.
struct Counted {
    file: FileReader,
    consumed: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.consumed.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Ends a decompression bomb in an error.
struct Bounded {
    decoder: Box<dyn Read + Send>,
    consumed: Arc<AtomicU64>,
    produced: u64,
    name: String,
}

impl Bounded {
    fn check(&self) -> Result<(), Error> {
        let input = self.consumed.load(Ordering::Relaxed);
        let by_ratio = FREE_OUTPUT.saturating_add(input.saturating_mul(MAX_RATIO));
        if self.produced > by_ratio {
            return Err(Error::data(format!(
                "expands to more than {MAX_RATIO} times its size, past the limit for {} input",
                self.name
            ))
            .with_hint("if it is an honest file, decompress it first and pass the result"));
        }
        if self.produced > MAX_OUTPUT {
            return Err(Error::data(format!(
                "expands to more than {} GiB, past the limit for {} input",
                MAX_OUTPUT >> 30,
                self.name
            ))
            .with_hint("split it into several files"));
        }
        Ok(())
    }
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(buffer).map_err(|cause| match cause.kind() {
            // What the decoders say of broken data; a failing disk says something else.
            io::ErrorKind::InvalidInput
            | io::ErrorKind::InvalidData
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::Other => io::Error::other(
                Error::data(format!("its {} data is broken: {cause}", self.name))
                    .with_source(cause)
                    .with_hint("fetch the file again: it may be incomplete"),
            ),
            _ => cause,
        })?;
        self.produced += read as u64;
        self.check().map_err(io::Error::other)?;
        Ok(read)
    }
}
