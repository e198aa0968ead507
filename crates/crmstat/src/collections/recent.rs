//! What was worked out for the cells of a column, by their bytes.
//!
//! Columns of labels hold few texts over and over. Trimming one, looking whether it says that there is nothing, and
//! finding it in a dictionary costs more than comparing it with the last one of its hash.

use crate::collections::short_text::{Cell, hash_cell};

/// Cells that are remembered at a time: a power of two.
const SLOTS: usize = 256;
/// The longest cell that is remembered: a slot fills a cache line.
const LONGEST: usize = 59;

/// The codes of cells that were seen lately.
#[derive(Clone, Debug)]
pub(crate) struct RecentCodes {
    slots: Vec<Slot>,
    /// The number of the input whose cells they are.
    input: usize,
}

#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Slot {
    code: u32,
    /// The length and one; 0 is no cell.
    len: u8,
    bytes: [u8; LONGEST],
}

impl Slot {
    const NONE: Self = Self { code: 0, len: 0, bytes: [0; LONGEST] };
}

impl RecentCodes {
    /// Without cells.
    pub(crate) fn new() -> Self {
        Self { slots: vec![Slot::NONE; SLOTS], input: 0 }
    }

    /// Forgets the cells of other inputs: there, equal cells may mean something else.
    pub(crate) fn begin(&mut self, input: usize) {
        if self.input != input {
            self.input = input;
            self.slots.fill(Slot::NONE);
        }
    }

    /// The code of `cell` of `buffer`: that of an equal one that was seen lately, or what `work_out` gives.
    #[inline]
    pub(crate) fn code(
        &mut self,
        buffer: &[u8],
        cell: Cell,
        work_out: impl FnOnce(&[u8]) -> u32,
    ) -> u32 {
        let text = cell.of(buffer);
        if text.len() > LONGEST {
            return work_out(text);
        }
        let slot = &mut self.slots[hash_cell(buffer, cell) as usize % SLOTS];
        if usize::from(slot.len) == text.len() + 1 && slot.bytes[..text.len()] == *text {
            return slot.code;
        }
        let code = work_out(text);
        (slot.code, slot.len) = (code, text.len() as u8 + 1);
        slot.bytes[..text.len()].copy_from_slice(text);
        code
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, RecentCodes};
    use crate::collections::short_text::Cell;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn codes_are_those_of_the_texts_whatever_was_seen_before(
            texts in prop::collection::vec((0_usize..400, 0_usize..70), 1..600),
        ) {
            let (mut recent, mut codes) = (RecentCodes::new(), BTreeMap::<String, u32>::new());
            for (number, length) in texts {
                let text = format!("{number:0length$}");
                let next = codes.len() as u32;
                let expected = *codes.entry(text.clone()).or_insert(next);
                let cell = Cell { start: 0, len: text.len() as u32 };
                let code = recent.code(text.as_bytes(), cell, |own| {
                    assert_eq!(own, text.as_bytes());
                    expected
                });
                prop_assert_eq!(code, expected);
            }
        }
    }

    #[test]
    fn an_equal_cell_is_not_worked_out_again() {
        let (mut recent, mut worked_out) = (RecentCodes::new(), 0);
        for text in ["", "East", "East", "", &"x".repeat(LONGEST), &"x".repeat(LONGEST)] {
            let cell = Cell { start: 0, len: text.len() as u32 };
            recent.code(text.as_bytes(), cell, |_| {
                worked_out += 1;
                worked_out
            });
        }
        assert_eq!(worked_out, 3);
    }
}
