//! Whether any hash of many is there twice, without sorting them and without a second copy of all.

use rayon::prelude::*;

/// Hashes that are compared with one another at a time: they and their table fit a core's cache.
const PART: usize = 4096;
/// Shares by the upper bits of the hash: of one at a time parts are made.
const SHARES: usize = 16;
/// Hashes of a share that lie together.
const CHUNK: usize = 4096;

/// Hashes as they come. They are never moved, since fresh memory costs more than what is put into it.
#[derive(Debug, Default)]
pub(crate) struct Hashes {
    shares: [Vec<Vec<u64>>; SHARES],
}

impl Hashes {
    pub(crate) fn push(&mut self, hash: u64) {
        let share = &mut self.shares[(hash >> (u64::BITS - SHARES.ilog2())) as usize];
        match share.last_mut() {
            Some(last) if last.len() < CHUNK => last.push(hash),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(hash);
                share.push(chunk);
            }
        }
    }

    pub(crate) fn extend(&mut self, hashes: impl Iterator<Item = u64>) {
        hashes.for_each(|hash| self.push(hash));
    }

    /// Adds those of another thread.
    pub(crate) fn append(&mut self, other: &mut Self) {
        for (mine, theirs) in self.shares.iter_mut().zip(&mut other.shares) {
            mine.append(theirs);
            // The chunk that may still be filled comes last.
            if let Some(open) = mine.iter().position(|chunk| chunk.len() < CHUNK) {
                let last = mine.len() - 1;
                mine.swap(open, last);
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.shares.iter().all(Vec::is_empty)
    }

    /// Whether one of them is there twice. Equal hashes are in one share.
    pub(crate) fn has_repeat(&self) -> bool {
        self.shares.par_iter().any(|share| {
            let len = share.iter().map(Vec::len).sum();
            has_repeat(len, SHARES.ilog2(), || share.iter().flatten().copied())
        })
    }
}

/// Whether one of `hashes` is there twice.
pub(crate) fn repeat(hashes: &[u64]) -> bool {
    has_repeat(hashes.len(), 0, || hashes.iter().copied())
}

/// The same of `len` hashes that have the same upper `known` bits.
fn has_repeat<I: Iterator<Item = u64>>(len: usize, known: u32, hashes: impl Fn() -> I) -> bool {
    let parts = (len / PART).next_power_of_two();
    // The next bits choose the part; none where there is one part.
    let part_of = |hash: u64| (u128::from(hash << known) << parts.ilog2() >> u64::BITS) as usize;
    let mut ends = vec![0; parts];
    hashes().for_each(|hash| ends[part_of(hash)] += 1);
    let mut total = 0;
    for end in &mut ends {
        total += std::mem::replace(end, total);
    }
    // The ends begin as starts, and move as the parts are filled.
    let mut parted = vec![0; total];
    for hash in hashes() {
        let end = &mut ends[part_of(hash)];
        parted[*end] = hash;
        *end += 1;
    }
    let mut slots = Vec::new();
    let mut start = 0;
    ends.iter().any(|end| {
        let part = &parted[start..*end];
        start = *end;
        repeats_in(part, &mut slots)
    })
}

/// Whether a hash is in `part` twice; `slots` is a table with open addressing, at most half full.
fn repeats_in(part: &[u64], slots: &mut Vec<u64>) -> bool {
    slots.clear();
    slots.resize((part.len() * 2).next_power_of_two(), 0);
    let mask = slots.len() - 1;
    part.iter().any(|hash| {
        // Zero is an empty slot, and so counts as one.
        let hash = (*hash).max(1);
        let mut slot = hash as usize & mask;
        while slots[slot] != 0 && slots[slot] != hash {
            slot = (slot + 1) & mask;
        }
        std::mem::replace(&mut slots[slot], hash) == hash
    })
}

#[cfg(test)]
mod tests {
    use super::{Hashes, repeat};

    #[test]
    fn a_repeat_is_found_among_any_number_and_nothing_else() {
        for count in [0, 1, 2, 5_000, 200_000_u64] {
            let distinct = |at: u64| at.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let mut all: Vec<u64> = (1..=count).map(distinct).collect();
            for twice in [false, true] {
                if twice {
                    all.extend(all.first().copied());
                }
                let (mut one, mut other) = (Hashes::default(), Hashes::default());
                let (left, right) = all.split_at(all.len() / 3);
                one.extend(left.iter().copied());
                other.extend(right.iter().copied());
                one.append(&mut other);
                assert!(other.is_empty() && one.is_empty() == all.is_empty());
                // What comes after the threads were joined counts as well.
                one.extend(all.last().copied().filter(|_| twice).into_iter());
                let expected = twice && count > 0;
                assert_eq!((repeat(&all), one.has_repeat()), (expected, expected), "{count}");
            }
        }
    }
}
