//! Customer lifetime value: the buy-till-you-die family and survival.
//!
//! | file or folder | what it holds |
//! |---|---|
//! | `time`, `summary` | units, spans, discount rates; orders to x, t_x, T |
//! | `process` | what every model of repeat purchases answers |
//! | `bg_nbd`, `pareto_nbd`, `nbd` | repeat purchases at any time |

mod bg_nbd;
mod fit;
mod jet;
mod pareto_nbd;
mod process;
mod quadrature;
mod summary;
mod time;

pub use self::bg_nbd::{BgNbd, Dropout};
pub use self::fit::{Estimate, FitParams};
pub use self::pareto_nbd::{CovariateCustomer, ParetoNbd, ParetoNbdCovariates};
pub use self::process::{OrderForecast, PurchaseProcess};
pub use self::summary::{Purchase, Summaries, Summary, SummaryParams, ZeroAmount};
pub use self::time::{DiscountRate, Span, TimeUnit};
