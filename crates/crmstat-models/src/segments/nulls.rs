//! Customers without clusters: what a table of the same columns looks like where nothing but the columns
//! themselves, and how they go together, is real.

use super::cells::Cells;
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
/// Up to so many distinct values are levels: their shares are the column's own, and no clusters, unless there
/// is a gap between them.
const LEVELS: usize = 12;
/// Bins of a density, and the share of rows at either end that it leaves out: a few far ones are no hill.
const BINS: usize = 512;
const END: f64 = 0.005;
/// The share of rows that a hill holds: the bumps of a thin tail are none.
const HILL: f64 = 0.025;
/// Halvings of the search for a bandwidth, in its logarithm.
const STEPS: usize = 25;

/// The share of its neighbours' rows that an atom has four times.
const LONELY: usize = 4;

/// A generator of such tables.
///
/// Numbers keep their marginals but for the valleys: values are drawn from the column, spread over its
/// [`Cells`], and smoothed by the least bandwidth at which its density has a single hill (Silverman, J. R. Stat.
/// Soc. B 43, 1981), at the same variance. Few levels, and a value that many more share than its neighbours,
/// stay as they are. Their rank
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
}

impl<'a> Nulls<'a> {
    /// Of rows whose columns are grouped by `widths`: 1 is a number, more a category. `rows` are the `original`
    /// ones spread over their [`Cells`].
    pub(super) fn of(rows: Matrix<'a>, original: Matrix<'_>, widths: &[usize]) -> Self {
        let mut groups = Vec::with_capacity(widths.len());
        let mut scores: Vec<Vec<f64>> = Vec::new();
        let mut first = 0;
        for &width in widths {
            if width == 1 {
                let column = |of: Matrix<'_>| of.each_row().map(|row| row[first]).collect();
                let original: Vec<f64> = column(original);
                scores.push(normal_scores(&original));
                let place = scores.len() - 1;
                let marginal = Marginal::of(original, column(rows));
                groups.push(Group::Number { column: first, place, marginal });
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
    /// Of the `original` values and the same spread over their cells.
    fn of(mut original: Vec<f64>, mut sorted: Vec<f64>) -> Self {
        // Values do not leave their cells, and cells are in the order of the values.
        original.sort_unstable_by(f64::total_cmp);
        sorted.sort_unstable_by(f64::total_cmp);
        let count = sorted.len() as f64;
        let cells = Cells::of(&original);
        let are_levels = cells.levels() <= LEVELS && cells.is_covered();
        let is_lattice = (cells.levels() as f64) < LATTICE * count;
        let runs: Vec<usize> = original.chunk_by(|a, b| a == b).map(<[f64]>::len).collect();
        let is_atom = |at: usize| {
            let run = runs[at];
            let beside = [at.checked_sub(1), Some(at + 1)].map(|next| runs.get(next?).copied());
            let is_lonely = beside.iter().flatten().all(|next| LONELY * next < run);
            // On a lattice equal values are the rule.
            !is_lattice && run > 1 && is_lonely && run as f64 >= ATOM * count
        };
        let smooth = runs
            .iter()
            .enumerate()
            .flat_map(|(at, run)| std::iter::repeat_n(!are_levels && !is_atom(at), *run));
        let smooth = smooth.collect();
        let mean = sorted.iter().sum::<f64>() / count;
        let variance = sorted.iter().map(|own| (own - mean) * (own - mean)).sum::<f64>() / count;
        let bandwidth = if are_levels { 0.0 } else { one_hill(&sorted) };
        let shrink = (1.0 + bandwidth * bandwidth / variance.max(f64::MIN_POSITIVE)).sqrt().recip();
        Self { sorted, smooth, bandwidth, mean, shrink }
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
        self.mean + (value - self.mean + self.bandwidth * noise) * self.shrink
    }
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
    use crate::segments::cells::spread;
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
        let spread = spread(rows, &[1, 1, 1], 1);
        let nulls = Nulls::of(Matrix::of_finite(&spread, 3), rows, &[1, 1, 1]);
        let drawn = nulls.draw(&mut generator(4));
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
        // Levels stay levels, a third each, spread over their cells.
        let levels = column(&drawn, 2);
        assert!(levels.iter().all(|own| (-0.5..=2.5).contains(own)));
        assert!((900..1100).contains(&levels.iter().filter(|own| own.round() == 1.0).count()));
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
        let spread = spread(rows, &[1], 1);
        let nulls = Nulls::of(Matrix::of_finite(&spread, 1), rows, &[1]);
        let drawn = nulls.draw(&mut generator(6));
        let atoms = drawn.iter().filter(|own| (**own - 0.25).abs() < 0.01).count();
        assert!((900..1100).contains(&atoms), "{atoms}");
    }

    #[test]
    fn levels_stay_and_a_far_group_beside_them_does_not() {
        let levels: Vec<f64> = (0..600).map(|row| f64::from(row % 7)).collect();
        let with_far: Vec<f64> =
            (0..600).map(|row| f64::from(row % 7 + if row % 3 == 0 { 90 } else { 0 })).collect();
        for (values, stay) in [(levels, true), (with_far, false)] {
            let rows = Matrix::of_finite(&values, 1);
            let spread = spread(rows, &[1], 1);
            let marginal = Marginal::of(values.clone(), spread);
            assert_eq!(marginal.bandwidth == 0.0, stay, "{}", marginal.bandwidth);
            assert!(marginal.smooth.iter().all(|own| *own != stay));
        }
    }

    #[test]
    fn a_category_is_drawn_as_a_whole() {
        let values: Vec<f64> =
            (0..300).flat_map(|row| if row % 3 == 0 { [2.0, 0.0] } else { [0.0, 2.0] }).collect();
        let rows = Matrix::of_finite(&values, 2);
        let drawn = Nulls::of(rows, rows, &[2]).draw(&mut generator(8));
        assert!(drawn.chunks(2).all(|row| row[0] + row[1] == 2.0));
    }
}
