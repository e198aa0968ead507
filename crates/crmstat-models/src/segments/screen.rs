//! Which centre is nearest, by fast arithmetic that knows its own error.
//!
//! Rows and centres are copied once to `f32`, shifted to the mean and scaled to at most 1. A block of
//! [`LANES`] rows lies transposed, so that one vector holds one column of all of them, and is compared
//! with [`TILE`] centres at a time through `½|c|² − x·c`, which orders centres as the distance does.
//! From the best and the second-best score follows a [`Nearest::margin`]. A row with
//! a positive one is decided; any other is left to `super::distance`. So the labels are those of the
//! `f64` distance whatever instructions ran here, and this module is free to use all that a processor
//! has: see `super::vector`.
//!
//! # Error bound
//! Write `u = 2⁻²⁴`, `D_j = |x − c_j|`, and `t_j = (D_j² − |x|²) / 2` for the exact score. Rounding `x`
//! and `c` to `f32` and summing `d` products, fused or not, errs by at most
//! `(d + 4) u (|x||c_j| + ½|c_j|²)` (Higham 2002, eq. 3.5). As `|c_j| ≤ |x| + D_j`, that is at most
//! `κ (|x|² + D_j²)` with `κ = 2.5 (d + 4) u`: it depends on the row and on how near the centre is, not
//! on a far centre's norm. Solving for the exact gap between any two candidates, with the computed
//! second-best distance in place of both, costs a factor below 8.

#![expect(
    clippy::inline_always,
    reason = "the loop is compiled once for each set of instructions, within the function enabling it"
)]

use super::exact::power_of_two_above;
#[cfg(target_arch = "x86_64")]
use super::vector::{Avx2, Avx512};
use super::vector::{LANES, Lanes, Vector};
use crate::matrix::Matrix;
use rayon::prelude::*;

/// Centres compared at a time; their sums and a column of the block fit AVX2's 16 registers.
const TILE: usize = 4;

/// The score of a centre that only fills a tile: above any real score, and its square is finite.
const NEVER: f32 = 1e18;

/// The farthest coordinate of a centre that is compared: rows reach to 1, and the square of this is well
/// below [`NEVER`] in any number of columns that fits memory.
const FAR: f64 = 1e4;

/// Keeps the error bound above the rounding of numbers too small for `f32`'s normal range.
const TINY: f32 = 1e-36;

/// Takes a margin's own rounding to the safe side.
const ROUNDED_DOWN: f32 = 1.0 - 1e-5;

/// How `f64` rows map to `f32`: subtract the column's mean, multiply by one power of two.
#[derive(Debug)]
pub(super) struct Frame {
    mean: Vec<f64>,
    unit: f64,
}

impl Frame {
    /// The frame of rows that lie around `mean` by at most `reach` in any column.
    pub(super) fn new(mean: Vec<f64>, reach: f64) -> Self {
        Self { mean, unit: libm::ldexp(1.0, -power_of_two_above(reach)) }
    }

    /// A distance in the caller's unit as one in the frame, rounded up.
    pub(super) fn length(&self, distance: f64) -> f32 {
        (distance * self.unit * (1.0 + 1e-6)) as f32
    }

    /// Writes `row` into one lane of a block and returns its squared norm.
    fn pack(&self, row: &[f64], block: &mut [Lanes], lane: usize) -> f32 {
        let mut norm = 0.0_f32;
        for ((value, mean), lanes) in row.iter().zip(&self.mean).zip(block) {
            let framed = ((value - mean) * self.unit) as f32;
            lanes.0[lane] = framed;
            norm += framed * framed;
        }
        norm
    }
}

/// Rows in blocks, ready to be compared with centres.
pub(super) struct Screen {
    columns: usize,
    blocks: Vec<Lanes>,
    norms: Vec<f32>,
}

impl Screen {
    /// Packs all rows of `matrix`; the last block is filled up with rows of zeros.
    pub(super) fn pack(frame: &Frame, matrix: Matrix<'_>) -> Self {
        let columns = matrix.columns();
        let padded = matrix.rows().div_ceil(LANES) * LANES;
        let mut blocks = vec![Lanes([0.0; LANES]); padded / LANES * columns];
        let mut norms = vec![0.0; padded];
        blocks
            .par_chunks_mut(columns)
            .zip(norms.par_chunks_mut(LANES))
            .zip(matrix.values().par_chunks(LANES * columns))
            .with_min_len(256)
            .for_each(|((block, norms), rows)| {
                for (lane, row) in rows.chunks_exact(columns).enumerate() {
                    norms[lane] = frame.pack(row, block, lane);
                }
            });
        Self { columns, blocks, norms }
    }

    /// Packs the rows `indices` of `matrix`, at most [`LANES`], over what this one block held.
    pub(super) fn repack(
        &mut self,
        frame: &Frame,
        matrix: Matrix<'_>,
        indices: impl Iterator<Item = usize>,
    ) {
        for (lane, index) in indices.enumerate() {
            self.norms[lane] = frame.pack(matrix.row(index), &mut self.blocks, lane);
        }
    }

    /// One block of zeros, to be repacked.
    pub(super) fn one_block(columns: usize) -> Self {
        Self { columns, blocks: vec![Lanes([0.0; LANES]); columns], norms: vec![0.0; LANES] }
    }

    /// Compares the blocks `range` with `centres`, one result per block.
    pub(super) fn nearest(
        &self,
        range: std::ops::Range<usize>,
        centres: &Centres,
        nearest: &mut Vec<Nearest>,
    ) {
        nearest.clear();
        let blocks = Blocks {
            columns: self.columns,
            values: &self.blocks[range.start * self.columns..range.end * self.columns],
            norms: &self.norms[range.start * LANES..range.end * LANES],
        };
        compare(&blocks, &centres.tiles, nearest);
    }
}

/// Centres in tiles: for each tile the half norms, then column by column the negated coordinates.
pub(super) struct Centres {
    tiles: Vec<[f32; TILE]>,
}

impl Centres {
    /// Packs `centres`, rows of the frame's columns.
    ///
    /// A start may lie anywhere. Where a centre is beyond [`FAR`], all are packed as zeros: scores that
    /// are equal leave every row to `super::distance`.
    pub(super) fn pack(frame: &Frame, centres: &[f64]) -> Self {
        let columns = frame.mean.len();
        let framed: Vec<f64> = centres
            .chunks_exact(columns)
            .flat_map(|centre| centre.iter().zip(&frame.mean))
            .map(|(value, mean)| (value - mean) * frame.unit)
            .collect();
        let reach = if framed.iter().all(|value| value.abs() <= FAR) { 1.0 } else { 0.0 };
        let tiles = framed
            .chunks(TILE * columns)
            .flat_map(|tile| {
                let mut packed = vec![[0.0_f32; TILE]; columns + 1];
                packed[0] = [NEVER; TILE];
                for (lane, centre) in tile.chunks_exact(columns).enumerate() {
                    let half_norm = centre.iter().map(|value| value * value).sum::<f64>() / 2.0;
                    packed[0][lane] = (reach * half_norm) as f32;
                    for (packed, value) in packed[1..].iter_mut().zip(centre) {
                        packed[lane] = (reach * -value) as f32;
                    }
                }
                packed
            })
            .collect();
        Self { tiles }
    }
}

/// What the screen says of each row of a block.
#[derive(Clone, Copy)]
pub(super) struct Nearest {
    /// The index of the centre with the best score.
    pub(super) index: [u32; LANES],
    /// By how much that centre is surely nearer than any other, in the frame's unit; if this is not
    /// positive, the screen cannot tell.
    pub(super) margin: [f32; LANES],
}

/// A run of blocks to be compared with tiles.
struct Blocks<'a> {
    columns: usize,
    values: &'a [Lanes],
    norms: &'a [f32],
}

/// Compares blocks with tiles by the widest instructions that this processor has.
fn compare(blocks: &Blocks<'_>, tiles: &[[f32; TILE]], nearest: &mut Vec<Nearest>) {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has just been seen to have the feature.
            return unsafe { compare_avx512(blocks, tiles, nearest) };
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: the processor has just been seen to have both features.
            return unsafe { compare_avx2(blocks, tiles, nearest) };
        }
    }
    // SAFETY: `Lanes` runs on any processor.
    unsafe { compare_with::<Lanes>(blocks, tiles, nearest) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn compare_avx512(blocks: &Blocks<'_>, tiles: &[[f32; TILE]], nearest: &mut Vec<Nearest>) {
    // SAFETY: this function enables what `Avx512` needs.
    unsafe { compare_with::<Avx512>(blocks, tiles, nearest) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn compare_avx2(blocks: &Blocks<'_>, tiles: &[[f32; TILE]], nearest: &mut Vec<Nearest>) {
    // SAFETY: this function enables what `Avx2` needs.
    unsafe { compare_with::<Avx2>(blocks, tiles, nearest) }
}

/// The comparison itself.
///
/// # Safety
/// The processor must have the instructions of `V`, and the caller must enable them.
#[inline(always)]
unsafe fn compare_with<V: Vector>(
    blocks: &Blocks<'_>,
    tiles: &[[f32; TILE]],
    nearest: &mut Vec<Nearest>,
) {
    let (norms, _) = blocks.norms.as_chunks::<LANES>();
    for (block, norms) in blocks.values.chunks_exact(blocks.columns).zip(norms) {
        // SAFETY: the caller's promise.
        let (best, second, index) = unsafe { best_two::<V>(block, tiles) };
        nearest.push(Nearest {
            index: index.0.map(|index| index as u32),
            margin: margins(norms, &best.0, &second.0, blocks.columns),
        });
    }
}

/// The best score of each row of `block`, the second best, and whose the best is.
///
/// # Safety
/// As [`compare_with`].
#[inline(always)]
unsafe fn best_two<V: Vector>(block: &[Lanes], tiles: &[[f32; TILE]]) -> (Lanes, Lanes, Lanes) {
    // SAFETY: the caller's promise covers every operation of `V`.
    unsafe {
        let mut best = V::splat(NEVER);
        let mut second = V::splat(NEVER);
        // An `f32` counts centres exactly up to 2²⁴, the greatest `k`.
        let mut index = V::splat(0.0);
        let mut this = 0.0;
        for tile in tiles.chunks_exact(block.len() + 1) {
            let mut scores = [V::splat(0.0); TILE];
            for (score, half_norm) in scores.iter_mut().zip(tile[0]) {
                *score = V::splat(half_norm);
            }
            for (lanes, coordinates) in block.iter().zip(&tile[1..]) {
                let values = V::load(lanes);
                for (score, coordinate) in scores.iter_mut().zip(coordinates) {
                    *score = values.multiply_add(V::splat(*coordinate), *score);
                }
            }
            for score in scores {
                second = second.min(best.max(score));
                index = score.if_less(best, V::splat(this), index);
                best = best.min(score);
                this += 1.0;
            }
        }
        (best.store(), second.store(), index.store())
    }
}

/// The margins of rows with these squared norms and scores.
#[inline(always)]
fn margins(
    norms: &[f32; LANES],
    best: &[f32; LANES],
    second: &[f32; LANES],
    columns: usize,
) -> [f32; LANES] {
    // The module's bound with its factor of 8.
    let error_rate = 8.0 * 2.5 * (columns + 4) as f32 * (f32::EPSILON / 2.0);
    let mut margin = [0.0; LANES];
    for lane in 0..LANES {
        let near = (norms[lane] + 2.0 * best[lane]).max(0.0);
        let far = (norms[lane] + 2.0 * second[lane]).max(0.0);
        let error = error_rate * (norms[lane] + far) + TINY;
        // D₂ − D₁ = (D₂² − D₁²) / (D₂ + D₁), each part taken on its unfavourable side.
        let numerator = 2.0 * (second[lane] - best[lane] - error);
        let denominator = (near + error).sqrt() + (far + error).sqrt();
        margin[lane] = numerator / denominator * ROUNDED_DOWN;
    }
    margin
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::generator;
    use crate::segments::distance;
    use proptest::prelude::*;
    use rand::RngExt;

    /// What each set of instructions that this processor has says of all rows.
    fn verdicts(screen: &Screen, centres: &Centres) -> Vec<Vec<Nearest>> {
        let blocks =
            Blocks { columns: screen.columns, values: &screen.blocks, norms: &screen.norms };
        let mut all = vec![Vec::new()];
        // SAFETY: `Lanes` runs on any processor.
        unsafe { compare_with::<Lanes>(&blocks, &centres.tiles, &mut all[0]) };
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                all.push(Vec::new());
                // SAFETY: the processor has both features.
                unsafe { compare_avx2(&blocks, &centres.tiles, all.last_mut().unwrap()) };
            }
            if is_x86_feature_detected!("avx512f") {
                all.push(Vec::new());
                // SAFETY: the processor has the feature.
                unsafe { compare_avx512(&blocks, &centres.tiles, all.last_mut().unwrap()) };
            }
        }
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn what_is_certain_is_true_on_any_processor(
            seed in any::<u64>(),
            columns in 1_usize..20,
            k in 1_usize..12,
            offset in prop::sample::select(vec![0.0, 1e3, 1e9]),
            // Small steps put centres so close together that the screen must doubt.
            step in prop::sample::select(vec![1.0, 1e-3, 1e-6]),
            far in prop::sample::select(vec![1.0, 1e3, 1e30]),
        ) {
            let mut random = generator(seed);
            let mut draw = |count: usize, step: f64| -> Vec<f64> {
                (0..count).map(|_| offset + step * (random.random::<f64>() - 0.5)).collect()
            };
            let rows = draw(37 * columns, 1.0);
            let mut centres = draw(k * columns, step);
            centres[0] *= far;
            let matrix = Matrix::new(&rows, columns).unwrap();
            let frame = Frame::new(vec![offset; columns], 0.5);
            let screen = Screen::pack(&frame, matrix);
            for verdict in verdicts(&screen, &Centres::pack(&frame, &centres)) {
                for (index, row) in matrix.each_row().enumerate() {
                    let margin = verdict[index / LANES].margin[index % LANES];
                    prop_assert!(!margin.is_nan());
                    if margin > 0.0 {
                        let (nearest, squared) = distance::nearest(row, &centres);
                        prop_assert_eq!(verdict[index / LANES].index[index % LANES], nearest);
                        let distances = centres.chunks(columns).map(|c| distance::squared(row, c));
                        let others = distances.enumerate().filter(|(j, _)| *j != nearest as usize);
                        let second = others.map(|(_, squared)| squared).fold(f64::INFINITY, f64::min);
                        let apart = (second.sqrt() - squared.sqrt()) * frame.unit;
                        prop_assert!(f64::from(margin) <= apart, "{margin} {apart}");
                    }
                }
            }
        }
    }

    #[test]
    fn clear_cases_are_certain() {
        let rows: Vec<f64> = (0..40).map(|row| f64::from(row % 2)).collect();
        let frame = Frame::new(vec![0.5], 0.5);
        let screen = Screen::pack(&frame, Matrix::new(&rows, 1).unwrap());
        for verdict in verdicts(&screen, &Centres::pack(&frame, &[1.0, 0.0])) {
            assert!(verdict[..2].iter().all(|block| block.margin.iter().all(|m| *m > 0.9)));
            assert_eq!(verdict[0].index[..4], [1, 0, 1, 0]);
        }
    }
}
