//! In which order stages follow one another.

use std::collections::BTreeMap;

/// What the order of the stages was taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StageOrder {
    /// The caller's list.
    Given,
    /// The ways that deals went.
    History,
    /// The profile of the CRM.
    Profile,
    /// The CRM's own probabilities of the deals at each stage.
    Probability,
    /// Nothing: they are in the order of their names.
    Unknown,
}

/// What is known of the order.
#[derive(Debug, Default)]
pub(super) struct Evidence<'a> {
    /// The caller's list.
    pub(super) given: &'a [String],
    /// How many deals came to the first stage of a pair before the second.
    pub(super) before: BTreeMap<(u32, u32), u64>,
    /// The profile's list.
    pub(super) profile: &'a [String],
    /// The mean of the CRM's probabilities at each stage.
    pub(super) probability: Vec<Option<f64>>,
}

/// Letter case and blanks around a label do not count.
pub(super) fn folded(label: &str) -> String {
    label.trim().to_lowercase().replace('ё', "е")
}

/// The stages `names` from the first to the last, and what that was taken from.
pub(super) fn order(names: &[String], evidence: &Evidence<'_>) -> (Vec<u32>, StageOrder) {
    let mut stages: Vec<u32> = (0..names.len() as u32).collect();
    let found = by_evidence(names, evidence, &mut stages);
    if evidence.given.is_empty() {
        return (stages, found);
    }
    let place = places(names, evidence.given);
    // What is not listed stands behind, in the order that the evidence gives.
    stages.sort_by_key(|stage| place[*stage as usize].unwrap_or(usize::MAX));
    (stages, StageOrder::Given)
}

fn by_evidence(names: &[String], evidence: &Evidence<'_>, stages: &mut [u32]) -> StageOrder {
    if names.len() < 2 {
        return StageOrder::Profile;
    }
    if !evidence.before.is_empty() {
        by_ways(&evidence.before, stages);
        return StageOrder::History;
    }
    let place = places(names, evidence.profile);
    if place.iter().all(Option::is_some) {
        stages.sort_by_key(|stage| place[*stage as usize]);
        return StageOrder::Profile;
    }
    let share = &evidence.probability;
    if share.len() == names.len() && share.iter().all(Option::is_some) {
        let of = |stage: &u32| share[*stage as usize].unwrap_or(0.0);
        stages.sort_by(|left, right| of(left).total_cmp(&of(right)));
        let differ = stages.windows(2).any(|pair| of(&pair[0]) != of(&pair[1]));
        if differ {
            return StageOrder::Probability;
        }
    }
    stages.sort_by_key(|stage| place[*stage as usize].unwrap_or(usize::MAX));
    StageOrder::Unknown
}

/// The place of each name in a list of labels.
fn places(names: &[String], list: &[String]) -> Vec<Option<usize>> {
    let list: Vec<String> = list.iter().map(|label| folded(label)).collect();
    names.iter().map(|name| list.iter().position(|label| *label == folded(name))).collect()
}

/// Puts `stages` in the order in which most deals came to them.
///
/// They begin by the share of other stages that follow them, and are then exchanged with their neighbours until
/// no two of them stand against the majority of the deals that saw both. Stages of which no deal saw both keep
/// their places; ties are in the order of their names.
fn by_ways(before: &BTreeMap<(u32, u32), u64>, stages: &mut [u32]) {
    let count = |first: u32, second: u32| before.get(&(first, second)).copied().unwrap_or(0);
    let score = |stage: u32| {
        let (mut ahead, mut behind) = (0_u64, 0_u64);
        for other in 0..stages.len() as u32 {
            ahead += count(stage, other);
            behind += count(other, stage);
        }
        match ahead + behind {
            0 => 0.0,
            all => (ahead as f64 - behind as f64) / all as f64,
        }
    };
    let scores: Vec<f64> = (0..stages.len() as u32).map(score).collect();
    stages.sort_by(|left, right| {
        scores[*right as usize].total_cmp(&scores[*left as usize]).then(left.cmp(right))
    });
    // Majorities may run in a circle, so that the exchanges end after as many rounds as there are stages.
    for _ in 0..stages.len() {
        let mut changed = false;
        for at in 1..stages.len() {
            let (first, second) = (stages[at - 1], stages[at]);
            if count(second, first) > count(first, second) {
                stages.swap(at - 1, at);
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Evidence, StageOrder, order};
    use std::collections::BTreeMap;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_order_comes_from_the_best_that_is_known() {
        let stages = names(&["Demo", "New", "Offer"]);
        let (profile, given) =
            (names(&["new", "demo ", "Call", "offer"]), names(&["offer", "new"]));
        let ways = BTreeMap::from([((1, 2), 5), ((2, 0), 4), ((0, 2), 1), ((1, 0), 9)]);
        let by = |evidence: &Evidence<'_>| order(&stages, evidence);
        let mut evidence = Evidence::default();
        assert_eq!(by(&evidence), (vec![0, 1, 2], StageOrder::Unknown));
        evidence.probability = vec![Some(40.0), Some(10.0), Some(80.0)];
        assert_eq!(by(&evidence), (vec![1, 0, 2], StageOrder::Probability));
        evidence.profile = &profile;
        assert_eq!(by(&evidence), (vec![1, 0, 2], StageOrder::Profile));
        evidence.before = ways;
        assert_eq!(by(&evidence), (vec![1, 2, 0], StageOrder::History));
        evidence.given = &given;
        assert_eq!(by(&evidence), (vec![2, 1, 0], StageOrder::Given));
    }

    #[test]
    fn skipped_stages_and_steps_back_do_not_turn_the_order() {
        // 0 → 1 → 2 → 3 → 4, most deals skipping something, a few going back.
        let before = BTreeMap::from([
            ((0, 4), 10),
            ((1, 2), 8),
            ((2, 1), 3),
            ((2, 3), 6),
            ((3, 4), 7),
            ((4, 3), 2),
            ((0, 1), 1),
        ]);
        let names = names(&["a", "b", "c", "d", "e"]);
        let evidence = Evidence { before, ..Evidence::default() };
        assert_eq!(order(&names, &evidence).0, vec![0, 1, 2, 3, 4]);
    }
}
