//! Lloyd's algorithm, exact, with work saved where the outcome is certain.

use super::distance;
use super::exact::{self, Scale};
use super::screen::{Centres, Frame, Screen};
use super::vector::LANES;
use crate::matrix::Matrix;
use crate::{Error, Result};
use rayon::prelude::*;

/// Rows that one task handles: their labels and margins stay in the first-level cache.
const CHUNK: usize = 4096;

/// Products per row (`k × columns`) from which keeping margins costs less than comparing again.
const MARGINS_PAY: usize = 128;

/// One undecided row in so many is the most that is packed on its own: packing a row costs about as much
/// as comparing this many that lie packed already.
const SPARSE: usize = 16;

/// Loss of a margin in one subtraction, above what rounding can add.
const SHRINK: f32 = 1.0 - 1.0 / 4_194_304.0;

/// The label of a row before the first step.
const NOWHERE: u32 = u32::MAX;

/// Rows with weights, made ready once for any number of runs.
pub(super) struct Data<'a> {
    matrix: Matrix<'a>,
    weights: Option<&'a [f64]>,
    middle: Vec<f64>,
    scales: Vec<Scale>,
    weight_scale: Scale,
    frame: Frame,
    screen: Screen,
    mean_variance: f64,
}

/// What a run of Lloyd's algorithm ended with.
pub(super) struct Run {
    /// The centres, row after row.
    pub(super) centres: Vec<f64>,
    /// The nearest centre of each row.
    pub(super) labels: Vec<u32>,
    /// The weight of each cluster.
    pub(super) weights: Vec<f64>,
    /// The weighted sum of squared distances to the nearest centre.
    pub(super) inertia: f64,
    /// Steps done.
    pub(super) iterations: usize,
    /// Whether the labels stood still or the centres moved less than the tolerance.
    pub(super) converged: bool,
}

/// The sums of the rows of each cluster, in quanta.
#[derive(Clone)]
struct Sums {
    columns: usize,
    values: Vec<i128>,
    weights: Vec<i128>,
}

impl Sums {
    fn zero(k: usize, columns: usize) -> Self {
        Self { columns, values: vec![0; k * columns], weights: vec![0; k] }
    }

    fn merge(mut self, other: &Self) -> Self {
        self.values.iter_mut().zip(&other.values).for_each(|(sum, value)| *sum += value);
        self.weights.iter_mut().zip(&other.weights).for_each(|(sum, value)| *sum += value);
        self
    }

    /// Moves row `index` of `data` from one cluster to another.
    fn shift(&mut self, data: &Data<'_>, index: usize, from: u32, to: u32) {
        let weight = data.weight(index);
        let columns = self.columns;
        let (to, from) = (to as usize, (from != NOWHERE).then_some(from as usize));
        for (column, value) in data.matrix.row(index).iter().enumerate() {
            let centred = (value - data.middle[column]) * weight;
            let quanta = i128::from(data.scales[column].quantise(centred));
            self.values[to * columns + column] += quanta;
            if let Some(from) = from {
                self.values[from * columns + column] -= quanta;
            }
        }
        let quanta = i128::from(data.weight_scale.quantise(weight));
        self.weights[to] += quanta;
        if let Some(from) = from {
            self.weights[from] -= quanta;
        }
    }
}

/// What the rows carry from step to step.
struct State {
    labels: Vec<u32>,
    /// By how much the nearest centre is surely nearer than any other, in the frame's unit.
    margins: Vec<f32>,
    sums: Sums,
}

impl<'a> Data<'a> {
    /// Reads `matrix` (at least one row) and `weights` (one per row, not negative, not all 0).
    pub(super) fn new(matrix: Matrix<'a>, weights: Option<&'a [f64]>) -> Self {
        let columns = matrix.columns();
        let (low, high) = ranges(matrix);
        let reach_from = |centre: &[f64]| -> Vec<f64> {
            (0..columns).map(|i| (high[i] - centre[i]).max(centre[i] - low[i])).collect()
        };
        // The middle of a column's range, rounded so coarsely that the difference to a value of the
        // column is exact for integers and for anything else of few digits.
        let middle: Vec<f64> = low
            .iter()
            .zip(&high)
            .map(|(low, high)| {
                let grid = Scale::for_bound((high.abs().max(low.abs())) * f64::from(1 << 30));
                grid.value(i128::from(grid.quantise(f64::midpoint(*low, *high))))
            })
            .collect();
        let reach = reach_from(&middle);
        let (mean, mean_variance) = moments(matrix, &middle, &reach);
        let widest = reach_from(&mean).into_iter().fold(0.0, f64::max);
        let frame = Frame::new(mean, widest);
        let screen = Screen::pack(&frame, matrix);
        let heaviest = weights.map_or(1.0, |weights| weights.iter().copied().fold(0.0, f64::max));
        let scales = reach.iter().map(|reach| Scale::for_bound(reach * heaviest)).collect();
        let weight_scale = Scale::for_bound(heaviest);
        Self { matrix, weights, middle, scales, weight_scale, frame, screen, mean_variance }
    }

    /// The mean of the columns' variances: the unit of the tolerance, as in scikit-learn.
    pub(super) fn mean_variance(&self) -> f64 {
        self.mean_variance
    }

    /// Runs Lloyd's algorithm from the centres `start` until the labels stand still, the squared shift
    /// of all centres is at most `tolerance`, or `iterations` steps are done.
    ///
    /// The steps and their order are those of scikit-learn's `_kmeans_single_lloyd`.
    pub(super) fn run(&self, start: &[f64], iterations: usize, tolerance: f64) -> Result<Run> {
        let (rows, columns) = (self.matrix.rows(), self.matrix.columns());
        let k = start.len() / columns;
        let mut state = State {
            labels: vec![NOWHERE; rows],
            margins: vec![0.0; rows],
            sums: Sums::zero(k, columns),
        };
        let mut centres = start.to_vec();
        let mut losses = vec![0.0; k];
        let (mut step, mut still, mut settled) = (0, false, false);
        while step < iterations && !still && !settled {
            still = !self.assign(&mut state, &centres, &losses);
            let moved = self.means(&state, &centres)?;
            let shifts: Vec<f64> = centres
                .chunks_exact(columns)
                .zip(moved.chunks_exact(columns))
                .map(|(old, new)| distance::squared(old, new))
                .collect();
            settled = shifts.iter().sum::<f64>() <= tolerance;
            losses = self.losses(&shifts);
            centres = moved;
            step += 1;
        }
        if !still {
            // The labels must be those of the centres returned.
            self.assign(&mut state, &centres, &losses);
        }
        let inertia = exact::sum(&self.squared_distances(&state.labels, &centres, true));
        let weights = state.sums.weights.iter().map(|&sum| self.weight_scale.value(sum)).collect();
        Ok(Run {
            centres,
            labels: state.labels,
            weights,
            inertia,
            iterations: step,
            converged: still || settled,
        })
    }

    /// Labels every row by its nearest centre; says whether a label changed.
    ///
    /// `losses` is what the last move of the centres took from the margin of each cluster's rows.
    fn assign(&self, state: &mut State, centres: &[f64], losses: &[f32]) -> bool {
        let columns = self.matrix.columns();
        let step = Step {
            data: self,
            centres,
            packed: Centres::pack(&self.frame, centres),
            losses,
            margins_pay: centres.len() >= MARGINS_PAY,
            // Below this margin the rounding of `f64` distances could speak too.
            floor: columns as f32 * 2.0_f32.powi(-40),
        };
        let zero = || (Sums::zero(losses.len(), columns), false);
        let (moved, changed) = state
            .labels
            .par_chunks_mut(CHUNK)
            .zip(state.margins.par_chunks_mut(CHUNK))
            .enumerate()
            .fold(zero, |(mut sums, changed), (chunk, (labels, margins))| {
                let here = step.chunk(chunk * CHUNK, labels, margins, &mut sums);
                (sums, changed | here)
            })
            .reduce(zero, |a, b| (a.0.merge(&b.0), a.1 | b.1));
        let sums = std::mem::replace(&mut state.sums, Sums::zero(0, columns));
        state.sums = sums.merge(&moved);
        changed
    }

    /// The means of the clusters; an empty cluster takes the row farthest from its centre.
    fn means(&self, state: &State, centres: &[f64]) -> Result<Vec<f64>> {
        let columns = self.matrix.columns();
        let empty: Vec<u32> = (0_u32..)
            .zip(&state.sums.weights)
            .filter(|(_, weight)| **weight == 0)
            .map(|(cluster, _)| cluster)
            .collect();
        let relocated;
        let sums = if empty.is_empty() {
            &state.sums
        } else {
            let mut sums = state.sums.clone();
            for (cluster, row) in empty.iter().zip(self.farthest(state, centres, empty.len())?) {
                sums.shift(self, row, state.labels[row], *cluster);
            }
            relocated = sums;
            &relocated
        };
        let mut means = centres.to_vec();
        for (cluster, mean) in means.chunks_exact_mut(columns).enumerate() {
            // A cluster that lost all its weight to relocation keeps its centre.
            if sums.weights[cluster] > 0 {
                let weight = self.weight_scale.value(sums.weights[cluster]);
                for (column, mean) in mean.iter_mut().enumerate() {
                    let sum = self.scales[column].value(sums.values[cluster * columns + column]);
                    *mean = self.middle[column] + sum / weight;
                }
            }
        }
        Ok(means)
    }

    /// The `count` rows of some weight that are farthest from their centres, farthest first; of rows
    /// equally far the one with the lexicographically smaller values, so that row order is no matter.
    fn farthest(&self, state: &State, centres: &[f64], count: usize) -> Result<Vec<usize>> {
        let distances = self.squared_distances(&state.labels, centres, false);
        let mut rows: Vec<usize> = (0..distances.len())
            .filter(|&row| distances[row] > 0.0 && self.weight(row) > 0.0)
            .collect();
        if rows.len() < count {
            let k = centres.len() / self.matrix.columns();
            return Err(Error::data(format!("fewer than {k} distinct rows for {k} clusters"))
                .with_hint("ask for fewer clusters"));
        }
        let farther = |a: &usize, b: &usize| {
            distances[*b].total_cmp(&distances[*a]).then_with(|| {
                let values = |row: usize| self.matrix.row(row).iter();
                values(*a).partial_cmp(values(*b)).unwrap_or(std::cmp::Ordering::Equal)
            })
        };
        rows.select_nth_unstable_by(count - 1, farther);
        rows.truncate(count);
        rows.sort_unstable_by(farther);
        Ok(rows)
    }

    /// The squared distance of each row to the centre of its label, times its weight if `weighted`.
    fn squared_distances(&self, labels: &[u32], centres: &[f64], weighted: bool) -> Vec<f64> {
        let columns = self.matrix.columns();
        (0..self.matrix.rows())
            .into_par_iter()
            .with_min_len(CHUNK)
            .map(|row| {
                let centre = &centres[labels[row] as usize * columns..][..columns];
                let weight = if weighted { self.weight(row) } else { 1.0 };
                weight * distance::squared(self.matrix.row(row), centre)
            })
            .collect()
    }

    /// What a margin may lose to these squared shifts: the shift of the row's own centre and the
    /// largest among the others, by the triangle inequality.
    fn losses(&self, shifts: &[f64]) -> Vec<f32> {
        let largest_other = |own: usize| {
            let others = shifts.iter().enumerate().filter(|(cluster, _)| *cluster != own);
            others.map(|(_, shift)| *shift).fold(0.0, f64::max)
        };
        (0..shifts.len())
            .map(|own| self.frame.length(shifts[own].sqrt() + largest_other(own).sqrt()))
            .collect()
    }

    fn weight(&self, index: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[index])
    }
}

/// One assignment step, the same for every chunk of rows.
struct Step<'a> {
    data: &'a Data<'a>,
    centres: &'a [f64],
    packed: Centres,
    losses: &'a [f32],
    margins_pay: bool,
    floor: f32,
}

impl Step<'_> {
    /// Labels the rows from `first` on, adds what moved to `sums`, says whether anything did.
    fn chunk(
        &self,
        first: usize,
        labels: &mut [u32],
        margins: &mut [f32],
        sums: &mut Sums,
    ) -> bool {
        let mut changed = false;
        let mut nearest = Vec::new();
        if self.margins_pay && labels[0] != NOWHERE {
            let undecided = self.undecided(labels, margins);
            if undecided.len() < labels.len() / SPARSE {
                let mut block = Screen::one_block(self.data.matrix.columns());
                for group in undecided.chunks(LANES) {
                    let rows = group.iter().map(|offset| first + offset);
                    block.repack(&self.data.frame, self.data.matrix, rows);
                    block.nearest(0..1, &self.packed, &mut nearest);
                    let found = nearest[0];
                    for (lane, &offset) in group.iter().enumerate() {
                        margins[offset] = found.margin[lane];
                        let label =
                            self.decide(first + offset, found.index[lane], found.margin[lane]);
                        changed |= self.label(first + offset, &mut labels[offset], label, sums);
                    }
                }
                return changed;
            }
        }
        let blocks = first / LANES..(first + labels.len()).div_ceil(LANES);
        self.data.screen.nearest(blocks, &self.packed, &mut nearest);
        let groups = labels.chunks_mut(LANES).zip(margins.chunks_mut(LANES)).zip(&nearest);
        for (group, ((labels, margins), found)) in groups.enumerate() {
            margins.copy_from_slice(&found.margin[..margins.len()]);
            // Most blocks stay as they are, which two comparisons of vectors say.
            let same = *labels == found.index[..labels.len()];
            let certain = found.margin.iter().copied().fold(f32::INFINITY, f32::min) > 0.0;
            if same && certain {
                continue;
            }
            for (lane, label) in labels.iter_mut().enumerate() {
                let row = first + group * LANES + lane;
                let decided = self.decide(row, found.index[lane], found.margin[lane]);
                changed |= self.label(row, label, decided, sums);
            }
        }
        changed
    }

    /// The rows of a chunk whose label the centres' last move may have changed.
    fn undecided(&self, labels: &[u32], margins: &mut [f32]) -> Vec<usize> {
        let mut undecided = Vec::new();
        for (offset, (label, margin)) in labels.iter().zip(margins).enumerate() {
            *margin = *margin * SHRINK - self.losses[*label as usize];
            if *margin <= self.floor {
                undecided.push(offset);
            }
        }
        undecided
    }

    /// The label of a row for which the screen found `index` by `margin`.
    fn decide(&self, row: usize, index: u32, margin: f32) -> u32 {
        if margin > 0.0 {
            return index;
        }
        distance::nearest(self.data.matrix.row(row), self.centres).0
    }

    /// Gives row `row` the label `found`.
    fn label(&self, row: usize, label: &mut u32, found: u32, sums: &mut Sums) -> bool {
        if *label == found {
            return false;
        }
        sums.shift(self.data, row, *label, found);
        *label = found;
        true
    }
}

/// The least and the greatest value of each column.
fn ranges(matrix: Matrix<'_>) -> (Vec<f64>, Vec<f64>) {
    let columns = matrix.columns();
    let none = || (vec![f64::INFINITY; columns], vec![f64::NEG_INFINITY; columns]);
    matrix
        .values()
        .par_chunks(CHUNK * columns)
        .map(|rows| {
            let (mut low, mut high) = none();
            for row in rows.chunks_exact(columns) {
                for (column, &value) in row.iter().enumerate() {
                    low[column] = if value < low[column] { value } else { low[column] };
                    high[column] = if value > high[column] { value } else { high[column] };
                }
            }
            (low, high)
        })
        .reduce(none, |(mut low, mut high), (other_low, other_high)| {
            low.iter_mut().zip(other_low).for_each(|(a, b)| *a = a.min(b));
            high.iter_mut().zip(other_high).for_each(|(a, b)| *a = a.max(b));
            (low, high)
        })
}

/// The mean of each column and the mean of their variances, for values within `reach` of `middle`.
fn moments(matrix: Matrix<'_>, middle: &[f64], reach: &[f64]) -> (Vec<f64>, f64) {
    let columns = matrix.columns();
    let first: Vec<Scale> = reach.iter().map(|reach| Scale::for_bound(*reach)).collect();
    let second: Vec<Scale> = reach.iter().map(|reach| Scale::for_bound(reach * reach)).collect();
    let zero = || (vec![0_i128; columns], vec![0_i128; columns]);
    let (sums, squares) = matrix
        .values()
        .par_chunks(CHUNK * columns)
        .fold(zero, |(mut sums, mut squares), rows| {
            // A chunk's sum of quanta below 2⁵⁰ stays below 2⁶².
            let (mut sum, mut square) = (vec![0_i64; columns], vec![0_i64; columns]);
            for row in rows.chunks_exact(columns) {
                for (column, value) in row.iter().enumerate() {
                    let centred = value - middle[column];
                    sum[column] += first[column].quantise(centred);
                    square[column] += second[column].quantise(centred * centred);
                }
            }
            sums.iter_mut().zip(sum).for_each(|(total, part)| *total += i128::from(part));
            squares.iter_mut().zip(square).for_each(|(total, part)| *total += i128::from(part));
            (sums, squares)
        })
        .reduce(zero, |(mut sums, mut squares), (other_sums, other_squares)| {
            sums.iter_mut().zip(other_sums).for_each(|(a, b)| *a += b);
            squares.iter_mut().zip(other_squares).for_each(|(a, b)| *a += b);
            (sums, squares)
        });
    let rows = matrix.rows() as f64;
    let shift: Vec<f64> = (0..columns).map(|i| first[i].value(sums[i]) / rows).collect();
    let variances = (0..columns).map(|i| {
        let variance = second[i].value(squares[i]) / rows - shift[i] * shift[i];
        variance.max(0.0)
    });
    let mean_variance = variances.sum::<f64>() / columns as f64;
    let mean = shift.iter().zip(middle).map(|(shift, middle)| middle + shift).collect();
    (mean, mean_variance)
}
