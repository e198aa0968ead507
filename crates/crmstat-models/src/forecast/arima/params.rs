//! The orders and what to fit.

use serde::{Deserialize, Serialize};

use super::{
    FittedArima, Parts, RegressionArima,
    automatic::search,
    estimate::{Estimate, Problem},
    polynomial::{differencing, filtered},
};
use crate::{
    Error, Result,
    forecast::{Fitted, Model, Series, unit::normalised},
};

/// Lags beyond this make the exact likelihood slow and the estimates meaningless.
const LONGEST_LAG: usize = 160;

/// The orders (p,d,q)(P,D,Q) of a model, and whether it has a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Order {
    /// p, lags of the autoregression.
    pub ar: usize,
    /// d, times differenced.
    pub difference: usize,
    /// q, lags of the moving average.
    pub ma: usize,
    /// P, seasonal lags of the autoregression.
    pub seasonal_ar: usize,
    /// D, times differenced over a season.
    pub seasonal_difference: usize,
    /// Q, seasonal lags of the moving average.
    pub seasonal_ma: usize,
    /// A mean without differencing, a drift with one.
    pub constant: bool,
}

impl Order {
    /// ARIMA(p,d,q), without season and constant.
    pub fn new(ar: usize, difference: usize, ma: usize) -> Self {
        Self {
            ar,
            difference,
            ma,
            seasonal_ar: 0,
            seasonal_difference: 0,
            seasonal_ma: 0,
            constant: false,
        }
    }

    /// With the seasonal orders (P,D,Q).
    #[must_use]
    pub fn with_season(mut self, ar: usize, difference: usize, ma: usize) -> Self {
        self.seasonal_ar = ar;
        self.seasonal_difference = difference;
        self.seasonal_ma = ma;
        self
    }

    /// With a constant.
    #[must_use]
    pub fn with_constant(mut self) -> Self {
        self.constant = true;
        self
    }

    /// Coefficients of the four polynomials.
    pub(super) fn parameters(&self) -> usize {
        self.ar + self.ma + self.seasonal_ar + self.seasonal_ma
    }

    /// Observations that differencing uses up.
    pub(super) fn lost(&self, season: usize) -> usize {
        self.seasonal_difference.saturating_mul(season).saturating_add(self.difference)
    }

    /// What the constant multiplies in period `t`, counted from one.
    pub(super) fn constant_at(&self, t: usize) -> f64 {
        if self.difference + self.seasonal_difference == 0 { 1.0 } else { t as f64 }
    }

    /// `ARIMA(2,1,1)(0,1,0)[12] with drift`.
    pub(super) fn name(&self, season: usize) -> String {
        let mut name = format!("ARIMA({},{},{})", self.ar, self.difference, self.ma);
        if self.seasonal_ar + self.seasonal_difference + self.seasonal_ma > 0 {
            let Self { seasonal_ar, seasonal_difference, seasonal_ma, .. } = self;
            name = format!("{name}({seasonal_ar},{seasonal_difference},{seasonal_ma})[{season}]");
        }
        if self.constant {
            let drift = self.difference + self.seasonal_difference > 0;
            name += if drift { " with drift" } else { " with mean" };
        }
        name
    }

    pub(super) fn check(&self, season: usize) -> Result<()> {
        let seasonal = self.seasonal_ar + self.seasonal_difference + self.seasonal_ma;
        if seasonal > 0 && season < 2 {
            return Err(Error::parameter("season", season, "at least 2 for seasonal orders"));
        }
        let reach = |regular: usize, seasonal: usize| {
            seasonal.checked_mul(season).and_then(|lags| lags.checked_add(regular))
        };
        for lag in [reach(self.ar, self.seasonal_ar), reach(self.ma, self.seasonal_ma)] {
            if lag.is_none_or(|lag| lag > LONGEST_LAG) {
                let reached = lag.map_or_else(|| "too many".to_owned(), |lag| lag.to_string());
                return Err(Error::parameter("lags", reached, format!("at most {LONGEST_LAG}")));
            }
        }
        let differences = self.difference.saturating_add(self.seasonal_difference);
        if differences > 3 {
            return Err(Error::parameter("differences", differences, "at most 3 in all"));
        }
        if self.constant && differences > 1 {
            return Err(Error::parameter("differences", differences, "at most 1 with a constant"));
        }
        Ok(())
    }
}

/// An ARIMA model to be fitted; see the [module](super) for the formula and the papers.
///
/// # Examples
/// ```
/// use crmstat_models::forecast::{Fitted, Series, arima::Arima};
///
/// let sales: Vec<f64> = (0..48).map(|t| 50.0 + f64::from(t % 4) * 5.0 + f64::from(t * t % 7)).collect();
/// let fitted = Arima::automatic().fit(&Series::new(&sales, 4)?)?;
/// assert!(fitted.name().starts_with("ARIMA("));
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arima {
    order: Option<Order>,
}

impl Arima {
    /// A model of these orders.
    pub fn new(order: Order) -> Self {
        Self { order: Some(order) }
    }

    /// A model whose orders are found stepwise by `AICc`, among at most five lags and two seasonal ones;
    /// seasons longer than 52 periods are left to regressors.
    pub fn automatic() -> Self {
        Self::default()
    }

    /// Fits the model.
    ///
    /// # Errors
    /// A parameter error for seasonal orders without a season, lags beyond 160 or too many differences;
    /// a data error for a series too short for the orders or with numbers too large to square.
    pub fn fit(&self, series: &Series<'_>) -> Result<FittedArima> {
        Ok(self.fit_regressors(series, &[])?.0)
    }

    /// Fits the model with regressors, each as long as the series; the model then describes what they
    /// leave.
    ///
    /// # Errors
    /// As [`fit`](Self::fit), and a data error for a regressor of another length or not finite.
    pub fn fit_with(
        &self,
        series: &Series<'_>,
        regressors: &[Vec<f64>],
    ) -> Result<RegressionArima> {
        for (index, regressor) in regressors.iter().enumerate() {
            if regressor.len() != series.len() || regressor.iter().any(|value| !value.is_finite()) {
                let reason = format!(
                    "regressor {} has {} values for {} observations, or one that is not finite",
                    index + 1,
                    regressor.len(),
                    series.len()
                );
                return Err(Error::data(reason));
            }
        }
        let (arima, coefficients) = self.fit_regressors(series, regressors)?;
        Ok(RegressionArima::new(arima, coefficients))
    }

    /// The model of the errors, and the coefficients of the regressors in the units of the series.
    fn fit_regressors(
        &self,
        series: &Series<'_>,
        regressors: &[Vec<f64>],
    ) -> Result<(FittedArima, Vec<f64>)> {
        let season = series.season();
        if let Some(order) = &self.order {
            order.check(season)?;
        }
        let (scale, values) = normalised(series.values())?;
        let candidate = match self.order {
            Some(order) => estimate(&values, season, order, regressors, None),
            None => search(&values, season, regressors),
        };
        let short = || {
            let reason = format!("{} observations do not bear the ARIMA model", series.len());
            Error::data(reason).with_hint("use lower orders or a naive forecast")
        };
        let Candidate { order, mut estimate, .. } = candidate.ok_or_else(short)?;
        let slopes = estimate.coefficients.split_off(usize::from(order.constant));
        // The parameters rest on rounded values, the forecasts on those observed.
        let rest: Vec<f64> = series
            .values()
            .iter()
            .enumerate()
            .map(|(t, value)| {
                let part: f64 = slopes.iter().zip(regressors).map(|(b, x)| b * x[t]).sum();
                value / scale - part
            })
            .collect();
        let parts = Parts {
            constant: estimate.coefficients.first().copied().unwrap_or(0.0),
            parameters: order.parameters() + usize::from(order.constant) + slopes.len(),
            order,
            season,
            scale,
            estimate,
        };
        let fitted = FittedArima::assemble(parts, &rest).ok_or_else(short)?;
        Ok((fitted, slopes.iter().map(|slope| slope * scale).collect()))
    }
}

impl Model for Arima {
    fn name(&self) -> &'static str {
        "ARIMA"
    }

    fn fit(&self, series: &Series<'_>) -> Result<Box<dyn Fitted>> {
        Ok(Box::new(self.fit(series)?))
    }
}

/// An estimate with the orders and the number of observations it stands on.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub order: Order,
    pub estimate: Estimate,
    pub count: usize,
}

/// The estimate for `order` by a short search from `start`, or else from where the data suggest; `None`
/// where the series is too short or has no likelihood.
pub(super) fn estimate(
    values: &[f64],
    season: usize,
    order: Order,
    regressors: &[Vec<f64>],
    start: Option<Vec<f64>>,
) -> Option<Candidate> {
    let coefficients = order.parameters() + usize::from(order.constant) + regressors.len();
    if values.len() <= order.lost(season).saturating_add(coefficients) {
        return None;
    }
    let lags = differencing(order.difference, order.seasonal_difference, season);
    let constant: Vec<f64> = (1..=values.len()).map(|t| order.constant_at(t)).collect();
    let columns: Vec<Vec<f64>> = order
        .constant
        .then_some(&constant)
        .into_iter()
        .chain(regressors)
        .map(|column| filtered(column, &lags))
        .collect();
    let series = filtered(values, &lags);
    let problem = Problem { order, season, series: &series, columns: &columns };
    let estimate = match start {
        Some(start) => problem.estimate_from(start),
        None => problem.estimate(),
    };
    Some(Candidate { order, estimate: estimate?, count: series.len() })
}
