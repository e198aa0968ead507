//! Small trees by the pattern of all their answers: what a tree says of a row is looked up, not walked to.
//!
//! A tree of `n` questions has `2ⁿ` patterns of answers, far fewer than there are customers: 128 for a
//! tree of 8 leaves. The value and the contributions of each pattern are found once, by the same code that
//! walks the tree for one row, so that nothing is approximated. A row then costs `n` comparisons without a
//! branch and one look-up per tree. It is what the second version of Fast `TreeSHAP` (Yang, arXiv
//! 2109.09847, 2021) does per leaf, done per tree.

use super::Boosting;
use super::shap;
use super::tree::{Categories, Node, Split, Tree};
use crate::churn::{Explanation, Rows};
use crate::parallel::map_chunks;
use crate::{Error, Result};

/// The most questions of a tree whose patterns are listed: 1,024 of them.
const MOST_QUESTIONS: usize = 10;
/// The most of a tree whose contributions are listed for it as a whole, else leaf by leaf.
const MOST_AS_A_WHOLE: usize = 7;
/// The most questions, which a pattern has the bits for, and the most features of one leaf.
const MOST_BITS: usize = 64;
const MOST_FEATURES: usize = 10;

/// The questions of one tree, in the order of its nodes.
struct Questions {
    questions: Vec<Question>,
}

/// Is the feature at most the threshold?
struct Question {
    feature: usize,
    threshold: f64,
    missing_left: bool,
    /// Or one of these categories?
    categories: Option<Categories>,
}

impl Questions {
    /// `None` for a tree with more than `most` of them.
    fn of(tree: &Tree, most: usize) -> Option<Self> {
        let splits = tree.nodes.iter().filter_map(|node| match node {
            Node::Split(split) => Some(split),
            Node::Leaf { .. } => None,
        });
        let questions: Vec<Question> = splits
            .map(|split| Question {
                feature: split.feature,
                threshold: split.threshold,
                missing_left: split.missing_left,
                categories: split.categories,
            })
            .collect();
        (questions.len() <= most).then_some(Self { questions })
    }

    /// The number of patterns.
    fn patterns(&self) -> usize {
        1 << self.questions.len()
    }

    /// The answers to all questions, asked on the way or not: bit `i` is set where the row goes left at
    /// the `i`-th.
    fn pattern(&self, row: &[f64]) -> u64 {
        let mut pattern = 0;
        for (place, question) in self.questions.iter().enumerate() {
            let value = row[question.feature];
            let is_left = match &question.categories {
                None => value <= question.threshold,
                Some(categories) => categories.hold(value),
            };
            let left = is_left | (question.missing_left & value.is_nan());
            pattern |= u64::from(left) << place;
        }
        pattern
    }
}

/// The child that rows of `pattern` go to, for each node that asks.
fn children(tree: &Tree, pattern: usize) -> impl Fn(usize, &Split) -> usize {
    let mut place = 0;
    let places: Vec<usize> = (tree.nodes.iter())
        .map(|node| {
            place += usize::from(matches!(node, Node::Split(_)));
            place.saturating_sub(1)
        })
        .collect();
    move |node, split| if pattern >> places[node] & 1 == 1 { split.left } else { split.right }
}

/// A model ready to score many rows.
pub(super) struct Scorer<'a> {
    model: &'a Boosting,
    trees: Vec<Option<Values>>,
}

/// The value of one tree by the pattern of its answers.
struct Values {
    questions: Questions,
    values: Vec<f64>,
}

impl Values {
    fn of(tree: &Tree) -> Option<Self> {
        let questions = Questions::of(tree, MOST_QUESTIONS)?;
        let value = |pattern| tree.value_by(children(tree, pattern));
        let values = (0..questions.patterns()).map(value).collect();
        Some(Self { questions, values })
    }
}

impl<'a> Scorer<'a> {
    pub(super) fn new(model: &'a Boosting) -> Self {
        Self { model, trees: model.trees.iter().map(Values::of).collect() }
    }

    /// The log-odds of a row, to the bit those of [`Boosting::log_odds`].
    pub(super) fn log_odds(&self, row: &[f64]) -> f64 {
        let values = self.model.trees.iter().zip(&self.trees).map(|(tree, listed)| match listed {
            Some(listed) => listed.values[listed.questions.pattern(row) as usize],
            None => tree.value(row),
        });
        self.model.base + values.sum::<f64>()
    }
}

/// A [`Boosting`] ready to explain many rows, made by [`Boosting::explainer`].
///
/// The contributions are those of [`Boosting::explain`], at the cost of a few comparisons per tree.
pub struct Explainer<'a> {
    model: &'a Boosting,
    base: f64,
    trees: Vec<Option<Listed>>,
}

/// The contributions of one tree.
enum Listed {
    AsAWhole(Contributions),
    ByLeaf(Leaves),
}

impl Listed {
    /// `None` for a tree too large to be listed.
    fn of(tree: &Tree, width: usize) -> Option<Self> {
        let whole = Contributions::of(tree, width).map(Self::AsAWhole);
        whole.or_else(|| Leaves::of(tree).map(Self::ByLeaf))
    }

    fn add(&self, row: &[f64], contributions: &mut [f64]) {
        match self {
            Self::AsAWhole(listed) => listed.add(row, contributions),
            Self::ByLeaf(leaves) => leaves.add(row, contributions),
        }
    }
}

/// The contributions of one tree leaf by leaf (Yang, 2021, section 3.2): those of a leaf depend on no more than
/// which of the features on the way to it a row agrees with.
struct Leaves {
    questions: Questions,
    leaves: Vec<Way>,
}

/// The way to a leaf.
struct Way {
    features: Vec<Step>,
    /// Of each set of features that agree one after another, one for each feature.
    values: Vec<f64>,
}

/// What the way asks of one feature.
#[derive(Clone)]
struct Step {
    feature: usize,
    /// The questions about it, and the answers that lead on.
    asked: u64,
    wanted: u64,
    /// The share of the training rows that go on, of those who come.
    unknown: f64,
}

impl Leaves {
    fn of(tree: &Tree) -> Option<Self> {
        let questions = Questions::of(tree, MOST_BITS)?;
        let mut leaves = Vec::new();
        // The number of each node among those that ask.
        let mut place = 0;
        let places: Vec<u32> = (tree.nodes.iter())
            .map(|node| {
                let own = place;
                place += u32::from(matches!(node, Node::Split(_)));
                own
            })
            .collect();
        let mut open: Vec<(usize, Vec<Step>)> = vec![(0, Vec::new())];
        while let Some((node, steps)) = open.pop() {
            match &tree.nodes[node] {
                Node::Leaf { value, .. } => leaves.push(Way::new(steps, *value)?),
                Node::Split(split) => {
                    for (child, is_left) in [(split.left, true), (split.right, false)] {
                        let bit = 1 << places[node];
                        let share = tree.nodes[child].cover() / split.cover;
                        let mut steps = steps.clone();
                        let known = steps.iter().position(|step| step.feature == split.feature);
                        let at = known.unwrap_or_else(|| {
                            let feature = split.feature;
                            steps.push(Step { feature, asked: 0, wanted: 0, unknown: 1.0 });
                            steps.len() - 1
                        });
                        let step = &mut steps[at];
                        step.asked |= bit;
                        step.wanted |= if is_left { bit } else { 0 };
                        step.unknown *= share;
                        open.push((child, steps));
                    }
                }
            }
        }
        Some(Self { questions, leaves })
    }

    fn add(&self, row: &[f64], contributions: &mut [f64]) {
        let pattern = self.questions.pattern(row);
        for way in &self.leaves {
            let mut agreed = 0;
            for (place, step) in way.features.iter().enumerate() {
                agreed |= usize::from(pattern & step.asked == step.wanted) << place;
            }
            let own = &way.values[agreed * way.features.len()..];
            for (step, value) in way.features.iter().zip(own) {
                contributions[step.feature] += value;
            }
        }
    }
}

impl Way {
    /// `None` for a way with too many features.
    fn new(features: Vec<Step>, value: f64) -> Option<Self> {
        let count = features.len();
        if count > MOST_FEATURES {
            return None;
        }
        let mut values = Vec::with_capacity(count << count);
        for agreed in 0..1_usize << count {
            let known = |place: usize| f64::from(u8::from(agreed >> place & 1 == 1));
            for place in 0..count {
                // The coefficients of ∏ (unknownⱼ + knownⱼ t) over the other features: by how many of them are
                // known.
                let mut ways = [0.0; MOST_FEATURES];
                ways[0] = 1.0;
                for (degree, other) in (0..count).filter(|other| *other != place).enumerate() {
                    for at in (0..=degree).rev() {
                        let own = ways[at];
                        ways[at] = own * features[other].unknown;
                        if at + 1 < MOST_FEATURES {
                            ways[at + 1] += own * known(other);
                        }
                    }
                }
                // s! (n − 1 − s)! / n!, the weight of sets of s others.
                let mut weight = 1.0 / count as f64;
                let mut sum = 0.0;
                for (size, ways) in ways.iter().enumerate().take(count) {
                    sum += weight * ways;
                    weight *= (size + 1) as f64 / (count - 1).saturating_sub(size).max(1) as f64;
                }
                values.push(sum * (known(place) - features[place].unknown) * value);
            }
        }
        Some(Self { features, values })
    }
}

/// The contributions of one tree by the pattern of its answers.
struct Contributions {
    questions: Questions,
    /// The features that the tree asks about.
    features: Vec<usize>,
    /// Of each pattern one after another, one for each of the features.
    values: Vec<f64>,
}

impl Contributions {
    fn of(tree: &Tree, width: usize) -> Option<Self> {
        let questions = Questions::of(tree, MOST_AS_A_WHOLE)?;
        let mut features: Vec<usize> =
            questions.questions.iter().map(|question| question.feature).collect();
        features.sort_unstable();
        features.dedup();
        let mut values = Vec::with_capacity(questions.patterns() * features.len());
        let mut contributions = vec![0.0; width];
        for pattern in 0..questions.patterns() {
            contributions.fill(0.0);
            shap::add_contributions(tree, &children(tree, pattern), &mut contributions);
            values.extend(features.iter().map(|feature| contributions[*feature]));
        }
        Some(Self { questions, features, values })
    }

    fn add(&self, row: &[f64], contributions: &mut [f64]) {
        let own = &self.values[self.questions.pattern(row) as usize * self.features.len()..];
        for (feature, value) in self.features.iter().zip(own) {
            contributions[*feature] += value;
        }
    }
}

impl<'a> Explainer<'a> {
    pub(super) fn new(model: &'a Boosting) -> Self {
        let trees = map_chunks(model.trees.len(), 8, |range| {
            let listed = |tree| Listed::of(&model.trees[tree], model.features);
            range.map(listed).collect::<Vec<_>>()
        });
        let trees = trees.into_iter().flatten().collect();
        Self { model, base: model.mean_log_odds(), trees }
    }

    /// The contributions to the log-odds of one row, as [`Boosting::explain`] gives them.
    ///
    /// # Errors
    /// When the row has another number of features.
    pub fn explain(&self, row: &[f64]) -> Result<Explanation> {
        let mut contributions = vec![0.0; self.model.features];
        self.explain_into(row, &mut contributions)?;
        Ok(Explanation { base: self.base, contributions })
    }

    /// The same, written to `contributions`, one for each feature.
    ///
    /// # Errors
    /// When the row has another number of features, or there is not one place for each.
    pub fn explain_into(&self, row: &[f64], contributions: &mut [f64]) -> Result<()> {
        Rows::new(row, row.len())?.require_width(self.model.features)?;
        if contributions.len() != self.model.features {
            return Err(Error::data(format!(
                "{} places for the contributions of {} features",
                contributions.len(),
                self.model.features
            )));
        }
        contributions.fill(0.0);
        for (tree, listed) in self.model.trees.iter().zip(&self.trees) {
            match listed {
                Some(listed) => listed.add(row, contributions),
                None => {
                    let child = |_: usize, split: &Split| split.child(row);
                    shap::add_contributions(tree, &child, contributions);
                }
            }
        }
        Ok(())
    }
}
