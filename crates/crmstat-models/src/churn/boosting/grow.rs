//! Growing the trees, each on what those before it left over.

use std::ops::Range;

use rand::seq::SliceRandom;

use super::bins::{Binned, MISSING};
use super::params::{CheckedBoostingParams, Monotone};
use super::tree::{Node, Split, Tree};
use super::{Boosting, Facts};
use crate::churn::Sample;
use crate::churn::probability::log_odds_to_probability;
use crate::parallel::map_chunks;
use crate::random::stream;
use crate::{Error, Result};

/// A split must lower the loss by more than the rounding of its sums.
const LEAST_GAIN: f64 = 1e-10;
/// The least curvature of a leaf: below it the rows are all but certain and their step means nothing.
const LEAST_CURVATURE: f64 = 1e-3;
/// Rows of one task.
const CHUNK: usize = 8192;
/// Features of one task: so few tasks are handed out quickly.
const PLACES: usize = 8;
/// Rows that are counted for one feature after another, while their derivatives are at hand.
const BLOCK: usize = 1024;

pub(super) fn fit(params: &CheckedBoostingParams, sample: Sample<'_>) -> Result<Boosting> {
    // Thousands of short parallel parts: from a thread of the pool they need no waking of another.
    rayon::scope(|_| grow(params, sample))
}

fn grow(params: &CheckedBoostingParams, sample: Sample<'_>) -> Result<Boosting> {
    let width = sample.rows().width();
    if !params.monotone.is_empty() && params.monotone.len() != width {
        let allowed = format!("one constraint for each of the {width} features");
        return Err(Error::parameter("monotone", params.monotone.len(), allowed));
    }
    let [stayed, left] = sample.class_weights()?;
    let binned = Binned::new(sample.rows(), params.bins)?;
    let base = libm::log(left / stayed);
    let mut log_odds = vec![base; binned.rows];
    let mut trees = Vec::with_capacity(params.trees);
    // Rows of weight zero count as absent: they shape no leaf.
    let count = u32::try_from(binned.rows)
        .map_err(|_| Error::data(format!("{} rows are too many to grow trees on", binned.rows)))?;
    let present: Vec<u32> = (0..count).filter(|row| sample.weight(*row as usize) > 0.0).collect();
    for index in 0..params.trees {
        let slopes = map_chunks(binned.rows, CHUNK, |rows| {
            rows.map(|row| Slope::at(log_odds[row], &sample, row)).collect::<Vec<_>>()
        })
        .concat();
        let columns = drawn_columns(params, width, index);
        let grower = Grower { params, binned: &binned, slopes: &slopes, columns: &columns };
        let (tree, leaves) = grower.grow(present.clone());
        for (rows, value) in leaves {
            for row in rows {
                log_odds[row as usize] += value;
            }
        }
        // A stump without a split means that nothing is left to learn, unless other columns may help.
        if tree.nodes.len() == 1 && columns.len() == width {
            break;
        }
        trees.push(tree);
    }
    let facts = Facts { rows: sample.rows().len(), base_rate: left / (stayed + left) };
    Ok(Boosting { features: width, base, trees, facts })
}

/// The features of one tree, in order.
fn drawn_columns(params: &CheckedBoostingParams, width: usize, tree: usize) -> Vec<usize> {
    let mut columns: Vec<usize> = (0..width).collect();
    let count = ((params.column_share * width as f64).round() as usize).clamp(1, width);
    if count < width {
        columns.shuffle(&mut stream(params.seed, tree as u64));
        columns.truncate(count);
        columns.sort_unstable();
    }
    columns
}

/// The weight of some rows and the derivatives of their loss by the log-odds.
#[derive(Clone, Copy, Default)]
struct Slope {
    gradient: f64,
    curvature: f64,
    weight: f64,
}

impl Slope {
    fn at(log_odds: f64, sample: &Sample<'_>, row: usize) -> Self {
        let weight = sample.weight(row);
        let probability = log_odds_to_probability(log_odds);
        let outcome = if sample.labels()[row] { 1.0 } else { 0.0 };
        Self {
            gradient: weight * (probability - outcome),
            curvature: weight * probability * (1.0 - probability),
            weight,
        }
    }

    fn add(&mut self, other: &Self) {
        self.gradient += other.gradient;
        self.curvature += other.curvature;
        self.weight += other.weight;
    }

    fn less(&self, other: &Self) -> Self {
        Self {
            gradient: self.gradient - other.gradient,
            curvature: self.curvature - other.curvature,
            weight: self.weight - other.weight,
        }
    }
}

/// The sums of each group of one drawn feature.
type Histogram = Vec<Slope>;

/// A leaf that may still be split.
struct Leaf {
    node: usize,
    rows: Vec<u32>,
    histograms: Vec<Histogram>,
    total: Slope,
    /// Between which values monotone ancestors allow its own.
    bounds: [f64; 2],
    value: f64,
    best: Option<Candidate>,
}

/// A split that could be made.
#[derive(Clone, Copy)]
struct Candidate {
    gain: f64,
    /// The place of the feature among the drawn ones.
    place: usize,
    /// The last group that goes left.
    group: u8,
    missing_left: bool,
    left: Slope,
    values: [f64; 2],
}

impl Candidate {
    /// Of two the one of the larger gain; of equals this.
    fn better(self, other: Self) -> Self {
        if other.gain > self.gain { other } else { self }
    }
}

struct Grower<'a> {
    params: &'a CheckedBoostingParams,
    binned: &'a Binned,
    slopes: &'a [Slope],
    columns: &'a [usize],
}

impl Grower<'_> {
    /// Splits the leaf of the largest gain, of equals the oldest, until no split pays or all leaves
    /// are used. Returns the tree and its leaves' rows with their values.
    fn grow(&self, rows: Vec<u32>) -> (Tree, Vec<(Vec<u32>, f64)>) {
        let mut total = Slope::default();
        for row in &rows {
            total.add(&self.slopes[*row as usize]);
        }
        let bounds = [f64::NEG_INFINITY, f64::INFINITY];
        let looked = map_chunks(self.columns.len(), PLACES, |places| {
            let sums = self.histograms(places.clone(), &rows).into_iter().zip(places);
            sums.map(|(sums, place)| {
                let best = self.best(place, &sums, &total, bounds);
                (sums, best)
            })
            .collect::<Vec<_>>()
        });
        let root = self.leaf(0, rows, total, bounds, looked.into_iter().flatten().collect());
        let mut nodes = vec![Node::Leaf { value: 0.0, cover: total.weight }];
        let mut leaves = vec![root];
        while leaves.len() < self.params.leaves {
            let mut chosen: Option<(usize, Candidate)> = None;
            for (index, leaf) in leaves.iter().enumerate() {
                if let Some(best) = leaf.best
                    && chosen.is_none_or(|(_, other)| best.gain > other.gain)
                {
                    chosen = Some((index, best));
                }
            }
            let Some((index, candidate)) = chosen else {
                break;
            };
            let leaf = leaves.remove(index);
            let (node, cover) = (leaf.node, leaf.total.weight);
            let [left, right] = self.split(&leaf, &candidate, nodes.len());
            let feature = self.columns[candidate.place];
            nodes[node] = Node::Split(Split {
                feature,
                threshold: self.binned.features[feature].cuts[usize::from(candidate.group) - 1],
                missing_left: candidate.missing_left,
                left: left.node,
                right: right.node,
                cover,
            });
            for child in [left, right] {
                nodes.push(Node::Leaf { value: 0.0, cover: child.total.weight });
                leaves.push(child);
            }
        }
        let mut results = Vec::with_capacity(leaves.len());
        for leaf in leaves {
            let value = self.params.learning_rate * leaf.value;
            nodes[leaf.node] = Node::Leaf { value, cover: leaf.total.weight };
            results.push((leaf.rows, value));
        }
        (Tree { nodes }, results)
    }

    /// A leaf of `rows`, whose features have been `looked` through for their best splits.
    fn leaf(
        &self,
        node: usize,
        rows: Vec<u32>,
        total: Slope,
        bounds: [f64; 2],
        looked: Vec<(Histogram, Option<Candidate>)>,
    ) -> Leaf {
        let value = self.value(&total, bounds);
        let (histograms, candidates): (Vec<_>, Vec<_>) = looked.into_iter().unzip();
        let best = candidates.into_iter().flatten().reduce(Candidate::better);
        Leaf { node, rows, histograms, total, bounds, value, best }
    }

    /// The two children of a leaf; the first will be node `next`, the second the one after it.
    fn split(&self, leaf: &Leaf, candidate: &Candidate, next: usize) -> [Leaf; 2] {
        let feature = self.columns[candidate.place];
        let groups = &self.binned.features[feature].groups;
        let goes_left = |row: &u32| {
            let group = groups[*row as usize];
            if group == MISSING { candidate.missing_left } else { group <= candidate.group }
        };
        let parts: (Vec<_>, Vec<_>) = map_chunks(leaf.rows.len(), CHUNK, |range| {
            leaf.rows[range].iter().partition::<Vec<u32>, _>(|row| goes_left(row))
        })
        .into_iter()
        .unzip();
        let (left, right) = (parts.0.concat(), parts.1.concat());
        let [low, high] = leaf.bounds;
        let middle = 0.5 * (candidate.values[0] + candidate.values[1]);
        let (left_bounds, right_bounds) = match self.constraint(feature) {
            Monotone::Free => (leaf.bounds, leaf.bounds),
            Monotone::Increasing => ([low, middle], [middle, high]),
            Monotone::Decreasing => ([middle, high], [low, middle]),
        };
        let left_total = candidate.left;
        let right_total = leaf.total.less(&left_total);
        // Only the smaller child is counted; the other is what is left of the parent.
        let left_is_smaller = left.len() <= right.len();
        let counted = if left_is_smaller { &left } else { &right };
        let looked = map_chunks(self.columns.len(), PLACES, |places| {
            let parts = self.histograms(places.clone(), counted).into_iter().zip(places);
            parts
                .map(|(part, place)| {
                    let all = &leaf.histograms[place];
                    let rest = all.iter().zip(&part).map(|(all, part)| all.less(part)).collect();
                    let [lefts, rights] = if left_is_smaller { [part, rest] } else { [rest, part] };
                    let best_left = self.best(place, &lefts, &left_total, left_bounds);
                    let best_right = self.best(place, &rights, &right_total, right_bounds);
                    ((lefts, best_left), (rights, best_right))
                })
                .collect::<Vec<_>>()
        });
        let (lefts, rights) = looked.into_iter().flatten().unzip();
        [
            self.leaf(next, left, left_total, left_bounds, lefts),
            self.leaf(next + 1, right, right_total, right_bounds, rights),
        ]
    }

    /// The sums of each group of some features, in the order of the rows.
    fn histograms(&self, places: Range<usize>, rows: &[u32]) -> Vec<Histogram> {
        let features = || self.columns[places.clone()].iter().map(|at| &self.binned.features[*at]);
        let mut histograms: Vec<Histogram> =
            features().map(|feature| vec![Slope::default(); feature.cuts.len() + 2]).collect();
        let mut slopes = Vec::with_capacity(BLOCK);
        for rows in rows.chunks(BLOCK) {
            slopes.clear();
            slopes.extend(rows.iter().map(|row| self.slopes[*row as usize]));
            for (sums, feature) in histograms.iter_mut().zip(features()) {
                for (row, slope) in rows.iter().zip(&slopes) {
                    sums[usize::from(feature.groups[*row as usize])].add(slope);
                }
            }
        }
        histograms
    }

    /// The split of a feature with the largest gain; of equals the lowest threshold.
    fn best(
        &self,
        place: usize,
        sums: &Histogram,
        total: &Slope,
        bounds: [f64; 2],
    ) -> Option<Candidate> {
        let before = self.loss(total, self.value(total, bounds));
        let mut best: Option<Candidate> = None;
        let missing = sums[usize::from(MISSING)];
        let mut below = Slope::default();
        // The last group has nothing to its right but missing values.
        for (group, sum) in sums.iter().enumerate().take(sums.len() - 1).skip(1) {
            below.add(sum);
            let mut with_missing = below;
            with_missing.add(&missing);
            // Without missing rows the two ways are one; new missing values then join the heavier side.
            let any_missing = missing.weight > 0.0;
            let heavier = !any_missing && 2.0 * below.weight > total.weight;
            let ways = [(below, heavier), (with_missing, true)];
            for (left, missing_left) in ways.into_iter().take(1 + usize::from(any_missing)) {
                let Some((gain, values)) = self.gain(place, &left, total, bounds, before) else {
                    continue;
                };
                let group = group as u8;
                let found = Candidate { gain, place, group, missing_left, left, values };
                best = Some(best.map_or(found, |best| best.better(found)));
            }
        }
        best
    }

    /// How much a split lowers the loss, and its children's values, if it is allowed.
    fn gain(
        &self,
        place: usize,
        left: &Slope,
        total: &Slope,
        bounds: [f64; 2],
        before: f64,
    ) -> Option<(f64, [f64; 2])> {
        let right = total.less(left);
        for side in [left, &right] {
            // A side of rounding only has no rows.
            if side.weight < self.params.least_weight.max(f64::EPSILON * total.weight)
                || side.curvature < LEAST_CURVATURE
            {
                return None;
            }
        }
        let values = [self.value(left, bounds), self.value(&right, bounds)];
        let ordered = match self.constraint(self.columns[place]) {
            Monotone::Free => true,
            Monotone::Increasing => values[0] <= values[1],
            Monotone::Decreasing => values[0] >= values[1],
        };
        let gain = before - self.loss(left, values[0]) - self.loss(&right, values[1]);
        (ordered && gain > LEAST_GAIN).then_some((gain, values))
    }

    fn constraint(&self, feature: usize) -> Monotone {
        self.params.monotone.get(feature).copied().unwrap_or_default()
    }

    /// The value of a leaf that lowers the loss most within the bounds.
    fn value(&self, slope: &Slope, [low, high]: [f64; 2]) -> f64 {
        let curvature = slope.curvature + self.params.l2;
        if curvature > 0.0 { (-slope.gradient / curvature).clamp(low, high) } else { 0.0 }
    }

    /// The second-order loss of a leaf at a value.
    fn loss(&self, slope: &Slope, value: f64) -> f64 {
        slope.gradient * value + 0.5 * (slope.curvature + self.params.l2) * value * value
    }
}
