//! Parts that add up: the forecasts of a total and of what it is divided into become one plan.

use super::SeriesSet;
use crate::{Error, Result};
use crmstat_models::forecast::{
    Fitted, Forecast,
    drivers::DrivenFit,
    hierarchy::{Hierarchy, Method},
};

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
    if common >= LEAST_ERRORS && paths.len() <= MOST_SERIES {
        let errors: Vec<Vec<f64>> = fits
            .iter()
            .map(|fit| fit.residuals()[fit.residuals().len() - common..].to_vec())
            .collect();
        // Series that never err have no covariance; then the parts decide.
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
    for (forecast, mean) in plan.iter_mut().zip(apply(Method::BottomUp).map_err(Error::from_model)?)
    {
        forecast.mean = mean;
    }
    let how = "the whole is the sum of its parts' forecasts: too many series, or too short ones, to weigh them";
    Ok(Some(how.to_owned()))
}
