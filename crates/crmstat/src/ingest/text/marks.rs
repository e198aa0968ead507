//! Bytes of a kind in windows of 64, by the widest comparisons that the processor has.

#![expect(
    clippy::inline_always,
    reason = "inlined, it is compiled for the processor of the caller"
)]

/// A bit for each byte of a window that is the given byte.
pub(super) trait Matches: Copy {
    fn matches(self, window: &[u8; 64], byte: u8) -> u64;
}

/// Work that is the same whatever finds the bytes; see [`with_matches`].
pub(super) trait Work {
    type Output;

    /// Must be inlined, so that it is compiled for the processor that [`with_matches`] has found.
    fn run(self, matches: impl Matches) -> Self::Output;
}

/// The windows of `bytes`, the last of them filled up with zeros.
#[inline(always)]
pub(super) fn windows(
    bytes: &[u8],
    mut take: impl FnMut(u32, &[u8; 64]) -> Option<()>,
) -> Option<()> {
    let (windows, rest) = bytes.as_chunks::<64>();
    let mut last = [0; 64];
    last[..rest.len()].copy_from_slice(rest);
    // One place that takes them: only there is it compiled for the processor that was found.
    for index in 0..=windows.len() {
        take(index as u32 * 64, windows.get(index).unwrap_or(&last))?;
    }
    Some(())
}

/// Does `work` with the widest comparisons that the processor has.
#[inline]
pub(super) fn with_matches<W: Work>(work: W) -> W::Output {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("popcnt")
    {
        // SAFETY: the processor has what `avx2::run` is compiled for.
        return unsafe { avx2::run(work) };
    }
    work.run(Plain)
}

/// Comparisons of 16 bytes.
#[derive(Clone, Copy)]
struct Plain;

impl Matches for Plain {
    #[inline(always)]
    fn matches(self, window: &[u8; 64], byte: u8) -> u64 {
        let mut mask = 0;
        for (group, bytes) in window.as_chunks::<16>().0.iter().enumerate() {
            mask |= u64::from(matches_16(bytes, byte)) << (16 * group);
        }
        mask
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn matches_16(bytes: &[u8; 16], byte: u8) -> u16 {
    use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_movemask_epi8, _mm_set_epi64x, _mm_set1_epi8};
    let number = u128::from_le_bytes(*bytes);
    // SAFETY: these need SSE2, which every x86-64 has, and touch no memory.
    unsafe {
        let bytes = _mm_set_epi64x((number >> 64) as i64, number as i64);
        _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte as i8))) as u16
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn matches_16(bytes: &[u8; 16], byte: u8) -> u16 {
    bytes.iter().enumerate().fold(0, |mask, (at, found)| mask | u16::from(*found == byte) << at)
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{Matches, Work};
    use std::arch::x86_64::{__m256i, _mm256_cmpeq_epi8, _mm256_movemask_epi8, _mm256_set1_epi8};

    /// Comparisons of 32 bytes. Made by [`run`] alone.
    #[derive(Clone, Copy)]
    struct Wide(());

    impl Matches for Wide {
        #[inline(always)]
        fn matches(self, window: &[u8; 64], byte: u8) -> u64 {
            // SAFETY: only `run` makes a `Wide`, so the processor has AVX2; bytes of any alignment are loaded, 64 of 64.
            unsafe {
                let sought = _mm256_set1_epi8(byte as i8);
                let [first, second] = std::mem::transmute::<[u8; 64], [__m256i; 2]>(*window);
                let (first, second) =
                    (_mm256_cmpeq_epi8(first, sought), _mm256_cmpeq_epi8(second, sought));
                let low = u64::from(_mm256_movemask_epi8(first).cast_unsigned());
                low | u64::from(_mm256_movemask_epi8(second).cast_unsigned()) << 32
            }
        }
    }

    #[target_feature(enable = "avx2,bmi1,popcnt")]
    pub(super) fn run<W: Work>(work: W) -> W::Output {
        work.run(Wide(()))
    }
}

/// Puts the places of the bits of `found`, counted from `from`, into `marks` from `count` on; gives where the next
/// ones go. What stands in `marks` behind them is of no use.
#[inline(always)]
pub(super) fn put(mut found: u64, from: u32, marks: &mut [u32], count: usize) -> usize {
    let end = count + found.count_ones() as usize;
    // Eight at a time: a test for each would be guessed wrong once a window.
    let mut places = marks[count..].as_chunks_mut::<8>().0.iter_mut();
    while found != 0
        && let Some(places) = places.next()
    {
        for place in places {
            *place = from + found.trailing_zeros();
            found &= found.wrapping_sub(1);
        }
    }
    end
}

/// Room behind the marks of a text for what [`put`] writes beyond them.
pub(super) const ROOM: usize = 64;
