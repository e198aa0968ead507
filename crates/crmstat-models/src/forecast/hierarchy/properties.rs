//! What holds for any tree and any weights.

use proptest::prelude::*;

use super::{Hierarchy, Method};

/// Bottom series under one or two levels of groups, the coarser one of groups of the finer.
fn tree() -> impl Strategy<Value = Vec<Vec<usize>>> {
    (2..9_usize, 1..4_usize, 1..3_usize).prop_map(|(bottom, width, coarser)| {
        let fine: Vec<usize> = (0..bottom).map(|series| series / width).collect();
        let coarse = fine.iter().map(|group| group / coarser).collect();
        vec![coarse, fine]
    })
}

/// A tree, base forecasts of its nodes for three periods, and past errors of each.
#[derive(Clone, Debug)]
struct Case {
    levels: Vec<Vec<usize>>,
    base: Vec<Vec<f64>>,
    errors: Vec<Vec<f64>>,
    shares: Vec<f64>,
}

fn case() -> impl Strategy<Value = Case> {
    tree().prop_flat_map(|levels| {
        let bottom = levels[0].len();
        let nodes = hierarchy(&levels).nodes();
        let values = |count: usize, size: f64| prop::collection::vec(-size..size, count);
        (
            prop::collection::vec(values(3, 1e4), nodes),
            prop::collection::vec(values(20, 1e2), nodes),
            values(bottom, 2.0),
        )
            .prop_map(move |(base, errors, shares)| Case {
                levels: levels.clone(),
                base,
                errors,
                shares,
            })
    })
}

fn hierarchy(levels: &[Vec<usize>]) -> Hierarchy {
    let levels: Vec<&[usize]> = levels.iter().map(Vec::as_slice).collect();
    Hierarchy::new(levels[0].len(), &levels).unwrap()
}

/// The greatest difference between a node and the sum of its series.
fn gap(levels: &[Vec<usize>], plan: &[Vec<f64>]) -> f64 {
    let bottom = levels[0].len();
    let first = plan.len() - bottom;
    let total = vec![0; bottom];
    let groups = std::iter::once(&total).chain(levels).flat_map(|labels| {
        let count = labels.iter().max().unwrap() + 1;
        (0..count).map(move |label| (labels, label))
    });
    let gaps = groups.enumerate().flat_map(|(node, (labels, label))| {
        (0..plan[0].len()).map(move |at| {
            let series = (0..bottom).filter(|series| labels[*series] == label);
            let sum: f64 = series.map(|series| plan[first + series][at]).sum();
            (plan[node][at] - sum).abs()
        })
    });
    gaps.fold(0.0, f64::max)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_method_adds_up(case in case()) {
        let hierarchy = hierarchy(&case.levels);
        for method in [
            Method::BottomUp,
            Method::TopDown(&case.shares),
            Method::MinTrace(&case.errors),
            Method::MinTraceOfTotal(&case.errors),
        ] {
            let plan = hierarchy.reconcile(&case.base, method).unwrap();
            prop_assert!(gap(&case.levels, &plan) < 1e-9, "{method:?}: {plan:?}");
            let plan = hierarchy.reconcile_non_negative(&case.base, method).unwrap();
            prop_assert!(gap(&case.levels, &plan) < 1e-9, "{method:?}: {plan:?}");
            prop_assert!(plan.iter().flatten().all(|value| *value >= 0.0), "{plan:?}");
        }
    }

    #[test]
    fn what_adds_up_stays(case in case()) {
        let hierarchy = hierarchy(&case.levels);
        let bottom = &case.base[case.base.len() - case.levels[0].len()..];
        let coherent = hierarchy.aggregate(bottom).unwrap();
        for method in [Method::MinTrace(&case.errors), Method::MinTraceOfTotal(&case.errors)] {
            let plan = hierarchy.reconcile(&coherent, method).unwrap();
            for (ours, theirs) in plan.iter().flatten().zip(coherent.iter().flatten()) {
                prop_assert!((ours - theirs).abs() < 1e-6, "{ours} {theirs}");
            }
        }
    }
}
