//! Texts to small integers: the dictionary that turns grouping by customer into indexing.
//!
//! Cache misses, not parsing, are the cost of grouping millions of rows by a million customers. So a
//! customer's key (up to 15 bytes) and its value stand in one entry, entries lie densely, and texts are
//! looked up in batches whose loads do not wait for one another: all index slots are asked for first,
//! then all entries, and only then is a text compared. Ids are dense, start at 0 and never move, so that tables may refer to them.

/// A text in a buffer of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

impl Cell {
    /// The bytes of the cell in the buffer that it was cut from.
    pub(crate) fn of(self, buffer: &[u8]) -> &[u8] {
        &buffer[self.range()]
    }

    /// Where the cell is.
    pub(crate) fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.start as usize + self.len as usize
    }
}

/// The id given for a text that is not UTF-8.
pub(crate) const NOT_UTF8: u32 = u32::MAX;

/// Texts looked up together; their loads overlap.
const BATCH: usize = 64;
/// Bytes of a text that an entry holds in place; the last byte of its 16 is the length.
const INLINE: usize = 15;
/// The last byte of the key of a text that lies in the arena.
const LONG: u64 = 0xFF;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Key {
    low: u64,
    high: u64,
}

/// A text that is looked up: where its cell stands, and by what it is found.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Probe {
    /// [`Key::LONG`] where the text is too long for a key in place.
    key: Key,
    hash: u64,
    place: u32,
}

impl Probe {
    /// What finds the text of `cell` in `buffer`, which is number `place` of its cells.
    pub(crate) fn new(buffer: &[u8], cell: Cell, place: u32) -> Self {
        let key = Key::of_cell(buffer, cell);
        Self { key: key.unwrap_or(Key::LONG), hash: hash(cell.of(buffer), key), place }
    }

    /// The hash of the text.
    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }
}

/// Aligned, so that no entry lies across the border of two cache lines.
#[derive(Clone, Copy, Debug)]
#[repr(align(32))]
struct Entry<V> {
    key: Key,
    value: V,
}

/// A dictionary from texts to dense ids, each with a value.
#[derive(Clone, Debug)]
pub(crate) struct Interner<V> {
    /// Open addressing with linear probing, a power of two of slots at most half full: a sparser one was
    /// slower, as less of it stays in the cache. A slot holds the upper half of the hash and the id plus
    /// one; zero is empty.
    index: Vec<u64>,
    entries: Vec<Entry<V>>,
    /// Texts longer than [`INLINE`], one after another.
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
        let key = self.entries[id as usize].key;
        let bytes = match key.long() {
            Some((offset, len)) => &self.arena[offset..offset + len],
            None => {
                *scratch = key.inline_bytes();
                &scratch[..key.inline_len()]
            }
        };
        // Only texts that passed the check in `insert` are here.
        std::str::from_utf8(bytes).unwrap_or_default()
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
        self.find_or_insert(text, hash_text(text))
    }

    /// The ids of `cells` of `buffer`, new or known, put into `ids`; [`NOT_UTF8`] where a text is not UTF-8.
    pub(crate) fn intern_all(&mut self, buffer: &[u8], cells: &[Cell], ids: &mut Vec<u32>) {
        ids.clear();
        let mut probes = [Probe::default(); BATCH];
        for batch in cells.chunks(BATCH) {
            for ((place, cell), probe) in (0_u32..).zip(batch).zip(&mut probes) {
                *probe = Probe::new(buffer, *cell, place);
            }
            self.visit(buffer, batch, &probes[..batch.len()], |_, id, _| ids.push(id));
        }
    }

    /// Calls `take` for each of `probes` with the place of its cell among `cells`, the text's id and its
    /// value; [`NOT_UTF8`] and no value where the text is not UTF-8.
    pub(crate) fn visit(
        &mut self,
        buffer: &[u8],
        cells: &[Cell],
        probes: &[Probe],
        mut take: impl FnMut(usize, u32, Option<&mut V>),
    ) {
        let mut candidates = [NOT_UTF8; BATCH];
        for probes in probes.chunks(BATCH) {
            let mask = self.index.len() - 1;
            for probe in probes {
                prefetch(&self.index, probe.hash as usize & mask);
            }
            for (candidate, probe) in candidates.iter_mut().zip(probes) {
                *candidate = self.candidate(probe.hash);
                prefetch(&self.entries, *candidate as usize);
            }
            for (candidate, probe) in candidates.iter().zip(probes) {
                let place = probe.place as usize;
                let is_known = self
                    .entries
                    .get(*candidate as usize)
                    .is_some_and(|entry| entry.key == probe.key);
                let id = if is_known {
                    *candidate
                } else {
                    self.find_or_insert(cells[place].of(buffer), probe.hash)
                };
                take(place, id, self.entries.get_mut(id as usize).map(|entry| &mut entry.value));
            }
        }
    }

    /// The id of the first text that may have this hash; [`NOT_UTF8`] where none has.
    fn candidate(&self, hash: u64) -> u32 {
        let mask = self.index.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let found = self.index[slot];
            if found == 0 || found >> 32 == hash >> 32 {
                return (found as u32).wrapping_sub(1);
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Takes in the texts of `other`: the id here of each of its ids.
    pub(crate) fn adopt(&mut self, other: &Self) -> Vec<u32> {
        let texts = other.entries.iter();
        texts
            .map(|entry| self.find_or_insert(&other.bytes(entry.key), other.hash_of(entry.key)))
            .collect()
    }

    fn hash_of(&self, key: Key) -> u64 {
        match key.long() {
            Some((offset, len)) => hash(&self.arena[offset..offset + len], None),
            None => hash(&[], Some(key)),
        }
    }

    fn bytes(&self, key: Key) -> std::borrow::Cow<'_, [u8]> {
        match key.long() {
            Some((offset, len)) => self.arena[offset..offset + len].into(),
            None => key.inline_bytes()[..key.inline_len()].to_vec().into(),
        }
    }

    fn find_or_insert(&mut self, text: &[u8], hash: u64) -> u32 {
        let inline = Key::inline(text);
        let mask = self.index.len() - 1;
        let mut slot = hash as usize & mask;
        while self.index[slot] != 0 {
            let found = self.index[slot];
            let id = found as u32 - 1;
            if found >> 32 == hash >> 32 && self.holds(id, text, inline) {
                return id;
            }
            slot = (slot + 1) & mask;
        }
        if std::str::from_utf8(text).is_err() {
            return NOT_UTF8;
        }
        let id = self.entries.len() as u32;
        let key = inline.unwrap_or_else(|| {
            let key = Key { low: self.arena.len() as u64, high: LONG << 56 | text.len() as u64 };
            self.arena.extend_from_slice(text);
            key
        });
        self.entries.push(Entry { key, value: V::default() });
        self.index[slot] = slot_of(hash, id);
        if self.entries.len() * 2 > self.index.len() {
            self.grow();
        }
        id
    }

    fn holds(&self, id: u32, text: &[u8], inline: Option<Key>) -> bool {
        let key = self.entries[id as usize].key;
        match (key.long(), inline) {
            (None, Some(inline)) => key == inline,
            (Some((offset, len)), None) => &self.arena[offset..offset + len] == text,
            _ => false,
        }
    }

    fn grow(&mut self) {
        let slots = self.index.len() * 2;
        // The old index goes first, so that the two never stand in memory together.
        self.index = Vec::new();
        self.index = vec![0; slots];
        let mask = slots - 1;
        for (id, entry) in self.entries.iter().enumerate() {
            let hash = match entry.key.long() {
                Some((offset, len)) => hash(&self.arena[offset..offset + len], None),
                None => hash(&[], Some(entry.key)),
            };
            let mut slot = hash as usize & mask;
            while self.index[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            self.index[slot] = slot_of(hash, id as u32);
        }
    }

    /// Ids in the order of their texts' bytes.
    pub(crate) fn sorted(&self) -> Vec<u32> {
        use rayon::slice::ParallelSliceMut;

        let ids = 0..self.len() as u32;
        let mut order: Vec<(u128, u32)> = ids.map(|id| (self.sort_prefix(id), id)).collect();
        order.par_sort_unstable_by(|(left, left_id), (right, right_id)| {
            // Only long texts can share their first 15 bytes and the length mark.
            left.cmp(right).then_with(|| self.long_text(*left_id).cmp(self.long_text(*right_id)))
        });
        order.into_iter().map(|(_, id)| id).collect()
    }

    /// The first 15 bytes of a text as a big-endian number, then its length, long texts last.
    pub(crate) fn sort_prefix(&self, id: u32) -> u128 {
        let key = self.entries[id as usize].key;
        match key.long() {
            None => (u128::from(key.high) << 64 | u128::from(key.low)).swap_bytes(),
            Some((offset, _)) => {
                let mut prefix = [0xFF; 16];
                prefix[..INLINE].copy_from_slice(&self.arena[offset..offset + INLINE]);
                u128::from_be_bytes(prefix)
            }
        }
    }

    /// The text that begins with `prefix`, a [`Interner::sort_prefix`], and has this id. Only for a long
    /// text does it look at more than the prefix.
    pub(crate) fn text_of<'a>(
        &'a self,
        prefix: u128,
        id: u32,
        scratch: &'a mut [u8; 16],
    ) -> &'a str {
        *scratch = prefix.to_be_bytes();
        let bytes = match usize::from(scratch[INLINE]) {
            len if len <= INLINE => &scratch[..len],
            _ => self.long_text(id),
        };
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    /// The text of `id` where it does not lie in its entry; empty where it does.
    pub(crate) fn long_text(&self, id: u32) -> &[u8] {
        match self.entries[id as usize].key.long() {
            Some((offset, len)) => &self.arena[offset..offset + len],
            None => &[],
        }
    }
}

impl Key {
    /// The key of no entry: a long text is longer than 0 bytes.
    const LONG: Self = Self { low: 0, high: LONG << 56 };

    /// The key of a text that fits in place.
    fn inline(text: &[u8]) -> Option<Self> {
        if text.len() > INLINE {
            return None;
        }
        let mut bytes = [0; 16];
        bytes[..text.len()].copy_from_slice(text);
        bytes[INLINE] = text.len() as u8;
        Some(Self::from_bytes(bytes))
    }

    /// As [`Key::inline`], by one load of 16 bytes where the buffer goes on that far.
    fn of_cell(buffer: &[u8], cell: Cell) -> Option<Self> {
        let (start, len) = (cell.start as usize, cell.len as usize);
        let Some(bytes) = buffer.get(start..).and_then(|rest| rest.first_chunk::<16>()) else {
            return Self::inline(cell.of(buffer));
        };
        if len > INLINE {
            return None;
        }
        let kept = u128::from_le_bytes(*bytes) & ((1_u128 << (8 * len)) - 1);
        Some(Self { low: kept as u64, high: (kept >> 64) as u64 | (len as u64) << 56 })
    }

    fn from_bytes(bytes: [u8; 16]) -> Self {
        let number = u128::from_le_bytes(bytes);
        Self { low: number as u64, high: (number >> 64) as u64 }
    }

    /// The 16 bytes of a key in place: the text, zeros, the length.
    fn inline_bytes(self) -> [u8; 16] {
        (u128::from(self.high) << 64 | u128::from(self.low)).to_le_bytes()
    }

    fn inline_len(self) -> usize {
        (self.high >> 56) as usize
    }

    /// Offset and length in the arena of a text that is not in place.
    fn long(self) -> Option<(usize, usize)> {
        (self.high >> 56 == LONG)
            .then_some((self.low as usize, (self.high & 0x00FF_FFFF_FFFF_FFFF) as usize))
    }
}

/// Asks for the cache line of `items[at]` before it is needed; past the end, nothing happens.
#[inline]
fn prefetch<T>(items: &[T], at: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(item) = items.get(at) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: the address is that of an item, and a prefetch changes nothing that a program sees.
        unsafe { _mm_prefetch(std::ptr::from_ref(item).cast(), _MM_HINT_T0) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (items, at);
}

/// The hash of `text` by which dictionaries find it.
pub(crate) fn hash_text(text: &[u8]) -> u64 {
    hash(text, Key::inline(text))
}

fn slot_of(hash: u64, id: u32) -> u64 {
    hash >> 32 << 32 | u64::from(id + 1)
}

/// The hash of a text by folded multiplication (the mixing step of wyhash), over its key where it has one.
///
/// The order of ids never reaches output, so the constants are fixed.
fn hash(text: &[u8], inline: Option<Key>) -> u64 {
    if let Some(key) = inline {
        return fold(key.low ^ 0xA076_1D64_78BD_642F, key.high ^ 0xE703_7ED1_A0B4_28DB);
    }
    let mut state = text.len() as u64;
    for chunk in text.chunks(16) {
        let mut bytes = [0; 16];
        bytes[..chunk.len()].copy_from_slice(chunk);
        let key = Key::from_bytes(bytes);
        state = fold(key.low ^ state ^ 0xA076_1D64_78BD_642F, key.high ^ 0xE703_7ED1_A0B4_28DB);
    }
    state
}

fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    (product as u64) ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::{Cell, Interner, NOT_UTF8};
    use proptest::prelude::*;

    fn text_of(interner: &Interner<u32>, id: u32) -> String {
        interner.text(id, &mut [0; 16]).to_owned()
    }

    #[test]
    fn texts_of_every_length_keep_their_ids_through_growth() {
        let mut interner = Interner::<u32>::new();
        let texts: Vec<String> = (0..5_000).map(|n| format!("{n}").repeat(1 + n % 7)).collect();
        let ids: Vec<u32> = texts.iter().map(|text| interner.intern(text.as_bytes())).collect();
        for (text, id) in texts.iter().zip(&ids) {
            assert_eq!(interner.intern(text.as_bytes()), *id);
            assert_eq!(&text_of(&interner, *id), text);
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_get_no_id() {
        let mut interner = Interner::<u32>::new();
        assert_eq!(interner.intern(b"\xFF"), NOT_UTF8);
        assert_eq!(interner.len(), 0);
    }

    proptest! {
        #[test]
        fn batches_have_the_ids_of_texts_one_by_one(
            texts in prop::collection::vec("[a-c\\x00]{0,20}", 0..300),
        ) {
            let buffer = texts.concat().into_bytes();
            let mut start = 0;
            let cells: Vec<Cell> = texts
                .iter()
                .map(|text| {
                    let cell = Cell { start, len: text.len() as u32 };
                    start += cell.len;
                    cell
                })
                .collect();
            let (mut batched, mut single) = (Interner::<u32>::new(), Interner::<u32>::new());
            let mut ids = Vec::new();
            batched.intern_all(&buffer, &cells, &mut ids);
            let expected: Vec<u32> =
                texts.iter().map(|text| single.intern(text.as_bytes())).collect();
            prop_assert_eq!(&ids, &expected);
            for (text, id) in texts.iter().zip(ids) {
                prop_assert_eq!(&text_of(&batched, id), text);
            }
        }
    }
}
