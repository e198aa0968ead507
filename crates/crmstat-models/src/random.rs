//! The one source of randomness: xoshiro256++ (Blackman and Vigna, 2019), seeded by the caller.
//!
//! A stream per item keeps results independent of the number of threads: item `i` of a run draws from
//! [`stream`]`(seed, i)` whichever thread works on it.

use rand_xoshiro::{Xoshiro256PlusPlus, rand_core::SeedableRng};

/// The generator behind every random choice.
pub type Generator = Xoshiro256PlusPlus;

/// The generator of `seed`.
pub fn generator(seed: u64) -> Generator {
    Generator::seed_from_u64(seed)
}

/// The generator of item `index` in a run seeded with `seed`.
pub fn stream(seed: u64, index: u64) -> Generator {
    // SplitMix64's finaliser spreads neighbouring indices over the whole seed space.
    let mut mixed = index.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    Generator::seed_from_u64(seed ^ mixed ^ (mixed >> 31))
}
