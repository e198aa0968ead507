//! How good were the forecasts? Errors that can be compared between series, and calibration of intervals.
//!
//! # Formula
//! With errors e = y − ŷ over the horizon and in-sample seasonal differences d = y(t) − y(t−m):
//! MASE = mean|e| / mean|d|; RMSSE = √(mean e² / mean d²); sMAPE = mean 200|e|/(|y| + |ŷ|), in percent from
//! 0 to 200 (a period where both are zero counts 0); bias = mean(ŷ − y)/mean|d|; coverage: the share of
//! observations within their interval; pinball loss at level q: mean of q·e where e ≥ 0, else (q − 1)·e.
//!
//! # Assumptions
//! Observations and forecasts are of the same periods; the training series is what the model saw.
//!
//! # Citation
//! R. Hyndman, A. Koehler, International Journal of Forecasting 22, 2006 (MASE); S. Makridakis et al.,
//! International Journal of Forecasting 38, 2022 (RMSSE); R. Koenker, G. Bassett, Econometrica 46, 1978
//! (pinball).
//!
//! # When not to use
//! sMAPE near zero, where it reads 200 for the smallest miss.
//!
//! # Units and shapes
//! All but pinball (the unit of the series) and sMAPE (percent) are ratios. `None` where a measure is not
//! defined, as for a training series that never changes.
//!
//! # Errors
//! Lengths that differ or no periods at all: parameter errors.
//!
//! # Examples
//! ```
//! use crmstat_models::forecast::{Series, accuracy::Accuracy};
//!
//! let train = Series::new(&[1.0, 3.0, 2.0, 4.0], 1)?;
//! let accuracy = Accuracy::of(&train, &[5.0, 5.0], &[4.0, 6.0])?;
//! assert_eq!((accuracy.mase, accuracy.bias), (Some(0.6), Some(0.0)));
//! # Ok::<(), crmstat_models::Error>(())
//! ```

use serde::{Deserialize, Serialize};

use super::Series;
use crate::{Error, Result, sum};

/// The measures of one forecast against what came.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    /// Mean absolute error in units of the in-sample error of the seasonal naive forecast.
    pub mase: Option<f64>,
    /// Root mean squared error in units of the in-sample error of the seasonal naive forecast.
    pub rmsse: Option<f64>,
    /// Symmetric mean absolute percentage error, 0 to 200.
    pub smape: f64,
    /// Mean of forecast minus observation in the unit of MASE; above zero means too high.
    pub bias: Option<f64>,
}

impl Accuracy {
    /// Compares `forecast` with `actual`, scaled by how `train` changed from cycle to cycle.
    ///
    /// # Errors
    /// A parameter error where the lengths differ or are zero, or a value is not finite.
    pub fn of(train: &Series<'_>, actual: &[f64], forecast: &[f64]) -> Result<Self> {
        check(actual, forecast)?;
        let n = actual.len() as f64;
        let errors = || actual.iter().zip(forecast).map(|(y, f)| y - f);
        let differences = || {
            let values = train.values();
            values.iter().zip(values.iter().skip(train.season())).map(|(before, now)| now - before)
        };
        let count = train.len().saturating_sub(train.season()) as f64;
        let scaled = |error: f64, scale: f64| {
            let ratio = error / scale;
            (count > 0.0 && scale > 0.0 && ratio.is_finite()).then_some(ratio)
        };
        let absolute = sum::compensated(differences().map(f64::abs)) / count;
        let squared = sum::compensated(differences().map(|d| d * d)) / count;
        Ok(Self {
            mase: scaled(sum::compensated(errors().map(f64::abs)) / n, absolute),
            rmsse: scaled(sum::compensated(errors().map(|e| e * e)) / n, squared).map(f64::sqrt),
            smape: sum::compensated(actual.iter().zip(forecast).map(|(y, f)| {
                let size = 0.5 * y.abs() + 0.5 * f.abs();
                if size == 0.0 { 0.0 } else { 200.0 * ((0.5 * y - 0.5 * f).abs() / size) }
            })) / n,
            bias: scaled(-sum::compensated(errors()) / n, absolute),
        })
    }
}

/// The share of `actual` within `lower..=upper`.
///
/// # Errors
/// A parameter error where the lengths differ or are zero, or a value is not finite.
pub fn coverage(actual: &[f64], lower: &[f64], upper: &[f64]) -> Result<f64> {
    check(actual, lower)?;
    check(actual, upper)?;
    let within = actual
        .iter()
        .zip(lower.iter().zip(upper))
        .filter(|(y, (lower, upper))| lower <= y && y <= upper)
        .count();
    Ok(within as f64 / actual.len() as f64)
}

/// The mean pinball loss of a forecast of the quantile at `level`.
///
/// # Errors
/// A parameter error for a level outside (0, 1), lengths that differ or are zero, or a value that is not
/// finite.
pub fn pinball(actual: &[f64], quantile: &[f64], level: f64) -> Result<f64> {
    if !(level > 0.0 && level < 1.0) {
        return Err(Error::parameter("level", level, "between 0 and 1"));
    }
    check(actual, quantile)?;
    let losses = actual.iter().zip(quantile).map(|(y, q)| {
        let error = y - q;
        if error >= 0.0 { level * error } else { (level - 1.0) * error }
    });
    Ok(sum::compensated(losses) / actual.len() as f64)
}

fn check(actual: &[f64], forecast: &[f64]) -> Result<()> {
    if actual.is_empty() || actual.len() != forecast.len() {
        let allowed = format!("of {} periods, as many as were observed", actual.len().max(1));
        return Err(Error::parameter("forecast", forecast.len(), allowed));
    }
    match actual.iter().chain(forecast).find(|value| !value.is_finite()) {
        Some(value) => Err(Error::parameter("forecast", value, "finite")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_by_hand() {
        // Seasonal differences at lag 2: 4, 2, 4, 0 with mean 2.5 and mean square 9.
        let train = Series::new(&[1.0, 2.0, 5.0, 4.0, 9.0, 4.0], 2).unwrap();
        let accuracy = Accuracy::of(&train, &[10.0, 0.0, 6.0], &[8.0, 0.0, 7.0]).unwrap();
        assert!((accuracy.mase.unwrap() - 1.0 / 2.5).abs() < 1e-15);
        assert!((accuracy.rmsse.unwrap() - (5.0_f64 / 3.0 / 9.0).sqrt()).abs() < 1e-15);
        assert!((accuracy.smape - (400.0 / 18.0 + 200.0 / 13.0) / 3.0).abs() < 1e-12);
        assert!((accuracy.bias.unwrap() + 1.0 / 3.0 / 2.5).abs() < 1e-15);
    }

    #[test]
    fn a_series_without_change_has_no_scale() {
        let train = Series::new(&[3.0; 5], 2).unwrap();
        let accuracy = Accuracy::of(&train, &[4.0], &[3.0]).unwrap();
        assert_eq!((accuracy.mase, accuracy.rmsse, accuracy.bias), (None, None, None));
        let short = Series::new(&[3.0, 4.0], 2).unwrap();
        assert_eq!(Accuracy::of(&short, &[4.0], &[3.0]).unwrap().mase, None);
    }

    #[test]
    fn intervals_and_quantiles_by_hand() {
        let actual = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(coverage(&actual, &[0.0, 2.0, 4.0, 0.0], &[1.0, 2.0, 5.0, 3.9]), Ok(0.5));
        assert_eq!(pinball(&actual, &[0.0, 3.0, 3.0, 4.0], 0.9), Ok((0.9 + 0.1) / 4.0));
        assert!(pinball(&actual, &actual, 1.0).is_err());
    }

    #[test]
    fn lengths_must_agree() {
        let train = Series::new(&[1.0, 2.0], 1).unwrap();
        assert!(Accuracy::of(&train, &[], &[]).unwrap_err().is_parameter());
        assert!(Accuracy::of(&train, &[1.0], &[1.0, 2.0]).is_err());
        assert!(Accuracy::of(&train, &[1.0], &[f64::NAN]).is_err());
    }
}
