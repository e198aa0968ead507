//! Values by text, gathered by all threads in one table.
//!
//! The table is cut into shards by the hash of the text, each behind its own lock. A thread sorts the
//! texts of a batch by shard and takes the shards in turn: a lock is held for some dozens of texts, each
//! text stands in memory once whatever the number of threads, and nothing is left to be joined.

use crate::{
    intern::{Cell, Interner, Probe},
    output::Texts,
};
use rayon::prelude::*;
use std::sync::{Mutex, PoisonError};

/// Shards: enough that two threads rarely meet in one, few enough that a batch has work for each.
const SHARDS: usize = 64;
/// Customers whose texts and values are put together at a time.
const CHUNK: usize = 1 << 14;

/// Values by text while they are gathered.
pub(crate) struct Gathering<V> {
    shards: Vec<Mutex<Interner<V>>>,
}

/// What one thread needs to sort the texts of a batch by shard; used again for the next batch.
#[derive(Default)]
pub(crate) struct Sorter {
    found: Vec<Probe>,
    sorted: Vec<Probe>,
}

/// Values by text, each text once, in no particular order.
pub(crate) struct Groups<V> {
    shards: Vec<Interner<V>>,
}

impl<V: Copy + Default + Send + Sync> Gathering<V> {
    /// Without texts.
    pub(crate) fn new() -> Self {
        Self {
            shards: std::iter::repeat_with(|| Mutex::new(Interner::new())).take(SHARDS).collect(),
        }
    }

    /// Gives the value of each of the `cells` of `buffer` to `take`, with the cell's place and its text's
    /// value; the value is `None` where the text is not UTF-8. The cells come in no particular order.
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
                shard.visit(buffer, cells, probes, |place, _, value| take(place, value));
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
            let probe = Probe::new(buffer, *cell, place);
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

/// The upper bits choose the shard, since the lower ones choose the place in it.
fn shard_of(probe: &Probe) -> usize {
    (probe.hash() >> (u64::BITS - SHARDS.ilog2())) as usize
}

impl<V: Copy + Default + Send + Sync> Groups<V> {
    /// How many texts there are.
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(Interner::len).sum()
    }

    /// Calls `visit` with every text and its value.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(&str, &V)) {
        let mut scratch = [0; 16];
        for shard in &self.shards {
            for id in 0..shard.len() as u32 {
                visit(shard.text(id, &mut scratch), shard.value(id));
            }
        }
    }

    /// The texts whose values `keep` keeps, in the order of their bytes, and their values.
    pub(crate) fn into_sorted(self, keep: impl Fn(&V) -> bool + Sync) -> (Texts, Vec<V>) {
        let mut order: Vec<(u128, u32, u32)> = (0_u32..)
            .zip(&self.shards)
            .collect::<Vec<_>>()
            .into_par_iter()
            .flat_map_iter(|(number, shard)| {
                let kept = (0..shard.len() as u32).filter(|id| keep(shard.value(*id)));
                kept.map(move |id| (shard.sort_prefix(id), number, id))
            })
            .collect();
        order.par_sort_unstable_by(|left, right| {
            left.0.cmp(&right.0).then_with(|| {
                // Only long texts can share their first 15 bytes and the length mark.
                let long =
                    |entry: &(u128, u32, u32)| self.shards[entry.1 as usize].long_text(entry.2);
                long(left).cmp(long(right))
            })
        });
        let chunks: Vec<(Texts, Vec<V>)> = order
            .par_chunks(CHUNK)
            .map(|chunk| {
                let (mut texts, mut scratch) = (Texts::default(), [0; 16]);
                let values = chunk.iter().map(|(prefix, number, id)| {
                    let shard = &self.shards[*number as usize];
                    texts.push(Some(shard.text_of(*prefix, *id, &mut scratch)));
                    *shard.value(*id)
                });
                let values = values.collect();
                (texts, values)
            })
            .collect();
        let (mut texts, mut values) = (Texts::default(), Vec::with_capacity(order.len()));
        for (chunk, its_values) in chunks {
            texts.append(&chunk);
            values.extend(its_values);
        }
        (texts, values)
    }
}

#[cfg(test)]
mod tests {
    use super::{Gathering, Sorter};
    use crate::intern::Cell;
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
