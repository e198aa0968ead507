//! Parallel work whose result does not depend on the number of threads.
//!
//! Items are cut into chunks of a fixed size, independent of how many threads there are; the chunks'
//! results are combined in the order of the chunks.

use rayon::prelude::*;

/// Applies `map` to every chunk of `0..len` of at most `chunk` items and returns the results in order.
///
/// # Panics
/// When `chunk` is zero.
pub fn map_chunks<T: Send>(
    len: usize,
    chunk: usize,
    map: impl Fn(std::ops::Range<usize>) -> T + Sync,
) -> Vec<T> {
    assert!(chunk > 0, "a chunk has at least one item");
    // One chunk is not worth the way to another thread.
    if (1..=chunk).contains(&len) {
        return vec![map(0..len)];
    }
    (0..len.div_ceil(chunk))
        .into_par_iter()
        .map(|index| map(index * chunk..len.min((index + 1) * chunk)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::map_chunks;

    #[test]
    fn chunks_cover_everything_once_and_in_order() {
        let parts = map_chunks(10, 4, Iterator::collect::<Vec<_>>);
        assert_eq!(parts.concat(), (0..10).collect::<Vec<_>>());
        assert!(map_chunks(0, 4, |range| range.start).is_empty());
    }
}
