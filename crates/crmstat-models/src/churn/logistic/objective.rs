//! The penalised log-loss of a sample with its gradient and Hessian, in standardised columns.
//!
//! Coordinates: `θ₀` is the intercept at the columns' means, `θⱼ = βⱼ sⱼ` the coefficient per standard
//! deviation. Every pass cuts the rows into chunks of a fixed size and merges them in order, so the
//! result does not depend on the number of threads.
//!
//! The passes are compiled twice, for any processor and for one with AVX2: the same operations in the same
//! order, four at a time instead of two, so that both give the same bits. What they do with each row of a block
//! is a loop, since a closure given to `map` or `from_fn` is compiled without the caller's instructions.

#![expect(
    clippy::inline_always,
    reason = "a step that stays a call is compiled without the caller's instructions"
)]

use super::columns::Columns;
use crate::churn::probability::{dot, exp_of_negative};
use crate::churn::{Rows, Sample};
use crate::parallel::map_chunks;
use std::ops::Range;

/// Rows per chunk: enough to pay for the merge, few enough to share 100,000 rows between many threads.
const CHUNK: usize = 1024;
/// Rows taken together, so that each sum is loaded and stored once for all of them.
const BLOCK: usize = 8;
/// Columns of the Hessian whose sums stay in registers together.
const LANES: usize = 8;
/// Rows of the Hessian whose sums stay in registers together.
const TILE: usize = 4;

/// The loss to minimise: `Σ wᵢ ln(1 + exp(−yᵢ ηᵢ)) + Σ ridgeⱼ θⱼ² / 2 + Σ lassoⱼ |θⱼ|`.
#[derive(Clone)]
pub(super) struct Objective<'a> {
    rows: Rows<'a>,
    labels: &'a [bool],
    weights: Option<&'a [f64]>,
    columns: &'a Columns,
    /// Of this many blocks of rows, one takes part.
    step: usize,
    /// The L2 factor of each standardised coefficient.
    pub(super) ridge: Vec<f64>,
    /// The L1 factor of each standardised coefficient.
    pub(super) lasso: Vec<f64>,
}

/// The objective with its derivatives at one point.
pub(super) struct Expansion {
    pub(super) value: f64,
    pub(super) gradient: Vec<f64>,
    /// By rows, symmetric, `width + 1` on a side.
    pub(super) hessian: Vec<f64>,
}

impl<'a> Objective<'a> {
    pub(super) fn new(
        sample: Sample<'a>,
        columns: &'a Columns,
        ridge: Vec<f64>,
        lasso: Vec<f64>,
    ) -> Self {
        Self {
            rows: sample.rows(),
            labels: sample.labels(),
            weights: sample.weights(),
            columns,
            step: 1,
            ridge,
            lasso,
        }
    }

    /// The same objective of every `step`-th block of the rows.
    pub(super) fn sampled(&self, step: usize) -> Self {
        Self { step, ..self.clone() }
    }

    /// The weight of the rows that take part.
    pub(super) fn total_weight(&self) -> f64 {
        let blocks = self.blocks(0..self.rows.len());
        let rows = blocks.flat_map(|(first, rows)| first..first + rows.len() / self.rows.width());
        rows.map(|row| self.weight(row)).sum()
    }

    /// The number of rows.
    pub(super) fn rows(&self) -> usize {
        self.rows.len()
    }

    /// The number of coordinates: the intercept and one per column.
    pub(super) fn size(&self) -> usize {
        self.rows.width() + 1
    }

    /// The objective at `theta`, with its gradient (of the smooth part) written to `gradient`.
    pub(super) fn evaluate(&self, theta: &[f64], gradient: &mut [f64]) -> f64 {
        let (offset, slopes) = self.line(theta);
        let sums = merge(map_chunks(self.rows.len(), CHUNK * self.step, |range| {
            self.evaluate_chunk(offset, &slopes, range)
        }));
        gradient[0] = sums[1];
        let columns = self.columns.means.iter().zip(&self.columns.scales);
        for ((target, sum), (mean, scale)) in gradient[1..].iter_mut().zip(&sums[2..]).zip(columns)
        {
            *target = (sum - sums[1] * mean) / scale;
        }
        sums[0] + self.penalise(theta, gradient)
    }

    /// The loss, the sum of the residuals and their products with the columns, of some rows.
    fn evaluate_chunk(&self, offset: f64, slopes: &[f64], range: Range<usize>) -> Vec<f64> {
        #[cfg(target_arch = "x86_64")]
        if std::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2.
            return unsafe { self.evaluate_chunk_avx2(offset, slopes, range) };
        }
        self.evaluate_chunk_here(offset, slopes, range)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn evaluate_chunk_avx2(&self, offset: f64, slopes: &[f64], range: Range<usize>) -> Vec<f64> {
        self.evaluate_chunk_here(offset, slopes, range)
    }

    #[inline(always)]
    fn evaluate_chunk_here(&self, offset: f64, slopes: &[f64], range: Range<usize>) -> Vec<f64> {
        let width = slopes.len();
        let mut sums = vec![0.0; 2 + width];
        let (totals, products) = sums.split_at_mut(2);
        for (first, values) in self.blocks(range) {
            if values.len() < BLOCK * width {
                for (index, row) in values.chunks_exact(width).enumerate() {
                    let point = Point::at(offset + dot(row, slopes), self.labels[first + index]);
                    let weight = self.weight(first + index);
                    totals[0] += weight * point.loss;
                    totals[1] += weight * point.residual;
                    for (product, value) in products.iter_mut().zip(row) {
                        *product += weight * point.residual * value;
                    }
                }
                continue;
            }
            let rows: [&[f64]; BLOCK] = std::array::from_fn(|row| &values[row * width..][..width]);
            let mut margins = [offset; BLOCK];
            for (margin, row) in margins.iter_mut().zip(rows) {
                *margin += dot(row, slopes);
            }
            let (loss, residuals) = self.losses(first, margins);
            totals[0] += loss;
            totals[1] += residuals.iter().sum::<f64>();
            for (column, product) in products.iter_mut().enumerate() {
                let mut sum = 0.0;
                for row in 0..BLOCK {
                    sum += residuals[row] * rows[row][column];
                }
                *product += sum;
            }
        }
        sums
    }

    /// The loss and the weighted residuals of a block of rows with these margins.
    #[inline(always)]
    fn losses(&self, first: usize, margins: [f64; BLOCK]) -> (f64, [f64; BLOCK]) {
        let labels = &self.labels[first..][..BLOCK];
        let mut decays = [0.0; BLOCK];
        let mut residuals = [0.0; BLOCK];
        let mut beyond = [0.0; BLOCK];
        for row in 0..BLOCK {
            let sign = if labels[row] { 1.0 } else { -1.0 };
            let agreement = sign * margins[row];
            decays[row] = exp_of_negative(-agreement.abs());
            let right = if agreement >= 0.0 { decays[row] } else { 1.0 };
            residuals[row] = -sign * right / (1.0 + decays[row]);
            beyond[row] = (-agreement).max(0.0);
        }
        let Some(weights) = self.weights else {
            // Each factor is between 1 and 2, so one logarithm serves them all.
            let product: f64 = decays.iter().map(|decay| 1.0 + decay).product();
            return (libm::log(product) + beyond.iter().sum::<f64>(), residuals);
        };
        let mut loss = 0.0;
        for (row, weight) in weights[first..][..BLOCK].iter().enumerate() {
            loss += weight * (libm::log1p(decays[row]) + beyond[row]);
            residuals[row] *= weight;
        }
        (loss, residuals)
    }

    /// The objective at `theta` with the gradient and the Hessian of its smooth part.
    pub(super) fn expand(&self, theta: &[f64]) -> Expansion {
        let size = self.size();
        let (offset, slopes) = self.line(theta);
        let chunk = CHUNK.max(size * size / 8).next_multiple_of(BLOCK);
        let sums = merge(map_chunks(self.rows.len(), chunk * self.step, |range| {
            self.expand_chunk(offset, &slopes, range)
        }));
        let stride = size.next_multiple_of(LANES);
        let (value, rest) = (sums[0], &sums[1..]);
        let mut gradient = rest[..size].to_vec();
        let mut hessian = vec![0.0; size * size];
        for (row, elements) in rest[stride..].chunks_exact(stride).take(size).enumerate() {
            for column in row..size {
                hessian[row * size + column] = elements[column];
                hessian[column * size + row] = elements[column];
            }
        }
        for (column, ridge) in self.ridge.iter().enumerate() {
            hessian[(column + 1) * (size + 1)] += ridge;
        }
        let value = value + self.penalise(theta, &mut gradient);
        Expansion { value, gradient, hessian }
    }

    /// The loss, the gradient and the Hessian (its upper triangle, in rows of whole lanes) of some rows, one
    /// after another.
    fn expand_chunk(&self, offset: f64, slopes: &[f64], range: Range<usize>) -> Vec<f64> {
        #[cfg(target_arch = "x86_64")]
        if std::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2.
            return unsafe { self.expand_chunk_avx2(offset, slopes, range) };
        }
        self.expand_chunk_here(offset, slopes, range)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn expand_chunk_avx2(&self, offset: f64, slopes: &[f64], range: Range<usize>) -> Vec<f64> {
        self.expand_chunk_here(offset, slopes, range)
    }

    #[inline(always)]
    fn expand_chunk_here(&self, offset: f64, slopes: &[f64], range: Range<usize>) -> Vec<f64> {
        let stride = self.size().next_multiple_of(LANES);
        let mut sums = vec![0.0; 1 + stride + stride * stride];
        let (loss, rest) = sums.split_at_mut(1);
        let (gradient, square) = rest.split_at_mut(stride);
        // A short last block leaves rows of the one before it, without curvature.
        let mut plain = vec![0.0; BLOCK * stride];
        let mut curved = vec![0.0; BLOCK * stride];
        for (first, rows) in self.blocks(range) {
            curved.fill(0.0);
            for (index, row) in rows.chunks_exact(slopes.len()).enumerate() {
                let point = Point::at(offset + dot(row, slopes), self.labels[first + index]);
                let weight = self.weight(first + index);
                let z = &mut plain[index * stride..][..stride];
                z[0] = 1.0;
                let columns = self.columns.means.iter().zip(&self.columns.scales);
                for ((z, value), (mean, scale)) in z[1..].iter_mut().zip(row).zip(columns) {
                    *z = (value - mean) / scale;
                }
                loss[0] += weight * point.loss;
                let curved = &mut curved[index * stride..][..stride];
                for ((sum, curved), z) in gradient.iter_mut().zip(curved).zip(z) {
                    *sum += weight * point.residual * *z;
                    *curved = weight * point.curvature * *z;
                }
            }
            add_products(square, &plain, &curved, stride);
        }
        sums
    }

    /// The blocks of these rows that take part, each with its first row; the last may be short.
    fn blocks(&self, rows: Range<usize>) -> impl Iterator<Item = (usize, &[f64])> {
        let values = self.rows.slice(rows.clone()).chunks(BLOCK * self.rows.width());
        rows.step_by(BLOCK * self.step).zip(values.step_by(self.step))
    }

    /// The margins `ηᵢ` of a direction: how far it moves each row.
    pub(super) fn margins(&self, theta: &[f64]) -> Vec<f64> {
        let (offset, slopes) = self.line(theta);
        map_chunks(self.rows.len(), CHUNK, |range| {
            self.rows
                .slice(range)
                .chunks_exact(slopes.len())
                .map(|row| offset + dot(row, &slopes))
                .collect::<Vec<_>>()
        })
        .concat()
    }

    /// Adds the penalties' gradient (of the smooth part) and returns the penalties.
    fn penalise(&self, theta: &[f64], gradient: &mut [f64]) -> f64 {
        let mut penalty = 0.0;
        for (index, value) in theta[1..].iter().enumerate() {
            penalty += 0.5 * self.ridge[index] * value * value + self.lasso[index] * value.abs();
            gradient[index + 1] += self.ridge[index] * value;
        }
        penalty
    }

    /// The intercept and the coefficients of the columns as given.
    fn line(&self, theta: &[f64]) -> (f64, Vec<f64>) {
        let scales = theta[1..].iter().zip(&self.columns.scales);
        let slopes: Vec<f64> = scales.map(|(value, scale)| value / scale).collect();
        (theta[0] - dot(&slopes, &self.columns.means), slopes)
    }

    fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row])
    }
}

/// Adds `Σ cᵢ zᵢ zᵢᵀ` of a block of rows, given as `zᵢ` and as `cᵢ zᵢ`, to the upper triangle of a square.
#[inline(always)]
fn add_products(square: &mut [f64], plain: &[f64], curved: &[f64], stride: usize) {
    for top in (0..stride).step_by(TILE) {
        for left in (top / LANES * LANES..stride).step_by(LANES) {
            let mut sums = [[0.0; LANES]; TILE];
            for (plain, curved) in plain.chunks_exact(stride).zip(curved.chunks_exact(stride)) {
                let right = &plain[left..][..LANES];
                let down = &curved[top..][..TILE];
                for row in 0..TILE {
                    for lane in 0..LANES {
                        sums[row][lane] += down[row] * right[lane];
                    }
                }
            }
            for (row, sums) in sums.iter().enumerate() {
                let target = &mut square[(top + row) * stride + left..][..LANES];
                for (element, sum) in target.iter_mut().zip(sums) {
                    *element += sum;
                }
            }
        }
    }
}

/// The loss of one row and its derivatives by the margin.
struct Point {
    loss: f64,
    residual: f64,
    curvature: f64,
}

impl Point {
    fn at(margin: f64, label: bool) -> Self {
        let sign = if label { 1.0 } else { -1.0 };
        let agreement = sign * margin;
        let decay = libm::exp(-agreement.abs());
        let wrong = if agreement >= 0.0 { decay } else { 1.0 } / (1.0 + decay);
        Self {
            loss: libm::log1p(decay) + (-agreement).max(0.0),
            residual: -sign * wrong,
            curvature: decay / ((1.0 + decay) * (1.0 + decay)),
        }
    }
}

/// Adds the chunks' sums in order.
fn merge(chunks: Vec<Vec<f64>>) -> Vec<f64> {
    let mut chunks = chunks.into_iter();
    let mut total = chunks.next().unwrap_or_default();
    for chunk in chunks {
        for (sum, value) in total.iter_mut().zip(chunk) {
            *sum += value;
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::{Columns, Objective};
    use crate::churn::{Rows, Sample};

    #[test]
    fn wider_vectors_give_the_same_bits() {
        const WIDTH: usize = 7;
        // No multiple of a block, so that the tail is taken too.
        let values: Vec<f64> =
            (0..1003 * WIDTH).map(|at| (at * 7919 % 1013) as f64 / 97.0).collect();
        let labels: Vec<bool> = (0..1003).map(|row| row % 3 == 0).collect();
        let weights: Vec<f64> = (0..1003).map(|row| f64::from(row % 4)).collect();
        let sample = Sample::new(Rows::new(&values, WIDTH).unwrap(), &labels).unwrap();
        for sample in [sample, sample.weighted(&weights).unwrap()] {
            let columns = Columns::measure(&sample).unwrap();
            let objective = Objective::new(sample, &columns, vec![1.0; WIDTH], vec![0.0; WIDTH]);
            let (offset, slopes) = objective.line(&[-0.3, 0.5, -1.0, 0.25, 2.0, 0.0, -0.1, 0.7]);
            assert_eq!(
                objective.evaluate_chunk(offset, &slopes, 0..1003),
                objective.evaluate_chunk_here(offset, &slopes, 0..1003)
            );
            assert_eq!(
                objective.expand_chunk(offset, &slopes, 5..1003),
                objective.expand_chunk_here(offset, &slopes, 5..1003)
            );
        }
    }

    fn sample_of<'a>(values: &'a [f64], labels: &'a [bool], weights: &'a [f64]) -> Sample<'a> {
        let sample = Sample::new(Rows::new(values, values.len() / labels.len()).unwrap(), labels);
        sample.unwrap().weighted(weights).unwrap()
    }

    #[test]
    fn a_sample_of_blocks_is_the_objective_of_their_rows() {
        const WIDTH: usize = 3;
        let values: Vec<f64> =
            (0..20_003 * WIDTH).map(|at| (at * 7919 % 1013) as f64 / 97.0).collect();
        let labels: Vec<bool> = (0..20_003).map(|row| row % 3 == 0).collect();
        let weights: Vec<f64> = (0..20_003).map(|row| f64::from(row % 4)).collect();
        let whole = sample_of(&values, &labels, &weights);
        let columns = Columns::measure(&whole).unwrap();
        let objective =
            |sample| Objective::new(sample, &columns, vec![2.0; WIDTH], vec![0.0; WIDTH]);

        let taken: Vec<usize> = (0..20_003).filter(|row| row / 8 % 5 == 0).collect();
        let part: Vec<f64> =
            taken.iter().flat_map(|row| &values[row * WIDTH..][..WIDTH]).copied().collect();
        let part_labels: Vec<bool> = taken.iter().map(|row| labels[*row]).collect();
        let part_weights: Vec<f64> = taken.iter().map(|row| weights[*row]).collect();
        let expected = objective(sample_of(&part, &part_labels, &part_weights));
        let found = objective(whole).sampled(5);

        assert_eq!(found.total_weight(), part_weights.iter().sum::<f64>());
        let theta = [0.2, -0.3, 0.5, 1.0];
        let (found, expected) = (found.expand(&theta), expected.expand(&theta));
        assert!((found.value / expected.value - 1.0).abs() < 1e-12);
        for (found, expected) in found.hessian.iter().zip(&expected.hessian) {
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
    }
}
