//! The penalised log-loss of a sample with its gradient and Hessian, in standardised columns.
//!
//! Coordinates: `θ₀` is the intercept at the columns' means, `θⱼ = βⱼ sⱼ` the coefficient per standard
//! deviation. Every pass cuts the rows into chunks of a fixed size and merges them in order, so the
//! result does not depend on the number of threads.
//!
//! The passes are compiled twice, for any processor and for one with AVX2: the same operations in the same
//! order, four at a time instead of two, so that both give the same bits.

#![expect(
    clippy::inline_always,
    reason = "a step that stays a call is compiled without the caller's instructions"
)]

use crate::churn::probability::{dot, exp_of_negative};
use crate::churn::{Rows, Sample};
use crate::parallel::map_chunks;
use crate::{Error, Result};
use std::ops::Range;

/// Rows per chunk: enough to pay for the merge, few enough to share 100,000 rows between many threads.
const CHUNK: usize = 4096;
/// Values that stay in a core's cache between two rounds over them.
const CACHED: usize = 32_768;
/// Rows taken together, so that each sum is loaded and stored once for all of them.
const BLOCK: usize = 8;

/// The loss to minimise: `Σ wᵢ ln(1 + exp(−yᵢ ηᵢ)) + Σ ridgeⱼ θⱼ² / 2 + Σ lassoⱼ |θⱼ|`.
pub(super) struct Objective<'a> {
    rows: Rows<'a>,
    labels: &'a [bool],
    weights: Option<&'a [f64]>,
    columns: &'a Columns,
    /// The L2 factor of each standardised coefficient.
    pub(super) ridge: Vec<f64>,
    /// The L1 factor of each standardised coefficient.
    pub(super) lasso: Vec<f64>,
}

/// The centre and spread of the columns.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Columns {
    pub(super) means: Vec<f64>,
    /// Standard deviations; 1 stands in for 0 where the column is constant.
    pub(super) scales: Vec<f64>,
    /// The columns without variation, in order.
    pub(super) constant: Vec<usize>,
}

/// A variance below this share of the mean square is the rounding of a constant column.
const CONSTANT: f64 = 1e-24;

impl Columns {
    /// Measures the columns over the rows of positive weight.
    ///
    /// # Errors
    /// When a value is not finite.
    pub(super) fn measure(sample: &Sample<'_>) -> Result<Self> {
        let rows = sample.rows();
        let width = rows.width();
        let weight = |row: usize| sample.weight(row);
        let chunks = map_chunks(rows.len(), (CACHED / width).max(1), |range| {
            Moments::of(rows.slice(range.clone()), width, |row| weight(range.start + row))
        });
        let Moments { total, means, squares } =
            chunks.iter().fold(Moments::none(width), Moments::with);
        if let Some(column) = squares.iter().position(|square| !square.is_finite()) {
            return Err(not_finite(rows, column));
        }
        let mut constant = Vec::new();
        let mut scales = Vec::with_capacity(width);
        for (column, (square, mean)) in squares.iter().zip(&means).enumerate() {
            let variance = square / total;
            if variance <= CONSTANT * mean * mean || variance < f64::MIN_POSITIVE {
                constant.push(column);
                scales.push(1.0);
            } else {
                scales.push(variance.sqrt());
            }
        }
        Ok(Self { means, scales, constant })
    }
}

/// The weight, means and sums of squared deviations of some rows.
struct Moments {
    total: f64,
    means: Vec<f64>,
    squares: Vec<f64>,
}

impl Moments {
    fn none(width: usize) -> Self {
        Self { total: 0.0, means: vec![0.0; width], squares: vec![0.0; width] }
    }

    /// The moments of a chunk that fits the cache, in two rounds.
    fn of(values: &[f64], width: usize, weight: impl Fn(usize) -> f64) -> Self {
        let mut moments = Self::none(width);
        for (index, row) in values.chunks_exact(width).enumerate() {
            let weight = weight(index);
            moments.total += weight;
            for (mean, value) in moments.means.iter_mut().zip(row) {
                *mean += weight * value;
            }
        }
        if moments.total > 0.0 {
            moments.means.iter_mut().for_each(|mean| *mean /= moments.total);
        }
        for (index, row) in values.chunks_exact(width).enumerate() {
            let weight = weight(index);
            for ((square, value), mean) in moments.squares.iter_mut().zip(row).zip(&moments.means) {
                *square += weight * (value - mean) * (value - mean);
            }
        }
        moments
    }

    /// The moments of both (Chan et al., Am. Stat. 37, 1983, equation 2.1).
    fn with(mut self, other: &Self) -> Self {
        let total = self.total + other.total;
        let share = if total > 0.0 { other.total / total } else { 0.0 };
        for column in 0..self.means.len() {
            let gap = other.means[column] - self.means[column];
            self.squares[column] += other.squares[column] + gap * gap * self.total * share;
            self.means[column] += gap * share;
        }
        self.total = total;
        self
    }
}

fn not_finite(rows: Rows<'_>, column: usize) -> Error {
    let found = rows.iter().position(|row| !row[column].is_finite());
    match found {
        Some(row) => {
            Error::data(format!("column {column} of row {row} is {}", rows.row(row)[column]))
                .with_hint("encode missing values with `Encoder`")
        }
        None => Error::data(format!("the values of column {column} are too large to be squared")),
    }
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
            ridge,
            lasso,
        }
    }

    /// The same objective on other rows of the same columns, with another ridge and no L1 part.
    pub(super) fn of<'b>(&self, sample: Sample<'b>, ridge: Vec<f64>) -> Objective<'b>
    where
        'a: 'b,
    {
        let lasso = vec![0.0; ridge.len()];
        Objective::new(sample, self.columns, ridge, lasso)
    }

    /// The number of coordinates: the intercept and one per column.
    pub(super) fn size(&self) -> usize {
        self.rows.width() + 1
    }

    /// The objective at `theta`, with its gradient (of the smooth part) written to `gradient`.
    pub(super) fn evaluate(&self, theta: &[f64], gradient: &mut [f64]) -> f64 {
        let (offset, slopes) = self.line(theta);
        let sums = merge(map_chunks(self.rows.len(), CHUNK, |range| {
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
        let mut rest = range.start;
        let values = self.rows.slice(range.clone());
        let (blocks, tail) = values.split_at(values.len() - values.len() % (BLOCK * width));
        for block in blocks.chunks_exact(BLOCK * width) {
            let rows: [&[f64]; BLOCK] = std::array::from_fn(|row| &block[row * width..][..width]);
            let margins = std::array::from_fn(|row| offset + dot(rows[row], slopes));
            let (loss, residuals) = self.losses(rest, margins);
            totals[0] += loss;
            totals[1] += residuals.iter().sum::<f64>();
            for (column, product) in products.iter_mut().enumerate() {
                let mut sum = 0.0;
                for row in 0..BLOCK {
                    sum += residuals[row] * rows[row][column];
                }
                *product += sum;
            }
            rest += BLOCK;
        }
        for (index, row) in (rest..range.end).zip(tail.chunks_exact(width)) {
            let point = Point::at(offset + dot(row, slopes), self.labels[index]);
            let weight = self.weight(index);
            totals[0] += weight * point.loss;
            totals[1] += weight * point.residual;
            for (product, value) in products.iter_mut().zip(row) {
                *product += weight * point.residual * value;
            }
        }
        sums
    }

    /// The loss and the weighted residuals of a block of rows with these margins.
    #[inline(always)]
    fn losses(&self, first: usize, margins: [f64; BLOCK]) -> (f64, [f64; BLOCK]) {
        let labels = &self.labels[first..][..BLOCK];
        let signs: [f64; BLOCK] = std::array::from_fn(|row| if labels[row] { 1.0 } else { -1.0 });
        let agreements: [f64; BLOCK] = std::array::from_fn(|row| signs[row] * margins[row]);
        let decays = agreements.map(|agreement| exp_of_negative(-agreement.abs()));
        let mut residuals: [f64; BLOCK] = std::array::from_fn(|row| {
            let right = if agreements[row] >= 0.0 { decays[row] } else { 1.0 };
            -signs[row] * right / (1.0 + decays[row])
        });
        let beyond = agreements.map(|agreement| (-agreement).max(0.0));
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
        let chunk = CHUNK.max(size * size / 8);
        let sums = merge(map_chunks(self.rows.len(), chunk, |range| {
            self.expand_chunk(offset, &slopes, range)
        }));
        let (value, rest) = (sums[0], &sums[1..]);
        let mut gradient = rest[..size].to_vec();
        let mut hessian = vec![0.0; size * size];
        let mut packed = rest[size..].iter();
        for row in 0..size {
            for (column, element) in (row..size).zip(packed.by_ref()) {
                hessian[row * size + column] = *element;
                hessian[column * size + row] = *element;
            }
        }
        for (column, ridge) in self.ridge.iter().enumerate() {
            hessian[(column + 1) * (size + 1)] += ridge;
        }
        let value = value + self.penalise(theta, &mut gradient);
        Expansion { value, gradient, hessian }
    }

    /// The loss, the gradient and the upper triangle of the Hessian of some rows, one after another.
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
        let size = self.size();
        let mut sums = vec![0.0; 1 + size + size * (size + 1) / 2];
        let (loss, rest) = sums.split_at_mut(1);
        let (gradient, triangle) = rest.split_at_mut(size);
        let mut block = vec![0.0; BLOCK * size];
        let mut curvatures = [0.0; BLOCK];
        let rows = self.rows.slice(range.clone());
        for (first, rows) in range.step_by(BLOCK).zip(rows.chunks(BLOCK * slopes.len())) {
            // A short last block leaves its spare rows without curvature.
            curvatures.fill(0.0);
            for (index, row) in rows.chunks_exact(slopes.len()).enumerate() {
                let z = &mut block[index * size..][..size];
                z[0] = 1.0;
                for (column, value) in row.iter().enumerate() {
                    z[column + 1] =
                        (value - self.columns.means[column]) / self.columns.scales[column];
                }
                let margin = offset + dot(row, slopes);
                let point = Point::at(margin, self.labels[first + index]);
                let weight = self.weight(first + index);
                loss[0] += weight * point.loss;
                curvatures[index] = weight * point.curvature;
                for (sum, value) in gradient.iter_mut().zip(&*z) {
                    *sum += weight * point.residual * value;
                }
            }
            add_outer_products(triangle, &block, &curvatures, size);
        }
        sums
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

/// Adds `Σ cᵢ zᵢ zᵢᵀ` of a block of rows to a packed upper triangle.
#[inline(always)]
fn add_outer_products(triangle: &mut [f64], block: &[f64], curvatures: &[f64; BLOCK], size: usize) {
    let rows: [&[f64]; BLOCK] = std::array::from_fn(|row| &block[row * size..][..size]);
    let mut rest = triangle;
    for column in 0..size {
        let (target, below) = rest.split_at_mut(size - column);
        rest = below;
        let factors: [f64; BLOCK] = std::array::from_fn(|row| curvatures[row] * rows[row][column]);
        let tails: [&[f64]; BLOCK] =
            std::array::from_fn(|row| &rows[row][column..][..target.len()]);
        for (index, element) in target.iter_mut().enumerate() {
            let mut sum = 0.0;
            for row in 0..BLOCK {
                sum += factors[row] * tails[row][index];
            }
            *element += sum;
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
}
