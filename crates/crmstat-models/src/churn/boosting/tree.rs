//! One tree: questions about features, and what each answer adds to the log-odds.

use serde::{Deserialize, Serialize};

use super::bins::code;
use super::params::MOST_LEAVES;
use crate::{Error, Result};

/// A tree as a list of nodes, the root first and every child after its parent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
}

/// A question or an answer, and the weight of the training rows that reached it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Node {
    Split(Split),
    Leaf { value: f64, cover: f64 },
}

/// Is the feature at most the threshold, or the category one of those that go left? Then left, else right;
/// a missing value has its own way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Split {
    pub(super) feature: usize,
    pub(super) threshold: f64,
    /// The categories that go left, instead of a threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) categories: Option<Categories>,
    pub(super) missing_left: bool,
    pub(super) left: usize,
    pub(super) right: usize,
    pub(super) cover: f64,
}

impl Split {
    /// The child that a row goes to.
    pub(super) fn child(&self, row: &[f64]) -> usize {
        let value = row[self.feature];
        if self.goes_left(value) { self.left } else { self.right }
    }

    /// Whether a value goes left.
    pub(super) fn goes_left(&self, value: f64) -> bool {
        match &self.categories {
            _ if value.is_nan() => self.missing_left,
            None => value <= self.threshold,
            Some(categories) => categories.hold(value),
        }
    }
}

/// A set of categories by their codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<u8>", into = "Vec<u8>")]
pub(super) struct Categories([u64; 4]);

impl Categories {
    pub(super) fn insert(&mut self, code: u8) {
        self.0[usize::from(code >> 6)] |= 1 << (code & 63);
    }

    pub(super) fn has(&self, code: u8) -> bool {
        self.0[usize::from(code >> 6)] >> (code & 63) & 1 == 1
    }

    /// Whether the category that a value stands for is one of them; what stands for none is not.
    pub(super) fn hold(&self, value: f64) -> bool {
        code(value).is_some_and(|code| self.has(code))
    }
}

impl From<Vec<u8>> for Categories {
    fn from(codes: Vec<u8>) -> Self {
        let mut all = Self::default();
        for code in codes {
            all.insert(code);
        }
        all
    }
}

impl From<Categories> for Vec<u8> {
    fn from(all: Categories) -> Self {
        (0..=u8::MAX).filter(|code| all.has(*code)).collect()
    }
}

impl Node {
    pub(super) fn cover(&self) -> f64 {
        match self {
            Self::Split(split) => split.cover,
            Self::Leaf { cover, .. } => *cover,
        }
    }
}

impl Tree {
    /// What the tree adds to the log-odds of a row.
    pub(super) fn value(&self, row: &[f64]) -> f64 {
        self.value_by(|_, split| split.child(row))
    }

    /// The value of the leaf that `child`, asked at each node, leads to.
    pub(super) fn value_by(&self, child: impl Fn(usize, &Split) -> usize) -> f64 {
        let mut node = 0;
        loop {
            match &self.nodes[node] {
                Node::Split(split) => node = child(node, split),
                Node::Leaf { value, .. } => return *value,
            }
        }
    }

    /// The mean value over the training rows.
    pub(super) fn mean(&self) -> f64 {
        let total = self.nodes[0].cover();
        let leaves = self.nodes.iter().map(|node| match node {
            Node::Leaf { value, cover } => value * cover / total,
            Node::Split(_) => 0.0,
        });
        leaves.sum()
    }

    /// The same tree, believed `factor` as much.
    pub(super) fn scaled(mut self, factor: f64) -> Self {
        for node in &mut self.nodes {
            if let Node::Leaf { value, .. } = node {
                *value *= factor;
            }
        }
        self
    }

    /// Refuses a tree, read from a file, on which a row could fall off, go round in circles, or become
    /// a number that is not finite.
    pub(super) fn check(&self, features: usize) -> Result<()> {
        let count = self.nodes.len();
        let mut parents = vec![0_usize; count];
        let mut sound = (1..2 * MOST_LEAVES).contains(&count);
        for (index, node) in self.nodes.iter().enumerate() {
            sound &= node.cover() > 0.0 && node.cover().is_finite();
            match node {
                Node::Leaf { value, .. } => sound &= value.is_finite(),
                Node::Split(split) => {
                    sound &= split.feature < features && split.threshold.is_finite();
                    for child in [split.left, split.right] {
                        sound &= child > index && child < count;
                        if let Some(parents) = parents.get_mut(child) {
                            *parents += 1;
                        }
                    }
                }
            }
        }
        // Every node but the root has one parent: the recursion over the tree ends.
        sound &=
            parents.iter().enumerate().all(|(index, parents)| *parents == usize::from(index > 0));
        if sound { Ok(()) } else { Err(Error::data("a tree of the model is broken")) }
    }
}
