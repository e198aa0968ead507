use std::f64::consts::FRAC_PI_6;

use rand_distr::{Distribution, StandardNormal};

use super::*;
use crate::random;

fn noise(count: usize, index: u64) -> Vec<f64> {
    let mut generator = random::stream(21, index);
    (0..count).map(|_| StandardNormal.sample(&mut generator)).collect()
}

/// A trend, a season of twelve and noise of deviation 2.
fn monthly(count: usize, index: u64) -> Vec<f64> {
    noise(count, index)
        .iter()
        .enumerate()
        .map(|(t, error)| {
            100.0 + 0.5 * t as f64 + 30.0 * (t as f64 * FRAC_PI_6).sin() + 2.0 * error
        })
        .collect()
}

#[test]
fn planted_anomalies_are_found_and_hardly_others() {
    let mut others = 0;
    for index in 0..100 {
        let mut values = monthly(96, index);
        values[20] += 30.0;
        values[61] -= 30.0;
        let found = Anomalies::default().find(&Series::new(&values, 12).unwrap()).unwrap();
        let places: Vec<usize> = found.iter().map(|anomaly| anomaly.position).collect();
        assert!(places.contains(&20) && places.contains(&61), "{places:?}");
        others += places.len() - 2;
    }
    assert!(others <= 30, "{others} false ones in 100 series of 96");
}

#[test]
fn planted_changes_are_found_and_hardly_others() {
    let mut others = 0;
    for index in 0..100 {
        let mut values = monthly(96, index);
        for (t, value) in values.iter_mut().enumerate() {
            if t >= 50 {
                *value += 25.0;
            }
        }
        let found = Changepoints::default().find(&Series::new(&values, 12).unwrap()).unwrap();
        let near = |change: &&Changepoint| change.position.abs_diff(50) <= 1;
        let right = found.iter().filter(near).count();
        assert_eq!(right, 1, "{found:?}");
        let change = found.iter().find(near).unwrap();
        assert!((change.after - change.before - 25.0).abs() < 12.0, "{change:?}");
        others += found.len() - 1;
    }
    assert!(others <= 20, "{others} false ones in 100 series");
}

#[test]
fn the_pruned_search_equals_the_whole_one() {
    // Optimal partitioning without pruning, by its definition.
    let values: Vec<f64> = noise(40, 3)
        .iter()
        .enumerate()
        .map(|(t, error)| error + if (15..28).contains(&t) { 6.0 } else { 0.0 })
        .collect();
    let squares = |start: usize, end: usize| -> f64 {
        let n = (end - start) as f64;
        let t: Vec<f64> = (start..end).map(|t| t as f64).collect();
        let (mean_t, mean_y) =
            (t.iter().sum::<f64>() / n, values[start..end].iter().sum::<f64>() / n);
        let with: f64 =
            t.iter().zip(&values[start..end]).map(|(t, y)| (t - mean_t) * (y - mean_y)).sum();
        let slope = with / t.iter().map(|t| (t - mean_t).powi(2)).sum::<f64>();
        t.iter()
            .zip(&values[start..end])
            .map(|(t, y)| (y - mean_y - slope * (t - mean_t)).powi(2))
            .sum()
    };
    let penalty = 10.0;
    let mut best = vec![(f64::INFINITY, 0); 41];
    best[0] = (-penalty, 0);
    for end in 4..=40 {
        for start in (0..=end - 4).filter(|&start| start == 0 || start >= 4) {
            let cost = best[start].0 + squares(start, end) + penalty;
            if cost < best[end].0 {
                best[end] = (cost, start);
            }
        }
    }
    let mut expected = vec![40];
    while let Some(&end) = expected.last().filter(|end| **end > 0) {
        expected.push(best[end].1);
    }
    expected.reverse();
    let found =
        changepoints::segment_starts(&changepoints::Lines::new(&values), values.len(), penalty);
    assert_eq!(found, expected);
    assert!(found.len() > 2, "there is something to find");
}

#[test]
fn a_trend_a_season_and_a_constant_are_no_news() {
    for values in [
        (0..60).map(f64::from).collect::<Vec<f64>>(),
        (0..60).map(|t| [5.0, 1.0, 9.0, 3.0][t % 4]).collect(),
        vec![7.0; 60],
        vec![0.0; 60],
        vec![1.0],
    ] {
        let series = Series::new(&values, 4).unwrap();
        assert_eq!(Anomalies::default().find(&series).unwrap(), [], "{values:?}");
        assert_eq!(Changepoints::default().find(&series).unwrap(), [], "{values:?}");
    }
}

#[test]
fn the_unit_does_not_matter() {
    let mut values = monthly(96, 7);
    values[30] += 40.0;
    for value in &mut values[60..] {
        *value += 40.0;
    }
    let positions = |values: &[f64]| {
        let series = Series::new(values, 12).unwrap();
        let anomalies = Anomalies::default().find(&series).unwrap();
        let changes = Changepoints::default().find(&series).unwrap();
        let places: Vec<usize> = anomalies.iter().map(|anomaly| anomaly.position).collect();
        (places, changes.iter().map(|change| change.position).collect::<Vec<usize>>())
    };
    let expected = positions(&values);
    assert!(!expected.0.is_empty() && !expected.1.is_empty());
    for factor in [1e-9, 1e9] {
        let scaled: Vec<f64> = values.iter().map(|value| value * factor).collect();
        assert_eq!(positions(&scaled), expected);
    }
}

#[test]
fn wrong_parameters_are_refused() {
    let series = Series::new(&[1.0, 2.0, 3.0], 1).unwrap();
    for wrong in [0.0, -1.0, f64::NAN] {
        assert!(Anomalies::default().threshold(wrong).find(&series).unwrap_err().is_parameter());
        assert!(Changepoints::default().penalty(wrong).find(&series).unwrap_err().is_parameter());
    }
}
