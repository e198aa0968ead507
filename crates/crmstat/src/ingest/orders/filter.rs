//! Which texts are surely none of a set.

use crate::collections::short_text::hash_text;

/// Whether a text may be one of a set: most others are told by one bit.
pub(super) struct Filter(Vec<u64>);

impl Filter {
    pub(super) fn new<'a>(texts: impl ExactSizeIterator<Item = &'a [u8]>) -> Self {
        // One bit in sixteen is set.
        let mut words = vec![0; (texts.len() / 4).next_power_of_two()];
        for text in texts {
            let (word, bit) = Self::place(hash_text(text), words.len());
            words[word] |= bit;
        }
        Self(words)
    }

    pub(super) fn may_hold(&self, hash: u64) -> bool {
        let (word, bit) = Self::place(hash, self.0.len());
        self.0[word] & bit != 0
    }

    fn place(hash: u64, words: usize) -> (usize, u64) {
        ((hash >> 6) as usize & (words - 1), 1 << (hash & 63))
    }
}
