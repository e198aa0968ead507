//! Whether any order id is repeated, at the least cost that proves it.
//!
//! An export has one row per order or one row per line of an order, and does not say which. Remembering
//! every id would take memory by orders. Most ids are small whole numbers that lie close together: a bit each is
//! enough. Other ids mostly are sorted: a block of rows whose ids strictly rise or fall is remembered by its two
//! ends alone, and the ends are compared at the last; from the first unsorted block on, ids are remembered as hashes.

use crate::{
    collections::{
        number_set::NumberSet,
        repeat::Hashes,
        short_text::{Cell, hash_cell, hash_number},
        write_cells::push_signed,
    },
    ingest::cells::number::small_number,
};

/// What the ids of an input have shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeats {
    /// No id is repeated: each row is an order.
    None,
    /// An id may be repeated: rows must be gathered by id.
    Possible,
    /// Sorted and unsorted blocks cannot be compared; every id must be looked at again.
    Unproven,
}

/// The ids seen by one thread.
#[derive(Debug, Default)]
pub(crate) struct OrderIds {
    /// Remember every other id as a hash, sorted or not.
    hash_all: bool,
    numbers: Numbers,
    /// Lowest and highest id of each sorted block of other ids.
    ranges: Vec<(Ordinal, Ordinal)>,
    hashes: Hashes,
    /// The other ids of a block; kept to be used again.
    others: Vec<Cell>,
}

/// Ids that are small numbers.
#[derive(Debug)]
enum Numbers {
    Dense(NumberSet),
    /// They lie far apart.
    Sparse(Box<Hashes>),
}

/// An id as a number that orders ids of one length by their bytes: the length above 15 bytes.
type Ordinal = u128;

impl Default for Numbers {
    fn default() -> Self {
        Self::Dense(NumberSet::default())
    }
}

impl Numbers {
    #[inline]
    fn insert(&mut self, number: u64) {
        match self {
            Self::Dense(set) => set.insert(number),
            Self::Sparse(hashes) => hashes.push(hash_number(number.cast_signed())),
        }
    }

    /// Turns to hashes where these take less.
    fn settle(&mut self) {
        if let Self::Dense(set) = self
            && set.is_sparse()
        {
            *self = Self::Sparse(Box::new(hashed(set)));
        }
    }

    fn merge(self, other: Self) -> Self {
        match (self, other) {
            (Self::Dense(mut mine), Self::Dense(theirs)) => {
                mine.merge(theirs);
                Self::Dense(mine)
            }
            (Self::Sparse(mut mine), Self::Sparse(mut theirs)) => {
                mine.append(&mut theirs);
                Self::Sparse(mine)
            }
            (Self::Dense(set), Self::Sparse(mut hashes))
            | (Self::Sparse(mut hashes), Self::Dense(set)) => {
                hashes.append(&mut hashed(&set));
                Self::Sparse(hashes)
            }
        }
    }

    fn has_repeat(&self) -> bool {
        match self {
            Self::Dense(set) => set.has_repeat(),
            Self::Sparse(hashes) => hashes.has_repeat(),
        }
    }
}

/// The hashes of the numbers of `set`, one of them twice where one was put in twice.
fn hashed(set: &NumberSet) -> Hashes {
    let mut hashes = Hashes::default();
    let first = set.iter().next().filter(|_| set.has_repeat());
    hashes.extend(set.iter().chain(first).map(|number| hash_number(number.cast_signed())));
    hashes
}

impl OrderIds {
    /// Remembers every id, so that blocks in any order can be compared.
    pub(crate) fn hashing() -> Self {
        Self { hash_all: true, ..Self::default() }
    }

    /// Takes the ids of the rows of one block, none of them empty.
    pub(crate) fn observe(&mut self, buffer: &[u8], ids: &[Cell]) {
        let mut others = std::mem::take(&mut self.others);
        others.clear();
        for id in ids {
            match small_number(buffer, *id).filter(|number| *number < NumberSet::END) {
                Some(number) => self.numbers.insert(number),
                None => others.push(*id),
            }
        }
        self.numbers.settle();
        if !others.is_empty() {
            match sorted_range(buffer, &others).filter(|_| self.takes_ranges()) {
                Some(range) => self.ranges.push(range),
                None => self.hashes.extend(others.iter().map(|id| hash_cell(buffer, *id))),
            }
        }
        self.others = others;
    }

    /// As [`OrderIds::observe`] of ids that are numbers, as their digits would be.
    pub(crate) fn observe_numbers(&mut self, ids: &[i64]) {
        let mut others = Vec::new();
        for id in ids {
            match u64::try_from(*id).ok().filter(|number| *number < NumberSet::END) {
                Some(number) => self.numbers.insert(number),
                None => others.push(*id),
            }
        }
        self.numbers.settle();
        let mut text = Vec::new();
        let mut digits = |id: i64| {
            text.clear();
            push_signed(&mut text, id);
            let cell = Cell { start: 0, len: text.len() as u32 };
            (ordinal(&text, cell), hash_cell(&text, cell))
        };
        let (Some(&first), Some(&last)) = (others.first(), others.last()) else { return };
        let (low, high) = (first.min(last), first.max(last));
        let rises = others.windows(2).all(|pair| pair[0] < pair[1]);
        let is_sorted = rises || others.windows(2).all(|pair| pair[0] > pair[1]);
        // The digits of numbers from zero on are in the order of the numbers.
        let range = if is_sorted && low >= 0 { digits(low).0.zip(digits(high).0) } else { None };
        match range.filter(|_| self.takes_ranges()) {
            Some(range) => self.ranges.push(range),
            None => self.hashes.extend(others.iter().map(|id| digits(*id).1)),
        }
    }

    fn takes_ranges(&self) -> bool {
        !self.hash_all && self.hashes.is_empty()
    }

    /// Takes the id of one order beside those of whole blocks.
    pub(crate) fn observe_one(&mut self, id: &[u8]) {
        self.observe(id, &[Cell { start: 0, len: id.len() as u32 }]);
    }

    /// Joins the ids of two threads.
    pub(crate) fn merge(mut self, mut other: Self) -> Self {
        self.hash_all |= other.hash_all;
        self.ranges.append(&mut other.ranges);
        self.hashes.append(&mut other.hashes);
        self.numbers = self.numbers.merge(other.numbers);
        self
    }

    /// What all ids together show.
    pub(crate) fn repeats(mut self) -> Repeats {
        if self.numbers.has_repeat() {
            return Repeats::Possible;
        }
        if self.hashes.is_empty() {
            self.ranges.sort_unstable();
            let apart = self.ranges.windows(2).all(|pair| pair[0].1 < pair[1].0);
            return if apart { Repeats::None } else { Repeats::Unproven };
        }
        if !self.ranges.is_empty() {
            return Repeats::Unproven;
        }
        if self.hashes.has_repeat() { Repeats::Possible } else { Repeats::None }
    }
}

/// The lowest and the highest of ids that strictly rise or strictly fall.
fn sorted_range(buffer: &[u8], ids: &[Cell]) -> Option<(Ordinal, Ordinal)> {
    let (first, rest) = ids.split_first()?;
    let first = ordinal(buffer, *first)?;
    let Some(second) = rest.first() else { return Some((first, first)) };
    let rising = first < ordinal(buffer, *second)?;
    let mut last = first;
    for id in rest {
        let id = ordinal(buffer, *id)?;
        if id == last || (last < id) != rising {
            return None;
        }
        last = id;
    }
    Some((first.min(last), first.max(last)))
}

fn ordinal(buffer: &[u8], id: Cell) -> Option<Ordinal> {
    let (start, len) = (id.start as usize, id.len as usize);
    if len == 0 || len > 15 {
        return None;
    }
    let bytes = match buffer.get(start..).and_then(|rest| rest.first_chunk::<16>()) {
        Some(bytes) => *bytes,
        None => {
            let mut bytes = [0; 16];
            bytes[..len].copy_from_slice(id.of(buffer));
            bytes
        }
    };
    Some(u128::from_be_bytes(bytes) >> (8 * (16 - len)) | (len as u128) << 120)
}

#[cfg(test)]
mod tests {
    use super::{Cell, Numbers, OrderIds, Repeats};

    fn repeats(blocks: &[&[&str]]) -> Repeats {
        let mut all = OrderIds::default();
        for block in blocks {
            let buffer = block.concat().into_bytes();
            let mut start = 0;
            let cells: Vec<Cell> = block
                .iter()
                .map(|id| {
                    let cell = Cell { start, len: id.len() as u32 };
                    start += cell.len;
                    cell
                })
                .collect();
            all.observe(&buffer, &cells);
        }
        all.repeats()
    }

    #[test]
    fn sorted_ids_need_no_memory_of_each() {
        assert_eq!(repeats(&[&["O8", "O9", "O10"], &["O11", "O12"]]), Repeats::None);
        assert_eq!(repeats(&[&["O12", "O11"], &["O10", "O9"]]), Repeats::None);
        assert_eq!(repeats(&[&["O1", "O2"], &["O2", "O3"]]), Repeats::Unproven);
    }

    #[test]
    fn numbers_are_seen_as_their_digits() {
        let seen = |mut all: OrderIds, blocks: &[&[i64]], text: &[&str]| {
            for block in blocks {
                all.observe_numbers(block);
            }
            let buffer = text.concat().into_bytes();
            let mut start = 0;
            let cells = text.iter().map(|id| {
                let cell = Cell { start, len: id.len() as u32 };
                start += cell.len;
                cell
            });
            all.observe(&buffer, &cells.collect::<Vec<_>>());
            all.repeats()
        };
        let first = |blocks: &[&[i64]], text: &[&str]| seen(OrderIds::default(), blocks, text);
        let again = |blocks: &[&[i64]], text: &[&str]| seen(OrderIds::hashing(), blocks, text);
        assert_eq!(first(&[&[8, 9, 10], &[30, 12]], &["31", "32"]), Repeats::None);
        assert_eq!(first(&[&[3, 1, 2], &[7, 6, 8]], &[]), Repeats::None);
        assert_eq!(first(&[&[3, 1, 2], &[7, 3, 8]], &[]), Repeats::Possible);
        assert_eq!(first(&[&[8, 9, 10]], &["10", "11"]), Repeats::Possible);
        assert_eq!(first(&[&[8, 9, 10]], &["010", "11"]), Repeats::None);
        assert_eq!(again(&[&[3, 1, 2]], &["5", "1", "4"]), Repeats::Possible);
        assert_eq!(again(&[&[-1, 3, 2]], &["5", "1", "4"]), Repeats::None);
        assert_eq!(again(&[&[-2, -1]], &["-3", "5", "-1"]), Repeats::Possible);
        let large = 1 << 40;
        assert_eq!(first(&[&[large, large + 1]], &["1099511627777", "5"]), Repeats::Unproven);
        assert_eq!(again(&[&[large, large + 1]], &["1099511627777", "5"]), Repeats::Possible);
    }

    #[test]
    fn numbers_far_apart_are_remembered_as_hashes() {
        let far = |number: i64| number * 7_919_999;
        let mut ids = OrderIds::default();
        ids.observe_numbers(&(0..1_500).map(far).collect::<Vec<_>>());
        assert!(matches!(ids.numbers, Numbers::Sparse(_)));
        let mut dense = OrderIds::default();
        dense.observe_numbers(&[1, 2, 3]);
        assert_eq!(ids.merge(dense).repeats(), Repeats::None);
        let (mut ids, mut twice) = (OrderIds::default(), OrderIds::default());
        ids.observe_numbers(&(0..1_500).map(far).collect::<Vec<_>>());
        twice.observe_numbers(&[1, far(1_000)]);
        assert_eq!(ids.merge(twice).repeats(), Repeats::Possible);
    }

    #[test]
    fn a_repeated_id_is_never_missed() {
        assert_eq!(repeats(&[&["1", "1"]]), Repeats::Possible);
        assert_eq!(repeats(&[&["3", "1", "2"], &["6", "3", "4"]]), Repeats::Possible);
        assert_eq!(repeats(&[&["3", "1", "2"], &["6", "4", "5"]]), Repeats::None);
        assert_eq!(repeats(&[&["3", "1", "2"], &["1", "2", "3"]]), Repeats::Possible);
    }
}
