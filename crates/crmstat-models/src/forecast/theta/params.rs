//! What to fit: the variant, the treatment of the season and parameters that are given.

use serde::{Deserialize, Serialize};

use super::{
    FittedTheta,
    decomposition::{Composition, decompose, is_seasonal},
    recursion::{Fixed, estimate},
};
use crate::{
    Error, Result,
    forecast::{Fitted, Model, Series, unit::normalised},
};

/// Fewer observations than this leave nothing to estimate from.
const SHORTEST: usize = 4;

/// The four models of Fiorucci et al. (2016).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Variant {
    /// STM: θ = 2, the line of the whole series. Plain Theta of Assimakopoulos and Nikolopoulos.
    Standard,
    /// OTM: θ estimated, the line of the whole series.
    Optimised,
    /// DSTM: θ = 2, the line of the observations so far.
    DynamicStandard,
    /// DOTM: θ estimated, the line of the observations so far.
    #[default]
    DynamicOptimised,
}

impl Variant {
    /// `Theta(STM)`, `Theta(OTM)`, `Theta(DSTM)` or `Theta(DOTM)`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "Theta(STM)",
            Self::Optimised => "Theta(OTM)",
            Self::DynamicStandard => "Theta(DSTM)",
            Self::DynamicOptimised => "Theta(DOTM)",
        }
    }

    pub(super) fn is_dynamic(self) -> bool {
        matches!(self, Self::DynamicStandard | Self::DynamicOptimised)
    }

    fn is_optimised(self) -> bool {
        matches!(self, Self::Optimised | Self::DynamicOptimised)
    }
}

/// What happens to the season before the model sees the series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Seasonality {
    /// Taken out, as factors where the data allow it, if the autocorrelation test finds it.
    #[default]
    Tested,
    /// Left in.
    Ignored,
    /// Taken out whatever the test says, where the series has two whole seasons; factors still need
    /// positive data.
    Removed(Composition),
}

/// A theta model to be fitted; see the [module](super) for the formula and the papers.
///
/// # Examples
/// ```
/// use crmstat_models::forecast::{Fitted, Series, theta::{Theta, Variant}};
///
/// // Parameters that are known are not estimated.
/// let fitted = Theta::new(Variant::Standard)
///     .alpha(0.5)
///     .initial_level(5.0)
///     .fit(&Series::new(&[10.0, 12.0, 11.0, 13.0, 15.0], 1)?)?;
/// assert_eq!(fitted.alpha(), 0.5);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Theta {
    variant: Variant,
    seasonality: Seasonality,
    alpha: Option<f64>,
    coefficient: Option<f64>,
    initial_level: Option<f64>,
}

impl Theta {
    /// A model of this variant that tests for a season and estimates what the variant leaves open.
    pub fn new(variant: Variant) -> Self {
        Self { variant, ..Self::default() }
    }

    /// How to treat the season; tested for when not given.
    #[must_use]
    pub fn seasonality(mut self, seasonality: Seasonality) -> Self {
        self.seasonality = seasonality;
        self
    }

    /// A given smoothing parameter, above 0 and below 1.
    #[must_use]
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = Some(alpha);
        self
    }

    /// A given θ, at least 1.
    #[must_use]
    pub fn theta(mut self, theta: f64) -> Self {
        self.coefficient = Some(theta);
        self
    }

    /// A given level before the first observation, in the units of the season-free series.
    #[must_use]
    pub fn initial_level(mut self, level: f64) -> Self {
        self.initial_level = Some(level);
        self
    }

    /// Fits the model.
    ///
    /// # Errors
    /// A parameter error for an α outside (0, 1), a θ below 1 or a level that is not finite; a data
    /// error for fewer than four observations or numbers too large to square.
    pub fn fit(&self, series: &Series<'_>) -> Result<FittedTheta> {
        self.check()?;
        let values = series.values();
        if values.len() < SHORTEST {
            let reason =
                format!("theta needs {SHORTEST} observations, the series has {}", values.len());
            return Err(Error::data(reason).with_hint("use a naive forecast"));
        }
        let wanted = match self.seasonality {
            Seasonality::Tested if is_seasonal(values, series.season()) => {
                Some(Composition::Multiplicative)
            }
            Seasonality::Removed(composition) => Some(composition),
            Seasonality::Tested | Seasonality::Ignored => None,
        };
        let season = wanted.and_then(|wanted| decompose(values, series.season(), wanted));
        let mut rest: Vec<f64> = values.to_vec();
        if let Some(season) = &season {
            for (position, value) in rest.iter_mut().enumerate() {
                *value = season.remove(position, *value);
            }
        }
        let (scale, rounded) = normalised(&rest)?;
        for value in &mut rest {
            *value /= scale;
        }
        let theta = self.coefficient.or((!self.variant.is_optimised()).then_some(2.0));
        let fixed = Fixed {
            alpha: self.alpha,
            omega: theta.map(|theta| 1.0 - 1.0 / theta),
            initial_level: self.initial_level.map(|level| level / scale),
        };
        let (parameters, _) = estimate(&rounded, self.variant.is_dynamic(), fixed);
        Ok(FittedTheta::run(self.variant, season, scale, parameters, &rest, values))
    }

    fn check(&self) -> Result<()> {
        if let Some(alpha) = self.alpha
            && !(alpha > 0.0 && alpha < 1.0)
        {
            return Err(Error::parameter("alpha", alpha, "above 0 and below 1"));
        }
        if let Some(theta) = self.coefficient
            && !(theta >= 1.0 && theta.is_finite())
        {
            return Err(Error::parameter("theta", theta, "at least 1"));
        }
        if let Some(level) = self.initial_level
            && !level.is_finite()
        {
            return Err(Error::parameter("initial_level", level, "finite"));
        }
        Ok(())
    }
}

impl Model for Theta {
    fn name(&self) -> &str {
        self.variant.name()
    }

    fn fit(&self, series: &Series<'_>) -> Result<Box<dyn Fitted>> {
        Ok(Box::new(self.fit(series)?))
    }
}
