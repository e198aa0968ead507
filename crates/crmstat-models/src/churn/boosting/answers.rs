//! Small trees by the pattern of all their answers: what a tree says of a row is looked up, not walked to.
//!
//! A tree of `n` questions has `2ⁿ` patterns of answers, far fewer than there are customers: 128 for a
//! tree of 8 leaves. The value and the contributions of each pattern are found once, by the same code that
//! walks the tree for one row, so that nothing is approximated. A row then costs `n` comparisons without a
//! branch and one look-up per tree. It is what the second version of Fast `TreeSHAP` (Yang, arXiv
//! 2109.09847, 2021) does per leaf, done per tree.

use super::Boosting;
use super::shap;
use super::tree::{Node, Split, Tree};
use crate::churn::{Explanation, Rows};
use crate::parallel::map_chunks;
use crate::{Error, Result};

/// The most questions of a tree whose patterns are listed: 1,024 of them.
const MOST_QUESTIONS: usize = 10;

/// The questions of one tree, in the order of its nodes.
struct Questions {
    questions: Vec<Question>,
}

/// Is the feature at most the threshold?
struct Question {
    feature: usize,
    threshold: f64,
    missing_left: bool,
}

impl Questions {
    /// `None` for a tree with too many of them.
    fn of(tree: &Tree) -> Option<Self> {
        let splits = tree.nodes.iter().filter_map(|node| match node {
            Node::Split(split) => Some(split),
            Node::Leaf { .. } => None,
        });
        let questions: Vec<Question> = splits
            .map(|split| Question {
                feature: split.feature,
                threshold: split.threshold,
                missing_left: split.missing_left,
            })
            .collect();
        (questions.len() <= MOST_QUESTIONS).then_some(Self { questions })
    }

    /// The number of patterns.
    fn patterns(&self) -> usize {
        1 << self.questions.len()
    }

    /// The answers to all questions, asked on the way or not: bit `i` is set where the row goes left at
    /// the `i`-th.
    fn pattern(&self, row: &[f64]) -> usize {
        let mut pattern = 0;
        for (place, question) in self.questions.iter().enumerate() {
            let value = row[question.feature];
            let left = (value <= question.threshold) | (question.missing_left & value.is_nan());
            pattern |= usize::from(left) << place;
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
        let questions = Questions::of(tree)?;
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
            Some(listed) => listed.values[listed.questions.pattern(row)],
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
    trees: Vec<Option<Contributions>>,
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
        let questions = Questions::of(tree)?;
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
        let own = &self.values[self.questions.pattern(row) * self.features.len()..];
        for (feature, value) in self.features.iter().zip(own) {
            contributions[*feature] += value;
        }
    }
}

impl<'a> Explainer<'a> {
    pub(super) fn new(model: &'a Boosting) -> Self {
        let trees = map_chunks(model.trees.len(), 8, |range| {
            let listed = |tree| Contributions::of(&model.trees[tree], model.features);
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
