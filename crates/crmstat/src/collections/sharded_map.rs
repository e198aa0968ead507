//! Values by text, gathered by all threads in one table.
//!
//! Cache misses, not parsing, are the cost of grouping millions of rows by a million customers. So the key
//! of a customer (an id of up to 15 bytes is its own key) and the value stand in one slot of half a cache line, and
//! slots are asked for in batches, so that their loads do not wait for one another.
//!
//! The table is cut into shards by the hash of the text, each behind its own lock. A thread sorts the
//! texts of a batch by shard and takes the shards in turn: a lock is held for some dozens of texts, each
//! text stands in memory once whatever the number of threads, and nothing is left to be joined.

use crate::{
    collections::short_text::{Cell, Key, ShortText, hash},
    data::Texts,
};
use rayon::prelude::*;
use std::sync::{Mutex, PoisonError};

/// Shards: enough that two threads rarely meet in one, few enough that a batch has work for each.
const SHARDS: usize = 64;
/// Slots of a shard before it grows: a power of two.
const FIRST_SLOTS: usize = 64;
/// Slots asked for together.
const BATCH: usize = 64;
/// Texts put together at a time.
const CHUNK: usize = 1 << 14;

/// Values by text while they are gathered.
pub(crate) struct Gathering<V> {
    shards: Vec<Mutex<Shard<V>>>,
}

/// Open addressing with linear probing, at most half full.
struct Shard<V> {
    slots: Vec<Slot<V>>,
    texts: usize,
    /// Long texts, one after another.
    arena: Vec<u8>,
}

/// Aligned, so that no slot lies across the border of two cache lines.
#[derive(Clone, Copy, Default)]
#[repr(align(32))]
struct Slot<V> {
    key: Key,
    value: V,
}

/// A text that is looked up: by what it is found, and which of the cells it stands in.
#[derive(Clone, Copy, Default)]
struct Probe {
    /// The key of no text where the text is long.
    key: Key,
    hash: u64,
    place: u32,
}

impl Probe {
    /// For `text`, whose own key is `inline` if it is short.
    #[inline]
    fn new(text: &[u8], inline: Option<Key>, place: u32) -> Self {
        Self { key: inline.unwrap_or_default(), hash: hash(text, inline), place }
    }

    /// The key of a short text.
    #[inline]
    fn inline(&self) -> Option<Key> {
        (!self.key.is_none()).then_some(self.key)
    }
}

/// What one thread needs to sort the texts of a batch by shard; used again for the next batch.
#[derive(Default)]
pub(crate) struct Sorter {
    found: Vec<Probe>,
    sorted: Vec<Probe>,
}

/// Values by text, each text once, in no particular order.
pub(crate) struct Groups<V> {
    shards: Vec<Shard<V>>,
}

impl<V: Copy + Default + Send + Sync> Gathering<V> {
    /// Without texts.
    pub(crate) fn new() -> Self {
        let shard =
            || Shard { slots: vec![Slot::default(); FIRST_SLOTS], texts: 0, arena: Vec::new() };
        Self { shards: std::iter::repeat_with(|| Mutex::new(shard())).take(SHARDS).collect() }
    }

    /// Gives each of the `cells` of `buffer` to `take`: its place, and the value of its text, which is
    /// `None` where the text is not UTF-8. The cells come in no particular order.
    pub(crate) fn update(
        &self,
        buffer: &[u8],
        cells: &[Cell],
        sorter: &mut Sorter,
        mut take: impl FnMut(usize, Option<&mut V>),
    ) {
        let ends = sorter.sort(buffer, cells);
        let mut start = 0;
        for (shard, end) in self.shards.iter().zip(ends) {
            let probes = &sorter.sorted[start..end];
            start = end;
            if !probes.is_empty() {
                let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
                shard.visit(buffer, cells, probes, &mut take);
            }
        }
    }

    /// What was gathered.
    pub(crate) fn finish(self) -> Groups<V> {
        let shards = self.shards.into_iter();
        Groups {
            shards: shards
                .map(|shard| shard.into_inner().unwrap_or_else(PoisonError::into_inner))
                .collect(),
        }
    }
}

impl Sorter {
    /// Sorts the texts of `cells` by shard; gives where the texts of each shard end.
    fn sort(&mut self, buffer: &[u8], cells: &[Cell]) -> [usize; SHARDS] {
        let mut ends = [0; SHARDS];
        self.found.clear();
        self.found.extend((0_u32..).zip(cells).map(|(place, cell)| {
            let key = Key::of_cell(buffer, *cell);
            let probe = Probe::new(cell.of(buffer), key, place);
            ends[shard_of(&probe)] += 1;
            probe
        }));
        let mut next = [0; SHARDS];
        let mut total = 0;
        for (next, end) in next.iter_mut().zip(&mut ends) {
            *next = total;
            total += *end;
            *end = total;
        }
        self.sorted.resize(cells.len(), Probe::default());
        for probe in &self.found {
            let next = &mut next[shard_of(probe)];
            self.sorted[*next] = *probe;
            *next += 1;
        }
        ends
    }
}

/// The upper bits of the hash choose the shard, since the lower ones choose the slot in it.
#[inline]
fn shard_of(probe: &Probe) -> usize {
    (probe.hash >> (u64::BITS - SHARDS.ilog2())) as usize
}

impl<V: Copy + Default> Shard<V> {
    fn visit(
        &mut self,
        buffer: &[u8],
        cells: &[Cell],
        probes: &[Probe],
        take: &mut impl FnMut(usize, Option<&mut V>),
    ) {
        for probes in probes.chunks(BATCH) {
            for probe in probes {
                prefetch(&self.slots, self.first_slot(probe.hash));
            }
            for probe in probes {
                let place = probe.place as usize;
                let first = self.first_slot(probe.hash);
                let key = self.slots[first].key;
                let slot = if key == probe.key && !key.is_none() {
                    Some(first)
                } else {
                    self.find_or_insert(cells[place].of(buffer), probe)
                };
                take(place, slot.map(|slot| &mut self.slots[slot].value));
            }
        }
    }

    #[inline]
    fn first_slot(&self, hash: u64) -> usize {
        hash as usize & (self.slots.len() - 1)
    }

    /// The slot of `text`, new or known; `None` where it is not UTF-8.
    fn find_or_insert(&mut self, text: &[u8], probe: &Probe) -> Option<usize> {
        let mut slot = self.first_slot(probe.hash);
        while !self.slots[slot].key.is_none() {
            if self.slots[slot].key.is_of(text, probe.inline(), &self.arena) {
                return Some(slot);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        if std::str::from_utf8(text).is_err() {
            return None;
        }
        self.texts += 1;
        if self.texts * 2 > self.slots.len() {
            self.grow();
            slot = self.free_slot(probe.hash);
        }
        let key = probe.inline().unwrap_or_else(|| Key::put(text, &mut self.arena));
        self.slots[slot] = Slot { key, value: V::default() };
        Some(slot)
    }

    fn free_slot(&self, hash: u64) -> usize {
        let mut slot = self.first_slot(hash);
        while !self.slots[slot].key.is_none() {
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        slot
    }

    fn grow(&mut self) {
        let slots = vec![Slot::default(); self.slots.len() * 2];
        for slot in std::mem::replace(&mut self.slots, slots) {
            if !slot.key.is_none() {
                let free = self.free_slot(slot.key.hash(&self.arena));
                self.slots[free] = slot;
            }
        }
    }

    /// The slots that hold a text.
    fn filled(&self) -> impl Iterator<Item = &Slot<V>> {
        self.slots.iter().filter(|slot| !slot.key.is_none())
    }
}

impl<V: Copy + Default + Send + Sync> Groups<V> {
    /// How many texts there are.
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.texts).sum()
    }

    /// Puts `value` in the place of that of `text`, where there is such a text.
    pub(crate) fn replace(&mut self, text: &[u8], value: V) {
        let cell = Cell { start: 0, len: text.len() as u32 };
        let probe = Probe::new(text, Key::of_cell(text, cell), 0);
        let shard = &mut self.shards[shard_of(&probe)];
        let mut slot = shard.first_slot(probe.hash);
        while !shard.slots[slot].key.is_none() {
            if shard.slots[slot].key.is_of(text, probe.inline(), &shard.arena) {
                shard.slots[slot].value = value;
                return;
            }
            slot = (slot + 1) & (shard.slots.len() - 1);
        }
    }

    /// Calls `visit` with every text and its value.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(&str, &V)) {
        let mut scratch = [0; 16];
        for shard in &self.shards {
            for slot in shard.filled() {
                visit(slot.key.text(&shard.arena, &mut scratch), &slot.value);
            }
        }
    }

    /// The texts whose values `keep` keeps, in the order of their bytes, and these values.
    pub(crate) fn into_sorted(self, keep: impl Fn(&V) -> bool + Sync) -> (Texts, Vec<V>) {
        let kept = |shard: &Shard<V>| shard.filled().filter(|slot| keep(&slot.value)).count();
        let counts: Vec<usize> = self.shards.par_iter().map(kept).collect();
        // Long texts leave their places empty; the empty texts come first and are cut off.
        let mut short = vec![(ShortText::default(), V::default()); counts.iter().sum()];
        let mut rest = &mut short[..];
        let mut parts = Vec::with_capacity(SHARDS);
        for (shard, count) in self.shards.iter().zip(counts) {
            let (part, others) = rest.split_at_mut(count);
            parts.push((shard, part));
            rest = others;
        }
        let mut long: Vec<(&str, V)> = parts
            .into_par_iter()
            .flat_map_iter(|(shard, part)| {
                let mut places = part.iter_mut();
                let slots = shard.filled().filter(|slot| keep(&slot.value));
                let long = slots.filter_map(|slot| match slot.key.short() {
                    Some(short) => {
                        if let Some(place) = places.next() {
                            *place = (short, slot.value);
                        }
                        None
                    }
                    None => Some((slot.key.long_text(&shard.arena), slot.value)),
                });
                long.collect::<Vec<_>>()
            })
            .collect();
        short.par_sort_unstable_by_key(|(text, _)| *text);
        long.par_sort_unstable_by_key(|(text, _)| *text);
        let short = &short[long.len()..];

        let chunks: Vec<Texts> = short
            .par_chunks(CHUNK)
            .map(|chunk| {
                let (mut texts, mut scratch) = (Texts::default(), [0; 16]);
                for (text, _) in chunk {
                    texts.push(Some(text.text(&mut scratch)));
                }
                texts
            })
            .collect();
        let mut texts = Texts::default();
        for chunk in &chunks {
            texts.append(chunk);
        }
        let values: Vec<V> = short.par_iter().map(|(_, value)| *value).collect();
        if long.is_empty() { (texts, values) } else { merged(&texts, &values, &long) }
    }
}

/// The short texts and the long ones together, in the order of their bytes.
fn merged<V: Copy>(short: &Texts, values: &[V], long: &[(&str, V)]) -> (Texts, Vec<V>) {
    let (mut texts, mut all) = (Texts::default(), Vec::with_capacity(values.len() + long.len()));
    let mut long = long.iter().peekable();
    for (at, value) in values.iter().enumerate() {
        let text = short.get(at).unwrap_or_default();
        while let Some((before, value)) = long.next_if(|(long, _)| *long < text) {
            texts.push(Some(before));
            all.push(*value);
        }
        texts.push(Some(text));
        all.push(*value);
    }
    for (text, value) in long {
        texts.push(Some(text));
        all.push(*value);
    }
    (texts, all)
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

#[cfg(test)]
mod tests {
    use super::{Gathering, Sorter};
    use crate::collections::short_text::Cell;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn batches_count_like_a_map(
            batches in prop::collection::vec(prop::collection::vec("[a-c\\x00é]{0,20}", 0..200), 0..4),
        ) {
            let gathering = Gathering::<u32>::new();
            std::thread::scope(|scope| {
                for texts in &batches {
                    let gathering = &gathering;
                    scope.spawn(move || {
                        let buffer = texts.concat().into_bytes();
                        let mut start = 0;
                        let cells = texts.iter().map(|text| {
                            let cell = Cell { start, len: text.len() as u32 };
                            start += cell.len;
                            cell
                        });
                        let cells: Vec<Cell> = cells.collect();
                        gathering.update(&buffer, &cells, &mut Sorter::default(), |_, count| {
                            *count.expect("the texts are UTF-8") += 1;
                        });
                    });
                }
            });
            let groups = gathering.finish();
            let mut oracle = BTreeMap::<&str, u32>::new();
            for text in batches.iter().flatten() {
                *oracle.entry(text).or_default() += 1;
            }
            prop_assert_eq!(groups.len(), oracle.len());
            oracle.retain(|_, count| *count > 1);
            let (texts, counts) = groups.into_sorted(|count| *count > 1);
            let found: Vec<(&str, u32)> =
                counts.iter().enumerate().map(|(at, count)| (texts.get(at).unwrap(), *count)).collect();
            prop_assert_eq!(found, oracle.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_have_no_value() {
        let gathering = Gathering::<u32>::new();
        let mut values = Vec::new();
        let cells = [Cell { start: 0, len: 1 }, Cell { start: 1, len: 1 }];
        gathering.update(b"\xFFa", &cells, &mut Sorter::default(), |place, value| {
            values.push((place, value.is_some()));
        });
        values.sort_unstable();
        assert_eq!(values, [(0, false), (1, true)]);
        assert_eq!(gathering.finish().len(), 1);
    }
}
