//! Parts that add up: the forecasts of a total and of what it is divided into become one plan.

use super::SeriesSet;
use crate::{Error, Result};
use crmstat_models::forecast::{
    Fitted, Forecast,
    drivers::DrivenFit,
    ensemble::Note,
    hierarchy::{Hierarchy, Method},
};
use std::collections::BTreeMap;

/// Above this number of series the covariance of all errors costs more than it tells: its estimation takes
/// time with the square of the number, and a history of decades to be better than noise.
const MOST_SERIES: usize = 500;

/// Fewer errors than this in common say nothing about their covariance.
const LEAST_ERRORS: usize = 8;

/// Makes the forecasts of `plan` add up and says how; `None` where nothing has to.
///
/// The total keeps its forecast. Variances become those of the one joint distribution of all reconciled errors:
/// the same share of every step's, as the errors of later steps are taken to be correlated like those of the
/// first.
pub(super) fn reconcile(
    set: &SeriesSet,
    fits: &[DrivenFit],
    plan: &mut [Forecast],
) -> Result<Option<String>> {
    let Some(paths) = set.paths.as_ref().filter(|_| set.adds_up) else { return Ok(None) };
    let depth = paths.iter().map(Vec::len).max().unwrap_or(0);
    let bottom: Vec<&Vec<u32>> = paths.iter().filter(|path| path.len() == depth).collect();
    let levels: Vec<Vec<usize>> = (1..depth)
        .map(|length| {
            let groups: Vec<&[u32]> =
                paths.iter().filter(|path| path.len() == length).map(Vec::as_slice).collect();
            // Every prefix of a bottom path is a path, and paths are sorted.
            let label = |path: &&Vec<u32>| groups.partition_point(|group| *group < &path[..length]);
            bottom.iter().map(label).collect()
        })
        .collect();
    let levels: Vec<&[usize]> = levels.iter().map(Vec::as_slice).collect();
    let hierarchy = Hierarchy::new(bottom.len(), &levels).map_err(Error::from_model)?;

    let means: Vec<Vec<f64>> = plan.iter().map(|forecast| forecast.mean.clone()).collect();
    let not_negative = fits.iter().all(|fit| fit.floor().is_some());
    let apply = |method: Method<'_>| {
        if not_negative {
            hierarchy.reconcile_non_negative(&means, method)
        } else {
            hierarchy.reconcile(&means, method)
        }
    };
    let common = fits.iter().map(|fit| fit.residuals().len()).min().unwrap_or(0);
    let pooled = fits
        .iter()
        .any(|fit| fit.ensemble().notes().iter().any(|note| matches!(note, Note::Pooled { .. })));
    // Errors of what is hardly sold say little of it, and nothing of others.
    if common >= LEAST_ERRORS && paths.len() <= MOST_SERIES && !pooled {
        let errors: Vec<Vec<f64>> = fits
            .iter()
            .map(|fit| fit.residuals()[fit.residuals().len() - common..].to_vec())
            .collect();
        // Series that never err have no covariance.
        let ratios = hierarchy.variance_ratios(&errors);
        if let (Ok(means), Ok(ratios)) = (apply(Method::MinTraceOfTotal(&errors)), ratios) {
            for ((forecast, mean), ratio) in plan.iter_mut().zip(means).zip(ratios) {
                forecast.mean = mean;
                forecast.variance.iter_mut().flatten().for_each(|variance| *variance *= ratio);
            }
            let how = "the parts are made to add up to the total by minimum trace with shrinkage";
            return Ok(Some(how.to_owned()));
        }
    }
    divide(paths, plan, not_negative);
    let how = "every part is fitted to the forecast of what it is a part of: the histories are too short, or too \
               many, to weigh their errors together";
    Ok(Some(how.to_owned()))
}

/// From the total down, the parts of every series are moved until they add up to it, each in proportion to the
/// variance of its forecast: least squares with a total that is known.
///
/// A part's variance becomes what knowing the sum leaves of it, and its share of the variance of the whole.
fn divide(paths: &[Vec<u32>], plan: &mut [Forecast], not_negative: bool) {
    // Paths are sorted by depth, so that a whole comes before its parts.
    let mut parts: BTreeMap<&[u32], Vec<usize>> = BTreeMap::new();
    for (at, path) in paths.iter().enumerate() {
        if let Some((_, above)) = path.split_last() {
            parts.entry(above).or_default().push(at);
        }
    }
    for (whole, path) in paths.iter().enumerate() {
        let Some(parts) = parts.get(path.as_slice()) else { continue };
        for h in 0..plan[whole].mean.len() {
            let variance = |at: usize| plan[at].variance.as_ref().map_or(0.0, |all| all[h]);
            let (total, of_total) = (plan[whole].mean[h], variance(whole));
            let base: Vec<f64> = parts.iter().map(|at| plan[*at].mean[h]).collect();
            let variances: Vec<f64> = parts.iter().map(|at| variance(*at)).collect();
            let (means, shares) = fitted(total, &base, &variances, not_negative);
            let all: f64 = variances.iter().sum();
            for (at, part) in parts.iter().enumerate() {
                plan[*part].mean[h] = means[at];
                if let Some(own) = &mut plan[*part].variance {
                    let left = own[h] - if all > 0.0 { own[h] * (own[h] / all) } else { 0.0 };
                    own[h] = (left + shares[at] * shares[at] * of_total).min(f64::MAX);
                }
            }
        }
    }
}

/// The values nearest to `base`, in units of their variances, that add up to `total`, and the share of a change of
/// the total that each takes. Without negative values where `not_negative`.
fn fitted(total: f64, base: &[f64], variances: &[f64], not_negative: bool) -> (Vec<f64>, Vec<f64>) {
    let size = |at: usize| base[at].abs().max(f64::MIN_POSITIVE);
    // Where nothing is uncertain the sizes stand in.
    let sure = variances.iter().all(|variance| *variance == 0.0);
    let weights: Vec<f64> =
        (0..base.len()).map(|at| if sure { size(at) } else { variances[at] }).collect();
    let mut free: Vec<bool> = vec![true; base.len()];
    loop {
        let those = || (0..base.len()).filter(|at| free[*at]);
        let (sum, all) = those().fold((0.0, 0.0), |(s, w), at| (s + base[at], w + weights[at]));
        if all <= 0.0 || !all.is_finite() {
            // Only certain parts are left: all grow or shrink alike.
            let sum: f64 = base.iter().sum();
            let factor = if sum > 0.0 { total / sum } else { 0.0 };
            let shares = base.iter().map(|one| if sum > 0.0 { one / sum } else { 0.0 }).collect();
            return (base.iter().map(|one| one * factor).collect(), shares);
        }
        let share = |at: usize| if free[at] { weights[at] / all } else { 0.0 };
        let mean = |at: usize| if free[at] { base[at] + share(at) * (total - sum) } else { 0.0 };
        let below: Vec<usize> = those().filter(|at| not_negative && mean(*at) < 0.0).collect();
        if below.is_empty() {
            return (0..base.len()).map(|at| (mean(at), share(at))).unzip();
        }
        for at in below {
            free[at] = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_moved_by_their_variance_and_stay_above_zero() {
        let (means, shares) = fitted(100.0, &[60.0, 30.0], &[1.0, 4.0], true);
        assert_eq!((means, shares), (vec![62.0, 38.0], vec![0.2, 0.8]));
        // The second would fall below zero; the first takes the rest.
        let (means, _) = fitted(50.0, &[60.0, 10.0, 30.0], &[1.0, 9.0, 2.0], true);
        assert!((means[1] - 0.0).abs() < 1e-12 && (means.iter().sum::<f64>() - 50.0).abs() < 1e-9);
        assert!((means[0] - (60.0 - 40.0 / 3.0)).abs() < 1e-9, "{means:?}");
        let (means, _) = fitted(50.0, &[60.0, 40.0], &[0.0, 0.0], true);
        assert!((means[0] - 30.0).abs() < 1e-9, "certain parts shrink alike: {means:?}");
        assert_eq!(fitted(5.0, &[0.0, 0.0], &[0.0, 0.0], true).0, [2.5, 2.5]);
    }

    #[test]
    fn a_tree_adds_up_and_its_total_stays() {
        let paths = vec![vec![], vec![0], vec![1], vec![0, 0], vec![0, 1], vec![1, 2]];
        let forecast = |mean: f64, variance: f64| Forecast {
            mean: vec![mean],
            variance: Some(vec![variance]),
        };
        let mut plan = vec![
            forecast(100.0, 25.0),
            forecast(50.0, 9.0),
            forecast(30.0, 16.0),
            forecast(5.0, 4.0),
            forecast(90.0, 4.0),
            forecast(10.0, 1.0),
        ];
        divide(&paths, &mut plan, true);
        let mean = |at: usize| plan[at].mean[0];
        assert_eq!(mean(0), 100.0);
        assert!(
            (mean(1) + mean(2) - 100.0).abs() < 1e-9 && (mean(3) + mean(4) - mean(1)).abs() < 1e-9
        );
        assert_eq!((mean(3), mean(5)), (0.0, mean(2)));
        // 9 − 81/25 of its own, and 9/25 of the total's error.
        let variance = plan[1].variance.as_ref().unwrap()[0];
        assert!((variance - (9.0 - 81.0 / 25.0 + 0.36 * 0.36 * 25.0)).abs() < 1e-9, "{variance}");
    }
}
