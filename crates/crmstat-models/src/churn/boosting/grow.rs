//! Growing one tree: the leaf that gains most is split next.

use std::ops::Range;

use super::bins::{Binned, Kind, MISSING};
use super::params::Monotone;
use super::split::{Candidate, Rules, Side, Slope, Total};
use super::tree::{Categories, Node, Split, Tree};
use crate::parallel::map_chunks;

/// Cells of a table from which its histograms are worth a second thread.
const PARALLEL: usize = 100_000;
/// Features of one task: so few tasks are handed out quickly.
const PLACES: usize = 8;
/// Rows of one task.
const CHUNK: usize = 8192;

/// What a tree is grown by.
pub(super) struct Grower<'a> {
    pub(super) binned: &'a Binned,
    /// The derivatives at each row of the table.
    pub(super) slopes: &'a [Slope],
    /// The weight of each row of the table; `None` where all weigh 1.
    pub(super) weights: Option<&'a [f64]>,
    /// The features that it may ask about.
    pub(super) columns: &'a [usize],
    /// The constraint of each feature, or none.
    pub(super) monotone: &'a [Monotone],
    pub(super) rules: Rules,
    pub(super) leaves: usize,
    pub(super) learning_rate: f64,
}

/// A grown tree, and its way through the groups of the table that it was grown on.
pub(super) struct Grown {
    pub(super) tree: Tree,
    routes: Vec<Option<Route>>,
    /// The rows that it was grown on, leaf by leaf.
    rows: Vec<u32>,
    leaves: Vec<(Range<usize>, f64)>,
}

/// A question to a row of groups.
struct Route {
    feature: usize,
    left: Side,
    children: [usize; 2],
}

impl Grown {
    /// Adds what the tree says of the rows it was grown on and of the `others` to their log-odds.
    pub(super) fn add_to(&self, log_odds: &mut [f64], binned: &Binned, others: &[u32]) {
        for (range, value) in &self.leaves {
            self.rows[range.clone()].iter().for_each(|row| log_odds[*row as usize] += value);
        }
        if others.len() <= CHUNK {
            for row in others {
                log_odds[*row as usize] += self.value(binned, *row as usize);
            }
            return;
        }
        let added = map_chunks(others.len(), CHUNK, |range| {
            others[range].iter().map(|row| self.value(binned, *row as usize)).collect::<Vec<_>>()
        });
        for (row, added) in others.iter().zip(added.iter().flatten()) {
            log_odds[*row as usize] += added;
        }
    }

    /// What the tree adds to the log-odds of a row of the table.
    fn value(&self, binned: &Binned, row: usize) -> f64 {
        let mut node = 0;
        while let Some(route) = &self.routes[node] {
            let group = binned.features[route.feature].groups[row];
            node = route.children[usize::from(!route.left.has(group))];
        }
        match &self.tree.nodes[node] {
            Node::Leaf { value, .. } => *value,
            // A node without a route is a leaf.
            Node::Split(_) => 0.0,
        }
    }
}

/// A leaf that may still be split.
struct Leaf {
    node: usize,
    /// Its rows, as a part of the rows of the tree.
    rows: Range<usize>,
    total: Total,
    /// The sums of each group of the drawn features, one feature after another; empty where nothing can be
    /// split.
    sums: Vec<Slope>,
    best: Option<Candidate>,
}

impl Grower<'_> {
    /// Splits the leaf of the largest gain, of equals the oldest, until no split pays or all leaves
    /// are used.
    pub(super) fn grow(&self, mut rows: Vec<u32>) -> Grown {
        let places = self.places();
        let mut slope = Slope::default();
        for row in &rows {
            slope.add(&self.slopes[*row as usize]);
        }
        let bounds = [f64::NEG_INFINITY, f64::INFINITY];
        let total = Total { slope, weight: self.weight(&rows), bounds };
        let mut root = Leaf { node: 0, rows: 0..rows.len(), total, sums: Vec::new(), best: None };
        if self.rules.allow_split(&total) {
            root.sums = self.histograms(&places, &rows);
            root.best = self.best(&places, &root);
        }
        let mut nodes = vec![Node::Leaf { value: 0.0, cover: total.weight }];
        let mut routes = vec![None];
        let mut leaves = vec![root];
        let mut spare = Vec::with_capacity(rows.len());
        while leaves.len() < self.leaves {
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
            let next = nodes.len();
            // The children of the last split are not split again.
            let is_last = leaves.len() + 2 >= self.leaves;
            let children = self.split(&places, leaf, &candidate, &mut rows, &mut spare, is_last);
            nodes[node] = Node::Split(self.question(&candidate, next, cover));
            let feature = self.columns[candidate.place];
            routes[node] =
                Some(Route { feature, left: candidate.left_groups, children: [next, next + 1] });
            for (mut child, node) in children.into_iter().zip(next..) {
                child.node = node;
                nodes.push(Node::Leaf { value: 0.0, cover: child.total.weight });
                routes.push(None);
                leaves.push(child);
            }
        }
        let mut ends = Vec::with_capacity(leaves.len());
        for leaf in leaves {
            let value = self.learning_rate * self.rules.value(&leaf.total.slope, leaf.total.bounds);
            nodes[leaf.node] = Node::Leaf { value, cover: leaf.total.weight };
            ends.push((leaf.rows, value));
        }
        Grown { tree: Tree { nodes }, routes, rows, leaves: ends }
    }

    /// Where the groups of each drawn feature are among all sums.
    fn places(&self) -> Vec<Range<usize>> {
        let mut next = 0;
        let place = |column: &usize| {
            let start = next;
            next += self.binned.features[*column].count;
            start..next
        };
        self.columns.iter().map(place).collect()
    }

    fn weight(&self, rows: &[u32]) -> f64 {
        match self.weights {
            None => rows.len() as f64,
            Some(weights) => rows.iter().map(|row| weights[*row as usize]).sum(),
        }
    }

    fn constraint(&self, feature: usize) -> Monotone {
        self.monotone.get(feature).copied().unwrap_or_default()
    }

    fn question(&self, candidate: &Candidate, next: usize, cover: f64) -> Split {
        let feature = self.columns[candidate.place];
        let (threshold, categories) = match &self.binned.features[feature].kind {
            Kind::Ordered { cuts } => (cuts[usize::from(candidate.group) - 1], None),
            Kind::Category => {
                let mut categories = Categories::default();
                (1..=u8::MAX)
                    .filter(|group| candidate.left_groups.has(*group))
                    .for_each(|group| categories.insert(group - 1));
                (0.0, Some(categories))
            }
        };
        Split {
            feature,
            threshold,
            categories,
            missing_left: candidate.left_groups.has(MISSING),
            left: next,
            right: next + 1,
            cover,
        }
    }

    /// The two children of a leaf, with their rows in its part of `rows`.
    fn split(
        &self,
        places: &[Range<usize>],
        leaf: Leaf,
        candidate: &Candidate,
        rows: &mut [u32],
        spare: &mut Vec<u32>,
        is_last: bool,
    ) -> [Leaf; 2] {
        let feature = self.columns[candidate.place];
        let groups = &self.binned.features[feature].groups;
        let own = &mut rows[leaf.rows.clone()];
        let count = part(own, spare, |row| candidate.left_groups.has(groups[row as usize]));
        let middle = leaf.rows.start + count;
        let [low, high] = leaf.total.bounds;
        let between = 0.5 * (candidate.values[0] + candidate.values[1]);
        let bounds = match self.constraint(feature) {
            Monotone::Free => [leaf.total.bounds, leaf.total.bounds],
            Monotone::Increasing => [[low, between], [between, high]],
            Monotone::Decreasing => [[between, high], [low, between]],
        };
        let left_weight = self.weight(&rows[leaf.rows.start..middle]);
        let slopes = [candidate.left, leaf.total.slope.less(&candidate.left)];
        let weights = [left_weight, leaf.total.weight - left_weight];
        let ranges = [leaf.rows.start..middle, middle..leaf.rows.end];
        let child = |side: usize| Leaf {
            node: 0,
            rows: ranges[side].clone(),
            total: Total { slope: slopes[side], weight: weights[side], bounds: bounds[side] },
            sums: Vec::new(),
            best: None,
        };
        let mut children = [child(0), child(1)];
        let wanted = [0, 1].map(|side| !is_last && self.rules.allow_split(&children[side].total));
        if wanted == [false, false] {
            return children;
        }
        // Only the smaller child is counted; the other is what is left of the parent.
        let smaller = usize::from(ranges[1].len() < ranges[0].len());
        let part = self.histograms(places, &rows[ranges[smaller].clone()]);
        let mut rest = leaf.sums;
        if wanted[1 - smaller] {
            rest.iter_mut().zip(&part).for_each(|(all, part)| *all = all.less(part));
            children[1 - smaller].sums = rest;
            children[1 - smaller].best = self.best(places, &children[1 - smaller]);
        }
        if wanted[smaller] {
            children[smaller].sums = part;
            children[smaller].best = self.best(places, &children[smaller]);
        }
        children
    }

    /// The sums of each group of the drawn features, in the order of the rows.
    fn histograms(&self, places: &[Range<usize>], rows: &[u32]) -> Vec<Slope> {
        let slopes: Vec<Slope> = rows.iter().map(|row| self.slopes[*row as usize]).collect();
        if rows.len() * places.len() < PARALLEL {
            return self.count(places, 0..places.len(), rows, &slopes);
        }
        let parts =
            map_chunks(places.len(), PLACES, |range| self.count(places, range, rows, &slopes));
        parts.concat()
    }

    /// The sums of some of the drawn features.
    fn count(
        &self,
        places: &[Range<usize>],
        range: Range<usize>,
        rows: &[u32],
        slopes: &[Slope],
    ) -> Vec<Slope> {
        let (places, columns) = (&places[range.clone()], &self.columns[range]);
        let first = places.first().map_or(0, |place| place.start);
        let mut sums = vec![Slope::default(); places.last().map_or(0, |place| place.end) - first];
        let mut rest = &mut sums[..];
        // Four features at once: a row that falls into the group of the row before it waits for its sum,
        // and three others are counted meanwhile.
        let (fours, ones) = columns.as_chunks::<4>();
        for columns in fours {
            let [a, b, c, d] = columns.map(|column| &self.binned.features[column]);
            let (first, others) = rest.split_at_mut(a.count);
            let (second, others) = others.split_at_mut(b.count);
            let (third, others) = others.split_at_mut(c.count);
            let (fourth, others) = others.split_at_mut(d.count);
            rest = others;
            for (row, slope) in rows.iter().zip(slopes) {
                let row = *row as usize;
                first[usize::from(a.groups[row])].add(slope);
                second[usize::from(b.groups[row])].add(slope);
                third[usize::from(c.groups[row])].add(slope);
                fourth[usize::from(d.groups[row])].add(slope);
            }
        }
        for column in ones {
            let feature = &self.binned.features[*column];
            let (own, others) = rest.split_at_mut(feature.count);
            rest = others;
            for (row, slope) in rows.iter().zip(slopes) {
                own[usize::from(feature.groups[*row as usize])].add(slope);
            }
        }
        sums
    }

    /// The best split of a leaf; of equals that of the first feature.
    fn best(&self, places: &[Range<usize>], leaf: &Leaf) -> Option<Candidate> {
        let mut best: Option<Candidate> = None;
        for (index, (place, column)) in places.iter().zip(self.columns).enumerate() {
            let sums = &leaf.sums[place.clone()];
            let feature = &self.binned.features[*column];
            let found =
                self.rules.best(index, feature, self.constraint(*column), sums, &leaf.total);
            if let Some(found) = found
                && best.is_none_or(|best| found.gain > best.gain)
            {
                best = Some(found);
            }
        }
        best
    }
}

/// Brings the rows that go left to the front, both sides in their order; returns how many they are.
fn part(rows: &mut [u32], spare: &mut Vec<u32>, goes_left: impl Fn(u32) -> bool + Sync) -> usize {
    if rows.len() > CHUNK {
        let parts: (Vec<_>, Vec<_>) = map_chunks(rows.len(), CHUNK, |range| {
            rows[range].iter().partition::<Vec<u32>, _>(|row| goes_left(**row))
        })
        .into_iter()
        .unzip();
        let (left, right) = (parts.0.concat(), parts.1.concat());
        rows[..left.len()].copy_from_slice(&left);
        rows[left.len()..].copy_from_slice(&right);
        return left.len();
    }
    // Every row is written to both sides, and only the place behind it depends on its side: where a row goes
    // is a coin flip that no processor guesses.
    spare.resize(rows.len(), 0);
    let (mut left, mut right) = (0, 0);
    for index in 0..rows.len() {
        let row = rows[index];
        let is_left = usize::from(goes_left(row));
        rows[left] = row;
        spare[right] = row;
        left += is_left;
        right += 1 - is_left;
    }
    rows[left..].copy_from_slice(&spare[..right]);
    left
}
