//! Whether any order id is repeated, at the least cost that proves it.
//!
//! An export has one row per order or one row per line of an order, and does not say which. Remembering
//! every id would take memory by orders, though most exports are sorted by id. So a block of rows whose
//! ids strictly rise or fall is remembered by its two ends alone, and the ends are compared at the last;
//! from the first unsorted block on, ids are remembered as hashes.

use crate::collections::{
    repeat::Hashes,
    short_text::{Cell, hash_cell, hash_number},
    write_cells::push_signed,
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
    /// Remember every id as a hash, sorted or not.
    hash_all: bool,
    /// Lowest and highest id of each sorted block.
    ranges: Vec<(Ordinal, Ordinal)>,
    hashes: Hashes,
    /// Hashes of ids that are numbers.
    numbers: Hashes,
}

/// An id as a number that orders ids of one length by their bytes: the length above 15 bytes.
type Ordinal = u128;

impl OrderIds {
    /// Remembers every id, so that blocks in any order can be compared.
    pub(crate) fn hashing() -> Self {
        Self { hash_all: true, ..Self::default() }
    }

    /// Takes the ids of the rows of one block, none of them empty.
    pub(crate) fn observe(&mut self, buffer: &[u8], ids: &[Cell]) {
        if ids.is_empty() {
            return;
        }
        if !self.hash_all
            && self.hashes.is_empty()
            && self.numbers.is_empty()
            && let Some(range) = sorted_range(buffer, ids)
        {
            self.ranges.push(range);
        } else {
            self.hashes.extend(ids.iter().map(|id| hash_cell(buffer, *id)));
        }
    }

    /// As [`OrderIds::observe`] of ids that are numbers, as their digits would be.
    pub(crate) fn observe_numbers(&mut self, ids: &[i64]) {
        let mut text = Vec::new();
        let mut digits = |id: i64| {
            text.clear();
            push_signed(&mut text, id);
            let cell = Cell { start: 0, len: text.len() as u32 };
            (ordinal(&text, cell), hash_cell(&text, cell))
        };
        let (Some(&first), Some(&last)) = (ids.first(), ids.last()) else { return };
        let (low, high) = (first.min(last), first.max(last));
        let rises = ids.windows(2).all(|pair| pair[0] < pair[1]);
        let is_sorted = rises || ids.windows(2).all(|pair| pair[0] > pair[1]);
        // The digits of numbers from zero on are in the order of the numbers.
        let range = if is_sorted && low >= 0 { digits(low).0.zip(digits(high).0) } else { None };
        match range.filter(|_| !self.hash_all && self.hashes.is_empty() && self.numbers.is_empty())
        {
            Some(range) => self.ranges.push(range),
            // In the first pass numbers need no digits; where texts stand beside them, there is a second.
            None if self.hash_all => self.hashes.extend(ids.iter().map(|id| digits(*id).1)),
            None => self.numbers.extend(ids.iter().map(|id| hash_number(*id))),
        }
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
        self.numbers.append(&mut other.numbers);
        self
    }

    /// What all ids together show.
    pub(crate) fn repeats(mut self) -> Repeats {
        if !self.numbers.is_empty() && self.ranges.is_empty() && self.hashes.is_empty() {
            return if self.numbers.has_repeat() { Repeats::Possible } else { Repeats::None };
        }
        if !self.numbers.is_empty() {
            return Repeats::Unproven;
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
    use super::{Cell, OrderIds, Repeats};

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
        assert_eq!(repeats(&[&["8", "9", "10"], &["11", "12"]]), Repeats::None);
        assert_eq!(repeats(&[&["12", "11"], &["10", "9"]]), Repeats::None);
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
        assert_eq!(first(&[&[8, 9, 10]], &["10", "11"]), Repeats::Unproven);
        assert_eq!(again(&[&[8, 9, 10]], &["10", "11"]), Repeats::Possible);
        assert_eq!(first(&[&[3, 1, 2]], &["5", "1", "4"]), Repeats::Unproven);
        assert_eq!(again(&[&[3, 1, 2]], &["5", "1", "4"]), Repeats::Possible);
        assert_eq!(again(&[&[-1, 3, 2]], &["5", "1", "4"]), Repeats::None);
        assert_eq!(again(&[&[-2, -1]], &["-3", "5", "-1"]), Repeats::Possible);
    }

    #[test]
    fn a_repeated_id_is_never_missed() {
        assert_eq!(repeats(&[&["1", "1"]]), Repeats::Possible);
        assert_eq!(repeats(&[&["3", "1", "2"], &["6", "3", "4"]]), Repeats::Possible);
        assert_eq!(repeats(&[&["3", "1", "2"], &["6", "4", "5"]]), Repeats::None);
        assert_eq!(repeats(&[&["3", "1", "2"], &["1", "2", "3"]]), Repeats::Possible);
    }
}
