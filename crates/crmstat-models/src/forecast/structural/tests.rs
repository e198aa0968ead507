//! Against dense generalised least squares, and on generated series with planted effects.

use super::{
    Structural,
    filter::{Filtered, Shape},
    season, trend, waves,
};
use crate::random::{Generator, generator};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

fn normal(random: &mut Generator) -> f64 {
    StandardNormal.sample(random)
}

/// The covariance of what is beside the columns, by adding up every shock that has come by then.
fn covariance(shape: Shape, len: usize) -> Vec<Vec<f64>> {
    let Shape { correlation, level, slope } = shape;
    let shared = |s: usize, t: usize| -> f64 {
        let both = s.min(t);
        let levels = level * level * both as f64;
        // The slope's step of period k is in the level (s − k − 1) times.
        let slopes: f64 = (0..both)
            .map(|k| {
                slope * slope * (s - k).saturating_sub(1) as f64 * (t - k).saturating_sub(1) as f64
            })
            .sum();
        let lag = s.abs_diff(t) as i32;
        levels + slopes + correlation.powi(lag) / (1.0 - correlation * correlation)
    };
    (0..len).map(|s| (0..len).map(|t| shared(s, t)).collect()).collect()
}

/// Solves by Gauss's elimination, and gives the logarithm of the determinant.
fn solved(matrix: &[Vec<f64>], right: &[f64]) -> (Vec<f64>, f64) {
    let size = right.len();
    let mut rows: Vec<Vec<f64>> = matrix.to_vec();
    for (row, value) in rows.iter_mut().zip(right) {
        row.push(*value);
    }
    let mut log_determinant = 0.0;
    for at in 0..size {
        let pivot =
            (at..size).max_by(|a, b| rows[*a][at].abs().total_cmp(&rows[*b][at].abs())).unwrap();
        rows.swap(at, pivot);
        log_determinant += rows[at][at].abs().ln();
        for row in at + 1..size {
            let factor = rows[row][at] / rows[at][at];
            let pivot = rows[at].clone();
            for (value, own) in rows[row].iter_mut().zip(&pivot).skip(at) {
                *value -= factor * own;
            }
        }
    }
    let mut x = vec![0.0; size];
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size).map(|column| rows[row][column] * x[column]).sum();
        x[row] = (rows[row][size] - known) / rows[row][row];
    }
    (x, log_determinant)
}

#[test]
fn the_filter_is_generalised_least_squares() {
    let random = &mut generator(1);
    for (correlation, level, slope) in
        [(0.0, 0.0, 0.0), (0.6, 0.0, 0.0), (-0.3, 0.4, 0.0), (0.4, 0.8, 0.03), (0.0, 0.2, 0.2)]
    {
        let shape = Shape { correlation, level, slope };
        let len = 24;
        let mut columns = trend(len);
        columns.extend(season(4, len));
        let past: Vec<f64> = (0..len).map(|t| 3.0 * t as f64 + 10.0 * normal(random)).collect();
        let found = Filtered::of(shape, &past, &columns).unwrap();
        let covariance = covariance(shape, len);
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let (weighted, log_variance) = solved(&covariance, &past);
        let of: Vec<Vec<f64>> = columns.iter().map(|own| solved(&covariance, own).0).collect();
        let precision: Vec<Vec<f64>> =
            columns.iter().map(|a| of.iter().map(|b| dot(a, b)).collect()).collect();
        let right: Vec<f64> = columns.iter().map(|own| dot(own, &weighted)).collect();
        let (effects, log_precision) = solved(&precision, &right);
        let squares = dot(&past, &weighted) - dot(&right, &effects);
        let free = (len - columns.len()) as f64;
        let log_likelihood = -0.5 * (log_variance + log_precision + free * squares.ln());
        assert!((found.squares / squares - 1.0).abs() < 1e-8, "{} {squares}", found.squares);
        assert!((found.log_likelihood - log_likelihood).abs() < 1e-7);
    }
}

/// A series as shops have it, and its future with nothing planted.
struct Made {
    past: Vec<f64>,
    future: Vec<f64>,
    columns: Vec<Vec<f64>>,
}

/// Level 100, a trend, a season of twelve, errors correlated with the last, in some a wandering level.
fn made(seed: u64, past: usize, future: usize) -> Made {
    let random = &mut generator(10_000 + seed);
    let slope = 0.3 * normal(random);
    let correlation = [0.0, 0.3, 0.6, 0.8][seed as usize % 4];
    let step = if seed.is_multiple_of(3) { 1.0 } else { 0.0 };
    let seasons: Vec<f64> = (0..12).map(|_| 8.0 * normal(random)).collect();
    let (mut rest, mut level) = (5.0 * normal(random), 100.0);
    let len = past + future;
    let all: Vec<f64> = (0..len)
        .map(|t| {
            rest = correlation * rest + 5.0 * normal(random);
            level += slope + step * normal(random);
            level + seasons[t % 12] + rest
        })
        .collect();
    let mut columns = trend(len);
    columns.extend(season(12, len));
    Made { past: all[..past].to_vec(), future: all[past..].to_vec(), columns }
}

fn quantile(values: &mut [f64], p: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * p).round() as usize]
}

/// On 500 generated series: the 95 % interval of the cumulative effect covers what was planted in 93 to 97 %, and holds
/// nothing for nothing planted in at least 93 %.
#[test]
fn intervals_of_planted_effects_cover() {
    const SERIES: u64 = 500;
    let planted = [0.0, 0.05, 0.2];
    let mut covered = [0_u32; 3];
    let mut found = [0_u32; 3];
    let mut points = 0_u32;
    for seed in 0..SERIES {
        let Made { past, future, columns } = made(seed, 72, 12);
        let paths = Structural::new(&past, &columns).unwrap().paths(1_000, seed);
        for (place, share) in planted.into_iter().enumerate() {
            let effect: f64 = future.iter().map(|own| share * own).sum();
            let actual: f64 = future.iter().map(|own| (1.0 + share) * own).sum();
            let mut effects: Vec<f64> =
                paths.iter().map(|path| actual - path.iter().sum::<f64>()).collect();
            let (lower, upper) = (quantile(&mut effects, 0.025), quantile(&mut effects, 0.975));
            covered[place] += u32::from(lower <= effect && effect <= upper);
            found[place] += u32::from(lower > 0.0 || upper < 0.0);
        }
        for (t, actual) in future.iter().enumerate() {
            let mut values: Vec<f64> = paths.iter().map(|path| path[t]).collect();
            let (lower, upper) = (quantile(&mut values, 0.025), quantile(&mut values, 0.975));
            points += u32::from(lower <= *actual && *actual <= upper);
        }
    }
    let share = |count: u32| 100.0 * f64::from(count) / SERIES as f64;
    println!(
        "covered {:?} %, found {:?} % of 0, 5, 20 %; points {:.1} %",
        covered.map(share),
        found.map(share),
        share(points) / 12.0
    );
    for count in covered {
        assert!((93.0..=97.0).contains(&share(count)), "{covered:?}");
    }
    assert!(share(found[0]) <= 7.0);
    assert!(share(found[2]) > 50.0);
}

#[test]
fn control_series_explain() {
    let random = &mut generator(3);
    // A market that wanders, followed at twice its size.
    let mut market = vec![50.0];
    for t in 1..60 {
        market.push(market[t - 1] + 5.0 * normal(random));
    }
    let own: Vec<f64> = market.iter().map(|value| 20.0 + 2.0 * value + normal(random)).collect();
    let mut columns = trend(60);
    let width = |columns: &[Vec<f64>]| {
        let paths = Structural::new(&own[..48], columns).unwrap().paths(1_000, 1);
        let mut sums: Vec<f64> = paths.iter().map(|path| path.iter().sum()).collect();
        quantile(&mut sums, 0.975) - quantile(&mut sums, 0.025)
    };
    let without = width(&columns);
    columns.push(market.clone());
    let with = width(&columns);
    assert!(with < without / 5.0, "{with} {without}");
}

#[test]
fn what_cannot_be_learned_is_refused() {
    let columns = trend(20);
    assert!(Structural::new(&[1.0; 5], &columns).is_err());
    assert!(Structural::new(&[f64::NAN; 15], &columns).is_err());
    assert!(Structural::new(&[1.0; 15], &[]).is_err());
    assert!(Structural::new(&[1.0; 25], &columns).is_err());
    let twice = [columns.clone(), columns.clone()].concat();
    let past: Vec<f64> = (0..15).map(|t| f64::from(t * t % 7)).collect();
    assert!(Structural::new(&past, &twice).is_err());
    // A constant series goes on.
    let paths = Structural::new(&[7.0; 15], &columns).unwrap().paths(100, 1);
    assert!(paths.iter().flatten().all(|value| (value - 7.0).abs() < 1e-3));
}

#[test]
fn waves_repeat_and_seeds_decide() {
    let waves = waves(52.18, 2, 200);
    assert_eq!(waves.len(), 4);
    assert!((waves[1][0] - 1.0).abs() < 1e-15 && (waves[0][100] - waves[0][100]).abs() < 1e-15);
    let random = &mut generator(8);
    let past: Vec<f64> = (0..40).map(|_| 10.0 + random.random::<f64>()).collect();
    let fit = Structural::new(&past, &trend(50)).unwrap();
    assert_eq!(fit.paths(50, 3), fit.paths(50, 3));
    assert_ne!(fit.paths(50, 3), fit.paths(50, 4));
    assert_eq!(fit.paths(80, 3)[..50], fit.paths(50, 3)[..]);
}
