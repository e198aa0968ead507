//! Texts to small integers: the dictionary of a column of categories.
//!
//! Ids are dense, start at 0 and never move, so that tables may refer to them.

use crate::collections::short_text::{Cell, Key, hash};
use rayon::slice::ParallelSliceMut;

/// The id given for a text that is not UTF-8.
pub(crate) const NOT_UTF8: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Entry<V> {
    key: Key,
    value: V,
}

/// A dictionary from texts to dense ids, each with a value.
#[derive(Clone, Debug)]
pub(crate) struct Interner<V> {
    /// Open addressing with linear probing, a power of two of slots at most half full. A slot holds the upper
    /// half of the hash and the id plus one; zero is empty.
    index: Vec<u64>,
    entries: Vec<Entry<V>>,
    /// Long texts, one after another.
    arena: Vec<u8>,
}

impl<V: Copy + Default + Sync> Interner<V> {
    /// A dictionary without texts.
    pub(crate) fn new() -> Self {
        Self { index: vec![0; 1024], entries: Vec::new(), arena: Vec::new() }
    }

    /// How many texts there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The text of `id`.
    pub(crate) fn text<'a>(&'a self, id: u32, scratch: &'a mut [u8; 16]) -> &'a str {
        self.entries[id as usize].key.text(&self.arena, scratch)
    }

    /// The value of `id`.
    pub(crate) fn value(&self, id: u32) -> &V {
        &self.entries[id as usize].value
    }

    /// The value of `id`, to be changed.
    pub(crate) fn value_mut(&mut self, id: u32) -> &mut V {
        &mut self.entries[id as usize].value
    }

    /// The id of `text`, new or known; [`NOT_UTF8`] where it is not UTF-8.
    pub(crate) fn intern(&mut self, text: &[u8]) -> u32 {
        self.intern_as(text, Key::inline(text))
    }

    /// As [`Interner::intern`] of the text in a cell.
    pub(crate) fn intern_cell(&mut self, buffer: &[u8], cell: Cell) -> u32 {
        self.intern_as(cell.of(buffer), Key::of_cell(buffer, cell))
    }

    fn intern_as(&mut self, text: &[u8], inline: Option<Key>) -> u32 {
        let hash = hash(text, inline);
        let mask = self.index.len() - 1;
        let mut slot = hash as usize & mask;
        while self.index[slot] != 0 {
            let found = self.index[slot];
            let id = found as u32 - 1;
            let key = self.entries[id as usize].key;
            if found >> 32 == hash >> 32 && key.is_of(text, inline, &self.arena) {
                return id;
            }
            slot = (slot + 1) & mask;
        }
        if std::str::from_utf8(text).is_err() {
            return NOT_UTF8;
        }
        let id = self.entries.len() as u32;
        let key = inline.unwrap_or_else(|| Key::put(text, &mut self.arena));
        self.entries.push(Entry { key, value: V::default() });
        self.index[slot] = slot_of(hash, id);
        if self.entries.len() * 2 > self.index.len() {
            self.grow();
        }
        id
    }

    /// Takes in the texts of `other`: the id here of each of its ids.
    pub(crate) fn adopt(&mut self, other: &Self) -> Vec<u32> {
        let mut scratch = [0; 16];
        let ids = 0..other.len() as u32;
        ids.map(|id| self.intern(other.text(id, &mut scratch).as_bytes())).collect()
    }

    fn grow(&mut self) {
        let slots = self.index.len() * 2;
        // The old index goes first, so that the two never stand in memory together.
        self.index = Vec::new();
        self.index = vec![0; slots];
        let mask = slots - 1;
        for (id, entry) in (0_u32..).zip(&self.entries) {
            let hash = entry.key.hash(&self.arena);
            let mut slot = hash as usize & mask;
            while self.index[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            self.index[slot] = slot_of(hash, id);
        }
    }

    /// Ids in the order of their texts' bytes.
    pub(crate) fn sorted(&self) -> Vec<u32> {
        let mut order: Vec<(u128, u32)> = (0_u32..)
            .zip(&self.entries)
            .map(|(id, entry)| (entry.key.sort_prefix(&self.arena), id))
            .collect();
        let long_text = |id: u32| self.entries[id as usize].key.long_text(&self.arena);
        order.par_sort_unstable_by(|(left, left_id), (right, right_id)| {
            // Only long texts can share their first 15 bytes and the length mark.
            left.cmp(right).then_with(|| long_text(*left_id).cmp(long_text(*right_id)))
        });
        order.into_iter().map(|(_, id)| id).collect()
    }
}

fn slot_of(hash: u64, id: u32) -> u64 {
    hash >> 32 << 32 | u64::from(id + 1)
}

#[cfg(test)]
mod tests {
    use super::{Interner, NOT_UTF8};

    #[test]
    fn texts_of_every_length_keep_their_ids_through_growth() {
        let mut interner = Interner::<u32>::new();
        let texts: Vec<String> = (0..5_000).map(|n| format!("{n}").repeat(1 + n % 7)).collect();
        let ids: Vec<u32> = texts.iter().map(|text| interner.intern(text.as_bytes())).collect();
        for (text, id) in texts.iter().zip(&ids) {
            assert_eq!(interner.intern(text.as_bytes()), *id);
            assert_eq!(interner.text(*id, &mut [0; 16]), text);
        }
        let mut sorted: Vec<&str> = texts.iter().map(String::as_str).collect();
        sorted.sort_unstable();
        sorted.dedup();
        let order = interner.sorted();
        let found: Vec<String> =
            order.iter().map(|id| interner.text(*id, &mut [0; 16]).to_owned()).collect();
        assert_eq!(found, sorted);
    }

    #[test]
    fn the_empty_text_is_a_text() {
        let mut interner = Interner::<u32>::new();
        let id = interner.intern(b"");
        assert_eq!((interner.intern(b"\0"), interner.intern(b"")), (1, id));
        assert_eq!(interner.text(id, &mut [0; 16]), "");
    }

    #[test]
    fn bytes_that_are_not_utf8_get_no_id() {
        let mut interner = Interner::<u32>::new();
        assert_eq!(interner.intern(b"\xFF"), NOT_UTF8);
        assert_eq!(interner.len(), 0);
    }
}
