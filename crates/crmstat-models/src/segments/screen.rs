//! Which centre is nearest, by fast arithmetic that knows its own error.
//!
//! Rows and centres are copied once to `f32`, shifted to the mean and scaled to at most 1. A block of
//! [`LANES`] rows lies transposed, so that one vector holds one column of all of them, and is compared
//! with [`TILE`] centres at a time through `½|c|² − x·c`, which orders centres as the distance does.
//! The block yields the best and the second-best score. A row whose two scores differ by more than
//! [`Screen::error`] is decided; any other is left to `super::distance`. So the labels are those of the
//! `f64` distance whatever instructions ran here, and this module is free to use all that a processor
//! has: the same loop is compiled for AVX-512, for AVX2 with FMA, and for any machine.
//!
//! # Error bound
//! Write `u = 2⁻²⁴`, `D_j = |x − c_j|`, and `t_j = (D_j² − |x|²) / 2` for the exact score. Rounding `x`
//! and `c` to `f32` and summing `d` products, fused or not, errs by at most
//! `(d + 4) u (|x||c_j| + ½|c_j|²)` (Higham 2002, eq. 3.5). As `|c_j| ≤ |x| + D_j`, that is at most
//! `κ (|x|² + D_j²)` with `κ = 2.5 (d + 4) u`: it depends on the row and on how near the centre is, not
//! on a far centre's norm. Solving for the exact gap between any two candidates, with the computed
//! second-best distance in place of both, costs a factor below 8.

use super::exact::power_of_two_above;
use crate::matrix::Matrix;
use rayon::prelude::*;

/// Rows per block: one 512-bit vector or two of 256 bits.
pub(super) const LANES: usize = 16;

/// Centres compared at a time; their sums and a column of the block fit AVX2's 16 registers.
const TILE: usize = 4;

/// The score of a centre that only fills a tile: above any real score, and its square is finite.
const NEVER: f32 = 1e18;

/// Keeps the error bound above the rounding of numbers too small for `f32`'s normal range.
const TINY: f32 = 1e-36;

/// One number of each row of a block.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(super) struct Lanes([f32; LANES]);

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
        let blocks = &self.blocks[range.start * self.columns..range.end * self.columns];
        compare(blocks, self.columns, &centres.tiles, nearest);
    }

    /// How far the scores of row `row` may be from exact, given its second-best score: the module's
    /// error bound with its factor of 8.
    pub(super) fn error(&self, row: usize, second: f32) -> f32 {
        let kappa = 2.5 * (self.columns + 4) as f32 * (f32::EPSILON / 2.0);
        8.0 * kappa * (self.norms[row] + self.squared_distance(row, second)) + TINY
    }

    /// The squared distance that belongs to a score of row `row`.
    pub(super) fn squared_distance(&self, row: usize, score: f32) -> f32 {
        (self.norms[row] + 2.0 * score).max(0.0)
    }
}

/// Centres in tiles: for each tile the half norms, then column by column the negated coordinates.
pub(super) struct Centres {
    tiles: Vec<[f32; TILE]>,
}

impl Centres {
    /// Packs `centres`, rows of the frame's columns.
    pub(super) fn pack(frame: &Frame, centres: &[f64]) -> Self {
        let columns = frame.mean.len();
        let tiles = centres
            .chunks(TILE * columns)
            .flat_map(|tile| {
                let mut packed = vec![[0.0_f32; TILE]; columns + 1];
                packed[0] = [NEVER; TILE];
                for (lane, centre) in tile.chunks_exact(columns).enumerate() {
                    let mut norm = 0.0;
                    for (column, (value, mean)) in centre.iter().zip(&frame.mean).enumerate() {
                        let framed = (value - mean) * frame.unit;
                        norm += framed * framed;
                        packed[column + 1][lane] = -framed as f32;
                    }
                    packed[0][lane] = (norm / 2.0) as f32;
                }
                packed
            })
            .collect();
        Self { tiles }
    }
}

/// The two best scores of each row of a block, and whose the best is.
#[derive(Clone, Copy)]
pub(super) struct Nearest {
    /// The lowest score.
    pub(super) best: [f32; LANES],
    /// The second lowest.
    pub(super) second: [f32; LANES],
    /// The index of the centre with the lowest.
    pub(super) index: [u32; LANES],
}

/// Compares blocks with tiles by the widest instructions that this processor has.
fn compare(blocks: &[Lanes], columns: usize, tiles: &[[f32; TILE]], nearest: &mut Vec<Nearest>) {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl") {
            // SAFETY: the function needs nothing but the two features just detected.
            return unsafe { compare_avx512(blocks, columns, tiles, nearest) };
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: the function needs nothing but the two features just detected.
            return unsafe { compare_avx2(blocks, columns, tiles, nearest) };
        }
    }
    compare_with::<false>(blocks, columns, tiles, nearest);
}

/// [`compare_with`] on 512-bit vectors.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,fma")]
fn compare_avx512(
    blocks: &[Lanes],
    columns: usize,
    tiles: &[[f32; TILE]],
    nearest: &mut Vec<Nearest>,
) {
    compare_with::<true>(blocks, columns, tiles, nearest);
}

/// [`compare_with`] on 256-bit vectors.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn compare_avx2(
    blocks: &[Lanes],
    columns: usize,
    tiles: &[[f32; TILE]],
    nearest: &mut Vec<Nearest>,
) {
    compare_with::<true>(blocks, columns, tiles, nearest);
}

/// The loop itself; `FUSED` where the instruction set has a fused multiply-add.
#[inline(always)]
fn compare_with<const FUSED: bool>(
    blocks: &[Lanes],
    columns: usize,
    tiles: &[[f32; TILE]],
    nearest: &mut Vec<Nearest>,
) {
    for block in blocks.chunks_exact(columns) {
        let mut found =
            Nearest { best: [NEVER; LANES], second: [NEVER; LANES], index: [0; LANES] };
        for (tile_index, tile) in tiles.chunks_exact(columns + 1).enumerate() {
            let mut scores = tile[0].map(|half_norm| [half_norm; LANES]);
            for (lanes, coordinates) in block.iter().zip(&tile[1..]) {
                for centre in 0..TILE {
                    for lane in 0..LANES {
                        let (x, c) = (lanes.0[lane], coordinates[centre]);
                        let score = &mut scores[centre][lane];
                        *score = if FUSED { x.mul_add(c, *score) } else { x * c + *score };
                    }
                }
            }
            for (centre, scores) in scores.iter().enumerate() {
                let index = (tile_index * TILE + centre) as u32;
                for lane in 0..LANES {
                    let (score, best) = (scores[lane], found.best[lane]);
                    let loser = if score < best { best } else { score };
                    let second = found.second[lane];
                    found.second[lane] = if loser < second { loser } else { second };
                    found.index[lane] = if score < best { index } else { found.index[lane] };
                    found.best[lane] = if score < best { score } else { best };
                }
            }
        }
        nearest.push(found);
    }
}
