//! Sixteen `f32` at a time, by whatever instructions the caller was compiled for.
//!
//! The compiler does not keep arrays of sums in vector registers by itself (it takes them apart into
//! scalars), so the few operations that the screen needs are spelt out: once for AVX-512, once for
//! AVX2 with FMA, once in plain Rust for any machine.

#![expect(
    clippy::inline_always,
    reason = "an operation that stays a call is compiled without the caller's instructions"
)]

/// Lanes of a vector.
pub(super) const LANES: usize = 16;

/// One number of each of [`LANES`] rows, aligned to the widest vector.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(super) struct Lanes(pub(super) [f32; LANES]);

/// A vector of [`LANES`] numbers.
///
/// # Safety
/// The methods of an implementation may be called only on a processor with the instructions that the
/// implementation names. They are inlined into a function that enables those.
pub(super) unsafe trait Vector: Copy {
    /// The same number in each lane.
    unsafe fn splat(value: f32) -> Self;
    /// The lanes from memory.
    unsafe fn load(lanes: &Lanes) -> Self;
    /// The lanes to memory.
    unsafe fn store(self) -> Lanes;
    /// `self × factor + addend`, rounded once or twice.
    unsafe fn multiply_add(self, factor: Self, addend: Self) -> Self;
    /// The smaller of each pair.
    unsafe fn min(self, other: Self) -> Self;
    /// The greater of each pair.
    unsafe fn max(self, other: Self) -> Self;
    /// `yes` where `self < other`, `no` elsewhere.
    unsafe fn if_less(self, other: Self, yes: Self, no: Self) -> Self;
}

// SAFETY: plain Rust runs on any processor.
unsafe impl Vector for Lanes {
    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Self([value; LANES])
    }

    #[inline(always)]
    unsafe fn load(lanes: &Lanes) -> Self {
        *lanes
    }

    #[inline(always)]
    unsafe fn store(self) -> Lanes {
        self
    }

    #[inline(always)]
    unsafe fn multiply_add(self, factor: Self, addend: Self) -> Self {
        Self(std::array::from_fn(|lane| self.0[lane] * factor.0[lane] + addend.0[lane]))
    }

    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        Self(std::array::from_fn(|lane| self.0[lane].min(other.0[lane])))
    }

    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        Self(std::array::from_fn(|lane| self.0[lane].max(other.0[lane])))
    }

    #[inline(always)]
    unsafe fn if_less(self, other: Self, yes: Self, no: Self) -> Self {
        Self(std::array::from_fn(|lane| {
            if self.0[lane] < other.0[lane] { yes.0[lane] } else { no.0[lane] }
        }))
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86_64::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
mod x86_64 {
    use super::{Lanes, Vector};
    use std::arch::x86_64::{
        __m256, __m512, _CMP_LT_OQ, _mm256_blendv_ps, _mm256_cmp_ps, _mm256_fmadd_ps,
        _mm256_load_ps, _mm256_max_ps, _mm256_min_ps, _mm256_set1_ps, _mm256_store_ps,
        _mm512_cmp_ps_mask, _mm512_fmadd_ps, _mm512_load_ps, _mm512_mask_blend_ps, _mm512_max_ps,
        _mm512_min_ps, _mm512_set1_ps, _mm512_store_ps,
    };

    /// One 512-bit register; needs `avx512f`.
    #[derive(Clone, Copy)]
    pub(crate) struct Avx512(__m512);

    // SAFETY: every intrinsic below belongs to `avx512f`, and `Lanes` is aligned to 64 bytes.
    unsafe impl Vector for Avx512 {
        #[inline(always)]
        unsafe fn splat(value: f32) -> Self {
            Self(unsafe { _mm512_set1_ps(value) })
        }

        #[inline(always)]
        unsafe fn load(lanes: &Lanes) -> Self {
            Self(unsafe { _mm512_load_ps(lanes.0.as_ptr()) })
        }

        #[inline(always)]
        unsafe fn store(self) -> Lanes {
            let mut lanes = Lanes([0.0; 16]);
            unsafe { _mm512_store_ps(lanes.0.as_mut_ptr(), self.0) };
            lanes
        }

        #[inline(always)]
        unsafe fn multiply_add(self, factor: Self, addend: Self) -> Self {
            Self(unsafe { _mm512_fmadd_ps(self.0, factor.0, addend.0) })
        }

        #[inline(always)]
        unsafe fn min(self, other: Self) -> Self {
            Self(unsafe { _mm512_min_ps(self.0, other.0) })
        }

        #[inline(always)]
        unsafe fn max(self, other: Self) -> Self {
            Self(unsafe { _mm512_max_ps(self.0, other.0) })
        }

        #[inline(always)]
        unsafe fn if_less(self, other: Self, yes: Self, no: Self) -> Self {
            unsafe {
                let less = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(self.0, other.0);
                Self(_mm512_mask_blend_ps(less, no.0, yes.0))
            }
        }
    }

    /// Two 256-bit registers; needs `avx2` and `fma`.
    #[derive(Clone, Copy)]
    pub(crate) struct Avx2([__m256; 2]);

    // SAFETY: every intrinsic below belongs to `avx` or `fma`, and `Lanes` is aligned to 32 bytes.
    unsafe impl Vector for Avx2 {
        #[inline(always)]
        unsafe fn splat(value: f32) -> Self {
            Self([unsafe { _mm256_set1_ps(value) }; 2])
        }

        #[inline(always)]
        unsafe fn load(lanes: &Lanes) -> Self {
            let start = lanes.0.as_ptr();
            Self(unsafe { [_mm256_load_ps(start), _mm256_load_ps(start.add(8))] })
        }

        #[inline(always)]
        unsafe fn store(self) -> Lanes {
            let mut lanes = Lanes([0.0; 16]);
            let start = lanes.0.as_mut_ptr();
            unsafe {
                _mm256_store_ps(start, self.0[0]);
                _mm256_store_ps(start.add(8), self.0[1]);
            }
            lanes
        }

        #[inline(always)]
        unsafe fn multiply_add(self, factor: Self, addend: Self) -> Self {
            let half = |i: usize| unsafe { _mm256_fmadd_ps(self.0[i], factor.0[i], addend.0[i]) };
            Self([half(0), half(1)])
        }

        #[inline(always)]
        unsafe fn min(self, other: Self) -> Self {
            let half = |i: usize| unsafe { _mm256_min_ps(self.0[i], other.0[i]) };
            Self([half(0), half(1)])
        }

        #[inline(always)]
        unsafe fn max(self, other: Self) -> Self {
            let half = |i: usize| unsafe { _mm256_max_ps(self.0[i], other.0[i]) };
            Self([half(0), half(1)])
        }

        #[inline(always)]
        unsafe fn if_less(self, other: Self, yes: Self, no: Self) -> Self {
            let half = |i: usize| unsafe {
                let less = _mm256_cmp_ps::<_CMP_LT_OQ>(self.0[i], other.0[i]);
                _mm256_blendv_ps(no.0[i], yes.0[i], less)
            };
            Self([half(0), half(1)])
        }
    }
}
