//! The best question that can be put to the rows of a leaf.

use super::bins::{Feature, Kind, MISSING};
use super::params::Monotone;

/// A split must lower the loss by more than the rounding of its sums.
const LEAST_GAIN: f64 = 1e-10;
/// The least curvature of a leaf: below it the rows are all but certain and their step means nothing.
const LEAST_CURVATURE: f64 = 1e-3;
/// The derivatives of the loss of some rows by their log-odds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Slope {
    pub(super) gradient: f64,
    pub(super) curvature: f64,
}

impl Slope {
    pub(super) fn add(&mut self, other: &Self) {
        self.gradient += other.gradient;
        self.curvature += other.curvature;
    }

    pub(super) fn less(&self, other: &Self) -> Self {
        Self {
            gradient: self.gradient - other.gradient,
            curvature: self.curvature - other.curvature,
        }
    }
}

/// The groups of a feature that go left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Side([u64; 4]);

impl Side {
    fn insert(&mut self, group: usize) {
        self.0[group >> 6] |= 1 << (group & 63);
    }

    pub(super) fn has(&self, group: u8) -> bool {
        self.0[usize::from(group >> 6)] >> (group & 63) & 1 == 1
    }
}

/// A split that could be made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) gain: f64,
    /// The place of the feature among the drawn ones.
    pub(super) place: usize,
    /// The last group of the left side, where groups have an order.
    pub(super) group: u8,
    pub(super) left_groups: Side,
    pub(super) left: Slope,
    pub(super) values: [f64; 2],
}

/// What a leaf is, for the search of its best split.
#[derive(Clone, Copy, Debug)]
pub(super) struct Total {
    pub(super) slope: Slope,
    /// The weight of its rows.
    pub(super) weight: f64,
    /// Between which values monotone ancestors allow its own.
    pub(super) bounds: [f64; 2],
}

/// What a split must keep to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) l2: f64,
    pub(super) least_weight: f64,
}

impl Rules {
    /// Whether a leaf is heavy enough for two.
    pub(super) fn allow_split(&self, total: &Total) -> bool {
        total.weight >= 2.0 * self.least_weight && total.slope.curvature >= 2.0 * LEAST_CURVATURE
    }

    /// The value of a leaf that lowers the loss most within the bounds.
    pub(super) fn value(&self, slope: &Slope, [low, high]: [f64; 2]) -> f64 {
        let curvature = slope.curvature + self.l2;
        if curvature > 0.0 { (-slope.gradient / curvature).clamp(low, high) } else { 0.0 }
    }

    /// The split of a feature with the largest gain; of equals the first.
    pub(super) fn best(
        &self,
        place: usize,
        feature: &Feature,
        constraint: Monotone,
        sums: &[Slope],
        total: &Total,
    ) -> Option<Candidate> {
        let search = Search::new(self, place, constraint, sums, total);
        match feature.kind {
            Kind::Ordered { .. } => search.ordered(),
            Kind::Category => search.categories(),
        }
    }
}

/// The search through the splits of one feature.
struct Search<'a> {
    rules: Rules,
    place: usize,
    constraint: Monotone,
    sums: &'a [Slope],
    total: &'a Total,
    /// Whether nothing but the gain decides, so that it needs no values.
    is_free: bool,
    /// The least curvature of a side: its weight is told by its share of the leaf's curvature.
    least: f64,
    /// The loss of the leaf as it is.
    before: f64,
    best: Option<Candidate>,
}

impl<'a> Search<'a> {
    fn new(
        rules: &Rules,
        place: usize,
        constraint: Monotone,
        sums: &'a [Slope],
        total: &'a Total,
    ) -> Self {
        let per_weight = total.slope.curvature / total.weight.max(f64::MIN_POSITIVE);
        let mut search = Self {
            rules: *rules,
            place,
            constraint,
            sums,
            total,
            is_free: constraint == Monotone::Free
                && total.bounds == [f64::NEG_INFINITY, f64::INFINITY],
            least: (rules.least_weight * per_weight * (1.0 - 1e-9)).max(LEAST_CURVATURE),
            before: 0.0,
            best: None,
        };
        search.before = search.loss(&total.slope, search.value(&total.slope));
        search
    }

    /// Along the order of the groups, the missing values to either side.
    fn ordered(mut self) -> Option<Candidate> {
        let missing = self.sums[usize::from(MISSING)];
        let any_missing = self.is_there(&missing);
        let mut below = Slope::default();
        let mut chosen: Option<(u8, bool)> = None;
        // The last group has nothing to its right but missing values.
        for (group, sum) in self.sums.iter().enumerate().take(self.sums.len() - 1).skip(1) {
            if sum.curvature == 0.0 {
                continue;
            }
            below.add(sum);
            if self.look(&below) {
                chosen = Some((group as u8, false));
            }
            if any_missing {
                let mut with_missing = below;
                with_missing.add(&missing);
                if self.look(&with_missing) {
                    chosen = Some((group as u8, true));
                }
            }
        }
        let (group, missing_left) = chosen?;
        let mut best = self.best?;
        best.group = group;
        (1..=usize::from(group)).for_each(|group| best.left_groups.insert(group));
        if missing_left || !any_missing && self.is_heavier(&best.left) {
            best.left_groups.insert(usize::from(MISSING));
        }
        Some(best)
    }

    /// One category against all others; the missing values are a category.
    ///
    /// Sets of categories, found by putting them in order, fit the noise of those with few customers; several
    /// splits say the same of those with many.
    fn categories(mut self) -> Option<Candidate> {
        let mut chosen = None;
        for (group, sum) in self.sums.iter().enumerate() {
            if self.look(sum) {
                chosen = Some(group);
            }
        }
        let group = chosen?;
        let mut best = self.best?;
        best.left_groups.insert(group);
        // New missing values join the heavier side.
        let any_missing = self.is_there(&self.sums[usize::from(MISSING)]);
        if !any_missing && self.is_heavier(&best.left) {
            best.left_groups.insert(usize::from(MISSING));
        }
        Some(best)
    }

    /// Whether a group has rows: what rounding leaves of rows that are not there is no curvature.
    fn is_there(&self, sum: &Slope) -> bool {
        sum.curvature > 1e-12 * self.total.slope.curvature
    }

    fn is_heavier(&self, left: &Slope) -> bool {
        2.0 * left.curvature > self.total.slope.curvature
    }

    /// Keeps the split into `left` and the rest if it is allowed and better than what was found before.
    fn look(&mut self, left: &Slope) -> bool {
        let right = self.total.slope.less(left);
        if left.curvature < self.least || right.curvature < self.least {
            return false;
        }
        let (gain, values) = if self.is_free {
            let half = |side: &Slope| {
                0.5 * side.gradient * side.gradient / (side.curvature + self.rules.l2)
            };
            (self.before + half(left) + half(&right), None)
        } else {
            let values = [self.value(left), self.value(&right)];
            let is_allowed = match self.constraint {
                Monotone::Free => true,
                Monotone::Increasing => values[0] <= values[1],
                Monotone::Decreasing => values[0] >= values[1],
            };
            if !is_allowed {
                return false;
            }
            (self.before - self.loss(left, values[0]) - self.loss(&right, values[1]), Some(values))
        };
        if gain <= self.best.as_ref().map_or(LEAST_GAIN, |best| best.gain) {
            return false;
        }
        let values = values.unwrap_or_else(|| [self.value(left), self.value(&right)]);
        self.best = Some(Candidate {
            gain,
            place: self.place,
            group: 0,
            left_groups: Side::default(),
            left: *left,
            values,
        });
        true
    }

    fn value(&self, slope: &Slope) -> f64 {
        self.rules.value(slope, self.total.bounds)
    }

    /// The second-order loss of a leaf at a value.
    fn loss(&self, slope: &Slope, value: f64) -> f64 {
        slope.gradient * value + 0.5 * (slope.curvature + self.rules.l2) * value * value
    }
}
