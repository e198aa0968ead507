//! Customers without clusters: what a table of the same columns looks like where nothing but the columns
//! themselves, and how they go together, is real.

use super::preparation::quantile;
use crate::matrix::Matrix;
use crate::random::Generator;
use crate::special::normal;
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

/// The share of rows from which a value is one that many have, such as 0 or a filled-in median, and not a
/// point of a continuum.
const ATOM: f64 = 0.01;
/// The share of distinct values below which a column is a lattice, such as counts.
const LATTICE: f64 = 0.5;
/// Up to so many distinct values are levels: their shares are the column's own, and no clusters.
const LEVELS: usize = 12;
/// Bins of a density, and the share of rows at either end that it leaves out: a few far ones are no hill.
const BINS: usize = 512;
const END: f64 = 0.005;
/// The share of rows that a hill holds: the bumps of a thin tail are none.
const HILL: f64 = 0.025;
/// Halvings of the search for a bandwidth, in its logarithm.
const STEPS: usize = 25;

/// A generator of such tables.
///
/// Numbers keep their marginals but for the valleys: values are drawn from the column and smoothed by the
/// least bandwidth at which its density has a single hill (Silverman, J. R. Stat. Soc. B 43, 1981), at the
/// same variance. What few distinct values or many equal ones there are stay as they are. Their rank
/// correlations are kept by a Gaussian copula, so that a continuum along a line is none the less one. A
/// category keeps its shares, and goes with nothing.
pub(super) struct Nulls<'a> {
    rows: Matrix<'a>,
    groups: Vec<Group>,
    /// The root of the correlations of the numbers, row by row.
    root: Vec<f64>,
    numbers: usize,
}

/// Neighbouring columns that are drawn together.
enum Group {
    /// The columns of a category, from the first.
    Category { first: usize, width: usize },
    /// A number, the `place`-th of all.
    Number { column: usize, place: usize, marginal: Marginal },
}

/// How a number is distributed.
struct Marginal {
    sorted: Vec<f64>,
    /// Whether each of these is smoothed; levels and atoms are not.
    smooth: Vec<bool>,
    bandwidth: f64,
    mean: f64,
    /// What shrinks smoothed values to the variance of the column.
    shrink: f64,
    /// Smoothed values go back to the nearest one that there is no farther off than this: half the usual step
    /// of a lattice, nothing for a continuum. What falls into a valley stays there.
    reach: f64,
}

impl<'a> Nulls<'a> {
    /// Of rows whose columns are grouped by `widths`: 1 is a number, more a category.
    pub(super) fn of(rows: Matrix<'a>, widths: &[usize]) -> Self {
        let mut groups = Vec::with_capacity(widths.len());
        let mut scores: Vec<Vec<f64>> = Vec::new();
        let mut first = 0;
        for &width in widths {
            if width == 1 {
                let values: Vec<f64> = rows.each_row().map(|row| row[first]).collect();
                scores.push(normal_scores(&values));
                let place = scores.len() - 1;
                groups.push(Group::Number { column: first, place, marginal: Marginal::of(values) });
            } else {
                groups.push(Group::Category { first, width });
            }
            first += width;
        }
        Self { rows, groups, root: root_of_correlations(&scores), numbers: scores.len() }
    }

    /// A table of as many rows, one row after another.
    pub(super) fn draw(&self, random: &mut Generator) -> Vec<f64> {
        let (count, width) = (self.rows.rows(), self.rows.columns());
        let mut values = vec![0.0; count * width];
        let mut independent = vec![0.0; self.numbers];
        for row in 0..count {
            for own in &mut independent {
                *own = StandardNormal.sample(random);
            }
            for group in &self.groups {
                match group {
                    Group::Category { first, width: own } => {
                        let from = self.rows.row(random.random_range(0..count));
                        values[row * width + first..][..*own]
                            .copy_from_slice(&from[*first..first + own]);
                    }
                    Group::Number { column, place, marginal } => {
                        let along = &self.root[place * self.numbers..][..self.numbers];
                        let score: f64 = along.iter().zip(&independent).map(|(a, b)| a * b).sum();
                        values[row * width + column] = marginal.draw(normal::cdf(score), random);
                    }
                }
            }
        }
        values
    }
}

impl Marginal {
    fn of(mut sorted: Vec<f64>) -> Self {
        sorted.sort_unstable_by(f64::total_cmp);
        let count = sorted.len() as f64;
        let runs = || sorted.chunk_by(|a, b| a == b);
        let distinct = runs().count();
        let is_lattice = (distinct as f64) < LATTICE * count;
        let smooth: Vec<bool> = runs()
            .flat_map(|run| {
                // On a lattice equal values are the rule.
                let is_atom = !is_lattice && run.len() > 1 && run.len() as f64 >= ATOM * count;
                std::iter::repeat_n(distinct > LEVELS && !is_atom, run.len())
            })
            .collect();
        let mean = sorted.iter().sum::<f64>() / count;
        let variance = sorted.iter().map(|own| (own - mean) * (own - mean)).sum::<f64>() / count;
        let bandwidth = if distinct > LEVELS { one_hill(&sorted) } else { 0.0 };
        let shrink = (1.0 + bandwidth * bandwidth / variance.max(f64::MIN_POSITIVE)).sqrt().recip();
        let reach = if is_lattice { usual_step(&sorted) } else { 0.0 };
        Self { sorted, smooth, bandwidth, mean, shrink, reach }
    }

    /// The value at a quantile, smoothed.
    fn draw(&self, quantile: f64, random: &mut Generator) -> f64 {
        let count = self.sorted.len();
        let at = ((quantile * count as f64) as usize).min(count - 1);
        let value = self.sorted[at];
        if !self.smooth[at] {
            return value;
        }
        let noise: f64 = StandardNormal.sample(random);
        let value = self.mean + (value - self.mean + self.bandwidth * noise) * self.shrink;
        if self.reach == 0.0 {
            return value;
        }
        let value = value.clamp(self.sorted[0], self.sorted[count - 1]);
        let nearest = self.nearest(value);
        if (nearest - value).abs() <= self.reach { nearest } else { value }
    }

    fn nearest(&self, value: f64) -> f64 {
        let above = self.sorted.partition_point(|own| *own < value);
        let (high, low) = (self.sorted.get(above), above.checked_sub(1).map(|at| self.sorted[at]));
        match (low, high) {
            (Some(low), Some(high)) if value - low > high - value => *high,
            (Some(low), _) => low,
            (None, Some(high)) => *high,
            (None, None) => value,
        }
    }
}

/// The step that nine of ten neighbouring values of a lattice are apart at most.
fn usual_step(sorted: &[f64]) -> f64 {
    let mut steps: Vec<f64> =
        sorted.windows(2).map(|pair| pair[1] - pair[0]).filter(|step| *step > 0.0).collect();
    steps.sort_unstable_by(f64::total_cmp);
    if steps.is_empty() { 0.0 } else { quantile(&steps, 0.9) }
}

/// The least bandwidth at which the density of `sorted` values has one hill.
fn one_hill(sorted: &[f64]) -> f64 {
    let (low, high) = (quantile(sorted, END), quantile(sorted, 1.0 - END));
    let range = high - low;
    if range <= 0.0 {
        return 0.0;
    }
    // Half the range more on either side, for what is smoothed beyond the ends.
    let (start, step) = (low - 0.5 * range, 2.0 * range / BINS as f64);
    let mut counts = vec![0.0; BINS];
    for value in sorted.iter().filter(|own| (low..=high).contains(*own)) {
        counts[(((value - start) / step) as usize).min(BINS - 1)] += 1.0;
    }
    let (mut least, mut most) = (0.5 * step, range);
    for _ in 0..STEPS {
        let middle = (least * most).sqrt();
        if hills(&counts, middle / step) <= 1 { most = middle } else { least = middle }
    }
    most
}

/// The hills of the counts, smoothed by a bandwidth in bins, that hold more than a few rows.
fn hills(counts: &[f64], bandwidth: f64) -> usize {
    let reach = (6.0 * bandwidth).ceil().min(BINS as f64) as usize;
    let weights: Vec<f64> =
        (0..=reach).map(|off| libm::exp(-0.5 * (off as f64 / bandwidth).powi(2))).collect();
    let density: Vec<f64> = (0..counts.len())
        .map(|at| {
            let from = at.saturating_sub(reach);
            let near = counts.iter().enumerate().take(at + reach + 1).skip(from);
            near.map(|(other, count)| weights[at.abs_diff(other)] * count).sum()
        })
        .collect();
    let highest = density.iter().copied().fold(0.0, f64::max);
    let least = HILL * density.iter().sum::<f64>();
    let (mut falling, mut mass, mut hills) = (false, 0.0, 0);
    for pair in density.windows(2) {
        mass += pair[0];
        let slope = pair[1] - pair[0];
        // What is flat but for rounding neither rises nor falls.
        if slope.abs() <= 1e-9 * highest {
            continue;
        }
        if falling && slope > 0.0 {
            hills += usize::from(mass >= least);
            mass = 0.0;
        }
        falling = slope < 0.0;
    }
    hills + usize::from(mass >= least)
}

/// The normal scores of the mid-ranks of some values.
fn normal_scores(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut scores = vec![0.0; values.len()];
    let mut before = 0;
    for tie in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let middle = (before as f64 + 0.5 * tie.len() as f64) / values.len() as f64;
        let score = normal::quantile(middle);
        for row in tie {
            scores[*row] = score;
        }
        before += tie.len();
    }
    scores
}

/// The lower triangular root of the correlations of some columns, row by row (Cholesky).
fn root_of_correlations(columns: &[Vec<f64>]) -> Vec<f64> {
    /// The least share of a column's variance that the columns before it leave over.
    const LEAST: f64 = 1e-9;
    let width = columns.len();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let norms: Vec<f64> = columns.iter().map(|own| dot(own, own).sqrt()).collect();
    let mut root = vec![0.0; width * width];
    for i in 0..width {
        for j in 0..=i {
            let norm = norms[i] * norms[j];
            let correlation = match (i == j, norm > 0.0) {
                (true, _) => 1.0,
                (false, true) => dot(&columns[i], &columns[j]) / norm,
                (false, false) => 0.0,
            };
            let known: f64 = (0..j).map(|k| root[i * width + k] * root[j * width + k]).sum();
            root[i * width + j] = if i == j {
                (correlation - known).max(LEAST).sqrt()
            } else {
                (correlation - known) / root[j * width + j]
            };
        }
    }
    root
}

#[cfg(test)]
mod tests {
    use super::{Marginal, Nulls, one_hill};
    use crate::matrix::Matrix;
    use crate::random::generator;
    use rand_distr::{Distribution, StandardNormal};

    fn normal(count: usize, seed: u64) -> Vec<f64> {
        let mut random = generator(seed);
        (0..count).map(|_| StandardNormal.sample(&mut random)).collect()
    }

    #[test]
    fn a_valley_takes_a_wide_bandwidth_and_a_hill_a_narrow_one() {
        let mut one = normal(2000, 1);
        one.sort_unstable_by(f64::total_cmp);
        let mut two: Vec<f64> = one
            .iter()
            .enumerate()
            .map(|(at, own)| own + if at % 2 == 0 { 7.0 } else { 0.0 })
            .collect();
        two.sort_unstable_by(f64::total_cmp);
        assert!(one_hill(&one) < 0.7, "{}", one_hill(&one));
        // Two normals seven deviations apart: (7/2)² − 1 is the variance that closes the valley.
        assert!((2.5..4.5).contains(&one_hill(&two)), "{}", one_hill(&two));
        assert_eq!(one_hill(&[3.0; 50]), 0.0);
    }

    #[test]
    fn marginals_and_correlations_are_kept() {
        let (a, b) = (normal(3000, 2), normal(3000, 3));
        let values: Vec<f64> = a
            .iter()
            .zip(&b)
            .zip(0..)
            .flat_map(|((a, b), row)| [*a, 0.8 * a + 0.6 * b, f64::from(row % 3)])
            .collect();
        let rows = Matrix::of_finite(&values, 3);
        let drawn = Nulls::of(rows, &[1, 1, 1]).draw(&mut generator(4));
        let column = |values: &[f64], at: usize| {
            let mut own: Vec<f64> = values.iter().skip(at).step_by(3).copied().collect();
            own.sort_unstable_by(f64::total_cmp);
            own
        };
        for at in 0..2 {
            let (then, now) = (column(&values, at), column(&drawn, at));
            for share in [300, 1500, 2700] {
                assert!((now[share] - then[share]).abs() < 0.15, "{at} {share}");
            }
        }
        // Levels stay levels, a third each.
        let levels = column(&drawn, 2);
        assert!(levels.iter().all(|own| [0.0, 1.0, 2.0].contains(own)));
        assert!((900..1100).contains(&levels.iter().filter(|own| **own == 1.0).count()));
        let numbers = |at: usize| drawn.iter().skip(at).step_by(3);
        let together: f64 = numbers(0).zip(numbers(1)).map(|(a, b)| a * b).sum::<f64>() / 3000.0;
        assert!((0.7..0.9).contains(&together), "{together}");
    }

    #[test]
    fn atoms_and_lattices_stay() {
        // Half of the values are one, the rest a continuum.
        let continuum = normal(1000, 5);
        let values: Vec<f64> = continuum.iter().flat_map(|own| [*own, 0.25]).collect();
        let rows = Matrix::of_finite(&values, 1);
        let drawn = Nulls::of(rows, &[1]).draw(&mut generator(6));
        let atoms = drawn.iter().filter(|own| **own == 0.25).count();
        assert!((900..1100).contains(&atoms), "{atoms}");
        let counts: Vec<f64> = continuum.iter().map(|own| (own * 8.0).round().abs()).collect();
        let marginal = Marginal::of(counts.clone());
        let mut random = generator(7);
        for step in 0..100 {
            let drawn = marginal.draw(f64::from(step) / 100.0, &mut random);
            assert!(counts.contains(&drawn), "{drawn}");
        }
    }

    #[test]
    fn a_category_is_drawn_as_a_whole() {
        let values: Vec<f64> =
            (0..300).flat_map(|row| if row % 3 == 0 { [2.0, 0.0] } else { [0.0, 2.0] }).collect();
        let drawn = Nulls::of(Matrix::of_finite(&values, 2), &[2]).draw(&mut generator(8));
        assert!(drawn.chunks(2).all(|row| row[0] + row[1] == 2.0));
    }
}
