//! Tree after tree, each on what those before it left over, until held-out rows tell to stop.

use rand::Rng;
use rand::seq::SliceRandom;
use rayon::prelude::*;

use super::bins::Binned;
use super::grow::Grower;
use super::params::{Monotone, Size};
use super::split::{Rules, Slope};
use super::tree::Tree;
use crate::churn::Sample;
use crate::churn::probability::{exp_of_negative, log_odds_to_probability};
use crate::random::stream;

/// Rows of one task.
const CHUNK: usize = 8192;

/// How one sequence of trees is learned.
#[derive(Clone, Debug)]
pub(super) struct Course<'a> {
    /// The most trees.
    pub(super) trees: usize,
    /// So many trees without a lower loss on the held-out rows end the course.
    pub(super) patience: usize,
    pub(super) size: Size,
    pub(super) learning_rate: f64,
    pub(super) row_share: f64,
    pub(super) rules: Rules,
    pub(super) monotone: &'a [Monotone],
    pub(super) seed: u64,
}

/// What was learned.
pub(super) struct Learned {
    pub(super) base: f64,
    pub(super) trees: Vec<Tree>,
    /// The weighted sum of losses of the held-out rows.
    pub(super) held_out_loss: f64,
}

/// Learns from the rows `learned` of `sample`, and stops by the rows `held_out`; without any of these it
/// grows all trees.
pub(super) fn learn(
    course: &Course<'_>,
    binned: &Binned,
    sample: &Sample<'_>,
    base: f64,
    learned: &[u32],
    held_out: &[u32],
) -> Learned {
    let width = binned.features.len();
    let mut log_odds = vec![base; binned.rows];
    let mut slopes = vec![Slope::default(); binned.rows];
    let mut trees = Vec::new();
    let mut best = (loss(sample, &log_odds, held_out), 0);
    for index in 0..course.trees {
        differentiate(sample, &log_odds, &mut slopes);
        let mut random = stream(course.seed, index as u64);
        let columns = drawn_columns(course.size.column_share, width, &mut random);
        let (rows, mut others) = drawn_rows(course.row_share, learned, &mut random);
        others.extend(held_out);
        let grower = Grower {
            binned,
            slopes: &slopes,
            weights: sample.weights(),
            columns: &columns,
            monotone: course.monotone,
            rules: course.rules,
            leaves: course.size.leaves,
            learning_rate: course.learning_rate,
        };
        let grown = grower.grow(rows);
        // A stump without a split means that nothing is left to learn, unless others may be drawn.
        if grown.tree.nodes.len() == 1 && columns.len() == width && course.row_share >= 1.0 {
            break;
        }
        grown.add_to(&mut log_odds, binned, &others);
        trees.push(grown.tree);
        if !held_out.is_empty() {
            let now = loss(sample, &log_odds, held_out);
            if now < best.0 {
                best = (now, trees.len());
            } else if trees.len() >= best.1 + course.patience {
                break;
            }
        }
    }
    if !held_out.is_empty() {
        trees.truncate(best.1);
    }
    Learned { base, trees, held_out_loss: best.0 }
}

/// Writes the derivatives of the loss of each row.
fn differentiate(sample: &Sample<'_>, log_odds: &[f64], slopes: &mut [Slope]) {
    let labels = sample.labels();
    let unweighted = |start: usize, slopes: &mut [Slope]| {
        let rows = log_odds[start..].iter().zip(&labels[start..]);
        for (slope, (log_odds, label)) in slopes.iter_mut().zip(rows) {
            let probability = log_odds_to_probability(*log_odds);
            let outcome = f64::from(u8::from(*label));
            *slope = Slope {
                gradient: probability - outcome,
                curvature: probability * (1.0 - probability),
            };
        }
        if let Some(weights) = sample.weights() {
            for (slope, weight) in slopes.iter_mut().zip(&weights[start..]) {
                slope.gradient *= weight;
                slope.curvature *= weight;
            }
        }
    };
    if slopes.len() <= CHUNK {
        unweighted(0, slopes);
    } else {
        let chunks = slopes.par_chunks_mut(CHUNK).enumerate();
        chunks.for_each(|(chunk, slopes)| unweighted(chunk * CHUNK, slopes));
    }
}

/// The weighted sum of the log-losses of some rows.
fn loss(sample: &Sample<'_>, log_odds: &[f64], rows: &[u32]) -> f64 {
    /// Factors from 1 to 2 whose product is far from the largest number.
    const FACTORS: usize = 256;
    // −ln P(what happened) = max(x, 0) + ln(1 + exp(−|x|)) of the log-odds x against it.
    let against = |row: &u32| {
        let row = *row as usize;
        if sample.labels()[row] { -log_odds[row] } else { log_odds[row] }
    };
    if sample.weights().is_some() {
        let of = |row: &u32| {
            let against = against(row);
            let loss = against.max(0.0) + libm::log1p(exp_of_negative(-against.abs()));
            sample.weight(*row as usize) * loss
        };
        return rows.iter().map(of).sum();
    }
    // One logarithm for many rows.
    let block = |rows: &[u32]| {
        let (mut sum, mut product) = (0.0, 1.0);
        for row in rows {
            let against = against(row);
            sum += against.max(0.0);
            product *= 1.0 + exp_of_negative(-against.abs());
        }
        sum + libm::log(product)
    };
    rows.chunks(FACTORS).map(block).sum()
}

/// The features of one tree, in order.
fn drawn_columns(share: f64, width: usize, random: &mut impl Rng) -> Vec<usize> {
    let mut columns: Vec<usize> = (0..width).collect();
    let count = ((share * width as f64).round() as usize).clamp(1, width);
    if count < width {
        columns.shuffle(random);
        columns.truncate(count);
        columns.sort_unstable();
    }
    columns
}

/// The rows of one tree, in order, each with the chance `share`; and those that it does not see.
fn drawn_rows(share: f64, rows: &[u32], random: &mut impl Rng) -> (Vec<u32>, Vec<u32>) {
    if share >= 1.0 {
        return (rows.to_vec(), Vec::new());
    }
    let bound = (share * 65_536.0) as u64;
    let (mut drawn, mut others) = (Vec::with_capacity(rows.len()), Vec::new());
    for four in rows.chunks(4) {
        let mut bits = random.next_u64();
        for row in four {
            if bits & 0xFFFF < bound { &mut drawn } else { &mut others }.push(*row);
            bits >>= 16;
        }
    }
    (drawn, others)
}
