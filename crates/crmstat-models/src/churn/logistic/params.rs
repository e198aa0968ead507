//! What a caller may choose about a logistic regression.

use serde::{Deserialize, Serialize};

use super::{Logistic, fit};
use crate::churn::Sample;
use crate::{Error, Result};

/// What keeps the coefficients small. The intercept is never penalised.
///
/// The objective is `Σ wᵢ lossᵢ + penalty`, a sum over the rows, so that `strength` is `1 / C` of
/// scikit-learn and `λ · Σ wᵢ` of glmnet.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Penalty {
    /// Maximum likelihood: standard errors exist, separation and collinear columns matter.
    None,
    /// `strength / 2 · Σ βⱼ²`: shrinks all, keeps all.
    L2 {
        /// The factor, positive.
        strength: f64,
    },
    /// `strength · Σ |βⱼ|`: sets weak coefficients to exactly zero.
    L1 {
        /// The factor, positive.
        strength: f64,
    },
    /// `strength · (l1_share · Σ |βⱼ| + (1 − l1_share) / 2 · Σ βⱼ²)`.
    ElasticNet {
        /// The factor, positive.
        strength: f64,
        /// The share of L1, from 0 to 1.
        l1_share: f64,
    },
}

impl Penalty {
    /// The factors of `Σ |βⱼ|` and of `Σ βⱼ² / 2`.
    pub(super) fn factors(self) -> (f64, f64) {
        match self {
            Self::None => (0.0, 0.0),
            Self::L2 { strength } => (0.0, strength),
            Self::L1 { strength } => (strength, 0.0),
            Self::ElasticNet { strength, l1_share } => {
                (strength * l1_share, strength * (1.0 - l1_share))
            }
        }
    }

    fn check(self) -> Result<()> {
        let (strength, share) = match self {
            Self::None => return Ok(()),
            Self::L2 { strength } | Self::L1 { strength } => (strength, 0.0),
            Self::ElasticNet { strength, l1_share } => (strength, l1_share),
        };
        if !(strength > 0.0 && strength.is_finite()) {
            return Err(Error::parameter("strength", strength, "positive and finite")
                .with_hint("`Penalty::None` fits without a penalty"));
        }
        if !(0.0..=1.0).contains(&share) {
            return Err(Error::parameter("l1_share", share, "from 0 to 1"));
        }
        Ok(())
    }
}

/// How the objective is minimised. All reach the same minimum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Solver {
    /// Coordinate descent where there is an L1 part, Newton for small problems, L-BFGS for large ones.
    Auto,
    /// Newton's method (iteratively reweighted least squares): few passes, each with the full Hessian.
    Newton,
    /// L-BFGS from the optimum of a subsample, whose Hessian is the preconditioner: cheap passes.
    Lbfgs,
    /// Coordinate descent on successive quadratic models: the one that handles L1.
    CoordinateDescent,
}

/// The choices for a [`Logistic`], made by [`Logistic::params`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogisticParams {
    penalty: Penalty,
    standardise: bool,
    solver: Solver,
    tolerance: Option<f64>,
    iterations: usize,
}

impl Default for LogisticParams {
    fn default() -> Self {
        Self {
            penalty: Penalty::L2 { strength: 1.0 },
            standardise: false,
            solver: Solver::Auto,
            tolerance: None,
            iterations: 200,
        }
    }
}

impl LogisticParams {
    /// The penalty; by default L2 of strength 1.
    #[must_use]
    pub fn penalty(self, penalty: Penalty) -> Self {
        Self { penalty, ..self }
    }

    /// Whether the penalty sees each column divided by its standard deviation; by default it does not.
    /// The coefficients are those of the columns as given either way.
    #[must_use]
    pub fn standardise(self, standardise: bool) -> Self {
        Self { standardise, ..self }
    }

    /// The solver; by default the one that suits the problem.
    #[must_use]
    pub fn solver(self, solver: Solver) -> Self {
        Self { solver, ..self }
    }

    /// The largest component that the gradient of the mean objective, in standardised columns, may
    /// keep; by default 1e-8, and 3e-6 for L-BFGS, whose digits cost a pass each.
    #[must_use]
    pub fn tolerance(self, tolerance: f64) -> Self {
        Self { tolerance: Some(tolerance), ..self }
    }

    /// The most iterations; by default 200.
    #[must_use]
    pub fn iterations(self, iterations: usize) -> Self {
        Self { iterations, ..self }
    }

    /// Checks the choices.
    ///
    /// # Errors
    /// When one of them is outside its range, or the solver cannot handle the penalty.
    pub fn check(self) -> Result<CheckedLogisticParams> {
        self.penalty.check()?;
        if let Some(tolerance) = self.tolerance
            && !(tolerance > 0.0 && tolerance.is_finite())
        {
            return Err(Error::parameter("tolerance", tolerance, "positive and finite"));
        }
        if self.iterations == 0 {
            return Err(Error::parameter("iterations", 0, "at least 1"));
        }
        let (l1, _) = self.penalty.factors();
        if l1 > 0.0 && matches!(self.solver, Solver::Newton | Solver::Lbfgs) {
            let name = format!("{:?}", self.solver);
            return Err(Error::parameter("solver", name, "`CoordinateDescent` for an L1 penalty"));
        }
        Ok(CheckedLogisticParams {
            penalty: self.penalty,
            standardise: self.standardise,
            solver: self.solver,
            tolerance: self.tolerance,
            iterations: self.iterations,
        })
    }

    /// Checks the choices and fits the model; see [`CheckedLogisticParams::fit`].
    ///
    /// # Errors
    /// Those of [`Self::check`] and of [`CheckedLogisticParams::fit`].
    pub fn fit(self, sample: Sample<'_>) -> Result<Logistic> {
        self.check()?.fit(sample)
    }
}

/// Choices that are in range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CheckedLogisticParams {
    pub(super) penalty: Penalty,
    pub(super) standardise: bool,
    pub(super) solver: Solver,
    pub(super) tolerance: Option<f64>,
    pub(super) iterations: usize,
}

impl CheckedLogisticParams {
    /// Fits the model to a sample.
    ///
    /// # Errors
    /// When a value is not finite, a class is absent, or, without a penalty, a column is a combination
    /// of the columns before it. A fit that does not converge is no error: see
    /// [`super::Diagnostics::converged`].
    pub fn fit(&self, sample: Sample<'_>) -> Result<Logistic> {
        fit::fit(self, sample)
    }
}
