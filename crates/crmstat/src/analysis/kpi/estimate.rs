//! Figures with their intervals.

use crmstat_models::{
    clv::{KaplanMeier, Lifetime, SurvivalStep},
    special::normal,
};
use serde::Serialize;

/// A figure, and how sure it is where it is an estimate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// The bounds of its interval, where it is an estimate.
    pub interval: Option<(f64, f64)>,
    /// Of how many customers, deals or orders.
    pub base: Option<u64>,
}

impl Estimate {
    /// A figure that is counted and not estimated.
    pub(super) fn exact(value: f64) -> Self {
        Self { value, interval: None, base: None }
    }

    /// The same with an interval that does not reach below zero, as nothing that it measures does.
    pub(super) fn not_negative(self) -> Self {
        let interval = self.interval.map(|(lower, upper)| (lower.max(0.0), upper));
        Self { interval, ..self }
    }

    /// A figure of so many.
    pub(super) fn of(value: f64, base: u64) -> Self {
        Self { base: Some(base), ..Self::exact(value) }
    }
}

/// The share of `part` in `whole` with its interval at `level` (E. B. Wilson, JASA 22, 1927); `None` of nothing.
pub(in crate::analysis) fn share(part: u64, whole: u64, level: f64) -> Option<Estimate> {
    if whole == 0 {
        return None;
    }
    let (n, z) = (whole as f64, quantile(level));
    let p = part as f64 / n;
    let centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    // At either end the bound is the end itself, which rounding must not miss.
    let lower = if part == 0 { 0.0 } else { (centre - half).max(0.0) };
    let upper = if part == whole { 1.0 } else { (centre + half).min(1.0) };
    Some(Estimate { value: p, interval: Some((lower, upper)), base: Some(whole) })
}

/// The mean of `values` with its normal interval at `level`; without spread known, without an interval.
pub(super) fn mean(values: &[f64], level: f64) -> Option<Estimate> {
    if values.is_empty() {
        return None;
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let error = (values.len() > 1).then(|| (squares / (n - 1.0) / n).sqrt() * quantile(level));
    let interval = error.map(|error| (mean - error, mean + error));
    Some(Estimate { value: mean, interval, base: Some(values.len() as u64) })
}

/// The median of `waits`, some of which go on (Kaplan and Meier), between the first times at which the bounds of the
/// curve pass a half (R. Brookmeyer and J. Crowley, Biometrics 38, 1982); `None` where more than half go on.
pub(super) fn median(waits: &[Lifetime], level: f64) -> Option<Estimate> {
    let curve = KaplanMeier::fit(waits, level).ok()?;
    // Once nobody is left, both bounds are passed.
    let first = |bound: fn(&SurvivalStep) -> Option<f64>| {
        let passes = |step: &&SurvivalStep| bound(step).is_none_or(|share| share <= 0.5);
        curve.steps().iter().find(passes).map(|step| step.time)
    };
    let interval = first(|step| step.lower).zip(first(|step| step.upper));
    Some(Estimate { value: curve.median()?, interval, base: Some(waits.len() as u64) })
}

/// How many of `count` fall on one of `base`, where each may have several: the score interval of a Poisson rate.
pub(super) fn rate(count: u64, base: u64, level: f64) -> Option<Estimate> {
    if base == 0 {
        return None;
    }
    let (k, n, z) = (count as f64, base as f64, quantile(level));
    let (centre, half) = (k + z * z / 2.0, z * (k + z * z / 4.0).sqrt());
    let lower = if count == 0 { 0.0 } else { (centre - half) / n };
    Some(Estimate { value: k / n, interval: Some((lower, (centre + half) / n)), base: Some(base) })
}

/// The net promoter score of scores from 0 to 10, in points.
pub(super) fn nps(scores: &[f64], level: f64) -> Option<Estimate> {
    if scores.is_empty() {
        return None;
    }
    let n = scores.len() as f64;
    let promoters = scores.iter().filter(|score| **score >= 9.0).count() as f64 / n;
    let detractors = scores.iter().filter(|score| **score <= 6.0).count() as f64 / n;
    let score = promoters - detractors;
    let error = ((promoters + detractors - score * score).max(0.0) / n).sqrt() * quantile(level);
    let interval = ((score - error).max(-1.0) * 100.0, (score + error).min(1.0) * 100.0);
    Some(Estimate {
        value: score * 100.0,
        interval: Some(interval),
        base: Some(scores.len() as u64),
    })
}

fn quantile(level: f64) -> f64 {
    normal::quantile(f64::midpoint(1.0, level))
}

/// The share of the `percent` of `amounts` with the most, at least one, in all that is above zero.
pub(super) fn top_share(sorted: &[i64], percent: usize) -> Option<f64> {
    let positive = |units: &i64| i128::from((*units).max(0));
    let all: i128 = sorted.iter().map(positive).sum();
    let count = (sorted.len() * percent).div_ceil(100).max(1);
    let top: i128 = sorted.iter().rev().take(count).map(positive).sum();
    (all > 0).then(|| top as f64 / all as f64)
}

/// The Gini coefficient of sorted amounts, those below zero taken for zero.
pub(super) fn gini(sorted: &[i64]) -> Option<f64> {
    let n = sorted.len() as f64;
    let (mut all, mut weighted) = (0.0, 0.0);
    for (rank, units) in (1_u32..).zip(sorted) {
        let amount = (*units).max(0) as f64;
        all += amount;
        weighted += f64::from(rank) * amount;
    }
    (all > 0.0).then(|| 2.0 * weighted / (n * all) - (n + 1.0) / n)
}

#[cfg(test)]
mod tests {
    use super::{gini, mean, median, nps, rate, share, top_share};
    use crmstat_models::clv::Lifetime;

    #[test]
    fn medians_of_waits_that_go_on_are_those_of_r() {
        // R 4: survfit(Surv(c(9,13,13,18,23,28,31,34,45,48,161), c(1,1,0,1,1,0,1,1,0,1,0)) ~ 1,
        // conf.type = "log-log"), the maintained group of `survival::aml`: median 31, 0.95 interval 13 to NA.
        let aml = [
            (9, 1),
            (13, 1),
            (13, 0),
            (18, 1),
            (23, 1),
            (28, 0),
            (31, 1),
            (34, 1),
            (45, 0),
            (48, 1),
            (161, 0),
        ];
        let waits =
            aml.map(|(time, ended)| Lifetime { length: f64::from(time), ended: ended == 1 });
        let found = median(&waits, 0.95).unwrap();
        assert_eq!((found.value, found.interval, found.base), (31.0, None, Some(11)));
        let ended: Vec<Lifetime> =
            (1..=20).map(|time| Lifetime { length: f64::from(time), ended: true }).collect();
        let found = median(&ended, 0.95).unwrap();
        let (lower, upper) = found.interval.unwrap();
        assert!(found.value == 10.0 && lower < 10.0 && upper > 10.0, "{found:?}");
        assert_eq!(median(&waits.map(|own| Lifetime { ended: false, ..own }), 0.95), None);
        assert_eq!(median(&[], 0.95), None);
    }

    #[test]
    fn a_rate_solves_its_own_score() {
        // The bounds are the rates from which the count lies z standard errors away.
        let (count, base) = (7.0_f64, 40.0_f64);
        let (lower, upper) = rate(7, 40, 0.95).unwrap().interval.unwrap();
        for bound in [lower, upper] {
            let away = (count - bound * base).abs() / (bound * base).sqrt();
            assert!((away - 1.959_963_985).abs() < 1e-6, "{bound}");
        }
        assert_eq!(rate(0, 10, 0.95).unwrap().interval.unwrap().0, 0.0);
        assert_eq!(rate(3, 0, 0.95), None);
    }

    #[test]
    fn intervals_are_those_of_the_textbooks() {
        // Newcombe, Statistics in Medicine 17, 1998: 81 of 263.
        let found = share(81, 263, 0.95).unwrap();
        let (lower, upper) = found.interval.unwrap();
        assert!((lower - 0.2553).abs() < 1e-4 && (upper - 0.3662).abs() < 1e-4);
        assert_eq!(share(0, 10, 0.95).unwrap().interval.unwrap().0, 0.0);
        assert_eq!(share(10, 10, 0.95).unwrap().interval.unwrap().1, 1.0);
        assert_eq!(share(0, 0, 0.95), None);
        // 5 promoters, 3 passives, 2 detractors.
        let scores = [9.0, 9.0, 10.0, 10.0, 9.0, 7.0, 8.0, 8.0, 6.0, 0.0];
        let found = nps(&scores, 0.95).unwrap();
        assert!((found.value - 30.0).abs() < 1e-12);
        let error = 1.959_963_98 * (0.61_f64 / 10.0).sqrt() * 100.0;
        assert!((found.interval.unwrap().0 - (30.0 - error)).abs() < 1e-5);
        assert_eq!(mean(&[2.0], 0.95).unwrap().interval, None);
    }

    #[test]
    fn concentration_is_that_of_all_pairs() {
        let amounts = [-500, 0, 100, 250, 250, 900, 4_000];
        let positive: Vec<f64> = amounts.iter().map(|units: &i64| (*units).max(0) as f64).collect();
        let n = positive.len() as f64;
        let pairs: f64 = positive
            .iter()
            .flat_map(|one| positive.iter().map(move |other| (one - other).abs()))
            .sum();
        let slow = pairs / (2.0 * n * positive.iter().sum::<f64>());
        assert!((gini(&amounts).unwrap() - slow).abs() < 1e-12);
        assert_eq!(top_share(&amounts, 20), Some(4_900.0 / 5_500.0));
        assert_eq!(top_share(&amounts, 1), Some(4_000.0 / 5_500.0));
        assert_eq!((gini(&[0, 0]), top_share(&[], 5)), (None, None));
    }
}
