//! The hash of a file, taken from the very bytes that are read.
//!
//! A file is read several times: its head, a sample, all of it. What stands at a place is hashed when it is
//! read there for the first time, in the order of places; what nobody read is read at the end. So a pipe is
//! hashed while it is kept, and a file that changes meanwhile cannot have the hash of other bytes than
//! those that were used.

use sha2::{Digest, Sha256};
use std::{
    fmt,
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
};

/// Blocks on their way to the thread that hashes; then the reader waits.
const QUEUE: usize = 16;

/// The size and the hash of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// Its bytes.
    pub bytes: u64,
    /// The SHA-256 of them, in hexadecimal.
    pub sha256: String,
}

/// Sees what is read of one file, and hashes it on a thread of its own.
pub(super) struct Tap(Mutex<State>);

struct State {
    /// Up to where bytes were hashed.
    frontier: u64,
    hasher: Option<Hasher>,
}

enum Hasher {
    /// On a thread of its own, so that reading need not wait.
    Aside { blocks: SyncSender<Vec<u8>>, spare: Receiver<Vec<u8>>, thread: JoinHandle<Sha256> },
    /// Where no thread is to be had.
    Here(Box<Sha256>),
}

impl Tap {
    pub(super) fn new() -> Self {
        Self(Mutex::new(State { frontier: 0, hasher: None }))
    }

    /// Up to where bytes were hashed.
    pub(super) fn frontier(&self) -> u64 {
        self.lock().frontier
    }

    /// Takes in `bytes`, which were read at `offset`.
    pub(super) fn saw(&self, offset: u64, bytes: &[u8]) {
        let mut state = self.lock();
        let end = offset + bytes.len() as u64;
        if offset > state.frontier || end <= state.frontier {
            return;
        }
        let new = &bytes[(state.frontier - offset) as usize..];
        state.hasher.get_or_insert_with(Hasher::start).update(new);
        state.frontier = end;
    }

    /// The hash of all that was taken in.
    pub(super) fn finish(&self) -> Fingerprint {
        let mut state = self.lock();
        let hash = state.hasher.take().map_or_else(Sha256::new, Hasher::finish);
        // A second answer of the same run is of the same file.
        state.hasher = Some(Hasher::Here(Box::new(hash.clone())));
        Fingerprint { bytes: state.frontier, sha256: hexadecimal(hash) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tap").field("frontier", &self.frontier()).finish_non_exhaustive()
    }
}

impl Hasher {
    fn start() -> Self {
        let (blocks, taken) = sync_channel::<Vec<u8>>(QUEUE);
        let (used, spare) = sync_channel::<Vec<u8>>(QUEUE);
        let work = move || {
            let mut hash = Sha256::new();
            for mut block in taken {
                hash.update(&block);
                block.clear();
                // Where enough are spare, or nobody wants them any more, the block goes.
                let _ = used.try_send(block);
            }
            hash
        };
        match thread::Builder::new().name("hash".to_owned()).spawn(work) {
            Ok(thread) => Self::Aside { blocks, spare, thread },
            Err(_) => Self::Here(Box::new(Sha256::new())),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Aside { blocks, spare, .. } => {
                let mut block = spare.try_recv().unwrap_or_default();
                block.extend_from_slice(bytes);
                // The thread takes blocks until this end is dropped.
                let _ = blocks.send(block);
            }
            Self::Here(hash) => hash.update(bytes),
        }
    }

    fn finish(self) -> Sha256 {
        match self {
            Self::Aside { blocks, thread, .. } => {
                drop(blocks);
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            }
            Self::Here(hash) => *hash,
        }
    }
}

fn hexadecimal(hash: Sha256) -> String {
    let mut written = String::with_capacity(64);
    for byte in hash.finalize() {
        written.push_str(&format!("{byte:02x}"));
    }
    written
}

#[cfg(test)]
mod tests {
    use super::Tap;

    // FIPS 180-2, appendix B.1.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn bytes_are_hashed_once_and_in_order() {
        let tap = Tap::new();
        tap.saw(0, b"a");
        tap.saw(0, b"X");
        // Behind a gap: it will be read again.
        tap.saw(2, b"?");
        tap.saw(0, b"!bc");
        tap.saw(1, b"..");
        assert_eq!(tap.frontier(), 3);
        let print = tap.finish();
        assert_eq!((print.bytes, print.sha256.as_str()), (3, ABC));
    }

    #[test]
    fn nothing_has_the_hash_of_nothing() {
        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Tap::new().finish().sha256, nothing);
    }
}
