//! A set of small whole numbers in pages of bits: the ids of orders mostly are such numbers, and mostly dense.

/// Bits of a page: 8 KiB.
const PAGE: u64 = 1 << 16;
/// What a set may take besides the eight bytes that a hash of each of its numbers would.
const FREE: u64 = 4 << 20;

type Page = [u64; PAGE as usize / 64];

/// A set that knows whether a number was put into it twice.
#[derive(Debug, Default)]
pub(crate) struct NumberSet {
    pages: Vec<Option<Box<Page>>>,
    held: u64,
    numbers: u64,
    has_repeat: bool,
}

impl NumberSet {
    /// The first number that is too large: the list of pages stays within 2 MiB.
    pub(crate) const END: u64 = 1 << 34;

    /// Puts in `number`, which is below [`NumberSet::END`].
    #[inline]
    pub(crate) fn insert(&mut self, number: u64) {
        self.numbers += 1;
        let at = (number / PAGE) as usize;
        if !matches!(self.pages.get(at), Some(Some(_))) {
            self.page(at);
        }
        let Some(Some(page)) = self.pages.get_mut(at) else { return };
        let bit = 1 << (number % 64);
        let word = &mut page[(number % PAGE / 64) as usize];
        self.has_repeat |= *word & bit != 0;
        *word |= bit;
    }

    #[cold]
    fn page(&mut self, at: usize) -> &mut Page {
        if self.pages.len() <= at {
            self.pages.resize_with(at + 1, || None);
        }
        self.held += 1;
        self.pages[at].insert(Box::new([0; PAGE as usize / 64]))
    }

    /// Whether the numbers lie so far apart that a hash of each would take less.
    pub(crate) fn is_sparse(&self) -> bool {
        self.held * (PAGE / 8) > 8 * self.numbers + FREE
    }

    /// Whether a number was put in twice.
    pub(crate) fn has_repeat(&self) -> bool {
        self.has_repeat
    }

    /// Takes in the numbers of `other`.
    pub(crate) fn merge(&mut self, other: Self) {
        self.numbers += other.numbers;
        self.has_repeat |= other.has_repeat;
        for (at, theirs) in other.pages.into_iter().enumerate() {
            let Some(theirs) = theirs else { continue };
            match self.pages.get_mut(at) {
                Some(Some(mine)) => {
                    for (mine, theirs) in mine.iter_mut().zip(*theirs) {
                        self.has_repeat |= *mine & theirs != 0;
                        *mine |= theirs;
                    }
                }
                _ => *self.page(at) = *theirs,
            }
        }
    }

    /// Its numbers in rising order, each once.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u64> {
        let pages = (0..).zip(&self.pages);
        pages.filter_map(|(at, page)| Some((at, page.as_ref()?))).flat_map(|(at, page)| {
            (0..).zip(page.iter()).flat_map(move |(place, word)| {
                (0..64)
                    .filter(move |bit| word >> bit & 1 == 1)
                    .map(move |bit| at * PAGE + place * 64 + bit)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::NumberSet;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn it_is_a_set_that_knows_of_repeats(
            parts in prop::collection::vec(prop::collection::vec(0_u64..1 << 20, 0..60), 1..4),
        ) {
            let (mut all, mut oracle, mut has_repeat) = (NumberSet::default(), BTreeSet::new(), false);
            for part in &parts {
                let mut set = NumberSet::default();
                for number in part {
                    set.insert(*number);
                    has_repeat |= !oracle.insert(*number);
                }
                all.merge(set);
            }
            prop_assert_eq!(all.has_repeat(), has_repeat);
            prop_assert!(all.iter().eq(oracle));
        }
    }

    #[test]
    fn numbers_far_apart_are_sparse() {
        let of = |step: u64, count: u64| {
            let mut set = NumberSet::default();
            (0..count).for_each(|number| set.insert(number * step));
            set.is_sparse()
        };
        assert!(!of(1, 100_000) && !of(977, 100) && of(1 << 20, 2_000));
    }
}
