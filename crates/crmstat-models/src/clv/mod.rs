//! Customer lifetime value: the buy-till-you-die family and survival.
//!
//! | file or folder | what it holds |
//! |---|---|
//! | `time`, `summary` | units, spans, discount rates; orders to x, t_x, T |
//! | `process` | what every model of repeat purchases answers |
//! | `bg_nbd`, `pareto_nbd`, `nbd` | repeat purchases at any time |

mod beta_geometric;
mod bg_bb;
mod bg_nbd;
mod cohorts;
mod fit;
mod gamma_gamma;
mod holdout;
mod interval;
mod jet;
mod nbd;
mod pareto_nbd;
mod process;
mod quadrature;
mod summary;
mod survival;
mod time;
mod value;

pub use self::beta_geometric::{BetaGeometric, Contracts, Ending};
pub use self::bg_bb::{BgBb, Occasions};
pub use self::bg_nbd::{BgNbd, Dropout};
pub use self::cohorts::{Cohort, CohortOrder, acquisition_cohorts};
pub use self::fit::{Estimate, FitParams};
pub use self::gamma_gamma::GammaGamma;
pub use self::holdout::{FrequencyRow, Holdout, TrackingRow, share_of_best_caught, track};
pub use self::interval::{CustomerValueInterval, Interval, OrderDraws, orders_interval};
pub use self::nbd::Nbd;
pub use self::pareto_nbd::{CovariateCustomer, ParetoNbd, ParetoNbdCovariates};
pub use self::process::{OrderForecast, PurchaseProcess};
pub use self::summary::{Purchase, Summaries, Summary, SummaryParams, ZeroAmount};
pub use self::survival::{KaplanMeier, Lifetime, SurvivalStep};
pub use self::time::{DiscountRate, Span, TimeUnit};
pub use self::value::{
    ClvParams, CustomerValue, frequency_value_correlation, simple_lifetime_value,
};
