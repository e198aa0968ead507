//! Exponential smoothing in state-space form (ETS): what comes next, when recent periods matter most?
//!
//! # Formula
//! A level ℓ, a trend b and seasonal indices s move with every error e:
//! with q = ℓ + φb and one-step mean μ = q, q + s or q·s,
//! ℓ' = q + αδ, b' = φb + βδ, s' = s + γδ, where δ = y − μ (for a multiplicative season δ = qe and
//! s' = s(1 + γe)); e = y − μ or (y − μ)/μ. The log-likelihood, up to a constant, is
//! −½ n ln Σe² − Σ ln|μ| (the last term for multiplicative noise only).
//!
//! # Assumptions
//! Equally spaced periods; errors independent and of constant (relative) variance. Multiplicative forms
//! need values above zero.
//!
//! # Citation
//! R. Hyndman, A. Koehler, K. Ord, R. Snyder: Forecasting with Exponential Smoothing, Springer 2008:
//! tables 2.2 and 2.3 (recursions), eq. 5.3 (likelihood), 2.6.1 (starts), chapter 6 (variances); automatic
//! choice: Hyndman, Koehler, Snyder, Grose, International Journal of Forecasting 18, 2002.
//!
//! # When not to use
//! Mostly zeros (see the intermittent models); several seasons (see `mstl`); known drivers such as
//! prices or promotions (see `regression`); fewer than five observations.
//!
//! # Units and shapes
//! Values in any one unit, between 1e-100 and 1e100 in size; the choice and the forecasts do not depend
//! on the unit. Results are as long as the series.
//!
//! # Errors
//! Too few observations for the form, values out of range, a multiplicative form on values that are not
//! positive: data errors.
//!
//! # Examples
//! ```
//! use crmstat_models::forecast::{Fitted, Series, ets::Ets};
//!
//! let sales: Vec<f64> = (0..48)
//!     .map(|t| 100.0 + f64::from(t) + [0.0, 9.0, -7.0, 4.0][t as usize % 4] + f64::from(t * 7 % 5))
//!     .collect();
//! let fitted = Ets::automatic().fit(&Series::new(&sales, 4)?)?;
//! let forecast = fitted.forecast(8);
//! assert!(forecast.mean[5] > forecast.mean[2] && fitted.name().starts_with("ETS("));
//! # Ok::<(), crmstat_models::Error>(())
//! ```

mod fitted;
mod form;
mod moments;
mod params;
mod recursion;
mod search;
mod start;
#[cfg(test)]
mod tests;

pub use fitted::{Diagnostics, EtsFit, Parameters};
pub use form::{ErrorTerm, Form, SeasonTerm, TrendTerm};
pub use params::{Criterion, Ets};
