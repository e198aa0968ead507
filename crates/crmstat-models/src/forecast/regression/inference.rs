//! How sure are the coefficients, and is what they leave noise?

use serde::{Deserialize, Serialize};

use super::RegressionFit;
use crate::{Error, Result, special::beta};

/// One coefficient with what is not known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coefficient {
    /// `intercept`, `trend`, a period of the cycle or the regressor's name.
    pub name: String,
    /// In the unit of the series per unit of the regressor.
    pub estimate: f64,
    /// The standard error.
    pub error: f64,
    /// The bounds that hold the true one with the probability asked for.
    pub bounds: (f64, f64),
    /// The estimate in units of its standard error.
    pub t: f64,
    /// How likely an estimate this far from zero is where the truth is zero.
    pub p_value: f64,
}

/// Whether the errors look like noise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResidualChecks {
    /// The share of variance that is explained, between 0 and 1.
    pub r_squared: f64,
    /// The standard deviation of the one-step errors, in the unit of the series.
    pub deviation: f64,
    /// Durbin and Watson's statistic: 2 for errors that do not carry over, towards 0 where they do.
    pub durbin_watson: f64,
    /// The p-value of Ljung and Box's test that errors up to a cycle (at most ten periods) apart are uncorrelated.
    pub ljung_box: f64,
}

impl RegressionFit {
    /// The coefficients with standard errors, bounds of probability `level` and p-values, by Student's distribution
    /// (G. Judge et al., The Theory and Practice of Econometrics, 1985, chapter 2).
    ///
    /// For ridge and Huber's loss these are those of the weighted least squares that they end in, and too narrow by
    /// what the weights owe to the data.
    ///
    /// # Errors
    /// A parameter error for a level outside (0, 1).
    pub fn inference(&self, level: f64) -> Result<Vec<Coefficient>> {
        if !(level > 0.0 && level < 1.0) {
            return Err(Error::parameter("level", level, "between 0 and 1"));
        }
        let count = self.coefficients.len();
        let freedom = self.freedom();
        let bound = student_bound(level, freedom);
        (0..count)
            .map(|at| {
                let mut unit = vec![0.0; count];
                unit[at] = 1.0;
                let error = (self.variance * self.qr.leverage(&unit)?).sqrt();
                let estimate = self.coefficients[at];
                // A fit without errors leaves nothing open.
                let t = if error > 0.0 { estimate / error } else { f64::MAX.copysign(estimate) };
                Ok(Coefficient {
                    name: self.names[at].clone(),
                    estimate,
                    error,
                    bounds: (estimate - bound * error, estimate + bound * error),
                    t,
                    p_value: if estimate == 0.0 { 1.0 } else { beyond(t.abs(), freedom) },
                })
            })
            .collect()
    }

    /// Whether what is left looks like noise.
    pub fn checks(&self) -> ResidualChecks {
        let errors = &self.residuals;
        let n = errors.len() as f64;
        let mean = self.observations.iter().sum::<f64>() / n;
        let squares: f64 = errors.iter().map(|e| e * e).sum();
        let around: f64 = self.observations.iter().map(|y| (y - mean).powi(2)).sum();
        let changes: f64 = errors.windows(2).map(|pair| (pair[1] - pair[0]).powi(2)).sum();
        let lags = self.season.clamp(2, MOST_LAGS).min(errors.len() / 2);
        let correlation = |lag: usize| {
            errors.iter().zip(&errors[lag..]).map(|(a, b)| a * b).sum::<f64>() / squares
        };
        let q: f64 = if squares > 0.0 {
            let terms = (1..=lags).map(|lag| correlation(lag).powi(2) / (n - lag as f64));
            n * (n + 2.0) * terms.sum::<f64>()
        } else {
            0.0
        };
        ResidualChecks {
            r_squared: if around > 0.0 { (1.0 - squares / around).max(0.0) } else { 0.0 },
            deviation: self.variance.sqrt(),
            durbin_watson: if squares > 0.0 { changes / squares } else { 2.0 },
            ljung_box: chi_squared_beyond(q, lags as f64),
        }
    }

    fn freedom(&self) -> f64 {
        let estimated = self.coefficients.len() + usize::from(self.carry != 0.0);
        (self.observations.len() - estimated).max(1) as f64
    }
}

/// Correlations further apart are those of a season.
const MOST_LAGS: usize = 10;

/// The probability of sizes beyond `t` in Student's distribution (Abramowitz and Stegun 1964, 26.7.1).
fn beyond(t: f64, freedom: f64) -> f64 {
    // The square of a huge ratio is infinite, and the probability zero.
    beta::incomplete(0.5 * freedom, 0.5, freedom / (freedom + t * t))
}

/// The size that is exceeded with probability 1 − `level`, by halving.
fn student_bound(level: f64, freedom: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while beyond(high, freedom) > 1.0 - level && high < 1e8 {
        high *= 2.0;
    }
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if beyond(middle, freedom) > 1.0 - level {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// Halvings until nothing lies between the ends.
const HALVINGS: usize = 80;

/// The probability of more than `q` in the chi-squared distribution: e^(−q/2) Σ (q/2)^k/k! for an even number of
/// degrees, the mean of both neighbours for an odd one.
fn chi_squared_beyond(q: f64, freedom: f64) -> f64 {
    let even = |degrees: f64| {
        let half = 0.5 * q;
        let (mut term, mut sum) = (1.0, 1.0);
        for k in 1..(0.5 * degrees) as usize {
            term *= half / k as f64;
            sum += term;
        }
        if degrees < 1.0 { 0.0 } else { (libm::exp(-half) * sum).min(1.0) }
    };
    if freedom % 2.0 == 0.0 {
        even(freedom)
    } else {
        0.5 * (even(freedom - 1.0) + even(freedom + 1.0))
    }
}

#[cfg(test)]
mod tests {
    use rand_distr::{Distribution, StandardNormal};

    use super::*;
    use crate::{
        forecast::{Series, regression::Regression},
        random,
    };

    #[test]
    fn students_points_are_those_of_any_table() {
        for (level, freedom, point) in
            [(0.95, 10.0, 2.228_139), (0.95, 1.0, 12.706_205), (0.8, 30.0, 1.310_415)]
        {
            assert!((student_bound(level, freedom) - point).abs() < 1e-6 * point, "{freedom}");
        }
        assert!((chi_squared_beyond(18.307_038, 10.0) - 0.05).abs() < 1e-6);
        assert!((chi_squared_beyond(3.0, 2.0) - (-1.5_f64).exp()).abs() < 1e-12);
    }

    #[test]
    fn a_line_has_its_textbook_errors() {
        // x 1 … 5, y 2 4 5 4 5: slope 0.6, s² = 2.4/3, its standard error √(0.8/10).
        let series = [2.0, 4.0, 5.0, 4.0, 5.0];
        let fit = Regression::new().fit(&Series::new(&series, 1).unwrap()).unwrap();
        let all = fit.inference(0.95).unwrap();
        assert!(
            (all[1].estimate - 0.6).abs() < 1e-12 && (all[1].error - 0.08_f64.sqrt()).abs() < 1e-12
        );
        // t = 2.1213 on three degrees of freedom.
        assert!((all[1].p_value - 0.124_027).abs() < 1e-5, "{}", all[1].p_value);
        assert!((fit.checks().r_squared - 0.6).abs() < 1e-12);
        assert!(fit.inference(1.0).unwrap_err().is_parameter());
    }

    #[test]
    fn bounds_hold_the_truth_as_often_as_they_say() {
        let (mut held, mut false_alarms) = (0, 0);
        for index in 0..400 {
            let mut generator = random::stream(4, index);
            let mut shock = || -> f64 { StandardNormal.sample(&mut generator) };
            let promotion: Vec<f64> = (0..60).map(|t| f64::from(u8::from(t % 7 == 3))).collect();
            let useless: Vec<f64> = (0..60).map(|_| shock()).collect();
            let values: Vec<f64> = (0..60)
                .map(|t| 10.0 + 0.2 * t as f64 + 3.0 * promotion[t] + 2.0 * shock())
                .collect();
            let fit = Regression::new()
                .regressor("promotion", &promotion)
                .regressor("useless", &useless)
                .fit(&Series::new(&values, 1).unwrap())
                .unwrap();
            let all = fit.inference(0.9).unwrap();
            held += usize::from(all[2].bounds.0 <= 3.0 && 3.0 <= all[2].bounds.1);
            false_alarms += usize::from(all[3].p_value < 0.1);
        }
        assert!((340..380).contains(&held), "{held} of 400 at 90 %");
        assert!((24..58).contains(&false_alarms), "{false_alarms} of 400 at 10 %");
    }
}
