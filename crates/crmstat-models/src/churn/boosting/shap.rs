//! Exact Shapley values of a tree, by Lundberg et al.'s recursion over its paths.
//!
//! Consistent Individualized Feature Attribution for Tree Ensembles (arXiv 1802.03888, 2018), algorithm
//! 2: a feature that is not known sends a row both ways, in proportion to the training rows. All subsets
//! of known features are counted at once along each path.

use super::tree::{Node, Split, Tree};

/// A feature on the path from the root.
#[derive(Clone, Copy)]
struct Step {
    /// `None` for the root.
    feature: Option<usize>,
    /// The share of the training rows that went this way: where the feature is not known.
    unknown: f64,
    /// Whether the row goes this way, 1 or 0: where it is known.
    known: f64,
    /// The proportion of subsets of each size, summed over the features so far.
    weight: f64,
}

/// Adds the tree's contributions to those of the features; `child` says where the row goes from a node.
pub(super) fn add_contributions(
    tree: &Tree,
    child: &impl Fn(usize, &Split) -> usize,
    contributions: &mut [f64],
) {
    let root = Step { feature: None, unknown: 1.0, known: 1.0, weight: 0.0 };
    descend(tree, 0, child, &[], root, contributions);
}

fn descend(
    tree: &Tree,
    node: usize,
    child_of: &impl Fn(usize, &Split) -> usize,
    path: &[Step],
    step: Step,
    contributions: &mut [f64],
) {
    let path = extended(path, step);
    match &tree.nodes[node] {
        Node::Leaf { value, .. } => {
            for index in 1..path.len() {
                let Step { feature, unknown, known, .. } = path[index];
                if let Some(feature) = feature {
                    let weight: f64 = without(&path, index).iter().map(|step| step.weight).sum();
                    contributions[feature] += weight * (known - unknown) * value;
                }
            }
        }
        Node::Split(split) => {
            let taken = child_of(node, split);
            // A feature that was asked before is asked once, with both answers combined.
            let earlier = path.iter().position(|step| step.feature == Some(split.feature));
            let (path, unknown, known) = match earlier {
                Some(index) => (without(&path, index), path[index].unknown, path[index].known),
                None => (path, 1.0, 1.0),
            };
            for child in [split.left, split.right] {
                let step = Step {
                    feature: Some(split.feature),
                    unknown: unknown * tree.nodes[child].cover() / split.cover,
                    known: if child == taken { known } else { 0.0 },
                    weight: 0.0,
                };
                descend(tree, child, child_of, &path, step, contributions);
            }
        }
    }
}

/// The path with one more feature (`EXTEND`).
fn extended(path: &[Step], step: Step) -> Vec<Step> {
    let depth = path.len();
    let mut result = path.to_vec();
    result.push(Step { weight: if depth == 0 { 1.0 } else { 0.0 }, ..step });
    let size = (depth + 1) as f64;
    for index in (0..depth).rev() {
        let weight = result[index].weight;
        result[index + 1].weight += step.known * weight * (index + 1) as f64 / size;
        result[index].weight = step.unknown * weight * (depth - index) as f64 / size;
    }
    result
}

/// The path as if the feature at `index` had never joined it (`UNWIND`).
fn without(path: &[Step], index: usize) -> Vec<Step> {
    let depth = path.len() - 1;
    let Step { unknown, known, .. } = path[index];
    let size = (depth + 1) as f64;
    let mut weights: Vec<f64> = path.iter().map(|step| step.weight).collect();
    let mut next = weights[depth];
    for place in (0..depth).rev() {
        if known == 0.0 {
            weights[place] = weights[place] * size / (unknown * (depth - place) as f64);
        } else {
            let before = weights[place];
            weights[place] = next * size / ((place + 1) as f64 * known);
            next = before - weights[place] * unknown * (depth - place) as f64 / size;
        }
    }
    let steps = path.iter().enumerate().filter(|(place, _)| *place != index);
    steps.zip(weights).map(|((_, step), weight)| Step { weight, ..*step }).collect()
}
